"""One likelihood for five experiments: values, derivatives, nuisances, compilation and refusals."""

import dataclasses
from functools import cache, partial

import by_hand
import folders
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from by_hand import Csi, Mediator
from scipy import stats

from jaxmed.experiments import Experiment, expected, load, nll
from jaxmed.experiments.likelihood.forward import signal
from jaxmed.experiments.model import STRENGTH
from jaxmed.models.choose import couplings, get_model
from jaxmed.theory.couplings import standard_model

NAMES = folders.PUBLISHED
ALL = pytest.mark.parametrize("name", NAMES)
MODEL = get_model("u1r")
BOX = np.array([(g, m) for g in (-9.0, -6.0, -4.5, -3.0, 0.0) for m in (-6.0, -1.0, 1.0, 4.9)])
# points where the mediator matters without ruling the counts
MIDDLE = {
    "texono": (-4.0, 0.3),
    "coherent_csi": (-4.2, 1.0),
    "coherent_lar": (-4.2, 1.0),
    "xenon1t": (-6.0, -1.5),
    "xenonnt": (-6.1, -2.5),
}

loaded = cache(load)


def pulls(experiment, z):
    return dict(zip(experiment.nuisances, z, strict=True))


@jax.jit
def value_at(experiment, point):
    """Nll at (log10 g, log10 M, nuisances...)."""
    c = MODEL.couplings({"g": point[0], "mass": point[1]})
    return nll(experiment, c, pulls(experiment, point[2:]))


counts, cost, fold = jax.jit(expected), jax.jit(nll), jax.jit(signal)


def at(*experiments, **z):
    """Every nuisance by name, 0 where not given: one structure, one compilation."""
    names = [n for e in experiments for n in e.nuisances]
    return dict.fromkeys([*names, STRENGTH], 0.0) | z


@jax.jit
@partial(jax.vmap, in_axes=(None, 0))
def gradient_at(experiment, point):
    return jax.value_and_grad(value_at, argnums=1)(experiment, point)


def poisson(n, mu):
    """-log(L/L_saturated), by SciPy."""
    return -(stats.poisson.logpmf(n, mu) - stats.poisson.logpmf(n, n)).sum()


# --- values --------------------------------------------------------------------------------------------


