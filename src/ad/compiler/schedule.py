"""The order in which a program runs: large elementwise steps of one shape are brought together.

A group is evaluated in chunks that stay in the cache, all its steps on one chunk after the other. Steps join as long
as nothing in between needs the whole array: the depth of a step counts how often a whole array had to be finished on
the way to it, and steps of one shape and depth make a group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ad.compiler.program import Check, Program, Step, Value, is_elementwise, values_in

BLOCK = 16384  # entries of a chunk: half a dozen float64 buffers of it fit in a second-level cache of 1 MB
LARGE = 2 * BLOCK  # entries from which chunks pay


@dataclass(slots=True, eq=False)
class Group:
    """Elementwise steps of one shape, in order, and which of their results are needed outside."""

    steps: list[Step]
    exports: list[Value]

    def operands(self) -> Iterable[Value]:
        inside = {step.result for step in self.steps}
        return [v for step in self.steps for v in step.operands() if v not in inside]


Item = Step | Check | Group


def scheduled(program: Program) -> list[Item]:
    """The body in the order in which to run it; checks stay before what follows them and might raise."""
    classes = {item.result: chunkable(item) for item in program.body if type(item) is Step}
    if not any(classes.values()):
        return list(program.body)
    depth: dict[Value, int] = {}
    fence = 0
    ranked: list[tuple[int, int, int, Step | Check]] = []
    shapes: dict[tuple[int, ...], int] = {}
    for item in program.body:
        own = classes[item.result] if type(item) is Step else None
        at = 0 if own else fence
        for v in item.operands():
            other = classes.get(v)
            at = max(at, depth.get(v, 0) + (1 if other and other != own else 0))
        rank = 1 + shapes.setdefault(own, len(shapes)) if own else 0
        ranked.append((at, rank, len(ranked), item))
        if type(item) is Step:
            depth[item.result] = at
        else:
            fence = at
    return _grouped(program, sorted(ranked, key=lambda entry: entry[:3]))


def _grouped(program: Program, ranked: list[tuple[int, int, int, Step | Check]]) -> list[Item]:
    items: list[Item] = []
    last = (0, 0)
    for at, rank, _, item in ranked:
        if rank and (at, rank) == last and type(items[-1]) is Group and type(item) is Step:
            items[-1].steps.append(item)
        elif rank and type(item) is Step:
            items.append(Group([item], []))
        else:
            items.append(item)
        last = (at, rank)
    needed = set(values_in(program.result))
    for each in items:
        needed.update(each.operands())
    for group in items:
        if type(group) is Group:
            group.exports = [step.result for step in group.steps if step.result in needed]
    return [item.steps[0] if type(item) is Group and len(item.steps) == 1 else item for item in items]


def chunkable(step: Step) -> tuple[int, ...] | None:
    """The shape of a step that may be evaluated in chunks along its first axis, else None."""
    y = step.result
    if y.kind is not np.ndarray or y.size < LARGE or y.size // y.shape[0] > BLOCK or not in_c_order(y):
        return None
    if y.dtype.kind not in "fcb" or not is_elementwise(step.function, step.args, step.kwargs):
        return None
    return y.shape


def in_c_order(value: Value) -> bool:
    """Whether an array's memory runs in the order of its indices, without gaps."""
    step = value.dtype.itemsize
    for n, stride in zip(reversed(value.shape), reversed(value.strides), strict=True):
        if n != 1 and stride != step:
            return False
        step *= n
    return True
