"""What Keras 3.15 needs help with, as two mixins. Each part names its reason and a test.

After an update of Keras, delete one part at a time; where its test still passes, it can go.
"""

import inspect
import json
import warnings

import keras
import numpy as np

from ae_keras import backend
from ae_keras.saving import atomic_write


class Portable(keras.Model):
    """`keras.Model` whose configuration says what trains in it, and in which dtype it computes.

    Args:
        **kwargs: of `keras.Model`, such as `name`.

    Raises:
        ValueError: the dtype of the weights is one that the backend does not compute in.

    Example:
        >>> from ae_keras import DenseEncoder
        >>> encoder = DenseEncoder(2, hidden=(4,))
        >>> encoder.hidden_layers[0].trainable = False
        >>> twin = DenseEncoder.from_config(encoder.get_config())
        >>> twin.hidden_layers[0].trainable, twin.code.trainable
        (False, True)
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        _check_dtype(self.variable_dtype)

    # The layers inside must take their model's dtype, and images have their channels last, whatever
    # `keras.config.image_data_format` says.

    @property
    def _image_options(self):
        """dict, what layers for images are told: their dtype and where the channels are."""
        return {"dtype": self.dtype_policy, "data_format": "channels_last"}

    def _activations(self, *names):
        """The named activations as a configuration holds them."""
        functions = {name: keras.activations.get(getattr(self, name)) for name in names}
        return {name: keras.activations.serialize(value) for name, value in functions.items()}

    # Keras writes down whether a model trains, but not which of its layers do, and it freezes the
    # model before there are layers to freeze: they thaw. It makes the layers anew in the dtype that
    # is set at present, and forgets that they were quantized. It is tested in tests/test_matrix.py.

    def get_config(self):
        states = layer_states(self)
        return super().get_config() | ({"layer_states": states} if states else {})

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        states = config.pop("layer_states", {})
        # A file of an older version says of the whole model only whether it trains.
        if not config.get("trainable", True):
            states = {"frozen": [0]} | states
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(keras.dtype_policies.get(config.get("dtype") or before))
        try:
            model = super().from_config(cls._revived(config))
        finally:
            keras.config.set_dtype_policy(before)
        model._saved_states = json.dumps(states)
        model._restore_states()
        return model

    @classmethod
    def _revived(cls, config):
        """The arguments of the constructor that a configuration stands for."""
        return config

    def build_from_config(self, config):
        if not self.built:
            super().build_from_config(config)
        self._restore_states()

    def _restore_states(self):
        """Give layers and weights, as far as they exist yet, the states that were saved."""
        states = json.loads(getattr(self, "_saved_states", "{}"))
        layers = list(self._flatten_layers())
        for i, policy in states.get("policies", {}).items():
            if int(i) < len(layers):
                layers[int(i)].dtype_policy = keras.dtype_policies.deserialize(policy)
        for i in states.get("frozen", ()):
            if i < len(layers):
                layers[i].trainable = False
        for i, j in states.get("other_weights", ()):
            if i < len(layers) and j < len(layers[i]._trainable_variables):
                weight = layers[i]._trainable_variables[j]
                weight.trainable = not layers[i].trainable


class KerasFixes(Portable):
    """`keras.Model` with whole, complete and portable files, unharmed by a batch it refuses.

    Args:
        **kwargs: of `keras.Model`, such as `name`.

    Example:
        >>> from ae_keras import Autoencoder
        >>> from ae_keras.models._keras_fixes import KerasFixes
        >>> issubclass(Autoencoder, KerasFixes)
        True
    """

    # A file of Keras does not hold the state of a SeedGenerator. Noise would start again from its
    # seed after `load`, and a resumed training would end elsewhere. It is tested in
    # tests/saving/test_checkpoints.py.

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # What the last `fit` has finished, counted from its epoch 0. `saving.resume` goes on there.
        self.finished_epochs, self.finished_batches = 0, 0

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["finished"] = np.array([self.finished_epochs, self.finished_batches])
        for i, state in enumerate(self._random_states()):
            store[f"random_state_{i}"] = keras.ops.convert_to_numpy(state).astype("int64")

    def load_own_variables(self, store):
        # The store has `keys`, but is no dict and cannot be iterated over itself.
        own = {name: np.asarray(store[name]) for name in store.keys()}  # noqa: SIM118
        # Files of older versions do not count, and weights of another class hold other states.
        self.finished_epochs, self.finished_batches = map(int, own.pop("finished", (0, 0)))
        states = {name: own.pop(name) for name in list(own) if name.startswith("random_state_")}
        super().load_own_variables(own)
        for i, state in enumerate(self._random_states()):
            state.assign(states.get(f"random_state_{i}", state))

    def _random_states(self):
        return [v for v in self.variables if v.name == "seed_generator_state"]

    # Keras writes to the final name, so an interruption or a full disk destroys the file that was
    # there before. It is tested in tests/saving/test_files.py.

    def save(self, filepath, overwrite=True, **kwargs):
        """Save the model as Keras does, but to a temporary file, which is then renamed.

        An interruption or a full disk leaves the file as it was before. This holds without further
        arguments; the others are left to Keras.

        Args:
            filepath: str or path, ends in ".keras".
            overwrite: bool, whether to replace an existing file; False asks the user. Defaults to
                True.
            **kwargs: of `keras.Model.save`, such as `zipped`.

        Raises:
            ValueError: `filepath` does not end in ".keras", or an argument of the model's class is
                not in its `get_config`.
            OSError: the disk is full, or the folder cannot be written to.
        """
        if not str(filepath).endswith(".keras"):
            raise ValueError(
                "`filepath` must end in '.keras', the one format that holds the whole model. "
                f"Received: filepath={str(filepath)!r}. For the weights alone there is "
                "`save_weights`, for programs without Keras `export` and `saving.to_onnx`."
            )
        for part in self._flatten_layers():
            _check_complete(part)
        self._build_optimizer()
        if not overwrite or kwargs:
            return super().save(filepath, overwrite=overwrite, **kwargs)
        with atomic_write(filepath) as temporary:
            super().save(temporary)

    def save_weights(self, filepath, overwrite=True, **kwargs):
        """Save the weights as Keras does, but to a temporary file, which is then renamed.

        Args:
            filepath: str or path, ends in ".weights.h5".
            overwrite: bool, whether to replace an existing file; False asks the user. Defaults to
                True.
            **kwargs: of `keras.Model.save_weights`, such as `max_shard_size`.

        Raises:
            ValueError: `filepath` does not end in ".weights.h5".
            OSError: the disk is full, or the folder cannot be written to.
        """
        self._build_optimizer()
        if not overwrite or kwargs or not str(filepath).endswith(".weights.h5"):
            return super().save_weights(filepath, overwrite=overwrite, **kwargs)
        with atomic_write(filepath) as temporary:
            super().save_weights(temporary)

    def load_weights(self, filepath, *args, **kwargs):
        """Load weights as Keras does, and the optimizer's state with them if the model is compiled.

        Args:
            filepath: str or path of a ".weights.h5" or ".keras" file.
            *args, **kwargs: of `keras.Model.load_weights`, such as `skip_mismatch`.

        Raises:
            ValueError: the file holds weights of other shapes.
        """
        self._build_optimizer()
        super().load_weights(filepath, *args, **kwargs)

    def _build_optimizer(self):
        """Give the optimizer its variables: without, those in a file would be left unread."""
        if self.compiled and self.built and self.optimizer and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    # `export` refuses a model that it never saw called, although it is built. It is tested in
    # tests/test_matrix.py.

    def export(self, *args, **kwargs):
        """Export what the model predicts as Keras does, also before its first call.

        Args:
            *args, **kwargs: of `keras.Model.export`: `filepath`, `format` and others. For ONNX,
                `saving.to_onnx` also checks the file.
        """
        if self.built and not self._called:
            self(np.zeros((1, *self.image_shape), "float32"))
        return super().export(*args, **kwargs)

    # A file names its writer's `jit_compile` and, on PyTorch, an optimizer class that exists
    # nowhere else. Keras also leaves a loaded model uncompiled if its class has a `compile` of its
    # own, as this one has. It is tested in tests/saving/test_portability.py.

    def get_compile_config(self):
        return portable(super().get_compile_config())

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(portable(config)))
        self._build_optimizer()

    # On TensorFlow the optimizer's variables are created inside the first compiled step. If the
    # first fit is refused, they stay half created, and no later fit works. Frozen after the
    # optimizer was built, a weight trains on in TensorFlow, rests in PyTorch, and JAX fails with
    # words about lists. It is tested in tests/test_bad_input.py and tests/test_matrix.py.

    def make_train_function(self, force=False):
        """Make the function that trains on a batch; `fit` and `train_on_batch` call this.

        Args:
            force: bool, whether to make it anew if there is one. Defaults to False.

        Raises:
            ValueError: nothing trains, there is no optimizer, or it was built for other weights.
        """
        self._check_trained()
        return super().make_train_function(force)

    def _check_trained(self):
        """Build the optimizer for the weights that train, or check that it was."""
        weights = self.trainable_variables
        if self.optimizer is None or not weights:
            missing = "`optimizer` given to `compile`" if weights else "weight with trainable=True"
            raise ValueError(f"Training needs a {missing}. Received: none.")
        if not self.optimizer.built:
            self.optimizer.build(weights)
        built_for = getattr(self.optimizer, "inner_optimizer", self.optimizer)._trainable_variables
        if {id(weight) for weight in weights} != {id(weight) for weight in built_for}:
            raise ValueError(
                "`trainable` must stay as it was when the optimizer was built. Received: "
                f"{len(weights)} weights that train, an optimizer for {len(built_for)} "
                f"{'others' if len(weights) == len(built_for) else 'weights'}. Call "
                "`model.compile` again, with a new optimizer, after freezing or changing layers."
            )

    # On JAX, Keras takes the weights off a model while it runs, so a refused batch would lose
    # them. It is tested in tests/test_bad_input.py. Its compiled steps also give the memory of the
    # weights that they are called with to those that they return (`donate_argnums`). An interrupt
    # that arrives before Keras has put the new ones in place, or a second thread that predicts,
    # would find the old ones deleted. It is tested in tests/training/test_interrupts.py.

    def _get_jax_state(self, *, purge_model_variables=False, **groups):
        return super()._get_jax_state(**groups)

    def _make_function(self, step_function, *args, **kwargs):
        step_function = backend.keep_arguments(step_function)
        return super()._make_function(step_function, *args, **kwargs)


def layer_states(model):
    """Describe how layers differ from what the constructor of `model` would make anew.

    Args:
        model: `keras.Model`.

    Returns:
        dict that JSON can hold, without what is empty: "frozen", list of the layers with
        `trainable=False`; "other_weights", pairs of a layer and one of its weights that differs
        from it; "policies", dict from a layer to its dtype policy if that is not the model's, as in
        a quantized layer. Layers and weights are numbered as Keras visits them, the model itself is
        0. LoRA's weights are left out, because a file holds them merged.

    Example:
        >>> from ae_keras import DenseEncoder
        >>> from ae_keras.models._keras_fixes import layer_states
        >>> encoder = DenseEncoder(2, hidden=())
        >>> encoder.code.trainable = False
        >>> layer_states(encoder)
        {'frozen': [2]}
    """
    layers = list(enumerate(model._flatten_layers()))
    states = {
        "frozen": [i for i, layer in layers if not layer.trainable],
        "other_weights": [
            [i, j]
            for i, layer in layers
            for j, weight in enumerate(layer._trainable_variables)
            if weight.trainable != layer.trainable and not getattr(layer, "lora_enabled", False)
        ],
        "policies": {
            str(i): keras.dtype_policies.serialize(layer.dtype_policy)
            for i, layer in layers
            if layer.dtype_policy != model.dtype_policy
        },
    }
    return {name: state for name, state in states.items() if state}


def _check_complete(part):
    """A `ValueError` if the configuration of one of these models lacks an argument of its class.

    Keras checks this itself, but not for a class that inherits its `get_config`.
    """
    if not isinstance(part, Portable):
        return
    arguments = inspect.signature(type(part).__init__).parameters.values()
    named = {a.name for a in arguments if a.kind in (a.POSITIONAL_OR_KEYWORD, a.KEYWORD_ONLY)}
    missing = sorted(named - {"self"} - set(part.get_config()))
    if missing:
        raise ValueError(
            f"`get_config` of {type(part).__name__} must hold all arguments of its constructor, or "
            "they would come back as their defaults. Received: a configuration without "
            f"{', '.join(missing)}. Return `super().get_config() | {{{missing[0]!r}: ...}}`."
        )


def _check_dtype(dtype):
    """A `ValueError` if the backend silently computes in another type, as JAX does for float64."""
    if dtype != "float64":
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = keras.backend.standardize_dtype(keras.ops.zeros((), dtype).dtype)
    if found != dtype:
        raise ValueError(
            f"`dtype` must be one that the backend computes in. Received: {dtype}, which becomes "
            f"{found} here. On JAX, set the environment variable JAX_ENABLE_X64=1 first."
        )


def portable(config):
    """Take from a compile configuration what ties a `.keras` file to the backend that wrote it.

    Args:
        config: dict from `keras.Model.get_compile_config`, or anything inside it.

    Returns:
        A changed copy of the dict; anything else as it is.

    Example:
        >>> from ae_keras.models._keras_fixes import portable
        >>> portable({"optimizer": "adam", "jit_compile": False})
        {'optimizer': 'adam', 'jit_compile': 'auto'}
    """
    if not isinstance(config, dict):
        return config
    config = {key: portable(value) for key, value in config.items()}
    if "jit_compile" in config:
        config["jit_compile"] = "auto"
    if str(config.get("module", "")).startswith("keras.src.backend.torch.optimizers"):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
