"""The project's own op table under mutation: every entry's rules, in both modes, before all checks that it has.

An entry is checked by its claims, forward and reverse, by the family of shapes over integers, and entry by entry over
the float range; a rule may see arrays with gaps in memory besides. A function that is defined by others has no rule of
its own: what is made wrong is what the engine answers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from ad.containers import tree_map
from ad.core import Op
from ad.dispatch import MEANINGS, TABLE, entries_of, entry
from verify.accuracy import BAR, SAMPLE, by_operand
from verify.checker import check_claim
from verify.claim import Claim
from verify.exactness import first_fault
from verify.mutation.judging import Judge
from verify.mutation.outcome import Power, together
from verify.mutation.rule import Spoil, unspoilt
from verify.mutation.table import Further, of_mutants
from verify.mutation.targets import (
    FORWARD,
    REVERSE,
    Leaves,
    Target,
    asked,
    operation,
    operations,
    spoilt_op,
    whole,
    with_subject,
)
from verify.suites.calls import CALLS, NOT_POLYNOMIAL
from verify.suites.optable import HELD, claims_of, of_both_signs, unweighted

EDGES = (0.0, 1.0, -1.0)  # where functions of the table have infinite slopes: sqrt, cbrt, arcsin, ellipe

HEAVISIDE = "its slope is 0 but at its jump, where no derivative is right or wrong"
REAL = "what its example returns is real, and so is what is judged; tests/test_linalg.py asks about complex eigenvalues"
CHOSEN = "the last entry of its example is not among those that are chosen, so that its derivative is 0"
IN_PLACE = "the first and the last entry of its example are chosen, which stay in place"
EDGE = "its slope is infinite at 0 alone, the edge of its domain, where the rule as it is is given no verdict of right"
ROOT = "the infinite slope is that of the square root in one of its pieces, whose own entry is asked there"

# Mutants of the table that no check notices, and why that is no gap: by rule and mutant.
EXPLAINED: dict[tuple[str, str], str] = {
    **{
        (f"np.heaviside, {mode} mode", mutant): HEAVISIDE
        for mode, mutants in (
            (REVERSE, ("stale", "ignores g", "g squared", "abs g")),
            (FORWARD, ("stale", "ignores g", "g squared")),
        )
        for mutant in mutants
    },
    **{
        (f"np.{name}, forward mode", "conjugated"): REAL
        for name in ("eig_pairs", "linalg.eig", "linalg.eigvals", "roots")
    },
    **{
        (f"np.{name}, reverse mode", "one wrong entry"): CHOSEN
        for name in ("nanmax", "amax", "nanmedian", "percentile")
    },
    **{(f"scipy.special.spence, {mode} mode", "NaN hidden"): EDGE for mode in (REVERSE, FORWARD)},
    **{(f"np.piecewise, {mode} mode", "NaN hidden"): ROOT for mode in (REVERSE, FORWARD)},
    ("np.nanmin, reverse mode", "transposed"): IN_PLACE,
}


def entries() -> list[Callable[..., Any]]:
    """Every function of the table and every one defined by these; SciPy's where it is installed."""
    special = list(entries_of("scipy.special")) if find_spec("scipy") is not None else []
    return [*TABLE, *MEANINGS, *special]


def entry_power(function: Callable[..., Any], seed: int = 0) -> Power:
    """Which mutants of one entry's rules its checks kill, in both modes.

    Example
        >>> entry_power(np.tanh).ok
        True
    """
    claims = claims_of(function)
    assert claims is not None  # of every function of the tables
    return together(claims[0].id, [_of_mode(function, claims, mode, seed) for mode in (REVERSE, FORWARD)], seed)


