"""What an experiment is expected to exclude, and which improvement of it buys most.

The expected limit is that of the Asimov data set: counts equal to those of the standard model, all nuisances at their
nominal values. Its best fit is the truth, so that q(g) = 2 [nll(g, z(g)) - nll(truth)] with the nuisances z profiled,
and the limit g_l solves q(g_l) = threshold. Both q and the data depend on the design s of the experiment, and

    d ln g_l / d ln s = -(dq / d ln s) / (dq / d ln g).

At the profiled nuisances the derivatives with respect to z vanish (envelope theorem): both are partial derivatives, one
gradient of the likelihood through response, data and pulls.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Unpack

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
from jaxmed.inference.regions.limits import check_line, limits
from jaxmed.inference.regions.mass_lines import check_plane
from jaxmed.models.model import Choice

SHARE = 0.1
"""How much better each property is made where a gain is stated."""
_PASSES = 2  # of Newton from the limit, which is known to 1e-5
_LONGEST = 1e-3  # of its steps, in log10 g
_SCAN_SHARE = 0.7


class Sensitivity(NamedTuple):
    """Expected limits and how they depend on the design of the experiment.

    Attributes:
        mass: [MeV], (n,).
        g_expected: limit on the Asimov data set, NaN without one, (n,).
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
    masses: Sequence[float] | np.ndarray,
    cl: float = 0.90,
    sided: str = "two",
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Sensitivity:
    """Expected limit at each mass, and its derivative with respect to every property of the experiment.

    Args:
        experiment: a data set, of which all but the counts is used; `experiments.design` says what each property is.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        masses: mediator masses [MeV], (n,).
        cl: confidence level, between 0 and 1.
        sided: 'two' or 'one', as for `limits`.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Raises:
        ValueError: as `limits`.
    """
    chosen, line, threshold = check_line(model, masses, cl, sided)
    problem, _ = pose(experiment, chosen, **settings)
    check_plane(problem)
    design = make_design(experiment)
    expected = asimov(problem, experiment)
    found = limits(
        expected,
        chosen,
        masses=line,
        cl=cl,
        sided=sided,
        tick=lambda share: advance(tick, _SCAN_SHARE * share),
        **settings,
    )
    known = np.flatnonzero(np.isfinite(found.g_upper))
    upper, slope = found.g_upper.copy(), np.full((len(design.knobs), line.size), np.nan)
    points = np.log10(np.stack([upper, line], axis=1))[known]
    points, nuisances, steepness = sharpen(problem, expected, points, threshold)
    upper[known] = 10 ** points[:, 0]
    for i, point, pulls, steep in zip(known, points, nuisances, steepness, strict=True):
        uphill = design_gradient(problem, point, pulls, design)
        slope[:, i] = -np.log(10) * uphill / steep
        advance(tick, (1 - _SCAN_SHARE) / known.size)
    return Sensitivity(
        line, upper, found.flag, design.knobs, slope, design.missing, threshold, sided
    )


def asimov(problem: Problem, experiment: Experiment) -> Experiment:
    """The experiment with the counts of the standard model at the nominal nuisances; pure."""
    couplings = problem.couplings(jnp.asarray(standard_point(problem)))
    pulls = problem.pulls(jnp.zeros(len(problem.nuisances)))
    return replace(experiment, observed=counts(components(experiment, couplings), pulls))


def sharpen(
    problem: Problem, expected: Experiment, points: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newton steps along g onto the limit itself.

    Args:
        problem: free parameters g and mass.
        expected: the Asimov data set.
        points: close to the limit, (log10 g, log10 mass), (n, 2).
        threshold: of q.

    Returns:
        points (n, 2), the nuisances profiled there (n, n_nuisances), and d nll / d log10 g (n,).
    """
    data, along = (expected,), np.broadcast_to([1.0, 0.0], points.shape)
    truth = standard_start(problem, data)
    start = Start(truth.nuisances, np.inf)
    for _ in range(_PASSES):
        found = profile(problem, points, data, start=start)
        steep = slopes(problem, points, found.nuisances, along, data)
        step = (truth.nll + threshold / 2 - found.nll) / np.where(steep == 0, np.inf, steep)
        points = points + along * np.clip(step, -_LONGEST, _LONGEST)[:, None]
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
    moved = problem.pulls(nuisances * pull_widths(problem.nuisances, scales))
    return data_nll(data, parts, moved) + pull_nll(problem.pulls(nuisances), problem.floating)


@partial(jax.jit, static_argnums=0)
def _gradient(
    problem: Problem, point: Array, nuisances: Array, design: Design, scales: dict[str, Array]
) -> dict[str, Array]:
    return jax.grad(design_nll, argnums=4)(problem, jnp.asarray(point), nuisances, design, scales)
