"""The course's autoencoders trained by hand in plain TensorFlow: no Keras in here."""

from functools import partial

import numpy as np
import tensorflow as tf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
# steps: a `tf.function` called in a Python loop; epoch: the loop is inside; xla: compiled by XLA;
# matmul: transposed convolutions as matrix products. Convolutions in a loop that XLA compiles are
# very slow on the CPU, so there is no such style.
STYLES = {
    "dense": ("steps", "epoch", "steps xla", "epoch xla"),
    "conv": ("steps", "epoch", "epoch matmul", "steps matmul xla"),
}


def gelu(x):
    return tf.nn.gelu(x, approximate=False)


def dense(weights, x):
    h = tf.reshape(x, (tf.shape(x)[0], -1))
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    for i, (kernel, bias) in enumerate(layers):
        h = tf.nn.bias_add(tf.matmul(h, kernel), bias)
        if i == len(layers) - 1:
            h = tf.sigmoid(h)
        elif i != len(layers) // 2 - 1:  # the code is linear
            h = gelu(h)
    return tf.reshape(h, tf.shape(x))


def transposed(x, kernel):
    n, height, width = tf.shape(x)[0], x.shape[1], x.shape[2]
    shape = (n, 2 * height, 2 * width, kernel.shape[2])
    return tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID")


def transposed_by_matmul(x, kernel):
    """The same: blocks of 2x2 with stride 2 do not overlap, so each is one matrix product."""
    height, width, channels = x.shape[1:]
    blocks = tf.matmul(
        tf.reshape(x, (-1, channels)),
        tf.reshape(tf.transpose(kernel, (3, 0, 1, 2)), (channels, -1)),
    )
    return tf.nn.depth_to_space(tf.reshape(blocks, (-1, height, width, 4 * kernel.shape[2])), 2)


def conv(double, weights, x):
    (k1, b1, k2, b2, k_code, b_code, k_map, b_map, k3, b3, k4, b4) = weights
    h = gelu(tf.nn.bias_add(tf.nn.conv2d(x, k1, 2, "SAME"), b1))
    h = gelu(tf.nn.bias_add(tf.nn.conv2d(h, k2, 2, "SAME"), b2))
    map_shape = h.shape[1:]
    z = tf.nn.bias_add(tf.matmul(tf.reshape(h, (-1, k_code.shape[0])), k_code), b_code)
    h = tf.reshape(gelu(tf.nn.bias_add(tf.matmul(z, k_map), b_map)), (-1, *map_shape))
    h = gelu(tf.nn.bias_add(double(h, k3), b3))
    return tf.sigmoid(tf.nn.bias_add(double(h, k4), b4))


class Trainer:
    """Weights, Adam's memory, and one update of both by TensorFlow's own fused kernel."""

    def __init__(self, model, weights, learning_rate):
        self.model = model
        self.learning_rate = learning_rate
        self.weights = [tf.Variable(w) for w in weights]
        self.means = [tf.Variable(tf.zeros_like(w)) for w in weights]
        self.squares = [tf.Variable(tf.zeros_like(w)) for w in weights]
        self.powers = [tf.Variable(BETA_1), tf.Variable(BETA_2)]  # beta**t of the step to come

    def update(self, x):
        """One step; returns the loss summed over the images of the batch."""
        with tf.GradientTape() as tape:
            x_hat = self.model([w.value() for w in self.weights], x)
            total = tf.reduce_sum(tf.math.squared_difference(x, x_hat))
            loss = total / tf.cast(tf.shape(x)[0], "float32")
        gradients = tape.gradient(loss, self.weights)
        groups = zip(self.weights, self.means, self.squares, gradients, strict=True)
        for weight, mean, square, gradient in groups:
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=self.powers[0].value(),
                beta2_power=self.powers[1].value(),
                lr=self.learning_rate,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=EPSILON,
                grad=gradient,
            )
        for power, beta in zip(self.powers, (BETA_1, BETA_2), strict=True):
            power.assign(power * beta)
        return total


def by_steps(trainer, images, batch_size, xla):
    @tf.function(jit_compile=xla)
    def step(rows):
        return trainer.update(tf.gather(images, rows))

    def epoch(rows):
        totals = [step(part) for part in tf.split(rows, sizes(len(rows), batch_size))]
        return tf.add_n(totals)

    return epoch


def by_epoch(trainer, images, batch_size, xla):
    @tf.function(jit_compile=xla)
    def epoch(rows):
        n = rows.shape[0]
        whole = n // batch_size * batch_size
        batches = tf.reshape(rows[:whole], (-1, batch_size))
        total = tf.zeros(())
        for i in tf.range(whole // batch_size):
            total += trainer.update(tf.gather(images, batches[i]))
        if whole < n:
            total += trainer.update(tf.gather(images, rows[whole:]))
        return total

    return epoch


def sizes(n, batch_size):
    return [min(batch_size, n - start) for start in range(0, n, batch_size)]


def make(kind, style, weights, x, batch_size, learning_rate):
    """A trainer that starts from `weights` (in Keras's order and layout).

    Returns:
        Function `rows -> loss`: one epoch over `x[rows]`, and its mean squared error per image.
    """
    double = transposed_by_matmul if "matmul" in style else transposed
    model = dense if kind == "dense" else partial(conv, double)
    trainer = Trainer(model, weights, learning_rate)
    loop = by_steps if "steps" in style else by_epoch
    epoch = loop(trainer, tf.constant(x), batch_size, xla="xla" in style)

    def run(rows):
        return float(epoch(tf.constant(rows.astype(np.int32)))) / len(rows)

    return run
