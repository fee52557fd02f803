"""MkDocs hook: figures that are computed while the documentation is built."""

import io

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import jaxmed
from jaxmed.colours import BLUE, ORANGE
from jaxmed.experiments.likelihood.condensed import (
    all_variants,
    condense,
    condensed_counts,
    condensed_signal,
)
from jaxmed.inference.problem import pose
from jaxmed.inference.profile.expansion import Counts, expansion
from jaxmed.inference.profile.newton import Expansion, Walk, begin, minimise
from jaxmed.inference.profile.profile import standard_start
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import draw

_SEED, _TOY = 11, 452
_NAME = "csi_efficiency"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site with the figures."""
    files.append(File.generated(config, "kinks.svg", content=kinks()))
    return files


def kinks() -> str:
    """-2 Delta log L of one toy of CsI along one of its nuisances, all others profiled, as SVG."""
    jax.config.update("jax_enable_x64", True)
    problem, data = pose(jaxmed.load("coherent_csi"), "u1r")
    start = standard_start(problem, data).nuisances
    point, held = np.array(problem.model.standard), problem.nuisances.index(_NAME)
    toys = draw(problem, data, np.append(point, start), _SEED, 1, first=_TOY)
    best = conditional_fits(problem, data, toys, point, start)
    own = condense(data[0])
    signal = all_variants(own.fillings, condensed_signal(own, problem.couplings(point)))
    counted = Counts(*condensed_counts(own, toys.observed[0][0]))
    z = np.linspace(-1.6, 0.8, 481)

    def expand(x: jax.Array) -> Expansion:
        return expansion(problem, (own,), (signal,), x, (counted,), toys.centres[0])

    @jax.jit
    @jax.vmap
    def profiled(walk: Walk) -> Walk:
        box = jnp.asarray(problem.box[2:]).at[held].set(walk.x[held])
        return minimise(expand, walk, box, tolerance=1e-9, limit=400)

    def along(others: np.ndarray) -> Walk:
        x = np.repeat(others[None], z.size, axis=0)
        x[:, held] = z
        return jax.device_get(profiled(begin(x)))

    near = along(best.nuisances[0])
    other = near.x[np.flatnonzero(_is_lowest(near.expansion.value))[-1]]
    # of both minima in the other nuisances the lower one
    value = np.minimum(near.expansion.value, along(other).expansion.value)
    rise, lowest = 2 * (value - best.nll[0]), _is_lowest(value)
    figure, panel = plt.subplots(figsize=(5.5, 3), layout="constrained")
    nodes = dict(zip(data[0].shapes, data[0].nodes, strict=True))[_NAME]
    panel.vlines([0, *nodes], 0, 1, "0.6", lw=0.6, transform=panel.get_xaxis_transform())
    panel.plot(z, rise, color=BLUE)
    panel.plot(z[lowest], rise[lowest], "o", color=ORANGE)
    panel.set(xlim=z[[0, -1]], ylim=(-0.2, 4), xlabel="efficiency [σ]", ylabel="−2 Δ log L")
    return _svg(figure, panel)


def _is_lowest(value: np.ndarray) -> np.ndarray:
    """Which values (n,) are lower than both beside them."""
    fall = np.diff(value) < 0
    return np.concatenate([[False], fall[:-1] & ~fall[1:], [False]])


def _svg(figure: Figure, panel: Axes) -> str:
    """Legible on light and on dark pages."""
    panel.xaxis.label.set_color("0.5")
    panel.yaxis.label.set_color("0.5")
    panel.tick_params(colors="0.5")
    panel.spines[:].set_color("0.5")
    content = io.StringIO()
    figure.savefig(content, format="svg", transparent=True)
    plt.close(figure)
    return content.getvalue()
