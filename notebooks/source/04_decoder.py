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
# **Time** 20 minutes to read, 25 for the exercises, about 25 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_04 as checks
from ae_keras import ConvDecoder, DenseDecoder, backend, data, evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown] numbers={"A third": "given: 2560 of 7,650 images", "7,650": "lesson 00", "sixteen": "given: the width of the code"}
# ## Pictures from random numbers
#
# A decoder needs codes, but not an encoder of its own. PCA (lesson 00) already gives each image sixteen numbers. Training a decoder on pairs (PCA code, image) is ordinary supervised learning, and lets us study the decoder alone. A third of the 7,650 training images is enough for this lesson. As in lesson 02, each epoch has a new order, the same on every backend.

# %% tags=["keep"]
pca = evaluation.fit_pca(train.x, latent_dim=16)
few = train.x[:2560]


def codes_of(x):
    return pca.transform(x.reshape(len(x), -1)).astype("float32")


codes, codes_val = codes_of(few), codes_of(val.x)


def train_decoder(decoder, targets=few, seed=0, epochs=7):
    """Teach `decoder` to draw `targets` from the PCA codes of the same images."""
    decoder(codes[:1])
    backend.seed_weights(decoder, seed=seed)
    decoder.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
    # The epochs one after the other, each in an order of its own.
    order = np.concatenate([data.epoch_order(len(codes), seed, i) for i in range(epochs)])
    decoder.fit(codes[order], targets[order], batch_size=64, shuffle=False, verbose=0)
    return decoder


def draw(decoder, z):
    return keras.ops.convert_to_numpy(decoder(z))


# %% [markdown] numbers={"five": "given: a value to try"}
# Lesson 00 wrote its decoder as a list of layers, which will do for a first look. **Predict.** After a few seconds of training we give it sixteen *random* numbers, drawn with the mean and the spread of PCA's codes. Will it draw noise, a blur, or digits that nobody has written? And PCA's own decoder, which is a matrix, from the same numbers?
#
# **Change this line and run again:** `SPREAD`, once you have seen the first pictures. Which codes does a spread of 0 give, and what will be drawn from them? And from codes five times as far out as usual?

# %%
first = keras.Sequential(
    [
        layers.Dense(128, activation="gelu"),
        layers.Dense(256, activation="gelu"),
        layers.Dense(int(np.prod(image_shape)), activation="sigmoid"),
        layers.Reshape(image_shape),
    ]
)
_ = train_decoder(first)

# %% mystnb={"image": {"alt": "Two rows of ten shapes from the same random codes: blurred with grey halos from PCA, with firm edges from the decoder; only a few, such as the last, an oval, look like a digit"}}
SPREAD = 1.0  # try 0, 0.5, 2, 5
rng = np.random.default_rng(4)
random_codes = SPREAD * rng.normal(size=(10, 16)) * codes.std(axis=0)
drawn = {
    "PCA": pca.inverse_transform(random_codes).reshape(10, *image_shape),
    "decoder": draw(first, random_codes.astype("float32")),
}
fig, ax = plt.subplots(figsize=(8, 1.8))
plots.plot_rows({name: np.clip(x, 0, 1) for name, x in drawn.items()}, ax=ax)
plt.show()

# %% [markdown] numbers={"sixteen": "given: the width of the code"}
# Neither noise nor, mostly, digits: shapes with the width and the firm edges of a pen stroke, of which a few could pass for a digit (the last is a fair 0). PCA draws the same shapes as a blur with grey halos, because all it can do is add and subtract sixteen fixed pictures. The digits occupy a small part of the space of codes, and independent random numbers mostly miss it; a code that is *made* for drawing new pictures has to wait for lesson 16. How does such a decoder work?

# %% [markdown] numbers={"16": "given: the widths of the encoder of lesson 03"}
# ## Q12. How do you define the architecture of the Decoder by subclassing `keras.Model`?
#
# The decoder is usually the encoder in a mirror: where that narrowed from 784 via 256 and 128 to 16, this widens from 16 via 128 and 256 to 784. The mirror is a habit, not a law. What must hold is only that it accepts a code and returns an image of the right shape. So its one essential argument is the shape of the image; the width of the code it learns from its first input.


# %% tags=["keep"]
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


# %% [markdown] numbers={"2": "given: a stride"}
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

# %% [markdown] numbers={"an eighth": "28785 / 236688"}
# Again about an eighth of the parameters.
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
# **Predict.** This decoder has not been trained. What will it draw for a code of sixteen zeros? And for random codes?

