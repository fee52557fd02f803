"""What the commands do: load, compute, and write every file."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.analysis.analysis import Analysis
from jaxmed.experiments import Experiment, load
from jaxmed.experiments.folder import read_folder
from jaxmed.experiments.model import STRENGTH
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.problem import make_problem
from jaxmed.inference.regions.limits import Limits, limits
from jaxmed.inference.results import FitResult
from jaxmed.models.model import Model
from jaxmed.results.bounds import NOTE, bounds_figure
from jaxmed.results.fits import fit_json, surface_figure
from jaxmed.results.own_experiment import describe_folder
from jaxmed.results.spectra import FittedSpectrum, Spectrum, spectra_figure, spectrum
from jaxmed.results.store import provenance
from jaxmed.results.style import save
from jaxmed.results.surfaces import save_surfaces
from jaxmed.theory.couplings import Couplings, standard_model
from jaxmed.theory.single_energy_bounds import figure_5

# Figure 5: the paper's three reactions, its range of masses [MeV], and how finely its curves are drawn.
BOUNDS_GROUPS = {
    "texono": ("texono",),
    "xenon1t": ("xenon1t",),
    "coherent": ("coherent_csi", "coherent_lar"),
}
_BOUNDS_MASSES = (1e-3, 1e3)
_CURVE_POINTS = 181


class Planned(NamedTuple):
    """One fit to do.

    Attributes:
        name: of the fit.
        group: its data.
        fixed: what it holds fixed.
        alternative_to: name of the fit that it repeats with other options; empty otherwise.
    """

    name: str
    group: tuple[Experiment, ...]
    fixed: dict[str, float]
    alternative_to: str = ""


@dataclass(frozen=True)
class Fits:
    """Results of an analysis by name of the fit, with the settings of each."""

    model: Model
    results: dict[str, FitResult]
    planned: dict[str, Planned]
    settings: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """One object per fit: the fit, its settings, and its spectra."""
        return {
            name: fit_json(result, self.planned[name].group)
            | self.settings
            | {
                "fixed": self.planned[name].fixed,
                "alternative_to": self.planned[name].alternative_to,
                "spectra": {s.name: s.as_json() for s in self.spectra[name]},
            }
            for name, result in self.results.items()
        }

    @cached_property
    def spectra(self) -> dict[str, list[FittedSpectrum]]:
        """Every experiment of every fit, at the standard model's and at the best fit's nuisances."""
        return {name: self._spectra(name) for name in self.results}

    def _spectra(self, name: str) -> list[FittedSpectrum]:
        result, mediator = self.results[name], self.best_couplings(name)
        pulls = {n: e.value for n, e in result.nuisances.items()}
        return [
            FittedSpectrum(
                e.name,
                e.title,
                spectrum(e, standard_model(), result.nuisances_sm),
                spectrum(e, mediator, pulls),
            )
            for e in self.planned[name].group
        ]

    def best_couplings(self, name: str) -> Couplings:
        """Couplings at the best fit of one fit."""
        fitted = {n: e.value for n, e in self.results[name].parameters.items()}
        own = {p.name for p in self.model.parameters}
        held = {n: v for n, v in self.planned[name].fixed.items() if n in own}
        return self.model.build(held | fitted)


def plan_fits(analysis: Analysis) -> list[Planned]:
    """Load the data of the joint fit and, if wanted, of each experiment alone, and check every name.

    Raises:
        ValueError: damaged data, an unknown option, parameter or nuisance.
    """
    loaded = [load(name, **analysis.options.get(name, {})) for name in analysis.experiments]
    planned = [Planned(analysis.name, tuple(loaded), analysis.fixed)]
    for alternative, options in analysis.alternatives.items():
        group = tuple(
            load(name, **analysis.options.get(name, {}) | options[name]) if name in options else own
            for name, own in zip(analysis.experiments, loaded, strict=True)
        )
        name = f"{analysis.name}_{alternative}"
        planned.append(Planned(name, group, analysis.fixed, analysis.name))
    if analysis.alone:
        planned += [Planned(e.name, (e,), _concerning(e, analysis)) for e in loaded]
    names = [job.name for job in planned]
    if len(set(names)) != len(names):
        raise ValueError(f"fits {', '.join(names)}: expected names that differ")
    for job in planned:
        make_problem(job.group, analysis.model, job.fixed, analysis.free, analysis.constraints)
    return planned


def settings(analysis: Analysis) -> dict[str, Any]:
    """What an analysis sets beside model, data, constraints and what it holds fixed, for the JSON."""
    return {"free": list(analysis.free), "options": analysis.options}


def _concerning(experiment: Experiment, analysis: Analysis) -> dict[str, float]:
    """What the joint fit holds fixed, as far as it means something to one experiment."""
    known = {STRENGTH, *(p.name for p in analysis.model.parameters), *experiment.nuisances}
    return {name: value for name, value in analysis.fixed.items() if name in known}


def run_fits(analysis: Analysis, planned: list[Planned], tick: Tick = None) -> Fits:
    """Do the fits, compiling one while another runs."""

    def one(job: Planned) -> FitResult:
        return fit(
            job.group,
            analysis.model,
            fixed=job.fixed,
            free=analysis.free,
            constraints=analysis.constraints,
            grid=analysis.grid,
            tick=tick,
        )

    with ThreadPoolExecutor(max_workers=min(len(planned), os.cpu_count() or 1)) as pool:
        results = list(pool.map(one, planned))
    by_name = {job.name: job for job in planned}
    done = dict(zip(by_name, results, strict=True))
    return Fits(analysis.model, done, by_name, settings(analysis) | {"grid": analysis.grid})


def comparisons(done: Fits) -> list[str]:
    """One sentence for each fit with other options: what these do to the preference for a mediator."""
    found = []
    for name, job in done.planned.items():
        if job.alternative_to:
            here, there = (done.results[n].delta_chi2_sm for n in (job.alternative_to, name))
            found.append(
                f"{job.alternative_to} improves -2 log L over the standard model by {here:.1f}, {name} by {there:.1f}"
            )
    return found


def save_fits(done: Fits, out: Path) -> list[Path]:
    """Figures of every fit: spectra, and the -2 log L surface, with its numbers, where there is one."""
    written = []
    for name, result in done.results.items():
        group, found = done.planned[name].group, done.spectra[name]
        standard, best = [s.standard for s in found], [s.best for s in found]
        label = f"best fit, {result.model}"
        written += save(spectra_figure(group, standard, best, label), out / f"spectra_{name}")
        written += save_surfaces(name, result, group, out)
    planes = {n: r for n, r in done.results.items() if set(r.surface.axes) == {"g", "mass"}}
    if planes:
        groups = {n: done.planned[n].group for n in planes}
        titles = {n: group[0].title if len(group) == 1 else n for n, group in groups.items()}
        written += save(surface_figure(planes, titles), out / "surface")
    return written


def run_spectrum(
    name: str, couplings: Couplings, label: str, out: Path
) -> tuple[dict[str, Any], Spectrum, list[Path]]:
    """The spectrum of one experiment: JSON content, events, and the figures written."""
    experiment = load(name)
    found = spectrum(experiment, couplings)
    standard = spectrum(experiment, standard_model())
    figure = spectra_figure([experiment], [standard], [found], label)
    content = found.as_json() | {
        "experiment": experiment.name,
        "title": experiment.title,
        "label": label,
        "provenance": provenance([experiment]),
    }
    return content, found, save(figure, out / f"spectrum_{experiment.name}")


def run_check(folder: Path) -> dict[str, Any]:
    """What a user's own experiment holds; ValueError for the first mistake in its folder."""
    found = read_folder(folder)
    return describe_folder(found, load(f"{folder}{os.sep}"))


