"""Counting experiments, and Feldman-Cousins for them by summing over all counts, without jaxmed's fits."""

from dataclasses import replace
from itertools import product
from typing import NamedTuple

import folders
import jax.numpy as jnp
import numpy as np
from scipy.special import gammaln

import jaxmed

MASS = 1e-3
"""Of the mediator in b_minus_l [MeV]."""
COUPLINGS = np.append(0.0, np.geomspace(1.5e-5, 2.6e-4, 6000))
"""The standard model and couplings in steps of 0.2 % in the signal, from 1e-3 to 30 events."""
_SETTINGS = """
name = "counting"
status = "measurement"
[target]
exposure = 1e-6
exposure_unit = "kg day"
[target.nuclei]
isotopes = "isotopes.csv"
[flux]
source = "reactor"
total_cm2_s = 1.5e13
[response]
quenching = 1.0
[data]
bins = "bins.csv"
counts = "observed"
"""
_BACKGROUND = """
[[background]]
name = "flat"
file = "background.csv"
"""
_GERMANIUM = """z,n,mass_u,atoms
32,38,69.924249,0.2052
32,40,71.922076,0.2745
32,41,72.923459,0.0776
32,42,73.921178,0.3652
32,44,75.921403,0.0775
"""


def experiment(folder, background, edges=(0.1, 1.0)):
    """Germanium at a reactor, so little of it that the standard model leaves 1e-4 events; background in each bin."""
    folder.mkdir(exist_ok=True)
    low, high, none = edges[:-1], edges[1:], np.zeros(len(edges) - 1)
    folders.write(folder / "bins.csv", "low_keV,high_keV,observed", low, high, none)
    (folder / "isotopes.csv").write_text(_GERMANIUM)
    if background:
        events = np.full(len(low), background)
        folders.write(folder / "background.csv", "low_keV,high_keV,events", low, high, events)
    text = _SETTINGS + (_BACKGROUND if background else "")
    (folder / "experiment.toml").write_text(text)
    return jaxmed.load(f"{folder}/")


def observing(data, *counts):
    """The experiment with these counts."""
    return replace(data, observed=jnp.asarray(counts, dtype=float))


def every_count(most, n_bins):
    """All counts up to a total, (n, n_bins)."""
    return np.array([n for n in product(range(most + 1), repeat=n_bins) if sum(n) <= most], float)


class Referee(NamedTuple):
    """The exact answer: expected counts (n_couplings, n_bins) at COUPLINGS."""

    means: np.ndarray

    @property
    def signal(self):
        """Events above those of the standard model, (n_couplings,)."""
        total = self.means.sum(axis=1)
        return total - total[0]

    def events(self, g):
        """The same at any coupling."""
        return np.interp(g, COUPLINGS, self.signal)

    def q(self, counts):
        """Likelihood ratios of counts (n, n_bins), relative to the best coupling of a fine scan, (n, n_couplings)."""
        nll = self.means.sum(axis=1) - counts @ np.log(self.means).T
        return 2 * (nll - nll.min(axis=1, keepdims=True))

    def chance(self, counts):
        """Probability of counts (n, n_bins), (n, n_couplings)."""
        logs = counts @ np.log(self.means).T - self.means.sum(axis=1)
        return np.exp(logs - gammaln(counts + 1).sum(axis=1, keepdims=True))

    def p(self, observed, most=45):
        """Probability of a q at least as large as that of what was observed, summed over all counts, (n_couplings,)."""
        counts = every_count(most, self.means.shape[1])
        seen = self.q(np.array([observed], dtype=float))
        return np.sum(self.chance(counts) * (self.q(counts) >= seen - 1e-9), axis=0)

    def intervals(self, p, least):
        """Of the signal where p is above `least`."""
        inside = np.concatenate([[False], p > least, [False]])
        first, last = (np.flatnonzero(np.diff(inside.astype(int)) == step) for step in (1, -1))
        return [(self.signal[a], self.signal[b - 1]) for a, b in zip(first, last, strict=True)]


def referee(data):
    """For an experiment in b_minus_l at MASS: no more than the expected counts is jaxmed's.

    They are a polynomial in g^2, of amplitudes that interfere.
    """
    nodes = np.array([0.0, 5e-5, 1e-4, 2e-4])
    at = np.array(
        [jaxmed.expected(data, jaxmed.couplings("b_minus_l", g=g, mass=MASS)) for g in nodes]
    )
    powers = np.stack([np.ones(4), nodes**2, nodes**4], axis=1)
    found = np.linalg.solve(powers[:3], at[:3])
    np.testing.assert_allclose(powers[3] @ found, at[3], rtol=1e-6)
    return Referee(np.stack([np.ones(COUPLINGS.size), COUPLINGS**2, COUPLINGS**4], axis=1) @ found)
