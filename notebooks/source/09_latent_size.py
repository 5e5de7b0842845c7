# %% [markdown]
# # 09. How large should the code be?
#
# *Turn one knob from one number to sixty-four, and judge the result by more than pixels.*
#
# **You will be able to**
# - run a fair sweep over `latent_dim`, with several seeds, and read it against PCA;
# - judge a code by what it is for: reconstruction, classes, neighbours, noise, detail, or a criterion of your own;
# - choose a size and defend the choice with measurements.
#
# **You need** lessons 06 to 08.
#
# **Time** 25 minutes to read, 25 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_09 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown] numbers={"three times the": "given: 0.006 against 0.002 in lesson 06"}
# ## One number for a digit
#
# So far a code had sixteen numbers, or two. What can a network do with *one*? We need a network that trains in a few seconds, because there will be many: one hidden layer on each side, as in lesson 00; six epochs; and three times the learning rate of lesson 06, which so small a network can take. PCA's reconstructions are clipped to [0, 1]; the network's lie there anyway, because of its sigmoid.


# %% tags=["keep"]
def trained_autoencoder(latent_dim, seed=0, epochs=6):
    encoder = DenseEncoder(latent_dim, hidden=(128,))
    decoder = DenseDecoder(image_shape, hidden=(128,))
    model = Autoencoder(encoder, decoder)
    backend.seed_weights(model, seed=seed)
    model.compile(optimizer=keras.optimizers.Adam(0.006), loss=losses.squared_error)
    model.fit(data.Batches(train.x, seed=seed), epochs=epochs, shuffle=False, verbose=0)
    return model


def pca_images(pca, x):
    return np.clip(evaluation.pca_reconstruct(pca, x), 0, 1)


def error_of(x_hat):
    """Squared error per image on the validation set."""
    return evaluation.squared_error(val.x, x_hat).mean()


# %% [markdown]
# **Predict.** All the codes of a one-number autoencoder lie on a line, and the decoder turns that line into a strip of film, one picture for each point. What does the film show: *one grey blur*, *two shapes that fade into each other*, or *many digits*? And PCA's film, which has one number as well?
#
# **Change this line and run again:** `FIRST`, the size of the code; nothing below depends on it. (With a larger code, the film varies the first number and keeps the others at their means.)

# %% mystnb={"image": {"alt": "Two films of ten blurred pictures. PCA's fades from a shape like a 6 to one like a 3; the network's begins with a 3, passes a 6 and something like a 1, and ends with a 7"}}
FIRST = 1  # try 2, 3, 8
first = trained_autoencoder(FIRST, epochs=8)
first_pca = evaluation.fit_pca(train.x, FIRST)


def film(z, decode):
    codes = np.tile(z.mean(axis=0), (10, 1)).astype("float32")
    codes[:, 0] = np.quantile(z[:, 0], np.linspace(0.02, 0.98, 10))
    return np.clip(decode(codes), 0, 1).reshape(-1, *image_shape)


flat = val.x.reshape(len(val), -1)
films = {
    "PCA": film(first_pca.transform(flat), first_pca.inverse_transform),
    "autoencoder": film(evaluation.encode(first, val.x), lambda z: evaluation.decode(first, z)),
}
fig, ax = plt.subplots(figsize=(8, 1.8))
plots.plot_rows(films, ax=ax)
plt.show()

# %% [markdown] numbers={"four times the": "given: the code below"}
# PCA's film has two shapes, something like a 6 and something like a 3, and between them one fades into the other: with one number PCA can only add more or less of a single picture to the mean. The network's film begins with a 3, which closes and becomes a 6, then something like a 1, and ends with a 7: blurred, but *several digits on one line*. (Other seeds give other films: two more began with a 3, passed something like a 1 and ended with a 0 that turns into a 6.) Before clipping, PCA's pictures lie on a straight line in the space of images; the network's lie on a curved one, which passes through more of the *[manifold](glossary.md#manifold)*. How does it go on with more numbers?
#
# ## Q26. How do you change the latent dimension and observe its effect on the reconstructions?
#
# `latent_dim` is one argument, so a sweep is a loop. What makes it *fair* is everything that stays the same: hidden layers, optimizer, number of epochs, data. What makes it *believable* is that each size is trained from three seeds, which change the initial weights and the order of the images: a difference smaller than the spread between seeds is no difference. And since we are choosing something, we look at the **validation** set; the test set waits for the end. Make large steps first: each size here is four times the one before.
#
# **Predict.** Will the error fall by the same *amount* at each step, by the same *share* of what is left, or neither? Will the network beat PCA at every size? And where will its lead be largest?

