"""Complex exact arrays: two real ones, and every function as real arithmetic on them.

NumPy code runs over a ``ComplexArray`` untouched, as over real exact arrays: what it computes are exact real and
imaginary parts, of whatever kind the parts are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.declare import cast
from ad.dispatch import called, entry
from ad.face import give_array_face
from ad.table.shapes import getitem, scatter
from ad.variable import MEANINGS, Variable
from verify.numbers.complexformulas import FORMULAS, parts, sinc
from verify.numbers.elimination import LINEAR
from verify.numbers.program import Refused


class ComplexArray:
    """An array of exact complex numbers.

    Arguments
        real, imag: exact arrays of one shape and kind.
    """

    __slots__ = ("imag", "real")

    def __init__(self, real: Any, imag: Any) -> None:
        self.real = real
        self.imag = imag

    @property
    def field(self) -> Any:
        return self.real.field

    @property
    def shape(self) -> tuple[int, ...]:
        found: tuple[int, ...] = self.real.shape
        return found

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(self.real.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(complex)

    @property
    def T(self) -> Any:
        return np.transpose(self)

    def like(self, data: Any) -> Any:
        """Constants, or an array of this kind, as an exact array."""
        return data if isinstance(data, ComplexArray) else self.real.like(data)

    def exact_constant(self, value: Any) -> Any:
        """A constant as an exact array."""
        return self.real.exact_constant(value)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if any(type(x) is Variable for x in args):
            return NotImplemented
        return ufunc_of(self, ufunc, method, args, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Variable) for kind in types):
            return NotImplemented
        return function_of(self, function, args, kwargs)

    def __getitem__(self, index: Any) -> ComplexArray:
        return ComplexArray(self.real[index], self.imag[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        real, imag = parts(self.like(value))
        self.real[index] = real
        self.imag[index] = 0 if imag is None else imag

    def __len__(self) -> int:
        return len(self.real)

    def __iter__(self) -> Iterator[ComplexArray]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(np.not_equal(self, 0))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise Refused("np.asarray was asked of an exact value")

    def __complex__(self) -> complex:
        raise Refused("a plain number was asked of an exact value (complex(), cmath functions, item assignment)")

    __float__ = __int__ = __index__ = __complex__

    def astype(self, dtype: Any) -> ComplexArray:
        """Rounding means nothing in exact arithmetic; a real type is refused, since it drops the imaginary part."""
        if np.dtype(dtype).kind != "c":
            raise Refused(f"astype({np.dtype(dtype)}) of a complex exact value: write np.real")
        return self

    def copy(self) -> ComplexArray:
        return ComplexArray(self.real.copy(), self.imag.copy())

    def item(self) -> Any:
        return np.reshape(self, ())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"ComplexArray(shape={self.shape})"


give_array_face(ComplexArray)


def assembled(lifter: Any, real: Any, imag: Any) -> ComplexArray:
    """A complex array from parts that broadcast, at least one of them perhaps of plain numbers, or None for zeros."""
    shape = np.broadcast_shapes(np.shape(real), () if imag is None else np.shape(imag))
    found = [lifter.like(np.zeros(()) if part is None else part) for part in (real, imag)]
    return ComplexArray(*(part if part.shape == shape else np.broadcast_to(part, shape) for part in found))


# --- NumPy's two protocols


def ufunc_of(lifter: Any, ufunc: np.ufunc, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ufunc of operands of which some are complex; ``lifter`` makes constants exact."""
    if ufunc is np.add and method == "reduce":
        return partwise(lifter, np.sum, args[:1], {"axis": 0, **kwargs})
    if ufunc is np.add and method == "at":
        return _add_at(*args)
    if method != "__call__" or any(value is not None for value in kwargs.values()):
        raise Refused(f"np.{ufunc.__name__} of complex numbers with out=, where= or a method has no exact meaning here")
    if ufunc is np.matmul:
        return multilinear(lifter, np.matmul, args)
    formula = FORMULAS.get(ufunc)
    if formula is None:
        raise Refused(f"{called(ufunc)} of complex numbers has no exact meaning here")
    found = formula(*args)
    return assembled(lifter, *found) if isinstance(found, tuple) else found


