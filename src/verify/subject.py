"""The subject under test: the derivative that somebody claims, asked in rows like every witness.

``answer`` asks it in its own floating-point numbers; ``formula_rows`` runs the very same code over exact
arrays, which tells a wrong formula from rounding.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

import ad
from ad.containers import flatten, tree_map, unflatten
from ad.variable import differentiable
from verify.adapters.foreign import Foreign
from verify.claim import Claim
from verify.matrices import is_matrix, weighted
from verify.parts import duals_in_parts, duals_whole, whole
from verify.question import BrokenContract, Question, fresh
from verify.returned import blocks_of, in_order, leaves_of, pair_of, real, tangents_returned
from verify.tangents import lifted

ENGINE_TRUSTS = frozenset({"trace", "rules", "sweep"})  # what an answer of the engine's own rests on
NOUNS = {"hvp": "Hessian-vector product"}  # of what is returned for an input; else it is called a gradient


def trusts(claim: Claim) -> frozenset[str]:
    """What the subject takes for granted: the engine where it answers, or where it differentiates the subject."""
    answered = claim.judged == "engine" and claim.engine == "ad"
    by_engine = answered or (claim.order == 2 and claim.judged != "hvp" and claim.foreign is None)
    return ENGINE_TRUSTS if by_engine else frozenset()


def answer(question: Question) -> np.ndarray:
    """What the subject says, as a float64 matrix (rows, entries).

    Raises
        BrokenContract when a shape, dtype or number of arrays is wrong; and whatever the subject raises.
    """
    with np.errstate(all="ignore"):
        rows = _rows(question, question.leaves)
    return question.rows([checked(question, row) for row in rows])


def formula_rows(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    """The subject's own code over other numbers (exact arrays): one list of arrays for each row."""
    return _rows(question, leaves)