# %% tags=["keep"]
sizes, seeds = [4, 16, 64], [0, 1, 2]
models = {size: [trained_autoencoder(size, seed) for seed in seeds] for size in sizes}
pcas = {size: evaluation.fit_pca(train.x, size) for size in sizes}
reconstructions = {
    size: [evaluation.reconstruct(model, val.x) for model in models[size]] for size in sizes
}
pca_reconstructions = {size: pca_images(pcas[size], val.x) for size in sizes}

# %% mystnb={"image": {"alt": "Seven rows of ten: validation images, then PCA's and the network's reconstructions from 4, 16 and 64 numbers. From 4 PCA's are grey blurs and the network's sharper shapes, some of the wrong digit; from 64 both are close to the originals"}}
rows = {"original": val.x[:10]}
for size in sizes:
    rows[f"{size}: PCA"] = pca_reconstructions[size][:10]
    rows[f"{size}: autoencoder"] = reconstructions[size][0][:10]
fig, ax = plt.subplots(figsize=(7.5, 5.2))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"5 in the": "seen: the figure", "sixteen": "given: a size of the sweep", "64": "given: a size of the sweep"}
# With four numbers the network's shapes are firmer than PCA's, and sometimes wrong: the 5 in the second column has become something like a 9. With sixteen most digits can be read, in PCA's row through grey ghosts of other strokes. With 64 you have to search for differences, and both do well. Now the numbers.

# %% tags=["keep"]
errors = {size: [error_of(x_hat) for x_hat in reconstructions[size]] for size in sizes}
pca_errors = {size: error_of(pca_reconstructions[size]) for size in sizes}
mean_error = evaluation.mean_image_error(train.x, val.x)

print("squared error per image, validation; three seeds")
print("size   autoencoder     PCA   AE / PCA")
for size in sizes:
    low, high, pca = min(errors[size]), max(errors[size]), pca_errors[size]
    print(f"{size:4d}  {low:5.1f} to {high:4.1f}  {pca:6.1f}   {low / pca:.2f} to {high / pca:.2f}")
print(f"mean image           {mean_error:6.1f}")

# %% mystnb={"image": {"alt": "Squared error against code size on a logarithmic axis. The network's narrow band runs below PCA's line at 4 and 16 numbers and above it at 64"}}


def draw(ax, network, linear):
    """Three seeds as a band round their mean, and PCA."""
    network = np.array([network[size] for size in sizes])
    ax.fill_between(sizes, network.min(axis=1), network.max(axis=1), color="C0", alpha=0.3)
    ax.plot(sizes, network.mean(axis=1), marker="o", color="C0", label="autoencoder")
    linear = [linear[size] for size in sizes]
    ax.plot(sizes, linear, marker="s", color="C1", linestyle="--", label="PCA")
    ax.set_xscale("log", base=2)
    ax.set(xlabel="code size", xticks=sizes, xticklabels=sizes)


fig, ax = plt.subplots(figsize=(6.5, 3.2))
draw(ax, errors, pca_errors)
ax.axhline(mean_error, color="0.45", linestyle=":", label=f"mean image ({mean_error:.1f})")
ax.set(ylabel="squared error per image", ylim=(0, None))
ax.legend()
plt.show()

# %%
means = {0: mean_error} | {size: np.mean(errors[size]) for size in sizes}
print("step       amount removed   share removed   lead over PCA: amount, share")
for before, after in zip([0, *sizes], sizes, strict=False):
    amount = means[before] - means[after]
    lead = pca_errors[after] - means[after]
    print(
        f"{before:2d} to {after:2d} {amount:14.1f} {amount / means[before]:15.2f}"
        f" {lead:19.1f}, {lead / pca_errors[after]:.2f}"
    )

