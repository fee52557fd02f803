"""Where a result comes from: who made it, when, with what, from which data."""

import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NotRequired

from pydantic import ConfigDict
from typing_extensions import TypedDict

from jaxmed.experiments import Experiment
from jaxmed.inference.engine.devices import local_devices


class Provenance(TypedDict):
    """Where a result comes from.

    Attributes:
        command: the command line; None from Python.
        date: when it was found, ISO 8601; version 0.1.0 did not say it.
        device: platform and kind of the first device.
        dtype: precision.
        versions: of all software that the numbers depend on.
        data_sha256: of every table, as it was when the experiments were loaded.
        titles: of the experiments.
        cite: keys of data and flux.
        compile_seconds, run_seconds: of a fit.
        devices, processes: how many, of a scan.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    command: str | None
    date: NotRequired[str]
    device: str
    dtype: str
    versions: dict[str, str]
    data_sha256: dict[str, str]
    titles: dict[str, str]
    cite: list[str]
    compile_seconds: NotRequired[float]
    run_seconds: NotRequired[float]
    devices: NotRequired[int]
    processes: NotRequired[int]


def provenance(experiments: Sequence[Experiment]) -> Provenance:
    """Of a result that is found now from these experiments."""
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
