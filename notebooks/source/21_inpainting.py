# %% [markdown]
# # 21. Inpainting
#
# *Pixels are missing and you know which: fill the hole, and find out what a network adds to filling it without one.*
#
# **You will be able to**
# - make random and block masks, and measure the error where it counts, inside them: the masked MSE;
# - fill holes in five ways that need no network, one of them very hard to beat;
# - train an autoencoder for inpainting, with the loss on the hole or on the whole image, and say which you need;
# - decide when a network is worth it, and say what no squared error will ever give you.
#
# **You need** lessons 10 and 13.
#
# **Time** 30 minutes to read, about 40 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_21 as checks
from ae_keras import Autoencoder, ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder
from ae_keras import backend, data, evaluation, plots
from ae_keras.evaluation import inpainting

import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage
from skimage.restoration import inpaint_biharmonic

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
# Enough for the point, and quick; the validation images are for choices.
x_train, x_val, x_test = train.x[:5000], val.x[:300], test.x[:300]
mean_image = x_train.mean(axis=0)

# %% [markdown]
# ## Noise you can point at
#
# A scratch on a photograph, a pen stroke over a form, a dead sensor, a cloud before a satellite. In lesson 13 every pixel was a little wrong and nobody knew which. Here some pixels are **missing** and you know which ones: for each image there is a mask, True where a pixel is missing. Filling in these pixels is called *[inpainting](glossary.md#inpainting)* (for a table of numbers, *imputation*).
#
# Two kinds of mask. *Random*: each pixel is lost with the same probability, whatever its neighbours do. *Block*: a square at a random place. Both take a few lines.


# %%
def my_random_mask(x, fraction, rng):
    return rng.random((*x.shape[:3], 1)) < fraction  # all channels of a pixel together


def my_block_mask(x, size, rng):
    n, height, width, _ = x.shape
    masks = np.zeros((n, height, width, 1), bool)
    for mask in masks:
        top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
        mask[top : top + size, left : left + size] = True
    return masks


rng = np.random.default_rng(0)
for mine, theirs in (
    (my_random_mask(x_test, 0.5, rng), data.random_mask(x_test, 0.5, seed=1)),
    (my_block_mask(x_test, 10, rng), data.block_mask(x_test, 10, seed=1)),
):
    print(f"missing: mine {mine.mean():.2f}, the package's {theirs.mean():.2f} of {theirs.shape}")

# %% [markdown] numbers={"half": "given: the fraction of the mask", "four": "784 / 2 / 100", "10": "given: the code below"}
# From here on we use the package's functions, which need no loop and check their arguments. Three sets of masks for the test images: a block of 10 by 10; random masks with *as many* pixels, 100 of 784 on average; and random masks that take half of all pixels, four times as many.

# %%
fraction = 100 / np.prod(image_shape[:2])
masks = {
    "block 10x10": data.block_mask(x_test, 10, seed=1),
    "random, as many": data.random_mask(x_test, fraction, seed=1),
    "random, half": data.random_mask(x_test, 0.5, seed=1),
}

# %% mystnb={"image": {"alt": "Four rows of ten digits: whole, with a grey square over a part of each, with a few grey specks, and with half of all pixels grey"}}
rows = {"whole": x_test[:10]}
rows |= {name: np.where(mask[:10], 0.5, x_test[:10]) for name, mask in masks.items()}
fig, ax = plt.subplots(figsize=(7, 3.2))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# **Predict.** Which of the three is hardest to fill? You can answer with your own eyes: in which row could you *draw* the missing pixels?

# %% [markdown]
# ## Measure inside the hole
#
# Let the mask $m_i$ be 1 where pixel $i$ is missing and 0 elsewhere. The **masked MSE** of a filled image $\hat x$ is
#
# $$E(x, \hat x) = \frac{\sum_i m_i (x_i - \hat x_i)^2}{\sum_i m_i},$$
#
# the mean squared error *per missing pixel*, so that small and large holes can be compared. The package has it as `inpainting.masked_mse`, one number for each image. Why not simply the error of the whole image? Take the weakest baseline there is, and fill with the mean of the training images.


# %%
def masked_mse(x_hat, mask, x=x_test):
    """Squared error per missing pixel, averaged over the images."""
    return inpainting.masked_mse(x, np.clip(x_hat, 0, 1), mask).mean()


mean_fill = {name: np.where(mask, mean_image, x_test) for name, mask in masks.items()}

# %%
everywhere = np.ones((len(x_test), *image_shape[:2], 1), bool)
print(f"{'filled with the mean image':28s} {'masked MSE':>18s} {'MSE over the image':>24s}")
for name, filled in mean_fill.items():
    print(
        f"{name:28s} {masked_mse(filled, masks[name]):18.3f} {masked_mse(filled, everywhere):24.3f}"
    )

