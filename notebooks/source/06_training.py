# %% [markdown]
# # 06. Training
#
# *Say what "wrong" means, let an optimizer reduce it, write the loop yourself once, and know when to stop.*
#
# **You will be able to**
# - define squared error and cross-entropy in units you can compare, and say what each can and cannot see;
# - choose an optimizer and a learning rate, and recognise one that is too large;
# - write the training loop by hand, and show that `fit` does the same;
# - read a learning curve against baselines, recognise overfitting, and stop in time.
#
# **You need** lessons 02 to 05.
#
# **Time** 25 minutes to read, 30 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_06 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots, training
from ae_keras.training import gradients

import csv
import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from keras import ops
from scipy import ndimage

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown]
# ## Which copy is the worst?
#
# Below are a digit and three damaged copies. **Predict.** Rank the copies from best to worst, first as a person who has to read them, then by their squared error. Will the two orders agree?


# %%
def shift(x):
    return np.roll(x, (1, 1), axis=(1, 2))  # one pixel down and one to the right


def blur(x):
    return ndimage.gaussian_filter(x, (0, 1, 1, 0))


def bite(x):
    top = np.arange(image_shape[0])[:, None, None] < image_shape[0] // 3
    return np.where(top, 0, x)


# %% mystnb={"image": {"alt": "Four pictures of one digit: as it is; moved one pixel to the right and down; slightly blurred; and without its upper third"}}
WHICH = 0  # Change this line and run again: any number up to 1349

damages = {"shifted by a pixel": shift, "blurred": blur, "upper third missing": bite}
digit = val.x[WHICH : WHICH + 1]
fig, axes = plt.subplots(1, 4, figsize=(8, 2.2))
for ax, (name, damage) in zip(axes, [("original", np.copy), *damages.items()], strict=True):
    plots.plot_images(damage(digit), title=name, ax=ax)
plt.show()

# %% [markdown]
# One digit proves little, so the errors are averaged over the whole validation set. The last line damages nothing: it answers every image with the same picture, the mean of the training images.

# %%
errors = {name: evaluation.squared_error(val.x, damage(val.x)) for name, damage in damages.items()}
mean_error = evaluation.mean_image_error(train.x, val.x)
print(f"squared error per image, mean over {len(val)} validation images")
for name, values in errors.items():
    print(f"{name:20s} {values.mean():5.1f}")
print(f"{'always the mean':20s} {mean_error:5.1f}")
shifted, bitten = errors["shifted by a pixel"], errors["upper third missing"]
print(f"the shift costs more than the bite in {np.mean(shifted > bitten):.0%} of the images")
notebook.claim(1.15 < shifted.mean() / bitten.mean() < 1.35, "a shift costs a quarter more")
notebook.claim(0.7 < shifted.mean() / mean_error < 0.8, "three quarters of no answer at all")
notebook.claim(4 * errors["blurred"].mean() < bitten.mean(), "blur is by far the cheapest")
notebook.claim(
    0.7 < np.mean(shifted > bitten) < 0.8, "in three of four images the shift costs more"
)

# %% [markdown] numbers={"a quarter": "38.0 / 30.7 - 1", "three quarters": "38.0 / 49.6"}
# To us, the shifted digit is the same and the bitten one is damaged. The squared error says the opposite: a shift by one pixel, right and down, costs on average about a quarter more than losing the upper third, and three quarters of what it costs to answer with the mean; in three of four images it costs more than the bite. Blur is by far the cheapest. The reason is that pixel errors compare *place by place* and know nothing of strokes. A network that is unsure where a stroke runs therefore does best to blur it; that is why reconstructions are soft, and why lesson 09 judges codes by more than this.

# %% [markdown]
# ## Q18. How do you define the loss function that measures the reconstruction error in Keras?
#
# A Keras loss is a function of target and output that returns one number for each image; Keras averages these over the batch. For the squared error we sum over the pixels:
#
# $$L(x, \hat x) = \sum_{i=1}^{n} (x_i - \hat x_i)^2,$$
#
# where $x_i$ are the $n$ pixels of the image and $\hat x_i$ those of the reconstruction. For pixels in [0, 1] there is a second choice. Read $\hat x_i$ as the *probability* that pixel $i$ is white; then the [cross-entropy](glossary.md#cross-entropy) measures the surprise at seeing the real picture, minus the logarithm of the probability that was given to it. Its unit is the nat, as the logarithm is the natural one:
#
# $$L(x, \hat x) = -\sum_{i=1}^{n} \bigl[ x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i) \bigr].$$

