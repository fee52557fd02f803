"""A user's own model without Python: the [model] table of a TOML file, its couplings as expressions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed import constants
from jaxmed.models.expressions import FUNCTIONS, Expression, parse
from jaxmed.models.from_function import Columns, Terms, checked, with_parameters
from jaxmed.models.model import ELECTROMAGNETIC, Model, Parameter, Values
from jaxmed.models.presets import charged, direct, preset, scaled
from jaxmed.models.terms import Term, first_parameters, read_terms
from jaxmed.theory.charges import charges
from jaxmed.theory.couplings import Couplings, Epsilon
from jaxmed.theory.structures import CHARGED, STRUCTURES, interactions
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
    of nu (a list of three), e, u and d, with a `structure` (`theory.structures`) if it is not a vector; or a list
    `interactions` of tables with both. A number there is a coupling per unit g, or per unit of the structure's own
    parameter (`model.ELECTROMAGNETIC`); a text is the coupling itself, an expression (`expressions`) in g, mass [MeV],
    CONSTANTS, what a table `constants` adds to these, and the parameters of a table `parameters`, each of them a table
    of low, high and, if wanted, log and unit.

    Or it has `normalisations`, a table of name = [low, high]: of experiments, nothing new in neutrinos.

    Raises:
        ValueError: anything else; the key is named.
    """
    if isinstance(value, str):
        return preset(value)
    kinds = {"charges", "eps", "interactions", "normalisations"}
    if not isinstance(value, dict) or len(kinds & value.keys()) != 1:
        raise ValueError(
            "model: expected a preset name, or a table with one of charges, eps, interactions and normalisations"
        )
    bare = "charges" in value or "normalisations" in value
    more = () if bare else ("constants", "parameters")
    own = (*kinds & value.keys(), *(("structure",) if "eps" in value else ()))
    keys.known(value, ("name", *own, *more), "key under model")
    name = keys.identifier("model.name", value.get("name", "custom"))
    if "charges" in value:
        table = keys.typed(value, "charges", dict)
        keys.known(table, ("x_q", "x_l", "x_h"), "key under model.charges")
        return charged(name, charges(*(_charge(table, k) for k in ("x_q", "x_l", "x_h"))))
    if "normalisations" in value:
        return scaled(name, _ranges(keys.typed(value, "normalisations", dict)))
    return _from_terms(name, value, read_terms(value))


def _ranges(table: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    found = {}
    for name, ends in table.items():
        key = f"model.normalisations.{name}"
        if not isinstance(ends, list) or len(ends) != 2:
            raise ValueError(f"{key} = {keys.short(ends)}: expected [low, high]")
        low, high = (keys.number(key, end) for end in ends)
        if not low < high:
            raise ValueError(f"{key} = {keys.short(ends)}: expected low < high")
        found[keys.identifier("model.normalisations", name)] = (low, high)
    if not found:
        raise ValueError("model.normalisations: expected at least one, name = [low, high]")
    return found


def _charge(table: Mapping[str, Any], name: str) -> float:
    charge = keys.number(f"model.charges.{name}", table.get(name, 0.0))
    if abs(charge) > _LARGEST_CHARGE:
        raise ValueError(
            f"model.charges.{name} = {charge:g}: expected a charge from -{_LARGEST_CHARGE} to {_LARGEST_CHARGE}"
        )
    return charge


@dataclass(frozen=True)
class _Formulas:
    """Couplings from expressions: of each structure those of neutrinos, or none, and those of charged fermions."""

    terms: tuple[tuple[str, tuple[Expression, ...], tuple[Expression, ...]], ...]
    constants: tuple[tuple[str, float], ...]

    def __call__(self, values: Values) -> Couplings:
        known = dict(self.constants) | dict(values)
        found = []
        for name, nu, others in self.terms:
            of_nu = [expression.value(known) for expression in nu] or None
            pairs = zip(STRUCTURES[name].charged, others, strict=True)
            found.append((name, of_nu, {key: e.value(known) for key, e in pairs}))
        return interactions(values.get("mass", 1.0), found)


def _from_terms(name: str, value: Mapping[str, Any], terms: Sequence[Term]) -> Model:
    extra = _parameters(keys.typed(value, "parameters", dict, default={}))
    own = _constants(keys.typed(value, "constants", dict, default={}), [p.name for p in extra])
    numbers = all(not isinstance(x, str) for term in terms for x in term.entries.values())
    if len(terms) == 1 and not extra and numbers:
        (term,) = terms
        nu_e, nu_mu, nu_tau = (keys.number(key, x) for key, x in term.nu.items())
        of = {k: keys.number(key, x) for k, (key, x) in term.by_fermion.items()}
        return direct(
            name, Epsilon((nu_e, nu_mu, nu_tau), *(of.get(k, 0.0) for k in CHARGED)), term.structure
        )
    first = first_parameters(terms)
    known = CONSTANTS | own
    taken = [p.name for p in first]
    names = (*taken, *(p.name for p in extra if p.name not in taken), *known)
    parsed = {
        key: _parsed(key, entry, names, term.unit)
        for term in terms
        for key, entry in term.entries.items()
    }
    used = {content for p in parsed.values() for kind, content in p.program if kind == "name"}
    for unused in {*own, *(p.name for p in extra)} - {*used, *taken}:
        raise ValueError(f"model: '{unused}' is declared, expected it in one of the expressions")
    constants = tuple((k, v) for k, v in known.items() if k in used)
    formulas = tuple(
        (t.structure, tuple(parsed[k] for k in t.nu), tuple(parsed[k] for k in t.charged))
        for t in terms
    )
    strengths = _strengths(terms, parsed, known)
    model = with_parameters(name, _Formulas(formulas, constants), extra, first, strengths)
    return _checked(model, terms, parsed, known, strengths)


def _strengths(
    terms: Sequence[Term], parsed: Mapping[str, Expression], known: Mapping[str, float]
) -> tuple[str, ...]:
    """Parameters without which there is the standard model: g, and all in moments, radii and charges of neutrinos."""
    massive = any(STRUCTURES[term.structure].massive for term in terms)
    electromagnetic = [
        content
        for term in terms
        if term.structure in ELECTROMAGNETIC
        for key in term.nu
        for kind, content in parsed[key].program
        if kind == "name" and content not in known and content != "mass"
    ]
    return tuple(dict.fromkeys([*(["g"] if massive else []), *map(str, electromagnetic)]))


def _parsed(key: str, entry: Any, names: Sequence[str], unit: str = "g") -> Expression:
    """An expression as it is written, or a number times the parameter that is its unit."""
    if not isinstance(entry, str):
        return parse(f"{keys.number(key, entry)!r} * {unit}", names)
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


def _checked(
    model: Model,
    written: Sequence[Term],
    parsed: Mapping[str, Expression],
    known: Mapping[str, float],
    strengths: Sequence[str],
) -> Model:
    """The model, its expressions looked at over the box."""
    labels = {key: f"{key} = {p.text!r}" for key, p in parsed.items()}
    vector = next((list(t.nu) for t in written if t.structure == "vector"), [])
    pairs = [(t.nu or vector, t.charged) for t in written]
    terms = [([labels[k] for k in nu], [labels[k] for k in others]) for nu, others in pairs]

    def evaluate(columns: Columns) -> tuple[Columns, Terms]:
        every = {**known, **columns}
        return {labels[key]: np.asarray(p.value(every, np)) for key, p in parsed.items()}, terms

    return checked(model, "model.eps", evaluate, strengths)
