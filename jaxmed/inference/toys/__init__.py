"""Pseudo-data and their fits, thousands at a time.

`draw` makes toys; `conditional_fit` minimises over the nuisances at given model parameters and `global_fit` over
everything: `grid_likelihood` scores a toy on the whole `parameter_grid`, whose minima are starts. Both give `chunks` of
toys to the device at a time, where a `work_queue` keeps all lanes busy. Shape variations with nodes have kinks, with a
minimum on either side: `ways` lead across.
"""
