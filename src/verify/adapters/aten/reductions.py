"""Operations of aten along axes, over NumPy: sums, extremes, orders, running sums, norms, softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

import ad
from verify.adapters.aten.comparisons import decided
from verify.adapters.aten.elementwise import Entries


def axes(x: Any, dim: Any) -> tuple[int, ...]:
    """The axes that torch means: all of them for None and for none."""
    rank = np.ndim(x)
    named = range(rank) if dim is None or (isinstance(dim, list | tuple) and not dim) else np.atleast_1d(dim)
    return tuple(int(d) % max(rank, 1) for d in named)


def count(x: Any, dim: Any) -> int:
    """How many entries are reduced to one."""
    return int(np.prod([np.shape(x)[d] for d in axes(x, dim)], dtype=int)) if np.ndim(x) else 1


def total(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.sum(self, axis=axes(self, dim), keepdims=keepdim) if np.ndim(self) else self


def mean(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return total(self, dim, keepdim) / count(self, dim)


def product(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.prod(self, axis=axes(self, dim), keepdims=keepdim) if np.ndim(self) else self


def variance(self: Any, dim: Any = None, unbiased: Any = True, keepdim: bool = False, correction: Any = None) -> Any:
    """``var(x, unbiased)`` and ``var(x, dim, unbiased)`` are one overload each: a truth in place of dim is unbiased."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    less = (1 if unbiased else 0) if correction is None else correction
    apart = self - mean(self, dim, keepdim=True)
    return total(apart * apart, dim, keepdim) / max(count(self, dim) - less, 0)


def standard_deviation(self: Any, *args: Any, **kwargs: Any) -> Any:
    return np.sqrt(variance(self, *args, **kwargs))


def dims_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, bool]:
    """Which axes a variance is taken along and whether they are kept, out of its arguments."""
    dim = kwargs.get("dim", args[0] if args and not isinstance(args[0], bool) else None)
    return dim, kwargs.get("keepdim", args[2] if len(args) > 2 else False)


