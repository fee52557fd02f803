"""Data sets as data, behind one forward model and one likelihood."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from jaxmed.data_tables import Sources, collecting, packaged, verify_folder
from jaxmed.experiments.folder import MAIN, Description, build, describe, options_of
from jaxmed.experiments.likelihood.forward import expected, require_float64
from jaxmed.experiments.likelihood.nll import nll
from jaxmed.experiments.model import Checksums, Experiment
from jaxmed.experiments.spectrum_figure import plot
from jaxmed.user_files.keys import hint, is_there, one_of, short

__all__ = [
    "Experiment",
    "check_options",
    "expected",
    "is_folder",
    "load",
    "nll",
    "plot",
    "published",
    "read_folder",
]

_POISSON = "Baker:1983tu"


@cache
def published() -> tuple[str, ...]:
    """Names of the data sets that come with jaxmed: the folders of data/ that have an experiment.toml."""
    return tuple(sorted(path.parent.name for path in packaged("data").glob(f"*/{MAIN}")))


def load(name: str, **options: object) -> Experiment:
    """Load an experiment.

    Args:
        name: one of `published`, or the path of a folder with an experiment of one's own.
        options: choices of its options, such as ``solar_model="agss09met"`` of xenon1t.

    Raises:
        ValueError: unknown name or option, damaged or missing data, or JAX in 32-bit mode.
    """
    require_float64()
    with collecting() as sources:
        found = read_folder(name, options)
        experiment = build(found)
    sources.tables.update(_own_tables(found))
    return _with_sources(experiment, sources)


def read_folder(name: str, options: Mapping[str, object] | None = None) -> Description:
    """What the folder of an experiment says, checked, without a spectrum computed; arguments and errors as `load`."""
    chosen = options or {}
    check_options(name, chosen)
    choices = {option: _word(value) for option, value in chosen.items()}
    if not is_folder(name):
        verify_folder(name)
        return describe(_place(name), choices)
    found = describe(Path(name), choices)
    if found.name in published():
        raise ValueError(
            f"{name}: the name '{found.name}' is taken by a published data set, expected another, such as "
            f"'my_{found.name}'"
        )
    return found


def check_options(name: str, options: Mapping[str, object]) -> None:
    """ValueError for an unknown experiment, an option that it does not have, or a choice that there is not."""
    if not is_folder(name) and name not in published():
        raise ValueError(
            f"unknown experiment '{name}'{hint(name, published())}: expected {one_of(published())}, or a folder "
            f"with {MAIN}"
        )
    if not options:
        return
    known = options_of(_place(name))
    for option, value in options.items():
        if option not in known:
            raise ValueError(
                f"unknown option '{option}' of {name}{hint(option, known)}: expected "
                f"{one_of(known) if known else 'none'}"
            )
        words = [known[option]["default"], *(word for word in known[option] if word != "default")]
        if _word(value) not in words:
            close = hint(value, words) if isinstance(value, str) else ""
            raise ValueError(
                f"option {option} = {short(value)} of {name}{close}: expected {one_of(words)}"
            )


def is_folder(name: str) -> bool:
    """Whether a name stands for a folder and not for one of `published`."""
    return name not in published() and (
        "/" in name or os.sep in name or is_there(Path(name).is_dir)
    )


def _place(name: str) -> Path:
    return Path(name) if is_folder(name) else packaged("data") / name


def _word(value: object) -> str:
    """A choice as it stands in a file, where true and false are words; empty for what is no word."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else ""


def _with_sources(experiment: Experiment, sources: Sources) -> Experiment:
    """The experiment with whom to cite for it and for its likelihood, and the tables that it was made from."""
    likelihood = () if experiment.gaussian else (_POISSON,)
    cited = tuple(sorted({*sources.citations, *likelihood}))
    return replace(experiment, citations=cited, checksums=Checksums(sorted(sources.tables.items())))


def _own_tables(found: Description) -> dict[str, str]:
    """File -> SHA256 of the folder of an experiment: experiment.toml and the tables that were read."""
    files = [
        found.folder / MAIN,
        *(table.path for table in found.runs[0].view.source.tables.values()),
    ]
    return {f"{found.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
