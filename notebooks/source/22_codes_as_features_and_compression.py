# %% [markdown]
# # 22. Codes as features and as compression
#
# *Five uses of a code, each against the simplest thing that might do as well.*
#
# **You will be able to**
# - put a trained encoder into a scikit-learn pipeline, and compare features without weakening the baseline;
# - search and cluster by codes, and recognise near-duplicates that flatter the result;
# - turn a code into bits by quantisation and entropy coding, and compare it with PCA and JPEG at equal bytes, decoder included;
# - say for each use when an autoencoder is worth it.
#
# **You need** lessons 08, 09, 13 and 16.
#
# **Time** 40 minutes to read, about 45 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_22 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots
from ae_keras.evaluation import compression

import lzma
import math

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVC

notebook.start(seed=0)
train, val, test = data.load_splits()
train, test = train[:7650], test[:1782]  # all of them; enough of a larger data set
image_shape = train.x.shape[1:]

# %% [markdown] numbers={"16": "given: the width of the codes"}
# ## The networks
#
# This is what autoencoders are said to be *for*: features, similar-image search, clustering, compression, new images. Each can be done without a network, and the first duty is to try that. Three networks stand for the family, all with a code of 16 numbers and trained without a single label: a plain autoencoder, a denoiser (lesson 13), a variational one (lesson 16). PCA with 16 numbers and the pixels themselves are the baselines.


# %%
def trained(model, corruption=None, loss=losses.squared_error, epochs=10):
    backend.seed_weights(model, seed=0)
    model.compile(keras.optimizers.Adam(0.003), loss=loss)
    batches = data.Batches(train.x, corruption=corruption)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def parts(width):
    """A small encoder that returns `width` numbers, and a decoder like it."""
    return DenseEncoder(width, hidden=(192,)), DenseDecoder(image_shape, hidden=(192,))


def autoencoder(latent_dim, **how):
    return trained(Autoencoder(*parts(latent_dim)), **how)


def flat(x):
    return x.reshape(len(x), -1)


# %%
plain = autoencoder(16)
denoiser = autoencoder(16, corruption=lambda x, rng: data.gaussian_noise(x, 0.4, rng))
vae = trained(VAE(*parts(32)), loss=losses.binary_crossentropy)  # 16 means, 16 log variances

# %% [markdown]
# ## An encoder in a scikit-learn pipeline
#
# scikit-learn's tools (pipelines, cross-validation, grid search) work with anything that has `fit` and `transform`. A trained encoder needs six lines. But before each fit, cross-validation makes a *clone* of every step. **Predict** what that does to a network.


# %%
class MyCodes(TransformerMixin, BaseEstimator):
    def __init__(self, model):
        self.model = model

    def fit(self, x, y=None):
        return self  # the network is trained already

    def transform(self, x):
        return evaluation.encode(self.model, x)


def codes(model):
    return FunctionTransformer(lambda x: evaluation.encode(model, x))


step = codes(plain)
print("a clone of MyCodes shares the network: ", clone(MyCodes(plain)).model is plain)
print("a clone of codes(...) shares its function:", clone(step).func is step.func)

# %% [markdown] numbers={"20": "given: an example", "a hundred": "20 * 5"}
# The class works, but every clone copies the whole network: in a grid search of 20 settings and five folds, a hundred times. scikit-learn's `FunctionTransformer` needs one line and shares what it is given: a copy of a function is that function, so there is still only one network. (Keras has wrappers of its own, `keras.wrappers.SKLearnTransformer` among them. They serve the opposite case: a network that is trained anew in each `fit`, on the labelled images of that fold.)
#
# PCA needs the same care. Inside a pipeline it would be fitted on the few labelled images only, while the networks saw all images. `FrozenEstimator` keeps it as it was fitted on all.

# %%
pca = FrozenEstimator(make_pipeline(FunctionTransformer(flat), PCA(16)).fit(train.x))
steps = {
    "pixels": FunctionTransformer(flat),
    "PCA": pca,
    "autoencoder": codes(plain),
    "denoiser": codes(denoiser),
    "VAE means": codes(vae),
}
z_train = {name: step.transform(train.x) for name, step in steps.items()}
z_test = {name: step.transform(test.x) for name, step in steps.items()}

# %% [markdown] numbers={"two": "given: a count"}
# ## A hundred labels
#
# Labels are expensive, images are not. Suppose that of our thousands of training images only a hundred have a label, ten of each class. Two details decide whether the experiment is honest. The hundred come from a hundred *different originals*, since two warped copies of one original are hardly two labels. And it is repeated with other hundreds, because the choice of the hundred matters more than most methods do.


