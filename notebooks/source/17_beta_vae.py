# %% [markdown]
# # 17. The beta-VAE: rate, distortion and disentanglement
#
# *Change the weight of the KL term, see what a code keeps and what it gives up, and find out when its units stand for the factors of the images.*
#
# **You will be able to**
# - trade rate for distortion with one weight, β, and draw the rate-distortion curve;
# - count the units that carry information, and tell a training that is stuck from a code that is not worth its cost;
# - change β while training, on every backend;
# - measure disentanglement on drawn codes, say where it comes from, and how far to trust the number.
#
# **You need** lesson 16: rate, distortion, the ELBO, and codes that are drawn. Lesson 10 (PCA) helps.
#
# **Time** 30 minutes to read, 35 for the exercises, about 25 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_17 as checks
from ae_keras import VAE, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots
from ae_keras.data import synthetic

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.metrics import mutual_info_score

notebook.start(seed=0)


def halve(x):
    """The mean of every block of 2 x 2 pixels: a quarter of the work."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


parts = [data.load("shapes", subset) for subset in ("train", "test")]
x = np.concatenate([halve(part.x) for part in parts])
factors = synthetic.factors(np.concatenate([part.groups for part in parts]))
middle = np.abs(factors[:, 3] - 7) <= 2  # five values of y
x, factors = x[middle], factors[middle]
names = list(synthetic.FACTORS)
image_shape = x.shape[1:]
floor = evaluation.pixel_entropy(x)

# %% [markdown] numbers={"four": "given: the factors printed below"}
# ## A world of four factors
#
# To ask what a code *means*, one must know what it could mean. So this lesson leaves the digits for white shapes on black, each given by four numbers, its *[generative factors](glossary.md#generative-factor)*.

# %% mystnb={"image": {"alt": "Two rows of twelve small images: white squares, discs and triangles of several sizes at different places on black"}}
fig, ax = plt.subplots(figsize=(8, 1.5))
plots.plot_images(x[:24], n_columns=12, ax=ax)
plt.show()
for name, values in zip(names, factors.T, strict=True):
    print(f"{name:6s} {len(np.unique(values)):3d} values")
print(f"{len(x)} images of {image_shape[0]} x {image_shape[1]} pixels in all")

# %% [markdown] numbers={"six": "given: the width of the code", "four": "given: Cooling below"}
# Every combination occurs exactly once. These images are the whole world, so we train and measure on all of it: there are no others to generalise to.
#
# A VAE of lesson 16, with changes explained below, now learns to describe these pictures by six numbers. Nobody tells it that there are places or sizes. `train` first gives it fresh weights and a fresh optimizer, so that *one* compiled model serves the whole lesson. `Cooling` changes the weight of the KL term, β, during training: from four times its value down to it. What that is worth we shall see near the end.


# %% tags=["keep"]
class Cooling(keras.callbacks.Callback):
    """Lets beta fall from four times its value to its value, over so many epochs."""

    def __init__(self, beta, epochs):
        super().__init__()
        self.beta, self.epochs = beta, epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta.assign(self.beta * 4 ** max(0, 1 - epoch / self.epochs))


def build(latent_dim=6, hidden=(128, 64)):
    model = VAE(DenseEncoder(2 * latent_dim, hidden), DenseDecoder(image_shape, hidden[::-1]))
    model.compile(keras.optimizers.Adam(), loss=losses.binary_crossentropy)
    model.optimizer.build(model.trainable_variables)  # `train` sets its variables to zero
    return model


def train(model, beta, seed=0, steps=330, callbacks=()):
    for variable in [*model.trainable_weights, *model.optimizer.variables]:
        variable.assign(ops.zeros(variable.shape, variable.dtype))
    backend.seed_weights(model, seed)
    model.optimizer.learning_rate = 0.005
    model.beta.assign(beta)
    # An epoch shows every image four times: few long epochs take less time than many short ones.
    batches = data.Batches(np.repeat(x, 4, axis=0), batch_size=128, seed=seed)
    epochs = steps // len(batches)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))


# %% [markdown] numbers={"-2": "given: traverse below", "2": "given: traverse below", "16": "given: a value to try"}
# Then we take one picture, a disc of middle size in the middle, hold its code fixed and move *one* number of it from -2 to 2: a *[latent traversal](glossary.md#latent-traversal)*. Row by row, what changes? The rows are sorted: the number that carries the most information comes first.
#
# **Predict.** Six numbers for four factors. Will each row change one thing, or every row a bit of everything? And the rows that are left over?
#
# **Change this line and run again:** `BETA`, once you have read what 2 gives. Predict what 0.25 and 16 will do to the number of rows that move.


# %% tags=["keep"]
def ranked(model):
    """Means and log variances of all codes, the units with the largest rate first."""
    z_mean, z_log_var = evaluation.posterior(model, x)
    order = np.argsort(-evaluation.kl_per_unit(z_mean, z_log_var))
    return z_mean[:, order], z_log_var[:, order], order


def traverse(model, start, steps=9):
    """Pictures for each unit, moved from -2 to 2: (n_units, steps, height, width, 1)."""
    z_mean, _, order = ranked(model)
    codes = np.tile(z_mean[start], (len(order), steps, 1))
    for row in range(len(order)):
        codes[row, :, row] = np.linspace(-2, 2, steps)
    pictures = evaluation.decode(model, codes[..., np.argsort(order)].reshape(-1, len(order)))
    return pictures.reshape(len(order), steps, *image_shape)


start = np.flatnonzero((factors == (1, 2, 7, 7)).all(axis=1))[0]

# %% tags=["keep"] mystnb={"image": {"alt": "Six rows of nine pictures of a bright spot. In the first it wanders from one side to the other, in the second it shrinks from a large spot to a faint one, in the third it rises a little, in the last three nothing changes"}}
BETA = 2.0  # try 0.25, 8, 16

model = build()
train(model, BETA, steps=1200, callbacks=[Cooling(BETA, epochs=20)])
pictures = traverse(model, start)
fig, ax = plt.subplots(figsize=(7, 4.5))
plots.plot_rows({f"row {i + 1}": row for i, row in enumerate(pictures)}, ax=ax)
plt.show()

# %% [markdown]
# To name the rows without wishful thinking, we measure the pictures: where is the centre of the light, and how much light is there? Each row is named after the quantity of whose range, over all images of the world, it covers the largest share.


# %% tags=["keep"]
def measured(pictures):
    """Place of the centre of the light, across and down, and the amount of light."""
    light = pictures.sum(axis=(-3, -2, -1))
    place = np.arange(image_shape[0])
    across = (pictures.sum(axis=(-3, -1)) * place).sum(axis=-1) / light
    down = (pictures.sum(axis=(-2, -1)) * place).sum(axis=-1) / light
    return np.stack([across, down, light])


z_mean, z_log_var, _ = ranked(model)
rate_of_rows = evaluation.kl_per_unit(z_mean, z_log_var)
shares = np.ptp(measured(pictures), axis=-1).T / np.ptp(measured(x), axis=-1)
found = []
print("        it is      share of the range   rate, nats")
for row, share in enumerate(shares):
    found.append(["x", "y", "size"][share.argmax()] if share.max() > 0.4 else "nothing")
    print(f"row {row + 1}   {found[-1]:8s} {share.max():20.1f} {rate_of_rows[row]:12.1f}")
if BETA == 2:
    notebook.claim(sorted(found[:3]) == ["size", "x", "y"], "three rows are x, size and y")
    notebook.claim(found[3:] == ["nothing"] * 3, "the other three do nothing")

# %% [markdown] numbers={"3": "seen: the table", "2": "seen: the figure", "three": "given: the factors found"}
# Row 1 is x, row 2 is the size, row 3 is y: three of the four factors, each in a number of its own, found without a label by a network that was only asked to be brief. They are not quite pure (as the spot of row 2 fades it also moves a little), and the spots are soft: no row is the *shape*, so all shapes are drawn as their average. The last three numbers do nothing and cost nothing.
#
# This is what made the β-VAE famous. The rest of the lesson asks what was given up for it, how to measure it, why it happens, and how far one may trust it.

# %% [markdown]
# ## The β-VAE: one weight
#
# The [beta-VAE](glossary.md#beta-vae) (Higgins et al., 2017) puts a weight before the rate of lesson 16:
#
# $$L = \underbrace{\mathbb E_q\bigl[-\log p(x \mid z)\bigr]}_{D,\ \text{distortion}} + \beta\,\underbrace{\mathrm{KL}\bigl(q(z \mid x)\,\|\,p(z)\bigr)}_{R,\ \text{rate}}.$$
#
# $\beta$ is an exchange rate: a nat of code costs as much as $\beta$ nats of pixels. With $\beta = 1$ this is the negative ELBO, the bound on $-\log p(x)$, and the model is that of lesson 16. With any larger $\beta$ it is still a bound, but a looser one, and what it buys is a shorter code. By hand it is one line more than lesson 16's class, and a peculiar way to store $\beta$:


# %%
class HandmadeBetaVAE(keras.Model):
    def __init__(self, encoder, decoder, beta):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        initial = keras.initializers.Constant(beta)
        self.beta = self.add_weight((), initializer=initial, trainable=False, name="beta")
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
# Why a *weight* that is not trained, and not simply `self.beta = beta`? Because we want to change it later. JAX and TensorFlow compile the training step once; a Python number becomes part of the program, and `model.beta = 4.0` afterwards has no effect and raises no error. PyTorch does follow, so the same code would train two different models. A weight is an *input* of the compiled step, and `model.beta.assign(4.0)` works everywhere. We test it beside the package's `VAE`, which does the same: evaluate, so that everything is compiled, and then change β.

# %%
hand = HandmadeBetaVAE(DenseEncoder(12, (128, 64)), DenseDecoder(image_shape, (64, 128)), beta=1.0)
hand(x[:1])  # creates its weights
package = VAE(DenseEncoder(12, (128, 64)), DenseDecoder(image_shape, (64, 128)))
seen = {}
for name, one in (("hand", hand), ("package", package)):
    backend.seed_weights(one, seed=0)
    one.compile(optimizer="adam", loss=losses.binary_crossentropy)
    for beta in (1, 4):
        one.beta.assign(beta)
        seen[name, beta] = np.ravel(one.evaluate(x[:500], x[:500], verbose=0))[0]
kl = evaluation.kl_per_unit(*evaluation.posterior(package, x[:500])).sum()
for beta in (1, 4):
    same = np.isclose(seen["hand", beta], seen["package", beta], rtol=1e-4)
    print(f"beta {beta}: same loss by hand and in the package: {same}")
grown = seen["package", 4] - seen["package", 1]
print("from 1 to 4 the loss grew by 3 times the KL:", np.isclose(grown, 3 * kl, rtol=1e-2))

# %% [markdown]
# ## Rate against distortion
#
# Since β is a weight, the model above can be trained at every β. [Distortion](glossary.md#rate-and-distortion) is quoted above the floor of lesson 06 (these images have grey edges), so 0 would be perfect, and it is measured with drawn codes, as the loss is.


# %% tags=["keep"]
def measure(model):
    codes = evaluation.posterior(model, x)  # means and log variances
    units = np.sort(evaluation.kl_per_unit(*codes))[::-1]
    distortion = evaluation.negative_elbo(model, x, n_samples=3) - units.sum() - floor
    return {"rate": units.sum(), "distortion": distortion, "units": units, "codes": codes}


mean_image = np.clip(x.mean(axis=0, keepdims=True), 1e-3, 1 - 1e-3)
cross_entropy = losses.binary_crossentropy(x, np.broadcast_to(mean_image, x.shape))
mean_distortion = float(ops.convert_to_numpy(cross_entropy).mean()) - floor
print(f"the mean image, without a code: {mean_distortion:.2f} nats above the floor")
print(f"naming one of {len(x)} images takes log {len(x)} = {np.log(len(x)):.2f} nats")

# %% [markdown]
# **Predict.** How many nats will the code of lesson 16's model (β = 1) carry: more or fewer than it takes to name an image? And at which of the values below will the code carry nothing at all?

# %% tags=["keep"]
sweep, traversals = {}, {}
for beta in (0.25, 1, 2, 4, 8, 16):
    train(model, beta)
    sweep[beta] = measure(model)
    traversals[beta] = traverse(model, start)

# %%
print(" beta    rate   distortion   distortion + beta * rate, nats per image")
for beta, m in sweep.items():
    total = m["distortion"] + beta * m["rate"]
    print(f"{beta:5.2f} {m['rate']:7.1f} {m['distortion']:12.1f} {total:12.1f}")
rates = [m["rate"] for m in sweep.values()]
distortions = [m["distortion"] for m in sweep.values()]
notebook.claim(rates == sorted(rates, reverse=True), "a higher beta, a lower rate")
notebook.claim(distortions == sorted(distortions), "a higher beta, a higher distortion")

# %% mystnb={"image": {"alt": "Distortion against rate: a convex curve that falls from the dashed line of the mean image at rate zero, beta 16, to a few nats of distortion for beta 1 and 0.25; beta 0.25 lies to the right of the dotted line that names an image, beta 1 to its left"}}
fig, ax = plt.subplots(figsize=(8, 3.6))
ax.plot(np.round(rates, 1), distortions, marker="o")
for beta, m in sweep.items():
    ax.annotate(f"β {beta}", (m["rate"], m["distortion"]), (6, 5), textcoords="offset points")
ax.axhline(mean_distortion, label="mean image, no code", linestyle="--", **plots.BASELINE)
ax.axvline(np.log(len(x)), label="enough to name an image", linestyle=":", **plots.BASELINE)
ax.set(xlabel="rate, nats per image", ylabel="distortion, nats per image", ylim=(0, 30))
ax.legend(loc=(0.3, 0.55))
plt.show()
notebook.claim(sweep[0.25]["rate"] > np.log(len(x)) > sweep[1]["rate"], "where naming lies")
notebook.claim(sweep[16]["rate"] < 0.2, "at 16 the code is empty")
first_nat = (mean_distortion - sweep[8]["distortion"]) / sweep[8]["rate"]
last_nat = (sweep[1]["distortion"] - sweep[0.25]["distortion"]) / (rates[0] - rates[1])
notebook.claim(first_nat > 8 > 1 > last_nat, "the first nats save more than the last")

# %% [markdown] numbers={"8": "given: the claim of the cell above", "16": "seen: the table", "5": "seen: the table"}
# This **rate-distortion curve** is the lesson in one picture. From the left, the first nats of code save more than 8 nats of pixels each; from β = 1 to the right, a further nat saves less than one. Each β picks the point where the curve's slope is $-\beta$: buy as long as a nat saves more than it costs. At 16 the code is empty.
#
# Lesson 16's model, β = 1, uses about 5 nats, fewer than naming takes: it does not keep everything. And at β = 0.25 the rate is *larger* than 6.96 nats, although no code can know more about an image than which one it is. The rate is an upper bound on the mutual information of image and code. It also counts how far all codes together, the *aggregate posterior*, are from the prior (Hoffman & Johnson, 2016), and a low β does little about that.

# %% [markdown]
# ## Active units and posterior collapse
#
# The rate is a sum over units. A unit whose cloud equals the prior for every image costs nothing and carries no information: it has **[collapsed](glossary.md#posterior-collapse)**. **Predict.** When β rises, do all units give up a little each, or does one after the other collapse?

# %% [markdown] numbers={"8": "given: a beta", "0.25": "given: a beta"}
# Move β and see both: the traversals of each model of the sweep, the row with the largest rate first, and its place on the rate-distortion curve. (Each β is a training of its own, without cooling.) (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Find out:** at β = 8 one row is left. What does it change, x, y or the size? And at β = 0.25, does each row change one thing?

# %% mystnb={"image": {"alt": "A figure to turn, as it is at first, at beta 2: six rows of nine small pictures of a bright spot; the upper rows move or change it, the lower ones do not"}}
rates_of = {beta: m["units"] for beta, m in sweep.items()}
distortion_of = {beta: m["distortion"] for beta, m in sweep.items()}
widgets.beta_sweep(traversals, rates_of, distortion_of, mean_distortion, start=2)

# %% [markdown] numbers={"8": "given: a beta", "0.25": "given: a beta"}
# One after the other. At β = 8 the row that is left moves the spot across: x, which moves the most pixels. At β = 0.25 five rows carry something, and the upper ones change place and size together: a low β buys detail, and not pure rows. The rates again, for all β at once:

# %% mystnb={"image": {"alt": "A stacked bar for each beta. From left to right the bars get shorter and have fewer pieces: several at beta 0.25, one at 8; at 16 nothing is left"}}
units = np.round([m["units"] for m in sweep.values()], 1)
fig, ax = plt.subplots(figsize=(8, 3))
bottom = np.zeros(len(sweep))
for i, unit in enumerate(units.T):
    ax.bar(range(len(sweep)), unit, bottom=bottom, color=f"C{i}", edgecolor="white")
    bottom += unit
ax.set_xticks(range(len(sweep)), [f"β {beta}" for beta in sweep])
ax.set(ylabel="rate, nats per image", title="rate by unit, the largest at the bottom")
plt.show()
used = [int((m["units"] > 0.2).sum()) for m in sweep.values()]
notebook.claim(used[0] >= 4 and used[-3] <= 3, "from four units or more to three or fewer")
notebook.claim(used[-2] == 1 and used[-1] == 0, "one unit is left at 8, none at 16")


# %% [markdown] numbers={"8": "given: a beta", "16": "given: a beta"}
# One after the other, down to a single unit at β = 8 and none at 16, while the survivors shrink as well. (A colour stands for a *rank*, not for one unit: each bar is a training of its own.) What moves the most pixels is worth the most nats: in the first model that was x, then the size, then y. The shape got no unit at all, since whether it is a disc or a square is a matter of a few corner pixels.
#
# Papers often call a unit *[active](glossary.md#active-unit)* if the variance of its mean exceeds 0.01 (Burda et al., 2016, section 5). A unit just above that threshold carries next to nothing; we trust the rates.

# %% [markdown]
# ## Stuck, or not worth its cost?
#
# At β = 16 the code is empty, and the loss is that of the mean image. Perhaps no nat of code saves sixteen nats of pixels, and an empty code is the best there is. Or training got stuck: in the first epochs the decoder cannot read the code yet, so a nat saves nothing and costs β at once, and the encoder drops all units before they have ever been of use.
#
# **Predict.** Which one is it at 16, and how would you find out?
#
# The experiment: begin with β = 0, let a code come into being, and raise β slowly (**[KL annealing](glossary.md#kl-annealing)**, or *warm-up*; Bowman et al., 2016). If the code survives at the full β, with a lower loss, the empty one was a failure of training.


# %% tags=["keep"]
class Warmup(keras.callbacks.Callback):
    def __init__(self, beta, epochs):
        super().__init__()
        self.beta, self.epochs = beta, epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta.assign(self.beta * min(1.0, epoch / self.epochs))


# %%
warmed = {("constant", 0): sweep[16]}
for name, seed in (("constant", 1), ("warm-up", 0), ("warm-up", 1)):
    train(model, 16, seed, callbacks=[Warmup(16, 6)] if name == "warm-up" else ())
    warmed[name, seed] = measure(model)
print("beta = 16                distortion + 16 * rate, nats per image")
print(f"mean image, no code    {mean_distortion:12.1f}")
totals = {key: m["distortion"] + 16 * m["rate"] for key, m in warmed.items()}
for (name, seed), total in totals.items():
    print(f"{name:9s} seed {seed}       {total:12.1f}")
furthest = max(abs(total - mean_distortion) for total in totals.values())
notebook.claim(furthest < 0.5, "with and without warm-up, it ends at the mean image")

# %% [markdown]
# It was not stuck. Given a code to begin with, training gave it up again, and all four runs end within half a nat of the mean image. So here rate 0 is the right answer: at this price no code is worth having.
#
# The other answer exists as well. The classic case is text, where a strong decoder predicts the next word without a code and never learns to read one (Bowman et al., 2016). Whenever a rate stays near zero, run this experiment before you believe either explanation.

# %% [markdown]
# ## Measuring disentanglement
#
# A code in which each unit stands for one factor is called **[disentangled](glossary.md#disentangled)**. To compare models we need a number. For a factor $v_k$ and a unit $z_j$ take the [mutual information](glossary.md#mutual-information) $I(v_k; z_j)$: by how many nats knowing the unit's value reduces the uncertainty about the factor. As a fraction of the factor's entropy $H(v_k)$ it runs from 0 to 1.
#
# But what *is* the unit's value? The tempting answer is the mean that the encoder returns. Let us try it, with the usual estimate: cut the range of the unit into 20 bins and count.


# %% tags=["keep"]
def information(z, factors, n_bins=20):
    """Fraction of each factor's entropy that each unit knows: (n_factors, n_units)."""
    edges = [np.linspace(unit.min(), unit.max(), n_bins + 1)[1:-1] for unit in z.T]
    binned = [np.digitize(unit, edge) for unit, edge in zip(z.T, edges, strict=True)]
    return np.array(
        [[mutual_info_score(f, b) / mutual_info_score(f, f) for b in binned] for f in factors.T]
    )


