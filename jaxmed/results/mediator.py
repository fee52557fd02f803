"""One mediator in full: gauge bosons, rho, couplings, anomalies and widths."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from jax import Array
from rich.markup import escape
from rich.table import Table

from jaxmed.constants import M_E
from jaxmed.models.choose import couplings, get_model
from jaxmed.models.model import Model
from jaxmed.theory.charges import Charges, anomalies
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.currents import FermionCouplings, z_couplings, z_prime_couplings
from jaxmed.theory.gauge import gauge_bosons
from jaxmed.theory.rho import rho
from jaxmed.theory.scalars import require_positive
from jaxmed.theory.vector_axial import nucleon_couplings, z_prime_vector_axial
from jaxmed.theory.widths import electron_width, fermion_width, neutrino_width

_NEUTRINOS = ("nu_e", "nu_mu", "nu_tau")
_PARTS = ("left", "right", "vector", "axial")


def describe(model: str | Model, *, g: float, mass: float, **others: float) -> dict[str, Any]:
    """Everything the theory says about one mediator.

    A mediator given directly by its couplings has no gauge group: masses of the other bosons,
    mixing, v_s, rho, the couplings of the Z, right-handed neutrinos and anomalies are then None,
    and `note` says so. It also says why there is no v_s where the singlet has no charge.

    Args:
        model: a preset name, a TOML file, or a Model with g and mass.
        g: coupling g' > 0.
        mass: mass of the Z' [MeV].
        others: values of the model's other parameters, if it has any.

    Returns:
        Plain numbers: model, g, charges{}, masses_mev{photon, Z, Z_prime}, theta [rad], tan_2theta,
        v_s_mev, rho, couplings{Z, Z_prime: {left, right, vector, axial, nucleons}}, anomalies{},
        widths_mev{neutrinos, electrons}, note.

    Raises:
        ValueError: unknown model, a model without a mediator, g <= 0, mass <= 0, not finite, or a
            mass in the gap of the level crossing.
    """
    chosen = get_model(model)
    scattering = couplings(chosen, g=g, mass=mass, **others)
    require_positive(g=g)
    head = {"model": chosen.name, "g": g}
    if chosen.charges is None:
        return head | _without_group(chosen.name, scattering, mass)
    return head | _with_group(chosen.name, chosen.charges, g, mass)


def _with_group(name: str, charge: Charges, g: float, mass: float) -> dict[str, Any]:
    has_vacuum = charge.sigma != 0
    # Masses and mixing do not depend on x_s; only v_s does, and without x_s there is none.
    x_s = charge.sigma if has_vacuum else 1.0
    bosons = gauge_bosons(g, mass, charge.h, charge.l_l, x_s=x_s)
    heavy, light = z_couplings(charge, g, mass), z_prime_couplings(charge, g, mass)
    exact = z_prime_vector_axial(charge, g, mass)
    note = f"{name}: x_s = -2 (x_l + x_h) = 0, so the singlet cannot give the Z' this mass: no v_s."
    return {
        "charges": _numbers(charge._asdict()),
        "masses_mev": _numbers({"photon": bosons.photon, "Z": bosons.z, "Z_prime": bosons.z_prime}),
        "theta": float(bosons.theta),
        "tan_2theta": float(bosons.tan_2theta),
        "v_s_mev": float(bosons.v_s) if has_vacuum else None,
        "rho": float(rho(g, mass, charge.h)),
        "couplings": {
            "Z": _boson(heavy, _half(heavy, 1), _half(heavy, -1)),
            "Z_prime": _boson(light, exact.vector._asdict(), exact.axial._asdict()),
        },
        "anomalies": _numbers(
            anomalies(*map(_exact, (charge.q_l, charge.l_l, charge.h)))._asdict()
        ),
        "widths_mev": _numbers(
            {
                "neutrinos": neutrino_width(light, mass),
                "electrons": electron_width(light, mass),
            }
        ),
        "note": "" if has_vacuum else note,
    }


def _without_group(name: str, scattering: Couplings, mass: float) -> dict[str, Any]:
    nu = dict(zip(_NEUTRINOS, scattering.eps_nu.tolist(), strict=True))
    e, u, d = (float(x) for x in (scattering.eps_e, scattering.eps_u, scattering.eps_d))
    charged = {"e": e, "u": u, "d": d}
    unknown: dict[str, float | None] = dict.fromkeys(_NEUTRINOS)
    z_prime = {
        "left": nu | charged,
        "right": unknown | charged,
        "vector": unknown | charged,
        "axial": unknown | dict.fromkeys(charged, 0.0),
        "nucleons": {"p": 2 * u + d, "n": u + 2 * d},
    }
    widths = {
        "neutrinos": sum(float(fermion_width(mass, 0.0, x, 0.0)) for x in nu.values()),
        "electrons": float(fermion_width(mass, M_E, e, e)),
    }
    nothing = ("charges", "theta", "tan_2theta", "v_s_mev", "rho", "anomalies")
    return dict.fromkeys(nothing) | {
        "masses_mev": {"photon": None, "Z": None, "Z_prime": mass},
        "couplings": {"Z": None, "Z_prime": z_prime},
        "widths_mev": widths,
        "note": f"{name}: given by its couplings, without a gauge group: no mixing, rho or anomalies.",
    }


def _exact(charge: float) -> Fraction:
    """2/3 for 0.666...: a sum that vanishes is then zero and not rounding noise."""
    simple = Fraction(charge).limit_denominator(1000)
    return simple if float(simple) == charge else Fraction(charge)


def _boson(
    chiral: FermionCouplings, vector: Mapping[str, Array], axial: Mapping[str, Array]
) -> dict[str, dict[str, float]]:
    return {
        "left": _by_flavour(_side(chiral, "l")),
        "right": _by_flavour(_side(chiral, "r")),
        "vector": _by_flavour(vector),
        "axial": _by_flavour(axial),
        "nucleons": _numbers(nucleon_couplings(chiral)._asdict()),
    }


def _side(chiral: FermionCouplings, side: str) -> dict[str, Any]:
    return {field[:-2]: x for field, x in chiral._asdict().items() if field.endswith(f"_{side}")}


def _half(chiral: FermionCouplings, sign: int) -> dict[str, Any]:
    """(left + right)/2, the vector coupling, or (left - right)/2, the axial one."""
    right = _side(chiral, "r")
    return {name: (x + sign * right[name]) / 2 for name, x in _side(chiral, "l").items()}


def _by_flavour(numbers: Mapping[str, Any]) -> dict[str, float]:
    """All generations couple alike: the neutrino's number for each of the three."""
    rest = {name: x for name, x in numbers.items() if name != "nu"}
    return _numbers(dict.fromkeys(_NEUTRINOS, numbers["nu"]) | rest)


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(x) for name, x in values.items()}


