# %% [markdown]
# # 09. How large should the code be?
#
# *Turn the one knob that matters most from 2 to 64, and judge the result by more than pixels.*
#
# **You will be able to**
# - run a fair sweep over `latent_dim` and draw it against PCA;
# - judge a code by what it is for: reconstruction, classes, neighbours, noise, detail;
# - choose a size and defend the choice.
#
# **You need** lessons 06 to 08.
#
# **Time** 25 minutes to read, about 50 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_09 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
sizes = [2, 4, 8, 16, 32, 64]

# %% [markdown]
# ## Q26. How do you change the latent dimension and observe its effect on the reconstructions?
#
# `latent_dim` is one argument, so a sweep is a loop. What makes it *fair* is everything that stays the same: hidden layers, optimizer, batches, epochs and the rule for initial weights. And since we are choosing something, we look at the **validation** set; the test set waits for the end.


# %%
def trained_autoencoder(latent_dim, epochs=10):
    model = Autoencoder(DenseEncoder(latent_dim), DenseDecoder(image_shape))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
    model.fit(data.Batches(train.x), epochs=epochs, shuffle=False, verbose=0)
    return model


# %% [markdown]
# **Predict.** From 2 to 64 the code doubles five times. Will the error fall by the same *amount* each time, by the same *factor*, or first fast and then hardly at all? And where will the lead over PCA be largest?

# %%
models = {size: trained_autoencoder(size) for size in sizes}
reconstructions = {size: evaluation.reconstruct(models[size], val.x) for size in sizes}
errors = {size: evaluation.squared_error(val.x, reconstructions[size]).mean() for size in sizes}
pca_errors = {size: evaluation.pca_error(train.x, val.x, size) for size in sizes}

print("size   autoencoder     PCA   squared error per image, validation")
for size in sizes:
    print(f"{size:4d}   {errors[size]:11.2f}  {pca_errors[size]:6.2f}")

# %% mystnb={"image": {"alt": "Squared error against code size on a logarithmic axis: the autoencoder's curve lies below PCA's up to 32 and above it at 64"}}
mean_error = evaluation.mean_image_error(train.x, val.x)
fig, ax = plt.subplots(figsize=(6.5, 3.2))
ax.plot(sizes, errors.values(), marker="o", label="autoencoder")
ax.plot(sizes, pca_errors.values(), marker="s", label="PCA")
ax.axhline(mean_error, color="0.45", linestyle="--", label=f"mean image ({mean_error:.1f})")
ax.set_xscale("log", base=2)
ax.set(
    xlabel="code size",
    ylabel="squared error per image",
    xticks=sizes,
    xticklabels=sizes,
    ylim=(0, None),
)
ax.legend()
plt.show()

# %% [markdown] numbers={"31 to 46": "(1 - 22.85 / 33.01) * 100", "46": "(1 - 7.12 / 13.15) * 100", "a fifth for each": "1 - 5.61 / 7.12", "a fifth less error,": "1 - 33.01 / 40.38", "half": "1 - 7.12 / 13.80", "16": "seen: the figure", "64": "seen: the table", "2": "seen: the table", "8": "seen: the table"}
# Three things to read off. **The first numbers are worth most**: each doubling up to 16 takes away 31 to 46 per cent of what is left. **After 16 the curve flattens** to a fifth for each doubling. The code is no longer the limit, for PCA proves that 64 numbers can hold more; what is left is ten epochs of training and the hidden layers. **The lead over PCA is largest in the middle**: at 2 numbers a fifth less error, at 8 and 16 about half, at 64 none. With too few numbers neither can say much; with many, a linear code that needs no training does as well or better. If you try only one size, and no PCA, you learn none of this.
#
# A caution: this is one run for each size. Repeat with other seeds before you believe a small difference.
#
# What does it look like?

# %% mystnb={"image": {"alt": "Seven rows of ten: validation images, and their reconstructions from 2, 4, 8, 16, 32 and 64 numbers, from vague shapes to nearly exact copies"}}
rows = {"original": val.x[:10]} | {f"{size} numbers": reconstructions[size][:10] for size in sizes}
fig, ax = plt.subplots(figsize=(7, 5.3))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"two": "seen: the figure", "sixteen": "seen: the figure", "thirty-two": "seen: the figure"}
# With two numbers the network knows roughly *which kind* of digit it saw and draws a standard one, sometimes the wrong one. With four to eight it gets the class, then the slant and the width. With sixteen, most of what makes this particular digit is there. From thirty-two on you have to search for differences.

# %% [markdown]
# ## Q27. How do you evaluate how different latent dimensions capture the most important features of the data?
#
# "Important" for what? The pixel error answers one question only: how exactly does the picture come back. Lesson 06 showed how blind it is. Here are four more questions, each with a number.
#
# 1. **Does the code know the class?** Train a *[linear probe](glossary.md#linear-probe)*, a logistic regression, whose borders between classes are linear, on the codes of 2,000 training images and count the right answers on the validation set. Linear, so that the credit belongs to the code and not to the classifier.
# 2. **Are neighbours alike?** The [k-NN accuracy](glossary.md#k-nn-accuracy) with the five nearest training codes, as in lesson 08.
# 3. **How much noise gets through?** Encode a *noisy* image, decode, and compare with the **clean** one. Part of that error is there without noise as well, so subtract the error of the clean image.
# 4. **How much detail is drawn?** Blur removes edges. Compare the total strength of the edges in the reconstruction with that in the original: 1 means all of them.


