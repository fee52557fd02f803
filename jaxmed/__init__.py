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
    from jaxmed.inference.bayes.posterior import posterior
    from jaxmed.inference.bayes.samples import Posterior
    from jaxmed.inference.fit.best_fit import fit
    from jaxmed.inference.hypothesis.coverage import Coverage, coverage
    from jaxmed.inference.hypothesis.expected_limits import Expected, expected_limits
    from jaxmed.inference.hypothesis.feldman_cousins import Acceptance, feldman_cousins
    from jaxmed.inference.hypothesis.feldman_cousins_limits import fc_limits
    from jaxmed.inference.hypothesis.significance import Significance, significance
    from jaxmed.inference.regions.contours import Contours, contours
    from jaxmed.inference.regions.grid_scan import scan
    from jaxmed.inference.regions.limits import Limits, limits
    from jaxmed.inference.results import FitResult, Surface
    from jaxmed.inference.sensitivity import Sensitivity, sensitivity
    from jaxmed.models.choose import couplings
    from jaxmed.models.from_function import own_model
    from jaxmed.models.model import Model, Parameter
    from jaxmed.results.scans import load_result
    from jaxmed.results.store import Result
    from jaxmed.theory.charges import Charges, anomalies, charges
    from jaxmed.theory.couplings import Couplings, Epsilon, mediator
    from jaxmed.theory.gauge import gauge_bosons
    from jaxmed.theory.neutrino_masses.seesaw import seesaw

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
    "inference.regions.contours": ("Contours", "contours"),
    "inference.hypothesis.coverage": ("Coverage", "coverage"),
    "inference.hypothesis.expected_limits": ("Expected", "expected_limits"),
    "inference.hypothesis.feldman_cousins_limits": ("fc_limits",),
    "inference.hypothesis.feldman_cousins": ("Acceptance", "feldman_cousins"),
    "inference.fit.best_fit": ("fit",),
    "inference.regions.limits": ("Limits", "limits"),
    "inference.bayes.posterior": ("posterior",),
    "inference.bayes.samples": ("Posterior",),
    "inference.results": ("FitResult", "Surface"),
    "inference.regions.grid_scan": ("scan",),
    "inference.sensitivity": ("Sensitivity", "sensitivity"),
    "inference.hypothesis.significance": ("Significance", "significance"),
    "results.store": ("Result",),
    "results.scans": ("load_result",),
    "theory.charges": ("Charges", "anomalies", "charges"),
    "theory.couplings": ("Couplings", "Epsilon", "mediator"),
    "theory.gauge": ("gauge_bosons",),
    "models.choose": ("couplings",),
    "models.from_function": ("own_model",),
    "models.model": ("Model", "Parameter"),
    "theory.neutrino_masses.seesaw": ("seesaw",),
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
