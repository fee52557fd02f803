"""Feldman-Cousins limits on g at fixed mass, or intervals of the only parameter, from toys."""

from collections.abc import Sequence
from typing import NamedTuple, Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.hypothesis.accepted_intervals import accepted_intervals, between_ends
from jaxmed.inference.hypothesis.feldman_cousins import (
    Acceptance,
    Setting,
    accept,
    set_up,
    setting_at,
)
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.problem import Settings, pose
from jaxmed.inference.regions.allowed import Allowed, first_parameter, in_unit
from jaxmed.inference.regions.intervals import intervals, only_parameter
from jaxmed.inference.regions.limits import Limits, check_line, limits, limits_of
from jaxmed.models.model import Choice, Parameter

_COARSE, _PER_END = 14, 7
# Around each end of an interval, this share of its half-width in the fit's coordinate, log10 g; that of one from zero
# counts as this.
_AROUND, _FROM_ZERO = 0.6, 0.2
# The couplings tested reach this far below the lowest and above the highest end of the asymptotic intervals, and values
# with a sign so many times their distance beyond them.
_BELOW, _ABOVE, _BESIDE = 3.0, 2.0, 0.5
_ASYMPTOTIC_SHARE, _FIRST_SHARE = 0.1, 0.7
# The distance of the couplings next to an end is halved until it is this small: 1 % in a signal that goes as g^4. That
# of values with a sign is a share of what is tested.
_FINE, _MOST_HALVINGS = 1e-3, 8
# Toys of a mass in the stream of the seed: room enough for all its couplings.
_STREAM = 10_000_000


class AcceptedLine(NamedTuple):
    """What toys say along one parameter.

    Attributes:
        along: the fit's coordinates tested, ascending; the first of a logarithmic one stands for the standard model,
            one step below the others, (n,).
        found: about them, (n,) each.
        allowed: what is accepted.
    """

    along: np.ndarray
    found: Acceptance
    allowed: Allowed


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
    lines = []
    for i, mass in enumerate(line_masses):
        if start.flag[i] == "undefined":
            lines.append(_UNDEFINED)
            continue
        setting = setting_at(everywhere, float(np.log10(mass)))
        ask = cl, number, seed, i * _STREAM
        lines.append(_on_line(setting, start.intervals[i], ask, tick, share).allowed)
    return limits_of(line_masses, lines, np.nan, None)


_UNDEFINED = Allowed((), np.nan, "undefined")