# %%
PIXELS = (1, 2, 3)  # the axes height, width and channels


def squared_error(x, x_hat):
    return ops.sum(ops.square(x - x_hat), axis=PIXELS)


def binary_crossentropy(x, x_hat):
    x_hat = ops.clip(x_hat, 1e-7, 1 - 1e-7)  # log(0) would be minus infinity
    return -ops.sum(x * ops.log(x_hat) + (1 - x) * ops.log(1 - x_hat), axis=PIXELS)


# %%
x = ops.convert_to_tensor(val.x[:100])  # as `fit` would pass it
x_hat = ops.clip(1.2 * x - 0.1, 0, 1)  # some pixels exactly 0 or 1
for mine, theirs in (
    (squared_error, losses.squared_error),
    (binary_crossentropy, losses.binary_crossentropy),
):
    a, b = (ops.convert_to_numpy(loss(x, x_hat)) for loss in (mine, theirs))
    print(f"{mine.__name__:20s} as in the package: {np.allclose(a, b, rtol=1e-4)}")

# %% [markdown]
# Ours agree with the package's. And what does `loss="mse"`, which everyone writes, measure? The *mean* over the pixels: our number divided by 784 (and `"binary_crossentropy"` likewise). Both have the same minimum, so why care? Because later lessons add a second term (a penalty, a divergence), and then it matters how large the two are beside each other. Dividing one of them by 784 silently multiplies the weight of the other by 784. With one convention, *sum over pixels, mean over images*, the confusion never starts.
#
# ### What a perfect score is
#
# **Predict.** A perfect reconstruction, $\hat x = x$, has squared error 0. What is its cross-entropy?

# %%
perfect = ops.convert_to_numpy(losses.binary_crossentropy(val.x, val.x)).mean()
floor = evaluation.pixel_entropy(val.x)
print(f"cross-entropy of a perfect copy: {perfect:.1f} nats per image")
print(f"evaluation.pixel_entropy:        {floor:.1f}")

# %% [markdown] numbers={"0.5": "given: an example", "0.69": "log(2)", "70": "given: an example"}
# Not zero, but 54.9 nats. For a pixel that is exactly 0 or 1 the surprise can vanish. For a grey pixel, of value 0.5 say, no probability is right all of the time, and at least $\log 2 \approx 0.69$ nats remain. Summed over all grey pixels, this lower bound is the **floor**. A cross-entropy of 70 nats on these digits is therefore far better than it looks, and one below the floor would be a bug.
#
# ### Which one?
#
# The two treat one kind of pixel very differently: one that is *sure and wrong*. Take a pixel that should be white, $x = 1$, and let $a$ be the number before the sigmoid, $\hat x = \sigma(a)$. The more negative $a$, the surer the output is of black. The gradient of the loss with respect to $a$ says how hard training pushes it back; we measure it as in lesson 00, by changing $a$ a little both ways.


# %% mystnb={"image": {"alt": "Two curves over a, the number before the sigmoid. The squared error's push is near 0 at a = -20, rises to 0.3 about a = -0.7 and falls again; the cross-entropy's is 1 from a = -16 to about -4, falls to 0 on the right, and is exactly 0 to the left of -16"}}
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def push(loss, a, h=1e-4):
    """How fast the loss falls as `a` grows: minus its derivative."""
    return (loss(sigmoid(a - h)) - loss(sigmoid(a + h))) / (2 * h)


of_one_pixel = {
    "squared error": lambda x_hat: (1 - x_hat) ** 2,
    "cross-entropy": lambda x_hat: -np.log(np.clip(x_hat, 1e-7, 1 - 1e-7)),
}
a = np.linspace(-20, 6, 261)
fig, ax = plt.subplots(figsize=(7, 2.8))
looks = {"squared error": ("--", (-8, 0.1)), "cross-entropy": ("-", (-13, 1.03))}
for name, loss in of_one_pixel.items():
    style, place = looks[name]
    ax.plot(a, push(loss, a), style)
    ax.annotate(name, place)
