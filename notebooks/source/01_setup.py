# %% [markdown]
# # 01. Setting up
#
# *Get a machine ready for the course: packages, backend, device, and randomness you can repeat.*
#
# **You will be able to**
# - install the course with one backend, and switch to another;
# - say which framework and which device your code runs on, and force the CPU;
# - seed a run so that it repeats exactly, and say where that ends.
#
# **You need** lesson 00 for the words.
#
# **Time** 15 minutes to read, 10 for the exercises, about 10 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_01 as checks
from ae_keras import backend, data, evaluation, plots

import importlib.metadata
import os

import keras
import matplotlib.pyplot as plt
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
# (On Windows use WSL. For a project of your own, `pip install keras jax matplotlib scikit-learn` is a start, with `torch` or `tensorflow` in place of `jax` as you like. Then set `KERAS_BACKEND=jax`, or whichever it is: Keras looks for TensorFlow unless told otherwise, and fails without it.) The file `constraints.txt` fixes every version. Without it, the newest release of some package will one day change a result or break a cell, and you will look for the mistake in your own code.

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
# Which backend Keras uses is said by the environment variable `KERAS_BACKEND`.
#
# **Predict.** What happens if you set the variable now, with Keras already running: will it switch, raise an error, or do nothing?

# %%
before = keras.config.backend()
os.environ["KERAS_BACKEND"] = "torch" if before != "torch" else "jax"
print("backend changed:", keras.config.backend() != before)
os.environ["KERAS_BACKEND"] = before  # put it back

# %% [markdown]
# Nothing. No error, no warning, and that is the trap: you believe you are on one backend and are on another. Keras reads the variable once, when it is imported. So **choose the backend before Keras is imported**: set the variable *outside* and start anew, `KERAS_BACKEND=torch make lab`. `ae_keras` takes the backend you name, otherwise one that is installed; because it must come before Keras, it stands first in every set-up cell.
#
# If you come from PyTorch: `torch.nn` becomes `keras.layers`, `torch.optim` becomes `keras.optimizers`, `DataLoader` becomes `keras.utils.PyDataset`, and `torchvision.datasets` becomes `keras.datasets`. Lessons import what they need by `from keras import layers, ops`.
#
# What you write yourself has to keep to Keras as well. Backends compute with *tensors*: arrays of their own, which may lie on a GPU. Inside a model, use `keras.ops`, never `torch.sum` or `jnp.sum`, and the same class runs on all three:


# %%
def squared_error(x, x_hat):
    return keras.ops.sum(keras.ops.square(x - x_hat), axis=-1)


result = squared_error(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]]))
print(keras.ops.convert_to_numpy(result))

# %% [markdown]
# Note the last line. The result of `keras.ops` is a tensor, and each backend prints, slices and converts its tensors in its own way. `keras.ops.convert_to_numpy` gives a NumPy array on all of them.

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
# Each lesson of part A runs within a minute on a laptop's CPU. A GPU becomes worth having when images get larger and networks convolutional.

# %% [markdown]
# ## Q4. How do you set a random seed in Keras, so that training an autoencoder can be repeated?
#
# Chance enters training in several places: the initial weights, the order of the images, and, in some models, noise. All of it comes from *pseudo-random generators*: formulas that turn a **[seed](glossary.md#seed)** into a sequence of numbers that only looks random. The same seed gives the same sequence. `keras.utils.set_random_seed` seeds Python, NumPy and the backend at once. Here is a small autoencoder that is trained from a seed.

# %% tags=["keep"]
images = data.load().x[:2000]
image_shape = images.shape[1:]


def new_model():
    layers = [
        keras.layers.Flatten(),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(int(np.prod(image_shape)), activation="sigmoid"),
        keras.layers.Reshape(image_shape),
    ]
    model = keras.Sequential(layers)
    model.build((None, *image_shape))
    model.compile(keras.optimizers.Adam(0.003), loss="mse")
    return model


def train_once(seed):
    keras.utils.set_random_seed(seed)
    model = new_model()
    return model.fit(images, images, batch_size=100, epochs=3, verbose=0).history["loss"]


# %% [markdown]
# **Predict.** We train it twice from seed 1 and once from seed 2. Are the losses of the two first runs close, or equal to the last bit?

# %%
first, second, other = train_once(1), train_once(1), train_once(2)
print("seed 1 twice, equal:  ", first == second)
print("seed 1 and 2, equal:  ", first == other)

# %% [markdown]
# To the last bit. So **on one machine, with one backend, on the CPU and with the same versions, a seed repeats a run exactly.** On a GPU some operations add numbers in an order that changes from run to run. Each framework can forbid that at some cost in speed: `torch.use_deterministic_algorithms(True)`, `tf.config.experimental.enable_op_determinism()`, and for JAX the environment variable `XLA_FLAGS=--xla_gpu_deterministic_ops=true`.
#
# Between backends a seed promises nothing, because each has a generator of its own (lesson 25 compares them). The cure is to let **one** generator draw everything, and NumPy's is the same everywhere. A weight matrix with $n_\text{in}$ inputs and $n_\text{out}$ outputs starts, by default in Keras, with numbers drawn uniformly from $[-r, r]$, where $r = \sqrt{6 / (n_\text{in} + n_\text{out})}$ keeps the size of signals about the same from layer to layer (Glorot & Bengio 2010). Nothing stops us from drawing them ourselves.


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
# The last number reads 21.4805 on every backend. Now train from such weights, with the images in the same order in each epoch (`shuffle=False`; lesson 02 shows how to shuffle and still agree). A loss alone says nothing, so the baselines of lesson 00 stand beside it.
#
# **Change this line and run again:** `EPOCHS`. Predict first: is one epoch enough to beat the mean image?

