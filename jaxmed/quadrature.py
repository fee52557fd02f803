"""Gauss-Legendre nodes and weights on given intervals."""

import numpy as np


def panels(low: np.ndarray, high: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on each interval [low, high].

    Args:
        low: lower ends, (n,).
        high: upper ends, (n,).
        order: nodes per interval.

    Returns:
        nodes and weights, each (n, order).
    """
    x, w = np.polynomial.legendre.leggauss(order)
    half = (high - low)[:, None] / 2
    return (low + high)[:, None] / 2 + half * x, half * w


def composite(edges: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """One rule over consecutive intervals between sorted `edges` (m + 1,): nodes, weights (m order,)."""
    edges = np.unique(edges)
    nodes, weights = panels(edges[:-1], edges[1:], order)
    return nodes.ravel(), weights.ravel()
