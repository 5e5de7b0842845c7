# %% [markdown]
# # 05. The autoencoder
#
# *Join the two halves into one model, check that they fit, save it, and open it somewhere else.*
#
# **You will be able to**
# - combine an encoder and a decoder into one `keras.Model`, and say what makes them a pair;
# - verify shapes before you spend time on training, and read the error when they do not fit;
# - save a model with its settings, load it again, and open it on another backend.
#
# **You need** lessons 03 and 04.
#
# **Time** 25 minutes to read, 30 for the exercises, about 25 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_05 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

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
from IPython.display import Markdown, display
from keras import layers

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown]
# ## Two good halves
#
# You and two friends each train an autoencoder: the same layers, the same images, the same number of epochs. Only the seed differs. Then you send your codes to a friend, who decodes them with *her* decoder.


# %% tags=["keep"]
def trained(seed, **sizes):
    """An autoencoder; the seed chooses its initial weights and the order of the images."""
    model = Autoencoder(DenseEncoder(16, **sizes), DenseDecoder(image_shape, **sizes))
    backend.seed_weights(model, seed=seed)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
    model.fit(data.Batches(train.x, seed=seed), epochs=6, shuffle=False, verbose=0)
    return model


def error_of(x_hat):
    return evaluation.squared_error(val.x, x_hat).mean()


models = [trained(seed) for seed in range(3)]

# %% [markdown]
# **Predict.** Your encoder and her decoder are both good. What will she see: *your digits*, *your digits, a little worse*, *other digits*, or *noise*?

# %% mystnb={"image": {"alt": "Three rows of ten: digits; their soft reconstructions by the own decoder, of which a 4 is a smear and the last 2 is broken; and bright blotches with speckle by the friend's decoder, much alike and none of them a digit"}}
MINE, HERS = 0, 1  # Change this line and run again: 2, 0 or 1, 1

codes = evaluation.encode(models[MINE], val.x)
drawn = {
    "original": val.x,
    "my decoder": models[MINE].decoder.predict(codes, verbose=0),
    "her decoder": models[HERS].decoder.predict(codes, verbose=0),
}
fig, ax = plt.subplots(figsize=(8, 2.4))
plots.plot_rows({name: images[:10] for name, images in drawn.items()}, ax=ax)
plt.show()

# %% tags=["keep"]
own = [error_of(evaluation.reconstruct(model, val.x)) for model in models]
swapped = [
    error_of(b.decoder.predict(evaluation.encode(a, val.x), verbose=0))
    for a in models
    for b in models
    if a is not b
]
pca = evaluation.fit_pca(train.x, latent_dim=16)
pca_error = error_of(np.clip(evaluation.pca_reconstruct(pca, val.x), 0, 1))
mean_error = evaluation.mean_image_error(train.x, val.x)
print("squared error per image, validation")
print(f"own decoder, three seeds      {min(own):5.1f} to {max(own):5.1f}")
print(f"PCA, 16 numbers, clipped      {pca_error:5.1f}")
print(f"mean training image           {mean_error:5.1f}")
print(f"another's decoder, six pairs  {min(swapped):5.1f} to {max(swapped):5.1f}")
notebook.claim(max(own) < pca_error, "each pair that was trained together beats PCA")
notebook.claim(min(swapped) > 1.5 * mean_error, "a swapped pair is far worse than the mean image")

# %% [markdown]
# Nearest to *noise*: blotches and speckle, much alike, and nothing that you sent. Each of the three pairs beats PCA; each of the six swapped pairs does far worse than answering every code with the mean image. The sixteen numbers of a code have no meaning of their own. Encoder and decoder *agree* on one while they are trained together, and every seed leads to another agreement. An autoencoder is therefore one model, and this lesson makes it one. (Can a friend still learn to read your codes? That is exercise 5.3.)

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


# %%
model = MyAutoencoder(DenseEncoder(latent_dim=16), DenseDecoder(image_shape))
_ = model(val.x[:1])  # the first batch builds all three
for name, part in (("encoder", model.encoder), ("decoder", model.decoder), ("together", model)):
    print(f"{name:9s} {part.count_params():8,} parameters")

