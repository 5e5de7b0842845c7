# %% [markdown]
# # 20. Finding anomalies
#
# *Learn what is normal, score what is not, and decide how many false alarms you can afford.*
#
# **You will be able to**
# - score images by their reconstruction error, by the distance of their code and by the ELBO;
# - say what each of these scores cannot see, and compare all with baselines that need no training;
# - set a threshold without a single labelled anomaly, for a false-positive rate you can afford;
# - tell AUROC, precision and recall apart, and say what a rare event does to them.
#
# **You need** lessons 08, 10 and 16.
#
# **Time** 45 minutes to read, about 35 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_20 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots
from ae_keras.evaluation import anomaly

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.covariance import EmpiricalCovariance
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import OneClassSVM

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]


def compiled(model, loss=losses.squared_error, learning_rate=0.002):
    backend.seed_weights(model, seed=0)
    model.compile(keras.optimizers.Adam(learning_rate), loss=loss)
    return model


def trained(model, x, epochs, batch_size=128):
    model.fit(data.Batches(x, batch_size=batch_size), epochs=epochs, shuffle=False, verbose=0)
    return model


def flat(x):
    return x.reshape(len(x), -1)


# %% [markdown] numbers={"16": "given: the width of the code"}
# ## An anomaly score
#
# An *anomaly*, or *out-of-distribution* item, is unlike the rest: a worn part, a wrong label, a stolen card. You rarely have examples, and the next one will be different anyway. What you have is plenty of normal data. So learn what is normal, and give every new item an **[anomaly score](glossary.md#anomaly-score)**: the larger, the more anomalous.
#
# Two recipes are common. Rank by **reconstruction error**: a network that compresses only normal images well will fail on anomalies. Or by **distance of the code**: an anomaly gets a code far from the others. Both sound right. We test both, on several kinds of anomaly, beside cheap baselines.
#
# Our normal data are handwritten digits *without the ones*. The model is an autoencoder with a code of 16 numbers. The baselines: the distance to the **mean image**; the mean distance to the five nearest training images, pixel by pixel (**nearest neighbours**: no model at all); and the error of **PCA** with 16 components.

# %%
unseen = 1
seen, val_seen, test_seen = (part[part.labels != unseen] for part in (train, val, test))
x_train, x_val, x_normal = seen.x[:3072], val_seen.x[:1200], test_seen.x[:1500]

model = compiled(Autoencoder(DenseEncoder(16), DenseDecoder(image_shape)))
trained(model, x_train, epochs=10)
pca = evaluation.fit_pca(x_train, 16)
mean_image = x_train.mean(axis=0)

score_of = {
    "mean image": lambda x: evaluation.squared_error(x, np.broadcast_to(mean_image, x.shape)),
    "neighbours": lambda x: anomaly.knn_score(flat(x_train), flat(x), k=5),
    "PCA error": lambda x: evaluation.squared_error(x, evaluation.pca_reconstruct(pca, x)),
    "error": lambda x: evaluation.squared_error(x, evaluation.reconstruct(model, x)),
}

# %% [markdown]
# How do we judge a score? Not by its mean: what counts is the *order*. The **[AUROC](glossary.md#auroc)** (area under the receiver operating characteristic) is the probability that a random anomaly $a$ has a larger score $s$ than a random normal item $b$:
#
# $$\mathrm{AUROC} = P\bigl(s(a) > s(b)\bigr) + \tfrac12 P\bigl(s(a) = s(b)\bigr).$$
#
# 1 is a perfect order and 0.5 is chance; *below* 0.5 the score is worse than chance: it ranks anomalies as more normal than normal items.
#
# The first anomalies are printed letters. **Predict** the order of the four scores.


# %%
def auroc(normal, anomalous):
    truth = np.repeat([0, 1], [len(normal), len(anomalous)])
    return roc_auc_score(truth, np.concatenate([normal, anomalous]))


letters = data.load("glyphs", "test").x
for name, score in score_of.items():
    s_normal, s_anomaly = score(x_normal), score(letters)
    means = f"normal {s_normal.mean():5.1f}, letters {s_anomaly.mean():5.1f}"
    print(f"{name:12s} mean score: {means}   AUROC {auroc(s_normal, s_anomaly):.2f}")

