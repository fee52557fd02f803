"""What an experiment is expected to exclude, and which improvement of it buys most.

The expected limit is that of the Asimov data set: counts equal to those of the standard model, all nuisances at their
nominal values. Its best fit is the truth, so that q(g) = 2 [nll(g, z(g)) - nll(truth)] with the nuisances z profiled,
and the limit g_l solves q(g_l) = threshold. Both q and the data depend on the design s of the experiment, and

    d ln g_l / d ln s = -(dq / d ln s) / (dq / d ln g).

At the profiled nuisances the derivatives with respect to z vanish (envelope theorem): both are partial derivatives, one
gradient of the likelihood through response, data and pulls. Any other parameter that alone is free goes the same way.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.design import Design, Knob, Scales, changed, make_design, pull_widths
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.nll import data_nll, pull_nll
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.hypothesis.p_values import standard_point
from jaxmed.inference.problem import Problem, Settings, pose
from jaxmed.inference.profile.profile import Start, profile, standard_start
from jaxmed.inference.profile.slopes import slopes
from jaxmed.inference.regions.allowed import first_parameter
from jaxmed.inference.regions.intervals import intervals, only_parameter
from jaxmed.inference.regions.limits import limits
from jaxmed.models.model import Choice

SHARE = 0.1
"""How much better each property is made where a gain is stated."""
_PASSES = 2  # of Newton from the limit, which is known to 1e-5
_LONGEST = 1e-3  # of its steps, in log10 g, or as a share of a value with a sign
_SCAN_SHARE = 0.7


class Sensitivity(NamedTuple):
    """Expected limits and how they depend on the design of the experiment.

    Attributes:
        mass: [MeV], (n,); NaN for a model without a mass.
        g_expected: limit on the Asimov data set, NaN without one, (n,): on g at each mass, or on the only parameter, of
            which it is the lower and the upper end if there may be either sign.
        flag: as in `Limits`, (n,); where there are 'islands' the limit is the outermost edge.
        knobs: what can be changed.
        slopes: d ln g_expected / d ln knob, (n_knobs, n); NaN without a limit.
        missing: (name, reason) of what cannot be changed.
        threshold: of q.
        sided: 'two' or 'one', as in `Limits`.
    """

    mass: np.ndarray
    g_expected: np.ndarray
    flag: tuple[str, ...]
    knobs: tuple[Knob, ...]
    slopes: np.ndarray
    missing: tuple[tuple[str, str], ...]
    threshold: float
    sided: str = "two"

    def gains(self, share: float = SHARE) -> np.ndarray:
        """Fraction by which the limit falls if each knob alone is better by a share of itself, (n_knobs, n).

        More exposure, less of everything else; the power law of the slope is followed that far.
        """
        factors = np.array([1 + knob.better * share for knob in self.knobs])
        return 1 - factors[:, None] ** self.slopes


def sensitivity(
    experiment: Experiment,
    model: Choice = "u1r",
    *,
    masses: Sequence[float] | np.ndarray | None = None,
    cl: float = 0.90,
    sided: str = "two",
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Sensitivity:
    """Expected limit at each mass, and its derivative with respect to every property of the experiment.

    Args:
        experiment: a data set, of which all but the counts is used; `experiments.design` says what each property is.
        model: a preset name or whatever else makes a model (`get_model`).
        masses: mediator masses [MeV], (n,); None where one parameter alone is free, such as a magnetic moment.
        cl: confidence level, between 0 and 1.
        sided: 'two' or 'one', as for `limits`.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Raises:
        ValueError: as `limits`, or as `intervals` without masses.
    """
    problem, _ = pose(experiment, model, **settings)
    design, expected = make_design(experiment), asimov(problem, experiment)

    def scan(share: float) -> None:
        advance(tick, _SCAN_SHARE * share)

    ask = {"cl": cl, "sided": sided, "tick": scan, **settings}
    ends = _ends(problem, expected, ask) if masses is None else _line(expected, model, masses, ask)
    parameter, _ = first_parameter(problem)
    known = np.flatnonzero(np.isfinite(ends.points[:, 0]))
    value, slope = (
        np.full(len(ends.points), np.nan),
        np.full((len(design.knobs), len(ends.points)), np.nan),
    )
    points, nuisances, steepness = sharpen(problem, expected, ends.points[known], ends.threshold)
    value[known] = parameter.value(points[:, 0])
    # d ln of the value for one step in its coordinate
    growth = np.full(known.size, np.log(10)) if parameter.log else 1 / value[known]
    for i, point, pulls, steep, grown in zip(
        known, points, nuisances, steepness, growth, strict=True
    ):
        uphill = design_gradient(problem, point, pulls, design)
        slope[:, i] = -grown * uphill / steep
        advance(tick, (1 - _SCAN_SHARE) / known.size)
    return Sensitivity(
        ends.mass, value, ends.flag, design.knobs, slope, design.missing, ends.threshold, sided
    )


class _Ends(NamedTuple):
    """Of what is expected to be allowed: fit's coordinates (n, n_parameters), NaN without an end, and what is said."""

    points: np.ndarray
    mass: np.ndarray
    flag: tuple[str, ...]
    threshold: float


