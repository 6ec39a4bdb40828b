"""``verify.sweep``: look for the point at which a derivative is most wrong, and judge what was found there.

In turn: the example; points where something may change (thresholds, edges, ties, special values, every decade) compared
with a quick reference; a climb from the worst of them; other shapes and layouts; then certified verdicts at the points
that look wrong, beside edges, in every cell, and at the largest errors. The order depends on the seed alone; the budget
only ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.checker import finding_of
from verify.claim import Claim, changed
from verify.claimreading import ClaimError
from verify.complete import complete_finding
from verify.exhibiting import smallest
from verify.finding import Finding, PointFinding
from verify.parts import whole
from verify.question import prepare
from verify.search.coverage import sides_tried
from verify.search.judging import Judged, Judging
from verify.search.ranges import space_of
from verify.search.scouting import Scout
from verify.search.screening import BEYOND, OUTSIDE, RIGHT, SMALL, SPOILT, WRONG, Clock, Screen, Seen
from verify.searched import SearchFacts, Variant
from verify.single import IS_WRONG
from verify.verdict import Verdict

POINTS = 100  # that are judged at most
BUDGET = 5.0  # seconds in all
ELSEWHERE = 20.0  # for a framework's function: a call and its derivative take 3 to 20 ms, NumPy's code a tenth of that
WITNESS = 0.2  # of them, for one witness at one point
SMALLER = 2.0  # seconds besides, to make the worst point small where it is wrong
LISTED = 12  # boundaries that are told
SHAPES = 2  # that look wrong and are judged: a large one takes a second or more


@dataclass(frozen=True, eq=False)
class Search:
    """What a search found: the points with a verdict beside the claims that were asked, the worst first."""

    judged: tuple[Judged, ...]
    facts: SearchFacts


def sweep(
    f: Callable[..., Any] | str,
    *xs: Any,
    domain: Any = None,
    points: Any = POINTS,
    budget: float | None = None,
    least: float | None = None,
    **claim: Any,
) -> Finding:
    """Where is this derivative of f most wrong? Search the domain, and judge the points that tell most.

    Arguments
        f, xs, and all that ``verify.Claim`` takes: xs is an ordinary example point.
        domain: bounds by argument, ``{"x": (low, high)}``, or ``draw(rng)``, which returns the arguments of f for a
            ``numpy.random.Generator`` (matrices that must be positive definite); None: all finite numbers.
        points: how many points are judged at most, or a list of points, each a tuple of arguments: then just those.
        budget: seconds in all; None: 5, and 20 for a function of a framework. A search that ends before it is over
            can be repeated exactly.
        least: the smallest magnitude besides 0 that is tried; None: the smallest normal number, 0: subnormals too.
    Returns
        a Finding with the points that were judged, the worst first, ``.search``, what was looked at, and where
        something is wrong ``.counterexample``, the worst point made small. Points
        outside the domain of f and points that no witness can decide are counted there, and make the verdict only
        when there are no others.
    Raises
        ClaimError when the arguments do not form a question.
    Example
        >>> import numpy as np
        >>> def slope(x):
        ...     return np.cosh(x) ** -2 if abs(x) < 9 else 0.0
        >>> finding = sweep(lambda x: np.tanh(x), 0.5, gradient=slope)
        >>> finding.verdict.name, abs(finding.worst_point.at["x"]) >= 9
        ('WRONG', True)
    """
    asked = Claim(f, *xs, **claim)
    return sweep_claims([asked], domain=domain, points=points, budget=budget, least=least)


def sweep_claims(
    claims: Sequence[Claim],
    suite: str = "",
    reproduce: str = "",
    *,
    domain: Any = None,
    points: Any = POINTS,
    budget: float | None = None,
    least: float | None = None,
) -> Finding:
    """The finding of a sweep that begins at the first claim's point, and judges those of the others as well."""
    if budget is None:
        budget = BUDGET if claims[0].foreign is None else ELSEWHERE
    if not (isinstance(budget, int | float) and budget > 0):
        raise ClaimError(f"budget= is {budget!r:.60}: give seconds")
    explicit = isinstance(points, Iterable) and not isinstance(points, str)
    if not explicit and not (isinstance(points, int) and points > 0):
        raise ClaimError(f"points= is {points!r:.60}: give how many, or a list of points, each a tuple of arguments")
    first = changed(claims[0], budget=min(claims[0].budget, WITNESS * budget))
    if explicit:
        given = [first.at(*(x if isinstance(x, tuple) else (x,))) for x in points]
        if not given:
            raise ClaimError("points= is empty: give how many, or a list of points")
        found = at_points(given, budget)
    else:
        others = [changed(other, budget=first.budget) for other in claims[1:]]
        found = searched(first, domain, points, budget, least, others)
    finding = finding_of(claims[0], [point for point, _ in found.judged], suite, reproduce, found.facts)
    worst = worst_claim(found)
    return finding if worst is None else _told_whole(finding, *worst)


