"""ae_keras/training/loops.py and callbacks.py: a step, the loop compared with `fit`, callbacks."""

import keras
import numpy as np
import pytest
from PIL import Image

from ae_keras import (
    VAE,
    Autoencoder,
    ConvDecoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    backend,
    data,
    losses,
    training,
)
from ae_keras.training import callbacks
from contract import assert_same_weights, images, output, parts, says, tiny

SHAPE = (7, 5, 1)
RATE = 0.01


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def step_by_hand(weights, x, loss):
    """Loss and weights after one step of gradient descent on a network without hidden layers."""
    w1, b1, w2, b2 = (w.astype("float64") for w in weights)
    n, x = len(x), x.reshape(len(x), -1).astype("float64")
    z = x @ w1 + b1
    x_hat = sigmoid(z @ w2 + b2)
    if loss is losses.squared_error:
        value = ((x_hat - x) ** 2).sum() / n
        at_pixels = 2 * (x_hat - x) * x_hat * (1 - x_hat) / n
    else:
        value = -(x * np.log(x_hat) + (1 - x) * np.log(1 - x_hat)).sum() / n
        at_pixels = (x_hat - x) / n
    at_code = at_pixels @ w2.T
    gradients = [x.T @ at_code, at_code.sum(axis=0), z.T @ at_pixels, at_pixels.sum(axis=0)]
    return value, [w - RATE * g for w, g in zip((w1, b1, w2, b2), gradients, strict=True)]


def one_step_of_fit(model, x):
    return model.fit(x, batch_size=len(x), verbose=0).history["loss"][0]


def one_step_by_hand(model, x):
    step, finish = training.make_step(model)
    loss = float(step(x, x))
    finish()
    return loss


@pytest.mark.parametrize("update", [one_step_of_fit, one_step_by_hand])
@pytest.mark.parametrize(
    ("loss", "latent_dim"), [(losses.squared_error, 2), (losses.binary_crossentropy, 16)]
)
def test_one_step_follows_the_gradient(update, loss, latent_dim):
    model, x = tiny(SHAPE, latent_dim, hidden=()), images(5, SHAPE)
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss=loss)
    value, weights = step_by_hand(model.get_weights(), x, loss)
    assert update(model, x) == pytest.approx(value, rel=1e-5)
    for found, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def convolutional():
    model = Autoencoder(ConvEncoder(2, (2, 3), "pool"), ConvDecoder(SHAPE, (3, 2), "nearest"))
    model.compile(optimizer=keras.optimizers.RMSprop(0.01), loss=losses.binary_crossentropy)
    return backend.seed_weights(model, 0)


def with_state():
    """A model whose training is random and changes more than its weights."""
    kinds = keras.layers
    encoder = [kinds.Flatten(), kinds.Dropout(0.5, seed=1), kinds.BatchNormalization()]
    encoder = keras.Sequential([*encoder, kinds.Dense(2)])
    model = Autoencoder(encoder, DenseDecoder(SHAPE, hidden=(8,)))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=losses.squared_error)
    return backend.seed_weights(model, 0)


@pytest.mark.parametrize(("make", "batch_size"), [(tiny, 4), (convolutional, 5), (with_state, 5)])
def test_train_gives_exactly_the_weights_of_fit(make, batch_size):
    x, target = images(10, SHAPE), images(10, SHAPE, seed=1)
    fitted, trained = make(), make()
    batches = [data.Batches(x, target, batch_size=batch_size) for _ in range(2)]
    expected = fitted.fit(batches[0], epochs=3, shuffle=False, verbose=0).history["loss"]
    found = training.train(trained, batches[1], epochs=3)
    assert_same_weights(trained, fitted)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert int(trained.optimizer.iterations) == int(fitted.optimizer.iterations)


@pytest.mark.parametrize("make", [tiny, with_state])
def test_train_weighs_pixels_as_fit_does(make):
    def hide(x, rng):
        return x, rng.uniform(size=(*x.shape[:3], 1)) < 0.5

    fitted, trained = make(), make()
    for model in (fitted, trained):
        model.compile(keras.optimizers.Adam(0.01), loss="mse")
    batches = [data.Batches(images(10, SHAPE), corruption=hide, batch_size=4) for _ in range(2)]
    expected = fitted.fit(batches[0], epochs=2, shuffle=False, verbose=0).history["loss"]
    found = training.train(trained, batches[1], epochs=2)
    assert_same_weights(trained, fitted)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_step_weighs_images():
    """Images of weight 0 do not count, and the mean is over all of the batch."""
    x, weight = images(4, SHAPE), np.array([1, 0, 1, 0], "float32")
    model, half = tiny(), tiny()
    loss = float(training.make_step(model)[0](x, x, weight))
    assert loss == pytest.approx(float(training.make_step(half)[0](x[::2], x[::2])) / 2, rel=1e-5)


