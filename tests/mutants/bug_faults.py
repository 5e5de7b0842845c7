"""Bugs that were found in use, each planted again: in the package, the scripts, and the project.

Arbitrary faults of the package are mutmut's (see run.py). These are those that really happened, or
that would be silent on one backend.
"""

from edits import Fault, Line, Text

MODELS, TRAINING, SAVING = "ae_keras/models", "ae_keras/training", "ae_keras/saving"


def bug(name, path, old, new, *checks):
    return Fault(name, (Text(f"{path}.py", old, new),), checks)


KERAS = [
    bug(
        "Keras: labels as targets broadcast against the images",
        f"{MODELS}/autoencoder",
        'self._check(y, "y")',
        "pass",
        "test_bad_input",
    ),
    bug(
        "Keras: a file names an optimizer of PyTorch alone",
        f"{MODELS}/_portable",
        "if not isinstance(config, dict):",
        "if True:",
        "models/test_autoencoder",
        "saving/test_portability",
    ),
    bug(
        "Keras: on JAX a refused batch takes the weights away",
        f"{MODELS}/_keras_fixes",
        "return super()._get_jax_state(**groups)",
        "return super()._get_jax_state(purge_model_variables=purge_model_variables, **groups)",
        "test_bad_input",
    ),
    bug(
        "Keras: a loaded model draws its noise from the start",
        f"{MODELS}/_keras_fixes",
        '            state.assign(states.get(f"random_state_{i}", state))\n',
        "            pass\n",
        "models/test_objectives",
    ),
    bug(
        "Keras: beta is a constant of the compiled step",
        f"{MODELS}/vae",
        "beta = ops.cast(self.beta, kl.dtype)",
        "beta = self.initial_beta",
        "models/test_vae",
    ),
    bug(
        "Keras: a smaller last batch weighs as much in the metric",
        f"{MODELS}/vae",
        "self.kl_tracker.update_state(kl, sample_weight=ops.shape(x)[0])",
        "self.kl_tracker.update_state(kl)",
        "models/test_vae",
    ),
    bug(
        "Keras: an integer seed draws the same noise in each step",
        f"{MODELS}/denoising",
        "(x, self.level, self.noise)",
        "(x, self.level, self.seed)",
        "models/test_denoising",
    ),
    bug(
        "files: a renamed argument is not read from an old file",
        f"{MODELS}/vqvae",
        '"n_codes": "num_embeddings", ',
        "",
        "saving/test_old_files",
    ),
]

RESUMED = [
    bug(
        "resume: the batches begin with the first epoch's order",
        f"{SAVING}/checkpoints",
        "    batches.start_at(passes)\n",
        "",
        "saving/test_checkpoints",
    ),
    bug(
        "resume: the batches begin one epoch early",
        "ae_keras/data/batches",
        "self._pass = int(epoch), order",
        "self._pass = int(epoch) - 1, order",
        "saving/test_checkpoints",
    ),
    bug(
        "step: on JAX the model does not get its weights back",
        f"{TRAINING}/loops",
        "    finally:\n        finish()",
        "    finally:\n        pass",
        "training/test_loops",
    ),
    bug(
        "step: on PyTorch gradients add up",
        f"{TRAINING}/loops",
        "        model.zero_grad()\n",
        "",
        "training/test_loops@torch",
    ),
    bug(
        "split: images of one group on both sides",
        "ae_keras/data/datasets",
        "splitter.split(images.x, groups=images.groups)",
        "splitter.split(images.x, groups=np.arange(len(images)))",
        "data/test_batches",
    ),
]

ONNX = [
    bug(
        "ONNX: the file takes one image at a time",
        f"{SAVING}/export",
        "shape=(None, *shape)",
        "shape=(1, *shape)",
        "saving/test_export@torch",
    ),
    bug(
        "ONNX: a file that gives NaN is kept",
        f"{SAVING}/export",
        "if not difference <= TOLERANCE.get(str(wanted.dtype), 0):",
        "if difference > TOLERANCE.get(str(wanted.dtype), 0):",
        "saving/test_export@torch",
    ),
    bug(
        "ONNX: fewer images than were asked for are broadcast",
        f"{SAVING}/export",
        "np.abs(found - wanted).max() if found.shape == wanted.shape else np.inf",
        "np.abs(found[:1] - wanted[:1]).max()",
        "saving/test_export@torch",
    ),
    bug(
        "ONNX: what was trained is frozen afterwards",
        f"{SAVING}/export",
        "            variable.trainable = True\n",
        "            pass\n",
        "saving/test_export@torch",
    ),
    bug(
        "ONNX: tf2onnx is not taught erfc",
        f"{SAVING}/export",
        "        _teach_erfc()\n",
        "        pass\n",
        "saving/test_export@tensorflow",
    ),
    bug(
        "ONNX: a full disk is called the model's fault",
        f"{SAVING}/export",
        "except OSError:",
        "except KeyboardInterrupt:",
        "saving/test_export@torch",
    ),
]

