"""Summands and factors of the exact derivative as a formula: "lacks the term x*cos(x)", "lacks the factor cos(x)"."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy as sp

from verify.formulas import derivative
from verify.numbers.balls import Undecided, ball, precision
from verify.numbers.formula import compiled
from verify.numbers.program import Refused
from verify.numbers.recorded import recorded
from verify.numbers.symbols import formula
from verify.residuals.case import Case, Guess, Sample

ENTRIES = 6  # of an input up to which the formula of every entry is taken apart
OPERATIONS = 60  # of a derivative up to which it is
PARTS = 40  # of a formula that are tried
BITS = 128  # of the balls in which parts are computed
Formulas = list[tuple[Any, Any]]  # for every entry of the input (f, its derivative)


def terms(case: Case) -> Iterator[Guess]:
    """A summand of the derivative is missing, has the wrong sign, or is there twice."""
    found = _formulas(case)
    for name, places in _common(case, found, _summands):
        for k, says in (
            (-1, "lacks the term {}"),
            (-2, "has the wrong sign at the term {}"),
            (1, "holds the term {} twice"),
        ):
            kind = {-1: "missing term", -2: "sign", 1: "extra term"}[k]
            yield Guess(kind, says.format(name),
                        lambda s, k=k, t=places: _plus(case, s, t, k))  # type: ignore[misc]  # fmt: skip


def factors(case: Case) -> Iterator[Guess]:
    """The derivative is off by a factor that stands in the formula: a chain rule cut short."""
    found = _formulas(case)
    for name, places in _common(case, found, _factors):
        yield Guess("chain rule", f"lacks the factor {name}: the answer times it is the truth",
                    lambda s, t=places: _times(case, s, t, -1))  # type: ignore[misc]  # fmt: skip
        yield Guess("chain rule", f"has the factor {name} too much",
                    lambda s, t=places: _times(case, s, t, 1))  # type: ignore[misc]  # fmt: skip


def values_of_parts(case: Case) -> Iterator[Guess]:
    """The answer is some part of the formula, such as the derivative by the inner function alone."""
    for name, places in _common(case, _formulas(case), _parts):
        yield Guess("value", f"is {name}", lambda s, t=places: _weighted(case, s, t))  # type: ignore[misc]


def products(case: Case) -> Iterator[Guess]:
    """The derivatives of two factors multiplied, or of a quotient divided, where the rule has two summands."""
    for name, places in _common(case, _formulas(case), _multiplied):
        yield Guess("product rule", f"is {name}: derivatives multiplied, or divided, where the rule has two terms",
                    lambda s, t=places: _weighted(case, s, t))  # type: ignore[misc]  # fmt: skip


# --- formulas


def _formulas(case: Case) -> Formulas:
    """f and its derivative by every entry of the input; [] where they are too long, or f has several outputs."""
    s = case.samples[0]
    if "formulas" + case.name not in s.shared:
        try:
            s.shared["formulas" + case.name] = _derived(case)
        except (Refused, ValueError):
            s.shared["formulas" + case.name] = []
    found: Formulas = s.shared["formulas" + case.name]
    return found


def _derived(case: Case) -> Formulas:
    question = case.question
    if question.claim.order == 2 or sum(np.size(y) for y in question.outputs) != 1 or case.stop - case.start > ENTRIES:
        return []
    program, rows = recorded(question)
    ((term, weight),) = rows[0]
    expression = formula(program, term.index, list(question.entries)) if weight == 1.0 else None
    if expression is None:
        return []
    symbols = [sp.Symbol(name, real=True) for name in question.entries[case.start : case.stop]]
    found = [(expression, derivative(expression, x)) for x in symbols]
    return found if all(sp.count_ops(d) <= OPERATIONS for _, d in found) else []


def _common(case: Case, found: Formulas, parts: Any) -> Iterator[tuple[str, list[Any]]]:
    """The parts that the derivative by every entry has, by their name with x for x[i]."""
    if not found:
        return
    entries = case.question.entries[case.start : case.stop]
    named = [{_named(p, e, case.name): p for p in parts(*f)} for f, e in zip(found, entries, strict=True)]
    for name in itertools.islice(named[0], PARTS):
        if all(name in other for other in named):
            yield name, [other[name] for other in named]


def _named(part: Any, entry: str, name: str) -> str:
    return str(part).replace(entry, name)


def _summands(f: Any, d: Any) -> list[Any]:
    found = [*sp.Add.make_args(d), *sp.Add.make_args(sp.expand(d))]
    return [t for t in dict.fromkeys(found) if t != d]


def _factors(f: Any, d: Any) -> list[Any]:
    """Products of factors of the derivative, then what else stands in it or in f."""
    args = [a for a in sp.Mul.make_args(d) if a != d][:5]
    products = [sp.Mul(*some) for n in range(1, len(args)) for some in itertools.combinations(args, n)]
    return [p for p in dict.fromkeys([*products, *_parts(f, d)]) if p.free_symbols]


def _multiplied(f: Any, d: Any) -> list[Any]:
    found = []
    for x in d.free_symbols:
        for u in [a for a in sp.Mul.make_args(f) if a.has(x) and a != f][:5]:
            v = f / u
            found += [sp.diff(u, x) * sp.diff(v, x), sp.diff(u, x) / sp.diff(1 / v, x) if v.has(x) else d]
    return [p for p in dict.fromkeys(found) if p.free_symbols and p != d]


def _parts(f: Any, d: Any) -> list[Any]:
    found = dict.fromkeys([*sp.preorder_traversal(d), *sp.preorder_traversal(f)])
    return [p for p in found if isinstance(p, sp.Expr) and p.free_symbols and p != d and not _constant(p)]


def _constant(part: Any) -> bool:
    """Whether all its symbols stand for numbers that were written out."""
    return all(is_number(s.name) for s in part.free_symbols)


def is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


# --- values


def _value(case: Case, s: Sample, part: Any) -> float:
    """A part of the formula at a sample; NaN where it is not known."""
    key = ("part", part)
    if key not in s.shared:
        symbols = tuple(sorted(part.free_symbols, key=lambda x: x.name))
        at = dict(zip(s.question.entries, s.question.point, strict=True))
        try:
            with precision(BITS):
                found = compiled(part, symbols)([ball(at[x.name] if x.name in at else float(x.name)) for x in symbols])
                s.shared[key] = float(ball(found).mid())
        except (Refused, Undecided, ValueError, TypeError):
            s.shared[key] = np.nan
    return float(s.shared[key])


def _array(case: Case, s: Sample, parts: list[Any]) -> np.ndarray:
    return np.reshape([_value(case, s, p) for p in parts], case.shape)


def _weighted(case: Case, s: Sample, parts: list[Any]) -> np.ndarray:
    """The parts times the cotangent of every row."""
    g = np.array([float(np.ravel(row[0])[0]) for row in s.question.cotangents])
    found: np.ndarray = g.reshape(-1, *(1 for _ in case.shape)) * _array(case, s, parts)
    return found


def _plus(case: Case, s: Sample, parts: list[Any], k: int) -> np.ndarray:
    found: np.ndarray = case.truth(s) + k * _weighted(case, s, parts)
    return found


def _times(case: Case, s: Sample, parts: list[Any], power: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        found: np.ndarray = case.truth(s) * _array(case, s, parts) ** float(power)
    return found
