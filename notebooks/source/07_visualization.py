# %% [markdown]
# # 07. Looking at reconstructions
#
# *A loss says how much is wrong. Pictures say what.*
#
# **You will be able to**
# - show originals beside reconstructions and see *where* they differ;
# - find the images and the classes that a model serves badly, and test a remedy;
# - say what a squared error notices, what it misses, and what it does when in doubt;
# - save reconstructions after every epoch and show them as a film strip and as a GIF.
#
# **You need** lesson 06.
#
# **Time** 25 minutes to read, 35 for the exercises, about 25 seconds to run.

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
from skimage import data as pictures

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]


def new_autoencoder(learning_rate=0.002, seed=0):
    """A fresh, compiled autoencoder of 16 numbers, the same on every backend."""
    model = Autoencoder(DenseEncoder(16), DenseDecoder(image_shape))
    backend.seed_weights(model, seed=seed)
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer=optimizer, loss=losses.squared_error)
    return model


# %% [markdown]
# ## Six equal errors
#
# We train the autoencoder of lesson 06 and pick six validation images whose errors are nearly equal. **Predict.** Will their reconstructions look equally good?

# %% tags=["keep"]
model = new_autoencoder()
model.fit(data.Batches(train.x), epochs=12, shuffle=False, verbose=0)
x_hat = evaluation.reconstruct(model, val.x)
errors = evaluation.squared_error(val.x, x_hat)

# %% mystnb={"image": {"alt": "Six digits above their reconstructions: a 0, a 3 and a 1 come back as themselves, a 9 whose lower curl has closed like that of an 8, an 8 whose loops have opened so that it looks like a 2, and a 7 with a smudged foot like a 2"}}
equal = [1270, 825, 1060, 345, 451, 706]
fig, ax = plt.subplots(figsize=(6, 2))
plots.plot_reconstructions(val.x[equal], x_hat[equal], ax=ax)
plt.show()
print("squared error per image:", *(f"{error:.1f}" for error in errors[equal]))
print("class:", *val.labels[equal])

# %% [markdown] numbers={"9.0": "9.0", "3": "seen: the figure above", "9": "seen: the figure above", "8": "seen: the figure above", "7": "seen: the figure above"}
# To the loss, these six are the same: each has about 9.0. To a reader, three are fine: the 0, the 3 and the 1 are a little soft. The other three have changed what they say: the 9 could be an 8, because its lower curl has closed; the 8 could be a 2, because its loops have opened; the 7 has a smudged foot, like a 2. (We picked them to make this point; a fair sample comes next.) A number cannot show you this difference, so look.
#
# ## Q22. How do you visualise the originals beside the reconstructions of the autoencoder?
#
# Two rules before we plot. Show images on which the model has **not** been trained: training images flatter. And choose them **before** looking, for instance the first ten of the validation set; if you pick the pretty ones, you fool yourself first. Much of the plotting is NumPy: put the images side by side into one large array, then show that array once.


# %%
def tile(rows):
    """Rows of images (n, height, width, channels) as one large picture."""
    picture = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
    return picture[..., 0] if picture.shape[-1] == 1 else picture


# %% mystnb={"image": {"alt": "Two rows of ten digits without gaps, validation images above and their softer reconstructions below; all can be read, though the last, a cramped 2, is cut in two"}}
fig, ax = plt.subplots(figsize=(8, 1.8))
ax.imshow(tile([val.x[:10], x_hat[:10]]), cmap="gray", vmin=0, vmax=1)
ax.axis("off")
plt.show()

# %% [markdown] numbers={"0.5": "given: the default of plot_differences", "2": "seen: the figure above"}
# All ten can be read, and all are softer than their originals; the last, a cramped 2, comes back cut in two. Note `vmin=0, vmax=1` in the code. Without them, matplotlib stretches each picture from *its own* darkest to *its own* brightest value, and a pale reconstruction looks as crisp as the original. `plots.plot_reconstructions` does this tiling, with gaps and names.
#
# Where do the two rows differ? Draw the difference $\hat x - x$ with a **diverging** colour map: white for zero, blue where the reconstruction is too dark, red where it is too bright, full colour at 0.5.

