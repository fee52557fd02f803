"""One small result of every kind, written by the functions that the commands write with."""

from pathlib import Path

import numpy as np

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.analysis.contours import contours_result
from jaxmed.analysis.fits import fit_result
from jaxmed.analysis.limits import limits_result
from jaxmed.analysis.posteriors import confidence_of, posterior_result
from jaxmed.analysis.sensitivities import sensitivity_result
from jaxmed.analysis.significances import significance_result
from jaxmed.analysis.spectra import spectrum
from jaxmed.experiments.design import Knob
from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.bayes.proposal import Density
from jaxmed.inference.bayes.samples import Posterior, Summary
from jaxmed.inference.hypothesis.expected_limits import Expected
from jaxmed.inference.hypothesis.p_values import LikelihoodRatios, PValue
from jaxmed.inference.hypothesis.significance import Significance
from jaxmed.inference.regions.contour_lines import ContourLine
from jaxmed.inference.regions.contours import Contours
from jaxmed.inference.regions.limits import Limits
from jaxmed.inference.results import BestFit, Estimate, Surface
from jaxmed.inference.sensitivity import Sensitivity
from jaxmed.results.bounds import BoundsResult
from jaxmed.results.scans import Coordinate, ScanResult
from jaxmed.results.store import to_json

HOSTILE = "</script><img src=http://example.org/x onerror=alert(1)> & <b>'\"</b>"
OVERLAY = {"label": HOSTILE, "file": "own.csv", "mass_mev": [0.01, 1.0], "g": [2e-6, 3e-5]}
MASS, G = np.geomspace(1e-3, 1, 5), np.geomspace(1e-7, 1e-5, 4)


def limit_found():
    return Limits(
        mass=np.array([0.01, 0.1, 1.0]),
        g_upper=np.array([1.0 / 3e6, np.nan, 2e-6]),
        g_best=np.array([0.0, 1e-6, 0.0]),
        flag=("ok", "edge", "islands"),
        intervals=(((0.0, 1.0 / 3e6),), ((0.0, 1.0),), ((0.0, 1e-7), (1e-6, 2e-6))),
        threshold=2.7,
    )


def surface():
    nll = 10.0 + np.add.outer((np.log(G) + 13) ** 2, (np.log(MASS) + 3) ** 2)
    return Surface({"g": G, "mass": MASS}, nll, np.zeros(nll.shape, np.int8), np.zeros(nll.shape))


def contours_found():
    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
    g, mass = 1e-6 * 2 ** np.sin(angle), 0.05 * 2 ** np.cos(angle)
    line = ContourLine(g, mass, closed=True, exact=np.ones(8, bool))
    return Contours(
        cl=(0.6827, 0.9),
        thresholds=(2.3, 4.6),
        lines=((line,), ()),
        g_best=1e-6,
        mass_best=0.05,
        nll=9.0,
        nll_sm=12.0,
        g=g,
        mass=mass,
        delta=np.full(8, 2.3),
        converged=np.arange(8) > 0,
    )


def fit_found():
    pulls = {"xenon1t_efficiency": 0.5, "xenon1t_background": -1.2}
    estimates = {n: Estimate(v, 0.9, (v - 0.9, v + 0.9), False, "") for n, v in pulls.items()}
    fitted = {
        "g": Estimate(1.6e-6, 3e-7, (1.3e-6, 1.9e-6), False, ""),
        "mass": Estimate(0.06, None, None, False, "flat"),
    }
    return BestFit(
        model="u1r",
        experiments=("xenon1t",),
        parameters=fitted,
        nuisances=estimates,
        nll=15.4,
        nll_sm=22.0,
        nuisances_sm=dict.fromkeys(pulls, 0.1),
        status="converged",
        converged=True,
        n_bins=29,
        n_free=4,
        gradient_norm=1e-9,
        minima=(15.4,),
        covariance=np.eye(3),
        covariance_names=("g", *pulls),
        surface=surface(),
        zoom=None,
        compile_seconds=1.0,
        run_seconds=1.0,
    )


def analysis(experiment, **asked):
    return Analysis.of(experiments=experiment, **asked)


