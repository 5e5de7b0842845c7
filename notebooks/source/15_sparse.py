# %% [markdown]
# # 15. Sparse autoencoders
#
# *Many units, few of them at work for any one picture: penalise activity, and read what the survivors draw.*
#
# **You will be able to**
# - add a penalty on the code, L1 or KL, with `add_loss`, and say what unit its weight has;
# - tell the kinds of sparsity apart: exact zeros, few active units an image (*population sparsity*), units that are rarely active (*lifetime sparsity*);
# - draw what each unit draws (its *atom*), count the dead units, and meet a budget of activity;
# - compare a sparse code with PCA that has as many components as the code has active units.
#
# **You need** lessons 06, 09 and 12.
#
# **Time** 30 minutes to read, about 35 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_15 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, SparseAutoencoder
from ae_keras import backend, data, evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
x_train, x_val = train.x[:4000], val.x[:1000]
N_UNITS = 100


def halves(code_activation):
    """One layer on each side: then every unit of the code draws one fixed picture."""
    encoder = DenseEncoder(N_UNITS, hidden=(), code_activation=code_activation)
    return encoder, DenseDecoder(image_shape, hidden=())


def trained(model, learning_rate=0.002, epochs=10, x=x_train):
    backend.seed_weights(model, seed=0)
    model.compile(keras.optimizers.Adam(learning_rate), losses.squared_error)
    model.fit(data.Batches(x), epochs=epochs, shuffle=False, verbose=0)
    return model


# %% [markdown]
# ## Narrow or sparse
#
# A narrow code has few units, and every picture must make do with the same ones. There is another way to be economical: have *many* units and let each picture choose a few. A 7 needs a bar and a slanted stroke, a 0 needs arcs; why should they share units? A code in which few units are active for any one picture is called **sparse**. Olshausen and Field (1996) found that sparse codes of photographs consist of little edges, much like what cells in the visual cortex respond to.
#
# *Active* has to be defined. With a ReLU at the code, $\max(a, 0)$, a unit can be exactly 0, and active means greater than 0. **Predict.** How many of 100 ReLU units does a plain autoencoder use for a digit, if nothing asks it to be sparse?


# %%
def encode(model, x):
    return evaluation.encode(model, x, batch_size=1000)


def judge(model):
    z, x_hat = encode(model, x_val), evaluation.reconstruct(model, x_val, batch_size=1000)
    return {
        "error": evaluation.squared_error(x_val, x_hat).mean(),
        "active": (z > 0).mean(),
        "sum": z.sum(axis=1).mean(),
        "dead": (encode(model, x_train).max(axis=0) <= 0).mean(),
    }


plain = trained(Autoencoder(*halves("relu")))
scores = {0: judge(plain)}
print(f"squared error per image  {scores[0]['error']:.1f}")
print(f"fraction of units active {scores[0]['active']:.2f}")
print(f"PCA with 83 components   {evaluation.pca_error(x_train, x_val, 83):.1f}")

# %% [markdown] numbers={"83": "0.83 * 100"}
# About 83 of 100. A ReLU makes zeros *possible*, but the loss has no reason to want them. Note the baseline of this lesson: PCA with **as many components as the code has active units**. Against that, this dense code is poor.
#
# ## The L1 penalty: a price on activity
#
# So penalise activity. Add to the loss
#
# $$\lambda \, \Omega(z), \qquad \Omega(z) = \sum_{j=1}^{K} \lvert z_j \rvert,$$
#
# where $z_j$ are the $K$ units of the code of an image, averaged over the batch like the error. This is the **L1 penalty**. Why not squares? Because the slope of $\lvert z \rvert$ is the same for small as for large values: a unit that saves less error than $\lambda$ per unit of activity is pushed *all the way* to zero, whereas the slope of $z^2$ dies away before it gets there.
#
# Our error is summed over the pixels, so $\lambda$ has a unit you can read: **the squared error you are willing to pay to lower a code by 1**. (With the mean over pixels, the same $\lambda$ would be 784 times as strict. Numbers from books do not transfer.)
#
# The penalty needs the code, which only `call` sees. Keras's answer is `add_loss`: whatever a model adds there while it runs is added to the loss.


