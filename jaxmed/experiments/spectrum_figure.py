"""The spectrum of an experiment drawn: data over what is expected, with or without a mediator."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxmed.colours import BLUE, GREY, RED
from jaxmed.experiments.model import Experiment
from jaxmed.experiments.spectrum import spectrum
from jaxmed.theory.couplings import Couplings, standard_model

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DECADES = 2.0  # of counts from which an axis is logarithmic


def plot(
    self: Experiment, couplings: Couplings | None = None, ax: "Axes | None" = None, **style: Any
) -> "Axes":
    """Draw the data over the standard model and the background, all nuisances nominal, and with a mediator if asked.

    Args:
        self: the experiment.
        couplings: of the mediator; none if None.
        ax: to draw on; a new figure if None.
        **style: of the mediator's line, such as color and label.
    """
    # for those who draw: Matplotlib takes longer to load than an experiment
    from matplotlib.figure import Figure

    panel = Figure(figsize=(6.4, 4.4), layout="constrained").subplots() if ax is None else ax
    found = spectrum(self, standard_model() if couplings is None else couplings)
    line = None if couplings is None else {"label": "with the mediator"} | style
    return draw_events(panel, found, found.sm + found.background, self.title, line)


# here, since a figure needs the forward model, which needs the class
Experiment.plot = plot


def draw_events(
    panel: "Axes", found: Any, standard: np.ndarray, title: str, style: Mapping[str, Any] | None
) -> "Axes":
    """Events of a spectrum, their data and the standard model's total, (n,), on some axes; `style` is of the whole."""
    edges = found.edges
    width = np.diff(edges)
    if found.unit == "1":  # mostly the numbers of bins
        unit, per = np.ones_like(width), "bin"
    elif np.ptp(width) <= 1e-9 * width[0]:
        unit, per = np.ones_like(width), f"{width[0]:g} {found.unit}"
    else:
        unit, per = width, found.unit
    neutrinos = "standard-model neutrinos"
    if found.background.any():
        panel.stairs(found.background / unit, edges, fill=True, color=GREY, label="background")
        neutrinos = f"background + {neutrinos}"
    panel.stairs(standard / unit, edges, color=BLUE, lw=1.8, label=neutrinos)
    if style is not None:
        whole = {"color": RED, "lw": 1.8, "ls": "--"} | dict(style)
        panel.stairs(found.total / unit, edges, **whole)
    kind = "expected in the standard model" if found.projected else "data"
    panel.errorbar(
        found.bins.mean(axis=1),
        found.observed / unit,
        found.error / unit,
        **data_points(found),
        label=kind,
    )
    _scale(
        panel,
        np.concatenate([(found.observed + found.error) / unit, standard / unit]),
        found.total / unit,
    )
    panel.set(title=title, xlabel=axis_label(found), ylabel=f"events / {per}")
    panel.margins(x=0.02)
    panel.legend(fontsize=8, loc="upper right")
    return panel


def _scale(panel: "Axes", shown: np.ndarray, total: np.ndarray) -> None:
    """A logarithmic axis where what is predicted spans decades; room for the legend in any case."""
    low, high = total[total > 0].min(initial=np.inf), float(np.max(shown))
    if low < high * 10**-_DECADES:
        panel.set(yscale="log", ylim=(low / 3, high * (high / low) ** 0.45))
    else:
        panel.set_ylim(0, 1.45 * high)


def data_points(found: Any) -> dict[str, Any]:
    """How data are drawn; open symbols for what is only expected."""
    return {
        "fmt": "o",
        "color": "black",
        "mfc": "white" if found.projected else "black",
        "ms": 3.5,
        "lw": 1,
    }


def axis_label(found: Any) -> str:
    """The first axis with its unit."""
    return found.axis if found.unit == "1" else f"{found.axis} [{found.unit}]"
