"""What a new user does after the set-up, with exactly README's lines; .ci/run does it in a fresh clone."""

import json
import re
import shlex
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app

README = (Path(__file__).parents[1] / "README.md").read_text()


def _block(first: str) -> list[str]:
    """The indented lines from one that starts with `first` to the next empty one."""
    return re.search(rf"^(    {re.escape(first)}.*?)\n\n", README, re.M | re.S)[1].splitlines()


@pytest.mark.slow
def test_a_model_of_one_s_own_becomes_limits_and_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("\n".join(line[4:] for line in _block('name = "mine"')))
    commands = [shlex.split(line) for line in _block(".venv/bin/jaxmed limit")]
    assert [command[1] for command in commands] == ["limit", "report"]
    for command in commands:
        done = CliRunner().invoke(app, command[1:])
        assert done.exit_code == 0, done.output
    (found,) = (tmp_path / "mine").glob("limit_*.json")
    limits = json.loads(found.read_text())
    # x_h moves right-handed fermions only: XENON1T prefers it, TEXONO limits it
    assert limits["flag"][0] == "excludes zero" and limits["g_upper"][-1] == pytest.approx(
        1.167e-3, rel=0.001
    )
    page = (tmp_path / "mine" / "report.html").read_text()
    assert (
        "right_handed" in page
        and "TEXONO" in page
        and 'http-equiv="Content-Security-Policy"' in page
    )


def _python():
    block = re.search(r"^    import jax\n(?:(?:    .*)?\n)+", README, re.M)[0]
    return [line[4:] for line in block.splitlines()]


def test_python_lines_run():
    lines, names = _python(), {}
    # our own README
    exec("\n".join(lines), names)
    assert names["xenon"].name == "xenon1t" and len(lines) > 8


def test_python_lines_are_traced():
    """Couplings, counts and -log L of the block as functions of g and the mass, under jit, vmap, grad and jacfwd."""
    (data,) = (line for line in _python() if "jaxmed.load(" in line)
    (made,) = (line for line in _python() if "jaxmed.couplings(" in line)
    g, mass = (re.search(rf"{name}=([\d.e-]+)", made)[1] for name in ("g", "mass"))
    names = {"jaxmed": jaxmed}
    exec(data, names)
    body = made.replace(f"g={g}", "g=x[0]").replace(f"mass={mass}", "mass=x[1]").split("#")[0]

    def run(x, last):
        own = names | {"x": x}
        exec(body, own)
        return eval(last, own)

    def counts(x):
        return run(x, "jaxmed.expected(xenon, mediator)")

    def nll(x):
        return run(x, "jaxmed.nll(xenon, mediator)")

    at = jnp.array([float(g), float(mass)])
    plain = names | {}
    exec(made, plain)
    wanted = eval("jaxmed.nll(xenon, mediator)", plain)
    np.testing.assert_allclose(jax.jit(nll)(at), wanted, rtol=1e-12)
    np.testing.assert_allclose(jax.vmap(nll)(jnp.stack([at, 2 * at]))[0], wanted, rtol=1e-12)
    np.testing.assert_allclose(jax.jit(counts)(at), eval("jaxmed.expected(xenon, mediator)", plain))
    slope = jax.grad(nll)(at)
    np.testing.assert_allclose(jax.jacfwd(nll)(at), slope, rtol=1e-9)
    step = 1e-5 * at[0]
    both = [float(nll(at.at[0].add(sign * step))) for sign in (1, -1)]
    np.testing.assert_allclose(slope[0], (both[0] - both[1]) / (2 * step), rtol=1e-6)
    assert np.isfinite(jax.jacfwd(counts)(at)).all()
