"""Every measure takes arrays, lists and tensors of any precision, and refuses anything else."""

import inspect
import warnings

import keras
import ml_dtypes
import numpy as np
import pytest

from ae_keras import VAE, Autoencoder, DenseEncoder, data, evaluation
from ae_keras.evaluation import anomaly, compression, inpainting
from contract import images, parts, says, tiny
from every_model import SHAPE, new

N = 12
X, X_HAT, BIG = images(N, SHAPE), images(N, SHAPE, seed=1), images(N, (12, 11, 1))
Z = np.random.default_rng(0).normal(size=(N, 2)).astype("float32")
LABELS = np.arange(N) % 3
FACTORS = np.stack([LABELS, np.arange(N) % 2], axis=1)
LEVELS = np.tile(np.arange(4), 6).reshape(N, 2)
MASK = np.ones((N, *SHAPE[:2], 1), bool)


def linear():
    """A model of Keras alone, from images to as many numbers."""
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(35)])


# Each measure with good arguments; the kind of each argument says what is bad for it.
MEASURES = {
    "reconstruct": (evaluation.reconstruct, {"model": tiny, "x": X, "batch_size": 5}),
    "encode": (evaluation.encode, {"model": tiny, "x": X, "batch_size": 5}),
    "decode": (evaluation.decode, {"model": tiny, "z": Z, "batch_size": 5}),
    "squared_error": (evaluation.squared_error, {"x": X, "x_hat": X_HAT}),
    "mean_image_error": (evaluation.mean_image_error, {"x_train": X, "x": X_HAT}),
    "fit_pca": (evaluation.fit_pca, {"x_train": X, "latent_dim": 2}),
    "pca_error": (evaluation.pca_error, {"x_train": X, "x": X_HAT, "latent_dim": 2}),
    "pca_reconstruct": (
        evaluation.pca_reconstruct,
        {"pca": lambda: evaluation.fit_pca(X, 2), "x": X},
    ),
    "psnr": (evaluation.psnr, {"x": X, "x_hat": X_HAT}),
    "ssim": (evaluation.ssim, {"x": BIG, "x_hat": 1 - BIG}),
    "posterior": (
        evaluation.posterior,
        {"model": lambda: new("variational"), "x": X, "batch_size": 5},
    ),
    "kl_per_unit": (evaluation.kl_per_unit, {"z_mean": Z, "z_log_var": Z / 2}),
    "active_units": (evaluation.active_units, {"z_mean": Z, "threshold": 0.5}),
    "probe_accuracy": (
        evaluation.probe_accuracy,
        {"z_train": Z, "labels_train": LABELS, "z_test": Z, "labels_test": LABELS},
    ),
    "knn_accuracy": (
        evaluation.knn_accuracy,
        {"z_train": Z, "labels_train": LABELS, "z_test": Z, "labels_test": LABELS, "k": 3},
    ),
    "nearest": (evaluation.nearest, {"z": Z, "queries": Z[:4], "k": 2}),
    "cluster": (evaluation.cluster, {"z": Z, "n_clusters": 2, "seed": 3}),
    "cluster_agreement": (evaluation.cluster_agreement, {"clusters": LABELS, "labels": LABELS}),
    "perplexity": (evaluation.perplexity, {"indices": LABELS, "num_embeddings": 3}),
    "mutual_information_gap": (
        evaluation.mutual_information_gap,
        {"z": Z, "factors": FACTORS, "n_bins": 4, "z_log_var": Z / 2, "seed": 3},
    ),
    "pixel_entropy": (evaluation.pixel_entropy, {"x": X}),
    "negative_elbo": (
        evaluation.negative_elbo,
        {"model": lambda: new("variational"), "x": X, "n_samples": 2, "seed": 1},
    ),
    "negative_elbo_per_image": (
        evaluation.negative_elbo_per_image,
        {"model": lambda: new("variational"), "x": X, "n_samples": 2, "seed": 1},
    ),
    "log_likelihood": (
        evaluation.log_likelihood,
        {"model": lambda: new("importance weighted"), "x": X, "n_samples": 2, "seed": 1},
    ),
    "reconstruction_score": (anomaly.reconstruction_score, {"model": tiny, "x": X}),
    "mahalanobis_score": (anomaly.mahalanobis_score, {"z_train": Z, "z": Z[:5]}),
    "knn_score": (anomaly.knn_score, {"z_train": Z, "z": Z[:5], "k": 3}),
    "elbo_score": (
        anomaly.elbo_score,
        {"model": lambda: new("variational"), "x": X, "n_samples": 2, "seed": 1},
    ),
    "threshold": (anomaly.threshold, {"scores": Z[:, 0], "false_positive_rate": 0.2}),
    "fit_quantizer": (compression.fit_quantizer, {"z_train": Z, "bits": 2}),
    "code_length": (
        compression.code_length,
        {"levels_train": LEVELS, "levels": LEVELS[:5], "n_levels": 4},
    ),
    "jpeg": (compression.jpeg, {"x": X, "quality": 50}),
    "masked_mse": (inpainting.masked_mse, {"x": X, "x_hat": X_HAT, "mask": MASK}),
}


