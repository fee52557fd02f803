"""One self-contained HTML page from saved results.

`page` puts it together from `sections`, `posteriors`, `sensitivities` and the `exclusion_plot`, whose `layers` plane.js
draws and switches; `charts` are static figures in `svg`.
"""
