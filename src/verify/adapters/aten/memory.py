"""The values of a run: of tensors, and of the storages that are written into.

Facts
    A tensor in a storage that no step writes into has a value of its own; one in a storage that is written into is
    read from the storage, so that a view sees what was written through another.
    What autograd does with a write while gradients are off: the value is the new one, the derivative stays the old
    one's. So does the value that is kept here: stop(new) + (old - stop(old)). It is what a twin gets, too: a tensor and
    its ``detach`` share values and no derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import ad
from ad.table.selection import whole
from verify.adapters.aten.steps import Layout, Record, Slot
from verify.adapters.translation import Untranslatable, moved


def plain(value: Any) -> bool:
    """Whether a value is of floats, integers or truths: nothing records it, and it is not exact."""
    return isinstance(value, np.ndarray | np.generic | bool | int | float)


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
        return self.record.places[self.layout(slot).storage] in self.record.written

    def read(self, slot: Slot) -> Any:
        """The value of a slot now."""
        layout = self.layout(slot)
        if not self.shared(slot):
            if slot.number not in self.values:
                self.values[slot.number] = self.constant(self.record.constants[layout.storage][layout.places])
            value = self.values[slot.number]
            if callable(value):  # a result that is computed when it is asked for
                value = self.values[slot.number] = as_kind(value(), layout.kind)
            return value
        return moved(self._whole(layout.storage), layout.places)

    def _whole(self, storage: int) -> Any:
        """All entries of a storage."""
        if storage not in self.storages:
            self.storages[storage] = self.constant(self.record.constants[storage])
        if self.storages[storage] is None:
            raise Untranslatable("running statistics are used after a step has changed them")
        return self.storages[storage]

    def enter(self, slot: Slot, value: Any) -> None:
        """The value of a slot that is new; a view into a storage with values has its own already."""
        if callable(value) and self.shared(slot):
            value = value()
        self.values[slot.number] = value = value if callable(value) else as_kind(value, self.layout(slot).kind)
        if self.shared(slot) and self.layout(slot).storage not in self.storages:
            layout = self.layout(slot)
            places = np.full(self.record.sizes[layout.storage], -1)
            places[layout.places] = counted(layout)
            self.storages[layout.storage] = moved(value, places)

    def write(self, slot: Slot, value: Any, stopped: bool) -> None:
        """Put a value where a slot's entries lie, in its storage and in the twins of it."""
        layout = self.layout(slot)
        value = np.broadcast_to(as_kind(value, layout.kind), layout.shape)
        place = self.record.places[layout.storage]
        self._whole(layout.storage)  # a constant that nothing has read yet
        for storage in [s for s in self.storages if self.record.places[s] == place]:
            self._put(storage, layout, value, stopped or storage != layout.storage)

    def _put(self, storage: int, layout: Layout, value: Any, alone: bool) -> None:
        """Put a value into one storage: with its derivative, or alone."""
        if alone:
            value = value_alone(value, moved(self._whole(storage), layout.places))
        places = np.arange(self.record.sizes[storage])
        places[layout.places] = len(places) + counted(layout)
        both = np.concatenate([self._whole(storage), np.reshape(value, (-1,))])
        self.storages[storage] = moved(both, places)

    def lose(self, slot: Slot) -> None:
        """Forget what is in a slot's memory: a step has written into it what has no translation."""
        self.storages[self.layout(slot).storage] = None


def value_alone(new: Any, old: Any) -> Any:
    """A new value with the derivative of the old one."""
    return new if plain(new) and plain(old) else ad.stop_gradient(new) + (old - ad.stop_gradient(old))


def counted(layout: Layout) -> np.ndarray:
    """The entries of a tensor, counted."""
    return np.reshape(np.arange(np.prod(layout.shape, dtype=int)), layout.shape)


def as_kind(value: Any, kind: str) -> Any:
    """A plain array as numbers of a kind; other numbers are of the right one already, save where torch converts."""
    if not plain(value):
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
    ("f", "c"): lambda x: x + 0j,
    ("b", "c"): lambda x: np.where(x, 1.0 + 0j, 0j),
    ("i", "c"): lambda x: np.asarray(x, complex),
}
