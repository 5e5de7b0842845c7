# %% [markdown]
# # 15. The variational autoencoder
#
# *Make every code a distribution, penalise the information it carries, and an autoencoder becomes a probability model that you can sample from and hold to account.*
#
# **You will be able to**
# - show what a plain latent space lacks, and measure it;
# - explain why gradients flow through a random draw (reparameterisation), and check it;
# - derive the KL term and the ELBO, and read both in nats;
# - write a VAE, train it, draw from it, and bound the likelihood of test images;
# - recognise the two bugs that most home-made VAEs have.
#
# **You need** lessons 06 and 08.
#
# **Time** 45 minutes to read, about 40 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_15 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from scipy.stats import norm


def binarise(x):
    return (x > 0.5).astype("float32")


notebook.start(seed=0)
train, val, test = data.load_splits()
x_train, x_val, x_test = (binarise(part.x) for part in (train, val, test))
image_shape = x_train.shape[1:]


def trained(model, epochs, loss=losses.binary_crossentropy, x=x_train):
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=loss)
    history = model.fit(data.Batches(x), epochs=epochs, shuffle=False, verbose=0)
    return model, history.history


# %% [markdown] numbers={"one half": "given: the threshold"}
# ## Two promises that a plain autoencoder never made
#
# In this lesson every pixel is either 0 or 1: we *binarise*, cutting the grey values at one half. A model of *probabilities* then has an exact meaning (pixel $i$ is white with probability $\hat x_i$), and the cross-entropy loses the floor of lesson 06: a perfect prediction costs 0 nats.
#
# Lesson 08 decoded random codes and saw tangles. Let us repeat that with care. Since a picture of probabilities can hide in grey, we *draw* each pixel, white with probability $\hat x_i$, and ask two questions about the result. How many pixels differ from the most similar training image? And do its five nearest training images all show the same class, as they would for a proper digit?
#
# **Predict.** We decode two kinds of random codes: standard normal numbers, and normal numbers with the mean and the spread of the real codes. How many pixels, of 784, will each be off?

# %%
plain, _ = trained(Autoencoder(DenseEncoder(16), DenseDecoder(image_shape)), epochs=10)
z_plain = evaluation.encode(plain, x_train)
n = 500
rng = np.random.default_rng(0)
pictures = {
    "real test images": x_test[:n],
    "their reconstructions": evaluation.reconstruct(plain, x_test[:n]),
    "standard normal codes": evaluation.decode(plain, rng.normal(size=(n, 16))),
    "own mean and spread": evaluation.decode(
        plain, rng.normal(z_plain.mean(axis=0), z_plain.std(axis=0), (n, 16))
    ),
}


# %%
def draw_pixels(x_hat):
    chance = np.random.default_rng(1).random(x_hat.shape)
    return (chance < x_hat).astype("float32")


def judge(x_hat):
    """Pixels unlike the nearest training image; fraction whose five nearest are of one class."""
    drawn = draw_pixels(x_hat)
    found = evaluation.nearest(x_train, drawn, k=5)
    unlike = evaluation.squared_error(drawn, x_train[found[:, 0]]).mean()
    labels = train.labels[found]
    return unlike, (labels == labels[:, :1]).all(axis=1).mean()


judged = {name: judge(x_hat) for name, x_hat in pictures.items()}
print("                         pixels unlike the nearest   five neighbours agree")
for name, (unlike, agree) in judged.items():
    print(f"{name:24s} {unlike:25.1f}   {agree:21.1f}")

# %% mystnb={"image": {"alt": "Four rows of twelve: real digits, their reconstructions, grey blur from standard normal codes, and a mixture of digits and tangles from codes with the right mean and spread"}}
fig, ax = plt.subplots(figsize=(8, 3))
plots.plot_rows({name: x_hat[:12] for name, x_hat in pictures.items()}, ax=ax)
plt.show()

