"""Expected counts per bin against the unreduced double integral over recoil and neutrino energy (by_hand)."""

from itertools import pairwise

import by_hand
import folders
import jax
import numpy as np
import pytest
from by_hand import Csi, Mediator
from scipy import integrate

from jaxmed.experiments import expected, load
from jaxmed.experiments.likelihood.forward import signal
from jaxmed.models.choose import couplings
from jaxmed.theory.couplings import standard_model

XENON = ("xenon1t", "xenonnt")
# (g, M_Z' in MeV): the light limit, the XENON1T reading of the paper, and the contact limit
XENON_POINTS = [(1e-6, 1e-6), (1.57e-6, 0.058), (1e-3, 1e3)]


def mediator_pair(model, g, mass):
    """The same mediator for the test and for jaxmed; no model is the standard model."""
    if model is None:
        return Mediator(), standard_model()
    return by_hand.MODELS[model](g, mass), couplings(model, g=g, mass=mass)


fold, counts = jax.jit(signal), jax.jit(expected)


def neutrinos(experiment, c):
    return np.asarray(fold(experiment, c).nominal)


# --- the reference itself ------------------------------------------------------------------------------


def test_reference_inner_integral_is_what_quad_gives():
    mediator = by_hand.u1r(1.57e-6, 0.058)
    t = np.array([1.2e-3, 7e-3, 2.9e-2])

    def cross_section(t, energy, flavour, antineutrino):
        return by_hand.on_electron(t, energy, flavour, mediator, antineutrino)

    pp = [b for b in by_hand.solar_beams()[:3] if b.flavour == 0]
    got = by_hand.integrate(pp, t, by_hand.M_E, cross_section, order=3)
    for ti, value in zip(t, got, strict=True):
        lowest = (ti + np.sqrt(ti**2 + 2 * by_hand.M_E * ti)) / 2
        knots = pp[0].knots[pp[0].knots > lowest]
        wanted, _ = integrate.quad(
            lambda e, ti=ti: float(pp[0].density(e) * cross_section(ti, e, 0, False)),
            lowest,
            knots[-1],
            points=knots[:-1],
            limit=400,
            epsabs=0,
            epsrel=1e-8,
        )
        np.testing.assert_allclose(value, wanted, rtol=1e-7)


def test_reference_double_integral_is_what_dblquad_gives():
    """TEXONO, 3 to 3.5 MeV, adaptively in both energies."""
    (beam,) = by_hand.reactor_beams()
    targets = by_hand.N_A * 1e3 / 259.80992 * 108 * 29882 * by_hand.DAY
    value, _ = integrate.dblquad(
        lambda e, t: float(
            1e45 * beam.density(e) * by_hand.on_electron(t, e, 0, by_hand.u1r(1e-4, 1.0), True)
        ),
        3.0,
        3.5,
        lambda t: (t + np.sqrt(t**2 + 2 * by_hand.M_E * t)) / 2,
        15.0,
        epsrel=1e-7,
    )
    got = by_hand.texono_events(by_hand.u1r(1e-4, 1.0), np.array([3.0, 3.5]))
    np.testing.assert_allclose(got, [value * 1e-45 * targets], rtol=1e-6)


# --- TEXONO --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ten_bins():
    """TEXONO with ten bins; the rates in them do not matter here."""
    return load(str(folders.EXAMPLES / "texono"))


@pytest.mark.parametrize(
    ("model", "g", "mass"), [(None, 0.0, 1.0), ("u1r", 1e-4, 1.0), ("b_minus_l", 1e-2, 300.0)]
)
def test_texono(ten_bins, model, g, mass):
    by_hand_mediator, c = mediator_pair(model, g, mass)
    wanted = by_hand.texono_events(by_hand_mediator, np.arange(3.0, 8.1, 0.5))
    np.testing.assert_allclose(neutrinos(ten_bins, c), wanted, rtol=1e-6)
    np.testing.assert_allclose(counts(load("texono"), c), [wanted.sum()], rtol=1e-6)