# %%
class L1Autoencoder(Autoencoder):
    def __init__(self, encoder, decoder, weight, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight = weight

    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        if training:  # the penalty is for learning; what `evaluate` reports stays the plain error
            self.add_loss(self.weight * ops.mean(ops.sum(ops.abs(z), axis=-1)))
        return self.decoder(z, training=training)


# %% [markdown]
# The package has the same in `SparseAutoencoder`. From the same weights, with the same batches, both must arrive at the same place:

# %%
mine = trained(L1Autoencoder(*halves("relu"), weight=0.3), epochs=1)
first_epoch = theirs = trained(SparseAutoencoder(*halves("relu"), weight=0.3), epochs=1)
same = all(
    np.allclose(a, b, atol=1e-4)
    for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True)
)
print("after one epoch, the same weights:", same)
reported = theirs.evaluate(x_val, verbose=0)
print(
    "`evaluate` reports the error alone:", np.isclose(reported, judge(theirs)["error"], rtol=1e-3)
)

# %% [markdown]
# ## Turning up the penalty
#
# **Predict.** As $\lambda$ goes up, which gives way first: the number of active units, or the error? And what happens when the weight is too large?

# %%
for weight in (0.03, 0.1, 0.3, 0.6, 1, 2):
    model = trained(SparseAutoencoder(*halves("relu"), weight=weight))
    scores[weight] = judge(model)
    if weight == 0.3:
        sparse = model
    if weight == 2:
        too_dear = model


def matching_pca(active):
    """The error of PCA with as many components as units are active."""
    return evaluation.pca_error(x_train, x_val, max(1, round(N_UNITS * active)))


print("weight  error  PCA, as many  active   dead    sum of code")
for weight, s in scores.items():
    print(
        f"{weight:5}  {s['error']:6.1f}  {matching_pca(s['active']):12.1f}  {s['active']:6.2f}"
        f"  {s['dead']:5.2f}  {s['sum']:11.0f}."
    )

# %% mystnb={"image": {"alt": "Squared error against fraction of units active, logarithmic: the sparse codes and PCA with as many components run close together from few to thirty units; with more units PCA goes on falling and the codes do not"}}
mean_error = evaluation.mean_image_error(x_train, x_val)
kept = {weight: s for weight, s in scores.items() if s["active"] > 0.001}
pca_sizes = (3, 5, 10, 20, 40, 80)
fig, ax = plt.subplots(figsize=(6.5, 3.2))
ax.plot(
    [s["active"] for s in kept.values()],
    [s["error"] for s in kept.values()],
    marker="o",
    label="L1, 10 epochs",
)
pca_errors = [evaluation.pca_error(x_train, x_val, k) for k in pca_sizes]
ax.plot(np.divide(pca_sizes, N_UNITS), pca_errors, marker="s", label="PCA, components / 100")
ax.axhline(mean_error, color="0.45", linestyle="--", label=f"mean image ({mean_error:.1f})")
ax.set_xscale("log")
ax.set_xticks([0.03, 0.1, 0.3, 0.8], ["0.03", "0.1", "0.3", "0.8"])
ax.minorticks_off()
ax.set(xlabel="fraction of units active", ylabel="squared error per image", ylim=(0, None))
ax.legend()
plt.show()

