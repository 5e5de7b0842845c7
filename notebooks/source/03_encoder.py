# %% [markdown]
# # 03. The encoder
#
# *Write the half that turns a picture into a few numbers, and find out what those numbers are before any training.*
#
# **You will be able to**
# - define an encoder by subclassing `keras.Model`, dense or convolutional;
# - follow an image through it, layer by layer, and do the same arithmetic by hand;
# - choose the size of the code and say what it does and does not mean.
#
# **You need** lessons 00 to 02.
#
# **Time** 20 minutes to read, 20 for the exercises, about 15 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_03 as checks
from ae_keras import ConvEncoder, DenseEncoder, backend, data, evaluation, plots

import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown] numbers={"16": "given: LATENT_DIM"}
# ## A network that has learned nothing
#
# An encoder turns each image into a few numbers. Here is one as lesson 00 wrote it, a list of layers with random weights. Nothing is trained. **Predict.** We encode ten new images and find, for each, the training image whose *code* is nearest. How many of the ten will show the same digit: about one, as by chance, or more?
#
# **Change this line and run again:** `LATENT_DIM`, once you have seen what 16 gives. Predict first: with how few numbers does it still find more than chance would?

# %% mystnb={"image": {"alt": "Ten new digits above the training images whose codes are nearest. Eight pairs show the same digit; the second, a 5, got a 3, and the last, a 2, got a 6"}}
LATENT_DIM = 16  # try 1, 2, 4, 64
untrained = keras.Sequential(
    [layers.Flatten(), layers.Dense(128, activation="gelu"), layers.Dense(LATENT_DIM)]
)
untrained.build((None, *image_shape))
backend.seed_weights(untrained, seed=0)
z_train, z_val = (untrained.predict(x, verbose=0) for x in (train.x, val.x[:10]))
found = evaluation.nearest(z_train, z_val, k=1)[:, 0]

fig, ax = plt.subplots(figsize=(8, 1.7))
plots.plot_rows({"new image": val.x[:10], "nearest code": train.x[found]}, ax=ax)
plt.show()
print("same digit:", np.sum(train.labels[found] == val.labels[:10]), "of 10")

# %% [markdown]
# Eight of ten, by a network that has learned nothing. How good is that, and how much of it is due to the network? By the end of the lesson you can say. First, how is such a network written?

# %% [markdown]
# ## Q9. How do you define the architecture of the Encoder by subclassing `keras.Model`?
#
# Lesson 00 worked with `keras.Sequential`, a list of layers. A list is enough as long as the data run straight through it. A class of your own can do more: take arguments such as `latent_dim`, and be made again with others; use one layer twice, branch, or return two things (a variational encoder does, in lesson 16); and say in its name what it is. From here on every part of the course is such a class, so learn the form on the simplest one.
#
# A model in Keras is a class with two parts. `__init__` makes the **layers**, the pieces with weights; `call` says how data flow through them. For our encoder we need three kinds of layer:
#
# - `Flatten` lays the 28 × 28 × 1 pixels out as one row of 784;
# - `Dense(n, activation="gelu")` multiplies by a weight matrix, adds a bias, and applies a nonlinear function: the **GELU** lets positive numbers pass and mutes negative ones, like the older ReLU, $\max(a, 0)$, but smoothly. Without a nonlinearity between them, any stack of layers would collapse into one matrix;
# - a last `Dense(latent_dim)` *without* activation gives the code.


# %%
class Encoder(keras.Model):
    """Image (batch, height, width, channels) -> code (batch, latent_dim)."""

    def __init__(self, latent_dim=16, hidden=(256, 128), activation="gelu", **kwargs):
        super().__init__(**kwargs)
        self.flatten = layers.Flatten()
        self.hidden_layers = [layers.Dense(n, activation=activation) for n in hidden]
        self.code = layers.Dense(latent_dim)

    def call(self, x):
        h = self.flatten(x)
        for layer in self.hidden_layers:
            h = layer(h)
        return self.code(h)


