"""Faults of ae_keras and of the project's files."""

from edits import Fault, Line, Text


def fault(name, module, old, new, *checks, times=1):
    return Fault(name, (Text(f"ae_keras/{module}.py", old, new, times),), checks)


NETWORKS = [
    fault(
        "decoders: by default the output is linear",
        "decoders",
        'output_activation="sigmoid",',
        'output_activation="linear",',
        "test_decoders",
        times=2,
    ),
    fault(
        "encoders: a relu on the code",
        "encoders",
        'layers.Dense(self.latent_dim, name="code")',
        'layers.Dense(self.latent_dim, "relu", name="code")',
        "test_encoders",
        times=2,
    ),
    fault(
        "decoders: height and width of the dense image swapped",
        "decoders",
        "layers.Reshape(self.image_shape)",
        "layers.Reshape([self.image_shape[i] for i in (1, 0, 2)])",
        "test_decoders",
    ),
    fault(
        "decoders: odd sizes are not cropped",
        "decoders",
        "return self.crop(x)",
        "return x",
        "test_decoders",
    ),
    fault(
        "decoders: cropped at the wrong side",
        "decoders",
        "((0, extra[0]), (0, extra[1]))",
        "((extra[0], 0), (extra[1], 0))",
        "test_decoders",
    ),
    fault(
        "encoders: pooling forgotten",
        "encoders",
        "x = self.pool(x) if self.pool else x",
        "pass",
        "test_encoders",
    ),
    fault(
        "encoders: configuration lacks the activation",
        "encoders",
        '"hidden": self.hidden, "activation": self.activation}',
        '"hidden": self.hidden}',
        "test_encoders",
    ),
    fault(
        "decoders: configuration lacks the way up",
        "decoders",
        '"filters": self.filters, "up": self.up}',
        '"filters": self.filters}',
        "test_decoders",
        "test_autoencoder",
    ),
    fault(
        "autoencoder: parts that do not fit are accepted",
        "models/autoencoder",
        "if x_hat.shape != x.shape:",
        "if False:",
        "test_bad_input",
    ),
    fault(
        "autoencoder: integer images are accepted",
        "models/autoencoder",
        'if "float" not in str(x.dtype):',
        "if False:",
        "test_bad_input",
    ),
    fault(
        "autoencoder: fit takes NaN without a word",
        "models/autoencoder",
        "return validation.images(x, name)",
        "return x",
        "test_bad_input",
    ),
    fault(
        "files: a damaged archive is left to Keras",
        "files",
        "    _check_archive(path)\n    try:",
        "    try:",
        "test_files",
    ),
    fault(
        "decoders: the blocks of a doubling are laid out in the wrong order",
        "decoders",
        "(0, 1, 3, 2, 4, 5)",
        "(0, 1, 4, 2, 3, 5)",
        "test_decoders",
    ),
    fault(
        "autoencoder: labels as targets are accepted",
        "models/autoencoder",
        'self._check(y, "y")',
        "pass",
        "test_bad_input",
    ),
    fault(
        "autoencoder: a target is ignored",
        "models/autoencoder",
        "y = x if y is None else y",
        "y = x",
        "test_autoencoder",
    ),
    fault(
        "autoencoder: the configuration of the optimizer is not portable",
        "models/autoencoder",
        "if not isinstance(config, dict):",
        "if True:",
        "test_autoencoder",
    ),
    fault(
        "autoencoder: on JAX a refused batch takes the weights away",
        "models/autoencoder",
        "return super()._get_jax_state(**groups)",
        "return super()._get_jax_state(purge_model_variables=purge_model_variables, **groups)",
        "test_bad_input",
    ),
    fault(
        "autoencoder: asks which backend runs",
        "models/autoencoder",
        "        self._check(x)\n",
        '        if keras.config.backend() == "jax":\n            self._check(x)\n',
        "documents",
    ),
]

