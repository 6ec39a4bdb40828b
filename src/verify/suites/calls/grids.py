"""Calls of grids and interpolation: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

import numpy as np

from verify.suites.calls.arguments import Calls, Examples, V, call, floats

ENDS = np.array([0.5, 3.0])
NODES = np.array([-2.0, -0.5, 1.0, 2.5])
HEIGHTS = np.array([1.0, -1.5, 0.5, 2.0])
HALVES = np.array([-3.5, -0.5, 0.5, 1.25, 9.0])
# Chords with whole slopes; those near 0 are for small inputs, the long ones for integers.
FAR = np.array([-168000.0, -8.0, 0.0, 8.0, 168000.0])
HIGH = np.array([-16.0 - 5 * 167992, -16.0, 0.0, 24.0, 24.0 + 2 * 167992])

EXAMPLES: Examples = {
    np.linspace: ((ENDS,), lambda x: np.linspace(x[0] * x[1], x[1], 5)),
    np.logspace: ((ENDS,), lambda x: np.logspace(x[0] * x[0], x[1], 4)),
    np.geomspace: ((ENDS,), lambda x: np.geomspace(x[0], x[1], 4)),
    np.meshgrid: ((V, ENDS), lambda x, y: np.meshgrid(x * x, y)[0] * y[0]),
    np.vander: ((V,), lambda x: np.vander(x, 4)),
    np.interp: ((V, HEIGHTS), lambda x, y: np.interp(x, NODES, y)),
}

CALLS: Calls = {
    np.linspace: [
        call(floats(), floats(), 5), call(floats(), floats(), 4, endpoint=False), call(floats(3), floats(), num=3),
        call(floats(2, 1), floats(3), 5), call(floats(3), 2.0, 3, axis=-1), call(0.0, floats(), 2, retstep=True),
        call(floats(2, 3), floats(2, 3), 3, axis=1), call(floats(), floats(), 1), call(floats(), 1.0, 0),
        call(floats(1), 0.0, 3),
        call(floats(0), 0.0, 3), call(floats(2, 3, 4), floats(), 3), call(floats(), floats(), 5, dtype=np.longdouble),
    ],
    np.logspace: [
        call(floats(), floats(), 4), call(floats(3), floats(), num=3, base=2.0), call(floats(3), 2.0, 3, axis=-1),
        call(floats(2, 1), floats(3), 5, endpoint=False), call(floats(), 1.0, 1), call(floats(), 1.0, 0),
    ],
    # The seeded inputs of the tests of the engine are negative here.
    np.geomspace: [
        call(floats(), -2.0, 4), call(-3.0, floats(2), num=3, endpoint=False), call(floats(2), -2.0, 3, axis=1),
    ],
    np.meshgrid: [
        call(floats(3), floats(2)), call(floats(3), floats(2), indexing="ij"), call(floats(3), floats(2), sparse=True),
        call(floats(2), floats(3), floats(4)), call(floats(3)), call(floats(), floats(2)), call(floats(1), floats(1)),
        call(floats(0), floats(2)), call(floats(2), np.ones(3), copy=False), call(floats(2, 3, 1)),
    ],
    np.vander: [
        call(floats(3)), call(floats(3), 2), call(floats(3), N=3, increasing=True), call(floats(3), 1), call(floats(1)),
        call(floats(0), 2), call(floats(2), 0),
    ],
    np.interp: [
        call(HALVES, NODES, floats(4)), call(floats(3), FAR, HIGH), call(HALVES, NODES, floats(4), left=2.0),
        call(HALVES, NODES, floats(4), left=floats(), right=floats()), call(floats(), FAR, HIGH),
        call(HALVES, NODES, floats(4), period=4.0), call(floats(2, 3, 1), FAR, HIGH), call(floats(0), FAR, HIGH),
        call(floats(1), FAR, HIGH), call(HALVES, NODES[:1], floats(1)),
    ],
}  # fmt: skip

NOT_POLYNOMIAL = {
    np.logspace: "a power of 10 with an exponent between two integers is no integer",
    np.geomspace: "a root of a quotient of integers is seldom an integer",
}

# Shapes that a function refuses, or has none for.
REFUSED = {"0-d": {np.vander}, "3-d": {np.vander}}
