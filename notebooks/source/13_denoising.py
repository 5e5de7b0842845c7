# %% [markdown]
# # 13. Denoising
#
# *Corrupt the input, keep the target clean, and the network has to learn what images are like.*
#
# **You will be able to**
# - train a denoiser, with noise from the data pipeline, from a Keras layer or from a class of your own;
# - recognise the mistakes that make a denoiser look better or worse than it is;
# - measure how often its clean-looking answer is the wrong one;
# - say what it does with noise and shapes that it never saw (distribution shift).
#
# **You need** lessons 09, 11 and 12.
#
# **Time** 30 minutes to read, 35 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_13 as checks
from ae_keras import Autoencoder, ConvDecoder, ConvEncoder, DenoisingAutoencoder
from ae_keras import DenseDecoder, DenseEncoder, backend, data, evaluation, losses
from ae_keras import plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from sklearn.neighbors import KNeighborsClassifier

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]
x_train, x = train.x[:3000], val.x[:900]  # enough for the point, and quick

# %% [markdown]
# ## Noisy in, clean out
#
# Lesson 09 ended with a complaint: an autoencoder that never saw noise may *amplify* it. The cure is one line, which makes it a [denoising autoencoder](glossary.md#denoising-autoencoder): corrupt the image, encode and decode the corrupted copy $\tilde x$ (`x_noisy` in code), and compare the result with the image $x$ as it was **before**:
#
# $$L(x) = \bigl\lVert x - g(f(\tilde x)) \bigr\rVert^2, \qquad \tilde x \text{ drawn from } C(\tilde x \mid x),$$
#
# where $f$ is the encoder, $g$ the decoder and $C$ the [corruption](glossary.md#corruption), a random process that you choose. Copying the input is now a bad answer: the network must know what images look like.
#
# The network is the convolutional one of lesson 11 with a single stage. `data.Batches(x, corruption=...)` gives pairs (corrupted, clean); the model is the `Autoencoder` of lesson 05.

# %% tags=["keep"]
stddev = 0.4


def corrupt(x, rng, stddev=stddev):
    return np.clip(x + rng.normal(0, stddev, x.shape), 0, 1).astype("float32")


def trained(encoder, decoder, batches, epochs=12, learning_rate=0.002, first_bias=0.0, seed=0):
    model = backend.seed_weights(Autoencoder(encoder, decoder), seed=seed)
    last_bias = model.weights[-1]
    last_bias.assign(np.full(last_bias.shape, first_bias))
    model.compile(keras.optimizers.Adam(learning_rate), loss=losses.squared_error)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def run(model):
    """The model as a function of arrays, all images in one batch."""
    return lambda x: ops.convert_to_numpy(model(x))


def wide(batches):
    """A convolutional pair whose code is a map with 16 channels."""
    encoder = ConvEncoder(16, filters=(16,), flat=False)
    decoder = ConvDecoder(image_shape, filters=(16,), flat=False)
    grey = np.log(x_train.mean() / (1 - x_train.mean()))
    return trained(encoder, decoder, batches, 5, learning_rate=0.003, first_bias=grey)


wide_denoiser = wide(data.Batches(x_train, corruption=corrupt))

# %% mystnb={"image": {"alt": "Three rows of twelve digits: clean, speckled grey by strong noise, and cleaned, with firm strokes on a nearly black ground"}}
LEVEL = 0.4  # Change this line and run again: 0, 0.2, 0.6, 0.8
x_noisy = corrupt(x, np.random.default_rng(1), LEVEL)
rows = {"clean": x[:12], "noisy": x_noisy[:12]}
rows["cleaned"] = run(wide_denoiser)(x_noisy[:12])
fig, ax = plt.subplots(figsize=(8, 2.2))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# **Change this line and run again:** `LEVEL` is the strength of the noise in the picture, in the unit of the pixels; the network was trained with 0.4 only. (The rest of the lesson uses 0.4 whatever you choose here.)
#
# A few seconds of training, and images that the network has never seen come back clean. (Its last bias starts at $\log \frac{m}{1 - m}$, where $m$ is the mean brightness: an even grey. Started at 0, such a decoder may overshoot to black and stay there.)
#
# Is it as good as it looks? Let us look at the noise, compare with baselines, and ask a reader who is not impressed by firm strokes.

# %% [markdown]
# ## What the noise does
#
# Three corruptions are common. *Gaussian*: add normal noise to each pixel and clip to [0, 1]. *Salt and pepper*: a fraction of the pixels, here 0.2, becomes black or white. *Masking*: the same fraction becomes black.

# %% tags=["keep"] mystnb={"image": {"alt": "Four rows of ten digits: clean, with Gaussian noise, with black and white specks, and with a fifth of the pixels blackened, visible as holes in the strokes"}}
corruptions = {
    "Gaussian": corrupt,
    "salt and pepper": lambda x, rng: data.salt_and_pepper(x, 0.2, rng),
    "masking": lambda x, rng: data.masking(x, 0.2, rng),
}
noisy = {name: spoil(x, np.random.default_rng(1)) for name, spoil in corruptions.items()}
fig, ax = plt.subplots(figsize=(8, 3.4))
plots.plot_rows({"clean": x[:10]} | {name: images[:10] for name, images in noisy.items()}, ax=ax)
plt.show()


