"""Edges of regions as figures show them: smooth between their vertices."""

import numpy as np

_BETWEEN = 6  # points for each step from one vertex to the next
_SAME = 1e-9  # distance of vertices that are one, in log10


def smooth_edge(mass: np.ndarray, g: np.ndarray, closed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Masses and couplings of a curve through the vertices (n,) of an edge, smooth in their logarithms.

    By centripetal Catmull-Rom splines, which have neither loops nor cusps: Yuksel, Schaefer, Keyser, Computer-Aided
    Design 43 (2011) 747. A closed edge ends with its first vertex.
    """
    points = np.log10(np.stack([mass, g], axis=1))
    moved = np.abs(np.diff(points, axis=0)).max(axis=1) > _SAME
    points = points[np.append(True, moved)]
    if len(points) < 4:
        return mass, g
    before, after = (points[-2], points[1]) if closed else 2 * points[[0, -1]] - points[[1, -2]]
    knots = np.concatenate([before[None], points, after[None]])
    steps = np.linalg.norm(np.diff(knots, axis=0), axis=1) ** 0.5
    t = np.append(0.0, np.cumsum(steps))
    # of the four knots around each step
    p = [knots[i : len(knots) - 3 + i, None] for i in range(4)]
    at = [t[i : t.size - 3 + i, None] for i in range(4)]
    share = np.linspace(0, 1, _BETWEEN, endpoint=False)
    here = at[1] + share * (at[2] - at[1])

    def between(a: np.ndarray, b: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        part = ((here - start) / (end - start))[..., None]
        return (1 - part) * a + part * b

    lines = [between(p[i], p[i + 1], at[i], at[i + 1]) for i in range(3)]
    bends = [between(lines[i], lines[i + 1], at[i], at[i + 2]) for i in range(2)]
    curve = between(bends[0], bends[1], at[1], at[2]).reshape(-1, 2)
    x, y = 10 ** np.concatenate([curve, points[-1:]]).T
    return x, y
