"""When neutrinos arrive: their shares in the bins of an axis of time."""

import numpy as np
from scipy.special import ndtr

from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.folder.schema.flux import StoppedPionKeys, TabulatedFluxKeys
from jaxmed.experiments.model import Axis
from jaxmed.flux.stopped_pion import MUON_LIFETIME, PION_LIFETIME

_STEP, _LAST = 0.01, 30.0  # [us]: of a pulse, and where it has ended
_MOST = 1.001  # what shares may add up to


def arrival_shares(view: View, axis: Axis, part: str) -> np.ndarray:
    """Accepted share of a part of the flux in each bin of time, (n,).

    Raises:
        ValueError: the flux has no arrival times, or a mistake in their table.
    """
    flux = view.keys.flux
    arrival = flux.arrival if isinstance(flux, StoppedPionKeys | TabulatedFluxKeys) else None
    if arrival is None:
        raise ValueError(
            "data.bins: got an axis of time, expected [flux.arrival] for it, or signal.template"
        )
    if arrival.file is not None:
        ends, shares = share_table(view, arrival.file, part, axis)
    else:
        mean, sigma = arrival.pulse_mean_us or 0.0, arrival.pulse_sigma_us or 1.0
        ends = np.arange(mean - 8 * sigma, mean + 8 * sigma + _LAST, _STEP)
        shares = np.diff(_pulse(ends - mean, sigma, part))
    return in_bins(axis, ends + arrival.delay_us, shares, accepted(view, ends + arrival.delay_us))


def share_table(view: View, file: str, column: str, axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Ends (m + 1,) and shares (m,) from a table low_UNIT, high_UNIT with a column of shares."""
    rows = view.rows(file)
    unit = "" if axis.unit == "1" else f"_{axis.unit}"
    rows = view.columns(file, (f"low{unit}", f"high{unit}", column), list(rows.values))
    low, high, shares = rows[f"low{unit}"], rows[f"high{unit}"], rows[column]
    rows.require(shares >= 0, f"{column} not below 0")
    rows.require(high > low, "the upper edge of a row above the lower one")
    rows.require(
        np.append(True, np.isclose(low[1:], high[:-1], rtol=1e-9, atol=1e-12)),
        "rows in ascending order, each from where the one before ends",
    )
    inside = shares[(low >= axis.edges[0]) & (high <= axis.edges[-1])].sum()
    if inside > _MOST or not np.any(shares > 0):
        raise ValueError(
            f"{rows.path}: {column} adds up to {inside:g} within the bins, expected shares that add up to 1 at most, "
            "and not all of them 0"
        )
    view.note(rows, f"{low.size} rows from {low[0]:g} to {high[-1]:g} {axis.unit}")
    return np.append(low, high[-1]), shares


def accepted(view: View, ends: np.ndarray) -> np.ndarray:
    """The efficiency in time [us] at the centres between `ends` (m + 1,), (m,)."""
    efficiency, middle = view.keys.response.time_efficiency, (ends[1:] + ends[:-1]) / 2
    if efficiency is None:
        return np.ones(middle.size)
    if efficiency.file is None:
        late = np.maximum(middle - efficiency.from_us, 0.0)
        return np.exp(-(efficiency.decay_per_us or 0.0) * late)
    rows = view.columns(efficiency.file, ("time_us", "efficiency"))
    rows.require_ascending("time_us")
    rows.require((rows["efficiency"] >= 0) & (rows["efficiency"] <= 1), "efficiency from 0 to 1")
    view.note(rows, f"from {rows['time_us'][0]:g} to {rows['time_us'][-1]:g} us")
    return np.interp(middle, rows["time_us"], rows["efficiency"])


def in_bins(axis: Axis, ends: np.ndarray, shares: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """What is kept of fine shares (m,) between `ends` (m + 1,) in each bin, (n,).

    A piece that straddles an edge is shared in proportion: a whole one would move up to 12 % of a bin of CsI.
    """
    total = np.append(0.0, (shares * kept).cumsum())
    return np.diff(np.interp(axis.edges, ends, total))


def _pulse(time: np.ndarray, sigma: float, part: str) -> np.ndarray:
    """Share that has arrived by a time [us] after the middle of a Gaussian pulse, (n,).

    Prompt neutrinos come with the life of the pion, delayed ones with that of the muon after it.
    """

    def smeared(life: float) -> np.ndarray:
        tail = np.exp(np.minimum((sigma / life) ** 2 / 2 - time / life, 700.0))
        return ndtr(time / sigma) - tail * ndtr(time / sigma - sigma / life)

    if part == "prompt":
        return smeared(PION_LIFETIME)
    muon, pion = MUON_LIFETIME, PION_LIFETIME
    return (muon * smeared(muon) - pion * smeared(pion)) / (muon - pion)
