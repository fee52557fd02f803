"""One writer for a folder: who comes second is told by whom it is held, and a killed holder holds nothing."""

import errno
import fcntl
import json
import os
import platform
import signal
import subprocess
import sys

import pytest

from jaxmed.results.lock import LOCK, sole_writer

KILLED = """
import os, signal, sys
from pathlib import Path
from jaxmed.results.lock import sole_writer
with sole_writer(Path(sys.argv[1]), print):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def held(folder, process, host):
    (folder / LOCK).write_text(json.dumps({"process": process, "host": host}))


def test_the_second_is_told_who_the_first_is(tmp_path):
    who = f"process {os.getpid()} on {platform.node()}"
    with sole_writer(tmp_path, pytest.fail):
        with pytest.raises(ValueError, match=f"is in use by {who}: wait until it has ended, or"):
            sole_writer(tmp_path, pytest.fail).__enter__()
        assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()
    with sole_writer(tmp_path, pytest.fail):
        pass
    assert not list(tmp_path.iterdir())


def test_a_command_that_fails_lets_go(tmp_path):
    with pytest.raises(KeyboardInterrupt), sole_writer(tmp_path, pytest.fail):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_killed_holder_is_named_once_and_followed(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    said = []
    with sole_writer(tmp_path, said.append):
        pass
    assert len(said) == 1 and "which was killed: what it wrote may be incomplete" in said[0]
    with sole_writer(tmp_path, pytest.fail):
        pass


def test_a_holder_on_another_host_is_explained(tmp_path):
    held(tmp_path, 1, "elsewhere")
    sentence = (
        "is held by process 1 on elsewhere, which cannot be asked from here: .* remove .*lock"
    )
    with pytest.raises(ValueError, match=sentence):
        sole_writer(tmp_path, pytest.fail).__enter__()
    assert json.loads((tmp_path / LOCK).read_text())["host"] == "elsewhere"
    (tmp_path / LOCK).unlink()
    with sole_writer(tmp_path, pytest.fail):
        pass


def test_without_locks_the_number_of_the_process_decides(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with sole_writer(tmp_path, pytest.fail), pytest.raises(ValueError, match="is in use by"):
        sole_writer(tmp_path, pytest.fail).__enter__()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    held(tmp_path, gone.pid, platform.node())
    said = []
    with sole_writer(tmp_path, said.append):
        assert len(said) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"process": "1", "host": 2}', "\ufffd" * 9999])
def test_a_lock_that_says_nothing_is_taken(tmp_path, text):
    (tmp_path / LOCK).write_text(text)
    with sole_writer(tmp_path, pytest.fail):
        pass


def test_no_file_is_written_through_a_link(tmp_path):
    (tmp_path / "thesis").write_text("all of it")
    (tmp_path / LOCK).symlink_to(tmp_path / "thesis")
    with pytest.raises(ValueError, match=r"cannot write .*lock"):
        sole_writer(tmp_path, pytest.fail).__enter__()
    assert (tmp_path / "thesis").read_text() == "all of it"
