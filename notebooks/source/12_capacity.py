# %% [markdown]
# # 12. Capacity and overcomplete codes: too much room
#
# *Give the code more numbers than the picture has pixels, find out which models learn the identity mapping, and measure which regulariser prevents it.*
#
# **You will be able to**
# - write down the identity mapping, a perfect copier, and say why the loss cannot tell it from a good model;
# - measure copying with out-of-distribution images and with small perturbations;
# - run the robustness experiment (a code of 2 against one twice the size of the picture) with fair baselines;
# - choose a regulariser by numbers instead of by reputation.
#
# **You need** lessons 09 and 10.
#
# **Time** 30 minutes to read, about 40 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_12 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, SparseAutoencoder
from ae_keras import backend, data, evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

notebook.start(seed=0)
train, val, test = data.load_splits()


def halved(x):
    """Each 2x2 block of pixels becomes one: a quarter of the pixels."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


n = 600  # images to look at; from the validation set, because we are going to choose
x_train, x = halved(train.x[:4000]), halved(val.x[:n])
image_shape = x.shape[1:]
n_pixels = int(np.prod(image_shape))
print(f"images {image_shape}, {n_pixels} pixels")

# %% [markdown]
# A code twice as wide as the picture needs two matrices of $2D^2$ weights each, where $D$ is the number of pixels. At full size that is two and a half million weights, so this lesson halves the pictures. ($D = 196$ is plenty: the scans behind our digits had 64 pixels.) To run it at full size, let `halved` return its argument, and bring some patience.
#
# ## Undercomplete and overcomplete
#
# Let $D'$ be the size of the code. Up to now $D' < D$: the autoencoder was **undercomplete**, and the bottleneck forbade copying. With $D' \ge D$ it is **[overcomplete](glossary.md#overcomplete)**: it has the **capacity** for the **identity mapping**, which copies its input. In fact you can write this copier down. Take one linear layer on each side and no biases,
#
# $$z = x W_e, \qquad \hat x = z W_d, \qquad W_e = \begin{pmatrix} I & 0 \end{pmatrix}, \qquad W_d = \begin{pmatrix} I \\ 0 \end{pmatrix},$$
#
# where $x$ is the image as a row, $I$ is the $D \times D$ identity and the zeros fill up to $D' = 2D$ units. Then $W_e W_d = I$.


# %%
def linear_model(code_size):
    encoder = DenseEncoder(code_size, hidden=())
    return Autoencoder(encoder, DenseDecoder(image_shape, hidden=(), output_activation="linear"))


copier = linear_model(2 * n_pixels)
identity = np.eye(n_pixels, 2 * n_pixels)
for layer, weights in ((copier.encoder.code, identity), (copier.decoder.pixels, identity.T)):
    layer.kernel.assign(weights)

# %% [markdown]
# Now show it digits, and images that are **out of distribution**, unlike anything it should know: the printed letters of `glyphs`, digits whose pixels were **shuffled** (one permutation for all), and **noise**, each pixel drawn evenly from [0, 1]. **Predict** the four errors.

# %%
rng = np.random.default_rng(0)
shuffled = x.reshape(n, n_pixels)[:, rng.permutation(n_pixels)].reshape(x.shape)
strangers = {
    "digits": x,
    "letters": halved(data.load("glyphs", "test").x[:n]),
    "shuffled": shuffled,
    "noise": rng.random(x.shape, "float32"),
}
for name, images in strangers.items():
    x_hat = copier.predict(images, batch_size=n, verbose=0)
    print(f"{name:9s} squared error {evaluation.squared_error(images, x_hat).mean():.2f}")

# %% [markdown]
# All zero. The loss is at its minimum, its gradient is zero, training would not move a weight; and the model knows nothing whatever about digits. PCA with all $D$ components does the same. So **the error on digits cannot tell knowing from copying**. What could? Look at the other three lines: a model that has learned *digits* should fail there.
#
# But that this solution *exists* does not mean that training *finds* it. Books often jump from one to the other. We shall look.

# %% [markdown] numbers={"2": "given: the width of the code"}
# ## Which models copy?
#
# Three autoencoders: a code of 2 numbers with hidden layers as in lesson 09, and two with $D' = 2D$ and no hidden layer, a **linear** one and a **nonlinear** one, with a GELU at the code and a sigmoid at the pixels. (`scale` makes the initial weights smaller; we need it later.)


# %%
def bent_model(code_size, code_activation="gelu"):
    encoder = DenseEncoder(code_size, hidden=(), code_activation=code_activation)
    return Autoencoder(encoder, DenseDecoder(image_shape, hidden=()))


def trained(model, epochs=8, optimizer=None, corruption=None, callbacks=None, scale=1):
    backend.seed_weights(model, seed=0)
    for weight in model.trainable_weights:
        weight.assign(scale * weight)
    model.compile(optimizer or keras.optimizers.Adam(0.002), losses.squared_error)
    batches = data.Batches(x_train, corruption=corruption)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    return model


# %%
maps = []  # what the linear model does to an image, as one matrix, after each epoch


def remember(model):
    maps.append(model.encoder.get_weights()[0] @ model.decoder.get_weights()[0])


linear = linear_model(2 * n_pixels)
watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: remember(linear))
models = {
    "code of 2": trained(Autoencoder(DenseEncoder(2), DenseDecoder(image_shape))),
    "2D, linear": trained(linear, epochs=32, callbacks=[watch]),
    "2D, nonlinear": trained(bent_model(2 * n_pixels)),
}

# %% [markdown] numbers={"four": "32 / 8"}
# (The linear one gets four times as many epochs; the reason will become clear.) To compare such unlike pictures we need a number that does not depend on their brightness or contrast: the **likeness** of a picture and its reconstruction, the correlation of their pixels, averaged over the images. 1 is a copy up to brightness and contrast, 0 has nothing in common with the original.
#
# **Predict.** Which model will give the letters back? Which the noise?


# %%
def likeness(x, x_hat):
    x, x_hat = x.reshape(len(x), -1), x_hat.reshape(len(x), -1)
    return np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(x, x_hat, strict=True)])


def run(model):
    return lambda x: model.predict(x, batch_size=n, verbose=0)


def by_pca(size):
    pca = evaluation.fit_pca(x_train, size)
    return lambda x: evaluation.pca_reconstruct(pca, x)


ways = {name: run(model) for name, model in models.items()}
ways |= {"PCA, 16": by_pca(16), "PCA, 64": by_pca(64), "the copier": run(copier)}
print("              error |", *(f"{name:>8s}" for name in strangers), "  likeness")
for name, way in ways.items():
    error = evaluation.squared_error(x, way(x)).mean()
    print(
        f"{name:13s} {error:5.2f} |",
        *(f"{likeness(images, way(images)):8.2f}" for images in strangers.values()),
    )

# %% mystnb={"image": {"alt": "Three blocks of pictures: letters, shuffled digits and noise; in each the originals and what three autoencoders make of them. The two wide ones return letters well, and the linear one much of the noise too"}}
fig, axes = plt.subplots(1, 3, figsize=(10, 3.1))
for ax, kind in zip(axes, ("letters", "shuffled", "noise"), strict=True):
    rows = {"original": strangers[kind][:6]}
    rows |= {name: np.clip(run(model)(rows["original"]), 0, 1) for name, model in models.items()}
    plots.plot_rows(rows, title=kind, ax=ax)
plt.show()

# %% [markdown] numbers={"2": "given: the width of the code", "64": "seen: the table"}
# The code of 2 turns every unfamiliar image into some digit. The two wide models return letters well, though they never saw one; but so does PCA with 64 components. Returning *letters* is no proof of copying: strokes are what letters and digits share. Noise is the sharper question. There the linear model is ahead of all but the copier, and the nonlinear one, with the same capacity, lies behind PCA with 64. And no trained model *is* the copier: shuffled digits, with ink where digits never have any, come back damaged from all.

# %% [markdown]
# ## A sharper measure: small perturbations
#
# Out-of-distribution images show what happens far from the data. Ask also what happens *at* the data: add a tiny random perturbation $e$ to a digit, and see how much of it arrives at the output. With $r(x) = g(f(x))$ for encoder and decoder together,
#
# $$\text{returned} = \frac{e \cdot \bigl(r(x + e) - r(x)\bigr)}{e \cdot e}, \qquad \text{let out} = \frac{\lvert r(x + e) - r(x) \rvert^2}{e \cdot e},$$
#
# each summed over images. *Returned* is the fraction that comes back in its own place; *let out* is all the disturbance that comes out, in whatever shape. The copier has 1 and 1. PCA with $k$ components keeps the part of the perturbation that lies in $k$ of $D$ directions: it has $k/D$ in both.


# %%
def nudge(way, x, size=0.01):
    e = np.random.default_rng(1).normal(0, size, x.shape).astype("float32")
    moved = way(x + e) - way(x)
    return (moved * e).sum() / (e * e).sum(), (moved * moved).sum() / (e * e).sum()


nudges = {name: nudge(way, x) for name, way in ways.items()}
print("              returned  let out")
for name, (returned, let_out) in nudges.items():
    print(f"{name:13s} {returned:8.2f}  {let_out:7.2f}")
print(f"PCA, 64: k / D = {64 / n_pixels:.2f}")

# %% [markdown] numbers={"three quarters": "0.72"}
# Here is a clear answer. The linear overcomplete model returns nearly three quarters of a perturbation in place and lets out as much as went in. The nonlinear model, just as wide, and with reconstructions of digits that are hard to tell from the originals, returns a *tenth*. **Capacity is not copying.** Whether the capacity is used for copying depends on the rest of the network.
#
# What holds the nonlinear one back? A sigmoid that says "black" or "white" is flat there (it *saturates*), so a small disturbance cannot pass. If that is the reason, perturbations must pass where pixels are grey and stop where they are black.

# %%
e = np.random.default_rng(1).normal(0, 0.01, x.shape).astype("float32")
moved = ways["2D, nonlinear"](x + e) - ways["2D, nonlinear"](x)
for name, where in (
    ("black, below 0.02", x < 0.02),
    ("grey, 0.3 to 0.7", (x > 0.3) & (x < 0.7)),
):
    share = (moved * e)[where].sum() / (e * e)[where].sum()
    print(f"returned where the pixel is {name}: {share:.2f}")

# %% [markdown]
# So it is. A humble output activation, chosen in lesson 04 only because pixels lie in [0, 1], works as an *implicit regulariser* on pictures that are mostly black. On pictures without flat black and white it could not help.

# %% [markdown]
# ## Copying takes time: early stopping
#
# The linear model is the one we can analyse. All it does is one matrix, $W_e W_d$, and `maps` kept it for each epoch. Lesson 10 gives the right coordinates: PCA's components $u_1, u_2, \dots$ For each, how much of it does the model return, $u_i\, W_e W_d\, u_i^\top$? The copier has 1 everywhere; PCA with $k$ components is a step from 1 to 0 after $k$. (Components without variance, of pixels that are black in all images, are not drawn: nothing fixes their directions.)

# %% mystnb={"image": {"alt": "Fraction returned against number of the component, for epochs 1, 3, 8 and 32: each curve falls from one to about zero, later ones further to the right; PCA with 32 components is a sharp step"}}
pca = evaluation.fit_pca(x_train, n_pixels)
components = pca.components_
varied = pca.explained_variance_ > 1e-6  # the others, of black pixels, may point anywhere
filled = {epoch: np.diag(components @ maps[epoch - 1] @ components.T) for epoch in (1, 3, 8, 32)}
fig, ax = plt.subplots(figsize=(7, 3))
for epoch, share in filled.items():
    smooth = np.convolve(share[varied], np.ones(5) / 5, mode="valid")
    ax.plot(np.arange(3, len(smooth) + 3), smooth, label=f"after epoch {epoch}")
ax.step([1, 32, 32, n_pixels], [1, 1, 0, 0], color="0.45", linestyle="--", label="PCA, 32")
ax.set(xlabel="principal component, by variance", ylabel="fraction returned (mean of 5)")
ax.legend()
plt.show()
for epoch, share in filled.items():
    let_out = np.square(maps[epoch - 1]).sum() / n_pixels  # of a perturbation, as above
    print(f"epoch {epoch:2d}: returned {share.mean():.2f}, let out {let_out:.2f}")

# %% [markdown] numbers={"four fifths": "0.79"}
# Training fills the components roughly in the order of their variance, because the pull on a direction is proportional to how much the data vary in it. After one epoch this "overcomplete" model returns some thirty components in place, like a small PCA with a soft edge; left alone, it creeps towards the identity, and the last directions, in which the data do not vary, would take for ever. The risk of copying is real, but it is a *limit*. **Early stopping** is a bottleneck in disguise.
#
# So does early stopping keep noise out? Read the second number. From the first epoch on, about four fifths of a perturbation come out, most of them not in place: in directions that training has not reached, the *random initial weights* are still there, and they scramble a perturbation instead of removing it. If that is right, smaller initial weights must help. **Predict** by how much, if they start ten times smaller.

# %%
small = trained(linear_model(2 * n_pixels), scale=0.1)
returned, let_out = nudge(run(small), x)
small_error = evaluation.squared_error(x, run(small)(x)).mean()
print(f"weights ten times smaller, 8 epochs: returned {returned:.2f}, let out {let_out:.2f}")
print(f"squared error {small_error:.2f}")

# %% [markdown] numbers={"a third": "0.26 / 0.83", "392": "2 * 196", "fifty": "0.25 * 196"}
# Less than a third of what the first model let out after eight epochs, and nearly all of it in place: now the untouched directions are silent, and the model with 392 units works like a PCA with about fifty components. Lists of regularisers rarely name *the size of the initial weights*. Keep this one in mind as a fifth candidate.

# %% [markdown] numbers={"2": "given: the width of the code"}
# ## The robustness experiment
#
# Which code is better, $D' = 2$ or $D' = 2D$? The usual test is to disturb the input with normal noise $N(\mu, \sigma)$, of mean $\mu$ and standard deviation $\sigma$, and to compare the output with the **clean** image. Lesson 09 found that a narrow code is no protection by itself. Now for the other end. Baselines: *no model* (the noisy image itself, which is also what PCA with all $D$ components returns) and PCA with 2 components.
#
# **Predict.** The textbook story is: the wide code copies, so it passes the noise on; the narrow one is robust. From which $\sigma$ on will the code of 2 win?


# %%
def noisy(sigma, mu=0.0):
    return data.gaussian_noise(x, sigma, seed=0, mean=mu)  # clipped to [0, 1]


def error_under(way, sigma, mu=0.0):
    return evaluation.squared_error(x, way(noisy(sigma, mu))).mean()


sigmas = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
means = [-0.2, 0.0, 0.2, 0.4]
contest = {"no model": lambda x: x, "PCA, 2": by_pca(2)}
contest |= {name: ways[name] for name in ("code of 2", "2D, linear", "2D, nonlinear")}
by_sigma = {name: [error_under(way, s) for s in sigmas] for name, way in contest.items()}
by_mean = {name: [error_under(way, 0.1, m) for m in means] for name, way in contest.items()}
print("sigma       ", *(f"{s:6.1f}" for s in sigmas))
for name, errors in by_sigma.items():
    print(f"{name:13s}", *(f"{error:6.2f}" for error in errors))

# %% mystnb={"image": {"alt": "Two panels, error against the clean image: left against sigma, the linear wide model follows the line of no model upwards while the nonlinear wide model stays lowest; right against the mean of the noise, the same order"}}
fig, axes = plt.subplots(1, 2, figsize=(10, 3.2), sharey=True)
grey = {"no model": {"color": "0.45", "linestyle": "--"}, "PCA, 2": {"color": "0.45"}}
for name in contest:
    style = grey.get(name, {"marker": "o", "markersize": 4})
    axes[0].plot(sigmas, by_sigma[name], label=name, **style)
    axes[1].plot(means, by_mean[name], label=name, **style)
axes[0].set(xlabel="sigma of the noise, at mu = 0", ylabel="squared error to the clean image")
axes[1].set(xlabel="mu of the noise, at sigma = 0.1")
axes[0].legend()
plt.show()

# %% [markdown] numbers={"2": "given: the width of the code"}
# The story is half true. The **linear** wide model is no better than no model: the two curves stay together, and where noise is strong it is even a little worse. From about $\sigma = 0.3$ on the code of 2 beats it, not by being good but by giving nearly the same poor answer whatever happens, as PCA's two components do even more stubbornly.
#
# The **nonlinear** wide model has the smallest error of all under any noise, from $\sigma = 0.1$ to $0.6$, and far smaller errors than the code of 2 throughout. So the experiment does not answer "2 or $2D$?". It answers "linear or nonlinear?". Read every claim about capacity with that in mind: what was the output activation, how long was training, from which weights, on what data? And note what robustness alone is worth: a model that ignores its input is perfectly robust. Look at both ends of a curve.

# %% [markdown]
# ## Which regularisers help?
#
# A **[regulariser](glossary.md#regulariser)** is anything that makes a model prefer one of many solutions with similar loss. Four candidates, each for the linear and for the nonlinear model, each weak and strong:
#
# - **[weight decay](glossary.md#weight-decay)**: add $\lambda \sum w^2$ over the weights of both matrices. In Keras a weight has a `regularizer`; `fit` adds it to the loss;
# - **sparse**: add $\lambda \sum_j \lvert z_j \rvert$, averaged over images, with ReLU codes (`SparseAutoencoder`; lesson 14 is about it);
# - **[dropout](glossary.md#dropout)**: while training, set a random fraction of the code's units to zero and scale up the others;
# - **denoising**: while training, disturb the input but not the target.
#
# For dropout we need a model with one more layer between the halves:


# %%
class DropoutAutoencoder(Autoencoder):
    def __init__(self, encoder, decoder, rate, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.drop = layers.Dropout(rate, seed=0)

    def call(self, x, training=False):
        return self.decoder(self.drop(self.encoder(x), training=training))


# %%
def with_decay(model, weight):
    for layer in (model.encoder.code, model.decoder.pixels):
        layer.kernel.regularizer = keras.regularizers.L2(weight)
    return trained(model)


def with_penalty(model, weight):
    model.encoder.code.activation = keras.activations.relu
    return trained(SparseAutoencoder(model.encoder, model.decoder, weight))


def with_dropout(model, rate):
    return trained(DropoutAutoencoder(model.encoder, model.decoder, rate))


def with_noise(model, sigma):
    return trained(model, corruption=lambda x, rng: data.gaussian_noise(x, sigma, rng))


# %% [markdown]
# **Predict.** Part A said that an overcomplete code "needs" one of these. Which will help the linear model, which the nonlinear one, and will any of them do harm?

# %%
cures = {
    "weight decay": (with_decay, (0.003, 0.03)),
    "sparse": (with_penalty, (0.01, 0.1)),
    "dropout": (with_dropout, (0.2, 0.5)),
    "denoising": (with_noise, (0.2, 0.4)),
}
kinds = {"linear": linear_model, "nonlinear": bent_model}
cured = {}
for kind, make in kinds.items():
    cured[kind, "none", ""] = trained(make(2 * n_pixels))
    for name, (train_with, strengths) in cures.items():
        for strength in strengths:
            cured[kind, name, strength] = train_with(make(2 * n_pixels), strength)

# %%
sigma = 0.4
scores = {}
print("                    |    linear      |   nonlinear")
print("                    | clean   noisy  | clean   noisy    error to the clean image")
for _, name, strength in [key for key in cured if key[0] == "linear"]:
    line = f"{name:13s} {strength!s:6s}"
    for kind in kinds:
        way = run(cured[kind, name, strength])
        pair = error_under(way, 0), error_under(way, sigma)
        scores[kind, name, strength] = pair
        line += f"| {pair[0]:5.1f}  {pair[1]:6.1f}  "
    print(line)
pca_scores = {
    k: (error_under(by_pca(k), 0), error_under(by_pca(k), sigma)) for k in (8, 16, 32, 64)
}
print(f"small start   0.1   | {small_error:5.1f}  {error_under(run(small), sigma):6.1f}  |")
print("no model                0.0 ", f"{error_under(contest['no model'], sigma):6.1f}")
for k, (clean, disturbed) in pca_scores.items():
    print(f"PCA, {k:2d}              {clean:5.1f}  {disturbed:6.1f}")

# %% mystnb={"image": {"alt": "Two panels, error on noisy against error on clean images, linear left and nonlinear right; from the plain model, arrows of weight decay and denoising lead down, and in the nonlinear panel sparse and dropout lead up"}}
fig, axes = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True)
for ax, kind in zip(axes, kinds, strict=True):
    start = scores[kind, "none", ""]
    for name, (_, strengths) in cures.items():
        points = [start, *(scores[kind, name, strength] for strength in strengths)]
        ax.plot(*np.transpose(points), marker="o", markersize=4, label=name)
    ax.plot(*np.transpose([*pca_scores.values()]), color="0.45", linestyle="--", label="PCA, 8-64")
    ax.plot(*start, marker="s", color="black", linestyle="", label="none")
    ax.set(title=f"2D, {kind}", xlabel="squared error, clean input", ylim=(0, None))
axes[0].set_ylabel("squared error, noise 0.4")
axes[0].legend()
plt.show()

# %% [markdown] numbers={"a quarter": "3.6 / 15.0", "ten": "0.03 / 0.003"}
# Down is robust, left is faithful; each line starts at the model without a regulariser and goes on to weak and strong.
#
# **The linear model** needs help, and everything helps. Denoising and weight decay most: the noise that gets through falls to about a quarter, for a clean error that is still below 2. For linear models theory says why they look so alike: both shrink the directions in which the data hardly vary and leave the large ones nearly alone, a PCA with a soft edge (see Further reading). They end a little below PCA's line. Sparsity and dropout stop about half way, and the mere *small start* does better than either.
#
# **The nonlinear model** needs less help, and only two give it. Denoising is best; a *little* weight decay is nearly as good, and ten times as much ruins the pictures. Sparsity and dropout make it **worse than no regulariser**: with the strong penalty, the error under noise nearly triples. "Regularise the overcomplete code" is too coarse a rule; a penalty cures what it penalises. Denoising penalises *this disturbance*, weight decay *strong reactions of any kind*, dropout *reliance on single units*, sparsity *many active units*: and of these only the first two have to do with noise in the pixels.
#
# Why do two of them make things worse? Look at pictures, and at the sparse model's code.

# %% mystnb={"image": {"alt": "Rows of ten: noisy digits and what five nonlinear models make of them. Without a regulariser, with weight decay and with denoising fairly clean digits; with the sparse penalty the whole picture fades into grey, and with dropout the background is mottled"}}
rows = {"noisy": noisy(sigma)[:10]}
for name, strength in (
    *(("none", ""), ("weight decay", 0.003), ("denoising", 0.4)),
    *(("sparse", 0.1), ("dropout", 0.5)),
):
    rows[name] = run(cured["nonlinear", name, strength])(noisy(sigma))[:10]
fig, ax = plt.subplots(figsize=(7, 4.1))
plots.plot_rows(rows, ax=ax)
plt.show()
for name, images in (("clean", x), ("noisy", noisy(sigma))):
    z = evaluation.encode(cured["nonlinear", "sparse", 0.1], images, batch_size=n)
    print(
        f"{name} input: {(z > 0).mean():.2f} of units active, code summed {z.sum(axis=1).mean():.1f}"
    )

# %% [markdown] numbers={"half": "7.9 / 18.4"}
# You might have guessed that noise activates units that should be at zero. The opposite happens: it *silences* the code, which sums to less than half, and the picture fades into grey. Two lessons in one. A unit that is penalised whenever it is active has, most likely, learned to be held down by ink where its own stroke is not, and noise on a black ground is ink everywhere. And with these decoders *black is drawn too*: when the units are off, what is left is the sigmoid of the biases, and that is grey.
#
# ### What could go wrong
#
# **The default that does nothing.** Weight decay in many tutorials means the optimizer `AdamW` with its default. Try it:

# %%
default = trained(linear_model(2 * n_pixels), optimizer=keras.optimizers.AdamW(0.002))
print(f"AdamW's default weight decay: {default.optimizer.weight_decay}")
for name, model in (("Adam", cured["linear", "none", ""]), ("AdamW", default)):
    print(f"{name:5s} error under noise: {error_under(run(model), sigma):.2f}")

# %% [markdown] numbers={"a fifth": "0.002 * 0.004 * 256 * 100", "256": "32 * 8"}
# Nothing has changed, and it could not: each step shrinks a weight by learning rate times decay, 0.002 × 0.004, and after 256 steps that is a fifth of a per cent. A regulariser has a strength; one that was never varied was never tested.
#
# **The test favours denoising**, which was trained on the very noise it was tested with; weight decay never saw any. That weight decay comes so close is all the more remarkable. Lesson 13 tests denoisers on noise they do not know. And everything here is one seed, one data set and two strengths: enough to refute "all of them help", not to rank weight decay against denoising for *your* data.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("12.1")` gives a hint; call it again for the next one.
#
# ### Exercise 12.1: copying through a ReLU
#
# Does a ReLU at the code prevent copying? Not with $2D$ units. Write `relu_copier(n)`: matrices `W_e` $(n, 2n)$ and `W_d` $(2n, n)$ such that `relu(x @ W_e) @ W_d` is `x` for **every** row `x` of `n` numbers, negative ones included.


# %% tags=["exercise"]
def relu_copier(n): ...


checks.check_relu_copier(relu_copier)


# %% tags=["solution"]
def relu_copier(n):
    W_e = np.hstack([np.eye(n), -np.eye(n)])  # x = relu(x) - relu(-x)
    return W_e, W_e.T


checks.check_relu_copier(relu_copier)

# %% [markdown]
# ### Exercise 12.2: what gets through
#
# Write `let_through(reconstruct, x, x_noisy)`: by how much noise in the input raises the error, as a fraction of the error of the noisy images themselves,
#
# $$\frac{\lvert r(x_\text{noisy}) - x \rvert^2 - \lvert r(x) - x \rvert^2}{\lvert x_\text{noisy} - x \rvert^2},$$
#
# with each squared length summed over all images. `reconstruct` takes and returns a NumPy array.


# %% tags=["exercise"]
def let_through(reconstruct, x, x_noisy): ...


checks.check_let_through(let_through)


# %% tags=["solution"]
def let_through(reconstruct, x, x_noisy):
    def squares(a):
        return np.sum((a - x) ** 2)

    return (squares(reconstruct(x_noisy)) - squares(reconstruct(x))) / squares(x_noisy)


checks.check_let_through(let_through)

# %% tags=["keep"]
x_noisy = data.gaussian_noise(x, stddev=0.4, seed=0)  # for the next exercise

# %% [markdown]
# ### Exercise 12.3: a cure of your own
#
# Train a model with at least $2D$ code units, called `robust`, that meets two demands at once on `x` and `x_noisy`: under noise at most a **quarter** of the error of the noisy images themselves, and on clean images at most a **quarter** of the error of PCA with 8 components. Combine what you like.

# %% tags=["exercise"]
robust = ...

checks.check_robust(robust, x_train, x, x_noisy)

# %% tags=["solution"]
encoder = DenseEncoder(2 * n_pixels, hidden=(), code_activation="gelu")
robust = Autoencoder(encoder, DenseDecoder(image_shape, hidden=()))
backend.seed_weights(robust, seed=0)
robust.compile(keras.optimizers.Adam(0.002), losses.squared_error)
batches = data.Batches(x_train, corruption=lambda x, rng: data.gaussian_noise(x, 0.25, rng))
robust.fit(batches, epochs=15, shuffle=False, verbose=0)
checks.check_robust(robust, x_train, x, x_noisy)

# %% [markdown] numbers={"15": "0.15", "79": "0.79", "2": "given: an example of the quiz", "a third": "0.33", "ten": "given: scale of the code", "two": "seen: returned and let out"}
# ## What to remember
#
# - With $D' \ge D$ the identity mapping has zero loss. The error on your own data cannot tell it from knowledge; out-of-distribution images and small perturbations can.
# - That copying is possible does not mean that training does it: the linear model creeps there, component by component; a sigmoid at the pixels, or small initial weights, hold it back.
# - The wide nonlinear model beat the code of 2 at every noise level; the wide linear one passed the noise on. Size alone decides nothing.
# - Against noise in the pixels, denoising and weight decay of the right strength helped; sparsity and dropout helped the linear model half way and harmed the nonlinear one.
# - A regulariser cures what it penalises, at the right strength. Vary it, and look at clean *and* disturbed input.
#
# ## Quiz
#
# 1. A model returns unfamiliar letters almost perfectly. It (a) is a copier; (b) may simply know strokes; (c) was trained on letters.
# 2. After one epoch the linear overcomplete model returns 15 % of a perturbation in place and lets out 79 %. The difference is (a) rounding; (b) the random initial weights in directions that training has not reached; (c) noise in the training data.
# 3. A code of 2 adds little error under noise, and the clean error is large. (a) It is the most robust model and to be preferred. (b) Robustness without faithfulness is worth little: a constant answer has it too. (c) The noise was too weak.
#
# <details><summary>Answers</summary>
#
# 1. **b.** PCA with 64 components does the same, and is no copier (a): it returns a third of a perturbation. No letter was in the training set (c).
# 2. **b.** With initial weights ten times smaller the two numbers agree. Rounding (a) is a millionth; the training data have no noise, and what was learned from them would come back in place (c).
# 3. **b.** The mean image is robust to everything (not a). Stronger noise (c) would not make a poor answer better.
# </details>
#
# ## Further reading
#
# - Kunin, Bloom, Goeva & Seed (2019), *Loss landscapes of regularized linear autoencoders*, arXiv:1901.08168: weight decay and PCA.
# - Bishop (1995), *Training with noise is equivalent to Tikhonov regularization*, doi:10.1162/neco.1995.7.1.108.
# - Vincent et al. (2010), *Stacked denoising autoencoders*, JMLR 11, section 2: why keeping information is not enough.

# %% tags=["receipt"]
linear_scores, bent_scores = (
    {name + str(strength): pair for (k, name, strength), pair in scores.items() if k == kind}
    for kind in kinds
)
good = ("weight decay0.003", "denoising0.2")
rivals = [by_sigma[name][1:] for name in contest if name != "2D, nonlinear"]
notebook.claim(
    nudges["2D, linear"][0] > 0.5 > 0.3 > nudges["2D, nonlinear"][0],
    "the linear model copies, the nonlinear one does not",
)
notebook.claim(filled[1].sum() < filled[8].sum() < filled[32].sum(), "copying takes time")
notebook.claim(let_out < 0.5 * nudges["2D, linear"][1], "small initial weights must help")
notebook.claim(
    np.less(by_sigma["2D, nonlinear"][1:], rivals).all(),
    "the wide nonlinear model must win under noise",
)
notebook.claim(
    max(linear_scores[name][1] for name in good) < 0.6 * linear_scores["none"][1]
    and max(bent_scores[name][1] for name in good) < bent_scores["none"][1]
    and bent_scores["sparse0.1"][1] > 1.5 * bent_scores["none"][1]
    and bent_scores["dropout0.5"][1] > 1.2 * bent_scores["none"][1],
    "denoising and weight decay help, sparsity and dropout harm the nonlinear model",
)
notebook.receipt(
    returned_linear=nudges["2D, linear"][0],
    returned_nonlinear=nudges["2D, nonlinear"][0],
    noisy_linear=linear_scores["none"][1],
    noisy_denoising=linear_scores["denoising0.4"][1],
)
