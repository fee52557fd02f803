"""COHERENT CsI[Na] 2021: stopped-pion neutrinos on caesium and iodine (Phys. Rev. Lett. 129 (2022) 081801)."""

from typing import NamedTuple

import numpy as np

from jaxmed.constants import M_E
from jaxmed.data_tables import read_constants, read_table
from jaxmed.detector.quenching import polynomial
from jaxmed.detector.response import electrons_above, gamma
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.likelihood.interpolation import Nodes
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
from jaxmed.experiments.published.nuclei import (
    CAESIUM,
    IODINE,
    Isotope,
    NuclearOptions,
    form_factor,
    target,
)
from jaxmed.flux.spectrum import Flux, moments, thresholds
from jaxmed.flux.stopped_pion import delayed, prompt
from jaxmed.theory.scattering import Electron
from jaxmed.user_files.keys import unknown

_MOLAR_MASS = 259.80992  # CsI [g/mol]
_FLUX_ERROR = 0.10
_RADIUS_ERROR = 0.05
_ONSET_ERROR = 0.10  # [us]
_STEADY_STATE_SLOPE = 0.0494  # [1/us]
_NUCLEAR_RANGE = (5e-5, 0.048)  # [MeV]: from no light at all to the end of the muon-decay spectrum
_ELECTRON_RANGE = (5e-5, 0.030)  # [MeV]


class _Variant(NamedTuple):
    """One setting of the shape nuisances, in standard deviations."""

    quenching_1: float = 0.0
    quenching_2: float = 0.0
    efficiency: float = 0.0
    onset: float = 0.0
    neutron_radius: float = 0.0


# Where each is folded anew [sigma]: as densely as keeps -2 log L within 0.02 of the exact one up to 3 sigma. Efficiency
# and onset move edges over bins in which the signal changes fast.
_DENSE = tuple(k * 0.4 for k in range(-10, 11) if k)
_NODES: dict[str, Nodes] = {
    "quenching_1": (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0),
    "quenching_2": (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0),
    "efficiency": tuple(sorted((*_DENSE, -1.0))),
    "onset": _DENSE,
    "neutron_radius": (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0),
}
_SHAPES = tuple(f"csi_{name}" for name in _NODES)
_VARIANTS = (
    _Variant(),
    *(_Variant(**{name: z}) for name, nodes in _NODES.items() for z in nodes),
)

# Rms radii of the neutrons in caesium and iodine [fm].
_RADII = {"prediction": (4.90, 4.85), "nuclear_models": (5.09, 5.03)}
_STEADY_STATES = ("total", "bins")


def coherent_csi(
    *,
    nucleon_couplings: str = "corrected",
    form_factor: str = "helm",
    electron_channel: bool = True,
    electron_couplings: str = "corrected",
    neutron_radii: str = "prediction",
    steady_state: str = "total",
) -> Experiment:
    """Counts in 9 photoelectron x 11 time bins, CEvNS and neutrino-electron scattering.

    Args:
        nucleon_couplings: 'corrected' for radiative corrections or 'tree'.
        form_factor: 'helm' or 'klein_nystrand'.
        electron_channel: whether scattering on the electrons of CsI counts as signal.
        electron_couplings: 'corrected' for radiative corrections or 'tree'.
        neutron_radii: 'prediction' for 4.90 and 4.85 fm, which give the collaboration's 342 events, or 'nuclear_models'
            for 5.09 and 5.03 fm.
        steady_state: 'total' for 1286 +- 2.1 % in the shape of the anti-coincident counts, as the collaboration, or
            'bins' for these counts themselves, with the counting error of each photoelectron bin.

    Raises:
        ValueError: unknown option.
    """
    counts = read_table("coherent_csi/counts")
    pe = exposure.edges_of(counts["pe_lo"], counts["pe_hi"])
    time = exposure.edges_of(counts["t_lo"], counts["t_hi"])
    options = NuclearOptions(nucleon_couplings, form_factor)
    electrons = electron(electron_couplings) if electron_channel else None
    for name, value, known in (
        ("neutron_radii", neutron_radii, _RADII),
        ("steady_state", steady_state, _STEADY_STATES),
    ):
        if value not in known:
            raise ValueError(unknown(f"option {name}", value, known))
    radii = _RADII[neutron_radii]
    nuclei = [i._replace(radius_n=r) for i, r in zip((CAESIUM, IODINE), radii, strict=True)]
    scales = {STRENGTH: 1.0, "sns_flux": _FLUX_ERROR}
    return Experiment(
        observed=counts["observed"],
        error=np.ones((len(pe) - 1) * (len(time) - 1)),
        channels=_channels(np.array(pe), np.array(time), nuclei, options, electrons),
        widths=np.array(list(scales.values())),
        background=_background(
            np.array(pe), np.array(time), counts["anticoincident"], steady_state
        ),
        name="coherent_csi",
        title="COHERENT CsI",
        axes=(Axis("photoelectrons", "PE", pe), Axis("recoil time", "us", time)),
        shapes=_SHAPES,
        nodes=tuple(_NODES.values()),
        scales=tuple(scales),
        gaussian=False,
    )


