"""Exact arrays: NumPy code run over exact numbers gives NumPy's values, encloses the truth, and refuses in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from engine_examples import filled
from hypothesis import given
from hypothesis import strategies as st

from ad.constants import DEGREE, LN2, LN10, PI, RADIAN, TWO_OVER_SQRT_PI
from ad.containers import flatten
from verify import check
from verify.exactness import call_text
from verify.numbers.balls import Plain
from verify.numbers.exact import inputs, terms
from verify.numbers.gradient import enclosures
from verify.numbers.program import STEPS, Program, Refused
from verify.parts import in_parts
from verify.suites.calls import CALLS
from verify.suites.calls.linalg import CALLS as CALLS_OF_MATRICES

X = np.array([0.5, -1.25, 2.0, 0.75])
Y = np.array([1.5, 0.25, -3.0, 0.125])
M = np.array([[1.0, 2.5, -0.5], [0.25, -1.5, 3.0]])
S = np.array([[2.0, -1.0, 0.5], [0.25, 1.5, -2.0], [1.0, 0.75, 4.0]])

EXTREMES = (np.max, np.min, np.ptp)
CLOSE = 1e-13  # float64 evaluates the programs below to within some hundred roundoffs


def exactly(f: Callable[..., Any], *xs: Any, budget: float = 10.0) -> list[list[Plain]]:
    """The entries of each array that f returns, when it runs over exact numbers at xs."""
    program = Program([float(v) for x in xs for v in np.ravel(x)], budget)
    returned = in_parts(f(*inputs(program, [np.shape(x) for x in xs])))
    return enclosures(program, [list(terms(program, y).reshape(-1)) for y in flatten(returned)[1]])


def floating(f: Callable[..., Any], *xs: Any) -> list[np.ndarray]:
    """The same in float64."""
    returned = in_parts(f(*[np.array(x) for x in xs]))
    return [np.asarray(y, dtype=float).reshape(-1) for y in flatten(returned)[1]]


def agree(exact: list[list[Plain]], floats: list[np.ndarray]) -> bool:
    """Whether every exact entry is what float64 computed, up to its rounding."""
    if [len(row) for row in exact] != [len(row) for row in floats]:
        return False
    return all(
        abs(x.high - y) <= CLOSE * max(1.0, abs(y))
        for row, ys in zip(exact, floats, strict=True)
        for x, y in zip(row, ys, strict=True)
    )


def assigned(x: Any) -> Any:
    y = np.zeros_like(x)
    y[0] = x[1] * 2
    y[1:3] = x[2:] ** 2
    y[-1] += x[0]
    return y


def assigned_by_mask(x: Any) -> Any:
    y = x.copy()
    y[x < 0] = 0.0
    return y


def matrix_assigned(m: Any) -> Any:
    y = np.ones_like(m)
    y[0, 1] = m[1, 2]
    y[:, 0] = m[:, 2] * 3
    return y


def in_place(x: Any) -> Any:
    y = x * 1
    y += 3
    y *= x
    y -= 1
    y /= 4
    return y


def branching(x: Any) -> Any:
    total = 0 * x[0]
    for k in range(len(x)):
        total = total + (x[k] if x[k] > 0.6 else -(x[k] ** 2))
    return total


def newton(x: Any) -> Any:
    y = 0 * x + 1
    while np.any(abs(y * y - abs(x)) > 1e-9):
        y = (y + abs(x) / y) / 2
    return y


PROGRAMS: dict[str, tuple[Any, ...]] = {
    "arithmetic": (lambda x, y: (x + 2 * y - 3) / (y * y + 1) - x**3, X, Y),
    "reflected operators": (lambda x: 2 / (3 - x) + 2**x + 1.5 * x, X),
    "negative and absolute": (lambda x: -abs(x) + +x, X),
    "sum over an axis": (lambda m: np.sum(m * m, axis=1), M),
    "sum method keeps axes": (lambda m: m.sum(axis=0, keepdims=True) * m, M),
    "mean, var, std": (lambda m: (m.mean(), np.var(m, axis=0), np.std(m, axis=1, ddof=1)), M),
    "prod": (lambda m: np.prod(m, axis=0), M),
    "max and min": (lambda m: (np.max(m), np.min(m, axis=1), m.max(axis=0)), M),
    "cumsum": (lambda m: np.cumsum(m, axis=1), M),
    "add.reduce": (lambda m: np.add.reduce(m), M),
    "index by number": (lambda m: m[1] * m[-1, 0], M),
    "index by slice": (lambda x: x[::-1] * x[1:2], X),
    "index by ellipsis": (lambda m: m[..., 1] + m[0, ..., 0], M),
    "index by newaxis": (lambda x: x[:, None] * x[None, :], X),
    "index by list": (lambda x: x[[0, 0, 3]], X),
    "index by arrays": (lambda m: m[np.array([0, 1, 1]), np.array([2, 0, 2])], M),
    "index by plain mask": (lambda x: x[np.array([True, False, True, False])], X),
    "index by exact mask": (lambda x: x[x > 0] ** 2, X),
    "index by exact mask of rows": (lambda m: m[m[:, 0] > 0.5], M),
    "item assignment": (assigned, X),
    "item assignment by mask": (assigned_by_mask, X),
    "item assignment in a matrix": (matrix_assigned, M),
    "in-place operators": (in_place, X),
    "matmul": (lambda m, s: m @ s @ m.T, M, S),
    "matmul with a plain array": (lambda s: np.arange(6.0).reshape(2, 3) @ s, S),
    "dot, outer, inner": (lambda x, y: (x.dot(y), np.outer(x, y), np.inner(x, y)), X, Y),
    "einsum": (lambda m, s: np.einsum("ij,kj->ik", m, s), M, S),
    "einsum trace": (lambda s: np.einsum("ii->", s), S),
    "tensordot, kron, trace": (lambda s: (np.tensordot(s, s, 1), np.kron(s, s[0]), np.trace(s)), S),
    "where": (lambda x: np.where(x > 0, x, 2 * x), X),
    "conditions as numbers": (lambda x: x * (x > 0) + np.sum(x > 0) / (1 + (x < 0)) - np.mean(x > 1), X),
    "where with a plain condition": (lambda x: np.where(np.arange(4) % 2 == 0, x, 1.0), X),
    "comparisons joined": (lambda x: np.where((x > 0) & (x < 1) | (x == 2.0), x, 0.0), X),
    "logical functions": (lambda x: np.where(np.logical_not(np.logical_or(x > 1, x < 0)), x, -x), X),
    "maximum of a number": (lambda x: np.maximum(x, 0.3) + np.minimum(0.1, x), X),
    "clip": (lambda x: np.clip(x, -1.0, 1.0), X),
    "Python if": (branching, X),
    "Python while": (newton, np.array([4.0, 2.0])),
    "any and all": (lambda x: x * (2 if np.any(x > 1) and not np.all(x > 0) else 3), X),
    "any and all along an axis": (
        lambda m: (
            m * np.any(m > 1.2, axis=0) - m * m * np.all(m > -1, axis=1, keepdims=True), (m > 0).any(axis=(0, 1)) * m,
        ), M,
    ),
    "any and all of nothing": (lambda m: (m[0] * np.any(m[:0] > 0, axis=0), m[0] * np.all(m[:0] > 0, axis=0)), M),
    "any of complex numbers along an axis": (lambda m: m[0] * np.any((m + 1j * m - 2.5) * (m > 1), axis=0), M),
    "prod of nothing": (lambda m: (np.prod(m[:0], axis=0), np.prod(m[:0]), m[0] * np.nanprod(m[:0], axis=0)), M),
    "iteration": (lambda m: sum((row * row[0] for row in m), 0.0), M),
    "len, shape, ndim, size": (lambda m: m * len(m) + m.shape[1] * m.ndim - np.size(m), M),
    "reshape, ravel, flatten, T": (lambda m: (m.reshape(3, 2), m.ravel(), m.flatten(), m.T), M),
    "stack, concatenate": (lambda x, y: (np.stack([x, y]), np.concatenate([x, y, [1.0]])), X, Y),
    "filled like": (lambda m: np.ones_like(m) * m + np.zeros_like(m) + np.full_like(m, 2.5), M),
    "exponentials": (lambda x: np.exp(x) + np.log1p(x * x) + np.expm1(x) + np.exp2(x), X),
    "logarithms": (lambda x: np.log(x * x) + np.log2(x * x) + np.log10(x * x) + np.logaddexp(x, 1), X),
    "trigonometric": (lambda x: np.sin(x) * np.cos(x) + np.tan(x) + np.arctan(x) + np.arctan2(x, 2), X),
    "inverse": (lambda x: np.arcsin(x / 3) + np.arccos(x / 3) + np.arctanh(x / 3), X),
    "hyperbolic": (lambda x: np.sinh(x) + np.cosh(x) + np.tanh(x) + np.arcsinh(x) + np.arccosh(x * x + 1), X),
    "roots": (lambda x: np.sqrt(x * x) + np.cbrt(x) + np.hypot(x, 2) + np.square(x) + np.reciprocal(x), X),
    "whole powers of negatives": (lambda x: x**3 + x**-2 + x**0 + x**2.0, X),
    "real powers": (lambda x: (x * x) ** 0.3 + np.float_power(x * x, 1.7), X),
    "staircases": (lambda x: np.floor(x) + np.ceil(x) + np.trunc(x) + np.rint(x * 1.1) + np.sign(x), X),
    "remainders": (lambda x: np.remainder(x, 0.7) + np.fmod(x, 0.7) + x // 0.7 + x % 3, X),
    "degrees": (lambda x: np.deg2rad(x) + np.rad2deg(x) + np.sinc(x), X),
    "copysign": (lambda x, y: np.copysign(x, y), X, Y),
    "astype and item": (lambda x: x.astype(np.float32) * x[0].item(), X),
    "a dictionary of results": (lambda x: {"a": x[0], "b": [x[1], x[2:]]}, X),
    "a number": (lambda x: x * x + 1, 0.7),
    "no entries": (lambda x: (np.sum(x) + 3.0, x * 2), np.zeros(0)),
    "reused steps": (lambda x: (x * x + x) * (x * x + x) + x, X),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_exact_values_are_numpys_values(name: str) -> None:
    f, *xs = PROGRAMS[name]
    assert agree(exactly(f, *xs), floating(f, *xs)), name


def test_the_comparison_of_values_notices_an_input_that_moved() -> None:
    for name, (f, *xs) in PROGRAMS.items():
        if name in ("no entries", "staircases", "astype and item"):
            continue  # nothing there, flat, or rounded to float32
        moved = [np.array(x) for x in xs]
        moved[0].reshape(-1)[:] *= 1 + 1e-9
        assert not agree(exactly(f, *xs), floating(f, *moved)), name


def test_functions_that_move_or_reduce_entries_agree_on_all_engine_examples() -> None:
    tried, without_formula = 0, set()
    for function, calls in CALLS.items():
        for example in calls:
            xs, rebuild = filled(example, 3, np.float64)

            def f(*arrays: Any, function: Any = function, rebuild: Any = rebuild) -> Any:
                args, kwargs = rebuild(list(arrays))
                return function(*args, **kwargs)

            if function in EXTREMES and not all(np.size(x) for x in xs):
                continue  # an extreme of nothing is refused, as by NumPy
            with np.errstate(all="ignore"):
                floats = floating(f, *xs)
            if not all(np.isfinite(y).all() for y in floats):
                continue  # the mean of nothing: no number to compare with
            try:
                exact = exactly(f, *xs)
            except Refused as refused:
                if "have no formula" not in str(refused):
                    raise
                without_formula.add(function)
                continue
            assert agree(exact, floats), (function.__name__, call_text(example))
            tried += 1
    assert tried > 600
    assert np.linalg.eigh in without_formula
    assert without_formula <= {*CALLS_OF_MATRICES, np.roots}  # whose roots are eigenvalues


# --- the truth lies inside


TRUTHS: list[tuple[Callable[[Any], Any], Callable[[Any], Any], float]] = [
    (np.exp, mpmath.exp, 1 / 3), (np.log, mpmath.log, 2.0), (np.sin, mpmath.sin, 1e5), (np.cos, mpmath.cos, 1e22),
    (np.sqrt, mpmath.sqrt, 2.0), (np.arctan, mpmath.atan, 0.1), (np.tanh, mpmath.tanh, 20.0),
    (np.log1p, lambda x: mpmath.log(1 + x), 1e-9), (np.expm1, lambda x: mpmath.exp(x) - 1, 1e-9),
    (np.cbrt, mpmath.cbrt, 5.0), (lambda x: x**0.1, lambda x: x ** mpmath.mpf(0.1), 7.0),
    (lambda x: 1 - np.cos(x), lambda x: 1 - mpmath.cos(x), 1e-8),
    (lambda x: (1e16 + x) - 1e16, lambda x: x, 0.1),
    (lambda x: x / 3 * 3 - x + 1 / (x + 7), lambda x: 1 / (x + 7), 0.1),
    (lambda x: np.sinc(x), lambda x: mpmath.sinpi(x) / (mpmath.pi * x), 0.3),
]  # fmt: skip


@pytest.mark.parametrize(("f", "truth", "x"), TRUTHS)
def test_enclosures_hold_the_value_of_an_independent_library(f: Any, truth: Any, x: float) -> None:
    ((found,),) = exactly(f, x)
    with mpmath.workdps(90):
        wanted = truth(mpmath.mpf(x))
        assert abs(mpmath.mpf(found.digits) - wanted) <= abs(wanted) * mpmath.mpf(10) ** -29
        assert abs(mpmath.mpf(found.high) + mpmath.mpf(found.low) - wanted) <= found.radius
        assert abs(mpmath.mpf(math.nextafter(found.high, math.inf)) - wanted) > found.radius  # a double away
    assert found.radius <= 1e-29 * abs(found.high)


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6).filter(lambda q: q != 0))
def test_rational_arithmetic_is_exact(q: Fraction) -> None:
    ((found,),) = exactly(lambda x: (x * q + 1) / q - 1 / (1 * q) + q, 0.1)
    wanted = Fraction(0.1) + q
    assert abs(Fraction(found.high) + Fraction(found.low) - wanted) <= Fraction(found.radius)


# --- literals and named constants


def test_literals_mean_exact_numbers_and_floats_mean_what_they_are() -> None:
    rows = exactly(
        lambda x: [x.exact_constant(Fraction(1, 3)), x.exact_constant("pi"), x.exact_constant("E"), 0 * x + 1 / 3],
        1.0,
    )
    with mpmath.workdps(60):
        found = [mpmath.mpf(row[0].digits) for row in rows]
        wanted = [mpmath.mpf(1) / 3, +mpmath.pi, mpmath.exp(1), mpmath.mpf(1 / 3)]
        assert all(abs(a - b) < mpmath.mpf(10) ** -29 for a, b in zip(found, wanted, strict=True))
        assert abs(found[0] - found[3]) > mpmath.mpf(10) ** -18  # the mutant: a literal read as a double


def test_numbers_of_every_dtype_enter_exactly() -> None:
    third = np.longdouble(1) / 3
    for number in (np.float32(0.1), np.float16(0.1), np.int64(2**62 + 1), np.uint8(7), 2**80, third):
        ((found,),) = exactly(lambda x, number=number: 0 * x + number, 1.0)
        wanted = Fraction(int(number)) if isinstance(number, np.integer) else Fraction(*number.as_integer_ratio())
        assert abs(Fraction(found.high) + Fraction(found.low) - wanted) <= Fraction(found.radius)


def test_named_constants_are_the_exact_numbers_and_not_their_doubles() -> None:
    with mpmath.workdps(60):
        wanted = {
            PI: mpmath.pi, LN2: mpmath.log(2), LN10: mpmath.log(10), DEGREE: mpmath.pi / 180,
            RADIAN: 180 / mpmath.pi, TWO_OVER_SQRT_PI: 2 / mpmath.sqrt(mpmath.pi),
        }  # fmt: skip
        for constant, truth in wanted.items():
            (named,), (plain,) = exactly(lambda x, c=constant: [x * c, x * float(c)], 1.0)
            assert abs(mpmath.mpf(named.digits) - truth) < abs(truth) * mpmath.mpf(10) ** -29
            assert abs(mpmath.mpf(plain.digits) - truth) > abs(truth) * mpmath.mpf(10) ** -22  # the mutant


# --- refusals


def endless(x: Any) -> Any:
    while True:
        x = x + 1.0


def doubled(x: Any) -> Any:
    for _ in range(25):
        x = np.concatenate([x, x * x])
    return np.sum(x)


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "float()": (lambda x: float(x[0]), "a plain float was asked of an exact value"),
    "int()": (lambda x: int(x[0]), "a plain float was asked of an exact value"),
    "math.sin": (lambda x: math.sin(x[0]), "a plain float was asked of an exact value"),
    "np.asarray": (np.asarray, "np.asarray was asked of an exact value"),
    "a list of exact values made an array": (lambda x: np.array([x[0], x[1]]), "asked of an exact value"),
    "an unknown function": (np.packbits, "np.packbits has no exact meaning here"),
    "an unknown ufunc": (np.spacing, "spacing has no exact meaning here"),
    "astype(int)": (lambda x: x.astype(int), "astype(int64) of an exact value"),
    "NaN": (lambda x: x * np.nan, "the exact value is not finite: outside the domain, or at a pole"),
    "a complex number's sign": (lambda x: np.sign(x * 1j), "np.sign of complex numbers has no exact meaning here"),
    "complex()": (lambda x: complex(x[0] * 1j), "a plain number was asked of an exact value"),
    "text": (lambda x: x + "a", "'a' is not a real number"),
    "None": (lambda x: np.add(x, None), "None is not a real number"),
    "out=": (lambda x: np.add(x, 1, out=x), "with out= or where= has no exact meaning here"),
    "a branch on an exact tie": (
        lambda x: 1.0 if np.sin(x[0]) ** 2 + np.cos(x[0]) ** 2 < 1 else 0.0, "a branch is undecided at 4096 bits",
    ),
    "the logarithm of -1.25": (np.log, "the exact value is not finite: outside the domain, or at a pole"),
    "division by zero": (lambda x: 1 / (x - x), "the exact value is not finite"),
    "too many steps": (doubled, f"more than {STEPS} scalar steps"),
    "no end": (endless, "the budget of 0.2 s was used up after"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_a_sentence(name: str) -> None:
    f, words = REFUSED[name]
    before = flint.ctx.prec
    with pytest.raises(Refused) as refusal:
        exactly(f, X, budget=0.2 if name == "no end" else 10.0)
    assert words in str(refusal.value)
    assert flint.ctx.prec == before


def test_the_truth_of_several_entries_is_refused_as_numpy_does() -> None:
    with pytest.raises(ValueError, match=r"ambiguous: use \.any\(\) or \.all\(\)"):
        exactly(lambda x: x if x > 0 else -x, X)


# --- what a program remembers of its path


def recorded(f: Callable[..., Any], *xs: Any) -> Program:
    program = Program([float(v) for x in xs for v in np.ravel(x)])
    f(*inputs(program, [np.shape(x) for x in xs]))
    return program


EDGES: list[tuple[str, Callable[..., Any], Any, bool]] = [
    ("if at its edge", lambda x: 1.0 if x > 0 else 2.0, 0.0, True),
    ("if beside its edge", lambda x: 1.0 if x > 0 else 2.0, 1e-300, False),
    ("the truth of 0", lambda x: 1.0 if x else 2.0, 0.0, True),
    ("equality that holds", lambda x: 1.0 if x == 3 else 2.0, 3.0, True),
    ("equality that fails", lambda x: 1.0 if x == 3 else 2.0, 2.0, False),
    ("mask at its edge", lambda x: x[x >= 1], np.array([0.5, 1.0]), True),
    ("all at its edge", lambda x: np.all(x >= 1), np.array([2.0, 1.0]), True),
    ("joined by and, or, not", lambda x: bool(~(x > 1) & (x < 5) | (x > 9)), 1.0, True),
    ("constants compared", lambda x: 1.0 if np.zeros_like(x) >= 0 else 2.0, 1.0, False),
    ("a selection is no decision", lambda x: np.where(x > 0, x, -x), 0.0, False),
]


@pytest.mark.parametrize(("name", "f", "x", "edge"), EDGES)
def test_a_decision_exactly_on_its_edge_is_remembered(name: str, f: Any, x: Any, edge: bool) -> None:
    assert recorded(f, x).on_edge is edge


def test_steps_grow_linearly_and_shared_values_are_not_repeated() -> None:
    def layers(n: int) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            for _ in range(n):
                x = x * x + x
            return x

        return f

    few, many = (len(recorded(layers(n), 0.1).steps) for n in (10, 20))
    assert many - few == 20
    assert len(recorded(lambda x: 3.5 * x + 3.5 * x, 1.0).steps) == 5  # x, 3.5 once, two products, a sum


def test_a_function_that_returns_other_arrays_over_exact_numbers_is_refused_in_words() -> None:
    def f(x: Any) -> Any:
        return np.sum(x * x) if isinstance(x, np.ndarray) else x * x

    point = check(f, np.array([1.0, 2.0]), gradient=lambda x: 2 * x).worst_point
    assert "over exact numbers f returns arrays of shapes [(2,)], over floats [()]" in point.reason
    assert point.verdict.ok
    wrong = check(f, np.array([1.0, 2.0]), gradient=lambda x: 2.01 * x)
    assert wrong.verdict.name == "WRONG"
