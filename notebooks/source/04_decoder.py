# %% [markdown]
# # 04. The decoder
#
# *Write the half that turns a few numbers into a picture, and give it an output that can reach the data.*
#
# **You will be able to**
# - define a decoder by subclassing `keras.Model`, dense or with transposed convolutions;
# - follow a code through it until it is an image;
# - choose the last activation so that it fits the range of the data, and recognise the damage when it does not.
#
# **You need** lesson 03.
#
# **Time** 20 minutes to read, about 20 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_04 as checks
from ae_keras import ConvDecoder, DenseDecoder, backend, data, evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

notebook.start(seed=0)
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown]
# ## Q12. How do you define the architecture of the Decoder by subclassing `keras.Model`?
#
# The decoder is usually the encoder in a mirror: where that narrowed from 784 via 256 and 128 to 16, this widens from 16 via 128 and 256 to 784. The mirror is a habit, not a law. What must hold is only that it accepts a code and returns an image of the right shape. So its one essential argument is the shape of the image; the width of the code it learns from its first input.


# %%
class Decoder(keras.Model):
    """Code (batch, latent_dim) -> image (batch, height, width, channels)."""

    def __init__(self, image_shape, hidden=(128, 256), activation="gelu", **kwargs):
        super().__init__(**kwargs)
        self.hidden_layers = [layers.Dense(n, activation=activation) for n in hidden]
        self.pixels = layers.Dense(int(np.prod(image_shape)), activation="sigmoid")
        self.to_image = layers.Reshape(image_shape)

    def call(self, z):
        for layer in self.hidden_layers:
            z = layer(z)
        return self.to_image(self.pixels(z))


# %% [markdown]
# The last dense layer has one unit for each value of the image, and `Reshape` undoes what `Flatten` did. The sigmoid, $\sigma(a) = 1 / (1 + e^{-a})$, keeps every pixel between 0 and 1; why that matters is Q14.
#
# ### A convolutional decoder
#
# A stride-2 convolution halves a picture; its partner, the **[transposed convolution](glossary.md#transposed-convolution)**, doubles it. Each value of the small map is multiplied by a little window of weights and the window is *painted* into the large map. With a 2 × 2 window and stride 2 the paintings lie side by side without overlapping, exactly undoing the halving of the size.

# %%
small = np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]])
paint = layers.Conv2DTranspose(1, kernel_size=2, strides=2, use_bias=False)
paint.build(small.shape)
paint.set_weights([np.array([[1.0, 0.5], [0.5, 0.0]]).reshape(2, 2, 1, 1)])
print("a 2 x 2 map:\n", small[0, :, :, 0])
print("painted with the window [[1, 0.5], [0.5, 0]]:")
print(keras.ops.convert_to_numpy(paint(small))[0, :, :, 0])

# %% [markdown]
# Every value became a 2 × 2 block, the window times that value. In the decoder the window is learned, so the network decides how to enlarge.


