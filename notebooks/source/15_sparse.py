# %% [markdown]
# # 15. Sparse autoencoders
#
# *Many units, few of them active for any one picture: what a unit stands for, what sparsity costs and gains, and how to tell a sparse code from a dying one.*
#
# **You will be able to**
# - ask what a single unit stands for: its atom, its top images, its class preference;
# - add a penalty on activity (L1 or KL), and say what its weight means;
# - tell sparse use from dead units, and find out what kills them;
# - meet a budget of activity exactly, and judge a code at equal activity and at equal size.
#
# **You need** lessons 06, 09 and 12.
#
# **Time** 30 minutes to read, 35 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
import math

from ae_course import notebook
from ae_course.exercises import lesson_15 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, SparseAutoencoder
from ae_keras import backend, data, evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
x_train, x_val = train.x[:4000], val.x[:1000]

# %% [markdown]
# ## What does one unit stand for?
#
# A narrow code has few units, and every picture must make do with the same ones. The other way: have *many* units and let each picture use a few. A code in which few units are active for any one picture is called **[sparse](glossary.md#sparse-code)**. *Active* means greater than 0: with a ReLU at the code, a unit can be exactly 0.
#
# Our networks have one layer on each side: before the sigmoid, the picture is $\sum_j z_j \, d_j + b$. Row $d_j$ of the decoder's matrix, shaped as an image, is what unit $j$ adds when it is active, its **[atom](glossary.md#atom)**. All networks here start in the same way: with random atoms of length 1, their transpose as encoder, and biases that make the first reconstructions nearly the mean image, so that the units only have to learn what *differs* from it.


# %% tags=["keep"]
def halves(code_activation="relu", n_units=100):
    """An encoder and a decoder of one layer each, which start near the mean image."""
    encoder = DenseEncoder(n_units, hidden=(), code_activation=code_activation)
    decoder = DenseDecoder(image_shape, hidden=())
    backend.seed_weights(Autoencoder(encoder, decoder), seed=0)
    atoms = decoder.pixels.get_weights()[0]
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    mean = x_train.mean(axis=0).ravel().clip(0.01, 0.99)
    decoder.pixels.set_weights([atoms, np.log(mean / (1 - mean))])
    encoder.code.set_weights([atoms.T, -atoms @ mean])
    return encoder, decoder


# %% [markdown] tags=["keep"] numbers={"three": "given: `warmed` in the code"}
# Some networks are trained plainly, for ten epochs. The others begin with three such epochs (`warmed`), and then also pay for activity, by a penalty called L1 (`penalised`) that the next sections explain.


# %% tags=["keep"]
def trained(model, epochs=10, learning_rate=0.005, x=x_train):
    model.compile(keras.optimizers.Adam(learning_rate), losses.squared_error)
    model.fit(data.Batches(x), epochs=epochs, shuffle=False, verbose=0)
    return model


three_epochs = trained(Autoencoder(*halves()), epochs=3).get_weights()


def warmed():
    """Halves with the weights of three epochs without any penalty."""
    parts = halves()
    Autoencoder(*parts).set_weights(three_epochs)
    return parts


def penalised(weight, parts, epochs=7, learning_rate=0.005):
    """The same two parts, trained on with an L1 penalty."""
    return trained(SparseAutoencoder(*parts, weight=weight), epochs, learning_rate)


plain = trained(Autoencoder(*halves()))


# %% [markdown]
# Here is one of each, with 100 units. To find out what a unit stands for, look at its atom, and at the images that activate it most (one from each handwritten original). **Predict.** Five units of each network, from the most to the least active: whose units will be easier to name?


# %%
RANKS = ("most active", "more", "middle", "less", "least active")


def gallery(model, n_top=8):
    """Rows for five living units, by their mean activity: the atom, then its top images."""
    z = evaluation.encode(model, originals.x)
    n_alive = max(len(RANKS), ((z > 0).sum(axis=0) >= n_top).sum())
    units = np.argsort(-z.mean(axis=0), kind="stable")[:n_alive]
    weights = model.decoder.pixels.get_weights()[0]
    rows = {}
    for rank, place in zip(RANKS, np.linspace(0, n_alive - 1, len(RANKS)), strict=True):
        atom = weights[units[int(place)]]
        atom = 0.5 + 0.5 * atom / np.abs(atom).max()
        top = np.argsort(-z[:, units[int(place)]], kind="stable")[:n_top]
        rows[rank] = np.stack([atom.reshape(image_shape), *originals.x[top]])
    return rows


originals = val[np.unique(val.groups, return_index=True)[1]]

# %% [markdown]
# **Change this line and run again:** `WEIGHT` is the price of activity. (The rest of the lesson does not depend on it.)

