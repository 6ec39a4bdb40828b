"""Variables: arrays that remember how they were computed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.containers import CONTAINERS, LEAF, flatten, is_array_like, unflatten
from ad.core import EAGER, NO_STATIC, Graph, Node, Op, Tape, float64, input_node, one_like, pull
from ad.dispatch import CONSTANTS, MEANINGS, PLAIN, TABLE, dispatching, in_one_kind, reduction, route
from ad.face import give_array_face
from ad.floats import floating
from ad.locks import WRITABLE, constant, held, hold, kept, locking, read_only

__all__ = [
    "CONSTANTS", "EAGER", "MEANINGS", "TABLE", "Variable", "apply", "differentiable", "dispatching",
    "floating", "give_array_face", "trace", "trace_on",
]  # fmt: skip

# Every trace takes a fresh level, so an exception inside one leaves nothing to clean up.
_levels = itertools.count(1)

USUAL = frozenset({float64, np.ndarray})  # what Variables hold most of the time: nothing to think about
_new = object.__new__


def apply(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute an op and record it."""
    operands, static = op.bind(args, kwargs)
    return applied(op, op.fun, operands, static)


def applied(op: Op, compute: Callable[..., Any], operands: tuple[Any, ...], static: dict[str, Any]) -> Any:
    """``compute(*operands, **static)``, recorded as a node of the op at the highest level among its operands."""
    tape = None
    for operand in operands:
        if type(operand) is Variable and (tape is None or operand.tape.level > tape.level):
            tape = operand.tape
    if tape is None:
        return compute(*operands, **static)
    values = []
    parents: list[Node | None] = []
    usual = True
    for operand in operands:
        if type(operand) is Variable and operand.tape is tape:
            value, parent = operand.primal, operand
        else:
            value, parent = operand, None
            if type(value) is np.ndarray and (value.flags.writeable or value.base is not None):
                value = constant(value, op.name, tape)
        values.append(value)
        parents.append(parent)
        usual = usual and type(value) in USUAL
    if static:
        for key, given in static.items():  # the call's own dictionary, made by op.bind
            if type(given) in WRITABLE:
                static[key] = held(given, op.name, tape)
    if not usual:
        values = in_one_kind(values)
    return record(op, tuple(values), static, compute(*values, **static), tuple(parents), tape)


def record(
    op: Op, operands: tuple[Any, ...], static: dict[str, Any], value: Any, parents: tuple[Node | None, ...], tape: Tape
) -> Variable:
    """The Variable of a new node."""
    node: Variable = _new(Variable)  # its __init__ is for users, who make leaves
    node.op = op
    node.operands = operands
    node.static = static
    node.primal = value
    node.parents = parents
    node.tape = tape
    node.grad = None
    tape.append(node)
    return node


def innermost(x: Any) -> Any:
    """What stands behind a traced value at the end of all nesting: an array, a number, an exact array."""
    while type(x) is Variable:
        x = x.primal
    return x


def _values(tree: Any) -> Any:
    if type(tree) is Variable:
        return _values(tree.primal)
    if isinstance(tree, tuple | list):
        return type(tree)(_values(item) for item in tree)
    if isinstance(tree, dict):
        return {key: _values(item) for key, item in tree.items()}
    return tree


