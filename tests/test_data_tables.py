"""Damaged, missing or unlisted tables are refused before a number of them is used."""

import hashlib
import shutil

import by_hand
import numpy as np
import pytest

from jaxmed.data_tables import collecting, packaged, read_constants, read_table


@pytest.fixture
def root(tmp_path):
    """A copy of two small folders and of the manifest."""
    for folder in ("xenon1t", "oscillations"):
        shutil.copytree(by_hand.DATA / folder, tmp_path / folder)
    shutil.copy(by_hand.DATA / "MANIFEST.sha256", tmp_path)
    return tmp_path


def test_reads_the_project_data_by_default():
    assert packaged("data") == by_hand.DATA
    got = read_table("xenon1t/counts")
    assert np.array_equal(got["observed"], by_hand.table("xenon1t/counts")["observed"])
    assert got.citation == ("XENON:2020rca", "Athron:2020maw", "Vagnozzi:2021quy")


def test_intact_copy_reads_the_same(root):
    for column, values in read_table("xenon1t/efficiency", root).columns.items():
        assert np.array_equal(values, read_table("xenon1t/efficiency")[column])
    assert read_constants("oscillations/nufit50", root) == read_constants("oscillations/nufit50")


def test_text_and_number_columns():
    shells = read_table("elements/shells_Xe")
    assert shells["subshell"].dtype.kind == "U"
    assert shells["binding"].dtype == np.float64
    assert shells.where(subshell="1s") == {
        "binding": 34759.0,
        "binding_xray": 34561.0,
        "electrons": 2.0,
    }


def test_empty_cells_are_not_numbers():
    assert np.isnan(read_table("coherent_csi/constants")["uncertainty"]).any()


def test_damaged_table_is_refused(root):
    path = root / "xenon1t/counts.csv"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(path.read_text().replace("\n1,2,26,", "\n1,2,27,"))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert expected != found
    message = f"xenon1t/counts.csv is damaged: expected SHA256 {expected}, found {found}"
    with pytest.raises(ValueError, match=message):
        read_table("xenon1t/counts", root)


def test_one_more_byte_is_damage(root):
    path = root / "oscillations/nufit50.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ValueError, match=r"oscillations/nufit50\.csv is damaged"):
        read_constants("oscillations/nufit50", root)


def test_missing_table_is_refused(root):
    (root / "xenon1t/efficiency.csv").unlink()
    message = r"data/xenon1t/efficiency\.csv: expected a table with SHA256 \w{64}, found no file"
    with pytest.raises(ValueError, match=message):
        read_table("xenon1t/efficiency", root)


def test_unlisted_table_is_refused(root):
    (root / "xenon1t/mine.csv").write_text("energy,rate\n1,2\n")
    message = r"data/xenon1t/mine\.csv: expected an entry in MANIFEST.sha256, found none"
    with pytest.raises(ValueError, match=message):
        read_table("xenon1t/mine", root)


def test_missing_manifest_is_refused(root):
    (root / "MANIFEST.sha256").unlink()
    with pytest.raises(ValueError, match=r"manifest is missing: expected MANIFEST.sha256"):
        read_table("xenon1t/efficiency", root)


def test_absent_row_is_refused():
    with pytest.raises(ValueError, match=r"data/solar/fluxes\.csv has no row with .*'X17'"):
        read_table("solar/fluxes").where(source="X17")


def test_what_is_read_is_collected_with_its_checksum():
    read_table("solar/fluxes")
    with collecting() as sources:
        assert read_constants("texono/constants")
    assert list(sources.tables) == ["texono/constants.csv"]
    for name, digest in sources.tables.items():
        assert hashlib.sha256((by_hand.DATA / name).read_bytes()).hexdigest() == digest
    assert sources.citations == set(read_table("texono/constants").citation)
