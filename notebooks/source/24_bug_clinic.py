# %% [markdown]
# # 24. Bug clinic and capstone
#
# *Eleven programs that run, print a pleasing number, and are wrong; then your own pictures, from a folder to a saved model with a card.*
#
# **You will be able to**
# - distrust a program that runs, and test its number in three lines;
# - recognise eleven bugs of data, loss, training, evaluation and reporting, five of them found in public notebooks;
# - take a folder of pictures, or a table, to a saved model with an honest model card.
#
# **You need** lessons 02, 06, 08, 13 and 16.
#
# **Time** 40 minutes to read, about 45 seconds to run.

# %% tags=["setup"]
import shutil
import tempfile
from pathlib import Path

import ae_keras
from ae_course import notebook
from ae_course.exercises import lesson_24 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots
from ae_keras.data import bundled, image_folder

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from PIL import Image
from sklearn import datasets, preprocessing
from sklearn.decomposition import PCA
from sklearn.metrics import precision_score, recall_score
from sklearn.model_selection import train_test_split

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
n_pixels = int(np.prod(image_shape))
x_train, x_val = train.x[:2000], val.x[:1000]


# %% tags=["keep"]
def new(latent_dim=16, shape=image_shape, **hidden):
    decoder = DenseDecoder(shape, **{name: widths[::-1] for name, widths in hidden.items()})
    return backend.seed_weights(Autoencoder(DenseEncoder(latent_dim, **hidden), decoder), seed=0)


def fit(model, x, epochs=8, loss=losses.squared_error, **batches):
    if not model.compiled:
        model.compile(keras.optimizers.Adam(0.002), loss=loss)
    model.fit(data.Batches(x, **batches), epochs=epochs, shuffle=False, verbose=0)
    return model


def error(model, x, target=None):
    """Squared error per image."""
    x_hat = evaluation.reconstruct(model, x)
    return evaluation.squared_error(x if target is None else target, x_hat).mean()


# %% [markdown]
# # Part 1. The clinic
#
# The worst bugs raise nothing. Each patient below runs to the end and gives a number or a picture that one would gladly report. You get the program, a **test** short enough to reuse, and the cure. **Predict** what is wrong before you read on. Where a reference is given, the slip was made by people who know the subject well: all of us make them, hence the clinic.
#
# ## Patient 1: an error of 0.002

# %%
small_train, small_val = x_train / 255, x_val / 255
patient = fit(new(), small_train)
report = error(patient, small_val)
print(f"squared error per image: {report:.4f}")

# %% [markdown] numbers={"6": "lesson 06"}
# Lesson 06 ended near 6 with as many numbers, after more training. **Predict.** What has happened?
#
# **The test.** An error has a unit, and 0.002 means nothing until it is divided by another error in the same unit. The mean image is a baseline that is always at hand.


# %%
def fraction_left(model, x_train, x):
    """Error as a fraction of the mean image's: 1 means that nothing was learned."""
    return error(model, x) / evaluation.mean_image_error(x_train, x)


healthy = fit(new(), x_train)
left = fraction_left(patient, small_train, small_val), fraction_left(healthy, x_train, x_val)
print(f"brightest pixel: {small_train.max():.4f}")
print(f"fraction of the mean image's error: patient {left[0]:.2f}, cured {left[1]:.2f}")
print(f"squared error per image, cured: {error(healthy, x_val):.1f}")

# %% [markdown] numbers={"ten thousand": "17.1 / 0.0018", "a fifth": "given: the split of the code", "Forty": "given: the code of the patient"}
# The patient is *worse than the mean image*. Our loader had already divided by 255, and the habit of writing `/ 255` did it again: nearly black pictures, tiny errors. The cure is to delete the division. The error is then ten thousand times as large, and the model far better. (`data.to_unit_range` refuses floats for this reason, lesson 02.)
#
# ## Patient 2: it beats PCA
#
# Forty originals, each a letter in one font, ten copies of each; a fifth of the images for validation.

# %%
letters = data.load("glyphs")
few = letters[letters.groups < np.unique(letters.groups)[40]]
order = np.random.default_rng(0).permutation(len(few))
cut = len(few) // 5
parts = {"patient": (few[order[cut:]], few[order[:cut]])}


def against_pca(training, part):
    model = fit(new(), training.x, epochs=60, batch_size=64)
    return model, error(model, part.x), evaluation.pca_error(training.x, part.x, 16)


leaky_model, *leaky = against_pca(*parts["patient"])
print("validation, squared error per image")
print(f"autoencoder, 16: {leaky[0]:.1f}    PCA, 16: {leaky[1]:.1f}")

# %% [markdown] numbers={"16": "given: the width of the code"}
# A clear win, it seems, with 16 numbers each. **Predict** what the letters we left aside will say.
#
# **The test.** Count the originals (groups) that both parts have in common; then take images that no part has touched.


