"""Output into a pipe that nobody reads any more: files are written all the same."""

import os
import sys

import pytest
import typer
from rich.table import Table

from jaxmed.cli.common import finish, one_sentence, print_table, printer

TEXT = {"a": ["x" * 1000] * 1000}


@pytest.fixture
def closed(monkeypatch):
    """Standard output whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield


def test_json_is_in_its_file_whoever_reads_along(closed, tmp_path):
    finish(TEXT, "-", tmp_path / "result.json")
    finish(TEXT, "-", tmp_path / "again.json")
    sizes = {p.name: p.stat().st_size for p in tmp_path.iterdir()}
    assert sizes.keys() == {"result.json", "again.json"} and min(sizes.values()) > 1_000_000


def test_a_table_nobody_reads_stops_nothing(closed):
    table = Table("what")
    for _ in range(10_000):
        table.add_row("x" * 50)
    print_table(printer(None), table)
    print_table(printer(None), table)


def test_a_full_disk_is_one_sentence(capsys):
    @one_sentence
    def command():
        raise OSError(28, "No space left on device")

    with pytest.raises(typer.Exit) as done:
        command()
    assert done.value.exit_code == 2
    sentence = "error: cannot write standard output: No space left on device\n"
    assert capsys.readouterr().err == sentence
