"""scipy.fft for traced values: the functions of NumPy's FFT, and cosine and sine transforms, with SciPy's signatures.

``overwrite_x`` says what may be lost and ``workers`` how fast it goes: neither changes a value, and both are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.table.cosines import OTHER, cosine_transform, sine_transform
from ad.table.fourier import SWAPPED, lengths_and_axes

Norm = str | None
Lengths = Sequence[int] | None
Axes = Sequence[int] | None

__all__ = [
    "dct", "dctn", "dst", "dstn", "fft", "fft2", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "idct", "idctn", "idst",
    "idstn", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft",
    "rfft2", "rfftn",
]  # fmt: skip


def _along_one(fun: Callable[..., Any], name: str) -> Callable[..., Any]:
    def transform(
        x: Any, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
        workers: int | None = None, *, plan: Any = None,
    ) -> Any:  # fmt: skip
        return fun(_array(x), n, axis, norm)

    return _named(transform, name)


def _along_two(fun: Callable[..., Any], name: str) -> Callable[..., Any]:
    def transform(
        x: Any, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None, overwrite_x: bool = False,
        workers: int | None = None, *, plan: Any = None,
    ) -> Any:  # fmt: skip
        return fun(_array(x), s, axes, norm)

    return _named(transform, name)


def _along_several(fun: Callable[..., Any], name: str) -> Callable[..., Any]:
    def transform(
        x: Any, s: Lengths = None, axes: Axes = None, norm: Norm = None, overwrite_x: bool = False,
        workers: int | None = None, *, plan: Any = None,
    ) -> Any:  # fmt: skip
        return fun(_array(x), s, axes, norm)

    return _named(transform, name)


def _transformed(x: Any, s: Lengths, axes: Axes) -> list[tuple[int | None, int]]:
    return lengths_and_axes(x, s, axes)  # type: ignore[no-any-return, no-untyped-call]


def _array(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, list | tuple | int | float | complex) else x


def _named(transform: Callable[..., Any], name: str) -> Callable[..., Any]:
    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"``scipy.fft.{name}`` for traced values too: same arguments, same values."
    return transform


def _hfftn(x: Any, s: Lengths, axes: Axes, norm: Norm) -> Any:
    return np.fft.irfftn(np.conjugate(x), s, _axes(x, s, axes), SWAPPED[norm])


def _ihfftn(x: Any, s: Lengths, axes: Axes, norm: Norm) -> Any:
    return np.conjugate(np.fft.rfftn(x, s, _axes(x, s, axes), SWAPPED[norm]))


def _axes(x: Any, s: Lengths, axes: Axes) -> tuple[int, ...]:
    """The axes that are meant; NumPy does not like lengths without axes."""
    return tuple(axis for _, axis in _transformed(x, s, axes))


def _with_axes(fun: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, s, axes, norm: fun(x, s, _axes(x, s, axes), norm)


fft, ifft = _along_one(np.fft.fft, "fft"), _along_one(np.fft.ifft, "ifft")
rfft, irfft = _along_one(np.fft.rfft, "rfft"), _along_one(np.fft.irfft, "irfft")
hfft, ihfft = _along_one(np.fft.hfft, "hfft"), _along_one(np.fft.ihfft, "ihfft")
fft2, ifft2 = _along_two(np.fft.fft2, "fft2"), _along_two(np.fft.ifft2, "ifft2")
rfft2, irfft2 = _along_two(np.fft.rfft2, "rfft2"), _along_two(np.fft.irfft2, "irfft2")
hfft2, ihfft2 = _along_two(_hfftn, "hfft2"), _along_two(_ihfftn, "ihfft2")
fftn, ifftn = _along_several(_with_axes(np.fft.fftn), "fftn"), _along_several(_with_axes(np.fft.ifftn), "ifftn")
rfftn, irfftn = _along_several(_with_axes(np.fft.rfftn), "rfftn"), _along_several(_with_axes(np.fft.irfftn), "irfftn")
hfftn, ihfftn = _along_several(_hfftn, "hfftn"), _along_several(_ihfftn, "ihfftn")


def fftshift(x: Any, axes: Any = None) -> Any:
    """``scipy.fft.fftshift`` for traced values too: same arguments, same values."""
    return np.fft.fftshift(x, axes)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """``scipy.fft.ifftshift`` for traced values too: same arguments, same values."""
    return np.fft.ifftshift(x, axes)


# --- cosine and sine transforms


def _inverse(fun: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, type, n, axis, norm, orthogonalize: fun(
        x, OTHER[type], n, axis, SWAPPED[norm], norm == "ortho" if orthogonalize is None else orthogonalize
    )


def _trigonometric(fun: Callable[..., Any], name: str) -> Callable[..., Any]:
    def transform(
        x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: Norm = None, overwrite_x: bool = False,
        workers: int | None = None, orthogonalize: bool | None = None,
    ) -> Any:  # fmt: skip
        return fun(_array(x), type, n, axis, norm, orthogonalize)

    return _named(transform, name)


def _trigonometric_of_several(fun: Callable[..., Any], name: str) -> Callable[..., Any]:
    def transform(
        x: Any, type: int = 2, s: Lengths = None, axes: Axes = None, norm: Norm = None, overwrite_x: bool = False,
        workers: int | None = None, orthogonalize: bool | None = None,
    ) -> Any:  # fmt: skip
        x = _array(x)
        for n, axis in _transformed(x, s, axes):
            x = fun(x, type, n, axis, norm, orthogonalize)
        return x

    return _named(transform, name)


dct, idct = _trigonometric(cosine_transform, "dct"), _trigonometric(_inverse(cosine_transform), "idct")
dst, idst = _trigonometric(sine_transform, "dst"), _trigonometric(_inverse(sine_transform), "idst")
dctn = _trigonometric_of_several(cosine_transform, "dctn")
idctn = _trigonometric_of_several(_inverse(cosine_transform), "idctn")
dstn = _trigonometric_of_several(sine_transform, "dstn")
idstn = _trigonometric_of_several(_inverse(sine_transform), "idstn")
