"""``scipy.optimize.check_grad`` with certified truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.complete import contract_finding
from verify.point import judged
from verify.question import prepare
from verify.verdict import Verdict

WRONG = (Verdict.WRONG, Verdict.INACCURATE, Verdict.NOT_A_SUBGRADIENT)


def scipy_check_grad(
    func: Callable[..., Any],
    grad: Callable[..., Any],
    x0: Any,
    *args: Any,
    epsilon: Any = None,
    direction: str = "all",
    rng: Any = None,
    seed: Any = None,
) -> float:
    """How wrong is the gradient of func? Takes what ``scipy.optimize.check_grad`` takes, and returns a float too.

    Arguments
        func, grad: functions of x0 and args; grad is a gradient, or for several outputs a Jacobian. x0: the point.
        epsilon, direction, rng, seed: no longer matter: nothing is differenced, and every entry is judged.
    Returns
        the norm of the difference between ``grad(x0, *args)`` and the certified derivative, absolute or divided by the
        norm of the latter: the smaller of both where the gradient is right within the units of its dtype, the larger
        where it is not. So a wrong gradient of a tiny function is no tiny error, and a right one of a huge function no
        huge one. 0.0 where grad is a right choice among several derivatives, inf where it is none of them.
    Raises
        ValueError with the explanation where grad has the wrong shape or breaks its contract, or nothing can be said;
        and for a direction that is neither "all" nor "random".
    Example
        >>> scipy_check_grad(lambda x: x[0]**2, lambda x: [2 * x[0]], [1.5])
        0.0
    """
    if direction not in ("all", "random"):
        raise ValueError(f"{direction} is not a valid string for ``direction`` argument")
    point = np.asarray(x0, dtype=float)
    claim = Claim(func, point, args=args, gradient=grad)
    if sum(y.size for y in prepare(Claim(func, point, args=args)).outputs) != 1:
        claim = Claim(func, point, args=args, jacobian=grad)
    finding = contract_finding(claim)
    if not finding.ok and finding.verdict not in WRONG:
        raise ValueError(f"{finding.verdict.name}: {finding.reason}")
    right = finding.ok
    found = judged(claim)
    if found.answer is None or found.truth is None:
        return 0.0 if right else math.inf
    gap = float(np.linalg.norm((found.answer - found.truth.value) - found.truth.low))
    size = float(np.linalg.norm(found.truth.value))
    relative = gap / size if size else math.inf if gap else 0.0
    return min(gap, relative) if right else max(gap, relative)
