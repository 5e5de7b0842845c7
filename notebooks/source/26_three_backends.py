# %% [markdown]
# # 26. One model, three backends
#
# *The same class has run on JAX, PyTorch and TensorFlow for twenty-one lessons. Now look at the seams: what is equal, to how many digits, what only looks equal, and how to take a model elsewhere.*
#
# **You will be able to**
# - write one training step for any model of the course in each of the three frameworks, and show that it is `fit`;
# - say how far results agree between backends, and what never agrees;
# - pass a half-trained model from one backend to another and back;
# - recognise six habits that work on one backend only;
# - choose a backend by measurement, and leave Keras altogether by ONNX.
#
# **You need** lessons 06, 16 and 17. Three backends are not needed: what is not installed here is replaced by its recorded answers.
#
# **Time** 35 minutes to read, about 40 seconds to run.

# %% tags=["setup"]
import inspect
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import ae_keras
from ae_course import notebook
from ae_course.exercises import lesson_26 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots, saving

import keras
import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from IPython.display import Markdown, display
from keras import layers, ops

notebook.start(seed=0)
here = keras.config.backend()
digits = data.load("digits")  # whatever data set is chosen: recorded numbers belong to it
x = digits.x[:1500]
image_shape = x.shape[1:]

# %% [markdown]
# ## One step, three ideas of a gradient
#
# Lesson 06 wrote the step for a plain autoencoder: forward pass, squared error, gradient, update. Would it train the VAE of lesson 16? Its loss was written into the step: the squared error, and nothing else. **Predict.** What would be left out?


# %%
def new(kind=Autoencoder, width=8):
    parts = DenseEncoder(width, hidden=(64,)), DenseDecoder(image_shape, hidden=(64,))
    model = backend.seed_weights(kind(*parts), seed=0)
    model.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
    return model


# %% [markdown]
# The KL. A layer may add terms of its own with `add_loss`: a KL, a codebook loss, a sparsity penalty. A step that computes its loss by itself trains without them and *raises nothing*. `model.compute_loss` is what `fit` minimises, with every term; with it, one step serves all models of the course.
#
# **TensorFlow** records what happens on a *tape*, and plays it backwards.


# %%
def tensorflow_step(model):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # from here on a graph, without Python
    def step(x):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x=x, y=x, y_pred=model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_weights)
        model.optimizer.apply(gradients, model.trainable_weights)
        return loss

    return step, lambda: None


# %% [markdown]
# **PyTorch** records with each tensor how it was made. `backward` leaves the gradients in the weights; `value` is the PyTorch parameter inside a Keras variable.


# %%
def torch_step(model):
    import torch

    def step(x):
        x = ops.convert_to_tensor(x)
        model.zero_grad()  # else they add up
        loss = model.compute_loss(x=x, y=x, y_pred=model(x, training=True))
        loss.backward()
        with torch.no_grad():
            gradients = [weight.value.grad for weight in model.trainable_weights]
            model.optimizer.apply(gradients, model.trainable_weights)
        return loss

    return step, lambda: None


# %% [markdown]
# **JAX** differentiates a *function of the weights*, and such a function must be *pure*: it may change nothing. So all that a step changes goes in and comes out: weights, what is not trained (such as the state of the random generator), metrics, the optimizer's state. `compute_loss_and_updates` is the model in this form.


# %%
def jax_step(model):
    import jax

    value_and_gradient = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)

    @jax.jit
    def update(state, x):
        weights, fixed, metrics, memory = state
        (loss, (_, _, fixed, metrics)), gradients = value_and_gradient(
            weights, fixed, metrics, x, x, None, training=True, optimizer_variables=memory
        )
        weights, memory = model.optimizer.stateless_apply(memory, gradients, weights)
        return (weights, fixed, metrics, memory), loss

    model.optimizer.build(model.trainable_variables)  # or it has no variables yet
    groups = [model.trainable_variables, model.non_trainable_variables]
    groups += [model.metrics_variables, model.optimizer.variables]
    state = [[variable.value for variable in group] for group in groups]

    def step(x):
        state[:], loss = update(state, x)
        return loss

    def finish():  # until now the model itself has learned nothing
        for group, arrays in zip(groups, state, strict=True):
            for variable, array in zip(group, arrays, strict=True):
                variable.assign(array)

    return step, finish


