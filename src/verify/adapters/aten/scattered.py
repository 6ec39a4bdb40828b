"""Operations of aten that put or add entries at places, over NumPy: where they meet, they add up or compete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ad
from ad.table.shapes import scatter
from verify.adapters.aten.elementwise import Entries, scaled
from verify.adapters.aten.windows import counted, each, grid_of
from verify.adapters.compositions import all_taps, positions_in_last_axes
from verify.adapters.translation import Untranslatable


def added(self: Any, places: np.ndarray, values: Any) -> Any:
    """self with values added at places of it laid out flat."""
    flat = np.reshape(np.broadcast_to(values, places.shape), (-1,))
    return self + np.reshape(scatter(flat, (np.reshape(places, -1),), (np.size(self),)), np.shape(self))


def along(shape: Sequence[int], index: Any, dim: int) -> np.ndarray:
    """The places that an index names along an axis of an array: those ``gather`` reads and ``scatter`` writes."""
    index = np.asarray(index)
    if not shape:
        return np.reshape(index, ())
    grid = list(np.indices(index.shape, sparse=True))
    grid[dim % len(shape)] = index
    return np.asarray(counted(shape)[tuple(grid)])


def leading(x: Any, shape: Sequence[int]) -> Any:
    """The part of x of a shape, from the first entries on."""
    return x if np.shape(x) == tuple(shape) else x[tuple(map(slice, shape))]


def scatter_add(self: Any, dim: int, index: Any, src: Any) -> Any:
    return added(self, along(np.shape(self), index, dim), leading(src, np.shape(index)))


def index_add(self: Any, dim: int, index: Any, source: Any, alpha: Any = 1) -> Any:
    places = np.take(counted(np.shape(self)), np.atleast_1d(np.asarray(index)), axis=dim)
    return added(self, places, np.reshape(scaled(source, alpha), places.shape))


def index_put(self: Any, indices: Sequence[Any], values: Any, accumulate: bool = False, unsafe: bool = False) -> Any:
    """With accumulate; without it only what a truth for every entry chooses comes here."""
    if not accumulate:
        return np.where(indices[0], np.reshape(values, ()), self)
    at = tuple(slice(None) if i is None else np.asarray(i) for i in indices)
    return added(self, counted(np.shape(self))[at], values)


def put(self: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    places = np.reshape(counted(np.shape(self)), -1)[np.asarray(index)]
    return added(self, places, np.reshape(source, np.shape(places)))


# --- reductions at places


def groups_of(self: Any, places: np.ndarray, values: Any, include_self: bool) -> list[list[Any]]:
    """For each entry of self laid out flat the numbers that meet there."""
    flat, given = np.reshape(self, (-1,)), np.reshape(values, (-1,))
    met: list[list[Any]] = [[] for _ in range(np.size(self))]
    for k, place in enumerate(np.reshape(places, -1)):
        met[place].append(given[k])
    return [[flat[i], *group] if include_self or not group else group for i, group in enumerate(met)]


def stacked(fold: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def reduced(self: Any, places: np.ndarray, values: Any, include_self: bool) -> Any:
        found = [fold(group) for group in groups_of(self, places, values, include_self)]
        return np.reshape(np.stack(found), np.shape(self))

    return reduced


def summed(self: Any, places: np.ndarray, values: Any, include_self: bool) -> Any:
    kept = self if include_self else np.where(counts(self, places) > 0, 0.0, self)
    return added(kept, places, values)


def averaged(self: Any, places: np.ndarray, values: Any, include_self: bool) -> Any:
    return summed(self, places, values, include_self) / np.maximum(counts(self, places) + (1 if include_self else 0), 1)


def counts(self: Any, places: np.ndarray) -> np.ndarray:
    return np.reshape(np.bincount(np.reshape(places, -1), minlength=np.size(self)), np.shape(self))


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": summed,
    "add": summed,
    "mean": averaged,
    "prod": stacked(lambda group: np.prod(np.stack(group))),
    "multiply": stacked(lambda group: np.prod(np.stack(group))),
    "amax": stacked(lambda group: np.max(np.stack(group))),
    "amin": stacked(lambda group: np.min(np.stack(group))),
}


def scatter_reduce(self: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool = True) -> Any:
    places = along(np.shape(self), index, dim)
    values = np.broadcast_to(src, np.shape(index)) if np.ndim(src) == 0 else leading(src, np.shape(index))
    return REDUCTIONS[reduce](self, places, values, include_self)


def index_reduce(self: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool = True) -> Any:
    places = np.take(counted(np.shape(self)), np.asarray(index), axis=dim)
    return REDUCTIONS[reduce](self, places, source, include_self)


# --- windows put back


def col2im(
    self: Any, output_size: Sequence[int], kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> Any:
    """Columns added up where the windows that they were lay: the adjoint of ``im2col``."""
    size, dilation, padding, stride = (each(v, 2) for v in (kernel_size, dilation, padding, stride))
    lead = np.shape(self)[:-2]
    channels = np.shape(self)[-2] // (size[0] * size[1])
    shape = (*lead, channels, *output_size)
    count = grid_of(output_size, size, stride, padding, dilation, ceil_mode=False)
    axes = all_taps(output_size, count, size, stride, padding, [1, 1], dilation)
    places = positions_in_last_axes(shape, axes)
    places = np.reshape(np.moveaxis(places, -1, -3), np.shape(self))
    inside = places >= 0
    return added(np.zeros(shape), np.where(inside, places, 0), np.where(inside, self, 0.0))


def unfold_backward(grad_in: Any, input_sizes: Sequence[int], dim: int, size: int, step: int) -> Any:
    positions = np.moveaxis(counted(input_sizes), dim, -1)
    starts = range(0, input_sizes[dim] - size + 1, step)
    places = np.stack([positions[..., a : a + size] for a in starts], axis=-2)
    return added(np.zeros(tuple(input_sizes)), np.moveaxis(places, -2, dim), grad_in)


def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """The rows at the indices; the one for padding is constant, by declaration."""
    if scale_grad_by_freq:
        raise Untranslatable("aten.embedding with scale_grad_by_freq divides its gradient: that is no derivative")
    indices = np.asarray(indices)
    rows = np.take(weight, indices, axis=0)
    padding = indices == padding_idx
    return np.where(padding[..., None], ad.stop_gradient(rows), rows) if padding.any() else rows


def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> tuple[Any, ...]:
    """Sums (mode 0) or means (1) of the rows of every bag."""
    if mode > 1:
        raise Untranslatable("aten._embedding_bag of maxima has no translation")
    starts = np.asarray(offsets)[: -1 if include_last_offset else None]
    bags = np.searchsorted(starts, np.arange(np.size(indices)), side="right") - 1
    kept = np.where(np.asarray(indices) == padding_idx, 0.0, 1.0)
    rows = np.take(weight, np.asarray(indices), axis=0) * kept[:, None]
    if per_sample_weights is not None:
        rows = rows * np.reshape(per_sample_weights, (-1, 1))
    found = index_add(np.zeros((len(starts), np.shape(weight)[1])), 0, bags, rows)
    if mode == 1:
        found = found / np.maximum(np.bincount(bags, kept, minlength=len(starts)), 1.0)[:, None]
    return found, bags, np.bincount(bags, minlength=len(starts)), np.zeros(0, int)


ENTRIES: Entries = {
    "scatter_add": scatter_add,
    "scatter_reduce": scatter_reduce,
    "scatter": scatter_reduce,
    "index_add": index_add,
    "index_put": index_put,
    "_index_put_impl": index_put,
    "_unsafe_index_put": index_put,
    "put": put,
    "index_reduce": index_reduce,
    "col2im": col2im,
    "unfold_backward": unfold_backward,
    "embedding": embedding,
    "_embedding_bag": embedding_bag,
    "_embedding_bag_forward_only": embedding_bag,
}
