"""What Keras 3.15 needs help with, as one mixin. Each part names its reason and a test.

After an update of Keras, delete one part at a time; where its test still passes, it can go.
"""

import keras
import numpy as np

from ae_keras import backend
from ae_keras.models._portable import PortableModel, check_complete, portable
from ae_keras.saving import atomic_write


class KerasFixes(PortableModel):
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
            check_complete(part)
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
        # Who loads the file builds the optimizer, and finds its variables there.
        self._build_optimizer()
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
        if not self.built:
            # Its first batch builds it, and Keras the optimizer then.
            return
        weights = self.trainable_variables
        if self.optimizer is None or not weights:
            missing = "`optimizer` given to `compile`" if weights else "weight with trainable=True"
            raise ValueError(f"Training needs a {missing}. Received: none.")
        self._build_optimizer()
        built_for = getattr(self.optimizer, "inner_optimizer", self.optimizer)._trainable_variables
        if {id(weight) for weight in weights} != {id(weight) for weight in built_for}:
            raise ValueError(
                "`trainable` must stay as it was when the optimizer was built. Received: "
                f"{len(weights)} weights that train, an optimizer for {len(built_for)} "
                f"{'others' if len(weights) == len(built_for) else 'weights'}. Call "
                "`model.compile` again, with a new optimizer, after freezing or changing layers."
            )

    # The loss given to `compile` has the type that `floatx` was then, what layers add has theirs,
    # and TensorFlow does not add up two types. It is tested in tests/test_matrix.py.

    def _aggregate_additional_loss(self, loss):
        kind = getattr(self._compile_loss, "dtype", keras.config.floatx())
        return keras.ops.cast(super()._aggregate_additional_loss(loss), kind)

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