# %% [markdown] numbers={"one in five": "1 - 0.8"}
# Two separate things are missing. **Nobody said where codes lie.** Standard normal numbers miss the real codes altogether, and the decoder answers with a grey blur: hundreds of pixels are off. **Nobody said that the space between codes is filled.** With the right centre and spread the pictures look like ink, but for two out of three the neighbours disagree about what they show, against one in five for real images. These are the *holes* in the latent space.
#
# The [variational autoencoder](glossary.md#variational-autoencoder) (VAE) makes both promises, and writes them into the loss.

# %% [markdown]
# ## The approximate posterior: a code becomes a cloud
#
# The encoder no longer names one point but a normal distribution, one for each image:
#
# $$q(z \mid x) = \mathcal N\bigl(\mu(x),\, \sigma^2(x)\bigr),$$
#
# where $\mu$ is the mean and $\sigma$ the standard deviation of each of the $d$ code numbers. This is the **approximate posterior**. One network computes it for all images, which is called **amortised inference**. While training, the code $z$ is *drawn* from this cloud. The decoder must then draw the same digit for every point of the cloud, so there are no holes inside it. The encoder returns $2d$ numbers: $d$ means and $d$ **log variances** $v = \log \sigma^2$. Why the logarithm? A variance must be positive, a network's output is any number, and $\sigma = e^{v/2}$ is always positive and never needs a clip.
#
# But a draw is random. How does the gradient pass through a random draw to the encoder? By changing the order: draw the noise *first*, then shift and scale it:
#
# $$z = \mu + \sigma\,\varepsilon, \qquad \varepsilon \sim \mathcal N(0, 1).$$
#
# With this **[reparameterisation](glossary.md#reparameterisation)** $z$ has the same distribution, but $\varepsilon$ is now an input like any other, and $z$ depends on $\mu$ and $\sigma$ in the plainest way: $\partial z / \partial \mu = 1$ and $\partial z / \partial \sigma = \varepsilon$. Test it where the answer is known. For $f(z) = z^2$ the mean of $f$ is $\mu^2 + \sigma^2$, with the gradient $(2\mu,\, 2\sigma)$. The rival is the **score-function estimator** (REINFORCE), $f(z)\,\partial \log q(z) / \partial \mu$, which needs no derivative of $f$ and has the right mean as well.
#
# **Predict.** Both have the right mean: they are *unbiased*. Which one has the larger variance?

# %%
mean, std = 1.5, 0.5
epsilon = rng.normal(size=100_000)
z = mean + std * epsilon
slope = 2 * z  # the derivative of z**2
by_score = z**2 * (z - mean) / std**2  # the derivative of log q with respect to the mean
print("gradient of the mean of z**2        true   estimate   spread of one draw")
for name, true, draws in (
    ("mean, reparameterised", 2 * mean, slope),
    ("mean, by the score", 2 * mean, by_score),
    ("std,  reparameterised", 2 * std, slope * epsilon),
):
    print(f"{name:34s} {true:5.2f} {draws.mean():10.2f} {draws.std():20.2f}")

# %% [markdown] numbers={"seven": "7.51 / 1.00", "fifty": "7.51 ** 2", "0.25": "given: sigma is one half"}
# Both are right on average, but one draw of the score-function estimate is off by about seven times as much; since averaging over $n$ draws divides the spread by $\sqrt n$, it would need more than fifty times as many draws. The reparameterised estimate is good enough with *one* draw for each image. That is what made VAEs practical.
#
# The same in Keras. A model with two weights, $\mu$ and $v$, that gets $\varepsilon$ as its data; one step of plain gradient descent with learning rate 1 moves each weight by exactly minus its gradient, so the gradients can be read off. With respect to $v$ the true one is $\sigma^2 = 0.25$.


# %%
class Cloud(keras.Model):
    def __init__(self):
        super().__init__()
        self.z_mean = self.add_weight((), initializer=keras.initializers.Constant(mean))
        self.z_log_var = self.add_weight(
            (), initializer=keras.initializers.Constant(np.log(std**2))
        )

    def call(self, epsilon):
        return self.z_mean + ops.exp(self.z_log_var / 2) * epsilon


