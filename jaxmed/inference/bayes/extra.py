"""Modules that need NumPyro and ArviZ, which come with the extra `bayes`."""

import warnings
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

_PACKAGES = ("numpyro", "arviz", "h5netcdf", "h5py")


def need(module: str) -> ModuleType:
    """A module of this package; ValueError with what to install if it cannot be imported."""
    if not all(map(find_spec, _PACKAGES)):
        raise ValueError(
            "posteriors need NumPyro and ArviZ: install them with pip install 'jaxmed[bayes]'"
        )
    with warnings.catch_warnings():
        # ArviZ before 1.0 announces its successor, and tqdm misses widgets in a notebook
        warnings.simplefilter("ignore")
        return import_module(f"jaxmed.inference.bayes.{module}")
