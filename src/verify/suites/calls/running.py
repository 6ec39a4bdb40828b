"""Calls of functions along an axis: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.dispatch import MEANINGS
from ad.table.arrangements import named
from verify.suites.calls.arguments import Calls, Examples, V, X, call, floats

NODES = np.array([-1.0, 0.0, 2.0, 3.0])

WITH_SCIPY: tuple[Any, ...] = tuple(f for f in (np.i0,) if f in MEANINGS)

EXAMPLES: Examples = {
    np.cumprod: ((X,), lambda x: np.cumprod(x, axis=1)),
    np.nancumsum: ((X,), lambda x: np.nancumsum(x * x, axis=1)),
    np.nancumprod: ((X,), lambda x: np.nancumprod(x, axis=1)),
    np.ediff1d: ((V,), lambda x: np.ediff1d(x * x, to_begin=x)),
    np.gradient: ((X,), lambda x: np.gradient(x * x, [0.0, 1.0, 3.0], axis=1)),
    **{f: ((V,), lambda x: np.i0(x * x)) for f in WITH_SCIPY},
    np.unwrap: ((V,), lambda x: np.unwrap(4 * x * x)),
    **{f: ((X,), lambda x, f=f: f(x * x, axis=1, include_initial=True)) for f in named("cumulative_sum")},
    **{f: ((X,), lambda x, f=f: f(x, axis=1)) for f in named("cumulative_prod")},
    **{f: ((X, V), lambda x, v, f=f: f(x * x, v)) for f in named("trapezoid", "trapz")},
}

RUNNING = [
    call(floats(4)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1), call(floats(2, 3)), call(floats()),
    call(floats(1)), call(floats(0)), call(floats(2, 0), axis=1), call(floats(2, 3, 4), 1),
    call(floats(2, 3, 4), axis=-1),
]  # fmt: skip
CUMULATIVE = [
    call(floats(4)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1, include_initial=True), call(floats(1)),
    call(floats(3), include_initial=True), call(floats(0)), call(floats(2, 0), axis=1, include_initial=True),
    call(floats(2, 3, 4), axis=1), call(floats(2, 3, 4), axis=0, include_initial=True),
]  # fmt: skip

CALLS: Calls = {
    np.cumprod: RUNNING,
    np.nancumsum: RUNNING,
    np.nancumprod: RUNNING,
    np.ediff1d: [
        call(floats(4)), call(floats(2, 3)), call(floats(3), floats(2)), call(floats(3), to_begin=floats()),
        call(floats(3), to_end=floats(1), to_begin=np.array([1.0, 2.0])), call(floats()), call(floats(1)),
        call(floats(0)),
        call(floats(2, 3, 4)),
    ],
    np.gradient: [
        call(floats(4)), call(floats(2)), call(floats(3, 4)), call(floats(3, 4), axis=0), call(floats(3, 4), 2.0),
        call(floats(3, 4), 2.0, 0.5), call(floats(4), edge_order=2), call(floats(3, 4), 1.0, NODES),
        call(floats(4), NODES),
        call(floats(4), NODES, edge_order=2), call(floats(3, 4), NODES, axis=-1, edge_order=2), call(floats(2, 3, 4)),
        call(floats(2, 3, 4), axis=(0, -1)),
    ],
    **{f: [call(floats(2, 3)), call(floats()), call(floats(0)), call(floats(2, 1, 3))] for f in WITH_SCIPY},
    np.unwrap: [
        call(floats(5)), call(floats(2, 4), axis=0), call(floats(2, 4), discont=4.0), call(floats(6), period=1.5),
        call(floats(1)), call(floats(2, 3, 4), axis=1),
    ],
    **dict.fromkeys(named("cumulative_sum", "cumulative_prod"), CUMULATIVE),
    **{f: [
        call(floats(4)), call(floats(2, 3), dx=2.0), call(floats(2, 3), axis=0), call(floats(2, 4), NODES),
        call(floats(2, 3), floats(3)), call(floats(2, 3), floats(2, 3)), call(floats(2, 3, 4), x=floats(3), axis=1),
        call(floats(1)), call(floats(0)), call(floats(2, 3, 4), axis=-2),
    ] for f in named("trapezoid", "trapz")},
}  # fmt: skip

NOT_POLYNOMIAL: dict[Any, str] = {
    np.unwrap: "where it jumps lies anywhere between integers, and its period is no whole number",
    **dict.fromkeys(WITH_SCIPY, "a Bessel function of integers is no integer"),
}

# Shapes that a function refuses, or has none for.
REFUSED = {
    "0-d": {np.gradient, *named("cumulative_sum", "cumulative_prod", "trapezoid", "trapz")},
    "empty": {np.gradient},
    "one entry": {np.gradient},
}
