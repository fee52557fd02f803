"""HS3 with distributions of type histfactory_dist, as a pyhf workspace.

https://github.com/hep-statistics-serialization-standard/hep-statistics-serialization-standard
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import Field

from jaxmed.interchange.workspace_schema import Keys, Name, Numbers, WorkspaceKeys, checked
from jaxmed.user_files.keys import unknown

_POISSON, _GAUSS = "Poisson", "Gauss"
_CONSTRAINTS = {
    "normsys": (_GAUSS,),
    "histosys": (_GAUSS,),
    "staterror": (_GAUSS, _POISSON),
    "shapesys": (_POISSON, _GAUSS),
}
"""Those that a modifier may have, that which is meant without a word first."""


class _Contents(Keys):
    contents: Numbers
    errors: list[float] = []


class _Modifier(Keys):
    type: str
    name: str = ""
    parameter: str = ""
    parameters: list[str] = []
    constraint: str = ""
    constraint_type: str = ""
    constraint_name: str = ""
    data: Any = None


class _Sample(Keys):
    name: Name
    data: _Contents
    modifiers: list[_Modifier] = []


class _Distribution(Keys):
    name: Name
    type: str
    samples: list[_Sample] = []


class _Data(Keys):
    name: Name
    type: str = "binned"
    contents: Numbers | None = None


class _Likelihood(Keys):
    name: Name
    distributions: list[str]
    data: list[str]


class _Analysis(Keys):
    name: Name
    likelihood: str
    parameters_of_interest: list[str] = []
    domains: list[str] = []
    init: str = ""


T = TypeVar("T", _Likelihood, _Data, _Analysis)


class _Axis(Keys):
    name: Name
    min: float | None = None
    max: float | None = None


class _Domain(Keys):
    name: Name
    axes: list[_Axis] = []


class _Value(Keys):
    name: Name
    value: float
    const: bool = False


class _Point(Keys):
    name: Name
    parameters: list[_Value] = []


class _File(Keys):
    distributions: Annotated[list[dict[str, Any]], Field(min_length=1)]
    data: list[_Data]
    likelihoods: Annotated[list[_Likelihood], Field(min_length=1)]
    analyses: list[_Analysis] = []
    domains: list[_Domain] = []
    parameter_points: list[_Point] = []


def from_hs3(content: Mapping[str, Any], analysis: str = "") -> WorkspaceKeys:
    """The workspace of an analysis, the first if no name is given; without analyses that of the first likelihood.

    Raises:
        ValueError: a mistake, a distribution that is not of HistFactory, or a constraint that jaxmed does not have.
    """
    file = checked(_File, content)
    chosen = (
        file.analyses[0]
        if file.analyses
        else _Analysis(name="", likelihood=file.likelihoods[0].name)
    )
    if analysis:
        chosen = _named(file.analyses, analysis, "analysis")
    likelihood = _named(file.likelihoods, chosen.likelihood, "likelihood")
    if len(likelihood.distributions) != len(likelihood.data):
        raise ValueError(f"likelihood '{likelihood.name}': expected one data for each distribution")
    raw = {each.get("name"): each for each in file.distributions}
    channels, observations = [], []
    for name, data in zip(likelihood.distributions, likelihood.data, strict=True):
        if name not in raw:
            raise ValueError(
                unknown(f"distribution of likelihood '{likelihood.name}'", name, map(str, raw))
            )
        found = checked(_Distribution, raw[name], f"distribution '{name}': ")
        if found.type != "histfactory_dist":
            raise ValueError(
                f"distribution '{name}' is of type '{found.type}', expected histfactory_dist"
            )
        counts = _named(file.data, data, "data").contents
        if counts is None:
            raise ValueError(f"data '{data}': expected contents, the counts of bins")
        channels.append({"name": name, "samples": [_sample(found, each) for each in found.samples]})
        observations.append({"name": name, "data": counts})
    poi = (chosen.parameters_of_interest or [""])[0]
    config = {"poi": poi, "parameters": _parameters(file, chosen, channels)}
    measurement = {"name": chosen.name or likelihood.name, "config": config}
    return checked(
        WorkspaceKeys,
        {"channels": channels, "observations": observations, "measurements": [measurement]},
    )


def _named(found: Sequence[T], name: str, what: str) -> T:
    for each in found:
        if each.name == name:
            return each
    raise ValueError(unknown(what, name, (each.name for each in found)))


def _sample(channel: _Distribution, sample: _Sample) -> dict[str, Any]:
    modifiers = []
    for m in sample.modifiers:
        own = f"channel '{channel.name}', sample '{sample.name}', modifier '{m.name or m.parameter}' ({m.type})"
        asked = m.constraint or m.constraint_type
        allowed = _CONSTRAINTS.get(m.type, ())
        if m.constraint_name or (asked and asked not in allowed):
            raise ValueError(
                f"{own}: its constraint is {m.constraint_name or asked}, expected "
                f"{' or '.join(allowed) or 'none'}"
            )
        modifiers.append(
            {
                "name": _name(channel, m),
                "type": m.type,
                "data": _data(own, sample, m),
                "constraint": asked if allowed and asked != allowed[0] else "",
            }
        )
    return {"name": sample.name, "data": sample.data.contents, "modifiers": modifiers}


def _name(channel: _Distribution, m: _Modifier) -> str:
    """Of the parameter: modifiers are correlated by it."""
    if m.parameter:
        return m.parameter
    if m.parameters:
        # numbered from the first bin on
        first = m.parameters[0]
        return first.rstrip("0123456789").rstrip("_") or first
    return m.name or f"{m.type}_{channel.name}"


def _data(own: str, sample: _Sample, m: _Modifier) -> Any:
    data = m.data if isinstance(m.data, dict) else {}
    if m.type == "staterror":
        if not sample.data.errors:
            raise ValueError(f"{own}: expected errors in the data of the sample")
        return sample.data.errors
    if m.type == "shapesys":
        nominal, relative = sample.data.contents, data.get("vals")
        if not isinstance(relative, list) or len(relative) != len(nominal):
            raise ValueError(f"{own}: expected data.vals, a number for each bin")
        return [float(x) * n for x, n in zip(relative, nominal, strict=True)]
    if m.type == "histosys":
        ends = {}
        for end in ("lo", "hi"):
            ends[f"{end}_data"] = checked(_Contents, data.get(end), f"{own}: data.{end}.").contents
        return ends
    return m.data


def _parameters(
    file: _File, chosen: _Analysis, channels: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Ranges of the analysis' domains, and what its point holds fixed."""
    scaling = {
        m["name"]
        for c in channels
        for s in c["samples"]
        for m in s["modifiers"]
        if m["type"] == "normfactor"
    }
    found: dict[str, dict[str, Any]] = {}
    for domain in file.domains:
        if domain.name in chosen.domains or not chosen.domains:
            for axis in domain.axes:
                if axis.name in scaling and axis.min is not None and axis.max is not None:
                    found.setdefault(axis.name, {"bounds": [[axis.min, axis.max]]})
    for point in file.parameter_points[:1] if not chosen.init else file.parameter_points:
        if chosen.init in ("", point.name):
            for value in point.parameters:
                if value.name in scaling or value.const:
                    own = {"inits": [value.value], "fixed": value.const}
                    found[value.name] = found.get(value.name, {}) | own
    return [{"name": name, **each} for name, each in found.items()]
