# %% [markdown]
# # 25. One model, three backends
#
# *The same class has run on JAX, PyTorch and TensorFlow for twenty-five lessons. Now look at the seams: what is the same, what only looks the same, and how to take a model elsewhere.*
#
# **You will be able to**
# - write a training step in each of the three frameworks, from the gradient up, and test it against `fit`;
# - change a step and keep `fit` with its callbacks;
# - say how far results agree between backends, and what never does;
# - pass a half-trained model from one backend to another, and out of Keras;
# - recognise six habits that work on one backend only, and time a program on your own machine.
#
# **You need** lessons 06, 16 and 17. One backend is enough.
#
# **Time** 30 minutes to read, 50 for the exercises, about 30 seconds to run (a minute where all three backends are installed).

# %% tags=["setup"]
import tempfile
import time
from pathlib import Path

import ae_keras
from ae_course import elsewhere, notebook
from ae_course.exercises import lesson_25 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots, saving, training

import keras
import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from IPython.display import Markdown, display
from keras import layers, ops

notebook.start(seed=0)
here = keras.config.backend()
train, val, _ = data.load_splits("digits")  # always: recorded answers belong to these
x, x_val = train.x[:1500], val.x[:500]
image_shape = x.shape[1:]

# %% [markdown] numbers={"two": "given: the width of the code"}
# ## Seed 0, three times
#
# A Python process has one backend: Keras chooses it once, when it is imported. So this lesson runs some functions in three Pythons, this one and one for each other backend that is installed; where one is missing, you see the answer that we recorded with the same function. The first function trains a small autoencoder with a code of two numbers, twice: once with **seed 0** and the rest left to Keras; once with initial weights (`backend.seed_weights`) and an order of the images (`data.Batches`) that **NumPy** draws.


# %% tags=["keep"]
def untrained(kind=Autoencoder, width=8):
    model = kind(DenseEncoder(width, hidden=(64,)), DenseDecoder(image_shape, hidden=(64,)))
    model.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
    return model


def new(kind=Autoencoder, width=8, seed=0):
    return backend.seed_weights(untrained(kind, width), seed)


def largest_difference(weights, others):
    return max(np.abs(a - b).max() for a, b in zip(weights, others, strict=True))


# %%
def maps():
    """Codes of 150 images after ten epochs, trained in two ways, as lists."""
    keras.utils.set_random_seed(0)
    by_seed, by_numpy = untrained(width=2), new(width=2)
    by_seed.fit(x, batch_size=128, epochs=10, verbose=0)
    by_numpy.fit(data.Batches(x), epochs=10, shuffle=False, verbose=0)
    models = {"seed 0": by_seed, "NumPy": by_numpy}
    codes = {name: evaluation.encode(model, x[:150]) for name, model in models.items()}
    return {name: [[round(float(u), 2) for u in z] for z in each] for name, each in codes.items()}


pythons = elsewhere.Pythons("lesson_25")
found = pythons.on_each(maps)

# %% [markdown]
# **Predict.** Each backend makes two maps of the same 150 digits. Which of the six maps will be the same?

# %% mystnb={"image": {"alt": "Six maps of 150 digits, coloured and named by class. In the upper row, seed 0, the classes lie in other places and at other angles in each of the three; in the lower row, NumPy, all three maps are the same"}}
fig, axes = plt.subplots(2, 3, figsize=(8, 5.2))
for column, letter, codes in zip(axes.T, "JPT", found.values(), strict=True):
    for ax, (way, z) in zip(column, codes.items(), strict=True):
        plots.plot_codes(np.array(z), train.labels[:150], title=f"{letter}, {way}", ax=ax)
plt.show()

z = {way: np.array([codes[way] for codes in found.values()]) for way in ("seed 0", "NumPy")}
apart = {way: np.ptp(each, axis=0).max() / np.ptp(each[0]) for way, each in z.items()}
notebook.claim(apart["seed 0"] > 0.5, "after the same seed, codes lie far apart")
notebook.claim(apart["NumPy"] < 0.05, "with weights and batches of NumPy's, they do not")

# %% [markdown]
# J, P and T are JAX, PyTorch and TensorFlow. After seed 0 the three maps differ: every class lies elsewhere. With NumPy's weights and batches all three are the same. A seed means "the same again *on this backend*", and no more, as each framework has a random generator of its own. What is to be compared between backends must start from the same weights.
#
# ## A step for JAX, in four stages
#
# JAX asks most of you, so we build its step one stage at a time. (Each stage has its own `import jax`, so that it can run in another Python.)
#
# **First, `jax.grad`.** JAX derives a *function*. `jax.grad(f)` is a new function, the slope of `f` with respect to its first argument.


# %%
def slope_of_a_parabola():
    import jax

    return float(jax.grad(lambda w: (2 * w - 1) ** 2)(3.0))


print("slope at 3:", pythons.on("jax", slope_of_a_parabola))

