"""The course's autoencoders trained by hand in plain PyTorch, eager: no Keras in here."""

import numpy as np
import torch
from torch.nn import functional

# foreach, fused: how `torch.optim.Adam` updates all weights at once; last: memory is laid out
# channels last; matmul: that, and the transposed convolutions as matrix products.
# torch.compile is left out: it needs a C++ compiler, which learners may not have.
STYLES = {
    "dense": ("foreach", "fused"),
    "conv": ("fused", "fused last", "fused matmul"),
}


class Dense(torch.nn.Module):
    """Linear layers; `functional.linear` wants `(out, in)`, Keras stores `(in, out)`."""

    def __init__(self, weights):
        super().__init__()
        tensors = [torch.tensor(w.T.copy() if w.ndim == 2 else w) for w in weights]
        self.values = torch.nn.ParameterList(tensors)

    def forward(self, x):
        h = x.flatten(1)
        values = list(self.values)
        n = len(values) // 2
        for i in range(n):
            h = functional.linear(h, values[2 * i], values[2 * i + 1])
            if i == n - 1:
                h = torch.sigmoid(h)
            elif i != n // 2 - 1:  # the code is linear
                h = functional.gelu(h)
        return h.view_as(x)


def transposed(x, kernel, bias):
    return functional.conv_transpose2d(x, kernel, bias, stride=2)


def transposed_by_matmul(x, kernel, bias):
    """The same: blocks of 2x2 with stride 2 do not overlap, so each is one matrix product."""
    n, channels, height, width = x.shape
    out = kernel.shape[1]
    blocks = x.permute(0, 2, 3, 1).reshape(-1, channels)
    blocks = blocks @ kernel.permute(0, 2, 3, 1).reshape(channels, -1)
    blocks = blocks.view(n, height, width, 2, 2, out).permute(0, 1, 3, 2, 4, 5)
    return (blocks.reshape(n, 2 * height, 2 * width, out) + bias).permute(0, 3, 1, 2)


class Conv(torch.nn.Module):
    """Channels first, as PyTorch has it.

    Where Keras pads right and below, `padding=1` pads left and above: that is Keras's model seen
    in a mirror. So images and kernels are turned by 180 degrees once, here and in `make`, and
    no step has to pad by hand.
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
        # Keras keeps a transposed kernel as (height, width, out, in), PyTorch as (in, out, ...)
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
        """Rows that belong to (height, width, channel), put in PyTorch's order and turned."""
        channels, side, _ = self.map_shape
        maps = rows.reshape(side, side, channels, -1)[::-1, ::-1]
        return maps.transpose(2, 0, 1, 3).reshape(len(rows), -1)

    @staticmethod
    def _lay_out(tensor):
        return tensor.contiguous(memory_format=torch.channels_last)

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
    """A trainer that starts from `weights` (in Keras's order and layout).

    Returns:
        Function `rows -> loss`: one epoch over `x[rows]`, and its mean squared error per image.
    """
    if kind == "dense":
        model, images = Dense(weights), torch.tensor(x)
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
            loss = functional.mse_loss(model(batch), batch, reduction="sum") / len(batch)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(batch)
        return total.item() / len(rows)

    return run
