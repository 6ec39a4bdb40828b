"""What a check found: plain data, ready for JSON; nothing here formats for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verify.counterexample import Counterexample
from verify.judge import Verdict, worst
from verify.searched import SearchFacts

# 2: what was proved, and what is known of a rule of the op table; 3: explanations and the clauses of the contract
SCHEMA_VERSION = 3
READABLE = (1, 2, 3)  # what older versions lack has a default


@dataclass(frozen=True)
class Says:
    """What one witness says of one entry: a value with its bound, or why it cannot tell."""

    witness: str
    trusts: tuple[str, ...]
    certified: bool = False
    value: float | None = None
    radius: float | None = None
    digits: str = ""
    refusal: str = ""
    disputes: bool = False  # its bar excludes the truth that was judged by
    note: str = ""  # what its certainty rests on, where that is more than its own arithmetic


@dataclass(frozen=True)
class Explanation:
    """What is wrong with an answer, as far as it is recognised: one sentence and a small table.

    kind    what was recognised: "factor", "sign", "missing term", "operation", ...
    header  of the table; rows: its cells, as many as the header has; both empty without a table
    """

    kind: str
    text: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Clause:
    """One clause of the contract of a derivative, and what became of it.

    held: None where it could not be asked; the text says why. Of a clause that is broken the text says where.
    """

    name: str
    held: bool | None
    text: str = ""


UNTOLD = "and not told from rounding at other points"  # why an error outside counts as a wrong formula's all the same


@dataclass(frozen=True)
class Passes:
    """Where the units of an error come from, at the worst entry.

    forward   by how many units the answer moves when what the forward pass saved is correctly rounded
    backward  by how many it is off the truth then: the backward pass's own
    """

    forward: float
    backward: float


@dataclass(frozen=True)
class PointFinding:
    """The verdict at one point, shown at its worst entry.

    entry       the input entry, such as x[1]; row: which cotangent
    yours       the subject's number there; truth: the digits it was judged by
    gap         |yours - truth|; allowed: how much was; units: the gap in units
    resolution  the largest allowance divided by the largest |truth|
    failing     names of entries outside, the worst first (at most 8), of ``failures`` in all, which belong
                to ``failing_inputs``
    explanations  what the mistake is, the most telling first
    clauses     what else the derivative must honour, where that was asked
    passes      which pass the error comes from, where that could be told
    """

    at: Mapping[str, Any]
    verdict: Verdict
    reason: str
    entry: str = ""
    row: int = 0
    yours: float | None = None
    truth: str = ""
    gap: float | None = None
    allowed: float | None = None
    units: float | None = None
    resolution: float | None = None
    judged_by: str = ""
    failing: tuple[str, ...] = ()
    failures: int = 0
    failing_inputs: tuple[str, ...] = ()
    entries: int = 0
    witnesses: tuple[Says, ...] = ()
    notes: tuple[str, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    clauses: tuple[Clause, ...] = ()
    passes: Passes | None = None

    @property
    def ok(self) -> bool:
        """Whether the derivative is right at this point."""
        return self.verdict.ok

    @property
    def short_truth(self) -> str:
        """The first digits that it was judged by, with the exponent that they have."""
        digits, mark, exponent = self.truth.partition("e")
        return (digits[:12] if "." in digits[:12] else digits) + mark + exponent


@dataclass(frozen=True)
class Density:
    """How many points a sweep over the float range has.

    stride: binades from one point to the next. mantissas: in each. steps: powers of two of ulps beside a special point.
    pairs: of each random kind, for binary ops.
    """

    name: str
    stride: int
    mantissas: int
    steps: int
    pairs: int


@dataclass(frozen=True)
class Error:
    """One point of a sweep: how many units the answer is from the true slope there."""

    units: float
    at: tuple[float, ...]
    answer: float
    slope: float


@dataclass(frozen=True)
class Accuracy:
    """The slope of one op by one operand over a set of points; it varies with the processor.

    compared   points with a decided truth
    open       points without one: on a kink, at a pole, outside the domain
    worst      the worst point among those where the op's own value is a normal double
    beyond     the worst point where that value is subnormal, 0 or infinite: rules that reuse it start from what is left
    """

    operand: int
    compared: int
    open: int
    worst: Error | None
    beyond: Error | None


@dataclass(frozen=True)
class Kink:
    """A point on a kink of an op, and what the rule answers there: one slope for each operand that has one.

    jump: whether the value itself jumps there.
    """

    at: tuple[float, ...]
    slopes: tuple[float, ...]
    jump: bool


@dataclass(frozen=True)
class RuleFacts:
    """What is known of one rule of the op table besides its verdict.

    domain      where the derivative exists, as text; empty: everywhere
    kink_set    where it has kinks, as an equation; empty: nowhere. kinks: points of it, one for each answer
    accuracy    the worst error over the float range, operand by operand, at the points of ``density``
    bar         units that a rule may be off
    note        the entry's written limits
    """

    domain: str
    kink_set: str
    kinks: tuple[Kink, ...]
    accuracy: tuple[Accuracy, ...]
    density: Density | None
    bar: float
    note: str


@dataclass(frozen=True)
class Finding:
    """A verdict with its evidence. It has no truth value of its own: ask ``.ok``.

    proved   the branches for which a proof was found, each by its conditions; "" is one without any
    exact    calls for which the derivative is exact over integers, on every basis vector and cotangent
    rule     of an op of the table: what else is known of it
    counterexample  of a wrong derivative, where a small one was looked for
    search   of a sweep: how the worst point was looked for
    """

    id: str
    title: str
    function: str
    subject: str
    judged: str
    inputs: tuple[str, ...]
    bar: float
    roundoff: float
    seed: int
    points: tuple[PointFinding, ...]
    expect: tuple[str, ...]
    reason: str
    reproduce: str
    formula: str = ""
    gradient: tuple[tuple[str, str], ...] = ()
    source: str = ""
    suite: str = ""
    wrong_at: tuple[str, ...] = ()
    proved: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    rule: RuleFacts | None = None
    counterexample: Counterexample | None = None
    search: SearchFacts | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict over all points; points outside the domain count only when all are."""
        verdicts: list[Verdict] = [point.verdict for point in self.points]
        inside = [v for v in verdicts if v is not Verdict.UNDEFINED]
        return worst(inside or verdicts)

    @property
    def ok(self) -> bool:
        """Whether the derivative is right."""
        return self.verdict.ok

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the claim expects, and wrong in just the inputs it names."""
        expected = (self.ok and "ok" in self.expect) or self.verdict.name in self.expect
        if not expected or self.ok or not self.wrong_at:
            return expected
        return set(self.worst_point.failing_inputs) == set(self.wrong_at)

    @property
    def counts(self) -> dict[str, int]:
        """How many points ended in each verdict."""
        found: dict[str, int] = {}
        for point in self.points:
            found[point.verdict.name] = found.get(point.verdict.name, 0) + 1
        return found

    @property
    def worst_point(self) -> PointFinding:
        """The point that decided the verdict; among equals the one with the most units."""
        candidates = [p for p in self.points if p.verdict is self.verdict]
        return max(candidates, key=lambda p: p.units if p.units is not None else -1.0)

    @property
    def evidence(self) -> tuple[Says, ...]:
        """What every witness said at the worst point."""
        return self.worst_point.witnesses

    def __bool__(self) -> bool:
        raise TypeError("a Finding has no truth value: use finding.ok, or finding.verdict")

    def explain(self) -> str:
        """The finding as a referee would write it."""
        from verify.render.text import explain  # formatting is the renderer's; imported when asked for

        return explain(self)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data; infinities and NaN become text."""
        from verify.render.json import finding_to_json

        return finding_to_json(self)

    def _repr_html_(self) -> str:
        from verify.render.html import finding_html

        return finding_html(self)


@dataclass(frozen=True)
class Report:
    """Many findings, in the order of their claims."""

    findings: tuple[Finding, ...]
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every verdict is the expected one, and every claim could be read."""
        return not self.problems and all(finding.as_expected for finding in self.findings)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings have each verdict."""
        found: dict[str, int] = {}
        for finding in self.findings:
            found[finding.verdict.name] = found.get(finding.verdict.name, 0) + 1
        return found

    def write(self, directory: Any) -> Any:
        """Write index.html, index.md, index.json into a directory; return the page's path."""
        from verify.render.files import write_report

        return write_report(self, directory)
