"""Example calls of every function that ad knows and that does not act entry by entry: data for the tests.

``floats(2, 3)`` stands for an array of that shape with seeded normal entries; it is what is differentiated.
Everything else in a call is constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from ad.containers import flatten, unflatten
from ad.declare import cast
from ad.table.shapes import getitem, scatter
from verify.numbers.balls import Balls


@dataclass(frozen=True)
class Floats:
    """An input of the given shape."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """The arguments of one example call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Held(Balls):
    """Balls in which what is stopped does not move: differences of a constant give the declared derivative, 0."""

    stopped = staticmethod(lambda x: flint.arb(0))


HELD = Held()


def floats(*shape: int) -> Floats:
    return Floats(shape)


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(args, kwargs)


def filled(example: Call, seed: int, dtype: Any) -> tuple[list[Any], Callable[..., Any]]:
    """The seeded inputs of a call, and ``rebuild(inputs)``: its (args, kwargs) with these inputs."""
    structure, leaves = flatten((example.args, example.kwargs))
    rng = np.random.default_rng(seed)
    inputs = [np.asarray(rng.normal(size=x.shape), dtype)[()] for x in leaves if isinstance(x, Floats)]

    def rebuild(given: list[Any]) -> Any:
        source = iter(given)
        return unflatten(structure, [next(source) if isinstance(x, Floats) else x for x in leaves])

    return inputs, rebuild


