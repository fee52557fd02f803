"""Interactions as a TOML table writes them: a structure each, and entries for its couplings."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jaxmed.models.model import ELECTROMAGNETIC, MEDIATOR, Parameter
from jaxmed.theory.structures import CHARGED, STRUCTURES
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
    found = []
    for i, table in enumerate(tables):
        keys.known(table, ("structure", "eps"), f"key under model.interactions[{i}]")
        vector = any(term.structure == "vector" for term in found)
        found.append(_term(f"model.interactions[{i}]", table, shared=vector))
    names = [term.structure for term in found]
    if len(set(names)) < len(names):
        raise ValueError(
            f"model.interactions: got {', '.join(names)}, expected each structure once"
        )
    massive = [name for name in names if STRUCTURES[name].massive]
    if massive and "millicharge" in names:
        raise ValueError(
            f"model.interactions: a millicharge is seen by a photon, without mass: expected no {massive[0]} beside it"
        )
    if "axial" in names and "vector" in names[names.index("axial") :]:
        raise ValueError(
            "model.interactions: expected vector before axial, which has its neutrinos"
        )
    return found


def _term(where: str, value: Mapping[str, Any], *, shared: bool) -> Term:
    """One interaction; `shared` where an axial has the couplings of the neutrinos to the vector."""
    name = keys.typed(value, "structure", str, default="vector")
    if name not in STRUCTURES:
        raise ValueError(unknown(f"{where}.structure", name, STRUCTURES))
    table, structure = keys.typed(value, "eps", dict), STRUCTURES[name]
    if shared and name == "axial":
        keys.known(table, structure.charged, f"key under {where}.eps, beside a vector")
        return Term(name, {}, {f"{where}.eps.e": table.get("e", 0.0)})
    known = ("nu", *structure.charged)
    for fermion in CHARGED:
        if fermion in table and fermion not in structure.charged:
            why = "does not scatter coherently" if structure.massive else "has none"
            raise ValueError(
                f"{where}.eps.{fermion}: {fermion} with structure '{name}' {why}, expected {' and '.join(known)}"
            )
    keys.known(table, known, f"key under {where}.eps")
    if not table:
        raise ValueError(f"{where}.eps is empty: expected some of {', '.join(known)}")
    nu = table.get("nu", [0.0, 0.0, 0.0])
    if not isinstance(nu, list) or len(nu) != 3:
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
