"""Calls of contractions: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

import numpy as np

from verify.suites.calls.arguments import Calls, Examples, S, V, X, call, floats

EXAMPLES: Examples = {
    np.matmul: ((S, X), lambda a, b: np.matmul(a, b)),
    np.dot: ((X, V), lambda a, b: np.dot(a, b)),
    np.einsum: ((S, X), lambda a, b: np.einsum("ij,jk->ki", a, b)),
    np.tensordot: ((S, X), lambda a, b: np.tensordot(a, b, 1)),
    np.outer: ((V, V[:2]), lambda a, b: np.outer(a, b)),
    np.inner: ((V, X), lambda a, b: np.inner(a, b)),
    np.vdot: ((V, V + 1), lambda a, b: np.vdot(a, b)),
    np.kron: ((V[:2], V), lambda a, b: np.kron(a, b)),
}

PAIRS = [(a, b) for a in [(3,), (2, 3), (4, 2, 3)] for b in [(3,), (3, 2), (4, 3, 2)]]

CALLS: Calls = {
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
