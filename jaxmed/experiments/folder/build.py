"""From the description of a user's experiment to an ordinary Experiment."""

from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np

from jaxmed.constants import M_E
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.folder.detector import Shift
from jaxmed.experiments.folder.fold import Quadrature, all_nodes, probabilities, visible_energy
from jaxmed.experiments.folder.read import Description
from jaxmed.experiments.likelihood.forward import expected
from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA, Nodes
from jaxmed.experiments.model import (
    STRENGTH,
    Axis,
    Channel,
    Component,
    Experiment,
    component,
    stack,
)
from jaxmed.experiments.published.nuclei import form_factor, target
from jaxmed.experiments.published.standard import standard_counts
from jaxmed.flux.spectrum import moments
from jaxmed.theory.couplings import standard_model

_MOST_EVENTS = 1e15


class Templates(NamedTuple):
    """Variants of the signal.

    Attributes:
        shapes: names of the shape nuisances.
        nodes: of each of them.
        factors: on every bin, (n_variants, n_bins).
        shifts: response nuisances of each response.
        folding_of: number of the response of each variant.
    """

    shapes: tuple[str, ...]
    nodes: tuple[Nodes, ...]
    factors: np.ndarray
    shifts: tuple[Shift, ...]
    folding_of: tuple[int, ...]


def build(found: Description) -> Experiment:
    """The experiment that a folder describes.

    Raises:
        ValueError: no neutrino of the flux reaches the bins.
    """
    templates = signal_templates(found)
    channels = _channels(found, templates)
    in_bins = np.sum([standard_counts(channel) for channel in channels], axis=0)
    if not in_bins.sum() > 0:
        raise ValueError(f"{found.folder}: the standard model predicts no event, expected some")
    counts = in_bins + sum(b.events for b in found.backgrounds)
    if not counts.max() < _MOST_EVENTS:
        raise ValueError(
            f"{found.folder}: {counts.max():.3g} events are predicted in one bin, expected fewer than "
            f"{_MOST_EVENTS:.0e}: are exposure, flux and backgrounds in the units that they claim?"
        )
    scales = {STRENGTH: 1.0, **found.signal.errors}
    edges = found.data.edges / _in_unit(found)
    observed, n = found.data.observed, found.data.edges.size - 1
    experiment = Experiment(
        observed=np.zeros(n) if observed is None else observed,
        error=np.ones(n) if found.data.error is None else found.data.error,
        channels=channels,
        widths=np.array(list(scales.values())),
        background=_background(found, in_bins),
        name=found.name,
        title=found.title,
        axes=(Axis("reconstructed energy", found.data.unit, tuple(edges.tolist())),),
        shapes=templates.shapes,
        nodes=templates.nodes,
        scales=tuple(scales),
        gaussian=found.data.error is not None,
        folder=str(found.folder),
    )
    if observed is not None:
        return experiment
    # compiled as one: operation by operation it takes seconds
    asimov = jax.jit(expected)(experiment, standard_model())
    return replace(experiment, observed=np.asarray(asimov), projected=True)


def _in_unit(found: Description) -> float:
    """KeV in the unit of the bins."""
    return {"eV": 1e-3, "keV": 1.0, "MeV": 1e3}[found.data.unit]


def signal_templates(found: Description) -> Templates:
    """The nominal signal and each shape nuisance at its nodes.

    A parameter of the response is folded anew at every node; where a file has curves or factors at +-1 sigma, these are
    the nodes.
    """
    none = np.ones(found.data.edges.size - 1)
    response = found.response
    variants: dict[str, dict[float, tuple[Shift, np.ndarray]]] = {}
    if response.quenching is not None and response.quenching.varies:
        variants[f"{found.name}_quenching"] = {
            z: (Shift(quenching=z), none) for z in response.quenching.nodes
        }
    if response.efficiency.varies:
        variants[f"{found.name}_efficiency"] = {z: (Shift(efficiency=z), none) for z in ONE_SIGMA}
    for name, (up, down) in found.signal.variations.items():
        variants[name] = {-1.0: (Shift(), down), 1.0: (Shift(), up)}
    pairs = [(Shift(), none), *(pair for own in variants.values() for pair in own.values())]
    shifts = tuple(dict.fromkeys(shift for shift, _ in pairs))
    return Templates(
        shapes=tuple(variants),
        nodes=tuple(map(tuple, variants.values())),
        factors=np.stack([factor for _, factor in pairs]),
        shifts=shifts,
        folding_of=tuple(shifts.index(shift) for shift, _ in pairs),
    )


def _channels(found: Description, templates: Templates) -> tuple[Channel, ...]:
    nodes = all_nodes(found, templates.shifts)
    channels = []
    if "nuclei" in nodes:
        channels.append(_nuclear(found, templates, nodes["nuclei"]))
    if "electrons" in nodes:
        channels.append(_electronic(found, templates, nodes["electrons"]))
    return tuple(channels)


def _nuclear(found: Description, templates: Templates, nodes: Quadrature) -> Channel:
    """One channel for each isotope, all on the same recoil energies."""
    nuclei, flux, recoil = found.target.nuclei, found.flux, nodes.recoil
    assert nuclei is not None
    channels = []
    for isotope, per_node in zip(nuclei.isotopes, nodes.per_node, strict=True):
        nucleus = target(isotope, nuclei.options.nucleon_couplings)
        mass, name = float(nucleus.mass), nuclei.options.form_factor
        form_p = form_factor(name, recoil, mass, isotope.radius_p)
        form_n = form_factor(name, recoil, mass, isotope.radius_n)
        channels.append(
            Channel(
                recoil=recoil,
                moments=moments(flux, recoil, mass),
                response=_responses(found, templates, recoil, per_node, isotope.z),
                spread=templates.factors,
                target=nucleus,
                form_p=form_p[None],
                form_n=form_n[None],
                folding_of=templates.folding_of,
            )
        )
    return stack(*channels)


def _electronic(found: Description, templates: Templates, nodes: Quadrature) -> Channel:
    electrons = found.target.electrons
    assert electrons is not None
    return stack(
        Channel(
            recoil=nodes.recoil,
            moments=moments(found.flux, nodes.recoil, M_E),
            response=_responses(found, templates, nodes.recoil, nodes.per_node[0], 0),
            spread=templates.factors,
            target=electron(electrons.couplings),
            form_p=None,
            form_n=None,
            folding_of=templates.folding_of,
        )
    )


def _responses(
    found: Description,
    templates: Templates,
    recoil: np.ndarray,
    per_node: np.ndarray,
    protons: int,
) -> np.ndarray:
    """All responses, (n_responses, n_bins, n), for recoils [MeV]."""
    rows = []
    for shift in templates.shifts:
        energy = visible_energy(found.response, recoil * 1e3, protons, shift)
        rows.append(per_node * probabilities(found.response, found.data.edges, energy, shift))
    return np.stack(rows)


def _background(found: Description, standard: np.ndarray) -> tuple[Component, ...]:
    """The user's backgrounds, and where one holds the standard-model neutrinos, these taken out again."""
    holders = [b.name for b in found.backgrounds if b.contains_standard_model]
    together = " + ".join(holders)
    parts = [
        component(b.events, b.errors, b.variations, together if b.name in holders else b.name)
        for b in found.backgrounds
    ]
    if holders:
        parts.append(component(-standard, found.signal.errors, name=together))
    return tuple(parts)