# %% mystnb={"image": {"alt": "Two grids of five rows, each an atom and eight digits. Without penalty the atoms are grain, and each row mixes many digits. With L1 the atoms have soft strokes; one row is mostly fives, one mostly zeros after two nines, one mostly ones, and two are mixed"}}
WEIGHT = 1  # Change this line and run again: 0, 0.1, 0.3, 2
shown = penalised(WEIGHT, warmed())
fig, axes = plt.subplots(1, 2, figsize=(8, 2.7))
for ax, model, title in zip(axes, (plain, shown), ("no penalty", f"L1, {WEIGHT}"), strict=True):
    plots.plot_rows(gallery(model), title=f"{title}: atom, top images", ax=ax)
plt.show()

# %% [markdown]
# On the left there is little to name: the atoms look like grain, and the rows are mixtures, with some threes in the last. On the right three of the five can be named: one unit likes mostly fives, one zeros (after two nines), one ones. Nobody told the network about classes.
#
# In numbers: take the share of the most frequent class among the ten images that activate a unit most, and among *all* images that activate it. These two shares, averaged over the units, are the **class preference** of a code. **Predict** both for a code of random numbers, with ten classes: 0.1?


# %%
def preference(z, n_top=10):
    """Mean over units of the share of the most frequent class: of the top images, and of all."""
    top, everything = [], []
    for unit in z.T[(z > 0).sum(axis=0) >= n_top]:
        order = np.argsort(-unit, kind="stable")[: (unit > 0).sum()]
        for shares, chosen in ((top, order[:n_top]), (everything, order)):
            shares.append(np.bincount(originals.labels[chosen]).max() / len(chosen))
    return np.mean(top), np.mean(everything)


def components(n):
    z = evaluation.fit_pca(x_train, n).transform(originals.x.reshape(len(originals), -1))
    return np.hstack([z, -z])  # both directions of each


# %% [markdown] numbers={"half": "given: normal random numbers"}
# For comparison: random numbers, half of them active, and PCA, where both directions of a component count as units.

# %%
models = {0: plain, 1: penalised(1, warmed())}
looked_at = {
    "random numbers": np.random.default_rng(0).normal(size=(len(originals), 500)),
    "PCA, 100": components(100),
    "PCA, 10": components(10),
    "no penalty": evaluation.encode(plain, originals.x),
    "L1, 1": evaluation.encode(models[1], originals.x),
}
liked = {name: preference(z) for name, z in looked_at.items()}
print("class preference   top ten   all that activate it")
for name, (top, everything) in liked.items():
    print(f"{name:16s} {top:9.2f} {everything:12.2f}")
notebook.claim(liked["L1, 1"][0] > 1.15 * liked["no penalty"][0], "sparse: more class preference")
notebook.claim(
    liked["L1, 1"][1] > 1.2 * max(liked[n][1] for n in ("no penalty", "PCA, 10")), "above all dense"
)

# %% [markdown] numbers={"0.49": "given: measured, seeds 0 to 2", "0.55": "given: measured, seeds 0 to 2", "0.39": "given: measured, seeds 0 to 2", "0.40": "given: measured, seeds 0 to 2", "a quarter": "0.26"}
# Even random numbers have 0.28, because among ten images some class comes up most often, by chance; so always report what chance gives. The units of the sparse code have the clearest preference, well above the dense code of the same size. (With three seeds 0.49 to 0.55, against 0.39 to 0.40.) But PCA's first ten components have 0.45 in this column, and ten top images say nothing about the rest. The second column asks *what else* activates the unit: about a quarter of all these images show its favourite class. More than for the dense codes here, and far from a detector of fours.
#
# ## Three penalties, drawn
#
# To make activity cost something, add a penalty $\Omega$ on the code $z$:
#
# $$\text{loss} = \lVert x - \hat x \rVert^2 + \lambda \, \Omega(z).$$
#
# Three candidates: **L1**, $\sum_j \lvert z_j \rvert$; **L2**, $\sum_j z_j^2$; and **KL**, which wants each unit at a small target, here 0.1, and charges the [KL divergence](glossary.md#kl-divergence) between target and activity, both read as probabilities of being on.
#
# The left panel shows what each charges for one unit, the right one what follows. Suppose the error alone wants this unit at $w$, and grows by $(z - w)^2$ elsewhere. With the penalty the unit settles where $(z - w)^2 + \lambda\,\Omega(z)$ is smallest, here with $\lambda = 0.6$. **Predict.** All three make large activity smaller. Which of them makes small activity *exactly* zero?


# %% mystnb={"image": {"alt": "Two panels. Left, cost against activity: L1 a straight line, L2 a parabola that is flat at zero, KL lowest at 0.1 and steep near 1. Right, the value that remains against the value wanted: L1 exactly zero up to 0.3 and then parallel below the dotted diagonal, L2 a flatter straight line through zero, KL a line that begins above the diagonal and ends below it"}}
def kl(t, a):
    return t * np.log(t / a) + (1 - t) * np.log((1 - t) / (1 - a))


z, w = np.linspace(0, 1, 1001), np.linspace(0, 1, 101)
costs = {"L1": z, "L2": z**2, "KL, target 0.1": kl(0.1, z.clip(1e-6, 1 - 1e-6))}
settled = {}
for name, cost in costs.items():
    settled[name] = z[np.argmin((z - w[:, None]) ** 2 + 0.6 * cost, axis=1)]
    print(f"{name:15s} wanted 0.2: {settled[name][20]:.2f}   wanted 0.8: {settled[name][80]:.2f}")
