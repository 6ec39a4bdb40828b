"""SymPy's side: the meaning of every op as a SymPy expression, and SymPy's derivative of it.

Facts
    All symbols are real: with complex ones Abs' stays unevaluated.
    Nothing is ever sympified from text, evaluated by evalf or handed to mpmath: expressions are built from
    the entries' meanings and evaluated over balls by ``verify.numbers.formula``.
    SymPy's floor has no derivative (it stays unevaluated), so a staircase is a function of ours with slope 0.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

from ad.constants import ExactConstant
from ad.core import Op
from verify.numbers.families import COMPLEMENTS, FAMILIES, LogGamma
from verify.numbers.program import CONDITIONS, CONSTANT, INPUT, ORDERINGS, Meaning, Program, Refused

WRITTEN_OUT = 100  # gamma(100) has 156 digits
FORMULA_OPERATIONS = 500  # longer formulas are not shown, and are differentiated step by step only


class Floor(sp.Function):  # type: ignore[misc]
    """The integer below; its derivative is 0 off the integers, and the survey knows the integers."""

    nargs = 1
    is_real = True

    def fdiff(self, argindex: int = 1) -> Any:
        return StepSlope(self.args[0])

    def _latex(self, printer: Any) -> str:
        return rf"\left\lfloor {printer._print(self.args[0])} \right\rfloor"


class StepSlope(sp.Function):  # type: ignore[misc]
    """The slope of a staircase with steps at the integers: 0, and undefined at them."""

    nargs = 1
    is_real = True

    def fdiff(self, argindex: int = 1) -> Any:
        return StepSlope(self.args[0])


class Spence(sp.Function):  # type: ignore[misc]
    """The integral of log(t) / (1 - t) from 1 to x, real for x > 0; SymPy's polylog is of 1 - x and complex."""

    nargs = 1
    is_real = True

    def fdiff(self, argindex: int = 1) -> Any:
        return sp.log(self.args[0]) / (1 - self.args[0])

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{Li}}_2\left(1 - {printer._print(self.args[0])}\right)"


def gamma(x: Any) -> Any:
    """SymPy writes gamma of a whole number out, however many digits that has."""
    return sp.gamma(x, evaluate=not (x.is_Number and abs(x) > WRITTEN_OUT))


def hurwitz(s: Any, x: Any) -> Any:
    """zeta(s, x) for whole s > 1, by the polygamma functions, which SymPy's derivatives are made of."""
    if not (s.is_Integer and s > 1):
        return sp.zeta(s, x)
    return (-1) ** s * sp.polygamma(s - 1, x) / sp.factorial(s - 1)


class Stopped(sp.Function):  # type: ignore[misc]
    """An argument that every derivative takes for a constant."""

    nargs = 1
    is_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        return sp.Integer(0)

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{stop}}\left({printer._print(self.args[0])}\right)"


def released(expression: Any) -> Any:
    """The expression once its derivatives are taken: what was stopped is worth what it is."""
    return expression.replace(Stopped, lambda x: x)


# Functions that have another name in the exact modules than in SymPy; orders come first in both.
SYMPY_NAMES: dict[str, Any] = {
    "bessel_j": sp.besselj, "bessel_y": sp.bessely, "bessel_i": sp.besseli, "bessel_k": sp.besselk,
    "airy_ai": sp.airyai, "airy_ai_prime": sp.airyaiprime, "airy_bi": sp.airybi, "airy_bi_prime": sp.airybiprime,
    "ei": sp.Ei, "si": sp.Si, "ci": sp.Ci, "shi": sp.Shi, "chi": sp.Chi, "expint": sp.expint,
    "fresnel_s": sp.fresnels, "fresnel_c": sp.fresnelc, "elliptic_k": sp.elliptic_k, "elliptic_e": sp.elliptic_e,
}  # fmt: skip


class Symbols:
    """The exact functions of the op table over SymPy expressions: the module ``m`` of an entry's ``exact``."""

    pi = sp.pi
    e = sp.E
    half = sp.Rational(1, 2)
    floor = Floor
    stopped = Stopped
    sign = sp.sign
    abs = sp.Abs
    atan2 = sp.atan2
    less = staticmethod(lambda a, b: sp.Lt(a, b))
    equal = staticmethod(lambda a, b: sp.Eq(a, b))
    negation = staticmethod(lambda a: sp.Not(a))
    both = staticmethod(lambda a, b: sp.And(a, b))
    either = staticmethod(lambda a, b: sp.Or(a, b))
    maximum = staticmethod(lambda a, b: sp.Max(a, b))
    minimum = staticmethod(lambda a, b: sp.Min(a, b))
    power = staticmethod(lambda a, b: a**b)
    cbrt = staticmethod(lambda x: sp.sign(x) * sp.Abs(x) ** sp.Rational(1, 3))

    log1p = staticmethod(lambda x: sp.log(1 + x))
    erfc = staticmethod(lambda x: sp.erfc(x, evaluate=False))  # SymPy's erfc(-x) = 2 - erfc(x) cancels in the tail
    log_gamma = LogGamma
    gamma = staticmethod(gamma)
    rgamma = staticmethod(lambda x: 1 / gamma(x))
    hurwitz = staticmethod(hurwitz)
    spence = Spence

    @staticmethod
    def where(c: Any, a: Any, b: Any) -> Any:
        return sp.Piecewise((a, c), (b, True))


