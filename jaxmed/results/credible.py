"""Credible regions in a plane: the densest that hold a given share of the samples."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import contourpy
import numpy as np

from jaxmed.inference.bayes.proposal import NOTHING, Density

# Rise of a log density that is round-off.
_FLAT = 1e-6


class Region(NamedTuple):
    """A region that holds a share of the samples and is denser than anything outside.

    Attributes:
        probability: the share.
        level: log density at its edge, relative to the maximum.
        lines: pieces of the edge, (n, 2) each; closed where the first point is also the last.
        rings: the edge completed along the border of the plane, (n, 2) each, closed; a point is inside if an odd
            number of them surround it.
    """

    probability: float
    level: float
    lines: tuple[np.ndarray, ...]
    rings: tuple[np.ndarray, ...]


def credible(
    samples: np.ndarray, density: Density, probabilities: tuple[float, ...]
) -> tuple[Region, ...]:
    """Regions of highest density; none where it is flat, and no part denser than another.

    Samples say how much a region holds; prior times profile likelihood says which regions are dense. On the plateaus
    of a likelihood, where a density from samples is noise, its edges are still smooth. It is the marginal density but
    for changes in the width of the nuisances.

    Args:
        samples: (n, 2), in the coordinates of the density.
        density: in a plane.
        probabilities: of the regions.
    """
    if np.ptp(density.log[density.log > NOTHING]) < _FLAT:
        return ()
    levels = np.quantile(_at(density, samples), 1 - np.array(probabilities))
    tracer = contourpy.contour_generator(
        density.axes[1], density.axes[0], density.log, fill_type=contourpy.FillType.OuterOffset
    )
    return tuple(
        Region(p, float(level), tuple(_turned(tracer.lines(level))), tuple(_rings(tracer, level)))
        for p, level in zip(probabilities, levels, strict=True)
    )


def _rings(tracer: contourpy.ContourGenerator, level: float) -> Iterator[np.ndarray]:
    """Outlines and holes of all that lies above a level."""
    for points, offsets in zip(*tracer.filled(level, np.inf), strict=True):
        yield from _turned(points[start:end] for start, end in pairwise(offsets))


def _turned(lines: Iterable[Any]) -> Iterator[np.ndarray]:
    """From (second, first) coordinate to the density's order."""
    return (np.asarray(line)[:, ::-1] for line in lines)


def _at(density: Density, points: np.ndarray) -> np.ndarray:
    """Log density at points (n, 2), linear between the nodes."""
    cells, shares = [], []
    for axis, x in zip(density.axes, points.T, strict=True):
        cells.append(np.clip(np.searchsorted(axis, x) - 1, 0, axis.size - 2))
        shares.append((x - axis[cells[-1]]) / (axis[cells[-1] + 1] - axis[cells[-1]]))
    (i, j), (a, b) = cells, shares
    lower = (1 - b) * density.log[i, j] + b * density.log[i, j + 1]
    upper = (1 - b) * density.log[i + 1, j] + b * density.log[i + 1, j + 1]
    return (1 - a) * lower + a * upper