notebook.claim(settled["L1"][20] == 0 < settled["L2"][20], "only L1 gives exact zeros")
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2))
styles = {"L1": ("-", 0.9, 0.62), "L2": ("--", 0.55, 0.22), "KL, target 0.1": ("-.", 0.36, 1.05)}
for name, (style, *place) in styles.items():
    (line,) = axes[0].plot(z, costs[name], style)
    axes[0].text(*place, name, color=line.get_color())
    axes[1].plot(w, settled[name], style, color=line.get_color())
axes[1].plot(w, w, ":", color="0.5")
axes[0].set(xlabel="activity of a unit", ylabel="cost", ylim=(0, 1.4))
axes[1].set(xlabel="value that the error alone wants", ylabel="value that remains")
plt.show()

# %% [markdown] numbers={"0.3": "0.6 / 2"}
# Only L1. It has the same slope everywhere: a unit that is wanted at less than $\lambda / 2 = 0.3$ is pushed *all the way* to zero, and the others are kept, but lowered by 0.3. (This is called **[shrinkage](glossary.md#shrinkage)**.) The slope of L2 fades on the way to zero, so it makes everything smaller and nothing zero. KL lifts the weak and lowers the strong, towards its target.
#
# ## L1, by hand and built in
#
# Our error is summed over the pixels, so $\lambda$ has a unit you can read: **the squared error you are willing to pay to lower one unit by 1**. (With the mean over pixels, the same $\lambda$ would be 784 times as strict: numbers from books do not transfer.)
#
# Every Keras layer takes `activity_regularizer=keras.regularizers.L1(0.3)`, and `layers.ActivityRegularization(l1=0.3)` is a layer that does nothing else. Keras calls the regulariser with the layer's output, *divides by the number of images in the batch*, and adds the result to the loss. For anything else, a model can call `add_loss` itself:


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
# The package's `SparseAutoencoder`, used above, is the third way. From one start, with the same batches, all three must arrive at the same weights. **Predict.** Will `evaluate` also report the same number?

# %%
encoder, decoder = halves()
built_in = keras.Sequential([encoder, layers.ActivityRegularization(l1=0.1)])
ways = {
    "built in": Autoencoder(built_in, decoder),
    "add_loss": L1Autoencoder(*halves(), weight=0.1),
    "package": SparseAutoencoder(*halves(), weight=0.1),
}
reported = {}
for name, model in ways.items():
    trained(model, epochs=1)
    pairs = zip(model.get_weights(), ways["built in"].get_weights(), strict=True)
    same = all(np.allclose(a, b, atol=1e-4) for a, b in pairs)
    reported[name] = model.evaluate(x_val, verbose=0)
    print(f"{name}: same weights after an epoch: {same}, `evaluate` says {reported[name]:.1f}")
notebook.claim(reported["built in"] > 1.02 * reported["package"], "the penalty is in the report")

# %% [markdown]
# The weights agree, the reports do not: the built-in way adds its penalty in `evaluate` as well, so its "loss" is error *plus* penalty.
#
# ## Turning up the penalty
#
# For each weight: the error on validation images; how many of the 100 units are active for an image, on average (*population sparsity*); which fraction is **[dead](glossary.md#dead-unit)**, active for no training image at all; and the error of PCA with **as many components as there are active units**, clipped to [0, 1], the baseline of this lesson.


# %%
def error_of(x_hat):
    return evaluation.squared_error(x_val, x_hat).mean()


def pca_error(n):
    pca = evaluation.fit_pca(x_train, max(1, n))
    return error_of(np.clip(evaluation.pca_reconstruct(pca, x_val), 0, 1))


def judge(model):
    return {
        "error": error_of(evaluation.reconstruct(model, x_val)),
        "active": (evaluation.encode(model, x_val) > 0).sum(axis=1).mean(),
        "dead": (evaluation.encode(model, x_train).max(axis=0) <= 0).mean(),
    }


# %% [markdown]
# **Predict.** As $\lambda$ goes up, which gives way first, the number of active units or the error? And will the code, which *chooses* its units anew for each image, beat PCA, which cannot?

# %%
models |= {weight: penalised(weight, warmed()) for weight in (0.03, 0.1, 0.3)}
models = dict(sorted(models.items()))
scores = {weight: judge(model) for weight, model in models.items()}
print("weight  error  active  dead   PCA, as many as active")
for weight, s in scores.items():
    s["pca"] = pca_error(round(s["active"]))
    print(f"{weight:6}  {s['error']:5.1f}  {s['active']:6.1f}  {s['dead']:4.2f}  {s['pca']:8.1f}")

