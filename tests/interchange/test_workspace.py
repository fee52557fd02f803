"""Workspaces read: what they become, HS3 beside pyhf, and the sentence for every mistake."""

import copy
import json
import tomllib

import numpy as np
import pytest
from workspaces import EVERY, factor, files_of, imported, sample, stat, uncorrelated, workspace

from jaxmed.experiments.likelihood.forward import expected
from jaxmed.inference.problem import make_problem
from jaxmed.interchange.workspace import read_workspace
from jaxmed.models.choose import get_model
from jaxmed.theory.couplings import standard_model


def _hs3(content):
    """A workspace without a luminosity in HS3."""

    def data(values, errors=None):
        return {"contents": values} | ({"errors": errors} if errors else {})

    def modifier(m, nominal):
        found = {"name": f"{m['type']} of {m['name']}", "type": m["type"], "parameter": m["name"]}
        if m["type"] == "normsys":
            found["data"] = m["data"]
        if m["type"] == "histosys":
            ends = {"lo": m["data"]["lo_data"], "hi": m["data"]["hi_data"]}
            found["data"] = {end: data(values) for end, values in ends.items()}
        if m["type"] == "shapesys":
            pairs = zip(m["data"], nominal, strict=True)
            found["data"] = {"vals": [x / n if n else 0.0 for x, n in pairs]}
            found["constraint"] = "Poisson"
        return found

    def own(s):
        errors = next((m["data"] for m in s["modifiers"] if m["type"] == "staterror"), None)
        modifiers = [modifier(m, s["data"]) for m in s["modifiers"]]
        return {"name": s["name"], "data": data(s["data"], errors), "modifiers": modifiers}

    regions = [
        {"name": c["name"], "type": "histfactory_dist", "samples": [own(s) for s in c["samples"]]}
        for c in content["channels"]
    ]
    config = content["measurements"][0]["config"]
    return {
        "metadata": {"hs3_version": "0.2"},
        "distributions": regions,
        "data": [
            {"name": f"obs_{each['name']}", "type": "binned", "contents": each["data"]}
            for each in content["observations"]
        ],
        "likelihoods": [
            {
                "name": "all",
                "distributions": [each["name"] for each in regions],
                "data": [f"obs_{each['name']}" for each in regions],
            }
        ],
        "domains": [
            {
                "name": "default",
                "axes": [
                    dict(zip(("name", "min", "max"), (p["name"], *p["bounds"][0]), strict=True))
                    for p in config["parameters"]
                ],
            }
        ],
        "analyses": [
            {
                "name": "measurement",
                "likelihood": "all",
                "parameters_of_interest": [config["poi"]],
                "domains": ["default"],
            }
        ],
    }


@pytest.mark.parametrize("name", sorted({*EVERY} - {"luminosity", "everything"}))
def test_hs3_says_the_same_as_pyhf(name, tmp_path):
    first, second = (files_of(each, tmp_path) for each in (EVERY[name], _hs3(EVERY[name])))
    assert first.keys() == second.keys()
    for file, text in first.items():
        if not file.endswith(".csv"):
            assert text == second[file]
            continue
        tables = (
            np.loadtxt(each[file].splitlines()[1:], delimiter=",") for each in (first, second)
        )
        np.testing.assert_allclose(*tables, rtol=1e-14)


def test_a_staterror_with_poisson_constraints_has_auxiliary_counts(tmp_path):
    content = _hs3(EVERY["shared_staterror"])
    region = content["distributions"][0]
    for each in region["samples"]:
        for m in each["modifiers"]:
            if m["type"] == "staterror":
                m["constraint"] = "Poisson"
    experiment = imported(content, tmp_path)
    total = np.array([63.0, 39.0, 13.0])
    squares = np.array([0.3**2 + 2**2 + 4**2, 0.5**2 + 3**2, 0.4**2 + 1 + 0.7**2])
    np.testing.assert_allclose(experiment.observed[5:], total**2 / squares, rtol=1e-13)
    found = expected(experiment, standard_model(), {"mc_1": 0.1, "mu": 1.0})
    assert float(found[0]) == pytest.approx(63.0 * 1.1, rel=1e-13)
    assert float(found[5]) == pytest.approx(1.1 * experiment.observed[5], rel=1e-13)