# %% [markdown] numbers={"20": "2 * (2 * 3 - 1) * 2"}
# By the chain rule, $2 \cdot (2 \cdot 3 - 1) \cdot 2 = 20$. Now a model in place of the parabola, and a list of all its weights in place of `w`. **Predict.** How large is the largest slope?

# %%
images = x[:128]


def values(variables):
    return [variable.value for variable in variables]


def largest(gradients):
    return max(float(abs(gradient).max()) for gradient in gradients)


def weights_inside():
    import jax

    model = new()

    def loss_of(weights):
        return ops.mean(losses.squared_error(images, model(images)))

    return largest(jax.grad(loss_of)(values(model.trainable_variables)))


print(f"largest slope: {pythons.on('jax', weights_inside):.1f}")

# %% [markdown]
# Zero, without a warning. `loss_of` never uses its argument: the weights lie *inside* the model, where JAX takes them for constants.
#
# **Second, the stateless call.** `model.stateless_call(weights, fixed, x)` is the model as a function: it takes the weights as an argument, and everything else that the model keeps (here `fixed`, the variables that do not train) as a second. `jax.value_and_grad` gives the loss as well as the slopes.


# %%
def weights_handed_in():
    import jax

    model = new()
    fixed = values(model.non_trainable_variables)

    def loss_of(weights):
        x_hat, _ = model.stateless_call(weights, fixed, images)
        return ops.mean(losses.squared_error(images, x_hat))

    loss, gradients = jax.value_and_grad(loss_of)(values(model.trainable_variables))
    return float(loss), largest(gradients)


loss, slope = pythons.on("jax", weights_handed_in)
print(f"loss {loss:.1f}, largest slope {slope:.1f}")
notebook.claim(slope > 0.1, "now the weights have slopes")

# %% [markdown]
# **Third, `has_aux`.** A function that JAX derives should be *[pure](glossary.md#pure-function)*: it may change nothing, so whatever has changed must be returned. The VAE of lesson 16 changes something in every step: the state of its random generator. `stateless_call` returns the new state, which we dropped above as `_`. With `has_aux=True` the function may return a pair, and only the first of the two, the loss, is derived.
#
# One thing more is to be returned. A VAE *adds* a term to the loss of its own, the KL, by `add_loss`, and so do sparsity penalties and codebooks. `stateless_call` throws these terms away unless you say `return_losses=True`.


# %%
def derived(model):
    import jax

    def loss_of(weights, fixed, images):
        x_hat, fixed, added = model.stateless_call(
            weights, fixed, images, training=True, return_losses=True
        )
        error = ops.mean(losses.squared_error(images, x_hat))
        return error + sum(added), (fixed, error)

    return jax.value_and_grad(loss_of, has_aux=True)


def noise_and_terms():
    model = new(VAE)
    model.fit(data.Batches(x), epochs=3, shuffle=False, verbose=0)
    weights, fixed = values(model.trainable_variables), values(model.non_trainable_variables)
    step = derived(model)
    (first, (moved, error)), _ = step(weights, fixed, images)
    again, carried = (step(weights, state, images)[0][0] for state in (fixed, moved))
    return [float(each) for each in (first, again, carried, error)]


# %% [markdown]
# **Predict.** We compute the loss of the same images with the same weights three times. When are two of them exactly the same?

# %%
first, again, carried, error = pythons.on("jax", noise_and_terms)
print(f"loss {first:.3f}")
print(f"     {again:.3f}  again, from the old state")
print(f"     {carried:.3f}  again, from the state that came back")
print(f"of that, terms that the model adds: {first - error:.1f}")
notebook.claim(again == first != carried, "the state decides the noise")
notebook.claim(first - error > 1, "the terms are more than a nat")

# %% [markdown]
# From the old state, the VAE draws the same noise again. And of the 65.9, 10.5 are terms that it adds. A loop that drops the new state trains on one frozen pattern of noise, and a loop that drops the added terms trains something that is no VAE. Neither raises an error. The documented cure of the second trap is the one above: `return_losses=True`, and add them up.
#
# **Fourth, `jax.jit`.** So far, Python runs each operation by itself. `jax.jit` runs the function once with placeholders (it *[traces](glossary.md#tracing)* it), compiles what it recorded, and from then on skips Python. **Predict.** How many times as fast is that, on your machine?
#
# Time with care. The *first* call compiles, so it does not count. JAX and GPUs return *before* the work is done, so wait for a number. The machine does other things meanwhile: time the two in *turn*, so that a slow moment meets both, and take the *median*.


# %%
def medians(*functions, repeats=9):
    """Median seconds of each function, called in turn; each must return a number of Python's."""
    for function in functions:
        function()  # compiles
    seconds = np.zeros((repeats, len(functions)))
    for turn in seconds:
        for i, function in enumerate(functions):
            begin = time.perf_counter()
            function()
            turn[i] = time.perf_counter() - begin
    return np.median(seconds, axis=0)


