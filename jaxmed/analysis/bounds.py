"""Figure 5 of the paper with likelihood limits over it, in the paper's model u1r."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.analysis.limits import find_line
from jaxmed.analysis.progress import Share, bar, part
from jaxmed.results.bounds import BoundsResult
from jaxmed.theory.single_energy_bounds import figure_5

GROUPS = {
    "texono": ("texono",),
    "xenon1t": ("xenon1t",),
    "coherent": ("coherent_csi", "coherent_lar"),
}
"""The paper's three reactions."""
_MASSES = (1e-3, 1e3)  # [MeV]
_CURVE_POINTS = 181


def bounds(
    points: int = 13, *, cl: float = 0.90, sided: str = "two", progress: bool = False
) -> BoundsResult:
    """Quick bounds on g' against M_Z', and likelihood limits over them.

    Args:
        points: masses of the likelihood limits, from 1e-3 to 1e3 MeV.
        cl: confidence level of the likelihood limits.
        sided: their convention, 'two' or 'one' (`limits`).
        progress: show a bar.

    Raises:
        ValueError: fewer than two points, or a level or convention that limits do not have.
    """
    analyses = check_bounds(points, cl, sided)
    with bar("Limits from TEXONO, COHERENT and XENON1T", progress) as tick:
        return find_bounds(analyses, tick)


def check_bounds(points: int, cl: float | str | None, sided: str | None) -> dict[str, Analysis]:
    """The analysis of each reaction; ValueError as `bounds`."""
    if points < 2:
        raise ValueError(f"points = {points}: expected at least 2 masses")
    line = np.geomspace(*_MASSES, points)
    return {
        name: Analysis.of(experiments=group, masses=line, cl=cl, sided=sided)
        for name, group in GROUPS.items()
    }


def find_bounds(analyses: dict[str, Analysis], tick: Share) -> BoundsResult:
    """The bounds for checked analyses, as `check_bounds` gives them."""
    share = part(tick, 1 / len(analyses))
    found = {name: find_line(each, share) for name, each in analyses.items()}
    mass = jnp.asarray(np.geomspace(*_MASSES, _CURVE_POINTS))
    quick = jax.vmap(figure_5)(mass)
    first = next(iter(analyses.values()))
    everything = Analysis.of(experiments=[n for group in GROUPS.values() for n in group])
    return BoundsResult(
        **asked(everything),
        cl=first.level(),
        sided=first.sided,
        mass_mev=np.asarray(mass),
        quick={name: np.asarray(bound) for name, bound in quick._asdict().items()},
        likelihood=found,
    )
