# %% [markdown]
# # 19. Sequences and text
#
# *The same machine with letters instead of pixels: a name goes in, a short code is made, and a name comes out. Text brings one new difficulty: a decoder that can spell on its own.*
#
# **You will be able to**
# - turn text into arrays and build an encoder and a decoder from one-dimensional convolutions;
# - train a decoder that writes letter by letter (teacher forcing), and let it write alone (temperature);
# - score text models in bits per character and in edit distance, beside a baseline that only counts;
# - recognise a VAE whose decoder ignores the code, and try known cures;
# - train a network that names a colour, and measure whether it looks at it.
#
# **You need** lessons 11 and 16.
#
# **Time** 28 minutes to read, 20 for the exercises, about 25 seconds to run.

# %% tags=["setup"]
from collections import Counter

from ae_course import notebook
from ae_course.exercises import lesson_19 as checks
from ae_keras import backend

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from matplotlib.colors import XKCD_COLORS, to_rgb

notebook.start(seed=0)

# %% [markdown] numbers={"949": "given: the length of the list"}
# ## 949 names that people gave to colours
#
# In 2010 the author of the web comic *xkcd* asked his readers to name random colours. Matplotlib ships 949 of the most frequent names, each with its typical colour. They are words as people use them: inventive, misspelt, now and then crude. (Data: xkcd colour survey, public domain.)

# %% tags=["keep"]
names = [key.removeprefix("xkcd:") for key in XKCD_COLORS]
colours = np.array([to_rgb(value) for value in XKCD_COLORS.values()], "float32")
order = np.random.default_rng(0).permutation(len(names))
train, val, test = np.split(order, [709, 829])
print(f"{len(train)} names to learn from, {len(val)} to judge by, {len(test)} for the end")


