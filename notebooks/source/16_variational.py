# %% [markdown]
# # 16. The variational autoencoder
#
# *Make every code a small cloud, penalise the information it carries, and an autoencoder becomes a probability model: you can draw new images from it and ask it how likely a given one is.*
#
# **You will be able to**
# - derive the ELBO in four lines, and check it where the true answer is known;
# - explain why gradients pass through a random draw (reparameterisation);
# - write a VAE, train it, and read its loss in nats;
# - draw new images, and say what a VAE does better than a plain autoencoder and what not;
# - find the two classic bugs of a VAE in its numbers.
#
# **You need** lessons 06 and 08.
#
# **Time** 30 minutes to read, 35 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_16 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from scipy.spatial import KDTree

notebook.start(seed=0)

# %% [markdown] numbers={"one half": "given: the threshold", "16": "given: the code below", "sixteen": "given: the code below"}
# ## Two decoders, the same random codes
#
# Here are two autoencoders with the same layers and a code of 16 numbers: a plain one, and a **[variational autoencoder](glossary.md#variational-autoencoder)** (VAE), whose class you will write below. Both decode the same codes, which come from no image: sixteen independent *standard normal* numbers, with mean 0 and standard deviation 1.
#
# (In this lesson every pixel is either 0 or 1: we *binarise* the images, cutting the grey values at one half. The output $\hat x_i$ then has an exact meaning, the probability that pixel $i$ is white, and a perfect prediction has a cross-entropy of 0 nats.)


# %% tags=["keep"]
def binarise(x):
    return (x > 0.5).astype("float32")


train, val, test = data.load_splits()
x_train, x_val = binarise(train.x), binarise(val.x)
image_shape = x_train.shape[1:]


def trained(model, epochs, loss=losses.binary_crossentropy):
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=loss)
    history = model.fit(data.Batches(x_train), epochs=epochs, shuffle=False, verbose=0)
    return model, history.history


plain, _ = trained(Autoencoder(DenseEncoder(16), DenseDecoder(image_shape)), epochs=10)
vae, history = trained(VAE(DenseEncoder(2 * 16), DenseDecoder(image_shape)), epochs=15)

# %% [markdown]
# **Predict.** What will each of them draw: noise, a grey blur, tangles, or digits? **Change this line and run again:** `SPREAD`, once you have seen the pictures. Predict first: what will the two rows look like at `SPREAD = 0`?

# %% mystnb={"image": {"alt": "Two rows of twelve. The plain autoencoder's are grey, grainy fog with ghosts of strokes; the VAE's are white, soft-edged shapes on black, most of them like digits"}}
SPREAD = 1.0  # try 0, 0.5, 2
codes = SPREAD * np.random.default_rng(0).normal(size=(500, 16))
drawn = {"plain": evaluation.decode(plain, codes), "VAE": evaluation.decode(vae, codes)}
fig, ax = plt.subplots(figsize=(8, 1.6))
plots.plot_rows({name: x_hat[:12] for name, x_hat in drawn.items()}, ax=ax)
plt.show()
grey = {name: np.mean(np.abs(x_hat - 0.5) < 0.3) for name, x_hat in drawn.items()}
for name, share in grey.items():
    print(f"{name:6s} fraction of grey pixels (between 0.2 and 0.8): {share:.2f}")
notebook.claim(
    SPREAD != 1 or grey["plain"] > 2 * grey["VAE"], "the plain decoder answers with a fog"
)

# %% [markdown] numbers={"twelve": "given: the code above"}
# The plain decoder answers with a fog, the VAE with shapes most of which you can read. Nobody told the plain autoencoder that codes would be standard normal, so the comparison is not quite fair; below it gets a second chance. (At a spread of 0 all codes are the same, and each decoder draws one picture twelve times.) What did the VAE do to its codes? The answer begins with two thermometers.

# %% [markdown] numbers={"20": "given: the story", "5": "given: the story"}
# ## A model of two thermometers
#
# Two cheap thermometers hang in one room and are read once a day. A story of where the readings come from: the temperature is 20 degrees plus 5 times a standard normal number $z$, which nobody sees; each thermometer shows it with an error of its own, normal with a standard deviation of 2 degrees. In symbols, $z \sim \mathcal N(0, 1)$ and $x_i = 20 + 5z + 2\,\varepsilon_i$.
#
# Such a story is a **[latent-variable model](glossary.md#latent-variable-model)**: a hidden cause $z$ (the *latent variable*) with a distribution $p(z)$, the **[prior](glossary.md#prior)**, and a rule $p(x \mid z)$ for what is seen. To draw new data, follow the story (**ancestral sampling**): draw $z$, compute what it causes, add the noise.
#
# **Predict.** What do drawn readings look like if you forget the last step, the noise?

# %% mystnb={"image": {"alt": "Two scatter plots of pairs of readings. With noise the points form a slanted oval cloud, without noise a straight line along its middle"}}
rng = np.random.default_rng(0)
z = rng.normal(size=400)
expected = np.stack([20 + 5 * z, 20 + 5 * z], axis=1)
readings = expected + 2 * rng.normal(size=(400, 2))

fig, axes = plt.subplots(1, 2, figsize=(7, 3.3), sharex=True, sharey=True)
for ax, points, title in zip(axes, (readings, expected), ("z, then noise", "z alone"), strict=True):
    ax.scatter(*points.T, s=8, alpha=0.6)
    ax.set(title=title, xlabel="thermometer 1, degrees", aspect="equal")
axes[0].set_ylabel("thermometer 2, degrees")
plt.show()

