"""Public names: read by type checkers, and by `lazy_loader` to know where each one lives."""

from .experiments import Experiment, expected, load, nll
from .inference.bayes.posterior import posterior
from .inference.bayes.samples import Posterior
from .inference.fit.best_fit import fit
from .inference.hypothesis.coverage import Coverage, coverage
from .inference.hypothesis.expected_limits import Expected, expected_limits
from .inference.hypothesis.feldman_cousins import Acceptance, feldman_cousins
from .inference.hypothesis.feldman_cousins_limits import fc_limits
from .inference.hypothesis.significance import Significance, significance
from .inference.regions.contours import Contours, contours
from .inference.regions.grid_scan import scan
from .inference.regions.limits import Limits, limits
from .inference.results import FitResult, Surface
from .inference.sensitivity import Sensitivity, sensitivity
from .models.choose import couplings
from .models.from_function import own_model
from .models.model import Model, Parameter
from .results.scans import load_result
from .results.store import Result
from .theory.charges import Charges, anomalies, charges
from .theory.couplings import Couplings, Epsilon, mediator
from .theory.gauge import gauge_bosons
from .theory.neutrino_masses.seesaw import seesaw

__all__ = [
    "Acceptance",
    "Charges",
    "Contours",
    "Couplings",
    "Coverage",
    "Epsilon",
    "Expected",
    "Experiment",
    "FitResult",
    "Limits",
    "Model",
    "Parameter",
    "Posterior",
    "Result",
    "Sensitivity",
    "Significance",
    "Surface",
    "anomalies",
    "charges",
    "contours",
    "couplings",
    "coverage",
    "expected",
    "expected_limits",
    "fc_limits",
    "feldman_cousins",
    "fit",
    "gauge_bosons",
    "limits",
    "load",
    "load_result",
    "mediator",
    "nll",
    "own_model",
    "posterior",
    "scan",
    "seesaw",
    "sensitivity",
    "significance",
]
