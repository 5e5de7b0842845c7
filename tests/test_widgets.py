"""What is exported for widgets, and that JavaScript computes with it what Keras does.

How they behave in a page is in tests/book/test_widgets_in_pages.py.
"""

import base64
import io
import json
import re
import shutil
import subprocess
import sys

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbformat import v4
from PIL import Image

import build
import execution
import nbval_plugin
from ae_course import widgets
from ae_keras import Autoencoder, ConvDecoder, ConvEncoder, backend, data, evaluation
from ae_keras.models.layers import UpConv2x2

CORE = execution.ROOT / "ae_course" / "widgets" / "static" / "core.js"
ASK = """
(given) => {
  try {
    const ask = given.pca ? AeCourse.project(given.pca) : AeCourse.network(given.layers);
    return given.x.map((x) => Array.from(ask(x)));
  } catch (error) { return error.message; }
}
"""
IN_NODE = f"""
eval(require("fs").readFileSync({str(CORE)!r}, "utf8"));
const given = JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(({ASK})(given)));
"""


def javascript(x, **given):
    """What the scripts answer for each row of `x`: an array, or the message of an error."""
    given |= {"x": np.asarray(x).reshape(len(x), -1).tolist()}
    if shutil.which("node"):
        asked = subprocess.run(
            ["node", "-e", IN_NODE], input=json.dumps(given), capture_output=True, text=True
        )
        assert not asked.returncode, asked.stderr
        answer = json.loads(asked.stdout)
    else:
        answer = in_chromium(given)
    return answer if isinstance(answer, str) else np.array(answer)


def in_chromium(given):
    from playwright.sync_api import sync_playwright

    import browser

    path = browser.find()
    if not path:
        pytest.skip(browser.ADVICE)
    with sync_playwright() as driver:
        tab = driver.chromium.launch(executable_path=path).new_page()
        tab.add_script_tag(path=CORE)
        return tab.evaluate(ASK, given)


def network(*layers, input_shape=(7,)):
    model = keras.Sequential([keras.Input(input_shape), *layers])
    backend.seed_weights(model, seed=0)
    return model


@pytest.mark.parametrize("bits", [8, 5, 3])
def test_javascript_agrees_with_keras(rng, bits):
    dense = keras.layers.Dense
    inner = network(dense(9, "relu"), dense(30, "gelu"), input_shape=(20,))
    outer = network(
        keras.layers.Flatten(), inner, dense(4, "tanh"), dense(60, "sigmoid"),
        keras.layers.Reshape((5, 4, 3)), input_shape=(2, 5, 2),
    )  # fmt: skip
    layers = json.loads(json.dumps(widgets.export(outer, bits)))
    x = rng.normal(0, 3, (50, 2, 5, 2)).astype("float32")
    golden = widgets.restore(layers, (2, 5, 2)).predict(x, verbose=0)
    assert golden.shape == (50, 5, 4, 3)
    assert np.abs(javascript(x, layers=layers) - golden.reshape(50, -1)).max() < 1e-5


@pytest.mark.parametrize(("side", "filters"), [(8, (4,)), (7, (3, 5))])
def test_javascript_agrees_with_keras_on_convolutions(rng, side, filters):
    shape = (side, side, 1)
    encoder = ConvEncoder(3, filters=filters, flat=False)
    up = [UpConv2x2(4, activation="gelu"), keras.layers.Conv2D(1, 5, 2, "same"), UpConv2x2(1)]
    crops = side % 2 ** len(filters)
    decoder = keras.Sequential(up) if crops else ConvDecoder(shape, filters=filters, flat=False)
    model = backend.seed_weights(network(encoder, decoder, input_shape=shape), seed=0)
    for weight in model.weights:  # biases are zero at first
        if len(weight.shape) == 1:
            weight.assign(rng.normal(size=weight.shape))
    layers = json.loads(json.dumps(widgets.export(model)))
    x = rng.uniform(size=(20, *shape)).astype("float32")
    restored = widgets.restore(layers, shape)
    golden = restored.predict(x, verbose=0)
    # Weights are rounded, and are those of the same layers.
    assert np.abs(golden - model.predict(x, verbose=0)).max() < 0.05 * np.ptp(golden) + 0.01
    assert np.abs(javascript(x, layers=layers) - golden.reshape(20, -1)).max() < 1e-5


def test_gelu_holds_far_from_zero():
    x = np.linspace(-12, 12, 400, dtype="float32")[:, None]
    model = network(keras.layers.Dense(1, "gelu"), input_shape=(1,))
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    answer = javascript(x, layers=widgets.export(model))
    assert np.abs(answer - model.predict(x, verbose=0)).max() < 2e-6


