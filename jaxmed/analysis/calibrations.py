"""How far limits and posteriors can be trusted."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from jaxmed.analysis.analysis import Analysis, Axis, Common
from jaxmed.analysis.calibration_plan import plan_calibration
from jaxmed.analysis.coverage_plan import plan_coverage
from jaxmed.analysis.progress import running
from jaxmed.analysis.resumable import find
from jaxmed.experiments import Experiment
from jaxmed.models.model import Choice
from jaxmed.results.calibration import CalibrationResult
from jaxmed.results.coverage import CoverageResult


def calibrate(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    cl: float = 0.90,
    number: int = 2000,
    seed: int = 1,
    regions: bool = False,
    progress: bool = False,
    g: Axis | None = None,
    mass: Axis | None = None,
    **common: Unpack[Common],
) -> CoverageResult:
    """Coverage over the plane of g and mass: where asymptotic limits can be trusted, and where it takes toys.

    Args:
        experiments: one or several, names or loaded.
        model: a preset name or whatever else makes a model (`get_model`), with one or two free parameters.
        cl: confidence level, between 0 and 1.
        number: of toys at each point, tested, and as many for its critical value; none where all counts are so few that
            they are summed over.
        seed: of the toys: those of point i are numbers from 2 i `number` on in its stream.
        regions: whether sets are regions of g and mass, as contours are, and not limits on g at each mass.
        progress: show a bar.
        g: couplings at each mass: by default nine around the limit to expect there. The standard model comes with them.
        mass: masses of the mediator [MeV]: by default ten from 1e-3 to 1e3.
        **common: what is fixed and free, options of the experiments, and the box (`Common`); constraints are refused.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    axes = {name: values for name, values in (("g", g), ("mass", mass)) if values is not None}
    given = {"cl": cl, "toys": number, "seed": seed, "regions": regions, "scan": axes}
    analysis = Analysis.of(experiments=experiments, model=model, **given, **common)
    with running(analysis, f"Coverage of {analysis.name}", progress) as tick:
        return find(plan_coverage(analysis), tick)


def calibrate_posterior(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    priors: Mapping[str, str] | None = None,
    replicas: int = 100,
    chains: int = 4,
    samples: int = 1000,
    warmup: int = 1000,
    seed: int = 1,
    progress: bool = False,
    **common: Unpack[Common],
) -> CalibrationResult:
    """Simulation-based calibration of the posterior: whether its intervals hold what they promise.

    Source: Talts et al., arXiv:1804.06788. Truths are drawn from the priors, data from them, and the rank of each truth
    among draws from the posterior of its data is uniform if the posterior is right.

    Args:
        experiments: one or several, names or loaded.
        model: a preset name or whatever else makes a model (`get_model`).
        priors: by name of the parameter, as text (`read_priors`). Without one, g and mass have one around the limit to
            expect: over their whole box most data would be like none that were ever taken.
        replicas: data sets.
        chains: of each posterior.
        samples: kept from each chain.
        warmup: steps that adapt the sampler before.
        seed: the same one gives the same ranks on the same machine.
        progress: show a bar.
        **common: what is fixed and free, options of the experiments, and the box (`Common`); constraints are refused.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    given = {"priors": priors, "chains": chains, "samples": samples, "warmup": warmup}
    asked = {"experiments": experiments, "model": model, "replicas": replicas, "seed": seed}
    analysis = Analysis.of(**asked, **given, **common)
    with running(analysis, f"Calibration of {analysis.name}", progress) as tick:
        return find(plan_calibration(analysis), tick)
