"""The keys of [target]: how much of what scatters."""

from typing import Literal, Self

from pydantic import model_validator

from jaxmed.experiments.electrons import ELECTRON_COUPLINGS
from jaxmed.experiments.folder.schema.table_keys import File, MolarMass, Positive, TableKeys
from jaxmed.experiments.nuclei import FORM_FACTORS, NUCLEON_COUPLINGS


class NucleiKeys(TableKeys):
    """What coherent scattering happens on."""

    words = {"form_factor": FORM_FACTORS, "nucleon_couplings": NUCLEON_COUPLINGS}
    isotopes: File | None = None
    form_factor: str = "helm"
    nucleon_couplings: str = "corrected"
    radius_n_factor: Positive = 1.0


class ElectronsKeys(TableKeys):
    """What scattering on electrons happens on: free ones, or shells that open at their binding energy."""

    words = {"electron_couplings": ELECTRON_COUPLINGS}
    molar_mass_g_mol: MolarMass | None = None
    free: Positive | None = None
    shells: File | None = None
    effective: File | None = None
    electron_couplings: str = "corrected"

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.one_of("free", "shells", "effective", need=False)
        return self


class TargetKeys(TableKeys):
    """How much of what."""

    exposure: Positive | None = None
    exposure_unit: Literal["kg day", "kg year", "tonne year"] | None = None
    mass_kg: Positive | None = None
    formula: str | None = None
    molar_mass_g_mol: MolarMass | None = None
    nuclei: NucleiKeys | None = None
    electrons: ElectronsKeys | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.mass_kg is None and self.exposure is None:
            raise ValueError("key 'exposure' under target is missing")
        self.one_of("exposure", "mass_kg")
        self.together("exposure", "exposure_unit")
        if self.nuclei is None and self.electrons is None:
            raise ValueError("expected a table [target.nuclei], [target.electrons] or both")
        if self.nuclei and self.nuclei.isotopes is None and self.formula is None:
            raise ValueError("which nuclei? expected formula, or nuclei.isotopes, a table")
        return self
