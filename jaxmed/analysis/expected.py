"""Limits to expect if there is no mediator."""

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.analysis.progress import running
from jaxmed.experiments import Experiment
from jaxmed.inference.hypothesis.expected_limits import Expected
from jaxmed.inference.hypothesis.expected_limits import expected_limits as distribution
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.regions.limits import check_line
from jaxmed.inference.regions.mass_lines import check_plane
from jaxmed.models.model import Choice
from jaxmed.results.expected import ExpectedResult
from jaxmed.results.limits import SIGMAS


def expected_limits(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    masses: float | Sequence[float] | np.ndarray | str,
    cl: float = 0.90,
    sided: str = "two",
    number: int = 1000,
    seed: int = 1,
    progress: bool = False,
    **common: Unpack[Common],
) -> ExpectedResult:
    """Median and bands of the asymptotic upper limit if the standard model is true.

    Every toy is fitted on one grid of couplings, from a tenth to five times the limit of the expected counts: its
    best g and its outermost crossing of the threshold are interpolated there.

    Args:
        experiments: one or several, names or loaded; all nuisances are profiled.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        masses: of the mediator [MeV].
        cl: confidence level, between 0 and 1.
        sided: 'two' or 'one', as for `limits`.
        number: of toys, the same at each mass.
        seed: of the toys.
        progress: show a bar.
        **common: what is fixed and free, options of the experiments, and the box (`Common`); constraints are refused.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    given = {"masses": masses, "cl": cl, "sided": sided, "expected": number, "seed": seed}
    analysis = Analysis.of(experiments=experiments, model=model, **given, **common)
    check_line(analysis.narrowed, analysis.line(), analysis.level(), analysis.sided)
    check_toys(number, seed, analysis.constraints)
    check_plane(analysis.problem)
    with running(analysis, f"Expected limits of {analysis.name}", progress) as tick:
        found = distribution(
            analysis.data,
            analysis.narrowed,
            masses=analysis.line(),
            cl=analysis.level(),
            sided=analysis.sided,
            number=number,
            seed=seed,
            tick=tick,
            **analysis.settings,
        )
    return expected_result(analysis, found)


def expected_result(analysis: Analysis, found: Expected) -> ExpectedResult:
    """What was found, with what was asked."""
    return ExpectedResult(
        **asked(analysis),
        cl=analysis.level(),
        sided=analysis.sided,
        number=len(found.toys),
        seed=analysis.seed,
        mass_mev=found.mass,
        g_expected=dict(zip(SIGMAS, found.g_upper, strict=True)),
        toys=found.toys,
        failed=found.failed,
    )
