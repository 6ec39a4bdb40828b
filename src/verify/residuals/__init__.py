"""What the mistake looks like: a wrong answer recognised from numbers alone, for code that nobody can look into.

A pattern makes guesses, the most specific first; a guess is a sentence only if it gives the answer at the judged point
and at seeded points beside it, and leaves no more than a thousandth of the gap. What fits nothing is not explained.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from verify.claim import Estimate
from verify.finding import Explanation, PointFinding
from verify.judge import Verdict
from verify.neighbours import Neighbours
from verify.numbers.deciding import Deadline
from verify.oracles import TRUTH
from verify.question import Question
from verify.residuals.altered import branches, inner_left_out, other_constant, other_operand, selected, twice
from verify.residuals.arrangements import jacobian_transposed, rearranged, swapped
from verify.residuals.case import Case, Guess, Pattern, cases, confirmed, first, gather
from verify.residuals.entries import places, right_elsewhere
from verify.residuals.history import changing, difference, single, stale
from verify.residuals.paths import (
    extra,
    left_out,
    off_by_a_multiple,
    off_by_a_quantity,
    path_off_by_a_quantity,
    reductions_left_out,
)  # fmt: skip
from verify.residuals.rules import (
    diagonal_only,
    other_argument,
    other_factor,
    other_slope,
    turned_path,
    unsummed,
    untransposed,
)  # fmt: skip
from verify.residuals.summands import factors, products, terms, values_of_parts
from verify.residuals.uses import one_triangle, one_use, overwritten
from verify.residuals.whole import (
    constant,
    cotangent,
    multiple,
    multiple_along_an_axis,
    returned_instead,
    written_instead,
    zero,
)

SECONDS = 2.0  # at most, of the claim's budget: a check that fails may take that much longer
SHOWN = 3  # entries in the table of an explanation

PATTERNS: tuple[Pattern, ...] = (
    zero, overwritten, multiple, swapped, cotangent, rearranged, jacobian_transposed, stale, changing,
    one_triangle, terms, factors, off_by_a_quantity, left_out, unsummed, one_use, other_slope, returned_instead,
    diagonal_only, untransposed, turned_path, path_off_by_a_quantity, values_of_parts, reductions_left_out, extra,
    multiple_along_an_axis, branches, inner_left_out, twice, products, off_by_a_multiple, other_factor,
    written_instead, selected, other_operand, other_argument, single, difference, constant, other_constant,
)  # fmt: skip
OF_ROUNDING: tuple[Pattern, ...] = (stale, changing, single, difference)  # of an answer whose formula is right


def explained(
    question: Question, answer: np.ndarray, point: PointFinding, truth: Estimate | None
) -> tuple[Explanation, ...]:
    """What the mistake of a wrong answer is, for every input where it is recognised.

    Arguments
        question: the claim at its point. answer: float64 rows, what the subject said there. point: the verdict on it.
        truth: certified truth at the point; None at a kink, where points beside it decide.
    Returns
        explanations, none where nothing is recognised. Nothing is raised, whatever the subject does at other points.
    """
    if point.verdict in (Verdict.WRONG, Verdict.NOT_A_SUBGRADIENT):
        patterns = PATTERNS
    elif point.verdict is Verdict.INACCURATE:
        patterns = OF_ROUNDING
    else:
        return ()
    deadline = Deadline(min(SECONDS, question.claim.budget))
    near = Neighbours(question, deadline, [witness for witness in TRUTH if witness.name == point.judged_by])
    found: list[tuple[Case, Guess]] = []
    with contextlib.suppress(Exception):  # the time is over, or code of the user's raised: what is known stands
        asked = sorted(cases(near, gather(near, answer, truth)), key=lambda case: -case.far_off)
        for case in asked:  # the input that is furthest off first, should the time be over
            if case.far_off > 1:
                found += recognised(case, patterns)
    found.sort(key=lambda pair: pair[0].start)
    with contextlib.suppress(Exception):  # a difference quotient asks f again for its table
        return _told(found)
    return ()


def recognised(case: Case, patterns: Sequence[Pattern] = PATTERNS) -> list[tuple[Case, Guess]]:
    """The guess that is confirmed for an input, or for those of its entries that are wrong."""
    guess = first(case, patterns)
    if guess is not None:
        return [(case, replace(guess, text=guess.text + right_elsewhere(case)) if guess.predict else guess)]
    for place in places(case):
        some = replace(case, only=place.only)
        inside = first(some, patterns)
        if inside is not None:
            return [(some, replace(inside, place=place.text))]
        alone = Guess("entries", f"is wrong only {place.text}", None)
        if confirmed(some, alone):
            return [(some, alone)]
    return []


def _told(found: Sequence[tuple[Case, Guess]]) -> tuple[Explanation, ...]:
    """One explanation for all inputs of which the same is said."""
    same: dict[tuple[str, ...], list[tuple[Case, Guess]]] = {}
    for case, guess in found:
        same.setdefault((guess.kind, guess.text, guess.place), []).append((case, guess))
    explanations = []
    for (kind, text, place), members in same.items():
        sentence = f"the derivative by {' and by '.join(case.name for case, _ in members)} {text}"
        sentence = f"wrong only {place}: there {sentence}" if place else sentence
        rows = _rows(*members[0])
        header = ("entry", "yours", "truth", "explained") if rows else ()
        explanations.append(Explanation(kind, sentence, header, rows))
    return tuple(explanations)


def _rows(case: Case, guess: Guess) -> tuple[tuple[str, ...], ...]:
    """The worst entries at the first sample where the mistake shows; none where no number is foretold."""
    if guess.predict is None:
        return ()
    s = case.targets[0].sample
    yours, truth = case.yours(s), case.truth(s)
    explained = np.broadcast_to(guess.predict(s), yours.shape)
    gap = np.where(case.wanted(s), np.abs(yours - truth), -1.0).reshape(len(yours), -1)
    row = int(np.argmax(gap.max(axis=1)))
    order = [int(k) for k in np.argsort(-gap[row], kind="stable")[:SHOWN] if gap[row, k] > 0]
    flat = [x.reshape(len(yours), -1)[row] for x in (yours, truth, explained)]
    names = case.question.entries[case.start : case.stop]
    return tuple((names[k], *(f"{x[k]:.6g}" for x in flat)) for k in order)
