"""What was found, as JSON, .npz, table, words, figure, page section and HEPData table.

A file for each kind of result; `store` and `npz` write them with their provenance, `saved` finds them again, `figures`,
`colours` and `overlay` draw, `tables` prints, `citations` says whom to cite, page/ is the HTML report.
"""
