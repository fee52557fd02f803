"""What the tables of experiment.toml have in common: kinds of values, and how a key is checked."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from jaxmed.experiments.model import STRENGTH
from jaxmed.user_files import keys

_ONE_OF = "got {}, expected one of {}"


def _identifier(value: Any) -> Any:
    return keys.identifier("name", value)


def _nuisance(name: str) -> str:
    """A name that a nuisance can have."""
    if name in (STRENGTH, "g", "mass") or not name.replace("-", "_").isidentifier():
        raise ValueError(
            f"got the nuisance {name!r}, expected a name of letters, digits and _ of its own"
        )
    return keys.identifier("nuisance", name)


def title_line(value: str) -> str:
    """A text that figures can show; ValueError for any other."""
    if not value.strip() or len(value) > 80 or not value.isprintable():
        raise ValueError(f"= {keys.short(value)}: expected one line of up to 80 characters")
    return value


def in_short(**names: str) -> BeforeValidator:
    """A number or text for a table: `efficiency = 0.9` is { constant = 0.9 }, "x.csv" is { file = "x.csv" }."""

    def expand(value: Any) -> Any:
        if isinstance(value, bool):
            return value
        kind = {str: "text", int: "number", float: "number"}.get(type(value), "")
        return {names[kind]: value} if kind in names else value

    return BeforeValidator(expand)


Positive = Annotated[float, Field(gt=0, le=1e30)]
NotNegative = Annotated[float, Field(ge=0, le=1e30)]
MolarMass = Annotated[float, Field(ge=1, le=2000)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, BeforeValidator(_identifier)]
NuisanceName = Annotated[str, AfterValidator(_nuisance)]
File = Annotated[str, Field(pattern=r"^[^/\\]+\.csv$")]
Errors = dict[NuisanceName, Fraction]
Change = Annotated[float, Field(gt=-1, le=1e3)]
UpAndDown = Annotated[list[Change], Field(min_length=2, max_length=2)]
Four = Annotated[list[float], Field(min_length=4, max_length=4)]


class TableKeys(BaseModel):
    """A table of experiment.toml; `words` are those that a key may be, for keys of a few words."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)
    words: ClassVar[Mapping[str, Collection[str]]] = {}

    @field_validator("*", mode="after")
    @classmethod
    def _known(cls, value: Any, info: ValidationInfo) -> Any:
        allowed = cls.words.get(info.field_name or "")
        for each in value if isinstance(value, list | dict) else [value]:
            if allowed is not None and each is not None and each not in allowed:
                close = keys.hint(each, allowed)
                raise ValueError(f"= {keys.short(each)}{close}: expected {keys.one_of(allowed)}")
        return value

    def one_of(self, *names: str, need: bool = True) -> str:
        """The one of some keys that is there; ValueError for several, or for none where one is needed."""
        there = [name for name in names if getattr(self, name) is not None]
        if len(there) > 1 or (need and not there):
            raise ValueError(_ONE_OF.format(" and ".join(there) or "none", ", ".join(names)))
        return there[0] if there else ""

    def together(self, *names: str) -> None:
        """ValueError if some of these keys are there and others not."""
        missing = [name for name in names if getattr(self, name) is None]
        if missing and len(missing) < len(names):
            raise ValueError(f"{missing[0]} is missing: expected {', '.join(names)}")
