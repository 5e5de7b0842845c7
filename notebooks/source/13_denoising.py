# %% [markdown]
# # 13. Denoising
#
# *Corrupt the input, keep the target clean, and the network has to learn what images are like.*
#
# **You will be able to**
# - train a denoiser with fresh noise, and recognise the bugs that make one look good or bad;
# - corrupt images in three ways, in the data pipeline or inside the model;
# - say what a denoiser does with noise and with images it never saw (distribution shift);
# - judge it by PSNR (in decibels) and SSIM against filters that were never trained.
#
# **You need** lessons 09, 11 and 12.
#
# **Time** 35 minutes to read, about 45 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_13 as checks
from ae_keras import Autoencoder, ConvDecoder, ConvEncoder, DenoisingAutoencoder
from ae_keras import DenseDecoder, DenseEncoder, backend, data, evaluation, losses
from ae_keras import plots
from ae_keras.data import published

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from scipy import ndimage, signal

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
x_train, x_test = train.x[:3000], test.x[:900]  # enough for the point, and quick


def trained(encoder, decoder, batches, epochs, learning_rate=0.002, first_bias=0.0):
    model = backend.seed_weights(Autoencoder(encoder, decoder), seed=0)
    last_bias = model.weights[-1]
    last_bias.assign(np.full(last_bias.shape, first_bias))
    model.compile(keras.optimizers.Adam(learning_rate), loss=losses.squared_error)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def dense(batches, epochs=12):
    """The network of most of this lesson: a code of 64 numbers."""
    return trained(DenseEncoder(64), DenseDecoder(image_shape), batches, epochs)


# %% [markdown]
# ## Noisy in, clean out
#
# Lesson 09 ended with a complaint: an autoencoder that never saw noise may *amplify* it. The cure is one line, and makes it a [denoising autoencoder](glossary.md#denoising-autoencoder). Corrupt the image, encode and decode the corrupted (or *spoilt*) copy $\tilde x$, and compare the result with the image $x$ as it was **before**:
#
# $$L(x) = \bigl\lVert x - g(f(\tilde x)) \bigr\rVert^2, \qquad \tilde x \text{ drawn from } C(\tilde x \mid x),$$
#
# where $f$ is the encoder, $g$ the decoder and $C$ the [corruption](glossary.md#corruption), a random process you choose. Copying the input is now a bad answer, because the input is wrong. To do better, the network must know what images look like, and move what it is given towards them.
#
# Three corruptions are common. *Gaussian*: add normal noise to each pixel (and clip to [0, 1]). *Salt and pepper*: a fraction of the pixels becomes black or white. *Masking*: a fraction becomes black. The fraction is 20 per cent here.

# %% tags=["keep"]
corruptions = {
    "Gaussian": lambda x, rng: data.gaussian_noise(x, 0.4, rng),
    "salt and pepper": lambda x, rng: data.salt_and_pepper(x, 0.2, rng),
    "masking": lambda x, rng: data.masking(x, 0.2, rng),
}
noisy = {name: corrupt(x_test, np.random.default_rng(1)) for name, corrupt in corruptions.items()}


def error(x_hat, x=x_test):
    """Squared error per image, against the clean images unless told otherwise."""
    return evaluation.squared_error(x, x_hat).mean()


# %% mystnb={"image": {"alt": "Four rows of ten digits: clean, with Gaussian noise, with black and white specks, and with a fifth of the pixels blackened"}}
fig, ax = plt.subplots(figsize=(7, 3.2))
plots.plot_rows({"clean": x_test[:10]} | {name: x[:10] for name, x in noisy.items()}, ax=ax)
plt.show()
for name, spoilt in noisy.items():
    print(f"{name:15s} puts a squared error of {error(spoilt):5.1f} into each image")
print(f"the mean image would be off by {evaluation.mean_image_error(train.x, x_test):.1f}")

# %% [markdown]
# Pixel by pixel, the images with Gaussian noise and with specks are now farther from the truth than the mean image, which shows nothing. *We* still read them without trouble. That gap is what a denoiser can win. Masking does less harm because most pixels are black anyway, and blackening a black pixel changes nothing.
#
# ### Masking is not dropout
#
# It looks as if `keras.layers.Dropout` would do the masking for free. Look at what both do to a grid of ones.

