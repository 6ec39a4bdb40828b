"""How far the derivative of a function without a tape moves with its inputs, by the subject itself in float64.

The movement of a recorded function knows every step; of this one only what goes in is known. Inputs and cotangents are
nudged by a unit of the largest entry of their array, as the backward error of a stable algorithm is (LAPACK Users'
Guide, 3rd ed., 1999, chapter 4). What rounding inside costs besides is not known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ad.containers import tree_map
from verify import subject as subjects
from verify.adapters.saved import widest
from verify.formats import FORMATS
from verify.nudges import PATTERNS
from verify.numbers.program import Refused
from verify.question import Question, prepare


def is_coarse(question: Question) -> bool:
    """Whether the same derivative can be asked for in a finer format, float64."""
    return question.roundoff > FORMATS["float64"].roundoff


def in_float64(question: Question) -> np.ndarray:
    """What the subject answers at the same point in float64, shape (rows, entries).

    Raises Refused where it does not.
    """
    return _answered(question, [widest(x) for x in question.leaves], list(question.cotangents))


def sensitivity(question: Question) -> np.ndarray:
    """The root mean square change of every entry per unit of roundoff, over seeded signs, shape (rows, entries).

    Raises Refused where the subject does not answer in float64.
    """
    if "sensitivity" not in question.shared:
        question.shared["sensitivity"] = _measured(question)
    return np.asarray(question.shared["sensitivity"])


def _measured(question: Question) -> np.ndarray:
    own, u = in_float64(question), question.roundoff
    total = np.zeros(question.shape)
    for pattern in range(PATTERNS):
        rng = np.random.default_rng([question.claim.seed, pattern])
        leaves = [_nudged(widest(x), u, rng) for x in question.leaves]
        cotangents = [tuple(_nudged(widest(g), u, rng) for g in row) for row in question.cotangents]
        total = np.hypot(total, (_answered(question, leaves, cotangents) - own) / u)
    found: np.ndarray = total / np.sqrt(PATTERNS)
    if not np.isfinite(found).all():
        raise Refused("how far the answer moves with its inputs is not a number")
    return found


def _nudged(x: np.ndarray, u: float, rng: np.random.Generator) -> np.ndarray:
    signs = 2.0 * rng.integers(0, 2, np.shape(x)) - 1.0
    return np.asarray(x + u * signs * np.max(np.abs(x), initial=0.0))


def _answered(question: Question, leaves: list[np.ndarray], cotangents: list[tuple[np.ndarray, ...]]) -> np.ndarray:
    try:
        xs = tuple(tree_map(widest, x) for x in question.place(leaves))
        there = prepare(question.claim.at(*xs))
        found = subjects.answer(replace(there, cotangents=tuple(cotangents), shared={}))
    except Exception as problem:  # code of users, in a dtype that it may not take
        raise Refused(f"in float64 it raises {type(problem).__name__}: {problem}") from problem
    if found.shape != question.shape:
        raise Refused("in float64 it answers in another shape")
    return found
