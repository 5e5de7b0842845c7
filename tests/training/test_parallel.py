"""ae_keras/training/parallel.py and notebooks/scripts: many workers give the result of one."""

import concurrent.futures
import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import execution
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, losses
from ae_keras.training import parallel
from contract import images, says, tiny

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "notebooks" / "scripts"
BACKEND = keras.config.backend()
LIMIT = 240  # seconds that a script may take


def batches(n, batch_size, **options):
    return data.Batches(images(n, (7, 5, 1)), batch_size=batch_size, **options)


# Shards of batches --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "batch_size", "n_workers"), [(8, 4, 2), (6, 4, 2), (4, 100, 4), (9, 3, 3), (5, 5, 1)]
)
def test_equal_shards_together_are_the_batches(n, batch_size, n_workers):
    given = batches(n, batch_size)
    parallel.check_shards(given, n_workers)
    shards = [parallel.Shard(given, worker, n_workers) for worker in range(n_workers)]
    for i in range(len(given)):
        parts = [shard[i][0] for shard in shards]
        assert len({len(part) for part in parts}) == 1
        x = given[i][0]
        together = np.stack(parts, axis=1).reshape(x.shape)
        np.testing.assert_array_equal(together, x)


@pytest.mark.parametrize(
    ("n", "batch_size", "last", "advice"),
    [(7, 4, 3, "6 images"), (9, 3, 3, "8 images"), (5, 8, 5, "4 images"), (12, 5, 2, "12 images")],
)
def test_unequal_shards_are_refused(n, batch_size, last, advice):
    received = ("2 workers", f"{n} images", f"of {batch_size}", f"of {last}")
    with says(ValueError, "`batches`", *received, advice):
        parallel.check_shards(batches(n, batch_size), 2)
    with says(ValueError, "`batches`", *received, advice):
        parallel.Shard(batches(n, batch_size), 0, 2)


@pytest.mark.parametrize("worker", [-1, 2, 0.5, None, True, 1.0, "0"])
def test_a_worker_that_does_not_exist_is_refused(worker):
    with says(ValueError, "`worker`", f"worker={worker!r}"):
        parallel.Shard(batches(8, 4), worker, 2)


@pytest.mark.parametrize("n_workers", [0, -1, 2.0, True, "2", None])
def test_a_number_of_workers_that_is_none_is_refused(n_workers):
    for use in (parallel.check_shards, lambda b, n: parallel.Shard(b, 0, n)):
        with says(ValueError, "`n_workers`", f"n_workers={n_workers!r}"):
            use(batches(8, 4), n_workers)


