"""An analysis from a TOML file, and what a command line changes in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxmed.analysis.analysis import Analysis
from jaxmed.experiments import is_folder, published
from jaxmed.models.choose import get_model
from jaxmed.user_files.keys import is_there, read_toml


def read_analysis(path: Path, **changes: Any) -> Analysis:
    """The analysis of a TOML file, with what the command line changes in it.

    Args:
        path: the file; models and folders that it names are looked up beside it.
        changes: keys of Analysis, None where nothing changes. Tables are laid over those of the file, names that are
            freed are added, and other experiments come without the file's name, alternatives and foreign
            options, another model without priors of parameters that it does not have.

    Raises:
        ValueError: missing or malformed file, unknown key, wrong type or unknown name; file and key are named.
    """
    content = read_toml(path, "an analysis")
    try:
        asked = Analysis.of(**_beside(path.parent, content))
    except ValueError as problem:
        raise ValueError(f"{path.name}: {problem}") from None
    return changed(asked, **changes)


def changed(asked: Analysis, **changes: Any) -> Analysis:
    """The analysis with other values of some keys, as `read_analysis` changes those of a file."""
    given = {key: value for key, value in changes.items() if value not in (None, (), {})}
    kept = {key: getattr(asked, key) for key in asked.model_fields_set}
    if "experiments" in given:
        names = given["experiments"]
        kept["options"] = {k: v for k, v in asked.options.items() if k in names}
        kept["alone"] = asked.alone and len(names) > 1
        kept = {k: v for k, v in kept.items() if k not in ("name", "alternatives")}
    if "model" in given and asked.priors:
        gone = {p.name for p in asked.model.parameters}
        gone -= {p.name for p in get_model(given["model"]).parameters}
        kept["priors"] = {k: v for k, v in asked.priors.items() if k not in gone}
    for key, value in given.items():
        before = kept.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            given[key] = {**before, **value}
    if "free" in given:
        given["free"] = tuple(dict.fromkeys([*asked.free, *given["free"]]))
    return Analysis.of(**kept | given) if given else asked


def _beside(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """The content with the paths that it names relative to its own folder."""

    def path(name: Any) -> Any:
        if not isinstance(name, str):
            return name
        own = is_folder(name) or (name not in published() and is_there((folder / name).is_dir))
        return str(folder / name) if own else name

    found = dict(content)
    if isinstance(found.get("experiments"), list):
        found["experiments"] = [path(name) for name in found["experiments"]]
    if isinstance(found.get("model"), str) and found["model"].endswith(".toml"):
        found["model"] = str(folder / found["model"])
    return found
