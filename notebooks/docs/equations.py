"""MkDocs hook: functions in the table of the paper's equations link to the API.

A function that the API does not document stops a strict build.
"""

import re
from typing import Any

from mkdocs.structure.pages import Page

_PAGE = "physics.md"
_TABLE = 'id="the-paper-equation-by-equation"'
_FUNCTION = re.compile(r"<code>([a-z_]+\.[a-z_0-9]+)</code>")
_LINK = r'<autoref identifier="jaxmed.theory.\1"><code>\1</code></autoref>'


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """The physics page with its table linked."""
    if page.file.src_uri != _PAGE:
        return html
    before, heading, after = html.partition(_TABLE)
    table, end, rest = after.partition("</table>")
    return before + heading + _FUNCTION.sub(_LINK, table) + end + rest
