"""What a package index shows: README with absolute links, and the project's addresses.

Both follow from the repository in which a release is built: runners of GitHub tell. Elsewhere README stays as it is.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)]+)\)")


class Addresses(MetadataHookInterface):
    """Sets `readme` and `urls`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add both to the metadata of the package."""
        text, address = Path(self.root, "README.md").read_text(encoding="utf-8"), None
        if repository := os.environ.get("GITHUB_REPOSITORY"):
            address = f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}"
            text = absolute(text, address, os.environ.get("GITHUB_REF_NAME", "HEAD"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = addresses(address) if address else {}


def absolute(text: str, address: str, ref: str) -> str:
    """Markdown whose links and images point to a tag or branch of a repository."""

    def linked(found: re.Match[str]) -> str:
        mark, words, path = found.groups()
        return f"{mark}[{words}]({address}/{'raw' if mark else 'blob'}/{ref}/{path})"

    return _RELATIVE.sub(linked, text)


def addresses(address: str) -> dict[str, str]:
    """Of the project, for its page on an index."""
    return {
        "Repository": address,
        "Issues": f"{address}/issues",
        "Changelog": f"{address}/blob/HEAD/notebooks/docs/pages/changelog.md",
        "Documentation": f"{address}/blob/HEAD/notebooks/docs/pages/index.md",
    }
