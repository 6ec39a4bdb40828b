"""Wrong and unstable backward passes: the mistakes that people make, in kernels whose right form stands beside them.

A factor of 1.001 or a truncated constant is smaller than 16 bits can show: ``least`` leaves it out there. An unstable
one is evaluated where its format has lost the digits, which depends on the format.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from kernels import UNSTABLE, Kernel, elementwise, layers, reductions
from kernels.elementwise import sigmoid, tanh_slope
from kernels.reductions import norm, softmax

SINGLE, HALF = 2.0**-24, 2.0**-11  # the coarsest roundoff at which a small mistake shows
TABLE = {k.name: k for k in (*elementwise.RIGHT, *reductions.RIGHT, *layers.RIGHT)}


def mistaken(name, mistake, backward, least=1.0):
    """A right kernel of the tables with a wrong backward pass."""
    return replace(TABLE[name], name=f"{name}: {mistake}", mistake=mistake, backward=backward, least=least)


def off(name, mistake, change, least=1.0):
    """The right backward pass, and then something done to its result."""
    right = TABLE[name].backward

    def backward(*args):
        found = right(*args)
        return (change(found[0]), *found[1:]) if isinstance(found, tuple) else change(found)

    return mistaken(name, mistake, backward, least)


def tail(share):
    """A point where exp(x) is the given power of the roundoff."""
    return lambda rng, format: (np.array([share * math.log(format.roundoff)]),)


def near_zero(power):
    """Points that are the given power of the roundoff."""
    return lambda rng, format: (np.array([format.roundoff**power, 1.5 * format.roundoff**power]),)


def affine_mean(g, y, x, w, b):
    return np.matmul(g, w.T), np.matmul(x.T, g), np.mean(g, axis=0)


def affine_one_row(g, y, x, w, b):
    return np.matmul(g, w.T), np.matmul(x.T, g), g[0]


def layer_norm_constant_variance(g, y, x, w, b):
    d = x - np.mean(x, axis=-1, keepdims=True)
    r = 1 / np.sqrt(np.mean(d * d, axis=-1, keepdims=True) + layers.EPS)
    h = g * w
    return r * (h - np.mean(h, axis=-1, keepdims=True)), np.sum(g * d * r, axis=0), np.sum(g, axis=0)


def layer_norm_constant_mean(g, y, x, w, b):
    d = x - np.mean(x, axis=-1, keepdims=True)
    r = 1 / np.sqrt(np.mean(d * d, axis=-1, keepdims=True) + layers.EPS)
    u, h = d * r, g * w
    return r * (h - u * np.mean(h * u, axis=-1, keepdims=True)), np.sum(g * u, axis=0), np.sum(g, axis=0)


def attention_unscaled(g, y, q, k, v):
    dq, dk, dv = layers.attention_backward(g, y, q, k, v)
    return dq * float(np.sqrt(q.shape[-1])), dk, dv


def attention_softmax_diagonal(g, y, q, k, v):
    scale = float(1 / np.sqrt(q.shape[-1]))
    p = layers.rows_softmax(np.matmul(q, k.T) * scale)
    ds = p * (1 - p) * np.matmul(g, v.T) * scale
    return np.matmul(ds, k), np.matmul(ds.T, q), np.matmul(p.T, g)


def recurrence_truncated(g, y, x, w):
    dx, dw = reductions.recurrence_backward(g, y, x, w)
    return dx, dw * 0.5


def recurrence_of_the_last_step(g, y, x, w):
    dx, dw = reductions.recurrence_backward(g, y, x, w)
    return np.where(np.arange(x.size) == x.size - 1, dx, 0 * dx), dw


def gather_overwrites(g, y, table):
    """Of a row that is picked three times only the last use counts."""
    last = {row: k for k, row in enumerate(layers.PICK)}
    onto = np.zeros((len(table), len(layers.PICK)))
    for row, k in last.items():
        onto[row, k] = 1.0
    return np.matmul(onto, g * np.cos(table[layers.PICK]))


def convolution_flipped(g, y, x, w):
    dx, dw = layers.convolution_backward(g, y, x, w)
    return dx, np.flip(dw)


def softplus(x):
    return np.log1p(np.exp(x))


def shifted(rng, format):
    return (0.1 * format.roundoff**-0.5 + rng.normal(size=100),)


def naive_std_backward(g, y, x):
    m = np.mean(x)
    return g * (x - m) / (np.sqrt(np.abs(np.mean(x * x) - m * m)) * x.size)


def far_apart(rng, format):
    far = math.log(format.largest)
    return (np.array([far + 2.0, far + 1.0, far]),)


def norm_with_eps(g, y, x):
    return g * x / (norm(x) + 1.0)


STRUCTURAL = [
    off("exp", "sign", lambda d: -d),
    off("sin", "twice the truth", lambda d: 2 * d),
    off("square", "half the truth", lambda d: 0.5 * d),
    off("log", "1.001 x the truth", lambda d: 1.001 * d, SINGLE),
    off("matmul 16", "1.001 x the truth", lambda d: 1.001 * d, SINGLE),
    off("layer norm", "0.9995 x the truth", lambda d: 0.9995 * d, SINGLE),
    off("softmax of 50, wide", "1 % too large", lambda d: 1.01 * d, SINGLE),
    off("gaussian", "constant in float16", lambda d: d * float(np.float16(1.2346)) / 1.2346, SINGLE),
    mistaken("cos", "the slope of sin", lambda g, y, x: g * np.cos(x)),
    mistaken("sigmoid", "slope of tanh", lambda g, y, x: g * tanh_slope(x)),
    mistaken("tanh", "zero in the tail", lambda g, y, x: np.where(np.abs(x) > 3, 0 * g, g * tanh_slope(x))),
    mistaken("relu", "one for all", lambda g, y, x: g + 0 * x),
    mistaken("leaky relu", "slope 0 for negative x", lambda g, y, x: np.where(x > 0, g, 0 * g)),
    mistaken("silu", "missing term", lambda g, y, x: g * sigmoid(x)),
    mistaken("gelu", "slope of the sigmoid form", lambda g, y, x: g * sigmoid(1.702 * x)),
    mistaken("softplus", "argument negated", lambda g, y, x: g * sigmoid(-x)),
    mistaken("huber", "no clipping", lambda g, y, x: g * x),
    mistaken("power 2.5", "exponent off by one", lambda g, y, x: g * 2.5 * np.sqrt(x)),
    mistaken("sqrt", "inner factor", lambda g, y, x: g / np.sqrt(x)),
    mistaken("arctan", "square forgotten", lambda g, y, x: g / (1 + np.abs(x))),
    mistaken("square of a dot of 1e+03", "arguments swapped",
             lambda g, y, x, w: reductions.dot_squared_backward(g, y, x, w)[::-1]),
    mistaken("square of a sum of 1e+04", "mean for sum", lambda g, y, x: g * np.sum(x) + 0 * x),
    mistaken("variance of 1e2", "the mean is not subtracted", lambda g, y, x: g * 2 * x / x.size),
    mistaken("variance of 1e4", "divided by n - 1 too often", lambda g, y, x: g * 2 * (x - np.mean(x)) / x.size**2),
    mistaken("norm", "not divided by the norm", lambda g, y, x: g * x),
    mistaken("norm", "1 added to the norm", norm_with_eps, HALF),
    mistaken("normalize", "the projection is missing", lambda g, y, x: g / norm(x)),
    mistaken("cosine similarity", "the projection is missing",
             lambda g, y, a, b: (g * b / (norm(a) * norm(b)), g * a / (norm(a) * norm(b)))),
    mistaken("softmax of 50, wide", "diagonal only", lambda g, y, x: g * softmax(x) * (1 - softmax(x))),
    mistaken("softmax of 1000, wide", "no sum", lambda g, y, x: g * softmax(x)),
    mistaken("log softmax of 50", "the sum of g is taken for 1", lambda g, y, x: g - softmax(x)),
    mistaken("cross entropy, confident", "the label is missing", lambda g, y, x: g * softmax(x)),
    mistaken("cross entropy of 1000", "the wrong label",
             lambda g, y, x: g * (softmax(x) - np.where(np.arange(x.size) == 2, 1.0, 0.0))),
    mistaken("divergence", "second argument by the first's rule",
             lambda g, y, p, q: (g * (np.log(p / q) + 1), g * p / q)),
    mistaken("running sum of 1000", "not reversed", lambda g, y, x: np.cumsum(g) * np.cos(x)),
    mistaken("recurrence of 100 steps", "half of the weight's gradient", recurrence_truncated, HALF),
    mistaken("recurrence of 100 steps", "the last step only", recurrence_of_the_last_step),
    mistaken("linear filter of 100 steps", "a step too far",
             lambda g, y, x, a: (reductions.filtered_backward(g, y, x, a)[0] * a,
                                 reductions.filtered_backward(g, y, x, a)[1]), SINGLE),
    mistaken("matmul 16", "not transposed", lambda g, y, a, b: (np.matmul(g, b), np.matmul(a.T, g))),
    mistaken("matmul 64", "ignores g", lambda g, y, a, b: layers.matmul_backward(g * 0 + 1, y, a, b)),
    mistaken("affine layer", "mean over the rows", affine_mean),
    mistaken("affine layer", "one row for the sum", affine_one_row),
    mistaken("layer norm", "variance taken for a constant", layer_norm_constant_variance),
    mistaken("layer norm", "mean taken for a constant", layer_norm_constant_mean),
    mistaken("rms norm", "no second term", lambda g, y, x, w: (
        g * w / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + layers.EPS),
        layers.rms_norm_backward(g, y, x, w)[1])),
    mistaken("batch norm", "over the wrong axis", lambda g, y, x: layers.batch_norm_backward(g.T, y, x.T).T),
    mistaken("attention", "the scale is missing", attention_unscaled),
    mistaken("attention", "diagonal of the softmax only", attention_softmax_diagonal),
    mistaken("convolution", "filter flipped", convolution_flipped),
    mistaken("gather", "overwrites instead of adding", gather_overwrites),
    mistaken("gram matrix", "symmetric g assumed", lambda g, y, x: 2 * np.matmul(x, g)),
    mistaken("distances", "second argument has the sign of the first",
             lambda g, y, a, b: (layers.distances_backward(g, y, a, b)[0], -layers.distances_backward(g, y, a, b)[1])),
    mistaken("quadratic form", "symmetric matrix assumed",
             lambda g, y, x, a: (2 * g * np.matmul(a, x), layers.quadratic_backward(g, y, x, a)[1])),
]  # fmt: skip



def unstable(name, f, backward, point, least=1.0):
    """A right formula that loses digits where f does not; a fused kernel of 16 bits has float32's digits to lose."""
    return Kernel(name, f, backward, point, UNSTABLE, least)


