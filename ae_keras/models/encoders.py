"""Encoders: subclassed `keras.Model`s from an image `x` to its code `z`."""

import functools

import keras
from keras import layers

from ae_keras import _validation


@keras.saving.register_keras_serializable(package="ae_keras")
class DenseEncoder(keras.Model):
    """Fully connected encoder: flatten, hidden layers, then a linear layer to the code.

    Args:
        latent_dim: width of the code, >= 1.
        hidden: widths of the hidden layers, from image to code; may be empty.
        activation: of the hidden layers; a smooth one keeps the backends together for longer
            than ReLU, whose kink amplifies rounding.
        code_activation: of the code: "linear", or what a sparse code asks for.

    Shapes:
        x: `(batch, height, width, channels)`, float.
        z: `(batch, latent_dim)`.

    Raises:
        ValueError: `latent_dim` or a hidden width is not an integer >= 1.

    Source: Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647.
    """

    def __init__(
        self,
        latent_dim=16,
        hidden=(256, 128),
        activation="gelu",
        code_activation="linear",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.latent_dim = _validation.positive_int(latent_dim, "latent_dim")
        self.hidden = _validation.widths(hidden, "hidden")
        self.activation = activation
        self.code_activation = code_activation
        self.flatten = layers.Flatten()
        self.hidden_layers = [layers.Dense(width, activation=activation) for width in self.hidden]
        self.code = layers.Dense(self.latent_dim, activation=code_activation, name="code")

    def call(self, x):
        h = self.flatten(x)
        for layer in self.hidden_layers:
            h = layer(h)
        return self.code(h)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.latent_dim)

    def get_config(self):
        own = {"latent_dim": self.latent_dim, "hidden": self.hidden}
        own |= {"activation": self.activation, "code_activation": self.code_activation}
        return super().get_config() | own


@keras.saving.register_keras_serializable(package="ae_keras")
class ConvEncoder(keras.Model):
    """Convolutional encoder: each stage halves the image, then a linear layer gives the code.

    Args:
        latent_dim: width of the code, >= 1.
        filters: channels of the stages, from image to code, one stage each.
        down: how a stage halves the image: "stride" (the convolution moves two pixels at a time)
            or "pool" (a convolution, then 2x2 max pooling).
        activation: of the convolutions.
        code_activation: of the code.
        flat: whether the code is a vector; else it is a map with `latent_dim` channels.

    Shapes:
        x: `(batch, height, width, channels)`, float. Odd sizes are rounded up when halved.
        z: `(batch, latent_dim)`; if not `flat`, `(batch, rows, columns, latent_dim)`, one row for
            `2**len(filters)` rows of pixels.

    Raises:
        ValueError: `latent_dim` or an entry of `filters` is not an integer >= 1, or `down` is
            none of the two.

    Source: LeCun et al. (1998), doi:10.1109/5.726791; strides for pooling: Springenberg et al.
    (2015), arXiv:1412.6806.
    """

    def __init__(
        self,
        latent_dim=16,
        filters=(16, 32),
        down="stride",
        activation="gelu",
        code_activation="linear",
        flat=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.latent_dim = _validation.positive_int(latent_dim, "latent_dim")
        self.filters = _validation.widths(filters, "filters")
        self.down = _validation.choice(down, "down", ("stride", "pool"))
        self.activation = activation
        self.code_activation = code_activation
        self.flat = bool(flat)
        strides = 2 if down == "stride" else 1
        self.convolutions = [
            layers.Conv2D(n, 3, strides=strides, padding="same", activation=activation)
            for n in self.filters
        ]
        self.pool = layers.MaxPooling2D(2, padding="same") if down == "pool" else None
        self.flatten = layers.Flatten() if self.flat else None
        code = layers.Dense if self.flat else functools.partial(layers.Conv2D, kernel_size=1)
        self.code = code(self.latent_dim, activation=code_activation, name="code")

    def call(self, x):
        for convolution in self.convolutions:
            x = convolution(x)
            x = self.pool(x) if self.pool else x
        return self.code(self.flatten(x) if self.flat else x)

    def compute_output_shape(self, input_shape):
        if self.flat:
            return (input_shape[0], self.latent_dim)
        scale = 2 ** len(self.filters)
        return (input_shape[0], *(-(-n // scale) for n in input_shape[1:3]), self.latent_dim)

    def get_config(self):
        own = {"latent_dim": self.latent_dim, "filters": self.filters}
        own |= {"down": self.down, "flat": self.flat}
        own |= {"activation": self.activation, "code_activation": self.code_activation}
        return super().get_config() | own
