"""A record run over any numbers, through NumPy's functions alone.

Facts
    A tensor in a storage that no step writes into has a value of its own; one in a storage that is written into is
    read from the storage, so that a view sees what was written through another.
    What autograd does with a write while gradients are off: the value is the new one, the derivative stays the old
    one's. So does the value that is kept here: stop(new) + (old - stop(old)).
    Steps on integers and truths alone are run by torch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import ad
from ad.table.selection import whole
from verify.adapters.aten.places import moves_only, run_move, within
from verify.adapters.aten.steps import Layout, Record, Slot, Step, filled, framework, slots_of, written_by
from verify.adapters.aten.table import CONVERTS, CREATES, entry_of, truth_of
from verify.adapters.translation import Untranslatable, moved

Entry = Callable[..., Any]
# Arguments about memory and precision, which numbers do not have.
UNHEARD = frozenset(("dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "copy", "out"))


@dataclass(eq=False)
class Memory:
    """The values of a run so far: of slots, and of the storages that are written into."""

    record: Record
    constant: Callable[[Any], Any]
    values: dict[int, Any] = field(default_factory=dict)
    storages: dict[int, Any] = field(default_factory=dict)

    def layout(self, slot: Slot) -> Layout:
        return self.record.layouts[slot.number]

    def shared(self, slot: Slot) -> bool:
        return self.layout(slot).storage in self.record.written

    def read(self, slot: Slot) -> Any:
        """The value of a slot now."""
        layout = self.layout(slot)
        if slot.number in self.record.constants and slot.number not in self.values:
            self.enter(slot, self.constant(self.record.constants[slot.number]))
        if not self.shared(slot):
            value = self.values[slot.number]
            if callable(value):  # a result that is computed when it is asked for
                value = self.values[slot.number] = as_kind(value(), layout.kind)
            return value
        if self.storages[layout.storage] is None:
            raise Untranslatable("running statistics are read after a step has changed them")
        value = moved(self.storages[layout.storage], layout.places())
        return ad.stop_gradient(value) if slot.number in self.record.stopped else value

    def enter(self, slot: Slot, value: Any) -> None:
        """The value of a slot that is new; a view into a storage with values has its own already."""
        if callable(value) and self.shared(slot):
            value = value()
        self.values[slot.number] = value = value if callable(value) else as_kind(value, self.layout(slot).kind)
        if self.shared(slot) and self.layout(slot).storage not in self.storages:
            layout = self.layout(slot)
            places = np.full(self.record.sizes[layout.storage], -1)
            places[layout.places()] = counted(layout)
            self.storages[layout.storage] = moved(value, places)

    def write(self, slot: Slot, value: Any, stopped: bool) -> None:
        """Put a value where a slot's entries lie."""
        layout = self.layout(slot)
        old = self.storages[layout.storage]
        value = np.broadcast_to(as_kind(value, layout.kind), layout.shape)
        if stopped:
            before = moved(old, layout.places())
            value = ad.stop_gradient(value) + (before - ad.stop_gradient(before))
        places = np.arange(self.record.sizes[layout.storage])
        places[layout.places()] = len(places) + counted(layout)
        self.storages[layout.storage] = moved(np.concatenate([old, np.reshape(value, (-1,))]), places)


def counted(layout: Layout) -> np.ndarray:
    """The entries of a tensor, counted."""
    return np.reshape(np.arange(np.prod(layout.shape, dtype=int)), layout.shape)


def as_kind(value: Any, kind: str) -> Any:
    """A plain array as numbers of a kind; other numbers are of the right one already, save where torch converts."""
    if not isinstance(value, np.ndarray | np.generic | bool | int | float):
        return value
    found = np.asarray(value).dtype.kind
    return convert(value, "i" if found == "u" else found, kind)


def convert(value: Any, source: str, kind: str) -> Any:
    """A value of one kind of numbers as another: floats cut off towards 0 or compared with 0, truths as 0 and 1."""
    conversion = CONVERSIONS.get((source, kind))
    return value if conversion is None else conversion(value)


def _whole(x: Any) -> Any:
    return np.where(np.less(x, 0), -whole(-x), whole(x))


CONVERSIONS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("f", "b"): lambda x: np.not_equal(x, 0),
    ("i", "b"): lambda x: np.not_equal(x, 0),
    ("f", "i"): _whole,
    ("b", "i"): lambda x: np.where(x, 1, 0),
    ("b", "f"): lambda x: np.where(x, 1.0, 0.0),
    ("i", "f"): lambda x: np.asarray(x, float),
}


