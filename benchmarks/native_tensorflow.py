"""The course's autoencoders trained by hand in plain TensorFlow without Keras."""

from functools import partial

import numpy as np
import tensorflow as tf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
# With "steps", a Python loop calls a `tf.function`; with "epoch", the loop is inside it. With
# "xla", XLA compiles the function; with "matmul", transposed convolutions are matrix products.
# Convolutions in a loop that XLA compiles are very slow on the CPU, so there is no such style.
STYLES = {
    "dense": ("steps", "epoch", "steps xla", "epoch xla"),
    "conv": ("steps", "epoch", "epoch matmul", "steps matmul xla"),
    "vae": ("steps", "epoch", "steps xla", "epoch xla"),
    "vqvae": ("steps", "epoch", "steps xla", "epoch xla"),
}
# The vector-quantised autoencoder has embeddings of this width, and this weight of its commitment.
CODE_DIM, COMMITMENT = 4, 0.25


def gelu(x):
    return tf.nn.gelu(x, approximate=False)


def stack(weights, h):
    """Dense layers with GELU between them; the last is linear."""
    for i in range(0, len(weights), 2):
        h = tf.nn.bias_add(tf.matmul(gelu(h) if i else h, weights[i]), weights[i + 1])
    return h


def flat(x):
    return tf.reshape(x, (-1, x.shape[1] * x.shape[2] * x.shape[3]))


def dense(weights, x):
    z = stack(weights[:6], flat(x))
    return tf.reshape(tf.sigmoid(stack(weights[6:], z)), tf.shape(x))


def transposed(x, kernel):
    n, height, width = tf.shape(x)[0], x.shape[1], x.shape[2]
    shape = (n, 2 * height, 2 * width, kernel.shape[2])
    return tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID")


def transposed_by_matmul(x, kernel):
    """The same by one matrix product, as blocks of 2x2 with stride 2 do not overlap."""
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


def squared_error(model, weights, x):
    return tf.reduce_sum(tf.math.squared_difference(x, model(weights, x)))


def negative_elbo(weights, x):
    x = flat(x)
    mean, log_var = tf.split(stack(weights[:6], x), 2, axis=1)
    z = mean + tf.exp(log_var / 2) * tf.random.normal(tf.shape(mean))
    crossentropy = tf.nn.sigmoid_cross_entropy_with_logits(x, stack(weights[6:], z))
    kl = tf.exp(log_var) + mean**2 - 1 - log_var
    return tf.reduce_sum(crossentropy) + tf.reduce_sum(kl) / 2


def quantized_error(weights, x):
    *weights, codebook = weights
    x = flat(x)
    h = stack(weights[:6], x)
    vectors = tf.reshape(h, (-1, CODE_DIM))
    products = tf.matmul(vectors, codebook, transpose_b=True)
    nearest = tf.argmin(tf.reduce_sum(codebook**2, axis=1) - 2 * products, axis=1)
    q = tf.reshape(tf.gather(codebook, nearest), tf.shape(h))
    pull = tf.math.squared_difference(tf.stop_gradient(h), q)
    pull += COMMITMENT * tf.math.squared_difference(h, tf.stop_gradient(q))
    x_hat = tf.sigmoid(stack(weights[6:], h + tf.stop_gradient(q - h)))
    return tf.reduce_sum(tf.math.squared_difference(x, x_hat)) + tf.reduce_sum(pull)


class Trainer:
    """Weights and Adam's moments, which TensorFlow's own fused kernel updates."""

    def __init__(self, objective, weights, learning_rate):
        self.objective = objective
        self.learning_rate = learning_rate
        self.weights = [tf.Variable(w) for w in weights]
        self.means = [tf.Variable(tf.zeros_like(w)) for w in weights]
        self.squares = [tf.Variable(tf.zeros_like(w)) for w in weights]
        # Both hold `beta**t` for the step `t` to come.
        self.powers = [tf.Variable(BETA_1), tf.Variable(BETA_2)]

    def update(self, x):
        """Train one step and return the loss summed over the images of the batch."""
        with tf.GradientTape() as tape:
            total = self.objective([w.value() for w in self.weights], x)
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
    """Make a trainer that starts from `weights`, in Keras's order and layout.

    Returns:
        Function `rows -> loss`, which trains one epoch on `x[rows]` and returns its mean loss per
        image.
    """
    double = transposed_by_matmul if "matmul" in style else transposed
    objective = {
        "dense": partial(squared_error, dense),
        "conv": partial(squared_error, partial(conv, double)),
        "vae": negative_elbo,
        "vqvae": quantized_error,
    }[kind]
    trainer = Trainer(objective, weights, learning_rate)
    loop = by_steps if "steps" in style else by_epoch
    epoch = loop(trainer, tf.constant(x), batch_size, xla="xla" in style)

    def run(rows):
        return float(epoch(tf.constant(rows.astype(np.int32)))) / len(rows)

    return run