shares = [1 - means[after] / means[before] for before, after in [(0, 4), (4, 16), (16, 64)]]
notebook.claim(max(errors[4]) < 0.9 * pca_errors[4], "with 4 numbers every seed beats PCA")
notebook.claim(
    max(errors[16]) < 0.7 * pca_errors[16], "with 16 the error is 30 per cent less or better"
)
notebook.claim(min(errors[64]) > 1.3 * pca_errors[64], "with 64 PCA's error is far smaller")
notebook.claim(shares[1] > shares[0] + 0.2 and shares[1] > shares[2] + 0.1, "shares rise and fall")
notebook.claim(
    pca_errors[4] - max(errors[4]) > pca_errors[16] - min(errors[16]), "the lead is largest at 4"
)
notebook.claim(min(errors[4]) > 0.75 * pca_errors[4], "as a share it is largest at 16")

# %% [markdown] numbers={"32": "given: the code below", "16": "given: a size of the sweep", "64": "given: a size of the sweep"}
# Now look along the sizes yourself, with 32 added (one network): move the slider, or click on the curve. (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Find out:** the network is ahead at 16, PCA at 64. Who is ahead at 32? And which digits can be read from fewer numbers in the network's rows than in PCA's?

# %% mystnb={"image": {"alt": "A figure to turn, as it is at first: three rows of ten, digits, and what PCA and the autoencoder return from four numbers, PCA's blurred, the autoencoder's firmer, some of a wrong digit"}}
by_pca = pca_reconstructions | {32: pca_images(evaluation.fit_pca(train.x, 32), val.x)}
by_network = {size: three[0] for size, three in reconstructions.items()}
by_network[32] = evaluation.reconstruct(trained_autoencoder(32), val.x)
rising = sorted(by_pca)
by_pca, by_network = ({size: of[size] for size in rising} for of in (by_pca, by_network))
widgets.size_and_rank(val.x, by_pca, by_network, mean_error)

# %% [markdown] numbers={"64": "given: a size of the sweep", "32": "given: a size in the figure", "4.8": "given: three seeds", "5.2": "given: three seeds", "5.7": "given: PCA with 32 numbers", "4 and its": "seen: the figure", "7": "seen: the figure", "four numbers its": "given: a size in the figure"}
# The answers. **Neither amount nor share** stays the same. The first four numbers remove 22.9 of the error of the mean image (which is all that a decoder without any code can draw), the step to 16 removes 18.8, the step to 64 only 3.9: the amounts fall. The shares of what is left rise and fall: 46 per cent, 70 per cent, 50 per cent. **The lead over PCA** depends on what you call a lead. In squared error it is largest at 4 numbers; as a share of PCA's error, at 16, where the network makes 37 per cent less. Both hold for every seed. With 64 numbers **PCA wins**, and not narrowly. At 32, in the figure to turn, the network is still ahead, but by little (4.8 to 5.2 from three seeds, where PCA has 5.7). And from four numbers its 4 and its 7 can be read; PCA needs more for both.
#
# It would be easy to stop here and conclude that 64 numbers leave nothing for a nonlinear code to do. But PCA is at its optimum the moment it is computed, and our networks have had six epochs. **Predict.** What happens to the network's error at 64 with thirty epochs: *nothing much*, *it reaches PCA*, or *it beats PCA*?

