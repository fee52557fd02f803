"""The README of theory/: every numbered equation of the paper, a function that names it, a test."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import jaxmed.theory

README = Path(jaxmed.theory.__file__).with_name("README.md")
HERE = Path(__file__).parent
NOT_IN_THE_PAPER = {35}


def expand(text):
    """Equation numbers in "2, 6-8"."""
    found = set()
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def named_in(docstring):
    lists = re.findall(
        r"Eqs?\.\s+(\d+(?:-\d+)?(?:,\s+\d+(?:-\d+)?|\s+and\s+\d+(?:-\d+)?)*)", docstring
    )
    return set().union(*map(expand, lists))


def rows():
    lines = [line for line in README.read_text().splitlines() if re.match(r"\| \d", line)]
    for line in lines:
        equations, _, functions, tests = (cell.strip() for cell in line.strip("|").split("|"))
        yield equations, re.findall(r"`([^`]+)`", functions), re.findall(r"`([^`]+)`", tests)


ROWS = list(rows())
IN_PAPER = [row for row in ROWS if expand(row[0]) != NOT_IN_THE_PAPER]


def test_every_numbered_equation_is_there():
    assert set().union(*(expand(equations) for equations, _, _ in ROWS)) == set(range(1, 42))
    assert [(f, t) for e, f, t in ROWS if expand(e) == NOT_IN_THE_PAPER] == [([], [])]


@pytest.mark.parametrize(("equations", "functions", "tests"), IN_PAPER)
def test_functions_exist_and_name_the_equation(equations, functions, tests):
    assert functions
    named = set()
    for path in functions:
        module, _, name = path.rpartition(".")
        function = getattr(import_module(f"jaxmed.theory.{module}"), name)
        own = named_in(inspect.getdoc(function) or "")
        assert expand(equations) & own, f"{path} names {sorted(own)}"
        named |= own
    assert expand(equations) <= named


@pytest.mark.parametrize(("equations", "functions", "tests"), IN_PAPER)
def test_tests_exist_and_call_a_function_of_that_row(equations, functions, tests):
    assert tests
    for path in tests:
        file, name = path.split("::")
        tree = ast.parse((HERE / file).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        imported = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert imported & {f"jaxmed.theory.{function}" for function in functions}, path


def test_the_parser_reads_lists_and_ranges():
    assert named_in("x (Eqs. 2, 6-8) and Eq. 31; Eqs. 12 and 17-18") == {2, 6, 7, 8, 31, 12, 17, 18}