class Variable(Node):
    """An array that remembers how it was computed.

    Made by hand it is a leaf of the eager graph: ``x = Variable(3.0); y = x * x; y.backward(); x.grad``.
    Inside ``ad.grad`` and its kin the engine makes them.

    Arguments
        value: a real or complex floating array or number of any shape; Python numbers become float64.
    Raises
        TypeError for integer, boolean and text arrays, which have no derivatives, naming the cure.
    Example
        >>> from ad import Variable
        >>> x = Variable(3.0)
        >>> (x * x).backward()
        >>> x.grad
        np.float64(6.0)
    """

    __slots__ = ()
    __getitem__: Callable[[Any, Any], Any]  # with astype, given by ad.table.shapes

    def __init__(self, value: Any) -> None:
        if type(value) is Variable:
            raise TypeError("Variable(...) of a traced value: nest ad.grad calls instead")
        input_node(self, kept(floating(value, "value")), EAGER)

    @property
    def value(self) -> Any:
        """The array itself, read-only (with nested derivatives: a Variable of a lower level, or an exact array)."""
        return read_only(self.primal)

    def backward(self, g: Any = None) -> None:
        """Add the cotangent of every leaf that this result depends on to that leaf's ``grad``.

        Arguments
            g: cotangent of this result, same shape; may be left out for a result with one entry.
        Calling it again, here or on another result, adds to what is there, as gradients of a sum do;
        set ``x.grad = None`` to begin anew. The graph stays, so a second call is the same as the first.
        Raises
            ValueError when ``g`` is needed and missing, or has another shape.
        """
        if g is None:
            if type(self.primal) is not float64 and np.size(self.primal) != 1:
                raise ValueError(
                    f"backward() of a result of shape {np.shape(self.primal)} needs its cotangent: "
                    f"y.backward(g) with g of that shape, or differentiate np.sum(y)"
                )
            g = one_like(self.primal)
        elif np.shape(g) != np.shape(self.primal):
            raise ValueError(f"cotangent has shape {np.shape(g)}, the result {np.shape(self.primal)}")
        for leaf, found in pull(self, g).items():
            leaf.grad = found if leaf.grad is None else leaf.grad + found

    # NumPy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            return reduction(ufunc, method, args, kwargs)
        op, a = TABLE.get(ufunc), self.primal
        if op is None or kwargs or len(args) != 1 or type(a) not in USUAL:
            return route(ufunc, args, kwargs, apply, _values)
        return record(op, (a,), NO_STATIC, ufunc(a), (self,), self.tape)  # what most functions of one array go through

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return route(function, args, kwargs, apply, _values)

    # What a traced value refuses, with the cure

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            "np.asarray of a traced value would cut it off its graph; use it as it is, "
            "np.stack([...]) to build an array, or `.value` for the plain number"
        )

    def __float__(self) -> float:
        raise TypeError(
            "float(x) and math functions would cut a traced value off its graph; use np.sin for math.sin, "
            "np.stack([...]) to build an array, or `.value` for the plain number"
        )

    __int__ = __float__
    __index__ = __float__
    __complex__ = __float__

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "item assignment would overwrite a value that the graph needs; build a new array with "
            "np.where, np.concatenate or np.stack"
        )

    # Facts about the value

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __len__(self) -> int:
        shape = self.shape
        if not shape:
            raise TypeError("len() of a 0-d traced value")
        return int(shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.primal)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.size(self.primal))

    @property
    def dtype(self) -> Any:
        return getattr(self.primal, "dtype", None)

    @property
    def T(self) -> Any:
        return np.transpose(self)

    def exact_constant(self, value: Any) -> Any:
        """A literal of an expression as the kind of number that this Variable holds, if that is exact."""
        maker = getattr(self.primal, "exact_constant", None)
        if maker is not None:
            return maker(value)
        if isinstance(value, str):
            return getattr(np, value.lower())
        return value if isinstance(value, PLAIN) else float(value)  # of a fraction

    def __repr__(self) -> str:
        return f"Variable({self.primal!r})"

    __hash__ = object.__hash__


give_array_face(Variable)


def trace(f: Callable[..., Any], *xs: Any) -> Graph:
    """Run a function on Variables and return the graph of what it computed.

    Arguments
        f: a function of ``xs`` in NumPy; it may return nested tuples, lists and dicts of arrays.
        xs: arrays or nested tuples, lists and dicts of them. Python numbers become float64; floating
            arrays become inputs of the graph; integer and boolean arrays and anything else are constants.
    Returns
        a Graph; ``graph.inputs`` are the floating leaves of ``xs`` in order.
    Raises
        whatever f raises, unchanged.
    Example
        >>> import numpy as np
        >>> graph = trace(lambda x: np.sin(x) * x, 2.0)
        >>> [node.op.name for node in graph.nodes if node.op]
        ['sin', 'multiply']
    """
    return trace_on(Tape(), f, xs)


def trace_on(tape: Tape, f: Callable[..., Any], xs: tuple[Any, ...]) -> Graph:
    """``trace`` on an empty tape of the caller's, such as one that notes more than nodes; it gets a fresh level."""
    tape.level = next(_levels)
    inputs: list[Node] = []
    try:
        y = locking(lambda: f(*[_lifted(x, tape, inputs) for x in xs]))
        computed = tuple(tape)
    finally:
        tape.clear()  # a node knows its tape: emptied, it keeps no node alive
    if type(y) is Variable and y.tape is tape:
        return Graph(tuple(inputs), computed, (y,), (y.primal,), LEAF)
    tree, results = flatten(y)
    mine = [type(y) is Variable and y.tape is tape for y in results]
    outputs = tuple(y if m else None for y, m in zip(results, mine, strict=True))
    values = tuple(y.primal if m else y for y, m in zip(results, mine, strict=True))
    return Graph(tuple(inputs), computed, outputs, values, tree)


def _lifted(x: Any, tape: Tape, inputs: list[Node]) -> Any:
    """An argument with a Variable in place of each floating leaf, whose node joins the inputs."""
    if type(x) is float:
        x = float64(x)
    elif type(x) is not float64 and type(x) is not Variable:
        if isinstance(x, CONTAINERS):
            tree, leaves = flatten(x)
            return unflatten(tree, [_lifted(leaf, tape, inputs) for leaf in leaves])
        if not differentiable(x):
            return x
        x = floating(x, "x")
        if type(x) is np.ndarray:
            hold(x, "an input")
    node = input_node(_new(Variable), x, tape)
    inputs.append(node)
    return node


def differentiable(leaf: Any) -> bool:
    """Whether a leaf is a floating or complex number, array, Variable or exact array."""
    if type(leaf) is Variable or type(leaf) is float64:
        return True
    if isinstance(leaf, bool | np.bool_):
        return False
    if isinstance(leaf, int | float | complex) and not isinstance(leaf, np.generic):
        return True
    kind = getattr(getattr(leaf, "dtype", None), "kind", "")
    return is_array_like(leaf) and kind in "fcVO" and kind != ""