# %% [markdown]
# Without noise all points lie on a line: the thermometers always agree, as real ones never do. For images the noise is the last step, which draws each pixel white with probability $\hat x_i$, else black. What is usually shown as "samples of a VAE" is $\hat x$ itself, without that step; we do so too.
#
# Two questions can be put to such a model. *Which temperature caused these readings?* The answer is the **posterior** $p(z \mid x)$, again a distribution. *How probable are these readings?* That is $p(x)$, the *evidence*. For thermometers both have formulas. For a decoder network neither has, since $p(x) = \int p(x \mid z)\,p(z)\,dz$ runs over all codes.

# %% [markdown] numbers={"27": "given: an example", "24": "given: an example"}
# ## The evidence lower bound (ELBO), in four lines
#
# Take any distribution $q(z \mid x)$ as a guess at the posterior. Then
#
# $$\begin{aligned}
# \log p(x) &= \log \int p(x \mid z)\, p(z)\, dz && \text{all codes that could have caused } x \\
# &= \log \mathbb E_{q}\!\left[\frac{p(x \mid z)\, p(z)}{q(z \mid x)}\right] && \text{multiply and divide by } q \\
# &\ge \mathbb E_{q}\!\left[\log \frac{p(x \mid z)\, p(z)}{q(z \mid x)}\right] && \text{Jensen} \\
# &= \underbrace{\mathbb E_{q}\bigl[\log p(x \mid z)\bigr]}_{-\text{ distortion}} - \underbrace{\mathrm{KL}\bigl(q(z \mid x)\,\|\,p(z)\bigr)}_{\text{rate}} && \text{split the logarithm}
# \end{aligned}$$
#
# The third line is **[Jensen's inequality](glossary.md#jensen-inequality)**: the logarithm of an average is at least the average of the logarithms, because the logarithm's curve is concave. Both are equal if the fraction is the same for every $z$, and that is so exactly if $q$ is the posterior, where the fraction is $p(x)$.
#
# The last line is the [ELBO](glossary.md#elbo), the *evidence lower bound*. It needs no integral. Its first term is minus the cross-entropy of lesson 06, the *[distortion](glossary.md#rate-and-distortion)*. The second, the *rate*, is the [Kullback-Leibler divergence](glossary.md#kl-divergence) between guess and prior: the information, in nats, that the code carries about this $x$. For one normal number with mean $\mu$ and standard deviation $\sigma$, write $z = \mu + \sigma\varepsilon$ with standard normal $\varepsilon$; the constants of the two densities cancel, and
#
# $$\mathrm{KL} = \mathbb E\bigl[\log q(z) - \log p(z)\bigr]
# = \mathbb E\Bigl[-\log \sigma - \tfrac12 \varepsilon^2 + \tfrac12 (\mu + \sigma\varepsilon)^2\Bigr]
# = \tfrac12 \bigl(\sigma^2 + \mu^2 - 1 - \log \sigma^2\bigr),$$
#
# because $\mathbb E[\varepsilon] = 0$ and $\mathbb E[\varepsilon^2] = 1$. A code of several independent numbers has the sum. The KL is 0 for $\mu = 0$, $\sigma = 1$, and grows as the mean moves away from 0 or the standard deviation from 1.
#
# Now the check. Today's readings are 27 and 24 degrees. **Predict.** We try guesses $q$ with many means and three widths. How many of the three curves will touch the line of the true $\log p(x)$?


# %%
def kl(mean, std):
    return (std**2 + mean**2 - 1 - np.log(std**2)) / 2


def elbo(mean, std, x=(27, 24)):
    """ELBO of readings x for the guess N(mean, std**2); the error has a variance of 4."""
    squares = sum((each - 20 - 5 * mean) ** 2 + 25 * std**2 for each in x)
    return -squares / 8 - np.log(2 * np.pi * 4) - kl(mean, std)


off = np.array([27 - 20, 24 - 20])
covariance = 25 * np.ones((2, 2)) + 4 * np.eye(2)
log_p = -off @ np.linalg.solve(covariance, off) / 2
log_p -= np.log(np.linalg.det(2 * np.pi * covariance)) / 2
z = 0.8 + 0.3 * rng.normal(size=100_000)
drawn_kl = np.mean(-np.log(0.3) - ((z - 0.8) / 0.3) ** 2 / 2 + z**2 / 2)
print(f"KL for mean 0.8, std 0.3: by drawing {drawn_kl:.2f}, by the formula {kl(0.8, 0.3):.2f}")

# %% mystnb={"image": {"alt": "Three arches over the mean of the guess, all below a dashed horizontal line at the true log p of x. The arch of width 0.27 touches it at a mean of about 1; narrower and wider guesses stay below"}}
means = np.linspace(0.2, 1.8, 81)
fig, ax = plt.subplots(figsize=(7, 3.2))
for std, style in ((0.1, ":"), (0.27, "-"), (0.6, "-.")):
    (line,) = ax.plot(means, elbo(means, std), style)
    end = (means[-1] + 0.02, elbo(means[-1], std))
    ax.text(*end, f"width {std}", color=line.get_color(), va="center")
ax.axhline(log_p, color="0.3", linestyle="--")
ax.text(0.2, log_p + 0.1, "true log p(x)", color="0.3", va="bottom")
ax.set(xlabel="mean of the guess q", ylabel="nats", title="ELBO of one pair of readings")
ax.set(xlim=(0.15, 2.1), ylim=(-11.6, -5))
plt.show()
best = {std: elbo(means, std).max() for std in (0.1, 0.27, 0.6)}
print("highest ELBO:", ", ".join(f"width {std}: {value:.2f}" for std, value in best.items()))
print(f"true log p(x): {log_p:.2f}")
notebook.claim(max(best.values()) <= log_p, "no guess exceeds the truth")
notebook.claim(log_p - best[0.27] < 0.01 < 0.5 < log_p - best[0.1], "one of them reaches it")