# %% [markdown]
# Beware of the smaller pieces: `stateless_call` followed by `stateless_compute_loss` drops every `add_loss` term, silently. In a VQ-VAE that we measured, the loss came out as 0.08 instead of 0.27.
#
# **Predict.** After twelve steps on the same batches, by how much do the weights of our loop and of `fit` differ?

# %%
steps = {"tensorflow": tensorflow_step, "torch": torch_step, "jax": jax_step}


def largest_difference(weights, others):
    return max(np.abs(a - b).max() for a, b in zip(weights, others, strict=True))


by_hand, by_fit = new(VAE), new(VAE)
start = by_fit.get_weights()
step, finish = steps[here](by_hand)
for images, _ in data.Batches(x).one_epoch():
    step(images)
finish()
history = by_fit.fit(data.Batches(x), shuffle=False, verbose=0).history

moved = largest_difference(by_hand.get_weights(), start)
apart = largest_difference(by_hand.get_weights(), by_fit.get_weights())
print(f"steps: {int(by_hand.optimizer.iterations)}, a weight moved by up to {moved:.2f}")
print("equal to fit:", apart < 1e-5)
print("nats that the step of lesson 06 would not see, more than one:", history["kl"][0] > 1)

# %% [markdown]
# By nothing that matters. Even the VAE's noise is the same, because the generator's state is a variable that each step advances. So write a loop of your own for what it lets you do, not for what it computes. (`training.make_step` is these three functions.)
#
# ## The same numbers?
#
# Whether two *backends* agree cannot be seen in one process: Keras chooses its backend once, at import. So we write the experiment as a function, run it here, and send its source to a fresh Python for each other backend.


# %%
def experiment():
    """Losses of two models from the same weights on the same batches, and what a seed gives."""
    import ae_keras
    import keras
    from ae_keras import backend, data, losses

    x = data.load("digits").x[:1500]
    dense = ae_keras.DenseEncoder(8, (64,)), ae_keras.DenseDecoder(x.shape[1:], (64,))
    conv = ae_keras.ConvEncoder(8, (8,)), ae_keras.ConvDecoder(x.shape[1:], (8,))
    seen = {}
    for name, parts in (("dense", dense), ("convolutional", conv)):
        model = backend.seed_weights(ae_keras.Autoencoder(*parts), seed=0)
        model.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
        history = model.fit(data.Batches(x), epochs=3, shuffle=False, verbose=0).history
        seen[name] = history["loss"]
    draws = keras.random.normal((3,), seed=0)
    return seen | {"seed 0": keras.ops.convert_to_numpy(draws).tolist()}


# %% [markdown]
# The child processes do a second thing. We save a model after its first epoch; each of them loads the file, trains the second epoch, and saves it again: a visit.


# %%
def fingerprint(model):
    """A word that changes with any bit of the model's or its optimizer's variables."""
    import hashlib

    import keras

    variables = [*model.variables, *model.optimizer.variables]
    arrays = [keras.ops.convert_to_numpy(variable) for variable in variables]
    joined = b"".join(array.astype("float32").tobytes() for array in arrays)
    return hashlib.sha256(joined).hexdigest()


def visit(folder):
    """Load what lies in `folder`, train it for an epoch, leave it there under another name."""
    import ae_keras
    import keras
    from ae_keras import data

    model = ae_keras.load(f"{folder}/start.keras")
    read = fingerprint(model)
    batches = data.Batches(data.load("digits").x[:1500])
    batches.start_at(1)  # the file has seen epoch 0
    loss = model.fit(batches, shuffle=False, verbose=0).history["loss"]
    model.save(f"{folder}/from-{keras.config.backend()}.keras")
    return {"read": read, "second epoch": loss[0]}


