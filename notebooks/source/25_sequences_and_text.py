# %% [markdown]
# # 25. Sequences and text
#
# *The same machine, fed with letters: names go in, a short code is made, and names come out. The new difficulty is a decoder that can spell on its own.*
#
# **You will be able to**
# - turn text into arrays and build an encoder and a decoder from one-dimensional convolutions;
# - train a decoder that writes letter by letter (teacher forcing), and let it write alone (temperature);
# - score text models in bits per character and in edit distance, beside a baseline that only counts;
# - recognise a VAE whose decoder ignores the code, and try the known cures;
# - let a network name a colour.
#
# **You need** lessons 11 and 15.
#
# **Time** 25 minutes to read, 20 for the exercises, about 25 seconds to run.

# %% tags=["setup"]
from collections import Counter

from ae_course import notebook
from ae_course.exercises import lesson_25 as checks
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
# In 2010 the author of the web comic *xkcd* asked his readers to name random colours. Of the most frequent names 949, each with its typical colour, come with Matplotlib. They are words as people use them: inventive, misspelt, now and then crude. (Data: xkcd colour survey, public domain.)

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


# %% mystnb={"image": {"alt": "A table of thirty-two names from the training list, such as names of fruit, of flowers and of mixtures, each written on the colour that it names"}}
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


# %%
def draw_by_counting(counts, rng):
    text = ""
    while not text.endswith(".") and len(text) < 21:
        text += rng.choice(list(alphabet), p=counts.probabilities(text))
    return text.removesuffix(".")


for n in (1, 2, 3, 4, 5):
    counts, rng = Counts(train_names, n), np.random.default_rng(1)
    print(f"n = {n}: " + " | ".join(draw_by_counting(counts, rng) for _ in range(5)))

# %% [markdown]
# With no context it is letter soup; with one letter before, almost speakable; with four, colour names. Is a longer context always better? Not by looking at draws: a model that copies the training list draws perfect names.
#
# ### Bits per character
#
# A model of text gives each next letter a probability $p$. Writing down the letter with a code made for the model costs $-\log_2 p$ bits (lesson 15 counted the same thing in nats; divide by $\log 2$). Averaged over all letters of *held-out* names, the end included, this is the field's yardstick: **[bits per character](glossary.md#bits-per-character)**.
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

# %% [markdown] numbers={"half": "1.83 / 4.91", "5": "given: the best n of the table", "21": "given: the code below", "20": "given: the code below"}
# With n = 5 it needs 1.83 bits, well under half of the 4.91 bits of equal chances; longer contexts only make it worse, since they are too rare to count ([overfitting](glossary.md#overfitting), without any network). One reason why it is so good: these names share words. "Light", "green" and the like stand in hundreds of names, on both sides of the split, so a held-out *name* is seldom new in all its *words*. Everything below profits from it, too. Keep 1.83 in mind.
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

# %% [markdown] numbers={"15": "1 + 2 * (1 + 2 + 4)", "4": "given: the code below", "2": "given: the code below"}
# ## An autoencoder that spells
#
# The encoder is a convolutional one as in lesson 11, with one direction fewer: `Conv1D` slides a window along the letters.
#
# The decoder could predict all letters from the code at once, as pixels are. For text that fails in a typical way: where the code leaves open whether the name is "blue" or "teal", independent letters give "blal". So the decoder writes **one letter at a time**, and for each it sees the code *and the letters before*. It is **[autoregressive](glossary.md#autoregressive)**.
#
# In training, the letters before are those of the true name, not the decoder's own: **[teacher forcing](glossary.md#teacher-forcing)**. All places can then be trained at once. It has one condition: the output at place $t$ must not depend on the letter at $t$ or after it, or the network would copy its answer. Two things ensure this: the decoder's input is the name *shifted* by one, and its convolutions are **[causal](glossary.md#causal-convolution)**: their window ends at the present place. With three letters in a window and *dilations* 1, 2 and 4 (the gaps between the letters that a window reads), the [receptive field](glossary.md#receptive-field) grows to 15 letters after three layers. (The classical choice for text is a recurrent layer, `keras.layers.GRU`. It does the same job, but one letter after another, so that a name cannot be trained in one sweep.)


