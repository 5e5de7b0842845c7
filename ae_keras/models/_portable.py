"""What a saved model's configuration must hold for `load` to make the same model from it.

Keras's own configuration of a model made of layers says neither which of them are frozen nor in
which dtype they compute.
"""

import inspect
import json
import warnings

import keras


class PortableModel(keras.Model):
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
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(keras.dtype_policies.get(config.get("dtype") or before))
        try:
            model = super().from_config(cls._revived(config))
        finally:
            keras.config.set_dtype_policy(before)
        model._saved_states = json.dumps(states)
        if not states and not config.get("trainable", True):
            # A file of an older version says of the whole model only whether it trains.
            model.trainable = False
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
        # A layer sets those within it as well, so it must come before them.
        for i, layer in enumerate(layers if states else ()):
            layer.trainable = i not in states.get("frozen", ())
        for i, j in states.get("other_weights", ()):
            if i < len(layers) and j < len(layers[i]._trainable_variables):
                weight = layers[i]._trainable_variables[j]
                weight.trainable = not layers[i].trainable


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
        >>> from ae_keras.models._portable import layer_states
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


def check_complete(part):
    """A `ValueError` if the configuration of one of these models lacks an argument of its class.

    Keras checks this itself, but not for a class that inherits its `get_config`.
    """
    if not isinstance(part, PortableModel):
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
        >>> from ae_keras.models._portable import portable
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
