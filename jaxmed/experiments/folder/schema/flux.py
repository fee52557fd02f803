"""The keys of [flux]: the sources of neutrinos."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from jaxmed.experiments.folder.schema.table_keys import (
    File,
    Fraction,
    NuisanceName,
    Positive,
    TableKeys,
)
from jaxmed.flux.reactor import SPECTRA
from jaxmed.flux.solar import OSCILLATIONS, SOLAR_MODELS, SOURCES
from jaxmed.user_files import keys


class ArrivalKeys(TableKeys):
    """When the neutrinos of each part arrive: a table, or a Gaussian pulse with the lifetimes of pion and muon."""

    file: File | None = None
    pulse_mean_us: float | None = None
    pulse_sigma_us: Positive | None = None
    delay_us: float = 0.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.one_of("file", "pulse_mean_us")
        self.together("pulse_mean_us", "pulse_sigma_us")
        return self


class FluxKeys(TableKeys):
    """What all sources have: errors of the whole, or of parts, by nuisance."""

    errors: dict[NuisanceName, Fraction | Annotated[dict[str, Fraction], Field(min_length=1)]] = {}


class ReactorKeys(FluxKeys):
    """Antineutrinos of a power reactor, by fission fractions."""

    source: Literal["reactor"]
    total_cm2_s: Positive
    per_fission: Annotated[float, Field(gt=1, lt=20)] = 7.2
    fractions: dict[str, Positive] | None = None
    spectra: str = "mueller_vogel_engel"

    @field_validator("spectra")
    @classmethod
    def _spectra(cls, value: str) -> str:
        if value not in SPECTRA and not re.fullmatch(r"[^/\\]+\.csv", value):
            close = keys.hint(value, SPECTRA)
            raise ValueError(
                f"= {keys.short(value)}{close}: expected {keys.one_of(SPECTRA)}, or the name of a .csv file"
            )
        return value


class StoppedPionKeys(FluxKeys):
    """Pions and muons decaying at rest."""

    source: Literal["stopped_pion"]
    per_flavour_cm2_s: Positive | None = None
    protons: Positive | None = None
    per_proton: Annotated[float, Field(gt=0, lt=1)] | None = None
    distance_m: Annotated[float, Field(gt=1, lt=1e4)] | None = None
    arrival: ArrivalKeys | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.per_flavour_cm2_s is None and self.protons is None:
            raise ValueError("key 'per_flavour_cm2_s' under flux is missing")
        self.one_of("per_flavour_cm2_s", "protons")
        self.together("protons", "per_proton", "distance_m")
        return self


class SolarKeys(FluxKeys):
    """Neutrinos of the sun."""

    words = {
        "model": SOLAR_MODELS,
        "parts": SOURCES,
        "fluxes_cm2_s": SOURCES,
        "oscillations": OSCILLATIONS,
    }
    source: Literal["solar"]
    model: str = "gs98"
    parts: Annotated[list[str], Field(min_length=1)] = list(SOURCES)
    fluxes_cm2_s: dict[str, Positive] = {}
    oscillations: str = "nufit50"


class TabulatedFluxKeys(FluxKeys):
    """A spectrum of one's own."""

    source: Literal["table"]
    file: File
    arrival: ArrivalKeys | None = None
