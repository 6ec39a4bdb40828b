"""Nodes of a graph as short code: tanh(x @ w + b), var(x, axis=1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ad.core import Node

LONGEST = 60  # characters; what is longer is cut down to its outermost operations
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@"}
RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "**": 3}
ATOM = 4
SILENT = (None, False, -1)  # static arguments with these values are left out: they are the defaults
TELLING = ("axis", "axes", "subscripts", "ord", "mode")
HANDING_ON = ("reshape", "getitem")  # as translations of code that keeps numbers flat do, time and again
Names = Mapping[Any, str]  # of inputs by their node, of constants by their id


def words(x: Any, names: Names, depth: int = 6) -> str:
    """A node or constant as code, at most LONGEST characters long.

    Arguments
        x: a node, or the value of a constant. names: of inputs and constants. depth: of the operations written out.
    Example
        >>> words(2.5, {})
        '2.5'
    """
    for d in range(depth, -1, -1):
        text, _ = _written(x, names, d)
        if len(text) <= LONGEST:
            return text
    return _written(x, names, 0)[0]


def _written(x: Any, names: Names, depth: int) -> tuple[str, int]:
    """The text, and how tightly its outermost operation binds."""
    if not isinstance(x, Node):
        return names.get(id(x)) or _constant(x), ATOM
    if x in names:
        return names[x], ATOM
    assert x.op is not None
    if (same := _left_as_it_is(x)) is not None:
        return _written(same, names, depth)
    name = x.op.name
    if depth == 0 and name == "getitem" and x.parents[0] is not None:
        return f"{_closed(_written(x.parents[0], names, 0), ATOM)}[...]", ATOM
    if depth == 0:
        return "..." if name in SIGNS else f"{name}(...)", ATOM
    composed = _composed(x)
    if composed is not None:
        name, inner, summed = composed
        return f"{name}({', '.join([_written(inner, names, depth - 1)[0], *_static(summed)])})", ATOM
    parts = [_written(o if p is None else p, names, depth - 1) for o, p in zip(x.operands, x.parents, strict=True)]
    if name in SIGNS and len(parts) == 2:
        return _infix(SIGNS[name], *parts)
    if name == "transpose" and np.ndim(x.primal) == 2:
        return f"{_closed(parts[0], ATOM)}.T", ATOM
    if name == "negative":
        return f"-{_closed(parts[0], 2)}", 2
    if name == "getitem":
        return f"{_closed(parts[0], ATOM)}[{_index(x.static.get('index'))}]", ATOM
    return f"{name}({', '.join([*(text for text, _ in parts), *_static(x)])})", ATOM


def _left_as_it_is(x: Node) -> Node | None:
    """What a node only hands on: an array reshaped to its own shape, or all of its entries in their order."""
    assert x.op is not None
    inside = x.parents[0] if x.parents else None
    if inside is None or x.op.name not in HANDING_ON or np.shape(x.primal) != np.shape(inside.primal):
        return None
    if x.op.name == "reshape":
        return inside
    index = x.static.get("index")
    places = np.asarray(index[0] if isinstance(index, tuple) and len(index) == 1 else index, dtype=object)
    return inside if places.ndim == 1 and list(places) == list(range(len(inside.primal))) else None


def _static(node: Node) -> list[str]:
    """The static arguments that tell something."""
    said = ((k, v) for k, v in node.static.items() if k in TELLING and not any(v is s for s in SILENT))
    return [f"{k}={_constant(v)}" for k, v in said]


def _composed(x: Node) -> tuple[str, Node, Node] | None:
    """What the engine has as several steps: (name, operand, its sum) of a mean, sum(a)/n, and of a variance."""
    if x.op is None or x.op.name != "divide" or x.parents[0] is None or x.parents[1] is not None:
        return None
    total = x.parents[0]
    inner = total.parents[0] if total.op is not None and total.op.name == "sum" else None
    if inner is None or np.ndim(x.operands[1]) or x.operands[1] * np.size(total.primal) != np.size(inner.primal):
        return None
    apart = inner.parents[0] if inner.op is not None and inner.op.name == "square" else None
    if apart is not None and apart.op is not None and apart.op.name == "subtract" and apart.parents[1] is not None:
        mean = _composed(apart.parents[1])
        if mean is not None and mean[0] == "mean" and mean[1] is apart.parents[0]:
            return "var", mean[1], total
    return "mean", inner, total


def _infix(sign: str, left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
    rank = RANK[sign]
    if sign == "**":
        return f"{_closed(left, ATOM)}**{_closed(right, ATOM)}", rank
    return f"{_closed(left, rank)} {sign} {_closed(right, rank + 1)}", rank


def _closed(part: tuple[str, int], rank: int) -> str:
    text, own = part
    return text if own >= rank and not (text.startswith("-") and rank > 1) else f"({text})"


def _constant(x: Any) -> str:
    if isinstance(x, np.ndarray) and x.dtype.kind == "b":  # a condition, which stood in f as code
        return "..."
    if isinstance(x, np.ndarray) and x.ndim:
        if x.size <= 3 and x.ndim == 1:
            return f"[{', '.join(f'{v:.4g}' for v in x.tolist())}]" if x.dtype.kind in "fiu" else "[...]"
        return f"array[{','.join(map(str, x.shape))}]"
    if isinstance(x, float | np.floating | np.ndarray):
        value = float(x) if np.asarray(x).dtype.kind in "fiub" else np.nan
        return f"{value:.7g}"
    return str(x) if isinstance(x, int | str | tuple) and len(str(x)) < 24 else "..."


def _index(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    return ", ".join(_place(p) for p in parts)


def _place(p: Any) -> str:
    if isinstance(p, slice):
        ends = ":".join("" if e is None else str(e) for e in (p.start, p.stop))
        return ends if p.step is None else f"{ends}:{p.step}"
    if p is None or p is Ellipsis:
        return "None" if p is None else "..."
    return (
        str(p)
        if isinstance(p, int | np.integer)
        else "[" + ", ".join(map(str, np.ravel(p)[:4])) + (", ...]" if np.size(p) > 4 else "]")
    )
