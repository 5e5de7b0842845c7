# %% [markdown]
# # 11. Convolution and upsampling
#
# *One small window of weights, used everywhere in the picture: what it assumes, what it saves, what it costs, and where it leaves traces.*
#
# **You will be able to**
# - say what a convolution assumes about pictures, and test whether your data bear it out;
# - downsample a picture by strides or by pooling, upsample it in three ways, and count what each costs;
# - foresee a checkerboard artefact, measure it and avoid it;
# - compare convolutional and dense autoencoders fairly: parameters, multiplications, error, baselines;
# - work with colour, and carry weights trained on small patches over to a whole photograph.
#
# **You need** lessons 03, 04 and 06.
#
# **Time** 30 minutes to read, 35 for the exercises, about 40 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_11 as checks
from ae_keras import Autoencoder, ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder
from ae_keras import backend, data, evaluation, losses, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from matplotlib import cbook
from sklearn.datasets import load_sample_image

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown]
# ## Would the network notice?
#
# Below are eight digits, and the same digits after their 784 pixels were shuffled: one random order, the same for every image. Nothing is lost, as the order can be undone. To you the lower row is noise. `few` are the images that this lesson trains on.

# %% tags=["keep"]
few = train.x[:1500]
order = np.random.default_rng(0).permutation(int(np.prod(image_shape)))


def shuffled(x):
    """The images with their pixels in another order, the same for all."""
    return x.reshape(len(x), -1)[:, order].reshape(x.shape)


# %% [markdown]
# The same eight images, before and after:

# %% mystnb={"image": {"alt": "Two rows of eight: handwritten digits, and below them the same digits as scattered grey specks without any shape"}}
fig, ax = plt.subplots(figsize=(7, 2))
plots.plot_rows({"digits": val.x[:8], "shuffled": shuffled(val.x[:8])}, ax=ax)
plt.show()

# %% [markdown]
# **Predict.** We train two autoencoders with codes of 20 numbers on 1,500 images for six epochs: a dense one as in lesson 06, and a convolutional one, each on digits and on shuffled digits. How much worse will each be on the shuffled ones: *not at all*, *a little*, *much*? (Each has the better of the two learning rates 0.002 and 0.005 for digits.) [PCA](glossary.md#pca), clipped to [0, 1], stands beside them.


# %% tags=["keep"]
def trained(model, x, learning_rate=0.005, batch_size=16, epochs=6, seed=0):
    """Seeded weights, Adam with a rate that falls to zero, seeded batches."""
    backend.seed_weights(model, seed=seed)
    batches = data.Batches(x, batch_size=batch_size, seed=seed)
    decay = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * len(batches))
    model.compile(optimizer=keras.optimizers.Adam(decay), loss=losses.squared_error)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def error(model, x):
    return evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()


def dense():
    return Autoencoder(DenseEncoder(20), DenseDecoder(image_shape))


def convolutional(down="stride", up="nearest"):
    encoder = ConvEncoder(20, filters=(8, 16), down=down)
    return Autoencoder(encoder, ConvDecoder(image_shape, filters=(16, 8), up=up))


def pca_error(x_train, x, latent_dim=20):
    pca = evaluation.fit_pca(x_train, latent_dim)
    return evaluation.squared_error(x, np.clip(evaluation.pca_reconstruct(pca, x), 0, 1)).mean()


# %% [markdown]
# Now the four trainings, and the errors on validation images, shuffled where the training images were:

# %%
models = {
    "dense": trained(dense(), few, learning_rate=0.002),
    "convolutional": trained(convolutional(), few),
}
on_shuffled = {
    "dense": trained(dense(), shuffled(few), learning_rate=0.002),
    "convolutional": trained(convolutional(), shuffled(few)),
}
noticed = {
    name: (error(model, val.x), error(on_shuffled[name], shuffled(val.x)))
    for name, model in models.items()
}
noticed["PCA"] = pca_error(few, val.x), pca_error(shuffled(few), shuffled(val.x))
noticed["mean image"] = (evaluation.mean_image_error(few, val.x),) * 2
print("squared error per image, validation")
print("                 digits   shuffled")
for name, (plain, mixed) in noticed.items():
    print(f"{name:15s} {plain:7.1f} {mixed:10.1f}")
(dense_plain, dense_mixed), (conv_plain, conv_mixed), *_ = noticed.values()
notebook.claim(abs(dense_mixed / dense_plain - 1) < 0.2, "the dense network hardly notices")
notebook.claim(conv_plain < 0.75 * dense_plain, "convolution is far ahead on digits")
notebook.claim(conv_mixed > 1.5 * dense_mixed, "and far behind on shuffled ones")

