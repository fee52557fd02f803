"""Read and check the whole folder of an experiment, before anything is computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from jaxmed.data_tables import cite
from jaxmed.experiments.folder.build.fold import quadrature
from jaxmed.experiments.folder.read.arrival import arrival_shares
from jaxmed.experiments.folder.read.background import background_events, bin_errors
from jaxmed.experiments.folder.read.bins import Bins, kg_seconds, read_bins
from jaxmed.experiments.folder.read.detector import read_response
from jaxmed.experiments.folder.read.neutrinos import read_flux
from jaxmed.experiments.folder.read.nuisances import check_nuisances, shape_nodes
from jaxmed.experiments.folder.read.response import Response
from jaxmed.experiments.folder.read.signal import factors, template
from jaxmed.experiments.folder.read.source import MAIN, Source, View
from jaxmed.experiments.folder.read.target import Electrons, Nuclei, read_electrons, read_nuclei
from jaxmed.experiments.folder.schema.mistakes import sentence
from jaxmed.experiments.folder.schema.overlay import (
    Content,
    all_options,
    of_run,
    shifted,
    with_options,
)
from jaxmed.experiments.folder.schema.run import RunKeys
from jaxmed.experiments.likelihood.interpolation import Nodes
from jaxmed.experiments.model import Axis
from jaxmed.flux.spectrum import Flux
from jaxmed.user_files import keys
from jaxmed.user_files.keys import unknown


@dataclass(frozen=True)
class ReadRun:
    """One run as its files describe it, with everything at its nominal value."""

    view: View
    bins: Bins
    targets: dict[str, Nuclei | Electrons]
    fluxes: dict[str, Flux]
    response: Response


@dataclass(frozen=True)
class Description:
    """An experiment as its folder describes it.

    Attributes:
        folder: where it stands.
        runs: in the order of the file; one without a name for an experiment of one.
        nodes: of each shape nuisance, in the order in which they act, without the endings of `per_run`.
        options: (option, choice) that were chosen.
    """

    folder: Path
    runs: tuple[ReadRun, ...]
    nodes: dict[str, Nodes]
    options: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> RunKeys:
        """What experiment.toml says of the first run: name, title, status and all else that runs share."""
        return self.runs[0].view.keys

    @property
    def name(self) -> str:
        """The short name, for results and files."""
        return self.keys.name

    @cached_property
    def title(self) -> str:
        """For figures; a projection or template says so."""
        title, status = self.keys.title or self.name, self.keys.status
        return title if status == "measurement" else f"{title} ({status})"

    @property
    def notes(self) -> dict[str, str]:
        """File -> what was found in it."""
        return self.runs[0].view.source.notes

    @property
    def exposure(self) -> float:
        """Of all runs together [kg s]; the mass [kg] where the flux counts a whole exposure."""
        return sum(kg_seconds(run.view.keys.target) for run in self.runs)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Of the experiment: the axis of the response, then that of the runs, if there are several, then the others."""
        first, *others = self.runs[0].bins.axes
        several = [Axis("run", "1", tuple(np.arange(len(self.runs) + 1.0).tolist()))]
        return (first, *(several if len(self.runs) > 1 else []), *others)

    @property
    def n_bins(self) -> int:
        """Number of bins of all runs together."""
        return len(self.runs) * self.runs[0].bins.n

    def joined(self, of_runs: list[np.ndarray]) -> np.ndarray:
        """Values of the bins of each run (n_runs, n) in the order of the axes, (n_bins,)."""
        n = self.runs[0].bins.axes[0].size
        return np.stack([values.reshape(n, -1) for values in of_runs], axis=1).ravel()

    def at(self, run: ReadRun, name: str, z: float) -> View:
        """A run with one nuisance at z standard deviations."""
        view = run.view
        nuisance = view.keys.nuisances.get(name)
        content = view.keys
        if nuisance and nuisance.adds:
            where = f"nuisances.{name}.adds"
            moved = shifted(view.keys.model_dump(exclude_none=True), nuisance.adds, z, where)
            try:
                content = checked(moved)
            except ValueError as problem:
                raise ValueError(f"{where}, at {z:g} standard deviations: {problem}") from None
        return View(view.source, view.run, content, {name: z})


def options_of(folder: Path) -> dict[str, Content]:
    """Option -> {"default": its default, other choices: what they lay over}; ValueError for no such file."""
    main = folder / MAIN
    content = keys.read_toml(main, "an experiment")
    try:
        return all_options(content)
    except ValueError as problem:
        raise ValueError(f"{main}: {problem}") from None


def describe(folder: Path, choices: Mapping[str, str] | None = None) -> Description:
    """Read a folder with experiment.toml and the tables it names.

    Args:
        folder: the folder.
        choices: option -> choice, for options that are not as the file stands.

    Raises:
        ValueError: the first mistake found: the file, with the key or the line, what was got and what was expected.
    """
    main = folder / MAIN
    content = keys.read_toml(main, "an experiment")
    try:
        found = _describe(folder, content, choices or {})
        for name, option in all_options(content).items() if not choices else ():
            for choice in option:  # also those that nobody asked for
                if choice != "default" and name in content.get("options", {}):
                    _check_choice(folder, content, name, choice)
        return found
    except ValueError as problem:
        text = str(problem)
        # a mistake in a table already says which
        raise ValueError(text if text.startswith(str(folder)) else f"{main}: {text}") from None


