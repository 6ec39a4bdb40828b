"""What a reduction adds up on its way: the root of the sum of squared partial sums, by which its additions round."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.core import Node

BLOCKS = 64  # partial sums looked at in a product of matrices; those in between are taken for their neighbours


def partial_sums(node: Node) -> np.ndarray | None:
    """For each entry of a result the root of the sum of squared partial sums; None where nothing is added up.

    Sums are taken one after the other: pairwise summation and blocks of it round less.
    """
    if node.op is None:
        return None
    found = _of_transform if node.op.stability == "normwise" else _ADDING.get(node.op.name)
    if found is None:
        return None
    sums = np.asarray(found(node)).reshape(np.shape(node.primal))
    return sums * (1 + 1j) if np.iscomplexobj(node.primal) else sums  # both parts are added up


def _of_sum(node: Node) -> Any:
    x = np.asarray(node.operands[0])
    axis = node.static["axis"]
    axes = tuple(range(x.ndim)) if axis is None else tuple(a % x.ndim for a in np.atleast_1d(axis))
    rest = [n for i, n in enumerate(x.shape) if i not in axes]
    flat = np.moveaxis(x, axes, tuple(range(len(axes)))).reshape(-1, *rest)
    return np.sqrt(np.sum(np.abs(np.cumsum(flat, axis=0, dtype=_wide(x))) ** 2, axis=0))


def _wide(x: np.ndarray) -> Any:
    return complex if np.iscomplexobj(x) else float


def _of_transform(node: Node) -> Any:
    """Of what is accurate to the norm, along an axis or as a whole: each entry by the root mean square of all."""
    y = np.abs(node.primal)
    return np.broadcast_to(np.sqrt(np.mean(y**2, axis=node.static.get("axis"), keepdims=True)), y.shape)


def _of_cumsum(node: Node) -> Any:
    y = np.abs(node.primal)
    axis = node.static["axis"]
    return np.sqrt(np.cumsum(y**2, axis=0 if axis is None else axis))


def _of_product(node: Node) -> Any:
    """Of matmul and dot: the last axis of the first operand meets the last but one of the second."""
    a, b = (np.asarray(x) for x in node.operands)
    if a.ndim == 0 or b.ndim == 0:
        return np.zeros(np.shape(node.primal))
    inner = b.ndim - 2 if b.ndim > 1 else 0
    return _by_blocks(a.shape[-1], 1, lambda k: node.op.fun(a[..., k], np.take(b, k, axis=inner)))  # type: ignore[union-attr]


def _of_einsum(node: Node) -> Any:
    """Partial sums over the longest of the contracted indices."""
    operands = [np.asarray(x) for x in node.operands]
    inputs, output = node.static["subscripts"].split("->")
    terms = inputs.split(",")
    length = {c: n for t, x in zip(terms, operands, strict=True) for c, n in zip(t, x.shape, strict=True)}
    contracted = sorted((c for c in length if c not in output), key=lambda c: length[c])
    if not contracted:
        return np.zeros(np.shape(node.primal))
    *others, longest = contracted

    def part(k: np.ndarray) -> Any:
        taken = [_along(x, t, longest, k) for t, x in zip(terms, operands, strict=True)]
        return np.einsum(node.static["subscripts"], *taken)

    return _by_blocks(length[longest], math.prod(length[c] for c in others), part)


def _along(x: np.ndarray, term: str, letter: str, k: np.ndarray) -> np.ndarray:
    for axis, c in enumerate(term):
        if c == letter and x.shape[axis] > 1:
            x = np.take(x, k, axis=axis)
    return x


def _by_blocks(inner: int, each: int, part: Callable[[np.ndarray], Any]) -> Any:
    """The same for sums over an index of length ``inner``, in ``each`` additions per value of it, by blocks."""
    running: Any = 0.0
    squares: Any = 0.0
    for block in np.array_split(np.arange(inner), min(inner, BLOCKS)):
        running = running + part(block)
        squares = squares + len(block) * each * np.abs(running) ** 2
    return np.sqrt(squares)


_ADDING: dict[str, Callable[[Node], Any]] = {
    "sum": _of_sum,
    "cumsum": _of_cumsum,
    "matmul": _of_product,
    "dot": _of_product,
    "einsum": _of_einsum,
}
