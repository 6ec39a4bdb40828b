"""Right backward passes of layers: products of matrices, normalisations, attention, convolution, pooling, gathers."""

from __future__ import annotations

import numpy as np

from kernels import Kernel
from kernels.elementwise import sigmoid, sigmoid_slope, tanh_slope
from kernels.reductions import normal, softmax

EPS = 1e-5  # of the normalisations


def matmul_backward(g, y, a, b):
    return np.matmul(g, np.swapaxes(b, -1, -2)), np.matmul(np.swapaxes(a, -1, -2), g)


def affine(x, w, b):
    return np.matmul(x, w) + b


def affine_backward(g, y, x, w, b):
    return np.matmul(g, w.T), np.matmul(x.T, g), np.sum(g, axis=0)


def bias_loss(x, b):
    return np.sum(np.sin(x + b)) / x.shape[-1]


def bias_backward(g, y, x, b):
    slope = g * np.cos(x + b) / x.shape[-1]
    return slope, np.sum(slope, axis=0)


def layer_norm(x, w, b):
    d = x - np.mean(x, axis=-1, keepdims=True)
    return d / np.sqrt(np.mean(d * d, axis=-1, keepdims=True) + EPS) * w + b


def layer_norm_backward(g, y, x, w, b):
    d = x - np.mean(x, axis=-1, keepdims=True)
    r = 1 / np.sqrt(np.mean(d * d, axis=-1, keepdims=True) + EPS)
    u = d * r
    h = g * w
    dx = r * (h - np.mean(h, axis=-1, keepdims=True) - u * np.mean(h * u, axis=-1, keepdims=True))
    return dx, np.sum(g * u, axis=0), np.sum(g, axis=0)


def rms_norm(x, w):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS) * w


def rms_norm_backward(g, y, x, w):
    r = 1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS)
    h = g * w
    dx = r * (h - x * r * r * np.mean(h * x, axis=-1, keepdims=True))
    return dx, np.sum(g * x * r, axis=0)


def batch_norm(x):
    d = x - np.mean(x, axis=0)
    return d / np.sqrt(np.mean(d * d, axis=0) + EPS)


def batch_norm_backward(g, y, x):
    d = x - np.mean(x, axis=0)
    r = 1 / np.sqrt(np.mean(d * d, axis=0) + EPS)
    u = d * r
    return r * (g - np.mean(g, axis=0) - u * np.mean(g * u, axis=0))


