"""Fit light vector mediators to TEXONO, COHERENT and XENON data by gradients, in JAX.

Set 64-bit floats before the first use of JAX::

    import jax
    jax.config.update("jax_enable_x64", True)

    import jaxmed
    exp = jaxmed.load("xenon1t")
    c = jaxmed.couplings("u1r", g=1e-6, mass=0.05)   # mass in MeV
    jaxmed.expected(exp, c)                          # (n_bins,) events
    jaxmed.fit([exp], model="u1r")
"""

import lazy_loader

# `import jaxmed` costs next to nothing: a public name is imported when it is first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
