"""Likelihoods of others into jaxmed, and those of jaxmed for others."""
