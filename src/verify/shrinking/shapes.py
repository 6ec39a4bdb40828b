"""Smaller shapes: slices are dropped along an axis, of all inputs together that have an axis of that length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map, unflatten
from ad.variable import differentiable
from verify.claim import Claim, changed
from verify.question import prepare
from verify.shrinking.search import Search

Axis = tuple[int, int]  # which leaf of the inputs, which axis of it


def cut(search: Search) -> None:
    """Drop slices along the axes of the inputs, then axes of length 1, as far as the failure stays."""
    for axes in _groups(search.claim):
        before = search.claim
        _shorten(search, axes)
        places = sorted({axis for _, axis in axes})
        if search.claim is before and len(places) > 1:  # rows and columns may be as many by chance
            for place in places:
                _shorten(search, tuple((k, axis) for k, axis in axes if axis == place))
    for axes in _ones(search.claim):
        search.accepts(_fitted(_without(search.claim, axes), []))


def _leaves(claim: Claim) -> list[Any]:
    found: list[Any] = flatten(claim.xs)[1]
    return found


def _axes(claim: Claim) -> dict[Axis, int]:
    """Every axis of the inputs with its length."""
    arrays = [(k, x) for k, x in enumerate(_leaves(claim)) if isinstance(x, np.ndarray)]
    return {(k, axis): n for k, x in arrays for axis, n in enumerate(x.shape)}


def _groups(claim: Claim) -> Iterator[tuple[Axis, ...]]:
    """The axes that are shortened together: all of one length, the longest first."""
    axes = _axes(claim)
    for length in sorted({n for n in axes.values() if n > 1}, reverse=True):
        yield tuple(axis for axis, n in axes.items() if n == length)


def _shorten(search: Search, axes: tuple[Axis, ...]) -> None:
    """Keep one slice where that is enough; else drop half of what is left, a quarter, ..., single slices."""
    lengths = {_axes(search.claim)[axis] for axis in axes}
    if len(lengths) > 1 or lengths == {1}:  # a part of the group was shortened before
        return
    (n,) = lengths
    for kept in (0, n - 1):
        if search.accepts(_taken(search.claim, axes, [kept])):
            return
    chunk = n // 2
    while chunk:
        start = 0
        while start < n and n > chunk:
            kept_slices = [i for i in range(n) if not start <= i < start + chunk]
            if search.accepts(_taken(search.claim, axes, kept_slices)):
                n = len(kept_slices)
            else:
                start += chunk
        chunk //= 2


def _taken(claim: Claim, axes: Iterable[Axis], kept: list[int]) -> Claim:
    structure, leaves = flatten(claim.xs)
    for k, axis in axes:
        leaves[k] = np.take(leaves[k], kept, axis=axis)
    return _fitted(changed(claim, xs=unflatten(structure, leaves)), kept)


def _ones(claim: Claim) -> Iterator[tuple[Axis, ...]]:
    """The axes of length 1 that are left out together: the first of every leaf that has one, then single ones."""
    ones = [axis for axis, n in _axes(claim).items() if n == 1]
    firsts = tuple({k: (k, axis) for k, axis in reversed(ones)}.values())
    yield from [firsts] if len(firsts) > 1 else []
    yield from ((axis,) for axis in reversed(ones))


def _without(claim: Claim, axes: Iterable[Axis]) -> Claim:
    structure, leaves = flatten(claim.xs)
    present = _axes(claim)
    for k, axis in axes:
        if present.get((k, axis)) == 1:
            leaves[k] = np.squeeze(leaves[k], axis=axis)
    return changed(claim, xs=unflatten(structure, leaves))


# --- what goes with the inputs


def _fitted(claim: Claim, kept: list[int]) -> Claim:
    """The claim with its cotangent and tangent cut to the shapes that they now need; as it is where they do not fit.

    kept: the slices of the inputs that were kept; of other axes the first ones are.
    """
    if claim.tangent is not None:
        inputs = [x for x in _leaves(claim) if differentiable(x)]
        claim = changed(claim, tangent=_cropped(claim.tangent, inputs, kept))
    if claim.cotangent is not None:
        try:
            outputs = prepare(changed(claim, cotangent=None)).origin.outputs
        except Exception:  # f does not take this shape: asking the claim says so
            return claim
        claim = changed(claim, cotangent=_cropped(claim.cotangent, outputs, kept))
    return claim


def _cropped(tree: Any, like: Iterable[Any], kept: list[int]) -> Any:
    shapes = iter([np.shape(x) for x in like])

    def cropped(part: Any) -> Any:
        shape = next(shapes, np.shape(part))
        found = np.asarray(part)
        if found.size == np.prod(shape, dtype=int):
            return found.reshape(shape)
        if found.ndim != len(shape):
            return part
        for axis, n in enumerate(shape):
            if n != found.shape[axis]:
                slices = kept if len(kept) == n and max(kept) < found.shape[axis] else list(range(n))
                found = np.take(found, slices, axis=axis)
        return found

    return tree_map(cropped, tree)
