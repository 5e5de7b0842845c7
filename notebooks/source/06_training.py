# %% [markdown]
# # 06. Training
#
# *Say what "wrong" means, let an optimizer reduce it, write the loop yourself once, and then watch it like a hawk.*
#
# **You will be able to**
# - define squared error and cross-entropy in units you can compare, and say what each can and cannot see;
# - choose an optimizer and a learning rate;
# - write the training loop of your backend by hand, and show that `fit` does the same;
# - log a run, read its learning curve against baselines, and stop in time.
#
# **You need** lessons 02 to 05.
#
# **Time** 35 minutes to read, about 40 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_06 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots, training

import csv
import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]


def new_autoencoder(latent_dim=16):
    """A fresh dense autoencoder, with the same initial weights on every backend."""
    model = Autoencoder(DenseEncoder(latent_dim), DenseDecoder(image_shape))
    return backend.seed_weights(model, seed=0)


# %% [markdown]
# ## Q18. How do you define the loss function that measures the reconstruction error in Keras?
#
# A Keras loss is a function of target and output that returns one number for each image. Keras averages these over the batch. For the squared error we sum over the pixels:
#
# $$L(x, \hat x) = \sum_{i=1}^{n} (x_i - \hat x_i)^2,$$
#
# where $x_i$ are the $n$ pixels of the image and $\hat x_i$ those of the reconstruction. For pixels in [0, 1] there is a second choice. Read $\hat x_i$ as the *probability* that pixel $i$ is white; then the [cross-entropy](glossary.md#cross-entropy) is the surprise, in nats, at seeing the real picture:
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
x = ops.convert_to_tensor(test.x[:100])  # as `fit` would pass it
x_hat = ops.clip(1.2 * x - 0.1, 0, 1)  # some pixels exactly 0 or 1
for mine, theirs in (
    (squared_error, losses.squared_error),
    (binary_crossentropy, losses.binary_crossentropy),
):
    a = ops.convert_to_numpy(mine(x, x_hat))
    b = ops.convert_to_numpy(theirs(x, x_hat))
    print(
        f"{mine.__name__:20s} {a.mean():6.2f}, same as the package: {np.allclose(a, b, rtol=1e-4)}"
    )

# %% [markdown]
# What does `loss="mse"`, which everyone writes, measure? The *mean* over the pixels: our number divided by 784. Both have the same minimum, so why care? Because a reconstruction error is rarely alone. Later parts add a second term (a penalty, a divergence), and then the ratio of the two decides everything. Dividing one of them by 784 silently multiplies the weight of the other by 784. One convention, *sum over pixels, mean over images*, and the confusion never starts.
#
# ### What a perfect score is
#
# **Predict.** A perfect reconstruction, $\hat x = x$, has squared error 0. What is its cross-entropy?

# %%
perfect = ops.convert_to_numpy(losses.binary_crossentropy(test.x, test.x)).mean()
floor = evaluation.pixel_entropy(test.x)
print(f"cross-entropy of a perfect copy: {perfect:.1f} nats per image")
print(f"evaluation.pixel_entropy:   {floor:.1f}")

# %% [markdown] numbers={"0.5": "given: an example", "0.69": "log(2)", "70": "given: an example"}
# Not zero! For a pixel that is exactly 0 or 1 the surprise can vanish. For a grey pixel, of value 0.5 say, no probability is right all of the time, and at least $\log 2 \approx 0.69$ nats remain. Summed over all grey pixels, this lower bound is the **floor**. A cross-entropy of 70 nats on these digits is therefore far better than it looks, and one below the floor would be a bug.
#
# ### Which one?
#
# Squared error suits any data; it is what we report and what PCA minimises. Cross-entropy suits pixels that are nearly black or white and an output that is a sigmoid, $\hat x = \sigma(a)$: its gradient with respect to $a$ is simply $\hat x - x$ and never stalls, while that of the squared error carries a factor $\hat x (1 - \hat x)$, which vanishes where the sigmoid is *saturated*: sure, even if wrong. (Keras's `"mse"` and `"binary_crossentropy"`, like PyTorch's `MSELoss()` and `BCELoss()`, average over pixels.)
#
# ### What pixels cannot see

