"""The table [signal] of an experiment: factors on the neutrinos, or a released template of them."""

import numpy as np

from jaxmed.experiments.folder.read.bins import Bins, checked_pairs, grid_of
from jaxmed.experiments.folder.read.source import View


def factors(view: View, bins: Bins) -> np.ndarray:
    """Factors on the signal in every bin (n_bins,), from the table signal.variations."""
    file = view.keys.signal.variations
    if file is None:
        return np.ones(bins.n)
    rows = view.rows(file)
    names, axes, columns = grid_of(rows)
    bins.require_same(rows, names, axes)
    pairs = checked_pairs(rows, columns, np.ones(bins.n))
    rows.require(
        np.all([(up < 10) & (down < 10) for up, down in pairs.values()] or [True], axis=0),
        "factors on the signal, near 1",
    )
    view.note(rows, f"variations of the signal: {', '.join(pairs) or 'none'}")
    return view.moved(np.ones(bins.n), pairs)


def template(view: View, bins: Bins) -> np.ndarray:
    """The release's standard model in every bin, (n_bins,), from the table signal.template."""
    rows = view.rows(view.keys.signal.template or "")
    names, axes, columns = grid_of(rows)
    bins.require_same(rows, names, axes)
    if "events" not in columns:
        raise ValueError(f"{rows.path}: column events is missing, expected it for signal.template")
    events = columns["events"]
    rows.require(events >= 0, "events not below 0")
    pairs = checked_pairs(rows, columns, events, "events")
    view.note(rows, f"{events.sum():.6g} events, variations: {', '.join(pairs) or 'none'}")
    return view.moved(events, pairs)