# %% mystnb={"image": {"alt": "Ten differences on white: thin red and blue lines along the edges of the strokes, and almost nothing far from them; the last, a 2, has a red patch in its head and a blue one below it"}}
fig, ax = plt.subplots(figsize=(8, 1.1))
plots.plot_differences(x_hat[:10] - val.x[:10], ax=ax)
plt.show()
darkness = (val.x < 0.05).mean()
share = ((x_hat - val.x) ** 2)[val.x < 0.05].sum() / errors.sum()
print(f"pixels that are nearly black: {darkness:.1%}; their share of the error: {share:.1%}")
notebook.claim(darkness > 0.75 and share < 0.2, "three quarters are black, a fifth of the error")

# %% [markdown] numbers={"three quarters": "77 / 100", "a fifth": "15 / 100", "2": "seen: the figure above"}
# The errors sit on the *edges* of strokes: where an edge is a little off, a red and a blue line run side by side. The black background, more than three quarters of all pixels, carries less than a fifth of the error. The last image has broader patches: the head of its 2 is filled in and the neck is cut, and that is another kind of mistake.
#
# ### How the errors are spread
#
# **Predict.** Is the error spread evenly over the images, or do a few carry most of it?

# %% mystnb={"image": {"alt": "Histogram of the squared error per image: a hump between 2 and 10 with a long tail to 28; a solid line marks the mean, 6.8, and a dashed line PCA's mean, 12.5"}}
pca = evaluation.fit_pca(train.x, latent_dim=16)
x_pca = np.clip(evaluation.pca_reconstruct(pca, val.x), 0, 1)
pca_errors = evaluation.squared_error(val.x, x_pca)
fig, ax = plt.subplots(figsize=(6.5, 2.6))
ax.hist(errors, bins=40)
top = ax.get_ylim()[1]
for value, name, style in ((errors.mean(), "mean", "-"), (pca_errors.mean(), "mean of PCA", "--")):
    ax.axvline(value, color="k", linestyle=style)
    ax.text(value + 0.3, 0.9 * top, f"{name} {value:.1f}")