for _name in (
    "sqrt exp log sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "polygamma erf erfi erfinv erfcinv"
).split():
    setattr(Symbols, _name, staticmethod(getattr(sp, _name)))
for _name, _function in SYMPY_NAMES.items():
    setattr(Symbols, _name, staticmethod(_function))

for _name, _family in FAMILIES.items():
    setattr(Symbols, _name, staticmethod(_family.function))
    setattr(Symbols, f"{_name}_by", staticmethod(_family.partial))
for _name, _function in COMPLEMENTS.items():
    setattr(Symbols, _name, staticmethod(_function))

SYMBOLS = Symbols()


def number(value: Any) -> Any:
    """An exact constant as a SymPy number; floats are read as the rationals that they are."""
    if isinstance(value, ExactConstant):
        return sp.sympify(value.exact(SYMBOLS))
    if isinstance(value, bool):
        return sp.true if value else sp.false
    if isinstance(value, int):
        return sp.Integer(value)
    if isinstance(value, float) and math.isinf(value):
        return sp.oo if value > 0 else -sp.oo
    if isinstance(value, float) and math.isnan(value):
        raise Refused("the constant nan has no formula")
    fraction = Fraction(value)
    return sp.Rational(fraction.numerator, fraction.denominator)


def decimal(value: Any) -> Any:
    """A constant as a SymPy number; floats are read as the shortest decimals that stand for them."""
    if isinstance(value, ExactConstant | bool | int) or (isinstance(value, float) and not math.isfinite(value)):
        return number(value)
    return sp.Rational(repr(float(value))) if float(value) == value else number(value)


@functools.lru_cache(maxsize=4096)
def slope(meaning: Meaning | Op, i: int, pattern: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """SymPy's derivative of one op's meaning by its operand i, in dummy symbols.

    pattern: for each operand None, or a small constant that stands there (x**3 has the slope 3*x**2, where
    SymPy's slope of x**n at n = 3 would divide by x).
    Returns (expression, the symbols of the operands).
    """
    symbols = tuple(sp.Dummy(f"s{k}", real=True) for k in range(len(pattern)))
    operands = [s if c is None else number(c) for s, c in zip(symbols, pattern, strict=True)]
    assert meaning.exact is not None
    return sp.diff(meaning.exact(SYMBOLS, *operands), symbols[i]), symbols


def small_constant(value: Any) -> Any:
    """The constant itself if it is a small whole number or a simple dyadic fraction, else None."""
    if isinstance(value, bool | ExactConstant) or value is None or not math.isfinite(value):
        return None
    fraction = Fraction(value)
    return value if abs(fraction) <= 64 and fraction.denominator in (1, 2, 3, 4, 8) else None


def sizes(program: Program) -> list[int]:
    """Operations in the formula of each step when written out as a tree; it may grow exponentially."""
    found: list[int] = []
    for meaning, operands in program.steps:
        plain = meaning is INPUT or meaning is CONSTANT
        found.append(1 if plain else min(1 + sum(found[i] for i in operands), 10**9))
    return found


def formula(
    program: Program, index: int, names: list[str], constant: Callable[[Any], Any] | None = None
) -> Any | None:
    """The SymPy expression of a step in the input names, or None when it is longer than can be shown.

    constant: how a constant is written: exactly (``number``), or by default as a reader wrote it.
    """
    if sizes(program)[index] > FORMULA_OPERATIONS:
        return None
    symbols = [sp.Symbol(name, real=True) for name in names]
    needed = reachable(program, [index])
    built: dict[int, Any] = {}
    for n in needed:
        meaning, operands = program.steps[n]
        if meaning is INPUT:
            built[n] = symbols[operands[0]]
        elif meaning is CONSTANT:
            built[n] = (constant or shown_number)(operands[0])
        else:
            built[n] = meaning.exact(SYMBOLS, *_arguments(meaning.name, [built[i] for i in operands]))  # type: ignore[misc]
    return built[index]


def _arguments(name: str, xs: list[Any]) -> list[Any]:
    """Operands, conditions among them as the numbers 0 and 1 where numbers are meant."""
    if name in CONDITIONS - ORDERINGS:
        return xs
    return [x if name == "where" and k == 0 else as_number(x) for k, x in enumerate(xs)]


def as_number(x: Any) -> Any:
    """A condition as 1 where it holds and 0 elsewhere; anything else as it is."""
    condition = isinstance(x, sp.logic.boolalg.Boolean) and not isinstance(x, sp.Expr)  # a symbol is both
    return sp.Piecewise((1, x), (0, True)) if condition else x


def shown_number(value: Any) -> Any:
    """A constant as a reader wrote it: 0.1 as a symbol of that name, not as the fraction that it is."""
    if isinstance(value, float) and not isinstance(value, ExactConstant) and small_constant(value) is None:
        return sp.Symbol(repr(abs(value)), real=True) if not value < 0 else -sp.Symbol(repr(-value), real=True)
    return number(value)


def reachable(program: Program, roots: list[int]) -> list[int]:
    """The steps that the roots depend on, in order."""
    stack, seen = list(roots), set(roots)
    while stack:
        meaning, operands = program.steps[stack.pop()]
        if meaning is INPUT or meaning is CONSTANT:
            continue
        for i in operands:
            if i not in seen:
                seen.add(i)
                stack.append(i)
    return sorted(seen)
