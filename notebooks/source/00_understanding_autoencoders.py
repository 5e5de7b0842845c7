# %% [markdown]
# # 00. Understanding autoencoders
#
# *Squeeze a picture through a few numbers, get the picture back, and learn what every part of that machine is called.*
#
# **You will be able to**
# - say what an autoencoder is, what its parts are and why its middle is narrow;
# - write its two mappings, its two usual losses and its learning step as formulas, and check each of them in code;
# - name the kinds and the uses of autoencoders.
#
# **You need** Python, a little NumPy, and a memory of derivatives. No Keras yet. Words that are links lead to the [glossary](glossary.md).
#
# **Time** 25 minutes to read, about 15 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_00 as checks
from ae_keras import backend, data, evaluation, plots

import keras
import matplotlib.pyplot as plt
import numpy as np

notebook.start(seed=0)

# %% [markdown]
# ## How many numbers is a digit?
#
# Here are twelve handwritten digits. Each is a grid of 28 × 28 = 784 pixels, and each pixel is a number between 0 (black) and 1 (white).

# %%
train, _, test = data.load_splits()
image_shape = train.x.shape[1:]
n_pixels = int(np.prod(image_shape))
print(f"{len(train)} images to learn from, {n_pixels} pixels each")

# %% mystnb={"image": {"alt": "Twelve white handwritten digits on black squares, in a row"}}
fig, ax = plt.subplots(figsize=(8, 1))
plots.plot_images(train.x[:12], ax=ax)
plt.show()

# %% [markdown]
# Do you need 784 numbers to tell somebody which picture you mean? Hardly: "a narrow 7, leaning right, with a bar" says nearly everything. Neighbouring pixels are alike, corners are always black, and strokes are smooth. Handwritten digits fill only a tiny corner of all the pictures that 784 free numbers could make: a thin, curved region that the field calls a *[manifold](glossary.md#manifold)*.
#
# **Predict.** Suppose each picture had to be described by 16 numbers of your own choice. How much of it would survive: *a blur*, *a recognisable digit*, or *nearly everything*? Decide now; in a minute you will see.

# %% [markdown]
# ## The smallest useful autoencoder
#
# An **[autoencoder](glossary.md#autoencoder)** is a network trained to return its own input, with an obstacle in the way: in the middle, everything it knows about the picture has to fit into a few numbers. Below, 784 pixels become 128 numbers, then 16, and then the same way back. Every word of this cell is explained in lessons 03 to 05; today, read it as a drawing.

# %%
encoder = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(16),
    ]
)
decoder = keras.Sequential(
    [
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(n_pixels, activation="sigmoid"),
        keras.layers.Reshape(image_shape),
    ]
)
autoencoder = keras.Sequential([encoder, decoder])

# %% [markdown]
# Training needs a measure of failure (here the mean squared difference between the pixels of input and output) and a method to reduce it. Look at what `fit` is given: the images as input **and the same images as target**. Nobody had to label anything. (`Adam`, `batch_size` and `epochs` wait for lessons 02 and 06.) That is why autoencoders count as *unsupervised* learning or, more exactly, as *[self-supervised](glossary.md#self-supervised)*: the data are their own teacher.

# %%
autoencoder.build((None, *image_shape))
backend.seed_weights(autoencoder, seed=0)
autoencoder.compile(optimizer=keras.optimizers.Adam(0.002), loss="mse")
history = autoencoder.fit(train.x, train.x, batch_size=128, epochs=12, shuffle=False, verbose=0)
print(f"mean squared error per pixel: {history.history['loss'][-1]:.4f}")

# %% [markdown]
# Is that good? A number alone cannot say. Look at pictures the network has never seen.

# %% mystnb={"image": {"alt": "Ten test digits above their reconstructions from 16 numbers: softer copies, of which the ninth, an 8, looks like a 2"}}
x_hat = evaluation.reconstruct(autoencoder, test.x)
fig, ax = plt.subplots(figsize=(8, 1.7))
plots.plot_reconstructions(test.x[:10], x_hat[:10], ax=ax)
plt.show()

