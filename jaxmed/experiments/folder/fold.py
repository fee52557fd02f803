"""The response of a user's detector at given recoil energies, and the recoil energies that matter."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from jaxmed.constants import M_E
from jaxmed.detector.response import electrons_above, gaussian, sharp
from jaxmed.experiments.folder.detector import Response, Shift
from jaxmed.experiments.folder.read import Description
from jaxmed.experiments.published.exposure import recoil_nodes
from jaxmed.experiments.published.nuclei import nuclear_mass
from jaxmed.flux.spectrum import thresholds

_SIGMAS = 8.0  # a bin sees nothing from further away
_AROUND = (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)  # break points at a bin's edge, in sigma
_FINEST = 1e-9  # [MeV]: the smallest recoil considered
_GRID = 4001


class Window(NamedTuple):
    """Ends of the recoil energies that reach a bin, and break points of the quadrature [MeV]."""

    ends: tuple[float, float]
    breaks: np.ndarray


def visible_energy(
    response: Response, recoil: np.ndarray, protons: int, shift: Shift
) -> np.ndarray:
    """Visible energy [keV] of recoils [keV] (n,) of a nucleus, or of an electron for no protons."""
    if response.quenching is None or protons == 0:
        return recoil
    return response.quenching.visible(recoil, protons, shift.quenching)


def probabilities(
    response: Response, edges: np.ndarray, visible: np.ndarray, shift: Shift
) -> np.ndarray:
    """Probability of every bin with `edges` [keV], (n_bins, n), for visible energies [keV] (n,)."""
    if response.matrix is not None:
        recoil, table = response.matrix
        return np.stack([np.interp(visible, recoil, row, left=0.0, right=0.0) for row in table])
    knots, values = response.efficiency.x, np.clip(response.efficiency.at(shift.efficiency), 0, 1)
    if response.resolution is None:
        found = sharp(edges, visible) * np.interp(visible, knots, values)
    else:
        found = gaussian(edges, visible, response.resolution.sigma(visible), (knots, values))
    return np.where(visible >= response.lowest, found, 0.0)


def check_reach(found: Description) -> None:
    """ValueError if no recoil that the flux gives to a nucleus or an electron reaches a bin."""
    for steps, protons in kinematics(found).values():
        recoil_window(found, [Shift()], steps, protons)


def kinematics(found: Description) -> dict[str, tuple[np.ndarray, tuple[int, ...]]]:
    """Steps of the recoil spectrum [MeV] and protons of the nuclei, 0 for electrons, by kind of target."""
    kinds: dict[str, tuple[np.ndarray, tuple[int, ...]]] = {}
    flux, target = found.flux, found.target
    if target.nuclei is not None:
        isotopes = target.nuclei.isotopes
        ends = np.concatenate([thresholds(flux, nuclear_mass(isotope)) for isotope in isotopes])
        kinds["nuclei"] = ends, tuple(isotope.z for isotope in isotopes)
    if target.electrons is not None:
        steps = np.append(thresholds(flux, M_E), target.electrons.binding * 1e-3)
        kinds["electrons"] = steps, (0,)
    return kinds


def recoil_window(
    found: Description, shifts: Iterable[Shift], steps: np.ndarray, protons: tuple[int, ...]
) -> Window:
    """Recoil energies that reach the bins.

    Args:
        found: the experiment.
        shifts: nuisances of the response.
        steps: where the spectrum has steps [MeV], the largest of them its end.
        protons: of the nuclei that scatter, 0 for electrons.

    Raises:
        ValueError: none does.
    """
    response, edges = found.response, found.data.edges
    grid = np.geomspace(_FINEST, steps.max(), _GRID)
    reached, breaks = np.zeros(_GRID, dtype=bool), [steps]
    for shift in set(shifts):
        for z in set(protons):
            visible = visible_energy(response, grid * 1e3, z, shift)
            reached |= _reaches(response, edges, visible)
            rising = np.maximum.accumulate(visible)
            breaks.append(np.interp(_marks(response, edges), rising, grid))
    if not np.any(reached):
        highest = visible_energy(response, grid[-1:] * 1e3, protons[0], Shift())[0]
        raise ValueError(_beyond(found, highest))
    first, last = np.flatnonzero(reached)[[0, -1]]
    ends = float(grid[max(first - 1, 0)]), float(grid[min(last + 1, _GRID - 1)])
    return Window(ends, np.unique(np.concatenate(breaks)))


def _beyond(found: Description, highest: float) -> str:
    """The sentence for a response that no recoil reaches."""
    matrix, edges = found.response.matrix, found.data.edges
    what, ends = ("the bins", edges) if matrix is None else ("the matrix's recoils", matrix[0])
    path = found.data.table.path if matrix is None else found.folder
    return (
        f"{path}: {what}, {ends[0]:g} to {ends[-1]:g} keV, lie beyond every recoil, which end at {highest:.4g} keV of "
        "visible energy: expected the units in the columns' names, also of a flux, to be those of the numbers"
    )


def _reaches(response: Response, edges: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Whether a visible energy can land in a bin, (n,)."""
    if response.matrix is not None:
        return (visible >= response.matrix[0][0]) & (visible <= response.matrix[0][-1])
    width = 0.0
    if response.resolution is not None:
        width = _SIGMAS * response.resolution.sigma(visible)
    near = (visible + width >= edges[0]) & (visible - width <= edges[-1])
    return near & (visible >= response.lowest)


def _marks(response: Response, edges: np.ndarray) -> np.ndarray:
    """Visible energies [keV] where the response bends: bin edges and what smears them, knots of the efficiency."""
    if response.matrix is not None:
        return response.matrix[0]
    knots = response.efficiency.x
    inside = knots[(knots > edges[0]) & (knots < edges[-1])]
    marks = np.concatenate([edges, inside, [response.lowest]])
    if response.resolution is None:
        return marks
    sigma = response.resolution.sigma(edges)
    smeared = edges + sigma * np.array(_AROUND)[:, None]
    return np.concatenate([marks, smeared[smeared > 0]])


_PANELS = 24


class Quadrature(NamedTuple):
    """Quadrature of one kind of target.

    Attributes:
        recoil: T [MeV], (n,), the same for all isotopes.
        per_node: targets x exposure x weight [s MeV], (n_isotopes, n); one row for electrons.
        protons: of each isotope, 0 for electrons.
    """

    recoil: np.ndarray
    per_node: np.ndarray
    protons: tuple[int, ...]


def all_nodes(found: Description, shifts: Sequence[Shift]) -> dict[str, Quadrature]:
    """Nodes of 'nuclei' and 'electrons', whichever the target has, that serve all `shifts` of the response.

    Raises:
        ValueError: no recoil reaches the bins.
    """
    nodes = {}
    for kind, (steps, protons) in kinematics(found).items():
        window = recoil_window(found, shifts, steps, protons)
        recoil, weights = recoil_nodes(*window.ends, window.breaks, panels=_PANELS)
        number = _targets(found, kind, recoil) * found.target.exposure
        nodes[kind] = Quadrature(recoil, number * weights, protons)
    return nodes


def _targets(found: Description, kind: str, recoil: np.ndarray) -> np.ndarray:
    """Targets per kilogram that a recoil [MeV] (n,) can free, (n_isotopes, n)."""
    nuclei, electrons = found.target.nuclei, found.target.electrons
    if kind == "nuclei" and nuclei is not None:
        return np.tile(nuclei.per_kg[:, None], recoil.size)
    assert electrons is not None
    free = electrons_above(recoil * 1e3, electrons.binding, electrons.electrons)
    return (electrons.per_kg * free)[None]
