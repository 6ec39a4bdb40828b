"""Ops that move entries about, and ops whose slope is declared rather than derived, right and wrong."""

from __future__ import annotations

import functools

from verify.suites.opcase import Slip
from verify.suites.opforwards import LEVELS, REVERSAL, TRUNCATED, case
from verify.suites.torchops.making import function


def cases(torch):
    """All of them."""
    return [make(torch) for make in OPS]


def _cumulative_sum(torch):
    op = functools.partial(function, torch, lambda x: torch.cumsum(x, 0))
    return case(
        "cumulative sum",
        op(lambda g, y, x: g.flip(0).cumsum(0).flip(0)),
        Slip("not reversed", op(lambda g, y, x: g.cumsum(0)), "summed from the front"),
        Slip("off by one", op(lambda g, y, x: g.flip(0).cumsum(0).flip(0) - g), "the entry itself is left out"),
    )


def _embedding(torch):
    op = functools.partial(function, torch, lambda table, ids: table[ids])

    def scattered(g, table, ids, accumulate):
        return torch.zeros_like(table).index_put((ids,), g, accumulate=accumulate), None

    def averaged(g, y, table, ids):
        uses = torch.bincount(ids, minlength=len(table)).clamp(min=1)
        return scattered(g, table, ids, True)[0] / uses[:, None], None

    return case(
        "embedding",
        op(lambda g, y, table, ids: scattered(g, table, ids, True)),
        Slip(
            "repeated rows once",
            op(lambda g, y, table, ids: scattered(g, table, ids, False)),
            "= for +=: a row that is used three times gets the gradient of one",
        ),
        Slip(
            "scaled by frequency",
            op(averaged),
            "the mean over a row's uses for their sum",
        ),
    )


def _gather(torch):
    op = functools.partial(function, torch, lambda x, at: x.gather(1, at))
    return case(
        "gather",
        op(lambda g, y, x, at: (torch.zeros_like(x).scatter_add(1, at, g), None)),
        Slip(
            "repeated entries once",
            op(lambda g, y, x, at: (torch.zeros_like(x).scatter(1, at, g), None)),
            "scatter for scatter_add",
        ),
    )


def _sort(torch):
    op = functools.partial(function, torch, lambda x: torch.sort(x)[0])
    return case(
        "sort",
        op(lambda g, y, x: torch.zeros_like(g).scatter(0, torch.argsort(x), g)),
        Slip("permuted the wrong way", op(lambda g, y, x: g[torch.argsort(x)]), "the permutation for its inverse"),
        Slip("not permuted", op(lambda g, y, x: g), "in the order of the output"),
    )


def _quantile(torch):
    def forward(x):
        ranked = torch.sort(x, -1)[0]
        return 0.5 * ranked[:, 1] + 0.5 * ranked[:, 2]

    def backward(g, y, x, low, high):
        at = torch.argsort(x, -1)
        found = torch.zeros_like(x).scatter(1, at[:, 1:2], low * g[:, None])
        return found.scatter(1, at[:, 2:3], high * g[:, None])

    op = functools.partial(function, torch, forward)
    return case(
        "quantile",
        op(functools.partial(backward, low=0.5, high=0.5)),
        Slip("nearest rank", op(functools.partial(backward, low=1.0, high=0.0)), "all of it to the lower neighbour"),
    )


def _largest(torch):
    op = functools.partial(function, torch, lambda x: torch.amax(x, -1))

    def hot(x, axis):
        return torch.zeros_like(x).scatter(axis, torch.argmax(x, axis, keepdim=True), 1.0)

    return case(
        "largest",
        op(lambda g, y, x: g[:, None] * hot(x, 1)),
        Slip("of the columns", op(lambda g, y, x: g[:, None] * hot(x, 0)), "where columns, not rows, are largest"),
    )


def _rotary_embedding(torch):
    def turned(x, angle):
        c, s = torch.cos(angle), torch.sin(angle)
        a, b = x[:, ::2], x[:, 1::2]
        return torch.cat([a * c - b * s, a * s + b * c], 1)

    def backward(g, y, x, angle, sign=1, halves=True):
        c, s = torch.cos(angle), sign * torch.sin(angle)
        n = g.shape[1] // 2
        p, q = (g[:, :n], g[:, n:]) if halves else (g[:, ::2], g[:, 1::2])
        return torch.stack([p * c + q * s, q * c - p * s], 2).flatten(1), None

    op = functools.partial(function, torch, turned)
    return case(
        "rotary embedding",
        op(backward),
        Slip("turned forward again", op(functools.partial(backward, sign=-1)), "by the angle, not by its negative"),
        Slip("pairs for halves", op(functools.partial(backward, halves=False)), "the output's halves read as pairs"),
    )


def _truncated_exp(torch):
    op = functools.partial(function, torch, torch.exp)
    return case(
        "truncated exp",
        op(lambda g, y, x: g * torch.exp(x.clamp(max=TRUNCATED))),
        Slip("not truncated", op(lambda g, y, x: g * y), "the derivative of exp, which the op is declared not to have"),
        Slip("from below", op(lambda g, y, x: g * torch.exp(x.clamp(min=TRUNCATED))), "clamped on the wrong side"),
    )


def _straight_through(torch):
    op = functools.partial(function, torch, torch.round)
    return case(
        "straight-through rounding",
        op(lambda g, y, x: g),
        Slip("stands still", op(lambda g, y, x: torch.zeros_like(g)), "0, the derivative of rounding"),
        Slip("times the output", op(lambda g, y, x: g * y), "y for 1"),
    )


def _gradient_reversal(torch):
    op = functools.partial(function, torch, lambda x: x.view_as(x))
    return case(
        "gradient reversal",
        op(lambda g, y, x: -REVERSAL * g),
        Slip("not reversed", op(lambda g, y, x: REVERSAL * g), "the minus is lost"),
        Slip("identity", op(lambda g, y, x: g), "the derivative of the forward"),
    )


def _learnt_quantisation(torch):
    def forward(x, step):
        return torch.round((x / step).clamp(-LEVELS, LEVELS)) * step

    def backward(g, y, x, step, inside=1):
        v = x / step
        within = v.abs() < LEVELS
        slope = torch.round(v.clamp(-LEVELS, LEVELS)) - inside * torch.where(within, v, torch.zeros_like(v))
        return g * within, (g * slope).sum()

    op = functools.partial(function, torch, forward)
    return case(
        "learnt quantisation",
        op(backward),
        Slip("step through the product alone", op(functools.partial(backward, inside=0)), "the step inside the rounding"),
        Slip(
            "passes outside",
            op(lambda g, y, x, step: (g, backward(g, y, x, step)[1])),
            "the input's gradient beyond the last level",
        ),
        Slip(
            "stands still",
            op(lambda g, y, x, step: (torch.zeros_like(g), (g * y / step).sum())),
            "the derivative of rounding",
        ),
    )


OPS = (
    _cumulative_sum, _embedding, _gather, _sort, _quantile, _largest, _rotary_embedding, _truncated_exp,
    _straight_through, _gradient_reversal, _learnt_quantisation,
)  # fmt: skip
