"""A sweep as a command line asks for it: ranges as text, and the command that repeats it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from verify.catalogue import Group
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.finding import Finding
from verify.search.sweeping import POINTS, claim_there, sweep_claims
from verify.target import TargetError, number_of


@dataclass(frozen=True)
class Sweep:
    """The words of a sweep beside its target: ranges as written or None, points to judge, seconds in all."""

    ranges: str | None = None
    points: int = POINTS
    budget: float | None = None

    @property
    def words(self) -> list[str]:
        """What has to be written to ask for it again."""
        options = {"--range": self.ranges, "--points": self.points, "--budget": self.budget}
        defaults = {"--points": POINTS, "--budget": None}
        told = ((name, value) for name, value in options.items() if value not in (None, defaults.get(name)))
        return [word for name, value in told for word in (name, value if isinstance(value, str) else f"{value:g}")]


def as_sweep(group: Group, sweep: Sweep) -> Group:
    """The group of claims, asked where its derivative is most wrong.

    Raises
        TargetError where the ranges or the points cannot be read.
    """
    if sweep.points < 1:
        raise TargetError("--points is 0: give how many points are judged at most")
    domain = None if sweep.ranges is None else read_ranges(sweep.ranges)

    def ask(claims: Sequence[Claim], suite: str, reproduce: str) -> Finding:
        try:
            return sweep_claims(claims, suite, reproduce, domain=domain, points=sweep.points, budget=sweep.budget)
        except ClaimError as problem:
            raise ClaimError(str(problem).replace("domain= ", "--range ", 1)) from problem

    command = shlex.split(group.reproduce.replace("adverify check", "adverify sweep", 1))
    return replace(group, ask=ask, reproduce=shlex.join([*command, *sweep.words]))


def in_question(group: Group, finding: Finding) -> tuple[Claim, ...]:
    """The claims that may be wrong: those of a group, or the one at the worst point of a sweep."""
    return group.claims if finding.search is None else (claim_there(group.claims[0], finding.worst_point),)


def read_ranges(text: str) -> dict[str, tuple[float, float]]:
    """``x=-5:5,y=0:inf`` as bounds by name; raises TargetError.

    >>> read_ranges("x=-5:5, y=0:inf")
    {'x': (-5.0, 5.0), 'y': (0.0, inf)}
    """
    ranges: dict[str, tuple[float, float]] = {}
    for part in text.split(","):
        name, _, bounds = (word.strip() for word in part.partition("="))
        first, mark, second = bounds.partition(":")
        try:
            low, high = number_of(first), number_of(second)
        except ValueError:
            mark = ""
        if not mark or not name.isidentifier():
            raise TargetError(f"--range: {part.strip()!r:.60} is not NAME=LOW:HIGH, as in --range x=-5:5,y=0:1")
        if name in ranges:
            raise TargetError(f"--range names {name} twice")
        ranges[name] = (low, high)
    return ranges