# %%
folder = tempfile.mkdtemp()
started = new()
first_loss = started.fit(data.Batches(x), shuffle=False, verbose=0).history["loss"][0]
started.save(f"{folder}/start.keras")

functions = [inspect.getsource(function) for function in (experiment, fingerprint, visit)]
last = "print(json.dumps(experiment() | visit(sys.argv[1])))"
program = "\n".join(["import json, sys", *functions, last])
children = {
    name: subprocess.Popen(
        [sys.executable, "-c", program, folder],
        env=os.environ | {"KERAS_BACKEND": name},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for name in backend.BACKENDS
    if name != here
}
answers = {here: experiment()}

# %% [markdown]
# While they work: where a framework is not installed, its answers are those we recorded with this very program. **Predict.** To how many digits will the losses agree after three epochs: two, four, all?

# %%
RECORDED = {
    "jax": {
        "dense": [140.721756, 56.487255, 50.129234],
        "convolutional": [174.686859, 148.261810, 97.032043],
        "seed 0": [1.622642, 2.025265, -0.433594],
    },
    "torch": {
        "dense": [140.721756, 56.487255, 50.129234],
        "convolutional": [174.686859, 148.261810, 97.032051],
        "seed 0": [1.540996, -0.293429, -2.178789],
    },
    "tensorflow": {
        "dense": [140.721756, 56.487259, 50.129234],
        "convolutional": [174.686859, 148.261810, 97.032028],
        "seed 0": [-1.697034, -0.481377, -0.662237],
    },
}
for name, child in children.items():
    said, complained = child.communicate()
    if child.returncode == 0:
        answers[name] = json.loads(said.splitlines()[-1])
    elif "not installed" not in complained:
        raise RuntimeError(complained)
live = set(answers)
if live == {here}:  # no other backend is installed: visit yourself
    answers[here] |= visit(folder)
answers = RECORDED | answers


# %%
def spread(what):
    """Largest relative difference between any two backends, over all epochs."""
    values = np.array([answers[name][what] for name in backend.BACKENDS])
    return float(((values.max(axis=0) - values.min(axis=0)) / np.abs(values).mean(axis=0)).max())


rows = ["| | " + " | ".join(backend.BACKENDS) + " |", "|---|---|---|---|"]
rows += ["| run here | " + " | ".join(f"{name in live}" for name in backend.BACKENDS) + " |"]
for what in ("dense", "convolutional", "seed 0"):
    last = [f"{answers[name][what][-1]:.5f}" for name in backend.BACKENDS]
    rows.append(f"| {what} | " + " | ".join(last) + " |")
display(Markdown("\n".join(rows)))
for what in ("dense", "convolutional"):
    print(f"{what:13s} equal to five digits: {spread(what) < 1e-5}")
print(f"three normal numbers of seed 0, equal to one digit: {spread('seed 0') < 0.1}")

# %% [markdown] numbers={"36": "3 * 12", "ten": "paper: NVIDIA, TF32"}
# Five digits at least, of the six or seven that float32 has. Two things make it so: the **weights** came from NumPy (`backend.seed_weights`), and the **batches** too (`data.Batches`). What remains is *rounding*, since each backend adds its products up in another order, and each step carries the difference on. Here 36 steps did not show it; over many epochs and for deep convolutions it grows, to the third digit in our runs. On a GPU it starts larger if products may be rounded to ten bits, which `TF32=1` allows.
#
# What never agrees is what *Keras draws*: initial weights without `seed_weights`, dropout, the noise of a VAE. A seed means "the same again on this backend" and no more. So compare backends by weights and batches, never by seeds.
#
# ## A relay
#
# Each child process has trained the loaded model for the second epoch. We take each result back and train the third epoch here. If nothing is lost on the way (weights, Adam's two moments for each weight, the number of steps, the place in the data), the losses are those of the dense run that never left home: 140.7, 56.5 and 50.1. **Predict** which of the four a glance at the loss would miss.

# %%
relays = {}
for path in sorted(Path(folder).glob("from-*.keras")):
    back = ae_keras.load(path)
    batches = data.Batches(x)
    batches.start_at(2)
    third = back.fit(batches, shuffle=False, verbose=0).history
    name = path.stem.removeprefix("from-")
    relays[name] = [first_loss, answers[name]["second epoch"], third["loss"][0]]
travelled = np.array(list(relays.values()))
arrived = {answers[name]["read"] for name in relays} == {fingerprint(started)}
print("what was read is the same to the bit:", arrived)
print("losses of every relay:", " ".join(f"{loss:.2f}" for loss in travelled.mean(axis=0)))
print("equal to the run at home:", np.allclose(travelled, answers[here]["dense"], rtol=1e-4))

# %% [markdown]
# The weights, of course. The rest is treacherous: when we threw Adam's state away, the loss of the third epoch was 48.3, which looks like a *gain* (a fresh Adam begins with long steps); with the batches of the first epoch instead of the third it was 50.14. No curve would have shown it. So test a file bit for bit and against a run at home, not by a loss that looks good.
#
# This cannot be taken for granted. Keras 3.15 writes two things into a `.keras` file that belong to the backend that wrote it: whether the step was compiled, and on PyTorch an optimizer class that exists only there. Look at what a plain `Sequential`, saved here, would require of its reader:

# %%
stock = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
stock.compile("adam", loss="mse")
of_stock = str(stock.get_compile_config()), str(started.get_compile_config())
modules = [str(text.split("'module': ")[1].split(",")[0]) for text in of_stock]
display(Markdown(f"optimizer of the plain model: `{modules[0]}`, of ours: `{modules[1]}`"))
print("our file names a backend:", any(name in of_stock[1] for name in backend.BACKENDS))

# %% [markdown]
# Where the first says `keras.src.backend.torch...`, JAX and TensorFlow load the file, predict, and raise at `fit`; without PyTorch installed even loading fails. And a file from TensorFlow runs uncompiled on JAX: 65 times slower in a model we measured. The classes of this course write neither (`portable` in `models/autoencoder.py`). For models that are not yours: `load_model(path, compile=False)`, then `compile` again; the optimizer's state is lost.
#
# ## Six habits that work on one backend
#
# JAX and TensorFlow *[trace](glossary.md#tracing)*: they run your Python once, with placeholders, and keep the recorded operations. PyTorch runs the Python each time. Most differences come from this. Lesson 17 showed one: a Python number is part of the recording, so it must be a weight. Here it is again, with five related ones. Each function below does the wrong thing in a small model and says in a word what happened.


# %%
class Between(layers.Layer):
    """A layer that does what `function` does."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, z):
        return self.function(z)


points = np.random.default_rng(0).random((64, 4)).astype("float32")


def train_around(function):
    """Train a layer, the function, and another layer; say which of the two layers learned."""
    model = keras.Sequential([layers.Dense(3), Between(function), layers.Dense(4)])
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    try:
        model.build((None, 4))
        before = [weight.numpy() for weight in model.trainable_weights]
        model.fit(points, points, shuffle=False, verbose=0)
    except Exception:
        return "error"
    pairs = zip(before, model.trainable_weights, strict=True)
    return "works" if all((a != b.numpy()).any() for a, b in pairs) else "half learns"


# %%
def a_number_changed_later():
    layer = Between(lambda z: layer.level * z)
    layer.level = 1.0
    model = keras.Sequential([layer])
    before = model.predict(points, verbose=0)
    layer.level = 2.0
    return "followed" if (model.predict(points, verbose=0) != before).any() else "ignored"


def a_metric_updated_in_call():
    layer = Between(lambda z: layer.seen.update_state(ops.mean(z)) or z)
    layer.seen = keras.metrics.Mean()
    return train_around(layer)


def noise_without_a_generator():
    return train_around(lambda z: z + keras.random.normal(ops.shape(z)))


def numpy_in_call():
    return train_around(lambda z: ops.convert_to_tensor(np.tanh(ops.convert_to_numpy(z))))


# %%
def an_assignment_in_place():
    def blank(z):
        z[:, 0] = 0
        return z

    mine = ops.convert_to_tensor(points)
    try:
        Between(blank)(mine)
    except Exception:
        return "error"
    return "works" if (ops.convert_to_numpy(mine) == points).all() else "changes mine"


def shuffled_by_fit():
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["loss"]))
    )
    model = keras.Sequential([layers.Dense(4)])
    model.compile(keras.optimizers.SGD(0.0), loss="mse")  # no learning: the order alone counts
    model.fit(points, points, batch_size=8, epochs=2, verbose=0, callbacks=[watch])
    return "same order" if np.allclose(seen[:8], seen[8:]) else "new order"


# %% [markdown] numbers={"two": "given: the code below"}
# **Predict** a column of the table before you read it.
#
# | habit | JAX | PyTorch | TensorFlow | instead |
# |---|---|---|---|---|
# | a Python number, changed later | ignored | followed | ignored | a weight that is not trained (16) |
# | a metric updated in `call` | error | works | works | update it in `compute_loss` |
# | noise without a generator | error | works | works | own a `SeedGenerator` (21) |
# | NumPy in `call` | error | half learns | error | `keras.ops` |
# | an assignment in place | error | changes mine | error | multiply by a mask, or `ops.where` |
# | `fit(shuffle=True)`, seeded, two epochs | new order | new order | same order | `data.Batches`, `shuffle=False` |

# %%
TABLE = {
    a_number_changed_later: ("ignored", "followed", "ignored"),
    a_metric_updated_in_call: ("error", "works", "works"),
    noise_without_a_generator: ("error", "works", "works"),
    numpy_in_call: ("error", "half learns", "error"),
    an_assignment_in_place: ("error", "changes mine", "error"),
    shuffled_by_fit: ("new order", "new order", "same order"),
}
backend.set_seed(0)
happened = {habit: habit() for habit in TABLE}
display(Markdown("Here: " + "; ".join(f"{h.__name__} {what}" for h, what in happened.items())))
column = ("jax", "torch", "tensorflow").index(here)
as_told = [happened[habit] == words[column] for habit, words in TABLE.items()]
print("as in the table:", all(as_told), "habits:", len(as_told))

# %% [markdown]
# An error is the best outcome. Look out for the others. *Ignored*: a whole night's training does not do what your callback says. *Half learns*: NumPy cuts off the gradient, so PyTorch trains the decoder, never the encoder, and the loss still falls. *Changes mine*: your batch has been written into, and where target and input are one array, the target too. *Same order*: seeded TensorFlow shuffles each epoch alike; it does little harm, but makes two backends differ for a reason you would not think of.
#
# All six are silent on at least one backend. So run on JAX first, which refuses most of them. The safe forms behave the same everywhere:


# %%
class Safe(layers.Layer):
    """All of it at once: a level to be changed, noise, a nonlinearity, a column set to zero."""

    def __init__(self, level):
        super().__init__()
        start = keras.initializers.Constant(level)
        self.level = self.add_weight((), initializer=start, trainable=False)
        self.noise = keras.random.SeedGenerator(0)

    def call(self, z, training=False):
        if training:
            z = z + 0.1 * keras.random.normal(ops.shape(z), seed=self.noise)
        mask = ops.arange(z.shape[-1]) > 0
        return ops.where(mask, self.level * ops.tanh(z), 0.0)


safe = Safe(1.0)
model = keras.Sequential([safe])
before = model.predict(points, verbose=0)
safe.level.assign(2.0)
after = model.predict(points, verbose=0)
print("followed:", np.allclose(after, 2 * before), " first column:", after[:, 0].max())
print("around it, training", train_around(Safe(1.0)))

# %% [markdown] numbers={"7,650": "measured: measured.json fit.rows.dense.jax: images", "128": "measured: measured.json fit.rows.dense.jax: batch_size", "0.14": "measured: measured.json fit.rows.dense.jax.median: fit_batches", "0.55": "measured: measured.json fit.rows.dense.torch.median: fit_batches", "0.54": "measured: measured.json fit.rows.dense.torch: ratio_course", "0.51": "measured: measured.json fit.rows.dense.tensorflow.median: fit_batches", "0.34": "measured: measured.json fit.rows.dense.tensorflow: ratio_course", "0.72 (0.88) |": "measured: measured.json fit.rows.conv.jax.median: fit_batches", "0.88": "measured: measured.json fit.rows.conv.jax: ratio_course", "0.86 (0.71) |": "measured: measured.json fit.rows.conv.torch.median: fit_batches", "0.71": "measured: measured.json fit.rows.conv.torch: ratio_course", "0.78": "measured: measured.json fit.rows.conv.tensorflow.median: fit_batches", "0.72) | |": "measured: measured.json fit.rows.conv.tensorflow: ratio_course", "0.17": "measured: measured.json fit.rows.vae.jax.median: fit_batches", "0.89": "measured: measured.json fit.rows.vae.jax: ratio_course", "0.70": "measured: measured.json fit.rows.vae.torch.median: fit_batches", "0.45": "measured: measured.json fit.rows.vae.torch: ratio_course", "0.43": "measured: measured.json fit.rows.vae.tensorflow.median: fit_batches", "0.36": "measured: measured.json fit.rows.vae.tensorflow: ratio_course", "0.15": "measured: measured.json fit.rows.vqvae.jax.median: fit_batches", "0.97": "measured: measured.json fit.rows.vqvae.jax: ratio_course", "0.61": "measured: measured.json fit.rows.vqvae.torch.median: fit_batches", "0.52": "measured: measured.json fit.rows.vqvae.torch: ratio_course", "0.41": "measured: measured.json fit.rows.vqvae.tensorflow.median: fit_batches", "0.38": "measured: measured.json fit.rows.vqvae.tensorflow: ratio_course", "0.98": "measured: measured.json fit.rows.vqvae.jax.median: native_scan / fit_arrays", "half": "measured: measured.json fit.rows.dense.torch: 1 - ratio_course", "two thirds": "measured: measured.json fit.rows.dense.tensorflow: 1 - ratio_course", "0.30": "measured: measured.json fit.rows.dense.tensorflow.median: fit_batches_16_steps_jit", "0.58": "measured: measured.json fit.rows.dense.tensorflow: ratio_best", "0.86 s as": "measured: measured.json fit.rows.conv.torch.median: native_fused_last"}
# ## Which is fastest?
#
# Not the one that a benchmark of large networks names. The autoencoders of this course are small, and then the time goes into *overhead*, what surrounds the arithmetic. `make bench` measured one epoch of 7,650 digits, batches of 128, one CPU thread; in brackets, the time of the same model written *without* Keras, as a fraction of that.
#
# | seconds per epoch (fraction) | JAX | PyTorch | TensorFlow |
# |---|---|---|---|
# | dense | 0.14 (1.05) | 0.55 (0.54) | 0.51 (0.34) |
# | convolutional | 0.72 (0.88) | 0.86 (0.71) | 0.78 (0.72) |
# | VAE | 0.17 (0.89) | 0.70 (0.45) | 0.43 (0.36) |
# | VQ-VAE | 0.15 (0.97) | 0.61 (0.52) | 0.41 (0.38) |
#
# Read the brackets first. On JAX `fit` compiles the whole step, and costs an eighth at most; given arrays in memory instead of `Batches`, next to nothing (0.98 to 1.09). On the other two, each operation passes through Python or a graph of small pieces, and for dense layers about half of the time on PyTorch, and nearly two thirds on TensorFlow, is Keras. TensorFlow gives some of it back if asked: `compile(..., steps_per_execution=16, jit_compile=True)` takes the dense epoch to 0.30 s (0.58). Convolutions are work enough to hide more of it, and what PyTorch still loses there is not Python but layout: Keras keeps the channels last, and the model written by hand with channels last needs 0.86 s as well. What the table leaves out: JAX compiles for each new shape of a batch, a second or more, which short runs never earn back.

# %% [markdown]
# ## Out of Keras
#
# A `.keras` file needs Python, Keras and the class. A phone or a web server has none of them. [ONNX](glossary.md#onnx) is a format for the operations themselves: a graph, its weights, and nothing that remembers where it came from. Keras writes it from all three backends, each by another converter; programs such as ONNX Runtime execute it. The plain call, with the batch size left open:

# %%
plain = backend.seed_weights(
    Autoencoder(
        DenseEncoder(8, (64,), activation="relu"),
        DenseDecoder(image_shape, (64,), activation="relu"),
    ),
    seed=0,
)
plain.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
plain.fit(data.Batches(x), epochs=20, shuffle=False, verbose=0)
signature = [keras.InputSpec(shape=(None, *image_shape), dtype="float32", name="image")]
plain.export(f"{folder}/plain.onnx", format="onnx", verbose=False, input_signature=signature)


# %%
def run_file(path, images):
    """What the file computes; neither Keras nor its backend takes part."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": images})[0]


