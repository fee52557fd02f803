"""A likelihood of `histfactory` in evermore, minimised by optimistix's BFGS."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.bench.histfactory import STRENGTH, Samples

# evermore's own examples have these tolerances
_RELATIVE, _ABSOLUTE, _STEPS = 1e-5, 1e-7, 500


def evermore_nll(samples: Samples, names: tuple[str, ...]) -> Callable[[Array, Array], Array]:
    """-log(L/L_sat) + pulls at x (n_free,), ordered as `names`, of counts (n_bins,)."""
    import evermore as evm  # pyright: ignore[reportMissingImports]

    def total(x: dict[str, Array], pulls: dict[str, Any]) -> Array:
        events = []
        for sample in samples:
            nominal = jnp.asarray(sample.nominal)
            varied = [
                pulls[name].morphing(up_template=jnp.asarray(up), down_template=jnp.asarray(down))
                for name, (up, down) in sample.pairs.items()
            ]
            # what Compose adds up: with several of one kind that leaks a tracer in evermore 0.4.1
            shifts = [each.offset_and_scale(nominal).offset for each in varied]
            events.append(nominal + jnp.sum(jnp.stack(shifts), axis=0))
        strength = evm.Parameter(value=x[STRENGTH.name])
        return jnp.sum(jnp.stack([strength.scale()(events[0]), *events[1:]]), axis=0)

    def nll(x: Array, counts: Array) -> Array:
        by_name = dict(zip(names, x, strict=True))
        pulls = {
            name: evm.NormalParameter(value=value)
            for name, value in by_name.items()
            if name != STRENGTH.name
        }
        expected = evm.pdf.PoissonContinuous(lamb=total(by_name, pulls)).log_prob(counts)
        saturated = evm.pdf.PoissonContinuous(lamb=counts).log_prob(counts)
        priors = [p.prior.log_prob(p.get_value()) - p.prior.log_prob(0.0) for p in pulls.values()]
        return jnp.sum(saturated - expected) - jnp.sum(jnp.stack(priors))

    return nll


def evermore_minima(
    samples: Samples, names: tuple[str, ...], start: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Fits of counts (n_toys, n_bins) from one start (n_free,): -log L at the minimum less that at the start."""
    import optimistix  # pyright: ignore[reportMissingImports]

    nll, solver = evermore_nll(samples, names), optimistix.BFGS(rtol=_RELATIVE, atol=_ABSOLUTE)

    @jax.jit
    def minima(observed: Array) -> Array:
        def one(counts: Array) -> Array:
            found = optimistix.minimise(
                nll, solver, jnp.asarray(start), args=counts, max_steps=_STEPS, throw=False
            )
            return nll(found.value, counts) - nll(jnp.asarray(start), counts)

        return jax.vmap(one)(observed)

    def solve(observed: np.ndarray) -> np.ndarray:
        # jaxmed's tests are strict about types and ranks, which others need not be
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            return np.asarray(minima(observed))

    return solve