cloud = Cloud()
cloud.compile(optimizer=keras.optimizers.SGD(1.0), loss=lambda _, z: z**2)
before = [float(ops.convert_to_numpy(w)) for w in cloud.trainable_weights]
cloud.train_on_batch(epsilon[:, None].astype("float32"), np.zeros((len(epsilon), 1), "float32"))
after = [float(ops.convert_to_numpy(w)) for w in cloud.trainable_weights]
print(f"gradient for the mean:         {before[0] - after[0]:.2f}, true {2 * mean:.2f}")
print(f"gradient for the log variance: {before[1] - after[1]:.2f}, true {std**2:.2f}")

# %% [markdown]
# ## The KL term: the price of a code
#
# Clouds alone are not enough. To avoid the noise, an encoder would shrink its clouds to points or move them far apart, and we would be back at the plain autoencoder. So the loss gets a penalty: how much $q(z \mid x)$ differs from one fixed cloud for all images, the **[prior](glossary.md#prior)** $p(z) = \mathcal N(0, I)$. It is measured by the Kullback-Leibler divergence. For one code number, with $z = \mu + \sigma \varepsilon$:
#
# $$\mathrm{KL} = \mathbb E_q\bigl[\log q(z) - \log p(z)\bigr]
# = \mathbb E\Bigl[-\log \sigma - \tfrac12 \varepsilon^2 + \tfrac12 (\mu + \sigma\varepsilon)^2\Bigr],$$
#
# since the two constants $\tfrac12 \log 2\pi$ cancel. With $\mathbb E[\varepsilon] = 0$ and $\mathbb E[\varepsilon^2] = 1$ this is
#
# $$\mathrm{KL} = \tfrac12 \bigl(\sigma^2 + \mu^2 - 1 - \log \sigma^2\bigr),$$
#
# summed over the $d$ numbers. It is 0 for $\mu = 0$, $\sigma = 1$, a code without information, and grows with distance and with sharpness. Its unit is the nat: this much information an image's cloud carries beyond the prior. A derivation should be checked by random draws (a *Monte Carlo* estimate).