ax.set(xlabel="a, the number before the sigmoid", ylabel="push towards white", ylim=(-0.05, 1.2))
plt.show()
print("push at a = ", "  ".join(f"{at:6d}" for at in (0, -4, -8, -18)))
for name, loss in of_one_pixel.items():
    print(f"{name:13s}", "  ".join(f"{push(loss, at):6.3f}" for at in (0, -4, -8, -18)))

# %% [markdown] numbers={"-8": "given: a column of the table", "-16": "log(1e-7)"}
# At $a = -8$ the squared error hardly pushes any more: its gradient has the factor $\hat x (1 - \hat x)$, the slope of the sigmoid, which vanishes where the sigmoid is **[saturated](glossary.md#saturated)**. In the cross-entropy that factor cancels, and what remains is $\hat x - x$: the push is full, however sure the pixel is. (Until about $a = -16$. There our clipping at $10^{-7}$ sets in, and the push is zero; remember this for the next question.)

# %% tags=["keep"]
few = train.x[:2560]


def new_autoencoder(latent_dim=16, seed=0):
    """A fresh dense autoencoder, with the same initial weights on every backend."""
    model = Autoencoder(DenseEncoder(latent_dim), DenseDecoder(image_shape))
    return backend.seed_weights(model, seed=seed)


# %% [markdown]
# **Predict.** Train the same network with each of the two and judge both by *both* measures. Which will win by squared error? And which will leave more white pixels that are drawn black with near certainty?


# %%
bright = val.x > 0.5


def judged(loss, seed):
    """Squared error, cross-entropy, and bright pixels that are drawn below 0.01."""
    model = new_autoencoder(seed=seed)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=loss)
    model.fit(data.Batches(few, seed=seed), epochs=4, shuffle=False, verbose=0)
    x_hat = evaluation.reconstruct(model, val.x)
    nats = ops.convert_to_numpy(losses.binary_crossentropy(val.x, x_hat)).mean()
    return evaluation.squared_error(val.x, x_hat).mean(), nats, np.mean(x_hat[bright] < 0.01)


# %%
both = {"squared error": losses.squared_error, "cross-entropy": losses.binary_crossentropy}
by_loss = {name: judged(loss, seed=0) for name, loss in both.items()}
print("trained with     squared error   nats per image   sure and wrong, of bright pixels")
for name, (se, nats, wrong) in by_loss.items():
    print(f"{name:14s} {se:15.1f} {nats:16.0f} {wrong:20.2%}")
with_se, with_ce = by_loss.values()
notebook.claim(with_ce[2] < with_se[2] / 3, "less than a third are sure and wrong")
notebook.claim(with_ce[1] < with_se[1] - 1, "each wins by nats that minimised nats")
notebook.claim(abs(with_ce[0] / with_se[0] - 1) < 0.06, "level by squares")

# %% [markdown] numbers={"a third": "given: a threshold", "23.8 to 24.7": "given: three seeds", "24.7": "given: three seeds", "24.0 to 25.2.": "given: three seeds", "25.2": "given: three seeds", "134 to 137": "given: three seeds", "136 to 141).": "given: three seeds", "141). And it": "given: three seeds", "0.12 per cent": "given: three seeds", "0.41 to 0.62).": "given: three seeds", "0.62": "given: three seeds", "6.0 to 6.3": "given: three seeds", "6.0": "given: three seeds, fifteen epochs on all images", "6.3": "given: three seeds, fifteen epochs on all images", "6.1": "given: three seeds, fifteen epochs on all images", "79": "given: three seeds, fifteen epochs on all images", "80": "given: three seeds, fifteen epochs on all images", "78": "given: three seeds, fifteen epochs on all images", "fifteen": "given: a longer run"}
# By squared error the two are level: with three seeds, 23.8 to 24.7 and 24.0 to 25.2. By nats, the one that minimised nats is ahead with each seed (134 to 137 against 136 to 141). And it leaves less than a third as many pixels sure and wrong, as the gradients promised (0.06 to 0.12 per cent against 0.41 to 0.62). Trained longer, fifteen epochs on all images, it was the same: squared errors of 6.0 to 6.3 and of 6.0 to 6.1, and 79 to 80 against 78 nats. So on these digits the choice matters little. Squared error suits any data; it is what we report and what PCA minimises, and this part uses it. Cross-entropy suits pixels that are nearly black or white; it is minus a log-probability, which lesson 16 will need.

