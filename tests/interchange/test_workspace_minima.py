"""The minimum of an imported likelihood is Minuit's on pyhf's own."""

import numpy as np
import pyhf
import pytest
from scipy.special import gammaln, xlogy
from workspaces import EVERY, imported

from jaxmed.inference.fit.best_fit import fit

# pyhf's own use of jsonschema
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")

_CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}


def _counted(n: np.ndarray) -> float:
    """-2 log of Poisson probabilities at their largest."""
    return -2 * float(np.sum(xlogy(n, n) - n - gammaln(n + 1)))


def _saturated(model: pyhf.Model, data: np.ndarray) -> float:
    """-2 log L of a perfect description, constraints included."""
    total = _counted(data[: model.config.nmaindata])
    for name in model.config.auxdata_order:
        parameters = model.config.param_set(name)
        if parameters.pdf_type == "poisson":
            total += _counted(np.array(parameters.auxdata))
        else:
            sigmas = np.array(getattr(parameters, "sigmas", [1.0] * parameters.n_parameters))
            total += float(np.sum(2 * np.log(sigmas) + np.log(2 * np.pi)))
    return total


@pytest.fixture(scope="module")
def minuit():
    before = pyhf.get_backend()
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-4, strategy=2))
    yield
    pyhf.set_backend(*before)


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_the_minimum_is_that_of_minuit(name, tmp_path, minuit):
    del minuit
    workspace = pyhf.Workspace(EVERY[name])
    model = workspace.model(modifier_settings=_CODES)
    data = np.array(workspace.data(model))
    best, lowest = pyhf.infer.mle.fit(data, model, return_fitted_val=True)
    theirs = dict(zip(model.config.par_names, best, strict=True))
    found = fit([imported(EVERY[name], tmp_path)], str(tmp_path / "mine" / "model.toml"), grid=11)
    assert found.converged
    assert 2 * found.nll == pytest.approx(float(lowest) - _saturated(model, data), abs=1e-4)
    assert found.parameters["mu"].value == pytest.approx(theirs["mu"], abs=2e-3)
    for own, each in found.nuisances.items():
        if own.startswith(("k_", "n", "t_")):  # normfactors, as what they add to 1
            assert 1 + each.value == pytest.approx(theirs[own], abs=2e-3)