# %%
z_mean, z_log_var = 0.8, -1.2
formula = (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2
for draws in (100, 10_000, 1_000_000):
    std = np.exp(z_log_var / 2)
    z = rng.normal(z_mean, std, draws)
    estimate = np.mean(norm.logpdf(z, z_mean, std) - norm.logpdf(z, 0, 1))
    print(f"{draws:9,d} draws: KL about {estimate:.3f} nats")
package = losses.gaussian_kl(np.array([[z_mean]]), np.array([[z_log_var]]))
print(f"formula: {formula:.3f}, package: {ops.convert_to_numpy(package)[0]:.3f}")

# %% [markdown] numbers={"two": "given: the two draws"}
# ## The evidence lower bound (ELBO)
#
# Why this penalty and no other? Because the sum is a bound on something worth having. A VAE is a **latent-variable model**: it claims that images arise in two steps (**ancestral sampling**): draw $z$ from the prior $p(z)$; then draw every pixel, white with probability $\hat x_i(z)$, from the decoder's $p(x \mid z)$. The probability of an image (its *evidence* or *marginal likelihood*), $p(x) = \int p(x \mid z)\,p(z)\,dz$, is *intractable*, since the integral runs over all codes. But for *any* $q(z \mid x)$
#
# $$\log p(x) = \underbrace{\mathbb E_q\bigl[\log p(x \mid z)\bigr] - \mathrm{KL}\bigl(q(z \mid x)\,\|\,p(z)\bigr)}_{\text{ELBO}}
# + \underbrace{\mathrm{KL}\bigl(q(z \mid x)\,\|\,p(z \mid x)\bigr)}_{\text{gap}\ \ge\ 0}.$$
#
# (Write $p(x) = p(x \mid z)\,p(z) / p(z \mid x)$, take logarithms, add and subtract $\log q(z \mid x)$, average over $q$.) The gap compares our cloud with the true **posterior**, the distribution of codes for this image, $p(z \mid x)$, and is never negative. So the [ELBO](glossary.md#elbo), the *evidence lower bound*, is a lower bound on $\log p(x)$, and we can compute it. Its first term is minus the cross-entropy of lesson 06, the *[distortion](glossary.md#rate-and-distortion)*; the second is the *rate*. The loss is $-\mathrm{ELBO}$ = distortion + rate, in nats per image, **both summed**, with no weight between them that anybody chose.
#
# A baseline first: what does a model without any code cost? It gives each pixel its own fixed probability, the mean image.

# %%
mean_image = np.clip(x_train.mean(axis=0, keepdims=True), 1e-3, 1 - 1e-3)


def no_code(x):
    x_hat = np.broadcast_to(mean_image, x.shape)
    return float(ops.convert_to_numpy(losses.binary_crossentropy(x, x_hat)).mean())


n_pixels = int(np.prod(image_shape))
print(f"fair coins:       {n_pixels * np.log(2):6.1f} nats per image")
print(f"the mean image:   {no_code(x_test):6.1f}")
print(
    f"floor, grey:      {evaluation.pixel_entropy(test.x):6.1f}, black and white: {evaluation.pixel_entropy(x_test):.1f}"
)

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

    def call(self, x, training=False):
        h = self.encoder(x, training=training)
        z_mean, z_log_var = ops.split(h, 2, axis=-1)
        kl = ops.sum(ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var, axis=-1) / 2
        self.add_loss(ops.mean(kl))
        z = z_mean
        if training:
            epsilon = keras.random.normal(ops.shape(z_mean), seed=self.noise)
            z = z_mean + ops.exp(z_log_var / 2) * epsilon
        return self.decoder(z, training=training)


# %% [markdown]
# The package's `VAE` does the same (it draws in `reparameterize`) and adds what you will want later: a weight `beta` before the KL, the KL in the log, `sample`, and checks of shapes. The same weights must give the same pictures and the same loss; the same seed, the same training.

# %%
hand = HandmadeVAE(DenseEncoder(2 * 16), DenseDecoder(image_shape))
hand(x_train[:1])  # creates its weights
hand, hand_history = trained(hand, epochs=1, x=x_train[:1000])
vae = VAE(DenseEncoder(2 * 16), DenseDecoder(image_shape))
vae, vae_history = trained(vae, epochs=1, x=x_train[:1000])

x = x_test[:200]
same_pictures = np.allclose(hand.predict(x, verbose=0), vae.predict(x, verbose=0), atol=1e-4)
print("same pictures after an epoch of training:", same_pictures)
print("same loss:", np.allclose(hand_history["loss"], vae_history["loss"], rtol=1e-4))
kl = hand.evaluate(x, x, verbose=0) - ops.convert_to_numpy(
    ops.mean(losses.binary_crossentropy(x, hand.predict(x, verbose=0)))
)
print("same KL:", np.allclose(kl, vae.evaluate(x, x, verbose=0, return_dict=True)["kl"], rtol=1e-3))

# %% [markdown]
# ## Training, and reading the curve
#
# **Predict.** Distortion falls while training. Does the rate fall as well?

# %%
vae, history = trained(VAE(DenseEncoder(2 * 16), DenseDecoder(image_shape)), epochs=15)

# %% mystnb={"image": {"alt": "Training curves in nats: the negative ELBO falls from above two hundred to below ninety, the distortion below it falls too, the rate rises slowly to above twenty; a dashed line marks the mean image at two hundred"}}
total, rate = np.array(history["loss"]), np.array(history["kl"])
fig, ax = plt.subplots(figsize=(6.5, 3.2))
plots.plot_curves(
    {"-ELBO": total, "distortion": total - rate, "rate (KL)": rate},
    baselines={"mean image, no code": no_code(x_train)},
    ylabel="nats per image",
    ax=ax,
)
ax.set(ylim=(0, 340))
plt.show()

# %% [markdown] numbers={"23": "22.76"}
# The rate *rises*, from 11 nats to 23. The model finds that each nat spent on the code saves more than one nat of pixels, and goes on until another nat would no longer pay for itself. Only the sum is being minimised.
#
# Now the bound on new images. `evaluate` is not honest here: it decodes the *mean* code, as if the clouds were points, while adding the rate of clouds. `evaluation.negative_elbo` draws, as the bound demands.

# %%
bound = {
    "training": evaluation.negative_elbo(vae, x_train[:1000]),
    "validation": evaluation.negative_elbo(vae, x_val),
    "test": evaluation.negative_elbo(vae, x_test),
}
z_mean, z_log_var = evaluation.posterior(vae, x_test)
test_rate = evaluation.kl_per_unit(z_mean, z_log_var).sum()
for name, nats in bound.items():
    print(f"-ELBO, {name:10s} {nats:6.1f} nats per image")
print(f"of which, on test: rate {test_rate:.1f}, distortion {bound['test'] - test_rate:.1f}")
too_good = vae.evaluate(x_test, x_test, verbose=0, return_dict=True)["loss"]
print(f"`evaluate` on test {too_good:6.1f}, too good to be a bound")
print(f"in bits: {bound['test'] / np.log(2):.1f} instead of {n_pixels} for raw pixels")

# %% [markdown] numbers={"17": "given: 130 / 8, rounded up", "98": "784 / 8", "6": "90.1 - 84.1", "15": "given: the code above"}
# From 200 nats without a code to about 90 with one, on images never seen. In bits it has a concrete meaning: with a suitable coding scheme, sender and receiver who both own this model could send a test image in about 130 bits, that is 17 bytes, where raw pixels take 98. The difference between training and test, about 6 nats, is overfitting: 15 epochs on a few thousand digits.

# %% [markdown]
# ## Sampling new images
#
# The first promise at least is kept: the prior says where codes lie, so `model.sample(n)` decodes standard normal numbers and needs no data. Let us be fair to the others, though. The plain autoencoder may look at its codes, and we give it two chances: independent numbers with the right mean and spread, as above, or a normal distribution *with all correlations*, fitted to the codes (*ex-post density estimation*). PCA gets the second treatment as well.
#
# **Predict.** Rank the four.


# %%
def gaussian_codes(z):
    return rng.multivariate_normal(z.mean(axis=0), np.cov(z.T), size=n)


pca = evaluation.fit_pca(x_train, 16)
z_pca = pca.transform(x_train.reshape(len(x_train), -1))
pca_pictures = pca.inverse_transform(gaussian_codes(z_pca)).reshape(n, *image_shape)
samples = {
    "VAE, prior": ops.convert_to_numpy(vae.sample(n)),
    "plain, fitted normal": evaluation.decode(plain, gaussian_codes(z_plain)),
    "PCA, fitted normal": np.clip(pca_pictures, 0, 1),
}
judged |= {name: judge(x_hat) for name, x_hat in samples.items()}
print("                         pixels unlike the nearest   five neighbours agree")
for name, (unlike, agree) in judged.items():
    print(f"{name:24s} {unlike:25.1f}   {agree:21.1f}")

# %% mystnb={"image": {"alt": "Four rows of fourteen new images: the VAE's, soft and mostly digit-like; the plain autoencoder's with a fitted normal, of similar quality; PCA's, blurred and smeared; the plain autoencoder's with its own mean and spread, with some tangles"}}
fig, ax = plt.subplots(figsize=(9, 3))
rows = samples | {"plain, own mean and spread": pictures["own mean and spread"]}
plots.plot_rows({name: x_hat[:14] for name, x_hat in rows.items()}, ax=ax)
plt.show()

# %% [markdown]
# Perhaps you expected more of the VAE. Its samples are far better than the grey blur and PCA's smears, but a plain autoencoder *with a normal distribution fitted afterwards* does as well by these two measures, here; all of them fall short of real images. This is no accident: Ghosh et al. (2020) make the same point for larger networks. Often-shown comparisons, in which the plain autoencoder draws a grey blur, decode standard normal numbers with a model that was never trained for them.
#
# So what has the VAE gained? It needs no second look at the data, since the prior was fixed beforehand. And it is a *probability model*: it can say how likely an image is, in nats, on a scale that is common to all such models. Part of the softness is its honesty, too: where a cloud covers several possible strokes, the decoder answers with probabilities.

# %% [markdown]
# ## Interpolation: from code to code
#
# The interpolation of lesson 08, now in both latent spaces, and one number with it: for pairs of test images of different classes, decode the midpoint and judge it as above.

# %% mystnb={"image": {"alt": "Two rows of nine pictures from one digit to another, by the plain autoencoder and by the VAE; both bend strokes, both pass through something ambiguous in the middle"}}
order = np.random.default_rng(2).permutation(len(x_test))[:600]
a, b = order[:300], order[300:]
differ = test.labels[a] != test.labels[b]
a, b = a[differ], b[differ]
start, end = (np.flatnonzero(test.labels == label)[0] for label in np.unique(test.labels)[[3, -4]])
t = np.linspace(0, 1, 9)[:, None]
walks, midpoints = {}, {}
for name, model in (("plain", plain), ("VAE", vae)):
    z = evaluation.encode(model, x_test)
    walks[name] = evaluation.decode(model, (1 - t) * z[start] + t * z[end])
    midpoints[name] = judge(evaluation.decode(model, (z[a] + z[b]) / 2))
fig, ax = plt.subplots(figsize=(8, 1.9))
plots.plot_rows(walks, ax=ax)
plt.show()
for name, (unlike, agree) in midpoints.items():
    print(f"midpoints, {name:5s}: {unlike:.1f} pixels unlike the nearest, agree {agree:.1f}")

# %% [markdown] numbers={"sixteen": "given: the width of the codes"}
# Again no miracle. Halfway between two classes both models draw something between two classes, and by these numbers the VAE is not the better one. One often reads that "VAEs interpolate smoothly, autoencoders do not"; in this space of sixteen numbers, with smooth activations and this data, it is not what we find.

# %% [markdown] numbers={"two": "given: the width of the code"}
# ## The whole latent space on one page
#
# With two code numbers the prior itself can be drawn. Take the *quantiles* of the normal distribution, so that each cell of the grid stands for the same fraction of the prior, and decode them. Beside it: the means of test images.

# %%
flat, _ = trained(VAE(DenseEncoder(2 * 2), DenseDecoder(image_shape)), epochs=12)
quantiles = norm.ppf(np.linspace(0.04, 0.96, 11))
columns, rows = np.meshgrid(quantiles, quantiles[::-1])
grid = evaluation.decode(flat, np.stack([columns.ravel(), rows.ravel()], axis=1))
z_flat, v_flat = evaluation.posterior(flat, x_test)
flat_bound = evaluation.negative_elbo(flat, x_test)
print(f"-ELBO with 2 numbers: {flat_bound:.1f} nats per image, with 16: {bound['test']:.1f}")
print(f"typical width of a cloud: {np.median(np.exp(v_flat / 2)):.1f}; the prior's is 1")

# %% mystnb={"image": {"alt": "Left, a grid of eleven by eleven decoded codes in which digits change gradually into one another; right, the means of test images coloured by class, a round cloud with regions for each class"}}
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6))
plots.plot_images(grid, n_columns=11, title="decoded quantiles of the prior", ax=axes[0])
plots.plot_codes(z_flat, test.labels, title="means of test images", ax=axes[1])
axes[1].set(xticks=[], yticks=[], aspect="equal")
plt.show()

