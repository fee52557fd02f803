"""Read JSON whose every number is one that float64 or a 64-bit integer can hold."""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

from jaxmed.user_files.files import read_text
from jaxmed.user_files.keys import one_line, short

# Far above any result, and read in seconds into less than 2 GB whatever it holds.
_LARGEST = 64e6
_LARGEST_INTEGER = 2**63


def read_json(path: Path, what: str) -> Any:
    """The content of a JSON file.

    Args:
        path: the file.
        what: what it should hold, for the message.

    Raises:
        ValueError: the file cannot be read, is no JSON, or has a number that no result has.
    """
    text = read_text(path, f"JSON with {what}", _LARGEST)
    try:
        return parse_json(text)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"{path}: expected JSON, but {one_line(problem)}") from None


def parse_json(text: str | bytes) -> Any:
    """What JSON says; ValueError or RecursionError if it is none, or for a number that no result has."""
    return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_no_number)


def _integer(text: str) -> int:
    # a 64-bit integer has 19 digits, and Python takes its time with thousands
    number = int(text) if len(text) <= 20 else _LARGEST_INTEGER
    if not -_LARGEST_INTEGER <= number < _LARGEST_INTEGER:
        raise ValueError(f"it has an integer of {len(text)} digits")
    return number


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it has the number {short(text)}, which is too large")
    return number


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"it has {word} where a number or null should be")