# %% tags=["keep"]
def error(x_hat, x=x):
    """Squared error per image, against the clean images unless told otherwise."""
    return evaluation.squared_error(x, x_hat).mean()


mean_error = evaluation.mean_image_error(train.x, x)
black, white = x < 0.02, x > 0.98
print(f"the mean image is off by {mean_error:.1f} (squared error per image)")
for name, images in noisy.items():
    print(f"{name:15s} {error(images):5.1f}", end="   ")
    print(f"black pixels become {images[black].mean():.2f}, white ones {images[white].mean():.2f}")

# %% [markdown] numbers={"0.16": "0.4 / sqrt(2 * pi)"}
# In squared error, images with Gaussian noise or with salt and pepper are farther from the truth than the mean image, which shows no digit at all. Yet *we* can read most of them: there is something to win.
#
# Read the last columns as well: **clipped noise does not have mean zero.** A black pixel can only get brighter, on average by $0.4 / \sqrt{2 \pi} = 0.16$, and a white one only darker. A denoiser has to learn this shift as well.
#
# Masking looks like a job for `keras.layers.Dropout`. It is not: dropout *rescales* what survives to keep the mean.

# %%
ones = np.ones((1, 100, 100, 1), "float32")
dropped = ops.convert_to_numpy(layers.Dropout(0.2, seed=0)(ones, training=True))
for name, result in (("dropout", dropped), ("masking", data.masking(ones, 0.2, seed=0))):
    print(f"{name}: values {[f'{value:.2f}' for value in np.unique(result)]}")

# %% [markdown] numbers={"1.25": "1 / (1 - 0.2)"}
# A white pixel becomes 1.25, which no image has: right for units inside a network, wrong for pixels.

# %% [markdown] numbers={"64 numbers, trained": "given: the code below", "twice as many": "12 / 5 - 0.2", "64 components, clipped": "given: the code below"}
# ## Baselines, and a narrow network
#
# Compare the wide denoiser (so called for its large code) with four others:
#
# - the **plain** autoencoder: the same network, trained without noise;
# - a **narrow** denoiser: dense layers and a code of 64 numbers, trained with noise for more than twice as many epochs;
# - **PCA** with 64 components, clipped to [0, 1];
# - the **best linear denoiser**: take all noisy training images $\tilde X$ (one a row), their clean originals $X$, and solve $\tilde X W \approx X$ for the matrix $W$ by least squares, with a small penalty $\lambda \lVert W \rVert^2$ (*ridge regression*). One equation, no training.
#
# **Predict.** How many of the four come within a factor of two of the wide denoiser's error on noisy images? And which of the five is best on *clean* images?


# %% tags=["keep"]
def linear_denoiser(x_noisy, x, penalty=100):
    """The best linear map (with an offset) from noisy to clean images, as a function."""
    a = np.column_stack([x_noisy.reshape(len(x), -1), np.ones(len(x))]).astype("float64")
    w = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ x.reshape(len(x), -1))

    def denoise(x):
        flat = np.column_stack([x.reshape(len(x), -1), np.ones(len(x))])
        return np.clip(flat @ w, 0, 1).astype("float32").reshape(x.shape)

    return denoise


def narrow(batches, epochs=12):
    return trained(DenseEncoder(64), DenseDecoder(image_shape), batches, epochs)


fixed_copy = corrupt(x_train, np.random.default_rng(2))
pca = evaluation.fit_pca(x_train, 64)
wide_plain = wide(data.Batches(x_train))
narrow_denoiser = narrow(data.Batches(x_train, corruption=corrupt))
methods = {
    "leave it as it is": lambda x: x,
    "PCA, 64": lambda x: np.clip(evaluation.pca_reconstruct(pca, x), 0, 1),
    "linear denoiser": linear_denoiser(fixed_copy, x_train),
    "plain, wide": run(wide_plain),
    "narrow denoiser": run(narrow_denoiser),
    "wide denoiser": run(wide_denoiser),
}

# %% tags=["keep"]
x_noisy = noisy["Gaussian"]
outputs = {name: method(x_noisy) for name, method in methods.items()}
errors = {name: error(x_hat) for name, x_hat in outputs.items()}
clean_in = {name: error(method(x)) for name, method in methods.items()}
print("squared error to the clean image   noisy in   clean in")
for name in methods:
    print(f"{name:32s} {errors[name]:10.1f} {clean_in[name]:10.1f}")
notebook.claim(errors["wide denoiser"] < errors["linear denoiser"], "local filters beat a matrix")
notebook.claim(
    errors["linear denoiser"] < 0.75 * errors["narrow denoiser"], "and it beats the narrow network"
)
notebook.claim(clean_in["plain, wide"] < 0.7 * clean_in["wide denoiser"], "clean: plain is best")

