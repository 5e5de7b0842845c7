# %% [markdown]
# # 17. Beyond: quantised, contractive, importance-weighted
#
# *Three more kinds, each read as its difference from a class you know: a handful of lines.*
#
# **You will be able to**
# - quantise a code with a learned codebook, get straight-through gradients past the step, and prevent codebook collapse;
# - penalise the encoder's slope (its Jacobian), check the estimate of it, and see what the penalty buys;
# - tighten the bound of a VAE with more draws, and train with the tighter bound;
# - place further kinds of autoencoders on a map.
#
# **You need** lessons 13 and 15.
#
# **Time** 35 minutes to read, about 40 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_17 as checks
from ae_keras import IWAE, VAE, VQVAE, Autoencoder, ContractiveAutoencoder
from ae_keras import DenseDecoder, DenseEncoder, backend, data, evaluation, losses
from ae_keras import plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.cluster import KMeans

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
x_train, x_test = train.x[:3000], test.x[:900]


def parts(width=16):
    """A small encoder with `width` outputs and its decoder."""
    return DenseEncoder(width, hidden=(256,)), DenseDecoder(image_shape, hidden=(256,))


def fit(model, batches, epochs, loss=losses.squared_error, learning_rate=0.002):
    model.compile(keras.optimizers.Adam(learning_rate), loss=loss)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def error(model, x=x_test):
    """Squared error per image between `x_test` and what `model` makes of `x`."""
    return evaluation.squared_error(x_test, evaluation.reconstruct(model, x)).mean()


# %% [markdown] numbers={"32": "paper: the definition of float32"}
# ## The VQ-VAE: a code of whole numbers
#
# The codes so far were real numbers, 32 bits each, most of them wasted. The vector-quantised autoencoder ([VQ-VAE](glossary.md#vq-vae); van den Oord et al. 2017) cuts the encoder's output $h$ into short vectors and replaces each by the nearest of the $K$ **embedding** vectors $e_1, \dots, e_K$ of a learned **[codebook](glossary.md#codebook)** ($K$ is `num_embeddings`, their length `embedding_dim`):
#
# $$q(h) = e_c, \qquad c = \arg\min_k \lVert h - e_k \rVert^2.$$
#
# All the decoder gets is which embeddings were chosen: their *indices*, whole numbers, $\log_2 K$ bits for each vector. A code becomes a sequence of *tokens*, a short text in an alphabet of $K$ letters, and whatever can write text can later write images.
#
# ### Straight-through: gradients past the choice
#
# The choice is a staircase: perturb $h$ a little and nothing changes, so its derivative is zero, and the encoder learns nothing. The cure is a trick of one line, $h + \mathrm{sg}(q - h)$, where sg (`ops.stop_gradient`) means "a constant, as far as derivatives go". Its *value* is $q$. Its *derivative* with respect to $h$ is 1, as if nothing had been quantised. This is the **[straight-through](glossary.md#straight-through)** gradient.
#
# The smallest example: an encoder $h = w x$, rounding, a decoder $\hat x = q + v$. With $x = 1$ and the target 3.4, gradient descent starts from $w = 1$, $v = 0$. **Predict** where $w$ and $v$ end without the trick, and with it.


# %%
class Rounded(keras.Model):
    def __init__(self, straight_through):
        super().__init__()
        self.straight_through = straight_through
        self.w = self.add_weight((), initializer="ones", name="w")
        self.v = self.add_weight((), initializer="zeros", name="v")

    def call(self, x):
        h = self.w * x
        q = ops.stop_gradient(ops.round(h))  # a staircase: its slope is zero
        q = h + ops.stop_gradient(q - h) if self.straight_through else q + 0 * h
        return q + self.v


for straight_through in (False, True):
    model = Rounded(straight_through)
    model.compile(keras.optimizers.SGD(0.05), loss="mse")
    x = np.ones((8, 1), "float32")
    model.fit(x, 3.4 * x, epochs=60, verbose=0)
    w, v = model.get_weights()
    print(f"straight-through {straight_through!s:5s}: w = {w:.2f}, v = {v:.2f}")

