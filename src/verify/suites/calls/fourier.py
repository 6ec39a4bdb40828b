"""Calls of Fourier, cosine and sine transforms: one example of each, and lengths, axes and norms of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.dispatch import TABLE
from ad.table.cosines import cosine_transform, sine_transform
from verify.suites.calls.arguments import Call, Calls, Example, Examples, V, X, call, complexes, floats

Shape = Callable[..., Any]  # floats, or complexes

OF_REAL = (np.fft.rfft, np.fft.ihfft)
OF_ANY = (np.fft.fft, np.fft.ifft, np.fft.irfft, np.fft.hfft)
OF_REAL_ALONG_SEVERAL = (np.fft.rfft2, np.fft.rfftn)
OF_ANY_ALONG_SEVERAL = (np.fft.fft2, np.fft.ifft2, np.fft.irfft2, np.fft.fftn, np.fft.ifftn, np.fft.irfftn)
SHIFTS = (np.fft.fftshift, np.fft.ifftshift)
COSINES = tuple(f for f in (cosine_transform, sine_transform) if f in TABLE)  # SciPy's, where it is installed

NORMS = (None, "ortho", "forward")
W = V + 1j * V[::-1] ** 2
Z = X + 1j * X[::-1] ** 2


def _example(function: Any, *xs: np.ndarray, **kwargs: Any) -> Example:
    return xs, lambda x: function(x * x, **kwargs)


def lengths(shape: Shape) -> list[Call]:
    """Odd, even, cut off and padded lengths, along the last and other axes, under all norms."""
    return [
        call(shape(5)), call(shape(6)), call(shape(6), 4), call(shape(4), 7), call(shape(5), n=3), call(shape(3), n=8),
        call(shape(2, 3), axis=0, n=2), call(shape(3, 4), None, 0), call(shape(2, 3, 4), axis=-2),
        call(shape(5), norm="ortho"), call(shape(6), norm="forward"), call(shape(4), 6, -1, "backward"),
        call(shape(4), n=5, norm="ortho"), call(shape(1), n=3), call(shape(3), n=1),
    ]  # fmt: skip


def several(shape: Shape) -> list[Call]:
    """Two of two and of three axes, in both orders, cut off and padded."""
    return [
        call(shape(3, 4)), call(shape(2, 3, 4)), call(shape(3, 4), s=(2, 6), axes=(0, 1)),
        call(shape(2, 3, 4), axes=(2, 0)), call(shape(3, 4), (4, 5), (1, 0)), call(shape(3, 4), norm="ortho"),
        call(shape(2, 3), s=(3, -1), axes=(0, 1), norm="forward"), call(shape(3, 4), axes=(-1,)),
    ]  # fmt: skip


def shifts() -> list[Call]:
    return [
        call(floats(5)), call(floats(3, 4)), call(floats(2, 3), 1), call(floats(2, 3, 4), axes=(0, -1)),
        call(floats(0)), call(floats(1)),
    ]  # fmt: skip


def types() -> list[Call]:
    """All types of cosine and sine transforms, with and without even weights."""
    found = [call(floats(5), kind, n, -1, norm, None) for kind in (1, 2, 3, 4) for n in (None, 3, 7) for norm in NORMS]
    orthogonal = [call(floats(2, 4), kind, None, 1, None, True) for kind in (1, 2, 3, 4)]
    uneven = [call(floats(4, 2), kind, 5, 0, "ortho", False) for kind in (1, 2, 3, 4)]
    return found + orthogonal + uneven + [call(complexes(4), 2, None, -1, None, None)]


EXAMPLES: Examples = {
    **{f: _example(f, V) for f in OF_REAL},
    **{f: _example(f, W) for f in OF_ANY},
    **{f: _example(f, X, axes=(0, 1)) for f in OF_REAL_ALONG_SEVERAL},
    **{f: _example(f, Z, axes=(0, 1)) for f in OF_ANY_ALONG_SEVERAL},
    **{f: _example(f, X) for f in SHIFTS},
    **{f: ((V,), lambda x, f=f: f(x * x, 2, None, -1, "ortho", None)) for f in COSINES},
}

CALLS: Calls = {
    **{f: lengths(floats) for f in OF_REAL},
    **{f: [*lengths(complexes), call(floats(5)), call(floats(2, 4), n=6)] for f in OF_ANY},
    **{f: several(floats) for f in OF_REAL_ALONG_SEVERAL},
    **{f: [*several(complexes), call(floats(3, 4))] for f in OF_ANY_ALONG_SEVERAL},
    **{f: shifts() for f in SHIFTS},
    **{f: types() for f in COSINES},
}

NOT_POLYNOMIAL = dict.fromkeys(
    (*OF_REAL, *OF_ANY, *OF_REAL_ALONG_SEVERAL, *OF_ANY_ALONG_SEVERAL, *COSINES),
    "cosines and sines are no integers: the derivative of integers is not shown exactly",
)

REFUSED = {"0-d": {*SHIFTS}}
