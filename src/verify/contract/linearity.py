"""Linear in the cotangent: its sign and size, a sum, zero, NaN, and whatever memory it lies in.

Facts
    Scaling by a power of two commutes with rounding, so that it is compared to the bit first. A seed is taken apart
    into two whose sum is exact in every format: its even and its odd entries.
    0 times an infinite slope is NaN: entries whose derivative is not finite say nothing about zero.
    An engine hands on what its own operations made: transposed and strided views, and the cotangent of a sum, which is
    one number with strides 0 that nobody may write into.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.arguments import entry_name
from verify.contract.agreement import differs
from verify.contract.asking import HOLDS, Asking, NotAsked, Outcome, number
from verify.contract.steady import need_steady
from verify.finding import PointFinding
from verify.layouts import backwards, channels_last, columns_first, with_gaps

FAR, NEAR = -(2.0**12), -2.0  # what a seed is multiplied by: 16 bits overflow soon


def linear(asking: Asking) -> Outcome:
    """The answer to a scaled and negated seed is the scaled and negated answer, to a sum the sum."""
    if not asking.noun:
        return None
    if asking.noun == "tangent" and asking.rough:  # on a kink the derivative along t and along -t may differ
        raise NotAsked(asking.rough)
    need_steady(asking)
    text = _scaled(asking) or _of_a_sum(asking)
    return (False, text) if text else HOLDS


def _scaled(asking: Asking) -> str:
    factor = NEAR if asking.question.format.half else FAR
    found = asking.call(seed=[np.asarray(g * g.dtype.type(factor)) for g in asking.fresh_seed()]).answers
    wanted = [a * np.asarray(a).dtype.type(factor) for a in asking.first.answers]
    over = [~np.isfinite(np.asarray(a, float)) for a in found]  # on the way there, or at the end
    kept = [np.where(o, w, a) for a, w, o in zip(found, wanted, over, strict=True)]
    text = differs(asking, kept, wanted, abs(factor) * asking.size)
    return text and f"for {factor:g} times the {asking.noun}, {text}"


def _of_a_sum(asking: Asking) -> str:
    flat = np.concatenate([np.asarray(g).reshape(-1) for g in asking.seed])
    if flat.size < 2:
        return ""
    one, other = (asking.call(seed=_parted(asking, k)).answers for k in (0, 1))
    whole = asking.first.answers
    finite = [np.isfinite(np.asarray(a, float)) for a in whole]
    sums = [np.where(f, a + b, w) for f, a, b, w in zip(finite, one, other, whole, strict=True)]
    text = differs(asking, whole, sums, asking.size)
    return text and f"for a sum of two {asking.noun}s, {text}"


def _parted(asking: Asking, k: int) -> list[np.ndarray]:
    """The seed with every other entry 0."""
    found, start = [], k
    for g in asking.fresh_seed():
        part = np.where((np.arange(g.size).reshape(g.shape) + start) % 2 == 0, g, g.dtype.type(0))
        found.append(np.asarray(part, g.dtype))
        start += g.size
    return found


def zero_gives_zero(asking: Asking) -> Outcome:
    """A seed of zeros gives zeros, wherever the derivative is finite."""
    if not asking.noun:
        return None
    need_steady(asking)
    found = asking.call(seed=[np.zeros_like(g) for g in asking.seed]).answers
    for name, a, at in _where(asking, found, lambda zero, first: np.isfinite(first) & ~(zero == 0)):
        return False, f"a {asking.noun} of zeros gives {entry_name(name, at)} = {number(a[at])}"
    return HOLDS


def nan_comes_out(asking: Asking) -> Outcome:
    """NaN and inf are where the truth has them, and a seed of NaN is not lost."""
    if asking.form == "class":
        return None
    if text := _not_finite(asking):
        return False, text
    if not asking.noun:
        return HOLDS if asking.found is not None and asking.found.truth else None
    need_steady(asking)
    try:
        found = asking.call(seed=[np.full_like(g, np.nan) for g in asking.seed]).answers
    except NotAsked:
        raise
    except Exception:  # a solver that looks at its arguments is loud enough
        return HOLDS
    for name, a, at in _where(asking, found, lambda nan, first: (first != 0) & np.isfinite(first) & ~np.isnan(nan)):
        return False, f"a {asking.noun} of NaN is lost: {entry_name(name, at)} = {number(a[at])}"
    text = _poisoned(asking)
    return (False, text) if text else HOLDS


def _not_finite(asking: Asking) -> str:
    """Where the judged answer is NaN or infinite and the truth is not, or the other way round."""
    answer, truth, found = asking.answer, asking.truth, asking.found
    if answer is None or truth is None:
        return _not_finite_beside(found)
    largest = asking.judged.largest
    exact = np.where(np.abs(truth.value) > largest, np.copysign(np.inf, truth.value), truth.value)
    wrong = np.argwhere((np.isfinite(answer) != np.isfinite(exact)) & (np.abs(exact) < largest / 2))
    if not len(wrong):
        wrong = np.argwhere(np.isinf(exact) & np.isinf(truth.value) & (answer != exact))
    if not len(wrong):
        return ""
    row, column = wrong[0]
    name = asking.judged.entries[column]
    return f"{name} is {answer[row, column]:.6g} where the truth is {truth.value[row, column]:.6g}"


def _not_finite_beside(found: PointFinding | None) -> str:
    """The same at the edge of a domain, where the truth is what the point was judged by."""
    if found is None or found.yours is None or not found.truth:
        return ""
    exact = float(found.truth)
    if math.isfinite(found.yours) == math.isfinite(exact) and (math.isfinite(exact) or found.yours == exact):
        return ""
    return f"{found.entry} is {number(found.yours)} where the truth is {number(exact)}"


def _poisoned(asking: Asking) -> str:
    """Of an elementwise function: the entry that is NaN because another one is."""
    question = asking.question
    leaves, outputs = question.leaves, question.outputs
    shape = np.shape(leaves[0])
    if len(outputs) != 1 or any(np.shape(x) != shape for x in (*leaves, outputs[0])) or np.size(leaves[0]) < 2:
        return ""
    k = np.size(leaves[0]) // 2
    beside = np.arange(np.size(leaves[0])).reshape(shape) != k
    alone = [_nan_at(x, beside) for x in leaves]
    spoilt = [_nan_at(leaves[0], ~beside), *leaves[1:]]
    if not _keeps(asking, spoilt, beside) or not _keeps(asking, alone, ~beside):
        return ""
    try:
        found = asking.call(spoilt).answers
    except Exception:
        return ""
    for name, _, at in _where(asking, found, lambda nan, first: beside & np.isfinite(first) & np.isnan(nan)):
        return f"where {entry_name(question.names[0], np.argwhere(~beside)[0])} is NaN, {entry_name(name, at)} is too"
    return ""


def _nan_at(x: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.where(where, x.dtype.type(np.nan), x)


def _keeps(asking: Asking, leaves: Sequence[Any], where: np.ndarray) -> bool:
    """Whether f gives what it gave in these places, and NaN in all others: they depend on nothing else."""
    try:
        (y,) = asking.question.run([np.asarray(x) for x in leaves])
    except Exception:
        return False
    old = asking.question.outputs[0]
    return bool(np.shape(y) == old.shape and (np.asarray(y)[where] == old[where]).all() and np.isnan(y)[~where].all())


def any_layout(asking: Asking) -> Outcome:
    """The same seed in another layout gives the same answer; one that is refused is noted."""
    if not asking.noun:
        return None
    if asking.in_parts:
        raise NotAsked("complex arrays are handed over as copies")
    need_steady(asking)
    refused = ""
    for name, layout in LAYOUTS.items():
        plainly = asking.fresh_seed()
        arrays = [layout(g) for g in plainly]
        if all(a.strides == g.strides for a, g in zip(arrays, plainly, strict=True)):
            continue
        plain = [np.array(a, order="C") for a in arrays]
        moved = name == "strides 0"
        try:
            wanted = asking.call(seed=plain).answers if moved else asking.first.answers
            found = asking.call(seed=arrays).answers
        except Exception as problem:
            if isinstance(problem, NotAsked):
                raise
            refused = refused or f"a {asking.noun} with {name} is refused: {type(problem).__name__}: {problem}"
            continue
        if text := differs(asking, found, wanted, asking.size):
            return False, f"for the same {asking.noun} with {name}, {text}"
    return True, refused


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "columns first": columns_first,
    "channels last": channels_last,
    "gaps between": with_gaps,
    "negative strides": backwards,
    "strides 0": lambda g: np.broadcast_to(g.reshape(-1)[:1].reshape(()), g.shape) if g.size else g,
}


def _where(
    asking: Asking, found: Sequence[np.ndarray], which: Callable[[np.ndarray, np.ndarray], Any]
) -> list[tuple[str, np.ndarray, tuple[Any, ...]]]:
    """The first entry of each array for which ``which(found, first)`` holds."""
    chosen = []
    for name, a, first in zip(asking.names, found, asking.first.answers, strict=True):
        at = np.argwhere(which(np.asarray(a, float), np.asarray(first, float)))
        if len(at):
            chosen.append((name, a, tuple(at[0])))
    return chosen
