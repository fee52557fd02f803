"""Every kind of result by its name, as `kind` says it on disk."""

from jaxmed.results.bounds import BoundsResult
from jaxmed.results.calibration import CalibrationResult
from jaxmed.results.contours import ContoursResult
from jaxmed.results.coverage import CoverageResult
from jaxmed.results.expected import ExpectedResult
from jaxmed.results.fits import FitResult
from jaxmed.results.intervals import IntervalResult
from jaxmed.results.limits import LimitsResult
from jaxmed.results.mediator import MediatorResult
from jaxmed.results.posteriors import PosteriorResult
from jaxmed.results.result import Result
from jaxmed.results.scans import ScanResult
from jaxmed.results.sensitivity import SensitivityResult
from jaxmed.results.significance import SignificanceResult
from jaxmed.results.spectra import SpectrumResult

KINDS: dict[str, type[Result]] = {
    each.kind: each
    for each in (
        FitResult,
        LimitsResult,
        IntervalResult,
        ContoursResult,
        ScanResult,
        PosteriorResult,
        CalibrationResult,
        SignificanceResult,
        ExpectedResult,
        SensitivityResult,
        SpectrumResult,
        MediatorResult,
        CoverageResult,
        BoundsResult,
    )
}
"""By `kind`, in the order of a page."""