def engine_rows(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    """The engine's reverse mode over any kind of numbers: one list of arrays for each row."""
    graph = ad.trace(lambda *values: question.run(values), *map(fresh, leaves))  # a user's rule may write into them
    return [list(graph.pull(cotangent)) for cotangent in _cotangents(question, leaves)]


def engine_rows_alone(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    """The same with a forward pass for every row, so that no row meets what the rule of another one left behind."""
    found = []
    for cotangent in _cotangents(question, leaves):
        graph = ad.trace(lambda *values: question.run(values), *map(fresh, leaves))
        found.append(list(graph.pull(cotangent)))
    return found


def _cotangents(question: Question, leaves: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The cotangents in the numbers of the leaves: exact ones where these are, so that g * PI is exact."""
    return [lifted(row, leaves[0]) for row in question.cotangents]


def claimed_value(question: Question) -> Any | None:
    """The function value that the subject states besides its derivative: arrays like f's outputs, or None.

    Raises
        BrokenContract when it is not such a value; and whatever the subject raises.
    """
    question, claim = question.origin, question.claim
    xs = question.place(question.leaves)
    if claim.judged == "value_and_gradient":
        stated = pair_of(claim.subject(*xs, **claim.kwargs))[0]
    elif claim.judged == "vjp" and isinstance(claim.subject, tuple):
        stated = pair_of(claim.subject[0](*xs, **claim.kwargs))[0]
    elif claim.engine != "ad":
        stated = claim.engine.stated(claim.f, xs, claim.kwargs)
    else:
        return None
    found = [np.asarray(y) for y in flatten(in_order(stated, unflatten(question.container, question.outputs)))[1]]
    shapes, wanted = [y.shape for y in found], [y.shape for y in question.outputs]
    if shapes != wanted or not all(map(real, found)):
        raise BrokenContract(f"the stated value is {stated!r:.60}, f returns numbers of shape {wanted}")
    return found


def value_errors(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    """The value that the forward pass of a pair states less that of f, over other numbers: one for each cotangent."""
    claim = question.claim
    stated = pair_of(claim.subject[0](*question.place(leaves), **claim.kwargs))[0]
    outputs = flatten(in_order(stated, unflatten(question.container, question.outputs)))[1]
    wanted = question.run(leaves)
    return [[question.weighted(outputs, r) - question.weighted(wanted, r)] for r in range(len(question.cotangents))]


def _rows(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    claim = question.claim
    if claim.judged == "hvp":
        return [leaves_of(question.origin, _asked_along(question, leaves, v)) for v in range(question.shape[0])]
    if claim.judged == "jvp":
        return _forward_rows(question, leaves)
    return _second_rows(question, leaves) if claim.order == 2 else _first_rows(question, leaves)


def _asked_along(question: Question, leaves: Sequence[Any], v: int) -> Any:
    """What a subject that takes tangents returns for one of them."""
    assert question.tangents is not None
    ts = tangents_as_given(question.origin, lifted(question.tangents.parts[v], leaves[0]))
    return question.claim.subject(ts, *question.place(leaves), **question.claim.kwargs)


def tangents_as_given(question: Question, parts: Sequence[Any]) -> Any:
    """Tangents of the leaves as a subject gets them: bare for one input, else a tuple; 0 for integers in it."""
    placed = question.place(parts)
    moving = [i for i in question.chosen if any(differentiable(leaf) for leaf in flatten(question.claim.xs[i])[1])]
    ts = tuple(tree_map(_zero_where_constant, placed[i]) for i in moving)
    return ts[0] if len(ts) == 1 else ts


def _zero_where_constant(leaf: Any) -> Any:
    """The tangent of an integer array inside a container."""
    return leaf if differentiable(leaf) or not isinstance(leaf, np.ndarray | np.generic) else np.zeros_like(leaf)


def _forward_rows(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    """The rows of a forward rule: it answers along one tangent, which is one column."""
    columns = [tangent_of(question, _asked_along(question, leaves, v)) for v in range(question.shape[1])]
    cuts = np.cumsum([0, *[np.size(x) for x in question.leaves]])
    found = []
    for r in range(question.shape[0]):
        row = [question.weighted(column, r) for column in columns]
        pieces = [row[a:b] for a, b in itertools.pairwise(cuts)]
        found.append([np.reshape(np.stack(p), np.shape(x)) for p, x in zip(pieces, question.leaves, strict=True)])
    return found


def tangent_of(question: Question, returned: Any) -> list[Any]:
    """The arrays of a returned tangent of f's output; plain ones in float64, since the weighting is ours."""
    found = tangents_returned(question, returned)
    return [t if hasattr(t, "exact_constant") else np.asarray(t, dtype=float) for t in found]


def _second_rows(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    """The subject's first derivative, differentiated along every tangent by the engine's forward mode."""
    assert question.tangents is not None
    origin, wide, foreign = question.origin, len(leaves), question.claim.foreign
    if foreign is not None:
        return _second_rows_elsewhere(question, foreign, leaves)

    def first(*values: Any) -> list[Any]:
        return [part for row in _first_rows(origin, values) for part in row]

    graph = ad.trace(first, *leaves)
    if not hasattr(leaves[0], "exact_constant"):
        for k in range(0, len(graph.values), wide):
            checked(origin, graph.values[k : k + wide])
    found = []
    for v in question.tangents.parts:
        pushed = graph.push(lifted(v, leaves[0]))
        found += [list(pushed[k : k + wide]) for k in range(0, len(pushed), wide)]
    return found


def _second_rows_elsewhere(question: Question, foreign: Foreign, leaves: Sequence[Any]) -> list[list[Any]]:
    """The same by a framework's own derivative of its derivative."""
    assert question.tangents is not None
    origin, xs = question.origin, whole(question.place(leaves))

    def second(g: Any, v: Any) -> Any:
        return duals_in_parts(foreign.second(xs, duals_whole(boxed(origin, g)), whole(tangents_as_given(origin, v))))

    pairs = [(lifted(g, leaves[0]), lifted(v, leaves[0])) for v in question.tangents.parts for g in origin.cotangents]
    return [leaves_of(origin, second(g, v)) for g, v in pairs]


def _first_rows(question: Question, leaves: Sequence[Any]) -> list[list[Any]]:
    claim = question.claim
    xs = question.place(leaves)
    if claim.judged == "engine":
        if claim.engine != "ad":
            found = claim.engine.gradient(claim.f, xs, claim.kwargs)
            return [leaves_of(question, tuple(found[i] for i in question.chosen))]
        return engine_rows(question, leaves)
    if claim.judged == "gradient":
        return [leaves_of(question, claim.subject(*xs, **claim.kwargs))]
    if claim.judged == "value_and_gradient":
        return [leaves_of(question, pair_of(claim.subject(*xs, **claim.kwargs))[1])]
    if claim.judged == "jacobian":
        return matrix_rows(question, claim.subject(*xs, **claim.kwargs))
    if isinstance(claim.subject, tuple):
        forward, backward = claim.subject
        _, residuals = pair_of(forward(*xs, **claim.kwargs))
        return [leaves_of(question, backward(residuals, boxed(question, g))) for g in _cotangents(question, leaves)]
    y = question.result(leaves)
    found = []
    for g in _cotangents(question, leaves):
        arguments = (boxed(question, g), tree_map(fresh, y), *question.place(leaves))
        found.append(leaves_of(question, claim.subject(*arguments, **claim.kwargs)))
    return found


def boxed(question: Question, cotangent: tuple[Any, ...]) -> Any:
    """A cotangent in the container that f returns."""
    return unflatten(question.container, cotangent)


def matrix_rows(question: Question, matrix: Any) -> list[list[Any]]:
    """The rows of a dense Jacobian, split by input."""
    entries, outputs = len(question.entries), sum(y.size for y in question.outputs)
    found = blocks_of(question, matrix)
    sizes = [entries] if len(found) == 1 else [np.size(x) for x in question.leaves]
    blocks = [b if is_matrix(b) else np.reshape(b, (outputs, size)) for b, size in zip(found, sizes, strict=True)]
    weights = [np.concatenate([g.reshape(-1) for g in row]) for row in question.cotangents]
    cuts = np.cumsum([np.size(x) for x in question.leaves])[:-1]
    result = []
    for weight in weights:
        rows = [_row_of(block, weight) for block in blocks]
        row = np.concatenate(rows) if len(rows) > 1 else rows[0]
        pieces = [row[a:b] for a, b in zip([0, *cuts], [*cuts, entries], strict=True)]
        result.append([np.reshape(p, np.shape(x)) for p, x in zip(pieces, question.leaves, strict=True)])
    return result


def _row_of(block: Any, weight: np.ndarray) -> Any:
    """weight @ block; for a unit weight the row itself, where NaN elsewhere is not met."""
    if is_matrix(block):
        return weighted(block, weight)
    at = int(np.argmax(np.abs(weight)))
    return block[at] * weight[at] if np.count_nonzero(weight) == 1 else np.matmul(weight, block)


def checked(question: Question, row: Sequence[Any]) -> list[Any]:
    """Shapes and dtypes of a returned row, against those of the inputs."""
    noun = NOUNS.get(question.claim.judged, "gradient")
    for name, found, leaf in zip(question.names, row, question.leaves, strict=True):
        if found is None:
            raise BrokenContract(f"the {noun} of {name} is None")
        array = np.asarray(found)
        if array.shape != np.shape(leaf):
            raise BrokenContract(f"the {noun} of {name} has shape {array.shape}, the input has {np.shape(leaf)}")
        if not real(array):
            raise BrokenContract(f"the {noun} of {name} has dtype {array.dtype}, the input {np.asarray(leaf).dtype}")
    return list(row)