def test_every_measure_is_tested():
    """With each of its arguments, so that a new one is not forgotten."""
    public = {
        name: value
        for module in (evaluation, anomaly, compression, inpainting)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__.startswith("ae_keras.evaluation")
        if not name.startswith("_")
    }
    assert public == {name: measure for name, (measure, _) in MEASURES.items()}
    for name, (measure, given) in MEASURES.items():
        assert set(given) == set(inspect.signature(measure).parameters), name


# What is good ------------------------------------------------------------------------------------


def run(name, **changes):
    measure, given = MEASURES[name]
    made = {key: value() if callable(value) else value for key, value in given.items()}
    found = measure(**(made | changes))
    if hasattr(found, "components_"):
        return found.components_
    if hasattr(found, "bin_edges_"):
        return np.stack(found.bin_edges_)
    return found


def arrays_of(name):
    """The names of the arguments that are arrays of floats."""
    return [
        key
        for key, value in MEASURES[name][1].items()
        if isinstance(value, np.ndarray) and value.dtype == "float32"
    ]


WITH_ARRAYS = [name for name in MEASURES if arrays_of(name)]


def several(results):
    return results if isinstance(results, tuple) else (results,)


def as_tensor(values):
    return keras.ops.convert_to_tensor(values)


def rounded(x):
    """`x` in numbers that 8 bits hold, so that each precision must give the same result."""
    return (np.round(x * 128) / 128).astype("float32")


@pytest.mark.parametrize("name", WITH_ARRAYS)
def test_arrays_of_16_and_64_bits_lists_and_tensors_give_what_32_bits_give(name):
    _, given = MEASURES[name]
    # Each number is one that bfloat16, with its 8 bits, holds exactly.
    exact = {key: rounded(np.clip(given[key], -0.9, 0.99)) for key in arrays_of(name)}
    wanted = run(name, **exact)
    kinds = {
        "float16": lambda x: x.astype("float16"),
        "bfloat16": lambda x: x.astype(ml_dtypes.bfloat16),
        "float64": lambda x: x.astype("float64"),
        "list": lambda x: x.tolist(),
        "tensor": as_tensor,
        "tensor of 16 bits": lambda x: keras.ops.cast(as_tensor(x), "bfloat16"),
    }
    for kind, change in kinds.items():
        found = run(name, **{key: change(value) for key, value in exact.items()})
        for one, other in zip(several(found), several(wanted), strict=True):
            np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-5, err_msg=kind)


@pytest.mark.parametrize("name", [name for name in MEASURES if name not in WITH_ARRAYS])
def test_labels_and_indices_may_be_tensors_and_lists(name):
    _, given = MEASURES[name]
    wanted = run(name)
    for change in (as_tensor, np.ndarray.tolist):
        changed = {k: change(v) for k, v in given.items() if isinstance(v, np.ndarray)}
        np.testing.assert_array_equal(run(name, **changed), wanted)


