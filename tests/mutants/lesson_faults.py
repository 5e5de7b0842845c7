"""Faults of the lessons: in what they do, in what they say, and in what is stored of a run."""

import re

import nbformat
import part_faults
from edits import Fault, Lesson, Stored, Text, code, on_cell, without, words


def taught(number, name, change, *checks):
    """A fault in source and notebooks alike, as if its author had made it and not run it again."""
    checks = checks or ("documents", f"lesson {number}")
    return Fault(f"lesson {number}: {name}", (Lesson(number, change),), checks)


def stored(number, name, change, *checks):
    """A fault of the notebook alone."""
    return Fault(f"stored {number}: {name}", (Stored(number, change),), checks or ("documents",))


# What a lesson does ------------------------------------------------------------------------------

TRAINED = [
    taught(
        "23",
        "the cured walk mixes pixels, too",
        words(
            "evaluation.decode(healthy, (1 - t[..., 0, 0]) * z[0] + t[..., 0, 0] * z[1])",
            "(1 - t) * x_hat[0] + t * x_hat[1]",
        ),
    ),
    taught(
        "24",
        "each picture is a source of its own",
        words(
            "mine = data.Images(loaded.x, loaded.labels, sources)",
            "mine = data.Images(loaded.x, loaded.labels, np.arange(len(sources)))",
        ),
    ),
    taught(
        "00",
        "not trained, the learning rate is 0",
        words("keras.optimizers.Adam(0.002)", "keras.optimizers.Adam(0.0)"),
    ),
    taught(
        "07",
        "not trained, fit is missing",
        words("model.fit(data.Batches(train.x), epochs=12, shuffle=False, verbose=0)\n", ""),
    ),
    taught(
        "07",
        "test images in training",
        words(
            "model.fit(data.Batches(train.x), epochs=12, shuffle=False",
            "model.fit(data.Batches(np.concatenate([train.x, test.x])), epochs=12, shuffle=False",
        ),
    ),
    taught(
        "06",
        "validated on training images",
        words("validation_data=(val.x, val.x)", "validation_data=(train.x, train.x)"),
    ),
    taught(
        "06",
        "the loop by hand averages over batches",
        words("history.append(total / len(batches.x))", "history.append(total / len(batches))"),
    ),
    taught(
        "09",
        "every size is trained with 16 numbers",
        words("DenseEncoder(latent_dim, hidden=(128,))", "DenseEncoder(16, hidden=(128,))"),
    ),
    taught(
        "05",
        "a new model instead of the loaded one",
        words(
            'loaded = keras.saving.load_model(folder / "autoencoder.keras")',
            "loaded = Autoencoder(DenseEncoder(16), DenseDecoder(image_shape))",
        ),
    ),
]

DEFINED = [
    taught(
        "04",
        "the decoder ends without a sigmoid",
        words(
            'self.pixels = layers.Dense(int(np.prod(image_shape)), activation="sigmoid")',
            "self.pixels = layers.Dense(int(np.prod(image_shape)))",
        ),
    ),
    taught(
        "03",
        "a relu on the code",
        words(
            "self.code = layers.Dense(latent_dim)\n\n    def call(self, x):\n        h =",
            'self.code = layers.Dense(latent_dim, "relu")\n\n    def call(self, x):\n        h =',
        ),
    ),
    taught(
        "03",
        "another width of the code",
        words("encoder = Encoder(latent_dim=16)", "encoder = Encoder(latent_dim=15)"),
    ),
    taught(
        "06",
        "the loss is a mean over the pixels",
        words(
            "return ops.sum(ops.square(x - x_hat), axis=PIXELS)",
            "return ops.mean(ops.square(x - x_hat), axis=PIXELS)",
        ),
    ),
    taught(
        "06",
        "the cross-entropy is not clipped",
        words(
            "    x_hat = ops.clip(x_hat, 1e-7, 1 - 1e-7)  # log(0) would be minus infinity\n", ""
        ),
    ),
    taught(
        "04",
        "outside [0, 1] means below and above at once",
        words(
            "outside = np.mean((x_hat < 0) | (x_hat > 1))",
            "outside = np.mean((x_hat < 0) & (x_hat > 1))",
        ),
    ),
    taught(
        "03",
        "the backend is hard-coded",
        words(
            "from ae_keras import ConvEncoder",
            'import os\n\nos.environ["KERAS_BACKEND"] = "jax"\nfrom ae_keras import ConvEncoder',
        ),
        "documents",
        "lesson 03@torch",
    ),
    taught(
        "01",
        "arithmetic of one backend",
        words(
            "    return keras.ops.sum(keras.ops.square(x - x_hat), axis=-1)",
            "    import jax.numpy as jnp\n\n    return jnp.sum((x - x_hat) ** 2, axis=-1)",
        ),
        "documents",
        "lesson 01@torch",
    ),
]

