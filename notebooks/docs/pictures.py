"""MkDocs hook: the pictures of a page are made by the commands that stand above them.

An image `made/NAME.png` is the file of that name that the sh block before it writes. With JAXMED_DOCS_EXECUTE=0 nothing
is run, and the pictures are empty.
"""

import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[2]
_MADE = re.compile(
    r"^```sh\n((?:(?!```).)*?)^```\n\n((?:!\[[^\]]*\]\(made/[\w.-]+\)[^\n]*\n+)+)", re.M | re.S
)
_IMAGE = re.compile(r"\(made/([\w.-]+)\)")
_EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'


class Block(NamedTuple):
    """Commands of a page, and the pictures that are made by them."""

    page: str
    commands: str
    pictures: tuple[str, ...]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site with the pictures."""
    pages = {f.src_uri: f.content_string for f in files.documentation_pages()}
    found = [block for page, text in pages.items() for block in blocks(page, text)]
    run = os.environ.get("JAXMED_DOCS_EXECUTE") != "0"
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(_pictures, found) if run else [[_EMPTY] * len(b.pictures) for b in found]
        for block, contents in zip(found, made, strict=True):
            folder = block.page.rpartition("/")[0]
            for name, content in zip(block.pictures, contents, strict=True):
                uri = f"{folder}/made/{name}".lstrip("/")
                files.append(File.generated(config, uri, content=content))
    return files


def blocks(page: str, text: str) -> list[Block]:
    """The blocks of a page that make pictures."""
    return [
        Block(page, found[1], tuple(_IMAGE.findall(found[2]))) for found in _MADE.finditer(text)
    ]


def _pictures(block: Block) -> list[bytes]:
    """What the commands write; PluginError if one fails, or writes something else."""
    with TemporaryDirectory() as folder:
        for name in ("fits", "data"):
            (Path(folder) / name).symlink_to(_ROOT / name)
        for line in block.commands.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if not words:
                continue
            command = [sys.executable, "-m", *words]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                raise PluginError(f"{block.page}: {line}: {done.stderr or done.stdout}")
        written = {path.name: path for path in Path(folder).rglob("*.png")}
        missing = [name for name in block.pictures if name not in written]
        if missing:
            raise PluginError(f"{block.page}: {missing[0]} is not among {', '.join(written)}")
        return [written[name].read_bytes() for name in block.pictures]
