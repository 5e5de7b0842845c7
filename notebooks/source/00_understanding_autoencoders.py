# %% [markdown]
# # 00. Understanding autoencoders
#
# *Squeeze a picture through a few numbers, see what comes back, and learn what every part of that machine is called.*
#
# **You will be able to**
# - say what an autoencoder is, what its parts are and why its middle is narrow;
# - write its two mappings, its two usual losses and its learning step as formulas, and check each of them in code;
# - name the kinds and the uses of autoencoders.
#
# **You need** Python, a little NumPy, and a memory of derivatives. No Keras yet. Words that are links lead to the [glossary](glossary.md).
#
# **Time** 25 minutes to read, 15 for the exercises, about 15 seconds to run.

# %% tags=["setup"]
from ae_course import notebook, widgets
from ae_course.exercises import lesson_00 as checks
from ae_keras import backend, data, evaluation, plots

import keras
import matplotlib.pyplot as plt
import numpy as np

notebook.start(seed=0)

# %% [markdown] numbers={"twelve": "given: drawn below"}
# ## How many numbers is a digit?
#
# Here are twelve handwritten digits. Each is a grid of 28 × 28 = 784 pixels, and each pixel is a number between 0 (black) and 1 (white).

# %% tags=["keep"]
train, val, test = data.load_splits()
image_shape = train.x.shape[1:]
n_pixels = int(np.prod(image_shape))
print(f"{len(train)} images to learn from, {len(val)} to judge by, {n_pixels} pixels each")

# %% mystnb={"image": {"alt": "Twelve white handwritten digits on black squares, in a row"}}
fig, ax = plt.subplots(figsize=(8, 1))
plots.plot_images(train.x[:12], ax=ax)
plt.show()

# %% [markdown] numbers={"64": "8 * 8", "five": "given: angle, shear, scale and two shifts, see ae_keras/data/bundled.py"}
# Do you need 784 numbers to tell somebody which picture you mean? Certainly not for these: they were enlarged from scans of 8 × 8 pixels and slightly turned, sheared, scaled and shifted (lesson 02), so 64 grey values and five numbers (an angle, a shear, a scale and two shifts) determine each of them. The question is how far below that one can go. Handwritten digits fill only a tiny part of all the pictures that 784 free numbers could make: a thin, curved region that the field calls a *[manifold](glossary.md#manifold)*.
#
# **Predict.** Suppose each picture had to be described by 16 numbers of your own choice. How much of it would survive: *a blur*, *a recognisable digit*, or *nearly everything*? Decide now; in a minute you will see.

# %% [markdown]
# ## The smallest useful autoencoder
#
# An **[autoencoder](glossary.md#autoencoder)** is a network trained to return its own input, with an obstacle in the way: in the middle, everything it knows about the picture has to fit into a few numbers. Below, 784 pixels become 128 numbers, then `code` numbers, and then the same way back. Every word of this cell is explained in lessons 03 to 06; today, read it as a drawing. (`build` and `seed_weights` make the initial weights the same for every reader.)


# %% tags=["keep"]
def build(code):
    """An untrained encoder and decoder, and the two in a row."""
    encoder = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(code),
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
    autoencoder.build((None, *image_shape))
    backend.seed_weights(autoencoder, seed=0)
    autoencoder.compile(optimizer=keras.optimizers.Adam(0.002), loss="mse")
    return encoder, decoder, autoencoder


# %% [markdown] numbers={"16": "given: CODE below", "2": "given: a setting to try"}
# Training needs a measure of failure (here the mean squared difference between the pixels of input and output) and a method to reduce it. Look at what `fit` is given: the images as input **and the same images as target**. Nobody had to label anything. That is why autoencoders count as *unsupervised* learning or, more exactly, as *[self-supervised](glossary.md#self-supervised)*: the data are their own teacher. (`Adam`, `batch_size` and `epochs` wait for lessons 02 and 06. The images come in the same order in each epoch, `shuffle=False`, so that your numbers are those of the text. It is good enough today; lesson 02 shuffles and keeps the numbers.)
#
# Beside the autoencoder stands a **[baseline](glossary.md#baseline)**, a yardstick to hold it against: [PCA](glossary.md#pca) (principal component analysis), the best that any *linear* reduction to as many numbers can do on the images it was fitted to.
#
# **Change this line and run again:** `CODE`, once you have read what 16 gives. Predict first: what will be left of the digits with 2 numbers? Does the network beat PCA at every size?