DATA = [
    taught(
        "02",
        "the last batch is dropped",
        words(
            "return -(-len(self.x) // self.batch_size)  # rounded up",
            "return len(self.x) // self.batch_size",
        ),
    ),
    taught(
        "02",
        "split by image instead of by source",
        words("groups=train_all.groups", "groups=np.arange(len(train_all))"),
    ),
    taught(
        "02",
        "each epoch has the same order",
        words("default_rng([self.seed, self.epoch])", "default_rng([self.seed, 0])"),
    ),
    taught(
        "02",
        "the order ignores the seed",
        words("default_rng([self.seed, self.epoch])", "default_rng([0, self.epoch])"),
    ),
    taught(
        "02",
        "scaled by 256",
        words('return images.astype("float32") / 255', 'return images.astype("float32") / 256'),
    ),
    taught(
        "01",
        "the seed is ignored",
        words("    keras.utils.set_random_seed(seed)\n    model", "    model"),
    ),
]

MEASURED = [
    taught(
        "00",
        "PCA is fitted on the test images",
        words("fit_pca(train.x, latent_dim=CODE)", "fit_pca(val.x, latent_dim=CODE)"),
    ),
    taught(
        "06",
        "PCA has fewer numbers than the autoencoder",
        words("def pca_error(images, x, latent_dim=16)", "def pca_error(images, x, latent_dim=8)"),
    ),
    taught(
        "03",
        "neighbours are counted on the training images",
        words(
            "knn_accuracy(z_train, train.labels, z_val, val.labels)",
            "knn_accuracy(z_train, train.labels, z_train, train.labels)",
        ),
    ),
    taught(
        "08",
        "the walk does not arrive",
        words("np.linspace(0, 1, 9)[:, None]", "np.linspace(0, 1, 9, endpoint=False)[:, None]"),
    ),
]

ROWS = 'rows = {"original": val.x[:10], "PCA": x_pca[:10], "autoencoder": x_hat[:10]}'
DRAWN = [
    taught(
        "00",
        "originals shown as reconstructions",
        words(ROWS, ROWS.replace("x_hat[:10]", "val.x[:10]")),
    ),
    taught(
        "00",
        "rows of a figure swapped",
        words(
            ROWS, ROWS.replace("val.x", "swap").replace("x_hat", "val.x").replace("swap", "x_hat")
        ),
    ),
    taught(
        "07",
        "originals in both rows",
        words("tile([val.x[:10], x_hat[:10]])", "tile([val.x[:10], val.x[:10]])"),
    ),
    taught(
        "07",
        "the film strip shows the last epoch in each row",
        words("watch.frames[n - 1] for n in shown", "watch.frames[-1] for n in shown"),
    ),
    taught(
        "00",
        "axes of a plot swapped",
        words(
            'ax.scatter(*points.T, s=8, label="points")',
            'ax.scatter(*points.T[::-1], s=8, label="points")',
        ),
    ),
    taught(
        "03",
        "dimensions of the codes swapped",
        words("ax.scatter(*z2.T, s=8,", "ax.scatter(*z2.T[::-1], s=8,"),
    ),
    taught(
        "08",
        "points coloured by the labels of other images",
        words(
            "plots.plot_codes(points, labels, title=name",
            "plots.plot_codes(points, labels[::-1], title=name",
        ),
    ),
    taught("00", "a blank figure", words("plots.plot_images(train.x[:12], ax=ax)\n", "")),
    taught(
        "04",
        "a figure is not drawn",
        words(
            "fig, ax = plt.subplots(figsize=(6, 1.5))\n"
            'plots.plot_images(untrained, title="zero code, then four random codes", ax=ax)\n'
            "plt.show()\n",
            "",
        ),
    ),
]