# %%
def times_faster_compiled():
    import jax

    model = new(VAE)
    weights, fixed = values(model.trainable_variables), values(model.non_trainable_variables)
    plain, compiled = derived(model), jax.jit(derived(model))
    slow, fast = medians(
        lambda: float(plain(weights, fixed, images)[0][0]),
        lambda: float(compiled(weights, fixed, images)[0][0]),
    )
    return float(slow / fast)


faster = pythons.on("jax", times_faster_compiled)
print("compiled, more than three times as fast:", faster > 3)
notebook.claim(faster > 3, "compiling makes a small step several times faster")

# %% [markdown] numbers={"23": "given: measured on one core of a server", "27": "given: measured on one core of a server"}
# To see your ratio, write `print(faster)` in a cell of your own. (In two runs we got 23 and 27. No time is stored on this page, because yours will differ.) Most of an uncompiled step of so small a model is not arithmetic but Python.
#
# ## Three steps side by side
#
# Now the whole step, once for each framework. It asks `compute_loss` for the loss, which is what `fit` minimises: the loss of `compile` and every term that layers add. For **JAX** there is `compute_loss_and_updates`, the second and third stage in one; the optimizer, too, is a function here, its variables (`memory`) go in and come out.


# %%
def jax_step(model, state, x):
    import jax

    weights, fixed, memory, metrics = state
    derive = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
    (loss, (_, _, fixed, metrics)), gradients = derive(
        weights, fixed, metrics, x, x, None, training=True, optimizer_variables=memory
    )
    weights, memory = model.optimizer.stateless_apply(memory, gradients, weights)
    return loss, gradients, (weights, fixed, memory, metrics)


# %% [markdown] numbers={"128": "given: an example", "32": "given: an example"}
# **PyTorch** keeps with each tensor how it was made. `backward` goes back along this record and *adds* to the gradient that lies beside each weight. (Adding on purpose is *[gradient accumulation](glossary.md#gradient-accumulation)*: a step of 128 images in the memory for 32. Keras's optimizers have an argument for it, `gradient_accumulation_steps`.) `value` is the PyTorch parameter inside a Keras variable.


# %%
def torch_step(model, x):
    import torch

    model.zero_grad()  # else they add up
    loss = model.compute_loss(x=x, y=x, y_pred=model(x, training=True))
    loss.backward()
    gradients = [weight.value.grad for weight in model.trainable_weights]
    with torch.no_grad():
        model.optimizer.apply(gradients, model.trainable_weights)
    return loss.detach(), gradients


# %% [markdown]
# **TensorFlow** records on a *tape* for as long as you ask, and plays it backwards.


# %%
def tensorflow_step(model, x):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=x, y_pred=model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_weights)
    model.optimizer.apply(gradients, model.trainable_weights)
    return loss, gradients


# %% [markdown]
# | | JAX | PyTorch | TensorFlow |
# |---|---|---|---|
# | derives | a function | what a tensor remembers | what the tape recorded |
# | the step | returns the new state | changes the model | changes the model |
# | can be compiled by | `jax.jit` | (Python runs) | `tf.function` |
#
# Around them goes a loop. On two backends it has nothing to do but call the step; on JAX it carries the state, and in the end puts it into the model, which until then has learned nothing.


# %%
def loop(model, batches):
    for x, _ in batches:
        steps[here](model, ops.convert_to_tensor(x))


def jax_loop(model, batches):
    import functools
    import jax

    model.optimizer.build(model.trainable_variables)  # or it has no variables yet
    groups = [model.trainable_variables, model.non_trainable_variables]
    groups += [model.optimizer.variables, model.metrics_variables]
    state, step = [values(group) for group in groups], jax.jit(functools.partial(jax_step, model))
    for x, _ in batches:
        _, _, state = step(state, x)
    for group, arrays in zip(groups, state, strict=True):
        for variable, array in zip(group, arrays, strict=True):
            variable.assign(array)


steps = {"jax": jax_step, "torch": torch_step, "tensorflow": tensorflow_step}
loops = {"jax": jax_loop, "torch": loop, "tensorflow": loop}

# %% [markdown]
# **Predict.** One epoch by the loop of your backend, one by `fit`, from the same weights on the same batches. By how much will the weight that differs most differ in the end?
#
# **Change this line and run again:** `KIND`, for an `Autoencoder` or an `ae_keras.DenoisingAutoencoder`.

# %%
KIND = VAE


by_hand, by_fit = new(KIND), new(KIND)
start = by_fit.get_weights()
loops[here](by_hand, data.Batches(x).one_epoch())
by_fit.fit(data.Batches(x), shuffle=False, verbose=0)
moved = largest_difference(by_hand.get_weights(), start)
from_fit = largest_difference(by_hand.get_weights(), by_fit.get_weights())
print(f"largest difference of a weight from its start {moved:.5f}, from fit {from_fit:.5f}")
notebook.claim(from_fit < 1e-4 < moved, "the loop by hand is fit")

