"""What a program is recorded in: the steps and checks so far, each call once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.compiler.identities import is_uniform, simpler
from ad.compiler.program import Check, Step, Value, is_elementwise
from ad.compiler.tracing import PYTHON, Traced, refused_write
from ad.containers import flatten, unflatten
from ad.declare import cast
from ad.dispatch import MEANINGS
from ad.table.elementwise import stop_gradient
from ad.table.shapes import getitem, scatter

# What depends on the shapes and dtypes of its arguments alone.
STATIC = {
    np.shape, np.ndim, np.size, np.result_type, np.zeros_like, np.ones_like, np.empty_like, np.iscomplexobj,
    np.isrealobj, np.common_type, np.can_cast,
}  # fmt: skip
NUMBERS = (np.ndarray, np.generic, *PYTHON)
VIEWS = {np.expand_dims, np.squeeze, np.ravel, np.moveaxis, np.swapaxes}  # reshapes and transposes by other names
COMMUTING = {np.add, np.multiply}
WRITING = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}
# The shape of their result follows from shapes and static arguments.
SHAPED = {
    np.sum, np.prod, np.max, np.min, np.cumsum, np.reshape, np.transpose, np.broadcast_to, np.concatenate, np.matmul,
    np.dot, np.einsum, np.argmax, np.argmin, np.argsort, np.sort, np.all, np.any, np.where, cast, scatter,
}  # fmt: skip


class Recording:
    """The steps and checks so far. Equal calls are recorded once."""

    def __init__(self) -> None:
        self.body: list[Step | Check] = []
        self._shared: dict[Any, Any] = {}
        self._checked: set[tuple[str, Value]] = set()
        self._narrower: dict[Value, Traced] = {}
        self._uniform: dict[int, Any] = {}
        self._constants: dict[int, tuple[Any, Any]] = {}  # by id, with the array itself: an id is reused after death

    def lift(self, seen: Any) -> Traced:
        traced: Traced = object.__new__(Traced)
        traced.recording, traced.seen, traced.value = self, seen, Value(seen)
        return traced

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Compute a call on what is seen, and record it unless it was recorded before."""
        if function is np.shape and len(args) == 1 and type(args[0]) is Traced:
            return args[0].shape  # asked several times in every step of the reverse sweep
        if function in STATIC:
            found = function(*plain(args), **plain(kwargs))
            # The engine's own step for float64 numbers gives numbers where np.zeros_like gives arrays of no axes.
            return found[()] if args and type(plain(args[0])) is np.float64 and type(found) is np.ndarray else found
        if function is stop_gradient:
            return args[0]
        if function in WRITING:
            raise TypeError(refused_write(f"np.{function.__name__}"))
        if function in VIEWS:
            return MEANINGS[function](*args, **kwargs)
        if is_elementwise(function, args, kwargs):
            return self.elementwise(function, args)
        return self._call(function, args, kwargs)

    def elementwise(self, function: Any, args: tuple[Any, ...]) -> Any:
        key, seen, numbers = [function], [], []
        for x in args:
            if type(x) is Traced:
                key.append(x.value)
                seen.append(x.seen)
            else:
                x = self.constant(x)
                key.append(_key(x))
                seen.append(x)
                x = x[()] if type(x) is np.ndarray and not x.ndim else x
            numbers.append(x)
        if function in COMMUTING and _ordered_otherwise(key[1], key[2]):
            key[1:] = key[2], key[1]
        call = tuple(key)
        found = self._shared.get(call)
        if found is None:
            found = self._shared[call] = simpler(self, function, tuple(numbers), function(*seen))
        return found

    def _call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        key = _hashable((function, _key(args), _key(kwargs)))
        if key is not None and key in self._shared:
            return self._shared[key]
        found = function(*plain(args), **plain(kwargs))
        result = self.step(function, args, kwargs, found)
        if function not in SHAPED and not (function is getitem and is_basic(index_of(args, kwargs))):
            for leaf in flatten(result)[1]:
                if type(leaf) is Traced and leaf.value.shape:
                    self.check("shape", leaf.value, leaf.value.shape)
        if function in (np.broadcast_to, np.reshape) and type(args[0]) is Traced:
            self._remember_narrower(args[0], result)
        if key is not None:
            self._shared[key] = result
        return result

    def _remember_narrower(self, source: Traced, result: Traced) -> None:
        if source.value.size == 1 or result.value.size != source.value.size:
            self._narrower[result.value] = self._narrower.get(source.value, source)

    def narrower(self, x: Any) -> Any:
        """The operand that x repeats: fewer entries, the same dtype. None when x repeats nothing."""
        if type(x) is Traced:
            return self._narrower.get(x.value)
        if isinstance(x, np.ndarray) and x.ndim:
            if id(x) not in self._uniform:
                self._uniform[id(x)] = x.flat[0] if x.size and is_uniform(x) else None
            return self._uniform[id(x)]
        return None

    def step(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], found: Any) -> Any:
        """Record a call that gave ``found``; the same containers with Traced in place of arrays and numbers."""
        args = tuple([x.value if type(x) is Traced else self.described(x) for x in args])
        kwargs = self.described(kwargs) if kwargs else kwargs
        if isinstance(found, NUMBERS):
            traced = self.lift(found)
            self.body.append(Step(function, args, kwargs, traced.value))
            return traced
        structure, leaves = flatten(found)
        whole = Value(found)
        self.body.append(Step(function, args, kwargs, whole))
        return unflatten(structure, [self._part(whole, k, leaf) for k, leaf in enumerate(leaves)])

    def _part(self, whole: Value, k: int, leaf: Any) -> Any:
        traced = self.lift(leaf)
        self.body.append(Step(leaf_of, (whole, k), {}, traced.value))
        if isinstance(leaf, NUMBERS):
            return traced
        self.check("equal", traced.value, leaf)
        return leaf

    def check(self, relation: str, value: Value, expected: Any) -> None:
        if (relation, value) not in self._checked:
            self._checked.add((relation, value))
            self.body.append(Check(relation, value, expected))

    def described(self, tree: Any) -> Any:
        """A tree of arguments with Values in place of Traced, and copies of the constant arrays."""
        kind = type(tree)
        if kind is Traced:
            return tree.value
        if isinstance(tree, tuple | list):
            parts = [self.described(item) for item in tree]
            return kind(*parts) if hasattr(tree, "_fields") else kind(parts)
        if kind is dict:
            return {key: self.described(item) for key, item in tree.items()}
        if kind is slice:
            return slice(*(self.described(item) for item in (tree.start, tree.stop, tree.step)))
        return self.constant(tree)

    def constant(self, x: Any) -> Any:
        """A constant as it is now: an array may be written into later, so it is copied, once for each content."""
        if type(x) in PYTHON:
            return x
        if isinstance(x, float) and type(x) is not float and not isinstance(x, np.generic):
            return np.float64(x)  # a named constant of ours: NumPy takes it for a float64 array, not for a Python float
        if not isinstance(x, np.ndarray):
            return x
        known = self._constants.get(id(x))
        if known is None or known[1].tobytes() != x.tobytes():
            known = self._constants[id(x)] = (x, copied(x))
            self._constants[id(known[1])] = (known[1], known[1])
        return known[1]