# %% tags=["keep"]
def build_encoder(width):
    return keras.Sequential(
        [
            keras.Input((length, len(alphabet))),
            layers.Conv1D(64, 3, padding="same", activation="gelu"),
            layers.Conv1D(32, 3, padding="same", activation="gelu"),
            layers.Flatten(),
            layers.Dense(width),
        ]
    )


def build_decoder(latent_dim, dilations=(1, 2, 4), dropout=0.0):
    previous = keras.Input((length, len(alphabet)))
    z = keras.Input((latent_dim,))
    plan = layers.Reshape((length, 16))(layers.Dense(length * 16)(z))  # the code, for each place
    h = layers.Concatenate()([previous, plan])
    for dilation in dilations:
        h = layers.Conv1D(48, 3, padding="causal", dilation_rate=dilation, activation="gelu")(h)
    h = layers.Dropout(dropout, seed=0)(h)
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

# %%
decoder = build_decoder(16)
x_changed = x_val.copy()
x_changed[:, 8:] = x_val[::-1, 8:]
z = np.zeros((len(x_val), 16), "float32")
before, after = (decoder.predict([shifted(x), z], verbose=0) for x in (x_val, x_changed))
changed = np.flatnonzero(np.abs(before - after).max(axis=(0, 2)) > 1e-6)
print("places that change:", changed)
notebook.claim(changed.min() == 9, "the first place to change is the one after the first letter")

# %% [markdown] numbers={"8": "given: the code above", "9": "seen: the list of places", "30": "given: the symbols of the alphabet"}
# Place 8 itself stays as it was: it is predicted from the letters before it. The change begins at 9.
#
# The loss is the [cross-entropy](glossary.md#cross-entropy) of the letters, summed over the name, in [nats](glossary.md#nat) per name. `ops.log_softmax` turns the decoder's 30 outputs (*logits*) into log probabilities; multiplying by the one-hot target picks the right letter's, and the zero rows after the end drop out. The batches are shuffled and, later on, corrupted by a `PyDataset` as in lesson 02.


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
        return -(-len(self.x) // 64)

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.x))

    def __getitem__(self, i):
        chosen = self.order[64 * i : 64 * (i + 1)]
        x = self.x[chosen]
        keep = self.rng.random((len(x), length, 1)) >= self.drop
        inputs = {"x": x, "previous": shifted(x) * keep.astype("float32")}
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
# Without a teacher the decoder feeds on its own letters: write the first, shift, write the second, and so on. Taking the most probable letter each time is *greedy*. For drawing, a **[temperature](glossary.md#temperature)** $T$ divides the logits first: below 1 the probable letters become more so, above 1 all become more alike. (The largest of *logits / T + Gumbel noise* is a draw from exactly these probabilities; with the noise from NumPy, every backend draws with the same noise.)


# %% tags=["keep"]
def write(decoder, z, temperature=0.0, seed=0):
    """Names that a decoder writes for codes, letter by letter."""
    rng = np.random.default_rng(seed)
    x = np.zeros((len(z), length, len(alphabet)), "float32")
    for t in range(length):
        logits = decoder.predict_on_batch([shifted(x), z])[:, t]
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
# **Predict.** Sixteen numbers for a name of about ten letters. What fraction of *new* names comes back letter for letter? And what would a lazy system score that answers with the most similar training name?

# %%
written = write(plain.decoder, plain.encoder.predict(x_val, verbose=0))
exact = np.mean([a == b for a, b in zip(written, val_names, strict=True)])
nearest = [min(edit_distance(a, b) for b in train_names) for a in val_names[:40]]
logits = plain.predict({"x": x_val, "previous": shifted(x_val)}, verbose=0)
right = (logits.argmax(axis=2) == x_val.argmax(axis=2))[x_val.any(axis=2)].mean()
print("on validation names")
print(f"letters right, with the teacher's help  {right:.0%}")
print(f"names right to the letter, alone        {exact:.0%}")
print(f"edits per name, autoencoder             {edits(written, val_names):.1f}")
print(f"edits per name, nearest training name   {np.mean(nearest):.1f} (of 40)")
notebook.claim(exact > 0.1, "some new names come back to the letter")