# %% [markdown]
# Without the trick $w$ has not moved at all; the decoder's $v$ had to do all the work. With it both learn. The gradient is not *true* (the true one is zero almost everywhere); it is useful as long as $q$ stays near $h$. That is what the rest of the loss is for:
#
# $$L = \lVert x - \hat x \rVert^2 + \lVert \mathrm{sg}(h) - q \rVert^2 + \beta \, \lVert h - \mathrm{sg}(q) \rVert^2.$$
#
# The second term, the *codebook loss*, draws the chosen embeddings to the encoder's outputs; the third, the *commitment loss*, draws the outputs to their embeddings, with weight $\beta$ (0.25 in the paper). The whole difference from `Autoencoder`:


# %%
class MyVQVAE(Autoencoder):
    def __init__(self, encoder, decoder, num_embeddings, embedding_dim, commitment=0.25, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.commitment = commitment
        self.codebook = self.add_weight((num_embeddings, embedding_dim), name="codebook")

    def nearest(self, h):
        vectors = ops.reshape(h, (-1, 1, self.codebook.shape[1]))
        distances = ops.sum(ops.square(vectors - self.codebook), axis=-1)
        return ops.reshape(ops.take(self.codebook, ops.argmin(distances, axis=-1), axis=0), h.shape)

    def call(self, x, training=False):
        h = self.encoder(x, training=training)
        q = self.nearest(h)
        to_codes = ops.sum(ops.square(ops.stop_gradient(h) - q), axis=-1)
        to_outputs = ops.sum(ops.square(h - ops.stop_gradient(q)), axis=-1)
        self.add_loss(ops.mean(to_codes + self.commitment * to_outputs))
        return self.decoder(h + ops.stop_gradient(q - h), training=training)


# %%
shared = parts()
mine = backend.seed_weights(MyVQVAE(*shared, num_embeddings=64, embedding_dim=2), seed=0)
theirs = VQVAE(*shared, num_embeddings=64, embedding_dim=2)  # the same encoder and decoder
theirs.quantizer.codebook.assign(ops.convert_to_numpy(mine.codebook))
images = ops.convert_to_tensor(x_test[:50])
outputs = [ops.convert_to_numpy(model(images)) for model in (mine, theirs)]
added = [float(ops.convert_to_numpy(sum(model.losses))) for model in (mine, theirs)]
print("same reconstructions:", np.allclose(*outputs, atol=1e-5))
print("same added loss:", np.allclose(*added, rtol=1e-4))

# %% [markdown] numbers={"6": "log2(64)", "half": "8 / 16", "64": "2 ** 6", "16": "given: the width of the code"}
# ### Codebook collapse, and a codebook that lives
#
# Take the extreme: *one* vector of 16 numbers for an image, 64 embeddings. Each image is then coded in 6 bits, and the decoder can draw 64 pictures in all. **Predict** how many of the 64 a network trained from scratch will use. The measure is the **[perplexity](glossary.md#perplexity)**, $\exp(-\sum_k p_k \log p_k)$ with $p_k$ the fraction of images with index $k$: the number of embeddings in use, if all were used equally.
#
# Beside it a different start: train a plain autoencoder for half of the epochs, find 64 centres of *its* codes by k-means, put them into the codebook, and train on for the other half.


# %%
def vqvae(embedding_dim, start=None, epochs=16, num_embeddings=64):
    model = backend.seed_weights(
        VQVAE(*parts(), num_embeddings=num_embeddings, embedding_dim=embedding_dim), seed=0
    )
    if start is not None:
        model.encoder.set_weights(start.encoder.get_weights())
        model.decoder.set_weights(start.decoder.get_weights())
        vectors = evaluation.encode(start, x_train).reshape(-1, embedding_dim)
        centres = KMeans(num_embeddings, n_init=1, random_state=0).fit(vectors).cluster_centers_
        model.quantizer.codebook.assign(centres.astype("float32"))
    return fit(model, data.Batches(x_train), epochs) if epochs else model


def codes_in_use(model):
    indices = ops.convert_to_numpy(model.indices(x_test))
    return evaluation.perplexity(indices, model.quantizer.num_embeddings)


# %%
plain = fit(backend.seed_weights(Autoencoder(*parts()), seed=0), data.Batches(x_train), epochs=8)
one_vector = {"from scratch": vqvae(16), "from k-means": vqvae(16, start=plain, epochs=8)}
use = {name: codes_in_use(model) / 64 for name, model in one_vector.items()}
for name, model in one_vector.items():
    print(f"{name}: perplexity as a fraction of 64: {use[name]:.1f}, error {error(model):.1f}")
print(f"mean image: error {evaluation.mean_image_error(x_train, x_test):.1f}")

# %% mystnb={"image": {"alt": "Two grids of 32 pictures, the embeddings most used, decoded: from scratch a few blurred shapes and then embeddings that no image uses, from k-means distinct digits in many styles"}}
fig, axes = plt.subplots(2, 1, figsize=(8, 2.9))
for ax, (name, model) in zip(axes, one_vector.items(), strict=True):
    indices = ops.convert_to_numpy(model.indices(x_test)).ravel()
    often = np.argsort(-np.bincount(indices, minlength=64), kind="stable")[:32]
    codebook = ops.convert_to_numpy(model.quantizer.codebook)
    pictures = evaluation.decode(model, codebook[often])
    plots.plot_images(pictures, n_columns=16, title=f"{name}: the 32 embeddings most used", ax=ax)
plt.show()

# %% [markdown] numbers={"sixteen": "8 + 8"}
# From scratch we see **codebook collapse**: most embeddings are never chosen. The reason is a vicious circle. At the start the embeddings lie close together near zero, and the encoder's outputs elsewhere; a few embeddings happen to be nearest to nearly everything, only they are moved, only they get better, and so only they are chosen again. An embedding that is never nearest gets no gradient at all: it is *dead*. The error is hardly below that of the mean image, and no warning is raised: watch the perplexity.
#
# Started from k-means, every embedding lies where there are codes to represent, and nearly all stay in use. The pictures are a dictionary of digits, with several styles of each. (The training was equally long: eight epochs without the codebook and eight with it, against sixteen.) Other cures are to re-seed dead embeddings during training, or to move the embeddings by *exponential moving averages* instead of gradients (appendix A.1 of the paper).

# %% [markdown] numbers={"four": "16 / 4", "64": "given: the codebook of before", "25": "16 * log2(3)", "sixteen": "given: the width of the code", "48": "16 * log2(8)"}
# ### Rate and distortion: what a bit buys
#
# Now four vectors of four numbers instead of one of sixteen, all from the same codebook of 64: $4 \times \log_2 64 = 24$ bits an image. The baselines: the continuous code (16 numbers, 512 bits as stored), PCA with 16 numbers, and ways to get few bits *without training a codebook*: round each of the 16 numbers to one of 8 or of 3 values (*scalar quantisation*; $16 \times \log_2 8 = 48$ and $16 \times \log_2 3 \approx 25$ bits), or quantise with the k-means centres and leave it at that. **Predict** which of the three that cost about 24 bits is best, and what an alphabet of only 8 values costs in error.


# %%
def rounded_codes(model, levels):
    """Reconstructions from codes of which each number is rounded to one of `levels` values."""
    z_train, z = evaluation.encode(model, x_train), evaluation.encode(model, x_test)
    low, high = np.quantile(z_train, [0.01, 0.99], axis=0)
    steps = np.clip(np.round((z - low) / (high - low) * (levels - 1)), 0, levels - 1)
    return evaluation.decode(model, low + steps / (levels - 1) * (high - low))


longer = fit(backend.seed_weights(Autoencoder(*parts()), seed=0), data.Batches(x_train), epochs=16)
only_kmeans = vqvae(4, start=longer, epochs=0)
trained_on = vqvae(4, start=plain, epochs=8)  # 8 epochs without the codebook, 8 with it
roundings = {n: evaluation.squared_error(x_test, rounded_codes(longer, n)).mean() for n in (3, 8)}
rates = {
    "one vector": (6, error(one_vector["from k-means"])),
    "rounded to 3 values": (16 * np.log2(3), roundings[3]),
    "k-means, no training": (24, error(only_kmeans)),
    "VQ-VAE": (24, error(trained_on)),
    "rounded to 8 values": (48, roundings[8]),
    "continuous code": (512, error(longer)),
    "PCA, 16 numbers": (512, evaluation.pca_error(x_train, x_test, 16)),
}
for name, (bits, squared) in rates.items():
    print(f"{name:22s} {bits:4.0f} bits per image, squared error {squared:5.1f}")

# %% mystnb={"image": {"alt": "Four rows of ten digits: originals, the continuous code's reconstructions, the VQ-VAE's from 24 bits, softer and now and then another digit, and from 6 bits, soft digits of a standard shape that are more often the wrong digit"}}
rows = {"original": x_test[:10]}
shown = {"512 bits": longer, "24 bits": trained_on, "6 bits": one_vector["from k-means"]}
rows |= {name: evaluation.reconstruct(model, x_test[:10]) for name, model in shown.items()}
fig, ax = plt.subplots(figsize=(7, 3.2))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"a quarter": "10.1 / 8.2 - 1", "64": "given: the codebook of before", "one image in sixty-four": "1 / 64"}
# At about 24 bits the order is as it should be. Rounding treats every number alike and wastes its few values on corners where no code ever is. The k-means centres lie where the codes are. And training on with the codebook in place, so that encoder and codes move towards each other, takes away another tenth of the error, with the same number of epochs in all. It is real, and it is less than the name suggests.
#
# Now the row below. **Rounding to eight values costs only about a quarter more error than 512 bits, and beats PCA with all of its 512.** If you only want smaller files, you may round a continuous code and stop. What a codebook offers beyond that is the low end, where rounding breaks down (with 6 bits for 16 numbers it cannot even say yes or no to each), and the *text*: four letters from an alphabet of 64, for which a language model can be trained.
#
# In the pictures, six bits give a standard digit, rather soft (each embedding stands for one image in sixty-four) and more than once the wrong one. With 24 bits slant and style return, most digits are right, and a few are still mistaken for another.