def show(texts, fills, n_columns=4, ax=None):
    """A table of names, each on its colour."""
    rows = -(-len(texts) // n_columns)
    table = ax.table(
        np.reshape(texts, (rows, n_columns)),
        np.reshape(fills, (rows, n_columns, -1)),
        cellLoc="center",
        bbox=(0, 0, 1, 1),
    )
    table.auto_set_font_size(False)
    for (row, column), cell in table.get_celld().items():
        dark = np.dot(fills[row * n_columns + column], [0.3, 0.6, 0.1]) < 0.5
        cell.set(edgecolor="white")
        cell.get_text().set(color="white" if dark else "black", fontsize=9)
    ax.axis("off")


# %% mystnb={"image": {"alt": "A table of thirty-two names from the training list, among them red wine, baby puke green, key lime and light blue grey, each written on the colour that it names"}}
fig, ax = plt.subplots(figsize=(8, 2.6))
show([names[i] for i in train[:32]], colours[train[:32]], ax=ax)
plt.show()

# %% [markdown]
# **Predict.** Can a program that knows no words and only *counts* which letter follows which produce names like these?
#
# Here is one: an **[n-gram](glossary.md#n-gram)** model. It looks at the last $n - 1$ letters and asks how often each letter came next in the training names. Where it has seen little, it leans on the shorter context, and so on down to equal chances for all symbols (*smoothing*): with $c$ the counts after a context and $p_\text{shorter}$ the answer of the context with one letter less,
#
# $$p = \frac{c + s\, p_\text{shorter}}{\sum c + s}.$$
#
# A dot stands for "end of the name", and before the first letter as well.

# %% tags=["keep"]
train_names, val_names, test_names = ([names[i] for i in part] for part in (train, val, test))
alphabet = ". '/abcdefghijklmnopqrstuvwxyz"


class Counts:
    """An n-gram model of letters; `s` says how much the shorter context weighs."""

    def __init__(self, texts, n, s=4):
        self.n, self.s, self.seen = n, s, Counter()
        for text in texts:
            padded = "." * (n - 1) + text + "."
            for t in range(n - 1, len(padded)):
                self.seen.update((padded[t - k : t], padded[t]) for k in range(n))

    def probabilities(self, past):
        past = "." * self.n + past
        p = np.full(len(alphabet), 1 / len(alphabet))
        for k in range(self.n):
            c = np.array([self.seen[past[len(past) - k :], letter] for letter in alphabet])
            p = (c + self.s * p) / (c.sum() + self.s)
        return p


# %% tags=["keep"]
def draw_by_counting(counts, rng):
    text = ""
    while not text.endswith(".") and len(text) < 21:
        text += rng.choice(list(alphabet), p=counts.probabilities(text))
    return text.removesuffix(".")


for n in (1, 2, 3, 4, 5):
    counts, rng = Counts(train_names, n), np.random.default_rng(1)
    print(f"n = {n}: " + " | ".join(draw_by_counting(counts, rng) for _ in range(5)))

# %% [markdown]
# Without context (n = 1) it is letter soup; with one letter before, one can almost pronounce it; with four, most of it is colour names. Are longer contexts always better? Looking at draws cannot tell us: a model that copies the training list draws perfect names.
#
# ### Bits per character
#
# A model of text gives each next letter a probability $p$. Writing down the letter with a code made for the model costs $-\log_2 p$ bits (lesson 16 counted the same thing in nats; divide by $\log 2$). Averaged over all letters of *held-out* names, the end included, this is the field's yardstick: **[bits per character](glossary.md#bits-per-character)**.
#
# **Predict.** Which n is best on validation names?


# %%
def bits_by_counting(counts, texts):
    bits = [
        -np.log2(counts.probabilities(text[:t])[alphabet.index(letter)])
        for text in texts
        for t, letter in enumerate(text + ".")
    ]
    return np.mean(bits)


by_n = {n: bits_by_counting(Counts(train_names, n), val_names) for n in range(1, 9)}
best_n = min(by_n, key=by_n.get)
print(f"equal chances: {np.log2(len(alphabet)):.2f} bits per character")
for n, bits in by_n.items():
    print(f"n = {n}: {bits:.2f}")
notebook.claim(best_n in (4, 5, 6) and by_n[8] > by_n[best_n], "longer contexts do not help")

words = {word for name in train_names for word in name.split()}
shared = np.mean([word in words for name in val_names for word in name.split()])
print(f"words of the validation names that occur in training names: {shared:.0%}")

# %% [markdown] numbers={"half": "1.83 / 4.91", "5": "given: the best n of the table", "21": "given: the code below", "20": "given: the code below"}
# With n = 5 the model needs 1.83 bits, well under half of the 4.91 bits of equal chances. Longer contexts only make it worse: they are too rare to be counted ([overfitting](glossary.md#overfitting), without any network). Why is counting so good here? The names share words: 86 % of the words in validation names occur in training names as well. Every model below profits from that, too. Keep 1.83 in mind.
#
# ## Letters as arrays
#
# A network wants numbers. Each letter becomes a *one-hot* vector: zeros, with a single 1 at the letter's place in the alphabet. A name is then an array of 21 rows (up to 20 letters and the end), one column for each symbol. Rows after the end stay zero, so that they count for nothing in a sum. (Two names are longer than that and are cut.)

# %% tags=["keep"]
length = 21


def to_array(texts):
    x = np.zeros((len(texts), length, len(alphabet)), "float32")
    for i, text in enumerate(texts):
        for t, letter in enumerate(text[: length - 1] + "."):
            x[i, t, alphabet.index(letter)] = 1
    return x


def shifted(x):
    """At each place the letter before it; at the first place nothing."""
    return np.concatenate([np.zeros_like(x[:, :1]), x[:, :-1]], axis=1)


x_train, x_val, x_test = map(to_array, (train_names, val_names, test_names))
print("shape of the training names:", x_train.shape)

# %% [markdown] numbers={"11": "given: n of an n-gram", "ten": "given: the mean length of a name"}
# ## An autoencoder that spells
#
# The encoder is a convolutional one as in lesson 11, with one direction fewer: `Conv1D` slides a window along the letters.
#
# The decoder could predict all letters from the code at once, as our decoders did with pixels. For text that has a typical fault: where the code leaves open whether the name is "blue" or "teal", letters that are chosen independently may give "blal". So the decoder writes **one letter at a time**, and for each it sees the code *and the letters before*. It is **[autoregressive](glossary.md#autoregressive)**.
#
# In training, the letters before are those of the true name, not the decoder's own: **[teacher forcing](glossary.md#teacher-forcing)**. All places can then be trained at once, under one condition: the output at place $t$ must not depend on the letter at $t$ or after it, or the network would copy its answer. Two things ensure this. The decoder's input is the name *shifted* by one, and its convolution is **[causal](glossary.md#causal-convolution)**: the window ends at the present place. With a window of ten letters the decoder reads what an 11-gram model reads, and the code. (Models of longer texts stack causal layers to look back further, or use a recurrent layer such as `keras.layers.GRU`, which reads one letter after another. For names of about ten letters one window is enough, and quick to train.)


# %% tags=["keep"]
def build_encoder(width):
    return keras.Sequential(
        [
            keras.Input((length, len(alphabet))),
            layers.Conv1D(32, 3, padding="same", activation="gelu"),
            layers.Flatten(),
            layers.Dense(64, activation="gelu"),
            layers.Dense(width),
        ]
    )


def build_decoder(latent_dim, window=10):
    previous = keras.Input((length, len(alphabet)))
    z = keras.Input((latent_dim,))
    plan = layers.Reshape((length, 16))(layers.Dense(length * 16)(z))  # the code, for each place
    h = layers.Concatenate()([previous, plan])
    h = layers.Conv1D(64, window, padding="causal", activation="gelu")(h)
    h = layers.Dense(64, activation="gelu")(h)
    return keras.Model([previous, z], layers.Dense(len(alphabet))(h))


class NameAutoencoder(keras.Model):
    def __init__(self, latent_dim=16):
        super().__init__()
        self.encoder = build_encoder(latent_dim)
        self.decoder = build_decoder(latent_dim)

    def call(self, inputs, training=False):
        z = self.encoder(inputs["x"])
        return self.decoder([inputs["previous"], z], training=training)


# %% [markdown] numbers={"8": "given: the code below"}
# A promise such as "sees no letter that it must predict" should be tested. We change the letters from place 8 on and look where the decoder's answers change.


# %% tags=["keep"]
def forward(model, inputs):
    """What a model returns, as a NumPy array: called directly, with nothing to compile."""
    return ops.convert_to_numpy(model(inputs))


decoder = build_decoder(16)
x_changed = x_val.copy()
x_changed[:, 8:] = x_val[::-1, 8:]
z = np.zeros((len(x_val), 16), "float32")
before, after = (forward(decoder, [shifted(x), z]) for x in (x_val, x_changed))
changed = np.flatnonzero(np.abs(before - after).max(axis=(0, 2)) > 1e-6)
print("places that change:", changed)
notebook.claim(changed.min() == 9, "the first prediction to change is the next one")

# %% [markdown] numbers={"8": "given: the code above", "9": "seen: the list of places", "30": "given: the symbols of the alphabet"}
# The prediction at place 8 stays as it was: it is made from the letters before it. The change begins at 9.
#
# The loss is the [cross-entropy](glossary.md#cross-entropy) of the letters, summed over the name, in [nats](glossary.md#nat) per name. `ops.log_softmax` turns the decoder's 30 outputs (*logits*) into log probabilities; multiplying by the one-hot target picks the right letter's, and the zero rows after the end drop out. A `PyDataset` as in lesson 02 shuffles the names and, later on, corrupts them. (It leaves out a last, incomplete batch. The order is new in each epoch, so no name is left out for good.)


# %% tags=["keep"]
def nats(x, logits):
    return -ops.sum(ops.convert_to_tensor(x) * ops.log_softmax(logits, axis=-1), axis=(1, 2))


class Batches(keras.utils.PyDataset):
    """Names in a new order each epoch; `drop` is the fraction of previous letters left out."""

    def __init__(self, x, drop=0.0, seed=0, colours=None):
        super().__init__()
        self.x, self.drop, self.colours = x, drop, colours
        self.rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return len(self.x) // 64  # only full batches

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.x))

    def __getitem__(self, i):
        chosen = self.order[64 * i : 64 * (i + 1)]
        x = self.x[chosen]
        keep = self.rng.random((len(x), length, 1)) >= self.drop
        inputs = {"x": x, "previous": shifted(x) * keep.astype("float32")}
        inputs["epsilon"] = self.rng.normal(size=(len(x), 16)).astype("float32")  # for the VAE
        if self.colours is not None:
            inputs["colour"] = self.colours[chosen]
        return inputs, x