# %%
ones = np.ones((1, 100, 100, 1), "float32")
dropped = ops.convert_to_numpy(keras.layers.Dropout(0.2, seed=0)(ones, training=True))
masked = data.masking(ones, 0.2, seed=0)
for name, result in (("dropout", dropped), ("masking", masked)):
    values = [f"{value:.2f}" for value in np.unique(result)]
    print(f"{name}: values {values}, mean {result.mean():.1f}")

# %% [markdown]
# Dropout *rescales*: what survives is divided by $1 - 0.2$, so that the mean stays the same and the layer can be switched off after training. That is right for activations in a network. For images it is wrong twice: a white pixel becomes 1.25, which no image has, and the network learns on images brighter than those it will meet. Masking leaves what survives as it is.

# %% [markdown]
# ## The recipe
#
# `data.Batches(x, corruption=...)` gives pairs (corrupted, clean), and corrupts **anew in every epoch**. The noise comes from NumPy with a seed for each batch, so it is the same on every backend. Nothing in the model changes; it is the `Autoencoder` of lesson 05.

# %%
corrupt = corruptions["Gaussian"]
pair = data.Batches(x_train, corruption=corrupt, shuffle=False)
first_epoch, target = pair[0]
pair.on_epoch_begin()
_ = [pair[i] for i in range(len(pair))]
pair.on_epoch_end()
second_epoch, _ = pair[0]
print("target is the clean image:", np.array_equal(target, x_train[: len(target)]))
print("same noise in the next epoch:", np.array_equal(first_epoch, second_epoch))

# %% [markdown]
# **Predict.** Two networks, same weights at the start, same images, same number of steps. One trains on clean images, the other on noisy ones. Which has the smaller error on noisy test images, and which on clean ones? And what will they leave of the 63 that the noise puts in?

# %%
plain = dense(data.Batches(x_train))
denoiser = dense(data.Batches(x_train, corruption=corrupt))

# %% [markdown]
# Two baselines besides. **PCA** with the same 64 numbers: project the noisy image and come back. And one that few courses show: the **best linear denoiser**. Take all noisy training images $\tilde X$ (one a row), their clean originals $X$, and solve the least-squares problem $\tilde X W \approx X$ for the matrix $W$, with a small penalty $\lambda \lVert W \rVert^2$ so that it does not fit the noise (**ridge regression**). No training, one equation, a second.


# %%
def linear_denoiser(x_noisy, x, penalty=100):
    """The best linear map (with an offset) from noisy to clean images, as a function."""
    a = np.column_stack([x_noisy.reshape(len(x), -1), np.ones(len(x))]).astype("float64")
    w = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ x.reshape(len(x), -1))

    def denoise(x):
        flat = np.column_stack([x.reshape(len(x), -1), np.ones(len(x))])
        return np.clip(flat @ w, 0, 1).astype("float32").reshape(x.shape)

    return denoise


fixed_copy = corrupt(x_train, np.random.default_rng(2))
linear = linear_denoiser(fixed_copy, x_train)
pca64 = evaluation.fit_pca(x_train, 64)

# %%
methods = {
    "leave it as it is": lambda x: x,
    "PCA, 64 numbers": lambda x: evaluation.pca_reconstruct(pca64, x),
    "linear denoiser": linear,
    "plain autoencoder": lambda x: evaluation.reconstruct(plain, x),
    "denoiser": lambda x: evaluation.reconstruct(denoiser, x),
}
results = {
    name: (error(method(noisy["Gaussian"])), error(method(x_test)))
    for name, method in methods.items()
}
print("squared error to the clean image   noisy in   clean in")
for name, (from_noisy, from_clean) in results.items():
    print(f"{name:32s} {from_noisy:10.1f} {from_clean:10.1f}")

# %% mystnb={"image": {"alt": "Five rows of ten digits: clean, noisy, the plain autoencoder's smeared and partly wrong answers, the linear denoiser's digits with grey ghosts, the denoiser's clean strokes"}}
rows = {"clean": x_test[:10], "noisy": noisy["Gaussian"][:10]}
for name in ("plain autoencoder", "linear denoiser", "denoiser"):
    rows[name] = np.clip(methods[name](noisy["Gaussian"][:10]), 0, 1)
