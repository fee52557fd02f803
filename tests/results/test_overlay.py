"""A user's own curves: read from CSV line by line, drawn in every figure of the plane."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from saved_results import contours_found, limit_found

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.contours import contours_result
from jaxmed.analysis.limits import limits_result
from jaxmed.results.contours import contours_figure
from jaxmed.results.overlay import Overlay, read_overlays
from jaxmed.results.scans import ScanResult
from jaxmed.results.store import read_npz
from jaxmed.results.style import figure_of, save

CURVE = Overlay("mine", "mine.csv", np.array([1e-5, 0.1, 1e5]), np.array([1e-9, 2e-6, 1.0]))


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(text, name="own.csv"):
        (tmp_path / name).write_text(text)
        return name

    return call


def test_a_curve_is_read_as_it_stands(write):
    name = write("# 90 % CL\nmass_MeV,g\n\n0.1,3e-6\n0.01,2e-6\n0.1,1e-6\n")
    (found,) = read_overlays([name])
    assert found.label == "own"
    # the order is kept: a curve may turn back
    np.testing.assert_array_equal(found.mass, [0.1, 0.01, 0.1])
    np.testing.assert_array_equal(found.g, [3e-6, 2e-6, 1e-6])
    assert found.as_json() == {
        "label": "own",
        "file": "own.csv",
        "mass_mev": [0.1, 0.01, 0.1],
        "g": [3e-6, 2e-6, 1e-6],
    }


@pytest.mark.parametrize("label", ["Smith et al.", "90 % CL", "a:b"])
def test_a_label_follows_a_colon(write, label):
    name = write("mass_MeV,g\n1,1e-6\n2,1e-6\n")
    (found,) = read_overlays([f"{name}:{label.replace(':', '')}"])
    assert found.label == label.replace(":", "")
    odd = write("mass_MeV,g\n1,1e-6\n2,1e-6\n", "with:colon.csv")
    assert read_overlays([odd])[0].label == "with:colon"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mass_GeV,g\n1,1e-6\n", r"line 1: .*'mass_GeV', expected mass_MeV: .* from GeV to MeV"),
        ("# a\nmass [keV], g\n1,1e-6\n", r"line 2: .*expected mass_MeV: .* from keV to MeV"),
        ("m (eV),g\n1,1e-6\n", "from eV to MeV"),
        ("mass,g\n1,1e-6\n", "column mass_MeV.* is missing.*expected the header mass_MeV,g"),
        ("1,1e-6\n2,1e-6\n", "expected the header mass_MeV,g"),
        ("mass_MeV,g\n1,1e-6\n2\n", "line 3: got 1 cells, expected 2"),
        ("mass_MeV,g\n1,1e-6\n2,nan\n", "line 3: got 'nan', expected a finite number"),
        ("mass_MeV,g\n1,1e-6\n\n0,1e-6\n", "line 4: got mass_MeV = 0.*above zero"),
        ("mass_MeV,g\n1,-1e-6\n2,1\n", "line 2: .*above zero"),
        ("mass_MeV,g\n1e-6,10\n1e-5,20\n", "line 2: .*are the columns exchanged"),
        ("mass_MeV,g\n1,1e-6\n", "one row, expected at least two"),
        ("mass_MeV,g\n", "at least one row"),
        ("", "column mass_MeV is missing"),
    ],
)
def test_mistakes_are_one_sentence_with_file_and_line(write, text, message):
    name = write(text)
    with pytest.raises(ValueError, match=f"(?s)own.csv.*{message}") as problem:
        read_overlays([name])
    assert "\n" not in str(problem.value)


def test_missing_files_bytes_and_labels_used_twice(write, tmp_path):
    with pytest.raises(ValueError, match=r"none\.csv: .*found no file"):
        read_overlays(["none.csv:label"])
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"bytes\.csv: expected a CSV table in UTF-8"):
        read_overlays(["bytes.csv"])
    name = write("mass_MeV,g\n1,1e-6\n2,1e-6\n")
    with pytest.raises(ValueError, match="labels that differ"):
        read_overlays([name, name])
    with pytest.raises(ValueError, match="expected one line of text"):
        read_overlays([f"{name}:a\x1b[2J"])


def drawn(figure: Figure):
    """The line of the curve in the figure's panel, which must be in the legend."""
    panel = figure.axes[0]
    (line,) = (each for each in panel.lines if each.get_label() == "mine")
    np.testing.assert_array_equal(line.get_xdata(), CURVE.mass)
    np.testing.assert_array_equal(line.get_ydata(), CURVE.g)
    legends = [panel.get_legend(), *panel.artists, *figure.legends]
    assert "mine" in [text.get_text() for each in legends if each for text in each.get_texts()]
    return panel


@pytest.fixture
def draw(experiments):
    """Limits with curves over them, of an experiment with a title of its own."""

    def call(curves, title="title", **changes):
        job = Analysis.of(experiments=replace(experiments["xenon1t"], title=title))
        return limits_result(job, limit_found()._replace(**changes)).plot(overlays=curves).figure

    return call


def test_a_label_that_is_no_formula_is_drawn_as_it_is(tmp_path, draw):
    curves = [CURVE, CURVE._replace(label=r"$\frac{1$"), CURVE._replace(label="$g_1$")]
    figure = draw(curves, "costs $5")
    assert len(save(figure, tmp_path / "limit")) == 2
    parsed = {text.get_text(): text.get_parse_math() for text in figure.findobj(Text)}
    assert parsed["$g_1$"] and not parsed[r"$\frac{1$"]


def test_it_is_drawn_over_limits(draw):
    figure = draw([CURVE], sided="one")
    labels = {line.get_label() for line in drawn(figure).lines}
    assert "90 % CL upper limit (outermost), one-sided" in labels


def test_it_is_drawn_over_contours_without_stretching_them(experiments):
    found = contours_result(Analysis.of(experiments=experiments["xenon1t"]), contours_found())
    without = contours_figure({"a": found}).axes[0]
    panel = drawn(contours_figure({"a": found}, overlays=[CURVE]))
    assert panel.get_xlim() == without.get_xlim() and panel.get_ylim() == without.get_ylim()


def test_it_is_drawn_over_scans_without_stretching_them(folder):
    found = ScanResult.from_npz(*read_npz(folder / "scan.npz"))
    without, panel = found.plot(), drawn(figure_of(found.plot(overlays=[CURVE])))
    assert panel.get_xlim() == without.get_xlim() and panel.get_ylim() == without.get_ylim()