# %% [markdown] numbers={"16": "given: the width of the code"}
# Why GELU and not ReLU? For no strong reason: it is smooth, and a little more common in recent networks. `activation` is an argument, so you can try both.
#
# Why is the code left linear? A ReLU there would leave only the corner of the latent space in which no coordinate is negative; worse, a unit that is zero for all images receives no gradient and usually stays zero. A sigmoid would squash everything into a small box. The decoder can work with any numbers, so let the code be free.
#
# Why 784 → 256 → 128 → 16, step by step? The hidden layers make the encoder *nonlinear*. Directly from 784 to 16 it would be one matrix, as in PCA. How wide and how many is a matter of taste and time; narrowing in a few steps is a common start.
#
# (In PyTorch this is an `nn.Module` with a `forward`. In Keras it is `call`, and layers are told only their output width.)

# %%
encoder = Encoder(latent_dim=16)
print("weights before it has seen anything:", len(encoder.weights))
z = encoder(train.x[:5])
print("weights after one batch:", len(encoder.weights))

# %% [markdown]
# No weights at first: a `Dense` layer cannot know how many rows its matrix has until it meets its first input. Keras creates the weights then; the model is now **built**. How many numbers are in it?

# %%
for weight in encoder.trainable_weights:
    print(
        f"{weight.path.split('/', 1)[1]:16s} {tuple(weight.shape)!s:12s} {np.prod(weight.shape):7,}"
    )
print(f"{'all together':29s} {encoder.count_params():7,}")

# %% [markdown] numbers={"two": "given: a stride", "half": "given: a stride of 2", "2": "given: a stride"}
# Each dense layer from $m$ to $n$ values has $m n$ weights and $n$ biases. Nearly all parameters sit in the first layer, where 784 pixels meet 256 units: the price of connecting everything with everything.
#
# ### A convolutional encoder
#
# Pictures have a structure that `Flatten` throws away: what counts as a stroke in one corner counts as a stroke in another. A **[convolution](glossary.md#convolution)** slides one small window of weights over the whole picture and so uses the same weights everywhere. With `strides=2` it moves two pixels at a time and returns half the height and width. (Our encoder's windows are 3 × 3, which overlap; `padding="same"` adds zeros round the border, so that stride 2 still gives exactly half, rounded up.)

# %%
small = np.zeros((1, 4, 4, 1), "float32")
small[0, :, 1:, 0] = 1  # black on the left, white on the right
edge = layers.Conv2D(1, kernel_size=2, strides=2, use_bias=False)
edge.build(small.shape)
edge.set_weights([np.array([[-1.0, 1.0], [-1.0, 1.0]]).reshape(2, 2, 1, 1)])
print("a 4 x 4 picture:\n", small[0, :, :, 0])
print("through the window [[-1, 1], [-1, 1]], stride 2:")
print(keras.ops.convert_to_numpy(edge(small))[0, :, :, 0])

# %% [markdown] numbers={"half": "given: a half of the window", "2": "1 + 1"}
# Each 2 × 2 block is multiplied by the window, number by number, and added up. Where the left half of a block is black and the right half white, the sum is 2; where the block is even, it is 0. So this window finds vertical edges. In the encoder the windows are learned, and several of them side by side give several **channels**.


# %%
class ConvolutionalEncoder(keras.Model):
    """The same task with convolutions: 28 x 28 -> 14 x 14 -> 7 x 7 -> code."""

    def __init__(self, latent_dim=16, filters=(16, 32), **kwargs):
        super().__init__(**kwargs)
        self.convolutions = [
            layers.Conv2D(n, 3, strides=2, padding="same", activation="gelu") for n in filters
        ]
        self.flatten = layers.Flatten()
        self.code = layers.Dense(latent_dim)

    def call(self, x):
        for convolution in self.convolutions:
            x = convolution(x)
        return self.code(self.flatten(x))


