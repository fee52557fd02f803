"""The design of an experiment: its exposure, threshold, resolution and backgrounds as factors to differentiate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import SECONDS_PER_DAY
from jaxmed.detector.response import gaussian
from jaxmed.experiments.exposure import tonne_years_in_seconds
from jaxmed.experiments.folder import Description, describe
from jaxmed.experiments.folder.build.channels import Share, fold_signal, shares
from jaxmed.experiments.folder.build.variants import all_variants
from jaxmed.experiments.folder.read.bins import kg_seconds
from jaxmed.experiments.folder.read.response import Curve, Response
from jaxmed.experiments.folder.schema.run import STANDARD_MODEL
from jaxmed.experiments.model import Component, Experiment, Leaf, pytree


class Folding(NamedTuple):
    """All that the responses of one stack of channels are made of.

    Attributes:
        visible: visible energy at every node [keV], (n_channels, n_responses, n); n_channels is 1 where they share it.
        sigma: resolution there [keV], the same shape.
        weight: exposure [kg s], 0 where nothing is seen, the same shape.
        edges: of the bins [keV], (n_bins + 1,).
        knots: energies of the efficiency [keV], (m,).
        efficiency: values there, (n_responses, m).
        sigma_first: resolution at the lower edge of the first bin [keV].
    """

    visible: Leaf
    sigma: Leaf
    weight: Leaf
    edges: Leaf
    knots: Leaf
    efficiency: Leaf
    sigma_first: Leaf


def foldings(found: Description) -> tuple[Folding, ...]:
    """What the response of each stack of channels is made of; none where `why_not` has a reason."""
    if why_not(found):
        return ()
    folded = fold_signal(found, all_variants(found))
    responses, exposure = [each[0] for each in folded.responses], kg_seconds(found.keys.target)
    return tuple(_folding(responses, exposure, stack) for stack in shares(found, folded))


def _folding(responses: list[Response], exposure: float, stack: list[Share]) -> Folding:
    shared = len({one.protons for one in stack}) == 1 and len({one.part for one in stack}) == 1
    resolution, curve = responses[0].width, responses[0].efficiency
    assert resolution is not None and isinstance(curve, Curve)
    visible = np.stack(
        [
            [each.visible(one.recoil * 1e3, one.protons) for each in responses]
            for one in (stack[:1] if shared else stack)
        ]
    )
    weight = np.where(visible >= responses[0].lowest, exposure, 0.0)
    edges = responses[0].edges
    efficiency = np.stack([np.clip(each.efficiency.at(curve.x), 0, 1) for each in responses])
    at_first = float(resolution.sigma(edges[:1])[0])
    return Folding(visible, resolution.sigma(visible), weight, edges, curve.x, efficiency, at_first)


def refold(folding: Folding, threshold: Array, resolution: Array) -> Array:
    """The response of a stack of channels with another threshold and resolution; pure.

    The first bin starts at `threshold` times its lower edge, and the whole efficiency curve moves by as many keV.
    What the file calls lowest_keV stays.

    Args:
        folding: from `foldings`.
        threshold: factor on the lower edge of the first bin, ().
        resolution: factor on sigma at every energy, ().

    Returns:
        (n_channels, n_responses, n_bins, n), `Channel.response`.
    """
    first = jnp.asarray(folding.edges[0])
    edges = jnp.asarray(folding.edges).at[0].multiply(threshold)
    knots = jnp.asarray(folding.knots) + (threshold - 1) * first

    def fold(visible: Array, sigma: Array, weight: Array, values: Array) -> Array:
        return weight[None] * gaussian(edges, visible, resolution * sigma, (knots, values))

    per_response = jax.vmap(fold)
    return jax.vmap(per_response, in_axes=(0, 0, 0, None))(
        jnp.asarray(folding.visible), folding.sigma, folding.weight, folding.efficiency
    )


def wider_first_bin(edges: np.ndarray, threshold: Array) -> Array:
    """Width of the first bin relative to the one in the file, for edges (n + 1,), ()."""
    return (edges[1] - threshold * edges[0]) / (edges[1] - edges[0])


def why_not(found: Description) -> str:
    """Why an experiment has no threshold and resolution to vary; empty if it has."""
    response: Response = found.runs[0].response
    if len(found.runs) > 1:
        return "it has several runs"
    if found.keys.data.unit == STANDARD_MODEL:
        return "the data are a ratio to the standard model"
    if response.matrix is not None:
        return "the response is a matrix"
    if response.light is not None:
        return "photoelectrons fluctuate by their number"
    if response.width is None:
        return "the resolution is perfect: the edge of a bin cuts the spectrum sharply"
    if response.width.truncated or response.before or not isinstance(response.efficiency, Curve):
        return "the efficiency acts before the smearing, or this is truncated"
    return ""


EXPOSURE, THRESHOLD, RESOLUTION, ERROR = "exposure", "threshold", "resolution", "error"
BACKGROUND, SYSTEMATIC = "background", "systematic"
Scales = Mapping[str, Array | float]
"""Factors by name of the knob, 1 for those left out."""


class Knob(NamedTuple):
    """One property of an experiment.

    Attributes:
        name: such as 'exposure', 'background flat' or 'systematic sns_flux'.
        kind: the first word of it.
        of: the background or nuisance; empty otherwise.
        now: its present value in words.
    """

    name: str
    kind: str
    of: str
    now: str

    @property
    def better(self) -> int:
        """+1 if more of it is better, else -1."""
        return 1 if self.kind == EXPOSURE else -1


@pytree("knobs", "missing")
@dataclass(frozen=True)
class Design:
    """An experiment and what can be changed about it.

    Attributes:
        experiment: as it is.
        foldings: of each stack of channels; empty where threshold and resolution cannot change.
        knobs: what can.
        missing: (name, reason) of what cannot.
    """

    experiment: Experiment
    foldings: tuple[Folding, ...]
    knobs: tuple[Knob, ...]
    missing: tuple[tuple[str, str], ...]


def make_design(experiment: Experiment) -> Design:
    """What can be changed about an experiment.

    Threshold and resolution are those of a folder's own [response]. Exposure needs a Poisson likelihood: a Gaussian
    one does not say which part of its errors is statistical, and has a common factor on them instead.

    Raises:
        ValueError: the folder that the experiment came from has changed beyond reading.
    """
    knobs, missing = [], []
    found = describe(Path(experiment.folder), dict(experiment.options))
    folds, reason = foldings(found), why_not(found)
    exposure = _exposure(found)
    if experiment.gaussian:
        missing.append((EXPOSURE, "Gaussian errors do not say which part of them is statistical"))
        knobs.append(Knob(ERROR, ERROR, "", "all bins"))
    else:
        knobs.append(Knob(EXPOSURE, EXPOSURE, "", exposure))
    if folds:
        knobs += _response_knobs(experiment, folds[0])
    else:
        missing += [(THRESHOLD, reason), (RESOLUTION, reason)]
    knobs += [*_backgrounds(experiment), *_systematics(experiment)]
    return Design(experiment, folds, tuple(knobs), tuple(missing))


def changed(design: Design, scales: Scales) -> Experiment:
    """The experiment with other exposure, threshold, resolution, errors and backgrounds; pure.

    The exposure multiplies the signal and every background, which all grow with time; fractional errors stay.
    A lower threshold widens the first bin, and every background in it grows in proportion: its density is taken
    as flat across that bin. The resolution smears the signal alone. A background that holds the standard model's
    neutrinos is scaled without them.

    Args:
        design: from `make_design`.
        scales: factor on each knob by name; those of systematics belong to the pulls, see `pull_widths`.
    """
    experiment = design.experiment
    exposure, threshold, resolution, error = (
        jnp.asarray(scales.get(name, 1.0)) for name in (EXPOSURE, THRESHOLD, RESOLUTION, ERROR)
    )
    channels, widened = experiment.channels, jnp.ones(experiment.n_bins)
    if design.foldings:
        folded = [refold(folding, threshold, resolution) for folding in design.foldings]
        channels = tuple(
            replace(c, response=response) for c, response in zip(channels, folded, strict=True)
        )
        widened = widened.at[0].set(wider_first_bin(design.foldings[0].edges, threshold))
    channels = tuple(replace(c, response=exposure * c.response) for c in channels)

    def scaled(part: Component) -> Component:
        factor = exposure * scales.get(f"{BACKGROUND} {part.name}", 1.0) * widened
        return replace(part, variants=part.variants * factor[None])

    background = tuple(scaled(part) for part in experiment.background)
    return replace(
        experiment, channels=channels, background=background, error=error * experiment.error
    )


def pull_widths(names: tuple[str, ...], scales: Scales) -> Array:
    """Widths of the Gaussian pulls of nuisances, in units of what they are now, (n,)."""
    widths = [jnp.asarray(scales.get(f"{SYSTEMATIC} {name}", 1.0)) for name in names]
    return jnp.stack(widths) if widths else jnp.zeros(0)


def _exposure(found: Description) -> str:
    """In the unit that makes a readable number; the mass where the flux counts a whole exposure."""
    if found.keys.target is None or found.keys.target.exposure is None:
        return f"{found.exposure:.6g} kg"
    tonne_years = found.exposure / tonne_years_in_seconds(1.0)
    if tonne_years >= 1:
        return f"{tonne_years:.6g} tonne year"
    return f"{found.exposure / SECONDS_PER_DAY:.6g} kg day"


def _response_knobs(experiment: Experiment, folding: Folding) -> list[Knob]:
    first, unit = experiment.axes[0].edges[0], experiment.axes[0].unit
    return [
        Knob(THRESHOLD, THRESHOLD, "", f"{first:g} {unit}"),
        Knob(RESOLUTION, RESOLUTION, "", f"{folding.sigma_first:.3g} keV at the threshold"),
    ]


def _backgrounds(experiment: Experiment) -> list[Knob]:
    """One knob for each background; what is there only together is one."""
    totals: dict[str, float] = {}
    for part in (part for part in experiment.background if not part.floating):
        totals[part.name] = totals.get(part.name, 0.0) + float(part.nominal.sum())
    return [
        Knob(f"{BACKGROUND} {name}", BACKGROUND, name, f"{events:.6g} events")
        for name, events in totals.items()
    ]


def _systematics(experiment: Experiment) -> list[Knob]:
    floating = {each.name for each in experiment.floating}
    pairs = [(experiment.scales, experiment.widths)]
    pairs += [(part.scales, part.widths) for part in experiment.background]
    widths = {
        name: float(width) for names, all_ in pairs for name, width in zip(names, all_, strict=True)
    }
    return [
        Knob(
            f"{SYSTEMATIC} {name}",
            SYSTEMATIC,
            name,
            f"{100 * widths[name]:.3g} %" if name in widths else "its templates",
        )
        for name in experiment.nuisances
        if name not in floating
    ]
