"""A `.keras` file written on one backend can be read on each: same outputs, same further training.

There is one process for each backend. It writes its files, waits until the others have written
theirs, and reads all of them. It runs this file: `python test_portability.py folder`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# Nothing else needs to be imported to read a file. It chooses the backend, so it must come first.
import ae_keras

BACKENDS = ae_keras.backend.BACKENDS
SHAPE = (7, 5, 1)
RUNNING = os.environ["KERAS_BACKEND"]  # `backend.choose` has set it.

pytestmark = pytest.mark.skipif(
    RUNNING != "jax", reason="runs once for all three, in the tests of jax"
)


# In the processes --------------------------------------------------------------------------------


def convolutional_with_a_schedule():
    import keras

    model = ae_keras.Autoencoder(
        ae_keras.ConvEncoder(2, (2, 3), "pool"), ae_keras.ConvDecoder(SHAPE, (3, 2), "nearest")
    )
    schedule = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=12)
    model.compile(keras.optimizers.AdamW(schedule), loss=ae_keras.losses.binary_crossentropy)
    return model


def dense_with_adam(kind="Autoencoder", width=2, code_activation="linear", **hyperparameters):
    import keras

    from contract import parts

    dense = parts(width, SHAPE, code_activation=code_activation)
    model = getattr(ae_keras, kind)(*dense, **hyperparameters)
    loss = None if kind == "IWAE" else ae_keras.losses.squared_error
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    return model


def variational_with_a_changed_beta():
    model = dense_with_adam("VAE", 4, seed=5)
    model.beta.assign(0.25)
    return model


MODELS = {
    "convolutional with a schedule": convolutional_with_a_schedule,
    "dense with Adam": dense_with_adam,
    "sparse": lambda: dense_with_adam("SparseAutoencoder", 2, "sigmoid", target=0.1),
    "vector quantised": lambda: dense_with_adam("VQVAE", 4, num_embeddings=5, embedding_dim=2),
    "denoising": lambda: dense_with_adam("DenoisingAutoencoder", corruption="masking", seed=3),
    "contractive": lambda: dense_with_adam("ContractiveAutoencoder", weight=0.01),
    "variational": variational_with_a_changed_beta,
    "importance weighted": lambda: dense_with_adam("IWAE", 4, n_samples=2),
}
# These draw random numbers while training, which differ between the backends.
DRAW = ["denoising", "contractive", "variational", "importance weighted"]
ALIKE = [name for name in MODELS if name not in DRAW]


def train(model, epochs):
    from ae_keras.data import Batches
    from contract import images

    batches = Batches(images(10, SHAPE), batch_size=5)
    return model.fit(batches, epochs=epochs, shuffle=False, verbose=0).history["loss"]


def observe(model, path):
    """Write to `path` what can be observed of a model before and after it is trained further."""
    from keras.ops import convert_to_numpy

    from contract import images, output

    x = images(3, SHAPE, seed=9)
    seen = {
        "type": type(model).__name__,
        "compiled": model.jit_compile,
        "output": output(model, x).tolist(),
        "rate": float(model.optimizer.learning_rate),
        "steps": int(model.optimizer.iterations),
        "random state": [convert_to_numpy(v).tolist() for v in model._random_states()],
        "beta": float(getattr(model, "beta", 0)),
        "moments": [float(abs(convert_to_numpy(v)).sum()) for v in model.optimizer.variables[2:]],
    }
    seen |= {"losses": train(model, 2), "later output": output(model, x).tolist()}
    path.write_text(json.dumps(seen))


def process(folder):
    import keras

    for name, make in MODELS.items():
        model = ae_keras.backend.seed_weights(make(), 0)
        train(model, 3)
        model.save(folder / f"{name}-{RUNNING}.keras")
        observe(model, folder / f"{name}-{RUNNING}.json")
    print("written", flush=True)
    input()
    for path in folder.glob("*.keras"):
        observe(keras.models.load_model(path), folder / f"{path.stem}-{RUNNING}.json")


# In the tests ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The folder where the three processes have left their files and their observations."""
    import execution
    from contract import needs

    for backend in BACKENDS:
        needs(backend)
    folder = tmp_path_factory.mktemp("portability")
    settings = execution.ENVIRONMENT | {"PYTHONPATH": str(Path(__file__).parents[1])}
    running = []
    for backend in BACKENDS:
        with open(folder / f"{backend}.log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, __file__, folder],
                env=os.environ | settings | {"KERAS_BACKEND": backend},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        running.append(process)
    written = [process.stdout.readline() for process in running]
    if written == ["written\n"] * 3:
        # All read at the same time, so all are told before the first is waited for.
        for process in running:
            process.stdin.write("go on\n")
            process.stdin.flush()
    for process in running:
        process.communicate(timeout=600)
    for process, backend in zip(running, BACKENDS, strict=True):
        assert process.returncode == 0, (folder / f"{backend}.log").read_text()
    return folder


def seen(folder, *names):
    return json.loads((folder / f"{'-'.join(names)}.json").read_text())


@pytest.mark.parametrize("reader", BACKENDS)
@pytest.mark.parametrize("writer", BACKENDS)
@pytest.mark.parametrize("model", MODELS)
def test_a_file_is_the_same_model_on_another_backend(folder, model, writer, reader):
    before, after = seen(folder, model, writer), seen(folder, model, writer, reader)
    assert after["type"] == before["type"]
    np.testing.assert_allclose(after["output"], before["output"], atol=1e-5)
    # State that is not trained must be restored as well.
    assert after["random state"] == before["random state"]
    assert len(after["random state"]) == (model in DRAW)
    if model == "variational":
        assert before["beta"] == 0.25
    assert after["beta"] == before["beta"]
    # Without the state of the optimizer, further training would differ.
    assert after["steps"] == before["steps"] == 6
    assert after["rate"] == pytest.approx(before["rate"], rel=1e-6)
    np.testing.assert_allclose(after["moments"], before["moments"], rtol=1e-5)
    # Further training gives the same on the same backend, and on others where nothing is drawn.
    assert np.isfinite(after["losses"]).all()
    if writer == reader:
        assert after["losses"] == before["losses"]
        assert after["later output"] == before["later output"]
    elif model in ALIKE:
        np.testing.assert_allclose(after["losses"], before["losses"], rtol=1e-4)
        np.testing.assert_allclose(after["later output"], before["later output"], atol=1e-4)
    # A model is compiled as its reader's backend compiles, which may not support the writer's way.
    assert after["compiled"] == seen(folder, model, reader)["compiled"]


@pytest.mark.parametrize("model", ALIKE)
@pytest.mark.parametrize("other", BACKENDS[1:])
def test_seeded_weights_and_batches_train_alike_on_every_backend(folder, model, other):
    first, second = seen(folder, model, BACKENDS[0]), seen(folder, model, other)
    np.testing.assert_allclose(second["output"], first["output"], atol=1e-4)
    np.testing.assert_allclose(second["losses"], first["losses"], rtol=1e-4)


if __name__ == "__main__":
    process(Path(sys.argv[1]))
