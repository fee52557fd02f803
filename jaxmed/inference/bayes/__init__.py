"""Posteriors of a fit's parameters.

`posterior` is the whole of it: `priors` as users write them, a scan for where the posterior is (`proposal`), a map that
flattens it (`flattening`), `nuts` chains in the flat coordinates, and `samples` with their `diagnostics`. NumPyro and
ArviZ come with the extra `bayes`, and `extra` imports what needs them.
"""
