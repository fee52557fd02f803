"""Lattices and marching squares on functions whose contours are known."""

import numpy as np
import pytest

from jaxmed.inference.regions.contour_lines import march
from jaxmed.inference.regions.level import Profile
from jaxmed.inference.regions.refinement import make_lattice, refine

AXES = (np.linspace(-3.0, 2.0, 11), np.linspace(-2.0, 4.0, 13))
NO_SEEDS = np.zeros((0, 2))


def _evaluate(function):
    def evaluate(points):
        nll = function(*points.T)
        return Profile(points, nll, np.zeros((len(points), 0))), np.ones(len(points), dtype=bool)

    return evaluate


def _lattice(function, levels, seeds=NO_SEEDS, depth=4):
    """A refined lattice, and the pieces of every level as coordinates of their edges' starts."""
    y, x = np.meshgrid(AXES[1], AXES[0], indexing="ij")
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    lattice = make_lattice(AXES, depth, *_evaluate(function)(points))
    refine(lattice, np.array(levels), seeds, _evaluate(function))
    pieces = [
        march(lattice.nll, level, lambda c: function(*(lattice.points(c) + lattice.points(c + 1)).T / 2))
        for level in levels
    ]  # fmt: skip
    return lattice, [[lattice.points(chain[:, :2]) for chain in each] for each in pieces]


def _closed(piece):
    return np.array_equal(piece[0], piece[-1])


def test_a_lattice_halves_its_cells_and_keeps_its_ends():
    axes = (np.array([0.0, 1.0, 3.0]), np.array([-1.0, 1.0]))
    points = np.stack(np.meshgrid(*axes[::-1], indexing="ij")[::-1], -1).reshape(-1, 2)
    found = Profile(points, points.sum(axis=1), np.zeros((6, 0)))
    lattice = make_lattice(axes, 2, found, np.ones(6, bool))
    np.testing.assert_array_equal(lattice.axes[0], [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3])
    np.testing.assert_array_equal(lattice.axes[1], [-1, -0.5, 0, 0.5, 1])
    known = np.isfinite(lattice.nll)
    assert known.sum() == 6
    np.testing.assert_array_equal(lattice.nll[::4, ::4], np.add.outer(*axes))


def test_circle_is_one_loop_refined_to_the_end():
    lattice, ((circle,),) = _lattice(lambda x, y: (x - 0.3) ** 2 + (y - 1.1) ** 2, [1.0])
    assert _closed(circle)
    radius = np.hypot(circle[:, 0] - 0.3, circle[:, 1] - 1.1)
    # an edge of the finest lattice starts within 1/32 of the crossing
    np.testing.assert_allclose(radius, 1.0, atol=0.5 / 16)
    # twice round the loop in cells of 1/32: far fewer than the 161 x 193 nodes of the full lattice
    assert np.isfinite(lattice.nll).sum() < 2500
    steps = np.linalg.norm(np.diff(circle, axis=0), axis=1)
    assert steps.max() < 1.5 * 0.5 / 16


def test_every_level_has_its_own_pieces():
    _, (inner, outer) = _lattice(
        lambda x, y: np.minimum(np.hypot(x + 1.5, y), np.hypot(x - 0.5, y - 2)), [0.6, 0.9]
    )
    assert [_closed(p) for p in inner] == [True, True]
    assert len(outer) == 2


def test_lines_that_leave_the_plane_are_open():
    _, ((line,),) = _lattice(lambda x, y: y - 0.5 * x, [0.77])
    assert not _closed(line)
    ends = np.sort(line[[0, -1], 0])
    np.testing.assert_allclose(ends, AXES[0][[0, -1]], atol=0.04)


def test_a_strip_entered_from_one_side_is_followed():
    """Between two coarse cells the level first shows on new nodes: the search has to come back."""

    def strip(x, y):
        return np.where(y < 3.4, np.abs(x - 0.123 - 0.9 * np.sin(y)) / 0.08, 9.0)

    seed = np.array([[0.123, 0.0]])
    _, (pieces,) = _lattice(strip, [1.0], seed)
    assert len(pieces) == 1
    assert pieces[0][:, 1].max() == pytest.approx(3.4, abs=0.04)
    assert pieces[0][:, 1].min() == AXES[1][0]
    assert _lattice(lambda x, y: strip(x, y) + 0.05, [0.02])[1] == [[]]


def test_small_island_needs_a_seed():
    def island(x, y):
        return np.hypot(x - 0.26, y - 1.27)

    assert _lattice(island, [0.1])[1] == [[]]
    _, ((found,),) = _lattice(island, [0.1], np.array([[0.26, 1.27]]))
    assert _closed(found)


@pytest.mark.parametrize(("centre", "pieces"), [(0.0, 1), (1.0, 2)])
def test_the_centre_decides_a_saddle(centre, pieces):
    """Two corners inside, diagonally: one region with the centre inside, two with it outside."""
    nll = np.ones((4, 4))
    nll[1, 1] = nll[2, 2] = 0.0
    asked = []

    def at(cells):
        asked.append(cells.tolist())
        return np.full(len(cells), centre)

    assert len(march(nll, 0.5, at)) == pieces
    assert asked == [[[1, 1]]]


def test_unknown_nodes_have_no_contour():
    nll = np.array([[0.0, 1.0, np.nan], [0.0, 1.0, np.nan], [np.nan, np.nan, np.nan]])
    (chain,) = march(nll, 0.5, lambda cells: np.zeros(0))
    np.testing.assert_array_equal(np.sort(chain, axis=0), [[0, 0, 1], [1, 0, 1]])