# %% [markdown] numbers={"Two": "given: the two columns", "eight": "0.104 / 0.013", "seven eighths": "1 - 100 / 784", "half": "given: the fraction of the mask", "two thirds": "0.104 / 0.063 - 1"}
# Two numbers for the same pictures. Over the whole image, a block filled with the grey mean looks eight times better than it is, because seven eighths of the pixels were never touched. By that column the block is even the *easier* task, compared with half of the pixels at random. With that number, any method looks good if the holes are small enough. Inside the hole, the error of the mean is two thirds larger for a block than for random pixels: the square tends to lie where digits are drawn.

# %% [markdown]
# ## Four baselines without a network
#
# **The neighbourhood.** *Biharmonic* inpainting knows nothing about digits. It continues the known pixels into the hole as a thin steel plate would curve (it solves $\Delta^2 u = 0$ inside, with $\Delta$ the sum of the second derivatives). scikit-image has it.
#
# **Nearest neighbours.** Find the training image that is nearest *on the known pixels*, and copy its pixels into the hole. Or take the mean of the ten nearest.


# %%
def biharmonic_fill(x, mask):
    return np.stack(
        [inpaint_biharmonic(a, m[..., 0], channel_axis=-1) for a, m in zip(x, mask, strict=True)]
    )


def nearest_known(x, mask, bank, k):
    """Rows of the k images of `bank` nearest to each of `x` on its known pixels: `(n, k)`."""
    known = (~mask * np.ones_like(x)).reshape(len(x), -1)
    seen, bank = known * x.reshape(len(x), -1), bank.reshape(len(bank), -1)
    # sum over the known pixels of (bank - x)**2, without the term that is the same for all
    distance = known @ (bank**2).T - 2 * seen @ bank.T
    return np.argsort(distance, axis=1)[:, :k]


def nearest_fill(x, mask, k=1):
    return x_train[nearest_known(x, mask, x_train, k)].mean(axis=1)


# %% [markdown]
# **Iterative PCA.** Lesson 10 projects whole images. An image with a hole has no projection, but you can guess and improve: fill with the mean, project to $k$ components and back, **put the known pixels back**, and repeat. Each round moves the guess in the hole towards what the components can draw and the known pixels require.


# %%
def pca_fill(pca, x, mask, n_rounds):
    filled = np.where(mask, mean_image, x)
    for _ in range(n_rounds):
        filled = np.where(mask, evaluation.pca_reconstruct(pca, filled), x)
    return filled


# %% [markdown]
# **Predict** the curves of the masked MSE against the number of rounds, for 16 and for 64 components. Do more rounds help? Do more components? (These curves are computed on validation images, since we will choose from them.)

# %% mystnb={"image": {"alt": "Two panels, masked MSE against rounds of PCA fill on a logarithmic axis, for 16 and 64 components: with half of the pixels missing both curves fall and level off, 64 far below 16; with a block both fall a little and then rise again, 64 above 16 for the first rounds"}}
pcas = {k: evaluation.fit_pca(x_train, k) for k in (16, 64)}
rounds = [1, 3, 10, 30, 100]
val_masks = {
    "random, half": data.random_mask(x_val, 0.5, seed=1),
    "block 10x10": data.block_mask(x_val, 10, seed=1),
}
by_rounds = {
    name: {
        k: [masked_mse(pca_fill(pca, x_val, mask, n), mask, x_val) for n in rounds]
        for k, pca in pcas.items()
    }
    for name, mask in val_masks.items()
}
fig, axes = plt.subplots(1, 2, figsize=(8, 3))
for ax, (name, curves) in zip(axes, by_rounds.items(), strict=True):
    for k, values in curves.items():
        ax.plot(rounds, values, marker=".", label=f"{k} components")
        print(f"{name:13s} {k} components: " + " ".join(f"{value:.3f}" for value in values))
    ax.set(xscale="log", title=name, xlabel="rounds", ylabel="masked MSE")
    ax.set(ylim=(0, None))
    ax.legend()
plt.show()