# %% [markdown]
# From 16 numbers each, the digits come back: softer at the edges and without the odd detail, but nine of ten can still be read. (The ninth, an 8, has turned into something like a 2. We come back to it in lesson 07.) Throughout the course we put a number beside such a picture and beside the number a **[baseline](glossary.md#baseline)**, a yardstick to hold it against. The number is the *[squared error](glossary.md#squared-error) per image*, summed over its pixels. One baseline is what you get without any learning: answer every picture with the average training image. The other is [PCA](glossary.md#pca) (principal component analysis), the best that any *linear* reduction to 16 numbers can do on the images it was fitted to.

# %%
error = evaluation.squared_error(test.x, x_hat).mean()
mean_error = evaluation.mean_image_error(train.x, test.x)
pca_error = evaluation.pca_error(train.x, test.x, latent_dim=16)
print(f"mean image      {mean_error:6.2f}")
print(f"PCA, 16 numbers {pca_error:6.2f}")
print(f"autoencoder, 16 {error:6.2f}   squared error per image, test set")

# %% [markdown]
# The autoencoder keeps about five sixths of what the average image misses, and makes well under two thirds of PCA's error with the same 16 numbers. What it has and PCA lacks is *[nonlinearity](glossary.md#nonlinearity)*: a nonlinear network can follow a stroke that moves or leans, where a linear method can only add and subtract fixed pictures.

# %% [markdown]
# ## The parts and their names

# %% mystnb={"image": {"alt": "A funnel of bars narrowing from 784 to 128 to 16 and widening back to 784, with the names of the parts beneath"}}
fig, ax = plt.subplots(figsize=(7, 3))
names = ["image x", "hidden", "code z", "hidden", "reconstruction x̂"]
plots.plot_autoencoder([n_pixels, 128, 16, 128, n_pixels], names=names, ax=ax)
plt.show()

# %% [markdown]
# | part | symbol | what it does |
# |---|---|---|
# | **[encoder](glossary.md#encoder)** | $f$ | turns the image $x$ into the code $z = f(x)$ |
# | **[code](glossary.md#code)**, embedding or latent representation | $z$ | the few numbers in the middle |
# | **[bottleneck](glossary.md#bottleneck)** | | the narrow layer that holds the code; its width is `latent_dim`, here 16 |
# | **[latent space](glossary.md#latent-space)** | | all the codes there could be: here, a space of 16 dimensions |
# | **[decoder](glossary.md#decoder)** | $g$ | turns a code into a picture, $\hat x = g(z)$ |
# | **[reconstruction](glossary.md#reconstruction)** | $\hat x$ | the output for an input $x$; also the act of making it |
#
# (The bars are drawn on a logarithmic scale; to a true one the code would be a dot.) After training, each half can be used without the other. Keep the encoder, and you have a compressor, a feature extractor, a map of your data. Keep the decoder, and you have something that draws a picture for every point of the latent space.

# %%
codes = encoder.predict(test.x[:3], verbose=0)
print("shape of three codes:", codes.shape)
drawn = decoder.predict(codes, verbose=0)
print("shape of what the decoder draws from them:", drawn.shape)

# %% [markdown]
# ## The mathematics, formula by formula
#
# ### Two mappings
#
# One layer multiplies by a matrix, adds a vector and applies a function to each number. With one layer on each side an autoencoder is
#
# $$z = f(x) = s_e(W_e x + b_e), \qquad \hat x = g(z) = s_d(W_d z + b_d).$$
#
# $x$ is the image as a column of 784 pixels, $W_e$ and $W_d$ are the encoder's and the decoder's **weight matrices**, $b_e$ and $b_d$ their **biases**, and $s_e$, $s_d$ the **[activation functions](glossary.md#activation-function)**, which make the network nonlinear; ours are a ReLU, $\max(a, 0)$, inside, none at the code, and a sigmoid, which squeezes any number into (0, 1), at the pixels. With more layers, the same step is repeated. There is nothing else inside, so NumPy can do it too. (Keras stores one image a *row*, hence `x @ W`, with `W` the transpose of the formula's.)