# %% [markdown] numbers={"14.5": "given: measured, three seeds", "12.3": "given: measured, three seeds", "6.2": "given: measured, three seeds", "7.9": "given: measured, three seeds", "29": "given: measured, three seeds", "38": "given: measured, three seeds", "two": "given: a stride", "doubles": "given: a stride of 2"}
# The dense network hardly notices. To it a pixel is one of 784 numbers, whoever its neighbours are, and PCA does not notice at all (with so few images and so short a training it is ahead of the dense network, which has 12.3 to 14.5 from three seeds). The convolutional network is far ahead on digits, 6.2 to 7.9 from three seeds, and far behind on shuffled ones, 29 to 38. It *assumes* that neighbouring pixels belong together and that a pattern means the same wherever it stands. Such an assumption is called an *[inductive bias](glossary.md#inductive-bias)*. Where it is true, few images and few weights go a long way; where it is false, it is a burden.
#
# So much for the reason. The rest of this lesson is about how such networks are built, what they cost, and where they leave traces.
#
# ## Down: strides or pooling
#
# Lesson 03 halved a picture with a *strided* convolution, which moves two pixels at a time. The classic alternative is **[max pooling](glossary.md#max-pooling)**: convolve at every pixel, then keep the largest of each block of 2 × 2 values. Its place within the block is forgotten. The way back doubles the map: **[nearest-neighbour upsampling](glossary.md#nearest-neighbour-upsampling)** copies each value to a block of 2 × 2, and a 3 × 3 convolution after it does the drawing.

# %%
picture = np.array([[1, 3, 0, 0], [2, 9, 0, 4], [5, 5, 7, 0], [5, 6, 0, 0]], "float32")
pooled = layers.MaxPooling2D(2)(picture[None, :, :, None])
copied = layers.UpSampling2D(2)(pooled)
for name, values in (("picture", picture), ("pooled", pooled), ("copied", copied)):
    values = keras.ops.convert_to_numpy(values)
    side = round(values.size**0.5)
    print(f"{name}:\n{values.reshape(side, side).astype(int)}")

# %% [markdown]
# An autoencoder of these parts, written out once (the package has it as `ConvEncoder(down="pool")` and `ConvDecoder(up="nearest")`):