def _ordered_otherwise(a: Any, b: Any) -> bool:
    """Whether two Values of one memory order come in another order than the one calls are known by."""
    return type(a) is Value and type(b) is Value and a.strides == b.strides and id(a) > id(b)


def copied(x: Any) -> Any:
    """A copy in the same memory order; what is repeated along an axis stays so, as it decides the order of results."""
    once = np.array(x[tuple(slice(0, 1) if step == 0 else slice(None) for step in x.strides)], order="K")
    return np.broadcast_to(once, x.shape) if 0 in x.strides and x.size else np.array(x, order="K")


def leaf_of(tree: Any, k: int) -> Any:
    """Leaf k of what a function returned."""
    return flatten(tree)[1][k]


def plain(tree: Any) -> Any:
    """The same nested arguments with the plain arrays in place of Traced."""
    kind = type(tree)
    if kind is Traced:
        return tree.seen
    if isinstance(tree, tuple | list):
        parts = [plain(item) for item in tree]
        return kind(*parts) if hasattr(tree, "_fields") else kind(parts)
    if kind is dict:
        return {key: plain(item) for key, item in tree.items()}
    if kind is slice:
        return slice(plain(tree.start), plain(tree.stop), plain(tree.step))
    return tree


def _key(x: Any) -> Any:
    """What tells calls apart: numbers by type and bits, arrays by identity (constants are interned)."""
    kind = type(x)
    if kind is Traced:
        return x.value
    if isinstance(x, np.ndarray):
        return (kind, id(x))
    if isinstance(x, np.generic):
        return (kind, x.tobytes())
    if kind is float:
        return (kind, x.hex())
    if isinstance(x, tuple | list):
        return (kind, *(_key(item) for item in x))
    if kind is dict:
        return (kind, *((key, _key(item)) for key, item in x.items()))
    if kind is slice:
        return (kind, _key(x.start), _key(x.stop), _key(x.step))
    return (kind, x)


def _hashable(key: Any) -> Any:
    try:
        hash(key)
    except TypeError:
        return None
    return key


def index_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The index in a call of ``getitem`` or ``scatter``."""
    return args[1] if len(args) > 1 else kwargs["index"]


def is_basic(index: Any) -> bool:
    """Whether an index is made of whole numbers and slices alone: it names no entry twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or type(part) in (int, slice) for part in parts)
