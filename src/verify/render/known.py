"""What is known of a derivative rule besides its verdict, in words: branches, shapes, kinks, accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from verify.finding import Accuracy, Density, Error, Finding, Kink, RuleFacts
from verify.render.figures import place, plural, size, visible
from verify.searched import SearchFacts

BRANCHES = 4  # conditions of a proof that are listed; a reduction may have dozens
SIDES = 8  # of conditions that are listed
SHAPES = 4  # of one outcome that are listed
EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class AccuracyRow:
    """The accuracy of one op by one operand, as text; note: the entry's own words where it is worse than its bar."""

    op: str
    operand: int
    units: str
    at: str
    beyond: str
    beyond_at: str
    compared: int
    open: int
    note: str


def facts(finding: Finding) -> list[tuple[str, str]]:
    """All that is known besides the verdict, as (what, text).

    Example
        >>> facts_of = Finding("a", "", "f", "f", "engine", (), 16.0, 2.0**-53, 0, (), ("ok",), "", "", exact=("f[2]",))
        >>> facts(facts_of)
        [('exact', 'for these shapes: f[2]')]
    """
    found = []
    if finding.exact:
        found.append(("exact", f"for these shapes: {exact_text(finding.exact)}"))
    if finding.search is not None:
        found += searched(finding.search)
    rule = finding.rule
    if rule is None:
        return found
    found += [("domain", rule.domain or EVERYWHERE), ("kinks", kinks_text(rule))]
    found += [("accuracy", _sentence(row, rule)) for row in accuracy_rows((finding,))]
    return [*found, ("limits", rule.note)] if rule.note else found


def searched(facts: SearchFacts) -> list[tuple[str, str]]:
    """How a sweep looked for the worst point, as (what, text).

    Example
        >>> searched(SearchFacts(9, 2, 1, 0, 0, 0, (), (), ("x = 0",), 3.0, {"x": 1.0}, (), 0))
        [('searched', '9 points, 2 of them judged; at 1 f is undefined'), ('worst', '3 units, at x = 1.0'),
         ('edges', 'x = 0')]
    """
    points = f"{facts.tried} points, {facts.verdicts} of them judged"
    counts = (facts.outside, facts.beyond, facts.small)
    reasons = ("f is undefined", "something on the way overflows", "the answer is off by next to 0")
    for count, what in zip(counts, reasons, strict=True):
        points += f"; at {count} {what}" if count else ""
    found = [("searched", points)]
    if facts.units is not None:
        units = "any number of" if math.isinf(facts.units) else size(facts.units, 3)
        found.append(("worst", f"{units} units, at {place(facts.at)}"))
    if facts.sides:
        told = "; ".join(f"{side.condition} ({side.tried})" for side in facts.sides[:SIDES])
        more = len(facts.sides) - SIDES
        found.append(("branches", told + (f"; and {more} more" if more > 0 else "")))
    if facts.missed:
        found.append(("not reached", "; ".join(facts.missed)))
    if facts.boundaries:
        found.append(("edges", "; ".join(facts.boundaries)))
    if facts.variants:
        found.append(("shapes", _variants_text(facts)))
    if facts.undecided:
        found.append(("undecided", f"{plural(facts.undecided, 'point')}, such as {'; '.join(facts.unknown)}"))
    return [*found, ("cut short", f"the budget was over: {facts.ended}")] if facts.ended else found


def _variants_text(facts: SearchFacts) -> str:
    """Shapes and layouts by what came of them, the rarest outcome first."""
    by_outcome: dict[str, list[str]] = {}
    for variant in facts.variants:
        by_outcome.setdefault(variant.outcome, []).append(variant.text)
    told = sorted(by_outcome.items(), key=lambda pair: len(pair[1]))
    return "; ".join(
        f"{outcome}: {', '.join(texts[:SHAPES])}" + (f" and {len(texts) - SHAPES} more" if len(texts) > SHAPES else "")
        for outcome, texts in told
    )


def exact_text(calls: Iterable[str]) -> str:
    """The calls of a family of shapes in one line; f[2,3] is an array of that shape."""
    return "; ".join(calls)


