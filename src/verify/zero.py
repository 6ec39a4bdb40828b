"""Is this expression zero for all inputs of a branch? A cascade of decisions, cheapest first.

1. structure   SymPy's own evaluation already gave 0
2. rational    exponentials, roots, logarithms, ... become generators of a field; the numerator must vanish after
               the algebraic relations between them (r**2 = radicand, s**2 + c**2 = 1) are used
3. exponential trigonometric and hyperbolic functions written as exponentials, then as in 2

4. simplify    SymPy's simplify makes it 0

What is left undecided is left to the caller, who also sets the time limit.
Each step rewrites identically on the branch, so an answer True is a proof; False is never claimed here.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

SIMPLIFIED = 200  # nodes up to which SymPy's simplify is tried; it has been seen to take gigabytes on larger ones
NODES = 4000  # larger residuals are not expanded: polynomial arithmetic on them takes minutes


def decide_zero(expression: Any) -> str:
    """The step that proved the expression to be zero, or "" when none did."""
    if expression == 0:
        return "structure"
    if _size(expression) > NODES:
        return ""
    for name, rewritten in (("rational", lambda e: e), ("exponential", _exponential)):
        if vanishes(rewritten(expression)):  # type: ignore[no-untyped-call]
            return name
    if _size(expression) <= SIMPLIFIED and sp.simplify(expression) == 0:
        return "simplify"
    return ""


def _size(expression: Any) -> int:
    return sum(1 for _ in sp.preorder_traversal(expression))


def _exponential(expression: Any) -> Any:
    """Trigonometric and hyperbolic functions as exponentials."""
    return expression.rewrite([sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc], sp.exp).rewrite(
        [sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch], sp.exp
    )


def vanishes(expression: Any) -> bool:
    """Whether the expression is zero as a rational function of its kernels and their algebraic relations."""
    expanded = sp.expand(expression, power_base=True, power_exp=True, mul=False, log=False, multinomial=False)
    field = _Field()
    rational = field.rational(expanded)
    numerator = sp.fraction(sp.together(rational))[0]
    generators = list(field.relations) + list(field.kernels.values())
    free = sorted(numerator.free_symbols | set(generators), key=lambda s: s.name)
    if not free:
        return bool(sp.expand(numerator) == 0)
    polynomial = sp.Poly(sp.expand(numerator), *free)
    for generator, relation in field.relations.items():
        polynomial = sp.Poly(sp.rem(polynomial.as_expr(), relation, generator), *free)
    return bool(polynomial.is_zero)


class _Field:
    """Kernels of an expression as generators; ``relations`` are the polynomials that they satisfy."""

    def __init__(self) -> None:
        self.kernels: dict[Any, Any] = {}
        self.relations: dict[Any, Any] = {}

    def rational(self, e: Any) -> Any:
        """The expression with every transcendental or algebraic kernel replaced by its generator."""
        if e.is_Symbol or e.is_Rational:
            return e
        if e is sp.I:
            return self._imaginary()
        if isinstance(e, sp.Add | sp.Mul):
            return e.func(*[self.rational(part) for part in e.args])
        if isinstance(e, sp.Pow) and e.exp.is_Integer:
            return self.rational(e.base) ** e.exp
        if isinstance(e, sp.Pow) and e.exp.is_Rational:
            return self._root(e.base, e.exp)
        if isinstance(e, sp.exp) or (isinstance(e, sp.Pow) and e.base is sp.E):
            return self._exponential(e.exp if isinstance(e, sp.Pow) else e.args[0])
        if isinstance(e, sp.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, sp.cos):
            return self._cosine(e.args[0])
        return self.kernel(e.func(*[self._normal(part) for part in e.args]) if e.args else e)

    def kernel(self, e: Any) -> Any:
        """The generator of a kernel; equal kernels share one."""
        if e not in self.kernels:
            self.kernels[e] = sp.Symbol(f"_k{len(self.kernels):03d}")
        return self.kernels[e]

    def _normal(self, e: Any) -> Any:
        """An argument in a form in which equal arguments look equal."""
        return sp.cancel(sp.expand(e)) if e.is_rational_function() else sp.expand(e)

    def _root(self, base: Any, exponent: Any) -> Any:
        """base**(p/q) as generator**p with generator**q = base."""
        radicand = self._normal(base)
        root = self.kernel(sp.Pow(radicand, sp.Rational(1, exponent.q), evaluate=False))
        if root not in self.relations:
            top, bottom = sp.fraction(sp.together(self.rational(radicand)))
            self.relations[root] = bottom * root**exponent.q - top
        return root**exponent.p

    def _exponential(self, argument: Any) -> Any:
        """exp(sum of terms) as a product of generators, one for each term up to a rational factor."""
        result = sp.Integer(1)
        for term in sp.Add.make_args(sp.expand(argument)):
            factor, rest = term.as_coeff_Mul()
            if not factor.is_Rational:
                factor, rest = sp.Integer(1), term
            result *= (
                self.kernel(sp.exp(rest / 12, evaluate=False)) ** (12 * factor)
                if (12 * factor).is_Integer
                else (self.kernel(sp.exp(term, evaluate=False)))
            )
        return result

    def _power(self, base: Any, exponent: Any) -> Any:
        """base**exponent with its whole-number part split off."""
        whole, rest = sp.expand(exponent).as_coeff_Add()
        if whole.is_Integer and whole != 0:
            return self.rational(base) ** whole * self._power(base, rest)
        return self.kernel(sp.Pow(base, exponent, evaluate=False))

    def _imaginary(self) -> Any:
        unit = self.kernel(sp.I)
        self.relations.setdefault(unit, unit**2 + 1)
        return unit

    def _cosine(self, argument: Any) -> Any:
        """cos as a root of 1 - sin**2; its sign does not matter where the numerator vanishes identically."""
        normal = self._normal(argument)
        cosine, sine = self.kernel(sp.cos(normal)), self.kernel(sp.sin(normal))
        self.relations.setdefault(cosine, cosine**2 + sine**2 - 1)
        return cosine
