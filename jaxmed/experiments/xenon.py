"""XENON1T SR1 and XENONnT SR0: solar neutrinos on the electrons of xenon."""

from typing import NamedTuple

import numpy as np

from jaxmed.constants import M_E
from jaxmed.detector.response import electrons_above, gaussian
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.exposure import (
    edges_of,
    recoil_nodes,
    targets_per_kg,
    tonne_years_in_seconds,
)
from jaxmed.experiments.model import STRENGTH, Axis, Channel, Experiment, component, stack
from jaxmed.experiments.standard import standard_counts
from jaxmed.flux.solar import solar
from jaxmed.flux.spectrum import moments, thresholds
from jaxmed.keys import hint, one_of
from jaxmed.tables import read_constants, read_table

_MOLAR_MASS = 131.293  # natural xenon [g/mol]
_ELECTRONS = 54
_RECOIL_RANGE = (1e-4, 0.045)  # [MeV]: 9 sigma below the first bin to 8 sigma above the last
_BACKGROUND_ERROR = 0.026  # of B0, Athron et al., arXiv:2007.05517, Section 3.1
_EFFICIENCY_ERROR = 0.030  # likewise
_BACKGROUND = "B0"

ATOMIC = ("stepping", "free")


class _Source(NamedTuple):
    folder: str
    title: str


class _Physics(NamedTuple):
    """The options of the signal."""

    solar_model: str
    atomic: str
    electron_couplings: str


def xenon1t(
    *,
    solar_model: str = "gs98",
    atomic: str = "stepping",
    electron_couplings: str = "corrected",
) -> Experiment:
    """XENON1T SR1, 0.65 tonne-years, 29 bins of 1 keV (Phys. Rev. D 102 (2020) 072004).

    Args:
        solar_model: gs98 or agss09met.
        atomic: 'stepping' for electrons bound in subshells, 'free' for 54 free electrons.
        electron_couplings: 'corrected' for radiative corrections or 'tree'.

    Raises:
        ValueError: unknown option.
    """
    return _xenon(_Source("xenon1t", "XENON1T"), _Physics(solar_model, atomic, electron_couplings))


def xenonnt(
    *,
    solar_model: str = "gs98",
    atomic: str = "stepping",
    electron_couplings: str = "corrected",
) -> Experiment:
    """XENONnT SR0, 1.16 tonne-years (Phys. Rev. Lett. 129 (2022) 161805).

    The release gives neither an energy resolution nor nuisances: those of XENON1T are used.

    Args:
        solar_model: gs98 or agss09met.
        atomic: 'stepping' for electrons bound in subshells, 'free' for 54 free electrons.
        electron_couplings: 'corrected' for radiative corrections or 'tree'.

    Raises:
        ValueError: unknown option.
    """
    return _xenon(_Source("xenonnt", "XENONnT"), _Physics(solar_model, atomic, electron_couplings))


def _xenon(source: _Source, physics: _Physics) -> Experiment:
    name = source.folder
    spectrum = read_table(f"{name}/er_spectrum")
    edges = edges_of(spectrum["energy_lo"], spectrum["energy_hi"])
    channel = _channel(name, np.array(edges), physics)
    in_background = standard_counts(channel)
    efficiency = {f"{name}_efficiency": _EFFICIENCY_ERROR}
    scales = {STRENGTH: 1.0, **efficiency}
    measured = component(
        spectrum["background"], {f"{name}_background": _BACKGROUND_ERROR}, name=_BACKGROUND
    )
    return Experiment(
        observed=spectrum["observed"],
        error=np.ones(len(edges) - 1),
        channels=(channel,),
        widths=np.array(list(scales.values())),
        # B0 already holds the standard-model solar neutrinos that the channel predicts: take them out.
        background=(measured, component(-in_background, efficiency, name=_BACKGROUND)),
        name=name,
        title=source.title,
        axes=(Axis("reconstructed energy", "keV", edges),),
        shapes=(),
        scales=tuple(scales),
        gaussian=False,
        citations=spectrum.citation,
        tables=(name, "solar", "oscillations", "xenon_atom"),
    )


def _channel(name: str, edges: np.ndarray, physics: _Physics) -> Channel:
    atomic = physics.atomic
    if atomic not in ATOMIC:
        raise ValueError(
            f"unknown option atomic='{atomic}'{hint(atomic, ATOMIC)}: expected {one_of(ATOMIC)}"
        )
    values = read_constants(name)
    shells = read_table("xenon_atom/binding_energies")
    flux = solar(physics.solar_model)
    breaks = np.concatenate([shells["binding"] * 1e-6, edges * 1e-3, thresholds(flux, M_E)])
    recoil, weights = recoil_nodes(*_RECOIL_RANGE, breaks, panels=24)
    energy = recoil * 1e3
    sigma = values["resolution_a"] * np.sqrt(energy) + values["resolution_b"] * energy
    table = read_table(f"{name}/efficiency")
    response = gaussian(edges, energy, sigma, (table["energy"], table["efficiency"]))
    if atomic == "stepping":
        electrons = electrons_above(recoil * 1e6, shells["binding"], shells["electrons"])
    else:
        electrons = np.full(recoil.size, float(_ELECTRONS))
    atoms = targets_per_kg(_MOLAR_MASS) * tonne_years_in_seconds(values["exposure"])
    n_bins = edges.size - 1
    return stack(
        Channel(
            recoil=recoil,
            moments=moments(flux, recoil, M_E),
            response=(atoms * electrons * weights * response)[None],
            spread=np.ones((1, n_bins)),
            target=electron(physics.electron_couplings),
            form_p=None,
            form_n=None,
            folding_of=(0,),
        )
    )
