"""Posteriors: the likelihood of the fits under priors, sampled by NUTS."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from jaxmed.experiments.model import Experiment
from jaxmed.inference.bayes.extra import need
from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.bayes.proposal import scan_posterior
from jaxmed.inference.bayes.samples import Posterior, summarise
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Settings, pose
from jaxmed.models.model import Choice

_MOST_STEPS = 10_000_000  # of all chains together: more would not fit into memory


def posterior(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    priors: Mapping[str, str] | None = None,
    seed: int = 1,
    chains: int = 4,
    tick: Tick = None,
    samples: int = 1000,
    warmup: int = 1000,
    **settings: Unpack[Settings],
) -> Posterior:
    """Sample the model's parameters and every nuisance from their posterior.

    The likelihood is that of `fit`. A profiled scan finds every region of probability first, and NUTS moves in
    coordinates in which that scan is flat, so that peaks, plateaus and islands are visited in their proportions.

    Arguments are those of `jaxmed.posterior`, with experiments loaded, and `tick`, called with the share of the work
    done since the last call.

    Returns:
        Posterior; look at its `warnings` before using it.

    Raises:
        ValueError: unknown names, a bad prior or number, nothing free, a model that is undefined wherever the priors
            are, JAX in 32-bit mode, or NumPyro or ArviZ missing.
    """
    check_posterior(chains, samples, warmup, seed)
    problem, group = pose(experiments, model, **settings)
    complete = complete_priors(problem, read_priors(priors or {}, problem.model, problem.floating))
    if not problem.names:
        raise ValueError(f"model '{problem.model.name}' has no free parameter: nothing to sample")
    nuts = need("nuts")
    scan = scan_posterior(problem, complete, group, chains, seed)
    advance(tick, 0.1)
    run = nuts.Run(problem, tuple(complete.items()), warmup, samples)
    found = nuts.sample(run, scan.proposal_map, group, scan.starts, seed)
    advance(tick, 0.9)
    own = {p.name: p for p in problem.model.parameters}
    values = {name: found.x[..., i] for i, name in enumerate(problem.names)}
    values |= {name: own[name].value(x) for name, x in values.items() if name in own}
    return Posterior(
        model=problem.model.name,
        experiments=group,
        constraints=problem.constraints,
        priors=complete,
        parameters=problem.parameters,
        samples=values,
        density=scan.density,
        diverging=found.diverging,
        steps=found.steps,
        acceptance=found.acceptance,
        energy=found.energy,
        summaries={name: summarise(v) for name, v in values.items()},
        warmup=warmup,
        seed=seed,
        undefined=scan.undefined,
    )


def check_posterior(chains: int, samples: int, warmup: int, seed: int) -> None:
    """ValueError for numbers that no run can have, or if NumPyro or ArviZ is missing."""
    for name, value, least in (
        ("chains", chains, 1),
        ("samples", samples, 4),
        ("warmup", warmup, 1),
    ):
        if value < least:
            raise ValueError(f"{name} = {value}: expected at least {least}")
    if chains * (samples + warmup) > _MOST_STEPS:
        raise ValueError(
            f"chains x (samples + warmup) = {chains * (samples + warmup)}: expected at most {_MOST_STEPS}"
        )
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed = {seed}: expected an integer from 0 to 2^32 - 1")
    need("nuts")
