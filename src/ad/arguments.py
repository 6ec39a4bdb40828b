"""What is differentiated: the arguments that ``wrt`` names, traced, and derivatives in their containers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.containers import LEAF, flatten, is_array_like, paths, tree_map, unflatten
from ad.core import Graph, float64
from ad.locks import kept
from ad.variable import Variable, floating, trace

Wrt = int | str | tuple[int | str, ...]
_COUNTED = tuple(range(64))  # more arguments than that are told one by one


def traced(f: Callable[..., Any], wrt: Wrt, xs: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Graph, list[Any]]:
    """Trace f in the arguments that ``wrt`` names and return its graph with their structures."""
    wanted = wrt if isinstance(wrt, tuple) else (wrt,)
    everything = not kwargs and wanted == _COUNTED[: len(xs)]
    places = wanted if everything else tuple([_place(f, name, xs, kwargs) for name in wanted])
    if not everything and len(set(places)) < len(places):
        raise ValueError(f"wrt={wrt!r} names one argument twice; name each once")
    checked, trees = [], []
    for p in places:
        x = kwargs[p] if isinstance(p, str) else xs[p]
        if type(x) is float or type(x) is float64:
            checked.append(x)
            trees.append(LEAF)
        else:
            checked.append(_checked(x, f"argument {p!r}"))
            trees.append(flatten(x)[0])
    if everything:
        return trace(f, *checked), trees

    def of_selected(*selected: Any) -> Any:
        full, named = list(xs), dict(kwargs)
        for p, x in zip(places, selected, strict=True):
            if isinstance(p, str):
                named[p] = x
            else:
                full[p] = x
        return f(*full, **named)

    return trace(of_selected, *checked), trees


def _place(f: Callable[..., Any], wanted: int | str, xs: Sequence[Any], kwargs: dict[str, Any]) -> int | str:
    """Where a call has the wanted argument: the position, or the keyword."""
    if isinstance(wanted, str):
        return wanted if wanted in kwargs else _position_of(f, wanted, xs, kwargs)
    if not -len(xs) <= wanted < len(xs):
        raise IndexError(
            f"wrt={wanted}: the function was called with {len(xs)} positional arguments"
            + (f"; name a keyword argument, wrt={next(iter(kwargs))!r}" if kwargs else "")
        )
    return wanted % len(xs)


def _position_of(f: Callable[..., Any], name: str, xs: Sequence[Any], kwargs: dict[str, Any]) -> int:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # NumPy's ufuncs name no parameters
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][: len(xs)]
    if name in names:
        return names.index(name)
    given = ", ".join([*names, *kwargs]) or f"{len(xs)} positional arguments"
    raise TypeError(f"wrt={name!r}: the call does not give this argument, only {given}; a default is a constant")


def _checked(x: Any, name: str) -> Any:
    structure, leaves = flatten(x)
    names = paths(x, name)
    done = [leaf if type(leaf) is Variable else floating(leaf, name) for leaf, name in zip(leaves, names, strict=True)]
    return unflatten(structure, done)


def single_output(graph: Graph) -> Any:
    """The one array that the function returned."""
    if len(graph.values) != 1:
        raise TypeError(
            f"the function returned {len(graph.values)} arrays where one was expected; return the one that is "
            f"differentiated, or use ad.vjp, which takes a cotangent for each (zeros for what only rides along)"
        )
    y = graph.values[0]
    if type(y) is float64:
        return y
    if not isinstance(y, np.ndarray | int | float | complex) and not is_array_like(y):
        raise TypeError(f"the function returned {y!r}, which is no array of numbers; return what it computed")
    return y


def packed(wrt: Wrt, trees: list[Any], leaves: Sequence[Any]) -> Any:
    """Leaves in the containers of the arguments: bare for one, a tuple for a tuple."""
    if trees.count(LEAF) == len(trees):
        return tuple(leaves) if isinstance(wrt, tuple) else leaves[0]
    source = iter(leaves)
    found = [
        next(source) if tree is LEAF else unflatten(tree, [next(source) for _ in flatten(tree)[1]]) for tree in trees
    ]
    return tuple(found) if isinstance(wrt, tuple) else found[0]


def matching(given: Any, wanted: Sequence[Any], what: str, of: str) -> list[Any]:
    """The leaves of given cotangents or tangents, one for each wanted array and in its shape."""
    leaves = flatten(given)[1]
    if len(leaves) != len(wanted):
        raise ValueError(f"the {what} has {len(leaves)} arrays, the {of} {len(wanted)}")
    for i, (part, y) in enumerate(zip(leaves, wanted, strict=True)):
        if np.shape(part) != np.shape(y):
            raise ValueError(f"{what} {i} has shape {np.shape(part)}, the {of} {np.shape(y)}")
    pairs = enumerate(zip(leaves, wanted, strict=True))
    return [as_number(part, y, f"{what} {i}", f"the {of}") for i, (part, y) in pairs]


def as_number(g: Any, y: Any, name: str, of: str) -> Any:
    """A cotangent or tangent g of y in y's dtype, if it is a Python number; complex ones of real arrays are refused."""
    if np.iscomplexobj(g) and not np.iscomplexobj(y):
        raise TypeError(f"{name} is complex, {of} real: give np.real of it")
    if isinstance(g, int | float | complex) and not isinstance(g, np.generic):
        return np.asarray(g, dtype=getattr(y, "dtype", None))[()]
    return g


# --- graphs that outlive their call


def keep_constants(graph: Graph) -> None:
    """Let a graph that outlives its call own the constants that it refers to: they may be written into meanwhile."""
    copies: dict[int, np.ndarray] = {}
    for node in graph.nodes:
        parents = node.parents
        for x, parent in zip(node.operands, parents, strict=True):
            if parent is None and type(x) is np.ndarray and id(x) not in copies:
                copies[id(x)] = x.copy(order="K")
        if copies:
            pairs = zip(node.operands, parents, strict=True)
            node.operands = tuple(copies.get(id(x), x) if parent is None else x for x, parent in pairs)
        if node.static:
            node.static = tree_map(kept, node.static)  # indices
