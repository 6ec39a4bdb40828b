"""Namesakes of ``scipy.signal``: convolutions, correlations, trends, spectra and recursive filters."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.scipy.spectra import csd, stft, welch
from ad.scipy.trends import detrend
from ad.table.contractions import conjugate
from ad.table.signals import backwards, convolved, cut, shifted

__all__ = [
    "convolve", "convolve2d", "correlate", "correlate2d", "csd", "detrend", "fftconvolve", "lfilter", "oaconvolve",
    "stft", "welch",
]  # fmt: skip


def arrays(in1: Any, in2: Any) -> tuple[Any, Any]:
    """The two arrays, of as many axes."""
    in1, in2 = (np.asarray(x) if isinstance(x, list | tuple | int | float) else x for x in (in1, in2))
    if np.ndim(in1) != np.ndim(in2):
        raise ValueError(f"in1 has {np.ndim(in1)} axes, in2 {np.ndim(in2)}: they have to be as many")
    return in1, in2


def swapped(in1: Any, in2: Any, mode: str) -> bool:
    """Whether in2 is the larger array that in1 fits in, which matters to the mode 'valid'."""
    if mode != "valid":
        return False
    longer = [m - n for m, n in zip(np.shape(in1), np.shape(in2), strict=True)]
    if min(longer, default=0) < 0 < max(longer, default=0):
        raise ValueError(
            f"mode 'valid' needs one of the arrays to fit in the other along all axes: {np.shape(in1)}, {np.shape(in2)}"
        )
    return min(longer, default=0) < 0


def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """``scipy.signal.convolve`` that can be differentiated, by both arrays.

    Arguments
        in1, in2: arrays with as many axes. mode: 'full', 'same' (in1's shape) or 'valid'. method: 'auto', 'direct' or
            'fft', which are the same function; it is computed directly.
    Returns
        the convolution along all axes.
    Raises
        ValueError for another mode or method, and for arrays that do not fit.
    Example
        >>> from ad.scipy import signal
        >>> signal.convolve(np.array([1.0, 2.0, 4.0]), np.array([1.0, 10.0]))
        array([ 1., 12., 24., 40.])
    """
    if method not in ("auto", "direct", "fft"):
        raise ValueError(f"method is {method!r}: scipy.signal takes 'auto', 'direct' or 'fft'")
    in1, in2 = arrays(in1, in2)
    swapped(in1, in2, mode)
    return cut(convolved(in1, in2), np.shape(in1), np.shape(in2), mode)


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """``scipy.signal.correlate`` that can be differentiated, by both arrays: see ``convolve``.

    Example
        >>> from ad.scipy import signal
        >>> signal.correlate(np.array([1.0, 2.0, 4.0]), np.array([1.0, 10.0]))
        array([10., 21., 42.,  4.])
    """
    in1, in2 = arrays(in1, in2)
    if swapped(in1, in2, mode):
        return conjugate(backwards(convolve(in2, backwards(conjugate(in1)), mode, method)))
    return convolve(in1, backwards(conjugate(in2)), mode, method)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """``scipy.signal.fftconvolve`` that can be differentiated: the same function as ``convolve``, computed directly.

    Raises
        ValueError for some axes only, besides what ``convolve`` raises.
    Example
        >>> from ad.scipy import signal
        >>> signal.fftconvolve(np.array([1.0, 2.0, 4.0]), np.array([1.0, 10.0]), "same")
        array([ 1., 12., 24.])
    """
    in1, in2 = arrays(in1, in2)
    chosen = range(np.ndim(in1)) if axes is None else np.atleast_1d(axes) % np.ndim(in1)
    if set(map(int, chosen)) != set(range(np.ndim(in1))):
        raise ValueError(f"axes is {axes!r}: ad.scipy.signal convolves along all axes; loop over the others")
    return convolve(in1, in2, mode)


def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """``scipy.signal.oaconvolve`` that can be differentiated: the same function as ``fftconvolve``.

    Example
        >>> from ad.scipy import signal
        >>> signal.oaconvolve(np.array([1.0, 2.0, 4.0]), np.array([1.0, 10.0]), "valid")
        array([12., 24.])
    """
    return fftconvolve(in1, in2, mode, axes)


# How scipy.signal's boundaries are called in np.pad.
BOUNDARIES = {
    "fill": "constant", "pad": "constant", "wrap": "wrap", "circular": "wrap", "symm": "symmetric",
    "symmetric": "symmetric",
}  # fmt: skip


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """``scipy.signal.convolve2d`` that can be differentiated, by both arrays and the fill value.

    Arguments
        in1, in2: matrices. mode: 'full', 'same' (in1's shape) or 'valid'. boundary: what lies beyond in1's edges:
            'fill' (fillvalue), 'wrap' or 'symm'.
    Returns
        the convolution.
    Raises
        ValueError for another mode or boundary, and for arrays that do not fit.
    Example
        >>> from ad.scipy import signal
        >>> signal.convolve2d(np.array([[1.0, 2.0]]), np.array([[1.0, 10.0]]), boundary="wrap")
        array([[21., 12., 21.]])
    """
    in1, in2 = arrays(in1, in2)
    if np.ndim(in1) != 2:
        raise ValueError(f"in1 has {np.ndim(in1)} axes: convolve2d and correlate2d take matrices")
    if boundary not in BOUNDARIES:
        raise ValueError(f"boundary is {boundary!r}: give 'fill', 'wrap' or 'symm'")
    if swapped(in1, in2, mode):
        in1, in2 = in2, in1
    if mode == "valid" or (BOUNDARIES[boundary] == "constant" and type(fillvalue) in (int, float) and fillvalue == 0):
        return convolve(in1, in2, mode)
    given: dict[str, Any] = {"constant_values": fillvalue} if BOUNDARIES[boundary] == "constant" else {}
    widths = [(n - 1, n - 1) for n in np.shape(in2)]
    wide = np.pad(in1, widths, **{"mode": BOUNDARIES[boundary], **given})
    full = cut(convolved(wide, in2), np.shape(wide), np.shape(in2), "valid")
    return cut(full, np.shape(in1), np.shape(in2), mode)


def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """``scipy.signal.correlate2d`` that can be differentiated, by both arrays and the fill value: see ``convolve2d``.

    Example
        >>> from ad.scipy import signal
        >>> signal.correlate2d(np.array([[1.0, 2.0]]), np.array([[1.0, 10.0]]))
        array([[10., 21.,  2.]])
    """
    in1, in2 = arrays(in1, in2)
    if swapped(in1, in2, mode):
        return conjugate(backwards(convolve2d(in2, backwards(conjugate(in1)), mode, boundary, fillvalue)))
    kernel = backwards(conjugate(in2))
    if mode != "same":
        return convolve2d(in1, kernel, mode, boundary, fillvalue)
    full = convolve2d(in1, kernel, "full", boundary, fillvalue)
    return full[shifted([n // 2 for n in np.shape(in2)], np.shape(in1))]  # an even kernel's centre is its upper one


def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """``scipy.signal.lfilter`` that can be differentiated, by both polynomials and the data.

    Arguments
        b, a: the coefficients of numerator and denominator. x: the data, filtered along an axis: the result is
            a[0] y[n] = b[0] x[n] + b[1] x[n-1] + ... - a[1] y[n-1] - ...
    Returns
        an array of x's shape. With more than one entry in a it takes a step for each entry along the axis.
    Raises
        TypeError for zi.
    Example
        >>> from ad.scipy import signal
        >>> signal.lfilter(np.array([1.0]), np.array([1.0, -0.5]), np.array([1.0, 0.0, 0.0]))
        array([1.  , 0.5 , 0.25])
    """
    if zi is not None:
        raise TypeError("ad.scipy.signal.lfilter does not take zi; begin with the data from which the state comes")
    b, a = (np.asarray(c, float) if isinstance(c, list | tuple | int | float) else c for c in (b, a))
    rows = np.moveaxis(x, axis, -1)
    n = np.shape(rows)[-1]
    kernel = np.reshape(b, (1,) * (np.ndim(x) - 1) + (-1,))
    forward = convolved(rows, kernel)[..., :n]
    if np.size(a) == 1:
        return np.moveaxis(forward / a[0], -1, axis)
    y: list[Any] = []
    for i in range(n):
        value = forward[..., i]
        for k in range(1, min(np.size(a), i + 1)):
            value = value - a[k] * y[i - k]
        y.append(value / a[0])
    return np.moveaxis(np.stack(y, axis=-1), -1, axis)
