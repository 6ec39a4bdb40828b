"""What the engines are timed on: a function over a NumPy-like module, its data, and its gradient written by hand.

A workload's function takes the module ``m`` first, so that every engine runs the same code over its own. Numbers go
in as Python floats, arrays as the engine's own arrays. The hand-written gradients are the floor, and what every
engine's answer is checked against before it is timed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Function = Callable[..., Any]


@dataclass(frozen=True)
class Workload:
    """One function at one size.

    f: ``f(m, *xs, *constants)``, one number. by_hand: ``by_hand(*xs, *constants)``: (value, gradients by the xs).
    scalar: all xs are Python floats, and m is ``math``-like. peers_of: "scalar" or "array", the table it is in.
    """

    name: str
    size: str
    f: Function
    by_hand: Function
    xs: tuple[Any, ...]
    constants: tuple[Any, ...] = ()
    operations: int = 0

    @property
    def scalar(self) -> bool:
        return all(isinstance(x, float) for x in self.xs)

    @property
    def title(self) -> str:
        return f"{self.name} {self.size}".strip()


# --- single numbers


def sigmoid(m: Any, x: Any, w: Any, b: Any) -> Any:
    return 1.0 / (1.0 + m.exp(-(x * w + b)))


def sigmoid_by_hand(x: float, w: float, b: float) -> Any:
    y = 1.0 / (1.0 + math.exp(-(x * w + b)))
    d = y * (1.0 - y)
    return y, (d * w, d * x, d)


def blocks(m: Any, x: Any, y: Any, z: Any, w: Any) -> Any:
    """Five blocks of ten operations and three more."""
    for _ in range(5):
        v = x * y + m.sin(z)
        p, q = m.exp(-(v * v)), m.tanh(w)
        x, y, z, w = p + q, y * q, z - p, x
    return x + y + z + w


def blocks_by_hand(x: float, y: float, z: float, w: float) -> Any:
    tape = []
    for _ in range(5):
        v = x * y + math.sin(z)
        p, q = math.exp(-(v * v)), math.tanh(w)
        tape.append((x, y, z, v, p, q))
        x, y, z, w = p + q, y * q, z - p, x
    value = x + y + z + w
    gx = gy = gz = gw = 1.0
    for x, y, z, v, p, q in reversed(tape):
        gq = gx + gy * y
        gv = (gx - gz) * p * (-2.0 * v)
        gx, gy, gz, gw = gw + gv * y, gy * q + gv * x, gz + gv * math.cos(z), gq * (1.0 - q * q)
    return value, (gx, gy, gz, gw)


def chain(m: Any, x: Any, h: Any, steps: int) -> Any:
    for _ in range(steps):
        x = x + h * m.sin(x)
    return x


def chain_by_hand(x: float, h: float, steps: int) -> Any:
    passed = []
    for _ in range(steps):
        passed.append(x)
        x = x + h * math.sin(x)
    g, gh = 1.0, 0.0
    for v in reversed(passed):
        gh += g * math.sin(v)
        g *= 1.0 + h * math.cos(v)
    return x, (g, gh)


def chain_of(operations: int) -> Workload:
    """The Euler steps of x' = sin(x), three operations each."""
    steps, start = max(1, operations // 3), (0.7, 1.0 / operations)
    return Workload("chain", str(operations), chain, chain_by_hand, start, (steps,), 3 * steps)


# --- arrays


def rosenbrock(m: Any, x: Any) -> Any:
    a, b = x[1:], x[:-1]
    d, e = a - b * b, 1.0 - b
    return m.sum(100.0 * (d * d) + e * e)


def rosenbrock_by_hand(x: Any) -> Any:
    b = x[:-1]
    d, e = x[1:] - b * b, 1.0 - b
    g = np.zeros_like(x)
    g[:-1] = b * d
    g[:-1] *= -400.0
    g[:-1] -= 2.0 * e
    g[1:] += 200.0 * d
    return 100.0 * np.dot(d, d) + np.dot(e, e), (g,)


def logistic(m: Any, w: Any, x: Any, y: Any) -> Any:
    return m.mean(m.logaddexp(0.0, -y * (x @ w)))


def logistic_by_hand(w: Any, x: Any, y: Any) -> Any:
    margin = x @ w
    margin *= -y
    e = np.exp(-np.abs(margin))
    value = np.mean(np.maximum(margin, 0.0) + np.log1p(e))
    s = np.where(margin > 0.0, 1.0, e)
    s /= 1.0 + e
    s *= y
    return value, ((s @ x) * (-1.0 / len(y)),)


def perceptron(m: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, y: Any) -> Any:
    h = m.tanh(x @ w1 + b1)
    h = m.tanh(h @ w2 + b2)
    d = h @ w3 + b3 - y
    return m.mean(d * d)


def perceptron_by_hand(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, y: Any) -> Any:
    h1 = np.tanh(x @ w1 + b1)
    h2 = np.tanh(h1 @ w2 + b2)
    d = h2 @ w3 + b3 - y
    value = np.mean(d * d)
    d *= 2.0 / d.size
    gw3, gb3 = h2.T @ d, d.sum(0)
    d = (d @ w3.T) * (1.0 - h2 * h2)
    gw2, gb2 = h1.T @ d, d.sum(0)
    d = (d @ w2.T) * (1.0 - h1 * h1)
    return value, (x.T @ d, d.sum(0), gw2, gb2, gw3, gb3)


def elementwise(m: Any, x: Any) -> Any:
    square = x * x
    return m.sum(m.tanh(x) * m.exp(-square) + m.log1p(square))


def elementwise_by_hand(x: Any) -> Any:
    square = x * x
    t, e = np.tanh(x), np.exp(-square)
    value = np.sum(t * e + np.log1p(square))
    return value, ((1.0 - t * t) * e - 2.0 * x * t * e + 2.0 * x / (1.0 + square),)


def lennard_jones(m: Any, p: Any, eye: Any) -> Any:
    d = p[:, None, :] - p[None, :, :]
    r2 = m.sum(d * d, -1) + eye  # on the diagonal r2 = 1, whose energy is 0
    i6 = 1.0 / (r2 * r2 * r2)
    return 2.0 * m.sum(i6 * i6 - i6)


def lennard_jones_by_hand(p: Any, eye: Any) -> Any:
    d = p[:, None, :] - p[None, :, :]
    r2 = np.einsum("ijk,ijk->ij", d, d) + eye
    i2 = 1.0 / r2
    i6 = i2 * i2 * i2
    c = (2.0 * i6 * i6 - i6) * i2 * -24.0
    c[np.diag_indices(len(p))] = 0.0
    return 2.0 * np.sum(i6 * i6 - i6), (c.sum(1)[:, None] * p - c @ p,)


def regression(rng: np.random.Generator, n: int, d: int) -> Workload:
    x, y = rng.standard_normal((n, d)), np.where(rng.random(n) < 0.5, -1.0, 1.0)
    w = rng.standard_normal(d) * 0.1
    return Workload("logistic regression", f"{n} x {d}", logistic, logistic_by_hand, (w,), (x, y))


def network(rng: np.random.Generator, batch: int, width: int) -> Workload:
    weights: list[Any] = []
    for out in (width, width, 10):
        weights += [rng.standard_normal((width, out)) / math.sqrt(width), rng.standard_normal(out) * 0.1]
    data = rng.standard_normal((batch, width)), rng.standard_normal((batch, 10))
    return Workload("tanh network", f"{batch} x {width}", perceptron, perceptron_by_hand, tuple(weights), data)


def particles(rng: np.random.Generator, n: int) -> Workload:
    side = np.arange(math.ceil(n ** (1 / 3)))
    grid = np.stack(np.meshgrid(side, side, side, indexing="ij"), -1).reshape(-1, 3)[:n] * 1.2
    p = grid + 0.05 * rng.standard_normal((n, 3))
    return Workload("Lennard-Jones", str(n), lennard_jones, lennard_jones_by_hand, (p,), (np.eye(n),))


def workloads(seed: int = 0) -> list[Workload]:
    """All of them, over data drawn from the seed."""
    rng = np.random.default_rng(seed)
    valleys = [
        Workload("Rosenbrock", str(n), rosenbrock, rosenbrock_by_hand, (rng.standard_normal(n) * 0.5 + 1.0,))
        for n in (10, 1000, 10**6)
    ]
    return [
        Workload("sigmoid", "", sigmoid, sigmoid_by_hand, (0.7, -1.3, 0.2), (), 6),
        Workload("53 operations", "", blocks, blocks_by_hand, (0.7, -1.3, 0.2, 0.9), (), 53),
        chain_of(1000),
        chain_of(10000),
        *valleys,
        regression(rng, 1000, 20),
        regression(rng, 100000, 50),
        network(rng, 64, 128),
        Workload("elementwise", "1000000", elementwise, elementwise_by_hand, (rng.standard_normal(10**6),)),
        particles(rng, 64),
    ]
