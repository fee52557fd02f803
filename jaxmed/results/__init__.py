"""What was found, as JSON, .npz, table, words, figure, page section and HEPData table.

A file for each kind of result: `fits`, `limits`, `contours`, `scans`, `posteriors`, `significance`, `sensitivity`,
`bounds`, `spectra`, `mediator`. `store` writes them with their provenance and `saved` finds them again, `style` and
`overlay` are what figures share, `fit_in_words` explains, `citations` says whom to cite, page/ is the HTML report.
"""
