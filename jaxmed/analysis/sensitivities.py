"""What an experiment is expected to exclude, and what would improve it."""

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.analysis.limits import check_one_or_line, of_one_parameter
from jaxmed.analysis.progress import Share, running
from jaxmed.experiments import Experiment
from jaxmed.inference.regions.allowed import first_parameter
from jaxmed.inference.sensitivity import SHARE, Sensitivity
from jaxmed.inference.sensitivity import sensitivity as expected
from jaxmed.models.model import Choice
from jaxmed.results.sensitivity import KnobSlope, SensitivityResult


def sensitivity(
    experiment: str | Experiment,
    model: Choice = "u1r",
    *,
    masses: float | Sequence[float] | np.ndarray | str | None = None,
    cl: float = 0.90,
    sided: str = "two",
    progress: bool = False,
    **common: Unpack[Common],
) -> SensitivityResult:
    """Expected limit of an experiment at each mass, and how much a better one would lower it, property by property.

    Args:
        experiment: a name, a folder, or loaded.
        model: a preset name or whatever else makes a model (`get_model`).
        masses: of the mediator [MeV]; left out where only one parameter is free, such as a magnetic moment.
        cl: confidence level, between 0 and 1.
        sided: 'two' or 'one', as for `limits`.
        progress: show a bar.
        **common: what is fixed, free and constrained, options of the experiment, and the box (`Common`).

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    analysis = Analysis.of(
        experiments=experiment, model=model, masses=masses, cl=cl, sided=sided, **common
    )
    check_sensitivity(analysis)
    with running(analysis, f"Sensitivity of {analysis.name}", progress) as tick:
        return find_sensitivity(analysis, tick)


def check_sensitivity(analysis: Analysis) -> None:
    """ValueError for what can be refused before any work."""
    if len(analysis.names) != 1:
        raise ValueError(
            f"experiments = {', '.join(analysis.names)}: expected one, whose design is varied"
        )
    check_one_or_line(analysis)


def find_sensitivity(analysis: Analysis, tick: Share) -> SensitivityResult:
    """The sensitivity of a checked analysis."""
    found = expected(
        analysis.data[0],
        analysis.narrowed,
        masses=None if of_one_parameter(analysis) else analysis.line(),
        cl=analysis.level(),
        sided=analysis.sided,
        tick=tick,
        **analysis.settings,
    )
    return sensitivity_result(analysis, found)


def sensitivity_result(analysis: Analysis, found: Sensitivity) -> SensitivityResult:
    """What was found as a result."""
    gains = found.gains(SHARE)
    parameter, _ = first_parameter(analysis.problem)
    return SensitivityResult(
        **asked(analysis),
        experiment=analysis.names[0],
        cl=analysis.level(),
        sided=found.sided,
        threshold=found.threshold,
        parameter=parameter.name,
        unit=parameter.unit,
        mass_mev=found.mass,
        g_expected=found.g_expected,
        flag=found.flag,
        knobs=[
            KnobSlope(
                name=found.knobs[i].name,
                kind=found.knobs[i].kind,
                now=found.knobs[i].now,
                better=found.knobs[i].better,
                dlng_dlnx=found.slopes[i],
                gain_10_percent=gains[i],
            )
            for i in _ranked(found)
        ],
        missing=dict(found.missing),
    )


def _ranked(found: Sensitivity) -> list[int]:
    """Knobs by what they gain on average over the masses with a limit, most first."""
    known = np.isfinite(found.g_expected)
    mean = found.gains(SHARE)[:, known].mean(axis=1) if known.any() else np.zeros(len(found.knobs))
    return np.argsort(-mean, kind="stable").tolist()
