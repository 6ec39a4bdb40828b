"""Calls of reductions: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

import numpy as np

from verify.suites.calls.arguments import Calls, Examples, V, X, call, floats, reductions

EXAMPLES: Examples = {
    np.sum: ((X,), lambda x: np.sum(x * x, axis=0)),
    np.cumsum: ((V,), lambda x: np.cumsum(x * x)),
    np.prod: ((X,), lambda x: np.prod(x, axis=1)),
    np.max: ((X,), lambda x: np.max(x * x, axis=0)),
    np.min: ((X,), lambda x: np.min(x * x, axis=1)),
    np.mean: ((X,), lambda x: np.mean(x * x, axis=0)),
    np.var: ((X,), lambda x: np.var(x, axis=1)),
    np.std: ((X,), lambda x: np.std(x, axis=1)),
    np.average: ((V,), lambda x: np.average(x * x, weights=x**2)),
    np.clip: ((V,), lambda x: np.clip(x * x, 0.5, 3.0)),
    np.ptp: ((V,), lambda x: np.ptp(x * x)),
}

CALLS: Calls = {
    np.sum: reductions(call(floats(0)), call(floats(0, 3), axis=0), call(floats(2, 3, 4), axis=())),
    np.cumsum: [
        call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1), call(floats(0)),
        call(floats(3), 0),
        call(floats()), call(floats(1)), call(floats(2, 3, 4), axis=1), call(floats(2, 3, 4), axis=-2),
    ],
    np.prod: reductions(
        call(floats(0)), call(floats(0, 3), axis=0), call(floats(2, 0), axis=1),
        call(floats(2, 3, 4), axis=()),
    ),
    np.max: reductions(call(floats(0, 3), axis=1), call(floats(2, 3, 4), axis=())),
    np.min: reductions(call(floats(0, 3), axis=1), call(floats(2, 3, 4), axis=())),
    np.mean: reductions(call(floats(0, 3), axis=1)),
    np.var: reductions(
        call(floats(2, 3), ddof=1), call(floats(2, 3), axis=0, ddof=1, keepdims=True),
        call(floats(0, 3), axis=1),
    ),
    np.std: [
        call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1, ddof=1),
        call(floats(2, 3, 4), axis=(0, -1)),
        call(floats(2, 3), keepdims=True), call(floats(0, 3), axis=1),
    ],
    np.average: [
        call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(3), weights=np.array([1.0, 2.0, 4.0])),
        call(floats(2, 3), axis=1, weights=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])),
        call(floats(2, 3), axis=1, weights=np.array([1.0, 2.0, 4.0])),
        call(floats(2, 3), axis=0, weights=np.array([1.0, 3.0])),
        call(floats()), call(floats(1)), call(floats(2, 3, 4), axis=-2), call(floats(2, 3, 4), axis=(0, 1)),
    ],
    np.clip: [
        call(floats(3, 4), -1, 1), call(floats(3, 4), -6, 6), call(floats(3, 4), None, 0), call(floats(3, 4), 0, None),
        call(floats(3, 4), a_min=-1, a_max=6), call(floats(2, 3), floats(3), 12), call(floats(2, 3), floats(3), 2.0),
        call(floats(), -1, 1), call(floats(0), 0, 1),
        call(floats(1), -6, 6), call(floats(2, 3, 4), -12, 12),
    ],
    np.ptp: reductions(call(floats(0, 3), axis=1)),
}  # fmt: skip

NOT_POLYNOMIAL = {np.std: "a standard deviation of integers is seldom an integer"}
