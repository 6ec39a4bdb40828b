"""The cure of a branch that poisons: the double where, which keeps lanes that are not selected inside the domain."""

from __future__ import annotations

import numpy as np

from ad.core import Node
from verify.blame.births import births
from verify.blame.entries import Index, by_entry, entry, placed
from verify.blame.uses import operand_names, short_name

SAFE = (1.0, 0.0, 0.5, 2.0)  # one of them is inside the domain of every function, at no pole and no infinite slope


def double_where(node: Node, operand: int, index: Index, branch: int) -> str:
    """The operation as it should be called, with an inner np.where; '' where no safe number is known.

    Arguments
        node, operand, index: where the slope is not finite. branch: of np.where that it is part of, 1 or 2.
    Where the operand itself is not finite there, the operation that made it so is the one to guard.
    """
    parent = node.parents[operand]
    if parent is not None and by_entry(node) and not np.isfinite(entry(node.operands[operand], index)):
        found = births(parent, index)
        if found:
            node, index = found[-1].node, found[-1].index
            operand = next((k for k, p in enumerate(node.parents) if p is not None), 0)
    safe = _safe(node, operand, index)
    if safe is None:
        return ""
    names = operand_names(node.op, len(node.operands)) if node.op is not None else []
    name = names[operand]
    inside = f"np.where(c, {name}, {safe:g})" if branch == 1 else f"np.where(c, {safe:g}, {name})"
    return f"{short_name(node)}({', '.join([*names[:operand], inside, *names[operand + 1 :]])})"


def _safe(node: Node, operand: int, index: Index) -> float | None:
    """A number at which value and slope of the operation are finite."""
    places = [placed(index, np.shape(x)) for x in node.operands]
    if node.op is None or not by_entry(node) or any(at is None for at in places):
        return None
    operands = [entry(x, at or ()) for x, at in zip(node.operands, places, strict=True)]
    for safe in SAFE:
        tried = tuple(np.float64(safe) if k == operand else x for k, x in enumerate(operands))
        y = node.op.fun(*tried, **node.static)
        if np.isfinite(y) and np.isfinite(node.op.vjp(operand, np.float64(1.0), y, tried, node.static)):
            return safe
    return None
