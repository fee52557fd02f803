"""From experiment.toml to the content of one run: options laid over it, runs told apart, nuisances added."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, TypeGuard

from jaxmed.experiments.electrons import ELECTRON_COUPLINGS
from jaxmed.experiments.nuclei import FORM_FACTORS, NUCLEON_COUPLINGS
from jaxmed.flux.reactor import SPECTRA
from jaxmed.flux.solar import OSCILLATIONS, SOLAR_MODELS
from jaxmed.user_files import keys

Content = dict[str, Any]

# Options that every folder has without declaring them, where it has the table: name, path of the key, its words.
_EVERYWHERE = (
    ("nucleon_couplings", ("target", "nuclei", "nucleon_couplings"), tuple(NUCLEON_COUPLINGS)),
    ("form_factor", ("target", "nuclei", "form_factor"), tuple(FORM_FACTORS)),
    (
        "electron_couplings",
        ("target", "electrons", "electron_couplings"),
        tuple(ELECTRON_COUPLINGS),
    ),
    ("solar_model", ("flux", "model"), SOLAR_MODELS),
    ("oscillations", ("flux", "oscillations"), OSCILLATIONS),
    ("reactor_spectra", ("flux", "spectra"), SPECTRA),
)
_ONLY_OF = {"solar_model": "solar", "oscillations": "solar", "reactor_spectra": "reactor"}


def all_options(content: Content) -> dict[str, Content]:
    """Option -> {"default": its choice as the file stands, other choices: what is laid over}.

    Raises:
        ValueError: an option without a default.
    """
    found = {}
    for name, path, words in _EVERYWHERE:
        table = _at(content, path[:-1])
        if isinstance(table, dict) and _ONLY_OF.get(name) in (None, table.get("source")):
            now = table.get(path[-1], words[0])
            found[name] = {"default": now} | {w: _nested(path, w) for w in words if w != now}
    declared = content.get("options", {})
    if not isinstance(declared, dict):
        raise ValueError(f"options = {keys.short(declared)}: expected tables [options.NAME]")
    for name, option in declared.items():
        if not isinstance(option, dict) or not isinstance(option.get("default"), str):
            raise ValueError(
                f"options.{name}: expected a key default, the name of the choice that the file itself is"
            )
        if option["default"] in option:
            raise ValueError(
                f"options.{name}.{option['default']}: expected another name than the default's, which is "
                "the file itself"
            )
        for choice, over in option.items():
            if isinstance(over, dict) and not isinstance(over.get("label", ""), str):
                raise ValueError(
                    f"options.{name}.{choice}.label = {keys.short(over['label'])}: expected text in quotes"
                )
            if choice != "default" and not isinstance(over, dict):
                raise ValueError(f"options.{name}.{choice} = {keys.short(over)}: expected a table")
    return found | declared


def with_options(content: Content, choices: Mapping[str, str]) -> Content:
    """The content without its options, and with what was chosen laid over; labels of choices go to the title."""
    options = all_options(content)
    found = {key: deepcopy(value) for key, value in content.items() if key != "options"}
    for name, choice in choices.items():
        if choice == options[name]["default"]:
            continue
        over = dict(options[name][choice])
        if label := over.pop("label", ""):
            found["title"] = f"{found.get('title', found.get('name'))}, {label}"
        _lay_over(found, over, f"options.{name}.{choice}")
    return found


def of_run(content: Any, run: str, runs: list[str], where: str = "") -> Any:
    """The content of one run: a table with an entry for each run stands for the entry."""
    if isinstance(content, dict):
        if run and set(content) & set(runs):
            if missing := [name for name in runs if name not in content]:
                raise ValueError(
                    f"{where}: got {', '.join(content)}, expected one entry for each run, also for {missing[0]}"
                )
            return content[run]
        return {
            key: of_run(value, run, runs, f"{where}.{key}" if where else key)
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [of_run(value, run, runs, where) for value in content]
    return content


def shifted(content: Content, adds: Mapping[str, Any], z: float, where: str) -> Content:
    """The content with z times `adds` added to its numbers; ValueError unless each of them stands there."""
    found = dict(content)
    for key, delta in adds.items():
        below, path = found.get(key), f"{where}.{key}"
        if key == "background" and isinstance(below, list) and isinstance(delta, dict):
            for name, part in delta.items():
                i = _place(below, name, path)
                if not isinstance(part, dict):
                    raise ValueError(f"{path}.{name} = {keys.short(part)}: expected a table")
                below = [*below[:i], shifted(below[i], part, z, f"{path}.{name}"), *below[i + 1 :]]
            found[key] = below
        elif isinstance(below, dict) and isinstance(delta, dict):
            found[key] = shifted(below, delta, z, path)
        elif isinstance(below, list) and isinstance(delta, list) and _same_length(below, delta):
            found[key] = [b + z * d for b, d in zip(below, delta, strict=True)]
        elif _number(below) and _number(delta):
            found[key] = below + z * delta
        elif below is None:
            raise ValueError(
                f"{path}: no number of that name stands in the file{keys.hint(key, found)}, expected one to add to"
            )
        else:
            raise ValueError(
                f"{path} = {keys.short(delta)}: expected the same kind as {keys.short(below)}, to which it is added"
            )
    return found


def _lay_over(content: Content, over: Mapping[str, Any], where: str) -> None:
    """Tables are merged, lists of tables by name or longer by a list, false takes away, anything else replaces."""
    for key, value in over.items():
        below, path = content.get(key), f"{where}.{key}"
        if key == "background" and isinstance(value, list):
            content[key] = [*(below or []), *value]
        elif key == "background" and isinstance(value, dict):
            entries = below if isinstance(below, list) else []
            for name, part in value.items():
                i = _place(entries, name, path)
                if part is False:
                    del entries[i]
                elif not isinstance(part, dict):
                    raise ValueError(
                        f"{path}.{name} = {keys.short(part)}: expected a table, or false to take it away"
                    )
                else:
                    _lay_over(entries[i], part, f"{path}.{name}")
        elif value is False and key in content and not isinstance(below, bool):
            del content[key]
        elif isinstance(below, dict) and isinstance(value, dict):
            _lay_over(below, value, path)
        else:
            content[key] = value


def _place(entries: list[Any], name: str, where: str) -> int:
    """Number of the background of a name."""
    names = [each.get("name") for each in entries if isinstance(each, dict)]
    if name not in names:
        close = keys.hint(name, [str(each) for each in names])
        raise ValueError(f"{where}.{name}: there is no background '{name}'{close}, expected one")
    return names.index(name)


def _at(content: Any, path: Iterable[str]) -> Any:
    for key in path:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _nested(path: tuple[str, ...], value: Any) -> Content:
    for key in reversed(path):
        value = {key: value}
    return value


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_length(one: list[Any], other: list[Any]) -> bool:
    """Whether both are as many numbers."""
    return len(one) == len(other) and all(map(_number, [*one, *other]))
