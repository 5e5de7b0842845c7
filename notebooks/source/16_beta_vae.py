# %% [markdown]
# # 16. The beta-VAE: rate, distortion and the price of a nat
#
# *Turn the weight of the KL term, watch the posterior collapse unit by unit, and find out whether what is left is disentangled.*
#
# **You will be able to**
# - trade rate for distortion with one weight, β, and draw the rate-distortion curve;
# - count the active units of a code, and tell a harmful posterior collapse from a fair one;
# - change β while training (KL annealing), on every backend, and avoid a trap;
# - measure disentanglement against known factors, and say how far to trust the number.
#
# **You need** lesson 15.
#
# **Time** 40 minutes to read, about 40 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_16 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots
from ae_keras.data import synthetic

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.metrics import mutual_info_score

notebook.start(seed=0)


def halve(x):
    """The mean of every block of 2x2 pixels: a quarter of the work."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


parts = [data.load("shapes", subset) for subset in ("train", "test")]
x = np.concatenate([halve(part.x) for part in parts])
factors = synthetic.factors(np.concatenate([part.groups for part in parts]))
names = list(synthetic.FACTORS)
image_shape = x.shape[1:]
floor = evaluation.pixel_entropy(x)

# %% [markdown] numbers={"four": "given: the factors", "halve": "14 / 28"}
# ## A world of four generative factors
#
# To ask what a code *means* one must know what it could mean. So this lesson leaves the digits for a synthetic world: white shapes on black, each given by four numbers, its *generative factors*. We halve the images to 14 x 14 pixels to save time.

# %% mystnb={"image": {"alt": "Two rows of twelve small images: white squares, discs and triangles of several sizes at different places on black"}}
fig, ax = plt.subplots(figsize=(7.5, 1.4))
plots.plot_images(x[:24], n_columns=12, ax=ax)
plt.show()
for name, count in synthetic.FACTORS.items():
    print(f"{name:6s} {count:3d} values")
print(f"{len(x)} images in all, so naming one takes log {len(x)} = {np.log(len(x)):.2f} nats")

# %% [markdown]
# Every combination occurs exactly once, and training and test part together are the whole world. That permits something unusual: we train on all of it and measure on all of it. The mean over these images *is* the expectation; there are no further images to generalise to.
#
# Note the last line. A code that identifies every image needs to carry 7.99 nats of information, and none can carry more.

# %% [markdown]
# ## The β-VAE: one knob
#
# The β-VAE (Higgins et al., 2017) puts a weight before the rate of lesson 15:
#
# $$L = \underbrace{\mathbb E_q\bigl[-\log p(x \mid z)\bigr]}_{D,\ \text{distortion}} + \beta\,\underbrace{\mathrm{KL}\bigl(q(z \mid x)\,\|\,p(z)\bigr)}_{R,\ \text{rate}}.$$
#
# $\beta$ is an exchange rate: one nat of code costs as much as $\beta$ nats of pixels. Only $\beta = 1$ is the bound on $\log p(x)$. The rest is a choice of what to keep. Here is the [beta-VAE](glossary.md#beta-vae) by hand, one line different from lesson 15's and with a peculiar way to store $\beta$.


# %%
class HandmadeBetaVAE(keras.Model):
    def __init__(self, encoder, decoder, beta):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        start = keras.initializers.Constant(beta)
        self.beta = self.add_weight((), initializer=start, trainable=False, name="beta")
        self.noise = keras.random.SeedGenerator(0)

    def call(self, x, training=False):
        z_mean, z_log_var = ops.split(self.encoder(x, training=training), 2, axis=-1)
        kl = ops.mean(losses.gaussian_kl(z_mean, z_log_var))
        self.add_loss(self.beta * kl)  # the new line
        z = z_mean
        if training:
            epsilon = keras.random.normal(ops.shape(z_mean), seed=self.noise)
            z = z_mean + ops.exp(z_log_var / 2) * epsilon
        return self.decoder(z, training=training)


# %% [markdown]
# Why a *weight* that is not trained, and not simply `self.beta = beta`? Because we want to change it later, and a Python number is a trap. JAX and TensorFlow trace the training step once and compile it; a Python number becomes part of the program, and `model.beta = 4.0` afterwards has no effect and raises no error. PyTorch runs step by step and does follow. The same code would thus train two different models. A weight is an *input* of the compiled step, so `model.beta.assign(4.0)` works everywhere. Test it, beside the package's `VAE`, which does the same: evaluate first, so that everything is compiled, and then change β.


# %%
def new_parts(latent_dim=6, hidden=(128, 64)):
    return DenseEncoder(2 * latent_dim, hidden), DenseDecoder(image_shape, hidden[::-1])


hand, package = HandmadeBetaVAE(*new_parts(), beta=1.0), VAE(*new_parts(), beta=1.0)
hand(x[:1])  # creates its weights
seen = {}
for name, model in (("hand", hand), ("package", package)):
    backend.seed_weights(model, seed=0)
    model.compile(optimizer="adam", loss=losses.binary_crossentropy)
    seen[name, 1] = np.ravel(model.evaluate(x[:500], x[:500], verbose=0))[0]
    model.beta.assign(4.0)
    seen[name, 4] = np.ravel(model.evaluate(x[:500], x[:500], verbose=0))[0]
kl = ops.convert_to_numpy(ops.mean(losses.gaussian_kl(*package.moments(package.encoder(x[:500])))))
for beta in (1, 4):
    print(
        f"beta {beta}: same loss:", np.isclose(seen["hand", beta], seen["package", beta], rtol=1e-4)
    )
grown = seen["package", 4] - seen["package", 1]
print("the loss grew by 3 times the KL:", np.isclose(grown, 3 * kl, rtol=1e-2))

# %% [markdown]
# ## Rate against distortion
#
# Since β is a weight, *one* compiled model can be trained at every β; `train` gives it fresh weights and a fresh optimizer before each run. [Distortion](glossary.md#rate-and-distortion) is quoted above the floor of lesson 06 (these images have grey edges), so 0 would be perfect.


# %%
def compiled(model):
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.binary_crossentropy)
    model.optimizer.build(model.trainable_variables)  # `train` sets its variables to zero
    return model


def train(model, x, seed=0, epochs=30, batch_size=256, callbacks=()):
    for variable in [*model.trainable_weights, *model.optimizer.variables]:
        variable.assign(ops.zeros(variable.shape, variable.dtype))
    model.optimizer.learning_rate = 0.005
    backend.seed_weights(model, seed)
    batches = data.Batches(x, batch_size=batch_size, seed=seed)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))


model = compiled(VAE(*new_parts()))
plain = compiled(Autoencoder(DenseEncoder(6, (128, 64)), DenseDecoder(image_shape, (64, 128))))


# %%
def measure():
    z_mean, z_log_var = evaluation.posterior(model, x)
    units = np.sort(evaluation.kl_per_unit(z_mean, z_log_var))[::-1]
    distortion = evaluation.negative_elbo(model, x, n_samples=3) - units.sum() - floor
    active = evaluation.active_units(z_mean)
    found = {"rate": units.sum(), "distortion": distortion, "units": units}
    return found | {"active": active, "z": z_mean}


def no_code():
    mean_image = np.broadcast_to(np.clip(x.mean(axis=0), 1e-3, 1 - 1e-3), x.shape)
    return float(np.mean(ops.convert_to_numpy(losses.binary_crossentropy(x, mean_image)))) - floor


# %% [markdown]
# **Predict.** At which β will the code carry no information at all? The mean image, which needs no code, has a distortion of 33 nats above the floor.

# %%
sweep = {}
for beta in (0.2, 0.5, 2, 4, 8, 16):
    model.beta.assign(beta)
    train(model, x)
    sweep[beta] = measure()

train(plain, x)
z_plain = evaluation.encode(plain, x)
plain_distortion = plain.evaluate(x, x, verbose=0) - floor
mean_distortion = no_code()

print("beta   rate   distortion + beta * rate, nats per image")
for beta, m in sweep.items():
    total = m["distortion"] + beta * m["rate"]
    print(f"{beta:4.1f} {m['rate']:6.1f} {total:12.1f}")
print(f"plain autoencoder: distortion {plain_distortion:.1f}; mean image: {mean_distortion:.1f}")

# %% mystnb={"image": {"alt": "Distortion against rate: a convex falling curve from the mean image at rate zero to a distortion of about two at a rate of eleven; a dotted vertical line marks the eight nats that name an image, a dashed horizontal one the plain autoencoder"}}
fig, ax = plt.subplots(figsize=(6.5, 3.4))
rates = [m["rate"] for m in sweep.values()]
distortions = [m["distortion"] for m in sweep.values()]
ax.plot(rates, distortions, marker="o", label="VAEs, beta from 0.2 (right) to 16 (left)")
ax.axhline(mean_distortion, label="mean image, no code", linestyle="--", **plots.BASELINE)
ax.axhline(plain_distortion, label="plain autoencoder", linestyle="-.", **plots.BASELINE)
ax.axvline(np.log(len(x)), label="enough to name an image", linestyle=":", **plots.BASELINE)
ax.set(xlabel="rate, nats per image", ylabel="distortion, nats per image", ylim=(0, 36))
ax.legend(frameon=True)
plt.show()

# %% [markdown] numbers={"16": "seen: the table"}
# This **rate-distortion curve** is the lesson in one picture. From the left, the first nat of code saves about eleven nats of pixels, the next ones less and less. Each β picks the point where the curve's slope is $-\beta$: buy while a nat saves more than it costs. At 16 no nat is worth its cost, and rate 0 is the *right* answer, not a fault.
#
# At the right end there is something odd: with β = 0.2 the rate is about 11 nats, although 8 would name every image. The rate is an upper bound on the information in the code. It splits into the true (*mutual*) information plus the mismatch between the **aggregate posterior**, all codes together, and the prior (Hoffman & Johnson, 2016), and at a low β little is done about the mismatch. Such a model reconstructs well, but codes drawn from the prior may miss the real ones.

# %% [markdown]
# ## Active units and posterior collapse
#
# The rate is a sum over units. A unit whose cloud equals the prior for every image costs nothing and carries no information: it has **[collapsed](glossary.md#posterior-collapse)**. A unit counts as *[active](glossary.md#active-unit)* if its mean varies over the images by more than a hundredth (Burda et al., 2016). **Predict**: when β rises, do all units collapse together, or one after the other?

# %% mystnb={"image": {"alt": "Left, stacked bars of the rate by unit for six values of beta: five units carry rate at 0.2, four at 2, two at 8 and none at 16; right, the number of active units falling from six to about zero"}}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=(3, 2))
ticks = np.arange(len(sweep))
units = np.array([m["units"] for m in sweep.values()])
bottom = np.zeros(len(sweep))
for i, unit in enumerate(units.T):
    axes[0].bar(ticks, unit, bottom=bottom, color=f"C{i}", edgecolor="white")
    bottom += unit
axes[0].set(title="rate by unit", ylabel="nats per image")
axes[1].scatter(ticks, [m["active"] for m in sweep.values()], color="C3")
axes[1].set(title="active units", ylabel="of 6", ylim=(-0.3, 6.3))
for ax in axes:
    ax.set_xticks(ticks, [f"β {beta}" for beta in sweep])
plt.show()

# %% [markdown]
# One after the other, and the rate of the survivors falls too. One would expect what moves the most pixels to be kept longest: first the place, then the size; whether a shape is a disc or a square is a matter of corners. We shall see below. (The count of active units has a threshold, and units near it come and go from run to run; trust the bars.)

# %% [markdown]
# ## KL annealing
#
# Collapse can also be a *failure*. Early in training the decoder cannot read the code yet, so a nat of code saves nothing and costs β at once: the encoder shuts the units down before they have ever been of use. The common cure is **KL annealing**, or warm-up: begin with a low β and raise it (Bowman et al., 2016). That takes a callback of four lines, and the weight from above.


# %%
class Warmup(keras.callbacks.Callback):
    def __init__(self, beta, epochs):
        super().__init__()
        self.beta, self.epochs = beta, epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta.assign(self.beta * min(1.0, epoch / self.epochs))


# %% [markdown] numbers={"12": "given: the code below"}
# At β = 12 the code hardly pays. **Predict** what 12 epochs of warm-up change, if both runs get 25 epochs in all.

# %%
high = 12.0
runs = {"constant": (), "warm-up": (Warmup(high, 12),)}
annealed = {}
for name, callbacks in runs.items():
    model.beta.assign(high)
    train(model, x, epochs=25, callbacks=callbacks)
    annealed[name] = measure()
print("                rate   distortion   distortion + 12 * rate")
for name, m in annealed.items():
    total = m["distortion"] + high * m["rate"]
    print(f"{name:13s} {m['rate']:6.1f} {m['distortion']:12.1f} {total:12.1f}")
print(f"mean image       0.0 {mean_distortion:12.1f} {mean_distortion:12.1f}")

# %% [markdown]
# With warm-up the code carries about 0.4 nats, and they pay: the total is below that of the mean image. Without it, the code has all but collapsed after as many epochs. So that collapse was a failure, but a mild one: *when we gave the constant β 125 epochs, it found the same place*, a rate of 0.4 and a distortion of 27.6. Here annealing buys time, not a better optimum. At β = 2, 4 and 8, where a code pays well, warm-up made no difference that two seeds would not explain. Try it when the rate is stuck near zero; do not expect a miracle; and know that text models with strong decoders, for which it was invented, suffer far more.

# %% [markdown]
# ## Disentanglement: has it found the factors?
#
# A high β leaves few active units. Is each of them about *one* factor, one for the place, one for the size? That is called **[disentangled](glossary.md#disentangled)**, and there are hopes that pressure on the rate brings it about. Measure it. For each factor $v_k$ and unit $z_j$ take the mutual information $I(v_k; z_j)$, how many nats the unit's value tells about the factor, as a fraction of the factor's entropy $H(v_k)$. The **mutual information gap** (MIG; Chen et al., 2018) is the lead of the best unit over the second best, averaged over the factors: 1 if each factor has a unit to itself, near 0 if factors are smeared over several units.


# %%
def told(z, factors, n_bins=20):
    """Fraction of each factor's entropy that each unit tells: (n_factors, n_units)."""
    edges = [np.linspace(unit.min(), unit.max(), n_bins + 1)[1:-1] for unit in z.T]
    binned = [np.digitize(unit, edge) for unit, edge in zip(z.T, edges, strict=True)]
    return np.array(
        [[mutual_info_score(f, b) / mutual_info_score(f, f) for b in binned] for f in factors.T]
    )


