"""The spectrum of one experiment for one mediator."""

from typing import Unpack

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.experiments import Experiment
from jaxmed.experiments.spectrum import spectrum as per_bin
from jaxmed.models.choose import couplings
from jaxmed.models.model import Choice
from jaxmed.results.spectra import SpectrumResult


def spectrum(
    experiment: str | Experiment,
    model: Choice = "u1r",
    *,
    g: float,
    mass: float,
    **common: Unpack[Common],
) -> SpectrumResult:
    """Events per bin for one mediator: standard model, what the mediator adds, background, data.

    Args:
        experiment: a name, a folder, or loaded.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        g: coupling g'.
        mass: of the mediator [MeV].
        **common: of it `fixed`, values of the model's other parameters and of nuisances in standard deviations, and
            options of the experiment.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    common["fixed"] = {**(common.get("fixed") or {}), "g": g, "mass": mass}
    return find_spectrum(Analysis.of(experiments=experiment, model=model, **common))


def find_spectrum(analysis: Analysis) -> SpectrumResult:
    """The spectrum of an analysis whose parameters are all fixed; ValueError if one of them is not."""
    if len(analysis.names) != 1:
        raise ValueError(f"experiments = {', '.join(analysis.names)}: expected one")
    (experiment,), values = analysis.data, analysis.point()
    mediator = couplings(analysis.model, **values)
    pulls = {n: v for n, v in analysis.fixed.items() if n not in values}
    found = per_bin(experiment, mediator, pulls)
    label = f"{analysis.model.name}, g' = {values['g']:g}, M_Z' = {values['mass']:g} MeV"
    return SpectrumResult(
        **asked(analysis),
        **found._asdict(),
        experiment=experiment.name,
        title=experiment.title,
        label=label,
    )