# What a lesson says ------------------------------------------------------------------------------


def swap_questions(cells):
    order = (("## Q12. ", "## Q0. "), ("## Q13. ", "## Q12. "), ("## Q0. ", "## Q13. "))
    for cell in cells:
        for old, new in order:
            cell.source = cell.source.replace(old, new)
    return cells


def no_description(cell):
    del cell.metadata["mystnb"]


def short_description(cell):
    cell.metadata["mystnb"]["image"]["alt"] = "a figure"


def look_away(cell):
    cell.source = f"# NBVAL_IGNORE_OUTPUT\n{cell.source}"


def has_tag(cell, tag):
    return tag in cell.metadata.get("tags", ())


def solve_exercise(cells):
    for cell in cells:
        if has_tag(cell, "exercise"):
            solved = "(widths):\n    return sum(m * n + n for m, n in zip(widths, widths[1:]))"
            cell.source = re.sub(r"\(widths\):\s+\.\.\.", solved, cell.source)
    return cells


def drop_solution(cells):
    # what is stored has no such tag; an exercise holds three dots
    return [c for c in cells if "def sample(" not in c.source or "n): ..." in c.source]


def drop_claims(cells):
    for cell in cells:
        if has_tag(cell, "receipt"):
            cell.source = cell.source[cell.source.index("notebook.receipt(") :]
    return cells


ZERO_CODE = "zero code, then four random codes"  # in the cell of a figure
SAID = [
    taught("04", "a question is missing", without("## Q13. "), "documents"),
    taught("04", "two questions change places", swap_questions, "documents"),
    taught("04", "a question loses its number", words("## Q13. ", "## "), "documents"),
    taught("04", "a question is asked twice", words("## Q13. ", "## Q12. "), "documents"),
    taught(
        "04",
        "another question under the same number",
        words(
            "How do you implement the forward pass of the Decoder, from latent representation to "
            "image?",
            "Why do decoders exist?",
        ),
    ),
    taught("01", "the text claims another number", words("reads 21.4805 on", "reads 23.4805 on")),
    taught("03", "the quiz is missing", words("## Quiz\n", "## Afterthoughts\n"), "documents"),
    taught("03", "the receipt claims nothing", drop_claims, "documents"),
    taught("04", "a figure has no description", on_cell(ZERO_CODE, no_description), "documents"),
    taught(
        "04", "a figure is hardly described", on_cell(ZERO_CODE, short_description), "documents"
    ),
    taught("04", "a comment hides a cell from nbval", on_cell(ZERO_CODE, look_away), "documents"),
    taught("03", "an exercise is solved already", solve_exercise),
    taught("08", "an exercise has no solution", drop_solution, "documents"),
    taught(
        "08",
        "a solution is wrong",
        words(
            "for t in np.linspace(0, 1, 5)]\n",
            "for t in np.linspace(0, 1, 5, endpoint=False)]\n",
        ),
        "documents",
        "solutions 08",
    ),
]


# What is stored of a run -------------------------------------------------------------------------

PAINT = "layers.Conv2DTranspose(1, kernel_size=2"  # in a cell of lesson 04 that prints
SUM = "sum of all magnitudes"  # in a cell of lesson 01 that prints


def clear(cells):
    for cell in code(cells):
        cell.outputs, cell.execution_count = [], None
    return cells


def forget_run(cell):
    cell.outputs, cell.execution_count = [], None


def swap_counts(cells):
    first, second = code(cells)[3:5]
    first.execution_count, second.execution_count = 5, 4
    return cells


def drop_outputs(cell):
    cell.outputs = []


def drop_png(cell):
    for output in cell.outputs:
        output.get("data", {}).pop("image/png", None)


def drop_figures(cell):
    cell.outputs = [out for out in cell.outputs if "image/png" not in out.get("data", {})]


def another_png(cells):
    """The picture of one cell in the place of another's."""
    outputs = [out for cell in code(cells) for out in cell.outputs]
    first, second, *_ = [out.data for out in outputs if "image/png" in out.get("data", {})]
    first["image/png"] = second["image/png"]
    return cells


def tag(name):
    def act(cell):
        cell.metadata["tags"] = [name]

    return act


