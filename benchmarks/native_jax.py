"""The course's autoencoders trained by hand in plain JAX without Keras, as fast as JAX can."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
NHWC = ("NHWC", "HWIO", "NHWC")
# With "steps", a Python loop calls a jitted step; with "scan", an epoch is one jitted `lax.scan`.
# With "matmul", transposed convolutions are matrix products. Convolutions inside a `scan` are very
# slow on the CPU, so there is no such style.
STYLES = {
    "dense": ("steps", "scan"),
    "conv": ("steps", "steps matmul"),
    "vae": ("steps", "scan"),
    "vqvae": ("steps", "scan"),
}
# The vector-quantised autoencoder has embeddings of this width, and this weight of its commitment.
CODE_DIM, COMMITMENT = 4, 0.25

gelu = partial(jax.nn.gelu, approximate=False)


def stack(weights, h):
    """Dense layers with GELU between them; the last is linear."""
    for i in range(0, len(weights), 2):
        h = (gelu(h) if i else h) @ weights[i] + weights[i + 1]
    return h


def dense(weights, x):
    z = stack(weights[:6], x.reshape(len(x), -1))
    return jax.nn.sigmoid(stack(weights[6:], z)).reshape(x.shape)


def convolution(x, kernel):
    return lax.conv_general_dilated(x, kernel, (2, 2), "SAME", dimension_numbers=NHWC)


def transposed(x, kernel):
    return lax.conv_transpose(
        x, kernel, (2, 2), "VALID", dimension_numbers=NHWC, transpose_kernel=True
    )


def transposed_by_matmul(x, kernel):
    """The same by one matrix product, as blocks of 2x2 with stride 2 do not overlap."""
    n, height, width, channels = x.shape
    out = kernel.shape[2]
    blocks = x.reshape(-1, channels) @ kernel.transpose(3, 0, 1, 2).reshape(channels, -1)
    blocks = blocks.reshape(n, height, width, 2, 2, out)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(n, 2 * height, 2 * width, out)


def conv(double, weights, x):
    (k1, b1, k2, b2, k_code, b_code, k_map, b_map, k3, b3, k4, b4) = weights
    h = gelu(convolution(x, k1) + b1)
    h = gelu(convolution(h, k2) + b2)
    shape = h.shape
    z = h.reshape(len(x), -1) @ k_code + b_code
    h = gelu(z @ k_map + b_map).reshape(shape)
    h = gelu(double(h, k3) + b3)
    return jax.nn.sigmoid(double(h, k4) + b4)


def squared_error(model, weights, x, key):
    return jnp.mean(jnp.sum((x - model(weights, x)) ** 2, axis=(1, 2, 3)))


def negative_elbo(weights, x, key):
    x = x.reshape(len(x), -1)
    mean, log_var = jnp.split(stack(weights[:6], x), 2, axis=1)
    z = mean + jnp.exp(log_var / 2) * jax.random.normal(key, mean.shape)
    logits = stack(weights[6:], z)
    crossentropy = jnp.sum(jax.nn.softplus(logits) - x * logits, axis=1)
    kl = jnp.sum(jnp.exp(log_var) + mean**2 - 1 - log_var, axis=1) / 2
    return jnp.mean(crossentropy + kl)


def quantized_error(weights, x, key):
    *weights, codebook = weights
    flat = x.reshape(len(x), -1)
    h = stack(weights[:6], flat)
    vectors = h.reshape(-1, CODE_DIM)
    distances = jnp.sum(codebook**2, axis=1) - 2 * vectors @ codebook.T
    q = codebook[jnp.argmin(distances, axis=1)].reshape(h.shape)
    pull = (lax.stop_gradient(h) - q) ** 2 + COMMITMENT * (h - lax.stop_gradient(q)) ** 2
    x_hat = jax.nn.sigmoid(stack(weights[6:], h + lax.stop_gradient(q - h)))
    return (jnp.sum((flat - x_hat) ** 2) + jnp.sum(pull)) / len(x)


def adam(weights, moments, gradients, rate):
    means = [m + (g - m) * (1 - BETA_1) for m, g in zip(moments[0], gradients, strict=True)]
    squares = [v + (g * g - v) * (1 - BETA_2) for v, g in zip(moments[1], gradients, strict=True)]
    weights = [
        w - rate * m / (jnp.sqrt(v) + EPSILON)
        for w, m, v in zip(weights, means, squares, strict=True)
    ]
    return weights, (means, squares)


def make_update(objective, learning_rate):
    def update(state, x):
        weights, moments, t = state
        key = jax.random.fold_in(jax.random.key(0), t)
        loss, gradients = jax.value_and_grad(objective)(weights, x, key)
        t = t + 1
        rate = learning_rate * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
        weights, moments = adam(weights, moments, gradients, rate)
        return (weights, moments, t), loss * len(x)

    return update


def by_steps(update):
    """An epoch as a Python loop over jitted steps, which reuse the memory of the old state."""

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(state, total, images, rows):
        state, loss = update(state, images[rows])
        return state, total + loss

    def epoch(state, images, rows, batch_size):
        total = jnp.zeros(())
        for start in range(0, len(rows), batch_size):
            state, total = step(state, total, images, rows[start : start + batch_size])
        return state, total

    return epoch


def by_scan(update):
    """An epoch as one jitted function: a scan over all full batches, then the smaller last one."""

    @partial(jax.jit, donate_argnums=0, static_argnums=3)
    def epoch(state, images, rows, batch_size):
        whole = len(rows) // batch_size * batch_size
        batches = rows[:whole].reshape(-1, batch_size)
        state, losses = lax.scan(lambda state, rows: update(state, images[rows]), state, batches)
        total = jnp.sum(losses)
        if whole < len(rows):
            state, last = update(state, images[rows[whole:]])
            total = total + last
        return state, total

    return epoch


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
    update = make_update(objective, learning_rate)
    epoch = (by_scan if style == "scan" else by_steps)(update)
    images = jnp.asarray(x)
    start = [jnp.array(w) for w in weights]
    moments = tuple([jnp.zeros_like(w) for w in start] for _ in range(2))
    state = (start, moments, jnp.zeros((), "int32"))

    def run(rows):
        nonlocal state
        state, total = epoch(state, images, rows.astype(np.int32), batch_size)
        # JAX returns before the work is done, so the clock would stop too early.
        jax.block_until_ready(state)
        return float(total) / len(rows)

    return run
