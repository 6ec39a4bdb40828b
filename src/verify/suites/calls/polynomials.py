"""Calls of polynomials, convolutions and correlations: one example of each, and the family of shapes of each."""

from __future__ import annotations

import numpy as np

from ad.table.signals import convolved, correlated
from verify.suites.calls.arguments import Calls, Examples, V, X, call, floats

Y = np.array([1.5, -0.25, 0.75, 2.0])
POINTS = np.array([-1.0, 0.0, 0.5, 2.0, 2.5])

EXAMPLES: Examples = {
    convolved: ((X, Y), lambda x, y: convolved(x, y[None, :2] * y[1])),
    correlated: ((X, Y), lambda x, y: correlated(x, y[None, :2] * y[1])),
    np.convolve: ((V, Y), lambda x, y: np.convolve(x, y, "same")),
    np.correlate: ((V, Y), lambda x, y: np.correlate(x, y, "full")),
    np.polyval: ((V, Y), lambda p, x: np.polyval(p, x)),
    np.polyadd: ((V, Y), lambda p, q: np.polyadd(p * p, q)),
    np.polysub: ((V, Y), lambda p, q: np.polysub(p * p, q)),
    np.polymul: ((V, Y), lambda p, q: np.polymul(p, q)),
    np.polyder: ((Y,), lambda p: np.polyder(p * p, 2)),
    np.polyint: ((Y,), lambda p: np.polyint(p * p, 2)),
    np.polydiv: ((Y, V), lambda u, v: np.polydiv(u, v[:2])[0]),
    np.poly: ((V,), lambda x: np.poly(x)),
    np.roots: ((np.array([1.0, -6.25, 11.5, -6.0]),), lambda p: np.roots(p)),
    np.polyfit: ((POINTS, POINTS**2 - Y[1] * POINTS[::-1]), lambda x, y: np.polyfit(x, y, 2)),
}

PAIRS = [
    call(floats(3), floats(2)), call(floats(2), floats(4)), call(floats(3), np.array([1.0, 2.0])),
    call(floats(1), floats(1)),
    call(np.array([1.0, 2.0, 3.0]), floats(3)),
]  # fmt: skip
MODES = [call(*pair.args, mode) for pair in PAIRS for mode in ("full", "same", "valid")]
NUMBERS = [call(floats(), floats(2)), call(floats(3), floats())]

CALLS: Calls = {
    convolved: [
        *PAIRS, call(floats(2, 3), floats(2, 2)), call(floats(1, 2), floats(3, 1)),
        call(floats(2, 3, 4), floats(1, 2, 2)),
        call(floats(), floats()), call(floats(0, 2), floats(1, 3)),
    ],
    correlated: [
        call(floats(3), floats(2)), call(floats(4), floats(4)), call(floats(1), floats(1)),
        call(floats(2, 3), floats(2, 2)),
        call(floats(2, 3, 4), floats(1, 2, 2)), call(floats(3, 3), floats(1, 1)), call(floats(), floats()),
        call(floats(2, 0), floats(1, 0)), call(floats(5), np.array([1.0, 2.0])), call(np.arange(5.0), floats(2)),
    ],
    np.convolve: [*PAIRS, *MODES, *NUMBERS, call(floats(5), floats(3), mode="same")],
    np.correlate: [*PAIRS, *MODES, call(floats(5), floats(2), mode="same"), call(floats(2), floats(5), "same")],
    np.polyval: [
        call(floats(3), floats()), call(floats(3), floats(2, 3)), call(floats(2), POINTS),
        call(np.array([1.0, 2.0, 3.0]), floats(2)),
        call(floats(1), floats(1)), call(floats(0), floats(2)), call(floats(2), floats(2, 3, 4)),
    ],
    np.polyadd: [*PAIRS, *NUMBERS, call(floats(0), floats(2))],
    np.polysub: [*PAIRS, *NUMBERS, call(floats(0), floats(2))],
    np.polymul: [*PAIRS, *NUMBERS],
    np.polyder: [call(floats(4)), call(floats(4), 2), call(floats(4), m=0), call(floats(1))],
    np.polyint: [
        call(floats(4)), call(floats(4), 2), call(floats(3), 2, [840.0, 2.0]), call(floats(3), m=1, k=floats()),
        call(floats(1)),
        call(floats(0)),
    ],
    np.polydiv: [call(floats(4), floats(2)), call(floats(3), floats(3)), call(floats(5), np.array([2.0, 1.0]))],
    np.poly: [call(floats(3)), call(floats(2)), call(floats(1)), call(floats(0))],
    np.roots: [call(floats(3)), call(floats(2)),
    call(floats(1))],  # real for the seeded inputs of the tests of the engine
    np.polyfit: [
        call(floats(5), floats(5), 2), call(POINTS, floats(5), 1), call(POINTS, floats(5, 2), deg=3),
        call(floats(4), floats(4), 0),
        call(floats(5), floats(5), 2, w=np.array([1.0, 2.0, 1.0, 0.5, 3.0])), call(floats(3), floats(3), 2),
    ],
}  # fmt: skip

NOT_POLYNOMIAL = {
    np.polydiv: "its coefficients are quotients by the divisor's first one",
    np.roots: "roots of a polynomial with whole coefficients are seldom whole",
    np.polyfit: "its coefficients are quotients by the determinant of the points' moments",
}

# Shapes that a function refuses, or has none for.
VECTORS = {np.convolve, np.correlate, np.polyadd, np.polysub, np.polymul, np.polyder, np.polyint, np.poly}
REFUSED = {
    "0-d": {np.poly, np.correlate, np.polyder},
    "empty": {np.convolve, np.correlate, np.polymul, np.polyder},
    "3-d": VECTORS,
}
