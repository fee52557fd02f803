"""Data sets as data, behind one forward model and one likelihood."""

from collections.abc import Callable
from difflib import get_close_matches
from inspect import signature

from jaxmed.experiments.coherent_csi import coherent_csi
from jaxmed.experiments.coherent_lar import coherent_lar
from jaxmed.experiments.forward import expected, require_float64
from jaxmed.experiments.likelihood import nll
from jaxmed.experiments.model import Experiment
from jaxmed.experiments.texono import texono
from jaxmed.experiments.xenon import xenon1t, xenonnt

__all__ = ["LOADERS", "Experiment", "expected", "load", "nll"]

LOADERS: dict[str, Callable[..., Experiment]] = {
    "texono": texono,
    "coherent_csi": coherent_csi,
    "coherent_lar": coherent_lar,
    "xenon1t": xenon1t,
    "xenonnt": xenonnt,
}


def load(name: str, **options: object) -> Experiment:
    """Load an experiment by name.

    Args:
        name: one of LOADERS.
        options: keyword arguments of its loader, such as ``solar_model="agss09met"`` of xenon1t.

    Raises:
        ValueError: unknown name or option, damaged or missing data, or JAX in 32-bit mode.
    """
    require_float64()
    if name not in LOADERS:
        close = get_close_matches(name, LOADERS, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"unknown experiment '{name}'{hint}: expected one of {', '.join(LOADERS)}")
    known = signature(LOADERS[name]).parameters
    for option in options:
        if option not in known:
            accepted = ", ".join(known)
            raise ValueError(f"unknown option '{option}' of {name}: expected one of {accepted}")
    return LOADERS[name](**options)
