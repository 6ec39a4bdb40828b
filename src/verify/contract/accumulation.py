"""A scalar class must add what several uses of a value bring: a gradient that is there already is not overwritten.

Facts
    y + y with the same nodes has twice the gradient of y, whatever y is, so that a claim in which every input is used
    once shows as well whether uses accumulate. (Whether a second ``backward()`` starts anew or adds to the first is a
    matter of taste: ``ad.Neuron`` starts anew, ``ad.Variable`` adds.)
"""

from __future__ import annotations

import math

from ad.containers import flatten
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
    for name, one, two in zip(question.names, once, twice, strict=True):
        if not math.isclose(two, 2 * one, rel_tol=2 * claim.units * question.roundoff) and math.isfinite(one):
            return False, f"in f + f the gradient of {name} is {two:.6g}, and {one:.6g} in f: the second use overwrites"
    return HOLDS


def _gradient(question: Question, f: object) -> list[float]:
    claim = question.claim
    found = claim.engine.gradient(f, question.place(question.leaves), claim.kwargs)
    parts = [part for i in question.chosen for part in flatten(found[i])[1]]
    return [float(part) for part in parts if part is not None]
