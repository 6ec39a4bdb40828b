"""Softmax, losses and distances, right and wrong."""

from __future__ import annotations

import functools

from verify.suites.opcase import Slip
from verify.suites.opforwards import EPS, KEPT, PINCH, SMOOTHING, case
from verify.suites.torchops.making import function


def cases(torch):
    """All of them."""
    return [make(torch) for make in OPS]


def _softmax(torch):
    op = functools.partial(function, torch, lambda x: torch.softmax(x, -1))

    def backward(g, y, x, axis):
        return y * (g - torch.sum(g * y, axis, keepdim=True))

    return case(
        "softmax",
        op(functools.partial(backward, axis=-1)),
        Slip("wrong axis", op(functools.partial(backward, axis=0)), "the sum runs over rows, the matrix is square"),
        Slip("diagonal only", op(lambda g, y, x: g * y * (1 - y)), "the derivative of a sigmoid: no cross terms"),
    )


def _log_softmax(torch):
    op = functools.partial(function, torch, lambda x: torch.log_softmax(x, -1))
    return case(
        "log softmax",
        op(lambda g, y, x: g - torch.exp(y) * torch.sum(g, -1, keepdim=True)),
        Slip("sum of g forgotten", op(lambda g, y, x: g - torch.exp(y)), "right only where the cotangents sum to 1"),
        Slip("entry for sum", op(lambda g, y, x: g - torch.exp(y) * g), "g for the sum of g"),
    )


def _logsumexp(torch):
    op = functools.partial(function, torch, lambda x: torch.logsumexp(x, -1))
    return case(
        "logsumexp",
        op(lambda g, y, x: g[:, None] * torch.softmax(x, -1)),
        Slip("wrong axis", op(lambda g, y, x: g[:, None] * torch.softmax(x, 0)), "softmax of the columns"),
        Slip("cotangent of the wrong axis", op(lambda g, y, x: g * torch.softmax(x, -1)), "g broadcast along rows"),
        Slip("spread evenly", op(lambda g, y, x: g[:, None] * torch.ones_like(x) / x.shape[1]), "the mean's derivative"),
    )


def _label_smoothing(torch):
    def forward(scores, labels):
        return torch.nn.functional.cross_entropy(scores, labels, label_smoothing=SMOOTHING)

    def backward(g, y, scores, labels, smoothing, over):
        classes = scores.shape[1]
        hot = torch.nn.functional.one_hot(labels, classes).to(scores.dtype)
        wanted = (1 - smoothing) * hot + smoothing / classes
        return g * (torch.softmax(scores, -1) - wanted) / over, None

    op = functools.partial(function, torch, forward)
    return case(
        "label smoothing",
        op(lambda g, y, x, labels: backward(g, y, x, labels, SMOOTHING, len(labels))),
        Slip(
            "no smoothing",
            op(lambda g, y, x, labels: backward(g, y, x, labels, 0.0, len(labels))),
            "the labels are not smoothed in the backward",
        ),
        Slip(
            "mean forgotten",
            op(lambda g, y, x, labels: backward(g, y, x, labels, SMOOTHING, 1)),
            "not divided by the number of rows",
        ),
        Slip(
            "cotangent forgotten",
            op(lambda g, y, x, labels: backward(1, y, x, labels, SMOOTHING, len(labels))),
            "the loss is taken for the last operation of the program",
        ),
    )


def _focal_loss(torch):
    def forward(scores, labels):
        log_p = torch.log_softmax(scores, -1).gather(1, labels[:, None])
        return -torch.mean((1 - torch.exp(log_p)) ** PINCH * log_p)

    def backward(g, y, scores, labels, of_weight):
        log_p = torch.log_softmax(scores, -1)
        p = torch.exp(log_p)
        log_t, t = log_p.gather(1, labels[:, None]), p.gather(1, labels[:, None])
        slope = -((1 - t) ** PINCH) + of_weight * PINCH * (1 - t) ** (PINCH - 1) * t * log_t
        hot = torch.nn.functional.one_hot(labels, scores.shape[1]).to(scores.dtype)
        return g * slope * (hot - p) / len(labels), None

    op = functools.partial(function, torch, forward)
    return case(
        "focal loss",
        op(functools.partial(backward, of_weight=1)),
        Slip("weight held constant", op(functools.partial(backward, of_weight=0)), "(1 - p)**2 is not differentiated"),
        Slip("sign of the weight", op(functools.partial(backward, of_weight=-1)), "the inner derivative -1 is forgotten"),
    )


