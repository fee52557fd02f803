"""Limits along a line of masses: asymptotic or from toys, and what to expect without a mediator."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from jaxmed.experiments import Experiment, load
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.hypothesis.expected_limits import Expected, expected_limits
from jaxmed.inference.hypothesis.feldman_cousins_limits import check_precision, fc_limits
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.regions.limits import Limits, limit_threshold, limits
from jaxmed.models.model import Model
from jaxmed.results.limits import limits_figure, limits_json
from jaxmed.results.overlay import Overlay
from jaxmed.results.style import save
from jaxmed.user_files.keys import unknown

METHODS = ("asymptotic", "fc")


class LimitPlan(NamedTuple):
    """What is asked: see `jaxmed limit --help`."""

    names: tuple[str, ...]
    model: Model
    masses: np.ndarray
    cl: float
    constraints: tuple[str, ...] = ()
    method: str = "asymptotic"
    toys: int = 1000
    expected: int | None = None
    seed: int = 1
    fixed: Mapping[str, float] = MappingProxyType({})
    overlays: tuple[Overlay, ...] = ()
    sided: str = "two"

    def check(self) -> None:
        """ValueError for what can be refused before any work."""
        if self.method not in METHODS:
            raise ValueError(unknown("method", self.method, METHODS))
        limit_threshold(self.cl, self.sided)
        if self.method == "fc":
            if self.sided != "two":
                raise ValueError(
                    f"sided = {self.sided}: expected it left out with method fc, since Feldman-Cousins' ordering "
                    "decides by itself whether an interval has one end or two"
                )
            check_toys(self.toys, self.seed, self.constraints)
            check_precision(self.toys, self.cl)
        if self.expected is not None:
            check_toys(self.expected, self.seed, self.constraints)

    def as_json(self) -> dict[str, Any]:
        """How the limits were found, and the curves over them."""
        toys = {"toys": self.toys} if self.method == "fc" else {}
        seed = {"seed": self.seed} if toys or self.expected is not None else {}
        overlays = {"overlays": [o.as_json() for o in self.overlays]} if self.overlays else {}
        fixed = {"fixed": dict(self.fixed)} if self.fixed else {}
        return {"method": self.method} | toys | seed | fixed | overlays


def run_limit(plan: LimitPlan, out: Path, tick: Tick) -> tuple[dict[str, Any], Limits, list[Path]]:
    """Limits along a line of masses: JSON content, limits, and the figures written."""
    group = tuple(load(name) for name in plan.names)
    share = 1.0 if plan.expected is None else 0.5
    half = partial(_part, tick, share)
    ask = {"masses": plan.masses, "cl": plan.cl, "constraints": plan.constraints, "tick": half}
    ask |= {"fixed": plan.fixed}
    if plan.method == "fc":
        found = fc_limits(group, plan.model, number=plan.toys, seed=plan.seed, **ask)
    else:
        found = limits(group, plan.model, sided=plan.sided, **ask)
    expected = None
    if plan.expected is not None:
        ask |= {"sided": plan.sided, "number": plan.expected, "seed": plan.seed}
        expected = expected_limits(group, plan.model, **ask)
    title = f"{plan.model.name}: {', '.join([*(e.title for e in group), *plan.constraints])}"
    figure = limits_figure(found, title, plan.cl, expected, plan.overlays)
    figures = save(figure, out / "_".join(["limit", plan.model.name, *(e.name for e in group)]))
    return _content(plan, group, found, expected), found, figures


def _content(
    plan: LimitPlan, group: tuple[Experiment, ...], found: Limits, expected: Expected | None
) -> dict[str, Any]:
    content = limits_json(found, plan.model.name, group, plan.cl, plan.constraints) | plan.as_json()
    if expected is None:
        return content
    return content | {
        "g_expected": dict(zip(("-2", "-1", "0", "1", "2"), expected.g_upper, strict=True)),
        "expected": {"toys": plan.expected, "failed": expected.failed},
    }


def _part(tick: Tick, share: float, done: float) -> None:
    advance(tick, share * done)