LOSSES = [
    fault(
        "losses: mean over the pixels instead of the sum",
        "losses",
        "return ops.sum(x, axis=tuple(",
        "return ops.mean(x, axis=tuple(",
        "test_losses",
    ),
    fault(
        "losses: summed over the batch as well",
        "losses",
        "return ops.sum(x, axis=tuple(range(1, len(x.shape))))",
        "return ops.sum(x)",
        "test_losses",
    ),
    fault(
        "losses: logarithms of zero",
        "losses",
        "ops.binary_crossentropy(x, x_hat)",
        "-(x * ops.log(x_hat) + (1 - x) * ops.log(1 - x_hat))",
        "test_losses",
    ),
    fault(
        "losses: summed in sixteen bits",
        "losses",
        'return ops.cast(x, "float32")',
        "return x",
        "test_losses",
    ),
    fault(
        "losses: torch imported by the module",
        "losses",
        "import keras\n",
        "import keras\nimport torch  # noqa: F401\n",
        "documents",
    ),
    fault(
        "losses: an import that nobody needs",
        "losses",
        "import keras\n",
        "import math\n\nimport keras\n",
        "ruff",
    ),
]

TRAINING = [
    fault(
        "training: on JAX the model does not get its weights back",
        "training",
        "    finish()\n    return history",
        "    return history",
        "test_training",
    ),
    fault(
        "training: on PyTorch gradients add up",
        "training",
        "        model.zero_grad()\n",
        "",
        "test_training@torch",
    ),
    fault(
        "training: on TensorFlow the last bias is not trained",
        "training",
        "optimizer.apply(tape.gradient(loss, weights), weights)",
        "optimizer.apply([*tape.gradient(loss, weights)[:-1], weights[-1] * 0.0], weights)",
        "test_training@tensorflow",
    ),
    fault(
        "training: a smaller last batch counts as much as the others",
        "training",
        "for loss in losses], weights=sizes)",
        "for loss in losses])",
        "test_training",
    ),
    fault(
        "training: the step is not told that it is training",
        "training",
        "            trained, fixed, metrics, x, target, None, training=True,",
        "            trained, fixed, metrics, x, target, None, training=False,",
        "test_training",
    ),
    fault(
        "training: saved pictures show the originals twice",
        "training",
        "[_side_by_side(self.x), _side_by_side(x_hat)]",
        "[_side_by_side(self.x), _side_by_side(self.x)]",
        "test_training",
    ),
    fault(
        "files: a file is not written whole or not at all",
        "files",
        'unfinished = path.with_name(f".part-{os.getpid()}-{path.name}")',
        "unfinished = path",
        "test_files",
    ),
    fault(
        "training: pixels of a picture are not clipped",
        "training",
        "np.clip(picture, 0, 1)",
        "np.asarray(picture)",
        "test_training",
    ),
]