ax.set(xlabel="squared error per image", ylabel="number of images")
plt.show()
worst_tenth = np.sort(errors)[-len(errors) // 10 :].sum() / errors.sum()
print(f"the worst tenth of the images carries {worst_tenth:.1%} of the error")
notebook.claim(0.17 < worst_tenth < 0.25, "the worst tenth carries about a fifth of the error")
notebook.claim(errors.mean() < 0.65 * pca_errors.mean(), "just over half of PCA's error")

# %% [markdown] numbers={"twice": "20.9 / 10", "a fifth": "20.9 / 100", "half": "6.8 / 12.5", "6.8": "6.77", "6.6": "given: seed 2", "six": "given: how the digits are made, lesson 02"}
# Neither: a hump with a long tail, whose worst tenth carries a fifth of the error, twice what an even spread would give it. And one good piece of news: with the same sixteen numbers the network makes little more than half of PCA's error (three seeds gave 6.8, 6.8 and 6.6). But the mean, the only thing that a loss reports, describes neither end. So look at both. A validation set of ours holds each handwritten original six times, slightly warped; of each original we show only the best or the worst version.


# %% mystnb={"image": {"alt": "Four rows of eight. Best: plain upright 6s, 1s and a 0, and copies that are hard to tell from them. Worst, the very worst at the left: digits with open loops, flourishes or an unusual slant, and blotchy copies in which a 4 has become a 9"}}
def one_per_original(order, k=8):
    """The first `k` images of an order that come from different originals."""
    _, first = np.unique(val.groups[order], return_index=True)
    return order[np.sort(first)[:k]]


order = np.argsort(errors)
best, worst = one_per_original(order), one_per_original(order[::-1])
rows = {
    "best": val.x[best],
    "best, x̂": x_hat[best],
    "worst": val.x[worst],
    "worst, x̂": x_hat[worst],
}
fig, ax = plt.subplots(figsize=(7.5, 3.7))
plots.plot_rows(rows, ax=ax)
plt.show()
print(f"mean error of the eight best {errors[best].mean():.1f}, worst {errors[worst].mean():.1f}")

# %% [markdown] numbers={"4": "seen: the figure above"}
# In each pair of rows the most extreme image is at the left. The best are plain: upright 6s and 1s and a 0, with few turns. The worst are digits whose loops are open, whose strokes have flourishes or an unusual slant. What comes back is a compromise with something more common: the 4 has been closed into a 9, and the lower loops have filled up.
#
# "Unusual" is a claim that can be tested. For each validation image, take the squared distance to the *nearest training image*; if the network has trouble with the unusual, error and distance must rise together.

# %%
flat_train, flat_val = train.x.reshape(len(train), -1), val.x.reshape(len(val), -1)
neighbour = evaluation.nearest(flat_train, flat_val, k=1)[:, 0]
distance = evaluation.squared_error(val.x, train.x[neighbour])
fifths = np.array_split(np.argsort(distance), 5)
print("from the most usual fifth of the images to the most unusual")
print("distance", *(f"{distance[part].mean():6.1f}" for part in fifths))
print("error   ", *(f"{errors[part].mean():6.1f}" for part in fifths))
usual_error, unusual_error = errors[fifths[0]].mean(), errors[fifths[-1]].mean()
notebook.claim(unusual_error > 1.8 * usual_error, "the unusual fifth has about twice the error")

# %% [markdown] numbers={"twice": "10.4 / 4.5", "4.2": "given: seeds 0 to 2", "4.5": "given: seeds 0 to 2", "10.3": "given: seeds 0 to 2", "10.8": "given: seeds 0 to 2"}
# They do, in every step: the fifth that is farthest from all training images has more than twice the error of the nearest fifth (three seeds: 4.2 to 4.5, and 10.3 to 10.8). This is the autoencoder's character: **it pulls the unusual towards the usual**. For compression that is a loss; for finding anomalies it is the whole idea (rank by error, look at the top); for restoring damaged pictures it is a gift.
#
# ### Classes behind the mean
#
# **Predict.** Which classes are hardest? And are they those with the fewest training images?

# %% tags=["keep"]
classes = np.unique(val.labels)
per_class = np.array([errors[val.labels == c].mean() for c in classes])

# %% mystnb={"image": {"alt": "Two panels. Left: bars of the mean error for each class, 6 lowest at about 5, 8 and 9 highest at about 9. Right: each class's numeral at its distance to the nearest training image and its error; the numerals rise from 6 and 1 at the lower left to 8 and 9 at the upper right"}}
far = [distance[val.labels == c].mean() for c in classes]
fig, axes = plt.subplots(1, 2, figsize=(8, 2.8), sharey=True)
axes[0].bar(classes, per_class)
axes[0].axhline(errors.mean(), color="k", linestyle="--")
axes[0].text(-0.4, errors.mean() + 0.2, "all classes")
axes[0].set(xlabel="class", ylabel="squared error per image", xticks=classes)
axes[1].scatter(far, per_class, s=0)  # makes room for the numerals
for c, x, y in zip(classes, far, per_class, strict=True):
    side = {4: "right", 7: "left"}.get(c, "center")  # these two would cover each other
    axes[1].text(x, y, str(c), ha=side, va="center", weight="bold")
axes[1].set_xlabel("squared distance to the nearest training image")
plt.show()

# %%
n_train = np.bincount(train.labels)
n_originals = [len(np.unique(val.groups[val.labels == c])) for c in classes]
print("class               ", *(f"{c:5d}" for c in classes))
print("error               ", *(f"{error:5.1f}" for error in per_class))
print("training images     ", *(f"{n:5d}" for n in n_train))
print("validation originals", *(f"{n:5d}" for n in n_originals))
hard, easy = per_class[[8, 9]].min(), per_class[[1, 6]].max()
notebook.claim(hard > 1.3 * easy, "the classes 8 and 9 are harder than 1 and 6")
notebook.claim(1.7 < hard / per_class[6] < 2.4, "about twice the error of the 6")

# %% [markdown] numbers={"twice": "9.4 / 4.7", "4.5": "given: seeds 0 to 2", "4.8": "given: seeds 0 to 2", "8.9": "given: seeds 0 to 2", "9.7": "given: seeds 0 to 2", "8": "given: a class", "9": "given: a class", "6": "given: a class", "13": "13"}
# The hardest classes, 8 and 9, have about twice the error of the easiest, the 6. It is not for lack of examples: the classes are about equally frequent, and there are more 8s than 5s. The right panel suggests a reason: on the whole, the farther a class's images are from the nearest training image, the harder the class (the class 3 is an exception: far out, and yet easy). The 8s and 9s here are written in more ways than the 6s and 1s. The order at both ends is no accident of the initial weights (three seeds: 6 from 4.5 to 4.8; 8 and 9 from 8.9 to 9.7), but look at the last line: all the 8s that we judge by come from 13 originals. How the network does on other 8s we shall see at the end, on the test images.
#
# Such an imbalance matters: a threshold on the error that is right for one class may report many of another as anomalies.

# %% [markdown] numbers={"127": "given: an example", "128": "given: an example", "16,384": "128 ** 2"}
# ## Why the squared error behaves so
#
# Three properties of one formula explain what we have seen.
#
# **It counts large differences most.** A pixel that should be grey level 127 and is 128 (of 255) costs $(1/255)^2$. A pixel that should be 0 and is 128 costs $128^2$ = 16,384 times as much. So a few pixels make up the error:

# %%
squares = np.sort(((x_hat - val.x) ** 2).reshape(len(val), -1), axis=1)[:, ::-1]
n_few = squares.shape[1] // 20
few_share = (squares[:, :n_few].sum(axis=1) / squares.sum(axis=1)).mean()
print(f"the worst 5% of an image's pixels carry {few_share:.1%} of its squared error")
notebook.claim(0.65 < few_share < 0.85, "few pixels carry three quarters of the error")

# %% [markdown] numbers={"Three quarters": "75.0 / 100", "a twentieth": "5 / 100"}
# Three quarters of the error come from a twentieth of the pixels, mostly on the edges of strokes, as the coloured differences above showed.
#
# **It compares pixel by pixel, and knows nothing of strokes.** **Predict.** Move a digit to the right. How far must it go until its "error" is as large as if the answer were *another* digit altogether?

# %% mystnb={"image": {"alt": "Line rising from 0 without a shift over 22 and 63 to 105 at three pixels and 136 at four; dashed lines for the mean image at 50 and another digit at 99 are crossed between one and two, and between two and three pixels"}}
shifts = np.arange(5)
shift_errors = [evaluation.squared_error(val.x, np.roll(val.x, s, 2)).mean() for s in shifts]
other = np.random.default_rng(1).permutation(len(val))
levels = {
    "mean image": evaluation.mean_image_error(train.x, val.x),
    "another digit": evaluation.squared_error(val.x, val.x[other]).mean(),
}
fig, ax = plt.subplots(figsize=(6, 2.6))
ax.plot(shifts, shift_errors, marker="o")
for name, level in levels.items():
    ax.axhline(level, color="k", linestyle="--", linewidth=1)
    ax.text(0, level + 3, f"{name} {level:.0f}")
ax.set(xlabel="shift in pixels", ylabel="squared error per image", xticks=shifts)
plt.show()
print("shift by 0 to 4 pixels:", *(f"{error:.1f}" for error in shift_errors))

# %% [markdown] numbers={"three": "given: 105 is more than 99", "two": "given: 63 is more than 50", "half": "given: one of two"}
# Less than three pixels: at three, its error is 105, and another digit has 99. At two pixels, the shifted digit, which any reader would accept, is already worse than the mean image, which says nothing at all.
#
# **In doubt it answers with the mean.** Suppose the code leaves it open whether a stroke lies one pixel further left or right, and either is as likely. Drawing one of the two is right half of the time. Drawing *both at half strength* is always a little wrong, and cheaper:

# %% mystnb={"image": {"alt": "Three pictures: a bar, the same bar two pixels to the right, and their mean, a wider bar with grey edges"}}
left = np.zeros((1, 28, 28, 1))
left[:, 4:24, 11:15] = 1
right = np.roll(left, 2, axis=2)
mean = (left + right) / 2
fig, ax = plt.subplots(figsize=(4, 1.5))
plots.plot_images(np.concatenate([left, right, mean]), title="left, right, mean of both", ax=ax)
plt.show()
truths = np.concatenate([left, right])
costs = {}
for name, answer in {"left": left, "mean": mean}.items():
    costs[name] = evaluation.squared_error(truths, np.repeat(answer, 2, axis=0)).mean()
    print(f"always answering {name:5s} costs {costs[name]:.0f} on average")
notebook.claim(costs["mean"] == costs["left"] / 2, "the mean costs half")

# %% [markdown] numbers={"Half": "20 / 40", "4": "seen: the figure above", "5": "given: the code below"}
# Half as much. Of all answers, the mean of what is possible has the smallest expected squared error. That is why edges are soft, why loops fill up, and why an unusual 4 comes back as a compromise with a 9. A blur is not a weakness of the network; it is what we asked for. Remedies change the question: compare what a network finds in the pictures instead of their pixels, or let a second network judge whether a picture looks real (both named in [lesson 18](18_beyond.ipynb)).
#
# ### The small thing that matters
#
# Is this only a matter of taste? Below is a detail from a photograph of a retina, the back of an eye, which scikit-image brings along. The two small dark spots are *microaneurysms*, an early sign of damage by diabetes; they are what a doctor looks for. We describe each patch of 17 × 17 pixels by 8 numbers, in the best way that a linear method can on these patches (PCA minimises the squared error, too). Beside it is the same photograph made brighter by 5 of 255 grey levels. The error is printed as the *root mean squared error*, the root of the mean squared difference per pixel, because that is in grey levels. **Predict.** Which of the two has the larger error?

# %% mystnb={"image": {"alt": "Three grey pictures of blood vessels on a retina. The original has two small black spots; rebuilt from 8 numbers a patch, the long vessels remain, in visible square patches, and the spots are no longer to be seen; the brighter copy shows everything"}}
eye, side = pictures.microaneurysms() / 255, 17
windows = np.lib.stride_tricks.sliding_window_view(eye, (side, side))[::2, ::2]
patches = evaluation.fit_pca(windows.reshape(-1, side, side, 1), latent_dim=8)
pieces = eye.reshape(6, side, 6, side).swapaxes(1, 2).reshape(36, side, side, 1)
rebuilt = evaluation.pca_reconstruct(patches, pieces).reshape(6, 6, side, side)
rebuilt = rebuilt.swapaxes(1, 2).reshape(eye.shape)
versions = {"original": eye, "8 numbers a patch": rebuilt, "brighter": eye + 5 / 255}
fig, axes = plt.subplots(1, 3, figsize=(8, 3))
for ax, (name, picture) in zip(axes, versions.items(), strict=True):
    ax.imshow(picture, cmap="gray", vmin=0.15, vmax=0.5)
    ax.set_title(name)
    ax.axis("off")
plt.show()
print("                     root mean squared error   darkest pixel of the upper spot")
for name, picture in versions.items():
    off = 255 * np.sqrt(np.mean((picture - eye) ** 2))
    print(f"{name:20s} {off:18.1f} {255 * picture[18:27, 12:21].min():27.0f}   grey levels")

# %% [markdown] numbers={"102": "given: the median around the spot", "87": "given: seeds 0 to 2", "88": "given: seeds 0 to 2"}
# The brighter one, in which nothing is lost: its error is 5.0 grey levels, that of the rebuilt one 4.8. In the rebuilt one, thin and slanted vessels have gone, and so has the smaller spot; the larger has faded from grey level 38 to 86, where its surroundings have 102: a doctor would miss both, and the error would not show it. The spots are a handful of pixels, and the sum of squares falls more if the long vessels are right. An autoencoder trained with the squared error on these patches loses them as well (the larger one faded to 87 or 88 with three seeds). **If something small matters, a small mean error is no evidence that it is still there.** Look at it, or measure it by itself.

# %% [markdown]
# ## Pictures it was never meant for
#
# Lesson 00 showed letters and photographs to such a network. Now we give it five pictures with nothing of a digit in them, from an empty one to pure noise. **Predict.** What will it draw for an empty, black picture? And which of them will have the smallest error?
#
# **Change this line and run again:** `GREY` and `SIDE`.

# %% mystnb={"image": {"alt": "A digit, black, flat grey, a ramp, a checkerboard and noise above their reconstructions. The digit comes back; black becomes a grey fog; the other four become blotches like several digits drawn over each other, with grain around them"}}
GREY, SIDE = 0.5, 4  # try 0.1 or 1 for the flat grey; 1, 2, 7 or 14 for the checkerboard
row, column = np.mgrid[:28, :28]
strange = {
    "digit": val.x[0, ..., 0],
    "black": np.zeros((28, 28)),
    "flat grey": np.full((28, 28), GREY),
    "ramp": column / 27,
    "checkerboard": (row // SIDE + column // SIDE) % 2,
    "noise": np.random.default_rng(0).random((28, 28)),
}
x_strange = np.stack(list(strange.values()))[..., None].astype("float32")
drawn = evaluation.reconstruct(model, x_strange)
fig, ax = plt.subplots(figsize=(6, 2))
plots.plot_reconstructions(x_strange, drawn, ax=ax)
plt.show()

# %%
sheets = np.broadcast_to(x_strange.mean(axis=(1, 2, 3), keepdims=True), x_strange.shape)
answers = {
    "network": drawn,
    "PCA": np.clip(evaluation.pca_reconstruct(pca, x_strange), 0, 1),
    "grey sheet": sheets,
}
table = {name: evaluation.squared_error(x_strange, answer) for name, answer in answers.items()}
print("squared error  ", *(f"{name:>11s}" for name in table))
for i, name in enumerate(strange):
    print(f"{name:15s}", *(f"{costs[i]:11.1f}" for costs in table.values()))
usual = (GREY, SIDE) == (0.5, 4)
net, sheet = table["network"], table["grey sheet"]
notebook.claim(not usual or all(net[1:] > 1.1 * sheet[1:]), "a grey sheet is better for all five")
notebook.claim(net[1] > 20 * table["PCA"][1], "PCA is far better on black")

# %% [markdown]
# For black it draws a grey *fog*. No training image was empty, so the code of an empty one lies where the decoder was never trained. PCA, whose pictures can cancel each other, is nearly right. The other four come back as blotches, like several digits drawn over each other: the network can only answer in strokes.
#
# How strange is each? By its error, the checkerboard is the strangest by far, and flat grey, with the smallest, the least strange. But look at the last column, the error of a plain sheet of each picture's mean grey: none for flat grey and black, and very much for the checkerboard, whose pixels are all 0.5 away from grey. The network is worse than that sheet on all five (it was with three seeds). So the raw error mixes two things, *how little the network knows such pictures* and *how much contrast they have*, as the first property says it must. To compare strange pictures, hold each error against a simple answer to the same picture. Lesson 20 builds detectors on this.

# %% [markdown]
# ## Q23. How do you save and display the reconstructions of validation images after each training epoch?
#
# By a **callback** whose `on_epoch_end` runs after every epoch. It needs a few validation images, the same every time; otherwise you would compare pictures instead of epochs. Inside a callback, `self.model` is the model in training.


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

# %% tags=["keep"]
followed = val.x[:8]

# %%
folder = Path(tempfile.mkdtemp())
watch = WatchReconstructions(followed, folder)
watched = new_autoencoder()
history = watched.fit(
    data.Batches(train.x),
    validation_data=(val.x, val.x),
    epochs=12,
    shuffle=False,
    verbose=0,
    callbacks=[watch],
)
print(len(list(folder.glob("epoch_*.png"))), "pictures")

# %% [markdown]
# **Predict.** What will the network draw after one epoch: eight different blurs, or eight times nearly the same?

# %% mystnb={"image": {"alt": "Film strip with one row for the originals and one for each of the epochs 1, 2, 3, 5, 8 and 12: after epoch 1 the zeros are rings and most others similar grainy blobs; by epoch 3 all can be told apart; by epoch 12 they are distinct digits"}}
shown = [1, 2, 3, 5, 8, 12]
rows = {"original": followed} | {f"epoch {n}": watch.frames[n - 1] for n in shown}
fig, ax = plt.subplots(figsize=(6, 5.4))
plots.plot_rows(rows, ax=ax)
plt.show()


# %% tags=["keep"]
def variety(x_hat, x):
    """How much reconstructions differ from each other, as a part of how much the originals do."""
    return x_hat.var(axis=0).sum() / x.var(axis=0).sum()


# %%
varieties = [variety(frame, followed) for frame in watch.frames]
for n in shown:
    error = history.history["val_loss"][n - 1]
    print(f"epoch {n:2d}: variety {varieties[n - 1]:.2f}, validation squared error {error:5.1f}")
notebook.claim(varieties[0] < 0.5 < 0.75 < varieties[-1], "from a third of the variety to most")

# %% [markdown] numbers={"a third": "0.34", "2": "seen: the figure above", "5": "seen: the figure above", "4": "seen: the figure above", "6": "seen: the figure above", "three": "given: the code below"}
# In between, and nearer to the same: after one epoch the eight differ from each other only a third as much as the originals do (`variety`, by the variance of their pixels). The zeros are rings already, and the first 2 has a foot; the 5, the 4 and the 6 are still versions of one blob. It is the third property again: while the code says little, the best answer is close to the mean of everything. Then the blobs become different, strokes get ends and corners, and at last the edges sharpen. From the coarse to the fine is the usual order for networks trained by gradient descent; stopped early, this one would blur more.
#
# A film shows it better still. Pillow writes a list of pictures as an animated GIF, here enlarged three times, which a notebook can show:

# %% mystnb={"image": {"alt": "Animation: the eight originals in the upper row, and below them the reconstructions growing clearer epoch by epoch"}}
frames = [Image.open(path) for path in sorted(folder.glob("epoch_*.png"))]
frames = [frame.resize((3 * frame.width, 3 * frame.height), Image.NEAREST) for frame in frames]
frames[0].save(folder / "film.gif", save_all=True, append_images=frames[1:], duration=400, loop=0)
ShowImage(filename=folder / "film.gif")

# %% [markdown]
# `training.SaveReconstructions` is our callback for images of any number of channels; it writes each file under a temporary name first, so that an interrupted run leaves no half-written picture. For long trainings such a folder is an excellent log: one glance shows whether the model still improves in a way that you care about.

# %%
theirs = training.SaveReconstructions(followed, tempfile.mkdtemp())
theirs.set_model(watched)
theirs.on_epoch_end(0)
print("same picture as ours:", np.allclose(theirs.frames[0], watch.frames[-1], atol=1e-5))

# %% [markdown]
# ## The test images, once
#
# All pictures so far were of validation images. Are the hard classes as hard for digits that we have not looked at?

# %%
x_test_hat = evaluation.reconstruct(model, test.x)
test_errors = evaluation.squared_error(test.x, x_test_hat)
x_test_pca = np.clip(evaluation.pca_reconstruct(pca, test.x), 0, 1)
pca_test = evaluation.squared_error(test.x, x_test_pca).mean()
print(f"squared error per image: network {test_errors.mean():.1f}, PCA {pca_test:.1f}")
test_class = [test_errors[test.labels == c].mean() for c in classes]
print("class     ", *(f"{c:5d}" for c in classes))
print("validation", *(f"{error:5.1f}" for error in per_class))
print("test      ", *(f"{error:5.1f}" for error in test_class))
notebook.claim(test_class[8] > 1.2 * test_class[7] > 1.2 * test_class[1], "8 hard, 1 easy")
notebook.claim(test_class[9] < 1.12 * test_class[7], "the 9 is about as hard as the 7")

# %% [markdown] numbers={"half": "6.9 / 12.9", "8": "given: a class", "9": "given: a class", "6": "given: a class", "7": "given: a class", "9.3": "given: seeds 0 to 2", "10.2": "given: seeds 0 to 2", "6.8": "given: seeds 0 to 2", "7.3": "given: seeds 0 to 2"}
# On the test images, too, the network makes little more than half of PCA's error. The 8 is the hardest again, and 1 and 6 are the easiest. But the 9 is about as hard as the 7 now: what made it look so hard were the particular 9s of our validation set (three seeds gave the 8 between 9.3 and 10.2, the 9 between 6.8 and 7.3). A class mean over some twenty originals is a rough number; believe large differences, and those that a second set confirms.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("7.1")` gives a hint; call it again for the next one.
#
# ### Exercise 7.1: the strangest of its kind
#
# The largest errors are mostly those of hard classes. Write `strangest(x, x_hat, labels, k)`: the indices of the `k` images whose squared error is largest *as a multiple of the mean error of their own class* (computed from the same images), the strangest first. Then look at them: do you agree?


# %% tags=["exercise"]
def strangest(x, x_hat, labels, k): ...


checks.check_strangest(strangest)


# %% tags=["solution"]
def strangest(x, x_hat, labels, k):
    errors = np.sum((x - x_hat) ** 2, axis=(1, 2, 3))
    usual = np.empty(len(x))
    for label in np.unique(labels):
        usual[labels == label] = errors[labels == label].mean()
    return np.argsort(-errors / usual)[:k]


print("classes of the ten strangest:", val.labels[strangest(val.x, x_hat, val.labels, 10)])
checks.check_strangest(strangest)

# %% [markdown]
# ### Exercise 7.2: now and then is enough
#
# Over 1,000 epochs, 1,000 pictures are too many. Write a callback `Snapshots(x, every)` that appends the reconstructions of `x`, as NumPy arrays, to its list `frames` after every `every`-th epoch only (with `every=3`: after epochs 3, 6, 9, ...). The check trains a small network with it and looks at each frame.


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
# ### Exercise 7.3: two learning rates, judged by pictures
#
# Train `new_autoencoder(learning_rate)` for three epochs with 0.002 and with 0.05, following the eight images `followed` with your `Snapshots`. Look at the last frame of each. Which run is worth continuing, and what in the pictures says so? Set `judged = {0.002: (frame, number, verdict), 0.05: ...}`, where `frame` is the last frame, `number` its `variety`, and `verdict` is `"learning"` or, if every image gets nearly the same answer, `"stuck"`. The check measures your frames and asks whether the verdicts follow.

# %% tags=["exercise"]
judged = ...

checks.check_learning_rates(judged, followed)

# %% tags=["solution"]
judged = {}
for learning_rate in (0.002, 0.05):
    follow = Snapshots(followed, every=3)
    tried = new_autoencoder(learning_rate)
    tried.fit(data.Batches(train.x), epochs=3, shuffle=False, verbose=0, callbacks=[follow])
    number = variety(follow.frames[-1], followed)
    judged[learning_rate] = (
        follow.frames[-1],
        number,
        "learning" if number > 0.2 else "stuck",
    )

checks.check_learning_rates(judged, followed)

# %% [markdown]
# ### Exercise 7.4: more of the hardest
#
# Would the hardest class be served better if there were more of it in training? Train `new_autoencoder()` on the training images with those of that class repeated, so that each is there four times in all. A fair comparison takes as many *steps* as the first model did (`model.optimizer.iterations`, 720), so take fewer epochs. Then compare the errors on the validation images, for that class and for all others together, and set `finding = (hardest, more, verdict)`: the class, the trained model, and `"no"`, `"helps"` or, if the others got worse by it, `"helps, others pay"`. (Differences of a per cent or two come and go with the initial weights.)

# %% tags=["exercise"]
finding = ...

checks.check_more_of_it(finding, model, val.x, val.labels)

# %% tags=["solution"]
hardest = int(classes[np.argmax(per_class)])
of_it = train.x[train.labels == hardest]
batches = data.Batches(np.concatenate([train.x, of_it, of_it, of_it]))
more = new_autoencoder()
_ = more.fit(batches, epochs=round(720 / len(batches)), shuffle=False, verbose=0)

new_errors = evaluation.squared_error(val.x, evaluation.reconstruct(more, val.x))
for name, chosen in {"it": val.labels == hardest, "others": val.labels != hardest}.items():
    print(f"{name:7s} before {errors[chosen].mean():.1f}, after {new_errors[chosen].mean():.1f}")
finding = hardest, more, "helps, others pay"

checks.check_more_of_it(finding, model, val.x, val.labels)

# %% [markdown]
# ## What to remember
#
# - Show images from outside training, chosen beforehand, with fixed brightness limits and a diverging map for differences.
# - Look at the best, the worst and the classes: the mean hides all three.
# - The squared error counts large differences most, compares pixel by pixel, and in doubt asks for the mean.
# - An autoencoder pulls the unusual towards the usual. Small things that matter must be measured by themselves.
# - A callback with a few fixed validation images turns training into a film.
#
# ## Quiz
#
# 1. Your reconstructions look crisp, but the error is large. Check first (a) whether `imshow` had fixed limits; (b) the optimizer; (c) the number of classes.
# 2. A new model has a lower mean error, but its worst image is worse. For detecting anomalies you (a) take it at once; (b) look at the tail of the errors; (c) ignore single images.
# 3. A network returns sharp, plausible digits and has a *larger* squared error than another one that blurs. (a) Impossible: sharp pictures have small errors. (b) Its strokes may be slightly out of place. (c) It is overfitting.
#
# <details><summary>Answers</summary>
#
# 1. **a.** Automatic limits make pale pictures look crisp. The other two do not change how a picture is displayed.
# 2. **b.** A threshold lies in the tail, and the mean (a) does not describe it; single images (c) are what anomalies are.
# 3. **b.** A sharp stroke two pixels off costs more than a blur over both places, so (a) is wrong. Overfitting (c) is a difference between training and validation error, of which nothing is said.
# </details>
#
# ## Further reading
#
# - Keras documentation, *Writing your own callbacks*.
# - Wang & Bovik, *Mean squared error: love it or leave it?*, IEEE Signal Processing Magazine 26 (2009), doi:10.1109/MSP.2008.930649: what the squared error is good for, and what it misses.
# - Saxe, McClelland & Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*, arXiv:1312.6120: directions of large variance, in pictures the coarse ones, are learned first.
# - Budai et al., *Robust vessel segmentation in fundus images*, doi:10.1155/2013/154860: where the retina comes from.

# %% tags=["receipt"]
validation = history.history["val_loss"]
notebook.claim(validation[-1] < validation[0] / 2, "the film must show progress")
notebook.claim(test_errors.mean() < 0.65 * pca_test, "sixteen numbers beat PCA on test images too")
notebook.claim(np.ptp(errors[equal]) < 1, "the six errors are about equal")
notebook.claim(levels["mean image"] < shift_errors[2] < levels["another digit"], "two pixels")
notebook.claim(not np.array_equal(rows["epoch 1"], rows["epoch 12"]), "the film must move")
assert len(watch.frames) == 12
notebook.receipt(validation=errors.mean(), pca_16=pca_errors.mean(), test_error=test_errors.mean())
