"""Containers that JAX knows and NumPy's engine does not: dataclasses, OrderedDicts and classes of a user's own.

Facts
    Such a node becomes a tuple whose class remembers how to make the node again, and whose fields are named as JAX
    names them. So gradients have path names, and a reference gets the node that it was written for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verify.adapters.frameworks import loaded


class Node(tuple[Any, ...]):
    """The children of a node; ``_fields`` are their names, ``_made`` makes the node of them."""

    _fields: tuple[str, ...] = ()
    _made: Any = None

    def __new__(cls, *parts: Any) -> Node:
        return tuple.__new__(cls, parts)

    def __getattr__(self, name: str) -> Any:
        if name in type(self)._fields:
            return self[type(self)._fields.index(name)]
        raise AttributeError(name)


def opened(tree: Any) -> Any:
    """The same container with a ``Node`` for each node that only JAX knows."""
    if type(tree) in (list, dict) or isinstance(tree, tuple):
        return _rebuilt(tree, opened)
    if isinstance(tree, Iterator):  # reading would use it up; JAX warns of one, and will refuse it
        return tree
    jax: Any = loaded("jax")
    children, structure = jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda part: part is not tree)
    if jax.tree_util.treedef_is_leaf(structure) or tree is None:
        return tree
    names = tuple(_name(path, n) for n, (path, _) in enumerate(children))
    made = type("Node", (Node,), {"_fields": names, "_made": staticmethod(structure.unflatten)})
    return made(*(opened(child) for _, child in children))


def closed(tree: Any) -> Any:
    """The container that ``opened`` was given, whatever stands at its leaves now."""
    if isinstance(tree, Node):
        return type(tree)._made([closed(part) for part in tree])
    if type(tree) in (list, dict) or isinstance(tree, tuple):
        return _rebuilt(tree, closed)
    return tree


def _rebuilt(tree: Any, function: Any) -> Any:
    if type(tree) is dict:
        return {key: function(part) for key, part in tree.items()}
    parts = [function(part) for part in tree]
    if type(tree) is list:
        return parts
    return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)


def _name(path: Any, n: int) -> str:
    """What a child is called: the attribute or key that JAX knows it by, else its number."""
    key = path[0]
    found = next((getattr(key, part) for part in ("name", "key", "idx") if hasattr(key, part)), n)
    return str(found)
