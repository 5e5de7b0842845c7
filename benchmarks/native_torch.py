"""The course's autoencoders trained by hand in plain, eager PyTorch without Keras."""

import numpy as np
import torch
from torch.nn import functional

# "foreach" and "fused" are how `torch.optim.Adam` updates all weights at once. With "last", memory
# is laid out channels last. With "matmul" it is, too, and transposed convolutions are matrix
# products.
# `torch.compile` is left out, because it needs a C++ compiler, which learners may not have.
STYLES = {
    "dense": ("foreach", "fused"),
    "conv": ("fused", "fused last", "fused matmul"),
    "vae": ("foreach", "fused"),
    "vqvae": ("foreach", "fused"),
}
# The vector-quantised autoencoder has embeddings of this width, and this weight of its commitment.
CODE_DIM, COMMITMENT = 4, 0.25


def stack(values, h):
    """Dense layers with GELU between them; the last is linear."""
    for i in range(0, len(values), 2):
        h = functional.linear(functional.gelu(h) if i else h, values[i], values[i + 1])
    return h


def per_image(error, batch):
    return error / len(batch)


class Dense(torch.nn.Module):
    """Linear layers, with kernels `(out, in)` for `functional.linear`; Keras has `(in, out)`."""

    def __init__(self, weights):
        super().__init__()
        tensors = [torch.tensor(w.T.copy() if w.ndim == 2 else w) for w in weights]
        self.values = torch.nn.ParameterList(tensors)

    def parts(self):
        values = list(self.values)
        return values[:6], values[6:]

    def loss(self, x):
        encoder, decoder = self.parts()
        x = x.flatten(1)
        x_hat = torch.sigmoid(stack(decoder, stack(encoder, x)))
        return per_image(functional.mse_loss(x_hat, x, reduction="sum"), x)


class Variational(Dense):
    def loss(self, x):
        encoder, decoder = self.parts()
        x = x.flatten(1)
        mean, log_var = stack(encoder, x).chunk(2, dim=1)
        z = mean + torch.exp(log_var / 2) * torch.randn_like(mean)
        logits = stack(decoder, z)
        crossentropy = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = (log_var.exp() + mean**2 - 1 - log_var).sum() / 2
        return per_image(crossentropy + kl, x)


class VectorQuantized(Dense):
    def __init__(self, weights):
        super().__init__(weights[:-1])
        self.codebook = torch.nn.Parameter(torch.tensor(weights[-1]))

    def loss(self, x):
        encoder, decoder = self.parts()
        x = x.flatten(1)
        h = stack(encoder, x)
        vectors = h.detach().view(-1, CODE_DIM)
        distances = (self.codebook**2).sum(1) - 2 * vectors @ self.codebook.T
        q = functional.embedding(distances.argmin(1), self.codebook).view_as(h)
        pull = functional.mse_loss(q, h.detach(), reduction="sum")
        pull = pull + COMMITMENT * functional.mse_loss(h, q.detach(), reduction="sum")
        x_hat = torch.sigmoid(stack(decoder, h + (q - h).detach()))
        return per_image(functional.mse_loss(x_hat, x, reduction="sum") + pull, x)


def transposed(x, kernel, bias):
    return functional.conv_transpose2d(x, kernel, bias, stride=2)


def transposed_by_matmul(x, kernel, bias):
    """The same by one matrix product, as blocks of 2x2 with stride 2 do not overlap."""
    n, channels, height, width = x.shape
    out = kernel.shape[1]
    blocks = x.permute(0, 2, 3, 1).reshape(-1, channels)
    blocks = blocks @ kernel.permute(0, 2, 3, 1).reshape(channels, -1)
    blocks = blocks.view(n, height, width, 2, 2, out).permute(0, 1, 3, 2, 4, 5)
    return (blocks.reshape(n, 2 * height, 2 * width, out) + bias).permute(0, 3, 1, 2)


