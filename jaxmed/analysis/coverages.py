"""How often Feldman-Cousins sets contain the truth."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from jaxmed.analysis.analysis import Analysis, Common
from jaxmed.analysis.coverage_plan import coverage_result
from jaxmed.analysis.progress import running
from jaxmed.experiments import Experiment
from jaxmed.inference.hypothesis.coverage import coverage as sampled
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.models.model import Choice, Model
from jaxmed.results.coverage import CoverageResult
from jaxmed.user_files.keys import known
from jaxmed.user_files.keys import number as number_of


def coverage(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    points: Sequence[Mapping[str, float]],
    cl: float = 0.90,
    number: int = 2000,
    seed: int = 1,
    nuisances: Mapping[str, float] | None = None,
    progress: bool = False,
    **common: Unpack[Common],
) -> CoverageResult:
    """Fraction of toys of each point whose Feldman-Cousins set contains the point.

    For XENON1T in u1r at 90 % (2000 toys, seed 1; error 0.95 %): 87.7 % in the standard model, 89.1 % at the best
    fit (1.558e-6, 0.0575 MeV), 89.5 % at (2.2e-6, 0.06 MeV); asymptotic sets 94.2, 89.4 and 90.2 %.

    Critical values are those of the data: from toys with the nuisances that the data prefer. The toys that are
    tested may have others, `nuisances`: coverage then tells how much the critical values depend on them.

    Args:
        experiments: one or several, names or loaded.
        model: a preset name or whatever else makes a model (`get_model`), with one or two free parameters.
        points: truths, all free model parameters by name in their own unit; g = 0 is the standard model.
        cl: confidence level, between 0 and 1.
        number: of toys at each point, tested, and as many for its critical value.
        seed: of the toys.
        nuisances: the truth of some nuisances in standard deviations, in the toys that are tested.
        progress: show a bar.
        **common: what is fixed and free, options of the experiments, and the box (`Common`); constraints are refused.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    analysis = Analysis.of(
        experiments=experiments, model=model, cl=cl, toys=number, seed=seed, **common
    )
    check_toys(number, seed, analysis.constraints)
    truths, pulls = _points(analysis.narrowed, points), _numbers("nuisances", nuisances or {})
    with running(analysis, f"Coverage of {analysis.name}", progress) as tick:
        found = sampled(
            analysis.data,
            analysis.narrowed,
            points=truths,
            cl=analysis.level(),
            number=number,
            seed=seed,
            nuisances=pulls,
            tick=tick,
            **analysis.settings,
        )
    limit = analysis.problem.parameters == ("g",)
    return coverage_result(analysis, truths, pulls, limit, found)


def _points(model: Model, points: Any) -> list[dict[str, float]]:
    """Points within the box of the model; ValueError for anything else."""
    if not isinstance(points, Sequence) or isinstance(points, str):
        raise ValueError(
            f"points = {points!r}: expected a list of points such as {{'g': 1e-6, 'mass': 0.05}}"
        )
    own, found = {p.name: p for p in model.parameters}, []
    for i, point in enumerate(points):
        found.append(_numbers(f"points[{i}]", point))
        known(found[-1], own, f"parameter in points[{i}]")
        for name, value in found[-1].items():
            low, high = own[name].low, own[name].high
            if not (low <= value <= high or (name == "g" and value == 0)):
                raise ValueError(
                    f"points[{i}].{name} = {value:g}: expected a value from {low:g} to {high:g}"
                    f"{', or 0' if name == 'g' else ''}"
                )
    return found


def _numbers(what: str, given: Any) -> dict[str, float]:
    """Numbers by name; ValueError for anything else."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} = {given!r}: expected numbers by name")
    return {str(name): number_of(f"{what}.{name}", value) for name, value in given.items()}
