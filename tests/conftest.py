"""The whole suite runs in float64 with JAX's strict dtype and rank promotion."""

import gc
import os
import subprocess
import sys

import jax
import pytest

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# What JAX keeps of every trace, Python's collector would go through again and again.
gc.set_threshold(100_000, 20, 100)

# The workers keep all cores busy with programs that run once or twice: XLA's older way to write fused loops takes half
# as long as the newer, and nothing is gained by splitting one program among threads.
_QUICK_TO_COMPILE = " --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"

NAMES = ("texono", "coherent_csi", "coherent_lar", "xenon1t")


def pytest_configure(config):
    """Settings that workers and child processes inherit."""
    if not hasattr(config, "workerinput"):
        flags = os.environ.get("XLA_FLAGS", "") + _QUICK_TO_COMPILE
        if _known(flags):
            os.environ["XLA_FLAGS"] = flags
    _share_compiled(config)


def _known(flags):
    """Whether this XLA has these flags: it ends a process that names others."""
    command = [sys.executable, "-c", "import jax; jax.devices()"]
    environment = os.environ | {"XLA_FLAGS": flags}
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0


def _share_compiled(config):
    """What one worker, one child process or an earlier run has compiled is not compiled again."""
    if not config.pluginmanager.has_plugin("cacheprovider"):
        return
    settings = {
        "jax_compilation_cache_dir": str(config.cache.mkdir("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.02,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in settings.items():
        jax.config.update(name, value)
        os.environ[name.upper()] = str(value)


@pytest.fixture(scope="session")
def experiments():
    """The four data sets of the combined fit, by name."""
    from jaxmed.experiments import load

    return {name: load(name) for name in NAMES}
