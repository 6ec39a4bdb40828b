"""Rational normal form: an expression as a quotient of polynomials over Q, decided by FLINT.

Facts
    Every symbol, constant and function value is a generator ("kernel"). Kernels of one function whose arguments
    are equal in the field are one generator.
    Algebraic kernels satisfy a relation: a root s**q = radicand, cos(u)**2 = 1 - sin(u)**2,
    cosh(u)**2 = 1 + sinh(u)**2, i**2 = -1. A generator comes after all those in its relation, and the order is
    lexicographic, so the leading terms of the relations are powers of different generators: by Buchberger's
    first criterion they are a Groebner basis, and division by them ends in 0 exactly for the members of the ideal.
    A kernel in the place of its function is an identity wherever the expression is defined. So a numerator that
    reduces to 0 is a proof; one that does not says nothing. A denominator that reduces to 0 is an error.
    Powers of one base split by base**(a + b) = base**a * base**b and base**(k*a) = (base**a)**k for whole k,
    which hold for the principal value of every base but 0.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

LARGEST = 1000  # exponent up to which powers of one kernel are recognised: exp(0.3*x) is no power of exp(0.1*x)
RADICALS = 64  # largest q of a relation s**q = radicand; x**0.1 has q = 2**55 and stays a kernel without relation

Power = tuple[Any, Any]  # (base, exponent up to a rational factor)

# Functions that are quotients of others with the same argument.
QUOTIENTS: dict[Any, tuple[Any, Any]] = {
    sp.tan: (sp.sin, sp.cos),
    sp.cot: (sp.cos, sp.sin),
    sp.sec: (None, sp.cos),
    sp.csc: (None, sp.sin),
    sp.tanh: (sp.sinh, sp.cosh),
    sp.coth: (sp.cosh, sp.sinh),
    sp.sech: (None, sp.cosh),
    sp.csch: (None, sp.sinh),
}
SQUARES: dict[Any, tuple[Any, int]] = {sp.cos: (sp.sin, -1), sp.cosh: (sp.sinh, 1)}  # square = 1 + sign * other**2


class Degenerate(ArithmeticError):
    """A denominator that is zero, or a number that is none: the expression is undefined everywhere."""


@dataclass(frozen=True)
class Quotient:
    """An element of the field: polynomials without a common factor."""

    numerator: Any
    denominator: Any


def vanishes(expression: Any) -> bool:
    """Whether the expression is zero as a rational function of its kernels and their relations.

    Arguments
        expression: of SymPy, without floats.
    Returns
        True: it is zero wherever it is defined. False: not decided.
    Example
        >>> x = sp.Symbol("x", real=True)
        >>> vanishes(sp.exp(x) / (1 + sp.exp(x)) - 1 / (1 + sp.exp(-x))), vanishes(sp.sqrt(x) - x)
        (True, False)
    """
    split = sp.expand(expression, power_base=True, power_exp=True, mul=False, log=False, multinomial=False)
    try:
        return bool(_Field(split).element(split).numerator == 0)
    except Degenerate:
        return False


class _Field:
    """The kernels of one expression, and arithmetic with their quotients."""

    def __init__(self, expression: Any) -> None:
        self._powers: dict[Power, Fraction] = {}  # a power and the exponent of which all that occur are multiples
        kernels = sum(2 for e in self._nodes(expression) if not isinstance(e, sp.Add | sp.Mul))
        names = tuple(f"k{i}" for i in range(kernels + 2 * len(self._powers)))
        self._context = flint.fmpq_mpoly_ctx.get(names or ("k0",), flint.Ordering.lex)
        self._unused = list(enumerate(self._context.gens()))  # taken from the end, so that later ones lead
        self._kernels: dict[Any, list[tuple[tuple[Quotient, ...], Quotient]]] = {}
        self._relations: list[tuple[int, int, Any]] = []  # (generator, degree, polynomial)
        self._elements: dict[Any, Quotient] = {}
        self._one = self._constant(1)

    def _nodes(self, expression: Any) -> Iterator[Any]:
        """Every subexpression once; the powers among them are noted with their common exponent."""
        stack, seen = [expression], {expression}
        while stack:
            e = stack.pop()
            yield e
            parts = e.args
            if e is sp.E:
                self._powers.setdefault((e, sp.S.One), Fraction(1))
            elif isinstance(e, sp.Pow | sp.exp) and not e.exp.is_Integer:
                terms = list(_terms(e.exp))
                for factor, rest in terms:
                    known = self._powers.get((e.base, rest), Fraction(1 if rest == 1 else 0))
                    self._powers[e.base, rest] = _common(known, factor)
                parts = (e.base, *(rest for _, rest in terms))
            stack += [part for part in parts if part not in seen]
            seen.update(parts)

    # --- elements

    def element(self, e: Any) -> Quotient:
        """The expression as an element of the field."""
        if e not in self._elements:
            self._elements[e] = self._new_element(e)
        return self._elements[e]

    def _new_element(self, e: Any) -> Quotient:
        if e.is_Rational:
            return self._constant(flint.fmpq(int(e.p), int(e.q)))
        if e.is_Number:
            raise Degenerate(f"{e} is no exact number")
        if isinstance(e, sp.Add):
            return self._sum(self.element(part) for part in e.args)
        if isinstance(e, sp.Mul):
            return self._product(self.element(part) for part in e.args)
        if e is sp.E:
            return self._power(e, Fraction(1), sp.S.One)
        if e is sp.I:
            return self._algebraic(sp.I, (), 2, self._constant(-1))
        if isinstance(e, sp.Pow | sp.exp):
            if e.exp.is_Integer:
                return self._to_the(self.element(e.base), int(e.exp))
            return self._product(self._power(e.base, factor, rest) for factor, rest in _terms(e.exp))
        if not isinstance(e, sp.Function):
            return self._kernel(e, ())
        if e.func in QUOTIENTS:
            above, below = (self._one if f is None else self.element(f(e.args[0])) for f in QUOTIENTS[e.func])
            return self._ratio(above, below)
        arguments = tuple(self.element(part) for part in e.args)
        if e.func in SQUARES:
            other, sign = SQUARES[e.func]
            square = self._to_the(self._kernel(other, arguments), 2)
            return self._algebraic(e.func, arguments, 2, self._sum([self._one, self._times(square, sign)]))
        return self._kernel(e.func, arguments)

    def _power(self, base: Any, factor: Fraction, rest: Any) -> Quotient:
        """base**(factor*rest) as a power of the kernel that all such powers share."""
        unit = self._powers.get((base, rest), abs(factor))
        if abs(factor) > LARGEST * unit:
            unit = abs(factor)
        if rest == 1 and base != sp.E:
            return self._root(base, factor, unit)
        exponent = self._times(self.element(rest), flint.fmpq(unit.numerator, unit.denominator))
        arguments = (exponent,) if base == sp.E else (self.element(base), exponent)
        kernel = self._kernel(sp.exp if base == sp.E else sp.Pow, arguments)
        return self._to_the(kernel, int(factor / unit))

    def _root(self, base: Any, factor: Fraction, unit: Fraction) -> Quotient:
        """base**factor with s**q = radicand, or, where q is too large, the whole part of the exponent split off."""
        radicand = self.element(base)
        if unit.numerator == 1 and unit.denominator <= RADICALS:
            root = self._algebraic((sp.Pow, unit), (radicand,), unit.denominator, radicand)
            return self._to_the(root, int(factor / unit))
        whole = math.floor(factor)
        part = factor - whole
        kernel = self._kernel(sp.Pow, (radicand, self._constant(flint.fmpq(part.numerator, part.denominator))))
        return self._product([kernel, self._to_the(radicand, whole)])

    # --- kernels

    def _kernel(
        self, function: Any, arguments: tuple[Quotient, ...], new: Callable[[Any], Quotient] | None = None
    ) -> Quotient:
        """The value of a function as a generator, shared by equal arguments; ``new`` makes it of a fresh one."""
        known = self._kernels.setdefault(function, [])
        for others, value in known:
            if all(self._equal(a, b) for a, b in zip(arguments, others, strict=True)):
                return value
        index, generator = self._unused.pop()
        value = Quotient(generator, self._one.numerator) if new is None else new((index, generator))
        known.append((arguments, value))
        return value

    def _algebraic(self, function: Any, arguments: tuple[Quotient, ...], degree: int, power: Quotient) -> Quotient:
        """A kernel of which the power of that degree is known.

        For the power N/D the generator is s = D*kernel, so that its relation s**q = N * D**(q - 1) is monic.
        """

        def new(taken: tuple[int, Any]) -> Quotient:
            index, s = taken
            above = self._reduced(power.numerator * power.denominator ** (degree - 1))
            self._relations.append((index, degree, s**degree - above))
            return self._quotient(s, power.denominator)

        return self._kernel(function, arguments, new)

    # --- arithmetic

    def _constant(self, value: Any) -> Quotient:
        return Quotient(self._context.constant(value), self._context.constant(1))

    def _equal(self, a: Quotient, b: Quotient) -> bool:
        return bool(self._reduced(a.numerator * b.denominator - b.numerator * a.denominator) == 0)

    def _sum(self, parts: Iterable[Quotient]) -> Quotient:
        """The sum, terms with common factors in their denominators first: what cancels does so before it grows."""
        groups: list[Quotient] = []
        for part in parts:
            near = next((g for g in groups if not part.denominator.gcd(g.denominator).is_constant()), None)
            groups = [g for g in groups if g is not near]
            groups.append(part if near is None else self._added(near, part))
        return functools.reduce(self._added, groups, self._constant(0))

    def _added(self, a: Quotient, b: Quotient) -> Quotient:
        common = a.denominator.gcd(b.denominator)
        cofactor = b.denominator / common
        above = a.numerator * cofactor + b.numerator * (a.denominator / common)
        return self._quotient(above, a.denominator * cofactor)

    def _product(self, parts: Iterable[Quotient]) -> Quotient:
        total = self._one
        for part in parts:
            total = self._quotient(total.numerator * part.numerator, total.denominator * part.denominator)
        return total

    def _ratio(self, a: Quotient, b: Quotient) -> Quotient:
        return self._quotient(a.numerator * b.denominator, a.denominator * b.numerator)

    def _times(self, a: Quotient, factor: Any) -> Quotient:
        return Quotient(a.numerator * factor, a.denominator)

    def _to_the(self, a: Quotient, n: int) -> Quotient:
        if n < 0:
            return self._quotient(a.denominator**-n, a.numerator**-n)
        return self._quotient(a.numerator**n, a.denominator**n)

    def _quotient(self, above: Any, below: Any) -> Quotient:
        """Both reduced by the relations, without their common factor."""
        above, below = self._reduced(above), self._reduced(below)
        if below == 0:
            raise Degenerate("a denominator is zero")
        common = above.gcd(below)
        return Quotient(above / common, below / common)

    def _reduced(self, polynomial: Any) -> Any:
        """The normal form modulo the relations, the last one first: earlier ones do not hold its generator."""
        for index, degree, relation in reversed(self._relations):
            if polynomial.degrees()[index] >= degree:
                polynomial = divmod(polynomial, relation)[1]
        return polynomial


def _terms(exponent: Any) -> Iterator[tuple[Fraction, Any]]:
    """An exponent as a sum of rational factors times the rest."""
    for term in sp.Add.make_args(sp.expand(exponent)):
        factor, rest = term.as_coeff_Mul()
        yield (Fraction(int(factor.p), int(factor.q)), rest) if factor.is_Rational else (Fraction(1), term)


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The largest rational number of which both are whole multiples."""
    return Fraction(math.gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)