# %% [markdown] numbers={"0.27": "given: (1 + 2 * 25 / 4) ** -0.5"}
# One. No guess ever exceeds the truth, and the curve of width 0.27 touches it, at a mean of about 1: that guess *is* the posterior. A guess that is too sure or not sure enough stays below, wherever its mean. So whatever raises the ELBO has done at least one of two things: it has brought the guess nearer to the posterior, or, where the model has parameters, made the data more probable. (And the formula of the KL agrees with a hundred thousand draws: 1.07.)

# %% [markdown]
# ## A code becomes a cloud
#
# For images, both halves are networks. The decoder computes $p(x \mid z)$. The encoder computes the guess: for each image a normal distribution, the **approximate posterior**
#
# $$q(z \mid x) = \mathcal N\bigl(\mu(x),\, \sigma^2(x)\bigr),$$
#
# one mean and one standard deviation for each of the $d$ code numbers. It returns $2d$ numbers: $d$ means (`z_mean`) and $d$ **log variances** $\log \sigma^2$ (`z_log_var`). (A network's output is any number; a variance must be positive, and $e$ to any power is.) The loss is $-$ELBO = distortion + rate, in nats per image, **both summed**, with no weight between them that anybody chose.
#
# In training, the code is *drawn* from this cloud. How does the gradient pass through a random draw to the encoder? Draw the noise *first*, then shift and scale it:
#
# $$z = \mu + \sigma\,\varepsilon, \qquad \varepsilon \sim \mathcal N(0, 1).$$
#
# By this **[reparameterisation](glossary.md#reparameterisation)** $\varepsilon$ becomes an input like any other, and $z$ depends on $\mu$ and $\sigma$ in the plainest way: $\partial z / \partial \mu = 1$, $\partial z / \partial \sigma = \varepsilon$. The rival is the **score-function estimator** (REINFORCE), $f(z)\,\partial \log q(z) / \partial \mu$, which needs no derivative of $f$. Test both where the answer is known: for $f(z) = z^2$ the mean is $\mu^2 + \sigma^2$, so its derivative by $\mu$ is $2\mu$.
#
# **Predict.** Both are right on average (*unbiased*). Which one varies more from draw to draw?

# %%
mean, std = 1.5, 0.5
epsilon = rng.normal(size=100_000)
z = mean + std * epsilon
estimates = {"reparameterised": 2 * z, "by the score": z**2 * (z - mean) / std**2}
print("gradient by the mean   true   average   spread of one draw")
for name, draws in estimates.items():
    print(f"{name:22s} {2 * mean:4.2f}   {draws.mean():7.2f}   {draws.std():18.2f}")
ratio = estimates["by the score"].std() / estimates["reparameterised"].std()
notebook.claim(6 < ratio < 9, "the score-function estimate spreads about seven times as far")

# %% [markdown] numbers={"seven": "7.47 / 1.00", "fifty": "7.47 ** 2"}
# One draw of the score-function estimate is off by about seven times as much. Averaging over $n$ draws divides the spread by $\sqrt n$, so it would need more than fifty times as many. With reparameterisation *one* draw for each image is enough, and that made VAEs practical.

# %% [markdown]
# ## The class, by hand
#
# Three changes to the autoencoder: split the encoder's output, draw, add the KL. The KL is added by `add_loss`; the distortion is the loss given to `compile`. Two details matter on all backends: the noise comes from a `SeedGenerator` that the model owns (a plain integer as seed would give the *same* noise in every step), and outside training the code is the mean, so that `predict` repeats itself.


# %%
class HandmadeVAE(keras.Model):
    def __init__(self, encoder, decoder, seed=0):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.noise = keras.random.SeedGenerator(seed)

    def draw(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.noise)
        return z_mean + ops.exp(z_log_var / 2) * epsilon

    def call(self, x, training=False):
        h = self.encoder(x, training=training)
        z_mean, z_log_var = ops.split(h, 2, axis=-1)
        kl = ops.sum(ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var, axis=-1) / 2
        self.add_loss(ops.mean(kl))
        z = self.draw(z_mean, z_log_var) if training else z_mean
        return self.decoder(z, training=training)


# %% [markdown]
# The package's `VAE` adds what you will want later: a weight `beta` before the KL, the KL in the log, `sample`. With the same weights and the same seed, both must give the same loss. (A model called as a function, with `training=True`, draws as it does in `fit`, and collects in `losses` what `add_loss` was given.)

# %%
some, found = ops.convert_to_tensor(x_train[:500]), []
for kind in (HandmadeVAE, VAE):
    model = kind(DenseEncoder(2 * 16), DenseDecoder(image_shape))
    model(some)  # creates the weights
    x_hat = backend.seed_weights(model, seed=0)(some, training=True)
    loss = ops.mean(losses.binary_crossentropy(some, x_hat)) + sum(model.losses)
    found.append(float(ops.convert_to_numpy(loss)))
print("same loss:", np.isclose(*found, rtol=1e-4))

# %% [markdown]
# ## Reading the curve
#
# Here is how the VAE at the top was trained. **Predict.** The distortion falls. Does the rate fall as well?

