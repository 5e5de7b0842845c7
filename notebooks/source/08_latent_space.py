# %% [markdown]
# # 08. The latent space
#
# *Take the codes out, draw maps of them, walk from one to another, search by them, and find out where there is nothing.*
#
# **You will be able to**
# - extract codes for a whole data set, and decode any place of the latent space;
# - draw codes with PCA and t-SNE, and say what each map does and does not show;
# - check what a map suggests by a number computed in the codes themselves;
# - search images by their codes, and find out what makes two codes similar;
# - interpolate between codes and draw random ones, and judge the result by its distance to real images.
#
# **You need** lessons 06 and 07.
#
# **Time** 30 minutes to read, 45 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_08 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from keras import layers
from scipy.spatial.distance import cdist
from skimage.transform import resize
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]
n_pixels = int(np.prod(image_shape))


def fit(model, x, epochs=12, batch_size=128):
    """Train as in lesson 06, with the same weights and batches on every backend."""
    model.build((None, *x.shape[1:]))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
    batches = data.Batches(x, batch_size=batch_size)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


# %% [markdown]
# ## A plane full of digits
#
# The largest latent space that can be looked at as a whole has two dimensions. Each image is then a point of a plane, and each point of the plane is a picture. (The two halves are written as lists of layers, as in lesson 00, because the figure further down runs this decoder in your browser.)

# %%
encoder = keras.Sequential(
    [
        layers.Flatten(),
        layers.Dense(128, activation="gelu"),
        layers.Dense(64, activation="gelu"),
        layers.Dense(2),
    ]
)
decoder = keras.Sequential(
    [
        layers.Dense(64, activation="gelu"),
        layers.Dense(128, activation="gelu"),
        layers.Dense(n_pixels, activation="sigmoid"),
        layers.Reshape(image_shape),
    ]
)
plane = fit(Autoencoder(encoder, decoder), train.x, epochs=15)
z_plane = evaluation.encode(plane, val.x)

# %% [markdown] numbers={"two": "given: the width of the codes"}
# At the left is the map of the validation images, each a dot at its two numbers. Walk along the arrow: the nine pictures at the right (row by row) are what the decoder draws there.
#
# **Change this line and run again:** where the walk starts and ends.

# %% mystnb={"image": {"alt": "Left: dots of ten classes in a plane, names at their centres, with an arrow from the 9s and 3s at the upper left to the 7s at the lower right. Right: nine decoded pictures along the arrow, from a 3 through a 0 and blurred shapes to a 7"}}
START, END = (-25, 4), (15, -22)  # try other places, also some where there are no dots

steps = np.linspace(START, END, 9)
fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.3), width_ratios=[1.5, 1])
plots.plot_codes(z_plane, val.labels, ax=left)
left.annotate("", END, START, arrowprops={"arrowstyle": "->", "linewidth": 2})
left.set(ylabel="second number of the code, against the first")
plots.plot_images(evaluation.decode(plane, steps), n_columns=3, ax=right)
plt.show()

# %% [markdown]
# Nobody told the network that there are ten kinds of digit; the colours were added afterwards. Now decode the *whole* plane, place by place, and lay the codes of the validation images on top as red dots. **Predict.** What will be drawn *far away* from all dots: blanks, noise, or digits?

# %% mystnb={"image": {"alt": "A sheet of 9 by 9 decoded pictures with both code numbers as axes, red dots on it; 3s at the upper left, slanted 0s at the lower left, 7s at the lower right; in the empty upper right corner, black blots on white"}}
n_side = 9
low, high = z_plane.min(axis=0), z_plane.max(axis=0)
across, up = (np.linspace(low[i], high[i], n_side) for i in (0, 1))
places = np.array([(a, b) for b in up[::-1] for a in across])
sheet = evaluation.decode(plane, places).reshape(n_side, n_side, *image_shape[:2])
half = (high - low) / (n_side - 1) / 2
(x0, y0), (x1, y1) = low - half, high + half

fig, ax = plt.subplots(figsize=(5.4, 4.6))
tiled = np.concatenate(np.concatenate(list(sheet), axis=1), axis=1)
ax.imshow(tiled, cmap="gray", vmin=0, vmax=1, extent=(x0, x1, y0, y1), aspect="auto")
ax.scatter(*z_plane.T, s=1, color="C1")
ax.set(ylabel="second number of the code, against the first")
plt.show()

# %% [markdown]
# A sheet shows some places; here you can go to any of them. Drag the ring, or move it with the arrow keys or the sliders, and see what the decoder draws there, which validation digits have the nearest codes, and how far away they are. (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Find two places:** a *hole*, farther from all digits than they are from one another, in which a clear digit is drawn all the same; and a place *among* the digits in which none is.

# %% mystnb={"image": {"alt": "A figure to turn, as it is at first. Left: validation digits as dots in the plane of codes, a line through it from the upper left to the lower right, and half-way a ring. Right: the picture decoded at the ring, and the three digits with the nearest codes"}}
widgets.latent_plane({"plain": plane}, val, {"plain": (START, END)}, bits=5)

