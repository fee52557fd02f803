"""Neutrino sources and their moments I_k(T).

`reactor`, `solar` and `stopped_pion` are the sources of the data sets, `spectrum` turns any of them into the moments
int dE phi(E) E^-k above the energy that a recoil T needs: all that a cross section asks of a flux.
"""
