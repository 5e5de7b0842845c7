"""Layers that Keras does not have."""

from keras import layers, ops

from ae_keras import _validation
from ae_keras.models import losses


class ImageLosses:
    """Hand what each image adds to the loss from `call` to `compute_loss`, which knows its weight.

    Keras takes losses from `call` as means over the batch only.

    Attributes:
        values: tensor `(batch,)`, of the last call; None if it added nothing.

    Example:
        >>> from ae_keras.models.layers import ImageLosses
        >>> ImageLosses().values is None
        True
    """

    values = None


class UpConv2x2(layers.Conv2DTranspose):
    """A 2x2 transposed convolution of stride 2, computed as one matrix product.

    `y[2i + a, 2j + b] = activation(kernel[a, b] @ x[i, j] + bias)` for `a`, `b` in {0, 1}: the 2x2
    blocks never overlap, so nothing has to be summed. Weights and results are those of
    `keras.layers.Conv2DTranspose(filters, 2, strides=2)`, several times faster on CPUs.

    Args:
        filters: int >= 1, channels of the result.
        activation: str or function, of the result. Defaults to None: linear.
        **kwargs: of `keras.layers.Conv2DTranspose`, such as `use_bias` or `name`.

    Shapes:
        x: `(batch, height, width, channels)` -> `(batch, 2 * height, 2 * width, filters)`.

    Example:
        >>> from ae_keras.models.layers import UpConv2x2
        >>> tuple(UpConv2x2(4).compute_output_shape((1, 7, 5, 8)))
        (1, 14, 10, 4)
    """

    def __init__(self, filters, activation=None, **kwargs):
        fixed = {"kernel_size": 2, "strides": 2, "data_format": "channels_last"}
        super().__init__(filters, activation=activation, **fixed, **kwargs)

    def call(self, x):
        height, width, channels = x.shape[1:]
        # Keras keeps the kernel as (2, 2, filters, channels), but the product needs channels first.
        kernel = ops.reshape(ops.transpose(self.kernel, (3, 0, 1, 2)), (channels, -1))
        blocks = ops.matmul(ops.reshape(x, (-1, channels)), kernel)
        blocks = ops.reshape(blocks, (-1, height, width, 2, 2, self.filters))
        blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        x = ops.reshape(blocks, (-1, 2 * height, 2 * width, self.filters))
        return self.activation(x if self.bias is None else x + self.bias)

    def get_config(self):
        fixed = ("kernel_size", "strides", "data_format")
        return {k: value for k, value in super().get_config().items() if k not in fixed}


class VectorQuantizer(layers.Layer):
    """Layer that replaces each vector by the nearest of a codebook: `q = argmin_c |h - c|^2`.

    The codebook is learned. The loss that does so, `|sg(h) - q|^2 + commitment * |h - sg(q)|^2`, is
    summed over the vectors of an image and averaged over the batch; `sg` stops the gradient. The
    first term draws the codebook to the vectors, the second the vectors to the codebook. The
    gradient of what follows passes straight through, as if `q` were `h`.

    Args:
        num_embeddings: int >= 2, vectors in the codebook.
        embedding_dim: int >= 1, numbers in each vector.
        commitment: float >= 0, weight of the second term. Defaults to 0.25.
        **kwargs: of `keras.layers.Layer`, such as `name`.

    Shapes:
        h, q: `(batch, ..., a multiple of embedding_dim)`.

    Raises:
        ValueError: an argument is out of range, or `embedding_dim` does not divide the width of
            `h`.

    Source: van den Oord et al. (2017), arXiv:1711.00937, equations 2 and 3.

    Example:
        >>> from ae_keras.models.layers import VectorQuantizer
        >>> import keras
        >>> import numpy as np
        >>> quantizer = VectorQuantizer(num_embeddings=2, embedding_dim=1)
        >>> quantizer.set_weights([np.array([[0.0], [1.0]])])
        >>> q = quantizer(np.array([[0.1, 0.7, 0.9]], "float32"))
        >>> keras.ops.convert_to_numpy(q).round(2)
        array([[0., 1., 1.]], dtype=float32)
    """

    def __init__(self, num_embeddings, embedding_dim, commitment=0.25, **kwargs):
        super().__init__(**kwargs)
        self.num_embeddings = _validation.positive_int(num_embeddings, "num_embeddings")
        if self.num_embeddings < 2:
            raise ValueError(
                "`num_embeddings` must be an integer >= 2. "
                f"Received: num_embeddings={num_embeddings!r}."
            )
        self.embedding_dim = _validation.positive_int(embedding_dim, "embedding_dim")
        self.commitment = _validation.not_negative(commitment, "commitment")
        self.codebook = self.add_weight(
            (self.num_embeddings, self.embedding_dim), initializer="glorot_uniform", name="codebook"
        )
        self.image_losses = ImageLosses()

    def check_width(self, width):
        """Check that a code of this width can be cut into whole vectors.

        Args:
            width: int, numbers in a code, or channels of a map.

        Raises:
            ValueError: `embedding_dim` does not divide `width`.
        """
        if width % self.embedding_dim:
            raise ValueError(
                "`embedding_dim` must divide the width of the code. Received: "
                f"embedding_dim={self.embedding_dim}, a code of {width}."
            )

    def indices(self, h):
        """Find the codebook vector that is nearest to each vector of `h`: `argmin_c |h - c|^2`.

        Args:
            h: float tensor `(batch, ..., a multiple of embedding_dim)`.

        Returns:
            Integer tensor `(number of vectors,)`, in [0, num_embeddings).

        Raises:
            ValueError: `embedding_dim` does not divide the width of `h`.
        """
        self.check_width(h.shape[-1])
        h = ops.reshape(h, (-1, self.embedding_dim))
        # Expanding |h - c|^2 avoids an array of the differences of all pairs.
        distances = (
            ops.sum(h**2, axis=1, keepdims=True)
            - 2 * ops.matmul(h, ops.transpose(self.codebook))
            + ops.sum(self.codebook**2, axis=1)
        )
        # Unlike `argmin`, `top_k` can be exported to ONNX.
        return ops.top_k(-distances, k=1)[1][:, 0]

    def call(self, h):
        # Without the product, TensorFlow's gradient of the look-up would be sparse, and Adam would
        # take steps that are too long.
        codebook = 1.0 * self.codebook
        q = ops.reshape(ops.take(codebook, self.indices(h), axis=0), ops.shape(h))
        pull = ops.square(ops.stop_gradient(h) - q)
        commitment = ops.square(h - ops.stop_gradient(q))
        # The sum is taken in float32 at least, even if the model computes in 16 bits.
        per_image = ops.sum(losses.rows(pull + self.commitment * commitment), axis=1)
        self.add_loss(ops.mean(per_image))
        self.image_losses.values = per_image
        # The straight-through estimator: the result has the value of q and the gradient of h.
        return h + ops.stop_gradient(q - h)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        names = ("num_embeddings", "embedding_dim", "commitment")
        return super().get_config() | {name: getattr(self, name) for name in names}