# %% mystnb={"image": {"alt": "Five pictures from an untrained decoder: the first an even grey, the others grey noise"}}
backend.seed_weights(decoder, seed=0)
five = np.concatenate([np.zeros((1, 16), "float32"), 3 * z[:4]])
untrained = keras.ops.convert_to_numpy(decoder(five))
fig, ax = plt.subplots(figsize=(6, 1.5))
plots.plot_images(untrained, title="zero code, then four random codes", ax=ax)
plt.show()
print(f"zero code: every pixel {untrained[0].mean():.2f}")

# %% [markdown]
# For the zero code, zeros go through every layer (biases start at zero), and $\sigma(0) = 0.5$: an even grey. For random codes each pixel is a random mixture: noise. Neighbouring pixels know nothing of each other; that strokes are connected is something the dense decoder has to *learn*.
#
# Now compare this decoder, trained, with PCA's own. To compare like with like, both read the same codes of the same validation images, and PCA's pixels are clipped to [0, 1], the range in which a sigmoid always is. One training may be lucky, so we make three, which differ in their initial weights and in the order of the images.

# %% tags=["keep"]
seeds = (0, 1, 2)
rebuilt = {"sigmoid": []}
for seed in seeds:
    mine = train_decoder(Decoder(image_shape), seed=seed)
    rebuilt["sigmoid"].append(draw(mine, codes_val))


def error_of(x_hat):
    return evaluation.squared_error(val.x, x_hat).mean()


def low_to_high(values, digits=1):
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


linear_error = error_of(np.clip(evaluation.pca_reconstruct(pca, val.x), 0, 1))
mean_error = evaluation.mean_image_error(train.x, val.x)
own_errors = [error_of(x_hat) for x_hat in rebuilt["sigmoid"]]
print("squared error per image, validation")
print(f"PCA's own, linear decoder, clipped  {linear_error:.1f}")
print(f"our decoder, three seeds            {low_to_high(own_errors)}")
print(f"mean training image                 {mean_error:.1f}")
ratio = np.mean(own_errors) / linear_error
notebook.claim(max(own_errors) < linear_error, "a nonlinear decoder beats PCA's on the same codes")
notebook.claim(0.74 < ratio < 0.85, "the error is about a fifth smaller")

# %% [markdown] numbers={"sixteen": "given: the width of the code", "a fifth": "1 - 10.0 / 12.5", "three": "given: 7,650 images against 2560"}
# From *the same* sixteen numbers our decoder draws with about a fifth less error than PCA's, whichever the seed, although PCA was fitted to three times as many images. Part of an autoencoder's advantage is simply that its decoder is nonlinear. What an encoder of its own adds, lesson 06 will show.

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
styles = {"linear": ("C0", "-"), "relu": ("C1", "--"), "tanh": ("C8", "-."), "sigmoid": ("k", "-")}
fig, ax = plt.subplots(figsize=(6, 3))
ax.axhspan(0, 1, color="0.92")
for name, values in curves.items():
    color, style = styles[name]
    ax.plot(a, values, label=name, color=color, linestyle=style)
ax.set(ylim=(-1.5, 2), xlabel="value before the activation", ylabel="pixel")
ax.legend()
plt.show()

# %% [markdown]
# The grey band is where our data live. Only the sigmoid stays inside it and covers all of it. **Predict.** All four are trained for the same time on the same codes. Which will have the smallest error? And what will show that the others have the wrong range?

# %% tags=["keep"]
for activation in ("linear", "tanh", "relu"):
    rebuilt[activation] = []
    for seed in seeds:
        model = train_decoder(DenseDecoder(image_shape, output_activation=activation), seed=seed)
        rebuilt[activation].append(draw(model, codes_val))
outputs = {name: found[0] for name, found in rebuilt.items()}  # of seed 0

# %%
raw = {name: [error_of(x) for x in found] for name, found in rebuilt.items()}
clipped = {name: [error_of(np.clip(x, 0, 1)) for x in found] for name, found in rebuilt.items()}
print("squared error per image   as it comes       clipped to [0, 1]")
for name in rebuilt:
    print(f"{name:25s} {low_to_high(raw[name]):17s} {low_to_high(clipped[name])}")