# %% mystnb={"image": {"alt": "Ten validation digits in three rows. PCA's copies from 16 numbers are pale, with ghosts of other strokes; the autoencoder's are softer than the originals, and can be read, except the last, a cramped 2"}}
CODE = 16  # try 2, 4, 64

encoder, decoder, autoencoder = build(CODE)
history = autoencoder.fit(train.x, train.x, batch_size=128, epochs=12, shuffle=False, verbose=0)
x_hat = evaluation.reconstruct(autoencoder, val.x)
pca = evaluation.fit_pca(train.x, latent_dim=CODE)
x_pca = np.clip(evaluation.pca_reconstruct(pca, val.x), 0, 1)

fig, ax = plt.subplots(figsize=(8, 2.3))
rows = {"original": val.x[:10], "PCA": x_pca[:10], "autoencoder": x_hat[:10]}
plots.plot_rows(rows, ax=ax)
plt.show()
error = evaluation.squared_error(val.x, x_hat).mean()
pca_error = evaluation.squared_error(val.x, x_pca).mean()
print(f"PCA, {CODE} numbers          {pca_error:6.2f}")
print(f"autoencoder, {CODE} numbers  {error:6.2f}   squared error per image, validation")

# %% [markdown] numbers={"16": "given: CODE", "2": "seen: the figure"}
# From 16 numbers each, the network's digits come back: softer at the edges, a little blotchy, but all except the last, a cramped 2, can be read at a glance. (We come back to what goes wrong in lesson 07.) PCA's are paler, with ghosts of other strokes around them.
#
# The number beside such a picture is the *[squared error](glossary.md#squared-error) per image*, summed over its pixels, here averaged over the 1,350 *validation* images, on which neither the network nor PCA was trained. (PCA's pixels can leave the range from 0 to 1; we clip them, as a screen would, which makes its error smaller.) A second baseline needs no numbers at all: answer every picture with the average training image.

# %%
mean_error = evaluation.mean_image_error(train.x, val.x)
print(f"mean image                 {mean_error:6.2f}")
print(f"error that PCA removes     {1 - pca_error / mean_error:6.0%}")
print(f"error that the net removes {1 - error / mean_error:6.0%}")
notebook.claim(CODE != 16 or error < 2 / 3 * pca_error, "the error is under two thirds of PCA's")

# %% [markdown] numbers={"two thirds": "7.92 / 12.53", "8.1": "given: measured, the cell above with seed=1", "2": "given: a seed"}
# With 16 numbers the autoencoder makes less than two thirds of PCA's error. It is no accident of the initial weights: from seeds 0, 1 and 2 we got errors of 7.9, 8.1 and 7.9, where PCA has 12.5. What it has and PCA lacks is *[nonlinearity](glossary.md#nonlinearity)*: a linear method can only add and subtract fixed pictures, and a stroke that moves or leans is no such sum. How much that helps depends on the size of the code, as you will see in exercise 0.1.

# %% [markdown]
# ## The parts and their names

# %% mystnb={"image": {"alt": "A handwritten digit, then a funnel of bars narrowing from 784 to 128 to 16, named encoder f, and widening back to 784, named decoder g, then the digit's reconstruction"}}
fig, axes = plt.subplots(1, 3, figsize=(8, 3), width_ratios=[1, 5, 1])
plots.plot_images(val.x[:1], title="in", ax=axes[0])
names = ["image x", "hidden", "code z", "hidden", "reconstruction x̂"]
plots.plot_autoencoder([n_pixels, 128, CODE, 128, n_pixels], names=names, ax=axes[1])
axes[1].text(1, 6, "encoder f", ha="center", weight="bold", color="C0")
axes[1].text(3, 6, "decoder g", ha="center", weight="bold", color="C2")
plots.plot_images(x_hat[:1], title="out", ax=axes[2])
plt.show()

