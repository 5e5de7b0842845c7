# %% [markdown]
# # 05. The autoencoder
#
# *Join the two halves into one model, check every shape, save it, and open it somewhere else.*
#
# **You will be able to**
# - combine an encoder and a decoder into one `keras.Model`;
# - verify shapes before you spend time on training, and read the error when they do not fit;
# - save a model with its settings, load it again, and open it on another backend.
#
# **You need** lessons 03 and 04.
#
# **Time** 20 minutes to read, about 20 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_05 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, plots

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown]
# ## Q15. How do you combine the Encoder and the Decoder into a single autoencoder?
#
# An autoencoder is a model made of two models. It takes them as arguments instead of making them itself, so that any encoder goes with any decoder, and a new kind of autoencoder (denoising, sparse, variational, ...) will be a new *objective* around the same parts.


# %%
class MyAutoencoder(keras.Model):
    """x_hat = decoder(encoder(x))"""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder

    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        return self.decoder(z, training=training)


# %% [markdown]
# Keras notices that the attributes are models and collects their weights, so one optimizer will train both halves at once. The argument `training` tells layers that behave differently in training ([dropout](glossary.md#dropout), noise) which case this is. Name it in the outermost `call` and pass it on; otherwise dropout is silently off in `fit`, on some backends or on all.

# %%
model = MyAutoencoder(DenseEncoder(latent_dim=16), DenseDecoder(image_shape))
_ = model(train.x[:1])  # the first batch builds all three
for name, part in (("encoder", model.encoder), ("decoder", model.decoder), ("together", model)):
    print(f"{name:9s} {part.count_params():8,} parameters")

# %% [markdown]
# ## Q16. How do you implement the forward pass of the full autoencoder by chaining Encoder and Decoder?
#
# It is the one line of `call`, $\hat x = g(f(x))$. Two things follow from writing it as a chain. The model's output is exactly the decoder's output for the encoder's output:

# %%
backend.seed_weights(model, seed=0)
x = test.x[:8]
chained = model.decoder(model.encoder(x))
print(
    "same:",
    np.array_equal(keras.ops.convert_to_numpy(model(x)), keras.ops.convert_to_numpy(chained)),
)

# %% [markdown]
# And the halves stay usable on their own. `model.encoder(x)` gives codes, `model.decoder(z)` draws; train the whole, use either part.
#
# **Predict.** What does the chain return now, before any training: noise, grey, or a blurred digit?

# %% mystnb={"image": {"alt": "Eight test digits above their reconstructions by an untrained autoencoder: nearly even grey squares"}}
x_hat = keras.ops.convert_to_numpy(model(x))
fig, ax = plt.subplots(figsize=(6.5, 1.7))
plots.plot_reconstructions(x, x_hat, ax=ax)
plt.show()
print(f"pixels from {x_hat.min():.2f} to {x_hat.max():.2f}")

# %% [markdown] numbers={"0.5": "1 / (1 + exp(0))"}
# Grey with a faint grain: the untrained codes are small numbers, and a decoder that gets small numbers answers with values around $\sigma(0) = 0.5$. The codes differ already (lesson 03); the output hardly does.

# %% [markdown]
# ## Q17. How do you verify the dimensions, to be sure that the autoencoder reconstructs the data correctly?
#
# Input and output must have the same shape, the code must have the width you asked for, and the output must lie in the range of the data. Three lines of checking, before an hour of training:


# %%
def verify(model, x):
    z, x_hat = model.encoder(x), model(x)
    print(f"image {tuple(x.shape)} -> code {tuple(z.shape)} -> reconstruction {tuple(x_hat.shape)}")
    x_hat = keras.ops.convert_to_numpy(x_hat)
    assert x_hat.shape == x.shape, "input and output must have the same shape"
    assert z.shape == (len(x), model.encoder.latent_dim), "one code of the right width each"
    assert np.all((x_hat >= 0) & (x_hat <= 1)), "output must lie in the range of the data"


verify(model, test.x[:8])
verify(model, test.x[:1])  # a single image is a batch of one

# %% [markdown]
# `summary` prints the same information for whole models (the 1 is the batch the model was built with):

# %%
model.summary(line_length=80)

# %% [markdown]
# What could go wrong? Make the decoder for coloured images, say, because you copied it from another project. Encoder and decoder each work, the chain works, `model(x)` returns something. A wrong height or width would fail in the loss, deep inside `fit`, with a message that differs from backend to backend. Worse is a mismatch that *broadcasts*: shapes (28, 28, 1) and (28, 28, 3) can be subtracted without an error, and you would be training three colours on one grey image.