# %% mystnb={"image": {"alt": "Training curves in nats: the negative ELBO falls from far above the dashed line of the mean image at two hundred to below ninety, the distortion below it falls too, the rate rises slowly to above twenty"}}
mean_image = np.clip(x_train.mean(axis=0, keepdims=True), 1e-3, 1 - 1e-3)


def no_code(x):
    x_hat = np.broadcast_to(mean_image, x.shape)
    return float(ops.convert_to_numpy(losses.binary_crossentropy(x, x_hat)).mean())


total, rate = np.array(history["loss"]), np.array(history["kl"])
curves = {"-ELBO": total, "distortion": total - rate, "rate (KL)": rate}
fig, ax = plt.subplots(figsize=(7, 3.2))
plots.plot_curves(
    curves, baselines={"mean image, no code": no_code(x_train)}, ylabel="nats per image", ax=ax
)
ax.set(ylim=(0, 400))
plt.show()
bound = evaluation.negative_elbo(vae, x_val)
val_rate = evaluation.kl_per_unit(*evaluation.posterior(vae, x_val)).sum()
print(f"rate in the first epoch {rate[0]:.1f}, in the last {rate[-1]:.1f} nats")
print(f"validation: no code {no_code(x_val):.1f}, -ELBO {bound:.1f}, of which rate {val_rate:.1f}")
too_good = vae.evaluate(x_val, verbose=0, return_dict=True)["loss"]
print(f"what `evaluate` reports: {too_good:.1f}")
notebook.claim(rate[-1] > 1.5 * rate[0], "the rate rises")
notebook.claim(bound < no_code(x_val) / 2, "a code saves more than half of the nats")
notebook.claim(too_good < bound - 3, "`evaluate` is too good to be a bound")

# %% [markdown] numbers={"half": "1 - 88.9 / 198.9", "128": "88.9 / log(2)", "16": "88.9 / log(2) / 8", "98": "784 / 8"}
# The rate *rises*. Each nat spent on the code saves more than one nat of pixels, and the model goes on until another nat would no longer pay for itself; only the sum is minimised. On new images the code saves more than half of the nats that a model without one needs, which has a concrete meaning: sender and receiver who both own this VAE could in principle exchange a digit in about 128 bits or 16 bytes, where raw black-and-white pixels take 98.
#
# One number is not honest: `evaluate` decodes the *mean* code, as if the clouds were points, while adding the rate of clouds. Quote `evaluation.negative_elbo`, which draws, as the bound demands.

# %% [markdown]
# ## Drawing new digits
#
# Back to the fog. The VAE's prior was fixed before training, so `vae.sample(n)` needs no data: draw standard normal numbers, decode. Now the plain autoencoder's second chance, from lesson 08: look at the codes of its training images, fit a normal distribution with all correlations (*ex-post density estimation*), and draw from that. PCA gets the same.
#
# The judge: draw each pixel, white with probability $\hat x_i$, and find the five nearest training images. How many of the 784 pixels differ from the nearest? Do all five show the same class, as for a proper digit? **Predict.** Rank the methods.


# %%
def judge(x_hat):
    """Pixels unlike the nearest training image; fraction whose five nearest are of one class."""
    images = binarise(x_hat > np.random.default_rng(1).random(x_hat.shape))
    found = evaluation.nearest(x_train, images, k=5)
    unlike = evaluation.squared_error(images, x_train[found[:, 0]]).mean()
    labels = train.labels[found]
    return unlike, (labels == labels[:, :1]).all(axis=1).mean()


def fitted(z, n=500):
    return rng.multivariate_normal(z.mean(axis=0), np.cov(z.T), size=n)


# %%
codes = rng.normal(size=(500, 16))
pca = evaluation.fit_pca(x_train, 16)
z_pca = pca.transform(x_train.reshape(len(x_train), -1))
x_pca = pca.inverse_transform(fitted(z_pca)).reshape(-1, *image_shape)
new = {
    "plain, standard normal": evaluation.decode(plain, codes),
    "plain, fitted": evaluation.decode(plain, fitted(evaluation.encode(plain, x_train))),
    "PCA, fitted": np.clip(x_pca, 0, 1),
    "VAE, prior": evaluation.decode(vae, codes),
}
judged = {name: judge(x) for name, x in (new | {"real, validation": x_val[:500]}).items()}
print("                         pixels unlike the nearest   five neighbours agree")
for name, (unlike, agree) in judged.items():
    print(f"{name:24s} {unlike:25.1f}   {agree:21.1f}")
notebook.claim(judged["plain, standard normal"][0] > 2 * judged["VAE, prior"][0], "the fog is far")
notebook.claim(judged["PCA, fitted"][0] > judged["VAE, prior"][0] + 10, "PCA is behind")
notebook.claim(
    abs(judged["plain, fitted"][0] - judged["VAE, prior"][0]) < 8, "plain, fitted, draws as well"
)

# %% mystnb={"image": {"alt": "Four rows of twelve new pictures: grey fog from the plain autoencoder with standard normal codes; digit-like shapes, some broken, with fitted codes; smeared grey shapes from PCA; digit-like shapes, some ambiguous, from the VAE"}}
fig, ax = plt.subplots(figsize=(8, 2.6))
plots.plot_rows({name: x_hat[:12] for name, x_hat in new.items()}, ax=ax)
plt.show()

