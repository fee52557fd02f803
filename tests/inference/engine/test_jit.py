"""Programs compiled with fewer passes: the same numbers, compiled once, on versions of XLA old and new."""

import gc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.inference.engine import jit as compiling
from jaxmed.inference.engine.jit import QuickJit, compile_options
from jaxmed.inference.engine.timing import clock


def turn(power, x):
    """A fusion and a reduction, where the two ways to compile differ."""
    return jnp.sum(jnp.sin(x) ** power * jnp.exp(-x))


def test_the_same_numbers_compiled_once_for_each_static_argument():
    quick, x = QuickJit(turn), np.linspace(0.0, 3.0, 1001)
    for power in (2, 3):
        np.testing.assert_allclose(
            quick(power, x), jax.jit(turn, static_argnums=0)(power, x), rtol=1e-12
        )
        with clock() as again:
            quick(power, x + 1.0)
        assert again.compilations == 0
    assert "module" in quick.lower(2, x).as_text()


def test_an_option_that_xla_does_not_have_is_left_out(monkeypatch):
    assert compile_options("xla_cpu_no_such_thing") is None
    monkeypatch.setattr(compiling, "_OPTION", "xla_cpu_no_such_thing")
    assert float(QuickJit(turn)(1, np.zeros(3))) == 0.0


def test_the_option_reaches_xla(monkeypatch):
    passed = []
    real = jax.jit

    def spy(*args, **kwargs):
        passed.append(kwargs.get("compiler_options"))
        return real(*args, **kwargs)

    monkeypatch.setattr(jax, "jit", spy)
    QuickJit(turn)(1, np.zeros(3))
    assert passed[-1] == compile_options(compiling._OPTION)


def test_other_errors_are_not_swallowed(monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(jax, "jit", broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        compile_options("xla_cpu_not_asked_before")


@pytest.mark.parametrize("enabled", [True, False])
def test_nothing_is_collected_while_tracing_and_all_is_as_before_afterwards(enabled):
    """Whatever the caller has chosen, and after a function that raises, too."""
    seen = []

    def traced(fails, x):
        seen.append(gc.isenabled())
        if fails:
            raise ZeroDivisionError
        return 2.0 * x

    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        assert float(QuickJit(traced)(False, np.ones(()))) == 2.0
        with pytest.raises(ZeroDivisionError):
            QuickJit(traced)(True, np.ones(()))
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
    assert seen == [False, False]