MANY = [
    bug(
        "shards: only the last batch is looked at",
        f"{TRAINING}/parallel",
        "if (size % n_workers and n > size) or last % n_workers:",
        "if last % n_workers:",
        "training/test_parallel",
    ),
    bug(
        "shards: each worker gets the first one's",
        f"{TRAINING}/parallel",
        "part[self.worker :: self.n_workers]",
        "part[:: self.n_workers]",
        "training/test_parallel",
    ),
    bug(
        "scripts: gradients are not averaged",
        "notebooks/scripts/data_parallel_torch",
        "images_hat = together(images, training=True)",
        "images_hat = model(images, training=True)",
        "training/test_parallel@torch",
    ),
    bug(
        "scripts: both hosts train on one shard",
        "notebooks/scripts/data_parallel_jax",
        "parallel.Shard(batches, process.rank, process.n)",
        "parallel.Shard(batches, 0, process.n)",
        "training/test_parallel@jax",
    ),
    bug(
        "scripts: all processes of a machine take its first GPU",
        "notebooks/scripts/launch",
        "gpus[process.local_rank]",
        "gpus[0]",
        "training/test_parallel",
    ),
    bug(
        "scripts: unequal shards are not refused",
        "notebooks/scripts/data_parallel_tensorflow",
        "parallel.check_shards(batches, n_devices)",
        "len(batches)",
        "training/test_parallel@tensorflow",
    ),
    bug(
        "sweep: what a dead worker wrote is computed again",
        f"{TRAINING}/parallel",
        "    if path.exists():\n        return _read(path)\n    result",
        "    result",
        "training/test_parallel",
    ),
    bug(
        "sweep: Dask remembers a failure, and it comes again",
        f"{TRAINING}/parallel",
        "uuid4().hex",
        '""',
        "training/test_parallel",
    ),
    bug(
        "files: written in place",
        f"{SAVING}/files",
        'path.with_name(f".part-{os.getpid()}-{path.name}")',
        "path",
        "saving/test_killed_and_full",
    ),
]

HALF_PRECISION = [
    bug(
        "float16: the loss is not scaled, PyTorch",
        f"{TRAINING}/loops",
        "optimizer.scale_loss(loss).backward()",
        "loss.backward()",
        "models/test_mixed_precision@torch",
    ),
    bug(
        "float16: the scaled loss is reported, JAX",
        f"{TRAINING}/loops",
        "(_, (loss, _, fixed, metrics)), gradients",
        "(loss, (_, _, fixed, metrics)), gradients",
        "models/test_mixed_precision@jax",
    ),
    bug(
        "float16: losses are added up in 16 bits",
        f"{MODELS}/losses",
        'return ops.cast(x, "float64" if double else "float32")',
        "return ops.convert_to_tensor(x)",
        "models/test_mixed_precision",
    ),
    bug(
        "float16: the IWAE's bound in 16 bits",
        f"{MODELS}/iwae",
        "h = losses.as_float(self.encoder(x, training=training))",
        "h = self.encoder(x, training=training)",
        "models/test_mixed_precision@tensorflow",
    ),
    bug(
        "float16: the quantiser's losses in 16 bits",
        f"{MODELS}/layers",
        "ops.sum(losses.rows(pull + self.commitment * commitment), axis=1)",
        "ops.sum(ops.reshape(pull + self.commitment * commitment, (ops.shape(h)[0], -1)), axis=1)",
        "models/test_mixed_precision@tensorflow",
    ),
]

CHECKS = [
    bug(
        "checks: an empty cell passes",
        "ae_course/exercises/grading",
        "                raise Blank\n",
        "                pass\n",
        "course/test_exercises",
    ),
    bug(
        "checks: an error of the learner ends the notebook",
        "ae_course/exercises/grading",
        "except Exception as error:",
        "except KeyboardInterrupt as error:",
        "course/test_exercises",
    ),
    bug(
        "checks: a split that leaks passes",
        "ae_course/exercises/lesson_02",
        "    both = set(groups[rows]) & set(groups[~rows])\n",
        "    both = set()\n",
        "course/test_exercises",
    ),
]


def project(name, edit, check="documents"):
    return Fault(f"project: {name}", (edit,), (check,))


PROJECT = [
    project("a pin is missing", Line("constraints.txt", "matplotlib==.*")),
    project(
        "keras is pinned to another version", Line("constraints.txt", "keras==.*", "keras==3.14.0")
    ),
    project("conda's file has no constraints", Line("environment.yml", "- -c constraints.txt")),
    project(
        "a part of the package is not installed",
        Text("pyproject.toml", '"ae_course.exercises",', ""),
    ),
    project(
        "the workflow leaves out a backend",
        Text(".github/workflows/test.yml", "torch, ", ""),
    ),
    project(
        "a link leads nowhere",
        Text("CONTRIBUTING.md", "(https://pytorch.org)", "(docs/pytorch.md)"),
    ),
    project(
        "a path of somebody's machine",
        Text("CONTRIBUTING.md", "# Contributing", "# Contributing in /" + "home/me/course"),
    ),
    project(
        "nbval drops a pattern",
        Text("tests/nbval.cfg", "regex: (?m)() +$\nreplace: \\1", "regex: (?m)() +$\nreplace: "),
    ),
    project(
        "a model knows of training",
        Text(
            "ae_keras/models/vae.py",
            "from ae_keras.models import losses\n",
            "from ae_keras.models import losses\nfrom ae_keras import training  # noqa\n",
        ),
        "imports",
    ),
    project(
        "a framework is imported by a module",
        Text(
            "ae_keras/data/batches.py",
            "import keras\nimport numpy as np\n",
            "import keras\nimport numpy as np\nimport torch\n",
        ),
        "ruff",
    ),
]

ALL = [*KERAS, *RESUMED, *ONNX, *MANY, *HALF_PRECISION, *CHECKS, *PROJECT]