# %% [markdown] numbers={"64": "given: measured, seeds 0, 1 and 2", "three": "given: measured, the same seeds", "2": "given: measured, the same seeds"}
# Perhaps you expected more of the VAE. By the first column it is far ahead of the fog and of PCA's smears. But the plain autoencoder *with a normal distribution fitted afterwards* draws about as well, and all fall short of real images. Other widths do not change that: with codes of 64 numbers and three seeds the plain one's pictures were about three pixels nearer, and the VAE's neighbours agreed a little more often; with 2 numbers neither was nearer, and the plain one's agreed more often. Ghosh et al. (2020) make the same point for larger networks.
#
# What does the VAE have, then? It draws without a second look at the data, because its prior was promised beforehand. That promise makes it a *probability model*, which can say how likely an image is; a plain autoencoder cannot.

# %% [markdown] numbers={"two": "given: the width of the code", "-2": "given: the axes", "2": "given: the axes"}
# ## The whole latent space on one page
#
# With two code numbers the latent space can be shown whole. Left, decoded codes from -2 to 2 on both axes; right, the means of validation images on the same axes.


# %%
def halves(n_outputs):
    return DenseEncoder(n_outputs, hidden=(128, 128)), DenseDecoder(image_shape, hidden=(128, 128))


flat, _ = trained(VAE(*halves(2 * 2)), epochs=14)
steps = np.linspace(-2, 2, 13)
across, up = np.meshgrid(steps, steps[::-1])
grid = evaluation.decode(flat, np.stack([across.ravel(), up.ravel()], axis=1))
z_mean, _ = evaluation.posterior(flat, x_val)
flat_bound = evaluation.negative_elbo(flat, x_val)
print(f"-ELBO with 2 numbers {flat_bound:.1f}, with 16 {bound:.1f} nats")
notebook.claim(np.mean(np.abs(grid - 0.5) < 0.3) < 0.25, "no fog on the map")
notebook.claim(flat_bound > bound + 40, "two numbers carry too little")

# %% mystnb={"image": {"alt": "Left, thirteen by thirteen decoded codes: sixes at the upper left, fours at the upper right, twos at the left, threes below them, sevens at the right, zeros at the bottom. Right, the means of validation images on the same axes, each class's number where the left panel draws it"}}
fig, axes = plt.subplots(1, 2, figsize=(10, 5))
plots.plot_images(grid, n_columns=len(steps), title="decoded codes", ax=axes[0])
places, names = 13.5 + 30 * np.arange(0, 13, 3), [f"{step:.0f}" for step in steps[::3]]
axes[0].set_xticks(places, names)
axes[0].set_yticks(places, names[::-1])
plots.plot_codes(z_mean, val.labels, title="means of validation images", ax=axes[1])
axes[1].set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), aspect="equal")
fig.supxlabel("z[0]")
fig.supylabel("z[1]")
plt.show()

# %% [markdown] numbers={"72": "161.2 - 88.9", "sixteen": "given: the width of the other code", "95": "given: a definition", "100": "given: a definition"}
# The left panel reads like a map: sixes in the upper left corner, fours in the upper right, twos at the left edge above the middle, threes below them, sevens at the right edge and zeros at the bottom. The numbers of these classes stand in the right panel where the left one draws them. No place is fog: near the origin, any code gives something written with a pen. This is what the KL bought, since a code far from the origin, or a cloud too small, costs nats. (On another backend other noise is drawn, and regions may lie elsewhere.)
#
# The price is in the pictures as well. Around the centre, where fives, eights and nines crowd, cells are soft crossings that are no digit, and the bound is 72 nats worse than with sixteen numbers. Two numbers cannot keep ten classes apart.
#
# A plain autoencoder with the same layers has a plane, too. Let us throw standard normal codes at both planes, and say that a code lands in a *hole* if it is farther from every digit than 95 of 100 digits are from their nearest neighbour. **Predict** for each plane how many of the codes land in holes. Then turn the figure: **find a hole in each plane**, first near the digits and then as far away as you can get. What does each decoder draw there?

# %%
flat_plain, _ = trained(Autoencoder(*halves(2)), epochs=5)
planes = {"plain": flat_plain, "variational": flat}
originals = np.unique(val.groups, return_index=True)[1]  # one image of each group of variants
codes = np.random.default_rng(0).normal(size=(2000, 2))
holes = {}
for name, model in planes.items():
    tree = KDTree(evaluation.encode(model, x_val[originals]))
    gaps = tree.query(tree.data, k=2)[0][:, 1]
    holes[name] = np.mean(tree.query(codes)[0] > np.quantile(gaps, 0.95))

# %% mystnb={"image": {"alt": "A figure to turn, as it is at first: the plane of the plain autoencoder, its digits strewn over some thirty units, a line from a 0 to a 1, and half-way a ring; beside it the picture decoded there, and the three digits with the nearest codes"}}
ends = [np.argmax(val.labels == label) for label in (0, 1)]
paths = {name: evaluation.encode(model, x_val[ends]) for name, model in planes.items()}
widgets.latent_plane(planes, data.Images(x_val, val.labels, val.groups), paths, n=140, bits=4)

# %%
for name, part in holes.items():
    print(
        f"{name:11s} in holes: between {np.floor(10 * part):.0f} and {np.ceil(10 * part):.0f} in ten"
    )
notebook.claim(holes["variational"] < 0.15, "hardly any of the VAE's codes lands in a hole")
notebook.claim(holes["plain"] > 0.4, "at least half of the plain one's do")

