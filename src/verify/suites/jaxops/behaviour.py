"""Ops of JAX that compute the right gradient once, and break something else that an op must honour."""

from __future__ import annotations

import functools

import numpy

from verify.suites.jaxops.making import by_jvp, by_vjp
from verify.suites.opcase import Slip
from verify.suites.opforwards import case


def cases(jax):
    """All of them."""
    return [make(jax) for make in OPS]


def _cube(jax):
    np, stop = jax.numpy, jax.lax.stop_gradient
    op = functools.partial(by_vjp, jax, lambda x: x * x * x)
    pushed = functools.partial(by_jvp, jax, lambda x: x * x * x)

    def in_numpy(g, y, x):
        return np.asarray(3 * numpy.asarray(g) * numpy.asarray(x) ** 2)

    def branches(g, y, x):
        return 3 * g * x * x if np.any(g != 0) else np.zeros_like(g)

    def in_single(g, y, x):
        return 3 * g * x * x if x.dtype == np.float64 else g * x * x

    def rounded(g, y, x):
        return (3 * g * x * x).astype(np.float32).astype(x.dtype)

    return case(
        "cube",
        op(lambda g, y, x: 3 * g * x * x),
        Slip("outside jit alone", op(in_numpy), "the backward computes with NumPy: it raises under jit", shows="contract"),
        Slip("branches on a value", op(branches), "`if` on a traced value: it raises under jit", shows="contract"),
        Slip("wrong below float64", op(in_single), "the path for lower precision forgets the 3", dtypes=("float32", "bfloat16")),
        Slip("rounded to float32", op(rounded), "computed in float32: 8 digits of 16", dtypes=("float64",)),
        Slip(
            "second derivative lost",
            op(lambda g, y, x: 3 * g * stop(x) ** 2),
            "the slope is stopped: the backward differentiates to 0 by x",
            shows="second order",
        ),
        Slip(
            "second derivative lost, forward",
            pushed(lambda t, y, x: 3 * t * stop(x) ** 2),
            "the slope of a custom_jvp is stopped",
            shows="second order",
        ),
        Slip("size of the tangent", pushed(lambda t, y, x: 3 * np.abs(t) * x * x), "|t| for t: not linear", shows="contract"),
        Slip(
            "cotangent squared",
            op(lambda g, y, x: 3 * g * g * x * x),
            "right for cotangents of 0 and 1 alone: not linear",
            shows="contract",
        ),
    )


def _product(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x, y: x * y)

    return case(
        "product",
        op(lambda g, out, x, y: (g * y, g * x)),
        Slip("exchanged", op(lambda g, out, x, y: (g * x, g * y)), "the gradients in the wrong order"),
        Slip("second forgotten", op(lambda g, out, x, y: (g * y, np.zeros_like(y))), "0 for the second input"),
    )


def _sine_and_cosine(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x: (np.sin(x), np.cos(x)))
    return case(
        "sine and cosine",
        op(lambda g, y, x: g[0] * y[1] - g[1] * y[0]),
        Slip("sign of the second", op(lambda g, y, x: g[0] * y[1] + g[1] * y[0]), "plus for minus"),
        Slip("second output forgotten", op(lambda g, y, x: g[0] * y[1]), "the cotangent of the second output is dropped"),
    )


OPS = (_cube, _product, _sine_and_cosine)
