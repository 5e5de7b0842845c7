"""Encoders: subclassed `keras.Model`s from an image `x` to its code `z`."""

import keras
from keras import layers

from ae_keras import validation


@keras.saving.register_keras_serializable(package="ae_keras")
class DenseEncoder(keras.Model):
    """Fully connected encoder: flatten, hidden layers, then a linear layer to the code.

    Args:
        latent_dim: width of the code, >= 1.
        hidden: widths of the hidden layers, from image to code; may be empty.
        activation: of the hidden layers; a smooth one keeps the backends together for longer
            than ReLU, whose kink amplifies rounding. The code itself is linear.

    Shapes:
        x: `(batch, height, width, channels)`, float.
        z: `(batch, latent_dim)`.

    Raises:
        ValueError: `latent_dim` or a hidden width is not an integer >= 1.

    Source: Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647.
    """

    def __init__(self, latent_dim=16, hidden=(256, 128), activation="gelu", **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = validation.positive_int(latent_dim, "latent_dim")
        self.hidden = validation.widths(hidden, "hidden")
        self.activation = activation
        self.flatten = layers.Flatten()
        self.hidden_layers = [layers.Dense(width, activation=activation) for width in self.hidden]
        self.code = layers.Dense(self.latent_dim, name="code")

    def call(self, x):
        h = self.flatten(x)
        for layer in self.hidden_layers:
            h = layer(h)
        return self.code(h)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.latent_dim)

    def get_config(self):
        own = {"latent_dim": self.latent_dim, "hidden": self.hidden, "activation": self.activation}
        return super().get_config() | own


@keras.saving.register_keras_serializable(package="ae_keras")
class ConvEncoder(keras.Model):
    """Convolutional encoder: each stage halves the image, then a linear layer gives the code.

    Args:
        latent_dim: width of the code, >= 1.
        filters: channels of the stages, from image to code, one stage each.
        down: how a stage halves the image: "stride" (the convolution moves two pixels at a time)
            or "pool" (a convolution, then 2x2 max pooling).
        activation: of the convolutions. The code itself is linear.

    Shapes:
        x: `(batch, height, width, channels)`, float. Odd sizes are rounded up when halved.
        z: `(batch, latent_dim)`.

    Raises:
        ValueError: `latent_dim` or an entry of `filters` is not an integer >= 1, or `down` is
            none of the two.

    Source: LeCun et al. (1998), doi:10.1109/5.726791; strides for pooling: Springenberg et al.
    (2015), arXiv:1412.6806.
    """

    def __init__(self, latent_dim=16, filters=(16, 32), down="stride", activation="gelu", **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = validation.positive_int(latent_dim, "latent_dim")
        self.filters = validation.widths(filters, "filters")
        self.down = validation.choice(down, "down", ("stride", "pool"))
        self.activation = activation
        strides = 2 if down == "stride" else 1
        self.convolutions = [
            layers.Conv2D(n, 3, strides=strides, padding="same", activation=activation)
            for n in self.filters
        ]
        self.pool = layers.MaxPooling2D(2, padding="same") if down == "pool" else None
        self.flatten = layers.Flatten()
        self.code = layers.Dense(self.latent_dim, name="code")

    def call(self, x):
        for convolution in self.convolutions:
            x = convolution(x)
            x = self.pool(x) if self.pool else x
        return self.code(self.flatten(x))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.latent_dim)

    def get_config(self):
        own = {"latent_dim": self.latent_dim, "filters": self.filters}
        return super().get_config() | own | {"down": self.down, "activation": self.activation}