unseen = data.load("digits", "test").x[:7]
by_keras = evaluation.reconstruct(plain, unseen)
by_file = run_file(f"{folder}/plain.onnx", unseen)
print("shape", by_file.shape, " differs by", f"{np.abs(by_file - by_keras).max():.4f}")

# %% mystnb={"image": {"alt": "Three rows of seven: test digits, their blurred reconstructions by Keras, and the same reconstructions by the ONNX file"}}
fig, ax = plt.subplots(figsize=(6.5, 2.6))
plots.plot_rows({"image": unseen, "Keras": by_keras, "ONNX file": by_file}, ax=ax)
plt.show()

# %% [markdown] numbers={"a thousandth": "seen: lessons of measured.json, onnx_difference"}
# The rows agree to better than a thousandth of a grey level. (On PyTorch the converter warns that Python values become constants; here they are shapes, and should.)
#
# We chose "relu" for a reason. With our usual GELU, TensorFlow's converter (tf2onnx 1.17) meets an operation it does not know, *writes a file that cannot be run*, and merely logs it. On PyTorch a model that was loaded from a file raises. In a VQ-VAE the converter of JAX gives up. So never trust a conversion: run the file and compare, before anyone else does. `saving.to_onnx` does that, repairs the first two, and leaves no file behind where it fails.

