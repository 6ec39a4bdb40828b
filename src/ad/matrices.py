"""Matrices of derivatives: each trace is made once and used for every row or column."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ad.arguments import Wrt, packed, single_output, traced
from ad.core import Graph
from ad.modes import grad, jvp
from ad.variable import innermost

PROBE_SEED = 0  # of the cotangent that shows whether rows of a batch depend on each other


def jacobian(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """The Jacobian of f, by reverse mode or forward mode, whichever needs fewer passes.

    Arguments
        f: a function of arrays that returns one array. wrt: as for ``grad``.
    Returns
        a function of the same arguments; its result has shape y.shape + x.shape for each array x. Of a holomorphic
        function it holds dy/dz.
    Raises
        TypeError for a function between complex arrays that is not holomorphic, such as np.conj: one complex number
        an entry cannot hold its derivative. Give it real and imaginary parts instead.
    Example
        >>> import numpy as np
        >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
        array([[2., 0.],
               [0., 4.]])
    """

    @functools.wraps(f)
    def matrix(*xs: Any, **kwargs: Any) -> Any:
        graph, trees = traced(f, wrt, xs, kwargs)
        y = single_output(graph)
        inputs = [node.primal for node in graph.inputs]
        if _rows_suffice(graph, y, inputs):
            found = _by_rows(graph, y, inputs)
        else:
            found = [block for (block,) in _by_columns(graph, [y], inputs)]
        return packed(wrt, trees, found)

    return matrix


def hessian(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """The second derivatives of a function with one output, forward over reverse: one pass for each entry.

    Arguments
        f: a function of arrays that returns one real number. wrt: as for ``grad``.
    Returns
        a function of the same arguments. Its result has shape x.shape + x.shape; for containers, or several
        arguments, it is a container of containers: the derivative by one leaf of the gradient by another.
    Example
        >>> import numpy as np
        >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
        array([[6., 2.],
               [2., 0.]])
    """
    gradient = grad(f, wrt)

    @functools.wraps(f)
    def matrix(*xs: Any, **kwargs: Any) -> Any:
        graph, trees = traced(gradient, wrt, xs, kwargs)
        inputs = [node.primal for node in graph.inputs]
        columns = _by_columns(graph, graph.values, inputs)
        rows = [packed(wrt, trees, row) for row in zip(*columns, strict=True)]
        return packed(wrt, trees, rows)

    return matrix


def hvp(f: Callable[..., Any], xs: tuple[Any, ...], ts: tuple[Any, ...], **kwargs: Any) -> tuple[Any, ...]:
    """The product of the Hessian of f at xs with the tangents ts: forward over reverse.

    Example
        >>> import numpy as np
        >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
        (array([6., 0.]),)
    """
    gradient = grad(f, tuple(range(len(xs))))
    result: tuple[Any, ...] = jvp(gradient, xs, ts, **kwargs)[1]
    return result


def batched_jacobian(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """The Jacobian of every row of a batch, in as many passes as one row needs.

    f takes rows to rows: row b of its result depends on row b of its arguments alone. Then the cotangents of one
    entry of all rows may be pulled back together. Whether that holds is checked with one more pass, a cotangent with a
    random weight for each row, and costs no trust.

    Arguments
        f: a function of arrays of shape (B, ...) that returns one array of shape (B, ...). wrt: as for ``grad``.
    Returns
        a function of the same arguments; its result has shape (B,) + y.shape[1:] + x.shape[1:] for each array x.
    Raises
        ValueError when an array has no axis of length B, or rows depend on each other, naming the first that does.
    Example
        >>> import numpy as np
        >>> batched_jacobian(lambda x: x**2)(np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([[[2., 0.],
                [0., 4.]],
        <BLANKLINE>
               [[6., 0.],
                [0., 8.]]])
    """

    @functools.wraps(f)
    def matrices(*xs: Any, **kwargs: Any) -> Any:
        graph, trees = traced(f, wrt, xs, kwargs)
        y = single_output(graph)
        inputs = [node.primal for node in graph.inputs]
        _require_batch([y, *inputs])
        inner = sum(int(np.prod(np.shape(x)[1:], dtype=int)) for x in inputs)
        if int(np.prod(np.shape(y)[1:], dtype=int)) <= inner:
            found = _batched_rows(graph, y, inputs)
        else:
            found = _batched_columns(graph, y, inputs)
        _require_independence(graph, y, found)
        return packed(wrt, trees, found)

    return matrices


# --- rows and columns


def _rows_suffice(graph: Graph, y: Any, inputs: Sequence[Any]) -> bool:
    """Whether to ask by rows: they are fewer, and complex where the Jacobian is (those of a real x are real)."""
    of_complex = [np.iscomplexobj(x) for x in inputs]
    if np.iscomplexobj(y):
        if any(of_complex):
            _require_holomorphic(graph)
        if not all(of_complex):
            return False
    elif any(of_complex):
        return True
    return np.size(y) <= sum(np.size(x) for x in inputs)


def _require_holomorphic(graph: Graph) -> None:
    """Raise TypeError where an operation turns complex numbers into real ones, or conjugates them."""
    for node in graph.nodes:
        of_complex = any(parent is not None and np.iscomplexobj(parent.primal) for parent in node.parents)
        if of_complex and node.op is not None and (node.op.fun is np.conjugate or not np.iscomplexobj(node.primal)):
            raise TypeError(
                f"jacobian of a function between complex arrays holds dy/dz, but np.{node.op.name} is not holomorphic; "
                f"differentiate a function of the real and imaginary parts that returns its own"
            )


def _by_rows(graph: Graph, y: Any, inputs: Sequence[Any]) -> list[Any]:
    rows = [graph.pull((basis,)) for basis in _basis(y, np.shape(y))]
    return [
        _shaped(np.stack([row[k] for row in rows]), np.shape(y) + np.shape(x)) if rows
        else np.zeros(np.shape(y) + np.shape(x), _dtype(x))
        for k, x in enumerate(inputs)
    ]  # fmt: skip


def _by_columns(graph: Graph, ys: Sequence[Any], inputs: Sequence[Any]) -> list[list[Any]]:
    """For each input the derivatives of all outputs by it."""
    found = []
    for k, x in enumerate(inputs):
        columns = [graph.push(_alone(basis, k, inputs)) for basis in _basis(x, np.shape(x))]
        found.append([
            _shaped(np.stack([column[n] for column in columns], axis=-1), np.shape(y) + np.shape(x)) if columns
            else np.zeros(np.shape(y) + np.shape(x), _dtype(y))
            for n, y in enumerate(ys)
        ])  # fmt: skip
    return found


def _shaped(stacked: Any, shape: tuple[int, ...]) -> Any:
    """Rows or columns in the shape of their matrix; one number is a number."""
    found = np.reshape(stacked, shape)
    return found[()] if type(found) is np.ndarray and not shape else found


def _alone(t: Any, k: int, inputs: Sequence[Any]) -> list[Any]:
    return [t if j == k else None for j in range(len(inputs))]


def _basis(x: Any, shape: tuple[int, ...]) -> Iterator[Any]:
    """Arrays of a shape in the dtype of x with a single 1, in order."""
    for row in np.eye(int(np.prod(shape, dtype=int)), dtype=_dtype(x)):
        yield np.reshape(row, shape)


def _dtype(x: Any) -> Any:
    dtype = getattr(x, "dtype", None)
    return None if dtype is not None and dtype.kind == "O" else dtype  # exact arrays


# --- batches


def _require_batch(arrays: Sequence[Any]) -> None:
    lengths = [np.shape(x)[:1] for x in arrays]
    if () in lengths or len(set(lengths)) != 1:
        shapes = ", ".join(str(np.shape(x)) for x in arrays[1:])
        raise ValueError(
            f"batched_jacobian needs a first axis of one length throughout: the result has shape "
            f"{np.shape(arrays[0])}, the arguments {shapes}; use ad.jacobian for a function without a batch"
        )


def _batched_rows(graph: Graph, y: Any, inputs: Sequence[Any]) -> list[Any]:
    batch, inner = np.shape(y)[:1], np.shape(y)[1:]
    rows = [graph.pull((np.broadcast_to(e, np.shape(y)),)) for e in _basis(y, inner)]
    return [
        np.reshape(np.stack([row[k] for row in rows], axis=1), batch + inner + np.shape(x)[1:]) if rows
        else np.zeros(batch + inner + np.shape(x)[1:], _dtype(x))
        for k, x in enumerate(inputs)
    ]  # fmt: skip


def _batched_columns(graph: Graph, y: Any, inputs: Sequence[Any]) -> list[Any]:
    found = []
    for k, x in enumerate(inputs):
        shape = np.shape(y) + np.shape(x)[1:]
        spread = [np.broadcast_to(e, np.shape(x)) for e in _basis(x, np.shape(x)[1:])]
        columns = [graph.push(_alone(t, k, inputs))[0] for t in spread]
        found.append(np.reshape(np.stack(columns, axis=-1), shape) if columns else np.zeros(shape, _dtype(y)))
    return found


def _require_independence(graph: Graph, y: Any, blocks: Sequence[Any]) -> None:
    """Pull back one cotangent with another weight in each row: it must be what the rows' own Jacobians say.

    Both are sums of the same products and differ by rounding: by less than the root of eps, of the row's size.
    Rows that are not finite say nothing.
    """
    dtype = _dtype(y)
    if dtype is None:  # exact arrays are compared by whoever computes with them
        return
    rng = np.random.default_rng(PROBE_SEED)
    weights = rng.uniform(1, 2, np.shape(y)) * rng.choice([-1.0, 1.0], np.shape(y))
    for pulled, block in zip(graph.pull((np.asarray(weights, dtype),)), blocks, strict=True):
        coarsest = max(map(_eps, (dtype, pulled.dtype, block.dtype)))
        wrong = np.flatnonzero(_dependent(weights, innermost(pulled), innermost(block), np.sqrt(coarsest)))
        if wrong.size:
            raise ValueError(
                f"batched_jacobian: row {wrong[0]} of the arguments reaches other rows of the result than its own "
                f"(a mean or a norm over the batch?), so there is no Jacobian of each row; use ad.jacobian"
            )


def _dependent(weights: Any, pulled: Any, block: Any, tolerance: float) -> Any:
    """For each row whether what was pulled back is not the weighted sum of the rows of its block."""
    batch, inner = len(weights), int(np.prod(np.shape(weights)[1:], dtype=int))
    wide = complex if block.dtype.kind == "c" else float
    found = pulled.astype(wide).reshape(batch, int(np.prod(pulled.shape[1:], dtype=int)))
    jacobians = block.astype(wide).reshape(batch, inner, found.shape[1])
    expected = np.einsum("bm,bmn->bn", weights.reshape(batch, inner), jacobians)
    size = np.max(np.abs(jacobians), axis=(1, 2), initial=0.0) + np.max(np.abs(found), axis=1, initial=0.0)
    gap = np.max(np.abs(found - expected), axis=1, initial=0.0)
    return (gap > tolerance * size) | np.isnan(gap) & np.isfinite(jacobians).all(axis=(1, 2))


def _eps(dtype: Any) -> float:
    """The distance of 1 to the next number, of an extension float too."""
    return float(np.spacing(np.ones((), dtype).real))
