"""A framework's own derivative of a reference in that framework, in float64: approximate, and trusting its rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify import subject as subjects
from verify.adapters.opaque import Opaque
from verify.claim import Answer, Refusal, approximate
from verify.formats import FORMATS
from verify.oracles.numeric import UNKNOWN_MOVEMENT
from verify.oracles.witness import oracle
from verify.question import Question
from verify.returned import leaves_of

SHRINKS = 2.0**10  # times: an error shrinks with the roundoff up to so much, where digits are lost by chance


@oracle(trusts={"framework"})
def composite(question: Question) -> Answer:
    """The backward pass of the reference, run in float64; its error by what it loses in the op's own precision."""
    opaque = question.claim.opaque
    if opaque is None or question.claim.order != 1 or question.tangents is not None:
        return Refusal("there is no reference of the framework's to differentiate")
    if not opaque.wide:
        return Refusal("the reference does not run in float64")
    xs = question.place(question.leaves)
    fine, own = (_rows(question, opaque, given) for given in (opaque.widened(xs), opaque.narrowed(xs)))
    if np.array_equal(own, subjects.answer(question)):
        return Refusal("the reference answers bit for bit as what is judged: it may be the same code")
    u = FORMATS["float64"].roundoff
    lost = np.abs(fine - own) * (SHRINKS * u / question.format.roundoff if question.format.roundoff > u else 0.0)
    return approximate(fine, lost + question.claim.units * UNKNOWN_MOVEMENT * u * np.abs(fine))


def _rows(question: Question, opaque: Opaque, xs: Sequence[Any]) -> np.ndarray:
    _, residuals = opaque.foreign.forward(*xs)
    rows = [opaque.foreign.backward(residuals, subjects.boxed(question, g)) for g in question.cotangents]
    return question.rows([leaves_of(question, row) for row in rows])