fig, ax = plt.subplots(figsize=(7, 4))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"half": "1 - 27.8 / 62.6", "halves": "14.0 / 27.8", "twelve": "given: the code above"}
# Read the table row by row. The plain autoencoder takes out more than half of the noise and turns part of the rest into wrong strokes: the third row of pictures shows digits that are not there (it *hallucinates*). The same network trained on noisy images halves that error and draws clean strokes. On *clean* images the order is reversed, and that is not a bug: the denoiser expects noise, and a network that has learned to distrust details distrusts true ones too.
#
# Now the sobering part. In squared error **both baselines are good, and the linear denoiser is better than our network**. On smooth, centred digits a linear map can average noise away very well, and ours has to squeeze every digit through 64 numbers after only twelve epochs of 3,000 images. The pictures tell the other half: the linear answers are surrounded by grey ghosts, the network's are not. Two lessons: compute the linear baseline before you praise a network, and look at the pictures as well as the number. We shall meet a network that beats it.

# %% [markdown]
# ## Fresh noise, overfitting, and two bugs
#
# Would it not be simpler to add the noise once, before training? **Predict** what a network does with one fixed noisy copy that it sees over and over. And then the classic bug: `fit(x_noisy)` without a target, so that the *noisy* image is its own target. To see the effect clearly, let there be few images, 500, and many epochs, 40.

# %%
few, few_noisy = x_train[:500], fixed_copy[:500]
lessons = {
    "fresh noise": dense(data.Batches(few, corruption=corrupt), epochs=40),
    "one noisy copy": dense(data.Batches(few_noisy, target=few), epochs=40),
    "noisy target (bug)": dense(data.Batches(few_noisy), epochs=40),
}

# %%
few_new = corrupt(few, np.random.default_rng(3))
by_noise = {
    name: (
        error(evaluation.reconstruct(model, few_noisy), few),
        error(evaluation.reconstruct(model, few_new), few),
        error(evaluation.reconstruct(model, noisy["Gaussian"])),
    )
    for name, model in lessons.items()
}
print("squared error to clean   that copy   new noise   test images")
for name, (that_copy, new_noise, on_test) in by_noise.items():
    print(f"{name:22s} {that_copy:11.1f} {new_noise:11.1f} {on_test:13.1f}")

# %% [markdown] numbers={"half": "29.7 / 62.6"}
# The network with one fixed copy does best on *that* copy and clearly worse on new noise over the very same digits: it has begun to **overfit**, memorising the noise as one memorises the typos of a book. With fresh noise the two columns agree, because there is nothing to memorise, and the error on the test images is smaller as well. Fresh noise is free data (*data augmentation*). (With thousands of images and few epochs the difference shrinks to a few per cent; it grows with every time the copy is seen again.)
#
# The bug in the last row raises no error, and its loss falls during training like any other. It is asked to *reproduce* noise, cannot do so through 64 numbers, and leaves about half of it. (If the target's noise is *independent* of the input's and has mean zero, noisy targets do work: see Noise2Noise below. Here they are the same noise.)
#
# A second bug hides in evaluation: `predict(x_test)` with *clean* images. Look at the table before this section again: in the column "clean in" the plain autoencoder is well ahead of the denoiser. If you forget to corrupt the test images, you pick the wrong model.

# %% [markdown]
# ## Three corruptions, three denoisers
#
# A denoiser learns to undo what it was shown. How much of that carries over to another kind of damage? Train one for each and try each on all.

# %%
specialists = {"Gaussian": denoiser} | {
    name: dense(data.Batches(x_train, corruption=corruptions[name]))
    for name in ("salt and pepper", "masking")
}
cross = {
    trained_on: [error(evaluation.reconstruct(model, noisy[name])) for name in noisy]
    for trained_on, model in specialists.items()
}
print("trained on         tried on:  " + "  ".join(f"{name:>15s}" for name in noisy))
for trained_on, row in cross.items():
    print(f"{trained_on:30s} " + "  ".join(f"{value:15.1f}" for value in row))

# %% [markdown]
# Gaussian noise and specks are nearly interchangeable: both put wrong values anywhere, bright ones and dark ones, and the remedy, trust a stroke only if its surroundings agree, is the same. (The one trained on specks is even a little ahead on Gaussian noise.) Masking is different. Its specialist is the best of the three on masked images; elsewhere it is poor, and on Gaussian noise no better than the mean image. In its world, black may be a lie but *white is always true*, and so it believes every white speck. A denoiser learns the corruption together with the images. Train with the corruption you expect, or with a mixture.

# %% [markdown]
# ## Distribution shift: noise levels it never saw
#
# Our denoiser knows one strength, 0.4. In practice nobody tells you the strength. **Predict** the curve of its error against the test noise: where is it best, and is it any good on clean images?

