"""Judged derivatives that exact numbers cannot enter: right formulas that lose digits, and wrong formulas.

Every case fails the bar of 16 units at its point. ``by_math`` hands the formula Python floats and lets it call
``math``, so that it computes in double whatever it is given; ``by_arrays`` hands it plain arrays of the input's own
type, as a compiled kernel would get them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.claim import Claim, Estimate
from verify.judge import judge
from verify.movement import movement_of
from verify.neighbours import Neighbours
from verify.numbers.deciding import Deadline
from verify.oracles import symbolic
from verify.question import prepare
from verify.spans import Evidence, Sign, gather
from verify.subject import answer


@dataclass(frozen=True)
class Case:
    """A function, a point and a black box that claims to be its gradient there."""

    name: str
    f: Callable[..., Any]
    x: Any
    gradient: Callable[..., Any]

    def claim(self, seed: int = 0) -> Claim:
        return Claim(self.f, self.x, gradient=self.gradient, id=self.name, seed=seed)

    def evidence(self, seed: int = 0) -> Evidence:
        """What is found at the point itself, for the worst entry."""
        question = prepare(self.claim(seed))
        truth = symbolic(question)
        assert isinstance(truth, Estimate), truth
        u, eta = question.roundoff, question.smallest
        result = judge(answer(question), truth, u, eta, 16.0, lambda: movement_of(question), question.largest)
        entry = result.worst_entry
        near = Neighbours(question, Deadline(60.0))
        return gather(near, [entry], np.random.default_rng(seed))[entry]


Test = Callable[[Evidence], Sign]
ALONE: dict[str, Test] = {
    "neighbouring points alone": lambda evidence: evidence.neighbours,
    "two precisions alone": lambda evidence: evidence.precisions,
    "spans alone": lambda evidence: replace(evidence, jumps=None).spans,
    "spans with their jumps": lambda evidence: evidence.spans,
}


def missed(cases: tuple[Case, ...], found: list[Sign]) -> list[str]:
    """Right formulas that are not called rounding, wrong ones that are."""
    right = cases in (UNSTABLE, UNSTABLE_32)
    return [c.name for c, sign in zip(cases, found, strict=True) if (sign is Sign.ROUNDING) is not right]


def by_math(formula: Callable[[float], float]) -> Callable[[Any], Any]:
    return lambda x: formula(float(x))


def by_arrays(formula: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def gradient(x: Any) -> Any:
        given = np.asarray(x)
        return np.asarray(formula(given[()])).astype(given.dtype)

    return gradient


# --- functions whose own derivative is well conditioned


def half_square(x: Any) -> Any:
    return np.sum(x * x) / 2


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softplus(x: Any) -> Any:
    return np.logaddexp(x, 0.0)


def root_gap(x: Any) -> Any:
    return 1 / (np.sqrt(x + 1) + np.sqrt(x))


def small_root(b: Any) -> Any:
    return -2 / (b + np.sqrt(b * b - 4))


def log_variance(x: Any) -> Any:
    return np.log(np.sum((x - np.sum(x) / 5) ** 2) / 5)


def deviation(x: Any) -> Any:
    return np.sqrt(np.sum((x - np.sum(x) / 5) ** 2) / 5)


def first_log_softmax(x: Any) -> Any:
    return -np.log1p(np.exp(x[1] - x[0]) + np.exp(x[2] - x[0]))


def naive_variance(x: Any) -> Any:
    return np.mean(x * x) - np.mean(x) ** 2


def taylor(x: Any, terms: int, first: int = 0, step: int = 1, sign: float = 1.0) -> Any:
    """The power series of exp (or sin, cos) as it stands in a textbook."""
    term = x**first / math.factorial(first)
    total = 0 * x
    for n in range(terms):
        total = total + term
        for k in range(step):
            term = term * x / (first + step * n + k + 1)
        term = term * sign
    return total


def horner(coefficients: tuple[int, ...], x: Any) -> Any:
    total = 0 * x
    for c in coefficients:
        total = total * x + c
    return total


def binomial_slope(n: int, root: int) -> tuple[int, ...]:
    """Coefficients of n (x - root)**(n - 1), highest first."""
    return tuple(n * math.comb(n - 1, k) * (-root) ** k for k in range(n))


def by_recurrence(x: Any, n: int) -> Any:
    """x**n as the decaying solution of y'' = (x + 3) y' - 3 x y, whose other solution grows as 3**n."""
    a, b = 1 + 0 * x, x
    for _ in range(n - 1):
        a, b = b, (x + 3) * b - 3 * x * a
    return b