# %% mystnb={"image": {"alt": "Four versions of a digit: original, shifted by one pixel, slightly blurred, and with a bite taken out, each with its squared error"}}
from scipy import ndimage

digit = test.x[:1]
versions = {
    "original": digit,
    "shifted by (1, 1)": np.roll(digit, (1, 1), axis=(1, 2)),
    "blurred": ndimage.gaussian_filter(digit, (0, 1, 1, 0)),
    "a bite taken out": np.where(
        np.arange(image_shape[0])[:, None, None] < image_shape[0] // 3, 0, digit
    ),
}
fig, axes = plt.subplots(1, 4, figsize=(8, 2.2))
for ax, (name, version) in zip(axes, versions.items(), strict=True):
    plots.plot_images(
        version, title=f"{name}\nerror {evaluation.squared_error(digit, version)[0]:.1f}", ax=ax
    )
plt.show()
mean_error = evaluation.mean_image_error(train.x, test.x)
print(f"answering every image with the mean image costs {mean_error:.1f}")

# %% [markdown] numbers={"sixty": "30.8 / 19.3 - 1", "top third": "given: the rows that the code blanks", "three fifths": "30.8 / 49.9"}
# To us, the shifted digit is the same and the bitten one is damaged. The squared error thinks the opposite: a shift by one pixel costs sixty per cent more than cutting off the top third of the frame, and three fifths of what it costs to give no answer at all. Pixel errors compare *place by place*. They know nothing of strokes; that is why autoencoders blur (a blur hedges between places), and why lesson 09 judges codes by more than this.

# %% [markdown]
# ## Q19. How do you configure an optimizer, such as Adam, in Keras?
#
# The gradient says which way is downhill; the optimizer decides how far to go. Plain **gradient descent** (SGD) moves every weight by $\eta$ times its gradient. **Adam** keeps, for each weight, a running mean $m$ of its gradients and a running mean $v$ of their squares, and moves by
#
# $$\Delta w = -\,\eta\,\frac{m}{\sqrt{v} + \varepsilon},$$
#
# where $\eta$ is the learning rate and $\varepsilon$ a tiny number against division by zero. (Right after the start $m$ and $v$ are corrected for having begun at zero.) A weight with small but steady gradients is thus moved as fast as one with large ones. Note that scaling the loss by 784 changes $m$ and $\sqrt v$ alike: Adam hardly cares (only through $\varepsilon$) whether you sum or average; SGD does.
#
# **Predict.** Three learning rates, a factor of twenty and of fifty apart. Which will be best after three epochs, and what will go wrong with the largest?

# %%
for learning_rate in (0.0001, 0.002, 0.1):
    model = new_autoencoder()
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=losses.squared_error)
    history = model.fit(data.Batches(train.x), epochs=3, shuffle=False, verbose=0)
    print(
        f"learning rate {learning_rate:6.4f}: squared error per image {history.history['loss'][-1]:7.2f}"
    )

# %% [markdown] numbers={"0.001": "given: advice", "three": "given: advice", "50": "49.9"}
# Too small, and three epochs hardly leave the level of the mean image, which is about 50. Too large, and three epochs leave it far *worse* than the mean image: the likeliest reason is that the first steps are so long that they carry many units to where their gradient is nearly zero, and little brings those back. A good order of search is 0.001, then a factor of three up or down. We use 0.002.