# %%
usual = ae_keras.load(next(Path(folder).glob("from-*.keras")))  # GELU, and from a file
difference = saving.to_onnx(usual, f"{folder}/usual.onnx")
again = run_file(f"{folder}/usual.onnx", unseen)
print("file and model agree:", difference < 1e-3, again.shape)
print("files:", sorted(path.name for path in Path(folder).glob("*.onnx")))

# %% [markdown]
# What a file cannot do: train, draw noise (a VAE's file uses the mean), or record the preprocessing. Write the range of the pixels beside it.
#
# ## Exercises
#
# Stuck? `checks.hint("26.1")` gives a hint; call it again for the next one.
#
# ### Exercise 26.1: large batches in little memory
#
# Memory holds 32 images, and you want steps of 128. Keras's optimizers can wait: they collect the gradients of `k` batches and make one step with their mean ([gradient accumulation](glossary.md#gradient-accumulation)). Write `patient(learning_rate, k, limit)`, an SGD optimizer that does so, and clips the gradient, over *all* weights together, to the norm `limit` (*gradient clipping*).


# %% tags=["exercise"]
def patient(learning_rate, k, limit): ...


checks.check_patient(patient)


# %% tags=["solution"]
def patient(learning_rate, k, limit):
    return keras.optimizers.SGD(learning_rate, gradient_accumulation_steps=k, global_clipnorm=limit)


