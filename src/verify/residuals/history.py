"""Answers that depend on more than the question: on the call before, or on chance; and numbers of another precision."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify import subject as subjects
from verify.residuals.case import Case, Guess, Sample

STEPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 2.0**-26, float(np.cbrt(np.finfo(float).eps)))
ENTRIES = 64  # up to which difference quotients are tried
SINGLE = 1e-3  # relative: an error beyond it is no rounding to float32, however lossy the formula


def stale(case: Case) -> Iterator[Guess]:
    """Right for the input of the call before; asked at the samples in turn, by the first row alone."""
    samples = [s for s in case.samples if case.wrong(s).any()]
    if len(samples) < 2:
        return
    before = samples[-1]
    _ask(case, before)
    found = []
    for s in samples:
        answer = _ask(case, s)
        if answer is None:
            return
        found.append(_near(case, answer, before) and not _near(case, answer, s))
        before = s
    if all(found):
        yield Guess("stale", "is right for the input of the call before: something is kept from call to call", None)


def changing(case: Case) -> Iterator[Guess]:
    """Another answer when asked again at the same point."""
    s = case.samples[0]
    answers = [_ask(case, s) for _ in range(3)]
    if any(a is None for a in answers):
        return
    one, *others = (np.asarray(a) for a in answers)
    moved = [a.tobytes() != one.tobytes() and not (np.abs(a - one) <= case.tolerance(s)).all() for a in others]
    if all(moved):
        yield Guess("changing", "changes from call to call at the same point: it draws at random or keeps state", None)


def _ask(case: Case, s: Sample) -> np.ndarray | None:
    try:
        found = subjects.answer(s.question)
    except Exception:  # whatever the user's code raises
        return None
    return case.part(found)


def _near(case: Case, answer: np.ndarray, s: Sample) -> bool:
    """Whether the first row is that of a sample: of several rows the others are asked at the same point."""
    return bool((np.abs(answer - case.truth(s)) <= case.tolerance(s))[0].all())


# --- precision


def single(case: Case) -> Iterator[Guess]:
    """Numbers of float32 where float64 is claimed."""
    if case.question.format.name != "float64":
        return
    yours = np.concatenate([case.yours(s).reshape(-1) for s in case.samples])
    truth = np.concatenate([case.truth(s).reshape(-1) for s in case.samples])
    with np.errstate(all="ignore"):
        kept = yours == yours.astype(np.float32)
        short = truth == truth.astype(np.float32)
    if kept.all() and np.sum(~short) >= len(case.samples) and (np.abs(yours - truth) <= SINGLE * np.abs(truth)).all():
        yield Guess("float32", "has entries that are float32 numbers: the derivative of a float64 input is computed, "
                    "or rounded, in float32", None)  # fmt: skip


def difference(case: Case) -> Iterator[Guess]:
    """A difference quotient with a step of everyday size."""
    size = int(np.prod(case.shape, dtype=int))
    claim = case.question.claim
    if size > ENTRIES or claim.order == 2 or claim.judged == "jvp":
        return
    if not any(case.yours(s)[case.wrong(s)].any() for s in case.samples):
        return  # where the values of f are alike a quotient is 0, and so is any other formula that cancels
    for h, (name, ends) in itertools.product(STEPS, ENDS.items()):
        for relative in ("", " * |x|", " * max(1, |x|)"):
            text = f"is a {name} difference quotient with the step {h:.3g}{relative}: its own error is the mistake"
            yield Guess("difference", text,
                        lambda s, h=h, ends=ends, r=relative: _quotient(case, s, h, ends, r))  # type: ignore[misc]  # fmt: skip


ENDS = {"forward": (1.0, 0.0), "central": (1.0, -1.0), "backward": (0.0, -1.0)}


def _quotient(case: Case, s: Sample, h: float, ends: Sequence[float], relative: str) -> Any:
    leaves = [np.asarray(x).copy() for x in s.question.leaves]
    own, found = leaves[case.input], []
    for index in np.ndindex(case.shape):
        x = own[index]
        sizes: dict[str, float] = {"": 1.0, " * |x|": abs(float(x)), " * max(1, |x|)": max(1.0, abs(float(x)))}
        step = h * sizes[relative]
        high, low = (_value(case, s, leaves, index, x + end * step) for end in ends)
        own[index] = x
        found.append((high - low) / ((ends[0] - ends[1]) * step))
    return np.array(found).T.reshape(-1, *case.shape)


def _value(case: Case, s: Sample, leaves: list[np.ndarray], index: Any, x: Any) -> np.ndarray:
    leaves[case.input][index] = x
    outputs = s.question.run([leaf[()] if leaf.ndim == 0 else leaf for leaf in leaves])
    return np.array([float(s.question.weighted(outputs, r)) for r in range(len(s.question.cotangents))])
