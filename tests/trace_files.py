"""Which files a fit and one Feldman-Cousins point go through, and between which they move.

    python tests/trace_files.py

A move is a call from a function of one file of jaxmed to one of another; each pair of files counts once. Functions that
JAX traces count, since they are what one reads; imports do not.
"""

import sys
import tempfile
import threading
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jaxmed  # noqa: E402
from jaxmed.cli import app  # noqa: E402

HOME = str(Path(jaxmed.__file__).parent)


def traced(work):
    """Files of jaxmed, in the order of their first call, and pairs of files of which one calls the other."""
    files, moves = {}, {}

    def watch(frame, event, _):
        code = frame.f_code
        if event != "call" or code.co_name == "<module>" or not code.co_filename.startswith(HOME):
            return
        here = code.co_filename.removeprefix(HOME + "/")
        files[here] = None
        caller = frame.f_back
        while caller and not caller.f_code.co_filename.startswith(HOME):
            caller = caller.f_back
        there = caller and caller.f_code.co_filename.removeprefix(HOME + "/")
        if there and there != here:
            moves[there, here] = None

    # a fit runs in threads of its own
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return list(files), list(moves)


def fit():
    """`jaxmed fit --experiments texono`."""
    with tempfile.TemporaryDirectory() as folder:
        app(["fit", "--experiments", "texono", "--out", folder], standalone_mode=False)


def point():
    """One Feldman-Cousins point of XENON1T."""
    jaxmed.feldman_cousins([jaxmed.load("xenon1t")], g=[1e-6], mass=[0.05], number=64)


if __name__ == "__main__":
    for work in (fit, point):
        files, moves = traced(work)
        print(f"\n{work.__doc__} {len(files)} files, {len(moves)} moves")
        print(*files, sep="\n")
