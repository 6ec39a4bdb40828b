"""Arrays that record: run NumPy code on them and what it does is a program.

A ``Traced`` is one more kind of number that the engine's own code runs on: ``ad.value_and_grad`` of Traced
arguments records the value and the gradient as one program, since rules are NumPy code too. It says that it is
of the class of the array it stands for, so that code which asks takes the way it takes with that array.

Facts
    Comparisons, argsort and whatever else has no derivative are recorded as the rest is, so nothing that depends
    on the data is frozen. Where a number leaves the recording (a Python ``if``, ``range(n)``, ``float(x)``,
    ``np.asarray``), what was read becomes a Check: the program is taken again only when it would be read again.
    Shapes and dtypes are facts of the arguments and are plain numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.compiler.program import Value
from ad.declare import cast
from ad.face import BINARY, COMPARE, UNARY, give_array_face
from ad.table.shapes import getitem

NUMPY = (np.ndarray, np.generic)
PYTHON = (bool, int, float, complex)  # Python's own numbers: operators between two of them are Python's


def refused_write(what: str) -> str:
    return (
        f"{what} writes into an array, which a compiled program cannot repeat; build a new array with np.where, "
        f"np.concatenate or np.stack, or call ad.value_and_grad"
    )


class Traced:
    """An array or number of a program that is being recorded, with the value it has this time."""

    __slots__ = ("recording", "seen", "value")
    recording: Any  # the Recording that it belongs to
    seen: Any
    value: Value

    # isinstance asks for __class__: rules and user code then take the way that they take with the array itself.
    __class__ = property(lambda self: type(self.seen))

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(self.seen, name):
            raise AttributeError(f".{name} of an array is not recorded by ad.compile; use a NumPy function instead")
        raise AttributeError(name)

    # NumPy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        for x in args:
            if type(x) is not Traced and _foreign(type(x)):
                return NotImplemented
        if method == "__call__" and not kwargs and ufunc.nout == 1 and ufunc.signature is None:
            return self.recording.elementwise(ufunc, args)
        if method == "at" or kwargs.get("out") is not None:
            raise TypeError(refused_write(f"np.{ufunc.__name__}" + (".at" if method == "at" else "(..., out=...)")))
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if method == "reduce" and ufunc is np.add:
            function, kwargs = np.sum, {"axis": 0, **kwargs}
        return self.recording.call(function, args, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        for kind in types:
            if kind is not Traced and _foreign(kind):
                return NotImplemented
        if kwargs.get("out") is not None:
            raise TypeError(refused_write(f"np.{function.__name__}(..., out=...)"))
        return self.recording.call(function, args, kwargs)

    # Where a number leaves the recording, what was read is checked

    def _read(self) -> Any:
        self.recording.check("equal", self.value, self.seen.copy() if isinstance(self.seen, np.ndarray) else self.seen)
        return self.seen

    def __bool__(self) -> bool:
        found = bool(self.seen)
        self.recording.check("truth", self.value, found)
        return found

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self._read(), dtype=dtype)

    def __float__(self) -> float:
        return float(self._read())

    def __int__(self) -> int:
        return int(self._read())

    def __complex__(self) -> complex:
        return complex(self._read())

    def __index__(self) -> int:
        return operator.index(self._read())

    def __hash__(self) -> int:
        return hash(self._read())

    def __str__(self) -> str:
        return str(self._read())

    def __format__(self, spec: str) -> str:
        return format(self._read(), spec)

    def item(self, *index: int) -> Any:
        return self._read().item(*index)

    def tolist(self) -> Any:
        return self._read().tolist()

    def __repr__(self) -> str:
        return f"Traced({self.seen!r})"

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(refused_write("item assignment"))

    def __iadd__(self, other: Any) -> Any:
        if type(self.seen) is np.ndarray:
            raise TypeError(refused_write("an operator with assignment"))
        return NotImplemented

    __isub__ = __imul__ = __itruediv__ = __ipow__ = __imatmul__ = __ifloordiv__ = __imod__ = __iadd__
    __iand__ = __ior__ = __ixor__ = __iadd__

    # Facts about the array, which the arguments' shapes and dtypes fix

    def __len__(self) -> int:
        return len(self.seen)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(np.equal(self, item)))

    def __getstate__(self) -> Any:
        raise TypeError("an array that ad.compile records cannot be pickled or copied by the copy module")

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.seen)

    @property
    def ndim(self) -> int:
        return np.ndim(self.seen)

    @property
    def size(self) -> int:
        return int(np.size(self.seen))

    @property
    def dtype(self) -> Any:
        return self.seen.dtype

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def real(self) -> Any:
        return np.real(self)

    @property
    def imag(self) -> Any:
        return np.imag(self)

    def conj(self) -> Any:
        return np.conjugate(self)

    def copy(self, order: Any = "C") -> Any:
        return np.copy(self, order=order) if type(self.seen) is np.ndarray else self

    def astype(self, dtype: Any) -> Any:
        return cast(self, dtype)


give_array_face(Traced)
PLAIN = {Traced, np.ndarray, np.float64, *PYTHON}  # with these an operator needs no turn through NumPy's protocol


def _operator(python: Callable[..., Any], function: Callable[..., Any], swapped: bool) -> Callable[..., Any]:
    """An operator's method: Python's own between Python's numbers, whose results do not widen a float32 array."""
    direct = isinstance(function, np.ufunc) and function.signature is None and python is not operator.pow

    def operate(self: Traced, *others: Any) -> Any:
        args = (*others, self) if swapped else (self, *others)
        if direct and isinstance(self.seen, NUMPY) and (not others or type(others[0]) in PLAIN):
            return self.recording.elementwise(function, args)
        if type(self.seen) in PYTHON and all(type(x.seen if type(x) is Traced else x) in PYTHON for x in others):
            return self.recording.call(python, args, {})
        return _power(self, *args) if python is operator.pow else function(*args)

    return operate


_BITWISE = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}
_OPERATORS: dict[str, Any] = {**BINARY, **COMPARE, **UNARY, **_BITWISE, "invert": np.invert}
for _name, _function in _OPERATORS.items():
    _python = getattr(operator, f"__{_name}__")
    setattr(Traced, f"__{_name}__", _operator(_python, _function, swapped=False))
    if _name in BINARY or _name in _BITWISE:
        setattr(Traced, f"__r{_name}__", _operator(_python, _function, swapped=True))


def _power(traced: Traced, a: Any, b: Any) -> Any:
    """a ** b, which NumPy computes by other code than np.power: squares for 2, the C library's pow for numbers."""
    if _foreign(type(a)) or _foreign(type(b)):
        return NotImplemented
    squares = type(b) in (int, float) and b == 2 and isinstance(a, np.ndarray) and a.ndim and a.dtype.kind in "fc"
    return traced.recording.call(np.square, (a,), {}) if squares else traced.recording.call(operator.pow, (a, b), {})


def _foreign(kind: type) -> bool:
    return kind is not Traced and kind is not np.ndarray and not issubclass(kind, np.generic) and (
        hasattr(kind, "__array_ufunc__")
    )
