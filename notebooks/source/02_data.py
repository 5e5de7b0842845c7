# %% [markdown]
# # 02. Preparing the data
#
# *From bytes on a disk to shuffled batches of floats, without letting the test set leak into training.*
#
# **You will be able to**
# - load a data set and check that it is what you think it is;
# - scale pixels, and say why autoencoders want them in [0, 1];
# - feed batches from an array or from a `PyDataset` of your own, in the same order on every backend;
# - split data so that validation and test are really new.
#
# **You need** lesson 01.
#
# **Time** 20 minutes to read, 15 for the exercises, about 10 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_02 as checks
from ae_keras import data, evaluation, plots

import keras
import matplotlib.pyplot as plt
import numpy as np

notebook.start(seed=0)

# %% [markdown] numbers={"70,000": "paper: LeCun et al. 1998, section III", "60,000": "paper: LeCun et al. 1998, section III", "10,000": "paper: LeCun et al. 1998, section III", "1,797": "given: scikit-learn's load_digits"}
# ## Q5. How do you load a data set such as MNIST for Keras?
#
# **MNIST** is the fruit fly of machine learning: 70,000 handwritten digits, 28 × 28 grey pixels each, 60,000 to train on and 10,000 to test. The course can use it, and two data sets in the same format: Fashion-MNIST (clothes) and KMNIST (Japanese characters). Start the notebooks with `AE_KERAS_DATASET=mnist`, and they look for the files in the folder `AE_KERAS_DATA_DIR/mnist`, then in Keras's cache, and then on the web.
#
# By default the course downloads nothing. Its own set, `digits`, is made on your machine from the 1,797 small scans that come with scikit-learn: each is enlarged from 8 × 8 to 28 × 28 pixels, its contrast is doubled, and it gives six copies, slightly turned, sheared, scaled and shifted. It looks like MNIST, it is the same for every reader, and one epoch takes a second. But no enlarging adds detail: there is less in these images than their 784 pixels suggest.
#
# (Without this course, `keras.datasets.mnist.load_data()` is the counterpart of `torchvision.datasets.MNIST`: it downloads once and returns `(x_train, y_train), (x_test, y_test)`, uint8 arrays without a channel axis, which `x_train[..., None]` adds.)

# %%
raw, labels, groups = data.load_raw(subset="train")
print("images", raw.shape, raw.dtype)
print("labels", labels.shape, labels.dtype)

# %% [markdown]
# Never train on data you have not looked at. Three questions to begin with: what is the range of the values, how many are there of each class, and what do they look like?
#
# **Change this line and run again:** `NAME`, to look at two other data sets of the course: printed letters, and colour patches of photographs. Ask the same three questions of them.

# %% mystnb={"image": {"alt": "Ten rows, one for each digit 0 to 9, with twelve handwritten examples in each row"}}
NAME = data.default_name()  # try "glyphs", "photos"

shown, classes_shown, _ = data.load_raw(NAME)
classes, counts = np.unique(classes_shown, return_counts=True)
print("values from", shown.min(), "to", shown.max())
print("images per class:", counts)

n = min(12, counts.min())
rows = {f"class {c}": data.to_unit_range(shown[classes_shown == c][:n]) for c in classes}
fig, ax = plt.subplots(figsize=(7, 0.58 * len(classes)))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# The classes are about equally frequent and the labels fit the pictures. (So it is with the letters. The patches come from two photographs, one for each class.) Look twice at the ones: some are bare strokes and some have a flag and a foot. A class is not one shape, and we will meet this again in the latent space.
#
# The shape `(n, height, width, channels)` is Keras's default, *channels last*. Grey images have one channel and colour images three. (PyTorch's own layers expect channels first; Keras rearranges that for you where needed.)

# %% [markdown]
# ## Q6. How do you transform the data, for example normalise it, before training an autoencoder?
#
# The pixels are integers from 0 to 255. Three things have to happen: they become floats, they get a range the network is comfortable with, and the range has to suit the *output* of the network, because an autoencoder must be able to produce what it is given. We divide by 255, all images at once (PyTorch's `ToTensor` does it image by image; inside a model, `keras.layers.Rescaling(1 / 255)` would):


# %%
def to_unit_range(images):
    return images.astype("float32") / 255


x = to_unit_range(raw)
print("now", x.dtype, f"from {x.min():.1f} to {x.max():.1f}")
print("same as data.to_unit_range:", np.array_equal(x, data.to_unit_range(raw)))