def gap(shares):
    ordered = np.sort(shares, axis=1)
    return float(np.mean(ordered[:, -1] - ordered[:, -2]))


def pca_codes(x):
    flat = x.reshape(len(x), -1)
    return evaluation.fit_pca(x, 6).transform(flat)


z_pca = pca_codes(x)
same = np.isclose(gap(told(z_pca, factors)), evaluation.mutual_information_gap(z_pca, factors))
print("same as the package:", same)
turn = np.sqrt(0.5) * np.array([[1, -1], [1, 1]])  # by 45 degrees
place = factors[:, 2:].astype(float)
print(f"the true place, x and y, as a code: {gap(told(place, factors[:, 2:])):.2f}")
print(f"the same, turned by 45 degrees:     {gap(told(place @ turn, factors[:, 2:])):.2f}")
print(f"PCA, 6 numbers, all four factors:   {gap(told(z_pca, factors)):.2f}")

# %% [markdown] numbers={"14": "given: the factors"}
# Keep the middle lines in mind. Rotating (turning) a code loses nothing, a decoder can rotate it back, but the gap falls from 1 to almost 0: MIG rewards *axes*. And a standard normal prior is *rotation-invariant*, so the KL by itself gives no reason to prefer these axes to rotated ones.
#
# In our world, x and y are as alike as two factors can be, 14 values each. So we also build a second world in which they differ: only the five middle values of y.

