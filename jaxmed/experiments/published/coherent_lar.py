"""COHERENT CENNS-10 liquid argon, Analysis A (Phys. Rev. Lett. 126 (2021) 012002)."""

import numpy as np

from jaxmed.data_tables import Table, read_constants, read_table
from jaxmed.detector.quenching import linear_factor
from jaxmed.detector.response import gaussian
from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA
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
from jaxmed.experiments.published.nuclei import ARGON, NuclearOptions, form_factor, target
from jaxmed.experiments.published.standard import standard_counts
from jaxmed.flux.spectrum import moments, thresholds
from jaxmed.flux.stopped_pion import prompt_and_delayed

_MOLAR_MASS = 39.948  # natural argon [g/mol]
_FLUX_ERROR = 0.10  # shared with every detector at the same source
_OWN_ERROR = 0.0831  # the rest of the 13 % on the CEvNS prediction
_BACKGROUND_ERRORS = {"brn": 0.32, "delbrn": 1.00, "ss": 25 / 3152}
_RECOIL_RANGE = (5e-5, 0.155)  # [MeV]: up to the end of the muon-decay spectrum
_SHAPES = ("lar_cevns_f90", "lar_cevns_time")

_Pair = tuple[np.ndarray, np.ndarray]


def coherent_lar(*, nucleon_couplings: str = "corrected", form_factor: str = "helm") -> Experiment:
    """Counts in 12 energy x 8 F90 x 10 time bins.

    F90 and time of the signal are those of the released CEvNS template, each energy bin reweighted by
    model/SM of our own recoil spectrum. Scattering on electrons is left out: F90 rejects most of it.

    Args:
        nucleon_couplings: 'corrected' for radiative corrections or 'tree'.
        form_factor: 'helm' or 'klein_nystrand'.

    Raises:
        ValueError: unknown option.
    """
    table = read_table("coherent_lar/templates")
    axes = tuple(
        Axis(name, unit, exposure.edges_of(table[f"{key}_lo"], table[f"{key}_hi"]))
        for name, unit, key in (
            ("reconstructed energy", "keVee", "e"),
            ("F90", "1", "f90"),
            ("time", "us", "t"),
        )
    )
    scales = {STRENGTH: 1.0, "sns_flux": _FLUX_ERROR, "lar_cevns": _OWN_ERROR}
    return Experiment(
        observed=table["observed"],
        error=np.ones(table["observed"].size),
        channels=_channels(
            table, np.array(axes[0].edges), NuclearOptions(nucleon_couplings, form_factor)
        ),
        widths=np.array(list(scales.values())),
        background=_background(table),
        name="coherent_lar",
        title="COHERENT LAr",
        axes=axes,
        shapes=_SHAPES,
        nodes=(ONE_SIGMA,) * len(_SHAPES),
        scales=tuple(scales),
        gaussian=False,
    )


def _channels(table: Table, edges: np.ndarray, options: NuclearOptions) -> tuple[Channel, ...]:
    """All neutrinos together: they share the released F90 and time shape of an energy bin."""
    n_bins = edges.size - 1
    bare = stack(_channel(edges, np.ones((1, n_bins)), options))
    energy_bin = np.searchsorted(edges, table["e_lo"])
    standard = standard_counts(bare)[energy_bin]
    f90, time = _variations(table, "cevns", "f90_p", "f90_m"), _variations(table, "cevns", "tmean")
    templates = np.stack([table["cevns"], *f90[::-1], *time[::-1]])
    # Above the end of the recoil spectrum both the template and our spectrum vanish.
    spread = np.divide(templates, standard, out=np.zeros_like(templates), where=templates > 0)
    return (stack(_channel(edges, spread, options)),)


def _channel(edges: np.ndarray, spread: np.ndarray, options: NuclearOptions) -> Channel:
    nucleus = target(ARGON, options.nucleon_couplings)
    mass = float(nucleus.mass)
    values = read_constants("coherent_lar")
    fluence = exposure.fluence_per_flavour(values["pot"], values["nu_per_pot"], values["distance"])
    flux = prompt_and_delayed(fluence)
    recoil, weights = exposure.recoil_nodes(*_RECOIL_RANGE, thresholds(flux, mass), panels=24)
    visible = linear_factor(recoil * 1e3, values["quenching_a"], values["quenching_b"])
    efficiency = read_table("coherent_lar/efficiency")
    knots = (efficiency["energy_ee"], efficiency["efficiency"])
    sigma = values["resolution"] * np.sqrt(visible)
    nuclei = exposure.targets_per_kg(_MOLAR_MASS) * values["fiducial_mass"]
    response = nuclei * weights * gaussian(edges, visible, sigma, knots)
    form_p = form_factor(options.form_factor, recoil, mass, ARGON.radius_p)
    form_n = form_factor(options.form_factor, recoil, mass, ARGON.radius_n)
    return Channel(
        recoil=recoil,
        moments=moments(flux, recoil, mass),
        response=response[None],
        spread=spread,
        target=nucleus,
        form_p=form_p[None],
        form_n=form_n[None],
        folding_of=(0,) * len(spread),
    )


def _background(table: Table) -> tuple[Component, ...]:
    """Prompt and delayed beam-related neutrons, and the steady state."""
    brn = {
        "lar_brn_energy": _variations(table, "brn", "energy_p", "energy_m"),
        "lar_brn_time": _variations(table, "brn", "tmean_p", "tmean_m"),
        "lar_brn_width": _variations(table, "brn", "twidth"),
    }
    return (
        component(table["brn"], {"lar_brn": _BACKGROUND_ERRORS["brn"]}, brn, "brn"),
        component(
            table["delbrn"], {"lar_delayed": _BACKGROUND_ERRORS["delbrn"]}, name="delayed_brn"
        ),
        component(
            table["ss"],
            {"lar_steady_state": _BACKGROUND_ERRORS["ss"]},
            name="steady_state",
        ),
    )


def _variations(table: Table, kind: str, plus: str, minus: str | None = None) -> _Pair:
    """Templates at +1 and -1 sigma with the nominal total; a one-sided variation is mirrored."""
    nominal = table[kind]
    up = _with_total(table[f"{kind}_{plus}"], nominal)
    mirrored = np.maximum(2 * nominal - up, 0.0)
    down = table[f"{kind}_{minus}"] if minus else mirrored
    return up, _with_total(down, nominal)


def _with_total(template: np.ndarray, nominal: np.ndarray) -> np.ndarray:
    return template * nominal.sum() / template.sum()
