"""The calibration of a posterior that is asked for, and how it is computed a data set at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.analysis.coverage_points import around_limits, mass_values, refuse_one_sided
from jaxmed.analysis.identity import identity
from jaxmed.analysis.resumable import Found, OneByOne
from jaxmed.inference.bayes.calibration import Replicas, Study, check_study, replicate
from jaxmed.inference.bayes.posterior import check_posterior
from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.results.calibration import CalibrationResult


@dataclass(frozen=True)
class CalibrationPlan(OneByOne):
    """A checked calibration of a posterior.

    Attributes:
        analysis: what is asked.
        study: what is calibrated.
    """

    analysis: Analysis
    study: Study

    @property
    def number(self) -> int:
        """Of data sets."""
        return self.analysis.replicas

    def identity(self) -> dict[str, Any]:
        """Everything but the sizes that the numbers depend on."""
        study = self.study
        own = {name: getattr(study, name) for name in ("chains", "samples", "warmup", "seed")}
        priors = {name: str(prior) for name, prior in study.priors.items()}
        numpyro = {"numpyro version": version("numpyro")}
        every = numpyro | {"priors": priors, "sampler": own, "replicas": self.number}
        return identity(self.analysis, study.problem) | every

    def computer(self) -> Callable[[slice, Tick], Found]:
        """What computes some data sets; its tick hears of every finished one."""

        def compute(where: slice, tick: Tick) -> Found:
            numbers = np.arange(where.start, where.stop)
            return replicate(self.study, numbers, tick, share=len(numbers))._asdict()

        return compute

    def result(self, found: Found, **own: Any) -> CalibrationResult:
        """The result from what all data sets gave; `own` fields are kept with it."""
        return calibration_result(self.analysis, self.study, Replicas(**found), **own)


def calibration_result(
    analysis: Analysis, study: Study, found: Replicas, **own: Any
) -> CalibrationResult:
    """What was found, with what was asked."""
    about = asked(analysis)
    about["provenance"]["versions"] |= {name: version(name) for name in ("numpyro", "arviz")}
    names = study.problem.names
    by_name = {p.name: p for p in analysis.model.parameters}
    truths = dict(zip(names, found.truths.T, strict=True))
    return CalibrationResult(
        **about,
        priors={name: str(prior) for name, prior in study.priors.items()},
        chains=study.chains,
        samples=study.samples,
        warmup=study.warmup,
        seed=study.seed,
        draws=study.draws,
        truths={
            name: by_name[name].value(x) if name in by_name else x for name, x in truths.items()
        },
        ranks=dict(zip(names, found.ranks.T, strict=True)),
        r_hat=found.r_hat,
        divergences=found.divergences,
        **own,
    )


def plan_calibration(analysis: Analysis) -> CalibrationPlan:
    """The calibration that an analysis asks for.

    Raises:
        ValueError: damaged data, unknown names, constraints or experiments that have no toys, nothing free, numbers
            that no run can have, no limit from which to choose priors, or NumPyro or ArviZ missing.
    """
    check_posterior(analysis.chains, analysis.samples, analysis.warmup, analysis.seed)
    check_toys(analysis.replicas, analysis.seed, analysis.constraints)
    refuse_one_sided(analysis)
    problem = analysis.problem
    if not problem.names:
        raise ValueError(
            f"model '{problem.model.name}' has no free parameter: nothing to calibrate"
        )
    texts = _near_limits(analysis) | analysis.priors
    priors = complete_priors(problem, read_priors(texts, problem.model, problem.floating))
    numbers = analysis.chains, analysis.samples, analysis.warmup, analysis.seed
    study = Study(problem, analysis.data, priors, *numbers)
    check_study(study)
    return CalibrationPlan(analysis, study)


def _near_limits(analysis: Analysis) -> dict[str, str]:
    """Priors of g and the mass where none are given: from no effect to clearly excluded at some mass.

    Over their whole box most truths would be far beyond anything that data of this kind could be taken for.
    """
    free = [n for n in ("g", "mass") if n in analysis.problem.parameters]
    missing = {name for name in free if name not in analysis.priors}
    if "g" not in free or not missing:
        return {}
    masses = mass_values(analysis)
    found = {"mass": (min(masses), max(masses))}
    if "g" in missing:
        lines = [line.couplings for line in around_limits(analysis, masses)]
        found["g"] = (min(map(min, lines)), min(map(max, lines)))
    return {
        name: f"log-uniform:{low:.6g}:{high:.6g}"
        for name, (low, high) in found.items()
        if name in missing and low < high
    }
