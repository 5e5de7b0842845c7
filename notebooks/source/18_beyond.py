# %% [markdown]
# # 18. Discrete codes, and two kinds more
#
# *Write an image as a short text of whole numbers, learn what such texts are like, and write new ones.*
#
# **You will be able to**
# - quantise codes with a learned codebook, and get a gradient past the quantisation;
# - read an index map, count the bits of a code, and watch over the codebook;
# - train a prior over discrete codes, judge it in bits, and draw new images from it;
# - penalise the slope of an encoder, and say what such a number is worth.
#
# **You need** lessons 11 and 16.
#
# **Time** 30 minutes to read, 35 for the exercises, about 30 seconds to run.

# %% tags=["setup"]
from ae_course import notebook
from ae_course.exercises import lesson_18 as checks
from ae_keras import IWAE, VAE, VQVAE, Autoencoder, ContractiveAutoencoder
from ae_keras import ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder
from ae_keras import backend, data, evaluation, losses, plots
from ae_keras.evaluation import compression

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from sklearn.cluster import KMeans

notebook.start(seed=0)
train, val, _ = data.load_splits()
image_shape = train.x.shape[1:]

# %% [markdown] numbers={"32": "given: num_embeddings in the code"}
# ## A digit in 49 tokens
#
# All codes so far were real numbers. The **vector-quantised autoencoder** ([VQ-VAE](glossary.md#vq-vae); van den Oord et al., 2017) makes codes of *whole* numbers. Below, a convolutional encoder turns an image into a map of 7 × 7 places, and each place must choose one of 32 **[tokens](glossary.md#token)**, as a writer chooses letters. Which token stands where, the *index map*, is all that the decoder gets. How such a model is built and trained, you will see below; first look at what it does.


# %% tags=["keep"]
def fit(model, x, epochs, learning_rate=0.003):
    if model.compiled:  # Another training: the compiled step is kept, the optimizer set back.
        for variable in model.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
    else:
        model.compile(keras.optimizers.Adam(), loss=losses.squared_error)
    model.optimizer.learning_rate = learning_rate
    model.fit(data.Batches(x), epochs=epochs, shuffle=False, verbose=0)
    return model


def forward(part, x):
    """What a model or a half of it returns, as a NumPy array; nothing is compiled for it."""
    return ops.convert_to_numpy(part(x))


def start_codebook(model, plain, x):
    """Give `model` the weights of `plain`, and k-means centres of its codes as the codebook."""
    model.encoder.set_weights(plain.encoder.get_weights())
    model.decoder.set_weights(plain.decoder.get_weights())
    book = model.quantizer
    vectors = forward(plain.encoder, x).reshape(-1, book.embedding_dim)
    centres = KMeans(book.num_embeddings, n_init=1, random_state=0).fit(vectors).cluster_centers_
    book.codebook.assign(centres.astype("float32"))


def map_parts():
    return ConvEncoder(4, flat=False), ConvDecoder(image_shape, flat=False)


half = train.x[:3840]
plain_maps = fit(backend.seed_weights(Autoencoder(*map_parts()), seed=0), half, epochs=3)
vq = backend.seed_weights(VQVAE(*map_parts(), num_embeddings=32, embedding_dim=4), seed=0)
start_codebook(vq, plain_maps, half[:1000])
_ = fit(vq, half, epochs=5)


# %% tags=["keep"]
# Number the tokens from dark to bright, so that their numbers can be shown as colours.
codebook = ops.convert_to_numpy(vq.quantizer.codebook)
one_token = np.tile(codebook[:, None, None], (1, 7, 7, 1))
codebook = codebook[np.argsort(evaluation.decode(vq, one_token).mean(axis=(1, 2, 3)))]
vq.quantizer.codebook.assign(codebook)


def tokens_of(x):
    """Index maps of images, as rows of 49 whole numbers."""
    pieces = np.split(x, range(450, len(x), 450))
    return np.concatenate([ops.convert_to_numpy(vq.indices(piece)) for piece in pieces])


def draw(tokens):
    return evaluation.decode(vq, codebook[tokens].reshape(-1, 7, 7, 4), batch_size=150)


def as_colours(tokens):
    colours = plt.get_cmap("viridis")(tokens.reshape(-1, 7, 7) / 31)[..., :3]
    return colours.repeat(4, axis=1).repeat(4, axis=2)


# %% [markdown] numbers={"31": "given: the last of 32 tokens"}
# Top to bottom: images, their index maps (dark violet is token 0, yellow token 31), and what the decoder makes of the maps. **Predict.** Then we play with the maps. Take the 3 left columns from one image's map and the rest from another's: will the decoder draw a blend of the two, as between two codes of lesson 08? And what will it draw from 49 *random* tokens?
#
# **Change this line and run again:** `COLUMNS`.

# %% mystnb={"image": {"alt": "Seven rows of ten. Digits; their index maps, violet with a digit-shaped patch of green and yellow; the digits drawn from the maps, a little softer; other digits; mixed maps; their drawings, of which the left part is of the first digit and the right part of the other, joined with breaks; and from random tokens tangles of white strokes all over the image"}}
COLUMNS = 3  # try 0, 1, 5, 7
first, second = tokens_of(val.x[:10]), tokens_of(val.x[10:20])
mixed = np.concatenate(
    [first.reshape(-1, 7, 7)[..., :COLUMNS], second.reshape(-1, 7, 7)[..., COLUMNS:]], axis=2
)
random_tokens = np.random.default_rng(0).integers(32, size=(300, 49))
rows = {
    "image": val.x[:10].repeat(3, axis=-1),
    "tokens": as_colours(first),
    "drawn": draw(first).repeat(3, axis=-1),
    "other image": val.x[10:20].repeat(3, axis=-1),
    "mixed": as_colours(mixed),
    "mixed, drawn": draw(mixed).repeat(3, axis=-1),
    "random, drawn": draw(random_tokens[:10]).repeat(3, axis=-1),
}
fig, ax = plt.subplots(figsize=(8, 5.6))
plots.plot_rows(rows, ax=ax)
plt.show()

