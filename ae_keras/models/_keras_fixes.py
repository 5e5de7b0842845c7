"""What Keras 3.15 needs help with: one mixin, each part with its reason and the test that needs it.

After an update of Keras, delete one part at a time and run the test it names. Where the test still
passes, the part can go.
"""

import keras
import numpy as np

from ae_keras.saving import atomic_write


class KerasFixes(keras.Model):
    """A `keras.Model` whose files are whole, complete and portable and whose first fit may fail."""

    # Keras's SeedGenerator is no part of a file, so noise would start again from its seed after
    # `load`, and a resumed training would end elsewhere. tests/saving/test_checkpoints.py

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for i, state in enumerate(self._random_states()):
            store[f"random_state_{i}"] = keras.ops.convert_to_numpy(state).astype("int64")

    def load_own_variables(self, store):
        own = {name: np.asarray(store[name]) for name in store.keys()}  # noqa: SIM118 - no dict
        found = [own.pop(f"random_state_{i}") for i in range(len(self._random_states()))]
        super().load_own_variables(own)
        for state, value in zip(self._random_states(), found, strict=True):
            state.assign(value)

    def _random_states(self):
        return [v for v in self.variables if v.name == "seed_generator_state"]

    # Keras writes to the final name, so an interruption or a full disk destroys the file that was
    # there before. tests/saving/test_files.py

    def save(self, filepath, overwrite=True, **kwargs):
        """Keras's `save`; a `.keras` file is written to a temporary name, then renamed."""
        if not overwrite or kwargs or not str(filepath).endswith(".keras"):
            return super().save(filepath, overwrite=overwrite, **kwargs)
        with atomic_write(filepath) as temporary:
            super().save(temporary)

    # A file names its writer's `jit_compile` and, on PyTorch, an optimizer class that exists
    # nowhere else. Keras also leaves a loaded model uncompiled if its class has a `compile` of its
    # own, as this one has. tests/saving/test_portability.py

    def get_compile_config(self):
        return portable(super().get_compile_config())

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(portable(config)))

    # On TensorFlow the optimizer's variables are made inside the first compiled step. A first fit
    # that is refused leaves them half made, and no later fit works. tests/test_faults.py

    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)
        if self.built:
            self.optimizer.build(self.trainable_variables)

    # On JAX, Keras takes the weights off a model while it runs, so a refused batch would lose
    # them. tests/test_faults.py

    def _get_jax_state(self, *, purge_model_variables=False, **groups):
        return super()._get_jax_state(**groups)


def portable(config):
    """A compile configuration without what ties a `.keras` file to the backend that wrote it."""
    if not isinstance(config, dict):
        return config
    config = {key: portable(value) for key, value in config.items()}
    if "jit_compile" in config:
        config["jit_compile"] = "auto"
    if str(config.get("module", "")).startswith("keras.src.backend.torch.optimizers"):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