# %% [markdown] numbers={"a tenth": "6.6 / 62.6", "twice its error,": "seen: the table", "6.6": "measured: denoising.json rows.digits.figures: wide_error_least", "6.8": "measured: denoising.json rows.digits.figures: wide_error_most", "8.3": "measured: denoising.json rows.digits.figures: linear_error_least", "8.5": "measured: denoising.json rows.digits.figures: linear_error_most", "13.7": "measured: denoising.json rows.digits.figures: narrow_error_least", "14.1": "measured: denoising.json rows.digits.figures: narrow_error_most", "9.1": "measured: denoising.json rows.mnist.figures: wide_error_least", "9.2": "measured: denoising.json rows.mnist.figures: wide_error_most", "12.2": "measured: denoising.json rows.mnist.figures: linear_error_least", "12.3": "measured: denoising.json rows.mnist.figures: linear_error_most", "20.4": "measured: denoising.json rows.mnist.figures: narrow_error_least", "21.9": "measured: denoising.json rows.mnist.figures: narrow_error_most"}
# The wide denoiser leaves about a tenth of the error that the noise put in, the least of all. Two of the four have less than twice its error, and the runner-up is no network: **the linear denoiser is well ahead of the narrow one**. The other is the plain network, which never saw noise and still removes most of it (we shall see why).
#
# On clean images the plain network wins, because a denoiser distrusts details, true ones too. (The narrow one gains almost nothing from a clean input: it distorts digits with or without noise.) So never evaluate a denoiser with clean images: you would pick the wrong model.
#
# Was it luck? With three seeds (weights, order and noise) the wide denoiser's error was 6.6 to 6.8, the linear one's 8.3 to 8.5, the narrow one's 13.7 to 14.1. Is it the data? Our digits were enlarged from 8 × 8 pixels, and such smooth pictures suit a linear method. On MNIST, real scans of 28 × 28, they were 9.1 to 9.2, 12.2 to 12.3 and 20.4 to 21.9: the same order.

# %% [markdown]
# ## Which digit is it now?
#
# People clean digits in order to *read* them. As a reader take the five nearest neighbours (lesson 03) among all clean training images, and compare its answer for the clean image with its answer for the noisy or the cleaned one. Where they differ, the picture shows **another digit** to this reader.
#
# **Predict.** The noise puts in ten times the error that the wide denoiser leaves. How much more often does the reader change its mind over noisy images than over the cleaned ones?


# %% tags=["keep"]
knn = KNeighborsClassifier(5).fit(train.x.reshape(len(train), -1), train.labels)


def votes(images):
    """For each image, the shares of its five neighbours in each of the ten classes."""
    return knn.predict_proba(images.reshape(len(images), -1))


# %%
before = votes(x).argmax(axis=1)
false, certain = {}, {}
print("read as another digit       by most   by all five neighbours")
for name, x_hat in outputs.items():
    after = votes(x_hat)
    false[name] = after.argmax(axis=1) != before
    certain[name] = false[name] & (after.max(axis=1) == 1)
    print(f"{name:25s} {false[name].mean():8.1%} {certain[name].mean():12.1%}")
rate = {name: np.mean(changed) for name, changed in false.items()}
notebook.claim(rate["narrow denoiser"] > 1.5 * rate["leave it as it is"], "narrow: more false ones")
notebook.claim(rate["wide denoiser"] > 0.8 * rate["leave it as it is"], "wide: no fewer")

# %% mystnb={"image": {"alt": "Five rows of eight digits: clean, noisy, and three denoisers. The narrow one draws smooth shapes, two of them pale, some of which are another digit, such as a 3 for a 9; the linear one has grey halos, the wide one mostly keeps the digit. Below each column, what the reader sees in the clean and in the narrow one's picture, such as 9 and 3"}}
shown = np.flatnonzero(certain["narrow denoiser"])[:8]
rows = {"clean": x[shown], "noisy": x_noisy[shown]}
rows |= {name: outputs[name][shown] for name in ("linear denoiser", "narrow denoiser")}
rows["wide denoiser"] = outputs["wide denoiser"][shown]
fig, ax = plt.subplots(figsize=(8, 5))
plots.plot_rows(rows, title="false digits of the narrow denoiser, all neighbours agree", ax=ax)
pairs = zip(before[shown], votes(outputs["narrow denoiser"][shown]).argmax(axis=1), strict=True)
ax.set_xticks(13.5 + 30 * np.arange(8), [f"{old} → {new}" for old, new in pairs])
ax.set_xlabel("read from the clean image → from the narrow denoiser's")
plt.show()

# %% [markdown] numbers={"4.1 to 5.0": "measured: denoising.json rows.digits.figures: 100 * noisy_false_least", "5.0": "measured: denoising.json rows.digits.figures: 100 * noisy_false_most", "4.6 to 5.9": "measured: denoising.json rows.digits.figures: 100 * wide_false_least", "5.9": "measured: denoising.json rows.digits.figures: 100 * wide_false_most", "9.7 to 11.4": "measured: denoising.json rows.digits.figures: 100 * narrow_false_least", "11.4": "measured: denoising.json rows.digits.figures: 100 * narrow_false_most", "1.1 to 1.4": "measured: denoising.json rows.digits.figures: 100 * narrow_unanimous_least", "1.4": "measured: denoising.json rows.digits.figures: 100 * narrow_unanimous_most", "3.4 per cent,": "measured: denoising.json rows.mnist.figures: 100 * noisy_false", "4.3": "measured: denoising.json rows.mnist.figures: 100 * wide_false", "12.9": "measured: denoising.json rows.mnist.figures: 100 * narrow_false"}
# **It does not change its mind more often over noisy images.** With three seeds, 4.1 to 5.0 per cent of the noisy images are read as another digit, 4.6 to 5.9 per cent after the wide denoiser, and 9.7 to 11.4 per cent after the narrow one. (On MNIST: 3.4 per cent, 4.3 and 12.9.) The reader copes with noise by itself, because it compares all pixels at once, and it cannot undo what a denoiser has decided wrongly. Less error is not more information.
#
# The last column is the central danger: 1.1 to 1.4 per cent of the narrow denoiser's pictures are another digit to *all five* neighbours. In the second column a 9 has become a 3, in the fourth a 5 something like a 9, and in the last a 9 a 5. Nothing there says "I am guessing". A narrow network draws what it knows (people say that it *hallucinates*), and firm strokes say nothing about truth. The linear denoiser's halos at least show its doubt. In an archive, a hospital or a court, a noisy original that one can doubt is worth more than a flawless forgery.

