"""The ops of scipy.special as claims, each at seeded points inside its domain; none where SciPy is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from ad.dispatch import entries_of
from verify.claim import Claim
from verify.suites.optable import elementwise_claim, numbers_too

PACKAGE = "scipy.special"


def claims() -> list[Claim]:
    """One claim for every entry."""
    if find_spec("scipy") is None:
        return []
    return [elementwise_claim(op, "special") for op in entries_of(PACKAGE).values()]


with_proof = numbers_too
