"""tests/device_guard.py: what it refuses, and what it lets through as PyTorch does on a GPU."""

import keras
import numpy as np
import pytest

import device_guard
from ae_keras import Autoencoder, backend, data
from contract import images, tiny

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "torch" or backend.device() != "CPU",
    reason="only PyTorch on the CPU is guarded",
)
ARRAY = np.ones(3, "float32")


@pytest.fixture
def tensor():
    return keras.ops.ones(3)


REFUSED = {
    "np.asarray(tensor)": np.asarray,
    "tensor.numpy()": lambda tensor: tensor.numpy(),
    "tensor + array": lambda tensor: tensor + ARRAY,
    "array * tensor": lambda tensor: ARRAY * tensor,
    "ops.exp(array) * array": lambda tensor: keras.ops.exp(ARRAY) * ARRAY,
    "a list of numbers": lambda tensor: np.array([tensor[0], tensor[1]]),
    "filling an array": lambda tensor: np.copyto(np.zeros(3), tensor),
    "np.exp(tensor)": np.exp,
    "np.isclose": lambda tensor: np.isclose(ARRAY, tensor),
    "moved back": lambda tensor: np.asarray(keras.ops.convert_to_tensor(tensor.cpu())),
}


@pytest.mark.parametrize("read", REFUSED.values(), ids=REFUSED)
def test_a_tensor_is_no_array(tensor, read):
    with pytest.raises(TypeError):
        read(tensor)


ALLOWED = {
    "convert_to_numpy": keras.ops.convert_to_numpy,
    "convert_to_numpy of a list": lambda tensor: keras.ops.convert_to_numpy(list(tensor)),
    "numbers": lambda tensor: [float(tensor[0]), tensor[1].item(), tensor.tolist()[2]],
    "variable": lambda tensor: np.asarray(keras.Variable(tensor)),
    "cpu()": lambda tensor: tensor.cpu().numpy(),
    "what follows cpu()": lambda tensor: np.asarray(tensor.cpu().detach() * 1),
    "force": lambda tensor: tensor.numpy(force=True),
    "an operation of Keras": lambda tensor: keras.ops.convert_to_numpy(
        keras.ops.multiply(tensor, ARRAY)
    ),
    "a NumPy number": lambda tensor: (tensor * np.float32(1)).tolist(),
    "a tensor made on the CPU": lambda tensor: np.asarray(torch_tensor()),
}


def torch_tensor():
    import torch

    return torch.from_numpy(ARRAY)


@pytest.mark.parametrize("read", ALLOWED.values(), ids=ALLOWED)
def test_what_works_on_a_gpu_works(tensor, read):
    np.testing.assert_array_equal(read(tensor), [1, 1, 1])


def test_models_take_arrays_and_loaders():
    model, x = tiny((4, 4, 1)), images(8, (4, 4, 1))
    model.fit(data.torch_loader(data.Batches(x, batch_size=4)), shuffle=False, verbose=0)
    assert model.predict(x, verbose=0).shape == x.shape


def test_a_mixture_in_the_package_is_found(monkeypatch):
    model, x = tiny((4, 4, 1)), images(8, (4, 4, 1))

    ones = np.ones((4, 4, 1))

    def mixed(self, x, y, y_pred, sample_weight=None, training=True):
        return keras.ops.mean(keras.ops.square(y_pred)) + keras.ops.mean(x - ones)

    monkeypatch.setattr(Autoencoder, "compute_loss", mixed)
    with pytest.raises(TypeError, match="cuda"):
        model.fit(x, verbose=0)


def test_installed_twice_it_guards_once():
    import torch

    before = torch.Tensor.numpy
    device_guard.install()
    assert torch.Tensor.numpy is before
