"""Arrays that may be written into and remember how they were computed: for code that a tape cannot follow.

``out = np.zeros_like(x); out[i] = ...`` is how gradients are written by hand. Every operation here is NumPy's own on
plain arrays; each item assignment begins a new node for the array that it wrote into, so that the nodes are those of
code which never overwrites.

Facts
    A node keeps copies. An array whose numbers are no longer those of its node was written into behind our back,
    through a view or by NumPy, and using it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten
from ad.core import Graph, Node, Op, Tape, input_node
from ad.dispatch import entry, reduction
from ad.face import give_array_face
from verify.blame.lines import Line, Run, calling_line, running
from verify.numbers.program import Refused

NUMBERS = (int, float, np.ndarray, np.number)
KEPT = 1_000_000  # numbers in all nodes: a loop that fills an array of 500 entries one by one


class Record:
    """The nodes computed so far, and their lines."""

    def __init__(self) -> None:
        self.tape = Tape()
        self.lines: dict[Node, Line] = {}
        self.entries = 0

    def input(self, value: Any) -> Written:
        """An input of the code."""
        return Written(self, np.array(value)[()], input_node(Node(), np.array(value)[()], self.tape))

    def node(self, op: Op, operands: Sequence[Any], value: Any) -> Node:
        """The node of an operation; its operands are written arrays and constants."""
        node = Node()
        node.op, node.static, node.tape, node.grad = op, {}, self.tape, None
        node.operands = tuple(_kept(x.data if isinstance(x, Written) else x) for x in operands)
        node.parents = tuple(x.node if isinstance(x, Written) else None for x in operands)
        node.primal = _kept(value)
        self.entries += sum(map(np.size, (value, *node.operands)))
        if self.entries > KEPT:
            raise Refused(f"more than {KEPT} numbers to keep")
        self.tape.append(node)
        line = calling_line()
        if line is not None:
            self.lines[node] = line
        return node

    def computed(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a NumPy function gives, recorded where that is an array of floating numbers."""
        tree, leaves = flatten((args, kwargs))
        shown = isinstance(function, np.ufunc)  # its constants are operands as well
        places = [k for k, x in enumerate(leaves) if isinstance(x, Written) or (shown and isinstance(x, NUMBERS))]

        def fun(*operands: Any) -> Any:
            filled = list(leaves)
            for k, x in zip(places, operands, strict=True):
                filled[k] = x
            given, named = unflatten(tree, filled)
            return function(*given, **named)

        operands = [leaves[k] for k in places]
        value = fun(*(x.current() if isinstance(x, Written) else x for x in operands))
        if not isinstance(value, np.ndarray | np.floating) or value.dtype.kind not in "fV":
            return value
        op = entry(function)
        by_entry = op is not None and op.family == "elementwise"
        made = operation(function.__name__, fun, "elementwise" if by_entry else "general")
        return Written(self, value, self.node(made, operands, value))


class Written:
    """An array and its node."""

    __slots__ = ("data", "node", "record")

    def __init__(self, record: Record, data: Any, node: Node) -> None:
        self.record = record
        self.data = data
        self.node = node

    def current(self) -> Any:
        """The numbers; Refused where they are not those of the node."""
        if not np.array_equal(self.data, self.node.primal, equal_nan=True):
            raise Refused("an array was written into through a view of it")
        return self.data

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            return reduction(ufunc, method, args, kwargs)
        return self.record.computed(ufunc, args, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self.record.computed(function, args, kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise Refused("plain numbers were asked of an array that remembers how it was computed")

    __float__ = __int__ = __index__ = __array__

    def __getitem__(self, index: Any) -> Any:
        value = self.current()[index]
        op = operation("getitem", lambda x: x[index], "general")
        return Written(self.record, value, self.record.node(op, [self], value))

    def __setitem__(self, index: Any, value: Any) -> None:
        def put(x: Any, part: Any) -> Any:
            found = x.copy()
            found[index] = part
            return found

        old = Written(self.record, _kept(self.current()), self.node)
        self.data[index] = value.current() if isinstance(value, Written) else value
        self.node = self.record.node(operation("setitem", put, "general"), [old, value], self.data)

    def __bool__(self) -> bool:
        return bool(self.current())

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def copy(self) -> Any:
        return np.copy(self)

    def astype(self, dtype: Any) -> Any:
        if np.dtype(dtype) != self.dtype:
            raise Refused("a change of dtype is not followed")
        return self.copy()

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.data)

    @property
    def ndim(self) -> int:
        return np.ndim(self.data)

    @property
    def size(self) -> int:
        return int(np.size(self.data))

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    @property
    def T(self) -> Any:
        return np.transpose(self)

    __hash__ = object.__hash__


give_array_face(Written)


def operation(name: str, fun: Callable[..., Any], family: str) -> Op:
    """An op of one node alone: it can be computed again, and has no rules."""

    def without_rule(*given: Any) -> Any:
        raise Refused("only values are followed here")

    return Op(name, fun, lambda args, kwargs: (args, kwargs), without_rule, without_rule, family)


def _kept(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def run_written(run: Callable[[Sequence[Any]], Any], leaves: Sequence[Any]) -> Run:
    """The graph of ``run(leaves)``, with lines, for code that writes into arrays; raises what it raises."""
    record = Record()
    inputs = [record.input(x) for x in leaves]
    begun = tuple(x.node for x in inputs)  # code may write into its inputs too
    tree, found = flatten(running(run, inputs))
    for x in found:
        if isinstance(x, Written):
            x.current()
    outputs = tuple(x.node if isinstance(x, Written) else None for x in found)
    values = tuple(x.data if isinstance(x, Written) else x for x in found)
    return Run(Graph(begun, tuple(record.tape), outputs, values, tree), record.lines)