# %% mystnb={"image": {"alt": "Squared error against test noise: the noisy image and the plain autoencoder rise steeply, the denoiser starts highest but stays nearly flat up to its training level and then rises slowly"}}
levels = np.arange(0, 0.81, 0.1)
by_level = {name: [] for name in methods}
for level in levels:
    spoilt = data.gaussian_noise(x_test, level, seed=4)
    for name, method in methods.items():
        by_level[name].append(error(method(spoilt)))
fig, ax = plt.subplots(figsize=(6.5, 3.4))
for name, values in by_level.items():
    ax.plot(levels, values, marker=".", label=name)
ax.axvline(0.4, color="0.45", linestyle=":", linewidth=1.2)
ax.text(0.41, 1, "trained here", color="0.35")
ax.set(xlabel="standard deviation of the test noise", ylabel="squared error per image")
ax.set(ylim=(0, 75))
ax.legend(fontsize=8)
plt.show()
for name in ("linear denoiser", "denoiser"):
    values = by_level[name]
    print(f"{name:16s} at 0: {values[0]:4.1f}, at 0.4: {values[4]:4.1f}, at 0.8: {values[8]:4.1f}")

# %% [markdown] numbers={"0.18": "seen: the figure, where the curves cross"}
# Without a denoiser the error rises steeply with the noise. The denoiser's curve is almost flat up to the level it was trained at, which is remarkable and also a warning: on clean images it is still as far off as on noisy ones, and for noise weaker than about 0.18 you would do better to leave the image alone. Beyond 0.4 it rises slowly; it was never shown such noise, and still takes most of it out. The linear denoiser shows the same with a lower start, until at 0.8 the two meet.
#
# If you do not know the level, train with *all* levels, for *blind denoising*: exercise 13.2.

# %% [markdown]
# ## The noise inside the model
#
# So far the noise lived in the data pipeline. It can also live in the model, as a step that happens in training only. Here is all that changes from `Autoencoder`, written by hand.


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
# `fit` calls it with `training=True` and compares the output with the clean `x`, because the noisy one exists only inside `call`. `predict` and `evaluate` use `training=False`: no noise. The `SeedGenerator` is a small piece of *state* that moves on with every draw. A plain integer instead would be a constant. **Predict** what `seed=0` gives in two calls.

# %%
tiny = (2, 3)
draw = [ops.convert_to_numpy(keras.random.normal(tiny, seed=0)) for _ in range(2)]
print("integer seed, two draws equal:  ", np.array_equal(*draw))
generator = keras.random.SeedGenerator(0)
draw = [ops.convert_to_numpy(keras.random.normal(tiny, seed=generator)) for _ in range(2)]
print("SeedGenerator, two draws equal: ", np.array_equal(*draw))

# %% [markdown]
# With an integer every step of training adds the *same* noise to the first image of a batch, the same to the second, and so on: a batch of fixed patterns, which can be memorised like the one noisy copy above. Nothing fails, nothing warns. (On JAX `call` is compiled, and drawing without any seed raises an error; on the others it would draw, but not repeatably.)
#
# The package's `DenoisingAutoencoder` is this class with two more corruptions, checks and saving. Same weights, same seed: the same?

# %%
parts = DenseEncoder(64), DenseDecoder(image_shape)
mine = backend.seed_weights(MyDenoisingAutoencoder(*parts, level=0.4), seed=0)
theirs = DenoisingAutoencoder(*parts, corruption="gaussian", level=0.4)  # the same two parts
images = ops.convert_to_tensor(x_test[:50])
a, b, c = (
    ops.convert_to_numpy(out)
    for out in (mine(images, training=True), theirs(images, training=True), theirs(images))
)
print("with noise, mine = theirs:", np.allclose(a, b, atol=1e-5))
print("without noise the same as with:", np.allclose(b, c, atol=1e-5))

# %% [markdown]
# Which place is better? Noise in the model travels with it (saved, loaded, used by anyone who calls `fit`) and is drawn on the accelerator. Noise in the pipeline is the same on every backend, can be anything NumPy can do, and leaves the model alone. In this course most numbers come from the pipeline, for the first reason.

