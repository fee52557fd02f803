"""Samples of a posterior: what they say, and whether they can be believed."""

from typing import NamedTuple

import numpy as np

from jaxmed.inference.bayes.extra import need
from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.bayes.proposal import Density
from jaxmed.inference.problem import Data

R_HAT_BELOW = 1.01
_ESS_PER_CHAIN = 100
QUANTILES = (0.05, 0.16, 0.5, 0.84, 0.9, 0.95)


class Summary(NamedTuple):
    """Of one parameter, in its own unit: mean, standard deviation, quantiles and convergence."""

    mean: float
    std: float
    quantiles: dict[str, float]
    r_hat: float
    ess_bulk: float
    ess_tail: float


class Posterior(NamedTuple):
    """Samples of a posterior.

    Attributes:
        model: its name.
        experiments: the data sets.
        constraints: names of measurements added to the likelihood.
        priors: of everything but the nuisances, whose Gaussians are in the likelihood.
        parameters: names of the model parameters among the samples.
        samples: name -> values in the parameter's own unit, nuisances in standard deviations, (n_chains, n_samples).
        density: prior times profile likelihood, the scan behind the sampler.
        diverging: whether a trajectory lost its energy, (n_chains, n_samples).
        steps: leapfrog steps of each, (n_chains, n_samples).
        acceptance: mean acceptance probability of each, (n_chains, n_samples).
        energy: of each, (n_chains, n_samples).
        summaries: by name, of every free parameter.
        warmup: steps of each chain before the first sample.
        seed: of the chains.
        undefined: in words, where within the priors the model is undefined: there is no likelihood, and no posterior.
    """

    model: str
    experiments: Data
    constraints: tuple[str, ...]
    priors: dict[str, Prior]
    parameters: tuple[str, ...]
    samples: dict[str, np.ndarray]
    density: Density
    diverging: np.ndarray
    steps: np.ndarray
    acceptance: np.ndarray
    energy: np.ndarray
    summaries: dict[str, Summary]
    warmup: int
    seed: int
    undefined: str = ""

    @property
    def divergences(self) -> int:
        """Trajectories that lost their energy: the sampler may have left out where they were."""
        return int(np.count_nonzero(self.diverging))

    @property
    def converged(self) -> bool:
        """Whether R-hat of every parameter is at most 1.01."""
        return all(s.r_hat <= R_HAT_BELOW for s in self.summaries.values())

    @property
    def warnings(self) -> list[str]:
        """One sentence for each reason to distrust the samples."""
        chains, size = self.diverging.shape
        worst = max(self.summaries, key=lambda name: _or_inf(self.summaries[name].r_hat))
        least = min(self.summaries, key=lambda name: self.summaries[name].ess_bulk)
        found = []
        if not self.converged:
            found.append(
                f"not converged: R-hat of {worst} is {self.summaries[worst].r_hat:.3f}, expected at most "
                f"{R_HAT_BELOW}; take more samples or narrower priors"
            )
        if self.divergences:
            found.append(
                f"{self.divergences} of {chains * size} trajectories diverged: the samples may miss where they "
                "were; take a longer warm-up or narrower priors"
            )
        if not self.summaries[least].ess_bulk >= _ESS_PER_CHAIN * chains:
            found.append(
                f"{least} has {self.summaries[least].ess_bulk:.0f} effective samples, expected at least "
                f"{_ESS_PER_CHAIN * chains}; take more samples"
            )
        if self.undefined:
            found.append(
                f"the model is undefined for {self.undefined}: without a likelihood there is no posterior, and a "
                "trajectory that enters diverges"
            )
        return found


def summarise(values: np.ndarray) -> Summary:
    """Summary of samples (n_chains, n_samples)."""
    quantiles = dict(zip(map(str, QUANTILES), np.quantile(values, QUANTILES).tolist(), strict=True))
    found = need("diagnostics").convergence(values)
    return Summary(float(values.mean()), float(values.std()), quantiles, *found)


def _or_inf(r_hat: float) -> float:
    """R-hat for comparisons: a chain that never moved has none, which is the worst."""
    return r_hat if r_hat == r_hat else np.inf