# %%
def edge_strength(images):
    down = np.abs(np.diff(images, axis=1)).sum()
    right = np.abs(np.diff(images, axis=2)).sum()
    return down + right


def clean_error(x_hat):
    return evaluation.squared_error(val.x, x_hat).mean()


noisy = data.gaussian_noise(val.x, stddev=0.4, seed=0)


def judge(encode, reconstruct):
    z_train, z_val = encode(train.x[:2000]), encode(val.x)
    labels = train.labels[:2000], val.labels
    return {
        "probe": evaluation.probe_accuracy(z_train, labels[0], z_val, labels[1]),
        "neighbours": evaluation.knn_accuracy(z_train, labels[0], z_val, labels[1]),
        "noise": clean_error(reconstruct(noisy)) - clean_error(reconstruct(val.x)),
        "detail": edge_strength(reconstruct(val.x)) / edge_strength(val.x),
    }


# %% [markdown]
# **Predict.** For which of the four will the *largest* code not be the best?

# %%
scores, pca_scores = {}, {}
for size in sizes:
    model, pca = models[size], evaluation.fit_pca(train.x, size)
    scores[size] = judge(
        lambda x, model=model: evaluation.encode(model, x),  # model=model: keep this round's
        lambda x, model=model: evaluation.reconstruct(model, x),
    )
    pca_scores[size] = judge(
        lambda x, pca=pca: pca.transform(x.reshape(len(x), -1)),
        lambda x, pca=pca: evaluation.pca_reconstruct(pca, x),
    )

print("size   probe        k-NN  noise  detail")
for size in sizes:
    s = scores[size]
    print(
        f"{size:4d}  {s['probe']:6.1%}  {s['neighbours']:10.1%}  {s['noise']:5.1f}  {s['detail']:6.2f}"
    )

# %% mystnb={"image": {"alt": "Four panels against code size, autoencoder and PCA: probe accuracy and k-NN accuracy rising, noise let through rising slowly for PCA and peaking at 16 for the autoencoder, edges drawn rising to one and for PCA beyond"}}
titles = {
    "probe": "linear probe: labels right",
    "neighbours": "k-NN: labels right",
    "noise": "noise let through: squared error added",
    "detail": "edges drawn, 1 = all",
}
fig, axes = plt.subplots(2, 2, figsize=(8, 5))
for ax, (name, title) in zip(axes.flat, titles.items(), strict=True):
    ax.plot(sizes, [scores[size][name] for size in sizes], marker="o", label="autoencoder")
    ax.plot(sizes, [pca_scores[size][name] for size in sizes], marker="s", label="PCA")
    ax.set_xscale("log", base=2)
    ax.set(title=title, xlabel="code size", xticks=sizes, xticklabels=sizes)
axes[0, 0].legend()
plt.show()
added = evaluation.squared_error(val.x, noisy).mean()
print(f"squared error of the noisy images themselves: {added:.1f}")

# %% [markdown] numbers={"three classes in four": "74.4 / 100", "six in ten": "58 / 100", "sixteen on there": "seen: the figures", "sixteen. A *nonlinear*": "seen: the table and the figure", "three quarters": "0.77", "two": "seen: the table", "four": "given: a size of the sweep", "sixteen": "seen: the figure"}
# Read them one by one.
#
# **Probe and k-NN accuracy** rise steeply and then flatten. The class is a coarse property, and few numbers are enough to hold it. Where the code is tight the autoencoder is far ahead (with four numbers the probe gets three classes in four right, on PCA's codes not even six in ten); from sixteen on there is nothing to choose between them.
#
# **Noise** is the surprise, and not a pleasant one. The noisy images themselves are off by 63. Of that PCA lets hardly anything through: a projection keeps only the noise that lies in its few directions out of 784, so a narrow code filters well, and more gets in as the code widens. The autoencoder's narrow codes filter too, but at every size they let several times as much through as PCA's, most of all at sixteen. A *nonlinear* encoder may amplify perturbations that it was never shown. Robustness does not come from the bottleneck alone; it has to be trained for, which is what the [denoising autoencoder](glossary.md#denoising-autoencoder) does. (So the largest code is not the best one here; for k-NN accuracy and detail it is merely no better than the next smaller.)
#
# **Detail** shows the blur: the autoencoder draws three quarters of the edges with two numbers and never quite all of them. PCA draws *more* edges than there are, from sixteen numbers on: not detail, but ripples around every stroke. A score above 1 is no better than one below; no single number is safe from being right for the wrong reason.

