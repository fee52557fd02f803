"""Everything the theory says about one mediator: gauge bosons, rho, couplings, anomalies and widths."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from jax import Array

from jaxmed.constants import M_E
from jaxmed.models.choose import couplings, get_model
from jaxmed.models.model import Choice
from jaxmed.results.mediator import MediatorResult
from jaxmed.results.provenance import provenance
from jaxmed.theory.charges import Charges, anomalies
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.currents import FermionCouplings, z_couplings, z_prime_couplings
from jaxmed.theory.gauge import gauge_bosons
from jaxmed.theory.rho import rho
from jaxmed.theory.scalars import require_positive
from jaxmed.theory.vector_axial import nucleon_couplings, z_prime_vector_axial
from jaxmed.theory.widths import electron_width, fermion_width, neutrino_width

_NEUTRINOS = ("nu_e", "nu_mu", "nu_tau")


def describe(
    model: Choice = "u1r", *, g: float, mass: float, fixed: Mapping[str, float] | None = None
) -> MediatorResult:
    """One mediator in full.

    A mediator given directly by its couplings has no gauge group: masses of the other bosons, mixing, v_s, rho, the
    couplings of the Z, right-handed neutrinos and anomalies are then None, and `note` says so. It also says why there
    is no v_s where the singlet has no charge.

    Args:
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        g: coupling g' > 0.
        mass: mass of the Z' [MeV].
        fixed: values of the model's other parameters, if it has any.

    Raises:
        ValueError: unknown model, a model without a mediator, g <= 0, mass <= 0, not finite, or a mass in the gap of
            the level crossing.
    """
    chosen = get_model(model)
    scattering = couplings(chosen, g=g, mass=mass, **(fixed or {}))
    require_positive(g=g)
    if chosen.charges is None:
        found = _without_group(chosen.name, scattering, mass)
    else:
        found = _with_group(chosen.name, chosen.charges, g, mass)
    about = {"model": chosen.name, "fixed": dict(fixed or {}), "provenance": provenance([])}
    return MediatorResult(**about, experiments=[], g=g, **found)


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