# %% [markdown]
# The largest difference of a weight from `fit` is 0.00000, although one has moved by 0.024. Even the VAE's noise is the same, as the generator's state is a variable that each step advances. So write a loop of your own for what it lets you do, not for what it computes. (`training.make_step` is these three functions with one thing more. For training in float16 it multiplies the loss by a factor, without which small gradients would become 0, and the optimizer divides it out again.)
#
# ## The middle way: your step inside `fit`
#
# A loop of your own has no callbacks, no validation, no history. To change the *step* and keep the rest, override `train_step`, which `fit` calls for each batch. The frameworks differ as before: on JAX the state goes in and comes out. Here the step also reports how long the gradient is, all weights together.


# %%
def length(gradients):
    return ops.sqrt(sum(ops.sum(ops.square(gradient)) for gradient in gradients))


class Watched(Autoencoder):
    def train_step(self, data):
        loss, gradients = steps[here](self, data[0])
        return {"loss": loss, "gradient": length(gradients)}


class WatchedState(Autoencoder):
    def train_step(self, state, data):
        loss, gradients, state = jax_step(self, state, data[0])
        return {"loss": loss, "gradient": length(gradients)}, state


watched = {"jax": WatchedState, "torch": Watched, "tensorflow": Watched}[here]

# %%
model = new(watched)
stop = keras.callbacks.EarlyStopping(monitor="gradient", mode="min", min_delta=1, patience=2)
history = model.fit(
    data.Batches(x),
    validation_data=(x_val, x_val),
    epochs=12,
    shuffle=False,
    verbose=0,
    callbacks=[training.LogEpochs(every=2), stop],
).history

# %% [markdown]
# The step is ours, and `fit` does the rest: validation, the printed lines, and a callback that stops by the number that only our step knows. After eight of twelve epochs the gradient had not become shorter by 1 for two epochs. (`gradient` and `loss` are those of the last batch, as our step keeps no running mean.)

# %% [markdown]
# ## The same numbers?
#
# With NumPy's weights and batches the maps looked the same. **Predict.** To how many digits will the losses of the three backends agree after three epochs, with a dense and with a convolutional autoencoder: two, four, six?


# %%
def loss_of_three_epochs():
    conv = Autoencoder(ae_keras.ConvEncoder(8, (8,)), ae_keras.ConvDecoder(image_shape, (8,)))
    conv.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
    models = {"dense": new(), "convolutional": backend.seed_weights(conv, seed=0)}
    fits = {
        name: model.fit(data.Batches(x), epochs=3, shuffle=False, verbose=0)
        for name, model in models.items()
    }
    return {name: fit.history["loss"] for name, fit in fits.items()}


ended = pythons.on_each(loss_of_three_epochs)
rows = ["| loss of the third epoch | JAX | PyTorch | TensorFlow |", "|---|---|---|---|"]
for name in ("dense", "convolutional"):
    rows.append(
        f"| {name} | " + " | ".join(f"{each[name][-1]:.4f}" for each in ended.values()) + " |"
    )
display(Markdown("\n".join(rows)))
for name in ("dense", "convolutional"):
    last = np.array([each[name][-1] for each in ended.values()])
    notebook.claim(np.ptp(last) < 1e-4 * last.mean(), f"{name}: four digits agree")

# %% [markdown] numbers={"36": "3 * 12", "seven": "given: the format"}
# All six digits that are shown are the same; float32 holds about seven. What is left is *rounding*: each backend adds its products up in another order, and each step carries the difference on. Here 36 steps did not show it; over many epochs and for deep convolutions it grows, to the third digit in our longest runs. On a GPU it starts larger if the factors of products may be rounded, which `TF32=1` allows.
#
# What never agrees is what *Keras draws*: initial weights without `seed_weights`, dropout, the noise of a VAE.
#
# ## A relay
#
# Can a training run change its backend midway? A model is trained here for one epoch and saved. Each backend loads the file, compares it with what was sent, trains the second epoch, and saves it again.


# %%
def contents(model):
    return [ops.convert_to_numpy(v) for v in [*model.variables, *model.optimizer.variables]]


def visit(folder, sent):
    model = ae_keras.load(f"{folder}/start.keras")
    arrived = [np.array_equal(*pair) for pair in zip(contents(model), sent, strict=True)]
    batches = data.Batches(x)
    batches.start_at(1)  # the file has seen epoch 0
    loss = model.fit(batches, shuffle=False, verbose=0).history["loss"][0]
    model.save(f"{folder}/from-{keras.config.backend()}.keras")
    return {"arrived": all(arrived), "loss": loss}


folder = tempfile.mkdtemp()
started = new()
started.fit(data.Batches(x), shuffle=False, verbose=0)
started.save(f"{folder}/start.keras")
visits = pythons.on_each(visit, folder, contents(started))

