"""Right backward passes of what adds up: sums, dots, norms, softmax and its kin, running sums, recurrences."""

from __future__ import annotations

import numpy as np

from kernels import Kernel
from kernels.elementwise import sigmoid, tanh_slope


def normal(*shapes, scale=1.0, shift=0.0):
    return lambda rng, format: tuple(shift + scale * rng.normal(size=shape) for shape in shapes)


def over_root(n):
    """Numbers whose dot products stay near 1."""
    return lambda rng, format: tuple(rng.normal(size=n) / n**0.25 for _ in range(2))


def confident(n, lead=8.0):
    """Logits of which one is far above the others."""

    def point(rng, format):
        x = rng.normal(size=n)
        x[n // 3] += lead
        return (x,)

    return point


def probabilities(*counts):
    def point(rng, format):
        found = [rng.uniform(0.2, 1.0, n) for n in counts]
        return tuple(p / p.sum() for p in found)

    return point


def sum_squared(x):
    return 0.5 * np.sum(x) ** 2 / x.size


def dot_squared(x, w):
    return 0.5 * np.dot(x, w) ** 2


def dot_squared_backward(g, y, x, w):
    d = np.dot(x, w)
    return g * d * w, g * d * x


def variance_backward(g, y, x):
    return g * 2 * (x - np.mean(x)) / x.size


def std_backward(g, y, x):
    d = x - np.mean(x)
    return g * d / (np.sqrt(np.mean(d * d)) * x.size)


def norm(x):
    return np.sqrt(np.sum(x * x))


def normalize_backward(g, y, x):
    r = norm(x)
    u = x / r
    return (g - u * np.sum(g * u)) / r


def cosine(a, b):
    return np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))


def cosine_backward(g, y, a, b):
    ra, rb = norm(a), norm(b)
    u, v = a / ra, b / rb
    c = np.sum(u * v)
    return g * (v - c * u) / ra, g * (u - c * v) / rb