# %%
def shared_groups(a, b):
    return len(set(a.groups) & set(b.groups))


parts["cured"] = data.split(few, 0.2, seed=0)
untouched = letters[letters.groups > few.groups.max()][:500]
honest_model, *honest = against_pca(*parts["cured"])
print("           shared originals   autoencoder    PCA")
for name, result in (("patient", leaky), ("cured", honest)):
    print(f"{name:8s} {shared_groups(*parts[name]):15d} {result[0]:17.1f} {result[1]:10.1f}")
truth = error(leaky_model, untouched.x)
pca_truth = evaluation.pca_error(parts["patient"][0].x, untouched.x, 16)
print(f"new letters, patient's model: {truth:.1f}, its PCA {pca_truth:.1f}")

# %% [markdown] numbers={"320": "40 * 10 * 4 / 5", "half": "34.2 / 22.1 - 1"}
# The ranking is reversed. Every validation image had near-duplicates in training, and the network, which can memorise 320 pictures, gained more from that *data leakage* than PCA, which cannot. On new letters the error of *the same model* is half as large again, and PCA is ahead; the split by original says so too. A leak does not make all numbers a little better; it favours the model that overfits, and so decides comparisons. (The honest estimate is rough: eight letters decide it.)
#
# ## Patient 3: masking works wonders
#
# Two denoisers: one trains on Gaussian noise, the other on masking. Both are tried on masked images.

# %%
gaussian = lambda x, rng: data.gaussian_noise(x, 0.4, rng)  # noqa: E731
masked = lambda x, rng: data.masking(x, 0.2, rng)  # noqa: E731
x_masked = data.masking(x_val, 0.2, seed=1)

net = fit(new(64), x_train, corruption=gaussian)
gaussian_score = error(net, x_masked, x_val)
mask_net = new(64)
fit(net, x_train, corruption=masked)
mask_score = error(net, x_masked, x_val)
print(f"trained on Gaussian noise: {gaussian_score:.1f}, on masking: {mask_score:.1f}")

# %% [markdown]
# **Predict.** Which network does the second number belong to?
#
# **The test.** A model knows how many steps it was trained: its optimizer counts them. Write the count beside every score.


# %%
def steps(model):
    return int(model.optimizer.iterations) if model.compiled else 0


print("steps: net", steps(net), " mask_net", steps(mask_net))
fit(mask_net, x_train, corruption=masked)
true_mask_score = error(mask_net, x_masked, x_val)
print(f"cured: {true_mask_score:.1f} after {steps(mask_net)} steps")

# %% [markdown]
# `mask_net` was built and never trained; `net` got both trainings, and its number was reported under the other's name. The companion notebook of a well-known book has this slip (Raff, *Inside Deep Learning*, chapter 7: a network with dropout is built, and the earlier network with Gaussian noise is trained and shown). Masking still wins, by less than the patient said. A function that builds, fits and returns a model cannot mix two up.
#
# ## Patient 4: a better bound
#
# A VAE whose loss is called $-\mathrm{ELBO}$, in nats per image.


# %%
def kl(z_mean, z_log_var):
    return ops.mean(ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var, axis=-1) / 2


class OwnVAE(VAE):
    def call(self, x, training=False):
        z_mean, z_log_var = self.moments(self.encoder(x, training=training))
        self.add_loss(ops.mean(kl(z_mean, z_log_var)))
        z = self.reparameterize(z_mean, z_log_var) if training else z_mean
        return self.decoder(z, training=training)


def trained_vae(kind):
    model = backend.seed_weights(kind(DenseEncoder(32), DenseDecoder(image_shape)), seed=0)
    return fit(model, x_train, loss=losses.binary_crossentropy)


vaes = {"patient": trained_vae(OwnVAE), "cured": trained_vae(VAE)}
for name, model in vaes.items():
    print(f"{name}: loss of the last epoch {model.history.history['loss'][-1]:.1f} nats per image")

# %% [markdown] numbers={"twice": "1 + 1"}
# **Predict.** The patient is dozens of nats better. Do you believe it?
#
# **The test.** Information adds up. A code that holds two independent copies of a unit holds twice the information, so its KL must double. And whatever the loss of a model was, judge it by *one* measure that is not part of it.

# %%
once = ops.ones((1, 4)), ops.zeros((1, 4))
twice = [ops.concatenate([part, part], axis=1) for part in once]
for name, function in (("patient", kl), ("cured", losses.gaussian_kl)):
    ratio = ops.convert_to_numpy(function(*twice) / function(*once))[0]
    print(f"{name}: twice the code, {ratio:.1f} times the KL")
bounds = {name: evaluation.negative_elbo(model, x_val) for name, model in vaes.items()}
print("honest -ELBO: " + ", ".join(f"{name} {value:.1f}" for name, value in bounds.items()))