def there_and_back(x: Any, n: int, root: Callable[[Any], Any]) -> Any:
    for _ in range(n):
        x = root(x)
    for _ in range(n):
        x = x * x
    return x


GELU = 0.7978845608028654  # sqrt(2 / pi)
SPREAD = np.array([1e4 + 0.3, 1e4 - 0.9, 1e4 + 1.1, 1e4 - 0.2, 1e4 + 0.6])
SPREAD_32 = np.array([101.25, 99.5, 100.5, 100.0, 99.25], np.float32)
f32 = np.float32

UNSTABLE = (
    Case("1 - tanh**2 at 15", np.tanh, 15.0, by_math(lambda x: 1 - math.tanh(x) ** 2)),
    Case("1 - tanh**2 at 7", np.tanh, 7.0, by_arrays(lambda x: 1 - np.tanh(x) ** 2)),
    Case("1 - tanh**2 at 18", np.tanh, 18.0, by_math(lambda x: 1 - math.tanh(x) ** 2)),
    Case("1 - tanh**2 at 30", np.tanh, 30.0, by_arrays(lambda x: 1 - np.tanh(x) ** 2)),
    Case("s (1 - s) at 30", sigmoid, 30.0, by_math(lambda x: (s := 1 / (1 + math.exp(-x))) * (1 - s))),
    Case("s (1 - s) at 12", sigmoid, 12.0, by_arrays(lambda x: sigmoid(x) * (1 - sigmoid(x)))),
    Case("s (1 - s) at 200", sigmoid, 200.0, by_math(lambda x: (s := 1 / (1 + math.exp(-x))) * (1 - s))),
    Case("1 - 1/(1 + e^x) at -20", softplus, -20.0, by_math(lambda x: 1 - 1 / (1 + math.exp(x)))),
    Case("1 - 1/(1 + e^x) at -9", softplus, -9.0, by_arrays(lambda x: 1 - 1 / (1 + np.exp(x)))),
    Case("e^x - 1 at 1e-6", lambda x: np.expm1(x) ** 2 / 2, 1e-6, by_math(lambda x: (math.exp(x) - 1) * math.exp(x))),
    Case("e^x - 1 at 1e-3", lambda x: np.expm1(x) ** 2 / 2, 1e-3, by_arrays(lambda x: (np.exp(x) - 1) * np.exp(x))),
    Case("log(1 + x) at 1e-7", lambda x: np.log1p(x) ** 2 / 2, 1e-7, by_math(lambda x: math.log(1 + x) / (1 + x))),
    Case("log(1 + x) at 3e-4", lambda x: np.log1p(x) ** 2 / 2, 3e-4, by_arrays(lambda x: np.log(1 + x) / (1 + x))),
    Case("1 - cos at 1e-3", lambda x: np.sin(x / 2) ** 4, 1e-3, by_math(lambda x: (1 - math.cos(x)) * math.sin(x) / 2)),
    Case("1 - cos at 3e-2", lambda x: np.sin(x / 2) ** 4, 3e-2, by_arrays(lambda x: (1 - np.cos(x)) * np.sin(x) / 2)),
    Case("sinh by exp at 1e-5", np.cosh, 1e-5, by_math(lambda x: (math.exp(x) - math.exp(-x)) / 2)),
    Case("sinh by exp at 2e-3", np.cosh, 2e-3, by_arrays(lambda x: (np.exp(x) - np.exp(-x)) / 2)),
    Case("sine over x at 1e-3", lambda x: np.sinc(x / np.pi), 1e-3,
         by_math(lambda x: (x * math.cos(x) - math.sin(x)) / x**2)),
    Case("gap of square roots at 1e6", root_gap, 1e6, by_math(lambda x: 0.5 / math.sqrt(x + 1) - 0.5 / math.sqrt(x))),
    Case("gap of square roots at 1e4", root_gap, 1e4, by_arrays(lambda x: 0.5 / np.sqrt(x + 1) - 0.5 / np.sqrt(x))),
    Case("1/(x + 1)^2 - 1/x^2 at 1e5", lambda x: 1 / (x * (x + 1)), 1e5, by_math(lambda x: (x + 1) ** -2 - x**-2)),
    Case("1/(x + 1)^2 - 1/x^2 at 3e3", lambda x: 1 / (x * (x + 1)), 3e3,
         by_arrays(lambda x: 1 / (x + 1) ** 2 - 1 / x**2)),
    Case("1/(x + 1) - 1/x at 1e7", lambda x: np.log1p(1 / x), 1e7, by_math(lambda x: 1 / (x + 1) - 1 / x)),
    Case("1/(x + 1) - 1/x at 1e3", lambda x: np.log1p(1 / x), 1e3, by_arrays(lambda x: 1 / (x + 1) - 1 / x)),
    Case("gap of arc tangents at 1e4", lambda x: np.arctan(1 / (1 + x * (x + 1))), 1e4,
         by_math(lambda x: 1 / (1 + (x + 1) ** 2) - 1 / (1 + x**2))),
    Case("x/hypot(x, 1) - 1 at 1e4", lambda x: 1 / (np.hypot(x, 1.0) + x), 1e4,
         by_math(lambda x: x / math.hypot(x, 1.0) - 1)),
    Case("quotient rule at 1e6", lambda x: -1 / (1 + x), 1e6, by_math(lambda x: 1 / (1 + x) - x / (1 + x) ** 2)),
    Case("quotient rule at 1e3", lambda x: -1 / (1 + x), 1e3, by_arrays(lambda x: 1 / (1 + x) - x / (1 + x) ** 2)),
    Case("root of a quadratic at 1e4", small_root, 1e4, by_math(lambda b: (-1 + b / math.sqrt(b * b - 4)) / 2)),
    Case("root of a quadratic at 300", small_root, 300.0, by_arrays(lambda b: (-1 + b / np.sqrt(b * b - 4)) / 2)),
    Case("logarithm of a naive variance", log_variance, SPREAD,
         by_arrays(lambda x: 2 * (x - np.mean(x)) / (5 * naive_variance(x)))),
    Case("deviation by a naive variance", deviation, SPREAD,
         by_arrays(lambda x: (x - np.mean(x)) / (5 * np.sqrt(naive_variance(x))))),
    Case("1 - p of a confident softmax", first_log_softmax, np.array([30.0, 0.5, 1.0]),
         by_arrays(lambda x: np.array([1.0, 0.0, 0.0]) - np.exp(x) / np.sum(np.exp(x)))),
    Case("1 - p of a softmax of 11", first_log_softmax, np.array([11.0, 0.5, 0.25]),
         by_arrays(lambda x: np.array([1, 0, 0], x.dtype) - np.exp(x) / np.sum(np.exp(x)))),
    Case("Taylor series of exp at -15", np.exp, -15.0, by_math(lambda x: taylor(x, 90))),
    Case("Taylor series of exp at -8", np.exp, -8.0, by_arrays(lambda x: taylor(x, 70))),
    Case("Taylor series of cos at 25", np.sin, 25.0, by_math(lambda x: taylor(x, 60, 0, 2, -1.0))),
    Case("Taylor series of sin at 12", lambda x: -np.cos(x), 12.0, by_arrays(lambda x: taylor(x, 40, 1, 2, -1.0))),
    Case("(x - 1)^8 expanded at 1.02", lambda x: (x - 1) ** 8, 1.02,
         by_math(lambda x: horner(binomial_slope(8, 1), x))),
    Case("(x - 1)^6 expanded at 1.1", lambda x: (x - 1) ** 6, 1.1,
         by_arrays(lambda x: horner(binomial_slope(6, 1), x))),
    Case("(x - 2)^9 expanded at 2.3", lambda x: (x - 2) ** 9, 2.3, by_math(lambda x: horner(binomial_slope(9, 2), x))),
    Case("an offset of 1e8", half_square, 0.37, by_math(lambda x: (1e8 + x) - 1e8)),
    Case("an offset of 300", half_square, 0.37, by_arrays(lambda x: (300 + x) - 300)),
    Case("(x + 1e5)^2 - x^2 - 1e10", half_square, 0.3721, by_math(lambda x: ((x + 1e5) ** 2 - x**2 - 1e10) / 2e5)),
    Case("differences of a running sum", half_square, np.array([1e6, 0.31, 0.27, -0.11]),
         by_arrays(lambda x: np.diff(np.cumsum(np.concatenate([[0.0], x]))))),
    Case("acos(cos(x)) at 1e-5", half_square, 1e-5, by_math(lambda x: math.acos(math.cos(x)))),
    Case("log(exp(x)) at 1e-7", half_square, 1e-7, by_math(lambda x: math.log(math.exp(x)))),
    Case("tan(atan(x)) at 1e6", half_square, 1e6, by_math(lambda x: math.tan(math.atan(x)))),
    Case("atanh(tanh(x)) at 9", half_square, 9.0, by_math(lambda x: math.atanh(math.tanh(x)))),
    Case("25 square roots and squares", half_square, 0.7, by_math(lambda x: there_and_back(x, 25, math.sqrt))),
    Case("10 square roots and squares", half_square, 0.7, by_arrays(lambda x: there_and_back(x, 10, np.sqrt))),
    Case("a recurrence against its growth", lambda x: x**21 / 21, 0.37, by_math(lambda x: by_recurrence(x, 20))),
    Case("a short one", lambda x: x**11 / 11, 0.6, by_arrays(lambda x: by_recurrence(x, 10))),
    Case("sine by its cosine at 1e-4", lambda x: np.sin(x) ** 2 / 2, 1e-4,
         by_math(lambda x: math.sqrt(1 - math.cos(2 * x) ** 2) / 2)),
)  # fmt: skip

