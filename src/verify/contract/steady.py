"""One answer for one question: the same bits again, whatever was asked in between; what is random has a seed."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from ad.containers import flatten
from verify import subject as subjects
from verify.contract.agreement import differs, same_bits, spread
from verify.contract.asking import HOLDS, Asking, Call, NotAsked, Outcome

FIXED = 20  # any seed: the same one twice


def same_bits_again(asking: Asking) -> Outcome:
    """The same arguments give the same bits, or bits that spread no further than rounding; a random op has a seed."""
    if asking.form == "class":
        return None
    state = steadiness(asking)
    if state == "random":
        raise NotAsked("it is random: repeated with the same seed it gives the same bits; one draw was judged")
    if state == "spread":
        units = spread(asking, asking.again.answers, asking.first.answers)
        return True, f"the bits spread by {units:.2g} units from call to call, of {asking.claim.units:g} allowed"
    return HOLDS if state == "steady" else (False, f"called again, {state}")


def steadiness(asking: Asking) -> str:
    """Which it is: "steady", "spread", "random", or what differs from call to call; found out once."""
    if "steadiness" not in asking.shared:
        asking.shared["steadiness"] = _steadiness(asking)
    return str(asking.shared["steadiness"])


def need_steady(asking: Asking) -> None:
    """Raise NotAsked where one call cannot be compared with another."""
    state = steadiness(asking)
    if state not in ("steady", "spread"):
        raise NotAsked("it is random" if state == "random" else "it differs from call to call")


def _steadiness(asking: Asking) -> str:
    first, again = asking.first, asking.again
    if same_bits(again.answers, first.answers):
        return "steady"
    found = differs(asking, again.answers, first.answers)
    if not found:
        return "spread"
    with _seeded(asking):
        one = asking.call()
    with _seeded(asking):
        other = asking.call()
    return "random" if same_bits(one.answers, other.answers) else found


def never_stale(asking: Asking) -> Outcome:
    """The answer is the same after calls at another point and with another cotangent: nothing of them is kept."""
    if asking.form == "class":
        return None
    need_steady(asking)
    calls: list[tuple[str, Call]] = [("a call at another point", asking.elsewhere)]
    if asking.noun:
        other = tuple(np.negative(g) for g in asking.seed)
        calls.append((f"a call with another {asking.noun}", asking.call(seed=other)))
    after = asking.call()
    if text := differs(asking, after.answers, asking.first.answers, asking.size):
        return False, f"after {' and '.join(what for what, _ in calls)}, {text}"
    once_more = asking.call(asking.moved)
    if text := differs(asking, once_more.answers, asking.elsewhere.answers, asking.size):
        return False, f"asked at another point for the second time, {text}"
    if asking.form == "pair":
        text = differs(asking, _interleaved(asking), asking.first.answers, asking.size)
        if text:
            return False, f"after a forward pass at another point, the residuals of the first give {text}"
    return HOLDS


def _interleaved(asking: Asking) -> list[np.ndarray]:
    """bwd(residuals of x) after another forward pass was run."""
    forward, backward = asking.claim.subject
    question = asking.question
    _, kept = subjects.pair_of(forward(*question.place(question.leaves), **asking.claim.kwargs))
    forward(*question.place(asking.moved), **asking.claim.kwargs)
    return [np.array(x) for x in asking.parts_of(backward(kept, subjects.boxed(question, asking.fresh_seed())))]


@contextlib.contextmanager
def _seeded(asking: Asking) -> Iterator[None]:
    """Random numbers of NumPy and Python from a fixed seed, every generator in sight from where it was; undone after."""
    numpys, pythons = np.random.get_state(), random.getstate()  # noqa: NPY002 - user code may draw from it
    states = [(g, g.bit_generator.state) for g in _generators(asking)]
    np.random.seed(FIXED)  # noqa: NPY002
    random.seed(FIXED)
    try:
        yield
    finally:
        np.random.set_state(numpys)  # noqa: NPY002
        random.setstate(pythons)
        for g, state in states:
            g.bit_generator.state = state


def _generators(asking: Asking) -> list[np.random.Generator]:
    """The generators that the subject is handed, closes over, or finds in its module."""
    claim = asking.claim
    held: list[Any] = [leaf for x in (*claim.xs, *claim.kwargs.values()) for leaf in flatten(x)[1]]
    for function in claim.subject if isinstance(claim.subject, tuple) else (claim.subject,):
        held += [cell.cell_contents for cell in getattr(function, "__closure__", None) or () if _filled(cell)]
        code, names = getattr(function, "__code__", None), getattr(function, "__globals__", {})
        held += [names[name] for name in getattr(code, "co_names", ()) if name in names]
    return [x for x in held if isinstance(x, np.random.Generator)]


def _filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True
