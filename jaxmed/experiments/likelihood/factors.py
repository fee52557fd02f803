"""Factors on the counts of a component: where they stay positive, unlike up and down, and of single bins.

A factor with other ends at -1 and +1 sigma is HistFactory's interpolation code 4: up^z and down^-z outside of them, in
between the polynomial of sixth degree that goes on from them smoothly to second order (K. Cranmer et al.,
CERN-OPEN-2012-016, section 4.1.2, for the exponential; RooFit's FlexibleInterpVar for the polynomial).
"""

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.model import Component

# Below this fraction of its nominal value a yield falls off exponentially instead of linearly: it stays
# positive, with a continuous slope, wherever a nuisance goes.
KNEE = 0.1
# The same for shapes that are folded at their nodes: what is not negative there hardly is in between.
_FOLDED_KNEE = 0.01

_POWERS = np.arange(1.0, 7.0)


def _conditions() -> np.ndarray:
    """Value and two derivatives of z, z^2, ... z^6 at +1, then at -1, (6, 6)."""
    rows = []
    for z in (1.0, -1.0):
        rows += [
            z**_POWERS,
            _POWERS * z ** (_POWERS - 1),
            _POWERS * (_POWERS - 1) * z ** np.maximum(_POWERS - 2, 0),
        ]
    return np.stack(rows)


_FROM_CONDITIONS = np.linalg.inv(_conditions())


def asymmetric_factors(part: Component, pulls: Pulls) -> Array:
    """Those of `part.asymmetric` with their first and second derivatives, (3, n_asymmetric)."""
    z = pulls.of(part.asymmetric)
    logs = jnp.log(jnp.asarray(part.ends))
    # each exponential only where it is asked for: the other side of it may be infinite
    up, down = jnp.exp(jnp.maximum(z, 1.0) * logs[:, 1]), jnp.exp(jnp.maximum(-z, 1.0) * logs[:, 0])
    inside = jnp.clip(z, -1.0, 1.0)
    weights, powers = polynomial(logs), [jnp.ones_like(z)]
    for _ in _POWERS:
        powers.append(powers[-1] * inside)
    steps, first = jnp.stack(powers, axis=1), _POWERS[None]
    second = first * (first - 1)
    middle = [
        1.0 + jnp.sum(weights * steps[:, 1:], axis=1),
        jnp.sum(weights * first * steps[:, :-1], axis=1),
        jnp.sum(weights[:, 1:] * second[:, 1:] * steps[:, :-2], axis=1),
    ]
    high = [up, up * logs[:, 1], up * logs[:, 1] ** 2]
    low = [down, -down * logs[:, 0], down * logs[:, 0] ** 2]
    found = [
        jnp.where(z >= 1, above, jnp.where(z <= -1, below, between))
        for above, below, between in zip(high, low, middle, strict=True)
    ]
    return jnp.stack(found)


def polynomial(logs: Array) -> Array:
    """Coefficients of z ... z^6 between the ends, (n, 6), from the logarithms of these, (n, 2)."""
    down, up = jnp.exp(logs).T
    log_down, log_up = logs.T
    at_ends = [
        up - 1,
        up * log_up,
        up * log_up**2,
        down - 1,
        -down * log_down,
        down * log_down**2,
    ]
    return jnp.stack(at_ends, axis=1) @ _FROM_CONDITIONS.T


def local_factors(part: Component, pulls: Pulls) -> Array:
    """Factors of single bins and their two derivatives, each in its own nuisance, (3, n_local, n_bins)."""
    widths, zeros = jnp.asarray(part.local_widths), part.without_event
    straight = np.array([name in zeros for name in part.local], dtype=bool)[:, None]
    # 0 for a pull; what floats begins at 1 as well
    begin = np.array([1.0 + zeros.get(name, -1.0) for name in part.local])
    raw = 1.0 + widths * (pulls.of(part.local) - begin)[:, None]
    value, slope, bend = positive_jet(raw, straight)
    return jnp.stack([value, slope * widths, bend * widths**2])


def positive(y: Array, straight: np.ndarray | bool = False, knee: float = KNEE) -> Array:
    """The value itself above the knee or where it is to stay `straight`, an exponential tail below."""
    return jnp.where((y >= knee) | straight, y, _tail(y, knee))


def positive_jet(
    y: Array, straight: np.ndarray | bool = False, knee: float = KNEE
) -> tuple[Array, Array, Array]:
    """`positive` and its two derivatives."""
    tail, above = _tail(y, knee), (y >= knee) | straight
    return (
        jnp.where(above, y, tail),
        jnp.where(above, 1.0, tail / knee),
        jnp.where(above, 0.0, tail / knee**2),
    )


def _tail(y: Array, knee: float) -> Array:
    return knee * jnp.exp(jnp.minimum(y, knee) / knee - 1)


def knee(part: Component) -> float:
    """Ratio to the nominal below which a shape falls off exponentially."""
    return KNEE if ONE_SIGMA in part.nodes else _FOLDED_KNEE
