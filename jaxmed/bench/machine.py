"""Where a benchmark ran."""

import os
import platform
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxmed.bench.measure import platforms
from jaxmed.bench.referees import versions


def describe_machine() -> dict[str, Any]:
    """Processor, cores, load, devices of each kind, precision and versions."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load": os.getloadavg()[0],
        "devices": {name: _devices(name) for name in platforms()},
        "dtype": "float64",
        "versions": {"jax": jax.__version__, "numpy": np.__version__}
        | {"python": platform.python_version()}
        | versions(),
    }


def machine_line(machine: dict[str, Any]) -> str:
    """The same in one line, for the title of a table."""
    others = (f" and {kind}" for name, kind in machine["devices"].items() if name != "cpu")
    return (
        f"{machine['cpu']}, {machine['cores']} cores (load {machine['load']:.1f}){''.join(others)}, "
        f"jax {machine['versions']['jax']}, {machine['dtype']}"
    )


def _devices(name: str) -> str:
    """How many there are, and what JAX calls them."""
    found = jax.local_devices(backend=name)
    return f"{len(found)} x {found[0].device_kind}" if len(found) > 1 else found[0].device_kind


def _cpu(path: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as Linux knows it; elsewhere what Python does."""
    if path.is_file():
        for line in path.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()
