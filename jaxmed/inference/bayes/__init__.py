"""Posteriors of a fit's parameters.

`posterior` is the whole of it: `priors` as users write them, `proposal` for where the posterior is and the map that
flattens it, `nuts` chains in the flat coordinates, `samples` with what they say, and `diagnostics` of whether they can
be believed. NumPyro and ArviZ come with the extra `bayes`, and `extra` imports what needs them.
"""