# %% [markdown] numbers={"half": "given: the fraction of the mask", "64 at their": "seen: the curves", "16 at theirs.": "seen: the curves", "16 components and": "given: a setting of the code", "64 components and": "given: a setting of the code"}
# With half of the pixels missing at random, everything goes as one would hope: more rounds help until the curve is flat, and more components help a lot. With a block **more rounds first help and then hurt**, and more components gain nothing: 64 at their best are behind 16 at theirs.
#
# Nothing is broken. The rounds converge to the code that fits the *known* pixels best (least squares; you will solve it in one step in exercise 21.2). But some directions in the space of digits are visible almost only in the square. The known pixels hardly determine them, a tiny misfit outside is enough to make them huge inside, and least squares has no penalty for that. Starting from the mean and stopping early keeps such codes small. It is a regulariser, found by luck.
#
# For the comparison below we take two settings from these curves. 16 components and 10 rounds suit both masks: 3 rounds do about as well in a block, but not as well with half of the pixels missing. 64 components and 100 rounds suit random masks alone, where the curve has become flat.
#
# ### A proper regulariser
#
# Say instead how large each direction *may* be: as large as it is in the training images. That is a normal distribution with the mean $\mu$ and the covariance $C$ of the training images, and the best guess for the missing part $h$ given the known part $k$ is its conditional mean. With the precision matrix $P = (C + \sigma^2 I)^{-1}$, where $\sigma^2$ is a small noise variance so that the inverse exists,
#
# $$\hat x_h = \mu_h - P_{hh}^{-1} P_{hk}\,(x_k - \mu_k).$$
#
# No other *linear* guess from the known pixels has a smaller expected squared error. It is the counterpart of lesson 13's linear denoiser, with one difference: each image has its own mask and so its own linear system.


# %%
flat = x_train.reshape(len(x_train), -1).astype("float64")
mu = flat.mean(axis=0)
precision = np.linalg.inv(np.cov(flat.T) + 0.003 * np.eye(flat.shape[1]))


def linear_fill(x, mask):
    """The best linear guess: one small linear system per image."""
    filled = x.reshape(len(x), -1).astype("float64")
    for image, h in zip(filled, (mask & np.ones(x.shape, bool)).reshape(len(x), -1), strict=True):
        pull = precision[np.ix_(h, ~h)] @ (image - mu)[~h]
        image[h] = mu[h] - np.linalg.solve(precision[np.ix_(h, h)], pull)
    return filled.reshape(x.shape).astype("float32")


fillers = {
    "mean image": lambda x, mask: np.where(mask, mean_image, x),
    "biharmonic": biharmonic_fill,
    "nearest image": nearest_fill,
    "mean of ten nearest": lambda x, mask: nearest_fill(x, mask, k=10),
    "PCA, 16, 10 rounds": lambda x, mask: pca_fill(pcas[16], x, mask, 10),
    "PCA, 64, 100 rounds": lambda x, mask: pca_fill(pcas[64], x, mask, 100),
    "best linear": linear_fill,
}

# %%
table = {}


def add_to_table(name, fill):
    table[name] = [masked_mse(fill(x_test, mask), mask) for mask in masks.values()]
    print(f"{name:24s}" + "".join(f"{value:17.3f}" for value in table[name]))


print(f"{'masked MSE':24s}" + "".join(f"{name:>17s}" for name in masks))
for name, fill in fillers.items():
    add_to_table(name, fill)

# %% [markdown] numbers={"twenty": "0.042 / 0.002", "50": "given: an example", "half": "0.049 / 0.086"}
# First, the answer to the prediction. **The number of missing pixels says almost nothing; their arrangement says everything.** For every method that looks at more than the mean, a block of 100 pixels is several times harder than 100 scattered ones, for the best linear guess twenty times, and also harder than 400 scattered ones. An isolated missing pixel is surrounded by the answer. (These digits are smooth, enlarged from fewer pixels, which helps as well.) So a paper that reports "50 per cent of the pixels removed" and removes them at random has reported an easy task.
#
# Second, the methods. In random masks biharmonic inpainting, which never saw a digit, is nearly as good as anything. In a block it has nothing to continue. The nearest image draws a perfect digit, often not quite the right one, and is not much better than the mean; the mean of ten such images has little more than half its error. The best linear guess is ahead in the block and first, or level with the first, in the other two. Anything that needs training has to be compared with *that* row.

# %% [markdown]
# ## A network for inpainting
#
# `data.Batches` gives clean targets to corrupted inputs (lesson 13). A corruption may also return *which* pixels it took away, and then each batch has a third part: `(corrupted, target, weight)`. Keras calls it `sample_weight`; it multiplies the loss of each pixel, here by 1 in the hole and by 0 elsewhere.
#
# The size of the block, or the fraction of missing pixels, is drawn anew for each batch, so that the network meets all of them.

# %%
draw = {
    "block": lambda x, rng: data.block_mask(x, int(rng.integers(4, 19)), rng),
    "random": lambda x, rng: data.random_mask(x, rng.uniform(0.02, 0.6), rng),
}
mask_loss = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")