# %% [markdown] numbers={"sixteen": "given: the width of the codes"}
# Digits nearly everywhere, and they change gradually into each other: 3s at the upper left, slanted 0s at the lower left, 7s at the lower right, and blurred mixtures in the middle, where most classes are crowded. Far away it depends. Below and to the left of the dots, the nearest digits simply go on: a hole, but a clear picture. (In the crowded middle it is the other way round, so the distance to the nearest code does not say how clear the picture is.) But in the upper right corner, where no image was ever encoded, the decoder draws black blots on white. It was never asked about these places, and answers anyway. We shall come back to such places at the end.
#
# ## Q24. How do you extract the latent representations of the data from the Encoder?
#
# The encoder is a model like any other, so ask it. `predict` goes through the images in batches and returns one NumPy array. It runs in inference mode and computes no gradients: PyTorch's `eval()` and `no_grad()` in one. For the rest of the lesson a code has sixteen numbers.

# %% tags=["keep"]
model = fit(Autoencoder(DenseEncoder(16), DenseDecoder(image_shape)), train.x)
z_train = model.encoder.predict(train.x, batch_size=512, verbose=0)
z_val = model.encoder.predict(val.x, batch_size=512, verbose=0)
print("training codes", z_train.shape, "validation codes", z_val.shape)
same = np.allclose(z_val, evaluation.encode(model, val.x), atol=1e-4)
print("evaluation.encode gives the same:", same)

# %% [markdown]
# Look at the numbers before you draw them. Nothing in the loss says how large codes should be or where they should be centred; training settled on some size and place.

# %% mystnb={"image": {"alt": "Box plot of the sixteen code coordinates; every coordinate spreads over several units around a centre of its own"}}
fig, ax = plt.subplots(figsize=(8, 2.6))
ax.boxplot(z_val, showfliers=False)
ax.set(xlabel="coordinate of the code", ylabel="value")
plt.show()
spread = z_val.std(axis=0)
correlation = np.abs(np.corrcoef(z_val.T) - np.eye(16)).max()
print(f"standard deviations of the coordinates: {spread.min():.1f} to {spread.max():.1f}")
print(f"largest correlation of two coordinates: {correlation:.2f}")

# %% [markdown] numbers={"half": "given: what a box plot shows", "sixteen": "given: the width of the codes"}
# (The box holds the middle half of the values, the line in it is the median.) All sixteen coordinates are in use; each has its own centre and width; some are correlated. Unlike PCA's components they come in no order of importance. If you compare distances between codes, remember that a wide coordinate counts more than a narrow one.

# %% [markdown] numbers={"Sixteen": "given: the width of the codes"}
# ## Q25. How do you visualise the latent space with PCA or t-SNE, to explore the structure of the codes?
#
# Sixteen dimensions do not fit on paper. There are three ways to get down to two:
#
# - **PCA** projects onto the two directions of largest variance. It is linear, so the axes mean something, and a new image can be placed on the map.
# - **[t-SNE](glossary.md#t-sne)** moves points on the paper until *neighbours* on paper are neighbours among the codes. Axes and distances between groups mean nothing, and a new image cannot be placed: there is no encoder, only a finished map.
# - **A code of two numbers**, as above: the latent space *is* the paper.
#
# **Predict.** We shall colour the three maps by class and then count how often the neighbours of an image on the map are of its class. Order the three. And where would you put PCA of the *pixels*, without any network?

# %%
n, m = 600, 300  # training images on the maps, and validation images; t-SNE is slow
pictures = np.concatenate([train.x[:n], val.x[:m]])
labels = np.concatenate([train.labels[:n], val.labels[:m]])
z = np.concatenate([z_train[:n], z_val[:m]])

code_pca = PCA(2).fit(z_train)
tsne_map = TSNE(perplexity=30, init="pca", random_state=0).fit_transform(z)

# %% mystnb={"image": {"alt": "Three scatter plots with class names at their centres: PCA of the codes, all classes on one pile; t-SNE, islands of which 0, 2, 4 and 6 stand apart; the two-number code, arms around a crowded middle"}}
maps = {
    "PCA of the codes": code_pca.transform(z),
    "t-SNE of the codes": tsne_map,
    "code of two numbers": evaluation.encode(plane, pictures),
}
fig, axes = plt.subplots(1, 3, figsize=(8.2, 3))
for ax, (name, points) in zip(axes, maps.items(), strict=True):
    plots.plot_codes(points, labels, title=name, ax=ax)
axes[0].set(xlabel="first component", ylabel="second component")
axes[1].set(xticks=[], yticks=[])  # they mean nothing
axes[2].set(ylabel="second number, against the first")
plt.show()

# %% [markdown]
# Three stories about the same images. The eye is quick to see islands, so **measure** what the maps suggest, by the [k-NN accuracy](glossary.md#k-nn-accuracy) of lesson 03: how often is the class of a validation image the most frequent one among its five nearest training images? For the maps, these come from the 600 training images on them. With more images to choose from the accuracy rises, so we also give it with all of them.


# %%
def flat(x):
    return x.reshape(len(x), -1)


