# %% [markdown]
# # 23. The bug clinic
#
# *Programs that run, print a pleasing number, and are wrong: eight that we take apart together, and three that only a test of your own can find out.*
#
# **You will be able to**
# - distrust a program that runs, and test its number in three lines;
# - ask five questions that find silent bugs of data, loss, training and evaluation;
# - write a test that tells a sick program from a healthy one, and know that it does.
#
# **You need** lessons 02, 06, 08, 13, 16 and 20.
#
# **Time** 30 minutes to read, 50 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import clinic, notebook
from ae_course.exercises import lesson_23 as checks
from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.decomposition import PCA
from sklearn.metrics import precision_score, recall_score

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
x_train, x_val = train.x[:2000], val.x[:1000]


# %% tags=["keep"]
def new(latent_dim=16, seed=0):
    parts = DenseEncoder(latent_dim), DenseDecoder(image_shape)
    return backend.seed_weights(Autoencoder(*parts), seed=seed)


def fit(model, x, epochs=8, loss=losses.squared_error, **batches):
    if not model.compiled:
        model.compile(keras.optimizers.Adam(0.002), loss=loss)
    model.fit(data.Batches(x, **batches), epochs=epochs, shuffle=False, verbose=0)
    return model


def error(model, x, target=None):
    """Squared error per image."""
    x_hat = evaluation.reconstruct(model, x)
    return evaluation.squared_error(x if target is None else target, x_hat).mean()


def pca_error(x_train, x, latent_dim=16):
    x_hat = evaluation.pca_reconstruct(evaluation.fit_pca(x_train, latent_dim), x)
    return evaluation.squared_error(x, np.clip(x_hat, 0, 1)).mean()


healthy = fit(new(), train.x, epochs=10)

# %% [markdown]
# ## Patient 1: an interpolation in latent space
#
# Two programs were asked for an interpolation between the codes of a 2 and a 5 (lesson 08). Both ran, and both answered.

# %% mystnb={"image": {"alt": "Two rows of eight pictures from a 2 to a 5. In the first row both digits lie over each other like a double exposure, one growing fainter while the other appears. In the second the strokes of the 2 move until they are a 5"}}
ends = np.stack([x_val[val.labels[:1000] == digit][0] for digit in (2, 5)])
t = np.linspace(0, 1, 8).reshape(-1, 1, 1, 1)
x_hat = evaluation.reconstruct(healthy, ends)
z = evaluation.encode(healthy, ends)
walks = {
    "first": (1 - t) * x_hat[0] + t * x_hat[1],
    "second": evaluation.decode(healthy, (1 - t[..., 0, 0]) * z[0] + t[..., 0, 0] * z[1]),
}
fig, ax = plt.subplots(figsize=(8, 2.2))
plots.plot_rows(walks, ax=ax)
plt.show()

# %% [markdown]
# **Predict.** Which of the two is wrong? And what would you *compute* to prove it, without looking?
#
# **The test.** An interpolation of codes asks the decoder at every step. If the middle is exactly the mean of the ends, the decoder was never asked.


# %%
def off_blend(frames):
    """The largest distance of any pixel from a plain blend of the first and the last frame."""
    return np.abs(frames - ((1 - t) * frames[0] + t * frames[-1])).max()


off = {name: off_blend(frames) for name, frames in walks.items()}
print("largest distance from a blend: " + ", ".join(f"{k} {v:.2f}" for k, v in off.items()))
notebook.claim(off["first"] < 1e-5 < 0.5 < off["second"], "the first is a blend of pixels")

# %% [markdown]
# The first is the patient: it decodes the ends and then mixes *pixels*, a double exposure for which nobody needs an autoencoder. The cure is to mix the codes and decode each mixture.
#
# Welcome to the clinic. The worst bugs raise nothing: each patient below runs to its end and gives a number or a picture that one would gladly report. You get the program, a **test** short enough to use again, and the cure. **Predict** what is wrong before you read on. Where a reference is given, people who know the subject well made that slip; all of us do.
#
# ## Patient 2: an error of 0.002