# %% [markdown]
# ## Q20. How do you implement a training loop: forward pass, loss, backpropagation, update?
#
# Inside `fit`, four things happen for each batch: the forward pass, the loss, its gradients, the update. Keras has one way of writing the first two for all backends. The third is where the frameworks truly differ, because each keeps track of gradients in its own way. Here is one step for each; only that of your backend will run, but read all three. Each function returns the step and a `finish`; only JAX has something to finish. The optimizer is Keras's on every backend, hence `optimizer.apply(gradients, weights)` and no `optimizer.step()`.
#
# **TensorFlow** records operations on a *tape* and plays it backwards. `tf.function` turns the Python function into a graph that runs without Python.


# %%
def tensorflow_step(model, optimizer):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # one graph for every batch size
    def step(x):
        with tf.GradientTape() as tape:
            x_hat = model(x, training=True)
            loss = ops.mean(losses.squared_error(x, x_hat))
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply(gradients, model.trainable_weights)
        return loss

    return step, lambda: None


# %% [markdown]
# **PyTorch** remembers with every tensor where it came from. `loss.backward()` goes back and leaves a gradient *in* each weight; it adds to what is there, hence `zero_grad` first.


# %%
def torch_step(model, optimizer):
    import torch

    def step(x):
        x = ops.convert_to_tensor(x)
        model.zero_grad()
        x_hat = model(x, training=True)
        loss = ops.mean(losses.squared_error(x, x_hat))
        loss.backward()
        with torch.no_grad():
            gradients = [weight.value.grad for weight in model.trainable_weights]
            optimizer.apply(gradients, model.trainable_weights)
        return loss.detach()

    return step, lambda: None


# %% [markdown]
# **JAX** differentiates *functions*, and a function must not change anything outside itself. So the weights go in as arguments and the new weights come out; the model object gets them back when the loop is over, in `finish`. `stateless_call` and `stateless_apply` are `model(x)` and `optimizer.apply` in this style, with weights, the optimizer's `memory` and all other variables (`fixed`) passed in and returned; `jax.jit` compiles.


# %%
def jax_step(model, optimizer):
    import jax

    def loss_of(weights, fixed, x):
        x_hat, _ = model.stateless_call(weights, fixed, x, training=True)
        return ops.mean(losses.squared_error(x, x_hat))

    @jax.jit
    def update(weights, fixed, memory, x):
        loss, gradients = jax.value_and_grad(loss_of)(weights, fixed, x)
        weights, memory = optimizer.stateless_apply(memory, gradients, weights)
        return weights, memory, loss

    fixed = [v.value for v in model.non_trainable_variables]
    state = [[v.value for v in model.trainable_variables], [v.value for v in optimizer.variables]]

    def step(x):
        state[0], state[1], loss = update(state[0], fixed, state[1], x)
        return loss

    def finish():
        for variables, arrays in zip(
            (model.trainable_variables, optimizer.variables), state, strict=True
        ):
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)

    return step, finish


# %% [markdown]
# The loop around the step is the same for all: for each epoch, for each batch, one step.


# %%
def train_by_hand(model, optimizer, batches, epochs):
    optimizer.build(model.trainable_variables)
    steps = {"tensorflow": tensorflow_step, "torch": torch_step, "jax": jax_step}
    step, finish = steps[keras.config.backend()](model, optimizer)
    history = []
    for _ in range(epochs):
        total = 0.0
        for x, _target in batches.one_epoch():
            total += float(step(x)) * len(x)  # the last batch is smaller and weighs less
        history.append(total / len(batches.x))
    finish()
    return history


# %%
by_hand = new_autoencoder()
hand_losses = train_by_hand(by_hand, keras.optimizers.Adam(0.002), data.Batches(train.x), epochs=3)
print("by hand:", [f"{loss:.2f}" for loss in hand_losses])

# %% [markdown]
# Now the same with `compile` and `fit`. `fit(x)` without a target works because our `Autoencoder` fills in the image itself; here `Batches` gives (image, image). `shuffle=False` because the batches come shuffled.

