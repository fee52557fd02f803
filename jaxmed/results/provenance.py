"""Where a result comes from: who made it, when, with what, from which data."""

import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jaxmed.experiments import Experiment
from jaxmed.inference.engine.devices import local_devices


def provenance(experiments: Sequence[Experiment]) -> dict[str, Any]:
    """Command, date, device, precision, versions, checksums, what to cite, and titles of the experiments.

    The checksums are those of the tables as they were when the experiments were loaded.
    """
    device = local_devices()[0]
    return {
        "command": _command(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": f"{device.platform}: {device.device_kind}",
        "dtype": "float64",
        "versions": {name: version(name) for name in ("jaxmed", "jax", "jaxlib", "optax", "numpy")}
        | {"python": platform.python_version()},
        "data_sha256": dict(pair for e in experiments for pair in e.checksums.items()),
        "titles": {e.name: e.title for e in experiments},
        "cite": sorted({key for e in experiments for key in e.citations}),
    }


def _command() -> str | None:
    """The command line of jaxmed; None from Python."""
    program, *arguments = sys.argv
    return shlex.join(["jaxmed", *arguments]) if Path(program).stem == "jaxmed" else None