def _binary_cross_entropy(torch):
    def forward(z, target, weight):
        return torch.nn.functional.binary_cross_entropy_with_logits(z, target, pos_weight=weight)

    op = functools.partial(function, torch, forward)
    return case(
        "binary cross-entropy",
        op(
            lambda g, y, z, target, weight: (
                g * ((1 - target) * torch.sigmoid(z) - weight * target * torch.sigmoid(-z)) / z.numel(), None, None
            )
        ),
        Slip(
            "weight forgotten",
            op(lambda g, y, z, target, weight: (g * (torch.sigmoid(z) - target) / z.numel(), None, None)),
            "the weight of the positive class is left out",
        ),
        Slip(
            "weight on both",
            op(lambda g, y, z, target, weight: (g * weight * (torch.sigmoid(z) - target) / z.numel(), None, None)),
            "the weight of the positive class on both",
        ),
    )  # fmt: skip


def _cosine_similarity(torch):
    op = functools.partial(function, torch, lambda a, b: torch.nn.functional.cosine_similarity(a, b, -1))

    def backward(g, y, a, b, along):
        m, n = torch.linalg.norm(a, dim=-1, keepdim=True), torch.linalg.norm(b, dim=-1, keepdim=True)
        g, y = g[:, None], along * y[:, None]
        return g * (b / n - y * a / m) / m, g * (a / m - y * b / n) / n

    return case(
        "cosine similarity",
        op(functools.partial(backward, along=1)),
        Slip("lengths held constant", op(functools.partial(backward, along=0)), "no projection off the vector itself"),
    )


def _unit_length(torch):
    def length(x):
        return torch.sqrt(torch.sum(x * x, -1, keepdim=True) + EPS)

    def backward(g, y, x, n):
        return (g - x * torch.sum(g * x, -1, keepdim=True) / n**2) / n

    op = functools.partial(function, torch, lambda x: x / length(x))
    return case(
        "unit length",
        op(lambda g, y, x: backward(g, y, x, length(x))),
        Slip(
            "eps forgotten",
            op(lambda g, y, x: backward(g, y, x, torch.linalg.norm(x, dim=-1, keepdim=True))),
            "the length without eps",
        ),
        Slip("length held constant", op(lambda g, y, x: g / length(x)), "the length is not differentiated"),
    )


def _length_at_0(torch):
    op = functools.partial(function, torch, lambda x: torch.sqrt(torch.sum(x * x)))
    return case(
        "length at 0",
        op(lambda g, y, x: torch.where(y > 0, g * x / torch.where(y > 0, y, 1), torch.zeros_like(x))),
        Slip("NaN at 0", op(lambda g, y, x: g * x / y), "0/0 where the length is 0"),
        Slip("ones at 0", op(lambda g, y, x: torch.where(y > 0, g * x / y, g)), "(1, 1, 1) is longer than a subgradient"),
    )


def _squared_distances(torch):
    def forward(a, b):
        return torch.sum((a[:, None] - b[None]) ** 2, 2)

    def backward(g, y, a, b):
        d = 2 * g[:, :, None] * (a[:, None] - b[None])
        return d.sum(1), -d.sum(0)

    op = functools.partial(function, torch, forward)
    return case(
        "squared distances",
        op(backward),
        Slip("sign of the second", op(lambda *xs: (backward(*xs)[0], -backward(*xs)[1])), "the second input's sign"),
        Slip(
            "summed over the wrong points",
            op(lambda g, y, a, b: (backward(g, y, a, b)[0], -backward(g.T, y, a, b)[0])),
            "the gradient of the first, for the second",
        ),
    )


def _dropout(torch):
    op = functools.partial(function, torch, lambda x, mask: x * mask / KEPT)
    return case(
        "dropout",
        op(lambda g, y, x, mask: (g * mask / KEPT, None)),
        Slip("not scaled", op(lambda g, y, x, mask: (g * mask, None)), "not divided by the share that is kept"),
        Slip("mask forgotten", op(lambda g, y, x, mask: (g / KEPT, None)), "passes what was dropped"),
    )


OPS = (
    _softmax, _log_softmax, _logsumexp, _label_smoothing, _focal_loss, _binary_cross_entropy, _cosine_similarity,
    _unit_length, _length_at_0, _squared_distances, _dropout,
)  # fmt: skip
