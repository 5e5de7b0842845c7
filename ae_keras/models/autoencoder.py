"""The plain autoencoder, and what every other model of the course inherits from it."""

import keras
import numpy as np

from ae_keras import _validation
from ae_keras.models._keras_fixes import KerasFixes


@keras.saving.register_keras_serializable(package="ae_keras")
class Autoencoder(KerasFixes):
    """Encoder and decoder trained end to end: `x_hat = decoder(encoder(x))`.

    `fit(x)` needs no target: without one, the image is its own. If the decoder has an
    `image_shape`, the model is built at once; otherwise by `build` or by its first batch.

    Args:
        encoder: `keras.Model` from `x` to `z`.
        decoder: `keras.Model` from `z` to `x_hat`.

    Shapes:
        x, x_hat: `(batch, height, width, channels)`, pixels in [0, 1].
        z: `(batch, latent_dim)`.

    Raises:
        TypeError: `encoder` or `decoder` is no `keras.Model` or layer.
        ValueError: they do not fit together, or `x` does not fit them or holds integers.

    Source: Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647.
    """

    _renamed = {}  # arguments that files of older versions hold under another name

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        for name, part in (("encoder", encoder), ("decoder", decoder)):
            if not isinstance(part, keras.Layer):
                raise TypeError(f"`{name}` must be a keras.Model. Received: {name}={part!r}.")
        self.encoder = encoder
        self.decoder = decoder
        if hasattr(decoder, "image_shape"):
            # not by `build`, after which a subclass could add no state of its own
            self._connect((None, *decoder.image_shape))

    def build(self, input_shape):
        """Create the weights of both parts for images of `(batch, height, width, channels)`."""
        self._connect(input_shape)

    def _connect(self, input_shape):
        x = keras.KerasTensor((None, *input_shape[1:]))
        try:
            z = keras.KerasTensor(self._code_shape(self.encoder(x).shape))
            self.decoder(z)
            # parts that had weights before were asked for their shapes only: now run them
            run = keras.Operation.compute_output_spec
            run(self.encoder, x)
            x_hat = run(self.decoder, z)
        except ValueError as error:
            raise ValueError(
                f"`encoder` and `decoder` must fit together and accept images of shape "
                f"{x.shape[1:]}. Received: {self.encoder.name!r} and {self.decoder.name!r}, "
                f"of which one said: {error}"
            ) from error
        if x_hat.shape != x.shape:
            raise ValueError(
                "`decoder` must return images of the shape that `encoder` reads. Received: "
                f"images {x.shape[1:]}, reconstructions {x_hat.shape[1:]}."
            )
        self.image_shape = x.shape[1:]
        self.built = True

    def to_code(self, h):
        """The code that belongs to the encoder's output `h`: here, `h` itself."""
        return h

    @staticmethod
    def _code_shape(h_shape):
        """The shape of what `to_code` returns."""
        return h_shape

    def encode(self, x):
        """The codes `(batch, latent_dim)` of images `x`, as a tensor of the backend."""
        return self.to_code(self.encoder(x, training=False))

    def decode(self, z):
        """The images `(batch, height, width, channels)` of codes `z`, likewise."""
        return self.decoder(z, training=False)

    def call(self, x, training=False):
        self._check(x)
        z = self.to_code(self.encoder(x, training=training))
        return self.decoder(z, training=training)

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        y = x if y is None else y
        self._check(y, "y")  # labels, say, would broadcast against the images
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, x if y is None else y, y_pred, sample_weight)

    def fit(self, x=None, y=None, *args, **kwargs):
        """Keras's `fit`, after a look at the values of `x` and `y` where they are arrays."""
        return super().fit(self._checked(x), self._checked(y, "y"), *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Keras's `evaluate`, likewise."""
        return super().evaluate(self._checked(x), self._checked(y, "y"), *args, **kwargs)

    def get_config(self):
        parts = {"encoder": self.encoder, "decoder": self.decoder}
        return super().get_config() | keras.saving.serialize_keras_object(parts)

    @classmethod
    def from_config(cls, config):
        config = {cls._renamed.get(name, name): value for name, value in config.items()}
        return cls(**keras.saving.deserialize_keras_object(config))

    def _checked(self, x, name="x"):
        if not isinstance(x, np.ndarray):
            return x
        if self.built:
            self._check(x, name)
        return _validation.images(x, name)

    def _check(self, x, name="x"):
        """Shape and dtype are known while the step is compiled, so this costs no time later."""
        _validation.image_tensor(x, self.image_shape, name)
