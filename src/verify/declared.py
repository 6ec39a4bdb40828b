"""Ops of a user's own, checked the moment they are declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ad
from ad.variable import differentiable
from verify.checker import check_claim
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.judge import Verdict
from verify.suites.optable import claims_of


def custom(**rules: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``ad.custom`` whose op is checked where it is declared: both modes, at each of its examples.

    Arguments
        as for ``ad.custom``; examples are needed unless ``exact`` is given, which says where to look.
    Returns
        a decorator; what it returns is the op, with a derivative that is certified at the examples.
    Raises
        AssertionError with the explanation when a rule is not right there; ClaimError when there is no example.
    Example
        >>> import numpy as np
        >>> @custom(vjp=lambda g, y, x: 3 * g * x**2, examples=[(2.0,), (np.array([-1.0, 0.5]),)])
        ... def cube(x):
        ...     return x**3
        >>> cube(2.0)
        8.0
    """
    declare = ad.custom(**rules)

    def checked(forward: Callable[..., Any]) -> Callable[..., Any]:
        op = declare(forward)
        claims = claims_of(op)
        if claims is None:
            raise ClaimError(f"{op.__name__} has no examples= to be checked at: give argument tuples, or use ad.custom")
        findings = (check_claim(claim) for claim in (*claims, *map(forward_claim, claims)))
        refused = [finding for finding in findings if not finding.ok]
        for finding in sorted(refused, key=lambda f: f.verdict is Verdict.BROKEN_CONTRACT):  # a wrong value tells more
            raise AssertionError(finding.explain())
        return op

    return checked


def forward_claim(claim: Claim) -> Claim:
    """The claim that the engine's forward mode of a claim's function is right at its point."""
    moving = [i for i, x in enumerate(claim.xs) if differentiable(x)]

    def forward_mode(ts: Any, *xs: Any) -> Any:
        def of_moving(*given: Any) -> Any:
            placed = dict(zip(moving, given, strict=True))
            return claim.f(*[placed.get(i, x) for i, x in enumerate(xs)])

        return ad.jvp(of_moving, tuple(xs[i] for i in moving), ts if len(moving) > 1 else (ts,))[1]

    return Claim(claim.f, *claim.xs, jvp=forward_mode, id=claim.id, title=claim.title, seed=claim.seed)
