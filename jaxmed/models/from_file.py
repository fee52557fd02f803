"""A user's own model without Python: the [model] table of a TOML file, its couplings as expressions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed import constants
from jaxmed.models.expressions import FUNCTIONS, Expression, parse
from jaxmed.models.from_function import Columns, checked, with_parameters
from jaxmed.models.model import Model, Parameter, Values
from jaxmed.models.presets import charged, direct, preset
from jaxmed.theory.charges import charges
from jaxmed.theory.couplings import Couplings, Epsilon, mediator
from jaxmed.theory.scalars import real
from jaxmed.user_files import keys

CONSTANTS = {
    "pi": math.pi,
    "alpha": constants.ALPHA,
    "e_em": math.sqrt(4 * math.pi * constants.ALPHA),
    "sin2_theta_w": constants.SIN2_THETA_W,
    "g_z": constants.G_Z,
    "m_e": constants.M_E,
    "m_mu": constants.M_MU,
    "m_tau": constants.M_TAU,
    "m_z": constants.M_Z,
}
"""Names that every expression knows beside the model's parameters: e_em = sqrt(4 pi alpha), masses in MeV."""

_CHARGED = ("e", "u", "d")
_LARGEST_CHARGE = 1000


def read_model(path: Path) -> Model:
    """The model of a TOML file: its key `model`, a preset name or a table (`model_from`).

    Raises:
        ValueError: a missing or malformed file, or a mistake in the table; the file and the key are named.
    """
    content = keys.read_toml(path, "a table [model]")
    try:
        if "model" not in content:
            raise ValueError("key 'model' is missing: expected a table [model]")
        value = content["model"]
        if isinstance(value, str) and value.endswith(".toml"):
            raise ValueError(f"model = '{value}': expected a preset name or a table, not a file")
        return model_from(value)
    except ValueError as problem:
        raise ValueError(f"{path.name}: {problem}") from None


def model_from(value: Any) -> Model:
    """A model from what a TOML file says under `model`.

    A text is a preset name. A table has a `name` and either `charges`, a table of x_q, x_l and x_h, or `eps`, a table
    of nu (a list of three), e, u and d. A number there is a coupling per unit g; a text is the coupling itself, an
    expression (`expressions`) in g, mass [MeV], CONSTANTS, what a table `constants` adds to these, and the parameters
    of a table `parameters`, each of them a table of low, high and, if wanted, log and unit.

    Raises:
        ValueError: anything else; the key is named.
    """
    if isinstance(value, str):
        return preset(value)
    if not isinstance(value, dict) or len({"charges", "eps"} & value.keys()) != 1:
        raise ValueError("model: expected a preset name, or a table with either charges or eps")
    only_with_eps = ("constants", "parameters") if "eps" in value else ()
    keys.known(value, ("name", "charges", "eps", *only_with_eps), "key under model")
    name = keys.identifier("model.name", value.get("name", "custom"))
    if "charges" in value:
        table = keys.typed(value, "charges", dict)
        keys.known(table, ("x_q", "x_l", "x_h"), "key under model.charges")
        return charged(name, charges(*(_charge(table, k) for k in ("x_q", "x_l", "x_h"))))
    return _from_eps(name, value)


def _charge(table: Mapping[str, Any], name: str) -> float:
    charge = keys.number(f"model.charges.{name}", table.get(name, 0.0))
    if abs(charge) > _LARGEST_CHARGE:
        raise ValueError(
            f"model.charges.{name} = {charge:g}: expected a charge from -{_LARGEST_CHARGE} to {_LARGEST_CHARGE}"
        )
    return charge


@dataclass(frozen=True)
class _Formulas:
    """Couplings from expressions: nu_e, nu_mu, nu_tau, e, u, d."""

    eps: tuple[Expression, ...]
    constants: tuple[tuple[str, float], ...]

    def __call__(self, values: Values) -> Couplings:
        known = dict(self.constants) | dict(values)
        *nu, e, u, d = (expression.value(known) for expression in self.eps)
        return mediator(real(values["mass"]), nu=nu, e=e, u=u, d=d)


