"""Read an analysis from TOML: every key checked, every mistake one sentence."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed.data_tables import packaged
from jaxmed.experiments import LOADERS, check_options, is_folder
from jaxmed.experiments.folder import read_folder
from jaxmed.inference.bayes.priors import read_priors
from jaxmed.inference.problem import check_constraints
from jaxmed.inference.regions.grid_scan import axis_values
from jaxmed.models.choose import get_model
from jaxmed.models.from_file import model_from
from jaxmed.models.model import Model
from jaxmed.user_files.keys import (
    hint,
    is_there,
    known,
    number,
    one_of,
    read_toml,
    short,
    texts,
    typed,
)


@dataclass(frozen=True)
class Analysis:
    """One analysis.

    Attributes:
        name: of the joint fit in results and file names.
        model: what is fitted.
        experiments: names of the data sets, or paths of folders with one's own.
        alone: whether each experiment is also fitted by itself.
        grid: points along each model parameter in the scan.
        fixed: name -> value held fixed.
        free: names freed beyond the default.
        options: experiment -> keyword arguments of its loader.
        alternatives: name -> options by experiment, laid over `options`, with which the joint fit is repeated.
        constraints: measurements added to every fit by name, such as rho.
        scan: values of model parameters for a scan, by name, in their own unit; `grid` values over the box of
            those left out.
        priors: of model parameters, by name, as `priors.read_priors` reads them.
    """

    name: str
    model: Model
    experiments: tuple[str, ...]
    alone: bool = False
    grid: int = 41
    fixed: dict[str, float] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    alternatives: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    scan: dict[str, np.ndarray] = field(default_factory=dict)
    priors: dict[str, str] = field(default_factory=dict)


def default_analysis() -> Path:
    """The file of the default job."""
    return packaged("fits") / "combined.toml"


def read_analysis(path: Path) -> Analysis:
    """Read and check a TOML file.

    Raises:
        ValueError: missing or malformed file, unknown key, wrong type or unknown name; file and key are named.
    """
    content = read_toml(path, "an analysis")
    try:
        return _analysis(content, path.parent)
    except ValueError as problem:
        raise ValueError(f"{path.name}: {problem}") from None


def check_experiments(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of experiments or folders of one's own; ValueError for an unknown, repeated or missing one."""
    for name in names:
        if is_folder(name):
            read_folder(Path(name))
        elif name not in LOADERS:
            raise ValueError(
                f"unknown experiment '{name}'{hint(name, LOADERS)}: expected {one_of(LOADERS)}, "
                "or the path of a folder"
            )
    if not names or len(set(names)) != len(names):
        raise ValueError(f"experiments = {list(names)}: expected at least one, each at most once")
    return names


def _analysis(content: dict[str, Any], beside: Path) -> Analysis:
    """The analysis; files and folders are looked up beside it."""
    known(content, Analysis.__dataclass_fields__, "key")
    experiments = typed(content, "experiments", list, required=True)
    if not all(isinstance(name, str) for name in experiments):
        raise ValueError(f"experiments = {experiments}: expected a list of names")
    names = check_experiments(tuple(_beside(beside, name) for name in experiments))
    alternatives = typed(content, "alternatives", dict, default={})
    grid = typed(content, "grid", int, default=41)
    if not 5 <= grid <= 1001:
        raise ValueError(f"grid = {grid}: expected a whole number from 5 to 1001")
    model = content.get("model", "u1r")
    if isinstance(model, str) and model.endswith(".toml"):
        model = str(beside / model)
    model = get_model(model) if isinstance(model, str) else model_from(model)
    return Analysis(
        name=_name(typed(content, "name", str, default="fit")),
        model=model,
        experiments=names,
        alone=typed(content, "alone", bool, default=False),
        grid=grid,
        fixed={
            k: number(f"fixed.{k}", v) for k, v in typed(content, "fixed", dict, default={}).items()
        },
        free=tuple(typed(content, "free", list, default=[])),
        options=_options(content, "options", names),
        alternatives={
            _name(name): _options(alternatives, name, names, "alternatives.")
            for name in alternatives
        },
        constraints=check_constraints(texts(content, "constraints"), model),
        scan=_scan(typed(content, "scan", dict, default={}), model),
        priors=_priors(typed(content, "priors", dict, default={}), model),
    )


def _beside(folder: Path, name: str) -> str:
    """The path of a user's own experiment, which a file names relative to itself, or the name as it is."""
    own = is_folder(name) or (name not in LOADERS and is_there((folder / name).is_dir))
    return str(folder / name) if own else name


def _options(
    content: dict[str, Any], key: str, names: tuple[str, ...], under: str = ""
) -> dict[str, dict[str, Any]]:
    """Options by experiment."""
    options = typed(content, key, dict, default={})
    known(options, names, f"experiment under {under}{key}")
    for name, table in options.items():
        if not isinstance(table, dict):
            raise ValueError(f"{under}{key}.{name} = {short(table)}: expected a table")
        check_options(name, table)
    return options


def _scan(table: dict[str, Any], model: Model) -> dict[str, np.ndarray]:
    by_name = {p.name: p for p in model.parameters}
    known(table, by_name, "key under scan")
    return {name: axis_values(by_name[name], v, f"scan.{name}") for name, v in table.items()}


def _priors(table: dict[str, Any], model: Model) -> dict[str, str]:
    read_priors(table, model)
    return table


def _name(name: str) -> str:
    if not name or not all(c.isalnum() or c in "-_" for c in name) or name in LOADERS:
        raise ValueError(
            f"name = '{name}': expected letters, digits, - and _, not the name of an experiment"
        )
    return name
