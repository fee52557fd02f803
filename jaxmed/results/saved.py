"""Find saved results on disk, as reports, citations and HEPData read them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxmed.results.load import load_result, results_of
from jaxmed.results.result import Result
from jaxmed.results.store import read_npz
from jaxmed.user_files.json_files import read_json
from jaxmed.user_files.keys import is_there, one_line

_NO_RESULTS = ("job.json",)
_BY_NAME = {"fit": "fits", "contours": "contours", "posterior": "posterior"}
"""Kinds whose files hold several by name."""


class Saved(NamedTuple):
    """One file of results.

    Attributes:
        path: the file.
        kind: that of its results; "fits" for those of fits.
        content: the JSON, or the header of a .npz.
        arrays: those of a .npz, else empty.
    """

    path: Path
    kind: str
    content: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """Results by name: a file of fits, contours or posteriors has several, any other one, named after the file."""
        several = self.kind in _BY_NAME.values()
        return self.content if several else {self.path.stem: self.content}


def read_saved(path: Path) -> list[Saved]:
    """Results in a file, or in a folder in the order of their names; files of other kinds are passed over.

    Raises:
        ValueError: nothing is there, no result is, or one is damaged.
    """
    if is_there(path.is_file):
        return list(_read(path))
    if not is_there(path.is_dir):
        raise ValueError(f"{path}: expected a folder with results of jaxmed, found none")
    files = sorted(p for p in path.iterdir() if p.suffix in (".json", ".npz"))
    # a .npz holds all that the JSON of its name does
    whole = [p for p in files if p.suffix == ".npz" or p.with_suffix(".npz") not in files]
    results = [saved for p in whole if p.name not in _NO_RESULTS for saved in _read(p)]
    if not results:
        raise ValueError(
            f"{path}: expected results of jaxmed, such as results.json or scan.npz, found none"
        )
    return results


def _read(path: Path) -> Iterator[Saved]:
    """What a file holds: as it lies on disk, once the classes of results have understood it."""
    if path.suffix == ".npz":
        found = load_result(path)
        assert isinstance(found, Result)
        header, arrays = read_npz(path)
        yield Saved(path, found.kind, header, arrays)
        return
    if path.suffix != ".json":
        raise ValueError(f"{path}: expected a result of jaxmed, found something else")
    content = read_json(path, "a result of jaxmed")
    try:
        found = results_of(content)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None
    several = isinstance(found, dict)
    kinds = {part.kind for part in found.values()} if several else {found.kind}
    parts = content if several else {path.stem: content}
    if kinds <= _BY_NAME.keys():
        for kind in kinds:
            own = {name: part for name, part in parts.items() if part["kind"] == kind}
            yield Saved(path, _BY_NAME[kind], own, {})
        return
    for name, part in parts.items():
        place = path.with_name(f"{path.stem}_{name}{path.suffix}") if several else path
        yield Saved(place, part["kind"], part, {})


def surfaces_of(saved: Saved) -> Iterator[Saved]:
    """The scans behind fits, and those around best fits, each as a scan of its own."""
    if saved.kind != "fits":
        return
    for name, fit in saved.content.items():
        for prefix, surface in (("surface", fit["surface"]), ("zoom", fit["zoom"])):
            if surface is None or not surface["axes"]:
                continue
            axes = [{"name": axis, "array": f"axis_{axis}"} for axis in surface["axes"]]
            best = {axis: each["value"] for axis, each in fit["parameters"].items()}
            keys = ("model", "experiments", "constraints", "nll", "nll_sm", "provenance")
            header = {key: fit[key] for key in keys} | {"axes": axes, "best": best}
            arrays = {f"axis_{axis}": np.array(v) for axis, v in surface["axes"].items()}
            per_point = {n: np.array(surface[n], dtype=float) for n in ("nll", "gradient_norm")}
            arrays |= per_point | {"status": np.array(surface["status"])}
            yield Saved(saved.path.with_name(f"{prefix}_{name}.npz"), "surface", header, arrays)


@contextmanager
def understanding(saved: Saved):
    """Turn whatever goes wrong with the content of a file into one sentence about the file.

    Raises:
        ValueError: the content is not what jaxmed writes.
    """
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
        missing = isinstance(problem, KeyError)
        what = f"{problem} is missing" if missing else one_line(problem)
        raise ValueError(
            f"{saved.path}: expected {saved.kind} as jaxmed writes them, but {what}"
        ) from None


def numbers(values: Iterable[float | None]) -> np.ndarray:
    """An array of what JSON holds: null is NaN."""
    return np.array([np.nan if v is None else float(v) for v in values])


def method_words(content: Mapping[str, Any]) -> str:
    """How limits were found, and what kind they are where that was saved."""
    sided = content.get("sided")
    return f"{content['method']}, {sided}-sided" if sided else content["method"]


def provenances(saved: Saved) -> list[dict[str, Any]]:
    """The provenance of every result in a file."""
    with understanding(saved):
        return [dict(part["provenance"]) for part in saved.parts.values() if "provenance" in part]
