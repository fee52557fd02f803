"""Two virtual devices against one: the same scan in fresh processes.

    python tests/benchmarks/devices.py [EXPERIMENTS] [REPEATS]

One process may use all cores in both cases: the ratio says what splitting the elements brings on top of what XLA
itself runs in parallel.
"""

import json
import os
import subprocess
import sys

SCAN = """
import json, sys
import jax
jax.config.update("jax_enable_x64", True)
from jaxmed.bench.measure import timed
from jaxmed.experiments import load
from jaxmed.inference.regions.grid import grid_points, grid_values
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.models.choose import get_model

data = tuple(map(load, sys.argv[1].split(",")))
problem = make_problem(data, get_model("u1r"))
points = grid_points(problem, grid_values(problem, {}, 60))
timing = timed(lambda: profile(problem, points, data), 4)
found = profile(problem, points, data)
print(json.dumps([timing.seconds, float(found.nll[found.converged].sum())]))
"""


def scan(devices: int, experiments: str) -> tuple[float, float]:
    """Warm seconds of a 60 x 60 scan, and the sum of what it found."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    done = subprocess.run(
        [sys.executable, "-c", SCAN, experiments],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )
    return json.loads(done.stdout)


def main(experiments: str, repeats: int) -> None:
    """Alternate between one and two devices, and print the ratio of the fastest of each."""
    runs = {devices: [] for devices in (1, 2)}
    for _ in range(repeats):
        for devices, found in runs.items():
            found.append(scan(devices, experiments))
    one, two = (min(seconds for seconds, _ in found) for found in runs.values())
    sums = [total for found in runs.values() for _, total in found]
    assert max(sums) - min(sums) < 1e-6 * abs(sums[0])
    print(f"{experiments}: {one:.3g} s on one device, {two:.3g} s on two: {one / two:.2f}x")


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else "texono,coherent_csi,coherent_lar,xenon1t",
        int(sys.argv[2]) if len(sys.argv) > 2 else 3,
    )
