"""A command killed without notice, at any moment: a folder holds whole results or none, and can be used again.

JAXMED_EXAMPLES=25 pytest -m "slow or long" tests/cli/test_cli_killed.py     # all commands, at more moments
"""

import os
import random
import subprocess
import sys
import time

import pytest

import jaxmed
from jaxmed.results.lock import LOCK
from jaxmed.results.saved import read_saved
from jaxmed.user_files.keys import is_there

pytestmark = pytest.mark.slow
NUMBER = int(os.environ.get("JAXMED_EXAMPLES", "2"))
COMMANDS = {
    "calibrate": (
        *("calibrate", "--experiments", "texono", "--mass", "0.1,10", "--g", "2e-6:1e-5:8"),
        *("--toys", "200"),
    ),
    "fit": ("fit", "--experiments", "texono,xenon1t", "--grid", "11"),
    "limit": ("limit", "--experiments", "texono", "--mass", "1e-2:1e2:21"),
    "posterior": (
        *("posterior", "--experiments", "texono", "--chains", "2"),
        *("--samples", "50", "--warmup", "50"),
    ),
    "scan": ("scan", "--experiments", "texono", "--grid", "61"),
}


def start(command, out):
    whole = [sys.executable, "-m", "jaxmed", *command, "--out", str(out)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(whole, **quiet)


def wait(running, out, seconds, rng):
    """Until some moment of the work, or until a file is being written."""
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0.1, 1.0) * seconds)
        return
    while running.poll() is None and not [p for p in out.glob("**/.*") if p.name != LOCK]:
        time.sleep(1e-3)
    time.sleep(rng.uniform(0.0, 0.02))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_holds_a_whole_result_or_none(tmp_path, name):
    # the second has its programs compiled, as all that follow
    for out in ("compiles", "first"):
        began = time.monotonic()
        first = start(COMMANDS[name], tmp_path / out)
        first.communicate()
    assert first.returncode in (0, 1), "without convergence there is a result, too"
    lasts = time.monotonic() - began
    expected = {s.path.name: s.result.kind for s in read_saved(tmp_path / "first")}
    rng, finished = random.Random(name), 0
    for i in range(NUMBER):
        out = tmp_path / f"killed{i}"
        running = start(COMMANDS[name], out)
        wait(running, out, lasts, rng)
        running.kill()
        running.communicate()
        left = sorted(p for p in out.glob("*.*") if is_there(p.is_file)) if out.is_dir() else []
        results = [p for p in left if p.suffix in (".json", ".npz") and p.name != "job.json"]
        finished += bool(results)
        for path in results:
            assert not path.name.startswith("."), left
            found = jaxmed.load_result(path)
            kinds = {each.kind for each in (found.values() if isinstance(found, dict) else [found])}
            assert kinds == {expected[path.name]}
        again = start(
            (*COMMANDS[name], *(["--resume"] if name in ("calibrate", "scan") else [])), out
        )
        _, said = again.communicate()
        assert again.returncode == first.returncode, said
        assert {s.path.name for s in read_saved(out)} == set(expected)
    print(f"{name}: {finished} of {NUMBER} had a result")