# %% [markdown]
# ## Q19. How do you configure an optimizer, such as Adam, in Keras?
#
# The gradient says which way is downhill; the optimizer decides how far to go. Plain **gradient descent** (SGD) moves every weight by $\eta$ times its gradient. **Adam** keeps, for each weight, a running mean $m$ of its gradients and a running mean $v$ of their squares, and moves by
#
# $$\Delta w = -\,\eta\,\frac{m}{\sqrt{v} + \varepsilon},$$
#
# where $\eta$ is the learning rate and $\varepsilon$ a tiny number against division by zero. (Right after the start $m$ and $v$ are corrected for having begun at zero.) A weight with small but steady gradients is thus moved as fast as one with large ones. Scaling the loss by 784 changes $m$ and $\sqrt v$ alike, so Adam hardly cares (only through $\varepsilon$) whether you sum or average; SGD does.
#
# **Predict.** We try three learning rates: 0.0001, 0.002 and 0.1. Which will be best after one epoch, and what will go wrong with the largest?


# %%
def state_of(model):
    """Error, fraction of saturated pixels, fraction of units that are 0 for all images."""
    x_hat, h = evaluation.reconstruct(model, val.x), evaluation.encode(model, val.x)
    for layer in model.decoder.hidden_layers:
        h = ops.convert_to_numpy(layer(h))
    saturated, dead = (x_hat < 1e-6) | (x_hat > 1 - 1e-6), np.abs(h).max(axis=0) < 1e-6
    return evaluation.squared_error(val.x, x_hat).mean(), saturated.mean(), dead.mean()


at_rate = {}
for learning_rate in (0.0001, 0.002, 0.1):
    model = new_autoencoder()
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=losses.squared_error)
    model.fit(data.Batches(train.x), epochs=1, shuffle=False, verbose=0)
    at_rate[learning_rate] = state_of(model)

# %%
print("learning rate   squared error   saturated pixels   units of the last hidden layer at 0")
for learning_rate, (error, saturated, dead) in at_rate.items():
    print(f"{learning_rate:13.4f}   {error:13.0f}   {saturated:16.0%}   {dead:17.0%}")
size = np.abs(new_autoencoder().encoder.get_weights()[0]).mean()
print(f"typical weight of the first layer at the start: {size:.2f}")
notebook.claim(at_rate[0.1][1] > 0.99, "at the rate 0.1 the output is saturated everywhere")
notebook.claim(at_rate[0.1][0] > 1.5 * mean_error, "and far worse than the mean image")
notebook.claim(at_rate[0.002][0] < 0.5 * at_rate[0.0001][0], "the middle rate is best")

# %% [markdown] numbers={"50": "49.6", "0.001": "given: advice", "three": "given: advice"}
# The middle one is best: its error is 30. If the rate is too small, one epoch does not reach the level of the mean image, which is about 50. If it is too large, the error is far *worse* than the mean image's, and will stay there. The columns show why. At first $m / \sqrt v$ is about plus or minus one, so Adam moves every weight by about $\eta$, here 0.1, which is more than the size of a typical weight at the start (0.04); added up over hundreds of inputs, all layers overshoot. *Every* output pixel is saturated, for every image, so no gradient comes through it, and many hidden units are [dead](glossary.md#dead-unit) besides. Nothing is left that could bring the network back. (Cross-entropy does not help; we tried it with three seeds. The outputs lie beyond the point where it is clipped.)
#
# A good order of search is 0.001, then a factor of three up or down; exercise 6.1 does it. We use 0.002.

# %% [markdown]
# ## Q20. How do you implement a training loop: forward pass, loss, backpropagation, update?
#
# Inside `fit`, four things happen for each batch: the forward pass, the loss, its gradients, the update. Three of them are the same Keras code on all backends:


# %%
def train_by_hand(model, optimizer, batches, epochs):
    weights = model.trainable_variables

    def loss_of(x):
        x_hat = model(x, training=True)  # forward pass
        return ops.mean(losses.squared_error(x, x_hat))  # loss

    loss_and_gradients = gradients.make_gradients(loss_of, weights)
    optimizer.build(weights)
    history = []
    for _ in range(epochs):
        total = 0.0
        for x, _target in batches.one_epoch():
            loss, derivatives = loss_and_gradients(x)  # backpropagation
            optimizer.apply(derivatives, weights)  # update
            total += float(loss) * len(x)  # the last batch is smaller and weighs less
        history.append(total / len(batches.x))
    return history


# %% [markdown]
# The one line that is not Keras is the gradient. Each framework keeps track of it in its own way, and the course has a short function for each. This is the one of the backend that you are running:

# %%
display(Markdown(f"```python\n{gradients.source()}```"))

# %% [markdown]
# It takes the loss as a function and returns another, which gives the loss and its gradients for a batch. In a program written for one framework, the update too would be that framework's. Here the optimizer is Keras's on every backend, hence `optimizer.apply(gradients, weights)`. (Lesson 25 puts the three frameworks side by side.) Does the loop do what `fit` does? **Predict**: will the losses agree to one digit, to two, or to all that are printed?

# %%
by_hand, by_fit = new_autoencoder(), new_autoencoder()
hand_losses = train_by_hand(by_hand, keras.optimizers.Adam(0.002), data.Batches(few), epochs=3)
by_fit.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
fit_losses = by_fit.fit(data.Batches(few), epochs=3, shuffle=False, verbose=0).history["loss"]
print("by hand:", [f"{loss:.2f}" for loss in hand_losses])
print("by fit: ", [f"{loss:.2f}" for loss in fit_losses])

pairs = zip(by_hand.get_weights(), by_fit.get_weights(), strict=True)
largest = max(np.abs(a - b).max() for a, b in pairs)
print("weights agree to 0.001:", largest < 1e-3)

# %% [markdown]
# To all that are printed. No magic then: `fit` is this loop, plus validation, metrics, callbacks and progress bars. (`fit(x)` without a target works because our `Autoencoder` fills in the image itself; here `Batches` gives (image, image), already shuffled, hence `shuffle=False`.) Write a loop of your own when you need something that `fit` has no place for, and use `fit` otherwise. Between the two lies overriding `compute_loss` in the model, which changes the objective and keeps `fit`.

# %% [markdown]
# ## Q21. How do you monitor and log the training loss over the epochs?
#
# Ask for the validation loss (images that never move a weight), and keep what is reported: `fit` returns a `History` whose `.history` maps each name to one value per epoch. Callbacks are objects that `fit` calls after each epoch; of these four, three write to the screen, to a table and to TensorBoard, and the last stops the run.

# %%
logs = Path(tempfile.mkdtemp())
model = new_autoencoder()
model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
history = model.fit(
    data.Batches(train.x),
    validation_data=(val.x, val.x),
    validation_batch_size=len(val),
    epochs=12,
    shuffle=False,
    verbose=0,
    callbacks=[
        training.LogEpochs(every=5),
        keras.callbacks.CSVLogger(str(logs / "losses.csv")),
        training.TensorBoardScalars(logs / "tensorboard"),
        keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
    ],
)

# %%
with open(logs / "losses.csv") as file:
    table = list(csv.DictReader(file))
print("columns of the table:", list(table[0]), "rows:", len(table))
print("TensorBoard files:", len(list((logs / "tensorboard").iterdir())))

# %% [markdown]
# A CSV file is the simplest log, and you will still be able to read it in ten years. For live curves in a browser, run `tensorboard --logdir` with the folder. (Keras has a `TensorBoard` callback of its own that needs TensorFlow; the package's writes the same files without.)
#
# A curve alone says little. Add the baselines: the mean image, and PCA with the same sixteen numbers, clipped to [0, 1].


# %% mystnb={"image": {"alt": "Training error falling from about 55 and validation error from about 30, to about six and seven over twelve epochs, training a little below at the end; dashed line for the mean image at 50, dotted line for PCA at 12.5, crossed early on"}}
def pca_error(images, x, latent_dim=16):
    pca = evaluation.fit_pca(images, latent_dim)
    x_hat = np.clip(evaluation.pca_reconstruct(pca, x), 0, 1)
    return evaluation.squared_error(x, x_hat).mean()