# %%
narrow = np.abs(factors[:, 3] - 7) <= 2
worlds = {"equal": (x, factors), "unequal": (x[narrow], factors[narrow])}
scores = {("equal", f"β {beta}"): [gap(told(sweep[beta]["z"], factors))] for beta in (0.5, 2)}
scores["equal", "plain"] = [gap(told(z_plain, factors))]
plan = {"equal": ((1,), 30, 256), "unequal": ((0, 1, 2), 30, 128)}
kept = {}
for world, (images, truth) in worlds.items():
    seeds, epochs, batch_size = plan[world]
    scores[world, "PCA"] = [gap(told(pca_codes(images), truth))]
    for kind, one, beta in (("plain", plain, 0), ("β 0.5", model, 0.5), ("β 2", model, 2)):
        model.beta.assign(beta)
        for seed in seeds[:1] if one is plain else seeds:
            train(one, images, seed, epochs, batch_size)
            score = gap(told(evaluation.encode(one, images), truth))
            scores.setdefault((world, kind), []).append(score)
            kept[world, kind, seed] = score, one.get_weights()

# %% mystnb={"image": {"alt": "Two panels of points, one for each seed: mutual information gaps of PCA, the plain autoencoder and VAEs with beta 0.5 and 2; all gaps lie below about one half, and seeds of the same model lie a tenth apart or more"}}
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3), sharey=True)
kinds = ["PCA", "plain", "β 0.5", "β 2"]
for ax, world in zip(axes, worlds, strict=True):
    for i, kind in enumerate(kinds):
        values = scores[world, kind]
        ax.scatter([i] * len(values), values, color=f"C{i}")
    ax.set(title=f"x and y {world}", ylim=(0, 0.6))
    ax.set_xticks(range(len(kinds)), kinds)
