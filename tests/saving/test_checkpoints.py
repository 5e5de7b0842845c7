"""A training that is killed and resumed ends with the weights of one that was not."""

import keras
import numpy as np
import pytest

from ae_keras import data, saving
from contract import assert_same_weights, images, says, tiny
from every_model import MODELS, SHAPE, new

EPOCHS = 3
X = images(10, SHAPE)


class KilledError(Exception):
    """What stops a training at a step, as a power cut would."""


class KillAt(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise KilledError


def batches():
    return data.Batches(
        X, corruption=lambda x, rng: data.gaussian_noise(x, 0.2, rng), batch_size=4, seed=2
    )


def run(model, path, *callbacks):
    given = batches()
    begin = saving.resume(model, given, path)
    keep = keras.callbacks.ModelCheckpoint(str(path))
    model.fit(
        given,
        initial_epoch=begin,
        epochs=EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=[keep, *callbacks],
    )
    return begin


@pytest.mark.parametrize("kind", MODELS)
def test_a_training_killed_at_any_step_and_resumed_ends_with_the_same_weights(kind, tmp_path):
    straight = new(kind)
    straight.fit(batches(), epochs=EPOCHS, shuffle=False, verbose=0)
    # Each kind is killed at another step, so that together they cover all steps of all epochs.
    step = 1 + list(MODELS).index(kind) % (3 * EPOCHS - 1)
    n_done = (step - 1) // 3  # whole epochs before that step
    with pytest.raises(KilledError):
        run(new(kind), tmp_path / "run.keras", KillAt(step))
    # Other initial weights must not matter once there is a checkpoint, which holds all weights.
    resumed = new(kind, seed=min(n_done, 1))
    assert run(resumed, tmp_path / "run.keras") == n_done
    assert_same_weights(straight, resumed)
    assert int(resumed.optimizer.iterations) == 3 * EPOCHS


def test_a_training_may_be_killed_twice(tmp_path):
    straight = new("variational")
    straight.fit(batches(), epochs=EPOCHS, shuffle=False, verbose=0)
    for step in (4, 5):
        with pytest.raises(KilledError):
            run(new("variational"), tmp_path / "run.keras", KillAt(step))
    resumed = new("variational")
    run(resumed, tmp_path / "run.keras")
    assert_same_weights(straight, resumed)


def test_batches_can_start_at_a_later_epoch():
    straight, moved = batches(), batches()
    epochs = [list(straight.one_epoch()) for _ in range(3)]
    moved.start_at(2)
    for ours, theirs in zip(epochs[2], moved.one_epoch(), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_without_a_checkpoint_training_starts_at_epoch_0(tmp_path):
    assert saving.resume(new("plain"), batches(), tmp_path / "none.keras") == 0


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "run.keras"
    new("plain").save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with says(ValueError, "`path`", f"path={str(path)!r}", "truncated"):
        saving.resume(new("plain"), batches(), path)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "run.keras"
    tiny(latent_dim=5).save(path)
    with says(ValueError, "`path`", "`model`", f"path={str(path)!r}"):
        saving.resume(new("plain"), batches(), path)


def test_a_checkpoint_within_an_epoch_or_of_other_batches_is_refused(tmp_path):
    path = tmp_path / "run.keras"
    model = new("plain")
    model.fit(batches(), epochs=1, shuffle=False, verbose=0)
    model.save(path)
    with says(ValueError, "`batches`", "2 batches", f"path={str(path)!r}", "3 batches"):
        saving.resume(new("plain"), data.Batches(X, batch_size=5), path)
