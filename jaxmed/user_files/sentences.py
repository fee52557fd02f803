"""What pydantic finds wrong, as one sentence: the key, what was got, what was expected."""

from collections.abc import Iterable
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
    "tuple": "a list",
}

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
    (name, *rest), kind = found["loc"], found["type"].split("_")[0]
    field = schema.model_fields.get(str(name))
    limits = {} if field is None or rest else _limits(field.metadata)
    if not limits:
        return _KINDS.get(kind) or one_line(found["msg"]).removeprefix("Input should be ")
    whole = all(isinstance(limit, int) for limit in limits.values())
    ends = (f"{word} {limit}" for word, limit in limits.items())
    return " ".join(["a whole number" if whole else "a number", *ends])


def _limits(rules: Iterable[Any]) -> dict[str, float]:
    """'from', 'above', 'to' and 'below', as far as they are set."""
    words = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}
    return {
        word: getattr(rule, key)
        for key, word in words.items()
        for rule in rules
        if getattr(rule, key, None) is not None
    }
