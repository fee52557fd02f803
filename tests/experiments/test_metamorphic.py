"""What must not change when the same question is asked in another way, for every data set."""

import dataclasses
import re
from functools import cache
from pathlib import Path

import folders
import jax
import numpy as np
import pytest

from jaxmed.experiments import expected, load, nll
from jaxmed.experiments.design import EXPOSURE, changed, make_design
from jaxmed.models.choose import couplings
from jaxmed.models.presets import PRESETS
from jaxmed.theory.charges import Charges
from jaxmed.theory.couplings import from_charges, from_epsilon, light_epsilon, standard_model

OWN = tuple(str(folders.EXAMPLES / name) for name in folders.NAMES)
NAMES = (*folders.PUBLISHED, *OWN)
ALL = pytest.mark.parametrize(
    "name", NAMES, ids=["own-" * ("/" in n) + Path(n).name for n in NAMES]
)
counts, cost = jax.jit(expected), jax.jit(nll)
MEDIATORS = {
    "no mediator": standard_model(),
    "light": couplings("u1r", g=1.3e-6, mass=0.037),
    "contact": couplings("b_minus_l", g=2.7e-4, mass=41.0),
    "destructive": couplings("universal", g=6.1e-5, mass=17.0),
}


loaded = cache(load)


def pulled(experiment, scale=0.7):
    """All nuisances away from their nominal values, each by another amount."""
    z = np.random.default_rng(5).uniform(-scale, scale, len(experiment.nuisances))
    return dict(zip(experiment.nuisances, z, strict=True))


def part_of(experiment, share, name):
    """The share of an experiment's exposure, counts included."""
    if experiment.gaussian:  # two measurements whose weighted mean is the whole one
        error = experiment.error / np.sqrt(share)
        return dataclasses.replace(experiment, error=error, name=name)
    less = changed(make_design(experiment), {EXPOSURE: share})
    return dataclasses.replace(less, observed=share * experiment.observed, name=name)


@pytest.mark.slow
@ALL
def test_one_exposure_in_two_likelihoods_is_the_whole(name):
    whole = loaded(name)
    pair = [part_of(whole, 0.3, "first"), part_of(whole, 0.7, "second")]
    z = pulled(whole)
    for mediator in MEDIATORS.values():
        together, alone = float(nll(pair, mediator, z)), float(cost(whole, mediator, z))
        # of n log n, which cancels against the saturated model, rounding remains
        size = np.sum(whole.observed * np.log1p(whole.observed))
        assert together == pytest.approx(alone, rel=1e-12, abs=1e-15 * size)


@pytest.mark.slow
@ALL
def test_channels_in_another_order_are_the_same_detector(name):
    there = loaded(name)

    def reverse(stack):
        return jax.tree.map(lambda leaf: leaf[::-1], stack)

    back = dataclasses.replace(there, channels=tuple(map(reverse, there.channels[::-1])))
    for mediator in MEDIATORS.values():
        np.testing.assert_allclose(
            expected(back, mediator, pulled(there)), counts(there, mediator, pulled(there)), 1e-13
        )


def test_isotopes_in_another_order_are_the_same_target(tmp_path):
    folder = folders.copy("germanium", tmp_path)
    table = folder / "isotopes.csv"
    remark, header, *rows = table.read_text().splitlines()
    table.write_text("\n".join([remark, header, *rows[::-1], ""]))
    again, once = load(str(folder)), loaded(OWN[0])
    for mediator in MEDIATORS.values():
        np.testing.assert_allclose(counts(again, mediator), counts(once, mediator), rtol=1e-13)


@ALL
@pytest.mark.parametrize("model", ["u1r", "b_minus_l", "hypercharge"])
def test_the_sign_of_the_coupling_and_its_unit_do_not_matter(name, model):
    there, charges = loaded(name), PRESETS[model].charges
    double = Charges(*(2 * x for x in charges))
    for g, mass in ((2.3e-6, 0.05), (3.1e-4, 30.0), (0.2, 2e4)):
        once = cost(there, from_charges(charges, g, mass))
        assert float(cost(there, from_charges(charges, -g, mass))) == float(once)
        half = float(cost(there, from_charges(double, g / 2, mass)))
        assert half == pytest.approx(float(once), rel=1e-11, abs=1e-12)
    plain = light_epsilon(charges)
    once, other = (float(cost(there, from_epsilon(plain, s * 2e-6, 0.05))) for s in (1, -1))
    assert once == other


# tables in which the first two bins along the last axis are made one
MERGED = {
    "coherent_csi": ("counts",),
    "coherent_lar": ("counts", "cevns", "brn", "delayed_brn", "steady_state"),
    "xenon1t": ("counts",),
    "xenonnt": ("counts",),
    "germanium": ("bins",),
    "xenon": ("bins", "radon", "double_beta"),
    "texono": ("rates",),
    "argon": ("bins",),
    "cawo4": ("bins",),
}


def join_first_two(table, weight):
    """Make one row of those in the first two bins along the last axis; other columns added, times `weight`."""
    lines = table.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    header = lines[start].split(",")
    rows = np.loadtxt(lines[start + 1 :], delimiter=",", ndmin=2)
    low = max(i for i, name in enumerate(header) if re.search(r"(^|_)low(_|$)", name))
    first, second = (np.flatnonzero(rows[:, low] == x) for x in np.unique(rows[:, low])[:2])
    assert np.array_equal(second, first + 1)
    counted = [i for i, name in enumerate(header) if not re.search(r"(^|_)(low|high)(_|$)", name)]
    rows[first, low + 1] = rows[second, low + 1]
    for i in counted:
        rows[first, i] = weight * (rows[first, i] + rows[second, i])
    kept = np.delete(rows, second, axis=0)
    folders.write(table, "\n".join(lines[: start + 1]), *kept.T)


@pytest.mark.slow
@pytest.mark.parametrize("name", MERGED)
def test_merged_bins_hold_the_sum(name, tmp_path):
    published = name in folders.PUBLISHED and name != "texono"
    folder = (folders.published if published else folders.copy)(name, tmp_path)
    for table in MERGED[name]:
        # those of the examples are rates in bins of equal width
        join_first_two(folder / f"{table}.csv", 1.0 if published else 0.5)
    fine, coarse = loaded(name if published else str(folders.EXAMPLES / name)), load(str(folder))
    shape = tuple(axis.size for axis in fine.axes)
    assert coarse.axes[-1].size == fine.axes[-1].size - 1
    for mediator in MEDIATORS.values():
        one = np.asarray(counts(fine, mediator)).reshape(shape)
        summed = np.concatenate([one[..., :2].sum(axis=-1, keepdims=True), one[..., 2:]], axis=-1)
        got = np.asarray(counts(coarse, mediator)).reshape(summed.shape)
        np.testing.assert_allclose(got, summed, rtol=1e-9)
