"""Calls of functions that arrange arrays: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.table.arrangements import named
from verify.suites.calls.arguments import Calls, Examples, S, V, X, call, floats
from verify.suites.calls.shapes import SEQUENCES


def products(v: Any, factor: Any = 1.0) -> Any:
    return np.outer(v, v) * factor


EXAMPLES: Examples = {
    np.apply_along_axis: ((X,), lambda x: np.apply_along_axis(products, 0, x)),
    np.rollaxis: ((X,), lambda x: np.rollaxis(x * x, 1)),
    np.atleast_2d: ((V,), lambda x: np.atleast_2d(x * x)),
    np.atleast_3d: ((X,), lambda x: np.atleast_3d(x * x)),
    np.rot90: ((X,), lambda x: np.rot90(x * x)),
    np.fliplr: ((X,), lambda x: np.fliplr(x * x)),
    np.flipud: ((X,), lambda x: np.flipud(x * x)),
    np.broadcast_arrays: ((V, X), lambda x, y: np.broadcast_arrays(x * x, y)[0] * y),
    np.copy: ((X,), lambda x: np.copy(x * x)),
    np.array_split: ((V,), lambda x: np.array_split(x * x, 2)[0]),
    np.hsplit: ((X,), lambda x: np.hsplit(x * x, [1])[1]),
    np.vsplit: ((X,), lambda x: np.vsplit(x * x, 2)[1]),
    np.dsplit: ((X[None],), lambda x: np.dsplit(x * x, 3)[2]),
    np.dstack: ((X,), lambda x: np.dstack([x, x * x])),
    np.block: ((S, V), lambda x, v: np.block([[x, x * x], [v[:2], v[1:] * v[1:]]])),
    np.append: ((X, V), lambda x, v: np.append(x * x, v[None], axis=0)),
    np.insert: ((V,), lambda x: np.insert(x * x, 1, np.sum(x))),
    np.delete: ((V,), lambda x: np.delete(x * x, 1)),
    np.resize: ((V,), lambda x: np.resize(x * x, (2, 4))),
    np.diag: ((V,), lambda x: np.diag(x * x)),
    np.diagflat: ((S,), lambda x: np.diagflat(x * x, 1)),
    np.pad: ((X,), lambda x: np.pad(x * x, ((1, 0), (2, 3)), mode="reflect")),
    **{f: ((X,), lambda x, f=f: f(x * x)) for f in named("matrix_transpose")},
    **{f: ((X,), lambda x, f=f: f(x * x, float)) for f in named("astype")},
    **{f: ((X,), lambda x, f=f: f(x * x)[1]) for f in named("unstack")},
}  # fmt: skip

CUTS = [
    call(floats(4, 2, 4), 2), call(floats(4, 4, 4), [1, 3]), call(floats(4, 4, 4), (1, 1)),
    call(floats(2, 2, 2), indices_or_sections=2), call(floats(0, 0, 0), 1), call(floats(1, 1, 1), 1),
]  # fmt: skip

CALLS: Calls = {
    np.apply_along_axis: [
        call(np.sum, 0, floats(2, 3)), call(products, 1, floats(2, 3)), call(products, -2, floats(2, 3, 2), factor=3),
        call(np.cumsum, 0, floats(4)), call(np.sum, 0, floats(1)), call(np.sum, 1, floats(2, 0)),
        call(products, 0, floats(2, 2, 3), 2),
    ],
    np.rollaxis: [
        call(floats(2, 3, 4), 2), call(floats(2, 3, 4), 0, 3), call(floats(2, 3, 4), -1, start=1),
        call(floats(2, 3), 1, -1),
        call(floats(3), 0), call(floats(1), 0), call(floats(0, 2), 1),
    ],
    np.atleast_2d: [
        call(floats()), call(floats(3)), call(floats(2, 3)), call(floats(2, 3, 4)), call(floats(0)), call(floats(1)),
        call(floats(3), floats(2, 3)),
    ],
    np.atleast_3d: [
        call(floats()), call(floats(3)), call(floats(2, 3)), call(floats(2, 3, 4)), call(floats(0)), call(floats(1)),
        call(floats(3), floats(2, 3)), call(floats(2, 1, 3, 2)),
    ],
    np.rot90: [
        call(floats(2, 3)), call(floats(2, 3), 2), call(floats(2, 3), k=-1), call(floats(2, 3), 4),
        call(floats(2, 3, 4), 1, (1, 2)), call(floats(2, 3, 4), 1, axes=(-1, 0)), call(floats(1, 1)),
        call(floats(0, 2)),
    ],
    np.fliplr: [call(floats(2, 3)), call(floats(2, 3, 4)), call(floats(0, 2)), call(floats(1, 1))],
    np.flipud: [call(floats(2, 3)), call(floats(2, 3, 4)), call(floats(0)), call(floats(1))],
    np.broadcast_arrays: [
        call(floats(3), floats(2, 1)), call(floats(), floats(2, 3)), call(floats(2, 3, 4)), call(floats(1), np.ones(3)),
        call(floats(0), floats(1)),
    ],
    np.copy: [call(floats(2, 3)), call(floats()), call(floats(1)), call(floats(0)), call(floats(2, 3, 4))],
    np.array_split: [
        call(floats(7), 3), call(floats(2, 5), 2, axis=1), call(floats(5), [1, 3]), call(floats(2, 3, 4), 3, -1),
        call(floats(2), 3), call(floats(0), 2), call(floats(1), 1), call(floats(5), [3, 2, -1]),
    ],
    np.hsplit: [*CUTS, call(floats(2, 4), 2), call(floats(4), 2)],
    np.vsplit: [*CUTS, call(floats(4, 2), 2)],
    np.dsplit: CUTS,
    np.dstack: [*SEQUENCES, call([floats(), floats()]), call([floats(1)]), call([floats(2, 3, 4), floats(2, 3, 1)])],
    np.block: [
        call([floats(2), floats(3)]), call([[floats(2, 2), floats(2, 1)], [floats(1, 3)]]), call(floats()),
        call([floats(), floats()]), call([[floats(2)], [floats(2)]]), call([floats(1)]), call([floats(0), np.ones(2)]),
        call([[[floats(2, 3, 4)]], [[floats(1, 3, 4)]]]), call([floats(2, 3, 4), floats(2, 3, 1)]),
    ],
    np.append: [
        call(floats(3), floats(2)), call(floats(2, 3), floats(1, 3), axis=0), call(floats(2, 3), floats(2, 1), 1),
        call(floats(2, 3), floats()), call(floats(), np.ones(2)), call(floats(1), floats(0)),
        call(floats(2, 3, 4), floats(2, 1, 4), axis=-2), call(np.ones(2), floats(2)),
    ],
    np.insert: [
        call(floats(3), 1, floats()), call(floats(3), -1, floats(2)), call(floats(3), [2, 0], floats(2)),
        call(floats(3), [1], floats(2)), call(floats(3), [1, 1], floats()), call(floats(2, 3), 1, floats(2), axis=1),
        call(floats(2, 3), 1, floats(), axis=0), call(floats(2, 3), [0, 2], floats(2, 1), 1),
        call(floats(2, 3), 5, floats(2)),
        call(floats(4), slice(0, 3, 2), floats(2)), call(floats(3), np.array([True, False, True]), floats(2)),
        call(floats(0), 0, floats()), call(floats(1), 1, floats()), call(floats(2, 3, 4), 1, floats(3, 4), axis=0),
        call(np.ones(2), 0, floats()), call(floats(2), 2, 7.0),
    ],
    np.delete: [
        call(floats(3), 1), call(floats(3), [0, 2]), call(floats(2, 3), -1, axis=1), call(floats(2, 3), slice(0, 2)),
        call(floats(2, 3, 4), [1, 1], axis=-2), call(floats(1), 0), call(floats(0), []),
        call(floats(3), np.array([True, False, True])), call(floats(2, 3), obj=4),
    ],
    np.resize: [
        call(floats(3), (2, 4)), call(floats(2, 3), 4), call(floats(2, 3), new_shape=(2, 2)), call(floats(), (2, 3)),
        call(floats(0), (2,)), call(floats(1), (2, 2, 2)), call(floats(2, 3, 4), (5, 5)), call(floats(3), (0, 2)),
    ],
    np.diag: [
        call(floats(3)), call(floats(3), 1), call(floats(3), k=-2), call(floats(2, 3)), call(floats(3, 2), -1),
        call(floats(1)),
        call(floats(0)),
    ],
    np.diagflat: [
        call(floats(3)), call(floats(2, 2), 1), call(floats(3), k=-2), call(floats()), call(floats(1)), call(floats(0)),
        call(floats(2, 1, 2)),
    ],
    np.pad: [
        call(floats(3), 1), call(floats(2, 3), ((1, 0), (0, 2)), constant_values=((1, 2), (3, 4))),
        call(floats(3), (2, 1)),
        call(floats(2, 3), 2, "edge"), call(floats(3), (4, 5), mode="reflect"),
        call(floats(2, 3), (1, 2), mode="symmetric"),
        call(floats(3), (4, 5), mode="symmetric"), call(floats(2, 3), ((1, 2), (4, 0)), mode="wrap"),
        call(floats(3), (5, 4), mode="reflect", reflect_type="odd"),
        call(floats(2, 3), 1, "symmetric", reflect_type="odd"),
        call(floats(3), (4, 2), "linear_ramp", end_values=(840, 0)), call(floats(2, 3), (2, 1), mode="linear_ramp"),
        call(floats(2, 3), 1, "maximum"), call(floats(5), (2, 1), mode="minimum", stat_length=(2, 3)),
        call(floats(2, 4), ((0, 1), (2, 2)), mode="mean", stat_length=((1, 2), (3, 4))),
        call(floats(4), 1, mode="median"),
        call(floats(), 0), call(floats(1), (1, 2)), call(floats(1), 2, mode="reflect"), call(floats(0), (1, 2)),
        call(floats(2, 3, 4), ((0, 0), (1, 2), (3, 0)), mode="edge"), call(floats(2, 3, 4), {-1: (1, 2)}, mode="wrap"),
    ],
    **{f: [
        call(floats(2, 3)), call(floats(2, 3, 4)), call(floats(0, 2)), call(floats(1, 1)),
    ] for f in named("matrix_transpose")},
    **{f: [
        call(floats(2, 3), np.longdouble), call(floats(2, 3), np.longdouble, copy=False),
        call(floats(0), np.longdouble),
        call(floats(1), np.longdouble), call(floats(2, 3, 4), np.longdouble),
    ] for f in named("astype")},
    **{f: [
        call(floats(2, 3)), call(floats(2, 3), axis=-1), call(floats(2, 3, 4), axis=1), call(floats(1)),
        call(floats(2, 0)),
    ] for f in named("unstack")},
}  # fmt: skip

# Shapes that a function refuses, or has none for.
REFUSED = {
    "0-d": {
        np.rollaxis, np.rot90, np.fliplr, np.flipud, np.array_split, np.hsplit, np.vsplit, np.dsplit, np.delete,
        np.diag, np.apply_along_axis,
        *named("matrix_transpose", "unstack", "astype"),
    },
    "3-d": {np.diag},
}  # fmt: skip
