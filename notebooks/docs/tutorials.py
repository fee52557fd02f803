"""MkDocs hook: every notebook becomes a page, its code cells fenced blocks.

Notebooks store no outputs: they are run, and their text and figures shown, unless JAXMED_DOCS_EXECUTE is 0. A cell that
draws says in its metadata, as `alt`, what.
"""

import base64
import os
import re
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbformat import NotebookNode

_FOLDER = Path(__file__).parents[1]
_NOTEBOOK_LINK = re.compile(r"(\]\([\w-]+)\.ipynb\)")
_NOTE = "*This page is a notebook, `notebooks/{name}`: run it, and change what you like.*"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, and its figures."""
    for path in sorted(_FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if os.environ.get("JAXMED_DOCS_EXECUTE") != "0":
            _execute(notebook)
        for file in _page(path, notebook, config):
            files.append(file)
    return files


def _execute(notebook: NotebookNode) -> None:
    from nbclient import NotebookClient

    here = {"metadata": {"path": str(_FOLDER)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=here).execute()


def _page(path: Path, notebook: NotebookNode, config: MkDocsConfig) -> list[File]:
    """The page of a notebook, after its figures."""
    parts, figures = [], []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(_NOTEBOOK_LINK.sub(r"\1.md)", cell.source))
            continue
        parts.append(_fenced(cell.source, "python"))
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{path.stem}-{len(figures) + 1}.png"
                content = base64.b64decode(data["image/png"])
                figures.append(File.generated(config, f"tutorials/{name}", content=content))
                parts.append(f"![{cell.metadata['alt']}]({name})")
            elif text := output.get("text") or data.get("text/plain"):
                parts.append(_fenced(text.rstrip(), "text"))
    title, rest = parts[0].split("\n", 1)
    note = _NOTE.format(name=path.name)
    content = "\n\n".join([title, note, rest.strip(), *parts[1:]]) + "\n"
    return [*figures, File.generated(config, f"tutorials/{path.stem}.md", content=content)]


def _fenced(text: str, language: str) -> str:
    return f"```{language}\n{text}\n```"
