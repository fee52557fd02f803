"""Results read again: by their kind, one or several, and every damage in one sentence."""

import copy
import json

import numpy as np
import pytest

from jaxmed.results.contours import ContoursResult
from jaxmed.results.limits import LimitsResult
from jaxmed.results.load import load_result
from jaxmed.results.store import read_npz, write_npz

WRONG = ({"a": [1]}, "text", 10**18, [[1.0], [2.0, 3.0]], ["a"], [None, {}], -1.5, True, [])


def places(content, path=()):
    """Where something stands in a JSON, one of a list for all of it."""
    yield path
    inside = content.items() if isinstance(content, dict) else enumerate(content[:1])
    for key, value in inside:
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))
        else:
            yield (*path, key)


def put(content, path, value):
    """A copy with another value at a place."""
    found = copy.deepcopy(content)
    *above, last = path
    place = found
    for key in above:
        place = place[key]
    place[last] = value
    return found


def test_a_file_says_by_its_shape_whether_it_holds_several(folder):
    assert isinstance(load_result(folder / "limit_u1r_xenon1t.json"), LimitsResult)
    several = load_result(folder / "contour_xenon1t.json")
    assert isinstance(several, dict) and isinstance(several["xenon1t"], ContoursResult)


@pytest.mark.parametrize("name", ["limit_u1r_xenon1t", "contour_xenon1t", "posterior_xenon1t"])
def test_whatever_is_wrong_is_one_sentence_with_the_file(saved, tmp_path, name):
    content, refused = saved[name], 0
    file = tmp_path / "damaged.json"
    for i, path in enumerate(p for p in places(content) if p):
        file.write_text(json.dumps(put(content, path, WRONG[i % len(WRONG)])))
        try:
            load_result(file)
        except ValueError as problem:
            refused += 1
            assert "\n" not in str(problem)
            assert str(problem).startswith(str(file))
    assert refused > 20


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"kind": None},
            "with its kind, which the files of version 0.1.0 do not say: make it again",
        ),
        ({"kind": "limits"}, r"unknown kind 'limits' \(did you mean limit\?\)"),
        ({"format": 2}, "format = 2: expected 1"),
        ({"cl": None}, "key 'cl' is missing"),
        ({"more": 1}, "unknown key 'more'"),
        ({"g_upper": ["a"]}, r"g_upper = \['a'\]: expected an array of numbers"),
        ({"threshold": "a"}, "threshold = 'a': expected a finite number"),
        ({"intervals": [[[1.0]]]}, "intervals"),
    ],
)
def test_sentences(saved, tmp_path, change, message):
    content = {k: v for k, v in (saved["limit_u1r_xenon1t"] | change).items() if v is not None}
    file = tmp_path / "limit.json"
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"limit\.json: .*{message}"):
        load_result(file)


def test_arrays_that_contradict_the_header(folder, tmp_path):
    load_result(folder / "limit_u1r_xenon1t.json").save(tmp_path / "a.npz")
    header, arrays = read_npz(tmp_path / "a.npz")
    for name, more in (("g_upper.a", np.ones(2)), ("cl.a", np.ones(2)), ("flag.b", np.ones(1))):
        write_npz(tmp_path / "b.npz", "limit", header, arrays | {name: more})
        with pytest.raises(ValueError, match=r"b\.npz: "):
            load_result(tmp_path / "b.npz")