# %%
def relu(a):
    return np.maximum(a, 0)


W1, b1, W2, b2 = encoder.get_weights()
x = test.x[:3].reshape(3, n_pixels)
z_by_hand = relu(x @ W1 + b1) @ W2 + b2

print("largest difference from Keras below 0.0001:", np.abs(z_by_hand - codes).max() < 1e-4)

# %% [markdown]
# ### Two losses
#
# The **[loss](glossary.md#loss)** says how wrong a reconstruction is. For pixels $x_1 \dots x_n$ the usual two are the mean squared error and, for values between 0 and 1, the [binary cross-entropy](glossary.md#cross-entropy):
#
# $$L_\text{MSE} = \frac 1 n \sum_{i=1}^n (x_i - \hat x_i)^2, \qquad L_\text{BCE} = -\sum_{i=1}^n \bigl[x_i \log \hat x_i + (1 - x_i) \log(1 - \hat x_i)\bigr].$$
#
# Watch the units. The first formula *averages* over pixels and the second *sums*, and much confusion in books and forums comes from mixing the two. From lesson 04 on, this course sums over the pixels and averages over the images (until then `mse` stands for the average): *squared error per image*, and *[nats](glossary.md#nat) per image* for the cross-entropy (a nat is the unit of information when the logarithm is natural).

# %%
x, r = test.x[0].ravel(), x_hat[0].ravel().clip(1e-7, 1 - 1e-7)
mse_per_pixel = np.mean((x - r) ** 2)
bce = -np.sum(x * np.log(r) + (1 - x) * np.log(1 - r))
print(f"MSE per pixel            {mse_per_pixel:.4f}")
print(f"squared error per image  {mse_per_pixel * n_pixels:.2f}")
print(f"cross-entropy, nats      {bce:.1f}")

# %% [markdown]
# ### One learning step
#
# Training moves every weight a little against the gradient of the loss, over and over:
#
# $$W_\text{new} = W_\text{old} - \eta \, \frac{\partial L}{\partial W}.$$
#
# $\eta$ is the **[learning rate](glossary.md#learning-rate)**, which scales the step, and $\partial L / \partial W$ says how the loss changes with each weight. Working these derivatives backwards through the layers is called **[backpropagation](glossary.md#backpropagation)**; the framework does it for you. To do it once by hand, take the smallest autoencoder there is: points of two coordinates, a code of **one** number, no activation, no bias. The code is $z = w \cdot x$ and the reconstruction $\hat x = z\,v$, with an encoder vector $w$ and a decoder vector $v$.

# %%
rng = np.random.default_rng(0)
points = rng.normal(size=(200, 1)) * [[1.0, 0.6]] + 0.15 * rng.normal(size=(200, 2))


def gradients(w, v):
    """Derivatives of the mean squared error with respect to encoder w and decoder v."""
    z = points @ w
    residual = np.outer(z, v) - points
    grad_v = 2 * residual.T @ z / len(points)
    grad_w = 2 * points.T @ (residual @ v) / len(points)
    return grad_w, grad_v


# %% [markdown]
# **Predict.** The points below lie along a slanted line. After training, where will the reconstructions be? They are all multiples of one vector $v$, so they lie on *some* line through the origin.

# %% mystnb={"image": {"alt": "Two panels of blue points along a slanted line. Before training the red reconstructions lie on a wrong line; after it they lie along the points"}}
w, v = np.array([0.1, 0.5]), np.array([0.5, -0.2])
before = np.outer(points @ w, v)
for _ in range(200):
    grad_w, grad_v = gradients(w, v)
    w, v = w - 0.1 * grad_w, v - 0.1 * grad_v
after = np.outer(points @ w, v)

