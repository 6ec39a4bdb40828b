"""Mistakes that do not show at an ordinary point, each beside the right gradient: what a search has to find.

A wrong gradient agrees with the right one at its example and almost everywhere else. It differs in a tail, at a tie or
kink, on one side, past an overflow, in a narrow band, at special values, or on one shape or layout.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["PLANTED", "Planted"]

Array = Any
BAND = (11.37, 11.38)  # read by a gradient from here, not from its own code


@dataclass(frozen=True, eq=False)
class Planted:
    """A function with an example point, its right gradient, and a wrong one that is right there too.

    judged: which claim the gradients answer: "gradient", "vjp" or "jvp". shows: where the mistake shows.
    """

    id: str
    shows: str
    judged: str
    f: Callable[..., Any]
    xs: tuple[Any, ...]
    right: Callable[..., Any]
    wrong: Callable[..., Any]


def sech2(x: Array) -> Array:
    return (1 / np.cosh(x)) ** 2


def sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def softmax(x: Array) -> Array:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def log_sum_exp(x: Array) -> Array:
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def log_cosh(x: Array) -> Array:
    return np.logaddexp(x, -x)


def parabola_then_line(x: Array) -> Array:
    if x > 3:
        return x * x
    return 6 * x - 9


def three_pieces(x: Array) -> Array:
    if x < 2:
        return x * x
    if x < 2.001:
        return 4 + 4 * (x - 2)
    return x * x * x


def three_slopes(x: Array) -> Array:
    if x < 2:
        return 2 * x
    return 4.0 if x < 2.001 else 3 * x * x


def three_slopes_without_the_middle(x: Array) -> Array:
    return 2 * x if x < 2 else 3 * x * x


def in_a_band_by_math(x: Array) -> Array:
    return 0.0 if 7.25 < x < 7.26 else math.cos(x)


def in_a_band_from_outside(x: Array) -> Array:
    return 0 * x if BAND[0] < x < BAND[1] else np.exp(-x)


def first_of_ties(x: Array) -> Array:
    g = np.zeros_like(x)
    g[np.argmax(x)] = 1.0
    return g


def ranked(x: Array) -> Array:
    """The weights 1, 2, 3, ... handed back to the entries in ascending order."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")] = np.arange(1.0, len(x) + 1)
    return g


def others(x: Array) -> Array:
    return np.array([np.prod(np.delete(x, i)) for i in range(len(x))])


def unit(x: Array, y: Array) -> Array:
    h = np.hypot(x, y)
    return (x / h, y / h) if h > 0 else (0.0, 0.0)


def adjugate(a: Array) -> Array:
    return np.array([[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]])


def determinant(a: Array) -> Array:
    return a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]


def changed(g: Array, place: Any, factor: float) -> Array:
    """A gradient of which a part is multiplied by a factor."""
    g = np.array(g)
    g[place] *= factor
    return g


def reverse_sums(g: Array) -> Array:
    return np.cumsum(g[::-1])[::-1]


def flat(a: Array) -> Array:
    """The squares of a matrix, its entries read in the order in which they lie in memory."""
    return (3 * a.ravel(order="K") ** 2).reshape(a.shape)


def _gradient(shows: str, *named: tuple[str, Any, tuple[Any, ...], Any, Any]) -> tuple[Planted, ...]:
    return tuple(Planted(name, shows, "gradient", f, xs, right, wrong) for name, f, xs, right, wrong in named)


def _vjp(shows: str, *named: tuple[str, Any, tuple[Any, ...], Any, Any]) -> tuple[Planted, ...]:
    return tuple(Planted(name, shows, "vjp", f, xs, right, wrong) for name, f, xs, right, wrong in named)


ONE = (0.7,)
FEW = (np.array([0.3, 1.7, 0.9]),)
FOUR = (np.array([0.3, 1.7, 0.9, 1.1]),)
MATRIX = np.array([[0.3, 1.7, 0.9], [1.2, 0.4, 2.1]])
PAIR = (0.7, 1.9)

