import ast
from collections import Counter
from pathlib import Path

import jaxmed


def test_every_public_name_is_there():
    assert {name for name in jaxmed.__all__ if getattr(jaxmed, name).__name__ != name} == set()
    assert dir(jaxmed) == sorted(jaxmed.__all__)


def test_no_two_classes_have_one_name():
    places = Path(jaxmed.__file__).parent.rglob("*.py")
    names = [
        node.name
        for path in places
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    assert [name for name, number in Counter(names).items() if number > 1] == []
