"""The black boxes of lesson 23: what each claims is in the lesson; some of them do not keep it.

To read on is to be told. Ask them first: call them, train them, change what you give them.
"""

import keras
import numpy as np
from keras import layers, ops

from ae_keras import (
    Autoencoder,
    ConvDecoder,
    ConvEncoder,
    DenoisingAutoencoder,
    DenseDecoder,
    DenseEncoder,
    backend,
    evaluation,
    losses,
)

# A: the error of a model, computed in batches -----------------------------------------------------


def _in_batches(combine):
    """A subject that combines the errors of the batches, arrays of one number for each image."""

    def mean_error(model, x, batch_size=128):
        """Mean squared error per image of a model on images, computed in batches."""
        errors = evaluation.squared_error(x, evaluation.reconstruct(model, x))
        return float(combine(np.split(errors, range(batch_size, len(errors), batch_size))))

    return mean_error


def _a_0(batches):
    return sum(b.mean() * len(b) for b in batches) / len(batches)


def _a_1(batches):
    return np.mean([b.mean() for b in batches])


def _a_2(batches):
    whole = [b for b in batches if len(b) == len(batches[0])]
    return np.concatenate(whole).mean()


def _a_3(batches):
    return sum(b.sum() for b in batches) / (len(batches) * len(batches[0]))


def _a_4(batches):
    return batches[0].mean()


def _a_5(batches):
    return sum(b.sum() for b in batches) / sum(len(b) for b in batches)


def _a_6(batches):
    return np.average([b.mean() for b in batches], weights=[len(b) for b in batches])


def _a_7(batches):
    mean, n = 0.0, 0
    for b in reversed(batches):
        n += len(b)
        mean += (b.mean() - mean) * len(b) / n
    return mean


patient_a, twin_a = _in_batches(_a_1), _in_batches(_a_5)

A_SICK = (
    (_in_batches(_a_0), "multiplies the error by the size of the batches"),
    (
        patient_a,
        "is right whenever all batches have the same size. Take a number of images that the batch "
        "size does not divide",
    ),
    (
        _in_batches(_a_2),
        "never looks at images that do not fill a batch. Take a number of images that the batch "
        "size does not divide",
    ),
    (
        _in_batches(_a_3),
        "counts as if the last batch were full. Take a number of images that the batch size does "
        "not divide",
    ),
    (
        _in_batches(_a_4),
        "looks at the first batch only. Take more images than a batch holds",
    ),
)
A_HEALTHY = (
    (twin_a, "adds up all errors and divides by the number of images"),
    (_in_batches(_a_6), "weights the mean of each batch by its size"),
    (_in_batches(_a_7), "starts with the last batch, so that its digits are rounded differently"),
)

# B: an autoencoder with noise in training ---------------------------------------------------------


class Noisy(Autoencoder):
    """An autoencoder that adds noise to its input in training; subclasses draw it."""

    def __init__(self, encoder, decoder, level=0.3, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.level = level
        self.seed = seed
        self.start()

    def start(self):
        """Make what `draw` needs."""

    def draw(self, x):
        """Return numbers like `x`."""
        raise NotImplementedError

    def call(self, x, training=False):
        if training:
            x = ops.clip(x + self.level * self.draw(x), 0, 1)
        return super().call(x, training=training)


class B0(Noisy):
    def draw(self, x):
        return keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.seed)


class B1(Noisy):
    def start(self):
        self.numbers = np.random.default_rng(self.seed)
        self.drawn = self.numbers.normal(size=(1, *self.decoder.image_shape)).astype("float32")

    def draw(self, x):
        return ops.convert_to_tensor(self.drawn)


class B2(B1):
    def draw(self, x):
        drawn = self.numbers.normal(size=(1, *self.decoder.image_shape)).astype("float32")
        return ops.convert_to_tensor(drawn)


class B3(Noisy):
    def start(self):
        self.count = 0

    def draw(self, x):
        self.count += 1
        return keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.seed + self.count)


class B4(Noisy):
    def draw(self, x):
        return ops.zeros_like(x)


