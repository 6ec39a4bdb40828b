"""Calls of functions that move entries about: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

import numpy as np

from ad.declare import cast
from ad.table.shapes import getitem, scatter
from verify.suites.calls.arguments import GATHER, Calls, Examples, S, V, X, call, floats

EXAMPLES: Examples = {
    getitem: ((V,), lambda x: x[GATHER] * x[::-1]),
    scatter: ((V,), lambda x: scatter(x * x, GATHER, (4,))),
    cast: ((V,), lambda x: (x * x).astype(float)),
    np.reshape: ((X,), lambda x: np.reshape(x * x, (3, 2))),
    np.transpose: ((X,), lambda x: np.transpose(x * x)),
    np.broadcast_to: ((V,), lambda x: np.broadcast_to(x * x, (2, 3))),
    np.concatenate: ((V, X), lambda x, y: np.concatenate([x * x, y[0]])),
    np.expand_dims: ((V,), lambda x: np.expand_dims(x * x, 0)),
    np.squeeze: ((V[None],), lambda x: np.squeeze(x * x)),
    np.ravel: ((X,), lambda x: np.ravel(x * x)),
    np.moveaxis: ((X,), lambda x: np.moveaxis(x * x, 0, 1)),
    np.swapaxes: ((X,), lambda x: np.swapaxes(x * x, 0, 1)),
    np.stack: ((V,), lambda x: np.stack([x, x * x])),
    np.vstack: ((V,), lambda x: np.vstack([x, x * x])),
    np.hstack: ((V,), lambda x: np.hstack([x, x * x])),
    np.column_stack: ((V,), lambda x: np.column_stack([x, x * x])),
    np.atleast_1d: ((V[:1],), lambda x: np.atleast_1d(np.sum(x * x))),
    np.flip: ((V,), lambda x: np.flip(x * x)),
    np.roll: ((V,), lambda x: np.roll(x * x, 1)),
    np.take: ((V,), lambda x: np.take(x * x, GATHER)),
    np.full_like: ((V, V[0]), lambda x, c: np.full_like(x, c * c)),
    np.tile: ((V,), lambda x: np.tile(x * x, 2)),
    np.repeat: ((V,), lambda x: np.repeat(x * x, 2)),
    np.sort: ((V,), lambda x: np.sort(x * x)),
    np.diff: ((V,), lambda x: np.diff(x * x)),
    np.diagonal: ((S,), lambda x: np.diagonal(x * x)),
    np.split: ((V[:2],), lambda x: np.split(x * x, 2)[1]),
    np.trace: ((S,), lambda x: np.trace(x * x)),
    np.triu: ((S,), lambda x: np.triu(x * x)),
    np.tril: ((S,), lambda x: np.tril(x * x)),
}

SEQUENCES = [
    call([floats(2, 3), floats(2, 3)]), call((floats(2, 3), np.ones((2, 3)))),
    call([floats(3), floats(3), floats(3)]),
    call([floats(0, 2), floats(0, 2)]), call([floats(2, 3)]),
]  # fmt: skip
MASK = np.array([[True, False, True], [False, False, True]])

CALLS: Calls = {
    getitem: [
        call(floats(2, 3), index)
        for index in [
            0, -1, (1, 2), slice(None), slice(None, None, -1), (slice(0, 1), -1), (0, slice(2, None, -2)),
            ...,
            (..., 1), (None, 0), (slice(None), None, 2), (..., None), [0, 0, 1], (slice(None), [2, 2, 0]),
            np.array([[0, 1], [1, 1]]), ([0, 1, 0], [2, 2, 2]), MASK, np.zeros((2, 3), bool), (0, MASK[0]),
            (slice(None), np.array([True, False, True])), np.array([True, False]), [], (),
            (np.array([[0], [1]]), np.array([0, 2])), np.int64(1),
        ]
    ] + [
        call(floats(), ()), call(floats(), None), call(floats(0, 3), slice(None)),
        call(floats(2, 3, 4), (0, slice(None), [1, 1])),
        call(floats(1), 0), call(floats(2, 1), (slice(None), [0, 0])),
    ],
    scatter: [
        call(floats(3), [0, 0, 1], (2,)), call(floats(2), (slice(None), 1), (2, 3)), call(floats(), 1, (3,)),
        call(floats(3), MASK, (2, 3)), call(floats(0), [], (2,)),
        call(floats(1), [0], (1,)), call(floats(2, 2), ([0, 0],), (3, 2)),
        call(floats(2, 3, 4), (slice(None), [1, 1, 0]), (2, 2, 4)),
    ],
    cast: [
        call(floats(2, 3), np.longdouble), call(floats(), np.longdouble), call(floats(0), np.longdouble),
        call(floats(1), np.longdouble), call(floats(2, 3, 4), np.longdouble),
    ],
    np.reshape: [
        call(floats(2, 3), (3, 2)), call(floats(2, 3), -1), call(floats(2, 3), (3, -1), order="F"),
        call(floats(), (1, 1)),
        call(floats(1), ()), call(floats(0, 3), (3, 0)), call(floats(2, 3), shape=6),
        call(floats(2, 3, 4), (4, -1)),
    ],
    np.transpose: [
        call(floats(2, 3)), call(floats(2, 3, 4), (2, 0, 1)), call(floats(2, 3, 4), axes=(-1, 0, -2)),
        call(floats(3)),
        call(floats()), call(floats(0, 2)), call(floats(2, 3), [1, 0]),
        call(floats(1)),
    ],
    np.broadcast_to: [
        call(floats(3), (2, 3)), call(floats(2, 1), (2, 3)), call(floats(), (2, 2)), call(floats(1), (0,)),
        call(floats(1, 3), shape=(4, 2, 3)), call(floats(2), 2),
        call(floats(0), (2, 0)), call(floats(1, 1), (2, 3, 4)), call(floats(2, 1, 4), (2, 3, 4)),
    ],
    np.concatenate: [
        *SEQUENCES, call([floats(2, 1), floats(2, 3)], axis=1), call([floats(2, 1), floats(2, 3)], axis=-1),
        call([floats(2, 1), floats(3)], axis=None), call((floats(1, 2), floats(0, 2), floats(3, 2)), 0),
        call([floats(), floats()], axis=None), call([floats(1), floats(1)]),
        call([floats(2, 3, 4), floats(2, 1, 4)], axis=-2),
    ],
    np.expand_dims: [
        call(floats(2, 3), 0), call(floats(2, 3), -1), call(floats(2, 3), axis=(0, 3)), call(floats(), 0),
        call(floats(3), (-1, 0)),
        call(floats(0), 0), call(floats(1), 1), call(floats(2, 3, 4), -2),
    ],
    np.squeeze: [
        call(floats(1, 2, 1)), call(floats(1, 2, 1), 0), call(floats(1, 2, 1), axis=-1),
        call(floats(1, 2, 1), axis=(0, 2)), call(floats()),
        call(floats(0, 1)), call(floats(1)), call(floats(1, 1, 1)),
    ],
    np.ravel: [
        call(floats(2, 3)), call(floats()), call(floats(0, 2)), call(floats(2, 3), order="F"),
        call(floats(2, 3), "F"),
        call(floats(1)), call(floats(2, 3, 4)), call(floats(2, 3, 4), order="F"),
    ],
    np.moveaxis: [
        call(floats(2, 3, 4), 0, -1), call(floats(2, 3, 4), (0, 1), (-1, 0)),
        call(floats(2, 3, 4), [2, 0], [0, 1]), call(floats(2, 3), -1, 0),
        call(floats(0, 3), 0, -1), call(floats(1), 0, 0),
    ],
    np.swapaxes: [
        call(floats(2, 3, 4), 0, 2), call(floats(2, 3, 4), -1, 1), call(floats(2, 3), 0, 0),
        call(floats(0, 3, 2), 0, -1), call(floats(1, 1), 0, 1),
    ],
    np.stack: [
        *SEQUENCES, call([floats(2, 3), floats(2, 3)], axis=-1), call([floats(2, 3), floats(2, 3)], 1),
        call([floats(), floats(), 2.0]),
        call([floats(1), floats(1)]), call([floats(2, 3, 4), floats(2, 3, 4)], axis=-2),
    ],
    np.vstack: [
        *SEQUENCES, call([floats(1, 3), floats(2, 3)]), call([floats(), floats()]),
        call([floats(3), floats(2, 3)]),
        call([floats(1), floats(1)]), call([floats(2, 3, 4), floats(1, 3, 4)]),
    ],
    np.hstack: [
        *SEQUENCES, call([floats(2, 1), floats(2, 3)]), call([floats(), floats(2)]),
        call([floats(1), floats(1)]), call([floats(2, 3, 4), floats(2, 1, 4)]),
    ],
    np.column_stack: [
        *SEQUENCES[:3], call([floats(3), floats(3, 2)]), call([floats(), floats()]),
        call([floats(0), floats(0)]), call([floats(1), floats(1)]), call([floats(2, 3, 4), floats(2, 1, 4)]),
    ],
    np.atleast_1d: [
        call(floats()), call(floats(3)), call(floats(2, 3)), call(floats(0)),
        call(floats(1)), call(floats(2, 3, 4)),
    ],
    np.flip: [
        call(floats(2, 3)), call(floats(2, 3), 0), call(floats(2, 3), axis=-1),
        call(floats(2, 3, 4), (0, -1)), call(floats(0)), call(floats()),
        call(floats(1)), call(floats(2, 3, 4), -2),
    ],
    np.roll: [
        call(floats(5), 2), call(floats(2, 3), 1), call(floats(2, 3), -1, axis=1),
        call(floats(2, 3), 4, axis=-1), call(floats(0), 1), call(floats(2, 3), (1, 2), axis=(0, 1)),
        call(floats(), 1), call(floats(1), 3), call(floats(2, 3, 4), 2, axis=-2), call(floats(2, 3, 4), 3),
    ],
    np.take: [
        call(floats(2, 3), [0, 0, 5]), call(floats(2, 3), [2, 2, 0], axis=1),
        call(floats(2, 3), np.array([[0, 1], [1, 1]]), axis=0),
        call(floats(2, 3), 1, axis=-1), call(floats(3), -1), call(floats(3), np.array([], int)),
        call(floats(), 0), call(floats(0, 3), [2, 2, 0], axis=1), call(floats(1), [0, 0]),
        call(floats(2, 3, 4), [1, 1, 0], axis=-2),
    ],
    np.full_like: [
        call(floats(2, 3), floats()), call(floats(2, 3), 2.0), call(floats(0), floats()),
        call(floats(1), floats(1)), call(floats(2, 3, 4), floats(3, 1)), call(floats(2), floats(), shape=(3,)),
        call(floats(), floats()),
    ],
    np.tile: [
        call(floats(2, 3), 2), call(floats(3), (2, 2)), call(floats(), 3), call(floats(2, 3), (2, 1, 1)),
        call(floats(2), 0), call(floats(2, 3), (1, 2)),
        call(floats(0), 2), call(floats(1), 3), call(floats(2, 3, 4), (2, 1)),
    ],
    np.repeat: [
        call(floats(2, 3), 2), call(floats(2, 3), 2, axis=1), call(floats(2, 3), [1, 2], axis=0),
        call(floats(3), 0), call(floats(), 2), call(floats(2, 3), 2, axis=-1),
        call(floats(0), 2), call(floats(1), 3), call(floats(2, 3, 4), [1, 0, 2], axis=-2),
    ],
    np.sort: [
        call(floats(5)), call(floats(2, 3)), call(floats(2, 3), 0), call(floats(2, 3, 4), axis=1),
        call(floats(2, 3), axis=None), call(floats(0)), call(floats(1)),
    ],
    np.diff: [
        call(floats(5)), call(floats(5), 2), call(floats(2, 4), axis=0), call(floats(2, 4), n=3),
        call(floats(1)), call(floats(2, 4), 0),
        call(floats(2, 4), n=0), call(floats(0)), call(floats(2, 3, 4), axis=-2), call(floats(2, 3, 4), 2, axis=1),
    ],
    np.diagonal: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), -1), call(floats(2, 3, 4), 0, 0, 2),
        call(floats(2, 3, 4), axis1=-1, axis2=1), call(floats(2, 2), 5),
        call(floats(0, 3)), call(floats(1, 1)), call(floats(2, 2, 3, 4), 1, -1, 0),
    ],
    np.split: [
        call(floats(6), 3), call(floats(6), [1, 4]), call(floats(2, 4), 2, axis=1),
        call(floats(2, 4), 2, axis=-1), call(floats(5), np.array([2])),
        call(floats(0), 3), call(floats(1), [1]), call(floats(2, 3, 4), [1], axis=-2), call(floats(4), [3, 3]),
    ],
    np.trace: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), offset=-1),
        call(floats(2, 3, 4), 0, 1, 2),
        call(floats(0, 3)), call(floats(1, 1)), call(floats(2, 3, 4), 1, -1, 0),
    ],
    np.triu: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), k=-1), call(floats(2, 3, 3)),
        call(floats(0, 3)),
        call(floats(1, 1)), call(floats(3)),
    ],
    np.tril: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), k=-1), call(floats(2, 3, 3)),
        call(floats(3, 0)),
        call(floats(1, 1)), call(floats(3)), call(floats(2, 3, 3), -1),
    ],
}  # fmt: skip