axes[0].set_ylabel("mutual information gap")
plt.show()
print("mean over seeds  equal  unequal")
for kind in kinds:
    means = [np.mean(scores[world, kind]) for world in worlds]
    print(f"{kind:15s} {means[0]:6.1f} {means[1]:8.1f}")

# %% [markdown]
# The means are rounded hard, and on purpose: the points scatter. Training noise alone, with the *same* initial weights, moved the gap of one model from 0.16 to 0.25 when we repeated it. So we also ran forty seeds of each setting: in the unequal world β = 2 gave gaps from 0.02 to 0.34, on average 0.16, β = 0.5 from 0.02 to 0.36, on average 0.13 (the averages are sure to about 0.015). With twice as many steps, in batches of 64, they were 0.23 and 0.15. PCA has 0.10 there and the plain autoencoder no more. In the world of equal factors β = 2 averaged 0.13, *less than PCA's* 0.17.
#
# So a higher β can help, on average, in a world whose factors differ in how much they move the pixels; a likely reason is that a cost per nat makes it worthwhile to put the most valuable direction into a unit of its own (Rolínek et al., 2019), and when two factors are worth the same, nothing fixes the directions between them. A single run tells next to nothing.

# %% [markdown] numbers={"2": "given: the code below", "-2": "given: the code below"}
# ### Latent traversals
#
# The usual evidence is a picture: hold a code fixed, move one unit from -2 to 2, decode. Here for three models of the unequal world: the best seed at β = 0.5, and the best and the *worst* at β = 2. Units are sorted by their rate, the largest first. **Predict** what the last rows look like.