# %% [markdown] numbers={"70": "163.8 - 90.1"}
# A map of digits without blank patches: every cell shows a digit or a crossing between two. The means fill a round cloud about the origin, where lesson 08's two-number code had arms that ran off in their own directions. That is the KL at work: a code far from the origin costs more. The bound is more than 70 nats worse than with sixteen numbers; two numbers cannot carry enough information, and the pictures are soft because the decoder hedges.

# %% [markdown]
# ## How likely are the test images?
#
# The ELBO is below $\log p(x)$; by how much? **[Importance sampling](glossary.md#importance-weighting)** closes in on the true value. Draw $k$ codes $z_1, \dots, z_k$ from $q(z \mid x)$ and average the corrected probabilities *before* the logarithm:
#
# $$\log p(x) \approx \log \frac1k \sum_{i=1}^{k} \frac{p(x \mid z_i)\, p(z_i)}{q(z_i \mid x)}.$$
#
# The fraction makes up for drawing where $q$ is rather than where $p$ is. For $k = 1$ this is one draw of the ELBO; on average it only rises with $k$, and tends to $\log p(x)$. (Burda et al., 2016; they use it as a training loss as well.)

# %%
few = x_test[:200]
minus_elbo = evaluation.negative_elbo(vae, few, n_samples=20)
nll = {k: -evaluation.log_likelihood(vae, few, n_samples=k).mean() for k in (1, 3, 10, 30, 100)}
print(f"-ELBO, 20 draws averaged:  {minus_elbo:.1f} nats")
for k, nats in nll.items():
    print(f"-log p(x), k = {k:3d}: {nats:9.1f}")

