"""Functions of an HS3 document, in its generic expressions: what nuisances and the coupling do to events.

Only what every reader of them knows is used, numbers, + - * /, exp, min and max, and a power is a product: the standard
writes it x^y, pyhs3 x**y.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from jaxmed.experiments.likelihood.factors import KNEE
from jaxmed.experiments.likelihood.interpolation import Nodes, pieces
from jaxmed.interchange.parts import PolynomialPart, Scale

# Rows of relative changes that differ by less are one function.
_DIGITS = 13


class Functions:
    """Generic functions by name; an expression that is there already is not written again."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._taken: Counter[str] = Counter()

    def add(self, name: str, expression: str) -> str:
        """The name of an expression: this one, numbered if another has it, or that which it has already."""
        if expression not in self._names:
            self._taken[name] += 1
            again = self._taken[name]
            self._names[expression] = name if again == 1 else f"{name}_again_{again}"
        return self._names[expression]

    def listed(self) -> list[dict[str, str]]:
        """As they stand in a document."""
        return [
            {"name": name, "type": "generic_function", "expression": expression}
            for expression, name in self._names.items()
        ]


def number(value: float) -> str:
    """A number that is read as exactly what it is; in brackets if it is negative."""
    text = repr(float(value)).removesuffix(".0")
    return f"({text})" if value < 0 else text


def weighted(weights: Iterable[float], names: Iterable[str]) -> str:
    """A sum of names with weights, those of weight zero left out; empty if nothing is left."""
    pairs = zip(weights, names, strict=True)
    return "+".join(
        name if weight == 1 else f"{number(weight)}*{name}" for weight, name in pairs if weight
    )


def positive(y: str, knee: float) -> str:
    """Y above the knee, an exponential tail below: one formula, since y is the minimum or the maximum."""
    k = number(knee)
    return f"max({y},{k})*exp(min({y},{k})*{number(round(1 / knee))}-1)"


def power(functions: Functions, name: str, exponent: int) -> str:
    """The name of a power of the coupling, at least the first."""
    if exponent == 1:
        return name
    half = power(functions, name, exponent // 2)
    rest = f"*{name}" if exponent % 2 else ""
    return functions.add(f"{name}_{exponent}", f"{half}*{half}{rest}")


def factor(functions: Functions, scale: Scale, prefix: str) -> str:
    """The name of a normalisation."""
    name, width, low = scale
    if low is None:
        raw = functions.add(f"{prefix}_raw_{name}", f"1+{number(width)}*{name}")
        return functions.add(f"{prefix}_factor_{name}", positive(raw, KNEE))
    return functions.add(f"{prefix}_factor_{name}", f"{number(width)}*({name}-{number(low)})")


def node_weights(functions: Functions, name: str, own: Nodes) -> list[str]:
    """Names of the W_k of a shape, one for each node (`likelihood.interpolation`).

    Each is a sum over the pieces of what it rises by in them, and in all but one the pull stands at an end: nothing
    large cancels, as it would in truncated powers.
    """
    edges, origins, coefficients = pieces(own)
    inside = [
        functions.add(f"{name}_in_{i}", _clipped(name, edges[i], edges[i + 1], origin))
        for i, origin in enumerate(origins)
    ]
    found = []
    for k in range(len(own)):
        polynomials = coefficients[:, :, k]
        constant = polynomials[0, 0]
        for polynomial, low, origin in zip(polynomials[1:], edges[1:], origins[1:], strict=False):
            constant -= np.polynomial.Polynomial([0, *polynomial[1:]])(low - origin)
        terms = [number(constant)] if constant else []
        terms += filter(None, map(_rising, polynomials, inside))
        found.append(functions.add(f"{name}_node_{k}", "+".join(terms)))
    return found


def _clipped(name: str, low: float, high: float, origin: float) -> str:
    """The pull kept within a piece, from its origin."""
    kept = name if np.isinf(low) else f"max({name},{number(low)})"
    kept = kept if np.isinf(high) else f"min({kept},{number(high)})"
    return f"{kept}-{number(origin)}" if origin else kept


def _rising(polynomial: np.ndarray, x: str) -> str:
    """A polynomial without its constant, by Horner's rule; empty for zero."""
    found = ""
    for coefficient in polynomial[:0:-1]:
        inner = "+".join(
            each for each in (number(coefficient) if coefficient else "", found) if each
        )
        found = f"{x}*({inner})" if inner else ""
    return found


def shape_factors(
    functions: Functions, part: PolynomialPart, prefix: str, coupling: str
) -> list[str]:
    """Names of what the shapes do to each bin, (n_bins,); empty for a bin without events.

    It is P(r) with r = 1 + sum_k W_k (V_k/N - 1) and the tail P. Where no power of the coupling has other changes than
    the rest, V_k/N does not depend on it, and bins that change alike share a function.
    """
    weights = [
        node_weights(functions, name, own)
        for name, own in zip(part.shapes, part.nodes, strict=True)
    ]
    powers = [power(functions, coupling, p) if p else "" for p in part.powers]
    changes = part.variants[:, 1:] - part.variants[:, :1]
    found = []
    for b in range(changes.shape[-1]):
        nominal, change = part.nominal[:, b], changes[:, :, b]
        if not nominal.any():
            found.append("")
            continue
        relative = change[0] / nominal[0] if nominal[0] else np.full(len(change[0]), np.nan)
        if np.abs(change - relative * nominal[:, None]).max() <= 1e-14 * np.abs(nominal).max():
            raw = _same(functions, part, prefix, weights, np.round(relative, _DIGITS))
        else:
            names = [name for own in weights for name in own]
            raw = _moving(powers, nominal, change, names)
        ratio = functions.add(f"{prefix}_ratio_{b}", raw)
        found.append(functions.add(f"{prefix}_shape_{b}", positive(ratio, part.knee)))
    return found


def _same(
    functions: Functions,
    part: PolynomialPart,
    prefix: str,
    weights: list[list[str]],
    relative: np.ndarray,
) -> str:
    """The ratio of a bin whose relative changes (n_nodes,) are those of any coupling."""
    shifts, first = ["1"], 0
    for name, own in zip(part.shapes, weights, strict=True):
        changes = relative[first : first + len(own)]
        first += len(own)
        if changes.any():
            shifts.append(functions.add(f"{prefix}_shift_{name}", weighted(changes, own)))
    return "+".join(shifts)


def _moving(powers: list[str], nominal: np.ndarray, change: np.ndarray, names: list[str]) -> str:
    """The ratio of a bin from the changes of every power, (n_powers, n_nodes)."""
    moved = [(p, weighted(row, names)) for p, row in zip(powers, change, strict=True)]
    up = "+".join(f"{p}*({row})" if p else row for p, row in moved if row)
    return f"1+({up})/({polynomial(powers, nominal)})"


def polynomial(powers: list[str], coefficients: np.ndarray) -> str:
    """A polynomial in the coupling from the names of its powers, of which the zeroth has none."""
    terms = zip(powers, coefficients, strict=True)
    return "+".join(f"{number(c)}*{p}" if p else number(c) for p, c in terms if c) or "0"
