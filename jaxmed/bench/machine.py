"""Where a benchmark ran."""

import os
import platform
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxmed.bench.referees import versions


def describe_machine() -> dict[str, Any]:
    """Processor, cores, load, device, precision and versions."""
    device = jax.devices()[0]
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load": os.getloadavg()[0],
        "device": f"{device.platform}: {device.device_kind}",
        "devices": jax.device_count(),
        "dtype": "float64",
        "versions": {"jax": jax.__version__, "numpy": np.__version__}
        | {"python": platform.python_version()}
        | versions(),
    }


def machine_line(machine: dict[str, Any]) -> str:
    """The same in one line, for the title of a table."""
    on = "" if machine["device"].startswith("cpu") else f" and {machine['device']}"
    return (
        f"{machine['cpu']}, {machine['cores']} cores (load {machine['load']:.1f}){on}, "
        f"jax {machine['versions']['jax']}, {machine['dtype']}"
    )


def _cpu(path: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as Linux knows it; elsewhere what Python does."""
    if path.is_file():
        for line in path.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()
