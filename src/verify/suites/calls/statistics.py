"""Calls of statistics: one example of each for its claim, and the family of shapes of each."""

from __future__ import annotations

import numpy as np

from verify.suites.calls.arguments import Call, Calls, Examples, X, call, floats, reductions

W = np.array([1.0, 2.0, 5.0])
# In older NumPy these are other names of np.max and np.min.
EXTREMES = [f for f, same in ((np.amax, np.max), (np.amin, np.min)) if f is not same]

EXAMPLES: Examples = {
    np.nansum: ((X,), lambda x: np.nansum(x * x, axis=0)),
    np.nanprod: ((X,), lambda x: np.nanprod(x, axis=1)),
    np.nanmean: ((X,), lambda x: np.nanmean(x * x, axis=0)),
    np.nanvar: ((X,), lambda x: np.nanvar(x, axis=1)),
    np.nanstd: ((X,), lambda x: np.nanstd(x, axis=1)),
    np.nanmax: ((X,), lambda x: np.nanmax(x * x, axis=0)),
    np.nanmin: ((X,), lambda x: np.nanmin(x * x, axis=1)),
    np.median: ((X,), lambda x: np.median(x * x, axis=0)),
    np.nanmedian: ((X,), lambda x: np.nanmedian(x * x, axis=1)),
    np.quantile: ((X,), lambda x: np.quantile(x * x, 0.3, axis=1)),
    np.percentile: ((X,), lambda x: np.percentile(x * x, [30, 80])),
    np.nanquantile: ((X,), lambda x: np.nanquantile(x * x, 0.3, axis=1)),
    np.nanpercentile: ((X,), lambda x: np.nanpercentile(x * x, 30, axis=1)),
    np.cov: ((X,), lambda x: np.cov(x)),
    np.corrcoef: ((X,), lambda x: np.corrcoef(x)),
    **{f: ((X,), lambda x, f=f: f(x * x, axis=0)) for f in EXTREMES},
}

MIDDLE = [
    call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 4), axis=-1), call(floats(2, 3, 4), axis=(0, 2)),
    call(floats(5), axis=0, keepdims=True), call(floats(2, 3, 4), (-1, 1), keepdims=True), call(floats()),
    call(floats(1)),
    call(floats(2, 3), keepdims=True),
]  # fmt: skip


def quantiles(scale: int) -> list[Call]:
    """Shares of 1 or of 100 whose places are dyadic, so that values are integers."""
    half, quarter, most = 0.5 * scale, 0.25 * scale, 0.875 * scale
    return [
        call(floats(2, 3), half), call(floats(2, 3), quarter, axis=1), call(floats(5, 2), [quarter, most], axis=0),
        call(floats(2, 3, 4), half, axis=(0, -1), keepdims=True),
        call(floats(7), np.array([[0, scale], [half, quarter]])),
        call(floats(5), most, method="hazen"), call(floats(5), most, 0, method="weibull"),
        call(floats(5), quarter, method="interpolated_inverted_cdf"), call(floats(6), quarter, method="lower"),
        call(floats(6), quarter, method="higher"), call(floats(6), most, method="nearest"),
        call(floats(6), quarter, method="midpoint"), call(floats(), half), call(floats(1), quarter),
        call(floats(3), [half], keepdims=True), call(floats(2, 2), q=half, axis=-1),
    ]  # fmt: skip


CALLS: Calls = {
    np.nansum: reductions(call(floats(0))),
    np.nanprod: reductions(call(floats(0))),
    np.nanmean: reductions(call(floats(0, 3), axis=1)),
    np.nanvar: reductions(call(floats(2, 3), ddof=1), call(floats(0, 3), axis=1)),
    np.nanstd: [call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1, ddof=1, keepdims=True)],
    np.nanmax: reductions(call(floats(0, 3), axis=1)),
    np.nanmin: reductions(call(floats(0, 3), axis=1)),
    np.median: MIDDLE,
    np.nanmedian: MIDDLE,
    np.quantile: quantiles(1),
    np.percentile: quantiles(100),
    np.nanquantile: quantiles(1),
    np.nanpercentile: quantiles(100),
    np.cov: [
        call(floats(2, 3)), call(floats(2, 3), rowvar=False), call(floats(3), floats(3)), call(floats(2, 4), bias=True),
        call(floats(2, 4), ddof=0), call(floats(3)), call(floats(2, 3), fweights=[1, 2, 1]),
        call(floats(2, 3), aweights=W, ddof=0),
        call(floats(4, 2), floats(4, 1), rowvar=False),
    ],
    **{f: reductions(call(floats(0, 3), axis=1)) for f in EXTREMES},
    np.corrcoef: [
        call(floats(2, 4)), call(floats(5), floats(5)), call(floats(5, 2), rowvar=False), call(floats(3, 4)),
        call(floats(3)),
    ],
}  # fmt: skip

NOT_POLYNOMIAL = {
    np.nanstd: "a standard deviation of integers is seldom an integer",
    np.corrcoef: "a correlation is a quotient by two standard deviations, seldom a whole number",
}

# Shapes that a function refuses, or has none for.
ORDERED = {np.median, np.nanmedian, np.quantile, np.percentile, np.nanquantile, np.nanpercentile}
REFUSED = {"0-d": {np.cov}, "empty": {np.cov, *ORDERED}, "one entry": {np.cov}, "3-d": {np.cov}}
