"""The summary on top of the page: what was asked, with which options, and what the data say."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxmed.results.kinds import KINDS
from jaxmed.results.result import Result
from jaxmed.results.saved import Saved

_ASKED = ("cl", "constraints", "fixed", "free", "box", "method", "sided", "toys", "seed", "options")
_WORDS = {"cl": "CL", "fixed": "held fixed", "free": "freed"}


class Answer(NamedTuple):
    """One result: what it is, what was asked and what was found."""

    title: str
    asked: str
    found: list[str]


def summary(results: Sequence[Saved]) -> list[Answer]:
    """An answer of each result, kind by kind.

    Raises:
        ValueError: a damaged file.
    """
    order = list(KINDS)
    ranked = sorted(results, key=lambda saved: order.index(saved.result.kind))
    found = []
    for saved in ranked:
        with saved.understood() as result:
            answers = [f"{words.rstrip('.')}." for words in result.answers()]
            found.append(Answer(_title(saved), _asked(result), answers))
    return found


def _title(saved: Saved) -> str:
    name = "" if saved.alone else f" {saved.name}"
    return f"{saved.result.kind.capitalize()}{name}: {saved.result.heading}"


def _asked(result: Result) -> str:
    """Options as they were given, as far as the result depends on them."""
    given = {key: getattr(result, key, None) for key in _ASKED}
    if not isinstance(given["method"], str):  # that of toys and grids is no option
        given["method"] = None
    said = {key: _words(value) for key, value in given.items() if value}
    return "; ".join(f"{_WORDS.get(key, key)}: {text}" for key, text in said.items() if text)


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    return str(value) if isinstance(value, str | int | float) else ""