def test_what_is_held_fixed_is_no_nuisance(tmp_path):
    content = copy.deepcopy(EVERY["everything"])
    parameters = content["measurements"][0]["config"]["parameters"]
    parameters[0] |= {"fixed": True, "inits": [1.5]}
    parameters += [
        {"name": "k_top", "fixed": True, "inits": [0.8]},
        {"name": "jes", "fixed": True},
        {"name": "fake", "fixed": True},
    ]
    experiment = imported(content, tmp_path)
    assert {"lumi", "k_top", "jes", "fake_1"}.isdisjoint(experiment.nuisances)
    assert experiment.n_bins == 6
    found = expected(experiment, standard_model(), {"mu": 2.0})
    assert float(found[0]) == pytest.approx(1.5 * (2 * 3.0 + 0.8 * 30.0) + 8.0, rel=1e-13)


def test_names_are_made_to_fit(tmp_path):
    content = workspace(
        {
            "signal region/1": ([5.0], [sample("2 jets", [3.0], factor("mass"))]),
            "signal region 1": ([5.0], [sample("2 jets", [3.0], factor("g"), factor("µ"))]),
        },
        poi="g",
    )
    files = files_of(content, tmp_path)
    toml = tomllib.loads(files["experiment.toml"])
    names = [each["name"] for each in toml["background"]]
    assert names == ["signal_region_1_2_jets", "signal_region_1_2_jets__2"]
    assert list(toml["nuisances"]) == ["mass__2", "g__2", "_"]
    assert tomllib.loads(files["model.toml"])["model"]["normalisations"] == {"g__2": [0.0, 10.0]}


def test_a_measurement_is_chosen_by_name(tmp_path):
    content = copy.deepcopy(EVERY["several_factors"])
    content["measurements"].append({"name": "b", "config": {"poi": "k_b", "parameters": []}})
    path = tmp_path / "two.json"
    path.write_text(json.dumps(content))
    assert read_workspace(path).poi == "mu"
    assert read_workspace(path, "b").poi == "k_b"
    with pytest.raises(ValueError, match="unknown measurement 'c': expected one of measurement, b"):
        read_workspace(path, "c")


def test_a_model_of_a_normalisation_asks_for_one_that_is_there(tmp_path):
    experiment = imported(EVERY["one_bin"], tmp_path)
    path = tmp_path / "other.toml"
    path.write_text('[model]\nname = "k"\nnormalisations = { k = [0.0, 5.0] }\n')
    with pytest.raises(
        ValueError, match="its normalisation 'k' is none of mine: expected one of mu"
    ):
        make_problem([experiment], get_model(str(path)))
    for wrong in ("{}", "{ k = 1.0 }", "{ k = [2.0, 1.0] }", '{ k = ["a", 1] }', "{ k = [1.0] }"):
        path.write_text(f'[model]\nname = "k"\nnormalisations = {wrong}\n')
        with pytest.raises(ValueError, match=r"other.toml: model.normalisations.*: expected"):
            get_model(str(path))


def _of(*samples):
    return lambda w: w["channels"][0].update(samples=list(samples))


def _parameter(**setting):
    return lambda w: w["measurements"][0]["config"].update(parameters=[setting])


