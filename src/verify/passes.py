"""Which pass an error comes from: the forward's rounding, by what it saved, or the backward's own.

The forward pass is run once more in float64 on the same numbers, and what it saves there, correctly rounded, is
handed to the backward pass in its own precision. By so much as the answer moves then, the error came from the
forward pass; by so much as it is still off the truth, from the backward pass. Nothing is said where the wide run is
not finer, does not compute the function, or does not save the same things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map, unflatten
from verify import subject as subjects
from verify.adapters.calls import Residuals
from verify.adapters.foreign import Foreign
from verify.adapters.saved import WIDER, Escapes, replaced, widest
from verify.claim import Claim, Estimate, changed
from verify.finding import Passes, PointFinding
from verify.formats import FORMATS
from verify.judge import Verdict
from verify.point import by_units
from verify.question import Question
from verify.returned import pair_of

# A wrong formula is off by more than rounding; the value of an op that breaks the contract may be right.
COUNTED = (Verdict.CERTIFIED, Verdict.INACCURATE, Verdict.BROKEN_CONTRACT)


def passes_of(question: Question, answer: np.ndarray, truth: Estimate, point: PointFinding) -> Passes | None:
    """How many of the units at the worst entry each pass of a pair (fwd, bwd) costs; None where that cannot be told.

    Arguments
        question: the claim at its point. answer: float64 (rows, entries). truth: the certified one.
        point: how the answer was judged.
    """
    if not _asked(question, point):
        return None
    result = by_units(question, answer, truth)[0]
    row, entry = result.worst_entry
    unit = (result.allowed[row, entry] - truth.radius[row, entry]) / question.claim.units
    if (question.entries[entry], row, float(result.units[row, entry])) != (point.entry, point.row, point.units):
        return None  # it was judged on another branch
    try:
        again = _over_rounded(question, row)[0, entry]
    except Exception:  # code of users, in a precision that nobody asked it for: any way it fails
        return None
    exact = truth.value[row, entry]
    gap = abs((again - exact) - truth.low[row, entry])
    found = abs(answer[row, entry] - again) / unit, max(gap - truth.radius[row, entry], 0.0) / unit
    return Passes(*map(float, found)) if np.isfinite(found).all() else None


def _asked(question: Question, point: PointFinding) -> bool:
    claim = question.claim
    pair = claim.judged == "vjp" and claim.order == 1 and isinstance(claim.subject, tuple)
    counted = point.verdict in COUNTED
    wider = question.format.roundoff > FORMATS["float64"].roundoff
    return counted and pair and wider and bool(point.units) and bool(np.isfinite(point.units or 0.0))


def _over_rounded(question: Question, row: int) -> np.ndarray:
    """One row of the answer, the backward pass resting on what a wide forward pass saved, rounded."""
    claim = question.claim
    y, residuals, wide = _forward(claim, question.place(question.leaves), question.roundoff)
    _require_function(question, wide)
    pair = (lambda *xs, **kwargs: (y, residuals), claim.subject[1])
    return subjects.answer(
        replace(question, claim=changed(claim, subject=pair), cotangents=(question.cotangents[row],), shared={})
    )


def _forward(claim: Claim, xs: Sequence[Any], roundoff: float) -> tuple[Any, Any, Sequence[Any]]:
    """(y, residuals as a wide forward pass leaves them, rounded, and the y of the wide one)."""
    if claim.foreign is not None:
        return _foreign_forward(claim.foreign, xs, roundoff)
    forward = claim.subject[0]
    y, residuals = pair_of(forward(*xs, **claim.kwargs))
    wide, wider = pair_of(forward(*[tree_map(widest, x) for x in xs], **claim.kwargs))
    tree, leaves = flatten(residuals)
    if any(not isinstance(x, np.ndarray | np.generic | int | float | str | None) for x in leaves):
        raise Escapes("the residuals hold something else than arrays and numbers")
    return y, unflatten(tree, replaced(leaves, flatten(wider)[1], roundoff)), flatten(wide)[1]


def _foreign_forward(foreign: Foreign, xs: Sequence[Any], roundoff: float) -> tuple[Any, Residuals, list[Any]]:
    """The same of a framework's function."""
    call, framework = foreign.call(xs), foreign.framework
    wide = [framework.tensor(widest(framework.array(x)), x) for x in call.tensors]
    with foreign.still():
        outputs, exact, pull = framework.refined(*call.over(call.tensors), *call.over(wide), roundoff)
        after = framework.state(foreign.op)
    y = foreign.boxed(call, [framework.array(t) for t in outputs])
    return y, Residuals(foreign.pulled(outputs, pull, after), {}), [framework.array(t) for t in exact]


def _require_function(question: Question, wide: Sequence[Any]) -> None:
    """Raise Escapes unless the wide forward pass computes the function, far more finely than the narrow one."""
    outputs = question.run([np.asarray(x, dtype=float) for x in question.leaves])
    for y, computed in zip(outputs, wide, strict=True):
        away = np.abs(np.asarray(computed, dtype=float) - y)
        if not (away <= WIDER * question.roundoff * np.max(np.abs(y), initial=0.0)).all():
            raise Escapes("in float64 the forward pass does not compute the function, or not more finely")
