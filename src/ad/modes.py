"""What a user asks for: derivatives of functions, as functions.

All of them trace the function once and pull its graph back (reverse) or push it forward. ``wrt`` names what
is differentiated: a position, or a tuple of positions. An argument may be a nested container of arrays; the
derivative comes back in the same container.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.containers import LEAF, flatten, is_array_like, paths, unflatten
from ad.core import Graph, one_like
from ad.variable import Variable, floating, trace

Wrt = int | tuple[int, ...]


def value_and_grad(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that computes f and its gradient together, for one forward pass.

    Arguments
        f: a function of arrays (or nested containers of them) that returns one real number (size 1).
        wrt: position of the argument to differentiate, or a tuple of positions.
    Returns
        a function of the same arguments: (value, gradient); the gradient has the shapes, dtypes and
        containers of the argument, one for each position when ``wrt`` is a tuple.
    Raises
        TypeError when the output has more than one entry or what is differentiated is no floating number.
    Example
        >>> import numpy as np
        >>> value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
        (np.float64(5.0), array([2., 4.]))
    """

    @functools.wraps(f)
    def both(*xs: Any, **kwargs: Any) -> tuple[Any, Any]:
        graph, trees = _traced(f, wrt, xs, kwargs)
        y = _single_output(graph)
        if type(y) is not np.float64 and np.size(y) != 1:
            raise TypeError(
                f"grad needs a function with one real number as output, got shape {np.shape(y)}; "
                f"sum it, or use ad.jacobian or ad.vjp"
            )
        if np.iscomplexobj(y):
            raise TypeError(
                "grad needs a function with one real number as output, got a complex one; return np.real(y), "
                "np.imag(y) or np.abs(y), or use ad.jacobian for dy/dz of a holomorphic function"
            )
        return y, _packed(wrt, trees, graph.pull((one_like(y),)))

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


