"""Changes of the package that might speed up `fit`; `run.py --tried` measures them, too."""

import keras
from keras import layers

import ae_keras


class ConvDecoder(ae_keras.ConvDecoder):
    """The decoder of the package, with Keras's transposed convolution instead of `UpConv2x2`."""

    def _stage(self, channels, activation):
        return layers.Conv2DTranspose(channels, 2, strides=2, activation=activation)


def fused_adam(learning_rate):
    """Keras's Adam, with PyTorch's fused kernel, which updates a weight in one pass over memory."""
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
