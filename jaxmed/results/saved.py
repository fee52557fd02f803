"""Find saved results on disk, as reports, citations and HEPData read them."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from jaxmed.results.load import load_result
from jaxmed.results.result import Result
from jaxmed.results.shown import HepTable
from jaxmed.user_files.keys import is_there, one_line

_NO_RESULTS = ("job.json",)


class Saved(NamedTuple):
    """One result and the file that it is from.

    Attributes:
        path: the file.
        name: of the result; that of the file if it holds no other.
        result: itself.
        alone: whether the file holds no other.
    """

    path: Path
    name: str
    result: Result
    alone: bool = True

    @property
    def stem(self) -> str:
        """Of what is made from it: the file's name, with the result's where there are several."""
        return self.path.stem if self.alone else f"{self.path.stem}_{self.name}"

    @contextmanager
    def understood(self) -> Generator[Any]:
        """The result; whatever goes wrong with it, such as columns of two lengths, is one sentence about the file.

        Raises:
            ValueError: the content is not what jaxmed writes.
        """
        try:
            yield self.result
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
            missing = isinstance(problem, KeyError)
            what = f"{problem} is missing" if missing else one_line(problem)
            raise ValueError(
                f"{self.path}: expected a {self.result.kind} as jaxmed writes it, but {what}"
            ) from None


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
    """What a file holds, one or several by name."""
    if path.suffix not in (".npz", ".json"):
        raise ValueError(f"{path}: expected a result of jaxmed, found something else")
    found = load_result(path)
    if isinstance(found, Result):
        yield Saved(path, path.stem, found)
        return
    for name, result in found.items():
        yield Saved(path, name, result, alone=len(found) == 1)


def hepdata_tables(results: Sequence[Saved]) -> list[HepTable]:
    """Tables for HEPData of all limits, contours, scans and posteriors; curves of others over them are left out.

    Raises:
        ValueError: none of the results is one of these, or a damaged file.
    """
    found = []
    for saved in results:
        with saved.understood() as result:
            own = {"source": saved.path.name}
            found += [
                table._replace(name=f"{saved.stem} {table.name}".strip(), **own)
                for table in result.hepdata()
            ]
    if not found:
        raise ValueError(
            "no limit, contour, scan or posterior among the results: expected at least one"
        )
    return found