# %% [markdown] numbers={"16": "given: the width of the code", "two": "given: the width of that code"}
# The KL is *averaged* over the 16 numbers of the code instead of summed. That is a VAE with $\beta = 1/16$ (lesson 17): the code costs next to nothing, and the sum of a full distortion and a sixteenth of the rate is no bound on the likelihood. By the honest ELBO the patient is the worse model. A widely read notebook (Chollet, *Deep Learning with Python*, 3rd edition, chapter 17) averages over a code of two numbers: $\beta = 1/2$.
#
# ## Patient 5: 0.44 per pixel

# %%
per_image = evaluation.squared_error(x_val, evaluation.reconstruct(healthy, x_val))
per_pixel = per_image / n_pixels


def reported(errors, batch_size):
    total, n_batches = 0, 0
    for start in range(0, len(errors), batch_size):
        batch = errors[start : start + batch_size]
        loss = batch.mean()
        total += loss * len(batch)
        n_batches += 1
    return total / n_batches


print(f"mean squared error per pixel: {reported(per_pixel, 20):.2f}")

# %% [markdown] numbers={"0.5": "given: an answer to try"}
# Pixels lie in [0, 1]: answering 0.5 everywhere gives at most 0.25, so 0.44 is hard to believe. Here is a test that needs no thought.
#
# **The test.** *A number per image cannot depend on how the images were put into batches.* Change the batch size.

# %%
for batch_size in (20, 50, 128):
    print(f"batches of {batch_size:3d}: {reported(per_pixel, batch_size):.3f}")
print(f"cured, total / number of images: {per_pixel.mean():.4f}")

# %% [markdown] numbers={"twenty": "paper: the notebook named, its batch size", "four": "given: the width of the code", "Forty": "given: the code of the patient"}
# The mean loss is multiplied by the batch size, rightly, and then divided by the number of *batches*. So the result is the batch size times too large. In a widely used public course (Udacity, *deep-learning-v2-pytorch*, autoencoders) the printed loss is twenty times the error. While nobody changes the batch size, all comparisons hold, so nobody notices. The same test finds a milder variant: averaging the means of batches of unequal size (exercise 6.1).
#
# ## Patient 6: the best of forty
#
# Which code of four numbers holds the class best? Forty are tried, and each is judged by its nearest-neighbour accuracy on fifty test images.


# %%
def score(directions, part):
    codes = [each.x.reshape(len(each), -1) @ directions for each in (train[:1000], part)]
    return evaluation.knn_accuracy(codes[0], train.labels[:1000], codes[1], part.labels)


tries = [np.random.default_rng(seed).normal(size=(n_pixels, 4)) for seed in range(40)]
on_test = [score(directions, test[:50]) for directions in tries]
best = int(np.argmax(on_test))
print(f"the best code gets {on_test[best]:.2f} of the test labels right")

# %% [markdown]
# **Predict** its score on nine hundred images that were not used to choose it.
#
# **The test.** Judge the chosen one again, on data that played no part in the choice.

# %%
fresh = [score(directions, test[-900:]) for directions in tries]
print(f"the chosen code on fresh images: {fresh[best]:.2f}")
print(f"all forty on fresh images: {np.mean(fresh):.2f} on average, the best {max(fresh):.2f}")

# %% [markdown] numbers={"fifty": "given: the code of the patient", "six hundredths": "sqrt(0.28 * (1 - 0.28) / 50)", "forty": "given: the code of the patient"}
# The codes are *random directions*. None is meant to be good; on fresh images the winner is just an average one. With fifty images the standard error of a score is some six hundredths, and the largest of forty such errors is large. Seeds, epochs, thresholds and code sizes chosen on the test set are all the same bug, *selection on the test set*. Choose on validation data, look at the test set once.
#
# ## Patient 7: twenty per cent noise
#
# "We corrupt the images with 20 % noise", says the text. The program below is what ran. (A public repository, mlaskowski17's *Autoencoders*, reports 20 per cent where its program adds normal noise of standard deviation 0.4.)

# %%
noisy = data.gaussian_noise(x_val, 0.4, seed=1)
print(f"20 % noise puts {evaluation.squared_error(x_val, noisy).mean():.1f} into each image")

# %% [markdown]
# **The test.** Measure the corruption, as you would measure a result.


# %%
def corruption_report(x, x_noisy):
    change = x_noisy - x
    changed = (np.abs(change) > 0).mean()
    return changed, np.sqrt((change**2).mean()), evaluation.squared_error(x, x_noisy).mean()


