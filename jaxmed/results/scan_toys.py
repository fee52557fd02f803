"""What toys say about the points of a scan."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from pydantic import BaseModel, ConfigDict, ValidationInfo, WithJsonSchema, field_validator

from jaxmed.colours import ORANGE
from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED
from jaxmed.inference.results import EXCLUDED, Surface
from jaxmed.results.result import Array
from jaxmed.results.smooth import Plane

_BOOLEANS = {"type": "array", "items": {"type": ["boolean", "array"]}}
_LARGEST = 1e6  # likelihood ratio that is drawn


def toys_content(asked: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The keys of `ScanToys` from number, cl and seed, and the arrays by name."""
    own = {name: arrays[name] for name in OF_EXCLUDED}
    return {
        **asked,
        **own,
        "n_accepted": int(np.count_nonzero(own["accepted"])),
        "n_failed": int(np.sum(own["failed"])),
    }


class ScanToys(BaseModel):
    """What toys say about each point of the grid, (n_1, n_2, ...) each; excluded and undefined points have none.

    Attributes:
        number: of toys at each point, at most.
        cl: confidence level of the Feldman-Cousins region.
        seed: of the toys.
        drawn: toys that were drawn, fewer where p is far from 1 - cl; 0 where excluded or undefined.
        failed: toys whose fit did not converge, counted as more extreme than the data.
        q: 2 (nll - nll at the data's global minimum), NaN where excluded or undefined.
        critical: quantile cl of q in toys of this point, infinity where too many failed, NaN without toys.
        critical_error: its statistical error, likewise.
        p: share of the toys with q at least as large (`hypothesis.at_least`: ties in full); 0 where excluded, NaN
            where undefined.
        p_error: its binomial error.
        accepted: whether p > 1 - cl: the point is in the region.
        n_accepted: points that are.
        n_failed: toys that failed, at all points.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    number: int
    cl: float
    seed: int
    drawn: Array
    failed: Array
    q: Array
    critical: Array
    critical_error: Array
    p: Array
    p_error: Array
    accepted: Annotated[Array, WithJsonSchema(_BOOLEANS)]
    n_accepted: int
    n_failed: int

    @field_validator("critical", "critical_error")
    @classmethod
    def _infinite(cls, given: np.ndarray, info: ValidationInfo) -> np.ndarray:
        """JSON has null for infinity as for NaN."""
        there = np.asarray(info.data.get("drawn", 0)) > 0
        return np.where(np.isnan(given) & there, np.inf, given)

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked of them."""
        return {"number": self.number, "cl": self.cl, "seed": self.seed}

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Those that have the shape of the grid, by name."""
        return {name: getattr(self, name) for name in OF_EXCLUDED}

    @property
    def region(self) -> str:
        """Its name."""
        return f"{self.cl:.0%} Feldman-Cousins region"

    def draw_region(self, panel: Axes, surface: Surface) -> list[Line2D]:
        """Draw the edge over (M_Z', g'), where q reaches its critical value; what the legend has of it."""
        excess = np.log1p(self.q) - np.log1p(np.minimum(self.critical, _LARGEST))
        far = np.where(surface.status == EXCLUDED, np.log1p(_LARGEST), excess)
        log_g, log_mass = (np.log10(surface.axes[name]) for name in ("g", "mass"))
        plane = Plane.between(log_g, log_mass, far)
        edge = plane.seen(0.0)
        if edge is None:
            return panel.plot([], [], ls="", label=f"{self.region}: narrower than the grid")
        style = {"levels": [0.0], "colors": ORANGE, "linewidths": 1.6}
        panel.contour(10**plane.y, 10**plane.x, edge, **style)
        return panel.plot([], [], color=ORANGE, lw=1.6, label=self.region)
