"""Scans: -2 log L on a grid, what toys accept of it, its words and figure; as JSON, and as .npz for large ones.

Beside what every file has (`jaxmed.results.store`), the header of a scan's .npz holds

    axes         list of {name, unit, log, array}, in the order of the dimensions of the grid; `log`: the fit moves
                 in the decimal logarithm of this parameter; `array`: where its values are
    nuisances    their names, in the order of the last dimension of the array `nuisances`
    model, charges, experiments, options, fixed, free, box, constraints: what was asked
    nll_sm       -log L of the standard model, nuisances fitted; null if the coupling was held fixed
    method       batch: points at a time on each device; chunk: points of a chunk on disk
    provenance   device, number of devices and processes, versions, SHA-256 of the data, what to cite

and the arrays are

    axis_<name>  values of one parameter in its unit, (n,)
    nll          -log(L/L_saturated) + pulls + constraints, minimised over the nuisances, (n_1, n_2, ...)
    status       0 converged; 1 excluded, `nll` is a lower bound far above the standard model; 2 unconverged, `nll` is
                 an upper bound; 3 undefined, the model gives no number there and `nll` is NaN, (n_1, n_2, ...)
    gradient_norm of -log L in the nuisances, NaN where excluded or undefined, (n_1, n_2, ...)
    nuisances    where, in standard deviations, (n_1, n_2, ..., n_nuisances)

With toys (header `toys`: number at each point at most, cl, seed) there are also, each (n_1, n_2, ...), the arrays of
`ScanToys`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import (
    BeforeValidator,
    WithJsonSchema,
    model_validator,
)

from jaxmed.colours import BLUE, GREEN
from jaxmed.inference.results import CONVERGED, STATUS, Surface
from jaxmed.models.model import Parameter
from jaxmed.models.undefined import undefined_words
from jaxmed.results.fit_in_words import LABELS
from jaxmed.results.overlay import Overlay, SavedOverlay, draw_overlays
from jaxmed.results.result import ASYMPTOTIC, UNIFIED, Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.scan_toys import ScanToys, toys_content
from jaxmed.results.schema import NUMBER, table_of
from jaxmed.results.shown import COUPLING, MASS, Columns, Drawing, HepTable, axis_label
from jaxmed.results.smooth import smooth_line
from jaxmed.results.store import write_npz
from jaxmed.results.style import colour_bar, figure_of, surface_panel
from jaxmed.user_files.keys import known, one_line, one_of

_PER_POINT = ("nll", "status", "gradient_norm")
_FOLLOWING = ("best", "delta_chi2_sm", "undefined", "n_points", *(f"n_{name}" for name in STATUS))
"""Keys of the JSON that follow from the others."""
_TOP = 16.0
# 1, 2 and 3 standard deviations of one parameter.
_LEVELS = {1.0: "1σ", 4.0: "2σ", 9.0: "3σ"}
_DESCRIPTION = (
    "Above the lowest point, nuisances profiled. Where the status is excluded the number is a lower bound, where it is "
    "unconverged an upper one, and where it is undefined the model gives none: neither excluded nor allowed."
)
_FEW = 60  # points of a curve that are shown one by one


class Coordinate(NamedTuple):
    """The unit of a parameter, and whether the fit moves in its decimal logarithm."""

    unit: str
    log: bool


def _status(value: Any) -> np.ndarray:
    """Numbers of STATUS from them or from its words."""
    found = np.array(value)
    if found.dtype.kind != "U":
        if found.dtype.kind != "i" or not np.isin(found, range(len(STATUS))).all():
            raise ValueError(f"status: expected {one_of(STATUS)}, or whole numbers from 0")
        return found.astype(np.int8)
    known(found.ravel().tolist(), STATUS, "status")
    return np.argmax(found[..., None] == np.array(STATUS), axis=-1).astype(np.int8)


Status = Annotated[
    np.ndarray,
    BeforeValidator(_status),
    WithJsonSchema({"type": "array", "items": {"anyOf": [{"enum": [*STATUS]}, {"type": "array"}]}}),
]
"""Index into STATUS; its words in JSON."""


def _of_toys(name: str) -> property:
    """An array of `toys`."""

    def get(self: "ScanResult") -> np.ndarray:
        if self.toys is None:
            raise AttributeError(
                f"{name}: this scan has no toys, jaxmed.feldman_cousins draws them"
            )
        return getattr(self.toys, name)

    return property(get, doc=f"`toys.{name}`.")


class ScanResult(Result):
    """-log L, profiled over the nuisances, on a grid of the model parameters.

    Attributes:
        charges: of the model; None without.
        parameters: unit and coordinate of each axis, by name.
        axes: name -> values in the parameter's own unit, (n,); the dimensions of the other arrays in order.
        nll: -log(L/L_sat) + pulls + constraints, NaN where undefined, (n_1, n_2, ...).
        status: index into `inference.results.STATUS`, see `inference.results.Surface`, (n_1, n_2, ...).
        gradient_norm: of -log L in the nuisances, NaN where excluded or undefined, (n_1, n_2, ...).
        nuisances: where, in standard deviations, by name, (n_1, n_2, ...).
        nll_sm: of the standard model, nuisances fitted; None if the coupling was held fixed.
        toys: what toys say about each point; None without.
        method: batch: points at a time on each device; chunk: points of a chunk.
        overlays: other curves of the figure.
    """

    kind: ClassVar = "scan"
    section: ClassVar = "Scans"
    optional: ClassVar = frozenset({"overlays"})

    charges: dict[str, float] | None = None
    parameters: dict[str, Annotated[Coordinate, WithJsonSchema(table_of(Coordinate))]]
    axes: dict[str, Array]
    nll: Array
    status: Status
    gradient_norm: Array
    nuisances: dict[str, Array]
    nll_sm: float | None
    toys: ScanToys | None = None
    method: dict[str, int]
    overlays: list[SavedOverlay] | None = None

    q, critical, critical_error = (_of_toys(n) for n in ("q", "critical", "critical_error"))
    p, p_error, accepted = (_of_toys(n) for n in ("p", "p_error", "accepted"))
    failed, drawn = (_of_toys(n) for n in ("failed", "drawn"))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Arrays of numbers that have the shape of the axes."""
        for name, axis in self.axes.items():
            if axis.ndim != 1 or not axis.size or axis.dtype.kind not in "if":
                raise ValueError(f"axis {name}: expected numbers (n,), found {axis.shape}")
        shape = tuple(axis.size for axis in self.axes.values())
        arrays = {name: getattr(self, name) for name in _PER_POINT} | self.nuisances
        if self.toys is not None:
            arrays |= self.toys.arrays
        for name, array in arrays.items():
            if array.shape != shape or array.dtype.kind not in "bif":
                raise ValueError(f"expected {name} {shape} numbers, found {array.shape}")
        if self.parameters.keys() != self.axes.keys():
            raise ValueError(f"expected parameters {', '.join(self.axes)}")
        return self

    @property
    def converged(self) -> np.ndarray:
        """Where the minimum over the nuisances was found, (n_1, n_2, ...)."""
        return self.status == CONVERGED

    @property
    def surface(self) -> Surface:
        """The grid and -log L on it."""
        return Surface(self.axes, self.nll, self.status, self.gradient_norm)

    @property
    def lowest(self) -> tuple[int, ...] | None:
        """Index of the lowest converged point, of the lowest of all if none is converged; None if all are undefined."""
        defined = np.isfinite(self.nll)
        if not defined.any():
            return None
        allowed = defined & self.converged if (defined & self.converged).any() else defined
        at = np.argmin(np.where(allowed, self.nll, np.inf))
        return tuple(int(i) for i in np.unravel_index(at, self.nll.shape))

    @property
    def best(self) -> dict[str, Any]:
        """The lowest point: `parameters` and `nuisances` by name, and `nll`."""
        at = self.lowest
        if at is None:
            return {"parameters": {}, "nuisances": {}, "nll": None}
        values = zip(self.axes.items(), at, strict=True)
        return {
            "parameters": {name: float(axis[i]) for (name, axis), i in values},
            "nuisances": {name: float(pull[at]) for name, pull in self.nuisances.items()},
            "nll": float(self.nll[at]),
        }

    @property
    def delta_chi2_sm(self) -> float | None:
        """Improvement of the lowest point over the standard model in -2 log L, if both are known."""
        lowest = self.best["nll"]
        return None if self.nll_sm is None or lowest is None else 2 * (self.nll_sm - lowest)

    @property
    def undefined(self) -> str:
        """Where the model is undefined, in words; empty if it is nowhere."""
        parameters = [Parameter(n, 0.0, 0.0, False, c.unit) for n, c in self.parameters.items()]
        return undefined_words(parameters, self._points(), ~np.isfinite(self.nll.ravel()))

    def _points(self) -> np.ndarray:
        """Values of every point in their own unit, (n_points, n_parameters)."""
        grids = np.meshgrid(*self.axes.values(), indexing="ij")
        return np.stack([grid.ravel() for grid in grids], axis=1)

    def content(self, bulky: bool = False) -> dict[str, Any]:
        """The keys of the JSON, arrays as arrays."""
        found = super().content(bulky) | {"status": np.array(STATUS)[self.status]}
        counts = {f"n_{name}": int((self.status == i).sum()) for i, name in enumerate(STATUS)}
        following = {name: getattr(self, name) for name in ("best", "delta_chi2_sm", "undefined")}
        return found | following | {"n_points": self.nll.size} | counts

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of what `content` gives."""
        found = super().json_schema()
        kinds = {
            "best": {"type": "object"},
            "delta_chi2_sm": NUMBER,
            "undefined": {"type": "string"},
        }
        found["properties"] |= {key: kinds.get(key, {"type": "integer"}) for key in _FOLLOWING}
        return found | {"required": [*found["required"], *_FOLLOWING]}

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """The result from what `content` gave; ValueError, in one sentence, for anything else."""
        return super().read({k: v for k, v in content.items() if k not in _FOLLOWING})

    def save(self, path: Path | str) -> Path:
        """Write the result as .npz, or by any other suffix as JSON; ValueError if it cannot be written."""
        written = Path(path)
        if written.suffix != ".npz":
            return super().save(written)
        apart = (*_PER_POINT, "parameters")
        header = {k: v for k, v in super().content().items() if k not in apart}
        header["axes"] = [
            {"name": name, **each._asdict(), "array": f"axis_{name}"}
            for name, each in self.parameters.items()
        ]
        header["nuisances"], pulls = [*self.nuisances], [*self.nuisances.values()]
        arrays = {f"axis_{name}": values for name, values in self.axes.items()}
        arrays |= {name: getattr(self, name) for name in _PER_POINT}
        arrays["nuisances"] = np.stack(pulls, -1) if pulls else np.zeros((*self.nll.shape, 0))
        if self.toys is not None:
            header["toys"] = self.toys.asked
            arrays |= self.toys.arrays
        write_npz(written, self.kind, header, arrays)
        return written

    @classmethod
    def from_npz(cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The result from the header and arrays that `save` wrote; ValueError, in one sentence, for anything else."""
        content: dict[str, Any] = {k: v for k, v in header.items() if k != "sha256"}
        try:
            axes = {str(each["name"]): each for each in header["axes"]}
            names, pulls = [str(name) for name in header["nuisances"]], arrays["nuisances"]
            content["parameters"] = {
                n: {"unit": a["unit"], "log": a["log"]} for n, a in axes.items()
            }
            content["axes"] = {name: arrays[axis["array"]] for name, axis in axes.items()}
            content |= {name: arrays[name] for name in _PER_POINT}
            if header.get("toys"):
                content["toys"] = toys_content(header["toys"], arrays)
        except (KeyError, TypeError, AttributeError) as problem:
            what = f"{problem} is missing" if isinstance(problem, KeyError) else one_line(problem)
            raise ValueError(f"expected the header and arrays of a scan, but {what}") from None
        if pulls.shape[-1:] != (len(names),):
            raise ValueError(f"expected nuisances (..., {len(names)}), found {pulls.shape}")
        content["nuisances"] = dict(zip(names, np.moveaxis(pulls, -1, 0), strict=True))
        return cls.read(content)

    def table(self) -> Rows:
        """The lowest point, and how much of the scan can be trusted."""
        counts = ("points", "converged", "excluded", "undefined")
        content, best, gain = self.content(), self.best, self.delta_chi2_sm
        where = self._lowest_in_words()
        row = [
            *(str(content[f"n_{name}"]) for name in counts),
            "\n".join(where) or "none",
            "" if best["nll"] is None else f"{2 * best['nll']:.2f}",
            "" if gain is None else f"{gain:.2f}",
        ]
        head = (*counts, "lowest point", "-2logL", "SM - lowest")
        return Rows("Scan, nuisances profiled", head, [row])

    def _lowest_in_words(self) -> list[str]:
        where = self.best["parameters"]
        return [f"{LABELS.get(n, n)} {v:.3g}{self._unit(n)}" for n, v in where.items()]

    def _unit(self, name: str) -> str:
        unit = self.parameters[name].unit
        return "" if unit == "1" else f" {unit}"

    def notes(self) -> list[str]:
        """Where the model is undefined, what toys say, and why there is no figure."""
        found = []
        if self.undefined:
            found.append(f"undefined for {self.undefined}: there nothing is excluded or allowed")
        if self.toys is not None:
            failed = self.toys.n_failed
            more = f"; {failed} toys did not converge and count as more extreme" if failed else ""
            found.append(
                f"{self.toys.n_accepted} of {self.nll.size} points are in the {self.toys.region}{more}"
            )
        if self.without_figure:
            found.append(f"no figure: {self.without_figure}")
        return found

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        return {ASYMPTOTIC} | ({UNIFIED} if self.toys is not None else set())

    def answers(self) -> list[str]:
        """The lowest point, how much worse the standard model is, and what the notes say."""
        at = ", ".join(self._lowest_in_words()) or "none, all are undefined"
        found = [f"Lowest of {self.nll.size} points: {at}."]
        if self.delta_chi2_sm is not None:
            found.append(
                f"The standard model is {self.delta_chi2_sm:z.2f} units of -2 log L worse."
            )
        return found + self.notes()

    def drawings(self) -> list[Drawing]:
        """A curve along one parameter; a plane of g and mass is drawn with everything else that lies in it."""
        curve = len(self._wide()) == 1 and not self.without_figure
        return [Drawing(self._title(), self.figure)] if curve else []

    def numbers(self) -> dict[str, Columns]:
        """Columns of all points."""
        return {"points": self.columns()}

    def hepdata(self) -> list[HepTable]:
        """One table of all points."""
        own = {name: (name, each.unit.replace("1", "")) for name, each in self.parameters.items()}
        labels = own | {"g": COUPLING, "mass": MASS}
        columns = self.columns()
        delta = 2 * (columns["nll"] - np.fmin.reduce(columns["nll"]))
        found = [
            ((r"$-2 \Delta \log L$", ""), delta.tolist()),
            (("Status", ""), columns["status"].tolist()),
        ]
        if self.toys is not None:
            found.append((("p-value, from toys", ""), self.p.ravel().tolist()))
        given = [(labels[name], columns[name].tolist()) for name in self.axes]
        return [HepTable("", _DESCRIPTION, self.qualifiers, given, found)]

    @property
    def without_figure(self) -> str:
        """Why there is no figure; empty if there is one."""
        if self.lowest is None:
            return "the model is undefined at all points"
        wide = self._wide()
        if len(wide) == 1 or (wide == ["g", "mass"] and self.nll.ndim == 2):
            return ""
        return "expected values of g and mass, or of one parameter, and single ones of all others"

    def _wide(self) -> list[str]:
        return [name for name, values in self.axes.items() if values.size > 1]

    def plot(self, ax: Axes | None = None, overlays: Sequence[Overlay] = (), **style: Any) -> Axes:
        """-2 Delta log L above the lowest point: a surface over (M_Z', g'), or a curve along the one parameter.

        Args:
            ax: to draw on; a new figure if None.
            overlays: other curves over a surface.
            **style: of the Axes, such as title.

        Raises:
            ValueError: the grid is neither, or the model is undefined on all of it.
        """
        if self.without_figure:
            raise ValueError(f"the scan has no figure: {self.without_figure}")
        panel = Figure(figsize=(6.4, 4.8), layout="constrained").subplots() if ax is None else ax
        if len(self._wide()) == 1:
            self._curve(panel)
        else:
            self._plane(panel, overlays, alone=ax is None)
        panel.set(**{"title": self._title()} | style)
        return panel

    def _title(self) -> str:
        held = (n for n, values in self.axes.items() if values.size == 1)
        return ", ".join(
            [self.heading, *(f"{n} = {self.axes[n][0]:g}{self._unit(n)}" for n in held)]
        )

    def _plane(self, panel: Axes, overlays: Sequence[Overlay], alone: bool) -> None:
        best = self.best
        at = (best["parameters"]["mass"], best["parameters"]["g"])
        image = surface_panel(panel, self.surface, best["nll"], at, "lowest point")
        shown = panel.get_xlim(), panel.get_ylim()
        lines = draw_overlays(panel, overlays)
        if self.toys is not None:
            lines += self.toys.draw_region(panel, self.surface)
        # other curves do not stretch the plane that was scanned
        panel.set(xlim=shown[0], ylim=shown[1])
        first = panel.get_legend()
        if lines and first is not None:
            panel.legend(handles=lines, loc="lower right", fontsize=8)
            panel.add_artist(first)
        if alone:
            colour_bar(figure_of(panel), image, [panel], "the lowest point")

    def _curve(self, panel: Axes) -> None:
        (name,) = self._wide()
        values, log = self.axes[name], self.parameters[name].log
        delta = 2 * (self.nll.ravel() - self.best["nll"])
        panel.plot(*smooth_line(values, delta, log), color=BLUE)
        if values.size <= _FEW:
            panel.plot(values, delta, ".", color=BLUE)
        if self.toys is not None and self.accepted.any():
            inside, label = self.accepted.ravel(), f"in the {self.toys.region}"
            panel.plot(values[inside], delta[inside], "o", color=GREEN, label=label)
        top = min(_TOP, 1.05 * max(float(np.nanmax(delta)), 1.0))
        for level, label in ((level, label) for level, label in _LEVELS.items() if level < top):
            panel.axhline(level, color="#888888", lw=0.8, ls=":")
            panel.annotate(label, (1.01, level), xycoords=("axes fraction", "data"), va="center")
        panel.set(xscale="log" if log else "linear", ylim=(0, top), xlim=values[[0, -1]])
        unit = self.parameters[name].unit
        panel.set_xlabel(axis_label(name, unit))
        panel.set_ylabel(r"$-2\,\Delta\log L$ above the lowest point")
        panel.grid(alpha=0.3)
        if np.isnan(delta).any():
            panel.plot([], [], ls="", label="undefined where there is no curve")
        if panel.get_legend_handles_labels()[0]:
            panel.legend(loc="upper center")

    def columns(self) -> dict[str, Any]:
        """One row for each point."""
        status = np.array(STATUS)[self.status].ravel()
        found = dict(zip(self.axes, self._points().T, strict=True))
        found |= {"nll": self.nll.ravel(), "status": status}
        if self.toys is not None:
            found |= {name: values.ravel() for name, values in self.toys.arrays.items()}
        return found
