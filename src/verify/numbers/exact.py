"""ExactArray: an array of exact numbers that NumPy code runs over untouched.

An exact array is a polynomial in t: ``planes[k]`` is the object array of the coefficients of t**k, and all higher
powers are dropped. A field says what its entries are and how an elementwise function changes them: the terms of a
program (below) and balls have one plane; with more planes the same code computes f(x + t v) and so derivatives.

Functions that only move or add entries run NumPy's own code plane by plane; products are sums over planes;
elementwise functions go to the field; everything else goes through the definition in the op table or is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ad.core import Op
from ad.declare import cast
from ad.table.shapes import getitem, scatter
from ad.variable import MEANINGS, TABLE, Variable, give_array_face
from verify.numbers.choices import CHOICES
from verify.numbers.program import COMPARISONS, CONNECTIVES, Meaning, Program, Refused, Term, exact_value

Planes = tuple["np.ndarray | None", ...]  # the first is never None; None elsewhere means all zeros, a constant

# Functions of one array, or of one sequence of arrays, that only move entries: they mean the same plane by plane.
MOVES = {
    np.reshape, np.transpose, np.broadcast_to, np.expand_dims, np.squeeze, np.ravel, np.moveaxis, np.swapaxes,
    np.flip, np.roll, np.take, np.tile, np.repeat, np.diagonal, np.split, np.diag, np.fliplr, np.flipud, np.rot90,
    np.atleast_1d, np.atleast_2d, np.copy, np.delete, np.array_split, np.rollaxis, np.take_along_axis,
}  # fmt: skip
JOINS = {np.concatenate, np.stack, np.vstack, np.hstack, np.column_stack}
SUMS = {np.sum, np.cumsum}
FACTS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x, axis=None: x.size if axis is None else x.shape[axis],
}
ALWAYS = {np.isfinite: True, np.isnan: False, np.isinf: False}  # exact numbers are numbers
IGNORED = ("dtype", "optimize", "out")  # arguments that say nothing about exact numbers


class Field(Protocol):
    """A kind of exact numbers.

    order      the highest power of t that is carried: its arrays have order + 1 planes
    constant   one number, bool or named constant as an element; elements stay as they are
    constants  the same for all entries of an array
    apply      an elementwise function of arrays that broadcast; a condition has one plane of its own kind
    matmul     the matrix product of two planes
    decide     the truth of an element: certain, or an exception
    guess      doubles near the elements, for guessing an order that is then decided; None where there are none
    """

    order: int

    def constant(self, value: Any) -> Any: ...
    def constants(self, values: np.ndarray) -> np.ndarray: ...
    def apply(self, function: Any, operands: Sequence[Planes]) -> Planes: ...
    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray: ...
    def decide(self, element: Any) -> bool: ...
    def guess(self, data: np.ndarray) -> np.ndarray | None: ...


class ExactArray:
    """An array of exact numbers.

    Arguments
        field: the kind of its entries. planes: object arrays of one shape, the coefficients of 1, t, t**2, ...
    """

    __slots__ = ("field", "planes")

    def __init__(self, field: Field, planes: Planes) -> None:
        self.field = field
        self.planes = planes

    @property
    def data(self) -> np.ndarray:
        """The entries at t = 0."""
        assert self.planes[0] is not None
        return self.planes[0]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(object)

    @property
    def T(self) -> ExactArray:
        return self._each(np.transpose, (self,), {})

    def like(self, data: Any) -> ExactArray:
        """Constants, or an array of this kind, as an exact array."""
        return data if isinstance(data, ExactArray) else ExactArray(self.field, lifted(self.field, data))

    def exact_constant(self, value: Any) -> ExactArray:
        """An exact constant (int, Fraction, "pi" or "E") as an array without axes."""
        return self.like(exact_value(value))

    # NumPy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if any(type(x) is Variable for x in args):
            return NotImplemented
        if ufunc is np.add and method == "at":
            return add_at(self.like(args[0]), args[1], self.like(args[2]))
        if ufunc is np.add and method == "reduce":
            return self._each(np.sum, (args[0],), {"axis": 0, **kwargs})
        if kwargs.pop("out", None) is not None or kwargs or method != "__call__":
            raise Refused(f"np.{ufunc.__name__} with out=, where= or a method has no exact meaning here")
        if ufunc is np.matmul:
            return self.product(self.field.matmul, args)
        if ufunc in ALWAYS:
            return np.full(self.shape, ALWAYS[ufunc])
        return self.elementwise(ufunc, args)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Variable) for kind in types):
            return NotImplemented
        if function in FACTS:
            return FACTS[function](*args, **kwargs)
        if function in MOVES or function in SUMS:
            return self._each(function, args, kwargs)
        if function in JOINS:
            return self._each(function, ([self.like(x) for x in args[0]], *args[1:]), kwargs)
        own = _OWN.get(function) or CHOICES.get(function)
        if own is not None:
            return own(self, *args, **kwargs)
        op = TABLE.get(function)
        if op is not None and op.family == "elementwise":
            return self.elementwise(function, op.bind(args, kwargs)[0])
        if op is not None and op.meaning is not None:
            return op.meaning(*args, **kwargs)
        if function in MEANINGS:
            return MEANINGS[function](*args, **kwargs)
        name = getattr(function, "__name__", str(function))
        raise Refused(f"np.{name} has no exact meaning here")

    def elementwise(self, function: Any, args: tuple[Any, ...]) -> ExactArray:
        """Apply the meaning of an elementwise op to every entry, with NumPy's broadcasting."""
        return ExactArray(self.field, self.field.apply(function, [lifted(self.field, x) for x in args]))

    def product(self, multiply: Callable[..., Any], factors: Sequence[Any]) -> ExactArray:
        """A product that is linear in every factor, given by what it does to plain planes."""
        operands = [tuple(numbers(self.field, p) for p in lifted(self.field, x)) for x in factors]
        found = [_coefficient(multiply, operands, k) for k in range(self.field.order + 1)]
        return ExactArray(self.field, tuple(self._boxed(x) for x in found))

    def _each(self, function: Any, args: Any, kwargs: Any) -> Any:
        """A function that moves or adds entries, plane by plane."""
        kwargs = {name: value for name, value in kwargs.items() if name not in IGNORED}
        keep = function not in SUMS
        found = [function(*[self._plane(x, 0, keep) for x in args], **kwargs)]
        for k in range(1, self.field.order + 1):
            moves = any(_depends(x, k) for x in args)
            found.append(function(*[self._plane(x, k, keep) for x in args], **kwargs) if moves else None)
        if isinstance(found[0], list | tuple):
            parts = zip(*(x if x is not None else [None] * len(found[0]) for x in found), strict=True)
            return type(found[0])(ExactArray(self.field, tuple(self._boxed(p) for p in part)) for part in parts)
        return ExactArray(self.field, tuple(self._boxed(x) for x in found))

    def _plane(self, x: Any, k: int, keep: bool) -> Any:
        """Plane k of an argument; other arguments (axes, indices, shapes) are the same for every plane."""
        if isinstance(x, ExactArray):
            plane = x.planes[k] if k < len(x.planes) else None
            if plane is None:
                return np.full(x.shape, self.field.constant(0), dtype=object)
            return plane if keep else numbers(self.field, plane)
        if isinstance(x, tuple | list) and any(isinstance(part, ExactArray) for part in x):
            return [self._plane(part, k, keep) for part in x]
        return x

    def _boxed(self, found: Any) -> Any:
        """An array of elements from what NumPy made of them: it unpacks single ones and invents zeros."""
        if found is None:
            return None
        if not isinstance(found, np.ndarray):
            found = np.array(found, dtype=object) if not isinstance(found, bool | np.bool_) else np.array(found)
        return self.field.constants(found)

    # Indexing and item assignment: exact arrays are ours to write into

    def __getitem__(self, index: Any) -> ExactArray:
        index = plain_index(index)
        found = [plane if plane is None else plane[index] for plane in self.planes]
        return ExactArray(self.field, tuple(x if isinstance(x, np.ndarray | None) else self._boxed(x) for x in found))

    def __setitem__(self, index: Any, value: Any) -> None:
        index = plain_index(index)
        source = self.like(value)
        for k, plane in enumerate(self.planes):
            if plane is not None:
                entries = self._plane(source, k, True)
                plane[index] = entries if entries.ndim else entries[()]  # one element, not an array of it
            elif _depends(source, k):  # a new plane would be unknown to the arrays that share this one's entries
                raise Refused("item assignment into a constant; begin with np.zeros_like of an input")

    def __and__(self, other: Any) -> Any:
        return np.logical_and(self, other)

    def __or__(self, other: Any) -> Any:
        return np.logical_or(self, other)

    def __invert__(self) -> Any:
        return np.logical_not(self)

    __rand__, __ror__ = __and__, __or__

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[ExactArray]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError("the truth of an array with several entries is ambiguous: use .any() or .all()")
        return self.field.decide(self.data.reshape(-1)[0])

    def __float__(self) -> float:
        raise Refused("a plain float was asked of an exact value (float(), math functions, item assignment)")

    __int__ = __index__ = __float__

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise Refused("np.asarray was asked of an exact value")

    def astype(self, dtype: Any) -> ExactArray:
        """Rounding to another floating type means nothing in exact arithmetic; an integer type is refused."""
        if np.dtype(dtype).kind not in "fc":
            raise Refused(f"astype({np.dtype(dtype)}) of an exact value")
        return self

    def copy(self) -> ExactArray:
        return ExactArray(self.field, tuple(None if p is None else p.copy() for p in self.planes))

    def item(self) -> ExactArray:
        return self._each(np.reshape, (self, ()), {})

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"ExactArray(shape={self.shape})"