# %% [markdown]
# ## The contractive autoencoder: a penalty on slope
#
# Lesson 13 made codes robust by *showing* the network noise. Rifai et al. (2011) ask for robustness directly: if the image moves a little, the code should hardly move. How far it moves is described by the encoder's **Jacobian** $J$, the table of all derivatives $\partial z_j / \partial x_i$; the loss gets its squared size, summed over all entries (the squared *Frobenius norm*), times a weight $\lambda$:
#
# $$L(x) = \lVert x - \hat x \rVert^2 + \lambda \sum_{i,j} \Bigl( \frac{\partial z_j}{\partial x_i} \Bigr)^2.$$
#
# For one sigmoid layer, $z_j = \sigma(\sum_i x_i w_{ij} + b_j)$, there is a closed form (exercise 17.2). For a deep encoder one would need a backward pass for each of the $z_j$. There is a cheaper way: perturb the image in a *random* direction, $e$ standard normal, and see how far the code moves:
#
# $$\mathbb{E}_e \, \frac{\lVert f(x + s\,e) - f(x) \rVert^2}{s^2} \;\to\; \lVert J \rVert^2 \quad\text{as the step } s \to 0.$$
#
# (To first order $f(x + s e) - f(x) = s J e$, and since the $e_i$ are independent with variance 1, the mean of $\lVert J e \rVert^2$ is the sum of all squared entries.) Trust, but check, on one sigmoid layer.