checks.check_patient(patient)

# %% [markdown]
# ### Exercise 26.2: the frozen number
#
# This layer dims its input, and is meant to be dimmed further while a model trains. On two backends `set` does nothing once the model has run; and a saved model forgets it.


# %%
class Dimmed(layers.Layer):
    def __init__(self, level):
        super().__init__()
        self.level = level

    def set(self, level):
        self.level = level

    def call(self, x):
        return self.level * x


# %% [markdown]
# Find the fault and rewrite the layer as `Dimmer`, so that `set` works at any time and on every backend, and the optimizer leaves the level alone.


# %% tags=["exercise"]
class Dimmer(layers.Layer): ...


checks.check_dimmer(Dimmer)


# %% tags=["solution"]
class Dimmer(layers.Layer):
    def __init__(self, level):
        super().__init__()
        start = keras.initializers.Constant(level)
        self.level = self.add_weight((), initializer=start, trainable=False, name="level")

    def set(self, level):
        self.level.assign(level)

    def call(self, x):
        return self.level * x


checks.check_dimmer(Dimmer)

# %% [markdown]
# ### Exercise 26.3: nothing in place
#
# In NumPy one would write `x[:, :, :n] = 0` to blacken the first `n` columns of images. Write `without_columns(x, n)` so that it runs inside a model on every backend, lets gradients through, and leaves the caller's images as they were.


