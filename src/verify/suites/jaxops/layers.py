"""Losses, normalisations and layers by ``custom_vjp``, right and wrong."""

from __future__ import annotations

import functools

from verify.suites.jaxops.making import by_vjp
from verify.suites.opcase import Slip
from verify.suites.opforwards import EPS, SMOOTHING, case


def cases(jax):
    """All of them."""
    return [make(jax) for make in OPS]


def _softmax(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x: jax.nn.softmax(x, axis=-1))

    def backward(g, y, x, axis):
        return y * (g - np.sum(g * y, axis, keepdims=True))

    return case(
        "softmax",
        op(functools.partial(backward, axis=-1)),
        Slip("wrong axis", op(functools.partial(backward, axis=0)), "the sum runs over rows, the matrix is square"),
        Slip("diagonal only", op(lambda g, y, x: g * y * (1 - y)), "the derivative of a sigmoid: no cross terms"),
    )


def _logsumexp(jax):
    op = functools.partial(by_vjp, jax, lambda x: jax.nn.logsumexp(x, axis=-1))
    return case(
        "logsumexp",
        op(lambda g, y, x: g[:, None] * jax.nn.softmax(x, axis=-1)),
        Slip("wrong axis", op(lambda g, y, x: g[:, None] * jax.nn.softmax(x, axis=0)), "softmax of the columns"),
        Slip("cotangent of the wrong axis", op(lambda g, y, x: g * jax.nn.softmax(x, axis=-1)), "g broadcast along rows"),
    )


def _label_smoothing(jax):
    np = jax.numpy

    def wanted(scores, labels, smoothing):
        classes = scores.shape[1]
        return (1 - smoothing) * jax.nn.one_hot(labels, classes, dtype=scores.dtype) + smoothing / classes

    def forward(scores, labels):
        return -np.sum(wanted(scores, labels, SMOOTHING) * jax.nn.log_softmax(scores, axis=-1)) / len(labels)

    def backward(g, y, scores, labels, smoothing=SMOOTHING, over=1):
        return g * (jax.nn.softmax(scores, axis=-1) - wanted(scores, labels, smoothing)) / len(labels) ** over, None

    op = functools.partial(by_vjp, jax, forward)
    return case(
        "label smoothing",
        op(backward),
        Slip("no smoothing", op(functools.partial(backward, smoothing=0.0)), "the labels are not smoothed in the backward"),
        Slip("mean forgotten", op(functools.partial(backward, over=0)), "not divided by the number of rows"),
        Slip(
            "cotangent forgotten",
            op(lambda g, *saved: backward(np.ones_like(g), *saved)),
            "the loss is taken for the last operation of the program",
        ),
    )


def _centred(np, x):
    """What is normalised, and by how much it was scaled."""
    d = x - np.mean(x, -1, keepdims=True)
    r = 1 / np.sqrt(np.mean(d * d, -1, keepdims=True) + EPS)
    return d * r, r


def _layer_norm(jax):
    np = jax.numpy

    def backward(g, y, x, w, b, mean=1, variance=1, over=0):
        n, r = _centred(np, x)
        h = g * w
        along = np.mean(h * n, -1, keepdims=True)
        return r * (h - mean * np.mean(h, -1, keepdims=True) - variance * n * along), np.sum(g * n, over), np.sum(g, over)

    op = functools.partial(by_vjp, jax, lambda x, w, b: _centred(np, x)[0] * w + b)
    return case(
        "layer norm",
        op(backward),
        Slip("mean held constant", op(functools.partial(backward, mean=0)), "the mean is not differentiated"),
        Slip("variance held constant", op(functools.partial(backward, variance=0)), "the variance is not differentiated"),
        Slip("wrong axis", op(functools.partial(backward, over=1)), "weight and bias summed over features, not rows"),
    )


