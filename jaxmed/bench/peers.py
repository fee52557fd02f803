"""Fits of the same toys of one likelihood (`histfactory`) by jaxmed, evermore, NextStat and iminuit.

All start at a signal strength of 1 and nominal nuisances. Values are -log L at the minimum less that at the start:
what is constant, such as log n!, is gone.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.bench.evermore_fits import evermore_minima
from jaxmed.bench.histfactory import (
    STRENGTH,
    Samples,
    experiment,
    many_nuisances,
    six_parameters,
)
from jaxmed.bench.measure import Way, Work, measure, once_on_each
from jaxmed.bench.nextstat_fits import at_once, in_turn, nextstat_model
from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.referees import is_installed, minuit_minimum
from jaxmed.bench.toys import first_toys
from jaxmed.experiments.likelihood.condensed import (
    Condensed,
    all_variants,
    condense,
    condensed_counts,
    condensed_signal,
)
from jaxmed.inference.engine.devices import on_all_devices, sized
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Data, Problem, make_problem, with_counts
from jaxmed.inference.profile.expansion import Counts, expansion
from jaxmed.inference.profile.newton import Expansion, begin, minimise
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.models.choose import get_model

ACROSS_KINKS = "jaxmed, across kinks"
_SEED = 20210612
_TOLERANCE, _STEPS = 1e-9, 50


class PeerPlan(NamedTuple):
    """How much to measure.

    Attributes:
        toys: fitted together, on a CPU and on an accelerator.
        sample: of them by iminuit.
        repeats: rounds of warm calls, of which the fastest counts.
        everybody: whether evermore and jaxmed's search across kinks run, too: with very many nuisances they would
            compile for minutes.
    """

    toys: tuple[int, int]
    sample: int
    repeats: int
    everybody: bool


FULL_PEERS = PeerPlan((256, 4096), 32, 5, everybody=True)
QUICK_PEERS = PeerPlan((32, 32), 4, 3, everybody=True)
MANY_PEERS = PeerPlan((16, 256), 1, 1, everybody=False)


class Likelihood(NamedTuple):
    """One likelihood as jaxmed has it, where fits start, (n_free,), and toys of that point."""

    samples: Samples
    problem: Problem
    data: Data
    start: np.ndarray
    toys: Toys

    def observed(self, number: int) -> np.ndarray:
        """Counts of the first toys, (number, n_bins)."""
        return self.toys.observed[0][:number]


def likelihood_of(samples: Samples, number: int) -> Likelihood:
    """The likelihood of some samples, and so many toys: counts alone, as others draw them, priors centred at 0."""
    data = (experiment(samples),)
    problem = make_problem(data, get_model("standard_model"))
    start = np.array([float(name == STRENGTH.name) for name in problem.names])
    toys = draw(problem, data, start, _SEED, number)
    toys = toys._replace(centres=np.zeros_like(toys.centres))
    return Likelihood(samples, problem, data, start, toys)


def peer_speeds(quick: bool, tick: Tick = None) -> dict[str, Any]:
    """What `measure` finds about each work, by its name, for each likelihood.

    Args:
        quick: only the small one, and fewer toys.
        tick: called with the share of the work done since the last call.
    """
    chosen = {"six_parameters": (six_parameters(), QUICK_PEERS if quick else FULL_PEERS)}
    if not quick:
        chosen["many_nuisances"] = (many_nuisances(), MANY_PEERS)
    found = {}
    for name, (samples, plan) in chosen.items():
        likelihood = likelihood_of(samples, max(plan.toys))
        works = {"fit": (1, 1), "toys": plan.toys}
        found[name] = {
            "n_bins": likelihood.data[0].n_bins,
            "n_free": len(likelihood.start),
            "works": {
                work: measure(_work(likelihood, number, plan)) for work, number in works.items()
            },
        }
        advance(tick, 1 / len(chosen))
    return found


def _work(of: Likelihood, toys: tuple[int, int], plan: PeerPlan) -> Work:
    def observed() -> np.ndarray:
        return of.observed(sized(*toys))

    own, others = once_on_each(lambda: on_all_devices(condense(of.data[0]))), {}
    if plan.everybody:
        others[ACROSS_KINKS] = Way(lambda: across_kinks(of, sized(*toys)), everywhere=True)
    if plan.everybody and is_installed("evermore"):
        fits = evermore_minima(of.samples, of.problem.names, of.start)
        others["evermore"] = Way(lambda: fits(observed()), everywhere=True)
    if is_installed("NextStat"):
        model = nextstat_model(of.samples)
        others["NextStat"] = Way(lambda: at_once(model, observed()))
        others["NextStat, in turn"] = Way(lambda: in_turn(model, observed()))
    if is_installed("iminuit"):
        few = of.observed(min(plan.sample, *toys))
        others["iminuit"] = Way(lambda: minuit_minima(of, few))
    return Work(lambda: one_minimum(of, observed(), own()), plan.repeats, others)


def one_minimum(of: Likelihood, observed: np.ndarray, own: Condensed) -> np.ndarray:
    """By the engine of profiles and toys, from one start as the others."""
    return np.asarray(_minima(of.problem, observed, own, of.start))


@partial(jax.jit, static_argnums=0)
def _minima(problem: Problem, observed: Array, own: Condensed, start: Array) -> Array:
    box, centres = jnp.asarray(problem.box), jnp.zeros_like(start)
    first = jax.tree.map(jnp.asarray, begin(np.zeros(start.shape)))._replace(x=start, trial=start)
    signal = all_variants(own.fillings, condensed_signal(own, problem.couplings(jnp.zeros(0))))

    def one(observed: Array) -> Array:
        counts = Counts(*condensed_counts(own, observed))

        def expand(x: Array) -> Expansion:
            return expansion(problem, (own,), (signal,), x, (counts,), centres)

        end = minimise(expand, first, box, tolerance=_TOLERANCE, limit=_STEPS)
        return end.expansion.value - expand(start).value

    return jax.vmap(one)(observed)


def across_kinks(of: Likelihood, number: int) -> np.ndarray:
    """By the toy fits that users call."""
    toys = first_toys(of.toys, number)
    found = conditional_fits(of.problem, of.data, toys, np.zeros(0), of.start)
    at_start = _values(of.problem, of.observed(number), of.data, of.start)
    return np.where(found.converged, found.nll - np.asarray(at_start), np.nan)


@partial(jax.jit, static_argnums=0)
def _values(problem: Problem, observed: Array, data: Data, x: Array) -> Array:
    return jax.vmap(lambda counts: problem.nll(x, with_counts(data, (counts,))))(observed)


def minuit_minima(of: Likelihood, observed: np.ndarray) -> np.ndarray:
    """By MIGRAD with numerical derivatives of the likelihood in NumPy, one after the other."""
    likelihood, everything = NumpyLikelihood(of.problem, of.data), np.zeros(0)

    def fit(counts: np.ndarray) -> float:
        likelihood.observe([counts], np.zeros_like(of.start))
        minimum = minuit_minimum(likelihood, everything, of.start, of.problem.box)
        return minimum - likelihood(of.start)

    return np.array([fit(counts) for counts in observed])
