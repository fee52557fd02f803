"""What an experiment is expected to exclude and what would improve it: compute, and write every file."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from jaxmed.experiments import load
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.sensitivity import Sensitivity, sensitivity
from jaxmed.models.model import Model
from jaxmed.results.sensitivity import sensitivity_csv, sensitivity_figure, sensitivity_json
from jaxmed.results.store import write_atomically
from jaxmed.results.style import save


class SensitivityPlan(NamedTuple):
    """What is asked: see `jaxmed sensitivity --help`."""

    name: str
    model: Model
    masses: np.ndarray
    cl: float
    fixed: Mapping[str, float] = MappingProxyType({})
    sided: str = "two"


def run_sensitivity(
    plan: SensitivityPlan, out: Path, tick: Tick
) -> tuple[dict[str, Any], Sensitivity, list[Path]]:
    """JSON content, what was found, and the files written: two figures and a CSV table."""
    experiment = load(plan.name)
    found = sensitivity(
        experiment,
        plan.model,
        masses=plan.masses,
        cl=plan.cl,
        sided=plan.sided,
        fixed=plan.fixed,
        tick=tick,
    )
    title = f"{experiment.title}, {plan.model.name}, {100 * plan.cl:g} % CL, {plan.sided}-sided"
    path = out / f"sensitivity_{plan.model.name}_{experiment.name}"
    figures = save(sensitivity_figure(found, title), path)
    table = path.with_name(f"{path.name}.csv")
    write_atomically(table, sensitivity_csv(found).encode())
    content = sensitivity_json(found, plan.model.name, experiment, plan.cl)
    return content, found, [*figures, table]