# %% mystnb={"image": {"alt": "Ten digits above their reconstructions, which are blurred; most can be read, the 4 hardly"}}
EPOCHS = 20  # try 1, 3, 60

model = backend.seed_weights(new_model(), seed=1)
model.fit(images, images, batch_size=100, epochs=EPOCHS, shuffle=False, verbose=0)
x_hat = evaluation.reconstruct(model, images)
pca = evaluation.fit_pca(images, latent_dim=16)
x_pca = np.clip(evaluation.pca_reconstruct(pca, images), 0, 1)
loss, pca_loss = np.mean((images - x_hat) ** 2), np.mean((images - x_pca) ** 2)
mean_loss = np.mean((images - images.mean(axis=0)) ** 2)
print(f"mean image         {mean_loss:.4f}   mean squared error per pixel, training images")
print(f"the network        {loss:.4f}")
print(f"PCA, 16 numbers    {pca_loss:.4f}")

fig, ax = plt.subplots(figsize=(8, 1.7))
plots.plot_reconstructions(images[:10], x_hat[:10], ax=ax)
plt.show()
notebook.claim(
    EPOCHS != 20 or pca_loss < loss < 0.5 * mean_loss, "half of the mean image's; PCA better"
)

# %% [markdown] numbers={"0.066": "given: measured, the cell above with EPOCHS = 1", "twenty": "given: EPOCHS", "half": "given: a bound, claimed above", "2": "given: a seed", "3": "given: a seed", "0.022": "given: measured, the cell above with seeds 2 and 3"}
# One epoch is not enough: its error, 0.066, is still above the mean image's. After twenty it is less than half of it, so the network has learned something. But PCA is better, and it was so for seeds 2 and 3 as well (0.022 each, PCA 0.016): one small layer, 2,000 images and twenty epochs do not make a good autoencoder yet.
#
# Switch the backend, run again, and you read the same numbers, up to the rounding of the last digit or two. All lessons are made like this, so the numbers in the text are *your* numbers too. Not to the last bit, though: each framework adds in its own order and rounds differently, and training amplifies such tiny differences. To see that on one backend, let us multiply every weight by 1.00001 before the training:

# %%
twins = [backend.seed_weights(new_model(), seed=1) for _ in range(2)]
twins[1].set_weights([weight * 1.00001 for weight in twins[1].get_weights()])
gaps = []
for epochs in (0, 10):  # before the training and after it
    for twin in twins:
        twin.fit(images, images, batch_size=100, epochs=epochs, shuffle=False, verbose=0)
    a, b = (evaluation.reconstruct(twin, images[:500]) for twin in twins)
    gaps.append(np.abs(a - b).max())
print("the largest difference of a pixel grew more than tenfold:", gaps[1] > 10 * gaps[0])

# %% [markdown]
# (And where a model draws noise while it trains, as a variational autoencoder does, the frameworks part for good. The text then quotes fewer digits.)

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("1.1")` gives a hint; call it again for the next one.
#
# ### Exercise 1.1: a run that repeats
#
# Write `noisy_copy(image, seed)`: the image plus normal noise of mean 0 and standard deviation 0.1, drawn for each pixel. The same seed must always give the same result, another seed another one, and calling it must not disturb anybody else's random numbers: use a generator of its own (`np.random.default_rng`) rather than `np.random.seed`.


# %% tags=["exercise"]
def noisy_copy(image, seed): ...


checks.check_noisy_copy(noisy_copy)


# %% tags=["solution"]
def noisy_copy(image, seed):
    rng = np.random.default_rng(seed)
    return image + rng.normal(0, 0.1, image.shape)


checks.check_noisy_copy(noisy_copy)

# %% [markdown]
# ### Exercise 1.2: does it repeat?
#
# Somebody hands you a function `train(seed)` that trains a model and returns the list of its losses, such as `train_once`. Write `repeats(train, seed)`: whether training from this seed gives *exactly* the same list each time. Try it on `train_once`.


# %% tags=["exercise"]
def repeats(train, seed): ...


checks.check_repeats(repeats)


# %% tags=["solution"]
def repeats(train, seed):
    return train(seed) == train(seed)


print("train_once repeats:", repeats(train_once, seed=3))
checks.check_repeats(repeats)

# %% [markdown]
# ## What to remember
#
# - Keras is the language, JAX, PyTorch or TensorFlow the engine; choose with `KERAS_BACKEND` *before* the import.
# - A GPU is used if the backend finds one. The fallback to the CPU is silent, so look.
# - One seed, one machine, one backend, on the CPU: the same run, bit for bit. Another backend: other numbers.
# - Drawing weights and order with NumPy makes the three backends agree.
# - A loss without a baseline says nothing, not even that a network has learned.
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
notebook.receipt(loss_per_pixel=loss, mean_image=mean_loss, pca_16=pca_loss)
