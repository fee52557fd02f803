"""The nuisances of an experiment: what each moves, and where it is folded."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxmed.experiments.folder.read.source import Source
from jaxmed.experiments.folder.schema.run import RunKeys
from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA, Nodes
from jaxmed.user_files import keys

_K_NODES: Nodes = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
# What a nuisance may add to: keys that begin with one of these.
_MOVABLE = (
    ("response",),
    ("flux", "arrival"),
    ("target", "nuclei", "radius_n_factor"),
    ("background",),
)
# Columns whose variations are a nuisance named after the experiment.
_OWN = {"factor": "quenching", "efficiency": "efficiency"}


def shape_nodes(runs: Sequence[RunKeys], source: Source) -> dict[str, Nodes]:
    """Every nuisance that is more than a normalisation, with its nodes: first those of the response.

    Args:
        runs: what experiment.toml says of each run.
        source: the folder, all of its tables read.
    """
    found: dict[str, Nodes] = {}
    _check_rows(runs, source)
    moved = source.moved_by(list(source.tables))
    for run in runs:
        quenching = run.response.quenching
        if quenching and quenching.error:
            enough = (quenching.lindhard_k or 0.0) > -_K_NODES[0] * quenching.error
            found[f"{run.name}_quenching"] = _K_NODES if enough else ONE_SIGMA
        for column in _OWN:
            if column in moved:
                found[f"{run.name}_{_OWN[column]}"] = ONE_SIGMA
        for name, nuisance in run.nuisances.items():
            if nuisance.adds or name in moved:
                found[name] = nuisance.away
    columns = [column for table in source.tables.values() for column in table.values]
    pairs = (c.removesuffix("_up") for c in columns if c.endswith("_up"))
    return found | {name: ONE_SIGMA for name in pairs if name not in found and name not in _OWN}


def _check_rows(runs: Sequence[RunKeys], source: Source) -> None:
    """ValueError unless tables with a column of pulls have rows at the nodes and at 0, and nowhere else."""
    declared = {name: nuisance for run in runs for name, nuisance in run.nuisances.items()}
    for name, nuisance in declared.items():
        for table in source.tables.values():
            if name in table.values:
                pulls = np.unique(table[name]).tolist()
                if pulls != nuisance.nodes:
                    raise ValueError(
                        f"{table.path}: column {name} has rows at {pulls}, expected them at the nodes {nuisance.nodes}"
                    )


def check_nuisances(run: RunKeys, nodes: Mapping[str, Nodes], several: bool) -> None:
    """ValueError unless each is a normalisation or moves something, not both, and moves what can be moved."""
    flux = [] if run.flux is None else [run.flux]
    parts = [*flux, run.signal, *run.background]
    scales = {name for part in parts for name in part.errors}
    scales |= {name for b in run.background for name in b.floats}
    local = {name for b in run.background for name in b.errors_per_bin}
    for own in _OWN.values():
        if f"{run.name}_{own}" in scales and f"{run.name}_{own}" in nodes:
            raise ValueError(
                f"the nuisance '{run.name}_{own}' is that of the response, expected another name"
            )
    # in HistFactory one nuisance is often both
    alone = [part for part in parts if not getattr(part, "histfactory", False)]
    floats = {name for part in alone for name in getattr(part, "floats", ())}
    if both := sorted((floats | {n for part in alone for n in part.errors}) & set(nodes)):
        raise ValueError(
            f"the nuisance '{both[0]}' is an error and a variation, expected one of the two"
        )
    for name, nuisance in run.nuisances.items():
        if nuisance.per_run and not several:
            raise ValueError(f"nuisances.{name}: got per_run without runs, expected both")
        if name not in scales | local and name not in nodes:
            close = keys.hint(name, scales)
            raise ValueError(
                f"nuisances.{name}: it acts nowhere{close}, expected it to move something"
            )
        if nuisance.adds and not _moves(nuisance.adds):
            raise ValueError(f"nuisances.{name}.adds: expected numbers, not all of them 0")
        for path in _leaves(nuisance.adds):
            if "errors" in path or not any(path[: len(each)] == each for each in _MOVABLE):
                expected = ", ".join(".".join(each) for each in _MOVABLE)
                raise ValueError(
                    f"nuisances.{name}.adds.{'.'.join(path)}: expected a number under one of {expected}"
                )


def _moves(value: Any) -> bool:
    """Whether there is a number that is not 0."""
    if isinstance(value, Mapping):
        return any(map(_moves, value.values()))
    return any(map(_moves, value)) if isinstance(value, list) else bool(value)


def _leaves(adds: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Paths of all numbers."""
    found = []
    for key, below in adds.items():
        inner = _leaves(below) if isinstance(below, dict) else [()]
        found += [(key, *path) for path in inner]
    return found
