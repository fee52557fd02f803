"""Elements over several devices: the numbers of one device, each device at its own pace."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.progress import running
from jaxmed.inference.engine.devices import (
    device_count,
    host,
    local_devices,
    on_device,
    over_devices,
)
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.results import UNCONVERGED
from jaxmed.models.choose import get_model

# 11 x 11 points: neither a multiple of 8 devices nor of a batch
GRID = np.stack(np.meshgrid(np.linspace(-7, -5, 11), np.linspace(-3, 2, 11)), axis=-1)

_CHILD = """
import sys
import jax
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")
import jax.numpy as jnp
import numpy as np
from jaxmed.experiments import load
from jaxmed.inference.engine.devices import device_count, over_devices
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.models.choose import get_model

assert device_count() == 8
data = (load("xenon1t"),)
problem = make_problem(data, get_model("u1r"))
found = profile(problem, np.load(sys.argv[1]), data)

@jax.jit
def halvings(x, shared):
    def body(x, stop):
        return jax.lax.while_loop(lambda s: s[0] > stop, lambda s: (s[0] / 2, s[1] + 1), (x, 0))[1]
    return over_devices(jax.vmap(body, in_axes=(0, None)))(x, shared)

counts = halvings(2.0 ** jnp.arange(16.0), jnp.asarray(1.0))
placed = jax.jit(over_devices(lambda x: 2 * x))(jnp.zeros(16))
np.savez(sys.argv[2], counts=counts, n_shards=len(placed.sharding.device_set), **found._asdict())
"""


@pytest.mark.slow
def test_eight_devices_give_the_numbers_of_one(experiments, tmp_path):
    points = GRID.reshape(-1, 2)
    np.save(tmp_path / "points.npy", points)
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    files = [str(tmp_path / "points.npy"), str(tmp_path / "found.npz")]
    subprocess.run(
        [sys.executable, "-W", "error", "-c", _CHILD, *files], env=environment, check=True
    )
    data = (experiments["xenon1t"],)
    here = profile(make_problem(data, get_model("u1r")), points, data)
    with np.load(tmp_path / "found.npz") as there:
        assert UNCONVERGED not in here.status
        np.testing.assert_array_equal(there["status"], here.status)
        np.testing.assert_allclose(there["nll"], here.nll, rtol=1e-10)
        np.testing.assert_allclose(there["nuisances"], here.nuisances, atol=1e-10)
        # a loop of another length on each device
        assert there["counts"].tolist() == list(range(16))
        assert there["n_shards"] == 8


def test_one_device_is_left_alone():
    assert jax.local_device_count() == device_count() == 1

    def function(x):
        return x

    assert over_devices(function) is function


def test_results_depend_on_the_batch_by_rounding_only(experiments):
    data = (experiments["xenon1t"],)
    problem = make_problem(data, get_model("u1r"))
    points = GRID.reshape(-1, 2)[:20]
    heard = []
    small = profile(problem, points, data, heard.append, batch=8)
    np.testing.assert_allclose(small.nll, profile(problem, points, data).nll, rtol=1e-12)
    assert sum(heard) == len(points) and len(heard) >= 3


def test_a_kind_of_device_that_is_not_there_is_one_sentence():
    there = jax.default_backend()
    sentence = f"device = tpu: JAX finds none, and would use {there}"
    with pytest.raises(ValueError, match=sentence), on_device("tpu"):
        pass


def test_on_a_device_all_threads_compute_there_and_nowhere_else_afterwards():
    def platform(_):
        return {d.platform for d in (jnp.ones(2) + 1).devices()}, local_devices()[0].platform

    with on_device("cpu"), ThreadPoolExecutor(1) as pool:
        assert list(pool.map(platform, [0])) == [({"cpu"}, "cpu")]
        assert jax.config.jax_default_device.platform == "cpu"
    assert jax.config.jax_default_device is None


def test_small_work_stays_on_the_processor_of_an_accelerators_host(monkeypatch):
    assert host() == ""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert host() == "cpu"
    analysis = Analysis.of(experiments="texono", model="u1r")
    chosen = []
    for work in (analysis, Analysis.of(experiments="texono", model="u1r", device="cpu")):
        for small in (True, False):
            with running(work, "nothing", shown=False, small=small):
                chosen.append(getattr(jax.config.jax_default_device, "platform", None))
    assert chosen == ["cpu", None, "cpu", "cpu"]


def test_small_work_goes_to_an_accelerator_that_jax_has_alone(monkeypatch):
    def none(backend):
        raise RuntimeError(f"no {backend}")

    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(jax, "local_devices", none)
    assert host() == ""