pixel_pca = evaluation.fit_pca(train.x, 16)
p_train, p_val = pixel_pca.transform(flat(train.x)), pixel_pca.transform(flat(val.x))
of_plane = evaluation.encode(plane, train.x), z_plane
of_pca = code_pca.transform(z_train), code_pca.transform(z_val)
represented = {
    f"pixels, {n_pixels} numbers": (flat(train.x), flat(val.x)),
    "PCA of pixels, 16": (p_train, p_val),
    "codes, 16": (z_train, z_val),
    "t-SNE of codes, 2": (tsne_map[:n], tsne_map[n:]),
    "code of two numbers": of_plane,
    "PCA of pixels, 2": (p_train[:, :2], p_val[:, :2]),
    "PCA of codes, 2": of_pca,
}

# %%
few, accuracy = {}, {}
print(f"{'neighbours from':22s} {n:5,}  {len(train):5,} training images")
for name, (a, b) in represented.items():
    few[name] = evaluation.knn_accuracy(a[:n], train.labels[:n], b[:m], val.labels[:m])
    if len(a) == len(train):
        accuracy[name] = evaluation.knn_accuracy(a, train.labels, b, val.labels)
    print(f"{name:22s}  {few[name]:.2f}   {accuracy.get(name, np.nan):.2f}".replace("nan", " - "))
kept = code_pca.explained_variance_ratio_.sum()
print(f"variance of the codes along PCA's two directions: {kept:.2f} of all")

notebook.claim(
    accuracy["code of two numbers"] > accuracy["PCA of pixels, 2"] + 0.05,
    "with two numbers the network is ahead of PCA",
)
notebook.claim(
    accuracy["PCA of codes, 2"] < accuracy["PCA of pixels, 2"] - 0.03,
    "PCA of the codes is worse than PCA of the pixels",
)
notebook.claim(
    few["code of two numbers"] + 0.15 < few["t-SNE of codes, 2"] < few["codes, 16"] + 0.02,
    "t-SNE keeps nearly all of the neighbourhoods of the codes, two numbers far fewer",
)

# %% [markdown] numbers={"0.78": "given: three seeds", "0.83": "given: three seeds", "0.81": "given: three seeds", "0.53": "given: three seeds", "0.54": "given: three seeds", "0.24": "given: three seeds", "0.26": "given: three seeds", "2,000": "given: the code of lesson 09", "sixteen": "given: the width of the codes", "two": "given: the width of the codes"}
# t-SNE keeps nearly all of the neighbourhoods of the codes (from three seeds 0.78 to 0.83 where the codes have 0.81 to 0.83). Far behind follows the code of two numbers; with all images it reaches 0.48 (0.53 and 0.54 from two other seeds), still well ahead of PCA of the pixels. **This is what the network is good at: saying much with very few numbers.** With sixteen, the codes are no better than PCA, and hardly worse than all pixels: to find images of the same class you need no network then. (Compare such numbers only if the neighbours come from equally many images; in lesson 09 it will be 2,000.)
#
# The oddest number is the last: PCA of the *codes* is worse than PCA of the pixels. Its two directions hold 0.30 of the variance, so most is left out. And variance means less in a code. A pixel direction of large variance changes the picture much; a code direction is as wide as the network happened to make it, because the decoder can amplify a narrow one. (The unequal widths are not to blame: with standardised coordinates it was 0.24 to 0.26.) So a shapeless PCA map does *not* show that the classes are mixed.
#
# ### What an island is
#
# A colour says what class a dot is; the images themselves say more. Some of them, drawn at their places on the t-SNE map:

# %% mystnb={"image": {"alt": "Fifty small digit images at their places on the t-SNE map; neighbours look alike in shape, slant and thickness, and ones with a foot lie away from the other ones"}}
fig, ax = plt.subplots(figsize=(7, 5.5))
plots.plot_thumbnails(tsne_map, pictures, n=50, ax=ax)
ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# Neighbours are alike in more than their class: in slant, thickness and width. And the ones are found in more than one place, most of them among the 4s, the 7s and the 8s, a few at the right, below the 2s. Which are those? We divide the ones by their place on the map.

# %% mystnb={"image": {"alt": "Two rows of fourteen ones: most of those of the island stand on a foot, the others have a flag or are bare strokes"}}
ones = np.flatnonzero(labels == 1)
part = evaluation.cluster(tsne_map[ones], n_clusters=2)  # by their place on the map
on_island = part == np.argmin(np.bincount(part))
rows = {
    "island": pictures[ones[on_island]][:14],
    "other ones": pictures[ones[~on_island]][:14],
}
fig, ax = plt.subplots(figsize=(8, 1.3))
plots.plot_rows(rows, ax=ax)
plt.show()

# %%
kinds = np.where(labels == 1, "other ones", "other digits")
kinds[ones[on_island]] = "island"
origin = np.concatenate([train.groups[:n], -1 - val.groups[:m]])
distance = cdist(z, z)  # among the codes, all sixteen numbers
distance[origin[:, None] == origin] = np.inf  # copies of one scan do not count
nearest_five = np.argsort(distance, axis=1)[:, :5]
print("the five nearest codes of         are of: island  other ones  other digits")
shares = {}
for kind in ("island", "other ones"):
    found = kinds[nearest_five[kinds == kind]]
    shares[kind] = [np.mean(found == other) for other in ("island", "other ones", "other digits")]
    print(
        f"{kind:36s}     {shares[kind][0]:.1f}     {shares[kind][1]:.1f}         {shares[kind][2]:.1f}"
    )