def checked(content: Content) -> RunKeys:
    """The checked description of a run; ValueError with the first mistake in one sentence."""
    try:
        return RunKeys.model_validate(content)
    except ValidationError as problem:
        raise ValueError(sentence(problem, content)) from None


def _check_choice(folder: Path, content: Content, name: str, choice: str) -> None:
    try:
        _describe(folder, content, {name: choice})
    except ValueError as problem:
        text = str(problem)
        if text.startswith(str(folder)):
            raise
        raise ValueError(f"with options.{name}.{choice}: {text}") from None


def _describe(folder: Path, content: Content, choices: Mapping[str, str]) -> Description:
    chosen = with_options(content, choices)
    runs = chosen.get("runs", [""])
    if not isinstance(runs, list) or not runs or len({str(run) for run in runs}) < len(runs):
        raise ValueError(f"runs = {keys.short(runs)}: expected a list of different names")
    for run in chosen.get("runs", []):
        keys.identifier("runs", run)
    views = [checked(_content(chosen, run)) for run in runs]
    source = Source(folder, tuple(views[0].nuisances), _columns(content))
    cite(*views[0].citations)
    read = tuple(
        _read(View(source, run, found, {})) for run, found in zip(runs, views, strict=True)
    )
    _check_same_bins(read)
    nodes = shape_nodes(views, source)
    check_nuisances(views[0], nodes, several="runs" in chosen)
    described = Description(folder, read, nodes, tuple(sorted(choices.items())))
    for run in read:
        for name, nuisance in run.view.keys.nuisances.items():
            for z in nuisance.away if nuisance.adds else ():
                described.at(run, name, z)
    for run in read:
        for target in run.targets.values():
            try:
                quadrature(target, list(run.fluxes.values()), [run.response], 1)
            except ValueError as problem:
                raise ValueError(f"{run.bins.table.path}: {problem}") from None
    cite(*source.cited())
    return described


def _columns(content: Any) -> set[str]:
    """Every column of the bins that the file or one of its options names."""
    if isinstance(content, list):
        return {name for value in content for name in _columns(value)}
    if not isinstance(content, dict):
        return set()
    own = {content[key] for key in ("name", "column") if isinstance(content.get(key), str)}
    return own.union(*map(_columns, content.values()))


def _content(content: Content, run: str) -> Content:
    runs = content.get("runs", [""])
    own = {key: value for key, value in content.items() if key != "runs"}
    return of_run(own, run, runs)


def _read(view: View) -> ReadRun:
    """Everything of a run that needs no spectrum, each table checked."""
    run = view.keys
    targets: dict[str, Nuclei | Electrons] = {}
    if run.target is not None and run.target.nuclei is not None:
        targets["nuclei"] = read_nuclei(view)
    if run.target is not None and run.target.electrons is not None:
        targets["electrons"] = read_electrons(view)
    fluxes, bins = read_flux(view), read_bins(view)
    for name in run.data.labels:
        if name not in bins.names:
            raise ValueError(unknown("axis under data.labels", name, bins.names))
    for name, error in run.flux.errors.items() if run.flux else ():
        for part in error if isinstance(error, dict) else ():
            if part not in fluxes:
                raise ValueError(
                    unknown(f"part of the flux under flux.errors.{name}", part, fluxes)
                )
    response = read_response(view, bins)
    factors(view, bins)
    for name, axis in zip(bins.names[1:], bins.axes[1:], strict=True):
        if run.signal.template is None and axis.unit != "us" and run.flux is not None:
            raise ValueError(
                f"{bins.table.path}: got an axis {name}, expected signal.template for it: only times of arrival are "
                "computed"
            )
        if run.signal.template is None:
            for part in fluxes:
                arrival_shares(view, axis, part)
    if run.signal.template is not None:
        template(view, bins)
    for background in run.background:
        background_events(view, background.name, bins, response)
        bin_errors(view, background, bins)
    return ReadRun(view, bins, targets, fluxes, response)


def _check_same_bins(runs: tuple[ReadRun, ...]) -> None:
    first = runs[0].view
    shared = "run" not in first.source.table(first.keys.data.bins).values
    files = [run.view.keys.data.bins for run in runs]
    if shared and first.keys.data.counts == "observed" and len(set(files)) < len(files):
        raise ValueError(
            f"{runs[0].bins.table.path}: it holds what several runs observed, expected a column run, or a file for "
            "each run"
        )
    for run in runs[1:]:
        if run.bins.axes != runs[0].bins.axes:
            raise ValueError(
                f"data.bins: run '{run.view.run}' has other bins than '{runs[0].view.run}', expected the "
                "same in all runs"
            )
