"""Fourier transforms. Along one axis they are entries, along several they are made of these.

Facts
    The matrix W[j, k] = exp(-2 pi i j k / n) is symmetric, so fft and ifft are their own transposes, up to the zeros
    that pad the input or the entries that are cut off.
    rfft hands on half of the spectrum, irfft reads half of it: an entry in between stands for two, so its weight is 2,
    and of those that stand for themselves (0, and n/2 for even n) irfft ignores the imaginary parts.
    The meaning of a transform is the product with its matrix, of exact cosines and sines.
    Rounding: an FFT is accurate to the norm of its result, not entry by entry (N. J. Higham, Accuracy and Stability of
    Numerical Algorithms, 2002, chapter 24).
"""

from typing import Any

import numpy as np

from ad.constants import PI
from ad.declare import composite, linear
from ad.table.shapes import getitem, normalized

# The scale of the inverse of a transform under one name is that of the transform itself under the other.
SWAPPED: dict[Any, Any] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def resized(x, length, axis):
    """An array cut off, or padded with zeros, to the given length along an axis."""
    shape = np.shape(x)
    axis = axis % len(shape)
    if shape[axis] == length:
        return x
    if shape[axis] > length:
        return getitem(x, (slice(None),) * axis + (slice(length),))
    zeros = np.zeros((*shape[:axis], length - shape[axis], *shape[axis + 1 :]), dtype=np.int8)  # keeps x's dtype
    return np.concatenate([x, zeros], axis=axis)


def along(weights, x, axis):
    """The array with its entries weighted along an axis."""
    return x * np.reshape(weights, (-1,) + (1,) * (np.ndim(x) - 1 - axis % np.ndim(x)))


