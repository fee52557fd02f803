"""Recoil energies at which a user's experiment is folded, and what each of them stands for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxmed.detector.response import electrons_above
from jaxmed.experiments.folder.detector import Shift
from jaxmed.experiments.folder.fold import kinematics, recoil_window
from jaxmed.experiments.folder.read import Description
from jaxmed.experiments.published.exposure import recoil_nodes

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
