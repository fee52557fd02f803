"""What a new user does after the set-up, with exactly README's lines; .ci/run does it in a fresh clone."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jaxmed.cli import app

README = (Path(__file__).parents[1] / "README.md").read_text()


def _block(first: str) -> list[str]:
    """The indented lines from one that starts with `first` to the next empty one."""
    return re.search(rf"^(    {re.escape(first)}.*?)\n\n", README, re.M | re.S)[1].splitlines()


def test_a_model_of_one_s_own_becomes_limits_and_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("\n".join(line[4:] for line in _block('name = "mine"')))
    commands = [shlex.split(line) for line in _block(".venv/bin/jaxmed limit")]
    assert [command[1] for command in commands] == ["limit", "report"]
    for command in commands:
        done = CliRunner().invoke(app, command[1:])
        assert done.exit_code == 0, done.output
    (found,) = (tmp_path / "mine").glob("limit_*.json")
    limits = json.loads(found.read_text())
    # x_h moves right-handed fermions only: XENON1T prefers it, TEXONO limits it
    assert limits["flag"][0] == "excludes zero" and limits["g_upper"][-1] == pytest.approx(
        1.19e-3, rel=0.01
    )
    page = (tmp_path / "mine" / "report.html").read_text()
    assert (
        "right_handed" in page
        and "TEXONO" in page
        and 'http-equiv="Content-Security-Policy"' in page
    )


def test_python_lines_run():
    lines = re.search(r"^    import jax\n(?:(?:    .*)?\n)+", README, re.M)[0].splitlines()
    names = {}
    # our own README
    exec("\n".join(line[4:] for line in lines), names)
    assert names["xenon"].name == "xenon1t" and len(lines) > 8
