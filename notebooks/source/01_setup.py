# %% [markdown]
# # 01. Setting up
#
# *Get a machine ready for the course: packages, backend, device, and randomness you can repeat.*
#
# **You will be able to**
# - install the course with one backend, and switch to another;
# - say which framework and which device your code runs on, and force the CPU;
# - seed a run so that it repeats exactly, and say what a seed cannot promise.
#
# **You need** lesson 00 for the words.
#
# **Time** 20 minutes to read, about 10 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_01 as checks
from ae_keras import backend, data

import importlib.metadata
import os

import keras
import numpy as np
from IPython.display import Markdown

notebook.start(seed=0)

# %% [markdown]
# ## Q1. How do you install the libraries for building and training autoencoders in Keras?
#
# Keras 3 is a language, not an engine. You write layers and models in Keras; the arithmetic is done by a **[backend](glossary.md#backend)**: JAX, PyTorch or TensorFlow. You need Keras, *one* of the three, and the usual scientific packages. From the folder of the course, one command makes a virtual environment, installs all of it in tested versions and opens the notebooks:
#
# ```
# make lab                          # with JAX
# KERAS_BACKEND=torch make lab      # or with PyTorch, or tensorflow
# ```
#
# By hand, or with conda:
#
# ```
# pip install -c constraints.txt -e ".[jax,notebooks]"
# conda env create -f environment.yml
# ```
#
# (On Windows use WSL. For a project of your own, `pip install keras jax matplotlib scikit-learn` is a start, with `torch` or `tensorflow` in place of `jax` as you like.) The file `constraints.txt` fixes every version. Without it, the newest release of some package will one day change a result or break a cell, and you will look for the mistake in your own code.

# %%
needed = ["keras", "matplotlib", "numpy", "scikit-learn", "scipy", "jupyter"]
rows = []
for package in needed:
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    rows.append(f"| {package} | {version} |")

Markdown("\n".join(["| package | version |", "|---|---|", *rows]))

# %% [markdown]
# Install at most one backend with GPU support. The CUDA libraries of the three frameworks come in different versions and overwrite each other; if you need all three, give each an environment of its own.

# %% [markdown]
# ## Q2. How do you import the modules for model building, training and data handling in Keras?
#
# | import | what it is for |
# |---|---|
# | `keras` | models, layers, optimizers, callbacks, `keras.ops` for tensor arithmetic that runs on every backend |
# | `numpy` | arrays: what data are before they go into a model and after they come out |
# | `matplotlib.pyplot` | figures |
# | `sklearn` | PCA, [t-SNE](glossary.md#t-sne), k-means and classifiers: our baselines and measures |
# | `ae_keras` | the small package behind this course; each part of it is first written out in a lesson |
#
# One rule: **choose the backend before Keras is imported.** Keras reads the environment variable `KERAS_BACKEND` once, when it starts. `ae_keras` takes care of it (your `KERAS_BACKEND`, else the first installed of jax, torch and tensorflow), so it stands first in every set-up cell.
#
# **Predict.** What happens if you set the variable now, with Keras already running?

# %%
before = keras.config.backend()
os.environ["KERAS_BACKEND"] = "torch" if before != "torch" else "jax"
print("backend changed:", keras.config.backend() != before)
os.environ["KERAS_BACKEND"] = before  # put it back

# %% [markdown]
# Nothing. No error, no warning, and that is the trap: you believe you are on one backend and are on another. To switch, set the variable *outside*, then restart the kernel: `KERAS_BACKEND=torch make lab`.
#
# If you come from PyTorch: `torch.nn` becomes `keras.layers`, `torch.optim` becomes `keras.optimizers`, `DataLoader` becomes `keras.utils.PyDataset`, and `torchvision.datasets` becomes `keras.datasets`. Lessons import what they need by `from keras import layers, ops`.
#
# What Keras does not fix is what you write past it. Inside a model, use `keras.ops`, never `torch.sum` or `jnp.sum`, and the same class runs on all three:


# %%
def squared_error(x, x_hat):
    return keras.ops.sum(keras.ops.square(x - x_hat), axis=-1)


result = squared_error(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]]))
print(keras.ops.convert_to_numpy(result))

# %% [markdown]
# Note the last line. The result of `keras.ops` is a tensor of the backend, and each backend prints, slices and converts its tensors in its own way. `keras.ops.convert_to_numpy` is the one conversion that is the same everywhere.

# %% [markdown]
# ## Q3. How do you use a GPU in Keras, and fall back to the CPU?
#
# You do nothing: every backend takes a GPU if its GPU build is installed and finds one, and uses the CPU otherwise. There is no `.to(device)` and no `torch.cuda.is_available()` in Keras; variables and inputs are moved for you. What you *should* do is look, because the fallback is silent. The question to ask is not "is there a GPU in this machine" but "where does a new tensor end up":