@pytest.mark.parametrize("error", [ArithmeticError, KeyboardInterrupt])
def test_what_stops_a_training_costs_no_finished_step(error):
    x = images(12, SHAPE)
    calls = []

    def corrupt(x, rng):
        calls.append(len(x))
        if len(calls) == 3:
            raise error
        return x

    stopped, expected = tiny(), tiny()
    with pytest.raises(error):
        training.train(stopped, data.Batches(x, corruption=corrupt, batch_size=4), epochs=1)
    step, finish = training.make_step(expected)
    batches = data.Batches(x, batch_size=4)
    for i in range(2):
        step(*batches[i])
    finish()
    assert_same_weights(stopped, expected)
    assert int(stopped.optimizer.iterations) == 2


@pytest.mark.parametrize("epochs", [0, -1, 1.0, True, None])
def test_epochs_are_checked_before_anything_starts(epochs):
    with says(ValueError, "`epochs`", f"epochs={epochs!r}"):
        training.train("no model", "no batches", epochs)


def test_what_is_no_batches_is_refused():
    with says(ValueError, "`batches`", "ndarray"):
        training.train(tiny(), images(4, SHAPE), epochs=1)


GOOD = images(4, SHAPE)
BAD = {
    "another shape": GOOD[:, :-1],
    "labels": np.zeros(4, "float32"),
    "integers": (255 * GOOD).astype("uint8"),
    "unscaled": 255 * GOOD,
    "a list": [1.0],
}


@pytest.mark.parametrize("bad", BAD)
def test_a_step_refuses_bad_images_and_says_which(bad):
    model = tiny()
    step, finish = training.make_step(model)
    for name, arguments in (("x", (BAD[bad], GOOD)), ("target", (GOOD, BAD[bad]))):
        with says(ValueError, f"`{name}`", "Received: "):
            step(*arguments)
    with says(ValueError, "`sample_weight`", "(3,)"):
        step(GOOD, GOOD, np.ones(3, "float32"))
    finish()
    assert_same_weights(model, tiny())


def test_fit_continues_where_train_stopped():
    x = images(10, SHAPE)
    fitted, mixed = tiny(), tiny()
    fitted.fit(data.Batches(x, batch_size=5), epochs=2, shuffle=False, verbose=0)
    batches = data.Batches(x, batch_size=5)
    training.train(mixed, batches, epochs=1)
    mixed.fit(batches, shuffle=False, verbose=0)
    assert_same_weights(mixed, fitted)


def test_a_model_that_is_not_built_and_compiled_is_refused():
    uncompiled = Autoencoder(DenseEncoder(2, (8,)), DenseDecoder(SHAPE, (8,)))
    unbuilt = Autoencoder(DenseEncoder(2, (8,)), keras.Sequential([keras.layers.Dense(35)]))
    unbuilt.compile(loss="mse")
    for model, found in ((uncompiled, "compiled=False"), (unbuilt, "built=False"), (3, "model=3")):
        with says(ValueError, "`model`", "`model.compile(", "Received: ", found):
            training.make_step(model)


def test_a_model_without_optimizer_or_anything_to_train_is_refused():
    without, frozen, thawed = tiny(), tiny(), tiny()
    without.compile(optimizer=None, loss="mse")
    frozen.trainable = False
    for model, found in ((without, "optimizer=None"), (frozen, "0 such weights")):
        with says(ValueError, "`model`", "Received: ", found):
            training.make_step(model)
    training.make_step(thawed)
    thawed.encoder.trainable = False
    with says(ValueError, "Received: ", "`model.compile`"):
        training.make_step(thawed)


def test_a_model_without_a_loss_is_refused():
    model = VAE(*parts(4, SHAPE))
    model.compile("sgd")
    with says(ValueError, "`loss`", "Received: loss=None"):
        training.make_step(model)


# Callbacks ---------------------------------------------------------------------------------------


def test_log_epochs_prints_every_nth_and_the_last_epoch(capsys):
    log = training.LogEpochs(every=2)
    log.set_params({"epochs": 5})
    for epoch in range(5):
        log.on_epoch_end(epoch, {"loss": 10.0 - epoch, "val_loss": 20 + 2 * epoch})
    assert capsys.readouterr().out.splitlines() == [
        "epoch   2/5   loss 9.00   val_loss 22.00",
        "epoch   4/5   loss 7.00   val_loss 26.00",
        "epoch   5/5   loss 6.00   val_loss 28.00",
    ]