def run_record(record: Record, arrays: Sequence[Any]) -> list[Any]:
    """The results of a record on arrays of any numbers, one for each input."""
    memory = Memory(record, constants_like(arrays))
    for slot, array in zip(record.inputs, arrays, strict=True):
        memory.enter(slot, array)
    for step in record.steps:
        take(step, memory)
    return [None if slot is None else memory.read(slot) for slot in record.outputs]


def constants_like(arrays: Sequence[Any]) -> Callable[[Any], Any]:
    """How constants become the numbers of the arrays: exact ones where one of them is."""
    for array in arrays:
        while isinstance(array, ad.Variable):
            array = array.primal
        lift = getattr(array, "exact_constant", None)
        if lift is not None:
            return lambda value: lift(value) if np.asarray(value).dtype.kind == "f" else value
    return lambda value: value


def take(step: Step, memory: Memory) -> None:
    """Take one step of a run."""
    written = written_by(step.overload, step.args, step.kwargs)
    if not written and _view(step, memory):
        return
    found = computed(step, memory, written)
    results = slots_of(step.results)
    if written and results and results[0] in written:
        memory.write(results[0], found, step.stopped)
        return
    for slot in written:  # running statistics: what is in them is not among the results
        memory.storages[memory.layout(slot).storage] = None
    for slot, value in zip(results, found if isinstance(found, tuple | list) else [found], strict=False):
        memory.enter(slot, stopped(value, step, memory.layout(slot)))


def stopped(value: Any, step: Step, layout: Layout) -> Any:
    return ad.stop_gradient(value) if step.stopped and layout.kind in "fc" else value


def computed(step: Step, memory: Memory, written: Sequence[Slot]) -> Any:
    """What a step returns, or writes into its first operand."""
    name = step.name.removesuffix("_") if written else step.name
    slots = slots_of((step.args, step.kwargs))
    if name in CREATES:
        return by_torch(step, memory, [np.zeros(memory.layout(slot).shape) for slot in slots])
    values = [memory.read(slot) for slot in slots]
    kinds = [memory.layout(slot).kind for slot in slots]
    if name in CONVERTS:
        return convert(values[-1], kinds[-1], memory.layout(slots_of(step.results)[0]).kind)
    if moves_only(step, name, kinds) and not open_mask(step, values, kinds):
        return run_move(step, values, [kind in "fc" for kind in kinds])
    whole = not any(kind in "fc" for kind in kinds)
    if whole and all(map(plain, values)):
        return by_torch(step, memory, values)
    entry = (truth_of(name) if set(kinds) <= {"b"} else None) or entry_of(name, step.overload._overloadname)
    if entry is None:
        raise Untranslatable(f"{name} of conditions that depend on an input has no translation")
    pending = iter(values)
    args, kwargs = filled((step.args, step.kwargs), lambda slot: next(pending))
    return entry(*args, **{key: value for key, value in kwargs.items() if key not in UNHEARD})


def plain(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic | bool | int | float)


def open_mask(step: Step, values: Sequence[Any], kinds: Sequence[str]) -> bool:
    """Whether entries are put where a condition on exact numbers holds: that is a choice for each entry."""
    masks = [v for v, kind in zip(values, kinds, strict=True) if kind == "b"]
    return "index_put" in step.name and len(masks) == 1 and not plain(masks[0]) and np.size(values[-1]) == 1


def _view(step: Step, memory: Memory) -> bool:
    """Whether a step only looks at its operand's storage; then its results are entered."""
    read = {memory.layout(slot).storage: slot for slot in reversed(slots_of((step.args, step.kwargs)))}
    results = slots_of(step.results)
    if not results or any(memory.layout(slot).storage not in read for slot in results):
        return False
    for slot in results:
        whole = read[memory.layout(slot).storage]
        if slot.number not in memory.values and not memory.shared(slot):
            size = memory.record.sizes[memory.layout(slot).storage]
            positions = within(memory.layout(whole), memory.layout(slot), size)
            assert positions is not None  # else the storage is shared
            value = moved(memory.read(whole), positions)
            memory.enter(slot, stopped(value, step, memory.layout(slot)))
    return True


def by_torch(step: Step, memory: Memory, values: Sequence[Any]) -> Any:
    """A step without floating-point operands, by torch itself; what it creates is made in float64."""
    torch = framework()
    pending = (torch.as_tensor(np.asarray(value)) for value in values)
    args, kwargs = filled((step.args, step.kwargs), lambda slot: next(pending))
    floating = any(memory.layout(slot).kind == "f" for slot in slots_of(step.results))
    if floating and any(argument.name == "dtype" for argument in step.overload._schema.arguments):
        kwargs = {**kwargs, "dtype": torch.float64}
    kwargs.pop("device", None)
    found = step.overload(*args, **kwargs)
    return [memory.constant(f.numpy()) for f in (found if isinstance(found, tuple | list) else [found])]