notebook.claim(
    shares["island"][1] < shares["island"][2] < 0.5 < shares["island"][0],
    "the island is one among the codes as well",
)

# %% [markdown] numbers={"sixteen": "given: the width of the codes", "0.72": "given: three seeds", "0.76": "given: three seeds", "0.11": "given: three seeds", "0.17": "given: three seeds", "0.21": "given: three seeds"}
# Most of the island stand on a foot; the others have a flag, or are bare strokes. In lesson 02 you saw that a class is not one shape; here the codes show it. And t-SNE has not invented the gap: of the five nearest codes, by all sixteen numbers, most are of the island, and *other digits* are more frequent than other ones. (From three seeds 0.72 to 0.76 are of the island, 0.05 to 0.11 other ones, 0.17 to 0.21 other digits. The least difference between two runs moves a few images to or from an island, hence the one decimal above.) To the network, a 1 with a foot is another thing than a 1 with a flag. *Where* on the map the island lies means nothing: here it is below the 2s; from other starting weights t-SNE puts it elsewhere.
#
# ### The trap of t-SNE
#
# t-SNE has one main setting, the *[perplexity](glossary.md#perplexity)*: roughly, how many neighbours each point tries to keep. Below are six maps of 300 points. One row shows codes; the other shows **pure noise**, sixteen independent random numbers for each point, which has no structure at all. **Predict.** Which row is the noise? Decide column by column, from the left.

# %% mystnb={"image": {"alt": "Six maps of black dots, perplexity 2, 5 and 30 from left to right. At 2 both rows are crumbs of a few dots each. At 30 row A has separate groups and row B is an even disc"}}
rng = np.random.default_rng(0)
clouds = {"row A": z_train[:300], "row B": rng.normal(size=(300, 16))}
maps_of = {name: {} for name in clouds}
fig, axes = plt.subplots(2, 3, figsize=(7.5, 4.8))
for row, (name, cloud) in zip(axes, clouds.items(), strict=True):
    for ax, perplexity in zip(row, (2, 5, 30), strict=True):
        # For so few points, half the usual number of steps is enough.
        tsne = TSNE(perplexity=perplexity, init="pca", max_iter=500, random_state=0)
        maps_of[name][perplexity] = tsne.fit_transform(cloud)
        ax.scatter(*maps_of[name][perplexity].T, s=4, color="0.2")
        ax.set(title=f"{name}, perplexity {perplexity}", xticks=[], yticks=[])
plt.show()

# %% [markdown] numbers={"2": "given: the code above", "5": "given: the code above", "30": "given: the code above"}
# Row B. At perplexity 2 the two rows cannot be told apart: noise makes as many crumbs as codes do. At 5 the codes form larger groups, and the noise still has crumbs. Only at 30 is the noise an even disc, while the codes still have groups with gaps between them. Along a row only the perplexity changes, along a column only the data; so the crumbs are made by the perplexity.

# %% [markdown] numbers={"90": "given: the code below", "a third": "90 / 300", "ten": "given: the code below", "sixteen": "given: the width of the codes"}
# Is a larger perplexity always better? Below is a fourth one, 90, nearly a third of the points, and a count: of the ten points that are nearest by all sixteen numbers, how many are among the ten nearest on the map? **Predict** at which perplexity the maps of the codes keep the most, and whether maps of noise keep any. (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Find out:** what becomes of the gaps between the groups of row A at 90?

# %% mystnb={"image": {"alt": "A figure to turn, as it is at first: two maps of black dots at perplexity 2, of codes and of noise, both crumbs of a few dots each"}}
for name, cloud in clouds.items():
    tsne = TSNE(perplexity=90, init="pca", max_iter=500, random_state=0)
    maps_of[name][90] = tsne.fit_transform(cloud)
widgets.perplexity(clouds, maps_of)

# %% [markdown] numbers={"30": "given: the code above", "90": "given: the code above", "a third": "seen: the figure to turn"}
# Both rows keep the most at 30. At 90 most of the gaps in row A have closed, and its map looks much like that of noise: too large a perplexity hides groups, as too small a one makes crumbs. And the map of noise keeps neighbours, too, a third of them at 30: what is near in noise is near by chance, but near all the same. A map that keeps neighbours does not prove that there are groups.
#
# Rules of thumb: try several perplexities and believe only what stays; look at noise of the same size; never read distances between islands; and support every claim by a number computed in the codes, as above.
#
# ### Clusters without labels
#
# If the codes form groups, *k-means* should find them without being told the classes. It starts from ten centres, puts each code into the cluster of the nearest one, moves each centre to the mean of its cluster, and repeats this until nothing changes. The *[adjusted Rand index](glossary.md#adjusted-rand-index)* compares two groupings of the same images: 1 means identical, about 0 means chance. **Predict.** With neighbours that are right so often, will the ten clusters of the codes be the ten classes, and will the codes do better than the pixels?

# %% mystnb={"image": {"alt": "Ten rows of digits, one for each k-means cluster of the codes; a few rows show mainly one digit, most mix several"}}
clusters = evaluation.cluster(z_val, n_clusters=10)
pixel_clusters = evaluation.cluster(val.x, n_clusters=10)
agreement = evaluation.cluster_agreement(clusters, val.labels)
pixel_agreement = evaluation.cluster_agreement(pixel_clusters, val.labels)
print(f"agreement of clusters and classes: codes {agreement:.2f}, pixels {pixel_agreement:.2f}")