# %%
small_train, small_val = x_train / 255, x_val / 255
patient = fit(new(), small_train)
print(f"squared error per image: {error(patient, small_val):.4f}")

# %% [markdown] numbers={"6": "lesson 06"}
# Lesson 06 ended near 6 with as many numbers, after more training. **Predict.** What has happened?
#
# **The test.** An error has a unit, and 0.002 means nothing until it is divided by another error in the same unit. The mean image is a baseline that is always at hand.


# %%
def fraction_left(model, x_train, x):
    """Error as a fraction of the mean image's: 1 means that nothing was learned."""
    return error(model, x) / evaluation.mean_image_error(x_train, x)


left = fraction_left(patient, small_train, small_val), fraction_left(healthy, x_train, x_val)
print(f"brightest pixel: {small_train.max():.4f}")
print(f"fraction of the mean image's error: patient {left[0]:.2f}, healthy {left[1]:.2f}")
print(f"squared error per image, healthy: {error(healthy, x_val):.1f}")
notebook.claim(left[0] > 1 > 2 * left[1], "the patient is worse than the mean image")

# %% [markdown] numbers={"Forty": "given: the code of the patient", "a fifth": "given: the split of the code", "a seventh": "0.14"}
# The patient is *worse than the mean image*, of whose error the healthy model, that of patient 1, leaves a seventh. Our loader had already divided by 255, and the habit of writing `/ 255` did it again: nearly black pictures, tiny errors. Without that line the error is thousands of times as large, and the model far better. (`data.to_unit_range` refuses floats for this reason, lesson 02.)
#
# ## Patient 3: it beats PCA
#
# Forty originals, each a letter in one font, ten copies of each; a fifth of the images for validation.

# %% tags=["keep"]
letters = data.load("glyphs")
few = letters[letters.groups < np.unique(letters.groups)[40]]
order = np.random.default_rng(0).permutation(len(few))
cut = len(few) // 5
parts = {"patient": (few[order[cut:]], few[order[:cut]]), "cured": data.split(few, 0.2, seed=0)}


def trained_on(training, seed):
    return fit(new(seed=seed), training.x, epochs=40, batch_size=64, seed=seed)


leaky = [trained_on(parts["patient"][0], seed) for seed in (0, 1, 2)]


def low_to_high(values):
    return f"{min(values):.1f} to {max(values):.1f}"


# %%
training, part = parts["patient"]
on_part = [error(model, part.x) for model in leaky]
print("validation, squared error per image")
print(f"autoencoder, 16, three seeds: {low_to_high(on_part)}")
print(f"PCA, 16: {pca_error(training.x, part.x):.1f}")
notebook.claim(max(on_part) < pca_error(training.x, part.x), "it seems to beat PCA")

# %% [markdown] numbers={"16": "given: the width of the code"}
# A clear win with every seed, it seems, with 16 numbers each. **Predict** what letters that nobody trained on will say.
#
# **The test.** Count the originals (groups) that both parts have in common; then split by original, so that there are none.


# %%
def shared_groups(a, b):
    return len(set(a.groups) & set(b.groups))


ahead = []
print("           shared originals   autoencoder     PCA")
for name, (training, part) in parts.items():
    models = leaky if name == "patient" else [trained_on(training, seed) for seed in (0, 1, 2)]
    errors, pca = [error(model, part.x) for model in models], pca_error(training.x, part.x)
    print(f"{name:8s} {shared_groups(training, part):15d}      {low_to_high(errors)} {pca:10.1f}")
    ahead.append((max(errors) < pca, min(errors) > pca))
notebook.claim(ahead[0][0] and ahead[1][1], "the split by original reverses the ranking")

# %% [markdown] numbers={"320": "40 * 10 * 4 / 5"}
# The ranking is reversed, for all three seeds. Every validation image had near-duplicates in training, and the network, which can memorise 320 pictures, gained more from this *[data leakage](glossary.md#leak)* than PCA, which cannot. A leak does not make all numbers a little better; it favours the model that overfits, and so it decides comparisons.
#
# ### Exercise 23.1: what would you recommend?
#
# Stuck? `checks.hint("23.1")` gives a hint; call it again for the next one.
#
# Eight originals are few to reverse a ranking. Somebody asks which of the two to use for letters like these: `leaky[0]`, or PCA with 16 numbers of the same training part `parts["patient"][0]`. Set `recommendation = (choice, images, errors)`: "autoencoder" or "PCA"; the images, taken from `letters`, that are your evidence; and the dict of both errors on them.