# %% mystnb={"image": {"alt": "A table with four columns: a validation name, then the name that the autoencoder writes from its code, twice. Names of frequent words are the same; rare ones come back as invented words"}}
pairs = [text for pair in zip(val_names[:16], written[:16], strict=True) for text in pair]
fig, ax = plt.subplots(figsize=(8, 2.6))
show(pairs, np.repeat(colours[val[:16]], 2, axis=0), ax=ax)
ax.set_title("validation name, what comes back; twice")
plt.show()

# %% [markdown] numbers={"80": "given: a suggestion", "sixteen": "given: latent_dim"}
# Most letters are right with the teacher's help, but one wrong letter spoils a name, and it misleads the letters after it, since alone the decoder reads its own mistakes. Still, some new names come back to the letter, from sixteen numbers: those made of frequent words. Rare words such as "mango" come back as letters that only sound like a word. In edits the autoencoder is about level with copying the nearest training name, which needs the whole list at hand; it has had only 709 names to learn spelling from. (Longer training helps: change 40 epochs to 80 and see.)
#
# ## The VAE, and a decoder that does not listen
#
# The plain autoencoder cannot draw: nobody said where codes lie (lesson 15). So make the code a distribution, and add the KL.


# %% tags=["keep"]
class NameVAE(keras.Model):
    def __init__(self, latent_dim=16, dilations=(1, 2, 4)):
        super().__init__()
        self.encoder = build_encoder(2 * latent_dim)
        self.decoder = build_decoder(latent_dim, dilations)
        self.noise = keras.random.SeedGenerator(0)
        self.beta = self.add_weight((), initializer="ones", trainable=False)

    def kl_loss(self, kl):
        """From nats `(batch, latent_dim)` to the number that is added to the loss."""
        return self.beta * ops.mean(ops.sum(kl, axis=1))

    def call(self, inputs, training=False):
        z_mean, z_log_var = ops.split(self.encoder(inputs["x"]), 2, axis=-1)
        self.add_loss(self.kl_loss((ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2))
        z = z_mean
        if training:
            epsilon = keras.random.normal(ops.shape(z_mean), seed=self.noise)
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
def judge(model, x=x_val, texts=val_names, n_draws=3):
    """Rate in nats per name, bits per character (from the ELBO), and the names written."""
    z_mean, z_log_var = np.split(model.encoder.predict(x, verbose=0), 2, axis=1)
    rate = ((np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2).sum(axis=1)
    rng, distortion = np.random.default_rng(0), []
    for _ in range(n_draws):
        z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape).astype("float32")
        logits = model.decoder.predict([shifted(x), z], verbose=0)
        distortion.append(ops.convert_to_numpy(nats(x, logits)))
    bits = (np.mean(distortion, axis=0) + rate) / np.log(2)
    return {
        "rate": rate.mean(),
        "bits": bits.sum() / x.sum(),
        "written": write(model.decoder, z_mean),
    }


vaes = {"VAE": trained(NameVAE(), epochs=20)}
judged = {"VAE": judge(vaes["VAE"])}


def print_row(name):
    found = judged[name]
    texts = found["written"]
    print(f"{name:20s} {found['rate']:6.1f} {found['bits']:13.1f} {edits(texts, val_names):11.1f}")


print("                       rate, nats   bits per   edits per")
print("                         per name  character        name")
print_row("VAE")
notebook.claim(judged["VAE"]["rate"] < 0.5, "the code carries next to nothing")
notebook.claim(len(set(judged["VAE"]["written"])) < 30, "it writes the same few names")

# %% mystnb={"image": {"alt": "A table with four columns: a validation name, then what the VAE writes from its code, twice. It writes nearly the same common name for all, whatever the name was"}}
pairs = [t for pair in zip(val_names[:16], judged["VAE"]["written"], strict=False) for t in pair]
fig, ax = plt.subplots(figsize=(8, 2.6))
show(pairs, np.repeat(colours[val[:16]], 2, axis=0), ax=ax)
ax.set_title("validation name, what the VAE writes; twice")
plt.show()

# %% [markdown] numbers={"fifteen": "1 + 2 * (1 + 2 + 4)"}
# A respectable number of bits, and the names that it writes are real. But it answers nearly *every* name with the same few, and the rate is about 0: the code carries nothing. This is [posterior collapse](glossary.md#posterior-collapse) again, and here there is no bug to blame. A decoder that sees the letters before can predict nearly as well without the code. Whatever little the code could add in the first epochs costs more nats of KL than it saves, so the encoder makes every cloud the prior, and the decoder learns to do without. What remains is a language model: fluent, and deaf. Bowman et al. (2016) found the same with sentences.
#
# **Predict.** Three cures are known. Which of them will raise the rate, and will the bits per character get better or worse?
#
# - *KL warm-up* (annealing): beta rises from 0 to 1, so that the code is free while the decoder learns to read it.
# - *Character dropout*: half of the letters before are blanked in training, so that they are less reliable than the code.
# - *A weaker decoder*: one causal layer that sees three letters, instead of three layers that see fifteen.

# %% tags=["keep"]
vaes["KL warm-up"] = trained(NameVAE(), epochs=20, callbacks=[WarmUp(16)])
vaes["character dropout"] = trained(NameVAE(), epochs=20, drop=0.5)
vaes["weaker decoder"] = trained(NameVAE(dilations=(1,)), epochs=20)
judged |= {name: judge(vaes[name]) for name in list(vaes)[1:]}
print("                       rate, nats   bits per   edits per")
print("                         per name  character        name")
for name in judged:
    print_row(name)
listening = [judged["character dropout"], judged["weaker decoder"]]
notebook.claim(min(found["rate"] for found in listening) > 0.7, "two cures use the code")
notebook.claim(
    all(found["bits"] > judged["VAE"]["bits"] + 0.05 for found in listening), "and cost bits"
)
notebook.claim(
    all(
        edits(f["written"], val_names) < edits(judged["VAE"]["written"], val_names)
        for f in listening
    ),
    "what comes back is closer to what went in",
)

# %% [markdown]
# Dropout and the weaker decoder make the code carry something, and the names that come back are closer to those that went in. Warm-up alone does least, at this length of training. But listening *costs* bits per character: the cure is a handicap, and the bound pays for it. That is no failure of the cures but their nature. The collapsed model is a good optimum of the bound, and we push the model away from it. Bowman et al. report the same (their table 2): the VAE's bound is no better than the likelihood of the model without a code. The point of the code is to have one.

# %% [markdown]
# ## Drawing and walking


# %% mystnb={"image": {"alt": "Three rows of seven names on grey. The plain autoencoder and the VAE with character dropout go from dark green to sky blue by way of other letter sequences, some of them no words; the third row shows names drawn from the prior, most of which sound like colours"}}
def walk(model, start, end):
    """Names between two names: their mean codes, in equal steps."""
    z = model.encoder.predict(to_array([start, end]), verbose=0)[:, :16]
    t = np.linspace(0, 1, 7, dtype="float32")[:, None]
    return write(model.decoder, (1 - t) * z[0] + t * z[1])


z = np.random.default_rng(0).normal(size=(200, 16)).astype("float32")
drawn = write(vaes["character dropout"].decoder, z, temperature=0.7)
fig, axes = plt.subplots(3, 1, figsize=(8, 2.6), layout="constrained")
rows = {
    "plain autoencoder, from 'dark green' to 'sky blue'": walk(plain, "dark green", "sky blue"),
    "VAE with character dropout, the same walk": walk(
        vaes["character dropout"], "dark green", "sky blue"
    ),
    "VAE with character dropout, drawn from the prior": drawn[:7],
}
for ax, (title, texts) in zip(axes, rows.items(), strict=True):
    show(texts, np.full((7, 3), 0.9), n_columns=7, ax=ax)
    ax.set_title(title, fontsize=9)
plt.show()


# %%
words = {word for name in train_names for word in name.split()}
print("of 200 drawn names")
for name, model in vaes.items():
    texts = write(model.decoder, z, temperature=0.7)
    new = np.mean([text not in names for text in texts])
    known = np.mean([word in words for text in texts for word in text.split()])
    print(f"{name:20s} new {new:.1f}, words that are known {known:.1f}")

# %% [markdown]
# Many drawn names are new, and that is no praise by itself: many of their words are no words. The collapsed VAE spells best, since its decoder had to learn to do everything alone. Between two names on a walk lies no third meaning, but spelling: lengths change, letters are exchanged. Nothing in the training ever told this model what a colour *is*.
#
# ## Names for given colours
#
# Now a task at which counting cannot compete: there is a colour on the table, and it wants a name. Replace the encoder by a small network from red, green and blue to the code; the decoder stays. (It is an encoder-decoder, as in machine translation and image captioning, no longer an autoencoder: input and output are different things.) The decoder gets some dropout of its last units, against overfitting.


# %%
class Namer(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(64, activation="gelu"), layers.Dense(16)])
        self.decoder = build_decoder(16, dropout=0.3)

    def call(self, inputs, training=False):
        z = self.encoder(4 * inputs["colour"] - 2)  # about zero
        return self.decoder([inputs["previous"], z], training=training)

    def suggest(self, rgb, temperature=0.0, seed=0):
        """A name for each colour, an array `(n, 3)` of numbers in [0, 1]."""
        z = self.encoder.predict(4 * np.asarray(rgb, "float32") - 2, verbose=0)
        return write(self.decoder, z, temperature, seed)


