"""One description of what is asked, and a public function for each kind of result: check, compute, and give it back.

`analysis` reads the description from TOML, options and keywords; `limits`, `scans`, `significances` and so on find what
their names say, for a command as for Python. `resumable_scan` does a scan in chunks that survive anything: `scan_plan`
cuts and computes them, `chunks` keeps them on disk. In goes an Analysis, out comes a result.
"""
