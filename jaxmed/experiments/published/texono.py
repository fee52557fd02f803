"""TEXONO: nubar_e e scattering at the Kuo-Sheng reactor (Phys. Rev. D 81 (2010) 072001)."""

from pathlib import Path

import numpy as np

from jaxmed.constants import M_E
from jaxmed.data_tables import read_constants
from jaxmed.detector.response import sharp
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.model import STRENGTH, Axis, Channel, Experiment, stack
from jaxmed.experiments.published import exposure
from jaxmed.experiments.published.standard import standard_counts
from jaxmed.flux.reactor import reactor
from jaxmed.flux.spectrum import moments
from jaxmed.theory.scattering import Electron
from jaxmed.user_files.columns import read_columns

_MOLAR_MASS = 259.80992  # CsI [g/mol]
_ELECTRONS = 55 + 53  # per CsI; all are free at MeV recoils
_SCALE_ERROR = 16 / 108  # systematic part of xi = 1.08 +- 0.21 +- 0.16


def texono(
    *, recoil_spectrum: Path | str | None = None, electron_couplings: str = "corrected"
) -> Experiment:
    """The published integral xi = measured / SM = 1.08 +- 0.21 +- 0.16 in 3-8 MeV, in events.

    Args:
        recoil_spectrum: a CSV table (bin_low_MeV, bin_high_MeV, rate, rate_err per kg day MeV) of the measured
            spectrum, which replaces the single bin by its own and the systematic error by a scale nuisance.
        electron_couplings: 'corrected' for radiative corrections or 'tree'.

    Raises:
        ValueError: the table is unreadable, or an unknown option.
    """
    published = read_constants("texono")
    exposure, flux = published["exposure_reactor_on"], published["mean_antineutrino_flux"]
    target = electron(electron_couplings)
    scales = {STRENGTH: 1.0}
    if recoil_spectrum is None:
        edges = np.array([published["recoil_energy_min"], published["recoil_energy_max"]])
        channel = _channel(edges, exposure, flux, target)
        standard = standard_counts(channel)
        observed = published["xi_cross_section_ratio"] * standard
        error = np.hypot(published["xi_stat_error"], published["xi_syst_error"]) * standard
    else:
        edges, rate, rate_error = read_recoil_spectrum(Path(recoil_spectrum))
        channel = _channel(edges, exposure, flux, target)
        observed, error = (exposure * np.diff(edges) * x for x in (rate, rate_error))
        scales["texono_scale"] = _SCALE_ERROR
    return Experiment(
        observed=observed,
        error=error,
        channels=(channel,),
        widths=np.array(list(scales.values())),
        background=(),
        name="texono",
        title="TEXONO",
        axes=(Axis("electron recoil energy", "MeV", tuple(edges.tolist())),),
        shapes=(),
        scales=tuple(scales),
        gaussian=True,
    )


def _channel(edges: np.ndarray, kg_days: float, total_flux: float, target: Electron) -> Channel:
    recoil, weights = exposure.recoil_nodes(edges[0], edges[-1], edges, panels=10, order=8)
    electrons = (
        exposure.targets_per_kg(_MOLAR_MASS) * _ELECTRONS * exposure.kg_days_in_seconds(kg_days)
    )
    n_bins = edges.size - 1
    return stack(
        Channel(
            recoil=recoil,
            moments=moments(reactor(total_flux), recoil, M_E),
            response=(electrons * weights * sharp(edges, recoil))[None],
            spread=np.ones((1, n_bins)),
            target=target,
            form_p=None,
            form_n=None,
            folding_of=(0,),
        )
    )


_COLUMNS = ("bin_low_MeV", "bin_high_MeV", "rate", "rate_err")


def read_recoil_spectrum(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bin edges [MeV] (n + 1,), rate and its error [1/(kg day MeV)] (n,).

    Raises:
        ValueError: missing file, wrong columns, a cell that is no finite number, bins that do not join up, or a
            lower edge or an error that is not positive; the message names file and line.
    """
    table = read_columns(path, _COLUMNS)
    low, high, rate, error = (table[name] for name in _COLUMNS)
    ok = (high > low) & (low > 0) & (error > 0)
    table.require(ok, "bin_high_MeV > bin_low_MeV > 0 and rate_err > 0")
    joined = np.append(True, low[1:] == high[:-1])
    table.require(joined, "bin_low_MeV equal to the bin_high_MeV before")
    return np.append(low, high[-1]), rate, error
