"""What a subject returned, as arrays: one for each input, each output, or each block of a Jacobian."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten
from ad.variable import differentiable
from verify.formats import format_of
from verify.lists import nesting, stacked, stands_for
from verify.question import BrokenContract, Question


def pair_of(returned: Any) -> tuple[Any, Any]:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise BrokenContract(f"a pair was expected, got {type(returned).__name__}")
    return returned[0], returned[1]


def leaves_of(question: Question, returned: Any) -> list[Any]:
    """The arrays of a returned gradient, one for each differentiated leaf."""
    returned = tuple(returned) if isinstance(returned, Iterator) else returned
    xs, inputs = question.claim.xs, tuple(question.claim.xs[i] for i in question.chosen)
    slots = [leaf for x in xs for leaf in flatten(x)[1]]
    found = flatten(in_order(returned, _model(returned, inputs, xs)))[1]
    wanted = len(question.leaves)
    if len(found) == wanted:
        return found
    if len(found) == 1 and np.shape(found[0]) == (wanted, *np.shape(question.leaves[0])) and _alike(question.leaves):
        return [found[0][k] for k in range(wanted)]  # it is unpacked as a tuple is
    if len(found) == len(slots):  # one for every input: integers are constants, what is returned for one goes nowhere
        kept = [x for x, slot in zip(found, slots, strict=True) if x is not None and differentiable(slot)]
        if len(kept) == wanted:
            return kept
    raise BrokenContract(
        f"{len(found)} arrays were returned for {wanted} inputs ({', '.join(question.names)}); "
        f"return one array for each, in order"
    )


def _model(returned: Any, inputs: tuple[Any, ...], xs: tuple[Any, ...]) -> Any:
    """What a returned gradient is laid out as: the one input, the differentiated ones, or all of them."""
    if not isinstance(returned, tuple | list) or (len(inputs) == 1 and _lists_for(returned, inputs[0])):
        return inputs[0]
    return next((several for several in (inputs, xs) if len(returned) == len(several)), inputs[0])


def _alike(leaves: Sequence[Any]) -> bool:
    return len({np.shape(x) for x in leaves}) == 1


def in_order(returned: Any, like: Any) -> Any:
    """A returned container with its dictionaries in the order of another one, and arrays for lists of numbers."""
    if _lists_for(returned, like):
        return stacked(returned)
    if isinstance(returned, dict) and isinstance(like, dict):
        unknown = [key for key in returned if key not in like]
        if unknown:
            raise BrokenContract(f"the key {unknown[0]!r} was returned; the input has {', '.join(map(repr, like))}")
        return {key: in_order(returned[key], like[key]) for key in like if key in returned}
    if isinstance(returned, tuple | list) and isinstance(like, tuple | list) and len(returned) == len(like):
        return [in_order(part, model) for part, model in zip(returned, like, strict=True)]
    return returned


def _lists_for(returned: Any, like: Any) -> bool:
    return isinstance(like, np.ndarray) and stands_for(returned, like.shape)


def blocks_of(question: Question, matrix: Any) -> list[Any]:
    """The arrays of a returned Jacobian: the whole matrix, or a block for each input."""
    entries, outputs = len(question.entries), sum(y.size for y in question.outputs)
    good = (outputs, entries), tuple(question.outputs[0].shape) + tuple(np.shape(question.leaves[0]))
    blocks = flatten(matrix)[1]
    if any(stands_for(matrix, shape) for shape in good):
        blocks = [stacked(matrix)]
    elif isinstance(matrix, tuple | list) and len(blocks) > len(question.leaves) == len(matrix):
        blocks = flatten([stacked(part) if nesting(part) else part for part in matrix])[1]
    if len(blocks) == 1:
        if np.shape(blocks[0]) not in good:
            raise BrokenContract(
                f"the Jacobian has shape {np.shape(blocks[0])}, expected {good[0]} (outputs, entries of the inputs)"
            )
    elif len(blocks) != len(question.leaves):
        raise BrokenContract(f"{len(blocks)} Jacobian blocks were returned for {len(question.leaves)} inputs")
    else:
        for name, block, leaf in zip(question.names, blocks, question.leaves, strict=True):
            if np.size(block) != outputs * np.size(leaf):
                raise BrokenContract(f"the Jacobian of {name} has shape {np.shape(block)}, expected {outputs} rows")
    return blocks


def tangents_returned(question: Question, returned: Any) -> list[Any]:
    """The arrays of a returned tangent of f's output as they are, looked at for number and shape."""
    found = flatten(in_order(returned, unflatten(question.container, question.outputs)))[1]
    if len(found) != len(question.outputs):
        raise BrokenContract(f"{len(found)} arrays were returned as the tangent, f returns {len(question.outputs)}")
    for i, (t, y) in enumerate(zip(found, question.outputs, strict=True)):
        if np.shape(t) != y.shape:
            raise BrokenContract(f"the tangent of output {i} has shape {np.shape(t)}, the output has {y.shape}")
        if t is None or (isinstance(t, np.ndarray | np.generic) and not real(t)):
            raise BrokenContract(f"the tangent of output {i} is {t!r:.60}: return an array of real numbers")
    return found


def real(x: Any) -> bool:
    """Whether an array holds real numbers of a format that is judged, or integers."""
    return x.dtype.kind in "iu" or format_of(x) is not None
