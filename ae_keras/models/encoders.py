"""Encoders: subclassed `keras.Model`s from an image `x` to its code `z`."""

import functools

import keras
from keras import layers

from ae_keras import _validation
from ae_keras.models._portable import PortableModel


@keras.saving.register_keras_serializable(package="ae_keras")
class DenseEncoder(PortableModel):
    """Fully connected encoder: flatten, hidden layers, then a linear layer to the code.

    Args:
        latent_dim: int >= 1, width of the code. Defaults to 16.
        hidden: tuple of int >= 1, widths of the hidden layers from image to code; may be empty.
            Defaults to (256, 128).
        activation: str or function, of the hidden layers. Defaults to "gelu": it is smooth, so
            results on different backends stay close for longer than with ReLU, whose kink
            amplifies rounding errors.
        code_activation: str or function, of the code. Defaults to "linear"; see
            `SparseAutoencoder` for codes that need another.
        **kwargs: of `keras.Model`, such as `name`.

    Shapes:
        x: `(batch, height, width, channels)`, float.
        z: `(batch, latent_dim)`.

    Raises:
        ValueError: `latent_dim` or a hidden width is not an integer >= 1.

    Source: Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647.

    Example:
        >>> import numpy as np
        >>> from ae_keras import DenseEncoder
        >>> z = DenseEncoder(latent_dim=2, hidden=(8,))(np.zeros((3, 5, 7, 1), "float32"))
        >>> tuple(z.shape)
        (3, 2)
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
        self.activation = _validation.activation(activation, "activation")
        self.code_activation = _validation.activation(code_activation, "code_activation")
        dense = functools.partial(layers.Dense, dtype=self.dtype_policy)
        self.flatten = layers.Flatten(**self._image_options)
        self.hidden_layers = [dense(width, activation=self.activation) for width in self.hidden]
        self.code = dense(self.latent_dim, activation=self.code_activation, name="code")

    def call(self, x):
        h = self.flatten(x)
        for layer in self.hidden_layers:
            h = layer(h)
        return self.code(h)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.latent_dim)

    def get_config(self):
        own = {"latent_dim": self.latent_dim, "hidden": self.hidden}
        return super().get_config() | own | self._activations("activation", "code_activation")


@keras.saving.register_keras_serializable(package="ae_keras")
class ConvEncoder(PortableModel):
    """Convolutional encoder: each stage halves the image, then a linear layer gives the code.

    With the defaults, an image of 28 x 28 x 1 becomes maps of 14 x 14 x 16 and 7 x 7 x 32.

    Args:
        latent_dim: int >= 1, width of the code. Defaults to 16.
        filters: tuple of int >= 1, channels of the stages from image to code, one stage each; may
            be empty. Defaults to (16, 32).
        down: str, how a stage halves the image: "stride" (the 3x3 convolution moves two pixels at
            a time) or "pool" (a 3x3 convolution, then 2x2 max pooling). Defaults to "stride".
        activation: str or function, of the convolutions. Defaults to "gelu".
        code_activation: str or function, of the code. Defaults to "linear".
        flat: bool, True if the code is a vector, False if it is a map with `latent_dim` channels.
            Defaults to True.
        **kwargs: of `keras.Model`, such as `name`.

    Shapes:
        x: `(batch, height, width, channels)`, float. Odd sizes are rounded up when halved.
        z: `(batch, latent_dim)`; if not `flat`, `(batch, rows, columns, latent_dim)` with
            `rows = ceil(height / 2**len(filters))`, and `columns` likewise.

    Raises:
        ValueError: `latent_dim` or an entry of `filters` is not an integer >= 1, or `down` is
            none of the two.

    Source: LeCun et al. (1998), doi:10.1109/5.726791; strides for pooling: Springenberg et al.
    (2015), arXiv:1412.6806.

    Example:
        >>> import numpy as np
        >>> from ae_keras import ConvEncoder
        >>> z = ConvEncoder(latent_dim=2, filters=(4,))(np.zeros((3, 8, 8, 1), "float32"))
        >>> tuple(z.shape)
        (3, 2)
        >>> ConvEncoder(latent_dim=2, flat=False).compute_output_shape((3, 28, 28, 1))
        (3, 7, 7, 2)
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
        self.activation = _validation.activation(activation, "activation")
        self.code_activation = _validation.activation(code_activation, "code_activation")
        self.flat = bool(flat)
        options = self._image_options
        convolution = functools.partial(layers.Conv2D, padding="same", **options)
        strides = 2 if down == "stride" else 1
        self.convolutions = [
            convolution(n, 3, strides=strides, activation=self.activation) for n in self.filters
        ]
        self.pool = layers.MaxPooling2D(2, padding="same", **options) if down == "pool" else None
        self.flatten = layers.Flatten(**options) if self.flat else None
        dense = functools.partial(layers.Dense, dtype=self.dtype_policy)
        code = dense if self.flat else functools.partial(convolution, kernel_size=1)
        self.code = code(self.latent_dim, activation=self.code_activation, name="code")

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
        return super().get_config() | own | self._activations("activation", "code_activation")