fig, axes = plt.subplots(1, 2, figsize=(8, 3), sharex=True, sharey=True)
for ax, x_hat_2d, title in zip(axes, [before, after], ["before", "after 200 steps"], strict=True):
    ax.scatter(*points.T, s=8, label="points")
    ax.scatter(*x_hat_2d.T, s=8, label="reconstructions")
    loss = np.mean(np.sum((points - x_hat_2d) ** 2, axis=1))
    ax.set(title=f"{title}: error {loss:.3f} per point", xlabel="first coordinate", aspect="equal")
axes[0].set_ylabel("second coordinate")
axes[0].legend()
plt.show()

# %% [markdown]
# Two hundred steps turned the line until it runs through the points. No one told the network where the data lie; it had to find out, because one number is best spent on that direction. What is left of the error is the mean squared distance of the points from the line: the part that one number cannot carry. If you know principal components, you have just seen the first one being found by gradient descent.

# %% [markdown]
# ### The bottleneck
#
# A network that may copy will copy. If the code were as wide as the picture, "return what you were given" would have zero error and teach nothing. With a narrow code, copying is impossible, and the only way to a small error is to find what the pictures have in common and keep, for each, what makes it different. An autoencoder whose code is smaller than its input is called **[undercomplete](glossary.md#undercomplete)**; lessons 00 to 09, part A of the course, are about those.
#
# The price is that it learns *your* data and nothing else. Feed it *[out-of-distribution](glossary.md#out-of-distribution)* images, unlike anything it was trained on, and it fails.

# %% mystnb={"image": {"alt": "Digits turned into negatives and their reconstructions, which are shapeless"}}
negatives = 1 - test.x[:10]
back = evaluation.reconstruct(autoencoder, negatives)
fig, ax = plt.subplots(figsize=(8, 1.7))
plots.plot_reconstructions(negatives, back, ax=ax)
plt.show()
ratio = evaluation.squared_error(negatives, back).mean() / error
print(f"error on negatives / error on digits: {ratio:.1f}")

# %% [markdown]
# To us a negative is the same digit. To the network it is out of distribution, and the error grows fiftyfold. As a general image compressor an autoencoder is therefore poor; as a detector of *anomalies*, things that do not belong, this weakness is exactly what makes it useful.

# %% [markdown]
# ## Kinds and uses
#
# | kind | what is changed | what it is for |
# |---|---|---|
# | undercomplete | a code smaller than the input | compression, maps of the data; part A |
# | [overcomplete](glossary.md#overcomplete) | a code *larger* than the input | may learn to copy; the three below prevent it |
# | denoising | noisy input, clean target | robust features, cleaning images and signals |
# | sparse | a penalty $\lambda \sum_i \lvert z_i \rvert$ on the code | few [active units](glossary.md#active-unit) per image, readable features |
# | [contractive](glossary.md#contractive-autoencoder) | a penalty on how fast the code changes | codes that ignore small perturbations |
# | variational (VAE) | the code is a distribution, kept close to a normal one by a term in the loss, the [Kullback-Leibler divergence](glossary.md#kl-divergence) $\mathrm{KL}$, which measures how far two distributions differ | drawing *new* pictures, smooth interpolation |
# | [disentangled](glossary.md#disentangled) ($\beta$-VAE) | that term weighted by $\beta$ | codes whose coordinates mean one thing each |
# | convolutional | the layers, not the objective | larger and coloured pictures |
#
# | use | which half does the work |
# |---|---|
# | compression and dimensionality reduction | the encoder, and the decoder to come back |
# | visualising, clustering, searching data | the encoder (lesson 08) |
# | features for a classifier | the encoder (lesson 09) |
# | removing noise (denoising), filling holes ([inpainting](glossary.md#inpainting)) | both |
# | finding anomalies: rank by reconstruction error, or by distance of the code | both |
# | generating new examples | the decoder, if the latent space was made for it |

# %% [markdown]
# ## Exercises
#
# ### Exercise 0.1: how much smaller?
#
# Write `compression_ratio(image_shape, latent_dim)`: how many times fewer numbers the code has than an image of `image_shape`, which is `(height, width, channels)`.