# %%
def look(weights):
    """Pictures of each unit's move, and the table of what each unit tells, largest rate first."""
    model.set_weights(weights)
    z_mean, z_log_var = evaluation.posterior(model, images)
    order = np.argsort(-evaluation.kl_per_unit(z_mean, z_log_var))
    codes = np.repeat(z_mean[start], 6 * 9, axis=0)
    for row, unit in enumerate(order):
        codes[9 * row : 9 * row + 9, unit] = np.linspace(-2, 2, 9)
    return evaluation.decode(model, codes), told(z_mean[:, order], truth)


start = np.flatnonzero((truth == (1, 2, 7, 7)).all(axis=1))  # a disc of middle size, in the middle
low, high = (
    sorted((kept["unequal", kind, seed] for seed in plan["unequal"][0]), key=lambda pair: pair[0])
    for kind in ("β 0.5", "β 2")
)
shown = {"β 0.5, best": low[-1], "β 2, best": high[-1], "β 2, worst": high[0]}
looks = {name: look(weights) for name, (_, weights) in shown.items()}

# %% mystnb={"image": {"alt": "Three grids of decoded shapes, six rows of nine each, one row for each unit: with beta 0.5 and beta 2 about three rows change, moving the shape or changing its size; the last rows stay the same in all three"}}
fig, axes = plt.subplots(1, 3, figsize=(10, 2.7))
for ax, (name, (pictures, _)) in zip(axes, looks.items(), strict=True):
    plots.plot_images(pictures, n_columns=9, title=name, ax=ax)
