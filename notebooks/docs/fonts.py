"""MkDocs hook: a font for formulas, without which a browser may have none whose brackets grow.

STIX Two Math (SIL Open Font License), as the package ziamath has it, cut down to the characters of formulas.
"""

import io
from importlib.resources import files as resources

from fontTools import subset
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_FONT = "STIXTwoMath-Regular.ttf"
# Latin, Greek, punctuation and primes, symbols, arrows and operators, pieces of brackets, mathematical letters
_CHARACTERS = (
    *range(0x20, 0x100),
    *range(0x370, 0x400),
    *range(0x2000, 0x2070),
    *range(0x2100, 0x2150),
    *range(0x2190, 0x23D0),
    *range(0x27E6, 0x27F0),
    *range(0x1D400, 0x1D800),
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site with the font."""
    options = subset.Options(flavor="woff", layout_features=["*"], notdef_outline=True)
    with (resources("ziamath") / "fonts" / _FONT).open("rb") as file:
        font = subset.load_font(file, options)
        cut, content = subset.Subsetter(options), io.BytesIO()
        cut.populate(unicodes=_CHARACTERS)
        cut.subset(font)
        subset.save_font(font, content, options)
    files.append(File.generated(config, "fonts/math.woff", content=content.getvalue()))
    return files