# %% [markdown]
# | part | symbol | what it does |
# |---|---|---|
# | **[encoder](glossary.md#encoder)** | $f$ | turns the image $x$ into the code $z = f(x)$ |
# | **[code](glossary.md#code)**, embedding or latent representation | $z$ | the few numbers in the middle |
# | **[bottleneck](glossary.md#bottleneck)** | | the narrow layer that holds the code; its width is `latent_dim`, here `CODE` |
# | **[latent space](glossary.md#latent-space)** | | all the codes there could be: here, a space of `CODE` dimensions |
# | **[decoder](glossary.md#decoder)** | $g$ | turns a code into a picture, $\hat x = g(z)$ |
# | **[reconstruction](glossary.md#reconstruction)** | $\hat x$ | the output for an input $x$; also the act of making it |
#
# (The bars are drawn on a logarithmic scale. On a linear one, the bar of the code would be a fiftieth as long as the image's.) After training, each half can be used without the other. Keep the encoder, and you have a compressor, a feature extractor, a map of your data. Keep the decoder, and you have something that draws a picture for every point of the latent space.

# %%
codes = encoder.predict(val.x[:3], verbose=0)
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
x = val.x[:3].reshape(3, n_pixels)
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
x, r = val.x[0].ravel(), x_hat[0].ravel().clip(1e-7, 1 - 1e-7)
mse_per_pixel = np.mean((x - r) ** 2)
bce = -np.sum(x * np.log(r) + (1 - x) * np.log(1 - r))
print(f"MSE per pixel            {mse_per_pixel:.4f}")
print(f"squared error per image  {mse_per_pixel * n_pixels:.2f}")
print(f"cross-entropy, nats      {bce:.1f}")

# %% [markdown]
# ### One learning step
#
# The **gradient** of the loss, $\partial L / \partial W$, holds a number for each weight: by how much the loss changes if this weight grows a little, divided by the growth. Training moves every weight a little *against* it, over and over:
#
# $$W_\text{new} = W_\text{old} - \eta \, \frac{\partial L}{\partial W}.$$
#
# $\eta$ is the **[learning rate](glossary.md#learning-rate)**, which scales the step. Working these derivatives backwards through the layers is called **[backpropagation](glossary.md#backpropagation)**; the framework does it for you. To do it once by hand, take the smallest autoencoder there is: points of two coordinates, a code of **one** number, no activation, no bias. The code is $z = w \cdot x$ and the reconstruction $\hat x = z\,v$, with an encoder vector $w$ and a decoder vector $v$.
#
# The error of one point is $\lVert r \rVert^2$ with the residual $r = z\,v - x$. If $v$ changes by a small $\Delta v$, then $r$ changes by $z\,\Delta v$ and the error by $2\,r \cdot z\,\Delta v$: the derivative with respect to $v$ is $2 z\,r$. If $w$ changes by $\Delta w$, then $z$ changes by $\Delta w \cdot x$, so $r$ by $(\Delta w \cdot x)\,v$ and the error by $2 (r \cdot v)(\Delta w \cdot x)$: the derivative with respect to $w$ is $2 (r \cdot v)\,x$. The loss is the mean over the points.

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


def loss_of(w, v):
    return np.mean(np.sum((np.outer(points @ w, v) - points) ** 2, axis=1))


w, v = np.array([0.1, 0.5]), np.array([0.5, -0.2])
steps = 1e-5 * np.eye(2)  # a small step along each coordinate
measured_w = [(loss_of(w + h, v) - loss_of(w - h, v)) / 2e-5 for h in steps]
measured_v = [(loss_of(w, v + h) - loss_of(w, v - h)) / 2e-5 for h in steps]
print("formula and measurement agree:", np.allclose(gradients(w, v), [measured_w, measured_v]))

# %% [markdown]
# A gradient that was worked out by hand should always be checked like this: change each weight a little, both ways, and see what the loss does (*finite differences*).
#
# **Predict.** The points below lie along a slanted line. After training, where will the reconstructions be? They are all multiples of one vector $v$, so they lie on *some* line through the origin.