# %%
conv_encoder = ConvolutionalEncoder(latent_dim=16)
h = train.x[:3]
conv_encoder(h)  # builds it
print(f"{'':11s} {h.shape}")
for layer in [*conv_encoder.convolutions, conv_encoder.flatten, conv_encoder.code]:
    h = layer(h)
    print(f"{type(layer).__name__:8s} -> {tuple(h.shape)}")
print(f"\nparameters, dense          {encoder.count_params():7,}")
print(f"parameters, convolutional  {conv_encoder.count_params():7,}")
notebook.claim(7 * conv_encoder.count_params() < encoder.count_params(), "shared weights are few")

# %% [markdown] numbers={"32": "seen: the shapes printed above", "an eighth": "29904 / 235920"}
# Height and width are halved twice while the channels grow; then the 7 × 7 maps of 32 channels are laid out as one row. The same input, the same code size, about an eighth of the parameters. Part A stays with dense layers, where every idea can be seen and a training run takes seconds; the convolutional pair comes along so that you can swap it in anywhere.
#
# ### From here on, from the package
#
# `ae_keras.DenseEncoder` and `ae_keras.ConvEncoder` are these classes with their arguments checked and their settings stored for saving. Ours and theirs should compute the same, given the same weights. Never believe such a sentence; check it.


# %%
def same_function(mine, theirs, x):
    theirs(x)  # builds it
    theirs.set_weights(mine.get_weights())
    a = keras.ops.convert_to_numpy(mine(x))
    b = keras.ops.convert_to_numpy(theirs(x))
    return np.array_equal(a, b)


print("dense, same output:        ", same_function(encoder, DenseEncoder(16), train.x[:50]))
print("convolutional, same output:", same_function(conv_encoder, ConvEncoder(16), train.x[:50]))

# %% [markdown]
# ## Q10. How do you implement the forward pass of the Encoder, from input to latent representation?
#
# The forward pass is `call`. You never call `call` yourself: you call the *model*, `encoder(x)`, and Keras turns the input into a tensor of the backend, builds the model if necessary, and passes on settings such as `training`. Let us follow three images through, one layer at a time.

# %%
x = train.x[:3]
h = x
for layer in [encoder.flatten, *encoder.hidden_layers, encoder.code]:
    h = layer(h)
    print(f"{type(layer).__name__:8s} -> {tuple(h.shape)}")

# %% [markdown]
# The first number is always the batch: three images in, three codes out, and each code depends on its own image alone. With the weights in hand, NumPy can do the whole pass. A dense layer is
#
# $$h = \mathrm{gelu}(x W + b), \qquad \mathrm{gelu}(a) = a \, \Phi(a) = \tfrac a 2 \bigl(1 + \operatorname{erf}(a / \sqrt 2)\bigr),$$
#
# where $x$ is a row of inputs, $W$ the weight matrix, $b$ the bias, and $\Phi(a)$ the probability that a normal random number is below $a$: close to 1 for large $a$, close to 0 for very negative ones.

# %%
from scipy.special import erf


def gelu(a):
    return a / 2 * (1 + erf(a / np.sqrt(2)))


W1, b1, W2, b2, W3, b3 = encoder.get_weights()
h1 = gelu(x.reshape(3, -1) @ W1 + b1)
h2 = gelu(h1 @ W2 + b2)
z_by_hand = h2 @ W3 + b3

z = keras.ops.convert_to_numpy(encoder(x))
print("same codes by hand:", np.allclose(z, z_by_hand, atol=1e-4))

# %% [markdown]
# **Predict.** What happens if you forget the batch and pass a single image of shape (28, 28, 1)?

# %%
try:
    encoder(train.x[0])
except ValueError as error:
    message, _, arguments = str(error).partition("\n\nArguments received")
    print(f"{type(error).__name__}: {message}")