def trained(model, epochs, seed=0, callbacks=(), **options):
    batches = Batches(x_train, seed=seed, **options)
    model(batches[0][0])  # creates its weights
    backend.seed_weights(model, seed=seed)
    model.compile(keras.optimizers.Adam(0.004), loss=nats)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return model


# %%
plain = trained(NameAutoencoder(), epochs=40)

# %% [markdown]
# ### Writing alone
#
# Without a teacher the decoder reads its own letters: it writes the first, the name is shifted, it writes the second, and so on. Taking the most probable letter each time is called *greedy*. For drawing, a **[temperature](glossary.md#temperature)** $T$ divides the logits first: below 1 the probable letters become more so, above 1 all become more alike. (The largest of *logits / T + Gumbel noise* is a draw from exactly these probabilities; with the noise from NumPy, every backend draws with the same noise.)


# %% tags=["keep"]
def write(decoder, z, temperature=0.0, seed=0):
    """Names that a decoder writes for codes, letter by letter."""
    rng = np.random.default_rng(seed)
    x = np.zeros((len(z), length, len(alphabet)), "float32")
    for t in range(length):
        logits = forward(decoder, [shifted(x), z])[:, t]
        if temperature:
            logits = logits / temperature + rng.gumbel(size=logits.shape)
        x[np.arange(len(z)), t, np.argmax(logits, axis=1)] = 1
    return ["".join(alphabet[k] for k in row).split(".")[0] for row in x.argmax(axis=2)]