# %%
class ConvolutionalDecoder(keras.Model):
    """Code -> 7 x 7 map -> 14 x 14 -> 28 x 28, for sizes that are multiples of four."""

    def __init__(self, image_shape, filters=(32, 16), **kwargs):
        super().__init__(**kwargs)
        height, width, channels = image_shape
        map_shape = (height // 4, width // 4, filters[0])
        self.features = layers.Dense(int(np.prod(map_shape)), activation="gelu")
        self.to_map = layers.Reshape(map_shape)
        self.first_up = layers.Conv2DTranspose(filters[1], 2, strides=2, activation="gelu")
        self.second_up = layers.Conv2DTranspose(channels, 2, strides=2, activation="sigmoid")

    def call(self, z):
        x = self.to_map(self.features(z))
        return self.second_up(self.first_up(x))


# %%
conv_shape = (*(4 * (n // 4) for n in image_shape[:2]), image_shape[2])  # multiples of four
z = np.random.default_rng(0).normal(size=(5, 16)).astype("float32")
decoder, conv_decoder = Decoder(image_shape), ConvolutionalDecoder(conv_shape)
for name, model in (("dense", decoder), ("convolutional", conv_decoder)):
    print(
        f"{name:14s} {tuple(z.shape)} -> {tuple(model(z).shape)}, {model.count_params():7,} parameters"
    )

# %% [markdown]
# Again a fraction of the parameters. (A trap in passing: had we called the layers `double` and `half`, the class would fail on PyTorch alone. There every Keras layer is also a torch module, and those names are taken.)
#
# `ae_keras.DenseDecoder` and `ae_keras.ConvDecoder` are these classes for any image size and any number of stages (an output that is too large is cropped). They take one shortcut: blocks that do not overlap need no adding up, so `ConvDecoder` computes all blocks of a stage as one matrix product, which is faster than the general transposed convolution. Given the same weights they must draw the same pictures, up to the last digit:


# %%
def same_function(mine, theirs, z):
    theirs(z)  # builds it
    theirs.set_weights(mine.get_weights())
    a = keras.ops.convert_to_numpy(mine(z))
    b = keras.ops.convert_to_numpy(theirs(z))
    return np.allclose(a, b, atol=1e-6)


print("dense, same output:        ", same_function(decoder, DenseDecoder(image_shape), z))
print("convolutional, same output:", same_function(conv_decoder, ConvDecoder(conv_shape), z))

# %% [markdown]
# ## Q13. How do you implement the forward pass of the Decoder, from latent representation to image?
#
# As with the encoder: it is `call`, and you call the model. Layer by layer:

# %%
h = z
for layer in [*decoder.hidden_layers, decoder.pixels, decoder.to_image]:
    h = layer(h)
    print(f"{type(layer).__name__:8s} -> {tuple(h.shape)}")

# %% [markdown]
# **Predict.** The decoder has not been trained. What will it draw for a code of sixteen zeros? And for random codes?

# %% mystnb={"image": {"alt": "Five pictures from an untrained decoder: the first an even grey, the others grey noise"}}
backend.seed_weights(decoder, seed=0)
codes = np.concatenate([np.zeros((1, 16), "float32"), 3 * z[:4]])
drawn = keras.ops.convert_to_numpy(decoder(codes))
fig, ax = plt.subplots(figsize=(6, 1.5))
plots.plot_images(drawn, title="zero code, then four random codes", ax=ax)
plt.show()
print(f"zero code: every pixel {drawn[0].mean():.2f}")

# %% [markdown]
# For the zero code, zeros go through every layer (biases start at zero), and $\sigma(0) = 0.5$: an even grey. For random codes each pixel is a random mixture: noise. Neighbouring pixels know nothing of each other; that strokes are connected is something the dense decoder has to *learn*.
#
# It can learn without any encoder, by the way, if somebody hands it codes. PCA can: it gives each image sixteen numbers. Training the decoder on pairs (PCA code, image) is ordinary supervised learning, and it lets us study the decoder alone.

# %%
pca = evaluation.fit_pca(train.x, latent_dim=16)
pca_codes = pca.transform(train.x.reshape(len(train), -1)).astype("float32")
pca_codes_val = pca.transform(val.x.reshape(len(val), -1)).astype("float32")


def train_decoder(decoder, targets, epochs=12):
    """Teach `decoder` to draw `targets` from the PCA codes of the training images."""
    decoder(pca_codes[:1])
    backend.seed_weights(decoder, seed=0)
    decoder.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
    decoder.fit(pca_codes, targets, batch_size=128, epochs=epochs, shuffle=False, verbose=0)
    return decoder.predict(pca_codes_val, verbose=0)


# %%
from_codes = train_decoder(DenseDecoder(image_shape), train.x)
linear = evaluation.pca_reconstruct(pca, val.x)
bent_error = evaluation.squared_error(val.x, from_codes).mean()
linear_error = evaluation.squared_error(val.x, linear).mean()
print(f"PCA's own, linear decoder  {linear_error:6.2f}")
print(f"our decoder, same codes    {bent_error:6.2f}   squared error per image, validation")

# %% [markdown]
# From *the same* sixteen numbers our decoder draws better pictures than PCA does: part of an autoencoder's advantage is simply that its decoder is nonlinear. (It even beats lesson 00's small autoencoder, whose decoder had one hidden layer; lesson 06 trains this decoder with an encoder of its own.)

# %% [markdown]
# ## Q14. How do you choose the Decoder's output activation, so that its values lie in the range of the data?
#
# The last activation decides which pictures the decoder can draw at all:

# %% mystnb={"image": {"alt": "Four curves: linear unbounded, relu from zero up, tanh between minus one and one, sigmoid between zero and one; a grey band marks the range of the data"}}
a = np.linspace(-5, 5, 201)
curves = {
    "linear": a,
    "relu": np.maximum(a, 0),
    "tanh": np.tanh(a),
    "sigmoid": 1 / (1 + np.exp(-a)),
}
fig, ax = plt.subplots(figsize=(6, 3))
ax.axhspan(0, 1, color="0.92")
for name, values in curves.items():
    ax.plot(a, values, label=name, linestyle="--" if name == "relu" else "-")
ax.set(ylim=(-1.5, 2), xlabel="value before the activation", ylabel="pixel")
ax.legend()
plt.show()

# %% [markdown]
# The grey band is where our data live. Only the sigmoid stays inside it and covers all of it. **Predict.** All four are trained for the same time on the same codes. Will the wrong ranges show in the *error*, in the *range* of the output, or in both?

# %%
outcome, outside = {}, {}
ever_lit = val.x.max(axis=0) > 0
for activation in ("sigmoid", "linear", "tanh", "relu"):
    x_hat = train_decoder(DenseDecoder(image_shape, output_activation=activation), train.x)
    outcome[activation] = evaluation.squared_error(val.x, x_hat).mean()
    outside[activation] = np.mean((x_hat < 0) | (x_hat > 1))
    dead = np.mean(x_hat.max(axis=0)[ever_lit] == 0)
    print(
        f"{activation:8s} error {outcome[activation]:5.2f}, "
        f"{outside[activation]:5.1%} outside [0, 1], always black: {dead:5.1%}"
    )

# %% [markdown]
# The linear and the tanh decoder pay a little more than the sigmoid, the ReLU even less: nothing that names the fault. The *range* tells: four in ten pixels of the linear and over a third of the tanh decoder's are blacker than black or whiter than white, and must be clipped before they can be shown. The reason is in the histogram of lesson 02: most pixels are exactly black. To say "black" a sigmoid only has to be very negative, and any of many values will do; a linear output must hit zero exactly, for hundreds of pixels at once, and lands below it half of the time. The ReLU says black easily but has a fault of its own: a pixel unit that is negative for every image is always black, receives no gradient of its own and rarely recovers (a *[dead unit](glossary.md#dead-unit)*); the last column gives the fraction of such pixels among those that are not always black in the data. And only the sigmoid's output may go into the cross-entropy of lesson 06, which takes logarithms of $\hat x$ and $1 - \hat x$.
#
# Now the opposite mistake: leave the sigmoid and change the data. Scale the images to [-1, 1], as you may find in tutorials written for GANs (another kind of network that draws pictures).

# %% mystnb={"image": {"alt": "Three rows: originals scaled to minus one to one, sigmoid reconstructions with a mid-grey background, tanh reconstructions with a black one"}}
symmetric, symmetric_val = 2 * train.x - 1, 2 * val.x - 1
rows = {"original": val.x[:10]}
symmetric_error = {}
for activation in ("sigmoid", "tanh"):
    x_hat = train_decoder(DenseDecoder(image_shape, output_activation=activation), symmetric)
    symmetric_error[activation] = evaluation.squared_error(symmetric_val, x_hat).mean()
    rows[activation] = (x_hat[:10] + 1) / 2  # back to [0, 1], to look at it
    print(f"data in [-1, 1], {activation:7s} error {symmetric_error[activation]:6.1f}")
fig, ax = plt.subplots(figsize=(8, 2.4))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# The sigmoid cannot go below 0, so every black pixel, which is now -1, is wrong by at least 1, and the squared error cannot fall below the number of black pixels, about 600 of 784. The digits are legible and only the background is grey, so the mistake can go unnoticed for a long time. The rule:
#
# | data in | last activation | loss |
# |---|---|---|
# | [0, 1] | sigmoid | squared error or binary cross-entropy |
# | [-1, 1] | tanh | squared error |
# | unbounded | linear | squared error |
#
# (The errors of the two scalings cannot be compared directly: in [-1, 1] all differences are twice as large, and their squares four times.)

# %% [markdown]
# ## Exercises
#
# ### Exercise 4.1: a decoder for [-1, 1]
#
# Write `symmetric_decoder(image_shape)`, which returns a decoder whose pixels lie between -1 and 1. Use what the package offers.


# %% tags=["exercise"]
def symmetric_decoder(image_shape): ...


checks.check_symmetric_decoder(symmetric_decoder)


# %% tags=["solution"]
def symmetric_decoder(image_shape):
    return DenseDecoder(image_shape, output_activation="tanh")


checks.check_symmetric_decoder(symmetric_decoder)

# %% [markdown]
# ### Exercise 4.2: a floor under the error
#
# A sigmoid decoder meets data in [-1, 1]. Write `sigmoid_floor(x)`: the smallest squared error per image that *any* output in [0, 1] can reach on the images `x`, an array `(n, height, width, channels)` with values in [-1, 1]. (What is the best a pixel can do where `x` is negative, and where it is positive?)


# %% tags=["exercise"]
def sigmoid_floor(x): ...


checks.check_sigmoid_floor(sigmoid_floor)


# %% tags=["solution"]
def sigmoid_floor(x):
    best = np.clip(x, 0, 1)  # the closest value that a sigmoid can reach
    return np.sum((x - best) ** 2, axis=(1, 2, 3)).mean()


print(f"floor on our validation set: {sigmoid_floor(2 * val.x - 1):.1f} squared error per image")
checks.check_sigmoid_floor(sigmoid_floor)

# %% [markdown]
# ### Exercise 4.3: a decoder of your own
#
# Write `MyDecoder(image_shape)`, a subclass of `keras.Model` that doubles its map by `layers.UpSampling2D` (nearest neighbour: each value becomes a 2 × 2 block) followed by a convolution, twice. Pixels in [0, 1]; height and width are multiples of four.


# %% tags=["exercise"]
class MyDecoder(keras.Model): ...


checks.check_decoder(MyDecoder)


# %% tags=["solution"]
class MyDecoder(keras.Model):
    def __init__(self, image_shape, **kwargs):
        super().__init__(**kwargs)
        height, width, channels = image_shape
        self.features = layers.Dense(height // 4 * (width // 4) * 16, activation="gelu")
        self.to_map = layers.Reshape((height // 4, width // 4, 16))
        self.up = layers.UpSampling2D(2)
        self.refine = layers.Conv2D(8, 3, padding="same", activation="gelu")
        self.pixels = layers.Conv2D(channels, 3, padding="same", activation="sigmoid")

    def call(self, z):
        x = self.to_map(self.features(z))
        return self.pixels(self.up(self.refine(self.up(x))))


checks.check_decoder(MyDecoder)

# %% [markdown]
# ## What to remember
#
# - The decoder mirrors the encoder by habit; by necessity it returns the image's shape.
# - Transposed convolution paints a learned window per value; with a 2 × 2 window and stride 2 it doubles the size.
# - The last activation must cover the data's range and nothing beyond: [0, 1] wants a sigmoid.
# - A wrong one trains without complaint. Look at the range of the output.
#
# ## Quiz
#
# 1. Reconstructions are sharp, but the background is mid-grey. Suspect first (a) the learning rate; (b) the output activation against the data range; (c) the code size.
# 2. Why do four in ten pixels of a linear output lie outside [0, 1]? (a) It cannot produce 0. (b) It has fewer parameters. (c) It must hit black exactly, where a sigmoid only has to be very negative.
# 3. An untrained decoder draws an even grey for the zero code because (a) its weights are zero; (b) its biases are zero and $\sigma(0) = 0.5$; (c) it averages the training images.
#
# <details><summary>Answers</summary>
#
# 1. **b.** A bad learning rate (a) or a small code (c) blurs; neither shifts the background evenly.
# 2. **c.** It can produce 0 (a), only not exactly, for hundreds of pixels at once; the number of parameters is the same (b).
# 3. **b.** The weights are random (not a), and it has seen no image yet (not c).
# </details>
#
# ## Further reading
#
# - Dumoulin & Visin, *A guide to convolution arithmetic for deep learning*, arXiv:1603.07285, chapter 4: transposed convolution in pictures.
# - Odena, Dumoulin & Olah, *Deconvolution and checkerboard artifacts* (2016), doi:10.23915/distill.00003: when the painted windows overlap.
# - Goodfellow, Bengio & Courville, *Deep Learning* (2016), section 6.2.2: output units.

# %% tags=["receipt"]
notebook.claim(
    bent_error < linear_error, "a nonlinear decoder must beat a linear one on the same codes"
)
notebook.claim(outside["sigmoid"] == 0 < outside["linear"], "only the sigmoid stays in [0, 1]")
notebook.claim(
    symmetric_error["sigmoid"] > 2 * symmetric_error["tanh"], "a sigmoid cannot reach -1"
)
notebook.receipt(
    pca_decoder=linear_error,
    our_decoder=bent_error,
    linear_output=outcome["linear"],
)