# %% [markdown] numbers={"28": "given: the shape of an image"}
# (The message goes on with the arguments of the call, which each backend writes in its own way.) Read the end of the last line first: *expected axis -1 ... to have value 784, but received input with shape (28, 28)*. Keras took the 28 rows for 28 images of 28 pixels each, and the first dense layer, which wants 784, refused. Had the encoder not been built yet, it would have built itself for 28 pixels *without a word*. Pass `train.x[:1]` instead: a batch of one. Whenever shapes surprise you, print them.
#
# For many images, `predict` goes through them in batches and returns NumPy arrays, whatever the backend:

# %%
codes = encoder.predict(val.x, batch_size=512, verbose=0)
print(type(codes).__name__, codes.shape, codes.dtype)

# %% [markdown] numbers={"2": "given: an example", "sixteen": "given: the width of the code", "64": "16 * 32 / 8"}
# ## Q11. How do you specify the latent dimension when building the Encoder, and what does it represent?
#
# `latent_dim` is the width of the last layer: how many numbers an image is turned into, the dimension of the latent space. It is *the* design decision of an autoencoder. With 2, every image is a point of the plane and you can look at all of them at once. With 784, and hidden layers as wide, nothing need be left out.
#
# It is the number of *free* directions, not of features with names. No coordinate will be "the slant" or "the loop" by itself; training makes any coordinates that serve the reconstruction, and a different seed makes others (a *[$\beta$-VAE](glossary.md#beta-vae)* tries to give each coordinate one meaning). Nor is it the amount of information: sixteen 32-bit floats are 64 bytes, and one float can hold a lot. What limits it in practice is that the decoder must *undo* the code with a smooth function.

# %%
print("latent_dim   shape of codes   parameters")
for latent_dim in (1, 2, 16, 64):
    candidate = DenseEncoder(latent_dim)
    shape = tuple(candidate(train.x[:5]).shape)
    print(f"{latent_dim:10d}   {shape!s:14s} {candidate.count_params():11,}")

# %% [markdown]
# The code size hardly changes the number of parameters. A small code does not make a small network; it makes a *narrow* one.
#
# **Predict.** We have trained nothing yet. Below, an encoder with random weights maps validation images to two numbers; two of the classes are highlighted. Will the classes be (a) completely mixed, (b) partly sorted, (c) cleanly separated?

# %% mystnb={"image": {"alt": "Scatter plot of two-dimensional codes from an untrained encoder, all digits in grey: threes, as blue circles, lie more to the upper left, ones, as red triangles, to the lower right, and the two overlap"}}
flat_encoder = DenseEncoder(latent_dim=2)
flat_encoder(train.x[:1])
backend.seed_weights(flat_encoder, seed=0)
z2 = flat_encoder.predict(val.x, verbose=0)

fig, ax = plt.subplots(figsize=(5.5, 4))
ax.scatter(*z2.T, s=8, color="0.8", label="all other digits")
for digit, color, marker in ((3, "C0", "o"), (1, "C1", "^")):
    ax.scatter(*z2[val.labels == digit].T, s=16, color=color, marker=marker, label=f"{digit}")
ax.set(xlabel="$z_1$", ylabel="$z_2$", title="codes of an untrained encoder")
ax.legend()
plt.show()

# %% [markdown] numbers={"5": "given: the default of knn_accuracy"}
# Nearly (a), with a trace of (b): the threes (circles) lean to the upper left and the ones (triangles) to the lower right, with much overlap. A random network is a *random view* of the data, and similar images come out at similar places under almost any smooth map. How much order is there? Measure the **[k-nearest-neighbour accuracy](glossary.md#k-nn-accuracy)** (k-NN, here with k = 5): the five nearest training codes vote on the class of each validation code. PCA is the yardstick: it has sixteen numbers as well, but chosen from the data. The random encoders are drawn with three seeds.


# %%
def vote(encode):
    z_train, z_val = encode(train.x), encode(val.x)
    return evaluation.knn_accuracy(z_train, train.labels, z_val, val.labels)