# %% [markdown] numbers={"3136": "14 * 14 * 16", "four": "14 * 14 * 16 / 784", "16": "given: the code below"}
# ## An overcomplete code, larger than the image
#
# Lesson 12 showed that $D' \ge D$ *allows* copying, that some models make use of it and some do not, and that noise in training helps those that do. If copying a noisy input never pays, the capacity for it does no harm, and the code may be as large as you like. To see it, take a convolutional pair without any bottleneck: one stage, and a *map* of 16 channels as its code, $14 \times 14 \times 16 = 3136$ numbers for 784 pixels. $D' > D$ by a factor of four.
#
# One detail. Most pixels are black, so the first thing any decoder learns is to paint black, and one that has a *single* bias for all pixels can overshoot: every sigmoid ends up so near 0 that hardly any gradient is left. (On MNIST this network then stays black for good.) So its last bias starts at $\log \frac{m}{1 - m}$, where $m$ is the mean brightness of the images: the sigmoid of that is $m$, and the network begins with a picture of the right grey.


# %%
def convolutional(batches):
    encoder = ConvEncoder(16, filters=(16,), flat=False)
    decoder = ConvDecoder(image_shape, filters=(16,), flat=False)
    bias = np.log(x_train.mean() / (1 - x_train.mean()))
    return trained(encoder, decoder, batches, epochs=5, learning_rate=0.003, first_bias=bias)


conv_plain = convolutional(data.Batches(x_train))
conv_denoiser = convolutional(data.Batches(x_train, corruption=corrupt))

# %%
code = evaluation.encode(conv_plain, x_test[:1])
print(f"numbers in the code: {code.size}, in the image: {x_test[0].size}")
for name, model in (("plain", conv_plain), ("denoiser", conv_denoiser)):
    clean_in = error(evaluation.reconstruct(model, x_test))
    noisy_in = error(evaluation.reconstruct(model, noisy["Gaussian"]))
    print(f"{name:8s} clean in {clean_in:5.1f}, noisy in {noisy_in:5.1f}")

# %% [markdown] numbers={"Four": "3136 / 784"}
# Four times more numbers than pixels: without noise in training the network copies its digits almost exactly, and noisy input raises its error from 1.5 to 9.9. With noise in training it cannot get away with copying, and takes out more than our denoiser of 64 numbers, more even than the linear one. There is the network we were looking for: no bottleneck, local filters, and noise as the teacher.
#
# As with the nonlinear model of lesson 12, capacity alone did not make a copier. The *plain* convolutional network removes most of the noise without ever having seen any. After five epochs it has learned to copy *what digits are made of*, smooth blobs and edges, and noise is not. How much noise a wide network lets through depends on how long it was trained; it is no guarantee. Training with noise turns luck into a goal.
#
# ### Out of distribution: shapes it never saw
#
# Now give both denoisers, the dense one with 64 numbers and the convolutional one with 3136, images of another kind: printed capital letters, with the same noise. (Run on MNIST, this lesson takes the handwritten Japanese characters of KMNIST if their files are there.) **Predict** which of the two will cope.

# %% mystnb={"image": {"alt": "Five rows of ten letters: clean, noisy, the dense denoiser's digit-like smudges, the linear denoiser's ghostly letters, and the convolutional denoiser's readable letters"}}
japanese = data.default_name() == "mnist" and published.folder("kmnist") is not None
strange = data.load("kmnist" if japanese else "glyphs", "test").x[:600]
strange_noisy = corrupt(strange, np.random.default_rng(5))
methods["convolutional denoiser"] = lambda x: evaluation.reconstruct(conv_denoiser, x)
methods["median of 3x3"] = lambda x: ndimage.median_filter(x, size=(1, 3, 3, 1))
shown = ("denoiser", "linear denoiser", "convolutional denoiser")
rows = {"clean": strange[:10], "noisy": strange_noisy[:10]}
rows |= {name: methods[name](strange_noisy[:10]) for name in shown}
fig, ax = plt.subplots(figsize=(7, 4))
plots.plot_rows(rows, ax=ax)
plt.show()

# %%
table = {
    name: (error(method(noisy["Gaussian"])), error(method(strange_noisy), strange))
    for name, method in methods.items()
}
print("squared error, noisy in      digits   unfamiliar")
for name, (familiar, unfamiliar) in table.items():
    print(f"{name:26s} {familiar:8.1f} {unfamiliar:12.1f}")

# %% [markdown] numbers={"8": "seen: the figure", "three quarters": "46.5 / 63.0", "a quarter": "13.7 / 63.0", "twice": "46.5 / 22.4"}
# The dense denoiser sees digits everywhere: a Q becomes a 0, an N a kind of 8. Its decoder can only draw what its 64 numbers were trained to mean, and three quarters of the noise's error remain; the plain autoencoder makes matters *worse* than leaving the noise in. The convolutional denoiser has never seen a letter either, but its filters look at neighbourhoods of a few pixels, and pieces of strokes are the same in letters and digits. It gives back readable letters, less than a quarter of the noise's error, and has no trouble with shapes as long as their *parts* are familiar.
#
# Two remarks. The linear denoiser, also fitted on digits, does twice as well on letters as the dense network: it too has no bottleneck. And generality is paid for in the code: 3136 numbers describe nothing briefly. A model that can clean everything knows little about digits; a model that knows digits sees them everywhere.

