"""The analysis that a command line describes: a file, and what its options change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxmed.analysis.analysis import Analysis, changed, read_analysis
from jaxmed.data_tables import packaged

Default = str | Mapping[str, Any]


def described(config: Path | None, default: Default, **options: Any) -> Analysis:
    """The analysis of a file, or the command's own, changed by options.

    Args:
        config: the file that the user names.
        default: without one, the name of a file in fits/, or keys of `Analysis`.
        options: keys of `Analysis` as the command line gives them: lists of names as 'a,b', tables as 'name=value'.

    Raises:
        ValueError: as `read_analysis`.
    """
    given = {
        key: _READ[key](value) if key in _READ and value else value
        for key, value in options.items()
    }
    if config is None and isinstance(default, Mapping):
        names = given.pop("experiments", None) or default["experiments"]
        return changed(Analysis.of(**{**default, "experiments": names}), **given)
    return read_analysis(config or packaged("fits") / str(default), **given)


def names_of(text: str) -> tuple[str, ...]:
    """Names from 'a,b,c'."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(option: str):
    """What reads numbers by name from 'name=number'."""

    def read(texts: list[str]) -> dict[str, float]:
        found = {}
        for name, value in by_name(option, texts, "number").items():
            try:
                found[name] = float(value)
            except ValueError:
                raise ValueError(f"--{option} {name}={value}: expected name=number") from None
        return found

    return read


def by_name(option: str, texts: list[str], what: str) -> dict[str, str]:
    """Texts by name from 'name=text', given by a repeatable option; ValueError for anything else, or a name twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name or not value or name in found:
            raise ValueError(f"--{option} {text}: expected name={what}, each name once")
        found[name] = value
    return found


def _options(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Options by experiment from 'experiment.option=value'; true and false are no texts."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in by_name("option", texts, "value").items():
        experiment, _, option = name.rpartition(".")
        if not experiment:
            raise ValueError(f"--option {name}={value}: expected experiment.option=value")
        found.setdefault(experiment, {})[option] = {"true": True, "false": False}.get(value, value)
    return found


def _boxes(texts: list[str]) -> dict[str, tuple[float, ...]]:
    """Boxes by name from 'name=low:high'."""
    try:
        pairs = by_name("box", texts, "low:high").items()
        return {name: tuple(map(float, value.split(":"))) for name, value in pairs}
    except ValueError:
        raise ValueError(
            f"--box {' '.join(texts)}: expected name=low:high, each name once"
        ) from None


_READ = {
    "experiments": names_of,
    "fixed": _numbers("set"),
    "options": _options,
    "priors": lambda texts: by_name("prior", texts, "prior"),
    "box": _boxes,
    "free": tuple,
    "constraints": tuple,
}