# %% [markdown] numbers={"a third": "1 - 59.8 / 94.8", "forty": "given: measured, seeds 0 to 2", "2.7": "given: measured, seed 0", "2.4": "given: measured, seed 0", "3.6": "given: measured, seed 0", "4.1": "given: measured, seed 0", "6.0": "given: measured, seed 0", "6.8": "given: measured, seed 0"}
# Activity gives way first: with $\lambda = 0.03$ more than a third of it is gone, for an error of 3.4 instead of 2.2. Every later step costs more.
#
# And PCA? A code that chooses its units ought to beat one that cannot, but for small weights PCA is ahead by nearly one; at 0.3 the two are level, and at 1 the code is ahead. (So it was with three seeds.) Is that the price of sparsity? No, ten epochs are few. After forty the code is ahead at 0.03 (2.4 against 2.7), 0.1 (3.6 against 4.1) and 0.3 (6.0 against 6.8), again with three seeds. And this in spite of shrinkage, which lowers the units that it *keeps*.
#
# ## Dead or sparse?
#
# A unit that is zero for every image passes no gradient, so it stays as it is: dead. At weight 1 a third of the units is. The penalty was switched on after three epochs; why not at once? **Predict** what becomes of the 100 units with weight 1 from the first step on; and with the same three epochs, but smaller steps.

# %% mystnb={"image": {"alt": "How often each unit is active, sorted. Without penalty nearly all units are active for over nine in ten images. With smaller steps the line falls slowly from 0.2 to 0.02. After 3 epochs it falls from over 0.5 to nearly 0 at the 27th unit. From the start it is 0 throughout"}}
lives = {
    "no penalty": plain,
    "smaller steps": penalised(1, warmed(), learning_rate=0.002),
    "after 3 epochs": models[1],
    "from the start": penalised(1, halves(), epochs=10),
}
fig, ax = plt.subplots(figsize=(7, 3.2))
for (name, model), style in zip(lives.items(), ("-", "--", "-.", ":"), strict=True):
    often = np.sort((evaluation.encode(model, x_train) > 0).mean(axis=0))[::-1]
    ax.plot(np.arange(1, 101), often, style, label=name)
    s = judge(model)
    print(f"{name:15s} active {s['active']:4.1f}, dead {s['dead']:.2f}, error {s['error']:4.1f}")
ax.set(xlabel="units, most often active first", ylabel="fraction of images")
ax.legend()
plt.show()

# %% [markdown] numbers={"a tenth": "6.6 / 67", "thirty": "seen: the figure", "half": "seen: the figure", "33": "given: measured, seeds 0 to 2", "41": "given: measured, seeds 0 to 2", "40": "given: measured, seeds 0 to 2", "100": "given: the number of units"}
# From the first step on, the penalty kills *every* unit, most likely because the code has nothing to offer yet, and being off is the quickest way to lower the loss. There is no way back: all pictures come out as the mean image. After three epochs without it (a *warm-up*) most units survive, and with smaller steps all of them.
#
# The two sparse codes that are left both use about a tenth of their living units for an image, but they are different codes. With smaller steps every unit is active for some images and none for many: *many to choose from, few chosen*. With larger steps fewer than thirty units do nearly all the work, the first for more than half of the images: a *narrow* code in disguise. So count active **and** dead units, and draw this line. (With three seeds: 33, 41 and 40 of 100 dead; with smaller steps none; from the start always all.)
#
# ## The KL penalty: a price on the average
#
# The other classic penalty (Ng, 2011) looks at each unit's **mean activity** over many images, $\hat\rho_j$, and wants it to be a small target $\rho$, say 0.1. Units are sigmoids now, $z_j \in (0, 1)$:
#
# $$\Omega = \sum_{j=1}^{K} \mathrm{KL}(\rho \,\|\, \hat\rho_j), \qquad \mathrm{KL}(\rho \,\|\, a) = \rho \log\frac{\rho}{a} + (1 - \rho) \log\frac{1 - \rho}{1 - a},$$
#
# in nats. The mean is taken over the batch. So it does not charge an image for its units, but a unit for its images (*lifetime sparsity*).


