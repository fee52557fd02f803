"""Batched recoil spectra dR/dT of many mediators.

    python tests/benchmarks/spectra.py

A point is dR/dT of one mediator at one recoil energy, all fluxes and flavours summed; a spectrum has 100.
"""

from collections.abc import Callable
from functools import partial

import jax
from jax import Array

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import numpy as np

from jaxmed.bench.measure import timed
from jaxmed.experiments import load
from jaxmed.models.choose import get_model
from jaxmed.theory.amplitudes import Electron
from jaxmed.theory.scattering import electron_rate, nucleus_rate

_POINTS = 100
_BATCHES = (1_000, 10_000, 50_000)


def rates(name: str) -> Callable[[Array], Array]:
    """Compiled: coordinates (n, 2) -> dR/dT at 100 nodes of the first channel of an experiment, (n, 100)."""
    model, stack = get_model("u1r"), load(name).channels[0]
    channel = jax.tree.map(lambda leaf: np.asarray(leaf)[0], stack)
    index = np.linspace(0, channel.recoil.size - 1, _POINTS).astype(int)
    recoil, moments = channel.recoil[index], channel.moments[..., index]

    def one(point, recoil, moments):
        couplings = model.couplings({"g": point[0], "mass": point[1]})
        if isinstance(channel.target, Electron):
            return electron_rate(recoil, moments, couplings, channel.target)
        forms = channel.form_p[0][index], channel.form_n[0][index]
        return nucleus_rate(recoil, moments, couplings, channel.target, *forms)

    compiled = jax.jit(jax.vmap(one, in_axes=(0, None, None)))
    return lambda points: compiled(points, recoil, moments)


def main() -> None:
    """Print points and spectra per second."""
    random = np.random.default_rng(1)
    for name, target in (("xenon1t", "electrons"), ("coherent_lar", "argon nuclei")):
        spectra = rates(name)
        for batch in _BATCHES:
            points = jnp.asarray(random.uniform([-8, -3], [-4, 3], (batch, 2)))
            timing = timed(partial(spectra, points), 7)
            per_second = batch / timing.seconds
            print(
                f"{target}, {batch} at a time: {per_second * _POINTS / 1e6:.1f} M points/s, "
                f"{per_second / 1e6:.3f} M spectra/s, compiled in {timing.compile_seconds:.2f} s"
            )


if __name__ == "__main__":
    main()