def emptied(kind, value, weighted):
    """A corruption that puts `value` where the mask is; `weighted`: the loss looks only there."""

    def corruption(x, rng):
        mask = draw[kind](x, rng)
        corrupted = np.where(mask, value, x).astype("float32")
        return (corrupted, mask) if weighted else corrupted

    return corruption


# %% [markdown]
# The argument `reduction` matters, because the default does something else. Take a fresh batch and plain grey images as the answer, and compute the loss by hand and with Keras.

# %%
batch = data.Batches(x_train, corruption=emptied("block", mean_image, weighted=True))[0]
corrupted, target, weight = batch
grey = np.full_like(target, 0.5)
by_hand = ((grey - target)[..., 0] ** 2)[weight == 1].mean()
default = keras.losses.MeanSquaredError()
print("shapes:", [part.shape for part in batch])
print(f"by hand, missing pixels only:    {by_hand:.4f}")
for name, loss in (("mean_with_sample_weight", mask_loss), ("default reduction", default)):
    print(f"{name:32s} {float(loss(target, grey, sample_weight=weight)):.4f}")

# %% [markdown]
# With `mean_with_sample_weight` the loss is the masked MSE: the sum over the missing pixels divided by *their* number. The default divides by the number of all pixels: its gradient points the same way, but is scaled by the fraction missing, so that batches with large holes count for more and your learning curve moves with the size of the holes. (The course's own `losses.squared_error` gives one number for an image and cannot be weighted by pixel at all.)
#
# Now the question. The known pixels will be copied back anyway, so why should the network spend effort on them? **Predict**: two networks, alike but for the loss; one has the loss on the hole alone (a *masked loss*), one on the whole image. Which is better *inside the hole*?


# %%
def trained(corruption, weighted=False, parts=None, x=x_train, epochs=10):
    encoder, decoder = parts or (DenseEncoder(64, (512,)), DenseDecoder(image_shape, (512,)))
    model = backend.seed_weights(Autoencoder(encoder, decoder), seed=0)
    if parts:  # one bias for all pixels starts at the mean grey, as in lesson 13
        model.weights[-1].assign([np.log(x.mean() / (1 - x.mean()))])
    model.compile(keras.optimizers.Adam(0.002), loss=mask_loss if weighted else "mse")
    batches = data.Batches(x, corruption=corruption)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def filler(model, value):
    """The model as a function like the other fillers; `value` is what it finds in the hole."""
    return lambda x, mask: evaluation.reconstruct(model, np.where(mask, value, x).astype("float32"))


# %%
on_hole = filler(trained(emptied("block", mean_image, True), weighted=True), mean_image)
on_all = filler(trained(emptied("block", mean_image, False)), mean_image)

# %%
block = masks["block 10x10"]
inside, outside, pasted = {}, {}, {}
print("squared error per pixel     inside   outside   whole image   whole image, pasted")
for name, fill in (("loss on the hole", on_hole), ("loss on all pixels", on_all)):
    x_hat = fill(x_test, block)
    inside[name], outside[name] = masked_mse(x_hat, block), masked_mse(x_hat, ~block)
    pasted[name] = masked_mse(np.where(block, x_hat, x_test), everywhere)
    whole = masked_mse(x_hat, everywhere)
    print(f"{name:24s} {inside[name]:9.3f} {outside[name]:9.3f} {whole:13.3f} {pasted[name]:21.4f}")

# %% [markdown] numbers={"twice": "0.024 / 0.009", "684": "784 - 100"}
# The common advice, loss on the hole, **gains nothing inside the hole here**; it is a little behind. Outside its error is more than twice as large, as you would expect of pixels nobody asked for. (With all images and 25 epochs the two were level inside in our runs.) The pixels outside are not wasted effort: to redraw the known part of a digit, the code must first represent it, and that is what the guess in the hole is made from. Each image then teaches with 784 pixels instead of a hundred or so. The masked MSE is the right *measure*; whether it is the better *training loss* is something to try. It becomes necessary when the truth outside is not known either, as with data that were never complete.
#
# ### The step people forget
#
# Look at the last two columns. Using the network's output as it is replaces 684 correct pixels by blurry copies. **Paste the known pixels back**: `np.where(mask, x_hat, x)`. It costs nothing, it can never make the error larger, and it makes the outside irrelevant. The gain is largest where you trained on the hole alone.

# %% [markdown]
# ## What the network finds in the hole
#
# Something must stand where pixels are missing. Above it was the mean image. Most people take black, because `x * (1 - mask)` is the shortest to write. **Predict**: does it matter, and if so, more for small holes or for large ones?