namer = trained(Namer(), epochs=30, colours=colours[train])

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
# How good is this? Two measures. First, bits per character with the right colour and, as a control, with the colour of another name. Second, the *kind* of colour: of the validation names that contain one of eleven basic words (red, green ...), for how many does the network's name contain the same? The baseline copies the name of the nearest training colour.
#
# **Predict.** Does the network beat copying?

# %%
basic = [
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
    "grey",
    "black",
    "white",
]


def kinds(text):
    return {word for word in basic if word in text}


def agreement(texts):
    return np.mean(
        [bool(kinds(a) & kinds(b)) for a, b in zip(texts, val_names, strict=True) if kinds(b)]
    )


def bits_given(rgb):
    inputs = {"x": x_val, "previous": shifted(x_val), "colour": rgb}
    return namer.evaluate(inputs, x_val, verbose=0) * len(x_val) / np.log(2) / x_val.sum()


distance = np.linalg.norm(colours[val][:, None] - colours[train], axis=2)
copied = [train_names[i] for i in distance.argmin(axis=1)]
own, other = bits_given(colours[val]), bits_given(np.roll(colours[val], 1, axis=0))
print(f"bits per character with the right colour {own:.1f}, with another one's {other:.1f}")
print("names of the right kind")
for label, texts in {"network": given, "copying": copied, "'green'": ["green"] * 120}.items():
    print(f"{label:10s} {agreement(texts):.1f}")