def _told_whole(finding: Finding, point: PointFinding, claim: Claim) -> Finding:
    """The finding with its worst point explained, and made small."""
    told = complete_finding(claim)
    same = told.verdict is point.verdict and told.at == point.at  # else found along another tangent, or in float32
    points = (told if same else point, *finding.points[1:])
    return replace(finding, points=points, counterexample=smallest([claim], SMALLER))


def worst_claim(search: Search) -> Judged | None:
    """The worst wrong point of a search and the claim that was asked there; None where nothing is wrong."""
    point, claim = search.judged[0]
    return (point, claim) if point.verdict in IS_WRONG else None


def claim_there(claim: Claim, point: PointFinding) -> Claim:
    """The claim at a point of its finding, given by the names of its inputs."""
    question = prepare(claim).origin
    pairs = zip(question.names, question.leaves, strict=True)
    leaves = [np.asarray(point.at[name], np.asarray(leaf).dtype)[()] for name, leaf in pairs]
    return claim.at(*whole(question.place(leaves)))


def at_points(claims: Sequence[Claim], budget: float = BUDGET) -> Search:
    """The search that looks at given points alone."""
    judging = Judging(len(claims), Clock(budget))
    for claim in claims:
        judging.given(claim)
    return Search(judging.judged, _facts(judging, claims[0], None, ()))


def searched(
    claim: Claim,
    domain: Any = None,
    points: int = POINTS,
    budget: float = BUDGET,
    least: float | None = None,
    others: Sequence[Claim] = (),
) -> Search:
    """Search from a claim's point; arguments as for ``sweep``, and ``others``: more points that are judged."""
    judging = Judging(points, Clock(budget))
    for example in (claim, *others):
        judging.given(example)
    try:
        space = space_of(claim, domain, least)
    except ClaimError:
        raise
    except Exception:  # f raises at the example: the verdict there says so
        return Search(judging.judged, _facts(judging, claim, None, ()))
    scout = Scout(space, judging.clock.rest(), Screen(claim.budget, space.least), np.random.default_rng(claim.seed))
    scout.look()
    shapes = _shapes_told(scout, judging)
    for seen in map(scout.confirmed, scout.telling()):
        if seen.kind not in (SMALL, BEYOND):
            judging.ask(seen.claim, seen.kind)
    return Search(judging.judged, _facts(judging, claim, scout, shapes))


def _shapes_told(scout: Scout, judging: Judging) -> tuple[Variant, ...]:
    """What becomes of the shapes and layouts that f takes; the first ones that look wrong are judged."""
    judged: dict[int, Verdict | None] = {}
    for _, seen in scout.shapes:
        if seen.kind == WRONG and len(judged) < SHAPES:
            judged[id(seen)] = judging.ask(seen.claim, WRONG)
    taken = [(text, seen) for text, seen in scout.shapes if seen.kind != OUTSIDE]
    return tuple(Variant(text, _outcome(seen, judged.get(id(seen)))) for text, seen in taken)


def _outcome(seen: Seen, verdict: Verdict | None) -> str:
    """A shape that the judged code does not take is no mistake of its."""
    if verdict is not None:
        return verdict.name
    if seen.kind == SPOILT:
        return f"not taken: {seen.why:.120}"
    return {RIGHT: "right beside a quick reference", WRONG: "outside the truth, not judged"}.get(
        seen.kind, "not decided"
    )


def _facts(judging: Judging, claim: Claim, scout: Scout | None, shapes: tuple[Variant, ...]) -> SearchFacts:
    seen = scout.points if scout else []
    kinds = [s.kind for s in seen]
    measured = [(p, np.inf if np.isnan(p.units) else p.units) for p, _ in judging.judged if p.units is not None]
    worst = max(measured, key=lambda pair: pair[1], default=None)
    tried = np.array([s.v for s in seen if s.kind not in (OUTSIDE, BEYOND)])
    edges = [
        edge.margin.text.replace(" : ", " = ") for edge in (scout.edges if scout else ()) if edge.margin.kind != "zero"
    ]
    ended = [*(scout.ended if scout else ()), *([judging.ended] if judging.ended else ())]
    return SearchFacts(
        tried=max(len(seen), len(judging.found)),
        verdicts=len(judging.found),
        outside=kinds.count(OUTSIDE) + len(judging.outside),
        beyond=kinds.count(BEYOND),
        small=kinds.count(SMALL),
        undecided=len(judging.undecided),
        unknown=judging.unknown,
        sides=sides_tried(scout.paths, tried) if scout and len(tried) else (),
        boundaries=tuple(dict.fromkeys(filter(None, edges)))[:LISTED],
        units=worst[1] if worst else None,
        at=worst[0].at if worst else {},
        variants=shapes,
        seed=claim.seed,
        ended="; ".join(ended),
    )