def function_of(lifter: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of arguments of which some are complex; ``lifter`` makes constants exact."""
    if function in FUNCTIONS:
        return FUNCTIONS[function](lifter, *args, **kwargs)
    if function in LINEAR:
        lifter.field.normwise()
        return LINEAR[function](lifter, *args, **kwargs)
    op = entry(function)
    if op is not None and op.stability == "normwise":
        lifter.field.normwise()
    meaning = MEANINGS.get(function) if op is None else op.meaning
    if meaning is not None:
        return meaning(*args, **kwargs)
    if op is None or op.family == "linear":
        return partwise(lifter, function, args, kwargs)
    raise Refused(f"{called(function)} of complex numbers has no exact meaning here")


def partwise(lifter: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function that is linear in its first argument, an array or a sequence of arrays, part by part."""
    data, *rest = args
    if isinstance(data, list | tuple):
        pairs = [parts(x) for x in data]
        real: Any = [lifter.like(x) for x, _ in pairs]
        imag: Any = [lifter.like(np.zeros(np.shape(x)) if y is None else y) for x, y in pairs]
    else:
        real, imag = (lifter.like(x) for x in parts(data))
    found = function(real, *rest, **kwargs), function(imag, *rest, **kwargs)
    if isinstance(found[0], list | tuple):
        return type(found[0])(ComplexArray(*pair) for pair in zip(*found, strict=True))
    return ComplexArray(*found)


def multilinear(lifter: Any, product: Callable[..., Any], factors: Any) -> ComplexArray:
    """A product that is linear in every factor: the sum over all choices of parts, times i for each imaginary one."""
    sums: list[Any] = [None, None]
    for chosen in itertools.product((0, 1), repeat=len(factors)):
        values = [parts(x)[k] for x, k in zip(factors, chosen, strict=True)]
        if any(value is None for value in values):
            continue
        count = sum(chosen)
        term = product(*map(lifter.like, values))
        term = -term if count % 4 in (2, 3) else term
        sums[count % 2] = term if sums[count % 2] is None else sums[count % 2] + term
    return assembled(lifter, *sums)


def _add_at(target: Any, index: Any, values: Any) -> None:
    for part, added in zip(parts(target), parts(values), strict=True):
        if added is not None:
            np.add.at(part, index, added)


# --- functions that are no ufuncs


def _where(lifter: Any, c: Any, a: Any, b: Any) -> Any:
    pairs = [[0 if part is None else part for part in parts(x)] for x in (a, b)]
    return assembled(lifter, *(np.where(c, lifter.like(x), y) for x, y in zip(*pairs, strict=True)))


def _einsum(lifter: Any, subscripts: Any, *operands: Any, **kwargs: Any) -> Any:
    if not isinstance(subscripts, str):
        raise Refused("np.einsum has an exact meaning here with its subscripts as one string")
    return multilinear(lifter, lambda *factors: np.einsum(subscripts, *factors), operands)


def _filled(function: Any, imaginary: Any) -> Callable[..., Any]:
    return lambda lifter, a, *args, **kwargs: ComplexArray(function(a.real, *args), imaginary(a.real))


def _full_like(lifter: Any, a: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
    found = np.zeros_like(a)
    found[...] = value
    return found


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda lifter, x: np.shape(x.real),
    np.ndim: lambda lifter, x: np.ndim(x.real),
    np.size: lambda lifter, x, axis=None: np.size(x.real) if axis is None else np.shape(x.real)[axis],
    np.iscomplexobj: lambda lifter, x: True,
    np.isrealobj: lambda lifter, x: False,
    np.real: lambda lifter, x: x.real,
    np.imag: lambda lifter, x: x.imag,
    np.where: _where,
    np.sinc: lambda lifter, z: sinc(z),
    np.einsum: _einsum,
    np.dot: lambda lifter, a, b: multilinear(lifter, np.dot, (a, b)),
    np.zeros_like: _filled(np.zeros_like, np.zeros_like),
    np.empty_like: _filled(np.zeros_like, np.zeros_like),
    np.ones_like: _filled(np.ones_like, np.zeros_like),
    np.full_like: _full_like,
    np.all: lambda lifter, a, *args, **kwargs: bool(np.all(np.not_equal(a, 0))),
    np.any: lambda lifter, a, *args, **kwargs: bool(np.any(np.not_equal(a, 0))),
    getitem: lambda lifter, x, index: x[index],
    scatter: lambda lifter, g, index, shape: ComplexArray(
        scatter(g.real, index, shape), scatter(g.imag, index, shape)
    ),
    cast: lambda lifter, x, dtype: x.astype(dtype),
}