# %%
black = np.zeros(image_shape, "float32")
by_value = {"mean image": on_all}
by_value["black"] = filler(trained(emptied("block", black, False)), black)
values = {name: masked_mse(fill(x_test, block), block) for name, fill in by_value.items()}
small = data.block_mask(x_test, 6, seed=2)
small_values = {name: masked_mse(fill(x_test, small), small) for name, fill in by_value.items()}
print(f"fraction of pixels that are black by themselves: {(x_test == 0).mean():.2f}")
print(f"{'value in the hole':18s} {'masked MSE, 10x10':>20s} {'6x6':>11s}")
for name in values:
    print(f"{name:18s} {values[name]:20.3f} {small_values[name]:11.3f}")

# %% [markdown] numbers={"Three quarters": "0.76", "0.5": "given: a value to try"}
# It matters, and more for small holes. Three quarters of all pixels are black by themselves. A black square does not say whether it is a hole or background, and the smaller it is, the more it looks like any gap between strokes; the network cannot know that it should doubt *these* pixels. So mark the hole with something that digits do not contain. A grey square would do (put 0.5 for black and run the cell again; in our runs it came out close to the mean image). The mean begins with the best constant guess and keeps the comparison clean, because the baseline *is* the network's input. A third way is to give the network the mask itself as a second channel.

# %% [markdown] numbers={"half": "given: the fraction of the mask"}
# ## Masks it was not trained for, and a receptive field that is too small
#
# Three more networks. One trains on random masks only. One trains on blocks but is *fully convolutional*: its code is a small map, no layer looks at the whole image. As it is slow it gets 3,000 images and half of the epochs, and so, to be fair, does a dense one beside it. How far does the convolutional one see, how large is its *receptive field* (lesson 11)? Change one pixel in the middle and look where the output of the untrained network changes.

# %%
random_net = filler(trained(emptied("random", mean_image, False)), mean_image)
conv_parts = (
    ConvEncoder(16, filters=(16, 32), flat=False),
    ConvDecoder(image_shape, filters=(32, 16), flat=False),
)
brief = {"corruption": emptied("block", mean_image, False), "x": x_train[:3000], "epochs": 5}
fresh = backend.seed_weights(Autoencoder(*conv_parts), seed=0)  # reach is not a matter of training
poked = np.stack([mean_image, mean_image])
poked[1, 13, 13] += 0.3
before, after = evaluation.reconstruct(fresh, poked)
changed = np.argwhere(np.abs(after - before).max(axis=-1) > 1e-6)
rows_seen, columns_seen = np.ptp(changed, axis=0) + 1
print(f"one pixel reaches {rows_seen} rows and {columns_seen} columns of the convolutional output")
conv_net = filler(trained(parts=conv_parts, **brief), mean_image)
brief_net = filler(trained(**brief), mean_image)

# %%
print(f"{'masked MSE':24s}" + "".join(f"{name:>17s}" for name in masks))
for name in ("mean image", "PCA, 16, 10 rounds", "best linear"):
    print(f"{name:24s}" + "".join(f"{value:17.3f}" for value in table[name]))
add_to_table("dense, trained on block", on_all)
add_to_table("dense, on random", random_net)
add_to_table("dense on block, briefly", brief_net)
add_to_table("conv on block, briefly", conv_net)

middle = ndimage.binary_erosion(block, np.ones((1, 5, 5, 1)), border_value=1)
rim_and_middle = {}
print("in the block       outer two pixels   middle")
for name, fill in (("dense, briefly", brief_net), ("conv, briefly", conv_net)):
    x_hat = fill(x_test, block)
    rim_and_middle[name] = masked_mse(x_hat, block & ~middle), masked_mse(x_hat, middle)
    print(f"{name:16s} {rim_and_middle[name][0]:18.3f} {rim_and_middle[name][1]:8.3f}")

# %% [markdown] numbers={"a hundred": "10 * 10", "64": "given: the width of the code"}
# Each dense network is best at the masks it was trained on. The one trained on random masks, given a block, falls behind the PCA fill: it has learned to use neighbouring pixels, and in the middle of a block none are known. The other way round, the network trained on blocks is behind on random masks, but only by a small part of the mean image's error. If you do not know your masks, train on the hard ones.
#
# The convolutional network is behind the dense one that had the same training, on blocks; on a hundred scattered pixels, where neighbours are all you need, it is ahead. Within the block the gap is small near the edge, where known pixels are close, and widens in the middle. One pixel reaches only so many rows of the output, eight or so on each side, and the middle of the square is drawn without most of the digit around it. Lesson 13 praised local filters for noise; a wide hole needs a receptive field that reaches across it.
#
# And the comparison with the baselines. On blocks the dense network is ahead of the mean image, biharmonic inpainting and the nearest image, and about level with the better PCA fill. It does not beat the mean of ten nearest images, and **the best linear guess beats it in every column**, trained for that column or not. It weights all known pixels rightly for *this* mask, while ours squeezes every digit through 64 numbers, whatever the mask. Being nonlinear, which the linear guess is not, does not make up for that on digits this smooth. (A code of 256, twice the width, twice the training: in our runs each brought a little, none enough.)

