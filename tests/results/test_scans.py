"""A scan on disk and back: shapes, what is refused, and which point is the lowest."""

import numpy as np
import pytest

from jaxmed.inference.results import UNCONVERGED, Surface
from jaxmed.results.scans import best_point, load_result, surface_of
from jaxmed.results.store import write_npz

HEADER = {
    "axes": [
        {"name": "g", "unit": "1", "log": True, "array": "axis_g"},
        {"name": "mass", "unit": "MeV", "log": True, "array": "axis_mass"},
    ],
    "nuisances": ["flux"],
}
ARRAYS = {
    "axis_g": np.array([1e-6, 2e-6, 3e-6]),
    "axis_mass": np.array([0.1, 1.0]),
    "nll": np.array([[3.0, 2.0], [1.0, 0.5], [4.0, 5.0]]),
    "status": np.array([[0, 0], [0, 2], [0, 0]]),
    "gradient_norm": np.zeros((3, 2)),
    "nuisances": np.zeros((3, 2, 1)),
}


def test_a_scan_is_found_in_its_folder(tmp_path):
    write_npz(tmp_path / "scan.npz", "scan", HEADER, ARRAYS)
    for path in (tmp_path, tmp_path / "scan.npz", str(tmp_path)):
        surface = surface_of(load_result(path))
        assert list(surface.axes) == ["g", "mass"]
        np.testing.assert_array_equal(surface.nll, ARRAYS["nll"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"nll": np.zeros((2, 3))}, r"expected nll \(3, 2\), found \(2, 3\)"),
        ({"status": np.zeros(6)}, r"expected status \(3, 2\), found \(6,\)"),
        ({"nuisances": np.zeros((3, 2, 2))}, r"expected nuisances \(3, 2, 1\)"),
        ({"nuisances": None}, "expected an array 'nuisances' in a scan, found none"),
        ({"axis_g": None}, "expected an array 'axis_g'"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, arrays, message):
    kept = {k: v for k, v in (ARRAYS | arrays).items() if v is not None}
    write_npz(tmp_path / "scan.npz", "scan", HEADER, kept)
    with pytest.raises(ValueError, match=message):
        load_result(tmp_path)


@pytest.mark.parametrize("axes", [3, ["g"], [{"name": "g"}], None])
def test_a_header_that_does_not_fit_is_refused(tmp_path, axes):
    write_npz(tmp_path / "scan.npz", "scan", HEADER | {"axes": axes}, ARRAYS)
    with pytest.raises(ValueError, match=r"expected axes and nuisances in the header"):
        load_result(tmp_path)


def test_an_upper_bound_is_not_the_lowest_point():
    nll, status, norm = ARRAYS["nll"], ARRAYS["status"], ARRAYS["gradient_norm"]
    assert best_point(Surface({}, nll, status, norm)) == (1, 0)
    none = np.full_like(status, UNCONVERGED)
    assert best_point(Surface({}, nll, none, norm)) == (1, 1)