# %% [markdown] numbers={"10": "10 * log(10) / log(10)", "a tenth": "10 ** (-10 / 10)", "3": "given: the definition of a decibel", "half": "29.7 / 62.6"}
# ## PSNR, SSIM, and filters that were never trained
#
# People who clean images report two numbers. The *[peak signal-to-noise ratio](glossary.md#psnr)*
#
# $$\mathrm{PSNR} = -10 \log_{10} \frac{1}{n} \sum_{i=1}^{n} (x_i - \hat x_i)^2 \quad \text{dB}$$
#
# for $n$ pixels in [0, 1] is the squared error on a logarithmic scale: 10 dB more means a tenth of the error, 3 dB half of it. *[SSIM](glossary.md#ssim)*, the structural similarity (Wang et al. 2004), looks through a small window and compares mean, contrast and correlation there; 1 means equal, about 0 nothing in common. It forgives a change of brightness and punishes lost structure.
#
# And two classics that know nothing of digits: the *median filter* replaces each pixel by the median of its 3x3 neighbourhood; the *Wiener filter* moves each pixel to the local mean, the more so the less the neighbourhood varies.


# %%
def wiener(x, size=3):
    with np.errstate(divide="ignore", invalid="ignore"):  # a window may be all black
        filtered = [signal.wiener(image[..., 0].astype("float64"), size) for image in x]
    return np.clip(filtered, 0, 1).astype("float32")[..., None]


def judge(name, x_hat, x=x_test):
    x_hat = np.clip(x_hat, 0, 1).astype("float32")
    decibels = evaluation.psnr(x, x_hat).mean()
    similarity = evaluation.ssim(x[:300], x_hat[:300]).mean()  # slow: 300 will do
    print(f"  {name:24s} {decibels:5.1f} dB   SSIM {similarity:.2f}")
    return decibels


# %%
convs = {
    "Gaussian": conv_denoiser,
    "salt and pepper": convolutional(
        data.Batches(x_train, corruption=corruptions["salt and pepper"])
    ),
}
psnr = {}
for kind in ("Gaussian", "salt and pepper"):
    print(kind)
    spoilt = noisy[kind]
    psnr[kind] = {
        "noisy": judge("as it is", spoilt),
        "wiener": judge("Wiener 3x3", wiener(spoilt)),
        "median": judge("median 3x3", methods["median of 3x3"](spoilt)),
        "denoiser": judge("denoiser, 64", evaluation.reconstruct(specialists[kind], spoilt)),
    }
    linear_map = linear_denoiser(corruptions[kind](x_train, np.random.default_rng(2)), x_train)
    psnr[kind]["linear"] = judge("linear denoiser", linear_map(spoilt))
    psnr[kind]["conv"] = judge("convolutional", evaluation.reconstruct(convs[kind], spoilt))

# %% [markdown] numbers={"a tenth": "6.7 / 62.6", "nine": "3 * 3", "ten": "20.9 - 11.0"}
# On Gaussian noise every trained method beats both filters, and the convolutional denoiser is almost ten decibels above the noisy image: a tenth of its error. On salt and pepper look twice. **The median filter, which costs nothing and was never trained, beats our denoiser with 64 numbers by two decibels**, and has the best SSIM of all: a speck is an outlier among nine pixels, and the median is made for outliers. The convolutional denoiser is ahead of it in decibels, not in SSIM. The Wiener filter assumes normal noise of one strength, and clipped noise is neither normal nor evenly strong; of all methods it comes last in both tables.
#
# So never report a denoiser without the classical filter for that kind of noise. And notice that the two measures disagree about who is first: they ask different questions.

# %% [markdown] numbers={"128": "given: what the set holds", "16": "given: the code below"}
# ## Signals
#
# Nothing in this lesson needs two dimensions. A signal of 128 samples is an image of one row, `(1, 128, 1)`. The set `signals` holds sines with an overtone, triangle waves and heartbeats. Train a small dense denoiser with a code of 16, and compare it with a running median of nine samples and with PCA of the same size.

