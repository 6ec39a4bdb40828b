"""The numbering of tensors and storages while a torch function runs, and the steps that it takes.

Facts
    Storages and tensors may get the address of a dead one, so every tensor that is seen is kept while recording.
    ``x.detach()`` shares its values with x and none of its derivatives, whichever of the two is written into later: it
    gets a storage of its own, a twin. So does a view that reads the memory in other numbers (the two parts of a complex
    number, a conjugate), which nothing may be written into.
    Memory that ``torch.empty`` gave and no step has written, but another reads, was written by a foreign kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.adapters.aten.frames import calling_line
from verify.adapters.aten.places import within
from verify.adapters.aten.steps import Decision, Layout, Record, Slot, Step, framework, slots_of, written_by
from verify.adapters.aten.table import BLANK, CONVERTS, CREATES, entry_of
from verify.adapters.translation import Untranslatable

FOREIGN = "no operation of torch has written: a foreign kernel did"
WIDE = {"f": "float64", "c": "complex128", "i": "int64", "b": "bool"}


def kind_of(tensor: Any) -> str:
    """The kind of a tensor's numbers: "f"loating, "c"omplex, "i"nteger or "b"ool, of every width."""
    if tensor.dtype == framework().bool:
        return "b"
    return "f" if tensor.dtype.is_floating_point else "c" if tensor.dtype.is_complex else "i"