# %%
def where_is_a_tensor():
    tensor = keras.ops.zeros(())
    place = str(getattr(tensor, "device", "")).lower()
    return "GPU" if any(name in place for name in ("gpu", "cuda", "mps", "rocm", "xpu")) else "CPU"


print("agrees with ae_keras.backend.device():", where_is_a_tensor() == backend.device())
Markdown(f"A new tensor lies on the **{where_is_a_tensor()}**.")

# %% [markdown]
# If you have a GPU and read *CPU*, the framework was installed without GPU support. `make lab` installs the right build where it finds an NVIDIA GPU; on Apple silicon, PyTorch is the backend that can use the GPU.
#
# Sometimes you want the CPU although there is a GPU: to debug, or because it is busy. For one piece of code, use a device scope; for a whole session, start it with `GPU=0 make lab`, which hides the GPU from all three frameworks.

# %%
with keras.device("cpu:0"):
    tensor = keras.ops.ones((2, 3))
print("made on the CPU:", "cpu" in str(tensor.device).lower())

# %% [markdown]
# Part A runs in minutes on a laptop's CPU. A GPU starts to pay when images get larger and networks convolutional.

# %% [markdown]
# ## Q4. How do you set a random seed in Keras, so that training an autoencoder can be repeated?
#
# Chance enters training in several places: the initial weights, the order of the images, and, in some models, noise. All of it comes from *pseudo-random generators*: formulas that turn a **[seed](glossary.md#seed)** into a sequence of numbers that only looks random. The same seed gives the same sequence. `keras.utils.set_random_seed` seeds Python, NumPy and the backend at once.


# %%
def first_weights(seed):
    keras.utils.set_random_seed(seed)
    layer = keras.layers.Dense(4)
    layer.build((None, 3))
    return layer.get_weights()[0]


# %%
print("seed 1 twice, equal:  ", np.array_equal(first_weights(1), first_weights(1)))
print("seed 1 and 2, equal:  ", np.array_equal(first_weights(1), first_weights(2)))

# %% [markdown]
# Equal to the last bit. Does that survive a whole training run? Here is a small autoencoder, trained twice from seed 1 and once from seed 2.

# %%
images = data.load().x[:2000]


def train_once(seed):
    keras.utils.set_random_seed(seed)
    n_pixels = int(np.prod(images.shape[1:]))
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(n_pixels, activation="sigmoid"),
            keras.layers.Reshape(images.shape[1:]),
        ]
    )
    model.compile("adam", "mse")
    return model.fit(images, images, batch_size=100, epochs=3, verbose=0).history["loss"]


# %%
first, second, other = train_once(1), train_once(1), train_once(2)
print("seed 1 twice, same losses:", first == second)
print("seed 1 and 2, same losses:", first == other)

# %% [markdown]
# So **on one backend, on the CPU, with the same versions, a seed repeats a run exactly.** On a GPU some operations add numbers in an order that changes from run to run. Each framework can forbid that at some cost in speed: `torch.use_deterministic_algorithms(True)`, `tf.config.experimental.enable_op_determinism()`, and for JAX the environment variable `XLA_FLAGS=--xla_gpu_deterministic_ops=true`.
#
# ### What a seed does not promise
#
# Is the loss of seed 1 on JAX the loss of seed 1 on PyTorch? No: each framework has a generator of its own. One seed, three generators, three sequences. You can see it without a second framework: NumPy has its own generator as well.

# %%
from_keras = keras.ops.convert_to_numpy(keras.random.uniform((3,), seed=1))
from_numpy = np.random.default_rng(1).uniform(size=3)
print("the same three numbers from seed 1:", np.allclose(from_keras, from_numpy))

# %% [markdown]
# For a course this is a nuisance: the text could not quote a single number that holds for all readers. The cure is to let **one** generator draw everything, and NumPy's is the same everywhere. A weight matrix with $n_\text{in}$ inputs and $n_\text{out}$ outputs starts, by default in Keras, with numbers drawn uniformly from $[-r, r]$, where
#
# $$r = \sqrt{\frac{6}{n_\text{in} + n_\text{out}}}$$
#
# keeps the size of signals about the same from layer to layer (Glorot & Bengio 2010). Nothing stops us from drawing them ourselves.


# %%
def seed_weights_by_hand(model, seed):
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        if len(weight.shape) == 2:  # a matrix; biases stay at zero
            r = np.sqrt(6 / sum(weight.shape))
            weight.assign(rng.uniform(-r, r, weight.shape).astype("float32"))


# %% [markdown]
# `backend.seed_weights` is this function, with [convolutions](glossary.md#convolution) added. Do they agree?

# %%
twins = [keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(3)]) for _ in range(2)]
for twin in twins:
    twin.build((None, 5))