def test_texono_value():
    """(xi - 1.08)^2 / (0.21^2 + 0.16^2) with xi = model/SM."""
    xi = by_hand.texono_events(by_hand.u1r(1e-4, 1.0), np.array([3.0, 8.0]))
    xi = xi / by_hand.texono_events(Mediator(), np.array([3.0, 8.0]))
    got = 2 * cost(loaded("texono"), couplings("u1r", g=1e-4, mass=1.0))
    np.testing.assert_allclose(got, (xi[0] - 1.08) ** 2 / (0.21**2 + 0.16**2), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "options"), [("xenon1t", {}), ("xenonnt", {"background": "total"})]
)
def test_xenon_value_with_nuisances(name, options):
    """B0 (1 + 2.6 % z) + (1 + 3 % z') [(SM + Z') - SM], Poisson, unit-Gaussian pulls."""
    table = by_hand.table(f"{name}/counts")
    extra = by_hand.xenon_events(by_hand.u1r(1.57e-6, 0.058), name)
    extra = extra - by_hand.xenon_events(Mediator(), name)
    z_b, z_e = -0.8, 1.3
    mu = table["B0"] * (1 + 0.026 * z_b) + extra * (1 + 0.030 * z_e)
    wanted = poisson(table["observed"], mu) + (z_b**2 + z_e**2) / 2
    z = {f"{name}_background": z_b, f"{name}_efficiency": z_e}
    experiment = loaded(name, **options)
    got = cost(experiment, couplings("u1r", g=1.57e-6, mass=0.058), at(experiment, **z))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_xenonnt_value_with_its_components():
    """The solar neutrinos of B0 follow the efficiency like the rest of the signal."""
    table = by_hand.table("xenonnt/counts")
    neutrinos = by_hand.xenon_events(by_hand.u1r(1.57e-6, 0.058), "xenonnt")
    experiment, z = loaded("xenonnt"), (-0.8, 1.3, 0.4)
    rising = np.asarray(experiment.background[1].nominal)
    flat = table["B0"] - by_hand.xenon_events(Mediator(), "xenonnt") - rising
    mu = flat * (1 + np.sqrt(120**2 + 60**2 + 50**2) / 1320 * z[0])
    mu = mu + neutrinos * (1 + 0.030 * z[1]) + rising * (1 + 50 / 1550 * z[2])
    wanted = poisson(table["observed"], mu) + np.sum(np.square(z)) / 2
    named = dict(zip(("xenonnt_flat", "xenonnt_efficiency", "xenonnt_xe136"), z, strict=True))
    got = cost(experiment, couplings("u1r", g=1.57e-6, mass=0.058), at(experiment, **named))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_csi_value_with_nuisances():
    """One shape nuisance at +1 sigma, four normalisations; most of the 99 bins are sparse."""
    experiment = loaded("coherent_csi")
    brn, nin, steady = (part.nominal for part in experiment.background)
    signal_counts = by_hand.csi_events(by_hand.u1r(1e-4, 1.0), Csi(onset=1.0))
    mu = signal_counts * (1 + 0.10 * 0.5) + brn * (1 + 4.6 / 18.4 * -0.7)
    mu = mu + nin * (1 + 2.0 / 5.6 * 0.3) + steady * (1 + 27 / 1286 * 1.1)
    z = {"sns_flux": 0.5, "csi_onset": 1.0, "csi_brn": -0.7, "csi_nin": 0.3}
    z["csi_steady_state"] = 1.1
    observed = by_hand.table("coherent_csi/counts")["observed"]
    assert np.any(observed == 0)
    wanted = poisson(observed, mu) + sum(v**2 for v in z.values()) / 2
    got = cost(experiment, couplings("u1r", g=1e-4, mass=1.0), at(experiment, **z))
    # the first bin of photoelectrons is good to 3e-4, see test_rates
    np.testing.assert_allclose(got, wanted, rtol=1e-4)


def test_lar_value_with_nuisances():
    """Released templates, five normalisations; one in six of the 960 bins is empty."""
    parts = ("cevns", "brn", "delayed_brn", "steady_state")
    cevns, brn, delayed, steady = (by_hand.table(f"coherent_lar/{p}")["events"] for p in parts)
    observed = by_hand.table("coherent_lar/counts")["observed"]
    ratio = by_hand.lar_events(by_hand.u1r(1e-4, 1.0)) / by_hand.lar_events(Mediator())
    z = {"sns_flux": 0.5, "lar_cevns": -1.0, "lar_brn": 0.4, "lar_delayed": -0.6}
    z["lar_steady_state"] = 1.5
    mu = cevns * np.repeat(ratio, 80) * (1 + 0.10 * 0.5) * (1 - 0.0831)
    mu = mu + brn * (1 + 0.32 * 0.4) + delayed * (1 - 0.6)
    mu = mu + steady * (1 + 25 / 3152 * 1.5)
    assert np.any(observed == 0)
    wanted = poisson(observed, mu) + sum(v**2 for v in z.values()) / 2
    experiment = loaded("coherent_lar")
    got = cost(experiment, couplings("u1r", g=1e-4, mass=1.0), at(experiment, **z))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


@ALL
def test_perfect_data_cost_nothing(name):
    experiment = loaded(name)
    z = at(experiment)
    perfect = dataclasses.replace(experiment, observed=counts(experiment, standard_model(), z))
    np.testing.assert_allclose(cost(perfect, standard_model(), z), 0.0, atol=1e-9)


def test_zero_counts():
    """A bin without counts costs its expectation, and has a finite gradient."""
    experiment = loaded("xenon1t")
    empty = dataclasses.replace(experiment, observed=np.zeros(29))
    total = counts(empty, standard_model(), at(empty)).sum()
    np.testing.assert_allclose(cost(empty, standard_model(), at(empty)), total, rtol=1e-12)
    slope = jax.grad(value_at, argnums=1)(empty, jnp.array([-6.0, -1.0, 0.0, 0.0]))
    assert np.all(np.isfinite(slope))