give_array_face(ExactArray)


def lifted(field: Field, x: Any) -> Planes:
    """Anything array-like as planes; numbers become exact constants."""
    if isinstance(x, ExactArray):
        return x.planes
    if np.ndim(x) == 0:
        if isinstance(x, np.ndarray):
            x = x[()]
        element = field.constant(x)
        data = np.empty((), dtype=bool if isinstance(element, bool) else object)
        data[()] = element
    else:
        data = field.constants(np.asarray(x))
    return (data, *[None] * field.order)


def numbers(field: Field, plane: np.ndarray | None) -> np.ndarray | None:
    """A plane with decided conditions counted as 0 and 1."""
    return plane if plane is None or plane.dtype != bool else field.constants(plane.astype(int))


def _depends(x: Any, k: int) -> bool:
    """Whether plane k of an argument, or of one of its parts, is more than zeros."""
    if isinstance(x, ExactArray):
        return k < len(x.planes) and x.planes[k] is not None
    return isinstance(x, tuple | list) and any(_depends(part, k) for part in x)


def powers(total: int, factors: int) -> Iterator[tuple[int, ...]]:
    """The powers of t that the factors of a product may bring to t**total."""
    if factors == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in powers(total - first, factors - 1):
            yield first, *rest


def _coefficient(multiply: Callable[..., Any], operands: Sequence[Planes], k: int) -> Any:
    """The coefficient of t**k in a product."""
    found = None
    for degrees in powers(k, len(operands)):
        parts = [x[degree] for x, degree in zip(operands, degrees, strict=True)]
        if all(part is not None for part in parts):
            term = multiply(*parts)
            found = term if found is None else found + term
    return found


