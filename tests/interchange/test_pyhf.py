"""What is written for pyhf: valid, read by pyhf as it is by us, and as far from jaxmed as is said."""

import json

import numpy as np
import pytest

from jaxmed.analysis.analysis import Analysis
from jaxmed.interchange.histfactory import differences, minus_2_log_l, parameter_values
from jaxmed.interchange.pyhf import pyhf_export

pyhf = pytest.importorskip("pyhf")


def posed(experiments, **changes):
    given = {"model": "b_minus_l", "fixed": {"mass": 0.06}} | changes
    analysis = Analysis.of(experiments=experiments, **given)
    return pyhf_export(analysis.problem, analysis.data), analysis.problem, analysis.data


def read_by_pyhf(export, values):
    """-2 log L relative to the saturated model and the constraints at their best."""
    workspace = pyhf.Workspace(json.loads(json.dumps(export.workspace)))
    codes = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
    model = workspace.model(modifier_settings=codes)
    data = np.array(workspace.data(model))
    main = np.array(workspace.data(model, include_auxdata=False))
    start = np.array(model.config.suggested_init())
    found = []
    for i in range(len(next(iter(values.values())))):
        at = start.copy()
        for name in model.config.par_order:
            if name in values:
                at[model.config.par_slice(name)] = values[name][i]
        found.append(-2 * model.logpdf(at.tolist(), data.tolist())[0])
    saturated = np.sum(main * np.log(main, where=main > 0, out=np.zeros(main.size)) - main)
    from scipy.special import gammaln

    constant = 2 * (np.sum(gammaln(main + 1)) - saturated) + model.config.nauxdata * np.log(
        2 * np.pi
    )
    return np.array(found) - constant


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ["xenon1t", "lz_er", "conus_plus", "xenonnt_s2only"])
def test_pyhf_reads_what_we_say_it_does(name):
    export, problem, _ = posed(name)
    z = np.random.default_rng(5).normal(size=(20, len(problem.nuisances)))
    values = parameter_values(export, problem, export.unit, z)
    # of a Poisson bin of 1e8 counts 1e-6 is left
    atol = 1e-4 if name == "conus_plus" else 1e-9
    np.testing.assert_allclose(
        read_by_pyhf(export, values), minus_2_log_l(export, values), rtol=1e-9, atol=atol
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "one", "random"), [("xenon1t", 1e-10, 1e-10), ("lz_er", 1e-10, 3.0)]
)
def test_it_is_exact_along_one_nuisance(name, one, random):
    off = differences(*posed(name))
    assert off.one < one
    assert off.two < one
    assert off.random < random


def test_a_gaussian_is_a_poisson_of_many():
    export, problem, data = posed("texono", free=["signal_strength"])
    assert 0 < differences(export, problem, data).one < 0.2
    assert "the normfactor signal_strength is jaxmed's value +1" in export.words


@pytest.mark.slow
def test_what_pyhf_cannot_say_is_said():
    export, _, _ = posed("xenon1t_s2only")
    assert any("unknown events, to be profiled" in each for each in export.words)
    assert any("pyhf cannot tie them" in each for each in export.words)