def edit_distance(a, b):
    """The fewest letters to insert, delete or replace to make b of a."""
    row = list(range(len(b) + 1))
    for letter in a:
        new = [row[0] + 1]
        for j, other in enumerate(b):
            new.append(min(row[j + 1] + 1, new[j] + 1, row[j] + (letter != other)))
        row = new
    return row[-1]


def edits(texts, others):
    return np.mean([edit_distance(a, b) for a, b in zip(texts, others, strict=True)])


print("from 'teal' to 'pale teal':", edit_distance("teal", "pale teal"))

# %% [markdown]
# **Predict.** Sixteen numbers for a name of about ten letters. What fraction of *new* names will come back letter for letter? And how many edits would a lazy system need that answers with the most similar training name?

# %%
written = write(plain.decoder, forward(plain.encoder, x_val))
exact = np.mean([a == b for a, b in zip(written, val_names, strict=True)])
nearest = [min(edit_distance(a, b) for b in train_names) for a in val_names[:40]]
logits = forward(plain, {"x": x_val, "previous": shifted(x_val)})
right = (logits.argmax(axis=2) == x_val.argmax(axis=2))[x_val.any(axis=2)].mean()
print(f"letters right, with the teacher's help {right:.1f}")
print(f"names right to the letter, alone       {exact:.1f}")
size = np.mean([len(name) for name in val_names[:40]])
print(f"edits per letter, autoencoder          {edits(written[:40], val_names[:40]) / size:.1f}")
print(f"edits per letter, nearest name         {np.mean(nearest) / size:.1f}")
notebook.claim(exact > 0.1, "some new names come back to the letter")

# %% mystnb={"image": {"alt": "A table with four columns: a validation name, then the name that the autoencoder writes from its code, twice. Five of sixteen are the same; most others come back with invented words"}}
pairs = [text for pair in zip(val_names[:16], written[:16], strict=True) for text in pair]
fig, ax = plt.subplots(figsize=(8, 2.6))
show(pairs, np.repeat(colours[val[:16]], 2, axis=0), ax=ax)
ax.set_title("validation name, what comes back; twice")
plt.show()

# %% [markdown] numbers={"sixteen": "given: latent_dim", "40": "given: the code above", "2.3": "given: measured, three seeds and backends", "3.2": "given: measured, three seeds and backends", "2.9": "given: measured, always the same"}
# With the teacher's help most letters are right, but one wrong letter spoils a name, and it misleads the letters after it, since alone the decoder reads its own mistakes. Still, some new names come back to the letter, from sixteen numbers. Rare words such as "mango" come back as letters that only sound like a word. In edits (here of the first 40 names) the autoencoder is about level with the nearest training name (2.3 to 3.2 edits per name with three seeds and three backends, against 2.9), which needs the whole list at hand. It has had only 709 names to learn spelling from.
#
# ## The VAE, and a decoder that does not listen
#
# The plain autoencoder cannot draw: nobody said where codes lie (lesson 16). So make the code a distribution, and add the KL. (The noise `epsilon` is drawn with NumPy and comes with each batch, so that every backend trains with the same noise.)


