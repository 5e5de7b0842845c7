"""Who this process is among those of its job, and which GPU is its own, as the launcher says.

torchrun sets RANK, WORLD_SIZE, LOCAL_RANK and LOCAL_WORLD_SIZE, Slurm's srun its own SLURM_...;
where neither is set, there is one process. Call `find` and `pin_gpu` before a framework is
imported: afterwards it has looked for its GPUs already.
"""

import os
from typing import NamedTuple


class Process(NamedTuple):
    """One process of `n`; `n_local` of them run on its machine."""

    rank: int = 0
    n: int = 1
    local_rank: int = 0
    n_local: int = 1


def find(environ=os.environ):
    """The process that the launcher's variables describe."""
    if "RANK" in environ:
        names = {"RANK": 0, "WORLD_SIZE": 1, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1}
        return Process(*(int(environ.get(name, default)) for name, default in names.items()))
    # A session opened by salloc has SLURM_NTASKS as well, but nothing has been launched there.
    if "SLURM_PROCID" in environ and "SLURM_STEP_TASKS_PER_NODE" in environ:
        on_nodes = []
        for part in environ["SLURM_STEP_TASKS_PER_NODE"].split(","):  # such as "4(x2),3"
            n_tasks, _, n_nodes = part.rstrip(")").partition("(x")
            on_nodes += [int(n_tasks)] * int(n_nodes or 1)
        return Process(
            int(environ["SLURM_PROCID"]),
            sum(on_nodes),
            int(environ["SLURM_LOCALID"]),
            on_nodes[int(environ["SLURM_NODEID"])],
        )
    return Process()


def pin_gpu(process, environ=os.environ):
    """Let a process that shares its machine with others see one GPU, its own.

    Slurm presets CUDA_VISIBLE_DEVICES, often to all GPUs of the job on this machine: each process
    takes the element of its local rank. (With --gpus-per-task it finds one alone, which it keeps.)
    """
    if process.n_local == 1:
        return
    listed = environ.get("CUDA_VISIBLE_DEVICES")
    if listed in ("", "-1"):  # GPUs are switched off
        return
    gpus = listed.split(",") if listed else [str(i) for i in range(process.n_local)]
    if len(gpus) == 1 and "SLURM_PROCID" in environ and "RANK" not in environ:
        return
    if process.local_rank >= len(gpus):
        raise SystemExit(
            "CUDA_VISIBLE_DEVICES must hold a GPU for each process of this machine. Received: "
            f"{listed!r}, {process.n_local} processes, of which this is number "
            f"{process.local_rank}. Start fewer, or ask the cluster for more GPUs."
        )
    environ["CUDA_VISIBLE_DEVICES"] = gpus[process.local_rank]


def address(environ=os.environ):
    """Where all processes meet: host and port of the first one's machine."""
    if "MASTER_ADDR" not in environ:
        raise SystemExit(
            "MASTER_ADDR must name the machine of the first process, on all machines. Received: "
            "nothing. train.slurm and train.yaml show how to set it."
        )
    return f"{environ['MASTER_ADDR']}:{environ.get('MASTER_PORT', '29500')}"


def require(n_found, n_wanted):
    """Stop, rather than train on fewer devices than were paid for."""
    if n_wanted and n_found != n_wanted:
        raise SystemExit(
            f"--devices must be the number of devices that are there. Received: {n_wanted}, but "
            f"{n_found} found. Does every process see its GPU (nvidia-smi -L)?"
        )
