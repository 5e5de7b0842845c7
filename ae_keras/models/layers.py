"""Layers that Keras does not have."""

from keras import layers, ops

from ae_keras import _validation


class UpConv2x2(layers.Conv2DTranspose):
    """A 2x2 transposed convolution of stride 2, computed as one matrix product.

    Its 2x2 blocks never overlap, so nothing has to be summed: each value of the map, times the
    kernel, is a block. Weights and results are those of `Conv2DTranspose`, several times faster
    on CPUs.
    """

    def __init__(self, filters, activation=None, **kwargs):
        super().__init__(filters, 2, strides=2, activation=activation, **kwargs)

    def call(self, x):
        height, width, channels = x.shape[1:]
        kernel = ops.reshape(ops.transpose(self.kernel, (3, 0, 1, 2)), (channels, -1))
        blocks = ops.matmul(ops.reshape(x, (-1, channels)), kernel)
        blocks = ops.reshape(blocks, (-1, height, width, 2, 2, self.filters))
        blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        x = ops.reshape(blocks, (-1, 2 * height, 2 * width, self.filters))
        return self.activation(x + self.bias)


class VectorQuantizer(layers.Layer):
    """Replaces each vector by the nearest of a learned codebook: `q = argmin_c |h - c|^2`.

    Its loss, summed over the vectors of an image and averaged over the batch, draws the codebook
    to the vectors and, `commitment` times as strongly, the vectors to the codebook. The gradient of
    what follows passes straight through, as if `q` were `h`.

    Args:
        num_embeddings: vectors in the codebook, >= 2.
        embedding_dim: numbers in each.
        commitment: weight of the second pull, >= 0.

    Shapes:
        h, q: `(batch, ..., a multiple of embedding_dim)`.

    Source: van den Oord et al. (2017), arXiv:1711.00937, equations 2 and 3.
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

    def check_width(self, width):
        """Raise a `ValueError` if a code of this width cannot be cut into whole vectors."""
        if width % self.embedding_dim:
            raise ValueError(
                "`embedding_dim` must divide the width of the code. Received: "
                f"embedding_dim={self.embedding_dim}, a code of {width}."
            )

    def indices(self, h):
        """Which code each vector of `h` is replaced by: integers `(number of vectors,)`."""
        self.check_width(h.shape[-1])
        h = ops.reshape(h, (-1, self.embedding_dim))
        distances = (
            ops.sum(h**2, axis=1, keepdims=True)
            - 2 * ops.matmul(h, ops.transpose(self.codebook))
            + ops.sum(self.codebook**2, axis=1)
        )
        return ops.top_k(-distances, k=1)[1][:, 0]  # unlike argmin, it can be exported to ONNX

    def call(self, h):
        # a product, or TensorFlow's gradient would be sparse, and Adam take too long steps
        codebook = 1.0 * self.codebook
        q = ops.reshape(ops.take(codebook, self.indices(h), axis=0), ops.shape(h))
        pull = ops.square(ops.stop_gradient(h) - q)
        commitment = ops.square(h - ops.stop_gradient(q))
        per_number = ops.cast(pull + self.commitment * commitment, "float32")  # as the losses are
        self.add_loss(ops.sum(per_number) / ops.cast(ops.shape(h)[0], "float32"))
        return h + ops.stop_gradient(q - h)

    def compute_output_shape(self, input_shape):
        return input_shape