def _from_eps(name: str, value: Mapping[str, Any]) -> Model:
    table = keys.typed(value, "eps", dict)
    keys.known(table, ("nu", *_CHARGED), "key under model.eps")
    if not table:
        raise ValueError("model.eps is empty: expected some of nu, e, u and d")
    entries = _entries(table)
    extra = _parameters(keys.typed(value, "parameters", dict, default={}))
    own = _constants(keys.typed(value, "constants", dict, default={}), [p.name for p in extra])
    if not extra and all(not isinstance(entry, str) for entry in entries.values()):
        e_nu, mu_nu, tau_nu, *rest = (keys.number(key, x) for key, x in entries.items())
        return direct(name, Epsilon((e_nu, mu_nu, tau_nu), *rest))
    known = CONSTANTS | own
    names = ("g", "mass", *(p.name for p in extra if p.name not in ("g", "mass")), *known)
    parsed = {key: _parsed(key, entry, names) for key, entry in entries.items()}
    used = {content for p in parsed.values() for kind, content in p.program if kind == "name"}
    for unused in {*own, *(p.name for p in extra)} - {*used, "g", "mass"}:
        raise ValueError(f"model: '{unused}' is declared, expected it in one of the expressions")
    numbers = tuple((k, v) for k, v in known.items() if k in used)
    model = with_parameters(name, _Formulas(tuple(parsed.values()), numbers), extra)
    return _checked(model, parsed, known)


def _entries(table: Mapping[str, Any]) -> dict[str, Any]:
    """Six entries by key, in the order of `_Formulas`."""
    nu = table.get("nu", [0.0, 0.0, 0.0])
    if not isinstance(nu, list) or len(nu) != 3:
        raise ValueError(
            f"model.eps.nu = {keys.short(nu)}: expected three numbers or expressions, for nu_e, nu_mu and nu_tau"
        )
    entries = {f"model.eps.nu[{i}]": x for i, x in enumerate(nu)}
    return entries | {f"model.eps.{k}": table.get(k, 0.0) for k in _CHARGED}


def _parsed(key: str, entry: Any, names: Sequence[str]) -> Expression:
    """An expression as it is written, or a number times g."""
    if not isinstance(entry, str):
        return parse(f"{keys.number(key, entry)!r} * g", names)
    try:
        return parse(entry, names)
    except ValueError as problem:
        raise ValueError(f"{key} = {problem}") from None


def _constants(table: Mapping[str, Any], taken: Sequence[str]) -> dict[str, float]:
    """Numbers by name; one given as an expression may use CONSTANTS and those before it."""
    found: dict[str, float] = {}
    for name, x in table.items():
        key = f"model.constants.{name}"
        _require_free("model.constants", name, ("g", "mass", *taken))
        known = CONSTANTS | found
        if isinstance(x, str):
            with np.errstate(all="ignore"):
                x = float(_parsed(key, x, tuple(known)).value(known, np))
        found[name] = keys.number(key, x)
    return found


def _parameters(table: Mapping[str, Any]) -> tuple[Parameter, ...]:
    found = []
    for name, box in table.items():
        key = f"model.parameters.{name}"
        _require_free("model.parameters", name, ())
        if not isinstance(box, dict):
            raise ValueError(f"{key} = {keys.short(box)}: expected a table with low and high")
        keys.known(box, ("low", "high", "log", "unit"), f"key under {key}")
        low, high = (keys.number(f"{key}.{end}", box.get(end)) for end in ("low", "high"))
        log = keys.typed(box, "log", bool, default=name in ("g", "mass"))
        unit = keys.typed(box, "unit", str, default="MeV" if name == "mass" else "1")
        found.append(Parameter(name, low, high, log, unit))
    return tuple(found)


def _require_free(where: str, name: str, taken: Sequence[str]) -> None:
    if not (name.isascii() and name.isidentifier()):
        raise ValueError(f"{where}: got the name {name!r}, expected letters, digits and _")
    if name in (*taken, *CONSTANTS, *FUNCTIONS):
        raise ValueError(f"{where}: the name '{name}' is taken, expected another")


def _checked(model: Model, parsed: Mapping[str, Expression], known: Mapping[str, float]) -> Model:
    """The model, its expressions looked at over the box."""
    labels = {f"{key} = {p.text!r}": p for key, p in parsed.items()}

    def evaluate(columns: Columns) -> Columns:
        return {label: np.asarray(p.value({**known, **columns}, np)) for label, p in labels.items()}

    return checked(model, "model.eps", evaluate)
