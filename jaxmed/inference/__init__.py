"""Fits, profiles and limits: optax, vmap and exact Hessians."""