seed_weights_by_hand(twins[0], seed=7)
backend.seed_weights(twins[1], seed=7)
pairs = zip(twins[0].get_weights(), twins[1].get_weights(), strict=True)
print("same weights:", all(np.array_equal(a, b) for a, b in pairs))
print(f"sum of all magnitudes: {sum(np.abs(w).sum() for w in twins[0].get_weights()):.4f}")

# %% [markdown]
# The last number reads 21.4805 on every machine and every backend. Now train from such weights, with the images in a fixed order (`shuffle=False`; lesson 02 shows how to shuffle and still agree):

# %%
model = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(int(np.prod(images.shape[1:])), activation="sigmoid"),
        keras.layers.Reshape(images.shape[1:]),
    ]
)
model.build((None, *images.shape[1:]))
backend.seed_weights(model, seed=1)
model.compile("adam", "mse")
history = model.fit(images, images, batch_size=100, epochs=3, shuffle=False, verbose=0)
loss = history.history["loss"][-1]
print(f"loss after three epochs: {loss:.5f} per pixel")

# %% [markdown]
# Switch the backend, run again, and you read the same number, up to the rounding of the last digit or two: three frameworks, one result. All lessons are made like this, so the numbers in the text are *your* numbers too. Not to the last bit, and less so the longer a training runs: each framework adds in its own order and rounds differently, and training amplifies such tiny differences. And where a model draws noise while it trains, the frameworks diverge for good. The text then quotes fewer digits.

# %% [markdown]
# ## Exercises
#
# ### Exercise 1.1: a run that repeats
#
# Write `noisy_copy(image, seed)`: the image plus normal noise of standard deviation 0.1. The same seed must always give the same result, another seed another one, and calling it must not disturb anybody else's random numbers: use a generator of its own (`np.random.default_rng`) rather than `np.random.seed`.


# %% tags=["exercise"]
def noisy_copy(image, seed): ...


checks.check_noisy_copy(noisy_copy)


# %% tags=["solution"]
def noisy_copy(image, seed):
    rng = np.random.default_rng(seed)
    return image + rng.normal(0, 0.1, image.shape)


checks.check_noisy_copy(noisy_copy)

# %% [markdown]
# ### Exercise 1.2: initial weights for a convolution
#
# A convolution's weights have the shape `(height, width, n_in, n_out)`. Each output sees `height * width * n_in` inputs, and each input feeds `height * width * n_out` outputs: put these two numbers in place of $n_\text{in}$ and $n_\text{out}$. Write `glorot(shape, rng)`, which draws such weights, for matrices and for convolutions.


# %% tags=["exercise"]
def glorot(shape, rng): ...


checks.check_glorot(glorot)


# %% tags=["solution"]
def glorot(shape, rng):
    *window, n_in, n_out = shape  # a matrix has no window, and the product of nothing is 1
    r = np.sqrt(6 / (np.prod(window) * (n_in + n_out)))
    return rng.uniform(-r, r, shape)


checks.check_glorot(glorot)

# %% [markdown]
# ## What to remember
#
# - Keras is the language, JAX, PyTorch or TensorFlow the engine; choose with `KERAS_BACKEND` *before* the import.
# - A GPU is used if the backend finds one. The fallback to the CPU is silent, so look.
# - One seed, one backend, on the CPU: the same run, bit for bit. Another backend: other numbers.
# - Drawing weights and order with NumPy makes the three backends agree.
#
# ## Quiz
#
# 1. You set `os.environ["KERAS_BACKEND"] = "torch"` in the tenth cell. Keras now runs on (a) PyTorch; (b) whatever it ran on before; (c) both.
# 2. Your colleague on another backend uses your seed and gets another loss. (a) One of you has a bug. (b) The seed was too small. (c) Expected: the generators differ.
# 3. Why does the set-up cell print the device? (a) Keras needs it to be printed. (b) Otherwise you might train for hours on the CPU without noticing. (c) To move the model there.
#
# <details><summary>Answers</summary>
#
# 1. **b.** The choice is made at import. It cannot change (a), and a process has one backend (c).
# 2. **c.** A bug (a) is possible, but this is no sign of one; the size of a seed (b) means nothing.
# 3. **b.** Printing has no effect on Keras (a), which moves tensors itself (c).
# </details>
#
# ## Further reading
#
# - Keras documentation, *Getting started with Keras* and *Distributed training*: backends and devices.
# - Glorot & Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS 2010, section 4.2.1: where $r$ comes from.
# - PyTorch documentation, *Reproducibility*; JAX documentation, *Pseudorandom numbers*: what each framework promises.

# %% tags=["receipt"]
notebook.claim(first == second != other, "one seed must repeat, another must differ")
notebook.claim(0 < loss < 0.2, "the small autoencoder must have learned something")
notebook.receipt(loss_per_pixel=loss)