SIGNAL = sample("signal", [12.0], factor("mu"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda w: w.pop("channels"),
            "expected the channels of a pyhf workspace, or the distributions",
        ),
        (lambda w: w.update(observations=[]), "the observation of channel 'SR' is missing"),
        (lambda w: w.update(channels=3), "channels = 3: expected a list"),
        (lambda w: w.pop("measurements"), "measurements is missing"),
        (
            _of(sample("a", [1.0, 2.0])),
            "channel 'SR', sample 'a': got 2 numbers, expected 1, one for each bin",
        ),
        (_of(SIGNAL, SIGNAL), "channel 'SR', sample 'signal': it is there twice"),
        (
            _of(SIGNAL, sample("a", [1.0], {"name": "x", "type": "weird", "data": None})),
            "channel 'SR', sample 'a', modifier 'x' (weird): unknown type, expected one of normfactor",
        ),
        (
            _of(
                SIGNAL,
                sample("a", [1.0], {"name": "x", "type": "normsys", "data": {"lo": 0, "hi": 1}}),
            ),
            "channel 'SR', sample 'a', modifier 'x' (normsys): lo = 0: expected",
        ),
        (
            _of(
                SIGNAL,
                sample("a", [1.0], {"name": "x", "type": "histosys", "data": {"lo_data": [1]}}),
            ),
            "channel 'SR', sample 'a', modifier 'x' (histosys): hi_data is missing",
        ),
        (
            _of(SIGNAL, sample("a", [1.0], stat("x", [-1.0]))),
            "channel 'SR', sample 'a', modifier 'x' (staterror): expected data, a list of numbers not below 0",
        ),
        (
            _of(
                SIGNAL,
                sample("a", [1.0], uncorrelated("x", [0.1])),
                sample("b", [1.0], uncorrelated("x", [0.1])),
            ),
            "channel 'SR', sample 'b', modifier 'x' (shapesys): expected it in one sample",
        ),
        (
            _of(SIGNAL, sample("a", [1.0], factor("x")), sample("b", [1.0], stat("x", [0.1]))),
            "channel 'SR', sample 'b', modifier 'x' (staterror): channel 'SR', sample 'a', modifier 'x' has another",
        ),
        (
            _of(sample("a", [1.0])),
            "measurement 'measurement': its parameter of interest is 'mu', expected a normfactor",
        ),
        (
            _of(SIGNAL, sample("a", [1.0], {"name": "lumi", "type": "lumi", "data": None})),
            "channel 'SR', sample 'a', modifier 'lumi' (lumi): expected auxdata and sigmas",
        ),
        (
            _parameter(name="mu", bounds=[[2.0, 3.0]]),
            "its bounds are [2, 3], expected 0 or 1 between",
        ),
        (
            _parameter(name="rate", auxdata=[0.5]),
            "modifier 'rate' (normsys): got auxdata or sigmas",
        ),
        (
            _parameter(name="rate", fixed=True, inits=[1.0]),
            "modifier 'rate' (normsys): it is held at [1.0], expected 0",
        ),
    ],
)
def test_mistakes_are_one_sentence(change, sentence, tmp_path):
    content = copy.deepcopy(EVERY["one_bin"])
    change(content)
    with pytest.raises(ValueError) as caught:
        files_of(content, tmp_path)
    text = str(caught.value)
    assert sentence in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda w: w["distributions"][0].update(type="gaussian_dist"), "expected histfactory_dist"),
        (lambda w: w["likelihoods"][0].update(data=[]), "expected one data for each distribution"),
        (lambda w: w["likelihoods"][0].update(data=["x"]), "unknown data 'x'"),
        (lambda w: w["analyses"][0].update(likelihood="x"), "unknown likelihood 'x'"),
        (
            lambda w: w["distributions"][0]["samples"][1]["modifiers"][0].update(
                constraint="Lognormal"
            ),
            "sample 'rest', modifier 'normsys of rate' (normsys): its constraint is Lognormal, expected Gauss",
        ),
    ],
)
def test_mistakes_in_hs3_are_one_sentence(change, sentence, tmp_path):
    content = _hs3(EVERY["one_bin"])
    change(content)
    with pytest.raises(ValueError) as caught:
        files_of(content, tmp_path)
    assert sentence in str(caught.value)