def _line(
    expected: Experiment, model: Choice, masses: Sequence[float] | np.ndarray, ask: dict[str, Any]
) -> _Ends:
    """The limit on g at each mass."""
    found = limits(expected, model, masses=masses, **ask)
    points = np.log10(np.stack([found.g_upper, found.mass], axis=1))
    return _Ends(points, found.mass, found.flag, found.threshold)


def _ends(problem: Problem, expected: Experiment, ask: dict[str, Any]) -> _Ends:
    """The limit on the only parameter, or both ends of what may have either sign."""
    parameter = only_parameter(problem)
    found = intervals(expected, problem.model, **ask)
    ends = np.ravel(found.intervals)[[-1] if parameter.log else [0, -1]]
    points = np.array([parameter.internal(x) for x in ends])
    points[np.isclose(points[:, None], problem.box[0]).any(axis=1)] = np.nan
    none = np.full(len(ends), np.nan)
    return _Ends(points[:, None], none, (found.flag,) * len(ends), found.threshold)


def asimov(problem: Problem, experiment: Experiment) -> Experiment:
    """The experiment with the counts of the standard model at the nominal nuisances; pure."""
    point = jnp.asarray(standard_point(problem))
    pulls = problem.pulls(jnp.zeros(len(problem.nuisances)), point)
    parts = components(experiment, problem.couplings(point))
    return replace(experiment, observed=counts(parts, pulls))


def sharpen(
    problem: Problem, expected: Experiment, points: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newton steps along the first parameter onto the limit itself.

    Args:
        problem: names of the free parameters.
        expected: the Asimov data set.
        points: close to the limit, such as (log10 g, log10 mass), (n, n_parameters).
        threshold: of q.

    Returns:
        points, the nuisances profiled there (n, n_nuisances), and d nll / d coordinate (n,).
    """
    data, along = (expected,), np.zeros_like(points)
    along[:, 0] = 1.0
    longest = _LONGEST * (1.0 if first_parameter(problem)[0].log else np.abs(points[:, 0]))
    truth = standard_start(problem, data)
    start = Start(truth.nuisances, np.inf)
    for _ in range(_PASSES):
        found = profile(problem, points, data, start=start)
        steep = slopes(problem, points, found.nuisances, along, data)
        step = (truth.nll + threshold / 2 - found.nll) / np.where(steep == 0, np.inf, steep)
        points = points + along * np.clip(step, -longest, longest)[:, None]
    found = profile(problem, points, data, start=start)
    return points, found.nuisances, slopes(problem, points, found.nuisances, along, data)


def design_gradient(
    problem: Problem, point: np.ndarray, nuisances: np.ndarray, design: Design
) -> np.ndarray:
    """D nll / d ln knob at fixed model parameters and nuisances, the Asimov data following, (n_knobs,)."""
    ones = {knob.name: jnp.ones(()) for knob in design.knobs}
    found = jax.device_get(_gradient(problem, point, nuisances, design, ones))
    return np.array([found[knob.name] for knob in design.knobs])


def design_nll(
    problem: Problem, point: Array, nuisances: Array, design: Design, scales: Scales
) -> Array:
    """-log L of the Asimov data of a changed design at model parameters (n_parameters,) and nuisances (n_nuisances,).

    The width of a pull multiplies what the nuisance does, its prior staying a unit Gaussian.
    """
    data = (asimov(problem, changed(design, scales)),)
    couplings = problem.couplings(point)
    parts = [components(experiment, couplings) for experiment in data]
    moved = problem.pulls(nuisances * pull_widths(problem.nuisances, scales), point)
    pulls = problem.pulls(nuisances, point)
    return data_nll(data, parts, moved) + pull_nll(pulls, problem.floating)


@partial(jax.jit, static_argnums=0)
def _gradient(
    problem: Problem, point: Array, nuisances: Array, design: Design, scales: dict[str, Array]
) -> dict[str, Array]:
    return jax.grad(design_nll, argnums=4)(problem, jnp.asarray(point), nuisances, design, scales)