def test_weights_are_off_by_half_a_step_at_most_but_at_the_ends(rng):
    for shape in ((6, 40), (40, 6)):
        kernel = rng.normal(size=shape).astype("float32")
        layer = widgets.dense(kernel, np.zeros(shape[1]), bits=4)
        step = widgets.floats(layer["step"])
        step = step[:, None] if shape[0] < shape[1] else step
        rounded = widgets.kernel_of(layer)
        axis = int(shape[0] < shape[1])
        inside = (rounded > rounded.min(axis, keepdims=True)) & (
            rounded < rounded.max(axis, keepdims=True)
        )
        off = np.abs(rounded - kernel)
        assert (off <= 0.501 * step)[inside].all()
        assert inside.mean() > 0.5
        assert off.max() > 0


def test_the_same_weights_give_the_same_text():
    texts = [json.dumps(widgets.export(network(keras.layers.Dense(5)))) for _ in range(2)]
    assert texts[0] == texts[1]


def test_a_projection_is_that_of_pca(rng):
    x = rng.uniform(size=(60, 3, 3, 1))
    pca = evaluation.fit_pca(x, 4)
    layer = widgets.dense(pca.components_, pca.mean_)
    answer = javascript(x[:9], pca=layer)
    flat = x[:9].reshape(9, -1) - widgets.floats(layer["bias"])
    np.testing.assert_allclose(answer, flat @ widgets.kernel_of(layer).T, atol=1e-5)
    np.testing.assert_allclose(answer, pca.transform(x[:9].reshape(9, -1)), atol=0.05)


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (keras.layers.Dropout(0.5, name="drop"), "drop"),
        (keras.layers.Dense(3, activation="selu"), "selu"),
        (keras.layers.Dense(3, activation=lambda a: a * 2), "lambda"),
        (keras.layers.BatchNormalization(), "BatchNormalization"),
    ],
)
def test_python_refuses_other_layers(layer, named):
    with pytest.raises(ValueError, match=named):
        widgets.export(network(keras.layers.Dense(4), layer))


@pytest.mark.parametrize(
    "options", [{"padding": "valid"}, {"dilation_rate": 2}, {"groups": 2}, {"kernel_size": (3, 1)}]
)
def test_python_refuses_other_convolutions(options):
    layer = keras.layers.Conv2D(**{"filters": 2, "kernel_size": 3, "padding": "same"} | options)
    with pytest.raises(ValueError, match="Conv2D"):
        widgets.export(network(layer, input_shape=(6, 6, 2)))


def test_python_refuses_what_is_cropped():
    decoder = ConvDecoder((7, 7, 1), filters=(4, 2), flat=False)
    with pytest.raises(ValueError, match="Cropping2D"):
        widgets.export(network(decoder, input_shape=(2, 2, 3)))


@pytest.mark.parametrize("bits", [0, 9, 2.5])
def test_python_refuses_other_numbers_of_bits(bits):
    with pytest.raises(ValueError, match="bits"):
        widgets.export(network(keras.layers.Dense(2)), bits)


def test_javascript_refuses_other_layers_and_inputs():
    (layer,) = widgets.export(network(keras.layers.Dense(2)))
    x = np.zeros((1, 7))
    assert "selu" in javascript(x, layers=[layer | {"activation": "selu"}])
    assert "pool" in javascript(x, layers=[layer | {"layer": "pool"}])
    assert "toString" in javascript(x, layers=[{"layer": "toString"}])
    assert "7" in javascript(np.zeros((1, 6)), layers=[layer])
    (layer,) = widgets.export(network(UpConv2x2(1), input_shape=(3, 3, 2)))
    assert "square" in javascript(np.zeros((1, 12)), layers=[layer])


# What a notebook stores -------------------------------------------------------------------------


