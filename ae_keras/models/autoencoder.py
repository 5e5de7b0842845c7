"""The plain autoencoder, and what every other model of the course inherits from it."""

import inspect
import numbers

import keras
import numpy as np
from keras import ops

from ae_keras import _validation
from ae_keras.data import Batches, streams
from ae_keras.models import layers, losses
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
    # Whether an objective needs a loss from `compile` beside its own terms (True), would count it
    # twice (False), or takes what it gets (None).
    _loss_in_compile = None

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        for name, part in (("encoder", encoder), ("decoder", decoder)):
            if not isinstance(part, keras.Layer):
                raise TypeError(f"`{name}` must be a keras.Model. Received: {name}={part!r}.")
        self.encoder = encoder
        self.decoder = decoder
        self._image_losses = layers.ImageLosses()
        if hasattr(decoder, "image_shape"):
            # Keras locks a model when `build` returns, and a subclass still adds state of its own.
            self._connect((None, *decoder.image_shape))

    def build(self, input_shape):
        self._connect(input_shape)

    def _connect(self, input_shape):
        """Create the weights of both parts, and check that they fit together."""
        x = keras.KerasTensor((None, *input_shape[1:]))
        try:
            h = self.encoder(x)
            if not hasattr(h, "shape"):
                raise ValueError(f"It returns {len(h)} tensors, and must return one.")
            z = keras.KerasTensor(self._code_shape(h.shape))
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
        self._build_shapes_dict = {"input_shape": x.shape}
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
            Tensor of the backend `(batch, latent_dim)`, or a map like the encoder's; float32 (or
            float64) also if the model computes in 16 bits.

        Raises:
            ValueError: `x` are not images that fit the model.
        """
        x = _validation.native(x)
        if self.built:
            self._check(x)
        return losses.as_float(self.to_code(self.encoder(x, training=False)))

    def decode(self, z):
        """Compute the images of codes, as in inference: `x_hat = decoder(z)`.

        Args:
            z: float array or tensor `(batch, latent_dim)`.

        Returns:
            Tensor of the backend `(batch, height, width, channels)`, float32 (or float64).
        """
        return losses.as_float(self.decoder(z, training=False))

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
        self._check_loss()
        self._check_weighing(y, y_pred, sample_weight)
        total = super().compute_loss(x, y, y_pred, sample_weight, training)
        if sample_weight is None:
            return total
        own = self._image_losses.values
        if own is None or len(sample_weight.shape) != 1:
            return total
        # Keras has added the mean of the model's own terms unweighted.
        return total + ops.mean((ops.cast(sample_weight, own.dtype) - 1) * own)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, x if y is None else y, y_pred, sample_weight)

    def fit(self, x=None, y=None, *args, **kwargs):
        """Train as `keras.Model.fit` does, after a check of all values of `x` and `y`.

        Args:
            x: float array or tensor `(n, height, width, channels)`, pixels in [0, 1]; or
                `data.Batches` or whatever else Keras reads batches from, and then each batch is
                checked when it is read.
            y: targets like `x`. Defaults to None: `x` itself.
            *args, **kwargs: of `keras.Model.fit`, such as `epochs`. `sample_weight` `(n,)` weighs
                all that an image adds to the loss; `(n, height, width)` weighs the pixels of a loss
                that has one value a pixel, such as "mse". `validation_data` may be images alone, or
                `data.Batches`, which are then read in order. `class_weight` is refused.

        Returns:
            `keras.callbacks.History`.

        Raises:
            ValueError: `x` or `y` does not hold such images, the weights do not fit them, or what
                trains has changed since `compile`.
        """
        given = self._arguments(super().fit, x, y, *args, **kwargs)
        if given.get("validation_data") is not None:
            data = given["validation_data"]
            if isinstance(data, list) or (isinstance(data, tuple) and not 1 <= len(data) <= 3):
                raise ValueError(
                    "`validation_data` must be images, `data.Batches`, or a tuple (x, y) or "
                    f"(x, y, sample_weight). Received: a {type(data).__name__} of {len(data)}."
                )
            data = keras.utils.unpack_x_y_sample_weight(data)
            held_out = dict(zip(("x", "y", "sample_weight"), data, strict=True))
            self._check_arguments(held_out, "validation_data")
            held_out["x"] = _in_order(held_out["x"])
            given["validation_data"] = keras.utils.pack_x_y_sample_weight(**held_out)
        counter = CountEpochs(self, given["x"], given.get("initial_epoch", 0))
        callbacks = given.get("callbacks") or []
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.callbacks.insert(0, counter)
        else:
            callbacks = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
            callbacks = [counter, *callbacks]
        return super().fit(**given | {"callbacks": callbacks})

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Compute loss and metrics as `keras.Model.evaluate` does, after the same check as `fit`.

        Args:
            x, y: as for `fit`. `data.Batches` are read in the order of their images, always with
                the same corruption.
            *args, **kwargs: of `keras.Model.evaluate`, such as `batch_size` or `return_dict`.

        Returns:
            float, the loss; a list or dict if there are metrics, as in Keras.

        Raises:
            ValueError: `x` or `y` does not hold such images, or the weights do not fit them.
        """
        if "_use_cached_eval_dataset" in kwargs:
            # `fit` asks, which has checked its validation data already.
            return super().evaluate(x, y, *args, **kwargs)
        given = self._arguments(super().evaluate, x, y, *args, **kwargs)
        return super().evaluate(**given | {"x": _in_order(given["x"])})

    def predict(self, x, *args, **kwargs):
        """Reconstruct images as `keras.Model.predict` does, after the same check as `fit`.

        Args:
            x: as for `fit`, but pixels may lie outside [0, 1], from -10 to 10, as those do that a
                model with linear output returns. `data.Batches` are read in the order of `x`.
            *args, **kwargs: of `keras.Model.predict`, such as `batch_size`.

        Returns:
            float32 (or float64) array `(n, height, width, channels)`.

        Raises:
            ValueError: `x` does not hold such images.
        """
        given = self._arguments(super().predict, x, *args, bounds=_validation.LOOSE, **kwargs)
        return _float32(super().predict(**given | {"x": _in_order(given["x"])}))

    def predict_on_batch(self, x):
        """Reconstruct one batch as `keras.Model.predict_on_batch` does, after a check as `predict`.

        Args:
            x: as for `predict`, but no batches of images.

        Returns:
            float32 (or float64) array `(batch, height, width, channels)`.

        Raises:
            ValueError: `x` does not hold such images.
        """
        given = self._arguments(super().predict_on_batch, x, bounds=_validation.LOOSE)
        return _float32(super().predict_on_batch(**given))

    def train_on_batch(self, x, y=None, *args, **kwargs):
        """Train on one batch as `keras.Model.train_on_batch` does, after the same check as `fit`.

        Args:
            x, y: as for `fit`.
            *args, **kwargs: of `keras.Model.train_on_batch`, such as `sample_weight`.

        Returns:
            float, the loss before the step; a list or dict if there are metrics, as in Keras.

        Raises:
            ValueError: as for `fit`.
        """
        return super().train_on_batch(
            **self._arguments(super().train_on_batch, x, y, *args, **kwargs)
        )

    def test_on_batch(self, x, y=None, *args, **kwargs):
        """Evaluate one batch as `keras.Model.test_on_batch` does, after the same check as `fit`.

        Args:
            x, y: as for `fit`.
            *args, **kwargs: of `keras.Model.test_on_batch`, such as `sample_weight`.

        Returns:
            float, the loss; a list or dict if there are metrics, as in Keras.

        Raises:
            ValueError: `x` or `y` does not hold such images, or the weights do not fit them.
        """
        return super().test_on_batch(
            **self._arguments(super().test_on_batch, x, y, *args, **kwargs)
        )

    def make_train_function(self, force=False):
        """Make the function that trains on a batch; `fit` and `train_on_batch` call this.

        Args:
            force: bool, whether to make it anew if there is one. Defaults to False.

        Raises:
            ValueError: nothing trains, there is no optimizer or no loss, or the optimizer was built
                for other weights.
        """
        if self._loss_in_compile is not None:
            self._check_loss()
        return super().make_train_function(force)

    def get_config(self):
        parts = {"encoder": self.encoder, "decoder": self.decoder}
        return super().get_config() | keras.saving.serialize_keras_object(parts)

    @classmethod
    def _revived(cls, config):
        config = {cls._renamed.get(name, name): value for name, value in config.items()}
        return keras.saving.deserialize_keras_object(config)

    def _arguments(self, method, *args, bounds=_validation.UNIT, **kwargs):
        """The arguments that a method of Keras is given, by name, after a check of the data."""
        given = inspect.signature(method).bind(*args, **kwargs).arguments
        given |= given.pop("kwargs", {})
        if given.pop("class_weight", None) is not None:
            raise ValueError(
                "`class_weight` weighs classes of labels, and an autoencoder has none. "
                "Received: class_weight. Give each image its weight by `sample_weight`."
            )
        self._check_arguments(given, bounds=bounds)
        return given

    def _check_arguments(self, given, name="x", bounds=_validation.UNIT):
        """Check `x`, `y` and `sample_weight` among arguments, and put checked ones in their place.

        All values are looked at if they are arrays or tensors, else those of each batch when it is
        read.
        """
        x, weight = given.get("x"), given.get("sample_weight")
        if x is None or isinstance(x, (list, tuple, dict, str, numbers.Number)):
            raise ValueError(
                f"`{name}` must be an array or tensor of images, or `data.Batches`. "
                f"Received: {name} of type {type(x).__name__}."
            )
        if not _validation.is_array(x):
            given["x"] = streams.checked(x, bounds)
            return
        given["x"] = self._checked(x, name, bounds)
        if weight is not None:
            given["sample_weight"] = _validation.sample_weight(weight, x)
        if given.get("y") is not None:
            given["y"] = self._checked(given["y"], "y")
        elif weight is not None:
            # Without a target, Keras drops the weights.
            given["y"] = given["x"]

    def _checked(self, x, name, bounds=_validation.UNIT):
        """An array or a tensor of images, every value of it checked."""
        if not _validation.is_array(x):
            raise ValueError(
                f"`{name}` must be an array or tensor of images. Received: {type(x).__name__}."
            )
        x = _validation.native(x)
        if self.built:
            self._check(x, name)
        if isinstance(x, np.ndarray):
            return _validation.images(x, name, bounds)
        _validation.pixels(x, name, bounds)
        return x

    def _check(self, x, name="x"):
        """Check shape and dtype, while a step is compiled: this costs no time in later steps."""
        _validation.image_tensor(x, self.image_shape, name)

    def _check_loss(self):
        """Check that `compile` was given a loss if the objective needs one, and only then."""
        needed = not self.losses if self._loss_in_compile is None else self._loss_in_compile
        if needed and self.loss is None:
            raise ValueError(
                f"`loss` must be given to `compile`: {type(self).__name__} compares images by it. "
                "Received: loss=None. Take one of `ae_keras.losses`."
            )
        if self._loss_in_compile is False and self.loss is not None:
            raise ValueError(
                f"`loss` must be left out of `compile`: {type(self).__name__} has its own and "
                f"would add it. Received: loss={self.loss!r}."
            )

    def _check_weighing(self, y, y_pred, sample_weight):
        """Check that the loss has a value for each pixel, if each pixel has a weight."""
        # A `keras.losses.Loss` has its mean taken when it is called, but not by its method `call`.
        loss = getattr(self.loss, "call", self.loss)
        if sample_weight is None or len(sample_weight.shape) < 2 or not callable(loss):
            return
        if len(loss(y[:1], y_pred[:1]).shape) < 2:
            raise ValueError(
                "`sample_weight` of pixels needs a loss with one value for each pixel, such as "
                f"'mse'. Received: sample_weight of {tuple(sample_weight.shape)}, a loss with one "
                "value for each image."
            )