def test_labels_may_be_words():
    words = np.array(["cat", "dog", "emu"])[LABELS]
    for name in ("probe_accuracy", "knn_accuracy"):
        assert run(name, labels_train=words, labels_test=words) == run(name)
    assert run("cluster_agreement", labels=words) == 1


def test_sums_are_made_in_more_than_16_bits():
    """4096 squares of 1/16 add up to 16; in bfloat16, the sum would stop growing at 1 or so."""
    x = np.full((1, 64, 64, 1), 0.0625, ml_dtypes.bfloat16)
    assert evaluation.squared_error(x, 0 * x).tolist() == [16]
    assert evaluation.psnr(x, 0 * x) == pytest.approx(-20 * np.log10(0.0625))
    z = np.array([[256.5, 0], [-256.5, 0]], "float16")
    assert evaluation.kl_per_unit(z, 0 * z).tolist() == [256.5**2 / 2, 0]  # More than 65504 / 2.


@pytest.fixture(params=["mixed_bfloat16", "mixed_float16", "float64"])
def policy(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX warns that it will compute in 32 bits.
        given = keras.ops.zeros((), request.param.removeprefix("mixed_")).dtype
    if "32" in str(given):
        pytest.skip("JAX computes in 64 bits only if it is told to before it starts")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("kind", ["plain", "variational", "vector quantised"])
def test_models_of_any_precision_give_float32(policy, kind):
    model = new(kind)
    z, x_hat = evaluation.encode(model, X), evaluation.reconstruct(model, X)
    pictures = evaluation.decode(model, z)
    assert z.dtype == x_hat.dtype == pictures.dtype == np.float32
    assert np.isfinite(evaluation.psnr(X, x_hat)).all()
    assert np.isfinite(anomaly.knn_score(z, z)).all()
    keras.config.set_dtype_policy("float32")
    twin = new(kind)
    np.testing.assert_allclose(x_hat, evaluation.reconstruct(twin, X), atol=0.02)
    np.testing.assert_allclose(pictures, evaluation.decode(twin, z), atol=0.02)


def test_layers_and_models_without_weights_yet_are_used_as_they_are():
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.layers.Dense(35), keras.layers.Reshape(SHAPE)])
    model = Autoencoder(encoder, decoder)
    assert evaluation.encode(model, X).shape == (N, 2)
    assert evaluation.reconstruct(model, X).shape == X.shape
    model = Autoencoder(keras.layers.Flatten(), keras.layers.Reshape(SHAPE))
    np.testing.assert_array_equal(evaluation.encode(model, X), X.reshape(N, -1))
    np.testing.assert_array_equal(evaluation.decode(model, X.reshape(N, -1)), X)


# What is bad -------------------------------------------------------------------------------------


def with_one(x, value):
    x = x.copy()
    x.flat[-1] = value
    return x


def bad_images(name, x):
    return {
        "no channel": (x[..., 0], f"{name}.shape={x.shape[:3]}"),
        "none": (x[:0], f"{name}.shape={(0, *x.shape[1:])}"),
        "one number": (0.5, f"{name}.shape=()"),
        "integers": ((255 * x).astype("uint8"), f"{name}.dtype=uint8"),
        "words": (x.astype(str), f"{name}.dtype=<U"),
        "0 to 255": (255 * x, "25"),
        "NaN": (with_one(x, np.nan), "NaN"),
        "data.Images": (data.Images(x, LABELS, LABELS), "data.Images of 12 images"),
        "None": (None, f"{name}.shape=()"),
        "ragged lists": ([[1.0], [1.0, 2.0]], f"{name} of type list"),
    }


def bad_codes(name, z, flat=True):
    return {
        "none": (z[:0], f"{name}.shape=(0, 2)"),
        "one number": (0.5, f"{name}.shape=()"),
        "words": (z.astype(str), "number"),
        "NaN": (with_one(z, np.nan), "NaN"),
        "infinity": (with_one(z, np.inf), "NaN"),
        "data.Images": (data.Images(X, LABELS, LABELS), "data.Images of 12 images"),
        "None": (None, f"{name}.shape=()"),
        "ragged lists": ([[1.0], [1.0, 2.0]], f"{name} of type list"),
    } | ({"three axes": (z[..., None], f"{name}.shape=")} if flat else {})


