"""Spread work over devices, processes and machines: shards of batches, and sweeps that resume."""

import asyncio
import functools
import json
import numbers
import socket
from concurrent import futures
from urllib.parse import urlsplit
from uuid import uuid4

import keras

from ae_keras import _validation
from ae_keras.saving import atomic_write, files

# Seconds that a sweep waits for further results after the first that was cancelled.
PATIENCE = 10


def check_shards(batches, n_workers):
    """Raise a `ValueError` unless each batch, the last one too, splits into equal shards.

    With unequal shards, the mean of the workers' gradients is not the gradient of the batch. JAX
    raises an error at the first such batch; TensorFlow and PyTorch silently train on with a wrong
    gradient.

    Args:
        batches: `data.Batches`.
        n_workers: int, devices or processes that each batch is split among, >= 1 (not the
            `workers` of a `PyDataset`).

    Raises:
        ValueError: the shards would be unequal, and the message says how many images to take; or
            `n_workers` is not an integer >= 1.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> from ae_keras.training import parallel
        >>> batches = data.Batches(np.zeros((9, 6, 6, 1)), batch_size=4)
        >>> parallel.check_shards(batches, n_workers=2)
        Traceback (most recent call last):
        ...
        ValueError: `batches` must split into equal shards, the last batch too. Received: ...
    """
    n_workers = _validation.positive_int(n_workers, "n_workers")
    size, n = batches.batch_size, len(batches.x)
    last = n % size or min(size, n)
    if (size % n_workers and n > size) or last % n_workers:
        raise ValueError(
            "`batches` must split into equal shards, the last batch too. Received: "
            f"{n_workers} workers, {n:,} images in batches of {size}, a last one of {last}. Take "
            f"a batch_size that is a multiple of {n_workers}, and {n - n % n_workers:,} images."
        )


class Shard(keras.utils.PyDataset):
    """The shard of `batches` for one of several workers: every `n_workers`-th image of each batch.

    Together, the workers see the same batches in the same order as one worker would see alone, so
    the mean of their gradients is the gradient of the whole batch. Pass `shuffle=False` to `fit`.
    Threads or processes that prepare batches ahead are those of `batches`.

    Args:
        batches: `data.Batches`, the same for each worker; its `batch_size` is that of all workers
            together.
        worker: int, number of this worker, 0 to `n_workers - 1`.
        n_workers: int, number of workers, >= 1.

    Raises:
        ValueError: there is no such worker, or the shards would be unequal.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> from ae_keras.training import parallel
        >>> batches = data.Batches(np.zeros((10, 6, 6, 1)), batch_size=4)
        >>> shard = parallel.Shard(batches, worker=0, n_workers=2)
        >>> [shard[i][0].shape for i in range(len(shard))]
        [(2, 6, 6, 1), (2, 6, 6, 1), (1, 6, 6, 1)]
    """

    def __init__(self, batches, worker, n_workers):
        super().__init__()
        check_shards(batches, n_workers)
        whole = isinstance(worker, numbers.Integral) and not isinstance(worker, bool)
        if not whole or not 0 <= worker < n_workers:
            raise ValueError(
                f"`worker` must be an integer from 0 to {n_workers - 1}, one less than "
                f"`n_workers`. Received: worker={worker!r}."
            )
        self.batches, self.worker, self.n_workers = batches, worker, n_workers

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return tuple(part[self.worker :: self.n_workers] for part in self.batches[index])

    def on_epoch_begin(self):
        self.batches.on_epoch_begin()

    def on_epoch_end(self):
        self.batches.on_epoch_end()


def sweep(fit_one, sizes, folder, executor=None):
    """Compute `{size: fit_one(size)}`, and keep each result in a file as soon as it is there.

    A result that is in `folder` is read and not computed again: if a sweep was stopped, or lost a
    worker, call it once more, and it computes what is missing. Unlike `joblib.Memory`, it lists the
    sizes that failed and why, and resumes across machines.

    Args:
        fit_one: function `size -> result`. A result is what JSON holds: a number, a string, or a
            list or dictionary (with strings as keys) of them.
        sizes: list or tuple of int, each >= 1, such as values of `latent_dim`.
        folder: str or path, made if missing; "~" is the home folder. Use a new one for each sweep,
            because files are named by the size alone. Workers on a shared file system write their
            own results; those of others are written by this process.
        executor: `concurrent.futures.Executor`, such as `client.get_executor()` of a Dask `client`.
            Defaults to None: one size after another, in this process.

    Returns:
        dict from each size to its result, in the order of `sizes`.

    Raises:
        ValueError: `sizes` are no such integers, `folder` is the address of a storage elsewhere,
            or a file of it does not hold a result.
        TypeError: `folder` is neither str nor path.
        OSError: `folder` cannot be made.
        RuntimeError: some sizes have no result; the message says which and why. The results of all
            others are in `folder`.

    Example:
        >>> import tempfile
        >>> from ae_keras.training import parallel
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     parallel.sweep(lambda size: {"error": 1 / size}, [2, 4], folder)
        {2: {'error': 0.5}, 4: {'error': 0.25}}
    """
    sizes = _validation.widths(sizes, "sizes")
    folder = files.made_folder(folder).resolve()
    missing = [size for size in dict.fromkeys(sizes) if not _file(folder, size).exists()]
    failed = {}
    for size, result in _results(fit_one, missing, folder, executor):
        try:
            _keep(_file(folder, size), result())
        except Exception as error:
            # It comes from `fit_one` or from the worker that ran it. The other sizes go on.
            failed[size] = error
    # A worker may have written a result that did not come back.
    failed = {size: error for size, error in failed.items() if not _file(folder, size).exists()}
    if failed:
        reasons = "; ".join(f"{size}: {_reason(error)}" for size, error in failed.items())
        raise RuntimeError(
            f"`fit_one` must give a result for each size. Missing: {sorted(failed)} of "
            f"{list(sizes)}. The others are in folder={str(folder)!r}; call `sweep` again for the "
            f"missing ones alone. Received: {reasons}"
        ) from next(iter(failed.values()))
    return {size: _read(_file(folder, size)) for size in sizes}


