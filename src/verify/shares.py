"""What is common to the ways of judging an answer on branches that rounding may take: the outcome, and the fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verify.claim import Estimate
from verify.judge import Judgement, Verdict

REWEIGHTED = 6  # fits of the shares
SWEEPS = 200  # of coordinate descent


@dataclass(frozen=True, eq=False)
class OnBranch:
    """What decisions within rounding of their edge make of an answer that is outside the truth.

    verdict: CERTIFIED on another branch, AGREES where its gradient is known in float64 only, SUBGRADIENT as a mixture
    of branches, INCONCLUSIVE where some way of deciding may give the answer and none was found. estimate, judgement:
    what the answer is judged by then.
    """

    verdict: Verdict
    reason: str
    estimate: Estimate
    judgement: Judgement


def fitted(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Shares in [0, 1] of the rows whose sum explains most entries of a target, an entry's allowance being 1.

    Where one decision is made below another their effects do not add up in every entry. Entries far from being
    explained therefore count less: least squares, reweighted towards the sum of absolute values.
    """
    weights = np.ones(len(target))
    for _ in range(REWEIGHTED):
        found = box_least_squares(matrix * weights, target * weights)
        weights = 1 / np.sqrt(1 + np.abs(target - found @ matrix))
    return found


def box_least_squares(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights in [0, 1] of the rows whose sum comes nearest to a target, by coordinate descent."""
    found = np.zeros(len(matrix))
    squares = np.sum(matrix * matrix, axis=1)
    rest = target.copy()
    for _ in range(SWEEPS):
        before = found.copy()
        for i in np.flatnonzero(squares > 0):
            new = min(max(found[i] + float(matrix[i] @ rest) / squares[i], 0.0), 1.0)
            rest -= (new - found[i]) * matrix[i]
            found[i] = new
        if np.array_equal(before, found):
            break
    return found