IN_A_TAIL = _gradient(
    "in a tail",
    ("tanh", np.tanh, ONE, sech2, lambda x: np.where(np.abs(x) > 12, 0.0, sech2(x))),
    ("log cosh", log_cosh, ONE, np.tanh, lambda x: np.where(x > 50, 0.0, np.tanh(x))),
    ("arctan", np.arctan, ONE, lambda x: 1 / (1 + x * x), lambda x: np.where(x > 1e6, 0.0, 1 / (1 + x * x))),
    (
        "gaussian",
        lambda x: np.exp(-x * x),
        ONE,
        lambda x: -2 * (x * np.exp(-x * x)),
        lambda x: np.where(x < -5, 0.0, -2 * (x * np.exp(-x * x))),
    ),
    ("log1p", np.log1p, ONE, lambda x: 1 / (1 + x), lambda x: 1 / x if x > 1e3 else 1 / (1 + x)),
    (
        "hypot with 1",
        lambda x: np.hypot(1.0, x),
        ONE,
        lambda x: x / np.hypot(1.0, x),
        lambda x: np.sign(x) if abs(x) > 1e4 else x / np.hypot(1.0, x),
    ),
    (
        "softsign",
        lambda x: x / (1 + np.abs(x)),
        ONE,
        lambda x: (1 / (1 + np.abs(x))) ** 2,
        lambda x: 1 / x**2 if abs(x) > 30 else (1 / (1 + np.abs(x))) ** 2,
    ),
    (
        "elu",
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        ONE,
        lambda x: np.exp(np.minimum(x, 0)),
        lambda x: 0.0 if x < -20 else np.exp(np.minimum(x, 0)),
    ),
    (
        "exp of one input",
        lambda x, y: x * np.exp(y),
        PAIR,
        lambda x, y: (np.exp(y), x * np.exp(y)),
        lambda x, y: (np.exp(max(y, -30.0)), x * np.exp(y)),
    ),
)

AT_ONE_SIGN = _gradient(
    "at one sign",
    ("absolute", np.abs, ONE, np.sign, lambda x: 1.0 + 0 * x),
    ("x |x|", lambda x: x * np.abs(x), ONE, lambda x: 2 * np.abs(x), lambda x: 2 * x),
    ("cube", lambda x: x**3, ONE, lambda x: 3 * (x * x), lambda x: 3 * x * np.abs(x)),
    (
        "laplace",
        lambda x: np.exp(-np.abs(x)),
        ONE,
        lambda x: -np.sign(x) * np.exp(-np.abs(x)),
        lambda x: -np.exp(-abs(x)),
    ),
    (
        "leaky relu",
        lambda x: np.sum(np.where(x > 0, x, 0.1 * x)),
        FEW,
        lambda x: np.where(x > 0, 1.0, 0.1),
        lambda x: np.where(x > 0, 1.0, -0.1),
    ),
    ("negative part", lambda x: np.minimum(x, 0.0) ** 2, ONE, lambda x: 2 * np.minimum(x, 0.0), lambda x: 0 * x),
    ("cube root", np.cbrt, ONE, lambda x: 1 / (3 * np.cbrt(x) ** 2), lambda x: np.sign(x) / (3 * np.cbrt(x) ** 2)),
    (
        "second input",
        lambda x, y: x * np.sin(y),
        PAIR,
        lambda x, y: (np.sin(y), x * np.cos(y)),
        lambda x, y: (np.sin(y), x * np.cos(y) if y > 0 else -x * np.cos(y)),
    ),
)

AT_A_TIE = _gradient(
    "at a tie or kink",
    ("largest of a vector", np.max, FEW, first_of_ties, lambda x: 1.0 * (x == np.max(x))),
    (
        "larger of two",
        np.maximum,
        PAIR,
        lambda a, b: (1.0 * (a >= b), 1.0 * (a < b)),
        lambda a, b: (1.0 * (a >= b), 1.0 * (a <= b)),
    ),
    (
        "spread",
        lambda x: np.max(x) - np.min(x),
        FEW,
        lambda x: first_of_ties(x) - first_of_ties(-x),
        lambda x: 1.0 * (x == np.max(x)) - 1.0 * (x == np.min(x)),
    ),
    (
        "distance",
        lambda a, b: np.abs(a - b),
        PAIR,
        lambda a, b: (np.sign(a - b), np.sign(b - a)),
        lambda a, b: (np.sign(a - b), np.sign(b - a)) if a != b else (2.0, -2.0),
    ),
    ("length", np.hypot, PAIR, unit, lambda x, y: (x / np.hypot(x, y), y / np.hypot(x, y))),
    (
        "huber",
        lambda r: np.where(np.abs(r) <= 1, r * r / 2, np.abs(r) - 0.5),
        ONE,
        lambda r: np.clip(r, -1, 1),
        lambda r: 0.0 if abs(r) == 1 else np.clip(r, -1, 1),
    ),
    (
        "clip",
        lambda x: np.clip(x, -2.5, 2.5),
        ONE,
        lambda x: 1.0 * (np.abs(x) < 2.5),
        lambda x: 2.0 if abs(x) == 2.5 else 1.0 * (np.abs(x) < 2.5),
    ),
    (
        "hinge",
        lambda x: np.maximum(0.0, 1 - x),
        ONE,
        lambda x: -1.0 * (x < 1),
        lambda x: np.sign(x - 1) if x < 1 else 1.0 * (x == 1),
    ),
    ("relu", lambda x: np.sum(np.maximum(x, 0)), FEW, lambda x: 1.0 * (x > 0), lambda x: np.where(x == 0, -1.0, x > 0)),
    (
        "weights by rank",
        lambda x: np.sum(np.arange(1.0, len(x) + 1) * np.sort(x)),
        FEW,
        ranked,
        lambda x: 1.0 + np.searchsorted(np.sort(x), x),
    ),
    (
        "equal inputs",
        lambda a, b: (a - b) ** 2,
        PAIR,
        lambda a, b: (2 * (a - b), 2 * (b - a)),
        lambda a, b: (2 * (a - b), 2 * (b - a)) if a != b else (1.0, -1.0),
    ),
)

