"""From one measurement of a HistFactory model to the files of an experiment's folder.

Each sample of each region is a background in the bins of that region, which stand one after the other. Factors on
single bins that have a Poisson constraint float, and what constrains them are counts in bins of their own at the end.
"""

from dataclasses import dataclass, field

import numpy as np

from jaxmed.experiments.folder import MAIN
from jaxmed.interchange.workspace import Workspace
from jaxmed.interchange.workspace_bins import per_bin
from jaxmed.interchange.workspace_parameters import Floating, floating, held, lumi
from jaxmed.interchange.workspace_schema import ChannelKeys, ModifierKeys, SampleKeys
from jaxmed.interchange.workspace_text import Names, csv_text, table

MODEL, ANALYSIS = "model.toml", "analysis.toml"
# pyhf's edges of a factor on a single bin, less 1
_LOCAL = Floating(-1 + 1e-10, 9.0, one=True)


@dataclass
class _Background:
    """A sample of a region, or auxiliary counts.

    Attributes:
        name: of the background and of its file.
        about: what it is, for a comment.
        columns: values in the bins up to the last one that it fills, (n,) each.
        errors: nuisance -> fractional error, or [down, up].
        errors_per_bin: nuisance -> column.
        floats: nuisances that are its factor themselves.
    """

    name: str
    about: str
    columns: dict[str, np.ndarray]
    errors: dict[str, float | list[float]] = field(default_factory=dict)
    errors_per_bin: dict[str, str] = field(default_factory=dict)
    floats: list[str] = field(default_factory=list)


@dataclass
class _Content:
    """What is found while the samples are gone through.

    Attributes:
        names: of files and nuisances.
        free: nuisance -> its range.
        tau: nuisance -> auxiliary counts of its bins.
    """

    names: Names = field(default_factory=Names)
    free: dict[str, Floating] = field(default_factory=dict)
    tau: dict[str, np.ndarray] = field(default_factory=dict)


def folder_files(found: Workspace, name: str, source: str) -> dict[str, str]:
    """File -> its text.

    Args:
        found: the measurement.
        name: of the experiment.
        source: the file that it is from, for those who read the folder.

    Raises:
        ValueError: what has no counterpart in jaxmed: one sentence with channel, sample and modifier.
    """
    content, backgrounds, first, about = _Content(), [], 0, []
    for channel, counts in zip(found.channels, found.observed, strict=True):
        backgrounds += [_sample(found, content, channel, each, first) for each in channel.samples]
        about.append(f"bins {first + 1} to {first + len(counts)}: {channel.name}")
        first += len(counts)
    observed = np.concatenate(found.observed)
    for nuisance, tau in content.tau.items():
        backgrounds.append(_auxiliary(content, nuisance, tau, observed.size))
        ends = f"bins {observed.size + 1} to {observed.size + tau.size}"
        about.append(f"{ends}: auxiliary counts behind {nuisance}")
        observed = np.concatenate([observed, tau])
    files = {MAIN: _experiment(found, content, backgrounds, name, [f"From {source}.", *about])}
    poi = content.names.of("nuisance", found.poi) if found.poi else ""
    if poi in content.free:
        free = content.free[poi]
        ranges = {poi: [free.low, free.high]}
        lines = [
            f"# The fit's parameter is {poi}{' = factor - 1' if free.one else ''}, of experiment.toml."
        ]
        files[MODEL] = "\n".join(
            [*lines, *table("[model]", {"name": poi, "normalisations": ranges}), ""]
        )
    model = MODEL if poi in content.free else "standard_model"
    files[ANALYSIS] = f'experiments = ["."]\nmodel = "{model}"\n'
    files["bins.csv"] = csv_text({"observed": observed}, observed.size)
    return files | {f"{b.name}.csv": csv_text(b.columns, observed.size) for b in backgrounds}


