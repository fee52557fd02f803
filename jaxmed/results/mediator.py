"""One mediator in full: what is saved, and its tables."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from jaxmed.results.result import Result
from jaxmed.results.rows import Rows

_PARTS = ("left", "right", "vector", "axial")
Part = dict[str, float | None]


class MediatorResult(Result):
    """Everything the theory says about one mediator (`analysis.mediators.describe`).

    Attributes:
        g: its coupling.
        charges: of U(1)_X; None, like all that follows from them, for a mediator given by its couplings.
        masses_mev: of photon, Z and Z_prime.
        theta: mixing angle [rad].
        tan_2theta: of twice the angle.
        v_s_mev: vacuum value of the singlet; None where it has no charge.
        rho: of neutral and charged currents.
        couplings: of Z and Z_prime: left, right, vector, axial by fermion, and vector ones of nucleons.
        anomalies: of the charges.
        widths_mev: to neutrinos and electrons.
        note: what does not exist, and why; empty if all does.
    """

    kind: ClassVar = "mediator"
    section: ClassVar = "Mediators"

    g: float
    charges: dict[str, float] | None
    masses_mev: Part
    theta: float | None
    tan_2theta: float | None
    v_s_mev: float | None
    rho: float | None
    couplings: dict[str, dict[str, Part] | None]
    anomalies: dict[str, float] | None
    widths_mev: dict[str, float]
    note: str

    def tables(self) -> list[Rows]:
        """The gauge sector if there is one, and the couplings of each boson."""
        title = f"{self.model}, g' = {self.g:g}, M_Z' = {self.masses_mev['Z_prime']:g} MeV"
        found = [] if self.charges is None else [self._gauge(title)]
        for boson, numbers in self.couplings.items():
            if numbers is not None:
                name = boson.replace("_prime", "'")
                found.append(_couplings(f"{title}: couplings of the {name}", numbers))
        return found

    def table(self) -> Rows:
        """Couplings of the Z'."""
        return self.tables()[-1]

    def notes(self) -> list[str]:
        """What does not exist, and why."""
        return [self.note] if self.note else []

    @property
    def methods(self) -> set[str]:
        """None: nothing is fitted."""
        return set()

    def columns(self) -> dict[str, Any]:
        """One row for each fermion: couplings of the Z'."""
        numbers = self.couplings["Z_prime"] or {}
        parts = {part: [_or_nan(x) for x in numbers[part].values()] for part in _PARTS}
        return {"fermion": list(numbers["left"]), **parts}

    def _gauge(self, title: str) -> Rows:
        assert self.rho is not None and self.anomalies is not None
        masses, widths = self.masses_mev, self.widths_mev
        rows = {
            "mass of the photon [MeV]": masses["photon"],
            "mass of the Z [MeV]": masses["Z"],
            "mass of the Z' [MeV]": masses["Z_prime"],
            "theta' [rad]": self.theta,
            "tan 2theta'": self.tan_2theta,
            "v_s [MeV]": self.v_s_mev,
            "rho - 1": self.rho - 1,
            "width to neutrinos [MeV]": widths["neutrinos"],
            "width to e+ e- [MeV]": widths["electrons"],
        }
        rows |= {f"anomaly {name}": x for name, x in self.anomalies.items()}
        cells = [[n, "none" if value is None else f"{value:.10g}"] for n, value in rows.items()]
        return Rows(title, ("quantity", "value"), cells, (1,))


def _couplings(title: str, numbers: Mapping[str, Part]) -> Rows:
    rows = []
    for name in numbers["left"]:
        values = (numbers[part][name] for part in _PARTS)
        rows.append([name, *("" if x is None else f"{x:.6g}" for x in values)])
    rows += [[name, "", "", f"{x:.6g}", ""] for name, x in numbers["nucleons"].items()]
    return Rows(title, ("fermion", *_PARTS), rows, range(1, 5))


def _or_nan(x: float | None) -> float:
    return np.nan if x is None else x
