"""A claim asked once more where a mistake may hide: in float32 for 16 bits, along a signed tangent for a jvp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map
from verify.adapters.adapting import at_example
from verify.claim import Claim, changed
from verify.finding import PointFinding
from verify.formats import format_of
from verify.question import prepare
from verify.tangents import seeded, split
from verify.verdict import Verdict

IS_WRONG = (Verdict.WRONG, Verdict.NOT_A_SUBGRADIENT, Verdict.INACCURATE, Verdict.BROKEN_CONTRACT)
FORMULA_IS_WRONG = (Verdict.WRONG, Verdict.NOT_A_SUBGRADIENT)


def points_of(claim: Claim, ask: Callable[[Claim], PointFinding]) -> list[PointFinding]:
    """What is found at the claim's point, and where its inputs have 16 bits what is found in float32 there.

    In float32 a wrong formula is wrong in 16 bits too, and becomes a point of its own. Anything else is a note: a
    kernel may round to 16 bits inside, not take float32 at all, or have other code for it, whose mistake would show.
    """
    point = ask(claim)
    broken = point.verdict is Verdict.BROKEN_CONTRACT
    if (point.ok or (broken and point.entry)) and claim.judged == "jvp" and claim.tangent is None:
        signed = ask(claim.along(_signed_tangent(claim)))
        if signed.verdict in IS_WRONG and signed.verdict is not point.verdict:
            note = "right along unit tangents: not linear in the tangent"
            noted = replace(signed, notes=(*signed.notes, note))
            return [noted] if broken else [point, noted]  # a wrong value tells more than the clause
    if not any(map(_is_half, flatten(claim.xs)[1])):
        return [point]
    again = ask(in_single(claim))
    hidden = point.verdict not in (*FORMULA_IS_WRONG, Verdict.BROKEN_CONTRACT) and again.verdict in FORMULA_IS_WRONG
    if hidden and not _would_show(claim, ask):
        return [point, replace(again, notes=(*again.notes, "found in float32: 16 bits cannot show it"))]
    return [replace(point, notes=(*point.notes, f"at this point in float32: {_outcome(again)}"))]


def _would_show(claim: Claim, ask: Callable[[Claim], PointFinding]) -> bool:
    """Whether what the subject answers in float32 would be wrong in 16 bits: then it runs another code in these."""
    if claim.judged == "engine":
        return False
    subjects = claim.subject if isinstance(claim.subject, tuple) else (claim.subject,)
    in_single = tuple(map(_in_single, subjects))
    spoken = changed(claim, subject=in_single if isinstance(claim.subject, tuple) else in_single[0], foreign=None)
    return ask(spoken).verdict in IS_WRONG


def _in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with float32 in place of 16 bits, whatever it is handed."""

    def widened(*given: Any, **kwargs: Any) -> Any:
        return function(*tree_map(_single, given), **tree_map(_single, kwargs))

    return widened


def _outcome(point: PointFinding) -> str:
    if point.units is not None:
        return f"{point.verdict.name}, {point.units:.3g} units of float32"
    return point.verdict.name if point.ok else f"{point.verdict.name}, {point.reason}"


def versions(claim: Claim, ask: Callable[[Claim], PointFinding]) -> list[Claim]:
    """The claims that are asked at its point: itself, and once more where a mistake may hide."""
    found = [claim]
    if claim.judged == "jvp" and claim.tangent is None and ask(claim).ok:
        found.append(claim.along(_signed_tangent(claim)))
    if any(map(_is_half, flatten(claim.xs)[1])):
        found.append(in_single(claim))
    return found


def _signed_tangent(claim: Claim) -> tuple[Any, ...]:
    leaves = prepare(claim).origin.leaves
    total = sum(np.size(x) for x in leaves)
    return split(seeded([claim.seed, total], total)[-1], leaves)


def in_single(claim: Claim) -> Claim:
    """The claim with float32 for 16 bits; of a framework's function what that computes in float32.

    JAX rounds the constants of a function to the dtype that it is traced in: in 16 bits it has others.
    """
    xs = tree_map(_single, claim.xs)
    if claim.foreign is None or claim.judged != "vjp":
        return claim.at(*xs)
    try:
        made = at_example(claim.foreign, xs)
    except Exception:  # code of users, in a dtype that it may not take: whoever asks for its value will say so
        return claim.at(*xs)
    if made.opaque is not None:  # what is known of it in 16 bits tells more
        return claim.at(*xs)
    return changed(claim, f=made.f, xs=xs, subject=made.subject, foreign=made.foreign)


def _is_half(x: Any) -> bool:
    found = format_of(x) if isinstance(x, np.ndarray | np.generic) else None
    return found is not None and found.half


def _single(x: Any) -> Any:
    return x.astype(np.float32) if _is_half(x) else x