class Conv(torch.nn.Module):
    """The convolutional autoencoder, channels first, as is usual in PyTorch.

    With stride 2, Keras pads right and below, while `padding=1` in effect pads left and above,
    which is Keras's model mirrored. So images and kernels are turned by 180 degrees once, here and
    in `make`, and no step has to pad by hand.
    """

    def __init__(self, weights, last, matmul):
        super().__init__()
        self.transposed = transposed_by_matmul if matmul else transposed
        k1, b1, k2, b2, k_code, b_code, k_map, b_map, k3, b3, k4, b4 = weights
        channels = k2.shape[3]
        side = round((len(k_code) / channels) ** 0.5)
        self.map_shape = (channels, side, side)
        self.last = last
        turned = [np.ascontiguousarray(k[::-1, ::-1].transpose(3, 2, 0, 1)) for k in (k1, k2)]
        # Keras stores a transposed kernel as (height, width, out, in), PyTorch as
        # (in, out, height, width).
        doubled = [np.ascontiguousarray(k[::-1, ::-1].transpose(3, 2, 0, 1)) for k in (k3, k4)]
        code = self._channels_first(k_code).T
        map_, map_bias = self._channels_first(k_map.T), self._channels_first(b_map[:, None])[:, 0]
        arrays = [turned[0], b1, turned[1], b2, code, b_code, map_, map_bias]
        arrays += [doubled[0], b3, doubled[1], b4]
        tensors = [torch.tensor(np.ascontiguousarray(array)) for array in arrays]
        if last:
            tensors = [self._lay_out(t) if t.ndim == 4 else t for t in tensors]
        self.values = torch.nn.ParameterList(tensors)

    def _channels_first(self, rows):
        """Reorder rows from (height, width, channel) to PyTorch's order, turned by 180 degrees."""
        channels, side, _ = self.map_shape
        maps = rows.reshape(side, side, channels, -1)[::-1, ::-1]
        return maps.transpose(2, 0, 1, 3).reshape(len(rows), -1)

    @staticmethod
    def _lay_out(tensor):
        return tensor.contiguous(memory_format=torch.channels_last)

    def loss(self, x):
        return per_image(functional.mse_loss(self(x), x, reduction="sum"), x)

    def forward(self, x):
        k1, b1, k2, b2, k_code, b_code, k_map, b_map, k3, b3, k4, b4 = self.values
        h = functional.gelu(functional.conv2d(x, k1, b1, stride=2, padding=1))
        h = functional.gelu(functional.conv2d(h, k2, b2, stride=2, padding=1))
        z = functional.linear(h.flatten(1), k_code, b_code)
        h = functional.gelu(functional.linear(z, k_map, b_map)).view(-1, *self.map_shape)
        h = self._lay_out(h) if self.last else h
        h = functional.gelu(self.transposed(h, k3, b3))
        return torch.sigmoid(self.transposed(h, k4, b4))


def make(kind, style, weights, x, batch_size, learning_rate):
    """Make a trainer that starts from `weights`, in Keras's order and layout.

    Returns:
        Function `rows -> loss`, which trains one epoch on `x[rows]` and returns its mean loss per
        image.
    """
    flat = {"dense": Dense, "vae": Variational, "vqvae": VectorQuantized}
    if kind in flat:
        model, images = flat[kind](weights), torch.tensor(x)
    else:
        matmul = "matmul" in style
        model = Conv(weights, last=matmul or "last" in style, matmul=matmul)
        images = torch.tensor(np.ascontiguousarray(x[:, ::-1, ::-1].transpose(0, 3, 1, 2)))
    how = {"fused": True} if "fused" in style else {"foreach": True}
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, eps=1e-7, **how)

    def run(rows):
        total = torch.zeros(())
        for chosen in torch.from_numpy(rows).split(batch_size):
            batch = images[chosen]
            optimizer.zero_grad()
            loss = model.loss(batch)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(batch)
        return total.item() / len(rows)

    return run
