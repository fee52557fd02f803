"""Processes of one scan hear each other: an end before the work is done is noticed, a rest after it is not."""

import threading
import time
from contextlib import ExitStack

import pytest

from jaxmed.analysis import partners as module
from jaxmed.analysis.partners import partners

BEAT = 0.02


@pytest.fixture
def two(tmp_path, monkeypatch):
    """Two processes in a folder: what the first is told, how each is left, and the folder."""
    monkeypatch.setattr(module, "_BEAT_SECONDS", BEAT)
    told, stacks = threading.Event(), [ExitStack(), ExitStack()]
    told.words = ""

    def lost(sentence):
        told.words = sentence
        told.set()

    (tmp_path / ".process-1").write_text("7 1")
    first = stacks[0].enter_context(partners(tmp_path, 0, 2, lost))
    with stacks[0], stacks[1]:
        yield told, first, stacks[1], tmp_path


def test_who_lives_is_not_lost(two):
    told, _, second, folder = two
    second.enter_context(partners(folder, 1, 2, pytest.fail))
    assert not told.wait(20 * BEAT)


def test_who_ends_before_the_work_is_done_is_lost_at_once(two):
    told, _, second, folder = two
    with second:
        second.enter_context(partners(folder, 1, 2, lambda _: None))
        time.sleep(5 * BEAT)
    assert told.wait(5)
    assert told.words.startswith("process 1 of this job has ended before its work was done")
    assert told.words.endswith("start all again with --resume")


def test_who_ends_after_the_work_is_done_is_not(two):
    told, first, second, folder = two
    first.complete = lambda: True
    with second:
        second.enter_context(partners(folder, 1, 2, pytest.fail))
        time.sleep(5 * BEAT)
    assert not told.wait(20 * BEAT)


def test_who_says_nothing_new_is_lost(two):
    told, _, _, folder = two
    time.sleep(2 * BEAT)
    (folder / ".process-1").write_text("8 1")
    assert told.wait(5)


def test_what_an_earlier_run_has_left_is_no_sign_of_life(two, monkeypatch):
    told, _, _, _ = two
    monkeypatch.setattr(module, "_MISSED_AT_FIRST", 3)
    assert told.wait(5)


def test_alone_nobody_is_heard_and_nothing_written(tmp_path):
    with partners(tmp_path, 0, 1, pytest.fail):
        assert not list(tmp_path.iterdir())