def _rms_norm(jax):
    np = jax.numpy

    def rms(x):
        return np.sqrt(np.mean(x * x, -1, keepdims=True) + EPS)

    def backward(g, y, x, w, along=1):
        n, h = x / rms(x), g * w
        return (h - along * n * np.mean(h * n, -1, keepdims=True)) / rms(x), np.sum(g * n, 0)

    op = functools.partial(by_vjp, jax, lambda x, w: x / rms(x) * w)
    return case(
        "rms norm",
        op(backward),
        Slip("scale held constant", op(functools.partial(backward, along=0)), "the root mean square is not differentiated"),
    )


def _unit_length(jax):
    np = jax.numpy

    def length(x, eps=EPS):
        return np.sqrt(np.sum(x * x, -1, keepdims=True) + eps)

    def backward(g, y, x, n):
        return (g - x * np.sum(g * x, -1, keepdims=True) / n**2) / n

    op = functools.partial(by_vjp, jax, lambda x: x / length(x))
    return case(
        "unit length",
        op(lambda g, y, x: backward(g, y, x, length(x))),
        Slip("eps forgotten", op(lambda g, y, x: backward(g, y, x, length(x, 0))), "the length without eps"),
        Slip("length held constant", op(lambda g, y, x: g / length(x)), "the length is not differentiated"),
    )


def _length_at_0(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x: np.sqrt(np.sum(x * x)))
    return case(
        "length at 0",
        op(lambda g, y, x: np.where(y > 0, g * x / np.where(y > 0, y, 1), 0)),
        Slip("NaN at 0", op(lambda g, y, x: g * x / y), "0/0 where the length is 0"),
    )


def _linear(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x, w, b: x @ w.T + b)
    return case(
        "linear",
        op(lambda g, y, x, w, b: (g @ w, g.T @ x, np.sum(g, 0))),
        Slip("weight transposed", op(lambda g, y, x, w, b: (g @ w, x.T @ g, np.sum(g, 0))), "x.T @ g for g.T @ x"),
        Slip("bias averaged", op(lambda g, y, x, w, b: (g @ w, g.T @ x, np.mean(g, 0))), "the mean over rows for the sum"),
    )


def _attention(jax):
    np = jax.numpy

    def weights(q, k):
        return jax.nn.softmax(q @ k.T / q.shape[-1] ** 0.5, axis=-1)

    def backward(g, y, q, k, v, root=0.5, sums=1):
        p = weights(q, k)
        dp = g @ v.T
        ds = p * (dp - sums * np.sum(dp * p, -1, keepdims=True)) / q.shape[-1] ** root
        return ds @ k, ds.T @ q, p.T @ g

    op = functools.partial(by_vjp, jax, lambda q, k, v: weights(q, k) @ v)
    return case(
        "attention",
        op(backward),
        Slip("scale forgotten", op(functools.partial(backward, root=0)), "not divided by sqrt(d) in the backward"),
        Slip("scale without its root", op(functools.partial(backward, root=1)), "divided by d for sqrt(d)"),
        Slip("softmax held diagonal", op(functools.partial(backward, sums=0)), "the softmax's second term is left out"),
    )


def _swiglu(jax):
    def backward(g, y, x, w, v, inner=1, through=1):
        a, b = x @ w, x @ v
        s = jax.nn.sigmoid(a)
        da, db = g * b * (s + inner * a * s * (1 - s)), g * a * s
        return through * da @ w.T + db @ v.T, x.T @ da, x.T @ db

    op = functools.partial(by_vjp, jax, lambda x, w, v: jax.nn.silu(x @ w) * (x @ v))
    return case(
        "swiglu",
        op(backward),
        Slip("gate's slope", op(functools.partial(backward, inner=0)), "the derivative of the sigmoid is left out"),
        Slip(
            "one path to the input", op(functools.partial(backward, through=0)), "the input's gradient through the gate"
        ),
    )


OPS = (
    _softmax, _logsumexp, _label_smoothing, _layer_norm, _rms_norm, _unit_length, _length_at_0, _linear, _attention,
    _swiglu,
)  # fmt: skip
