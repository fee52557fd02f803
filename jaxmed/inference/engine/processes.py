"""Several processes, on one host or many, at work on one job."""

import os
from collections.abc import Mapping

import jax

# Set by the launcher in every process it starts: srun of Slurm, mpirun of Open MPI.
_LAUNCHERS = ("SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE")


def join(
    coordinator: str | None = None, number: int | None = None, index: int | None = None
) -> None:
    """Join the other processes of this job and wait until all are there; nothing to do for a single process.

    Under srun or mpirun JAX finds the others itself. To be called before JAX is asked for a device. No process
    gets past this line before all have reached it.

    Args:
        coordinator: HOST:PORT of process 0, reachable by all.
        number: of processes.
        index: of this process, from 0.

    Raises:
        ValueError: an incomplete or impossible description, or the others cannot be reached.
    """
    check_processes(coordinator, number, index)
    if coordinator is None and not launched(os.environ):
        return
    # Nothing is sent between devices: the CPU backend need not look for a network of its own.
    jax.config.update("jax_cpu_collectives_implementation", None)
    # Its handler of SIGTERM would replace that of the command, and wait for a checkpoint that nobody takes.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(coordinator, number, index)
        # the devices of this process, and its number among all, are settled here
        jax.devices()
        # else JAX would end every process by an abort when one of them dies
        jax.distributed.shutdown()
    except (RuntimeError, ValueError) as problem:
        raise ValueError(f"cannot join the other processes: {_first_line(problem)}") from None


def check_processes(coordinator: str | None, number: int | None, index: int | None) -> None:
    """ValueError unless all three are given, or none, and they fit together."""
    given = [x is not None for x in (coordinator, number, index)]
    if not any(given):
        return
    if coordinator is None or number is None or index is None:
        raise ValueError(
            "several processes need --coordinator HOST:PORT, --num-processes and --process-id together"
        )
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"coordinator = '{coordinator}': expected HOST:PORT, such as node01:8476")
    if not 0 <= index < number:
        raise ValueError(
            f"process {index} of {number}: expected an index from 0 to the number of processes less 1"
        )


def launched(environment: Mapping[str, str]) -> bool:
    """Whether srun or mpirun started more than one process."""
    sizes = (environment.get(name, "1") for name in _LAUNCHERS)
    return any(size.isdecimal() and int(size) > 1 for size in sizes)


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