# %% [markdown] numbers={"five": "58.2 / 12.2"}
# The recipe works: the error of a letter is almost five times that of a digit, and nearly every pair is in the right order. It also beats PCA. But **the neighbours do as well, without any training**, and even the mean image is right in almost nine of ten pairs. Printed letters are an easy test. To show only this test, and only the autoencoder, is to show little.
#
# ## An unseen digit
#
# Now the ones. The models have never seen one: as a class, they are as unfamiliar as the letters. **Predict** the AUROC of the error.

# %%
ones = test.x[test.labels == unseen]
for name, score in score_of.items():
    s_normal, s_anomaly = score(x_normal), score(ones)
    means = f"normal {s_normal.mean():5.1f}, ones {s_anomaly.mean():5.1f}"
    print(f"{name:12s} mean score: {means}   AUROC {auroc(s_normal, s_anomaly):.2f}")

# %% mystnb={"image": {"alt": "Two panels of histograms of the reconstruction error: letters lie far to the right of normal digits, ones lie on top of them"}}
bins = np.linspace(0, 90, 46)
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8), sharey=True)
for ax, (name, x) in zip(axes, {"letters": letters, "ones": ones}.items(), strict=True):
    for label, images in (("normal", x_normal), (name, x)):
        fraction = np.histogram(score_of["error"](images), bins)[0] / len(images)
        look = {"fill": True, "alpha": 0.6} if label == "normal" else {"linewidth": 1.8}
        ax.stairs(fraction, bins, label=label, **look)
    ax.set(xlabel="squared error per image", title=f"{name}, never seen in training")
    ax.legend()
axes[0].set_ylabel("fraction of images")
plt.show()

# %% mystnb={"image": {"alt": "Four rows of twelve: ones and their reconstructions, from plain strokes that come back well to hooked ones that come back as threes; letters and their reconstructions, which look like blurred digits"}}
order = np.argsort(score_of["error"](ones))
some = ones[order[np.linspace(0, len(order) - 1, 12).astype(int)]]  # from the best to the worst
rows = {"ones": some, "reconstructed": evaluation.reconstruct(model, some)}
rows |= {"letters": letters[:12], "reconstructed ": evaluation.reconstruct(model, letters[:12])}
fig, ax = plt.subplots(figsize=(8, 3))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# PCA reconstructs the ones it never saw *better* than the digits it was fitted to, and the mean image agrees with it: both rank the ones as more normal than the normal digits. The autoencoder does little better than chance. The pictures say why. A one is a stroke, and strokes are what all digits are made of: the plain ones come back well, and only those with a hook are turned into threes and nines. Reconstruction error measures two things at once, **how unfamiliar an image is and how hard it is to draw**, and here they pull in opposite directions. It is not a flaw of this network: generative models of photographs have been found to give plainer data sets a higher likelihood than their own training data (Nalisnick et al.).
#
# The nearest neighbours are not fooled as badly: no training image has quite this shape.
#
# ## The distance of the code
#
# So ask where the *code* lies. There are two ways to measure "far from the others". The **[Mahalanobis distance](glossary.md#mahalanobis-distance)** compares with one ellipsoid around all training codes,
#
# $$s(x) = \sqrt{(z - m)^\top C^{-1} (z - m)},$$
#
# where $z$ is the code of $x$, and $m$ and $C$ are the mean and the covariance matrix of the training codes: a distance in standard deviations, whatever the direction. The **nearest neighbours** of lesson 08 give the mean distance to the $k = 5$ nearest training codes, and need no ellipsoid. Each takes a line or two with scikit-learn. **Predict**: which of them finds the ones?

# %%
z_train, z_normal = evaluation.encode(model, x_train), evaluation.encode(model, x_normal)
ellipsoid = EmpiricalCovariance().fit(z_train)
for name, x in (("letters", letters), ("ones", ones)):
    z = evaluation.encode(model, x)
    far = [np.sqrt(ellipsoid.mahalanobis(each)) for each in (z_normal, z)]  # theirs is squared
    near = [anomaly.knn_score(z_train, each, k=5) for each in (z_normal, z)]
    print(f"{name:8s} Mahalanobis AUROC {auroc(*far):.2f}, five neighbours {auroc(*near):.2f}")
same = np.allclose(far[1], anomaly.mahalanobis_score(z_train, z))
print("the package's Mahalanobis score is the same:", same)