# %% [markdown] numbers={"2.2, 2.0 and": "seen: runs from three seeds", "2.0 and 2.0": "seen: runs from three seeds", "2.0 after twenty": "seen: runs from three seeds", "twenty epochs, and": "seen: runs from three seeds", "1.7, 1.8 and": "seen: runs from three seeds", "1.8 and 1.9": "seen: runs from three seeds", "1.9 after thirty,": "seen: runs from three seeds", "thirty, about a": "seen: runs from three seeds", "half of the": "given: the noise is symmetric", "64": "given: a size of the sweep", "thirty epochs gave": "seen: runs from three seeds", "5.7": "seen: runs from three seeds", "5.9, **less than": "seen: runs from three seeds", "half of PCA's": "seen: 5.9 / 12.5"}
# It beats PCA. Here is what longer runs gave, from the same three seeds (several seconds each, so they are not repeated here; `trained_autoencoder(64, epochs=30)` is one): at 64 numbers errors of 2.2, 2.0 and 2.0 after twenty epochs, and 1.7, 1.8 and 1.9 after thirty, about a quarter below PCA's. So it was not the code that set the limit, but the training. Nor is 64 special: with sixteen numbers the same thirty epochs gave 5.7, 5.7 and 5.9, **less than half of PCA's error**. A sweep compares sizes *after so much training*. Say how much, and before you believe the surprising end of a curve, train that end longer.
#
# ## Q27. How do you evaluate how different latent dimensions capture the most important features of the data?
#
# "Important" for what? The squared error answers one question only: how exactly does the picture come back? Lesson 06 showed how little it knows of strokes. Here are four more questions, each with a number.
#
# 1. **Does the code know the class?** Train a *[linear probe](glossary.md#linear-probe)*, a logistic regression, whose borders between classes are linear, on the codes of 2,000 training images and count the right answers on the validation set. Linear, so that the credit belongs to the code and not to the classifier.
# 2. **Are neighbours alike?** The [k-NN accuracy](glossary.md#k-nn-accuracy) of lesson 08, with neighbours from those 2,000 codes.
# 3. **How much error does noise add?** Encode a *noisy* image, decode, and compare with the **clean** one. Part of that error is there without noise as well, so subtract the error for the clean image.
# 4. **How much detail is drawn?** Blur removes edges. Compare the total strength of the edges in the reconstruction with that in the original: 1 means as much as there is.
#
# The noise is normal with standard deviation 0.4, and here we do *not* clip the noisy pixels to [0, 1]: most pixels are 0, so clipping would remove the negative half of the noise and brighten the background, and we would measure two disturbances at once. (`evaluation.reconstruct` insists on [0, 1], so `predict` is used.)


# %% tags=["keep"]
def edge_strength(images):
    down = np.abs(np.diff(images, axis=1)).sum()
    right = np.abs(np.diff(images, axis=2)).sum()
    return down + right


noise = np.random.default_rng(0).normal(0, 0.4, val.x.shape)
noisy = (val.x + noise).astype("float32")


def judge(encode, reconstruct):
    z_train, z_val = encode(train.x[:2000]), encode(val.x)
    labels = train.labels[:2000], val.labels
    x_hat = reconstruct(val.x)
    return {
        "probe": evaluation.probe_accuracy(z_train, labels[0], z_val, labels[1]),
        "k-NN": evaluation.knn_accuracy(z_train, labels[0], z_val, labels[1]),
        "noise": error_of(reconstruct(noisy)) - error_of(x_hat),
        "detail": edge_strength(x_hat) / edge_strength(val.x),
    }


def judge_network(model):
    return judge(
        lambda x: evaluation.encode(model, x),
        lambda x: model.predict(x, batch_size=512, verbose=0),
    )


def judge_pca(pca):
    return judge(lambda x: pca.transform(x.reshape(len(x), -1)), lambda x: pca_images(pca, x))


# %% [markdown]
# **Predict.** For which of the four will the *largest* code not be the best? And is there one for which PCA is better than the network at every size?

# %% tags=["keep"]
scores = {size: [judge_network(model) for model in models[size]] for size in sizes}
pca_scores = {size: judge_pca(pcas[size]) for size in sizes}

formats = {"probe": ".2f", "k-NN": ".2f", "noise": ".1f", "detail": ".2f"}
print("size          " + "".join(f"{name:>14s}" for name in formats))
for size in sizes:
    line, baseline = f"{size:4d} network  ", "     PCA      "
    for name, digits in formats.items():
        values = [score[name] for score in scores[size]]
        line += f"{f'{min(values):{digits}} to {max(values):{digits}}':>14s}"
        baseline += f"{pca_scores[size][name]:>14{digits}}"
    print(line + "\n" + baseline)

z_train, z_val = (evaluation.encode(models[16][0], x) for x in (train.x, val.x))
voted = [
    evaluation.knn_accuracy(z_train[:n], train.labels[:n], z_val, val.labels)
    for n in (2000, len(train))
]
print("k-NN, 16 numbers, seed 0, with neighbours")
print(f"from 2,000 images: {voted[0]:.2f}; from all {len(train):,}: {voted[1]:.2f}")

