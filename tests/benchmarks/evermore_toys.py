"""Batched toy fits against evermore with optimistix's BFGS under vmap, on one identical likelihood.

    pip install evermore optimistix
    python tests/benchmarks/evermore_toys.py [TOYS]

50 bins, a free signal strength, three normalisations and two shapes with HistFactory's interpolation, the same
toys and start for both. The script checks that both mean the same likelihood, and find the same minima.
"""

import sys
from dataclasses import replace
from functools import partial

import jax

jax.config.update("jax_enable_x64", True)

import evermore as evm
import jax.numpy as jnp
import numpy as np
import optimistix
from jax import Array

from jaxmed.bench.measure import fastest
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.model import STRENGTH, Axis, Channel, Experiment, component, stack
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.expansion import nuisance_expansion
from jaxmed.inference.profile.newton import begin, minimise
from jaxmed.models.choose import get_model
from jaxmed.theory.scattering import TREE_ELECTRON

BINS = 50
X = (np.arange(BINS) + 0.5) / BINS
PEAK = 60 * np.exp(-0.5 * ((X - 0.4) / 0.06) ** 2)
FALLING, FLAT = 400 * np.exp(-3 * X), np.full(BINS, 60.0)
WIDTHS = {"peak_norm": 0.05, "falling_norm": 0.1, "flat_norm": 0.2}
TILT = FALLING * (1 + 0.15 * (X - 0.5)), FALLING * (1 - 0.12 * (X - 0.5))
SHIFT = PEAK * (1 + 0.3 * (X - 0.4)), PEAK * (1 - 0.35 * (X - 0.4))
# evermore's order is ours
NAMES = ("peak_norm", "shift", "falling_norm", "tilt", "flat_norm", STRENGTH)
_ROUNDS = 8
_SAME = 1e-4  # of -log L, how far the minima may be apart


def experiment() -> Experiment:
    """The model as jaxmed has it; no neutrinos."""
    silent = Channel(
        recoil=np.ones(1),
        moments=np.zeros((2, 3, 3, 1)),
        per_node=np.zeros(1),
        response=np.zeros((1, 1, 1)),
        spread=np.zeros((1, BINS)),
        target=TREE_ELECTRON,
        folding_of=(0,),
        form_p=None,
        form_n=None,
    )
    background = (
        component(PEAK, {STRENGTH: 1.0, "peak_norm": WIDTHS["peak_norm"]}, {"shift": SHIFT}),
        component(FALLING, {"falling_norm": WIDTHS["falling_norm"]}, {"tilt": TILT}),
        component(FLAT, {"flat_norm": WIDTHS["flat_norm"]}),
    )
    edges = tuple(np.linspace(0, 1, BINS + 1).tolist())
    fixed = {"name": "toy", "title": "toy", "axes": (Axis("x", "1", edges),), "gaussian": False}
    return Experiment(
        observed=PEAK + FALLING + FLAT,
        error=np.ones(BINS),
        channels=(stack(silent),),
        widths=np.ones(1),
        background=background,
        shapes=(),
        scales=(STRENGTH,),
        citations=(),
        **fixed,
    )


DATA = (experiment(),)
PROBLEM = make_problem(DATA, get_model("standard_model"), free=(STRENGTH,))
assert PROBLEM.names == NAMES


def evermore_nll(y: Array, observed: Array) -> Array:
    """-log(L/L_sat) + pulls of the same model, y (6,) in the same order."""
    pulls = [evm.NormalParameter(value=v) for v in y[:5]]
    strength = evm.Parameter(value=y[5])
    # one modifier after the other: composed with @, several of one kind leak a tracer in evermore 0.4.1
    up, down = map(jnp.asarray, SHIFT)
    peak = pulls[1].morphing(up_template=up, down_template=down)(jnp.asarray(PEAK))
    peak = strength.scale(offset=1.0)(pulls[0].scale(slope=WIDTHS["peak_norm"], offset=1.0)(peak))
    up, down = map(jnp.asarray, TILT)
    falling = pulls[3].morphing(up_template=up, down_template=down)(jnp.asarray(FALLING))
    falling = pulls[2].scale(slope=WIDTHS["falling_norm"], offset=1.0)(falling)
    flat = pulls[4].scale(slope=WIDTHS["flat_norm"], offset=1.0)(jnp.asarray(FLAT))
    counts = evm.pdf.PoissonContinuous(lamb=peak + falling + flat).log_prob(observed)
    saturated = evm.pdf.PoissonContinuous(lamb=observed).log_prob(observed)
    priors = sum(p.prior.log_prob(p.get_value()) - p.prior.log_prob(jnp.zeros(())) for p in pulls)
    return jnp.sum(saturated - counts) - priors


@jax.jit
def evermore_fits(observed: Array) -> tuple[Array, Array]:
    """Minima (n_toys,) and where, (n_toys, 6)."""
    solver = optimistix.BFGS(rtol=1e-5, atol=1e-7)

    def one(n: Array) -> tuple[Array, Array]:
        found = optimistix.minimise(
            evermore_nll, solver, jnp.zeros(6), args=n, max_steps=500, throw=False
        )
        return evermore_nll(found.value, n), found.value

    return jax.vmap(one)(observed)


@jax.jit
def jaxmed_fits(observed: Array) -> tuple[Array, Array]:
    """The same by the engine of profiles and toys."""
    box = jnp.asarray(PROBLEM.box)

    def one(n: Array) -> tuple[Array, Array]:
        data = (replace(DATA[0], observed=n),)
        parts = [components(e, PROBLEM.couplings(jnp.zeros(0))) for e in data]
        expand = partial(nuisance_expansion, PROBLEM, data, parts, centres=jnp.zeros(6))
        found = minimise(
            expand, jax.tree.map(jnp.asarray, begin(np.zeros(6))), box, tolerance=1e-9, limit=50
        )
        return found.at.expansion.value, found.at.x

    return jax.vmap(one)(observed)


def main(number: int) -> None:
    """Check that both are one likelihood, then time both in turn."""
    random = np.random.default_rng(2)
    observed = random.poisson(np.asarray(DATA[0].observed), (number, BINS)).astype(float)
    for y in random.normal(0, 0.6, (20, 6)):
        ours = PROBLEM.nll(jnp.asarray(y), (replace(DATA[0], observed=observed[0]),))
        np.testing.assert_allclose(evermore_nll(jnp.asarray(y), observed[0]), ours, rtol=1e-9)
    (ours, _), (theirs, _) = jaxmed_fits(observed), evermore_fits(observed)
    above = np.asarray(theirs - ours)
    ways = {"jaxmed": jaxmed_fits, "evermore": evermore_fits}
    times = dict.fromkeys(ways, np.inf)
    for _ in range(_ROUNDS):  # in turn: both see the same load
        for name, way in ways.items():
            times[name] = min(times[name], fastest(lambda way=way: way(observed), 5))
    rates = ", ".join(f"{name} {number / seconds:,.0f} fits/s" for name, seconds in times.items())
    print(f"{number} toys: {rates}: {times['evermore'] / times['jaxmed']:.2f}x")
    print(f"evermore's minima lie {above.min():.1e} to {above.max():.1e} above jaxmed's")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
