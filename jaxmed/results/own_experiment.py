"""What `jaxmed check` found in the folder of a user's own experiment."""

from collections.abc import Mapping
from typing import Any

from jaxmed.experiments import Experiment
from jaxmed.experiments.folder import MAIN, Description
from jaxmed.experiments.spectrum import spectrum
from jaxmed.results.rows import Rows
from jaxmed.theory.couplings import standard_model


def describe_folder(found: Description, experiment: Experiment) -> dict[str, Any]:
    """Plain facts about a checked folder.

    Args:
        found: what its files say.
        experiment: what was built from it.

    Returns:
        name, title, status, about, bins [unit], unit, exposure_kg_days, files {file: what was found}, likelihood,
        totals in events {standard_model, background: {name: total}, observed}, nuisances [names].
    """
    parts = spectrum(experiment, standard_model())
    return {
        "name": found.name,
        "title": found.title,
        "status": found.status,
        "about": found.about.strip(),
        "bins": parts.bins,
        "unit": parts.unit,
        "exposure_kg_days": found.target.exposure / 86400.0,
        "likelihood": "gaussian" if experiment.gaussian else "poisson",
        "counts": "observed" if found.data.observed is not None else "asimov",
        "files": dict(found.notes),
        "totals": {
            "standard_model": float(parts.sm.sum()),
            "background": {b.name: float(b.events.sum()) for b in found.backgrounds},
            "observed": float(parts.observed.sum()),
        },
        "nuisances": list(experiment.nuisances),
    }


def check_table(found: Mapping[str, Any]) -> Rows:
    """One row for each file and for each total."""
    bins, unit = found["bins"], found["unit"]
    rows = {
        MAIN: f"{found['status']}, {found['exposure_kg_days']:.6g} kg days, {found['likelihood']} likelihood"
    }
    rows |= found["files"]
    rows["bins"] = f"{len(bins)} from {bins[0][0]:g} to {bins[-1][1]:g} {unit}"
    totals = found["totals"]
    rows["standard model"] = f"{totals['standard_model']:.6g} neutrino events"
    rows |= {f"background {n}": f"{x:.6g} events" for n, x in totals["background"].items()}
    kind = "" if found["counts"] == "observed" else ", the standard model's prediction"
    rows["observed"] = f"{totals['observed']:.6g} events{kind}"
    rows["nuisances"] = ", ".join(found["nuisances"]) or "none"
    return Rows(found["title"], ("what", "found"), list(rows.items()))
