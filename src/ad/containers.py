"""Nested containers of arrays: a tree of tuples, lists and dicts, and its leaves in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

CONTAINERS = (tuple, list, dict)


class Leaf:
    """The mark that stands in a tree where an array stood."""

    def __repr__(self) -> str:
        return "*"


LEAF = Leaf()


def is_array_like(x: Any) -> bool:
    """Whether NumPy treats x as one array: an ndarray, a NumPy scalar, or a type with NumPy's protocols."""
    return isinstance(x, np.ndarray | np.generic) or hasattr(type(x), "__array_ufunc__")


def flatten(tree: Any) -> tuple[Any, list[Any]]:
    """Split nested tuples, lists and dicts into their shape and their leaves, in order.

    Returns
        (structure, leaves); ``unflatten(structure, leaves)`` gives an equal tree.
    Example
        >>> flatten({"w": 1.0, "b": [2.0, 3.0]})
        ({'w': *, 'b': [*, *]}, [1.0, 2.0, 3.0])
    """
    if not isinstance(tree, CONTAINERS):
        return LEAF, [tree]
    leaves: list[Any] = []

    def visit(item: Any) -> Any:
        if isinstance(item, tuple):
            parts = [visit(part) for part in item]
            return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
        if type(item) is list:
            return [visit(part) for part in item]
        if type(item) is dict:
            return {key: visit(part) for key, part in item.items()}
        leaves.append(item)
        return LEAF

    return visit(tree), leaves


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """Put leaves back into a structure made by ``flatten``."""
    if structure is LEAF:
        return leaves[0]
    source: Iterator[Any] = iter(leaves)

    def visit(item: Any) -> Any:
        if item is LEAF:
            return next(source)
        if isinstance(item, tuple):
            parts = [visit(part) for part in item]
            return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
        if type(item) is list:
            return [visit(part) for part in item]
        return {key: visit(part) for key, part in item.items()}

    return visit(structure)


def paths(tree: Any, root: str) -> list[str]:
    """The name of every leaf as one would write it in Python: ``params['w'][0]``."""
    found: list[str] = []

    def visit(item: Any, path: str) -> None:
        if isinstance(item, tuple) and hasattr(item, "_fields"):
            for name in item._fields:
                visit(getattr(item, name), f"{path}.{name}")
        elif isinstance(item, tuple) or type(item) is list:
            for i, part in enumerate(item):
                visit(part, f"{path}[{i}]")
        elif type(item) is dict:
            for key, part in item.items():
                visit(part, f"{path}[{key!r}]")
        else:
            found.append(path)

    visit(tree, root)
    return found


def tree_map(function: Callable[..., Any], tree: Any) -> Any:
    """The same tree with ``function(leaf)`` in place of every leaf."""
    structure, leaves = flatten(tree)
    return unflatten(structure, [function(leaf) for leaf in leaves])