# %% mystnb={"image": {"alt": "Eight rows of ten digits with a square hole: whole, with the hole in grey, filled by the mean image, biharmonic inpainting, the nearest training image, PCA, the dense network and the best linear guess; the last two continue strokes best, softly"}}
shown = slice(0, 10)
rows = {"whole": x_test[shown], "hole": np.where(block[shown], 0.5, x_test[shown])}
gallery = {name: fillers[name] for name in ("mean image", "biharmonic", "nearest image")}
gallery |= {"PCA": fillers["PCA, 16, 10 rounds"], "network": on_all, "best linear": linear_fill}
for name, fill in gallery.items():
    x_hat = np.clip(fill(x_test[shown], block[shown]), 0, 1)
    rows[name] = np.where(block[shown], x_hat, x_test[shown])
fig, ax = plt.subplots(figsize=(7, 5.8))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# ## The larger the hole
#
# How does the order change with the fraction of missing pixels? **Predict** the two families of curves, random and block.

# %% mystnb={"image": {"alt": "Two panels, masked MSE against the fraction of missing pixels. Random masks: the mean image stays high and flat, all others are far below and nearly flat. Blocks: all methods but the mean image rise steeply, PCA and the network towards the mean image, the best linear guess lowest throughout"}}
sizes = [6, 10, 14, 18]
fractions = [size**2 / np.prod(image_shape[:2]) for size in sizes]
compared = {name: fillers[name] for name in ("mean image", "PCA, 16, 10 rounds", "best linear")}
curves = {"random": {name: [] for name in compared}, "block": {name: [] for name in compared}}
curves["random"]["network"], curves["block"]["network"] = [], []
for size, fraction in zip(sizes, fractions, strict=True):
    for kind, mask, network in (
        ("random", data.random_mask(x_test, fraction, seed=3), random_net),
        ("block", data.block_mask(x_test, size, seed=3), on_all),
    ):
        for name, fill in (compared | {"network": network}).items():
            curves[kind][name].append(masked_mse(fill(x_test, mask), mask))
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True)
for ax, (kind, lines) in zip(axes, curves.items(), strict=True):
    for name, values_of in lines.items():
        ax.plot(fractions, values_of, marker=".", label=name)
    ax.set(title=kind, xlabel="fraction of pixels missing")
axes[0].set(ylabel="masked MSE", ylim=(0, None))
axes[0].legend(fontsize=8)
plt.show()
for name, values_of in curves["block"].items():
    print(f"blocks, {name:19s} " + " ".join(f"{value:.3f}" for value in values_of))

# %% [markdown] numbers={"two fifths": "0.41"}
# Random masks: nearly flat. Up to two fifths of the pixels can go, and every method stays far below the mean image. Blocks: the error rises with every step in size, and *every* curve approaches the mean image, because in the middle of a large hole the mean of all digits is the best guess by squared error.
#
# ## One hole, several truths
#
# That last sentence deserves a closer look. Cover the left side of threes and eights: what tells them apart is gone. What do the methods draw? As a stand-in for "what could be there", we take the training images nearest on the known side.

