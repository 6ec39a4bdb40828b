"""A finding as a referee would write it, for a terminal or an assertion."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from verify.finding import Explanation, Finding, PointFinding, Report, Says
from verify.render import evidence, known
from verify.render.figures import (
    counted,
    digits_needed,
    figure,
    place,
    plural,
    size,
    visible,
    witness_value,
    worst_first,
)  # fmt: skip
from verify.render.script import summary

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 110  # prose is wrapped here; rows of numbers are not
ASKED = {"engine": "gradient", "value_and_gradient": "gradient"}  # what is judged, in a reader's words
KEPT = "\u00a0"  # stands for a blank at which a line is not broken
STYLES = {True: "green", False: "red"}


def explain(finding: Finding) -> str:
    """The finding as several lines of text: short when the answer is right, complete when it is not.

    Arguments
        finding: what ``verify.check`` returned.
    Returns
        text without a trailing newline; control characters in names are spelled out.
    Example
        >>> from verify.judge import Verdict
        >>> point = PointFinding({"x": 2.0}, Verdict.UNDEFINED, "log needs x > 0")
        >>> about = ("log", "", "log", "df", "gradient", ("x",), 16.0, 2.0**-53, 0)
        >>> print(explain(Finding(*about, (point,), ("ok",), "", "")))
        gradient of 'log': UNDEFINED
            asked        is df the gradient of log at x = 2.0?
            because      log needs x > 0
            expected     not as expected: expected ok, found UNDEFINED
            seed         0
    """
    point = finding.worst_point
    lines = [headline(finding)]
    lines += _prose("asked", question(finding)) if not finding.ok or not finding.as_expected else []
    if finding.id not in (finding.function, finding.title, ""):
        lines += _prose("claim", finding.id + (f": {finding.title}" if finding.title else ""))
    lines += _prose("because", point.reason)
    for explanation in point.explanations:
        lines += _prose("mistake", explanation.text) + _table(explanation)
    lines += _numbers(finding, point) + _comparison(finding, point)
    for sentence in evidence.shared(finding, point):
        lines += _prose("evidence", sentence)
    for note in point.notes:
        lines += _prose("note", note)
    lines += _prose("contract", evidence.clauses(point))
    for what, text in known.facts(finding):
        lines += _prose(what, text)
    if len(finding.points) > 1:
        lines += _prose("points", f"{counted(finding.counts)}; shown is the worst, at {place(point.at)}")
    if finding.counterexample is not None:
        lines += _prose("smallest", summary(finding.counterexample))
    lines += _prose("expected", evidence.expectation(finding))
    if not finding.ok:
        lines += _prose("seed", str(finding.seed))
    if finding.reproduce:
        lines.append(f"    reproduce: {visible(finding.reproduce, 10_000)}")
    return "\n".join(lines)


def headline(finding: Finding) -> str:
    """What was judged, where, and the verdict, in one line."""
    point = finding.worst_point
    where = f" at {visible(point.entry)}" if point.entry else ""
    if point.entry and (point.row or finding.judged in ("jacobian", "vjp")):
        where += f", row {point.row}"
    what = visible(ASKED.get(finding.judged, finding.judged), 40)
    return f"{what} of {visible(finding.function, 80)!r}{where}: {finding.verdict.name}"


def question(finding: Finding) -> str:
    """What was asked, as a question."""
    what = ASKED.get(finding.judged, finding.judged)
    return f"is {finding.subject} the {what} of {finding.function} at {place(finding.worst_point.at)}?"


def summary_line(finding: Finding) -> str:
    """One line for the terminal: verdict, id, worst entry, units, and what is not as expected.

    Example
        >>> from verify.judge import Verdict
        >>> point = PointFinding({}, Verdict.CERTIFIED, "", entry="x", units=0.5)
        >>> summary_line(Finding("a", "", "f", "df", "gradient", ("x",), 16.0, 2.0**-53, 0, (point,), ("ok",), "", ""))
        'CERTIFIED           a  x  0.5 units'
    """
    point = finding.worst_point
    parts = [f"{finding.verdict.name:18s}", visible(finding.id, 80), visible(point.entry, 60)]
    parts.append(f"{size(point.units, 3)} units" if point.units is not None else "")
    parts.append("" if finding.ok else visible(point.reason, 120))
    parts.append(visible(evidence.expectation(finding), 160))
    return "  ".join(part for part in parts if part)


def report_table(report: Report, rows: int = 20) -> Table:
    """A rich table of the worst findings, the worst first; names are shown as they are, never as markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(counted(report.counts) or "no findings"), title_justify="left", highlight=False)
    for name in ("verdict", "claim", "entry", "units", "why"):
        table.add_column(name, justify="right" if name == "units" else "left", overflow="fold")
    for finding in worst_first(report)[:rows]:
        point = finding.worst_point
        why = evidence.expectation(finding) or ("" if finding.ok else point.reason)
        cells = (visible(finding.id), visible(point.entry), size(point.units, 3), visible(why))
        table.add_row(Text(finding.verdict.name, style=STYLES[finding.as_expected]), *(Text(cell) for cell in cells))
    if len(report.findings) > rows:
        table.caption = f"and {len(report.findings) - rows} more"
    return table


