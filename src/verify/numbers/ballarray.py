"""Arrays of balls: the field that runs NumPy code over whole arrays at once, nothing recorded.

With order 0 an array holds values; with order k it holds f(x + t v) up to t**k, every coefficient a ball. Sums,
products and quotients are NumPy's object loops and FLINT's matrix product, plane by plane; an elementwise function is
the ``exact`` of its entry, over balls or over FLINT's own power series. No rule of the engine is used.

Facts
    Everything happens at the precision of the moment: a field belongs to one precision.
    An entry that is not known is the ball nan, which no answer may rest on. ``np.where`` drops what it does not
    select, so a lane that is outside a domain or undecided does not matter there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np

from ad.core import Op
from verify.numbers.balls import BALLS, Undecided, ball
from verify.numbers.coefficients import (
    CONTRARY,
    STILL,
    UNKNOWN,
    Open,
    boxed,
    by_plane,
    compare,
    condensed,
    convolved,
    finite,
    matrix_product,
    moving,
    or_still,
    polynomial,
    quotient,
    taken_apart,
    unlike,
    zero,
)
from verify.numbers.deciding import Deadline, Kink
from verify.numbers.kinds import Planes
from verify.numbers.planes import ExactArray, meaning_of
from verify.numbers.program import CONNECTIVES, Meaning, Refused
from verify.numbers.taylor import TAYLOR

BLOCK = 1 << 14  # entries between two looks at the clock
PRODUCTS = 1.5e7  # scalar products in a second, in a matrix product at 128 bits
MATRIX = 512  # scalar products from which FLINT's matrix product pays for the conversion

_exactly = np.frompyfunc(flint.arb, 1, 1)  # of Python ints and floats
_midpoint = np.frompyfunc(lambda x: float(x.mid()), 1, 1)


class BallField:
    """Balls, or Taylor polynomials of balls, at the precision of the moment.

    Arguments
        order: the highest power of t that is carried. deadline: when to give up.
        absorbing: whether an exact 0 makes a product 0 whatever the other factor is. A cotangent of exactly 0 says
            that a value is not used, so that its slope, perhaps infinite, does not matter. What is computed so has
            to be certified by code that does not absorb; ``absorbed`` says whether it happened.
    """

    records = False

    def __init__(self, order: int = 0, deadline: Deadline | None = None, absorbing: bool = False) -> None:
        self.order = order
        self.deadline = deadline or Deadline(float("inf"))
        self.absorbing = absorbing
        self.absorbed = False
        self.reasons: dict[str, Open] = {}

    def inputs(self, leaves: Sequence[Any], *directions: Sequence[Any]) -> list[ExactArray]:
        """Leaves as exact arrays; ``directions[k-1]`` holds what multiplies t**k, one array for each leaf."""
        arrays = []
        for n, leaf in enumerate(leaves):
            planes: list[Any] = [self.constants(np.asarray(x[n])) for x in (leaves, *directions)]
            planes += [np.full(np.shape(leaf), STILL, dtype=object)] * (self.order + 1 - len(planes))
            arrays.append(ExactArray(self, tuple(planes)))
        return arrays

    # --- the protocol of a field

    def constant(self, value: Any) -> Any:
        if type(value) is flint.arb or isinstance(value, bool | Open):
            return value
        if isinstance(value, np.bool_):
            return bool(value)
        if isinstance(value, complex | np.complexfloating | str):
            raise Refused(f"the constant {value!r} is not a real number")
        return STILL if value == 0 else ball(value)

    def constants(self, values: np.ndarray) -> np.ndarray:
        """All entries as balls; an array of balls, or of decided conditions, is handed back as it is."""
        if values.dtype == bool:
            return values
        if values.dtype == object:
            flat = values.reshape(-1)
            if set(map(type, flat.tolist())) <= {flint.arb}:
                return values
            found = np.empty(values.shape, dtype=object)
            found.reshape(-1)[:] = [self.constant(x) for x in flat]
            return found
        if values.dtype.kind in "cSUM":
            raise Refused(f"an array of dtype {values.dtype} is not one of real numbers")
        plain = values if values.dtype.kind in "iu" else values.astype(float)
        if not (plain == values).all():  # nan too
            raise Refused("a constant that is nan, or has more digits than a double, has no exact meaning here")
        found = boxed(_exactly(plain.astype(object)))
        if not plain.all():
            found[plain == 0] = STILL
        return found

    def decide(self, element: Any) -> bool:
        if isinstance(element, bool | np.bool_):
            return bool(element)
        if isinstance(element, Open):
            raise element.exception()
        if element.is_zero() or element != 0:
            return not element.is_zero()
        raise Undecided("whether a number is 0 is undecided")

    def moves(self, planes: Planes) -> bool:
        return bool(moving(planes).any())

    def normwise(self) -> None:
        """Nothing is rounded here."""

    def guess(self, data: np.ndarray) -> np.ndarray:
        return np.asarray(_midpoint(data), dtype=float)

    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        inner = a.shape[-1] if a.ndim else 0
        shape = np.matmul(np.broadcast_to(0.0, a.shape), np.broadcast_to(0.0, b.shape)).shape  # or its own error
        work = int(np.prod(shape, dtype=float)) * inner
        self.deadline.afford(work / PRODUCTS, f"a matrix product of {work:.2g} scalar products")
        if work < MATRIX or a.ndim < 2 or b.ndim < 2 or 1 in (a.shape[-2], b.shape[-1]):
            return boxed(np.matmul(a, b)) if inner else np.full(shape, STILL, dtype=object)
        left = np.broadcast_to(a, (*shape[:-2], *a.shape[-2:]))
        right = np.broadcast_to(b, (*shape[:-2], *b.shape[-2:]))
        result = np.empty(shape, dtype=object)
        for index in np.ndindex(shape[:-2]):
            self.deadline.check()
            result[index] = matrix_product(left[index], right[index])
        return result

    def apply(self, function: Any, operands: Sequence[Planes]) -> Planes:
        self.deadline.check()
        if function in CONTRARY:
            return (compare(function, *[self._numeric(x) for x in operands]), *[None] * self.order)
        if function in CONNECTIVES:
            return (self._connect(CONNECTIVES[function], operands), *[None] * self.order)
        if function is np.where:
            return self._where(*operands)
        operands = [self._numeric(x) for x in operands]
        if function in _ALGEBRA:
            return _ALGEBRA[function](self, *operands)
        meaning = meaning_of(function)
        if all(plane is None for x in operands for plane in x[1:]):
            return (self._values(meaning, [x[0] for x in operands]), *[None] * self.order)
        return self._polynomials(meaning, operands)

    # --- elementwise functions

    def _numeric(self, planes: Planes) -> Planes:
        """Conditions as the numbers 0 and 1."""
        values = planes[0]
        if values.dtype == bool:
            values = self.constants(values.astype(int))
        elif any(isinstance(x, Open | bool) for x in values.reshape(-1)[:1]):
            values = boxed(np.frompyfunc(self._number, 1, 1)(values))
        return (values, *planes[1:])

    def _number(self, element: Any) -> Any:
        if isinstance(element, Open):
            return self._unknown(element)
        return ball(element) if isinstance(element, bool) else element

    def _unknown(self, why: Open) -> Any:
        """The ball nan, keeping the reason for whoever is left without an answer."""
        self.reasons.setdefault(why.reason, why)
        return UNKNOWN

    def why_unknown(self) -> Undecided | None:
        """The first reason for an entry that is not known: a kink before anything that precision may cure."""
        reasons = sorted(self.reasons.values(), key=lambda why: not why.kink)
        return reasons[0].exception() if reasons else None

    def _values(self, meaning: Op | Meaning, arrays: Sequence[Any]) -> np.ndarray:
        exact = meaning.exact
        assert exact is not None

        def entry(*xs: Any) -> Any:
            try:
                return exact(BALLS, *xs)
            except Undecided as undecided:
                return self._unknown(Open(str(undecided), isinstance(undecided, Kink)))
            except (ZeroDivisionError, ValueError):
                return UNKNOWN

        return self._mapped(entry, arrays, 1)[0]

    def _polynomials(self, meaning: Op | Meaning, operands: Sequence[Planes]) -> Planes:
        """An elementwise function over FLINT's series, entry by entry."""
        exact, terms = meaning.exact, self.order + 1
        assert exact is not None
        widths = [1 if all(plane is None for plane in x[1:]) else terms for x in operands]
        unknown = (UNKNOWN,) * terms

        def entry(*coefficients: Any) -> Any:
            xs, start = [], 0
            for width in widths:
                xs.append(polynomial(coefficients[start : start + width]))
                start += width
            try:
                return taken_apart(exact(TAYLOR, *xs), terms)
            except Undecided as undecided:
                self._unknown(Open(str(undecided), isinstance(undecided, Kink)))
            except (ZeroDivisionError, ValueError):
                pass
            return unknown

        flat: list[Any] = []
        for x, width in zip(operands, widths, strict=True):
            flat.extend(or_still(plane, x[0]) for plane in x[:width])
        return tuple(self._mapped(entry, flat, terms))

    def _mapped(self, entry: Callable[..., Any], arrays: Sequence[Any], results: int) -> list[np.ndarray]:
        """Apply a function to all entries that broadcast together, looking at the clock in between."""
        mapped = np.frompyfunc(entry, len(arrays), results)
        shape = np.broadcast_shapes(*(x.shape for x in arrays))
        if int(np.prod(shape, dtype=int)) <= BLOCK:
            found = mapped(*arrays)
            return [boxed(x) for x in (found if results > 1 else (found,))]
        flat = [np.broadcast_to(x, shape).reshape(-1) for x in arrays]
        blocks = []
        for start in range(0, flat[0].size, BLOCK):
            self.deadline.check()
            found = mapped(*(x[start : start + BLOCK] for x in flat))
            blocks.append(found if results > 1 else (found,))
        return [np.concatenate(parts).reshape(shape) for parts in zip(*blocks, strict=True)]

    def multiply(self, a: Planes, b: Planes) -> Planes:
        found = tuple(convolved(a, b, k) for k in range(len(a)))
        return self._absorb(found, a, b) if self.absorbing else found

    def extreme(self, before: Any, a: Planes, b: Planes) -> Planes:
        """b where a comes before b, else a: entries are handed on as they are, so that they can be recognised."""
        condition = compare(before, a, b)
        return self._where((condition, *[None] * self.order), b, a)

    def _absorb(self, product: Planes, a: Planes, b: Planes) -> Planes:
        lost = unlike(finite, product)
        if not lost.any():
            return product
        nothing = np.broadcast_to(~unlike(zero, a), lost.shape) | np.broadcast_to(~unlike(zero, b), lost.shape)
        if not (lost & nothing).any():
            return product
        self.absorbed = True
        return tuple(None if plane is None else np.where(lost & nothing, STILL, plane) for plane in product)

    # --- conditions

    def _connect(self, meaning: Meaning, operands: Sequence[Planes]) -> np.ndarray:
        conditions = [np.asarray(self._condition(x)) for x in operands]

        def entry(*xs: Any) -> Any:
            still_open = [x for x in xs if isinstance(x, Open)]
            return still_open[0] if still_open else bool(meaning.exact(BALLS, *xs))

        return condensed(self._mapped(entry, conditions, 1)[0])

    def _condition(self, planes: Planes) -> np.ndarray:
        """A plane of truth values; a number is true when it is not 0."""
        values: np.ndarray = planes[0]
        if values.dtype == bool or any(isinstance(x, Open | bool) for x in values.reshape(-1)[:1]):
            return values
        zero = (np.array(STILL, dtype=object), *[None] * self.order)
        return compare(np.not_equal, planes, zero)

    def _where(self, c: Planes, a: Planes, b: Planes) -> Planes:
        condition = self._condition(c)
        a, b = self._numeric(a), self._numeric(b)
        chosen, still_open = condition, None
        if condition.dtype != bool:
            still_open = np.array([isinstance(x, Open) for x in condition.reshape(-1)]).reshape(condition.shape)
            chosen = np.array([x is True for x in condition.reshape(-1)]).reshape(condition.shape)
            for x in condition[still_open]:
                self._unknown(x)
        found: list[Any] = []
        for k in range(self.order + 1):
            if a[k] is None and b[k] is None:
                found.append(None)
                continue
            plane = np.where(chosen, or_still(a[k], a[0]), or_still(b[k], b[0]))
            found.append(plane if still_open is None else np.where(still_open, UNKNOWN, plane))
        return tuple(found)


_ALGEBRA: dict[Any, Callable[..., Planes]] = {
    np.add: lambda field, a, b: by_plane(np.add, a, b),
    np.subtract: lambda field, a, b: by_plane(np.subtract, a, b),
    np.negative: lambda field, a: by_plane(np.negative, a),
    np.positive: lambda field, a: a,
    np.multiply: lambda field, a, b: field.multiply(a, b),
    np.square: lambda field, a: field.multiply(a, a),
    np.divide: lambda field, a, b: quotient(a, b),
    np.maximum: lambda field, a, b: field.extreme(np.less, a, b),
    np.fmax: lambda field, a, b: field.extreme(np.less, a, b),
    np.minimum: lambda field, a, b: field.extreme(np.greater, a, b),
    np.fmin: lambda field, a, b: field.extreme(np.greater, a, b),
}
