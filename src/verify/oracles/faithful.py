"""Whether f over exact numbers is f: it must compute the same value, up to what rounding does to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint
import numpy as np

from verify.movement import value_movement
from verify.numbers.program import Unfaithful
from verify.question import Question

CONDITION = 2.0**6  # roundings that f's own value may have lost on the way, times its condition


def require_faithful(question: Question, values: Sequence[Any], slopes: np.ndarray) -> None:
    """Raise Unfaithful where f itself computes another value than f over balls.

    Its roundings are allowed for by the condition: the sum of |x_i df/dx_i| beside |f|.
    """
    if isinstance(known := question.shared.get("program"), Unfaithful):
        raise known  # a recording, which compares more finely, has seen that f is another function
    point = np.abs(np.array(question.point))
    outputs = [np.asarray(y, dtype=float) for y in question.outputs]
    for r, exact in enumerate(values):
        found = float(question.weighted(outputs, r))
        if not np.isfinite(found):
            continue  # f over- or underflows in its own numbers
        condition = sum(abs(float(s.mid())) * x for s, x in zip(slopes[r], point, strict=True))
        size = sum(float(np.sum(np.abs(y * g))) for y, g in zip(outputs, question.cotangents[r], strict=True))
        scale = size + condition
        allowed = CONDITION * question.claim.units * (question.reference_roundoff * scale + question.smallest)
        gap = abs(float((exact - flint.arb(found)).mid()))
        if not gap <= allowed and not gap <= allowed + question.reference_roundoff * CONDITION * _moved(question)[r]:
            raise Unfaithful(
                f"f computes {found:.10g}, over exact numbers {float(exact.mid()):.10g}: f depends on state or chance, "
                f"or takes another path when nothing is rounded"
            )


def _moved(question: Question) -> np.ndarray:
    """How far the values of f move by roundings on the way, which the condition of f does not show; 0 if not known."""
    try:
        return value_movement(question)
    except Exception:  # of a function that cannot be traced
        return np.zeros(len(question.cotangents))
