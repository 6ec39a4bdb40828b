"""A report as Markdown: counts, a table worst first, and the details of what is not right or not expected."""

from __future__ import annotations

import re

from verify.finding import Finding, Report
from verify.render import evidence
from verify.render.figures import counted, figure, plural, size, visible, worst_first
from verify.render.text import explain

# What Markdown, with tables and mathematics, reads as a mark wherever it stands; an underscore within a word is
# none. A title or list mark counts at the start of a line only, and so does a number with a dot.
_ANYWHERE = re.compile(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])")
_START = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, also at the start of a line.

    Example
        >>> print(escaped("- a|b <img> _c_ d_e"))
        \\- a\\|b &lt;img&gt; \\_c\\_ d_e
    """
    return _START.sub(lambda found: found[1] + _unlisted(found[2]), cell(text))


def cell(text: str) -> str:
    """Text that Markdown shows as it is within a line, such as in a table."""
    marked = _ANYWHERE.sub(lambda found: "\\" + found[0], visible(text))
    return re.sub("[&<>]", lambda found: _ENTITIES[found[0]], marked)


def _unlisted(mark: str) -> str:
    return f"{mark}&#8203;" if mark.isdigit() else f"\\{mark}"  # a number is parted from its dot by no width


def report_markdown(report: Report) -> str:
    """The whole report as one Markdown text, ending in a newline.

    Example
        >>> print(report_markdown(Report(())).splitlines()[0])
        # Gradient report
    """
    ordered = worst_first(report)
    unexpected = sum(not f.as_expected for f in ordered)
    lines = ["# Gradient report", ""]
    lines += [f"{plural(len(ordered), 'claim')}, {unexpected} not as expected. {counted(report.counts)}", ""]
    lines += _problems(report)
    lines += ["| claim | verdict | expected? | units | entry | reason |", "|---|---|---|---:|---|---|"]
    lines += [_row(finding) for finding in ordered]
    shown = [f for f in ordered if not (f.ok and f.as_expected)]
    if shown:
        lines += ["", "## Details"]
    for finding in shown:
        lines += ["", f"### {escaped(finding.id)}", "", *_details(finding)]
    return "\n".join(lines) + "\n"


def _problems(report: Report) -> list[str]:
    if not report.problems:
        return []
    return ["## Could not be read", "", *(f"- {escaped(problem)}" for problem in report.problems), ""]


def _row(finding: Finding) -> str:
    point = finding.worst_point
    expected = "yes" if finding.as_expected else f"**no**, expected {cell(' or '.join(finding.expect))}"
    reason = "" if point.reason == finding.verdict.value else point.reason
    cells = (
        cell(finding.id), finding.verdict.name, expected,
        size(point.units, 3), cell(point.entry), cell(reason),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _details(finding: Finding) -> list[str]:
    """The explanation as a code block, fenced by more backticks than it holds."""
    text = explain(finding)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    lines = [f"{escaped(finding.title)}"] if finding.title else []
    expected = evidence.expectation(finding)
    if not expected and finding.reason:
        lines.append(f"Expected, because: {escaped(finding.reason)}")
    joined = [line for pair in zip(lines, [""] * len(lines), strict=True) for line in pair]
    truth = finding.worst_point.truth
    exact = [f"The truth to all digits known: {cell(figure(truth, len(truth)))}", ""] if truth else []
    return [*joined, *exact, f"{fence}text", text, fence]