def logsumexp(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def softmax_backward(g, y, x):
    s = softmax(x)
    return s * (g - np.sum(g * s))


def log_softmax_backward(g, y, x):
    return g - softmax(x) * np.sum(g)


def cross_entropy(x):
    return logsumexp(x) - x[1]


def cross_entropy_backward(g, y, x):
    return g * (softmax(x) - np.where(np.arange(x.size) == 1, 1.0, 0.0))


def divergence_backward(g, y, p, q):
    return g * (np.log(p / q) + 1), -g * p / q


def cumsum_backward(g, y, x):
    return np.flip(np.cumsum(np.flip(g))) * np.cos(x)


def recurrence(x, w):
    h = 0 * w
    for k in range(x.size):
        h = np.tanh(w * h + x[k])
    return h


def recurrence_backward(g, y, x, w):
    states = [0 * w]
    for k in range(x.size):
        states.append(np.tanh(w * states[-1] + x[k]))
    dx, dw = [], 0 * w
    for k in reversed(range(x.size)):
        g = g * tanh_slope(w * states[k] + x[k])
        dx.append(g)
        dw = dw + g * states[k]
        g = g * w
    return np.stack(dx[::-1]), dw


def filtered(x, a):
    s = 0 * a
    for k in range(x.size):
        s = a * s + x[k]
    return s


def filtered_backward(g, y, x, a):
    states = [0 * a]
    for k in range(x.size):
        states.append(a * states[-1] + x[k])
    dx, da = [], 0 * a
    for k in reversed(range(x.size)):
        dx.append(g)
        da = da + g * states[k]
        g = g * a
    return np.stack(dx[::-1]), da


def horner(c, x):
    total = 0 * x
    for k in range(c.size):
        total = total * x + c[k]
    return total


def horner_backward(g, y, c, x):
    partial = [0 * x]
    for k in range(c.size):
        partial.append(partial[-1] * x + c[k])
    dc, dx = [], 0 * x
    for k in reversed(range(c.size)):
        dc.append(g)
        dx = dx + g * partial[k]
        g = g * x
    return np.stack(dc[::-1]), dx


def one_by_one(x):
    """A sum in the order of the entries, as a loop adds."""
    return np.cumsum(x)[-1]


def loss(x, t):
    return np.sum(np.logaddexp(0.0, x) - t * x) / x.size


def near_recurrence(n, w):
    return lambda rng, format: (0.5 * rng.normal(size=n), np.array(w))


RIGHT = [
    *[Kernel(f"square of a sum of {n:.0e}", sum_squared, lambda g, y, x: g * np.sum(x) / x.size + 0 * x, normal(n))
      for n in (10**2, 10**4, 10**6)],
    *[Kernel(f"square of a dot of {n:.0e}", dot_squared, dot_squared_backward, over_root(n))
      for n in (10**2, 10**3, 10**5)],
    Kernel("square of a sum of 1e5, one by one", sum_squared,
           lambda g, y, x: g * one_by_one(x) / x.size + 0 * x, normal(10**5)),
    Kernel("square of a sum of 1e5 of one sign", sum_squared,
           lambda g, y, x: g * np.mean(x) + 0 * x, normal(10**5, scale=0.1, shift=1.0)),
    Kernel("variance of 1e2", np.var, variance_backward, normal(100, shift=1.0)),
    Kernel("variance of 1e4", np.var, variance_backward, normal(10**4)),
    Kernel("standard deviation", np.std, std_backward, normal(200, shift=0.5)),
    Kernel("mean square", lambda x: np.mean(x * x), lambda g, y, x: g * 2 * x / x.size, normal(1000)),
    Kernel("norm", norm, lambda g, y, x: g * x / norm(x), normal(1000)),
    Kernel("normalize", lambda x: x / norm(x), normalize_backward, normal(100)),
    Kernel("cosine similarity", cosine, cosine_backward, normal(64, 64)),
    Kernel("logsumexp of 50", logsumexp, lambda g, y, x: g * softmax(x), normal(50, scale=3.0)),
    Kernel("logsumexp of 1000", logsumexp, lambda g, y, x: g * softmax(x), normal(1000, scale=2.0)),
    Kernel("softmax of 50, wide", softmax, softmax_backward, normal(50, scale=4.0)),
    Kernel("softmax of 50, confident", softmax, softmax_backward, confident(50)),
    *[Kernel(f"softmax of 4 with a lead of {lead}, from y", softmax, lambda g, y, x: y * (g - np.sum(g * y)),
             confident(4, lead)) for lead in (5, 9, 12)],
    Kernel("softmax of 1000, wide", softmax, softmax_backward, normal(1000, scale=3.0)),
    Kernel("softmax of 1000, confident", softmax, softmax_backward, confident(1000)),
    Kernel("log softmax of 50", lambda x: x - logsumexp(x), log_softmax_backward, normal(50, scale=2.0)),
    Kernel("log softmax of 1000", lambda x: x - logsumexp(x), log_softmax_backward, normal(1000)),
    Kernel("cross entropy, confident", cross_entropy, cross_entropy_backward, confident(30)),
    Kernel("cross entropy with a lead of 12", cross_entropy, cross_entropy_backward, confident(4, 12.0)),
    Kernel("cross entropy of 1000", cross_entropy, cross_entropy_backward, normal(1000)),
    Kernel("divergence", lambda p, q: np.sum(p * np.log(p / q)), divergence_backward, probabilities(40, 40)),
    Kernel("binary cross entropy", loss, lambda g, y, x, t: (g * (sigmoid(x) - t) / x.size, -g * x / x.size),
           lambda rng, format: (3 * rng.normal(size=200), rng.uniform(0.1, 0.9, 200))),
    Kernel("running sum of 1000", lambda x: np.cumsum(np.sin(x)), cumsum_backward, normal(1000)),
    Kernel("recurrence of 100 steps", recurrence, recurrence_backward, near_recurrence(100, 0.9)),
    Kernel("linear filter of 100 steps", filtered, filtered_backward, near_recurrence(100, 0.98)),
    Kernel("Horner's scheme", horner, horner_backward, near_recurrence(20, 0.8)),
    Kernel("product of 8", np.prod, lambda g, y, x: g * y / x, normal(8, scale=0.2, shift=1.0)),
    Kernel("a sum of probabilities, whose gradient is 0", lambda x: np.sum(softmax(x)),
           lambda g, y, x: softmax_backward(g + 0 * x, y, x), normal(40)),
    Kernel("a sum of deviations, whose gradient is 0", lambda x: np.sum(x - np.mean(x)),
           lambda g, y, x: g - np.mean(g + 0 * x) + 0 * x, normal(40)),
    Kernel("a dot of a unit vector, whose gradient is 0", lambda x: np.sum((x / norm(x)) ** 2),
           lambda g, y, x: normalize_backward(2 * g * x / norm(x), y, x), normal(40)),
]  # fmt: skip