plt.show()

# %% [markdown]
# Collapsed units change nothing. What the others do is best read beside the numbers: how much does each unit tell about each factor?

# %% mystnb={"image": {"alt": "Four tables as colours, four factors by six units: PCA and the three models; the row of the shape is dark in all, the rows of x and y have bright fields, in the best model mostly one each"}}
fig, axes = plt.subplots(1, 4, figsize=(10, 2.5), sharey=True)
tables = {"PCA": told(pca_codes(images), truth)} | {name: two[1] for name, two in looks.items()}
for ax, (name, shares) in zip(axes, tables.items(), strict=True):
    mesh = ax.pcolormesh(shares, vmin=0, vmax=1, cmap="viridis", edgecolors="white")
    ax.set(title=name, xticks=np.arange(6) + 0.5, xticklabels=range(1, 7))
axes[0].invert_yaxis()
axes[0].set_yticks(np.arange(4) + 0.5, names)
fig.colorbar(mesh, ax=axes, label="fraction of the factor told")
plt.show()

# %% [markdown] numbers={"1.1": "log(3)", "12,000": "paper: Locatello et al. 2019"}
# One bright field in a row, and dark ones beside it, is what MIG rewards. Note the first row: hardly any unit tells which *shape* it is. Three values are worth at most $\log 3 = 1.1$ nats, they move few pixels, and the KL term removes them first. A disentangled code is not the same as a complete one.
#
# ### Identifiability: what no β can buy
#
# Locatello et al. (2019) trained more than 12,000 models and proved what the rotated code above suggests: from images alone, without any assumption built into model or data, factors cannot be identified. For every disentangled code there is an entangled one with the same distribution of codes and of images. In their experiments a lucky seed could outweigh the choice of method, as it does here. If you find disentangled units, you have brought an **inductive bias**, on purpose or not: ours was a world in which the factors differ in weight. Report several seeds, the spread, and PCA beside them.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("16.1")` gives a hint; call it again for the next one.
#
# ### Exercise 16.1: again and again
#
# Fu et al. (2019) warm up several times (*cyclical annealing*): in each period, β rises in equal steps from 0 and reaches `final` in the middle of the period, where it stays until the next one begins. Write `cyclical_beta(epoch, period, final)`.


# %% tags=["exercise"]
def cyclical_beta(epoch, period, final): ...


checks.check_cyclical_beta(cyclical_beta)


# %% tags=["solution"]
def cyclical_beta(epoch, period, final):
    phase = (epoch % period) / period
    return final * min(1.0, 2 * phase)


checks.check_cyclical_beta(cyclical_beta)

# %% [markdown]
# ### Exercise 16.2: the turned code
#
# Write `turned(z, angle)`: the codes `z`, `(n, latent_dim)`, with the first two units rotated by `angle` (in radians) in their plane, $z_1' = z_1 \cos a - z_2 \sin a$ and $z_2' = z_1 \sin a + z_2 \cos a$, and the others as they were.


# %% tags=["exercise"]
def turned(z, angle): ...


checks.check_turned(turned)


# %% tags=["solution"]
def turned(z, angle):
    result = np.array(z, dtype=float)
    result[:, 0] = z[:, 0] * np.cos(angle) - z[:, 1] * np.sin(angle)
    result[:, 1] = z[:, 0] * np.sin(angle) + z[:, 1] * np.cos(angle)
    return result