# %% [markdown]
# No blend: the left part of one digit is joined to the right part of another, with a seam. Each token speaks for its place and little more, as a letter does in a text. And random letters are no text: the decoder draws knots of strokes. So tokens are easy to store and to rearrange; to *draw* with them we shall need a model that knows which texts are digits. First, how does a network learn to write in tokens at all?

# %% [markdown]
# ## The nearest vector, and a gradient past the choice
#
# The encoder returns a vector $h$ for each place. It is replaced by the nearest of $K$ **embedding** vectors $e_1, \dots, e_K$ of a learned **[codebook](glossary.md#codebook)** ($K$ is `num_embeddings`, their length `embedding_dim`), and the number of the chosen one is the token:
#
# $$z = e_c, \qquad c = \arg\min_k \lVert h - e_k \rVert^2.$$
#
# This choice is a staircase: change $h$ a little and $z$ stays as it is, so the derivative is zero, and the encoder would learn nothing. The cure takes one line: pass on $h + \mathrm{sg}(z - h)$, where sg (`ops.stop_gradient`) means "a constant, as far as derivatives go". Its *value* is $z$. Its *derivative* by $h$ is 1, as if nothing had been quantised. This is the **[straight-through](glossary.md#straight-through)** gradient.
#
# The smallest example: an encoder $h = w x$, rounding, a decoder $\hat x = z + v$. With $x = 1$ and the target 3.4, gradient descent starts from $w = 1$, $v = 0$. **Predict** where $w$ and $v$ end without the trick, and with it.


# %%
class Rounded(keras.Model):
    """The example twice, side by side: without the trick, and with it."""

    def __init__(self):
        super().__init__()
        self.w = self.add_weight((2,), initializer="ones", name="w")
        self.v = self.add_weight((2,), initializer="zeros", name="v")

    def call(self, x):
        h = self.w * x
        z = ops.stop_gradient(ops.round(h))  # a staircase: its slope is zero
        straight_through = h + ops.stop_gradient(z - h)
        return ops.where(np.array([False, True]), straight_through, z) + self.v


model = Rounded()
model.compile(keras.optimizers.SGD(0.1), loss="mse")
target = np.full((60, 2), 3.4, "float32")
model.fit(np.ones_like(target), target, batch_size=1, verbose=0)  # 60 steps
w, v = model.get_weights()
for i, trick in enumerate(("without", "with")):
    print(f"{trick:7s} straight-through: w = {w[i]:.2f}, v = {v[i]:.2f}")

# %% [markdown] numbers={"0.25": "paper: van den Oord et al. 2017, section 3.2"}
# Without the trick $w$ has not moved; the decoder's $v$ had to do all the work. With it both learn. The gradient is not the *true* one, which is zero almost everywhere; it is useful as long as $z$ stays near $h$. Two more terms of the loss see to that:
#
# $$L = \lVert x - \hat x \rVert^2 + \lVert \mathrm{sg}(h) - z \rVert^2 + \gamma \, \lVert h - \mathrm{sg}(z) \rVert^2.$$
#
# The *codebook loss* draws the chosen embeddings to the encoder's outputs; the *commitment loss* draws the outputs to their embeddings, with the weight $\gamma$ (`commitment`; the paper calls it β and takes 0.25). Nothing else distinguishes the model from `Autoencoder`:


# %%
class MyVQVAE(Autoencoder):
    def __init__(self, encoder, decoder, num_embeddings, embedding_dim, commitment=0.25):
        super().__init__(encoder, decoder)
        self.commitment = commitment
        self.codebook = self.add_weight((num_embeddings, embedding_dim), name="codebook")

    def nearest(self, h):
        vectors = ops.reshape(h, (-1, 1, self.codebook.shape[1]))
        distances = ops.sum(ops.square(vectors - self.codebook), axis=-1)
        chosen = ops.take(self.codebook, ops.argmin(distances, axis=-1), axis=0)
        return ops.reshape(chosen, ops.shape(h))

    def call(self, x, training=False):
        h = self.encoder(x, training=training)
        z = self.nearest(h)
        codebook_loss = losses.squared_error(ops.stop_gradient(h), z)
        commitment_loss = losses.squared_error(h, ops.stop_gradient(z))
        self.add_loss(ops.mean(codebook_loss + self.commitment * commitment_loss))
        return self.decoder(h + ops.stop_gradient(z - h), training=training)


# %%
mine = MyVQVAE(vq.encoder, vq.decoder, num_embeddings=32, embedding_dim=4)
mine.codebook.assign(codebook)
images = ops.convert_to_tensor(val.x[:10])
outputs = [forward(model, images) for model in (mine, vq)]
added = [float(ops.convert_to_numpy(sum(model.losses))) for model in (mine, vq)]
print("same reconstructions:", np.allclose(*outputs, atol=1e-4))
print("same added loss:", np.allclose(*added, rtol=1e-3))

# %% [markdown] numbers={"6": "log2(64)", "16": "given: embedding_dim in the code", "64": "given: num_embeddings in the code"}
# ## How much of a codebook gets used?
#
# Take the extreme: *one* vector of 16 numbers for a whole image, and 64 embeddings. Every image is coded in $\log_2 64 = 6$ bits, and the decoder can draw 64 pictures in all.
#
# How many of them are used is measured by the **[perplexity](glossary.md#perplexity)**, $\exp(-\sum_k p_k \log p_k)$ with $p_k$ the fraction of images with token $k$: if $n$ tokens are used, all equally often, it is $n$. **Predict** it for a network trained from random weights, the usual way.