def _of_mode(function: Callable[..., Any], claims: Sequence[Claim], mode: str, seed: int) -> Power:
    op = entry(function)
    used = op is not None and any(one.fun is op.fun for one in operations(claims[0]))
    claims = [turned for claim in claims for turned in forward_claims(claim)] if mode == FORWARD else claims
    targets = [operation(claim, op, mode) if used and op is not None else whole(claim, mode) for claim in claims]
    pairs = [(target, Judge(target)) for target in targets]
    more: list[Further] = [("arrays with gaps", lambda spoil: with_gaps(*pairs[0], spoil))]
    if op is not None and used and op.family == "elementwise":
        more.append(("an infinite slope", lambda spoil: at_infinite_slopes(claims[-1], op, mode, spoil)))
        more.append(("the float range", lambda spoil: over_the_range(op, mode, spoil)))
    if op is not None and used and function in CALLS and function not in NOT_POLYNOMIAL:
        more.append(("integers", lambda spoil: over_integers(function, op, mode, spoil)))
    return of_mutants(pairs, seed, more)


def forward_claims(claim: Claim) -> list[Claim]:
    """The claims of a forward rule at the same point; along signed tangents where a signed cotangent is asked."""
    if claim.cotangent is None:
        return [claim]
    tangent = of_both_signs(claim.seed, Leaves(claim).of(claim.xs))
    return [unweighted(claim).along(tuple(side * t for t in tangent)) for side in (1.0, -1.0)]


def with_gaps(target: Target, judge: Judge, spoil: Spoil) -> str:
    """What is seen of a mistake where every array that the rule is given has gaps in memory."""
    claim = target.spoilt(spoil)

    def subject(*args: Any, **kwargs: Any) -> Any:
        return claim.subject(*[tree_map(_gapped, x) for x in args], **kwargs)

    return judge.notices(with_subject(claim, claim.judged, subject))


def _gapped(x: Any) -> Any:
    return np.repeat(x, 2, axis=-1)[..., ::2] if isinstance(x, np.ndarray) and x.ndim else x


def at_infinite_slopes(claim: Claim, op: Op, mode: str, spoil: Spoil) -> str:
    """What is seen of a mistake where the slope of a function of one number is infinite."""
    for x in EDGES if len(claim.xs) == 1 else ():
        target = operation(claim.at(x), op, mode)
        right, wrong = target.spoilt(unspoilt), target.spoilt(spoil)
        try:
            slopes = asked(right, (x,), 1.0)
        except Exception:  # x is outside the domain
            continue
        if np.isinf(slopes).any() and check_claim(right).ok and not (finding := check_claim(wrong)).ok:
            return f"{finding.verdict.name} at {x:g}: {finding.worst_point.reason}"
    return ""


def over_the_range(op: Op, mode: str, spoil: Spoil) -> str:
    """What is seen of a mistake over the float range: the worst slope, where it is off by more than the bar."""
    held = HELD.get(op.name, ())

    def rule(operand: int, xs: Sequence[Any]) -> np.ndarray:
        moving = [k for k in range(len(held), len(xs)) if np.asarray(xs[k]).dtype.kind == "f"]
        wrong, y = spoilt_op(op, spoil, mode, moving), op.fun(*xs)
        asked = wrong.vjp if mode == REVERSE else wrong.jvp
        return np.asarray(asked(operand, np.ones(np.shape(y)), y, xs, {}))

    for found in by_operand(op, SAMPLE, rule, held):
        if found.worst is not None and not found.worst.units <= BAR:
            return f"{found.worst.units:.3g} units off at {found.worst.at}"
    return ""


def over_integers(function: Callable[..., Any], op: Op, mode: str, spoil: Spoil) -> str:
    """What is seen of a mistake over the family of shapes, where the derivative is exact."""
    with replaced(function, spoilt_op(op, spoil, mode)):
        for call in CALLS[function]:
            fault = first_fault(function, call)
            if fault is not None:
                return fault.said or f"{fault.found:g} for {fault.exact:g} at {fault.entry}"
    return ""


@contextmanager
def replaced(function: Callable[..., Any], op: Op) -> Iterator[None]:
    """The table with another entry for a function, until the block ends; no other thread may differentiate in it."""
    kept = TABLE[function]
    TABLE[function] = op
    try:
        yield
    finally:
        TABLE[function] = kept
