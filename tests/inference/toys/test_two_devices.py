"""Toys over two devices: the minima of one, and no device that waits for the other."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import standard_start
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import draw
from jaxmed.inference.toys.global_fit import global_fits, make_fitter
from jaxmed.models.choose import get_model

pytestmark = pytest.mark.slow
NUMBER, SECONDS = 16, 600

_CHILD = """
import sys
import jax
jax.config.update("jax_enable_x64", True)
import numpy as np
sys.path.insert(0, sys.argv[1])
from test_two_devices import fits
from jaxmed.experiments import load
from jaxmed.inference.engine.devices import device_count

assert device_count() == 2
np.savez(sys.argv[2], **fits(tuple(map(load, sys.argv[3].split(",")))))
"""


def fits(data):
    """-log L of some toys, at the standard model and globally."""
    problem = make_problem(data, get_model("u1r"))
    start = standard_start(problem, data).nuisances
    toys = draw(problem, data, np.concatenate([problem.model.standard, start]), 5, NUMBER)
    at = conditional_fits(problem, data, toys, np.array(problem.model.standard), start)
    free = global_fits(problem, toys, make_fitter(problem, data, start))
    return {"at": at.nll, "free": free.nll}


def test_two_devices_find_the_minima_of_one(experiments, tmp_path):
    """All together: with less the devices of a CPU have threads to spare."""
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    here, out = str(Path(__file__).parent), str(tmp_path / "found.npz")
    command = [sys.executable, "-c", _CHILD, here, out, ",".join(experiments)]
    subprocess.run(command, env=environment, check=True, timeout=SECONDS)
    one = fits(tuple(experiments.values()))
    with np.load(out) as two:
        for name in one:
            np.testing.assert_allclose(two[name], one[name], rtol=0, atol=1e-9, err_msg=name)
