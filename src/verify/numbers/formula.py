"""SymPy expressions over balls: compiled once to a straight line, evaluated at any precision.

Every SymPy function has one row here. A slope at its edge (sign(0), Heaviside(0), a step's corner) is not a
number: it raises Kink, which no precision cures when the argument is exactly on the edge.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flint
import sympy as sp

from verify.numbers.analytic import SERIES
from verify.numbers.balls import BALLS, Undecided, certainly, power
from verify.numbers.deciding import Kink
from verify.numbers.families import COMPLEMENTS, FAMILIES, LogGamma
from verify.numbers.program import Refused
from verify.numbers.series import Series, constant, series, side
from verify.numbers.symbols import SYMPY_NAMES, Floor, Spence, StepSlope


def _edge(x: Any, what: str) -> None:
    """Raise Kink when x is exactly 0, Undecided when it may be."""
    if flint.arb(x).is_zero():
        raise Kink(f"{what} at exactly 0")
    certainly(x != 0, False, what)


def _sign_of_slope(x: Any) -> Any:
    _edge(x, "the slope of an absolute value")
    return BALLS.sign(x)


def _heaviside(x: Any, *rest: Any) -> Any:
    _edge(x, "the slope of a maximum or minimum")
    return flint.arb(1) if x > 0 else flint.arb(0)


def _dirac(x: Any, *rest: Any) -> Any:
    _edge(x, "the slope of a jump")
    return flint.arb(0)


def _step_slope(x: Any) -> Any:
    if x.is_exact() and x.is_integer():
        raise Kink("the slope of a staircase at a step")
    certainly(not x.contains_integer(), False, "the slope of a staircase")
    return flint.arb(0)


def _no_jump(x: Any, *rest: Any) -> Series:
    side(series(x))  # along the path the argument is off the edge, or the direction is not generic
    return constant(0)


def _add(*xs: Any) -> Any:
    return functools.reduce(lambda a, b: a + b, xs)


def _mul(*xs: Any) -> Any:
    return functools.reduce(lambda a, b: a * b, xs)


def _ball_power(a: Any, b: Any) -> Any:
    return power(flint.arb(a), flint.arb(b))


def _extreme(pick: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *xs: functools.reduce(pick, xs)


def rows(m: Any, edges: dict[Any, Callable[..., Any]]) -> dict[Any, Callable[..., Any]]:
    """The functions of SymPy in a module m of exact functions; ``edges`` are decided in the numbers' own way."""
    found: dict[Any, Callable[..., Any]] = {
        sp.Add: _add,
        sp.Mul: _mul,
        sp.Pow: m.power,
        sp.Rational: m.rational_power,
        sp.Abs: m.abs,
        sp.Max: _extreme(m.maximum),
        sp.Min: _extreme(m.minimum),
        sp.atan2: m.atan2,
        Floor: m.floor,
        sp.StrictLessThan: m.less,
        sp.StrictGreaterThan: lambda a, b: m.less(b, a),
        sp.LessThan: lambda a, b: not m.less(b, a),
        sp.GreaterThan: lambda a, b: not m.less(a, b),
        sp.Equality: m.equal,
        sp.Unequality: lambda a, b: not m.equal(a, b),
        sp.And: lambda *cs: all(cs),
        sp.Or: lambda *cs: any(cs),
        sp.Not: lambda c: not c,
        sp.cot: lambda x: m.cos(x) / m.sin(x),
        sp.sec: lambda x: 1 / m.cos(x),
        sp.csc: lambda x: 1 / m.sin(x),
        sp.coth: lambda x: m.cosh(x) / m.sinh(x),
        sp.sech: lambda x: 1 / m.cosh(x),
        sp.csch: lambda x: 1 / m.sinh(x),
        sp.digamma: lambda x: m.polygamma(0, x),
        LogGamma: m.log_gamma,
        Spence: m.spence,
    }
    for name in (
        "exp log sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
        "gamma polygamma erf erfc erfi erfinv erfcinv"
    ).split():
        found[getattr(sp, name)] = getattr(m, name)
    for name, function in {**SYMPY_NAMES, **COMPLEMENTS}.items():
        found[function] = getattr(m, name)
    for name, family in FAMILIES.items():
        found[family.function] = getattr(m, name)
        if hasattr(m, f"{name}_by"):
            found[family.partial] = getattr(m, f"{name}_by")
    return found | edges


