"""The keys of [response]: what a detector makes of a recoil."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jaxmed.experiments.folder.schema.table_keys import (
    File,
    Four,
    NotNegative,
    Positive,
    TableKeys,
    in_short,
)


class QuenchingKeys(TableKeys):
    """Visible energy of a nuclear recoil."""

    factor: Annotated[float, Field(gt=0, le=1.2)] | None = None
    file: File | None = None
    lindhard_k: Positive | None = None
    polynomial_keV: list[float] | None = None
    polynomial_MeV: list[float] | None = None
    error: Positive | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.one_of("factor", "file", "lindhard_k", "polynomial_keV", "polynomial_MeV")
        if self.error is not None and self.lindhard_k is None:
            raise ValueError("got error without lindhard_k, expected both")
        if self.lindhard_k is not None and not (self.error or 0.0) < self.lindhard_k <= 0.5:
            raise ValueError(
                f"got lindhard_k = {self.lindhard_k:g}, error = {self.error or 0:g}, expected error < k, and k up to "
                "0.5"
            )
        return self


class LightKeys(TableKeys):
    """Photoelectrons: gamma-distributed, or Poisson without `gamma_per_keV`."""

    keV_per_PE: Positive
    gamma_per_keV: Positive | None = None


class ResolutionKeys(TableKeys):
    """Sigma of the visible energy."""

    constant_keV: NotNegative = 0.0
    sqrt: NotNegative = 0.0
    linear: NotNegative = 0.0
    combine: Literal["sum", "quadrature"] = "sum"
    file: File | None = None
    truncated: bool = False

    @model_validator(mode="after")
    def _some(self) -> Self:
        formula = self.constant_keV + self.sqrt + self.linear > 0
        if formula == (self.file is not None):
            got = "file and numbers" if formula else "no width"
            raise ValueError(
                f"got {got}, expected some of constant_keV, sqrt, linear above 0, or a file"
            )
        return self


class EfficiencyKeys(TableKeys):
    """Acceptance at the reconstructed energy, or before the smearing."""

    constant: Annotated[float, Field(gt=0, le=1)] | None = None
    file: File | None = None
    sigmoid_keV: Four | None = None
    sigmoid_PE: Four | None = None
    at: Literal["reconstructed", "visible", "recoil"] = "reconstructed"

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.one_of("constant", "file", "sigmoid_keV", "sigmoid_PE")
        return self


class TimeEfficiencyKeys(TableKeys):
    """Acceptance in time."""

    file: File | None = None
    decay_per_us: Positive | None = None
    from_us: float = 0.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.one_of("file", "decay_per_us")
        return self


class MatrixKeys(TableKeys):
    """Probabilities of the bins for recoils, of whatever scatters, or of nuclei and electrons each."""

    file: File | None = None
    nuclei: File | None = None
    electrons: File | None = None


_NO_LOSS = EfficiencyKeys(constant=1.0)


class ResponseKeys(TableKeys):
    """What a detector makes of a recoil: a chain of steps, or a matrix."""

    matrix: Annotated[MatrixKeys, in_short(text="file")] | None = None
    quenching: Annotated[QuenchingKeys, in_short(number="factor", text="file")] | None = None
    light: LightKeys | None = None
    resolution: Annotated[ResolutionKeys, in_short(text="file")] | None = None
    efficiency: Annotated[EfficiencyKeys, in_short(number="constant", text="file")] = _NO_LOSS
    lowest_keV: NotNegative | None = None
    time_efficiency: Annotated[TimeEfficiencyKeys, in_short(text="file")] | None = None

    @model_validator(mode="after")
    def _chain(self) -> Self:
        steps = (self.quenching, self.light, self.resolution, self.lowest_keV)
        if self.matrix and (any(s is not None for s in steps) or self.efficiency != _NO_LOSS):
            raise ValueError("got matrix and steps of a chain, expected the matrix alone")
        if self.light and self.resolution:
            raise ValueError("got light and resolution: photoelectrons fluctuate, expected one")
        if (self.efficiency.sigmoid_PE is not None) and self.light is None:
            raise ValueError("got efficiency.sigmoid_PE without light, expected sigmoid_keV")
        if self.light and (self.efficiency.file or self.efficiency.sigmoid_keV):
            raise ValueError("got light and an efficiency in keV, expected efficiency.sigmoid_PE")
        return self
