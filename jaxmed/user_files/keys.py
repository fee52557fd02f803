"""Check the keys and values of a TOML table: every mistake is one sentence with the key, got and expected."""

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jaxmed.user_files.files import read_text

Table = Mapping[str, Any]

_LARGEST_FILE = 1e6
_SHORTEST_PART = 3  # of a name that is taken for the whole

_WORDS = {
    dict: "a table",
    list: "a list",
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
}


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The content of a TOML file.

    Args:
        path: the file.
        what: what it should hold, for the message.

    Raises:
        ValueError: the file is missing, unreadable, no TOML, or nested beyond reason.
    """
    text = read_text(path, f"a TOML file with {what}", _LARGEST_FILE)
    try:
        return tomllib.loads(text)
    except ValueError as problem:  # also of numbers with thousands of digits
        raise ValueError(f"{path}: expected TOML, but {one_line(problem)}") from None
    except RecursionError:
        raise ValueError(f"{path}: expected TOML, but its values are nested too deep") from None


def is_there(test: Callable[[], bool]) -> bool:
    """`path.is_file()` or `path.is_dir()`, False also for a name that the system cannot take."""
    try:
        return test()
    except OSError:
        return False


def known(found: Iterable[str], allowed: Iterable[str], what: str) -> None:
    """ValueError for a key that is not allowed; `what` names the kind of key."""
    allowed = tuple(allowed)
    for key in found:
        if key not in allowed:
            raise ValueError(unknown(what, key, allowed))


def typed(
    table: Table, key: str, kind: type, *, default: Any = None, required: bool = False
) -> Any:
    """The value of a key, of one type; ValueError if it is of another, or required and missing."""
    if key not in table:
        if required:
            raise ValueError(f"key '{key}' is missing: expected {_WORDS[kind]}")
        return default
    value = table[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{key} = {short(value)}: expected {_WORDS[kind]}")
    return value


def texts(table: Table, key: str) -> list[str]:
    """A list of texts; empty if the key is missing."""
    found = typed(table, key, list, default=[])
    if not all(isinstance(text, str) for text in found):
        raise ValueError(f"{key} = {short(found)}: expected a list of names")
    return found


def number(key: str, value: Any) -> float:
    """A finite number; ValueError with the key otherwise."""
    try:
        finite = not isinstance(value, bool) and math.isfinite(value)
    except (TypeError, OverflowError):
        finite = False
    if not finite:
        raise ValueError(f"{key} = {short(value)}: expected a finite number")
    return float(value)


def identifier(key: str, value: Any) -> str:
    """A name of letters, digits, - and _, which can go into a file name."""
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= 60
        or not all(c.isascii() and (c.isalnum() or c in "-_") for c in value)
    ):
        raise ValueError(
            f"{key} = {short(value)}: expected a name of letters, digits, - and _, at most 60"
        )
    return value


def unknown(what: str, name: object, allowed: Iterable[str]) -> str:
    """The sentence for a name that is none of those allowed; `what` names the kind of name."""
    text, allowed = str(name), tuple(allowed)
    return f"unknown {what} {text!r}{hint(text, allowed)}: expected {one_of(allowed)}"


def hint(name: str, allowed: Iterable[str]) -> str:
    """' (did you mean ...?)' for a name that is close to one of `allowed` or a part of it, else nothing."""
    given, names = name.lower(), {each.lower(): each for each in allowed}
    close = get_close_matches(given, names, n=1)
    if len(given) >= _SHORTEST_PART:
        close += [each for each in names if given in each]
    return f" (did you mean {names[close[0]]}?)" if close else ""


def one_of(allowed: Iterable[str]) -> str:
    """'one of a, b'."""
    return "one of " + ", ".join(allowed)


def short(value: Any) -> str:
    """How a value is quoted in a message: on one line, and not longer than a line."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def one_line(problem: object) -> str:
    """A message without line breaks."""
    return " ".join(str(problem).split())
