"""Who works on a job: what is refused before anybody waits for anybody."""

import jax
import pytest

from jaxmed.inference.engine.processes import check_processes, join, launched


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ("localhost:1", 2, None),
            "need --coordinator HOST:PORT, --num-processes and --process-id",
        ),
        ((None, 2, 0), "together"),
        (("localhost", 2, 0), "coordinator = 'localhost': expected HOST:PORT"),
        (("localhost:http", 2, 0), "expected HOST:PORT"),
        (("localhost:70000", 2, 0), "expected HOST:PORT"),
        (("localhost:0", 2, 0), "expected HOST:PORT"),
        ((":8476", 2, 0), "expected HOST:PORT"),
        (("localhost:8476", 2, 2), "process 2 of 2: expected an index"),
        (("localhost:8476", 2, -1), "process -1 of 2"),
        (("localhost:8476", 0, 0), "process 0 of 0"),
    ],
)
def test_impossible_descriptions_are_one_sentence(given, message):
    with pytest.raises(ValueError, match=message):
        check_processes(*given)


def test_one_process_joins_nobody(monkeypatch):
    monkeypatch.setattr(jax.distributed, "initialize", lambda *_: pytest.fail("joined"))
    join()


@pytest.mark.parametrize(
    ("environment", "many"),
    [
        ({}, False),
        ({"SLURM_STEP_NUM_TASKS": "4"}, True),
        ({"SLURM_STEP_NUM_TASKS": "1"}, False),
        # a batch script itself, which no srun has multiplied
        ({"SLURM_NTASKS": "4"}, False),
        ({"OMPI_COMM_WORLD_SIZE": "2"}, True),
        ({"OMPI_COMM_WORLD_SIZE": "?"}, False),
    ],
)
def test_launchers_are_recognised(environment, many):
    assert launched(environment) is many


@pytest.fixture
def _collectives():
    """Joining changes a setting of JAX: put it back."""
    name = "jax_cpu_collectives_implementation"
    before = jax.config._read(name)
    yield
    jax.config.update(name, before)


@pytest.mark.usefixtures("_collectives")
def test_a_launcher_is_left_to_jax_and_its_failure_is_one_sentence(monkeypatch):
    def initialize(*given):
        assert given == (None, None, None)
        raise RuntimeError("coordinator_address should be defined.\nmore lines")

    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "2")
    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    with pytest.raises(
        ValueError, match="cannot join the other processes: coordinator_address"
    ) as e:
        join()
    assert "\n" not in str(e.value)