def branches_text(proved: Iterable[str]) -> str:
    """For which inputs there is a proof, at most four branches of it.

    Example
        >>> branches_text(("",)), branches_text(("x > 0", "x < 0")), branches_text(())
        ('all inputs', 'x > 0; x < 0', '')
    """
    branches = tuple(proved)
    if not branches:
        return ""
    stated = [branch for branch in branches if branch]
    more = len(stated) - BRANCHES
    return "; ".join(stated[:BRANCHES]) + (f"; and {more} more branches" if more > 0 else "") or "all inputs"


def kinks_text(rule: RuleFacts) -> str:
    """Where an op has kinks, and the slopes that its rule answers there, one for each operand.

    Example
        >>> kinks_text(RuleFacts("", "a - b = 0", (Kink((0.0, 0.0), (0.5, 0.5), False),), (), None, 4.0, ""))
        'a - b = 0; slopes 1/2, 1/2 at (0, 0)'
    """
    return "; ".join([rule.kink_set, *map(_kink, rule.kinks)]) if rule.kink_set else "none"


def _kink(kink: Kink) -> str:
    at, slopes = ([_exact(x) for x in numbers] for numbers in (kink.at, kink.slopes))
    where = f"({', '.join(at)})" if len(at) > 1 else ", ".join(at)
    return f"slope{'s' if len(slopes) > 1 else ''} {', '.join(slopes)} at {where}" + (", a jump" if kink.jump else "")


def _exact(x: float) -> str:
    return str(Fraction(x)) if math.isfinite(x) else repr(x)


# --- accuracy


def accuracy_rows(findings: Iterable[Finding]) -> list[AccuracyRow]:
    """One row for every op and operand that was swept, the worst first."""
    swept = [(f, f.rule, one) for f in findings if f.rule is not None for one in f.rule.accuracy]
    swept.sort(key=lambda row: (-_units(row[2].worst), row[0].id, row[2].operand))
    return [_row(finding, rule, one) for finding, rule, one in swept]


def _row(finding: Finding, rule: RuleFacts, one: Accuracy) -> AccuracyRow:
    within = max(_units(one.worst), _units(one.beyond)) <= rule.bar  # False for NaN too
    return AccuracyRow(
        op=visible(finding.title or finding.id, 80),
        operand=one.operand + 1,
        units=size(_units(one.worst), 3) if one.worst else "",
        at=_place(one.worst),
        beyond=size(_units(one.beyond), 3) if one.beyond else "",
        beyond_at=_place(one.beyond),
        compared=one.compared,
        open=one.open,
        note="" if within else visible(rule.note or "worse than a rule may be, and its entry does not say why"),
    )


def _units(error: Error | None) -> float:
    if error is None:
        return 0.0
    return math.inf if math.isnan(error.units) else error.units


def _place(error: Error | None) -> str:
    """The operands as Python writes them, from which the very same doubles are read."""
    return ", ".join(map(repr, error.at)) if error is not None else ""


def _sentence(row: AccuracyRow, rule: RuleFacts) -> str:
    worst = f"at most {row.units} units off, at {row.at}" if row.at else "no point with a normal value"
    beyond = f"; {row.beyond} at {row.beyond_at}, where the value is no normal number" if row.beyond_at else ""
    density = f"{rule.density.name}, " if rule.density is not None else ""
    return f"by operand {row.operand}: {worst}{beyond} ({density}{row.compared} points, {row.open} left open)"


def density_text(density: Density) -> str:
    """The points of a sweep, in words.

    Example
        >>> density_text(Density("sample", 11, 1, 6, 60))
        'sample: every 11th binade, 1 point each, 6 distances to both sides of special points, 60 pairs of every kind'
    """
    stride = "every binade" if density.stride == 1 else f"every {density.stride}th binade"
    each = "1 point each" if density.mantissas == 1 else f"{density.mantissas} points each"
    return (
        f"{visible(density.name, 40)}: {stride}, {each}, {density.steps} distances to both sides of special points, "
        f"{density.pairs} pairs of every kind"
    )