# %% [markdown] numbers={"nine in ten of these": "seen: the cell above", "one in ten (with three": "seen: the cell above", "94 to 100": "given: seeds 0, 1 and 2", "2 to 6).": "given: seeds 0, 1 and 2", "6). The plain": "given: seeds 0, 1 and 2", "thirty": "given: the axes"}
# In the plain plane more than nine in ten of these codes land in holes, in the variational one at most one in ten (with three seeds, 94 to 100 per cent against 2 to 6). The plain autoencoder puts its digits wherever training leaves them, here strewn over some thirty units and off the origin, and nobody knows where without encoding images first. The KL pulled the VAE's to the origin, close together. Far out there are holes in both planes, and both decoders draw something there all the same: neither warns you. But the prior says beforehand where *not* to go.

# %% [markdown]
# ## How likely is this image?
#
# The ELBO is only a bound on $\log p(x)$, but the second line of its derivation closes the gap: average the fraction over $k$ codes drawn from $q(z \mid x)$ *before* taking the logarithm (**[importance sampling](glossary.md#importance-weighting)**),
#
# $$\log p(x) \approx \log \frac1k \sum_{i=1}^{k} \frac{p(x \mid z_i)\, p(z_i)}{q(z_i \mid x)}.$$
#
# For $k = 1$ this is one draw of the ELBO; on average it only rises with $k$, towards $\log p(x)$ (Burda et al., 2016, theorem 1).

# %%
for k in (1, 5, 30):
    nats = -evaluation.log_likelihood(vae, x_val, n_samples=k)
    print(f"-log p(x), k = {k:2d}: {nats.mean():5.1f} nats per image")
notebook.claim(nats.mean() < bound - 2, "more draws, a tighter bound")

# %% [markdown] numbers={"five nats tighter": "89.0 - 83.9", "thirty": "given: the code above"}
# With thirty draws the estimate is five nats tighter than with one: so far below the bound is the true $-\log p(x)$, or farther. Which images does the model find likely?
#
# **Predict.** Which of the ten digits will have the fewest nats, and what will the least likely validation images look like?

# %% mystnb={"image": {"alt": "Three rows of twelve. Most likely: bold upright ones and plump sixes. Least likely: kinked, hooked and thin digits, a 9 like a ring on a hook among them. Their decoded pictures are smoother and more usual, and some show another digit"}}
order = np.argsort(nats)
unlikely = order[-12:][::-1]
fig, ax = plt.subplots(figsize=(8, 2.3))
rows = {"most likely": x_val[order[:12]], "least likely": x_val[unlikely]}
plots.plot_rows(rows | {"least, decoded": evaluation.reconstruct(vae, x_val[unlikely])}, ax=ax)
plt.show()
by_class = {label: nats[val.labels == label].mean() for label in np.unique(val.labels)}
notebook.claim(max(by_class[8], by_class[9]) - by_class[1] > 20, "classes differ by over 20 nats")
hundreds = {label: value / 100 for label, value in by_class.items()}
print("hundreds of nats:", ", ".join(f"{label}: {value:4.1f}" for label, value in hundreds.items()))
edges = sum(np.abs(np.diff(x_val, axis=axis)).sum((1, 2, 3)) for axis in (1, 2))
outline = {label: edges[val.labels == label].mean() for label in by_class}
print("outline, pixels: ", ", ".join(f"{label}: {value:4.0f}" for label, value in outline.items()))
notebook.claim(min(outline, key=outline.get) == 1, "ones have the shortest outline")

# %% [markdown] numbers={"0.3": "given: an example", "three in ten": "given: an example"}
# Bold ones and plump sixes are the most likely. The least likely have kinked strokes, hooks and rings, and the third row shows why: the decoder can draw something more usual near them, but not *them*. Sort any collection like this, and its unlikely end is where to look for damaged or mislabelled items; lesson 20 does it with care.
#
# One warning. Classes differ by more than 20 nats, and a 1 is not a better image than a 9. One reason is that it has the shortest outline, and so the fewest pixels that could go either way. (The sixes show that there are others.) A likelihood compares *models* on the same images; between images it mixes how usual one is with how simple it is (Nalisnick et al., 2019, abstract: models trained on photographs of objects found house numbers likelier than those photographs).
#
# ## Soft edges
#
# The pictures have soft edges, which looks like a weakness. But an output of 0.3 claims something that can be checked: of all pixels that get 0.3, three in ten are white. A model for which that holds is *[calibrated](glossary.md#calibration)*. **Predict.** On images that it was not trained on, is the VAE too sure, not sure enough, or calibrated? And the plain autoencoder?

# %% mystnb={"image": {"alt": "Fraction of white pixels against the probability given, for both models: ten points each, all close to the diagonal"}}
z_mean, z_log_var = evaluation.posterior(vae, x_val)
z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape)
predicted = {"plain": evaluation.reconstruct(plain, x_val), "VAE": evaluation.decode(vae, z)}
fig, ax = plt.subplots(figsize=(5, 4))
ax.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="calibrated")
for (name, x_hat), marker in zip(predicted.items(), "so", strict=True):
    bins = np.digitize(x_hat, np.linspace(0, 1, 11)[1:-1])
    said = np.array([x_hat[bins == i].mean() for i in range(10)])
    white = np.array([x_val[bins == i].mean() for i in range(10)])
    ax.plot(said, white, marker=marker, label=name)
    print(f"{name:6s} said {said[3]:.2f} on average: white {white[3]:.2f}")
    notebook.claim(np.abs(said - white).max() < 0.06, f"{name} is calibrated")
ax.set(xlabel="probability that the model gives", ylabel="fraction that is white")
ax.legend()
plt.show()

# %% [markdown]
# Both are close to the diagonal at every probability. The soft edge of a stroke is an honest "perhaps", and you may compute with it: send the uncertain pixels first, or ask a human where it is grey. The cross-entropy asks for exactly this, in either model. It is no law of nature, so check it, on images held back, before you rely on it.

