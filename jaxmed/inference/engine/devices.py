"""Run the elements of a batch on all devices of this process, each at its own pace."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxmed.inference.engine.jit import QuickJit

T = TypeVar("T")

_AXIS = "elements"
PLATFORMS = ("cpu", "gpu", "tpu")
"""Kinds of devices that JAX knows by these names."""


def local_devices() -> list[Any]:
    """Those of this process of the kind that is asked for by `on_device`: JAX's own choice without it."""
    chosen = _chosen()
    return jax.local_devices(backend=getattr(chosen, "platform", chosen))


@contextmanager
def on_device(platform: str) -> Iterator[None]:
    """Compute on one kind of device meanwhile, in all threads; where JAX would if `platform` is empty.

    Raises:
        ValueError: JAX finds no such device.
    """
    before = _chosen()
    if platform:
        try:
            found = jax.local_devices(backend=platform)[0]
        except RuntimeError:
            there = jax.default_backend()
            raise ValueError(
                f"device = {platform}: JAX finds none, and would use {there}"
            ) from None
        jax.config.update("jax_default_device", found)
    try:
        yield
    finally:
        jax.config.update("jax_default_device", before)


def _chosen() -> Any:
    return jax.config.jax_default_device  # pyright: ignore[reportAttributeAccessIssue]


def over_devices(function: Callable[..., T]) -> Callable[..., T]:
    """Split the elements of a batched function over the local devices; on one device, the function itself.

    Each device runs the whole program on its own elements, `while_loop`s included, and waits for no other: there is
    no communication inside. Give every device as many elements as one alone would get (grow the batch with
    `device_count`, do not divide it): then all run the program that one alone runs, and results agree to rounding.

    Args:
        function: (elements, *shared) -> pytree; every leaf of `elements` and of the result has the leading axis
            (n_elements,), `shared` is the same for all elements.

    Returns:
        The same function; n_elements must be a multiple of `device_count()`. To be called inside jit.
    """
    devices = local_devices()
    if len(devices) == 1:
        return function
    # Local devices only: another process may run another number of batches, or none.
    mesh = Mesh(np.array(devices), (_AXIS,))

    @wraps(function)
    def spread(elements: Any, *shared: Any) -> T:
        specs = (PartitionSpec(_AXIS), *(PartitionSpec() for _ in shared))
        # No collective inside, so nothing for the replication check to find, and loops it cannot see through.
        return jax.shard_map(
            function, mesh=mesh, in_specs=specs, out_specs=PartitionSpec(_AXIS), check_vma=False
        )(elements, *shared)

    return spread


def per_batch(function: Callable[..., T]) -> QuickJit[T]:
    """A function of a batch, compiled, each device with elements of its own.

    Args:
        function: (static, elements, *shared) -> pytree: `static` is hashed, every leaf of `elements` and of the result
            has the leading axis (n,), and `shared` is the same for all.

    Returns:
        The same function; n must be a multiple of `device_count()`.
    """

    @wraps(function)
    def batched(static: Any, elements: Any, *shared: Any) -> T:
        return over_devices(partial(function, static))(elements, *shared)

    return QuickJit(batched)


def per_element(function: Callable[..., T]) -> QuickJit[T]:
    """The same from a function (static, element, *shared) of one element: what is `shared` is worked out once."""

    @wraps(function)
    def batch(static: Any, elements: Any, *shared: Any) -> T:
        axes = (0, *(None for _ in shared))
        return jax.vmap(partial(function, static), in_axes=axes)(elements, *shared)

    return per_batch(batch)


def on_all_devices(tree: T) -> T:
    """What all elements share, copied to the local devices once: as NumPy arrays every call would copy it again."""
    mesh = Mesh(np.array(local_devices()), (_AXIS,))
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def on_cpu() -> bool:
    """Whether the processor does the work; an accelerator wants large batches, and copies to it take their time."""
    return local_devices()[0].platform == "cpu"


def sized(on_processor: int, on_accelerator: int) -> int:
    """The one of two sizes that suits the local devices."""
    return on_processor if on_cpu() else on_accelerator


def resident(rows: T) -> T:
    """Rows to pick from many times: on an accelerator copied there once.

    Their number is filled up to a power of two there, by copies of the last: few programs then do all the picking.
    """
    return rows if on_cpu() else on_all_devices(jax.tree.map(_filled_up, rows))


def joined(chunks: list[T]) -> T:
    """Rows that came from the devices in chunks of one length, `resident`."""
    if on_cpu():
        return jax.tree.map(lambda *leaves: np.concatenate(leaves), *jax.device_get(chunks))
    filled = chunks + chunks[-1:] * (power_of_two(len(chunks)) - len(chunks))
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *filled)


def picked(rows: T, numbers: np.ndarray) -> T:
    """Some rows of every leaf (n, ...) of what is `resident`."""
    return jax.tree.map(lambda leaf: leaf[numbers], rows) if on_cpu() else _pick(rows, numbers)


@jax.jit
def _pick(rows: Any, numbers: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[numbers], rows)


def _filled_up(rows: np.ndarray) -> np.ndarray:
    missing = power_of_two(len(rows)) - len(rows)
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)])


def power_of_two(least: int) -> int:
    """The smallest power of two that is not below a positive number: few sizes of programs."""
    return 1 << (least - 1).bit_length()


def device_count() -> int:
    """Devices of this process over which elements are split."""
    return len(local_devices())
