"""One self-contained HTML page from saved results.

`page` renders `templates` with what `summary`, `layers`, `sections` and `sources` make of the results; `svg` puts their
figures inline, plane.js draws the exclusion plot, and save.js saves either as SVG or PNG.
"""
