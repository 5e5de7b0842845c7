# %% [markdown]
# # 24. Capstone: your own pictures
#
# *From a folder of pictures, or a table, to a saved model with a card whose every number somebody else can compute again.*
#
# **You will be able to**
# - take a folder of pictures from loading to a saved model that beats its baselines, or say that it does not;
# - find copies of one source on both sides of a split, even mirrored or darker ones;
# - write a model card whose numbers follow from model and data.
#
# **You need** lessons 02, 06, 09, 10 and 23.
#
# **Time** 20 minutes to read, 60 for the exercises and as long as you like for your own data, about 30 seconds to run.

# %% tags=["setup"]
import json
import tempfile
from pathlib import Path

import ae_keras
from ae_course import notebook
from ae_course.exercises import lesson_24 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots
from ae_keras.data import image_folder

import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from skimage import data as pictures
from sklearn import datasets
from sklearn.preprocessing import MinMaxScaler

notebook.start(seed=0)

# %% [markdown]
# ## A folder of pictures
#
# **Change this line and run again:** `FOLDER`. As long as it is None, pieces of a photograph that scikit-image ships stand for your pictures, and the text speaks of them. With the path of a folder of yours, of a hundred pictures or more, the whole lesson runs on those.

# %% tags=["keep"]
FOLDER = None  # try "~/pictures/leaves"
IMAGE_SHAPE = (24, 24, 1)  # height, width, and 1 (grey) or 3 (colour) channels


