"""What the schema of experiment.toml finds wrong, as one sentence: the key, what was got, what was expected."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from jaxmed.experiments.folder.schema.run import RunKeys
from jaxmed.user_files import keys
from jaxmed.user_files.sentences import limits, words_of_kind

_SOURCES = ("reactor", "stopped_pion", "solar", "table")
# pydantic's words for one of several kinds in a path
_KINDS = (
    "constrained-float",
    "dict[str,constrained-float]",
    "list[constrained-float]",
    "float",
    "bool",
    "[key]",
)


def sentence(problem: ValidationError, content: Mapping[str, Any]) -> str:
    """The first mistake, an unknown key before all: it may be why another is missing."""
    every = problem.errors(include_url=False)
    found = next((each for each in every if each["type"] == "extra_forbidden"), every[0])
    # of several kinds that a value may be, that which is closest to right
    path = _path(found["loc"], content)
    same = [each for each in every if _path(each["loc"], content)[: len(path)] == path]
    found = max(same, key=lambda each: len(_path(each["loc"], content)))
    kind, context, got = found["type"], found.get("ctx", {}), found.get("input")
    path = _path(found["loc"], content)
    key, above = ".".join(path), ".".join(path[:-1]) or "the file"
    if kind == "extra_forbidden":
        return keys.unknown(
            f"key under {above}" if path[:-1] else "key", path[-1], _allowed(found["loc"][:-1])
        )
    if kind == "missing":
        table = len(path) == 1 and path[0] in ("target", "flux", "data")
        return (
            f"table [{key}] is missing, expected one"
            if table
            else f"key '{path[-1]}' under {above} is missing"
            if path[:-1]
            else f"key '{key}' is missing, expected one"
        )
    cause = context.get("error")
    if isinstance(cause, ValueError):
        text = str(cause)
        if text.startswith("= "):
            return f"{key} {text}"
        whole = not key or text.startswith(("key '", "name = ", key))
        return text if whole else f"{key}: {text}"
    if kind == "union_tag_not_found":
        return f"key 'source' under {key} is missing: expected {keys.one_of(_SOURCES)}"
    if kind == "union_tag_invalid":
        key, got = f"{key}.source", context["tag"]
        return (
            f"{key} = {keys.short(got)}{keys.hint(got, _SOURCES)}: expected {keys.one_of(_SOURCES)}"
        )
    if key == "background":
        return f"background = {keys.short(got)}: expected tables [[background]]"
    if any(each["type"] == "literal_error" for each in same):
        either = any(each["type"].startswith("bool") for each in same)
        allowed = [*(("true", "false") if either else ()), *_literals(_tables(found["loc"]))]
        close = keys.hint(got, allowed) if isinstance(got, str) else ""
        return f"{key} = {keys.short(got)}{close}: expected {keys.one_of(allowed)}"
    return f"{key} = {keys.one_line(keys.short(got))}: expected {_expected(kind, context, found)}"


def _expected(kind: str, context: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    if kind == "string_pattern_mismatch":
        return "the name of a .csv file in the folder"
    if kind in ("too_short", "too_long"):
        number = context.get("min_length") or context.get("max_length")
        return "at least one" if number == 1 else f"{number} numbers"
    if context.get("le") == 1 or ("errors" in found["loc"] and "ge" in context):
        return "a fraction up to 1, such as 0.05 for 5 %"
    range_ = limits(context)
    return f"a number {range_}" if range_ else words_of_kind(kind, found["msg"])


def _path(loc: tuple[int | str, ...], content: Mapping[str, Any]) -> list[str]:
    """Keys in words: backgrounds by name, without pydantic's names of kinds."""
    steps = [
        step for i, step in enumerate(loc) if not (i == 1 and loc[0] == "flux" and step in _SOURCES)
    ]
    path: list[str] = []
    for step in steps:
        if isinstance(step, int):
            if path == ["background"]:
                entry = content["background"][step]
                name = entry.get("name") if isinstance(entry, dict) else None
                path = [
                    f"background '{name}'" if isinstance(name, str) else f"background {step + 1}"
                ]
        elif step not in _KINDS and not step.startswith("literal["):
            path.append(step)
    return path


def _tables(loc: tuple[int | str, ...]) -> Any:
    """The annotation of what stands at a path."""
    found: Any = RunKeys
    for step in loc:
        model = _model(found)
        if step in _SOURCES and model is None:
            continue
        if isinstance(step, str) and model is not None and step in model.model_fields:
            found = model.model_fields[step].annotation
        elif step in _SOURCES:
            found = next(
                m
                for m in _models(RunKeys.model_fields["flux"].annotation)
                if step in get_args(m.model_fields["source"].annotation)
            )
    return found


def _allowed(loc: tuple[int | str, ...]) -> list[str]:
    model = _model(_tables(loc))
    return list(model.model_fields) if model else []


def _literals(annotation: Any) -> list[str]:
    """Texts that a value may be."""
    return [
        text
        for each in get_args(annotation)
        for text in ([each] if isinstance(each, str) else _literals(each))
    ]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _model(annotation: Any) -> type[BaseModel] | None:
    return next(iter(_models(annotation)), None)
