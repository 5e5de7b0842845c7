"""Every objective with every architecture, in what users do with it: it works, or is refused.

Most actions are tried in one cell for each objective, with the architectures in turn, because
they depend on one of the two only. What depends on both is tried everywhere. Steps are run eagerly
where it does not matter, because JAX and TensorFlow compile longer than such small models train.
"""

import copy
import functools
import pickle
import threading

import keras
import numpy as np
import pytest
from keras import layers
from scipy import special, stats

import ae_keras
from ae_keras import (
    IWAE,
    VAE,
    VQVAE,
    Autoencoder,
    ContractiveAutoencoder,
    ConvDecoder,
    ConvEncoder,
    DenoisingAutoencoder,
    DenseDecoder,
    DenseEncoder,
    SparseAutoencoder,
    backend,
    data,
    evaluation,
    losses,
    saving,
)
from contract import assert_same_weights, images, needs, output, says

SHAPE = (6, 5, 1)
X = images(8, SHAPE)
DECAY = 0.01


# Objectives, architectures and cells -------------------------------------------------------------


@keras.saving.register_keras_serializable("test_matrix")
class OwnEncoder(keras.Model):
    """An encoder as a user writes it, with layers that behave otherwise in training."""

    def __init__(self, width, code_activation="linear", **kwargs):
        super().__init__(**kwargs)
        self.width, self.code_activation = width, code_activation
        self.flatten = layers.Flatten()
        decay = keras.regularizers.L2(DECAY)
        self.hidden = layers.Dense(6, activation="tanh", kernel_regularizer=decay)
        self.norm = layers.BatchNormalization()
        self.dropout = layers.Dropout(0.2, seed=3)
        self.code = layers.Dense(width, activation=code_activation)

    def call(self, x, training=False):
        h = self.norm(self.hidden(self.flatten(x)), training=training)
        return self.code(self.dropout(h, training=training))

    def get_config(self):
        own = {"width": self.width, "code_activation": self.code_activation}
        return super().get_config() | own


def dense(width, **code):
    return DenseEncoder(width, (6,), **code), DenseDecoder(SHAPE, (6,))


def conv(width, **code):
    return ConvEncoder(width, (2,), **code), ConvDecoder(SHAPE, (2,))


def maps(width, **code):
    return ConvEncoder(width, (2,), flat=False, **code), ConvDecoder(SHAPE, (2,), flat=False)


def own(width, **code):
    return OwnEncoder(width, **code), DenseDecoder(SHAPE, (6,))


ARCHITECTURES = {"dense": dense, "conv": conv, "maps": maps, "own": own}
# The class, its arguments, and the activation of the code.
OBJECTIVES = {
    "plain": (Autoencoder, {}, "linear"),
    "denoising": (DenoisingAutoencoder, {"level": 0.1}, "linear"),
    "sparse, L1": (SparseAutoencoder, {"weight": 0.3}, "linear"),
    "sparse, KL": (SparseAutoencoder, {"weight": 0.3, "target": 0.2}, "sigmoid"),
    "contractive": (ContractiveAutoencoder, {"weight": 0.3}, "linear"),
    "VAE": (VAE, {"beta": 3.0}, "linear"),
    "IWAE": (IWAE, {"n_samples": 3}, "linear"),
    "VQVAE": (VQVAE, {"num_embeddings": 5, "embedding_dim": 2}, "linear"),
}
# The distributions of VAE and IWAE are over vectors.
CELLS = [
    (objective, architecture)
    for objective in OBJECTIVES
    for architecture in ARCHITECTURES
    if architecture != "maps" or objective not in ("VAE", "IWAE")
]
everywhere = pytest.mark.parametrize(("objective", "architecture"), CELLS)


def cells(turn, n=8):
    """One cell of each of the first `n` objectives from the `turn`-th on."""
    names = list(OBJECTIVES)
    chosen = []
    for i in range(n):
        name = names[(i + turn) % len(names)]
        found = [cell for cell in CELLS if cell[0] == name]
        chosen.append(found[(i + turn) % len(found)])
    return chosen


def each_objective(turn, n=8):
    return pytest.mark.parametrize(("objective", "architecture"), cells(turn, n))


def crossed(names, turn, argument):
    """Each of `names` in one cell, and together in many."""
    found = [cells(turn + i, 1)[0] for i in range(len(names))]
    rows = [(name, *cell) for name, cell in zip(names, found, strict=True)]
    return pytest.mark.parametrize((argument, "objective", "architecture"), rows)


def make(objective, architecture, seed=0, **kwargs):
    kind, arguments, activation = OBJECTIVES[objective]
    parts = ARCHITECTURES[architecture](4, code_activation=activation)
    return backend.seed_weights(kind(*parts, **arguments, **kwargs), seed)


def compiled(model, optimizer=None, **kwargs):
    loss = None if isinstance(model, IWAE) else losses.squared_error
    model.compile(
        optimizer or keras.optimizers.Adam(0.01),
        **{"loss": loss, "run_eagerly": True} | kwargs,
    )
    return model


def new(objective, architecture, seed=0, **kwargs):
    return compiled(make(objective, architecture, seed), **kwargs)


def fit(model, x=X, epochs=1, **kwargs):
    return model.fit(
        x, **{"batch_size": 4, "epochs": epochs, "shuffle": False, "verbose": 0} | kwargs
    )


def step(model, x=X, n=2):
    """Train by steps, which takes less time than `fit`."""
    for _ in range(n):
        model.train_on_batch(x)


def predict(model, x=X):
    return model.predict(x, verbose=0)


def evaluate(model, x=X, y=None, sample_weight=None):
    """The loss of `evaluate` for one batch, which takes less time by `test_on_batch`."""
    model.reset_metrics()
    return model.test_on_batch(x, y, sample_weight, return_dict=True)["loss"]


def numpy(x):
    return keras.ops.convert_to_numpy(x)


def flattened(layer):
    """The layer and all layers within it."""
    yield layer
    for part in getattr(layer, "layers", ()):
        yield from flattened(part)


