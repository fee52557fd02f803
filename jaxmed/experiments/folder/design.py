"""Threshold and resolution of a user's detector as differentiable parameters of its response."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.detector.smearing import smeared
from jaxmed.experiments.folder.build import signal_templates
from jaxmed.experiments.folder.detector import Response
from jaxmed.experiments.folder.fold import Quadrature, all_nodes, visible_energy
from jaxmed.experiments.folder.read import Description
from jaxmed.experiments.model import Leaf


class Folding(NamedTuple):
    """All that the responses of one stack of channels are made of.

    Attributes:
        visible: visible energy at every node [keV], (n_channels, n_responses, n).
        sigma: resolution there [keV], the same shape.
        weight: targets x exposure x quadrature weight, 0 where nothing is seen, the same shape.
        edges: of the bins [keV], (n_bins + 1,).
        knots: energies of the efficiency [keV], (m,).
        efficiency: values there, (n_responses, m).
        sigma_first: resolution at the lower edge of the first bin [keV].
    """

    visible: Leaf
    sigma: Leaf
    weight: Leaf
    edges: Leaf
    knots: Leaf
    efficiency: Leaf
    sigma_first: Leaf


def foldings(found: Description) -> tuple[Folding, ...]:
    """What the response of each stack of channels is made of; none for a matrix or a perfect resolution."""
    response = found.response
    resolution, edges = response.resolution, found.data.edges
    if response.matrix is not None or resolution is None:
        return ()
    at_first = float(resolution.sigma(edges[:1])[0])
    shifts = signal_templates(found).shifts
    curve = response.efficiency
    efficiency = np.stack([np.clip(curve.at(shift.efficiency), 0, 1) for shift in shifts])

    def one(nodes: Quadrature) -> Folding:
        visible = np.stack(
            [
                [visible_energy(response, nodes.recoil * 1e3, z, shift) for shift in shifts]
                for z in nodes.protons
            ]
        )
        weight = np.where(visible >= response.lowest, nodes.per_node[:, None], 0.0)
        sigma = resolution.sigma(visible)
        return Folding(visible, sigma, weight, edges, curve.x, efficiency, at_first)

    return tuple(one(nodes) for nodes in all_nodes(found, shifts).values())


def refold(folding: Folding, threshold: Array, resolution: Array) -> Array:
    """The response of a stack of channels with another threshold and resolution; pure.

    The first bin starts at `threshold` times its lower edge, and the whole efficiency curve moves by as many keV.
    What the file calls lowest_keV stays.

    Args:
        folding: from `foldings`.
        threshold: factor on the lower edge of the first bin, ().
        resolution: factor on sigma at every energy, ().

    Returns:
        (n_channels, n_responses, n_bins, n), `Channel.response`.
    """
    first = jnp.asarray(folding.edges[0])
    edges = jnp.asarray(folding.edges).at[0].multiply(threshold)
    knots = jnp.asarray(folding.knots) + (threshold - 1) * first

    def fold(visible: Array, sigma: Array, weight: Array, values: Array) -> Array:
        return weight[None] * smeared(edges, visible, resolution * sigma, (knots, values))

    per_response = jax.vmap(fold)
    return jax.vmap(per_response, in_axes=(0, 0, 0, None))(
        jnp.asarray(folding.visible), folding.sigma, folding.weight, folding.efficiency
    )


def wider_first_bin(edges: np.ndarray, threshold: Array) -> Array:
    """Width of the first bin relative to the one in the file, for edges (n + 1,), ()."""
    return (edges[1] - threshold * edges[0]) / (edges[1] - edges[0])


def why_not(response: Response) -> str:
    """Why a response has no threshold and resolution to vary; empty if it has."""
    if response.matrix is not None:
        return "the response is a matrix"
    if response.resolution is None:
        return "the resolution is perfect: the edge of a bin cuts the spectrum sharply"
    return ""
