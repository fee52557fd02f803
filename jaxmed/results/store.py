"""Write results: JSON with provenance, each file whole or not at all."""

import hashlib
import json
import math
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxmed.data_tables import checksums
from jaxmed.experiments import Experiment
from jaxmed.inference.regions.limits import Limits
from jaxmed.inference.results import Estimate, FitResult
from jaxmed.results.fit_in_words import explain
from jaxmed.user_files.keys import is_there


def prepare_folder(path: Path) -> Path:
    """Make sure that files can be written to a folder; ValueError if not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as problem:
        raise ValueError(f"cannot write to {path}: {problem.strerror}") from None
    return path


def prepare_file(path: Path) -> None:
    """Make sure that a file can be written; ValueError if not."""
    if not path.name or is_there(path.is_dir):
        raise ValueError(f"cannot write '{path}': expected the name of a file")
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name}."):
            pass
    except OSError as problem:
        raise ValueError(f"cannot write {path}: {problem.strerror}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write under a temporary name beside the target, then rename.

    Raises:
        ValueError: the folder cannot be written to.
    """
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            try:
                file.write(content)
                file.flush()
                _publish(Path(file.name), path)
            except OSError:
                Path(file.name).unlink()
                raise
    except OSError as problem:
        raise ValueError(f"cannot write {path}: {problem.strerror}") from None


def _publish(written: Path, path: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    written.chmod(0o666 & ~umask)
    written.replace(path)


def to_json(content: dict[str, Any]) -> str:
    """JSON text; a number that is not finite becomes null."""
    return json.dumps(_plain(content), indent=2, allow_nan=False) + "\n"


def fit_json(result: FitResult, experiments: Sequence[Experiment]) -> dict[str, Any]:
    """One fit with the keys of the user documentation."""
    return {
        "model": result.model,
        "experiments": list(result.experiments),
        "constraints": list(result.constraints),
        "parameters": {name: _estimate(e) for name, e in result.parameters.items()},
        "nuisances": {name: _estimate(e) for name, e in result.nuisances.items()},
        "floating": {each.name: each.unit for each in result.floating},
        "nuisances_sm": result.nuisances_sm,
        "nll": result.nll,
        "nll_sm": result.nll_sm,
        "delta_chi2_sm": result.delta_chi2_sm,
        "status": result.status,
        "n_bins": result.n_bins,
        "n_free": result.n_free,
        "gradient_norm": result.gradient_norm,
        "explanation": explain(result),
        "undefined": result.undefined,
        "minima": list(result.minima),
        "covariance": {"names": list(result.covariance_names), "matrix": result.covariance},
        "provenance": provenance(experiments)
        | {"compile_seconds": result.compile_seconds, "run_seconds": result.run_seconds},
    }


def limits_json(
    found: Limits,
    model: str,
    experiments: Sequence[Experiment],
    cl: float,
    constraints: Sequence[str] = (),
) -> dict[str, Any]:
    """Limits with the keys of the user documentation."""
    return {
        "model": model,
        "experiments": [e.name for e in experiments],
        "constraints": list(constraints),
        "cl": cl,
        "method": "asymptotic",
        "sided": found.sided,
        "threshold": found.threshold,
        "mass_mev": found.mass,
        "g_upper": found.g_upper,
        "g_best": found.g_best,
        "flag": list(found.flag),
        "intervals": [[list(pair) for pair in pairs] for pairs in found.intervals],
        "provenance": provenance(experiments),
    }


def provenance(experiments: Sequence[Experiment]) -> dict[str, Any]:
    """Command, device, precision, versions, checksums, what to cite, and titles, which say what is a projection."""
    device = jax.devices()[0]
    hashes: dict[str, str] = {}
    for experiment in experiments:
        for folder in experiment.tables:
            hashes |= checksums(folder)
        if experiment.folder:
            hashes |= _own_checksums(experiment)
    return {
        "command": _command(),
        "device": f"{device.platform}: {device.device_kind}",
        "dtype": "float64",
        "versions": {name: version(name) for name in ("jaxmed", "jax", "jaxlib", "optax", "numpy")}
        | {"python": platform.python_version()},
        "data_sha256": hashes,
        "titles": {e.name: e.title for e in experiments},
        "cite": sorted({key for e in experiments for key in e.citations}),
    }


def _command() -> str | None:
    """The command line of jaxmed; None from Python."""
    program, *arguments = sys.argv
    return shlex.join(["jaxmed", *arguments]) if Path(program).stem == "jaxmed" else None


def _own_checksums(experiment: Experiment) -> dict[str, str]:
    """File -> SHA256 of a user's own experiment."""
    files = sorted(p for p in Path(experiment.folder).iterdir() if p.suffix in (".toml", ".csv"))
    return {
        f"{experiment.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "error": estimate.error,
        "interval": estimate.interval,
        "at_bound": estimate.at_bound,
        "note": estimate.note,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
