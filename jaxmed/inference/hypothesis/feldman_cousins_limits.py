"""Feldman-Cousins limits on g at fixed mass, from toys."""

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.hypothesis.feldman_cousins import (
    Acceptance,
    Setting,
    accept,
    set_up,
    setting_at,
)
from jaxmed.inference.hypothesis.p_values import check_toys, standard_point
from jaxmed.inference.problem import Settings, pose
from jaxmed.inference.regions.limits import Limits, check_line, limits
from jaxmed.models.model import Choice

_COARSE, _PER_END = 14, 7
# Around each end of an interval, this share of its half-width in log10 g; that of one from zero counts as this.
_AROUND, _FROM_ZERO = 0.6, 0.2
# The couplings tested reach this far below the lowest and above the highest end of the asymptotic intervals.
_BELOW, _ABOVE = 3.0, 2.0
_ASYMPTOTIC_SHARE, _FIRST_SHARE = 0.1, 0.7
# The distance of the couplings next to an end is halved until it is this small: 1 % in a signal that goes as g^4.
_FINE, _MOST_HALVINGS = 1e-3, 8
# Toys of a mass in the stream of the seed: room enough for all its couplings.
_STREAM = 10_000_000
_SCATTER = 2.0  # standard deviations


def fc_limits(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    masses: Sequence[float] | np.ndarray,
    cl: float = 0.90,
    number: int = 1000,
    seed: int = 1,
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Limits:
    """Largest g that toys accept at each mass, with g the only parameter there.

    The standard model and couplings around the asymptotic intervals are tested, most of them near their ends, so
    that islands narrower than the spacing are missed. Counts are discrete, so that p-values jump from coupling to
    coupling: those next to an end are halved until p differs by no more than the toys' error, or their distance in
    log10 g is below 0.001; only there is the p-value interpolated, in log g.

    Args:
        experiments: one data set or several.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        masses: mediator masses [MeV], (n,).
        cl: confidence level, between 0 and 1.
        number: of toys at each coupling, at most.
        seed: of the toys.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Returns:
        Limits with a threshold of NaN, since it differs from coupling to coupling. 'unconverged' flags masses at which
        the fits of some toys failed and count as more extreme than the data, which makes the interval smaller. Where
        the model is undefined at some couplings, the line ends at the first of them.

    Raises:
        ValueError: as `limits`, fewer than one toy, fewer than cl needs, or constraints.
    """
    check_toys(number, seed, settings.get("constraints") or ())
    chosen, line_masses, _ = check_line(model, masses, cl)
    problem, group = pose(experiments, chosen, **settings)
    check_precision(number, cl)

    def rest(share: float) -> None:
        if tick:
            tick(_ASYMPTOTIC_SHARE * share)

    start = limits(group, chosen, masses=line_masses, cl=cl, tick=rest, **settings)
    share = (1 - _ASYMPTOTIC_SHARE) / line_masses.size
    everywhere = set_up(problem, group)
    rows = []
    for i, mass in enumerate(line_masses):
        if start.flag[i] == "undefined":
            rows.append((np.nan, np.nan, "undefined", ()))
            continue
        setting = setting_at(everywhere, float(np.log10(mass)))
        ask = cl, number, seed, i * _STREAM
        rows.append(_at_mass(setting, start.intervals[i], ask, tick, share))
    upper, best, flags, intervals = zip(*rows, strict=True)
    return Limits(line_masses, np.array(upper), np.array(best), flags, intervals, np.nan, None)


def check_precision(number: int, cl: float) -> None:
    """ValueError for so few toys that no p-value could be below 1 - cl."""
    needed = int(np.floor(1 / (1 - cl) + 1e-6))
    if number < needed:
        raise ValueError(f"toys = {number}: expected at least {needed} for cl = {cl}")


def _at_mass(
    setting: Setting,
    around: tuple[tuple[float, float], ...],
    ask: tuple[float, int, int, int],
    tick: Tick,
    share: float,
) -> tuple[float, float, str, tuple[tuple[float, float], ...]]:
    """Upper limit, best g, flag and intervals; `ask` is cl, number, seed and the first toy's number."""
    cl, number, seed, first = ask
    box, log_mass = setting.fitter.box[0], setting.fitter.box[1, 0]
    zero = standard_point(setting.problem)[0]

    def test(log_g: np.ndarray, done: int, part: float) -> Acceptance:
        points = np.stack(np.broadcast_arrays(log_g, log_mass), axis=1)
        numbers = first + number * (done + np.arange(len(points)))
        return accept(setting, points, cl, number, seed, numbers, tick=tick, share=part * share)

    log_g = _line(around, box)
    found, part = test(np.append(zero, log_g), 0, _FIRST_SHARE), (1 - _FIRST_SHARE) / _MOST_HALVINGS
    # what lies beyond a coupling at which the model is undefined is not seen as a part of the same line
    known = np.logical_and.accumulate(~np.isnan(found.p))
    if not known[0]:
        return np.nan, np.nan, "undefined", ()
    log_g, found = log_g[known[1:]], Acceptance({}, *(leaf[known] for leaf in found[1:]))
    done = len(known)
    for _ in range(_MOST_HALVINGS):
        new = np.clip(_between(log_g, found.p, found.p_error, 1 - cl), *box)
        if new.size:
            found = _joined(found, test(new, done, part), np.append(zero, log_g), new)
            log_g, done = np.sort(np.append(log_g, new)), done + new.size
        else:
            advance(tick, part * share)
    intervals = accepted_intervals(log_g, found.p, found.p_error, 1 - cl)
    to_edge = bool(found.accepted[-1])
    inside = setting.best[0] > zero
    return (
        np.nan if to_edge or not intervals else intervals[-1][1],
        float(10 ** setting.best[0]) if inside else 0.0,
        _flag(found, to_edge, len(intervals), partly=not known.all()),
        intervals,
    )


def _line(around: tuple[tuple[float, float], ...], box: np.ndarray) -> np.ndarray:
    """Log10 of the couplings to test, ascending, (n,), within the box: even ones, and denser near the ends."""
    found, ends = [], []
    for low, high in around:
        half = np.log10(high / low) / 2 if low > 0 else _FROM_ZERO
        for end in (np.log10(value) for value in (low, high) if value > 0):
            ends.append(end)
            found.append(end + _AROUND * half * np.linspace(-1, 1, _PER_END))
    low, high = min(ends) - np.log10(_BELOW), max(ends) + np.log10(_ABOVE)
    found.append(np.linspace(low, high, _COARSE))
    return np.unique(np.clip(np.concatenate(found), *box))


def accepted_intervals(
    log_g: np.ndarray, p: np.ndarray, error: np.ndarray, least: float
) -> tuple[tuple[float, float], ...]:
    """Intervals of g with a p-value above `least`, ends interpolated in log g.

    A gap between two of them in which no p-value is below by more than its error is the toys' scatter.

    Args:
        log_g: log10 of the couplings, ascending, (n,).
        p: of the standard model, then of each coupling, (n + 1,).
        error: of p.
        least: p-value at the ends.
    """
    x, inside = _with_zero(log_g), _accepted(p, error, least)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    part = (p[edges] - least) / (p[edges] - p[edges + 1])
    ends = (10 ** (x[edges] + part * (x[edges + 1] - x[edges]))).tolist()
    ends = [0.0, *ends] if inside[0] else ends
    ends = [*ends, float(10 ** x[-1])] if inside[-1] else ends
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def _between(log_g: np.ndarray, p: np.ndarray, error: np.ndarray, least: float) -> np.ndarray:
    """Where to test next, log10 of couplings, (n,): the middle of those ends that are not known well yet."""
    x, inside = _with_zero(log_g), _accepted(p, error, least)
    left, right = slice(None, -1), slice(1, None)
    known = np.abs(p[right] - p[left]) <= np.maximum(error[left], error[right])
    coarse = (inside[right] != inside[left]) & (x[right] - x[left] > _FINE) & ~known
    return (x[left] + x[right])[coarse] / 2


def _joined(found: Acceptance, more: Acceptance, at: np.ndarray, new: np.ndarray) -> Acceptance:
    """Both, in the order of their couplings `at` and `new`."""
    order = np.argsort(np.append(at, new), kind="stable")
    pairs = zip(found[1:], more[1:], strict=True)
    return Acceptance({}, *(np.concatenate(pair)[order] for pair in pairs))


def _with_zero(log_g: np.ndarray) -> np.ndarray:
    """Couplings and, first, the standard model, which has no log g: one step below them."""
    return np.append(2 * log_g[0] - log_g[1], log_g)


def _accepted(p: np.ndarray, error: np.ndarray, least: float) -> np.ndarray:
    return _without_scatter(p > least, p + _SCATTER * error > least)


def _without_scatter(inside: np.ndarray, open_: np.ndarray) -> np.ndarray:
    """The mask `inside` with those gaps filled that are open from one end to the other."""
    runs = np.cumsum(np.diff(inside, prepend=inside[:1]))
    filled = inside.copy()
    for run in range(1, int(runs[-1])):
        own = runs == run
        filled[own] |= open_[own].all()
    return filled


def _flag(found: Acceptance, to_edge: bool, intervals: int, *, partly: bool) -> str:
    notes = {
        "edge": to_edge,
        "islands": intervals > 1,
        "excludes zero": not found.accepted[0],
        "unconverged": bool(found.failed.any()),
        "partly undefined": partly,
    }
    return ", ".join(name for name, holds in notes.items() if holds) or "ok"
