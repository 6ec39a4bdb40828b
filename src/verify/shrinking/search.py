"""The search for a smaller claim: what counts as the same failure, and how long it may take."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import flatten
from verify.claim import Claim
from verify.finding import PointFinding
from verify.point import point_finding
from verify.verdict import Verdict

UNNAMED = "step"  # the input of a question along a tangent: a smaller one may be about the inputs themselves


class Spent(Exception):
    """The time, or the number of questions, is used up."""


@dataclass(frozen=True)
class Failure:
    """What a smaller claim has to keep.

    verdict  the verdict. inputs: those that are wrong; a smaller claim may be wrong in fewer, not in others
    number   whether the answer at the worst entry is a number: a formula that is off is no formula that divides by 0
    judge    whether it was judged by certified digits, where this holds
    sentence of a broken contract, its numbers left out
    """

    verdict: Verdict
    inputs: frozenset[str]
    number: bool
    certified: bool
    sentence: str

    def keeps(self, other: Failure) -> bool:
        """Whether the failure of a smaller claim is of this kind."""
        named = UNNAMED in self.inputs | other.inputs or (
            other.inputs <= self.inputs and bool(other.inputs) == bool(self.inputs)
        )
        certified = other.certified or not self.certified
        alike = (self.verdict, self.number, self.sentence) == (other.verdict, other.number, other.sentence)
        return named and certified and alike


def failure_of(point: PointFinding) -> Failure:
    """The failure at a point, whatever the numbers are."""
    broken = point.verdict is Verdict.BROKEN_CONTRACT
    return Failure(
        point.verdict,
        frozenset(plain_name(name) for name in point.failing_inputs),
        point.yours is not None and math.isfinite(point.yours),
        any(says.certified for says in point.witnesses),
        re.sub(r"[\d(),. ]+", " ", point.reason) if broken else "",
    )


def plain_name(name: str) -> str:
    """The name of an input as an identifier: params['w'] is params_w, as a program calls it."""
    return re.sub(r"\W+", "_", name).strip("_")


class Search:
    """The smallest claim so far, and what it has to keep.

    claim: begins the search. failure: what is kept. seconds, calls: how much of both may be used.
    """

    def __init__(self, claim: Claim, failure: Failure, seconds: float, calls: int) -> None:
        self.claim = self.first = claim
        self.failure = failure
        self.end = time.monotonic() + seconds
        self.calls = calls
        self.rejected: set[Any] = set()

    def accepts(self, candidate: Claim | None) -> bool:
        """Ask a smaller claim; it becomes the smallest where it fails alike. None is no claim. Raises Spent."""
        if candidate is None:
            return False
        key = _key(candidate)
        if key in self.rejected:
            return False
        if self.calls <= 0 or time.monotonic() > self.end:
            raise Spent
        self.calls -= 1
        self.rejected.add(key)  # when it is accepted nobody asks it again
        try:
            found = failure_of(point_finding(candidate))
        except Exception:  # the smaller point does not fit f, its cotangent or its names: no smaller claim
            return False
        if self.failure.keeps(found):
            self.claim = candidate
            return True
        return False


def _key(claim: Claim) -> Any:
    """What tells the claims of one search apart: the text of the function, and all numbers."""
    leaves = flatten((claim.xs, claim.cotangent, claim.tangent))[1]
    numbers = tuple((x.shape, x.tobytes()) if isinstance(x, np.ndarray | np.generic) else repr(x) for x in leaves)
    return claim.text, numbers
