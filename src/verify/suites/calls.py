"""Calls of every function that ad knows and that does not act entry by entry: the family of shapes of each, as data.

``floats(2, 3)`` stands for an array of that shape, which is differentiated; everything else in a call is constant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten
from ad.declare import cast
from ad.table.shapes import getitem, scatter


@dataclass(frozen=True)
class Floats:
    """An input of the given shape."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """The arguments of one example call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def floats(*shape: int) -> Floats:
    return Floats(shape)


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(args, kwargs)


def opened(example: Call) -> tuple[list[tuple[int, ...]], Callable[[Sequence[Any]], Any]]:
    """The shapes of a call's inputs, and ``rebuild(inputs)``: its (args, kwargs) with these inputs."""
    structure, leaves = flatten((example.args, example.kwargs))

    def rebuild(given: Sequence[Any]) -> Any:
        source = iter(given)
        return unflatten(structure, [next(source) if isinstance(x, Floats) else x for x in leaves])

    return [x.shape for x in leaves if isinstance(x, Floats)], rebuild


def reductions(*special: Call) -> list[Call]:
    """Calls along no axis, one, several, from the end, with and without kept axes."""
    return [
        call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1), call(floats(2, 3), 1),
        call(floats(2, 3, 4), axis=(0, 2)), call(floats(2, 3, 4), axis=(-1, 0), keepdims=True),
        call(floats(2, 3), keepdims=True), call(floats(2, 3), axis=1, keepdims=True), call(floats()),
        call(floats(1)), call(floats(1, 3), axis=0), call(floats(2, 3, 4), axis=-2), *special,
    ]  # fmt: skip


PAIRS = [(a, b) for a in [(3,), (2, 3), (4, 2, 3)] for b in [(3,), (3, 2), (4, 3, 2)]]
SEQUENCES = [
    call([floats(2, 3), floats(2, 3)]), call((floats(2, 3), np.ones((2, 3)))),
    call([floats(3), floats(3), floats(3)]),
    call([floats(0, 2), floats(0, 2)]), call([floats(2, 3)]),
]  # fmt: skip
MASK = np.array([[True, False, True], [False, False, True]])

CALLS: dict[Callable[..., Any], list[Call]] = {
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
    np.matmul: [call(floats(*a), floats(*b)) for a, b in PAIRS] + [
        call(floats(4, 1, 2, 3), floats(5, 3, 2)), call(floats(1, 2, 3), floats(4, 3, 2)),
        call(floats(5, 4, 2, 3), floats(3)),
        call(floats(3), floats(5, 1, 3, 2)), call(floats(0, 3), floats(3, 2)),
        call(floats(2, 0), floats(0, 3)),
        call(floats(2, 3), np.ones((3, 2))), call(np.ones(3), floats(3, 2)), call(floats(0), floats(0)),
        call(floats(1), floats(1)), call(floats(1, 1), floats(1, 1)),
    ],
    np.dot: [call(floats(*a), floats(*b)) for a, b in PAIRS] + [
        call(floats(), floats(2, 3)), call(floats(2, 3), floats()), call(floats(), floats()),
        call(floats(0, 3), floats(3)),
        call(floats(2, 3, 4), floats(5, 4, 2)), call(floats(2, 3), np.ones(3)), call(floats(2, 0), floats(0)),
        call(floats(1), floats(1)), call(floats(1, 1), floats(1)),
    ],
    np.einsum: [
        call("ij,jk->ik", floats(2, 3), floats(3, 4)), call("ij,jk", floats(2, 3), floats(3, 4)),
        call("ba", floats(2, 3)), call("ii", floats(3, 3)), call("ii->i", floats(3, 3)),
        call("ij->", floats(2, 3)),
        call("ij->j", floats(2, 3)), call("i,j->ij", floats(2), floats(3)),
        call("...ij,...jk->...ik", floats(4, 2, 3), floats(3, 2)),
        call("...i,...i", floats(2, 3), floats(2, 3)), call("i...->...", floats(2, 3, 4)),
        call("i,i,i->", floats(3), floats(3), floats(3)),
        call("ij,kj,lk->il", floats(2, 3), floats(4, 3), floats(2, 4)),
        call("iij,j->i", floats(2, 2, 3), floats(3)),
        call("ij,ij->ij", floats(1, 3), floats(2, 3)), call("...,...", floats(2, 1), floats(3)),
        call(" i j , j ", floats(2, 3), floats(3)),
        call(",i->i", floats(), floats(3)), call("ij,jk->ik", floats(0, 3), floats(3, 2)),
        call("i,j->i", floats(2), floats(3)),
        call("ij,j->i", floats(2, 3), np.ones(3)), call("iii->i", floats(2, 2, 2)),
        call("...ii->...i", floats(3, 2, 2)),
        call("i...,...->i...", floats(2, 1), floats(3)),
        call("ij,jk->ik", floats(2, 1), floats(3, 2), optimize=True),
        call("ij,jk->ik", floats(1, 1), floats(1, 1)), call("i,j->", floats(1), floats(3)),
    ],
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
    np.tensordot: [
        call(floats(2, 3), floats(3, 2), 1), call(floats(2, 3), floats(2, 3)), call(floats(2), floats(3), 0),
        call(floats(2, 3, 4), floats(4, 3), ((1, 2), (1, 0))),
        call(floats(2, 3), floats(2, 4), axes=(0, 0)), call(floats(2, 3), floats(4, 3), ([-1], [-1])),
        call(floats(0, 3), floats(3, 2), 1), call(floats(2, 0), floats(0, 2), 1),
        call(floats(), floats(), 0), call(floats(1), floats(1), 1), call(floats(2, 3, 4), floats(3, 4, 2)),
    ],
    np.outer: [
        call(floats(2), floats(3)), call(floats(2, 2), floats(3)), call(floats(), floats(2)),
        call(floats(0), floats(2)),
        call(floats(1), floats(1)), call(floats(2, 1, 2), floats(1, 3)),
    ],
    np.inner: [
        call(floats(3), floats(3)), call(floats(2, 3), floats(4, 3)), call(floats(), floats(3)),
        call(floats(2, 3), floats(3)), call(floats(0), floats(0)),
        call(floats(1), floats(1)), call(floats(2, 2, 3), floats(4, 3)), call(floats(2, 3), floats()),
    ],
    np.vdot: [
        call(floats(3), floats(3)), call(floats(2, 3), floats(2, 3)), call(floats(), floats()),
        call(floats(0), floats(0)),
        call(floats(1), floats(1)), call(floats(2, 3, 2), floats(2, 3, 2)),
    ],
    np.kron: [
        call(floats(2), floats(3)), call(floats(2, 3), floats(2, 2)), call(floats(2), floats(2, 2)),
        call(floats(2, 1), floats(3)), call(floats(), floats(2)),
        call(floats(0), floats(3)), call(floats(1), floats(1)), call(floats(2, 1, 2), floats(2, 3)),
        call(floats(2, 2), floats()),
    ],
}  # fmt: skip

# Functions that are no polynomials in the entries, so that integers do not show their derivative exactly, and why.
NOT_POLYNOMIAL: dict[Callable[..., Any], str] = {np.std: "a standard deviation of integers is seldom an integer"}