# %%
def few_labels(per_class, seed):
    """Rows of `per_class` training images of each class, no two from one original."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(train))
    _, first = np.unique(train.groups[order], return_index=True)
    rows = rng.permutation(order[first])
    return np.concatenate([rows[train.labels[rows] == label][:per_class] for label in range(10)])


def accuracy(classifier, name, rows):
    classifier.fit(z_train[name][rows], train.labels[rows])
    return classifier.score(z_test[name], test.labels)


# %% [markdown]
# **Predict.** First the pipeline that everyone writes: standardise, then a support vector machine with a Gaussian kernel. How far ahead of raw pixels will the codes be?

# %%
recipes = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "SVM": make_pipeline(StandardScaler(), SVC(C=10)),
    "SVM, no scaling": SVC(C=10),
}
draws = [few_labels(10, seed) for seed in range(5)]
right = {
    (name, recipe): [accuracy(classifier, name, rows) for rows in draws]
    for name in steps
    for recipe, classifier in recipes.items()
}
print("labels right (mean, spread)" + "".join(f"{recipe:>18s}" for recipe in recipes))
for name in steps:
    cells = [right[name, recipe] for recipe in recipes]
    print(f"{name:27s}" + "".join(f"{np.mean(c):12.2f}, {np.std(c):.2f}" for c in cells))

# %% [markdown] numbers={"thirteen": "(0.77 - 0.64) * 100", "fourteen": "(0.78 - 0.64) * 100", "three": "(0.79 - 0.76) * 100", "a thousand": "given: an example"}
# Look at the middle column first. The plain code beats the pixels by thirteen points, many times the standard deviation between draws. It would make a fine figure for a talk, **and it is an artefact**. `StandardScaler` divides every pixel by its standard deviation. At a border pixel, nearly always black, that is tiny, and one grey value there counts as much as a whole stroke. Take the scaler away (last column), and the pixels gain fourteen points. Now all five lie within about three points of each other, the plain code slightly behind the pixels, the VAE's about level with them. The denoiser's brings nothing here either. (PCA suffers in the same way, but less: the scaler gives its last, weakest components as much weight as the first.)
#
# The codes lose nothing by scaling, since the networks spread their numbers evenly. That is a real convenience, but it is not knowledge about digits. **A comparison of features must give each its own best preprocessing**, chosen without the test set, and without a validation set of a thousand more labels either, if a hundred is all there is. Cross-validation inside the hundred does it, and a pipeline lets it choose the features too.

# %%
pipeline = Pipeline([("features", codes(plain)), ("scale", StandardScaler()), ("svm", SVC(C=10))])
choices = {"features": list(steps.values()), "scale": [StandardScaler(), "passthrough"]}
search = GridSearchCV(pipeline, choices, cv=5)  # n_jobs=1: networks stay in this process
chosen = []
for rows in draws[:2]:
    search.fit(train.x[rows], train.labels[rows])
    chosen.append((search.best_score_, search.score(test.x, test.labels)))
for inside, outside in chosen:
    print(f"right inside the hundred {inside:.2f}, on test images {outside:.2f}")

# %% [markdown]
# Images in, labels out, and the best of ten settings found with a hundred labels; the result matches the last column.
#
# ### Using the other images without a network
#
# The point of the codes was to learn from images without labels (*semi-supervised learning*). There is an older way, **label spreading**. Connect every image with its nearest neighbours, and let the hundred labels *spread* along these links until each image has one: scikit-learn's `LabelSpreading`, an idea of 2003 that needs no training. **Predict** whether it helps on PCA's numbers. And one precaution: each original has several copies in the training set, and a label spreads to its copies most easily of all. So do it again with only one copy of each original.

# %%
_, one_each = np.unique(train.groups, return_index=True)


def spread_labels(name, rows, unlabelled):
    """Test accuracy, from the labels at `rows` and the images at `unlabelled`."""
    unlabelled = np.setdiff1d(unlabelled, rows)
    z = z_train[name][np.concatenate([rows, unlabelled])]
    known = np.concatenate([train.labels[rows], np.full(len(unlabelled), -1)])  # -1: unknown
    spreading = LabelSpreading(kernel="knn", n_neighbors=7, max_iter=50)
    return spreading.fit(z, known).score(z_test[name], test.labels)


spread, spread_no_copies = {}, {}
for name in ("PCA", "autoencoder"):
    on_all, on_no_copies = [], []
    for rows in draws[:3]:
        no_copies = one_each[~np.isin(train.groups[one_each], train.groups[rows])]
        on_all.append(spread_labels(name, rows, np.arange(len(train))))
        on_no_copies.append(spread_labels(name, rows, no_copies))
    spread[name], spread_no_copies[name] = np.mean(on_all), np.mean(on_no_copies)
    print(f"{name:12s} all images {spread[name]:.2f}, no copies {spread_no_copies[name]:.2f}")

# %% [markdown] numbers={"a third": "(0.86 - 0.78) / (1 - 0.78)", "three": "(0.79 - 0.76) * 100", "a sixth": "given: six images of each original"}
# With the copies, more than a third of the support vector machine's errors are gone. Much of that is due to the copies: without them, and so with a sixth of the images, about three points of gain remain. That is still more than any code has brought. The unlabelled images are worth something; it is not the network that makes them so.
#
# Are codes then useless to classifiers? This data set favours pixels: its digits are centred and of one size, so distances between pixels mean something. In photographs they mean little, and there learned features have more room to help. (In our run of this lesson on MNIST the last column read about 0.72 for the pixels and 0.74 to 0.75 for the three codes: a gain, of two points. Label spreading on PCA's numbers gave 0.78.) The rule is that you do not know before you have tried the pixels, PCA and label spreading, each prepared as well as your network.

# %% [markdown] numbers={"5": "given: the score's name"}
# ## Similar-image search
#
# *Image retrieval*: given an image, find more like it in a collection, as nearest neighbours in pixels, in PCA's numbers, or in codes. The usual score is the *precision at 5*, the fraction of the five nearest that show the same class; the table shows the rest, the fraction of wrong ones, for the first and for the first five.
#
# Our collection is the training set, and the queries are images from it. The query itself is left out, of course. But its **near-duplicates** remain, the other images of its group: warped copies of the same original. Real collections are full of them: the same photo twice, two frames of a film, one patient's two scans. **Predict** how much they change the score, and which features search best.

# %%
queries = np.random.default_rng(0).permutation(len(train))[:800]
itself = np.arange(len(train)) == queries[:, None]
duplicate = train.groups == train.groups[queries, None]  # the query itself included


def search_rows(z, banned, k=5):
    """For each query, its `k` nearest among those that are not banned."""
    distance = (z**2).sum(axis=1) - 2 * z[queries] @ z.T  # squared, but for a constant
    return np.argsort(np.where(banned, np.inf, distance), axis=1)[:, :k]


found, wrong = {}, {}
searched = ("pixels", "PCA", "autoencoder", "denoiser")
for name in searched:
    for banned, rule in ((itself, "with"), (duplicate, "without")):
        found[name, rule] = search_rows(z_train[name], banned)
        differ = train.labels[found[name, rule]] != train.labels[queries, None]
        wrong[name, rule] = differ[:, 0].mean(), differ.mean()
print("of another class, near-duplicates   first: with  without   first five: with  without")
for name in searched:
    (first, five), (first_strict, five_strict) = wrong[name, "with"], wrong[name, "without"]
    print(f"{name:34s} {first:12.3f} {first_strict:8.3f} {five:18.3f} {five_strict:8.3f}")

# %% mystnb={"image": {"alt": "Four rows of twelve digits: the queries, the nearest by pixels with near-duplicates, some of them the same digit slightly turned, the nearest of other groups by pixels, and the nearest of other groups by the autoencoder's code"}}
shown = {"query": queries[:12]}
shown["pixels, with duplicates"] = found["pixels", "with"][:12, 0]
shown["pixels, without"] = found["pixels", "without"][:12, 0]
shown["code, without"] = found["autoencoder", "without"][:12, 0]
fig, ax = plt.subplots(figsize=(8, 3))
plots.plot_rows({name: train.x[rows] for name, rows in shown.items()}, ax=ax)
plt.show()
fraction = duplicate[np.arange(len(queries)), found["pixels", "with"][:, 0]].mean()
print(f"fraction of queries whose nearest image is a near-duplicate: {fraction:.2f}")

# %% [markdown] numbers={"half of the": "1 - 0.015 / 0.033", "half as large": "0.015 / 0.033", "sixteen": "given: the width of the codes", "two": "(0.056 - 0.033) * 100"}
# The near-duplicates hide about half of the wrong first answers by pixels, and a third or more in every row. A score measured among near-duplicates reports an error half as large as a new image will meet. The remedy is the one of lesson 02: know which images belong to one group, and exclude them, in evaluation as in splitting.
#
# As to the features: without near-duplicates the pixels are ahead, PCA's sixteen numbers and the codes follow one to two points behind. The saving is real, since sixteen numbers are compared instead of 784; but PCA offers it as well, and for free. A code is worth it in search only where pixel distances fail. Measure it, without near-duplicates.

# %% [markdown] numbers={"307,720": "784 * 785 / 2"}
# ## Clusters
#
# Now without any label: do the images form clusters by themselves, and are these the digits? *k-means* looks for ten round clusters of equal width. A *Gaussian mixture* looks for ten clusters that may be elongated and tilted; each needs a covariance matrix, 136 numbers in 16 dimensions and 307,720 in 784. The measure is the adjusted Rand index, 1 for the true classes, about 0 for chance. **Predict** whether codes beat pixels, and by which method.

# %%
clusters, mixtures = {}, {}
for name in ("pixels", "PCA", "autoencoder"):
    clusters["k-means", name] = evaluation.cluster(z_train[name], 10)
for name in ("PCA", "autoencoder"):
    mixtures[name] = GaussianMixture(10, random_state=0).fit(z_train[name])
    clusters["mixture", name] = mixtures[name].predict(z_train[name])
rand_index = {
    which: evaluation.cluster_agreement(assigned, train.labels)
    for which, assigned in clusters.items()
}
for (method, name), value in rand_index.items():
    print(f"{method:8s} on {name:12s} adjusted Rand index {value:.1f}")

# %% mystnb={"image": {"alt": "Two rows of ten: blurred means of k-means clusters of pixels, several of which mix two digits, and the decoded centres of the mixture on codes, which are sharper"}}
means = [train.x[clusters["k-means", "pixels"] == i].mean(axis=0) for i in range(10)]
centres = evaluation.decode(plain, mixtures["autoencoder"].means_)
fig, ax = plt.subplots(figsize=(7.5, 1.8))
plots.plot_rows({"k-means, pixels": means, "mixture, decoded": centres}, ax=ax)
plt.show()

# %% [markdown]
# k-means finds equally poor clusters in all three: digits are not round clusters in any of these spaces. The mixture does far better, and somewhat better on the autoencoder's code than on PCA's. Its centres can be *decoded*, so that one sees what each cluster is about; the k-means means show how several of its clusters mix two digits. Two cautions. The lead over PCA is small and depends on the seeds of network and mixture, the lead over k-means is neither. And nobody told us that ten is right: we knew.

# %% [markdown] numbers={"sixteen": "given: the width of the codes", "64": "16 * 4"}
# ## Compression: from numbers to bits
#
# Lesson 09 counted sixteen 32-bit floats as 64 bytes. Most of these bits are wasted. To *[quantise](glossary.md#quantisation)* with $b$ bits, cut the range that each unit had in training into $2^b$ intervals, send the number of the interval, its *level*, and let the receiver use the middle. A code of $d$ numbers then costs $d\,b/8$ bytes.


# %%
def quantise(z_train, z, bits):
    """The level of each number, and what the receiver makes of it."""
    low, high = z_train.min(axis=0), z_train.max(axis=0)
    width = (high - low) / 2**bits
    levels = np.clip(np.floor((z - low) / width), 0, 2**bits - 1)
    return levels, low + (levels + 0.5) * width


mine, received = quantise(z_train["autoencoder"], z_test["autoencoder"], bits=4)
quantizer = compression.fit_quantizer(z_train["autoencoder"], bits=4)
theirs = quantizer.transform(z_test["autoencoder"])
print(f"fraction of levels that are the package's: {(mine == theirs).mean():.3f}")
received_theirs = quantizer.inverse_transform(mine)
print("received, the same:", np.allclose(received, received_theirs, atol=1e-4))

# %% [markdown] numbers={"2": "64 / 32", "32 of 2.": "64 / 2", "32 numbers, and": "given: a size of the code below", "16": "64 / 4", "4": "64 / 16", "8": "given: the code below"}
# ### Where to spend 64 bits
#
# Eight bytes per image: that is 8 numbers of 8 bits, 16 of 4, or 32 of 2. Two more networks, of 8 and of 32 numbers, and PCA at each size. **Predict** the order. (We are choosing, so this is the validation set.)


# %%
def coder(encode, decode):
    images = {"train": train.x, "val": val.x, "test": test.x}
    return {part: encode(x) for part, x in images.items()} | {"decode": decode}


def network_coder(model):
    return coder(lambda x: evaluation.encode(model, x), lambda z: evaluation.decode(model, z))


def pca_coder(d):
    fitted = evaluation.fit_pca(train.x, d)
    back = lambda z: fitted.inverse_transform(z).reshape(-1, *image_shape)  # noqa: E731
    return coder(lambda x: fitted.transform(flat(x)), back)


coders = {("autoencoder", 16): network_coder(plain)}
coders |= {("autoencoder", d): network_coder(autoencoder(d)) for d in (8, 32)}
coders |= {("PCA", d): pca_coder(d) for d in (8, 16, 32, 64)}


# %%
def error(x_hat, part="test"):
    x = {"val": val.x, "test": test.x}[part]
    return evaluation.squared_error(x, np.clip(x_hat, 0, 1)).mean()


def with_bits(which, bits, part="test"):
    """Bytes per image with an ideal entropy coder (see below), and squared error."""
    coder = coders[which]
    quantizer = compression.fit_quantizer(coder["train"], bits)
    levels_train, levels = quantizer.transform(coder["train"]), quantizer.transform(coder[part])
    coded = compression.code_length(levels_train, levels).mean() / 8
    return coded, error(coder["decode"](quantizer.inverse_transform(levels)), part)


spent = {(name, d): with_bits((name, d), 64 // d, "val")[1] for name, d in coders}
print("64 bits as              autoencoder     PCA   squared error, validation")
for d in (8, 16, 32, 64):
    net = f"{spent['autoencoder', d]:.1f}" if d < 64 else "-"
    print(f"{d:2d} numbers, bits each: {64 // d} {net:>10s} {spent['PCA', d]:8.1f}")

# %% [markdown] numbers={"eight": "64 / 8"}
# Both ends lose: a few precise numbers cannot say enough, many coarse ones say it too roughly. For the network sixteen numbers of 4 bits are best by far, at little more error than with floats that cost eight times as much. A number is not a unit of information. And "16 numbers against 16 numbers" and "8 bytes against 8 bytes" are different questions: PCA spends its bytes better on 32 numbers.
#
# ### Entropy coding
#
# Levels are not equally frequent; those in the middle occur more often. An *entropy coder* gives frequent levels short code words: a level of probability $p$ has a **code length** of about $-\log_2 p$ bits. Sender and receiver use one table of probabilities for each unit, counted on the *training* codes. `compression.code_length` adds these bits up.
#
# With entropy coding there is a better rule for where to spend bits, known since the sixties: not the same number of *levels* for every unit, but the same quantisation *step*. A unit that hardly varies then falls on level 0 nearly always, and costs nearly nothing. That makes PCA with many numbers a serious baseline.


# %%
def with_step(which, step):
    """Bytes with an ideal entropy coder and squared error, if all units share one step."""
    coder = coders[which]
    levels_train, levels = (np.round(coder[part] / step) for part in ("train", "test"))
    low = levels_train.min(axis=0)
    levels = np.clip(levels, low, levels_train.max(axis=0))
    coded = compression.code_length(levels_train - low, levels - low).mean() / 8
    return coded, error(coder["decode"](levels * step))


curves = {
    f"autoencoder, {d}": [with_bits(("autoencoder", d), b) for b in range(2, 8)]
    for d in (8, 16, 32)
}
curves["PCA, 16"] = [with_bits(("PCA", 16), b) for b in range(2, 8)]
pca_steps = (0.4, 0.6, 0.8, 1, 1.4, 2, 2.8)
curves["PCA, one step"] = [with_step(("PCA", 64), s) for s in pca_steps]
coded, four_bits = curves["autoencoder, 16"][2]
step = 0.25 * coders["autoencoder", 16]["train"].std()
print(f"16 numbers of 4 bits: 8.0 bytes, entropy coded {coded:.1f}, error {four_bits:.1f}")
stepped, stepped_error = with_step(("autoencoder", 16), step)
print(f"the same, one step for all: {stepped:.1f} bytes, error {stepped_error:.1f}")

# %% [markdown] numbers={"A sixth": "1 - 6.7 / 8.0", "thirty": "given: a claim that one meets"}
# A sixth of the bytes was redundant. To the *network* one step for all brings nothing, a few more bits for a little less error: its numbers vary about equally, so equal levels are nearly equal steps anyway. What remains is to compare with the coder that everybody has.
#
# ### JPEG, made fair
#
# A JPEG file begins with tables, whatever is in it. In a photograph they hardly count; for a 28x28 digit they are most of the file, and "our autoencoder beats JPEG thirty times over" is a claim about file headers. The fair baseline gets all test images tiled on *one* sheet, one header for all. **Predict** how many bytes per image it needs for the same error.


# %%
def as_sheet(x, columns=27):
    n, height, width, channels = x.shape
    grid = x.reshape(n // columns, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(1, n // columns * height, columns * width, channels)


def from_sheet(sheet, shape, columns=27):
    n, height, width, channels = shape
    grid = sheet.reshape(n // columns, height, columns, width, channels)
    return grid.swapaxes(1, 2).reshape(shape)


curves["JPEG, one sheet"], from_jpeg = [], []
for quality in (1, 5, 10, 20, 50):
    sheet, n_bytes = compression.jpeg(as_sheet(test.x), quality)
    x_hat = from_sheet(sheet, test.x.shape)
    curves["JPEG, one sheet"].append((n_bytes[0] / len(test), error(x_hat)))
    from_jpeg.append(x_hat[:10])
jpeg_bytes, jpeg_error = curves["JPEG, one sheet"][0]
single = compression.jpeg(test.x[:300], 1)[1].mean()
lossless = len(lzma.compress(np.round(255 * test.x).astype("uint8").tobytes())) / len(test)
print(f"JPEG of worst quality, a file for each: {single:.1f} bytes an image")
print(f"JPEG of worst quality, one sheet: {jpeg_bytes:.1f} bytes, error {jpeg_error:.1f}")
print(f"no loss at all (LZMA, one file for all): {lossless:.1f} bytes")

# %% mystnb={"image": {"alt": "Squared error against bytes per image on a logarithmic axis: from two to eight bytes the autoencoders of 8 and 16 numbers are lowest, then PCA with one step for all crosses below the flattening curves of 16 and 32 numbers; JPEG begins at 27 bytes with an error of 8"}}
fig, ax = plt.subplots(figsize=(7.5, 3.8))
styles = ("C0o:", "C0o--", "C0o-.", "C1s:", "C1s-", "C2^-")
for (name, curve), style in zip(curves.items(), styles, strict=True):
    ax.plot(*np.transpose(curve), style, markersize=4, label=name)
ax.set(xscale="log", ylim=(0, 27), xlabel="bytes per image, entropy coded")
ax.set(ylabel="squared error per image", xticks=[2, 4, 8, 16, 32, 64, 128])
ax.xaxis.set_major_formatter("{x:.0f}")
ax.minorticks_off()
ax.legend(fontsize=8)
plt.show()

# %% [markdown] numbers={"ten": "seen: the figure, where the curves meet", "a quarter": "6.7 / 27.0", "a third": "seen: the figure"}
# Read from left to right. **Up to about eight bytes the networks are lowest**, first the code of 8 numbers, then that of 16, each over a narrow range; a nonlinear code, a curved surface, says more in few bits than a linear one. Above ten bytes PCA with one step for all draws level even with the network of 32 numbers, and then leaves the networks behind: their curves flatten at the error that they have without any quantisation, while PCA just uses more of its numbers. Against PCA of 16 numbers, the baseline that most comparisons choose, the network would have looked unbeatable.
#
# JPEG, which knows nothing of digits, begins at 27 bytes with an error of 8; the network has that error at a quarter of the bytes, PCA at less than a third. And JPEG can go on towards no error at all, where a fixed code stops.
#
# ### Look at what the bytes buy
#
# An error is a mean over all images; would you accept the copies? The slider below allows so many bytes for an image, and shows ten test digits as each coder returns them, at its best setting within these bytes. **Predict.** With four bytes only, in what way will the network's copies fail, and in what way PCA's? (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Find out:** one of the ten stays wrong in the network's row however many bytes you allow. Which one, and from how many bytes on does PCA have it right?

# %% mystnb={"image": {"alt": "A figure to turn, as it is at first, at four bytes for an image: ten digits, below them the network's copies, firm, but three of them like another digit, and PCA's, soft and grey"}}
z, decode = coders["autoencoder", 16]["test"][:10], coders["autoencoder", 16]["decode"]
quantizers = [compression.fit_quantizer(z_train["autoencoder"], bits) for bits in range(2, 8)]
received = {"network": [decode(q.inverse_transform(q.transform(z))) for q in quantizers]}
z, decode = coders["PCA", 64]["test"][:10], coders["PCA", 64]["decode"]
received["PCA"] = [decode(np.round(z / step) * step) for step in pca_steps]
received["JPEG"] = from_jpeg
measured = [curves[name] for name in ("autoencoder, 16", "PCA, one step", "JPEG, one sheet")]
received = {
    name: [(*point, images) for point, images in zip(points, of, strict=True)]
    for (name, of), points in zip(received.items(), measured, strict=True)
}
widgets.bits(test.x[:10], received, budgets=[4, 5, 8, 12, 16, 24, 32, 48])

# %% [markdown] numbers={"3": "seen: the figure to turn", "8": "seen: the figure to turn", "9": "seen: the figure to turn", "2": "seen: the figure to turn", "four": "seen: the figure to turn", "12": "seen: the figure to turn", "sixteen": "given: the width of the codes", "64": "given: the code above"}
# The network with few bits draws *firm strokes of another digit*: the second 3 becomes something like an 8, the 8 a 2 and the 9 a 7. PCA with few bits draws *grey mixtures* that are nothing in particular. By their errors the two are level at four bytes; which mistake does more harm is another question (lesson 13).
#
# The 8, last but one, never comes back from the network: it stays a sort of 2. The sixteen numbers of this network do not hold it, and more bits only make the numbers more exact. PCA has up to 64 numbers to spend bytes on; from 12 bytes on, its 8 is an 8. JPEG at last puts its error where a digit has nothing: blocks and ripples around the strokes.
#
# ### The cost of the decoder
#
# A code is worthless without its decoder. To read the images you need the decoder's weights, 4 bytes each, or PCA's components; JPEG's decoder is on every machine. So with $B$ bytes for the decoder, $c$ for each code and $r$ for each image by a baseline that needs no decoder, the code is smaller from
#
# $$n > \frac{B}{r - c}$$
#
# images on, if $c < r$. **Predict** $n$, at the error of about 8 that JPEG has at its worst quality.

# %% mystnb={"image": {"alt": "Bytes in all against the number of images, both axes logarithmic: JPEG is a steadily rising line, PCA and the autoencoder begin flat at the size of their decoders and cross below JPEG at about ten thousand and about thirty thousand images"}}
pca_bytes, pca_error = curves["PCA, one step"][4]
components = 65 * int(np.prod(image_shape))  # and the mean image
numbers = {"autoencoder, 16": plain.decoder.count_params(), "PCA, 64": components, "JPEG": 0}
fixed = {name: 4 * n for name, n in numbers.items()}
each = {"autoencoder, 16": coded, "PCA, 64": pca_bytes, "JPEG": jpeg_bytes}
n_images = np.logspace(2, 6.5, 50)
fig, ax = plt.subplots(figsize=(6.5, 3.2))
for name, style in zip(fixed, ("-", "--", "-."), strict=True):
    ax.plot(n_images, fixed[name] + n_images * each[name], style, label=name)
ax.set(xscale="log", yscale="log", xlabel="images kept", ylabel="bytes, decoder included")
ax.axvline(len(train) + len(val) + len(test), color="0.45", linestyle=":", label="all our digits")
ax.legend(fontsize=8)
plt.show()
even = {
    name: fixed[name] / (jpeg_bytes - each[name]) / 1000 for name in ("autoencoder, 16", "PCA, 64")
}
for name, thousands in even.items():
    print(f"{name:15s} {each[name]:.1f} bytes each, decoder {fixed[name] / 1000:.0f},000 bytes:")
    print(f"    smaller than JPEG from about {thousands:.1f} thousand images on")

# %% [markdown] numbers={"thirty thousand": "30.5 * 1000", "half of the": "1 - 0.015 / 0.033", "half": "10782 / (30.5 * 1000)", "20": "27.0 - 6.7", "16": "paper: the definition of float16", "Two": "given: the two measures"}
# A decoder of more than 600,000 bytes that saves 20 bytes per image has to be used some thirty thousand times before it is worth its cost. We have fewer than half as many images: **for this collection, JPEG on one sheet is smaller than our code**, and PCA just breaks even. Against PCA, which saves one byte less and has a smaller decoder, the network needs several hundred thousand images. (A smaller decoder, or weights in half precision, 16 bits, would bring it down; the principle stays.) Learned compression is worth it for very many similar things: the pictures of one instrument, the frames of one camera.
#
# ## New images
#
# The last use, in brief; lesson 16 is about it. Four ways to draw new digits: a normal distribution fitted to PCA's numbers; the same on the autoencoder's codes; the mixture that we already have from clustering; the VAE's prior, which needs no fit at all. Two numbers. *Told apart* (a classifier two-sample test): how often a classifier, trained on half of the images, recognises which of the other half are real, averaged over both halves; 0.5 is perfect, 1 means that every fake is recognised. Pixels are binarised at one half first, or a soft edge alone would give all fakes away. *Coverage*: the fraction of real images that are the nearest one to at least one new image, which is small if the new ones are all alike. The baseline for both: *other* real images.

# %%
n = 600
rng = np.random.default_rng(0)
normal = lambda z: rng.multivariate_normal(z.mean(axis=0), np.cov(z.T), n, method="cholesky")  # noqa: E731
new = {
    "real images": val.x[:n],
    "PCA, normal": coders["PCA", 16]["decode"](normal(z_train["PCA"])),
    "autoencoder, normal": evaluation.decode(plain, normal(z_train["autoencoder"])),
    "autoencoder, mixture": evaluation.decode(
        plain, rng.permutation(mixtures["autoencoder"].sample(n)[0])
    ),
    "VAE, prior": evaluation.decode(vae, rng.normal(size=(n, 16))),
    "the mean image": np.repeat(train.x.mean(axis=0, keepdims=True), n, axis=0),
}
half = np.concatenate([test.groups[:n] % 2, np.arange(n) % 2]) == 0  # each group in one half
is_new = np.repeat([False, True], n)
told, coverage = {}, {}
for name, x in new.items():
    both = flat(np.concatenate([test.x[:n], x]) > 0.5)
    told[name] = cross_val_score(SVC(), both, is_new, cv=PredefinedSplit(half)).mean()
    coverage[name] = len(np.unique(evaluation.nearest(test.x[:n], x, k=1))) / n
    print(f"{name:20s} told apart {told[name]:.2f}, coverage {coverage[name]:.2f}")

# %% mystnb={"image": {"alt": "Five rows of twelve digits: real ones, then drawn from PCA with ghosts, from the autoencoder's normal codes with some tangles, from the mixture with fewer, and from the VAE's prior"}}
fig, ax = plt.subplots(figsize=(8, 3.4))
shown = {name: np.clip(x[:12], 0, 1) for name, x in new.items() if name != "the mean image"}
plots.plot_rows(shown, ax=ax)
plt.show()

# %% [markdown] numbers={"ten": "seen: the figure, where the curves meet", "100": "given: the labels of the code"}
# The networks' fakes are recognised less often than PCA's, whose ghosts the second row of pictures shows. The mixture does no worse than the VAE's prior: an ordinary autoencoder and ten normal distributions make a respectable generator, at the cost of a second fit and without the VAE's likelihood. No method repeats itself, and the last row of the table shows what coverage is for: a measure of nearness alone would have praised the mean image. But look for yourself. At 0.6 one might think the fakes nearly perfect, yet in the pictures many are plainly no digits. A support vector machine with 600 examples is a lenient judge; a stronger one would tell them apart more often.
#
# ## When is it worth it?
#
# | use | the baseline | the autoencoder, here |
# |---|---|---|
# | features, 100 labels | pixels in a well-tuned SVM; label spreading | no gain |
# | similar images | PCA | no gain |
# | clusters | k-means on pixels | a clear gain, with a mixture; PCA has most of it |
# | compression | JPEG on a sheet; PCA with one step | a gain below ten bytes, for very many images |
# | new images | normal distribution on PCA's numbers | a gain |
#
# That is one data set, small and tidy. The pattern may hold elsewhere: the code was worth it where something had to be *drawn* from few numbers, which PCA does badly. By itself it was not where things only had to be *told apart*, since what helps to reconstruct an image is not what separates classes.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("22.1")` gives a hint; call it again for the next one.
#
# ### Exercise 22.1: without near-duplicates
#
# A search tool has returned `found`, row numbers `(n, k)`, nearest first, without knowing about near-duplicates. Write `strangers(found, groups, query_groups, k)`: for each query the first `k` rows that are not of its own group, as an array `(n, k)`. `groups` holds the group of every row, `query_groups` that of each query. There are always enough.


# %% tags=["exercise"]
def strangers(found, groups, query_groups, k): ...


checks.check_strangers(strangers)


# %% tags=["solution"]
def strangers(found, groups, query_groups, k):
    kept = [row[groups[row] != own][:k] for row, own in zip(found, query_groups, strict=True)]
    return np.stack(kept)


checks.check_strangers(strangers)

# %% [markdown]
# ### Exercise 22.2: bits per image
#
# Write `entropy_bits(levels)` for whole numbers `(n, d)`: the code length, in bits per image, of an ideal entropy coder that has one table for each unit, counted on these very levels: $\sum_{j=1}^{d} -\sum_k p_{jk} \log_2 p_{jk}$, where $p_{jk}$ is the fraction of images whose unit $j$ has level $k$.


# %% tags=["exercise"]
def entropy_bits(levels): ...


checks.check_entropy_bits(entropy_bits)


# %% tags=["solution"]
def entropy_bits(levels):
    total = 0.0
    for unit in np.asarray(levels).T:
        p = np.unique(unit, return_counts=True)[1] / len(unit)
        total -= (p * np.log2(p)).sum()
    return total


checks.check_entropy_bits(entropy_bits)

# %% [markdown]
# ### Exercise 22.3: from how many images on?
#
# Write `break_even(decoder_bytes, code_bytes, rival_bytes)`: the smallest whole number of images for which decoder and codes together take *less* than the rival, or `math.inf` if that never happens.


# %% tags=["exercise"]
def break_even(decoder_bytes, code_bytes, rival_bytes): ...


checks.check_break_even(break_even)


# %% tags=["solution"]
def break_even(decoder_bytes, code_bytes, rival_bytes):
    if code_bytes >= rival_bytes:
        return math.inf
    return math.floor(decoder_bytes / (rival_bytes - code_bytes)) + 1


checks.check_break_even(break_even)

# %% [markdown] numbers={"65": "given: an example of the quiz", "75": "given: an example of the quiz", "98.5": "1 - 0.015", "eight": "given: an example of the quiz"}
# ## What to remember
#
# - Give every kind of features its own best preprocessing, chosen inside the labels you have. A weakened baseline makes any method look good.
# - Unlabelled images can help without a network: label spreading.
# - Near-duplicates flatter a search. Exclude the query's own group.
# - A code costs bits, not numbers: quantise, entropy-code, compare at equal bytes, and add the decoder.
# - JPEG one image at a time compares headers. One sheet is fair.
# - Codes are worth it where something is drawn, rarely where things are only told apart.
#
# ## Quiz
#
# 1. Standardised pixels reach 65 per cent, standardised codes 75. This shows (a) that codes know more about digits; (b) nothing yet: try the pixels without scaling; (c) that the SVM is a bad classifier.
# 2. A search finds the right class for 98.5 per cent of the queries from its own collection. For a new image expect (a) the same; (b) less, if the collection has near-duplicates; (c) more, since new images have no near-duplicates to confuse it.
# 3. Sixteen numbers of 4 bits, against 64 bytes as floats: (a) the error is eight times larger; (b) the error hardly changes; (c) the decoder must be trained again.
#
# <details><summary>Answers</summary>
#
# 1. **b.** The scaler spoilt the pixels (so not a). The same SVM does well on both with the right preprocessing (not c).
# 2. **b.** Near-duplicates answered part of the queries. A new image has none (not a), and that makes its search harder, not easier (not c).
# 3. **b.** You saw the curve: flat from 4 bits on. Bits and error are not proportional (a), and the decoder was never retrained (c).
# </details>
#
# ## Further reading
#
# - Zhou et al., *Learning with local and global consistency* (NeurIPS 2004): label spreading.
# - Kingma et al., *Semi-supervised learning with deep generative models*, arXiv:1406.5298, table 1: what codes bring with 100 labels on MNIST.
# - Cover & Thomas, *Elements of Information Theory*, section 10.3.3: why one step for all (reverse water-filling).
# - Balle et al., *End-to-end optimized image compression*, arXiv:1611.01704: rate and distortion trained together, with noise in place of rounding.
# - Lopez-Paz & Oquab, *Revisiting classifier two-sample tests*, arXiv:1610.06545: how well a classifier tells real from new, as a measure.

# %% tags=["receipt"]
scaled = {name: np.mean(right[name, "SVM"]) for name in steps}
unscaled = {name: np.mean(right[name, "SVM, no scaling"]) for name in steps}
notebook.claim(scaled["autoencoder"] > scaled["pixels"] + 0.05, "scaled pixels look bad")
notebook.claim(unscaled["pixels"] > scaled["pixels"] + 0.05, "the scaler did it")
notebook.claim(unscaled["pixels"] > unscaled["autoencoder"] - 0.02, "codes bring no gain")
notebook.claim(spread["PCA"] > unscaled["PCA"] + 0.05, "label spreading helps, without a network")
notebook.claim(
    wrong["pixels", "without"][0] > 1.5 * wrong["pixels", "with"][0],
    "near-duplicates flatter search",
)
notebook.claim(
    rand_index["mixture", "autoencoder"] > rand_index["k-means", "autoencoder"] + 0.1,
    "the mixture fits the classes",
)
notebook.claim(spent["autoencoder", 16] < spent["autoencoder", 32], "not too many coarse numbers")
notebook.claim(spent["autoencoder", 16] < spent["autoencoder", 8], "not too few precise ones")
notebook.claim(four_bits < spent["PCA", 16], "at 8 bytes the network is ahead of PCA")
notebook.claim(3 * coded < jpeg_bytes, "a third of JPEG's bytes")
notebook.claim(even["autoencoder, 16"] > 20, "the decoder must be paid for by many images")
notebook.claim(told["autoencoder, mixture"] < told["PCA, normal"], "codes draw better than PCA")
notebook.receipt(
    pixels_100=unscaled["pixels"],
    pixels_100_scaled=scaled["pixels"],
    label_spreading=spread["PCA"],
    wrong_with_near_duplicates=wrong["pixels", "with"][0],
    wrong_without=wrong["pixels", "without"][0],
    rand_mixture=rand_index["mixture", "autoencoder"],
    bytes_coded=coded,
    error_coded=four_bits,
    told_apart_mixture=told["autoencoder, mixture"],
)