LOSING = [
    unstable("tanh: 1 - y*y", np.tanh, lambda g, y, x: g * (1 - np.tanh(x) * np.tanh(x)), tail(-0.475), SINGLE),
    unstable("tanh: 1 - y*y, no digit left", np.tanh, lambda g, y, x: g * (1 - np.tanh(x) ** 2), tail(-0.75)),
    unstable("sigmoid: y (1 - y)", elementwise.logistic,
             lambda g, y, x: g * sigmoid(x) * (1 - sigmoid(x)), tail(-0.95), HALF),
    unstable("sigmoid: y (1 - y), no digit left", elementwise.logistic,
             lambda g, y, x: g * sigmoid(x) * (1 - sigmoid(x)), tail(-1.2)),
    unstable("softplus: 1 - exp(-y)", elementwise.softplus,
             lambda g, y, x: g * (1 - np.exp(-softplus(x))), tail(0.95), SINGLE),
    unstable("softplus: 1 - exp(-y), no digit left", elementwise.softplus,
             lambda g, y, x: g * (1 - np.exp(-softplus(x))), tail(1.4)),
    unstable("cosh: a difference of exponentials", np.cosh,
             lambda g, y, x: g * (np.exp(x) - np.exp(-x)) / 2, near_zero(1.1)),
    unstable("square: by binomials", np.square, lambda g, y, x: g * ((x + 1) ** 2 - x * x - 1), near_zero(1.1)),
    unstable("standard deviation: mean square less square of the mean", np.std, naive_std_backward, shifted, SINGLE),
    unstable("logsumexp: overflow without the shift", reductions.logsumexp,
             lambda g, y, x: g * np.exp(x) / np.sum(np.exp(x)), far_apart),
]  # fmt: skip

WRONG = STRUCTURAL + LOSING