# %% mystnb={"image": {"alt": "Four panels against code size, the network's band and PCA's line. Probe and k-NN accuracy rise together, the probe's band being higher at 4 numbers; the network's error added by noise is far above PCA's; its edges drawn are above PCA's at 4 and 16 and below at 64"}}
titles = {
    "probe": "linear probe: fraction right",
    "k-NN": "k-NN: fraction right",
    "noise": "squared error added by noise",
    "detail": "edges drawn, 1 = as in the original",
}
fig, axes = plt.subplots(2, 2, figsize=(8, 5.4))
for ax, (name, title) in zip(axes.flat, titles.items(), strict=True):
    by_seed = {size: [score[name] for score in scores[size]] for size in sizes}
    draw(ax, by_seed, {size: pca_scores[size][name] for size in sizes})
    ax.set(title=title, ylim=(0, None))
axes[0, 0].legend(loc="lower right")
plt.show()


def worst(name, size):
    return min(score[name] for score in scores[size])


notebook.claim(worst("probe", 4) > pca_scores[4]["probe"], "every seed's probe beats PCA's at 4")
notebook.claim(worst("probe", 64) > worst("probe", 16) > worst("probe", 4), "the probe rises")
notebook.claim(
    abs(np.mean([score["k-NN"] for score in scores[16]]) - pca_scores[16]["k-NN"]) < 0.03,
    "neighbours are the same with sixteen numbers",
)
notebook.claim(
    all(worst("detail", size) > pca_scores[size]["detail"] for size in (4, 16)), "more edges"
)
notebook.claim(
    all(worst("noise", size) > 1.2 * pca_scores[size]["noise"] for size in sizes),
    "noise adds more to the network's error at every size",
)

# %% [markdown] numbers={"4 and 16": "given: sizes of the sweep", "four numbers the": "given: a size of the sweep", "sixteen": "given: a size of the sweep", "64": "given: a size of the sweep"}
# **Probe and k-NN accuracy** rise steeply and then flatten. The class is a coarse property, and sixteen numbers hold most of it. With four numbers the probe does better on the network's codes than on PCA's from every seed; with sixteen and more it is a point or two, and the k-NN accuracies cannot be told apart: at 4, PCA lies inside the band. For telling classes apart you hardly need the network here.
#
# The k-NN accuracy of lesson 08 was higher, because there were more codes to find neighbours among, and its network was larger and trained for longer. The line under the table shows the first of these: with the codes of all training images instead of 2,000 the same network goes from 90 per cent to 93 per cent. Compare such numbers only if neighbours, images and training are the same.
#
# **Detail**: the network draws more of the edges than PCA at 4 and 16 numbers. Both increase with the size. At 64 PCA draws slightly *more* edges than there are, 1.03, so some of them are not the digit's: look for the faint specks around the strokes in the row "64: PCA" above. Above 1 is no better than below.
#
# **Noise** needs a look at the pictures.

# %% mystnb={"image": {"alt": "Five rows of ten with 16 numbers: noisy digits; PCA's copies, grey and nearly the same from clean and from noisy images; the network's, firm in both rows, but from noisy images with other shapes, such as leaning zeros"}}
network, pca = models[16][0], pcas[16]
rows = {
    "noisy": np.clip(noisy[:10], 0, 1),
    "PCA, from clean": pca_images(pca, val.x[:10]),
    "PCA, from noisy": pca_images(pca, noisy[:10]),
    "network, from clean": reconstructions[16][0][:10],
    "network, from noisy": network.predict(noisy[:10], verbose=0),
}
fig, ax = plt.subplots(figsize=(7.5, 3.6))
plots.plot_rows(rows, ax=ax)
plt.show()

# %%
total = pca_errors[16] + pca_scores[16]["noise"]
by_network = means[16] + np.mean([score["noise"] for score in scores[16]])
notebook.claim(total < 0.95 * by_network, "from noisy images PCA's total error is smaller")
print(f"from noisy images, 16 numbers: PCA {total:.1f}, network {by_network:.1f}")
print(f"noise of the images themselves: {evaluation.squared_error(val.x, noisy).mean():.1f}")
print("size   0.4 ** 2 * size   added to PCA, not clipped   to the network")
for size in sizes:
    clean, disturbed = (evaluation.pca_reconstruct(pcas[size], x) for x in (val.x, noisy))
    added = error_of(disturbed) - error_of(clean)
    by_network = np.mean([score["noise"] for score in scores[size]])
    print(f"{size:4d} {0.4**2 * size:13.2f} {added:22.2f} {by_network:22.1f}")

