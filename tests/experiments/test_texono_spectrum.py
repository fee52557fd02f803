"""TEXONO in bins of one's own: its example with other tables; the numbers in them are invented for the test."""

import by_hand
import folders
import jax
import numpy as np
import pytest
from scipy import stats

from jaxmed.experiments import expected, load, nll
from jaxmed.models.choose import couplings
from jaxmed.theory.couplings import standard_model

counts, cost = jax.jit(expected), jax.jit(nll)

HEADER = "low_MeV,high_MeV,observed,error"
ROWS = ("3.0,3.5,0.013,0.006", "3.5,4.5,0.004,0.002", "4.5,8.0,0.0009,0.0006")
ERROR = "errors = { texono_scale = 0.148 } # 16/108: the systematic part of 1.08 +- 0.21 +- 0.16"


@pytest.fixture
def with_rates(tmp_path):
    """The path of the example with other lines in its table of rates."""

    def write(*lines):
        folder = folders.copy("texono", tmp_path)
        folders.change(folder, "experiment.toml", ERROR, f"errors.texono_scale = {16 / 108}")
        (folder / "rates.csv").write_text("\n".join(lines))
        return str(folder)

    return write


def test_bins_and_errors_are_those_of_the_table(with_rates):
    experiment = load(with_rates("# made up", HEADER, "", *ROWS))
    assert experiment.axes[0].edges == (3.0, 3.5, 4.5, 8.0)
    width = np.array([0.5, 1.0, 3.5]) * 29882
    np.testing.assert_allclose(experiment.observed, width * [0.013, 0.004, 0.0009], rtol=1e-13)
    np.testing.assert_allclose(experiment.error, width * [0.006, 0.002, 0.0006], rtol=1e-13)
    assert experiment.nuisances == ("texono_scale",)


def test_chi_square_is_that_of_its_bins(with_rates):
    """Three normal bins, the common scale 16/108 as a pull."""
    experiment = load(with_rates(HEADER, *ROWS))
    edges = np.array([3.0, 3.5, 4.5, 8.0])
    rate = by_hand.texono_events(by_hand.u1r(1e-4, 1.0), edges) / np.diff(edges) / 29882
    z = 0.7
    pulls = (rate * (1 + 16 / 108 * z) - [0.013, 0.004, 0.0009]) / [0.006, 0.002, 0.0006]
    wanted = -(stats.norm.logpdf([*pulls, z]) - stats.norm.logpdf(0)).sum()
    got = cost(experiment, couplings("u1r", g=1e-4, mass=1.0), {"texono_scale": z})
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_perfect_data_cost_nothing(with_rates):
    edges = np.arange(3.0, 8.1, 0.5)
    rate = by_hand.texono_events(by_hand.Mediator(), edges) / 0.5 / 29882
    rows = [f"{a},{a + 0.5},{r:.17g},{r / 3:.17g}" for a, r in zip(edges, rate, strict=False)]
    experiment = load(with_rates(HEADER, *rows))
    np.testing.assert_allclose(cost(experiment, standard_model()), 0.0, atol=1e-12)


def test_one_bin_of_the_published_range_predicts_the_same(with_rates):
    one = counts(load(with_rates(HEADER, "3,8,0.0026,0.0008")), standard_model())
    np.testing.assert_allclose(one, counts(load("texono"), standard_model()), rtol=1e-12)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "expected a line with the names of columns, found none"),
        (("a,b,c,d", *ROWS), "column low_keV is missing: got 'a,b,c,d', expected the edges"),
        ((HEADER + ",x", *(f"{row},1" for row in ROWS)), "unknown column 'x'"),
        ((HEADER,), "expected at least one row of numbers, found none"),
        ((HEADER, ROWS[0], "3.5,4.5,0.004"), "line 3: got 3 cells, expected 4"),
        ((HEADER, ROWS[0], "3.5,4.5,x,0.002"), "line 3: got 'x', expected a finite number"),
        ((HEADER, "# remark", "3,3.5,nan,1"), "line 3: got 'nan', expected a finite number"),
        ((HEADER, "3.5,3.0,0.01,0.01"), "line 2: .*expected the upper edge of a bin .* above"),
        ((HEADER, "-1,0.5,0.01,0.01"), "line 2: .*expected energies that are not negative"),
        ((HEADER, ROWS[0], "3.5,4.5,0.004,0"), "line 3: .*expected an error above 0"),
        ((HEADER, ROWS[0], ROWS[2]), "line 3: .*expected .*each from where the one before ends"),
    ],
)
def test_bad_table_is_refused_with_file_and_line(with_rates, lines, message):
    with pytest.raises(ValueError, match=rf"rates\.csv.*{message}"):
        load(with_rates(*lines))
