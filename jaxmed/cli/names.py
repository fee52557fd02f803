"""Names and paths that the shell completes, and the name of what is new."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from jaxmed.analysis.analysis import METHODS
from jaxmed.experiments import published
from jaxmed.experiments.folder import MAIN
from jaxmed.inference.engine.devices import PLATFORMS
from jaxmed.inference.problem import CONSTRAINTS
from jaxmed.inference.regions.limits import SIDED
from jaxmed.models.presets import PRESETS
from jaxmed.results.published import published_names


def complete_model(incomplete: str) -> list[str]:
    """Presets with a mediator or without, TOML files, and folders on the way to them."""
    return [*_begin(PRESETS, incomplete), *_paths(incomplete, ".toml")]


def complete_analysis(incomplete: str) -> list[str]:
    """TOML files, and folders on the way to them."""
    return list(_paths(incomplete, ".toml", all_of_it=True))


def complete_experiment_or_analysis(incomplete: str) -> list[str]:
    """What is either."""
    return list(dict.fromkeys([*complete_experiment(incomplete), *complete_analysis(incomplete)]))


def complete_experiment(incomplete: str) -> list[str]:
    """Experiments, folders of one's own, and folders on the way to them."""
    return [*_begin(published(), incomplete), *_paths(incomplete)]


def complete_experiments(incomplete: str) -> list[str]:
    """The last of several experiments a,b,...; none twice."""
    return _last_of_several(incomplete, complete_experiment)


def complete_published(incomplete: str) -> list[str]:
    """The last of several published limits a,b,...; none twice."""
    return _last_of_several(incomplete, lambda last: _begin(published_names(), last))


def complete_constraint(incomplete: str) -> list[str]:
    """Measurements that can be added."""
    return list(_begin(CONSTRAINTS, incomplete))


def complete_method(incomplete: str) -> list[str]:
    """Methods of limits."""
    return list(_begin(METHODS, incomplete))


def complete_sided(incomplete: str) -> list[str]:
    """Conventions of limits."""
    return list(_begin(SIDED, incomplete))


def complete_device(incomplete: str) -> list[str]:
    """Where JAX may compute."""
    return list(_begin(PLATFORMS, incomplete))


def _last_of_several(incomplete: str, complete: Callable[[str], Iterable[str]]) -> list[str]:
    done, comma, last = incomplete.rpartition(",")
    taken = done.split(",")
    return [f"{done}{comma}{name}" for name in complete(last) if name not in taken]


def _begin(names: Iterable[str], incomplete: str) -> Iterator[str]:
    return (name for name in names if name.startswith(incomplete))


def _paths(incomplete: str, suffix: str | None = None, all_of_it: bool = False) -> Iterator[str]:
    """Folders, with a slash unless they hold an experiment, and files of a suffix; for an empty word if `all_of_it`."""
    head, slash, last = incomplete.rpartition("/")
    folder = Path(head + slash)
    if not (incomplete or all_of_it) or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        found = f"{head}{slash}{path.name}"
        if not path.name.startswith(last) or path.name.startswith("."):
            continue
        if path.is_dir():
            whole = suffix is None and (path / MAIN).is_file()
            yield found if whole else f"{found}/"
        elif suffix is not None and path.suffix == suffix:
            yield found


def own_name(folder: Path) -> str:
    """Of an experiment in a folder: the folder's, with _ for what a name cannot have, and not a published one."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", folder.resolve().name)[:50] or "own"
    return f"my_{name}" if name in published() else name
