"""Certified verdicts at the points that a search chose, within what the budget and the number of points allow."""

from __future__ import annotations

from dataclasses import dataclass, field

from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.complete import contract_finding
from verify.finding import PointFinding
from verify.point import point_finding
from verify.search.screening import SPOILT, WRONG, Clock
from verify.single import IS_WRONG, points_of
from verify.verdict import WORST_FIRST, Verdict

ACCUSED = 4  # wrong points that are judged in full: the explanation of one may take a second
LATE = 2  # points outside the truth that are judged after the budget, while nothing has been found wrong
TOLD = 3  # undecided points that are told with their reason

Judged = tuple[PointFinding, Claim]


@dataclass(eq=False)
class Judging:
    """The verdicts so far, beside the claims that were asked.

    limit: how many points are judged. outside: points at which there is no derivative. undecided: the other points
    without an answer, as far as nobody is to blame: those the search chose, and they say nothing of the answer.
    """

    limit: int
    clock: Clock
    found: list[Judged] = field(default_factory=list)
    outside: list[Judged] = field(default_factory=list)
    undecided: list[Judged] = field(default_factory=list)
    left_out: int = 0
    longest: float = 0.0  # seconds that a verdict has taken
    late: int = 0  # points that were judged when the time was over

    def given(self, claim: Claim) -> None:
        """Judge a point that the user gave: its verdict counts whatever it is."""
        self.found += [(point, claim) for point in points_of(claim, contract_finding)]

    def ask(self, claim: Claim, kind: str = "") -> Verdict | None:
        """Judge a point that the search chose; None where it is left out.

        kind: what the screen said of it.
        """
        asked = len(self.found) + len(self.outside) + len(self.undecided)
        accused = sum(point.verdict in IS_WRONG for point, _ in self.found)
        if asked >= self.limit or (kind in (WRONG, SPOILT) and accused >= ACCUSED):
            return None
        begun = self.clock.spent
        if begun + self.longest > self.clock.seconds and not self._may_be_late(kind, accused):
            self.left_out += 1
            return None
        try:
            points = points_of(claim, point_finding)
        except ClaimError:  # a question that cannot be asked there
            return None
        self.longest = max(self.longest, self.clock.spent - begun)
        for point in points:
            self._kept(point, kind).append((point, claim))
        return min((point.verdict for point in points), key=WORST_FIRST.index)

    def _may_be_late(self, kind: str, accused: int) -> bool:
        """Whether a point is judged although the time is over: what looks wrong must not pass for right unasked."""
        if kind != WRONG or accused or self.late >= LATE:
            return False
        self.late += 1
        return True

    def _kept(self, point: PointFinding, kind: str) -> list[Judged]:
        if point.verdict is Verdict.UNDEFINED:
            return self.outside
        silent = point.verdict is Verdict.INCONCLUSIVE and kind != SPOILT  # an answer that raised is its own fault
        return self.undecided if silent else self.found

    @property
    def judged(self) -> tuple[Judged, ...]:
        """The points with a verdict, the worst first; those without one where there are no others."""
        found = self.found or self.outside or self.undecided
        return tuple(sorted(found, key=lambda pair: (WORST_FIRST.index(pair[0].verdict), -(pair[0].units or 0.0))))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Some of the undecided points with their reasons, each reason once."""
        told: dict[str, str] = {}
        for point, _ in self.undecided:
            where = ", ".join(f"{name} = {value!r:.40}" for name, value in point.at.items())
            told.setdefault(point.reason[:40], f"{where:.80}: {point.reason:.160}")
        return tuple(told.values())[:TOLD]

    @property
    def ended(self) -> str:
        """What the budget left out."""
        return f"{self.left_out} chosen points were not judged" if self.left_out else ""
