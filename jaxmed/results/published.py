"""Published limits of others over the figures of limits, contours and scans, by name.

Each table data/limits/MODEL/NAME.csv holds the curves of one name for one model, in masses [MeV] and that model's own
coupling; its header says where they come from, how the normalisation was checked, and what they leave out. They are
kept with a result as other overlays are, with whom to cite.
"""

from pathlib import Path

import numpy as np

from jaxmed.data_tables import packaged, read_table
from jaxmed.results.citations import short_reference
from jaxmed.results.overlay import Overlay
from jaxmed.user_files.keys import one_of, unknown

_FOLDER = "limits"


def published_names() -> tuple[str, ...]:
    """Names of all published limits, whatever their model."""
    return tuple(_models())


def read_published(text: str | None, model: str) -> tuple[Overlay, ...]:
    """The curves of 'a,b,...', in that order; none for None.

    Args:
        text: names from `published_names`, each once.
        model: the name of the model that they are laid over.

    Raises:
        ValueError: an unknown or repeated name, none at all, or limits that hold for another model.
    """
    if text is None:
        return ()
    names, models = [name.strip() for name in text.split(",") if name.strip()], _models()
    if not names or len(set(names)) != len(names):
        raise ValueError(f"--published '{text}': expected {one_of(models)}, or several, each once")
    for name in names:
        if name not in models:
            raise ValueError(unknown("published limit", name, models))
        if models[name] != model:
            raise ValueError(
                f"--published {name}: it holds for the couplings of {models[name]} only, expected that model, "
                f"got {model}"
            )
    return tuple(curve for name in names for curve in _curves(f"{_FOLDER}/{model}/{name}"))


def _models() -> dict[str, str]:
    """The model of each name."""
    found: list[Path] = sorted((packaged("data") / _FOLDER).glob("*/*.csv"))
    return {path.stem: path.parent.name for path in found}


def _curves(name: str) -> list[Overlay]:
    """The curves of one table; the first that it cites has drawn them."""
    table = read_table(name)
    by = short_reference(table.citation[0])
    found = []
    for curve in dict.fromkeys(table["curve"].tolist()):
        own = np.asarray(table["curve"] == curve)
        mass, g = table["mass"][own], table["g"][own]
        found.append(Overlay(f"{curve} ({by})", f"{name}.csv", mass, g, table.citation))
    return found