UNSTABLE_32 = (
    Case("1 - tanh**2 at 5", np.tanh, f32(5), by_arrays(lambda x: 1 - np.tanh(x) ** 2)),
    Case("1 - tanh**2 at 12", np.tanh, f32(12), by_arrays(lambda x: 1 - np.tanh(x) ** 2)),
    Case("s (1 - s) at 9", sigmoid, f32(9), by_arrays(lambda x: sigmoid(x) * (1 - sigmoid(x)))),
    Case("1 - 1/(1 + e^x) at -7", softplus, f32(-7), by_arrays(lambda x: 1 - 1 / (1 + np.exp(x)))),
    Case("e^x - 1 at 1e-3", lambda x: np.expm1(x) ** 2 / 2, f32(1e-3),
         by_arrays(lambda x: (np.exp(x) - 1) * np.exp(x))),
    Case("log(1 + x) at 1e-3", lambda x: np.log1p(x) ** 2 / 2, f32(1e-3), by_arrays(lambda x: np.log(1 + x) / (1 + x))),
    Case("1 - cos at 0.05", lambda x: np.sin(x / 2) ** 4, f32(0.05),
         by_arrays(lambda x: (1 - np.cos(x)) * np.sin(x) / 2)),
    Case("sinh by exp at 0.01", np.cosh, f32(0.01), by_arrays(lambda x: (np.exp(x) - np.exp(-x)) / 2)),
    Case("gap of square roots at 1e3", root_gap, f32(1e3),
         by_arrays(lambda x: 0.5 / np.sqrt(x + 1) - 0.5 / np.sqrt(x))),
    Case("1/(x + 1) - 1/x at 2e3", lambda x: np.log1p(1 / x), f32(2e3), by_arrays(lambda x: 1 / (x + 1) - 1 / x)),
    Case("root of a quadratic at 50", small_root, f32(50), by_arrays(lambda b: (-1 + b / np.sqrt(b * b - 4)) / 2)),
    Case("deviation by a naive variance", deviation, SPREAD_32,
         by_arrays(lambda x: (x - np.mean(x)) / (5 * np.sqrt(naive_variance(x))))),
    Case("(x - 1)^4 expanded at 1.1", lambda x: (x - 1) ** 4, f32(1.1),
         by_arrays(lambda x: horner(binomial_slope(4, 1), x))),
    Case("an offset of 1e4", half_square, f32(0.37), by_arrays(lambda x: (f32(1e4) + x) - f32(1e4))),
    Case("10 square roots and squares", half_square, f32(0.83), by_arrays(lambda x: there_and_back(x, 10, np.sqrt))),
    Case("Taylor series of exp at -5", np.exp, f32(-5), by_arrays(lambda x: taylor(x, 40))),
)  # fmt: skip