# --- XENON ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", XENON)
@pytest.mark.parametrize(
    ("model", "g", "mass"), [(None, 0.0, 1.0), *(("u1r", *point) for point in XENON_POINTS)]
)
def test_xenon(name, model, g, mass):
    by_hand_mediator, c = mediator_pair(model, g, mass)
    wanted = by_hand.xenon_events(by_hand_mediator, name)
    np.testing.assert_allclose(neutrinos(load(name), c), wanted, rtol=2e-6)


@pytest.mark.parametrize("name", XENON)
def test_xenon_adds_only_what_the_mediator_adds(name):
    """B0 holds the standard-model neutrinos: expected = B0 + (SM + Z') - SM."""
    experiment = load(name)
    b0 = by_hand.table(f"{name}/counts")["B0"]
    np.testing.assert_allclose(counts(experiment, standard_model()), b0, rtol=1e-12)
    extra = by_hand.xenon_events(by_hand.u1r(1.57e-6, 0.058), name)
    extra = extra - by_hand.xenon_events(Mediator(), name)
    mu = counts(experiment, couplings("u1r", g=1.57e-6, mass=0.058))
    np.testing.assert_allclose(mu, b0 + extra, rtol=1e-6)


@pytest.mark.parametrize("name", ["texono", "xenon1t", "xenonnt"])
def test_electrons_at_tree_level(name):
    by_hand_mediator, c = mediator_pair("u1r", 1.57e-6, 0.058)
    if name == "texono":
        wanted = [by_hand.texono_events(by_hand_mediator, [3.0, 8.0], tree=True).sum()]
    else:
        wanted = by_hand.xenon_events(by_hand_mediator, name, tree=True)
    got = neutrinos(load(name, electron_couplings="tree"), c)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)


def test_xenon_free_electrons():
    experiment = load("xenon1t", atomic="free")
    wanted = by_hand.xenon_events(by_hand.u1r(1e-6, 0.01), stepping=False)
    got = neutrinos(experiment, couplings("u1r", g=1e-6, mass=0.01))
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    assert np.all(got > neutrinos(load("xenon1t"), couplings("u1r", g=1e-6, mass=0.01)))


# --- COHERENT CsI --------------------------------------------------------------------------------------


def assert_same_csi(got, wanted):
    np.testing.assert_allclose(np.ravel(got), np.ravel(wanted), rtol=1e-4, atol=1e-9)


@pytest.fixture(scope="module")
def csi():
    return load("coherent_csi")


@pytest.mark.parametrize(
    ("model", "g", "mass"),
    [
        (None, 0.0, 1.0),
        ("u1r", 1e-4, 1.0),
        ("b_minus_l", 1e-4, 1.0),
        ("l_mu_l_tau", 1e-4, 1.0),
        ("universal", 1e-3, 100.0),
        ("u1r", 1e-4, 1e-4),
    ],
)
def test_csi(csi, model, g, mass):
    by_hand_mediator, c = mediator_pair(model, g, mass)
    wanted = by_hand.csi_events(by_hand_mediator)
    got = neutrinos(csi, c)
    assert_same_csi(got, wanted)
    np.testing.assert_allclose(got.sum(), wanted.sum(), rtol=1e-5)


def test_csi_signal_is_visible(csi):
    """Otherwise the comparison above would not test the mediator."""
    more = neutrinos(csi, couplings("u1r", g=1e-4, mass=1.0)).sum()
    assert more > 1.1 * neutrinos(csi, standard_model()).sum()


@pytest.mark.parametrize("name", Csi._fields)
@pytest.mark.parametrize("node", [1, -1])
def test_csi_variations(csi, name, node):
    """The first node below and the last one above the nominal."""
    part = fold(csi, couplings("u1r", g=1e-4, mass=1.0))
    i = part.shapes.index(f"csi_{name}")
    first = 1 + sum(map(len, part.nodes[:i]))
    place = first if node > 0 else first + len(part.nodes[i]) - 1
    z = part.nodes[i][0 if node > 0 else -1]
    wanted = by_hand.csi_events(by_hand.u1r(1e-4, 1.0), Csi(**{name: z}))
    assert_same_csi(np.asarray(part.variants)[place], wanted)


