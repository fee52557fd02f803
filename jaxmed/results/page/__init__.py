"""One self-contained HTML page from saved results.

`page` puts it together from sections (`asked`, `sections`, `posteriors`, `sensitivities`, `references`) and the
`exclusion_plot`, whose `layers` plane.js draws and switches; `charts` are static figures in `svg`.
"""
