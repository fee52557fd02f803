"""The analysis that a command line describes: a file, and what its options change."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.read import changed, read_analysis
from jaxmed.cli.common import Cache, Json, Out, Outputs, one_sentence, set_up
from jaxmed.cli.names import complete_analysis, complete_experiment_or_analysis
from jaxmed.cli.options import OPTIONS, Overlays, Published
from jaxmed.data_tables import packaged
from jaxmed.results.overlay import read_overlays
from jaxmed.results.published import read_published

FITTED = "model experiments options fixed free constraints box"
"""Keys that all fits know."""
Default = str | Mapping[str, Any]
Command = Callable[..., None]


def describes(
    default: Default, keys: str, config: str = "", **words: str
) -> Callable[[Command], Command]:
    """Make a command of a function of an analysis: before the function's own options stand a file and those of keys.

    Args:
        default: without a file, the name of one in fits/, or keys of `Analysis`.
        keys: of `Analysis` that the command has options for, see `OPTIONS`, with spaces between them; without one
            for experiments the file may be an experiment as well.
        config: help of the file, where it is more than that.
        words: help of a key, where this command says it otherwise.

    Returns:
        The decorator. A function with an argument `curves` gets what the user lays over its figure, one with `to` where
        its results go, and one with an argument `cache` sets JAX up by itself.
    """
    names = keys.split()
    otherwise = f"fits/{default}" if isinstance(default, str) else ",".join(default["experiments"])
    config = config or f"Analysis in TOML; {otherwise} if left out."
    either = not {"experiments", "experiment"} & {*names}
    complete = complete_experiment_or_analysis if either else complete_analysis
    shown = {"config": Annotated[str | None, typer.Argument(help=config, autocompletion=complete)]}
    shown |= {_name(key): OPTIONS[key].annotation(words.get(key)) for key in names}

    def decorate(function: Command) -> Command:
        own = signature(function, eval_str=True)
        overlaid = "curves" in own.parameters
        more = {"overlay": Overlays, "published": Published} if overlaid else {}
        joining, writing = "cache" in own.parameters, "to" in own.parameters

        @one_sentence
        @wraps(function)
        def command(config: str | None, **given: Any) -> None:
            asked = {key: given.pop(_name(key)) for key in names}
            if either and config is not None and not config.endswith(".toml"):
                config, asked["experiment"] = None, config
            analysis = described(config, default, asked)
            if not joining:
                set_up(given.pop("cache"))
            if writing:
                given["to"] = Outputs(given.pop("out"), given.pop("json"))
            if overlaid:
                ours, others = given.pop("overlay"), given.pop("published")
                given["curves"] = (
                    *read_overlays(ours),
                    *read_published(others, analysis.model.name),
                )
            function(analysis, **given)

        made = ("analysis", "curves", "to")
        kept = (each for each in own.parameters.values() if each.name not in made)
        parameters = [*_optional(shown | more), *kept]
        if writing:
            parameters += [*_optional({"out": Out}, Path("results")), *_optional({"json": Json})]
        if not joining:
            parameters += _optional({"cache": Cache}, True)
        # typer looks at both
        command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


def _optional(annotations: Mapping[str, Any], default: Any = None) -> list[Parameter]:
    kind = Parameter.POSITIONAL_OR_KEYWORD
    return [Parameter(n, kind, default=default, annotation=a) for n, a in annotations.items()]


def described(config: str | None, default: Default, asked: Mapping[str, Any]) -> Analysis:
    """The analysis of a file, or the command's own, changed by options.

    Args:
        config: the file that the user names.
        default: without one, the name of a file in fits/, or keys of `Analysis`.
        asked: keys of `OPTIONS` as the command line gives them.

    Raises:
        ValueError: as `read_analysis`.
    """
    given: dict[str, Any] = {}
    for key, text in asked.items():
        if text is None or text == []:
            continue
        table, _, name = key.partition(".")
        value = OPTIONS[key].read(text)
        given[table] = given.get(table, {}) | {name: value} if name else value
    if "experiment" in given:
        given["experiments"] = given.pop("experiment")
    if config is None and isinstance(default, Mapping):
        names = given.pop("experiments", None) or default["experiments"]
        return changed(Analysis.of(**{**default, "experiments": names}), **given)
    file = packaged("fits") / str(default) if config is None else Path(config)
    return read_analysis(file, **given)


def _name(key: str) -> str:
    """Of the argument; typer takes the option from the annotation."""
    return key.replace(".", "_")