# %% [markdown] numbers={"a third of the": "1 - 0.56 / 0.83", "a third, much faster": "104 / 323", "18": "0.18 * 100", "2": "seen: the last row of the table", "ten": "given: the code above", "4": "0.04 * 100"}
# The first step is free: with $\lambda = 0.03$ a third of the activity is gone, and the error is even a little *smaller* than without. Then every further saving costs. (The sum of the code fell to a third, much faster than the number of active units: a code can also be made cheaper by mere rescaling, small codes and a decoder with large weights. There is no sparsity in that; to forbid it, fix the length of each row of the decoder's matrix.)
#
# Now compare it with PCA, and be sober. Textbooks let you expect that a code which chooses its units must beat one that cannot. After these ten epochs it does **not**: with as many components as active units PCA is a little better at 4 to 18 of them, and far better beyond. One thing that holds the sparse code back is **shrinkage**: the penalty also pushes down the units it *keeps*; another is in the column *dead*, to which we come back.
#
# With $\lambda = 2$ the penalty was larger than anything the units could save. What does such a model draw?

# %% mystnb={"image": {"alt": "Four rows of ten: validation digits, and their reconstructions without penalty, with weight 0.3 slightly blurred, and with weight 2 the same grey ghost of a mean image for all"}}
rows = {"original": x_val[:10]}
for name, model in (("weight 0", plain), ("weight 0.3", sparse), ("weight 2", too_dear)):
    rows[name] = evaluation.reconstruct(model, x_val[:10])
fig, ax = plt.subplots(figsize=(7, 3))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"ten": "given: the code above"}
# Grey with a ghost in it, the same for all: the sigmoid of the decoder's biases, which in ten epochs have gone only part of the way to the mean image. Once all ReLUs are at zero for all images, no gradient reaches the encoder any more. There is no way back.

# %% [markdown]
# ## The histogram of activity
#
# Now look at single numbers: all codes of all validation images.

# %% mystnb={"image": {"alt": "Two histograms of code values on a logarithmic scale: the plain code spreads from zero to above ten with a small bar at zero, the penalised one has nearly everything in the first bar"}}
fig, axes = plt.subplots(1, 2, figsize=(8, 2.8), sharey=True)
for ax, (name, model) in zip(axes, (("no penalty", plain), ("L1, 0.3", sparse)), strict=True):
    z = encode(model, x_val).ravel()
    ax.hist(np.clip(z, 0, 12), bins=24, range=(0, 12), weights=np.full(len(z), 1 / len(z)))
    ax.set(title=f"{name}: exactly zero {np.mean(z == 0):.2f}", xlabel="value of a unit")
    ax.set_yscale("log")
axes[0].set_ylabel("fraction of values")
plt.show()

# %% [markdown] numbers={"four fifths": "0.82", "12": "given: the code above"}
# That is the signature of L1 with ReLU: a spike at *exactly* zero, more than four fifths of all values, and a tail of positive values. (Values above 12 are counted in the last bar.) Without the ReLU there would be small numbers of both signs instead, and nothing you could skip or leave out of a file.

# %% [markdown] numbers={"30": "given: the code below"}
# ## Atoms: what each unit draws
#
# The decoder has one layer: before the sigmoid, the picture is $\sum_j z_j \, d_j + b$. Row $d_j$ of its matrix, shaped as an image, is what unit $j$ adds to the picture when it is active: its **atom**, one entry of a **dictionary**. Here are the atoms of the 30 units that are active most often, in the dense and in the sparse code, and PCA's first 30 components. Grey is nothing, white adds light, black takes it away. **Predict** what you will see: strokes?


# %%
def atoms(model, k=30):
    often = np.argsort(-(encode(model, x_train) > 0).mean(axis=0))[:k]
    return model.decoder.pixels.get_weights()[0][often].reshape(k, *image_shape)


def as_grey(pictures):
    scale = np.abs(pictures).max(axis=(1, 2, 3), keepdims=True)
    return 0.5 + 0.5 * pictures / scale


