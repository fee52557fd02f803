"""Every setting of the nuisances at which an experiment is computed."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxmed.experiments.folder.read.describe import Description, ReadRun
from jaxmed.experiments.folder.read.neutrinos import ALL
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA
from jaxmed.models.model import Parameter


@dataclass(frozen=True)
class Variant:
    """One nuisance at one of its nodes.

    Attributes:
        name: of the nuisance, with the run where each run has its own; empty for the nominal setting.
        z: its pull [sigma].
        views: of all runs.
        factors: ((run, part of the flux), change of its normalisation), where the nuisance is an error on that.
    """

    name: str
    z: float
    views: tuple[View, ...]
    factors: tuple[tuple[tuple[str, str], float], ...] = ()


def all_variants(found: Description) -> list[Variant]:
    """The nominal setting, then every shape nuisance at each of its nodes."""
    nominal = tuple(run.view for run in found.runs)
    variants = [Variant("", 0.0, nominal)]
    for name, nodes in found.nodes.items():
        nuisance = found.keys.nuisances.get(name)
        if nuisance is not None and nuisance.per_run:
            for run in found.runs:
                variants += [
                    Variant(own_name(found, name, run), z, _moved(found, name, z, run))
                    for z in nodes
                ]
        else:
            variants += [Variant(name, z, _moved(found, name, z)) for z in nodes]
    for name, errors in scale_errors(found)[1].items():
        for z in ONE_SIGMA:
            factors = tuple((where, z * error) for where, error in errors.items())
            variants.append(Variant(name, z, nominal, factors))
    return variants


def own_name(found: Description, name: str, run: ReadRun) -> str:
    """What a nuisance is called in a run: with the run's name where each has its own."""
    nuisance = found.keys.nuisances.get(name)
    return f"{name}_{run.view.run}" if nuisance and nuisance.per_run else name


def scale_errors(
    found: Description,
) -> tuple[dict[str, float], dict[str, dict[tuple[str, str], float]]]:
    """Normalisation errors of the signal by nuisance: those of the whole, and those of some (run, part of the flux)."""
    every: dict[str, dict[tuple[str, str], float]] = {}
    for run in found.runs:
        content = run.view.keys
        of_flux = content.flux.errors if content.flux else {}
        for name, error in (*of_flux.items(), *content.signal.errors.items()):
            parts = error if isinstance(error, dict) else {ALL: error}
            for part, value in parts.items():
                if not value:
                    continue
                every.setdefault(own_name(found, name, run), {})[run.view.run, part] = value
    whole, some = {}, {}
    for name, errors in every.items():
        same = len(errors) == len(found.runs) and len(set(errors.values())) == 1
        if same and all(part == ALL for _, part in errors):
            whole[name] = next(iter(errors.values()))
        else:
            some[name] = errors
    return whole, some


def free_parameters(found: Description, names: Sequence[str]) -> tuple[Parameter, ...]:
    """Those without a constraint, with their ranges."""
    free = {
        own_name(found, name, run): nuisance
        for run in found.runs
        for name, nuisance in found.keys.nuisances.items()
        if nuisance.free
    }
    pairs = ((name, free[name]) for name in names if name in free)
    return tuple(Parameter(name, n.range[0], n.range[1], False, n.unit) for name, n in pairs)


def _moved(
    found: Description, name: str, z: float, only: ReadRun | None = None
) -> tuple[View, ...]:
    return tuple(
        found.at(run, name, z) if only is None or run is only else run.view for run in found.runs
    )
