"""Complex exact arrays: two real ones, and every function as real arithmetic on them.

NumPy code runs over a ``ComplexArray`` untouched, as over real exact arrays: what it computes are exact real and
imaginary parts, of whatever kind the parts are. Each function below is its textbook formula in real functions (Abramowitz
and Stegun, Handbook of Mathematical Functions, 1964, chapters 3 and 4), principal branches as NumPy takes them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.constants import LN2, LN10, PI
from ad.declare import cast
from ad.dispatch import called, entry
from ad.face import give_array_face
from ad.table.shapes import getitem, scatter
from ad.variable import MEANINGS, Variable
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


_parts = (ComplexArray.real, ComplexArray.imag)  # the face gives properties of these names to types without parts
give_array_face(ComplexArray)
ComplexArray.real, ComplexArray.imag = _parts  # type: ignore[misc]


def is_complex(x: Any) -> bool:
    """Whether x is an array or number of complex numbers, exact ones too."""
    return isinstance(x, complex) or getattr(getattr(x, "dtype", None), "kind", "") == "c"


def any_complex(args: Any) -> bool:
    """Whether an argument is complex, or one of a sequence of arrays."""
    return any(is_complex(x) or (isinstance(x, list | tuple) and any(map(is_complex, x))) for x in args)


def parts(x: Any) -> tuple[Any, Any]:
    """The real and the imaginary part; None for that of a real array."""
    if isinstance(x, ComplexArray):
        return x.real, x.imag
    return (np.real(x), np.imag(x)) if is_complex(x) else (x, None)


def assembled(real: Any, imag: Any, lifter: Any) -> ComplexArray:
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
    return assembled(*found, lifter) if isinstance(found, tuple) else found


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
    return assembled(*sums, lifter)


def _add_at(target: Any, index: Any, values: Any) -> None:
    for part, added in zip(parts(target), parts(values), strict=True):
        if added is not None:
            np.add.at(part, index, added)


# --- functions of real and imaginary parts: each gives a pair of parts, or a real array


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def _minus(x: Any) -> Any:
    return None if x is None else -x


def _times(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a * b


def add(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    return ar + br, _sum(ai, bi)


def multiply(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    return _sum(ar * br, _minus(_times(ai, bi))), _sum(_times(ar, bi), _times(ai, br))


def divide(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    if bi is None:
        return ar / br, ai / br
    size = br * br + bi * bi
    real, imag = multiply(a, np.conjugate(b))
    return real / size, imag / size


def exp(z: Any) -> Any:
    size = np.exp(z.real)
    return size * np.cos(z.imag), size * np.sin(z.imag)


def log(z: Any) -> Any:
    return np.log(np.hypot(z.real, z.imag)), np.arctan2(z.imag, z.real)


def sqrt(z: Any) -> Any:
    size, half = np.sqrt(np.hypot(z.real, z.imag)), np.arctan2(z.imag, z.real) / 2
    return size * np.cos(half), size * np.sin(half)


def sin(z: Any) -> Any:
    return np.sin(z.real) * np.cosh(z.imag), np.cos(z.real) * np.sinh(z.imag)


def cos(z: Any) -> Any:
    return np.cos(z.real) * np.cosh(z.imag), -(np.sin(z.real) * np.sinh(z.imag))


def sinh(z: Any) -> Any:
    return np.sinh(z.real) * np.cos(z.imag), np.cosh(z.real) * np.sin(z.imag)


def cosh(z: Any) -> Any:
    return np.cosh(z.real) * np.cos(z.imag), np.sinh(z.real) * np.sin(z.imag)


def tan(z: Any) -> Any:
    below = np.cos(2 * z.real) + np.cosh(2 * z.imag)
    return np.sin(2 * z.real) / below, np.sinh(2 * z.imag) / below


def tanh(z: Any) -> Any:
    below = np.cosh(2 * z.real) + np.cos(2 * z.imag)
    return np.sinh(2 * z.real) / below, np.sin(2 * z.imag) / below


def power(a: Any, b: Any) -> Any:
    n = _whole(b)
    if n is None:
        return np.exp(b * (np.log(a) if is_complex(a) else np.log(a) + 0j))
    found, square = None, a
    for bit in reversed(f"{abs(n):b}"):
        if bit == "1":
            found = square if found is None else found * square
        square = square * square
    if found is None:
        return np.ones_like(a)
    return np.reciprocal(found) if n < 0 else found


def _whole(b: Any) -> int | None:
    """The whole number that all entries of a constant are, if they are one."""
    if is_complex(b) or np.size(b) == 0:
        return None
    values = np.ravel(b)
    if hasattr(b, "field"):
        guess = None if b.field.moves(b.planes) else b.field.guess(b.data)
        if guess is None:
            return None
        values = np.ravel(guess)
    n = values[0]
    if n != np.rint(n) or (values != n).any() or not bool(np.all(np.equal(b, n))):
        return None
    return int(n)


def arcsin(z: Any) -> Any:
    return -1j * np.log(1j * z + np.sqrt(1 - z) * np.sqrt(1 + z))


def arctan(z: Any) -> Any:
    return 0.5j * (np.log(1 - 1j * z) - np.log(1 + 1j * z))


def _constant(z: Any, value: Any) -> Any:
    return z.real.exact_constant(value)


FORMULAS: dict[Any, Callable[..., Any]] = {
    np.positive: lambda z: z,
    np.negative: lambda z: (-z.real, -z.imag),
    np.conjugate: lambda z: (z.real, -z.imag),
    np.absolute: lambda z: np.hypot(z.real, z.imag),
    np.add: add,
    np.subtract: lambda a, b: add(a, -b),
    np.multiply: multiply,
    np.divide: divide,
    np.square: lambda z: multiply(z, z),
    np.reciprocal: lambda z: divide(1, z),
    np.power: power,
    np.float_power: power,
    np.exp: exp,
    np.exp2: lambda z: np.exp(z * _constant(z, LN2)),
    np.expm1: lambda z: np.exp(z) - 1,
    np.log: log,
    np.log2: lambda z: np.log(z) / _constant(z, LN2),
    np.log10: lambda z: np.log(z) / _constant(z, LN10),
    np.log1p: lambda z: np.log(1 + z),
    np.sqrt: sqrt,
    np.sin: sin,
    np.cos: cos,
    np.tan: tan,
    np.sinh: sinh,
    np.cosh: cosh,
    np.tanh: tanh,
    np.arcsin: arcsin,
    np.arccos: lambda z: _constant(z, PI) / 2 - np.arcsin(z),
    np.arctan: arctan,
    np.arcsinh: lambda z: np.log(z + np.sqrt(1 + 1j * z) * np.sqrt(1 - 1j * z)),
    np.arccosh: lambda z: np.log(z + np.sqrt(z - 1) * np.sqrt(z + 1)),
    np.arctanh: lambda z: (np.log(1 + z) - np.log(1 - z)) / 2,
    np.equal: lambda a, b: np.logical_and(
        np.equal(parts(a)[0], parts(b)[0]), np.equal(*(0 if y is None else y for _, y in (parts(a), parts(b))))
    ),
    np.not_equal: lambda a, b: np.logical_not(np.equal(a, b)),
    np.isfinite: lambda z: np.ones(np.shape(z), bool),
    np.isnan: lambda z: np.zeros(np.shape(z), bool),
    np.isinf: lambda z: np.zeros(np.shape(z), bool),
}


# --- functions that are no ufuncs


def _where(lifter: Any, c: Any, a: Any, b: Any) -> Any:
    pairs = [[0 if part is None else part for part in parts(x)] for x in (a, b)]
    return assembled(*(np.where(c, lifter.like(x), y) for x, y in zip(*pairs, strict=True)), lifter)


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
