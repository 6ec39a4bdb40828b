"""What a user asks for: derivatives of functions, as functions.

All of them trace the function once and pull its graph back (reverse) or push it forward. ``wrt`` names what
is differentiated: a position, the name of an argument, or a tuple of these. An argument may be a nested container of
arrays; the derivative comes back in the same container. Matrices of derivatives are in ``ad.matrices``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.arguments import Wrt, keep_constants, matching, packed, single_output, traced
from ad.containers import tree_map, unflatten
from ad.core import Graph, one_like
from ad.locks import kept


def value_and_grad(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that computes f and its gradient together, for one forward pass.

    Arguments
        f: a function of arrays (or nested containers of them) that returns one real number (size 1).
        wrt: position or name of the argument to differentiate, or a tuple of these.
    Returns
        a function of the same arguments: (value, gradient); the gradient has the shapes, dtypes and
        containers of the argument, one for each when ``wrt`` is a tuple; writable, and the caller's own.
    Raises
        TypeError when the output has more than one entry or what is differentiated is no floating number.
    Example
        >>> import numpy as np
        >>> value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
        (np.float64(5.0), array([2., 4.]))
    """

    @functools.wraps(f)
    def both(*xs: Any, **kwargs: Any) -> tuple[Any, Any]:
        graph, trees = traced(f, wrt, xs, kwargs)
        y = single_output(graph)
        if type(y) is not np.float64:
            _require_one_real_number(y)
        return y, packed(wrt, trees, graph.pull((one_like(y),)))

    return both


def grad(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """The gradient function of f: what ``value_and_grad`` computes, without the value.

    Example
        >>> import numpy as np
        >>> grad(grad(np.sin))(1.0) == -np.sin(1.0)
        np.True_
    """
    both = value_and_grad(f, wrt)

    @functools.wraps(f)
    def gradient(*xs: Any, **kwargs: Any) -> Any:
        return both(*xs, **kwargs)[1]

    return gradient


def vjp(f: Callable[..., Any], *xs: Any, **kwargs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of f and the function that pulls a cotangent back through it.

    Arguments
        f: a function of ``xs``. xs: arrays or nested containers of them. kwargs: constants, handed to f.
    Returns
        (y, pullback): ``pullback(g)`` takes a cotangent in the container, shapes of y and returns one
        cotangent for each argument, in its container. It may be called any number of times, and owns what it needs:
        arrays that are written into meanwhile, y among them, change nothing.
    Raises
        ValueError when g has another shape than y, naming both.
    Example
        >>> import numpy as np
        >>> y, pullback = vjp(np.multiply, 3.0, 4.0)
        >>> pullback(1.0)
        (np.float64(4.0), np.float64(3.0))
    """
    everything = tuple(range(len(xs)))
    graph, trees = _kept(f, xs, kwargs)

    def pullback(g: Any) -> tuple[Any, ...]:
        given = matching(g, graph.values, "cotangent", "result")
        found: tuple[Any, ...] = packed(everything, trees, graph.pull(given))
        return found

    return tree_map(kept, graph.result), pullback


def jvp(f: Callable[..., Any], xs: tuple[Any, ...], ts: tuple[Any, ...], **kwargs: Any) -> tuple[Any, Any]:
    """The value of f at xs and its derivative along the tangents ts, by forward mode.

    Arguments
        xs: the arguments. ts: their tangents, in the same containers and shapes. kwargs: constants, handed to f.
    Returns
        (y, t): the value and its tangent, both in the container that f returns.
    Raises
        ValueError when a tangent's shape differs from its argument's.
    Example
        >>> import numpy as np
        >>> jvp(np.multiply, (3.0, 4.0), (1.0, 0.0))
        (np.float64(12.0), np.float64(4.0))
    """
    if not isinstance(xs, tuple | list) or not isinstance(ts, tuple | list):
        raise TypeError("jvp takes the arguments and their tangents as two tuples: jvp(f, (x,), (t,))")
    graph, _ = traced(f, tuple(range(len(xs))), xs, kwargs)
    return graph.result, _pushed(graph, xs, ts)


def linearize(f: Callable[..., Any], *xs: Any, **kwargs: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of f and the function that pushes tangents forward through it: f runs once for many tangents.

    Arguments
        f: a function of ``xs``. xs: arrays or nested containers of them. kwargs: constants, handed to f.
    Returns
        (y, push): ``push(*ts)`` takes one tangent for each argument and returns that of y, in its container. It owns
        what it needs, as the pullback of ``vjp`` does.
    Raises
        ValueError when a tangent's shape differs from its argument's.
    Example
        >>> import numpy as np
        >>> y, push = linearize(np.sin, 0.0)
        >>> y, push(1.0), push(2.0)
        (np.float64(0.0), np.float64(1.0), np.float64(2.0))
    """
    graph, _ = _kept(f, xs, kwargs)

    def push(*ts: Any) -> Any:
        return _pushed(graph, xs, ts)

    return tree_map(kept, graph.result), push


# --- pieces ------------------------------------------------------------------------------------------------


def _require_one_real_number(y: Any) -> None:
    if np.size(y) != 1:
        raise TypeError(
            f"grad needs a function with one real number as output, got shape {np.shape(y)}; "
            f"sum it, or use ad.jacobian or ad.vjp"
        )
    if np.iscomplexobj(y):
        raise TypeError(
            "grad needs a function with one real number as output, got a complex one; return np.real(y), "
            "np.imag(y) or np.abs(y), or use ad.jacobian for dy/dz of a holomorphic function"
        )


def _kept(f: Callable[..., Any], xs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Graph, list[Any]]:
    """The graph of f in all its arguments, with arrays of its own."""
    graph, trees = traced(f, tuple(range(len(xs))), tree_map(kept, xs), kwargs)
    keep_constants(graph)
    return graph, trees


def _pushed(graph: Graph, xs: Sequence[Any], ts: Sequence[Any]) -> Any:
    if len(ts) != len(xs):
        raise ValueError(f"there are {len(xs)} arguments and {len(ts)} tangents; give one for each")
    tangents = matching(list(ts), [node.primal for node in graph.inputs], "tangent", "argument")
    return unflatten(graph.tree, graph.push(tangents))