def test_threads_of_the_batches_prepare_shards():
    plain, ahead = batches(16, 4), batches(16, 4, workers=2)
    for one, other in zip(*(parallel.Shard(b, 1, 2) for b in (plain, ahead)), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
    with says(TypeError, "workers"):
        parallel.Shard(plain, 0, 2, workers=2)


def test_a_shard_follows_the_order_of_each_epoch():
    """The only worker of one trains on the batches themselves."""
    plain, sharded = tiny(), tiny()
    plain.fit(batches(8, 4), epochs=3, shuffle=False, verbose=0)
    sharded.fit(parallel.Shard(batches(8, 4), 0, 1), epochs=3, shuffle=False, verbose=0)
    for a, b in zip(plain.get_weights(), sharded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_shard_holds_the_weights_of_masked_pixels():
    corruption = lambda x, rng: (x, rng.uniform(size=(*x.shape[:3], 1)) < 0.5)  # noqa: E731
    given = batches(8, 4, corruption=corruption)
    assert [part.shape for part in parallel.Shard(given, 1, 2)[0]] == [
        (2, 7, 5, 1),
        (2, 7, 5, 1),
        (2, 7, 5),
    ]


# The scripts --------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    # These are 16 batches; the note in TensorFlow's script says why their number matters.
    x = data.load("digits").x[:2048]
    np.save(tmp_path / "images.npy", x)
    return tmp_path


def environment(**more):
    hidden = ("XLA_FLAGS", "CUDA_VISIBLE_DEVICES", "RANK", "WORLD_SIZE")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in hidden and not name.startswith("SLURM_")
    }
    return kept | {"GPU": "0", "PYTHONPATH": str(ROOT)} | more


def command(folder, n_devices, *options):
    script = [str(SCRIPTS / f"data_parallel_{BACKEND}.py"), str(folder), *options]
    if BACKEND == "torch":
        launcher = ["-m", "torch.distributed.run", "--standalone"]
        return [sys.executable, *launcher, "--nproc-per-node", str(n_devices), *script]
    return [sys.executable, *script, "--simulate", str(n_devices)]


def run(folder, n_devices, *options):
    return subprocess.run(
        command(folder, n_devices, *options),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )


def one_device(folder):
    """What the scripts do, on one device."""
    x = np.load(folder / "images.npy")
    model = Autoencoder(DenseEncoder(8, hidden=(64,)), DenseDecoder(x.shape[1:], hidden=(64,)))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)
    model.fit(data.Batches(x, batch_size=128), epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


def assert_as_one_device(folder):
    with np.load(folder / "weights.npz") as found:
        together = [found[name] for name in found.files]
    for ours, theirs in zip(together, one_device(folder), strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()


def test_two_devices_give_the_weights_of_one_though_the_job_was_stopped(folder):
    for epochs in ("1", "2"):
        done = run(folder, 2, "--epochs", epochs, "--devices", "2")
        assert done.returncode == 0, done.stderr[-2000:]
    assert_as_one_device(folder)


def test_a_full_disk_stops_the_script_which_goes_on_when_there_is_room(folder):
    """No file may grow beyond 200 kB, as on a full disk; a checkpoint has more than a megabyte."""
    kept = folder / "run.keras"
    done = run(folder, 2, "--epochs", "1")
    assert done.returncode == 0, done.stderr[-2000:]
    before = kept.read_bytes()
    assert len(before) > 1_000_000
    limit = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000,) * 2)"
    limited = [sys.executable, "-c", f"{limit}; os.execv(sys.argv[1], sys.argv[1:])"]
    done = subprocess.run(
        [*limited, *command(folder, 2, "--epochs", "2")],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode != 0
    assert f"path={str(kept)!r}" in done.stderr
    assert os.strerror(errno.EFBIG) in done.stderr
    assert kept.read_bytes() == before
    assert not list(folder.glob(".part-*"))
    done = run(folder, 2, "--epochs", "2")
    assert done.returncode == 0, done.stderr[-2000:]
    assert_as_one_device(folder)


def test_a_script_refuses_another_number_of_devices(folder):
    done = run(folder, 2, "--devices", "3")
    assert done.returncode != 0
    assert "--devices" in done.stderr
    assert "Received: 3, but 2 found" in done.stderr
    assert not (folder / "weights.npz").exists()


DIES = """
import os, runpy, sys

sys.path.insert(0, {scripts!r})
from ae_keras import Autoencoder

if os.environ["RANK"] == "1":
    Autoencoder.compute_loss = lambda self, **given: os._exit(7)
runpy.run_path({script!r}, run_name="__main__")
"""


@pytest.mark.skipif(BACKEND != "torch", reason="the others train in one process on one machine")
def test_a_process_that_dies_stops_the_job_and_is_named(folder, monkeypatch):
    name = "data_parallel_torch.py"
    text = DIES.format(scripts=str(SCRIPTS), script=str(SCRIPTS / name))
    (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setitem(globals(), "SCRIPTS", folder)
    done = run(folder, 2)
    assert done.returncode != 0
    assert "(local_rank: 1)" in done.stderr
    assert "exitcode  : 7" in done.stderr


THEN_COUNT = """
import os, runpy, sys
from pathlib import Path

# The names of the script are kept, because those of a script live until Python ends.
sys.path.insert(0, {scripts!r})
kept = runpy.run_path({script!r})
names = [task.read_text() for task in Path("/proc/self/task").glob("*/comm")]
left = sum("gloo" in name for name in names)
(Path(__file__).parent / f"left_{{os.environ['RANK']}}").write_text(str(left))
"""


@pytest.mark.skipif(BACKEND != "torch", reason="only PyTorch's script makes a process group")
@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_no_thread_of_the_process_group_outlives_the_script(folder, monkeypatch):
    # Threads that were left made Python abort now and then while it ended, after a good training.
    name = "data_parallel_torch.py"
    text = THEN_COUNT.format(scripts=str(SCRIPTS), script=str(SCRIPTS / name))
    (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setitem(globals(), "SCRIPTS", folder)
    done = run(folder, 2)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [(folder / f"left_{rank}").read_text() for rank in (0, 1)] == ["0", "0"]


# Two machines with one process each, as Slurm starts them; torchrun then starts two on one machine.
SRUN = """#!/bin/bash
shift
[ "$1" = torchrun ] && exec "$@"
export SLURM_LOCALID=0 SLURM_STEP_TASKS_PER_NODE="1(x2)"
SLURM_PROCID=0 SLURM_NODEID=0 "$@" & first=$!
SLURM_PROCID=1 SLURM_NODEID=1 "$@" & second=$!
wait $first && wait $second
"""


@pytest.mark.skipif(
    BACKEND == "tensorflow", reason="Keras 3.15 cannot train on several hosts there"
)
def test_the_slurm_file_gives_the_weights_of_one_device(folder):
    commands = {"srun": SRUN, "scontrol": "#!/bin/bash\necho 127.0.0.1\necho 127.0.0.2\n"}
    for name, text in commands.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    bins = f"{folder}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    job = {"JOB_ID": str(os.getpid()), "JOB_NODELIST": "node[1-2]", "SUBMIT_DIR": str(SCRIPTS)}
    job |= {"NNODES": "1", "GPUS_ON_NODE": "2"} if BACKEND == "torch" else {"NNODES": "2"}
    settings = {f"SLURM_{name}": value for name, value in job.items()}
    simulate = [] if BACKEND == "torch" else ["--simulate", "2"]
    n_devices = "2" if BACKEND == "torch" else "4"
    done = subprocess.run(
        ["bash", str(SCRIPTS / "train.slurm"), str(folder), "--devices", n_devices, *simulate],
        env=environment(PATH=bins, KERAS_BACKEND=BACKEND) | settings,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert_as_one_device(folder)


def test_a_script_refuses_unequal_shards_before_training(folder):
    np.save(folder / "images.npy", np.load(folder / "images.npy")[:2047])
    done = run(folder, 2)
    assert done.returncode != 0
    assert "`batches`" in done.stderr
    assert "2,046 images" in done.stderr
    assert not (folder / "weights.npz").exists()


# What the launcher says ---------------------------------------------------------------------------

launch = execution.module("notebooks/scripts/launch.py")
# Four processes on each of two machines and two on a third; this is the second of the second.
SLURM = {
    "SLURM_PROCID": "5",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
    "SLURM_STEP_TASKS_PER_NODE": "4(x2),2",
}
TORCHRUN = {"RANK": "5", "WORLD_SIZE": "10", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}


@pytest.mark.parametrize("environ", [SLURM, TORCHRUN, SLURM | TORCHRUN])
def test_a_process_finds_its_place(environ):
    assert launch.find(environ) == (5, 10, 1, 4)


@pytest.mark.parametrize("environ", [{}, {"SLURM_PROCID": "0", "SLURM_NTASKS": "8"}])
def test_without_a_launcher_there_is_one_process(environ):
    assert launch.find(environ) == (0, 1, 0, 1)


@pytest.mark.parametrize("launcher", [SLURM, TORCHRUN])
@pytest.mark.parametrize(
    ("preset", "gpus"),
    [
        ("0,1,2,3", "0123"),
        ("3,2,7,5", "3275"),
        ("GPU-a,GPU-b,GPU-c,GPU-d", ["GPU-a", "GPU-b", "GPU-c", "GPU-d"]),
        (None, "0123"),
        ("", ["", "", "", ""]),
        ("-1", ["-1", "-1", "-1", "-1"]),
    ],
)
def test_each_process_takes_its_own_gpu(launcher, preset, gpus):
    for local_rank, gpu in enumerate(gpus):
        environ = launcher | {
            "LOCAL_RANK" if "RANK" in launcher else "SLURM_LOCALID": str(local_rank)
        }
        environ |= {} if preset is None else {"CUDA_VISIBLE_DEVICES": preset}
        launch.pin_gpu(launch.find(environ), environ)
        assert environ["CUDA_VISIBLE_DEVICES"] == gpu


def test_a_gpu_that_slurm_gave_to_one_process_stays_its_own():
    environ = SLURM | {"CUDA_VISIBLE_DEVICES": "0"}
    launch.pin_gpu(launch.find(environ), environ)
    assert environ["CUDA_VISIBLE_DEVICES"] == "0"


@pytest.mark.parametrize(
    ("launcher", "preset"), [(TORCHRUN, "2"), (SLURM | {"SLURM_LOCALID": "3"}, "0,1")]
)
def test_too_few_gpus_are_refused(launcher, preset):
    environ = launcher | {"CUDA_VISIBLE_DEVICES": preset}
    with pytest.raises(
        SystemExit, match=f"CUDA_VISIBLE_DEVICES.*Received: {preset!r}, 4 processes"
    ):
        launch.pin_gpu(launch.find(environ), environ)


def test_one_process_keeps_all_gpus():
    environ = {"CUDA_VISIBLE_DEVICES": "0,1"}
    launch.pin_gpu(launch.find(environ), environ)
    assert environ["CUDA_VISIBLE_DEVICES"] == "0,1"


def test_the_meeting_place_must_be_named():
    assert launch.address({"MASTER_ADDR": "node1"}) == "node1:29500"
    assert launch.address({"MASTER_ADDR": "node1", "MASTER_PORT": "7"}) == "node1:7"
    with pytest.raises(SystemExit, match="MASTER_ADDR"):
        launch.address({})


# Sweeps -------------------------------------------------------------------------------------------


def square(size):
    return {"size": size, "square": size**2, "third": size / 3}


class Counted:
    """A `fit_one` that counts its calls, and fails at the sizes it is told."""

    def __init__(self, fail=()):
        self.called, self.fail = [], set(fail)

    def __call__(self, size):
        self.called.append(size)
        if size in self.fail:
            raise MemoryError(f"no room for {size}")
        return square(size)


def test_a_sweep_returns_the_results_in_the_given_order(tmp_path):
    assert list(parallel.sweep(square, [8, 2, 4], tmp_path / "new" / "run").items()) == [
        (size, square(size)) for size in (8, 2, 4)
    ]


def test_a_second_sweep_reads_the_stored_results(tmp_path):
    fit_one = Counted()
    first = parallel.sweep(fit_one, [2, 4], tmp_path)
    again = parallel.sweep(fit_one, [2, 8, 4, 8], tmp_path)
    assert fit_one.called == [2, 4, 8]
    assert again == first | {8: square(8)}


@pytest.mark.parametrize("threads", [0, 2])
def test_a_failing_size_is_named_and_the_others_are_kept(tmp_path, threads):
    fit_one = Counted(fail=[2, 8])
    executor = concurrent.futures.ThreadPoolExecutor(threads) if threads else None
    reasons = ("MemoryError", "no room for 2", "no room for 8")
    with says(RuntimeError, "`fit_one`", "Missing: [2, 8]", "[2, 4, 8, 16]", *reasons) as error:
        parallel.sweep(fit_one, [2, 4, 8, 16], tmp_path, executor)
    assert isinstance(error.value.__cause__, MemoryError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["16.json", "4.json"]
    fit_one.fail, fit_one.called = set(), []
    parallel.sweep(fit_one, [2, 4, 8, 16], tmp_path, executor)
    assert sorted(fit_one.called) == [2, 8]


def test_an_interrupted_sweep_continues_where_it_stopped(tmp_path):
    def interrupted(size):
        if size == 8:
            raise KeyboardInterrupt
        return square(size)

    with pytest.raises(KeyboardInterrupt):
        parallel.sweep(interrupted, [2, 4, 8, 16], tmp_path)
    fit_one = Counted()
    parallel.sweep(fit_one, [2, 4, 8, 16], tmp_path)
    assert fit_one.called == [8, 16]


def test_a_result_whose_worker_died_is_not_computed_again(tmp_path):
    """The executor runs each call twice, as Dask does if what came of the first was lost."""

    class Twice(concurrent.futures.ThreadPoolExecutor):
        def submit(self, *call):
            super().submit(*call).result()
            return super().submit(*call)

    fit_one = Counted()
    with Twice(1) as executor:
        parallel.sweep(fit_one, [2, 4], tmp_path, executor)
    assert fit_one.called == [2, 4]


def test_a_result_lost_on_its_way_is_read_or_named(tmp_path, monkeypatch):
    """One task is cancelled and two never end, as when a scheduler dies; one was written."""

    class Dies(concurrent.futures.Executor):
        def submit(self, function, fit_one, folder, size, *others):
            future = concurrent.futures.Future()
            if size == 2:
                function(fit_one, folder, size, *others)
            if size == 4:
                future.cancel()
                future.set_running_or_notify_cancel()
            return future

    monkeypatch.setattr(parallel, "PATIENCE", 0.1)
    with says(RuntimeError, "`fit_one`", "Missing: [4, 8]", "4: Cancelled", "8: ", "scheduler"):
        parallel.sweep(square, [2, 4, 8], tmp_path, Dies())


@pytest.mark.parametrize("threads", [0, 1])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_result_that_the_disk_does_not_take_is_named(tmp_path, monkeypatch, number, threads):
    def replace(source, target, really=os.replace):
        if Path(target).name == "4.json":
            raise OSError(number, os.strerror(number))
        really(source, target)

    executor = concurrent.futures.ThreadPoolExecutor(threads) if threads else None
    reasons = (f"path={str(tmp_path / '4.json')!r}", os.strerror(number))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with says(RuntimeError, "`fit_one`", "Missing: [4] of [2, 4, 8]", *reasons) as error:
            parallel.sweep(square, [2, 4, 8], tmp_path, executor)
    assert error.value.__cause__.errno == number
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.json", "8.json"]
    again = Counted()
    parallel.sweep(again, [2, 4, 8], tmp_path, executor)
    assert again.called == [4]


def test_results_must_be_json(tmp_path):
    with says(RuntimeError, "`fit_one`", "Missing: [2]", "TypeError", "JSON"):
        parallel.sweep(lambda size: np.float32(size), [2], tmp_path)
    (tmp_path / "2.json").write_text("half a resu")
    with says(ValueError, "`folder`", str(tmp_path / "2.json")):
        parallel.sweep(square, [2], tmp_path)


def test_sizes_must_be_positive_integers(tmp_path):
    with says(ValueError, "`sizes[1]`", "sizes[1]=0"):
        parallel.sweep(square, [2, 0], tmp_path)


# On a Dask cluster --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    import dask

    # With the default of 3 failures, a test would wait for three workers that import Keras anew.
    one = {"distributed.scheduler.allowed-failures": 1}
    options = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
    with dask.config.set(one), distributed.LocalCluster(n_workers=2, **options) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with parallel.connect(cluster.scheduler_address, timeout=30) as client:
        yield client


def test_workers_of_a_cluster_give_the_results_of_one_process(client, tmp_path):
    # Workers cannot import a function that is defined here, so it must be sent to them.
    def fit_one(size):
        import os

        (tmp_path / f"by-{os.getpid()}").touch()
        return {"sixth": size / 6, "pi": [3.141592653589793 * size]}

    sizes = [1, 2, 3, 4, 5, 6]
    alone = parallel.sweep(fit_one, sizes, tmp_path / "alone")
    assert parallel.sweep(fit_one, sizes, tmp_path / "both", client.get_executor()) == alone
    assert len(list(tmp_path.glob("by-*"))) >= 2


def test_only_the_size_of_a_worker_that_dies_is_computed_again(client, tmp_path):
    """It is killed in the middle of size 3, once; no finished size is computed again."""

    def fit_one(size):
        import os
        import signal

        with open(tmp_path / "log", "a") as log:
            log.write(f"{size}\n")
        if size == 3 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return size

    found = parallel.sweep(fit_one, [1, 2, 3, 4, 5], tmp_path / "run", client.get_executor())
    assert found == {size: size for size in (1, 2, 3, 4, 5)}
    begun = [int(line) for line in (tmp_path / "log").read_text().split()]
    assert begun.count(3) == 2
    assert sorted(set(begun)) == [1, 2, 3, 4, 5]
    assert len(begun) == 6


def test_a_size_that_kills_every_worker_is_named(client, tmp_path):
    def fit_one(size):
        import os

        if size == 2 and not (tmp_path / "cured").exists():
            os._exit(1)
        with open(tmp_path / "log", "a") as log:
            log.write(f"{size}\n")
        return size

    start = time.monotonic()
    with says(RuntimeError, "`fit_one`", "Missing: [2", "KilledWorker"):
        parallel.sweep(fit_one, [2, 3, 4], tmp_path / "run", client.get_executor())
    assert time.monotonic() - start < LIMIT
    (tmp_path / "cured").touch()
    found = parallel.sweep(fit_one, [2, 3, 4], tmp_path / "run", client.get_executor())
    assert found == {2: 2, 3: 3, 4: 4}
    done = (tmp_path / "log").read_text().split()
    assert sorted(done) == ["2", "3", "4"]


@pytest.fixture
def fragile(tmp_path):
    """A scheduler and a worker that are processes; the address of the one, and both."""
    pytest.importorskip("distributed")
    place = tmp_path / "scheduler.json"
    options = ["--no-dashboard", "--scheduler-file", str(place)]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{name}", *options, *more],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, *more in (
            ("scheduler", "--host", "127.0.0.1", "--port", "0"),
            ("worker", "--nthreads", "1", "--no-nanny"),
        )
    ]
    end = time.monotonic() + LIMIT
    while not place.exists() or not place.read_text():
        assert time.monotonic() < end
        time.sleep(0.05)
    yield json.loads(place.read_text())["address"], *started
    for each in started:
        each.kill()
        each.wait()


def test_a_sweep_whose_scheduler_goes_away_is_resumed_with_the_missing_sizes(fragile, tmp_path):
    address, scheduler, worker = fragile

    def fit_one(size):
        import time

        if size == 4:
            (tmp_path / "begun").touch()
            time.sleep(LIMIT)
        return 10 * size

    def power_cut():
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)
        scheduler.kill()

    client = parallel.connect(address, timeout=30)
    cut = threading.Thread(target=power_cut)
    cut.start()
    start = time.monotonic()
    reasons = ("`fit_one`", "Missing: [4, 8]", "4: CancelledError", "the scheduler", "8: Cancelled")
    with says(RuntimeError, *reasons):
        parallel.sweep(fit_one, [2, 4, 8], tmp_path / "run", client.get_executor())
    assert time.monotonic() - start < LIMIT / 2
    cut.join()
    worker.kill()
    client.close(timeout=2)
    with says(ConnectionError, "`address`", address):
        parallel.connect(address)
    again = Counted()
    found = parallel.sweep(again, [2, 4, 8], tmp_path / "run")
    assert again.called == [4, 8]
    assert found == {2: 20, 4: square(4), 8: square(8)}


def test_workers_need_not_see_the_folder(tmp_path):
    """The calling process writes what the workers return."""

    class Elsewhere(concurrent.futures.ThreadPoolExecutor):
        def submit(self, function, fit_one, folder, *others):
            return super().submit(function, fit_one, tmp_path / "another disk", *others)

    fit_one = Counted()
    with Elsewhere(1) as executor:
        assert parallel.sweep(fit_one, [2], tmp_path / "run", executor) == {2: square(2)}
        assert parallel.sweep(fit_one, [2], tmp_path / "run", executor) == {2: square(2)}
    assert fit_one.called == [2]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


# An address ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://host", "tcp://host:port", None, 8786])
def test_a_malformed_address_is_refused(address):
    pytest.importorskip("distributed")
    with says(ValueError, "`address`", f"address={address!r}"):
        parallel.connect(address)


def test_an_address_where_nothing_listens_is_refused():
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        start = time.monotonic()
        with says(ConnectionError, "`address`", f"address={address!r}"):
            parallel.connect(address, timeout=5)
    assert time.monotonic() - start < 10


def test_an_address_that_never_answers_is_refused():
    pytest.importorskip("distributed")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with says(ConnectionError, "`address`", f"address={address!r}", "2 s"):
            parallel.connect(address, timeout=2)
    assert time.monotonic() - start < 15
