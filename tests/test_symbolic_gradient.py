"""The symbolic oracle: SymPy's derivative of a recorded program, step by step, certified to any precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import Claim, Estimate, Refusal, parse
from verify.catalogue import half_digit
from verify.numbers import deciding
from verify.numbers.balls import ball, precision
from verify.numbers.formula import compiled
from verify.numbers.recorded import recorded
from verify.numbers.symbols import formula
from verify.oracles import symbolic
from verify.question import prepare
from verify.suite import ReferencePoint, Row, built_in

X = np.array([0.5, -1.25, 2.0])


def asked(f: Any, *xs: Any, **claim: Any) -> Estimate | Refusal:
    return symbolic(prepare(Claim(f, *xs, **claim)))


def certified(f: Any, *xs: Any, **claim: Any) -> Estimate:
    answer = asked(f, *xs, **claim)
    assert isinstance(answer, Estimate), answer
    assert answer.certified
    return answer


def refused(f: Any, *xs: Any, **claim: Any) -> Refusal:
    answer = asked(f, *xs, **claim)
    assert isinstance(answer, Refusal), answer
    return answer


def digits(f: Any, *xs: Any) -> list[str]:
    (row,) = certified(f, *xs).digits
    return list(row)


# --- all digits of values from elsewhere


def sample() -> Iterator[tuple[Row, ReferencePoint]]:
    """Every equation of the corpora, at its first point with a converged reference."""
    for suite in built_in():
        for row in suite.rows:
            yield from ((row, point) for point in [p for p in row.reference if p.converged][:1])


def meets(found: str, wanted: Decimal) -> bool:
    """Whether digits of a certified value agree with 27 digits from elsewhere."""
    with localcontext() as context:
        context.prec = 60
        slack = abs(wanted) * Decimal(10) ** -29
        return abs(Decimal(found) - wanted) <= Decimal(half_digit(wanted)) + slack


def test_symbolic_gradients_have_all_27_digits_of_the_reference() -> None:
    tried = 0
    for row, point in sample():
        expression = parse(row.expression, [v.name for v in row.variables])
        answer = asked(expression, at=point.at)
        if isinstance(answer, Refusal):
            assert answer.undefined or "domain" in answer.reason, (row.id, answer.reason)
            continue
        for name, found in zip(expression.names, answer.digits[0], strict=True):
            wanted = Decimal(point.gradient[name])
            assert meets(found, wanted), (row.id, name, found, wanted)
            with localcontext() as context:
                context.prec = 60
                ulp = Decimal(10) ** (wanted.adjusted() - 26)
                assert wanted == 0 or not meets(found, wanted + 2 * ulp), "the mutant: a wrong 27th digit"
            tried += 1
    assert tried > 500


# --- the cost


def layer(x: Any) -> Any:
    return np.sin(x) * x + x * x / 3


def deep(n: int) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        for _ in range(n):
            x = layer(x)
        return x

    return f


def derivative_of_deep(n: int, x: float) -> float:
    slope = 1.0
    for _ in range(n):
        slope *= math.cos(x) * x + math.sin(x) + 2 * x / 3
        x = math.sin(x) * x + x * x / 3
    return slope


@pytest.mark.parametrize("n", [3, 12, 40])
def test_symbolic_cost_is_linear_in_the_depth_of_a_nested_function(n: int) -> None:
    question = prepare(Claim(deep(n), 0.9))
    answer = symbolic(question)
    assert isinstance(answer, Estimate)
    program, _ = recorded(question)
    assert len(program.steps) == 2 + 5 * n  # the input, the 3, and five operations a layer
    assert answer.value[0, 0] == pytest.approx(derivative_of_deep(n, 0.9), rel=1e-9)
    assert answer.radius[0, 0] <= 1e-29 * abs(answer.value[0, 0])
    assert answer.value[0, 0] != pytest.approx(derivative_of_deep(n, 0.9 + 1e-6), rel=1e-9)  # the mutant: not x


def test_symbolic_gradient_of_a_product_of_200_variables() -> None:
    xs = 1 + np.arange(1, 201) / 512  # dyadic: products of fractions are exact

    def product(x: Any) -> Any:
        y = 1.0
        for k in range(len(x)):
            y = y * x[k]
        return y

    question = prepare(Claim(product, xs))
    answer = symbolic(question)
    assert isinstance(answer, Estimate)
    program, _ = recorded(question)
    assert len(program.steps) <= 402
    whole = math.prod(Fraction(float(x)) for x in xs)
    for k in (0, 77, 199):
        wanted = whole / Fraction(float(xs[k]))
        found = Fraction(float(answer.value[0, k])) + Fraction(float(answer.low[0, k]))
        assert abs(found - wanted) <= Fraction(float(answer.radius[0, k]))
        wrong = whole / Fraction(float(xs[k - 1]))  # the mutant: a neighbour's derivative
        assert abs(found - wrong) > Fraction(float(answer.radius[0, k]))


# --- against SymPy's derivative of the written-out formula


WRITTEN: dict[str, tuple[Any, ...]] = {
    "rational": (lambda x, y: (x * y + 1) / (x**2 + y**2 + 1), 0.7, -1.3),
    "exponential": (lambda x, y: np.exp(-(x**2)) * np.sin(3 * y) + np.log(y), 0.7, 1.3),
    "powers": (lambda x, y: x**y + x**2.5 + y**-3 + (x + y) ** 0.1, 0.7, 1.3),
    "roots": (lambda x, y: np.sqrt(x**2 + y) + np.cbrt(x) + np.hypot(x, y), 0.7, 1.3),
    "hyperbolic": (lambda x, y: np.tanh(x * y) + np.sinh(x) / np.cosh(y) + np.arctanh(x / 2), 0.7, 1.3),
    "inverse": (lambda x, y: np.arcsin(x / 2) + np.arctan2(x, y) + np.arccosh(y + 1) + np.arccos(x), 0.7, 1.3),
    "off its kinks": (lambda x, y: abs(x - y) + np.maximum(x, y) * np.minimum(x, 2) + np.sign(x), 0.7, 1.3),
    "a selection": (lambda x, y: np.where(x < y, x * y, x / y) + np.floor(x) + np.remainder(y, 0.5), 0.7, 1.3),
    "shared parts": (lambda x, y: deep(3)(x) * y, 0.7, 1.3),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_symbolic_gradient_is_sympys_derivative_of_the_whole_formula(name: str) -> None:
    f, *xs = WRITTEN[name]
    question = prepare(Claim(f, *xs))
    answer = symbolic(question)
    assert isinstance(answer, Estimate)
    program, rows = recorded(question)
    ((term, _),) = rows[0]
    written = formula(program, term.index, list(question.entries))
    free = tuple(sorted(written.free_symbols, key=str))
    for k, entry in enumerate(question.entries):
        slope = sp.diff(written, sp.Symbol(entry, real=True))
        with precision(400):
            known = dict(zip(question.entries, xs, strict=True))
            point = [ball(known[s.name] if s.name in known else float(s.name)) for s in free]
            wanted = compiled(slope, free)(point)
            found = flint.arb(float(answer.value[0, k])) + flint.arb(float(answer.low[0, k]))
            gap = abs(found - wanted)
            assert gap <= flint.arb(float(answer.radius[0, k])) + abs(wanted) * flint.arb(2) ** -380
            assert not abs(found - wanted * (1 + flint.arb(2) ** -80)) <= flint.arb(float(answer.radius[0, k]))


# --- kinks and edges


KINKS: dict[str, tuple[Any, ...]] = {
    "abs at 0": (np.abs, 0.0),
    "abs of a difference": (lambda x, y: abs(x - y), 1.5, 1.5),
    "maximum at a tie": (np.maximum, 2.0, 2.0),
    "minimum at a tie": (lambda x: np.minimum(x, 1 - x), 0.5),
    "max of a vector with a tie": (np.max, np.array([1.0, 3.0, 3.0])),
    "clip at its edge": (lambda x: np.clip(x, 0.0, 1.0), 1.0),
    "where at its edge": (lambda x: np.where(x > 0, x, 0.0), 0.0),
    "where on an equality": (lambda x: np.where(x == 2, x, 3 * x), 2.0),
    "a condition as a number": (lambda x: x * (x > 0), 0.0),
    "floor at an integer": (np.floor, 2.0),
    "rint halfway": (np.rint, 2.5),
    "sign at 0": (np.sign, 0.0),
    "remainder at a multiple": (lambda x: np.remainder(x, 0.5), 1.5),
    "copysign at 0": (lambda x, y: np.copysign(x, y), 0.0, 1.0),
    "relu deep inside": (lambda x: np.exp(np.maximum(np.sin(x), 0.0)), 0.0),
}


@pytest.mark.parametrize("name", KINKS)
def test_symbolic_refuses_a_kink_and_answers_beside_it(name: str) -> None:
    f, *xs = KINKS[name]
    answer = refused(f, *xs)
    assert answer.undefined
    assert "no unique derivative" in answer.reason
    beside = [np.array(x) for x in xs]
    beside[0].reshape(-1)[-1] += 1e-12
    certified(f, *beside)


REFUSED: dict[str, tuple[Any, ...]] = {
    "log of 0": (np.log, 0.0, "finite"),
    "log of a negative number": (np.log, -1.0, "finite"),
    "infinite slope": (np.sqrt, 0.0, "finite"),
    "a pole": (lambda x: 1 / (x - 1), 1.0, "finite"),
    "a fractional power of a negative number": (lambda x: x**0.5, -2.0, "finite"),
    "arcsin outside": (np.arcsin, 1.5, "finite"),
    "0 times what is not finite": (lambda x: x + 0 * np.log(x - 2), 1.0, "0 is multiplied by what is not finite"),
    "a mask over log(0)": (lambda x: np.sum(np.array([0.0, 1.0]) * np.log(x)), np.array([0.0, 2.0]), "0 is multiplied"),
    "beyond all exponents": (lambda x: np.exp(np.exp(np.exp(np.exp(np.exp(x))))), 3.0, "finite"),
    "a branch on its edge": (lambda x: x if x > 0 else 0 * x, 0.0, "lies exactly on its edge"),
    "a mask on its edge": (lambda x: np.sum(x[x >= 1]), np.array([1.0, 2.0]), "lies exactly on its edge"),
    "an unknown function": (lambda x: np.sum(np.histogram(x)[0]) * 1.0, X, "np.histogram has no exact meaning here"),
    "code that raises": (lambda x: [][len(x)] if not isinstance(x, np.ndarray) else np.sum(x), X, "IndexError"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_symbolic_refuses_with_the_reason(name: str) -> None:
    f, x, words = REFUSED[name]
    assert words in refused(f, x).reason


def test_symbolic_ignores_lanes_that_are_not_selected() -> None:
    x = np.array([-1.0, 0.0, 4.0])
    assert digits(lambda x: np.sum(np.where(x > 1, np.log(x * x) + 1 / x, 2 * x)), x)[:2] == digits(
        lambda x: np.sum(2 * x), x[:2]
    )
    assert "finite" in refused(lambda x: np.sum(np.log(x * x)), x).reason  # the mutant: the lane is selected


# --- precision


def beside_a_square(x: Any) -> Any:
    big = 0 * x + 1e200
    return ((big + x) ** 2 - big**2 - 2 * big * x) / (2 * x)


CANCELLING: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "(1 + x) - 1 - x": (lambda x: (1 + x) - 1 - x, 0.1, 0.0),
    "1e8 + x - 1e8": (lambda x: (1e8 + x) - 1e8, 0.1, 1.0),
    "1e300 + x - 1e300": (lambda x: (1e300 + x) - 1e300, 0.1, 1.0),
    "a square beside 1e200": (beside_a_square, 3.0, 0.5),
    "sin**2 + cos**2": (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, 1.0, 0.0),
    "log of exp": (lambda x: np.log(np.exp(x)), 700.0, 1.0),
    "sinh near 1e-200": (lambda x: (np.exp(x) - np.exp(-x)) / 2, 1e-200, 1.0),
    "exp at 800 and back": (lambda x: np.exp(x) * np.exp(-x), 800.0, 0.0),
    "cosh**2 - sinh**2": (lambda x: np.cosh(x) ** 2 - np.sinh(x) ** 2, 50.0, 0.0),
    "tan of arctan": (lambda x: np.tan(np.arctan(x)), 1e30, 1.0),
}


@pytest.mark.parametrize("name", CANCELLING)
def test_symbolic_precision_rises_until_the_answer_is_decided(name: str) -> None:
    f, x, wanted = CANCELLING[name]
    answer = certified(f, x)
    assert answer.value[0, 0] == wanted
    assert abs(answer.low[0, 0]) <= answer.radius[0, 0] <= 1e-29


def test_symbolic_refuses_when_the_precision_may_not_rise(monkeypatch: pytest.MonkeyPatch) -> None:
    f, x, _ = CANCELLING["sin**2 + cos**2"]
    monkeypatch.setattr(deciding, "PRECISIONS", (128,))
    assert "still too wide at 128 bits" in refused(f, x).reason
    certified(lambda x: x * x, x)


def test_symbolic_zeros_are_exactly_zero() -> None:
    for f in (lambda x: 3.5, lambda x: x - x, lambda x: x * 0, lambda x: np.floor(x) * 2, lambda x: np.sign(x)):
        answer = certified(f, 0.3)
        assert (answer.value, answer.low, answer.radius) == (0, 0, 0)
        assert Decimal(answer.digits[0][0]) == 0
    assert float(certified(lambda x: x * 1e-300 * 1e-300, 0.3).digits[0][0][:8]) != 0  # the mutant: tiny is not 0


@settings(max_examples=60)
@given(
    st.floats(-50, 50).filter(lambda x: abs(x) > 1e-3),
    st.floats(-50, 50).filter(lambda x: abs(x) > 1e-3),
)
def test_symbolic_gradients_of_polynomials_are_the_exact_rationals(x: float, y: float) -> None:
    answer = certified(lambda x, y: x**3 * y - 2 * x * y**2 + y / 4, x, y)
    a, b = Fraction(x), Fraction(y)
    for k, wanted in enumerate((3 * a**2 * b - 2 * b**2, a**3 - 4 * a * b + Fraction(1, 4))):
        found = Fraction(float(answer.value[0, k])) + Fraction(float(answer.low[0, k]))
        assert abs(found - wanted) <= Fraction(float(answer.radius[0, k]))


# --- budget, and FLINT's global precision


def test_symbolic_budget_is_a_refusal_with_its_reason() -> None:
    reason = refused(lambda x: np.sum(np.exp(x) * x), np.linspace(0, 1, 4000), budget=1e-3).reason
    assert "the budget of 0.001 s was used up" in reason
    certified(lambda x: np.sum(np.exp(x) * x), np.linspace(0, 1, 4000), budget=60.0)

    def endless(x: Any) -> Any:
        while not isinstance(x, np.floating):
            x = x + 1.0
        return x

    assert "the budget of 0.1 s was used up" in refused(endless, 1.0, budget=0.1).reason


def test_symbolic_gradients_leave_flints_precision_as_it_was() -> None:
    before = flint.ctx.prec
    table = [*CANCELLING.values(), *KINKS.values(), *[row[:-1] for row in REFUSED.values()]]
    for bits in (53, 90):
        flint.ctx.prec = bits
        try:
            for f, *xs in table:
                asked(f, *(xs[:1] if f in [row[0] for row in CANCELLING.values()] else xs))
                assert flint.ctx.prec == bits
        finally:
            flint.ctx.prec = before

    with pytest.raises(KeyError), precision(999):
        raise KeyError
    assert flint.ctx.prec == before


def test_symbolic_code_of_the_user_sees_no_precision_of_ours() -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append(flint.ctx.prec)
        return x * 2

    before = flint.ctx.prec
    certified(f, 1.0)
    assert set(seen) == {before}