PAST_AN_OVERFLOW = _gradient(
    "past an overflow",
    ("softplus", lambda x: np.logaddexp(0.0, x), ONE, sigmoid, lambda x: np.exp(x) / (1 + np.exp(x))),
    (
        "softplus in float32",
        lambda x: np.logaddexp(np.float32(0), x),
        (np.float32(0.7),),
        sigmoid,
        lambda x: np.exp(x) / (1 + np.exp(x)),
    ),
    (
        "log sigmoid",
        lambda x: -np.logaddexp(0.0, -x),
        ONE,
        lambda x: sigmoid(-x),
        lambda x: np.exp(-x) / (1 + np.exp(-x)),
    ),
    ("log sum exp", log_sum_exp, FEW, softmax, lambda x: np.exp(x) / np.sum(np.exp(x))),
    (
        "tanh by exp",
        log_cosh,
        ONE,
        np.tanh,
        lambda x: 1 - 2 / (np.exp(2 * x) + 1) if x < 300 else np.exp(x) / np.exp(x),
    ),
    (
        "length by squares",
        np.hypot,
        PAIR,
        unit,
        lambda x, y: (x / np.sqrt(x * x + y * y), y / np.sqrt(x * x + y * y)) if x or y else (0.0, 0.0),
    ),
    (
        "root of 1 + x^2",
        lambda x: np.hypot(1.0, x),
        ONE,
        lambda x: x / np.hypot(1.0, x),
        lambda x: x / np.sqrt(1 + x * x),
    ),
    (
        "logistic in 2 inputs",
        lambda x, w: np.logaddexp(0.0, x - w),
        PAIR,
        lambda x, w: (sigmoid(x - w), -sigmoid(x - w)),
        lambda x, w: (np.exp(x) / (np.exp(x) + np.exp(w)), -np.exp(x) / (np.exp(x) + np.exp(w))),
    ),
)

IN_A_BAND = _gradient(
    "in a narrow band or another branch",
    ("second branch", parabola_then_line, (5.0,), lambda x: 2 * x if x > 3 else 6.0, lambda x: 2 * x if x > 3 else 5.0),
    ("middle piece", three_pieces, (0.7,), three_slopes, three_slopes_without_the_middle),
    (
        "band of a where",
        np.sin,
        ONE,
        np.cos,
        lambda x: np.where((x > 0.37) & (x < 0.3701), 1.0, np.cos(x)),
    ),
    ("band of an if", np.sin, ONE, np.cos, in_a_band_by_math),
    ("band from outside", lambda x: -np.exp(-x), ONE, lambda x: np.exp(-x), in_a_band_from_outside),
    (
        "large product",
        lambda x, y: x * y,
        PAIR,
        lambda x, y: (y, x),
        lambda x, y: (y, x) if not 1000.0 < x * y < 1010.0 else (y, 0 * x),
    ),
    (
        "large sum",
        lambda x: np.sum(x * x),
        FEW,
        lambda x: 2 * x,
        lambda x: changed(2 * x, -1, 0.5) if 30 < np.sum(x) < 31 else 2 * x,
    ),
    (
        "beyond a circle",
        lambda x, y: x * x + x * y,
        PAIR,
        lambda x, y: (2 * x + y, x),
        lambda x, y: (2 * x + y, np.where(x * x + y * y > 123.0, 0.999 * x, x)),
    ),
    (
        "small difference",
        lambda x, y: np.sin(x) - np.sin(y),
        PAIR,
        lambda x, y: (np.cos(x), -np.cos(y)),
        lambda x, y: (np.cos(x), -np.cos(y) if abs(x - y) > 1e-6 else -np.cos(x) * 1.01),
    ),
    (
        "first entry leads",
        lambda x: np.sum(x**3),
        FEW,
        lambda x: 3 * x * x,
        lambda x: np.where(x[0] > x[1] + x[2], 3 * x * np.abs(x[0]), 3 * x * x),
    ),
)

