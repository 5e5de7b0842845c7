# %% [markdown]
# # 12. Capacity and overcomplete codes
#
# *A code of one number, and a code with more numbers than the picture has pixels: which of them learns what digits look like, and how would you know?*
#
# **You will be able to**
# - tell a model that copies or memorises from one that has learned something, with the right test for each;
# - measure how much of a small perturbation passes through a network;
# - run a controlled experiment: equal training, one change at a time, several seeds;
# - choose a regulariser for a wide network by its effect on clean *and* on noisy images.
#
# **You need** lessons 09 and 10.
#
# **Time** 30 minutes to read, 35 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_12 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, SparseAutoencoder
from ae_keras import backend, data, evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

notebook.start(seed=0)
train, val, _ = data.load_splits()


def halved(x):
    """Each 2x2 block of pixels becomes one: a quarter of the pixels."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


x_train, x = halved(train.x[:2560]), halved(val.x[:600])
image_shape = x.shape[1:]
n_pixels = int(np.prod(image_shape))
print(f"{len(x_train)} images to train with, {len(x)} to judge by, {n_pixels} pixels each")

# %% [markdown]
# (Pictures of half the width and height keep this lesson quick. Little is lost: the scans behind our digits had 8 × 8 = 64 pixels.)
#
# ## How much fits into one number?
#
# Lesson 09 made codes small, and reconstructions became blurred. So a narrow [bottleneck](glossary.md#bottleneck) forces a network to learn what digits have in common. Does it? Here is an autoencoder with a code of **one** number, and no training at all. The encoder looks for the training image that is most like its input and returns its place in the list, as a fraction. The decoder looks up the image at that place.


# %%
def encode_as_one_number(images):
    a, b = images.reshape(len(images), -1), x_train.reshape(len(x_train), -1)
    nearest = np.argmin((b**2).sum(axis=1) - 2 * a @ b.T, axis=1)
    return nearest / len(x_train)


def decode_from_one_number(z):
    return x_train[np.rint(z * len(x_train)).astype(int)]


def memoriser(images):
    return decode_from_one_number(encode_as_one_number(images))


codes = encode_as_one_number(x_train[[0, 1, 2000]])
print("codes of three images:", *(f"{z:.5f}" for z in codes))

# %% [markdown]
# **Predict.** It is given four kinds of image: digits from the training set, digits from the validation set, printed letters, and *noise*, each pixel drawn evenly from [0, 1]. What comes back in each case?

# %% mystnb={"image": {"alt": "Four blocks of three pictures, and below each what comes back. Training digits 7, 2 and 5 come back unchanged; validation digits 2, 5 and 4 as another 2, a 6 and another 4; the letters P, H and J as digits 8, 4 and 1; three squares of noise as bold digits 0, 2 and 0"}}
rng = np.random.default_rng(0)
kinds = {
    "training digits": x_train[:600],
    "validation digits": x,
    "letters": halved(data.load("glyphs").x[:600]),
    "noise": rng.random(x.shape, "float32"),
}
fig, axes = plt.subplots(1, 4, figsize=(8, 1.9))
for ax, (name, images) in zip(axes, kinds.items(), strict=True):
    pictures = np.concatenate([images[:3], memoriser(images[:3])])
    plots.plot_images(pictures, n_columns=3, title=name, ax=ax)
axes[0].set_yticks([7, 22], ["in", "out"])
plt.show()

# %% [markdown] numbers={"2": "seen: the figure", "5": "seen: the figure", "4": "seen: the figure"}
# The training digits come back without a single wrong pixel. One number suffices to memorise them all, because a real number has as many digits as you like, and nothing limits what our encoder and decoder may compute. A network that is large enough could represent the same lookup table. **The width of a code alone forbids nothing.** What counts is the whole **[capacity](glossary.md#capacity)** of the model, the set of functions that its encoder and decoder can represent, and which of these functions training finds.
#
# The validation digits show the swindle: each comes back as *somebody else's* picture. The 2 got another foot, the 5 became a 6, and only the 4 could pass. The letters and the noise come back as digits. A model that memorises is exposed by images that it has not seen; this is [overfitting](glossary.md#overfitting) in its purest form.

# %% [markdown]
# ## More numbers than pixels
#
# Now the other extreme. Let $D$ be the number of pixels and $D'$ the size of the code. With $D' < D$ an autoencoder is **[undercomplete](glossary.md#undercomplete)**, with $D' \ge D$ **[overcomplete](glossary.md#overcomplete)**. An overcomplete one has room for the **identity mapping**, which returns every input. You can write it down: one linear layer on each side, no biases, and
#
# $$z = x W_e, \qquad \hat x = z W_d, \qquad W_e = \begin{pmatrix} I & 0 \end{pmatrix}, \qquad W_d = \begin{pmatrix} I \\ 0 \end{pmatrix},$$
#
# where $x$ is the image as a row, $I$ the $D \times D$ identity matrix, and zeros fill up the rest of $D' = 2D$ units. Then $W_e W_d = I$. We call this model the *copier*.


# %% tags=["keep"]
def wide(code="linear", pixels="linear", hidden=(), code_size=2 * n_pixels):
    """An autoencoder with activations `code` and `pixels`, and ReLU hidden layers if any."""
    encoder = DenseEncoder(code_size, hidden=hidden, activation="relu", code_activation=code)
    decoder = DenseDecoder(image_shape, hidden=hidden, activation="relu", output_activation=pixels)
    return Autoencoder(encoder, decoder)


def run(model):
    """The model as a function of arrays, all images in one batch."""
    return lambda images: ops.convert_to_numpy(model(images))


def by_pca(size):
    pca = evaluation.fit_pca(x_train, size)
    return lambda x: evaluation.pca_reconstruct(pca, x)


def error_of(x_hat, x=x):
    """Squared error per image to the clean images; pixels are clipped, as on a screen."""
    return evaluation.squared_error(x, np.clip(x_hat, 0, 1)).mean()


copier = wide()
identity = np.eye(n_pixels, 2 * n_pixels)
for layer, weights in ((copier.encoder.code, identity), (copier.decoder.pixels, identity.T)):
    layer.kernel.assign(weights)

# %% [markdown]
# **Predict.** Both models, the memoriser and the copier, have no error at all on training digits. On which of the other kinds of image do they differ?


# %%
print("squared error per image", *(f"{name:>18s}" for name in kinds))
for name, way in (("memoriser", memoriser), ("copier", run(copier)), ("PCA, 16", by_pca(16))):
    errors = [error_of(way(images), images) for images in kinds.values()]
    print(f"{name:23s}", *(f"{error:18.2f}" for error in errors))
notebook.claim(errors[3] > 10 * errors[1], "an honest model fails on noise")

# %% [markdown] numbers={"16": "given: the code above"}
# The memoriser fails on validation digits, the copier on nothing at all. Its loss is at the minimum, its gradient is zero, training would not move a single weight; and it knows nothing about digits. New digits do not expose it. What does is *success* where a model of digits should fail, on what is [out of distribution](glossary.md#out-of-distribution). PCA with 16 components, an honest model, has practically the same error on new digits as on those it was fitted to, and a large one on noise.
#
# So the two ways to a perfect score without learning need different tests: **new digits for memorising, strange images for copying.**
#
# But that a bad solution *exists* does not mean that training *finds* it. Books often jump from one to the other. Let us look.

# %% [markdown] numbers={"2": "given: the size of the code"}
# ## Does training find the copy?
#
# A controlled experiment changes one thing at a time. We start from the copier's own architecture, with random weights, and give nonlinear activations first to the code, then to the pixels, then to both. Last we add hidden layers: two of $2D$ units on each side. This deep, wide network is that of chapter 7 of Raff's *Inside Deep Learning*, which has three, normalised layers a side. Beside it stands the same network with a code of 2. Everything else is equal: data, batches, learning rate, epochs.


# %% tags=["keep"]
def trained(model, epochs=16, corruption=None, scale=1, seed=0, look=None):
    """`model`, trained; `look(epoch)` is called after 1, 2, 4, 8 and all epochs."""
    backend.seed_weights(model, seed=seed)
    for weight in model.trainable_weights:
        weight.assign(scale * weight)
    model.compile(keras.optimizers.Adam(0.002), losses.squared_error)
    batches, done = data.Batches(x_train, corruption=corruption, seed=seed), 0
    for stop in (1, 2, 4, 8, epochs) if look else (epochs,):
        model.fit(batches, epochs=stop - done, shuffle=False, verbose=0)
        done = stop
        if look:
            look(done)
    return model


# %% [markdown]
# How much does a network copy, *at* the digits? Add a tiny random perturbation $e$ to each and see how much of it arrives at the output. With $r(x) = g(f(x))$ for encoder $f$ and decoder $g$ together,
#
# $$\text{returned} = \frac{e \cdot \bigl(r(x + e) - r(x)\bigr)}{e \cdot e}, \qquad \text{let out} = \frac{\lvert r(x + e) - r(x) \rvert^2}{e \cdot e},$$
#
# each summed over all images. *Returned* is the fraction that comes back in its own place; *let out* is all the disturbance that comes out, in whatever shape. The copier has 1 and 1. PCA with $k$ components keeps what lies in $k$ of $D$ directions: $k/D$ in both.


# %% tags=["keep"]
e = np.random.default_rng(1).normal(0, 0.01, x.shape).astype("float32")


def nudge(way, where=...):
    moved, power = way(x + e) - way(x), np.square(e[where]).sum()
    return (moved * e)[where].sum() / power, np.square(moved[where]).sum() / power


print("the copier: returned {:.2f}, let out {:.2f}".format(*nudge(run(copier))))
print("PCA, 64:    returned {:.2f}, let out {:.2f}".format(*nudge(by_pca(64))))
print(f"k / D = {64 / n_pixels:.2f}")

# %% [markdown]
# Here are the six networks. **Predict.** Which of the five wide ones will return most of a perturbation, and which least? What will depth do?

# %% tags=["keep"]
hidden = (2 * n_pixels, 2 * n_pixels)
models = {
    "wide, linear": wide(),
    "wide, ReLU code": wide(code="relu"),
    "wide, sigmoid pixels": wide(pixels="sigmoid"),
    "wide, nonlinear": wide(code="relu", pixels="sigmoid"),
    "wide, deep": wide(hidden=hidden),
    "narrow, deep": wide(hidden=hidden, code_size=2),
}
ways = {name: run(model) for name, model in models.items()}


# %% tags=["keep"]
stages, halfway = {name: [] for name in models}, {}


def watched(name, model):
    def look(epoch):
        stages[name].append(nudge(ways[name]))
        if epoch == 8:
            halfway[name] = model.get_weights()  # for later

    trained(model, look=look)


for name, model in models.items():
    watched(name, model)
nudges = {name: found[-1] for name, found in stages.items()}
print("                       error on   of a perturbation")
print("                        digits    returned  let out")
for name, (returned, let_out) in nudges.items():
    print(f"{name:21s} {error_of(ways[name](x)):9.2f}  {returned:10.2f} {let_out:8.2f}")
shares = {name: returned for name, (returned, _) in nudges.items()}
notebook.claim(shares["wide, linear"] > 0.45, "the linear network returns half")
notebook.claim(0.3 < shares["wide, ReLU code"] < 0.45, "a ReLU code makes a small difference")
notebook.claim(
    max(shares["wide, sigmoid pixels"], shares["wide, nonlinear"]) < 0.15,
    "with sigmoid pixels it is a tenth",
)
notebook.claim(0.15 < shares["wide, deep"] < 0.26, "the deep network returns a fifth")

# %% [markdown] numbers={"half of a": "0.52", "half of what": "0.21 / 0.52", "five": "given: 771 against 154 thousand", "2": "given: a seed", "0.03": "given: measured, seeds 1 and 2"}
# All five wide networks have the same width of code, and use it very differently. The linear one returns half of a perturbation. A ReLU at the *code* lowers that a little, to 0.38; a sigmoid at the *pixels* leaves 0.11, and once it is there, the ReLU makes no more difference. The **deep** network has five times as many weights, and linear pixels, and yet it returns less than half of what the linear one does: more capacity, less copying. (Seeds 1 and 2 return the same fractions to within 0.03.) Whether room is used for copying depends on the rest of the network. **Capacity is not copying.**
#
# What does the sigmoid do? Where it says "black" or "white" it is flat: it *[saturates](glossary.md#saturated)*, and a small disturbance cannot pass. If that is the reason, perturbations must pass where pixels are grey, and stop where they are black.

# %%
places = {"black (below 0.02)": x < 0.02, "grey (0.3 to 0.7)": (x > 0.3) & (x < 0.7)}
passed = {}
print("returned where the pixel is", *places)
for name in ("wide, linear", "wide, sigmoid pixels"):
    passed[name] = [nudge(ways[name], where)[0] for where in places.values()]
    print(f"{name:26s}", *(f"{share:18.2f}" for share in passed[name]))
notebook.claim(passed["wide, linear"][1] < 3 * passed["wide, linear"][0], "about twice")
notebook.claim(
    passed["wide, sigmoid pixels"][1] > 15 * passed["wide, sigmoid pixels"][0],
    "with a sigmoid nothing passes where it is black",
)

# %% [markdown] numbers={"twice": "0.80 / 0.41"}
# So it is. (The linear network, too, returns about twice as much at grey pixels as at black ones, because many of the black ones never vary.) A humble output activation, chosen in lesson 04 only because pixels lie in [0, 1], works as an *implicit [regulariser](glossary.md#regulariser)* on pictures that are mostly black. On pictures without flat black and white it would not help.
#
# What does copying look like? Here are images out of distribution again.

# %% mystnb={"image": {"alt": "Five rows: four letters and four squares of noise, then what comes back. PCA and the linear wide network return the letters well; the nonlinear one returns P, H and V well and a doubled J. Noise comes back from the linear network as a harsher picture of noise up to the edges, from PCA and the nonlinear one only in the middle. The narrow network answers everything with dim blurred digits"}}
shown = {"original": np.concatenate([kinds["letters"][:4], kinds["noise"][:4]])}
shown["PCA, 64"] = np.clip(by_pca(64)(shown["original"]), 0.001, 0.999)
for name in ("wide, linear", "wide, nonlinear", "narrow, deep"):
    shown[name] = np.clip(ways[name](shown["original"]), 0.001, 0.999)
fig, ax = plt.subplots(figsize=(8, 4.8))
plots.plot_rows(shown, ax=ax)
plt.show()

# %% [markdown] numbers={"64": "given: the code above"}
# Letters come back from both wide networks, which never saw one. That is no proof of copying: they come back from PCA with 64 components as well, because strokes are what letters and digits share. (The nonlinear network has some trouble with the J.) Noise is the sharper test. The linear network returns it up to the edges, with harsher contrast; PCA and the nonlinear one return a part of it in the middle, where digits have their ink, and black around it. The narrow network answers everything with the blur of some digit.

# %% [markdown]
# ## During training
#
# **Predict.** How does the returned share change during training: does it rise to a level and stay there, or go on rising?

# %% mystnb={"image": {"alt": "Fraction returned against epochs 1 to 16 on a logarithmic axis. All wide networks rise to the end: the linear one from 0.1 to 0.5, the one with a ReLU code to 0.4, the deep one to 0.2, the two with sigmoid pixels together to 0.1; the narrow one stays at 0"}}
fig, ax = plt.subplots(figsize=(8, 3.4))
for (name, found), marker in zip(stages.items(), "os^vDx", strict=True):
    ax.plot((1, 2, 4, 8, 16), [returned for returned, _ in found], marker=marker, label=name)
ax.set(xscale="log", xlabel="epoch", ylabel="fraction returned", ylim=(0, 1))
ax.set_xticks((1, 2, 4, 8, 16), (1, 2, 4, 8, 16))
ax.legend()
plt.show()
for epoch, (returned, let_out) in zip((1, 2, 4, 8, 16), stages["wide, linear"], strict=True):
    print(f"wide, linear, epoch {epoch:2d}: returned {returned:.2f}, let out {let_out:.2f}")
small = run(trained(wide(), scale=0.1))
returned, let_out = nudge(small)
print(f"started ten times smaller: returned {returned:.2f}, let out {let_out:.2f}")
notebook.claim(shares["wide, linear"] > 1.2 * stages["wide, linear"][3][0], "it goes on rising")
notebook.claim(let_out < 0.5 * nudges["wide, linear"][1], "less than half comes out")

# %% [markdown] numbers={"0.64": "given: measured, seeds 0 and 2", "0.65": "given: measured, seed 1", "0.13": "given: measured, seeds 0 to 2", "32": "given: twice as long", "four fifths": "0.80", "ten": "given: scale in the code"}
# All five wide networks go on rising, and the linear one creeps towards the identity. After 32 epochs it returns 0.64 or 0.65, the nonlinear one still 0.13 (three seeds each). Copying is a *limit*, and **[early stopping](glossary.md#early-stopping)** keeps away from it.
#
# But look at the second number. From the first epoch on the linear network lets out about four fifths of a perturbation or more, at first most of it not in its own place. In directions that the training images do not need, the *random initial weights* are still there, and they scramble a disturbance instead of removing it. If so, smaller initial weights must help, and they do: started ten times smaller, less than half comes out, and nearly all of that in its place. Lists of regularisers rarely name **the size of the initial weights**.

# %% [markdown]
# ## One digit under noise
#
# Now the experiment that textbooks use to argue against wide codes. Disturb the *input* with normal noise of mean 0 and standard deviation $\sigma$, and compare the output with the **clean** image. (We do not clip the noisy input; lesson 09 says why.) The usual story: the wide network copies, so it passes the noise on; the narrow one is robust.
#
# For the third picture of the story we train once more, one change at a time: noise is added to the input and *not* to the target. This is [denoising](glossary.md#denoising-autoencoder), the subject of lesson 13.

# %% tags=["keep"]
noise = np.random.default_rng(0).normal(0, 1, x.shape).astype("float32")


def with_noise(sigma):
    return lambda x, rng: (x + rng.normal(0, sigma, x.shape)).astype("float32")


denoiser = trained(wide(hidden=hidden), corruption=with_noise(0.4))
ways["wide, deep, with noise"] = run(denoiser)

# %% [markdown]
# **Predict.** What will the same noisy digit look like after each network: wide and linear, wide and deep, narrow, and wide but trained with noise? Which answer would you rather have?
#
# **Change this line and run again:** `DIGIT` and `SIGMA`. Look for a digit that the narrow network turns into another one.

# %% mystnb={"image": {"alt": "Six large pictures of one digit. Clean: a 2. Noisy: the 2 under grey and white specks. The narrow network: a blurred 6. Wide and linear: the 2 with nearly all the specks. Wide and deep: a swollen 2 with a few grey patches round it. Wide and deep, trained with noise: a clear 2 on black"}}
DIGIT, SIGMA = 0, 0.5  # any image from 0 to 599, any noise from 0 to 1

clean = x[DIGIT : DIGIT + 1]
noisy_digit = clean + SIGMA * noise[DIGIT : DIGIT + 1]
pictures = {"clean": clean, "noisy": noisy_digit}
for name in ("narrow, deep", "wide, linear", "wide, deep", "wide, deep, with noise"):
    pictures[name] = ways[name](noisy_digit)
fig, axes = plt.subplots(2, 3, figsize=(8, 5.8))
for ax, (name, picture) in zip(axes.flat, pictures.items(), strict=True):
    # How many pixels are exactly black is a matter of rounding, so the ends are left out.
    title = f"{name}: error {error_of(picture, clean):.1f}"
    plots.plot_images(np.clip(picture, 0.001, 0.999), title=title, ax=ax)
plt.show()

# %% [markdown] numbers={"2": "seen: the figure", "6": "seen: the figure"}
# The wide linear network passes the noise on, with a 2 somewhere behind it. The wide deep one returns a 2 whose strokes have swollen and taken noise for ink: a *ghost* of the noise. The narrow network gives a smooth picture without a trace of noise, of a blurred 6. It is "robust", and wrong. And the same deep, wide network, trained with noise, returns a clear 2 on black, narrower at the foot than the original.
#
# One digit may be an accident. Here is the mean over all 600, with PCA as the baseline.

# %%
sigmas = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
contest = {"no model": lambda x: x, "PCA, 16": by_pca(16)}
compared = ("narrow, deep", "wide, linear", "wide, deep", "wide, deep, with noise")
contest |= {name: ways[name] for name in compared}
by_sigma = {name: [error_of(way(x + s * noise)) for s in sigmas] for name, way in contest.items()}
print("sigma                 ", *(f"{s:6.1f}" for s in sigmas))
for name, errors in by_sigma.items():
    print(f"{name:22s}", *(f"{error:6.2f}" for error in errors))

# %% mystnb={"image": {"alt": "Error to the clean image against sigma from 0 to 0.6. No model rises from 0 to 29, wide linear just below it to 25. Narrow is a nearly level line from 8 to 11. Wide deep rises from near 0 and meets it at 0.6. PCA with 16 components and the deep network trained with noise stay lowest, from 2 to 6 and to 5"}}
fig, ax = plt.subplots(figsize=(8, 4))
styles = ("k--", "k:", "s-", "o-", "D-", "^-")
shift = {"wide, deep": 0.5, "narrow, deep": -0.8, "PCA, 16": 0.4, "wide, deep, with noise": -0.5}
for (name, errors), style in zip(by_sigma.items(), styles, strict=True):
    ax.plot(sigmas, errors, style, markersize=5)
    ax.text(0.61, errors[-1] + shift.get(name, 0), name, va="center")
ax.set(xlabel="sigma of the noise", ylabel="squared error to the clean image", xlim=(0, 0.8))
ax.set_xticks(sigmas)
plt.show()
plain, with_training = by_sigma["wide, deep"], by_sigma["wide, deep, with noise"]
notebook.claim(np.less(plain[:6], by_sigma["narrow, deep"][:6]).all(), "deep is ahead below 0.6")
notebook.claim(by_sigma["PCA, 16"][3] < 0.9 * plain[3], "PCA is ahead from 0.3 on")
notebook.claim(with_training[4] < 0.93 * by_sigma["PCA, 16"][4], "it beats PCA at 0.4")

# %% [markdown] numbers={"2": "given: the size of the code", "9.8": "given: measured, seed 2", "8.9": "given: measured, seeds 1 and 2", "6.6": "given: measured, seed 2", "4.0": "3.99", "16": "given: the code above", "four": "2.19 / 0.53"}
# The story is half true. The **linear** wide network is hardly better than no model. But the **narrow** one is robust as a stopped clock is: its line is nearly level because its answer is poor with or without noise. The wide *deep* network, with the same hidden layers, is ahead of it up to a noise of 0.5 (where the three seeds have at most 8.9, the narrow one at least 9.8). And plain PCA with 16 components is ahead of all three from 0.3 on. So the experiment does not answer "2 or $2D$?". Look at both ends of a curve: robustness alone is worth little, because a constant answer has it too.
#
# The clear winner under noise is **the same wide network, trained with noise**: at 0.4 its error is 3.5, with each of three seeds, where PCA has 4.0 and the network without noise 6.3 to 6.6. The price is on the left: on clean images the deep one's error is four times as large as before.

# %% [markdown]
# ## Which regularisers help?
#
# A [regulariser](glossary.md#regulariser) is anything that makes training prefer one of many solutions with similar loss. Four candidates, on the wide nonlinear network:
#
# - **[weight decay](glossary.md#weight-decay)**: add $\lambda \sum w^2$ over the weights of both matrices. In Keras a weight has a `regularizer`; `fit` adds it to the loss;
# - **sparse**: add $\lambda \sum_j \lvert z_j \rvert$, averaged over images (lesson 15). It needs a ReLU code, which our network has anyway: without a penalty it is the *control*;
# - **[dropout](glossary.md#dropout)**: while training, set a random fraction of the code's units to zero and scale up the others;
# - **denoising**: while training, disturb the input but not the target.


# %% tags=["keep"]
class DropoutAutoencoder(Autoencoder):
    def __init__(self, encoder, decoder, rate, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.drop = layers.Dropout(rate, seed=0)

    def call(self, x, training=False):
        return self.decoder(self.drop(self.encoder(x), training=training))


def stopped(model, epochs):
    model.set_weights(halfway["wide, nonlinear"])  # what it was after 8 epochs
    return model


def with_decay(model, weight):
    for layer in (model.encoder.code, model.decoder.pixels):
        layer.kernel.regularizer = keras.regularizers.L2(weight)
    return trained(model)


cures = {
    "stop early": (stopped, (8,)),
    "weight decay": (with_decay, (0.003,)),
    "sparse": (lambda m, w: trained(SparseAutoencoder(m.encoder, m.decoder, w)), (0.01, 0.1)),
    "dropout": (lambda m, p: trained(DropoutAutoencoder(m.encoder, m.decoder, p)), (0.5,)),
    "denoising": (lambda m, s: trained(m, corruption=with_noise(s)), (0.2, 0.4)),
}

# %% [markdown] numbers={"half of its": "8 / 16"}
# The first entry costs nothing: it is the network without a regulariser as it was after half of its epochs. Every regulariser should be compared with it, because most of them also slow training down.
#
# **Predict.** Which will lower the error under noise, and at what price on clean images?


# %%
def clean_and_noisy(way, sigma=0.4):
    return error_of(way(x)), error_of(way(x + sigma * noise))


plain = clean_and_noisy(ways["wide, nonlinear"])
scores = {}
for name, (train_with, strengths) in cures.items():
    for strength in strengths:
        model = train_with(wide("relu", "sigmoid"), strength)
        scores[f"{name} {strength}"] = clean_and_noisy(run(model))
by_size = {f"PCA, {k}": clean_and_noisy(by_pca(k)) for k in (64, 32, 16)}
print("squared error        clean   noisy")
for name, pair in ({"none": plain} | scores | by_size).items():
    print(f"{name:18s} {pair[0]:7.2f} {pair[1]:7.2f}")

# %% mystnb={"image": {"alt": "Error under noise against error on clean images, each point with its name. From none at (0.65, 4.7), the line of denoising goes lowest, to (1.5, 3.2); weight decay ends at (0.9, 3.4), dropout at (1.1, 3.7), sparse at (1.8, 4.3), to the right of early stopping at (1.4, 4.2). PCA passes (0.7, 4.0) and (2.1, 4.0)"}}
fig, ax = plt.subplots(figsize=(8, 4.6))
ax.plot(*np.transpose([*by_size.values()]), "kx:")
for name, marker in zip(cures, "Pos^D", strict=True):
    own = {label: pair for label, pair in scores.items() if label.startswith(name)}
    ax.plot(*np.transpose([plain, *own.values()]), marker=marker)
below = {"stop early 8": (0, -14), "denoising 0.2": (-80, -12), "PCA, 32": (-50, -12)}
for label, pair in ({"none": plain} | scores | by_size).items():
    place = below.get(label, (7, 4))
    ax.annotate(label, pair, xytext=place, textcoords="offset points")
ax.set(xlabel="squared error, clean input", ylabel="squared error, noise 0.4", xlim=(0, 2.6))
plt.show()
stopped_early, sparse = scores["stop early 8"], scores["sparse 0.1"]
notebook.claim(max(pair[1] for pair in scores.values()) < 0.95 * plain[1], "all help under noise")
notebook.claim(scores["denoising 0.4"][1] < 0.9 * by_size["PCA, 16"][1], "denoising beats PCA, 16")
notebook.claim(scores["denoising 0.4"][0] < 0.85 * by_size["PCA, 16"][0], "on clean images, too")
notebook.claim(scores["sparse 0.01"][0] < 0.8 * stopped_early[0], "a weak penalty costs little")
notebook.claim(sparse[0] > 1.15 * stopped_early[0], "the sparse one is worse on clean images")
notebook.claim(sparse[1] > 0.97 * stopped_early[1], "and no better under noise")
ratio = scores["weight decay 0.003"][1] / scores["denoising 0.2"][1]
notebook.claim(abs(ratio - 1) < 0.05, "weight decay and weak denoising are tied")

# %% [markdown] numbers={"ten": "given: 0.03 against 0.003", "3.5": "given: measured, three seeds", "16": "given: the code", "392": "2 * 196", "8": "given: the code", "0.004": "given: the default of Keras", "320": "given: 16 epochs of 20 batches", "a quarter": "given: 0.002 * 0.004 * 320, in per cent"}
# Left is faithful, down is robust. Each line starts at the network without a regulariser.
#
# All lower the error under noise, and **denoising** most. With noise of 0.4 it beats PCA with 16 components on noisy *and* on clean images, although its code has 392 numbers: a wide code is no obstacle to a good model. **Weight decay** and the weaker denoising are tied, with each of three seeds: both teach a network to react weakly, the one to this disturbance, the other to any. (For linear networks the two are nearly the same thing, see Further reading.) But ten times as much weight decay ruins the pictures: with 0.03 the error on clean images is 3.5. **Dropout** comes next.
#
# **Sparsity** helps a little if the penalty is weak. If it is strong it looks like a help too, until you see *stop early*: after 8 epochs the same network without any penalty has a smaller error on clean images than the strongly penalised one after 16, and no larger one under noise. The strong penalty has bought nothing that stopping would not give for less. It has other uses (lesson 15); noise in the pixels is not what it penalises. Without the controls, the ReLU network unpenalised and the ReLU network stopped early, we would have praised it.
#
# ### What could go wrong
#
# **The default that does nothing.** In many tutorials weight decay means the optimizer `AdamW` as it comes, with a decay of 0.004. Each step then shrinks a weight by learning rate times decay, 0.002 × 0.004; after our 320 steps that makes a quarter of a per cent. A regulariser has a strength, and one whose strength was never varied was never tested.
#
# **The test favours denoising**, which was trained on the very kind of noise it was tested with. Lesson 13 tests denoisers on noise that they do not know.
#
# **A picture that happens to help.** These digits are small, smooth and mostly black. All of it favours PCA and the sigmoid.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("12.1")` gives a hint; call it again for the next one.
#
# ### Exercise 12.1: copying through a ReLU
#
# Is it the ReLU at the code that prevents copying? Not with $2D$ units. Write `relu_copier(n)`: matrices `W_e` $(n, 2n)$ and `W_d` $(2n, n)$ such that `relu(x @ W_e) @ W_d` is `x` for **every** row `x` of `n` numbers, negative ones included.


# %% tags=["exercise"]
def relu_copier(n): ...


checks.check_relu_copier(relu_copier)


# %% tags=["solution"]
def relu_copier(n):
    W_e = np.hstack([np.eye(n), -np.eye(n)])  # x = relu(x) - relu(-x)
    return W_e, W_e.T


checks.check_relu_copier(relu_copier)

# %% [markdown]
# ### Exercise 12.2: a test for black boxes
#
# Somebody hands you a model as a function and does not say what is inside. Write `diagnose(reconstruct, x_train, x, noise)`, which tries it on training images, new images and noise, and answers `"copies"`, `"memorises"` or `"neither"`. The check brings six models, some of them imperfect copiers and memorisers, and bright and dark images. (When is an error *small*?)


# %% tags=["exercise"]
def diagnose(reconstruct, x_train, x, noise): ...


checks.check_diagnose(diagnose)


# %% tags=["solution"]
def diagnose(reconstruct, x_train, x, noise):
    def rest(images):
        """The error as a share of that of the mean training image."""
        baseline = np.sum((images - x_train.mean(axis=0)) ** 2)
        return np.sum((images - reconstruct(images)) ** 2) / baseline

    if rest(noise) < 0.1:
        return "copies"
    return "memorises" if rest(x) > 0.1 + 3 * rest(x_train) else "neither"


checks.check_diagnose(diagnose)

# %% [markdown]
# Try your test on `memoriser`, `run(copier)` and the trained networks in `ways`, with `kinds["noise"]`.

# %% tags=["keep"]
x_noisy = x + 0.4 * noise  # for the next two exercises

# %% [markdown]
# ### Exercise 12.3: better than this lesson
#
# Train a model with at least $2D$ code units, called `robust`, that is better than every model of this lesson in one respect: it meets *both* demands of `ALLOWED`, the largest error on clean images and the largest one on noisy images. What can you change besides the kind of regulariser?

# %% tags=["keep"]
ALLOWED = (1.0, 3.15)  # on x, on x_noisy

# %% tags=["exercise"]
robust = ...

checks.check_robust(robust, x_train, x, x_noisy, ALLOWED)

# %% tags=["solution"]
robust = trained(wide("relu", "sigmoid"), epochs=40, corruption=with_noise(0.3))
checks.check_robust(robust, x_train, x, x_noisy, ALLOWED)

# %% [markdown]
# ### Exercise 12.4: one noisy picture in ten
#
# Your scanner delivers clean pictures, except that one in ten looks like `x_noisy`. Which of the `candidates` do you take? Answer with `decision = (choice, costs)`, where `costs` maps each name to the mean squared error that you have to expect. Think of the answer before you calculate.

# %% tags=["keep"]
candidates = {"no model": lambda x: x, "PCA, 16": by_pca(16), "PCA, 64": by_pca(64)}
names = ("narrow, deep", "wide, linear", "wide, deep", "wide, deep, with noise")
candidates |= {name: ways[name] for name in names}

# %% tags=["exercise"]
decision = ...

checks.check_one_in_ten(decision, candidates, x, x_noisy)

# %% tags=["solution"]
costs = {
    name: 0.9 * error_of(way(x)) + 0.1 * error_of(way(x_noisy)) for name, way in candidates.items()
}
decision = min(costs, key=costs.get), costs
checks.check_one_in_ten(decision, candidates, x, x_noisy)

# %% [markdown] numbers={"ten": "given: scale in the code", "two": "given: returned and let out", "64": "given: the code above"}
# ## What to remember
#
# - The width of a code forbids nothing: one number can memorise every training image, and a wide code can copy every image. New digits expose the memory, strange images and small perturbations the copier.
# - That copying is possible does not mean that training does it. The linear network creeps there; a sigmoid at the pixels, hidden layers, early stopping or small initial weights hold it back.
# - A narrow code is robust as a stopped clock is: it changes little under noise, and its answer is poor without any.
# - Noise in training makes wide networks robust, deep or not.
# - Compare a regulariser with a control: the same network without it, and the same network stopped earlier. Vary its strength, and look at clean *and* disturbed input.
#
# ## Quiz
#
# 1. A model returns unfamiliar letters almost perfectly. It (a) is a copier; (b) may simply know strokes; (c) was trained on letters.
# 2. After its first epoch the linear wide network lets out far more of a perturbation than it returns in place. The difference is (a) rounding; (b) the random initial weights in directions that the training images do not need; (c) noise in the training data.
# 3. A sparse network with ReLU code does worse than a GELU network without penalty. The penalty is to blame: (a) yes; (b) no, the ReLU is; (c) nobody can know, because two things were changed.
#
# <details><summary>Answers</summary>
#
# 1. **b.** PCA with 64 components does the same and is no copier (a). No letter was in the training set (c).
# 2. **b.** With initial weights ten times smaller the two numbers nearly agree. Rounding (a) is a millionth; the training data have no noise (c).
# 3. **c.** The control is missing: the ReLU network without penalty.
# </details>
#
# ## Further reading
#
# - Goodfellow, Bengio & Courville (2016), *Deep Learning*, sections 14.1 and 14.2: a code of one number, and overcomplete codes.
# - Raff (2022), *Inside Deep Learning*, chapter 7: the story of the wide network under noise.
# - Kunin, Bloom, Goeva & Seed (2019), *Loss landscapes of regularized linear autoencoders*, arXiv:1901.08168: weight decay and PCA.
# - Bishop (1995), *Training with noise is equivalent to Tikhonov regularization*, doi:10.1162/neco.1995.7.1.108.

# %% tags=["receipt"]
notebook.claim(
    shares["wide, deep"] < 0.5 * shares["wide, linear"], "more capacity returned less than half"
)
notebook.receipt(
    returned_linear=nudges["wide, linear"][0],
    returned_nonlinear=nudges["wide, nonlinear"][0],
    noisy_linear=by_sigma["wide, linear"][4],
    noisy_denoising=scores["denoising 0.4"][1],
)
