"""What moves a limit: properties of an experiment, and nuisances."""

from collections.abc import Iterator

import numpy as np

from jaxmed.results.page import figures
from jaxmed.results.page.blocks import Part, numbers_csv
from jaxmed.results.page.layer import who
from jaxmed.results.page.svg import drawing
from jaxmed.results.saved import Saved, numbers

_MOST_MASSES = 5
_MOST_RANKED = 20


def sensitivity(saved: Saved) -> Iterator[Part]:
    """The properties of an experiment and what each would buy at some masses."""
    content = saved.content
    masses, knobs = content["mass_mev"], content["knobs"]
    shown = np.linspace(0, len(masses) - 1, _MOST_MASSES).round().astype(int)
    at = np.unique(shown).tolist()
    gains = [
        (mass, knob["name"], knob["now"], slope, gain)
        for knob in knobs
        for mass, slope, gain in zip(
            masses, knob["dlng_dlnx"], knob["gain_10_percent"], strict=True
        )
    ]
    head = ("mass_MeV", "property", "now", "dlng_dlnx", "gain")
    yield Part(
        title=f"{who(content)}: expected {100 * content['cl']:g} % limit",
        words=["; ".join(f"{name}: {why}" for name, why in content["missing"].items())],
        head=("property", "now", *(f"{masses[m]:.4g} MeV" for m in at)),
        rows=[(k["name"], k["now"], *(_gain(k["gain_10_percent"][m]) for m in at)) for k in knobs],
        downloads=[numbers_csv(f"{saved.path.stem}_gains", head, gains)],
    )


def _gain(gain: float | None) -> str:
    return "no limit" if gain is None else f"{100 * gain:.2f} %"


def ranking(saved: Saved) -> Iterator[Part]:
    """Nuisances by their effect on a limit, at the mass where it is strongest; only where that was saved."""
    effects, upper = saved.content.get("ranking"), numbers(saved.content["g_upper"])
    if not effects or not np.isfinite(upper).any():
        return
    masses, at = saved.content["mass_mev"], int(np.nanargmin(upper))
    change = {n: float(np.expm1(numbers(effect)[at])) for n, effect in effects.items()}
    known = {n: each for n, each in change.items() if np.isfinite(each)}
    largest = sorted(known, key=lambda n: -abs(known[n]))[:_MOST_RANKED]
    name = f"{saved.path.stem}_ranking"
    rows = list(zip(masses, *effects.values(), strict=True))
    table = numbers_csv(name, ("mass_MeV", *effects), rows)
    title = f"{who(saved.content)}, at {masses[at]:.3g} MeV"
    shown = {n: known[n] for n in largest}
    yield Part(drawings=[drawing(title, name, figures.ranking_figure, shown, csv=table)])