AT_SPECIAL_VALUES = _gradient(
    "at special values",
    ("negative zero", np.exp, ONE, np.exp, lambda x: 0.0 if x == 0 and np.signbit(x) else np.exp(x)),
    ("zero", lambda x: np.sum(x**3), FEW, lambda x: 3 * (x * x), lambda x: 3 * x**3 / x),
    ("one", lambda x: np.log(x) ** 2, ONE, lambda x: 2 * np.log(x) / x, lambda x: 1.0 if x == 1 else 2 * np.log(x) / x),
    (
        "whole numbers",
        lambda x: x * np.arctan(x),
        ONE,
        lambda x: np.arctan(x) + x / (1 + x * x),
        lambda x: np.arctan(x) + (0.0 if x == np.floor(x) and 1 < abs(x) < 100 else x / (1 + x * x)),
    ),
    ("even numbers", lambda x: x * x, ONE, lambda x: 2 * x, lambda x: x if x % 2 == 0 else 2 * x),
    (
        "multiples of pi",
        lambda x: np.sin(x) ** 2,
        ONE,
        lambda x: 2 * np.sin(x) * np.cos(x),
        lambda x: 1.0 if 0 < abs(np.sin(x)) < 1e-15 and x > 1 else 2 * np.sin(x) * np.cos(x),
    ),
    (
        "a power of two",
        lambda x: x * x,
        ONE,
        lambda x: 2 * x,
        lambda x: 0.0 if np.frexp(x)[0] == 0.5 and x > 4 else 2 * x,
    ),
    ("a zero entry", lambda x: np.prod(x), FEW, others, lambda x: np.prod(x) / x),
    (
        "a singular matrix",
        determinant,
        (MATRIX[:, :2].copy(),),
        adjugate,
        lambda a: determinant(a) * (adjugate(a) / determinant(a)),
    ),
    (
        "an entry equal to 1",
        lambda x: np.sum(x * x * x),
        FEW,
        lambda x: 3 * x * x,
        lambda x: np.where(x == 1, 2.0, 3 * x * x),
    ),
)

FOR_TINY_INPUTS = _gradient(
    "for tiny inputs",
    ("sine", np.sin, ONE, np.cos, lambda x: 0.0 if abs(x) < 1e-8 else np.cos(x)),
    ("expm1", np.expm1, ONE, np.exp, lambda x: np.expm1(x) / x if abs(x) < 1e-6 else np.exp(x)),
    (
        "square of log1p",
        lambda x: np.log1p(x) ** 2,
        ONE,
        lambda x: 2 * np.log1p(x) / (1 + x),
        lambda x: 2 * np.log(1 + x) / (1 + x),
    ),
    (
        "root",
        np.sqrt,
        ONE,
        lambda x: 0.5 / np.sqrt(x),
        lambda x: 0.5 / np.sqrt(x) if x > 1e-9 else 0.5 / np.sqrt(x + 1e-12),
    ),
    ("logarithm", np.log, ONE, lambda x: 1 / x, lambda x: 1 / max(x, 1e-8)),
    ("entropy", lambda x: x * np.log(x), ONE, lambda x: np.log(x) + 1, lambda x: np.log(max(x, 1e-10)) + 1),
)