# --- wrong


def gelu(x: Any) -> Any:
    return x / 2 * (1 + np.tanh(GELU * (x + 0.044715 * x**3)))


def quick_gelu_slope(x: Any) -> Any:
    s = 1 / (1 + np.exp(-1.702 * x))
    return s + 1.702 * x * s * (1 - s)


def newton_root(x: float, steps: int) -> float:
    s = (1 + x) / 2
    for _ in range(steps):
        s = (s + x / s) / 2
    return s


def fast_inverse_root(x: Any, steps: int) -> Any:
    """The bit trick of single precision with a few Newton steps."""
    narrow = np.asarray(x, np.float32)
    y = (np.int32(0x5F3759DF) - (narrow.view(np.int32) >> np.int32(1))).view(np.float32).astype(np.float64)
    for _ in range(steps):
        y = y * (1.5 - 0.5 * float(x) * y * y)
    return y


GRID = np.linspace(0.0, 8.0, 1001)
TABLE = np.cos(GRID)
WEIGHTS = np.array([0.1, 0.7, -1.3])
TRIPLE = np.array([0.3, 1.1, -0.4])


def interpolated(x: float) -> float:
    return float(np.interp(x, GRID, TABLE))


def layer(x: Any) -> Any:
    centred = x - np.sum(x) / 3
    return np.sum(WEIGHTS * centred / np.sqrt(np.sum(centred**2) / 3))


