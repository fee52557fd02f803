"""A significance from toys: what is saved, its words, table and figure; as JSON, and with all toys as .npz.

Beside what every file has (`jaxmed.results.store`), the header of the .npz holds the keys of the JSON, and its arrays
are, for background-only toys (no suffix), the same toys with the mass held at the best fit (_local), and toys of the
best fit (_best)

    q            2 (nll at the truth - nll at the global minimum), (n_toys,)
    nll          -log(L/L_saturated) + pulls at the truth, nuisances fitted, (n_toys,)
    nll_least    the same at the global minimum, (n_toys,)
    least        where that is, in the fit's coordinates, free model parameters first, (n_toys, n_free)
    status       0 converged; 2 unconverged, counted as more extreme than the data, (n_toys,)
    numbers      of the toys in the stream of the seed: any of them can be drawn again, (n_toys,)
"""

from collections.abc import Mapping
from math import erfc, inf, isfinite, sqrt
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from jaxmed.colours import BLACK, BLUE, ORANGE, RED
from jaxmed.inference.hypothesis.p_values import LikelihoodRatios, PValue
from jaxmed.inference.results import CONVERGED, NO_MEDIATOR, UNCONVERGED, prefers_mediator
from jaxmed.results.fit_in_words import LABELS, UNITS
from jaxmed.results.result import Result
from jaxmed.results.rows import Rows
from jaxmed.results.schema import NUMBER, table_of
from jaxmed.results.shown import Columns, Drawing
from jaxmed.results.store import write_npz

TESTS = {
    "everywhere": "standard model, any mass",
    "local": "standard model, mass of the best fit",
    "local_asymptotic": "the same, half a chi^2",
    "fit_sm": "goodness of fit, standard model",
    "fit_best": "goodness of fit, best fit",
}
"""The p-values, and what each tests."""
_TOYS = ("toys", "toys_local", "toys_best")
_BINS = 40


_P_VALUE = table_of(PValue)
_P_VALUE["properties"]["z"] = NUMBER


def _infinite(value: Any) -> Any:
    """A p-value of 0 or 1 from JSON, which has null for its infinite number of standard deviations."""
    if isinstance(value, Mapping) and value.get("z", 0) is None:
        return {**value, "z": -inf if value.get("value") == 1 else inf}
    return value


def _p_value(name: str) -> property:
    """One of the p-values."""
    return property(lambda self: self.p_values[name], doc=f"P-value: {TESTS[name]}.")