# %% [markdown] numbers={"2": "given: the dimensions of paper", "64": "seen: the table, columns probe and k-NN", "16": "seen: the table, columns probe and k-NN"}
# ## Choosing
#
# There is no best size, only a best size *for something*:
#
# | you want | look at | here |
# |---|---|---|
# | to see the data on paper | 2 | maps of lesson 08 |
# | compression | error against size; the elbow of the curve | 16 |
# | features for a classifier | the probe | 16 to 64, little to choose |
# | to ignore noise | noise let through | none of these: train for it |
# | faithful copies | error and detail | 64, or PCA |
#
# Now, once, the test set: for the size we would choose for compression.

# %%
chosen = 16
test_error = evaluation.squared_error(test.x, evaluation.reconstruct(models[chosen], test.x)).mean()
test_pca = evaluation.pca_error(train.x, test.x, chosen)
print(
    f"code of {chosen}: validation {errors[chosen]:.2f}, test {test_error:.2f}, PCA on test {test_pca:.2f}"
)
n_pixels = int(np.prod(image_shape))
print(f"{n_pixels} pixels in {chosen} numbers: {n_pixels / chosen:.0f} times fewer")
print(f"in bytes, {n_pixels} against {4 * chosen}: {n_pixels / (4 * chosen):.0f} times fewer")

# %% [markdown]
# The test error is close to the validation error, as it should be after a choice among only six sizes.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("9.1")` gives a hint; call it again for the next one.
#
# ### Exercise 9.1: the smallest that will do
#
# Write `smallest_size(errors, budget)`: from a dictionary {size: error} the smallest size whose error is at most `budget`, or 0 if there is none.


# %% tags=["exercise"]
def smallest_size(errors, budget): ...


checks.check_smallest_size(smallest_size)


# %% tags=["solution"]
def smallest_size(errors, budget):
    good = [size for size, error in errors.items() if error <= budget]
    return min(good, default=0)


checks.check_smallest_size(smallest_size)

# %% [markdown]
# ### Exercise 9.2: what a doubling is worth
#
# Write `gains(errors)`: from a dictionary {size: error} with growing sizes, the list of the fractions of the error that each step removes. From 20 to 15 a quarter is removed: 0.25.


# %% tags=["exercise"]
def gains(errors): ...


checks.check_gains(gains)


# %% tags=["solution"]
def gains(errors):
    return [1 - after / before for before, after in itertools.pairwise(errors.values())]


checks.check_gains(gains)

# %% [markdown] numbers={"16": "seen: the first table", "2": "seen: the first table", "32": "seen: the first table", "8": "seen: the table"}
# ## What to remember
#
# - A fair sweep changes one thing and looks at the validation set; PCA with the same size is its baseline.
# - The gain over PCA is largest at middle sizes, here 8 and 16; with room enough it is gone.
# - Judge a code by its use: probe, k-NN accuracy, noise, detail. They disagree.
# - A narrow code filters some noise, but a nonlinear encoder may amplify what training never showed.
#
# ## Quiz
#
# 1. At 64 numbers PCA has the smaller error. This shows (a) that autoencoders are useless; (b) that with so much room, and this much training, nonlinearity brings nothing; (c) a bug.
# 2. The probe is linear because (a) a strong classifier could make up for a bad code; (b) it is faster; (c) codes are linear.
# 3. You pick the size by its test error. (a) Fine with only six sizes. (b) The reported error is then too optimistic. (c) It is then too pessimistic.
#
# <details><summary>Answers</summary>
#
# 1. **b.** At 2 to 32 it wins (not a), and PCA is the best *linear* code by construction, so no bug is needed (c).
# 2. **a.** You want to measure the code. Speed (b) is welcome but not the reason; codes (c) are anything but linear in the image.
# 3. **b.** Six sizes (a) make the harm small, not zero. Choosing the best never makes a number pessimistic (c).
# </details>
#
# ## Further reading
#
# - Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647, figure 2: autoencoder against PCA at equal code size.
# - Alain & Bengio, *Understanding intermediate layers using linear classifier probes*, arXiv:1610.01644.
# - Vincent et al., *Stacked denoising autoencoders*, JMLR 11 (2010): noise as a teacher.

# %% [markdown]
# ## The end of part A
#
# You can now answer the question this course began with. An autoencoder is an encoder and a decoder with a bottleneck between them; you have written both, joined, trained, watched and judged them, on any of three backends, and you know what each number on the way means and which baseline to hold against it. What it cannot do, you have seen as well: it would copy if there were room (lesson 00), breaks on out-of-distribution images and on noise (00, 09), is blind to strokes (06) and has holes in its latent space (08). Each of these is the starting point of another kind of autoencoder: denoising, sparse, variational, and more.

# %% tags=["receipt"]
notebook.claim(
    all(errors[size] < pca_errors[size] for size in (2, 4, 8)), "tight codes must beat PCA"
)
notebook.claim(errors[2] > errors[8] > errors[32], "more numbers, smaller error")
notebook.claim(
    scores[16]["probe"] > scores[2]["probe"], "more numbers must know more about the class"
)
notebook.receipt(
    **{f"error_{size}": errors[size] for size in sizes},
    probe_16=scores[16]["probe"],
    test_16=test_error,
)
