"""Statistics: order statistics, covariance, and the functions that pass over NaN.

Facts
    A quantile is a mixture of two entries of the sorted array: the places are found on the values, and only these
    entries are gathered.
    An entry that is NaN is left out by ``np.where``; its derivative is 0. Where none is NaN nothing is left out, so
    that exact arrays, which hold numbers only, run the plain function.
"""

from typing import Any

import numpy as np

from ad.declare import cast, composite
from ad.table.contractions import conjugate
from ad.table.reductions import kept, root, squared
from ad.table.selection import take_along_axis, whole
from ad.table.shapes import getitem, normalized

# --- without NaN


def without_nan(a, fill):
    missing = np.isnan(a)
    return np.where(missing, fill, a) if np.any(missing) else a


def present(a, axis, keepdims):
    """How many entries are numbers, as floats of a's kind."""
    return np.sum(np.where(np.isnan(a), 0, 1), axis=axis, keepdims=keepdims)


def nanmean(a, axis=None, keepdims=False):
    if not np.any(np.isnan(a)):
        return np.mean(a, axis=axis, keepdims=keepdims)
    return in_dtype(np.sum(without_nan(a, 0), axis=axis, keepdims=keepdims) / present(a, axis, keepdims), a)


def in_dtype(y, a):
    """An integer count makes float32 wider: back to the array's dtype."""
    return y if y.dtype == a.dtype else y.astype(a.dtype)


def nanvar(a, axis=None, ddof=0, keepdims=False):
    missing = np.isnan(a)
    if not np.any(missing):
        return np.var(a, axis=axis, ddof=ddof, keepdims=keepdims)
    centred = np.where(missing, 0, a - nanmean(a, axis, keepdims=True))
    total = np.sum(squared(centred), axis=axis, keepdims=keepdims)
    freedom = present(a, axis, keepdims) - ddof
    return in_dtype(total / np.where(freedom > 0, freedom, np.nan), total)


def nanstd(a, axis=None, ddof=0, keepdims=False):
    if not np.any(np.isnan(a)):
        return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims)
    return root(nanvar(a, axis, ddof, keepdims))


def nanextreme(reduce, fill):
    def function(a, axis=None, keepdims=False):
        missing = np.isnan(a)
        if not np.any(missing):
            return reduce(a, axis=axis, keepdims=keepdims)
        y = reduce(without_nan(a, fill), axis=axis, keepdims=keepdims)
        return np.where(np.all(missing, axis=axis, keepdims=keepdims), np.nan, y)

    return function


composite(np.nansum, lambda a, axis=None, keepdims=False: np.sum(without_nan(a, 0), axis=axis, keepdims=keepdims))
composite(np.nanprod, lambda a, axis=None, keepdims=False: np.prod(without_nan(a, 1), axis=axis, keepdims=keepdims))
composite(np.nanmean, nanmean)
composite(np.nanvar, nanvar)
composite(np.nanstd, nanstd)
composite(np.nanmax, nanextreme(np.max, -np.inf))
composite(np.nanmin, nanextreme(np.min, np.inf))
for function, same in ((np.amax, np.max), (np.amin, np.min)):
    if function is not same:  # two names of one function in older NumPy
        composite(function, lambda a, axis=None, keepdims=False, same=same: same(a, axis=axis, keepdims=keepdims))

# --- order statistics