class B5(Noisy):
    def start(self):
        self.numbers = keras.random.SeedGenerator(self.seed)

    def draw(self, x):
        return keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.numbers)


class B6(Noisy):
    def start(self):
        self.noise = layers.GaussianNoise(self.level, seed=self.seed)

    def call(self, x, training=False):
        return Autoencoder.call(self, self.noise(x, training=training), training=training)


def _made(kind, width=8, **own):
    """A subject that makes a model of this kind, compiled, for images of any shape."""

    def make(image_shape, seed=0):
        """An autoencoder, compiled, that adds new noise to its input in each step of training."""
        parts = DenseEncoder(16, (4 * width,)), DenseDecoder(image_shape, (4 * width,))
        model = kind(*parts, seed=seed, **own)
        backend.seed_weights(model, seed=seed)
        model.compile(keras.optimizers.Adam(0.002), loss=losses.squared_error)
        return model

    return make


patient_b, twin_b = _made(B0, width=32), _made(B5, width=32)

TRACED = (
    "draws new noise whenever you call it, and the same noise in every step of `fit`: there `call` "
    "is traced once, and the compiled step repeats what it drew while it was traced. Ask the step, "
    "not the call"
)
CONSTANT = (
    "draws the same numbers in every step. (If `fit` shuffles the images between your two steps, "
    "their losses differ all the same)"
)
B_SICK = (
    (patient_b, CONSTANT),
    (_made(B1, width=4), CONSTANT),
    (_made(B4, level=0.2), "adds no noise at all"),
)
B_TRACED = ((_made(B3, width=6), TRACED), (_made(B2, level=0.1), TRACED))
B_HEALTHY = (
    (twin_b, "owns a generator whose state moves on"),
    (_made(B6, width=4, level=0.05), "adds little noise, but new noise in each step"),
    (
        _made(DenoisingAutoencoder, corruption="masking", level=0.2),
        "sets other pixels to 0 in each step",
    ),
)


# C: an autoencoder, ready to be trained -----------------------------------------------------------


class C0(Autoencoder):
    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        return self.decoder(ops.stop_gradient(z) + 0 * z, training=training)


class C1(DenseEncoder):
    def call(self, x):
        h = self.hidden_layers[0](self.flatten(x))
        h = ops.stop_gradient(h) + 0 * h
        for layer in self.hidden_layers[1:]:
            h = layer(h)
        return self.code(h)


def _dense(kind=Autoencoder, encoder=DenseEncoder, width=32):
    def build(image_shape):
        return kind(encoder(16, (width, 16)), DenseDecoder(image_shape, (16, width)))

    return build


def _conv(image_shape):
    return Autoencoder(ConvEncoder(4, (4, 8)), ConvDecoder(image_shape, (8, 4)))


def _ready(build, change=lambda model: None, optimizer=lambda: keras.optimizers.Adam(0.002)):
    """A subject that builds a model, changes it, and compiles it."""

    def make(image_shape, seed=0):
        """An autoencoder, compiled, ready to be trained on images of this shape."""
        model = backend.seed_weights(build(image_shape), seed=seed)
        change(model)
        model.compile(optimizer(), loss=losses.squared_error)
        return model

    return make


def _c_1(model):
    model.encoder.trainable = False


def _c_2(model):
    model.decoder.trainable = False


patient_c, twin_c = _ready(_dense(C0, width=128)), _ready(_dense(width=128))

C_SICK = (
    (patient_c, "never changes its encoder: the decoder learns alone, and the loss falls"),
    (
        _ready(_dense(width=24), _c_1),
        "has an encoder that is not even among its `trainable_weights`: look at all `weights`",
    ),
    (_ready(_dense(width=20), _c_2), "never changes its decoder, while the encoder learns"),
    (
        _ready(_dense(encoder=C1)),
        "never changes its first layer, while all others learn: look at each weight",
    ),
)
C_HEALTHY = (
    (twin_c, "changes all its weights"),
    (_ready(_dense(width=12)), "changes all its weights, and has few"),
    (
        _ready(_conv, optimizer=lambda: keras.optimizers.SGD(1e-4)),
        "is convolutional and changes its weights by little in each step",
    ),
)
