"""How fast jaxmed is, beside the tools one would otherwise use, timed in the same run.

`speed` times jaxmed and `referees` the others, iminuit on the likelihood that `numpy_model` and `numpy_yields` write
in NumPy; `toys` does so for pseudo-data, `machine` says on what, and `table` prints.
"""