def structure(model):
    """What a copy must have in common with the model, layer by layer."""
    return [
        (
            type(part).__name__,
            part.trainable,
            [w.trainable for w in part.weights],
            part.dtype_policy,
        )
        for part in flattened(model)
    ], [model.name, model.encoder.name, model.decoder.name]


def optimizing(model):
    """What a copy must have in common with the model to train on like it."""
    optimizer = model.optimizer
    values = [numpy(variable.value) for variable in optimizer.variables]
    return optimizer.get_config(), [value.tolist() for value in values]


# Frozen parts ------------------------------------------------------------------------------------

FREEZES = {
    "encoder": lambda model: model.encoder,
    "decoder": lambda model: model.decoder,
    "layer": lambda model: model.encoder.code,
    "weight": lambda model: model.encoder.code.weights[0],
    "model": lambda model: model,
}


def freeze(model, name):
    """Freeze a part, and return for each weight whether training shall move it."""
    part = FREEZES[name](model)
    part.trainable = False
    still = {id(weight) for weight in getattr(part, "weights", [part])}
    still.add(id(getattr(model, "beta", None)))
    return [id(weight) not in still for weight in model.weights]


def assert_moved(model, before, moves):
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == moves


def assert_moved_nowhere(model, weights):
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def name_of_freeze(objective, architecture):
    # In turn, but not the same for all cells of an architecture.
    names = [name for name in FREEZES if name != "model"]
    turn = list(OBJECTIVES).index(objective) + list(ARCHITECTURES).index(architecture)
    return names[turn % len(names)]


def check_frozen(model, name, path, train, **kwargs):
    moves = freeze(model, name)
    compiled(model, metrics=["mae"], **kwargs)
    before = model.get_weights()
    train(model)
    assert_moved(model, before, moves)
    model.optimizer.learning_rate.assign(0.003)
    model.save(path)
    loaded = ae_keras.load(path)
    assert structure(loaded) == structure(model)
    assert optimizing(loaded) == optimizing(model)
    assert (loaded.loss, loaded.run_eagerly) == (model.loss, model.run_eagerly)
    before = loaded.get_weights()
    for each in (model, loaded):
        train(each)
        assert int(each.optimizer.iterations) == 4
    assert_moved(loaded, before, moves)
    assert_same_weights(loaded, model)
    found, wanted = (each.test_on_batch(X, return_dict=True) for each in (loaded, model))
    assert found.keys() == wanted.keys() >= {"loss", "mae"}


@pytest.mark.parametrize(("objective", "architecture"), cells(0) + cells(1, 4))
def test_frozen_parts_rest_and_the_others_train_also_after_a_file(
    objective, architecture, tmp_path
):
    name = name_of_freeze(objective, architecture)
    check_frozen(make(objective, architecture), name, tmp_path / "a.keras", step)


@each_objective(4, 3)
def test_frozen_parts_rest_in_compiled_steps(objective, architecture, tmp_path):
    model = make(objective, architecture)
    check_frozen(model, "encoder", tmp_path / "a.keras", fit, run_eagerly=False)


@each_objective(2, 3)
def test_a_frozen_model_is_not_trained_also_after_a_file(objective, architecture, tmp_path):
    model = make(objective, architecture)
    freeze(model, "model")
    compiled(model).save(tmp_path / "a.keras")
    for each in (model, ae_keras.load(tmp_path / "a.keras")):
        before = each.get_weights()
        with says(ValueError, "trainable", "Received"):
            fit(each)
        assert_moved_nowhere(each, before)


@each_objective(3)
def test_a_part_may_be_frozen_before_the_first_fit_and_then_only_with_compile(
    objective, architecture
):
    model = new(objective, architecture)
    name = name_of_freeze(objective, architecture)
    moves = freeze(model, name)
    before = model.get_weights()
    step(model)
    assert_moved(model, before, moves)
    before = model.get_weights()
    more = FREEZES["encoder" if name == "decoder" else "decoder"](model)
    for change in (
        lambda: setattr(more, "trainable", False),
        lambda: setattr(model, "trainable", True),
    ):
        change()
        with says(ValueError, "trainable", "Received"):
            fit(model)
        assert_moved_nowhere(model, before)


# Copies ------------------------------------------------------------------------------------------


def through_file(model, folder):
    model.save(folder / "a.keras")
    return ae_keras.load(folder / "a.keras")


def through_clone(model, folder):
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    return twin


def through_weights(model, folder):
    model.save_weights(folder / "a.weights.h5")
    twin = type(model).from_config(model.get_config())
    twin.load_weights(folder / "a.weights.h5")
    return twin


COPIES = {
    "file": through_file,
    "clone_model": through_clone,
    "deepcopy": lambda model, folder: copy.deepcopy(model),
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "weights": through_weights,
}


# All of them go through the configuration, so the file, in which all is, stands for the others.
@pytest.mark.parametrize(
    ("how", "objective", "architecture"),
    [("file", *cell) for cell in cells(0) + cells(2)]
    + [(how, *cell) for i, how in enumerate(COPIES) if how != "file" for cell in cells(2 * i, 3)],
)
def test_a_copy_of_a_model_that_was_never_compiled_is_the_same(
    how, objective, architecture, tmp_path
):
    model = make(objective, architecture, name="with_a_name")
    freeze(model, name_of_freeze(objective, architecture))
    twin = COPIES[how](model, tmp_path)
    assert not twin.compiled
    assert structure(twin) == structure(model)
    assert_same_weights(twin, model)
    np.testing.assert_array_equal(output(twin, X), output(model, X))


@pytest.mark.parametrize("fitted", [False, True], ids=["compiled", "fitted"])
@pytest.mark.parametrize(
    ("how", "objective", "architecture"),
    [
        (how, *cell)
        for i, how in enumerate(["file", "deepcopy", "pickle"])
        for cell in cells(3 * i + 1, 2)
    ],
)
def test_a_copy_of_a_compiled_model_trains_like_it(how, fitted, objective, architecture, tmp_path):
    model = new(objective, architecture)
    if fitted:
        step(model)
    twin = COPIES[how](model, tmp_path)
    for each in (model, twin):
        step(each)
    assert_same_weights(twin, model)
    assert optimizing(twin) == optimizing(model)