notebook.claim(other > own + 0.2, "a wrong colour costs bits")
notebook.claim(agreement(given) > agreement(["green"] * 120) + 0.05, "better than a constant")

# %% [markdown]
# The network knows what it sees: a wrong colour costs it clearly more bits than the right one, and its names are of the right kind more often than a constant "green", the most frequent word. But copying the nearest colour's name is no worse, probably better: with 709 colours the table of examples is dense, and it cannot misspell. What the network can do and the table cannot is write a name that is not in the list, give several for one colour, and say how probable each is. Its mistakes are instructive, too: it likes frequent words, and it cannot know "leaf" or "adobe" if they never occurred.

# %% [markdown]
# ## The end: the test names, once

# %%
on_test = {
    f"counting, n = {best_n}": bits_by_counting(Counts(train_names, best_n), test_names),
    "VAE": judge(vaes["VAE"], x_test, test_names)["bits"],
    "VAE, char. dropout": judge(vaes["character dropout"], x_test, test_names)["bits"],
}
for name, bits in on_test.items():
    print(f"{name:20s} {bits:.1f} bits per character")

# %% [markdown]
# The sober result of this lesson: in bits per character *counting wins*, with the setting chosen on validation names and tested once. With 709 short names that share their words, a table of contexts is hard to beat; a network of this kind needs more text than that. What counting has not got is a code: it cannot take a name apart and put it together again, and it cannot look at a colour.
#
# ## Exercises
#
# Stuck? `checks.hint("25.1")` gives a hint; call it again for the next one.
#
# ### Exercise 25.1: temperature without logits
#
# A counting model has no logits, only probabilities. Write `at_temperature(p, temperature)`: what an array of probabilities (last axis: the letters) becomes when the logits behind them are divided by the temperature. Then draw from `Counts` at temperature 0.5 and 2.