def _sample(
    found: Workspace, content: _Content, channel: ChannelKeys, sample: SampleKeys, first: int
) -> _Background:
    """A sample of the region whose bins come after `first` others."""
    nominal, factor = np.array(sample.data), 1.0
    own = _Background(
        content.names.of("file", f"{channel.name}_{sample.name}"),
        f"{sample.name} in {channel.name}",
        {},
    )
    events, errors = {"events": nominal}, {}
    for m in sample.modifiers:
        where = f"channel '{channel.name}', sample '{sample.name}', modifier '{m.name}' ({m.type})"
        name = content.names.of("nuisance", _parameter(found, channel, m))
        setting = found.parameters.get(m.name)
        if m.type == "normfactor":
            free = floating(where, setting, m.name == found.poi)
            if not isinstance(free, Floating):
                factor *= free
                continue
            content.free[name] = free
            if free.one:
                own.errors[name] = 1.0
            else:
                own.floats.append(name)
        elif m.type == "lumi":
            value, error = lumi(where, setting)
            factor *= value
            own.errors |= {name: error} if error else {}
        elif m.type == "normsys" and not held(where, setting, 0.0):
            own.errors[name] = [round(m.data[end] - 1, 15) for end in ("lo", "hi")]
        elif m.type == "histosys" and not held(where, setting, 0.0):
            up, down = np.array(m.data["hi_data"]), np.array(m.data["lo_data"])
            if (up != nominal).any() or (down != nominal).any():
                events |= {f"{name}_up": up, f"{name}_down": down}
        elif m.type in ("staterror", "shapesys", "shapefactor") and not held(where, setting, 1.0):
            factors = per_bin(channel, sample, m)
            if not factors.errors.any():
                continue
            errors[f"{name}_error"] = factors.errors
            own.errors_per_bin[name] = f"{name}_error"
            content.free |= {name: _LOCAL} if factors.floats else {}
            content.tau |= {name: factors.tau} if factors.tau.size else {}
    scaled = {column: factor * values for column, values in events.items()}
    own.columns = {c: np.pad(values, (first, 0)) for c, values in (scaled | errors).items()}
    return own


def _parameter(found: Workspace, channel: ChannelKeys, m: ModifierKeys) -> str:
    """Its name; a staterror of several regions has other factors in each."""
    regions = {
        c.name
        for c in found.channels
        for s in c.samples
        for other in s.modifiers
        if (other.type, other.name) == (m.type, m.name)
    }
    return f"{m.name}_{channel.name}" if m.type == "staterror" and len(regions) > 1 else m.name


def _auxiliary(content: _Content, nuisance: str, tau: np.ndarray, before: int) -> _Background:
    """Counts of mean tau times the factors, in bins that come after `before` others."""
    column = f"{nuisance}_error"
    columns = {"events": tau, column: np.ones(tau.size)}
    return _Background(
        content.names.of("file", f"auxiliary_{nuisance}"),
        f"what constrains {nuisance}",
        {c: np.pad(values, (before, 0)) for c, values in columns.items()},
        errors_per_bin={nuisance: column},
    )


def _experiment(
    found: Workspace,
    content: _Content,
    backgrounds: list[_Background],
    name: str,
    about: list[str],
) -> str:
    lines = [
        "# A HistFactory model. One number under errors is that of the luminosity, or 1.0 for a normfactor: 1 + its",
        "# nuisance (under floats the nuisance itself). Two are the changes of a normsys at -1 and +1 sigma (code 4).",
        "# Columns NAME_up and NAME_down of the tables are the events of a histosys there (code 4p).",
    ]
    head = {"name": name, "title": found.measurement, "status": "measurement"}
    lines += table("", head)[2:]
    lines += [f'about = """\n{chr(10).join(about)}\n"""'.replace("\\", "/")]
    lines += table("[data]", {"bins": "bins.csv"})
    for b in backgrounds:
        lines += ["", f"# {b.about}"]
        keys = {
            "name": b.name,
            "file": f"{b.name}.csv",
            "histfactory": True,
            "floats": b.floats,
            "errors": b.errors,
            "errors_per_bin": b.errors_per_bin,
        }
        lines += table("[[background]]", keys)[1:]
    for nuisance, free in content.free.items():
        keys = {"free": True, "range": [free.low, free.high]}
        lines += table(f"[nuisances.{nuisance}]", keys)
    return "\n".join([*lines, ""])
