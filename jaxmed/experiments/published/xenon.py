"""XENON1T SR1 and XENONnT SR0: solar neutrinos on the electrons of xenon."""

from typing import NamedTuple

import numpy as np

from jaxmed.constants import M_E
from jaxmed.data_tables import read_constants, read_table
from jaxmed.detector.response import electrons_above, gaussian
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.model import (
    STRENGTH,
    Axis,
    Channel,
    Component,
    Experiment,
    component,
    stack,
)
from jaxmed.experiments.published import exposure
from jaxmed.experiments.published.standard import standard_counts
from jaxmed.flux.solar import solar
from jaxmed.flux.spectrum import moments, thresholds
from jaxmed.models.model import Parameter
from jaxmed.user_files.keys import hint, one_of

_Q = 2458.0  # [keV]


def double_beta_share(edges: np.ndarray, whole: tuple[float, float]) -> np.ndarray:
    """Share of the decays with a summed electron energy in `whole` [keV] that falls between `edges` [keV], (n,).

    The Fermi function of Primakoff and Rosen makes the spectrum a polynomial: K (Q - K)^5 times
    1 + 2 K + 4 K^2/3 + K^3/3 + K^4/30, in units of m_e.
    """
    low = np.append(edges[:-1], whole[0])
    high = np.append(edges[1:], whole[1])
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = (high - low)[:, None] / 2
    k = (low[:, None] + half * (1 + nodes)) / (1e3 * M_E)
    polynomial = 1 + 2 * k + 4 * k**2 / 3 + k**3 / 3 + k**4 / 30
    decays = (half * weights * k * (_Q / (1e3 * M_E) - k) ** 5 * polynomial).sum(axis=1)
    return decays[:-1] / decays[-1]


_MOLAR_MASS = 131.293  # natural xenon [g/mol]
_ELECTRONS = 54
_RECOIL_RANGE = (1e-4, 0.045)  # [MeV]: 9 sigma below the first bin to 8 sigma above the last
_BACKGROUND_ERROR = 0.026  # of B0, Athron et al., arXiv:2007.05517, Section 3.1
_EFFICIENCY_ERROR = 0.030  # likewise
_BACKGROUND = "B0"
_ARGON = 2.82  # the line of 37Ar [keV]
_EVENTS = (0.0, 1000.0, False, "events in 1-30 keV")  # range of what floats; B0 of XENON1T has 1244
_FITTED = (1.0, 140.0)  # range of the counts that XENONnT fitted [keV]
_FLAT = ("pb214", "kr85", "materials")
ATOMIC = ("stepping", "free")
FLOATING = ("none", "free")
BACKGROUNDS = ("components", "total")


class _Physics(NamedTuple):
    """The options of the signal."""

    solar_model: str
    atomic: str
    electron_couplings: str


class _Signal(NamedTuple):
    """The channel, the bins [keV], its standard-model counts and the error of the efficiency by nuisance."""

    channel: Channel
    edges: tuple[float, ...]
    standard: np.ndarray
    errors: dict[str, float]


def xenon1t(
    *,
    solar_model: str = "gs98",
    atomic: str = "stepping",
    electron_couplings: str = "corrected",
    tritium: str = "none",
    argon37: str = "none",
) -> Experiment:
    """XENON1T SR1, 0.65 tonne-years, 29 bins of 1 keV (Phys. Rev. D 102 (2020) 072004).

    A background that is 'free' has no prior: `xenon1t_tritium` and `xenon1t_argon37` are its events in 1-30 keV, from
    zero on. 77.0 events of tritium stand for the abundance of 6.2e-25 mol/mol that the published template is for.

    Args:
        solar_model: gs98 or agss09met.
        atomic: 'stepping' for electrons bound in subshells, 'free' for 54 free electrons.
        electron_couplings: 'corrected' for radiative corrections or 'tree'.
        tritium: 'none' as in B0, or 'free' for beta decays of tritium.
        argon37: 'none' as in B0, or 'free' for the 2.82 keV line of 37Ar.

    Raises:
        ValueError: unknown option.
    """
    signal = _signal("xenon1t", _Physics(solar_model, atomic, electron_couplings))
    spectrum, background, title = read_table("xenon1t/er_spectrum"), [], "XENON1T"
    for name, words, option in (("tritium", "tritium", tritium), ("argon37", "37Ar", argon37)):
        _known(name, option, FLOATING)
        if option == "free":
            shape = spectrum["tritium"] if name == "tritium" else _line(signal.edges)
            floating = (Parameter(f"xenon1t_{name}", *_EVENTS),)
            background.append(component(shape / shape.sum(), name=name, floating=floating))
            title += f", {words} free"
    return _experiment("xenon1t", title, signal, (*_total("xenon1t", signal), *background))


