"""Posteriors: what is saved, their words, table and figures."""

import os
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from jaxmed.inference.bayes.extra import need
from jaxmed.inference.bayes.samples import R_HAT_BELOW
from jaxmed.results.fit_in_words import LABELS, UNITS
from jaxmed.results.nuisance_figures import intervals_figure
from jaxmed.results.posterior_figures import draw_confidence, draw_profile, fill_region
from jaxmed.results.regions import Regions, Schema, vertices
from jaxmed.results.result import ASYMPTOTIC, Array, Number, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Columns, Drawing, HepTable, axis_label, edge_table
from jaxmed.results.style import mediator_axes
from jaxmed.user_files.keys import known

_FILLS = ("#4C9CCB", "#9BCDEB", "#DCEEF8")
_BINS = 60
_HEAD = ("parameter", "median", "68 %", "90 %", "R-hat", "ESS", "diverged")
_QUANTILES = {
    "0.5": "Median",
    "0.16": "68 %, low",
    "0.84": "68 %, high",
    "0.05": "90 %, low",
    "0.95": "90 %, high",
}
SAMPLING = ("Hoffman:2011ukg", "Phan:2019elc", "Kumar:2019arviz", "Vehtari:2019rhat")
"""Keys of the papers of sampler and diagnostics."""
_CREDIBLE = (
    "Edge of the credible region, densest per decade of coupling and mass, vertex by vertex, nuisances marginalised. "
    "Where a line ends, the edge of the priors closes it."
)
_CONFIDENCE = (
    "Edge of the confidence region in the same plane, vertex by vertex, nuisances profiled."
)
_SUMMARY = "Posterior medians with equal-tailed intervals; nuisances in standard deviations of their constraints."
_NOTHING = "the data say nothing: the posterior is the prior"


class ParameterSummary(Schema):
    """One parameter in its own unit: mean, standard deviation, quantiles by their probability, convergence."""

    mean: float
    std: float
    quantiles: dict[str, float]
    r_hat: Number
    ess_bulk: Number
    ess_tail: Number


class Ring(Schema):
    """A closed line, (n,) each: a point is inside a region if an odd number of its rings surround it."""

    mass_mev: Array
    g: Array


class Outlined(Ring):
    """A piece of the edge of a region; `closed` if it is a loop."""

    closed: bool


class CredibleRegion(Schema):
    """A region that holds a share of the samples and is denser, per decade of g and mass, than anything outside.

    Attributes:
        probability: the share.
        lines: pieces of its edge.
        rings: the edge completed along the edges of the priors.
    """

    probability: float
    lines: list[Outlined]
    rings: list[Ring]


class Sampler(Schema):
    """How NUTS ran: samples are kept from each chain after the warm-up; steps and acceptance are means over all."""

    chains: int
    samples: int
    warmup: int
    seed: int
    divergences: int
    steps: float
    acceptance: float


class ProfileCurve(Schema):
    """Profiled -log L along the only parameter: its values in its own unit, and nll, (n,) each."""

    name: str
    values: Array
    nll: Array