# %%
grey, coloured = test.x[:8, ..., :1], (*image_shape[:2], 3)
wrong = MyAutoencoder(DenseEncoder(16), DenseDecoder(coloured))
difference = grey - keras.ops.convert_to_numpy(wrong(grey))
print("no complaint; the difference has shape", difference.shape)

# %% [markdown]
# So the model itself should check. `ae_keras.Autoencoder` does, and it says what must hold and what it received:

# %%
try:
    Autoencoder(DenseEncoder(16), DenseDecoder(coloured))(grey)
except ValueError as error:
    # one line of the message; the rest is Keras's, with colour codes
    reason = next(line for line in str(error).splitlines() if "must" in line)
    print(reason.replace("\x1b[1m", "").replace("\x1b[0m", ""))

# %% [markdown]
# Apart from such checks it is our class: same parts, same weights, same pictures.

# %%
theirs = Autoencoder(DenseEncoder(16), DenseDecoder(image_shape))
theirs.set_weights(model.get_weights())
same = np.array_equal(keras.ops.convert_to_numpy(theirs(x)), keras.ops.convert_to_numpy(model(x)))
print("same output:", same)

# %% [markdown]
# ### Save and load
#
# Train it a little first, so that there is something to lose. `compile` names loss and optimizer, `fit` trains; both are the subject of the next lesson.

# %%
autoencoder = Autoencoder(DenseEncoder(16), DenseDecoder(image_shape))
backend.seed_weights(autoencoder, seed=0)
autoencoder.compile(optimizer="adam", loss="mse")
_ = autoencoder.fit(data.Batches(train.x), epochs=2, shuffle=False, verbose=0)

# %% [markdown]
# One file with the ending `.keras` holds everything needed to go on: the architecture, the weights, the compiled loss, and the optimizer with its memory of past gradients.

# %%
folder = Path(tempfile.mkdtemp())
autoencoder.save(folder / "autoencoder.keras")
loaded = keras.saving.load_model(folder / "autoencoder.keras")

before = evaluation.reconstruct(autoencoder, test.x[:100])
after = evaluation.reconstruct(loaded, test.x[:100])
print("loaded model draws the same:", np.array_equal(before, after))

# %% [markdown]
# How does the file know which encoder it was? It is a zip archive, and inside is a plain description:

# %%
with zipfile.ZipFile(folder / "autoencoder.keras") as archive:
    print(sorted(archive.namelist()))
    config = json.loads(archive.read("config.json"))
print("class  ", config["registered_name"])
print("encoder", {k: v for k, v in config["config"]["encoder"]["config"].items() if k != "dtype"})

# %% [markdown]
# The description comes from the method `get_config`, which returns the arguments of `__init__`. For numbers and words Keras writes it for you; for an argument that is itself a model, such as our encoder, it cannot. Our own class has no `get_config`, and Keras refuses to save it rather than write a file that nobody could read:

# %%
try:
    model.save(folder / "mine.keras")
except NotImplementedError as error:
    print(str(error).split("Please")[0].strip())

# %% [markdown]
# Exercise 5.2 mends that. One more condition: Keras must *know* the class by its name when it meets it in a file. `@keras.saving.register_keras_serializable()` above the class achieves that, and it is why a file of ours loads only after `import ae_keras`. (`ae_keras.load(path)` does the same as `load_model` and says in plain words what is wrong when a file is damaged, foreign or from another version.)
#
# ### On another backend
#
# The layers of Keras keep their weights in one layout on all backends, so the file does not care who wrote it. We start a fresh Python process, on another backend if you have two and on the same one otherwise, let it load the file and reconstruct the images, and compare.

# %%
script = """
import ae_keras, keras, numpy as np, sys
model = keras.saving.load_model(sys.argv[1] + "/autoencoder.keras")
x = np.load(sys.argv[1] + "/x.npy")
np.save(sys.argv[1] + "/x_hat.npy", model.predict(x, verbose=0))
"""
np.save(folder / "x.npy", test.x[:100])
others = [name for name in backend.installed() if name != keras.config.backend()]
elsewhere = others[0] if others else keras.config.backend()
subprocess.run(
    [sys.executable, "-c", script, str(folder)],
    env={**os.environ, "KERAS_BACKEND": elsewhere},
    check=True,
    capture_output=True,
)
there = np.load(folder / "x_hat.npy")
print("largest difference below 0.00001:", np.abs(there - before).max() < 1e-5)

