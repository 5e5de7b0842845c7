"""Faults of what lesson 24 needs: shares, sweeps, files that survive, 16 bits."""

from edits import Fault, Text
from package_faults import fault


def script(name, backend, old, new):
    path = f"notebooks/scripts/data_parallel_{backend}.py"
    return Fault(name, (Text(path, old, new),), (f"test_parallel@{backend}",))


SHARES = [
    fault(
        "parallel: only the last batch is looked at",
        "parallel",
        "if (size % n_workers and n > size) or last % n_workers:",
        "if last % n_workers:",
        "test_parallel",
    ),
    fault(
        "parallel: only whole batches are looked at",
        "parallel",
        "if (size % n_workers and n > size) or last % n_workers:",
        "if size % n_workers and n > size:",
        "test_parallel",
    ),
    fault(
        "parallel: each worker gets the first one's share",
        "parallel",
        "part[self.worker :: self.n_workers]",
        "part[:: self.n_workers]",
        "test_parallel",
    ),
    fault(
        "parallel: each epoch in the order of the first",
        "parallel",
        "        self.batches.on_epoch_end()",
        "        pass",
        "test_parallel",
    ),
    script(
        "script: gradients are not averaged",
        "torch",
        "images_hat = together(images, training=True)",
        "images_hat = model(images, training=True)",
    ),
    script(
        "script: both hosts train on one share",
        "jax",
        "parallel.Share(batches, process, n_processes)",
        "parallel.Share(batches, 0, n_processes)",
    ),
    script(
        "script: unequal shares are not refused",
        "tensorflow",
        "parallel.check_shares(batches, n_devices)",
        "len(batches)",
    ),
]

SWEEPS = [
    fault(
        "sweep: all is computed again",
        "parallel",
        "if not _file(folder, size).exists()]",
        "]",
        "test_parallel",
    ),
    fault(
        "sweep: what a dead worker wrote is computed again",
        "parallel",
        "    if path.exists():\n        return _read(path)\n    result",
        "    result",
        "test_parallel",
    ),
    fault(
        "sweep: workers leave writing to others",
        "parallel",
        "    if folder.is_dir():\n        _keep(path, result)\n",
        "",
        "test_parallel",
    ),
    fault(
        "sweep: the first error ends it",
        "parallel",
        "            failed[size] = error\n",
        "            failed[size] = error\n            break\n",
        "test_parallel",
    ),
    fault(
        "sweep: a remembered failure comes again",
        "parallel",
        "anew = uuid4().hex",
        'anew = ""',
        "test_parallel",
    ),
    fault(
        "connect: any error as it is",
        "parallel",
        "        raise ConnectionError(",
        "        raise RuntimeError(",
        "test_parallel",
    ),
]

FILES = [
    fault(
        "files: written in place",
        "files",
        'path.with_name(f".part-{os.getpid()}-{path.name}")',
        "path",
        "test_faults",
    ),
    fault(
        "files: the error has lost its number",
        "files",
        "raise (OSError(error.errno, words) if error.errno else OSError(words)) from error",
        "raise OSError(words) from error",
        "test_faults",
    ),
    fault(
        "files: the error has lost the system's words",
        "files",
        "{error.strerror or error}",
        "{error.errno}",
        "test_faults",
    ),
    fault(
        "resume: the batches begin with the first epoch's order",
        "training",
        "    batches.start_at(epoch)\n",
        "",
        "test_faults",
    ),
]

BITS = [
    fault(
        "training: float16 without a scaled loss, PyTorch",
        "training",
        "optimizer.scale_loss(loss).backward()",
        "loss.backward()",
        "test_mixed_precision@torch",
    ),
    fault(
        "training: float16 without a scaled loss, TensorFlow",
        "training",
        "scaled = optimizer.scale_loss(loss)",
        "scaled = loss",
        "test_mixed_precision@tensorflow",
    ),
    fault(
        "training: the scaled loss is reported, JAX",
        "training",
        "(_, (loss, _, fixed, metrics)), gradients",
        "(loss, (_, _, fixed, metrics)), gradients",
        "test_mixed_precision@jax",
    ),
    fault(
        "losses: added up in 16 bits",
        "losses",
        'return ops.cast(x, "float32")',
        "return ops.convert_to_tensor(x)",
        "test_mixed_precision",
    ),
    fault(
        "IWAE: a bound in 16 bits",
        "models/iwae",
        'h = ops.cast(self.encoder(x, training=training), "float32")',
        "h = self.encoder(x, training=training)",
        "test_mixed_precision@tensorflow",
    ),
    fault(
        "contractive: a penalty in 16 bits",
        "models/contractive",
        'norm = ops.cast(self._squared_norm(x, z, training), "float32")',
        "norm = self._squared_norm(x, z, training)",
        "test_mixed_precision@tensorflow",
    ),
    fault(
        "quantiser: its losses in 16 bits",
        "layers",
        'per_number = ops.cast(pull + self.commitment * commitment, "float32")',
        "per_number = pull + self.commitment * commitment",
        "test_mixed_precision@tensorflow",
    ),
]

ALL = [*SHARES, *SWEEPS, *FILES, *BITS]
