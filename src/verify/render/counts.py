"""How many findings of each suite ended in which verdict, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from verify.finding import Finding, Report
from verify.render.figures import counted, plural, visible


def suite_lines(report: Report) -> list[str]:
    """One line for each suite, when there are several, and one for all.

    Example
        >>> from verify.finding import PointFinding
        >>> from verify.judge import Verdict
        >>> point = PointFinding({}, Verdict.CERTIFIED, "")
        >>> one = Finding("a", "", "f", "df", "gradient", ("x",), 16.0, 2.0**-53, 0, (point,), ("ok",), "", "")
        >>> suite_lines(Report((one,)))
        ['1 claim: CERTIFIED 1; all as expected']
    """
    suites: dict[str, list[Finding]] = {}
    for finding in report.findings:
        suites.setdefault(finding.suite, []).append(finding)
    total = f"{plural(len(report.findings), 'claim')}: {_of(report.findings)}"
    if len(suites) < 2:
        return [total]
    wide = max(map(len, map(visible, suites)))
    return [f"{visible(name):{wide}}  {len(f):5d}  {_of(f)}" for name, f in suites.items()] + [total]


def _of(findings: Sequence[Finding]) -> str:
    unexpected = sum(not finding.as_expected for finding in findings)
    expected = f"{unexpected} NOT as expected" if unexpected else "all as expected"
    return f"{counted(Report(tuple(findings)).counts)}; {expected}"