def test_zero_expectation_is_dear_but_finite():
    experiment = loaded("xenon1t")
    bare = dataclasses.replace(experiment, background=())
    nothing, some = (cost(bare, standard_model(), {STRENGTH: z}) for z in (-1e3, 0.0))
    assert np.isfinite(nothing)
    assert nothing > 5 * some


# --- the same number under every transformation ---------------------------------------------------------


@pytest.mark.parametrize("name", ["texono", "xenon1t"])
def test_jit_and_vmap_give_the_plain_value(name):
    experiment = loaded(name)
    g, mass = 10 ** np.array(MIDDLE[name])
    z = np.linspace(-0.9, 0.7, len(experiment.nuisances))
    plain = nll(experiment, couplings("u1r", g=g, mass=mass), pulls(experiment, z))
    point = jnp.array([*MIDDLE[name], *z])
    np.testing.assert_allclose(value_at(experiment, point), plain, rtol=1e-12)
    batch, _ = gradient_at(experiment, jnp.stack([point, point + 0.1] * (len(BOX) // 2)))
    np.testing.assert_allclose(batch[0], plain, rtol=1e-12)
    np.testing.assert_allclose(batch[1], value_at(experiment, point + 0.1), rtol=1e-12)


def test_vmaps_over_data():
    """Toys: many counts, one prediction."""
    experiment = loaded("xenon1t")
    toys = stats.poisson(experiment.observed).rvs((4, 29), random_state=1).astype(float)
    c = couplings("u1r", g=1e-6, mass=0.05)
    each = jax.vmap(lambda n: nll(dataclasses.replace(experiment, observed=n), c))
    together, mu = jax.jit(each)(toys), counts(experiment, c, at(experiment))
    np.testing.assert_allclose(together, [poisson(n, mu) for n in toys], rtol=1e-9)


# --- derivatives ---------------------------------------------------------------------------------------


@pytest.mark.slow
@ALL
def test_gradients_are_finite_over_the_whole_box(name):
    """Every corner and edge of (g, M_Z'), with the nuisances at 0 and far out."""
    experiment = loaded(name)
    rng = np.random.default_rng(3)
    for width in (0.0, 1.0, 8.0):
        z = rng.normal(size=(len(BOX), len(experiment.nuisances))) * width
        values, slopes = gradient_at(experiment, np.concatenate([BOX, z], axis=1))
        assert np.all(np.isfinite(values))
        assert np.all(np.isfinite(slopes))


@ALL
@pytest.mark.parametrize("width", [0.0, 0.6])
def test_gradients_are_those_of_central_differences(name, width):
    experiment = loaded(name)
    n = len(experiment.nuisances)
    # off the knots at 0 and +-1 where the interpolation is smooth to second order only
    point = np.array([*MIDDLE[name], *(width + 0.01 * np.arange(n))])
    values, slopes = gradient_at(experiment, np.tile(point, (len(BOX), 1)))
    value, slope = values[0], slopes[0]
    step = 1e-3
    for i in range(point.size):
        shift = step * np.eye(point.size)[i]
        one, two = (
            float(value_at(experiment, point + k * shift) - value_at(experiment, point - k * shift))
            for k in (1, 2)
        )
        wanted = (8 * one - two) / (12 * step)
        np.testing.assert_allclose(slope[i], wanted, rtol=1e-6, atol=1e-9 * float(value) / step)


# --- nuisances -----------------------------------------------------------------------------------------


def templates(experiment, c):
    """Every shape nuisance with the component it acts on."""
    for part in (fold(experiment, c), *experiment.background):
        varied = iter(np.asarray(part.variants)[1:])
        for shape, nodes in zip(part.shapes, part.nodes, strict=True):
            yield shape, part, [(z, next(varied)) for z in nodes]


@pytest.mark.parametrize("name", ["coherent_csi", "coherent_lar"])
def test_interpolation_goes_through_the_templates(name):
    """At every node the counts change by the template less the nominal."""
    experiment = loaded(name)
    c = couplings("u1r", g=1e-4, mass=1.0)
    at_zero = counts(experiment, c, at(experiment))
    seen = set()
    for shape, part, nodes in templates(experiment, c):
        seen.add(shape)
        filled = np.asarray(part.nominal) > 0
        for z, template in nodes:
            got = np.asarray(counts(experiment, c, at(experiment, **{shape: z})) - at_zero)
            # a factor below 0.1 is bent, so that no yield is negative
            kept = filled & (template > 0.1 * np.asarray(part.nominal))
            wanted = template - np.asarray(part.nominal)
            np.testing.assert_allclose(got[kept], wanted[kept], rtol=1e-9, atol=1e-11)
            assert not np.any(got[~filled])
    assert len(seen) == {"coherent_csi": 5, "coherent_lar": 5}[name]


def test_interpolation_is_smooth_at_the_templates_and_linear_beyond():
    experiment = loaded("coherent_lar")

    late = 85  # a bin with a small change, far from the bend

    def one_bin(z):
        return counts(experiment, standard_model(), at(experiment) | {"lar_cevns_time": z})[late]

    slope, bend = jax.jit(jax.grad(one_bin)), jax.jit(jax.grad(jax.grad(one_bin)))
    for edge in (-1.0, 1.0):
        inside, outside = edge * (1 - 1e-9), edge * (1 + 1e-9)
        np.testing.assert_allclose(slope(inside), slope(outside), rtol=1e-6)
        np.testing.assert_allclose(bend(inside), 0.0, atol=1e-6)
        assert bend(edge * 1.5) == 0.0
    # at zero the slope is half the distance of the templates
    part = fold(experiment, standard_model())
    assert part.shapes[1] == "lar_cevns_time" and part.nodes[1] == (-1.0, 1.0)
    down, up = part.variants[3:5, late]
    wanted = (up - down) / 2
    assert abs(wanted) > 1e-4
    np.testing.assert_allclose(slope(0.0), wanted, rtol=1e-9)


@ALL
def test_no_nuisance_makes_a_count_negative(name):
    experiment = loaded(name)
    for nuisance in experiment.nuisances:
        for z in (-30.0, -3.0, 3.0, 30.0):
            mu = np.asarray(counts(experiment, standard_model(), at(experiment, **{nuisance: z})))
            assert np.all(np.isfinite(mu))
            assert np.all(mu >= 0), (nuisance, z)


@ALL
def test_a_nuisance_left_out_is_at_its_nominal(name):
    experiment = loaded(name)
    left_out = cost(experiment, standard_model())
    np.testing.assert_allclose(
        cost(experiment, standard_model(), at(experiment)), left_out, rtol=1e-12
    )


def test_a_shared_nuisance_has_one_pull():
    """The SNS flux moves both COHERENT detectors and is paid for once."""
    both = [loaded("coherent_csi"), loaded("coherent_lar")]
    assert all("sns_flux" in e.nuisances for e in both)
    c = couplings("u1r", g=3e-5, mass=1.0)
    apart = sum(float(cost(e, c, at(e, sns_flux=1.4))) for e in both)
    together = cost(both, c, at(*both, sns_flux=1.4))
    np.testing.assert_allclose(together, apart - 1.4**2 / 2, rtol=1e-12)


def test_experiments_add_up():
    group = [loaded(name) for name in NAMES]
    c = couplings("u1r", g=3e-6, mass=1.0)
    together, apart = cost(group, c), sum(float(cost(e, c)) for e in group)
    np.testing.assert_allclose(together, apart, rtol=1e-12)
    np.testing.assert_allclose(cost(group[::-1], c), together, rtol=1e-12)


def test_signal_strength_scales_the_neutrinos_and_has_no_pull():
    experiment = loaded("coherent_csi")
    one, half = (
        counts(experiment, standard_model(), at(experiment, **{STRENGTH: z})) for z in (0.0, -0.5)
    )
    background = sum(part.nominal for part in experiment.background)
    np.testing.assert_allclose(half - background, (one - background) / 2, rtol=1e-9, atol=1e-12)
    perfect = dataclasses.replace(experiment, observed=half)
    free = cost(perfect, standard_model(), at(experiment, **{STRENGTH: -0.5}))
    np.testing.assert_allclose(free, 0.0, atol=1e-9)


@pytest.mark.parametrize("name", ["coherent_csi", "coherent_lar"])
def test_signal_strength_minus_one_leaves_the_background_alone(name):
    experiment = loaded(name)
    got = counts(experiment, standard_model(), at(experiment, **{STRENGTH: -1.0}))
    np.testing.assert_allclose(got, sum(part.nominal for part in experiment.background), rtol=1e-13)
    slopes = jax.jacfwd(
        lambda z: counts(experiment, standard_model(), at(experiment) | {STRENGTH: z})
    )
    wanted = np.asarray(fold(experiment, standard_model()).nominal)
    np.testing.assert_allclose(slopes(-1.0), wanted, rtol=1e-12)


# --- structure -----------------------------------------------------------------------------------------


@ALL
def test_an_experiment_is_a_pytree(name):
    experiment = loaded(name)
    leaves, structure = jax.tree.flatten(experiment)
    again = jax.tree.unflatten(structure, leaves)
    assert isinstance(again, Experiment)
    assert jax.tree.structure(again) == structure
    assert again.nuisances == experiment.nuisances
    assert all(np.asarray(leaf).dtype in (np.float64, np.int64) for leaf in leaves)
    assert all(np.all(np.isfinite(leaf)) for leaf in leaves)
    hash(structure)


@ALL
def test_shapes_fit_together(name):
    experiment = loaded(name)
    n = experiment.n_bins
    assert n == {"texono": 1, "coherent_csi": 99, "coherent_lar": 960}.get(name, 29)
    assert experiment.observed.shape == experiment.error.shape == (n,)
    assert counts(experiment, standard_model(), at(experiment)).shape == (n,)
    assert len(set(experiment.nuisances)) == len(experiment.nuisances)
    assert experiment.checksums
    assert experiment.citations


def test_new_data_of_the_same_shape_do_not_recompile():
    first, toy = loaded("xenon1t"), loaded("xenon1t")
    toy = dataclasses.replace(toy, observed=toy.observed + 1.0)
    fresh = jax.jit(lambda e, c, z: nll(e, c, z))
    one = fresh(first, couplings("u1r", g=1e-6, mass=0.05), {"xenon1t_background": 0.1})
    two = fresh(toy, couplings("universal", g=1e-7, mass=0.5), {"xenon1t_background": 0.3})
    assert one != two
    assert fresh._cache_size() == 1


# --- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load("xenon"), r"unknown experiment 'xenon' \(did you mean xenon"),
        (lambda: load("borexino"), "expected one of coherent_csi, .*, or a folder"),
        (lambda: load("xenon1t", sun="gs98"), "unknown option 'sun' of xenon1t: expected one of"),
        (
            lambda: load("xenon1t", solar_model="bp04"),
            "option solar_model = 'bp04' of xenon1t: expected",
        ),
        (lambda: load("xenonnt", atomic="bound"), "option atomic = 'bound' of xenonnt: expected"),
        (lambda: load("coherent_csi", form_factor="box"), "option form_factor = 'box'"),
        (
            lambda: load("coherent_lar", nucleon_couplings="x"),
            "couplings = 'x' of coherent_lar: expected one of corrected, tree",
        ),
        (lambda: load("texono", electron_couplings="x"), "electron_couplings = 'x' of texono"),
        (
            lambda: expected(loaded("texono"), standard_model(), {"flux": 1.0}),
            "unknown nuisance 'flux': expected one of signal_strength",
        ),
        (
            lambda: nll(loaded("xenon1t"), standard_model(), {"xenonnt_background": 1.0}),
            r"'xenonnt_background' \(did you mean xenon1t_background\?\): expected one of",
        ),
    ],
)
def test_unknown_names_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_32_bit_is_refused_with_the_line_to_add():
    experiment, c = loaded("texono"), standard_model()
    message = r'add jax\.config\.update\("jax_enable_x64", True\)'
    with jax.enable_x64(False):
        for call in (
            lambda: load("texono"),
            lambda: expected(experiment, c),
            lambda: nll(experiment, c),
        ):
            with pytest.raises(ValueError, match=message):
                call()