# %% [markdown]
# ## When to draw the noise
#
# Why not add the noise once, before training? **Predict.** A network sees one noisy copy of its images in every epoch, another gets new noise each time. Compare their errors on *that* copy, on new noise over the same images, and on new images.
#
# The third network has a classic bug: `fit(x_noisy)` without a target, so that the *noisy* image is its own target. Few images and many epochs make the effects clear.

# %%
few, few_noisy = x_train[:500], fixed_copy[:500]
few_new = corrupt(few, np.random.default_rng(3))
ways = {
    "new noise each time": narrow(data.Batches(few, corruption=corrupt), epochs=40),
    "one noisy copy": narrow(data.Batches(few_noisy, target=few), epochs=40),
    "noisy target (bug)": narrow(data.Batches(few_noisy), epochs=40),
}
drawn = {
    name: (error(run(m)(few_noisy), few), error(run(m)(few_new), few), error(run(m)(x_noisy)))
    for name, m in ways.items()
}
print("squared error to clean   that copy   new noise   new images")
for name, (that_copy, new_noise, on_new) in drawn.items():
    print(f"{name:22s} {that_copy:11.1f} {new_noise:11.1f} {on_new:12.1f}")
that_copy, new_noise, _ = drawn["one noisy copy"]
notebook.claim(new_noise > 1.15 * that_copy, "one copy is memorised")
notebook.claim(
    drawn["noisy target (bug)"][2] > 1.4 * drawn["new noise each time"][2],
    "the bug shows only here",
)

# %% [markdown] numbers={"18.3": "measured: denoising.json rows.digits.figures: fresh_val_least", "18.9": "measured: denoising.json rows.digits.figures: fresh_val_most", "19.3": "measured: denoising.json rows.digits.figures: copy_val_least", "20.6": "measured: denoising.json rows.digits.figures: copy_val_most"}
# With one copy the network does best on *that* copy and clearly worse on new noise over the very same digits: it has begun to [overfit](glossary.md#overfitting). With new noise each time the first two columns agree: there is nothing to memorise. Fresh noise is free *data augmentation*. On new images its advantage is small: with three seeds, 18.3 to 18.9 against 19.3 to 20.6.
#
# The bug raises no error; only the comparison with clean images shows it. The network is asked to reproduce noise, and only its narrow code keeps it from doing so.

# %% [markdown]
# ## Noise as a layer
#
# Keras has a layer that adds noise in `fit` and nothing in `predict`:

# %%
encoder = keras.Sequential([layers.GaussianNoise(stddev, seed=0), DenseEncoder(64)])
by_layer = run(trained(encoder, DenseDecoder(image_shape), data.Batches(x_train)))

# %% [markdown]
# **Predict.** Layers, weights, images and epochs are those of the narrow denoiser. Will its error on our noisy images be the same?

# %%
layer_error = error(by_layer(x_noisy))
print(f"narrow denoiser {errors['narrow denoiser']:.1f}, with GaussianNoise {layer_error:.1f}")
notebook.claim(layer_error > 1.03 * errors["narrow denoiser"], "not clipped, not the same noise")

# %% [markdown] numbers={"0.16": "given: lesson 13, above", "15.1": "measured: denoising.json rows.digits.figures: layer_error_least", "16.4": "measured: denoising.json rows.digits.figures: layer_error_most", "13.7": "measured: denoising.json rows.digits.figures: narrow_error_least", "14.1": "measured: denoising.json rows.digits.figures: narrow_error_most", "11.9": "measured: denoising.json rows.digits.figures: layer_unclipped_least", "12.6": "measured: denoising.json rows.digits.figures: layer_unclipped_most"}
# No. `GaussianNoise` does not clip: it trained with noise of mean zero, and our test noise shifts black to 0.16. With three seeds, its error was 15.1 to 16.4 on clipped noise, against the narrow denoiser's 13.7 to 14.1, and 11.9 to 12.6 on unclipped noise, which it knows. **Train with the corruption that you will meet**, down to the clipping.
#
# When no layer does what you need, write it into `call`:


# %%
class MyDenoisingAutoencoder(Autoencoder):
    def __init__(self, encoder, decoder, level=0.3, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.level = level
        self.noise = keras.random.SeedGenerator(seed)

    def call(self, x, training=False):
        if training:
            noise = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
            x = ops.clip(x + self.level * noise, 0, 1)
        return super().call(x, training=training)


# %% [markdown]
# `fit` compares the output with the clean `x`, because the noisy one exists only inside `call`. The `SeedGenerator` holds a *state* that changes with every draw. **Predict** what a plain `seed=0` gives in two calls.

# %%
integer = [ops.convert_to_numpy(keras.random.normal((2, 3), seed=0)) for _ in range(2)]
generator = keras.random.SeedGenerator(0)
moving = [ops.convert_to_numpy(keras.random.normal((2, 3), seed=generator)) for _ in range(2)]
print("integer seed, two draws equal: ", np.array_equal(*integer))
print("SeedGenerator, two draws equal:", np.array_equal(*moving))
parts = DenseEncoder(64), DenseDecoder(image_shape)
mine = backend.seed_weights(MyDenoisingAutoencoder(*parts, level=stddev), seed=0)
theirs = DenoisingAutoencoder(*parts, corruption="gaussian", level=stddev)  # the same two parts
images = ops.convert_to_tensor(x[:50])
a, b = (ops.convert_to_numpy(model(images, training=True)) for model in (mine, theirs))
print("the package's class, the same: ", np.allclose(a, b, atol=1e-5))

# %% [markdown]
# With an integer, every training step adds the *same* noise to the first image of a batch, the same to the second, and so on: fixed patterns, which can be memorised like the one copy above. The last line says that the package's `DenoisingAutoencoder` does the same as our class.
#
# Noise in the model travels with it. Noise in the pipeline is the same on every backend and can be anything that NumPy can do, so most of this course uses it.

# %% [markdown]
# ## What a denoiser learns: arrows
#
# Images are hard to draw as points, so take data that are points: on a curve in the plane, the simplest [manifold](glossary.md#manifold). A small dense network gets points pushed off the curve and has to return them; a second one is trained without noise. For points all over the plane we draw an arrow from the point to the answer.


# %%
def on_curve(n, rng):
    angle = rng.uniform(0, 1.5 * np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype("float32")


def taught(noise, n_epochs=40):
    rng = np.random.default_rng(0)
    points = np.tile(on_curve(2000, rng), (n_epochs, 1))  # the epochs one after the other
    pushed = (points + noise * rng.normal(size=points.shape)).astype("float32")
    dense = [layers.Dense(64, "gelu"), layers.Dense(64, "gelu"), layers.Dense(2)]
    model = backend.seed_weights(keras.Sequential([keras.Input((2,)), *dense]), seed=0)
    model.compile(keras.optimizers.Adam(0.005), loss="mse")
    model.fit(pushed, points, batch_size=128, shuffle=False, verbose=0)
    return run(model)


returns = {"trained without noise": taught(0.0), "trained with noise 0.2": taught(0.2)}

# %% mystnb={"image": {"alt": "Two panels with three quarters of a circle. Left, trained without noise: arrows of almost no length, longer only in the corners. Right, trained with noise: arrows from all sides end on or near the circle, except in the gap and near its centre"}}
grid = np.stack(np.meshgrid(*[np.linspace(-1.4, 1.4, 12)] * 2), axis=-1)
grid = grid.reshape(-1, 2).astype("float32")
fig, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True)
for ax, (name, way) in zip(axes, returns.items(), strict=True):
    step = way(grid) - grid
    ax.plot(*on_curve(1500, np.random.default_rng(1)).T, ".", markersize=2, color="0.6")
    ax.quiver(*grid.T, *step.T, angles="xy", scale_units="xy", scale=1, width=0.005, color="C0")
    ax.set(title=name, xlabel="$x_1$", aspect="equal", xlim=(-1.7, 1.7), ylim=(-1.7, 1.7))
axes[0].set_ylabel("$x_2$")
plt.show()

# %%
points = on_curve(500, np.random.default_rng(2))
pushed = (points + np.random.default_rng(3).normal(0, 0.2, points.shape)).astype("float32")
curve = on_curve(4000, np.random.default_rng(4))


def distance(points):
    return np.linalg.norm(points[:, None] - curve[None], axis=2).min(axis=1).mean()


before_after = {name: distance(way(pushed)) for name, way in returns.items()}
print(f"mean distance from the curve: noisy points {distance(pushed):.2f}")
for name, value in before_after.items():
    print(f"{name}: {value:.2f}")
middle = np.linalg.norm(returns["trained with noise 0.2"](np.zeros((1, 2), "float32")))
print(f"the answer for the middle (0, 0) lies {middle:.1f} from it, the curve 1.0")
left = {name: value / distance(pushed) for name, value in before_after.items()}
notebook.claim(left["trained with noise 0.2"] < 0.35, "back to the data, to about a quarter")
notebook.claim(abs(left["trained without noise"] - 1) < 0.15, "without noise, nothing is moved")
notebook.claim(middle < 0.5, "nearer to the middle than to any data")

# %% [markdown] numbers={"a quarter": "0.04 / 0.16"}
# Without noise the network returns every point near the curve as it is: it has learned to copy. With noise the arrows point **back to the data**, and the points end at about a quarter of their distance from the curve. The answer of least expected squared error is the mean of all clean points that may have led to this noisy one, weighted by how likely each is. For weak normal noise of standard deviation $\sigma$ one can show (Alain & Bengio, below)
#
# $$r(\tilde x) - \tilde x \approx \sigma^2 \, \nabla \log p(\tilde x),$$
#
# where $r = g \circ f$ is the denoiser and $p$ the density of the data: the arrows go uphill in probability. Chains of such denoisers, from strong noise to weak, are how diffusion models draw pictures.
#
# Now look at the middle, which is equally far from every part of the curve. The answer lies between its arms, 0.1 from the centre: **a point that is no data**.

# %% [markdown] numbers={"3136": "14 * 14 * 16"}
# ## A code larger than the picture
#
# How many numbers has the wide network's code? $14 \times 14 \times 16 = 3136$, for 784 pixels: it is [overcomplete](glossary.md#overcomplete). Lesson 12 showed that this *allows* copying, which only some models learn. Test it: add a perturbation to digits, a tiny one and one as strong as our noise, and see how much of it comes back in its own place, where the pixel is black and where it is grey.

# %%
code = run(wide_denoiser.encoder)(x[:1])
print(f"numbers in the code: {code.size}, in the image: {x[0].size}")
digits = x[:300]
unit = np.random.default_rng(1).normal(0, 1, digits.shape).astype("float32")
places = {"black": digits < 0.02, "grey": (digits > 0.3) & (digits < 0.7)}
returned = {}
print("share returned where the pixel is   black (below 0.02)   grey (0.3 to 0.7)")
for name, way in (("plain", run(wide_plain)), ("denoiser", run(wide_denoiser))):
    for size in (0.01, 0.4):
        e = size * unit
        moved = way(digits + e) - way(digits)
        for place, where in places.items():
            returned[name, size, place] = (moved * e)[where].sum() / (e * e)[where].sum()
        black_share, grey_share = (returned[name, size, place] for place in places)
        print(f"{name:9s} perturbation {size:4.2f} {black_share:26.2f} {grey_share:19.2f}")
notebook.claim(
    returned["plain", 0.01, "black"] < 0.1 < 0.2 < returned["plain", 0.01, "grey"],
    "the sigmoid holds black, and lets grey through",
)

# %% [markdown] numbers={"four times more": "3136 / 784", "five epochs the": "given: the code above", "9.8 against 6.6,": "9.8", "6.6, because one": "6.6", "0.4": "given: the code above"}
# Two things keep the plain network from passing on noise, although it has four times more numbers than it needs. First, the sigmoid: at black pixels it is nearly flat, so almost nothing comes through (lesson 12). Second, even at grey pixels only 0.30 of a tiny perturbation returns: after five epochs the network copies strokes, not pixels. Most pixels are black, so most of the noise stays outside.
#
# That was luck: it depends on black backgrounds, this output and short training. These shares, which count only what returns in its own place, hardly distinguish the two networks, even for a perturbation of 0.4. Their errors under noise do, 9.8 against 6.6, because one of them was trained for it. With noise in training the code may be as large as you like.

# %% [markdown]
# ## Noise and shapes it never saw
#
# Our denoisers know digits, and noise of strength 0.4. **Predict** the curves of the error against the strength of the noise: where is the wide denoiser ahead of the others, and is it of use on nearly clean images?

# %% mystnb={"image": {"alt": "Squared error against noise: leaving images alone rises steeply from zero and out of the picture; the plain network starts at 1.5 and rises to 51; linear and wide denoiser start near 3 and stay below 30, the wide one lower from 0.3 to 0.6, the linear one lower at 0.8"}}
levels = np.arange(0, 0.81, 0.1)
shown = {
    "leave it as it is": "--",
    "plain, wide": "-.",
    "linear denoiser": ":",
    "wide denoiser": "-",
}
by_level = {name: [] for name in shown}
for level in levels:
    spoilt = corrupt(x, np.random.default_rng(4), level)
    for name in shown:
        by_level[name].append(error(methods[name](spoilt)))
fig, ax = plt.subplots(figsize=(7, 3.4))
for name, style in shown.items():
    (line,) = ax.plot(levels, by_level[name], style)
    place = (0.81, by_level[name][-1]) if by_level[name][-1] < 68 else (0.13, 40)
    ax.text(*place, name, color=line.get_color(), va="center")
ax.axvline(stddev, color="0.45", linewidth=1)
ax.text(0.41, 40, "trained here", color="0.35")
ax.set(xlabel="standard deviation of the noise", ylabel="squared error per image")
ax.set(xlim=(0, 1.02), ylim=(0, 68), xticks=levels[::2])
plt.show()
print("noise          ", *(f"{level:5.1f}" for level in levels))
for name, values in by_level.items():
    print(f"{name:17s}" + " ".join(f"{value:5.1f}" for value in values))

# %% [markdown] numbers={"0.6, around the": "seen: the table", "0.2 the plain": "seen: the table", "0.6 the linear": "seen: the table"}
# The wide denoiser is ahead between 0.3 and 0.6, around the strength that it knows. Up to 0.2 the plain network is better, beyond 0.6 the linear denoiser. And on clean images the wide denoiser makes an error of 3.0: if there is next to no noise, leave the image alone. So a denoiser learns a strength along with the images. If you do not know the strength, train with all (*blind denoising*): exercise 13.2.
#
# So far all noise was Gaussian. Here are the two wide networks, running in your browser, with six validation digits and noise that you choose; the level is the standard deviation, or the fraction of the pixels hit. **Predict.** The denoiser has met Gaussian noise only. Will it still be ahead of the plain network with salt and pepper at a level of 0.2? And with masking? (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Find out:** with one of the kinds the denoiser is behind the plain network at every level, and from some level on does more harm than the noise. Which kind, and from which level?

# %% mystnb={"image": {"alt": "A figure to turn, as it is at first: four rows of six digits, clean, with strong Gaussian noise, as the plain network returns them, greyish and with rough edges, and as the denoiser does, clean"}}
widgets.noise({"plain": wide_plain, "denoiser": wide_denoiser}, x[:300])

# %% [markdown] numbers={"0.2": "seen: the figure to turn", "0.4": "seen: the figure to turn, and the code above"}
# Masking, from about 0.4 on (press *New noise*: it varies). Salt and pepper, which it never met either, the denoiser takes off better than the plain network at 0.2 and above: to its filters, white and black specks are like strong Gaussian noise. Masking only takes light away, and a network that has learned to take away grey takes some more from the strokes that are left. **What counts is how like the new noise is to the old**, not whether it has the same name.
#
# Now images of another kind: printed capital letters, with noise of strength 0.4. **Predict** which denoiser will cope better, the narrow one or the wide one.

# %% mystnb={"image": {"alt": "Five rows of ten letters: clean, noisy, the narrow denoiser's smudges, some like digits and two on a grey ground, the linear denoiser's ghostly letters, and the wide denoiser's readable letters"}}
letters = data.load("glyphs", "test").x[:600]
letters_noisy = corrupt(letters, np.random.default_rng(5))
on_letters = {name: error(method(letters_noisy), letters) for name, method in methods.items()}
rows = {"clean": letters[:10], "noisy": letters_noisy[:10]}
for name in ("narrow denoiser", "linear denoiser", "wide denoiser"):
    rows[name] = methods[name](letters_noisy[:10])
fig, ax = plt.subplots(figsize=(8, 4.2))
plots.plot_rows(rows, ax=ax)
plt.show()
print("squared error    digits  letters")
for name, value in on_letters.items():
    print(f"{name:17s} {errors[name]:5.1f} {value:8.1f}")
notebook.claim(
    on_letters["wide denoiser"] < 0.5 * on_letters["narrow denoiser"], "local filters carry over"
)

# %% [markdown] numbers={"64": "given: the code above", "three quarters": "46.5 / 63.0", "46.6": "measured: denoising.json rows.digits.figures: narrow_letters_least", "50.1": "measured: denoising.json rows.digits.figures: narrow_letters_most", "13.5": "measured: denoising.json rows.digits.figures: wide_letters_least", "14.1": "measured: denoising.json rows.digits.figures: wide_letters_most"}
# The narrow denoiser sees digits everywhere: the Q becomes a 0, and most other letters become smudges; three quarters of the noise's error remain. The wide denoiser has never seen a letter either, but its filters look at a few pixels at a time, and pieces of strokes are the same in letters and digits: less than a quarter is left. (Three seeds: 46.6 to 50.1 against 13.5 to 14.1.) The bottleneck alone does not explain the failure: PCA, also with 64 numbers, has 25.6. Its sums of components come closer to letters than anything that the narrow decoder has learned to draw.
#
# Now shapes of your own, for a narrow denoiser small enough to run in your browser. **Predict.** You draw a triangle, clean and without any noise. What comes back: the triangle, a blur, or a digit? **Find out:** change the letter stroke by stroke until the denoiser returns what you have drawn. What have you drawn then?

# %% mystnb={"image": {"alt": "A figure to turn, as a picture: a noisy digit, a letter N and a triangle, and below them what the denoiser returns: a digit, a speckled blur and a 0"}}
triangle = np.zeros(image_shape, "float32")
for row in range(6, 22):
    for column in (14 - row // 2 + 2, 14 + row // 2 - 3):
        triangle[row, column : column + 2] = 1
triangle[20:22, 6:23] = 1
small = DenseEncoder(32, hidden=(96,)), DenseDecoder(image_shape, hidden=(96,))
small = trained(*small, data.Batches(x_train, corruption=corrupt), epochs=10)
samples = {"noisy digit": x_noisy[0], "letter": letters[0], "triangle": triangle}
widgets.draw_digit(small.encoder, small.decoder, None, val, samples)

# %%
one = triangle[None]
of_triangle = {"narrow": error(run(small)(one), one), "wide": error(run(wide_denoiser)(one), one)}
print("triangle, squared error:", ", ".join(f"{k} {v:.0f}" for k, v in of_triangle.items()))
notebook.claim(of_triangle["narrow"] > 4 * of_triangle["wide"], "the wide one keeps a triangle")

# %% [markdown] numbers={"a quarter": "given: a threshold"}
# A digit: the triangle comes back as a *0* on speckled ground, and so it did with two more seeds. The narrow denoiser has no strokes but those of its digits, so whatever you coax out of it is one. The wide one, which sees a few pixels at a time, returns a triangle, with less than a quarter of the error.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("13.1")` gives a hint; call it again for the next one.
#
# ### Exercise 13.1: noise of every strength
#
# Write the corruption `any_level(x, rng)`: for *each image* a standard deviation drawn uniformly between 0 and 0.8, then normal noise of that strength for its pixels, clipped to [0, 1], float32.


# %% tags=["exercise"]
def any_level(x, rng): ...


checks.check_any_level(any_level)


# %% tags=["solution"]
def any_level(x, rng):
    stddev = rng.uniform(0, 0.8, (len(x), 1, 1, 1))  # one for each image, for all its pixels
    return np.clip(x + stddev * rng.normal(size=x.shape), 0, 1).astype("float32")


checks.check_any_level(any_level)

# %% [markdown]
# ### Exercise 13.2: a blind denoiser
#
# Train a denoiser for an unknown strength: under noise of 0.8 it should have at least 8 per cent less error than our wide denoiser, and under noise of 0.4, which that one knows, at most 15 per cent more. Set `blind` to a function from noisy to clean images (`run(model)` is one).

# %% tags=["exercise"]
blind = ...


checks.check_blind(blind, x[:300], methods["wide denoiser"])

# %% tags=["solution"]
blind = run(wide(data.Batches(x_train, corruption=any_level)))
checks.check_blind(blind, x[:300], methods["wide denoiser"])

# %% [markdown]
# ### Exercise 13.3: decide, and show why
#
# Which of the five would you put before a machine that sorts mail by handwritten postcodes? Or before a reader in an archive, whose pages are mostly clean? Choose a use, then set `decision = (choice, reason, numbers)`:
#
# - `choice` is one of the names in `outputs`, without `"leave it as it is"`;
# - `reason` is `"error"` (squared error per image, noisy in), `"false"` (the fraction of images that `votes` reads as another digit than the clean one, noisy in) or `"clean"` (squared error per image, clean in);
# - `numbers` is your evidence: a dict from each of the five names to that measure, from `outputs` (noisy in) or `cleaned` (clean in) below.
#
# There is more than one defensible choice. The check asks whether your numbers support it; differences that another seed might reverse count as ties.

# %% tags=["keep"]
cleaned = {name: method(x) for name, method in methods.items()}

# %% tags=["exercise"]
decision = ...


checks.check_use(decision, x, outputs, cleaned, votes)

# %% tags=["solution"]
names = [name for name in outputs if name != "leave it as it is"]
read = votes(x).argmax(axis=1)
numbers = {name: np.mean(votes(outputs[name]).argmax(axis=1) != read) for name in names}
decision = ("plain, wide", "false", numbers)
checks.check_use(decision, x, outputs, cleaned, votes)

# %% [markdown] numbers={"8 into a": "given: an example", "2. What would": "given: an example"}
# ## What to remember
#
# - Noisy in, clean out, new noise every time. Test with noisy images too, with the corruption that you will meet.
# - A clean-looking answer can be the wrong one. Count what is read wrongly, not only squared errors.
# - A denoiser points towards the data; between two likely answers it may draw neither.
# - Local filters carry over to new shapes; a narrow network draws what it knows.
# - Noise inside `call` needs a `SeedGenerator`, never an integer. Masking is not dropout.
#
# ## Quiz
#
# 1. With one fixed noisy copy the training loss is lower than with new noise each time. So (a) it is the better denoiser; (b) it overfits the noise; (c) new noise is a bug.
# 2. On clean images the plain autoencoder beats the denoiser. (a) The denoiser is broken. (b) They were trained for different inputs. (c) Denoising does not work.
# 3. A denoiser turns a noisy 8 into a flawless 2. What would have warned you? (a) Its error on that image, in use. (b) A look at the output. (c) Only a test made beforehand, on images whose clean version you have.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Try it on new noise over the same images (not a). New noise (c) is what keeps it honest.
# 2. **b.** On noisy images it wins (not a, not c).
# 3. **c.** In use there is no clean image to compute an error from (a), and the output looks fine (b).
# </details>
#
# ## Further reading
#
# - Vincent et al., *Stacked denoising autoencoders*, JMLR 11 (2010), sections 2.3 and 3: objective and corruptions.
# - Alain & Bengio, *What regularized auto-encoders learn from the data-generating distribution*, JMLR 15 (2014): the arrows, with proof.
# - Lehtinen et al., *Noise2Noise*, arXiv:1803.04189: noisy targets do work if their noise is independent of the input's and has mean zero.
# - Ho, Jain & Abbeel, *Denoising diffusion probabilistic models*, arXiv:2006.11239: pictures drawn by a chain of denoisers.

# %% tags=["receipt"]
notebook.claim(
    errors["wide denoiser"] < 0.16 * errors["leave it as it is"],
    "about a tenth of the noise is left",
)
notebook.claim(
    errors["plain, wide"] < 0.3 * errors["leave it as it is"], "the plain one removes most, too"
)
notebook.claim(drawn["new noise each time"][2] < 1.02 * drawn["one noisy copy"][2], "fresh is free")
notebook.receipt(
    noisy=errors["leave it as it is"],
    plain=errors["plain, wide"],
    linear=errors["linear denoiser"],
    narrow=errors["narrow denoiser"],
    wide=errors["wide denoiser"],
    wide_letters=on_letters["wide denoiser"],
)
