"""ExactArray: an array of exact numbers that NumPy code runs over untouched.

An exact array is a polynomial in t: ``planes[k]`` is the object array of the coefficients of t**k, and all higher
powers are dropped. A field says what its entries are and how an elementwise function changes them: the terms of a
program (``verify.numbers.exact``) have one plane, and so have balls (``verify.numbers.ballarray``) when values are
all that is asked for; with more planes the same code computes f(x + t v), and so derivatives.

Functions that only move or add entries run NumPy's own code plane by plane; products are sums over planes;
elementwise functions go to the field; everything else goes through the definition in the op table or is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ad.core import Op
from ad.dispatch import KEYWORDS, called, definition, entry, reduction
from ad.variable import MEANINGS, Variable, give_array_face
from verify.numbers.building import BUILDING, add_at, coefficient, plain_index
from verify.numbers.choices import CHOICES
from verify.numbers.complexes import ComplexArray, assembled, function_of, ufunc_of
from verify.numbers.complexformulas import any_complex, is_complex, parts
from verify.numbers.elimination import LINEAR
from verify.numbers.kinds import Field, Planes
from verify.numbers.moves import ALWAYS, FACTS, IGNORED, JOINS, MOVES, SUMS
from verify.numbers.program import COMPARISONS, CONNECTIVES, Meaning, Refused, exact_value


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
        found: np.ndarray = self.planes[0]
        return found

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
    def T(self) -> Any:
        return self._each(np.transpose, (self,), {})

    def like(self, data: Any) -> Any:
        """Constants, or an array of this kind, as an exact array; complex ones as a ``ComplexArray``."""
        if isinstance(data, ExactArray | ComplexArray):
            return data
        if is_complex(data):
            return assembled(self, *parts(data))
        return ExactArray(self.field, lifted(self.field, data))

    def exact_constant(self, value: Any) -> Any:
        """An exact constant (int, Fraction, "pi" or "E") as an array without axes."""
        return self.like(exact_value(value))

    def exact_data(self, values: np.ndarray) -> Any:
        """Numbers that a function is handed beside its inputs as an exact array: what is made of them is rounded."""
        if (given := getattr(self.field, "given", None)) is None:
            return self.like(values)
        return ExactArray(self.field, (given(values), *[None] * self.field.order))

    # NumPy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if any(type(x) is Variable for x in args):
            return NotImplemented
        if any_complex(args):
            return ufunc_of(self, ufunc, method, args, kwargs)
        if ufunc is np.add and method == "at":
            return add_at(self.like(args[0]), args[1], self.like(args[2]))
        if ufunc is np.add and method == "reduce":
            return self._each(np.sum, (args[0],), {"axis": 0, **kwargs})
        if method != "__call__":
            return reduction(ufunc, method, args, kwargs)
        if kwargs.pop("out", None) is not None or "where" in kwargs or (kwargs and definition(ufunc) is None):
            raise Refused(f"np.{ufunc.__name__} with out= or where= has no exact meaning here")
        if ufunc is np.matmul:
            return self.product(self.field.matmul, args)
        if ufunc in ALWAYS:
            return np.full(self.shape, ALWAYS[ufunc])
        if ufunc.nout > 1 or definition(ufunc) is not None:
            return self._defined(ufunc, args, kwargs)
        return self.elementwise(ufunc, args)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Variable) for kind in types):
            return NotImplemented
        if any_complex(args):
            return function_of(self, function, args, kwargs)
        if function in KEYWORDS and ("where" in kwargs or "initial" in kwargs):
            return KEYWORDS[function](*args, **kwargs)
        if function in FACTS:
            return FACTS[function](*args, **kwargs)
        if function in MOVES or function in SUMS:
            return self._each(function, args, kwargs)
        if function in JOINS:
            return self._each(function, ([self.like(x) for x in args[0]], *args[1:]), kwargs)
        op = entry(function)
        if function in LINEAR or (op is not None and op.stability == "normwise"):
            self.field.normwise()
        own = BUILDING.get(function) or CHOICES.get(function) or LINEAR.get(function)
        if own is not None:
            return own(self, *args, **kwargs)
        if op is not None and op.exact is not None:
            return self.elementwise(function, op.bind(args, kwargs)[0])
        meaning = MEANINGS.get(function) if op is None else op.meaning
        if meaning is not None:
            return meaning(*args, **kwargs)
        name = getattr(function, "__name__", str(function))
        raise Refused(f"np.{name} has no exact meaning here")

    def _defined(self, ufunc: np.ufunc, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A ufunc that is no entry itself, or has several results, by its definition."""
        meaning = definition(ufunc)
        if meaning is None:
            raise Refused(f"{called(ufunc)} has no exact meaning here")
        return meaning(*args, **kwargs)

    def elementwise(self, function: Any, args: tuple[Any, ...]) -> ExactArray:
        """Apply the meaning of an elementwise op to every entry, with NumPy's broadcasting."""
        return ExactArray(self.field, self.field.apply(function, [lifted(self.field, x) for x in args]))

    def product(self, multiply: Callable[..., Any], factors: Sequence[Any]) -> ExactArray:
        """A product that is linear in every factor, given by what it does to plain planes."""
        operands = [tuple(numbers(self.field, p) for p in lifted(self.field, x)) for x in factors]
        found = [coefficient(multiply, operands, k) for k in range(self.field.order + 1)]
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

    def astype(self, dtype: Any) -> Any:
        """Rounding to another floating type means nothing in exact arithmetic; an integer type is refused."""
        if np.dtype(dtype).kind == "c":
            return assembled(self, self, None)
        if np.dtype(dtype).kind not in "fcVO":  # V: bfloat16 and its kin; O: what its own dtype says
            raise Refused(f"astype({np.dtype(dtype)}) of an exact value")
        return self

    def copy(self) -> ExactArray:
        return ExactArray(self.field, tuple(None if p is None else p.copy() for p in self.planes))

    def item(self) -> Any:
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


def meaning_of(function: Any) -> Op | Meaning:
    """The mathematics of an elementwise function; Refused when the table has none."""
    op = entry(function)
    if op is not None and op.exact is not None:
        return op
    meaning = COMPARISONS.get(function) or CONNECTIVES.get(function)
    if meaning is None:
        raise Refused(f"{called(function)} has no exact meaning here")
    return meaning