@pytest.fixture
def shown(rng):
    """Each widget, made of networks that were not trained."""
    x = rng.uniform(size=(40, 6, 6, 1)).astype("float32")
    part = data.Images(x, np.arange(40) % 10, np.arange(40) // 2)
    plane = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    to_pixels = keras.layers.Dense(36, "sigmoid")
    decoder = network(to_pixels, keras.layers.Reshape((6, 6, 1)), input_shape=(2,))
    plane.build((None, 6, 6, 1))
    model = Autoencoder(plane, decoder)
    pca = evaluation.fit_pca(x, 2)
    sizes = {2: x * 0.5, 8: x * 0.9}
    groups = {"normal": np.arange(40) < 30, "odd": np.arange(40) >= 30}
    fill = {"mean": lambda x, mask: np.where(mask, x.mean(), x)}
    return {
        "latent_plane": widgets.latent_plane({"plain": model}, part, {"plain": ((-1, -1), (1, 1))}),
        "draw_digit": widgets.draw_digit(plane, decoder, pca, part, {"one": x[0], "two": x[1]}),
        "sweep": widgets.size_and_rank(x, sizes, sizes, 3.5, n=10),
        "noise": widgets.noise({"model": model}, x),
        "alarm_budget": widgets.alarm_budget({"s": x.sum((1, 2, 3))}, groups, 2, 3, "a day"),
        "hole": widgets.hole(x[:2], fill, ["a 0", "a 1"], sizes=(2, 3), step=2, at=(1, 1)),
    }


def test_a_bundle_has_picture_words_and_json(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    widgets.live_class.cache_clear()
    for kind, widget in shown.items():
        bundle = widget._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "image/png", widgets.MIME}
        assert bundle["text/plain"].startswith("Figure of ")
        spec = json.loads(json.dumps(bundle[widgets.MIME]))
        assert spec["kind"] == kind
        assert (execution.ROOT / "ae_course/widgets/static" / f"{spec['kind']}.js").exists()
        assert spec["title"]
        assert spec["note"]
    assert not plt.get_fignums()


def test_in_jupyter_it_is_live_and_the_stored_notebook_has_no_state(shown):
    pytest.importorskip("anywidget")
    widgets.live_class.cache_clear()
    bundle = shown["latent_plane"]._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png", widgets.MIME, widgets.LIVE}
    live = shown["latent_plane"]._live
    assert live.spec == bundle[widgets.MIME]
    assert "export default" in live._esm
    cell = v4.new_code_cell("w", outputs=[v4.new_output("execute_result", bundle)])
    stored = build.tidy(v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}}))
    assert widgets.LIVE not in stored.cells[0].outputs[0].data
    assert "widgets" not in stored.metadata
    assert widgets.MIME in stored.cells[0].outputs[0].data


def test_nbval_compares_all_but_the_json():
    assert widgets.MIME in nbval_plugin.NOT_COMPARED
    assert not {"text/plain", "image/png"} & nbval_plugin.NOT_COMPARED


def test_a_drawing_has_alarms_and_may_do_without_baselines(rng):
    x = rng.uniform(size=(20, 8, 8, 1)).astype("float32")
    part = data.Images(x, np.arange(20) % 10, np.arange(20))
    encoder = ConvEncoder(3, filters=(4,), flat=False)
    decoder = ConvDecoder((8, 8, 1), filters=(4,), flat=False)
    backend.seed_weights(network(encoder, decoder, input_shape=(8, 8, 1)), seed=0)
    thresholds = {"autoencoder": 3.219}
    made = widgets.draw_digit(encoder, decoder, None, part, {"one": x[0]}, thresholds=thresholds)
    spec = made.spec
    assert "pca" not in spec
    assert spec["thresholds"] == {"autoencoder": 3.22}
    answer = javascript(x, layers=spec["encoder"] + spec["decoder"])
    errors = evaluation.squared_error(x, answer.reshape(x.shape))
    assert (spec["errors"][0], spec["errors"][-1]) == pytest.approx(
        tuple(np.quantile(errors, [0.005, 0.995])), abs=0.011
    )


def test_the_plane_shows_one_image_of_each_group(shown):
    spec = shown["latent_plane"].spec
    assert len(spec["labels"]) == 20
    assert len(widgets.floats(spec["planes"][0]["codes"])) == 40


def tiles(spec):
    """The pictures that a slider shows."""
    picture = Image.open(io.BytesIO(base64.b64decode(spec["sprite"]))).convert("L")
    side, columns = spec["tile"], spec["columns"]
    rows = np.asarray(picture).reshape(-1, side, columns, side).swapaxes(1, 2)
    return rows.reshape(-1, side, side) / 255


def decimals(text):
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


def test_sizes_have_their_pictures_and_errors(rng):
    x = rng.uniform(size=(30, 6, 6, 1)).astype("float32")
    linear, network = {2: x * 0.5, 8: x * 0.9}, {2: x * 0.6, 8: x * 0.8}
    spec = widgets.size_and_rank(x, linear, network, 3.5, n=10).spec
    for step, size in enumerate((2, 8)):
        assert spec["sentences"][step].startswith(f"{size} numbers")
        errors = [evaluation.squared_error(x, of[size]).mean() for of in (linear, network)]
        assert decimals(spec["sentences"][step]) == pytest.approx(errors, abs=0.051)
        for sheet, images in zip(spec["sheets"], (x, linear[size], network[size]), strict=True):
            shown = tiles(spec)[sheet["first"][step] :][:10]
            assert np.abs(shown - images[:10, ..., 0]).max() <= 0.5 / 15 + 0.003
    for line, of in zip(spec["curve"]["lines"], (linear, network), strict=True):
        assert line["x"] == [2, 8]
        errors = [evaluation.squared_error(x, of[size]).mean() for size in of]
        assert line["y"] == pytest.approx(errors, abs=0.001)


