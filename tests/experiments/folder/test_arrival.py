"""Times of arrival: a Gaussian pulse, a table, a delay, and an efficiency in time."""

from itertools import pairwise

import folders
import numpy as np
import pytest
from scipy import integrate, stats

from jaxmed.experiments.folder import describe
from jaxmed.experiments.folder.read.arrival import arrival_shares

MEAN, SIGMA, PION, MUON = 0.44, 0.15, 0.026033, 2.1969811
PULSE = "pulse_mean_us = 0.44\npulse_sigma_us = 0.15\n"
NO_ONSET = ("adds.flux.arrival.delay_us = 0.05", "adds.response.resolution.sqrt = 0.01")
LIVES = {"prompt": (PION,), "delayed": (PION, MUON)}


@pytest.fixture
def argon(tmp_path):
    return folders.copy("argon", tmp_path)


def shares(folder, part):
    """Shares of a part of the flux in the bins of time, and their edges."""
    run = describe(folder).runs[0]
    time = run.bins.axes[1]
    return arrival_shares(run.view, time, part), np.array(time.edges)


def density(t, part):
    """At a time [us]: the pulse folded with one decay after the other, numerically."""
    (*first, last) = LIVES[part]
    if not first:
        since = np.linspace(0.0, 30 * PION, 20001)
        decays = np.exp(-since / PION) / PION
    else:  # closed form of two exponentials
        since = np.concatenate([np.linspace(0, 1, 20001), np.linspace(1.0, 30.0, 20001)[1:]])
        decays = (np.exp(-since / last) - np.exp(-since / PION)) / (last - PION)
    return integrate.simpson(decays * stats.norm.pdf(t - since, MEAN, SIGMA), x=since)


@pytest.mark.slow
@pytest.mark.parametrize("part", LIVES)
def test_a_pulse_is_folded_with_the_lives_of_pion_and_muon(argon, part):
    got, edges = shares(argon, part)
    for value, (low, high) in zip(got, pairwise(edges), strict=True):
        t = np.linspace(low, high, 401)
        wanted = integrate.simpson([density(x, part) for x in t], x=t)
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("part", LIVES)
def test_all_neutrinos_arrive_once(argon, part):
    low = np.array([5.0, 5.0])
    folders.write(
        argon / "bins.csv",
        "low_keV,high_keV,time_low_us,time_high_us",
        low,
        low + 5,
        [-5.0, 5.0],
        [5.0, 30.0],
    )
    got, _ = shares(argon, part)
    np.testing.assert_allclose(got.sum(), 1.0, atol=2e-6)


def test_a_delay_moves_every_arrival(argon, tmp_path):
    late = folders.copy("argon", tmp_path / "late")
    folders.changed(late, (PULSE, PULSE + "delay_us = 0.2\n"))
    moved = folders.copy("argon", tmp_path / "moved")
    folders.changed(moved, ("pulse_mean_us = 0.44", "pulse_mean_us = 0.64"))
    for part in LIVES:
        np.testing.assert_allclose(shares(late, part)[0], shares(moved, part)[0], atol=1e-5)
        assert np.abs(shares(late, part)[0] - shares(argon, part)[0]).max() > 0.01


def with_table(folder, delay=0.0):
    """Shares of 0.4 us that straddle the edges of the bins."""
    low = np.arange(0.0, 6.0, 0.4)
    folders.write(
        folder / "arrival.csv",
        "low_us,high_us,prompt,delayed",
        low,
        low + 0.4,
        np.linspace(1, 2, 15) / 30,
        np.linspace(2, 1, 15) / 30,
    )
    return folders.changed(folder, (PULSE, f'file = "arrival.csv"\ndelay_us = {delay}\n'), NO_ONSET)


@pytest.mark.parametrize("delay", [0.0, 0.05])
@pytest.mark.parametrize("efficiency", ["", '"t.csv"', "{ decay_per_us = 0.3, from_us = 1.0 }"])
def test_a_row_that_straddles_an_edge_is_cut_in_proportion(argon, delay, efficiency):
    """And an efficiency in time is that at its middle."""
    time = np.linspace(0, 6, 1201)
    lost = np.exp(-0.3 * np.maximum(time - 1, 0))
    folders.write(argon / "t.csv", "time_us,efficiency", time, lost)
    if efficiency:
        folders.changed(argon, ("[data]", f"time_efficiency = {efficiency}\n[data]"))
    got, edges = shares(with_table(argon, delay), "prompt")
    low = np.arange(0.0, 6.0, 0.4) + delay
    accepted = np.exp(-0.3 * np.maximum(low + 0.2 - 1, 0)) if efficiency else 1.0
    for value, (a, b) in zip(got, pairwise(edges), strict=True):
        inside = np.clip(np.minimum(low + 0.4, b) - np.maximum(low, a), 0, None) / 0.4
        wanted = inside @ (accepted * np.linspace(1, 2, 15) / 30)
        np.testing.assert_allclose(value, wanted, rtol=1e-10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("pulse_sigma_us = 0.15\n", ""), "flux.arrival: pulse_sigma_us is missing: expected"),
        ((PULSE, ""), "flux.arrival: got none, expected one of file, pulse_mean_us"),
        ((PULSE, PULSE + 'file = "a.csv"\n'), "got file and pulse_mean_us, expected one of file"),
        (("[flux.arrival] # when", "[flux.arival] # when"), r"'arival' \(did you mean arrival"),
        (("pulse_sigma_us = 0.15", "pulse_sigma_us = 0.0"), "pulse_sigma_us = 0.0: expected a num"),
    ],
)
def test_an_arrival_that_cannot_be_is_refused(argon, change, message):
    with pytest.raises(ValueError, match=message):
        describe(folders.changed(argon, change))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.4,0.8", "0.5,0.8", "line 3: .*each from where the one before ends"),
        ("prompt,delayed", "prompt,late", "arrival.csv: column delayed is missing"),
        ("low_us,high_us", "low_ms,high_ms", r"column low_us .*is missing"),
        ("0.4,0.8", "0.8,0.4", "line 3: .*expected the upper edge of a row above the lower one"),
        ("2,2.4,0.0", "2,2.4,-0.0", "prompt not below 0|line 7"),
        ("2,2.4,0.0", "2,2.4,3.0", "prompt adds up to .* expected shares that add up to 1 at most"),
    ],
)
def test_a_table_of_arrivals_that_cannot_be_is_refused(argon, old, new, message):
    folder = with_table(argon)
    text = (folder / "arrival.csv").read_text()
    text = text.replace("0.40000000000000002,0.80000000000000004", "0.4,0.8")
    text = text.replace("2,2.3999999999999999,", "2,2.4,")
    assert old in text
    (folder / "arrival.csv").write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message):
        describe(folder)