def layer_slope_without_its_mean(x: Any) -> Any:
    c = x - np.mean(x)
    deviation = np.sqrt(np.mean(c * c))
    return WEIGHTS / deviation - c * np.mean(WEIGHTS * c) / deviation**3


WRONG = (
    Case("a factor 1.001", np.exp, 1.3, by_math(lambda x: 1.001 * math.exp(x))),
    Case("a factor 1 + 1e-9", np.exp, 1.3, by_math(lambda x: (1 + 1e-9) * math.exp(x))),
    Case("a factor 1 + 1e-13", np.exp, 1.3, by_arrays(lambda x: (1 + 1e-13) * np.exp(x))),
    Case("a factor 72 roundoffs off", np.sin, 0.8, by_math(lambda x: (1 + 8e-15) * math.cos(x))),
    Case("a factor 90 roundoffs off", np.exp, 0.6, by_arrays(lambda x: (1 + 1e-14) * np.exp(x))),
    Case("the sign", np.cos, 0.8, by_math(lambda x: math.sin(x))),
    Case("a factor 2", np.sin, 0.8, by_arrays(lambda x: 2 * np.cos(x))),
    Case("zero", np.sin, 0.8, by_math(lambda x: 0.0)),
    Case("one", np.log, 3.0, by_math(lambda x: 1.0)),
    Case("the second use is missing", lambda x: x * np.sin(x), 1.1, by_math(lambda x: math.sin(x))),
    Case("the second use is missing, arrays", lambda x: x * np.exp(x), 1.1, by_arrays(lambda x: x * np.exp(x))),
    Case("a dropped small term", lambda x: np.exp(x) + 1e-8 * x**3, 0.9, by_math(lambda x: math.exp(x))),
    Case("a dropped smaller term", lambda x: np.exp(x) + 1e-12 * x**3, 0.9, by_arrays(lambda x: np.exp(x))),
    Case("a dropped fast wave", lambda x: np.exp(x) + 1e-9 * np.sin(1e4 * x), 0.9, by_math(lambda x: math.exp(x))),
    Case("a dropped fast wave, arrays", lambda x: np.exp(x) + 1e-9 * np.sin(1e4 * x), 0.9, by_arrays(np.exp)),
    Case("slope 0 in a tail", np.tanh, 7.0, by_math(lambda x: 0.0 if abs(x) > 5 else math.cosh(x) ** -2)),
    Case("slope 0 in a far tail", np.tanh, 25.0, by_arrays(lambda x: np.where(abs(x) > 20, 0.0, np.cosh(x) ** -2))),
    Case("a tail without its denominator", np.tanh, 9.0, by_math(lambda x: 4 * math.exp(-2 * x))),
    Case("0.1f in double", lambda x: 0.1 * x * x, 1.7, by_math(lambda x: float(f32(0.1)) * 2 * x)),
    Case("0.1f in double, arrays", lambda x: 0.1 * np.exp(x), 1.7,
         by_arrays(lambda x: np.exp(x) * f32(0.1).astype(float))),
    Case("weights in single precision", lambda x: np.sum(WEIGHTS * x), TRIPLE,
         by_arrays(lambda x: WEIGHTS.astype(np.float32).astype(float) + 0 * x)),
    Case("gelu by a sigmoid", gelu, 0.7, by_math(lambda x: float(quick_gelu_slope(x)))),
    Case("gelu by a sigmoid, arrays", gelu, 1.9, by_arrays(quick_gelu_slope)),
    Case("10 terms of exp", np.exp, 0.9, by_math(lambda x: taylor(x, 10))),
    Case("15 terms of exp", np.exp, 0.9, by_arrays(lambda x: taylor(x, 15))),
    Case("7 terms of cos", np.sin, 0.9, by_math(lambda x: taylor(x, 7, 0, 2, -1.0))),
    Case("2.302585 for log(10)", np.log10, 3.3, by_math(lambda x: 1 / (x * 2.302585))),
    Case("2.30258509299 for log(10)", np.log10, 3.3, by_arrays(lambda x: 1 / (x * 2.30258509299))),
    Case("3.14159265 for pi", lambda x: np.sin(np.pi * x), 0.2,
         by_math(lambda x: 3.14159265 * math.cos(3.14159265 * x))),
    Case("0.69314718 for log(2)", np.exp2, 0.6, by_math(lambda x: 0.69314718 * 2**x)),
    Case("a guard of 1e-8 under the root", np.sqrt, 0.3, by_math(lambda x: 0.5 / math.sqrt(x + 1e-8))),
    Case("a guard of 1e-12 beside x", np.log, 0.3, by_arrays(lambda x: 1 / (x + 1e-12))),
    Case("n - 1 for n", lambda x: np.sum((x - np.sum(x) / 3) ** 2) / 3, TRIPLE, by_arrays(lambda x: x - np.mean(x))),
    Case("a softmax without - p p", lambda x: 1 / (1 + np.exp(x[1] - x[0]) + np.exp(x[2] - x[0])), TRIPLE,
         by_arrays(lambda x: np.exp(x) / np.sum(np.exp(x)) * np.array([1.0, 0.0, 0.0]))),
    Case("a layer norm without its mean", layer, TRIPLE, by_arrays(layer_slope_without_its_mean)),
    Case("an index off by one", lambda x: np.sum(np.sin(x)), TRIPLE, by_arrays(lambda x: np.cos(np.roll(x, 1)))),
    Case("one entry of five", lambda x: np.sum(x * x * x), SPREAD / 1e4,
         by_arrays(lambda x: 3 * x * x * np.array([1, 1, 1 + 1e-7, 1, 1]))),
    Case("central differences, h = 1e-4", np.sin, 0.8,
         by_math(lambda x: (math.sin(x + 1e-4) - math.sin(x - 1e-4)) / 2e-4)),
    Case("forward differences, h = 1e-5", np.exp, 0.8, by_arrays(lambda x: (np.exp(x + 1e-5) - np.exp(x)) / 1e-5)),
    Case("a table with linear interpolation", np.sin, 2.2034, by_math(interpolated)),
    Case("a bit trick and a Newton step", lambda x: 2 * np.sqrt(x), 1.7,
         by_math(lambda x: float(fast_inverse_root(x, 1)))),
    Case("a bit trick and two", lambda x: 2 * np.sqrt(x), 1.7, by_math(lambda x: float(fast_inverse_root(x, 2)))),
    Case("three Newton steps to a root", np.sqrt, 3.0, by_math(lambda x: 0.5 / newton_root(x, 3))),
    Case("clipped at 1", np.exp, 1.3, by_math(lambda x: min(math.exp(x), 1.0))),
    Case("1e-10 beside it", np.arctan, 1.3, by_math(lambda x: 1 / (1 + x * x) + 1e-10)),
    Case("an exponent of 2.4999999", lambda x: x**3.5 / 3.5, 1.9, by_math(lambda x: x**2.4999999)),
    Case("s (1 - s*s)", sigmoid, 0.7, by_math(lambda x: (s := 1 / (1 + math.exp(-x))) * (1 - s * s))),
    Case("softplus as a ramp", softplus, 20.0, by_math(lambda x: 1.0)),
    Case("sinh for cosh", np.sinh, 14.0, by_math(lambda x: math.sinh(x))),
    Case("wrong and unstable, 1 %", np.tanh, 15.0, by_math(lambda x: 1.01 * (1 - math.tanh(x) ** 2))),
    Case("wrong and unstable, the sign", np.tanh, 18.5, by_math(lambda x: math.tanh(x) ** 2 - 1)),
    Case("wrong and unstable, a factor 2", np.tanh, 16.0, by_arrays(lambda x: 2 * (1 - np.tanh(x) ** 2))),
    Case("wrong and dead", np.tanh, 30.0, by_math(lambda x: 2 * (1 - math.tanh(x) ** 2))),
    Case("an offset and a factor", half_square, 0.37, by_math(lambda x: 1.001 * ((1e8 + x) - 1e8))),
)  # fmt: skip

