"""The report as one page: no network, everything escaped, readable without its script."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2

from verify.finding import Explanation, Finding, PointFinding, Report, Says
from verify.judge import WORST_FIRST, Verdict
from verify.render import evidence, known
from verify.render.bars import Bar, bar, distance, scale
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
from verify.render.mathml import mathml
from verify.render.script import shown_script, summary
from verify.render.text import headline, question

OPEN = 3  # findings that are not as expected and stand open at first; more would hide the table
LATEX = 300  # characters of a formula that is shown as LaTeX because it could not be typeset
ACCUSING = (Verdict.BROKEN_CONTRACT, Verdict.WRONG, Verdict.INACCURATE, Verdict.NOT_A_SUBGRADIENT)


@dataclass(frozen=True)
class WitnessRow:
    """One line of a table of witnesses."""

    name: str
    value: str
    radius: str
    away: str
    bar: Bar | None
    says: str
    kind: str  # "yours", "meets", "disputes" or "refused"


@dataclass(frozen=True)
class PointRow:
    """A point other than the worst, in one line."""

    verdict: Verdict
    at: str
    entry: str
    yours: str
    truth: str
    units: str
    witnesses: str
    reason: str


def report_html(report: Report) -> str:
    """The page as text; one file that loads nothing.

    Example
        >>> "<h1>Gradient report</h1>" in report_html(Report(()))
        True
    """
    findings = worst_first(report)
    unexpected = [f for f in findings if not f.as_expected]
    return _template("page.html").render(
        rows=[_row(f, number, len(unexpected)) for number, f in enumerate(findings)],
        total=plural(len(findings), "claim"),
        unexpected=len(unexpected),
        counts=[(v, report.counts[v.name]) for v in WORST_FIRST if v.name in report.counts],
        verdicts=[v for v in Verdict if v.name in report.counts],
        suites=sorted({visible(f.suite) for f in findings if f.suite}),
        problems=[visible(problem) for problem in report.problems],
        accuracy=known.accuracy_rows(findings),
        densities=sorted({known.density_text(f.rule.density) for f in findings if f.rule and f.rule.density}),
    )


def finding_html(finding: Finding) -> str:
    """One finding as a fragment for a notebook, with its own style and no script."""
    return _template("notebook.html").render(row=_row(finding, 0, 0), headline=headline(finding).rpartition(": ")[0])


@functools.cache
def _template(name: str) -> jinja2.Template:
    folder = resources.files("verify.render")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda file: (folder / file).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["group"] = group
    return environment.get_template(name)


def group(verdict: Verdict) -> str:
    """The group that a verdict belongs to, which gives its colour: right, wrong or unanswered.

    Example
        >>> group(Verdict.UNDEFINED)
        'unanswered'
    """
    return "right" if verdict.ok else "wrong" if verdict in ACCUSING else "unanswered"


def _row(finding: Finding, number: int, unexpected: int) -> dict[str, Any]:
    """Everything that the page shows of a finding, as text."""
    point = finding.worst_point
    others = [p for p in finding.points if p is not point]
    said = "" if point.reason == finding.verdict.value else point.reason
    known = finding.reason if finding.as_expected else ""  # says more than the judge can: why it is expected
    return {
        "number": number,
        "open": not finding.as_expected and unexpected <= OPEN,
        "id": visible(finding.id),
        "title": "" if finding.title == finding.function else visible(finding.title),
        "function": visible(finding.function, 160),
        "suite": visible(finding.suite),
        "verdict": finding.verdict,
        "as_expected": finding.as_expected,
        "expected": visible(" or ".join(finding.expect)),
        "entry": visible(point.entry),
        "row": point.row,
        "units": size(point.units, 3),
        "points": len(finding.points),
        "reason": visible(known or said),
        "facts": [(name, visible(text, 2000)) for name, text in _facts(finding, point) if text],
        "mistakes": [_mistake(e) for e in point.explanations if e.rows],
        "formula": _shown(finding.formula),
        "gradient": [(visible(entry), _shown(latex)) for entry, latex in finding.gradient],
        "witnesses": _witnesses(finding, point),
        "measured": scale(point) is not None,
        "others": [_point(p) for p in others],
        "reproduce": visible(finding.reproduce, 10_000),
        "script": _script(finding),
    }


def _script(finding: Finding) -> str:
    """The script that shows the counterexample, line by line as it is."""
    text = "" if finding.counterexample is None else shown_script(finding.counterexample)
    return "\n".join(visible(line, 1_000) for line in text.split("\n"))


def _mistake(explanation: Explanation) -> dict[str, Any]:
    """The table of an explanation as text."""
    rows = [[visible(cell) for cell in row] for row in explanation.rows]
    return {"header": [visible(name) for name in explanation.header], "rows": rows}


def _shown(latex: str) -> tuple[Any, str]:
    """(MathML or None, the LaTeX to show instead)."""
    typeset = mathml(latex)
    if typeset is not None:
        return typeset, ""
    cut = f" (the first {LATEX} of {len(latex)} characters; index.json has all)" if len(latex) > LATEX else ""
    return None, visible(latex[:LATEX], LATEX * 6) + cut


def _facts(finding: Finding, point: PointFinding) -> list[tuple[str, str]]:
    """What there is to say of the worst point, in the order in which a reader asks."""
    gap = ""
    if point.units is not None:
        gap = f"{size(point.gap)} = {size(point.units, 3)} units; bar {size(finding.bar, 3)}"
        gap += f", allowed {size(point.allowed)}; {plural(point.entries, 'value')} judged"
    return [
        ("Asked", question(finding)),
        ("Verdict", finding.verdict.value),
        ("Because", "" if point.reason == finding.verdict.value else point.reason),
        ("Expected", evidence.expectation(finding)),
        ("Expected because", finding.reason if finding.as_expected else ""),
        ("Gap", gap),
        ("Passes", evidence.passes(point)),
        ("Ratio", evidence.ratio_said(point)),
        ("Outside", evidence.failing(point)),
        ("Resolution", f"{size(point.resolution)} (allowed / largest entry)" if point.resolution is not None else ""),
        *(("Evidence", sentence) for sentence in evidence.shared(finding, point)),
        *(("Mistake", explanation.text) for explanation in point.explanations),
        *(("Note", note) for note in point.notes),
        ("Contract", evidence.clauses(point)),
        *((what.capitalize(), text) for what, text in known.facts(finding)),
        ("Points", counted(finding.counts) if len(finding.points) > 1 else ""),
        ("Smallest", "" if finding.counterexample is None else summary(finding.counterexample)),
        ("Source", finding.source),
        ("Seed", str(finding.seed)),
    ]


def _witnesses(finding: Finding, point: PointFinding) -> list[WitnessRow]:
    if point.yours is None and not point.witnesses:
        return []
    digits, measured = digits_needed(point), scale(point)
    drawn = bar(measured, point, point.gap, 0.0) if measured and point.gap is not None else None
    yours = WitnessRow(
        "yours", figure(point.yours, digits), "", size(point.gap), drawn, visible(finding.subject, 120), "yours"
    )
    return [yours, *(_witness(s, point, digits) for s in point.witnesses)]


def _witness(says: Says, point: PointFinding, digits: int) -> WitnessRow:
    name = visible(says.witness, 60)
    if says.value is None:
        return WitnessRow(name, "refused", "", "", None, visible(says.refusal), "refused")
    away, measured = distance(says, point.truth), scale(point)
    drawn = bar(measured, point, away, says.radius or 0.0) if measured else None
    trusts = f"trusts {visible(', '.join(says.trusts)) or 'nothing'}"
    words = ("certified; " if says.certified else "") + trusts + ("; excludes the truth" if says.disputes else "")
    words += f"; {visible(says.note)}" if says.note else ""
    kind = "disputes" if says.disputes else "meets"
    return WitnessRow(name, witness_value(says, digits), size(says.radius), size(away), drawn, words, kind)


def _point(point: PointFinding) -> PointRow:
    digits = digits_needed(point)
    spoken = [
        f"{s.witness} ±{size(s.radius)}{' disputes' if s.disputes else ''}" for s in point.witnesses if not s.refusal
    ]
    refused = [s.witness for s in point.witnesses if s.refusal]
    witnesses = ", ".join(spoken) + (f"; refused: {', '.join(refused)}" if refused else "")
    return PointRow(
        verdict=point.verdict,
        at=place(point.at),
        entry=visible(point.entry),
        yours=figure(point.yours, digits),
        truth=figure(point.truth, digits),
        units=size(point.units),
        witnesses=visible(witnesses),
        reason="" if point.reason == point.verdict.value else visible(point.reason),
    )
