"""Workspaces, simple and hard, as pyhf has them, and the experiments that they become."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed.experiments import Experiment, load
from jaxmed.interchange.workspace import read_workspace
from jaxmed.interchange.workspace_folder import folder_files

Workspace = dict[str, Any]


def factor(name: str) -> dict[str, Any]:
    return {"name": name, "type": "normfactor", "data": None}


def norm(name: str, low: float, high: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"lo": low, "hi": high}}


def shape(name: str, low: list[float], high: list[float]) -> dict[str, Any]:
    return {"name": name, "type": "histosys", "data": {"lo_data": low, "hi_data": high}}


def stat(name: str, errors: list[float]) -> dict[str, Any]:
    return {"name": name, "type": "staterror", "data": errors}


def uncorrelated(name: str, errors: list[float]) -> dict[str, Any]:
    return {"name": name, "type": "shapesys", "data": errors}


def sample(name: str, data: list[float], *modifiers: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "data": data, "modifiers": list(modifiers)}


def workspace(
    channels: dict[str, tuple[list[float], list[dict[str, Any]]]],
    parameters: list[dict[str, Any]] | None = None,
    poi: str = "mu",
) -> Workspace:
    """By region what was counted, and its samples."""
    config = {"poi": poi, "parameters": parameters or []}
    return {
        "channels": [{"name": name, "samples": each} for name, (_, each) in channels.items()],
        "observations": [{"name": name, "data": data} for name, (data, _) in channels.items()],
        "measurements": [{"name": "measurement", "config": config}],
        "version": "1.0.0",
    }


def one_bin() -> Workspace:
    signal, rest = sample("signal", [12.0], factor("mu")), [50.0]
    return workspace({"SR": ([62.0], [signal, sample("rest", rest, norm("rate", 0.9, 1.15))])})


def shapesys_with_zeros() -> Workspace:
    signal = sample("signal", [5.0, 10.0, 2.0, 1.0], factor("mu"))
    rest = sample("rest", [50.0, 60.0, 0.0, 8.0], uncorrelated("own", [7.0, 0.0, 1.0, 3.0]))
    flat = sample("flat", [1.0, 1.0, 1.0, 1.0])
    return workspace({"SR": ([58.0, 73.0, 4.0, 5.0], [signal, rest, flat])})


def shared_staterror() -> Workspace:
    a = sample("a", [20.0, 30.0, 5.0], stat("mc", [2.0, 3.0, 1.0]), norm("rate", 0.8, 1.3))
    b = sample("b", [40.0, 0.0, 2.0], stat("mc", [4.0, 0.0, 0.7]))
    signal = sample("signal", [3.0, 9.0, 6.0], factor("mu"), stat("mc", [0.3, 0.5, 0.4]))
    other = sample("a", [100.0, 80.0], stat("mc2", [5.0, 6.0]), norm("rate", 0.8, 1.3))
    return workspace({"SR": ([70.0, 35.0, 20.0], [signal, a, b]), "CR": ([104.0, 95.0], [other])})


def asymmetric_shapes() -> Workspace:
    rest = sample(
        "rest",
        [100.0, 80.0, 60.0, 10.0, 0.0],
        shape("scale", [90.0, 82.0, 70.0, 0.5, 0.3], [103.0, 85.0, 52.0, 18.0, 0.0]),
        shape("tilt", [100.0, 75.0, 60.0, 9.0, 0.0], [110.0, 70.0, 61.0, 14.0, 0.2]),
        norm("scale", 1.03, 0.95),
    )
    signal = sample("signal", [1.0, 4.0, 12.0, 7.0, 2.0], factor("mu"), norm("tilt", 0.7, 1.1))
    return workspace({"SR": ([112.0, 77.0, 81.0, 24.0, 3.0], [signal, rest])})


def luminosity() -> Workspace:
    lumi = {"name": "lumi", "type": "lumi", "data": None}
    signal = sample("signal", [8.0, 6.0], factor("mu"), lumi)
    rest = sample("rest", [30.0, 40.0], lumi, norm("rate", 0.85, 1.1))
    setting = {
        "name": "lumi",
        "auxdata": [1.1],
        "sigmas": [0.05],
        "bounds": [[0.5, 1.7]],
        "inits": [1.1],
    }
    return workspace({"SR": ([45.0, 49.0], [signal, rest])}, [setting])


def correlated_channels() -> Workspace:
    def region(scale: float) -> list[dict[str, Any]]:
        signal = sample("signal", [scale * 4.0, scale * 9.0], factor("mu"), norm("id", 0.9, 1.08))
        top = sample("top", [scale * 40.0, 22.0], norm("id", 0.93, 1.1), norm("jes", 1.2, 0.9))
        fake = sample("fake", [10.0, scale * 6.0], norm("fakes", 0.5, 1.6), norm("jes", 0.97, 1.01))
        return [signal, top, fake]

    return workspace(
        {
            "e": ([60.0, 45.0], region(1.0)),
            "mu": ([99.0, 71.0], region(2.0)),
            "tau": ([38.0, 30.0], region(0.4)),
        }
    )


def several_factors() -> Workspace:
    """One of them, `k_b`, ends at its boundary, and so does the signal."""
    signal = sample("signal", [2.0, 5.0, 9.0], factor("mu"), norm("eff", 0.9, 1.1))
    a = sample("a", [50.0, 30.0, 10.0], factor("k_a"), norm("shape_a", 0.8, 1.2))
    b = sample("b", [5.0, 10.0, 20.0], factor("k_b"))
    c = sample("c", [20.0, 20.0, 20.0])
    return workspace(
        {"SR": ([75.0, 50.0, 23.0], [signal, a, b, c])},
        [{"name": "k_b", "bounds": [[0.2, 3.0]]}, {"name": "mu", "bounds": [[0.0, 5.0]]}],
    )


def many_bins() -> Workspace:
    rng = np.random.default_rng(3)
    x = np.linspace(0.0, 1.0, 40)
    signal, rest = 30 * np.exp(-(((x - 0.4) / 0.08) ** 2) / 2), 200 * np.exp(-2 * x)
    up, down = rest * (1 + 0.1 * (x - 0.5)), rest * (1 - 0.07 * (x - 0.4))
    observed = rng.poisson(0.7 * signal + rest * (1 + 0.05 * (x - 0.5))).astype(float)
    samples = [
        sample("signal", signal.tolist(), factor("mu"), stat("mc", (0.05 * signal).tolist())),
        sample(
            "rest",
            rest.tolist(),
            shape("tilt", down.tolist(), up.tolist()),
            norm("rate", 0.97, 1.04),
            stat("mc", (0.03 * rest).tolist()),
        ),
    ]
    return workspace({"SR": (observed.tolist(), samples)})


def abcd() -> Workspace:
    """The background of A is that of B times that of C over that of D, all of them floating."""

    def of(signal: float, *factors: str) -> list[dict[str, Any]]:
        rest = sample("multijet", [100.0], *(factor(name) for name in factors))
        return [sample("signal", [signal], factor("mu"), norm("eff", 0.85, 1.1)), rest]

    ranges = [{"name": name, "bounds": [[0.0, 30.0]]} for name in ("n", "t_b", "t_c")]
    return workspace(
        {
            "A": ([70.0], of(20.0, "n", "t_b", "t_c")),
            "B": ([206.0], of(3.0, "n", "t_b")),
            "C": ([150.0], of(2.0, "n", "t_c")),
            "D": ([811.0], of(0.5, "n")),
        },
        ranges,
    )


def everything() -> Workspace:
    lumi = {"name": "lumi", "type": "lumi", "data": None}
    free = {"name": "free", "type": "shapefactor", "data": None}
    signal = sample(
        "signal",
        [3.0, 8.0, 4.0],
        factor("mu"),
        lumi,
        shape("jes", [2.0, 8.5, 3.0], [3.5, 7.0, 6.0]),
    )
    top = sample(
        "top",
        [30.0, 25.0, 9.0],
        lumi,
        norm("jes", 0.9, 1.2),
        shape("jes", [28.0, 26.0, 7.5], [33.0, 24.0, 11.0]),
        stat("mc SR", [2.0, 1.5, 1.0]),
        factor("k_top"),
    )
    fake = sample("fake", [8.0, 4.0, 6.0], uncorrelated("fake", [3.0, 2.0, 0.0]), free)
    control = [
        sample("top", [220.0, 140.0, 70.0], factor("k_top"), norm("jes", 0.95, 1.03), lumi),
        sample("fake", [60.0, 50.0, 80.0], free),
    ]
    setting = {
        "name": "lumi",
        "auxdata": [1.0],
        "sigmas": [0.02],
        "bounds": [[0.5, 1.5]],
        "inits": [1.0],
    }
    return workspace(
        {"SR": ([50.0, 47.0, 22.0], [signal, top, fake]), "CR": ([301.0, 182.0, 141.0], control)},
        [setting],
    )


EVERY = {
    each.__name__: each()
    for each in (
        one_bin,
        shapesys_with_zeros,
        shared_staterror,
        asymmetric_shapes,
        luminosity,
        correlated_channels,
        several_factors,
        many_bins,
        abcd,
        everything,
    )
}


def files_of(content: dict[str, Any], folder: Path, name: str = "mine") -> dict[str, str]:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content))
    return folder_files(read_workspace(path), name, path.name)


def imported(content: dict[str, Any], folder: Path, name: str = "mine") -> Experiment:
    place = folder / name
    place.mkdir()
    for file, text in files_of(content, folder, name).items():
        (place / file).write_text(text)
    return load(f"{place}/")