# %% [markdown]
# Keras notices that `self.encoder` and `self.decoder` are models and collects their weights, so one optimizer trains both halves at once.
#
# ### What `training` is for
#
# Some layers behave differently in training, such as [dropout](glossary.md#dropout), which in training sets a random part of its input to zero and otherwise does nothing. The argument `training` says whether this is training. Must a model hand it on to its parts? Here are two lazier versions of our class. One names the argument and does not pass it on; the other does not even name it.


# %%
class NotPassedOn(MyAutoencoder):
    def call(self, x, training=False):
        return self.decoder(self.encoder(x))


class NotNamed(MyAutoencoder):
    def call(self, x):
        return self.decoder(self.encoder(x))


# %% [markdown]
# To see whether dropout is at work we need no learning at all. Let the "encoder" be dropout, the "decoder" a layer that multiplies by one, and the learning rate 0. Then the loss is exactly 0, unless something was dropped. **Predict.** In which of the three classes does `fit` use the dropout?


# %%
def dropped_in_fit(kind):
    parts = layers.Dropout(0.5), layers.Dense(1, kernel_initializer="ones")
    model = kind(*parts)
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss=losses.squared_error)
    return model.fit(val.x[:64], val.x[:64], verbose=0).history["loss"][0] > 0


passed_on, named, not_named = map(dropped_in_fit, (MyAutoencoder, NotPassedOn, NotNamed))
print("MyAutoencoder: dropout in fit is", "on" if passed_on else "off")
print("NotNamed:      dropout in fit is", "on" if not_named else "off")
here = "on" if named else "off"
display(Markdown(f"NotPassedOn, on the backend that you are running: dropout in fit is **{here}**"))
notebook.claim(passed_on, "named and passed on, dropout is on")
notebook.claim(not not_named, "without the name it is off")

# %% [markdown]
# `fit` checks whether the *outermost* `call` has an argument `training`, and only then passes `training=True`. Without the name, dropout is off on every backend, and no warning is given. If `training` is named but not passed on, the answer depends on the backend. On TensorFlow and PyTorch dropout is on: `fit` calls the model as you do, and `model(x)` remembers the value for the layers inside. On JAX it is off: there `fit` must hand the weights in as arguments (lesson 06), so it goes straight to `call` and skips the step that remembers. (All this in Keras 3.15.) So name it *and* pass it on, and the model does the same everywhere.

# %% [markdown]
# ## Q16. How do you implement the forward pass of the full autoencoder by chaining Encoder and Decoder?
#
# It is the one line of `call`, $\hat x = g(f(x))$. The model's output is exactly the decoder's output for the encoder's output:

# %%
backend.seed_weights(model, seed=0)
x = val.x[:8]
x_hat = keras.ops.convert_to_numpy(model(x))
chained = keras.ops.convert_to_numpy(model.decoder(model.encoder(x)))
print("same:", np.array_equal(x_hat, chained))

# %% [markdown]
# And the halves can still be used on their own: `model.encoder(x)` gives codes, `model.decoder(z)` draws. Train the whole, use either part.
#
# **Predict.** The new model is untrained, its weights set anew. What does the chain return: noise, grey, or a blurred digit?

# %% mystnb={"image": {"alt": "Eight digits above their reconstructions by an untrained autoencoder: nearly even grey squares"}}
fig, ax = plt.subplots(figsize=(6.5, 1.7))
plots.plot_reconstructions(x, x_hat, ax=ax)
plt.show()
print(f"pixels from {x_hat.min():.2f} to {x_hat.max():.2f}")

# %% [markdown] numbers={"0.5": "1 / (1 + exp(0))"}
# Grey with a faint grain: the untrained encoder returns small numbers, and a decoder that gets small numbers answers with values around $\sigma(0) = 0.5$. The codes differ already (lesson 03); the output hardly does.
#
# And trained? Here is a chain with smaller layers, running in your browser: draw a digit, and see its sixteen numbers as bars, and what the decoder makes of them. **Predict.** A digit is moved to the right, pixel by pixel. After how many pixels has its code changed as much as if you had drawn another digit? (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Find out:** watch the bars while you move the digit, then draw another one. And which single stroke turns the picture that comes back into another digit?

