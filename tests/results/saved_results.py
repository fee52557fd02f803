"""One small result of every kind, written by the functions that the commands write with."""

from pathlib import Path

import numpy as np

from jaxmed.experiments.design import Knob
from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.bayes.proposal import Density
from jaxmed.inference.bayes.samples import Posterior, Summary
from jaxmed.inference.regions.contour_lines import ContourLine
from jaxmed.inference.regions.contours import Contours
from jaxmed.inference.regions.limits import Limits
from jaxmed.inference.results import Estimate, FitResult, Surface
from jaxmed.inference.sensitivity import Sensitivity
from jaxmed.models.choose import couplings
from jaxmed.results.contours import contours_json
from jaxmed.results.fits import fit_json
from jaxmed.results.limits import limits_json
from jaxmed.results.posteriors import credible_plane, posterior_json
from jaxmed.results.sensitivity import sensitivity_json
from jaxmed.results.spectra import FittedSpectrum, spectrum
from jaxmed.results.store import provenance, to_json, write_npz
from jaxmed.results.surfaces import save_surfaces
from jaxmed.theory.couplings import standard_model

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
    return FitResult(
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


def fits_content(experiment):
    result = fit_found()
    spectra = FittedSpectrum(
        "xenon1t",
        HOSTILE,
        spectrum(experiment, standard_model()),
        spectrum(experiment, couplings("u1r", g=1.6e-6, mass=0.06)),
    )
    extra = {"fixed": {}, "options": {}, "spectra": {"xenon1t": spectra.as_json()}}
    return {"xenon1t": fit_json(result, [experiment]) | extra}


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
    asked = {"free": [], "options": {}, "fixed": {}}
    regions = credible_plane(found, (0.6827, 0.9))
    return posterior_json(found, regions, contours_found()) | asked


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
    return sensitivity_json(found, "u1r", experiment, 0.9)


def write_all(folder: Path, experiment) -> None:
    """Every kind of result."""
    limit = limits_json(limit_found(), "u1r", [experiment], 0.9)
    bands = {n: np.array([1e-6, 2e-6, 3e-6]) * 2.0 ** int(n) for n in ("-2", "-1", "0", "1", "2")}
    contents = {
        "results": fits_content(experiment),
        "limit_u1r_xenon1t": limit | {"g_expected": bands, "overlays": [OVERLAY]},
        "contour_xenon1t": {"xenon1t": contours_json(contours_found(), "u1r", [experiment])},
        "posterior_xenon1t": {"xenon1t": posterior_content(experiment)},
        "sensitivity_u1r_xenon1t": sensitivity_content(experiment),
        "significance_u1r_xenon1t": {
            "model": "u1r",
            "experiments": ["xenon1t"],
            "method": {"test": "significance", "number": 100, "seed": 1},
            "q0": 13.2,
            "p_values": {"everywhere": {"value": 7e-4, "error": 2.7e-4, "z": 3.2}},
            "provenance": provenance([experiment]),
        },
        "spectrum_xenon1t": spectrum(experiment, standard_model()).as_json()
        | {"title": "XENON1T", "label": "nothing", "provenance": provenance([experiment])},
        "bounds": {
            "model": "u1r",
            "cl": 0.9,
            "mass_mev": [0.01, 0.1],
            "quick": {"xenon1t": [1e-6, 2e-6]},
            "likelihood": {"xenon1t": limit},
            "provenance": provenance([experiment]),
        },
    }
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(to_json(content))
    save_surfaces("xenon1t", fit_found(), [experiment], folder)
    write_scan(folder / "scan.npz", experiment)


def write_scan(path: Path, experiment) -> None:
    found = surface()
    axes = [
        {"name": n, "unit": unit, "log": True, "array": f"axis_{n}"}
        for n, unit in (("g", "1"), ("mass", "MeV"))
    ]
    header = {
        "axes": axes,
        "nuisances": [],
        "model": "u1r",
        "experiments": ["xenon1t"],
        "constraints": [],
        "fixed": {},
        "nll_sm": 12.0,
        "method": {"batch": 10, "chunk": 20},
        "provenance": provenance([experiment]),
    }
    arrays = {f"axis_{n}": v for n, v in found.axes.items()}
    per_point = {k: getattr(found, k) for k in ("nll", "status", "gradient_norm")}
    none = np.zeros((*found.nll.shape, 0))
    write_npz(path, "scan", header, arrays | per_point | {"nuisances": none})