def _channels(
    pe: np.ndarray,
    time: np.ndarray,
    nuclei: list[Isotope],
    options: NuclearOptions,
    electrons: Electron | None,
) -> tuple[Channel, ...]:
    """Prompt and delayed neutrinos on both nuclei and, if wanted, on the electrons."""
    values = read_constants("coherent_csi")
    fluence = exposure.fluence_per_flavour(values["pot"], values["nu_per_pot"], values["distance"])
    molecules = exposure.targets_per_kg(_MOLAR_MASS) * values["detector_mass"]
    arrival = read_table("coherent_csi/arrival_time")
    nuclear, electronic = [], []
    for flux, when in ((prompt(fluence), "prompt"), (delayed(fluence), "delayed")):
        shares = np.stack([_in_time(time, arrival["t_lo"], arrival[when], v) for v in _VARIANTS])
        spread = np.tile(shares, pe.size - 1)
        nuclear += [_nuclear(pe, flux, each, molecules, spread, options) for each in nuclei]
        if electrons:
            electronic.append(_electronic(pe, flux, molecules, spread, electrons))
    return tuple(stack(*channels) for channels in (nuclear, electronic) if channels)


def _nuclear(
    pe: np.ndarray,
    flux: Flux,
    isotope: Isotope,
    nuclei: float,
    spread: np.ndarray,
    options: NuclearOptions,
) -> Channel:
    nucleus = target(isotope, options.nucleon_couplings)
    mass = float(nucleus.mass)
    responses, radii, folding_of = _foldings()
    recoil, weights = exposure.recoil_nodes(*_NUCLEAR_RANGE, thresholds(flux, mass), panels=16)
    per_node = nuclei * weights
    form_p = form_factor(options.form_factor, recoil, mass, isotope.radius_p)
    return Channel(
        recoil=recoil,
        moments=moments(flux, recoil, mass),
        response=np.stack([per_node * _response(pe, _quenched(recoil, v), v) for v in responses]),
        spread=spread,
        target=nucleus,
        form_p=np.tile(form_p, (len(radii), 1)),
        form_n=np.stack(
            [form_factor(options.form_factor, recoil, mass, isotope.radius_n * r) for r in radii]
        ),
        folding_of=folding_of,
    )


def _electronic(
    pe: np.ndarray, flux: Flux, molecules: float, spread: np.ndarray, target: Electron
) -> Channel:
    shells = read_table("coherent_csi/electron_shells")
    breaks = np.append(thresholds(flux, M_E), shells["binding"] * 1e-6)
    recoil, weights = exposure.recoil_nodes(*_ELECTRON_RANGE, breaks, panels=24)
    electrons = electrons_above(recoil * 1e6, shells["binding"], shells["electrons"])
    per_node = molecules * electrons * weights
    responses, _, folding_of = _foldings()
    return Channel(
        recoil=recoil,
        moments=moments(flux, recoil, M_E),
        response=np.stack([per_node * _response(pe, recoil * 1e3, v) for v in responses]),
        spread=spread,
        target=target,
        form_p=None,
        form_n=None,
        folding_of=tuple(i if i < len(responses) else 0 for i in folding_of),
    )


def _foldings() -> tuple[list[_Variant], list[float], tuple[int, ...]]:
    """Responses, neutron radii over the nominal, and `Channel.folding_of`: the onset moves events in time only."""
    only_response = [v._replace(onset=0.0, neutron_radius=0.0) for v in _VARIANTS]
    responses = list(dict.fromkeys(only_response))
    radii = list(dict.fromkeys(1 + _RADIUS_ERROR * v.neutron_radius for v in _VARIANTS))
    folding_of = []
    for variant, own in zip(_VARIANTS, only_response, strict=True):
        form = radii.index(1 + _RADIUS_ERROR * variant.neutron_radius)
        folding_of.append(len(responses) - 1 + form if form else responses.index(own))
    return responses, radii, tuple(folding_of)