def vjp(f: Callable[..., Any], *xs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of f and the function that pulls a cotangent back through it.

    Arguments
        f: a function of ``xs``. xs: arrays or nested containers of them.
    Returns
        (y, pullback): ``pullback(g)`` takes a cotangent in the container, shapes of y and returns one
        cotangent for each argument, in its container.
    Raises
        ValueError when g has another shape than y, naming both.
    Example
        >>> import numpy as np
        >>> y, pullback = vjp(np.multiply, 3.0, 4.0)
        >>> pullback(1.0)
        (np.float64(4.0), np.float64(3.0))
    """
    everything = tuple(range(len(xs)))
    graph, trees = _traced(f, everything, xs, {})

    def pullback(g: Any) -> tuple[Any, ...]:
        packed: tuple[Any, ...] = _packed(everything, trees, graph.pull(_matching(g, graph, "cotangent")))
        return packed

    return graph.result, pullback


def jvp(f: Callable[..., Any], xs: tuple[Any, ...], ts: tuple[Any, ...]) -> tuple[Any, Any]:
    """The value of f at xs and its derivative along the tangents ts, by forward mode.

    Arguments
        xs: the arguments. ts: their tangents, in the same containers and shapes.
    Returns
        (y, t): the value and its tangent, both in the container that f returns.
    Raises
        ValueError when a tangent's shape differs from its argument's.
    Example
        >>> import numpy as np
        >>> jvp(np.multiply, (3.0, 4.0), (1.0, 0.0))
        (np.float64(12.0), np.float64(4.0))
    """
    if len(ts) != len(xs):
        raise ValueError(f"jvp got {len(xs)} arguments and {len(ts)} tangents; give one for each")
    graph, _ = _traced(f, tuple(range(len(xs))), xs, {})
    leaves = [leaf for t in ts for leaf in flatten(t)[1]]
    if len(leaves) != len(graph.inputs):
        raise ValueError(f"the tangents have {len(leaves)} arrays, the arguments {len(graph.inputs)}")
    tangents = []
    for i, (node, t) in enumerate(zip(graph.inputs, leaves, strict=True)):
        if np.shape(t) != np.shape(node.value):
            raise ValueError(f"tangent {i} has shape {np.shape(t)}, its argument {np.shape(node.value)}")
        tangents.append(_as_number(t, node.value, f"tangent {i}", "its argument"))
    return graph.result, unflatten(graph.tree, graph.push(tangents))


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
        graph, trees = _traced(f, wrt, xs, kwargs)
        y = _single_output(graph)
        inputs = [node.value for node in graph.inputs]
        if _rows_suffice(graph, y, inputs):
            found = _by_rows(graph, y, inputs)
        else:
            found = _by_columns(graph, y, inputs)
        return _packed(wrt, trees, found)

    return matrix


def hessian(f: Callable[..., Any], wrt: int = 0) -> Callable[..., Any]:
    """The second derivatives of a function with one output: the Jacobian of its gradient.

    Example
        >>> import numpy as np
        >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
        array([[6., 2.],
               [2., 0.]])
    """
    return jacobian(grad(f, wrt), wrt)


def hvp(f: Callable[..., Any], xs: tuple[Any, ...], ts: tuple[Any, ...]) -> tuple[Any, ...]:
    """The product of the Hessian of f at xs with the tangents ts: forward over reverse.

    Example
        >>> import numpy as np
        >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
        (array([6., 0.]),)
    """
    gradient = grad(f, tuple(range(len(xs))))
    result: tuple[Any, ...] = jvp(gradient, xs, ts)[1]
    return result


# --- pieces ------------------------------------------------------------------------------------------------


def _traced(f: Callable[..., Any], wrt: Wrt, xs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Graph, list[Any]]:
    """Trace f in the arguments at ``wrt`` and return its graph with their structures."""
    positions = (wrt,) if isinstance(wrt, int) else tuple(wrt)
    for position in positions:
        if not -len(xs) <= position < len(xs):
            raise IndexError(f"wrt={position}: the function was called with {len(xs)} positional arguments")
    places = [position % len(xs) for position in positions]
    checked = [_checked(xs[p], p) for p in places]

    if not kwargs and places == list(range(len(xs))):
        return trace(f, *checked), [flatten(x)[0] for x in checked]

    def of_selected(*selected: Any) -> Any:
        full = list(xs)
        for p, x in zip(places, selected, strict=True):
            full[p] = x
        return f(*full, **kwargs)

    return trace(of_selected, *checked), [flatten(x)[0] for x in checked]


def _checked(x: Any, position: int) -> Any:
    if type(x) is np.float64 or type(x) is float:
        return np.float64(x)
    structure, leaves = flatten(x)
    names = paths(x, f"argument {position}")
    done = [leaf if type(leaf) is Variable else floating(leaf, name) for leaf, name in zip(leaves, names, strict=True)]
    return unflatten(structure, done)


def _single_output(graph: Graph) -> Any:
    if len(graph.values) != 1:
        raise TypeError(f"the function returned {len(graph.values)} arrays where one was expected")
    y = graph.values[0]
    if not isinstance(y, np.ndarray | int | float | complex) and not is_array_like(y):
        raise TypeError(f"the function returned {y!r}, which is no array of numbers; return what it computed")
    return y


def _packed(wrt: Wrt, trees: list[Any], leaves: tuple[Any, ...]) -> Any:
    source = iter(leaves)
    packed = tuple(
        next(source) if tree is LEAF else unflatten(tree, [next(source) for _ in flatten(tree)[1]]) for tree in trees
    )
    return packed[0] if isinstance(wrt, int) else packed


def _matching(g: Any, graph: Graph, what: str) -> list[Any]:
    leaves = flatten(g)[1]
    if len(leaves) != len(graph.values):
        raise ValueError(f"the {what} has {len(leaves)} arrays, the result {len(graph.values)}")
    for i, (part, y) in enumerate(zip(leaves, graph.values, strict=True)):
        if np.shape(part) != np.shape(y):
            raise ValueError(f"{what} {i} has shape {np.shape(part)}, the result {np.shape(y)}")
    pairs = enumerate(zip(leaves, graph.values, strict=True))
    return [_as_number(part, y, f"{what} {i}", "the result") for i, (part, y) in pairs]


def _as_number(g: Any, y: Any, name: str, of: str) -> Any:
    """A cotangent or tangent g of y in y's dtype, if it is a Python number; complex ones of real arrays are refused."""
    if np.iscomplexobj(g) and not np.iscomplexobj(y):
        raise TypeError(f"{name} is complex, {of} real: give np.real of it")
    if isinstance(g, int | float | complex) and not isinstance(g, np.generic):
        return np.asarray(g, dtype=getattr(y, "dtype", None))[()]
    return g


def _rows_suffice(graph: Graph, y: Any, inputs: list[Any]) -> bool:
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
        of_complex = any(parent is not None and np.iscomplexobj(parent.value) for parent in node.parents)
        if of_complex and node.op is not None and (node.op.fun is np.conjugate or not np.iscomplexobj(node.value)):
            raise TypeError(
                f"jacobian of a function between complex arrays holds dy/dz, but np.{node.op.name} is not holomorphic; "
                f"differentiate a function of the real and imaginary parts that returns its own"
            )


def _by_rows(graph: Graph, y: Any, inputs: list[Any]) -> tuple[Any, ...]:
    rows = [graph.pull((basis,)) for basis in _basis(y)]
    return tuple(
        np.reshape(np.stack([row[k] for row in rows]), np.shape(y) + np.shape(x)) if rows
        else np.zeros(np.shape(y) + np.shape(x))
        for k, x in enumerate(inputs)
    )  # fmt: skip


def _by_columns(graph: Graph, y: Any, inputs: list[Any]) -> tuple[Any, ...]:
    found = []
    for k, x in enumerate(inputs):
        columns = []
        for basis in _basis(x):
            tangents = [basis if j == k else None for j in range(len(inputs))]
            columns.append(graph.push(tangents)[0])
        shape = np.shape(y) + np.shape(x)
        found.append(np.reshape(np.stack(columns, axis=-1), shape) if columns else np.zeros(shape))
    return tuple(found)


def _basis(x: Any) -> list[Any]:
    shape = np.shape(x)
    flat = np.eye(int(np.prod(shape, dtype=int)), dtype=getattr(x, "dtype", None) if not _exact(x) else None)
    return [np.reshape(row, shape) for row in flat]


def _exact(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "kind", "f") == "O"