class PosteriorResult(Result):
    """The posterior of one fit (`inference.bayes.posterior`).

    Attributes:
        priors: by name, in words.
        log10: parameters in whose decimal logarithm the fit moves.
        sampler: how it ran.
        parameters: summaries of the model parameters.
        nuisances: of the nuisances.
        warnings: one sentence for each reason to distrust the samples.
        credible: regions of g and mass, empty where the data say nothing; None in another space.
        confidence: confidence regions of the same fit beside them; None likewise.
        profile: profile likelihood where there is one parameter.
        samples: by name, (n_chains, n_samples); like all below not in a JSON, but in a .npz.
        statistics: diverging, n_steps, acceptance_rate and energy of each, (n_chains, n_samples).
        observed: counts by experiment.
    """

    kind: ClassVar = "posterior"
    section: ClassVar = "Posteriors"
    about: ClassVar = (
        "Medians with equal-tailed 68 % and 90 % intervals; nuisances in standard deviations of their constraints. "
        "R-hat compares the chains, 1 is best; ESS is how many independent samples these are worth."
    )
    optional: ClassVar = frozenset({"samples", "statistics", "observed"})
    bulky: ClassVar = optional

    priors: dict[str, str]
    log10: list[str]
    sampler: Sampler
    parameters: dict[str, ParameterSummary]
    nuisances: dict[str, ParameterSummary]
    warnings: list[str]
    credible: list[CredibleRegion] | None
    confidence: Regions | None
    profile: ProfileCurve | None = None
    samples: dict[str, Array] | None = None
    statistics: dict[str, Array] | None = None
    observed: dict[str, Array] | None = None

    @property
    def summaries(self) -> dict[str, ParameterSummary]:
        """Of everything that was sampled."""
        return self.parameters | self.nuisances

    @property
    def divergences(self) -> int:
        """Trajectories that lost their energy: the sampler may have left out where they were."""
        return self.sampler.divergences

    @property
    def converged(self) -> bool:
        """Whether R-hat of every parameter is at most 1.01."""
        return all(each.r_hat <= R_HAT_BELOW for each in self.summaries.values())

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        return {*SAMPLING} | ({ASYMPTOTIC} if self.confidence else set())

    def table(self) -> Rows:
        """One row per model parameter, or per nuisance of a model without any."""
        rows = [_row(name, each) for name, each in (self.parameters or self.nuisances).items()]
        rows[0].append(str(self.divergences))
        rows[1:] = [[*row, ""] for row in rows[1:]]
        return Rows("Posteriors: medians with 68 % and 90 % intervals", _HEAD, rows)

    def notes(self) -> list[str]:
        """Reasons to distrust the samples, and whether the data say anything."""
        found = [f"warning: {sentence}" for sentence in self.warnings]
        return found + ([_NOTHING] if self.credible == [] else [])

    def answers(self) -> list[str]:
        """Medians and intervals of the parameters, what was assumed, how it was sampled, and what to distrust."""
        found = []
        for name, each in self.parameters.items():
            low, median, high = (each.quantiles[q] for q in ("0.16", "0.5", "0.84"))
            unit = f" {UNITS[name]}" if name in UNITS else ""
            found.append(
                f"{LABELS.get(name, name)} = {median:.3g}{unit} ({low:.3g} to {high:.3g} with 68 % probability)."
            )
        priors = "; ".join(f"{LABELS.get(n, n)} {prior}" for n, prior in self.priors.items())
        made = self.sampler
        return [
            *found,
            f"Priors: {priors or 'those of the nuisances only'}.",
            f"NUTS: {made.chains} chains of {made.samples} samples after {made.warmup} steps of warm-up, seed "
            f"{made.seed}; {made.divergences} divergences, acceptance {made.acceptance:.2f}, {made.steps:.1f} leapfrog "
            "steps per sample.",
            *self.notes(),
        ]

    def tables(self) -> list[Rows]:
        """Model parameters, and nuisances where there are both."""
        if not self.parameters or not self.nuisances:
            return [self.table()]
        head = ("nuisance [sigma]", *_HEAD[1:-1])
        rows = [_row(name, each) for name, each in self.nuisances.items()]
        return [self.table(), Rows("Nuisances", head, rows)]

    def drawings(self) -> list[Drawing]:
        """Credible beside confidence regions, and intervals of the nuisances."""
        found = []
        if self.credible:
            found.append(Drawing("credible and confidence regions", self.figure))
        if self.nuisances:
            quantiles = {name: each.quantiles for name, each in self.nuisances.items()}
            found.append(Drawing("nuisances", partial(intervals_figure, quantiles)))
        return found

    def numbers(self) -> dict[str, Columns]:
        """Columns of the summary, and of the vertices of the regions."""
        found = self.summaries.values()
        quantiles = {f"quantile_{q}": [s.quantiles[q] for s in found] for q in _QUANTILES}
        names = ("mean", "std", "r_hat", "ess_bulk", "ess_tail")
        rest = {name: [getattr(s, name) for s in found] for name in names}
        numbers = {"summary": {"name": list(self.summaries), **rest, **quantiles}}
        if self.credible:
            shares = {region.probability: region.lines for region in self.credible}
            numbers["credible"] = vertices(shares, "probability")
        if self.confidence is not None:
            levels = {level.cl: level.lines for level in self.confidence.contours}
            numbers["confidence"] = vertices(levels, "cl")
        return numbers

    def hepdata(self) -> list[HepTable]:
        """Regions of g and mass, and medians with intervals of all that was sampled, not the samples."""
        priors = "; ".join(f"{name} {prior}" for name, prior in self.priors.items())
        assumed = self.qualifiers | ({"Priors": priors} if priors else {})
        found = [
            edge_table("credible", _CREDIBLE, assumed, ("Probability", r.probability), r.lines)
            for r in self.credible or []
            if r.lines
        ]
        found += [
            edge_table("confidence", _CONFIDENCE, self.qualifiers, ("CL", level.cl), level.lines)
            for level in (self.confidence.contours if self.confidence else [])
            if level.lines
        ]
        every = self.summaries.values()
        columns = [
            ((words, ""), [each.quantiles[q] for each in every]) for q, words in _QUANTILES.items()
        ]
        names = [f"{n} [{UNITS[n]}]" if n in UNITS else n for n in self.summaries]
        return [
            *found,
            HepTable("summary", _SUMMARY, assumed, [(("Parameter", ""), names)], columns),
        ]

    def columns(self) -> dict[str, Any]:
        """One row for each sample, or without samples for each parameter."""
        if self.samples is not None:
            chains, number = next(iter(self.samples.values())).shape
            place = np.indices((chains, number)).reshape(2, -1)
            values = {name: each.ravel() for name, each in self.samples.items()}
            return {"chain": place[0], "sample": place[1], **values}
        found = self.summaries
        quantiles = {q: [s.quantiles[q] for s in found.values()] for q in _quantiles(found)}
        mean, std = ([getattr(s, n) for s in found.values()] for n in ("mean", "std"))
        return {"name": list(found), "mean": mean, "std": std, **quantiles}

    def inference_data(self) -> Any:
        """ArviZ's container with groups posterior, sample_stats and observed_data; ValueError without samples."""
        samples, statistics, observed = self._sampled()
        groups = {"posterior": samples, "sample_stats": statistics, "observed_data": observed}
        about: dict[str, str | int] = {"model": self.model, "warmup": self.sampler.warmup}
        about |= {"seed": self.sampler.seed}
        about |= {f"prior_{name}": prior for name, prior in self.priors.items()}
        return need("diagnostics").inference_data(groups, about)

    def save_netcdf(self, path: Path) -> Path:
        """ArviZ's container as netCDF, whole or not at all; ValueError without samples, or if it cannot be written."""
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self.inference_data().to_netcdf(str(part), engine="h5netcdf")
            part.replace(path)
        except OSError as problem:
            part.unlink(missing_ok=True)
            raise ValueError(f"cannot write {path}: {problem.strerror or problem}") from None
        return path

    def _sampled(self) -> tuple[dict[str, np.ndarray], ...]:
        if self.samples is None or self.statistics is None or self.observed is None:
            raise ValueError(
                "this result came from JSON, without samples: expected one saved as .npz"
            )
        return self.samples, self.statistics, self.observed

    def plot(self, ax: Axes | None = None, parameter: str | None = None, **style: Any) -> Axes:
        """Credible regions, filled, with the edges of the confidence regions, or the density of one parameter.

        Args:
            ax: to draw on; a new figure if None.
            parameter: whose density to draw; None for the regions, or where there are none for the first parameter, on
                a new figure with the others beside it.
            **style: of the Axes, such as title.

        Raises:
            ValueError: an unknown parameter, or a density without samples.
        """
        if parameter is None and self.credible is not None:
            panel = mediator_axes(ax, self.heading)
            self._plane(panel, self.credible)
        elif parameter is None and ax is None:
            panel = self._marginals()
        else:
            panel = ax
            if panel is None:
                panel = Figure(figsize=(6.4, 4.4), layout="constrained").subplots()
                panel.set_title(self.heading)
            self._marginal(panel, parameter or next(iter(self.summaries)))
        panel.set(**style)
        return panel

    def _plane(self, panel: Axes, regions: list[CredibleRegion]) -> None:
        fills = list(zip(regions, _FILLS, strict=False))
        # what holds more lies under what holds less
        for region, colour in reversed(fills):
            fill_region(panel, [(ring.mass_mev, ring.g) for ring in region.rings], colour)
        handles: list[Patch | Line2D] = [
            Patch(color=colour, label=f"{100 * region.probability:.3g} % credible")
            for region, colour in fills
        ]
        if not regions:
            middle = {"ha": "center", "va": "center", "transform": panel.transAxes}
            panel.text(0.5, 0.5, _NOTHING, **middle)
        if self.confidence is not None:
            handles += draw_confidence(panel, self.confidence)
        panel.legend(handles=handles, loc="upper left", fontsize=9)

    def _marginals(self) -> Axes:
        """Marginal posterior of every model parameter, of every nuisance where there is none."""
        names = list(self.parameters or self.nuisances)
        columns = min(len(names), 4)
        rows = -(-len(names) // columns)
        size = (max(4.4 * columns, 6.4), 4.0 * rows + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel in panels[len(names) :]:
            panel.remove()
        for name, panel in zip(names, panels, strict=False):
            self._marginal(panel, name)
        figure.suptitle(self.heading)
        return panels[0]

    def _marginal(self, panel: Axes, name: str) -> None:
        samples = self._sampled()[0]
        known([name], samples, "parameter")
        values = samples[name].ravel()
        log = name in self.log10
        bins = min(int(values.size**0.5), _BINS)
        density, edges = np.histogram(np.log10(values) if log else values, bins, density=True)
        shown = 10**edges if log else edges
        panel.stairs(density, shown, fill=True, color=_FILLS[1], label="posterior")
        panel.set(xscale="log" if log else "linear", xlabel=axis_label(name))
        panel.set_ylabel("probability per decade" if log else "probability density")
        panel.margins(x=0)
        panel.set_ylim(bottom=0)
        if self.profile is not None and self.profile.name == name:
            draw_profile(panel, self.profile.values, self.profile.nll, log)


def _row(name: str, summary: ParameterSummary) -> list[str]:
    q = {key: f"{value:.3g}" for key, value in summary.quantiles.items()}
    unit = f" [{UNITS[name]}]" if name in UNITS else ""
    return [
        f"{LABELS.get(name, name)}{unit}",
        q["0.5"],
        f"{q['0.16']} to {q['0.84']}",
        f"{q['0.05']} to {q['0.95']}",
        f"{summary.r_hat:.3f}",
        f"{min(summary.ess_bulk, summary.ess_tail):.0f}",
    ]


def _quantiles(summaries: dict[str, ParameterSummary]) -> list[str]:
    return list(next(iter(summaries.values())).quantiles)
