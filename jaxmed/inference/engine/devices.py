"""Run the elements of a batch on all devices of this process, each at its own pace."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, TypeVar

import jax
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
def on_device(platform: str) -> Generator[None]:
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


def host() -> str:
    """'cpu' where JAX would use an accelerator but has the processor too: for work too small to be sent; else ''."""
    if jax.default_backend() == "cpu":
        return ""
    try:
        return jax.local_devices(backend="cpu")[0].platform
    except RuntimeError:  # JAX_PLATFORMS names the accelerator alone
        return ""


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


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def sized(on_processor: int, on_accelerator: int) -> int:
    """The one of two sizes that suits the local devices."""
    return on_processor if on_cpu() else on_accelerator


def device_count() -> int:
    """Devices of this process over which elements are split."""
    return len(local_devices())