# %% [markdown]
# Why this range and not another? Common choices, and what each asks of the decoder's last layer:
#
# | scaling | formula | range | last layer of the decoder |
# |---|---|---|---|
# | unit range | $x / 255$ | [0, 1] | sigmoid |
# | symmetric | $x / 127.5 - 1$ | [-1, 1] | tanh |
# | standardised | $(x - \mu) / s$ | $-\mu/s$ to $(255 - \mu)/s$ | linear |
#
# Here $\mu$ is the mean and $s$ the standard deviation of the training pixels. (A *sigmoid* squeezes any number into (0, 1) and a *tanh* into (-1, 1); lesson 04 draws both.) Standardising is the habit from classification, where only the input matters. For an autoencoder the unit range has three advantages: a sigmoid gives exactly this range, the binary cross-entropy is defined on it, and a reconstruction can be shown as a picture without undoing anything.
#
# **Predict.** How are the pixel values distributed: a bell around grey, or something else?

# %% mystnb={"image": {"alt": "Histogram of pixel values: a tall bar at 0, a much lower one at 1, and very little between"}}
fig, ax = plt.subplots(figsize=(6, 2.4))
ax.hist(x.ravel(), bins=25, weights=np.full(x.size, 100 / x.size), color="C0")
ax.set(xlabel="pixel value", ylabel="% of all pixels")
plt.show()
print(f"exactly black {np.mean(x == 0):.0%}, exactly white {np.mean(x == 1):.0%} of all pixels")

# %% [markdown] numbers={"Three quarters": "76 / 100", "two in five": "10 / (100 - 76)", "52": "given: measured with CONTRAST = 1", "2": "given: measured with CONTRAST = 1"}
# Three quarters of the pixels are black, and of the others two in five are white. Much of that is our own doing: doubling the contrast turned all that was darker than a quarter black, and all that was brighter than three quarters white. Without it, 52 % would be black and 2 % white. For images such as ours each pixel is almost a yes-or-no question. Remember this in lesson 06, where a loss made for yes or no, the binary cross-entropy, competes with the squared error; for greyer pictures the two may compare differently.
#
# What could go wrong? Dividing twice. Images that are already floats in [0, 1] become nearly black, and nothing complains: the network will learn to reproduce black. A loader should therefore refuse what it was not made for.

# %%
try:
    data.to_unit_range(x)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Q7. How do you create batches for training an autoencoder in Keras?
#
# A network learns from a **[batch](glossary.md#batch)** at a time: large enough that the gradient is steady and the hardware busy, small enough that there are many updates in an **[epoch](glossary.md#epoch)**, one pass over all images. Between epochs the order should change, or the same images would share a batch for ever. (Lessons 00 and 01 kept one order, for the sake of equal numbers. From here on you can have both.)
#
# If your images fit into memory, `model.fit(x, x, batch_size=128)` does all that. Only the *order* is then drawn by a generator that depends on the backend, and so differs from one backend to another (and TensorFlow, once seeded, repeats the same order every epoch). To control the order yourself, write a `keras.utils.PyDataset`: a class that knows how many batches there are and can make any one of them. Keras calls `on_epoch_end` after each epoch, and once more at the start, when it has peeked at a batch to learn its shape.