noise_reports = {
    "normal, 0.4": corruption_report(x_val, noisy),
    "normal, 0.2": corruption_report(x_val, data.gaussian_noise(x_val, 0.2, seed=1)),
    "masking, 20 %": corruption_report(x_val, data.masking(x_val, 0.2, seed=1)),
    "specks, 20 %": corruption_report(x_val, data.salt_and_pepper(x_val, 0.2, seed=1)),
}
print("               pixels changed   typical change   squared error per image")
for name, (changed, typical, put_in) in noise_reports.items():
    print(f"{name:14s} {changed:14.2f} {typical:16.2f} {put_in:18.1f}")

# %% [markdown]
# Four readings of "20 per cent" differ by more than a factor of four in squared error, and none changes 20 per cent of the pixels: normal noise is clipped away where it would leave [0, 1], and a black pixel masked is still black. The cure is to report kind, parameter and measured error together.
#
# ## Patient 8: an interpolation in latent space

# %% mystnb={"image": {"alt": "Two rows of eight pictures from a 2 to a 5: in the patient's row both digits fade into each other like a double exposure, in the cured row the strokes change from one to the other"}}
ends = np.stack([x_val[val.labels[:1000] == digit][0] for digit in (2, 5)])
t = np.linspace(0, 1, 8).reshape(-1, 1, 1, 1)
x_hat = evaluation.reconstruct(healthy, ends)
walk = (1 - t) * x_hat[0] + t * x_hat[1]

z = evaluation.encode(healthy, ends)
cured_walk = evaluation.decode(healthy, (1 - t[..., 0, 0]) * z[0] + t[..., 0, 0] * z[1])
fig, ax = plt.subplots(figsize=(7, 2))
plots.plot_rows({"patient": walk, "cured": cured_walk}, ax=ax)
plt.show()

# %% [markdown]
# **The test.** An interpolation of *codes* asks the decoder about every step. If the middle is exactly the mean of the ends, the decoder was never asked.

# %%
for name, frames in (("patient", walk), ("cured", cured_walk)):
    blend = (1 - t) * frames[0] + t * frames[-1]
    off = np.abs(frames - blend).max()
    grey = np.mean((frames[3:5] > 0.25) & (frames[3:5] < 0.75))
    print(f"{name:8s} largest distance from a blend {off:.2f}, grey pixels midway {grey:.2f}")

# %% [markdown]
# The patient decodes first and mixes *pixels* afterwards: a double exposure, which needs no autoencoder. The cured walk mixes the codes and decodes each mixture. Its middle has fewer grey pixels, although a plain autoencoder guarantees nothing there (lessons 08 and 16).
#
# # Three patients for you
#
# ## Patient 9: the right shape
#
# These photographs arrive with channels first, `(n, 3, 32, 32)`, as many libraries store them. The program wants them last.

# %% tags=["keep"]
photos = data.load("photos", "test").x[:300]
channels_first = np.ascontiguousarray(photos.transpose(0, 3, 1, 2))
treated = channels_first.reshape(len(channels_first), 32, 32, 3)


def roughness(x):
    """Mean difference between neighbouring pixels, down and across."""
    return (np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=2)).mean()) / 2


# %% mystnb={"image": {"alt": "Two rows of eight patches: the treated ones are grey and show each patch three times in stripes, the originals are coloured photographs of a palace and a flower"}}
fig, ax = plt.subplots(figsize=(7, 2))
plots.plot_rows({"treated": treated[:8], "original": photos[:8]}, ax=ax)
plt.show()
scrambled_pca = {}
for name, x in (("treated", treated), ("original", photos)):
    flat = x.reshape(len(x), -1)
    pca = PCA(16, svd_solver="full").fit(flat)
    x_hat = pca.inverse_transform(pca.transform(flat))
    scrambled_pca[name] = evaluation.squared_error(flat, x_hat).mean()
    print(f"{name:9s} PCA error {scrambled_pca[name]:.2f}, roughness {roughness(x):.3f}")

# %% [markdown]
# The shape is right, and so is every number that comes from PCA or a dense network: neither knows which pixels are neighbours, so any fixed permutation of the pixels leaves their error as it was. What shows it is a look, and roughness: in photographs neighbouring pixels are alike.
#
# ### Exercise 24.1: move the axis
#
# Stuck? `checks.hint("24.1")` gives a hint; call it again for the next one.
#
# Write `to_channels_last(x)`: images `(n, channels, height, width)` as `(n, height, width, channels)`, every pixel in its place.


# %% tags=["exercise"]
def to_channels_last(x): ...


checks.check_to_channels_last(to_channels_last)


# %% tags=["solution"]
def to_channels_last(x):
    return np.moveaxis(x, 1, -1)


print(f"roughness, cured: {roughness(to_channels_last(channels_first)):.3f}")
checks.check_to_channels_last(to_channels_last)

# %% [markdown] numbers={"50": "given: the code of the patient"}
# ## Patient 10: precision 1.00
#
# An anomaly detector: 950 digits and 50 printed letters, an alarm whenever the reconstruction error exceeds the 95 per cent quantile of the validation digits.

