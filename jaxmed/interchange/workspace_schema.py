"""The schema of a pyhf workspace, as far as it is read: what a HistFactory model is in JSON.

https://scikit-hep.org/pyhf/schemas/1.0.0/workspace.json
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jaxmed.user_files import keys
from jaxmed.user_files.sentences import words_of_kind

Numbers = Annotated[list[float], Field(min_length=1)]
Name = Annotated[str, Field(min_length=1)]
TYPES = ("normfactor", "normsys", "histosys", "lumi", "staterror", "shapesys", "shapefactor")


class Keys(BaseModel):
    """An object of a workspace; what has no meaning for the likelihood is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class NormSysKeys(Keys):
    """Factors at -1 and +1 sigma."""

    lo: Annotated[float, Field(gt=0)]
    hi: Annotated[float, Field(gt=0)]


class HistoSysKeys(Keys):
    """Events at -1 and +1 sigma."""

    lo_data: Numbers
    hi_data: Numbers


class ModifierKeys(Keys):
    """What a parameter does to a sample; `constraint` only where it is another than the type's own."""

    name: Name
    type: str
    data: Any = None
    constraint: Literal["Gauss", "Poisson", ""] = ""


class SampleKeys(Keys):
    """Nominal events and what moves them."""

    name: Name
    data: Numbers
    modifiers: list[ModifierKeys] = []


class ChannelKeys(Keys):
    """A region: bins and the samples in it."""

    name: Name
    samples: Annotated[list[SampleKeys], Field(min_length=1)]


class ObservationKeys(Keys):
    """Counts in the region of that name."""

    name: Name
    data: Numbers


class ParameterKeys(Keys):
    """What a measurement says of a parameter."""

    name: Name
    inits: Numbers | None = None
    bounds: list[Annotated[list[float], Field(min_length=2, max_length=2)]] | None = None
    auxdata: Numbers | None = None
    sigmas: Numbers | None = None
    fixed: bool = False


class ConfigKeys(Keys):
    """The parameter of interest, empty for none, and those with settings of their own."""

    poi: str
    parameters: list[ParameterKeys] = []


class MeasurementKeys(Keys):
    """A way to ask the model."""

    name: Name
    config: ConfigKeys


class WorkspaceKeys(Keys):
    """The whole file."""

    channels: Annotated[list[ChannelKeys], Field(min_length=1)]
    observations: list[ObservationKeys]
    measurements: Annotated[list[MeasurementKeys], Field(min_length=1)]


T = TypeVar("T", bound=Keys)


def checked(schema: type[T], content: Any, where: str = "") -> T:
    """Content by a schema; ValueError with the first mistake in one sentence, `where` before its key."""
    try:
        return schema.model_validate(content)
    except ValidationError as problem:
        found = problem.errors(include_url=False)[0]
        key = f"{where}{_words(found['loc'], content)}" or "it"
        if found["type"] == "missing":
            raise ValueError(f"{key} is missing") from None
        expected = words_of_kind(found["type"], found["msg"])
        raise ValueError(f"{key} = {keys.short(found['input'])}: expected {expected}") from None


def _words(steps: tuple[Any, ...], content: Any) -> str:
    """Keys with dots in between, entries of lists by their names where they have one."""
    words = []
    for step in steps:
        inside = content
        try:
            content = content[step]
        except (LookupError, TypeError):
            content = None
        own = content.get("name") if isinstance(content, dict) else None
        named = isinstance(inside, list) and isinstance(own, str)
        words.append(repr(own) if named else str(step))
    return ".".join(words)
