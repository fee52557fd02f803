"""Solve small symmetric systems, many at once."""

from jaxmed.experiments.model import Leaf
from jaxmed.inference.engine.library import library_of


def solve(matrix: Leaf, right: Leaf) -> tuple[Leaf, Leaf]:
    """X with U |D| U^T x = right, where matrix = U D U^T (n, n), and whether all of D is positive.

    For a positive definite matrix that is the solution of matrix x = right; for another one x still points the way
    that `right` does. The last row is eliminated first: model parameters come first, and what is left of them is the
    curvature of the profile.

    Written out row by row, so that each operation runs across all lanes of a batch: a library call for each matrix
    would take longer than the rest of a toy fit.
    """
    xp = library_of(right)
    if not right.size:  # an experiment without nuisances
        return right, xp.asarray(True)
    rows: list[Leaf] = []
    pivots: list[Leaf] = []
    solved: list[Leaf] = []
    for i in reversed(range(right.size)):
        pivot, row = matrix[i, i], matrix[i, :i] / matrix[i, i]
        pivots.append(pivot)
        rows.append(row)
        solved.append(right[i])
        matrix = matrix[:i, :i] - pivot * row[:, None] * row[None]
        right = right[:i] - row * right[i]
    x = xp.zeros(0)
    for pivot, row, y in zip(reversed(pivots), reversed(rows), reversed(solved), strict=True):
        x = xp.append(x, y / xp.abs(pivot) - xp.sum(row * x))
    return x, xp.min(xp.stack(pivots)) > 0
