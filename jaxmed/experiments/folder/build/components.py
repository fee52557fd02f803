"""The backgrounds of an experiment with their systematic variations."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from jaxmed.experiments.folder.build.variants import (
    Variant,
    free_parameters,
    own_name,
    scale_errors,
)
from jaxmed.experiments.folder.read.background import background_events, bin_errors, counts_behind
from jaxmed.experiments.folder.read.describe import Description, ReadRun
from jaxmed.experiments.folder.read.detector import read_response
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.folder.schema.run import BackgroundKeys
from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA, Nodes
from jaxmed.experiments.model import Component, component

_Scales = tuple[tuple[str, float], ...]
_Pairs = tuple[tuple[str, tuple[float, ...]], ...]


def backgrounds(
    found: Description, variants: Sequence[Variant], standard: np.ndarray
) -> tuple[Component, ...]:
    """All backgrounds, and where one holds the standard-model neutrinos, these taken out again.

    Args:
        found: the experiment.
        variants: all settings of its nuisances, the nominal one first.
        standard: its standard-model events, (n_bins,).
    """
    holders = [b.name for b in found.keys.background if b.contains_standard_model is True]
    together = " + ".join(holders)
    parts = []
    for b in found.keys.background:
        label = together if b.name in holders else b.name
        inside = standard if b.contains_standard_model == "before errors" else np.zeros(1)
        parts += _of_runs(found, variants, b.name, label, inside)
    if holders:
        parts.append(component(-standard, scale_errors(found)[0], name=together))
    return tuple(parts)


def _of_runs(
    found: Description, variants: Sequence[Variant], name: str, label: str, inside: np.ndarray
) -> list[Component]:
    """A background less what is `inside` of it, in as many parts as there are sets of errors among the runs."""
    of_runs = [_events(run, run.view, name) for run in found.runs]
    nominal = found.joined(of_runs)
    shapes = [
        *_moved(found, variants, name),
        *(each for run in found.runs for each in _counted(found, run, name, of_runs)),
    ]
    groups: dict[tuple[_Scales, _Pairs], list[ReadRun]] = {}
    for run in found.runs:
        b = _keys(run.view, name)
        scales = {
            own_name(found, n, run): e for n, e in b.errors.items() if isinstance(e, float) and e
        }
        scales |= {own_name(found, floats, run): 1.0 for floats in b.floats}
        pairs = {
            own_name(found, n, run): tuple(e) for n, e in b.errors.items() if isinstance(e, list)
        }
        groups.setdefault((tuple(scales.items()), tuple(pairs.items())), []).append(run)
    parts, local = [], _local(found, name)
    floats = {own_name(found, n, run) for run in found.runs for n in _keys(run.view, name).floats}
    for (scales, pairs), runs in groups.items():
        here = found.joined(
            [np.full(x.size, float(r in runs)) for r, x in zip(found.runs, of_runs, strict=True)]
        )
        own = [(n, nodes, here * x) for n, nodes, x in shapes if np.any(here * (x - nominal))]
        names, nodes = tuple(n for n, _, _ in own), tuple(nodes for _, nodes, _ in own)
        rows = np.concatenate([(here * nominal)[None], *(x for _, _, x in own)])
        free = free_parameters(found, [*(n for n, _ in scales), *names])
        zeros = {each.name: 0.0 if each.name in floats else -1.0 for each in free}
        part = Component(
            rows - here * inside,
            np.array([error for _, error in scales]),
            names,
            nodes,
            tuple(n for n, _ in scales),
            label,
            free,
            tuple((each.name, zeros[each.name]) for each in free if each.low != zeros[each.name]),
            signed=_keys(found.runs[0].view, name).histfactory,
        )
        if pairs:
            ends = 1 + np.array([changes for _, changes in pairs])
            part = replace(part, asymmetric=tuple(n for n, _ in pairs), ends=ends)
        parts.append(_with_local(found, part, {n: here * row for n, row in local.items()}))
    return parts


def _local(found: Description, name: str) -> dict[str, np.ndarray]:
    """Errors of single bins by nuisance, (n_bins,): that of the k-th bin with one is called NAME_k."""
    rows: dict[str, np.ndarray] = {}
    for which, run in enumerate(found.runs):
        for nuisance, errors in bin_errors(run.view, _keys(run.view, name), run.bins).items():
            for k, at in enumerate(np.flatnonzero(errors)):
                one = np.zeros((len(found.runs), errors.size))
                one[which, at] = errors[at]
                rows[f"{own_name(found, nuisance, run)}_{k + 1}"] = found.joined(list(one))
    return rows


def _with_local(found: Description, part: Component, rows: dict[str, np.ndarray]) -> Component:
    """The same with errors of single bins."""
    acting = {name: row for name, row in rows.items() if row.any()}
    if not acting:
        return part
    bases = {name: name.rpartition("_")[0] for name in acting}
    free = [
        each._replace(name=name)
        for name, base in bases.items()
        for each in free_parameters(found, [base])
    ]
    return replace(
        part,
        floating=(*part.floating, *free),
        zeros=(*part.zeros, *((each.name, -1.0) for each in free)),
        local=tuple(acting),
        local_widths=np.stack(list(acting.values())),
    )


def _moved(
    found: Description, variants: Sequence[Variant], name: str
) -> list[tuple[str, Nodes, np.ndarray]]:
    """Nuisances that move a background: name, nodes, and events at the nodes, (n_nodes, n_bins)."""
    nominal, *others = ([_key(view, name) for view in v.views] for v in variants)
    rows: dict[str, dict[float, np.ndarray]] = {}
    for variant, keys in zip(variants[1:], others, strict=True):
        if keys != nominal:
            pairs = zip(found.runs, variant.views, strict=True)
            events = found.joined([_events(run, view, name) for run, view in pairs])
            rows.setdefault(variant.name, {})[variant.z] = events
    return [(n, tuple(own), np.stack(list(own.values()))) for n, own in rows.items()]


def _counted(
    found: Description, run: ReadRun, name: str, of_runs: Sequence[np.ndarray]
) -> list[tuple[str, Nodes, np.ndarray]]:
    """A nuisance for the counting error of each bin of a side band that a background of a run has its shape from."""
    shapes = []
    for axis, profile in _keys(run.view, name).profiles.items():
        if profile.statistical is None:
            continue
        shape = [each.size for each in run.bins.axes]
        place = np.indices(shape)[run.bins.names.index(axis)].ravel()
        ending = f"_{run.view.run}" if run.view.run else ""
        for i, number in enumerate(counts_behind(run.bins, profile, axis)):
            change = np.where(place == i, 1 / np.sqrt(max(number, 1.0)), 0.0)
            rows = [
                found.joined(
                    [
                        x * (1 + z * change) if r is run else x
                        for r, x in zip(found.runs, of_runs, strict=True)
                    ]
                )
                for z in ONE_SIGMA
            ]
            shapes.append((f"{profile.statistical}{ending}_{i + 1}", ONE_SIGMA, np.stack(rows)))
    return shapes


def _keys(view: View, name: str) -> BackgroundKeys:
    return next(b for b in view.keys.background if b.name == name)


def _key(view: View, name: str) -> object:
    """Of all that a background depends on: the response where it smears a line or accepts."""
    b = _keys(view, name)
    smeared = any(p.line_keV is not None or p.efficiency for p in b.profiles.values())
    return view.key(b, view.keys.response if smeared else None)


def _events(run: ReadRun, view: View, name: str) -> np.ndarray:
    return background_events(view, name, run.bins, read_response(view, run.bins))