# %%
encoder = DenseEncoder(16, hidden=(), code_activation="sigmoid")
backend.seed_weights(Autoencoder(encoder, DenseDecoder(image_shape)), seed=0)  # builds it
w, b = encoder.get_weights()
few = x_test[:20]
z = encoder.predict(few, verbose=0)
exact = (z * (1 - z)) ** 2 @ (w**2).sum(axis=0)


def nudged(encoder, x, stddev=0.01, draws=1, seed=0):
    """Estimates of |dz/dx|^2, one for each image."""
    rng, z = np.random.default_rng(seed), encoder.predict(x, verbose=0)
    moved = [
        encoder.predict((x + stddev * rng.normal(size=x.shape)).astype("float32"), verbose=0)
        for _ in range(draws)
    ]
    return np.mean([np.sum((m - z) ** 2, axis=1) / stddev**2 for m in moved], axis=0)


for draws in (1, 100):
    ratio = nudged(encoder, few, draws=draws) / exact
    print(f"{draws:3d} perturbations: estimate / exact from {ratio.min():.1f} to {ratio.max():.1f}")

# %% [markdown]
# With one perturbation an image's estimate can be far off; the mean of a hundred is right. In training one is enough, because the loss averages over the batch and the steps. As a class, compared with `Autoencoder`:


# %%
class MyContractive(Autoencoder):
    def __init__(self, encoder, decoder, weight=0.1, stddev=0.01, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight, self.stddev = weight, stddev
        self.noise = keras.random.SeedGenerator(seed)

    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        if training:
            nudge = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
            moved = self.encoder(x + self.stddev * nudge, training=training)
            norm = ops.sum(ops.square((moved - z) / self.stddev), axis=-1)
            self.add_loss(self.weight * ops.mean(norm))
        return self.decoder(z, training=training)


shared = parts()
added = []
for cls in (MyContractive, ContractiveAutoencoder):
    model = cls(*shared, weight=0.1)
    model(images, training=True)
    added.append(float(ops.convert_to_numpy(sum(model.losses))))
print("same penalty:", np.allclose(*added, rtol=1e-3))

# %% [markdown]
# What does it buy? Train three: plain, [contractive](glossary.md#contractive-autoencoder), and a denoiser shown Gaussian noise of 0.2. Then add such noise to the test images and see how far the codes move. **Predict** whose codes are most stable. And one caution before you look: a code ten times smaller moves ten times less. Distances need a scale, so we divide by how far the codes lie *apart* (the mean squared distance from their centre).


# %%
def slightly_noisy(x, rng):
    return data.gaussian_noise(x, 0.2, rng)


x_noisy = slightly_noisy(x_test, np.random.default_rng(1))


def judge(model):
    z, z_noisy = evaluation.encode(model, x_test), evaluation.encode(model, x_noisy)
    spread = np.sum((z - z.mean(axis=0)) ** 2, axis=1).mean()
    moved = np.sum((z_noisy - z) ** 2, axis=1).mean()
    slope = nudged(model.encoder, x_test).mean()
    return error(model), error(model, x_noisy), slope, spread, moved / spread


# %%
three = {
    "plain": longer,
    "contractive": fit(
        backend.seed_weights(ContractiveAutoencoder(*parts(), weight=0.1), seed=0),
        data.Batches(x_train),
        epochs=16,
    ),
    "denoising": fit(
        backend.seed_weights(Autoencoder(*parts()), seed=0),
        data.Batches(x_train, corruption=slightly_noisy),
        epochs=16,
    ),
}
judged = {name: judge(model) for name, model in three.items()}
print("             error   from noisy   |dz/dx|^2    spread   moved / spread")
for name, (clean, from_noisy, slope, spread, moved) in judged.items():
    numbers = f"{clean:6.1f} {from_noisy:12.1f} {slope:11.1f} {spread:9.1f} {moved:16.2f}"
    print(f"{name:11s} {numbers}")

# %% [markdown] numbers={"a third": "0.04 / 0.11", "thirty": "474.6 / 16.3"}
# The penalty does what it says: the slope falls by a factor of nearly thirty. But look at the spread: much of that was won by making *all* codes smaller, which the decoder undoes by larger weights. That is the loophole the caution was about, and the reason why the bare $\lVert J \rVert^2$ of two models says little. (With [tied weights](glossary.md#tied-weights), the decoder's matrix being the encoder's transposed, a small encoder would have a small decoder, and the loophole narrows.) Relative to the spread the codes still move only about a third as far as the plain model's: there the penalty has bought real stability, better than the denoiser's. It costs some error on clean images, and reconstructions *from noisy ones* improve without the network having seen any noise.
#
# For that last task the denoiser is the better one, since it was trained for it. The two are relatives: the contractive penalty asks the *code* to stand still under tiny perturbations in all directions; denoising asks the *reconstruction* to be right under perturbations of a size you choose. The second is simpler to tune, and its noise has a meaning you can see. (On clean images the denoiser is the worst of the three, as in lesson 13.)

# %% [markdown]
# ## The IWAE: more draws, a tighter bound
#
# Lesson 15 trained a VAE on the ELBO, a lower bound of $\log p(x)$ from *one* draw $z$ of the encoder's distribution. Written with an **importance weight** $w$,
#
# $$\mathrm{ELBO} = \mathbb{E}_{z \sim q}\,[\log w(z)], \qquad w(z) = \frac{p(x \mid z)\, p(z)}{q(z \mid x)}.$$
#
# Burda et al. (2016) draw $k$ codes and take the logarithm of their *mean* weight, not the mean of their logarithms:
#
# $$\mathcal{L}_k = \mathbb{E}\Bigl[\log \frac{1}{k} \sum_{i=1}^{k} w(z_i)\Bigr], \qquad \mathrm{ELBO} = \mathcal{L}_1 \le \mathcal{L}_2 \le \dots \le \log p(x).$$
#
# One bad draw spoils a mean of logarithms, but hardly a mean of weights: it is enough that *some* of the $k$ draws are good. The bounds are statements about pixels that are black or white, so the digits are binarised, and everything is in nats per image. First, the same trained VAE, judged with more and more draws.

# %%
binary_train = (x_train > 0.5).astype("float32")
binary_test = (x_test[:300] > 0.5).astype("float32")
latent_dim = 8


def small_parts():
    encoder = DenseEncoder(2 * latent_dim, hidden=(128,))
    return encoder, DenseDecoder(image_shape, hidden=(128,))


def bounds(model):
    draws = (1, 5, 50)
    return {k: -evaluation.log_likelihood(model, binary_test, n_samples=k).mean() for k in draws}


vae = backend.seed_weights(VAE(*small_parts()), seed=0)
fit(vae, data.Batches(binary_train), 15, losses.binary_crossentropy, learning_rate=0.004)
vae_bounds = bounds(vae)
print(f"negative ELBO (lesson 15): {evaluation.negative_elbo(vae, binary_test, 5):.1f} nats")
for k, nats in vae_bounds.items():
    print(f"-L_{k:<2d} {nats:.1f} nats per image")

# %% [markdown]
# Nothing was trained between these lines; the *model* is one and the same, and so is its true $-\log p(x)$, which lies below all of them. Only the measurement got sharper. So two papers' figures in nats can be compared only at the same $k$.
#
# If the bound with more draws is closer to what we want, why not *train* on it? The difference from `VAE` is the body of `call`.


# %%
class MyIWAE(VAE):
    def __init__(self, encoder, decoder, n_samples=5, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.n_samples = n_samples

    def call(self, x, training=False):
        z_mean, z_log_var = self.moments(self.encoder(x, training=training))
        shape = (self.n_samples, *ops.shape(z_mean))
        log_weights = []
        for epsilon in ops.unstack(keras.random.normal(shape, seed=self.noise), self.n_samples):
            z = z_mean + ops.exp(z_log_var / 2) * epsilon
            log_likelihood = -losses.binary_crossentropy(x, self.decoder(z, training=training))
            log_ratio = ops.sum(epsilon**2 + z_log_var - z**2, axis=-1) / 2  # log p(z) / q(z|x)
            log_weights.append(log_likelihood + log_ratio)
        bound = ops.logsumexp(ops.stack(log_weights), axis=0) - np.log(self.n_samples)
        self.add_loss(-ops.mean(bound))
        return self.decoder(z_mean, training=training)


# %%
shared = small_parts()
pictures = ops.convert_to_tensor(binary_test[:50])
added = []
for cls in (MyIWAE, IWAE):
    model = cls(*shared, n_samples=5)
    model(pictures, training=True)
    added.append(float(ops.convert_to_numpy(sum(model.losses))))
print("same loss:", np.allclose(*added, rtol=1e-4))

# %% [markdown]
# The package's class decodes all draws in one go, which is faster. It computes its own loss, so `compile` gets only an optimizer. **Predict.** Same network, same epochs, five draws in training: will it be better at every $k$?

# %%
iwae = backend.seed_weights(IWAE(*small_parts(), n_samples=5), seed=0)
fit(iwae, data.Batches(binary_train), 15, loss=None, learning_rate=0.004)
iwae_bounds = bounds(iwae)
print("draws k    VAE   IWAE   nats per image")
for k in vae_bounds:
    print(f"{k:7d} {vae_bounds[k]:6.1f} {iwae_bounds[k]:6.1f}")

# %% mystnb={"image": {"alt": "Bound in nats per image against the number of draws, for VAE and IWAE: both fall with more draws, the IWAE's line more steeply"}}
fig, ax = plt.subplots(figsize=(5.5, 3))
for name, found in (("VAE", vae_bounds), ("IWAE, 5 draws", iwae_bounds)):
    ax.plot(list(found), list(found.values()), marker="o", label=name)
ax.set_xscale("log")
ax.set(xlabel="draws used to measure", ylabel="nats per image", xticks=[1, 5, 50])
ax.set_xticklabels([1, 5, 50])
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown] numbers={"86.76": "paper: Burda et al. 2016, table 1", "84.78": "paper: Burda et al. 2016, table 1", "50 it is": "seen: the table", "two": "110.4 - 108.7", "three": "measured: measured.json lessons.rows.17_beyond.torch.figures: vae_50 - 110.4", "fifteen": "given: the code above", "50 and several": "paper: Burda et al. 2016"}
# Measured with one draw the IWAE is no better: it was not trained to make every draw good, only the best of five. With more draws its curve falls more steeply, and at 50 it is ahead by about two nats of 110. Do not rely on those two. Training draws noise, and the same cells on another backend, where the noise is another, put the VAE three nats higher and the lead at four: at this scale (3,000 images, fifteen epochs) the gain is small, about as large as luck, and each step cost the IWAE five decodings. In the paper, with a code of 50 and several thousand epochs on MNIST, it is of the same size: 86.76 nats for the VAE against 84.78 for an IWAE with 50 draws, as commonly cited (table 1).
#
# When is it worth it? If you need likelihoods, or if the posterior has a shape no Gaussian fits. If you want good *codes*, be careful: with many draws the encoder gets away with a sloppier $q$, since one good draw is enough.

# %% [markdown] numbers={"three": "given: the sections of this lesson"}
# ## A map of what we leave out
#
# | kind | its difference from what you know | start with |
# |---|---|---|
# | Wasserstein autoencoder | no KL for each image; the codes of *all* images together (the *aggregate posterior*) must look like the prior | Tolstikhin et al. (2018), arXiv:1711.01558 |
# | adversarial autoencoder | the same wish, judged by a second network that tries to tell codes from prior draws | Makhzani et al. (2015), arXiv:1511.05644 |
# | recurrent autoencoder | encoder and decoder read and write sequences step by step | Srivastava et al. (2015), arXiv:1502.04681 |
# | masked autoencoder | masking of lesson 13 by whole patches, most of them; a transformer as the encoder; used for its features | He et al. (2022), arXiv:2111.06377 |
# | VQ and a transformer prior | a quantised code is a text of tokens; a language model learns to write such texts | Esser et al. (2021), arXiv:2012.09841 |
# | text | a VAE whose decoder writes words, and ignores its code if you let it (*posterior collapse*) | Bowman et al. (2016), arXiv:1511.06349 |
#
# Every one of them can be written as you have just done three times: an encoder, a decoder, and a few lines that say what the code must be like. With this, part B ends. Part C is about *uses*: detecting anomalies, inpainting (filling holes), learning from few labels.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("17.1")` gives a hint; call it again for the next one.
#
# ### Exercise 17.1: the nearest code
#
# Write `nearest_code(h, codebook)` in NumPy: for each row of `h` `(n, embedding_dim)` the index of the nearest row of `codebook` `(num_embeddings, embedding_dim)`.


# %% tags=["exercise"]
def nearest_code(h, codebook): ...


checks.check_nearest_code(nearest_code)


# %% tags=["solution"]
def nearest_code(h, codebook):
    distances = np.sum((h[:, None] - codebook) ** 2, axis=-1)
    return distances.argmin(axis=1)


checks.check_nearest_code(nearest_code)

# %% [markdown]
# ### Exercise 17.2: the Jacobian of one layer
#
# For $z = \sigma(x w + b)$ with `x` of shape `(n, d)`, `w` `(d, m)` and `b` `(m,)`, write `jacobian_norm(x, w, b)`: the squared Frobenius norm of $\partial z / \partial x$ for each row of `x`. The derivative of $\sigma$ at $a$ is $\sigma(a)(1 - \sigma(a))$. (The lesson used the result; try to derive it.)


# %% tags=["exercise"]
def jacobian_norm(x, w, b): ...


checks.check_jacobian_norm(jacobian_norm)


# %% tags=["solution"]
def jacobian_norm(x, w, b):
    z = 1 / (1 + np.exp(-(x @ w + b)))
    return (z * (1 - z)) ** 2 @ np.sum(w**2, axis=0)  # dz_j / dx_i = z_j (1 - z_j) w_ij


checks.check_jacobian_norm(jacobian_norm)

# %% [markdown]
# ### Exercise 17.3: the mean of weights too small to write down
#
# `log_weights` `(k, n)` holds $\log w$ of `k` draws for `n` images, often near -900, where `np.exp` gives 0. Write `weighted_bound(log_weights)`: $\log \frac1k \sum_i w_i$ for each image, without *underflow*.


# %% tags=["exercise"]
def weighted_bound(log_weights): ...


checks.check_weighted_bound(weighted_bound)


# %% tags=["solution"]
def weighted_bound(log_weights):
    largest = log_weights.max(axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


checks.check_weighted_bound(weighted_bound)

# %% [markdown] numbers={"3": "given: an example of the quiz", "90": "given: an example of the quiz", "88": "given: an example of the quiz", "87": "given: an example of the quiz", "50": "given: an example of the quiz"}
# ## What to remember
#
# - VQ-VAE: the code is a few whole numbers (indices), $\log_2 K$ bits each. Straight-through gradients get past the choice; the perplexity shows codebook collapse; k-means of trained codes prevents it.
# - Contractive: a penalty on the encoder's Jacobian, estimated by a random perturbation. Judge it relative to the spread of the codes.
# - IWAE: the logarithm of a mean of weights; tighter with each draw. Compare nats at equal $k$ only.
# - Each is a few lines of `call` on a class you know. Write them, compare with a trusted version, then import.
#
# ## Quiz
#
# 1. A VQ-VAE's loss falls, but its perplexity is 3 of 512. (a) Fine, it needs no more. (b) Most embeddings are dead, and the decoder can draw very little. (c) The perplexity should be as small as possible.
# 2. You halve $\lVert J \rVert^2$ by dividing the encoder's last layer by $\sqrt 2$ and multiplying the decoder's first by it. The codes are now (a) more robust; (b) as robust as before; (c) useless.
# 3. Model A has 90 nats at $k = 1$, model B 88 nats at $k = 50$. (a) B is better. (b) A is better. (c) That cannot be said.
#
# <details><summary>Answers</summary>
#
# 1. **b.** $3^m$ pictures for $m$ vectors is little (not a); small perplexity (c) means few embeddings in use.
# 2. **b.** All distances shrank alike, noise and signal (not a), and the reconstructions are the same (not c).
# 3. **c.** More draws always give a better-looking bound; with 50 draws A might be at 87.
# </details>
#
# ## Further reading
#
# - van den Oord et al., *Neural discrete representation learning*, arXiv:1711.00937, section 3 and appendix A.1.
# - Rifai et al., *Contractive auto-encoders*, ICML 2011; Alain & Bengio, JMLR 15 (2014), on its kinship with denoising.
# - Burda et al., *Importance weighted autoencoders*, arXiv:1509.00519, sections 3 and 5.
# - Rainforth et al., *Tighter variational bounds are not necessarily better*, arXiv:1802.04537.

# %% tags=["receipt"]
notebook.claim(
    use["from scratch"] < 0.5 * use["from k-means"], "k-means must prevent codebook collapse"
)
few_bits = [rates[name][1] for name in ("VQ-VAE", "k-means, no training", "rounded to 3 values")]
notebook.claim(few_bits == sorted(few_bits), "VQ-VAE, k-means, rounding: in this order")
notebook.claim(roundings[8] < rates["PCA, 16 numbers"][1], "rounded codes must beat PCA")
notebook.claim(judged["contractive"][4] < 0.6 * judged["plain"][4], "codes must move less")
notebook.claim(judged["contractive"][2] < 0.2 * judged["plain"][2], "the slope must fall")
notebook.claim(judged["denoising"][1] < judged["plain"][1], "denoising must help with noise")
notebook.claim(vae_bounds[1] > vae_bounds[5] > vae_bounds[50], "more draws, a tighter bound")
notebook.claim(iwae_bounds[50] < vae_bounds[50], "training with the tighter bound must help")
notebook.receipt(
    vq_24_bits=rates["VQ-VAE"][1],
    continuous=rates["continuous code"][1],
    vae_50=vae_bounds[50],
    iwae_50=iwae_bounds[50],
)
