"""What is exported for widgets, and that JavaScript computes with it what Keras does.

How they behave in a page is in tests/book/test_widgets_in_pages.py.
"""

import json
import shutil
import subprocess
import sys

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbformat import v4

import build
import execution
import nbval_plugin
from ae_course import widgets
from ae_keras import Autoencoder, backend, data, evaluation

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


@pytest.mark.parametrize("bits", [0, 9, 2.5])
def test_python_refuses_other_numbers_of_bits(bits):
    with pytest.raises(ValueError, match="bits"):
        widgets.export(network(keras.layers.Dense(2)), bits)


def test_javascript_refuses_other_layers_and_inputs():
    (layer,) = widgets.export(network(keras.layers.Dense(2)))
    x = np.zeros((1, 7))
    assert "selu" in javascript(x, layers=[layer | {"activation": "selu"}])
    assert "conv" in javascript(x, layers=[layer | {"layer": "conv"}])
    assert "toString" in javascript(x, layers=[{"layer": "toString"}])
    assert "7" in javascript(np.zeros((1, 6)), layers=[layer])


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
    return {
        "latent_plane": widgets.latent_plane(model, part, (-1, -1), (1, 1)),
        "draw_digit": widgets.draw_digit(plane, decoder, pca, part, {"one": x[0], "two": x[1]}),
        "size_and_rank": widgets.size_and_rank(x, sizes, sizes, 3.5, n=10),
    }


def test_a_bundle_has_picture_words_and_json(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    widgets._live_class.cache_clear()
    for kind, widget in shown.items():
        bundle = widget._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "image/png", widgets.MIME}
        assert bundle["text/plain"].startswith("Figure of ")
        spec = json.loads(json.dumps(bundle[widgets.MIME]))
        assert spec["kind"] == kind
        assert (execution.ROOT / "ae_course/widgets/static" / f"{kind}.js").exists()
        assert spec["title"]
        assert spec["note"]
    assert not plt.get_fignums()


def test_in_jupyter_it_is_live_and_the_stored_notebook_has_no_state(shown):
    pytest.importorskip("anywidget")
    widgets._live_class.cache_clear()
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


def test_the_plane_shows_one_image_of_each_group(shown):
    spec = shown["latent_plane"].spec
    assert len(spec["labels"]) == 20
    assert len(widgets.floats(spec["codes"])) == 40
