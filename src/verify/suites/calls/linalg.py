"""Calls of np.linalg's functions: one example of each for its claim, and the family of shapes of each.

Inputs of calls are seeded normal numbers, or, where a function asks for it, positive definite matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.table.linalg import norms, orthogonal, singular, solving, spectral
from verify.suites.calls.arguments import Call, Example, S, V, X, call, floats, positive

A = np.array([[0.3, -1.25, 2.0], [1.5, 0.75, -0.375], [-0.6, 2.5, 1.1]])
P = np.array([[4.0, 1.1, 0.3], [1.1, 3.0, 0.7], [0.3, 0.7, 2.0]])
Q = np.array([[4.0, 1.1, 0.3], [0.9, -3.0, 0.7], [0.2, -0.5, 1.5]])  # not symmetric, with real eigenvalues
TALL = np.array([[0.5, -1.25], [2.0, 1.5], [0.75, -0.375]])
FOUR = np.array([[2.0, 0.5, -1.0, 0.25], [0.5, 1.5, 0.75, -0.5], [-0.25, 1.0, 3.0, 0.5], [1.0, -0.5, 0.25, 2.5]])

EXAMPLES: dict[Callable[..., Any], Example] = {
    solving.solve_matrices: ((A, TALL), lambda a, b: solving.solve_matrices(a, b)),
    solving.det_cofactors: ((A,), lambda a: solving.det_cofactors(a)),
    solving.slogdet_parts: ((A,), lambda a: solving.slogdet_parts(a)[1]),
    solving.cholesky_lower: ((P,), lambda a: solving.cholesky_lower(a)),
    orthogonal.qr_factors: ((TALL,), lambda a: orthogonal.qr_factors(a)),
    spectral.eigh_pairs: ((P,), lambda a: spectral.eigh_pairs(a)),
    spectral.eig_pairs: ((P + np.triu(A, 1) / 4,), lambda a: spectral.eig_pairs(a)),
    singular.svd_triplets: ((TALL,), lambda a: singular.svd_triplets(a)),
    singular.pinv_matrices: ((TALL,), lambda a: singular.pinv_matrices(a)),
    norms.length: ((V,), lambda x: norms.length(x, ord=3)),
    np.linalg.inv: ((A,), lambda a: np.linalg.inv(a)),
    np.linalg.det: ((A,), lambda a: np.linalg.det(a)),
    np.linalg.slogdet: ((A,), lambda a: np.linalg.slogdet(a)[1]),
    np.linalg.solve: ((A, V), lambda a, b: np.linalg.solve(a, b)),
    np.linalg.tensorinv: ((FOUR,), lambda a: np.linalg.tensorinv(np.reshape(a, (2, 2, 2, 2)))),
    np.linalg.tensorsolve: ((FOUR, S), lambda a, b: np.linalg.tensorsolve(np.reshape(a, (2, 2, 2, 2)), b)),
    np.linalg.cholesky: ((P,), lambda a: np.linalg.cholesky(a)),
    np.linalg.qr: ((TALL,), lambda a: np.linalg.qr(a)[1]),
    np.linalg.eigh: ((P,), lambda a: np.linalg.eigh(a)[1]),
    np.linalg.eigvalsh: ((P,), lambda a: np.linalg.eigvalsh(a)),
    np.linalg.eig: ((Q,), lambda a: np.linalg.eig(a)[1]),
    np.linalg.eigvals: ((Q,), lambda a: np.linalg.eigvals(a)),
    np.linalg.svd: ((TALL,), lambda a: np.linalg.svd(a, full_matrices=False)[0]),
    np.linalg.pinv: ((TALL,), lambda a: np.linalg.pinv(a)),
    np.linalg.lstsq: ((TALL, V), lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0]),
    np.linalg.norm: ((X,), lambda x: np.linalg.norm(x, 2)),
    np.linalg.cond: ((A,), lambda a: np.linalg.cond(a)),
    np.linalg.matrix_power: ((A,), lambda a: np.linalg.matrix_power(a, 3)),
    np.linalg.multi_dot: ((TALL, S, X), lambda a, b, c: np.linalg.multi_dot([a, b, c])),
}


SQUARE = [call(floats(n, n)) for n in (1, 2, 3)] + [call(floats(2, 3, 3)), call(floats(2, 1, 2, 2))]
ANY = [call(floats(3, 2)), call(floats(2, 3)), call(floats(2, 2)), call(floats(2, 3, 2)), call(floats(1, 1))]
MATRIX_ORDERS: list[Any] = ["fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf]
VECTOR_ORDERS = [None, 2, 1, 3, 1.5, np.inf, -np.inf]


CALLS: dict[Callable[..., Any], list[Call]] = {
    solving.solve_matrices: [
        call(floats(3, 3), floats(3, 2)), call(floats(2, 3, 3), floats(3, 1)), call(floats(2, 2), floats(4, 2, 2)),
        call(floats(1, 1), floats(1, 1)), call(np.eye(2) * 2, floats(2, 2)), call(floats(2, 2), np.ones((2, 1))),
    ],
    solving.det_cofactors: SQUARE,
    solving.slogdet_parts: SQUARE,
    solving.cholesky_lower: [call(floats(*shape, draw=positive)) for shape in ((1, 1), (3, 3), (2, 3, 3))],
    orthogonal.qr_factors: [call(floats(3, 2)), call(floats(2, 2)), call(floats(2, 3, 2)), call(floats(1, 1))],
    spectral.eigh_pairs: [
        call(floats(1, 1)), call(floats(3, 3), UPLO="L"), call(floats(3, 3), UPLO="U"), call(floats(2, 2, 2)),
    ],
    spectral.eig_pairs: [call(floats(1, 1)), call(floats(3, 3, draw=positive)), call(floats(2, 3, 3, draw=positive))],
    singular.svd_triplets: ANY,
    singular.pinv_matrices: ANY,
    norms.length: [
        call(floats(3)), call(floats(2, 3), axis=1), call(floats(2, 3), ord=3), call(floats()),
        call(floats(2, 3), ord=1.5, axis=(0, 1), keepdims=True),
    ],
    np.linalg.inv: SQUARE,
    np.linalg.det: SQUARE,
    np.linalg.slogdet: SQUARE,
    np.linalg.solve: [
        call(floats(3, 3), floats(3)), call(floats(3, 3), floats(3, 2)), call(floats(2, 3, 3), floats(3, 1)),
        call(floats(2, 2, 2), floats(2, 2, 3)), call(np.eye(3) * 2, floats(3)), call(floats(2, 2), np.ones(2)),
    ],
    np.linalg.tensorinv: [call(floats(2, 3, 6), ind=2), call(floats(4, 2, 2), ind=1), call(floats(2, 2, 2, 2))],
    np.linalg.tensorsolve: [call(floats(2, 3, 6), floats(2, 3)), call(floats(2, 2, 2, 2), floats(2, 2), axes=(0, 2))],
    np.linalg.cholesky: [call(floats(2, 2, draw=positive)), call(floats(2, 3, 3, draw=positive))],
    np.linalg.qr: [
        *ANY, call(floats(3, 2), "r"), call(floats(2, 3), mode="r"), call(floats(2, 3), mode="complete"),
    ],
    np.linalg.eigh: [call(floats(3, 3)), call(floats(3, 3), "U"), call(floats(2, 3, 3)), call(floats(1, 1))],
    np.linalg.eigvalsh: [call(floats(3, 3)), call(floats(3, 3), UPLO="U"), call(floats(2, 3, 3)), call(floats(1, 1))],
    np.linalg.eig: [call(floats(3, 3, draw=positive)), call(floats(2, 2, 2, draw=positive)), call(floats(1, 1))],
    np.linalg.eigvals: [call(floats(3, 3, draw=positive)), call(floats(2, 2, 2, draw=positive)), call(floats(1, 1))],
    np.linalg.svd: [
        call(floats(3, 2), False), call(floats(2, 3), full_matrices=False), call(floats(2, 2)),
        call(floats(2, 3, 2), full_matrices=False), call(floats(3, 2), compute_uv=False),
    ],
    np.linalg.pinv: [*ANY, call(floats(3, 2), 1e-10), call(floats(2, 3), rcond=1e-10)],
    np.linalg.lstsq: [
        call(floats(4, 2), floats(4), rcond=None), call(floats(4, 2), floats(4, 3), rcond=None),
        call(floats(2, 3), floats(2, 2), rcond=None), call(floats(3, 3), floats(3), rcond=None),
    ],
    np.linalg.norm: [call(floats(3), order) for order in VECTOR_ORDERS] + [
        call(floats(2, 3), order) for order in MATRIX_ORDERS
    ] + [
        call(floats(2, 3)), call(floats(2, 3, 2)), call(floats(2, 3), axis=1), call(floats(2, 3), 3, axis=0),
        call(floats(2, 3, 4), 2, axis=(2, 0)), call(floats(2, 3, 4), 1, axis=(-1, 0), keepdims=True),
        call(floats(2, 3), 1, -1, True), call(floats(2, 3), keepdims=True), call(floats(4, 2, 3), "nuc", (1, 2)),
    ],
    np.linalg.cond: [call(floats(3, 3), p) for p in (None, 2, -2, "fro", 1, -1, np.inf, -np.inf)] + [
        call(floats(3, 2)), call(floats(2, 2, 2)), call(floats(2, 2, 2), 1),
    ],
    np.linalg.matrix_power: [call(floats(2, 2), n) for n in (-2, -1, 0, 1, 2, 3, 5)] + [call(floats(2, 3, 3), 3)],
    np.linalg.multi_dot: [
        call([floats(2, 3), floats(3, 2)]), call([floats(2, 3), floats(3, 1), floats(1, 4)]),
        call([floats(3), floats(3, 2), floats(2)]), call([floats(3), floats(3)]), call([floats(2), floats(2, 3)]),
        call([floats(1, 4), floats(4, 1), floats(1, 4), floats(4, 2)]), call([floats(2, 2), np.ones((2, 2))]),
        call([floats(0, 2), floats(2, 3)]), call([floats(1, 1), floats(1, 1)]),
    ],
}  # fmt: skip

PAIR = [
    call(floats(3), floats(3)), call(floats(2, 3), floats(3)), call(floats(4, 1, 3), floats(2, 3)),
    call(floats(0, 3), floats(3)),
]  # fmt: skip
DOTS = [*PAIR, call(floats(1), floats(1))]
DIAGONALS = [
    call(floats(3, 3)), call(floats(2, 2, 3), offset=1), call(floats(3, 2), offset=-1), call(floats(1, 1)),
    call(floats(0, 2, 2)),
]  # fmt: skip
SWAPS = [*ANY, call(floats(0, 2))]

# Functions that NumPy has since version 2: name, example, calls.
SINCE_2: dict[str, tuple[Example, list[Call]]] = {
    "svdvals": (((TALL,), lambda a: np.linalg.svdvals(a)), ANY),
    "vector_norm": (
        ((X,), lambda x: np.linalg.vector_norm(x, ord=3)),
        [call(floats(2, 3), ord=p) for p in (2, 1, 3, np.inf)] + [
            call(floats(2, 3)), call(floats(2, 3), axis=1), call(floats(2, 3, 2), axis=(0, 2), keepdims=True, ord=1),
        ],
    ),
    "matrix_norm": (
        ((X,), lambda x: np.linalg.matrix_norm(x, ord="nuc")),
        [call(floats(2, 3), ord=p) for p in MATRIX_ORDERS] + [call(floats(4, 2, 3), keepdims=True), call(floats(2, 2))],
    ),
    "vecdot": (((X, V), lambda a, b: np.linalg.vecdot(a, b)), [*DOTS, call(floats(3, 2), floats(3, 2), axis=0)]),
    "cross": (((X, V), lambda a, b: np.linalg.cross(a, b)), [*PAIR, call(floats(3, 2), floats(3, 2), axis=0)]),
    "outer": (
        ((V, V[:2]), lambda a, b: np.linalg.outer(a, b)),
        [call(floats(2), floats(3)), call(floats(0), floats(2)), call(floats(1), floats(1))],
    ),
    "trace": (
        ((A,), lambda a: np.linalg.trace(a * a)),
        DIAGONALS,
    ),
    "diagonal": (
        ((A,), lambda a: np.linalg.diagonal(a * a)),
        DIAGONALS,
    ),
    "matrix_transpose": (((X,), lambda x: np.linalg.matrix_transpose(x * x)), SWAPS),
    "matmul": (
        ((S, X), lambda a, b: np.linalg.matmul(a, b)),
        [call(floats(2, 3), floats(4, 3, 2)), call(floats(1), floats(1)), call(floats(0, 2), floats(2))],
    ),
    "tensordot": (
        ((S, X), lambda a, b: np.linalg.tensordot(a, b, axes=1)),
        [
            call(floats(2, 3), floats(3, 2), axes=1), call(floats(2, 3), floats(2, 3)),
            call(floats(1), floats(1), axes=1), call(floats(0, 2), floats(2), axes=1),
            call(floats(2, 3, 4), floats(3, 4)),
        ],
    ),
}  # fmt: skip


def _named(name: str) -> Any:
    return getattr(np.linalg, name, None)


for _name, (_example, _calls) in SINCE_2.items():
    if _named(_name) is not None:
        EXAMPLES[_named(_name)] = _example
        CALLS[_named(_name)] = _calls

POLYNOMIAL = {np.linalg.multi_dot, *map(_named, SINCE_2)} - {
    None, *map(_named, ["svdvals", "vector_norm", "matrix_norm"])
}  # fmt: skip
NOT_POLYNOMIAL: dict[Callable[..., Any], str] = {
    f: "factorizations, divisions and roots of integers are seldom integers" for f in CALLS if f not in POLYNOMIAL
}

REFUSED: dict[str, set[Callable[..., Any]]] = {  # kinds of shapes that are no vectors, or no matrices
    "0-d": POLYNOMIAL,
    "one entry": {_named("cross")} - {None},
    "3-d": {np.linalg.multi_dot, _named("outer")} - {None},
}
