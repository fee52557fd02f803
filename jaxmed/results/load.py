"""Read any result that jaxmed has written."""

from pathlib import Path
from typing import Any

from jaxmed.results.kinds import KINDS
from jaxmed.results.result import Result
from jaxmed.results.store import FORMAT, read_npz
from jaxmed.user_files.json_files import read_json
from jaxmed.user_files.keys import is_there, short, unknown

_FIRST = "which the files of version 0.1.0 do not say: make it again"


def load_result(path: Path | str) -> Result | dict[str, Result]:
    """Read a result, and verify it; nothing is ever unpickled.

    Args:
        path: a .json or .npz, or the folder of a scan.

    Returns:
        The result; where a file holds several, all of them by name.

    Raises:
        ValueError: no such file, not a result of jaxmed, of another format, or damaged.
    """
    given = Path(path)
    file = given / "scan.npz" if is_there(given.is_dir) else given
    if file.suffix == ".npz":
        header, arrays = read_npz(file)
        try:
            return _kind(header).from_npz(header, arrays)
        except ValueError as problem:
            raise ValueError(f"{file}: {problem}") from None
    content = read_json(file, "a result of jaxmed")
    try:
        return results_of(content)
    except ValueError as problem:
        raise ValueError(f"{file}: {problem}") from None


def results_of(content: Any) -> Result | dict[str, Result]:
    """The result that a JSON holds, or several by name; ValueError for anything else."""
    if not isinstance(content, dict) or not content:
        raise ValueError(f"expected a result of jaxmed, found {short(content)}")
    parts = list(content.values())
    if "kind" not in content and all(isinstance(part, dict) and "kind" in part for part in parts):
        return {name: _kind(part).read(part) for name, part in content.items()}
    return _kind(content).read(content)


def _kind(content: dict[str, Any]) -> type[Result]:
    if "kind" not in content:
        raise ValueError(f"expected a result of jaxmed with its kind, {_FIRST}")
    if content.get("format") != FORMAT:
        raise ValueError(f"format = {short(content.get('format'))}: expected {FORMAT}")
    if not isinstance(content["kind"], str) or content["kind"] not in KINDS:
        raise ValueError(unknown("kind", content["kind"], KINDS))
    return KINDS[content["kind"]]