def drawn(z_mean, z_log_var, factors, n_draws=10):
    """Codes as the decoder gets them, drawn from q(z|x), and the factors of their images."""
    z_mean, z_log_var, factors = (
        np.repeat(values, n_draws, axis=0) for values in (z_mean, z_log_var, factors)
    )
    epsilon = np.random.default_rng(0).normal(size=z_mean.shape)
    return z_mean + np.exp(z_log_var / 2) * epsilon, factors


# %%
by_means = information(z_mean, factors)
by_draws = information(*drawn(z_mean, z_log_var, factors))
collapsed = by_means[:, 3:].max()
print("one of rows 4 to 6 knows more than a twentieth of a factor:", bool(collapsed > 0.05))

# %% [markdown] numbers={"4": "given: the rows", "6": "given: the rows"}
# Rows 4 to 6 of the traversal do not move at all, and yet one of their means seems to know something about a factor. In training, though, the decoder never gets the mean: it gets a draw from the cloud. So let us cut into bins what it gets, drawn codes, as Chen et al. (2018, section 4.1) do. **Predict.** What will be left in rows 4 to 6? And where did the knowledge of their means come from?

# %%
print("drawn codes" + "".join(f"  row {i + 1}" for i in range(by_draws.shape[1])))
for name, values in zip(names, by_draws, strict=True):
    print(f"{name:11s}" + "".join(f"{value:7.1f}" for value in values))
