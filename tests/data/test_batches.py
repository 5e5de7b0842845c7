"""ae_keras/data/datasets.py and batches.py: loading, splitting, and batches in a fixed order."""

from itertools import chain

import keras
import numpy as np
import pytest

from ae_keras import data, evaluation, training
from contract import assert_same_weights, images, needs, tiny

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
