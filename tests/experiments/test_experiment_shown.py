"""An experiment in a few lines and as a figure."""

import jax
import numpy as np
import pytest
from matplotlib.figure import Figure

import jaxmed


@pytest.mark.parametrize("name", ["texono", "coherent_csi", "coherent_lar"])
def test_it_prints_a_few_lines(experiments, name):
    one = experiments[name]
    first, second, third = str(one).splitlines()
    assert first.startswith(f"{one.title} ({name}): bins {one.axes[0].size} of {one.axes[0].name}")
    assert second.startswith(f"{one.observed.sum():.6g} events observed")
    assert third == f"nuisances: {', '.join(one.nuisances) or 'none'}"


def test_it_prints_inside_jit(experiments):
    said = []
    jax.jit(lambda one: said.append(str(one)) or 1.0)(experiments["xenon1t"])
    assert "\nevents observed; backgrounds: B0" in said[0]


def test_its_figure_is_the_data_over_what_is_expected(experiments):
    one, found = experiments["xenon1t"], jaxmed.couplings("u1r", g=1.6e-6, mass=0.06)
    panel = one.plot()
    assert panel.get_title() == one.title and panel.get_xlabel() == "reconstructed energy [keV]"
    np.testing.assert_array_equal(panel.containers[0].lines[0].get_ydata(), one.observed)
    labels = [each.get_label() for each in panel.patches]
    assert labels == ["background", "background + standard-model neutrinos"]
    given = Figure().subplots()
    assert one.plot(found, ax=given, color="black", label="mine") is given
    line = given.patches[-1]
    assert line.get_label() == "mine" and line.get_edgecolor()[:3] == (0, 0, 0)
    expected = np.asarray(jaxmed.expected(one, found))
    np.testing.assert_allclose(line.get_data().values, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "per", "legend"),
    [
        ("texono", "5 MeV", ["standard-model neutrinos", "data"]),
        ("coherent_csi", "PE", ["background", "background + standard-model neutrinos", "data"]),
        ("xenonnt_b8", "bin", ["background", "background + standard-model neutrinos", "data"]),
    ],
)
def test_its_labels_are_of_what_is_drawn(name, per, legend):
    panel = jaxmed.load(name).plot()
    assert panel.get_ylabel() == f"events / {per}"
    assert [each.get_text() for each in panel.get_legend().get_texts()] == legend