def posterior_content(experiment):
    """A Gaussian in log10 g and log10 mass, wide enough to leave the priors at low masses."""
    priors = {
        "g": Prior("log-uniform", 1e-7, 1e-5, True),
        "mass": Prior("log-uniform", 1e-3, 1.0, True),
    }
    axes = (np.linspace(-7, -5, 61), np.linspace(-3, 0, 62))
    x, y = np.meshgrid(*axes, indexing="ij")
    draws = np.random.default_rng(3).normal((-6, -2.5), (0.2, 0.5), (4000, 2))
    draws = draws[draws[:, 1] > -3][:2000].reshape(2, 1000, 2)
    quantiles = {"0.05": 1e-8, "0.16": 2e-8, "0.5": 3e-8, "0.84": 4e-8, "0.9": 5e-8, "0.95": 6e-8}
    summary = Summary(1.0 / 3e6, 1e-7, quantiles, 1.0123, 150.4, 90.6)
    found = Posterior(
        model="u1r",
        experiments=(experiment,),
        constraints=(),
        priors=priors,
        parameters=("g", "mass"),
        samples={"g": 10 ** draws[..., 0], "mass": 10 ** draws[..., 1]},
        density=Density(axes, -((x + 6) ** 2) / 0.08 - (y + 2.5) ** 2 / 0.5),
        diverging=np.arange(2000).reshape(2, 1000) < 3,
        steps=np.full((2, 1000), 7),
        acceptance=np.full((2, 1000), 0.875),
        energy=np.zeros((2, 1000)),
        summaries=dict.fromkeys(("g", "mass", "xenon1t_efficiency"), summary),
        warmup=500,
        seed=1,
    )
    job = analysis(experiment)
    beside = confidence_of(contours_result(job, contours_found()))
    return posterior_result(job, found, beside).content()


def sensitivity_content(experiment):
    found = Sensitivity(
        mass=np.array([0.01, 1.0]),
        g_expected=np.array([1e-6, np.nan]),
        flag=("ok", "none"),
        knobs=(
            Knob("exposure", "exposure", "", "100 kg day"),
            Knob("threshold", "threshold", "", "1 keV"),
        ),
        slopes=np.array([[-0.25, np.nan], [1.0, np.nan]]),
        missing=(("resolution", "it is perfect"),),
        threshold=2.7,
    )
    return sensitivity_result(analysis(experiment), found).content()


def write_all(folder: Path, experiment) -> None:
    """Every kind of result."""
    job = analysis(experiment)
    bands = np.array([np.array([1e-6, 2e-6, 3e-6]) * 2.0**n for n in (-2, -1, 0, 1, 2)])
    without = Expected(MASS[:3], bands, np.zeros((7, 3)), np.zeros(3, dtype=int))
    limit = limits_result(job, limit_found(), without)
    fit = fit_result(job, fit_found()).content()
    fit["spectra"]["xenon1t"]["title"] = HOSTILE
    contents = {
        "results": {"xenon1t": fit},
        "limit_u1r_xenon1t": limit.content() | {"overlays": [OVERLAY]},
        "contour_xenon1t": {"xenon1t": contours_result(job, contours_found()).content()},
        "posterior_xenon1t": {"xenon1t": posterior_content(experiment)},
        "sensitivity_u1r_xenon1t": sensitivity_content(experiment),
        "significance_u1r_xenon1t": significance_result(job, significance_found()).content(),
        "spectrum_xenon1t": spectrum(job.data[0], g=1e-6, mass=0.1).content(),
        "bounds": BoundsResult(
            **asked(job),
            cl=0.9,
            sided="two",
            mass_mev=np.array([0.01, 0.1]),
            quick={"xenon1t": np.array([1e-6, 2e-6])},
            likelihood={"xenon1t": limit},
        ).content(),
    }
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(to_json(content))
    write_scan(folder / "scan.npz", experiment)


def significance_found():
    """Of a hundred toys the third did not converge, and none is like the data with the mass held."""
    n, chance = 100, PValue(1 / 101, 7e-3, 2.3)
    failed = np.arange(n) == 2
    q = np.linspace(0, 10, n)
    toys = LikelihoodRatios(q, q + 20, q / 2 + 20, np.zeros((n, 2)), failed, np.arange(n))
    return Significance(
        q0=13.2,
        best={"g": 1.6e-6, "mass": 0.06},
        nll_sm=22.0,
        nll_best=15.4,
        everywhere=PValue(7e-4, 2.7e-4, 3.2),
        local=chance,
        local_asymptotic=PValue(1.4e-4, 0.0, 3.63),
        fit_sm=PValue(0.05, 0.02, 1.64),
        fit_best=PValue(1.0, 0.005, -np.inf),
        toys=toys,
        toys_local=toys._replace(q=q / 2),
        toys_best=toys._replace(numbers=np.arange(n, 2 * n)),
    )


def write_scan(path: Path, experiment) -> None:
    found = surface()
    ScanResult(
        **asked(Analysis.of(experiments=experiment)),
        parameters={"g": Coordinate("1", True), "mass": Coordinate("MeV", True)},
        **found._asdict(),
        nuisances={},
        nll_sm=12.0,
        method={"batch": 10, "chunk": 20},
    ).save(path)
