"""A scan that may take long: computed in chunks that survive anything, put together, and written.

Several processes share the work through the folder alone: each computes every n-th chunk, and all wait until all
chunks are there. So nothing is sent between devices, where libraries, networks and time limits for slow partners
differ from cluster to cluster, and what a killed run leaves is what the next one needs, on any number of
processes. The price is a folder that all of them see, which resuming asks for anyway.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import jax
import numpy as np

from jaxmed.analysis.scan_plan import ScanPlan, describe
from jaxmed.inference.engine.devices import device_count
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED, accept, set_up
from jaxmed.inference.profile.profile import profile, standard_start
from jaxmed.results.overlay import Overlay
from jaxmed.results.scan_figure import scan_figure
from jaxmed.results.scans import KIND, scan_result
from jaxmed.results.store import Result, provenance, write_npz
from jaxmed.results.style import save

_POLL_SECONDS = 0.2


def missing(plan: ScanPlan, note: Callable[[str], None]) -> list[int]:
    """Those chunks of this process that are still to be computed; `note` hears of damaged ones."""
    todo = []
    for i in plan.share():
        try:
            plan.chunks.read(i)
        except ValueError as problem:
            if plan.chunks.path(i).exists():
                note(f"{problem}; computing it again")
            todo.append(i)
    return todo


def compute(plan: ScanPlan, todo: list[int], tick: Tick = None) -> None:
    """Profile the points of each chunk and keep it; `tick` hears of every finished point."""
    plan.chunks.prepare()
    if not todo:
        return
    test = _toy_test(plan) if plan.toys else None
    start = standard_start(plan.problem, plan.data, plan.batch)
    for i in todo:
        where = plan.chunks.points(i)
        points = plan.points[where]
        found = profile(
            plan.problem, points, plan.data, None if test else tick, start, batch=plan.batch
        )
        tested = test(points, where.start, tick) if test else {}
        plan.chunks.write(i, found._asdict() | tested)


def _toy_test(plan: ScanPlan) -> Callable[..., dict[str, np.ndarray]]:
    """Feldman-Cousins test of some points, from the number of the first of them."""
    number, cl, seed = plan.toys or (0, 0.0, 0)
    setting = set_up(plan.problem, plan.data)

    def test(points: np.ndarray, at: int, tick: Tick) -> dict[str, np.ndarray]:
        n = len(points)
        first = number * (at + np.arange(n))
        found = accept(setting, points, cl, number, seed, first, tick=tick, share=n)
        return {name: getattr(found, name) for name in OF_EXCLUDED}

    return test


def collect(plan: ScanPlan) -> dict[str, np.ndarray]:
    """All chunks as one, by name, each (n_points, ...); waits for those of other processes.

    A process that dies takes the others with it: JAX's coordinator sees to that, so that nobody waits forever.
    """
    done = [_wait(plan, i) for i in range(len(plan.chunks))]
    return {name: np.concatenate([arrays[name] for arrays in done]) for name in done[0]}


def _wait(plan: ScanPlan, i: int) -> dict[str, np.ndarray]:
    while True:
        try:
            return plan.chunks.read(i)
        except ValueError:
            if i in plan.share():
                raise
        time.sleep(_POLL_SECONDS)


def assemble(plan: ScanPlan) -> Result:
    """The finished scan; waits for the chunks of other processes."""
    header = {
        **describe(plan.analysis, plan.problem),
        "nll_sm": _standard_nll(plan),
        "toys": plan.toys._asdict() if plan.toys else None,
        "method": {"batch": plan.batch, "chunk": plan.chunks.size},
        "provenance": provenance(plan.data)
        | {"devices": device_count(), "processes": jax.process_count()},
    }
    return scan_result(plan.problem, plan.axes, collect(plan), header)


def _standard_nll(plan: ScanPlan) -> float | None:
    """Profiled -log L of the standard model; None if the scan holds the coupling fixed."""
    model, free = plan.problem.model, plan.problem.parameters
    if model.has_mediator and "g" not in free:
        return None
    return standard_start(plan.problem, plan.data, plan.batch).nll


def save_scan(plan: ScanPlan, result: Result, overlays: Sequence[Overlay] = ()) -> list[Path]:
    """Write the numbers, and the figure where there is one, with a user's own curves; the files written."""
    out = plan.chunks.out
    path = out / "scan.npz"
    own = {"overlays": [o.as_json() for o in overlays]} if overlays else {}
    write_npz(path, KIND, result.header | own, result.arrays)
    plan.chunks.tidy()
    title = ", ".join([*(e.title for e in plan.data), *plan.problem.constraints])
    figure = scan_figure(result, f"{plan.problem.model.name}: {title}", overlays)
    return [path, *(save(figure, out / "scan") if figure is not None else [])]