# %% tags=["keep"]
few = train.x[:3072]


def dense_parts():
    return DenseEncoder(16, hidden=(256,)), DenseDecoder(image_shape, hidden=(256,))


def one_vector(num_embeddings=64):
    model = VQVAE(*dense_parts(), num_embeddings=num_embeddings, embedding_dim=16)
    return backend.seed_weights(model, seed=0)


quantised = one_vector()


def error(model, x=val.x):
    """Squared error per validation image of what `model` makes of `x`."""
    return evaluation.squared_error(val.x, forward(model, x)).mean()


def report(model):
    indices = ops.convert_to_numpy(model.indices(val.x))
    used = evaluation.perplexity(indices, model.quantizer.num_embeddings)
    return used, error(model)


# %%
def dictionary(model):
    """The picture of each embedding, unused ones framed in orange; how many are used."""
    pictures = forward(model.decoder, ops.convert_to_numpy(model.quantizer.codebook))
    pictures = pictures.repeat(3, axis=-1)
    used = np.unique(ops.convert_to_numpy(model.indices(few)))
    unused = np.setdiff1d(np.arange(len(pictures)), used)
    frame = np.ones(image_shape[:2], bool)
    frame[2:-2, 2:-2] = False
    pictures[unused] = np.where(frame[..., None], (1, 0.55, 0), pictures[unused])
    return pictures, len(used)


fit(quantised, few, epochs=16, learning_rate=0.002)
scratch_use, scratch_error = report(quantised)
scratch_pictures, scratch_used = dictionary(quantised)
mean_error = evaluation.mean_image_error(few, val.x)
print(f"perplexity {scratch_use:.1f} of 64, squared error per image {scratch_error:.1f}")
print(f"mean image: squared error per image {mean_error:.1f}")
notebook.claim(scratch_used < 20, "few embeddings are ever used")

# %% [markdown]
# This is **[codebook collapse](glossary.md#codebook-collapse)**, and it is a vicious circle. At the start the embeddings lie close together near zero, and the encoder's outputs elsewhere. A few embeddings happen to be nearest to nearly everything; only these get a gradient, only these improve, and so only these are chosen again. The others are *dead*. No warning is raised: watch the perplexity.
#
# The cure that the first model of this lesson had (`start_codebook`): train a plain autoencoder first, put k-means centres of *its* codes into the codebook, and train on with the codebook; here for 8 epochs each. Every embedding then starts among the codes. (The weights of the model above are overwritten; its pictures are kept for comparison.)

# %% tags=["keep"]
plain = backend.seed_weights(Autoencoder(*dense_parts()), seed=0)
fit(plain, few, epochs=8, learning_rate=0.002)
start_codebook(quantised, plain, few)
fit(quantised, few, epochs=8, learning_rate=0.002)
kmeans_use, kmeans_error = report(quantised)
print(f"perplexity {kmeans_use:.1f} of 64, squared error per image {kmeans_error:.1f}")


# %% mystnb={"image": {"alt": "Two grids of 64 pictures. From scratch nearly all are grey and framed in orange, and the few without a frame show blurred digits. From k-means all are soft but readable digits of different styles, without frames"}}
fig, axes = plt.subplots(2, 1, figsize=(8, 4.6))
shown = {"from scratch": scratch_pictures, "from k-means": dictionary(quantised)[0]}
for ax, (name, pictures) in zip(axes, shown.items(), strict=True):
    title = f"{name}: all 64 embeddings, decoded (orange frame: no training image uses it)"
    plots.plot_images(pictures, n_columns=16, title=title, ax=ax)
plt.show()
notebook.claim(kmeans_use > 3 * scratch_use, "k-means prevents codebook collapse")
notebook.claim(kmeans_error < 0.8 * scratch_error, "and the error is much smaller")

# %% [markdown] numbers={"20": "given: the claim in the code", "one image in sixty-four": "1 / 64"}
# From scratch, nearly all pictures are framed: fewer than 20 embeddings are ever used. The few in use show blurred shapes, some of which are digits; most of the others are grey, since the decoder was never trained on them. (Both were trained for 16 epochs in all.) From k-means the pictures are a dictionary of digits, each in several styles, upright and slanted, wide and narrow. They are soft, because each stands for about one image in sixty-four.
#
# Watch the perplexity of map codes, too, but expect less of it. Most places of a digit's map are dark and take the same few tokens, so there it stays far below the number of tokens even if every token is in use.

# %% [markdown] numbers={"49": "given: the tokens of a map", "32": "given: 2 ** 5"}
# ## What a token costs
#
# A token of $K$ possible ones costs $\log_2 K$ bits, so a map of 49 tokens costs $49 \times \log_2 32 = 245$ bits. It costs less if frequent tokens get short code words, as in Morse's alphabet: a token of probability $p$ then takes about $-\log_2 p$ bits. `compression.code_length` adds these up, with $p$ counted on the training images for each place. The same can be done to PCA's numbers, each rounded to one of 32 values. **Predict** which is better at the same price, PCA or the tokens.


# %% tags=["keep"]
tokens, tokens_val = tokens_of(train.x), tokens_of(val.x)


def rounded_pca(n):
    """Training and validation images as n numbers of 32 levels; what they look like decoded."""
    pca = evaluation.fit_pca(train.x, n)
    scores, scores_val = (pca.transform(x.reshape(len(x), -1)) for x in (train.x, val.x))
    rounding = compression.fit_quantizer(scores, bits=5)
    levels, levels_val = (rounding.transform(each) for each in (scores, scores_val))
    flat = pca.inverse_transform(rounding.inverse_transform(levels_val))
    return levels, levels_val, np.clip(flat.reshape(val.x.shape), 0, 1)