def plain_index(index: Any) -> Any:
    """An index with boolean exact arrays decided."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    if isinstance(index, ExactArray):
        return decided_array(index)
    return index


def decided_array(x: ExactArray) -> np.ndarray:
    """The truth of every entry, as a plain array."""
    decide = x.field.decide
    return np.array([decide(entry) for entry in x.data.reshape(-1)], dtype=bool).reshape(x.shape)


def meaning_of(function: Any) -> Op | Meaning:
    """The mathematics of an elementwise function; Refused when the table has none."""
    op = TABLE.get(function)
    if op is not None and op.exact is not None:
        return op
    meaning = COMPARISONS.get(function) or CONNECTIVES.get(function)
    if meaning is None:
        raise Refused(f"{getattr(function, '__name__', function)} has no exact meaning here")
    return meaning


def add_at(target: ExactArray, index: Any, values: ExactArray) -> None:
    """Add values at an index, entries named twice receiving both."""
    index = plain_index(index)
    for plane, added in zip(target.planes, values.planes, strict=True):
        if added is not None:
            if plane is None:
                raise Refused("np.add.at into a constant; begin with np.zeros_like of an input")
            np.add.at(plane, index, added)


def filled(field: Field, shape: Any, value: Any) -> ExactArray:
    """An array of one number, with planes of its own to write into."""
    elements = (field.constant(value), *[field.constant(0)] * field.order)
    return ExactArray(field, tuple(np.full(shape, element, dtype=object) for element in elements))


def _scatter(self: ExactArray, g: Any, index: Any, shape: Any) -> ExactArray:
    result = filled(self.field, shape, 0)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, int | np.integer | slice) for part in parts):
        result[index] = g  # names every entry at most once
    else:
        add_at(result, index, self.like(g))
    return result


def _filled(value: int) -> Callable[..., ExactArray]:
    return lambda self, a, *args, **kwargs: filled(self.field, np.shape(a), value)


def _full_like(self: ExactArray, a: Any, value: Any) -> ExactArray:
    result = filled(self.field, np.shape(a), 0)
    result[...] = value
    return result


def _truths(self: ExactArray, a: Any) -> Iterator[bool]:
    return (self.field.decide(entry) for entry in self.like(a).data.reshape(-1))


def _einsum(self: ExactArray, subscripts: Any, *operands: Any, **kwargs: Any) -> ExactArray:
    if not isinstance(subscripts, str):
        raise Refused("np.einsum has an exact meaning here with its subscripts as one string")
    return self.product(lambda *parts: np.einsum(subscripts, *parts), operands)


def _dot(self: ExactArray, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return self.elementwise(np.multiply, (a, b))
    return MEANINGS[np.tensordot](self.like(a), self.like(b), ((np.ndim(a) - 1,), (max(np.ndim(b) - 2, 0),)))


_OWN: dict[Any, Callable[..., Any]] = {
    getitem: lambda self, x, index: x[index],
    scatter: _scatter,
    cast: lambda self, x, dtype: x,
    np.zeros_like: _filled(0),
    np.ones_like: _filled(1),
    np.empty_like: _filled(0),
    np.full_like: lambda self, a, value, *args, **kwargs: _full_like(self, a, value),
    np.all: lambda self, a, *args, **kwargs: all(_truths(self, a)),
    np.any: lambda self, a, *args, **kwargs: any(_truths(self, a)),
    np.einsum: _einsum,
    np.dot: _dot,
    np.append: lambda self, arr, values, axis=None: (
        np.concatenate([np.ravel(self.like(arr)), np.ravel(self.like(values))])
        if axis is None
        else np.concatenate([self.like(arr), self.like(values)], axis=axis)
    ),
    np.broadcast_arrays: lambda self, *xs: tuple(
        np.broadcast_to(self.like(x), np.broadcast_shapes(*map(np.shape, xs))) for x in xs
    ),
}


# --- terms: the entries of a program


@dataclass(frozen=True)
class Terms:
    """The field of a program: applying a function appends steps."""

    program: Program
    order: int = 0

    def constant(self, value: Any) -> Term:
        return self.program.term(value)

    def constants(self, values: np.ndarray) -> np.ndarray:
        if values.dtype == object and all(isinstance(x, Term) for x in values.reshape(-1)):
            return values
        return terms(self.program, values)

    def apply(self, function: Any, operands: Sequence[Planes]) -> Planes:
        meaning = meaning_of(function)
        broadcast = np.broadcast(*(planes[0] for planes in operands))  # type: ignore[arg-type]
        result = np.empty(broadcast.shape, dtype=object)
        flat = result.reshape(-1)
        for n, entries in enumerate(broadcast):
            flat[n] = self.program.apply(meaning, *entries)
        return (result,)

    def matmul(self, a: np.ndarray, b: np.ndarray) -> Any:
        return np.matmul(a, b)  # over the terms' own + and *

    def decide(self, element: Term) -> bool:
        return bool(element)

    def guess(self, data: np.ndarray) -> None:
        return None


def terms(program: Program, x: Any) -> np.ndarray:
    """Anything array-like as an object array of terms; numbers become exact constants."""
    if isinstance(x, ExactArray):
        return x.data
    data = np.empty(np.shape(x), dtype=object)
    source = x if isinstance(x, np.ndarray) else None
    if data.ndim == 0:
        data[()] = program.term(x[()] if source is not None else x)
        return data
    source = np.asarray(x) if source is None else source
    flat = data.reshape(-1)
    for n, entry in enumerate(source.reshape(-1)):
        flat[n] = program.term(entry)
    return data


def _term_operator(function: Any, reflected: bool) -> Callable[[Term, Any], Any]:
    meaning = meaning_of(function)

    def operate(self: Term, other: Any) -> Any:
        if isinstance(other, ExactArray):
            return NotImplemented
        a, b = (other, self) if reflected else (self, other)
        return self.program.apply(meaning, a, b)

    return operate


for _name, _function in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
}.items():  # fmt: skip
    setattr(Term, f"__{_name}__", _term_operator(_function, reflected=False))
    setattr(Term, f"__r{_name}__", _term_operator(_function, reflected=True))
setattr(Term, "__neg__", lambda self: self.program.apply(meaning_of(np.negative), self))  # noqa: B010  beside the loop's
setattr(Term, "conjugate", lambda self: self)  # noqa: B010  np.vdot asks for it


def inputs(program: Program, shapes: list[tuple[int, ...]]) -> list[ExactArray]:
    """The inputs of a program as exact arrays of the given shapes, in order."""
    arrays, start = [], 0
    for shape in shapes:
        count = int(np.prod(shape, dtype=int))
        data = np.empty(count, dtype=object)
        data[:] = [Term(program, start + k) for k in range(count)]
        arrays.append(ExactArray(Terms(program), (data.reshape(shape),)))
        start += count
    return arrays
