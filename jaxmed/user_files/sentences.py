"""What pydantic finds wrong, as one sentence: the key, what was got, what was expected."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from jaxmed.user_files.keys import one_line, short, unknown

_KINDS = {
    "bool": "true or false",
    "dict": "a table",
    "finite": "a finite number",
    "float": "a finite number",
    "int": "a whole number",
    "list": "a list",
    "string": "text in quotes",
    "model": "a table",
    "tuple": "a list",
}

_WORDS = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}

_TYPES = ("str", "int", "float", "is-instance[Experiment]")


def first_sentence(problem: ValidationError, schema: type[BaseModel]) -> str:
    """The first mistake in words, a key that is unknown before all; a field that has limits says both of them."""
    every = problem.errors(include_url=False)
    found = next((each for each in every if each["type"] == "extra_forbidden"), every[0])
    if found["type"] == "extra_forbidden":
        return unknown("key", found["loc"][-1], schema.model_fields)
    if found["type"] == "missing":
        return f"key '{_path(found['loc'])}' is missing"
    cause = found.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return str(cause)
    return f"{_path(found['loc'])} = {one_line(short(found['input']))}: expected {_expected(found, schema)}"


def _path(steps: Iterable[Any]) -> str:
    """Keys with dots between them, without places in lists and pydantic's words for one of several types."""
    return ".".join(step for step in steps if isinstance(step, str) and step not in _TYPES)


def _expected(found: ErrorDetails, schema: type[BaseModel]) -> str:
    """A kind, with its range for a number that is a field, else what pydantic has to say."""
    name, *rest = found["loc"]
    field = schema.model_fields.get(str(name))
    limits = {} if field is None or rest else _limits(field.metadata)
    if not limits:
        return words_of_kind(found["type"], found["msg"])
    whole = all(isinstance(limit, int) for limit in limits.values())
    ends = (f"{word} {limit}" for word, limit in limits.items())
    return " ".join(["a whole number" if whole else "a number", *ends])


def words_of_kind(kind: str, message: str) -> str:
    """What a value of a kind that pydantic names is in words, else what pydantic has to say."""
    return _KINDS.get(kind.split("_")[0]) or one_line(message).removeprefix("Input should be ")


def limits(context: Mapping[str, Any]) -> str:
    """The limit that a number is beyond, in words; empty if that was not the mistake."""
    found = ((word, context[key]) for key, word in _WORDS.items() if key in context)
    return " ".join(f"{word} {limit:g}".replace("to ", "up to ") for word, limit in found)


def _limits(rules: Iterable[Any]) -> dict[str, float]:
    """'from', 'above', 'to' and 'below', as far as they are set."""
    return {
        word: getattr(rule, key)
        for key, word in _WORDS.items()
        for rule in rules
        if getattr(rule, key, None) is not None
    }
