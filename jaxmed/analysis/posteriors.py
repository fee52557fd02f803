"""Posteriors of every fit of an analysis, with the confidence regions beside them."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Unpack

import numpy as np

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.analysis.contours import contours_result
from jaxmed.analysis.progress import Share, part, running
from jaxmed.experiments import Experiment
from jaxmed.inference.bayes.posterior import check_posterior
from jaxmed.inference.bayes.posterior import posterior as sample
from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.bayes.samples import Posterior
from jaxmed.inference.regions.contours import contours
from jaxmed.inference.regions.grid_scan import scan_problem
from jaxmed.models.model import Choice
from jaxmed.results.contours import ContoursResult
from jaxmed.results.credible import Region, credible
from jaxmed.results.posteriors import (
    CredibleRegion,
    Outlined,
    ParameterSummary,
    PosteriorResult,
    ProfileCurve,
    Ring,
    Sampler,
)
from jaxmed.results.regions import Regions

LEVELS = (0.6827, 0.90)
"""Of credible regions, and of the confidence regions beside them."""
_CURVE_POINTS = 201
_STEPS_PER_DECADE = 4


def posterior(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    priors: Mapping[str, str] | None = None,
    chains: int = 4,
    samples: int = 1000,
    warmup: int = 1000,
    seed: int = 1,
    progress: bool = False,
    **common: Unpack[Common],
) -> PosteriorResult:
    """Posterior of g', M_Z' and every nuisance by NUTS, credible beside confidence regions.

    Args:
        experiments: one or several, names or loaded; nuisances of the same name are shared.
        model: a preset name or whatever else makes a model (`get_model`).
        priors: by name of the parameter, as text (`read_priors`), such as {"g": "log-uniform:1e-8:1e-4"}; what is not
            named is flat in the fit's coordinate over its box.
        chains: run at once.
        samples: kept from each chain.
        warmup: steps that adapt the sampler before.
        seed: the same one gives the same samples on the same machine.
        progress: show a bar.
        **common: what is fixed, free and constrained, options of the experiments, and the box (`Common`).

    Returns:
        PosteriorResult; look at its `warnings` before using it.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    given = {"priors": priors, "chains": chains, "samples": samples, "warmup": warmup}
    analysis = Analysis.of(experiments=experiments, model=model, seed=seed, **given, **common)
    check_sampling(analysis)
    with running(analysis, f"Sampling {analysis.name}", progress) as tick:
        return find_posterior(analysis, tick)


def check_sampling(analysis: Analysis) -> None:
    """ValueError for what can be refused before any work."""
    check_posterior(analysis.chains, analysis.samples, analysis.warmup, analysis.seed)
    problem = analysis.problem
    complete_priors(problem, read_priors(analysis.priors, problem.model, problem.floating))


def find_posterior(analysis: Analysis, tick: Share) -> PosteriorResult:
    """The posterior of a checked analysis."""
    found = sample(
        analysis.data,
        analysis.narrowed,
        priors=analysis.priors,
        chains=analysis.chains,
        samples=analysis.samples,
        warmup=analysis.warmup,
        seed=analysis.seed,
        tick=part(tick, 0.8),
        **analysis.settings,
    )
    plane = found.parameters == ("g", "mass")
    confidence = _confidence(analysis, found) if plane else None
    profile = _profile(analysis, found) if len(found.parameters) == 1 else None
    tick(0.2)
    return posterior_result(analysis, found, confidence, profile)


def posterior_result(
    analysis: Analysis,
    found: Posterior,
    confidence: Regions | None = None,
    profile: ProfileCurve | None = None,
) -> PosteriorResult:
    """What was found as a result."""
    about = asked(analysis)
    about["provenance"]["versions"] |= {name: version(name) for name in ("numpyro", "arviz")}
    chains, samples = found.diverging.shape
    summaries = {n: ParameterSummary(**s._asdict()) for n, s in found.summaries.items()}
    logs = {p.name for p in analysis.model.parameters if p.log}
    plane = found.parameters == ("g", "mass")
    return PosteriorResult(
        **about,
        priors={name: str(prior) for name, prior in found.priors.items()},
        log10=[name for name in found.parameters if name in logs],
        sampler=Sampler(
            chains=chains,
            samples=samples,
            warmup=found.warmup,
            seed=found.seed,
            divergences=found.divergences,
            steps=float(found.steps.mean()),
            acceptance=float(found.acceptance.mean()),
        ),
        parameters={name: summaries[name] for name in found.parameters},
        nuisances={n: s for n, s in summaries.items() if n not in found.parameters},
        warnings=found.warnings,
        credible=[_region(each) for each in credible_plane(found, LEVELS)] if plane else None,
        confidence=confidence,
        profile=profile,
        samples=found.samples,
        statistics={
            "diverging": found.diverging,
            "n_steps": found.steps,
            "acceptance_rate": found.acceptance,
            "energy": found.energy,
        },
        observed={e.name: np.asarray(e.observed) for e in found.experiments},
    )


def credible_plane(found: Posterior, probabilities: tuple[float, ...]) -> tuple[Region, ...]:
    """Credible regions, densest per decade of g and of mass, in log10 g and log10 mass [MeV]."""
    samples = np.stack([np.log10(found.samples[name]).ravel() for name in ("g", "mass")], axis=1)
    return credible(samples, found.density, probabilities)


def _region(region: Region) -> CredibleRegion:
    return CredibleRegion(
        probability=region.probability,
        lines=[
            Outlined(closed=bool(np.all(line[0] == line[-1])), **_vertices(line))
            for line in region.lines
        ],
        rings=[Ring(**_vertices(ring)) for ring in region.rings],
    )


def _vertices(line: np.ndarray) -> dict[str, np.ndarray]:
    return {"mass_mev": 10 ** line[:, 1], "g": 10 ** line[:, 0]}


def _confidence(analysis: Analysis, found: Posterior) -> Regions:
    """Edges of the confidence regions, between the edges of the priors."""
    plane = {}
    for name in ("g", "mass"):
        prior = found.priors[name]
        low, high = prior.box
        number = max(round((high - low) * _STEPS_PER_DECADE), 4) + 1
        plane[name] = np.clip(np.geomspace(prior.low, prior.high, number), prior.low, prior.high)
    regions = contours(analysis.data, analysis.narrowed, cl=LEVELS, **plane, **analysis.settings)
    return confidence_of(contours_result(analysis, regions))


def confidence_of(whole: ContoursResult) -> Regions:
    """The part of contours that is kept beside a posterior."""
    return Regions(**{name: getattr(whole, name) for name in Regions.model_fields})


def _profile(analysis: Analysis, found: Posterior) -> ProfileCurve:
    """Profile likelihood along the only model parameter."""
    (name,) = found.parameters
    axis = np.linspace(*found.priors[name].box, _CURVE_POINTS)
    surface = scan_problem(analysis.problem, analysis.data, {name: axis}).surface
    return ProfileCurve(name=name, values=surface.axes[name], nll=surface.nll)