# %% mystnb={"image": {"alt": "Three grids of thirty small pictures: PCA components with global ripples, dense atoms that look like grainy noise over the whole frame, sparse atoms most of which are soft whole digits or large parts of them"}}
components = evaluation.fit_pca(x_train, 30).components_.reshape(30, *image_shape)
fig, axes = plt.subplots(1, 3, figsize=(10, 3.9))
for ax, (name, pictures) in zip(
    axes,
    {"PCA": components, "no penalty": atoms(plain), "L1, 0.3": atoms(sparse)}.items(),
    strict=True,
):
    plots.plot_images(as_grey(pictures), n_columns=5, title=name, ax=ax)
plt.show()

# %% [markdown] numbers={"83": "0.83 * 100"}
# PCA's components are ripples over the whole frame that only make sense in sums. The atoms of the dense code are mostly grain, most likely what is left of its random initial weights, and with 83 units active at once no single one has to mean anything. The sparse atoms can be *read*. But they are not the little strokes that textbooks show (those come from patches of photographs): most are soft **whole digits** or large parts of them, a 2, a 3, a ring, drawn light on a dark surround. If only a few may be active, and the digits all sit in the middle of the frame, a prototype is worth more than a stroke. Watch one digit being put together, the strongest unit first:

# %% mystnb={"image": {"alt": "A digit built up in steps: the decoder's picture with only the strongest unit, then two, four, eight, and all active units, next to the original"}}
digit = x_val[:1]
z = evaluation.encode(sparse, digit)
order = np.argsort(-z[0])
n_active = int((z > 0).sum())
steps = [0, 1, 2, 4, 8, 16]
partial = [np.where(np.isin(np.arange(N_UNITS), order[:k]), z[0], 0) for k in steps]
pictures = [*evaluation.decode(sparse, np.stack(partial)), *evaluation.decode(sparse, z), digit[0]]
fig, ax = plt.subplots(figsize=(8, 1.4))
plots.plot_images(
    np.stack(pictures), title="0, 1, 2, 4, 8, 16 and all active units; the original", ax=ax
)
plt.show()

# %% [markdown]
# Without any unit there is grey. The strongest one alone gives nearly the whole digit, a standard one; the others correct it. "Sparse means parts" is thus not a law. It depends on the data and on the weight of the penalty.

# %% [markdown]
# ## Dead units
#
# A unit that is active for no training image is **dead**: it receives no gradient and will never be active again. The column *dead* above counted them: some without any penalty, and more with every increase. When do they die?

# %%
gentle = trained(SparseAutoencoder(*halves("relu"), weight=0.3), learning_rate=0.0005, epochs=20)
for name, model in (
    ("1 epoch", first_epoch),
    ("10 epochs", sparse),
    ("20 gentle epochs", gentle),
):
    s = judge(model)
    alive = 1 - s["dead"]
    print(
        f"{name:17s} dead {s['dead']:.2f}, active {s['active']:.2f} of all, "
        f"{s['active'] / alive:.2f} of the living, error {s['error']:.1f}"
    )

# %% [markdown] numbers={"half": "1 - 0.16 / 0.42", "twice": "20 / 10", "a fifth": "0.21"}
# At once: nearly all units that are dead after ten epochs died in the first. The likely reason is that the decoder has nothing to offer yet, so that silence is the cheapest way to lower the loss, and that the first steps are long. A learning rate of a quarter saves more than half of them, with the same activity, but learns more slowly: after twice as many epochs the error is still larger. Remedies in use, all for the same trouble: a gentle start, a penalty that begins small and grows (*warm-up*), or starting [dead units](glossary.md#dead-unit) anew (*resampling*).
#
# The count matters for the meaning of "sparse". Dead units are zeros that carry nothing. Of the *living* units of the quick model, nearly a third are active for each image; of the gentle one's, a fifth. The same activity, but only the second comes close to what was promised: many units to choose from, few chosen.