baselines = {"mean image": mean_error, "PCA, 16 numbers": pca_error(train.x, val.x)}
fig, ax = plt.subplots()
curves = {"training": history.history["loss"], "validation": history.history["val_loss"]}
plots.plot_curves(curves, baselines=baselines, ax=ax)
plt.show()
below = np.array(history.history["val_loss"]) < baselines["PCA, 16 numbers"]
print(f"better than PCA from epoch {int(np.argmax(below)) + 1} on")
print(
    f"at the end: {1 - history.history['val_loss'][-1] / baselines['PCA, 16 numbers']:.0%} less error"
)

# %% [markdown] numbers={"half": "6.77 / 12.53"}
# Read it with four questions, in this order. *Does the validation error fall below the mean image at once?* It does, in the first epoch; if not, nothing is being learned. (Training starts above validation because its loss is an average over the whole epoch, during which the weights improve; validation is measured at the end.) *When does it cross PCA?* After four epochs. From there on nonlinearity is worth something, and at the end the network has about half of PCA's error. *Do training and validation run together?* Nearly: training ends a little lower, 6.2 against 6.8. The difference is the *[generalisation](glossary.md#generalisation) gap*, what the network has memorised rather than learned. *Is the validation error still falling?* A little. So the network is still *[underfitting](glossary.md#underfitting)*, more epochs will help, and the early stopping above did not stop the run.
#
# ### When it should stop
#
# Now the opposite: starve the network, with 120 images and many epochs. **Predict.** How will the two curves run, and will the network still beat PCA, if PCA is fitted to the *same* 120 images?

# %% tags=["keep"]
starved_x, watched, unseen = train.x[:120], val.x[:300], val.x[300:]


# %%
def train_starved(epochs=60, callbacks=()):
    model = new_autoencoder()
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss=losses.squared_error)
    history = model.fit(
        data.Batches(starved_x, batch_size=40),
        validation_data=(watched, watched),
        validation_batch_size=len(watched),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
    )
    return model, history.history


starved, curve = train_starved()
levels = {
    "mean image": evaluation.mean_image_error(starved_x, watched),
    "PCA of the same 120": pca_error(starved_x, watched),
}

# %% mystnb={"image": {"alt": "Left: training error falls towards zero over 60 epochs, while validation error levels off at about 25, between the mean image at 50 and PCA of the same images at 15. Right, enlarged: validation error reaches its lowest point in epoch 44 and rises slowly by about one"}}
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), width_ratios=[3, 2])
curves = {"training, 120 images": curve["loss"], "validation": curve["val_loss"]}
plots.plot_curves(curves, baselines=levels, ax=left)
left.set(ylim=(0, 100))
right.plot(np.arange(28, 61), curve["val_loss"][27:], color="C1", marker=".")
best = int(np.argmin(curve["val_loss"])) + 1
right.axvline(best, color="0.6", linestyle=":")
right.set(xlabel="epoch", ylabel="squared error per image", title="validation, enlarged")
plt.show()
print(f"validation: lowest {min(curve['val_loss']):.1f} in epoch {best}, at the end ", end="")
print(f"{curve['val_loss'][-1]:.1f}")
print(f"training at the end: {curve['loss'][-1]:.1f}")
notebook.claim(curve["val_loss"][-1] > min(curve["val_loss"]) + 0.7, "the validation error rises")
notebook.claim(1.3 * levels["PCA of the same 120"] < min(curve["val_loss"]), "PCA is far better")

# %% [markdown] numbers={"1,050": "1350 - 300"}
# This is *[overfitting](glossary.md#overfitting)*. The training error goes on falling towards zero; the validation error reaches its lowest point after 44 epochs and then *rises*, slowly but steadily (enlarged on the right). The network memorises its 120 pictures. The bottleneck does not prevent that: sixteen numbers are plenty to name 120 pictures. And PCA, fitted to the same few images, is better than the network at every epoch, by far: a method that can only add and subtract fixed pictures has fewer ways to go wrong. What a nonlinear network needs is *data*.
#
# The first remedy is [early stopping](glossary.md#early-stopping): watch the validation loss, give up when it has not improved for `patience` epochs, and put the best weights back. The images that choose the epoch cannot also judge it, so we watch 300 validation images and measure on the other 1,050.

