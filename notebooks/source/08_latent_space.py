# %% [markdown]
# # 08. The latent space
#
# *Sixteen numbers per image: take them out, draw maps of them, interpolate between them, and find out where the map is empty.*
#
# **You will be able to**
# - extract codes for a whole data set;
# - draw them with PCA and t-SNE, and say what each map does and does not show;
# - measure structure (neighbours, clusters) instead of admiring it;
# - interpolate in the latent space, and show why a plain autoencoder is not a generative model.
#
# **You need** lessons 06 and 07.
#
# **Time** 30 minutes to read, about 45 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_08 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]


def trained_autoencoder(latent_dim, epochs=12):
    """A dense autoencoder, trained as in lesson 06."""
    model = Autoencoder(DenseEncoder(latent_dim), DenseDecoder(image_shape))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
    model.fit(data.Batches(train.x), epochs=epochs, shuffle=False, verbose=0)
    return model


# %% [markdown]
# ## Q24. How do you extract the latent representations of the data from the Encoder?
#
# The encoder is a model like any other, so ask it. `predict` goes through the images in batches and returns one NumPy array. It runs in inference mode and computes no gradients: PyTorch's `eval()` and `no_grad()` in one.

# %% tags=["keep"]
model = trained_autoencoder(latent_dim=16)
z_train = model.encoder.predict(train.x, batch_size=512, verbose=0)
z_test = model.encoder.predict(test.x, batch_size=512, verbose=0)
print("training codes", z_train.shape, "test codes", z_test.shape)
print("evaluation.encode gives the same:", np.array_equal(z_test, evaluation.encode(model, test.x)))

# %% [markdown]
# Look at the numbers before you draw them. Nothing in the loss says how large codes should be or where they should be centred; the network chose what suited it.

# %% mystnb={"image": {"alt": "Box plot of the sixteen code coordinates; every coordinate spreads over several units around a centre of its own"}}
fig, ax = plt.subplots(figsize=(7, 2.6))
ax.boxplot(z_test, showfliers=False)
ax.set(xlabel="coordinate of the code", ylabel="value")
plt.show()
spread = z_test.std(axis=0)
print(f"standard deviations of the coordinates: {spread.min():.1f} to {spread.max():.1f}")
print(
    f"largest correlation of two coordinates: {np.abs(np.corrcoef(z_test.T) - np.eye(16)).max():.2f}"
)

# %% [markdown] numbers={"half": "given: what a box plot shows"}
# (The box holds the middle half of the values, the line in it is the median.) All sixteen coordinates are in use, none is constant; each has its own centre and width; and some are correlated. Unlike PCA's components they come in no order of importance. Whoever compares distances between codes should know that a wide coordinate counts more than a narrow one.

# %% [markdown] numbers={"sixteen": "given: the width of the codes", "Sixteen": "given: the width of the codes"}
# ## Q25. How do you visualise the latent space with PCA or t-SNE, to explore the structure of the codes?
#
# Sixteen dimensions do not fit on paper. There are three ways to get down to two:
#
# - **PCA** projects onto the two directions of largest spread. Linear: distances on paper are never larger than the true ones, and the axes mean something. But two directions of sixteen leave out most of the spread.
# - **[t-SNE](glossary.md#t-sne)** moves points on the paper until *neighbours* on paper are neighbours in the latent space. It shows groups well. Distances between groups, sizes of groups and axes mean nothing.
# - **A code of two numbers.** Train an autoencoder with `latent_dim=2`, and its latent space *is* the paper.
#
# **Predict.** Which of the three maps will separate the classes best, and which worst? No map sees a label; the colours are added afterwards.

# %%
z2_model = trained_autoencoder(latent_dim=2)
z2_test = evaluation.encode(z2_model, test.x)

n = 1000  # t-SNE takes seconds for a thousand points and minutes for ten thousand
code_pca = PCA(2).fit(z_train)
pca_map = code_pca.transform(z_test)
tsne_map = TSNE(perplexity=30, init="pca", random_state=0).fit_transform(z_test[:n])

# %% mystnb={"image": {"alt": "Three scatter plots coloured by digit: PCA with overlapping clouds, t-SNE with separate islands, and the two-number code with arms around a crowded centre"}}
fig, axes = plt.subplots(1, 3, figsize=(10, 3.4))
maps = {
    "PCA of 16 numbers": pca_map[:n],
    "t-SNE of 16 numbers": tsne_map,
    "code of 2 numbers": z2_test[:n],
}
for ax, (name, points) in zip(axes, maps.items(), strict=True):
    plots.plot_codes(points, test.labels[:n], title=name, legend=ax is axes[-1], ax=ax)
    ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown] numbers={"fourteen": "16 - 2"}
