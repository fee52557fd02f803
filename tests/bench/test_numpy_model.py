"""The referee's likelihood is the one it is said to be: plain NumPy against jaxmed.nll."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.referees import minuit_minimum, scipy_minimum
from jaxmed.experiments.likelihood.nll import nll
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile, standard_start
from jaxmed.inference.toys.draw import draw
from jaxmed.models.choose import couplings, get_model

GROUPS = (
    ("texono",),
    ("coherent_csi",),
    ("coherent_lar",),
    ("xenon1t",),
    ("texono", "coherent_csi", "coherent_lar", "xenon1t"),
)
# standard model in effect, light and heavy mediators, deep in what is excluded, heavier than the Z
POINTS = ((1e-9, 1e-6), (1.6e-6, 0.06), (3e-5, 5.0), (2e-3, 300.0), (0.03, 0.2), (0.4, 8.5e4))


@pytest.mark.slow
@pytest.mark.parametrize("names", GROUPS, ids="+".join)
def test_numpy_agrees_with_jax(experiments, names):
    group = tuple(experiments[name] for name in names)
    problem = make_problem(group, get_model("u1r"), fixed={"signal_strength": 0.3})
    likelihood = NumpyLikelihood(problem, group)
    random = np.random.default_rng(5)
    compiled = jax.jit(nll)
    for g, mass in POINTS:
        # far enough for both branches of the interpolation and of the positive yields
        for width in (0.5, 2.5):
            z = random.normal(0, width, len(problem.nuisances)).clip(-5, 5)
            pulls = dict(zip(problem.nuisances, z, strict=True)) | {"signal_strength": 0.3}
            ours = float(compiled(group, couplings("u1r", g=g, mass=mass), pulls))
            theirs = likelihood(np.concatenate([np.log10([g, mass]), z]))
            assert theirs == pytest.approx(ours, rel=1e-9, abs=1e-9)


def test_a_toy_takes_the_place_of_the_data(experiments):
    group = (experiments["xenon1t"],)
    problem = make_problem(group, get_model("u1r"))
    x = np.array([-6.0, -1.0, 0.4, -1.1])
    toys = draw(problem, group, x, seed=3, number=2)
    likelihood = NumpyLikelihood(problem, group)
    data = (replace(group[0], observed=toys.observed[0][1]),)
    # the pulls are measured from the centres
    pulls, centres = x[2:], toys.centres[1]
    moved = np.sum((pulls - centres) ** 2) / 2 - np.sum(pulls**2) / 2
    likelihood.observe([toys.observed[0][1]], centres)
    assert likelihood(x) == pytest.approx(float(jax.jit(problem.nll)(x, data)) + moved, rel=1e-9)


@pytest.mark.slow
def test_the_referees_find_our_minimum(experiments):
    group = (experiments["coherent_csi"], experiments["xenon1t"])
    problem = make_problem(group, get_model("u1r"))
    point, box = np.log10([3e-6, 0.1]), problem.box[2:]
    start = standard_start(problem, group)
    ours = profile(problem, point[None], group, start=start)
    assert ours.converged.all()
    minuit = minuit_minimum(NumpyLikelihood(problem, group), point, start.nuisances, box)
    scipy = scipy_minimum(problem, group, point, start.nuisances, box)
    for theirs in (minuit, scipy):
        assert -1e-6 < theirs - ours.nll[0] < 1e-3
