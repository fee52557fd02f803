"""The channels of an experiment: which neutrinos scatter on what, and into which bins."""

from dataclasses import dataclass

import numpy as np

from jaxmed.constants import M_E
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.folder.build.fold import quadrature
from jaxmed.experiments.folder.build.variants import Variant, scale_errors
from jaxmed.experiments.folder.read.bins import kg_seconds
from jaxmed.experiments.folder.read.describe import Description, ReadRun
from jaxmed.experiments.folder.read.detector import read_response, response_key
from jaxmed.experiments.folder.read.neutrinos import ALL, together
from jaxmed.experiments.folder.read.response import Response
from jaxmed.experiments.folder.read.source import MAIN
from jaxmed.experiments.folder.read.target import Electrons, Nuclei, read_nuclei
from jaxmed.experiments.model import Channel, stack
from jaxmed.experiments.nuclei import form_factor, target
from jaxmed.flux.spectrum import Flux, moments


@dataclass(frozen=True)
class Folded:
    """All settings of the nuisances of the signal, and what is to be computed anew in each.

    Attributes:
        variants: the nominal one, then each shape of the signal at its nodes.
        responses: response of every run, in all ways that there are, the nominal ones first.
        radii: nuclei in all ways that there are, the nominal ones first; empty without nuclei.
        folding_of: of each variant, as in `Channel`.
        parts: of the flux, told apart where they arrive or err differently.
    """

    variants: tuple[Variant, ...]
    responses: tuple[tuple[Response, ...], ...]
    radii: tuple[Nuclei, ...]
    folding_of: tuple[int, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """Of what one channel is: an isotope, or the electrons, in one part of the flux.

    Attributes:
        kind: 'nuclei' or 'electrons'.
        group: numbers of the runs whose bins it fills.
        part: of the flux.
        isotope: its number, 0 for electrons.
        protons: of it, 0 for electrons.
        recoil: quadrature nodes [MeV], (n,).
        per_node: targets per kilogram times quadrature weight [MeV/kg], (n,).
    """

    kind: str
    group: tuple[int, ...]
    part: str
    isotope: int
    protons: int
    recoil: np.ndarray
    per_node: np.ndarray


def shares(found: Description, folded: Folded) -> list[list[Share]]:
    """One list for each stack of channels: of the isotopes of an element, which share their response, or of all."""
    stacks = []
    for kind, first in found.runs[0].targets.items():
        fluxes = [flux for run in found.runs for flux in run.fluxes.values()]
        every = [response for each in folded.responses for response in each]
        nodes = quadrature(first, fluxes, every, len(found.runs))
        own: dict[object, list[Share]] = {}
        for group in _groups(found):
            for part in folded.parts:
                for i, (z, number) in enumerate(_targets(found.runs[group[0]], kind, nodes.recoil)):
                    one = Share(kind, group, part, i, z, nodes.recoil, number * nodes.weights)
                    own.setdefault((group, part, z), []).append(one)
        alone = all(len(each) == 1 for each in own.values())
        stacks += [[one for each in own.values() for one in each]] if alone else own.values()
    return stacks


def all_channels(
    found: Description, folded: Folded, spread: dict[str, np.ndarray]
) -> tuple[Channel, ...]:
    """Nuclei and electrons, each for every part of the flux; only the nominal variant where `spread` has but that."""
    n = None if len(next(iter(spread.values()))) > 1 else 1
    known: dict[object, np.ndarray] = {}

    def response(one: Share) -> np.ndarray:
        key = (one.kind, one.group, one.protons)
        if key not in known:
            known[key] = _response(found, folded, one)[:n]
        return known[key]

    return tuple(
        stack(*(_channel(found, folded, one, response(one), spread[one.part]) for one in each))
        for each in shares(found, folded)
    )


def fold_signal(found: Description, variants: list[Variant]) -> Folded:
    """Which responses, form factors and shares each nuisance of the signal needs."""
    nominal = variants[0]
    responses: dict[object, tuple[Response, ...]] = {}
    radii: dict[object, Nuclei] = {}
    kept, folding = [], []
    for variant in variants:
        response = tuple(response_key(view) for view in variant.views)
        on = variant.views[0].keys.target
        radius = variant.views[0].key(on and on.nuclei)
        moved = response not in responses, bool(radii) and radius not in radii
        if all(moved):
            raise ValueError(
                f"{found.folder / MAIN}: nuisances.{variant.name}: it moves the response and the neutron radii, "
                "expected one of the two"
            )
        elsewhere = variant is nominal or _elsewhere_key(variant) != _elsewhere_key(nominal)
        if not (elsewhere or response != next(iter(responses)) or radius != next(iter(radii))):
            continue
        if moved[0]:
            responses[response] = tuple(
                read_response(view, run.bins)
                for run, view in zip(found.runs, variant.views, strict=True)
            )
        if "nuclei" in found.runs[0].targets:
            radii.setdefault(radius, read_nuclei(variant.views[0]))
        else:
            radii.setdefault(radius, Nuclei((), np.zeros(0)))
        kept.append(variant)
        folding.append((list(responses).index(response), list(radii).index(radius)))
    n = len(responses)
    return Folded(
        variants=tuple(kept),
        responses=tuple(responses.values()),
        radii=tuple(radii.values()),
        folding_of=tuple(n - 1 + radius if radius else response for response, radius in folding),
        parts=_parts(found),
    )


def _elsewhere_key(variant: Variant) -> object:
    """Of all that moves the signal but the response and the radii."""
    moved = tuple(view.key(view.keys.flux, view.keys.signal) for view in variant.views)
    return moved, variant.factors


def _parts(found: Description) -> tuple[str, ...]:
    """Parts of the flux that are told apart."""
    run = found.runs[0]
    in_time = (
        any(axis.unit == "us" for axis in run.bins.axes) and run.view.keys.signal.template is None
    )
    return tuple(run.fluxes) if in_time or scale_errors(found)[1] else (ALL,)


def _flux(run: ReadRun, part: str) -> Flux:
    return together(run.fluxes) if part == ALL else run.fluxes[part]


def _groups(found: Description) -> list[tuple[int, ...]]:
    """Runs that see the same neutrinos with the same target: their bins are folded together."""
    groups: dict[object, list[int]] = {}
    for i, run in enumerate(found.runs):
        on = run.view.keys.target
        assert on is not None
        content = on.model_copy(update={"exposure": None, "mass_kg": None})
        groups.setdefault(run.view.key(content, run.view.keys.flux), []).append(i)
    return [tuple(group) for group in groups.values()]


def _targets(run: ReadRun, kind: str, recoil: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Protons of each isotope, 0 for electrons, and targets per kilogram for recoils [MeV] (n,)."""
    own = run.targets[kind]
    if isinstance(own, Electrons):
        return [(0, own.freed(recoil * 1e3))]
    pairs = zip(own.isotopes, own.per_kg, strict=True)
    return [(isotope.z, np.full(recoil.size, number)) for isotope, number in pairs]


def _channel(
    found: Description, folded: Folded, one: Share, response: np.ndarray, spread: np.ndarray
) -> Channel:
    run, recoil = found.runs[one.group[0]], one.recoil
    keys, folding_of = run.view.keys.target, folded.folding_of[: len(spread)]
    assert keys is not None
    flux = _flux(run, one.part)
    if one.kind == "electrons":
        assert keys.electrons is not None
        return Channel(
            recoil=recoil,
            moments=moments(flux, recoil, M_E),
            per_node=one.per_node,
            response=response,
            spread=spread,
            target=electron(keys.electrons.electron_couplings),
            form_p=None,
            form_n=None,
            folding_of=tuple(i if i < len(folded.responses) else 0 for i in folding_of),
        )
    assert keys.nuclei is not None
    ways = [way.isotopes[one.isotope] for way in folded.radii]
    ways = ways if len(spread) > 1 else ways[:1]
    nucleus = target(ways[0], keys.nuclei.nucleon_couplings)
    mass, name = float(nucleus.mass), keys.nuclei.form_factor
    return Channel(
        recoil=recoil,
        moments=moments(flux, recoil, mass),
        per_node=one.per_node,
        response=response,
        spread=spread,
        target=nucleus,
        form_p=np.stack([form_factor(name, recoil, mass, way.radius_p) for way in ways]),
        form_n=np.stack([form_factor(name, recoil, mass, way.radius_n) for way in ways]),
        folding_of=folding_of,
    )


def _response(found: Description, folded: Folded, one: Share) -> np.ndarray:
    """All responses of a channel, zero in the bins of other runs, (n_responses, n_recoil_bins, n)."""
    n_first, n_runs = found.runs[0].bins.axes[0].size, len(found.runs)
    rows = np.zeros((len(folded.responses), n_first, n_runs, one.recoil.size))
    for row, responses in zip(rows, folded.responses, strict=True):
        for i in one.group:
            exposure = kg_seconds(found.runs[i].view.keys.target)
            row[:, i] = exposure * responses[i].probabilities(one.recoil * 1e3, one.protons)
    return rows.reshape(len(rows), n_first * n_runs, -1)
