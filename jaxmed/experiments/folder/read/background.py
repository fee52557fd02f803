"""The tables [[background]] of an experiment: events in every bin."""

import numpy as np
from scipy.special import ndtr

from jaxmed.experiments.folder.read.arrival import accepted, in_bins, share_table
from jaxmed.experiments.folder.read.bins import Bins, checked_pairs, events_per, grid_of, kg_days
from jaxmed.experiments.folder.read.response import Response
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.folder.schema.run import RATES, BackgroundKeys, ProfileKeys
from jaxmed.experiments.model import Axis
from jaxmed.user_files import keys


def background_events(view: View, name: str, bins: Bins, response: Response) -> np.ndarray:
    """Events of a background in every bin, (n_bins,).

    Args:
        view: the run, with its nuisances at their pulls.
        name: of the background.
        bins: of the run.
        response: of the run, for lines and what is accepted.

    Raises:
        ValueError: a mistake in a table, or a profile along an axis that is not there; the key, or the file and line,
            are named.
    """
    b = next(each for each in view.keys.background if each.name == name)
    key = f"background '{name}'"
    if b.file is not None:
        return _from_file(view, b, bins)
    if b.events is None and b.rate is None:
        events = bins.column(b.column or name, key)
        bins.table.require(events >= 0, f"{b.column or name} not below 0")
        return events * events_per(view.keys, b.unit or "events", bins)
    for axis in b.profiles:
        if axis not in bins.names:
            raise ValueError(
                f"{key}.profiles.{axis}: unknown axis '{axis}'{keys.hint(axis, bins.names)}: expected "
                f"{keys.one_of(bins.names)}"
            )
    shares = np.ones(1)
    for axis_name, axis in zip(bins.names, bins.axes, strict=True):
        profile = b.profiles.get(axis_name)
        where = f"{key}.profiles.{axis_name}"
        own = (
            _flat(axis)
            if profile is None
            else _shares(view, profile, axis_name, bins, response, where)
        )
        shares = np.outer(shares, own).ravel()
    number = b.events
    if number is None:  # a rate is the average over the first axis
        width = bins.first[-1] - bins.first[0]
        number = (b.rate or 0.0) * RATES[b.unit or ""] * width * kg_days(view.keys.target)
    return number * shares


def counts_behind(bins: Bins, profile: ProfileKeys, axis: str) -> np.ndarray:
    """Counts of the side band that a profile is made of, in each bin of its axis, (n,)."""
    return _summed(bins, axis, bins.column(profile.column or "", f"profiles.{axis}"))


def _from_file(view: View, b: BackgroundKeys, bins: Bins) -> np.ndarray:
    rows = view.rows(b.file or "")
    names, axes, columns = grid_of(rows)
    bins.require_same(rows, names, axes)
    column = b.column or "events"
    if column not in columns:
        raise ValueError(
            f"{rows.path}: column {column}{keys.hint(column, columns)} is missing, expected it for background "
            f"'{b.name}'"
        )
    if not b.histfactory:
        rows.require(columns[column] >= 0, f"{column} not below 0")
    own = (column, *b.errors_per_bin.values())
    # with a column of its own the table may hold other backgrounds as well
    pairs = (
        {}
        if b.column
        else checked_pairs(rows, columns, columns[column], *own, signed=b.histfactory)
    )
    events = view.moved(columns[column], pairs) * events_per(view.keys, b.unit or "events", bins)
    said = ", ".join(pairs) or "none"
    view.note(rows, f"{events.sum():.6g} events, variations: {said}")
    return events


def bin_errors(view: View, b: BackgroundKeys, bins: Bins) -> dict[str, np.ndarray]:
    """Of each of `errors_per_bin` the fractional error of every bin, (n_bins,).

    Raises:
        ValueError: a column is missing, an error is negative, or one that floats is not 1 where it acts.
    """
    if not b.errors_per_bin:
        return {}
    rows = view.rows(b.file or "")
    columns, found = grid_of(rows)[2], {}
    for name, column in b.errors_per_bin.items():
        if column not in columns:
            raise ValueError(
                f"{rows.path}: column {column}{keys.hint(column, columns)} is missing, expected it for "
                f"background '{b.name}'.errors_per_bin.{name}"
            )
        found[name], nuisance = columns[column], view.keys.nuisances.get(name)
        rows.require(found[name] >= 0, f"{column} not below 0")
        if nuisance is not None and nuisance.free:
            rows.require(np.isin(found[name], (0, 1)), f"{column} 0 or 1, since {name} floats")
    return found


def _shares(
    view: View, profile: ProfileKeys, name: str, bins: Bins, response: Response, where: str
) -> np.ndarray:
    """Shares of a background in the bins of one axis, (n,); `where` names the profile in sentences."""
    axis = bins.axes[bins.names.index(name)]
    in_time = profile.decay_per_us is not None
    if in_time and axis.unit != "us":
        raise ValueError(f"{where}: got decay_per_us, expected it along an axis of time")
    if (profile.decay_per_keV or profile.line_keV) and axis is not bins.axes[0]:
        raise ValueError(f"{where}: got energies in keV, expected them along the first axis")
    if profile.efficiency and profile.line_keV is None and axis.unit != "us":
        raise ValueError(f"{where}: got efficiency with a file, expected it along an axis of time")
    if profile.decay_per_us is not None or profile.decay_per_keV is not None:
        first = profile.decay_per_keV is not None
        edges = bins.first if first else np.array(axis.edges)
        rate = profile.decay_per_keV if first else profile.decay_per_us
        # from the first edge on: the exponential of a far one underflows
        shares = -np.diff(np.exp(-(rate or 0.0) * (edges - edges[0])))
        return shares / shares.sum()
    if profile.line_keV is not None:
        return _line(profile, profile.line_keV, bins, response, where)
    column = profile.column or ""
    if profile.file is None:
        counts = counts_behind(bins, profile, name)
        if not counts.sum() > 0:
            raise ValueError(
                f"{bins.table.path}: column {column} is zero everywhere, expected the shape of {where}"
            )
        return counts / counts.sum()
    ends, shares = share_table(view, profile.file, column, axis)
    kept = accepted(view, ends) if profile.efficiency else np.ones(shares.size)
    return in_bins(axis, ends, shares, kept)


def _line(
    profile: ProfileKeys, energy: float, bins: Bins, response: Response, where: str
) -> np.ndarray:
    at = np.array([energy])
    sigma = None if profile.width_keV is None else np.array([profile.width_keV])
    if profile.efficiency:
        shares = response.smeared(at, sigma)[:, 0]
    else:
        wide = sigma if sigma is not None or response.width is None else response.width.sigma(at)
        if wide is None:
            raise ValueError(
                f"{where}: got line_keV without response.resolution, expected one, or the line's width_keV"
            )
        shares = np.diff(ndtr((bins.first - energy) / wide))
    if not shares.sum() > 0:
        raise ValueError(
            f"{where}.line_keV = {energy:g}: expected a line of which something is within the bins, "
            f"{bins.first[0]:g} to {bins.first[-1]:g} keV"
        )
    return shares / shares.sum() if profile.normalised else shares


def _summed(bins: Bins, name: str, values: np.ndarray) -> np.ndarray:
    """Values of all bins (n_bins,) summed over all other axes."""
    shape = tuple(axis.size for axis in bins.axes)
    others = tuple(i for i, each in enumerate(bins.names) if each != name)
    return values.reshape(shape).sum(axis=others)


def _flat(axis: Axis) -> np.ndarray:
    width = np.diff(axis.edges)
    return width / width.sum()