# %%
waves, test_waves = data.load("signals", "train").x, data.load("signals", "test").x
wave_noise = lambda x, rng: data.gaussian_noise(x, 0.15, rng)  # noqa: E731
wave_batches = data.Batches(waves, corruption=wave_noise)
wave_denoiser = trained(DenseEncoder(16), DenseDecoder(waves.shape[1:]), wave_batches, epochs=20)
noisy_waves = wave_noise(test_waves, np.random.default_rng(6))
cleaned = {
    "as it is": noisy_waves,
    "median of 9": ndimage.median_filter(noisy_waves, size=(1, 1, 9, 1)),
    "PCA, 16": evaluation.pca_reconstruct(evaluation.fit_pca(waves, 16), noisy_waves),
    "denoiser, 16": evaluation.reconstruct(wave_denoiser, noisy_waves),
}
kinds = data.load("signals", "test").labels
wave_psnr = {}
print("               all signals   heartbeats")
for name, result in cleaned.items():
    each = evaluation.psnr(test_waves, np.clip(result, 0, 1).astype("float32"))
    wave_psnr[name] = each.mean()
    print(f"{name:13s} {each.mean():9.1f} dB {each[kinds == 2].mean():9.1f} dB")

# %% mystnb={"image": {"alt": "Three signals over 128 samples, a sine with an overtone, a triangle wave and a heartbeat: noisy dots, the running median, and the denoiser's curve, which follows the two smooth waves but misses every spike of the heartbeat"}}
fig, axes = plt.subplots(1, 3, figsize=(10, 2.6), sharey=True)
for ax, kind in zip(axes, range(3), strict=True):
    i = np.argmax(np.ptp(test_waves, axis=(1, 2, 3)) * (kinds == kind))  # the tallest
    ax.plot(noisy_waves[i].ravel(), ".", color="0.75", markersize=3, label="noisy")
    ax.plot(test_waves[i].ravel(), color="0.3", linewidth=1, label="clean")
    ax.plot(cleaned["median of 9"][i].ravel(), "C1", linewidth=1, label="median")
    ax.plot(cleaned["denoiser, 16"][i].ravel(), "C0", linewidth=1.5, label="denoiser")
    ax.set(xlabel="sample", title=("sine and overtone", "triangle", "heartbeat")[kind])
axes[0].set_ylabel("value")
axes[2].legend(fontsize=7)
plt.show()

# %% [markdown] numbers={"twice": "1 + 1", "three decibels above": "25.3 - 22.5", "three samples wide,": "seen: the figure"}
# The denoiser is almost three decibels above the running median and one above PCA, and the two smooth waves come back well. (PCA is a strong baseline here too: smooth waves are nearly sums of a few sines.)
#
# Now look at the heartbeat. By its decibels it came out well ahead of the noisy signal; yet **its spikes are gone**, in the denoiser's curve as in the median's. They are about three samples wide, the noise hides where they are, and the squared error of a spike in the wrong place is twice that of none. So the network hedges: the answer of least expected squared error is the *conditional mean*, here a nearly flat line. In an electrocardiogram the spike is what the doctor is looking for, and no average of decibels says that it was removed. A denoiser draws what it expects, and its loss decides how errors count; look at what matters in *your* data, not only at the mean.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("13.1")` gives a hint; call it again for the next one.
#
# ### Exercise 13.1: decibels
#
# Write `psnr(x, x_hat)` from the formula: one number for each image, pixels in [0, 1].


# %% tags=["exercise"]
def my_psnr(x, x_hat): ...


checks.check_psnr(my_psnr)


# %% tags=["solution"]
def my_psnr(x, x_hat):
    return -10 * np.log10(np.mean((x - x_hat) ** 2, axis=(1, 2, 3)))


checks.check_psnr(my_psnr)

# %% [markdown]
# ### Exercise 13.2: every level at once
#
# A denoiser that will meet all strengths should train on all. Write the corruption `any_level(x, rng)`: for *each image* a standard deviation drawn evenly from 0 to 0.8, then normal noise of that strength for its pixels, clipped to [0, 1], float32. Train with it (`dense(data.Batches(x_train, corruption=any_level))`) and add its curve to the figure of levels. (In our runs it was a little better than the denoiser of this lesson at both ends, and a little worse at 0.4.)


# %% tags=["exercise"]
def any_level(x, rng): ...


checks.check_any_level(any_level)