# %% [markdown]
# The two distances disagree. By the ellipsoid the ones lie no farther out than normal digits: "the code of an anomaly is far away" is **false** here. The nearest neighbours see what the ellipsoid cannot: hardly any training code lies *near* the ones. The cloud of codes has holes (lesson 08), and the ones fall into one.
#
# ## What each score cannot see
#
# Two more kinds of anomaly: digits whose lower **half** is missing, and digits with **specks** (salt-and-pepper noise), three in a hundred pixels black or white. And one more score. The ELBO of a VAE is a lower bound on the log-likelihood of an image, so the negative ELBO is a score in nats per image. It is `evaluation.negative_elbo` image by image, for black and white pixels as in lesson 16.


# %%
def binarise(x):
    return (x > 0.5).astype("float32")


vae = compiled(VAE(DenseEncoder(32), DenseDecoder(image_shape)), losses.binary_crossentropy)
trained(vae, binarise(x_train), epochs=10)
score_of |= {
    "Mahalanobis of the code": lambda x: anomaly.mahalanobis_score(
        z_train, evaluation.encode(model, x)
    ),
    "neighbours of the code": lambda x: anomaly.knn_score(
        z_train, evaluation.encode(model, x), k=5
    ),
    "-ELBO of a VAE": lambda x: anomaly.elbo_score(vae, binarise(x)),
}
half = x_normal.copy()
half[:, image_shape[0] // 2 :] = 0
anomalies = {
    "letters": letters,
    "ones": ones,
    "half": half,
    "specks": data.salt_and_pepper(x_normal, 0.03, seed=1),
}

# %%
table = {}
print("AUROC                     " + "".join(f"{name:>9s}" for name in anomalies))
for name, score in score_of.items():
    s_normal = score(x_normal)
    table[name] = {kind: auroc(s_normal, score(x)) for kind, x in anomalies.items()}
    print(f"{name:26s}" + "".join(f"{value:9.2f}" for value in table[name].values()))

# %% [markdown]
# Read it by columns.
#
# - **Half**: an image with less ink is easier to draw, and PCA ranks the halves as a little more normal than whole digits. The autoencoder does better; the neighbours, in pixels or codes, are better still.
# - **Specks**: the reverse. Both errors see them, and the VAE sees them best, while the two scores of the *code* are at chance. The encoder ignores such details, so the code of a speckled digit lies where the clean digit's does. What the code ignores, no distance between codes can show.
# - **Ones**: the VAE is at chance too. Its ELBO bounds a likelihood, and a simple image *is* likely. On MNIST, where a one is mostly a single thin stroke, *all seven* scores rank unseen ones as more normal than normal digits, the neighbours too, and the ELBO is worst with an AUROC of about 0.13.
#
# No score wins everywhere. Reconstruction error sees damage that the model cannot draw; distances of codes see combinations that were never drawn before. Use one of each. And the plain **neighbours of pixels** are among the best in three columns and far from blind in the fourth. For small, centred images this is the baseline to beat. It has a cost: it keeps all training images and searches them every time, and once images are large or shifted, distances between pixels mean little. There a model can be worth it; by this table alone it is not.
#
# ## Look at the worst
#
# Before any threshold, look at the items with the largest scores. Among *normal* test digits these are:

# %% mystnb={"image": {"alt": "Twelve normal digits with the largest errors above their blurred reconstructions: nearly open eights, sixes pushed to one side, an open four, twos with a wave, sevens with a bar"}}
s_normal = anomaly.reconstruction_score(model, x_normal)
worst = np.argsort(-s_normal)[:12]
fig, ax = plt.subplots(figsize=(8, 1.8))
plots.plot_reconstructions(x_normal[worst], evaluation.reconstruct(model, x_normal[worst]), ax=ax)
plt.show()
classes = np.unique(test_seen.labels)
labels = test_seen.labels[: len(x_normal)]
by_class = np.array([s_normal[labels == label].mean() for label in classes])
print(
    "mean error by class: "
    + " ".join(f"{c}: {e:.1f}" for c, e in zip(classes, by_class, strict=True))
)

# %% [markdown] numbers={"Half": "given: a judgement", "5 in 100": "given: an example", "15": "15.4"}
# Sevens with a bar, an open four, eights that nearly fall apart: real digits, written in a rare way or off centre. Half of the use of an anomaly score is this look: it finds wrong labels, broken files, and groups that your training data lacks. It also shows whom a threshold will hit. The mean error runs from about 9 for zeros to 15 for eights, so one threshold for all will flag eights more often than zeros.
#
# ## A threshold without labels
#
# To raise an alarm you need a threshold, and you have no anomalies to tune it with. You do not need them. A *false alarm*, or false positive, is a normal item above the threshold. **Decide which false-positive rate you can afford**, say 5 in 100, and take the score that 5 in 100 *normal* images exceed: a quantile. You have normal data. But which should it be: the training images, or held-out ones? **Predict** what each choice does on new normal images, for the error and for the neighbours of the code.

# %%
alarms = {}
print(f"{'false-positive rate on new normal images, when planned:':60s}   0.10   0.05   0.02")
for name in ("error", "neighbours of the code"):
    score = score_of[name]
    on_new = score(x_normal)
    for part, x in (("training", x_train), ("held-out", x_val)):
        thresholds = [np.quantile(score(x), 1 - rate) for rate in (0.10, 0.05, 0.02)]
        alarms[name, part] = [np.mean(on_new > threshold) for threshold in thresholds]
        rates = "".join(f"{rate:7.2f}" for rate in alarms[name, part])
        print(f"{name:23s} threshold from {part} images {'':5s}{rates}")
threshold = anomaly.threshold(score_of["error"](x_val), false_positive_rate=0.05)
print(f"anomaly.threshold for 0.05: {threshold:.1f} squared error per image")

# %% [markdown] numbers={"half": "0.15 / 0.10 - 1", "2 in 100": "4 / 200"}
# A threshold from training images is too low, since the model was fitted to them: half as many false alarms again as planned, or double. For the neighbours of the code it is a disaster. Every training code is its own nearest neighbour, at distance 0, so most new images look anomalous. Held-out images keep to the plan, roughly. Why only roughly? They are 1,200 images, but made from some 200 originals, and 2 in 100 of those are *four*. The threshold is only as reliable as the number of independent items above it. (`anomaly.threshold` takes the same quantile with care for ties, and refuses a rate for which you do not have even one item.)
#
# ## One class against the rest, ten times
#
# The table that papers print (*one-class classification*): train on *one* class, treat all others as anomalies, average over ten classes. Besides PCA and the neighbours, two methods made for the task: the **one-class SVM**, which draws a smooth border around the data, and the **isolation forest**, which splits at random and scores as anomalous what is soon alone.
#
# To train ten autoencoders quickly we compile one, and put its weights and its optimizer back to the start for each class. (A hidden layer of 64, as 512 images deserve no more.)

# %%
rivals = {
    "one-class SVM": lambda x: OneClassSVM(nu=0.1).fit(x),
    "isolation forest": lambda x: IsolationForest(random_state=0).fit(x),
}
small = compiled(
    Autoencoder(DenseEncoder(16, (64,)), DenseDecoder(image_shape, (64,))), learning_rate=0.004
)
small.optimizer.build(small.trainable_variables)  # Keras would do it at the first step
state = small.trainable_variables + small.optimizer.variables
start = [np.array(keras.ops.convert_to_numpy(variable)) for variable in state]


def one_class_scores(x_class, x):
    for variable, value in zip(state, start, strict=True):
        variable.assign(value)
    trained(small, x_class, epochs=15, batch_size=64)
    pca = evaluation.fit_pca(x_class, 16)
    mean = np.broadcast_to(x_class.mean(axis=0), x.shape)
    scores = {"mean image": evaluation.squared_error(x, mean)}
    for name, fit in rivals.items():
        scores[name] = -fit(flat(x_class)).score_samples(flat(x))  # theirs: larger is more normal
    scores["PCA error"] = evaluation.squared_error(x, evaluation.pca_reconstruct(pca, x))
    scores["neighbours"] = anomaly.knn_score(flat(x_class), flat(x))
    scores["autoencoder"] = anomaly.reconstruction_score(small, x)
    return scores


# %%
one_class = {}
x, labels = test.x[:1024], test.labels[:1024]
for label in range(10):
    for name, s in one_class_scores(train.x[train.labels == label][:512], x).items():
        each = auroc(s[labels == label], s[labels != label])
        one_class.setdefault(name, []).append(each)
mean_auroc = {name: np.mean(each) for name, each in one_class.items()}
print("normal class:     " + "".join(f"{label:6d}" for label in range(10)) + "   mean")
for name, each in one_class.items():
    print(f"{name:18s}" + "".join(f"{value:6.2f}" for value in each) + f"{mean_auroc[name]:7.3f}")

# %% [markdown] numbers={"3": "seen: the shape of these digits", "9": "seen: the shape of these digits", "1 in 400": "given: the code below", "20": "given: the code below", "5": "given: the code below"}
# Three groups. The mean image, the isolation forest and the one-class SVM with its default settings: about 0.9. (A forest splits along one pixel at a time, and no single pixel is unusual.) Then PCA. Then, with nothing to choose between them, **the autoencoder and the neighbours**. Eights are hardest for every method, since a damaged 3, 5 or 9 is nearly one.
#
# Remember this when you read such tables. Values near 0.99 say that the *test* is easy: other classes are far away. Ones among nine classes, above, were not. And a lead of a thousandth decides nothing if a baseline without training can take it back.
#
# ## Card payments
#
# Now a table instead of images, and a rare event. We invent payments with five columns: amount, the shop's usual amount, hour of the day, kilometres from home, hours since the last payment. The columns are correlated: amounts follow the shop's, travel takes time, lunch is at noon. Two kinds of fraud, each 1 in 400 payments: **large** ones, 5 to 20 times the normal amount, and **odd** ones, in which every single value is ordinary, but the values come from different payments.


# %%
def payments(n, rng):
    habit = rng.choice(4, n, p=[0.5, 0.2, 0.2, 0.1])  # groceries, lunch, evening out, travel

    def around(means, spreads):
        return rng.normal(np.array(means)[habit], np.array(spreads)[habit])

    usual = np.exp(around([3.6, 2.4, 3.4, 4.8], [0.5, 0.2, 0.4, 0.6]))
    amount = usual * np.exp(rng.normal(0, 0.35, n))
    hour = around([15, 12.5, 21, 11], [3, 0.8, 1.2, 4]) % 24
    km = np.exp(around([0.8, 1.2, 1.8, 5.5], [0.6, 0.5, 0.6, 0.7]))
    gap = (0.3 + km / 80) * np.exp(0.5 + 0.8 * np.abs(rng.normal(size=n)))
    return np.column_stack([amount, usual, hour, km, gap])


def frauds(n, rng):
    """Half of them large, then half odd."""
    large, odd = payments(n // 2, rng), payments(n - n // 2, rng)
    large[:, 0] *= rng.uniform(5, 20, len(large))
    return np.vstack([large, np.column_stack([rng.permutation(column) for column in odd.T])])


rng = np.random.default_rng(0)
past, calm = payments(8192, rng), payments(20_000, rng)  # to train on, to set the threshold with
month = np.vstack([payments(39_800, rng), frauds(200, rng)])  # twenty days of 2,000 payments
kind = np.repeat([0, 1, 2], [39_800, 100, 100])  # 0 normal, 1 large, 2 odd
fraud = kind > 0

# %% [markdown] numbers={"three": "given: the width of the code"}
# Our models read images in [0, 1], so a row becomes an image of one row and five columns, `(1, 5, 1)`. Two decisions come before any model. Amounts and distances span several powers of ten, so take their logarithm. And leave room: the normal range goes to [0.25, 0.75], not to [0, 1], where clipping would cut off exactly the extremes we are looking for.
#
# Besides the known baselines there is the **rule** every bank had first: the larger the amount, the more suspicious. PCA and the autoencoder get three numbers for five. **Predict** which method wins.


# %%
def logarithms(table):
    return np.column_stack([np.log(table[:, [0, 1, 3, 4]]), table[:, 2]])


def payment_scores(past):
    """The scores of `calm` and of `month` by each method, after learning from `past`."""
    scaler = MinMaxScaler((0.25, 0.75)).fit(logarithms(past))
    rows, *others = (
        np.clip(scaler.transform(logarithms(t)), 0, 1).astype("float32")
        for t in (past, calm, month)
    )
    forest, linear = IsolationForest(random_state=0).fit(rows), PCA(3).fit(rows)
    images = rows.reshape(-1, 1, 5, 1)
    network = Autoencoder(DenseEncoder(3, (64, 32)), DenseDecoder((1, 5, 1), (32, 64)))
    trained(compiled(network, learning_rate=0.004), images, epochs=20, batch_size=256)

    def linear_error(x):
        return evaluation.squared_error(x, linear.inverse_transform(linear.transform(x)))

    methods = {
        "isolation forest": lambda x: -forest.score_samples(x),
        "PCA error": linear_error,
        "autoencoder": lambda x: anomaly.reconstruction_score(network, x.reshape(-1, 1, 5, 1)),
        "neighbours": lambda x: anomaly.knn_score(rows, x),
        "Mahalanobis": lambda x: anomaly.mahalanobis_score(rows, x),
    }
    return {name: [score(x) for x in others] for name, score in methods.items()}


# %%
scores = {"rule: amount": [calm[:, 0], month[:, 0]]} | payment_scores(past)
results = {}
print("                           average   recall of      false alarms")
print("                   AUROC  precision  large    odd   a day")
for name, (s_calm, s_month) in scores.items():
    alarm = s_month > anomaly.threshold(s_calm, false_positive_rate=20 / 2000)
    recall = [alarm[kind == k].mean() for k in (1, 2)]
    area = roc_auc_score(fraud, s_month), average_precision_score(fraud, s_month)
    results[name] = *area, *recall, alarm[~fraud].sum() / 20
    print("{:17s} {:6.2f} {:10.2f} {:6.2f} {:6.2f} {:7.1f}".format(name, *results[name]))
base_rate = fraud.mean()
print(f"a coin            {0.5:6.2f} {base_rate:10.3f}")

# %% mystnb={"image": {"alt": "Precision against recall for five methods: Mahalanobis stays near 1 up to a recall of 0.4 and then falls steeply; autoencoder, neighbours and PCA fall from the start; beyond 0.75 all are near 0; the isolation forest stays near 0 throughout"}}
recalls = np.linspace(0.1, 0.9, 17)
fig, ax = plt.subplots(figsize=(6.5, 3.4))
for name in ("Mahalanobis", "autoencoder", "PCA error", "neighbours", "isolation forest"):
    s = scores[name][1]
    thresholds = np.quantile(s[fraud], 1 - recalls)
    precision = [np.mean(fraud[s >= threshold]) for threshold in thresholds]
    ax.plot(recalls, precision, marker=".", label=name)
ax.axhline(base_rate, color="0.45", linestyle=":", label="base rate")
ax.set(xlabel="recall: fraction of frauds found", ylabel="precision: fraction of true alarms")
ax.legend(fontsize=8)
plt.show()

# %% [markdown] numbers={"a third": "0.35", "twenty": "given: the alarms that the code allows"}
# *Average precision* is the precision (the fraction of alarms that are fraud), averaged over all values of the recall (the fraction of frauds found); a coin gets the base rate, 0.005. Read:
#
# - **The isolation forest has a better AUROC than the rule, and finds next to nothing.** AUROC weights all thresholds alike, even those with a thousand alarms a day. You work at the one with twenty.
# - The other four agree in AUROC to within about 0.02, while their average precision runs from about 0.5 to 0.6; and **the last of them by AUROC is the best detector**. (Three other seeds gave the same.) For rare events, AUROC is the wrong measure.
# - That best detector is the Mahalanobis distance on the five columns themselves, one line of code. Their logarithms are related almost linearly, and it divides each direction by its normal spread; a squared error counts all directions alike. The autoencoder comes second, a little ahead of neighbours and PCA.
# - Nearly all large frauds are found, but only about a third of the odd ones, and beyond a recall of 0.7 hardly any precision is left. Many shuffled payments are quite plausible, and no method finds a fraud that looks like a normal payment. Before you blame the model, look at what it misses.
#
# ## Why so many alarms are false
#
# Let $r$ be the [recall](glossary.md#precision-and-recall), the fraction of frauds found; $f$ the false-positive rate, the fraction of normal payments that raise an alarm; and $\pi$ the base rate, the fraction of frauds among all payments. Then the fraction of alarms that are right is
#
# $$\mathrm{precision} = \frac{r\,\pi}{r\,\pi + f\,(1 - \pi)}.$$
#
# **Predict** the precision of a detector with a recall of 90 per cent and a false-positive rate of only 1 per cent, when 1 payment in 200, 1,000 or 10,000 is fraud.

# %%
for one_in in (2, 200, 1000, 10_000):
    right, wrong = 0.9 / one_in, 0.01 * (1 - 1 / one_in)
    print(f"1 fraud in {one_in:6d}: precision {right / (right + wrong):.3f}")

# %% [markdown] numbers={"half": "0.5", "99 in 100": "1 - 0.009", "two thirds": "(0.97 + 0.38) / 2", "one alarm in four": "(0.97 + 0.38) * 5 / ((0.97 + 0.38) * 5 + 20)", "1 in 10": "given: a row of the table"}
# Many test sets are like the first row, half and half; it says little about the others. At 1 in 10,000, 99 in 100 alarms of this excellent detector are false. Above, with about two thirds of ten frauds a day found and twenty false alarms, one alarm in four is right: quite a good day for those who answer them.
#
# ## What if the training data are contaminated?
#
# Nobody gave us labels, so the training data may contain unnoticed frauds. **Predict** which method suffers most if 2 per cent of the past is fraud of the same two kinds.

# %%
rng = np.random.default_rng(1)
dirty = rng.permutation(np.vstack([past[:-164], frauds(164, rng)]))
after = {
    name: average_precision_score(fraud, s_month)
    for name, (_, s_month) in payment_scores(dirty).items()
}
print("average precision      clean   2% fraud in the past")
for name, value in after.items():
    print(f"{name:20s} {results[name][1]:7.2f} {value:10.2f}")

# %% [markdown] numbers={"a fifth": "1 - 0.49 / 0.62", "a third": "1 - 0.33 / 0.48"}
# The nearest neighbours lose most by far: next to a memorised fraud, the next fraud looks normal. The models that compress or average lose between a fifth and a third; 2 per cent of the rows change them less. (The forest had nothing to lose.) The remedy is again to look at the worst: score the training data themselves, inspect the top, take out what is wrong, train again.
#
# ## Is an autoencoder worth it?
#
# Sum up what this lesson measured. *Not* for five columns, nor for small centred images whose anomalies are other shapes altogether: there the Mahalanobis distance and nearest neighbours on the data themselves do as well or better, and need no training. *Worth trying* where the damage is small and local (specks), where the training data are contaminated, and where people want to see what the model expected. Against PCA, the error of the autoencoder was ahead on three of four kinds of anomaly, and level on the fourth. What these small sets cannot show: with millions of large images there is too much to keep and search, and a model is what remains.
#
# ## Exercises
#
# Stuck? `checks.hint("20.1")` gives a hint; call it again for the next one.
#
# ### Exercise 20.1: AUROC by counting
#
# Write `my_auroc(normal, anomalous)` from its definition: the fraction of all pairs (an anomaly, a normal item) in which the anomaly has the larger score; a tie counts half.


# %% tags=["exercise"]
def my_auroc(normal, anomalous): ...


checks.check_auroc(my_auroc)


# %% tags=["solution"]
def my_auroc(normal, anomalous):
    normal, anomalous = np.asarray(normal), np.asarray(anomalous)[:, None]
    return np.mean((anomalous > normal) + 0.5 * (anomalous == normal))


checks.check_auroc(my_auroc)

# %% [markdown]
# ### Exercise 20.2: a threshold for so many alarms a day
#
# Your staff can look at `alarms_a_day` false alarms when `items_a_day` normal items arrive. Write `daily_line(scores, alarms_a_day, items_a_day)`: a threshold such that, of the held-out normal `scores`, that fraction and no more lies above it.


# %% tags=["exercise"]
def daily_line(scores, alarms_a_day, items_a_day): ...


checks.check_daily_line(daily_line)


# %% tags=["solution"]
def daily_line(scores, alarms_a_day, items_a_day):
    return np.quantile(scores, 1 - alarms_a_day / items_a_day, method="higher")


checks.check_daily_line(daily_line)

# %% [markdown]
# ### Exercise 20.3: how rare may it be?
#
# Solve the formula of precision for the base rate. Write `least_base_rate(precision, recall, false_positive_rate)`: the base rate at which a detector with this recall and this false-positive rate reaches the wanted precision.


# %% tags=["exercise"]
def least_base_rate(precision, recall, false_positive_rate): ...


checks.check_least_base_rate(least_base_rate)


# %% tags=["solution"]
def least_base_rate(precision, recall, false_positive_rate):
    right = recall * (1 - precision)  # precision * (r p + f (1 - p)) = r p, solved for p
    wrong = false_positive_rate * precision
    return wrong / (right + wrong)


checks.check_least_base_rate(least_base_rate)

# %% [markdown] numbers={"99": "given: an example of the quiz", "1": "given: an example of the quiz"}
# ## What to remember
#
# - Reconstruction error confuses unfamiliar with hard to draw: simple anomalies pass. The distance of the code cannot see what the encoder ignores. Use one of each, and look at the worst.
# - Start with nearest neighbours, PCA and the Mahalanobis distance on the data themselves. Where they do as well, you need no autoencoder.
# - A threshold is a quantile of *held-out normal* scores, set by the false-positive rate you can afford.
# - AUROC ignores how rare the event is; precision does not. Report both, at the threshold you will use.
# - Unnoticed anomalies in the training data hurt a method that memorises more than one that compresses.
#
# ## Quiz
#
# 1. A detector has an AUROC of 0.3 on a new kind of anomaly. (a) It is slightly worse than chance, so useless but harmless. (b) It ranks these anomalies as more normal than normal data. (c) The threshold is wrong.
# 2. You set the threshold at the 99 per cent quantile of the *training* scores. In use, the false-positive rate will be (a) more than 1 per cent; (b) less; (c) exactly 1 per cent.
# 3. Which score would you add to the reconstruction error to catch simple images of an unknown kind? (a) The error of a larger autoencoder. (b) The distance to the nearest training codes. (c) The ELBO.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Seven of ten pairs are in the wrong order; the anomalies hide among the most normal items, which does harm (not a). AUROC involves no threshold (c).
# 2. **a.** The model fits what it was trained on, so training scores are too low, and so is the threshold (not b). Only held-out normal data come near (c).
# 3. **b.** It asks whether anything like it was seen; it is no guarantee, but here it was the best. A larger autoencoder (a) draws simple anomalies even better; the ELBO (c) ranks them as likely.
# </details>
#
# ## Further reading
#
# - Ruff et al., *A unifying review of deep and shallow anomaly detection*, arXiv:2009.11732, sections II and VIII: what there is, and how to evaluate it.
# - Ruff et al., *Deep one-class classification*, ICML 2018 (PMLR 80), table 1: one class against the rest on MNIST. Its images are prepared differently, so its numbers cannot be compared with ours.
# - Nalisnick et al., *Do deep generative models know what they don't know?*, arXiv:1810.09136: plainer out-of-distribution images get higher likelihoods.
# - Saito & Rehmsmeier (2015), doi:10.1371/journal.pone.0118432: precision and recall for rare events.

# %% tags=["receipt"]
error, codes = table["error"], table["neighbours of the code"]
notebook.claim(error["letters"] > 0.9, "the error finds printed letters")
notebook.claim(table["neighbours"]["letters"] > 0.95, "neighbours without training find letters")
notebook.claim(table["PCA error"]["ones"] < 0.5, "PCA ranks unseen ones as more normal")
ellipsoid_of_ones = table["Mahalanobis of the code"]["ones"]
notebook.claim(ellipsoid_of_ones < 0.6 < 0.7 < codes["ones"], "the unseen ones lie in a hole")
notebook.claim(table["-ELBO of a VAE"]["ones"] < 0.6, "the ELBO finds ones probable")
notebook.claim(error["specks"] > 0.85 > 0.6 > codes["specks"], "codes do not see specks")
notebook.claim(alarms["error", "training"][1] > 0.06, "that threshold is too low")
notebook.claim(
    alarms["neighbours of the code", "training"][0] > 0.3, "and absurd for neighbours of codes"
)
lead = mean_auroc["autoencoder"] - mean_auroc["neighbours"]
notebook.claim(abs(lead) < 0.02, "one class against the rest, neighbours do as well")
notebook.claim(results["isolation forest"][1] < 0.05, "AUROC hides that a forest finds nothing")
notebook.claim(max(after, key=after.get) == "Mahalanobis", "the linear distance is best here")
lost = {name: 1 - value / results[name][1] for name, value in after.items()}
notebook.claim(max(lost, key=lost.get) == "neighbours", "contamination hurts neighbours most")
notebook.receipt(
    error_letters=error["letters"],
    error_ones=error["ones"],
    codes_ones=codes["ones"],
    codes_specks=codes["specks"],
    one_class_autoencoder=mean_auroc["autoencoder"],
    one_class_neighbours=mean_auroc["neighbours"],
    one_class_pca=mean_auroc["PCA error"],
    precision_autoencoder=results["autoencoder"][1],
    precision_mahalanobis=results["Mahalanobis"][1],
)
