"""The op table for readers: one row an op, what is checked of it and by what, and with which verdict.

Only what is the same on every processor is written: verdicts and conditions, no measured numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ad.table  # noqa: F401  importing it fills TABLE, MEANINGS and CONSTANTS
from ad.core import Op
from ad.table.elementwise import stop_gradient
from ad.variable import CONSTANTS, MEANINGS, TABLE
from verify.render.markdown import cell

FAMILIES = {  # family: (what such an op is, what of it is checked)
    "elementwise": ("entry i of the result depends on entry i of each operand alone", "slope"),
    "linear": ("linear in its one array, or in each of a sequence", "transpose"),
    "multilinear": ("linear in each of its arrays", "transposes"),
    "general": ("everything else: it states a vjp and a jvp", "vjp and jvp"),
}
UNCHECKED = "not checked"


def rules_markdown(verdicts: Mapping[str, str]) -> str:
    """The table as Markdown, grouped by family and sorted by name, ending in a newline.

    Arguments
        verdicts: the verdict of a seeded check of each op and composite function, by name as shown
            (``exp``, ``linalg.norm``); those left out are marked "not checked".
    Raises
        ValueError for a verdict of an op that the table does not hold.
    Example
        >>> [line for line in rules_markdown({"exp": "CERTIFIED"}).splitlines() if line.startswith("| exp |")]
        ['| exp | CERTIFIED | everywhere | no | slope | SymPy, differences, complex step |  |']
    """
    names = {shown_name(f) for f in (*TABLE, *MEANINGS)}
    unknown = sorted(verdicts.keys() - names)
    if unknown:
        raise ValueError(f"verdicts name {unknown[0]!r}, which is in no table of ad: leave it out or declare it")
    lines = _head(verdicts, names)
    for family, (meaning, checked) in FAMILIES.items():
        ops = {shown_name(f): op for f, op in TABLE.items() if op.family == family}
        lines += ["", f"## {family.capitalize()}: {meaning}", ""]
        lines += ["| op | verdict | domain | kinks | checked | by | note |", "|---|---|---|---|---|---|---|"]
        lines += [_row(name, ops[name], checked, verdicts.get(name, UNCHECKED)) for name in sorted(ops)]
    lines += ["", "## By definition: functions written in the ops above, with no rule of their own", ""]
    lines += ["| function | verdict | checked |", "|---|---|---|"]
    lines += [f"| {cell(n)} | {cell(verdicts.get(n, UNCHECKED))} | by definition |" for n in _names(MEANINGS)]
    lines += ["", "## No derivative by nature: computed on the values", "", cell(", ".join(_names(CONSTANTS)))]
    return "\n".join(lines) + "\n"


def shown_name(function: Callable[..., Any]) -> str:
    """The name under which a function stands in the table: NumPy's without ``np.``.

    Example
        >>> import numpy as np
        >>> shown_name(np.exp), shown_name(np.linalg.norm)
        ('exp', 'linalg.norm')
    """
    module = getattr(function, "__module__", None) or ""
    inner = module.removeprefix("numpy.") + "." if module.startswith("numpy.") else ""
    return inner + function.__name__


def _head(verdicts: Mapping[str, str], names: set[str]) -> list[str]:
    found: dict[str, int] = {}
    for name in names:
        verdict = verdicts.get(name, UNCHECKED)
        found[verdict] = found.get(verdict, 0) + 1
    counts = ", ".join(f"{verdict} {found[verdict]}" for verdict in sorted(found))
    return [
        "# The op table",
        "",
        "What the engine can differentiate, where, and what is known of every rule. This file is generated;",
        "it holds verdicts and conditions only, which are the same on every processor.",
        "",
        cell(f"{len(names)} functions: {counts}"),
        "",
        "SymPy: the rule run on exact numbers, against SymPy's derivative of the op's mathematics, evaluated in",
        "rigorous balls. Definition: the same, with the mathematics given as simpler functions. Exact: the same,",
        "the op itself being run on exact numbers. Differences and complex step see values only.",
    ]


def _row(name: str, op: Op, checked: str, verdict: str) -> str:
    by = ["SymPy" if op.exact is not None else "definition" if op.meaning is not None else "exact"]
    if op.fun is not stop_gradient:  # values move where its derivative, by declaration, does not
        by.append("differences")
    if op.holomorphic != "no":
        by.append("complex step" + ("" if op.holomorphic == "yes" else f" ({op.holomorphic})"))
    if op.domain is None:
        domain = "everywhere"
    else:
        domain = op.needs or "stated, without words"
    kinks = "no" if op.kinks is None else "yes"
    cells = (name, verdict, domain, kinks, checked, ", ".join(by), op.note)
    return f"| {' | '.join(cell(c) for c in cells)} |"


def _names(functions: Any) -> list[str]:
    return sorted({shown_name(f) for f in functions})
