"""One description of what is asked, filled alike by TOML, options of the command line and Python keywords.

Every key is checked here, and every mistake is one sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Self, cast

import jax
import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from jaxmed.experiments import (
    Experiment,
    check_options,
    is_folder,
    load,
    published,
    read_folder,
)
from jaxmed.experiments.model import STRENGTH
from jaxmed.inference.bayes.priors import read_priors
from jaxmed.inference.engine.devices import PLATFORMS
from jaxmed.inference.hypothesis.p_values import MOST_TOYS
from jaxmed.inference.problem import Problem, Settings, check_constraints, make_problem
from jaxmed.inference.regions.grid_scan import axis_values, read_values
from jaxmed.inference.regions.limits import check_sided, chi2_quantile
from jaxmed.models.choose import get_model
from jaxmed.models.from_file import model_from
from jaxmed.models.model import Choice, Model, Parameter
from jaxmed.results.provenance import provenance
from jaxmed.theory.charges import Charges
from jaxmed.theory.couplings import Epsilon
from jaxmed.user_files.keys import hint, identifier, known, one_of, unknown
from jaxmed.user_files.sentences import first_sentence

DEFAULT = "combined.toml"
"""The file of the main job, in fits/."""
METHODS = ("asymptotic", "fc")
"""Of limits."""
Options = dict[str, dict[str, Any]]
Toys = Annotated[int | None, Field(ge=1, le=MOST_TOYS)]
Axis = float | Sequence[float] | np.ndarray | str
"""Values of a parameter: one, several, or text such as '1e-3:1e3:61'."""


def _one_or_several(value: Any) -> Any:
    """One of something as several."""
    return (value,) if isinstance(value, str | int | float | Experiment) else value


def _values(name: str) -> BeforeValidator:
    """Numbers from one number, several, or text."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            return tuple(read_values(name, value, log=True).tolist())
        return _one_or_several(value)

    return BeforeValidator(read)


class Common(Settings, total=False):
    """Keywords of every public function that fits, beside experiments and model; see `Analysis`."""

    options: Options
    box: Mapping[str, tuple[float, float]]
    device: str