# %% [markdown]
# ## Two bugs
#
# **A mean where a sum belongs.** Keras's own `"binary_crossentropy"`, like the losses of other libraries, averages over pixels, while the KL is a sum. Every nat of rate then has to save 784 nats of pixels. **Predict** what the encoder does, and what the loss on the screen looks like.
#
# **A standard deviation where a log variance belongs.** A network's output is just a number; what it means is decided by the code that reads it. Below, the draw reads it as a standard deviation, the KL as a log variance. Nothing crashes. **Predict.** After training, will the reported loss be higher or lower than the right model's?


# %%
class StdBug(HandmadeVAE):
    def draw(self, z_mean, std):  # the KL still takes the same numbers for log variances
        return z_mean + std * keras.random.normal(ops.shape(z_mean), seed=self.noise)


averaged = VAE(DenseEncoder(2 * 16), DenseDecoder(image_shape))
averaged, averaged_log = trained(averaged, epochs=2, loss="binary_crossentropy")
std_bug = StdBug(DenseEncoder(2 * 16), DenseDecoder(image_shape))
std_bug(x_train[:1])
std_bug, std_log = trained(std_bug, epochs=8)


# %% mystnb={"image": {"alt": "Seven rows of ten: validation digits, then two rows for each of three models. The right one decodes soft copies and draws digit-like shapes; the averaged one gives the same grey blob everywhere; the one with the standard-deviation bug gives the sharpest copies, and draws shapes of which some are in fog"}}
def answer(part, inputs):
    return ops.convert_to_numpy(part(inputs))


codes = np.random.default_rng(0).normal(size=(10, 16)).astype("float32")
models = {"right": vae, "mean": averaged, "std": std_bug}
logs = {"right": history, "mean": averaged_log, "std": std_log}
rows = {"validation image": x_val[:10]}
for name, model in models.items():
    rows[f"{name}: decoded"] = answer(model, x_val[:10])
    rows[f"{name}: drawn"] = answer(model.decoder, codes)
fig, ax = plt.subplots(figsize=(8, 5))
plots.plot_rows(rows, ax=ax)
plt.show()


# %% [markdown] numbers={"15": "given: the code above", "2": "given: the code above"}
# The bottom two rows belong to the second bug. Now the accounts: what each model reported at the end of its training (15, 2 and 8 epochs), and what its validation images really cost, with the clouds that it really draws from.


# %%
def audited(name, model):
    """Charged rate, true rate and true distortion of validation images, in nats."""
    mean, second = np.split(answer(model.encoder, x_val), 2, axis=1)
    std = np.abs(second) if name == "std" else np.exp(second / 2)
    z = (mean + std * rng.normal(size=mean.shape)).astype("float32")
    x_hat = answer(model.decoder, z)
    distortion = ops.convert_to_numpy(losses.binary_crossentropy(x_val, x_hat)).mean()
    charged, true = kl(mean, np.exp(second / 2)), kl(mean, std)
    return charged.sum(axis=1).mean(), true.sum(axis=1).mean(), distortion


books = {name: audited(name, model) for name, model in models.items()}
print("        reported loss   rate charged   true rate   true -ELBO")
for name, (charged, true, distortion) in books.items():
    reported = logs[name]["loss"][-1]
    print(f"{name:6s} {reported:14.1f} {charged:14.1f} {true:11.1f} {true + distortion:12.1f}")
cost = {name: true + distortion for name, (_, true, distortion) in books.items()}
notebook.claim(books["mean"][1] < 0.5, "a mean over pixels leaves the code without information")
notebook.claim(
    std_log["loss"][-1] < 0.9 * history["loss"][-1] and cost["std"] > 1.15 * cost["right"],
    "the second bug reports a better loss and is a worse model",
)

# %% [markdown] numbers={"89": "88.9", "fifteen": "given: exp(2.7)", "130": "129.5", "one half": "given: a survey of six programs"}
# **The mean** collapses. Every cloud becomes the prior, the code carries no information, and the decoder answers each image with the same grey blob, at the cost of the mean image. This is **[posterior collapse](glossary.md#posterior-collapse)** in its purest form, and the loss on the screen, about 0.3, looks wonderful: it is *per pixel*. The cure is the convention of this course: sum over pixels, sum over code numbers, mean over images. (In six well-known programs that we read, mixtures of sums and means amount to a weight of the KL between one half and three.)
#
# **The standard deviation** is the more dangerous one. Its reported loss is well *below* the right model's, its reconstructions are the sharpest, and most of its samples could pass, though some are fog. In truth it is much the worse model, about 130 nats against 89. An output near 0 means almost no noise to the draw, and a log variance of 0, a cloud as wide as the prior, to the KL: points at the price of clouds. What has been trained is close to a plain autoencoder. The symptom is in the second column: a code of 2.7 nats narrows the choice down by a factor of about fifteen ($e^{2.7}$), and nobody who was told one of fifteen things can redraw a digit stroke for stroke. A loss that is too good is a reason to look for a bug; exercise 16.1 writes the test that finds this one.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("16.1")` gives a hint; call it again for the next one.
#
# ### Exercise 16.1: an audit
#
# Write the test that would have found the second bug. `audit(draw, kl)` gets two functions of somebody's VAE: `draw(a, b)` draws a code for each row of the encoder's two outputs (arrays `(n, latent_dim)`), and `kl(a, b)` returns the KL that is charged for each row. Return `True` if they fit together, else `False`. You may call both with any numbers. What `b` means is the author's choice (a log variance, the logarithm of a standard deviation, ...): all is well if the cloud *drawn* is the cloud *paid for*. The check tries your audit on three sound models and seven broken ones.


