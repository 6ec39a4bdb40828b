"""Arrays of any shape and memory layout, shapes that broadcast, and cotangents of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ad.containers import flatten, unflatten
from verify.formats import format_of
from verify.layouts import backwards, columns_first, with_gaps

LAYOUTS = ("C", "F", "strided", "reversed", "read-only", "broadcast")
LARGEST = 10.0  # of an entry, unless other elements are asked for: no product of a few overflows
SPREAD = 20  # binary orders of magnitude, up and down, of a spread cotangent; float16 holds half of them
SIDE, DIMS = 4, 3  # of a shape: enough to tell every axis from every other one

Shape = tuple[int, ...]


def shapes(max_dims: int = DIMS, max_side: int = SIDE, min_side: int = 1) -> st.SearchStrategy[Shape]:
    """Shapes of arrays, the empty one of a number first.

    Arguments
        max_dims: axes at most. max_side, min_side: entries along an axis; from 0 on there are empty arrays.
    Example
        >>> from hypothesis import find
        >>> find(shapes(), lambda shape: len(shape) == 2)
        (1, 1)
    """
    return hnp.array_shapes(min_dims=0, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(
    count: int = 2, max_dims: int = DIMS, max_side: int = SIDE, min_side: int = 1
) -> st.SearchStrategy[Any]:
    """Shapes that broadcast with each other: ``input_shapes``, and the ``result_shape`` that they give.

    Arguments
        count: how many. max_dims, max_side, min_side: as for ``shapes``.
    Example
        >>> from hypothesis import find
        >>> find(broadcastable_shapes(), lambda found: found.input_shapes[0] != found.result_shape).result_shape
        (1,)
    """
    return hnp.mutually_broadcastable_shapes(
        num_shapes=count, max_dims=max_dims, max_side=max_side, min_side=min_side
    )


def arrays(
    shape: Shape | st.SearchStrategy[Shape],
    dtype: Any = float,
    layout: str | st.SearchStrategy[str] | None = None,
    elements: st.SearchStrategy[float] | None = None,
) -> st.SearchStrategy[np.ndarray]:
    """Arrays of finite numbers in every memory layout.

    Arguments
        shape: a shape, or a strategy for shapes. dtype: a floating dtype that is judged.
        layout: one of ``LAYOUTS``, or a strategy for them (default: any); "broadcast" repeats the first slice.
        elements: the numbers (default: from -10 to 10).
    Raises
        ValueError for a layout or dtype that is none of these.
    Example
        >>> from hypothesis import find
        >>> find(arrays((2,), layout="strided"), lambda x: x.strides == (16,))
        array([0., 0.])
    """
    if isinstance(layout, str) and layout not in LAYOUTS:
        raise ValueError(f"layout= is {layout!r:.40}: give one of {', '.join(LAYOUTS)}")
    sizes = shape if isinstance(shape, st.SearchStrategy) else st.just(tuple(shape))
    layouts = st.sampled_from(LAYOUTS) if layout is None else layout
    chosen = layouts if isinstance(layouts, st.SearchStrategy) else st.just(layouts)
    numbers = floats(dtype, -LARGEST, LARGEST) if elements is None else elements
    filled = sizes.flatmap(lambda s: _lists(numbers, s).map(lambda values: np.array(values, dtype=dtype).reshape(s)))
    return st.builds(laid_out, filled, chosen)


def floats(dtype: Any, low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers between two bounds that a dtype holds; no subnormal ones, which processors may flush."""
    width = {"float16": 16, "float32": 32}.get(judged(dtype).name, 64)
    low, high = (float(np.dtype(dtype).type(x)) for x in (low, high)) if width < 64 else (low, high)
    return st.floats(low, high, width=width, allow_subnormal=False)  # type: ignore[arg-type]


def judged(dtype: Any) -> np.dtype[Any]:
    """A floating dtype that is judged; raises ValueError for any other."""
    found: np.dtype[Any] = np.dtype(dtype)
    if format_of(found) is None:
        raise ValueError(f"dtype= is {found}: give a floating dtype that is judged, such as float64 or float32")
    return found


def _lists(numbers: st.SearchStrategy[float], shape: Shape) -> st.SearchStrategy[list[float]]:
    size = int(np.prod(shape, dtype=int))
    return st.lists(numbers, min_size=size, max_size=size)


def laid_out(x: np.ndarray, layout: str) -> np.ndarray:
    """The numbers of an array in a memory layout of ``LAYOUTS``.

    Example
        >>> laid_out(np.arange(4.0), "reversed").strides
        (-8,)
    """
    if layout == "F":
        return columns_first(x)
    if layout == "strided":
        return with_gaps(x)
    if layout == "reversed":
        return backwards(x)
    if layout == "broadcast" and x.ndim and x.size:
        return np.broadcast_to(x[:1].copy(), x.shape)
    found = np.array(x, order="C")
    if layout == "read-only":
        found.setflags(write=False)
    return found


def cotangents(like: Any) -> st.SearchStrategy[Any]:
    """Cotangents of every kind: ones, zeros, unit ones, signed, spread over magnitudes, in every memory layout.

    Arguments
        like: the result of a function, for its containers, shapes and dtypes.
    Example
        >>> from hypothesis import find
        >>> find(cotangents(np.zeros(3)), lambda g: g.sum() == 1)
        array([1., 0., 0.])
    """
    structure, leaves = flatten(like)
    return st.tuples(*[_cotangent(np.asarray(leaf)) for leaf in leaves]).map(
        lambda found: unflatten(structure, list(found))
    )


def _cotangent(y: np.ndarray) -> st.SearchStrategy[np.ndarray]:
    shape, dtype = y.shape, y.dtype if format_of(y) is not None else np.dtype(float)
    exponent = min(SPREAD, 10) if dtype.itemsize == 2 else SPREAD
    spread = st.builds(lambda sign, k: sign * 2.0**k, st.sampled_from([1.0, -1.0]), st.integers(-exponent, exponent))
    kinds = [st.builds(np.ones, st.just(shape), st.just(dtype)), st.builds(np.zeros, st.just(shape), st.just(dtype))]
    kinds += [st.integers(0, y.size - 1).map(lambda n: _unit(n, shape, dtype))] if y.size else []
    kinds += [arrays(shape, dtype, elements=spread, layout="C"), arrays(shape, dtype)]
    return st.one_of(kinds)


def _unit(n: int, shape: Shape, dtype: Any) -> np.ndarray:
    g = np.zeros(int(np.prod(shape, dtype=int)), dtype)
    g[n] = 1
    return g.reshape(shape)