# %% tags=["exercise"]
recommendation = ...

checks.check_recommendation(recommendation, leaky[0], parts["patient"][0], letters)

# %% tags=["solution"]
training = parts["patient"][0]
new_letters = letters[~np.isin(letters.groups, training.groups)]
errors = {
    "autoencoder": error(leaky[0], new_letters.x),
    "PCA": pca_error(training.x, new_letters.x),
}
print(errors)
recommendation = (min(errors, key=errors.get), new_letters, errors)
checks.check_recommendation(recommendation, leaky[0], training, letters)

# %% [markdown]
# ## Patient 4: masking works wonders
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
notebook.claim(steps(net) > 0 == steps(mask_net), "the second network was never trained")

# %% [markdown] numbers={"15.6": "given: measured, seed 2", "16.4": "given: measured, seed 0", "2": "given: a seed"}
# `mask_net` was built and never trained; `net` got both trainings, and its number was reported under the other's name. The companion notebook of a well-known book has this slip (Raff, *Inside Deep Learning*, chapter 7: a network with dropout is built, and the earlier network with Gaussian noise is trained and shown). Trained on masking alone, `mask_net` gets 15.6 to 16.4 (seeds 0 to 2): masking still wins, by less than the patient said. A function that builds, fits and returns a model cannot mix two up.
#
# ## Patient 5: a better bound
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

# %% [markdown] numbers={"twice": "given: the change that is tried"}
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
print("-ELBO, validation: " + ", ".join(f"{name} {value:.1f}" for name, value in bounds.items()))
notebook.claim(bounds["patient"] > bounds["cured"] + 8, "the patient's true bound is worse")

# %% [markdown] numbers={"16": "given: the width of the code", "two": "given: the width of that code", "2": "given: a seed", "17": "180 - 163", "22": "given: measured, seed 1", "four": "given: the width of the code", "Forty": "given: the code of the patient"}
# The KL is *averaged* over the 16 numbers of the code instead of summed. That is a VAE with $\beta = 1/16$ (lesson 17): the code costs next to nothing, and a full distortion with a sixteenth of the rate is no bound on the likelihood. By the true ELBO the patient is the worse model, by 17 to 22 nats over seeds 0 to 2. A widely read notebook (Chollet, *Deep Learning with Python*, 3rd edition, chapter 17) averages over a code of two numbers: $\beta = 1/2$.
#
# ## Patient 6: the best of forty
#
# Which code of four numbers holds the class best? Forty are tried, and each is judged by its nearest-neighbour accuracy on fifty test images.
#
# **Change this line and run again:** `TRIES`, once you have read on. How high does the best score climb with 5 tries, and with 400?


# %%
TRIES = 40  # try 5, 400


def score(directions, part):
    codes = [each.x.reshape(len(each), -1) @ directions for each in (train[:1000], part)]
    return evaluation.knn_accuracy(codes[0], train.labels[:1000], codes[1], part.labels)


tries = [np.random.default_rng(seed).normal(size=(784, 4)) for seed in range(TRIES)]
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
print(f"all of them on fresh images: {np.mean(fresh):.2f} on average")
notebook.claim(TRIES != 40 or on_test[best] > fresh[best] + 0.08, "the best of forty was lucky")
notebook.claim(
    TRIES != 40 or abs(fresh[best] - np.mean(fresh)) < 0.06, "on fresh images it is average"
)