BALL_ROWS = rows(
    BALLS,
    {
        sp.Pow: _ball_power,
        sp.sign: _sign_of_slope,
        sp.Heaviside: _heaviside,
        sp.DiracDelta: _dirac,
        StepSlope: _step_slope,
    },
)

SERIES_ROWS = rows(
    SERIES,
    {
        sp.sign: SERIES.sign,
        sp.Heaviside: lambda x, *rest: constant(1 if side(series(x)) > 0 else 0),
        sp.DiracDelta: _no_jump,
        StepSlope: _no_jump,
    },
)

NUMBERS = {sp.pi: flint.arb.pi, sp.E: flint.arb.const_e, sp.EulerGamma: flint.arb.const_euler}
TABLES = {"balls": BALL_ROWS, "series": SERIES_ROWS}

Instruction = tuple[Callable[..., Any] | None, tuple[int, ...], Any]


@functools.lru_cache(maxsize=4096)
def compiled(expression: Any, symbols: tuple[Any, ...], numbers: str = "balls") -> Callable[[list[Any]], Any]:
    """A function from exact numbers (balls, or series) for the symbols to that of the expression.

    Raises Refused for a SymPy function that has no row here, naming it. The returned function raises
    Undecided or Kink.
    """
    lines: list[Instruction] = []
    places: dict[Any, int] = {}
    stack = [expression]
    while stack:
        e = stack[-1]
        if e in places:
            stack.pop()
            continue
        parts = _parts(e)
        waiting = [part for part in parts if part not in places]
        if waiting:
            stack.extend(waiting)
            continue
        lines.append(_instruction(e, tuple(places[part] for part in parts), symbols, TABLES[numbers]))
        places[stack.pop()] = len(lines) - 1
    return lambda xs: _run(lines, xs)


def _parts(e: Any) -> list[Any]:
    if isinstance(e, sp.Piecewise):
        return [part for pair in e.args for part in pair.args]
    if isinstance(e, sp.Pow) and e.exp.is_Rational:
        return [e.base]  # the exponent stays a fraction: no ball is exactly one third
    return [] if e.is_Atom else list(e.args)


def _instruction(
    e: Any, operands: tuple[int, ...], symbols: tuple[Any, ...], table: dict[Any, Callable[..., Any]]
) -> Instruction:
    if e in symbols:
        return None, (), symbols.index(e)
    if e.is_Rational:
        return _constant, (), flint.fmpq(int(e.p), int(e.q))
    if e in (sp.true, sp.false):
        return _constant, (), bool(e)
    if e in NUMBERS:
        return NUMBERS[e], (), None
    if isinstance(e, sp.Piecewise):
        return _piecewise, operands, None
    if isinstance(e, sp.Pow) and e.exp.is_Rational:
        rational = table[sp.Rational]
        return lambda a, p=int(e.exp.p), q=int(e.exp.q): rational(a, p, q), operands, None
    row = table.get(e.func)
    if row is None:
        raise Refused(f"SymPy's {e.func.__name__} cannot be enclosed")
    return row, operands, None


def _constant(value: Any) -> Any:
    return value if isinstance(value, bool) else flint.arb(value)


def _piecewise(*parts: Any) -> Any:
    for value, condition in zip(parts[::2], parts[1::2], strict=True):
        if isinstance(condition, Undecided):
            raise condition
        if condition:
            if isinstance(value, Undecided):
                raise value
            return value
    return flint.arb.nan()


def _run(lines: list[Instruction], xs: list[Any]) -> Any:
    values: list[Any] = []
    for function, operands, extra in lines:
        if function is None:
            values.append(xs[extra])
        elif extra is not None:
            values.append(function(extra))
        else:
            values.append(_enclosed(function, [values[i] for i in operands]))
    if isinstance(values[-1], Undecided):
        raise values[-1]
    return values[-1]


def _enclosed(function: Callable[..., Any], xs: list[Any]) -> Any:
    """One instruction; an undecided part is handed on, since a Piecewise may not select it."""
    if function is not _piecewise:
        for x in xs:
            if isinstance(x, Undecided):
                return x
    try:
        return function(*xs)
    except Undecided as undecided:
        return undecided
    except ZeroDivisionError:
        return flint.arb.nan()
