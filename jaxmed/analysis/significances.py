"""What the commands with toys do: load, compute, and write every file."""

from pathlib import Path
from typing import Any

from jaxmed.experiments import load
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.significance import Significance, significance
from jaxmed.results.significance import KIND, significance_json, significance_result
from jaxmed.results.store import write_npz


def run_significance(
    names: tuple[str, ...], model: str, number: int, seed: int, out: Path, tick: Tick
) -> tuple[dict[str, Any], Significance, list[Path]]:
    """Test the standard model against a mediator: JSON content, result, and the file of toys written."""
    group = tuple(load(name) for name in names)
    found = significance(group, model, number=number, seed=seed, tick=tick)
    content = significance_json(found, model, group, seed)
    path = out / f"significance_{model}_{'_'.join(names)}.npz"
    result = significance_result(found, content)
    write_npz(path, KIND, result.header, result.arrays)
    return content, found, [path]
