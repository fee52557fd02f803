"""Pseudo-data and their fits, thousands at a time.

`toy` is one toy from top to bottom. Around it `draw` makes many, `conditional_fit` minimises over the nuisances at
given model parameters and `global_fit` over everything: `grid_likelihood` scores a toy on the whole `parameter_grid`,
whose minima are starts, and `multistart` drops those that cannot win. Shape variations with nodes have kinks, with a
minimum on either side: `local_minima` looks across them.
"""