if BETA == 2:
    notebook.claim(collapsed > 0.05, "collapsed means seem to know something")
    notebook.claim(by_draws[:, 3:].max() < 0.02, "drawn codes of collapsed units know nothing")

# %% [markdown]
# Now the collapsed units are empty. The bins were the trap: they divide *whatever* range the means have, and even a collapsed unit's mean moves a very little in step with the images. A cloud of width 1 buries such movements. What is left is the picture of the traversal in numbers: one large value in the line of x, one in that of the size, one in that of y, and (nearly) nothing beside them. None of them is near 1, because the noise blurs neighbouring values: β has cut the *amount*, too.

# %% [markdown]
# The **[mutual information gap](glossary.md#mutual-information-gap)** (MIG; Chen et al., 2018) condenses such a table: for each factor, the lead of the best unit over the second best, averaged over the factors. It is 1 if each factor has a unit to itself, and near 0 if it is spread over several.


# %%
def gap(table):
    ordered = np.sort(table, axis=1)
    return float(np.mean(ordered[:, -1] - ordered[:, -2]))


own = gap(by_draws)
ours = evaluation.mutual_information_gap(z_mean, factors, z_log_var=z_log_var)
print("same as the package:", np.isclose(own, ours, atol=0.005))

turn = np.sqrt(0.5) * np.array([[1, -1], [1, 1]])  # by 45 degrees
place = factors[:, 2:].astype(float)
z_pca = evaluation.fit_pca(x, 6).transform(x.reshape(len(x), -1))
print(f"the true place, x and y, as a code   {gap(information(place, place)):.2f}")
print(f"the same, turned by 45 degrees       {gap(information(place @ turn, place)):.2f}")
print(f"PCA, 6 numbers, four factors         {gap(information(z_pca, factors)):.2f}")
print(f"our beta-VAE                         {own:.1f}")
notebook.claim(BETA != 2 or own > gap(information(z_pca, factors)) + 0.03, "ahead of PCA")