ON_ONE_SHAPE = _gradient(
    "on one shape or layout",
    (
        "beyond 64 entries",
        lambda x: np.sum(x * x),
        FEW,
        lambda x: 2 * x,
        lambda x: changed(2 * x, slice(64, None), 0.5),
    ),
    ("size written down", lambda x: np.mean(x * x), FEW, lambda x: 2 * x / len(x), lambda x: 2 * x / 3),
    (
        "odd lengths",
        lambda x: np.sum(np.sin(x)),
        FOUR,
        np.cos,
        lambda x: changed(np.cos(x), -1, 1.0 if len(x) % 2 == 0 else 0.0),
    ),
    ("length 1", lambda x: np.sum(np.exp(x)), FEW, np.exp, lambda x: np.exp(x) * (len(x) > 1)),
    (
        "variance",
        np.var,
        FEW,
        lambda x: 2 * (x - np.mean(x)) / len(x),
        lambda x: 2 * (x - np.mean(x)) / (len(x) - (len(x) > 10)),
    ),
    (
        "the sixth row",
        lambda a: np.sum(np.exp(a)),
        (MATRIX,),
        np.exp,
        lambda a: changed(np.exp(a), slice(5, 6), 0.0),
    ),
    ("Fortran order", lambda a: np.sum(a**3), (MATRIX,), lambda a: 3 * a**2, flat),
    (
        "negative strides",
        lambda x: np.sum(x**3),
        FEW,
        lambda x: 3 * x**2,
        lambda x: 3 * (x if x.strides[0] > 0 else x[::-1]) ** 2,
    ),
    (
        "not contiguous",
        lambda x: np.sum(x**3),
        FEW,
        lambda x: 3 * x**2,
        lambda x: 3 * x**2 if x.flags.forc else changed(3 * x**2, 0, 0.0),
    ),
)

BY_COTANGENTS = _vjp(
    "on one shape or layout",
    (
        "running sums",
        np.cumsum,
        FEW,
        lambda g, y, x: reverse_sums(g),
        lambda g, y, x: reverse_sums(g) - (len(g) > 256) * g[-1],
    ),
    (
        "product of matrices",
        np.matmul,
        (MATRIX, MATRIX.T.copy()),
        lambda g, y, a, b: (g @ b.T, a.T @ g),
        lambda g, y, a, b: (g @ b.T, a[:32].T @ g[:32]),
    ),
    (
        "wide products",
        lambda a, b: a * b,
        (MATRIX, MATRIX + 1),
        lambda g, y, a, b: (g * b, g * a),
        lambda g, y, a, b: (g * b, g * a * (a.shape[1] < 65)),
    ),
    (
        "square matrices",
        lambda a: a @ np.ones(a.shape[1]),
        (MATRIX,),
        lambda g, y, a: np.outer(g, np.ones(a.shape[1])),
        lambda g, y, a: np.outer(g, np.ones(a.shape[1])) * (1.0 if a.shape[0] != a.shape[1] else 2.0),
    ),
)

OF_A_VECTOR = _vjp(
    "for part of the values",
    ("negative entries", lambda x: x * np.abs(x), FEW, lambda g, y, x: 2 * g * np.abs(x), lambda g, y, x: 2 * g * x),
    (
        "a zero row",
        lambda a: a * np.sum(a, axis=1, keepdims=True),
        (MATRIX,),
        lambda g, y, a: g * np.sum(a, axis=1, keepdims=True) + np.sum(g * a, axis=1, keepdims=True),
        lambda g, y, a: (
            (g * np.sum(a, axis=1, keepdims=True) + np.sum(g * a, axis=1, keepdims=True))
            * np.any(a != 0, axis=1, keepdims=True)
            + g * 1.0 * np.all(a == 0, axis=1, keepdims=True)
        ),
    ),
    (
        "large entries",
        np.tanh,
        FEW,
        lambda g, y, x: g * sech2(x),
        lambda g, y, x: g * np.where(np.abs(x) < 19, (1 - y) * (1 + y) if np.all(np.abs(x) < 2) else sech2(x), 0.0),
    ),
)

BY_TANGENTS = (
    Planted(
        "forward rule",
        "at one sign",
        "jvp",
        lambda x: np.abs(x) * x,
        FEW,
        lambda t, x: 2 * np.abs(x) * t,
        lambda t, x: 2 * x * t,
    ),
)

PLANTED: tuple[Planted, ...] = (
    *IN_A_TAIL,
    *AT_ONE_SIGN,
    *AT_A_TIE,
    *PAST_AN_OVERFLOW,
    *IN_A_BAND,
    *AT_SPECIAL_VALUES,
    *FOR_TINY_INPUTS,
    *ON_ONE_SHAPE,
    *BY_COTANGENTS,
    *OF_A_VECTOR,
    *BY_TANGENTS,
)