def test_log_epochs_prints_the_losses_of_fit(capsys):
    history = tiny().fit(images(4, SHAPE), epochs=2, verbose=0, callbacks=[training.LogEpochs()])
    lines = capsys.readouterr().out.splitlines()
    expected = [
        f"epoch   {i + 1}/2   loss {loss:.2f}" for i, loss in enumerate(history.history["loss"])
    ]
    assert lines == expected


def test_log_epochs_prints_numbers_only(capsys):
    log = training.LogEpochs()
    log.set_params({"epochs": 2})
    log.on_epoch_end(0)
    log.on_epoch_end(1, {"loss": np.float32(1.5), "note": "x", "all": np.ones(2), "none": None})
    assert capsys.readouterr().out.splitlines() == ["epoch   1/2", "epoch   2/2   loss 1.50"]


def test_callbacks_name_a_folder_that_cannot_be_made(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    with says(FileExistsError, "`folder`", f"folder={str(file)!r}"):
        training.SaveReconstructions(GOOD, file)
    with says(FileExistsError, "`log_dir`", f"log_dir={str(file)!r}"):
        training.TensorBoardScalars(file).on_train_begin()
    with says(ValueError, "`folder`", "folder='gs://a/b'"):
        training.SaveReconstructions(GOOD, "gs://a/b")
    with says(ValueError, "`log_dir`", "log_dir='gs://a/b'"):
        training.TensorBoardScalars("gs://a/b")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert training.SaveReconstructions(GOOD, "~/new").folder == tmp_path / "new"
    assert training.TensorBoardScalars("~/log").log_dir == tmp_path / "log"


def test_tensorboard_scalars_can_be_read_back(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model, x = tiny(), images(4, SHAPE)
    history = model.fit(
        x,
        validation_data=(x, x),
        epochs=3,
        verbose=0,
        callbacks=[training.TensorBoardScalars(tmp_path / "log")],
    ).history
    events = EventAccumulator(str(tmp_path / "log")).Reload()
    assert events.Tags()["tensors"] == ["epoch/loss", "epoch/val_loss"]
    for name, values in history.items():
        written = events.Tensors(f"epoch/{name}")
        assert [event.step for event in written] == [0, 1, 2]
        found = [event.tensor_proto.float_val[0] for event in written]
        np.testing.assert_allclose(found, values, rtol=1e-6)


@pytest.mark.parametrize("shape", [(7, 5, 1), (4, 6, 3)], ids=["grey", "colour"])
def test_reconstructions_are_saved_after_each_epoch(shape, tmp_path):
    model, x = tiny(shape), images(3, shape)
    follow = training.SaveReconstructions(x, tmp_path / "new" / "strip")
    before = output(model, x)
    model.fit(x, epochs=2, verbose=0, callbacks=[follow])

    files = sorted(follow.folder.iterdir())
    assert [path.name for path in files] == ["epoch_001.png", "epoch_002.png"]
    assert [frame.shape for frame in follow.frames] == [x.shape] * 2
    np.testing.assert_array_equal(follow.frames[-1], output(model, x))
    assert (follow.frames[0] != follow.frames[1]).any()
    assert (follow.frames[0] != before).any()

    height, width, channels = shape
    for path, frame in zip(files, follow.frames, strict=True):
        with Image.open(path) as picture:
            assert picture.size == (3 * width, 2 * height)
            pixels = np.asarray(picture).reshape(2, height, 3, width, channels)
        above, below = pixels.swapaxes(1, 2) / 255
        np.testing.assert_allclose(above, x, atol=0.5 / 255 + 1e-6)
        np.testing.assert_allclose(below, frame, atol=0.5 / 255 + 1e-6)


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    callbacks.save_png(np.zeros((2, 2, 1)), path)
    good = path.read_bytes()

    def fail_halfway(self, target, *args):
        target.write_bytes(b"half a pict")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail_halfway)
    with says(OSError, "disk full"):
        callbacks.save_png(np.ones((2, 2, 1)), path)
    assert path.read_bytes() == good


def test_pixels_outside_the_unit_range_are_clipped_in_a_picture(tmp_path):
    callbacks.save_png(np.array([[[-1.0], [0.5], [2.0]]]), tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as picture:
        assert np.asarray(picture).tolist() == [[0, 128, 255]]


def test_averaged_weights_take_their_place_at_the_end_as_in_fit():
    trained = []
    for fit in (True, False):
        model = tiny(optimizer=keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5))
        batches = data.Batches(images(10, (7, 5, 1)), batch_size=4)
        if fit:
            model.fit(batches, epochs=2, shuffle=False, verbose=0)
        else:
            training.train(model, batches, epochs=2)
        trained.append(model.get_weights())
    for by_fit, by_hand in zip(*trained, strict=True):
        np.testing.assert_allclose(by_hand, by_fit, atol=1e-6)
