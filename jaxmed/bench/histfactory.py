"""Likelihoods that jaxmed, evermore, NextStat and pyhf can all express, one and the same for all of them.

The first sample is scaled by a free signal strength. All nuisances are pairs of templates at +1 and -1 sigma, between
which HistFactory's interpolation code 4p runs. A normalisation is such a pair, too: code 4p is linear then, where code
4, HistFactory's own for normalisations, is not.
"""

from typing import Any, NamedTuple

import numpy as np

from jaxmed.experiments.model import Axis, Channel, Experiment, component, stack
from jaxmed.models.model import Parameter
from jaxmed.theory.amplitudes import TREE_ELECTRON

STRENGTH = Parameter("mu", 0.0, 10.0, False, "1")
_SEED = 20210612
_NORMALISATIONS = 0.4  # their share of many nuisances

Pair = tuple[np.ndarray, np.ndarray]
"""Events at +1 and at -1 sigma, (n_bins,) each."""


class Sample(NamedTuple):
    """One source of events: nominal ones (n_bins,), and a pair for each nuisance that acts on it."""

    name: str
    nominal: np.ndarray
    pairs: dict[str, Pair]


Samples = tuple[Sample, ...]
"""Of one likelihood, the signal first."""


def six_parameters() -> Samples:
    """50 bins, a signal strength, three normalisations and two shapes."""
    x = _middles(50)
    peak, falling, flat = _peak(60.0, x, 0.4, 0.06), 400 * np.exp(-3 * x), np.full(x.size, 60.0)
    shift = _pair(peak, 0.3 * (x - 0.4), 0.35 * (x - 0.4))
    tilt = _pair(falling, 0.15 * (x - 0.5), 0.12 * (x - 0.5))
    return (
        Sample("peak", peak, {"peak_norm": _pair(peak, 0.05, 0.05), "shift": shift}),
        Sample("falling", falling, {"falling_norm": _pair(falling, 0.1, 0.1), "tilt": tilt}),
        Sample("flat", flat, {"flat_norm": _pair(flat, 0.2, 0.2)}),
    )


def many_nuisances(number: int = 200) -> Samples:
    """100 bins, five samples, a signal strength, and nuisances that act on one to three samples each."""
    x, random = _middles(100), np.random.default_rng(_SEED)
    nominal = {
        "peak": _peak(80.0, x, 0.4, 0.05),
        "falling": 500 * np.exp(-3 * x),
        "flat": np.full(x.size, 100.0),
        "rising": 150 * x,
        "bump": _peak(120.0, x, 0.7, 0.15),
    }
    pairs: dict[str, dict[str, Pair]] = {name: {} for name in nominal}
    for i in range(number):
        norm = random.random() < _NORMALISATIONS
        wave = np.sin(np.pi * random.integers(1, 4) * x + random.uniform(0, 2 * np.pi))
        for name in random.permutation(list(nominal))[: random.integers(1, 4)]:
            up, down = random.choice([-1, 1]) * random.uniform(0.005, 0.04, 2)
            varied = (up, up) if norm else (up * wave, down * wave)
            pairs[name][f"{'norm' if norm else 'shape'}_{i}"] = _pair(nominal[name], *varied)
    return tuple(Sample(name, counts, pairs[name]) for name, counts in nominal.items())


def _middles(n: int) -> np.ndarray:
    return (np.arange(n) + 0.5) / n


def _peak(height: float, x: np.ndarray, middle: float, width: float) -> np.ndarray:
    return height * np.exp(-(((x - middle) / width) ** 2) / 2)


def _pair(nominal: np.ndarray, up: float | np.ndarray, down: float | np.ndarray) -> Pair:
    return nominal * (1 + up), nominal * (1 - down)


def expected(samples: Samples) -> np.ndarray:
    """Events at signal strength 1 and nominal nuisances, (n_bins,)."""
    return np.sum([sample.nominal for sample in samples], axis=0)


def experiment(samples: Samples) -> Experiment:
    """The likelihood as jaxmed has it, of backgrounds alone: the signal strength floats, and no neutrino scatters."""
    counts = expected(samples)
    n = counts.size
    silent = Channel(
        recoil=np.ones(1),
        moments=np.zeros((2, 3, 3, 1)),
        per_node=np.zeros(1),
        response=np.zeros((1, 1, 1)),
        spread=np.zeros((1, n)),
        target=TREE_ELECTRON,
        folding_of=(0,),
        form_p=None,
        form_n=None,
    )
    signal, *others = samples
    scaled = component(signal.nominal, None, signal.pairs, signal.name, (STRENGTH,))
    return Experiment(
        observed=counts,
        error=np.ones(n),
        channels=(stack(silent),),
        widths=np.zeros(0),
        background=(scaled, *(component(s.nominal, None, s.pairs, s.name) for s in others)),
        name="histfactory",
        title=f"{n} bins",
        axes=(Axis("x", "1", tuple(np.linspace(0, 1, n + 1).tolist())),),
        shapes=(),
        scales=(),
        gaussian=False,
    )


def workspace(samples: Samples) -> dict[str, Any]:
    """The likelihood as a workspace of pyhf; histosys is to mean code 4p."""
    free = {"name": STRENGTH.name, "type": "normfactor", "data": None}
    described = [
        {
            "name": sample.name,
            "data": sample.nominal.tolist(),
            "modifiers": [_histosys(name, *pair) for name, pair in sample.pairs.items()],
        }
        for sample in samples
    ]
    described[0]["modifiers"].append(free)
    return {
        "channels": [{"name": "bins", "samples": described}],
        "observations": [{"name": "bins", "data": expected(samples).tolist()}],
        "measurements": [{"name": "fit", "config": {"poi": STRENGTH.name, "parameters": []}}],
        "version": "1.0.0",
    }


def _histosys(name: str, up: np.ndarray, down: np.ndarray) -> dict[str, Any]:
    data = {"hi_data": up.tolist(), "lo_data": down.tolist()}
    return {"name": name, "type": "histosys", "data": data}
