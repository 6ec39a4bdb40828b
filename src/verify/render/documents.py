"""The tables of functions that a run over the built-in suites writes beside its report."""

from __future__ import annotations

from verify.coverage import rows as coverage_rows
from verify.finding import Finding, Report
from verify.render.coverage import namesakes_markdown
from verify.render.rules import package_markdown, rules_markdown


def findings_of_ops(report: Report, suite: str = "ops", prefix: str = "np.") -> dict[str, Finding]:
    """The finding of every function of an op table, by name, from those of its suite."""
    return {f.title.removeprefix(prefix): f for f in report.findings if f.suite == suite}


def documents(report: Report) -> dict[str, str]:
    """The tables of functions as documents, by file name; those of SciPy's only where it is installed."""
    found = {"rules.md": rules_markdown(findings_of_ops(report))}
    special = findings_of_ops(report, "special", "scipy.special.")
    if special:
        found["special.md"] = package_markdown("scipy.special", special)
        found["namesakes.md"] = namesakes_markdown(coverage_rows(), findings_of_ops(report, "coverage", ""))
    return found