# Same images, three stories. PCA shows overlapping clouds, although the classes may be well apart in the fourteen directions it left out. t-SNE shows islands, most of them one class each. The two-number code has to put all digits into one plane; it gives zeros, fours and sevens arms of their own and crowds the rest into the middle.
#
# Now be suspicious. Pretty islands are easy to see even where there is little. So let us **measure** what the maps suggest by the [k-NN accuracy](glossary.md#k-nn-accuracy) of lesson 03: how often is the class of a test image the class most frequent among its five nearest training images?


# %%
def neighbours(encode):
    return evaluation.knn_accuracy(encode(train.x), train.labels, encode(test.x), test.labels)


pca16 = evaluation.fit_pca(train.x, 16)
accuracy = {
    f"pixels, {np.prod(image_shape)} numbers": neighbours(lambda x: x),
    "autoencoder, 16": neighbours(lambda x: evaluation.encode(model, x)),
    "PCA of codes, 2": neighbours(lambda x: code_pca.transform(evaluation.encode(model, x))),
    "PCA of pixels, 16": neighbours(lambda x: pca16.transform(x.reshape(len(x), -1))),
    "autoencoder, 2": neighbours(lambda x: evaluation.encode(z2_model, x)),
    "PCA of pixels, 2": neighbours(lambda x: pca16.transform(x.reshape(len(x), -1))[:, :2]),
}
for name, value in accuracy.items():
    print(f"{name:20s} {value:.1%}")
kept = code_pca.explained_variance_ratio_.sum()
print(f"spread of the codes that PCA's two directions show: {kept:.1%}")

# %% [markdown] numbers={"30": "given: the code above", "500": "given: the code below, n // 2", "one time in three": "33.7 / 100", "5": "given: the code below", "sixteen": "given: the width of the codes", "3 in 4": "lesson 03"}
# The sixteen numbers keep nearly all of the neighbourhood that 784 pixels have, but so do PCA's sixteen: at this size, a good map of classes takes no autoencoder. The difference shows where room is scarce. With two numbers the autoencoder's plane gives the right class half of the time, PCA's only one time in three. And against lesson 03's untrained encoder, which managed 3 in 4 with sixteen numbers, training has clearly paid.
#
# ### The trap of t-SNE
#
# t-SNE has one knob, the *[perplexity](glossary.md#perplexity)*: roughly, how many neighbours each point tries to keep. Here is the map once more with 5 instead of 30 (of 500 points, to save time), and beside it a map of **pure noise**: sixteen random numbers per point, no structure at all.