def cut_up(photograph, folder, n_places):
    """Save 24 pieces from each of some places of a photograph."""
    rng = np.random.default_rng(0)
    for place in range(n_places):
        for number in range(24):
            top = 64 * (place // 8) + rng.integers(0, 41)
            left = 64 * (place % 8) + rng.integers(0, 41)
            piece = Image.fromarray(photograph[top : top + 24, left : left + 24])
            piece.save(folder / f"place{place:02d}-{number:02d}.png")


# %% tags=["keep"]
temporary = tempfile.TemporaryDirectory()  # it is removed when the kernel stops
folder = Path(FOLDER).expanduser() if FOLDER else Path(temporary.name, "wall")
if not FOLDER:
    folder.mkdir()
    cut_up(pictures.brick(), folder, n_places=64)
    (folder / "place64-00.png").write_bytes(b"a download that broke off")
try:
    data.load_images(folder, IMAGE_SHAPE)
except ValueError as refused:
    print(str(refused).split(" with ")[1])

# %% [markdown] tags=["keep"]
# Real folders contain such files. `load_images` names them all and skips none in silence. Remove the file, and look at what you have, before anything else.

# %% tags=["keep"] mystnb={"image": {"alt": "Three rows of ten small grey pictures of a brick wall: plain brick, and bright joints that run across, upright, or meet in a T or a corner, each at another place"}}
if not FOLDER:
    (folder / "place64-00.png").unlink()
loaded = data.load_images(folder, IMAGE_SHAPE)
some = loaded.x[:: max(1, len(loaded) // 30)][:30]
fig, ax = plt.subplots(figsize=(8, 2.5))
plots.plot_images(some, n_columns=10, ax=ax)
plt.show()
print("pictures", loaded.x.shape, f"from {loaded.x.min():.2f} to {loaded.x.max():.2f}")

# %% [markdown] tags=["keep"] numbers={"576": "24 * 24"}
# Each picture has 576 pixels. **Predict** how many numbers it takes to draw it recognisably: four? Sixteen? A hundred? And who will do better with as few, PCA or an autoencoder?
#
# ## Which pictures share a source?
#
# First the question of patient 3 in lesson 23. `load_images` cannot know, and gives each picture a group of its own. Here the file names say it: pieces from one place of the wall overlap. For yours it may be a person, a day, a film, a patient, or the picture that you mirrored and turned to have more of them ([augmentation](glossary.md#augmentation)). `image_folder.find` lists the files in the same order.


# %% tags=["keep"]
def source_of(path):
    """What a picture was made from: here, its name without the last number."""
    return f"{path.parent.name}/{path.stem.rsplit('-', 1)[0]}"


def by_source(images):
    """Training, validation and test part, no two of which share a source."""
    rest, test = data.split(images, 0.2, seed=0)
    training, validation = data.split(rest, 0.2, seed=1)
    return {"training": training, "validation": validation, "test": test}


# %% tags=["keep"]
paths, _ = image_folder.find(folder)
sources = np.unique([source_of(path) for path in paths], return_inverse=True)[1]
mine = data.Images(loaded.x, loaded.labels, sources)
parts = by_source(mine)
for name, part in parts.items():
    print(f"{name:10s} {len(part):4d} pictures of {len(set(part.groups)):2d} sources")

# %% [markdown]
# ### Exercise 24.1: hidden copies
#
# Stuck? `checks.hint("24.1")` gives a hint; call it again for the next one.
#
# File names can be wrong, and somebody's augmented copies may have names of their own. Write `count_copies(x_train, x)`: how many pictures of `x` are copies of one in `x_train`. Copies may be mirrored (left and right), and darker or paler: `a * copy + b` with `a > 0`. Pictures that only resemble each other are no copies.


# %% tags=["exercise"]
def count_copies(x_train, x): ...


checks.check_count_copies(count_copies)


# %% tags=["solution"]
def count_copies(x_train, x):
    def pattern(x):
        flat = x.reshape(len(x), -1) - x.mean(axis=(1, 2, 3))[:, None]
        return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)

    known = pattern(x_train)
    alike = np.maximum(pattern(x) @ known.T, pattern(x[:, :, ::-1]) @ known.T)
    return int((alike.max(axis=1) > 0.99).sum())


checks.check_count_copies(count_copies)

# %% [markdown]
# Try yours on `parts`.
#
# ## Baselines before the model
#
# Computed before, they cannot be chosen to flatter it. Beside mean image and PCA: answer with the most similar training picture, as pure memorising would. PCA's pixels are clipped to [0, 1], where the model's always are.


# %% tags=["keep"]
def error(model, x):
    return evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()


def baselines_of(parts, x, latent_dim):
    x_train = parts["training"].x
    linear = evaluation.pca_reconstruct(evaluation.fit_pca(x_train, latent_dim), x)
    nearest = evaluation.nearest(x_train, x, k=1)[:, 0]
    return {
        "mean image": evaluation.mean_image_error(x_train, x),
        "PCA": evaluation.squared_error(x, np.clip(linear, 0, 1)).mean(),
        "nearest picture": evaluation.squared_error(x, x_train[nearest]).mean(),
    }


# %%
x_val = parts["validation"].x
baselines = baselines_of(parts, x_val, latent_dim=4)
for name, value in baselines.items():
    print(f"{name:15s} {value:5.2f}   squared error per image, validation")
wider = {width: baselines_of(parts, x_val, width)["PCA"] for width in (8, 16)}
for width, value in wider.items():
    print(f"PCA, {width:2d} numbers {value:5.2f}")

# %% [markdown] numbers={"Four": "given: the width of the code"}
# ## The model
#
# Four numbers, and three seeds, because one run may be luck.


# %% tags=["keep"]
def trained(width, seed=0, parts=None, epochs=40, hidden=(256, 128), watch=False):
    """An autoencoder with a code of `width` numbers, and its learning curve."""
    x, x_val = parts["training"].x, parts["validation"].x
    model = Autoencoder(DenseEncoder(width, hidden), DenseDecoder(x.shape[1:], hidden[::-1]))
    backend.seed_weights(model, seed=seed)
    model.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
    batches, held = data.Batches(x, batch_size=64, seed=seed), (x_val, x_val) if watch else None
    history = model.fit(
        batches, validation_data=held, epochs=epochs, shuffle=False, verbose=0
    ).history
    return model, history


# %% mystnb={"image": {"alt": "Training and validation curve fall together over 40 epochs: below the mean image in two, below PCA in about seven, and slowly on towards the line of the nearest picture"}}
runs = [trained(4, seed, parts, watch=seed == 0) for seed in (0, 1, 2)]
model, history = runs[0]
fig, ax = plt.subplots(figsize=(7, 3.2))
curves = {"training": history["loss"], "validation": history["val_loss"]}
plots.plot_curves(curves, baselines=baselines, ax=ax)
ax.set_ylim(0, 1.1 * baselines["mean image"])
plt.show()
errors = [error(model, x_val) for model, _ in runs]
print(f"validation, three seeds: {min(errors):.2f} to {max(errors):.2f}")
notebook.claim(FOLDER or max(errors) < 0.5 * baselines["PCA"], "less than half of PCA's error")
notebook.claim(FOLDER or max(errors) < wider[8], "PCA needs more than eight numbers")

# %% [markdown] numbers={"half": "1.16 / 2.50", "eight": "given: the printed widths", "four": "given: the width of the code", "seven": "seen: the figure above"}
# About seven epochs to pass PCA, and at the end less than half of its error with every seed, from the same four numbers. PCA needs more than eight to do as well. Training and validation fall together: no overfitting, and more epochs would help. The sober line is the lowest one: answering with the **nearest picture** does better, on a wall that repeats itself. But it keeps 960 pictures and searches them, where the network keeps none. From the best picture to the worst:

# %% mystnb={"image": {"alt": "Ten pieces of wall in three rows. Originals: plain brick, upright bright joints at various places, and in the last three a joint across as well. PCA draws soft upright stripes in all of them. The autoencoder draws each upright joint as one line where it is, and the joints across as broad blurs"}}
each = evaluation.squared_error(x_val, evaluation.reconstruct(model, x_val))
order = np.argsort(each)
shown = x_val[order[np.linspace(0, len(order) - 1, 10).astype(int)]]  # from the best to the worst
linear = evaluation.pca_reconstruct(evaluation.fit_pca(parts["training"].x, 4), shown)
rows = {
    "original": shown,
    "PCA": np.clip(linear, 0, 1),
    "autoencoder": evaluation.reconstruct(model, shown),
}
fig, ax = plt.subplots(figsize=(8, 2.6))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# PCA can only mix four fixed patterns, so it draws soft upright stripes, even on plain brick. The autoencoder draws plain brick plain, and each upright joint in its place: where a joint runs is a number, but moving a line is not *adding* anything, so the pictures lie on a curved [manifold](glossary.md#manifold), which a linear method cannot follow. Here the network is worth its trouble. Joints across are rarer, and come back as blurs; the worst pictures have both.
#
# ### Exercise 24.2: choose a setting
#
# Choose one setting by experiment: the width of the code, the width of the network, the number of epochs, or an architecture of your own. Set `decision = (choice, models)`, where `models` is a dict from each setting that you tried to a list of its trained models, one for each of two seeds or more; all are trained on `parts["training"]`. The check computes their errors on `parts["validation"]` itself.

# %% tags=["exercise"]
decision = ...

checks.check_setting(decision, parts)

# %% tags=["solution"]
models = {width: [trained(width, seed, parts, epochs=10)[0] for seed in (0, 1)] for width in (2, 4)}
for width, each in models.items():
    print(width, [f"{error(model, parts['validation'].x):.2f}" for model in each])
decision = (4, models)
checks.check_setting(decision, parts)

# %% [markdown]
# ## Test once, save, load, and write the card
#
# A *[model card](glossary.md#model-card)* says what somebody needs who was not there: which data, how they were split, what the numbers are numbers of, and what the model cannot do. What can be computed is computed, so that nothing is typed by hand.


# %% tags=["keep"]
def card_of(model, parts, /, **words):
    """The card of a model: what can be computed is computed, the rest is said in words."""
    latent_dim = evaluation.encode(model, parts["training"].x[:1]).size
    return words | {
        "unit": "squared error per image",
        "latent_dim": latent_dim,
        "sizes": {name: len(part) for name, part in parts.items()},
        "errors": {name: error(model, parts[name].x) for name in ("validation", "test")},
        "baselines": baselines_of(parts, parts["test"].x, latent_dim),
    }


# %% [markdown]
# Save, load and compare. Then, to learn the limits of the model, hand it pictures of another kind: grass.

# %%
place = Path(temporary.name)  # name a folder of your own to keep the files
model.save(place / "wall.keras")
again = ae_keras.load(place / "wall.keras")
x_test = parts["test"].x
same = np.array_equal(evaluation.reconstruct(model, x_test), evaluation.reconstruct(again, x_test))
print("loaded model draws the same:", same)
notebook.claim(same, "a loaded model draws what the saved one drew")

(place / "grass").mkdir()
cut_up(pictures.grass(), place / "grass", n_places=8)
grass_error = error(again, data.load_images(place / "grass", IMAGE_SHAPE).x)

# %%
card = card_of(
    again,
    parts,
    # For pictures of your own, write words of your own.
    data="pieces of one grey photograph of a brick wall (scikit-image), 24 x 24 pixels",
    split="at random by place: no piece of one place in two parts",
    model="dense, 576-256-128-4-128-256-576, 40 epochs, seed 0",
    limits="one wall in one light; the nearest picture comes closer; "
    f"grass comes back with an error of {grass_error:.1f}",
)
(place / "card.json").write_text(json.dumps(card))
for name, entry in card.items():
    if name in ("errors", "baselines"):
        entry = ", ".join(f"{key} {value:.2f}" for key, value in entry.items())
    print(f"{name:11s} {entry}")
notebook.claim(FOLDER or grass_error > 6 * card["errors"]["test"], "it does not know grass")

# %% [markdown] numbers={"half": "1.28 / 2.98", "eight": "10.8 / 1.28"}
# On places that it never saw it has less than half of PCA's error. The limits are as important: it knows joints, and returns grass with about eight times the error; and that the nearest picture does better belongs into the card, too.
#
# Can you believe this card? Give somebody model, parts and card, and nothing has to be believed. The check of exercise 24.3 is such a somebody: it computes each number again, and looks for copies across the parts. Here it judges our card, and one with a nicer number.

# %%
nicer = card | {"errors": card["errors"] | {"test": 0.5}}
print(checks.check_card((again, parts, card)))
print(checks.check_card((again, parts, nicer)))

# %% [markdown] numbers={"569": "paper: scikit-learn, load_breast_cancer", "30": "paper: scikit-learn, load_breast_cancer"}
# ## From a table
#
# A table is a picture of one row. Scikit-learn's breast cancer data have 569 rows of 30 measurements in different units, so each column is scaled to [0, 1], by a scaler that has seen the **training rows only**.


# %% tags=["keep"]
def table_parts(rows):
    """A table as pictures of one row in three parts, each column scaled by the training part."""
    n = len(rows)
    table = data.Images(rows[:, None, :, None], np.zeros(n, int), np.arange(n))
    parts = by_source(table)
    scaler = MinMaxScaler(clip=True).fit(parts["training"].x[:, 0, :, 0])
    scaled = {}
    for name, part in parts.items():
        x = scaler.transform(part.x[:, 0, :, 0]).astype("float32")
        scaled[name] = data.Images(x[:, None, :, None], part.labels, part.groups)
    return scaled


# %%
cancer = table_parts(datasets.load_breast_cancer().data)
x_cancer = cancer["validation"].x
table_errors = [error(trained(4, seed, cancer, hidden=(32,))[0], x_cancer) for seed in (0, 1, 2)]
table_baselines = baselines_of(cancer, x_cancer, 4)
print(f"autoencoder, three seeds: {min(table_errors):.3f} to {max(table_errors):.3f}")
print(", ".join(f"{name} {value:.3f}" for name, value in table_baselines.items()))
notebook.claim(table_baselines["PCA"] < min(table_errors), "PCA is ahead on the table")

# %% [markdown] numbers={"60": "given: measured, seeds 0 to 2", "0.138": "given: measured, seed 0 to 2", "0.171": "given: measured, seed 0 to 2"}
# PCA is ahead of all seeds (after 60 epochs, too, where they have 0.138 to 0.171), and has no epochs and no seed: take PCA. Measurements that mostly rise and fall together leave little for a nonlinear model to gain. The wall was the opposite case, and only the baselines show which case is yours.
#
# ### Exercise 24.3: your card
#
# Take data of your own, or a table such as `datasets.load_wine`, from loading to a card. Set `work = (model, parts, card)`: the trained (or loaded) model; `parts`, a dict of three `data.Images`; and a card with the entries of the one above. The baselines are those of the test part; if one of them has the smaller error, "limits" must say so, by its name. (With `FOLDER` set, the lesson has done most of the work on your pictures.)

# %% tags=["exercise"]
work = ...

checks.check_card(work, demo=None if FOLDER else parts)

# %% tags=["solution"]
wines = table_parts(datasets.load_wine().data)
wine_model, _ = trained(2, 0, wines, hidden=(16,))
wine_card = card_of(
    wine_model,
    wines,
    data="178 Italian wines, 13 measurements each (scikit-learn)",
    split="at random by row; columns scaled by the training part",
    model="dense, 13-16-2-16-13, 40 epochs, seed 0",
    limits="PCA has the smaller error, and so has the nearest picture; 178 rows are few",
)
wine_card["unit"] = "squared error per row, columns scaled to [0, 1]"
work = (wine_model, wines, wine_card)
checks.check_card(work, demo=None if FOLDER else parts)

# %% [markdown] numbers={"200": "given: an example", "2,000": "given: an example", "3.1": "given: an example"}
# ## A checklist
#
# 1. I have *looked* at the pictures and at the range of their values. (02)
# 2. Nothing was scaled twice, and the decoder's output can reach the data's range. (02, 04)
# 3. The split is by source; scalers and PCA were fitted on training data only. (02)
# 4. Mean image and PCA were computed before the first network, and PCA is clipped. (06, 10)
# 5. The loss has a unit, sums over pixels and code, and means over images. (06, 16)
# 6. Each score stands beside the model, its steps and its seed; interpreted ones have three seeds. (01, 06)
# 7. Choices were made on validation data, and the curve carries its baselines. (06, 09)
# 8. I know the typical and the worst reconstructions, not only the mean. (07)
# 9. The code was judged by what it is for: probe, neighbours, noise, detail. (08, 09, 22)
# 10. A denoiser or an inpainting model was tested on corrupted images, beside a classical filter. (14, 21)
# 11. Precision and recall are those of the rare class, at a threshold chosen without the test set. (20)
# 12. The saved file draws what the model drew, and the card says what it cannot do. (05)
#
# ## What to remember
#
# - Look first, ask for the source of each picture, split by it.
# - Baselines before the model; choices on validation; the test part once.
# - An autoencoder is worth it where the data lie on a curved manifold, and only the baselines show whether they do.
# - A card is a claim about a model and data: compute it, and let others compute it again.
#
# ## Quiz
#
# 1. You have 200 photographs and make 2,000 by turning and mirroring them. (a) Split the 2,000 at random. (b) Split the 200, then augment the training part. (c) Augmented pictures cannot leak, as they differ.
# 2. On your data PCA has the smaller test error. (a) Train until the network wins on the test part. (b) Leave PCA out of the card. (c) Say so, and use PCA.
# 3. A card says "test error 3.1". What is missing most? (a) The names of the authors. (b) Unit, baselines and how the test part was made. (c) The training time.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Copies of one source on both sides (a) test memory, and (c) is what exercise 24.1 refutes.
# 2. **c.** Training until the test part agrees (a) is selection on it; and a number without its baseline (b) says nothing.
# 3. **b.** Without them nobody can say whether 3.1 is good. Authors (a) and time (c) are useful, and judge nothing.
# </details>
#
# ## Further reading
#
# - Mitchell et al., *Model cards for model reporting* (2019), arXiv:1810.03993, section 4.
# - Gebru et al., *Datasheets for datasets* (2021), arXiv:1803.09010, section 3.
# - Barz & Denzler, *Do we train on test data? Purging CIFAR of near-duplicates* (2020), arXiv:1902.00423.

# %% tags=["receipt"]
notebook.claim(
    FOLDER or card["errors"]["test"] < 0.5 * card["baselines"]["PCA"], "less than half of PCA's"
)
notebook.claim(table_baselines["PCA"] < min(table_errors), "PCA is ahead on the table")
notebook.receipt(
    validation=errors[0],
    pca_validation=baselines["PCA"],
    test=card["errors"]["test"],
    pca_test=card["baselines"]["PCA"],
    grass=grass_error,
    table=table_errors[0],
    pca_table=table_baselines["PCA"],
)
