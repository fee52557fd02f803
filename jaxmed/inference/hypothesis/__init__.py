"""Tests with toys: the likelihood ratio's distribution, and what follows from it.

`p_values` tests one point of the model parameters; `feldman_cousins` does so on a grid and `feldman_cousins_limits`
along the coupling, whose `accepted_intervals` are what p-values leave, `significance` asks how often the standard model
looks like a mediator, `expected_limits` what background alone would exclude, and `coverage` how often the sets contain
the truth.
"""
