"""Mistakes in copies of the published data sets: each is refused in one sentence that says where."""

import folders
import pytest

from jaxmed.experiments.folder import describe

TOML = "experiment.toml"
CASES = [
    ("texono", TOML, "total_cm2_s", "total_cm_s", "'total_cm_s' (did you mean total_cm2_s?)"),
    (
        "texono",
        TOML,
        '"reactor"',
        '"reacter"',
        "'reacter' (did you mean reactor?): expected one of",
    ),
    ("texono", TOML, 'source = "reactor"', "", "key 'source' under flux is missing: expected"),
    ("texono", TOML, "29882.0", "'29882'", "target.exposure = '29882': expected a finite number"),
    ("texono", TOML, "29882.0", "-29882.0", "target.exposure = -29882.0: expected a number above"),
    ("texono", TOML, 'exposure_unit = "kg day"', "", "target: exposure_unit is missing: expected"),
    ("texono", TOML, '"kg day"', '"kg days"', "'kg days' (did you mean kg day?): expected"),
    (
        "texono",
        TOML,
        'likelihood = "gaussian"\n',
        "",
        "expected 'events' for a likelihood that is not",
    ),
    ("texono", TOML, '"gaussian"', '"gauss"', "'gauss' (did you mean gaussian?): expected one of"),
    ("texono", TOML, "6.4e12", "6.4e12 MeV", "expected TOML, but"),
    ("texono", TOML, "6.4e12", "nan", "flux.total_cm2_s = nan: expected a finite number"),
    ("texono", TOML, '"standard model"', '"sm"', "data.unit = 'sm': expected one of events"),
    (
        "texono",
        "bins.csv",
        "low_MeV,high_MeV",
        "low_GeV,high_GeV",
        "low_GeV: expected a unit among",
    ),
    ("texono", "bins.csv", "low_MeV,high_MeV", "low,high", "the first axis is in 1, expected eV"),
    ("texono", "bins.csv", "low_MeV,high_MeV", "low_MeV,high_keV", "high_MeV (did you mean high_k"),
    ("texono", "bins.csv", "3,8,", "300,800,", "lie beyond every recoil"),
    ("xenon1t", TOML, "efficiency = 0.030", "efficiency = 3.0", "= 3.0: expected a fraction up to"),
    ("xenon1t", TOML, "sqrt = 0.310", "sigma_keV = 0.31", "'sigma_keV': expected one of constant"),
    ("xenon1t", TOML, '"counts.csv"', '"tables/counts.csv"', "expected the name of a .csv file in"),
    ("xenon1t", TOML, '"gs98"', '"gs99"', "flux.model = 'gs99' (did you mean gs98?): expected"),
    ("xenon1t", TOML, '[[background]]\nname = "B0"', "[background]\nname = 'B0'", "[[background]]"),
    ("xenon1t", TOML, 'status = "measurement"\n', "", "key 'status' is missing, expected one"),
    ("xenon1t", TOML, '\nmodel = "gs98"', "\nparts = ['pp', 'B9']", "flux.parts = 'B9': expected"),
    ("xenon1t", TOML, '\nmodel = "gs98"', "\nparts = []", "flux.parts = []: expected"),
    (
        "xenon1t",
        TOML,
        '\nmodel = "gs98"',
        "\nerrors.x.B9 = 0.1",
        "under flux.errors.x 'B9': expected one of pp",
    ),
    (
        "xenon1t",
        TOML,
        '\nmodel = "gs98"',
        "\nerrors.x.B8 = 10",
        "flux.errors.x.*: expected a fracti",
    ),
    ("xenon1t", TOML, '\nmodel = "gs98"', "\nerrors.x = {}", "flux.errors.x.*expected"),
    (
        "xenon1t",
        TOML,
        '\nmodel = "gs98"',
        "\nerrors.x = 5.0",
        "flux.errors.x = 5.0: expected a fract",
    ),
    ("xenon1t", TOML, '\nmodel = "gs98"', "\nfluxes_cm2_s.B9 = 1.0", "'B9': expected one of pp"),
    ("xenon1t", TOML, '"stepping"', '"free"', "options.atomic.free.*expected"),
    ("xenon1t", TOML, 'column = "tritium"', 'column = "tritum"', "tritum (did you mean tritium?)"),
    ("xenon1t", TOML, 'floats = "xenon1t_tritium"', "", "with options.tritium.free: nuisances.xen"),
    ("xenon1t", "counts.csv", "B0,", "BO,", "unknown column 'BO': expected the edges"),
    (
        "xenonnt",
        TOML,
        "136Xe = false",
        "137Xe = false",
        "137Xe' (did you mean 136Xe?), expected one",
    ),
    ("xenonnt", TOML, "136Xe = false", "136Xe = true", "background.136Xe = True: expected"),
    ("coherent_lar", TOML, "quenching = {", "#", "response.quenching: expected it with [target.nu"),
    (
        "coherent_lar",
        TOML,
        "0.00078] }",
        "0.00078], factor = 0.2 }",
        "got factor and polynomial_keV",
    ),
    (
        "coherent_lar",
        TOML,
        'template = "cevns.csv"',
        "",
        "got an axis f90, expected signal.template",
    ),
    (
        "coherent_lar",
        TOML,
        '"cevns.csv"',
        '"efficiency.csv"',
        "efficiency.csv: column low_keVee is",
    ),
    (
        "coherent_lar",
        TOML,
        '"brn.csv"',
        '"counts.csv"',
        "column events is missing, expected it for",
    ),
    ("coherent_lar", TOML, "{ lar_brn =", "{ lar_brn_time =", "is an error and a variation"),
    (
        "coherent_lar",
        TOML,
        'f90 = "F90"',
        "f90 = 3",
        "data.labels.f90 = 3: expected text in quotes",
    ),
    (
        "coherent_lar",
        TOML,
        'f90 = "F90"',
        'f9 = "F90"',
        "under data.labels 'f9' (did you mean f90?): expected",
    ),
    ("coherent_lar", "cevns.csv", "time_down\n", "tim_down\n", "unknown column"),
    ("coherent_lar", "cevns.csv", "high_us,events", "high_us,event", "column events is missing"),
    ("coherent_lar", "brn.csv", "width_down\n", "widt_down\n", "unknown column"),
    (
        "coherent_lar",
        "brn.csv",
        "high_us,events",
        "high_us,event",
        "events (did you mean event?) is",
    ),
    ("coherent_lar", "counts.csv", "low_keVee,high_keVee", "low_PE,high_PE", "first axis is in PE"),
    ("coherent_csi", TOML, "mass_kg = 14.6", "#", "key 'exposure' under target is missing"),
    (
        "coherent_csi",
        TOML,
        "mass_kg = 14.6",
        "exposure = 14.6\nexposure_unit = 'kg day'",
        "flux.protons counts a whole exposure and goes with target.mass_kg",
    ),
    ("coherent_csi", TOML, 'name = "nin"', 'name = "brn"', "background 'brn' is there twice"),
    (
        "coherent_csi",
        TOML,
        "bins.background.steady_state]",
        "bins.background.steady]",
        "with options.steady_state.bins: options.steady_state.bins.background.steady: there is no",
    ),
    (
        "coherent_csi",
        TOML,
        "nuisances.csi_onset",
        "nuisances.csi_brn",
        "is an error and a variation",
    ),
    ("coherent_csi", TOML, '[flux.arrival]\nfile = "arrival.csv"\n', "", "expected [flux.arrival]"),
    ("coherent_csi", TOML, "light = {", "#", "got efficiency.sigmoid_PE without light, expected"),
    (
        "coherent_csi",
        TOML,
        "from_us = 0.52, decay_per_us = 0.0494",
        "from_us = 0.5",
        "got none, ex",
    ),
    ("coherent_csi", TOML, 'formula = "CsI"', "#", "expected either free, a number of electrons"),
    (
        "coherent_csi",
        TOML,
        'formula = "CsI"',
        'formula = "NaI"',
        "no shells of Na, only of Cs, I, Xe",
    ),
    (
        "coherent_csi",
        TOML,
        "radius_n_factor = 0.05",
        "radius_n_factor = 0.5",
        "at -3 standard devi",
    ),
    (
        "coherent_csi",
        TOML,
        "[-0.0000498, -0.37084, 18.6025, -210.292]",
        "[-0.37084, 18.6025, -210.292]",
        "expected the same kind as [0.0554628, 4.30681, -111.707, 840.384]",
    ),
    (
        "coherent_csi",
        "background_pe.csv",
        "brn,nin",
        "brm,nin",
        "brn (did you mean brm?) is missing",
    ),
    ("coherent_csi", "counts.csv", "ed,anticoincident", "ed,anti", "unknown column 'anti'"),
    ("coherent_csi", "counts.csv", "\n0,8,0.125,0.25,0,0", "", "those of the last axis fastest"),
    (
        "coherent_csi",
        "counts.csv",
        "\n0,8,0.125,0.25,0,0",
        "\n0,8,0.125,0.25,0.5,0",
        "whole counts",
    ),
    (
        "coherent_csi",
        "counts.csv",
        "\n0,8,0.125,0.25,0,0",
        "\n0,8,0.25,0.25,0,0",
        "upper edge of a",
    ),
]


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "message"), CASES, ids=[f"{c[0]}: {c[4]}" for c in CASES]
)
def test_a_mistake_is_said_in_one_sentence(tmp_path, name, file, old, new, message):
    folder = folders.published(name, tmp_path)
    folders.change(folder, file, old, new)
    with pytest.raises(ValueError) as problem:
        describe(folder)
    sentence = str(problem.value)
    assert sentence.startswith(f"{folder}/") and "\n" not in sentence
    for part in message.split(".*"):
        assert part in sentence


@pytest.mark.parametrize("name", folders.PUBLISHED)
def test_the_copies_are_accepted_as_they_are(tmp_path, name):
    found = describe(folders.published(name, tmp_path))
    assert found.name == f"my_{name}" and found.keys.status == "measurement"
