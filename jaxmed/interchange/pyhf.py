"""A likelihood as a workspace of pyhf, as far as HistFactory can say it.

Every nuisance becomes a histosys through the events at +1 and -1 sigma, to be read with interpolation code 4p: exact
along one nuisance that has no other nodes, and without the product of two. A power of the coupling becomes a
normfactor, and pyhf cannot tie one to the other. `histfactory` says how far off the workspace is.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxmed.experiments.likelihood.interpolation import node_weights
from jaxmed.experiments.model import Experiment
from jaxmed.inference.problem import PULL_BOX, Data, Problem
from jaxmed.interchange.parts import PolynomialPart, acting_nuisances, parts_of
from jaxmed.interchange.polynomial import Polynomial, free_parameter, signal_polynomials
from jaxmed.models.model import Parameter

Json = dict[str, Any]
COUNTS = 1e8
"""Of the Poisson bin that stands for a Gaussian one: its skewness and the rounding of its log L are small alike."""


class PyhfExport(NamedTuple):
    """A workspace and how it is to be read.

    Attributes:
        workspace: for `pyhf.Workspace`.
        parameter: the coupling.
        unit: of the coupling: the normfactor of power p is (coupling/unit)^p.
        powers: of the coupling by the name of its normfactor.
        shifted: what floats, by its lower edge: its normfactor is its value above that.
        unknown: normfactors of events that fill up a one-sided count.
        held: nuisances of shapes without a prior, which pyhf does not know, at 0.
    """

    workspace: Json
    parameter: Parameter
    unit: float
    powers: dict[str, int]
    shifted: dict[str, float]
    unknown: tuple[str, ...]
    held: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """How its parameters follow from jaxmed's, a sentence each."""
        name, unit = self.parameter.name, f"{self.unit:g}"
        ties = ", ".join(f"{each} = ({name}/{unit})^{p}" for each, p in self.powers.items())
        found = [f"set {ties} together: pyhf cannot tie them"] if ties else []
        found += [
            f"the normfactor {each} is jaxmed's value {-low:+g}"
            for each, low in self.shifted.items()
        ]
        if self.unknown:
            found.append(
                f"{', '.join(self.unknown)}: unknown events, to be profiled, stand for one-sided counts"
            )
        if self.held:
            found.append(
                f"{', '.join(self.held)}: held at 0, pyhf has no shape without a constraint"
            )
        return found


def pyhf_export(problem: Problem, data: Data) -> PyhfExport:
    """The likelihood of a problem with one free parameter of its model.

    Raises:
        ValueError: as `hs3.hs3_document`.
    """
    parameter = free_parameter(problem)
    signals = signal_polynomials(problem, data)
    unit = _unit(parameter, signals)
    powers = {f"{parameter.name}_{p}": p for each in signals for p in each.powers if p}
    shapes = {n for e in data for each in (e, *e.background) for n in each.shapes}
    free_shapes = {p.name for p in problem.floating} & shapes
    channels, observations = [], []
    for e, signal in zip(data, signals, strict=True):
        parts = parts_of(e, signal)
        weight, offset, counted = _poisson(e)
        samples = [
            sample
            for part in parts
            for sample in _samples(part, parameter.name, unit, weight, free_shapes)
        ]
        if e.gaussian:
            samples.append({"name": "offset", "data": offset.tolist(), "modifiers": []})
        if e.one_sided:
            free = {"name": _unknown(e), "type": "normfactor", "data": None}
            samples.append({"name": "unknown", "data": [1.0] * e.n_bins, "modifiers": [free]})
        channels.append({"name": e.name, "samples": samples})
        observations.append({"name": e.name, "data": counted.tolist()})
    own = _parameters(problem, data, powers, free_shapes)
    workspace = {
        "channels": channels,
        "observations": observations,
        "measurements": [{"name": "jaxmed", "config": {"poi": "", "parameters": own}}],
        "version": "1.0.0",
    }
    acting = acting_nuisances(data)
    floating = {p.name: p.low for p in problem.floating if p.name in acting}
    return PyhfExport(
        workspace,
        parameter,
        unit,
        powers,
        {name: low for name, low in floating.items() if name not in free_shapes},
        tuple(_unknown(e) for e in data if e.one_sided),
        tuple(name for name in floating if name in free_shapes),
    )