DATA = [
    fault(
        "data: images of one source on both sides of the split",
        "data",
        "splitter.split(images.x, groups=images.source)",
        "splitter.split(images.x, groups=np.arange(len(images)))",
        "test_data",
    ),
    fault(
        "data: validation images stay in training",
        "data",
        "return images[rest], images[part]",
        "return images, images[part]",
        "test_data",
    ),
    fault(
        "data: the validation set is the test set",
        "data",
        'return train, validation_part, load(name, "test")',
        'return train, load(name, "test"), load(name, "test")',
        "test_data",
    ),
    fault(
        "data: the split ignores its seed",
        "data",
        "random_state=seed)",
        "random_state=0)",
        "test_data",
    ),
    fault(
        "data: the last batch is dropped",
        "data",
        "return -(-len(self.x) // self.batch_size)",
        "return len(self.x) // self.batch_size",
        "test_data",
    ),
    fault(
        "data: each batch lacks its last image",
        "data",
        "(index + 1) * self.batch_size]",
        "(index + 1) * self.batch_size - 1]",
        "test_data",
    ),
    fault(
        "data: targets in another order than images",
        "data",
        "else self.target[rows]",
        "else self.target[np.sort(rows)]",
        "test_data",
    ),
    fault(
        "data: the order of an epoch ignores the seed",
        "data",
        "np.random.default_rng([seed, epoch])",
        "np.random.default_rng([0, epoch])",
        "test_data",
    ),
    fault(
        "data: each epoch has the same order",
        "data",
        "np.random.default_rng([seed, epoch])",
        "np.random.default_rng([seed, 0])",
        "test_data",
    ),
    fault(
        "data: noise is not clipped",
        "data",
        'return np.clip(x + noise, 0, 1).astype("float32")',
        'return (x + noise).astype("float32")',
        "test_data",
    ),
    fault(
        "data: scaled by 256",
        "data",
        'images.astype("float32") / 255',
        'images.astype("float32") / 256',
        "test_data",
    ),
    fault(
        "data: floats are scaled again",
        "data",
        "if not np.issubdtype(images.dtype, np.integer):",
        "if False:",
        "test_bad_input",
    ),
    fault(
        "embedded: test images in training",
        "embedded",
        '== (subset == "test")',
        '| (subset == "train")',
        "test_embedded",
    ),
    fault(
        "embedded: one test source less",
        "embedded",
        "[:TEST_SOURCES]",
        "[: TEST_SOURCES - 1]",
        "test_embedded",
    ),
    fault(
        "embedded: digits without a seed",
        "embedded",
        "    rng = np.random.default_rng(0)\n    warps",
        "    rng = np.random.default_rng()\n    warps",
        "test_embedded",
    ),
    fault(
        "embedded: labels are not moved with their images",
        "embedded",
        "small.target[source][order]",
        "small.target[source]",
        "test_embedded",
    ),
]

IDX = [
    fault(
        "idx: checksums of files on disk are not compared",
        "idx",
        "    if name in PUBLISHED:\n        _check_sum",
        "    if False:\n        _check_sum",
        "test_idx",
    ),
    fault(
        "idx: checksums of downloads are not compared",
        "idx",
        'f"md5:{known}"',
        "None",
        "test_idx",
    ),
    fault(
        "idx: a broken download stays in the cache",
        "idx",
        "                return Path(got)\n",
        "                return Path(got)\n"
        "            except ValueError as error:\n"
        '                (target / f"{file}.gz").write_bytes(b"a broken file")\n'
        '                refused.append(f"{mirror}: {error}")\n',
        "test_idx",
    ),
    fault(
        "idx: only the first mirror is asked",
        "idx",
        "for mirror in published.mirrors:",
        "for mirror in published.mirrors[:1]:",
        "test_idx",
    ),
    fault(
        "idx: the magic number is not looked at",
        "idx",
        'content[:3] != b"\\x00\\x00\\x08" or ',
        "",
        "test_idx",
    ),
    fault(
        "idx: another number of labels than images",
        "idx",
        " or len(labels) != len(images):",
        ":",
        "test_idx",
    ),
    fault(
        "idx: a truncated file is filled up",
        "idx",
        "    if len(content) - start != math.prod(shape):",
        "    content = content.ljust(start + math.prod(shape))\n"
        "    if len(content) - start != math.prod(shape):",
        "test_idx",
    ),
    fault(
        "idx: the local folder is passed over",
        "idx",
        "for place in (folder(name), cache(name)):",
        "for place in (cache(name),):",
        "test_idx",
    ),
]