others = [error for name in rebuilt if name != "relu" for error in clipped[name]]
notebook.claim(max(raw["relu"]) < min(others), "ReLU has the smallest error")
averages = {name: np.mean(errors) / np.mean(own_errors) for name, errors in clipped.items()}
notebook.claim(abs(averages["linear"] - 1) < 0.06, "linear, clipped, is level with the sigmoid")
notebook.claim(1.02 < averages["tanh"] < 1.12, "tanh is a few per cent behind")

# %% [markdown]
# Not the sigmoid: the ReLU has the smallest error, with every seed, before clipping and after. Once clipped, the linear output is level with the sigmoid, and tanh is a few per cent behind. So the squared error gives no reason for a sigmoid here: after clipping, as for a screen, hardly anything of a wrong range is left in it. Where does it show?

# %% tags=["keep"]
ever_lit = val.x.max(axis=0) > 0


def shares(x_hat):
    outside = np.mean((x_hat < 0) | (x_hat > 1))
    far = np.mean((x_hat < -0.05) | (x_hat > 1.05))
    inside = np.all((x_hat > 0) & (x_hat < 1), axis=(1, 2, 3)).mean()
    dead = np.mean(x_hat.max(axis=0)[ever_lit] <= 0)
    return outside, far, inside, dead


table = {name: np.mean([shares(x) for x in found], axis=0) for name, found in rebuilt.items()}
print("           pixels outside   by more     images wholly   pixels that are")
print("           [0, 1]           than 0.05   inside (0, 1)   always black")
for name, (outside, far, inside, dead) in table.items():
    print(f"{name:10s} {outside:14.1%}   {far:9.1%}   {inside:13.1%}   {dead:15.1%}")
notebook.claim(table["sigmoid"][0] == 0 < table["relu"][0], "only the sigmoid stays in [0, 1]")
notebook.claim(
    table["sigmoid"][3] < 0.01 < 0.15 < table["relu"][3], "only the ReLU has dead pixels"
)


# %% mystnb={"image": {"alt": "Originals and the outputs of four decoders. The sigmoid's are all grey; the linear ones have blue pixels round the strokes and orange ones inside, tanh only blue, ReLU only orange"}}
def marked(x_hat, margin=0.05):
    """Grey pictures in which what is too dark is blue, and what is too bright is orange."""
    coloured = np.repeat(np.clip(x_hat, 0, 1), 3, axis=-1)
    coloured[x_hat[..., 0] < -margin] = (0.2, 0.5, 1.0)
    coloured[x_hat[..., 0] > 1 + margin] = (1.0, 0.55, 0.0)
    return coloured


rows = {"original": val.x[:10]} | {name: x_hat[:10] for name, x_hat in outputs.items()}
fig, ax = plt.subplots(figsize=(8, 4))
title = "below 0 by more than 0.05: blue; above 1 by more than 0.05: orange"
plots.plot_rows({name: marked(x) for name, x in rows.items()}, title=title, ax=ax)
plt.show()

# %% [markdown] numbers={"Four in ten": "39.4 / 100", "a third": "35.8 / 100", "One in five": "20.9 / 100", "twice": "1 - -1", "four": "2 ** 2"}
# **Range.** Four in ten pixels of the linear decoder and over a third of the tanh decoder's lie outside [0, 1]: too dark round the strokes (blue), and from the linear one also too bright inside them (orange). Tanh cannot exceed 1, so it is only ever too dark; the ReLU is only ever too bright. Most of the linear and tanh pixels that are outside miss by less than 0.05 and are left grey in the picture, but all must be clipped before they can be shown as pixels. The reason is in the histogram of lesson 02: most pixels are exactly black. To say "black" a sigmoid only has to be very negative, and any of many values will do; a linear output must hit zero exactly, for hundreds of pixels at once.
#
# **Cross-entropy.** This loss, which lesson 06 compares with the squared error, takes logarithms of $\hat x$ and $1 - \hat x$. Both exist for every image from the sigmoid, and for none from the others.
#
# **Dead pixels.** The ReLU can say "black" easily, but at a price: a pixel unit that is negative for every image is always black, receives no gradient of its own and rarely recovers (a *[dead unit](glossary.md#dead-unit)*). One in five of the pixels that are lit in some validation image never lights up.
#
# If you only need a small squared error, a clipped ReLU is a defensible choice. For images in [0, 1] this course takes the sigmoid: whatever it returns is a picture, and both losses can be used.
#
# Now the opposite mistake: leave the sigmoid and change the data. Scale the images to [-1, 1], as you may find in tutorials written for GANs (another kind of network that draws pictures). In [-1, 1] every difference is twice as large and every square four times, so we divide the errors by four to compare them with those above. **Predict.** The sigmoid can still draw white, and grey for black. Will you be able to read its digits?


