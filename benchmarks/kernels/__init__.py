"""Kernels as people write them: a function in NumPy, and its backward pass by hand, for any floating-point format.

In 16 bits a kernel is run in two ways, since both are in use: *fused*, which computes in float32 and rounds what it
hands on; and *eager*, which rounds the result of every operation (reductions are accumulated in float32 in both).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.formats import FORMATS, Format, format_of

UNSTABLE = "unstable"  # the mistake of a right formula that loses digits


@dataclass(frozen=True)
class Kernel:
    """A function, its backward pass ``backward(g, y, *xs)``, and a point ``point(rng, format)`` in float64.

    mistake: what is wrong with it, or "" for a right one.
    least: the coarsest roundoff at which the mistake is larger than the format can hide.
    """

    name: str
    f: Callable[..., Any]
    backward: Callable[..., Any]
    point: Callable[[np.random.Generator, Format], tuple[Any, ...]]
    mistake: str = ""
    least: float = 1.0


@dataclass(frozen=True)
class Case:
    """A kernel in one format: the arrays, and the backward pass as it is run there."""

    kernel: Kernel
    format: Format
    style: str
    xs: tuple[Any, ...]
    backward: Callable[..., Any]


def cases(kernel: Kernel, format: Format, seed: int = 0) -> Iterator[Case]:
    """A kernel in one format, in every way in which it is run there."""
    if kernel.least < format.roundoff:
        return
    rng = np.random.default_rng([seed, *map(ord, kernel.name)])
    dtype = dtype_of(format)
    xs = tuple(_as(x, dtype) for x in kernel.point(rng, format))
    for style, run in HALF_STYLES if format.half else (("native", native),):
        if not (kernel.mistake == UNSTABLE and style == "fused"):  # with float32's digits it is a right one
            yield Case(kernel, format, style, xs, run(kernel.backward))


def dtype_of(format: Format) -> np.dtype[Any]:
    if format.name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(format.name)


def _as(x: Any, dtype: np.dtype[Any]) -> Any:
    x = np.asarray(x)
    return x.astype(dtype)[()] if x.dtype.kind == "f" else x


def native(backward: Callable[..., Any]) -> Callable[..., Any]:
    return backward


def fused(backward: Callable[..., Any]) -> Callable[..., Any]:
    """The backward pass computed in float32, its results rounded to the format of the inputs."""

    def run(*args: Any) -> Any:
        found = backward(*map(_wide, args))
        several = found if isinstance(found, tuple) else (found,)
        rounded = tuple(np.asarray(x).astype(args[0].dtype) for x in several)
        return rounded if isinstance(found, tuple) else rounded[0]

    return functools.wraps(backward)(run)


def eager(backward: Callable[..., Any]) -> Callable[..., Any]:
    """The backward pass with the result of every operation rounded to the format of the inputs."""

    def run(*args: Any) -> Any:
        found = backward(*[Eager(np.asarray(x)) if _is_half(x) else x for x in args])
        several = found if isinstance(found, tuple) else (found,)
        rounded = tuple(x.data if isinstance(x, Eager) else np.asarray(x).astype(args[0].dtype) for x in several)
        return rounded if isinstance(found, tuple) else rounded[0]

    return functools.wraps(backward)(run)


def _is_half(x: Any) -> bool:
    found = format_of(x) if hasattr(x, "dtype") else None
    return found is not None and found.half


def _wide(x: Any) -> Any:
    if isinstance(x, Eager):
        return x.data.astype(np.float32)
    if isinstance(x, tuple | list):
        return type(x)(_wide(part) for part in x)
    return x.astype(np.float32) if _is_half(x) else x


class Eager(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of 16-bit numbers whose every operation is computed in float32 and then rounded."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._rounded(getattr(ufunc, method)(*map(_wide, args), **kwargs))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self._rounded(function(*map(_wide, args), **{k: _wide(v) for k, v in kwargs.items()}))

    def _rounded(self, found: Any) -> Any:
        if isinstance(found, tuple | list):
            return type(found)(self._rounded(part) for part in found)
        found = np.asarray(found)
        return Eager(found.astype(self.data.dtype)) if found.dtype.kind == "f" else found

    def __getitem__(self, index: Any) -> Eager:
        return Eager(np.asarray(self.data[index]))

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Eager]:
        return (self[i] for i in range(len(self)))

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
    def T(self) -> Eager:
        return Eager(self.data.T)


HALF_STYLES = (("fused", fused), ("eager", eager))


def everything() -> list[Kernel]:
    """All kernels, right and wrong."""
    from kernels import elementwise, layers, reductions, wrong

    return [*elementwise.RIGHT, *reductions.RIGHT, *layers.RIGHT, *wrong.WRONG]


__all__ = ["FORMATS", "Case", "Eager", "Kernel", "cases", "dtype_of", "everything"]
