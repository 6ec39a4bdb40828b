"""Normalisations, products of matrices and layers made of them, right and wrong."""

from __future__ import annotations

import functools
import math

from verify.suites.opcase import Slip
from verify.suites.opforwards import EPS, case
from verify.suites.torchops.making import function


def cases(torch):
    """All of them."""
    return [make(torch) for make in OPS]


def _centred(torch, x, axis):
    """What is normalised, and by how much it was scaled."""
    d = x - x.mean(axis, keepdim=True)
    r = torch.rsqrt((d * d).mean(axis, keepdim=True) + EPS)
    return d * r, r


def _normal_backward(torch, h, x, axis, mean=1, variance=1):
    """The gradient of a normalisation; a term with the factor 0 is forgotten."""
    n, r = _centred(torch, x, axis)
    return r * (h - mean * h.mean(axis, keepdim=True) - variance * n * (h * n).mean(axis, keepdim=True))


def _layer_norm(torch):
    def forward(x, w, b):
        return torch.nn.functional.layer_norm(x, x.shape[-1:], w, b, EPS)

    def backward(g, y, x, w, b, over=0, **terms):
        return _normal_backward(torch, g * w, x, -1, **terms), (g * _centred(torch, x, -1)[0]).sum(over), g.sum(over)

    op = functools.partial(function, torch, forward)
    return case(
        "layer norm",
        op(backward),
        Slip("mean held constant", op(functools.partial(backward, mean=0)), "the mean is not differentiated"),
        Slip("variance held constant", op(functools.partial(backward, variance=0)), "the variance is not differentiated"),
        Slip("wrong axis", op(functools.partial(backward, over=1)), "weight and bias summed over features, not rows"),
    )


def _rms_norm(torch):
    def rms(x):
        return torch.sqrt((x * x).mean(-1, keepdim=True) + EPS)

    def backward(g, y, x, w, along=1):
        n, h = x / rms(x), g * w
        return (h - along * n * (h * n).mean(-1, keepdim=True)) / rms(x), (g * n).sum(0)

    op = functools.partial(function, torch, lambda x, w: x / rms(x) * w)
    return case(
        "rms norm",
        op(backward),
        Slip("scale held constant", op(functools.partial(backward, along=0)), "the root mean square is not differentiated"),
        Slip(
            "weight's gradient of the input",
            op(lambda g, y, x, w: (backward(g, y, x, w)[0], (g * x).sum(0))),
            "x for the normalised x",
        ),
    )


def _group_norm(torch):
    def grouped(x):
        return x.reshape(x.shape[0], 2, -1)

    def backward(g, y, x, **terms):
        return _normal_backward(torch, grouped(g), grouped(x), 2, **terms).reshape(x.shape)

    op = functools.partial(function, torch, lambda x: torch.nn.functional.group_norm(x, 2, eps=EPS))
    return case(
        "group norm",
        op(backward),
        Slip("variance held constant", op(functools.partial(backward, variance=0)), "the variance is not differentiated"),
        Slip(
            "of one group",
            op(lambda g, y, x: _normal_backward(torch, g.flatten(1), x.flatten(1), 1).reshape(x.shape)),
            "all channels in one group: a layer norm's backward",
        ),
    )


def _batch_norm(torch):
    op = functools.partial(function, torch, lambda x: torch.nn.functional.batch_norm(x, None, None, None, None, True, eps=EPS))
    backward = functools.partial(_normal_backward, torch, axis=0)
    return case(
        "batch norm",
        op(lambda g, y, x: backward(g, x)),
        Slip(
            "statistics held constant",
            op(lambda g, y, x: backward(g, x, mean=0, variance=0)),
            "as in evaluation: neither mean nor variance is differentiated",
        ),
        Slip("divided by n twice", op(lambda g, y, x: backward(g, x) / len(x)), "an average for a sum over the batch"),
    )


def _linear(torch):
    op = functools.partial(function, torch, torch.nn.functional.linear)
    return case(
        "linear",
        op(lambda g, y, x, w, b: (g @ w, g.T @ x, g.sum(0))),
        Slip("weight transposed", op(lambda g, y, x, w, b: (g @ w, x.T @ g, g.sum(0))), "x.T @ g for g.T @ x"),
        Slip("input by the transpose", op(lambda g, y, x, w, b: (g @ w.T, g.T @ x, g.sum(0))), "g @ w.T for g @ w"),
        Slip("bias averaged", op(lambda g, y, x, w, b: (g @ w, g.T @ x, g.mean(0))), "the mean over rows for the sum"),
    )


