"""How fast jaxmed is, beside the tools one would otherwise use, timed in the same run on each kind of device.

`measure` times ways to do the same work and compares what they find. `speed` and `toys` say what the works are for some
experiments, `peers` for a likelihood of `histfactory` that evermore and NextStat can express, too. `referees` minimise
by iminuit, on the likelihood that `numpy_model` and `numpy_yields` write in NumPy, and by SciPy. `machine` says on
what, and `table` shows it.
"""