# %%
def train_symmetric(activation):
    """Validation images from a decoder that is trained on images in [-1, 1]."""
    model = DenseDecoder(image_shape, output_activation=activation)
    return draw(train_decoder(model, targets=2 * few - 1), codes_val)


symmetric = {name: train_symmetric(name) for name in ("sigmoid", "tanh")}
in_range = {
    name: evaluation.squared_error(2 * val.x - 1, x).mean() / 4 for name, x in symmetric.items()
}
print("squared error per image, data in [-1, 1], divided by four")
print(f"sigmoid              {in_range['sigmoid']:.1f}")
print(f"tanh                 {in_range['tanh']:.1f}")
print(f"mean training image  {mean_error:.1f}")
notebook.claim(in_range["sigmoid"] > 3 * mean_error, "a sigmoid cannot reach -1")
notebook.claim(in_range["tanh"] < 1.03 * np.mean(own_errors), "tanh fits [-1, 1] as well")

# %% mystnb={"image": {"alt": "Three rows: originals; sigmoid reconstructions on mid-grey in which parts of strokes are missing, so that both zeros are broken rings; tanh reconstructions that are complete, on black"}}
# Back to [0, 1]. Whether a tanh reaches -1 exactly is a matter of rounding, so the ends are left out.
shown = {name: np.clip((x + 1) / 2, 0.001, 0.999) for name, x in symmetric.items()}
rows = {"original": val.x[:10]} | {name: x[:10] for name, x in shown.items()}
fig, ax = plt.subplots(figsize=(8, 2.4))
plots.plot_rows(rows, ax=ax)
plt.show()

# %%
bright = val.x > 0.75
often = np.mean(val.x > 0.5, axis=0) > 0.1
lost = {name: np.mean(x[bright] < 0.51) for name, x in shown.items()}
never = {name: np.mean(x.max(axis=0)[often] < 0.51) for name, x in shown.items()}
for name in shown:
    print(
        f"{name:8s} bright pixels drawn no brighter than mid-grey: {lost[name]:5.1%}; "
        f"stuck there for every image: {never[name]:5.1%}"
    )
stuck = often & (shown["sigmoid"].max(axis=0) < 0.51)
mostly_black = np.mean(np.mean(val.x[:, stuck] == 0, axis=0) > 0.5)
notebook.claim(lost["sigmoid"] > 3 * lost["tanh"], "the sigmoid loses strokes, too")
notebook.claim(mostly_black > 0.6, "most stuck pixels are black in most images")