# %% [markdown] numbers={"0.6 through with": "0.64", "four numbers and": "given: a size of the sweep", "64. The network": "given: a size of the sweep", "four times as": "8.8 / 1.9", "9.0 against 1.9.": "9.0", "2 is half": "seen: the figure", "4 is rounder.": "seen: the figure", "2 | maps": "given: lesson 08", "16: it removes": "seen: the table of steps", "16 to 64,": "seen: the table of scores", "64, little to": "seen: the table of scores", "64: PCA at": "seen: the table of errors"}
# PCA first, because it can be calculated. PCA *projects*: of noise that is the same in all directions it keeps the part along its few directions out of 784, which is the variance, 0.4², times the size. The second and third columns agree; clipping the output takes away some more. So a narrow linear code is a filter: of 125.6 it lets 0.6 through with four numbers and 10.3 with 64.
#
# The network filters as well, but less. With sixteen numbers noise adds more than four times as much to its error as to PCA's: 8.6 to 9.0 against 1.9. That is more than its whole lead: from *noisy* images PCA's total error is 14.4 and the network's 16.8. The pictures show how. PCA's copies hardly change. The network's are as firm as before, but of *slightly different digits*: the zeros lean and change their width, the first 2 is half closed, the 4 is rounder. A firm stroke in the wrong place costs more than a grey one. So a part of the error added is no noise in the picture but another picture.
#
# Noise is the criterion for which the largest code is the worst, and PCA the better one at every size. Robustness does not come from the bottleneck alone: a nonlinear encoder may amplify what it was never shown, and has to be trained for it, which is what the [denoising autoencoder](glossary.md#denoising-autoencoder) does.
#
# ## Choosing
#
# There is no best size, only a best size *for something*:
#
# | you want | look at | here |
# |---|---|---|
# | to see the data on paper | a code of 2 | maps of lesson 08 |
# | compression | error against size, and how long you can train | 16: it removes the largest share |
# | features for a linear classifier | the probe | 16 to 64, little to choose, PCA close |
# | to ignore noise | error added by noise | PCA, or train for it |
# | faithful copies | error and detail | 64: PCA at once, or the network with patience |
#
# Now, once, the test set: for the size that we would choose for compression.

# %%
chosen = 16
test_error = np.mean(
    [
        evaluation.squared_error(test.x, evaluation.reconstruct(model, test.x)).mean()
        for model in models[chosen]
    ]
)
test_pca = evaluation.squared_error(test.x, pca_images(pcas[chosen], test.x)).mean()
print(
    f"code of {chosen}, mean of three: validation {np.mean(errors[chosen]):.1f}, test {test_error:.1f}"
)
print(f"PCA: validation {pca_errors[chosen]:.1f}, test {test_pca:.1f}")
n_pixels = int(np.prod(image_shape))
print(f"{n_pixels} pixels in {chosen} numbers: {n_pixels / chosen:.0f} times fewer")
print(f"in bytes, {n_pixels} against {4 * chosen}: {n_pixels / (4 * chosen):.0f} times fewer")

# %% [markdown]
# On new images the network's error is a little larger than on the validation images, and so is PCA's: the lead is about the same, as it should be after a choice among only three sizes. Note the last two lines: a code has 49 times fewer *numbers* than the image, but each is a 32-bit float of four bytes and a pixel takes one byte, so in *bytes* it is only 12 times fewer.
#
# ## Exercises
#
# Stuck? `checks.hint("9.1")` gives a hint; call it again for the next one.
#
# ### Exercise 9.1: a size for a use
#
# Between 4 and 16 the sweep has jumped over a lot. Take one of two uses and find the *smallest* size that serves it, with the training of this lesson:
#
# - `"archive"`: pictures must come back with a squared error of at most 10 per image;
# - `"sorter"`: a linear probe on the codes must be right for at least 75 per cent.
#
# `measure(use, size, seed)` trains a network and gives the number in question. Which sizes you try, from how many seeds, and when you stop is up to you. Then set `decision = (use, size, evidence)`, where `evidence` is a dict from each size that you tried to the list of its measurements, one for each seed. The check asks whether your evidence supports your size, and repeats two of your measurements with a seed of its own. Is your choice safe if the seed is unlucky?