class Analysis(BaseModel):
    """One analysis; what a command does not need it passes over.

    Attributes:
        experiments: names of data sets, paths of folders with one's own, or experiments that are loaded.
        model: what is fitted: a preset name, the path of a file, a table, or whatever else makes a model (`get_model`).
        name: of the joint fit in results and file names; the names of the experiments if left out.
        options: experiment -> its options, each with a choice.
        alternatives: name -> options by experiment, laid over `options`, with which the joint fit is repeated.
        alone: whether each experiment is also fitted by itself.
        box: parameter -> [low, high] in its own unit, within the model's box: where it may move.
        fixed: name -> value held fixed: model parameters in their own unit, nuisances in standard deviations.
        free: names freed beyond the default.
        constraints: measurements added to every fit by name, such as rho.
        priors: of model parameters, by name, as `priors.read_priors` reads them.
        grid: points along each model parameter in the scan behind a fit.
        scan: values of model parameters for a scan or contours, by name, in their own unit; where left out, `grid`
            values over the box for a scan, and steps of a quarter decade for contours.
        masses: of the mediator [MeV], for limits; left out where one parameter alone is free.
        cl: confidence levels; limits take one.
        sided: convention of limits, 'two' or 'one'.
        method: of limits, 'asymptotic' or 'fc', Feldman-Cousins.
        toys: for Feldman-Cousins at each point, at most, and of each truth for a significance or a coverage.
        regions: whether a calibration is of regions of g and mass, and not of limits at each mass.
        replicas: data sets for the calibration of a posterior.
        expected: toys for limits expected without a mediator.
        seed: of toys and chains.
        chains: of a posterior.
        samples: kept from each chain.
        warmup: steps of each chain before.
        device: where to compute, 'cpu', 'gpu' or 'tpu'; by default where JAX would, and a fit on the host's processor.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    experiments: Annotated[tuple[str | Experiment, ...], BeforeValidator(_one_or_several)]
    model: Annotated[Any, Field(validate_default=True)] = "u1r"
    name: Annotated[str, Field(validate_default=True)] = ""
    options: Options = {}
    alternatives: dict[str, Options] = {}
    alone: bool = False
    box: dict[str, tuple[float, float]] = {}
    fixed: dict[str, float] = {}
    free: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    priors: dict[str, str] = {}
    grid: Annotated[int, Field(ge=5, le=1001)] = 41
    scan: dict[str, Any] = {}
    masses: Annotated[tuple[float, ...], _values("mass")] = ()
    cl: Annotated[tuple[float, ...], _values("cl")] = ()
    sided: str = "two"
    method: str = "asymptotic"
    toys: Toys = None
    regions: bool = False
    replicas: Annotated[int, Field(ge=50, le=MOST_TOYS)] = 100
    expected: Toys = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    chains: Annotated[int, Field(ge=1)] = 4
    samples: Annotated[int, Field(ge=4)] = 1000
    warmup: Annotated[int, Field(ge=1)] = 1000
    device: str = ""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Arrays as tuples of numbers, and nothing for what was not given."""
        found = {k: _plain(v) for k, v in given.items() if v is not None}
        if isinstance(found.get("box"), Mapping):
            found["box"] = {k: _plain(v) for k, v in found["box"].items()}
        return found

    @field_validator("experiments")
    @classmethod
    def _known(cls, given: tuple[str | Experiment, ...]) -> tuple[str | Experiment, ...]:
        return check_experiments(given)

    @field_validator("model")
    @classmethod
    def _model(cls, given: Any) -> Model:
        if isinstance(given, str | Model | Charges | Epsilon) or callable(given):
            return get_model(cast(Choice, given))
        return model_from(given)

    @field_validator("name")
    @classmethod
    def _joint(cls, given: str, info: ValidationInfo) -> str:
        joined = "_".join(_name_of(each) for each in info.data.get("experiments", ()))
        if given in published() and given != joined:
            raise ValueError(f"name = '{given}': expected not the name of another experiment")
        return identifier("name", given) if given else joined

    @field_validator("options", "alternatives")
    @classmethod
    def _loadable(cls, given: Any, info: ValidationInfo) -> Any:
        several = info.field_name == "alternatives"
        for name, each in given.items() if several else [("", given)]:
            under = f"alternatives.{identifier('alternatives', name)}" if several else "options"
            _check_options(each, under, info.data.get("experiments", ()))
        return given

    @field_validator("box")
    @classmethod
    def _boxes(cls, given: Any, info: ValidationInfo) -> Any:
        own = _parameters(info)
        known(given, own, "parameter under box")
        for name, (low, high) in given.items():
            least, most = own[name].low, own[name].high
            if not least <= low < high <= most:
                raise ValueError(
                    f"box.{name} = [{low:g}, {high:g}]: expected low < high, from {least:g} to {most:g}"
                )
        return given

    @field_validator("constraints")
    @classmethod
    def _constraints(cls, given: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return check_constraints(given, info.data["model"]) if "model" in info.data else given

    @field_validator("priors")
    @classmethod
    def _priors(cls, given: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        # an experiment's normalisations that float are known once it is loaded
        later = tuple(f"{_name_of(each)}_" for each in info.data.get("experiments", ()))
        if "model" in info.data:
            now = {n: text for n, text in given.items() if not n.startswith(later)}
            read_priors(now, info.data["model"])
        return given

    @field_validator("scan")
    @classmethod
    def _axes(cls, given: dict[str, Any], info: ValidationInfo) -> dict[str, np.ndarray]:
        own = _parameters(info)
        known(given, own, "key under scan")
        return {n: axis_values(own[n], _axis(v), f"scan.{n}") for n, v in given.items()}

    @field_validator("cl")
    @classmethod
    def _levels(cls, given: tuple[float, ...]) -> tuple[float, ...]:
        for level in given:
            chi2_quantile(level)
        return given

    @field_validator("sided")
    @classmethod
    def _sided(cls, given: str) -> str:
        return check_sided(given)

    @field_validator("device")
    @classmethod
    def _device(cls, given: str) -> str:
        if given not in ("", *PLATFORMS):
            raise ValueError(unknown("device", given, PLATFORMS))
        return given

    @field_validator("method")
    @classmethod
    def _method(cls, given: str) -> str:
        if given not in METHODS:
            raise ValueError(unknown("method", given, METHODS))
        return given

    @classmethod
    def of(cls, **given: Any) -> Self:
        """The analysis of some keywords; None stands for what is left out.

        Raises:
            ValueError: the first mistake, in one sentence.
        """
        try:
            return cls.model_validate(given)
        except ValidationError as problem:
            raise ValueError(first_sentence(problem, cls)) from None

    @cached_property
    def data(self) -> tuple[Experiment, ...]:
        """The experiments, loaded."""
        return tuple(
            load(each, **self.options.get(each, {})) if isinstance(each, str) else each
            for each in self.experiments
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the experiments."""
        return tuple(e.name for e in self.data)

    @property
    def narrowed(self) -> Model:
        """The model with its box as narrow as it was asked for."""
        parameters = (
            p._replace(low=self.box[p.name][0], high=self.box[p.name][1])
            if p.name in self.box
            else p
            for p in self.model.parameters
        )
        return replace(self.model, parameters=tuple(parameters)) if self.box else self.model

    @property
    def settings(self) -> Settings:
        """What every function that fits takes."""
        return {"fixed": self.fixed, "free": self.free, "constraints": self.constraints}

    @property
    def problem(self) -> Problem:
        """The joint fit; ValueError for a name that neither the model nor the data know."""
        return make_problem(self.data, self.narrowed, **self.settings)

    def level(self, default: float = 0.9) -> float:
        """The only confidence level; ValueError if there are several."""
        if len(self.cl) > 1:
            raise ValueError(f"cl = {list(self.cl)}: expected one confidence level")
        return self.cl[0] if self.cl else default

    def line(self) -> np.ndarray:
        """Masses [MeV], (n,); ValueError if there are none."""
        if not self.masses:
            raise ValueError("key 'masses' is missing: expected masses of the mediator [MeV]")
        return np.array(self.masses)

    def point(self) -> dict[str, float]:
        """Value of every parameter of the model, as they are fixed; ValueError without g or mass."""
        for name in ("g", "mass"):
            if name not in self.fixed:
                raise ValueError(f"{name}: expected a value, as an option or under fixed, got none")
        own = {p.name for p in self.model.parameters}
        known = {name for each in self.data for name in each.nuisances}
        return {n: v for n, v in self.fixed.items() if n in own or n not in known}

    def parts(self) -> "dict[str, Analysis]":
        """The fits that are asked for, by name: joint, with alternative options, each experiment alone; all checked.

        Raises:
            ValueError: damaged data, an unknown option, parameter or nuisance, or two fits of one name.
        """
        found: list[tuple[str, Analysis]] = [(self.name, self)]
        for alternative, options in self.alternatives.items():
            both = {
                e: self.options.get(e, {}) | options.get(e, {}) for e in {*self.options, *options}
            }
            # what has no other options is not loaded again
            again = tuple(
                each if isinstance(each, str) and each in options else own
                for each, own in zip(self.experiments, self.data, strict=True)
            )
            changes = {"experiments": again, "options": both}
            found.append((f"{self.name}_{alternative}", self._like(**changes)))
        if self.alone and len(self.data) > 1:
            known = {STRENGTH, *(p.name for p in self.model.parameters)}
            for each in self.data:
                own = known | {*each.nuisances}
                fixed = {n: v for n, v in self.fixed.items() if n in own}
                priors = {n: text for n, text in self.priors.items() if n in own}
                found.append(
                    (each.name, self._like(experiments=(each,), fixed=fixed, priors=priors))
                )
        names = [name for name, _ in found]
        if len(set(names)) != len(names):
            raise ValueError(f"fits {', '.join(names)}: expected names that differ")
        for _, part in found:
            read_priors(part.priors, part.model, part.problem.floating)
        return dict(found)

    def _like(self, **changes: Any) -> "Analysis":
        # not a copy, which would come with the data of the original
        same = {name: getattr(self, name) for name in type(self).model_fields}
        return Analysis.model_construct(**same | {"alone": False, "alternatives": {}} | changes)


def asked(analysis: Analysis) -> dict[str, Any]:
    """What every result says about its question, with where its data come from."""
    return {
        "model": analysis.model.name,
        "experiments": list(analysis.names),
        "constraints": list(analysis.constraints),
        "fixed": analysis.fixed,
        "free": list(analysis.free),
        "options": analysis.options,
        "box": analysis.box,
        "provenance": provenance(analysis.data),
    }


def check_experiments(given: Sequence[str | Experiment]) -> tuple[str | Experiment, ...]:
    """Names, folders of one's own, or experiments; ValueError for an unknown, repeated or missing one."""
    for each in given:
        if isinstance(each, str) and each not in published() and not is_folder(each):
            raise ValueError(
                f"unknown experiment '{each}'{hint(each, published())}: expected {one_of(published())}, "
                "or the path of a folder"
            )
    names = [_name_of(each) for each in given]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"experiments = {names}: expected at least one, each at most once")
    return tuple(given)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        value = np.asarray(value).tolist()
    return tuple(_plain(v) for v in value) if isinstance(value, list | tuple) else value


def _axis(value: Any) -> Any:
    """Text as it is, one number or several as a list."""
    found = _plain(value)
    if isinstance(found, int | float):
        return [found]
    return list(found) if isinstance(found, tuple) else found


def _name_of(experiment: str | Experiment) -> str:
    """Its own name, whatever path was typed to it."""
    if isinstance(experiment, Experiment):
        return experiment.name
    return read_folder(experiment).name if is_folder(experiment) else experiment


def _parameters(info: ValidationInfo) -> dict[str, Parameter]:
    """Of the model, none if that has a mistake of its own."""
    return {p.name: p for p in info.data["model"].parameters} if "model" in info.data else {}


def _check_options(options: Options, under: str, experiments: tuple[str | Experiment, ...]) -> None:
    """ValueError for options of what is not asked for, or is loaded already, or that an experiment does not have."""
    names = [each for each in experiments if isinstance(each, str)]
    known(options, names, f"experiment under {under}")
    for name, table in options.items():
        check_options(name, table)
