"""The formula of a claim and SymPy's exact gradient of it, as LaTeX, when they are short enough to read."""

from __future__ import annotations

import functools
from typing import Any

import sympy as sp

from verify.numbers.program import Refused
from verify.numbers.recorded import recorded
from verify.numbers.symbols import formula
from verify.question import Question

ENTRIES = 12  # a gradient with more entries is not shown as formulas
SHOWN = 120  # operations in a derivative that a reader can still take in


def formulas(question: Question) -> tuple[str, tuple[tuple[str, str], ...]]:
    """(LaTeX of the function, ((entry, LaTeX of its derivative), ...)); empty where too long or refused."""
    if question.shape[0] != 1 or question.shape[1] > ENTRIES:
        return "", ()
    try:
        program, rows = recorded(question)
        ((term, weight),) = rows[0]
        expression = formula(program, term.index, list(question.entries))
    except (Refused, ValueError):
        return "", ()
    if expression is None or weight != 1.0:
        return "", ()
    shown = [(e, derivative(expression, sp.Symbol(e, real=True))) for e in question.entries]
    return latex(expression), tuple((e, latex(d)) for e, d in shown if sp.count_ops(d) <= SHOWN)


@functools.lru_cache(maxsize=2048)
def derivative(expression: Any, symbol: Any) -> Any:
    """SymPy's derivative of a written-out formula."""
    return sp.diff(expression, symbol)


def latex(expression: Any) -> str:
    """LaTeX in which every name stands as text, whatever characters it has."""
    symbols = {s: _name(s.name) for s in expression.free_symbols}
    return str(sp.latex(expression, symbol_names=symbols))


def _name(name: str) -> str:
    """A name as LaTeX text; the characters that LaTeX reads are escaped."""
    if name.replace(".", "").replace("e-", "").isdigit():
        return name
    escaped = "".join("\\" + c if c in "_#$%&{}" else c for c in name)
    return escaped if len(name) == 1 else rf"\text{{{escaped}}}"