ARGUMENTS = [
    fault(
        "validation: a code of no numbers is accepted",
        "validation",
        "if not whole or value < 1:",
        "if not whole or value < 0:",
        "test_bad_input",
    ),
    fault(
        "validation: a code of 2.5 numbers is accepted",
        "validation",
        "    if not whole or value < 1:",
        "    if value < 1:",
        "test_bad_input",
    ),
    fault(
        "validation: integer images are accepted",
        "validation",
        "if not np.issubdtype(x.dtype, np.floating):",
        "if False:",
        "test_bad_input",
    ),
    fault(
        "validation: NaN is accepted",
        "validation",
        "if not (np.isfinite(low) and np.isfinite(high)):",
        "if False:",
        "test_bad_input",
    ),
    fault(
        "validation: pixels outside the unit range are accepted",
        "validation",
        "if low < 0 or high > 1:",
        "if low < 0 or high > 1e6:",
        "test_bad_input",
    ),
    fault(
        "validation: only the first images are looked at",
        "validation",
        "for start in range(0, len(x), ROWS):",
        "for start in range(0, 1, ROWS):",
        "test_bad_input",
    ),
    fault(
        "validation: an empty array is accepted",
        "validation",
        "if x.ndim != 4 or 0 in x.shape:",
        "if x.ndim != 4:",
        "test_bad_input",
    ),
]

BACKEND = [
    fault(
        "backend: seed_weights ignores the seed",
        "backend",
        "rng = np.random.default_rng(validation.seed(seed))",
        "rng = np.random.default_rng(0 * validation.seed(seed))",
        "test_backend",
    ),
    fault(
        "backend: set_seed does nothing",
        "backend",
        "keras.utils.set_random_seed(validation.seed(seed))",
        "validation.seed(seed)",
        "test_backend",
    ),
    fault(
        "backend: always JAX",
        "backend",
        "    name = name or found[0]\n",
        '    name = "jax"\n',
        "test_backend",
    ),
    fault(
        "backend: GPU=0 is ignored",
        "backend",
        'if os.environ.get("GPU") == "0":',
        "if False:",
        "test_backend",
    ),
    fault(
        "backend: weights drawn for the wrong number of inputs",
        "backend",
        "np.sqrt(6 / (np.prod(window) * (fan_in + fan_out)))",
        "np.sqrt(6 / (np.prod(window) * fan_in + fan_out))",
        "test_backend",
    ),
]

EVALUATION = [
    fault(
        "evaluation: PCA is fitted on the images it is judged by",
        "evaluation",
        "pca_reconstruct(fit_pca(x_train, latent_dim), x)",
        "pca_reconstruct(fit_pca(x, latent_dim), x)",
        "test_evaluation",
        "lesson 00",
    ),
    fault(
        "evaluation: the mean image is that of the images it is judged by",
        "evaluation",
        'validation.images(x_train, "x_train").mean(',
        'validation.images(x, "x_train").mean(',
        "test_evaluation",
    ),
    fault(
        "evaluation: mean over the pixels",
        "evaluation",
        "return np.sum((x - x_hat) ** 2,",
        "return np.mean((x - x_hat) ** 2,",
        "test_evaluation",
    ),
    fault(
        "evaluation: neighbours are counted on the training codes",
        "evaluation",
        "vote.fit(_flat(z_train), labels_train).score(_flat(z_test), labels_test)",
        "vote.fit(_flat(z_train), labels_train).score(_flat(z_train), labels_train)",
        "test_evaluation",
    ),
    fault(
        "evaluation: the probe is fitted on the test codes",
        "evaluation",
        "probe.fit(_flat(z_train), labels_train)",
        "probe.fit(_flat(z_test), labels_test)",
        "test_evaluation",
    ),
    fault(
        "evaluation: nearest last",
        "evaluation",
        "return search.kneighbors(_flat(queries), return_distance=False)",
        "return search.kneighbors(_flat(queries), return_distance=False)[:, ::-1]",
        "test_evaluation",
    ),
    fault(
        "evaluation: the floor forgets the black part of grey",
        "evaluation",
        "entropy = -(x * np.log(inside) + (1 - x) * np.log(1 - inside))",
        "entropy = -(x * np.log(inside))",
        "test_evaluation",
    ),
]