# %% [markdown] numbers={"5,000": "paper: Burda et al. 2016"}
# With a hundred draws the estimate is about 6 nats better than the ELBO: the model is better than its bound says. The gap is what our normal clouds lack against the true $p(z \mid x)$. When you compare two VAEs, compare like with like: the same bound, the same $k$, the same binarisation. (A hundred is still few; published tables often use 5,000.)

# %% [markdown]
# ## Two famous bugs
#
# **A mean where a sum belongs.** Keras's own `"binary_crossentropy"`, like the losses of other libraries, averages over pixels. The KL is a sum. Their ratio is then wrong by a factor of 784: every nat of rate has to save 784 nats of pixels. **Predict** what the encoder does.

# %% mystnb={"image": {"alt": "Three rows: ten test digits; reconstructions of the VAE with the averaged loss, ten times the same grey blob; reconstructions of the correct VAE, digits"}}
collapsed, _ = trained(
    VAE(DenseEncoder(2 * 16), DenseDecoder(image_shape)), 5, loss="binary_crossentropy"
)
fig, ax = plt.subplots(figsize=(7, 2.3))
rows = {
    "test images": x_test[:10],
    "mean over pixels": evaluation.reconstruct(collapsed, x_test[:10]),
    "sum over pixels": evaluation.reconstruct(vae, x_test[:10]),
}
plots.plot_rows(rows, ax=ax)
plt.show()
collapsed_rate = evaluation.kl_per_unit(*evaluation.posterior(collapsed, x_test)).sum()
collapsed_bound = evaluation.negative_elbo(collapsed, x_test)
print(f"rate {collapsed_rate:.1f} nats, -ELBO {collapsed_bound:.1f}")
print(f"the mean image without any code: {no_code(x_test):.1f}")

