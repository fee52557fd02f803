"""From bytes to a batch."""

import numpy as np
import pytest

from jaxmed.inference.engine import memory
from jaxmed.inference.engine.memory import (
    batch_size,
    default_memory,
    fastest_batch,
    needed,
    read_bytes,
)
from jaxmed.inference.problem import make_problem
from jaxmed.models.choose import get_model


def _problem(experiments, *names):
    data = tuple(experiments[name] for name in names)
    return make_problem(data, get_model("u1r")), data


def test_blocks_run_one_after_the_other(experiments):
    alone = [needed(*_problem(experiments, name), 8, 0) for name in ("texono", "xenon1t")]
    assert needed(*_problem(experiments, "texono", "xenon1t"), 8, 0) == max(alone)


def test_blocks_with_more_cells_take_fewer_points(experiments):
    sizes = [
        fastest_batch(*_problem(experiments, *names))
        for names in (("xenon1t",), ("coherent_lar",), ("coherent_csi", "coherent_lar"))
    ]
    assert len(set(sizes)) == 3
    assert sizes == sorted(sizes, reverse=True)


def test_the_batch_fits_and_the_next_does_not(experiments):
    problem, data = _problem(experiments, "xenon1t")
    for limit in np.geomspace(needed(problem, data, 8, 1000), needed(problem, data, 64, 1000), 7):
        batch = batch_size(problem, data, limit, 1000, 64)
        assert needed(problem, data, batch, 1000) <= limit
        assert batch == 64 or needed(problem, data, 2 * batch, 1000) > limit
    assert batch_size(problem, data, 1e12, 1000, 64) == 64


@pytest.mark.parametrize("n_points", [100, 10_000_000])
def test_too_little_memory_is_one_sentence(experiments, n_points):
    problem, data = _problem(experiments, "xenon1t")
    least = needed(problem, data, 8, n_points)
    with pytest.raises(ValueError, match=r"MB: expected at least .* MB, for the results of") as e:
        batch_size(problem, data, 0.99 * least, n_points, 64)
    assert "\n" not in str(e.value)
    assert f"expected at least {least / 1e6:.3g} MB" in str(e.value)
    assert batch_size(problem, data, least, n_points, 64) == 8


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GB", 4e9), ("1.5 MB", 1.5e6), ("2GiB", 2**31), ("100k", 1e5), ("1e", None), ("8", 8)]
    + [(bad, None) for bad in ("", "GB", "-1GB", "4XB", "0MB", "nan", "4 G B", "1e9")],
)
def test_sizes_are_read_or_refused(text, size):
    if size is None:
        with pytest.raises(ValueError, match="expected a size such as 4GB"):
            read_bytes(text)
    else:
        assert read_bytes(text) == size


def test_free_memory_is_that_of_the_tightest_limit(tmp_path, monkeypatch):
    assert 1e7 < default_memory() < 1e15
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert memory._group_free(tmp_path) == 2000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._group_free(tmp_path) == float("inf")
    assert memory._group_free(tmp_path / "none") == float("inf")
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:       5 kB\n")
    assert memory._host_free(tmp_path / "meminfo") == 5 * 1024
    assert memory._host_free(tmp_path / "none") > 1e8
    monkeypatch.setattr(memory, "_group_free", lambda _: 1000.0)
    assert default_memory() == 600