true_place = factors[:, 2:].astype(float)
for degrees in (0, 5, 15, 45):
    z = turned(true_place, np.radians(degrees))
    score = evaluation.mutual_information_gap(z, factors[:, 2:])
    print(f"turned by {degrees} degrees: gap {score:.2f}")
checks.check_turned(turned)

# %% [markdown]
# ### Exercise 16.3: the highest price
#
# Write `highest_beta(results, budget)`: from a dictionary {β: (rate, distortion)} the largest β whose distortion is at most `budget`, or 0 if there is none.


# %% tags=["exercise"]
def highest_beta(results, budget): ...


checks.check_highest_beta(highest_beta)


# %% tags=["solution"]
def highest_beta(results, budget):
    good = [beta for beta, (_, distortion) in results.items() if distortion <= budget]
    return max(good, default=0)


checks.check_highest_beta(highest_beta)

# %% [markdown] numbers={"0.0": "seen: the table", "0.45": "given: an example of the quiz", "0.30": "given: an example of the quiz", "16": "given: an example of the quiz"}
# ## What to remember
#
# - β is an exchange rate between nats of code and nats of pixels; it picks a point on the rate-distortion curve, and only β = 1 is a bound.
# - Units collapse one by one; posterior collapse is a fault only if their information would have paid.
# - What changes while training must be a weight (`model.beta.assign`), not a Python number.
# - MIG measures whether factors lie on axes; PCA, several seeds and the spread belong beside it.
# - Without an inductive bias, images alone do not identify their factors.
#
# ## Quiz
#
# 1. At β = 16 the rate is 0.0. (a) A bug. (b) Posterior collapse, cured by annealing. (c) The best answer at this β.
# 2. A callback sets `model.temperature = 0.5`, a Python number, and the curve does not move. (a) Assign to a weight instead. (b) Use a smaller number. (c) Train for longer.
# 3. A paper reports a gap of 0.45 against 0.30 for the older method, one run each. (a) The new one is better. (b) We must know the spread over seeds. (c) MIG is useless.
#
# <details><summary>Answers</summary>
#
# 1. **c.** The table shows the mean image is cheaper than any code we found; annealing (b) helps where a code would have paid. Nothing is broken (a).
# 2. **a.** The compiled step still holds the old number, whatever you write (b) and however long you wait (c).
# 3. **b.** Here seeds alone moved it by 0.3 (so not a). With its spread stated it is useful (not c).
# </details>
#
# ## Further reading
#
# - Higgins et al., *beta-VAE* (2017), openreview.net/forum?id=Sy2fzU9gl.
# - Alemi et al., *Fixing a broken ELBO*, arXiv:1711.00464: rate and distortion.
# - Chen et al., *Isolating sources of disentanglement in VAEs*, arXiv:1802.04942, section 4.1: MIG.
# - Locatello et al., *Challenging common assumptions in the unsupervised learning of disentangled representations*, arXiv:1811.12359.
# - Annealing: Bowman et al., arXiv:1511.06349; Fu et al., arXiv:1903.10145. Directions: Rolínek et al., arXiv:1812.06775.

# %% tags=["receipt"]
notebook.claim(rates == sorted(rates, reverse=True), "a higher beta, a lower rate")
notebook.claim(distortions == sorted(distortions), "a higher beta, a higher distortion")
notebook.claim(sweep[16]["rate"] < 0.2, "at 16 no nat is worth its cost")
notebook.claim(sweep[0.2]["rate"] > np.log(len(x)), "a rate may exceed the information")
notebook.claim(
    annealed["warm-up"]["rate"] > 1.4 * annealed["constant"]["rate"], "warm-up must save time"
)
notebook.claim(
    np.mean(scores["unequal", "β 2"]) > scores["unequal", "PCA"][0] - 0.02,
    "pressure must not hurt in the unequal world",
)
notebook.receipt(
    rate_at_2=sweep[2]["rate"],
    distortion_at_2=sweep[2]["distortion"],
    plain_distortion=plain_distortion,
    gap_pca=scores["equal", "PCA"][0],
)
