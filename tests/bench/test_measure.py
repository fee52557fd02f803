"""What is timed and compared: every way on the devices it runs on, and how far its values are from ours."""

from contextlib import nullcontext

import jax
import numpy as np
import pytest

from jaxmed.bench import measure as module
from jaxmed.bench.measure import Way, Work, measure, once_on_each, platforms, timed

OURS = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
# one toy too high, one lower than ours, and one where ours is no number
THEIRS = np.array([1.0, 2.5, 9.0, 3.5])


def test_values_are_compared_where_ours_are_numbers():
    found = measure(Work(lambda: OURS, 2, {"other": Way(lambda: THEIRS)}))
    assert found.keys() == {"jaxmed", "other"}
    ours, theirs = found["jaxmed"]["cpu"], found["other"]["cpu"]
    assert (ours["number"], theirs["number"], ours["defined"]) == (5, 4, 0.8)
    for each in (ours, theirs):
        assert each["per_second"] == pytest.approx(each["number"] / each["seconds"])
    assert theirs["faster"]["cpu"] == pytest.approx(ours["per_second"] / theirs["per_second"])
    assert (theirs["lowest"], theirs["highest"]) == (-0.5, 0.5)
    assert theirs["missed"] == theirs["beaten_by"] == pytest.approx(1 / 3)


def test_a_sample_is_compared_with_its_own_elements():
    work = Work(lambda: OURS, 1, {"other": Way(lambda: OURS[[4, 0]])}, np.array([4, 0]))
    found = measure(work)["other"]["cpu"]
    assert (found["lowest"], found["highest"], found["missed"]) == (0, 0, 0)


def test_some_run_on_every_kind_of_device_and_some_on_the_first(monkeypatch):
    monkeypatch.setattr(module, "platforms", lambda: ["cpu", "gpu"])
    monkeypatch.setattr(module, "on_device", nullcontext)
    others = {"both": Way(lambda: THEIRS, everywhere=True), "one": Way(lambda: THEIRS)}
    found = measure(Work(lambda: OURS, 1, others))
    assert [list(found[name]) for name in found] == [["cpu", "gpu"], ["cpu", "gpu"], ["cpu"]]
    rates = {device: each["per_second"] for device, each in found["jaxmed"].items()}
    for device, faster in found["one"]["cpu"]["faster"].items():
        assert faster == pytest.approx(rates[device] / found["one"]["cpu"]["per_second"])


def test_the_first_call_alone_compiles():
    @jax.jit
    def double(x):
        return x + x

    timing = timed(lambda: double(np.arange(3.0)), 2)
    assert 0 < timing.compile_seconds <= timing.first_seconds
    assert timing.seconds < timing.first_seconds


def test_made_once_on_each_kind_of_device():
    made = []
    get = once_on_each(lambda: made.append(0) or len(made))
    assert (get(), get()) == (1, 1)


def test_the_processor_comes_first():
    assert platforms()[0] == "cpu"