# %% mystnb={"image": {"alt": "Two panels of blue points along a slanted line. Before training the red reconstructions lie on a wrong line; after it they lie along the points"}}
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
least = np.linalg.eigvalsh(points.T @ points / len(points))[0]  # what the best line leaves
notebook.claim(least < loss < 1.03 * least, "no more than three per cent above the best line")

# %% [markdown] numbers={"three": "given: the claim above; measured 1.9"}
# Two hundred steps turned the line until it runs through the points. No one told the network where the data lie; it had to find out, because one number is best spent on that direction. What is left of the error is, to within three per cent, the mean squared distance of the points from the best line: the part that one number cannot carry. If you know principal components, you have just seen the first one being found by gradient descent.

# %% [markdown]
# ### The bottleneck
#
# Suppose the code were as wide as the picture. Then an encoder and a decoder that change nothing would have zero error, and would have learned nothing. With a narrow code such copying is impossible, and the only way to a small error is to find what the pictures have in common and keep, for each, what makes it different. An autoencoder whose code is smaller than its input is called **[undercomplete](glossary.md#undercomplete)**; lessons 00 to 09, part A of the course, are about those.
#
# The price is that what it learns are *your* data. Images unlike anything it was trained on are *[out-of-distribution](glossary.md#out-of-distribution)*. Here are four kinds: digits mirrored, printed letters, patches of photographs, and digits turned into negatives.
#
# **Predict.** Which of the four will come back best, and which worst? And on which will PCA, which knows only sums of pictures, do better than the network?

# %% mystnb={"image": {"alt": "Two images each of digits, mirrored digits, letters, photographs and negatives, with the copies of PCA and of the autoencoder. The network's mirrored digits can be read; its letters, photographs and negatives are scraps of strokes"}}
letters = data.load("glyphs", subset="test").x
photos = data.load("photos", subset="test").x[:, 2:30, 2:30].mean(axis=3, keepdims=True)
mean_image = train.x.mean(axis=0)
strangers = {
    "digits": val.x,
    "mirrored": val.x[:, :, ::-1],
    "letters": letters,
    "photographs": photos,
    "negatives": 1 - val.x,
}
pairs, stranger_errors = [], {}
print("squared error per image   mean image     PCA  autoencoder")
for name, x in strangers.items():
    linear = np.clip(evaluation.pca_reconstruct(pca, x), 0, 1)
    back = evaluation.reconstruct(autoencoder, x)
    answers = np.broadcast_to(mean_image, x.shape), linear, back
    errors = [evaluation.squared_error(x, answer).mean() for answer in answers]
    print(f"{name:26s}{errors[0]:10.1f}{errors[1]:8.1f}{errors[2]:13.1f}")
    stranger_errors[name] = errors
    pairs.append((x[:2], linear[:2], back[:2]))
rows = [np.concatenate(row) for row in zip(*pairs, strict=True)]
fig, ax = plt.subplots(figsize=(8, 2.3))
plots.plot_rows(dict(zip(["input", "PCA", "autoencoder"], rows, strict=True)), ax=ax)
ax.add_patch(plt.Rectangle((239.5, -0.5), 58, 28, fill=False, color="0.6"))  # white on white
plt.show()

# %%
of = {name: errors[2] / error for name, errors in stranger_errors.items()}
to_pca = {name: errors[2] / errors[1] for name, errors in stranger_errors.items()}
if CODE == 16:
    notebook.claim(of["mirrored"] < 2 and to_pca["mirrored"] < 1, "mirrored: under twice the error")
    notebook.claim(
        of["letters"] > 5 and to_pca["letters"] > 1, "letters: five times, PCA is better"
    )
    notebook.claim(to_pca["photographs"] > 1, "PCA is better on photographs")
    notebook.claim(of["negatives"] > max(50, 2 * of["photographs"]), "negatives: the largest error")

# %% [markdown]
# Now a stranger of your own. Draw a digit, or start from one of the images above, and look at its code, at what comes back, and at the three errors. (If this is only a picture where you read, run the cell in Jupyter, or open the web book.)
#
# **Try it:** start from the mirrored digit and move it to the right, pixel by pixel. After how many pixels is PCA's copy nearer than the network's?

