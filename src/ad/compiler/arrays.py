"""NumPy source of a program: one line a step, large arrays written into buffers, groups in chunks."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.compiler.buffers import Plan, chunk_rows, new_buffers, planned, takes_out
from ad.compiler.guards import take_arguments, write_check
from ad.compiler.lowering import LOWERED, operands, short_axis, write_scattered, write_ufunc
from ad.compiler.program import Check, Program, Step, Value, values_in
from ad.compiler.scattered import scattered, with_joined_scatters
from ad.compiler.schedule import Group, Item, scheduled
from ad.compiler.text import Writer

PIECE = 2000  # items of one Python function: its compiler takes a time that grows faster than their number
Run = Callable[[tuple[Any, ...], dict[str, Any]], Any]


@dataclass(frozen=True)
class Compiled:
    """A program that runs, and what gives its text. ``run(xs, kwargs)`` is None where a guard does not hold."""

    run: Run
    text: Callable[[], str]


def array_code(program: Program) -> Compiled:
    """The program as NumPy calls."""
    program = with_joined_scatters(program)
    items = scheduled(program)
    emitter = Emitter(program, planned(items, program.result), long=len(items) > PIECE)
    text = emitter.whole(program, items)
    return Compiled(emitter.writer.compiled(text, "program"), lambda: text)


class Emitter:
    """Writes the lines of one program.

    A short program is one function with local variables. A long one is a row of functions that share a list w of
    values and a list b of buffers, since Python's own compiler takes a time that grows faster than a function.
    """

    def __init__(self, program: Program, plan: Plan, long: bool) -> None:
        self.plan = plan
        self.long = long
        self.names: dict[Value, str] = {}
        self.free: list[str] = []
        self.count = 0
        self.writer = Writer(self.names.__getitem__)
        for leaf in program.inputs:
            if leaf.value is not None:
                self.name(leaf.value)

    def name(self, value: Value) -> str:
        """A name for a value: a local variable, or a place in w that nothing uses any more."""
        if self.free:
            self.names[value] = self.free.pop()
        else:
            self.names[value] = f"w[{self.count}]" if self.long else f"t{self.count}"
            self.count += 1
        return self.names[value]

    def buffer(self, number: int) -> str:
        return f"b[{number}]" if self.long else f"b{number}"

    def whole(self, program: Program, items: Sequence[Item]) -> str:
        """The text: guards, steps, result."""
        writer, plan = self.writer, self.plan
        head = self.begun(program)
        pieces = self.long_body(program, items) if self.long else []
        if not self.long:
            writer.indent = " " * 8
            for k, item in enumerate(items):
                self.item(k, item)
        body, writer.lines = writer.lines, []
        writer.indent = " " * 8
        writer.add(f"found = {self.returned(program.result)}")
        if plan.buffers:
            writer.add("spare.append(b)")
        writer.add("return found")
        start = ["    with errstate(all='ignore'):"]
        if plan.buffers:
            spare: list[Any] = []
            writer.bound |= {"spare": spare, "borrow": borrower(spare, functools.partial(new_buffers, plan.buffers))}
            start.append("        b = borrow()")
            if not self.long:
                start.append(f"        {''.join(f'b{k}, ' for k in range(len(plan.buffers)))}= b")
        if self.long:
            b = "b" if plan.buffers else "()"
            start += [f"        if piece{k}(w, {b}) is None: return None" for k in range(len(pieces))]
            head = [head[0], f"    w = [None] * {self.count}", *head[1:]]
        inside = [] if self.long else body
        return "\n".join([*writer.notes, *itertools.chain(*pieces), *head, *start, *inside, *writer.lines, ""])

    def begun(self, program: Program) -> list[str]:
        take_arguments(program, self.writer)
        head, self.writer.lines = ["def program(xs, kwargs):", *self.writer.lines], []
        return head

    def long_body(self, program: Program, items: Sequence[Item]) -> list[list[str]]:
        """The functions of a long program, and names that are taken again after a value's last use."""
        kept = set(values_in(program.result))
        last = {v: k for k, item in enumerate(items) for v in item.operands()}
        ending: dict[int, list[Value]] = {}
        for v, k in last.items():
            if v not in kept:
                ending.setdefault(k, []).append(v)
        pieces: list[list[str]] = []
        for start in range(0, len(items), PIECE):
            for k in range(start, min(start + PIECE, len(items))):
                self.item(k, items[k])
                self.free += [self.names[v] for v in ending.get(k, ())]
            pieces.append([f"def piece{len(pieces)}(w, b):", *self.writer.lines, "    return True"])
            self.writer.lines = []
        return pieces

    def item(self, k: int, item: Item) -> None:
        if type(item) is Step:
            self.step(item)
        elif type(item) is Check:
            write_check(item, self.writer)
        elif type(item) is Group:
            write_group(self, item, self.plan.chunks[k])

    def step(self, step: Step) -> None:
        writer, place, y = self.writer, self.plan.place.get(step.result), step.result
        if place is not None:
            write_ufunc(writer, step, self.buffer(place), self.name(y))
        elif step.function is scattered:
            write_scattered(writer, step, self.name(y))
        elif takes_out(step) and short_axis(step):
            name = self.name(y)
            writer.add(f"{name} = np.empty({writer.of(y.shape)}, {writer.bind(y.dtype)})")
            write_ufunc(writer, step, name)
        else:
            text = self.expression(step)
            writer.add(f"{self.name(y)} = {text}")

    def expression(self, step: Step) -> str:
        """What computes a step: a shorter way to the same NumPy code where there is one."""
        lowered = LOWERED.get(step.function)
        found = lowered(self.writer, step) if lowered else None
        if found is None and takes_out(step):
            return f"{self.writer.function(step.function)}({', '.join(operands(self.writer, step))})"
        return found or self.writer.call(step.function, step.args, step.kwargs)

    def returned(self, tree: Any) -> str:
        """The result's text; what may share memory with a buffer, an input or a constant is copied."""
        if type(tree) is Value:
            copy = tree in self.plan.borrowed and tree.kind is np.ndarray
            return f"np.array({self.names[tree]})" if copy else self.names[tree]
        if isinstance(tree, np.ndarray):
            return f"np.array({self.writer.bind(tree)})"
        return self.writer.tree(tree, self.returned)