# %% [markdown]
# ## The KL penalty: a price on the average
#
# The other classic penalty (Ng, 2011) looks at each unit's **mean activity** over many images, $\hat\rho_j$, and wants it to be a small target $\rho$, say 0.1. Units are sigmoids now, $z_j \in (0, 1)$, and both numbers are read as probabilities of being on:
#
# $$\Omega = \sum_{j=1}^{K} \mathrm{KL}(\rho \,\|\, \hat\rho_j), \qquad \mathrm{KL}(\rho \,\|\, a) = \rho \log\frac{\rho}{a} + (1 - \rho) \log\frac{1 - \rho}{1 - a},$$
#
# a [KL divergence](glossary.md#kl-divergence) in nats, zero when $a = \rho$ and growing without limit when a unit is always on or always off. The mean is taken over the batch. So it does not penalise an image for its units (population sparsity), but a unit for its images (lifetime sparsity).


# %%
class KLAutoencoder(Autoencoder):
    def __init__(self, encoder, decoder, weight, target, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight, self.target = weight, target

    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        if training:
            t, a = self.target, ops.clip(ops.mean(z, axis=0), 1e-6, 1 - 1e-6)
            kl = t * ops.log(t / a) + (1 - t) * ops.log((1 - t) / (1 - a))
            self.add_loss(self.weight * ops.sum(kl))
        return self.decoder(z, training=training)


# %%
mine = trained(KLAutoencoder(*halves("sigmoid"), weight=1, target=0.1), epochs=1)
theirs = trained(SparseAutoencoder(*halves("sigmoid"), weight=1, target=0.1), epochs=1)
same = all(
    np.allclose(a, b, atol=1e-4)
    for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True)
)
print("after one epoch, the same weights:", same)

# %% [markdown]
# Sigmoid codes learn slowly here, so they get a larger learning rate. **Predict.** With a target of 0.1, what fraction of the values will be exactly zero? And will there be dead units?

# %%
kl_models = {0: trained(Autoencoder(*halves("sigmoid")), learning_rate=0.01)}
for weight in (0.3, 1, 3):
    model = SparseAutoencoder(*halves("sigmoid"), weight=weight, target=0.1)
    kl_models[weight] = trained(model, learning_rate=0.01)

kl_codes = {weight: encode(model, x_val) for weight, model in kl_models.items()}
kl_errors = {
    weight: evaluation.squared_error(x_val, evaluation.reconstruct(model, x_val)).mean()
    for weight, model in kl_models.items()
}
print("weight  error  mean activity of a unit: least, middle, most   above 0.5   exactly 0")
for weight, z in kl_codes.items():
    means = z.mean(axis=0)
    print(
        f"{weight:5}  {kl_errors[weight]:6.1f}  {means.min():27.2f}  {np.median(means):6.2f}"
        f"  {means.max():5.2f}  {(z > 0.5).mean():10.2f}  {(z == 0).mean():10.2f}"
    )

# %% mystnb={"image": {"alt": "Left, histograms of the mean activity of the hundred units: spread from 0.4 to 1 without penalty, gathered near 0.15 with it. Right, histograms of single values: near one without penalty, near zero with a tail reaching one with it"}}
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8))
for weight in (0, 1):
    z = kl_codes[weight]
    name = f"KL, {weight}" if weight else "no penalty"
    for ax, values in zip(axes, (z.mean(axis=0), z.ravel()), strict=True):
        ax.hist(
            values,
            bins=25,
            range=(0, 1),
            weights=np.full(len(values), 1 / len(values)),
            alpha=0.6,
            label=name,
        )
axes[0].axvline(0.1, color="0.45", linestyle="--")
axes[0].set(xlabel="mean activity of a unit", ylabel="fraction of units")
axes[1].set(xlabel="value of a unit for one image", ylabel="fraction of values")
axes[0].legend()
plt.show()