def variance_and_mean(self: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    return variance(self, *args, **kwargs), mean(self, *dims_of(args, kwargs))


def deviation_and_mean(self: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    return standard_deviation(self, *args, **kwargs), mean(self, *dims_of(args, kwargs))


def largest(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.max(self, axis=axes(self, dim), keepdims=keepdim) if np.ndim(self) else self


def smallest(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.min(self, axis=axes(self, dim), keepdims=keepdim) if np.ndim(self) else self


def truths(join: Any, self: Any, dim: Any, keepdim: bool) -> Any:
    """``np.any`` or ``np.all`` of the numbers that are not 0."""
    found = np.not_equal(self, 0)
    return join(found, axis=axes(self, dim), keepdims=keepdim) if np.ndim(self) else found


def place_of(choose: Any, self: Any, dim: Any, keepdim: bool) -> Any:
    """``np.argmax`` or ``np.argmin`` along an axis, or of all entries laid out flat."""
    if dim is None:
        found = choose(np.reshape(self, (-1,)))
        return np.reshape(found, (1,) * np.ndim(self)) if keepdim else found
    found = choose(self, axis=dim) if np.ndim(self) else np.asarray(0)
    return np.expand_dims(found, dim) if keepdim and np.ndim(self) else found


def with_place(extreme: Any, choose: Any) -> Any:
    def found(self: Any, dim: int, keepdim: bool = False) -> tuple[Any, Any]:
        return extreme(self, dim, keepdim), lambda: place_of(choose, self, dim, keepdim)

    return found


def extremes(self: Any, dim: Any = None, keepdim: bool = False) -> tuple[Any, Any]:
    return smallest(self, dim, keepdim), largest(self, dim, keepdim)


# --- orders


def order(self: Any, dim: int, descending: bool) -> Any:
    return np.argsort(-self if descending else self, axis=dim, kind="stable")


def in_order(self: Any, dim: int, descending: bool) -> Any:
    if not np.ndim(self):
        return self
    found = np.sort(self, axis=dim)
    return np.flip(found, axis=dim) if descending else found


def sort(self: Any, dim: int = -1, descending: bool = False, stable: Any = None) -> tuple[Any, Any]:
    return in_order(self, dim, descending), lambda: order(self, dim, descending) if np.ndim(self) else np.asarray(0)


def topk(self: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple[Any, Any]:
    if not np.ndim(self):
        return self, np.asarray(0)
    first = np.arange(k)
    return (
        np.take(in_order(self, dim, largest), first, axis=dim),
        lambda: np.take(order(self, dim, largest), first, axis=dim),
    )


def kthvalue(self: Any, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Any, Any]:
    if not np.ndim(self):
        return self, np.asarray(0)
    at = np.arange(k - 1, k) if keepdim else k - 1
    return (
        np.take(in_order(self, dim, False), at, axis=dim),
        lambda: np.take(order(self, dim, False), at, axis=dim),
    )


def median(self: Any) -> Any:
    """The lower one of the two in the middle."""
    flat = np.reshape(self, (-1,))
    return kthvalue(flat, (np.size(flat) + 1) // 2)[0]


def median_along(self: Any, dim: int, keepdim: bool = False) -> tuple[Any, Any]:
    if not np.ndim(self):
        return self, np.asarray(0)
    return kthvalue(self, (np.shape(self)[dim] + 1) // 2, dim, keepdim)


# --- running


def running(operation: Any) -> Any:
    """The operation over the first entry, the first two, ... along an axis."""

    def found(self: Any, dim: int) -> Any:
        if not np.ndim(self):
            return self
        kept = [np.take(self, 0, axis=dim)]
        for k in range(1, np.shape(self)[dim]):
            kept.append(operation(kept[-1], np.take(self, k, axis=dim)))
        return np.stack(kept, axis=dim)

    return found


def with_running_place(operation: Any, at_least: Any) -> Any:
    """Running extremes and the last place that reaches each of them."""

    def found(self: Any, dim: int) -> tuple[Any, Any]:
        values = running(operation)(self, dim)

        def places() -> Any:
            if not np.ndim(self):
                return np.asarray(0)
            axis, n = dim % np.ndim(self), np.shape(self)[dim]
            later = np.take(self, np.arange(1, n), axis=axis)
            reached = decided(at_least(later, np.take(values, np.arange(n - 1), axis=axis)))
            steps = np.expand_dims(np.arange(1, n), tuple(range(1, np.ndim(self) - axis)))
            first = np.zeros((*np.shape(self)[:axis], 1, *np.shape(self)[axis + 1 :]), int)
            return np.maximum.accumulate(np.concatenate([first, np.where(reached, steps, 0)], axis), axis=axis)

        return values, places

    return found


# --- norms, softmax


def lane(self: Any, dim: Any) -> Any:
    """The axes of a reduction as one, the last."""
    named = axes(self, dim)
    rest = tuple(n for i, n in enumerate(np.shape(self)) if i not in named)
    moved = np.moveaxis(self, named, tuple(range(-len(named), 0))) if np.ndim(self) else self
    return np.reshape(moved, (*rest, -1))


def norm(self: Any, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    """A vector norm along the axes: of ``aten.norm`` and ``aten.linalg_vector_norm``."""
    p = 2 if p is None else p
    if p == 0:
        found = np.sum(np.where(np.equal(lane(self, dim), 0), 0.0, 1.0), axis=-1)
    else:
        found = np.linalg.norm(lane(self, dim), p, axis=-1)
    if not keepdim:
        return found
    return np.reshape(found, tuple(1 if i in axes(self, dim) else n for i, n in enumerate(np.shape(self))))


def logsumexp(self: Any, dim: Any, keepdim: bool = False) -> Any:
    return ad.scipy.special.logsumexp(self, axis=axes(self, dim), keepdims=keepdim) if np.ndim(self) else self


def softmax(self: Any, dim: int, half_to_float: bool = False) -> Any:
    if not np.ndim(self):
        return np.ones_like(self)
    return ad.scipy.special.softmax(self, axis=dim) if np.size(self) else self


def safe_softmax(self: Any, dim: int) -> Any:
    """The softmax, and 0 where every entry is -inf."""
    none = np.all(np.equal(self, -np.inf), axis=dim, keepdims=True)
    return np.where(none, 0.0, softmax(np.where(none, 0.0, self), dim))


def log_softmax(self: Any, dim: int, half_to_float: bool = False) -> Any:
    if not np.ndim(self):
        return np.zeros_like(self)
    return ad.scipy.special.log_softmax(self, axis=dim) if np.size(self) else self


def renorm(self: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    others = tuple(d for d in range(np.ndim(self)) if d != dim % np.ndim(self))
    size = norm(self, p, others, keepdim=True)
    above = np.greater(size, maxnorm)
    return np.where(above, self * (maxnorm / (np.where(above, size, 1.0) + 1e-7)), self)


ENTRIES: Entries = {
    "sum": total,
    "mean": mean,
    "nansum": lambda self, dim=None, keepdim=False: total(np.where(np.isnan(self), 0.0, self), dim, keepdim),
    "prod": product,
    "var": variance,
    "std": standard_deviation,
    "var_mean": variance_and_mean,
    "std_mean": deviation_and_mean,
    "amax": largest,
    "amin": smallest,
    "max": largest,
    "min": smallest,
    "max.dim": with_place(largest, np.argmax),
    "min.dim": with_place(smallest, np.argmin),
    "aminmax": extremes,
    "argmax": lambda self, dim=None, keepdim=False: place_of(np.argmax, self, dim, keepdim),
    "argmin": lambda self, dim=None, keepdim=False: place_of(np.argmin, self, dim, keepdim),
    "any": lambda self, dim=None, keepdim=False: truths(np.any, self, dim, keepdim),
    "all": lambda self, dim=None, keepdim=False: truths(np.all, self, dim, keepdim),
    "count_nonzero": lambda self, dim=None: total(np.where(np.not_equal(self, 0), 1, 0), dim),
    "sort": sort,
    "argsort": lambda self, dim=-1, descending=False, stable=None: order(self, dim, descending),
    "topk": topk,
    "kthvalue": kthvalue,
    "median": median,
    "median.dim": median_along,
    "cumsum": lambda self, dim: np.cumsum(self, axis=dim) if np.ndim(self) else self,
    "cumprod": lambda self, dim: np.cumprod(self, axis=dim) if np.ndim(self) else self,
    "logcumsumexp": running(np.logaddexp),
    "cummax": with_running_place(np.maximum, np.greater_equal),
    "cummin": with_running_place(np.minimum, np.less_equal),
    "norm": norm,
    "linalg_vector_norm": lambda self, ord=2, dim=None, keepdim=False: norm(self, ord, dim, keepdim),
    "dist": lambda self, other, p=2: norm(self - other, p),
    "logsumexp": logsumexp,
    "_softmax": softmax,
    "_safe_softmax": safe_softmax,
    "_log_softmax": log_softmax,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "renorm": renorm,
}
