"""Linear algebra and ops that move entries about by ``custom_vjp``, right and wrong."""

from __future__ import annotations

import functools

from verify.suites.jaxops.making import by_jvp, by_vjp
from verify.suites.opcase import Slip
from verify.suites.opforwards import case


def cases(jax):
    """All of them."""
    return [make(jax) for make in OPS]


def _inverse(jax):
    op = functools.partial(by_jvp, jax, jax.numpy.linalg.inv)
    return case(
        "inverse",
        op(lambda t, y, a: -y @ t @ y),
        Slip("sign", op(lambda t, y, a: y @ t @ y), "the minus is lost"),
        Slip("transposed", op(lambda t, y, a: -y.T @ t @ y.T), "the rule of the backward in the forward"),
    )


def _solve(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, np.linalg.solve)

    def backward(g, y, a, b):
        w = np.linalg.solve(a.T, g)
        return -w @ y.T, w

    return case(
        "solve",
        op(backward),
        Slip("matrix transposed", op(lambda *xs: (backward(*xs)[0].T, backward(*xs)[1])), "the transpose of -w x.T"),
        Slip("solved with the matrix", op(lambda g, y, a, b: backward(g, y, a.T, b)), "not with its transpose"),
    )


def _log_determinant(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda a: np.linalg.slogdet(a)[1])
    return case(
        "log determinant",
        op(lambda g, y, a: g * np.linalg.inv(a).T),
        Slip("not transposed", op(lambda g, y, a: g * np.linalg.inv(a)), "right for symmetric matrices alone"),
    )


def _cumulative_sum(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, np.cumsum)
    return case(
        "cumulative sum",
        op(lambda g, y, x: np.cumsum(g[::-1])[::-1]),
        Slip("not reversed", op(lambda g, y, x: np.cumsum(g)), "summed from the front"),
    )


def _embedding(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda table, ids: table[ids])
    return case(
        "embedding",
        op(lambda g, y, table, ids: (np.zeros_like(table).at[ids].add(g), None)),
        Slip(
            "repeated rows once",
            op(lambda g, y, table, ids: (np.zeros_like(table).at[ids].set(g), None)),
            "set for add: a row that is used three times gets the gradient of one",
        ),
    )


def _sort(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, np.sort)
    return case(
        "sort",
        op(lambda g, y, x: np.zeros_like(g).at[np.argsort(x)].set(g)),
        Slip("permuted the wrong way", op(lambda g, y, x: g[np.argsort(x)]), "the permutation for its inverse"),
    )


def _rotary_embedding(jax):
    np = jax.numpy

    def forward(x, angle):
        c, s = np.cos(angle), np.sin(angle)
        a, b = x[:, ::2], x[:, 1::2]
        return np.concatenate([a * c - b * s, a * s + b * c], 1)

    def backward(g, y, x, angle, sign=1):
        c, s = np.cos(angle), sign * np.sin(angle)
        p, q = np.split(g, 2, axis=1)
        return np.stack([p * c + q * s, q * c - p * s], 2).reshape(g.shape), np.zeros_like(angle)

    op = functools.partial(by_vjp, jax, forward)
    return case(
        "rotary embedding",
        op(backward),
        Slip("turned forward again", op(functools.partial(backward, sign=-1)), "by the angle, not by its negative"),
    )


def _bias(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x, b: x + b[:, None])
    return case(
        "bias over channels",
        op(lambda g, y, x, b: (g, np.sum(g, (0, 2)))),
        Slip("wrong axes", op(lambda g, y, x, b: (g, np.sum(g, (0, 1)))), "summed over channels, there are as many positions"),
    )


OPS = (
    _inverse, _solve, _log_determinant, _cumulative_sum, _embedding, _sort, _rotary_embedding, _bias,
)  # fmt: skip