# %% mystnb={"image": {"alt": "A figure to turn, as a picture: in four rows a digit, a mirrored digit, a letter, a photograph and a negative as they are, as the autoencoder returns them, as PCA does, and the mean image"}}
samples = {name: x[0] for name, x in strangers.items()}
widgets.draw_digit(encoder, decoder, pca, val, samples)

# %% [markdown] numbers={"three pixels, the": "seen: the figure to turn", "twice": "14.2 / 7.9", "five": "45.5 / 7.9", "fifty": "442.8 / 7.9", "44": "given: measured, three seeds", "46": "given: measured, three seeds", "173": "given: measured, three seeds", "451": "given: measured, seed 1", "473": "given: measured, seed 2"}
# Mirrored digits come back best: their error is less than twice that of digits, and below PCA's. A mirrored stroke is still a stroke: that much the network has learned beyond the ten shapes. (But not strokes in other places: moved to the right by three pixels, the mirrored digit has the larger error with the network.) With letters its error is more than five times that of digits, and *PCA does better*: the network draws sharp strokes in the wrong places (its N is made of scraps, its Q a pointed ring), and a bold mistake costs more squared error than PCA's hesitant grey. On photographs PCA is better, too. So it was for all three seeds we tried (letters 44 to 46, PCA 37; photographs 167 to 173, PCA 149).
#
# Negatives have the largest error by far, more than fifty times that of digits. But look along the row: the mean image and PCA fail in the same way, because most of a negative is white, just where digits are black. A large error can mean *strange* or only *bright*; only a baseline shows which. (Against PCA's 452, the three seeds had 443, 451 and 473: no clear difference.)
#
# As a general image compressor, then, this autoencoder is poor. As a detector of *anomalies*, things that do not belong, the same weakness makes it useful.

# %% [markdown]
# ## Kinds and uses
#
# | kind | what is changed | what it is for | lesson |
# |---|---|---|---|
# | undercomplete | a code smaller than the input | compression, maps of the data | 03 to 09 |
# | [overcomplete](glossary.md#overcomplete) | a code *larger* than the input | may learn to copy; the three below prevent it | [lesson 13](13_denoising.ipynb) |
# | denoising | noisy input, clean target | robust features, cleaning images and signals | [lesson 13](13_denoising.ipynb) |
# | sparse | a penalty $\lambda \sum_i \lvert z_i \rvert$ on the code | few numbers of the code in use for each image, readable features | [lesson 15](15_sparse.ipynb) |
# | [contractive](glossary.md#contractive-autoencoder) | a penalty on how fast the code changes | codes that ignore small perturbations | [lesson 18](18_beyond.ipynb) |
# | variational (VAE) | the code is a distribution, kept close to a normal one by a term in the loss, the [Kullback-Leibler divergence](glossary.md#kl-divergence) $\mathrm{KL}$, which measures how far two distributions differ | drawing *new* pictures, smooth interpolation | [lesson 16](16_variational.ipynb) |
# | [disentangled](glossary.md#disentangled) ($\beta$-VAE) | that term weighted by $\beta$ | codes whose coordinates mean one thing each | [lesson 17](17_beta_vae.ipynb) |
# | convolutional | the layers, not the objective | larger and coloured pictures | [lesson 11](11_convolution_and_upsampling.ipynb) |
#
# | use | which half does the work | lesson |
# |---|---|---|
# | compression and dimensionality reduction | the encoder, and the decoder to come back | [lesson 09](09_latent_size.ipynb), [lesson 22](22_codes_as_features_and_compression.ipynb) |
# | visualising and clustering data | the encoder | [lesson 08](08_latent_space.ipynb) |
# | features for a classifier, searching | the encoder | [lesson 22](22_codes_as_features_and_compression.ipynb) |
# | removing noise (denoising), filling holes ([inpainting](glossary.md#inpainting)) | both | [lesson 13](13_denoising.ipynb), [lesson 21](21_inpainting.ipynb) |
# | finding anomalies: rank by reconstruction error, or by distance of the code | both | [lesson 20](20_anomaly_detection.ipynb) |
# | generating new examples | the decoder, if the latent space was made for it | [lesson 16](16_variational.ipynb) |

