"""ae_keras/data/datasets.py and batches.py: loading, splitting, and batches in a fixed order."""

import copy
import multiprocessing
import pickle
from itertools import chain

import keras
import numpy as np
import pytest

from ae_keras import data, evaluation, training
from contract import assert_same_weights, images, needs, says, tiny

SHAPE = (7, 5, 1)


def numbered(n):
    """Images that can be told apart: every pixel of image i is i / n."""
    return np.broadcast_to(np.arange(n, dtype="float32")[:, None, None, None] / n, (n, *SHAPE))


def rows(batches, n):
    """The numbers of the images of one epoch, batch by batch."""
    return [np.rint(n * x[:, 0, 0, 0]).astype(int).tolist() for x, _ in batches.one_epoch()]


# Loading -----------------------------------------------------------------------------------------


def test_to_unit_range_maps_0_to_0_and_255_to_1():
    found = data.to_unit_range(np.array([0, 51, 255], "uint8"))
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, [0, 0.2, 1], rtol=1e-6)


def test_whole_floats_are_scaled_and_what_may_be_scaled_is_refused():
    found = data.to_unit_range(np.array([0.0, 51.0, 255.0]))
    np.testing.assert_allclose(found, [0, 0.2, 1], rtol=1e-6)
    for bad in ([0.0, 1.0], [0.5, 2.0], [-1.0, 3.0], [2.0, 256.0], [np.nan, 3.0], [True, False]):
        with says(ValueError, "`images`", "Received"):
            data.to_unit_range(np.array(bad))


@pytest.mark.usefixtures("no_settings")
def test_digits_are_the_default_and_the_environment_names_another(monkeypatch):
    assert data.default_name() == "digits"
    for value, expected in (("kmnist", "kmnist"), ("", "digits")):
        monkeypatch.setenv("AE_KERAS_DATASET", value)
        assert data.default_name() == expected


@pytest.mark.usefixtures("no_settings")
def test_load_gives_floats_in_the_unit_range_with_their_labels():
    images, labels, groups = data.load_raw("digits", "test")
    found = data.load(subset="test")
    assert (found.x.dtype, found.x.shape) == ("float32", (1782, 28, 28, 1))
    assert (found.x.min(), found.x.max()) == (0, 1)
    np.testing.assert_array_equal(found.x, images / np.float32(255))
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.groups, groups)


def some_images(n=60, sources=20):
    return data.Images(numbered(n), np.arange(n), np.arange(n) % sources)


@pytest.mark.parametrize("chosen", [slice(3, 9), np.array([5, 1]), np.arange(60) < 4], ids=str)
def test_rows_of_images_keep_labels_and_sources_together(chosen):
    part = some_images()[chosen]
    assert len(part) == len(part.labels)
    np.testing.assert_array_equal(np.rint(60 * part.x[:, 0, 0, 0]), part.labels)
    np.testing.assert_array_equal(part.groups, part.labels % 20)


def test_split_shares_no_source_and_loses_no_image():
    rest, part = data.split(some_images(), fraction=0.15)
    assert not set(rest.groups) & set(part.groups)
    assert sorted([*rest.labels, *part.labels]) == list(range(60))
    assert len(set(part.groups)) == 3  # These are 15 % of the 20 sources.


def test_split_repeats_with_a_seed_and_differs_with_another():
    first, again, other = (data.split(some_images(), seed=seed)[1].labels for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)


@pytest.mark.usefixtures("no_settings")
def test_the_three_splits_of_the_digits_share_no_source():
    parts = data.load_splits()
    sources = [set(part.groups) for part in parts]
    assert not sources[0] & sources[1]
    assert not (sources[0] | sources[1]) & sources[2]
    assert [len(part) for part in parts] == [7650, 1350, 1782]
    assert all(set(part.labels) == set(range(10)) for part in parts)


def test_what_cannot_be_split_is_refused():
    for images_of_one in (some_images(3, 1), some_images()[:0]):
        with says(ValueError, "`images`", f"{len(images_of_one)} images"):
            data.split(images_of_one)
    with says(ValueError, "`seed`", "seed=-1"):
        data.split(some_images(), seed=-1)


