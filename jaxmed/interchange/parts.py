"""What is left of an experiment at one mass: parts whose events are polynomials in the coupling."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import jax
import numpy as np

from jaxmed.experiments.likelihood.factors import KNEE, knee
from jaxmed.experiments.likelihood.interpolation import Nodes
from jaxmed.experiments.likelihood.nll import FLOOR
from jaxmed.experiments.model import SIGNAL_STRENGTH, Component, Experiment
from jaxmed.inference.problem import PULL_BOX
from jaxmed.interchange.polynomial import Polynomial


class Scale(NamedTuple):
    """A factor 1 + width z with an exponential tail, or width (z - zero) of what floats.

    Attributes:
        name: of the nuisance z.
        width: fractional.
        zero: of what floats, where it leaves no event; None for any other.
    """

    name: str
    width: float
    zero: float | None


class PolynomialPart(NamedTuple):
    """A component (`Component`) with the coupling taken out.

    Attributes:
        name: no other part of the experiment has it.
        powers: of the coupling, 0 alone for a background.
        variants: events, (n_powers, n_variants, n_bins).
        scales: its normalisations.
        shapes: names of the nuisances behind the variants.
        nodes: of each of them.
        knee: fraction of the nominal below which a shape falls off exponentially.
    """

    name: str
    powers: tuple[int, ...]
    variants: np.ndarray
    scales: tuple[Scale, ...]
    shapes: tuple[str, ...]
    nodes: tuple[Nodes, ...]
    knee: float

    @property
    def nominal(self) -> np.ndarray:
        """Events of each power, (n_powers, n_bins)."""
        return self.variants[:, 0]


def parts_of(experiment: Experiment, signal: Polynomial) -> tuple[PolynomialPart, ...]:
    """The signal, then the backgrounds.

    Raises:
        ValueError: a background has errors of a HistFactory workspace.
    """
    e = jax.tree.map(np.asarray, experiment)
    whole = Component(None, e.widths, e.shapes, e.nodes, e.scales, floating=(SIGNAL_STRENGTH,))
    found = [_part("signal", whole, signal.powers, signal.coefficients)]
    for i, part in enumerate(e.background):
        name = "_".join(each for each in ("background", str(i + 1), part.name) if each)
        if part.signed or part.asymmetric or part.local:
            raise ValueError(
                f"{e.name}: background '{part.name}' has asymmetric errors, errors of single bins or shapes as "
                "HistFactory has them: expected others, or export the workspace that it was imported from"
            )
        found.append(_part(name, part, (0,), part.variants[None]))
    return tuple(found)


def acting_nuisances(experiments: Iterable[Experiment]) -> tuple[str, ...]:
    """Names of all that act, the signal strength among them, each once."""
    return tuple(dict.fromkeys(n for e in experiments for n in (*e.nuisances, *e.scales)))


def _part(
    name: str, part: Component, powers: tuple[int, ...], variants: np.ndarray
) -> PolynomialPart:
    scales = tuple(
        Scale(each, float(width), part.without_event.get(each))
        for each, width in zip(part.scales, part.widths, strict=True)
    )
    return PolynomialPart(name, powers, variants, scales, part.shapes, part.nodes, knee(part))


def always_above_floor(experiment: Experiment, parts: tuple[PolynomialPart, ...]) -> bool:
    """Whether the backgrounds alone keep every bin above the likelihood's floor wherever their nuisances go.

    The signal adds to them: it is a square.
    """
    bounds = {p.name: (p.low, p.high) for p in experiment.floating}
    least = np.zeros(experiment.n_bins)
    for part in parts[1:]:
        low, high = _range(part.scales, bounds)
        added, taken = np.maximum(part.nominal[0], 0.0), np.minimum(part.nominal[0], 0.0)
        # a shape stays positive, and has no other bound
        if part.shapes and taken.any():
            return False
        least += (0.0 if part.shapes else low) * added + high * taken
    return bool((least > FLOOR).all())


def _range(
    scales: tuple[Scale, ...], bounds: dict[str, tuple[float, float]]
) -> tuple[float, float]:
    """Least and largest product of normalisations."""
    low, high = 1.0, 1.0
    for name, width, zero in scales:
        ends = bounds.get(name, PULL_BOX)
        factors = [_positive(1 + width * z) if zero is None else width * (z - zero) for z in ends]
        low, high = low * min(factors), high * max(factors)
    return low, high


def _positive(y: float) -> float:
    return y if y >= KNEE else KNEE * math.exp(y / KNEE - 1)