# %% mystnb={"image": {"alt": "Two t-SNE maps with perplexity five: the codes in many small clumps, and structureless noise that also shows clumps"}}
rng = np.random.default_rng(0)
noise = rng.normal(size=(n // 2, 16))
fig, axes = plt.subplots(1, 2, figsize=(7.5, 3.4))
for ax, (name, points, labels) in zip(
    axes,
    [
        ("codes, perplexity 5", z_test[: n // 2], test.labels[: n // 2]),
        ("noise, perplexity 5", noise, np.zeros(n // 2, int)),
    ],
    strict=True,
):
    embedded = TSNE(perplexity=5, init="pca", random_state=0).fit_transform(points)
    plots.plot_codes(embedded, labels, title=name, legend=False, ax=ax)
    ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# With a low perplexity even noise forms small clumps, and one class breaks into several. Rules of thumb: try two or three perplexities and believe only what stays; never read distances between islands; support every claim with a number computed in the *original* space.
#
# ### Clusters without labels
#
# If the codes form groups, k-means should find them without being told the classes. The *[adjusted Rand index](glossary.md#adjusted-rand-index)* compares two groupings of the same images: 1 means identical, about 0 means chance.

# %% mystnb={"image": {"alt": "Ten rows of digits, one for each k-means cluster of the codes; a few rows show mainly one digit, most mix several"}}
n_classes = len(np.unique(test.labels))
clusters = evaluation.cluster(z_test, n_classes)
agreement = evaluation.cluster_agreement(clusters, test.labels)
pixel_agreement = evaluation.cluster_agreement(evaluation.cluster(test.x, n_classes), test.labels)
print(f"agreement of clusters and classes: codes {agreement:.2f}, pixels {pixel_agreement:.2f}")

shown = min(12, np.bincount(clusters).min())
rows = {f"cluster {c}": test.x[clusters == c][:shown] for c in range(n_classes)}
fig, ax = plt.subplots(figsize=(6.5, 5.4))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"96": "96.1"}
# That is a disappointment worth understanding. A few rows are mainly one digit, the sevens and the sixes for example; the others mix digits that share a slant, a width or a place, and the pixels do no worse. Yet we have just seen a k-NN accuracy of 96 per cent. Both are true: k-NN asks only what is *close by*; k-means looks for round clusters that lie apart, and cuts across the classes when slant, width or place spreads the codes of one class as far as another class. Nobody asked the autoencoder for clusters, nor for classes. It sorts by *appearance*, in which the class is one property among others.
#
# ### Similar images
#
# The same neighbourhood gives a search engine for pictures (*image retrieval*): encode everything once, then compare sixteen numbers instead of 784.

# %% mystnb={"image": {"alt": "Five rows: a query digit at the left and its six nearest training images by code, most of them the same digit"}}
queries = np.array([0, 4, 5, 7, 9])
found = evaluation.nearest(z_train, z_test[queries], k=6)
rows = {
    f"query {i + 1}": np.concatenate([test.x[[q]], train.x[found[i]]])
    for i, q in enumerate(queries)
}
fig, ax = plt.subplots(figsize=(5.5, 3.6))
plots.plot_rows(rows, title="query, then the six nearest", ax=ax)
plt.show()

# %% [markdown]
# ### Interpolation: a walk through the latent space
#
# Take the codes of two images, go from one to the other in equal steps, $z_t = (1 - t)\,z_a + t\,z_b$ with $t$ from 0 to 1, and decode every step: an *[interpolation](glossary.md#interpolation)*. **Predict** what lies between two different digits: two ghosts fading into each other, or something new?

# %% mystnb={"image": {"alt": "Two rows of nine pictures between a first and a second digit: decoded steps that bend strokes, and a cross-fade of pixels in which both digits are visible at once"}}
a, b = 0, 1
t = np.linspace(0, 1, 9)[:, None]
path = (1 - t) * z_test[[a]] + t * z_test[[b]]
walk = evaluation.decode(model, path)
fade = (1 - t[:, :, None, None]) * test.x[[a]] + t[:, :, None, None] * test.x[[b]]
fig, ax = plt.subplots(figsize=(8, 1.9))
plots.plot_rows({"codes": walk, "pixels": fade}, title="mixing codes, mixing pixels", ax=ax)
plt.show()

# %% [markdown] numbers={"each half": "given: the mean of two"}
# Mixing pixels gives a double exposure: both digits, each half as bright. Mixing *codes* moves ink: strokes bend and close; in the middle some grey is left, where the decoder hedges. Between classes the interpolation may leave the *[manifold](glossary.md#manifold)* of the data for regions where no training image ever was, and there nothing was learned. Try two images of one class.
#
# ### Holes
#
# How much of the latent space consists of such *holes*? Draw codes at random, from a normal distribution with the mean and the spread of the real codes, and decode them.

# %% mystnb={"image": {"alt": "Two rows of ten: reconstructions of real codes, clean digits, and pictures decoded from random codes, some digit-like, most tangled"}}
random_codes = rng.normal(z_train.mean(axis=0), z_train.std(axis=0), size=(500, 16))
drawn = evaluation.decode(model, random_codes)
real = evaluation.reconstruct(model, test.x[:500])
fig, ax = plt.subplots(figsize=(8, 1.9))
plots.plot_rows({"real codes": real[:10], "random codes": drawn[:10]}, ax=ax)
plt.show()

# %% [markdown]
# A few could pass for digits; most are tangles. (Each coordinate is drawn on its own; the correlations we saw are ignored.) Put a number on it: how far is each picture from the training image most like it?


# %%
def distance_to_training(pictures):
    closest = evaluation.nearest(train.x, pictures, k=1)[:, 0]
    return evaluation.squared_error(pictures, train.x[closest]).mean()


real_distance, random_distance = distance_to_training(real), distance_to_training(drawn)
print(f"reconstructions of real codes: {real_distance:5.1f} to the nearest training image")
print(f"pictures of random codes:      {random_distance:5.1f}")

# %% [markdown]
# Pictures from random codes lie much farther from anything real. The plain autoencoder never promised otherwise: its loss only ever asked about codes *of images*. Where codes lie, and what is drawn between them, it was free to choose. That is why a plain autoencoder compresses and sorts but does not *generate*, and it is the reason for the [variational autoencoder](glossary.md#variational-autoencoder), whose loss has one more term that asks for exactly this.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("8.1")` gives a hint; call it again for the next one.
#
# ### Exercise 8.1: the walk
#
# Write `interpolate(z_a, z_b, n)`: `n` codes in equal steps from `z_a` to `z_b`, both included, as an array `(n, latent_dim)`.


# %% tags=["exercise"]
def interpolate(z_a, z_b, n): ...


checks.check_interpolate(interpolate)


# %% tags=["solution"]
def interpolate(z_a, z_b, n):
    t = np.linspace(0, 1, n)[:, None]
    return (1 - t) * z_a + t * z_b


checks.check_interpolate(interpolate)

# %% [markdown]
# ### Exercise 8.2: the nearest codes
#
# Write `nearest_codes(z, query, k)` without scikit-learn: the indices of the `k` rows of `z` with the smallest Euclidean distance to the code `query`, nearest first.


# %% tags=["exercise"]
def nearest_codes(z, query, k): ...


checks.check_nearest_codes(nearest_codes)


# %% tags=["solution"]
def nearest_codes(z, query, k):
    distances = np.sum((z - query) ** 2, axis=1)  # the square root would not change the order
    return np.argsort(distances)[:k]


checks.check_nearest_codes(nearest_codes)

# %% [markdown]
# ### Exercise 8.3: the mean code
#
# The *mean code* of a class decodes to a typical member. Write `typical(z, labels, label)`: the mean of all codes with that label.


# %% tags=["exercise"]
def typical(z, labels, label): ...


checks.check_typical(typical)


# %% tags=["solution"] mystnb={"image": {"alt": "Ten decoded mean codes, one for each class: plain and typical digits"}}
def typical(z, labels, label):
    return z[labels == label].mean(axis=0)


means = np.stack([typical(z_train, train.labels, c) for c in np.unique(train.labels)])
fig, ax = plt.subplots(figsize=(7, 1))
plots.plot_images(evaluation.decode(model, means), ax=ax)
plt.show()
checks.check_typical(typical)

# %% [markdown] numbers={"twice": "given: an example of the quiz", "6": "given: an example of the quiz", "96": "96.1", "0.3": "0.28"}
# ## What to remember
#
# - `encoder.predict` gives the codes; look at their ranges first.
# - PCA never enlarges a distance but leaves out most of the spread; t-SNE shows neighbours but no distances; a code of two numbers is its own map.
# - Measure what a map suggests, in the original space and against pixels, PCA and an untrained encoder.
# - Codes between and beyond real ones mean nothing in particular: the latent space of a plain autoencoder has holes.
#
# ## Quiz
#
# 1. In a t-SNE map the island of the 0 is twice as far from the 1 as from the 6. So (a) zeros are more like sixes; (b) nothing follows; (c) the perplexity is wrong.
# 2. The k-NN accuracy of the codes is 96 per cent, and k-means agrees with the classes only to 0.3. How can that be? (a) One of the numbers is a bug. (b) k-NN tests what is close by; k-means needs round clusters that lie apart. (c) The labels are wrong.
# 3. You decode random normal numbers and get tangles. (a) The decoder is broken. (b) More epochs would help. (c) Nothing in the loss asked for a meaning there.
#
# <details><summary>Answers</summary>
#
# 1. **b.** t-SNE keeps neighbours, not distances between groups, at any perplexity (c). Whether zeros resemble sixes (a) must be measured in the codes.
# 2. **b.** They measure different things (so not a); wrong labels (c) would spoil both.
# 3. **c.** The decoder works on real codes (not a), and more epochs train those same codes (not b).
# </details>
#
# ## Further reading
#
# - van der Maaten & Hinton, *Visualizing data using t-SNE*, JMLR 9 (2008).
# - Wattenberg, Viégas & Johnson, *How to use t-SNE effectively* (2016), doi:10.23915/distill.00002.
# - Kingma & Welling, *Auto-encoding variational Bayes*, arXiv:1312.6114: the cure for the holes.

# %% tags=["receipt"]
chance = 1 / n_classes
notebook.claim(np.allclose(path[[0, -1]], z_test[[a, b]]), "the interpolation must arrive")
notebook.claim(
    accuracy["autoencoder, 16"] > chance + 0.2 * (1 - chance), "sixteen numbers must know the class"
)
notebook.claim(
    accuracy["autoencoder, 2"] > accuracy["PCA of pixels, 2"], "nonlinearity pays in two dimensions"
)
notebook.claim(
    random_distance > 1.2 * real_distance, "random codes must be farther from real images"
)
notebook.receipt(
    knn_16=accuracy["autoencoder, 16"],
    knn_2=accuracy["autoencoder, 2"],
    knn_pca_2=accuracy["PCA of pixels, 2"],
    cluster_agreement=agreement,
)