# %%
encoder_by_hand = keras.Sequential(
    [
        layers.Conv2D(8, 3, padding="same", activation="gelu"),
        layers.MaxPooling2D(2, padding="same"),
        layers.Conv2D(16, 3, padding="same", activation="gelu"),
        layers.MaxPooling2D(2, padding="same"),
        layers.Flatten(),
        layers.Dense(20),
    ]
)
height, width, channels = image_shape
rows, columns = -(-height // 4), -(-width // 4)  # two stages, rounded up
decoder_by_hand = keras.Sequential(
    [
        layers.Dense(rows * columns * 16, activation="gelu"),
        layers.Reshape((rows, columns, 16)),
        layers.UpSampling2D(2),
        layers.Conv2D(8, 3, padding="same", activation="gelu"),
        layers.UpSampling2D(2),
        layers.Conv2D(channels, 3, padding="same", activation="sigmoid"),
    ]
)

# %% [markdown]
# With the same weights, do our parts and those of the package give the same output? And which shapes does an image take on its way?


# %%
def same_function(mine, theirs, x):
    mine(x), theirs(x)  # builds them
    theirs.set_weights(mine.get_weights())
    a, b = (keras.ops.convert_to_numpy(model(x)) for model in (mine, theirs))
    return np.allclose(a, b, atol=1e-5)


h, z = val.x[:5], np.random.default_rng(0).normal(size=(5, 20)).astype("float32")
pooling = ConvEncoder(20, filters=(8, 16), down="pool")
print("encoder, same output:", same_function(encoder_by_hand, pooling, h))
nearest = ConvDecoder((4 * rows, 4 * columns, channels), filters=(16, 8), up="nearest")
print("decoder, same output:", same_function(decoder_by_hand, nearest, z))
for layer in encoder_by_hand.layers + decoder_by_hand.layers:
    h = layer(h)
    print(f"{type(layer).__name__:13s} -> {tuple(h.shape)[1:]}")

# %% [markdown] numbers={"2": "given: a window"}
# ## Up: three ways, and their traces
#
# Here are three ways to double a map:
#
# - a [transposed convolution](glossary.md#transposed-convolution) with a 2 × 2 window and stride 2 (lesson 04): each value paints its own block;
# - the same with a 3 × 3 window, so that the blocks of neighbours *overlap*;
# - copies and then a 3 × 3 convolution (a *resize convolution*).
#
# To see what each does by itself, give all weights the value 1, and try two inputs: a map with a single **lit pixel** (the answer is the *impulse response*), and a **constant map**, the plainest picture there is.
#
# **Predict.** Which of the three make a constant picture of a constant map?


# %%
def upsamplers():
    return {
        "2 x 2, stride 2": layers.Conv2DTranspose(1, 2, strides=2, use_bias=False),
        "3 x 3, stride 2": layers.Conv2DTranspose(1, 3, strides=2, padding="same", use_bias=False),
        "copy, then 3 x 3": keras.Sequential(
            [layers.UpSampling2D(2), layers.Conv2D(1, 3, padding="same", use_bias=False)]
        ),
    }


def respond(layer, small, draw):
    """What `layer` makes of the map `small`, with weights drawn by `draw(shape)`."""
    layer(small)  # builds it
    layer.set_weights([draw(layer.get_weights()[0].shape)])
    return keras.ops.convert_to_numpy(layer(small))[0]


one_lit, constant = np.zeros((1, 7, 7, 1), "float32"), np.ones((1, 7, 7, 1), "float32")
one_lit[0, 3, 3] = 1

# %% [markdown]
# Above the lit pixel, below the constant map (the brightest value of each picture is drawn light grey, so that it stands out from the page):

# %% mystnb={"image": {"alt": "Two rows of three pictures, all weights equal. One lit pixel becomes a bright block of two by two, of three by three, and a block of four by four with a bright middle. A constant map becomes an even light grey, a grid of bright points and darker lines, and an even light grey with a darker border"}}
maps = {"one lit pixel": one_lit, "constant map": constant}
fig, axes = plt.subplots(2, 3, figsize=(7, 4.6))
for column, (name, layer) in zip(axes.T, upsamplers().items(), strict=True):
    for ax, (what, small) in zip(column, maps.items(), strict=True):
        response = respond(layer, small, np.ones)
        plots.plot_images(0.8 * response[None] / response.max(), title=f"{name}:\n{what}", ax=ax)
plt.show()

# %% [markdown]
# The middle column has a pattern, although all its weights are equal. Windows of three at distances of two overlap: some pixels are painted by one window, their neighbours by two, and where rows and columns meet by four. This is the **[checkerboard](glossary.md#checkerboard)** artefact known from many generated pictures (Odena et al. 2016). Blocks of two do not overlap. And after copying, each pixel of the interior gets all nine weights; only the border, where the padding adds zeros, is darker.
#
# Trained weights are not equal. **Predict.** Which of the two even pictures will still be even, apart from the border, when the weights are random positive numbers?


# %% mystnb={"image": {"alt": "A constant map and random weights, three pictures: a weave of lines of different greys; a grid of bright points with darker lines; an even light grey with a darker border"}}
def random_weights(seed):
    rng = np.random.default_rng(seed)
    return lambda shape: rng.uniform(0.2, 1, shape)


fig, axes = plt.subplots(1, 3, figsize=(7, 2.5))
for ax, (name, layer) in zip(axes, upsamplers().items(), strict=True):
    response = respond(layer, constant, random_weights(seed=0))
    plots.plot_images(0.8 * response[None] / response.max(), title=name, ax=ax)
plt.show()

# %% [markdown]
# Only the resize convolution. With blocks of two, each of the four weights paints its own kind of pixel, so the picture is as uneven as they are.
#
# Let us measure it. Sort the pixels by parity: even or odd row, even or odd column, four kinds. For a constant map all kinds should be equally bright. The **checkerboard** is the standard deviation of the four means, as a fraction of the overall mean.


# %%
def checkerboard(picture, period=2):
    """Spread of the mean brightness over the positions modulo `period`, relative to the mean."""
    inside = picture[2 * period : -2 * period, 2 * period : -2 * period]
    means = [inside[i::period, j::period].mean() for i in range(period) for j in range(period)]
    return np.std(means) / np.mean(means)


def both_ways(layer):
    """The checkerboard with equal weights, and the mean of 50 with random ones."""
    draw = random_weights(seed=1)
    many = [checkerboard(respond(layer, constant, draw)) for _ in range(50)]
    return checkerboard(respond(layer, constant, np.ones)), np.mean(many)


boards = {name: both_ways(layer) for name, layer in upsamplers().items()}
print("window              equal weights   random weights")
for name, (equal, random) in boards.items():
    print(f"{name:18s} {equal:14.2f} {random:16.2f}")
plain, overlapping, copies = boards.values()
notebook.claim(overlapping[0] > 0.2, "overlaps make a checkerboard with equal weights")
notebook.claim(plain[0] < 0.01 < 0.1 < plain[1], "without overlap, only unequal weights make one")
notebook.claim(max(copies) < 0.01, "copies make none")

# %% [markdown] numbers={"2": "given: a stride"}
# It is often said that a window divisible by the stride cures the checkerboard. The table is more exact: with *equal* weights it does, with *random* weights it does not. A divisible window removes the part that comes from *uneven* overlap; the rest the network must learn to remove. A resize convolution has nothing to unlearn.
#
# **Change this line and run again:** `WINDOW, STRIDE`. Which windows have no pattern with equal weights at stride 2, and which at stride 3? Does a larger window help with random ones?

# %%
WINDOW, STRIDE = 4, 2  # try 5, 2; then 3, 3 and 4, 3
layer = layers.Conv2DTranspose(1, WINDOW, strides=STRIDE, padding="same", use_bias=False)
draw = random_weights(seed=1)
equal = checkerboard(respond(layer, constant, np.ones), period=STRIDE)
drawn = [checkerboard(respond(layer, constant, draw), period=STRIDE) for _ in range(50)]
print(f"window {WINDOW}, stride {STRIDE}: equal weights {equal:.2f}, random {np.mean(drawn):.2f}")

# %% [markdown]
# ## What does it cost?
#
# Two things are called the size of a network: its *parameters*, and the *multiplications* that it takes to draw one image. In a dense network they are the same, biases apart, as each weight is used once. A convolution uses its few weights at every position: positions × window × channels in × channels out. **Predict.** Which has more multiplications: the dense autoencoder with its nearly half a million weights, or the convolutional one with a fourteenth of them?


# %%
def cost(positions, window, channels_in, channels_out):
    return positions * window * channels_in * channels_out


full, half, quarter = height * width, (height // 2) * (width // 2), (height // 4) * (width // 4)
down = {
    "stride": cost(half, 9, channels, 8) + cost(quarter, 9, 8, 16),
    "pool": cost(full, 9, channels, 8) + cost(half, 9, 8, 16),
}
up = {
    # Each pixel of a block is painted by one value through one entry of the window.
    "transposed": cost(half, 1, 16, 8) + cost(full, 1, 8, channels),
    "nearest": cost(half, 9, 16, 8) + cost(full, 9, 8, channels),
}
middle = 2 * quarter * 16 * 20  # the dense layers to the code and back
print("thousand multiplications an image")
for name, value in (down | up).items():
    print(f"{name:11s} {value / 1000:7.0f}")
print(f"code        {middle / 1000:7.0f}")

# %% [markdown] numbers={"four": "282 / 71", "nine": "282 / 31"}
# Both choices have a price. Pooling convolves at each pixel and throws three of four results away: four times the multiplications of strides. After copying, nine weights instead of one are used for each pixel and pair of channels: nine times the multiplications of the transposed convolution. The number of parameters does not show this. Add up the parts of the pair with strides and copies: the dense network has more multiplications, but not by much.
#
# **Predict.** Which of the two is worth its price? One change at a time, with the same images and epochs: first the way up, which we train here, then the way down. Of the three networks in the table below, two are trained already.

# %%
compared = {
    "dense": models["dense"],
    "stride, transposed": trained(convolutional(up="transposed"), few),
    "stride, nearest": models["convolutional"],
}
errors = {name: error(model, val.x) for name, model in compared.items()}

# %% [markdown]
# Size and error side by side. A dense network multiplies once for each weight that is not a bias:

# %%
kernels = [w for w in models["dense"].get_weights() if w.ndim == 2]
multiplications = {"dense": sum(w.size for w in kernels)}
multiplications |= {f"{a}, {b}": down[a] + middle + up[b] for a in down for b in up}
print(f"{'':20s} parameters   thousand multiplications   error")
for name, model in compared.items():
    thousand = multiplications[name] / 1000
    print(f"{name:20s} {model.count_params():10,} {thousand:26,.0f} {errors[name]:7.1f}")
print(f"PCA, 20 numbers {noticed['PCA'][0]:50.1f}")
print(f"mean image      {noticed['mean image'][0]:50.1f}   squared error per image, validation")
up_only, strided = errors["stride, transposed"], errors["stride, nearest"]
notebook.claim(strided < 0.8 * up_only, "copies are worth their multiplications")

# %% [markdown]
# And what do they draw? Compare the edges of the strokes in the last two rows.

# %% mystnb={"image": {"alt": "Four rows of ten: validation digits and their reconstructions. The dense row is soft; in the row with transposed convolutions the strokes have teeth and dots; the row with copies is smooth"}}
rows = {"original": val.x[:10]}
rows |= {name: evaluation.reconstruct(model, val.x[:10]) for name, model in compared.items()}
fig, ax = plt.subplots(figsize=(8, 3.3))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"four fifths": "384 / 472", "11.5": "given: measured, three seeds", "16.0": "given: measured, three seeds", "27.2": "given: measured, three seeds", "6.2": "given: measured, three seeds", "7.1": "given: measured, three seeds", "7.9": "given: measured, three seeds", "15.3": "given: measured, three seeds", "6.8": "given: measured, three seeds", "7.8": "given: measured, three seeds", "sixteen": "given: lesson 09", "5.7": "given: lesson 09", "5.9": "given: lesson 09", "thirty": "given: lesson 09"}
# **Parameters** are what convolution saves: the pair with strides and copies has a fourteenth of the dense network's. In multiplications it costs four fifths as much, for it uses its few weights again and again. And its error is smaller. That is what convolution is good at: *much from few images*.
#
# **Up:** copies are worth their price. With three seeds they have 7.9, 6.2 and 7.1, and the transposed pair 11.5, 16.0 and 27.2: at this learning rate its training is not reliable. The third row shows why. Each 2 × 2 block is drawn alone, without a look at its neighbours, and strokes have teeth and dots at the edges of blocks. The 3 × 3 windows after the copying reach into the neighbouring blocks and draw a smooth stroke across. It is the overlap, without the unevenness.
#
# **Down:** pooling is not worth its price here. `trained(convolutional(down="pool"), few)` is slow, so we ran it elsewhere: 15.3, 6.8 and 7.8 from the same three seeds, no better than strides with any. For classifiers, Springenberg et al. (2015, table 3) found that strides alone cost a little accuracy, and a strided convolution in place of the pooling layer none. So this course uses strides.
#
# Do not conclude too much. Few images and a short training are where an inductive bias helps most. With all images and thirty epochs a dense network with only sixteen numbers got to 5.7 to 5.9 in lesson 09.

# %% [markdown]
# ## Colour
#
# A colour image has three channels, red, green and blue, and that is all there is to it: `(32, 32, 3)` instead of `(28, 28, 1)`. The first convolution learns windows of 3 × 3 × 3 weights, and the decoder's last layer has three filters. `data.load("photos")` has patches of 32 × 32 pixels cut from two photographs; those for training and for the test come from different tiles.
#
# This time the code need not be a vector. Leave out `Flatten` and `Dense`, and the code is a **feature map**: with two stages 8 × 8 positions with, here, four numbers each. The whole network is then convolutional, `flat=False` in the package.

# %%
photos, photos_test = data.load("photos"), data.load("photos", "test")
patch_shape = photos.x.shape[1:]
photo_model = Autoencoder(
    ConvEncoder(latent_dim=4, flat=False), ConvDecoder(patch_shape, up="nearest", flat=False)
)
code_shape = photo_model.encoder.compute_output_shape((1, *patch_shape))[1:]
trained(photo_model, photos.x[:1000], learning_rate=0.01)
print("patch", patch_shape, "code", code_shape, f"parameters {photo_model.count_params():,}")
print(f"numbers in {np.prod(patch_shape):,}, numbers out {np.prod(code_shape):,}")

# %% [markdown] numbers={"four": "given: latent_dim of the code below", "20": "given: the code size of the section before", "48": "4 * 4 * 3"}
# Few parameters, but look at the last line: 256 numbers are a *large* code. A map has so many positions that even four numbers at each add up, and a reconstruction from 256 numbers must not be admired like one from 20. So the baseline must have as many. PCA of whole patches would have 256 components of 3,072 numbers; simpler, and closer in spirit, is **PCA of blocks**: cut every patch into blocks of 4 × 4 pixels and describe each block, 48 numbers, by its first four components. That is the best *linear* code with four numbers for each block, if each is coded on its own. A second, humble baseline paints each patch in its own mean colour.
#
# **Predict.** Will the convolutional code have a smaller error than that of the blocks?


# %%
def to_blocks(x, size=4):
    n, height, width, channels = x.shape
    grid = x.reshape(n, height // size, size, width // size, size, channels)
    return grid.swapaxes(2, 3).reshape(-1, size, size, channels)


def per_patch(x, x_hat):
    """Squared error for each 32 x 32 pixels, so that pictures of any size can be compared."""
    return float(evaluation.squared_error(x, x_hat).mean() / np.prod(x.shape[1:3]) * 32 * 32)


block_pca = evaluation.fit_pca(to_blocks(photos.x[::10]), 4)


def block_error(x):
    blocks = to_blocks(x)
    return per_patch(blocks, np.clip(evaluation.pca_reconstruct(block_pca, blocks), 0, 1))


mean_colour = photos_test.x.mean(axis=(1, 2), keepdims=True)
own_colour = per_patch(photos_test.x, np.broadcast_to(mean_colour, photos_test.x.shape))
photo_error, block = error(photo_model, photos_test.x), block_error(photos_test.x)
print(f"mean patch               {evaluation.mean_image_error(photos.x, photos_test.x):6.1f}")
print(f"each patch's own colour  {own_colour:6.1f}")
print(f"fully convolutional      {photo_error:6.1f}")
print(f"PCA of 4 x 4 blocks      {block:6.1f}   squared error per patch, test")
notebook.claim(photo_error < 0.5 * own_colour, "the network is far below plain colours")
notebook.claim(block < photo_error, "PCA of blocks is ahead")

# %% [markdown] numbers={"14.5": "given: measured, three seeds", "14.8": "given: measured, three seeds", "8.8": "given: measured, seed 0", "24": "given: epochs of a longer run", "3,840": "given: all training patches", "15.0": "given: measured, three seeds", "15.6": "given: measured, three seeds", "0.3": "0.31"}
# A sober result. The network is far below the humble baseline, and in this short training it does *not* reach PCA of blocks (three seeds: 14.5 to 14.8). A single longer run, 24 epochs on all 3,840 patches, reached 8.8, so with patience the order may turn. Small pieces of photographs are nearly linear: a mean colour, a gradient across, and little else; a digit that moves and leans is far more nonlinear. Had we only looked at the pictures below, we would have been impressed.
#
# And the checkerboard? With transposed convolutions the same network has an error of 15.0 to 15.6 from three seeds; for an evenly grey picture its checkerboard is 0.01, where random weights gave 0.3. An autoencoder is told for each pixel what it should be, and so learns to make its four weights agree. The generator of a *generative adversarial network* (GAN) is only told whether its picture looks real, and there the pattern often stays visible.
#
# ## The same weights, a whole photograph
#
# Here is something that a dense network cannot do at all. No layer of a [fully convolutional](glossary.md#fully-convolutional) pair knows the size of the picture. Windows slide over whatever is there, so weights learned from 32 × 32 patches fit any picture. The encoder can be used as it is; the decoder, which was told the size it should return, is built anew for the larger one and given the old weights. Here is part of a photograph from which patches were taken, and one of which the network has never seen anything, a portrait of Grace Hopper that comes with matplotlib.

# %%
crop = (slice(0, 320), slice(100, 524))
portrait = plt.imread(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
pictures = {"flower": load_sample_image("flower.jpg")[crop], "portrait": portrait[:320, :424]}
pictures = {name: data.to_unit_range(picture)[None] for name, picture in pictures.items()}

codes = {name: photo_model.encoder.predict(x, verbose=0) for name, x in pictures.items()}
large_decoder = ConvDecoder((320, 424, 3), up="nearest", flat=False)
large_decoder(codes["flower"])  # builds it
large_decoder.set_weights(photo_model.decoder.get_weights())
redrawn = {name: large_decoder.predict(z, verbose=0) for name, z in codes.items()}

whole = {name: per_patch(x, redrawn[name]) for name, x in pictures.items()}
print("squared error for each 32 x 32 pixels   own network   PCA of blocks")
for name, x in pictures.items():
    print(f"{name:38s} {whole[name]:12.1f} {block_error(x):15.1f}")
notebook.claim(
    all(1 < whole[name] / block_error(x) < 2 for name, x in pictures.items()),
    "any size will do, with errors above those of PCA of blocks, but below twice as much",
)

# %% [markdown]
# The pictures, whole, left as they were and right as the network draws them:

# %% mystnb={"image": {"alt": "Left a photograph of a flower and a portrait, right their reconstructions: the same pictures, slightly softer, with fine texture lost and the blues turned greener"}}
fig, axes = plt.subplots(2, 2, figsize=(6, 4.7))
for row, (name, x) in zip(axes, pictures.items(), strict=True):
    plots.plot_images(x, title=f"{name}, original", ax=row[0])
    plots.plot_images(np.clip(redrawn[name], 0, 1), title=f"{name}, reconstruction", ax=row[1])
plt.show()

# %% [markdown]
# How large are these codes?

# %%
n_in, n_out = pictures["flower"].size, codes["flower"].size
print(f"code {codes['flower'].shape[1:]}: {n_in:,} numbers in, {n_out:,} out")
print(f"{n_in / n_out:.0f} times fewer numbers")
print(
    f"{n_in / (4 * n_out):.0f} times fewer bytes (1 for a colour value, 4 for a number of the code)"
)

# %% [markdown] numbers={"130": "80 * 106 / (8 * 8)", "a fifth": "given: 7.6 is 1.2 times 6.4", "half": "given: 26.5 is 1.5 times 17.7", "three": "407040 / (4 * 33920)"}
# The same 11,463 weights, a picture 130 times as large, and it works. The errors are above those of PCA of blocks, as they were on the patches: by a fifth on the flower and by half on the portrait. Edges come back well; colours less so: look at the blues, which have turned greener. There are no seams, since no patches were cut. A dense decoder could not even start, because its last matrix has one column for each pixel that it was built for. But do not expect *understanding*: each position of the code sees only a few pixels across (its [receptive field](glossary.md#receptive-field); exercise 11.1 finds out how many), and knows of edges and textures, not of flowers and faces.
#
# And before anybody calls this compression: twelve times fewer numbers, but only three times fewer bytes, as long as a number of the code is a 32-bit float. A fully convolutional code is a smaller *picture*, good for filtering and for pictures of any size; if you want one short description of the whole, to search, to classify, to draw maps of, you need the dense layer in the middle.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("11.1")` gives a hint; call it again for the next one.
#
# ### Exercise 11.1: how far does a window see?
#
# Stacked windows see farther than one: each value of the second layer looks at 3 × 3 values that each looked at 3 × 3 pixels. Write `receptive_field(strides, kernel=3)`: how many pixels across one value sees after layers with the given strides, in order. Two layers with stride 1 see 5; remember that a stride spreads all later steps. Then test your formula: change one pixel of an image at a time, and see which of them change the middle position of `photo_model.encoder`'s code.


# %% tags=["exercise"]
def receptive_field(strides, kernel=3): ...


checks.check_receptive_field(receptive_field)


# %% tags=["solution"]
def receptive_field(strides, kernel=3):
    seen, step = 1, 1  # pixels across; pixels between neighbouring values
    for stride in strides:
        seen += (kernel - 1) * step
        step *= stride
    return seen


print("our encoder sees", receptive_field([2, 2]), "pixels across")
checks.check_receptive_field(receptive_field)

# %% [markdown]
# ### Exercise 11.2: paint the blocks yourself
#
# Write `double(x, kernel)` in NumPy: the transposed convolution with a 2 × 2 window and stride 2, without bias. `x` is `(n, height, width, channels)`, `kernel` is `(2, 2, filters, channels)` as Keras stores it, the result `(n, 2 * height, 2 * width, filters)`. Pixel $(2i + a, 2j + b)$ comes from value $(i, j)$ and window entry $(a, b)$ alone.


# %% tags=["exercise"]
def double(x, kernel): ...


checks.check_double(double)


# %% tags=["solution"]
def double(x, kernel):
    n, height, width, _ = x.shape
    result = np.zeros((n, 2 * height, 2 * width, kernel.shape[2]))
    for a in range(2):
        for b in range(2):
            result[:, a::2, b::2] = x @ kernel[a, b].T
    return result


checks.check_double(double)

# %% [markdown]
# ### Exercise 11.3: a network of your own on a budget
#
# Most weights of our convolutional pairs are in the two dense layers around the code. Design a convolutional autoencoder with codes of at most 20 numbers and **at most 20,000 parameters**, a little over half of ours, and train it with `trained(model, few, epochs=12)` so that its error on `val.x` is below that of PCA with 20 numbers. Give it the parts `encoder` and `decoder`, as `Autoencoder(encoder, decoder)` has. What would you save on: filters, stages, or something else? Try at least two designs, and keep the better one.


# %% tags=["exercise"]
mine = ...

checks.check_own_network(mine, val.x, pca_error(few, val.x))

# %% tags=["solution"]
mine = Autoencoder(
    ConvEncoder(20, filters=(8, 16, 16)),
    ConvDecoder(image_shape, filters=(16, 16, 8), up="nearest"),
)
trained(mine, few, epochs=12)
print(f"{mine.count_params():,} parameters, error {error(mine, val.x):.1f}")
checks.check_own_network(mine, val.x, pca_error(few, val.x))

# %% [markdown]
# ### Exercise 11.4: does your data have neighbours?
#
# Which network suits which data? Choose one kind: `"digits"`, `"shuffled"` as above, or `"moved"`, digits that are moved by up to five pixels, each in its own way. `measure(network, kind, seed)` trains `"dense"` or `"convolutional"` on 1,000 of them and returns the validation error. Predict, measure with two seeds or more, and set `decision = (kind, verdict, evidence)`, with a dict from both networks to the lists of their errors. The verdict is the network that has the smaller error from *every* seed, or `"neither"`. The check asks whether your evidence supports it and repeats one measurement of each. Is the lead larger or smaller than on the other kinds?


# %% tags=["keep"]
def moved(x, seed):
    """Each image moved by up to five pixels down or up, and across; what leaves comes back."""
    shifts = np.random.default_rng(seed).integers(-5, 6, size=(len(x), 2))
    return np.stack([np.roll(x[i], shifts[i], axis=(0, 1)) for i in range(len(x))])


def measure(network, kind, seed):
    x, x_val = few[:1000], val.x
    if kind == "shuffled":
        x, x_val = shuffled(x), shuffled(x_val)
    if kind == "moved":
        x, x_val = moved(x, seed=0), moved(x_val, seed=1)
    if network == "dense":
        return error(trained(dense(), x, 0.002, batch_size=32, seed=seed), x_val)
    return error(trained(convolutional(), x, batch_size=32, seed=seed), x_val)


# %% tags=["exercise"]
decision = ...

checks.check_neighbours(decision, measure)

# %% tags=["solution"]
evidence = {
    network: [measure(network, "moved", seed) for seed in (0, 1)]
    for network in ("dense", "convolutional")
}
for network, found in evidence.items():
    print(f"moved digits, {network:13s} {min(found):.1f} to {max(found):.1f}")
decision = ("moved", "convolutional", evidence)
checks.check_neighbours(decision, measure)

# %% [markdown] numbers={"2": "given: an example of the quiz", "two": "given: an example of the quiz", "nine": "given: 9 weights against 1"}
# ## What to remember
#
# - A convolution assumes that neighbouring pixels belong together and that a pattern means the same everywhere. Shuffle the pixels, and it is behind a dense network.
# - It has few parameters and uses them often: count multiplications as well.
# - Windows that overlap unevenly make a checkerboard. 2 × 2 at stride 2 has no overlap, but each block is drawn alone; copies and a 3 × 3 convolution avoid both, at nine times the multiplications of these stages.
# - Fully convolutional pairs take pictures of any size. Count the numbers in their code.
# - PCA of blocks is the baseline for such codes, and on photographs it is hard to beat.
#
# ## Quiz
#
# 1. A constant map through a 2 × 2 transposed convolution of stride 2 with random weights becomes (a) a constant picture, since 2 is divisible by 2; (b) a pattern that repeats every two pixels; (c) noise.
# 2. A fully convolutional autoencoder reconstructs photographs nearly perfectly. Before you are impressed, you ask (a) how many parameters it has; (b) how many numbers its code has; (c) how long it was trained.
# 3. You want to run an autoencoder trained on 32 × 32 patches on a photograph of 320 × 424. Which layer must not be in it? (a) `Conv2D` with stride 2; (b) `UpSampling2D`; (c) `Dense` after `Flatten`.
#
# <details><summary>Answers</summary>
#
# 1. **b.** Divisibility prevents overlaps, not unequal weights (a). The same four weights paint every block, so it is not noise (c).
# 2. **b.** With a code as large as the picture, the identity mapping is easy whatever the number of parameters (a) or epochs (c).
# 3. **c.** Its matrix has one row for each value of the flattened map. Windows slide over any size (a), and upsampling doubles any size (b).
# </details>
#
# ## Further reading
#
# - Odena, Dumoulin & Olah, *Deconvolution and checkerboard artifacts* (2016), doi:10.23915/distill.00003.
# - Dumoulin & Visin, *A guide to convolution arithmetic for deep learning*, arXiv:1603.07285, chapter 4: transposed convolutions, drawn.
# - Springenberg et al., *Striving for simplicity: the all convolutional net*, arXiv:1412.6806.
# - Masci et al., *Stacked convolutional auto-encoders for hierarchical feature extraction* (2011), doi:10.1007/978-3-642-21735-7_7.

# %% tags=["receipt"]
notebook.claim(strided < 0.75 * errors["dense"], "convolution is far ahead of the dense network")
notebook.claim(errors["dense"] < noticed["mean image"][0] / 2, "all have learned something")
notebook.receipt(
    dense=errors["dense"],
    stride_transposed=errors["stride, transposed"],
    stride_nearest=strided,
    photos=photo_error,
    photos_block_pca=block,
)
