"""A scan as a result on disk, and back.

Beside what every file has (`jaxmed.results.npz`), the header of a scan holds

    axes         list of {name, unit, log, array}, in the order of the dimensions of the grid; `log`: the fit moves
                 in the decimal logarithm of this parameter; `array`: where its values are
    nuisances    their names, in the order of the last dimension of the array `nuisances`
    model, charges, experiments, options, fixed, constraints: what was asked
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

With toys (header `toys`: number at each point at most, cl, seed) there are also, each (n_1, n_2, ...),

    q            2 (nll - nll at the data's global minimum), NaN where excluded or undefined
    critical     quantile cl of q in toys of this point; critical_error its statistical error; NaN likewise
    p            share of the toys with q at least as large, p_error its binomial error; 0 where excluded, NaN where
                 undefined
    accepted     whether p > 1 - cl: the point is in the Feldman-Cousins region
    failed       toys whose fit did not converge, counted as more extreme than the data
    drawn        toys that were drawn, fewer than asked for where p is far from 1 - cl; 0 where excluded or undefined
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED
from jaxmed.inference.problem import Problem
from jaxmed.inference.results import STATUS, Surface
from jaxmed.models.model import Parameter
from jaxmed.models.undefined import undefined_words
from jaxmed.results.fit_in_words import LABELS
from jaxmed.results.fits import UNITS
from jaxmed.results.store import Result, read_npz

KIND = "scan"
_PER_POINT = ("nll", "status", "gradient_norm")


def scan_result(
    problem: Problem,
    axes: Mapping[str, np.ndarray],
    found: Mapping[str, np.ndarray],
    header: Mapping[str, Any],
) -> Result:
    """A scan from its points.

    Args:
        problem: what was free.
        axes: values by name, in their own unit.
        found: what each point gave, by name, (n_points, ...).
        header: what else the header says.
    """
    shape = tuple(values.size for values in axes.values())
    by_name = {p.name: p for p in problem.model.parameters}
    described = [
        {"name": n, "unit": by_name[n].unit, "log": by_name[n].log, "array": f"axis_{n}"}
        for n in axes
    ]
    arrays = {f"axis_{name}": values for name, values in axes.items()}
    arrays |= {name: leaf.reshape(shape + leaf.shape[1:]) for name, leaf in found.items()}
    return Result({"kind": KIND, "axes": described, **header}, arrays)


def load_result(path: Path | str) -> Result:
    """Read a result that jaxmed has written, and verify it; nothing is ever unpickled.

    Args:
        path: a .npz, or the folder of a scan.

    Raises:
        ValueError: no such file, not a result of jaxmed, or damaged.
    """
    given = Path(path)
    found = read_npz(given / "scan.npz" if given.is_dir() else given)
    if found.header["kind"] == KIND:
        _check_scan(found, given)
    return found


def _check_scan(result: Result, path: Path) -> None:
    """ValueError unless the arrays are there and have the shape of the axes."""
    arrays, header = result.arrays, result.header
    try:
        names = [str(axis["array"]) for axis in header["axes"] if axis["name"]]
        n_nuisances = len(header["nuisances"])
    except (KeyError, TypeError):
        raise ValueError(f"{path}: expected axes and nuisances in the header of a scan") from None
    for name in (*names, *_PER_POINT, "nuisances"):
        if name not in arrays:
            raise ValueError(f"{path}: expected an array '{name}' in a scan, found none")
    shape = tuple(arrays[name].size for name in names)
    wanted = dict.fromkeys(_PER_POINT, shape) | {"nuisances": (*shape, n_nuisances)}
    for name, expected in wanted.items():
        if arrays[name].shape != expected:
            raise ValueError(f"{path}: expected {name} {expected}, found {arrays[name].shape}")


def surface_of(result: Result) -> Surface:
    """The grid and -log L on it."""
    axes = {axis["name"]: result.arrays[axis["array"]] for axis in result.header["axes"]}
    return Surface(axes, *(result.arrays[name] for name in _PER_POINT))


def best_point(surface: Surface) -> tuple[int, ...] | None:
    """Index of the lowest converged point, of the lowest of all if none is converged; None if all are undefined."""
    defined = np.isfinite(surface.nll)
    if not defined.any():
        return None
    allowed = surface.converged if surface.converged.any() else defined
    lowest = np.argmin(np.where(allowed, surface.nll, np.inf))
    return tuple(int(i) for i in np.unravel_index(lowest, surface.nll.shape))


def scan_json(result: Result) -> dict[str, Any]:
    """A scan with the keys of the user documentation."""
    header, surface = result.header, surface_of(result)
    at, nll_sm = best_point(surface), header["nll_sm"]
    best: dict[str, Any] = {"parameters": {}, "nuisances": {}, "nll": None}
    if at is not None:
        nuisances = result.arrays["nuisances"][at].tolist()
        best = {
            "parameters": {n: v[i] for (n, v), i in zip(surface.axes.items(), at, strict=True)},
            "nuisances": dict(zip(header["nuisances"], nuisances, strict=True)),
            "nll": float(surface.nll[at]),
        }
    return {
        **{key: header[key] for key in ("model", "experiments", "constraints", "fixed")},
        "axes": surface.axes,
        "nll": surface.nll,
        "status": np.array(STATUS)[surface.status],
        "best": best,
        "nll_sm": nll_sm,
        "delta_chi2_sm": None if nll_sm is None or at is None else 2 * (nll_sm - best["nll"]),
        "undefined": _undefined(result, surface),
        "n_points": surface.nll.size,
        **{f"n_{name}": int((surface.status == i).sum()) for i, name in enumerate(STATUS)},
        "toys": _toys_json(result),
        "method": header["method"],
        "provenance": header["provenance"],
    }


def _undefined(result: Result, surface: Surface) -> str:
    """Where the model is undefined, in words."""
    axes, described = surface.axes.values(), result.header["axes"]
    grids = np.meshgrid(*axes, indexing="ij")
    parameters = [Parameter(a["name"], 0.0, 0.0, False, a["unit"]) for a in described]
    points = np.stack([grid.ravel() for grid in grids], axis=1)
    return undefined_words(parameters, points, ~np.isfinite(surface.nll.ravel()))


def _toys_json(result: Result) -> dict[str, Any] | None:
    """What toys say, None without them."""
    asked = result.header.get("toys")
    if asked is None:
        return None
    arrays = {name: result.arrays[name] for name in OF_EXCLUDED}
    counts = {"n_accepted": int(arrays["accepted"].sum()), "n_failed": int(arrays["failed"].sum())}
    return {**asked, **arrays, **counts}


def toys_sentence(toys: Mapping[str, Any], n_points: int) -> str:
    """How many points toys accept, and how many toys failed."""
    region = f"{toys['n_accepted']} of {n_points} points are in the {toys['cl']:.0%} Feldman-Cousins region"
    failed = f"; {toys['n_failed']} toys did not converge and count as more extreme"
    return region + (failed if toys["n_failed"] else "")


def scan_table(content: Mapping[str, Any]) -> Table:
    """The lowest point of a scan, and how much of it can be trusted."""
    table = Table(title="Scan, nuisances profiled", title_justify="left")
    counts = ("points", "converged", "excluded", "undefined")
    for heading in (*counts, "lowest point", "-2logL", "SM - lowest"):
        table.add_column(heading, no_wrap=True)
    best, gain = content["best"], content["delta_chi2_sm"]
    units = {name: f" {unit}" for name, unit in UNITS.items()}
    where = [f"{LABELS.get(n, n)} {v:.3g}{units.get(n, '')}" for n, v in best["parameters"].items()]
    table.add_row(
        *(str(content[f"n_{name}"]) for name in counts),
        "\n".join(where) or "none",
        "" if best["nll"] is None else f"{2 * best['nll']:.2f}",
        "" if gain is None else f"{gain:.2f}",
    )
    return table


def scan_notes(content: Mapping[str, Any]) -> list[str]:
    """One sentence about points where the model is undefined, if there are any."""
    if not content["undefined"]:
        return []
    return [f"undefined for {content['undefined']}: there nothing is excluded or allowed"]
