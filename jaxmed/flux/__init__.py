"""Neutrino sources and their moments I_k(T)."""