# %% tags=["exercise"]
def at_temperature(p, temperature): ...


checks.check_temperature(at_temperature)


# %% tags=["solution"]
def at_temperature(p, temperature):
    powered = (p / p.max(axis=-1, keepdims=True)) ** (1 / temperature)
    return powered / powered.sum(axis=-1, keepdims=True)


checks.check_temperature(at_temperature)

# %% [markdown]
# ### Exercise 25.2: make the decoder listen, cheaply
#
# The cures above use the code little, or damage the model much. Train a VAE of your own, `my_vae`, that does better: a rate of at least 3 nats per validation name, really used, at no more than 2.55 bits per character. Ideas: change `kl_loss` in a subclass so that the first fraction of a nat of each unit's mean KL is not charged (**[free bits](glossary.md#free-bits)**; the argument `kl` has a row for each name and a column for each unit); a shorter code; another mixture of the cures; another `latent_dim`. Predict what each does to the rate before you run it.

# %% tags=["exercise"]
my_vae = ...


checks.check_vae(my_vae, x_val)


# %% tags=["solution"]
class FreeBits(NameVAE):
    def kl_loss(self, kl):
        return ops.sum(ops.maximum(ops.mean(kl, axis=0), 0.25))


my_vae = trained(FreeBits(), epochs=20)
judged_mine = judge(my_vae)
print(f"rate {judged_mine['rate']:.1f}, bits per character {judged_mine['bits']:.1f}")
checks.check_vae(my_vae, x_val)

# %% [markdown]
# ### Exercise 25.3: decide, and show why
#
# Which of the models in `judged` would you take, and for what? Set `decision = (choice, measure, numbers)`: `choice` is one of their names; `measure` is `"bits"` (bits per character, for drawing and scoring names), `"edits"` (edits per name, for storing names as codes) or `"exact"` (the fraction of names that come back to the letter); `numbers` is a dict from *every* model's name to that measure on the validation names. More than one choice can be defended; the check asks whether your numbers do.

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
# - The cures buy use of the code with likelihood. Which you want depends on the purpose.
#
# ## Quiz
#
# 1. A text VAE has a good bound, fluent draws, and a rate of 0.0 nats. (a) All is well. (b) It is a language model without a code. (c) The learning rate is too small.
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
# - Bowman et al., *Generating sentences from a continuous space*, arXiv:1511.06349, section 3.1: the collapse, KL annealing and word dropout; there, too, the VAE's likelihood does not beat the model without a code by much.
# - Kingma et al., *Improving variational inference with inverse autoregressive flow*, arXiv:1606.04934, appendix: free bits.
# - Yang et al., *Improved variational autoencoders for text modeling using dilated convolutions*, arXiv:1702.08139: how strong should the decoder be?
# - McMahan & Stone, *A Bayesian model of grounded color semantics*, TACL 3 (2015): naming colours from the same survey.

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
