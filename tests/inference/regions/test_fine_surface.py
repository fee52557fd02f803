"""More points of a scan where levels run: valleys stay whole, and every point is the profile there."""

import numpy as np
import pytest
from scipy.ndimage import label

from jaxmed.inference.problem import pose
from jaxmed.inference.profile.profile import profile, standard_start
from jaxmed.inference.regions.fine_surface import filled_in, refined
from jaxmed.inference.regions.grid_scan import grid_axes, scan_problem

LEVELS = (2.30, 6.18, 11.83)


@pytest.fixture(scope="module")
def scanned(experiments):
    problem, data = pose(experiments["texono"], "u1r")
    surface = scan_problem(problem, data, grid_axes(problem, 33)).surface
    lowest = surface.nll.min()
    levels = [lowest + level / 2 for level in LEVELS]
    start = standard_start(problem, data)
    return problem, data, surface, lowest, refined(problem, data, surface, levels, start)


def fine(surface, between):
    points = np.log10(between.g), np.log10(between.mass), between.nll
    return filled_in(*(np.log10(surface.axes[n]) for n in ("g", "mass")), surface.nll, points)


def test_every_point_is_the_profile_there(scanned):
    problem, data, _, _, between = scanned
    points = np.log10(np.stack([between.g, between.mass], axis=1))
    found = profile(problem, points[::97], data)
    np.testing.assert_allclose(between.nll[::97], found.nll, rtol=1e-9, atol=1e-9)


def test_the_valley_where_the_mediator_undoes_the_standard_model_is_one(scanned):
    """On the scan alone it is seen at few masses; it runs up to 10 GeV, and then leaves the box at g = 1."""
    _, _, surface, lowest, between = scanned
    _, mass, nll = fine(surface, between)
    seen, coarse = {}, np.log10(surface.axes["mass"])
    for name, x, whole in (("scan", coarse, surface.nll), ("fine", mass, nll)):
        values = whole[:, x < 4]
        inside = 2 * (values - lowest) < LEVELS[0]
        above = np.logical_or.accumulate(~inside, axis=0)
        seen[name] = (inside & above).any(axis=0).mean()
    assert seen["scan"] < 0.5 and seen["fine"] == 1
    regions = label(2 * (nll - lowest) < LEVELS[0], structure=np.ones((3, 3)))[1]
    assert regions == 2, "that of the standard model, and the valley"


def test_a_grid_is_filled_in_by_what_is_known(scanned):
    _, _, surface, _, between = scanned
    g, mass, nll = fine(surface, between)
    np.testing.assert_array_equal(nll[::8, ::8], surface.nll)
    at = (
        np.searchsorted(g, np.log10(between.g) - 1e-6),
        np.searchsorted(mass, np.log10(between.mass) - 1e-6),
    )
    np.testing.assert_array_equal(nll[at], between.nll)


def test_between_known_points_are_their_means_and_what_is_undefined_stays_so():
    x, y = np.arange(3.0), np.arange(4.0)
    z = np.add.outer(2 * x, 3 * y)
    z[2, 3] = np.nan
    none = [np.zeros(0)] * 3
    fine_x, fine_y, found = filled_in(x, y, z, none)
    plane = np.add.outer(2 * fine_x, 3 * fine_y)
    undefined = np.zeros(found.shape, dtype=bool)
    undefined[-8:, -8:] = True
    np.testing.assert_array_equal(np.isnan(found), undefined)
    np.testing.assert_allclose(found[~undefined], plane[~undefined], rtol=1e-12, atol=1e-12)