# %%
left = np.zeros((*image_shape[:2], 1), bool)
left[:, : image_shape[1] // 2] = True
chosen = np.concatenate([np.flatnonzero(test.labels == digit)[:40] for digit in (3, 8)])
pair = test.x[chosen]
hidden = np.broadcast_to(left, (len(pair), *left.shape))
near = nearest_known(pair, hidden, x_train, 10)
near_labels = train.labels[: len(x_train)][near]
for digit in (3, 8):
    found = near_labels[test.labels[chosen] == digit]
    is_3, is_8 = (found == 3).mean(), (found == 8).mean()
    print(f"ten nearest of a covered {digit}: {is_3:.2f} are a 3, {is_8:.2f} an 8")
guesses = {
    "network": on_all(pair, hidden),
    "best linear": linear_fill(pair, hidden),
    "one nearest image": x_train[near[:, 0]],
    "mean of ten nearest": x_train[near].mean(axis=1),
}
ambiguous = {name: masked_mse(x_hat, hidden, pair) for name, x_hat in guesses.items()}
for name, value in ambiguous.items():
    print(f"{name:20s} masked MSE {value:.3f}")

# %% mystnb={"image": {"alt": "Seven rows of eight, four threes and four eights: whole, left half grey, the network's and the linear guess's soft grey left halves, and three nearest training images pasted in, sharp and different from one another"}}
some = [0, 1, 2, 3, 40, 41, 42, 43]
rows = {"whole": pair[some], "seen": np.where(hidden[some], 0.5, pair[some])}
shown_guesses = {name: guesses[name] for name in ("network", "best linear")}
shown_guesses |= {f"nearest no. {k + 1}": x_train[near[:, k]] for k in range(3)}
for name, x_hat in shown_guesses.items():
    rows[name] = np.where(hidden[some], np.clip(x_hat[some], 0, 1), pair[some])
fig, ax = plt.subplots(figsize=(6.5, 5.6))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"four in ten": "1 - 0.58", "half": "1 - 0.45", "8": "given: the digit"}
# The right sides leave much open: of the ten nearest images of a covered 3, four in ten are something else, and of a covered 8 more than half. The network and the linear guess do not choose. They draw the *conditional mean*, the **mean of what could be there**, grey where some digits have ink and others have none. The nearest images, pasted in, are sharp and differ: one right side goes on as a 3 and as a 4, another as a 3 and as an 8.
#
# Now the numbers. One nearest image, a sharp digit, has a far larger error than the mean of ten, which is no digit. That is no accident: if what could be there has the variance $V$ per pixel, its mean has the expected squared error $V$, and a single true draw, sharp as it may be, has $2V$. **By squared error the blur wins.** Neither longer training nor a larger network will remove it: it is the right answer to what was asked. If you want plausible pictures, *sample* from a model of what fits the known pixels, several times, because there are several truths. A VAE's codes that agree with the known pixels are one way, an adversarial loss another, diffusion models are today's. And the squared error of one sample cannot be their measure.
#
# ## When is it worth it?
#
# | what is missing | take | why |
# |---|---|---|
# | scattered pixels | the neighbourhood, or the best linear guess | the answer stands beside the hole |
# | blocks, few data, smooth images | the best linear guess | no training, and hard to beat |
# | blocks, many images to fill | an autoencoder trained on such blocks | one pass each, no linear system for every mask; test it against the row above |
# | any, and you want *plausible* pictures | a model that draws samples | squared error gives the mean |
#
# An autoencoder is worth it if it beats the linear guess *on your data*. On ours it does not.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("21.1")` gives a hint; call it again for the next one.
#
# ### Exercise 21.1: the other way round
#
# A mask may also lie *around* what is known: *outpainting*. Write `border_holes(x, width)`: a bool mask `(n, height, width of the image, 1)`, True for the outermost `width` pixels on each of the four sides.


# %% tags=["exercise"]
def border_holes(x, width): ...


checks.check_border_holes(border_holes)


# %% tags=["solution"]
def border_holes(x, width):
    masks = np.ones((*x.shape[:3], 1), bool)
    masks[:, width : x.shape[1] - width, width : x.shape[2] - width] = False
    return masks


checks.check_border_holes(border_holes)

# %% [markdown]
# ### Exercise 21.2: PCA fill in one step
#
# The rounds of the PCA fill converge to a least-squares problem. Write `least_squares_fill(x, mask, mean, components)` for one flattened image `x` with the bool array `mask`, both `(n_pixels,)`: find the code whose picture, `mean + z @ components`, fits the *known* pixels best (`np.linalg.lstsq`), and fill the hole with it. `mean` is `(n_pixels,)`, `components` is `(k, n_pixels)`, as `pca.mean_` and `pca.components_`.


# %% tags=["exercise"]
def least_squares_fill(x, mask, mean, components): ...


checks.check_least_squares_fill(least_squares_fill)


# %% tags=["solution"]
def least_squares_fill(x, mask, mean, components):
    known = ~mask
    z = np.linalg.lstsq(components[:, known].T, (x - mean)[known])[0]
    return np.where(mask, mean + z @ components, x)


checks.check_least_squares_fill(least_squares_fill)

# %% [markdown]
# ### Exercise 21.3: the mean of the nearest
#
# One nearest image is a poor guess, ten are a good one. Write `mean_of_nearest(x, mask, bank, k)` for one flattened image: fill the hole with the mean of the `k` images of `bank`, `(n, n_pixels)`, that are nearest to `x` on the known pixels. Try it with $k$ = 1, 3, 10, 100 on the block.