# %% tags=["keep"]
def measure(use, size, seed):
    model = trained_autoencoder(size, seed)
    if use == "archive":
        return error_of(evaluation.reconstruct(model, val.x))
    z, z_val = evaluation.encode(model, train.x[:2000]), evaluation.encode(model, val.x)
    return evaluation.probe_accuracy(z, train.labels[:2000], z_val, val.labels)


# %% tags=["exercise"]
decision = ...

checks.check_size(decision, measure)

# %% tags=["solution"]
evidence = {size: [measure("archive", size, seed) for seed in seeds] for size in (10, 12, 14)}
for size, found in evidence.items():
    print(f"{size}: {min(found):.1f} to {max(found):.1f} squared error per image")
enough = [size for size, found in evidence.items() if max(found) <= 10]

decision = ("archive", min(enough), evidence)
checks.check_size(decision, measure)

# %% [markdown]
# ### Exercise 9.2: a fifth criterion
#
# Suppose the codes are used for search: somebody brings a slightly *changed* copy of a picture that you have, and its code should lead to the original. Write `finds_itself(encode, x, change)`: encode the images `x` and the changed images `change(x)`; for each changed image find the image of `x` with the nearest code (Euclidean distance), and return the fraction for which that is its own original. `encode` takes images `(n, height, width, channels)` and returns codes `(n, latent_dim)`.
#
# Then try it on 300 validation images, with a change of your own (a shift, noise, a hidden corner), for each network and for PCA. Do the sizes come in the same order as before? For which use would you choose by this number?


# %% tags=["exercise"]
def finds_itself(encode, x, change): ...


checks.check_finds_itself(finds_itself)


# %% tags=["solution"]
def finds_itself(encode, x, change):
    z, z_changed = encode(x), encode(change(x))
    return np.mean(evaluation.nearest(z, z_changed, k=1)[:, 0] == np.arange(len(x)))


def shifted(x):
    return np.roll(x, 1, axis=2)  # by one pixel; the margins of these images are black


print("found again after a shift by one pixel to the right, three seeds")
for size in sizes:
    by_network = [
        finds_itself(lambda x, model=model: evaluation.encode(model, x), val.x[:300], shifted)
        for model in models[size]
    ]
    by_pca = finds_itself(
        lambda x, pca=pcas[size]: pca.transform(x.reshape(len(x), -1)), val.x[:300], shifted
    )
    print(f"{size:4d}  {min(by_network):.0%} to {max(by_network):.0%}, PCA {by_pca:.0%}")
checks.check_finds_itself(finds_itself)

# %% [markdown] numbers={"Thirty epochs were": "seen: runs from three seeds"}
# ## What to remember
#
# - A fair sweep changes one thing, repeats it from several seeds and looks at the validation set; PCA with the same size is its baseline.
# - The network's lead over PCA depends on the size *and* on the training: one short sweep holds two wins and a defeat, and more epochs turned the defeat into a win.
# - Judge a code by its use: probe, k-NN accuracy, noise, detail. They disagree.
# - A narrow code filters some noise, but a nonlinear encoder lets more through than PCA unless it is trained for it.
#
# ## Quiz
#
# 1. After six epochs at 64 numbers PCA has the smaller error. This shows (a) that nonlinear codes are useless at that size; (b) that the network's code is too small; (c) only that this much training does not reach what 64 numbers can hold.
# 2. The probe is linear because (a) a strong classifier could make up for a bad code; (b) it is faster; (c) codes are linear.
# 3. You pick the size by its test error. (a) Fine with only a few sizes. (b) The reported error is then too optimistic. (c) It is then too pessimistic.
#
# <details><summary>Answers</summary>
#
# 1. **c.** Thirty epochs were enough to beat PCA, with the same code: so neither (a) nor (b).
# 2. **a.** You want to measure the code. Speed (b) is welcome but not the reason; codes (c) are nonlinear in the image.
# 3. **b.** Few sizes (a) make the harm small, not zero. Choosing the best never makes a number pessimistic (c).
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
    all(max(errors[size]) < pca_errors[size] for size in (4, 16)), "middle sizes must beat PCA"
)
notebook.claim(means[4] > means[16] > means[64], "more numbers, smaller error")
notebook.claim(test_error < 0.75 * test_pca, "the lead holds on test images")
notebook.receipt(
    **{f"error_{size}": means[size] for size in sizes},
    probe_16=np.mean([score["probe"] for score in scores[16]]),
    test_16=test_error,
)