rows = {f"cluster {c}": val.x[clusters == c][:9] for c in range(10)}
fig, ax = plt.subplots(figsize=(4.5, 4.6))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"0.25": "given: three seeds", "0.27": "given: three seeds", "0.94": "seen: the table of maps, codes 16", "sixteen": "given: the width of the codes"}
# A disappointment worth understanding. A few rows are mainly one digit, the zeros and the sevens for example; the others mix digits that share a slant, a width or a place. The pixels do no worse (the codes have 0.25 to 0.27 from three seeds). Yet the k-NN accuracy was 0.94. Both are true: k-NN asks only what is *close by*; k-means looks for round clusters that lie apart, and cuts across the classes where slant, width or place spreads the codes of one class as far as another class. Nobody asked the autoencoder for clusters, nor for classes. It sorts by *appearance*, of which the class is one part.
#
# ## Similar images
#
# The same neighbourhood gives a search engine for pictures (*[image retrieval](glossary.md#image-retrieval)*): encode everything once, then compare sixteen numbers instead of 784. The queries are the first five validation images, chosen by that rule before anybody looked.

# %% mystnb={"image": {"alt": "Five rows: a query digit (2, 5, 4, 6, 1) at the left and its six nearest training images by code; all of the query's class but two 3s in the row of the 5"}}
found = evaluation.nearest(z_train, z_val[:5], k=6)
rows = {f"query {i + 1}": np.concatenate([val.x[[i]], train.x[found[i]]]) for i in range(5)}
fig, ax = plt.subplots(figsize=(5.5, 3.6))
plots.plot_rows(rows, title="query, then the six nearest", ax=ax)
plt.show()


# %%
def hits(a, b, a_labels=train.labels, b_labels=val.labels):
    """Of the six nearest of each query, the fraction with the query's label."""
    return np.mean(a_labels[evaluation.nearest(a, b, k=6)] == b_labels[:, None])


print(
    "of the six nearest training images, the fraction of the query's class, all validation images"
)
for name in (f"pixels, {n_pixels} numbers", "PCA of pixels, 16", "codes, 16"):
    print(f"{name:22s} {hits(*represented[name]):.2f}")

# %% [markdown] numbers={"2": "seen: the pictures", "4": "seen: the pictures", "6": "seen: the pictures", "5": "seen: the pictures", "49": "784 / 16", "sixteen": "given: the width of the codes", "three fifths": "given: the code below"}
# Everything found for the 2, the 4, the 6 and the 1 is of the same class. For the 5, two of six are 3s, with the same slant and the same lower bow. Over all validation images, sixteen numbers find the class a little less often than all pixels, which are 49 times as many; PCA does as well.
#
# ### What makes two pictures similar?
#
# Seven pictures that come with scikit-image, among them a portrait, a cup of coffee, a cat, the back of an eye (the retina) and a stained section of colon tissue. A pathologist might well ask such a search engine: *where have we seen tissue like this?* Patches from the left three fifths of each picture make up the library, patches from the rest are the queries, so no query overlaps the library.

# %% tags=["keep"]
PHOTOS = {
    "portrait": skimage.data.astronaut(),
    "coffee": skimage.data.coffee(),
    "cat": skimage.data.chelsea(),
    "rocket": skimage.data.rocket(),
    "retina": skimage.data.retina(),
    "stars": skimage.data.hubble_deep_field(),
    "tissue": skimage.data.immunohistochemistry(),
}


def patches(first, last, side=32, step=16):
    """Patches of all pictures from the fraction `first` of their width to `last`, and names."""
    found, names = [], []
    for name, picture in small.items():
        width = picture.shape[1]
        for i in range(0, 257 - side, step):
            for j in range(int(first * width), int(last * width) - side + 1, step):
                found.append(picture[i : i + side, j : j + side])
                names.append(name)
    return np.array(found, "float32"), np.array(names)


small = {  # 256 pixels high, from 0 to 1
    name: resize(photo, (256, round(256 * photo.shape[1] / len(photo))), anti_aliasing=True)
    for name, photo in PHOTOS.items()
}
library, library_names = patches(0, 0.6)
queries, query_names = patches(0.6, 1)
print(len(library), "patches in the library,", len(queries), "queries", library.shape[1:])

# %% [markdown]
# **Predict.** An autoencoder with 32 numbers is trained on the library. It sees shape, texture and colour. Which of them will decide what it calls similar? Below, the middle patch of each picture's right part is looked up.