# %% [markdown]
# The file can be opened *and trained further* anywhere. That takes some care, because Keras writes two things into a file that belong to the backend that wrote it (how the step was compiled and, on PyTorch, a private optimizer class). `ae_keras.Autoencoder` cleans them up on saving and loading; if you write models of your own, look at `portable` in `ae_keras/models/autoencoder.py`.
#
# Two more habits. Load files only from people you trust: loading a model file can run code, and Keras's `safe_mode` blocks the obvious ways, not all. And if you only need the numbers, `model.save_weights("name.weights.h5")` stores the weights alone, to be loaded into a model that you build from code.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("5.1")` gives a hint; call it again for the next one.
#
# ### Exercise 5.1: chain and verify
#
# Write `combine(encoder, decoder, x)`. It returns `(z, x_hat)` as NumPy arrays for a batch `x`, and raises a `ValueError` if `x_hat` does not have the shape of `x`. The message should contain both shapes.


# %% tags=["exercise"]
def combine(encoder, decoder, x): ...


checks.check_combine(combine)


# %% tags=["solution"]
def combine(encoder, decoder, x):
    z = encoder(x)
    x_hat = keras.ops.convert_to_numpy(decoder(z))
    if x_hat.shape != x.shape:
        raise ValueError(f"the reconstruction is {x_hat.shape}, the input {x.shape}")
    return keras.ops.convert_to_numpy(z), x_hat


checks.check_combine(combine)

# %% [markdown]
# ### Exercise 5.2: a model that can be saved
#
# Give this class a `get_config` and a `from_config`, so that it survives saving and loading. Start from `super().get_config()`. `keras.saving.serialize_keras_object(part)` turns a model into a dictionary, and `keras.saving.deserialize_keras_object(dictionary)` turns it back.


# %% tags=["exercise"]
@keras.saving.register_keras_serializable(package="exercise")
class SavedAutoencoder(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder

    def call(self, x, training=False):
        return self.decoder(self.encoder(x, training=training), training=training)


checks.check_saved_autoencoder(SavedAutoencoder)


# %% tags=["solution"]
@keras.saving.register_keras_serializable(package="exercise")
class SavedAutoencoder(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder

    def call(self, x, training=False):
        return self.decoder(self.encoder(x, training=training), training=training)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        parts = {"encoder": serialize(self.encoder), "decoder": serialize(self.decoder)}
        return super().get_config() | parts

    @classmethod
    def from_config(cls, config):
        for part in ("encoder", "decoder"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)


checks.check_saved_autoencoder(SavedAutoencoder)

# %% [markdown] numbers={"10,000": "given: an example of the quiz"}
# ## What to remember
#
# - An autoencoder takes its encoder and its decoder as arguments; `call` chains them.
# - Verify before training: shape in = shape out, width of the code, range of the output. Shapes that broadcast do not complain.
# - A `.keras` file holds architecture, weights and optimizer. It needs `get_config` and a registered class.
# - The file moves between backends.
#
# ## Quiz
#
# 1. `model.fit` runs, but a grey image was subtracted from a coloured reconstruction. Why no error? (a) Keras converts colours. (b) The shapes broadcast. (c) The sigmoid hides it.
# 2. You load a `.keras` file and get "could not locate class". (a) The file is broken. (b) The backend differs. (c) The class was not registered or its module not imported.
# 3. After training you want to send 10,000 images over a slow connection. What must be in place? (a) The encoder, on both sides. (b) The encoder at the sender, the decoder at the receiver. (c) The training data, on both sides.
#
# <details><summary>Answers</summary>
#
# 1. **b.** (28, 28, 1) stretches to (28, 28, 3) silently. Keras converts nothing (a), and a sigmoid knows no shapes (c).
# 2. **c.** Import the package first. A broken file (a) fails while unzipping; the backend (b) does not matter.
# 3. **b.** The encoder alone (a) cannot draw, and the training data (c) are no longer needed.
# </details>
#
# ## Further reading
#
# - Keras documentation, *Save, serialize, and export models*.
# - Keras documentation, *Customizing saving and serialization*: `get_config` and registered classes.

# %% tags=["receipt"]
notebook.claim(same, "the package's class must be ours")
notebook.claim(np.abs(there - before).max() < 1e-5, "the model must be the same everywhere")
notebook.claim(np.array_equal(before, after), "a loaded model must draw what the saved one drew")
notebook.receipt(parameters=autoencoder.count_params())