def only(wrong, *which):
    return {key: wrong[key] for key in which}


def bad_labels(name):
    return {
        "another number": (LABELS[:5], f"{name}.shape=(5,)"),
        "a column": (LABELS[:, None], f"{name}.shape=(12, 1)"),
        "fractions": (LABELS / 2, f"{name}.dtype=float64"),
        "None": (None, f"{name}.shape=()"),
        "data.Images": (data.Images(X, LABELS, LABELS), "data.Images of 12 images"),
    }


def bad_whole(name, at_most=None):
    wrong = {repr(bad): (bad, f"{name}={bad!r}") for bad in (0, -1, 2.5, True, "2", None)}
    return wrong | ({"too large": (at_most + 1, f"{at_most}")} if at_most else {})


def bad_numbers(name):
    wrong = only(bad_images(name, X), "none", "one number", "words", "data.Images", "None")
    wrong["another number"] = (X[:5], "5")
    return wrong


SEEDS = {repr(bad): (bad, f"seed={bad!r}") for bad in (-1, 2**32, 0.5, True, None)}
MODELS = {
    "None": (None, "model=None"),
    "a path": ("model.keras", "model='model.keras'"),
}
NOT_VAE = {
    "None": (None, "NoneType"),
    "another objective": (tiny, "Autoencoder"),
    "plain Keras": (linear, "Sequential"),
}

