"""Fit light vector mediators to TEXONO, COHERENT and XENON data by gradients, in JAX.

Set 64-bit floats before the first use of JAX::

    import jax
    jax.config.update("jax_enable_x64", True)

    import jaxmed
    exp = jaxmed.load("xenon1t")
    c = jaxmed.couplings("u1r", g=1e-6, mass=0.05)   # mass in MeV
    jaxmed.expected(exp, c)                          # (n_bins,) events
    jaxmed.fit([exp], model="u1r")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxmed.experiments import Experiment, expected, load, nll
    from jaxmed.inference.contours import Contours, contours
    from jaxmed.inference.coverage import Coverage, coverage
    from jaxmed.inference.expected_limits import Expected, expected_limits
    from jaxmed.inference.fc_limits import fc_limits
    from jaxmed.inference.feldman_cousins import Acceptance, feldman_cousins
    from jaxmed.inference.fit import fit
    from jaxmed.inference.limits import Limits, limits
    from jaxmed.inference.posterior import posterior
    from jaxmed.inference.posterior_samples import Posterior
    from jaxmed.inference.results import FitResult, Surface
    from jaxmed.inference.scan import scan
    from jaxmed.inference.sensitivity import Sensitivity, sensitivity
    from jaxmed.inference.significance import Significance, significance
    from jaxmed.report.npz import Result
    from jaxmed.report.scan import load_result
    from jaxmed.theory.charges import Charges, anomalies, charges
    from jaxmed.theory.couplings import Couplings, Epsilon, mediator
    from jaxmed.theory.gauge import gauge_bosons
    from jaxmed.theory.models import Model, Parameter, couplings
    from jaxmed.theory.own import own_model
    from jaxmed.theory.seesaw import seesaw

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

_HOME = {
    "experiments": ("Experiment", "expected", "load", "nll"),
    "inference.contours": ("Contours", "contours"),
    "inference.coverage": ("Coverage", "coverage"),
    "inference.expected_limits": ("Expected", "expected_limits"),
    "inference.fc_limits": ("fc_limits",),
    "inference.feldman_cousins": ("Acceptance", "feldman_cousins"),
    "inference.fit": ("fit",),
    "inference.limits": ("Limits", "limits"),
    "inference.posterior": ("posterior",),
    "inference.posterior_samples": ("Posterior",),
    "inference.results": ("FitResult", "Surface"),
    "inference.scan": ("scan",),
    "inference.sensitivity": ("Sensitivity", "sensitivity"),
    "inference.significance": ("Significance", "significance"),
    "report.npz": ("Result",),
    "report.scan": ("load_result",),
    "theory.charges": ("Charges", "anomalies", "charges"),
    "theory.couplings": ("Couplings", "Epsilon", "mediator"),
    "theory.gauge": ("gauge_bosons",),
    "theory.models": ("Model", "Parameter", "couplings"),
    "theory.own": ("own_model",),
    "theory.seesaw": ("seesaw",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import jaxmed` costs next to nothing."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'jaxmed' has no attribute '{name}'")
    value = getattr(import_module(f"jaxmed.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