# %% [markdown]
# It collapses. Every cloud becomes the prior, the code carries no information, and the decoder answers each image with the mean image, at the mean image's cost. This is **[posterior collapse](glossary.md#posterior-collapse)** in its purest form. The loss on the screen looks wonderful (0.26 per pixel!), which is why this bug survives. The cure is the convention of this course: sum over pixels, sum over code numbers, mean over images.
#
# **Standard deviation or log variance?** The network's output is just a number; what it *means* is decided by the code that uses it. If the draw reads it as a standard deviation and the KL as a log variance, nothing crashes. Look at what the KL then says:

# %%
print("std   KL, with log var   KL, with std in its place")
for std in (0.01, 0.1, 0.5, 1.0, 2.0):
    right, wrong = (
        ops.convert_to_numpy(losses.gaussian_kl(np.zeros((1, 1)), np.full((1, 1), v)))[0]
        for v in (np.log(std**2), std)
    )
    print(f"{std:4.2f} {right:17.2f} {wrong:26.2f}")

# %% [markdown]
# The right KL is 0 at a standard deviation of 1 and grows more and more for sharp clouds. The wrong one is smallest at 0: it *rewards* points. The noise dies out, the log shows a small KL, and what has been trained is a plain autoencoder with codes held near the origin. Two tests catch both bugs in a minute: at $\mu = 0$, $\sigma = 1$ the KL must be 0; and a trained model's rate must lie well between 0 and its $-\mathrm{ELBO}$.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("15.1")` gives a hint; call it again for the next one.
#
# ### Exercise 15.1: the draw
#
# Write `draw(z_mean, z_log_var, epsilon)` in NumPy: codes from means, *log variances* and standard normal noise.


# %% tags=["exercise"]
def draw(z_mean, z_log_var, epsilon): ...


checks.check_draw(draw)


# %% tags=["solution"]
def draw(z_mean, z_log_var, epsilon):
    return z_mean + np.exp(z_log_var / 2) * epsilon