class CountEpochs(keras.callbacks.Callback):
    """Count what `fit` has finished, so that a file knows where to go on; `fit` adds this.

    Args:
        model: `Autoencoder` or a subclass.
        x: what `fit` trains on.
        initial_epoch: int, the argument of `fit`. Defaults to 0.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, losses
        >>> model = Autoencoder(DenseEncoder(2, hidden=()), DenseDecoder((4, 4, 1), hidden=()))
        >>> model.compile("adam", loss=losses.squared_error)
        >>> history = model.fit(np.zeros((8, 4, 4, 1)), epochs=3, verbose=0)
        >>> model.finished_epochs
        3
    """

    def __init__(self, model, x, initial_epoch=0):
        super().__init__()
        self.counted, self.x, self.initial_epoch = model, x, initial_epoch

    def on_train_begin(self, logs=None):
        self.counted.finished_epochs = self.initial_epoch
        if not self.initial_epoch:
            self.counted.finished_batches = 0

    def on_epoch_begin(self, epoch, logs=None):
        # `BackupAndRestore` lets a training begin at a later epoch; the batches must follow it.
        skipped, self.initial_epoch = epoch - self.initial_epoch, epoch + 1
        if skipped and isinstance(self.x, Batches):
            self.x.start_at(self.x.epoch + skipped)

    def on_epoch_end(self, epoch, logs=None):
        # A training that a callback stopped between two batches has not finished the epoch.
        if not self.counted.stop_training:
            self.counted.finished_epochs = epoch + 1
            self.counted.finished_batches += self.params.get("steps") or 0


def _in_order(x):
    """`data.Batches` in the order of their images; anything else as it is."""
    return x.in_order() if isinstance(x, Batches) else x


def _float32(x_hat):
    """Reconstructions of a model of 16 bits as float32, others as they are."""
    return x_hat if x_hat.dtype == "float64" else x_hat.astype("float32", copy=False)
