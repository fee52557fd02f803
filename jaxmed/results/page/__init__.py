"""One self-contained HTML page from saved results.

`page` renders `templates` with what `summary`, `layers`, `sections` and `sources` read; `figures` draws what `svg` puts
inline, plane.js the exclusion plot, and save.js saves either as SVG or PNG.
"""