def fc_interval(
    experiments: Experiment | Sequence[Experiment],
    model: Choice,
    *,
    cl: float = 0.90,
    number: int = 1000,
    seed: int = 1,
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> AcceptedLine:
    """Values of the only free parameter that toys accept, tested and found as couplings are by `fc_limits`.

    Arguments are those of `fc_limits`, with a model of one free parameter.

    Raises:
        ValueError: as `intervals`, fewer than one toy, fewer than cl needs, or constraints.
    """
    check_toys(number, seed, settings.get("constraints") or ())
    problem, group = pose(experiments, model, **settings)
    only_parameter(problem)
    check_precision(number, cl)

    def rest(share: float) -> None:
        advance(tick, _ASYMPTOTIC_SHARE * share)

    start = intervals(group, model, cl=cl, tick=rest, **settings)
    setting, ask = set_up(problem, group), (cl, number, seed, 0)
    return _on_line(setting, start.intervals, ask, tick, 1 - _ASYMPTOTIC_SHARE)


def check_precision(number: int, cl: float) -> None:
    """ValueError for so few toys that no p-value could be below 1 - cl."""
    needed = int(np.floor(1 / (1 - cl) + 1e-6))
    if number < needed:
        raise ValueError(f"toys = {number}: expected at least {needed} for cl = {cl}")


def _on_line(
    setting: Setting,
    around: tuple[tuple[float, float], ...],
    ask: tuple[float, int, int, int],
    tick: Tick,
    share: float,
) -> AcceptedLine:
    """What is accepted along the first parameter; `ask` is cl, number, seed and the first toy's number."""
    cl, number, seed, first = ask
    box, *held = setting.fitter.box[: len(setting.problem.parameters)]
    parameter, standard = first_parameter(setting.problem)

    def test(at: np.ndarray, done: int, part: float) -> Acceptance:
        points = np.column_stack([at, *(np.full(at.size, low) for low, _ in held)])
        numbers = first + number * (done + np.arange(at.size))
        return accept(setting, points, cl, number, seed, numbers, tick=tick, share=part * share)

    line = _line(around, box, parameter)
    origin = 2 * line[0] - line[1] if parameter.log else standard
    line = np.union1d(line, origin)
    found = test(np.where(line == origin, standard, line), 0, _FIRST_SHARE)
    # what lies beyond a value at which the model is undefined is not seen as a part of the same line
    known = _connected(~np.isnan(found.p), int(np.argmax(line == origin)))
    if not known.any():
        return AcceptedLine(line, found, _UNDEFINED)
    line, found = line[known], Acceptance({}, *(leaf[known] for leaf in found[1:]))
    done, fine = len(known), _FINE if parameter.log else _FINE * np.ptp(line)
    part = (1 - _FIRST_SHARE) / _MOST_HALVINGS
    for _ in range(_MOST_HALVINGS):
        new = np.clip(between_ends(line, found.p, found.p_error, 1 - cl, fine), *box)
        if new.size:
            found = _joined(found, test(new, done, part), line, new)
            line, done = np.sort(np.append(line, new)), done + new.size
        else:
            advance(tick, part * share)
    pairs = accepted_intervals(line, found.p, found.p_error, 1 - cl)
    ends = in_unit(parameter, origin, np.array(pairs).reshape(-1, 2))
    notes = {
        "edge": bool(found.accepted[-1] or (found.accepted[0] and not parameter.log)),
        "islands": len(pairs) > 1,
        "excludes zero": not found.accepted[np.argmax(line == origin)],
        "unconverged": bool(found.failed.any()),
        "partly undefined": not known.all(),
    }
    flag = ", ".join(name for name, holds in notes.items() if holds) or "ok"
    best = float(in_unit(parameter, standard, setting.best[0]))
    return AcceptedLine(
        line, found, Allowed(tuple((low, high) for low, high in ends.tolist()), best, flag)
    )


def _line(
    around: tuple[tuple[float, float], ...], box: np.ndarray, parameter: Parameter
) -> np.ndarray:
    """Coordinates to test, ascending, (n,), within the box: even ones, and denser near the ends."""
    found, ends = [], []
    for pair in around:
        inner = [parameter.internal(value) for value in pair if value > 0 or not parameter.log]
        half = (inner[1] - inner[0]) / 2 if len(inner) == 2 else _FROM_ZERO
        ends += inner
        found += [end + _AROUND * half * np.linspace(-1, 1, _PER_END) for end in inner]
    low, high = min(ends), max(ends)
    if parameter.log:
        low, high = low - np.log10(_BELOW), high + np.log10(_ABOVE)
    else:
        low, high = low - _BESIDE * (high - low), high + _BESIDE * (high - low)
    found.append(np.linspace(low, high, _COARSE))
    return np.unique(np.clip(np.concatenate(found), *box))


def _connected(known: np.ndarray, start: int) -> np.ndarray:
    """Those of the mask `known` (n,) without a gap between them and `start`."""
    above = np.logical_and.accumulate(known[start:])
    below = np.logical_and.accumulate(known[start::-1])[:0:-1]
    return np.append(below, above) & known[start]


def _joined(found: Acceptance, more: Acceptance, at: np.ndarray, new: np.ndarray) -> Acceptance:
    """Both, in the order of their coordinates `at` and `new`."""
    order = np.argsort(np.append(at, new), kind="stable")
    pairs = zip(found[1:], more[1:], strict=True)
    return Acceptance({}, *(np.concatenate(pair)[order] for pair in pairs))