# %%
stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
stopped, stopped_curve = train_starved(callbacks=[stop])
print("epochs run:", len(stopped_curve["loss"]), " best epoch:", stop.best_epoch + 1)
results = {
    "60 epochs": evaluation.squared_error(unseen, evaluation.reconstruct(starved, unseen)).mean(),
    "stopped early": evaluation.squared_error(
        unseen, evaluation.reconstruct(stopped, unseen)
    ).mean(),
    "PCA of the same 120": pca_error(starved_x, unseen),
}
for name, error in results.items():
    print(f"{name:20s} {error:5.1f} squared error per image")
notebook.claim(results["stopped early"] < results["60 epochs"], "early stopping helps")
notebook.claim(
    results["stopped early"] > 1.3 * results["PCA of the same 120"], "but not enough for PCA"
)

# %% [markdown] numbers={"6": "1 - 23.8 / 25.2", "24.3": "given: three seeds", "26.7": "given: three seeds", "26.8": "given: three seeds", "25.5": "given: three seeds", "27.7": "given: three seeds", "27.9": "given: three seeds"}
# It saves time and about 6 per cent of the error, but it is no cure: PCA stays out of reach. (With three seeds the lowest validation error was 24.3, 26.7 and 26.8, and 25.5, 27.7 and 27.9 after 60 epochs.) The cure is more data, and some of it you can make yourself, by *[augmentation](glossary.md#augmentation)*: exercise 6.2 beats PCA with the same 120 images.
#
# ### Stopping by hand
#
# *Interrupt kernel*, or Ctrl-C, raises `KeyboardInterrupt` wherever Python happens to be. A callback can do the same, so that we can try it:


# %%
class Impatient(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 30:
            raise KeyboardInterrupt


model = new_autoencoder()
model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
batches = data.Batches(few, batch_size=64)
try:
    model.fit(batches, epochs=3, shuffle=False, verbose=0, callbacks=[Impatient()])
except KeyboardInterrupt:
    print("interrupted after", int(model.optimizer.iterations), "steps")
x_hat = evaluation.reconstruct(model, val.x)
interrupted = evaluation.squared_error(val.x, x_hat).mean()
again = model.fit(batches, epochs=1, shuffle=False, verbose=0).history["loss"][0]
print(f"validation error {interrupted:.0f}; training goes on below that: {again < interrupted}")

# %% [markdown]
# Nothing is lost: a model of `ae_keras` holds the weights of its last finished step, and another `fit` goes on from there.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("6.1")` gives a hint; call it again for the next one.
#
# ### Exercise 6.1: choose a learning rate
#
# Write `error_after(rate)`. It trains a `new_autoencoder()` with Adam at this learning rate for three epochs on `data.Batches(few)` and returns its squared error per image on the validation set. Try at least four rates, and set `decision = (rate, errors)`: `errors` is your evidence, a dict from each rate that you tried to its error, and `rate` the one you would choose. The search is good enough when a smaller and a larger rate are both clearly worse, by a fifth or more, and when the rates next to yours are at most a factor of four away. The check trains some of them again.

# %% tags=["exercise"]
decision = ...

checks.check_rate(decision, few, val.x)


# %% tags=["solution"]
def error_after(rate):
    model = new_autoencoder()
    model.compile(optimizer=keras.optimizers.Adam(rate), loss=losses.squared_error)
    model.fit(data.Batches(few), epochs=3, shuffle=False, verbose=0)
    return evaluation.squared_error(val.x, evaluation.reconstruct(model, val.x)).mean()


errors = {rate: error_after(rate) for rate in (0.0003, 0.001, 0.003, 0.01, 0.03)}
decision = (min(errors, key=errors.get), errors)
print({rate: int(error) for rate, error in errors.items()})
checks.check_rate(decision, few, val.x)

# %% [markdown]
# ### Exercise 6.2: rescue the starved network
#
# 120 images are too few, but a digit that is moved a little is still that digit. Write `variant(images, rng)`: given images `(n, height, width, 1)` and a NumPy random generator, it returns as many *new* ones, each changed at random as if the same digit had been written once more (moved, turned, scaled, ...), with pixels in [0, 1]. The check makes thirty variants of the 120 images, trains the network of this lesson on them for twelve epochs, and compares it with PCA of the 120 on images that neither has seen. **Predict** first which of these will help: repeating the images, adding noise, mirroring, moving.


# %% tags=["exercise"]
def variant(images, rng): ...


checks.check_variant(variant, starved_x, unseen)


# %% tags=["solution"]
def variant(images, rng):
    steps = rng.integers(-2, 3, size=(len(images), 2))
    moved = [np.roll(image, step, axis=(0, 1)) for image, step in zip(images, steps, strict=True)]
    return np.stack(moved)


checks.check_variant(variant, starved_x, unseen)

# %% [markdown]
# ### Exercise 6.3: when to stop
#
# Write the rule of early stopping: `early_stop(val_losses, patience)`. Go through the validation losses in order and stop at the first epoch at which the best loss so far is `patience` epochs old. Return `(best_epoch, last_epoch)`, counted from 1; if it never stops, `last_epoch` is the last one there is. Try it on `curve["val_loss"]`: how small may `patience` be if it is still to find the lowest point?


# %% tags=["exercise"]
def early_stop(val_losses, patience): ...


checks.check_early_stop(early_stop)


# %% tags=["solution"]
def early_stop(val_losses, patience):
    best_epoch = 1
    for epoch, loss in enumerate(val_losses, 1):
        if loss < val_losses[best_epoch - 1]:
            best_epoch = epoch
        if epoch - best_epoch >= patience:
            return best_epoch, epoch
    return best_epoch, len(val_losses)


checks.check_early_stop(early_stop)

# %% [markdown] numbers={"0.009": "given: an example of the quiz", "58": "given: an example of the quiz", "55": "given: an example of the quiz", "3": "given: 58 - 55", "7.1": "9 / 10 ** 3 * 784"}
# ## What to remember
#
# - Sum over pixels, mean over images; always say the unit. Pixel errors cannot see strokes.
# - Cross-entropy has a floor above zero for grey pixels, and pushes hardest where an output is sure and wrong.
# - One step is forward, loss, gradients, update. `fit` is a loop around it.
# - Read a learning curve against the mean image and PCA *of the same images*, and training against validation: a growing gap is overfitting.
# - Early stopping limits the damage; the cure is more data, even if you make it by moving the images you have.
#
# ## Quiz
#
# 1. Paper A reports "MSE 0.009", paper B "error 7.1", both on 28 × 28 images. (a) B is worse. (b) About the same: 0.009 × 784 ≈ 7.1. (c) They cannot be compared.
# 2. The cross-entropy has stopped at 58 nats per image, the floor being 55. (a) Training failed. (b) It is nearly perfect. (c) The loss has a bug.
# 3. Training loss falls, validation loss rises. You should (a) train longer; (b) go back to the best validation loss, and look for more data; (c) raise the learning rate.
#
# <details><summary>Answers</summary>
#
# 1. **b.** A mean per pixel times the number of pixels is a sum per image; (a) and (c) forget the units.
# 2. **b.** Only 3 nats above what a perfect copy has. Below the floor, (c) would be right.
# 3. **b.** The network is overfitting. Longer (a) memorises more; a higher rate (c) does not add data.
# </details>
#
# ## Further reading
#
# - Kingma & Ba, *Adam: a method for stochastic optimization*, arXiv:1412.6980, algorithm 1.
# - Keras documentation, *Writing a training loop from scratch*, one guide for each backend.
# - Prechelt, *Early stopping - but when?* (1998), doi:10.1007/3-540-49430-8_3.
# - Loaiza-Ganem & Cunningham, *The continuous Bernoulli*, arXiv:1907.06845: what cross-entropy means for grey pixels.

# %% tags=["receipt"]
final = history.history["val_loss"][-1]
notebook.claim(np.allclose(hand_losses, fit_losses, rtol=1e-3), "the loop and fit must agree")
notebook.claim(0.45 < final / baselines["PCA, 16 numbers"] < 0.6, "about half of PCA's error")
notebook.claim(curve["val_loss"][-1] > 5 * curve["loss"][-1], "memorised, not learned")
notebook.claim(interrupted < 2 * mean_error, "an interrupted model keeps what it learned")
notebook.receipt(
    validation=final,
    pca_16=baselines["PCA, 16 numbers"],
    floor_nats=floor,
    starved=results["60 epochs"],
    stopped_early=results["stopped early"],
    pca_of_120=results["PCA of the same 120"],
)