# %% [markdown]
# Now the third epoch, here, for each file that came back. To go on as if nothing had happened, a file must carry four things: the weights, Adam's two moments for each weight (running means of its gradients and of their squares), the number of steps made, and the place in the data. At home the third epoch ended with 50.41. **Predict** the loss if one of the four is lost on the way. Which losses would a glance at that number *miss*?


# %%
def third_epoch(file, lost=None):
    model, batches = ae_keras.load(file), data.Batches(x)
    batches.start_at(0 if lost == "the place in the data" else 2)
    weights, (steps_made, _, *moments) = new().get_weights(), model.optimizer.variables
    if lost == "the weights":
        model.set_weights(weights)
    if lost == "Adam's moments":
        for moment in moments:
            moment.assign(np.zeros(moment.shape))
    if lost == "the number of steps":
        steps_made.assign(0)
    return model.fit(batches, shuffle=False, verbose=0).history["loss"][0]


files = sorted(Path(folder).glob("from-*.keras"))
came_back = np.array([third_epoch(file) for file in files])
parts = ("the weights", "Adam's moments", "the number of steps", "the place in the data")
without = {part: third_epoch(files[0], lost=part) for part in parts}

# %%
print("arrived to the bit:", all(each["arrived"] for each in visits.values()))
print(f"third epoch at home {ended[here]['dense'][-1]:.2f}, of every relay {came_back.mean():.2f}")
for part, loss in without.items():
    print(f"{part:22s} lost: {loss:6.2f}")

at_home = ended[here]["dense"][-1]
notebook.claim(np.allclose(came_back, at_home, rtol=1e-3), "a relay ends as at home")
notebook.claim(without["the weights"] > 2 * at_home, "a glance catches lost weights")
notebook.claim(without["Adam's moments"] < at_home, "lost moments look like a gain")
for part in ("the number of steps", "the place in the data"):
    notebook.claim(abs(without[part] - at_home) < 0.1, f"a glance misses {part}")

# %% [markdown] numbers={"twice": "given: measured, the sum of all steps of the third epoch, 4.7 against 2.0", "0.03": "50.41 - 50.38"}
# A glance catches the weights alone: 166 instead of 50.4. It misses the other three. Without the number of steps, or with the wrong batches, the loss is the same to within 0.03. And without Adam's moments it is *better*, 48.8: having forgotten the large gradients of the start, Adam divides by smaller ones and takes longer steps. (Its way was more than twice as long, as we measured.) That looks like a gain and is another training. So test a file bit by bit, and against a run at home.
#
# That files travel cannot be taken for granted. Keras 3.15 writes two things into a `.keras` file that belong to the backend that wrote it: whether the step was compiled, and on PyTorch an optimizer class that exists only there. Look at which optimizer a plain `Sequential` would require of its reader:


# %%
def required_optimizers():
    stock = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    stock.compile("adam", loss="mse")
    configs = [str(model.get_compile_config()) for model in (stock, new())]
    return [config.split("'module': '")[1].split("'")[0] for config in configs]


rows = ["| saved on | a plain model requires | ours requires |", "|---|---|---|"]
for name, modules in pythons.on_each(required_optimizers).items():
    rows.append(f"| {name} | `{modules[0]}` | `{modules[1]}` |")
display(Markdown("\n".join(rows)))
notebook.claim(pythons.as_recorded(required_optimizers), "our files name no backend")

# %% [markdown] numbers={"65": "given: measured, 92 ms a step instead of 1.4"}
# A plain file from PyTorch is loaded by JAX and TensorFlow, predicts, and raises at `fit`; where PyTorch is not installed even loading fails. And a file from TensorFlow runs uncompiled on JAX: 65 times slower in a model we measured. The classes of this course write neither. For models that are not yours: `load_model(path, compile=False)`, then `compile` again; the optimizer's state is lost.
#
# ## Six habits that work on one backend
#
# JAX and TensorFlow trace, as `jax.jit` does; PyTorch runs the Python each time. Most differences come from this. Lesson 17 showed one: a Python number becomes part of the recording, so it must be a weight. Here it is again, with five more. Each function does the wrong thing in a small model and says in a word what happened.


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
        before = model.get_weights()
        model.fit(points, points, shuffle=False, verbose=0)
    except Exception:
        return "error"
    same = [np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True)]
    return "half learns" if any(same) else "works"


# %%
def a_number_changed_later():
    layer = Between(lambda z: layer.level * z)
    layer.level = 1.0
    model = keras.Sequential([layer])
    before = model.predict(points, verbose=0)
    layer.level = 2.0
    return "ignored" if (model.predict(points, verbose=0) == before).all() else "followed"


def a_metric_updated_in_call():
    def watch(z):
        layer.seen.update_state(ops.mean(z))
        return z

    layer = Between(watch)
    layer.seen = keras.metrics.Mean()
    return train_around(layer)


def noise_without_a_generator():
    return train_around(lambda z: z + keras.random.normal(ops.shape(z)))