# %% [markdown] numbers={"half": "seen: the table, where the middle unit is at 1.00"}
# No value is exactly zero, and nothing is dead. The mean activities gather close together, a little above the target: a compromise between target and error that moves with the weight. Single values are graded, mostly small, some large.
#
# And a surprise: the penalty makes the error *smaller*. Without it more than half of the sigmoids end up at 1 for every image, *saturated*, as useless as dead ReLUs and for the same reason: flat, no gradient. The KL term pulls them back to where they can learn. So here the penalty is more of a help, up to a point: from weight 0.3 to 3 the error rises again.
#
# | | L1 with ReLU | KL with sigmoid |
# |---|---|---|
# | penalises | each image for its active units | each unit for its mean over images |
# | exact zeros | yes, most values | none |
# | few units an image | yes | only on average; values are graded |
# | units used evenly | no: some do much, many die | yes; the penalty grows without limit for units that are never on |
# | to choose | a weight, $\lambda$ | a weight and a target |
#
# If you want to skip work or read off parts, you want zeros: L1. If you want every unit to earn its keep, KL.

# %% [markdown] numbers={"10": "given: the budget"}
# ## An activity budget
#
# In practice the question runs the other way: *on average 10 of the 100 units may be active; what is the error?* The weight is found by trying, and the table has done most of that. Between two tried weights, *interpolate* the one for the wanted activity, on a logarithmic scale because it is their ratios that matter; aim a little lower, for safety. Then train longer, on all images.

# %%
tried = (1, 0.6, 0.3, 0.1)  # np.interp wants growing activities
chosen = np.exp(np.interp(0.09, [scores[w]["active"] for w in tried], np.log(tried)))
budgeted = trained(SparseAutoencoder(*halves("relu"), weight=chosen), epochs=12, x=train.x)
s = judge(budgeted)
budget_pca = evaluation.pca_error(train.x, x_val, 10)
n_alive = round(N_UNITS * (1 - s["dead"]))
alive_pca = evaluation.pca_error(train.x, x_val, n_alive)
print(f"weight {chosen:.2f}: active {s['active']:.2f}, alive {1 - s['dead']:.2f}")
print(f"squared error                           {s['error']:.1f}")
print(f"PCA, as many components as active units {budget_pca:.1f}")
print(f"PCA, as many components as living units {alive_pca:.1f}")

# %% [markdown] numbers={"seventeen": "0.17 * 100"}
# The budget is met, and with longer training the error is now clearly *below* that of PCA with ten components. A success? Look at the second number before you celebrate. Some seventeen units are alive, of which ten are active for an average image. That is hardly a choice; it is a *narrow* code that got there by killing units. And a plain PCA with as many components as there are living units has a far smaller error. Report both numbers, active units and living ones. A budget on activity alone can be met in ways you did not mean.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("15.1")` gives a hint; call it again for the next one.
#
# ### Exercise 15.1: the KL penalty from activities
#
# Write `kl_penalty(z, target)` in NumPy: from codes $(n, K)$ in (0, 1), the sum over the units of $\mathrm{KL}(\rho \,\|\, \hat\rho_j)$, in nats.


# %% tags=["exercise"]
def kl_penalty(z, target): ...


checks.check_kl_penalty(kl_penalty)


# %% tags=["solution"]
def kl_penalty(z, target):
    a = z.mean(axis=0)
    kl = target * np.log(target / a) + (1 - target) * np.log((1 - target) / (1 - a))
    return kl.sum()


checks.check_kl_penalty(kl_penalty)

# %% [markdown]
# ### Exercise 15.2: count the dead
#
# Write `dead_units(z)`: how many units of ReLU codes `z`, $(n, K)$, are active for no image at all.


# %% tags=["exercise"]
def dead_units(z): ...


checks.check_dead_units(dead_units)


# %% tags=["solution"]
def dead_units(z):
    return int(np.sum(~np.any(z > 0, axis=0)))


checks.check_dead_units(dead_units)

# %% [markdown]
# ### Exercise 15.3: meet a budget
#
# Train a sparse model, called `frugal`, of which on average at most **15 %** of the units are active on `x_val`, and whose error is nevertheless below that of PCA with as many components as it has active units. The width is yours to choose.

