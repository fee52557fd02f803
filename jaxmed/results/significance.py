"""A significance from toys as a result on disk, as JSON and as a table.

Beside what every file has (`jaxmed.results.npz`), the header of kind "toys" holds

    model, experiments, fixed   what was asked
    method       test: "significance"; number of toys of each truth; seed of their stream
    q0, best, ... what `jaxmed significance` writes as JSON
    provenance   device, versions, SHA-256 of the data, what to cite

and the arrays are, for background-only toys (no suffix), the same toys with the mass held at the best fit (_local),
and toys of the best fit (_best)

    q            2 (nll at the truth - nll at the global minimum), (n_toys,)
    nll          -log(L/L_saturated) + pulls at the truth, nuisances fitted, (n_toys,)
    nll_best     the same at the global minimum, (n_toys,)
    status       0 converged; 2 unconverged, counted as more extreme than the data, (n_toys,)
    numbers      of the toys in the stream of the seed: any of them can be drawn again, (n_toys,)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from jaxmed.experiments import Experiment
from jaxmed.inference.hypothesis.p_values import LikelihoodRatios, PValue
from jaxmed.inference.hypothesis.significance import Significance
from jaxmed.inference.results import CONVERGED, NO_MEDIATOR, UNCONVERGED, prefers_mediator
from jaxmed.results.store import Result, provenance

KIND = "toys"
_TESTS = {
    "everywhere": "standard model, any mass",
    "local": "standard model, mass of the best fit",
    "local_asymptotic": "the same, half a chi^2",
    "fit_sm": "goodness of fit, standard model",
    "fit_best": "goodness of fit, best fit",
}


def significance_json(
    found: Significance,
    model: str,
    experiments: Sequence[Experiment],
    seed: int,
    fixed: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """A significance with the keys of the user documentation."""
    return {
        "model": model,
        "experiments": [e.name for e in experiments],
        "fixed": dict(fixed or {}),
        "method": {"test": "significance", "number": found.toys.q.size, "seed": seed},
        "q0": found.q0,
        "best": found.best,
        "nll_sm": found.nll_sm,
        "nll_best": found.nll_best,
        "p_values": {name: getattr(found, name)._asdict() for name in _TESTS},
        "failed": {name: _failed(tested) for name, tested in _tested(found).items()},
        "undefined": found.undefined,
        "provenance": provenance(experiments),
    }


def significance_result(found: Significance, content: Mapping[str, Any]) -> Result:
    """The toys behind a significance; `content` from `significance_json`."""
    arrays: dict[str, np.ndarray] = {}
    for name, tested in _tested(found).items():
        suffix = "" if name == "background" else f"_{name}"
        arrays[f"q{suffix}"] = tested.q
        arrays[f"nll{suffix}"] = tested.nll
        arrays[f"nll_best{suffix}"] = tested.nll_best
        arrays[f"status{suffix}"] = np.where(tested.failed, UNCONVERGED, CONVERGED).astype(np.int8)
        arrays[f"numbers{suffix}"] = tested.numbers
    return Result({"kind": KIND, **content}, arrays)


def significance_table(found: Significance) -> Table:
    """One row per test."""
    g, mass = found.best["g"], found.best["mass"]
    where = f"at g' = {g:.3g}, M_Z' = {mass:.3g} MeV"
    if not prefers_mediator(found.best, found.q0):
        where = NO_MEDIATOR
    title = f"{found.toys.q.size} toys; SM - best fit in -2logL: {found.q0:.2f}, {where}"
    table = Table("test", title=title, title_justify="left")
    for heading in ("p-value", "error", "sigma"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, words in _TESTS.items():
        p: PValue = getattr(found, name)
        table.add_row(words, f"{p.value:.3g}", f"{p.error:.1g}" if p.error else "", f"{p.z:.2f}")
    return table


def failures(found: Significance) -> list[str]:
    """One sentence for each kind of toy whose fits did not all converge, and one where the model is undefined."""
    undefined = f"undefined for {found.undefined}: no best fit is looked for there"
    return [undefined] * bool(found.undefined) + [
        f"{len(numbers)} {name} toys did not converge and count as more extreme: numbers {numbers[:10]}"
        for name, numbers in ((n, _failed(t)) for n, t in _tested(found).items())
        if numbers
    ]


def _tested(found: Significance) -> dict[str, LikelihoodRatios]:
    return {"background": found.toys, "local": found.toys_local, "best": found.toys_best}


def _failed(tested: LikelihoodRatios) -> list[int]:
    return tested.numbers[tested.failed].tolist()
