# %% [markdown]
# # 11. Convolution and upsampling
#
# *One small window of weights for the whole picture: fewer parameters, less error, and pictures of any size.*
#
# **You will be able to**
# - downsample a picture by strides or by pooling, and upsample it again in three ways;
# - foresee a checkerboard artefact, measure it and avoid it;
# - compare convolutional and dense autoencoders fairly: parameters, error, baselines;
# - work with colour, and carry weights trained on small patches over to a whole photograph.
#
# **You need** lessons 03, 04 and 06.
#
# **Time** 30 minutes to read, about 35 seconds to run.

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
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]


def trained(model, x, learning_rate, batch_size=32, epochs=6):
    """Seeded weights, Adam with a rate that falls to zero, seeded batches."""
    backend.seed_weights(model, seed=0)
    batches = data.Batches(x, batch_size=batch_size)
    decay = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * len(batches))
    model.compile(optimizer=keras.optimizers.Adam(decay), loss=losses.squared_error)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def error(model, x):
    return evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()


# %% [markdown] numbers={"2": "given: an example of the quiz", "two": "given: an example of the quiz"}
# ## Downsampling and upsampling
#
# Lesson 03 halved a picture with a *strided* convolution, which moves two pixels at a time. The classic alternative is **[max pooling](glossary.md#max-pooling)**: convolve at full resolution, then keep the largest of each block of 2 × 2 values. The size comes back by a **transposed convolution** with a 2 × 2 window and stride 2 (lesson 04), which paints a 2 × 2 block for every value. It undoes the *size*; where in its block the largest value sat is gone for good, and the network has to draw a plausible block.

# %%
picture = np.array([[1, 3, 0, 0], [2, 9, 0, 4], [5, 5, 7, 0], [5, 6, 0, 0]], "float32")
pooled = layers.MaxPooling2D(2)(picture[None, :, :, None])
up = layers.Conv2DTranspose(1, 2, strides=2, use_bias=False, kernel_initializer="ones")
print("picture:\n", picture.astype(int))
print("pooled:\n", keras.ops.convert_to_numpy(pooled)[0, :, :, 0].astype(int))
print(
    "painted with a window of ones:\n",
    keras.ops.convert_to_numpy(up(pooled))[0, :, :, 0].astype(int),
)

# %% [markdown]
# With a window of ones the transposed convolution copies each value to its block. That is a second way to double a map, **[nearest-neighbour upsampling](glossary.md#nearest-neighbour-upsampling)**, which has no weights (the *copies* in the tables below); a 3 × 3 convolution after it does the drawing. The package has all of these: `ConvEncoder(down="pool")`, `ConvDecoder(up="nearest")`. Here they are written out once, and then compared:

# %%
filters, n_stages = (16, 32), 2
map_shape = (*(-(-n // 2**n_stages) for n in image_shape[:2]), filters[-1])  # rounded up

encoder_by_hand = keras.Sequential(
    [
        layers.Conv2D(16, 3, padding="same", activation="gelu"),
        layers.MaxPooling2D(2, padding="same"),
        layers.Conv2D(32, 3, padding="same", activation="gelu"),
        layers.MaxPooling2D(2, padding="same"),
        layers.Flatten(),
        layers.Dense(20),
    ]
)
decoder_by_hand = keras.Sequential(
    [
        layers.Dense(int(np.prod(map_shape)), activation="gelu"),
        layers.Reshape(map_shape),
        layers.UpSampling2D(2),
        layers.Conv2D(16, 3, padding="same", activation="gelu"),
        layers.UpSampling2D(2),
        layers.Conv2D(image_shape[-1], 3, padding="same", activation="sigmoid"),
    ]
)


# %%
def same_function(mine, theirs, x):
    mine(x), theirs(x)  # builds them
    theirs.set_weights(mine.get_weights())
    a, b = (keras.ops.convert_to_numpy(model(x)) for model in (mine, theirs))
    return np.allclose(a, b, atol=1e-5)


z = np.random.default_rng(0).normal(size=(5, 20)).astype("float32")
whole_size = (4 * map_shape[0], 4 * map_shape[1], image_shape[-1])
pooling = ConvEncoder(20, down="pool")
print("encoder with pooling, same output:", same_function(encoder_by_hand, pooling, test.x[:5]))
nearest = ConvDecoder(whole_size, up="nearest")
print("decoder with copies, same output: ", same_function(decoder_by_hand, nearest, z))
h = test.x[:5]
for layer in encoder_by_hand.layers + decoder_by_hand.layers:
    h = layer(h)
    print(f"{type(layer).__name__:13s} -> {tuple(h.shape)[1:]}")

# %% [markdown] numbers={"three quarters": "1 - 1 / 4", "20": "given: the code"}
# Two stages down, 28 → 14 → 7, a code of 20, two stages up. Strides or pooling? Both have the same weights: pooling has none. But pooling convolves at full resolution first and throws three quarters of the results away. Count the multiplications of the two convolutions:

# %%
height, width, channels = image_shape
half, quarter = (height // 2) * (width // 2), (height // 4) * (width // 4)
strided = half * 9 * channels * 16 + quarter * 9 * 16 * 32
with_pooling = height * width * 9 * channels * 16 + half * 9 * 16 * 32
print(f"strides: {strided / 1000:6.1f} thousand multiplications per image")
print(f"pooling: {with_pooling / 1000:6.1f} thousand, {with_pooling / strided:.1f} times as many")

# %% [markdown]
# Four times the work. Springenberg et al. (2015) found that for classifiers strides do as well; this course uses strides, also because max pooling keeps *what* was found and discards *where*, and a decoder needs the where.

# %% [markdown] numbers={"2": "given: an example of the quiz", "3": "given: the code below"}
# ## Three ways to upsample a map
#
# How does each upsampling spread a single value? Give it a map that is zero but for **one lit pixel** (the answer is its *impulse response*), and windows of random positive weights. Then give it a **constant map**, the plainest picture there is. Three ways: transposed convolution, window 2, stride 2; the same with window 3, where neighbouring windows *overlap*; and nearest-neighbour upsampling followed by a 3 × 3 convolution (a *resize convolution*).
#
# **Predict.** Which of them turns a constant map into a constant picture?


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
    return keras.ops.convert_to_numpy(layer(small))


def random_weights(seed):
    rng = np.random.default_rng(seed)
    return lambda shape: rng.uniform(0.2, 1, shape)


one_lit, constant = np.zeros((1, 7, 7, 1), "float32"), np.ones((1, 7, 7, 1), "float32")
one_lit[0, 3, 3] = 1

# %% mystnb={"image": {"alt": "Two rows of three pictures of 14 by 14 pixels. One lit pixel becomes a block of two by two, of three by three, and a softer blob of four by four. A constant map becomes a pattern that repeats every two pixels, a stronger such pattern, and an even white with a darker border"}}
responses = {}
for name, layer in upsamplers().items():
    responses[name] = [
        respond(layer, small, random_weights(seed=0))[0] for small in (one_lit, constant)
    ]

fig, axes = plt.subplots(2, 3, figsize=(7, 4.6))
for column, (name, pair) in zip(axes.T, responses.items(), strict=True):
    for ax, response, what in zip(column, pair, ("one lit pixel", "constant map"), strict=True):
        plots.plot_images(response[None] / response.max(), title=f"{name}:\n{what}", ax=ax)
plt.show()

# %% [markdown]
# The second column shows the trouble. Windows of three at distances of two overlap: some pixels are painted by one window, their neighbours by two, and where rows and columns meet by four. The result is the **[checkerboard](glossary.md#checkerboard)** artefact known from many generated pictures (Odena et al. 2016). Copying each value first gives every pixel in the interior all nine weights, whatever they are, so a constant stays constant; only the border, where the padding adds zeros, is darker.
#
# Let us measure it. Sort the pixels by parity: even or odd row, even or odd column, four kinds. For a constant map all kinds should be equally bright. The **checkerboard** is the standard deviation of the four means, as a fraction of the overall mean.


# %%
def checkerboard(picture, period=2):
    """Spread of the mean brightness over the positions modulo `period`, relative to the mean."""
    inside = picture[2 * period : -2 * period, 2 * period : -2 * period]
    means = [inside[i::period, j::period].mean() for i in range(period) for j in range(period)]
    return np.std(means) / np.mean(means)


boards = {}
print("window              equal weights   random weights")
for name, layer in upsamplers().items():
    draw = random_weights(seed=1)
    many = [respond(layer, constant, draw)[0] for _ in range(50)]
    equal = checkerboard(respond(layer, constant, np.ones)[0])
    boards[name] = equal, np.mean([checkerboard(picture) for picture in many])
    print(f"{name:18s} {boards[name][0]:14.2f} {boards[name][1]:16.2f}")

# %% [markdown]
# It is often said that a window size divisible by the stride cures the checkerboard. The table is more exact. With *equal* weights it does: 2 × 2 at stride 2 has no overlaps, and the pattern is gone. With *random* weights it does not: each of the four weights paints one parity, so the pattern is as uneven as the weights are. What the divisible window removes is the part that no weights can avoid without effort; the rest the network must learn to remove. A resize convolution has nothing to unlearn.

# %% [markdown]
# ## Weight sharing: fewer parameters, less error
#
# Now autoencoders. The task: codes of 20 numbers, learned from only 3,000 images in six epochs. Four pairs:
#
# 1. dense, as in lesson 06;
# 2. convolutions down, transposed convolutions up;
# 3. convolutions down, nearest-neighbour upsampling (copies) and convolutions up;
# 4. convolutions down, and **one dense layer up**: code, pixels, sigmoid. Half convolutional, as one finds in many tutorials.
#
# To be fair to each, the learning rate is the better of two that we tried: 0.002 for the dense pair, 0.005 for the others.
#
# **Predict.** Order them by error. The dense pair has six times as many parameters as any other.

# %%
few = train.x[:3000]
latent_dim = 20
pairs = {
    "dense": (DenseEncoder(latent_dim), DenseDecoder(image_shape)),
    "conv, transposed": (ConvEncoder(latent_dim), ConvDecoder(image_shape)),
    "conv, copies": (ConvEncoder(latent_dim), ConvDecoder(image_shape, up="nearest")),
    "conv, one dense layer": (ConvEncoder(latent_dim), DenseDecoder(image_shape, hidden=())),
}
models, errors = {}, {}
mean_error = evaluation.mean_image_error(few, test.x)
pca_error = evaluation.pca_error(few, test.x, latent_dim)
print(f"{'':23s} parameters   test error")
for name, (encoder, decoder) in pairs.items():
    rate = 0.002 if name == "dense" else 0.005
    models[name] = trained(Autoencoder(encoder, decoder), few, rate)
    errors[name] = error(models[name], test.x)
    print(f"{name:23s} {models[name].count_params():10,} {errors[name]:12.1f}")
print(f"PCA, {latent_dim} numbers {2 * latent_dim * few[0].size:20,} {pca_error:12.1f}")
print(f"mean image {few[0].size:23,} {mean_error:12.1f}")

# %% mystnb={"image": {"alt": "Five rows of ten: test digits and their reconstructions by the four autoencoders; the dense and the transposed ones are soft and grainy, the one with copies and convolutions is clean"}}
rows = {"original": test.x[:10]}
rows |= {name: evaluation.reconstruct(model, test.x[:10]) for name, model in models.items()}
fig, ax = plt.subplots(figsize=(8, 4))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown] numbers={"a sixth": "71237 / 473636"}
# (PCA needs its components twice, to encode and to decode.) The transposed pair does what the dense one does with less than a sixth of its parameters; at this budget both are only just ahead of PCA. The pair with one dense layer on top has fewer parameters still and does a little better than both: for digits in a fixed frame, the sigmoid of a sum of fixed pictures is no bad model. And nearest-neighbour upsampling before the convolution *halves* the error of the transposed pair with practically the same parameters.
#
# Why so much? The likeliest reason: both decoders draw 2 × 2 pixels from every value of the map. The transposed one draws each block alone: its neighbours are not consulted, and strokes must fit together by luck and training. The 3 × 3 windows after the copying reach into the neighbouring blocks and so can draw a smooth stroke across them. It is the overlap, without the unevenness.
#
# What could go wrong is the conclusion. These are few images and a short training, which is where sharing weights, the *inductive bias* of convolution, helps most; with all images and more epochs the dense pair of lesson 06 has gone further down than here. The fair claim is: at *this* budget, and for the same number of weights or far fewer.

# %% [markdown] numbers={"four": "given: latent_dim of the code below"}
# ## Colour
#
# A colour image has three channels, red, green and blue, and that is all there is to it: `(32, 32, 3)` instead of `(28, 28, 1)`. The first convolution learns windows of 3 × 3 × 3 weights, and the decoder's last layer has three filters because its `image_shape` says so. `data.load("photos")` has patches of 32 × 32 pixels cut from two photographs; patches for training and test come from different tiles.
#
# This time the code need not be a vector. Leave out `Flatten` and `Dense`, and the code is a **feature map**: with two stages 8 × 8 positions with, here, four numbers each. The whole network is then convolutional, `flat=False` in the package.

# %%
photos, photos_test = data.load("photos"), data.load("photos", "test")
patch_shape = photos.x.shape[1:]


def fully_convolutional(shape, up):
    return Autoencoder(ConvEncoder(latent_dim=4, flat=False), ConvDecoder(shape, up=up, flat=False))


example = fully_convolutional(patch_shape, "nearest")
code_shape = example.encoder.compute_output_shape((1, *patch_shape))[1:]
print("patch", patch_shape, "code", code_shape, f"parameters {example.count_params():,}")
print(f"numbers in {np.prod(patch_shape):,}, numbers out {np.prod(code_shape):,}")

# %% [markdown] numbers={"four": "given: latent_dim of the code below", "20": "given: the code size of the section before", "48": "4 * 4 * 3"}
# Few parameters, but look at the last line: 256 numbers are a *large* code. A map has so many positions that even four numbers at each add up, and a reconstruction from 256 numbers must not be admired like one from 20. So the baseline must have as many. PCA of whole patches would have 256 components of 3,072 numbers; simpler, and closer in spirit, is **PCA of blocks**: cut every patch into blocks of 4 × 4 pixels and describe each block, 48 numbers, by its first four components. That is the best *linear* code with four numbers for each 4 × 4 block, if each block is coded on its own. A second, humble baseline paints each patch in its own mean colour.
#
# **Predict.** Will the convolutional code be better than that of the blocks?


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
    return per_patch(blocks, evaluation.pca_reconstruct(block_pca, blocks))


# %%
grey = np.full((1, 32, 32, 3), 0.5, "float32")
colour_models, colour_errors, board = {}, {}, {}
for up in ("transposed", "nearest"):
    model = fully_convolutional(patch_shape, up)
    trained(model, photos.x[:2000], learning_rate=0.01, batch_size=16)
    colour_models[up], colour_errors[up] = model, error(model, photos_test.x)
    board[up] = checkerboard(evaluation.reconstruct(model, grey)[0], period=4)

mean_colour = photos_test.x.mean(axis=(1, 2), keepdims=True)
own_colour = per_patch(photos_test.x, np.broadcast_to(mean_colour, photos_test.x.shape))
print(f"mean patch                 {evaluation.mean_image_error(photos.x, photos_test.x):6.1f}")
print(f"each patch's own colour    {own_colour:6.1f}")
for up, value in colour_errors.items():
    print(f"fully conv., {up:13s} {value:6.1f}")
print(
    f"PCA of 4 x 4 blocks        {block_error(photos_test.x):6.1f}   squared error per patch, test"
)

# %% [markdown] numbers={"four": "2 * 2"}
# A sober result. The networks are far below the humble baseline, and in this short training they do *not* reach PCA of blocks, which is computed in a moment. (Trained four times as long, on all patches, the pair with copies ended at 9.3 when we tried: ahead, by a tenth.) Small pieces of photographs are nearly linear: a mean colour, a gradient across, and little else; a digit that moves and leans is far more nonlinear. Had we only looked at the pictures below, we would have been impressed.
#
# And the checkerboard? Give both trained pairs an evenly grey picture. Two stages make any pattern repeat every four pixels:

# %%
for up, value in board.items():
    print(f"{up:11s} checkerboard on even grey: {value:.2f}")

# %% [markdown] numbers={"0.3": "0.31", "four in five": "96 / (96 + 24)", "two": "seen: 0.01 of 255"}
# Random weights gave 0.3 for a single 2 × 2 stage; in the trained pair about a hundredth is left, a spread of one or two grey levels of 255. An autoencoder is told for each pixel what it should be and so learns to make its four weights agree. (A GAN's generator is told much less, and there the pattern stays visible.) The pair with copies has still less, without having had to learn it.
#
# ## The same weights, a whole photograph
#
# No layer of a [fully convolutional](glossary.md#fully-convolutional) pair knows the size of the picture: windows slide over whatever is there. So weights learned from 32 × 32 patches fit any picture. The encoder can be used as it is; the decoder, which was told the size it should return, is built anew for the larger one and given the old weights. Here is part of a photograph from which patches were taken (so four in five of its tiles were trained on), and one the network has never seen anything of, a portrait of Grace Hopper that comes with matplotlib.

# %%
crop = (slice(0, 320), slice(100, 524))
pictures = {
    "flower": load_sample_image("flower.jpg")[crop],
    "portrait": plt.imread(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))[
        crop[0], :424
    ],
}
pictures = {name: data.to_unit_range(picture)[None] for name, picture in pictures.items()}

patch_model = colour_models["nearest"]
codes = {name: patch_model.encoder.predict(x, verbose=0) for name, x in pictures.items()}
large_decoder = ConvDecoder((320, 424, 3), up="nearest", flat=False)
large_decoder(codes["flower"])  # builds it
large_decoder.set_weights(patch_model.decoder.get_weights())
redrawn = {name: large_decoder.predict(z, verbose=0) for name, z in codes.items()}

whole = {name: per_patch(x, redrawn[name]) for name, x in pictures.items()}
print("squared error for each 32 x 32 pixels   own network   PCA of blocks")
for name, x in pictures.items():
    print(f"{name:38s} {whole[name]:12.1f} {block_error(x):15.1f}")

# %% mystnb={"image": {"alt": "Left a photograph of a flower and a portrait, right their reconstructions from a sixteenth of the positions: the same pictures, slightly softer, with fine texture lost and the blues turned greener"}}
fig, axes = plt.subplots(2, 2, figsize=(6, 4.7))
for row, (name, x) in zip(axes, pictures.items(), strict=True):
    plots.plot_images(x, title=f"{name}, original", ax=row[0])
    plots.plot_images(np.clip(redrawn[name], 0, 1), title=f"{name}, reconstruction", ax=row[1])
plt.show()

# %% [markdown] numbers={"130": "80 * 106 / (8 * 8)"}
# The same 11,463 weights, a picture 130 times as large, and errors about those of PCA of blocks: on the flower a shade better, on the portrait a shade worse. Edges come back well; colours less so, look at the blues, which have turned greener. No seams, since no patches were cut. A dense decoder could not even start: its last matrix has one column for each pixel it was built for. Beware only of expecting *understanding*: each position of the code has a receptive field of 7 × 7 pixels (exercise 11.1), and knows of edges and textures, not of flowers and faces.
#
# And count once more, before anybody calls this compression:

# %%
n_in, n_out = pictures["flower"].size, codes["flower"].size
print(
    f"code {codes['flower'].shape[1:]}: {n_in:,} numbers in, {n_out:,} out, {n_in / n_out:.0f} times fewer"
)
print(f"in bytes, one a colour value and four a float: {n_in / (4 * n_out):.0f} times fewer")

# %% [markdown]
# Twelve times fewer numbers, but only three times fewer bytes, as long as a code's number is a 32-bit float. A fully convolutional code is a smaller *picture*, good for filtering and for pictures of any size; if you want one short description of the whole, to search, to classify, to draw maps of, you need the dense layer in the middle.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("11.1")` gives a hint; call it again for the next one.
#
# ### Exercise 11.1: how far does a window see?
#
# Stacked windows see farther than one (their [receptive field](glossary.md#receptive-field) is wider): each value of the second layer looks at 3 × 3 values that each looked at 3 × 3 pixels. Write `receptive_field(strides, kernel=3)`: how many pixels across one value sees after layers with the given strides, in order. Two layers with stride 1 see 5; remember that a stride spreads all later steps.


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
# ### Exercise 11.3: numbers in, numbers out
#
# Write `map_ratio(image_shape, n_stages, latent_dim)`: how many times fewer numbers a fully convolutional code has than the image. Each stage halves height and width, *rounded up*.


# %% tags=["exercise"]
def map_ratio(image_shape, n_stages, latent_dim): ...


checks.check_map_ratio(map_ratio)


# %% tags=["solution"]
def map_ratio(image_shape, n_stages, latent_dim):
    height, width, channels = image_shape
    for _ in range(n_stages):
        height, width = (height + 1) // 2, (width + 1) // 2
    return image_shape[0] * image_shape[1] * channels / (height * width * latent_dim)


checks.check_map_ratio(map_ratio)

# %% [markdown] numbers={"a sixth": "71237 / 473636", "half": "4.9 / 10.0", "2": "given: an example of the quiz", "two": "given: an example of the quiz"}
# ## What to remember
#
# - Strides and pooling both halve a map; pooling costs about four times the multiplications and forgets where.
# - Overlapping windows make a checkerboard. 2 × 2 at stride 2 has no overlap, but each block is drawn alone; nearest-neighbour upsampling and a 3 × 3 convolution avoid both.
# - Weight sharing: a sixth of the parameters for the same error, or half the error, at a small budget.
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

# %%
plain, three, copied = boards.values()
notebook.claim(three[0] > 0.2, "overlaps must make a checkerboard")
notebook.claim(plain[0] < 0.01 < 0.1 < plain[1], "without overlap, only unequal weights make one")
notebook.claim(max(copied) < 0.01, "copies must make none")
notebook.claim(board["nearest"] < board["transposed"] < 0.1, "faint after training")
block = block_error(photos_test.x)
notebook.claim(max(colour_errors.values()) < 0.6 * own_colour, "networks must beat plain colours")
notebook.claim(block < min(colour_errors.values()), "PCA of blocks must be ahead")
notebook.claim(max(whole.values()) < 3 * colour_errors["nearest"], "any size must do")

# %% tags=["receipt"]
dense, transposed, copies, half = errors.values()
sizes = [model.count_params() for model in models.values()]
notebook.claim(sizes[0] > 5 * max(sizes[1:]), "convolutions must need a fifth of the parameters")
notebook.claim(transposed < 1.3 * dense, "and do as well")
notebook.claim(copies < 0.75 * min(dense, transposed), "copies must be much better")
notebook.claim(half < 1.1 * dense, "a convolutional encoder must serve a dense decoder")
notebook.claim(dense < mean_error / 2, "all must have learned something")
notebook.receipt(
    dense=dense,
    conv_transposed=transposed,
    conv_copies=copies,
    photos=colour_errors["nearest"],
    photos_block_pca=block,
)
