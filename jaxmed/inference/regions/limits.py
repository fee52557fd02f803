"""Asymptotic one-parameter limits on g at fixed mass, the whole line scanned."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple, Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Settings, pose
from jaxmed.inference.regions.allowed import Allowed, find_allowed
from jaxmed.inference.regions.mass_lines import check_plane, scan_for_level
from jaxmed.inference.regions.minima import refine_minima
from jaxmed.models.choose import mediator_model
from jaxmed.models.model import Choice, Model
from jaxmed.user_files.keys import unknown

SIDED = ("two", "one")
"""Conventions of asymptotic limits, see `limits`."""
_STEP = 0.1  # of the first scan, in log10 g


class Limits(NamedTuple):
    """Upper limits along a line of masses.

    Attributes:
        mass: [MeV], (n,).
        g_upper: outermost edge of the allowed set, NaN where the flag says there is none, (n,).
        g_best: coupling of the best fit at that mass, 0 for the standard model, (n,).
        flag: 'ok' or what to know, (n,): 'edge' (allowed up to the end of the scan), 'islands' (more than one
            interval), 'excludes zero', 'unconverged', 'undefined' (the model gives no number at this mass), 'partly
            undefined' (nor at some couplings: an interval that reaches them ends there).
        intervals: allowed intervals of g at each mass, ascending; a lower end of 0 is the standard model.
        threshold: allowed means -2 Delta log L below this quantile of chi^2 with one degree of freedom.
        sided: 'two' or 'one', see `limits`; None for Feldman-Cousins, which orders by itself.
    """

    mass: np.ndarray
    g_upper: np.ndarray
    g_best: np.ndarray
    flag: tuple[str, ...]
    intervals: tuple[tuple[tuple[float, float], ...], ...]
    threshold: float
    sided: str | None = "two"

    @property
    def convention(self) -> str:
        """What kind of limit, in words."""
        return f"{self.sided}-sided" if self.sided else "Feldman-Cousins"


def limits(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    masses: Sequence[float] | np.ndarray,
    cl: float = 0.90,
    sided: str = "two",
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Limits:
    """Largest g allowed at each mass: q(g) = -2 Delta log L, relative to the best g >= 0, below a threshold.

    Two-sided: allowed is every g with q below the quantile cl of chi^2_1, 2.706 at 90 %. It is an interval (or several)
    that contains the true g with probability cl, and may exclude g = 0.
    One-sided: the quantile is 2 cl - 1, 1.642 at 90 %, and every g up to the best one is allowed too: what lies above
    the limit is excluded with probability 1 - cl, and nothing is said about small g. Never 'excludes zero'.

    Args:
        experiments: one data set or several; all nuisances are profiled.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        masses: mediator masses [MeV], (n,).
        cl: confidence level, between 0 and 1; above 0.5 if one-sided.
        sided: 'two' or 'one'.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Raises:
        ValueError: masses outside the model's box or not finite, cl or sided as above, a model without a mediator or
            with a free parameter beside g and mass, unknown names, g or mass held fixed, a constraint on a model
            without charges, or JAX in 32-bit mode.
    """
    chosen, line_masses, threshold = check_line(model, masses, cl, sided)
    problem, group = pose(experiments, chosen, **settings)
    check_plane(problem)
    log_masses = np.log10(line_masses)
    low, high = problem.box[0]
    log_g = np.linspace(low, high, round((high - low) / _STEP) + 1)
    rise = threshold / 2
    scanned = scan_for_level(
        problem, log_g, log_masses, rise, group, lambda share: advance(tick, 0.7 * share)
    )
    samples = refine_minima(problem, scanned, scanned.lowest + rise, group)
    advance(tick, 0.15)
    lines = find_allowed(problem, samples, rise, sided, group)
    advance(tick, 0.15)
    return limits_of(line_masses, lines, threshold, sided)


def limits_of(
    masses: np.ndarray, lines: Sequence[Allowed], threshold: float, sided: str | None
) -> Limits:
    """The limits of what is allowed on the line of each mass [MeV], (n,)."""
    return Limits(
        mass=masses,
        g_upper=np.array([each.upper for each in lines]),
        g_best=np.array([each.best for each in lines]),
        flag=tuple(each.flag for each in lines),
        intervals=tuple(each.intervals for each in lines),
        threshold=threshold,
        sided=sided,
    )


def check_line(
    model: Choice, masses: Sequence[float] | np.ndarray, cl: float, sided: str = "two"
) -> tuple[Model, np.ndarray, float]:
    """The model, masses (n,) and chi^2 threshold of a line of limits; ValueError as `limits` raises."""
    chosen, line = mediator_model(model), np.asarray(masses, dtype=float)
    box = next(p for p in chosen.parameters if p.name == "mass")
    bad = ~(np.isfinite(line) & (line >= box.low) & (line <= box.high))
    if line.ndim != 1 or not line.size or bad.any():
        got = line.ravel()[bad.ravel()][0] if bad.any() else line.tolist()
        raise ValueError(f"mass = {got} MeV: expected values from {box.low:g} to {box.high:g} MeV")
    return chosen, line, limit_threshold(cl, sided)


def limit_threshold(cl: float, sided: str) -> float:
    """Of q at a limit; ValueError unless 0 < cl < 1, cl > 0.5 if one-sided, and `sided` is one of SIDED."""
    if check_sided(sided) == "two":
        return chi2_quantile(cl)
    if not 0.5 < cl < 1:
        raise ValueError(f"confidence level cl = {cl}: expected above 0.5 and below 1, one-sided")
    return chi2_quantile(2 * cl - 1)


def check_sided(sided: str) -> str:
    """The convention itself; ValueError if there is no such."""
    if sided not in SIDED:
        raise ValueError(unknown("value of sided", sided, SIDED))
    return sided


def chi2_quantile(cl: float) -> float:
    """Quantile of chi^2 with one degree of freedom; ValueError unless 0 < cl < 1."""
    if not 0 < cl < 1:
        raise ValueError(f"confidence level cl = {cl}: expected a number between 0 and 1")
    return NormalDist().inv_cdf((1 + cl) / 2) ** 2
