"""Lorentz structures of a neutrino's interaction with matter, by name: which couplings there are, and what they do.

    vector           L = -Z'_m [nu nubar_L gamma^m nu_L + f fbar gamma^m f]
    axial            the same with gamma^m gamma5, and a minus, between charged fermions; one Z' with a vector's
    scalar           L = -phi [nu nubar nu + f fbar f]
    pseudoscalar     L = -phi [nu nubar nu + f fbar i gamma5 f]
    tensor           L = -T_mn [nu nubar sigma^mn nu + f fbar sigma^mn f]
    magnetic_moment  of each neutrino [mu_B]
    charge_radius    of each neutrino [1e-32 cm^2], beside the standard model's
    millicharge      of each neutrino [1e-12 e]

All mediators of one model have one mass.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxmed.constants import ALPHA, G_F, HBARC2
from jaxmed.theory.couplings import Couplings, standard_model
from jaxmed.theory.helicity_flip import Flips
from jaxmed.theory.scalars import Scalar, real
from jaxmed.user_files.keys import unknown

CHARGED = {"e": -1.0, "u": 2 / 3, "d": -1 / 3}
"""Electric charges of what neutrinos scatter off."""
PHOTON_MASS = 1e-9
"""[MeV]: far below any momentum transfer, and its logarithm is a number."""
_E = math.sqrt(4 * math.pi * ALPHA)
# Of g_V of a fermion of charge -1 by <r^2> = 1e-32 cm^2, sqrt(2) pi alpha <r^2>/(3 G_F).
_RADIUS = math.sqrt(2) * math.pi * ALPHA / (3 * G_F) * 1e-32 / HBARC2
_MILLI = 1e-12


class Structure(NamedTuple):
    """One of them.

    Attributes:
        charged: fermions that have a coupling beside the neutrinos'.
        massive: whether it is by a mediator with a mass.
        add: (couplings so far, those of the neutrinos (3,), those of charged fermions by name) -> all together.
    """

    charged: tuple[str, ...]
    massive: bool
    add: Callable[[Couplings, Array, Mapping[str, Array]], Couplings]


def interactions(
    mass: Scalar, terms: Sequence[tuple[str, Sequence[Scalar] | None, Mapping[str, Scalar]]]
) -> Couplings:
    """Couplings of several structures.

    Args:
        mass: of all mediators [MeV], ().
        terms: name of the structure, couplings of nu_e, nu_mu and nu_tau, and those of charged fermions by name; None
            for neutrinos whose couplings a vector beside an axial has already.

    Raises:
        ValueError: an unknown structure, two that cannot be together (`check_together`), neutrinos missing or given
            twice, or a coupling that does not scatter coherently.
    """
    check_together([own for own, _, _ in terms])
    shared = {own for own, nu, _ in terms if nu is None}
    beside = shared_neutrinos([own for own, _, _ in terms])
    if shared != beside:
        raise ValueError(
            f"neutrinos of {', '.join(sorted(shared ^ beside))}: expected three couplings, None for an axial beside a "
            "vector alone"
        )
    for own, _, charged in terms:
        known = STRUCTURES[own].charged
        if not {*charged} <= {*known}:
            raise ValueError(
                f"couplings of {own} to {', '.join(charged)}: expected {' and '.join(known) or 'none'}, "
                "what else there is does not scatter coherently"
            )
    found = standard_model()._replace(mass=real(mass))
    for name in STRUCTURES:
        for own, nu, charged in terms:
            if own == name:
                neutrinos = found.eps_nu if nu is None else jnp.stack([real(x) for x in nu])
                others = {key: real(charged.get(key, 0.0)) for key in CHARGED}
                found = STRUCTURES[name].add(found, neutrinos, others)
    return found


def check_together(names: Sequence[str]) -> None:
    """ValueError for an unknown structure, one twice, or a photon's beside those of massive mediators."""
    for name in names:
        if name not in STRUCTURES:
            raise ValueError(unknown("structure", name, STRUCTURES))
    if len(set(names)) < len(names):
        raise ValueError(f"structures {', '.join(names)}: expected each once")
    massive = [name for name in names if STRUCTURES[name].massive]
    if massive and "millicharge" in names:
        raise ValueError(
            f"a millicharge is seen by a photon, without mass: expected no {massive[0]} beside it"
        )


def shared_neutrinos(names: Sequence[str]) -> set[str]:
    """Structures whose neutrinos are those of another: an axial's those of a vector, both of one Z'."""
    return {"axial"} if {"axial", "vector"} <= {*names} else set()


def _flip(couplings: Couplings, **fields: Array) -> Couplings:
    before = couplings.flips or jax.tree.map(real, Flips())
    return couplings._replace(flips=before._replace(**fields))


def _vector(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    return couplings._replace(eps_nu=nu, eps_e=f["e"], eps_u=f["u"], eps_d=f["d"])


def _axial(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    return couplings._replace(eps_nu=nu, axial_e=f["e"])


def _scalar(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    own = {"scalar_e": f["e"], "scalar_u": f["u"], "scalar_d": f["d"]}
    return _flip(couplings, scalar_nu=nu, **own)


def _pseudoscalar(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    return _flip(couplings, pseudoscalar_nu=nu, pseudoscalar_e=f["e"])


def _tensor(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    return _flip(couplings, tensor_nu=nu, tensor_e=f["e"])


def _magnetic_moment(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    del f
    return _flip(couplings, magnetic=nu)


def _charge_radius(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    """g_V -> g_V - Q sqrt(2) pi alpha <r^2>/(3 G_F), half of it for each chirality of the electron."""
    del f
    shift = _RADIUS * nu
    return couplings._replace(
        nc_e_left=shift / 2,
        nc_e_right=shift / 2,
        nc_u=-CHARGED["u"] * shift,
        nc_d=-CHARGED["d"] * shift,
    )


def _millicharge(couplings: Couplings, nu: Array, f: Mapping[str, Array]) -> Couplings:
    """A vector without mass, the photon, that couples as e Q."""
    del f
    of = {name: real(_E * charge) for name, charge in CHARGED.items()}
    vector = _vector(couplings, _MILLI * _E * nu, of)
    return vector._replace(mass=real(PHOTON_MASS))


STRUCTURES = {
    "vector": Structure(("e", "u", "d"), True, _vector),
    "axial": Structure(("e",), True, _axial),
    "scalar": Structure(("e", "u", "d"), True, _scalar),
    "pseudoscalar": Structure(("e",), True, _pseudoscalar),
    "tensor": Structure(("e",), True, _tensor),
    "magnetic_moment": Structure((), False, _magnetic_moment),
    "charge_radius": Structure((), False, _charge_radius),
    "millicharge": Structure((), False, _millicharge),
}