class Method(BaseModel):
    """The test, the number of toys of each truth, and the seed of their stream."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test: Literal["significance"] = "significance"
    number: Annotated[int, Field(ge=1)]
    seed: int


class SignificanceResult(Result):
    """A test of the standard model against a mediator, with toys (`inference.hypothesis.significance`).

    Attributes:
        method: number of toys of each truth, and seed of their stream.
        q0: 2 (nll of the standard model - nll of the best fit), the data's.
        best: model parameters of the best fit in their own unit.
        nll_sm: -log(L/L_sat) + pulls of the data in the standard model, nuisances fitted.
        nll_best: the same at the best fit.
        p_values: by the names of TESTS, which are attributes, too: `everywhere` with g and the mass free in the toys,
            the look-elsewhere effect included; `local` with the mass held at its best fit, and what half a chi^2 of
            one degree of freedom says instead; goodness of fit of the standard model and of the best fit.
        failed: numbers of the toys that did not converge, "background", "local" and "best".
        signed: whether what is tested may be on either side of the standard model: a whole chi^2, and no half.
        undefined: in words, where in its box the model is undefined: no best fit is looked for there.
        toys: background-only toys, tested with g and the mass free; None if read from JSON.
        toys_local: the same toys with the mass held.
        toys_best: toys of the best fit.
    """

    kind: ClassVar = "significance"
    section: ClassVar = "Significance"
    optional: ClassVar = frozenset(_TOYS)
    bulky: ClassVar = frozenset(_TOYS)

    method: Method
    q0: float
    best: dict[str, float]
    nll_sm: float
    nll_best: float
    p_values: dict[str, Annotated[PValue, BeforeValidator(_infinite), WithJsonSchema(_P_VALUE)]]
    failed: dict[str, list[int]]
    signed: bool = False
    undefined: str = ""
    toys: LikelihoodRatios | None = None
    toys_local: LikelihoodRatios | None = None
    toys_best: LikelihoodRatios | None = None

    everywhere, local, local_asymptotic = map(_p_value, ("everywhere", "local", "local_asymptotic"))
    fit_sm, fit_best = map(_p_value, ("fit_sm", "fit_best"))

    @property
    def number(self) -> int:
        """Of toys of each truth."""
        return self.method.number

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """All p-values, and as many toys as it says."""
        if not {*TESTS} <= self.p_values.keys():
            raise ValueError(f"p_values: expected {', '.join(TESTS)}")
        if not (self.best.keys() >= {"g", "mass"} or ("g" not in self.best and self.best)):
            raise ValueError("best: expected g, mass, or parameters in their place")
        for name in _TOYS:
            toys, shape = getattr(self, name), (self.number,)
            for key, leaf in ({} if toys is None else toys._asdict()).items():
                if leaf.shape[:1] != shape or leaf.dtype.kind not in "bif":
                    raise ValueError(
                        f"expected {key} of {name} {shape} numbers, found {leaf.shape}"
                    )
        return self

    def save(self, path: Path | str) -> Path:
        """Write everything as .npz, or all but the toys as JSON; ValueError if it cannot be written."""
        written = Path(path)
        if written.suffix != ".npz":
            return super().save(written)
        arrays: dict[str, np.ndarray] = {}
        for name in _TOYS:
            toys, suffix = self._drawn(name), name.removeprefix("toys")
            arrays |= {
                f"q{suffix}": toys.q,
                f"nll{suffix}": toys.nll,
                f"nll_least{suffix}": toys.nll_best,
                f"least{suffix}": toys.best,
                f"status{suffix}": np.where(toys.failed, UNCONVERGED, CONVERGED).astype(np.int8),
                f"numbers{suffix}": toys.numbers,
            }
        write_npz(written, self.kind, self.content(), arrays)
        return written

    @classmethod
    def from_npz(cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The result from the header and arrays that `save` wrote; ValueError, in one sentence, for anything else."""
        content = {k: v for k, v in header.items() if k != "sha256"}
        for name in _TOYS:
            suffix = name.removeprefix("toys")
            try:
                content[name] = LikelihoodRatios(
                    q=arrays[f"q{suffix}"],
                    nll=arrays[f"nll{suffix}"],
                    nll_best=arrays[f"nll_least{suffix}"],
                    best=arrays[f"least{suffix}"],
                    failed=arrays[f"status{suffix}"] == UNCONVERGED,
                    numbers=arrays[f"numbers{suffix}"],
                )
            except KeyError as missing:
                raise ValueError(
                    f"expected an array {missing} in a significance, found none"
                ) from None
        return cls.read(content)

    def _drawn(self, name: str) -> LikelihoodRatios:
        toys = getattr(self, name)
        if toys is None:
            raise ValueError("the toys are not in the JSON: expected the .npz beside it")
        return toys

    def table(self) -> Rows:
        """One row per test."""
        values = (
            f"{LABELS.get(name, name)} = {value:.3g} {UNITS.get(name, '')}".rstrip()
            for name, value in self.best.items()
        )
        where = f"at {', '.join(values)}"
        if not prefers_mediator(self.best, self.q0):
            where = NO_MEDIATOR
        title = f"{self.number} toys; SM - best fit in -2logL: {self.q0:.2f}, {where}"
        rows = [[words, *self._cells(name)] for name, words in self._tests().items()]
        return Rows(title, ("test", "p-value", "error", "sigma"), rows, (1, 2, 3))

    def _tests(self) -> dict[str, str]:
        """Those there are, and what each tests: without a mass nothing is to be looked for elsewhere."""
        if "mass" in self.best:
            return TESTS
        own = {"everywhere": "standard model", "local_asymptotic": "the same, asymptotic"}
        return {name: own.get(name, words) for name, words in TESTS.items() if name != "local"}

    def _cells(self, name: str) -> tuple[str, str, str]:
        """P-value, error and standard deviations; bounds where no toy is as extreme as the data."""
        p = self.p_values[name]
        z = f"{p.z:.2f}" if isfinite(p.z) else ""
        if p.error and round(p.value * (self.number + 1)) == 1:
            return f"< 1/{self.number}", "", f"> {z}"
        return f"{p.value:.3g}", f"{p.error:.1g}" if p.error else "", z

    def notes(self) -> list[str]:
        """Where the model is undefined, and one sentence for each kind of toy whose fits did not all converge."""
        undefined = f"undefined for {self.undefined}: no best fit is looked for there"
        return [undefined] * bool(self.undefined) + [
            f"{len(numbers)} {name} toys did not converge and count as more extreme: numbers {numbers[:10]}"
            for name, numbers in self.failed.items()
            if numbers
        ]

    def answers(self) -> list[str]:
        """How much better the best fit is, and how often chance alone does as well."""
        p, error, z = self._cells("everywhere")
        chance = f"{p} ± {error}" if error else p
        sigmas = f", {z}σ" if z else ""
        what = "a mediator of any mass" if "mass" in self.best else "this model of any size"
        return [
            f"The standard model is q0 = {self.q0:.2f} units of -2 log L worse than the best fit.",
            f"How often it alone looks as much like {what}: {chance}{sigmas}.",
            *self.notes(),
        ]

    def drawings(self) -> list[Drawing]:
        """The toys, if they were read as well."""
        return [Drawing("toys without a mediator", self.figure)] if self.toys is not None else []

    def numbers(self) -> dict[str, Columns]:
        """The toys, if they were read as well."""
        return super().numbers() if self.toys is not None else {}

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Distribution of q in background-only toys, with any mass and the best fit's, and the data's q0.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the Axes, such as title.

        Raises:
            ValueError: the result was read from JSON, which has no toys.
        """
        toys, local = self._drawn("toys"), self._drawn("toys_local")
        panel = Figure(figsize=(6.4, 4.8), layout="constrained").subplots() if ax is None else ax
        most = max(self.q0, *(float(t.q[~t.failed].max(initial=1.0)) for t in (toys, local)))
        edges = np.linspace(0, 1.05 * most, _BINS + 1)
        share = 1.0 if self.signed else 0.5
        above = np.array([1.0, *(share * erfc(sqrt(q / 2)) for q in edges[1:])])
        for each, name, looks in (
            (toys, "everywhere", {"color": BLUE, "alpha": 0.4}),
            (local, "local", {"color": ORANGE, "histtype": "step", "lw": 1.6}),
        ):
            if name in self._tests():
                panel.hist(each.q[~each.failed], edges.tolist(), label=self._label(name), **looks)
        middles, curve = (edges[1:] + edges[:-1]) / 2, -self.number * np.diff(above)
        label = self._label("local_asymptotic")
        panel.plot(middles, curve, color=BLACK, ls="--", lw=1.2, label=label)
        panel.axvline(self.q0, color=RED, label=f"data: $q_0$ = {self.q0:.2f}")
        panel.set(yscale="log", xlim=(-edges[1] / 2, edges[-1]), ylim=(0.5, 20 * self.number))
        panel.set_xlabel(r"$q = -2\,\Delta\log L$, standard model $-$ best fit")
        panel.set_ylabel("background-only toys in a bin")
        panel.legend(fontsize=8, loc="upper right")
        panel.set(**{"title": self.heading} | style)
        return panel

    def _label(self, name: str) -> str:
        """Of a distribution, with its p-value."""
        p, error, z = self._cells(name)
        words = {"everywhere": "any mass", "local": "mass of the best fit"}
        if "mass" not in self.best:
            words = {"everywhere": "toys", "local_asymptotic": "χ²" if self.signed else "½χ²"}
        number = p if p.startswith("<") else f"= {p}"
        spread, sigmas = f" ± {error}" if error else "", f" ({z}σ)" if z else ""
        return f"{words.get(name, '½χ², the same')}: p {number}{spread}{sigmas}"

    def columns(self) -> dict[str, Any]:
        """One row for each background-only toy; ValueError if the result was read from JSON."""
        toys, local = self._drawn("toys"), self._drawn("toys_local")
        return {
            "number": toys.numbers,
            "q": toys.q,
            "nll": toys.nll,
            "failed": toys.failed,
            "q_local": local.q,
            "failed_local": local.failed,
        }
