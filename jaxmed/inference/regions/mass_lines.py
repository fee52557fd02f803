"""Profiled -log L along lines of constant mass: the scan behind limits and contours."""

import numpy as np

from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.regions.candidates import candidate_couplings
from jaxmed.inference.regions.samples import Samples, sample
from jaxmed.inference.regions.screening import profile_decisive


def check_plane(problem: Problem) -> Problem:
    """The problem itself; ValueError unless g and mass are its free model parameters."""
    if problem.parameters != ("g", "mass"):
        raise ValueError(
            f"model '{problem.model.name}': free are {', '.join(problem.parameters) or 'none'}, "
            "expected g and mass alone, other parameters fixed"
        )
    return problem


def scan_lines(
    problem: Problem,
    log_g: np.ndarray,
    log_masses: np.ndarray,
    data: Data,
    tick: Tick = None,
) -> Samples:
    """Every line at the standard model, at `log_g` and where a narrow island may hide, in one batch.

    Args:
        problem: free parameters g and mass.
        log_g: log10 of couplings on every line, ascending, (n,).
        log_masses: log10 of the masses [MeV], one for each line.
        data: the experiments.
        tick: called with the share of the points finished since the last call.
    """
    line, points = _points(problem, log_g, log_masses, data)
    share = (lambda number: tick(number / line.size)) if tick else None
    return sample(problem, line, points, data, share)


def scan_for_level(
    problem: Problem,
    log_g: np.ndarray,
    log_masses: np.ndarray,
    rise: float,
    data: Data,
    tick: Tick = None,
) -> Samples:
    """Those points of the same scan that decide where each line crosses its level, `rise` above its lowest point."""
    line, points = _points(problem, log_g, log_masses, data)
    return profile_decisive(problem, line, points, rise, data, tick)


def _points(
    problem: Problem, log_g: np.ndarray, log_masses: np.ndarray, data: Data
) -> tuple[np.ndarray, np.ndarray]:
    """Line (n,) and coordinates (n, 2) of all points of a scan."""
    couplings = []
    for found in candidate_couplings(problem, log_masses, data):
        extra = np.log10(found)
        inside = extra[(extra > log_g[0]) & (extra < log_g[-1])]
        couplings.append(np.unique(np.concatenate([[problem.model.standard[0]], log_g, inside])))
    line = np.repeat(np.arange(len(log_masses)), [each.size for each in couplings])
    return line, np.stack([np.concatenate(couplings), log_masses[line]], axis=1)
