"""From the description of a user's experiment to an ordinary Experiment."""

from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np

from jaxmed.constants import M_E
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.folder.detector import Shift
from jaxmed.experiments.folder.fold import probabilities, visible_energy
from jaxmed.experiments.folder.nodes import Nodes, all_nodes
from jaxmed.experiments.folder.read import Description
from jaxmed.experiments.forward import expected
from jaxmed.experiments.model import (
    STRENGTH,
    Axis,
    Channel,
    Component,
    Experiment,
    component,
    stack,
)
from jaxmed.experiments.nuclei import form_factor, target
from jaxmed.experiments.standard import standard_counts
from jaxmed.flux.spectrum import moments
from jaxmed.theory.couplings import standard_model

_MOST_EVENTS = 1e15


class Template(NamedTuple):
    """One template of the signal: response nuisances, and a factor on every bin, (n_bins,)."""

    shift: Shift
    factor: np.ndarray


def build(found: Description) -> Experiment:
    """The experiment that a folder describes.

    Raises:
        ValueError: no neutrino of the flux reaches the bins.
    """
    shapes, templates = signal_templates(found)
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
        shapes=shapes,
        scales=tuple(scales),
        gaussian=found.data.error is not None,
        citations=found.neutrinos.citations,
        tables=found.neutrinos.tables,
        folder=str(found.folder),
    )
    if observed is not None:
        return experiment
    # compiled as one: operation by operation it takes seconds
    asimov = jax.jit(expected)(experiment, standard_model())
    return replace(experiment, observed=np.asarray(asimov))


def _in_unit(found: Description) -> float:
    """KeV in the unit of the bins."""
    return {"eV": 1e-3, "keV": 1.0, "MeV": 1e3}[found.data.unit]


def signal_templates(found: Description) -> tuple[tuple[str, ...], list[Template]]:
    """Names of the shape nuisances, and the nominal template followed by +1 and -1 sigma of each."""
    none = np.ones(found.data.edges.size - 1)
    response = found.response
    pairs: dict[str, tuple[Template, Template]] = {}
    if response.quenching is not None and response.quenching.varies:
        pairs[f"{found.name}_quenching"] = (
            Template(Shift(quenching=1.0), none),
            Template(Shift(quenching=-1.0), none),
        )
    if response.efficiency.varies:
        pairs[f"{found.name}_efficiency"] = (
            Template(Shift(efficiency=1.0), none),
            Template(Shift(efficiency=-1.0), none),
        )
    for name, (up, down) in found.signal.variations.items():
        pairs[name] = Template(Shift(), up), Template(Shift(), down)
    varied = [template for pair in pairs.values() for template in pair]
    return tuple(pairs), [Template(Shift(), none), *varied]


def _channels(found: Description, templates: list[Template]) -> tuple[Channel, ...]:
    nodes = all_nodes(found, [template.shift for template in templates])
    channels = []
    if "nuclei" in nodes:
        channels.append(_nuclear(found, templates, nodes["nuclei"]))
    if "electrons" in nodes:
        channels.append(_electronic(found, templates, nodes["electrons"]))
    return tuple(channels)


def _nuclear(found: Description, templates: list[Template], nodes: Nodes) -> Channel:
    """One channel for each isotope, all on the same recoil energies."""
    nuclei, flux, recoil = found.target.nuclei, found.neutrinos.flux, nodes.recoil
    assert nuclei is not None
    channels = []
    for isotope, per_node in zip(nuclei.isotopes, nodes.per_node, strict=True):
        nucleus = target(isotope, nuclei.options.nucleon_couplings)
        mass, name = float(nucleus.mass), nuclei.options.form_factor
        form_p = form_factor(name, recoil, mass, isotope.radius_p)
        form_n = form_factor(name, recoil, mass, isotope.radius_n)
        variants = (len(templates), 1)
        channels.append(
            Channel(
                recoil=recoil,
                moments=moments(flux, recoil, mass),
                response=_responses(found, templates, recoil, per_node, isotope.z),
                spread=np.stack([template.factor for template in templates]),
                target=nucleus,
                form_p=np.tile(form_p, variants),
                form_n=np.tile(form_n, variants),
            )
        )
    return stack(*channels)


def _electronic(found: Description, templates: list[Template], nodes: Nodes) -> Channel:
    electrons = found.target.electrons
    assert electrons is not None
    return stack(
        Channel(
            recoil=nodes.recoil,
            moments=moments(found.neutrinos.flux, nodes.recoil, M_E),
            response=_responses(found, templates, nodes.recoil, nodes.per_node[0], 0),
            spread=np.stack([template.factor for template in templates]),
            target=electron(electrons.couplings),
            form_p=None,
            form_n=None,
        )
    )


def _responses(
    found: Description,
    templates: list[Template],
    recoil: np.ndarray,
    per_node: np.ndarray,
    protons: int,
) -> np.ndarray:
    """Response of every template, (n_templates, n_bins, n), for recoils [MeV]."""
    by_shift = {}
    for shift in {template.shift for template in templates}:
        energy = visible_energy(found.response, recoil * 1e3, protons, shift)
        by_shift[shift] = per_node * probabilities(found.response, found.data.edges, energy, shift)
    return np.stack([by_shift[template.shift] for template in templates])


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