# %%
by_fit = new_autoencoder()
by_fit.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
fit_losses = by_fit.fit(data.Batches(train.x), epochs=3, shuffle=False, verbose=0).history["loss"]
print("by fit: ", [f"{loss:.2f}" for loss in fit_losses])

pairs = zip(by_hand.get_weights(), by_fit.get_weights(), strict=True)
largest = max(np.abs(a - b).max() for a, b in pairs)
print(f"largest difference between any two weights: {largest:.6f}")

# %% [markdown]
# No magic then: `fit` is this loop, plus validation, metrics, callbacks and progress bars. (`training.train` is the loop of this lesson for any model of the course.) Write your own when you need something `fit` has no place for, and use `fit` otherwise. Between the two lies overriding `compute_loss` in the model, which changes the objective and keeps `fit`.

# %% [markdown]
# ## Q21. How do you monitor and log the training loss over the epochs?
#
# Ask for the validation loss (images that never move a weight), and keep what is reported: `fit` returns a `History` whose `.history` maps each name to one value per epoch. Callbacks are objects that `fit` calls after each epoch; these four write to the screen, to a table, to TensorBoard, and stop the run.

# %%
logs = Path(tempfile.mkdtemp())
model = new_autoencoder()
model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
history = model.fit(
    data.Batches(train.x),
    validation_data=(val.x, val.x),
    epochs=15,
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
# A CSV file is the humblest log and the one you will still be able to read in ten years. For live curves in a browser, run `tensorboard --logdir` with the folder. (Keras has a `TensorBoard` callback of its own that needs TensorFlow; the package's writes the same files without.)
#
# A curve alone says little. Add the baselines: the mean image, and PCA with the same sixteen numbers.

# %% mystnb={"image": {"alt": "Training error falling from 55 and validation error from 30 to about six over fifteen epochs, with dashed lines for the mean image at 50 and PCA at 14"}}
baselines = {
    "mean image": evaluation.mean_image_error(train.x, val.x),
    "PCA, 16 numbers": evaluation.pca_error(train.x, val.x, latent_dim=16),
}
fig, ax = plt.subplots()
curves = {"training": history.history["loss"], "validation": history.history["val_loss"]}
plots.plot_curves(curves, baselines=baselines, ax=ax)
plt.show()
crossing = int(np.argmax(np.array(history.history["val_loss"]) < baselines["PCA, 16 numbers"])) + 1
print(f"better than PCA from epoch {crossing} on")

# %% [markdown] numbers={"7,650": "lesson 08"}
# Read it in this order. Does the validation error fall below the mean image at once? If not, nothing is being learned. (The training loss averages over the whole epoch, while the weights improve; validation is measured at its end. So training starts above.) When does it cross PCA? From there on nonlinearity pays. Do training and validation run together? The difference is the *[generalisation](glossary.md#generalisation) gap*: what the network has memorised rather than learned. Is the validation error still falling? Then the network is still *[underfitting](glossary.md#underfitting)*, and more epochs will help; the [early stopping](glossary.md#early-stopping) above did not fire, because the validation loss kept improving.
#
# ### When it should stop
#
# To see the opposite, *[overfitting](glossary.md#overfitting)*, starve the network: 120 images instead of 7,650, and many epochs.

# %% mystnb={"image": {"alt": "Training error falls towards zero while validation error stops improving and stays far above it and above PCA"}}
few = train[:120]
starved = new_autoencoder()
starved.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
starved_history = starved.fit(
    data.Batches(few.x, batch_size=40),
    validation_data=(val.x[:300], val.x[:300]),
    epochs=100,
    shuffle=False,
    verbose=0,
).history
fig, ax = plt.subplots()
curves = {
    "training, 120 images": starved_history["loss"],
    "validation": starved_history["val_loss"],
}
plots.plot_curves(curves, baselines={"PCA of all images": baselines["PCA, 16 numbers"]}, ax=ax)
plt.show()
print(
    f"validation: lowest {min(starved_history['val_loss']):.1f}, at the end {starved_history['val_loss'][-1]:.1f}"
)
print(f"training at the end: {starved_history['loss'][-1]:.1f}")

# %% [markdown]
# The training error goes on falling; the validation error has stopped, far above. From there on the network overfits: it memorises its 120 pictures. The bottleneck alone does not prevent that: sixteen numbers are plenty to tell 120 pictures apart. `EarlyStopping` watches the validation loss, gives up when it has not improved for `patience` epochs, and puts the best weights back. In exercise 6.3 you write its rule yourself.
#
# You may also stop a training yourself, by *Interrupt kernel* or Ctrl-C, at any moment: a model of `ae_keras` then holds the weights of its last finished step, and another `fit` goes on from there. (A plain Keras model on JAX is often lost by that: its weights were lent to the step that was interrupted.)

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("6.1")` gives a hint; call it again for the next one.
#
# ### Exercise 6.1: the loss of an epoch
#
# The last batch of an epoch is smaller. Write `epoch_mean(batch_losses, batch_sizes)`: the mean loss *per image*.


# %% tags=["exercise"]
def epoch_mean(batch_losses, batch_sizes): ...


checks.check_epoch_mean(epoch_mean)


# %% tags=["solution"]
def epoch_mean(batch_losses, batch_sizes):
    return np.average(batch_losses, weights=batch_sizes)


checks.check_epoch_mean(epoch_mean)

# %% [markdown]
# ### Exercise 6.2: beat PCA with eight numbers
#
# Train an autoencoder with `latent_dim=8` until its validation error is below that of PCA with eight components. Build it with `new_autoencoder`, compile it, and fit it on `data.Batches(train.x)`; fifteen epochs will do.

# %% tags=["exercise"]
my_model = ...

checks.check_beats_pca(my_model, train.x, val.x)

# %% tags=["solution"]
my_model = new_autoencoder(latent_dim=8)
my_model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
_ = my_model.fit(data.Batches(train.x), epochs=15, shuffle=False, verbose=0)

checks.check_beats_pca(my_model, train.x, val.x)

# %% [markdown]
# ### Exercise 6.3: when to stop
#
# Write `early_stop(val_losses, patience)`. Go through the validation losses in order and stop at the first epoch at which the best loss so far is `patience` epochs old. Return `(best_epoch, last_epoch)`, counted from 1; if it never stops, `last_epoch` is the last one there is.


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

# %% [markdown] numbers={"0.009": "given: an example of the quiz", "58": "given: an example of the quiz", "55": "55.0", "3": "58 - 55", "7.1": "9 / 10 ** 3 * 784"}
# ## What to remember
#
# - Sum over pixels, mean over images; always say the unit.
# - Cross-entropy has a floor above zero for grey pixels. Pixel errors cannot see strokes.
# - One step is forward, loss, gradients, update. `fit` is a loop around it.
# - Read a learning curve against the mean image and PCA, and training against validation: a growing gap is overfitting.
#
# ## Quiz
#
# 1. Paper A reports "MSE 0.009", paper B "error 7.1", both on 28 × 28 images. (a) B is worse. (b) About the same: 0.009 × 784 ≈ 7.1. (c) They cannot be compared.
# 2. The cross-entropy has stopped at 58 nats per image, the floor being 55. (a) Training failed. (b) It is nearly perfect. (c) The loss has a bug.
# 3. Training loss falls, validation loss rises. You should (a) train longer; (b) stop at the best validation loss, or get more data; (c) raise the learning rate.
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
notebook.claim(final < baselines["PCA, 16 numbers"], "sixteen numbers must beat PCA")
notebook.claim(
    starved_history["val_loss"][-1] > 2 * starved_history["loss"][-1], "memorised, not learned"
)
notebook.receipt(validation=final, pca_16=baselines["PCA, 16 numbers"], floor_nats=floor)
