"""What a detector makes of a recoil: quenching, smearing, efficiency.

`quenching` turns recoil energies into visible ones, `response` these into the probability of every bin, as a matrix:
in NumPy, or in JAX for an experiment whose threshold or resolution is varied.
"""