def reductions(*special: Call) -> list[Call]:
    """Calls along no axis, one, several, from the end, with and without kept axes."""
    return [
        call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1), call(floats(2, 3), 1),
        call(floats(2, 3, 4), axis=(0, 2)), call(floats(2, 3, 4), axis=(-1, 0), keepdims=True),
        call(floats(2, 3), keepdims=True), call(floats(2, 3), axis=1, keepdims=True), call(floats()),
        call(floats(1)), *special,
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
    ],
    scatter: [
        call(floats(3), [0, 0, 1], (2,)), call(floats(2), (slice(None), 1), (2, 3)), call(floats(), 1, (3,)),
        call(floats(3), MASK, (2, 3)), call(floats(0), [], (2,)),
    ],
    cast: [call(floats(2, 3), np.longdouble), call(floats(), np.longdouble), call(floats(0), np.longdouble)],
    np.reshape: [
        call(floats(2, 3), (3, 2)), call(floats(2, 3), -1), call(floats(2, 3), (3, -1), order="F"),
        call(floats(), (1, 1)),
        call(floats(1), ()), call(floats(0, 3), (3, 0)), call(floats(2, 3), shape=6),
    ],
    np.transpose: [
        call(floats(2, 3)), call(floats(2, 3, 4), (2, 0, 1)), call(floats(2, 3, 4), axes=(-1, 0, -2)),
        call(floats(3)),
        call(floats()), call(floats(0, 2)), call(floats(2, 3), [1, 0]),
    ],
    np.broadcast_to: [
        call(floats(3), (2, 3)), call(floats(2, 1), (2, 3)), call(floats(), (2, 2)), call(floats(1), (0,)),
        call(floats(1, 3), shape=(4, 2, 3)), call(floats(2), 2),
    ],
    np.concatenate: [
        *SEQUENCES, call([floats(2, 1), floats(2, 3)], axis=1), call([floats(2, 1), floats(2, 3)], axis=-1),
        call([floats(2, 1), floats(3)], axis=None), call((floats(1, 2), floats(0, 2), floats(3, 2)), 0),
    ],
    np.matmul: [call(floats(*a), floats(*b)) for a, b in PAIRS] + [
        call(floats(4, 1, 2, 3), floats(5, 3, 2)), call(floats(1, 2, 3), floats(4, 3, 2)),
        call(floats(5, 4, 2, 3), floats(3)),
        call(floats(3), floats(5, 1, 3, 2)), call(floats(0, 3), floats(3, 2)),
        call(floats(2, 0), floats(0, 3)),
        call(floats(2, 3), np.ones((3, 2))), call(np.ones(3), floats(3, 2)), call(floats(0), floats(0)),
    ],
    np.dot: [call(floats(*a), floats(*b)) for a, b in PAIRS] + [
        call(floats(), floats(2, 3)), call(floats(2, 3), floats()), call(floats(), floats()),
        call(floats(0, 3), floats(3)),
        call(floats(2, 3, 4), floats(5, 4, 2)), call(floats(2, 3), np.ones(3)), call(floats(2, 0), floats(0)),
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
    ],
    np.sum: reductions(call(floats(0)), call(floats(0, 3), axis=0), call(floats(2, 3, 4), axis=())),
    np.cumsum: [
        call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1), call(floats(0)),
        call(floats(3), 0),
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
    ],
    np.clip: [
        call(floats(3, 4), -0.5, 0.5), call(floats(3, 4), None, 0.25), call(floats(3, 4), 0.25, None),
        call(floats(3, 4), a_min=-0.3, a_max=1),
        call(floats(2, 3), floats(3), 2.0), call(floats(), -1, 1), call(floats(0), 0, 1),
    ],
    np.ptp: reductions(),
    np.expand_dims: [
        call(floats(2, 3), 0), call(floats(2, 3), -1), call(floats(2, 3), axis=(0, 3)), call(floats(), 0),
        call(floats(3), (-1, 0)),
    ],
    np.squeeze: [
        call(floats(1, 2, 1)), call(floats(1, 2, 1), 0), call(floats(1, 2, 1), axis=-1),
        call(floats(1, 2, 1), axis=(0, 2)), call(floats()),
    ],
    np.ravel: [
        call(floats(2, 3)), call(floats()), call(floats(0, 2)), call(floats(2, 3), order="F"),
        call(floats(2, 3), "F"),
    ],
    np.moveaxis: [
        call(floats(2, 3, 4), 0, -1), call(floats(2, 3, 4), (0, 1), (-1, 0)),
        call(floats(2, 3, 4), [2, 0], [0, 1]), call(floats(2, 3), -1, 0),
    ],
    np.swapaxes: [call(floats(2, 3, 4), 0, 2), call(floats(2, 3, 4), -1, 1), call(floats(2, 3), 0, 0)],
    np.stack: [
        *SEQUENCES, call([floats(2, 3), floats(2, 3)], axis=-1), call([floats(2, 3), floats(2, 3)], 1),
        call([floats(), floats(), 2.0]),
    ],
    np.vstack: [
        *SEQUENCES, call([floats(1, 3), floats(2, 3)]), call([floats(), floats()]),
        call([floats(3), floats(2, 3)]),
    ],
    np.hstack: [*SEQUENCES, call([floats(2, 1), floats(2, 3)]), call([floats(), floats(2)])],
    np.column_stack: [*SEQUENCES[:3], call([floats(3), floats(3, 2)]), call([floats(), floats()])],
    np.atleast_1d: [call(floats()), call(floats(3)), call(floats(2, 3)), call(floats(0))],
    np.flip: [
        call(floats(2, 3)), call(floats(2, 3), 0), call(floats(2, 3), axis=-1),
        call(floats(2, 3, 4), (0, -1)), call(floats(0)), call(floats()),
    ],
    np.roll: [
        call(floats(5), 2), call(floats(2, 3), 1), call(floats(2, 3), -1, axis=1),
        call(floats(2, 3), 4, axis=-1), call(floats(0), 1), call(floats(2, 3), (1, 2), axis=(0, 1)),
    ],
    np.take: [
        call(floats(2, 3), [0, 0, 5]), call(floats(2, 3), [2, 2, 0], axis=1),
        call(floats(2, 3), np.array([[0, 1], [1, 1]]), axis=0),
        call(floats(2, 3), 1, axis=-1), call(floats(3), -1), call(floats(3), np.array([], int)),
    ],
    np.sort: [
        call(floats(5)), call(floats(2, 3)), call(floats(2, 3), 0), call(floats(2, 3, 4), axis=1),
        call(floats(2, 3), axis=None), call(floats(0)), call(floats(1)),
    ],
    np.tile: [
        call(floats(2, 3), 2), call(floats(3), (2, 2)), call(floats(), 3), call(floats(2, 3), (2, 1, 1)),
        call(floats(2), 0), call(floats(2, 3), (1, 2)),
    ],
    np.repeat: [
        call(floats(2, 3), 2), call(floats(2, 3), 2, axis=1), call(floats(2, 3), [1, 2], axis=0),
        call(floats(3), 0), call(floats(), 2), call(floats(2, 3), 2, axis=-1),
    ],
    np.diff: [
        call(floats(5)), call(floats(5), 2), call(floats(2, 4), axis=0), call(floats(2, 4), n=3),
        call(floats(1)), call(floats(2, 4), 0),
    ],
    np.diagonal: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), -1), call(floats(2, 3, 4), 0, 0, 2),
        call(floats(2, 3, 4), axis1=-1, axis2=1), call(floats(2, 2), 5),
    ],
    np.split: [
        call(floats(6), 3), call(floats(6), [1, 4]), call(floats(2, 4), 2, axis=1),
        call(floats(2, 4), 2, axis=-1), call(floats(5), np.array([2])),
    ],
    np.trace: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), offset=-1),
        call(floats(2, 3, 4), 0, 1, 2),
    ],
    np.triu: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), k=-1), call(floats(2, 3, 3)),
        call(floats(0, 3)),
    ],
    np.tril: [
        call(floats(3, 3)), call(floats(2, 4), 1), call(floats(4, 2), k=-1), call(floats(2, 3, 3)),
        call(floats(3, 0)),
    ],
    np.tensordot: [
        call(floats(2, 3), floats(3, 2), 1), call(floats(2, 3), floats(2, 3)), call(floats(2), floats(3), 0),
        call(floats(2, 3, 4), floats(4, 3), ((1, 2), (1, 0))),
        call(floats(2, 3), floats(2, 4), axes=(0, 0)), call(floats(2, 3), floats(4, 3), ([-1], [-1])),
        call(floats(0, 3), floats(3, 2), 1), call(floats(2, 0), floats(0, 2), 1),
    ],
    np.outer: [
        call(floats(2), floats(3)), call(floats(2, 2), floats(3)), call(floats(), floats(2)),
        call(floats(0), floats(2)),
    ],
    np.inner: [
        call(floats(3), floats(3)), call(floats(2, 3), floats(4, 3)), call(floats(), floats(3)),
        call(floats(2, 3), floats(3)), call(floats(0), floats(0)),
    ],
    np.vdot: [
        call(floats(3), floats(3)), call(floats(2, 3), floats(2, 3)), call(floats(), floats()),
        call(floats(0), floats(0)),
    ],
    np.kron: [
        call(floats(2), floats(3)), call(floats(2, 3), floats(2, 2)), call(floats(2), floats(2, 2)),
        call(floats(2, 1), floats(3)), call(floats(), floats(2)),
    ],
}  # fmt: skip
