# %% [markdown]
# # 07. Looking at reconstructions
#
# *A loss says how much is wrong. Pictures say what.*
#
# **You will be able to**
# - show originals beside reconstructions and see *where* they differ;
# - find the images a model fails on, and the classes it finds hard;
# - save reconstructions after every epoch and show them as a film strip and as a GIF.
#
# **You need** lesson 06.
#
# **Time** 20 minutes to read, about 25 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_07 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots, training

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image as ShowImage
from PIL import Image

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]


def new_autoencoder(latent_dim=16):
    """A fresh, compiled dense autoencoder, with the same initial weights on every backend."""
    model = Autoencoder(DenseEncoder(latent_dim), DenseDecoder(image_shape))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
    return model


# %% [markdown]
# ## Q22. How do you visualise the originals beside the reconstructions of the autoencoder?
#
# Two rules before we plot. Show images the model has **not** been trained on: training images flatter. And choose them **before** looking, for instance the first ten of the test set; if you pick the pretty ones, you fool yourself first. Much of the plotting is NumPy: put the images side by side into one large array, then show that array once.


# %%
def tile(rows):
    """Rows of images (n, height, width, channels) as one large picture."""
    picture = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
    return picture[..., 0] if picture.shape[-1] == 1 else picture


model = new_autoencoder()
model.fit(data.Batches(train.x), epochs=12, shuffle=False, verbose=0)
x_hat = evaluation.reconstruct(model, test.x)

# %% mystnb={"image": {"alt": "Two rows of ten digits, test images above and their reconstructions below, without gaps"}}
fig, ax = plt.subplots(figsize=(8, 1.8))
ax.imshow(tile([test.x[:10], x_hat[:10]]), cmap="gray", vmin=0, vmax=1)
ax.axis("off")
plt.show()

# %% [markdown]
# Note `vmin=0, vmax=1`. Without them, matplotlib stretches every picture from *its own* darkest to *its own* brightest value, and a pale reconstruction looks as crisp as the original. `plots.plot_reconstructions` does this tiling, with gaps and names. A third row makes the differences visible. We plot $\hat x - x$, halved and shifted so that grey means "no difference", dark means "too dark" and bright "too bright".

# %% mystnb={"image": {"alt": "Three rows of ten: originals, reconstructions, and grey difference pictures with dark and bright edges along the strokes"}}
difference = (x_hat[:10] - test.x[:10]) / 2 + 0.5
fig, ax = plt.subplots(figsize=(8, 2.6))
rows = {"original": test.x[:10], "reconstruction": x_hat[:10], "difference": difference}
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# The errors sit on the *edges* of strokes: where an edge is a little off, a dark and a bright line run side by side. The inside of a stroke and the background are right almost everywhere. Now and then a whole stroke is missing or invented (the ninth image, an 8, has lost its loops), and that is another kind of mistake.
#
# **Predict.** Is the error spread evenly over the images, or do a few carry most of it?

