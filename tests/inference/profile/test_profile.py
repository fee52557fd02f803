"""Profiled -log L against iminuit, and the split into independent blocks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from iminuit import Minuit

from jaxmed.inference.engine.memory import LARGEST
from jaxmed.inference.problem import blocks, make_problem
from jaxmed.inference.profile.newton import at_bound
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.regions.grid_scan import scan
from jaxmed.inference.results import CONVERGED, EXCLUDED, UNCONVERGED
from jaxmed.models.choose import get_model

POINTS = np.array([[-5.8, -1.2], [-6.5, 0.0], [-4.6, 1.5], [-30.0, 0.0]])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["coherent_csi", "coherent_lar", "xenon1t"])
def test_nuisances_are_at_iminuit_s_minimum(experiments, name):
    data = (experiments[name],)
    problem = make_problem(data, get_model("u1r"))
    found = profile(problem, POINTS, data)
    assert found.converged.all()
    evaluate = jax.jit(jax.value_and_grad(lambda z, p: problem.nll(jnp.concatenate([p, z]), data)))
    for point, nll in zip(POINTS[:2], found.nll[:2], strict=True):
        assert nll == pytest.approx(_iminuit(evaluate, jnp.asarray(point), problem), abs=1e-6)


@pytest.mark.slow
def test_fifty_random_points_are_iminuit_s(experiments):
    """All four data sets together, anywhere in the box."""
    data = tuple(experiments.values())
    problem = make_problem(data, get_model("u1r"))
    points = np.random.default_rng(50).uniform(*problem.box[:2].T, (50, 2))
    found = profile(problem, points, data)
    assert UNCONVERGED not in found.status
    assert 20 <= found.converged.sum() < 50
    evaluate = jax.jit(jax.value_and_grad(lambda z, p: problem.nll(jnp.concatenate([p, z]), data)))
    for point, nll in zip(points[found.converged], found.nll[found.converged], strict=True):
        assert nll == pytest.approx(_iminuit(evaluate, jnp.asarray(point), problem), abs=1e-5)


def _iminuit(evaluate, point, problem):
    minuit = Minuit(
        lambda z: float(evaluate(jnp.asarray(z), point)[0]),
        np.zeros(len(problem.nuisances)),
        grad=lambda z: np.asarray(evaluate(jnp.asarray(z), point)[1]),
    )
    minuit.errordef = Minuit.LIKELIHOOD
    minuit.tol = 1e-6
    minuit.limits = [tuple(edges) for edges in problem.box[len(problem.parameters) :]]
    minuit.migrad()
    return minuit.fval


def test_batches_do_not_matter(experiments):
    """The same points alone, in a full batch and across a batch boundary."""
    data = (experiments["xenon1t"],)
    problem = make_problem(data, get_model("u1r"))
    many = np.resize(POINTS, (LARGEST + 3, 2))
    np.testing.assert_allclose(
        profile(problem, many, data).nll,
        np.resize(profile(problem, POINTS, data).nll, LARGEST + 3),
        rtol=1e-12,
    )


def test_blocks_share_no_nuisance_and_lose_none(experiments):
    data = tuple(experiments.values())
    problem = make_problem(data, get_model("u1r"))
    parts = blocks(problem, data)
    groups = sorted(tuple(e.name for e in own) for _, own in parts)
    assert groups == [("coherent_csi", "coherent_lar"), ("texono",), ("xenon1t",)]
    assert sorted(n for block, _ in parts for n in block.nuisances) == sorted(problem.nuisances)
    whole = profile(problem, POINTS, data).nll
    np.testing.assert_allclose(
        whole, sum(profile(b, POINTS, own).nll for b, own in parts), rtol=1e-12
    )


def test_scan_has_the_shape_of_its_axes(experiments):
    surface = scan(experiments["xenon1t"], g=[1e-7, 1e-6, 1e-5], mass=[0.01, 0.1])
    assert surface.nll.shape == (3, 2)
    assert surface.nll[1, 0] == pytest.approx(
        scan(experiments["xenon1t"], g=[1e-6], mass=[0.01]).nll[0, 0], rel=1e-12
    )


def test_scan_needs_every_free_parameter(experiments):
    with pytest.raises(ValueError, match=r"grid axes \['g'\]: expected \['g', 'mass'\]"):
        scan(experiments["xenon1t"], g=[1e-6])


@pytest.mark.slow
def test_every_point_is_converged_or_excluded_with_a_lower_bound(experiments):
    data = (experiments["coherent_csi"],)
    problem = make_problem(data, get_model("u1r"))
    axes = np.meshgrid(np.linspace(-9, 0, 12), np.linspace(-6, 4.9, 12), indexing="ij")
    points = np.stack([axis.ravel() for axis in axes], axis=-1)
    found = profile(problem, points, data)
    assert set(found.status) == {CONVERGED, EXCLUDED}
    # the curvature grows with -log L, up to 1e11 here: what a step would still gain is the same everywhere
    box, slope = problem.box[2:], jax.jit(jax.vmap(jax.grad(lambda x: problem.nll(x, data))))
    x = np.concatenate([points, found.nuisances], axis=1)[found.converged]
    gradient = np.asarray(slope(jnp.asarray(x)))[:, 2:]
    measured = np.linalg.norm(np.where(at_bound(gradient, x[:, 2:], box), 0, gradient), axis=1)
    for norm in (found.gradient_norm[found.converged], measured):
        assert np.max(norm / np.sqrt(1 + found.nll[found.converged])) < 1e-4
    standard = found.nll[0]
    assert found.nll[found.status == EXCLUDED].min() > standard + 500
    # told to give nothing up, every excluded point ends above its bound
    cold = Start(np.zeros(len(problem.nuisances)), np.inf)
    few = found.status == EXCLUDED
    minimum = profile(problem, points[few][::7], data, start=cold)
    assert (minimum.nll >= found.nll[few][::7]).all()


def test_start_does_not_matter(experiments):
    data = (experiments["coherent_csi"], experiments["coherent_lar"])
    problem = make_problem(data, get_model("u1r"))
    cold = Start(np.zeros(len(problem.nuisances)), np.inf)
    np.testing.assert_allclose(
        profile(problem, POINTS, data).nll,
        profile(problem, POINTS, data, start=cold).nll,
        rtol=1e-11,
    )