def model_tables(found: Mapping[str, Any]) -> list[Table]:
    """Tables of what `describe` returns: the gauge sector if there is one, and the couplings."""
    mass = found["masses_mev"]["Z_prime"]
    title = f"{found['model']}, g' = {found['g']:g}, M_Z' = {mass:g} MeV"
    tables = [] if found["charges"] is None else [_gauge_table(title, found)]
    for boson, numbers in found["couplings"].items():
        if numbers is not None:
            name = boson.replace("_prime", "'")
            tables.append(_couplings_table(f"{title}: couplings of the {name}", numbers))
    return tables


def _gauge_table(title: str, found: Mapping[str, Any]) -> Table:
    table = Table("quantity", "value", title=title, title_justify="left")
    table.columns[1].justify = "right"
    v_s, widths = found["v_s_mev"], found["widths_mev"]
    masses = found["masses_mev"]
    rows = {
        "mass of the photon [MeV]": masses["photon"],
        "mass of the Z [MeV]": masses["Z"],
        "mass of the Z' [MeV]": masses["Z_prime"],
        "theta' [rad]": found["theta"],
        "tan 2theta'": found["tan_2theta"],
        "v_s [MeV]": v_s,
        "rho - 1": found["rho"] - 1,
        "width to neutrinos [MeV]": widths["neutrinos"],
        "width to e+ e- [MeV]": widths["electrons"],
    }
    rows |= {f"anomaly {name}": x for name, x in found["anomalies"].items()}
    for name, value in rows.items():
        table.add_row(escape(name), "none" if value is None else f"{value:.10g}")
    return table


def _couplings_table(title: str, numbers: Mapping[str, Mapping[str, float | None]]) -> Table:
    table = Table("fermion", *_PARTS, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name in numbers["left"]:
        values = (numbers[part][name] for part in _PARTS)
        table.add_row(name, *("" if x is None else f"{x:.6g}" for x in values))
    for name, x in numbers["nucleons"].items():
        table.add_row(name, "", "", f"{x:.6g}", "")
    return table