@each_objective(4, 3)
def test_weights_and_optimizer_go_through_a_weights_file(objective, architecture, tmp_path):
    model = new(objective, architecture)
    step(model)
    model.save_weights(tmp_path / "a.weights.h5")
    twin = new(objective, architecture, seed=1)
    twin.load_weights(tmp_path / "a.weights.h5")
    for each in (model, twin):
        step(each)
    assert_same_weights(twin, model)


@pytest.mark.parametrize("name", ["a.h5", "a.weights.h5", "a", "a.hdf5", "a.tf"])
def test_other_endings_are_refused(name, tmp_path):
    with says(ValueError, "`filepath`", name):
        new("plain", "dense").save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@each_objective(5)
def test_a_subclass_with_an_argument_that_its_file_would_lose_is_refused(
    objective, architecture, tmp_path
):
    kind, arguments, activation = OBJECTIVES[objective]

    class Own(kind):
        def __init__(self, *args, power=1.0, **kwargs):
            super().__init__(*args, **kwargs)
            self.power = power

    model = Own(*ARCHITECTURES[architecture](4, code_activation=activation), **arguments, power=2.0)
    with says(ValueError, "`get_config`", "power", "Received"):
        model.save(tmp_path / "a.keras")
    assert not list(tmp_path.iterdir())


# Losses and weights of images --------------------------------------------------------------------


def by_hand(model, x):
    """What each image adds to the loss of `evaluate`, and what it does not depend on, in NumPy."""
    h = numpy(model.encoder(x, training=False)).astype("float64")
    z, extra = h, 0.0
    if isinstance(model, (VAE, IWAE)):
        z, log_var = np.split(h, 2, axis=-1)
    if isinstance(model, VAE):
        extra = 3.0 * (np.exp(log_var) + z**2 - 1 - log_var).sum(axis=1) / 2
    elif isinstance(model, VQVAE):
        codebook = numpy(model.quantizer.codebook.value)
        vectors = h.reshape(-1, 2)
        nearest = np.square(vectors[:, None] - codebook).sum(axis=-1).argmin(axis=1)
        z = codebook[nearest].reshape(h.shape)
        extra = 1.25 * np.square(h - z).reshape(len(x), -1).sum(axis=1)
    elif isinstance(model, IWAE):
        return -bound(model, x, z, np.exp(log_var / 2)), penalty(model)
    x_hat = numpy(model.decoder(z.astype("float32"), training=False))
    return np.square(x - x_hat).reshape(len(x), -1).sum(axis=1) + extra, penalty(model)


def bound(model, x, mean, std):
    """The importance weighted bound of each image, from the densities."""
    epsilon = np.random.default_rng(0).normal(size=(3, 1, 2))
    z = mean + std * epsilon
    x_hat = numpy(model.decoder(z.reshape(-1, 2).astype("float32"), training=False))
    x_hat = x_hat.reshape(3, len(x), -1).astype("float64")
    rows = x.reshape(len(x), -1)
    log_p = (rows * np.log(x_hat) + (1 - rows) * np.log(1 - x_hat)).sum(axis=-1)
    log_p = log_p + stats.norm.logpdf(z).sum(axis=-1)
    log_q = stats.norm.logpdf(z, mean, std).sum(axis=-1)
    return special.logsumexp(log_p - log_q, axis=0) - np.log(3)


def penalty(model):
    if not isinstance(model.encoder, OwnEncoder):
        return 0.0
    return DECAY * np.square(numpy(model.encoder.hidden.kernel)).sum()


WEIGHTS = np.random.default_rng(1).uniform(0, 2, len(X)).astype("float32")


@everywhere
def test_evaluate_gives_the_loss_that_numpy_computes(objective, architecture):
    model = new(objective, architecture)
    each, rest = by_hand(model, X)
    for weights, y in ((np.zeros(8, "float32"), None), (WEIGHTS, None), (WEIGHTS, X)):
        wanted = np.mean(weights * each) + rest
        found = evaluate(model, X, y, weights)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(evaluate(model), np.mean(each) + rest, rtol=1e-5)


