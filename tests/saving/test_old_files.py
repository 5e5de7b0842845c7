"""Files that version 0.1 wrote on each backend, when modules and arguments had other names."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import ae_keras
from contract import images, output

FILES = sorted((Path(__file__).parent / "files").glob("*.keras"))
X = images(10, (7, 5, 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("load", [ae_keras.load, keras.models.load_model])
def test_an_old_file_can_be_read_and_trained_further(path, load):
    model, seen = load(path), json.loads(path.with_suffix(".json").read_text())
    np.testing.assert_allclose(output(model, X[:2]).ravel(), seen["output"], atol=1e-5)
    assert int(model.optimizer.iterations) == seen["steps"]
    history = model.fit(X, batch_size=5, epochs=2, shuffle=False, verbose=0).history["loss"]
    assert np.isfinite(history).all()


def test_arguments_keep_their_values_under_their_new_names():
    folder = FILES[0].parent
    quantizer = ae_keras.load(folder / "vqvae-jax.keras").quantizer
    assert (quantizer.num_embeddings, quantizer.embedding_dim) == (5, 2)
    assert ae_keras.load(folder / "contractive-jax.keras").stddev == 0.02
