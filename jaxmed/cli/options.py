"""The option of each key of an analysis, and what reads its text."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import typer

from jaxmed.cli.names import (
    complete_constraint,
    complete_device,
    complete_experiment,
    complete_experiments,
    complete_method,
    complete_model,
    complete_published,
    complete_sided,
)

Overlays = Annotated[
    list[str] | None,
    typer.Option(
        "--overlay",
        help="Curve of your own: FILE.csv[:LABEL] with columns mass_MeV,g. May be repeated.",
    ),
]
Published = Annotated[
    str | None,
    typer.Option(
        help="Published limits of others on the same model, to compare: a,b,...",
        autocompletion=complete_published,
    ),
]
_AXIS = "Values: 1e-8,1e-7,1e-6 or low:high:number (logarithmic); if left out the file's or the whole box."


class KeyOption(NamedTuple):
    """How a command line says one key.

    Attributes:
        flag: of the option.
        help: in the words of most commands.
        type: of what typer hands over.
        complete: what the shell offers.
        read: the value of the key from that; ValueError for anything that it cannot be.
    """

    flag: str
    help: str
    type: Any = str | None
    complete: Callable[..., Any] | None = None
    read: Callable[[Any], Any] = lambda given: given

    def annotation(self, words: str | None) -> Any:
        """For the signature of a command, with other words if there are any."""
        option = typer.Option(self.flag, help=words or self.help, autocompletion=self.complete)
        return Annotated[self.type, option]


def names_of(text: str) -> tuple[str, ...]:
    """Names from 'a,b,c'."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def by_name(option: str, texts: list[str], what: str) -> dict[str, str]:
    """Texts by name from 'name=text', given by a repeatable option; ValueError for anything else, or a name twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name or not value or name in found:
            raise ValueError(f"--{option} {text}: expected name={what}, each name once")
        found[name] = value
    return found


def _numbers(texts: list[str]) -> dict[str, float]:
    """Numbers by name from 'name=number'."""
    found = {}
    for name, value in by_name("set", texts, "number").items():
        try:
            found[name] = float(value)
        except ValueError:
            raise ValueError(f"--set {name}={value}: expected name=number") from None
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


_SEVERAL, _WHOLE = list[str] | None, int | None
OPTIONS: Mapping[str, KeyOption] = {
    "masses": KeyOption("--mass", "Masses in MeV: 0.01,1,10 or low:high:number (logarithmic)."),
    "model": KeyOption(
        "--model",
        "u1r, b_minus_l, universal, hypercharge, ... or your own in a TOML file, instead of the file's.",
        complete=complete_model,
    ),
    "experiments": KeyOption(
        "--experiments",
        "Experiments instead of the file's: a,b,...",
        complete=complete_experiments,
        read=names_of,
    ),
    "experiment": KeyOption(
        "--experiment", "One experiment.", complete=complete_experiment, read=names_of
    ),
    "options": KeyOption(
        "--option",
        "Option of an experiment: experiment.option=value, repeatable.",
        _SEVERAL,
        read=_options,
    ),
    "alone": KeyOption("--alone/--together", "Each experiment by itself as well.", bool | None),
    "fixed": KeyOption(
        "--set",
        "Value at which a parameter or nuisance is held: name=number, repeatable.",
        _SEVERAL,
        read=_numbers,
    ),
    "fixed.g": KeyOption("--g", "Coupling g'.", float | None),
    "fixed.mass": KeyOption("--mass", "Mediator mass in MeV.", float | None),
    "free": KeyOption(
        "--free",
        "Name of a parameter freed beyond the default, such as signal_strength.",
        _SEVERAL,
        read=tuple,
    ),
    "constraints": KeyOption(
        "--constraint",
        "Measurement added to the likelihood: rho. May be repeated.",
        _SEVERAL,
        complete_constraint,
        tuple,
    ),
    "box": KeyOption(
        "--box",
        "Narrower box of a model parameter: name=low:high in its unit, repeatable.",
        _SEVERAL,
        read=_boxes,
    ),
    "priors": KeyOption(
        "--prior",
        "Prior of a model parameter, repeatable: name=log-uniform:low:high, name=uniform:low:high or "
        "name=normal:mean:sigma, in its own unit.",
        _SEVERAL,
        read=lambda texts: by_name("prior", texts, "prior"),
    ),
    "grid": KeyOption(
        "--grid", "Points along each model parameter where no values are given.", _WHOLE
    ),
    "scan.g": KeyOption("--g", _AXIS),
    "scan.mass": KeyOption("--mass", f"{_AXIS} In MeV."),
    "cl": KeyOption("--cl", "Confidence level, 0.9 by default."),
    "sided": KeyOption(
        "--sided",
        "two: g' with -2 Delta log L below the chi^2_1 quantile of the level (2.706 at 90 %), which may exclude "
        "zero. one: upper limit only, quantile of twice the level less one (1.642), all g' below the best fit allowed.",
        complete=complete_sided,
    ),
    "method": KeyOption(
        "--method",
        "asymptotic (default), or fc: Feldman-Cousins, from toys.",
        complete=complete_method,
    ),
    "toys": KeyOption("--toys", "Feldman-Cousins: at most so many toys at each point.", _WHOLE),
    "regions": KeyOption(
        "--regions/--limits",
        "Regions of g' and M_Z', as of contour, or limits on g' at each mass, the default.",
        bool | None,
    ),
    "replicas": KeyOption(
        "--replicas", "Data sets for the calibration of a posterior: 100 by default.", _WHOLE
    ),
    "expected": KeyOption(
        "--expected", "Add limits expected without a mediator, from this many toys.", _WHOLE
    ),
    "chains": KeyOption("--chains", "Chains, all at once: 4 by default.", _WHOLE),
    "samples": KeyOption("--samples", "Samples kept from each chain: 1000 by default.", _WHOLE),
    "warmup": KeyOption(
        "--warmup", "Steps before, which adapt the sampler: 1000 by default.", _WHOLE
    ),
    "seed": KeyOption(
        "--seed", "Seed, 1 by default: the same one gives the same toys or samples.", _WHOLE
    ),
    "device": KeyOption(
        "--device",
        "cpu, gpu or tpu: where to compute; by default fits on the processor, the rest where JAX would.",
        complete=complete_device,
    ),
}
"""By key of `Analysis`; a key of one of its tables as 'table.key'."""