# %% tags=["exercise"]
frugal = ...

checks.check_activity_budget(frugal, train.x, x_val, budget=0.15)

# %% tags=["solution"]
encoder = DenseEncoder(N_UNITS, hidden=(), code_activation="relu")
frugal = SparseAutoencoder(encoder, DenseDecoder(image_shape, hidden=()), weight=0.55)
trained(frugal, epochs=12, x=train.x)
checks.check_activity_budget(frugal, train.x, x_val, budget=0.15)

# %% [markdown] numbers={"42": "0.42 * 100", "2": "seen: the table"}
# ## What to remember
#
# - A sparse code has many units and uses few for each image; the weight $\lambda$ is in squared error per unit of code.
# - L1 with ReLU gives exact zeros; KL with sigmoids gives even, moderate averages and not a single zero.
# - Too large a weight kills all units, and what is dead stays dead. Count them; most die in the first epoch.
# - A decoder of one layer shows what each unit draws: grain if the code is dense; readable pictures if it is sparse, here prototypes rather than strokes.
# - Compare with PCA of as many components as there are *active* units, and of as many as there are *living* ones. The lead over the first is small and has to be trained for; the second was ahead.
#
# ## Quiz
#
# 1. You change the error from a sum to a mean over 784 pixels and keep $\lambda$. The code becomes (a) a little sparser; (b) very much sparser, or dead; (c) denser.
# 2. A KL model with target 0.1 has no value that is exactly zero. (a) It was not trained long enough. (b) The penalty sees averages only, and a sigmoid never reaches zero. (c) There is a bug.
# 3. Of 100 units 42 are dead. Lowering $\lambda$ and training on (a) revives them; (b) does nothing for them, as no gradient reaches them; (c) kills the rest.
#
# <details><summary>Answers</summary>
#
# 1. **b.** The error shrinks by 784, so the penalty is 784 times as strict: far beyond the 2 that killed every unit here. Not a little (a), and not the other way (c).
# 2. **b.** More training (a) brings the averages closer to the target, not values to zero; nothing is wrong (c).
# 3. **b.** A ReLU that is zero for every image passes no gradient, whatever $\lambda$ is (not a). A smaller weight does not kill (c).
# </details>
#
# ## Further reading
#
# - Olshausen & Field (1996), *Emergence of simple-cell receptive field properties by learning a sparse code*, doi:10.1038/381607a0.
# - Ng (2011), *Sparse autoencoder*, CS294A lecture notes, section 3: the KL penalty.
# - Makhzani & Frey (2013), *k-sparse autoencoders*, arXiv:1312.5663: keep the k largest units, and the budget is met exactly.

# %% tags=["receipt"]
notebook.claim(
    scores[0]["active"] > 0.6 > scores[0.1]["active"] > scores[0.6]["active"],
    "activity must fall as the weight grows",
)
notebook.claim(scores[0.03]["error"] < scores[0]["error"], "the first step must be free")
notebook.claim(scores[2]["active"] < 0.01, "too large a weight must kill the code")
notebook.claim(
    scores[0.6]["dead"] > scores[0.3]["dead"] > scores[0]["dead"], "the penalty must kill units"
)
notebook.claim(judge(gentle)["dead"] < scores[0.3]["dead"], "a gentle start must save units")
notebook.claim((kl_codes[1] == 0).mean() == 0, "KL gives no exact zeros")
notebook.claim(s["active"] < 0.12 and s["error"] < budget_pca, "the budget must be met below PCA")
notebook.claim(alive_pca < s["error"], "PCA with as many components as living units must be ahead")
notebook.claim(kl_errors[0.3] < kl_errors[0], "a little KL must help the sigmoids")
notebook.receipt(
    active_plain=scores[0]["active"],
    active_sparse=scores[0.3]["active"],
    budget_error=s["error"],
    budget_pca=budget_pca,
)