# %% [markdown] numbers={"fifty": "given: the code of the patient", "six hundredths": "sqrt(0.28 * (1 - 0.28) / 50)", "forty": "given: the code of the patient"}
# The codes are *random directions*. None is meant to be good, and on fresh images the winner is an average one. With fifty images the standard error of a score is some six hundredths, and the largest of forty such errors is large. Seeds, epochs, thresholds and code sizes chosen on the test set are all the same bug, *selection on the test set*. Choose on validation data, and look at the test set once.
#
# ## Patient 7: the right shape
#
# These photographs arrive with channels first, `(n, 3, 32, 32)`, as many libraries store them. The program wants them last, and makes the shape right.

# %%
photos = data.load_splits("photos")[1].x
channels_first = np.ascontiguousarray(photos.transpose(0, 3, 1, 2))
treated = channels_first.reshape(len(channels_first), 32, 32, 3)
scrambled_pca = {}
for name, x in (("treated", treated), ("original", photos)):
    flat = x.reshape(len(x), -1)
    pca = PCA(16, svd_solver="full").fit(flat)
    x_hat = np.clip(pca.inverse_transform(pca.transform(flat)), 0, 1)
    scrambled_pca[name] = evaluation.squared_error(flat, x_hat).mean()
    print(f"{name:9s} shape {x.shape[1:]}, PCA's error {scrambled_pca[name]:.2f}")
notebook.claim(
    abs(scrambled_pca["treated"] / scrambled_pca["original"] - 1) < 1e-3, "PCA is blind to it"
)

# %% [markdown]
# The same shape, and to two decimals the same error as that of the originals, which have their channels last. **Predict** what the treated pictures look like.
#
# **The test.** Look. And if there are too many to look at, use what pixels of a photograph are known for: neighbours are alike.


# %% mystnb={"image": {"alt": "Two rows of eight patches. Below, the originals in colour: roofs and posts of a palace, petals of an orange flower. Above, the treated ones: each has become a 3 x 3 grid of small grey copies of its patch with coloured specks along the edges; those of the flower are bright in the first row of the grid and dark in the others"}}
def roughness(x):
    """Mean difference between neighbouring pixels, down and across."""
    return (np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=2)).mean()) / 2