# %% [markdown]
# Keep the first two lines in mind. Turning a code loses nothing, a decoder can turn it back, but the gap falls from 1 to 0: MIG rewards *axes*. PCA spreads the factors over several numbers, and the β-VAE is ahead of it.

# %% [markdown] numbers={"40": "given: the code below", "4": "given: the code below"}
# ## Where do the axes come from?
#
# A standard normal prior looks the same from all sides. So why should a VAE prefer one pair of axes to another? Because a part of it does *not* look the same from all sides: the cloud. The encoder returns one variance for each unit and no covariances: every $q(z \mid x)$ is an ellipse *along the axes*. What it should imitate is the true posterior, an ellipse that is narrow in directions that change many pixels and wide in those that change few. If these directions lie along the axes, the two can match; if they are turned, they cannot, and the mismatch costs nats (Rolínek et al., 2019). Let the true posterior have the precisions (1 / variance) 40 along one direction and 4 along the other. The best cloud along the axes has the diagonal of the turned precision matrix; what it loses is its KL divergence from the true posterior.
#
# **Predict.** At which angle is the loss largest? And how does it change if the two precisions are nearly equal, or quite equal?


# %% mystnb={"image": {"alt": "Nats lost against the angle of the code, from 0 to 90 degrees. For precisions 40 and 4 a hill over half a nat high at 45 degrees; for 40 and 20 a very low one; for 40 and 40 a flat line at zero"}}
def lost_nats(precisions, degrees):
    """What a cloud along the axes loses if the true posterior is turned by so many degrees."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, -s], [s, c]])
    precision = turn @ np.diag(precisions) @ turn.T
    return (np.log(np.diag(precision)).sum() - np.linalg.slogdet(precision)[1]) / 2


degrees = np.arange(0, 91)
fig, ax = plt.subplots(figsize=(8, 3))
for pair, style, lift in (((40, 4), "-", 5), ((40, 20), "--", 4), ((40, 40), "-.", -13)):
    lost = [lost_nats(pair, angle) for angle in degrees]
    (line,) = ax.plot(degrees, lost, linestyle=style)
    place = {"xytext": (0, lift), "textcoords": "offset points", "ha": "center"}
    ax.annotate(f"precisions {pair[0]} and {pair[1]}", (45, max(lost)), **place)
ax.set(xlabel="angle of the code to the factors, degrees", ylabel="lost, nats per image")
ax.set(ylim=(-0.1, 0.75), xticks=range(0, 91, 15))
plt.show()
print(f"40 and 4, turned by 45 degrees: {lost_nats((40, 4), 45):.2f} nats")

# %% [markdown] numbers={"90": "seen: the figure"}
# Two factors that move the pixels unequally are pulled to the axes: half-way, at 45 degrees, the code loses half a nat an image. (At 90 degrees the units have merely changed places.) Between two *equal* factors the line is flat: any angle is as good as any other. And a cloud that may point anywhere, with a full covariance matrix, would lose nothing at any angle. Not the prior and not the size of β, but the **diagonal covariance**, an [inductive bias](glossary.md#inductive-bias) put there for convenience, is what prefers axes.

# %% [markdown] numbers={"twenty": "given: benchmarks/disentangling.py", "1,500": "given: benchmarks/disentangling.py", "2": "given: a beta", "4": "given: a beta", "0.23": "measured: disentangling.json rows.unequal, beta 1.figures: gap", "0.11": "measured: disentangling.json rows.unequal, beta 1.figures: gap_least", "0.44 | 0.30": "measured: disentangling.json rows.unequal, beta 1.figures: gap_most", "0.30 | |": "measured: disentangling.json rows.unequal, beta 1.figures: second", "0.27": "measured: disentangling.json rows.unequal, beta 2.figures: gap", "0.14": "measured: disentangling.json rows.unequal, beta 2.figures: gap_least", "0.34": "measured: disentangling.json rows.unequal, beta 2.figures: gap_most", "0.15": "measured: disentangling.json rows.unequal, beta 2.figures: second", "0.30 | 0.25": "measured: disentangling.json rows.unequal, cooled.figures: gap", "0.25": "measured: disentangling.json rows.unequal, cooled.figures: gap_least", "0.32": "measured: disentangling.json rows.unequal, cooled.figures: gap_most", "0.18": "measured: disentangling.json rows.unequal, full.figures: gap_most", "0.44": "measured: disentangling.json rows.unequal, full.figures: second", "0.10 | |": "measured: disentangling.json rows.unequal, full.figures: pca_gap", "0.68": "measured: disentangling.json rows.unequal, full.figures: pca_second", "0.10": "measured: disentangling.json rows.unequal, plain.figures: gap", "0.17": "measured: disentangling.json rows.unequal, plain.figures: gap_most", "0.64": "measured: disentangling.json rows.unequal, plain.figures: second", "0.035": "given: 0.267 - 0.232 in benchmarks/results/disentangling.json", "0.026": "given: the root of 0.013 ** 2 + 0.023 ** 2, standard errors in the same file", "half": "given: 0.145 / 0.295, the last column", "14": "given: the factors", "0.22": "measured: disentangling.json rows.round, beta 4.figures: gap_x", "0.20": "measured: disentangling.json rows.round, beta 4.figures: gap_y", "0.29": "measured: disentangling.json rows.equal, beta 4.figures: gap_x"}
# ## Twenty seeds
#
# One training proves little, so we trained twenty seeds of each model below, for 1,500 steps on this world. *Cooled* is how the first model of this lesson was trained: β starts at four times its value. *Full covariance* differs from β = 2 in one thing: its encoder returns a whole covariance matrix for each image. **Predict** what each does to the gap.
#
# | code | gap, mean | lowest to highest | second best unit knows |
# |---|---|---|---|
# | β = 1 | 0.23 | 0.11 to 0.44 | 0.30 |
# | β = 2 | 0.27 | 0.14 to 0.34 | 0.15 |
# | β = 2, cooled | 0.30 | 0.25 to 0.32 | 0.07 |
# | β = 2, full covariance | 0.08 | 0.01 to 0.18 | 0.44 |
# | plain autoencoder | 0.10 | 0.03 to 0.17 | 0.64 |
# | PCA | 0.10 | | 0.68 |
#
# (The VAEs with drawn codes. The last column is for size, x and y: what the second best unit knows, as a share of what the best one knows.)
#
# With a full covariance the axes are lost: the gap falls to that of PCA and of a plain autoencoder. That settles the cause. Is β = 2 better than lesson 16's β = 1? Its units are *purer*, with half as much left to the second best, but they know less, and the gap rewards both. It is ahead by 0.035 (before rounding), and twenty seeds leave that uncertain by 0.026: no difference to speak of. And look at the ranges: with one seed each, even the plain autoencoder could have come out ahead of it.
#
# Cooling is the clear success. At a high β only the most valuable direction is worth a unit; as β falls, the next one tends to get a unit of its own. No seed of the twenty fell below 0.25. (Burgess et al., 2018, reach the same by letting the rate grow step by step.)
#
# One observation the drawing above does not explain. In a larger world, where x and y take 14 values each and weigh the same, β = 4 still finds them, with gaps of 0.29 for x and 0.27 for y (means of twenty seeds). Because the places fill a square, with edges along the axes? In part: with the places in a circle the gaps fall to 0.22 and 0.20, and do not vanish. The rest we leave open.

# %% [markdown] numbers={"12,000": "paper: Locatello et al. 2019, abstract"}
# ### Identifiability: what no β can buy
#
# Locatello et al. (2019) trained more than 12,000 models and proved what the turned code suggests: from images alone, without any assumption built into model or data, factors cannot be identified. For every disentangled code there is an entangled one with the same distribution of codes and of images (theorem 1). In their experiments the seed could matter more than the choice of method. If you find disentangled units, you have brought an inductive bias, on purpose or not: here the diagonal clouds, the cooling, and a world whose factors differ. Report several seeds, their spread, and PCA beside them.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("17.1")` gives a hint; call it again for the next one.
#
# ### Exercise 17.1: again and again
#
# Fu et al. (2019) warm up several times (*cyclical annealing*): in each period of epochs, β rises in equal steps from 0, reaches its final value in the middle of the period and stays there until the next one begins. Write it as a callback, and train with it, say `train(model, 16, callbacks=[Cyclical(16, 5)])`: its 330 steps are 10 epochs, two periods. (Where in a period should training end?) Do repeated warm-ups find a code that a single one did not?


# %% tags=["exercise"]
class Cyclical(keras.callbacks.Callback):
    def __init__(self, beta, period):
        super().__init__()
        self.beta, self.period = beta, period

    # Your code here


checks.check_cyclical(Cyclical)


# %% tags=["solution"]
class Cyclical(keras.callbacks.Callback):
    def __init__(self, beta, period):
        super().__init__()
        self.beta, self.period = beta, period

    def on_epoch_begin(self, epoch, logs=None):
        phase = (epoch % self.period) / self.period
        self.model.beta.assign(self.beta * min(1.0, 2 * phase))


train(model, 16, callbacks=[Cyclical(16, 5)])
m = measure(model)
print(f"distortion + 16 * rate: {m['distortion'] + 16 * m['rate']:.1f}")
checks.check_cyclical(Cyclical)

# %% [markdown]
# ### Exercise 17.2: the shortest code that is good enough
#
# A distortion of 9 nats is good enough for some purpose. Find, to within 30 per cent, the largest β that keeps it: train a few β of your own with `train(model, beta)`, as the sweep did, and `measure` each. Set `choice = (beta, tried)`, where `tried` is a dictionary `{beta: (rate, distortion)}` of all that you trained, those of the sweep included if you like. It must show that a larger β would *not* do.

# %% tags=["exercise"]
BUDGET = 9.0
choice = ...

checks.check_budget(choice, BUDGET, sweep)

# %% tags=["solution"]
BUDGET = 9.0
found = {beta: sweep[beta] for beta in (2, 4)}
for beta in (2.5, 3.2):
    train(model, beta)
    found[beta] = measure(model)
tried = {beta: (m["rate"], m["distortion"]) for beta, m in found.items()}
best = max(beta for beta, (_, distortion) in tried.items() if distortion <= BUDGET)
choice = (best, tried)

checks.check_budget(choice, BUDGET, sweep)

# %% [markdown]
# ### Exercise 17.3: turn the code
#
# Write `turned_gap(z, factors, degrees)`: the mutual information gap of the codes `z`, `(n, latent_dim)`, after their first two units have been turned in their plane, $z_1' = z_1 \cos a - z_2 \sin a$ and $z_2' = z_1 \sin a + z_2 \cos a$; the other units stay. Then turn `drawn(z_mean, z_log_var, factors)`, the codes of the first model, by several angles. Did training end up at a good one?


# %% tags=["exercise"]
def turned_gap(z, factors, degrees): ...


checks.check_turned_gap(turned_gap)


# %% tags=["solution"]
def turned_gap(z, factors, degrees):
    a = np.radians(degrees)
    result = np.array(z, dtype=float)
    result[:, 0] = z[:, 0] * np.cos(a) - z[:, 1] * np.sin(a)
    result[:, 1] = z[:, 0] * np.sin(a) + z[:, 1] * np.cos(a)
    return evaluation.mutual_information_gap(result, factors)


codes, their_factors = drawn(z_mean, z_log_var, factors)
for degrees in (-45, -15, 0, 15, 45):
    print(f"turned by {degrees:3d} degrees: gap {turned_gap(codes, their_factors, degrees):.2f}")
checks.check_turned_gap(turned_gap)

# %% [markdown]
# ### Exercise 17.4: does more pressure help?
#
# Here is a claim to judge: *"β = 4 separates the factors of this world better than β = 1."* Train both with three seeds or more, each time `train(model, beta, seed)` (those of seed 0 are in the sweep, `sweep[beta]["codes"]`), and measure the gap of each with drawn codes. Set `verdict = (answer, gaps)`: the answer is `"yes"`, `"no"` or `"cannot tell"`, and `gaps` is `{1: [...], 4: [...]}`. The check asks whether your answer follows from *your* gaps: a difference of two means counts if it is more than twice its uncertainty, $\sqrt{s_1^2 / n_1 + s_4^2 / n_4}$ with the standard deviations $s$ over $n$ seeds.

# %% tags=["exercise"]
verdict = ...

checks.check_verdict(verdict)


# %% tags=["solution"]
def gap_of(codes):
    z_mean, z_log_var = codes
    return evaluation.mutual_information_gap(z_mean, factors, z_log_var=z_log_var)


gaps = {}
for beta in (1, 4):
    gaps[beta] = [gap_of(sweep[beta]["codes"])]
    for seed in (1, 2):
        train(model, beta, seed)
        gaps[beta].append(gap_of(evaluation.posterior(model, x)))
low, high = (np.array(gaps[beta]) for beta in (1, 4))
uncertainty = np.sqrt(low.var(ddof=1) / 3 + high.var(ddof=1) / 3)
ahead = high.mean() - low.mean()
answer = "cannot tell" if abs(ahead) <= 2 * uncertainty else "yes" if ahead > 0 else "no"
verdict = (answer, gaps)

checks.check_verdict(verdict)

# %% [markdown] numbers={"0.45": "given: an example of the quiz", "0.30": "given: an example of the quiz", "20": "given: an example of the quiz"}
# ## What to remember
#
# - β is an exchange rate between nats of code and nats of pixels; it picks a point on the rate-distortion curve. β = 1 is the ELBO.
# - Units collapse one by one. Whether an empty code is a fault, a warm-up decides: compare the losses.
# - What changes while training must be a weight (`model.beta.assign`), not a Python number.
# - Information is measured on *drawn* codes: of the mean of a collapsed unit nothing reaches the decoder.
# - Axes come from the diagonal covariance and from factors of unequal weight; a β that falls helps them. No β can promise them: report seeds, spread and PCA.
#
# ## Quiz
#
# 1. At β = 20 the rate is 0.00, and with a long warm-up as well. (a) A bug. (b) Posterior collapse that more annealing would cure. (c) Probably the best answer at this β.
# 2. A callback sets `model.temperature = 0.5`, a Python number, and the curve does not move. (a) Assign to a weight instead. (b) Use a smaller number. (c) Train for longer.
# 3. A paper reports a gap of 0.45 against 0.30 for the older method, one run each. (a) The new one is better. (b) We must know the spread over seeds. (c) MIG is useless.
#
# <details><summary>Answers</summary>
#
# 1. **c.** Given a code to begin with, training gave it up; no nat is worth its cost. Annealing (b) has been tried, and nothing is broken (a).
# 2. **a.** The compiled step still holds the old number, whatever you write (b) and however long you wait (c).
# 3. **b.** Here seeds alone moved it by more than that (so not a). With its spread stated it is useful (not c).
# </details>
#
# ## Further reading
#
# - Higgins et al., *beta-VAE* (2017), openreview.net/forum?id=Sy2fzU9gl.
# - Alemi et al., *Fixing a broken ELBO*, arXiv:1711.00464, sections 2 and 3: rate and distortion.
# - Burgess et al., *Understanding disentangling in β-VAE*, arXiv:1804.03599: a capacity that grows step by step.
# - Chen et al., *Isolating sources of disentanglement in VAEs*, arXiv:1802.04942, section 4.1: MIG, with drawn codes.
# - Rolínek et al., *Variational autoencoders pursue PCA directions (by accident)*, arXiv:1812.06775: the diagonal covariance.
# - Locatello et al., *Challenging common assumptions in the unsupervised learning of disentangled representations*, arXiv:1811.12359.
# - Annealing: Bowman et al., arXiv:1511.06349; Fu et al., arXiv:1903.10145.

# %% tags=["receipt"]
notebook.claim(3 < sweep[1]["rate"] < 7, "the rate at beta 1 is about 5 nats")
notebook.claim(0.8 < sweep[4]["rate"] < 3, "the rate at beta 4 is one to three nats")
notebook.claim(8 < sweep[4]["distortion"] < 16, "the distortion at beta 4 is about 12 nats")
notebook.claim(gap(information(z_pca, factors)) < 0.15, "PCA spreads the factors")
notebook.receipt(
    rate_at_1=sweep[1]["rate"],
    rate_at_4=sweep[4]["rate"],
    distortion_at_4=sweep[4]["distortion"],
    gap_pca=gap(information(z_pca, factors)),
)
