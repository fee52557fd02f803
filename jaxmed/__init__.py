"""Fit light vector mediators to TEXONO, COHERENT and XENON data by gradients, in JAX."""
