"""jit for large programs that a new process compiles and then runs for seconds at most."""

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache, update_wrapper
from typing import Any, Generic, TypeVar

import jax

T = TypeVar("T")

# XLA's newer way to write fused loops for CPUs takes twice as long to compile our programs, which then run no
# faster. Other devices do not look at it.
_OPTION = "xla_cpu_use_fusion_emitters"


class QuickJit(Generic[T]):
    """A function compiled with `compile_options`, its first argument static; a decorator in place of `jax.jit`."""

    def __init__(self, function: Callable[..., T]) -> None:
        """Args: the function. No device is touched before the first call."""
        self._function = function
        self._compiled: Any = None
        update_wrapper(self, function)

    def __call__(self, *args: Any) -> T:
        """Call it, compiled."""
        with collector_paused():
            return self._jitted()(*args)

    def lower(self, *args: Any) -> Any:
        """As for `jax.jit`."""
        return self._jitted().lower(*args)

    def _jitted(self) -> Any:
        if self._compiled is None:
            options = compile_options(_OPTION)
            self._compiled = jax.jit(self._function, static_argnums=0, compiler_options=options)
        return self._compiled


@contextmanager
def collector_paused() -> Generator[None]:
    """No garbage collection meanwhile.

    Tracing makes many objects that stay: to go through them again and again would take a sixth of a first fit.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@cache
def compile_options(option: str) -> dict[str, bool] | None:
    """What turns an option of XLA off; None if this version of XLA does not have it."""
    options = {option: False}
    try:
        jax.jit(lambda: 0.0, compiler_options=options).lower().compile()
    except Exception as problem:  # its class is not public and has moved between versions
        if option not in str(problem):
            raise
        return None
    return options