# %% tags=["exercise"]
def audit(draw, kl): ...


checks.check_audit(audit)


# %% tags=["solution"]
def audit(draw, kl):
    for a, b in ((0.0, 0.0), (0.5, -1.0), (-1.0, 0.7)):
        a, b = np.full((20_000, 2), a), np.full((20_000, 2), b)
        z = draw(a, b)
        mean, std = z.mean(axis=0), z.std(axis=0)
        drawn = (std**2 + mean**2 - 1 - np.log(std**2)).sum() / 2
        charged = kl(a, b)[0]
        if not abs(drawn - charged) < 0.05 * (1 + charged):
            return False
    return True


checks.check_audit(audit)

# %% [markdown]
# ### Exercise 16.2: another prior
#
# Suppose the prior is $\mathcal N(0, s^2)$ with another width $s$. Derive the KL as above and write `kl_to(z_mean, z_log_var, s)`: nats for each image, summed over the code, for arrays `(n, latent_dim)`. For $s = 1$ it must give the old formula.


# %% tags=["exercise"]
def kl_to(z_mean, z_log_var, s): ...


checks.check_kl_to(kl_to)


# %% tags=["solution"]
def kl_to(z_mean, z_log_var, s):
    terms = (np.exp(z_log_var) + z_mean**2) / s**2 - 1 - z_log_var + np.log(s**2)
    return terms.sum(axis=1) / 2


checks.check_kl_to(kl_to)

# %% [markdown]
# ### Exercise 16.3: how wide a code?
#
# A wider code can carry more, but every nat costs a nat. Train VAEs of at least two other widths the way `vae` was trained (15 epochs; a few seconds each), and choose among them and `vae`. Set `answer = (choice, models, numbers)`: the width you would take, a dict from each width to its model, and a dict from each width to the number by which you judged it, in nats per image. The check works the numbers out again. Then look: does a code that is too wide do harm, as it can in a plain autoencoder?

# %% tags=["exercise"]
answer = ...


checks.check_width(answer, x_train, x_val)

# %% tags=["solution"]
widths = {16: vae}
for width in (4, 64):
    parts = DenseEncoder(2 * width), DenseDecoder(image_shape)
    # 64 numbers cost hardly more than 16: those that would not pay for themselves stay unused.
    widths[width], _ = trained(VAE(*parts), epochs=15)
numbers = {width: evaluation.negative_elbo(model, x_val) for width, model in widths.items()}
print(", ".join(f"width {width}: {nats:.1f} nats" for width, nats in sorted(numbers.items())))
answer = (min(numbers, key=numbers.get), widths, numbers)
checks.check_width(answer, x_train, x_val)

# %% [markdown] numbers={"2": "given: an example", "84": "given: an example", "90": "given: an example"}
# ## What to remember
#
# - A VAE is a latent-variable model: draw $z$ from the prior, decode, draw pixels. To train it, an encoder guesses the posterior, as a cloud $\mu + \sigma\varepsilon$ through which gradients flow.
# - Loss = $-$ELBO = distortion + rate, both sums, in nats per image; it is never less than $-\log p(x)$, and equal to it if the guess is the posterior.
# - Quote bounds with drawn codes (`evaluation.negative_elbo`), never `evaluate`'s.
# - A plain autoencoder with a normal distribution fitted to its codes drew about as well here. What a VAE adds is a prior known beforehand, and a likelihood for each image.
# - A loss that is too good is a symptom: check that the clouds drawn are the clouds paid for.
#
# ## Quiz
#
# 1. During training the KL rises. (a) A bug: losses must fall. (b) The code begins to carry information that saves more than it costs. (c) The learning rate is too high.
# 2. `model.evaluate` gives 84, `negative_elbo` 90. Report (a) 84, the smaller is tighter; (b) 90; (c) the average.
# 3. A VAE reports a loss a quarter below what others get on the same data, with a KL of 2 nats. First (a) publish; (b) compare the clouds that are drawn with those that the KL charges for; (c) train it with other seeds.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Only the *sum* is minimised (not a), and it falls all the while, which it would not at too high a learning rate (c).
# 2. **b.** 84 is no bound on anything (a): it adds the KL of clouds and decodes points. Averaging (c) a number with a wrong one does not help.
# 3. **b.** Two nats cannot describe an image so well; most likely draw and KL do not fit together. Other seeds (c) repeat the bug, and (a) spreads it.
# </details>
#
# ## Further reading
#
# - Kingma & Welling, *Auto-encoding variational Bayes*, arXiv:1312.6114, section 2.4 and appendix B.
# - Kingma & Welling, *An introduction to variational autoencoders*, arXiv:1906.02691, chapter 2.
# - Burda, Grosse & Salakhutdinov, *Importance weighted autoencoders*, arXiv:1509.00519.
# - Ghosh et al., *From variational to deterministic autoencoders*, arXiv:1903.12436: plain autoencoders that generate.
# - Nalisnick et al., *Do deep generative models know what they don't know?*, arXiv:1810.09136: what a likelihood does not say.

# %% tags=["receipt"]
notebook.claim(bound < no_code(x_val) - 60, "the code must be worth its rate")
notebook.receipt(
    test_bound=evaluation.negative_elbo(vae, binarise(test.x)),
    validation_bound=bound,
    validation_rate=val_rate,
    validation_nll_30=nats.mean(),
)
