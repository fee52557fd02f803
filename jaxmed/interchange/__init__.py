"""Likelihoods for other programs, and those of others into jaxmed.

Out: `polynomial` takes the coupling out of a signal, `parts` holds what is then left of an experiment; `hs3` writes it
in the HEP Statistics Serialization Standard, every function of it (`functions`), and `pyhf` what HistFactory can say of
it, with how far that is off (`histfactory`). In: `workspace` reads either, and writes an experiment's folder.
"""