# %% mystnb={"image": {"alt": "Seven rows, a colour patch and its six nearest: sky finds sky and stars find stars, red retina finds retina, but the brown tissue finds the cat's whiskers twice, and the grey metal of the portrait finds rocket lights"}}
photo_model = Autoencoder(DenseEncoder(32), DenseDecoder(library.shape[1:]))
fit(photo_model, library, epochs=10, batch_size=64)
z_library = evaluation.encode(photo_model, library)
z_queries = evaluation.encode(photo_model, queries)
middle = [np.flatnonzero(query_names == name) for name in PHOTOS]
middle = [rows[len(rows) // 2] for rows in middle]
found = evaluation.nearest(z_library, z_queries[middle], k=6)
rows = {
    name: np.concatenate([queries[[q]], library[f]])
    for name, q, f in zip(PHOTOS, middle, found, strict=True)
}
fig, ax = plt.subplots(figsize=(4.2, 4))
plots.plot_rows(rows, title="query, then the six nearest", ax=ax)
plt.show()

# %% [markdown]
# Sky finds sky, stars find stars, the retina finds the retina: as a search engine, it works. But among what is found for the tissue are the whiskers of a cat, and the metal behind the portrait finds lights at a rocket. Looking is not enough; change one property of the queries at a time, and count how many of the six nearest are still of the query's picture.

# %%
changed = {
    "as they are": queries,
    "mirrored": queries[:, :, ::-1],
    "upside down": queries[:, ::-1],
    "halves exchanged": np.concatenate([queries[:, 16:], queries[:, :16]], axis=1),
    "grey": np.repeat(queries.mean(axis=3, keepdims=True), 3, axis=3),
    "colours exchanged": queries[..., [2, 0, 1]],
}
same_picture = {}
print("fraction of the six nearest that are of the query's picture")
for name, x in changed.items():
    z_changed = evaluation.encode(photo_model, np.ascontiguousarray(x))
    same_picture[name] = hits(z_library, z_changed, library_names, query_names)
    print(f"{name:20s} {same_picture[name]:.2f}")
colour = [x.mean(axis=(1, 2)) for x in (library, queries)]
photo_pca = PCA(32, svd_solver="randomized", random_state=0).fit(flat(library))
linear = [photo_pca.transform(flat(x)) for x in (library, queries)]
by_colour = hits(*colour, library_names, query_names)
by_pca = hits(*linear, library_names, query_names)
print(f"mean colour alone, three numbers: {by_colour:.2f}; PCA with 32: {by_pca:.2f}")

notebook.claim(
    same_picture["colours exchanged"] < same_picture["grey"] < same_picture["upside down"] - 0.2,
    "colour decides, arrangement does not",
)
for name in ("mirrored", "upside down", "halves exchanged"):
    same = abs(same_picture[name] - same_picture["as they are"]) < 0.05
    notebook.claim(same, f"{name}, a query finds its own picture as often")
notebook.claim(by_colour > same_picture["as they are"] - 0.05, "mean colour does as well")

# %% [markdown] numbers={"half": "0.35 / 0.70", "32": "given: the width of the codes", "three": "given: red, green and blue", "0.26": "given: three seeds", "0.28": "given: three seeds", "0.70": "given: three seeds"}
# Mirrored, turned upside down, with its halves exchanged, a query finds its own picture as often as before. Made grey, it does so about half as often, with exchanged colours still less, although a person would recognise the tissue at once. So *similar* means *of similar colour* here, and the mean colour alone, three numbers, does as well as the network's 32. (PCA does a little better.) The loss explains it: most of the squared error between two patches comes from large even areas, so their colour is what a narrow code must hold first; details come later, if there is room.
#
# If two laboratories stain differently, this search fails, and the row of pretty neighbours would not have shown it. Before you use neighbours for anything, change one property at a time and see which one counts. (From three seeds the same: 0.70 as they are, 0.26 to 0.28 with exchanged colours.)
#
# ## Interpolation: a walk through the latent space
#
# Take the codes of two images, go from one to the other in equal steps, $z_t = (1 - t)\,z_a + t\,z_b$ with $t$ from 0 to 1, and decode every step: an *[interpolation](glossary.md#interpolation)*. We start at the first validation image and walk to the next one of its own class, and to the next one of another. **Predict** what lies half-way in each: two ghosts fading into each other, or something new?

# %% mystnb={"image": {"alt": "Four rows of nine pictures. Within a class the mixed codes show one clear 2 all the way, the mixed pixels a double image. From 2 to 5 the mixed codes pass through a grey, broken shape, the mixed pixels show both digits at once"}}
other = val.groups != val.groups[0]  # no copies of the same scan
inside = np.flatnonzero(other & (val.labels == val.labels[0]))[0]
outside = np.flatnonzero(other & (val.labels != val.labels[0]))[0]
t = np.linspace(0, 1, 9)[:, None]


def walk(a, b):
    return evaluation.decode(model, (1 - t) * z_val[[a]] + t * z_val[[b]])


def fade(a, b):
    return (1 - t[:, :, None, None]) * val.x[[a]] + t[:, :, None, None] * val.x[[b]]


rows = {
    "within, codes": walk(0, inside),
    "within, pixels": fade(0, inside),
    "across, codes": walk(0, outside),
    "across, pixels": fade(0, outside),
}
fig, ax = plt.subplots(figsize=(8, 3.6))
plots.plot_rows(rows, ax=ax)
plt.show()
arrived = evaluation.reconstruct(model, val.x[[inside, outside]])
ends = np.stack([rows["within, codes"][-1], rows["across, codes"][-1]])
notebook.claim(np.allclose(ends, arrived, atol=1e-3), "both walks arrive")

# %% [markdown] numbers={"each half": "given: the mean of two", "2": "seen: the pictures", "5": "seen: the pictures", "a hundred": "given: the exercise"}
# Mixing pixels gives a double exposure: both shapes, each half as bright in the middle. Mixing *codes* moves ink. Within the class there is one clear 2 at every step, whose neck and foot change. From 2 to 5 there is never a double image either, but the middle is no digit: a broken stroke on a bar. Between the classes an interpolation may leave the *[manifold](glossary.md#manifold)* of the data for regions where no training image was, and nothing was learned about them. Is that the rule? Two walks cannot say; exercise 8.1 takes a hundred of each kind.
#
# ## Holes
#
# How much of the latent space consists of such *holes*, places near which no image has its code? Draw codes at random and decode them, in two ways: each coordinate on its own, with the mean and the spread of the real codes; or all together, from a Gaussian with the full covariance matrix, which has their correlations too.

# %% mystnb={"image": {"alt": "Three rows of ten: reconstructions of real codes, all clear digits; pictures from the full covariance, several digit-like; pictures from independent coordinates, more of them tangled"}}
rng = np.random.default_rng(0)
independent = rng.normal(z_train.mean(axis=0), z_train.std(axis=0), size=(500, 16))
correlated = rng.multivariate_normal(z_train.mean(axis=0), np.cov(z_train.T), size=500)
decoded = {
    "real codes": evaluation.reconstruct(model, val.x[:500]),
    "full covariance": evaluation.decode(model, correlated),
    "independent": evaluation.decode(model, independent),
}
fig, ax = plt.subplots(figsize=(8, 2.7))
plots.plot_rows({name: x[:10] for name, x in decoded.items()}, ax=ax)
plt.show()

# %% [markdown]
# Put numbers on it. How far is each picture from the training image most like it? And do the five nearest training images agree on a class, as they mostly do for something that is clearly one digit? A yardstick for both: real images that the network has not seen. **Predict.** Which will lie nearer to the training images, real validation images or their reconstructions?


# %% tags=["keep"]
def to_data(pictures):
    """Squared distance of each picture to its nearest training image."""
    closest = evaluation.nearest(train.x, pictures, k=1)[:, 0]
    return evaluation.squared_error(pictures, train.x[closest])


def agree(pictures):
    """Fraction of pictures whose five nearest training images are of one class."""
    found = train.labels[evaluation.nearest(train.x, pictures, k=5)]
    return np.mean(found.min(axis=1) == found.max(axis=1))


# %%
judged = {"validation images": val.x[:500]} | decoded
judged["mean training image"] = train.x.mean(axis=0, keepdims=True)
distances, agreed = {}, {}
print("                       to nearest training image   five nearest agree")
for name, x in judged.items():
    distances[name], agreed[name] = to_data(x).mean(), agree(x)
    print(f"{name:22s} {distances[name]:25.1f} {agreed[name]:20.2f}")

notebook.claim(
    distances["real codes"] < distances["validation images"] < distances["full covariance"],
    "a reconstruction is nearer than a real image, a random picture farther",
)
excess = [distances[name] - distances["real codes"] for name in ("independent", "full covariance")]
notebook.claim(0.6 < excess[1] / excess[0] < 0.8, "correlations take a quarter to a third away")
notebook.claim(
    agreed["full covariance"] < 0.7 * agreed["real codes"], "random pictures are of no one class"
)

# %% [markdown] numbers={"a third": "(28.2 - 24.2) / (28.2 - 16.0)", "three reconstructions in four": "0.75", "27": "given: three seeds", "28": "given: three seeds", "24": "given: three seeds", "16": "given: three seeds"}
# The reconstructions lie *nearer* to the training images than real images do. They are smoother: what sets an image apart from all others is what they lack. So distance flatters a blur, and the fair yardstick for a decoded picture is a reconstruction, not a real image.
#
# By that yardstick the independent codes are poor, about as far away as the mean image, which shows no digit at all. With the correlations, a quarter to a third of the excess over the reconstructions is gone, depending on the seed: so much was due to the way of drawing. The rest is the latent space itself. The vote says the same: the five nearest agree for three reconstructions in four, but for fewer than half of the random pictures. Real codes do not fill an ellipsoid, and a Gaussian reaches many places where none of them lies. (From three seeds: independent 27 to 28, full covariance 24, reconstructions 16.)
#
# A plain autoencoder never promised otherwise: its loss only asks about codes *of images*. Where they lie, and what is drawn between them, it is free to choose. It compresses and sorts, but it does not *generate*, and this is the reason for the [variational autoencoder](glossary.md#variational-autoencoder), whose loss has one more term that asks for exactly this.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("8.1")` gives a hint; call it again for the next one.
#
# ### Exercise 8.1: where does a walk leave the data?
#
# One walk proves nothing. Here are a hundred of each kind. For each kind, stop at $t$ = 0, ¼, ½, ¾ and 1, decode, and take the mean of `to_data` over the hundred pictures of each stop. Then judge: we say that walks *leave the data* if their middle is more than 1.1 times as far away as their two ends on average. Set `found = {"within": [five numbers], "across": [five numbers], "leaves": "within", "across", "both" or "neither"}`. (If you are curious, do the same for mixed pixels.)

# %% tags=["keep"]
draw = np.random.default_rng(1).integers(0, len(val), size=(4000, 2))
draw = draw[val.groups[draw[:, 0]] != val.groups[draw[:, 1]]]
alike = val.labels[draw[:, 0]] == val.labels[draw[:, 1]]
walks = {"within": draw[alike][:100], "across": draw[~alike][:100]}

# %% tags=["exercise"]
found = ...

checks.check_walks(found, model, val.x, train.x, walks)

# %% tags=["solution"]
found = {}
for kind, pairs in walks.items():
    a, b = z_val[pairs[:, 0]], z_val[pairs[:, 1]]
    stops = [(1 - t) * a + t * b for t in np.linspace(0, 1, 5)]
    found[kind] = [to_data(evaluation.decode(model, z)).mean() for z in stops]
    print(kind, np.round(found[kind], 1))
found["leaves"] = "across"

checks.check_walks(found, model, val.x, train.x, walks)

# %% [markdown]
# ### Exercise 8.2: draw better codes
#
# Write `sample(z, labels, n)`: from the training codes `z` and their labels, `n` *new* codes whose pictures lie nearer to the data than those of the full Gaussian: in `to_data`, less than four tenths of the way up from the reconstructions to the Gaussian. Copies of training codes do not count as new: yours must lie at least half as far from the nearest training code as the codes of validation images do (in the median). And the pictures must be varied: every class must be among them, judged by the most similar training image, at least a third as often as in the training data; and on average an image of the data must find a more similar one among 400 of yours than among 400 of the Gaussian's. Try several ways, and look at the pictures before you trust the distance.


# %% tags=["exercise"]
def sample(z, labels, n): ...


checks.check_sample(sample, model, train.x, train.labels, val.x)


# %% tags=["solution"] mystnb={"image": {"alt": "Ten pictures from codes drawn from thirty small Gaussians, most of them clear digits"}}
def sample(z, labels, n):
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(30, tol=0.02, reg_covar=0.01, random_state=0)
    return mixture.fit(z.astype("float64")).sample(n)[0]


rng = np.random.default_rng(0)
drawn = rng.permutation(sample(z_train, train.labels, 400))[:10]
fig, ax = plt.subplots(figsize=(8, 1))
plots.plot_images(evaluation.decode(model, drawn), ax=ax)
plt.show()
checks.check_sample(sample, model, train.x, train.labels, val.x)

# %% [markdown]
# ### Exercise 8.3: a search that is blind to colour
#
# Two laboratories stain the same tissue differently. Their search engine should find tissue of the same texture, whatever its colour. Train another autoencoder (seconds, with `fit`) and write `encode_shape(x)`: for patches `(n, 32, 32, 3)` at most 64 numbers each, such that a query finds the same neighbours when its three colour channels are exchanged, and finds its own picture more often than by mean brightness alone (by more than 0.05). **Predict** first what this will cost: how often will a query in its own colours still find its own picture, compared with the table above?


# %% tags=["exercise"]
def encode_shape(x): ...


checks.check_blind(encode_shape, library, library_names, queries, query_names)


# %% tags=["solution"]
def grey(x):
    return x.mean(axis=3, keepdims=True)


grey_model = Autoencoder(DenseEncoder(32), DenseDecoder((32, 32, 1)))
fit(grey_model, grey(library), epochs=10, batch_size=64)


def encode_shape(x):
    return evaluation.encode(grey_model, grey(x))


checks.check_blind(encode_shape, library, library_names, queries, query_names)

# %% [markdown] numbers={"twice": "given: an example of the quiz", "6": "given: an example of the quiz", "0.94": "seen: the table of maps, codes 16", "0.26": "seen: the line above the clusters", "two": "given: the width of the codes"}
# ## What to remember
#
# - `encoder.predict` gives the codes; look at their ranges first.
# - PCA leaves out most of the spread; t-SNE shows neighbours but no distances, and at low perplexity it makes groups of noise; a code of two numbers is its own map.
# - Check what a map suggests in the codes themselves, against pixels, PCA and noise.
# - Neighbours in the codes are similar in what the loss counts; in colour patches that is mostly colour.
# - Codes between and beyond real ones mean nothing in particular: the latent space of a plain autoencoder has holes.
#
# ## Quiz
#
# 1. In a t-SNE map the island of the 0 is twice as far from the 1 as from the 6. So (a) zeros are more like sixes; (b) nothing follows; (c) the perplexity is wrong.
# 2. The k-NN accuracy of the codes is 0.94, and k-means agrees with the classes only to 0.26. How can that be? (a) One of the numbers is a bug. (b) k-NN tests what is close by; k-means needs round clusters that lie apart. (c) The labels are wrong.
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
notebook.claim(
    accuracy["codes, 16"] > accuracy[f"pixels, {n_pixels} numbers"] - 0.05,
    "sixteen numbers keep nearly all of the neighbourhoods of the pixels",
)
notebook.claim(agreement < pixel_agreement + 0.05 < 0.5, "k-means finds the classes in neither")
notebook.receipt(
    knn_16=accuracy["codes, 16"],
    knn_2=accuracy["code of two numbers"],
    knn_pca_2=accuracy["PCA of pixels, 2"],
    cluster_agreement=agreement,
    to_data_full_covariance=distances["full covariance"],
)
