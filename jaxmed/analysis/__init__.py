"""One description of what is asked, and a public function for each kind of result: check, compute, and give it back.

`analysis` reads the description from TOML, options and keywords; `limits`, `scans`, `significances` and so on find what
their names say, for a command as for Python. `resumable` computes a plan in chunks that survive anything, and `chunks`
keeps them on disk: `scan_plan`, `coverage_plan` and `calibration_plan` are such plans. In goes an Analysis, out comes
a result.
"""
