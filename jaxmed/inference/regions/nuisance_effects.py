"""How much each nuisance parameter moves a limit: what a shift of its auxiliary measurement by one sigma does.

A limit g_l solves q(g) = 2 [nll(g, z(g)) - nll(g_b, z(g_b))] = threshold, with g_b the best fit and z the profiled
nuisances. The centre a of a nuisance's Gaussian enters nll as (z - a)^2/2 alone. By the envelope theorem
dq/da = -2 [z(g_l) - z(g_b)] at a = 0, and so d ln g_l / da = 2 [z(g_l) - z(g_b)] / (dq / d ln g).
"""

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.profile.slopes import slopes
from jaxmed.inference.regions.limits import Limits
from jaxmed.models.model import DECOUPLED


def nuisance_effects(problem: Problem, data: Data, found: Limits) -> dict[str, np.ndarray]:
    """D ln g_upper / d(centre of the prior) of each nuisance with a prior, per sigma, largest first, (n,) each.

    Args:
        problem: whose free model parameters are g and mass.
        data: the experiments.
        found: their limits; NaN where there is none.
    """
    known = np.isfinite(found.g_upper)
    log_mass = np.log10(found.mass[known])
    edge = np.stack([np.log10(found.g_upper[known]), log_mass], axis=1)
    g_best = found.g_best[known]
    log_best = np.log10(g_best, out=np.full(g_best.size, DECOUPLED[0]), where=g_best > 0)
    at = profile(problem, np.concatenate([edge, np.stack([log_best, log_mass], axis=1)]), data)
    limit, best = np.split(at.nuisances, 2)
    along = np.broadcast_to([1.0, 0.0], edge.shape)
    # of -log L with log10 g: half of dq / d ln g, times ln 10
    steep = slopes(problem, edge, limit, along, data)
    effects = np.full((len(problem.nuisances), known.size), np.nan)
    effects[:, known] = np.log(10) * (limit - best).T / steep
    ranked = {
        name: effects[i] for i, name in enumerate(problem.nuisances) if problem.prior_weights[i]
    }
    return dict(sorted(ranked.items(), key=lambda item: -_size(item[1])))


def _size(effect: np.ndarray) -> float:
    """The largest change of a limit."""
    return float(np.abs(effect[np.isfinite(effect)]).max(initial=0.0))
