"""The op table for readers: one row an op, what is checked of it and by what, and with which verdict.

Only what is the same on every processor is written: verdicts and conditions, no measured numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ad.table  # noqa: F401  importing it fills TABLE, MEANINGS and CONSTANTS
from ad.core import Op
from ad.dispatch import entries_of, shown_name
from ad.table.elementwise import stop_gradient
from ad.variable import CONSTANTS, MEANINGS, TABLE
from verify.finding import Finding
from verify.render import known
from verify.render.markdown import cell

FAMILIES = {  # family: (what such an op is, what of it is checked)
    "elementwise": ("entry i of the result depends on entry i of each operand alone", "slope"),
    "linear": ("linear in its one array, or in each of a sequence", "transpose"),
    "multilinear": ("linear in each of its arrays", "transposes"),
    "general": ("everything else: it states a vjp and a jvp", "vjp and jvp"),
}
UNCHECKED = "not checked"
EXACT = "exact for these shapes"
COLUMNS = ("op", "verdict", "proved for", "domain", "kinks", "checked", "by", "note", EXACT)


def rules_markdown(findings: Mapping[str, Finding]) -> str:
    """The table as Markdown, grouped by family and sorted by name, ending in a newline.

    Arguments
        findings: what is known of each op and composite function, by name as shown (``exp``, ``linalg.norm``);
            those left out are marked "not checked".
    Raises
        ValueError for a finding of an op that the table does not hold.
    Example
        >>> [line for line in rules_markdown({}).splitlines() if line.startswith("| exp |")]
        ['| exp | not checked |  | everywhere | no | slope | SymPy, differences, complex step |  |']
    """
    names = {shown_name(f) for f in (*TABLE, *MEANINGS)}
    unknown = sorted(findings.keys() - names)
    if unknown:
        raise ValueError(f"findings name {unknown[0]!r}, which is in no table of ad: leave it out or declare it")
    lines = _head("# The op table", findings, names)
    for family, (meaning, checked) in FAMILIES.items():
        ops = {shown_name(f): op for f, op in TABLE.items() if op.family == family}
        lines += ["", f"## {family.capitalize()}: {meaning}", ""]
        columns = COLUMNS[:-1] if family == "elementwise" else COLUMNS
        lines += _table(columns, [_row(name, ops[name], checked, findings.get(name)) for name in sorted(ops)])
    lines += ["", "## By definition: functions written in the ops above, with no rule of their own", ""]
    rows = [(*_verdict(n, findings.get(n)), "by definition", _shapes(findings.get(n))) for n in _names(MEANINGS)]
    lines += _table(("function", "verdict", "proved for", "checked", EXACT), rows)
    lines += ["", "## No derivative by nature: computed on the values", "", cell(", ".join(_names(CONSTANTS)))]
    return "\n".join(lines) + "\n"


def package_markdown(package: str, findings: Mapping[str, Finding]) -> str:
    """The same for the entries of a package that need not be installed, all of them elementwise.

    Arguments
        package: one of ``ad.dispatch.ELSEWHERE``. findings: as for ``rules_markdown``.
    """
    ops = {op.name: op for op in entries_of(package).values()}
    lines = [*_head(f"# The entries for {package}", findings, set(ops)), ""]
    lines += _table(COLUMNS[:-1], [_row(name, ops[name], "slope", findings.get(name)) for name in sorted(ops)])
    return "\n".join(lines) + "\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; cells beyond the columns are left out."""
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return lines + [f"| {' | '.join(map(cell, row[: len(columns)]))} |" for row in rows]


def _head(title: str, findings: Mapping[str, Finding], names: set[str]) -> list[str]:
    found: dict[str, int] = {}
    for name in names:
        verdict = findings[name].verdict.name if name in findings else UNCHECKED
        found[verdict] = found.get(verdict, 0) + 1
    counts = ", ".join(f"{verdict} {found[verdict]}" for verdict in sorted(found))
    return [
        title,
        "",
        "What the engine can differentiate, where, and what is known of every rule. This file is generated;",
        "it holds verdicts and conditions only, which are the same on every processor.",
        "",
        cell(f"{len(names)} functions: {counts}"),
        "",
        "SymPy: the rule run on exact numbers, against SymPy's derivative of the op's mathematics, evaluated in",
        "rigorous balls. Definition: the same, with the mathematics given as simpler functions. Exact: the same,",
        "the op itself being run on exact numbers. Differences and complex step see values only.",
        "",
        "Proved for: the branches of the proof by their conditions, at the shapes of one example; together they fill",
        "the domain, but for the edges between them. Kinks: where there is no derivative, and the slopes that the rule",
        "answers there, one for each operand, read off the rule itself. Exact for these shapes: both modes equal the",
        "differences of NumPy's own function over integers, on every basis vector and cotangent; f\\[2,3\\] is an",
        "array of that shape, everything else a constant argument.",
    ]


def _verdict(name: str, finding: Finding | None) -> tuple[str, str, str]:
    if finding is None:
        return name, UNCHECKED, ""
    return name, finding.verdict.name, known.branches_text(finding.proved)


def _shapes(finding: Finding | None) -> str:
    return known.exact_text(finding.exact) if finding is not None else ""


def _row(name: str, op: Op, checked: str, finding: Finding | None) -> tuple[str, ...]:
    by = ["SymPy" if op.exact is not None else "definition" if op.meaning is not None else "exact"]
    if op.fun is not stop_gradient:  # values move where its derivative, by declaration, does not
        by.append("differences")
    if op.holomorphic != "no":
        by.append("complex step" + ("" if op.holomorphic == "yes" else f" ({op.holomorphic})"))
    if op.domain is None:
        domain = known.EVERYWHERE
    else:
        domain = op.needs or "stated, without words"
    rule = finding.rule if finding is not None else None
    kinks = "no" if op.kinks is None else "yes" if rule is None else known.kinks_text(rule)
    return (*_verdict(name, finding), domain, kinks, checked, ", ".join(by), op.note, _shapes(finding))


def _names(functions: Any) -> list[str]:
    return sorted({shown_name(f) for f in functions})