def _reason(error):
    """An error in words; a scheduler that goes away cancels its tasks without any."""
    words = str(error)
    if isinstance(error, (futures.CancelledError, TimeoutError)) and not words:
        words = "it was given up, because the scheduler or the client of `executor` went away"
    return f"{type(error).__name__}: {words}"


def _results(fit_one, sizes, folder, executor):
    """Pairs of a size and a function that returns its result or raises, as they come."""
    if executor is None:
        for size in sizes:
            yield size, lambda size=size: _one(fit_one, folder, size)
        return
    # Dask remembers how a call with the same arguments ended, so each sweep adds a new argument.
    anew = uuid4().hex
    running = {executor.submit(_one, fit_one, folder, size, anew): size for size in sizes}
    left, lost = set(running), False
    while left:
        # When Dask's scheduler goes away, tasks are cancelled; but a result that was on its way
        # may leave its future waiting for ever.
        patience = PATIENCE if lost else None
        done, left = futures.wait(left, patience, return_when=futures.FIRST_COMPLETED)
        if not done:
            for future in left:
                future.cancel()
                yield running[future], functools.partial(future.result, 0)
            return
        for future in done:
            lost = lost or future.cancelled()
            yield running[future], future.result


def _one(fit_one, folder, size, call=None):
    """What a worker does for one size: compute the result, and write it if it sees the folder."""
    # A worker that died after it had written its result leaves it to the next one.
    path = _file(folder, size)
    if path.exists():
        return _read(path)
    result = fit_one(size)
    if folder.is_dir():
        _keep(path, result)
    return result


def _file(folder, size):
    """The path of the result of one size."""
    return folder / f"{size}.json"


def _keep(path, result):
    """Write a result, unless it is there already."""
    if not path.exists():
        # A result that JSON cannot hold raises its error here, before there is a file.
        text = json.dumps(result)
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"`folder` must hold results of `sweep` alone. Received: {str(path)!r}, which is no "
            "JSON. Delete it, and its size is computed again."
        ) from error


def connect(address, timeout=5):
    """Return a Dask client of the scheduler at `address`, or raise an error that says why not.

    `distributed.Client(address, timeout=...)` retries and hides the reason; this does neither.

    Args:
        address: str, such as "tcp://192.0.2.7:8786", as the scheduler prints it when it starts.
        timeout: float, seconds to wait in each of three steps, > 0. Defaults to 5.

    Returns:
        `distributed.Client`. Close it when you are done.

    Raises:
        ModuleNotFoundError: `distributed` is not installed.
        ValueError: `address` has no host or no port, or `timeout` is not a number > 0.
        ConnectionError: nothing answers at the address, or something that is no Dask scheduler.

    Example:
        >>> from ae_keras.training import parallel
        >>> client = parallel.connect("tcp://192.0.2.7:8786")  # doctest: +SKIP
        >>> executor = client.get_executor()  # doctest: +SKIP
        >>> errors = parallel.sweep(fit_one, [2, 4, 8], "sweep", executor)  # doctest: +SKIP
        >>> client.close()  # doctest: +SKIP
    """
    import distributed

    timeout = _validation.positive(timeout, "timeout")
    try:
        place = urlsplit(address)
        host, port = place.hostname, place.port
    except (ValueError, AttributeError, TypeError):
        host = port = None
    if not host or not port:
        raise ValueError(
            '`address` must be like "tcp://192.0.2.7:8786", as the scheduler prints it. '
            f"Received: address={address!r}."
        )
    try:
        # A plain connection says why it fails, which Dask's client would not.
        socket.create_connection((host, port), timeout).close()
        # A notebook already runs an event loop in this thread, so the question is asked in another.
        with futures.ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, asyncio.wait_for(_identity(address), timeout)).result()
        return distributed.Client(address, timeout=timeout)
    except Exception as error:
        # What answers may be no scheduler, and then any error may follow.
        raise ConnectionError(
            "`address` must be that of a running Dask scheduler that this machine can reach. "
            f"Received: address={address!r}, of which the system says: "
            f"{str(error) or f'no answer in {timeout:g} s'}"
        ) from error


async def _identity(address):
    """What a scheduler says of itself. Unlike a client, this can be cancelled if nobody answers."""
    from distributed import rpc

    async with rpc(address) as scheduler:
        return await scheduler.identity()