def exact(tensor: Any) -> np.ndarray:
    """The numbers of a tensor, exactly: every floating-point format is part of float64."""
    return np.array(tensor.detach().to(dtype=getattr(framework(), WIDE[kind_of(tensor)])).numpy(force=True))


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Nested arguments with every tensor changed."""
    if isinstance(value, framework().Tensor):
        return change(value)
    if isinstance(value, tuple | list):
        return (list if isinstance(value, list) else tuple)(mapped(v, change) for v in value)
    if isinstance(value, dict):
        return {k: mapped(v, change) for k, v in value.items()}
    return value


def address(tensor: Any) -> int:
    return int(tensor.untyped_storage()._cdata)


class Recorder:
    """Numbers the tensors that it meets, and keeps the steps."""

    def __init__(self) -> None:
        self.record = Record()
        self.tensors: list[Any] = []  # by number of their slots
        self.numbers: dict[int, int] = {}  # id of a tensor -> number of its slot
        self.storages: dict[int, int] = {}  # address of a memory -> number of the first storage there
        self.moving: set[int] = set()  # addresses where numbers depend on a floating-point input
        self.blank: set[int] = set()  # addresses that nothing has been written to
        self.reread: set[int] = set()  # addresses that are read in other numbers
        self.unseen = ""  # a method that stops gradients unseen
        self.derives = False  # whether a backward has run, or forward mode
        self.open: list[Any] = []  # operations of which the parts are being run

    def known(self, tensor: Any) -> Slot:
        """The slot of an argument; what no step has returned is a constant of the function, or an alias."""
        number = self.numbers.get(id(tensor))
        if number is not None:
            return Slot(number)
        alias = address(tensor) in self.storages
        slot = self.entered(tensor)
        storage = self.storage(slot)
        if not alias:  # the whole memory is captured: another constant may show another part of it
            whole = tensor.detach().as_strided((self.record.sizes[storage],), (1,), 0)
            self.record.constants[storage] = exact(whole)
        elif storage not in self.record.constants:  # made behind the dispatcher's back: read from the storage
            self.record.written.add(self.record.places[storage])
        return slot

    def entered(self, tensor: Any, operands: Sequence[Slot] = (), twin: bool = False) -> Slot:
        """The slot of a tensor, a new one if it is new: in the storage of the operand that it views, or in a twin."""
        number = self.numbers.get(id(tensor))
        if number is not None:
            return Slot(number)
        if tensor.layout != framework().strided:
            raise Untranslatable(f"a tensor of layout {tensor.layout} has no translation")
        place = address(tensor)
        viewed = [self.storage(slot) for slot in operands if self.address(slot) == place]
        storage = viewed[0] if viewed else self.storages.setdefault(place, len(self.record.sizes))
        if viewed and twin:
            storage = len(self.record.sizes)
        if storage == len(self.record.sizes):
            self.record.sizes.append(tensor.untyped_storage().nbytes() // tensor.element_size())
            self.record.places.append(self.storages[place])
        number = self.numbers[id(tensor)] = len(self.tensors)
        self.tensors.append(tensor)
        shape, strides = tuple(tensor.shape), tuple(tensor.stride())
        layout = Layout(storage, tensor.storage_offset(), shape, strides, kind_of(tensor), tensor.dtype)
        self.record.layouts.append(layout)
        return Slot(number)

    def storage(self, slot: Slot) -> int:
        return self.record.layouts[slot.number].storage

    def address(self, slot: Slot) -> int:
        return address(self.tensors[slot.number])

    def moves(self, tensor: Any) -> bool:
        """Whether a tensor depends on a floating-point input."""
        return id(tensor) in self.numbers and address(tensor) in self.moving

    def asked(self, name: str, tensors: Sequence[Any], answer: Any) -> None:
        """Keep what Python was told of a tensor that depends on an input: a truth, or a number made of truths."""
        if len(tensors) != 1 or isinstance(answer, float | complex):
            raise Untranslatable(f"{name}: Python asks for a number that depends on an input, as .item() does")
        self.record.steps.append(Decision(self.known(tensors[0]), answer, calling_line()))

    def step(self, overload: Any, given: tuple[Any, Any], found: Any, stopped: bool) -> None:
        """Keep an operation that has run on given slots."""
        written, read = written_by(overload, *given), slots_of(given)
        name, apart = str(overload.overloadpacket), entry_of(str(overload.overloadpacket), overload._overloadname)
        if framework().Tag.inplace_view in overload.tags:
            self.numbers.pop(id(found))  # the same tensor, laid out anew
        twin = stopped if name == "aten.detach" else apart is not None
        results = mapped(found, lambda tensor: self.entered(tensor, read, twin))
        step = Step(overload, *given, results, stopped, calling_line())
        self._blank(step, written, read)
        self._seen_through(name, read, slots_of(results))
        views = {self.address(slot) for slot in slots_of(results)}.intersection(map(self.address, read))
        if apart is not None and not written and name != "aten.detach":
            self.reread |= views
        self.record.written.update(self.record.places[self.storage(slot)] for slot in written)
        if name not in CREATES and not self.moving.isdisjoint(map(self.address, read)):
            self.moving.update(map(self.address, (*slots_of(results), *written)))
        self.record.steps.append(step)

    def _blank(self, step: Step, written: Sequence[Slot], read: Sequence[Slot]) -> None:
        results = {self.address(slot) for slot in slots_of(step.results)}
        if step.name in BLANK:
            self.blank |= {self.address(slot) for slot in slots_of(step.results) if self.tensors[slot.number].numel()}
        self.blank.difference_update(map(self.address, written))
        if step.name in CREATES or step.name in CONVERTS:
            read = read[-1:]
        if self.blank.intersection(map(self.address, read)) - results:
            raise Untranslatable(f"{step.name} reads memory that {FOREIGN}")

    def _seen_through(self, name: str, read: Sequence[Slot], results: Sequence[Slot]) -> None:
        """Views that show more of a storage than their operand are read from the storage."""
        operands = {self.storage(slot): slot for slot in reversed(read)}
        for slot in results:
            storage = self.storage(slot)
            if storage in operands and slot not in read:
                if self.record.layouts[slot.number].dtype != self.record.layouts[operands[storage].number].dtype:
                    raise Untranslatable(f"{name} reads the bits of numbers as others")
                whole, part = (self.record.layouts[s.number] for s in (operands[storage], slot))
                if within(whole, part, self.record.sizes[storage]) is None:
                    self.record.written.add(self.record.places[storage])

    def finished(self, outputs: Sequence[Any]) -> Record:
        """The record with its results; in one that computes a derivative nothing is stopped."""
        found = self.record
        found.outputs += [None if y is None else self.known(y) for y in outputs]
        if any(self.address(slot) in self.blank for slot in slots_of(found.outputs)):
            raise Untranslatable(f"a result lies in memory that {FOREIGN}")
        reread = {self.storages[place] for place in self.reread}
        if reread & found.written:
            raise Untranslatable("a write into memory that is read in other numbers, as by view_as_real")
        if self.unseen and not self.derives:
            raise Untranslatable(f"Tensor.{self.unseen} stops gradients where torch's dispatcher does not see it")
        if self.derives:
            found.steps[:] = [s if isinstance(s, Decision) else replace(s, stopped=False) for s in found.steps]
            joined = [place if place not in reread else s for s, place in enumerate(found.places)]
            found.layouts[:] = [replace(layout, storage=joined[layout.storage]) for layout in found.layouts]
        return found