# %%
def numpy_in_call():
    return train_around(lambda z: ops.convert_to_tensor(np.tanh(ops.convert_to_numpy(z))))


def an_assignment_in_place():
    mine = ops.convert_to_tensor(points)
    try:
        mine[:, 0] = 0
    except Exception:
        return "error"
    return "changes mine"


def shuffled_by_fit():
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["loss"]))
    )
    model = keras.Sequential([layers.Dense(4)])
    model.compile(keras.optimizers.SGD(0.0), loss="mse")  # no learning: the order alone counts
    model.fit(points, points, batch_size=8, epochs=2, verbose=0, callbacks=[watch])
    return "same order" if np.allclose(seen[:8], seen[8:]) else "new order"


# %% [markdown]
# **Predict**, for each of the three backends, how many of the six end in an error.

# %%
INSTEAD = {
    a_number_changed_later: "a weight that does not train (17)",
    a_metric_updated_in_call: "update it in `compute_loss`",
    noise_without_a_generator: "own a `SeedGenerator` (16)",
    numpy_in_call: "`keras.ops`",
    an_assignment_in_place: "`ops.where`, or multiply by a mask",
    shuffled_by_fit: "`data.Batches`, `shuffle=False`",
}


def habits():
    backend.set_seed(0)
    return [habit() for habit in INSTEAD]


happened = pythons.on_each(habits)
rows = ["| habit | JAX | PyTorch | TensorFlow | instead |", "|---|---|---|---|---|"]
for (habit, instead), *words in zip(INSTEAD.items(), *happened.values(), strict=True):
    rows.append(f"| {habit.__name__.replace('_', ' ')} | {' | '.join(words)} | {instead} |")
counts = [str(words.count("error")) for words in happened.values()]
rows.append(f"| *errors* | {' | '.join(counts)} | |")
display(Markdown("\n".join(rows)))
notebook.claim(pythons.as_recorded(habits), "the table is what happens")

# %% [markdown]
# On JAX four end in an error, on TensorFlow two, on PyTorch none; and an error is the best outcome. Look out for the others. *Ignored*: a whole night's training does not do what your callback says. *Half learns*: NumPy cuts off the gradient, so PyTorch trains the last layer and never the first, and the loss still falls. *Changes mine*: your batch was written into, and where target and input are one array, the target too. *Same order*: after a seed, TensorFlow shuffles each epoch alike. So run on JAX first, which refuses most of them.
#
# ## Which is fastest?
#
# Not the one that a benchmark of large networks names. The autoencoders of this course are small, and then the time goes into *overhead*: what surrounds the arithmetic, once for each step, however small. You can see it on your own machine. Sixteen steps of 16 images and one step of 256 read the same images. **Predict.** How many times as long do the sixteen take?

# %%
model = new()
step, finish = training.make_step(model)


def sixteen_small():
    for i in range(0, 256, 16):
        loss = step(x[i : i + 16], x[i : i + 16])
    return float(loss)


def one_large():
    return float(step(x[:256], x[:256]))


small, large = medians(sixteen_small, one_large)
finish()
print("one step of 256 images is faster than sixteen of 16:", small > 1.2 * large)
notebook.claim(small > 1.2 * large, "each step costs something, however small it is")

