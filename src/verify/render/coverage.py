"""The coverage table: as text, and as a document of what has a name of its own here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from verify.coverage import ENGINES, Row
from verify.finding import Finding


def coverage_text(rows: Sequence[Row]) -> str:
    """One line a function, by area: what it is called here, or why it is left out, and who else differentiates it.

    Arguments
        rows: as ``verify.coverage.rows`` gives them.
    Example
        >>> from verify.coverage import rows
        >>> print(coverage_text([row for row in rows() if row.name == "numpy.tanh"]))
        ufunc
          numpy.tanh  autograd  jax  mygrad  torch  chainrules  np.tanh
        <BLANKLINE>
        1 of 1 functions; autograd 1, jax 1, mygrad 1, torch 1, chainrules 1
        <BLANKLINE>
    """
    width = max((len(row.name) for row in rows), default=0)
    lines: list[str] = []
    for category in dict.fromkeys(row.category for row in rows):
        lines += [category, *(_line(row, width) for row in rows if row.category == category), ""]
    covered = sum(bool(row.ours) for row in rows)
    others = ", ".join(f"{engine} {sum(engine in row.engines for row in rows)}" for engine in ENGINES)
    return "\n".join([*lines, f"{covered} of {len(rows)} functions; {others}"]) + "\n"


def _line(row: Row, width: int) -> str:
    others = "  ".join(engine if engine in row.engines else "-".ljust(len(engine)) for engine in ENGINES)
    return f"  {row.name:{width}}  {others}  {row.ours or f'left out: {row.reason}'}"


def namesakes_markdown(rows: Sequence[Row], findings: Mapping[str, Finding]) -> str:
    """The functions with a namesake here, and the special cases of functions, with what was found at one example.

    Arguments
        rows: as for ``coverage_text``. findings: by name of the coverage table; the document has these.
    """
    counts = Counter(finding.verdict.name for finding in findings.values())
    lines = [
        "# Namesakes, and special cases of functions",
        "",
        "Functions of NumPy and SciPy that do not hand traced arrays on have a namesake with the same signature",
        "under `ad`; and some functions are several by their arguments. Each is judged at one example. This file",
        "is generated.",
        "",
        f"{len(findings)} functions: {', '.join(f'{verdict} {counts[verdict]}' for verdict in sorted(counts))}",
        "",
        "| function | called here | verdict |",
        "|---|---|---|",
    ]
    for row in rows:
        if row.name in findings:
            lines.append(f"| {row.name} | {row.ours} | {findings[row.name].verdict.name} |".replace("__", "\\_\\_"))
    return "\n".join(lines) + "\n"