def xenonnt(
    *,
    solar_model: str = "gs98",
    atomic: str = "stepping",
    electron_couplings: str = "corrected",
    background: str = "components",
) -> Experiment:
    """XENONnT SR0, 1.16 tonne-years (Phys. Rev. Lett. 129 (2022) 161805).

    The release gives neither an energy resolution nor nuisances: resolution and efficiency error of XENON1T are used.

    Args:
        solar_model: gs98 or agss09met.
        atomic: 'stepping' for electrons bound in subshells, 'free' for 54 free electrons.
        electron_couplings: 'corrected' for radiative corrections or 'tree'.
        background: 'components' for the double beta decay of 136Xe and all that is flat, each with the error that
            XENONnT fitted, or 'total' for the 2.6 % of XENON1T on the whole of B0.

    Raises:
        ValueError: unknown option.
    """
    _known("background", background, BACKGROUNDS)
    signal = _signal("xenonnt", _Physics(solar_model, atomic, electron_couplings))
    parts = _components(signal) if background == "components" else _total("xenonnt", signal)
    return _experiment("xenonnt", "XENONnT", signal, parts)


def _known(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(
            f"unknown option {option}='{value}'{hint(value, allowed)}: expected {one_of(allowed)}"
        )


def _signal(name: str, physics: _Physics) -> _Signal:
    _known("atomic", physics.atomic, ATOMIC)
    spectrum = read_table(f"{name}/er_spectrum")
    edges = exposure.edges_of(spectrum["energy_lo"], spectrum["energy_hi"])
    channel = _channel(name, np.array(edges), physics)
    errors = {f"{name}_efficiency": _EFFICIENCY_ERROR}
    return _Signal(channel, edges, standard_counts(channel), errors)


def _experiment(
    name: str, title: str, signal: _Signal, background: tuple[Component, ...]
) -> Experiment:
    spectrum = read_table(f"{name}/er_spectrum")
    scales = {STRENGTH: 1.0, **signal.errors}
    return Experiment(
        observed=spectrum["observed"],
        error=np.ones(len(signal.edges) - 1),
        channels=(signal.channel,),
        widths=np.array(list(scales.values())),
        background=background,
        name=name,
        title=title,
        axes=(Axis("reconstructed energy", "keV", signal.edges),),
        shapes=(),
        scales=tuple(scales),
        gaussian=False,
    )


def _total(name: str, signal: _Signal) -> tuple[Component, ...]:
    """B0 with one error.

    It already holds the standard-model solar neutrinos that the channel predicts: they are taken out.
    """
    b0 = read_table(f"{name}/er_spectrum")["background"]
    error = {f"{name}_background": _BACKGROUND_ERROR}
    return (
        component(b0, error, name=_BACKGROUND),
        component(-signal.standard, signal.errors, name=_BACKGROUND),
    )


def _components(signal: _Signal) -> tuple[Component, ...]:
    """B0 of XENONnT without its solar neutrinos, as 136Xe and the rest.

    From 2 to 29 keV the rest is flat over the efficiency to 5 %, but for the 124Xe line at 10 keV: 214Pb, 85Kr and the
    materials cannot be told apart, and their errors are added in quadrature.
    """
    table = read_table("xenonnt/constants")
    names = table["name"].tolist()
    counts, errors = (
        dict(zip(names, table[column], strict=True)) for column in ("value", "uncertainty")
    )
    edges = np.array(signal.edges)
    efficiency = read_table("xenonnt/efficiency")
    accepted = np.interp(
        (edges[:-1] + edges[1:]) / 2, efficiency["energy"], efficiency["efficiency"]
    )
    rising = counts["xe136"] * accepted * double_beta_share(edges, _FITTED)
    flat = read_table("xenonnt/er_spectrum")["background"] - signal.standard - rising
    flat_error = np.hypot.reduce([errors[n] for n in _FLAT]) / sum(counts[n] for n in _FLAT)
    rising_error = errors["xe136"] / counts["xe136"]
    return (
        component(flat, {"xenonnt_flat": flat_error}, name="flat"),
        component(rising, {"xenonnt_xe136": rising_error}, name="136Xe"),
    )


def _line(edges: tuple[float, ...]) -> np.ndarray:
    """Events of the 37Ar line in each bin, (n_bins,)."""
    return _response("xenon1t", np.array(edges), np.array([_ARGON]))[:, 0]


def _response(name: str, edges: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Probability of each bin for energies (n,) [keV], (n_bins, n)."""
    values, table = read_constants(name), read_table(f"{name}/efficiency")
    sigma = values["resolution_a"] * np.sqrt(energy) + values["resolution_b"] * energy
    return gaussian(edges, energy, sigma, (table["energy"], table["efficiency"]))


def _channel(name: str, edges: np.ndarray, physics: _Physics) -> Channel:
    shells = read_table("xenon_atom/binding_energies")
    flux = solar(physics.solar_model)
    breaks = np.concatenate([shells["binding"] * 1e-6, edges * 1e-3, thresholds(flux, M_E)])
    recoil, weights = exposure.recoil_nodes(*_RECOIL_RANGE, breaks, panels=24)
    response = _response(name, edges, recoil * 1e3)
    if physics.atomic == "stepping":
        electrons = electrons_above(recoil * 1e6, shells["binding"], shells["electrons"])
    else:
        electrons = np.full(recoil.size, float(_ELECTRONS))
    atoms = exposure.targets_per_kg(_MOLAR_MASS) * exposure.tonne_years_in_seconds(
        read_constants(name)["exposure"]
    )
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