# %% [markdown] numbers={"sixteen": "given: the steps above", "2": "given: measured on one core", "6": "given: measured on one core", "10": "given: measured on one core", "7,650": "measured: measured.json fit.rows.dense.jax: images", "128": "measured: measured.json fit.rows.dense.jax: batch_size", "0.14": "measured: measured.json fit.rows.dense.jax.median: fit_batches", "0.55": "measured: measured.json fit.rows.dense.torch.median: fit_batches", "0.54": "measured: measured.json fit.rows.dense.torch: ratio_course", "0.51": "measured: measured.json fit.rows.dense.tensorflow.median: fit_batches", "0.34": "measured: measured.json fit.rows.dense.tensorflow: ratio_course", "0.72 (0.88) |": "measured: measured.json fit.rows.conv.jax.median: fit_batches", "0.88": "measured: measured.json fit.rows.conv.jax: ratio_course", "0.86 (0.71) |": "measured: measured.json fit.rows.conv.torch.median: fit_batches", "0.71": "measured: measured.json fit.rows.conv.torch: ratio_course", "0.78": "measured: measured.json fit.rows.conv.tensorflow.median: fit_batches", "0.72) | |": "measured: measured.json fit.rows.conv.tensorflow: ratio_course", "0.17": "measured: measured.json fit.rows.vae.jax.median: fit_batches", "0.89": "measured: measured.json fit.rows.vae.jax: ratio_course", "0.70": "measured: measured.json fit.rows.vae.torch.median: fit_batches", "0.45": "measured: measured.json fit.rows.vae.torch: ratio_course", "0.43": "measured: measured.json fit.rows.vae.tensorflow.median: fit_batches", "0.36": "measured: measured.json fit.rows.vae.tensorflow: ratio_course", "0.15": "measured: measured.json fit.rows.vqvae.jax.median: fit_batches", "0.97": "measured: measured.json fit.rows.vqvae.jax: ratio_course", "0.61": "measured: measured.json fit.rows.vqvae.torch.median: fit_batches", "0.52": "measured: measured.json fit.rows.vqvae.torch: ratio_course", "0.41": "measured: measured.json fit.rows.vqvae.tensorflow.median: fit_batches", "0.38": "measured: measured.json fit.rows.vqvae.tensorflow: ratio_course", "half": "measured: measured.json fit.rows.dense.torch: 1 - ratio_course", "two thirds": "measured: measured.json fit.rows.dense.tensorflow: 1 - ratio_course", "0.30": "measured: measured.json fit.rows.dense.tensorflow.median: fit_batches_16_steps_jit", "0.58": "measured: measured.json fit.rows.dense.tensorflow: ratio_best"}
# The sixteen pay the overhead sixteen times. On one core we got 2 times as long on JAX, 6 on TensorFlow and 10 on PyTorch; yours is `small / large`. So large batches hide overhead. But an epoch of large batches has fewer steps to learn in: exercise 25.2 weighs the two.
#
# And between backends? `make bench` measured one epoch of 7,650 digits, batches of 128, one CPU thread; in brackets, the time of the same model written *without* Keras, as a fraction of that.
#
# | seconds per epoch (fraction) | JAX | PyTorch | TensorFlow |
# |---|---|---|---|
# | dense | 0.14 (1.05) | 0.55 (0.54) | 0.51 (0.34) |
# | convolutional | 0.72 (0.88) | 0.86 (0.71) | 0.78 (0.72) |
# | VAE | 0.17 (0.89) | 0.70 (0.45) | 0.43 (0.36) |
# | VQ-VAE | 0.15 (0.97) | 0.61 (0.52) | 0.41 (0.38) |
#
# Read the brackets first. On JAX `fit` compiles the whole step, and costs an eighth at most. On the other two, each operation passes through Python or a graph of small pieces, and for dense layers about half of the time on PyTorch, and nearly two thirds on TensorFlow, is Keras. TensorFlow gives some of it back if asked: `compile(..., steps_per_execution=16, jit_compile=True)` takes the dense epoch to 0.30 s (0.58). Convolutions are work enough to hide more of it. Left out: JAX compiles for each new shape of a batch, a second or more, which short runs never earn back.
#
# ## Out of Keras
#
# A `.keras` file needs Python, Keras and the class. A phone or a web server has none of them. [ONNX](glossary.md#onnx) is a format for the operations themselves: a graph and its weights. Keras writes it from all three backends, each by another converter; programs such as ONNX Runtime execute it. The plain call, with the batch size left open:

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


by_keras = evaluation.reconstruct(plain, x_val[:7])
by_file = run_file(f"{folder}/plain.onnx", x_val[:7])
print("shape", by_file.shape, " differs by", f"{np.abs(by_file - by_keras).max():.4f}")

# %% mystnb={"image": {"alt": "Three rows of seven: validation digits, their blurred reconstructions by Keras, and the same reconstructions by the ONNX file"}}
fig, ax = plt.subplots(figsize=(8, 3.2))
plots.plot_rows({"image": x_val[:7], "Keras": by_keras, "ONNX file": by_file}, ax=ax)
plt.show()

# %% [markdown]
# File and model agree in all four decimals of every pixel; the two lower rows are the same blurred digits. (On PyTorch the converter warns that Python values become constants; here they are shapes, and should.)
#
# We chose "relu" for a reason. With our usual GELU, TensorFlow's converter (tf2onnx 1.17) meets an operation it does not know, *writes a file that cannot be run*, and merely logs it. On PyTorch a model that was loaded from a file raises. In a VQ-VAE the converter of JAX gives up. So never trust a conversion: run the file and compare, before anyone else does. `saving.to_onnx` does that, repairs the first two, and leaves no file behind where it fails.

# %%
usual = ae_keras.load(files[0])  # GELU, and from a file
difference = saving.to_onnx(usual, f"{folder}/usual.onnx")
again = run_file(f"{folder}/usual.onnx", x_val[:7])
print("file and model agree:", difference < 1e-3, again.shape)

# %% [markdown]
# What a file cannot do: train, draw noise (a VAE's file uses the mean), or record the preprocessing. Write the range of the pixels beside it.
#
# ## Exercises
#
# Stuck? `checks.hint("25.1")` gives a hint; call it again for the next one.
#
# ### Exercise 25.1: which step is ill?
#
# Here are steps in the form of `training.make_step`: `make_step(model)` returns a function `step(x, target)`, and a function `finish()` to be called before the model is looked at. Several are ill. All of them run without an error, and lower the loss. Write `diagnose(make_step)`, which trains with such a step and returns a word: `"terms"` (what the model adds to its loss is left out), `"memory"` (Adam's moments are lost after each step), `"short batch"` (a batch smaller than the first is skipped), or `"healthy"`. One step of `fit` is `model.train_on_batch(images)`; `new`, `largest_difference` and `x` are those of the lesson.


