"""Arithmetic in a text such as "-g * alpha / (3*pi) * log(m_tau^2/m_mu^2)", read by a small grammar.

    sum      = product { ("+" | "-") product }
    product  = sign { ("*" | "/") sign }
    sign     = { "+" | "-" } power
    power    = atom [ ("^" | "**") sign ]
    atom     = number | name | function "(" sum { "," sum } ")" | "(" sum ")"

A text becomes a flat program for a stack, plain data: nothing is handed to Python's own interpreter.
"""

import re
from collections.abc import Collection, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import jax.numpy as jnp

from jaxmed.user_files.keys import hint, one_of

FUNCTIONS = {
    "abs": 1,
    "atan": 1,
    "cos": 1,
    "exp": 1,
    "log": 1,
    "log10": 1,
    "max": 2,
    "min": 2,
    "sin": 1,
    "sqrt": 1,
    "tan": 1,
    "tanh": 1,
}
"""Functions and the number of their arguments."""

_ARRAY_NAMES = {"atan": "arctan", "max": "maximum", "min": "minimum"}
_OPERATORS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "power"}
_LONGEST = 500  # characters
_QUOTED = 40  # characters around a mistake
_LARGEST_POWER = 64  # taken as a whole number
_DEEPEST = 40  # brackets and signs within each other
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<symbol>\*\*|[-+*/^(),]))",
    re.ASCII,
)


class Expression(NamedTuple):
    """A parsed text.

    Attributes:
        text: as it was written.
        program: instructions in postfix order: ("number", x), ("name", x) or (array function, arity).
    """

    text: str
    program: tuple[tuple[str, Any], ...]

    def value(self, values: Mapping[str, Any], numpy: ModuleType = jnp) -> Any:
        """The number at the given values by name, of any shapes that go together; pure JAX by default."""
        stack: list[Any] = []
        for kind, content in self.program:
            if kind == "number":
                stack.append(content)
            elif kind == "name":
                stack.append(values[content])
            else:
                arguments = stack[-content:]
                del stack[-content:]
                stack.append(getattr(numpy, kind)(*arguments))
        return stack[0]


def parse(text: str, names: Collection[str]) -> Expression:
    """Read an expression.

    Args:
        text: at most 500 characters.
        names: the names that may occur in it.

    Raises:
        ValueError: anything outside the grammar; the message has the text, the position, what was found there and
            what was expected.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"'{text[:40]}...': expected at most {_LONGEST} characters")
    parser = _Parser(text, tuple(names))
    parser.sum()
    if parser.kind != "end":
        parser.fail("an operator or the end")
    return Expression(text, tuple(parser.program))


class _Parser:
    """Recursive descent over the tokens of one text; `kind` and `token` are those not yet used."""

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        self.text, self.names = text, names
        self.program: list[tuple[str, Any]] = []
        self.kind, self.token, self.start, self.end, self.depth = "", "", 0, 0, 0
        self.advance()

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.end)
        if found:
            self.kind, self.token = str(found.lastgroup), found[str(found.lastgroup)]
            self.start, self.end = found.start(str(found.lastgroup)), found.end()
            return
        rest = self.text[self.end :].lstrip()
        self.start = len(self.text) - len(rest)
        self.kind, self.token = ("end", "the end") if not rest else ("character", rest[0])
        if rest:
            self.fail("a number, a name, an operator or a bracket")

    def fail(self, expected: str) -> None:
        got = "the end" if self.kind == "end" else repr(self.token)
        before, after = max(0, self.start - _QUOTED), self.start + _QUOTED
        dots = "..." if before else "", "..." if after < len(self.text) else ""
        quoted = f"{dots[0]}{self.text[before:after]}{dots[1]}"
        raise ValueError(f"{quoted!r}, position {self.start + 1}: got {got}, expected {expected}")

    def take(self, *symbols: str) -> str:
        """The symbol that comes next if it is one of these, else nothing."""
        if self.kind != "symbol" or self.token not in symbols:
            return ""
        token = self.token
        self.advance()
        return token

    def require(self, symbol: str) -> None:
        if not self.take(symbol):
            self.fail(f"'{symbol}'")

    def sum(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(f"at most {_DEEPEST} brackets or signs within each other")
        self.product()
        while operator := self.take("+", "-"):
            self.product()
            self.program.append((_OPERATORS[operator], 2))
        self.depth -= 1

    def product(self) -> None:
        self.sign()
        while operator := self.take("*", "/"):
            self.sign()
            self.program.append((_OPERATORS[operator], 2))

    def sign(self) -> None:
        negative = False
        while operator := self.take("+", "-"):
            negative ^= operator == "-"
        self.power()
        if negative:
            self.program.append(("negative", 1))

    def power(self) -> None:
        self.atom()
        if self.take("^", "**"):
            self.depth += 1
            if self.depth > _DEEPEST:
                self.fail(f"at most {_DEEPEST} powers within each other")
            self.sign()
            self.depth -= 1
            kind, exponent = self.program[-1]
            if kind == "number" and float(exponent).is_integer() and exponent <= _LARGEST_POWER:
                # a whole power has a derivative at zero and below, a real one only above
                self.program[-1] = kind, int(exponent)
            self.program.append((_OPERATORS["^"], 2))

    def atom(self) -> None:
        kind, token = self.kind, self.token
        if kind == "number":
            self.program.append(("number", float(token)))
            self.advance()
        elif kind == "name":
            self.name()
        elif self.take("("):
            self.sum()
            self.require(")")
        else:
            self.fail("a number, a name or '('")

    def name(self) -> None:
        token = self.token
        if token not in self.names and token not in FUNCTIONS:
            allowed = (*self.names, *FUNCTIONS)
            self.fail(f"{one_of(allowed)}{hint(token, allowed)}")
        self.advance()
        if token in self.names:
            self.program.append(("name", token))
            return
        self.require("(")
        arity = FUNCTIONS[token]
        for i in range(arity):
            self.sum()
            self.require("," if i + 1 < arity else ")")
        self.program.append((_ARRAY_NAMES.get(token, token), arity))