# %% [markdown]
# ## What comes next
#
# Four of these uses work, more or less, with what you have built today. One more network is trained, from noisy images to clean ones; the other three rows are made by the autoencoder above.

# %% mystnb={"image": {"alt": "Five rows of eight images: noisy digits; the same without noise; five letters and three odd digits, the most suspicious images of a crowd; a 2 and seven similar 2s; shapes drawn from random codes, some of them like digits"}}
_, _, denoiser = build(CODE)
noisy = data.gaussian_noise(train.x, stddev=0.5, seed=0)
denoiser.fit(noisy, train.x, batch_size=128, epochs=6, shuffle=False, verbose=0)
noisy_val = data.gaussian_noise(val.x[:8], stddev=0.5, seed=1)

crowd = np.concatenate([val.x[:500], letters[:5]])  # five letters among five hundred digits
scores = evaluation.squared_error(crowd, evaluation.reconstruct(autoencoder, crowd))
suspects = np.argsort(-scores)[:8]

z = encoder.predict(train.x, verbose=0)
found = evaluation.nearest(z, encoder.predict(val.x[:1], verbose=0), k=7)[0]

spread = np.linalg.cholesky(np.cov(z.T))
random_codes = z.mean(axis=0) + np.random.default_rng(0).normal(size=(8, CODE)) @ spread.T
drawn = decoder.predict(random_codes.astype("float32"), verbose=0)

rows = {
    "noisy": noisy_val,
    "denoised": evaluation.reconstruct(denoiser, noisy_val),
    "most suspicious": crowd[suspects],
    "query, found": np.concatenate([val.x[:1], train.x[found]]),
    "drawn": drawn,
}
fig, ax = plt.subplots(figsize=(7, 3.6))
plots.plot_rows(rows, ax=ax)
plt.show()

# %%
print("letters among the eight most suspicious:", (suspects >= 500).sum())
x_pca = np.clip(evaluation.pca_reconstruct(pca, crowd), 0, 1)
by_pca = np.argsort(-evaluation.squared_error(crowd, x_pca))[:8]
print("and if PCA's error is used instead:     ", (by_pca >= 500).sum())
notebook.claim(CODE != 16 or set(train.labels[found]) == {val.labels[0]}, "all found are 2s")

# %% [markdown] numbers={"4": "seen: the figure"}
# - **[Denoising](13_denoising.ipynb)** (lesson 13): the noise is gone and most digits can be read, though they are blurred and the 4 has lost its shape.
# - **[Anomalies](20_anomaly_detection.ipynb)** (lesson 20): we hid five letters among five hundred digits and sorted by error. All five are among the eight highest. (So they are by PCA's error: these anomalies are easy ones.)
# - **[Search](22_codes_as_features_and_compression.ipynb)** (lessons 08 and 22): the seven training images whose codes lie nearest to that of the first image. All are 2s.
# - **[Drawing](16_variational.ipynb)** (lesson 16): the decoder's pictures for random codes. A few look like digits, the others like none, since nothing has told this latent space what lies *between* its codes. The variational autoencoder is made for that.

# %% [markdown]
# ## The test images, once
#
# All digits above were training or validation images: those you may look at while you work, and choose by. A third part of the data, the *test* images, is kept for the end.

# %%
test_error = evaluation.squared_error(test.x, evaluation.reconstruct(autoencoder, test.x)).mean()
x_pca_test = np.clip(evaluation.pca_reconstruct(pca, test.x), 0, 1)
test_pca_error = evaluation.squared_error(test.x, x_pca_test).mean()
print(f"test images: PCA {test_pca_error:.1f}, autoencoder {test_error:.1f}, {CODE} numbers each")
notebook.claim(CODE != 16 or test_error < 2 / 3 * test_pca_error, "under two thirds, here as well")

# %% [markdown] numbers={"two thirds": "8.2 / 12.9"}
# A little more than on the validation images for both, and again less than two thirds of PCA's error: nothing that we saw was an accident of those images.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("0.1")` gives a hint; call it again for the next one.
#
# ### Exercise 0.1: when is the network worth it?
#
# Run the marked cell above with `CODE` = 2, 4, 16 and 64. Write down what it prints, and decide each time which of the two you would use if nothing but the error counted: `measured = {2: (PCA's error, the autoencoder's error, "PCA" or "autoencoder"), 4: ...}`. Afterwards set `CODE` back to 16.

