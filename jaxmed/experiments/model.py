"""An experiment is data: frozen dataclasses registered as pytrees, and no physics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from math import prod
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

import jax
import numpy as np

from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA, Nodes
from jaxmed.models.model import Parameter
from jaxmed.theory.amplitudes import Electron, Nucleus

STRENGTH = "signal_strength"
SIGNAL_STRENGTH = Parameter(STRENGTH, -1.0, 19.0, False, "1")
"""1 + its value multiplies every neutrino signal. Fixed at 0 by default."""

T = TypeVar("T")

Leaf = Any
"""A NumPy array as loaded, a JAX array or tracer inside jit."""


def pytree(*static: str) -> Callable[[type[T]], type[T]]:
    """Register a dataclass as a pytree whose fields are all leaves, but for the `static` ones."""

    def register(cls: type[T]) -> type[T]:
        leaves = [each.name for each in fields(cast(Any, cls)) if each.name not in static]
        return jax.tree_util.register_dataclass(cls, leaves, list(static))

    return register


class Axis(NamedTuple):
    """One axis of a binning: name, unit and the (n + 1) edges."""

    name: str
    unit: str
    edges: tuple[float, ...]

    @property
    def size(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1


@pytree(
    "shapes",
    "nodes",
    "scales",
    "name",
    "floating",
    "zeros",
    "asymmetric",
    "local",
    "signed",
)
@dataclass(frozen=True)
class Component:
    """Counts of one signal or background with its systematic variations.

    Attributes:
        variants: events per bin, nominal and then with each shape nuisance at each of its nodes, (n_variants, n_bins).
        widths: fractional 1 sigma normalisation error of each scale nuisance, (n_scales,).
        shapes: names of the nuisances behind the variants.
        nodes: of each of them [sigma].
        scales: names of those behind `widths`.
        name: of the background, the same for parts that are only there together; empty for a signal.
        floating: those of `scales` and `local` without a prior, each with its range: counts are (value - zero) times
            the nominal ones.
        zeros: (nuisance, zero) of those of `floating` that leave no event elsewhere than at the lower edge.
        asymmetric: names of the nuisances behind `ends`.
        ends: factors on all bins at -1 and +1 sigma, (n_asymmetric, 2): HistFactory's interpolation code 4 of them.
        local: names of the nuisances behind `local_widths`.
        local_widths: fractional 1 sigma error of each bin, not negative, (n_local, n_bins).
        signed: whether its shapes may make events negative or fill an empty bin, as they do in HistFactory.
    """

    variants: Leaf
    widths: Leaf
    shapes: tuple[str, ...]
    nodes: tuple[Nodes, ...]
    scales: tuple[str, ...]
    name: str = ""
    floating: tuple[Parameter, ...] = ()
    zeros: tuple[tuple[str, float], ...] = ()
    asymmetric: tuple[str, ...] = ()
    ends: Leaf = None
    local: tuple[str, ...] = ()
    local_widths: Leaf = None
    signed: bool = False

    @property
    def factors(self) -> tuple[str, ...]:
        """Nuisances that multiply all bins alike."""
        return self.scales + self.asymmetric

    @property
    def without_event(self) -> dict[str, float]:
        """What floats -> its value that leaves no event."""
        return {each.name: each.low for each in self.floating} | dict(self.zeros)

    @property
    def nominal(self) -> Leaf:
        """Events per bin, (n_bins,)."""
        return self.variants[0]


@pytree("folding_of")
@dataclass(frozen=True)
class Channel:
    """A flux on a target: what turns couplings into events.

    In an experiment every leaf has one more leading axis: channels of equal shape are stacked, so that one
    computation serves them all. That of response and spread is 1 where all channels share them, as the isotopes of an
    element do: their rates are added up and folded once.

    The variants are the nominal one, then each shape nuisance of the experiment at each of its nodes. They have one of
    the responses with the nominal form factors, which come first, or the nominal response, which comes first, with
    others of the form factors.

    Attributes:
        recoil: quadrature nodes T [MeV], (n,).
        moments: flux moments I_k(T), (2, 3, 3, n).
        per_node: targets per kilogram times quadrature weight [MeV/kg], (n,).
        response: exposure times probability of each bin of the recoil axis, (n_responses, n_recoil_bins, n).
        spread: share of its recoil bin that falls into each bin, (n_variants, n_bins); the recoil axis comes first,
            so that each recoil bin feeds n_bins/n_recoil_bins bins in a row.
        target: the nucleus, or the electron.
        form_p, form_n: proton and neutron form factors at the quadrature nodes, (n_forms, n); None for electrons.
        folding_of: of each variant, (n_variants,): number of its response, or that of its form factors plus
            n_responses - 1.
    """

    recoil: Leaf
    moments: Leaf
    per_node: Leaf
    response: Leaf
    spread: Leaf
    target: Nucleus | Electron
    form_p: Leaf
    form_n: Leaf
    folding_of: tuple[int, ...]

    @property
    def folding_matrix(self) -> np.ndarray:
        """Ones where a variant has a folding, (n_variants, n_foldings)."""
        return np.eye(max(self.folding_of) + 1)[list(self.folding_of)]


class Checksums(dict[str, str]):
    """File -> SHA256. All are equal for JAX: programs do not depend on the numbers that they are given."""

    def __hash__(self) -> int:  # type: ignore[override]
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checksums)


@pytree(
    "name",
    "title",
    "axes",
    "shapes",
    "nodes",
    "scales",
    "gaussian",
    "one_sided",
    "projected",
    "citations",
    "checksums",
    "free",
    "folder",
    "options",
)
@dataclass(frozen=True, repr=False)
class Experiment:
    """One data set: counts, the channels that predict its signal, and its backgrounds.

    Attributes:
        observed: counts, (n_bins,), bins in the row-major order of `axes`.
        error: Gaussian standard deviations, (n_bins,); used when `gaussian`, otherwise counts are Poisson.
        channels: stacks of channels, see `stack`.
        widths: fractional normalisation errors of the signal, (n_scales,), for the nuisances `scales`.
        background: everything else; a background model that already holds the standard-model neutrinos
            comes with a component that takes them out again.
        name: of the data set.
        title: for figures.
        axes: the binning; the first axis is the one that figures show.
        shapes: nuisances of the signal's shape.
        nodes: of each of them [sigma].
        scales: nuisances of its normalisation.
        gaussian: whether the likelihood is a chi^2.
        one_sided: whether fewer events than `observed` are no mistake: a background that nobody knows may fill up.
        projected: whether `observed` is what the standard model predicts, and not data.
        citations: BibTeX keys of data, flux and everything else that it was made from, collected by `load`.
        checksums: of every table that it was made from, as it was when `load` read it.
        free: those of `shapes` without a prior, each with its range.
        folder: that it was read from.
        options: (option, choice) that were chosen when it was read.
    """

    observed: Leaf
    error: Leaf
    channels: tuple[Channel, ...]
    widths: Leaf
    background: tuple[Component, ...]
    name: str
    title: str
    axes: tuple[Axis, ...]
    shapes: tuple[str, ...]
    scales: tuple[str, ...]
    gaussian: bool
    one_sided: bool = False
    projected: bool = False
    citations: tuple[str, ...] = ()
    checksums: Checksums = field(default_factory=Checksums)
    nodes: tuple[Nodes, ...] = ()
    free: tuple[Parameter, ...] = ()
    folder: str = ""
    options: tuple[tuple[str, str], ...] = ()

    plot: ClassVar[Callable[..., Any]]
    """`experiments.spectrum_figure.plot`: data over what is expected, with or without couplings."""

    def __repr__(self) -> str:
        """A few lines; inside jit without counts."""
        axes = " x ".join(f"{axis.size} of {axis.name}" for axis in self.axes)
        first = self.axes[0]
        unit = "" if first.unit == "1" else f" {first.unit}"
        kind = "chi^2" if self.gaussian else "one-sided Poisson" if self.one_sided else "Poisson"
        events = "expected in the standard model" if self.projected else "observed"
        known = isinstance(self.observed, np.ndarray)
        counts = f"{self.observed.sum():.6g} events {events}" if known else f"events {events}"
        backgrounds = dict.fromkeys(part.name for part in self.background if part.name)
        return "\n".join(
            [
                f"{self.title} ({self.name}): bins {axes}, {first.edges[0]:g} to {first.edges[-1]:g}{unit}, {kind}",
                f"{counts}; backgrounds: {', '.join(backgrounds) or 'unnamed' if self.background else 'none'}",
                f"nuisances: {', '.join(self.nuisances) or 'none'}",
            ]
        )

    @property
    def n_bins(self) -> int:
        """Number of bins in the likelihood."""
        return prod(axis.size for axis in self.axes)

    @property
    def nuisances(self) -> tuple[str, ...]:
        """Names of all nuisance parameters but the signal strength, in a fixed order."""
        names = [*self.scales, *self.shapes]
        for component in self.background:
            names += [*component.factors, *component.local, *component.shapes]
        return tuple(name for name in dict.fromkeys(names) if name != STRENGTH)

    @property
    def floating(self) -> tuple[Parameter, ...]:
        """Nuisances without a prior, the signal strength first."""
        parts = (part.floating for part in self.background)
        every = [SIGNAL_STRENGTH, *self.free, *(each for part in parts for each in part)]
        return tuple(dict.fromkeys(every))


def stack(*channels: Channel) -> Channel:
    """Channels of the same kind and shape as one, each leaf with a leading axis (n_channels, ...), see `Channel`."""
    first = channels[0]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *channels)
    if any(c.response is not first.response or c.spread is not first.spread for c in channels):
        return stacked
    return replace(stacked, response=first.response[None], spread=first.spread[None])


def unstacked(channels: Channel) -> list[Channel]:
    """The channels of a stack, without its leading axis."""
    return [
        jax.tree.map(lambda leaf, i=i: np.asarray(leaf)[min(i, len(leaf) - 1)], channels)
        for i in range(len(channels.recoil))
    ]


def component(
    nominal: np.ndarray,
    scales: dict[str, float] | None = None,
    shapes: dict[str, tuple[np.ndarray, np.ndarray]] | None = None,
    name: str = "",
    floating: tuple[Parameter, ...] = (),
) -> Component:
    """A background from its template, fractional normalisation errors and (up, down) templates by name.

    The normalisations that are `floating` need no error.
    """
    scales, shapes = (scales or {}) | {each.name: 1.0 for each in floating}, shapes or {}
    varied = [template for up, down in shapes.values() for template in (down, up)]
    return Component(
        np.stack([nominal, *varied]),
        np.array(list(scales.values()), dtype=float),
        tuple(shapes),
        (ONE_SIGMA,) * len(shapes),
        tuple(scales),
        name,
        floating,
    )


def as_group(experiments: Experiment | Sequence[Experiment]) -> tuple[Experiment, ...]:
    """One data set or several, as several."""
    return (experiments,) if isinstance(experiments, Experiment) else tuple(experiments)