# %%
anomalies = data.load("glyphs", "test").x[:50]
mixed = np.concatenate([test.x[:950], anomalies])
is_anomaly = np.arange(1000) >= 950
errors = evaluation.squared_error(mixed, evaluation.reconstruct(healthy, mixed))
usual = evaluation.squared_error(x_val, evaluation.reconstruct(healthy, x_val))
is_alarm = errors > np.quantile(usual, 0.95)
swapped = precision_score(~is_anomaly, ~is_alarm), recall_score(~is_anomaly, ~is_alarm)
print("precision {:.2f}, recall {:.2f}".format(*swapped))

# %% [markdown]
# **Predict** what a detector scores here that never raises an alarm.
#
# **The test.** Hand the metric the laziest answer there is.

# %%
never = np.zeros(1000, bool)
lazy = precision_score(~is_anomaly, ~never), recall_score(~is_anomaly, ~never)
print("no alarm at all: precision {:.2f}, recall {:.2f}".format(*lazy))

# %% [markdown] numbers={"1.00": "1.00"}
# Never raising an alarm scores 0.95 and 1.00. Both numbers describe how well *normal* images are found, and nearly all images are normal. (In a widely read tutorial on electrocardiograms, TensorFlow's *Intro to autoencoders*, precision and recall are those of the normal class.) What is looked for must be the positive class.
#
# ### Exercise 24.2: the other class
#
# Write `precision_and_recall(is_anomaly, is_alarm)` from two boolean arrays: the precision, the fraction of alarms that are right, and the recall, the fraction of anomalies that are found. Without any alarm both are 0.


# %% tags=["exercise"]
def precision_and_recall(is_anomaly, is_alarm): ...


checks.check_precision_and_recall(precision_and_recall)


# %% tags=["solution"]
def precision_and_recall(is_anomaly, is_alarm):
    hits = np.sum(is_anomaly & is_alarm)
    return hits / max(is_alarm.sum(), 1), hits / max(is_anomaly.sum(), 1)


checks.check_precision_and_recall(precision_and_recall)

# %% [markdown]
# Try yours on `is_anomaly` and `is_alarm` above: the precision is a little below a half (the receipt has it). Every second alarm is false, and that is what somebody who has to answer the alarms wants to know.
#
# ## Patient 11: noise, but always the same


# %% tags=["keep"]
class FrozenNoise(Autoencoder):
    def __init__(self, encoder, decoder, level=0.4, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.level = level
        self.seed = seed

    def call(self, x, training=False):
        if training:
            noise = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.seed)
            x = ops.clip(x + self.level * noise, 0, 1)
        return super().call(x, training=training)


def differs(model, x):
    """Whether two steps of training see different noise."""
    first, second = (ops.convert_to_numpy(model(x, training=True)) for _ in range(2))
    return not np.allclose(first, second)


# %%
frozen = FrozenNoise(DenseEncoder(64), DenseDecoder(image_shape))
print("two steps, different noise:", differs(frozen, ops.convert_to_tensor(x_val[:8])))

# %% [markdown] numbers={"1693": "paper: keras-io, pull request 1693"}
# With an integer as the seed every batch gets the same patterns (lesson 13). And no number gives it away: in five pairs that we trained, its error on new noise was within six per cent of the cured model's, and once *below* it. So the test has to ask for the behaviour, not for the score: `differs` draws twice. (A reviewer of Keras's own examples asked for the cure: a generator that is attached to the model; keras-io, pull request 1693.)
#
# ### Exercise 24.3: fresh noise
#
# Rewrite the class as `FreshNoise(encoder, decoder, level=0.4, seed=0)`: other noise in every step, none outside training, and the same sequence again for the same `seed`.


# %% tags=["exercise"]
class FreshNoise(Autoencoder): ...


checks.check_fresh_noise(FreshNoise)