def _bias(torch):
    op = functools.partial(function, torch, lambda x, b: x + b[:, None])
    return case(
        "bias over channels",
        op(lambda g, y, x, b: (g, g.sum((0, 2)))),
        Slip("wrong axes", op(lambda g, y, x, b: (g, g.sum((0, 1)))), "summed over channels, there are as many positions"),
        Slip("batch not summed", op(lambda g, y, x, b: (g, g[0].sum(1))), "the first of the batch for the sum over it"),
    )


def _attention(torch):
    def weights(q, k):
        return torch.softmax(q @ k.T / math.sqrt(q.shape[-1]), -1)

    def backward(g, y, q, k, v, scale=None, sums=1):
        p = weights(q, k)
        dp = g @ v.T
        ds = p * (dp - sums * (dp * p).sum(-1, keepdim=True)) * (scale or 1 / math.sqrt(q.shape[-1]))
        return ds @ k, ds.T @ q, p.T @ g

    op = functools.partial(function, torch, lambda q, k, v: weights(q, k) @ v)
    return case(
        "attention",
        op(backward),
        Slip("scale forgotten", op(functools.partial(backward, scale=1.0)), "not divided by sqrt(d) in the backward"),
        Slip("softmax held diagonal", op(functools.partial(backward, sums=0)), "the softmax's second term is left out"),
    )


def _convolution(torch):
    def convolved(x, w):
        return torch.nn.functional.conv1d(x[None], w, padding=1)[0]

    def backward(g, y, x, w, kernel):
        dw = torch.nn.functional.conv1d(x[:, None], g[:, None], padding=1).transpose(0, 1)
        return convolved(g, kernel(w)), dw

    op = functools.partial(function, torch, convolved)
    return case(
        "convolution",
        op(functools.partial(backward, kernel=lambda w: w.transpose(0, 1).flip(2))),
        Slip(
            "kernel not flipped",
            op(functools.partial(backward, kernel=lambda w: w.transpose(0, 1))),
            "a correlation with the kernel as it is",
        ),
        Slip(
            "channels not exchanged",
            op(functools.partial(backward, kernel=lambda w: w.flip(2))),
            "outputs and inputs are not exchanged, there are as many",
        ),
    )


def _swiglu(torch):
    def forward(x, w, v):
        return torch.nn.functional.silu(x @ w) * (x @ v)

    def backward(g, y, x, w, v, inner=1):
        a, b = x @ w, x @ v
        s = torch.sigmoid(a)
        da, db = g * b * (s + inner * a * s * (1 - s)), g * a * s
        return da @ w.T + db @ v.T, x.T @ da, x.T @ db

    op = functools.partial(function, torch, forward)
    return case(
        "swiglu",
        op(backward),
        Slip("gate's slope", op(functools.partial(backward, inner=0)), "the derivative of the sigmoid is left out"),
        Slip(
            "one path to the input",
            op(lambda g, y, x, w, v: ((g * torch.nn.functional.silu(x @ w)) @ v.T, *backward(g, y, x, w, v)[1:])),
            "the input's gradient through the gate is left out",
        ),
    )


def _inverse(torch):
    op = functools.partial(function, torch, torch.linalg.inv)
    return case(
        "inverse",
        op(lambda g, y, a: -y.T @ g @ y.T),
        Slip("not transposed", op(lambda g, y, a: -y @ g @ y), "a**-1 for its transpose"),
        Slip("sign", op(lambda g, y, a: y.T @ g @ y.T), "the minus is lost"),
    )


def _solve(torch):
    op = functools.partial(function, torch, torch.linalg.solve)

    def backward(g, y, a, b):
        w = torch.linalg.solve(a.T, g)
        return -w @ y.T, w

    return case(
        "solve",
        op(backward),
        Slip("matrix transposed", op(lambda *xs: (backward(*xs)[0].T, backward(*xs)[1])), "the transpose of -w x.T"),
        Slip("solved with the matrix", op(lambda g, y, a, b: backward(g, y, a.T, b)), "not with its transpose"),
    )


def _log_determinant(torch):
    op = functools.partial(function, torch, lambda a: torch.linalg.slogdet(a)[1])
    return case(
        "log determinant",
        op(lambda g, y, a: g * torch.linalg.inv(a).T),
        Slip("not transposed", op(lambda g, y, a: g * torch.linalg.inv(a)), "right for symmetric matrices alone"),
    )


OPS = (
    _layer_norm, _rms_norm, _group_norm, _batch_norm, _linear, _bias, _attention, _convolution, _swiglu, _inverse,
    _solve, _log_determinant,
)  # fmt: skip
