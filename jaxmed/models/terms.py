"""Interactions as a TOML table writes them: a structure each, and entries for its couplings."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jaxmed.models.model import ELECTROMAGNETIC, MEDIATOR, Parameter
from jaxmed.theory.structures import CHARGED, STRUCTURES, check_together, shared_neutrinos
from jaxmed.user_files import keys
from jaxmed.user_files.keys import unknown


class Term(NamedTuple):
    """One interaction as it is written.

    Attributes:
        structure: its name.
        nu: entries of nu_e, nu_mu and nu_tau by key; empty where an axial has those of the vector.
        charged: entries of charged fermions by key.
    """

    structure: str
    nu: dict[str, Any]
    charged: dict[str, Any]

    @property
    def entries(self) -> dict[str, Any]:
        """All of them by key."""
        return self.nu | self.charged

    @property
    def by_fermion(self) -> dict[str, tuple[str, Any]]:
        """Key and entry of each charged fermion, by its name."""
        return dict(zip(STRUCTURES[self.structure].charged, self.charged.items(), strict=True))

    @property
    def unit(self) -> str:
        """The parameter that a number is a multiple of."""
        own = ELECTROMAGNETIC.get(self.structure)
        return own.name if own else "g"


def read_terms(value: Mapping[str, Any]) -> list[Term]:
    """The interactions of a table; ValueError for two that cannot be together."""
    if "eps" in value:
        return [_term("model", value, shared=False)]
    tables = value["interactions"]
    if not (isinstance(tables, list) and tables and all(isinstance(each, dict) for each in tables)):
        raise ValueError(
            f"model.interactions = {keys.short(tables)}: expected tables with structure and eps"
        )
    names = [_structure(f"model.interactions[{i}]", table) for i, table in enumerate(tables)]
    try:
        check_together(names)
    except ValueError as problem:
        raise ValueError(f"model.interactions: {problem}") from None
    shared, found = shared_neutrinos(names), []
    for i, (name, table) in enumerate(zip(names, tables, strict=True)):
        where = f"model.interactions[{i}]"
        keys.known(table, ("structure", "eps"), f"key under {where}")
        found.append(_term(where, table, shared=name in shared))
    return found


def _structure(where: str, value: Mapping[str, Any]) -> str:
    name = keys.typed(value, "structure", str, default="vector")
    if name not in STRUCTURES:
        raise ValueError(unknown(f"{where}.structure", name, STRUCTURES))
    return name


def _term(where: str, value: Mapping[str, Any], *, shared: bool) -> Term:
    """One interaction; `shared` where its neutrinos are those of another."""
    name = _structure(where, value)
    table, structure = keys.typed(value, "eps", dict), STRUCTURES[name]
    known = structure.charged if shared else ("nu", *structure.charged)
    for fermion in CHARGED:
        if fermion in table and fermion not in structure.charged:
            why = "does not scatter coherently" if structure.massive else "has none"
            raise ValueError(
                f"{where}.eps.{fermion}: {fermion} with structure '{name}' {why}, expected {' and '.join(known)}"
            )
    keys.known(table, known, f"key under {where}.eps")
    if not table:
        raise ValueError(f"{where}.eps is empty: expected some of {', '.join(known)}")
    nu = [] if shared else table.get("nu", [0.0, 0.0, 0.0])
    if not isinstance(nu, list) or len(nu) not in ((0,) if shared else (3,)):
        raise ValueError(
            f"{where}.eps.nu = {keys.short(nu)}: expected three numbers or expressions, for nu_e, nu_mu and nu_tau"
        )
    of_nu = {f"{where}.eps.nu[{i}]": x for i, x in enumerate(nu)}
    return Term(name, of_nu, {f"{where}.eps.{k}": table.get(k, 0.0) for k in structure.charged})


def first_parameters(terms: Sequence[Term]) -> tuple[Parameter, ...]:
    """The parameters that a model has without declaring them."""
    massive = any(STRUCTURES[term.structure].massive for term in terms)
    electromagnetic = [
        ELECTROMAGNETIC[term.structure]
        for term in terms
        if term.structure in ELECTROMAGNETIC
        and not all(isinstance(x, str) for x in term.entries.values())
    ]
    return (*(MEDIATOR if massive else ()), *electromagnetic)
