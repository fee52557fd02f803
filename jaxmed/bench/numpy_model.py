"""The likelihood of a fit in plain NumPy, as one would write it without JAX: what jaxmed is timed against.

It is written to be fast: what couplings and nuisances do not change is worked out once, and the signal is kept
for as long as the couplings stay, so that numerical derivatives in the nuisances do not pay for it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.bench.numpy_yields import Template
from jaxmed.constants import G_F, SIN2_THETA_W
from jaxmed.experiments.likelihood.forward import as_signal
from jaxmed.experiments.likelihood.nll import prior_weights
from jaxmed.experiments.model import Channel, Experiment, unstacked
from jaxmed.inference.problem import Data, Problem
from jaxmed.theory.amplitudes import Electron, Nucleus
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.scattering import electron_forms, nucleus_forms

_FLOOR = 1e-9


class NumpyLikelihood:
    """-log(L/L_sat) + pulls of a problem without constraints.

    Only the couplings come from a compiled function: a dozen numbers, for which NumPy itself would take longer.
    """

    def __init__(self, problem: Problem, data: Data) -> None:
        """Args: what is free, and the experiments."""
        pulls = problem.pulls(jnp.zeros(len(problem.nuisances)))
        places = {name: i for i, name in enumerate(pulls.names)}
        self._problem, self._split = problem, len(problem.parameters)
        self._held = np.asarray(pulls.values)[len(problem.nuisances) :]
        self._prior = prior_weights(pulls.names, problem.floating)
        self._terms = [_DataTerm(experiment, places) for experiment in data]
        self._centres = np.zeros(len(pulls.names))
        self._signals: list[Template] = []
        self._point: np.ndarray | None = None

    def __call__(self, x: np.ndarray) -> float:
        """The value at x (n_free,), in the fit's coordinate."""
        point = np.asarray(x[: self._split])
        if self._point is None or not np.array_equal(point, self._point):
            packed: Any = np.asarray(_packed_couplings(self._problem, point))
            couplings = Couplings(packed[0], packed[1:4], *packed[4:])
            self._signals = [term.signal(couplings) for term in self._terms]
            self._point = point.copy()
        pulls = np.concatenate([x[self._split :], self._held])
        value = np.sum(self._prior * (pulls - self._centres) ** 2) / 2
        for term, signal in zip(self._terms, self._signals, strict=True):
            value += term.value(signal, pulls)
        return float(value)

    def observe(self, observed: Sequence[np.ndarray], centres: np.ndarray) -> None:
        """Take the counts of a toy, (n_bins,) for each experiment, and the centres of its priors, (n_nuisances,)."""
        self._centres[: centres.size] = centres
        for term, counts in zip(self._terms, observed, strict=True):
            term.observe(counts)


@partial(jax.jit, static_argnums=0)
def _packed_couplings(problem: Problem, point: Array) -> Array:
    return jnp.concatenate(list(map(jnp.ravel, jax.tree.leaves(problem.couplings(point)))))


class _DataTerm:
    """One experiment."""

    def __init__(self, experiment: Experiment, places: dict[str, int]) -> None:
        self._experiment, self._places = experiment, places
        self._channels = [
            _NumpyChannel(each) for stack in experiment.channels for each in unstacked(stack)
        ]
        self._background = [Template(part, places) for part in experiment.background]
        self.observe(np.asarray(experiment.observed))

    def observe(self, counts: np.ndarray) -> None:
        """Take other counts."""
        some = counts[counts > 0]
        self._observed, self._saturated = counts, np.sum(some * np.log(some) - some)

    def signal(self, couplings: Couplings) -> Template:
        """All neutrino events, with their systematic variations."""
        variants = np.sum([channel.events(couplings) for channel in self._channels], axis=0)
        return Template(as_signal(self._experiment, variants), self._places)

    def value(self, signal: Template, pulls: np.ndarray) -> float:
        mu, n = signal.counts(pulls), self._observed
        for part in self._background:
            mu = mu + part.counts(pulls)
        if self._experiment.gaussian:
            return np.sum(((mu - n) / self._experiment.error) ** 2) / 2
        safe = np.maximum(mu, n if self._experiment.one_sided else _FLOOR)
        return np.sum(safe - n * np.log(safe)) + self._saturated


class _NumpyChannel:
    """A flux on a target: rate = u^2 A + v^2 B + u v C, with A, B and C worked out once."""

    def __init__(self, channel: Channel) -> None:
        self._channel, target = channel, channel.target
        if isinstance(target, Electron):
            self._forms = np.stack(electron_forms(channel.recoil, channel.moments))[None]
        else:
            pairs = zip(channel.form_p, channel.form_n, strict=True)
            nuclear = (channel.recoil, channel.moments, target)
            self._forms = np.stack([nucleus_forms(*nuclear, *pair) for pair in pairs])

    def events(self, c: Couplings) -> np.ndarray:
        """Events of every variant, (n_variants, n_bins)."""
        channel = self._channel
        target = channel.target
        propagator = 1 / (2 * target.mass * channel.recoil + c.mass**2)
        if isinstance(target, Electron):
            u, v = _on_electron(target, c, propagator)
        else:
            u, v = _on_nucleus(target, c, propagator)
        a, b, mixed = self._forms[:, 0], self._forms[:, 1], self._forms[:, 2]
        rate = channel.per_node * (u**2 * a + v**2 * b + u * v * mixed).sum(axis=1)  # (n_forms, n)
        foldings = np.concatenate([channel.response @ rate[0], rate[1:] @ channel.response[0].T])
        per_recoil_bin = foldings[list(channel.folding_of)]
        run = channel.spread.shape[1] // per_recoil_bin.shape[1]
        return channel.spread * np.repeat(per_recoil_bin, run, axis=1)


def _on_electron(
    electron: Electron, c: Couplings, propagator: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The left- and right-handed couplings, (3, n)."""
    shift = c.sin2_theta_w - SIN2_THETA_W
    exchange = c.eps_nu[:, None] * propagator / (2 * np.sqrt(2) * G_F)
    left = (electron.left + shift + c.nc_e_left)[:, None] + exchange * (c.eps_e + c.axial_e)
    right = (electron.right + shift + c.nc_e_right)[:, None] + exchange * (c.eps_e - c.axial_e)
    return left, right


def _on_nucleus(
    nucleus: Nucleus, c: Couplings, propagator: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weak charges per proton and per neutron, (3, n)."""
    g_p = nucleus.proton_coupling - 2 * (c.sin2_theta_w - SIN2_THETA_W) + 2 * c.nc_u + c.nc_d
    g_n = nucleus.neutron_coupling + c.nc_u + 2 * c.nc_d
    exchange = np.sqrt(2) / G_F * c.eps_nu[:, None] * propagator
    proton = -2 * g_p[:, None] - exchange * (2 * c.eps_u + c.eps_d)
    return proton, -2 * g_n[:, None] - exchange * (c.eps_u + 2 * c.eps_d)