def halves(n, at_ends, between):
    """Weights of half a spectrum: of entries that stand for themselves, and of those between, which stand for two."""
    k = np.arange(n // 2 + 1)
    return np.where((k == 0) | (2 * k == n), at_ends, between).astype(np.float32)  # few bits: keeps x's dtype


# --- what they mean


def in_kind_of(x, number):
    """An exact number in the kind of numbers that x holds."""
    lift = getattr(x, "exact_constant", None)
    return number if lift is None else lift(number)


def waves(x, n):
    """The cosines and sines of 2 pi k / n for k < n, in the kind of numbers that x holds; quarter turns are exact."""
    quarters, rest = np.divmod(4 * np.arange(n), n)
    angle = in_kind_of(x, PI) * rest / (2 * n)
    c, s = np.cos(angle), np.sin(angle)
    on_c, on_s = np.array([1, 0, -1, 0])[quarters % 4], np.array([0, 1, 0, -1])[quarters % 4]
    return on_c * c - on_s * s, on_s * c + on_c * s


def wave_matrices(x, rows, columns, n):
    """cos and sin of 2 pi j k / n for j < rows and k < columns."""
    turns = np.outer(np.arange(rows), np.arange(columns)) % n
    c, s = waves(x, n)
    return getitem(c, turns), getitem(s, turns)


def scaled(x, n, norm, inverse):
    """A sum over n entries with the factor that NumPy's norm= stands for."""
    if norm == "ortho":
        return x / np.sqrt(in_kind_of(x, n))
    return x / n if ((norm or "backward") == "backward") == inverse else x


def transformed(x, n, axis, norm, sign, columns):
    """The first entries of the sum over j of x[j] exp(sign 2 pi i j k / n), by the matrix."""
    n = np.shape(x)[axis] if n is None else n
    rows = np.moveaxis(resized(x, n, axis), axis, -1)
    c, s = wave_matrices(x, n, columns(n), n)
    found = np.matmul(rows, c) + 1j * sign * np.matmul(rows, s)
    return np.moveaxis(scaled(found, n, norm, inverse=sign > 0), -1, axis)


def from_half(a, n, axis, norm):
    """The real sequence of which half the spectrum is given, by the matrix."""
    n = 2 * (np.shape(a)[axis] - 1) if n is None else n
    half = np.moveaxis(resized(a, n // 2 + 1, axis), axis, -1)
    half = along(halves(n, 1, 2), half, -1)
    c, s = wave_matrices(a, n // 2 + 1, n, n)
    found = np.matmul(np.real(half), c) - np.matmul(np.imag(half), s)
    return np.moveaxis(scaled(found, n, norm, inverse=True), -1, axis)


# --- along one axis


def whole(fun, sign):
    """Declare fft or ifft."""

    def transpose(g, a, n=None, axis=-1, norm=None):
        return resized(fun(g, n, axis, norm), np.shape(a)[axis], axis)

    def meaning(a, n=None, axis=-1, norm=None):
        return transformed(a, n, axis, norm, sign, columns=lambda n: n)

    linear(fun, transpose=transpose, meaning=meaning, stability="normwise")


whole(np.fft.fft, -1)
whole(np.fft.ifft, 1)


def rfft_transpose(g, a, n=None, axis=-1, norm=None):
    """Re(fft(g with zeros for the other half)): as irfft(conj(g)), with half the weight for what irfft counts twice."""
    length = np.shape(a)[axis]
    n = length if n is None else n
    weighted = along(halves(n, 1, 0.5), np.conjugate(g), axis)
    return resized(np.fft.irfft(weighted, n, axis, SWAPPED[norm]), length, axis)


def irfft_transpose(g, a, n=None, axis=-1, norm=None):
    length = np.shape(a)[axis]
    n = 2 * (length - 1) if n is None else n
    spectrum = np.conjugate(np.fft.rfft(g, n, axis, SWAPPED[norm]))
    return resized(along(halves(n, 1, 2), spectrum, axis), length, axis)


linear(
    np.fft.rfft,
    transpose=rfft_transpose,
    meaning=lambda a, n=None, axis=-1, norm=None: transformed(a, n, axis, norm, -1, columns=lambda n: n // 2 + 1),
    holomorphic="no",
    stability="normwise",
)
linear(
    np.fft.irfft,
    transpose=irfft_transpose,
    meaning=lambda a, n=None, axis=-1, norm=None: from_half(a, n, axis, norm),
    holomorphic="no",
    stability="normwise",
)
composite(
    np.fft.hfft,
    lambda a, n=None, axis=-1, norm=None: np.fft.irfft(np.conjugate(a), n, axis, SWAPPED[norm]),
)
composite(
    np.fft.ihfft,
    lambda a, n=None, axis=-1, norm=None: np.conjugate(np.fft.rfft(a, n, axis, SWAPPED[norm])),
)


# --- along several axes


def lengths_and_axes(a, s, axes):
    """For each axis that is transformed, in order, its length (None: as it is) and its number."""
    if axes is None:
        axes = range(np.ndim(a)) if s is None else range(-len(s), 0)
    lengths = [None] * len(axes) if s is None else s
    if len(lengths) != len(axes):
        raise ValueError(f"s has {len(lengths)} lengths for {len(axes)} axes")
    return [(np.shape(a)[axis] if n == -1 else n, axis) for n, axis in zip(lengths, axes, strict=True)]


def several(fun, a, s, axes, norm):
    """A transform along several axes, the last one first."""
    for n, axis in reversed(lengths_and_axes(a, s, axes)):
        a = fun(a, n, axis, norm)
    return a


def rfftn(a, s=None, axes=None, norm=None):
    *others, (n, axis) = lengths_and_axes(a, s, axes)
    others = [(np.shape(a)[axis] if n is None else n, axis) for n, axis in others]  # also of an axis named twice
    a = np.fft.rfft(a, n, axis, norm)
    for n, axis in reversed(others):
        a = np.fft.fft(a, n, axis, norm)
    return a


def irfftn(a, s=None, axes=None, norm=None):
    *others, (n, axis) = lengths_and_axes(a, s, axes)
    for length, along_axis in others:
        a = np.fft.ifft(a, length, along_axis, norm)
    return np.fft.irfft(a, n, axis, norm)


composite(np.fft.fftn, lambda a, s=None, axes=None, norm=None: several(np.fft.fft, a, s, axes, norm))
composite(np.fft.ifftn, lambda a, s=None, axes=None, norm=None: several(np.fft.ifft, a, s, axes, norm))
composite(np.fft.rfftn, rfftn)
composite(np.fft.irfftn, irfftn)
composite(np.fft.fft2, lambda a, s=None, axes=(-2, -1), norm=None: several(np.fft.fft, a, s, axes, norm))
composite(np.fft.ifft2, lambda a, s=None, axes=(-2, -1), norm=None: several(np.fft.ifft, a, s, axes, norm))
composite(np.fft.rfft2, lambda a, s=None, axes=(-2, -1), norm=None: rfftn(a, s, axes, norm))
composite(np.fft.irfft2, lambda a, s=None, axes=(-2, -1), norm=None: irfftn(a, s, axes, norm))


def shifted(x, axes, sign):
    axes = tuple(range(np.ndim(x))) if axes is None else normalized(axes, np.ndim(x))
    return np.roll(x, tuple(sign * (np.shape(x)[axis] // 2) for axis in axes), axes)


composite(np.fft.fftshift, lambda x, axes=None: shifted(x, axes, 1))
composite(np.fft.ifftshift, lambda x, axes=None: shifted(x, axes, -1))
