"""Asymptotic one-parameter limits on g at fixed mass, the whole line scanned."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.candidates import candidate_couplings
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.profile import profile
from jaxmed.inference.progress import Tick, advance
from jaxmed.theory.models import Choice, Model, get_model

_STEP = 0.1  # of the first scan, in log10 g
_MINIMA = 4  # local minima refined at each mass
_GOLDEN = (np.sqrt(5) - 1) / 2
_GOLDEN_STEPS = 22
_BISECTIONS = 22


class Limits(NamedTuple):
    """Upper limits along a line of masses.

    Attributes:
        mass: [MeV], (n,).
        g_upper: outermost edge of the allowed set, NaN where the flag says there is none, (n,).
        g_best: coupling of the best fit at that mass, 0 for the standard model, (n,).
        flag: 'ok' or what to know, (n,): 'edge' (allowed up to the end of the scan), 'islands' (more than one
            interval), 'excludes zero', 'unconverged'.
        intervals: allowed intervals of g at each mass, ascending; a lower end of 0 is the standard model.
        threshold: allowed means -2 Delta log L below this quantile of chi^2 with one degree of freedom.
    """

    mass: np.ndarray
    g_upper: np.ndarray
    g_best: np.ndarray
    flag: tuple[str, ...]
    intervals: tuple[tuple[tuple[float, float], ...], ...]
    threshold: float


class _Line(NamedTuple):
    """Profiled -log L along g at one mass, sorted; the first point is the standard model."""

    log_g: np.ndarray
    nll: np.ndarray
    converged: np.ndarray


def limits(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    masses: Sequence[float] | np.ndarray,
    cl: float = 0.90,
    fixed: Mapping[str, float] | None = None,
    constraints: Sequence[str] = (),
    tick: Tick = None,
) -> Limits:
    """Largest g allowed at each mass: -2 Delta log L, minimised over g >= 0, below the chi^2_1 quantile.

    Args:
        experiments: one data set or several; all nuisances are profiled.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        masses: mediator masses [MeV], (n,).
        cl: confidence level, between 0 and 1.
        fixed: nuisances, and parameters of the model beside g and mass, held fixed, by name.
        constraints: measurements added to the likelihood by name: 'rho', for a model with U(1)_X charges. The
            measured rho is 1.9 sigma above the standard model's, so that rho alone allows g' x_h up to 8.2e-3 for
            a light mediator at 90 % (relative to the best g >= 0), not the 3.3e-3 of its two-sigma edge (Eq. 34).
        tick: called with the share of the work done since the last call.

    Raises:
        ValueError: masses outside the model's box or not finite, cl outside (0, 1), a model without a mediator or
            with a free parameter beside g and mass, unknown names, a constraint on a model without charges, or JAX
            in 32-bit mode.
    """
    group = (experiments,) if isinstance(experiments, Experiment) else tuple(experiments)
    chosen, line_masses, threshold = check_line(model, masses, cl)
    problem = make_problem(group, chosen, fixed, constraints=constraints)
    if problem.parameters != ("g", "mass"):
        raise ValueError(
            f"limits of model '{chosen.name}': free are {', '.join(problem.parameters)}, expected g and mass alone: "
            "hold the others fixed"
        )
    log_masses = np.log10(line_masses)
    lines = _first_scan(problem, log_masses, group, tick)
    lines = _refine_minima(problem, log_masses, lines, group, tick)
    found = _intervals(problem, log_masses, lines, group, threshold, tick)
    return found._replace(mass=line_masses)


def check_line(
    model: Choice, masses: Sequence[float] | np.ndarray, cl: float
) -> tuple[Model, np.ndarray, float]:
    """The model, masses (n,) and chi^2 threshold of a line of limits; ValueError as `limits` raises."""
    chosen, line = get_model(model), np.asarray(masses, dtype=float)
    if not chosen.has_mediator:
        raise ValueError(f"model '{chosen.name}' has no mediator: expected one with g and mass")
    box = next(p for p in chosen.parameters if p.name == "mass")
    bad = ~(np.isfinite(line) & (line >= box.low) & (line <= box.high))
    if line.ndim != 1 or not line.size or bad.any():
        got = line.ravel()[bad.ravel()][0] if bad.any() else line.tolist()
        raise ValueError(f"mass = {got} MeV: expected values from {box.low:g} to {box.high:g} MeV")
    return chosen, line, chi2_quantile(cl)


def chi2_quantile(cl: float) -> float:
    """Quantile of chi^2 with one degree of freedom; ValueError unless 0 < cl < 1."""
    if not 0 < cl < 1:
        raise ValueError(f"confidence level cl = {cl}: expected a number between 0 and 1")
    return NormalDist().inv_cdf((1 + cl) / 2) ** 2


def _evaluate(
    problem: Problem, log_g: list[np.ndarray], log_masses: np.ndarray, data: Data
) -> list[_Line]:
    """Profile -log L at the given couplings of every mass in one batch."""
    sizes = [len(g) for g in log_g]
    points = np.stack([np.concatenate(log_g), np.repeat(log_masses, sizes)], axis=1)
    found = profile(problem, points, data)
    cuts = np.cumsum(sizes)[:-1]
    parts = (np.split(leaf, cuts) for leaf in (points[:, 0], found.nll, found.converged))
    return [_Line(*leaves) for leaves in zip(*parts, strict=True)]


def _first_scan(problem: Problem, log_masses: np.ndarray, data: Data, tick: Tick) -> list[_Line]:
    low, high = problem.box[problem.parameters.index("g")]
    even = np.linspace(low, high, round((high - low) / _STEP) + 1)
    standard = problem.model.standard[0]
    couplings = []
    for log_mass in log_masses:
        extra = np.log10(candidate_couplings(problem, float(log_mass), data))
        inside = extra[(extra > low) & (extra < high)]
        couplings.append(np.unique(np.concatenate([[standard], even, inside])))
    lines = []
    for log_mass, log_g in zip(log_masses, couplings, strict=True):
        lines += _evaluate(problem, [log_g], np.array([log_mass]), data)
        advance(tick, 0.4 / log_masses.size)
    return lines


def _refine_minima(
    problem: Problem, log_masses: np.ndarray, lines: list[_Line], data: Data, tick: Tick
) -> list[_Line]:
    """Golden-section search around the lowest local minima of every line, all in step."""
    brackets = [_brackets(line) for line in lines]
    low, high = (np.array([b[:, i] for b in brackets]) for i in (0, 2))
    inner = [high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)]
    new = [[line] for line in lines]
    values = []
    for points in inner:
        found = _evaluate(problem, list(points), log_masses, data)
        values.append(np.array([f.nll for f in found]))
        _collect(new, found)
    for _ in range(_GOLDEN_STEPS):
        left = values[0] < values[1]
        low, high = np.where(left, low, inner[0]), np.where(left, inner[1], high)
        point = np.where(left, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        found = _evaluate(problem, list(point), log_masses, data)
        value = np.array([f.nll for f in found])
        _collect(new, found)
        inner = [np.where(left, point, inner[1]), np.where(left, inner[0], point)]
        values = [np.where(left, value, values[1]), np.where(left, values[0], value)]
        advance(tick, 0.3 / _GOLDEN_STEPS)
    return [_merge(parts) for parts in new]


def _brackets(line: _Line) -> np.ndarray:
    """(left, middle, right) log10 g around the lowest local minima of a line, (_MINIMA, 3)."""
    g, nll = line.log_g[1:], line.nll[1:]
    padded = np.concatenate([[np.inf], nll, [np.inf]])
    local = np.flatnonzero((nll <= padded[:-2]) & (nll <= padded[2:]))
    best = np.resize(local[np.argsort(nll[local])][:_MINIMA], _MINIMA)
    last = g.size - 1
    return np.stack([g[np.maximum(best - 1, 0)], g[best], g[np.minimum(best + 1, last)]], axis=1)


def _collect(new: list[list[_Line]], found: list[_Line]) -> None:
    for parts, line in zip(new, found, strict=True):
        parts.append(line)


def _merge(parts: list[_Line]) -> _Line:
    log_g, nll, converged = (np.concatenate(leaves) for leaves in zip(*parts, strict=True))
    order = np.argsort(log_g, kind="stable")
    return _Line(log_g[order], nll[order], converged[order])


def _intervals(
    problem: Problem,
    log_masses: np.ndarray,
    lines: list[_Line],
    data: Data,
    threshold: float,
    tick: Tick,
) -> Limits:
    """Bisect every crossing of the threshold, all in step, and join them into intervals."""
    level = [line.nll.min() + threshold / 2 for line in lines]
    allowed = [line.nll <= cut for line, cut in zip(lines, level, strict=True)]
    edges = [np.flatnonzero(inside[1:] != inside[:-1]) for inside in allowed]
    owner = np.repeat(np.arange(len(lines)), [e.size for e in edges])
    # allowed end and excluded end of every crossing
    inner = np.concatenate(
        [ln.log_g[np.where(a[e], e, e + 1)] for ln, a, e in zip(lines, allowed, edges, strict=True)]
    )
    outer = np.concatenate(
        [ln.log_g[np.where(a[e], e + 1, e)] for ln, a, e in zip(lines, allowed, edges, strict=True)]
    )
    certain = np.ones(owner.size, dtype=bool)
    cut = np.array(level)[owner]
    for _ in range(_BISECTIONS if owner.size else 0):
        middle = (inner + outer) / 2
        points = np.stack([middle, log_masses[owner]], axis=1)
        found = profile(problem, points, data)
        below = found.nll <= cut
        certain = found.converged
        inner, outer = np.where(below, middle, inner), np.where(below, outer, middle)
        advance(tick, 0.3 / _BISECTIONS)
    crossings = 10 ** ((inner + outer) / 2)
    return _gather(log_masses, lines, allowed, owner, crossings, certain, threshold)


def _gather(
    log_masses: np.ndarray,
    lines: list[_Line],
    allowed: list[np.ndarray],
    owner: np.ndarray,
    crossings: np.ndarray,
    certain: np.ndarray,
    threshold: float,
) -> Limits:
    intervals, flags, upper, best = [], [], [], []
    for i, (line, inside) in enumerate(zip(lines, allowed, strict=True)):
        ends = np.sort(crossings[owner == i]).tolist()
        if inside[0]:
            ends = [0.0, *ends]
        to_edge = bool(inside[-1])
        if to_edge:
            ends = [*ends, float(10 ** line.log_g[-1])]
        pairs = tuple(zip(ends[::2], ends[1::2], strict=True))
        notes = [
            name
            for name, holds in (
                ("edge", to_edge),
                ("islands", len(pairs) > 1),
                ("excludes zero", not inside[0]),
                ("unconverged", not certain[owner == i].all()),
            )
            if holds
        ]
        intervals.append(pairs)
        flags.append(", ".join(notes) or "ok")
        upper.append(np.nan if to_edge else pairs[-1][1])
        at = int(np.argmin(line.nll))
        best.append(0.0 if at == 0 else float(10 ** line.log_g[at]))
    mass = 10**log_masses
    return Limits(mass, np.array(upper), np.array(best), tuple(flags), tuple(intervals), threshold)
