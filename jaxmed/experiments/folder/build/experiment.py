"""From the description of an experiment to an ordinary Experiment."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np

from jaxmed.experiments.folder.build.channels import Folded, all_channels, fold_signal
from jaxmed.experiments.folder.build.components import backgrounds
from jaxmed.experiments.folder.build.variants import (
    Variant,
    all_variants,
    free_parameters,
    scale_errors,
)
from jaxmed.experiments.folder.read.arrival import arrival_shares
from jaxmed.experiments.folder.read.bins import in_events
from jaxmed.experiments.folder.read.describe import Description, ReadRun
from jaxmed.experiments.folder.read.neutrinos import ALL
from jaxmed.experiments.folder.read.signal import factors, template
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.likelihood.forward import channel_events, expected
from jaxmed.experiments.model import STRENGTH, Channel, Experiment
from jaxmed.theory.couplings import standard_model

_MOST_EVENTS = 1e15


def build(found: Description) -> Experiment:
    """The experiment that a folder describes.

    Raises:
        ValueError: no neutrino of the flux reaches the bins.
    """
    variants = all_variants(found)
    if found.keys.target is None:
        return _assembled(found, variants, (), np.zeros(found.n_bins), variants[:1])
    folded = fold_signal(found, variants)
    per_recoil = None
    if found.keys.signal.template is not None:
        flat = {part: np.ones((1, _n_recoil(found))) for part in folded.parts}
        bare = all_channels(found, folded, flat)
        per_recoil = np.sum([standard_counts(channel) for channel in bare], axis=0)
    spread = {part: _spread(found, folded, part, per_recoil) for part in folded.parts}
    channels = all_channels(found, folded, spread)
    in_bins = np.sum([standard_counts(channel) for channel in channels], axis=0)
    if not in_bins.sum() > 0:
        raise ValueError(f"{found.folder}: the standard model predicts no event, expected some")
    return _assembled(found, variants, channels, in_bins, folded.variants)


def _assembled(
    found: Description,
    variants: Sequence[Variant],
    channels: tuple[Channel, ...],
    in_bins: np.ndarray,
    own: Sequence[Variant],
) -> Experiment:
    """The experiment of some channels, none without neutrinos.

    Args:
        found: what its folder says.
        variants: all settings of its nuisances, the nominal one first.
        channels: of its neutrinos.
        in_bins: standard-model events, (n_bins,).
        own: settings of the nuisances that move the neutrinos.
    """
    background = backgrounds(found, variants, in_bins)
    counts = in_bins + sum((part.nominal for part in background), np.zeros(in_bins.size))
    if not counts.max() < _MOST_EVENTS:
        raise ValueError(
            f"{found.folder}: {counts.max():.3g} events are predicted in one bin, expected fewer than "
            f"{_MOST_EVENTS:.0e}: are exposure, flux and backgrounds in the units that they claim?"
        )
    shapes = tuple(dict.fromkeys(v.name for v in own[1:]))
    ones = np.ones(in_bins.size)
    data = found.keys.data
    scales = {STRENGTH: 1.0, **scale_errors(found)[0]} if channels else {}
    experiment = Experiment(
        observed=_column(found, "observed", in_bins) if data.counts == "observed" else ones,
        error=_column(found, "error", in_bins) if data.likelihood == "gaussian" else ones,
        channels=channels,
        widths=np.array(list(scales.values())),
        background=background,
        name=found.name,
        title=found.title,
        axes=found.axes,
        shapes=shapes,
        nodes=tuple(tuple(v.z for v in own if v.name == name) for name in shapes),
        scales=tuple(scales),
        gaussian=data.likelihood == "gaussian",
        one_sided=data.likelihood == "upper",
        free=free_parameters(found, shapes),
        folder=str(found.folder),
        options=found.options,
    )
    if data.counts == "observed":
        return experiment
    # compiled as one: operation by operation it takes seconds
    asimov = jax.jit(expected)(experiment, standard_model())
    return replace(experiment, observed=np.asarray(asimov), projected=True)


def _column(found: Description, name: str, standard: np.ndarray) -> np.ndarray:
    """A column of the bins in events; `standard` are the standard-model events of all bins (n_bins,)."""
    per_run = np.split(by_run(found, standard), len(found.runs))
    return found.joined(
        [
            in_events(run.view.keys, run.bins, name, own.ravel())
            for run, own in zip(found.runs, per_run, strict=True)
        ]
    )


@jax.jit
def _standard_events(channel: Channel) -> jax.Array:
    # The couplings are made in here: outside, each of their few operations would be a program of its own.
    return channel_events(channel, standard_model())


def standard_counts(channel: Channel) -> np.ndarray:
    """Nominal standard-model events per bin of a stack of channels, (n_bins,)."""
    first = replace(
        channel,
        response=channel.response[:, :1],
        spread=channel.spread[:, :1],
        form_p=None if channel.form_p is None else channel.form_p[:, :1],
        form_n=None if channel.form_n is None else channel.form_n[:, :1],
        folding_of=(0,),
    )
    return np.asarray(_standard_events(first))[0]


def _n_recoil(found: Description) -> int:
    """Bins of the axis of the response, of all runs."""
    return len(found.runs) * found.runs[0].bins.axes[0].size


def by_run(found: Description, values: np.ndarray) -> np.ndarray:
    """Values of all bins (n_bins,) as (n_runs, n)."""
    n_first, n_runs = found.runs[0].bins.axes[0].size, len(found.runs)
    return np.moveaxis(values.reshape(n_first, n_runs, -1), 1, 0).reshape(n_runs, -1)


def _spread(
    found: Description, folded: Folded, part: str, per_recoil: np.ndarray | None
) -> np.ndarray:
    """`Channel.spread` of a part of the flux.

    A template needs the standard-model events per bin of the response, (n_recoil_bins,).
    """
    rows = [
        found.joined(
            [_shares(run, view, part) for run, view in zip(found.runs, v.views, strict=True)]
        )
        * _factor(found, v, part)
        for v in folded.variants
    ]
    spread = np.stack(rows)
    if per_recoil is None:
        return spread
    standard = np.repeat(per_recoil, spread.shape[1] // per_recoil.size)
    # Above the end of the recoil spectrum both the template and our spectrum vanish.
    return np.divide(spread, standard, out=np.zeros_like(spread), where=spread > 0)


def _shares(run: ReadRun, view: View, part: str) -> np.ndarray:
    """Shares, or events of a template, in every bin of a run, (n_bins,)."""
    bins = run.bins
    if view.keys.signal.template is not None:
        return template(view, bins)
    shares = np.ones(bins.axes[0].size)
    for axis in bins.axes[1:]:
        shares = np.outer(shares, arrival_shares(view, axis, part)).ravel()
    return shares * factors(view, bins)


def _factor(found: Description, variant: Variant, part: str) -> np.ndarray:
    """Factors of a normalisation of one part or run, (n_bins,)."""
    n = found.runs[0].bins.n
    own = dict(variant.factors)
    rows = [
        np.full(n, 1 + own.get((run.view.run, part), own.get((run.view.run, ALL), 0.0)))
        for run in found.runs
    ]
    return found.joined(rows)