# %% tags=["exercise"]
measured = ...

checks.check_code_sizes(measured, train.x, val.x)

# %% tags=["solution"]
measured = {}
for size in (2, 4, 16, 64):
    _, _, tried = build(size)
    tried.fit(train.x, train.x, batch_size=128, epochs=12, shuffle=False, verbose=0)
    fitted = evaluation.fit_pca(train.x, latent_dim=size)
    linear = np.clip(evaluation.pca_reconstruct(fitted, val.x), 0, 1)
    by_pca = evaluation.squared_error(val.x, linear).mean()
    by_net = evaluation.squared_error(val.x, evaluation.reconstruct(tried, val.x)).mean()
    measured[size] = by_pca, by_net, "PCA" if by_pca < by_net else "autoencoder"

checks.check_code_sizes(measured, train.x, val.x)

# %% [markdown]
# ### Exercise 0.2: check a gradient
#
# Write `numerical_gradient(loss, w)`: the gradient of the function `loss` at the array `w`, of any shape, by finite differences. For each weight in turn, move it by $h$ = 0.0001 up and down while the others stay, and take $(L_\text{up} - L_\text{down}) / 2h$. Leave `w` as it was.


# %% tags=["exercise"]
def numerical_gradient(loss, w): ...


checks.check_numerical_gradient(numerical_gradient)


# %% tags=["solution"]
def numerical_gradient(loss, w):
    gradient = np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        h = np.zeros(w.shape)
        h[place] = 1e-4
        gradient[place] = (loss(w + h) - loss(w - h)) / 2e-4
    return gradient


checks.check_numerical_gradient(numerical_gradient)

# %% [markdown]
# ### Exercise 0.3: from one unit to another
#
# A paper reports an MSE of 0.0112 *per pixel* on images of 28 × 28 pixels; another a squared error of 8.9 *per image*. Write `per_image(mse_per_pixel, image_shape)` so that you can compare them; `image_shape` is `(height, width, channels)`. Which is better?


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

# %% [markdown] numbers={"five": "given: an example of the quiz"}
# ## What to remember
#
# - An autoencoder is an encoder $f$ and a decoder $g$ trained together so that $g(f(x)) \approx x$; the data are their own target.
# - The bottleneck rules out copying, so the code has to hold what matters.
# - The loss is a reconstruction error; always ask whether it is per pixel or per image.
# - A number needs a baseline: the mean image, and PCA with the same code size.
# - What it learns are your data: images unlike them come back worse, and how much worse takes a baseline to say.
#
# ## Quiz
#
# 1. Why does an autoencoder need no labels? (a) It learns without a loss. (b) Its input is its target. (c) PCA labels the data first.
# 2. You widen *every* layer, the code included, to 784 numbers, and the error falls to almost zero. What have you learned about the data? (a) Its structure. (b) Nothing for certain: to copy would do as well. (c) That the learning rate was right.
# 3. The error on a new picture of usual brightness is five times the usual one. The likeliest reason: (a) the picture is unlike the training data; (b) the picture is too large; (c) the code is too wide.
#
# <details><summary>Answers</summary>
#
# 1. **b.** There is a loss (not a), namely the difference between output and input. PCA (c) plays no part in training; it is a baseline.
# 2. **b.** With room to copy, a small error is no evidence of structure (a), nor does it judge the learning rate (c).
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
    CODE != 16 or error < pca_error < mean_error,
    "the autoencoder must beat PCA, and PCA the mean image",
)
seen = evaluation.fit_pca(val.x, latent_dim=CODE)
x_seen = np.clip(evaluation.pca_reconstruct(seen, val.x), 0, 1)
notebook.claim(
    pca_error > evaluation.squared_error(val.x, x_seen).mean(), "PCA must not have seen the images"
)
notebook.claim(CODE != 16 or (suspects >= 500).sum() == 5, "all letters are suspicious")
notebook.receipt(autoencoder_16=error, pca_16=pca_error, mean_image=mean_error)