# %% tags=["exercise"]
def diagnose(make_step): ...


checks.check_diagnose(diagnose)


# %% tags=["solution"]
def diagnose(make_step):
    by_hand, by_fit = new(VAE), new(VAE)
    step, finish = make_step(by_hand)
    apart = []
    for images in (x[:64], x[64:128], x[128:168]):
        step(images, images)
        finish()
        by_fit.train_on_batch(images)
        apart.append(largest_difference(by_hand.get_weights(), by_fit.get_weights()))
    illnesses = dict(zip(("terms", "memory", "short batch"), apart, strict=True))
    return next((name for name, size in illnesses.items() if size > 1e-5), "healthy")


checks.check_diagnose(diagnose)

# %% [markdown]
# ### Exercise 25.2: your batch size, on your machine
#
# Would you train this autoencoder with batches of 16 images or of 256? `measure` gives the seconds of an epoch and the error after four. Measure both sizes with three seeds or more, look at the pairs, and set `decision = (batch_size, reason, evidence)`. The reason is `"seconds"` or `"error"`, the evidence is `{16: [pairs], 256: [pairs]}`. Either size can be right: the check looks at whether your numbers bear out your choice by your reason, beyond the spread of the runs.


# %% tags=["keep"]
def measure(batch_size, seed):
    """Seconds of an epoch, and the validation error after four, of a new model."""
    model = new(seed=seed)
    batches = data.Batches(x, batch_size=batch_size, seed=seed)
    seconds = []
    for _ in range(4):
        begin = time.perf_counter()
        model.fit(batches, shuffle=False, verbose=0)
        seconds.append(time.perf_counter() - begin)
    error = evaluation.squared_error(x_val, evaluation.reconstruct(model, x_val)).mean()
    return float(np.median(seconds)), float(error)


# %% tags=["exercise"]
decision = ...

checks.check_batch_size(decision, measure)

# %% tags=["solution"]
evidence = {16: [], 256: []}
for seed in range(3):
    for batch_size, pairs in evidence.items():
        pairs.append(measure(batch_size, seed))
decision = (16, "error", evidence)

checks.check_batch_size(decision, measure)

# %% [markdown]
# ### Exercise 25.3: a careful layer
#
# This layer for vectors (`x` has the shape `(batch, n)`) adds noise in training, multiplies by a level that is meant to be lowered while the model trains, and blanks the first column. It has three of the six habits.


# %%
class Careless(layers.Layer):
    def __init__(self, level):
        super().__init__()
        self.level = level

    def set(self, level):
        self.level = level

    def call(self, x, training=False):
        if training:
            x = x + 0.1 * keras.random.normal(ops.shape(x))
        x = self.level * x
        x[:, 0] = 0
        return x


# %% [markdown]
# Rewrite it as `Careful`, so that it works inside a model on every backend: `set` works at any time, the optimizer leaves the level alone, each training step draws fresh noise of standard deviation 0.1, and nothing is changed in place.


# %% tags=["exercise"]
class Careful(layers.Layer): ...


checks.check_careful(Careful)


# %% tags=["solution"]
class Careful(layers.Layer):
    def __init__(self, level):
        super().__init__()
        start = keras.initializers.Constant(level)
        self.level = self.add_weight((), initializer=start, trainable=False, name="level")
        self.noise = keras.random.SeedGenerator(0)

    def set(self, level):
        self.level.assign(level)

    def call(self, x, training=False):
        if training:
            x = x + 0.1 * keras.random.normal(ops.shape(x), seed=self.noise)
        kept = ops.arange(x.shape[1]) > 0
        return ops.where(kept, self.level * x, 0.0)


checks.check_careful(Careful)

# %% [markdown] numbers={"6.1": "given: an example of the quiz"}
# ## What to remember
#
# - One step: a function of the weights, `backward`, or a tape. `compute_loss` carries every term; `stateless_call` needs `return_losses=True`.
# - Change a step in `train_step`, and keep `fit`.
# - Same weights and same batches give the same losses; the same seed gives nothing.
# - Test a file bit by bit and by going on training; run an exported file and compare.
# - Inside `call`: `keras.ops`, weights instead of numbers, generators instead of seeds, nothing in place.
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
notebook.claim(pythons.as_recorded(loss_of_three_epochs), "the losses are those we recorded")
notebook.claim(all(each["arrived"] for each in visits.values()), "a file is read as it was written")
notebook.claim(np.abs(by_file - by_keras).max() < 1e-3, "the plain file computes the same")
notebook.receipt(
    dense=ended[here]["dense"][-1],
    convolutional=ended[here]["convolutional"][-1],
    third_epoch_of_a_relay=came_back[0],
    onnx_difference=difference,
)
