"""A scalar class must add what several uses of a value bring: a gradient that is there already is not overwritten.

Facts
    y + y with the same nodes has twice the gradient of y, whatever y is, so that a claim in which every input is used
    once shows as well whether uses accumulate. (Whether a second ``backward()`` starts anew or adds to the first is a
    matter of taste: ``ad.Neuron`` starts anew, ``ad.Variable`` adds.)
"""

from __future__ import annotations

import numpy as np

from ad.containers import flatten
from verify.contract.agreement import differs
from verify.contract.asking import HOLDS, Asking, NotAsked, Outcome
from verify.question import Question


def accumulates(asking: Asking) -> Outcome:
    """A value that is used twice gets the sum of what both uses bring."""
    if asking.form != "class":
        return None
    question, claim = asking.question, asking.claim
    once = _gradient(question, claim.f)
    try:
        twice = _gradient(question, lambda *xs, **kwargs: claim.f(*xs, **kwargs) + claim.f(*xs, **kwargs))
    except Exception as problem:
        raise NotAsked(f"its results cannot be added: {type(problem).__name__}") from problem
    found, wanted = [np.array(two) for two in twice], [np.array(2 * one) for one in once]
    text = differs(asking, found, wanted, size=2.0)
    return (False, f"in f + f the gradient of {text}, twice that in f: a use overwrites") if text else HOLDS


def _gradient(question: Question, f: object) -> list[float]:
    claim = question.claim
    found = claim.engine.gradient(f, question.place(question.leaves), claim.kwargs)
    parts = [part for i in question.chosen for part in flatten(found[i])[1]]
    return [float(part) for part in parts if part is not None]