# %% tags=["exercise"]
def without_columns(x, n): ...


checks.check_without_columns(without_columns)


# %% tags=["solution"]
def without_columns(x, n):
    kept = ops.arange(x.shape[2]) >= n  # the width, (width,)
    return ops.where(ops.reshape(kept, (1, 1, -1, 1)), x, 0.0)


checks.check_without_columns(without_columns)

# %% [markdown] numbers={"6.1": "given: an example of the quiz"}
# ## What to remember
#
# - One step: tape, `backward`, or a function of the weights. `compute_loss` carries every term.
# - Same weights and same batches give the same losses to about five digits; same seeds give nothing.
# - A training run may move between backends midway; test with `fit`, not only with `predict`.
# - Inside `call`: `keras.ops`, weights instead of numbers, generators instead of seeds, nothing in place.
# - Run an exported file and compare, before you hand it on.
#
# ## Quiz
#
# 1. Your JAX loop trains a VQ-VAE whose codebook never moves. First you suspect (a) the learning rate; (b) that `stateless_call` was used and the added losses dropped; (c) the seed.
# 2. With seed 0, PyTorch reaches 6.1 and JAX 6.4. (a) PyTorch is better. (b) One has a bug. (c) They started from other weights and saw other batches: make those equal, or compare several seeds.
# 3. A colleague's model trains on PyTorch, its loss falls, and its encoder's weights are those it started with. (a) NumPy in `call` cut off the gradient. (b) The learning rate is too small. (c) Adam needs a warm-up.
#
# <details><summary>Answers</summary>
#
# 1. **b.** A rate (a) would slow all weights alike, and a seed (c) does not stop a codebook.
# 2. **c.** A seed draws other numbers on each backend. One run each shows neither (a) nor (b).
# 3. **a.** The decoder learned with the same optimizer, so neither rate (b) nor warm-up (c) is to blame.
# </details>
#
# ## Further reading
#
# - Keras documentation, *Writing a training loop from scratch*, three guides: in JAX, TensorFlow, PyTorch.
# - Baydin et al., *Automatic differentiation in machine learning: a survey*, arXiv:1502.05767: tapes and functions.
# - Frostig, Johnson & Leary, *Compiling machine learning programs via high-level tracing* (SysML 2018): what tracing keeps.
# - The format: onnx.ai; ONNX Runtime: onnxruntime.ai.

# %% tags=["receipt"]
notebook.claim(apart < 1e-4 < moved, "the loop by hand must be fit")
notebook.claim(spread("dense") < 0.01, "the backends must agree")
notebook.claim(spread("convolutional") < 0.05, "with convolutions, too")
notebook.claim(spread("seed 0") > 0.1, "a seed must not mean the same everywhere")
notebook.claim(arrived, "a file must be read as it was written")
notebook.claim(np.allclose(travelled, answers[here]["dense"], rtol=0.01), "relays must arrive")
notebook.claim(all(as_told), "the table of habits must be true")
notebook.claim(np.abs(by_file - by_keras).max() < 1e-3, "the plain file must compute the same")
notebook.receipt(
    dense=answers[here]["dense"][-1],
    convolutional=answers[here]["convolutional"][-1],
    third_epoch_of_a_relay=travelled[0, -1],
    onnx_difference=difference,
)
