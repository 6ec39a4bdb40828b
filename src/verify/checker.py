"""One finding for a claim, at one point or at several, with its formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from verify.claim import Claim
from verify.complete import complete_finding
from verify.finding import Finding, PointFinding
from verify.formulas import formulas
from verify.judge import Verdict
from verify.point import shown_point
from verify.question import prepare
from verify.searched import SearchFacts
from verify.single import points_of


def check(f: Callable[..., Any] | str, *xs: Any, **claim: Any) -> Finding:
    """Is this derivative of f right at xs? Ask every witness and judge by certified truth.

    Arguments
        as for ``verify.Claim``: f a NumPy function or an expression, xs the point, and the derivative that
        is judged: ``gradient=``, ``value_and_gradient=``, ``jacobian=``, ``vjp=``, ``jvp=`` or ``hvp=``;
        with none of them what the engine itself computes. ``order=2`` asks for second derivatives.
    Returns
        a Finding; ``.ok`` says whether it is right, ``.explain()`` why.
    Raises
        ClaimError when the arguments do not form a question.
    Example
        >>> import numpy as np
        >>> check(lambda x: np.sum(x**2), np.array([1.0, 2.0]), gradient=lambda x: 2 * x).verdict.name
        'CERTIFIED'
    """
    return check_claim(Claim(f, *xs, **claim))


def assert_gradient(f: Callable[..., Any] | str, *xs: Any, **claim: Any) -> None:
    """Raise AssertionError carrying the explanation unless the derivative is right.

    Arguments and errors as for ``check``; with ``expect=`` the verdict must be the expected one.
    Example
        >>> import numpy as np
        >>> assert_gradient(np.sin, 1.0, gradient=np.cos)
    """
    finding = check(f, *xs, **claim)
    if not finding.as_expected:
        raise AssertionError(finding.explain())


def check_claim(claim: Claim) -> Finding:
    """The finding for one claim at its one point."""
    return check_points([claim])


def check_points(claims: Sequence[Claim], suite: str = "", reproduce: str = "") -> Finding:
    """One finding from the same claim at several points, with its formula."""
    points = [point for claim in claims for point in points_of(claim, complete_finding)]
    shown = next((claim for claim in claims if claim.cotangent is None), claims[0])  # weights are none of the formula's
    formula, gradient, roundoff = _formulas(shown)
    return _finding(claims[0], points, suite, reproduce, formula, gradient, roundoff)


def unanswered(claim: Claim, suite: str, reproduce: str, reason: str) -> Finding:
    """The finding for a claim that could not be asked at all."""
    point = PointFinding(shown_point(claim), Verdict.INCONCLUSIVE, reason)
    return _finding(claim, [point], suite, reproduce, "", ())


def finding_of(
    claim: Claim, points: Sequence[PointFinding], suite: str, reproduce: str, search: SearchFacts
) -> Finding:
    """The finding of a search: the points that it judged, with the formula at the claim's own."""
    formula, gradient, roundoff = _formulas(claim)
    return replace(_finding(claim, points, suite, reproduce, formula, gradient, roundoff), search=search)


def _finding(
    first: Claim,
    points: Sequence[PointFinding],
    suite: str,
    reproduce: str,
    formula: str,
    gradient: tuple[tuple[str, str], ...],
    roundoff: float = 2.0**-53,
) -> Finding:
    return Finding(
        id=first.id,
        title=first.title,
        function=first.text,
        subject=_subject_name(first),
        judged=first.judged if first.order == 1 else "Hessian-vector product",
        inputs=tuple(points[0].at),
        bar=first.units,
        roundoff=first.roundoff or roundoff,
        seed=first.seed,
        points=tuple(points),
        expect=tuple(sorted(first.expect)),
        reason=first.reason,
        reproduce=reproduce,
        source=first.source,
        wrong_at=first.wrong_at,
        formula=formula,
        gradient=gradient,
        suite=suite,
    )


def _formulas(claim: Claim) -> tuple[str, tuple[tuple[str, str], ...], float]:
    """The formula, its gradient, and the unit roundoff of the inputs."""
    try:
        question = prepare(claim)
        return *formulas(question.origin), question.roundoff
    except Exception:  # f raises at this point: the finding says so, and there is no formula to show
        return "", (), 2.0**-53


def _subject_name(claim: Claim) -> str:
    if claim.foreign is not None:
        mode = {"jvp": "forward mode", "vjp": "backward"}[claim.judged]
        twice = "twice " if claim.order == 2 else ""
        return f"{claim.foreign.framework.name}'s {twice}{mode} of {claim.foreign.name}"
    if claim.judged == "engine" and claim.order == 2:
        return "the engine's forward over reverse mode"
    if claim.judged == "engine":
        return "the engine's reverse mode" if claim.engine == "ad" else repr(claim.engine)
    functions = claim.subject if isinstance(claim.subject, tuple) else (claim.subject,)
    names = ", ".join(getattr(function, "__name__", repr(function)) for function in functions)
    return f"the derivative of {names}" if claim.order == 2 and claim.judged != "hvp" else names
