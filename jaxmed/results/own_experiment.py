"""What `jaxmed check` found in the folder of an experiment."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxmed.constants import SECONDS_PER_DAY
from jaxmed.experiments import Experiment
from jaxmed.experiments.folder import MAIN, Description
from jaxmed.experiments.folder.build.accuracy import WANTED, between_nodes
from jaxmed.experiments.folder.build.experiment import by_run, standard_counts
from jaxmed.experiments.spectrum import spectrum
from jaxmed.results.rows import Rows
from jaxmed.theory.couplings import standard_model


def describe_folder(found: Description, experiment: Experiment) -> dict[str, Any]:
    """Plain facts about a checked folder.

    Args:
        found: what its files say.
        experiment: what was built from it.

    Returns:
        name, title, status, about, bins [unit], unit, exposure_kg_days (or mass_kg, where the flux counts a whole
        exposure; neither without a target), files {file: what was found}, likelihood, totals in events
        {standard_model, background: {name: total}, observed}, runs {name: the same totals} of several runs, nuisances
        [names], between_nodes {nuisance: sum (mu - exact)^2/variance halfway between its nodes}.
    """
    parts = spectrum(experiment, standard_model())
    amount = found.exposure / SECONDS_PER_DAY
    target = found.keys.target
    whole = target is not None and target.mass_kg is not None
    exposed = {"mass_kg": found.exposure} if whole else {"exposure_kg_days": amount}
    facts: dict[str, Any] = {
        "name": found.name,
        "title": found.title,
        "status": found.keys.status,
        "about": found.keys.about.strip(),
        "bins": parts.bins,
        "unit": parts.unit,
        **(exposed if target else {}),
        "likelihood": found.keys.data.likelihood,
        "counts": found.keys.data.counts,
        "files": dict(found.notes),
        "totals": _totals(experiment, lambda values: float(values.sum())),
        "nuisances": list(experiment.nuisances),
        "between_nodes": between_nodes(found, experiment),
    }
    if len(found.runs) > 1:
        facts["runs"] = {
            run.view.run: _totals(experiment, lambda v, i=i: float(by_run(found, v)[i].sum()))
            for i, run in enumerate(found.runs)
        }
    return facts


def _totals(experiment: Experiment, total: Any) -> dict[str, Any]:
    none = np.zeros(experiment.n_bins)
    standard = sum((standard_counts(channel) for channel in experiment.channels), none)
    backgrounds: dict[str, float] = {}
    for part in experiment.background:
        # what takes the standard model's neutrinos out again is no background
        if part.nominal.sum() >= 0:
            backgrounds[part.name] = backgrounds.get(part.name, 0.0) + total(part.nominal)
    return {
        "standard_model": total(standard),
        "background": backgrounds,
        "observed": total(np.asarray(experiment.observed)),
    }


def check_table(found: Mapping[str, Any]) -> Rows:
    """One row for each file and for each total."""
    bins, unit = found["bins"], found["unit"]
    units = {"mass_kg": "kg", "exposure_kg_days": "kg days"}
    amount = "".join(f"{found[key]:.6g} {unit}, " for key, unit in units.items() if key in found)
    rows = {MAIN: f"{found['status']}, {amount}{found['likelihood']} likelihood"}
    rows |= found["files"]
    ends = f"{len(bins)} from {bins[0][0]:g} to {bins[-1][1]:g}"
    rows["bins"] = ends if unit == "1" else f"{ends} {unit}"
    kind = "" if found["counts"] == "observed" else ", the standard model's prediction"
    for run, totals in {"": found["totals"], **found.get("runs", {})}.items():
        of = f", {run}" if run else ""
        rows[f"standard model{of}"] = f"{totals['standard_model']:.6g} neutrino events"
        rows |= {f"background {n}{of}": f"{x:.6g} events" for n, x in totals["background"].items()}
        rows[f"observed{of}"] = f"{totals['observed']:.6g} events{kind}"
    rows["nuisances"] = ", ".join(found["nuisances"]) or "none"
    for name, cost in found["between_nodes"].items():
        enough = (
            "" if cost <= WANTED else f", more than {WANTED:g}: give nuisances.{name} more nodes"
        )
        rows[f"between nodes of {name}"] = f"-2 log L off by {cost:.2g} at most{enough}"
    return Rows(found["title"], ("what", "found"), list(rows.items()))