def _prose(label: str, text: str) -> list[str]:
    if not text:
        return []
    lead = f"    {label:12s} "
    kept = visible(text, 2000).replace(" = ", f"{KEPT}={KEPT}").replace("+- ", f"+-{KEPT}")
    lines = textwrap.wrap(
        lead + kept, WIDTH, subsequent_indent=" " * len(lead), break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(KEPT, " ") for line in lines]


def _table(explanation: Explanation) -> list[str]:
    """The table of an explanation in columns, under its sentence."""
    if not explanation.rows:
        return []
    rows = [[visible(cell, 60) for cell in row] for row in (explanation.header, *explanation.rows)]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [" " * 17 + "  ".join(c.ljust(w) for c, w in zip(row, wide, strict=True)).rstrip() for row in rows]


def _numbers(finding: Finding, point: PointFinding) -> list[str]:
    """The answer and what every witness says of that entry, in columns; right answers name those that meet."""
    if point.yours is None and not point.witnesses:
        return []
    digits = digits_needed(point)
    rows = [("yours", figure(point.yours, digits), "", "", visible(finding.subject, 80))]
    if point.judged_by and not any(s.witness == point.judged_by for s in point.witnesses):
        rows.append(("truth", figure(point.truth, digits), "", "", f"by {visible(point.judged_by, 40)}"))
    shown = [s for s in point.witnesses if not finding.ok or s.witness == point.judged_by or s.disputes]
    rows += [_row(s, digits) for s in shown]
    wide = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = []
    for name, value, bar, certified, trusts in rows:
        columns = f"{value:{wide[1]}s}  {bar:{wide[2]}s}  {certified:{wide[3]}s}  {trusts}"
        lines.append(f"    {name:12s} {columns if value else trusts}".rstrip())
    for s in point.witnesses:
        lines += _prose("certainty", f"{s.witness}: {s.note}" if s.note and s.witness == point.judged_by else "")
    rest = [s for s in point.witnesses if s not in shown]
    if rest:
        met = [f"{s.witness} (+- {size(s.radius)})" for s in rest if s.value is not None]
        lines += _prose("met by", ", ".join(met))
        for s in rest:
            lines += _prose("refused", f"{s.witness}: {s.refusal}" if s.refusal else "")
    return lines


def _row(says: Says, digits: int) -> tuple[str, str, str, str, str]:
    if says.value is None:
        return visible(says.witness, 40), "", "", "", f"refused: {visible(says.refusal)}"
    trusts = f"trusts {visible(' '.join(says.trusts)) or 'nothing'}" + ("  DISPUTES the truth" if says.disputes else "")
    value, bar = witness_value(says, digits), f"+- {size(says.radius)}"
    return visible(says.witness, 40), value, bar, "certified" if says.certified else "", trusts


def _comparison(finding: Finding, point: PointFinding) -> list[str]:
    """Gap, units, bar and resolution; the ratio; the entries outside."""
    if point.units is None:
        return []
    units = "any number of" if math.isinf(point.units) else size(point.units)  # the truth is 0 and does not move
    gap = f"{size(point.gap)} = {units} units, bar {size(finding.bar, 3)}; allowed {size(point.allowed)}"
    lines = _prose("gap", gap + f"; {plural(point.entries, 'value')} judged")
    if point.resolution is not None:
        lines += _prose("resolution", f"{size(point.resolution)}: allowed / largest entry of the truth")
    lines += _prose("passes", evidence.passes(point))
    lines += _prose("ratio", evidence.ratio_said(point))
    return lines + _prose("fails", evidence.failing(point))
