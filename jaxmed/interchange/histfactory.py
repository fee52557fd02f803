"""How far a pyhf workspace is from the likelihood that it was made from."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import xlogy

from jaxmed.inference.problem import Data, Problem
from jaxmed.interchange.pyhf import PyhfExport

_SEED = 20210612
_RANDOM = 200


class Differences(NamedTuple):
    """Largest |difference| of -2 log L between pyhf and jaxmed, at no coupling and at `PyhfExport.unit`.

    Attributes:
        one: with one nuisance at +-1, and the same for what floats, in its own unit.
        two: at +-2.
        random: with all at once, each from its prior; what floats within +-1.
        undefined: share of all these points where pyhf has events below zero, and no log L.
    """

    one: float
    two: float
    random: float
    undefined: float


def differences(export: PyhfExport, problem: Problem, data: Data) -> Differences:
    """Find them; points outside a box are left out."""
    n = len(problem.nuisances)
    boxes = problem.box[1:]
    free = np.array([name not in export.held for name in problem.nuisances], dtype=bool)
    single = np.concatenate([np.eye(n), -np.eye(n)])[np.tile(free, 2)]
    generator = np.random.default_rng(_SEED)
    floats = np.isin(problem.nuisances, [p.name for p in problem.floating])
    drawn = generator.normal(size=(_RANDOM, n))
    drawn[:, floats] = generator.uniform(-1, 1, (_RANDOM, int(floats.sum())))
    found = []
    for z in (single, 2 * single, drawn * free):
        inside = ((z >= boxes[:, 0]) & (z <= boxes[:, 1])).all(axis=1)
        found.append(_off(export, problem, data, z[inside]))
    largest = [float(np.nanmax(each, initial=0.0)) for each in found]
    missing = np.isnan(np.concatenate(found))
    return Differences(*largest, undefined=float(missing.mean()) if missing.size else 0.0)


def _off(export: PyhfExport, problem: Problem, data: Data, z: np.ndarray) -> np.ndarray:
    """|difference| at every point, NaN where pyhf has no number."""
    if not len(z):
        return np.zeros(0)
    nll = jax.jit(jax.vmap(lambda x: problem.nll(x, data)))
    least = export.parameter.low if export.parameter.log else 0.0
    found = []
    for coupling in (least, export.unit):
        x = np.column_stack([np.full(len(z), export.parameter.internal(coupling)), z])
        ours = 2 * np.asarray(nll(jnp.asarray(x)))
        theirs = minus_2_log_l(export, parameter_values(export, problem, coupling, z))
        found.append(np.abs(theirs - ours))
    return np.concatenate(found)


def parameter_values(
    export: PyhfExport, problem: Problem, coupling: float, z: np.ndarray
) -> dict[str, np.ndarray]:
    """Pyhf's parameters at a coupling and nuisances (n, n_nuisances), (n,) each."""
    fixed = {
        name: value
        for name, value in problem.fixed
        if name not in {p.name for p in problem.model.parameters}
    }
    values = dict(zip(problem.nuisances, z.T, strict=True))
    values |= {name: np.full(len(z), value) for name, value in fixed.items()}
    values |= {name: values[name] - low for name, low in export.shifted.items()}
    powers = {
        name: np.full(len(z), (coupling / export.unit) ** p) for name, p in export.powers.items()
    }
    return values | powers


def minus_2_log_l(export: PyhfExport, values: dict[str, np.ndarray]) -> np.ndarray:
    """Of a workspace relative to the saturated model, (n,), unknown events profiled; values as `parameter_values`.

    NaN where any events are below zero.
    """
    counted = {o["name"]: np.array(o["data"]) for o in export.workspace["observations"]}
    total, constrained = np.zeros(len(next(iter(values.values())))), set()
    for channel in export.workspace["channels"]:
        n = counted[channel["name"]][None]
        mu, unknown = np.zeros((total.size, n.size)), False
        for sample in channel["samples"]:
            names = {m["name"] for m in sample["modifiers"]}
            if names & {*export.unknown}:
                unknown = True
                continue
            mu += _sample(sample, values)
            constrained |= {m["name"] for m in sample["modifiers"] if m["type"] == "histosys"}
        mu = np.where(mu < 0, np.nan, np.maximum(mu, n) if unknown else mu)
        total += 2 * (mu - n + xlogy(n, n) - xlogy(n, mu)).sum(axis=1)
    return total + sum(values[name] ** 2 for name in constrained)


def _sample(sample: dict[str, Any], values: dict[str, np.ndarray]) -> np.ndarray:
    """Events (n, n_bins)."""
    nominal = np.array(sample["data"])
    events, factor = nominal[None], 1.0
    for m in sample["modifiers"]:
        z = values[m["name"]][:, None]
        if m["type"] == "normfactor":
            factor = factor * z
            continue
        up, down = (np.array(m["data"][key]) - nominal for key in ("hi_data", "lo_data"))
        inside = (15 * z**2 - 10 * z**4 + 3 * z**6) / 8
        even = np.where(np.abs(z) < 1, inside, np.abs(z))
        events = events + (z * (up - down) + even * (up + down)) / 2
    return events * factor