def borrower(spare: list[Any], new: Callable[[], Any]) -> Callable[[], Any]:
    """The function that hands out a set of buffers: a spare one, else a new one.

    Each call of a program has a set of its own while it runs, so calls may overlap, in threads too.
    """

    def borrow() -> Any:
        try:
            return spare.pop()
        except IndexError:
            return new()

    return borrow


def write_group(emitter: Emitter, group: Group, chunks: dict[Value, int]) -> None:
    """A loop over chunks of rows; inside it a value's name stands for the chunk of its array."""
    writer, names, y = emitter.writer, emitter.names, group.steps[0].result
    total, rows = y.shape[0], chunk_rows(y)
    def is_sliced(x: Any) -> bool:
        return len(x.shape) == len(y.shape) and x.shape[0] == total

    whole = {v: names[v] for v in dict.fromkeys(group.operands()) if is_sliced(v)}
    for v in group.exports:
        place = emitter.plan.place.get(v)
        fresh = f"np.empty({writer.of(v.shape)}, {writer.bind(v.dtype)})"
        whole[v] = emitter.name(v)
        writer.add(f"{whole[v]} = {fresh if place is None else emitter.buffer(place)}")
    used = sorted({*chunks.values()})
    for k in used:
        writer.add(f"s{k} = {emitter.buffer(k)}")
    writer.add(f"for i in range(0, {total}, {rows}):")
    writer.indent += "    "
    writer.add(f"j = i + {rows}")
    if total % rows and used:
        writer.add(f"if j > {total}: " + "; ".join(f"s{k} = s{k}[: {total} - i]" for k in used))
    for n, (v, name) in enumerate(whole.items()):
        names[v] = f"c{n}"
        writer.add(f"c{n} = {name}[i:j]")
    constants = {id(x): x for step in group.steps for x in step.args if type(x) is np.ndarray and is_sliced(x)}
    for n, (key, x) in enumerate(constants.items()):
        writer.add(f"d{n} = {writer.bind(x)}[i:j]")
        writer.sliced[key] = f"d{n}"
    for step in group.steps:
        _write_chunk_step(emitter, step, chunks)
    writer.sliced.clear()
    writer.indent = writer.indent[:-4]
    names.update(whole)


def _write_chunk_step(emitter: Emitter, step: Step, chunks: dict[Value, int]) -> None:
    writer, names, y = emitter.writer, emitter.names, step.result
    if y in chunks:
        names[y] = f"s{chunks[y]}"
    if isinstance(step.function, np.ufunc):
        write_ufunc(writer, step, names[y])
        return
    text = writer.call(step.function, step.args, {})  # np.where takes no array to write into
    if y in names:
        writer.add(f"{names[y]}[...] = {text}")
    else:
        names[y] = f"v{len(names)}"
        writer.add(f"{names[y]} = {text}")