def test_bytes_take_the_best_that_fits(rng):
    x = rng.uniform(size=(4, 6, 6, 1))
    near, far = [(6.2, 3.0, x * 0.9), (3.1, 5.0, x * 0.5), (5.0, 5.5, x * 0.4)], [(20, 8.0, x * 0)]
    spec = widgets.bits(x, {"net": near, "JPEG": far}, [2, 4, 6, 32]).spec
    assert [line["at"] for line in spec["curve"]["lines"]] == [[None, 0, 0, 2], [None] * 3 + [0]]
    assert spec["sentences"][0].endswith("net needs more, JPEG needs more.")
    assert spec["sentences"][3].endswith("net 3.0, JPEG 8.0.")
    assert spec["sheets"][1]["first"][0] is None
    shown = tiles(spec)[spec["sheets"][1]["first"][2] :][:4]
    assert np.abs(shown - near[1][2][..., 0]).max() <= 0.5 / 15 + 0.003


def test_beta_tells_rate_and_distortion(rng):
    pictures = {beta: rng.uniform(size=(3, 5, 4, 4, 1)) for beta in (0.5, 4)}
    rates = {0.5: np.array([2.0, 1.0, 0.5]), 4: np.array([1.0, 0.0, 0.0])}
    spec = widgets.beta_sweep(pictures, rates, {0.5: 3.0, 4: 7.0}, 9.0).spec
    assert decimals(spec["sentences"][1]) == [1.0, 7.0, 11.0]
    assert "1.0, 0.0, 0.0" in spec["sheets"][0]["captions"][1]
    (line,) = spec["curve"]["lines"]
    assert (line["x"], line["y"]) == ([3.5, 1.0], [3.0, 7.0])
    shown = tiles(spec)[spec["sheets"][0]["first"][1] :][:15]
    assert np.abs(shown - pictures[4].reshape(15, 4, 4)).max() <= 0.5 / 15 + 0.003


def test_perplexity_counts_neighbours_that_are_kept(rng):
    points = rng.normal(size=(60, 2))
    maps = {"A": {2: points * 3, 30: rng.permutation(points)}}
    spec = widgets.perplexity({"A": points}, maps, k=5).spec
    kept, lost = spec["curve"]["lines"][0]["y"]
    assert kept == 1
    assert lost < 0.3
    places = np.frombuffer(base64.b64decode(spec["maps"][0]["steps"][0]), "uint8").reshape(-1, 2)
    scale = 255 / np.ptp(points, axis=0).max()
    off = places - scale * points
    assert np.ptp(off, axis=0).max() < 1.02


def test_alarms_are_counted(rng):
    score, kinds = np.exp(rng.normal(size=500)), np.arange(500) % 5
    groups = {"normal": kinds > 1, "large": kinds == 0, "odd": kinds == 1}
    spec = widgets.alarm_budget({"s": score, "t": 9 - 1 / score}, groups, 3, 10, "in 30", n=41).spec
    for name, values in (("s", score), ("t", 9 - 1 / score)):
        method = spec["methods"].index(name)
        thresholds = spec["thresholds"][method]
        assert thresholds == sorted(thresholds)
        for above, where in zip(spec["above"][method], groups.values(), strict=True):
            assert above == [np.sum(values[where] > at) for at in thresholds]
            assert above[-1] == 0
    assert [group["n"] for group in spec["groups"]] == [300, 100, 100]


def test_a_hole_is_filled_everywhere(rng):
    x = rng.uniform(size=(2, 6, 6, 1)).astype("float32")
    fills = {"half": lambda x, mask: x / 2, "third": lambda x, mask: np.where(mask, x / 3, 0)}
    spec = widgets.hole(x, fills, ["a 0", "a 1"], sizes=(2, 3), step=2, at=(1, 1)).spec
    stored = Image.open(io.BytesIO(base64.b64decode(spec["fills"]))).convert("L")
    stored, at = np.asarray(stored).ravel() / 255, 0
    for image in x[..., 0]:
        for size in (2, 3):
            for top in range(0, 6 - size + 1, 2):
                for left in range(0, 6 - size + 1, 2):
                    inside = image[top : top + size, left : left + size].ravel()
                    for part in (2, 3):
                        shown = stored[at : at + size**2]
                        assert np.abs(shown - inside / part).max() <= 0.5 / 15 + 0.003
                        at += size**2
