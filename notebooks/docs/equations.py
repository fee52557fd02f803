"""MkDocs hook: functions of jaxmed.theory that the physics page names, as its table of equations does, link to the API.

A function that the API does not document stops a strict build.
"""

import re
from typing import Any

from mkdocs.structure.pages import Page

_PAGE = "physics.md"
_FUNCTION = re.compile(r"<code>((?!jaxmed)[a-z_]+(?:\.[a-z_0-9]+)+)</code>")
_LINK = r'<autoref identifier="jaxmed.theory.\1"><code>\1</code></autoref>'


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """The page with its links."""
    return _FUNCTION.sub(_LINK, html) if page.file.src_uri == _PAGE else html