@each_objective(2, 4)
def test_validation_and_evaluate_give_the_loss_of_all_batches(objective, architecture):
    model = new(objective, architecture)
    history = fit(model, validation_data=(X, None, WEIGHTS), validation_batch_size=3).history
    each, rest = by_hand(model, X)
    # Keras counts each image once, whatever its weight.
    wanted = np.mean(WEIGHTS * each) + rest
    np.testing.assert_allclose(history["val_loss"][0], wanted, rtol=1e-4)
    found = model.evaluate(X, batch_size=3, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    np.testing.assert_allclose(found["loss"], wanted, rtol=1e-4)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_regulariser_is_counted_once_in_training_also_after_a_file(objective, tmp_path):
    found = []
    for factor in (DECAY, 0.0):
        model = new(objective, "own", optimizer=keras.optimizers.SGD(0.0))
        model = through_file(model, tmp_path)
        model.encoder.hidden.kernel_regularizer.l2 = factor
        found.append(model.train_on_batch(X, return_dict=True)["loss"])
    np.testing.assert_allclose(found[0] - found[1], penalty(model), rtol=1e-3, atol=1e-5)


@each_objective(1)
def test_a_weighted_step_is_the_sum_of_what_the_images_add(objective, architecture):
    model = new(objective, architecture, optimizer=keras.optimizers.SGD(0.0))
    start = [(variable, numpy(variable.value)) for variable in model.variables]

    def loss(weights=None, y=None):
        # Each step shall draw the same noise.
        for variable, value in start:
            variable.assign(value)
        model.reset_metrics()
        return model.train_on_batch(X, y, sample_weight=weights, return_dict=True)["loss"]

    # The KL of a sparse code is one of the batch, and that of the weights is one of the model.
    rest = loss(np.zeros(8, "float32"))
    if objective != "sparse, KL":
        np.testing.assert_allclose(rest, penalty(model), rtol=1e-5, atol=1e-6)
    ones = np.ones(8, "float32")
    np.testing.assert_allclose(loss(ones), loss(), rtol=1e-5)
    np.testing.assert_allclose(loss(WEIGHTS), loss(WEIGHTS, X), rtol=1e-6)
    groups = np.repeat(np.eye(4, dtype="float32"), 2, axis=1)
    each = [loss(group) - rest for group in groups]
    factors = np.array([0.5, 0.0, 2.0, 1.5], "float32")
    np.testing.assert_allclose(loss(factors @ groups), factors @ each + rest, rtol=1e-4)
    one, twice = np.eye(8, dtype="float32")[2], ones.copy()
    twice[2] = 2
    np.testing.assert_allclose(loss(twice), loss() + loss(one) - rest, rtol=1e-4)


METHODS = {
    "fit": lambda model, x, *args, **kwargs: model.fit(x, *args, verbose=0, **kwargs),
    "evaluate": lambda model, x, *args, **kwargs: model.evaluate(x, *args, verbose=0, **kwargs),
    "train_on_batch": lambda model, *args, **kwargs: model.train_on_batch(*args, **kwargs),
    "test_on_batch": lambda model, *args, **kwargs: model.test_on_batch(*args, **kwargs),
    "validation": lambda model, x, y=None, sample_weight=None: fit(
        model, validation_data=(x, y, sample_weight)
    ),
}


@crossed(METHODS, 0, "method")
def test_weights_that_do_not_fit_are_refused(method, objective, architecture):
    model = new(objective, architecture)
    before = model.get_weights()
    call = functools.partial(METHODS[method], model, X)
    bad = [np.ones(10), np.ones((8, 2)), np.ones((8, 5, 6)), -np.ones(8), np.full(8, np.nan), 2.0]
    for weights in bad:
        with says(ValueError, "`sample_weight`", "Received"):
            call(sample_weight=weights)
        with says(ValueError, "`sample_weight`", "Received"):
            call(X, sample_weight=weights)
    assert_moved_nowhere(model, before)


@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_weights_of_classes_are_refused(method):
    with says(ValueError, "`class_weight`", "Received"):
        METHODS[method](new("plain", "dense"), X, class_weight={0: 1.0, 1: 2.0})


@pytest.mark.parametrize("method", ["evaluate", "train_on_batch", "test_on_batch", "fit"])
@pytest.mark.parametrize("architecture", ["dense", "maps"])
def test_pixels_may_have_weights_if_the_loss_has_a_value_for_each(method, architecture):
    pixels = np.random.default_rng(2).uniform(0, 2, X.shape[:3]).astype("float32")
    model = make("plain", architecture)
    error = np.square(X - output(model, X))[..., 0]
    for loss in ("mse", keras.losses.MeanSquaredError()):
        compiled(model, keras.optimizers.SGD(0.0), loss=loss)
        for y in (None, X):
            found = METHODS[method](model, X, y, sample_weight=pixels)
            found = found.history["loss"][0] if method == "fit" else found
            np.testing.assert_allclose(found, np.mean(pixels * error), rtol=1e-5)
            model.reset_metrics()
    compiled(model)
    with says(ValueError, "`sample_weight`", "Received"):
        METHODS[method](model, X, sample_weight=pixels)


@pytest.mark.parametrize(("objective", "architecture"), cells(0))
def test_a_loss_is_asked_for_or_refused(objective, architecture):
    model = make(objective, architecture)
    before = model.get_weights()
    loss = losses.squared_error if objective == "IWAE" else None
    model.compile("adam", loss=loss, run_eagerly=True)
    for call in (fit, evaluate):
        with says(ValueError, "`loss`", type(model).__name__, "Received"):
            call(model)
    assert_moved_nowhere(model, before)


@each_objective(2)
def test_a_model_within_a_model_keeps_its_own_terms(objective, architecture):
    inner = make(objective, architecture)
    x = keras.Input(SHAPE)
    outer = keras.Model(x, inner(x))
    outer.compile("adam", loss=losses.squared_error, run_eagerly=True)
    each, rest = by_hand(inner, X)
    if objective == "IWAE":
        each = each + np.square(X - output(inner, X)).reshape(8, -1).sum(axis=1)
    found = outer.evaluate(X, X, verbose=0)
    np.testing.assert_allclose(found, np.mean(each) + rest, rtol=1e-5)


@each_objective(3)
def test_a_step_moves_the_statistics_of_a_layer_once(objective, architecture):
    model = new(objective, "own", optimizer=keras.optimizers.SGD(0.0))
    hidden = numpy(model.encoder.hidden(model.encoder.flatten(X)))
    model.train_on_batch(X)
    # They start at 0 and keep 99 percent. The noise of some objectives changes the means somewhat.
    wanted, found = 0.01 * hidden.mean(axis=0), numpy(model.encoder.norm.moving_mean)
    np.testing.assert_allclose(found @ wanted, wanted @ wanted, rtol=0.2)


@each_objective(0)
def test_a_penalty_of_activity_is_counted_once(objective, architecture):
    if objective in ("contractive", "IWAE"):
        pytest.skip("it counts each pass, of which these have several; the docstring says so")
    found = []
    for factor in (0.0, 1.0):
        model = make(objective, "dense")
        model.encoder.code.activity_regularizer = keras.regularizers.L2(factor)
        compiled(model, keras.optimizers.SGD(0.0))
        found.append(model.train_on_batch(X, return_dict=True)["loss"])
    # Keras takes the mean over the images. The noise of denoising changes the codes somewhat.
    wanted = np.square(numpy(model.encoder(X))).sum() / len(X)
    rtol = 0.2 if objective == "denoising" else 1e-3
    np.testing.assert_allclose(found[1] - found[0], wanted, rtol=rtol)


def test_dropout_is_no_change_of_the_code_of_a_contractive_model():
    model = new("contractive", "own", optimizer=keras.optimizers.SGD(0.0))
    codes = numpy(model.encoder(X, training=False))
    moved = [X + 0.01 * row.reshape(SHAPE) for row in np.eye(30, dtype="float32")]
    moved = [numpy(model.encoder(x, training=False)) for x in moved]
    norm = sum(np.square((z - codes) / 0.01).sum() for z in moved) / len(X)
    error = np.square(X - output(model, X)).sum() / len(X)
    loss = model.train_on_batch(X, return_dict=True)["loss"] - penalty(model)
    # One perturbation estimates the norm. The statistics of a batch make the code steeper, and
    # masks of dropout would count as changes, a thousand times as large.
    assert loss < 2 * error + 0.3 * 50 * norm


# Settings of Keras -------------------------------------------------------------------------------


@pytest.fixture
def settings():
    """Keras's settings, which are as before after the test."""
    config = keras.config
    before = config.floatx(), config.image_data_format(), config.epsilon(), config.dtype_policy()
    yield config
    config.set_floatx(before[0])
    config.set_image_data_format(before[1])
    config.set_epsilon(before[2])
    config.set_dtype_policy(before[3])


def has_float64():
    return "float64" in str(keras.ops.zeros((), "float64").dtype)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
@each_objective(0, 5)
def test_models_of_64_bits_are_right_or_refused(objective, architecture, settings, tmp_path):
    wanted = predict(make(objective, architecture))
    settings.set_floatx("float64")
    settings.set_dtype_policy("float64")
    if not has_float64():
        with says(ValueError, "`dtype`", "Received", "float64"):
            make(objective, architecture)
        return
    model = new(objective, architecture)
    found = predict(model)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    each, rest = by_hand(model, X)
    np.testing.assert_allclose(evaluate(model), np.mean(each) + rest, rtol=1e-5)
    step(model, X.astype("float64"))
    found = predict(model)
    model.save(tmp_path / "a.keras")
    settings.set_dtype_policy("float32")
    settings.set_floatx("float32")
    loaded = ae_keras.load(tmp_path / "a.keras")
    assert structure(loaded) == structure(model)
    np.testing.assert_allclose(predict(loaded), found, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
@each_objective(4, 4)
def test_a_floatx_that_is_set_late_changes_nothing_or_is_refused(objective, architecture, settings):
    """Keras keeps computing in float32 then, if there were layers before."""
    model = new(objective, architecture)
    found = predict(model)
    settings.set_floatx("float64")
    late = new(objective, architecture)
    for each in (model, late):
        np.testing.assert_allclose(predict(each), found, atol=1e-6)
        step(each)
        evaluate(each)


@pytest.mark.parametrize(
    ("objective", "architecture"),
    [("plain", "dense"), ("plain", "conv"), ("VAE", "conv"), ("VQVAE", "maps")],
)
def test_images_have_their_channels_last(objective, architecture, settings, tmp_path):
    model = make(objective, architecture)
    settings.set_image_data_format("channels_first")
    other = make(objective, architecture)
    np.testing.assert_array_equal(output(other, X), output(model, X))
    np.testing.assert_array_equal(output(through_file(other, tmp_path), X), output(model, X))


def test_another_epsilon_is_that_of_the_loss(settings):
    settings.set_epsilon(1e-2)
    model = new("plain", "dense", loss=losses.binary_crossentropy)
    model.decoder.pixels.bias.assign(np.full(30, 20.0, "float32"))
    x_hat = np.clip(output(model, X).astype("float64"), 0.01, 0.99)
    wanted = -(X * np.log(x_hat) + (1 - X) * np.log(1 - x_hat)).sum() / len(X)
    np.testing.assert_allclose(evaluate(model), wanted, rtol=1e-4)


@pytest.mark.parametrize(
    ("policy", "objective", "architecture"),
    [("mixed_bfloat16", *cell) for cell in cells(2, 5)]
    + [("mixed_float16", *cell) for cell in cells(7, 2)],
)
def test_models_of_16_bits_return_32_also_from_a_file(
    policy, objective, architecture, settings, tmp_path
):
    settings.set_dtype_policy(policy)
    model = new(objective, architecture)
    step(model)
    z, x_hat = model.encode(X), predict(model)
    for found in (z, model.decode(z)):
        assert "float32" in str(found.dtype)
    assert x_hat.dtype == evaluation.reconstruct(model, X).dtype == "float32"
    model.save(tmp_path / "a.keras")
    settings.set_dtype_policy("float32")
    loaded = ae_keras.load(tmp_path / "a.keras")
    assert structure(loaded) == structure(model)
    np.testing.assert_array_equal(predict(loaded), x_hat)
    # The loss of float16 is scaled, and the scale is in the file, too.
    assert type(loaded.optimizer) is type(model.optimizer)
    assert optimizing(loaded) == optimizing(model)
    for each in (model, loaded):
        step(each)
    assert_same_weights(loaded, model)


# Activations -------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("test_matrix")
def bent(x):
    return keras.ops.tanh(x) / 2


def unregistered(x):
    return keras.ops.tanh(x) / 2


PARTS = {
    "DenseEncoder": (functools.partial(DenseEncoder, 2, (3,)), "code_activation", X),
    "ConvEncoder": (functools.partial(ConvEncoder, 2, (3,)), "code_activation", X),
    "DenseDecoder": (functools.partial(DenseDecoder, SHAPE, (3,)), "output_activation", X[:, 0, 0]),
    "ConvDecoder": (functools.partial(ConvDecoder, SHAPE, (3,)), "output_activation", X[:, 0, 0]),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "given",
    [keras.activations.tanh, bent, "relu"],
    ids=["of Keras", "own", "name"],
)
def test_an_activation_is_computed_and_saved(part, given, tmp_path):
    kind, last, x = PARTS[part]
    for name in ("activation", last):
        made = kind(**{name: given})
        wanted = output(made, x)
        twin = type(made).from_config(made.get_config())
        twin(x)
        twin.set_weights(made.get_weights())
        np.testing.assert_array_equal(output(twin, x), wanted)
        made.save(tmp_path / "a.keras")
        np.testing.assert_array_equal(output(ae_keras.load(tmp_path / "a.keras"), x), wanted)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "bad",
    [
        layers.PReLU(),
        layers.PReLU,
        layers.ReLU(),
        lambda x: x,
        unregistered,
        "unknown",
        3,
        ["relu"],
    ],
    ids=["weights", "class", "layer", "lambda", "own", "unknown", "number", "list"],
)
def test_an_activation_that_no_file_can_hold_is_refused(part, bad):
    kind, last, _ = PARTS[part]
    for name in ("activation", last):
        with says(ValueError, f"`{name}`", "Received"):
            kind(**{name: bad})


# Data --------------------------------------------------------------------------------------------


class Slices(keras.utils.PyDataset):
    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (self.x[4 * index : 4 * index + 4],)


def tf_dataset(x):
    needs("tensorflow")
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(x).batch(4)


def torch_loader(x):
    needs("torch")
    import torch

    rows = torch.utils.data.TensorDataset(torch.from_numpy(x))
    return torch.utils.data.DataLoader(rows, batch_size=4)


SOURCES = {
    "array": lambda x: x,
    "tensor": keras.ops.convert_to_tensor,
    "tf.data": tf_dataset,
    "DataLoader": torch_loader,
    "generator": lambda x: ((x[i : i + 4],) for i in (0, 4)),
    "PyDataset": Slices,
}
READERS = {
    "fit": lambda model, x: model.fit(x, shuffle=False, verbose=0),
    "evaluate": lambda model, x: model.evaluate(x, verbose=0),
    "predict": lambda model, x: model.predict(x, verbose=0),
    "validation": lambda model, x: fit(model, validation_data=x),
    "train_on_batch": lambda model, x: model.train_on_batch(x),
    "test_on_batch": lambda model, x: model.test_on_batch(x),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
}
READ = [
    (reader, source)
    for reader in READERS
    for source in SOURCES
    if "on_batch" not in reader or source in ("array", "tensor")
]


@pytest.mark.parametrize(
    ("reader", "source", "objective", "architecture"),
    [(*read, *CELLS[i % len(CELLS)]) for i, read in enumerate(READ)],
)
def test_pixels_out_of_range_are_refused_wherever_they_come_from(
    reader, source, objective, architecture
):
    model = new(objective, architecture)
    before = model.get_weights()
    unknown = X.copy()
    unknown[1, 0, 0, 0] = np.nan
    whole = source in ("array", "tensor")
    # TensorFlow refuses a set of its own by its own error.
    kind = Exception if source == "tf.data" else ValueError
    name = "`validation_data`" if reader == "validation" and whole else "`x`"
    for bad in (255 * X, unknown):
        with says(kind, name, "Received"):
            READERS[reader](model, SOURCES[source](bad))
    # What is read batch by batch to validate is read after the training.
    if reader != "validation" or whole:
        assert_moved_nowhere(model, before)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize(
    ("source", "objective", "architecture"),
    [(source, *CELLS[(4 * i + 1) % len(CELLS)]) for i, source in enumerate(SOURCES)],
)
def test_every_source_of_images_gives_the_same(source, objective, architecture):
    model, other = (new(objective, architecture) for _ in range(2))
    give = SOURCES[source]
    fit(model)
    other.fit(
        give(X),
        **{"batch_size": 4} if source in ("array", "tensor") else {},
        shuffle=False,
        verbose=0,
    )
    assert_same_weights(model, other)
    np.testing.assert_allclose(other.predict(give(X), verbose=0), predict(model), atol=1e-6)
    found = other.evaluate(give(X), verbose=0, return_dict=True)["loss"]
    wanted = model.evaluate(X, batch_size=4, verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def memmap(x, folder):
    np.save(folder / "x.npy", x)
    return np.load(folder / "x.npy", mmap_mode="r")


ARRAYS = {
    "big-endian": lambda x, folder: x.astype(">f4"),
    "big-endian doubles": lambda x, folder: x.astype(">f8"),
    "Fortran": lambda x, folder: np.asfortranarray(x),
    "read-only": lambda x, folder: read_only(x),
    "memmap": memmap,
    "float64": lambda x, folder: x.astype("float64"),
    "float16": lambda x, folder: x.astype("float16"),
    "reversed": lambda x, folder: x[::-1].copy()[::-1],
    "broadcast": lambda x, folder: np.broadcast_to(x, x.shape),
}


@crossed(ARRAYS, 3, "array")
def test_arrays_of_any_memory_give_the_same(array, objective, architecture, tmp_path):
    # These pixels are exact in float16.
    x = (np.round(255 * X) / 256).astype("float32")
    given = ARRAYS[array](x, tmp_path)
    # A compiled step reads an array in another way.
    eager = not array.startswith("big")
    model, other = (new(objective, architecture, run_eagerly=eager) for _ in range(2))
    np.testing.assert_array_equal(predict(other, given), predict(model, x))
    np.testing.assert_array_equal(
        evaluation.reconstruct(other, given), evaluation.reconstruct(model, x)
    )
    assert evaluate(other, given) == evaluate(model, x)
    assert model.train_on_batch(x) == other.train_on_batch(given)
    assert_same_weights(other, model)
    np.testing.assert_array_equal(numpy(other.encode(given)), numpy(model.encode(x)))
    # Keras reads the argument of a call before the model does, and the backends differ.
    if not array.startswith("big"):
        np.testing.assert_array_equal(output(other, given), output(model, x))


def data_frame(x):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(x.reshape(len(x), -1))


NOT_IMAGES = {
    "list": lambda: X.tolist(),
    "list of arrays": lambda: list(X),
    "dict": lambda: {"x": X},
    "tuple": lambda: (X, X),
    "DataFrame": lambda: data_frame(X),
    "no channel": lambda: X[..., 0],
    "one image": lambda: X[0],
    "none": lambda: X[:0],
    "integers": lambda: (255 * X).astype("uint8"),
    "bools": lambda: X > 0.5,
    "complex": lambda: X.astype("complex64"),
    "words": lambda: "images",
    "None": lambda: None,
    "number": lambda: 0.5,
}


@functools.cache
def shared(objective, architecture):
    """A model for all tests that may not change it."""
    return new(objective, architecture)


@pytest.mark.parametrize(
    ("reader", "given", "objective", "architecture"),
    [
        (reader, given, *CELLS[(i + 5 * j) % len(CELLS)])
        for i, reader in enumerate(READERS)
        for j, given in enumerate(NOT_IMAGES)
        # A pair is images and their targets, and to validate is a choice.
        if reader != "validation" or given not in ("tuple", "None")
    ],
)
def test_what_is_no_array_of_images_is_refused(reader, given, objective, architecture):
    model = shared(objective, architecture)
    before = model.get_weights()
    name = "validation_data" if reader == "validation" else "x"
    with says((ValueError, TypeError), f"`{name}`", "Received"):
        READERS[reader](model, NOT_IMAGES[given]())
    assert_moved_nowhere(model, before)


# Batches -----------------------------------------------------------------------------------------


def noisy(**kwargs):
    def corruption(x, rng):
        return data.gaussian_noise(x, 0.1, rng)

    return data.Batches(X, corruption=corruption, **{"batch_size": 3, "seed": 2} | kwargs)


@pytest.mark.parametrize("workers", [1, 2])
@each_objective(5, 2)
def test_batches_are_predicted_and_evaluated_in_order_and_training_does_not_notice(
    workers, objective, architecture
):
    model, other = (new(objective, architecture) for _ in range(2))
    batches = data.Batches(X, batch_size=3, workers=workers)
    np.testing.assert_allclose(model.predict(batches, verbose=0), predict(model), atol=1e-6)
    found = model.evaluate(batches, verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(found, evaluate_in_threes(model), rtol=1e-5)
    batches, alone = noisy(workers=workers), noisy()
    for _ in range(2):
        fit(model, batches, batch_size=None, validation_data=batches)
        model.evaluate(batches, verbose=0)
        model.predict(batches, verbose=0)
        fit(other, alone, batch_size=None)
    assert_same_weights(model, other)


def evaluate_in_threes(model):
    return model.evaluate(X, batch_size=3, verbose=0, return_dict=True)["loss"]


@each_objective(6, 2)
def test_threads_may_predict_together(objective, architecture):
    model = new(objective, architecture, run_eagerly=False)
    wanted, found = predict(model), []

    def run():
        found.extend(predict(model) for _ in range(3))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    for x_hat in found:
        np.testing.assert_array_equal(x_hat, wanted)


# Resuming ----------------------------------------------------------------------------------------


def schedule():
    return keras.optimizers.schedules.ExponentialDecay(0.02, 2, 0.5)


OPTIMIZERS = {
    "Adam": lambda: keras.optimizers.Adam(0.01),
    "accumulating": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
    "schedule": lambda: keras.optimizers.Adam(schedule()),
    "averaging": lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=2),
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9, clipnorm=1.0),
}


@pytest.mark.parametrize(
    ("policy", "optimizer", "objective", "architecture"),
    [("float32", name, *cells(2 + i, 1)[0]) for i, name in enumerate(OPTIMIZERS)]
    + [("mixed_float16", "accumulating", "VAE", "own")],
)
def test_a_resumed_training_ends_like_one_that_ran_through(
    optimizer, objective, architecture, policy, settings, tmp_path
):
    settings.set_dtype_policy(policy)
    path = tmp_path / "a.keras"
    straight, first, resumed = (
        new(objective, architecture, seed, optimizer=OPTIMIZERS[optimizer]()) for seed in (0, 0, 1)
    )
    fit(straight, noisy(), 2, batch_size=None)
    fit(first, noisy(), 1, batch_size=None, callbacks=[keras.callbacks.ModelCheckpoint(str(path))])
    batches = noisy()
    assert saving.resume(resumed, batches, path) == 1
    fit(resumed, batches, 2, batch_size=None, initial_epoch=1)
    assert_same_weights(resumed, straight)


def test_another_learning_rate_warns_and_another_optimizer_is_refused(tmp_path):
    path = tmp_path / "a.keras"
    model = new("VAE", "own")
    fit(model, noisy(), batch_size=None)
    model.save(path)
    other = new("VAE", "own", optimizer=keras.optimizers.Adam(0.5))
    with pytest.warns(UserWarning, match=r"0\.01.*0\.5"):
        assert saving.resume(other, noisy(), path) == 1
    np.testing.assert_allclose(float(other.optimizer.learning_rate), 0.01)
    for optimizer in (keras.optimizers.SGD(0.01), keras.optimizers.Adam(schedule())):
        other = new("VAE", "own", seed=1, optimizer=optimizer)
        before = other.get_weights()
        with says(ValueError, "`model`", "Received", "optimizer"):
            saving.resume(other, noisy(), path)
        assert_moved_nowhere(other, before)


# Callbacks ---------------------------------------------------------------------------------------


@each_objective(0, 2)
def test_early_stopping_gives_back_the_best_weights(objective, architecture):
    model = new(objective, architecture, optimizer=keras.optimizers.SGD(10.0))
    best = {}

    def remember(epoch, logs):
        if logs["val_loss"] < best.get("loss", np.inf):
            best.update(loss=logs["val_loss"], weights=model.get_weights())

    stop = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    watch = keras.callbacks.LambdaCallback(on_epoch_end=remember)
    fit(model, epochs=5, validation_data=X, callbacks=[watch, stop])
    assert_moved_nowhere(model, best["weights"])


@each_objective(3, 2)
def test_a_checkpoint_and_a_lowered_learning_rate_are_in_the_file(
    objective, architecture, tmp_path
):
    path = tmp_path / "a.keras"
    model = new(objective, architecture)
    lower = keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=0, min_delta=1e9)
    keep = keras.callbacks.ModelCheckpoint(str(path))
    fit(model, epochs=3, callbacks=[lower, keep])
    assert float(model.optimizer.learning_rate) < 0.005
    loaded = ae_keras.load(path)
    assert optimizing(loaded) == optimizing(model)
    assert_same_weights(loaded, model)


