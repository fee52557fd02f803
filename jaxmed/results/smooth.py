"""What figures show between the points of a grid."""

from typing import NamedTuple

import numpy as np

_FINE = 401  # points of an axis, at least
_FEWEST = 3  # points of the grid in a region that is drawn


def smooth_line(x: np.ndarray, y: np.ndarray, log: bool) -> tuple[np.ndarray, np.ndarray]:
    """Fine points of a curve through y (n,) at ascending x (n,), in log10 x if `log`; a gap where y is NaN."""
    at = np.log10(x) if log else x
    fine = _fine(at)
    between = _monotone(at, _filled(y[:, None]))(fine)[:, 0]
    return 10**fine if log else fine, np.where(np.isnan(y[_nearest(at, fine)]), np.nan, between)


class Plane(NamedTuple):
    """A surface between the points of a grid.

    Attributes:
        x: fine coordinates, evenly spaced, (n_x,).
        y: likewise, (n_y,).
        z: the surface, NaN where the nearest point of the grid is, (n_x, n_y).
        nodes: indices of the fine points nearest to those of the grid, along x and along y.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    nodes: tuple[np.ndarray, np.ndarray]

    @classmethod
    def between(cls, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> "Plane":
        """The surface through z (n, m), at least one of them a number, at ascending x (n,) and y (m,), two or more.

        Along x by monotone cubics, which have no extremes but those of the grid. From each y to the next, both columns
        are shifted along x to where they are most alike: so a valley that runs across the grid stays whole, and does
        not fall apart into islands around its points.
        """
        fine_x, fine_y = _fine(x), _fine(y)
        columns = _monotone(x, _filled(z))(fine_x)
        step, found = fine_x[1] - fine_x[0], np.empty((fine_x.size, fine_y.size))
        before = np.clip(np.searchsorted(y, fine_y, side="right") - 1, 0, y.size - 2)
        for j in range(y.size - 1):
            left, right, width = columns[:, j], columns[:, j + 1], y[j + 1] - y[j]
            most = min(int(2 * width / step), fine_x.size // 2)
            shift = step * _alike(left, right, most)
            for k in np.flatnonzero(before == j):
                t = (fine_y[k] - y[j]) / width
                found[:, k] = (1 - t) * np.interp(fine_x - t * shift, fine_x, left)
                found[:, k] += t * np.interp(fine_x + (1 - t) * shift, fine_x, right)
        undefined = np.isnan(z)[np.ix_(_nearest(x, fine_x), _nearest(y, fine_y))]
        nodes = _nearest(fine_x, x), _nearest(fine_y, y)
        return cls(fine_x, fine_y, np.where(undefined, np.nan, found), nodes)

    def seen(self, level: float) -> np.ndarray | None:
        """Z for the edge of what lies below a level, without regions of too few points of the grid to have a shape.

        None if no region is left; (n_x, n_y), masked where z is NaN.
        """
        from scipy.ndimage import label

        regions = np.zeros(self.z.shape, dtype=int)
        label(self.z < level, output=regions)
        points = np.bincount(regions[np.ix_(*self.nodes)].ravel(), minlength=regions.max() + 1)
        seen = (regions > 0) & (points[regions] >= _FEWEST)
        if not seen.any():
            return None
        return np.ma.masked_invalid(np.where((regions > 0) & ~seen, level, self.z))


def _fine(x: np.ndarray) -> np.ndarray:
    """Evenly spaced; the points of an evenly spaced grid are among them."""
    steps = max(x.size - 1, 1)
    return np.linspace(x[0], x[-1], -(-(_FINE - 1) // steps) * steps + 1)


def _nearest(x: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Index in x of the nearest to each fine point."""
    return np.searchsorted((x[1:] + x[:-1]) / 2, fine)


def _monotone(x: np.ndarray, z: np.ndarray):
    """Monotone cubics through the columns of z (n_x, n)."""
    # takes a fifth of a second: not before there is a figure
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(x, z, axis=0)


def _filled(z: np.ndarray) -> np.ndarray:
    """With the nearest number of the grid in place of NaN."""
    if np.isfinite(z).all():
        return z
    from scipy.interpolate import NearestNDInterpolator

    known = np.isfinite(z)
    return NearestNDInterpolator(np.argwhere(known), z[known])(*np.indices(z.shape))


def _alike(left: np.ndarray, right: np.ndarray, most: int) -> int:
    """Steps by which `right` (n,) is shifted against `left` (n,), at most `most`; the fewest that are about as good."""

    def difference(shift: int) -> float:
        here, there = (right, left) if shift >= 0 else (left, right)
        n = left.size - abs(shift)
        return float(np.mean((here[-n:] - there[:n]) ** 2))

    shifts = sorted(range(-most, most + 1), key=abs)
    differences = np.array([difference(shift) for shift in shifts])
    return shifts[int(np.argmax(differences <= 1.01 * differences.min()))]
