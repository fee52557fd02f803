"""TEXONO with a recoil spectrum of the user's own; the numbers in these tables are invented for the test."""

import by_hand
import jax
import numpy as np
import pytest
from scipy import stats

from jaxmed.experiments import expected, load, nll
from jaxmed.models.choose import couplings
from jaxmed.theory.couplings import standard_model

counts, cost = jax.jit(expected), jax.jit(nll)

HEADER = "bin_low_MeV,bin_high_MeV,rate,rate_err"
ROWS = ("3.0,3.5,0.013,0.006", "3.5,4.5,0.004,0.002", "4.5,8.0,0.0009,0.0006")


def write(path, *lines):
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def spectrum(tmp_path):
    return write(tmp_path / "recoil_spectrum.csv", "# made up", HEADER, "", *ROWS)


def test_bins_and_errors_are_those_of_the_table(spectrum):
    experiment = load("texono", recoil_spectrum=spectrum)
    assert experiment.axes[0].edges == (3.0, 3.5, 4.5, 8.0)
    width = np.array([0.5, 1.0, 3.5]) * 29882
    np.testing.assert_allclose(experiment.observed, width * [0.013, 0.004, 0.0009], rtol=1e-13)
    np.testing.assert_allclose(experiment.error, width * [0.006, 0.002, 0.0006], rtol=1e-13)
    assert experiment.nuisances == ("texono_scale",)


def test_chi_square_is_that_of_its_bins(spectrum):
    """Three normal bins, the common scale 16/108 as a pull."""
    experiment = load("texono", recoil_spectrum=str(spectrum))
    edges = np.array([3.0, 3.5, 4.5, 8.0])
    rate = by_hand.texono_events(by_hand.u1r(1e-4, 1.0), edges) / np.diff(edges) / 29882
    z = 0.7
    pulls = (rate * (1 + 16 / 108 * z) - [0.013, 0.004, 0.0009]) / [0.006, 0.002, 0.0006]
    wanted = -(stats.norm.logpdf([*pulls, z]) - stats.norm.logpdf(0)).sum()
    got = cost(experiment, couplings("u1r", g=1e-4, mass=1.0), {"texono_scale": z})
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_perfect_data_cost_nothing(tmp_path):
    edges = np.arange(3.0, 8.1, 0.5)
    rate = by_hand.texono_events(by_hand.Mediator(), edges) / 0.5 / 29882
    rows = [f"{a},{a + 0.5},{r:.17g},{r / 3:.17g}" for a, r in zip(edges, rate, strict=False)]
    experiment = load("texono", recoil_spectrum=write(tmp_path / "sm.csv", HEADER, *rows))
    np.testing.assert_allclose(cost(experiment, standard_model()), 0.0, atol=1e-12)


def test_one_bin_of_the_published_range_predicts_the_same(tmp_path):
    path = write(tmp_path / "one.csv", HEADER, "3,8,0.0026,0.0008")
    one = counts(load("texono", recoil_spectrum=path), standard_model())
    np.testing.assert_allclose(one, counts(load("texono"), standard_model()), rtol=1e-12)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "expected the header bin_low_MeV,bin_high_MeV,rate,rate_err"),
        (("a,b,c,d", *ROWS), "column bin_low_MeV is missing: got 'a,b,c,d', expected the header"),
        ((HEADER + ",x", *ROWS), "line 1: unknown column 'x'"),
        ((HEADER,), "expected at least one row of numbers, found none"),
        ((HEADER, ROWS[0], "3.5,4.5,0.004"), "line 3: got 3 cells, expected 4"),
        ((HEADER, ROWS[0], "3.5,4.5,x,0.002"), "line 3: got 'x', expected a finite number"),
        ((HEADER, "# remark", "3,3.5,nan,1"), "line 3: got 'nan', expected a finite number"),
        ((HEADER, "3.5,3.0,0.01,0.01"), "line 2: .*expected bin_high_MeV > bin_low_MeV"),
        ((HEADER, "0,0.5,0.01,0.01"), "line 2: .*expected bin_high_MeV > bin_low_MeV > 0"),
        ((HEADER, ROWS[0], "3.5,4.5,0.004,0"), "line 3: .*expected .* rate_err > 0"),
        ((HEADER, ROWS[0], ROWS[2]), "line 3: .*expected bin_low_MeV equal to the bin_high_MeV"),
    ],
)
def test_bad_table_is_refused_with_file_and_line(tmp_path, lines, message):
    path = write(tmp_path / "bad.csv", *lines)
    with pytest.raises(ValueError, match=rf"bad\.csv.*{message}"):
        load("texono", recoil_spectrum=path)


def test_missing_table_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.csv: expected a CSV table, found no file"):
        load("texono", recoil_spectrum=tmp_path / "nowhere.csv")


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(ValueError, match="found a folder"):
        load("texono", recoil_spectrum=tmp_path)