def prints(text, stream="stdout"):
    def act(cell):
        cell.outputs.append(nbformat.v4.new_output("stream", name=stream, text=text))

    return act


def fails(cell):
    error = {"ename": "ValueError", "evalue": "no", "traceback": ["ValueError: no"]}
    cell.outputs.append(nbformat.v4.new_output("error", **error))


def output_words(old, new):
    """A change of cells: `old` becomes `new` in what they print and show."""

    def change(cells):
        for cell in code(cells):
            for out in cell.outputs:
                holder, key = (out, "text") if "text" in out else (out.get("data"), "text/plain")
                if holder and key in holder:
                    holder[key] = holder[key].replace(old, new)
        return cells

    return change


STORED = [
    stored("04", "all outputs are cleared", clear),
    stored("04", "a cell was never run", on_cell(PAINT, forget_run)),
    stored("04", "counts are out of order", swap_counts),
    stored("04", "an output is missing", on_cell(PAINT, drop_outputs), "documents", "lesson 04"),
    stored("04", "a picture is missing", on_cell(ZERO_CODE, drop_png)),
    stored("04", "a figure is missing", on_cell(ZERO_CODE, drop_figures)),
    stored("04", "a picture is that of another cell", another_png, "documents", "lesson 04"),
    stored("04", "a tag tells nbval to skip a cell", on_cell(PAINT, tag("nbval-skip"))),
    stored("04", "a tag tells nbval to ignore", on_cell(PAINT, tag("nbval-ignore-output"))),
    stored("04", "a cell is missing", without(PAINT)),
    stored("04", "a cell is not that of the source", words("untrained", "fresh", 9)),
    stored("04", "a path of a machine", on_cell(PAINT, prints("saved to /tmp/film.gif\n"))),
    stored("04", "a warning", on_cell(PAINT, prints("Warning: slow\n", "stderr"))),
    stored("04", "an error", on_cell(PAINT, fails)),
    stored(
        "01",
        "a number 20 % too large",
        output_words("21.4805", "25.7766"),
        "documents",
        "lesson 01",
    ),
    stored("01", "a word is changed", output_words("equal:   True", "equal:   False"), "lesson 01"),
    stored("04", "an exercise passed", output_words("not attempted yet", "passed: right")),
    Fault(
        "stored 03: the kernel of somebody's machine",
        (Text("notebooks/03_encoder.ipynb", '"name": "python3"', '"name": "my-env"'),),
        ("documents",),
    ),
]

THREE_BACKENDS = [
    taught(
        "25",
        "gradients of several batches add up",
        words("    model.zero_grad()  # else they add up\n", ""),
        "lesson 25@torch",
    ),
    taught(
        "25",
        "the weights stay inside the loop",
        words("            variable.assign(array)\n", "            pass\n"),
        "lesson 25",
    ),
    taught(
        "25",
        "the loss without what layers add",
        words(
            "tape:\n        loss = model.compute_loss(x=x, y=x, y_pred=model(x, training=True))\n",
            "tape:\n        loss = ops.mean(losses.squared_error(x, model(x, training=True)))\n",
        ),
        "lesson 25@tensorflow",
    ),
    taught(
        "25",
        "each backend draws weights of its own",
        words('models = {"dense": new(), ', 'models = {"dense": untrained(), '),
        "lesson 25@torch",
    ),
    taught(
        "25",
        "the visitor sees the first epoch again",
        words("    batches.start_at(1)  # the file has seen epoch 0\n", ""),
        "lesson 25@torch",
    ),
    taught(
        "25",
        "a habit does no harm",
        words("ops.convert_to_tensor(np.tanh(ops.convert_to_numpy(z)))", "ops.tanh(z)"),
        "lesson 25@torch",
    ),
    taught(
        "25",
        "the picture of the file is Keras's",
        words('by_file = run_file(f"{folder}/plain.onnx", x_val[:7])', "by_file = 1 - by_keras"),
        "lesson 25@torch",
    ),
]

CHOSEN_ON_TEST = [
    taught(number, f"chosen on test, {name}", words(old, new), "documents")
    for number, name, old, new in part_faults.FAULTS
]

ALL = [*TRAINED, *DEFINED, *DATA, *MEASURED, *CHOSEN_ON_TEST, *DRAWN, *SAID, *THREE_BACKENDS]
ALL += STORED
