"""Work spread over devices, processes and machines: shares of batches, and sweeps that survive."""

import asyncio
import json
import socket
from concurrent import futures
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import keras

from ae_keras import _validation
from ae_keras.saving import atomic_write


def check_shards(batches, n_workers):
    """Raise a `ValueError` unless each batch, the last one too, splits into equal shares.

    With unequal shares, the mean of the workers' gradients is not the gradient of the batch. JAX
    refuses such a batch when it meets it; TensorFlow and PyTorch go on, to other weights.

    Args:
        batches: `data.Batches`.
        n_workers: devices that share each batch, >= 1.
    """
    n_workers = _validation.positive_int(n_workers, "n_workers")
    size, n = batches.batch_size, len(batches.x)
    last = n % size or min(size, n)
    if (size % n_workers and n > size) or last % n_workers:
        raise ValueError(
            "`batches` must split into equal shares, the last batch too. Received: "
            f"{n_workers} workers, {n:,} images in batches of {size}, a last one of {last}. Take "
            f"a batch_size that is a multiple of {n_workers}, and {n - n % n_workers:,} images."
        )


class Shard(keras.utils.PyDataset):
    """What one of several workers gets of `batches`: every `n_workers`-th image of each batch.

    The workers together see what one alone would see, in the same order of batches, so the mean of
    their gradients is the gradient of the whole batch. Pass `shuffle=False` to `fit`.

    Args:
        batches: `data.Batches`, the same for each worker, `batch_size` being that of all together.
        worker: which one this is, 0 to `n_workers - 1`.
        n_workers: how many there are.

    Raises:
        ValueError: there is no such worker, or the shares are not equal.
    """

    def __init__(self, batches, worker, n_workers, **kwargs):
        super().__init__(**kwargs)
        check_shards(batches, n_workers)
        if worker not in range(n_workers):
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
    """`{size: fit_one(size)}`, each result in a file of `folder` as soon as it is there.

    What is in the folder is read, not computed again: a sweep that lost a worker, or was stopped,
    is called once more and does what is missing.

    Args:
        fit_one: function `size -> result`. A result is what JSON holds: a number, a string, or a
            list or dictionary (with strings as keys) of them.
        sizes: integers >= 1.
        folder: made if missing; one for each sweep, since its files are named by the size alone.
            Workers that see it write there themselves; for others, this process does.
        executor: a `concurrent.futures.Executor`, such as `client.get_executor()` of a Dask
            `client`. None: one size after another, in this process.

    Raises:
        ValueError: `sizes` are no such integers, or a file of `folder` is not of a sweep.
        RuntimeError: sizes without a result, and why; those of all others are in `folder`.
    """
    sizes = _validation.widths(sizes, "sizes")
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [size for size in dict.fromkeys(sizes) if not _file(folder, size).exists()]
    failed = {}
    for size, result in _results(fit_one, missing, folder, executor):
        try:
            _keep(_file(folder, size), result())
        except Exception as error:  # of `fit_one`, or of the worker that ran it
            failed[size] = error
    if failed:
        reasons = "; ".join(f"{size}: {type(e).__name__}: {e}" for size, e in failed.items())
        raise RuntimeError(
            f"`fit_one` must give a result for each size. Missing: {sorted(failed)} of "
            f"{list(sizes)}. The others are in folder={str(folder)!r}; call `sweep` again for the "
            f"missing ones alone. Received: {reasons}"
        ) from next(iter(failed.values()))
    return {size: _read(_file(folder, size)) for size in sizes}


def _results(fit_one, sizes, folder, executor):
    """Pairs of a size and a function that returns its result or raises, as they come."""
    if executor is None:
        for size in sizes:
            yield size, lambda size=size: _one(fit_one, folder, size)
        return
    anew = uuid4().hex  # for Dask remembers how a call with the same arguments ended
    running = {executor.submit(_one, fit_one, folder, size, anew): size for size in sizes}
    for done in futures.as_completed(running):
        yield running[done], done.result


def _one(fit_one, folder, size, call=None):
    """What a worker does. One that died after writing has left its result to whoever comes next."""
    path = _file(folder, size)
    if path.exists():
        return _read(path)
    result = fit_one(size)
    if folder.is_dir():
        _keep(path, result)
    return result


def _file(folder, size):
    return folder / f"{size}.json"


def _keep(path, result):
    if not path.exists():
        text = json.dumps(result)  # before there is a file
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
    """A Dask client of the scheduler at `address`, or an error within seconds. Needs Dask.

    Args:
        address: such as "tcp://192.0.2.7:8786", as the scheduler prints it when it starts.
        timeout: seconds to wait for an answer, > 0.

    Returns:
        A `distributed.Client`. Close it when done.

    Raises:
        ValueError: `address` is no such address.
        ConnectionError: nobody answers there, or no scheduler of Dask.
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
        socket.create_connection((host, port), timeout).close()  # a client would not say what fails
        with futures.ThreadPoolExecutor(1) as thread:  # for a notebook has a loop of its own
            thread.submit(asyncio.run, asyncio.wait_for(_identity(address), timeout)).result()
        return distributed.Client(address, timeout=timeout)
    except Exception as error:  # what answers may be no scheduler, and anything may follow
        raise ConnectionError(
            "`address` must be that of a running Dask scheduler that this machine can reach. "
            f"Received: address={address!r}, of which the system says: "
            f"{str(error) or f'no answer in {timeout:g} s'}"
        ) from error


async def _identity(address):
    """A client waits for ever where somebody listens and says nothing; this can be cancelled."""
    from distributed import rpc

    async with rpc(address) as scheduler:
        return await scheduler.identity()
