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
        encoder: `keras.Model` from `x` to `z`, such as `DenseEncoder` or `ConvEncoder`.
        decoder: `keras.Model` from `z` to `x_hat`, such as `DenseDecoder` or `ConvDecoder`.
        **kwargs: of `keras.Model`, such as `name`.

    Shapes:
        x, x_hat: `(batch, height, width, channels)`, pixels in [0, 1].
        z: `(batch, latent_dim)`, or a map `(batch, rows, columns, latent_dim)`.

    Raises:
        TypeError: `encoder` or `decoder` is no `keras.Model` or layer.
        ValueError: they do not fit together, or `x` does not fit them or holds integers.

    Source: Hinton & Salakhutdinov (2006), doi:10.1126/science.1127647.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, losses
        >>> x = np.random.default_rng(0).random((8, 4, 4, 1), "float32")
        >>> model = Autoencoder(DenseEncoder(2, hidden=()), DenseDecoder((4, 4, 1), hidden=()))
        >>> model.compile("adam", loss=losses.squared_error)
        >>> history = model.fit(x, epochs=1, verbose=0)
        >>> z = model.encode(x)
        >>> tuple(z.shape), tuple(model.decode(z).shape)
        ((8, 2), (8, 4, 4, 1))
    """

    # Files of older versions hold some arguments under other names: old name to new name.
    _renamed = {}

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        for name, part in (("encoder", encoder), ("decoder", decoder)):
            if not isinstance(part, keras.Layer):
                raise TypeError(f"`{name}` must be a keras.Model. Received: {name}={part!r}.")
        self.encoder = encoder
        self.decoder = decoder
        if hasattr(decoder, "image_shape"):
            # Keras locks a model when `build` returns, and a subclass still adds state of its own.
            self._connect((None, *decoder.image_shape))

    def build(self, input_shape):
        self._connect(input_shape)

    def _connect(self, input_shape):
        """Create the weights of both parts, and check that they fit together."""
        x = keras.KerasTensor((None, *input_shape[1:]))
        try:
            z = keras.KerasTensor(self._code_shape(self.encoder(x).shape))
            self.decoder(z)
            # The calls above ask a part that has weights already for its output shape only. Tracing
            # both parts notices weights that do not fit.
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
        """Turn the encoder's output into the code: here they are the same, `z = h`.

        Args:
            h: tensor `(batch, ...)`, what the encoder returns.

        Returns:
            Tensor `(batch, latent_dim)`.
        """
        return h

    @staticmethod
    def _code_shape(h_shape):
        """The shape of what `to_code` returns."""
        return h_shape

    def encode(self, x):
        """Compute the codes of images, as in inference: `z = to_code(encoder(x))`.

        Args:
            x: float array or tensor `(batch, height, width, channels)`, pixels in [0, 1].

        Returns:
            Tensor of the backend `(batch, latent_dim)`, or a map like the encoder's.
        """
        return self.to_code(self.encoder(x, training=False))

    def decode(self, z):
        """Compute the images of codes, as in inference: `x_hat = decoder(z)`.

        Args:
            z: float array or tensor `(batch, latent_dim)`.

        Returns:
            Tensor of the backend `(batch, height, width, channels)`.
        """
        return self.decoder(z, training=False)

    def call(self, x, training=False):
        self._check(x)
        z = self.to_code(self.encoder(x, training=training))
        return self.decoder(z, training=training)

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        y = x if y is None else y
        # A target of another shape, such as labels, might broadcast against the images.
        self._check(y, "y")
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, x if y is None else y, y_pred, sample_weight)

    def fit(self, x=None, y=None, *args, **kwargs):
        """Train as `keras.Model.fit` does, after a check of all values of `x` and `y`.

        Args:
            x: float array `(n, height, width, channels)`, pixels in [0, 1]; or `data.Batches` or
                whatever else Keras accepts, and then each batch is checked for shape and dtype.
            y: targets like `x`. Defaults to None: `x` itself.
            *args, **kwargs: of `keras.Model.fit`, such as `epochs`.

        Returns:
            `keras.callbacks.History`.

        Raises:
            ValueError: `x` or `y` does not hold such images.
        """
        return super().fit(self._checked(x), self._checked(y, "y"), *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Compute loss and metrics as `keras.Model.evaluate` does, after the same check as `fit`.

        Args:
            x, y: as for `fit`.
            *args, **kwargs: of `keras.Model.evaluate`, such as `batch_size` or `return_dict`.

        Returns:
            float, the loss; a list or dict if there are metrics, as in Keras.

        Raises:
            ValueError: `x` or `y` does not hold such images.
        """
        return super().evaluate(self._checked(x), self._checked(y, "y"), *args, **kwargs)

    def get_config(self):
        parts = {"encoder": self.encoder, "decoder": self.decoder}
        return super().get_config() | keras.saving.serialize_keras_object(parts)

    @classmethod
    def from_config(cls, config):
        config = {cls._renamed.get(name, name): value for name, value in config.items()}
        return cls(**keras.saving.deserialize_keras_object(config))

    def _checked(self, x, name="x"):
        """Check every value if `x` is an array; anything else is checked batch by batch."""
        if not isinstance(x, np.ndarray):
            return x
        if self.built:
            self._check(x, name)
        return _validation.images(x, name)

    def _check(self, x, name="x"):
        """Check shape and dtype, while a step is compiled: this costs no time in later steps."""
        _validation.image_tensor(x, self.image_shape, name)