def vote_of_random(latent_dim, seed):
    encoder = DenseEncoder(latent_dim)
    encoder(train.x[:1])
    backend.seed_weights(encoder, seed=seed)
    return vote(lambda x: encoder.predict(x, verbose=0))


pca = evaluation.fit_pca(train.x, latent_dim=16)
accuracy = {
    f"pixels, {np.prod(image_shape)} numbers": [vote(lambda x: x)],
    "PCA, 16 numbers": [vote(lambda x: pca.transform(x.reshape(len(x), -1)))],
    "random encoder, 16 numbers": [vote_of_random(16, seed) for seed in range(3)],
    "random encoder, 2 numbers": [vote_of_random(2, seed) for seed in range(3)],
}
chance = np.bincount(val.labels).max() / len(val)
for name, values in accuracy.items():
    spread = f" ({min(values):.1%} to {max(values):.1%})" if len(values) > 1 else ""
    print(f"{name:28s} {np.mean(values):5.1%} of validation labels right{spread}")
print(f"{'always the same class':28s} {chance:5.1%}")
everything, by_pca, random_16, random_2 = accuracy.values()
notebook.claim(min(random_16) > 5 * chance, "sixteen random numbers are far better than guessing")
notebook.claim(max(random_2) < 2 * chance, "two random numbers are little better than guessing")
notebook.claim(max(random_16) + 0.1 < by_pca[0], "PCA's codes are much better than random ones")
notebook.claim(by_pca[0] + 0.03 > everything[0] > by_pca[0], "and nearly as good as the pixels")

# %% [markdown] numbers={"sixteen": "given: the width of the code", "three times in four": "75.4 / 100"}
# Two random numbers are only a little better than always naming the same class. But sixteen numbers from a network that has learned *nothing* give the right class about three times in four, whichever the seed. PCA's sixteen do much better still, nearly as well as all 784 pixels. Keep both baselines: when a *trained* code classifies well, ask first how much of it an untrained one could do, and whether it beats PCA. What we cannot do yet is turn a code back into a picture. For that the encoder needs a partner, and training.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("3.1")` gives a hint; call it again for the next one.
#
# ### Exercise 3.1: count the parameters
#
# Write `count_parameters(widths)` for a dense network whose layers have the given widths, input first: `[784, 256, 128, 16]` is our encoder. Count weights and biases.


# %% tags=["exercise"]
def count_parameters(widths): ...


checks.check_count_parameters(count_parameters)


# %% tags=["solution"]
def count_parameters(widths):
    return sum(m * n + n for m, n in itertools.pairwise(widths))


print("our encoder:", count_parameters([784, 256, 128, 16]))
checks.check_count_parameters(count_parameters)

# %% [markdown]
# ### Exercise 3.2: an encoder of your own
#
# Write `MyEncoder(latent_dim)`, a subclass of `keras.Model` with **three** hidden layers, at least one of them a convolution. It should accept images of any size and return a linear code of `latent_dim` numbers. The check trains it for a step and looks whether every layer learns.


# %% tags=["exercise"]
class MyEncoder(keras.Model): ...


checks.check_encoder(MyEncoder)


