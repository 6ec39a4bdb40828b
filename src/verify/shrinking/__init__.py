"""A smaller claim with the same failure: fewer operations, smaller shapes, simpler numbers.

Facts
    Every candidate is asked as a claim of its own, and judged as every claim is; nothing else decides.
    What is tried, and in which order, depends on the claim alone: the same claim gives the same result, unless the
    time ends the search.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np

from ad.containers import flatten, unflatten
from verify.claim import Claim, changed
from verify.claimreading import ClaimError
from verify.complete import contract_finding
from verify.oracles import CERTIFY
from verify.point import BY_MEANING, point_finding
from verify.question import prepare
from verify.shrinking.numbers import Slots, simplify
from verify.shrinking.programs import prune
from verify.shrinking.search import Failure, Search, Spent, failure_of
from verify.shrinking.shapes import cut
from verify.single import IS_WRONG, versions
from verify.verdict import Verdict

__all__ = ["shrink"]

BY_CERTIFIED = (Verdict.WRONG, Verdict.INACCURATE)  # with a certified truth it decides, whoever else testifies
ROUNDS = 4  # of all passes: one makes room for another, and three were the most seen
SECONDS, CALLS = 5.0, 2_000
KEPT = 0.25  # of the time for the numbers, where shapes have used the rest: many entries are best all 0


def shrink(claim: Claim, budget: float = SECONDS, calls: int = CALLS) -> Claim:
    """A smaller claim that is wrong in the same way: the same verdict, at an input that was wrong before.

    Expressions lose parts; of a NumPy function whose derivative is the engine's own the calls that matter stay; a
    hand-written derivative keeps its function. Then inputs lose slices, cotangents and tangents become unit ones or
    ones, and all numbers simple: 0, 1, whole numbers, few digits.

    Arguments
        claim: one whose derivative is wrong at its point. budget: seconds. calls: how many claims are asked at most.
    Returns
        the smallest claim found, which is the given one where nothing smaller fails alike.
    Raises
        ClaimError when the claim is not wrong, or an argument is none of these.
    Example
        >>> import numpy as np
        >>> x = np.array([[0.3, -1.7], [37.41, 2.6]])
        >>> shrink(Claim(lambda x: np.sum(x**3), x, gradient=lambda x: 2 * x**2)).xs
        (array(1.),)
    """
    if not isinstance(claim, Claim):
        raise ClaimError(f"claim is {claim!r:.60}: give a verify.Claim")
    for name, value in (("budget", budget), ("calls", calls)):
        if not (isinstance(value, int | float) and value >= 0):
            raise ClaimError(f"{name}= is {value!r:.60}: give a number from 0 on")
    failing, failure = _failing(claim)
    search = Search(_before_few(failing, failure), failure, budget * (1 - KEPT), calls)
    try:
        for _ in range(ROUNDS):
            before = search.claim
            for smaller in (prune, cut, _one_row, _zero_indices, _simple_numbers):
                smaller(search)
            if search.claim is before:
                break
    except Spent:
        search.end += budget * KEPT
        with contextlib.suppress(Spent):
            _simple_numbers(search)
    if search.claim is search.first:
        return failing
    small = changed(search.claim, oracles=claim.oracles)
    return small if failure.keeps(failure_of(contract_finding(small))) else failing


def _before_few(claim: Claim, failure: Failure) -> Claim:
    """The claim before the witnesses alone that its verdict rests on: the others take most of the time."""
    if not failure.certified or failure.verdict not in BY_CERTIFIED or claim.outside:
        return claim
    few = tuple(oracle for oracle in claim.oracles or CERTIFY if getattr(oracle, "name", "") in BY_MEANING)
    return changed(claim, oracles=few)


def _failing(claim: Claim) -> tuple[Claim, Failure]:
    """The version of the claim that is wrong: itself, along a signed tangent, or in float32."""
    found = [(version, contract_finding(version)) for version in versions(claim, point_finding)]
    wrong = [(version, point) for version, point in found if point.verdict in IS_WRONG]
    if not wrong:
        verdicts = " and ".join(point.verdict.name for _, point in found)
        raise ClaimError(f"there is no failure to keep: the claim is {verdicts} at its point")
    # a wrong value tells more than a clause
    version, point = min(wrong, key=lambda pair: pair[1].verdict is Verdict.BROKEN_CONTRACT)
    return version, failure_of(point)


def _one_row(search: Search) -> None:
    """Ask along one cotangent where every unit one was asked: all ones, or the one of the row that is wrong."""
    claim = search.claim
    if claim.cotangent is not None or claim.judged not in ("engine", "vjp", "jvp", "jacobian") or claim.engine != "ad":
        return
    question = prepare(claim).origin
    if sum(y.size for y in question.outputs) < 2 or len(question.cotangents) < 2:
        return
    row = search.ask(claim).row % len(question.cotangents)
    ones = tuple(np.ones_like(y, dtype=float) for y in question.outputs)
    for cotangent in (ones, question.cotangents[row]):
        if search.accepts(changed(claim, cotangent=list(cotangent))):
            return


def _zero_indices(search: Search) -> None:
    """Arrays of whole numbers with 0 in place of all: labels and indices, which keep axes long."""
    for k in range(len(flatten(search.claim.xs)[1])):
        structure, leaves = flatten(search.claim.xs)
        x = leaves[k]
        if isinstance(x, np.ndarray) and x.dtype.kind in "iu" and x.any():
            leaves[k] = np.zeros_like(x)
            search.accepts(changed(search.claim, xs=unflatten(structure, leaves)))


def _simple_numbers(search: Search) -> None:
    """Simpler cotangents and tangents, then a simpler point."""
    for name in ("cotangent", "tangent", "xs"):
        value = getattr(search.claim, name)
        if value is not None:
            slots = Slots(value)
            simplify(search, slots.numbers, _with_numbers(search.claim, name, slots))


def _with_numbers(claim: Claim, name: str, slots: Slots) -> Callable[[np.ndarray], Claim | None]:
    """The claim by the numbers of one of its fields; a cotangent or tangent of 0 makes none: it would ask nothing."""
    return lambda numbers: (
        changed(claim, **{name: slots.filled(numbers)}) if name == "xs" or numbers.any() else None
    )
