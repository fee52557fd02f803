"""The keys of experiment.toml but for target, flux and response: one run with every option chosen.

What the keys mean is said in fits/examples/README.md. Whatever can be checked without a table is checked here.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from jaxmed.experiments.folder.schema.flux import (
    ReactorKeys,
    SolarKeys,
    StoppedPionKeys,
    TabulatedFluxKeys,
)
from jaxmed.experiments.folder.schema.response import ResponseKeys
from jaxmed.experiments.folder.schema.table_keys import (
    Errors,
    File,
    Fraction,
    Name,
    NuisanceName,
    Positive,
    TableKeys,
    UpAndDown,
    title_line,
)
from jaxmed.experiments.folder.schema.target import TargetKeys
from jaxmed.experiments.likelihood.interpolation import Nodes
from jaxmed.user_files import keys

RATES = {"1/(kg day keV)": 1.0, "1/(kg day MeV)": 1e-3, "1/(tonne year keV)": 1e-3 / 365.25}
"""Units of a rate, in 1/(kg day keV); a rate is averaged over its bin."""
STATUS = ("measurement", "projection", "template")
STANDARD_MODEL = "standard model"

_ANY_PULL = [-10.0, 10.0]


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class DataKeys(TableKeys):
    """The table of the bins, and what its numbers are."""

    words = {"unit": ("events", STANDARD_MODEL, *RATES)}
    bins: File
    counts: Literal["observed", "asimov"] = "observed"
    likelihood: Literal["poisson", "gaussian", "upper"] = "poisson"
    unit: str = "events"
    labels: dict[str, str] = {}

    @model_validator(mode="after")
    def _unit(self) -> Self:
        if self.unit != "events" and self.likelihood != "gaussian":
            raise ValueError(
                f"got unit = '{self.unit}', expected 'events' for a likelihood that is not Gaussian"
            )
        return self


class SignalKeys(TableKeys):
    """Errors on all neutrinos, factors on them, or a released template."""

    errors: Errors = {}
    variations: File | None = None
    template: File | None = None


class ProfileKeys(TableKeys):
    """The shares of a background along one axis."""

    file: File | None = None
    column: str | None = None
    decay_per_keV: Positive | None = None
    decay_per_us: Positive | None = None
    line_keV: Positive | None = None
    width_keV: Positive | None = None
    normalised: bool = False
    efficiency: bool = False
    statistical: NuisanceName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.one_of("column", "decay_per_keV", "decay_per_us", "line_keV")
        if self.file is not None and self.column is None:
            raise ValueError("got file without column, expected both")
        if self.statistical and (self.column is None or self.file is not None):
            raise ValueError("got statistical without counts, expected a column of the bins")
        if self.line_keV is None and (self.normalised or self.width_keV):
            raise ValueError("normalised and width_keV go with line_keV, expected it")
        if self.efficiency and self.line_keV is None and self.file is None:
            raise ValueError("efficiency goes with a line or with a file of times, expected one")
        return self


class BackgroundKeys(TableKeys):
    """Everything that is not a neutrino, or was fitted together with them."""

    words = {"unit": ("events", *RATES)}
    name: Name
    file: File | None = None
    column: str | None = None
    events: Positive | None = None
    rate: Positive | None = None
    unit: str | None = None
    profiles: dict[str, ProfileKeys] = {}
    errors: dict[NuisanceName, Fraction | UpAndDown] = {}
    errors_per_bin: dict[NuisanceName, str] = {}
    floats: Annotated[list[NuisanceName], BeforeValidator(_several)] = []
    contains_standard_model: bool | Literal["before errors"] = False
    histfactory: bool = False

    @model_validator(mode="after")
    def _amount(self) -> Self:
        amount = self.one_of("file", "events", "rate", need=False)
        if amount == "rate" and self.unit not in RATES:
            raise ValueError(f"rate without a unit, expected {keys.one_of(RATES)}")
        if self.profiles and amount not in ("events", "rate"):
            raise ValueError("profiles without a number, expected events or rate beside them")
        if self.column and amount in ("events", "rate"):
            raise ValueError("got a column and a number, expected one of the two")
        if self.errors_per_bin and amount != "file":
            raise ValueError(
                "got errors_per_bin without a file, expected the file of their columns"
            )
        return self


class NuisanceKeys(TableKeys):
    """What moves a number of the file, has nodes of its own, or has no constraint."""

    adds: dict[str, Any] = {}
    nodes: list[float] = [-1.0, 0.0, 1.0]
    free: bool = False
    range: Annotated[list[float], Field(min_length=2, max_length=2)] = _ANY_PULL
    unit: str = "1"
    per_run: bool = False
    about: str = ""

    @model_validator(mode="after")
    def _nodes(self) -> Self:
        rising = all(a < b for a, b in zip(self.nodes, self.nodes[1:], strict=False))
        if not rising or 0 not in self.nodes or len(self.nodes) < 3:
            raise ValueError(
                f"got nodes = {self.nodes}, expected three or more in ascending order, one of them 0"
            )
        if not self.range[0] <= 0 <= self.range[1] or self.range[0] == self.range[1]:
            raise ValueError(f"got range = {self.range}, expected [low, high] around 0")
        if not self.free and (self.range != _ANY_PULL or self.unit != "1"):
            raise ValueError("got a range or unit without free = true, expected both or none")
        return self

    @property
    def away(self) -> Nodes:
        """The nodes without 0."""
        return tuple(float(z) for z in self.nodes if z)


class RunKeys(TableKeys):
    """One run of an experiment, with every option chosen."""

    words = {"status": STATUS}
    name: Name
    title: Annotated[str, AfterValidator(title_line)] | None = None
    status: str
    complete: bool = True
    about: str = ""
    citations: list[str] = []
    target: TargetKeys | None = None
    flux: (
        Annotated[
            ReactorKeys | StoppedPionKeys | SolarKeys | TabulatedFluxKeys,
            Field(discriminator="source"),
        ]
        | None
    ) = None
    response: ResponseKeys = ResponseKeys()
    data: DataKeys
    signal: SignalKeys = SignalKeys()
    background: list[BackgroundKeys] = []
    nuisances: dict[NuisanceName, NuisanceKeys] = {}

    @model_validator(mode="after")
    def _across(self) -> Self:
        self._neutrinos()
        self._amounts()
        target = self.target
        nuclei = target is not None and target.nuclei is not None
        if matrix := self.response.matrix:
            electrons = target is not None and target.electrons is not None
            there = {"nuclei": nuclei, "electrons": electrons}
            asked = {kind: getattr(matrix, kind) is not None for kind in there}
            if matrix.file is not None and (all(there.values()) or any(asked.values())):
                raise ValueError(
                    "response.matrix: expected one file for a target of either nuclei or electrons, or { nuclei = "
                    "..., electrons = ... }"
                )
            if matrix.file is None and asked != there:
                raise ValueError("response.matrix: expected a file for each kind of target")
        if not self.response.matrix and nuclei != (self.response.quenching is not None):
            raise ValueError(
                "response.quenching: expected it with [target.nuclei] and only there; quenching = 1.0 for energies in "
                "nuclear recoil"
            )
        names = [each.name for each in self.background]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"background '{name}' is there twice, expected each name once")
        self._free()
        return self

    def _neutrinos(self) -> None:
        """A target and a flux, or a data set that knows of no neutrinos."""
        there = {"target": self.target is not None, "flux": self.flux is not None}
        missing = [name for name, found in there.items() if not found]
        if len(missing) == 1 or (missing and not self.background):
            raise ValueError(f"table [{missing[0]}] is missing, expected one")
        if missing and (self.signal != SignalKeys() or self.response != ResponseKeys()):
            raise ValueError(
                "got a signal or a response without [target] and [flux], expected both"
            )

    def _amounts(self) -> None:
        whole = isinstance(self.flux, StoppedPionKeys) and self.flux.protons is not None
        if self.target is not None and whole != (self.target.mass_kg is not None):
            raise ValueError(
                "flux.protons counts a whole exposure and goes with target.mass_kg, a flux per second with "
                "target.exposure: got one without the other, expected both"
            )
        for each in self.background:
            exposed = self.target is not None and self.target.exposure is not None
            if each.unit in RATES and not exposed:
                raise ValueError(
                    f"background '{each.name}': a rate goes with target.exposure, expected events"
                )

    def _free(self) -> None:
        """What floats is declared, and reaches down to no event at all."""
        for each in self.background:
            key = f"background '{each.name}'"
            for name in each.floats:
                n = self.nuisances.get(name)
                negative = n is not None and n.range[0] != 0 and not each.histfactory
                if n is None or not n.free or negative:
                    raise ValueError(
                        f"{key}.floats = '{name}': expected [nuisances.{name}] with free = true and "
                        "range = [0, the most events]"
                    )
            for name, error in each.errors.items():
                n = self.nuisances.get(name)
                lowest = n is not None and (n.range[0] == -1 or each.histfactory)
                if n is not None and n.free and not (error == 1 and lowest):
                    raise ValueError(
                        f"nuisances.{name}: expected a range from -1, no event at all, and 1.0 in the errors of {key}"
                    )
        for name in (*(self.flux.errors if self.flux else ()), *self.signal.errors):
            if (n := self.nuisances.get(name)) is not None and n.free:
                raise ValueError(
                    f"nuisances.{name}: it is an error on the neutrinos, expected a constraint; signal_strength is "
                    "what frees their number"
                )