# Batches -----------------------------------------------------------------------------------------


def test_each_epoch_holds_each_image_once_in_an_order_of_its_own():
    batches = data.Batches(numbered(10), batch_size=4)
    first, second = rows(batches, 10), rows(batches, 10)
    assert [len(batch) for batch in first] == [4, 4, 2]
    assert len(batches) == 3
    for epoch in (first, second):
        assert sorted(chain(*epoch)) == list(range(10))
    assert first != second
    assert list(chain(*first)) == data.epoch_order(10, seed=0, epoch=0).tolist()


def test_the_order_depends_on_seed_and_epoch_alone():
    first, again, other = (data.Batches(numbered(10), batch_size=4, seed=s) for s in (7, 7, 8))
    orders = [rows(batches, 10) for batches in (first, again, other)]
    assert orders[0] == orders[1] != orders[2]
    assert rows(first, 10) == rows(again, 10)


def test_without_shuffling_the_order_is_that_of_the_images():
    batches = data.Batches(numbered(10), batch_size=4, shuffle=False)
    for _ in range(2):
        assert list(chain(*rows(batches, 10))) == list(range(10))


def test_a_target_stays_with_its_image():
    batches = data.Batches(numbered(10), 1 - numbered(10), batch_size=4)
    for x, target in batches.one_epoch():
        np.testing.assert_allclose(target, 1 - x, atol=1e-6)


def test_batches_can_be_read_from_a_file_on_disk(tmp_path):
    stored = np.memmap(tmp_path / "images", "float32", "w+", shape=(10, *SHAPE))
    stored[:] = numbered(10)
    batches = data.Batches(stored, batch_size=4)
    assert batches.x is stored  # A copy could be larger than the memory.
    assert rows(batches, 10) == rows(data.Batches(numbered(10), batch_size=4), 10)


def through(pipeline, batches):
    """The same batches as a `tf.data.Dataset`, as a torch `DataLoader`, or unchanged."""
    if pipeline == "Batches":
        return batches
    needs("tensorflow" if pipeline == "tf_dataset" else "torch")
    return getattr(data, pipeline)(batches)


@pytest.mark.parametrize("n", [4, 8, 10])  # These make one, two and three batches.
@pytest.mark.parametrize("pipeline", ["Batches", "tf_dataset", "torch_loader"])
def test_every_pipeline_trains_on_the_batches_of_each_epoch_in_turn(pipeline, n):
    if (pipeline, n, keras.config.backend()) == ("torch_loader", 8, "tensorflow"):
        pytest.skip("Keras reads two batches ahead of TensorFlow's first epoch: all there are")
    x = images(n, SHAPE)
    expected, found = tiny(), tiny()
    batches = through(pipeline, data.Batches(x, batch_size=4, seed=5))
    errors = found.fit(batches, epochs=2, shuffle=False, verbose=0).history["loss"]
    # Another `fit` continues with the third epoch.
    errors += found.fit(batches, shuffle=False, verbose=0).history["loss"]
    for epoch, error in enumerate(errors):
        # Images within a single batch are not shuffled, because their order would mean nothing.
        order = data.epoch_order(n, 5, epoch) if n > 4 else np.arange(n)
        history = expected.fit(x[order], batch_size=4, shuffle=False, verbose=0).history
        assert error == pytest.approx(history["loss"][0], rel=1e-6)
    assert_same_weights(found, expected)


@pytest.mark.parametrize("pipeline", ["tf_dataset", "torch_loader"])
def test_a_pipeline_gives_the_batches_themselves(pipeline):
    expected = data.Batches(numbered(10), 1 - numbered(10), batch_size=4)
    loader = through(pipeline, data.Batches(numbered(10), 1 - numbered(10), batch_size=4))
    assert len(loader) == 3
    for _ in range(2):
        for ours, theirs in zip(expected.one_epoch(), loader, strict=True):
            for array, tensor in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(array, tensor.numpy())


