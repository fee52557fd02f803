"""Public names: read by type checkers, and by `lazy_loader` to know where each one lives."""

from .analysis.analysis import Analysis
from .analysis.bounds import bounds
from .analysis.calibrations import calibrate, calibrate_posterior
from .analysis.contours import contours
from .analysis.coverages import coverage
from .analysis.expected import expected_limits
from .analysis.fits import fit
from .analysis.limits import limits
from .analysis.mediators import describe
from .analysis.posteriors import posterior
from .analysis.scans import feldman_cousins, scan
from .analysis.sensitivities import sensitivity
from .analysis.significances import significance
from .analysis.spectra import spectrum
from .experiments import Experiment, expected, load, nll
from .models.choose import couplings
from .models.from_function import own_model
from .models.model import Model, Parameter
from .results.bounds import BoundsResult
from .results.calibration import CalibrationResult
from .results.contours import ContoursResult
from .results.coverage import CoverageResult
from .results.expected import ExpectedResult
from .results.fits import FitResult
from .results.intervals import IntervalResult
from .results.limits import LimitsResult
from .results.load import load_result
from .results.mediator import MediatorResult
from .results.posteriors import PosteriorResult
from .results.result import Result
from .results.scans import ScanResult
from .results.sensitivity import SensitivityResult
from .results.significance import SignificanceResult
from .results.spectra import SpectrumResult
from .theory.charges import Charges, anomalies, charges
from .theory.couplings import Couplings, Epsilon, mediator
from .theory.gauge import gauge_bosons
from .theory.neutrino_masses.seesaw import seesaw
from .theory.structures import interactions

__all__ = [
    "Analysis",
    "BoundsResult",
    "CalibrationResult",
    "Charges",
    "ContoursResult",
    "Couplings",
    "CoverageResult",
    "Epsilon",
    "ExpectedResult",
    "Experiment",
    "FitResult",
    "IntervalResult",
    "LimitsResult",
    "MediatorResult",
    "Model",
    "Parameter",
    "PosteriorResult",
    "Result",
    "ScanResult",
    "SensitivityResult",
    "SignificanceResult",
    "SpectrumResult",
    "anomalies",
    "bounds",
    "calibrate",
    "calibrate_posterior",
    "charges",
    "contours",
    "couplings",
    "coverage",
    "describe",
    "expected",
    "expected_limits",
    "feldman_cousins",
    "fit",
    "gauge_bosons",
    "interactions",
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
    "spectrum",
]
