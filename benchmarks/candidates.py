"""Changes of the package that may speed up `fit`, measured beside it by `run.py --tried`."""

import keras
from keras import layers, ops

import ae_keras
from ae_keras import data


class Doubling(layers.Conv2DTranspose):
    """A 2x2 transposed convolution of stride 2 as one matrix product: its blocks never overlap.

    Weights, output and file format are those of its parent.
    """

    def call(self, x):
        height, width, channels = x.shape[1:]
        kernel = ops.reshape(ops.transpose(self.kernel, (3, 0, 1, 2)), (channels, -1))
        blocks = ops.matmul(ops.reshape(x, (-1, channels)), kernel)
        blocks = ops.reshape(blocks, (-1, height, width, 2, 2, self.filters))
        blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        x = ops.reshape(blocks, (-1, 2 * height, 2 * width, self.filters))
        return self.activation(x + self.bias)


class ConvDecoder(ae_keras.ConvDecoder):
    """The package's, with that layer."""

    def _stage(self, channels, activation):
        return Doubling(channels, 2, strides=2, activation=activation)


class OneGather(data.Batches):
    """`Batches` that picks the images of a batch once, where they are their own target."""

    def __getitem__(self, index):
        self._fetched.add(index)
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        x = self.x[rows]
        return x, x


def fused_adam(learning_rate):
    """Keras's Adam, with PyTorch's kernel that updates a weight in one pass over its memory."""
    import torch

    class Fused(type(keras.optimizers.Adam())):
        def _parallel_update_step(self, grads, variables, learning_rate):
            places = [self._get_variable_index(variable) for variable in variables]
            step = torch.tensor(float(int(self.iterations.value) + 1))
            torch._fused_adam_(
                [variable.value for variable in variables],
                list(grads),
                [self._momentums[i].value for i in places],
                [self._velocities[i].value for i in places],
                [],
                [step.clone() for _ in places],
                lr=float(learning_rate),
                beta1=self.beta_1,
                beta2=self.beta_2,
                weight_decay=0.0,
                eps=self.epsilon,
                amsgrad=False,
                maximize=False,
            )

    return Fused(learning_rate)