# Where quantile q of n entries lies: place n*q + alpha + q*(1 - alpha - beta) - 1, counted from 0.
# Hyndman and Fan, Sample quantiles in statistical packages, 1996, definitions 4 to 9.
CONTINUOUS = {
    "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0), "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip
# The same place as for "linear", moved to an entry, or halfway between two.
ROUNDED = {
    "lower": np.floor, "higher": np.ceil, "nearest": np.rint,
    "midpoint": lambda place: 0.5 * (np.floor(place) + np.ceil(place)),
}  # fmt: skip


def places(q, n, method):
    """Where the quantiles of n sorted entries lie, as real numbers from 0 to n - 1."""
    if method in CONTINUOUS:
        alpha, beta = CONTINUOUS[method]
        # (n - 1) * q for the usual one, without the rounding of sums
        place = q * (n - 1) if alpha == beta == 1 else n * q + (alpha + q * (1 - alpha - beta)) - 1
    elif method in ROUNDED:
        rounded: Any = ROUNDED[method]
        place = rounded(q * (n - 1))
    else:
        raise ValueError(
            f"quantiles of traced arrays take the methods {', '.join((*CONTINUOUS, *ROUNDED))}, not {method!r}"
        )
    return np.minimum(np.maximum(place, 0), n - 1)


def lanes(a, axis):
    """The axes that are reduced as one, the last."""
    axes = tuple(range(np.ndim(a))) if axis is None else normalized(axis, np.ndim(a))
    rest = [i for i in range(np.ndim(a)) if i not in axes]
    return np.reshape(np.transpose(a, (*rest, *axes)), (*(np.shape(a)[i] for i in rest), -1))


def mixed(rows, q, method, counts, dtype):
    """Quantile q, a number or traced number, of the first ``counts`` of the sorted entries of each row.

    dtype: of the shares in the mixture, None for theirs.
    """
    place = places(q, counts, method)
    low = np.maximum(whole(place), 0)
    order = np.argsort(rows, axis=-1, kind="stable")
    low = np.broadcast_to(low, np.shape(rows)[:-1])
    high = np.minimum(low + 1, counts - 1)
    pair = np.stack([low, np.maximum(high, 0)], axis=-1)
    found = take_along_axis(rows, np.take_along_axis(order, pair, axis=-1), -1)
    part = place - low if dtype is None else (place - low).astype(dtype)
    return getitem(found, (..., 0)) * (1 - part) + getitem(found, (..., 1)) * part


def order_statistic(a, q, axis, method, keepdims, pass_over_nan):
    if np.size(a) == 0:
        raise ValueError("a quantile of no entries")
    rows = lanes(a, axis)
    missing = np.isnan(rows)
    length = np.shape(rows)[-1]
    counts = length - np.sum(missing, axis=-1) if pass_over_nan and np.any(missing) else length
    # a plain number takes any dtype
    narrow = type(q) in (int, float) or getattr(q, "dtype", None) == rows.dtype
    like = rows.dtype if narrow and rows.dtype.kind in "fV" else None
    wanted = [q] if np.ndim(q) == 0 else [getitem(np.ravel(q), i) for i in range(np.size(q))]
    found = [mixed(rows, share, method, counts, like) for share in wanted]
    if np.any(missing):
        lost = np.all(missing, axis=-1) if pass_over_nan else np.any(missing, axis=-1)
        found = [np.where(lost, np.nan, y) for y in found]
    shape = np.shape(kept(found[0], a, axis, False)) if keepdims else np.shape(found[0])
    return np.reshape(np.stack(found), (*np.shape(q), *shape))


def quantile_of(scale, pass_over_nan):
    """np.quantile and its kin: q in hundredths for percentiles."""

    def function(a, q, axis=None, method="linear", keepdims=False):
        q = np.asarray(q, float) if isinstance(q, list | tuple) else q
        q = q / scale if scale != 1 else q
        return order_statistic(a, q, axis, method, keepdims, pass_over_nan)

    return function


def median_of(pass_over_nan):
    def function(a, axis=None, keepdims=False):
        return order_statistic(a, 0.5, axis, "linear", keepdims, pass_over_nan)

    return function


composite(np.median, median_of(False))
composite(np.nanmedian, median_of(True))
composite(np.quantile, quantile_of(1, False))
composite(np.percentile, quantile_of(100, False))
composite(np.nanquantile, quantile_of(1, True))
composite(np.nanpercentile, quantile_of(100, True))

# --- covariance


def widened(x: Any, dtype: Any) -> Any:
    """An array in the dtype that it has in common with another one; exact numbers as they are."""
    x = np.asarray(x) if isinstance(x, list | tuple) else x
    found = getattr(x, "dtype", np.dtype(float))
    common = found if found.kind == "O" else np.promote_types(found, dtype)
    return x if common == found else cast(x, common)


# Whether a matrix of one row is turned by rowvar=False; before NumPy 2.2 it was not.
TURNS_ROWS = np.shape(np.cov(np.eye(1, 2), rowvar=False, ddof=0)) == (2, 2)


def variables(m, y, rowvar):
    """One row for each variable, one column for each observation, in float64 at least, as NumPy computes them."""

    def rows(x):
        if np.ndim(x) > 2:
            raise ValueError(f"np.cov and np.corrcoef take at most 2 axes, found {np.ndim(x)}")
        x = widened(x, np.float64)
        x = np.reshape(x, (1, -1)) if np.ndim(x) < 2 else x
        return x

    x = rows(m)
    x = np.transpose(x) if not rowvar and (np.ndim(m) == 2 if TURNS_ROWS else np.shape(x)[0] != 1) else x
    if y is None:
        return x
    y = rows(y)
    return np.concatenate([x, np.transpose(y) if not rowvar and np.shape(y)[0] != 1 else y], axis=0)


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None):
    x = variables(m, y, rowvar)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    if fweights is not None:
        w = np.asarray(fweights, float)
    if aweights is not None:
        w = aweights if w is None else w * aweights
    if w is None:
        total = freedom = np.shape(x)[1]
        weighted = centred = x - np.mean(x, axis=1, keepdims=True)
    else:
        total = np.sum(w)
        centred = x - np.sum(x * w, axis=1, keepdims=True) / total
        weighted, freedom = centred * w, total
    lost = ddof if aweights is None or ddof == 0 else ddof * np.sum(w * aweights) / total
    found = np.matmul(weighted, np.transpose(conjugate(centred))) / (freedom - lost)
    return np.reshape(found, ()) if np.size(found) == 1 else found


def corrcoef(x, y=None, rowvar=True):
    c = cov(x, y, rowvar)
    if np.ndim(c) == 0:
        return c / c
    deviation = np.sqrt(np.diagonal(c))
    return c / np.expand_dims(deviation, 1) / np.expand_dims(deviation, 0)


composite(np.cov, cov)
composite(np.corrcoef, corrcoef)