# %% tags=["solution"]
class MyEncoder(keras.Model):
    def __init__(self, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Conv2D(8, 3, strides=2, padding="same", activation="gelu")
        self.second = layers.Conv2D(16, 3, strides=2, padding="same", activation="gelu")
        self.flatten = layers.Flatten()
        self.third = layers.Dense(64, activation="gelu")
        self.code = layers.Dense(latent_dim)  # linear: codes may be negative

    def call(self, x):
        return self.code(self.third(self.flatten(self.second(self.first(x)))))


checks.check_encoder(MyEncoder)

# %% [markdown]
# ### Exercise 3.3: break the code, and decide
#
# Is "leave the code linear" true? An encoder can be trained without any decoder if somebody says what its codes should be. PCA can: `targets` are the sixteen PCA codes of the images in `few`.
#
# Train `DenseEncoder(16, code_activation=...)` on `few` and `targets` with `"linear"` and with `"relu"`, three seeds each (`backend.seed_weights`, Adam with learning rate 0.002, four epochs are enough). The error is the squared error per code on the validation images: summed over the sixteen numbers, averaged over the images. **Predict** first which numbers a ReLU code cannot give. Then set `decision = (choice, errors)`, where `choice` is the activation that you would keep and `errors` your evidence: `{"linear": [...], "relu": [...]}`.

# %% tags=["exercise"]
few = train.x[:2550]
pca = evaluation.fit_pca(train.x, latent_dim=16)
targets, targets_val = (pca.transform(x.reshape(len(x), -1)) for x in (few, val.x))
decision = ...


checks.check_code_decision(decision, targets_val)


# %% tags=["solution"]
few = train.x[:2550]
pca = evaluation.fit_pca(train.x, latent_dim=16)
targets, targets_val = (pca.transform(x.reshape(len(x), -1)) for x in (few, val.x))


def error_of_codes(code_activation, seed):
    encoder = DenseEncoder(16, code_activation=code_activation)
    encoder(few[:1])
    backend.seed_weights(encoder, seed=seed)
    encoder.compile(keras.optimizers.Adam(0.002), loss="mse")
    encoder.fit(few, targets, batch_size=128, epochs=4, shuffle=False, verbose=0)
    return evaluation.squared_error(targets_val, encoder.predict(val.x, verbose=0)).mean()


errors = {name: [error_of_codes(name, seed) for seed in range(3)] for name in ("linear", "relu")}
for name, values in errors.items():
    print(f"{name:6s} {min(values):.1f} to {max(values):.1f} squared error per code")
decision = ("linear", errors)
checks.check_code_decision(decision, targets_val)

# %% [markdown] numbers={"16": "given: an example of the quiz", "32": "given: an example of the quiz", "three in four": "75.4 / 100"}
# ## What to remember
#
# - `__init__` makes layers, `call` connects them; call the model, not `call`.
# - A model gets its weights when it meets its first batch; the first axis is always the batch.
# - Leave the code linear.
# - `latent_dim` is the width of the bottleneck: the number of directions, not of named features.
# - Even an untrained encoder keeps neighbours together; a trained one should beat that, and PCA.
#
# ## Quiz
#
# 1. Why no ReLU on the code? (a) It is slow. (b) Codes could not be negative, and a unit that is zero for every image would usually stay dead. (c) Keras forbids it.
# 2. You double `latent_dim` from 16 to 32 in the dense encoder. Its parameters (a) double; (b) grow by about one per cent; (c) stay the same.
# 3. An untrained encoder's codes have a k-NN accuracy of about three in four. This shows (a) that random maps keep similar images together; (b) that the labels leaked; (c) that training is unnecessary.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Speed (a) is no issue and Keras allows it (c).
# 2. **b.** Only the last matrix, 128 × 16 of some 236,000, doubles. The first layer holds most (not a), and something does grow (not c).
# 3. **a.** Labels were used only to measure the accuracy (b). PCA's code is much better, and nothing here gives a picture back yet, so there is work left for training (c).
# </details>
#
# ## Further reading
#
# - Keras documentation, *Making new layers and models via subclassing*.
# - Hendrycks & Gimpel, *Gaussian error linear units*, arXiv:1606.08415.
# - Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647: a dense encoder with a linear code.
# - LeCun et al. (1998), doi:10.1109/5.726791, section II: why convolutions for pictures.

# %% tags=["receipt"]
notebook.claim(max(random_16) < by_pca[0], "PCA keeps more of the classes than a random encoder")
notebook.receipt(
    dense_parameters=encoder.count_params(),
    conv_parameters=conv_encoder.count_params(),
    random_16_knn=np.mean(random_16),
    pca_16_knn=by_pca[0],
)
