"""What is allowed along lines of samples: the ends of its intervals, found exactly, and what to know of each line."""

from typing import NamedTuple

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.regions.level import Crossings, Profile, find_crossings
from jaxmed.inference.regions.samples import Samples
from jaxmed.models.model import Parameter


class Allowed(NamedTuple):
    """Of one line, in the unit of the parameter along it.

    Attributes:
        intervals: ascending; the standard model of a logarithmic parameter is 0, and an end at the box is no limit.
        best: at the lowest sample, NaN where the line is undefined.
        flag: 'ok' or what to know, as in `limits.Limits`.
    """

    intervals: tuple[tuple[float, float], ...]
    best: float
    flag: str

    @property
    def upper(self) -> float:
        """The outermost end, NaN where there is none."""
        return self.intervals[-1][1] if self.intervals and "edge" not in self.flag else np.nan


def find_allowed(
    problem: Problem, samples: Samples, rise: float, sided: str, data: Data
) -> list[Allowed]:
    """Intervals with -log L less than `rise` above the lowest sample of each line.

    Args:
        problem: its first free parameter goes along the lines.
        samples: of the lines, the standard model among each.
        rise: of the level.
        sided: 'one' allows everything up to the lowest sample, too.
        data: the experiments.
    """
    level = samples.lowest + rise
    allowed = samples.nll <= level[samples.line]
    if sided == "one":
        order = np.lexsort((samples.nll, samples.line))
        best = samples.along[order[np.unique(samples.line[order], return_index=True)[1]]]
        allowed |= samples.defined & (samples.along <= best[samples.line])
    edges, found = _crossings(problem, samples, allowed, level, data)
    parameter, standard = first_parameter(problem)
    lines = []
    for i in range(level.size):
        here, crossed = samples.line == i, samples.line[edges] == i
        own = found.points[crossed, 0], bool(found.certain[crossed].all())
        lines.append(_of_line(samples.at(here), allowed[here], *own, parameter, standard))
    return lines


def first_parameter(problem: Problem) -> tuple[Parameter, float]:
    """The first free model parameter, and where the standard model is in its coordinate."""
    pairs = zip(problem.model.parameters, problem.model.standard, strict=True)
    return next((p, at) for p, at in pairs if p.name == problem.parameters[0])


def in_unit(parameter: Parameter, standard: float, along: np.ndarray) -> np.ndarray:
    """Values at the fit's coordinates `along`; a logarithmic parameter is 0 at the standard model."""
    return np.where(parameter.log & (along == standard), 0.0, parameter.value(along))


def _crossings(
    problem: Problem, samples: Samples, allowed: np.ndarray, level: np.ndarray, data: Data
) -> tuple[np.ndarray, Crossings]:
    """Every crossing of the levels (n_lines,): between which sample and the next, and exactly where."""
    changes = (allowed[1:] != allowed[:-1]) & (samples.line[1:] == samples.line[:-1])
    changes &= samples.defined[1:] & samples.defined[:-1]
    edges = np.flatnonzero(changes)
    inner, outer = np.where(allowed[edges], (edges, edges + 1), (edges + 1, edges))
    below, above = (
        Profile(samples.points[i], samples.nll[i], samples.nuisances[i]) for i in (inner, outer)
    )
    return edges, find_crossings(problem, below, above, level[samples.line[edges]], data)


def _of_line(
    own: Samples,
    allowed: np.ndarray,
    crossings: np.ndarray,
    certain: bool,
    parameter: Parameter,
    standard: float,
) -> Allowed:
    if not own.defined.any():
        return Allowed((), np.nan, "undefined")
    ends = np.sort(np.concatenate([_borders(own, allowed), crossings]))
    ends = in_unit(parameter, standard, ends)
    pairs = tuple(zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True))
    known, at = allowed[own.defined], int(np.argmin(np.abs(own.along - standard)))
    notes = {
        "edge": bool(known[-1] or (known[0] and own.along[0] != standard)),
        "islands": len(pairs) > 1,
        "excludes zero": bool(own.defined[at] and not allowed[at]),
        "unconverged": not certain,
        "partly undefined": not own.defined.all(),
    }
    flag = ", ".join(name for name, holds in notes.items() if holds) or "ok"
    best = in_unit(parameter, standard, own.along[np.nanargmin(own.nll)])
    return Allowed(pairs, float(best), flag)


def _borders(own: Samples, allowed: np.ndarray) -> np.ndarray:
    """Allowed samples on a line where it ends or where the next one is undefined: once for each side."""
    unknown = np.concatenate([[True], ~own.defined, [True]])
    return np.concatenate([own.along[allowed & side] for side in (unknown[:-2], unknown[2:])])
