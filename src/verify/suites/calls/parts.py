"""Calls of numbers taken apart and of products of stacks of vectors: one example of each, and its family of shapes."""

from __future__ import annotations

import numpy as np

from ad.table.arrangements import named
from verify.suites.calls.arguments import Calls, Examples, V, X, call, floats

A = np.array([5.5, -7.25, 2.0])
B = np.array([2.0, 3.0, -1.5])

EXAMPLES: Examples = {
    np.modf: ((A[:2],), lambda x: np.modf(x * x)[0]),
    np.frexp: ((A[:2],), lambda x: np.frexp(x * x)[0]),
    np.ldexp: ((V,), lambda x: np.ldexp(x * x, [3, -2, 0])),
    np.divmod: ((A, B), lambda a, b: np.divmod(a * a, b)[1]),
    np.cross: ((A, V), lambda a, b: np.cross(a, b)),
    **{f: ((X, V), lambda a, b, f=f: f(a, b)) for f in named("matvec", "vecdot")},
    **{f: ((V[:2], X), lambda a, b, f=f: f(a, b)) for f in named("vecmat")},
}

ONE = [call(floats(2, 3)), call(floats()), call(floats(1)), call(floats(0)), call(floats(2, 3, 4))]

CALLS: Calls = {
    np.modf: ONE,
    # No seeded input of the tests of the engine, nor one beside it, crosses a power of two.
    np.frexp: [call(floats(2)), call(floats()), call(floats(1)), call(floats(0)), call(floats(1, 2, 1))],
    np.ldexp: [
        call(floats(2, 3), 2), call(floats(3), np.array([1, 0, 3])), call(floats(), 1), call(floats(1), 1),
        call(floats(0), 1),
        call(floats(2, 3, 4), 1), call(floats(3), np.array([[2], [0]])),
    ],
    np.divmod: [call(floats(3), floats(3)), call(floats(2, 3), floats(3)), call(floats(), 2.5), call(0.25, floats(2))],
    np.cross: [
        call(floats(3), floats(3)), call(floats(2, 3), floats(3)), call(floats(3, 2), floats(3, 2), axis=0),
        call(floats(3, 2), floats(2, 3), axisa=0), call(floats(2, 1, 3), floats(4, 3), axisc=0),
        call(floats(0, 3), floats(3)),
        call(floats(2, 3), np.array([1.0, 2.0, 3.0]), -1, -1, 0),
    ],
    **{f: [
        call(floats(2, 3), floats(3)), call(floats(2, 2, 3), floats(2, 3)), call(floats(2, 3), floats(4, 3)),
        call(floats(1, 1), floats(1)), call(floats(0, 2), floats(2)),
    ] for f in named("matvec")},
    **{f: [
        call(floats(2), floats(2, 3)), call(floats(2, 2), floats(2, 2, 3)), call(floats(4, 2), floats(2, 3)),
        call(floats(1), floats(1, 1)), call(floats(0), floats(0, 2)),
    ] for f in named("vecmat")},
    **{f: [
        call(floats(3), floats(3)), call(floats(2, 3), floats(3)), call(floats(2, 1, 3), floats(4, 3)),
        call(floats(3, 2), floats(3, 2), axis=0), call(floats(1), floats(1)), call(floats(0), floats(0)),
    ] for f in named("vecdot")},
}  # fmt: skip

NOT_POLYNOMIAL = {
    np.modf: "the distance to a whole number is 0 at integers, where it jumps",
    np.frexp: "the mantissa jumps at every power of two",
    np.divmod: "it jumps wherever one integer divides the other",
}

# Shapes that a function refuses, or has none for.
REFUSED = {"0-d": {np.cross, *named("matvec", "vecmat", "vecdot")}, "one entry": {np.cross}}
