"""Target nuclei with their couplings and form factors."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from jaxmed.constants import ATOMIC_MASS_UNIT, M_E
from jaxmed.data_tables import cite
from jaxmed.theory.amplitudes import TREE_NUCLEONS, Nucleus
from jaxmed.theory.form_factors import helm, klein_nystrand
from jaxmed.user_files.keys import unknown

FORM_FACTORS: dict[str, Callable[..., jax.Array]] = {"helm": helm, "klein_nystrand": klein_nystrand}
# as one program: operation by operation each would be one of its own
_COMPILED = {name: jax.jit(function) for name, function in FORM_FACTORS.items()}
_CITED = {"helm": "Helm:1956zz", "klein_nystrand": "Klein:1999qj"}

# g_V^p of nu_e, nu_mu, nu_tau and g_V^n: with radiative corrections (arXiv:2411.03122, Eur. Phys. J. C 83 (2023) 683:
# 0.0382, 0.0300, 0.0256 at s_W^2 = 0.23857, here moved to SIN2_THETA_W) and at tree level, as in the paper.
NUCLEON_COUPLINGS = {
    "corrected": ((0.0381, 0.0299, 0.0255), -0.5117),
    "tree": ((TREE_NUCLEONS[0],) * 3, TREE_NUCLEONS[1]),
}


class Isotope(NamedTuple):
    """Atomic number, neutron number, atomic mass [u], proton and neutron rms radii [fm]."""

    z: int
    n: int
    atomic_mass: float
    radius_p: float
    radius_n: float


def nuclear_mass(isotope: Isotope) -> float:
    """Atomic mass less the electrons [MeV]."""
    return isotope.atomic_mass * ATOMIC_MASS_UNIT - isotope.z * M_E


def target(isotope: Isotope, couplings: str) -> Nucleus:
    """The nucleus with 'corrected' or 'tree' nucleon couplings; ValueError for another name."""
    if couplings not in NUCLEON_COUPLINGS:
        raise ValueError(unknown("nucleon couplings", couplings, NUCLEON_COUPLINGS))
    g_p, g_n = NUCLEON_COUPLINGS[couplings]
    mass = nuclear_mass(isotope)
    return Nucleus(float(isotope.z), float(isotope.n), mass, np.array(g_p), np.full(3, g_n))


def form_factor(name: str, recoil: np.ndarray, mass: float, radius: float) -> np.ndarray:
    """F at q^2 = 2 M T for T (n,) and M [MeV], rms radius [fm]; ValueError for an unknown name."""
    if name not in FORM_FACTORS:
        raise ValueError(unknown("form factor", name, FORM_FACTORS))
    cite(_CITED[name])
    return np.asarray(_COMPILED[name](np.sqrt(2 * mass * recoil), radius))
