"""JSON schemas of results as they lie on disk, from the classes that read them."""

from typing import Any, get_type_hints

import numpy as np
from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

NUMBER: dict[str, Any] = {"type": ["number", "null"]}
"""One that may be NaN, null on disk."""
NUMBERS: dict[str, Any] = {
    "type": "array",
    "items": {"type": ["number", "boolean", "null", "array"]},
}
"""An array: numbers or truth values, or lists of them for more than one dimension."""


class OnDisk(GenerateJsonSchema):
    """What pydantic knows of a class, with arrays as lists."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        """Arrays as lists of numbers."""
        return NUMBERS | {} if schema["cls"] is np.ndarray else super().is_instance_schema(schema)


def table_of(named_tuple: type) -> dict[str, Any]:
    """A named tuple as the table of its fields that it is on disk; pydantic would have it as a list."""
    config = ConfigDict(arbitrary_types_allowed=True)
    fields = {
        name: TypeAdapter(kind, config=config).json_schema(schema_generator=OnDisk)
        for name, kind in get_type_hints(named_tuple).items()
    }
    return {
        "title": named_tuple.__name__,
        "type": "object",
        "properties": fields,
        "required": [*fields],
        "additionalProperties": False,
    }
