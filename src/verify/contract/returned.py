"""What comes back: one array for each input, in its shape, of floating-point numbers, in memory that stays as it is."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from verify.contract.asking import HOLDS, Asking, NotAsked, Outcome
from verify.formats import format_of


def one_array_for_each_input(asking: Asking) -> Outcome:
    """An array for each differentiated input, in its shape; for a tangent, one for each output."""
    return None if asking.form == "class" else _looked_at(asking)


def _looked_at(asking: Asking) -> Outcome:
    _ = asking.first  # a call raises BrokenContract, with the place
    return HOLDS


def floating_point(asking: Asking) -> Outcome:
    """Floating-point numbers: an array of integers cannot take what is added to it. Another precision is noted."""
    if asking.form == "class":
        return None
    question = asking.question
    models = question.returned if asking.form == "jvp" else question.leaves
    if asking.form == "jacobian" and len(asking.first.returned) != len(models):
        models = question.leaves[:1]
    noted = ""
    for name, found, model in zip(asking.names, asking.first.returned, models, strict=True):
        if not isinstance(found, np.ndarray):  # numbers and lists of them have no dtype that anyone chose
            continue
        wanted = np.asarray(model).dtype
        if found.ndim and found.dtype.kind in "iu":
            return False, f"{name} has dtype {found.dtype} for {wanted}: what is added to it in place is refused"
        if format_of(found) is not None and found.dtype != wanted and not asking.rule:
            noted = noted or f"{name} is {wanted} and its derivative {found.dtype}"
    return True, noted


def memory_of_its_own(asking: Asking) -> Outcome:
    """What one call returned is not overwritten by a later one. Memory shared with an argument is noted."""
    if asking.form == "class":
        return None
    first = asking.first
    calls = [asking.again]
    with contextlib.suppress(NotAsked):
        calls.append(asking.elsewhere)
    for call in calls:
        for name, now, kept, later in zip(asking.names, first.returned, first.answers, call.returned, strict=True):
            if isinstance(now, np.ndarray) and now.tobytes() != kept.tobytes() and _shared(now, later):
                return False, f"a later call overwrites the array for {name} that an earlier one returned"
    for name, found in zip(asking.names, first.returned, strict=True):
        owner = next((h.name for h in first.lent if _shared(found, h.array)), "")
        if owner and not asking.rule and asking.claim.foreign is None:  # an engine keeps what an op returns apart
            return True, f"the array for {name} shares memory with {owner}"
    return HOLDS


def _shared(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)


