"""Flux moments against adaptive quadrature of the same spectra.

python tests/benchmarks/moments.py
"""

import warnings
from itertools import pairwise

import numpy as np
from scipy import integrate

from jaxmed.constants import M_E
from jaxmed.flux.reactor import reactor
from jaxmed.flux.solar import solar
from jaxmed.flux.spectrum import Continuum, Flux, e_min, moments
from jaxmed.flux.stopped_pion import delayed

CAESIUM = 123800.0  # [MeV]


def worst(flux: Flux, mass: float, recoils: np.ndarray) -> float:
    """Largest relative deviation over recoil energies, flavours and powers k = 0, 1, 2."""
    deviations = []
    for continuum in flux.continua:
        got = moments(Flux((continuum,)), recoils, mass)
        for i, low in enumerate(e_min(recoils, mass)):
            for beam in np.argwhere(continuum.density(continuum.edges).any(axis=-1)):
                for k in range(3):
                    wanted = by_quad(continuum, tuple(beam), k, low)
                    if wanted:
                        deviations.append(abs(got[(*beam, k, i)] / wanted - 1))
    return max(deviations)


def by_quad(continuum: Continuum, beam: tuple[int, ...], power: int, low: float) -> float:
    """One moment, segment by segment."""
    ends = np.concatenate([[low], continuum.edges[continuum.edges > low]])

    def integrand(energy: float) -> float:
        return continuum.density(np.array([energy]))[beam][0] * energy**-power

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", integrate.IntegrationWarning)  # at the limit of rounding
        parts = [
            integrate.quad(integrand, a, b, epsrel=1e-13, epsabs=0)[0] for a, b in pairwise(ends)
        ]
    return float(np.sum(parts))


def main() -> None:
    """Print the largest deviation of each flux."""
    for name, flux, mass, recoils in (
        ("reactor", reactor(6.4e12), M_E, np.array([3.0, 5.2, 7.9])),
        ("stopped pion", delayed(1.0), CAESIUM, np.geomspace(1e-4, 0.04, 5)),
        ("sun", solar(), M_E, np.array([1e-3, 0.02])),
    ):
        print(f"{name}: {worst(flux, mass, recoils):.1e}")


if __name__ == "__main__":
    main()
