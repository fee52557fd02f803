"""One description of what is asked, and what the commands do with it: load, compute, write.

`analysis` reads the description from TOML and options. `run` does fits, spectra and bounds; `limits`, `contours`,
`posteriors`, `sensitivities` and `significances` what their names say. `resumable_scan` does a scan in chunks that
survive anything: `scan_plan` cuts it, `chunks` keeps them on disk. In goes an Analysis, out come files and their names.
"""
