"""What a torch function does, as torch's dispatcher sees it: one step an operation, on tensors that share storages."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.adapters.frameworks import loaded


def framework() -> Any:
    """Torch, which is loaded: a function of its is here."""
    return loaded("torch")


@dataclass(frozen=True)
class Slot:
    """A tensor among the arguments or results of a step, by number."""

    number: int


@dataclass(frozen=True)
class Layout:
    """Where a tensor's entries lie: in which storage, from where on, how far apart; its numbers' kind and dtype."""

    storage: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    kind: str
    dtype: Any

    @functools.cached_property
    def places(self) -> np.ndarray:
        """The place of every entry in the storage."""
        found = np.full(self.shape, self.offset)
        for axis, (n, stride) in enumerate(zip(self.shape, self.strides, strict=True)):
            lead = [1] * len(self.shape)
            lead[axis] = n
            found = found + np.reshape(np.arange(n) * stride, lead)
        return found


@dataclass(frozen=True, eq=False)
class Step:
    """One operation: the overload, its arguments with slots for tensors, and the slots of what it returns.

    stopped  gradients do not pass: it ran under ``no_grad``, or is a ``detach``, in a plain forward
    line     the user's line that called it, as "op.py:14"
    """

    overload: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: Any
    stopped: bool
    line: str

    @property
    def name(self) -> str:
        """The operation without its overload: "aten.add"."""
        return str(self.overload.overloadpacket)


@dataclass(frozen=True, eq=False)
class Decision:
    """What Python was told of a tensor's one value, and went on by."""

    slot: Slot
    answer: bool | int
    line: str


@dataclass(eq=False)
class Record:
    """A run of a function: its steps in order, and the layouts of all tensors by slot number.

    constants  the captured memories as exact numbers, by storage
    sizes      how many entries each storage has
    places     for each storage the first one in the same memory: twins share values, and no derivatives
    written    the first storages of the memories that a step writes into
    inputs, outputs  the slots of the function's arguments and results
    views      where the entries of a view come from, by its slot, once it is known
    moves      the same of a step that moves entries about; several may write into one slot
    """

    layouts: list[Layout] = field(default_factory=list)
    steps: list[Step | Decision] = field(default_factory=list)
    constants: dict[int, np.ndarray] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    written: set[int] = field(default_factory=set)
    inputs: list[Slot] = field(default_factory=list)
    outputs: list[Slot | None] = field(default_factory=list)
    views: dict[int, Any] = field(default_factory=dict)
    moves: dict[Step, Any] = field(default_factory=dict)

    @functools.cached_property
    def width(self) -> int:
        """The bytes of the widest floating-point number among the inputs."""
        layouts = [self.layouts[slot.number] for slot in self.inputs]
        return max((layout.dtype.itemsize for layout in layouts if layout.kind == "f"), default=0)


def slots_of(value: Any) -> list[Slot]:
    """The slots in nested arguments, in order."""
    if isinstance(value, Slot):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [slot for v in value for slot in slots_of(v)] if isinstance(value, tuple | list) else []


def filled(value: Any, change: Any) -> Any:
    """Nested arguments with every slot changed."""
    if isinstance(value, Slot):
        return change(value)
    if isinstance(value, tuple | list):
        return type(value)([filled(v, change) for v in value])
    if isinstance(value, dict):
        return {k: filled(v, change) for k, v in value.items()}
    return value


# Arguments that are written into while training, though no schema says so.
UNMARKED = {"aten.native_batch_norm": ("running_mean", "running_var")}


def written_by(overload: Any, args: Any, kwargs: Any) -> list[Slot]:
    """What an operation writes into: the arguments that its schema marks and the call has."""
    schema = overload._schema.arguments
    names = [a.name for a in schema if a.alias_info is not None and a.alias_info.is_write]
    if framework().Tag.inplace_view in overload.tags:
        return []  # its operand is laid out anew, and none of its numbers changes
    if argument_named(overload, "training", args, kwargs):
        names += UNMARKED.get(str(overload.overloadpacket), ())
    return slots_of([argument_named(overload, name, args, kwargs) for name in names])


def argument_named(overload: Any, name: str, args: Any, kwargs: Any) -> Any:
    """An argument by its name in the schema; None where the call leaves it out."""
    names = [argument.name for argument in overload._schema.arguments]
    if name in kwargs or name not in names:
        return kwargs.get(name)
    place = names.index(name)
    return args[place] if place < len(args) else None