# %% mystnb={"image": {"alt": "A figure to turn, as a picture: a 3 and an 8 as they are, as the autoencoder returns them, as PCA does, and the mean image"}}
small = trained(0, hidden=(96,))
samples = {f"a {label}": val.x[np.argmax(val.labels == label)] for label in (3, 8)}
widgets.draw_digit(small.encoder, small.decoder, pca, val, samples)

# %%
z = evaluation.encode(small, val.x)


def mean_distance(z_other):
    return np.linalg.norm(z - z_other, axis=1).mean()


moved = [mean_distance(evaluation.encode(small, np.roll(val.x, n, axis=2))) for n in (1, 2, 3)]
another = mean_distance(z[np.random.default_rng(0).permutation(len(z))])
print("mean distance of the codes of an image and of")
print(f"the same, 1, 2 or 3 pixels to the right: {', '.join(f'{d:.0f}' for d in moved)}")
print(f"another image, chosen at random:         {another:.0f}")
notebook.claim(0.85 < moved[2] / another < 1.05, "three pixels are nearly another image")

# %% [markdown]
# After three: a digit that was moved that far is as far away as nearly any other digit. To this network the place of a stroke is as much a part of the code as its shape, because a dense layer has weights of its own for each pixel. (Lesson 11 builds a network that knows better.)

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


verify(model, val.x[:8])
verify(model, val.x[:1])  # a single image is a batch of one

# %% [markdown]
# `summary` prints a table of a model's parts, with the shape of each output and the number of parameters. (The 1 is the batch with which the model was built; the numbers in the names are Keras's, which counts the models of each class.)

# %%
model.summary(line_length=80)

# %% [markdown]
# What could go wrong? You copy the decoder from another project, and it draws in colour: three channels, where the images have one. **Predict.** Where will Keras stop you: when the model is called, in `compile`, in `fit`, or nowhere?

# %%
grey, coloured = train.x[:2560, ..., :1], (*image_shape[:2], 3)
wrong = MyAutoencoder(DenseEncoder(16), DenseDecoder(coloured))
wrong.compile(optimizer="adam", loss="mse")
history = wrong.fit(grey, grey, batch_size=128, epochs=3, shuffle=False, verbose=0).history["loss"]
falling = history[-1] < 0.8 * history[0]
print("output", tuple(wrong(grey[:2]).shape), "for input", grey[:2].shape)
print("no complaint, and the loss falls:", falling)

# %% [markdown]
# Nowhere. Shapes (28, 28, 1) and (28, 28, 3) can be subtracted, because the single channel *broadcasts*: it is used again for each colour. You would train three colours on one grey image, and the curve would look fine. (A wrong height or width does fail in `fit`, with a message that differs from backend to backend.) So the model itself should check. `ae_keras.Autoencoder` does, as soon as it gets the two halves:

# %%
encoder = DenseEncoder(16)
_ = encoder(grey[:1])  # built for grey images, as in a project that works
try:
    Autoencoder(encoder, DenseDecoder(coloured))
except ValueError as error:
    refused = str(error)
    print(refused.split(" Received")[0])

# %% [markdown]
# That is what we wanted to hear: the two do not fit *together*. The shape in the message is the decoder's, because of the two only the decoder takes the shape of its images as an argument. Apart from such checks the class is ours: same parts, same weights, same pictures.

# %%
theirs = Autoencoder(DenseEncoder(16), DenseDecoder(image_shape))
theirs.set_weights(model.get_weights())
same = np.array_equal(keras.ops.convert_to_numpy(theirs(x)), x_hat)
print("same output:", same)

# %% [markdown]
# ### Save and load
#
# One file with the ending `.keras` holds everything needed to go on: the architecture, the weights, the compiled loss, and the optimizer with its memory of past gradients. We save the first of the three trained models.

# %%
autoencoder = models[0]
folder = Path(tempfile.mkdtemp())
autoencoder.save(folder / "autoencoder.keras")
loaded = keras.saving.load_model(folder / "autoencoder.keras")

before = evaluation.reconstruct(autoencoder, val.x[:100])
after = evaluation.reconstruct(loaded, val.x[:100])
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
# Two methods do this. `get_config` returns the arguments of `__init__` as a dictionary. `from_config` makes a model from such a dictionary. When it is called there is no model yet, so it is a **class method**: marked `@classmethod`, called on the class, and given the class itself as its first argument, which by convention is named `cls`. Unless you write another, it just calls the class with the stored arguments, `cls(**config)`:

