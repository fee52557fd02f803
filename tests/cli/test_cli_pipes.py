"""Numbers first: files are written whatever becomes of figures, standard output and its reader."""

import os
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest
import typer
from rich.table import Table

from jaxmed.cli.common import finish, one_sentence
from jaxmed.cli.terminal import print_table, printer, say

TEXT = {"a": ["x" * 1000] * 1000}


# not as fixtures: pytest captures the call of a test anew
@contextmanager
def closed():
    """Standard output whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream, redirect_stdout(stream):
        yield


@contextmanager
def full():
    """Standard output on a full device."""
    if not Path("/dev/full").exists():
        pytest.skip("no full device here")
    with Path("/dev/full").open("w") as stream, redirect_stdout(stream):
        yield


def test_json_is_in_its_file_whoever_reads_along(tmp_path):
    with closed():
        finish(TEXT, "-", tmp_path / "result.json")
        finish(TEXT, "-", tmp_path / "again.json")
    sizes = {p.name: p.stat().st_size for p in tmp_path.iterdir()}
    assert sizes.keys() == {"result.json", "again.json"} and min(sizes.values()) > 1_000_000


def test_a_table_nobody_reads_stops_nothing():
    table = Table("what")
    for _ in range(10_000):
        table.add_row("x" * 50)
    with closed():
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


@pytest.mark.parametrize("json", [None, "-"])
def test_a_full_device_costs_no_file_and_no_word(tmp_path, capsys, json):
    table = Table("what", title="title")

    def files(name):
        (tmp_path / name).write_text(name)
        return [tmp_path / name]

    write = {"numbers": lambda: files("a.npz"), "figures": lambda: files("a.png")}
    with full(), pytest.raises(OSError, match="No space left"):
        finish(TEXT, json, tmp_path / "a.json", tables=[table], sentences=["a word"], **write)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.npz", "a.png"]
    said = capsys.readouterr().err.splitlines()
    names = [f"wrote {tmp_path / name}" for name in ("a.json", "a.npz", "a.png")]
    assert said[-4:] == ["a word", *names]


def test_a_figure_that_fails_costs_no_number_and_no_word(tmp_path, capsys):
    def figures():
        yield tmp_path / "first.png"
        raise RuntimeError("two\nlines")

    table = Table("what", title="title")
    with pytest.raises(typer.Exit) as done:
        finish(TEXT, None, tmp_path / "a.json", figures=figures, tables=[table])
    assert done.value.exit_code == 1
    out, err = capsys.readouterr()
    assert "title" in out
    assert err.splitlines() == [
        f"wrote {tmp_path / 'a.json'}",
        f"wrote {tmp_path / 'first.png'}",
        "error: a figure cannot be drawn, all numbers are kept: two lines",
    ]


def test_numbers_are_on_disk_before_a_figure_is_drawn(tmp_path):
    def figures():
        assert (tmp_path / "a.json").exists() and (tmp_path / "b.npz").exists()
        return []

    def numbers():
        (tmp_path / "b.npz").touch()
        return [tmp_path / "b.npz"]

    finish(TEXT, None, tmp_path / "a.json", numbers=numbers, figures=figures)


@pytest.mark.parametrize("hostile", ["[/bold]", "[red]x", ":smile:", "a\nb", "\x1b[31m", "\udcff"])
def test_words_are_no_markup_and_one_line(hostile, capsys):
    say(f"got '{hostile}'")
    shown = repr(hostile)[1:-1] if not hostile.isprintable() else hostile
    assert capsys.readouterr().err == f"got '{shown}'\n"
    if hostile.isprintable():
        table = Table(hostile, title=hostile)
        table.add_row(hostile)
        print_table(printer(None), table)
        assert capsys.readouterr().out.count(hostile) == 3
