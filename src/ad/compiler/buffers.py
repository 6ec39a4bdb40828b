"""Where large arrays are written: buffers of the program that are used again once nothing reads them.

A buffer is free after the last use of its array and of every view of it. What a function may hand back as a view is
not asked but assumed, save for functions that always make a new array: an error here would be a wrong number, an
assumption only costs memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ad.compiler.lowering import short_axis
from ad.compiler.program import Step, Value, values_in
from ad.compiler.scattered import scattered
from ad.compiler.schedule import BLOCK, Group, Item, in_c_order
from ad.declare import cast
from ad.table.shapes import scatter

SMALLEST = 64  # bytes: below, NumPy's own cache of small blocks is as fast
NEW = {
    np.sum, np.prod, np.max, np.min, np.cumsum, np.concatenate, np.matmul, np.dot, np.argsort, np.argmax, np.argmin,
    np.where, cast, scatter, scattered,
}  # fmt: skip
# Written over one of their own operands entry by entry they give the same bits; a function that NumPy evaluates by
# another loop when memory overlaps might not.
IN_PLACE = {np.add, np.subtract, np.multiply, np.divide, np.negative, np.absolute, np.square, np.maximum, np.minimum}

Key = tuple[tuple[int, ...], Any, tuple[int, ...]]  # shape, dtype, strides


@dataclass(slots=True)
class Plan:
    """Which Value goes into which buffer, and what the buffers are."""

    place: dict[Value, int] = field(default_factory=dict)
    chunks: dict[int, dict[Value, int]] = field(default_factory=dict)  # of a group's inner values, by the item's number
    buffers: list[Key] = field(default_factory=list)
    borrowed: set[Value] = field(default_factory=set)  # may share memory with a buffer, an input or a constant


class _Pool:
    def __init__(self, buffers: list[Key]) -> None:
        self.buffers = buffers
        self.free: dict[Key, list[int]] = {}

    def take(self, key: Key) -> int:
        spare = self.free.get(key)
        if spare:
            return spare.pop()
        self.buffers.append(key)
        return len(self.buffers) - 1

    def give(self, number: int) -> None:
        self.free.setdefault(self.buffers[number], []).append(number)


def takes_out(step: Step) -> bool:
    """Whether a step is a ufunc's call that can write into a given array."""
    plain = isinstance(step.function, np.ufunc) and step.function.nout == 1 and not step.kwargs
    return plain and step.result.kind is np.ndarray and step.result.shape != ()


def planned(items: Sequence[Item], result: object) -> Plan:
    """Assign buffers to the large arrays of a schedule; results are new arrays, so that calls share no memory."""
    plan = Plan()
    pool = _Pool(plan.buffers)
    returned = set(values_in(result))
    memory = _memory(items)
    last = {root: k for k, item in enumerate(items) for v in item.operands() for root in memory.get(v, ())}
    for v in returned:
        last.update((root, len(items)) for root in memory.get(v, ()) if root is not v)
    dying: dict[int, list[Value]] = {}
    for root, k in last.items():
        dying.setdefault(k, []).append(root)
    for k, item in enumerate(items):
        released = [root for root in dying.get(k, ()) if root in plan.place]
        if type(item) is Group:
            _place_group(plan, pool, k, item, returned)
        elif type(item) is Step and takes_out(item) and item.result not in returned and _large(item.result):
            if item.function in IN_PLACE and not short_axis(item):  # column by column a transposed operand would be
                _release(plan, pool, released)  # written over before it is read
                released = []
            plan.place[item.result] = pool.take(_key(item.result))
        _release(plan, pool, released)
        if type(item) is Step and item.result not in last:  # only checked, or dead
            _release(plan, pool, [item.result] if item.result in plan.place else [])
    plan.borrowed = {v for v in returned if v not in memory or memory[v] != frozenset((v,))}
    return plan


def _place_group(plan: Plan, pool: _Pool, k: int, group: Group, returned: set[Value]) -> None:
    """Whole arrays for what a group hands on, chunks for what it uses itself, given back step by step."""
    for v in group.exports:
        if v not in returned:
            plan.place[v] = pool.take(_key(v))
    exported = set(group.exports)
    inner: dict[Value, int] = {}
    last = {v: i for i, step in enumerate(group.steps) for v in step.operands()}
    for i, step in enumerate(group.steps):
        ending = [v for v in dict.fromkeys(step.operands()) if v in inner and last[v] == i]
        place = step.result not in exported and isinstance(step.function, np.ufunc)
        if place and step.function in IN_PLACE:
            _give_chunks(pool, inner, ending)
            ending = []
        if place:
            y = step.result
            shape = (chunk_rows(y), *y.shape[1:])
            inner[y] = pool.take((shape, y.dtype, np.empty(shape, y.dtype).strides))
        _give_chunks(pool, inner, ending)
    plan.chunks[k] = inner
    _give_chunks(pool, inner, [v for v in inner if v not in last])


def _give_chunks(pool: _Pool, inner: dict[Value, int], ending: list[Value]) -> None:
    for v in ending:
        pool.give(inner[v])


def _release(plan: Plan, pool: _Pool, roots: list[Value]) -> None:
    for root in roots:
        pool.give(plan.place[root])


def _memory(items: Sequence[Item]) -> dict[Value, frozenset[Value]]:
    """For each computed Value the computed Values whose memory it may be a view of, itself when it is new."""
    memory: dict[Value, frozenset[Value]] = {}
    for item in items:
        for step in item.steps if type(item) is Group else [item]:
            if type(step) is not Step:
                continue
            y = step.result
            if isinstance(step.function, np.ufunc) or step.function in NEW or issubclass(y.kind, np.generic):
                memory[y] = frozenset((y,))
                continue
            roots: set[Value] = set()
            for v in step.operands():
                roots |= memory.get(v, {v})
            memory[y] = frozenset(roots) | {y}
    return memory


def _large(value: Value) -> bool:
    return value.size * value.dtype.itemsize >= SMALLEST and in_dense_order(value)


def in_dense_order(value: Value) -> bool:
    """Whether a permutation of the axes brings the memory into the order of the indices."""
    axes = sorted(range(len(value.shape)), key=lambda k: -value.strides[k])
    turned = Value(np.empty(0, value.dtype))
    turned.shape = tuple(value.shape[k] for k in axes)
    turned.strides = tuple(value.strides[k] for k in axes)
    return in_c_order(turned)


def _key(value: Value) -> Key:
    return value.shape, value.dtype, value.strides


def chunk_rows(value: Value) -> int:
    """How many rows make a chunk of an array."""
    return max(1, BLOCK // max(1, value.size // value.shape[0]))


def new_buffers(keys: Sequence[Key]) -> list[Any]:
    """Memory for a plan, in the memory order that was seen."""
    return [_empty(*key) for key in keys]


def _empty(shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> Any:
    axes = sorted(range(len(shape)), key=lambda k: -strides[k])
    back = tuple(int(k) for k in np.argsort(axes))
    return np.empty(tuple(shape[k] for k in axes), dtype).transpose(back)
