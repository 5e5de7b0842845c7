"""What Keras 3.15 needs help with, as one mixin. Each part names its reason and a test.

After an update of Keras, delete one part at a time; where its test still passes, it can go.
"""

import keras
import numpy as np

from ae_keras import backend
from ae_keras.saving import atomic_write


class KerasFixes(keras.Model):
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

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for i, state in enumerate(self._random_states()):
            store[f"random_state_{i}"] = keras.ops.convert_to_numpy(state).astype("int64")

    def load_own_variables(self, store):
        # The store has `keys`, but is no dict and cannot be iterated over itself.
        own = {name: np.asarray(store[name]) for name in store.keys()}  # noqa: SIM118
        found = [own.pop(f"random_state_{i}") for i in range(len(self._random_states()))]
        super().load_own_variables(own)
        for state, value in zip(self._random_states(), found, strict=True):
            state.assign(value)

    def _random_states(self):
        return [v for v in self.variables if v.name == "seed_generator_state"]

    # Keras writes to the final name, so an interruption or a full disk destroys the file that was
    # there before. It is tested in tests/saving/test_files.py.

    def save(self, filepath, overwrite=True, **kwargs):
        """Save the model as Keras does, but to a temporary file, which is then renamed.

        An interruption or a full disk leaves the file as it was before. This holds for a
        `.keras` file without further arguments; everything else is left to Keras.

        Args:
            filepath: str or path, ends in ".keras".
            overwrite: bool, whether to replace an existing file; False asks the user. Defaults to
                True.
            **kwargs: of `keras.Model.save`, such as `zipped`.

        Raises:
            OSError: the disk is full, or the folder cannot be written to.
        """
        if not overwrite or kwargs or not str(filepath).endswith(".keras"):
            return super().save(filepath, overwrite=overwrite, **kwargs)
        with atomic_write(filepath) as temporary:
            super().save(temporary)

    # A file names its writer's `jit_compile` and, on PyTorch, an optimizer class that exists
    # nowhere else. Keras also leaves a loaded model uncompiled if its class has a `compile` of its
    # own, as this one has. It is tested in tests/saving/test_portability.py.

    def get_compile_config(self):
        return portable(super().get_compile_config())

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(portable(config)))

    # On TensorFlow the optimizer's variables are created inside the first compiled step. If the
    # first fit is refused, they stay half created, and no later fit works. It is tested in
    # tests/test_bad_input.py.

    def compile(self, *args, **kwargs):
        """Compile the model as Keras does; if it is built, so is its optimizer afterwards.

        Args:
            *args, **kwargs: of `keras.Model.compile`: `optimizer`, `loss`, `metrics` and others.
        """
        super().compile(*args, **kwargs)
        if self.built:
            self.optimizer.build(self.trainable_variables)

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