# %% mystnb={"image": {"alt": "Histogram of squared error per image, most between 2 and 10 with a long tail to the right; dashed lines mark the mean and PCA's mean"}}
errors = evaluation.squared_error(test.x, x_hat)
pca_mean = evaluation.pca_error(train.x, test.x, latent_dim=16)
fig, ax = plt.subplots(figsize=(6.5, 2.6))
ax.hist(errors, bins=40)
ax.axvline(errors.mean(), color="C1", label=f"mean {errors.mean():.1f}")
ax.axvline(pca_mean, color="0.45", linestyle="--", label=f"mean of PCA {pca_mean:.1f}")
ax.set(xlabel="squared error per image", ylabel="number of images")
ax.legend()
plt.show()
worst_tenth = np.sort(errors)[-len(errors) // 10 :].sum() / errors.sum()
print(f"the worst tenth of the images carries {worst_tenth:.1%} of the error")

# %% [markdown] numbers={"twice": "20.7 / 10", "a fifth": "20.7 / 100"}
# Neither: a hump with a long tail, whose worst tenth carries a fifth of the error, twice what an even spread would give it. The mean, which is all that a loss tells, is larger than the error of most images. So look at both ends.

# %% mystnb={"image": {"alt": "Four rows of eight: the images reconstructed best, plain shapes, and worst, unusual digits turned into more usual ones"}}
order = np.argsort(errors)
best, worst = order[:8], order[-8:]
rows = {
    "best": test.x[best],
    "best, x̂": x_hat[best],
    "worst": test.x[worst],
    "worst, x̂": x_hat[worst],
}
fig, ax = plt.subplots(figsize=(7.5, 3.7))
plots.plot_rows(rows, ax=ax)
plt.show()
print(f"error of the best {errors[best].mean():.1f}, of the worst {errors[worst].mean():.1f}")

# %% [markdown]
# The best are the plainest: upright, nearly all of them the digit 1, with few edges to get wrong. The worst are digits written in an unusual way, and what comes back is a compromise between them and something more common. This is the autoencoder's character in one picture: it pulls the unusual towards the usual. For compression this is a loss; for finding anomalies it is the whole idea (rank by error, look at the top); for restoring damaged pictures it is a gift.
#
# Which classes are hard?

# %% mystnb={"image": {"alt": "Bar chart of the mean error for each class; the class 1 has the smallest bar"}}
classes = np.unique(test.labels)
per_class = [errors[test.labels == c].mean() for c in classes]
fig, ax = plt.subplots(figsize=(6.5, 2.6))
ax.bar(classes, per_class)
ax.axhline(errors.mean(), color="0.45", linestyle="--", label="all classes")
ax.set(xlabel="class", ylabel="squared error per image", xticks=classes)
ax.legend()
plt.show()
print(f"easiest class {classes[np.argmin(per_class)]}, hardest {classes[np.argmax(per_class)]}")

# %% [markdown]
# An imbalance like this is easily overlooked behind one mean, and it matters: a threshold on the error that is right for one class may call many of another anomalies.

# %% [markdown]
# ## Q23. How do you save and display the reconstructions of validation images after each training epoch?
#
# By a **callback** whose `on_epoch_end` runs after every epoch. It needs a few fixed validation images, the same every time, or you compare pictures instead of epochs. Inside a callback, `self.model` is the model in training.


# %%
class WatchReconstructions(keras.callbacks.Callback):
    def __init__(self, x, folder):
        super().__init__()
        self.x, self.folder, self.frames = x, Path(folder), []

    def on_epoch_end(self, epoch, logs=None):
        x_hat = keras.ops.convert_to_numpy(self.model(self.x, training=False))
        self.frames.append(x_hat)
        pixels = (255 * tile([self.x, x_hat])).round().astype("uint8")
        Image.fromarray(pixels).save(self.folder / f"epoch_{epoch + 1:03d}.png")


# %% [markdown]
# Why `self.model(self.x)` and not `predict`? For a handful of images a direct call is quicker, and `predict` has callbacks and progress bars of its own. `training=False` matters as soon as a model contains dropout or noise.

# %%
followed = val.x[:8]
folder = Path(tempfile.mkdtemp())
watch = WatchReconstructions(followed, folder)
model = new_autoencoder()
history = model.fit(
    data.Batches(train.x),
    validation_data=(val.x, val.x),
    epochs=12,
    shuffle=False,
    verbose=0,
    callbacks=[watch],
)
print(
    sorted(path.name for path in folder.iterdir())[:3], "...", len(list(folder.iterdir())), "files"
)

# %% [markdown]
# **Predict.** What will the network draw after one epoch: eight different blurs, or eight times nearly the same?

# %% mystnb={"image": {"alt": "Film strip with one row for the originals and one for each of the epochs 1, 2, 3, 5, 8 and 12: from vague blobs, in which only the zeros are clear, to eight distinct digits"}}
shown = [1, 2, 3, 5, 8, 12]
rows = {"original": followed} | {f"epoch {n}": watch.frames[n - 1] for n in shown}
fig, ax = plt.subplots(figsize=(6, 5.4))
plots.plot_rows(rows, ax=ax)
plt.show()
for n in shown:
    print(f"epoch {n:2d}: validation error {history.history['val_loss'][n - 1]:5.1f}")

# %% [markdown] numbers={"5": "seen: the film strip", "4": "seen: the film strip", "6": "seen: the film strip"}
# Read the strip from top to bottom. After one epoch the zeros already have a ring and the slim digits a column, while 5 and 4, and nearly the 6, are still the same blob. Then the blobs part, strokes get ends and corners, and at last the edges sharpen. From the coarse to the fine: this order is typical for networks trained by gradient descent, so stopping early acts like a mild blur.
#
# A film is better still. Pillow writes a list of pictures as an animated GIF, which a notebook can show:

# %% mystnb={"image": {"alt": "Animation: the originals in the upper row, and below them the reconstructions growing clearer epoch by epoch"}}
frames = [Image.open(path) for path in sorted(folder.glob("epoch_*.png"))]
frames[0].save(folder / "film.gif", save_all=True, append_images=frames[1:], duration=400, loop=0)
ShowImage(filename=folder / "film.gif", width=448)

# %% [markdown]
# `training.SaveReconstructions` is our callback for images of any number of channels; it writes each file under a temporary name first, so that an interrupted run leaves no half-written picture. For long trainings such a folder is the best log there is: one glance tells whether the model still gets better in a way that you care about.

# %%
theirs = training.SaveReconstructions(followed, tempfile.mkdtemp())
theirs.set_model(model)
theirs.on_epoch_end(0)
print("same picture as ours:", np.allclose(theirs.frames[0], watch.frames[-1], atol=1e-5))

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("7.1")` gives a hint; call it again for the next one.
#
# ### Exercise 7.1: find the worst
#
# Write `worst(x, x_hat, k)`: the indices of the `k` images with the largest squared error, the worst first.


# %% tags=["exercise"]
def worst(x, x_hat, k): ...


checks.check_worst(worst)


# %% tags=["solution"]
def worst(x, x_hat, k):
    errors = np.sum((x - x_hat) ** 2, axis=(1, 2, 3))
    return np.argsort(-errors)[:k]


checks.check_worst(worst)

# %% [markdown]
# ### Exercise 7.2: now and then is enough
#
# Over 1,000 epochs, 1,000 pictures are too many. Write a callback `Snapshots(x, every)` that appends the reconstructions of `x` to its list `frames` after every `every`-th epoch only (with `every=3`: after epochs 3, 6, 9, ...).


# %% tags=["exercise"]
class Snapshots(keras.callbacks.Callback): ...


checks.check_snapshots(Snapshots)


# %% tags=["solution"]
class Snapshots(keras.callbacks.Callback):
    def __init__(self, x, every):
        super().__init__()
        self.x, self.every, self.frames = x, every, []

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            x_hat = self.model(self.x, training=False)
            self.frames.append(keras.ops.convert_to_numpy(x_hat))


checks.check_snapshots(Snapshots)

# %% [markdown]
# ## What to remember
#
# - Show test images, chosen beforehand, with fixed brightness limits.
# - Look at the difference, the best, the worst and the classes: the mean hides all four.
# - An autoencoder pulls the unusual towards the usual.
# - A callback with a few fixed validation images turns training into a film.
#
# ## Quiz
#
# 1. Your reconstructions look crisp, but the error is large. Check first (a) whether `imshow` had fixed limits; (b) the optimizer; (c) the number of classes.
# 2. A new model has a lower mean error, but its worst image is worse. For detecting anomalies you (a) take it at once; (b) look at the tail of the errors; (c) ignore single images.
# 3. Why must the callback use the same images after each epoch? (a) To save memory. (b) So that differences come from training alone. (c) Keras demands it.
#
# <details><summary>Answers</summary>
#
# 1. **a.** Automatic limits make pale pictures look crisp. The other two do not change how a picture is displayed.
# 2. **b.** A threshold lies in the tail, and the mean (a) does not describe it; single images (c) are what anomalies are.
# 3. **b.** Memory (a) would be the same, and Keras does not know what you do with the images (c).
# </details>
#
# ## Further reading
#
# - Keras documentation, *Writing your own callbacks*.
# - Saxe, McClelland & Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*, arXiv:1312.6120: directions of large variance, in pictures the coarse ones, are learned first.

# %% tags=["receipt"]
validation = history.history["val_loss"]
notebook.claim(validation[-1] < validation[0] / 2, "the film must show progress")
notebook.claim(errors.mean() < pca_mean, "sixteen numbers must beat PCA")
assert len(watch.frames) == 12
notebook.claim(not np.array_equal(rows["epoch 1"], rows["epoch 12"]), "the film must move")
notebook.receipt(test_error=errors.mean(), pca_16=pca_mean, worst_tenth=worst_tenth)