WRONG_32 = (
    Case("a factor 1.001", np.exp, f32(1.3), by_arrays(lambda x: f32(1.001) * np.exp(x))),
    Case("a factor 1 + 1e-5", np.exp, f32(1.3), by_arrays(lambda x: f32(1.00001) * np.exp(x))),
    Case("a factor 67 roundoffs off", np.sin, f32(0.8), by_arrays(lambda x: f32(1 + 4e-6) * np.cos(x))),
    Case("a factor 67 roundoffs off, in double", np.sin, f32(0.8), by_math(lambda x: (1 + 4e-6) * math.cos(x))),
    Case("the sign", np.cos, f32(0.8), by_arrays(np.sin)),
    Case("zero", np.sin, f32(0.8), by_math(lambda x: 0.0)),
    Case("the second use is missing", lambda x: x * np.exp(x), f32(1.1), by_arrays(lambda x: x * np.exp(x))),
    Case("gelu by a sigmoid", gelu, f32(0.7), by_arrays(quick_gelu_slope)),
    Case("3.142 for pi", lambda x: np.sin(np.pi * x), f32(0.2), by_arrays(lambda x: 3.142 * np.cos(3.142 * x))),
    Case("a guard of 1e-3", np.log, f32(0.3), by_arrays(lambda x: 1 / (x + f32(1e-3)))),
    Case("slope 0 in a tail", np.tanh, f32(7), by_arrays(lambda x: np.where(abs(x) > 5, 0, np.cosh(x) ** -2))),
    Case("7 terms of exp", np.exp, f32(0.9), by_arrays(lambda x: taylor(x, 7))),
    Case("n - 1 for n", lambda x: np.sum((x - np.sum(x) / 3) ** 2) / 3, TRIPLE.astype(f32),
         by_arrays(lambda x: x - np.mean(x))),
    Case("a bit trick and a Newton step", lambda x: 2 * np.sqrt(x), f32(1.7),
         by_math(lambda x: float(fast_inverse_root(x, 1)))),
    Case("another kernel for single precision", np.exp, f32(0.7),
         by_arrays(lambda x: np.exp(x) * (f32(1.0001) if x.dtype == np.float32 else 1))),
    Case("wrong and unstable", np.tanh, f32(6), by_arrays(lambda x: f32(1.05) * (1 - np.tanh(x) ** 2))),
)  # fmt: skip
