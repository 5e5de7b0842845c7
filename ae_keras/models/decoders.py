"""Decoders: subclassed `keras.Model`s from a code `z` to an image `x_hat`."""

import functools
import math

import keras
from keras import layers

from ae_keras import _validation
from ae_keras.models._portable import PortableModel
from ae_keras.models.layers import UpConv2x2


class Doubling(UpConv2x2):
    """`UpConv2x2` under the name by which files know it: Keras names weights after their class.

    Args:
        filters, activation, **kwargs: as for `UpConv2x2`.

    Shapes:
        x: `(batch, height, width, channels)` -> `(batch, 2 * height, 2 * width, filters)`.

    Example:
        >>> from ae_keras.models.decoders import Doubling
        >>> tuple(Doubling(4).compute_output_shape((1, 7, 7, 8)))
        (1, 14, 14, 4)
    """


@keras.saving.register_keras_serializable(package="ae_keras")
class DenseDecoder(PortableModel):
    """Fully connected decoder: hidden layers, one output per pixel, then the image's shape.

    Args:
        image_shape: tuple `(height, width, channels)` of the reconstruction, each int >= 1.
            Defaults to (28, 28, 1).
        hidden: tuple of int >= 1, widths of the hidden layers from code to image; may be empty.
            Defaults to (128, 256).
        activation: str or function, of the hidden layers. Defaults to "gelu".
        output_activation: str or function, of the pixels. Defaults to "sigmoid", for images in
            [0, 1].
        **kwargs: of `keras.Model`, such as `name`.

    Shapes:
        z: `(batch, latent_dim)`, any `latent_dim`.
        x_hat: `(batch, height, width, channels)`.

    Raises:
        ValueError: `image_shape` is not three integers >= 1, or a hidden width is not one.

    Source: Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647.

    Example:
        >>> import numpy as np
        >>> from ae_keras import DenseDecoder
        >>> x_hat = DenseDecoder((5, 7, 3), hidden=(8,))(np.zeros((2, 4), "float32"))
        >>> tuple(x_hat.shape)
        (2, 5, 7, 3)
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        hidden=(128, 256),
        activation="gelu",
        output_activation="sigmoid",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = _validation.image_shape(image_shape)
        self.hidden = _validation.widths(hidden, "hidden")
        self.activation = _validation.activation(activation, "activation")
        self.output_activation = _validation.activation(output_activation, "output_activation")
        dense = functools.partial(layers.Dense, dtype=self.dtype_policy)
        self.hidden_layers = [dense(width, activation=self.activation) for width in self.hidden]
        self.pixels = dense(math.prod(self.image_shape), activation=self.output_activation)
        self.to_image = layers.Reshape(self.image_shape, dtype=self.dtype_policy)

    def call(self, z):
        for layer in self.hidden_layers:
            z = layer(z)
        return self.to_image(self.pixels(z))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.image_shape)

    def get_config(self):
        own = {"image_shape": self.image_shape, "hidden": self.hidden}
        own |= self._activations("activation", "output_activation")
        return super().get_config() | own


@keras.saving.register_keras_serializable(package="ae_keras")
class ConvDecoder(PortableModel):
    """Convolutional decoder: a small map of features, doubled by each stage up to the image.

    With the defaults, the maps are 7 x 7 x 32, 14 x 14 x 16 and 28 x 28 x 1.

    Args:
        image_shape: tuple `(height, width, channels)` of the reconstruction, each int >= 1.
            Defaults to (28, 28, 1).
        filters: tuple of int >= 1, channels of the maps from code to image, one stage each; every
            stage doubles its map. At least one. Defaults to (32, 16).
        up: str, how a stage doubles the map: "transposed" (a 2x2 transposed convolution of stride
            2) or "nearest" (each value is copied to a 2x2 block, then a 3x3 convolution). Defaults
            to "transposed".
        activation: str or function, of every layer but the last. Defaults to "gelu".
        output_activation: str or function, of the pixels. Defaults to "sigmoid", for images in
            [0, 1].
        flat: bool, True if the code is a vector, False if it is a map, as from
            `ConvEncoder(flat=False)`. Defaults to True.
        **kwargs: of `keras.Model`, such as `name`.

    Shapes:
        z: `(batch, latent_dim)`, any `latent_dim`; if not `flat`,
            `(batch, rows, columns, latent_dim)` with `rows = ceil(height / 2**len(filters))`, and
            `columns` likewise.
        x_hat: `(batch, height, width, channels)`. A size that is no multiple of
            `2**len(filters)` is overshot and cropped.

    Raises:
        ValueError: `image_shape` is not three integers >= 1, an entry of `filters` is not one,
            `filters` is empty, or `up` is none of the two.

    Source: transposed convolution: Zeiler et al. (2010), doi:10.1109/CVPR.2010.5539957;
    nearest-neighbour upsampling: Odena et al. (2016), doi:10.23915/distill.00003.

    Example:
        >>> from ae_keras import ConvDecoder
        >>> ConvDecoder((9, 7, 3), filters=(4, 2)).compute_output_shape((2, 16))
        (2, 9, 7, 3)
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        filters=(32, 16),
        up="transposed",
        activation="gelu",
        output_activation="sigmoid",
        flat=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = _validation.image_shape(image_shape)
        self.filters = _validation.widths(filters, "filters")
        if not self.filters:
            raise ValueError("`filters` must hold at least one stage. Received: filters=().")
        self.up = _validation.choice(up, "up", ("transposed", "nearest"))
        self.activation = _validation.activation(activation, "activation")
        self.output_activation = _validation.activation(output_activation, "output_activation")
        self.flat = bool(flat)

        height, width, channels = self.image_shape
        scale = 2 ** len(self.filters)
        map_shape = (math.ceil(height / scale), math.ceil(width / scale), self.filters[0])
        options = {"activation": self.activation, "dtype": self.dtype_policy}
        self.features = (
            layers.Dense(math.prod(map_shape), **options)
            if self.flat
            else layers.Conv2D(self.filters[0], 3, padding="same", **options | self._image_options)
        )
        self.to_map = layers.Reshape(map_shape, dtype=self.dtype_policy)
        widths = [(n, self.activation) for n in self.filters[1:]]
        widths += [(channels, self.output_activation)]
        self.stages = [self._stage(n, function) for n, function in widths]
        extra = (map_shape[0] * scale - height, map_shape[1] * scale - width)
        self.crop = layers.Cropping2D(((0, extra[0]), (0, extra[1])), **self._image_options)

    def _stage(self, channels, activation):
        if self.up == "transposed":
            return Doubling(channels, activation=activation, dtype=self.dtype_policy)
        options = {"padding": "same", "activation": activation, **self._image_options}
        stage = [
            layers.UpSampling2D(2, **self._image_options),
            layers.Conv2D(channels, 3, **options),
        ]
        return keras.Sequential(stage)

    def call(self, z):
        x = self.to_map(self.features(z))
        for stage in self.stages:
            x = stage(x)
        return self.crop(x)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.image_shape)

    def get_config(self):
        own = {"image_shape": self.image_shape, "filters": self.filters, "up": self.up}
        own |= self._activations("activation", "output_activation")
        own |= {"flat": self.flat}
        return super().get_config() | own