# What is wrong with which argument: what is passed, and what the message says of it.
WRONG = {
    ("reconstruct", "model"): MODELS | {"no images": (linear, "(12, 35)")},
    ("encode", "model"): MODELS | {"plain Keras": (linear, "Sequential")},
    ("decode", "model"): MODELS | {"plain Keras": (linear, "Sequential")},
    ("decode", "z"): bad_codes("z", Z, flat=False)
    | {"another width": (Z[:, :1], "z.shape=(12, 1)")},
    ("squared_error", "x"): bad_numbers("x"),
    ("squared_error", "x_hat"): bad_numbers("x_hat"),
    ("mean_image_error", "x_train"): bad_images("x_train", X),
    ("mean_image_error", "x"): only(bad_images("x", X), "none", "words", "None")
    | {"no channel": (X[..., 0], "(7, 5) and (7, 5, 1)")},
    ("pca_error", "x_train"): bad_images("x_train", X),
    ("pca_error", "x"): {"another size": (X[:, 1:], "(12, 6, 5, 1)"), **bad_codes("x", Z, False)},
    ("pca_error", "latent_dim"): bad_whole("latent_dim", N),
    ("fit_pca", "x_train"): bad_images("x_train", X) | {"a single one": (X[:1], "one")},
    ("fit_pca", "latent_dim"): bad_whole("latent_dim", N),
    ("pca_reconstruct", "pca"): {
        "None": (None, "pca=None"),
        "not fitted": (evaluation.fit_pca(X, 2).__class__(2), "pca=PCA"),
    },
    ("pca_reconstruct", "x"): {"another size": (X[:, 1:], "x.shape=(12, 6, 5, 1)")},
    ("psnr", "x_hat"): bad_images("x_hat", X) | {"another number": (X[:5], "(5, 7, 5, 1)")},
    ("ssim", "x_hat"): bad_images("x_hat", BIG) | {"another number": (BIG[:5], "(5, 12, 11, 1)")},
    ("posterior", "model"): NOT_VAE,
    ("negative_elbo_per_image", "model"): NOT_VAE,
    ("kl_per_unit", "z_mean"): bad_codes("z_mean", Z),
    ("kl_per_unit", "z_log_var"): bad_codes("z_log_var", Z) | {"another": (Z[:5], "(5, 2)")},
    ("active_units", "z_mean"): bad_codes("z_mean", Z),
    ("active_units", "threshold"): {
        repr(bad): (bad, f"threshold={bad!r}") for bad in (-1, "0", None, True, np.nan)
    },
    ("probe_accuracy", "z_train"): bad_codes("z_train", Z, flat=False),
    ("probe_accuracy", "labels_train"): bad_labels("labels_train")
    | {"one class": (0 * LABELS, "12")},
    ("probe_accuracy", "z_test"): bad_codes("z_test", Z, flat=False)
    | {"another width": (Z[:, :1], "1 and 2")},
    ("probe_accuracy", "labels_test"): bad_labels("labels_test"),
    ("knn_accuracy", "z_train"): bad_codes("z_train", Z, flat=False),
    ("knn_accuracy", "labels_train"): bad_labels("labels_train"),
    ("knn_accuracy", "z_test"): bad_codes("z_test", Z, flat=False)
    | {"another width": (Z[:, :1], "1 and 2")},
    ("knn_accuracy", "labels_test"): bad_labels("labels_test"),
    ("knn_accuracy", "k"): bad_whole("k", N),
    ("nearest", "z"): bad_codes("z", Z, flat=False),
    ("nearest", "queries"): bad_codes("queries", Z, flat=False)
    | {"another width": (Z[:, :1], "1 and 2")},
    ("nearest", "k"): bad_whole("k", N),
    ("cluster", "z"): bad_codes("z", Z, flat=False),
    ("cluster", "n_clusters"): bad_whole("n_clusters", N),
    ("cluster_agreement", "clusters"): bad_labels("clusters"),
    ("cluster_agreement", "labels"): only(bad_labels("labels"), "a column", "fractions", "None"),
    ("perplexity", "indices"): {
        "too large": (LABELS + 1, "1 to 3, num_embeddings=3"),
        "negative": (LABELS - 1, "-1 to 1"),
        "fractions": (LABELS / 2, "indices.dtype=float64"),
        "truth values": (LABELS > 0, "indices.dtype=bool"),
        "none": (LABELS[:0], "0 values"),
        "None": (None, "indices.dtype=object"),
    },
    ("perplexity", "num_embeddings"): bad_whole("num_embeddings"),
    ("mutual_information_gap", "z"): bad_codes("z", Z) | {"one unit": (Z[:, :1], "(12, 1)")},
    ("mutual_information_gap", "factors"): {
        "another number": (FACTORS[:5], "factors.shape=(5, 2)"),
        "one axis": (LABELS, "factors.shape=(12,)"),
        "fractions": (FACTORS / 2, "factors.dtype=float64"),
    },
    ("mutual_information_gap", "n_bins"): bad_whole("n_bins") | {"one": (1, "n_bins=1")},
    ("mutual_information_gap", "z_log_var"): {
        **only(bad_codes("z_log_var", Z), "none", "one number", "words", "NaN", "infinity"),
        "another": (Z[:5], "(5, 2)"),
    },
    ("negative_elbo", "model"): NOT_VAE,
    ("log_likelihood", "model"): NOT_VAE,
    ("elbo_score", "model"): NOT_VAE,
    ("reconstruction_score", "model"): MODELS,
    ("mahalanobis_score", "z_train"): bad_codes("z_train", Z),
    ("mahalanobis_score", "z"): bad_codes("z", Z),
    ("knn_score", "z_train"): bad_codes("z_train", Z),
    ("knn_score", "z"): bad_codes("z", Z),
    ("knn_score", "k"): bad_whole("k", N),
    ("threshold", "scores"): {
        "a matrix": (Z, "scores.shape=(12, 2)"),
        "NaN": (with_one(Z[:, 0], np.nan), "NaN"),
        "None": (None, "scores.shape=()"),
    },
    ("fit_quantizer", "z_train"): bad_codes("z_train", Z),
    ("fit_quantizer", "bits"): bad_whole("bits", 12),
    ("code_length", "levels_train"): bad_codes("levels_train", Z),
    ("code_length", "levels"): bad_codes("levels", Z) | {"too large": (LEVELS + 1, "a level 4")},
    ("code_length", "n_levels"): {
        **only(bad_whole("n_levels"), "0", "-1", "2.5", "True", "'2'"),
        "fewer than were seen": (3, "n_levels=3"),
    },
    ("jpeg", "quality"): bad_whole("quality", 95),
    ("masked_mse", "x"): only(bad_images("x", X), "none", "words", "None")
    | {"no channel": (X[..., 0], "x (12, 7, 5)")},
    ("masked_mse", "x_hat"): only(bad_images("x_hat", X), "none", "words", "None")
    | {"no channel": (X[..., 0], "x_hat (12, 7, 5)")},
    ("masked_mse", "mask"): {
        "numbers": (MASK * 1.0, "mask.dtype=float64"),
        "None": (None, "mask.dtype=object"),
    },
}
for _name in ("reconstruct", "encode", "decode", "posterior"):
    WRONG[_name, "batch_size"] = bad_whole("batch_size")