# %%
class ShuffledBatches(keras.utils.PyDataset):
    def __init__(self, x, batch_size=128, seed=0):
        super().__init__()
        self.x, self.batch_size, self.seed, self.epoch = x, batch_size, seed, 0
        self.shuffle()

    def shuffle(self):
        self.order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.x))

    def __len__(self):
        return -(-len(self.x) // self.batch_size)  # rounded up

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.x[rows], self.x[rows]  # input and target

    def on_epoch_end(self):
        self.epoch += 1
        self.shuffle()


# %%
batches = ShuffledBatches(x)
first_input, first_target = batches[0]
print(
    f"{len(batches)} batches, the first {first_input.shape}, the last {batches[len(batches) - 1][0].shape}"
)
print("target equals input:", np.array_equal(first_input, first_target))

# %% [markdown]
# Two details deserve a look. The order of an epoch depends on the pair (seed, epoch) and on nothing else, so that run, machine and backend do not matter. And the last batch is smaller, because 128 need not divide the number of images; when you average a loss over batches, that batch has to weigh less (exercise 6.1).
#
# `data.Batches` is this class with its arguments checked. It also ignores the extra call at the start, which ours counts as an epoch. Does it give the same batches?

# %%
ours, theirs = ShuffledBatches(x, seed=5), data.Batches(x, seed=5)
first_epoch = [ours[i][0] for i in range(len(ours))]
same = all(np.array_equal(a, b) for a, (b, _) in zip(first_epoch, theirs.one_epoch(), strict=True))
ours.on_epoch_end()
second_epoch = [ours[i][0] for i in range(len(ours))]
same_again = all(
    np.array_equal(a, b) for a, (b, _) in zip(second_epoch, theirs.one_epoch(), strict=True)
)
print("the same batches in the first epoch:  ", same)
print("the same batches in the second epoch: ", same_again)
print("both epochs begin with the same batch:", np.array_equal(first_epoch[0], second_epoch[0]))

# %% [markdown]
# Perhaps your project already has a pipeline. Keras accepts `tf.data` and PyTorch's `DataLoader` **on every backend**: a `DataLoader` can feed a model that runs on JAX. Only the framework the pipeline comes from must be installed. `tf.data.Dataset.from_tensor_slices((x, x)).shuffle(len(x)).batch(128)` and `DataLoader(TensorDataset(t, t), batch_size=128, shuffle=True)` with `t = torch.from_numpy(x)` both go straight into `fit`; their order is their own. (`data.tf_dataset` and `data.torch_loader` turn `data.Batches` into such a pipeline and keep its order.)
#
# | feed | when |
# |---|---|
# | NumPy array | fits into memory, order does not matter: the simplest and usually the fastest |
# | `PyDataset` | your own order or reading from disk, on every backend; what this course uses |
# | `tf.data` | heavy preprocessing that should run in parallel, or files in TensorFlow's formats |
# | `DataLoader` | you already have a PyTorch `Dataset` |

# %% [markdown]
# ## Q8. How do you split the data into training and validation sets?
#
# Three sets, three purposes. The **training** set moves the weights. The **validation** set is looked at during development, to choose a learning rate or a code size; because you choose by it, you slowly overfit to it too. The **test** set is looked at once, at the end. For autoencoders the split matters as much as for classifiers: a network can memorise its training images (*[overfitting](glossary.md#overfitting)*), and only new images show how well it *[generalises](glossary.md#generalisation)*.
#
# "New" is the word to think about. Our `digits` contain six warped copies of each original; images made from one original form a **[group](glossary.md#group)**. Shuffle all images and cut off 15 per cent, as most tutorials do, and nearly every validation image has *near-duplicates* (sisters, from its own group) in the training set.
#
# **Predict.** For each validation image, find the most similar training image. How often will it be a sister? And by how much does this *data leakage*, or [leak](glossary.md#leak), shrink the squared error between the two: not at all, by a few per cent, or by more?

# %%
train_all = data.load(subset="train")
order = np.random.default_rng(0).permutation(len(train_all))
cut = int(0.15 * len(order))
leaky_val, leaky_train = train_all[order[:cut]], train_all[order[cut:]]

train, val = data.split(train_all, fraction=0.15, seed=0)


# %%
def most_similar(part, training):
    """Squared error to the training image most like each image; how often that is a sister."""
    closest = evaluation.nearest(training.x, part.x[:500], k=1)[:, 0]
    error = evaluation.squared_error(part.x[:500], training.x[closest]).mean()
    return error, np.mean(training.groups[closest] == part.groups[:500])


parts = {"random split": (leaky_val, leaky_train), "split by groups": (val, train)}
nearest_error = {}
print("                 a sister in training  it is nearest  error")
for name, (part, training) in parts.items():
    nearest_error[name], is_sister = most_similar(part, training)
    shared = np.isin(part.groups, training.groups).mean()
    print(f"{name:15s}{shared:16.0%}{is_sister:19.0%}{nearest_error[name]:13.1f}")
leaky, clean = nearest_error.values()
notebook.claim(0.88 < leaky / clean < 0.92, "the nearest image is about ten per cent closer")

# %% [markdown] numbers={"ten": "100 * (1 - 17.0 / 18.9)", "21": "given: measured, split seeds 0 to 3", "3": "given: split seeds", "24": "given: measured, split seeds 0 to 3", "100": "given: of a hundred", "8.2": "given: measured, three seeds: 8.25 to 8.37, on test images 8.31 to 8.34", "8.3": "given: the same", "8.4": "given: the same"}
# Every single validation image has a sister in the training set, although for four out of five an image of another original is nearer still. On average the nearest training image lies ten per cent closer, in squared error, than after an honest split; from split seeds 0 to 3 it was seven to ten per cent, and the nearest was a sister in 21 to 24 of 100 cases. A method that answers with the nearest image it has seen would look that much better than it is; one that memorises less gains less. (Lesson 00's small autoencoder gains nothing we can see: trained on the random split from three seeds, it has errors of 8.2 to 8.4 on these validation images and 8.3 on the test images. But this we know only because we have a clean part to compare with.)
#
# (Data sets in which every image is a group of its own, such as MNIST, show no difference here.) The cure is to split the *groups*, so that all copies of an original stay together. scikit-learn calls this a *grouped split*; `data.split` hands it `groups`, the number of each image's original:

# %%
from sklearn.model_selection import GroupShuffleSplit

splitter = GroupShuffleSplit(n_splits=1, test_size=0.15, random_state=0)
train_rows, val_rows = next(splitter.split(train_all.x, groups=train_all.groups))
print(
    "originals in both parts:",
    len(set(train_all.groups[train_rows]) & set(train_all.groups[val_rows])),
)
print("same as data.split:", np.array_equal(train_all.x[val_rows], val.x))

# %% [markdown]
# Beware of short cuts: `fit(..., validation_split=0.15)` cuts off the *last* 15 per cent, and like PyTorch's `random_split` it knows nothing of groups. Split yourself and pass `validation_data=(val.x, val.x)`.
#
# Groups are everywhere once you look: several photographs of one patient, frames of one film, sentences of one author. Ask of any data set "which rows form a group?" before you split it.
#
# From here on one line gives all three sets:

# %%
train, val, test = data.load_splits()
for name, part in (("training", train), ("validation", val), ("test", test)):
    print(f"{name:10s} {len(part):5d} images of {len(np.unique(part.groups)):4d} originals")

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("2.1")` gives a hint; call it again for the next one.
#
# ### Exercise 2.1: another range
#
# Write `to_range(images, low, high)`, which maps pixels from 0 to 255 (`uint8`) to floats from `low` to `high`, as `float32`: 0 becomes `low` and 255 `high`, whether or not they occur in `images`.


# %% tags=["exercise"]
def to_range(images, low, high): ...


checks.check_to_range(to_range)


# %% tags=["solution"]
def to_range(images, low, high):
    return (low + (high - low) * (images / 255)).astype("float32")


checks.check_to_range(to_range)

# %% [markdown]
# ### Exercise 2.2: a split without leaks
#
# Write `validation_rows(groups, fraction, seed)`: a boolean array that is `True` for the images that go to validation. `round(fraction * number of groups)` of the *groups* go there, with all their images, each group as likely as any other, and the same ones for the same seed.


# %% tags=["exercise"]
def validation_rows(groups, fraction, seed): ...


checks.check_validation_rows(validation_rows)


# %% tags=["solution"]
def validation_rows(groups, fraction, seed):
    originals = np.random.default_rng(seed).permutation(np.unique(groups))
    chosen = originals[: round(fraction * len(originals))]
    return np.isin(groups, chosen)


checks.check_validation_rows(validation_rows)

# %% [markdown]
# ### Exercise 2.3: batches by hand
#
# Write a generator `batches_of(x, batch_size)` that yields `x` in consecutive pieces of `batch_size`, including the smaller last one.


# %% tags=["exercise"]
def batches_of(x, batch_size): ...


checks.check_batches_of(batches_of)


# %% tags=["solution"]
def batches_of(x, batch_size):
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size]


checks.check_batches_of(batches_of)

# %% [markdown]
# ## What to remember
#
# - Look at range, counts and pictures before anything else.
# - An autoencoder's input range must be a range its output can reach: [0, 1] with a sigmoid.
# - The order of the batches changes the result: draw it anew in each epoch, from a seed of your own.
# - Split by group, or near-duplicates will leak; the test set is looked at once.
#
# ## Quiz
#
# 1. You standardise the pixels and keep the sigmoid at the decoder's end. (a) Fine. (b) Values outside (0, 1) can never be reproduced. (c) Training is merely slower.
# 2. Two runs with the same weights and `fit(x, x)` on two backends differ. The likeliest cause is (a) the order of the batches; (b) the range of the pixels; (c) the test set.
# 3. You pick the code size with the smallest *test* error and report that error. It is (a) honest; (b) too pessimistic; (c) too optimistic.
#
# <details><summary>Answers</summary>
#
# 1. **b.** A sigmoid ends in (0, 1), and standardised pixels do not. More training (c) cannot help, so it is not fine (a).
# 2. **a.** `fit` shuffles with a different generator on each backend. The range (b) and the test set (c) are the same in both runs.
# 3. **c.** You chose the winner by that very number. Choose by validation error, report test error.
# </details>
#
# ## Further reading
#
# - LeCun, Bottou, Bengio & Haffner, *Gradient-based learning applied to document recognition* (1998), doi:10.1109/5.726791: section III introduces MNIST.
# - Xiao, Rasul & Vollgraf, *Fashion-MNIST*, arXiv:1708.07747; Clanuwat et al., *Deep learning for classical Japanese literature*, arXiv:1812.01718 (KMNIST).
# - Keras documentation, *keras.utils.PyDataset*; scikit-learn user guide, *Cross-validation iterators for grouped data*.

# %% tags=["receipt"]
notebook.claim(same and same_again, "both classes must give the same batches")
notebook.claim(not set(train.groups) & set(val.groups), "no original may be in both parts")
notebook.receipt(leaky_distance=leaky, clean_distance=clean)
