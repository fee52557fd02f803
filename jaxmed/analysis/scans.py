"""-2 log L on a grid of the model parameters, and which of its points toys accept."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxmed.analysis.analysis import Analysis, Axis, Options
from jaxmed.analysis.progress import running
from jaxmed.analysis.resumable import find
from jaxmed.analysis.scan_plan import plan_scan
from jaxmed.experiments import Experiment
from jaxmed.inference.engine.memory import default_memory
from jaxmed.models.model import Choice
from jaxmed.results.scans import ScanResult

Experiments = str | Experiment | Sequence[str | Experiment]


def scan(
    experiments: Experiments,
    model: Choice = "u1r",
    *,
    grid: int = 41,
    toys: int | None = None,
    cl: float = 0.90,
    seed: int = 1,
    fixed: Mapping[str, float] | None = None,
    free: Sequence[str] = (),
    constraints: Sequence[str] = (),
    options: Options | None = None,
    box: Mapping[str, tuple[float, float]] | None = None,
    device: str = "",
    progress: bool = False,
    **axes: Axis,
) -> ScanResult:
    """-log L, profiled over the nuisances, on a grid; with toys also which of its points Feldman and Cousins accept.

    Args:
        experiments: one or several, names or loaded.
        model: a preset name or whatever else makes a model (`get_model`).
        grid: values over the box for each free model parameter without an axis.
        toys: at each point, at most: 256 are enough where their p-value is far from 1 - cl.
        cl: confidence level of the accepted points, between 0 and 1.
        seed: of the toys: those of point i are numbers from i `toys` on in its stream.
        fixed: name -> value held fixed; like `free` and `constraints` as for all fits (`problem.Settings`).
        free: names freed beyond the default.
        constraints: measurements added to the likelihood by name; refused with toys, which are of experiments only.
        options: of the experiments, by name.
        box: parameter -> (low, high), narrower than the model's.
        device: 'cpu', 'gpu' or 'tpu'; where JAX would if left out.
        progress: show a bar.
        **axes: values of free model parameters in ascending order, such as g=..., mass=... [MeV]: one number,
            several, or text like '1e-3:1e3:61', evenly spaced where the fit moves in the logarithm.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    settings = {"fixed": fixed, "free": free, "constraints": constraints}
    data = {"experiments": experiments, "options": options, "device": device}
    given = {"grid": grid, "toys": toys, "cl": cl, "seed": seed, "scan": axes}
    analysis = Analysis.of(model=model, box=box, **settings, **data, **given)
    with running(analysis, f"Scanning {analysis.name}", progress) as tick:
        return find(plan_scan(analysis).in_memory(default_memory()), tick)


def feldman_cousins(
    experiments: Experiments, model: Choice = "u1r", *, number: int = 1000, **others: Any
) -> ScanResult:
    """A `scan` with `number` toys at each point; all other keywords are those of `scan`."""
    return scan(experiments, model, toys=number, **others)
