"""Read a pyhf workspace, or an HS3 file with HistFactory distributions, into one measurement of one model."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from jaxmed.interchange.workspace_hs3 import from_hs3
from jaxmed.interchange.workspace_schema import (
    TYPES,
    ChannelKeys,
    HistoSysKeys,
    MeasurementKeys,
    ModifierKeys,
    NormSysKeys,
    Numbers,
    ParameterKeys,
    SampleKeys,
    WorkspaceKeys,
    checked,
)
from jaxmed.user_files.json_files import read_json
from jaxmed.user_files.keys import one_of, unknown


@dataclass(frozen=True)
class Workspace:
    """One measurement of a HistFactory model.

    Attributes:
        measurement: its name.
        poi: the parameter of interest, empty for none.
        channels: the regions.
        observed: counts of each.
        parameters: what the measurement says of parameters, by name.
    """

    measurement: str
    poi: str
    channels: tuple[ChannelKeys, ...]
    observed: tuple[list[float], ...]
    parameters: dict[str, ParameterKeys]

    @property
    def n_bins(self) -> int:
        """Bins of all regions."""
        return sum(map(len, self.observed))


def read_workspace(path: Path, measurement: str = "") -> Workspace:
    """The measurement of a file.

    Args:
        path: a pyhf workspace, or HS3 with distributions of type histfactory_dist.
        measurement: its name (in HS3 that of an analysis); the first one if left out.

    Raises:
        ValueError: a file that is neither, a mistake in it, or a modifier that jaxmed does not have; one sentence with
            the file, and the channel, sample and modifier.
    """
    content = read_json(path, "a pyhf workspace or HS3")
    try:
        if not isinstance(content, dict) or not {"channels", "distributions"} & content.keys():
            raise ValueError(
                "expected the channels of a pyhf workspace, or the distributions of HS3"
            )
        known = (
            checked(WorkspaceKeys, content)
            if "channels" in content
            else from_hs3(content, measurement)
        )
        return _workspace(known, measurement)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def _workspace(found: WorkspaceKeys, measurement: str) -> Workspace:
    names = [each.name for each in found.measurements]
    if measurement and measurement not in names:
        raise ValueError(unknown("measurement", measurement, names))
    chosen = found.measurements[names.index(measurement) if measurement else 0]
    regions = [each.name for each in found.channels]
    for what, several in (
        ("channel", regions),
        ("observation", [each.name for each in found.observations]),
        ("parameter", [each.name for each in chosen.config.parameters]),
    ):
        twice = [name for name, number in Counter(several).items() if number > 1]
        if twice:
            raise ValueError(f"{what} '{twice[0]}' is there twice, expected each name once")
    counts = {each.name: each.data for each in found.observations}
    for channel in found.channels:
        if channel.name not in counts:
            raise ValueError(f"the observation of channel '{channel.name}' is missing")
        _check(channel, len(counts[channel.name]))
    _check_alone(found.channels)
    return Workspace(
        chosen.name,
        _poi(found, chosen),
        tuple(found.channels),
        tuple(counts[name] for name in regions),
        {each.name: each for each in chosen.config.parameters},
    )


def _poi(found: WorkspaceKeys, chosen: MeasurementKeys) -> str:
    every = (m for c in found.channels for s in c.samples for m in s.modifiers)
    factors = tuple(dict.fromkeys(m.name for m in every if m.type == "normfactor"))
    poi = chosen.config.poi
    if poi and poi not in factors:
        raise ValueError(
            f"measurement '{chosen.name}': its parameter of interest is '{poi}', expected a normfactor, "
            f"{one_of(factors) if factors else 'of which there is none'}"
        )
    return poi


def _check(channel: ChannelKeys, n_bins: int) -> None:
    names = [sample.name for sample in channel.samples]
    for sample in channel.samples:
        where = f"channel '{channel.name}', sample '{sample.name}'"
        if names.count(sample.name) > 1:
            raise ValueError(f"{where}: it is there twice, expected each name once")
        _require_bins(where, sample.data, n_bins)
        pairs = [(m.type, m.name) for m in sample.modifiers]
        for modifier in sample.modifiers:
            own = f"{where}, modifier '{modifier.name}' ({modifier.type})"
            if modifier.type not in TYPES:
                raise ValueError(f"{own}: unknown type, expected {one_of(TYPES)}")
            if pairs.count((modifier.type, modifier.name)) > 1:
                raise ValueError(f"{own}: it is there twice, expected it once")
            _check_modifier(own, modifier, sample, n_bins)


def _check_modifier(own: str, modifier: ModifierKeys, sample: SampleKeys, n_bins: int) -> None:
    if modifier.type == "normsys":
        checked(NormSysKeys, modifier.data, f"{own}: ")
    if modifier.type == "histosys":
        ends = checked(HistoSysKeys, modifier.data, f"{own}: ")
        for each in (ends.lo_data, ends.hi_data):
            _require_bins(own, each, n_bins)
    if modifier.type in ("staterror", "shapesys"):
        _require_bins(own, numbers(own, modifier.data), n_bins)


def numbers(own: str, data: object) -> list[float]:
    """A list of finite numbers not below 0; ValueError otherwise, `own` says where."""
    if not isinstance(data, list) or not all(
        isinstance(x, int | float) and not isinstance(x, bool) and x >= 0 for x in data
    ):
        raise ValueError(f"{own}: expected data, a list of numbers not below 0")
    return [float(x) for x in data]


def _require_bins(where: str, values: Numbers, n_bins: int) -> None:
    if len(values) != n_bins:
        raise ValueError(f"{where}: got {len(values)} numbers, expected {n_bins}, one for each bin")


def _check_alone(channels: list[ChannelKeys]) -> None:
    """Each shapesys belongs to one sample, a shapefactor to equal bins, and a name to one kind of constraint."""
    kinds: dict[str, tuple[str, str]] = {}
    sizes: dict[str, int] = {}
    for channel in channels:
        for sample in channel.samples:
            for m in sample.modifiers:
                own = f"channel '{channel.name}', sample '{sample.name}', modifier '{m.name}'"
                kind = "normsys" if m.type == "histosys" else m.type
                first, where = kinds.setdefault(m.name, (kind, own))
                if first != kind:
                    raise ValueError(
                        f"{own} ({m.type}): {where} has another type, expected one parameter to have one kind of "
                        "constraint"
                    )
                n_bins = sizes.setdefault(m.name, len(sample.data))
                if kind == "shapefactor" and n_bins != len(sample.data):
                    raise ValueError(
                        f"{own} ({m.type}): got {len(sample.data)} bins, expected {n_bins} as in {where}"
                    )
                if kind == "shapesys" and where != own:
                    raise ValueError(
                        f"{own} ({m.type}): expected it in one sample, it is in {where} too"
                    )
