"""What the witnesses have in common, and what that clears or accuses, as sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from verify.finding import Clause, Finding, PointFinding, Says
from verify.judge import Verdict
from verify.render.figures import figure, plural, size

ENGINE_TRUSTS = frozenset({"trace", "rules", "sweep"})  # what the engine's own answer takes for granted
ACCUSED = (Verdict.WRONG, Verdict.INACCURATE, Verdict.NOT_A_SUBGRADIENT)
TELLING = 1e-9  # a ratio this near to a short number is that number: chance meets one in about 1e6 so closely

CANCELLING = 1.1  # times the error: so much more in both passes together than in the answer is no rounding of a sum
LARGEST = 1e6  # a ratio beyond this, or below its inverse, tells nothing of a forgotten factor


def ratio(point: PointFinding) -> str:
    """The answer as a short multiple of the truth, such as "0.5"; empty when that is not telling, or more is known.

    Example
        >>> ratio(PointFinding({}, Verdict.WRONG, "", yours=-1.0, truth="2.0"))
        '-0.5'
    """
    truth = _float(point.truth)
    if point.explanations:  # they speak of all entries and of several points
        return ""
    if point.yours is None or not math.isfinite(point.yours) or not truth or not math.isfinite(truth):
        return ""
    found = point.yours / truth
    if point.yours == 0:
        return "0"
    if not 1 / LARGEST < abs(found) < LARGEST or abs(found - 1) <= TELLING:
        return ""
    if abs(found - float(f"{found:.4g}")) <= TELLING * abs(found):
        return figure(float(f"{found:.4g}"), 4)
    short = Fraction(found).limit_denominator(20)
    return str(short) if abs(short) < LARGEST and abs(found - float(short)) <= TELLING * abs(found) else ""


def ratio_said(point: PointFinding) -> str:
    """The ratio as a sentence; empty when the verdict accuses nobody, or it is not telling.

    Example
        >>> ratio_said(PointFinding({}, Verdict.WRONG, "", yours=-1.0, truth="2.0"))
        'yours = -0.5 x the truth'
        >>> ratio_said(PointFinding({}, Verdict.WRONG, "", yours=0.0, truth="2.0"))
        'yours is 0'
    """
    times = ratio(point) if point.verdict in ACCUSED else ""
    return "yours is 0" if times == "0" else f"yours = {times} x the truth" if times else ""


def shared(finding: Finding, point: PointFinding) -> tuple[str, ...]:
    """What the accused and the cleared have in common; nothing when all agree."""
    spoken = [s for s in point.witnesses if s.value is not None]
    meeting = [s for s in spoken if not s.disputes]
    found = []
    if point.verdict in ACCUSED and point.yours is not None and meeting:
        found += _alone(finding, point, meeting)
    truth = next((s for s in meeting if s.witness == point.judged_by), None)
    if truth is not None:
        found += [_dispute(s, truth, meeting) for s in spoken if s.disputes]
    return tuple(found)


def _alone(finding: Finding, point: PointFinding, meeting: list[Says]) -> list[str]:
    excluding = [s for s in meeting if _excludes(s, point.yours)]
    if not excluding:
        return []
    common = frozenset.intersection(*[frozenset(s.trusts) for s in excluding])
    one = len(excluding) == 1
    basis = f"all of them trust {_and(common)}" if common else "they share nothing that could mislead them all"
    if one:
        basis = f"it trusts {_and(excluding[0].trusts) or 'nothing'}, and no second witness speaks for it"
    verb = "excludes" if one else "exclude"
    found = [f"{finding.subject} is alone: {_and(s.witness for s in excluding)} {verb} its value; {basis}"]
    blind = [s.witness for s in meeting if s not in excluding]
    if blind:
        found.append(f"{_and(blind)} cannot tell: the error bar holds both values")
    if finding.judged == "engine":
        same = [s.witness for s in excluding if frozenset(s.trusts) == ENGINE_TRUSTS]
        found += [f"{name} runs the same rules on exact numbers: they are right, rounding is not" for name in same]
    return found


def _dispute(says: Says, truth: Says, meeting: list[Says]) -> str:
    theirs, ours = frozenset(says.trusts), frozenset(truth.trusts)
    common = _and(theirs & ours) or "nothing"
    suspects = " or ".join(filter(None, (_and(theirs - ours), _and(ours - theirs))))
    text = f"{says.witness} and {truth.witness} exclude each other at some entry; they share {common}"
    if suspects:
        text += f", so the fault lies in {suspects}"
    cleared = {t: [s.witness for s in meeting if t not in s.trusts] for t in sorted(ours - theirs)}
    text += "".join(f"; {t} is cleared by {_and(names)}" for t, names in cleared.items() if names)
    left = _and(theirs - ours)
    return text + (f"; what is left is {left}" if left and cleared and all(cleared.values()) else "")


def _excludes(says: Says, yours: float | None) -> bool:
    """Whether the error bar leaves the answer out, which NaN always is; one ulp is left for shown values."""
    if yours is None or says.value is None or says.radius is None:
        return False
    return not abs(yours - says.value) <= says.radius + math.ulp(says.value)


def failing(point: PointFinding) -> str:
    """Which entries are outside: "3 entries outside: w[2], w[0], w[1]"."""
    if not point.failures:
        return ""
    more = point.failures - len(point.failing)
    names = ", ".join(point.failing) + (f" and {more} more" if more > 0 else "")
    return f"{plural(point.failures, 'entry')} outside: {names}"


def passes(point: PointFinding) -> str:
    """Which pass the error comes from: "of 7.1 units 6.2 come from the forward's rounding, ...".

    Example
        >>> from verify.finding import Passes
        >>> passes(PointFinding({}, Verdict.CERTIFIED, "", units=7.1, passes=Passes(6.2, 0.9)))
        "of 7.1 units 6.2 come from the forward's rounding (what it saved), 0.9 from the backward's"
    """
    if point.passes is None or point.units is None:
        return ""
    forward, backward = point.passes.forward, point.passes.backward
    text = f"of {size(point.units, 3)} units {size(forward, 3)} come from the forward's rounding (what it saved), "
    text += f"{size(backward, 3)} from the backward's"
    return text + ("; the two cancel in part" if forward + backward > CANCELLING * point.units else "")


def clauses(point: PointFinding) -> str:
    """What became of the contract: "12 clauses hold; noted: ...; not asked: adjoint (f has a kink here)"."""
    if not point.clauses:
        return ""
    held = sum(clause.held is True for clause in point.clauses)
    broken = [f"BROKEN {c.name}: {c.text}" for c in point.clauses if c.held is False]
    open_ = _by_reason([c for c in point.clauses if c.held is None])
    noted = [f"{c.name} ({c.text})" for c in point.clauses if c.held and c.text]
    found = [plural(held, "clause") + (" holds" if held == 1 else " hold"), *broken]
    found += [f"noted: {', '.join(noted)}"] if noted else []
    return "; ".join(found + ([f"not asked: {', '.join(open_)}"] if open_ else []))


def _by_reason(asked: Iterable[Clause]) -> list[str]:
    """Clauses that could not be asked, those of one reason together: "linear, adjoint (it is random)"."""
    reasons: dict[str, list[str]] = {}
    for clause in asked:
        reasons.setdefault(clause.text, []).append(clause.name)
    return [f"{', '.join(names)} ({reason})" for reason, names in reasons.items()]


def expectation(finding: Finding) -> str:
    """What was expected, when that is not what was found."""
    if finding.as_expected:
        return ""
    wanted = " or ".join(finding.expect)
    text = f"not as expected: expected {wanted}, found {finding.verdict.name}"
    if finding.verdict.name in finding.expect and finding.wrong_at:
        wrong = ", ".join(finding.worst_point.failing_inputs) or "no input"
        text = f"not as expected: expected it wrong in {', '.join(finding.wrong_at)}, found it wrong in {wrong}"
    return text + (f" ({finding.reason})" if finding.reason else "")


def _and(names: Iterable[str]) -> str:
    listed = sorted(names) if isinstance(names, frozenset | set) else list(names)
    return " and ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
