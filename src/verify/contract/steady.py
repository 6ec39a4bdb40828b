"""One answer for one question: the same bits again, whatever was asked in between; what is random has a seed."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten
from verify import subject as subjects
from verify.contract.agreement import UNKNOWN, differs, same_bits, spread
from verify.contract.asking import HOLDS, Asking, NotAsked, Outcome, told_apart
from verify.judge import Verdict
from verify.returned import pair_of

DRAWS = 4  # further calls of a derivative that draws random numbers
FIXED = 20  # any seed: the same one twice


def same_bits_again(asking: Asking) -> Outcome:
    """The same arguments give the same bits, or bits that spread no further than rounding; a random op has a seed."""
    if asking.form == "class":
        return None
    state = steadiness(asking)
    if state == "random":
        raise NotAsked("it is random: repeated with the same seed it gives the same bits; one draw was judged")
    if state == "spread":
        units = max(spread(asking, a, asking.first.answers) for a in (asking.again.answers, *_judged(asking)))
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
    first, drawn = asking.first.answers, _drawn(asking)
    calls = [asking.call().answers]
    if drawn():  # a few draws may be the same ones by chance
        calls += [asking.call().answers for _ in range(DRAWS)]
    others = [*calls, asking.again.answers, *_judged(asking)]
    if all(same_bits(answers, first) for answers in others):
        return "steady"
    texts = [differs(asking, answers, first, asking.size) for answers in others]
    if not any(texts):
        return "spread"
    return "random" if any(texts[: len(calls)]) and _repeats_when_seeded(asking) else next(filter(None, texts))


def _repeats_when_seeded(asking: Asking) -> bool:
    with _seeded(asking):
        one = asking.call()
    with _seeded(asking):
        other = asking.call()
    return same_bits(one.answers, other.answers)


def _judged(asking: Asking) -> list[Sequence[np.ndarray]]:
    """The answer that was judged to the same seed, where there is one: the call before all others."""
    answer = asking.answer
    if answer is None or asking.claim.order > 1 or asking.form in ("jacobian", "jvp", "hvp") or asking.first.wrote:
        return []
    first = asking.first.answers
    parts = np.split(answer[-1], np.cumsum([a.size for a in first])[:-1])
    return [[part.reshape(a.shape) for part, a in zip(parts, first, strict=True)]]


def never_stale(asking: Asking) -> Outcome:
    """The answer is the same after calls at another point and with another cotangent: nothing of them is kept."""
    if asking.form == "class":
        return None
    need_steady(asking)
    text = _kept(asking)
    if text:
        asking.shared["steadiness"] = text
    return (False, text) if text else HOLDS


def _kept(asking: Asking) -> str:
    """What an answer keeps of another call; "" where it keeps nothing."""
    first, elsewhere = asking.first.answers, asking.elsewhere.answers
    if text := differs(asking, asking.call().answers, first, asking.size):
        return f"after a call at another point, {text}"
    if asking.noun:
        asking.call(seed=[np.negative(g) for g in asking.fresh_seed()])
        if text := differs(asking, asking.call().answers, first, asking.size):
            return f"after a call with another {asking.noun}, {text}"
    if text := differs(asking, asking.call(asking.moved).answers, elsewhere, asking.size):
        return f"asked at another point for the second time, {text}"
    text = differs(asking, _interleaved(asking), first, asking.size) if asking.form == "pair" else ""
    if text:
        return f"after a forward pass at another point, with the residuals of the first, {text}"
    return _answered_for_another(asking)


def _answered_for_another(asking: Asking) -> str:
    """What is wrong at another point, where the answer is to the last bit the one of the first, and f is not linear."""
    first, elsewhere = asking.first.answers, asking.elsewhere.answers
    op = asking.form == "pair" or asking.rule  # a gradient may be a number typed in for the point that is asked
    if not op or not asking.right or not same_bits(elsewhere, first) or _as_linear(asking):
        return ""
    asking.in_time()
    found = asking.judge(asking.claim.at(*asking.question.place(asking.moved)))
    if found.verdict is not Verdict.WRONG:
        return ""
    assert found.yours is not None
    yours, truth = told_apart(found.yours, float(found.truth))
    return f"asked at another point, the answer is still the one of the first: {found.entry} is {yours}, not {truth}"


def _as_linear(asking: Asking) -> bool:
    """Whether f moves to the point beside as a function with this one gradient does."""
    question = asking.question
    sides = [flatten(question.result(leaves))[1] for leaves in (asking.moved, question.reference)]
    pairs = list(zip(question.cotangents[-1], *(map(_doubles, side) for side in sides), strict=True))
    gap = sum(float(np.sum(g * (there - here))) for g, there, here in pairs)
    steps = zip(asking.first.answers, asking.moved, question.leaves, strict=True)
    gap -= sum(float(np.sum(_doubles(a) * (_doubles(there) - _doubles(here)))) for a, there, here in steps)
    return abs(gap) <= UNKNOWN * question.roundoff * sum(float(np.sum(np.abs(g * here))) for g, _, here in pairs)


def _doubles(x: Any) -> np.ndarray:
    return np.asarray(x, float)


def _interleaved(asking: Asking) -> list[np.ndarray]:
    """bwd(residuals of x) after another forward pass was run."""
    forward, backward = asking.claim.subject
    question = asking.question
    _, kept = pair_of(forward(*question.place(question.leaves), **asking.claim.kwargs))
    forward(*question.place(asking.moved), **asking.claim.kwargs)
    return [np.array(x) for x in asking.parts_of(backward(kept, subjects.boxed(question, asking.fresh_seed())))]


def _drawn(asking: Asking) -> Callable[[], bool]:
    """Whether random numbers in sight were drawn since this was called."""

    def states() -> list[Any]:
        _, keys, position, *rest = np.random.get_state()  # noqa: NPY002 - user code may draw from it
        own = [repr(g.bit_generator.state) for g in _generators(asking)]
        return [np.asarray(keys).tobytes(), position, rest, random.getstate(), own]

    before = states()
    return lambda: states() != before


@contextlib.contextmanager
def _seeded(asking: Asking) -> Iterator[None]:
    """Random numbers of NumPy and Python from a fixed seed, generators in sight from where they were; undone after."""
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
