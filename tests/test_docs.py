"""What the documentation shows works: its Python runs, its commands exist, its API page is complete."""

import re
import shlex
from pathlib import Path

import pytest
import typer

import jaxmed
from jaxmed.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "notebooks" / "docs" / "pages").rglob("*.md"))
INCLUDED = [ROOT / "fits" / "examples" / "README.md", ROOT / ".github" / "CONTRIBUTING.md"]
APP = typer.main.get_command(app)
COMMANDS = APP.commands


def name(path):
    return str(path.relative_to(ROOT))


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def commands(text):
    """Every `jaxmed ...` of a page: in sh blocks, indented, or in line."""
    block = "\n".join(blocks(text, "sh")).replace("\\\n", " ")
    lines = re.findall(r"(?:^|\s)(jaxmed .*)", block)
    lines += re.findall(r"^    (jaxmed .*)", text, re.M)
    lines += re.findall(r"`(jaxmed [^`]*)`", text)
    return [shlex.split(line, comments=True)[1:] for line in lines]


WITH_PYTHON = [path for path in PAGES if blocks(path.read_text(), "python")]
WITH_COMMANDS = [path for path in [*PAGES, *INCLUDED] if commands(path.read_text())]


def test_there_is_something_to_test():
    assert {"index.md", "own-model.md", "statistics.md"} <= {path.name for path in WITH_PYTHON}
    assert {"index.md", "clusters.md"} <= {path.name for path in WITH_COMMANDS}


@pytest.mark.slow
@pytest.mark.parametrize("path", WITH_PYTHON, ids=name)
def test_python_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(path.read_text(), "python"):
        # our own pages
        exec(compile(block, path.name, "exec"), names)


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=name)
def test_commands_and_their_options_exist(path):
    for first, *given in commands(path.read_text()):
        # an option of jaxmed itself is not parsed: it would be obeyed
        own = first.startswith("-")
        assert own or first in COMMANDS, first
        command = APP if own else COMMANDS[first]
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        assert {word for word in (first, *given) if word.startswith("-")} <= known, (first, given)
        if given and not own:
            command.make_context(first, given, resilient_parsing="--help" in given)


def test_every_public_name_is_on_the_api_page():
    page = (ROOT / "notebooks" / "docs" / "pages" / "api" / "index.md").read_text()
    shown = re.findall(r"^::: jaxmed\.(\S+)\n    options: \{ heading: jaxmed\.(\w+),", page, re.M)
    assert sorted(short for _, short in shown) == sorted(jaxmed.__all__)
    assert all(long.rpartition(".")[2] == short for long, short in shown)


def test_every_included_section_exists():
    for path in PAGES:
        for source, section in re.findall(r'^--8<-- "(\S+?):(\w+)"$', path.read_text(), re.M):
            text = (ROOT / source).read_text()
            assert all(f"[{edge}:{section}]" in text for edge in ("start", "end"))


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md"], ids=name)
def test_every_picture_says_what_it_shows(path):
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", path.read_text())
    assert all(len(words) > 25 for words, _ in pictures), pictures