def test_csi_options():
    c, mediator = couplings("u1r", g=1e-4, mass=1.0), by_hand.u1r(1e-4, 1.0)
    tree = load(
        "coherent_csi",
        nucleon_couplings="tree",
        form_factor="klein_nystrand",
        electron_channel=False,
    )
    wanted = by_hand.csi_events(mediator, electrons=False, tree=True, form=by_hand.klein_nystrand)
    assert_same_csi(neutrinos(tree, c), wanted)
    tree = load("coherent_csi", nucleon_couplings="tree", electron_couplings="tree")
    assert_same_csi(neutrinos(tree, c), by_hand.csi_events(mediator, tree=True))


def test_csi_electrons_matter_only_for_a_light_mediator(csi):
    bare = load("coherent_csi", electron_channel=False)

    def share(c):
        return 1 - neutrinos(bare, c).sum() / neutrinos(csi, c).sum()

    assert share(standard_model()) < 1e-5
    assert share(couplings("u1r", g=1e-5, mass=1e-3)) > 0.01


def test_csi_backgrounds(csi):
    """Totals of the neutron and steady-state templates, and how they share out in time."""
    time = np.unique([*by_hand.table("coherent_csi/counts")["time_low_us"], 6.0])
    profiles = by_hand.table("coherent_csi/background_time")
    late = (profiles["low_us"] + profiles["high_us"]) / 2
    accepted = np.where(late < 0.52, 1.0, np.exp(-0.0494 * (late - 0.52)))
    light = {k: v[:60].sum() for k, v in by_hand.table("coherent_csi/background_pe").items()}
    for part, kind, number in zip(csi.background, ("brn", "nin"), (18.4, 5.6), strict=False):
        grid = part.nominal.reshape(9, 11)
        inside = (late > 0) & (late < 6)
        total = number * light[kind] * (profiles[kind] * accepted)[inside].sum()
        np.testing.assert_allclose(grid.sum(), total, rtol=1e-9)
        shares = grid.sum(axis=0) / number / light[kind]
        # (2, 4], (4, 6] have no fine bin on an edge; 0.125 halves one
        np.testing.assert_allclose(
            shares[-2], (profiles[kind] * accepted)[(late > 2) & (late < 4)].sum(), rtol=1e-9
        )
        density = profiles[kind] * accepted / 0.01
        fine = np.linspace(0.0, 0.125, 12501)
        index = np.searchsorted(profiles["low_us"], (fine[1:] + fine[:-1]) / 2, side="right") - 1
        np.testing.assert_allclose(shares[0], density[index].mean() * 0.125, rtol=1e-6, atol=1e-12)
    steady = csi.background[2].nominal.reshape(9, 11)
    np.testing.assert_allclose(steady.sum(), 1286.0, rtol=1e-12)
    fall = steady.sum(axis=0) / 1286.0
    wanted = [integrate.quad(lambda t: np.exp(-0.0494 * t), a, b)[0] for a, b in pairwise(time)]
    np.testing.assert_allclose(fall, np.array(wanted) / sum(wanted), rtol=1e-10)


# --- COHERENT LAr --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "g", "mass"),
    [("u1r", 1e-4, 1.0), ("b_minus_l", 1e-4, 10.0), ("universal", 1e-3, 100.0)],
)
@pytest.mark.parametrize(
    ("nucleon_couplings", "form"), [("corrected", "helm"), ("tree", "klein_nystrand")]
)
def test_lar_reweights_each_energy_bin(model, g, mass, nucleon_couplings, form):
    """Template x model/SM, bin by bin in energy; F90 and time keep the released shape."""
    experiment = load("coherent_lar", nucleon_couplings=nucleon_couplings, form_factor=form)
    by_hand_mediator, c = mediator_pair(model, g, mass)
    options = {"tree": nucleon_couplings == "tree", "form": getattr(by_hand, form)}
    ratio = by_hand.lar_events(by_hand_mediator, **options) / by_hand.lar_events(
        Mediator(), **options
    )
    template = by_hand.table("coherent_lar/cevns")["events"].reshape(12, 80)
    got = neutrinos(experiment, c).reshape(12, 80)
    wanted = template * ratio[:, None]
    np.testing.assert_allclose(got, wanted, rtol=1e-4)


def test_lar_standard_model_is_the_template():
    template = by_hand.table("coherent_lar/cevns")["events"]
    np.testing.assert_allclose(
        neutrinos(load("coherent_lar"), standard_model()), template, rtol=1e-12
    )