@pytest.mark.parametrize("pipeline", ["tf_dataset", "torch_loader"])
def test_a_pipeline_carries_the_weights_of_the_pixels(pipeline):
    def masked(x, rng):
        return x, data.random_mask(x, 0.5, rng)

    expected, loader = (data.Batches(numbered(10), corruption=masked, batch_size=4) for _ in "12")
    loader = through(pipeline, loader)
    for _ in range(2):
        for ours, theirs in zip(expected.one_epoch(), loader, strict=True):
            assert len(ours) == 3
            for array, tensor in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(array, tensor.numpy())
    loss = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
    models = tiny(), tiny()
    for model, batches in zip(models, (expected, loader), strict=True):
        model.compile(keras.optimizers.Adam(0.01), loss=loss)
        model.fit(batches, shuffle=False, verbose=0)
    assert_same_weights(*models)


def test_with_a_mask_the_loss_is_that_of_the_missing_pixels():
    x = images(10, SHAPE)
    mask = data.random_mask(x, 0.4, seed=5)
    corrupted = np.where(mask, 0, x).astype("float32")
    batches = data.Batches(
        x, corruption=lambda x, rng: (corrupted, mask), batch_size=10, shuffle=False
    )
    np.testing.assert_array_equal(batches[0][2], mask[..., 0])
    model = tiny()
    model.compile(loss=keras.losses.MeanSquaredError(reduction="mean_with_sample_weight"))
    x_hat = evaluation.reconstruct(model, corrupted)
    expected = ((x - x_hat) ** 2)[np.broadcast_to(mask, x.shape)].mean()
    assert model.evaluate(batches, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_reading_a_batch_does_not_start_an_epoch():
    batches, untouched = (data.Batches(numbered(10), batch_size=4) for _ in range(2))
    batches[0], batches[2]
    batches.on_epoch_end()
    next(batches.one_epoch())
    assert rows(batches, 10) == rows(untouched, 10)


def test_evaluating_on_batches_does_not_need_them_in_order():
    model, x = tiny(), images(10, SHAPE)
    expected = model.evaluate(x, batch_size=10, verbose=0)
    found = model.evaluate(data.Batches(x, batch_size=4), verbose=0)
    assert found == pytest.approx(expected, rel=1e-5)


def test_train_continues_where_fit_stopped():
    """Both count the epochs of one `Batches`."""
    models = tiny(), tiny()
    batches = [data.Batches(images(10, SHAPE), batch_size=4) for _ in models]
    models[0].fit(batches[0], epochs=3, shuffle=False, verbose=0)
    models[1].fit(batches[1], epochs=1, shuffle=False, verbose=0)
    training.train(models[1], batches[1], epochs=1)
    models[1].fit(batches[1], epochs=1, shuffle=False, verbose=0)
    assert_same_weights(*models)


# Epochs of `fit` on a plain Keras model ----------------------------------------------------------


def noisy(x, rng):
    return data.gaussian_noise(x, 0.3, rng)


def plain():
    """A model that Keras builds itself, from a batch that it reads before the first epoch."""
    start = keras.initializers.Constant(0.01)
    layers = [keras.layers.Flatten(), keras.layers.Dense(35, kernel_initializer=start)]
    model = keras.Sequential([*layers, keras.layers.Reshape(SHAPE)])
    model.compile(keras.optimizers.SGD(0.5), loss="mse")
    return model


def noisy_batches(n=18, **options):
    return data.Batches(images(n, SHAPE), corruption=noisy, batch_size=4, seed=5, **options)


def by_hand(epochs, n=18):
    """The model after these epochs, their batches drawn as the documentation says."""
    x, model = images(n, SHAPE), plain()
    for epoch in epochs:
        order = data.epoch_order(n, 5, epoch) if n > 4 else np.arange(n)
        for i in range(-(-n // 4)):
            clean = x[order[4 * i : 4 * i + 4]]
            model.train_on_batch(noisy(clean, np.random.default_rng([5, epoch, i])), clean)
    return model


def assert_saw(model, epochs, n=18):
    for ours, theirs in zip(model.get_weights(), by_hand(epochs, n).get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


fork_warns = pytest.mark.filterwarnings(
    "ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning"
)
PROCESSES = pytest.param({"workers": 2, "use_multiprocessing": True}, marks=fork_warns)
WORKERS = [{}, {"workers": 0}, {"workers": 3, "max_queue_size": 2}, PROCESSES]


@pytest.mark.parametrize("workers", WORKERS, ids=str)
def test_fit_gives_each_epoch_its_own_order_and_noise_with_any_workers(workers):
    model, batches = plain(), noisy_batches(**workers)
    model.fit(batches, epochs=2, shuffle=False, verbose=0)
    model.fit(batches, shuffle=False, verbose=0)
    assert_saw(model, [0, 1, 2])
    batches.start_at(5)
    model.fit(batches, initial_epoch=5, epochs=6, shuffle=False, verbose=0)
    assert_saw(model, [0, 1, 2, 5])


@pytest.mark.parametrize("workers", WORKERS[:3], ids=str)
def test_two_fits_of_one_epoch_equal_one_fit_of_two(workers):
    models, batches = (plain(), plain()), (noisy_batches(**workers), noisy_batches(**workers))
    models[0].fit(batches[0], epochs=2, shuffle=False, verbose=0)
    for _ in range(2):
        models[1].fit(batches[1], epochs=1, shuffle=False, verbose=0)
    assert_same_weights(*models)


@pytest.mark.parametrize("n", [1, 4, 8])  # These make one batch, one batch and two batches.
def test_a_look_at_the_shapes_is_no_epoch_even_if_it_reads_all_batches(n):
    model, batches = plain(), noisy_batches(n)
    model.fit(batches, epochs=2, shuffle=False, verbose=0)
    assert_saw(model, [0, 1], n)
    assert batches.epoch == 2


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("steps", [2, 3, 5, 7])
def test_an_epoch_of_fewer_steps_goes_on_where_the_last_one_stopped(steps):
    model, batches = plain(), noisy_batches()
    # The five batches take three, two or one epochs of `fit`.
    model.fit(batches, steps_per_epoch=steps, epochs=2 * -(-5 // steps), shuffle=False, verbose=0)
    assert_saw(model, [0, 1])
    assert batches.epoch == 2


class StopAt(keras.callbacks.Callback):
    def __init__(self, batch, error=None):
        super().__init__()
        self.batch, self.error = batch, error

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.batch and self.error:
            raise self.error
        self.model.stop_training |= batch == self.batch


@pytest.mark.parametrize("workers", WORKERS[:3], ids=str)
@pytest.mark.parametrize("error", [None, KeyboardInterrupt()], ids=str)
def test_a_pass_that_was_stopped_does_not_count(workers, error):
    model, batches = plain(), noisy_batches(**workers)
    model.fit(batches, shuffle=False, verbose=0)
    try:
        model.fit(batches, shuffle=False, verbose=0, callbacks=[StopAt(1, error)])
    except KeyboardInterrupt:
        assert error
    assert batches.epoch == 1
    expected = plain()
    expected.build((None, *SHAPE))
    expected.set_weights(model.get_weights())
    model.fit(batches, shuffle=False, verbose=0)
    expected.fit(data_of_epoch(1), shuffle=False, verbose=0)
    assert_same_weights(model, expected)


def data_of_epoch(epoch):
    batches = noisy_batches()
    batches.start_at(epoch)
    return batches


@pytest.mark.parametrize("workers", WORKERS, ids=str)
def test_an_error_of_the_corruption_comes_out_and_the_next_fit_begins_anew(workers):
    def failing(x, rng):
        if broken:
            raise RuntimeError("a bug of the corruption")
        return noisy(x, rng)

    broken = []
    model, batches = plain(), noisy_batches(**workers)
    batches.corruption = failing
    model.fit(batches, shuffle=False, verbose=0)
    if not workers.get("use_multiprocessing"):
        broken.append(True)
        with pytest.raises(Exception, match="a bug of the corruption"):
            # On JAX, Keras loses a model of its own to such an error, so it is not the same one.
            plain().fit(batches, shuffle=False, verbose=0)
        broken.clear()
    model.fit(batches, shuffle=False, verbose=0)
    assert_saw(model, [0, 1])


def test_other_batches_for_validation_do_not_move_the_epoch():
    model, batches, held_out = plain(), noisy_batches(), noisy_batches(workers=2).in_order()
    history = model.fit(
        batches, validation_data=held_out, epochs=2, shuffle=False, verbose=0
    ).history
    assert_saw(model, [0, 1])
    assert (batches.epoch, held_out.epoch) == (2, 0)
    assert model.evaluate(held_out, verbose=0) == pytest.approx(history["val_loss"][-1], rel=1e-6)


def test_a_copy_and_a_pickle_go_on_at_the_same_epoch():
    batches = noisy_batches(workers=2)
    list(batches.one_epoch())
    batches[0]
    for twin in (copy.deepcopy(batches), pickle.loads(pickle.dumps(batches))):
        assert twin.epoch == 1
        for ours, theirs in zip(twin.one_epoch(), data_of_epoch(1).one_epoch(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


# In order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", WORKERS[:3], ids=str)
def test_in_order_gives_the_images_in_order_with_one_draw_of_noise(workers):
    batches = noisy_batches(**workers)
    list(batches.one_epoch())
    x, held = images(18, SHAPE), batches.in_order()
    for _ in range(2):
        found = [np.concatenate(part) for part in zip(*held.one_epoch(), strict=True)]
        parts = [
            noisy(x[i : i + 4], np.random.default_rng([5, 0, i // 4])) for i in range(0, 18, 4)
        ]
        np.testing.assert_array_equal(found[0], np.concatenate(parts))
        np.testing.assert_array_equal(found[1], x)
    assert (batches.epoch, batches.shuffle, held.batch_size) == (1, True, 4)
    model = plain()
    clean = data.Batches(x, batch_size=4, **workers).in_order()
    found = model.predict(clean, verbose=0)
    np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=1e-6)


def test_in_order_keeps_masks_and_what_a_subclass_does():
    class Inverted(data.Batches):
        def __getitem__(self, index):
            return tuple(1 - part for part in super().__getitem__(index))

    batches = Inverted(
        numbered(10), corruption=lambda x, rng: (x, np.ones((len(x), 7, 5, 1), bool)), batch_size=4
    )
    x, target, weight = batches.in_order()[-1]
    np.testing.assert_allclose(x, 1 - numbered(10)[8:], atol=1e-6)
    np.testing.assert_array_equal(x, target)
    assert weight.shape == (2, 7, 5)


# Arguments ---------------------------------------------------------------------------------------


def test_an_index_may_be_negative_but_not_beyond_the_ends():
    batches = data.Batches(numbered(10), batch_size=4)
    for place in range(3):
        np.testing.assert_array_equal(batches[place - 3][0], batches[np.int64(place)][0])
    for bad in (3, -4):
        with says(IndexError, "`index`", f"index={bad}"):
            batches[bad]


@pytest.mark.parametrize(
    ("name", "value"),
    [("workers", -1), ("workers", 1.5), ("max_queue_size", 0), ("corruption", 0.3)],
)
def test_bad_arguments_of_batches_are_refused(name, value):
    with says(ValueError, f"`{name}`", f"{name}={value!r}"):
        data.Batches(numbered(10), **{name: value})


@pytest.mark.parametrize("bad", [-1, 1.0, True, None])
def test_an_epoch_must_be_an_integer(bad):
    with says(ValueError, "`epoch`", f"epoch={bad!r}"):
        data.Batches(numbered(10)).start_at(bad)


@pytest.mark.parametrize(
    "bad", [lambda x, rng: x[:1], lambda x, rng: None, lambda x, rng: (x, x, x)], ids="123"
)
def test_what_a_corruption_returns_is_checked(bad):
    with says(ValueError, "`corruption`", "Received"):
        data.Batches(numbered(10), corruption=bad)[0]


def test_processes_that_are_no_copies_need_a_corruption_of_a_module(monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda: "spawn")
    data.Batches(numbered(10), corruption=noisy, workers=2, use_multiprocessing=True)
    data.Batches(numbered(10), corruption=lambda x, rng: x, workers=2)
    with says(ValueError, "`corruption`", "use_multiprocessing=True"):
        data.Batches(numbered(10), corruption=lambda x, rng: x, workers=2, use_multiprocessing=True)
