"""Read an analysis from TOML: every key checked, every mistake one sentence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed.experiments import LOADERS
from jaxmed.inference.constraints import check_constraints
from jaxmed.inference.grid import axis_values
from jaxmed.tables import packaged
from jaxmed.theory.charges import charges
from jaxmed.theory.couplings import Epsilon
from jaxmed.theory.models import Model, charged, direct, get_model


@dataclass(frozen=True)
class Analysis:
    """One analysis.

    Attributes:
        name: of the joint fit in results and file names.
        model: what is fitted.
        experiments: names of the data sets.
        alone: whether each experiment is also fitted by itself.
        grid: points along each model parameter in the scan.
        fixed: name -> value held fixed.
        free: names freed beyond the default.
        options: experiment -> keyword arguments of its loader.
        constraints: measurements added to every fit by name, such as rho.
        scan: values of model parameters for a scan, by name, in their own unit; `grid` values over the box of
            those left out.
    """

    name: str
    model: Model
    experiments: tuple[str, ...]
    alone: bool = False
    grid: int = 41
    fixed: dict[str, float] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    scan: dict[str, np.ndarray] = field(default_factory=dict)


def default_analysis() -> Path:
    """The file of the default job."""
    return packaged("fits") / "combined.toml"


def read_analysis(path: Path) -> Analysis:
    """Read and check a TOML file.

    Raises:
        ValueError: missing or malformed file, unknown key, wrong type or unknown name; file and key are named.
    """
    if not path.is_file():
        raise ValueError(f"{path}: expected a TOML file with an analysis, found none")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"{path}: expected TOML, but {problem}") from None
    try:
        return _analysis(content)
    except ValueError as problem:
        raise ValueError(f"{path.name}: {problem}") from None


def check_experiments(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names themselves; ValueError for an unknown, repeated or missing one."""
    for name in names:
        if name not in LOADERS:
            raise ValueError(
                f"unknown experiment '{name}'{_hint(name, LOADERS)}: expected {_list(LOADERS)}"
            )
    if not names or len(set(names)) != len(names):
        raise ValueError(f"experiments = {list(names)}: expected at least one, each at most once")
    return names


def _analysis(content: dict[str, Any]) -> Analysis:
    _known(content, Analysis.__dataclass_fields__, "key")
    experiments = _typed(content, "experiments", list, required=True)
    if not all(isinstance(name, str) for name in experiments):
        raise ValueError(f"experiments = {experiments}: expected a list of names")
    names = check_experiments(tuple(experiments))
    options = _typed(content, "options", dict, default={})
    _known(options, names, "experiment under options")
    grid = _typed(content, "grid", int, default=41)
    if not 5 <= grid <= 1001:
        raise ValueError(f"grid = {grid}: expected a whole number from 5 to 1001")
    model = _model(content.get("model", "u1r"))
    return Analysis(
        name=_name(_typed(content, "name", str, default="fit")),
        model=model,
        experiments=names,
        alone=_typed(content, "alone", bool, default=False),
        grid=grid,
        fixed={
            k: _number(f"fixed.{k}", v)
            for k, v in _typed(content, "fixed", dict, default={}).items()
        },
        free=tuple(_typed(content, "free", list, default=[])),
        options=options,
        constraints=check_constraints(_names(content, "constraints"), model),
        scan=_scan(_typed(content, "scan", dict, default={}), model),
    )


def _scan(table: dict[str, Any], model: Model) -> dict[str, np.ndarray]:
    by_name = {p.name: p for p in model.parameters}
    _known(table, by_name, "key under scan")
    return {name: axis_values(by_name[name], v, f"scan.{name}") for name, v in table.items()}


def _name(name: str) -> str:
    if not name or not all(c.isalnum() or c in "-_" for c in name) or name in LOADERS:
        raise ValueError(
            f"name = '{name}': expected letters, digits, - and _, not the name of an experiment"
        )
    return name


def _model(value: Any) -> Model:
    """A preset name, or a table with charges or eps."""
    if isinstance(value, str):
        return get_model(value)
    if not isinstance(value, dict) or len({"charges", "eps"} & value.keys()) != 1:
        raise ValueError("model: expected a preset name, or a table with either charges or eps")
    _known(value, ("name", "charges", "eps"), "key under model")
    name = _typed(value, "name", str, default="custom")
    if "charges" in value:
        table = _typed(value, "charges", dict)
        _known(table, ("x_q", "x_l", "x_h"), "key under model.charges")
        x_q, x_l, x_h = (
            _number(f"model.charges.{k}", table.get(k, 0.0)) for k in ("x_q", "x_l", "x_h")
        )
        return charged(name, charges(x_q, x_l, x_h))
    table = _typed(value, "eps", dict)
    _known(table, ("nu", "e", "u", "d"), "key under model.eps")
    nu = table.get("nu", [0.0, 0.0, 0.0])
    if not isinstance(nu, list) or len(nu) != 3:
        raise ValueError(f"model.eps.nu = {nu}: expected three numbers, for nu_e, nu_mu and nu_tau")
    e_nu, mu_nu, tau_nu = (_number("model.eps.nu", x) for x in nu)
    e, u, d = (_number(f"model.eps.{k}", table.get(k, 0.0)) for k in ("e", "u", "d"))
    return direct(name, Epsilon((e_nu, mu_nu, tau_nu), e, u, d))


def _known(found: Mapping[str, Any], allowed: Any, what: str) -> None:
    for key in found:
        if key not in allowed:
            raise ValueError(
                f"unknown {what} '{key}'{_hint(key, allowed)}: expected {_list(allowed)}"
            )


def _typed(
    table: Mapping[str, Any], key: str, kind: type, *, default: Any = None, required: bool = False
) -> Any:
    if key not in table:
        if required:
            raise ValueError(f"key '{key}' is missing: expected a {kind.__name__}")
        return default
    value = table[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{key} = {value!r}: expected a {kind.__name__}")
    return value


def _names(table: Mapping[str, Any], key: str) -> list[str]:
    names = _typed(table, key, list, default=[])
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"{key} = {names}: expected a list of names")
    return names


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"{key} = {value!r}: expected a number")
    return float(value)


def _hint(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _list(names: Any) -> str:
    return "one of " + ", ".join(names)