def _quenched(recoil: np.ndarray, variant: _Variant) -> np.ndarray:
    """Visible energy [keVee] of nuclear recoils [MeV] with the released eigen-variations."""
    table = read_table("coherent_csi/quenching")
    nominal, first, second = (
        np.array(list(table.where(variation=row).values()))
        for row in ("nominal", "syst0_plus1sigma", "syst1_plus1sigma")
    )
    coefficients = nominal + variant.quenching_1 * (first - nominal)
    coefficients += variant.quenching_2 * (second - nominal)
    return 1e3 * polynomial(recoil, coefficients)


def _response(pe: np.ndarray, visible: np.ndarray, variant: _Variant) -> np.ndarray:
    """Probability of each PE bin for visible energies [keVee]."""
    values = read_constants("coherent_csi")
    mean = visible / values["smear_a_coeff"]
    shape = values["smear_b_coeff"] * visible
    a, b, c, d = _efficiency_coefficients(variant.efficiency)
    turn_on = c - np.log(-a / d - 1) / b

    def efficiency(x: np.ndarray) -> np.ndarray:
        return np.clip(a / (1 + np.exp(-b * (x - c))) + d, 0.0, 1.0)

    return gamma(pe, mean, shape, efficiency, turn_on=turn_on)


def _efficiency_coefficients(z: float) -> tuple[float, ...]:
    """a, b, c, d of a/(1 + exp(-b (x - c))) + d at z standard deviations."""
    table = read_table("coherent_csi/efficiency")
    nominal, plus = (table.where(variation=row) for row in ("nominal", "plus1sigma"))
    return tuple(nominal[k] + z * (plus[k] - nominal[k]) for k in "abcd")


def _in_time(time: np.ndarray, low: np.ndarray, pdf: np.ndarray, variant: _Variant) -> np.ndarray:
    """Accepted share of a fine time profile [per bin] in each time bin; `onset` moves it to later times.

    Fine bins that straddle an edge are shared in proportion: whole ones would move up to 12 % of a bin.
    """
    values = read_constants("coherent_csi")
    width = float(np.median(np.diff(low)))
    ends = np.append(low, low[-1] + width) + _ONSET_ERROR * variant.onset
    late = np.maximum(ends[:-1] + width / 2 - values["eff_t_onset"], 0.0)
    accepted = pdf * np.exp(-values["eff_t_slope"] * late)
    return np.diff(np.interp(time, ends, np.append(0.0, accepted.cumsum())))


def _background(
    pe: np.ndarray, time: np.ndarray, anticoincident: np.ndarray, steady_state: str
) -> tuple[Component, ...]:
    """Beam-related and neutrino-induced neutrons, and the steady state."""
    values = read_constants("coherent_csi")
    uncertainty = _uncertainties()
    in_pe = read_table("coherent_csi/background_pe")
    in_time = read_table("coherent_csi/background_time")
    neutrons = []
    for kind in ("brn", "nin"):
        light = np.histogram(in_pe["pe_lo"] + 0.5, bins=pe, weights=in_pe[kind])[0]
        profile = _in_time(time, in_time["t_lo"], in_time[kind], _Variant())
        number = values[f"n_{kind}_prior"]
        error = {f"csi_{kind}": uncertainty[f"n_{kind}_prior"] / number}
        neutrons.append(component(number * np.outer(light, profile).ravel(), error, name=kind))
    light = anticoincident.reshape(pe.size - 1, -1).sum(axis=1)
    profile = -np.diff(np.exp(-_STEADY_STATE_SLOPE * time))
    counted = np.outer(light, profile / profile.sum()).ravel()
    if steady_state == "bins":
        return (
            *neutrons,
            component(counted, shapes=_counting(counted, light), name="steady_state"),
        )
    number = values["n_ssb_prior"]
    error = {"csi_steady_state": uncertainty["n_ssb_prior"] / number}
    return (*neutrons, component(number / light.sum() * counted, error, name="steady_state"))


def _counting(counted: np.ndarray, light: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """A nuisance for the counting error of each photoelectron bin."""
    pairs = {}
    for i, number in enumerate(light):
        moved = np.repeat(np.eye(light.size)[i], counted.size // light.size) / np.sqrt(number)
        pairs[f"csi_steady_state_{i + 1}"] = counted * (1 + moved), counted * (1 - moved)
    return pairs


def _uncertainties() -> dict[str, float]:
    table = read_table("coherent_csi/constants")
    return dict(zip(table["name"].tolist(), table["uncertainty"].tolist(), strict=True))
