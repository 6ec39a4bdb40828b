"""Custom ops of PyTorch as claims: ``adverify run examples/torch_ops.py``. The wrong ones say why they are wrong."""

import numpy as np
import torch

from verify import Claim


class Softplus(torch.autograd.Function):
    """log(1 + exp(x)), with the slope written so that nothing overflows."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.nn.functional.softplus(x, threshold=1e9)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(x)


class Scale(torch.autograd.Function):
    """x times a scale for each column."""

    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x, scale)
        return x * scale

    @staticmethod
    def backward(ctx, g):
        x, scale = ctx.saved_tensors
        return g * scale, (g * x).sum(0)


class ScaleOfOneRow(Scale):
    """The same, but the gradient of the scale forgets all rows save the first."""

    @staticmethod
    def backward(ctx, g):
        x, scale = ctx.saved_tensors
        return g * scale, (g * x)[0]


class TanhBySquare(torch.autograd.Function):
    """tanh, whose slope is computed from the result: every digit is lost where that is near 1."""

    @staticmethod
    def forward(ctx, x):
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * (1 - y * y)


class ClippedCube(torch.autograd.Function):
    """x**3 up to 10, as its backward believes."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return torch.where(x > 10, torch.zeros_like(x), 3 * x * x) * g


x = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
scale = torch.tensor([1.0, 2.0, 0.5])

softplus = Claim(Softplus.apply, x, reference=lambda x: np.logaddexp(0.0, x))
softplus_in_bfloat16 = Claim(Softplus.apply, x.bfloat16(), reference=lambda x: np.logaddexp(0.0, x))
scaled = Claim(Scale.apply, x, scale, reference=lambda x, scale: x * scale)
one_row = Claim(
    ScaleOfOneRow.apply, x, scale, reference=lambda x, scale: x * scale,
    expect="WRONG", reason="the gradient of a shared scale is a sum over rows",
)  # fmt: skip
tanh_in_the_tail = Claim(
    TanhBySquare.apply, torch.tensor([0.5, 6.0]), reference=np.tanh,
    expect="INACCURATE", reason="1 - y*y cancels; 1 / cosh(x)**2 does not",
)  # fmt: skip
beyond_ten = Claim(
    ClippedCube.apply, torch.tensor([1.0, 12.0]),
    expect="WRONG", reason="the slope beyond 10 is that of another function",
)  # fmt: skip
