"""Calls of functions that choose entries: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.suites.calls.arguments import GATHER, Calls, Examples, V, X, call, floats

MASK = np.array([[True, False, True], [False, False, True]])


def halved(x: Any) -> Any:
    return x * 0.5


def sevenfold(x: Any, by: int = 7) -> Any:
    return x * by


EXAMPLES: Examples = {
    np.take_along_axis: ((X,), lambda x: np.take_along_axis(x * x, np.argsort(-x, axis=1), axis=1)),
    np.partition: ((V,), lambda x: np.partition(x * x, 1)),
    np.choose: ((V, X), lambda v, x: np.choose([1, 0, 1], [v * v, x[0] * x[1]])),
    np.compress: ((X,), lambda x: np.compress([True, False, True], x * x, axis=1)),
    np.extract: ((V,), lambda x: np.extract(x > 0, x * x)),
    np.select: ((V,), lambda x: np.select([x < 0, x > 1], [x * x, x**3], np.sin(x))),
    np.piecewise: ((V,), lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda t: t**2, lambda t: np.sqrt(t)])),
    np.bincount: ((V,), lambda w: np.bincount([2, 0, 2], w * w, 4)),
    np.nan_to_num: ((V,), lambda x: np.nan_to_num(x * x)),
}

CALLS: Calls = {
    np.take_along_axis: [
        call(floats(2, 3), np.array([[2, 0, 2], [1, 1, 0]]), 1), call(floats(2, 3), np.array([[1], [0]]), axis=-1),
        call(floats(2, 3), np.array([[0, 1, 1]]), 0), call(floats(2, 3), np.array([5, 0, 0]), None),
        call(floats(4), GATHER), call(floats(2, 3, 4), np.array([[[2]], [[0]]]), axis=1),
        call(floats(1), np.array([0])),
        call(floats(0), np.zeros(0, int)), call(floats(), np.array([0, 0]), axis=None),
    ],
    np.partition: [
        call(floats(7), 2), call(floats(7), kth=-1), call(floats(2, 5), 1), call(floats(5, 2), 3, axis=0),
        call(floats(9), [2, 6]), call(floats(2, 3), 4, None), call(floats(1), 0), call(floats(2, 3, 4), 2, -2),
    ],
    np.choose: [
        call([1, 0, 1], [floats(3), floats(3)]), call(np.array([[0], [2]]), [floats(3), floats(2, 1), floats()]),
        call([3, -1, 0], [floats(3), floats(3)], mode="wrap"), call([3, -1, 0], [floats(3), floats(3)], mode="clip"),
        call(1, [floats(2, 3), floats(2, 3)]), call([0, 1], floats(3, 2)), call(0, [floats(), floats(1)]),
        call(np.zeros(0, int), [floats(0), floats(1)]), call(np.ones((2, 1, 4), int), [floats(3, 1), floats(2, 3, 4)]),
    ],
    np.compress: [
        call([True, False, True], floats(2, 3), axis=1), call([False, True], floats(2, 3), 0),
        call([True, False, False, True], floats(2, 3)), call([True], floats(3), axis=-1),
        call(np.zeros(0, bool), floats(3)),
        call([True], floats()), call([True], floats(1)), call([True, True], floats(2, 3, 4), axis=-2),
        call([], floats(0)),
    ],
    np.extract: [
        call(MASK, floats(2, 3)), call([0, 1, 1], floats(3)), call([True], floats()), call([False], floats(1)),
        call([], floats(0)), call(np.arange(24).reshape(2, 3, 4) % 5 == 0, floats(2, 3, 4)),
    ],
    np.select: [
        call([[True, False, False], [True, True, False]], [floats(3), floats(3)]),
        call([MASK, ~MASK], [floats(3), floats(2, 1)], 2.0), call([MASK], [floats()], default=floats(2, 3)),
        call([np.array(True)], [floats()]), call([np.array([True])], [floats(1)]),
        call([np.zeros(0, bool)], [floats(0)]),
        call([np.arange(24).reshape(2, 3, 4) % 5 == 0], [floats(2, 3, 4)], 1),
    ],
    np.piecewise: [
        call(floats(2, 3), [MASK, ~MASK], [halved, sevenfold]), call(floats(2, 3), [MASK], [halved, sevenfold]),
        call(floats(2, 3), [MASK], [sevenfold], by=9),
        call(floats(3), [True, False, True], [halved, sevenfold]),
        call(floats(3), [MASK[0], MASK[1]], [halved, sevenfold]),
        call(floats(), [True], [sevenfold]), call(floats(), [False], [halved, sevenfold]),
        call(floats(1), [[True]], [halved]),
        call(floats(0), [np.zeros(0, bool)], [halved, sevenfold]),
        call(floats(2, 3, 4), [np.arange(24).reshape(2, 3, 4) % 5 == 0], [halved, sevenfold]),
    ],
    np.bincount: [
        call([2, 0, 2], floats(3)), call(np.array([1, 1, 4]), weights=floats(3), minlength=7), call([3], floats(1)),
        call([0, 1, 1], floats(3), 2),
    ],
    np.nan_to_num: [
        call(floats(2, 3)), call(floats()), call(floats(1)), call(floats(0)),
        call(floats(2, 3, 4), nan=1.0, posinf=2.0),
    ],
}  # fmt: skip

# Shapes that a function refuses, or has none for.
REFUSED = {"0-d": {np.partition, np.bincount}, "3-d": {np.bincount}, "empty": {np.partition, np.bincount}}