# %% tags=["solution"]
class FreshNoise(Autoencoder):
    def __init__(self, encoder, decoder, level=0.4, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.level = level
        self.noise = keras.random.SeedGenerator(seed)  # state that moves on with every draw

    def call(self, x, training=False):
        if training:
            noise = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
            x = ops.clip(x + self.level * noise, 0, 1)
        return super().call(x, training=training)


checks.check_fresh_noise(FreshNoise)

# %% [markdown] numbers={"eleven": "given: the patients", "10": "given: a patient's number", "5": "given: a patient's number", "twice": "given: the change that is tried", "4": "given: a patient's number", "8": "given: a patient's number", "11": "given: a patient's number", "2": "given: a patient's number", "3": "given: a patient's number", "7": "given: a patient's number", "9": "given: a patient's number", "6": "given: a patient's number", "1,890": "given: the set written below"}
# ## What the tests have in common
#
# No bug was found by reading the program once more. Five kinds of question found all eleven; the second and third are *metamorphic tests*:
#
# | ask | finds |
# |---|---|
# | What does the laziest answer score (mean image, PCA, no alarm)? | 1, 10, and a collapsed VAE (15) |
# | What must *not* change the result (the size of the batches)? | 5 |
# | What *must* change it (twice the code, another draw, the decoder)? | 4, 8, 11 |
# | What did it really see (pictures, groups, steps, noise put in)? | 2, 3, 7, 9, and a denoiser tested on clean images (13) |
# | What do data say that played no part in it? | 2, 6 |
#
# # Part 2. Capstone: your own data
#
# ## From a folder
#
# One variable names the folder. Put yours there, such as `Path("~/pictures/leaves")`, and skip the cell that writes files: here 1,890 printed letters stand for your pictures, a sub-folder for each letter, with the font and a number in the name.

# %%
folder = Path(tempfile.mkdtemp())

scans, letter, origin = data.load_raw("glyphs", "train")
for i, scan in enumerate(scans):
    place = folder / bundled.LETTERS[letter[i]]
    place.mkdir(exist_ok=True)
    Image.fromarray(scan[..., 0]).save(place / f"font{origin[i] // 21:02d}-{i:04d}.png")
(folder / "A" / "scan.png").write_bytes(b"a download that broke off")

try:
    data.load_images(folder)
except ValueError as refused:
    print(str(refused).split(" with ")[1])

# %% [markdown]
# Real folders contain such files. `load_images` names them all, skips none in silence, and if sizes differ tells you how to resize. Remove the file, and go on.

# %% mystnb={"image": {"alt": "Three rows of seven printed capital letters, one of each kind, white on black, slightly turned and slanted, in various fonts"}}
(folder / "A" / "scan.png").unlink()
loaded = data.load_images(folder)
first = np.unique(loaded.labels, return_index=True)[1]
fig, ax = plt.subplots(figsize=(5, 2.3))
plots.plot_images(loaded.x[first], n_columns=7, ax=ax)
plt.show()
print("images", loaded.x.shape, f"from {loaded.x.min():.0f} to {loaded.x.max():.0f}")
print(
    f"smallest class {np.bincount(loaded.labels).min()}, largest {np.bincount(loaded.labels).max()}"
)

# %% [markdown]
# Now the question of patient 2: *which pictures share an origin?* `load_images` cannot know, and gives each a group of its own. Here the file names say: copies of one letter in one font. `image_folder.find` lists the files in the same order.

# %%
paths, _ = image_folder.find(folder)
shared = [f"{path.parent.name} {path.stem.split('-')[0]}" for path in paths]
groups = np.unique(shared, return_inverse=True)[1]
mine = data.Images(loaded.x, loaded.labels, groups)
rest, own_test = data.split(mine, 0.2, seed=0)
own_train, own_val = data.split(rest, 0.2, seed=1)
print("images:", len(own_train), len(own_val), len(own_test))
print("shared originals:", shared_groups(own_train, own_val), shared_groups(rest, own_test))

# %% [markdown]
# Baselines **before** the model, so that they cannot be chosen to flatter it. Besides mean image and PCA: answer with the most similar training picture, as pure memorising would.


# %%
def baselines_on(x):
    nearest = evaluation.nearest(own_train.x, x, k=1)[:, 0]
    return {
        "mean image": evaluation.mean_image_error(own_train.x, x),
        "PCA, 16 numbers": evaluation.pca_error(own_train.x, x, 16),
        "nearest picture": evaluation.squared_error(x, own_train.x[nearest]).mean(),
    }


baselines = baselines_on(own_val.x)
for name, value in baselines.items():
    print(f"{name:16s} {value:5.1f}   squared error per image, validation")

# %% mystnb={"image": {"alt": "Training and validation error fall below the mean image at once and below PCA after some ten epochs; validation is flat after epoch 20, training goes on falling"}}
model = new(16, own_train.x.shape[1:])
model.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
history = model.fit(
    data.Batches(own_train.x, batch_size=64),
    validation_data=(own_val.x, own_val.x),
    epochs=30,
    shuffle=False,
    verbose=0,
).history
fig, ax = plt.subplots(figsize=(6.5, 3.4))
curves = {"training": history["loss"], "validation": history["val_loss"]}
plots.plot_curves(curves, baselines=baselines, ax=ax)
ax.set_ylim(0, 130)
plt.show()
print(
    f"validation at the end {history['val_loss'][-1]:.1f}, at best {min(history['val_loss']):.1f}"
)

# %% [markdown] numbers={"Five": "seen: the figure below", "twenty": "seen: the figure above"}
# Five epochs to do better than the nearest picture, about a dozen to pass PCA. After twenty epochs validation hardly moves while the training error goes on falling: the rest is overfitting. It does no harm yet; with fewer pictures, stop at the lowest validation error (early stopping, lesson 06). Now the worst:

# %% mystnb={"image": {"alt": "Eight letters above their reconstructions, the worst of the validation set: blurred and partly wrong shapes"}}
each = evaluation.squared_error(own_val.x, evaluation.reconstruct(model, own_val.x))
worst = np.argsort(each)[::-1][:8]
fig, ax = plt.subplots(figsize=(7, 2))
plots.plot_reconstructions(own_val.x[worst], evaluation.reconstruct(model, own_val.x[worst]), ax=ax)
plt.show()

# %% [markdown]
# Wide letters, bold or with serifs, and several copies of the same original: where one copy fails, its near-duplicates fail too. So 310 validation pictures are worth far fewer, another reason to count originals. Then the test set, once; save; load; compare; and write the card.

# %%
model.save(folder / "letters.keras")
again = ae_keras.load(folder / "letters.keras")
same = np.array_equal(
    evaluation.reconstruct(model, own_test.x), evaluation.reconstruct(again, own_test.x)
)
digits_error = error(again, data.load("digits", "test").x[:500])
card = {
    "data": f"{len(mine)} printed letters, 28 x 28, grey, 12 fonts",
    "split": "by letter and font: no original in two parts",
    "model": "dense 784-256-128-16-128-256-784, 30 epochs",
    "loss": "squared error per image",
    "baselines": baselines_on(own_test.x),
    "errors": {"validation": history["val_loss"][-1], "test": error(again, own_test.x)},
    "limits": f"every font was in training; digits come back with {digits_error:.1f}",
}
print("loaded model draws the same:", same)
for name, entry in card.items():
    if isinstance(entry, dict):
        entry = ", ".join(f"{key} {value:.1f}" for key, value in entry.items())
    print(f"{name:11s} {entry}")

# %% [markdown] numbers={"twice": "43.4 / 22.1", "569": "paper: scikit-learn, load_breast_cancer", "30": "paper: scikit-learn, load_breast_cancer"}
# This is a case where an autoencoder is worth it: with the same sixteen numbers its error is clearly below PCA's, on letters it never saw in that font. The last entry is as important: it knows letters, and returns digits with twice the error.
#
# ## From a table
#
# A table is a picture of one row. Scikit-learn's breast cancer data have 569 rows of 30 measurements in different units, so each column is scaled to [0, 1], by a scaler that has seen the **training rows only**.

# %%
rows, _ = datasets.load_breast_cancer(return_X_y=True)
table_rest, table_test = train_test_split(rows, test_size=0.2, random_state=0)
table_train, table_val = train_test_split(table_rest, test_size=0.2, random_state=0)
scaler = preprocessing.MinMaxScaler(clip=True).fit(table_train)
table_train, table_val, table_test = (
    scaler.transform(part).astype("float32").reshape(len(part), 1, -1, 1)
    for part in (table_train, table_val, table_test)
)
table_model = fit(new(4, (1, 30, 1), hidden=(32,)), table_train, epochs=60, batch_size=32)
for name, part in (("validation", table_val), ("test", table_test)):
    mean_row = evaluation.mean_image_error(table_train, part)
    pca = evaluation.pca_error(table_train, part, 4)
    print(
        f"{name:11s} mean row {mean_row:.3f}, PCA {pca:.3f}, model {error(table_model, part):.3f}"
    )
shutil.rmtree(folder)

# %% [markdown]
# PCA is a little ahead, and has no epochs and no seed: take PCA. Measurements that mostly rise and fall together leave little for a nonlinear model to gain, and only the baseline shows it.
#
# ### Exercise 24.4: a card of your own
#
# Take your own folder or table, or `datasets.load_wine`, from loading to a card: a dictionary with the seven entries of the one above, the unit under "loss", at least two baselines, errors for "validation" and "test". If a baseline has the smaller error, "limits" must say so by its name.

# %% tags=["exercise"]
my_card = ...

checks.check_card(my_card)

# %% tags=["solution"]
wines, _ = datasets.load_wine(return_X_y=True)
wine_rest, wine_test = train_test_split(wines, test_size=0.2, random_state=0)
wine_train, wine_val = train_test_split(wine_rest, test_size=0.2, random_state=0)
scaler = preprocessing.MinMaxScaler(clip=True).fit(wine_train)
wine_train, wine_val, wine_test = (
    scaler.transform(part).astype("float32").reshape(len(part), 1, -1, 1)
    for part in (wine_train, wine_val, wine_test)
)
wine_model = fit(new(2, (1, 13, 1), hidden=(16,)), wine_train, epochs=60, batch_size=32)
my_card = {
    "data": "178 wines, 13 measurements",
    "split": "random, three fifths for training",
    "model": "dense 13-16-2-16-13, 60 epochs",
    "loss": "squared error per row, columns scaled to [0, 1]",
    "baselines": {
        "mean row": evaluation.mean_image_error(wine_train, wine_test),
        "PCA": evaluation.pca_error(wine_train, wine_test, 2),
    },
    "errors": {"validation": error(wine_model, wine_val), "test": error(wine_model, wine_test)},
    "limits": "PCA has the smaller error after so short a training; 178 rows are few",
}
checks.check_card(my_card)

# %% [markdown] numbers={"0.99": "given: an example of the quiz", "0.98": "given: an example of the quiz", "a hundred": "given: an example of the quiz"}
# ## A checklist
#
# 1. I have *looked* at the pictures and at the range of their values. (02)
# 2. Nothing was scaled twice, and the decoder's output can reach the data's range. (02, 04)
# 3. The split is by group (origin); scalers and PCA were fitted on training data only. (02)
# 4. Mean image and PCA were computed before the first network. (06, 10)
# 5. The loss has a unit, sums over pixels and code, and means over images. (06, 15)
# 6. Each score stands beside the model, its steps and its seed. (01, 06)
# 7. The training curve carries its baselines, and validation was watched. (06)
# 8. I know the typical and the worst reconstructions, not only the mean. (07)
# 9. The code was judged by what it is for: probe, neighbours, noise, detail. (08, 09)
# 10. A denoiser or an inpainting model was tested on corrupted images, beside a classical filter. (13, 19)
# 11. Precision and recall are those of the rare class, at a threshold chosen without the test set. (18)
# 12. The saved file draws what the model drew, and the card says what it cannot do. (05, 21)
#
# ## What to remember
#
# - A program that runs proves nothing; a number means something beside its baseline.
# - Metamorphic tests: what must change the result, and what must not. And ask what the laziest answer scores.
# - Leaks and choices on the test set do not shift all scores alike: they decide rankings.
# - Baselines first, test set once, a card at the end.
#
# ## Quiz
#
# 1. A colleague's error does not change at all when the pixels of every picture are shuffled in one fixed way. (a) The evaluation is broken. (b) That is right for PCA and dense networks, so such numbers cannot find swapped axes. (c) The pictures are noise.
# 2. A model beats PCA on a random split and loses on a split by origin. Report (a) the mean of both; (b) the random split, it has more data; (c) the split by origin.
# 3. A detector has precision 0.99 and recall 0.98 where one row in a hundred is an anomaly. First you (a) publish; (b) ask which class is positive, and what a detector that never alarms would score; (c) lower the threshold.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Nothing is broken (a), and (c) does not follow: photographs behave the same. A convolution would notice.
# 2. **c.** New data will come from new origins. A mean (a) with a leaky number leaks too; more data (b) do not repair it.
# 3. **b.** A detector that never alarms has precision 0.99 and recall 1 for the normal class. Before that is known, (a) and (c) are guesses.
# </details>
#
# ## Further reading
#
# - Kaufman et al., *Leakage in data mining*, ACM TKDD 6 (2012), doi:10.1145/2382577.2382579.
# - Kapoor & Narayanan, *Leakage and the reproducibility crisis in machine-learning-based science*, Patterns 4 (2023), doi:10.1016/j.patter.2023.100804.
# - Mitchell et al., *Model cards for model reporting* (2019), arXiv:1810.03993, section 4.

# %% tags=["receipt"]
notebook.claim(left[0] > 1 > 2 * left[1], "scaled twice, worse than the mean image")
notebook.claim(leaky[0] < leaky[1] and truth > pca_truth, "the leak must reverse the ranking")
notebook.claim(honest[0] > honest[1], "the split by original must not")
notebook.claim(gaussian_score > true_mask_score > mask_score, "masking helps, by less than it said")
notebook.claim(bounds["patient"] > bounds["cured"] + 5, "an averaged KL gives the worse bound")
notebook.claim(on_test[best] > fresh[best] + 0.05, "the best of forty was lucky")
notebook.claim(abs(scrambled_pca["treated"] / scrambled_pca["original"] - 1) < 1e-3, "PCA is blind")
notebook.claim(same, "a loaded model must draw what the saved one drew")
notebook.claim(
    card["errors"]["test"] < card["baselines"]["PCA, 16 numbers"],
    "on the letters it must beat PCA",
)
right = precision_score(is_anomaly, is_alarm), recall_score(is_anomaly, is_alarm)
notebook.claim(0.35 < right[0] < 0.6 < right[1], "nearly every second alarm is false")
notebook.claim(
    max(history["val_loss"][22:]) < 1.1 * min(history["val_loss"]), "validation stands still"
)
notebook.receipt(
    precision=right[0],
    recall=right[1],
    scaled_twice=left[0],
    leaky=leaky[0],
    honest=honest[0],
    truth=truth,
    averaged_kl=bounds["patient"],
    summed_kl=bounds["cured"],
    own_validation=card["errors"]["validation"],
    own_test=card["errors"]["test"],
)