# %% tags=["exercise"]
def compression_ratio(image_shape, latent_dim): ...


checks.check_compression_ratio(compression_ratio)


# %% tags=["solution"]
def compression_ratio(image_shape, latent_dim):
    height, width, channels = image_shape
    return height * width * channels / latent_dim


checks.check_compression_ratio(compression_ratio)

# %% [markdown]
# ### Exercise 0.2: the learning step
#
# Write `learning_step(weights, gradient, learning_rate)`, the formula above, for NumPy arrays of any shape. Return new weights; leave the old ones as they are.


# %% tags=["exercise"]
def learning_step(weights, gradient, learning_rate): ...


checks.check_learning_step(learning_step)


# %% tags=["solution"]
def learning_step(weights, gradient, learning_rate):
    return weights - learning_rate * gradient  # `weights -= ...` would overwrite the caller's array


checks.check_learning_step(learning_step)

# %% [markdown]
# ### Exercise 0.3: from one unit to another
#
# A paper reports an MSE of 0.0112 *per pixel* on images of 28 × 28 pixels; another a squared error of 8.9 *per image*. Write `per_image(mse_per_pixel, image_shape)` so that you can compare them. Which is better?


# %% tags=["exercise"]
def per_image(mse_per_pixel, image_shape): ...


checks.check_per_image(per_image)


# %% tags=["solution"]
def per_image(mse_per_pixel, image_shape):
    return mse_per_pixel * np.prod(image_shape)


print(
    f"0.0112 per pixel is {per_image(0.0112, (28, 28, 1)):.2f} per image: the first is better, just"
)
checks.check_per_image(per_image)

# %% [markdown]
# ## What to remember
#
# - An autoencoder is an encoder $f$ and a decoder $g$ trained together so that $g(f(x)) \approx x$; the data are their own target.
# - The bottleneck forbids copying, so the code has to hold what matters.
# - The loss is a reconstruction error; always ask whether it is per pixel or per image.
# - A number needs a baseline: the mean image, and PCA with the same code size.
# - It learns your data and nothing else: out-of-distribution images come back badly.
#
# ## Quiz
#
# 1. Why does an autoencoder need no labels? (a) It learns without a loss. (b) Its input is its target. (c) PCA labels the data first.
# 2. You widen *every* layer, the code included, to 784 numbers, and the error falls to almost zero. What have you learned about the data? (a) Its structure. (b) Nothing: the network can copy. (c) That the learning rate was right.
# 3. The error on a new picture is fifty times the usual one. The likeliest reason: (a) the picture is unlike the training data; (b) the picture is too large; (c) the code is too wide.
#
# <details><summary>Answers</summary>
#
# 1. **b.** There is a loss (not a), namely the difference between output and input. PCA (c) plays no part in training; it is a baseline.
# 2. **b.** With room to copy, a small error says nothing about structure (a), nor about the learning rate alone (c).
# 3. **a.** A picture of another size (b) would be refused, not reconstructed badly. A wider code (c) makes errors smaller.
# </details>
#
# ## Further reading
#
# - Hinton & Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science 313 (2006), doi:10.1126/science.1127647: the paper that made deep autoencoders work.
# - Goodfellow, Bengio & Courville, *Deep Learning* (2016), chapter 14, sections 14.1 and 14.2: undercomplete and regularised autoencoders.
# - Baldi & Hornik, *Neural networks and principal component analysis*, Neural Networks 2 (1989), doi:10.1016/0893-6080(89)90014-2: why the line was the first principal component.

# %% tags=["receipt"]
notebook.claim(
    error < pca_error < mean_error, "the autoencoder must beat PCA, and PCA the mean image"
)
notebook.claim(
    pca_error > evaluation.pca_error(test.x, test.x, 16), "PCA must not have seen the test set"
)
notebook.claim(ratio > 3, "negatives must be reconstructed far worse than digits")
notebook.receipt(autoencoder_16=error, pca_16=pca_error, mean_image=mean_error)