# %%
class KLAutoencoder(Autoencoder):
    def __init__(self, encoder, decoder, weight, target, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight, self.target = weight, target

    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        if training:
            a = ops.clip(ops.mean(z, axis=0), 1e-6, 1 - 1e-6)
            self.add_loss(self.weight * ops.sum(losses.bernoulli_kl(self.target, a)))
        return self.decoder(z, training=training)


# %% [markdown]
# (`losses.bernoulli_kl` is the formula above; `SparseAutoencoder(..., target=0.1)` does the same as this class.) Sigmoid codes learn slowly, so they get a larger learning rate. **Predict.** With a target of 0.1, what fraction of the values will be exactly zero? And how many units will be dead?

# %%
kl_codes, kl_errors = {}, {}
print("weight  error   mean activity of a unit: least, middle, most   exactly 0")
for weight in (0, 1):
    model = KLAutoencoder(*halves("sigmoid"), weight=weight, target=0.1)
    trained(model, learning_rate=0.01)
    z = kl_codes[weight] = evaluation.encode(model, x_val)
    kl_errors[weight] = error_of(evaluation.reconstruct(model, x_val))
    means = np.quantile(z.mean(axis=0), (0, 0.5, 1))
    low, middle, high = means
    print(f"{weight:6}  {kl_errors[weight]:5.1f}", end="")
    print(f"{low:31.2f}  {middle:6.2f}  {high:5.2f}   {(z == 0).mean():9.2f}")
notebook.claim((kl_codes[1] == 0).mean() == 0, "KL gives no exact zeros")

# %% [markdown]
# No value is exactly zero, with or without the penalty. And no unit is dead: a sigmoid always passes some gradient. Where do the values lie?

# %% mystnb={"image": {"alt": "Left, histograms of the mean activity of the hundred units: between 0.3 and 0.7 without penalty, between 0.1 and 0.2 with it, the target at 0.1 dashed. Right, histograms of single values: without penalty high at both ends, with it more than half in the lowest bar and few near 1"}}
fig, axes = plt.subplots(1, 2, figsize=(8, 2.8))
for weight, name in ((0, "no penalty"), (1, "KL, weight 1")):
    z = kl_codes[weight]
    for ax, values in zip(axes, (z.mean(axis=0), z.ravel()), strict=True):
        parts = np.full(len(values), 1 / len(values))
        ax.hist(values, bins=25, range=(0, 1), weights=parts, alpha=0.6, label=name)
axes[0].axvline(0.1, color="0.45", linestyle="--")
axes[0].set(xlabel="mean activity of a unit", ylabel="fraction of units")
axes[1].set(xlabel="value of a unit for one image", ylabel="fraction of values")
axes[0].legend()
plt.show()

# %% [markdown]
# The penalty moves the mean activities from about one half close to the target, most of them a little above it: a compromise between target and error, which rises from 4.4 to 6.4. Single values are graded: more than half lie below 0.04, a few near 1.
#
# ## A budget that is met exactly
#
# Often the budget is given: *ten units for each image; how small can the error be?* With L1 you would have to search for the weight, and pay for shrinkage. The **[k-sparse autoencoder](glossary.md#k-sparse-autoencoder)** (Makhzani & Frey 2013) needs no penalty: it keeps the $k$ largest units of each image and sets the others to zero.


# %% tags=["keep"]
class TopK(layers.Layer):
    """Keeps the k largest values of each code; the others become zero."""

    def __init__(self, k):
        super().__init__()
        self.k = k

    def call(self, z):
        smallest = ops.top_k(z, self.k)[0][:, -1:]
        return ops.where(z >= smallest, z, 0.0)


def k_sparse(k, parts):
    encoder, decoder = parts
    return Autoencoder(keras.Sequential([encoder, TopK(k)]), decoder)


# %% [markdown] tags=["keep"] numbers={"ten": "given: the code below", "256": "given: the defaults of DenseEncoder", "128": "given: the defaults of DenseEncoder"}
# Beside it stand three dense codes of ten numbers: PCA, an autoencoder like ours with ten linear units, and a *deep* one with two hidden layers on each side (256 and 128 units).

# %% tags=["keep"]
topk = trained(k_sparse(10, halves()))
narrow = trained(Autoencoder(*halves("linear", n_units=10)))
parts = DenseEncoder(10), DenseDecoder(image_shape)
deep = backend.seed_weights(Autoencoder(*parts), seed=0)
trained(deep, learning_rate=0.002)
tens = {"10 of 100 units": topk, "10 units": narrow, "10 units, deep": deep}

# %% [markdown]
# **Predict.** Each describes an image with ten numbers that are not zero. Which error is the smallest?

# %%
ten_errors = {name: error_of(evaluation.reconstruct(m, x_val)) for name, m in tens.items()}
ten_errors["PCA, 10"] = pca_error(10)
for name, value in ten_errors.items():
    print(f"{name:16s} {value:5.1f}")
s = judge(topk)
print(f"active {s['active']:.1f} of 100, dead {s['dead']:.2f}")
top, everything = preference(evaluation.encode(topk, originals.x))
print(f"class preference: top ten {top:.2f}, all that activate it {everything:.2f}")
print(
    f"to say which 10: {np.log2(float(math.comb(100, 10))):.0f} bits; PCA, 16: {pca_error(16):.1f}"
)
notebook.claim(ten_errors["10 of 100 units"] < 0.7 * ten_errors["PCA, 10"], "far below PCA")
notebook.claim(
    ten_errors["10 of 100 units"] < 0.9 * ten_errors["10 units, deep"], "and below a deep code"
)

# %% [markdown] numbers={"half": "10.4 / 19.1", "10.3": "given: measured, seeds 0 to 2", "13.3": "given: measured, seeds 0 to 2", "13.8": "given: measured, seeds 0 to 2", "forty": "given: measured, seeds 0 to 2", "9.3": "given: measured, seeds 0 to 2", "9.4": "given: measured, seeds 0 to 2", "9.6": "given: measured, seeds 0 to 2", "a third": "given: 157,684 and 471,066 weights", "0.55": "given: the table of preferences", "a quarter": "given: the table of preferences", "44": "log2(comb(100, 10))", "124": "8 * 10 + 44", "15.5": "124 / 8", "16": "given: the code above", "2.2": "2.2", "95": "seen: the table of weights", "1.5": "1.5"}
# **Ten of a hundred beat ten.** With a single layer on each side, the error is little more than half of PCA's, and after ten epochs clearly below that of the deep network. PCA describes all images by the same ten components; here each image picks its own ten, and without a penalty nothing shrinks. Nine of the hundred units are dead.
#
# But the deep network is not done yet. With three seeds it had 13.3 to 13.8 after ten epochs, against 10.3 to 10.4; after forty the two were level (9.3 to 9.4 against 9.4 to 9.6), the sparse one with a third of the weights.
#
# Is the comparison fair? *Which* ten is information as well: $\log_2 \binom{100}{10}$ is 44 bits. With a byte for each number, that makes 124 bits, as much as 15.5 numbers. PCA with 16 has an error of 12.6: the sparse code is still ahead. If size does not matter, take 100 dense units (2.2) or PCA with 95 (1.5): sparse codes win where *activity* counts.
#
# What do its units stand for? By their ten top images they are no clearer than with L1 (0.48 against 0.55). But of *all* images that activate them over a third show their favourite class, with L1 a quarter.
#
# One digit, put together from its ten units, the strongest first:

# %% mystnb={"image": {"alt": "A digit built up in steps: the grey mean image; with one unit a ragged 1; with two, four and seven units the foot grows to the right and the flag becomes a hook; with ten a 2, close to the original beside it"}}
digit = x_val[:1]
z = evaluation.encode(topk, digit)[0]
order = np.argsort(-z, kind="stable")
partial = [np.where(np.isin(np.arange(100), order[:k]), z, 0) for k in (0, 1, 2, 4, 7, 10)]
pictures = [*evaluation.decode(topk, np.stack(partial)), digit[0]]
fig, ax = plt.subplots(figsize=(8, 1.6))
plots.plot_images(np.stack(pictures), title="0, 1, 2, 4, 7 and 10 units; the original", ax=ax)
plt.show()

# %% [markdown] numbers={"thirty": "given: the code below"}
# The first unit alone says "1", the others turn it into a 2. Now the atoms of the thirty units that are active most often, thirty of the dense code, and PCA's first thirty components. Red adds light, blue takes it away. **Predict:** strokes?

# %% mystnb={"image": {"alt": "Three grids of thirty atoms in blue and red: PCA with smooth ripples that become finer, the dense code with grain over the whole frame, the sparse code with large soft strokes, some of them like a 2, a 3 or a 0, on blue edges"}}
often = np.argsort(-(evaluation.encode(topk, x_train) > 0).mean(axis=0), kind="stable")[:30]
atoms = {
    "PCA": evaluation.fit_pca(x_train, 30).components_,
    "no penalty": plain.decoder.pixels.get_weights()[0][often],
    "10 of 100": topk.decoder.pixels.get_weights()[0][often],
}
fig, axes = plt.subplots(1, 3, figsize=(8, 3.6))
for ax, (name, rows) in zip(axes, atoms.items(), strict=True):
    signed = rows / np.abs(rows).max(axis=1, keepdims=True)
    plots.plot_differences(
        signed.reshape(-1, *image_shape), limit=1, n_columns=5, title=name, ax=ax
    )
plt.show()

# %% [markdown] numbers={"95": "seen: the table of weights", "2": "seen: the figure", "3": "seen: the figure"}
# PCA's components are ripples that become finer, the dense code's atoms mostly grain: with 95 units active at once, none has to mean anything by itself. The sparse atoms are large soft strokes, some nearly a whole 2, 3 or 0. (The small edges in Olshausen & Field 1996 come from patches of photographs.)
#
# ## What is the code good for?

# %% [markdown] tags=["keep"]
# A *[linear probe](glossary.md#linear-probe)* (lesson 09) reads the class from a code, here trained with all 4,000 labels or with only 100 (ten of each class, mean of three draws).


# %% tags=["keep"]
def pca_codes(n):
    pca = evaluation.fit_pca(x_train, n)
    return tuple(pca.transform(x.reshape(len(x), -1)) for x in (x_train, x_val))


def codes_of(model):
    return tuple(evaluation.encode(model, x) for x in (x_train, x_val))


labels, labels_val = train.labels[: len(x_train)], val.labels[: len(x_val)]
draws = [
    np.concatenate(
        [
            np.random.default_rng([s, c]).permutation(np.flatnonzero(labels == c))[:10]
            for c in range(10)
        ]
    )
    for s in range(3)
]

# %% [markdown]
# **Predict.** At equal activity (ten values that are not zero) and at equal size (100 units), does the probe read more from the sparse code or from the dense one?

# %%
all_codes = {
    "PCA, 10": pca_codes(10),
    "10 units": codes_of(narrow),
    "10 units, deep": codes_of(deep),
    "10 of 100 units": codes_of(topk),
    "PCA, 100": pca_codes(100),
    "100 units": codes_of(plain),
    "20 of 100 units": codes_of(trained(k_sparse(20, halves()))),
    "L1, 0.3": codes_of(models[0.3]),
}
probes = {}
print("probe, fraction right   4,000 labels   100 labels")
for name, (z, z_val) in all_codes.items():
    few = [evaluation.probe_accuracy(z[i], labels[i], z_val, labels_val) for i in draws]
    probes[name] = evaluation.probe_accuracy(z, labels, z_val, labels_val), np.mean(few)
    print(f"{name:20s} {probes[name][0]:15.2f} {probes[name][1]:12.2f}")
notebook.claim(
    probes["10 of 100 units"][0]
    > max(probes[n][0] for n in ("PCA, 10", "10 units", "10 units, deep")) + 0.05,
    "at equal activity the sparse code is read better",
)
notebook.claim(probes["20 of 100 units"][0] > probes["PCA, 100"][0] + 0.02, "at equal size as well")

# %% [markdown] numbers={"ten": "given: the code", "0.78": "given: measured, seeds 0 to 2", "0.82": "given: measured, seeds 0 to 2", "0.85": "given: measured, seeds 0 to 2", "forty": "given: measured, seeds 0 to 2", "twenty": "given: the code", "512": "paper: Bricken et al. 2023, problem setup", "4,000": "paper: Bricken et al. 2023, summary: more than 4000 features", "16 million": "paper: Gao et al. 2024, abstract", "4": "given: a name, GPT-4", "7 per cent": "paper: Gao et al. 2024, section 2.4"}
# **At equal activity the sparse code wins clearly**: 0.87 against 0.76 or 0.77 for three dense codes with ten numbers. (With three seeds it had 0.87 to 0.88, ten dense units at most 0.78. After forty epochs the deep code came nearer, with 0.82 to 0.85, and with 100 labels it was level.) **At equal size it is still a little ahead**, with twenty active units: 0.89 with three seeds, against 0.87 to 0.88 for 100 dense units; both are ahead of PCA. With 100 labels the order is the same. (PCA's 100 components do worst there: the probe standardises its codes, which makes faint ripples as loud as the first.)
#
# ## Reading language models
#
# Since 2023 this method is used to read large networks. One unit of a language model's layer is active for several unrelated things. So people take the layer's *activations* as data, in place of images, and train a sparse autoencoder on them with far more units than the layer has.
#
# - Bricken et al. (2023) use what you have built: one layer on each side, ReLU and L1. From a layer of 512 units they get more than 4,000 *features*, among them one for Arabic script and one for DNA, named as we did: by what activates them most. Dead units are started anew.
# - Cunningham et al. (2023) let a language model judge how well features can be explained; theirs do better than PCA's directions and the layer's own units, though hardly so in the last layer (section 3.2).
# - Gao et al. (2024) replace L1 by `TopK`, to fix the budget and to be rid of shrinkage, up to 16 million units for the activations of GPT-4. The encoder starts as the decoder's transpose, as ours, and a second loss revives dying units; 7 per cent are dead in the end (section 2.4).
#
# There as here, nice top examples are a hypothesis: look at what else activates the unit, and at chance.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("15.1")` gives a hint; call it again for the next one.
#
# ### Exercise 15.1: dead, or sparse?
#
# Write `unit_report(z)` for ReLU codes `z` of many images, $(n, K)$. It returns two numbers: how many units are dead (once, however weakly, is alive), and which fraction of the *living* units is active, on average over the images. Then use it on the codes of the three `lives` that have living units. Which would you keep?


# %% tags=["exercise"]
def unit_report(z): ...


checks.check_unit_report(unit_report)


# %% tags=["solution"]
def unit_report(z):
    alive = np.any(z > 0, axis=0)
    return int(np.sum(~alive)), np.mean(z[:, alive] > 0)


checks.check_unit_report(unit_report)

# %% [markdown]
# ### Exercise 15.2: a regulariser of your own
#
# Keras has no KL penalty. Write `KLRegularizer(weight, target)`, a subclass of `keras.regularizers.Regularizer`, so that `layers.Dense(100, activation="sigmoid", activity_regularizer=KLRegularizer(1, 0.1))` does what `KLAutoencoder` does. Mind what Keras does with the number that you return, and try a unit that is always off.


# %% tags=["exercise"]
class KLRegularizer(keras.regularizers.Regularizer): ...


checks.check_kl_regularizer(KLRegularizer)


# %% tags=["solution"]
class KLRegularizer(keras.regularizers.Regularizer):
    def __init__(self, weight, target):
        self.weight, self.target = weight, target

    def __call__(self, z):
        n, t = ops.cast(ops.shape(z)[0], z.dtype), self.target
        a = ops.clip(ops.mean(z, axis=0), 1e-6, 1 - 1e-6)
        kl = t * ops.log(t / a) + (1 - t) * ops.log((1 - t) / (1 - a))
        return n * self.weight * ops.sum(kl)


checks.check_kl_regularizer(KLRegularizer)

# %% [markdown]
# ### Exercise 15.3: meet a budget, and stay alive
#
# Train a sparse model, called `frugal`, with at least 50 units. On average at most **6 %** of them may be active on `x_val`; at least **80 %** must be alive (here: active for at least one training image in a thousand); and its error must nevertheless be below that of PCA with as many components as it has active units. The rest is yours to choose. None of the models above does it: which demand does each of them miss?

# %% tags=["exercise"]
frugal = ...

checks.check_activity_budget(frugal, x_train, x_val, budget=0.06)

# %% tags=["solution"]
frugal = k_sparse(6, warmed())
trained(frugal, learning_rate=0.002)
checks.check_activity_budget(frugal, x_train, x_val, budget=0.06)

# %% [markdown]
# ### Exercise 15.4: decide, and show why
#
# Which code would you choose: to show pictures again, to store them as lists of (unit, value), or to sort them with a hundred labels? Choose a use and set `choice = (name, reason, numbers)`:
#
# - `name` is a key of `codes`, below, which holds the codes of `x_train` and of `x_val`, and the reconstructions of `x_val`;
# - `reason` is `"error"` (squared error per image on `x_val`), `"stored"` (mean number of values that are not zero, over the codes of `x_val`) or `"probe"` (accuracy on `x_val` of a linear probe trained on the hundred images at the places `few`);
# - `numbers` is your evidence: a dict from each name to that measure.

# %% tags=["keep"]
codes = {
    name: (*codes_of(model), evaluation.reconstruct(model, x_val))
    for name, model in (tens | {"100 units": plain}).items()
}
few = draws[0]

# %% tags=["exercise"]
choice = ...


checks.check_code_choice(choice, x_val, codes, few, labels[few], labels_val)

# %% tags=["solution"]
numbers = {name: np.count_nonzero(z, axis=1).mean() for name, (_, z, _) in codes.items()}
choice = (min(numbers, key=numbers.get), "stored", numbers)
checks.check_code_choice(choice, x_val, codes, few, labels[few], labels_val)

# %% [markdown] numbers={"3": "given: an example", "95": "given: an example", "5": "given: an example"}
# ## What to remember
#
# - A sparse code has many units and uses few for each image. Ask of a unit its atom, its top images, and what else activates it.
# - L1 with ReLU gives exact zeros, and shrinks what it keeps; KL gives moderate averages and not a single zero; top-k meets a budget exactly and shrinks nothing.
# - Dead units are not sparse use. Report active *and* dead units; a large penalty or large steps, too early, kill units.
# - Compare at equal activity (PCA with as many components as units are active) and at equal size. Here the sparse code won the first in error (until a deep network had trained for longer) and in the probe, the second in the probe only.
#
# ## Quiz
#
# 1. You change the error from a sum to a mean over 784 pixels and keep $\lambda$. The code becomes (a) a little sparser; (b) very much sparser, or dead; (c) denser.
# 2. A KL model with target 0.1 has no value that is exactly zero. (a) It was not trained long enough. (b) The penalty sees averages only, and a sigmoid never reaches zero. (c) There is a bug.
# 3. A code has 3 of 100 units active for an average image, and 95 units dead. (a) It is very sparse. (b) It is a narrow code of five units, of which most are active. (c) Training on with a smaller $\lambda$ will revive the dead.
#
# <details><summary>Answers</summary>
#
# 1. **b.** The error becomes 784 times smaller, so the penalty is 784 times as strict.
# 2. **b.** More training (a) brings averages closer to the target, not values to zero.
# 3. **b.** Sparse use is judged among the living (not a): 3 of 5. A dead ReLU passes no gradient, whatever $\lambda$ is (not c).
# </details>
#
# ## Further reading
#
# - Olshausen & Field, *Emergence of simple-cell receptive field properties by learning a sparse code*, Nature (1996), doi:10.1038/381607a0.
# - Ng, *Sparse autoencoder*, CS294A lecture notes (2011), section 3: the KL penalty.
# - Makhzani & Frey, *k-sparse autoencoders* (2013), arXiv:1312.5663.
# - Bricken et al., *Towards monosemanticity: decomposing language models with dictionary learning*, Transformer Circuits Thread (2023).
# - Cunningham et al., *Sparse autoencoders find highly interpretable features in language models* (2023), arXiv:2309.08600.
# - Gao et al., *Scaling and evaluating sparse autoencoders* (2024), arXiv:2406.04093.

# %% tags=["receipt"]
notebook.claim(
    scores[1]["active"] < scores[0.3]["active"] < scores[0.1]["active"], "activity must fall"
)
notebook.receipt(
    topk_error=ten_errors["10 of 100 units"],
    pca_error=ten_errors["PCA, 10"],
    topk_probe=probes["10 of 100 units"][0],
    pca_probe=probes["PCA, 10"][0],
)
