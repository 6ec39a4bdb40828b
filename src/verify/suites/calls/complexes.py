"""Calls of functions of complex numbers: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

import numpy as np

from verify.suites.calls.arguments import Calls, Examples, X, call, complexes, floats

Z = X + 1j * np.array([[1.25, -0.5, 0.375], [-1.5, 0.625, 2.0]])

EXAMPLES: Examples = {
    np.conjugate: ((Z,), lambda z: np.conjugate(z) * z * z),
    np.angle: ((Z,), lambda z: np.angle(z)),
    np.real_if_close: ((Z,), lambda z: np.real_if_close(z * z)),
}

CALLS: Calls = {
    np.conjugate: [
        call(complexes(2, 3)), call(complexes()), call(floats(2, 3)), call(complexes(0)), call(complexes(1)),
        call(complexes(2, 1, 3)),
    ],
    np.angle: [call(complexes(2, 3)), call(complexes()), call(complexes(1), deg=True), call(complexes(0))],
    np.real_if_close: [
        call(complexes(2, 3)), call(floats(3)), call(floats()), call(complexes(2), tol=1e-3), call(complexes(0)),
        call(complexes(1)), call(floats(2, 1, 3)),
    ],
}  # fmt: skip

NOT_POLYNOMIAL = {np.angle: "an arctangent of a quotient"}
