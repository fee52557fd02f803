"""Find saved results on disk and say what each of them is."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from jaxmed.results.scans import load_result
from jaxmed.results.store import read_npz
from jaxmed.user_files.keys import is_there, one_line

_NO_RESULTS = ("job.json",)


class Saved(NamedTuple):
    """One file of results.

    Attributes:
        path: the file.
        kind: fits, contours, posterior, limit, bounds, significance, sensitivity, spectrum, scan, surface; "other" for
            what only has a provenance.
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
        several = self.kind in ("fits", "contours", "posterior")
        return self.content if several else {self.path.stem: self.content}


def _each(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    def test(content: Mapping[str, Any]) -> bool:
        values = list(content.values())
        return bool(values) and all(isinstance(v, dict) and v.keys() >= {*keys} for v in values)

    return test


def _with(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda content: content.keys() >= {*keys}


_KINDS = {
    "fits": _each("parameters", "nuisances", "nll", "provenance"),
    "contours": _each("contours", "points", "best", "provenance"),
    "posterior": _each("priors", "sampler", "parameters", "nuisances", "provenance"),
    "limit": _with("mass_mev", "g_upper", "cl", "intervals"),
    "bounds": _with("mass_mev", "quick", "likelihood"),
    "significance": _with("p_values", "q0"),
    "sensitivity": _with("mass_mev", "g_expected", "knobs"),
    "spectrum": _with("bins", "sm", "observed"),
    "other": _with("provenance"),
}


def read_saved(path: Path) -> list[Saved]:
    """Results in a file, or in a folder in the order of their names; files of other kinds are passed over.

    Raises:
        ValueError: nothing is there, no result is, or one is damaged.
    """
    if is_there(path.is_file):
        return [_required(path)]
    if not is_there(path.is_dir):
        raise ValueError(f"{path}: expected a folder with results of jaxmed, found none")
    files = sorted(p for p in path.iterdir() if p.suffix in (".json", ".npz"))
    found = [_read(p) for p in files if p.name not in _NO_RESULTS]
    results = [saved for saved in found if saved is not None]
    if not results:
        raise ValueError(
            f"{path}: expected results of jaxmed, such as results.json or scan.npz, found none"
        )
    return results


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


def _required(path: Path) -> Saved:
    found = _read(path) if path.suffix in (".json", ".npz") else None
    if found is None:
        raise ValueError(f"{path}: expected a result of jaxmed, found something else")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"it has {word} where a number or null should be")


def _read(path: Path) -> Saved | None:
    if path.suffix == ".npz":
        header, arrays = load_result(path) if path.stem == "scan" else read_npz(path)
        return Saved(path, str(header["kind"]), header, arrays)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_no_number)
    except OSError as problem:
        raise ValueError(f"{path}: expected a readable file, but {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"{path}: expected JSON, but {one_line(problem)}") from None
    if not isinstance(content, dict):
        return None
    kind = next((kind for kind, test in _KINDS.items() if test(content)), None)
    return None if kind is None else Saved(path, kind, content, {})