bright = np.flatnonzero((photos.mean(axis=(1, 2, 3)) > 0.3) & (photos.std(axis=(1, 2, 3)) > 0.2))
shown = bright[:: len(bright) // 8][:8]
fig, ax = plt.subplots(figsize=(8, 2.2))
plots.plot_rows({"treated": treated[shown], "original": photos[shown]}, ax=ax)
plt.show()
print(f"roughness: treated {roughness(treated):.3f}, original {roughness(photos):.3f}")
notebook.claim(roughness(treated) > 1.3 * roughness(photos), "neighbours are less alike")

# %% [markdown] numbers={"Three": "given: the channels", "50": "given: the code of the patient", "95": "given: the code of the patient"}
# `reshape` deals the same numbers out anew; it does not move an axis. Three successive pixels of one channel become red, green and blue of *one* pixel, so each patch turns into nine small grey ones: a row of three for each channel, which for the orange flower are bright in red and dark in green and blue. PCA cannot know, and neither can a dense network, which pixels are neighbours: any fixed permutation of the pixels leaves their errors as they were. The cure is `np.moveaxis(x, 1, -1)`.
#
# ## Patient 8: precision 1.00
#
# An anomaly detector: 950 digits and 50 printed letters, an alarm whenever the reconstruction error exceeds the 95 per cent quantile of the validation digits (lesson 20).

# %%
anomalies = data.load("glyphs", "test").x[:50]
mixed = np.concatenate([test.x[:950], anomalies])
is_anomaly = np.arange(1000) >= 950
errors = evaluation.squared_error(mixed, evaluation.reconstruct(healthy, mixed))
usual = evaluation.squared_error(x_val, evaluation.reconstruct(healthy, x_val))
is_alarm = errors > np.quantile(usual, 0.95)
reported = precision_score(~is_anomaly, ~is_alarm), recall_score(~is_anomaly, ~is_alarm)
print("precision {:.2f}, recall {:.2f}".format(*reported))

# %% [markdown]
# **Predict** what a detector scores here that never raises an alarm.
#
# **The test.** Hand the metric the laziest answer there is.

# %%
never = np.zeros(1000, bool)
lazy = precision_score(~is_anomaly, ~never), recall_score(~is_anomaly, ~never)
right = precision_score(is_anomaly, is_alarm), recall_score(is_anomaly, is_alarm)
print("no alarm at all: precision {:.2f}, recall {:.2f}".format(*lazy))
print("cured: precision {:.2f}, recall {:.2f}".format(*right))
notebook.claim(0.45 < right[0] < 0.65 < right[1], "nearly every second alarm is false")

# %% [markdown] numbers={"1.00": "1.00"}
# Never raising an alarm scores 0.95 and 1.00. Both numbers say how well *normal* images are found, and nearly all images are normal. (In a widely read tutorial on electrocardiograms, TensorFlow's *Intro to autoencoders*, precision and recall are those of the normal class.) What is looked for must be the positive class. Then nearly every second alarm turns out to be false, and that is what somebody who has to answer the alarms wants to know.

# %% [markdown]
# ## Three patients for you
#
# Now nobody gives you the test. You get three programs of colleagues, in the module `clinic`, with what each *claims* to do, and beside each its healthy twin, so that you can try things out. (Their code can be read, but then you have been told. Ask them first.)
#
# Write a **test**: a function of a subject that raises an `AssertionError` or returns `False` if the subject is sick, and is content if it is healthy. Programs can keep a claim, and break it, in many ways, so the check tries your test on others that you have not seen. A test that passes them all has found nothing; one that fails a healthy program has found a bug that is not there; and both happen to everybody who tests the test on one patient only.
#
# ### Patient A
#
# `mean_error(model, x, batch_size=128)` **claims**: the mean squared error per image of a model on images, whose errors it computes in batches, as memory is short.

# %%
for name, mean_error in (("patient A", clinic.patient_a), ("its twin", clinic.twin_a)):
    print(f"{name}: {mean_error(healthy, x_val[:140]):.2f} per image")

# %% [markdown]
# Both numbers are plausible, and they are not the same. What do you know about such a number, *without* knowing the right one?
#
# ### Exercise 23.2: a test for A
#
# Write `test_a(subject)`, where `subject` is a function such as `clinic.patient_a`. Use any model and any images.


# %% tags=["exercise"]
def test_a(subject): ...


checks.check_test_a(test_a)


# %% tags=["solution"]
def test_a(subject):
    results = [subject(healthy, x_val[:100], batch_size) for batch_size in (7, 64, 100)]
    assert np.allclose(results, results[0], rtol=1e-4), results


checks.check_test_a(test_a)

# %% [markdown] numbers={"3": "given: measured, seeds 0 to 4", "4": "given: a seed"}
# <details><summary>The diagnosis of A, once your test has passed</summary>
#
# It takes the mean of the means of its batches, so the 12 images of the last batch count as much as the 128 of the first (lesson 06 weights them). *A number per image cannot depend on how the images were put into batches*, so change the batch size; and take a number of images that it does not divide, or this illness escapes. In a widely used public course (Udacity, *deep-learning-v2-pytorch*, autoencoders) the sum of the errors is divided by the number of *batches*, and the printed loss is twenty times the error. While nobody changes the batch size, all comparisons hold, so nobody notices.
# </details>
#
# ### Patient B
#
# `make(image_shape, seed=0)` **claims**: a compiled autoencoder for such images, to be trained by `fit(x, x)`. In each step of training it adds new noise to its input; in prediction it adds none. No score gives this patient away: trained as above and tried on digits with fresh noise, its error was from 3 per cent below to 3 per cent above its twin's (seeds 0 to 4). So ask for the behaviour. One thing to know: `fit` does not always run your Python code. On JAX and TensorFlow it runs `call` *once*, writes down what is computed (it *traces* it) and repeats the compiled result in every step; PyTorch runs `call` each time (lesson 25). A claim about steps must be tested on steps.
#
# ### Exercise 23.3: a test for B
#
# Write `test_b(subject)`, where `subject` is a function such as `clinic.patient_b`. You may compile its models anew, with an optimizer and a loss of your own. Use small images, such as `(8, 8, 1)`; the check needs some seconds.


# %% tags=["exercise"]
def test_b(subject): ...


checks.check_test_b(test_b)


# %% tags=["solution"]
def test_b(subject):
    x = np.random.default_rng(0).random((16, 8, 8, 1), "float32")
    model = subject((8, 8, 1))
    model.compile(keras.optimizers.SGD(0.0), loss=losses.squared_error)  # no weight moves
    history = model.fit(x, x, batch_size=16, epochs=2, shuffle=False, verbose=0).history
    first, second = history["loss"]
    assert abs(first - second) > 1e-5 * first, "two steps had the same noise"


checks.check_test_b(test_b)

# %% [markdown]
# <details><summary>The diagnosis of B, once your test has passed</summary>
#
# Its noise is drawn with an integer as the seed, so every step gets the same numbers (lesson 13). With a learning rate of zero nothing moves from step to step but the noise, and the loss shows whether it does. Calling the model twice is *not* a test: a Python counter as the seed, or NumPy's generator, draws new numbers in each call, and on a backend that traces, the same in every step of `fit`. (A reviewer of Keras's own examples asked for the cure: a generator that is attached to the model; keras-io, pull request 1693.)
# </details>
#
# ### Exercise 23.4: mend it
#
# Write an autoencoder that keeps the claim: `FreshNoise(encoder, decoder, level=0.3, seed=0)` adds normal noise of standard deviation `level` to its input, new in each step of `fit`, none in prediction, and the same sequence again for the same `seed`.


# %% tags=["exercise"]
class FreshNoise(Autoencoder): ...


checks.check_fresh_noise(FreshNoise)


# %% tags=["solution"]
class FreshNoise(Autoencoder):
    def __init__(self, encoder, decoder, level=0.3, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.level = level
        self.noise = keras.random.SeedGenerator(seed)  # state that moves on with every draw

    def call(self, x, training=False):
        if training:
            noise = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
            x = ops.clip(x + self.level * noise, 0, 1)
        return super().call(x, training=training)


checks.check_fresh_noise(FreshNoise)

# %% [markdown]
# ### Patient C
#
# `make(image_shape, seed=0)` **claims**: a compiled autoencoder with a code of 16 numbers, ready to be trained by `fit(x, x)`. Nothing else.

# %% mystnb={"image": {"alt": "Two falling curves over ten epochs, with a dashed line for PCA at 12.5. Patient C falls steeply for four epochs and then creeps to 46; its twin starts lower, falls steadily and ends at 25"}}
curves = {}
for name, make in (("patient C", clinic.patient_c), ("its twin", clinic.twin_c)):
    batches = data.Batches(x_train)
    found = make(image_shape).fit(batches, epochs=10, shuffle=False, verbose=0)
    curves[name] = found.history["loss"]
fig, ax = plt.subplots(figsize=(7, 3))
plots.plot_curves(curves, baselines={"PCA, 16": pca_error(x_train, x_train)}, ax=ax)
ax.set_ylim(0, 100)
plt.show()
print(
    "squared error per image after 10 epochs: patient C {:.1f}, its twin {:.1f}".format(
        *(curve[-1] for curve in curves.values())
    )
)
ratio = curves["patient C"][-1] / curves["its twin"][-1]
notebook.claim(1.5 < ratio < 2.4, "the patient keeps nearly twice the error")

# %% [markdown] numbers={"twice": "46.0 / 25.0", "2": "given: a seed"}
# Both curves fall, as curves should, and after ten epochs the patient has nearly twice the error of its twin. (Seeds 1 and 2 say the same.) But a twin is what you never have: with the upper curve alone, you would have asked for more epochs or more data.
#
# ### Exercise 23.5: a test for C
#
# Write `test_c(subject)`, where `subject` is a function such as `clinic.patient_c`.


# %% tags=["exercise"]
def test_c(subject): ...


checks.check_test_c(test_c)


# %% tags=["solution"]
def test_c(subject):
    x = np.random.default_rng(0).random((16, 8, 8, 1), "float32")
    model = subject((8, 8, 1))
    before = model.get_weights()
    model.fit(x, x, verbose=0)
    pairs = zip(before, model.get_weights(), strict=True)
    return all(np.any(old != new) for old, new in pairs)


checks.check_test_c(test_c)

# %% [markdown]
# <details><summary>The diagnosis of C, once your test has passed</summary>
#
# No gradient reaches its encoder, which stays as it was drawn: sixteen random features, from which the decoder alone learns what it can. The loss falls, so a test of the loss sees nothing; and a frozen layer is not among `trainable_weights`, so a test of those sees nothing either. Compare *all* weights before and after a step. (A layer that is frozen on purpose is no illness, but you should be able to say which are.)
# </details>

# %% [markdown] numbers={"eleven": "8 + 3", "2": "given: a patient's number", "8": "given: a patient's number", "5": "given: a patient's number", "3": "given: a patient's number", "4": "given: a patient's number", "7": "given: a patient's number", "6": "given: a patient's number"}
# ## What the tests have in common
#
# No bug was found by reading the program once more. Five questions found all eleven:
#
# | ask | finds |
# |---|---|
# | What does the laziest answer score (mean image, PCA, no alarm)? | 2, 8, a collapsed VAE (lesson 17) |
# | What must *not* change (with the size of the batches)? | A |
# | What *must* change (with the decoder, with twice the code, from step to step)? | 1, 5, B, C |
# | What did it really see (pictures, groups, steps)? | 3, 4, 7 |
# | What do data say that played no part in it? | 3, 6 |
#
# The second and third are *[metamorphic tests](glossary.md#metamorphic-test)*: you need not know the right answer, only how it must change when the question does. And each test was itself tested, on twins, sick and healthy.
#
# ## What to remember
#
# - A program that runs proves nothing; a number means something beside its baseline.
# - Ask what must change the result, what must not, and what the laziest answer scores.
# - Leaks and choices on the test set do not shift all scores alike: they decide rankings.
# - Test the behaviour where it happens: in the compiled step, not in a call.
# - A test is finished when it has failed a sick program and passed a healthy one.
#
# ## Quiz
#
# 1. A colleague's error does not change at all when the pixels of every picture are shuffled in one fixed way. (a) The evaluation is broken. (b) That is right for PCA and dense networks, so such numbers cannot find swapped axes. (c) The pictures are noise.
# 2. A model beats PCA on a random split and loses on a split by origin. Report (a) the mean of both; (b) the random split, it has more data; (c) the split by origin.
# 3. Your new test passes your program. First you (a) publish; (b) break the program on purpose and see whether the test fails; (c) write more tests of the same kind.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Nothing is broken (a), and (c) does not follow: photographs behave the same. A convolution would notice.
# 2. **c.** New data will come from new origins. A mean (a) with a leaky number leaks too; more data (b) do not repair it.
# 3. **b.** A test that cannot fail says nothing, so (a) is early; and more of them (c) may all be blind in the same way.
# </details>
#
# ## Further reading
#
# - Kaufman et al., *Leakage in data mining*, ACM TKDD 6 (2012), doi:10.1145/2382577.2382579.
# - Kapoor & Narayanan, *Leakage and the reproducibility crisis in machine-learning-based science*, Patterns 4 (2023), doi:10.1016/j.patter.2023.100804.
# - Chen et al., *Metamorphic testing: a review of challenges and opportunities*, ACM Computing Surveys 51 (2018), doi:10.1145/3143561.

# %% tags=["receipt"]
notebook.claim(left[0] > 1 > 2 * left[1], "scaled twice, worse than the mean image")
notebook.claim(ahead[0][0] and ahead[1][1], "the split by original reverses the ranking")
notebook.claim(bounds["patient"] > bounds["cured"] + 5, "an averaged KL gives the worse bound")
notebook.claim(min(curves["its twin"]) < min(curves["patient C"]) - 2, "patient C stays behind")
notebook.receipt(
    precision=right[0],
    recall=right[1],
    scaled_twice=left[0],
    leaky=max(on_part),
    averaged_kl=bounds["patient"],
    summed_kl=bounds["cured"],
    patient_c=min(curves["patient C"]),
    twin_c=min(curves["its twin"]),
)