# %% tags=["keep"]
class NameVAE(keras.Model):
    def __init__(self, latent_dim=16, window=10):
        super().__init__()
        self.encoder = build_encoder(2 * latent_dim)
        self.decoder = build_decoder(latent_dim, window)
        self.beta = self.add_weight((), initializer="ones", trainable=False)

    def kl_loss(self, kl):
        """From nats `(batch, latent_dim)` to the number that is added to the loss."""
        return self.beta * ops.mean(ops.sum(kl, axis=1))

    def call(self, inputs, training=False):
        z_mean, z_log_var = ops.split(self.encoder(inputs["x"]), 2, axis=-1)
        self.add_loss(self.kl_loss((ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2))
        z = z_mean
        if training:
            epsilon = inputs["epsilon"][:, : z_mean.shape[1]]
            z = z_mean + ops.exp(z_log_var / 2) * epsilon
        return self.decoder([inputs["previous"], z], training=training)


class WarmUp(keras.callbacks.Callback):
    """Raises beta from 0 to 1 over the first epochs."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta.assign(min(1.0, epoch / self.epochs))


# %% tags=["keep"]
def scores(model, x, n_draws=3):
    """Rate in nats per name, and bits per character (from the ELBO)."""
    z_mean, z_log_var = np.split(forward(model.encoder, x), 2, axis=1)
    rate = ((np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2).sum(axis=1)
    rng, distortion = np.random.default_rng(0), []
    for _ in range(n_draws):
        z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape).astype("float32")
        distortion.append(ops.convert_to_numpy(nats(x, model.decoder([shifted(x), z]))))
    bits = (np.mean(distortion, axis=0) + rate) / np.log(2)
    return {"rate": rate.mean(), "bits": bits.sum() / x.sum()}


def judge(model):
    """The scores on the validation names, and what the decoder writes for their mean codes."""
    z_mean, _ = np.split(forward(model.encoder, x_val), 2, axis=1)
    return scores(model, x_val) | {"written": write(model.decoder, z_mean)}


vaes = {"VAE": trained(NameVAE(), epochs=20)}
judged = {"VAE": judge(vaes["VAE"])}


def print_row(name):
    found = judged[name]
    texts = found["written"]
    print(f"{name:20s} {found['rate']:6.1f} {found['bits']:13.1f} {edits(texts, val_names):11.1f}")


print("                       rate, nats   bits per   edits per")
print("                         per name  character        name")
print_row("VAE")
notebook.claim(judged["VAE"]["rate"] < 0.6, "the code carries next to nothing")
notebook.claim(len(set(judged["VAE"]["written"])) < 20, "it writes the same few names")

# %% mystnb={"image": {"alt": "A table with four columns: a validation name, then what the VAE writes from its code, twice. Whatever the name was, it writes dark purple for most of them and some other name that begins with dark for the rest"}}
pairs = [t for pair in zip(val_names[:16], judged["VAE"]["written"], strict=False) for t in pair]
fig, ax = plt.subplots(figsize=(8, 2.6))
show(pairs, np.repeat(colours[val[:16]], 2, axis=0), ax=ax)
ax.set_title("validation name, what the VAE writes; twice")
plt.show()

# %% [markdown] numbers={"half": "given: drop in the code below"}
# The number of bits is not bad, and most of what it writes is words. But it answers nearly *every* name with the same few, and the rate is close to 0: the code carries next to nothing. This is [posterior collapse](glossary.md#posterior-collapse), and here no bug is to blame. A decoder that sees the letters before predicts nearly as well without the code. In the first epochs the code costs more nats of KL than it saves, so the encoder makes every cloud equal to the prior, and the decoder learns to do without. What remains is a language model: it writes names, but not the one that it was given. (The bits of a VAE come from its ELBO, so they are an upper bound on what it needs.) Bowman et al. (2016) met the same problem with sentences, and proposed two cures:
#
# - *KL warm-up* ([KL annealing](glossary.md#kl-annealing)): beta rises from 0 to 1, so that the code costs little while the decoder learns to read it.
# - *Character dropout* (in the paper: of words): half of the letters before are blanked in training, so that they are less reliable than the code.
#
# **Predict.** Which of them will raise the rate more, and will the bits per character get better or worse?

# %% tags=["keep"]
vaes["KL warm-up"] = trained(NameVAE(), epochs=20, callbacks=[WarmUp(16)])
vaes["character dropout"] = trained(NameVAE(), epochs=20, drop=0.5)
judged |= {name: judge(vaes[name]) for name in list(vaes)[1:]}
print("                       rate, nats   bits per   edits per")
print("                         per name  character        name")
for name in judged:
    print_row(name)
collapsed, dropout = judged["VAE"], judged["character dropout"]
notebook.claim(dropout["rate"] > collapsed["rate"] + 1, "dropout makes the decoder use the code")
notebook.claim(dropout["bits"] > collapsed["bits"] + 0.1, "and that costs bits")
better = edits(collapsed["written"], val_names) - edits(dropout["written"], val_names)
notebook.claim(better > 0.5, "what comes back is closer to what went in")

# %% [markdown] numbers={"2.0": "given: measured, three seeds", "3.1": "given: measured, three seeds and backends", "0.1": "given: measured, three seeds", "0.3": "given: measured, three seeds"}
# Both cures make the code carry something, dropout more than warm-up, and the names that come back are closer to those that went in. With three seeds and on three backends the rate is about 0.3 nats without a cure, 1.7 to 2.0 with warm-up and 3.1 to 3.3 with dropout. But using the code *costs* bits per character: about 0.1 with warm-up and 0.3 with dropout. That is no accident: the bound itself prefers the collapsed model, and each cure pushes the training away from it. Whether a code is worth its price depends on the purpose: to score and to draw names you need none; to store or to compare names you do.

# %% [markdown]
# ## Drawing and walking


# %% mystnb={"image": {"alt": "Three rows of seven names on grey. The plain autoencoder and the VAE with character dropout start at dark green and change letter by letter, by way of words that do not exist; the plain one arrives at sky blue, the VAE only near it. The third row shows names drawn from the prior; few of their words exist"}}
def walk(model, start, end):
    """Names between two names: their mean codes, in equal steps."""
    z = forward(model.encoder, to_array([start, end]))[:, :16]
    t = np.linspace(0, 1, 7, dtype="float32")[:, None]
    return write(model.decoder, (1 - t) * z[0] + t * z[1])


z = np.random.default_rng(0).normal(size=(120, 16)).astype("float32")
drawn = {name: write(model.decoder, z, temperature=0.7) for name, model in vaes.items()}
fig, axes = plt.subplots(3, 1, figsize=(8, 2.6), layout="constrained")
rows = {
    "plain autoencoder, from 'dark green' to 'sky blue'": walk(plain, "dark green", "sky blue"),
    "VAE with character dropout, the same walk": walk(
        vaes["character dropout"], "dark green", "sky blue"
    ),
    "VAE with character dropout, drawn from the prior": drawn["character dropout"][:7],
}
for ax, (title, texts) in zip(axes, rows.items(), strict=True):
    show(texts, np.full((7, 3), 0.9), n_columns=7, ax=ax)
    ax.set_title(title, fontsize=9)
plt.show()


# %%
print("of 120 drawn names")
for name, texts in drawn.items():
    new = np.mean([text not in names for text in texts])
    known = np.mean([word in words for text in texts for word in text.split()])
    print(f"{name:20s} new {new:.1f}, words that are known {known:.1f}")

# %% [markdown] numbers={"a fifth": "given: drop"}
# Many drawn names are new, and that is no praise by itself: many of their words are no words. Between two names on a walk there is no third meaning, only spelling: lengths change, letters are exchanged. Nothing in the training ever said what a colour *is*.
#
# ## Names for given colours
#
# Now a task that counting letters cannot even begin: here is a colour, what is it called? Replace the encoder by a small network from red, green and blue to the code; the decoder stays. (Input and output are now different things, so this is no longer an autoencoder but an *encoder-decoder*, as in machine translation and image captioning.) Two cures from above are built in, so that it relies on the colour: the decoder sees six letters before, not ten, and a fifth of them are blanked in training.


# %%
class Namer(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(64, activation="gelu"), layers.Dense(16)])
        self.decoder = build_decoder(16, window=6)

    def call(self, inputs, training=False):
        z = self.encoder(4 * inputs["colour"] - 2)  # about zero
        return self.decoder([inputs["previous"], z], training=training)

    def suggest(self, rgb, temperature=0.0, seed=0):
        """A name for each colour, an array `(n, 3)` of numbers in [0, 1]."""
        z = forward(self.encoder, 4 * np.asarray(rgb, "float32") - 2)
        return write(self.decoder, z, temperature, seed)


namer = trained(Namer(), epochs=30, drop=0.2, colours=colours[train])

# %% [markdown]
# **Change this line and run again:** `COLOUR`, any colour that Matplotlib knows, such as `"#ff7f50"` or `"navy"`. Then raise the temperature.

# %% mystnb={"image": {"alt": "A table of twelve names that the network drew for a greenish blue, all on that colour; most of them speak of green, blue or teal"}}
COLOUR, TEMPERATURE = "#2a9d8f", 0.5

offered = namer.suggest([to_rgb(COLOUR)] * 12, TEMPERATURE)
fig, ax = plt.subplots(figsize=(8, 1.1))
show(offered, np.tile(to_rgb(COLOUR), (12, 1)), ax=ax)
plt.show()

# %% mystnb={"image": {"alt": "A table with four columns: a name that people gave, on its colour, and beside it, on the same colour, the name that the network gives to it; twice. Many agree in the kind of colour, few in the words"}}
given = namer.suggest(colours[val])
pairs = [text for pair in zip(val_names[16:36], given[16:36], strict=True) for text in pair]
fig, ax = plt.subplots(figsize=(8, 3.2))
show(pairs, np.repeat(colours[val[16:36]], 2, axis=0), ax=ax)
ax.set_title("people's name, the network's name for the colour; twice")
plt.show()

# %% [markdown] numbers={"eleven": "given: the code below"}
# How good is this? First: does it *look at the colour*? Give it the true name with the right colour, and with the colours of ten other names. Which colour makes the name more probable? Second: is the name of the right *kind*? Of the validation names that contain one of eleven basic words (red, green ...), for how many does the network's name contain the same one? There are two baselines: always "green", the most frequent word, and the name of the nearest training colour, copied.
#
# **Predict.** Will the network beat copying?


# %%
def nats_given(rgb):
    """Nats that each validation name costs if the network sees these colours."""
    z = forward(namer.encoder, 4 * rgb - 2)
    return ops.convert_to_numpy(nats(x_val, namer.decoder([shifted(x_val), z])))


own = nats_given(colours[val])
others = [nats_given(np.roll(colours[val], k, axis=0)) for k in range(1, 11)]
to_bits = len(x_val) / np.log(2) / x_val.sum()
looks = np.mean(own < others)
print(f"bits per character, right colour {np.mean(own) * to_bits:.1f}")
print(f"bits per character, other colour {np.mean(others) * to_bits:.1f}")
print(f"the right one is more probable   {looks:.2f}")
notebook.claim(looks > 0.75, "it looks at the colour")
notebook.claim((np.mean(others) - np.mean(own)) * to_bits > 0.3, "a wrong colour costs bits")

# %%
basic = ["red", "orange", "yellow", "green", "blue", "purple"]
basic += ["pink", "brown", "grey", "black", "white"]


def kinds(text):
    return {word for word in basic if word in text}


def agreement(texts):
    pairs = [(kinds(a), kinds(b)) for a, b in zip(texts, val_names, strict=True) if kinds(b)]
    return np.mean([bool(a & b) for a, b in pairs])


distance = np.linalg.norm(colours[val][:, None] - colours[train], axis=2)
copied = [train_names[i] for i in distance.argmin(axis=1)]
print("names of the right kind")
for label, texts in {"network": given, "copying": copied, "'green'": ["green"] * 120}.items():
    print(f"{label:10s} {agreement(texts):.1f}")
notebook.claim(agreement(given) > agreement(["green"] * 120) + 0.1, "better than a constant")

# %% [markdown] numbers={"0.62": "given: measured, three seeds", "0.74": "given: measured, three seeds", "0.87": "given: measured, three seeds", "0.32": "given: the cell above, to two places", "0.67": "given: the cell above, to two places", "0.50": "given: chance"}
# This is where the network is good. It looks at its input: the right colour makes the true name more probable than another colour does in 0.87 of the cases (guessing would reach 0.50), and a wrong colour costs clearly more bits. Its names are of the right kind clearly more often than a constant "green". With three seeds 0.62 to 0.74 of its names are of the right kind, against 0.32 for the constant and 0.67 for copies; the share of 0.87 hardly changes.
#
# The sober part: copying the name of the nearest training colour is right about as often, for 709 colours lie close together, and a copy is never misspelt. And with the colour it still needs more bits per character than counting without. What the network can do and the list cannot is to write a name that is not in the list, to give several for one colour, and to say how probable each is.
#
# %% [markdown]
# ## The end: the test names, once

# %%
on_test = {
    f"counting, n = {best_n}": bits_by_counting(Counts(train_names, best_n), test_names),
    "VAE": scores(vaes["VAE"], x_test)["bits"],
    "VAE, char. dropout": scores(vaes["character dropout"], x_test)["bits"],
}
for name, bits in on_test.items():
    print(f"{name:20s} {bits:.1f} bits per character")

# %% [markdown]
# The sober result of this lesson: in bits per character *counting wins*, with its setting chosen on validation names and tested once. With 709 short names that share their words, a table of contexts is hard to beat, and a network like ours needs more text. But a table of counts has no code: it cannot turn a name into numbers and back, and it cannot look at a colour.
#
# ## Exercises
#
# Stuck? `checks.hint("19.1")` gives a hint; call it again for the next one.
#
# ### Exercise 19.1: temperature without logits
#
# A counting model has no logits, only probabilities. Write `at_temperature(p, temperature)`: what an array of probabilities (last axis: the letters) becomes when the logits behind them are divided by the temperature. Then draw from `Counts` at temperature 0.5 and 2, with `draw_by_counting` and a subclass whose `probabilities` are tempered.


# %% tags=["exercise"]
def at_temperature(p, temperature): ...


checks.check_temperature(at_temperature)


# %% tags=["solution"]
def at_temperature(p, temperature):
    powered = (p / p.max(axis=-1, keepdims=True)) ** (1 / temperature)
    return powered / powered.sum(axis=-1, keepdims=True)


class Tempered(Counts):
    def probabilities(self, past):
        return at_temperature(super().probabilities(past), self.temperature)


counts = Tempered(train_names, 5)
for counts.temperature in (0.5, 1, 2):
    rng = np.random.default_rng(1)
    print(counts.temperature, " | ".join(draw_by_counting(counts, rng) for _ in range(5)))
checks.check_temperature(at_temperature)

# %% [markdown]
# ### Exercise 19.2: make the decoder listen, cheaply
#
# Train a VAE of your own, `my_vae`: a rate of at least 3 nats per validation name, really used, at no more than 2.48 bits per character. Ideas: change `kl_loss` in a subclass so that the first fraction of a nat of each unit's mean KL is not charged (**[free bits](glossary.md#free-bits)**; the argument `kl` has a row for each name and a column for each unit); another mixture of the cures; a weaker decoder (`window`); a smaller `latent_dim`. Predict what your change does to the rate before you run it.

# %% tags=["exercise"]
my_vae = ...


checks.check_vae(my_vae, x_val)


# %% tags=["solution"]
class FreeBits(NameVAE):
    def kl_loss(self, kl):
        return ops.sum(ops.maximum(ops.mean(kl, axis=0), 0.25))


my_vae = trained(FreeBits(), epochs=20)
found = scores(my_vae, x_val)
print(f"rate {found['rate']:.1f}, bits per character {found['bits']:.1f}")
checks.check_vae(my_vae, x_val)

# %% [markdown]
# ### Exercise 19.3: decide, and show why
#
# Which of the models in `judged` would you use, and for what? Set `decision = (choice, measure, numbers)`: `choice` is one of their names; `measure` is `"bits"` (bits per character, for drawing and scoring names), `"edits"` (edits per name, for storing names as codes) or `"exact"` (the fraction of names that come back to the letter); `numbers` is a dict from *every* model's name to that measure on the validation names. More than one choice can be defended; the check asks whether your numbers do.

# %% tags=["exercise"]
decision = ...


checks.check_choice(decision, judged, val_names)

# %% tags=["solution"]
numbers = {name: edits(found["written"], val_names) for name, found in judged.items()}
decision = (min(numbers, key=numbers.get), "edits", numbers)
checks.check_choice(decision, judged, val_names)

# %% [markdown] numbers={"0.0": "given: an example of the quiz"}
# ## What to remember
#
# - Text is one-hot rows; an autoregressive decoder sees the code and the letters before, and causal convolutions keep it from looking ahead.
# - Teacher forcing trains all letters at once. Alone, a decoder lives with its own mistakes: judge it by what it writes, in edits.
# - Bits per character on held-out text compare all models of text, also those that only count.
# - A decoder that predicts well without the code will ignore it: look at the rate, and at what comes back.
# - The cures make the decoder use its code, and the bound gets worse. Whether that is worth it depends on the purpose.
# - The same decoder behind another encoder describes other things, such as colours. Test that it looks at its input: swap the inputs.
#
# ## Quiz
#
# 1. A VAE of text has a good bound, fluent draws, and a rate of 0.0 nats. (a) All is well. (b) It is a language model without a code. (c) The learning rate is too small.
# 2. The decoder's input is not shifted. In training the loss falls to almost 0, and alone it writes nonsense. Why? (a) It copies the letter that it should predict. (b) It overfits. (c) The temperature is wrong.
# 3. Character dropout (a) speeds up training; (b) makes the letters before less reliable, so that the code is worth its price; (c) shortens names.
#
# <details><summary>Answers</summary>
#
# 1. **b.** The draws are fluent because the decoder can spell alone; nothing of the name is in the code (not a). A larger learning rate (c) does not change what the bound rewards.
# 2. **a.** The answer is in its input. It would fail on training names as well, so it is not overfitting (b); temperature plays no part in training (c).
# 3. **b.** Training is no faster (a), and the targets keep their length (c).
# </details>
#
# ## Further reading
#
# - Bowman et al., *Generating sentences from a continuous space*, arXiv:1511.06349: the collapse, KL annealing and word dropout; the abstract itself speaks of negative results in language modelling.
# - Kingma et al., *Improving variational inference with inverse autoregressive flow*, arXiv:1606.04934: free bits.
# - Yang et al., *Improved variational autoencoders for text modeling using dilated convolutions*, arXiv:1702.08139: how much the decoder sees of the text decides how much the code is used.
# - McMahan & Stone, *A Bayesian model of grounded color semantics*, TACL 3 (2015): which names people choose for a colour, learnt from a large collection of colour descriptions, without a neural network.

# %% tags=["receipt"]
notebook.claim(
    on_test[f"counting, n = {best_n}"] < on_test["VAE"] - 0.1, "counting has the fewest bits"
)
notebook.receipt(
    counting_bits=by_n[best_n],
    vae_bits=judged["VAE"]["bits"],
    dropout_rate=judged["character dropout"]["rate"],
    names_exact=exact,
)