codes = {"49 tokens": (tokens, tokens_val, draw(tokens_val))}
codes |= {f"PCA, {n} numbers": rounded_pca(n) for n in (49, 20)}
print("                  bits   frequent ones short   squared error")
costs = {}
for name, (seen, sent, x_hat) in codes.items():
    short = compression.code_length(seen, sent, n_levels=32).mean()
    costs[name] = short, evaluation.squared_error(val.x, x_hat).mean()
    print(f"{name:15s} {5 * sent.shape[1]:6d} {short:21.1f} {costs[name][1]:15.1f}")
(tokens_short, tokens_error), pca_49, pca_20 = costs.values()
notebook.claim(pca_49[1] < tokens_error, "at 245 bits PCA has the smaller error")
notebook.claim(tokens_short < 0.6 * pca_49[0], "tokens gain more from short code words")
notebook.claim(pca_20[1] > 1.5 * tokens_error, "at about the same length, tokens win")

# %% [markdown] numbers={"49": "given: the numbers of the code", "5.6": "given: measured, seed 1", "6.1": "given: measured, seed 2", "20": "given: the numbers of the code", "half": "98.5 / 203.8"}
# Counted plainly, PCA is better: at 245 bits its error is the smaller. But tokens are used very unevenly, above all at the dark places round a digit, so with short code words a map takes less than half the bits that PCA's 49 numbers take. For about the same length as the tokens, PCA can send 20 numbers, and its error is larger by far, also than the 5.6 and 6.1 that training the tokens with two other seeds gave.

# %% [markdown]
# ## A prior over tokens
#
# Random tokens gave knots because they treat every text as equally likely. What was missing is a **[prior](glossary.md#prior)**, a model of $p(c_1, \dots, c_{49})$, the probability of an index map. Write it as a product, place by place in reading order:
#
# $$p(c_1, \dots, c_{49}) = \prod_{t=1}^{49} p(c_t \mid c_1, \dots, c_{t-1}).$$
#
# Such a model is called **[autoregressive](glossary.md#autoregressive)**. It can do two things: *judge* a text, at a price of $-\log_2 p$ bits, and *write* one, drawing token after token. The simplest forms only count. How often does each token stand at this place? And how often where its left and its upper neighbour are these two? Most pairs of neighbours are rare, so the counts of the place alone are mixed in, as if each pair had been seen `strength` times more.


# %% tags=["keep"]
places = np.arange(49)


def neighbours(tokens):
    """The tokens to the left of each place and above it; 32 stands for the edge."""
    padded = np.pad(tokens.reshape(-1, 7, 7), ((0, 0), (1, 0), (1, 0)), constant_values=32)
    return padded[:, 1:, :-1].reshape(-1, 49), padded[:, :-1, 1:].reshape(-1, 49)


def count_table(tokens, strength):
    """p(token | place, left, above), of shape (49, 33, 33, 32)."""
    alone = np.full((49, 32), 0.1)  # no token is impossible
    np.add.at(alone, (places, tokens), 1)
    alone /= alone.sum(axis=1, keepdims=True)
    counts = np.zeros((49, 33, 33, 32))
    np.add.at(counts, (places, *neighbours(tokens), tokens), 1)
    counts += strength * alone[:, None, None]
    return counts / counts.sum(axis=-1, keepdims=True)


def table_bits(table, tokens):
    """Bits per image."""
    return -np.log2(table[(places, *neighbours(tokens), tokens)]).sum(axis=1).mean()


# %% tags=["keep"]
tables = {"place": count_table(tokens, 1e9), "neighbours": count_table(tokens, 10)}
bits = {"random": 49 * np.log2(32)}
bits |= {name: table_bits(table, tokens_val) for name, table in tables.items()}
for name, cost in bits.items():
    print(f"{name:10s} {cost:5.1f} bits per validation image")
notebook.claim(bits["neighbours"] < 0.93 * bits["place"], "neighbours save bits")

# %% [markdown]
# (With the enormous `strength` of the first table, only the place counts.) Neighbours save a good part of the bits. **Predict.** Two neighbours are the table's whole memory. What will its texts look like, drawn?


# %%
def write(next_token, n=300, seed=0):
    """Texts drawn token by token; `next_token(tokens, t)` returns probabilities (n, 32)."""
    rng, tokens = np.random.default_rng(seed), np.zeros((n, 49), int)
    for t in places:
        below = np.cumsum(next_token(tokens, t), axis=1)
        tokens[:, t] = (below > rng.random((n, 1)) * below[:, -1:]).argmax(axis=1)
    return tokens


def from_table(table):
    def next_token(tokens, t):
        left, above = neighbours(tokens)
        return table[t, left[:, t], above[:, t]]

    return next_token


texts = {"random": random_tokens}
texts |= {name: write(from_table(table)) for name, table in tables.items()}

# %% mystnb={"image": {"alt": "Three rows of twelve. From random tokens white tangles fill the image; counting places gives blots in the middle; counting neighbours gives smoother strokes, here and there nearly a digit"}}
fig, ax = plt.subplots(figsize=(8, 2.1))
drawings = {name: draw(text) for name, text in texts.items()}
plots.plot_rows({name: x_hat[:12] for name, x_hat in drawings.items()}, ax=ax)
plt.show()

# %% [markdown]
# Counting each place gives blots of the right size in the right part of the image: every token is plausible where it stands and knows nothing of the others. With two neighbours, strokes join and keep their width, for a few tokens; then the table has forgotten where the stroke began. A few of these shapes are digits, by luck.