def _unknown(e: Experiment) -> str:
    return f"{e.name}_unknown"


def _unit(parameter: Parameter, signals: Sequence[Polynomial]) -> float:
    """Where the coupling adds about as much as is there without it, to one digit; 1 if it has no logarithm."""
    if not parameter.log:
        return 1.0
    points = np.geomspace(parameter.low, parameter.high, 241)
    added = sum(
        np.abs(row[0]).sum() * points**p
        for each in signals
        for p, row in zip(each.powers, each.coefficients, strict=True)
        if p
    )
    without = sum(np.abs(each.coefficients[0, 0]).sum() for each in signals)
    enough = points[added >= without]
    return float(f"{enough[0] if enough.size else points[-1]:.0e}")


def _poisson(e: Experiment) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What events are multiplied with, what is added, and counts, (n_bins,) each, for Poisson bins."""
    n = np.asarray(e.observed, dtype=float)
    if not e.gaussian:
        return np.ones(n.size), np.zeros(n.size), n
    weight = np.sqrt(COUNTS) / np.asarray(e.error, dtype=float)
    return weight, COUNTS - weight * n, np.full(n.size, COUNTS)


def _samples(
    part: PolynomialPart, coupling: str, unit: float, weight: np.ndarray, free_shapes: set[str]
) -> list[Json]:
    floating = {s.name: s.width for s in part.scales if s.zero is not None}
    events = part.variants * weight * float(np.prod(list(floating.values())))
    shared = [{"name": name, "type": "normfactor", "data": None} for name in floating]
    found = []
    for p, variants in zip(part.powers, events, strict=True):
        scaled = variants * unit**p
        own = [{"name": f"{coupling}_{p}", "type": "normfactor", "data": None}] if p else []
        changes = _changes(part, scaled)
        moved = [
            _histosys(name, scaled[0], *pair)
            for name, pair in changes.items()
            if name not in free_shapes
        ]
        name = f"{part.name}_{p}" if p else part.name
        found.append(
            {"name": name, "data": scaled[0].tolist(), "modifiers": [*own, *shared, *moved]}
        )
    return found


def _changes(
    part: PolynomialPart, variants: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Changes of the events of one power, (n_variants, n_bins), at +1 and -1 sigma, by nuisance."""
    nominal, found = variants[0], {}
    for name, width, low in part.scales:
        if low is None:
            found[name] = (width * nominal, -width * nominal)
    first = 1
    for name, own in zip(part.shapes, part.nodes, strict=True):
        moved = variants[first : first + len(own)] - nominal
        first += len(own)
        up, down = (
            np.asarray(node_weights((own,), jnp.full(1, z))[0]) @ moved for z in (1.0, -1.0)
        )
        before = found.get(name, (0.0, 0.0))
        found[name] = (before[0] + up, before[1] + down)
    return found


def _histosys(name: str, nominal: np.ndarray, up: np.ndarray, down: np.ndarray) -> Json:
    data = {"hi_data": (nominal + up).tolist(), "lo_data": (nominal + down).tolist()}
    return {"name": name, "type": "histosys", "data": data}


def _parameters(
    problem: Problem, data: Data, powers: dict[str, int], free_shapes: set[str]
) -> list[Json]:
    """Of the measurement: bounds, where each starts, and what is held."""
    held, boxes = dict(problem.fixed), {p.name: p for p in problem.floating}
    found = [
        {"name": name, "inits": [0.0], "bounds": [[-1e10 if p % 2 else 0.0, 1e10]], "fixed": True}
        for name, p in powers.items()
    ]
    for name in acting_nuisances(data):
        if name in free_shapes:
            continue
        low, high = (boxes[name].low, boxes[name].high) if name in boxes else PULL_BOX
        zero = low if name in boxes else 0.0
        entry = {
            "name": name,
            "inits": [held.get(name, 0.0) - zero],
            "bounds": [[low - zero, high - zero]],
        }
        found.append(entry | ({"fixed": True} if name in held else {}))
    for e in data:
        if e.one_sided:
            most = float(np.max(e.observed))
            found.append({"name": _unknown(e), "inits": [0.0], "bounds": [[0.0, most]]})
    return found