def rows_softmax(s):
    e = np.exp(s - np.max(s, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def attention(q, k, v):
    return np.matmul(rows_softmax(np.matmul(q, k.T) / np.sqrt(q.shape[-1])), v)


def attention_backward(g, y, q, k, v):
    scale = float(1 / np.sqrt(q.shape[-1]))
    p = rows_softmax(np.matmul(q, k.T) * scale)
    dp = np.matmul(g, v.T)
    ds = p * (dp - np.sum(dp * p, axis=-1, keepdims=True)) * scale
    return np.matmul(ds, k), np.matmul(ds.T, q), np.matmul(p.T, g)


def network(x, w, v):
    return np.matmul(np.tanh(np.matmul(x, w)), v)


def network_backward(g, y, x, w, v):
    z = np.matmul(x, w)
    dz = np.matmul(g, v.T) * tanh_slope(z)
    return np.matmul(dz, w.T), np.matmul(x.T, dz), np.matmul(np.tanh(z).T, g)


def convolution(x, w):
    """A valid correlation of a signal with a filter."""
    n = x.size - w.size + 1
    return sum(x[k : k + n] * w[k] for k in range(w.size))


def convolution_backward(g, y, x, w):
    n = x.size - w.size + 1
    zero = np.zeros_like(g[:1])
    pieces = []
    for k in range(w.size):
        before, after = [zero] * k, [zero] * (w.size - 1 - k)
        pieces.append(np.concatenate([*before, g * w[k], *after]))
    return sum(pieces[1:], pieces[0]), np.stack([np.sum(g * x[k : k + n]) for k in range(w.size)])


def pool(x):
    return np.mean(np.reshape(x, (-1, 4)), axis=1) ** 2


def pool_backward(g, y, x):
    m = np.mean(np.reshape(x, (-1, 4)), axis=1)
    return np.reshape(np.repeat(2 * m * g / 4, 4), x.shape)


PICK = np.array([3, 1, 3, 0, 2, 3])


def gather(table):
    return np.sin(table[PICK])


def gather_backward(g, y, table):
    onto = (PICK[None, :] == np.arange(len(table))[:, None]) * 1.0
    return np.matmul(onto, g * np.cos(table[PICK]))


def cell(x, h, w):
    """One step of a gated recurrent cell: z gates between the old state and the new."""
    z = 1 / (1 + np.exp(-np.matmul(w, x)))
    return z * h + (1 - z) * np.tanh(x)


def cell_backward(g, y, x, h, w):
    a = np.matmul(w, x)
    z, t = sigmoid(a), np.tanh(x)
    da = g * (h - t) * sigmoid_slope(a)
    dx = np.matmul(w.T, da) + g * sigmoid(-a) * tanh_slope(x)
    return dx, g * z, np.expand_dims(da, 1) * np.expand_dims(x, 0)


def gram_backward(g, y, x):
    return np.matmul(x, g + g.T)


def quadratic_backward(g, y, x, a):
    return g * (np.matmul(a, x) + np.matmul(a.T, x)), g * np.expand_dims(x, 1) * np.expand_dims(x, 0)


def distances(x, y):
    d = np.expand_dims(x, 1) - np.expand_dims(y, 0)
    return np.sum(d * d, axis=-1)


def distances_backward(g, out, x, y):
    d = np.expand_dims(x, 1) - np.expand_dims(y, 0)
    h = 2 * np.expand_dims(g, -1) * d
    return np.sum(h, axis=1), -np.sum(h, axis=0)


def bilinear_backward(g, y, x, a, z):
    return (
        g * np.matmul(a, z),
        g * np.expand_dims(x, 1) * np.expand_dims(z, 0),
        g * np.matmul(a.T, x),
    )


def scaled(*shapes):
    """Numbers whose products over the last axis stay near 1."""
    return lambda rng, format: tuple(rng.normal(size=s) / np.sqrt(s[-1]) for s in shapes)


RIGHT = [
    Kernel("matmul 16", np.matmul, matmul_backward, scaled((16, 16), (16, 16))),
    Kernel("matmul 64", np.matmul, matmul_backward, scaled((64, 64), (64, 64))),
    Kernel("matmul 4x256 by 256x4", np.matmul, matmul_backward, scaled((4, 256), (256, 4))),
    Kernel("matmul in a stack", np.matmul, matmul_backward, scaled((3, 5, 4), (3, 4, 6))),
    Kernel("affine layer", affine, affine_backward, scaled((32, 16), (16, 8), (8,))),
    Kernel("bias over 1e5 rows", bias_loss, bias_backward, normal((10**5, 2), (2,))),
    Kernel("layer norm", layer_norm, layer_norm_backward, normal((8, 64), (64,), (64,))),
    Kernel("layer norm far from 0", layer_norm, layer_norm_backward,
           lambda rng, format: (4 + rng.normal(size=(8, 64)), rng.normal(size=64), rng.normal(size=64))),
    Kernel("rms norm", rms_norm, rms_norm_backward, normal((8, 64), (64,))),
    Kernel("batch norm", batch_norm, batch_norm_backward, normal((64, 8))),
    Kernel("attention", attention, attention_backward, normal((8, 16), (8, 16), (8, 16))),
    Kernel("attention over 64", attention, attention_backward, normal((4, 8), (64, 8), (64, 8))),
    Kernel("network of two layers", network, network_backward, scaled((8, 12), (12, 16), (16, 4))),
    Kernel("convolution", convolution, convolution_backward, normal(64, 5)),
    Kernel("average pool, squared", pool, pool_backward, normal(64)),
    Kernel("gather", gather, gather_backward, normal((5, 3))),
    Kernel("gated cell", cell, cell_backward, normal(12, 12, (12, 12))),
    Kernel("gram matrix", lambda x: np.matmul(x.T, x), gram_backward, normal((20, 6))),
    Kernel("quadratic form", lambda x, a: np.dot(x, np.matmul(a, x)), quadratic_backward, normal(12, (12, 12))),
    Kernel("bilinear form", lambda x, a, z: np.dot(x, np.matmul(a, z)), bilinear_backward, normal(10, (10, 12), 12)),
    Kernel("distances", distances, distances_backward, normal((6, 4), (5, 4))),
    Kernel("log of a softmax's square", lambda x: np.log(np.sum(softmax(x) ** 2)),
           lambda g, y, x: 2 * g * softmax(x) * (softmax(x) / np.sum(softmax(x) ** 2) - 1), normal(30)),
]  # fmt: skip
