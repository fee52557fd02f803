"""Contours against iminuit and brute force; islands, edges and bad input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from iminuit import Minuit
from matplotlib.path import Path
from scipy.stats import chi2

from jaxmed.inference.engine.timing import clock
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.regions.contours import check_contours, contours
from jaxmed.inference.regions.limits import limits
from jaxmed.models.choose import get_model

XENON = {"g": np.geomspace(1e-7, 1e-5, 17), "mass": np.geomspace(1e-3, 1.0, 13)}


def _delta(data, model, log_points, lowest):
    problem = make_problem((data,), get_model(model))
    return 2 * (profile(problem, log_points, (data,)).nll - lowest)


def _log(line):
    return np.log10(np.stack([line.g, line.mass], axis=1))


@pytest.fixture(scope="module")
def xenon(experiments):
    return contours(experiments["xenon1t"], cl=(0.6827, 0.9), **XENON)


def test_thresholds_are_chi_squared_with_two_degrees(xenon):
    np.testing.assert_allclose(xenon.thresholds, chi2.ppf([0.6827, 0.9], 2), rtol=1e-12)


def test_best_fit_is_the_published_one(xenon):
    assert xenon.g_best == pytest.approx(1.558e-6, rel=1e-3)
    assert xenon.mass_best == pytest.approx(0.0575, rel=1e-3)
    assert xenon.delta_chi2_sm == pytest.approx(13.149, abs=0.002)
    assert xenon.delta.min() > 0


def test_one_sigma_of_xenon1t_is_minos_of_iminuit(experiments, xenon):
    data = (experiments["xenon1t"],)
    problem = make_problem(data, get_model("u1r"))
    evaluate = jax.jit(jax.value_and_grad(lambda x: problem.nll(x, data)))
    minuit = Minuit(
        lambda x: float(evaluate(jnp.asarray(x))[0]),
        np.array([-5.8, -1.23, 0.0, -0.5]),
        grad=lambda x: np.asarray(evaluate(jnp.asarray(x))[1]),
        name=problem.names,
    )
    minuit.errordef = Minuit.LIKELIHOOD
    minuit.tol = 1e-3
    minuit.migrad()
    minos = minuit.mncontour("g", "mass", cl=0.6827, size=12)
    (line,) = xenon.lines[0]
    assert line.closed
    vertices = _log(line)
    gaps = [np.linalg.norm(vertices - point, axis=1).min() for point in minos]
    # half the distance of our vertices
    assert max(gaps) < np.linalg.norm(np.diff(vertices, axis=0), axis=1).max() / 2 + 1e-3
    # the other way round: our polygon has the extent of theirs
    np.testing.assert_allclose(np.ptp(vertices, axis=0), np.ptp(minos, axis=0), rtol=0.06)


@pytest.mark.parametrize("level", [0, 1])
def test_inside_is_inside(experiments, xenon, level):
    """Points thrown over the plane: below the threshold if and only if the polygon holds them."""
    rng = np.random.default_rng(3)
    points = rng.uniform([-6.2, -2.2], [-5.4, -0.6], (6000, 2))
    delta = _delta(experiments["xenon1t"], "u1r", points, xenon.nll)
    (line,) = xenon.lines[level]
    held = Path(_log(line)).contains_points(points)
    below = delta < xenon.thresholds[level]
    # a chord cuts off a little of the region between two vertices
    clear = np.abs(delta - xenon.thresholds[level]) > 0.15
    assert clear.mean() > 0.9
    assert below.sum() > 100
    np.testing.assert_array_equal(held[clear], below[clear])


def test_every_vertex_is_on_its_level(experiments, xenon):
    for threshold, lines in zip(xenon.thresholds, xenon.lines, strict=True):
        for line in lines:
            delta = _delta(experiments["xenon1t"], "u1r", _log(line), xenon.nll)
            np.testing.assert_allclose(delta, threshold, atol=1e-3)
            assert line.exact.all()


def test_another_plane_and_other_levels_compile_nothing(experiments, xenon):
    with clock() as time:
        other = contours(
            experiments["xenon1t"],
            cl=(0.5,),
            g=np.geomspace(3e-7, 8e-6, 9),
            mass=np.geomspace(2e-3, 0.5, 8),
        )
    assert time.compilations == 0
    assert other.nll == pytest.approx(xenon.nll, abs=1e-7)


def test_texono_has_two_bands_that_leave_the_plane(experiments):
    """The standard model's, and the island where the square makes up for the interference."""
    texono = experiments["texono"]
    found = contours(
        texono, cl=(0.9,), g=np.geomspace(1e-6, 1e-3, 13), mass=np.geomspace(1e-3, 1e2, 11)
    )
    (lines,) = found.lines
    assert len(lines) == 3
    assert not any(line.closed for line in lines)
    assert all(line.exact.all() for line in lines)
    # each band ends where a limit at the same height of -2 log L does
    cl = chi2.cdf(found.thresholds[0], 1)
    mass = 0.5
    (pairs,) = limits(texono, masses=[mass], cl=cl).intervals
    edges = [edge for pair in pairs for edge in pair if edge > 0]
    at_mass = sorted(
        10 ** np.interp(np.log10(mass), *np.sort(_log(line)[:, ::-1], axis=0).T) for line in lines
    )
    np.testing.assert_allclose(at_mass, edges, rtol=5e-3)


