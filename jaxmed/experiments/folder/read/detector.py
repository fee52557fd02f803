"""The table [response] of an experiment: from recoil energies to the bins of the first axis."""

import numpy as np

from jaxmed.experiments.folder.read.bins import Bins
from jaxmed.experiments.folder.read.response import Curve, Response, Sigmoid, Width
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.folder.schema.response import EfficiencyKeys
from jaxmed.user_files.columns import ENERGY_UNITS, Columns

_POINTS = 1001  # of a formula that smearing takes as a curve


def read_response(view: View, bins: Bins) -> Response:
    """The response of one run with its nuisances where the view has them, read again only if they move it.

    Raises:
        ValueError: a mistake in a table, or numbers that do not go together; the key, or the file and line, are named.
    """
    key = (response_key(view), bins.axes[0])
    known = view.source.responses
    if key not in known:
        known[key] = _read(view, bins)
    return known[key]


def response_key(view: View) -> object:
    """Equal for two views that have the same response."""
    name = view.keys.name
    return view.key(view.keys.response, own=(f"{name}_quenching", f"{name}_efficiency"))


def _read(view: View, bins: Bins) -> Response:
    keys, edges = view.keys.response, bins.first
    everything = Curve(np.zeros(1), np.ones(1))
    if view.keys.target is None:
        return Response(edges, None, None, None, None, everything, "", 0.0, {})
    if keys.matrix is not None:
        own, n = keys.matrix, edges.size - 1
        files = {"nuclei": own.file or own.nuclei, "electrons": own.file or own.electrons}
        matrix = {kind: _matrix(view, file, n) for kind, file in files.items() if file}
        return Response(edges, None, None, None, None, everything, "", 0.0, matrix)
    unit = bins.axes[0].unit
    if (unit == "PE") != (keys.light is not None) or unit not in (*ENERGY_UNITS, "PE"):
        raise ValueError(
            f"{bins.table.path}: the first axis is in {unit}, expected {'PE' if keys.light else 'eV, keV or MeV'}: "
            "photoelectrons go with response.light, numbered bins with response.matrix"
        )
    lowest = keys.lowest_keV
    if lowest is None:
        lowest = 0.0 if keys.light else edges[0] / 10
    if not keys.light and not lowest < edges[-1]:
        raise ValueError(
            f"response.lowest_keV = {lowest:g}: expected an energy below the last bin's, {edges[-1]:g} keV"
        )
    factor = None
    if keys.quenching and keys.quenching.file:
        factor = _curve(view, keys.quenching.file, "factor", 1.2, f"{view.keys.name}_quenching")
    quenching = keys.quenching
    if quenching and quenching.lindhard_k and (z := view.pulls.get(f"{view.keys.name}_quenching")):
        k = quenching.lindhard_k + z * (quenching.error or 0.0)
        quenching = quenching.model_copy(update={"lindhard_k": k})
    return Response(
        edges=edges,
        quenching=quenching,
        factor=factor,
        light=keys.light,
        width=_width(view, edges),
        efficiency=_efficiency(view, keys.efficiency, edges),
        before="" if keys.efficiency.at == "reconstructed" else keys.efficiency.at,
        lowest=lowest,
        matrix=None,
    )


def _curve(view: View, file: str, name: str, highest: float, nuisance: str) -> Curve:
    """A table energy_[E], <name> and if wanted <name>_up, <name>_down, which are the nuisance at +1 and -1."""
    ends = (f"{name}_up", f"{name}_down")
    rows = view.columns(file, ("energy_[E]", name), ends)
    rows.require_ascending("energy")
    rows.require(rows["energy"] >= 0, "an energy not below 0")
    there = {*ends} & rows.values.keys()
    if len(there) == 1:
        raise ValueError(f"{rows.path}: expected both columns {' and '.join(ends)}, or none")
    for column in (name, *there):
        rows.require(
            (rows[column] >= 0) & (rows[column] <= highest), f"{name} from 0 to {highest:g}"
        )
    if not np.any(rows[name] > 0):
        raise ValueError(f"{rows.path}: every {name} is zero, expected one that is not")
    z, x = view.pulls.get(nuisance, 0.0), rows["energy"]
    y = rows[name]
    if z and there:
        y = np.clip(y + abs(z) * (rows[ends[0] if z > 0 else ends[1]] - y), 0.0, highest)
    view.note(rows, f"{x.size} points from {x[0]:g} to {x[-1]:g} keV, up to {rows[name].max():g}")
    return Curve(x, y)


def _efficiency(view: View, keys: EfficiencyKeys, edges: np.ndarray) -> Curve | Sigmoid:
    if keys.constant is not None:
        return Curve(np.zeros(1), np.full(1, keys.constant))
    if keys.file is not None:
        curve = _curve(view, keys.file, "efficiency", 1.0, f"{view.keys.name}_efficiency")
        if keys.at != "recoil" and (curve.x[-1] < edges[0] or curve.x[0] > edges[-1]):
            raise ValueError(
                f"{view.source.folder / keys.file}: energies from {curve.x[0]:g} to {curve.x[-1]:g} keV miss all bins, "
                f"{edges[0]:g} to {edges[-1]:g} keV: expected the unit in the column's name to be that of its numbers"
            )
        return curve
    found = Sigmoid(*(keys.sigmoid_PE or keys.sigmoid_keV or ()))
    if keys.sigmoid_keV is None or keys.at != "reconstructed":
        return found
    # smearing takes a curve
    x = np.linspace(edges[0], edges[-1], _POINTS)
    return Curve(x, found.at(x))


def _width(view: View, edges: np.ndarray) -> Width | None:
    keys = view.keys.response.resolution
    if keys is None:
        return None
    curve = None
    if keys.file is not None:
        rows = view.columns(keys.file, ("energy_[E]", "sigma_[E]"))
        rows.require_ascending("energy")
        rows.require(rows["sigma"] > 0, "a sigma above 0")
        curve = Curve(rows["energy"], rows["sigma"])
        view.note(rows, f"sigma from {rows['sigma'].min():g} to {rows['sigma'].max():g} keV")
    width = Width(
        (keys.constant_keV, keys.sqrt, keys.linear),
        keys.combine == "quadrature",
        curve,
        keys.truncated,
    )
    top = edges[-1:]
    if width.sigma(top)[0] > top[0]:
        raise ValueError(
            f"response.resolution: sigma = {width.sigma(top)[0]:g} keV at {top[0]:g} keV, expected less than the "
            "energy: constant_keV in keV, sqrt in keV^0.5"
        )
    return width


def _matrix(view: View, file: str, n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns recoil_[E], bin_1, ..., bin_n: linear between the rows, zero outside."""
    names = tuple(f"bin_{i + 1}" for i in range(n_bins))
    rows: Columns = view.columns(file, ("recoil_[E]", *names))
    rows.require_ascending("recoil")
    rows.require(rows["recoil"] > 0, "a recoil energy above 0")
    probabilities = np.array([rows[name] for name in names])
    rows.require(np.all(probabilities >= 0, axis=0), "probabilities not below 0")
    rows.require(probabilities.sum(axis=0) <= 1 + 1e-6, "probabilities that add up to 1 at most")
    if len(rows.lines) < 2 or not np.any(probabilities):
        raise ValueError(f"{rows.path}: expected two rows or more, and a probability above 0")
    recoil = rows["recoil"]
    view.note(
        rows,
        f"{recoil.size} recoil energies from {recoil[0]:g} to {recoil[-1]:g} keV into {n_bins} bins",
    )
    return recoil, probabilities