# %% [markdown] numbers={"-1": "given: the scaling", "600": "given: measured, 596 on average", "150": "600 / 4", "9.5": "given: measured, seed 1", "9.3": "given: measured, seed 2", "three": "162.1 / 49.6", "a tenth": "given: `often` in the code", "2": "seen: the figure", "A quarter": "23.0 / 100", "four in ten": "40.5 / 100"}
# The sigmoid cannot go below 0, so every black pixel, which is now -1, is wrong by at least 1. Those are about 600 of 784 pixels; divided by four, about 150 of the sigmoid's error, which is more than three times that of the mean image. Tanh, which fits this range, has 9.6 (9.5 and 9.3 from two other seeds): no worse than the sigmoid on [0, 1].
#
# The picture shows a second damage. Not only is the background grey; strokes are *missing*. Both zeros are broken rings, and the first 2 has lost its foot. A quarter of the bright pixels are drawn no brighter than the background, and four in ten of the pixels that are often bright (in at least a tenth of the images) never light up at all. (Two other seeds gave much the same.) Most of these pixels are black, a target of -1, in most of the images, so training pushes these units ever further into the flat end of the sigmoid, where the slope, and with it the gradient, is almost 0: they are **saturated**. Many digits can still be read, so the mistake may go unnoticed for a long time. The rule:
#
# | data in | last activation | loss |
# |---|---|---|
# | [0, 1] | sigmoid | squared error or binary cross-entropy |
# | [-1, 1] | tanh | squared error |
# | unbounded | linear | squared error |

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("4.1")` gives a hint; call it again for the next one.
#
# ### Exercise 4.1: a decoder for any range
#
# A heat camera gives temperatures between 15 and 45 degrees. Write `ranged_decoder(image_shape, low, high)`, which returns a decoder whose pixels can reach all of the range from `low` to `high` and cannot leave it. The check also makes every pixel far too bright and trains a step: does the decoder begin to come back?


# %% tags=["exercise"]
def ranged_decoder(image_shape, low, high): ...


checks.check_ranged_decoder(ranged_decoder)


# %% tags=["solution"]
def ranged_decoder(image_shape, low, high):
    return keras.Sequential([DenseDecoder(image_shape), layers.Rescaling(high - low, offset=low)])


checks.check_ranged_decoder(ranged_decoder)

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
# Write `MyDecoder(image_shape)`, a subclass of `keras.Model` that doubles its map by `layers.UpSampling2D` (nearest neighbour: each value becomes a 2 × 2 block) followed by a convolution, twice. Pixels in [0, 1]; height and width are multiples of four. The check trains it for a few seconds. Then judge it yourself: train it with `train_decoder` and print its error beside that of the dense decoder, `own_errors[0]`. Which would you keep, and what else would you compare before you decide?


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


my_error = error_of(draw(train_decoder(MyDecoder(image_shape)), codes_val))
print(f"squared error per image: {my_error:.1f}, dense decoder {own_errors[0]:.1f}")
checks.check_decoder(MyDecoder)

# %% [markdown]
# ### Exercise 4.4: decide, and show why
#
# Which output would you give a decoder for images in [0, 1]? Set `decision = (choice, reason, numbers)`:
#
# - `choice` is `"sigmoid"`, `"linear"`, `"tanh"` or `"relu"`;
# - `reason` is `"error"` (squared error per image, clipped to [0, 1]), `"range"` (fraction of pixels outside [0, 1]) or `"dead"` (fraction of the pixels in `ever_lit` that are black in all images);
# - `numbers` is your evidence: a dict from each of the four names to that measure, computed from `outputs` below.
#
# There is more than one defensible choice. The check computes the numbers again and asks whether they support yours.

# %% tags=["exercise"]
decision = ...


checks.check_decision(decision, val.x, outputs)

# %% tags=["solution"]
numbers = {name: np.mean((x_hat < 0) | (x_hat > 1)) for name, x_hat in outputs.items()}
decision = ("sigmoid", "range", numbers)
checks.check_decision(decision, val.x, outputs)

# %% [markdown] numbers={"2": "given: a stride", "doubles": "given: a stride of 2"}
# ## What to remember
#
# - The decoder mirrors the encoder by habit; by necessity it returns the image's shape.
# - Transposed convolution paints a learned window per value; with a 2 × 2 window and stride 2 it doubles the size.
# - The last activation should cover the data's range and nothing beyond: [0, 1] wants a sigmoid.
# - Squared error alone does not tell you so. Look at the range of the output, and at the pictures.
#
# ## Quiz
#
# 1. Reconstructions have a mid-grey background, and parts of strokes are missing. Suspect first (a) the learning rate; (b) the output activation against the data range; (c) the code size.
# 2. Why do so many pixels of a linear output lie outside [0, 1]? (a) It cannot produce 0. (b) It has fewer parameters. (c) It must hit black exactly, where a sigmoid only has to be very negative.
# 3. For images in [0, 1] a ReLU output had the smallest squared error here. Why take a sigmoid all the same? (a) Its error is smaller after clipping. (b) It trains faster. (c) It stays in [0, 1], can be used with the cross-entropy, and has no dead pixels.
#
# <details><summary>Answers</summary>
#
# 1. **b.** A bad learning rate (a) or a small code (c) blurs; neither shifts the whole background to one grey.
# 2. **c.** It can produce 0 (a), only not exactly, for hundreds of pixels at once; the number of parameters is the same (b).
# 3. **c.** The ReLU's error stays the smaller one after clipping (a), and all were trained for the same number of steps (b).
# </details>
#
# ## Further reading
#
# - Dumoulin & Visin, *A guide to convolution arithmetic for deep learning*, arXiv:1603.07285, chapter 4: transposed convolution in pictures.
# - Odena, Dumoulin & Olah, *Deconvolution and checkerboard artifacts* (2016), doi:10.23915/distill.00003: when the painted windows overlap.
# - Goodfellow, Bengio & Courville, *Deep Learning* (2016), section 6.2.2: output units.

# %% tags=["receipt"]
notebook.claim(linear_error < mean_error, "PCA must beat the mean image")
notebook.receipt(
    pca_decoder=linear_error,
    our_decoder=np.mean(own_errors),
    relu_decoder=np.mean(clipped["relu"]),
    symmetric_tanh=in_range["tanh"],
)