# %% tags=["solution"]
def any_level(x, rng):
    stddev = rng.uniform(0, 0.8, (len(x), 1, 1, 1))  # one for each image, for all its pixels
    return np.clip(x + stddev * rng.normal(size=x.shape), 0, 1).astype("float32")


checks.check_any_level(any_level)

# %% [markdown]
# ### Exercise 13.3: the right pair
#
# Write `denoising_error(reconstruct, x, corrupt)`: the mean squared error per image (summed over its pixels) of a denoiser, with the right input and the right target. `reconstruct` and `corrupt` are functions from images to images.


# %% tags=["exercise"]
def denoising_error(reconstruct, x, corrupt): ...


checks.check_denoising_error(denoising_error)


# %% tags=["solution"]
def denoising_error(reconstruct, x, corrupt):
    x_hat = reconstruct(corrupt(x))
    return np.sum((x - x_hat) ** 2, axis=(1, 2, 3)).mean()


checks.check_denoising_error(denoising_error)

# %% [markdown]
# ## What to remember
#
# - Noisy in, clean out, fresh noise in every epoch; test with noisy images too.
# - A denoiser learns the corruption as well as the images: it generalises to other kinds and levels of noise in part, clean images come back worse.
# - Noise inside `call` needs a `SeedGenerator`, never an integer. Masking is not dropout.
# - With noise as the teacher the code may be larger than the image; local filters carry over to new shapes, a dense bottleneck does not.
# - Baselines: the noisy image, PCA, a linear denoiser, the right classical filter. They are hard to beat.
#
# ## Quiz
#
# 1. The loss of a denoiser with one fixed noisy copy is lower than with fresh noise. So (a) it is the better denoiser; (b) it has memorised part of the noise: overfitting; (c) fresh noise is a bug.
# 2. On clean test images the plain autoencoder beats the denoiser. (a) The denoiser is broken. (b) They were trained for different inputs, and the test must use the input of the task. (c) Denoising does not work.
# 3. A fully convolutional denoiser cleans letters although it was trained on digits, because (a) its filters work on neighbourhoods, and strokes are alike in both; (b) it has more weights than the dense one; (c) letters are in the training set.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Try it on new noise over the same images (not a). Fresh noise (c) is what keeps it honest.
# 2. **b.** It does what it was trained for (not a), and on noisy images it wins by far (not c).
# 3. **a.** It has far *fewer* weights (b): the dense one has several hundred thousand. No letter was in training (c).
# </details>
#
# ## Further reading
#
# - Vincent et al., *Stacked denoising autoencoders*, JMLR 11 (2010), sections 2.3 and 3: the objective, and the three corruptions.
# - Alain & Bengio, *What regularized auto-encoders learn from the data-generating distribution*, JMLR 15 (2014): a denoiser points towards more probable images.
# - Lehtinen et al., *Noise2Noise*, arXiv:1803.04189: when noisy targets are good enough.
# - Wang et al., *Image quality assessment* (2004), doi:10.1109/TIP.2003.819861: SSIM.

# %% tags=["receipt"]
gaussian = {name: from_noisy for name, (from_noisy, _) in results.items()}
conv_digits, conv_strange = table["convolutional denoiser"]
dense_digits, dense_strange = table["denoiser"]
that_copy, new_noise, fixed_test = by_noise["one noisy copy"]
notebook.claim(
    gaussian["denoiser"] < 0.7 * gaussian["plain autoencoder"], "training with noise must pay"
)
notebook.claim(gaussian["linear denoiser"] < gaussian["denoiser"], "the linear baseline is hard")
notebook.claim(new_noise > 1.2 * that_copy, "one copy is memorised")
notebook.claim(by_noise["fresh noise"][2] < fixed_test, "fresh noise helps on test images")
notebook.claim(cross["masking"][0] > 2 * cross["Gaussian"][0], "masking does not carry over")
notebook.claim(conv_digits < gaussian["linear denoiser"], "local filters beat the linear map")
notebook.claim(conv_strange < 0.6 * dense_strange, "local filters carry over to new shapes")
notebook.claim(
    psnr["salt and pepper"]["median"] > psnr["salt and pepper"]["denoiser"],
    "the median beats a bottleneck on specks",
)
notebook.receipt(
    noisy=gaussian["leave it as it is"],
    plain=gaussian["plain autoencoder"],
    denoiser=gaussian["denoiser"],
    linear=gaussian["linear denoiser"],
    convolutional=conv_digits,
    convolutional_unfamiliar=conv_strange,
)