checks.check_draw(draw)

# %% [markdown]
# ### Exercise 15.2: another prior
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
# ### Exercise 15.3: which VAE is it really?
#
# Public VAEs differ in where they sum and where they average; in six well-known examples that we read, the weight of the KL comes to anything from one half to about three. Ours is *sum over pixels + 1 · sum over the code*. Write `effective_beta(weight, n_pixels, latent_dim, pixels, code)`: for the loss *distortion + weight · KL*, where `pixels` and `code` are each `"sum"` or `"mean"`, the weight of the KL once both are rewritten as sums.


# %% tags=["exercise"]
def effective_beta(weight, n_pixels, latent_dim, pixels, code): ...


checks.check_effective_beta(effective_beta)


# %% tags=["solution"]
def effective_beta(weight, n_pixels, latent_dim, pixels, code):
    beta = weight
    if pixels == "mean":
        beta = beta * n_pixels
    if code == "mean":
        beta = beta / latent_dim
    return beta


checks.check_effective_beta(effective_beta)

# %% [markdown] numbers={"84": "83.7", "90": "90.1", "0.00": "given: an example of the quiz"}
# ## What to remember
#
# - A code is a cloud $\mathcal N(\mu, \sigma^2)$, the approximate posterior, drawn as $\mu + \sigma\varepsilon$ (reparameterisation): the noise is an input, so gradients flow.
# - Loss = $-$ELBO = distortion + rate, both sums, in nats per image; it bounds $-\log p(x)$.
# - Quote bounds with drawn codes (`evaluation.negative_elbo`), never `evaluate`'s.
# - A VAE's gain is a known prior and a likelihood; a plain autoencoder with a fitted normal drew about as well here.
# - A mean over pixels makes the KL 784 times too heavy, and the posterior collapses.
#
# ## Quiz
#
# 1. During training the KL rises. (a) A bug: losses must fall. (b) The code begins to carry information, and it pays. (c) The learning rate is too high.
# 2. `model.evaluate` gives 84, `negative_elbo` 90. Report (a) 84, the smaller is tighter; (b) 90; (c) the average.
# 3. All reconstructions look like one grey blob and the KL is 0.00. First look at (a) the number of epochs; (b) whether the pixel loss is a sum; (c) the random seed.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Only the *sum* is minimised (not a), and it falls all the while, which it would not at too high a learning rate (c).
# 2. **b.** 84 is no bound on anything (a): it adds the KL of clouds and decodes points. Averaging (c) a number with a wrong one does not help.
# 3. **b.** More epochs (a) or other seeds (c) do not change a ratio of 784.
# </details>
#
# ## Further reading
#
# - Kingma & Welling, *Auto-encoding variational Bayes*, arXiv:1312.6114, section 2.4 and appendix B.
# - Kingma & Welling, *An introduction to variational autoencoders*, arXiv:1906.02691, chapter 2.
# - Burda, Grosse & Salakhutdinov, *Importance weighted autoencoders*, arXiv:1509.00519.
# - Ghosh et al., *From variational to deterministic autoencoders*, arXiv:1903.12436: plain autoencoders that generate.

# %% tags=["receipt"]
fog, spread = judged["standard normal codes"][0], judged["own mean and spread"][0]
notebook.claim(
    fog > 2 * spread > 2 * judged["real test images"][0], "a plain latent space has holes"
)
notebook.claim(bound["test"] < no_code(x_test) - 60, "the code must pay for itself")
notebook.claim(too_good < bound["test"] - 2, "the mean code must look too good")
notebook.claim(nll[100] < nll[10] < nll[1] + 1, "more draws, a tighter bound")
notebook.claim(collapsed_rate < 1, "a mean over pixels must silence the code")
sample_scores = [judged[name][0] for name in ("VAE, prior", "plain, fitted normal")]
notebook.claim(abs(np.diff(sample_scores)[0]) < 12, "samples of both must be about as good")
notebook.receipt(
    test_bound=bound["test"],
    test_rate=test_rate,
    test_nll_100=nll[100],
    two_numbers=flat_bound,
)