# %% [markdown] numbers={"49": "given: the tokens of a map"}
# ## A network that reads everything written so far
#
# A table that remembers all earlier tokens would be too large to fill. A network can do it: it reads the whole text and returns, for each of the 49 places, the probabilities of its token. There is one condition: what it says about place $t$ may depend on earlier places only. Two dense layers are enough if the forbidden weights are set to zero by a *mask* (Germain et al., 2015). The first layer is `strict`: its units of place $t$ see places before $t$. The second may use those of place $t$ too.


# %%
class MaskedDense(layers.Layer):
    """Dense layer of `places` groups of `width` units, which see earlier groups only."""

    def __init__(self, places, width, strict):
        super().__init__()
        self.places, self.width, self.strict = places, width, strict

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.places * self.width), name="kernel")
        self.bias = self.add_weight((self.places * self.width,), "zeros", name="bias")
        allowed = np.triu(np.ones((self.places, self.places)), k=int(self.strict))
        block = np.ones((input_shape[-1] // self.places, self.width))
        self.mask = np.kron(allowed, block).astype("float32")

    def call(self, x):
        return ops.matmul(x, self.kernel * self.mask) + self.bias


# %%
prior = keras.Sequential(
    [
        layers.Input((49 * 4,)),  # the embeddings of the tokens, one place after the other
        MaskedDense(49, 8, strict=True),
        layers.Activation("gelu"),
        MaskedDense(49, 32, strict=False),
        layers.Reshape((49, 32)),
    ]
)
backend.seed_weights(prior, seed=0)
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
prior.compile(keras.optimizers.Adam(0.004), loss=cross_entropy)


def embedded(tokens):
    return codebook[tokens].reshape(len(tokens), -1)


def log_p(tokens):
    """log p of every token at each place, given those before the place: (n, 49, 32)."""
    return ops.convert_to_numpy(ops.log_softmax(prior(embedded(tokens))))


order = np.concatenate([data.epoch_order(len(tokens), 0, epoch) for epoch in range(6)])
order = order[: len(order) // 128 * 128]  # full batches: a step is compiled for one size
prior.fit(embedded(tokens[order]), tokens[order], batch_size=128, shuffle=False, verbose=0)
nats = -np.take_along_axis(log_p(tokens_val), tokens_val[..., None], axis=2)
bits["network"] = nats.sum(axis=1).mean() / np.log(2)
print(f"network: {bits['network']:.1f} bits per validation image")
notebook.claim(bits["network"] < 0.97 * bits["neighbours"], "the network needs fewer bits still")


# %% [markdown]
# A mask with a mistake would let the network read the answer, and its bits would look splendid. So test it: change one token, and see which predictions move.

# %%
changed = tokens_val[:50].copy()
changed[:, 20] = (changed[:, 20] + 7) % 32
before, after = log_p(tokens_val[:50]), log_p(changed)
moved = np.abs(after - before).max(axis=(0, 2)) > 1e-5
print("token 20 changed; the first prediction that moved is that of place", moved.argmax())


# %%
def from_network(tokens, t):
    return np.exp(log_p(tokens)[:, t].astype("float64"))


drawings["network"] = draw(write(from_network))

# %% [markdown]
# **Predict.** Will these be digits? How will we know that they are *new*, and not training images learned by heart?

# %% mystnb={"image": {"alt": "Drawn images in rows one and three, each with its nearest training image below it. Most drawings are digits, such as 0, 3, 2 and 6, some are broken; the images below are similar but not the same"}}
new = drawings["network"]
nearest = train.x[evaluation.nearest(train.x, new[:24], k=1)[:, 0]]
fig, ax = plt.subplots(figsize=(8, 3))
rows = {"drawn": new[:12], "nearest": nearest[:12], "drawn ": new[12:24], "nearest ": nearest[12:]}
plots.plot_rows(rows, ax=ax)
plt.show()


# %%
def judge(x_hat):
    """Fraction whose five nearest training images agree; squared distance to the nearest."""
    found = evaluation.nearest(train.x, x_hat, k=5)
    labels = train.labels[found]
    distance = evaluation.squared_error(x_hat, train.x[found[:, 0]]).mean()
    return (labels == labels[:, :1]).all(axis=1).mean(), distance


drawings["real, coded"] = codes["49 tokens"][2][:300]
judged = {name: judge(x_hat) for name, x_hat in drawings.items()}
print("              bits   five neighbours agree   squared distance to the nearest")
for name, (agree, distance) in judged.items():
    cost = f"{bits[name]:5.1f}" if name in bits else "     "
    print(f"{name:12s} {cost} {agree:14.1f} {distance:22.1f}")
notebook.claim(judged["network"][0] > 1.15 * judged["neighbours"][0], "the network draws digits")
notebook.claim(judged["network"][1] > judged["real, coded"][1], "and does not copy")

# %% [markdown] numbers={"half": "given: 0.5 of 1", "four in five": "given: 0.8 of 1", "0.46": "given: the receipt", "0.44": "given: measured, seeds 1 and 2", "0.38": "given: measured, three seeds", "0.43": "given: measured, three seeds", "15": "given: measured, three seeds"}
# The more a prior sees, the fewer bits it needs, and with the network many images become digits: in nearly half of them the five nearest neighbours all show one class (a fraction of 0.46, and of 0.44 when everything is trained with either of two other seeds). Of real images, coded and decoded, it is about four in five; even tangles get a share, by chance. Some drawings are broken, or lie between two digits. And they are new: on average they are *further* from the nearest training image than real validation images are, and in the picture none is a copy of its neighbour.
#
# Is this better than a VAE? Hardly, at this size: one like that of lesson 16, trained on the same grey images for 15 epochs, reaches 0.38 to 0.43 by the same measure (three seeds). What tokens add is a division of labour. The decoder is the same for all rows above; only the prior differs, and it can be replaced by a larger one without touching the autoencoder. Many image generators are built like this, with a large language model as the prior.

# %% [markdown]
# ## The contractive autoencoder: a penalty on slope
#
# The [contractive autoencoder](glossary.md#contractive-autoencoder), a second kind, in short. Lesson 13 made codes robust by *showing* the network noise. Rifai et al. (2011) ask for it directly: if the image moves a little, the code should hardly move. How far it moves is described by the encoder's **[Jacobian](glossary.md#jacobian)** $J$, the table of all derivatives $\partial z_j / \partial x_i$. The loss gets $\lambda \lVert J \rVert^2$, the sum of their squares times a weight. Computing $J$ exactly takes a backward pass for every $z_j$. It is cheaper to nudge the image in a *random* direction, $\varepsilon$ standard normal:
#
# $$\mathbb{E}_\varepsilon \, \frac{\lVert f(x + s\,\varepsilon) - f(x) \rVert^2}{s^2} \;\to\; \lVert J \rVert^2 \quad\text{as the step } s \to 0,$$
#
# because the left side tends to $\mathbb E \lVert J \varepsilon \rVert^2$, and the $\varepsilon_i$ are independent with variance 1. The class, and the package's, which does the same:


# %%
class MyContractive(Autoencoder):
    def __init__(self, encoder, decoder, weight=0.1, stddev=0.01, seed=0):
        super().__init__(encoder, decoder)
        self.weight, self.stddev = weight, stddev
        self.noise = keras.random.SeedGenerator(seed)

    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        if training:
            epsilon = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
            moved = self.encoder(x + self.stddev * epsilon, training=training)
            norm = ops.sum(ops.square((moved - z) / self.stddev), axis=-1)
            self.add_loss(self.weight * ops.mean(norm))
        return self.decoder(z, training=training)


shared = dense_parts()
added = []
for cls in (MyContractive, ContractiveAutoencoder):
    model = cls(*shared, weight=0.1)
    model(images, training=True)
    added.append(float(ops.convert_to_numpy(sum(model.losses))))
print("same penalty:", np.allclose(*added, rtol=1e-3))

# %% [markdown]
# What does it buy? Train a contractive model for 8 epochs, like `plain`, add Gaussian noise of 0.2 to the validation images, and see how far the codes move. A caution before you look: make all codes smaller, and they move less, but nothing is won. So compare with how far the codes lie *apart*, their **spread**: both are root mean square distances, the one from clean to noisy code, the other from the centre of all codes. **Predict.** The slope will fall. Will the codes move less *in relation to their spread*?


# %%
def slope(model, x, step=0.01):
    """Root mean square of |J| over the images, estimated with one nudge for each."""
    nudge = step * np.random.default_rng(0).normal(size=x.shape).astype("float32")
    moved = forward(model.encoder, x + nudge) - forward(model.encoder, x)
    return np.sqrt(np.mean(np.sum((moved / step) ** 2, axis=1)))


def rms(distances):
    return np.sqrt(np.mean(np.sum(distances**2, axis=1)))


contractive = ContractiveAutoencoder(*dense_parts(), weight=0.1)
contractive = fit(backend.seed_weights(contractive, seed=0), few, epochs=8, learning_rate=0.002)

# %%
x_noisy = data.gaussian_noise(val.x, 0.2, np.random.default_rng(1))
stability = {}
print("              error   from noisy   slope   spread   moved   moved / spread")
for name, model in {"plain": plain, "contractive": contractive}.items():
    z, z_noisy = forward(model.encoder, val.x), forward(model.encoder, x_noisy)
    spread, moved = rms(z - z.mean(axis=0)), rms(z_noisy - z)
    stability[name] = slope(model, val.x), spread, moved / spread
    print(
        f"{name:12s} {error(model):6.1f} {error(model, x_noisy):12.1f} {stability[name][0]:7.1f} "
        f"{spread:8.1f} {moved:7.1f} {moved / spread:16.2f}"
    )
ratio = stability["contractive"][2] / stability["plain"][2]
notebook.claim(stability["plain"][0] > 3 * stability["contractive"][0], "the slope falls")
notebook.claim(0.6 < ratio < 0.9, "in relation to the spread, codes move about 3/4 as far")
notebook.claim(
    error(contractive, x_noisy) > error(plain, x_noisy), "and images come back no better"
)

# %% [markdown] numbers={"four": "16.4 / 4.4", "a third": "6.4 / 19.6", "three quarters": "0.21 / 0.27", "0.76": "given: measured, seed 1: 0.214 / 0.281", "0.68": "given: measured, seed 2: 0.206 / 0.305", "10.4": "given: measured, three seeds", "10.6": "given: measured, three seeds", "11.3": "given: measured, three seeds", "13.0": "given: measured, three seeds", "16": "given: measured, three seeds", "12.1": "given: measured, three seeds", "12.6": "given: measured, three seeds", "0.2": "given: the noise of the denoiser"}
# The slope falls by a factor of nearly four. But the spread falls as well, to a third: most of the smaller slope was won by making *all* codes smaller, which the decoder undoes by larger weights. In relation to the spread, the codes move about three quarters as far as the plain model's (0.76 and 0.68 times as far with two other seeds). That much stability is real. It does not bring the images back, though: the errors are larger, from clean images and from noisy ones. With patience the second changes: after 16 epochs, reconstructions from noisy images had errors of 10.4 to 10.6, against 11.3 to 13.0 for the plain model (three seeds each).
#
# If noise is what you fear, take the denoiser of lesson 13 first. Trained for the same 8 epochs on noise of 0.2, it has errors of 12.1 to 12.6 from these images, the least of the three models, and its noise has a meaning that you can see.

# %% [markdown]
# ## A map of what we leave out
#
# | kind | its difference from what you know | start with |
# |---|---|---|
# | VQ and a transformer prior | both steps of this lesson, with a larger prior; the decoder is also judged by *features* instead of pixels, and by a second network that must tell its images from real ones | Esser et al. (2021), arXiv:2012.09841 |
# | Wasserstein autoencoder | no KL for each image; the codes of *all* images together (the *aggregate posterior*) must look like the prior | Tolstikhin et al. (2018), arXiv:1711.01558 |
# | adversarial autoencoder | the same wish, judged by a second network that tries to tell codes from prior draws | Makhzani et al. (2015), arXiv:1511.05644 |
# | masked autoencoder | large patches are masked, most of the image; a transformer as the encoder; used for its features | He et al. (2022), arXiv:2111.06377 |
#
# Each is an encoder, a decoder, and a few lines that say what the code must be like. Text, where tokens come for free, is the subject of lesson 19.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("18.1")` gives a hint; call it again for the next one.
#
# ### Exercise 18.1: wake the dead
#
# Large models move dead embeddings to where codes are, again and again during training (Dhariwal et al., 2020, arXiv:2005.00341, section 3). Write such a step, `revive(codebook, h, rng)`. `h` `(n, embedding_dim)` holds encoder outputs; an embedding is dead if it is nearest to none of them. Return a new codebook in which each dead embedding is replaced by a row of `h`, drawn by `rng` (a NumPy `Generator`), a different one for each. The others stay where they are.
#
# (A warning: after each of the first 14 epochs of our training from scratch, this step raised the perplexity from 5 to 44 and more, and the error to 90 and more, far above the mean image's. A perplexity alone proves nothing.)


# %% tags=["exercise"]
def revive(codebook, h, rng): ...


checks.check_revive(revive)


# %% tags=["solution"]
def revive(codebook, h, rng):
    distances = np.sum((h[:, None] - codebook) ** 2, axis=-1)
    used = np.bincount(distances.argmin(axis=1), minlength=len(codebook))
    dead = np.flatnonzero(used == 0)
    codebook = codebook.copy()
    codebook[dead] = h[rng.choice(len(h), len(dead), replace=False)]
    return codebook


checks.check_revive(revive)

# %% [markdown]
# ### Exercise 18.2: what another bit buys
#
# A codebook of twice the size costs one more bit. Train codebooks of at least two other sizes, one smaller and one larger than 64 and at most 512, as `quantised` was in the end: the codebook from `plain`, then 8 epochs. Set `answer = (models, errors, gain)`: a dict from each size, 64 included, to its model; a dict from each size to its squared error per validation image; and by how much the error falls *for each bit more*, on average from your smallest to your largest size. Predict first: does the error keep falling by as much with each bit, and could it fall below the 12.5 of the plain autoencoder, whose codes are not rounded to a codebook?

# %% tags=["exercise"]
answer = ...


checks.check_sizes(answer, val.x)

# %% tags=["solution"]
models = {64: quantised}
for size in (16, 256):
    models[size] = one_vector(size)
    start_codebook(models[size], plain, few)
    fit(models[size], few, epochs=8, learning_rate=0.002)
errors = {size: error(model) for size, model in models.items()}
# Less for each further bit; 12.5, the error of real numbers, stays far away.
gain = (errors[16] - errors[256]) / np.log2(256 / 16)
print({size: round(float(each), 1) for size, each in sorted(errors.items())})
answer = (models, errors, gain)
checks.check_sizes(answer, val.x)

# %% [markdown]
# ### Exercise 18.3: how far to trust a count
#
# The `strength` of 10 in the table of neighbours was a guess. Choose a better one, or show that it is the best: set `decision = (strength, numbers)`, where `numbers` is a dict from at least four strengths to the bits per image by which you judged them. Which images must these be?

# %% tags=["exercise"]
decision = ...


checks.check_strength(decision, tokens, tokens_val)

# %% tags=["solution"]
numbers = {s: table_bits(count_table(tokens, s), tokens_val) for s in (0.3, 1, 3, 10, 30)}
decision = (min(numbers, key=numbers.get), numbers)
checks.check_strength(decision, tokens, tokens_val)

# %% [markdown]
# ### Exercise 18.4: cheat the penalty
#
# Write `cheat(model)`: it gets a trained `Autoencoder` of a `DenseEncoder` and a `DenseDecoder` and changes its weights so that the slope falls to a hundredth or less while *every reconstruction stays the same*. Return the model. What does that say about a paper that reports a small $\lVert J \rVert$ and nothing else?


# %% tags=["exercise"]
def cheat(model): ...


checks.check_cheat(cheat)


# %% tags=["solution"]
def cheat(model):
    *others, kernel, bias = model.encoder.get_weights()
    model.encoder.set_weights([*others, kernel / 200, bias / 200])
    kernel, *others = model.decoder.get_weights()
    model.decoder.set_weights([kernel * 200, *others])
    return model


checks.check_cheat(cheat)

# %% [markdown] numbers={"3": "given: an example of the quiz", "512": "given: an example of the quiz", "20": "given: an example of the quiz", "90": "given: an example of the quiz"}
# ## What to remember
#
# - A VQ-VAE's code is a map of tokens, $\log_2 K$ bits each. Straight-through gradients get past the choice; the perplexity shows whether the codebook is in use.
# - To draw, train a second model, the prior, on the index maps: it judges a map in bits and writes new ones token by token.
# - How much the prior sees decides what it can draw: nothing, knots; two neighbours, strokes; everything before, digits.
# - A penalty on slope is judged in relation to the spread of the codes, in distances and not in squares.
#
# ## Quiz
#
# 1. A VQ-VAE's loss falls, but its perplexity is 3 of 512. (a) Fine, it needs no more. (b) Most embeddings are dead, and the decoder can draw very little. (c) The perplexity should be as small as possible.
# 2. A new prior takes 20 bits an image where the old one took 90, but what it draws looks no better. First (a) publish; (b) check that no prediction sees its own token; (c) train it for longer.
# 3. Of 512 embeddings of a map all are used, equally often. A prior that sees all earlier tokens (a) cannot save any bits; (b) can still save most of them; (c) makes the perplexity smaller.
#
# <details><summary>Answers</summary>
#
# 1. **b.** With three tokens a place can look only three ways (not a); a small perplexity (c) means that few are in use.
# 2. **b.** Bits that are too good are a symptom: a mask with a mistake reads the answer, and is of no use for writing. Longer training (c) would make it worse.
# 3. **b.** Equally often *over all places and images* says nothing about which token follows which (not a). The perplexity counts what the encoder uses; the prior does not change it (c).
# </details>
#
# ## Further reading
#
# - van den Oord et al., *Neural discrete representation learning*, arXiv:1711.00937, sections 3 and 4, appendix A.1 for a codebook that moves by averages.
# - Razavi et al., *Generating diverse high-fidelity images with VQ-VAE-2*, arXiv:1906.00446: maps of two sizes, and a larger prior.
# - Germain et al., *MADE: masked autoencoder for distribution estimation*, arXiv:1502.03509: the masks.
# - Rifai et al., *Contractive auto-encoders*, ICML 2011; Alain & Bengio, JMLR 15 (2014), on its kinship with denoising.

# %% [markdown]
# ## Appendix: training with importance weights (IWAE)
#
# Lesson 16 measured $\log p(x)$ by averaging the fraction $p(x \mid z)\,p(z) / q(z \mid x)$, the [importance weight](glossary.md#importance-weighting), over $k$ draws before taking the logarithm: the more draws, the tighter the bound. If a tighter bound is what we want, why not *train* on it? That is the importance-weighted autoencoder (Burda et al., 2016). Its difference from `VAE` is the body of `call`:


# %%
class MyIWAE(VAE):
    def __init__(self, encoder, decoder, n_samples=5):
        super().__init__(encoder, decoder)
        self.n_samples = n_samples

    def call(self, x, training=False):
        z_mean, z_log_var = self.moments(self.encoder(x, training=training))
        shape = (self.n_samples, *ops.shape(z_mean))
        log_weights = []
        for epsilon in ops.unstack(keras.random.normal(shape, seed=self.noise), self.n_samples):
            z = z_mean + ops.exp(z_log_var / 2) * epsilon
            log_likelihood = -losses.binary_crossentropy(x, self.decoder(z, training=training))
            log_ratio = ops.sum(epsilon**2 + z_log_var - z**2, axis=-1) / 2  # log p(z) / q(z|x)
            log_weights.append(log_likelihood + log_ratio)
        bound = ops.logsumexp(ops.stack(log_weights), axis=0) - np.log(self.n_samples)
        self.add_loss(-ops.mean(bound))
        return self.decoder(z_mean, training=training)


shared = DenseEncoder(2 * 8, hidden=(256,)), DenseDecoder(image_shape, hidden=(256,))
binary = ops.convert_to_tensor((val.x[:10] > 0.5).astype("float32"))
added = []
for cls in (MyIWAE, IWAE):
    model = cls(*shared, n_samples=5)
    model(binary, training=True)
    added.append(float(ops.convert_to_numpy(sum(model.losses))))
print("same loss:", np.allclose(*added, rtol=1e-4))

# %% [markdown] numbers={"15": "given: measured, three seeds", "3,000": "given: the images", "8": "given: measured, three seeds", "128": "given: measured, three seeds", "0.3": "given: measured, three seeds", "2.1": "given: measured, three seeds", "50": "given: measured, three seeds", "1.2": "given: measured, three seeds", "3.3": "given: measured, three seeds", "112": "given: measured, three seeds", "86.76": "paper: Burda et al. 2016, table 1", "84.78": "paper: Burda et al. 2016, table 1"}
# The package's class decodes all draws at once, which is faster; it computes its own loss, so `compile` gets only an optimizer.
#
# What does it gain? We trained a VAE and an IWAE with codes of 8 numbers and hidden layers of 128 for 15 epochs on 3,000 digits, with three seeds. Judged with one draw, the IWAE is worse, by 0.3 to 2.1 nats: it was not trained to make every draw good, only the best of five. Judged with 50 draws it is better, by 1.2 to 3.3 nats of about 112, and each step cost it five decodings. In the paper, with far longer training on MNIST, the gain is as small: 86.76 nats for the VAE, 84.78 for an IWAE of 50 draws (table 1). It is worth it if you need likelihoods. If you want good *codes*, be careful: where one good draw is enough, the encoder can do with a poorer guess (Rainforth et al., 2018, arXiv:1802.04537).

# %% tags=["receipt"]
notebook.claim(bits["network"] < bits["neighbours"] < bits["place"], "the more it sees, the better")
notebook.claim(kmeans_use > 20 > scratch_use, "k-means keeps the codebook in use")
notebook.receipt(
    perplexity_from_kmeans=kmeans_use,
    error_49_tokens=tokens_error,
    bits_neighbours=bits["neighbours"],
    bits_network=bits["network"],
    digits_drawn=judged["network"][0],
)