def run_bounds(
    points: int, out: Path, tick: Tick, cl: float = 0.90, sided: str = "two"
) -> tuple[dict[str, Any], dict[str, Limits], list[Path]]:
    """Figure 5 of the paper with likelihood limits over it, in the paper's model u1r.

    Args:
        points: masses of the likelihood limits, from 1e-3 to 1e3 MeV.
        out: folder of the figures.
        tick: called with the share of the work done since the last call.
        cl: confidence level of the likelihood limits.
        sided: their convention, 'two' or 'one' (`limits`).

    Returns:
        JSON content, likelihood limits by group, and the figures written.

    Raises:
        ValueError: fewer than two points.
    """
    if points < 2:
        raise ValueError(f"points = {points}: expected at least 2 masses")
    mass = jnp.asarray(np.geomspace(*_BOUNDS_MASSES, _CURVE_POINTS))
    quick = jax.vmap(figure_5)(mass)
    line = np.geomspace(*_BOUNDS_MASSES, points)
    groups = {key: tuple(map(load, names)) for key, names in BOUNDS_GROUPS.items()}

    def share(part: float) -> None:
        if tick:
            tick(part / len(groups))

    ask = {"masses": line, "cl": cl, "sided": sided, "tick": share}
    found = {key: limits(group, "u1r", **ask) for key, group in groups.items()}
    figures = save(bounds_figure(mass, quick, found, cl), out / "bounds")
    content = {
        "model": "u1r",
        "cl": cl,
        "sided": sided,
        "mass_mev": np.asarray(mass),
        "quick": {name: np.asarray(bound) for name, bound in quick._asdict().items()},
        "likelihood": {key: _line_json(groups[key], each) for key, each in found.items()},
        "note": NOTE,
        "provenance": provenance([e for group in groups.values() for e in group]),
    }
    return content, found, figures


def _line_json(group: tuple[Experiment, ...], found: Limits) -> dict[str, Any]:
    return {
        "experiments": [e.name for e in group],
        "mass_mev": found.mass,
        "g_upper": found.g_upper,
        "g_best": found.g_best,
        "flag": list(found.flag),
        "intervals": [[list(pair) for pair in pairs] for pairs in found.intervals],
    }
