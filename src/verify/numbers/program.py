"""Programs: what a NumPy function computed, entry by entry, in exact mathematics.

A function run over an ``ExactArray`` leaves behind a straight line of steps. Each step applies the meaning
(``exact``) of one elementwise op of the table, or is an input or a constant. From the same steps come the
formula (SymPy), SymPy's derivative, and enclosures over balls at any precision. Nothing is rounded, no rule of
the engine is used, and shared subexpressions stay shared: the cost is linear in the steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from ad.constants import PI, ExactConstant
from ad.core import Op
from verify.numbers.balls import BALLS, Undecided, ball, precision
from verify.numbers.stairs import can_move

STEPS = 400_000  # about a second of balls; more is refused rather than waited for
PRECISIONS = (128, 256, 512, 1024, 2048, 4096)  # bits, tried in turn until an answer is decided


class Refused(Exception):
    """Exact arithmetic cannot answer; the text is the reason."""


class NoDerivative(Refused):
    """No unique derivative exists at the point: a kink."""


class Unfaithful(Refused):
    """The recorded program is not the function: what is true of one need not be true of the other."""


class OnEdge(Unfaithful):
    """A decision of f lies exactly on its edge: the recorded program holds on one side of it."""


E_CONSTANT = ExactConstant("E", float(np.e), lambda m: m.exp(1))
NAMED = {"pi": PI, "E": E_CONSTANT}


@dataclass(frozen=True)
class Meaning:
    """The mathematics of a step: ``exact(m, *operands)``, by the name it is known under."""

    name: str
    exact: Callable[..., Any]


COMPARISONS: dict[Any, Meaning] = {
    np.less: Meaning("less", lambda m, a, b: m.less(a, b)),
    np.greater: Meaning("greater", lambda m, a, b: m.less(b, a)),
    np.less_equal: Meaning("less_equal", lambda m, a, b: m.negation(m.less(b, a))),
    np.greater_equal: Meaning("greater_equal", lambda m, a, b: m.negation(m.less(a, b))),
    np.equal: Meaning("equal", lambda m, a, b: m.equal(a, b)),
    np.not_equal: Meaning("not_equal", lambda m, a, b: m.negation(m.equal(a, b))),
}
CONNECTIVES: dict[Any, Meaning] = {
    np.logical_and: Meaning("and", lambda m, a, b: m.both(a, b)),
    np.logical_or: Meaning("or", lambda m, a, b: m.either(a, b)),
    np.logical_not: Meaning("not", lambda m, a: m.negation(a)),
}
# What & | ~ of conditions call; floats have no such operators, so conditions is all they can be.
CONNECTIVES |= {
    np.bitwise_and: CONNECTIVES[np.logical_and],
    np.bitwise_or: CONNECTIVES[np.logical_or],
    np.invert: CONNECTIVES[np.logical_not],
}
ORDERINGS = {meaning.name for meaning in COMPARISONS.values()}
STOP = "stop_gradient"  # the step whose operand is a constant to every derivative
CONDITIONS = ORDERINGS | {meaning.name for meaning in CONNECTIVES.values()}  # their values are True or False
INPUT = Meaning("input", lambda m, *xs: None)
CONSTANT = Meaning("constant", lambda m, *xs: None)
Step = tuple[Meaning | Op, tuple[Any, ...]]


class Program:
    """Steps in order; each is (meaning, operands), operands being numbers of earlier steps.

    For an input the operand is its number and ``values`` holds the exact point; for a constant it is the value.

    moving    for each step whether it depends on an input
    rounded   for each step whether floating point rounds it: it depends on an input, or on numbers that were handed
              to the function beside them
    on_edge   whether a decision was asked (a Python ``if``, a mask) whose two sides are exactly equal: beside
              the point it may go the other way, and the steps are those of one way only
    dropped   steps that an exact 0 multiplied; the product is 0 only if they are finite
    normwise  whether linear algebra or a Fourier transform was done, whose algorithms are accurate to the size of a
              result, not entry by entry
    """

    def __init__(self, point: Sequence[float], budget: float = 10.0) -> None:
        self.steps: list[Step] = []
        self.moving: list[bool] = []
        self.rounded: list[bool] = []
        self.on_edge = False
        self.dropped: list[int] = []
        self.normwise = False
        self.point = list(point)
        self.deadline = time.monotonic() + budget
        self.budget = budget
        self.decisions: dict[int, bool] = {}  # conditions that a Python `if` asked for, and their truth
        self._interned: dict[Any, int] = {}
        self._forward: dict[int, list[Any]] = {}  # precision -> values of the steps so far
        for k in range(len(self.point)):
            self._append(INPUT, (k,))

    def term(self, value: Any) -> Term:
        """The step of a constant: an exact int, Fraction, named constant, or a float read exactly."""
        if isinstance(value, Term):
            return value
        if isinstance(value, np.longdouble) and np.isfinite(value):
            value = Fraction(*value.as_integer_ratio())
        elif isinstance(value, np.generic):
            value = value.item()
        if not isinstance(value, int | float | Fraction):
            raise Refused(f"{value!r:.60} is not a real number")
        key = (type(value).__name__, repr(value))
        index = self._interned.get(key)
        if index is None:
            index = self._interned[key] = self._append(CONSTANT, (value,))
        return Term(self, index)

    def given(self, value: Any) -> Term:
        """The step of a number that is handed to the function beside its inputs: what is made of it is rounded."""
        term = self.term(value)
        index = self._append(CONSTANT, self.steps[term.index][1])
        self.rounded[index] = True
        return Term(self, index)

    def apply(self, meaning: Meaning | Op, *operands: Any) -> Term:
        """Append a step and return its term."""
        terms = [self.term(x) for x in operands]
        simpler = self._simpler(meaning.name, terms)
        if simpler is not None:
            return simpler
        return Term(self, self._append(meaning, tuple(t.index for t in terms)))

    def _append(self, meaning: Meaning | Op, operands: tuple[Any, ...]) -> int:
        n = len(self.steps)
        if n >= STEPS:
            raise Refused(f"more than {STEPS} scalar steps")
        if n % 1024 == 0:
            self.check_budget()
        self.steps.append((meaning, operands))
        moving = meaning is INPUT or (meaning is not CONSTANT and any(self.moving[i] for i in operands))
        self.moving.append(moving)
        self.rounded.append(moving or (meaning is not CONSTANT and any(self.rounded[i] for i in operands)))
        return n

    def renew_budget(self) -> None:
        """Give the next use of this program its full time; each witness has a budget of its own."""
        self.deadline = time.monotonic() + self.budget

    def check_budget(self) -> None:
        """Raise Refused when the time that this program may take is over."""
        if time.monotonic() > self.deadline:
            raise Refused(f"the budget of {self.budget:g} s was used up after {len(self.steps)} steps")

    def with_steps(self, changed: Mapping[int, Step]) -> Program:
        """A copy in which some steps are others; values from before the first of them are kept, and so is the time."""
        copy = Program(self.point, self.budget)
        copy.steps = [changed.get(n, step) for n, step in enumerate(self.steps)]
        copy.rounded = list(self.rounded)
        copy.moving, copy.on_edge, copy.dropped = list(self.moving), self.on_edge, list(self.dropped)
        copy.decisions, copy._interned = dict(self.decisions), dict(self._interned)
        first = min(changed, default=len(self.steps))
        copy._forward = {bits: values[:first] for bits, values in self._forward.items()}
        copy.deadline = self.deadline
        return copy

    def literal(self, term: Term) -> Any:
        """The constant that a term is, or None."""
        meaning, operands = self.steps[term.index]
        return operands[0] if meaning is CONSTANT else None

    def _simpler(self, name: str, terms: list[Term]) -> Term | None:
        """Exact identities with 0 and 1, so that one-hot cotangents do not fill the program."""
        if name == "multiply":
            for one, other in (terms, terms[::-1]):
                value = self.literal(one)
                if value is not None and not isinstance(value, ExactConstant):
                    if value == 1 and not isinstance(value, bool):
                        return other
                    if value == 0:
                        self.dropped.append(other.index)
                        return self.term(0)
        elif name in ("add", "subtract"):
            if self._is_zero(terms[1]):
                return terms[0]
            if name == "add" and self._is_zero(terms[0]):
                return terms[1]
        return None

    def _is_zero(self, term: Term) -> bool:
        value = self.literal(term)
        return value is not None and not isinstance(value, ExactConstant) and value == 0

    def values(self, bits: int) -> list[Any]:
        """Enclosures of all steps at the point; must be called at that working precision.

        Where a comparison is undecided the step's value is the Undecided exception itself, raised only
        when an answer depends on it.
        """
        known = self._forward.setdefault(bits, [])
        for n in range(len(known), len(self.steps)):
            if n % 1024 == 0:
                self.check_budget()
            known.append(self._value(*self.steps[n], known))
        return known

    def _value(self, meaning: Meaning | Op, operands: tuple[Any, ...], known: list[Any]) -> Any:
        if meaning is INPUT:
            return ball(self.point[operands[0]])
        if meaning is CONSTANT:
            value = operands[0]
            return value if isinstance(value, bool) else ball(value)
        return enclosed(meaning, [known[i] for i in operands])

    def decide(self, term: Term) -> bool:
        """The truth of a comparison at the point, raising the precision until it is certain."""
        for bits in PRECISIONS:
            with precision(bits):
                values = self.values(bits)
                value = values[term.index]
                if isinstance(value, bool):
                    self.on_edge = self.on_edge or self.at_edge(term.index, values)
                    return value
                if not isinstance(value, Undecided) and (value != 0 or value.is_zero()):
                    self.on_edge = self.on_edge or (bool(value.is_zero()) and self.moving[term.index])
                    return not value.is_zero()
        raise Refused(f"a branch is undecided at {PRECISIONS[-1]} bits: the point lies on its edge")

    def at_edge(self, condition: int, values: Any) -> bool:
        """Whether a comparison that the condition rests on has two exactly equal sides that an input can part."""
        stack = [condition]
        while stack:
            meaning, operands = self.steps[stack.pop()]
            if meaning.name in ORDERINGS and any(can_move(self.steps, self.moving, i, values) for i in operands):
                a, b = (values[i] for i in operands)
                if isinstance(a, flint.arb) and isinstance(b, flint.arb) and (a - b).is_zero():
                    return True
            elif meaning.name in ("and", "or", "not", "where"):
                stack.extend(operands)
        return False


def enclosed(meaning: Meaning | Op, xs: list[Any], m: Any = BALLS) -> Any:
    """One step over balls, or over the numbers of another module m.

    An undecided comparison, here or in what was selected, is handed on as a value.
    """
    if meaning.name == "where" and not isinstance(xs[0], Undecided):
        return xs[1] if xs[0] else xs[2]  # a lane that is not selected does not matter, even if undecided
    for x in xs:
        if isinstance(x, Undecided):
            return x
    if m is BALLS and meaning.name not in CONDITIONS - ORDERINGS:
        xs = [ball(x) if isinstance(x, bool) else x for x in xs]  # a condition used as 0 or 1
    try:
        return meaning.exact(m, *xs)  # type: ignore[misc]
    except Undecided as undecided:
        return undecided
    except ZeroDivisionError:
        return flint.arb.nan()
    except Refused:
        raise
    except Exception as problem:  # the meaning of a user's op may fail in any way
        text = f"the exact meaning of {meaning.name} raised {type(problem).__name__}: {problem}"
        raise Refused(text) from problem


class Term:
    """One entry of an exact array: a step of a program. Arithmetic appends steps."""

    __slots__ = ("index", "program")

    def __init__(self, program: Program, index: int) -> None:
        self.program = program
        self.index = index

    def __bool__(self) -> bool:
        decided = self.program.decide(self)
        self.program.decisions[self.index] = decided
        return decided

    def __float__(self) -> float:
        raise Refused("a plain float was asked of an exact value (float(), math functions, item assignment)")

    __int__ = __index__ = __float__

    def __repr__(self) -> str:
        return f"Term({self.index})"


def exact_value(value: Any) -> Any:
    """A literal of an expression as a constant of a program: int, Fraction, "pi" or "E"."""
    return NAMED[value] if isinstance(value, str) else value