for _name in ("negative_elbo", "negative_elbo_per_image", "log_likelihood", "elbo_score"):
    WRONG[_name, "n_samples"], WRONG[_name, "seed"] = bad_whole("n_samples"), SEEDS
WRONG["cluster", "seed"] = WRONG["mutual_information_gap", "seed"] = SEEDS
for _name, (_, _given) in MEASURES.items():
    if _given.get("x") is X and _name not in ("squared_error", "masked_mse", "pca_reconstruct"):
        WRONG.setdefault((_name, "x"), bad_images("x", X))


@pytest.mark.parametrize(("name", "argument"), WRONG, ids=[" ".join(each) for each in WRONG])
def test_bad_input_is_refused(name, argument):
    for kind, (bad, received) in WRONG[name, argument].items():
        try:
            with says(ValueError, f"`{argument}`", received):
                run(name, **{argument: bad() if inspect.isfunction(bad) else bad})
        except BaseException as error:
            error.add_note(f"{name}({argument}=...) with {kind}")
            raise


def test_images_of_another_size_than_the_models_are_refused():
    for measure in (evaluation.encode, evaluation.reconstruct):
        with says(ValueError, "`x`", "(batch, 7, 5, 1)", "6, 5, 1)"):
            measure(tiny(), X[:, 1:])


def test_images_smaller_than_the_window_of_ssim_are_refused():
    with says(ValueError, "`x`", "11", "12 x 10"):
        evaluation.ssim(BIG[:, :, :10], BIG[:, :, :10])
    assert evaluation.ssim(BIG[:, :11], BIG[:, :11]) == pytest.approx(1)


def test_a_level_that_was_never_seen_needs_the_number_of_levels():
    with says(ValueError, "`levels`", "a level 2", "n_levels=None"):
        compression.code_length([[0], [1]], [[2]])
    # What else is sent makes no difference to what a code costs.
    alone = compression.code_length([[0], [0], [0], [1]], [[0]], n_levels=3)
    both = compression.code_length([[0], [0], [0], [1]], [[0], [2]], n_levels=3)
    assert alone[0] == both[0] == pytest.approx(np.log2(7 / 4))


def test_the_error_of_a_diverged_model_is_nan():
    x_hat = with_one(X, np.nan)
    found = evaluation.squared_error(X, x_hat)
    assert np.isnan(found[-1])
    assert (found[:-1] == 0).all()


def test_a_model_that_returns_several_arrays_is_refused():
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, [inputs, inputs])
    with says(ValueError, "`model`", "list"):
        evaluation.reconstruct(model, X)


def test_codes_of_a_vae_with_an_encoder_of_ones_own():
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)])
    z_mean, z_log_var = evaluation.posterior(VAE(encoder, parts(4)[1]), X)
    assert z_mean.shape == z_log_var.shape == (N, 2)
    assert z_mean.dtype == z_log_var.dtype == np.float64
    assert evaluation.encode(Autoencoder(DenseEncoder(2, (8,)), parts(2)[1]), X).shape == (N, 2)