class StoppedError(Exception):
    """What ends a training in the middle, as a power cut would."""


def stop_at(epoch):
    def stop(number, logs):
        if number == epoch:
            raise StoppedError

    return keras.callbacks.LambdaCallback(on_epoch_begin=stop)


@each_objective(6, 2)
def test_a_backup_goes_on_where_it_stopped(objective, architecture, tmp_path):
    straight, stopped, restored = (new(objective, architecture, seed) for seed in (0, 0, 1))
    fit(straight, epochs=3)
    backup = functools.partial(keras.callbacks.BackupAndRestore, str(tmp_path))
    with pytest.raises(StoppedError):
        fit(stopped, epochs=3, callbacks=[backup(), stop_at(2)])
    fit(restored, epochs=3, callbacks=[backup()])
    assert_same_weights(restored, straight)


# Ways to run a step ------------------------------------------------------------------------------


def trained(objective, architecture, **kwargs):
    model = new(objective, architecture, **kwargs)
    history = fit(model, epochs=2).history["loss"]
    return history, model.get_weights(), predict(model)


@each_objective(4, 4)
def test_compiled_steps_do_what_eager_ones_do(objective, architecture):
    found = trained(objective, architecture, run_eagerly=False)
    wanted = trained(objective, architecture)
    for ours, theirs in zip(found[1], wanted[1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-4)
    np.testing.assert_allclose(found[2], wanted[2], atol=1e-4)


def compiles():
    """PyTorch compiles for a minute, and takes one step at a time."""
    return backend.onnx_converter() != "onnx"


@pytest.mark.parametrize("options", [{"jit_compile": True}, {"steps_per_execution": 2}], ids=str)
# In TensorFlow, XLA draws other noise from the same seed, so these have none.
@pytest.mark.parametrize(("objective", "architecture"), [("plain", "conv"), ("VQVAE", "maps")])
def test_other_ways_to_compile_steps_do_the_same(options, objective, architecture, tmp_path):
    if not compiles():
        pytest.skip("PyTorch has no such way, or a slow one")
    found = trained(objective, architecture, run_eagerly=False, **options)
    wanted = trained(objective, architecture)
    for ours, theirs in zip(found[1], wanted[1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    np.testing.assert_allclose(found[2], wanted[2], atol=1e-4)


# Files for others, small numbers and few numbers -------------------------------------------------


def export_format():
    """A format that Keras writes on this backend."""
    return {"onnx": "torch"}.get(backend.onnx_converter(), "tf_saved_model")


@pytest.mark.parametrize("fitted", [False, True], ids=["new", "fitted"])
@pytest.mark.parametrize(("objective", "architecture"), [("VAE", "own"), ("VQVAE", "maps")])
@pytest.mark.filterwarnings("ignore")
def test_an_export_computes_what_the_model_does(fitted, objective, architecture, tmp_path):
    needs("tensorflow")
    if objective == "VQVAE" and keras.config.backend() == "jax":
        pytest.skip("JAX writes `top_k` for a newer TensorFlow than the one that is pinned")
    model = new(objective, architecture)
    if fitted:
        fit(model)
    before = model.get_weights()
    path = str(tmp_path / ("a.pt2" if export_format() == "torch" else "a"))
    model.export(path, format=export_format(), verbose=False)
    if export_format() == "torch":
        import torch

        found = torch.export.load(path).module()(torch.from_numpy(X[:1])).detach().numpy()
    else:
        import tensorflow as tf

        # Its function knows the variables only as long as somebody holds the whole.
        loaded = tf.saved_model.load(path)
        found = loaded.serve(X[:1]).numpy()
    np.testing.assert_allclose(found, predict(model, X[:1]), atol=1e-5)
    assert_moved_nowhere(model, before)


@each_objective(1, 2)
def test_an_onnx_file_is_right_and_changes_nothing(objective, architecture, tmp_path):
    needs(backend.onnx_converter())
    model = new(objective, architecture)
    freeze(model, "encoder")
    fit(model)
    before, kept = model.get_weights(), structure(model)
    assert saving.to_onnx(model, tmp_path / "a.onnx") < 1e-4
    assert structure(model) == kept
    assert_moved_nowhere(model, before)
    fit(model)


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`")
@pytest.mark.parametrize(
    ("mode", "objective", "architecture"),
    # Keras collects garbage for seconds when it quantizes, so there are few of them.
    [("int8", "VQVAE", "own"), ("int8", "VAE", "conv"), ("int4", "sparse, KL", "dense")],
)
def test_a_quantized_model_is_the_same_from_a_file(mode, objective, architecture, tmp_path):
    model = make(objective, architecture)
    before = predict(model)
    model.quantize(mode)
    found = predict(model)
    assert np.abs(found - before).max() < 0.2
    loaded = through_file(model, tmp_path)
    np.testing.assert_array_equal(predict(loaded), found)
    assert structure(loaded) == structure(model)


# A file holds the sum of kernel and change, for which the optimizer begins anew.
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
@each_objective(0, 3)
def test_a_low_rank_change_is_trained_and_saved(objective, architecture, tmp_path):
    model = make(objective, architecture)
    model.encoder.code.enable_lora(2)
    kernel = numpy(model.encoder.code._kernel)
    compiled(model)
    step(model)
    np.testing.assert_array_equal(numpy(model.encoder.code._kernel), kernel)
    assert not np.array_equal(numpy(model.encoder.code.kernel), kernel)
    found = predict(model)
    np.testing.assert_allclose(predict(through_file(model, tmp_path)), found, atol=1e-6)
    step(model)


# Parts and optimizers that do not fit ------------------------------------------------------------


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_encoder_of_two_outputs_is_refused(objective):
    kind, arguments, _ = OBJECTIVES[objective]
    x = keras.Input(SHAPE)
    h = layers.Flatten()(x)
    encoder = keras.Model(x, [layers.Dense(4)(h), layers.Dense(4)(h)])
    with says(ValueError, "`encoder`", "Received", "2"):
        kind(encoder, DenseDecoder(SHAPE, (6,)), **arguments)


@each_objective(6)
def test_an_optimizer_of_another_model_is_refused(objective, architecture):
    optimizer = keras.optimizers.Adam(0.01)
    first = new(objective, architecture, optimizer=optimizer)
    fit(first)
    second = new(objective, architecture, seed=1, optimizer=optimizer)
    before = second.get_weights()
    with says(ValueError, "optimizer", "Received"):
        fit(second)
    assert_moved_nowhere(second, before)
