"""Cosine and sine transforms of types 1 to 4; ``ad.scipy.fft`` has them under SciPy's names.

Facts
    The values are SciPy's, so the entries are there where SciPy is installed; the meaning is the matrix itself.
    The matrix of type 2 is, up to the weight of one entry, the transpose of that of type 3; those of types 1 and 4 are
    symmetric, of type 1 up to the weight of the ends. With orthogonalize= these weights are made even, and then the
    transpose is the transform of the other type, whatever the scale.
"""

from importlib.util import find_spec

import numpy as np

from ad.constants import PI
from ad.declare import linear
from ad.table.fourier import along, in_kind_of, resized
from ad.variable import dispatching

OTHER = {1: 1, 2: 3, 3: 2, 4: 4}  # the type of the transpose, which up to scale is that of the inverse


@dispatching
def cosine_transform(x, type, n, axis, norm, orthogonalize):
    """scipy.fft.dct with all arguments given."""
    from scipy import fft

    return by_parts(fft.dct, x, type, n, axis, norm, orthogonalize)


@dispatching
def sine_transform(x, type, n, axis, norm, orthogonalize):
    """scipy.fft.dst with all arguments given."""
    from scipy import fft

    return by_parts(fft.dst, x, type, n, axis, norm, orthogonalize)


def by_parts(fun, x, type, n, axis, norm, orthogonalize):
    """SciPy's transform; of complex numbers part by part, because there SciPy 1.17 ignores orthogonalize=."""
    if np.iscomplexobj(x):
        real, imag = (fun(part, type, n, axis, norm, orthogonalize=orthogonalize) for part in (np.real(x), np.imag(x)))
        return real + 1j * imag
    return fun(x, type, n, axis, norm, orthogonalize=orthogonalize)


def single(type, n, sine):
    """Which entries of a sequence of length n a transform counts once, where it counts all others twice."""
    once = np.zeros(n, bool)
    once[{1: [] if sine else [0, -1], 3: [-1] if sine else [0]}.get(type, [])] = True
    return once


def transpose_of(fun, sine):
    def transpose(g, x, type=2, n=None, axis=-1, norm=None, orthogonalize=None):
        length = np.shape(x)[axis]
        n = length if n is None else n
        orthogonal = norm == "ortho" if orthogonalize is None else orthogonalize
        before = 1.0 if orthogonal else np.where(single(OTHER[type], n, sine), 2, 1).astype(np.float32)
        after = 1.0 if orthogonal else np.where(single(type, n, sine), 0.5, 1).astype(np.float32)
        found = fun(along(before, g, axis), OTHER[type], n, axis, norm, orthogonal)
        return resized(along(after, found, axis), length, axis)

    return transpose


# --- what they mean


def waves(x, rows, columns, n, sine):
    """cos or sin of pi j k / (2 n) for whole j and k, in the kind of numbers that x holds."""
    turns = np.outer(rows, columns) % (4 * n)
    angle = in_kind_of(x, PI) * np.arange(4 * n) / (2 * n)
    exact = in_kind_of(x, np.array([0, 1, 0, -1] if sine else [1, 0, -1, 0]))
    quarter, rest = np.divmod(turns, n)
    values = np.sin(angle) if sine else np.cos(angle)
    return np.where(rest == 0, exact[quarter], values[turns])


def matrix(x, type, n, sine):
    """The transform without a scale: entry [j, k] is what x[j] contributes to y[k]."""
    j = np.arange(n)
    shift = 1 if sine else 0
    if type == 1:
        period = n + 1 if sine else n - 1
        found = waves(x, 2 * (j + shift), j + shift, period, sine)
    elif type == 2:
        found = waves(x, 2 * j + 1, j + shift, n, sine)
    elif type == 3:
        found = waves(x, j + shift, 2 * j + 1, n, sine)
    else:
        found = waves(x, 2 * j + 1, 2 * j + 1, 2 * n, sine)
    return found * np.where(single(type, n, sine), 1, 2)[:, None]


def scale(x, type, n, norm, sine):
    """By what SciPy divides: with norm="backward" 1, "forward" the length of the even or odd extension."""
    extension = 2 * (n + (1 if sine else -1)) if type == 1 else 2 * n
    if norm == "ortho":
        return np.sqrt(in_kind_of(x, extension))
    return extension if norm == "forward" else 1


def meaning_of(sine):
    def meaning(x, type=2, n=None, axis=-1, norm=None, orthogonalize=None):
        n = np.shape(x)[axis] if n is None else n
        rows = np.moveaxis(resized(x, n, axis), axis, -1)
        found = matrix(x, type, n, sine)
        if norm == "ortho" if orthogonalize is None else orthogonalize:
            root = np.sqrt(in_kind_of(x, 2))
            found = found * np.where(single(type, n, sine), root, 1)[:, None]
            found = found / np.where(single(OTHER[type], n, sine), root, 1)
        return np.moveaxis(np.matmul(rows, found) / scale(x, type, n, norm, sine), -1, axis)

    return meaning


if find_spec("scipy") is not None:
    for transform, sine in ((cosine_transform, False), (sine_transform, True)):
        linear(
            transform,
            transpose=transpose_of(transform, sine),
            meaning=meaning_of(sine),
            stability="normwise",
        )
