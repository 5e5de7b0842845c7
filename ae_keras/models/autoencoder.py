"""The plain autoencoder, and what every other model of the course inherits from it."""

import keras
import numpy as np

from ae_keras import files, validation


@keras.saving.register_keras_serializable(package="ae_keras")
class Autoencoder(keras.Model):
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

    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)
        if self.built:  # else TensorFlow cannot fit after a first fit that was refused
            self.optimizer.build(self.trainable_variables)

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

    def save(self, filepath, overwrite=True, **kwargs):
        """Keras's `save`; a `.keras` file bears another name until it is whole."""
        if not overwrite or kwargs or not str(filepath).endswith(".keras"):
            return super().save(filepath, overwrite=overwrite, **kwargs)
        with files.written_whole(filepath) as unfinished:
            super().save(unfinished)

    def save_own_variables(self, store):
        """As Keras does, and where the random generators stand: noise goes on after `load`."""
        super().save_own_variables(store)
        for i, state in enumerate(self._random_states()):
            store[f"random_state_{i}"] = keras.ops.convert_to_numpy(state).astype("int64")

    def load_own_variables(self, store):
        names = store.keys()  # a file's store is no dict
        own = {name: np.asarray(store[name]) for name in names}
        found = [own.pop(f"random_state_{i}") for i in range(len(self._random_states()))]
        super().load_own_variables(own)
        for state, value in zip(self._random_states(), found, strict=True):
            state.assign(value)

    def _random_states(self):
        return [v for v in self.variables if v.name == "seed_generator_state"]

    def get_config(self):
        parts = {"encoder": self.encoder, "decoder": self.decoder}
        return super().get_config() | keras.saving.serialize_keras_object(parts)

    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))

    def get_compile_config(self):
        return portable(super().get_compile_config())

    def compile_from_config(self, config):
        # Keras does not compile a loaded model whose class has a `compile` of its own
        self.compile(**keras.saving.deserialize_keras_object(portable(config)))

    def _get_jax_state(self, *, purge_model_variables=False, **groups):
        # on JAX, Keras takes the weights off a model while it runs: a refused batch would lose them
        return super()._get_jax_state(**groups)

    def _checked(self, x, name="x"):
        if not isinstance(x, np.ndarray):
            return x
        if self.built:
            self._check(x, name)
        return validation.images(x, name)

    def _check(self, x, name="x"):
        """Shape and dtype are known while the step is compiled, so this costs no time later."""
        ranked = getattr(x.shape, "rank", 4) is not None  # TensorFlow after images of another rank
        if not ranked or tuple(x.shape[1:]) != tuple(self.image_shape):
            raise ValueError(
                f"`{name}` must be images of shape "
                f"(batch, {', '.join(map(str, self.image_shape))}). "
                f"Received: {name}.shape={tuple(x.shape) if ranked else 'of another rank'}."
            )
        if "float" not in str(x.dtype):
            raise ValueError(
                f"`{name}` must hold floats in [0, 1]. Received: {name}.dtype={x.dtype}. "
                "Scale it with `data.to_unit_range` first."
            )


def portable(config):
    """A compile configuration without what ties a `.keras` file to the backend that wrote it.

    Keras 3.15 writes the resolved `jit_compile` (a file from TensorFlow would run uncompiled on
    JAX) and, on PyTorch, an optimizer class that exists on PyTorch only.
    """
    if not isinstance(config, dict):
        return config
    config = {key: portable(value) for key, value in config.items()}
    if "jit_compile" in config:
        config["jit_compile"] = "auto"
    if str(config.get("module", "")).startswith("keras.src.backend.torch.optimizers"):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