# %% tags=["exercise"]
def mean_of_nearest(x, mask, bank, k): ...


checks.check_mean_of_nearest(mean_of_nearest)


# %% tags=["solution"]
def mean_of_nearest(x, mask, bank, k):
    known = ~mask
    distance = np.sum((bank[:, known] - x[known]) ** 2, axis=1)
    nearest = np.argsort(distance)[:k]
    return np.where(mask, bank[nearest].mean(axis=0), x)


checks.check_mean_of_nearest(mean_of_nearest)

# %% [markdown] numbers={"half": "given: the fraction of the mask", "a quarter": "given: an example of the quiz", "twice": "1 + 1"}
# ## What to remember
#
# - Measure the masked MSE, per *missing* pixel; the error of the whole image flatters, more so the smaller the hole.
# - Random masks are easy, blocks are hard: report the shape of the mask, not only the fraction missing.
# - The masked loss gained nothing inside the hole here; paste the known pixels back in either case.
# - Mark holes with something that images do not contain, train on the masks you will meet, and let the code see all of the image.
# - The best linear guess is the baseline, and here the winner. Squared error gives the mean of what could be there.
#
# ## Quiz
#
# 1. A method removes half of the pixels at random and restores them almost perfectly. This shows (a) that it understands the images; (b) little: the neighbours of a missing pixel determine it; (c) that it will fill a block of a quarter of the image.
# 2. A network is trained with the loss on the hole alone, and its picture looks wrong outside the hole. (a) It needs more epochs. (b) Nobody asked for the outside: paste the known pixels. (c) The loss has a bug.
# 3. You fill holes with *one sample* from the true distribution of what could be there, instead of its mean. The expected squared error (a) falls, for the picture is sharper; (b) stays the same; (c) doubles.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Biharmonic inpainting, which never saw a digit, does it as well (not a), and fails on blocks (not c).
# 2. **b.** Weight 0 means that nothing there is learned, however long you train (not a); that is what was asked for (not c).
# 3. **c.** $\mathbb{E}\lVert x - x' \rVert^2$ of two independent draws is twice the variance, and the variance is what the mean leaves. Sharpness (a) is not what squared error rewards, and (b) would need a draw as good as the mean, which is the best there is.
# </details>
#
# ## Further reading
#
# - Pathak et al., *Context encoders*, arXiv:1604.07379, sections 3.1 and 3.2: an autoencoder for blocks, loss on the hole, and an adversarial loss against the blur.
# - Bertalmio et al., *Image inpainting* (2000), doi:10.1145/344779.344972: filling from the border inwards.
# - Tipping & Bishop, *Probabilistic principal component analysis* (1999), doi:10.1111/1467-9868.00196: regularised PCA, and missing values.
# - Xie et al., *Image denoising and inpainting with deep neural networks*, NeurIPS 2012: stacked denoising autoencoders on text over photographs.

# %% tags=["receipt"]
linear_block, _, linear_half = table["best linear"]
pca_curve = by_rounds["block 10x10"][16]
hole_only, whole_image = "loss on the hole", "loss on all pixels"
(dense_rim, dense_middle), (conv_rim, conv_middle) = rim_and_middle.values()
notebook.claim(linear_block > 3 * linear_half, "a block is harder than half of all pixels")
notebook.claim(pca_curve[-1] > 1.1 * min(pca_curve), "too many rounds of PCA fill hurt in a block")
notebook.claim(pca_curve[2] < 1.1 * min(pca_curve), "ten rounds of PCA fill suit a block")
notebook.claim(
    min(by_rounds["block 10x10"][64]) > min(pca_curve), "more components gain nothing in a block"
)
notebook.claim(
    0.9 < inside[hole_only] / inside[whole_image] < 1.4, "loss on the hole gains nothing inside"
)
notebook.claim(outside[hole_only] > 1.7 * outside[whole_image], "and loses much outside")
notebook.claim(values["black"] > 1.15 * values["mean image"], "black is taken for background")
notebook.claim(
    table["dense, on random"][0] > table["PCA, 16, 10 rounds"][0], "random does not teach blocks"
)
notebook.claim(
    conv_middle / dense_middle > conv_rim / dense_rim, "local filters lose most in the middle"
)
notebook.claim(linear_block < 0.85 * inside[whole_image], "the best linear guess beats the network")
notebook.claim(
    ambiguous["one nearest image"] > 1.3 * ambiguous["mean of ten nearest"], "the blur wins"
)
notebook.receipt(
    mean=table["mean image"][0],
    network=inside[whole_image],
    best_linear=linear_block,
)
