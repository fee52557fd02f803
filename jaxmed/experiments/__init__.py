"""Data sets as data, behind one forward model and one likelihood."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import signature
from pathlib import Path

from jaxmed.data_tables import Sources, collecting
from jaxmed.experiments.folder import MAIN, build, read_folder
from jaxmed.experiments.likelihood.forward import expected, require_float64
from jaxmed.experiments.likelihood.nll import nll
from jaxmed.experiments.model import Checksums, Experiment
from jaxmed.experiments.published.coherent_csi import coherent_csi
from jaxmed.experiments.published.coherent_lar import coherent_lar
from jaxmed.experiments.published.texono import texono
from jaxmed.experiments.published.xenon import xenon1t, xenonnt
from jaxmed.experiments.spectrum_figure import plot
from jaxmed.user_files.keys import hint, is_there, one_of, short

__all__ = ["LOADERS", "Experiment", "check_options", "expected", "is_folder", "load", "nll", "plot"]

LOADERS: dict[str, Callable[..., Experiment]] = {
    "texono": texono,
    "coherent_csi": coherent_csi,
    "coherent_lar": coherent_lar,
    "xenon1t": xenon1t,
    "xenonnt": xenonnt,
}
_POISSON = "Baker:1983tu"


def load(name: str, **options: object) -> Experiment:
    """Load an experiment.

    Args:
        name: one of LOADERS, or the path of a folder with an experiment of one's own (`folder`).
        options: keyword arguments of its loader, such as ``solar_model="agss09met"`` of xenon1t.

    Raises:
        ValueError: unknown name or option, damaged or missing data, or JAX in 32-bit mode.
    """
    require_float64()
    if is_folder(name):
        check_options(name, options)
        with collecting() as sources:
            experiment = build(read_folder(Path(name)))
            sources.tables.update(_own_tables(experiment))
        if experiment.name in LOADERS:
            raise ValueError(f"{name}: the name '{experiment.name}' is taken, expected another")
        return _with_sources(experiment, sources)
    if name not in LOADERS:
        raise ValueError(
            f"unknown experiment '{name}'{hint(name, LOADERS)}: expected {one_of(LOADERS)}, or a folder "
            f"with {MAIN}"
        )
    check_options(name, options)
    with collecting() as sources:
        experiment = LOADERS[name](**options)
    return _with_sources(experiment, sources)


def check_options(name: str, options: Mapping[str, object]) -> None:
    """ValueError for an option that an experiment does not have, or whose value is of another kind."""
    if options and is_folder(name):
        raise ValueError(f"{name}: got options {', '.join(options)}, expected none for a folder")
    known = {} if is_folder(name) else signature(LOADERS[name]).parameters
    for option, value in options.items():
        if option not in known:
            raise ValueError(
                f"unknown option '{option}' of {name}{hint(option, known)}: expected {one_of(known)}"
            )
        if isinstance(known[option].default, bool) != isinstance(value, bool) or not isinstance(
            value, bool | str | Path | None
        ):
            wanted = "true or false" if isinstance(known[option].default, bool) else "a text"
            raise ValueError(f"option {option} = {short(value)} of {name}: expected {wanted}")


def _with_sources(experiment: Experiment, sources: Sources) -> Experiment:
    """The experiment with whom to cite for it and for its likelihood, and the tables that it was made from."""
    likelihood = () if experiment.gaussian else (_POISSON,)
    cited = tuple(sorted({*sources.citations, *likelihood}))
    return replace(experiment, citations=cited, checksums=Checksums(sorted(sources.tables.items())))


def _own_tables(experiment: Experiment) -> dict[str, str]:
    """File -> SHA256 of a user's own experiment."""
    files = (p for p in Path(experiment.folder).iterdir() if p.suffix in (".toml", ".csv"))
    return {
        f"{experiment.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def is_folder(name: str) -> bool:
    """Whether a name stands for a folder and not for one of LOADERS."""
    return name not in LOADERS and ("/" in name or os.sep in name or is_there(Path(name).is_dir))