@pytest.mark.slow
def test_island_narrower_than_a_cell_is_found_and_whole(experiments):
    """A universal vector that turns the weak charge of nuclei into its negative: 6 % wide in g."""
    csi = experiments["coherent_csi"]
    found = contours(
        csi,
        "universal",
        cl=(0.9,),
        g=np.geomspace(3e-5, 3e-3, 9),
        mass=np.geomspace(150, 600, 4),
    )
    (lines,) = found.lines
    # the end of the standard model's region, and the two sides of the island
    assert len(lines) == 3
    widths = []
    for line in lines:
        assert not line.closed
        assert line.mass.max() / line.mass.min() == pytest.approx(4.0)
        delta = _delta(csi, "universal", _log(line), found.nll)
        np.testing.assert_allclose(delta[line.exact], found.thresholds[0], atol=1e-3)
        assert line.exact.mean() > 0.99
        widths.append(line.g[np.argmin(np.abs(line.mass - 300))])
    low, high = sorted(widths)[1:]
    assert high / low == pytest.approx(1.07, abs=0.04)


def test_the_whole_box_is_taken_in_quarters_of_a_decade():
    _, g, mass, _ = check_contours("b_minus_l", (0.9,), None, None)
    for axis, name in ((g, "g"), (mass, "mass")):
        (box,) = (p.box for p in get_model("b_minus_l").parameters if p.name == name)
        assert (axis[0], axis[-1]) == box
        np.testing.assert_allclose(np.diff(axis), 0.25, rtol=0.01)


def test_no_contour_is_no_lines(experiments):
    """TEXONO says nothing about L_mu - L_tau: everything is allowed, nothing has an edge."""
    found = contours(
        experiments["texono"], "l_mu_l_tau", g=[1e-6, 1e-5, 1e-4], mass=[0.1, 1.0, 10.0]
    )
    assert found.lines == ((),) * len(found.cl)
    assert found.g_best == 0.0
    assert np.isnan(found.mass_best)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cl": (0.9, 1.0)}, "confidence level cl = 1.0"),
        ({"cl": ()}, "no confidence level"),
        ({"g": [1e-6, 1e-7, 1e-5]}, "g = .* expected at least 3 ascending values"),
        ({"g": [1e-10, 1e-7, 1e-5]}, "ascending values from 1e-09 to 1"),
        ({"mass": [1.0, 2.0]}, "mass = .* expected at least 3"),
        (
            {"mass": [1.0, 2.0, float("nan")]},
            "mass = .* ascending values from 1e-06 to 88692.4 MeV",
        ),
        ({"model": "weak_mixing"}, "has no mediator"),
        ({"fixed": {"mass": 1.0}}, "expected g and mass"),
        ({"constraints": ("roh",)}, "unknown constraint 'roh'"),
    ],
)
def test_bad_input_is_one_sentence(experiments, change, message):
    with pytest.raises(ValueError, match=message):
        contours(experiments["texono"], **change)