# %%
settings = autoencoder.encoder.get_config()
twin = DenseEncoder.from_config(settings)  # the same as DenseEncoder(**settings)
print("settings:", ", ".join(name for name in settings if name in ("latent_dim", "hidden")))
print("same settings:", twin.get_config() == settings)
print("weights:", len(autoencoder.encoder.weights), "in the original,", len(twin.weights), "here")

# %% [markdown]
# The twin has the settings but no weights: `load_model` fills those in afterwards. For numbers and words Keras writes `get_config` for you. An argument that is itself a model, such as our encoder, cannot stand in a text file as it is, and for our own class Keras refuses to save rather than write a file that nobody could read:

# %%
try:
    model.save(folder / "mine.keras")
except NotImplementedError as error:
    print(str(error).split("Please")[0].strip())

# %% [markdown]
# What we need is a dictionary for each part, and a way back from it:

# %%
as_dictionary = keras.saving.serialize_keras_object(autoencoder.encoder)
print({name: as_dictionary[name] for name in ("module", "class_name")})
part = keras.saving.deserialize_keras_object(as_dictionary)
print("again a", type(part).__name__)

# %% [markdown]
# With these two, exercise 5.2 makes our class savable. One more condition: Keras must *know* the class by its name when it meets it in a file. `@keras.saving.register_keras_serializable()` above the class achieves that, and it is why a file of ours loads only after `import ae_keras`. (`ae_keras.load(path)` does the same as `load_model` and says in plain words what is wrong when a file is damaged, foreign or from another version.)
#
# ### On another backend
#
# The layers of Keras keep their weights in one layout on all backends, so it does not matter which of them wrote the file. We start a fresh Python process, on another backend if you have two and on the same one otherwise, let it load the file and reconstruct the images, and compare.

# %%
script = """
import ae_keras, keras, numpy as np, sys
model = keras.saving.load_model(sys.argv[1] + "/autoencoder.keras")
x = np.load(sys.argv[1] + "/x.npy")
np.save(sys.argv[1] + "/x_hat.npy", model.predict(x, verbose=0))
"""
np.save(folder / "x.npy", val.x[:100])
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
# The other process draws the same pictures. The file can also be *trained further* on any backend. That takes some care, because Keras writes two things into a file that belong to the backend that wrote it (how the training step was compiled and, on PyTorch, a private optimizer class). `ae_keras.Autoencoder` cleans them up on saving and loading; if you write models of your own, look at `portable` in `ae_keras/models/autoencoder.py`.
#
# Two more habits. Load files only from people you trust: loading a model file can run code, and Keras's `safe_mode` blocks the obvious ways to do so, not all of them. And if you only need the numbers, `model.save_weights("name.weights.h5")` stores the weights alone, to be loaded into a model that you build from code.

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
# Give this class a `get_config` and a `from_config`, so that it survives saving and loading. `get_config` starts from `super().get_config()`, which holds the name, and adds both parts as dictionaries. `from_config(cls, config)` gets that dictionary back: it turns the two parts into models again and calls `cls`.


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

# %% [markdown]
# ### Exercise 5.3: learn to read a friend's codes
#
# Your friend has the same images, so for each image there is a pair of codes, yours and hers. Write `translator(z_from, z_to)`: from pairs of codes, two arrays `(n, latent_dim)`, it learns a translation and returns it as a *function* from an array of codes to an array of codes. Start with the simplest that could work: each coordinate of hers as a weighted sum of all of yours plus a constant (`np.linalg.lstsq`, or a `Dense` layer that you train). The check tries it on pairs of its own, with codes that it has not shown.


# %% tags=["exercise"]
def translator(z_from, z_to): ...


checks.check_translator(translator)


# %% tags=["solution"]
def translator(z_from, z_to):
    def with_one(z):
        return np.concatenate([z, np.ones((len(z), 1))], axis=1)  # for the constant

    matrix = np.linalg.lstsq(with_one(z_from), z_to, rcond=None)[0]
    return lambda z: with_one(z) @ matrix


checks.check_translator(translator)

