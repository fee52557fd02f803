"""Asymptotic regions: what is allowed at a confidence level, from differences of the profiled -log L.

`limits` are intervals of the coupling at fixed mass, `contours` regions in the plane of coupling and mass, `grid_scan`
the profile on a grid. Limits and contours both scan `mass_lines` for `minima` and for narrow islands (`candidates`),
and `level` finds where a level is crossed. Limits profile only the points that decide (`screening`), which `estimates`
by Fisher scoring tell, of signals that are `mixtures` of a few. Contours fill in a lattice where it matters
(`refinement`) and follow the level through it (`contour_lines`).
"""