PLOTS = [
    fault(
        "plots: originals shown as reconstructions",
        "plots",
        '"reconstruction": x_hat}',
        '"reconstruction": x}',
        "test_plots",
    ),
    fault(
        "plots: rows swapped",
        "plots",
        '{"original": x, "reconstruction": x_hat}',
        '{"original": x_hat, "reconstruction": x}',
        "test_plots",
    ),
    fault(
        "plots: axes of the codes swapped",
        "plots",
        "ax.scatter(*points.T,",
        "ax.scatter(*points.T[::-1],",
        "test_plots",
    ),
    fault(
        "plots: the first epoch is number 0",
        "plots",
        "range(1, len(values) + 1)",
        "range(len(values))",
        "test_plots",
    ),
    fault(
        "plots: yardsticks are drawn at zero",
        "plots",
        "ax.axhline(value,",
        "ax.axhline(0,",
        "test_plots",
    ),
    fault(
        "plots: each picture has its own brightness",
        "plots",
        ', cmap="gray", vmin=0, vmax=1)',
        ', cmap="gray")',
        "test_plots",
    ),
    fault(
        "plots: images column by column",
        "plots",
        "(i // n_columns) * (height + gap), (i % n_columns) * (width + gap)",
        "(i % n_rows) * (height + gap), (i // n_rows) * (width + gap)",
        "test_plots",
    ),
    fault(
        "notebook: a figure with empty axes is accepted",
        "notebook",
        "if not (images or lines or points or shapes or ax.texts):",
        "if False:",
        "test_notebook",
    ),
    fault(
        "notebook: NaN in a figure is accepted",
        "notebook",
        "if not all(np.isfinite(values).all()",
        "if False and not all(np.isfinite(values).all()",
        "test_notebook",
    ),
    fault(
        "notebook: the first cell seeds nothing",
        "notebook",
        "    backend.set_seed(seed)\n",
        "",
        "test_notebook",
    ),
]

CHECKS = [
    fault(
        "checks: everything passes",
        "checks/answers",
        "    if not condition:",
        "    if False:",
        "test_checks",
    ),
    fault(
        "checks: an empty cell passes",
        "checks/answers",
        "except Blank:\n            return Verdict(False,",
        "except Blank:\n            return Verdict(True,",
        "test_checks",
    ),
    fault(
        "checks: an error of the learner ends the notebook",
        "checks/answers",
        "except Exception as error:",
        "except ZeroDivisionError as error:",
        "test_checks",
    ),
    fault(
        "checks: check_worst accepts any order",
        "checks/practice",
        "    expect(result == [1, 4, 2],",
        "    expect(True,",
        "test_checks",
    ),
    fault(
        "checks: check_validation_rows accepts leaks",
        "checks/foundations",
        "    expect(not both,",
        "    expect(True,",
        "test_checks",
    ),
    fault(
        "checks: check_beats_pca accepts any error",
        "checks/practice",
        "expect(error < yardstick,",
        "expect(error < 1e9,",
        "test_checks",
    ),
    fault(
        "checks: check_decoder accepts pixels outside the unit range",
        "checks/models",
        "x_hat.min() >= 0 and x_hat.max() <= 1,",
        "np.isfinite(x_hat).all(),",
        "test_checks",
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
        "a part of the package is not installed", Text("pyproject.toml", '"ae_keras.checks", ', "")
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
        Text("CONTRIBUTING.md", "Three commands;", "In /" + "home/me/course, three commands;"),
    ),
    project(
        "nbval drops a pattern",
        Text("tests/nbval.cfg", "regex: (?m)() +$\nreplace: \\1", "regex: (?m)() +$\nreplace: "),
    ),
]

ALL = [
    *NETWORKS,
    *LOSSES,
    *TRAINING,
    *DATA,
    *IDX,
    *ARGUMENTS,
    *BACKEND,
    *EVALUATION,
    *PLOTS,
    *CHECKS,
    *PROJECT,
]