# %% [markdown]
# ### Exercise 5.4: how many images must you share?
#
# **Predict**: how many pairs of codes does a translation between the trained networks need, and can it be good at all if it is linear? `chain_error(n)` below measures it: your encoder, a translation that was learned from `n` pairs, her decoder; squared error per image on the validation set. Try at least four `n` between 5 and 2,560. Then set `decision = (n, errors)`: `errors` is your evidence, a dict from each `n` that you tried to its error, and `n` the smallest of them whose error is below `1.5 * pca_error`. Search until you can bracket it: the next smaller `n` that you tried must be too small, and at least two thirds of the one you choose.

# %% tags=["exercise"]
z_mine, z_hers = (evaluation.encode(model, train.x[:2560]) for model in models[:2])
z_mine_val = evaluation.encode(models[0], val.x)


def chain_error(n):
    translate = translator(z_mine[:n], z_hers[:n])
    z = np.asarray(translate(z_mine_val), "float32")
    return error_of(models[1].decoder.predict(z, verbose=0))


decision = ...

checks.check_pairs(decision, chain_error, 1.5 * pca_error)

# %% tags=["solution"]
z_mine, z_hers = (evaluation.encode(model, train.x[:2560]) for model in models[:2])
z_mine_val = evaluation.encode(models[0], val.x)


def chain_error(n):
    translate = translator(z_mine[:n], z_hers[:n])
    z = np.asarray(translate(z_mine_val), "float32")
    return error_of(models[1].decoder.predict(z, verbose=0))


errors = {n: chain_error(n) for n in (5, 10, 15, 20, 30, 40, 60, 100, 2560)}
enough = min(n for n, error in errors.items() if error < 1.5 * pca_error)
decision = (enough, errors)
print(f"5 pairs {errors[5]:.0f}, 2560 pairs {errors[2560]:.1f}; enough: {enough} pairs")
checks.check_pairs(decision, chain_error, 1.5 * pca_error)

# %% [markdown] numbers={"10,000": "given: an example of the quiz"}
# ## What to remember
#
# - An autoencoder takes its encoder and its decoder as arguments; `call` chains them. Only an encoder and a decoder that were trained together understand each other.
# - Name `training` in `call` and pass it on, or dropout may be off in `fit`.
# - Verify before training: shape in = shape out, width of the code, range of the output. Shapes that broadcast do not complain.
# - A `.keras` file holds architecture, weights and optimizer. It needs `get_config`, `from_config` and a registered class.
# - The file moves between backends.
#
# ## Quiz
#
# 1. `model.fit` runs, but a grey image was subtracted from a coloured reconstruction. Why no error? (a) Keras converts colours. (b) The shapes broadcast. (c) The sigmoid hides it.
# 2. You load a `.keras` file and get "could not locate class". (a) The file is broken. (b) The backend differs. (c) The class was not registered or its module not imported.
# 3. You want to send 10,000 images over a slow connection as codes. What must be in place? (a) An encoder at the sender, and any decoder that was trained on the same images at the receiver. (b) The two halves of one autoencoder, one on each side. (c) The training data, on both sides.
#
# <details><summary>Answers</summary>
#
# 1. **b.** (28, 28, 1) stretches to (28, 28, 3) silently. Keras converts nothing (a), and a sigmoid knows no shapes (c).
# 2. **c.** Import the package first. A broken file (a) fails while unzipping; the backend (b) does not matter.
# 3. **b.** Another decoder (a) cannot read the codes, as your friend found out, and the training data (c) are no longer needed.
# </details>
#
# ## Further reading
#
# - Keras documentation, *Save, serialize, and export models*.
# - Keras documentation, *Customizing saving and serialization*: `get_config`, `from_config` and registered classes.
# - Moschella et al. (2023), *Relative representations enable zero-shot latent space communication*, arXiv:2209.15430: codes that other decoders can read.

# %% tags=["receipt"]
notebook.claim(same, "the package's class must be ours")
notebook.claim(falling, "shapes that broadcast are trained on without a complaint")
notebook.claim("must fit together" in refused, "the message is about the pair")
notebook.claim(np.abs(there - before).max() < 1e-5, "the model must be the same everywhere")
notebook.claim(np.array_equal(before, after), "a loaded model must draw what the saved one drew")
notebook.receipt(
    parameters=autoencoder.count_params(),
    own_decoder=np.mean(own),
    another_decoder=np.mean(swapped),
)
