"""Running a torch function under modes that record it.

Facts
    Steps are recorded while the function runs on real tensors, below autograd: composites of torch have come apart into
    aten operations by then, and the backward of an ``autograd.Function`` comes as the operations that it calls.
    ``x.detach()`` is a step; ``torch.no_grad()`` is none, so every step says whether gradients were off. They are off
    in an ``autograd.Function``'s forward as well, where that means nothing: its backward is its author's. Where a
    backward runs in the function, the derivative is what it computes: nothing is stopped in such a record.
    Numbers that leave torch are lost to the record. ``.item()`` and ``if x > 0`` are steps
    (``aten._local_scalar_dense``); ``.numpy()``, ``.tolist()`` and raw pointers (for Triton and other foreign kernels)
    are calls of methods. All are refused where the tensor depends on a floating-point input. What Python takes out of
    integer tensors, shapes, and Python's own numbers are baked in: they are the example's.
    Memory that ``torch.empty`` gave and no step has written, but another reads, was written by a foreign kernel.
    Storages and tensors may get the address of a dead one, so every tensor that is seen is kept while recording.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from verify.adapters.aten.places import MOVES, within
from verify.adapters.aten.steps import Layout, Record, Slot, Step, framework, slots_of, written_by
from verify.adapters.aten.table import CONVERTS, CREATES, entry_of
from verify.adapters.translation import Untranslatable

# Methods by which numbers leave torch unseen.
LEAVING = ("numpy", "__array__", "tolist", "data_ptr", "__dlpack__")
# Memory with nothing in it yet.
BLANK = frozenset(("aten.empty", "aten.empty_like", "aten.new_empty", "aten.empty_strided", "aten.new_empty_strided"))
# What asks for a Python number.
ASKING = frozenset(("aten._local_scalar_dense", "aten.equal", "aten.is_nonzero"))
FOREIGN = "no operation of torch has written: a foreign kernel did"
OURS = str(Path(__file__).parents[2])
WIDE = {"f": "float64", "c": "complex128", "i": "int64", "b": "bool"}


def kind_of(tensor: Any) -> str:
    """The kind of a tensor's numbers: "f"loating, "c"omplex, "i"nteger or "b"ool, of every width."""
    torch = framework()
    if tensor.dtype == torch.bool:
        return "b"
    return "f" if tensor.dtype.is_floating_point else "c" if tensor.dtype.is_complex else "i"


def exact(tensor: Any) -> np.ndarray:
    """The numbers of a tensor, exactly: every floating-point format is part of float64."""
    wide = getattr(framework(), WIDE[kind_of(tensor)])
    return np.array(tensor.detach().to(device="cpu", dtype=wide).resolve_conj().resolve_neg().numpy())


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Nested arguments with every tensor changed."""
    if isinstance(value, framework().Tensor):
        return change(value)
    if isinstance(value, tuple | list):
        return (list if isinstance(value, list) else tuple)(mapped(v, change) for v in value)
    if isinstance(value, dict):
        return {k: mapped(v, change) for k, v in value.items()}
    return value


class Recorder:
    """Numbers the tensors that it meets, and keeps the steps."""

    def __init__(self) -> None:
        self.record = Record()
        self.numbers: dict[int, int] = {}  # id of a tensor -> number of its slot
        self.storages: dict[int, int] = {}  # address of a storage -> its number
        self.kept: list[Any] = []
        self.moving: set[int] = set()  # slots that depend on a floating-point input
        self.blank: set[int] = set()  # storages that nothing has been written into
        self.backwards = False  # whether a backward has run
        self.inside = 0  # how many calls of custom operations are open

    def known(self, tensor: Any) -> Slot:
        """The slot of an argument; what no step has returned is a constant of the function, or an alias."""
        number = self.numbers.get(id(tensor))
        if number is None:
            alias = tensor.untyped_storage()._cdata in self.storages
            number = self.entered(tensor).number
            if alias:  # made behind the dispatcher's back: its numbers are those of the storage
                self.record.written.add(self.record.layouts[number].storage)
            else:
                self.record.constants[number] = exact(tensor)
        return Slot(number)

    def entered(self, tensor: Any) -> Slot:
        """The slot of a tensor, a new one if it is new."""
        number = self.numbers.get(id(tensor))
        if number is None:
            memory = tensor.untyped_storage()
            storage = self.storages.setdefault(memory._cdata, len(self.storages))
            self.record.sizes[storage] = memory.nbytes() // tensor.element_size()
            number = self.numbers[id(tensor)] = len(self.record.layouts)
            self.kept.append(tensor)
            shape, strides = tuple(tensor.shape), tuple(tensor.stride())
            self.record.layouts.append(Layout(storage, tensor.storage_offset(), shape, strides, kind_of(tensor)))
        return Slot(number)

    def storage(self, slot: Slot) -> int:
        return self.record.layouts[slot.number].storage

    def moves(self, tensors: Any) -> bool:
        """Whether any tensor among arguments depends on a floating-point input."""
        return any(slot.number in self.moving for slot in slots_of(mapped(tensors, self.known)))

    def step(self, overload: Any, given: tuple[Any, Any], found: Any, off: bool) -> None:
        """Keep an operation that has run on given slots."""
        results = mapped(found, self.entered)
        step = Step(overload, *given, results, off, calling_line())
        written, read = written_by(overload, *given), slots_of(given)
        self._blank(step, written, read)
        self._stopped(step, read)
        self._seen_through(read, slots_of(results))
        self.record.written.update(map(self.storage, written))
        if any(slot.number in self.moving for slot in read):
            self.moving.update(slot.number for slot in (*slots_of(results), *written))
        self.record.steps.append(step)

    def _blank(self, step: Step, written: Sequence[Slot], read: Sequence[Slot]) -> None:
        results = {self.storage(slot) for slot in slots_of(step.results)}
        if step.name in BLANK:
            self.blank |= {s for s in results if self.record.sizes[s]}
        self.blank.difference_update(map(self.storage, written))
        unwritten = self.blank.intersection(map(self.storage, read)) - results
        if unwritten:
            raise Untranslatable(f"{step.name} reads memory that {FOREIGN}")

    def _seen_through(self, read: Sequence[Slot], results: Sequence[Slot]) -> None:
        """Views that show more of a storage than their operand are read from the storage."""
        operands = {self.storage(slot): slot for slot in reversed(read)}
        for slot in results:
            storage = self.storage(slot)
            if storage in operands and slot not in read:
                whole, part = (self.record.layouts[s.number] for s in (operands[storage], slot))
                if within(whole, part, self.record.sizes[storage]) is None:
                    self.record.written.add(storage)

    def _stopped(self, step: Step, read: Sequence[Slot]) -> None:
        behind = {self.storage(slot) for slot in read if slot.number in self.record.stopped}
        for slot in slots_of(step.results):
            if step.stopped or self.storage(slot) in behind:
                self.record.stopped.add(slot.number)


def record(function: Callable[..., Any], tensors: Sequence[Any]) -> Record:
    """Run a function on copies of tensors and record what it does.

    Raises
        Untranslatable when numbers leave torch on the way.
    """
    recorder = Recorder()
    copies = [t.detach().clone().requires_grad_(t.requires_grad) for t in tensors]
    for copy in copies:
        slot = recorder.entered(copy)
        recorder.record.inputs.append(slot)
        if kind_of(copy) in "fc":
            recorder.moving.add(slot.number)
    with recording(recorder):
        found = function(*copies)
    outputs = list(found) if isinstance(found, tuple | list) else [found]
    recorder.record.outputs += [None if y is None else recorder.known(y) for y in outputs]
    if any(recorder.storage(slot) in recorder.blank for slot in slots_of(recorder.record.outputs)):
        raise Untranslatable(f"a result lies in memory that {FOREIGN}")
    return finished(recorder)


def finished(recorder: Recorder) -> Record:
    """The record, where a backward has run without stops: what it computes is the derivative."""
    found = recorder.record
    if recorder.backwards:
        found.stopped.clear()
        found.steps[:] = [replace(step, stopped=False) for step in found.steps]
    return found


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """The modes under which every operation of torch is recorded, and numbers that leave torch are refused."""
    torch = framework()

    def stepped(self: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return dispatched(recorder, self, func, args, kwargs or {})

    def leaving(self: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in LEAVING and recorder.numbers.get(id(args[0])) in recorder.moving:
            raise Untranslatable(f"Tensor.{name} takes numbers that depend on an input out of torch")
        return func(*args, **(kwargs or {}))

    steps = type("Steps", (torch.utils._python_dispatch.TorchDispatchMode,), {"__torch_dispatch__": stepped})
    exits = type("Exits", (torch.overrides.TorchFunctionMode,), {"__torch_function__": leaving})
    with exits(), steps():
        yield


def dispatched(recorder: Recorder, mode: Any, overload: Any, args: Any, kwargs: Any) -> Any:
    """Run one operation and keep it, or run and keep what it is made of."""
    torch = framework()
    name = str(overload.overloadpacket)
    if name in ASKING:
        if recorder.moves((args, kwargs)):
            raise Untranslatable(f"{name}: Python asks for a number that depends on an input, as .item() and if x > 0")
        return overload(*args, **kwargs)
    if torch.Tag.nondeterministic_seeded in overload.tags:
        raise Untranslatable(f"{name} is random")
    recorder.backwards |= torch._C._current_autograd_node() is not None
    parts = parts_of(overload, (args, kwargs))
    if parts is not None:
        recorder.inside += 1
        try:
            with mode:
                return parts(*args, **kwargs)
        finally:
            recorder.inside -= 1
    given = mapped((args, kwargs), recorder.known)  # what is written into is a constant as it was before
    found = overload(*args, **kwargs)
    off = not torch.is_grad_enabled() or name == "aten.detach"
    recorder.step(overload, given, found, off and not recorder.inside and not in_forward(torch))
    return found


def parts_of(overload: Any, given: Any) -> Callable[..., Any] | None:
    """What to run in place of an operation that has no entry: a custom operation's own code, or what torch composes.

    Raises
        Untranslatable for an operation without any of these, and for the backward of a native kernel.
    """
    torch = framework()
    if overload.namespace != "aten":
        custom = torch._library.custom_ops.OPDEFS.get(f"{overload.namespace}::{overload._opname}")
        if custom is not None:
            return custom._init_fn  # type: ignore[no-any-return]
    if translatable(overload) or not floating(given):
        return None
    name = str(overload.overloadpacket)
    if "backward" in name:
        raise Untranslatable(f"{name} is the backward of a native kernel: its code is not known, and has no translation")
    if torch._C._dispatch_has_kernel_for_dispatch_key(overload.name(), "CompositeImplicitAutograd"):
        return lambda *args, **kwargs: overload.decompose(*args, **kwargs)
    parts: Callable[..., Any] | None = torch._decomp.decomposition_table.get(overload)
    if parts is None:
        raise Untranslatable(f"{name} has no translation")
    return parts


def floating(given: Any) -> bool:
    """Whether there is a tensor with real or complex numbers among arguments: steps without are run by torch."""
    met: list[str] = []
    mapped(given, lambda tensor: met.append(kind_of(tensor)))
    return not {"f", "c"}.isdisjoint(met)


def translatable(overload: Any) -> bool:
    """Whether an operation has an entry, moves entries, creates or converts numbers, or only looks at its operand."""
    name = str(overload.overloadpacket)
    writing = any(a.alias_info is not None and a.alias_info.is_write for a in overload._schema.arguments)
    name = name.removesuffix("_") if writing else name
    known = name in MOVES or name in CREATES or name in CONVERTS or entry_of(name, overload._overloadname) is not None
    return known or overload.is_view


def in_forward(torch: Any) -> bool:
    """Whether an ``autograd.Function``'s forward is running: ``Function.apply`` is then among the callers."""
    apply = torch.autograd.Function.apply.__func__.__code__
    return any(frame.f_code is apply for frame in callers())


def callers() -> Iterator[FrameType]:
    """The frames that are open, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def calling_line() -> str:
    """The line of the user's that called an operation, as "examples/op.py:14"; "" where there is none."""
    theirs = str(Path(framework().__file__).parent)
    for frame in callers():
        if frame.f_code is record.__code__:
            break
        file = frame.f_code.co_filename
        if not file.startswith((theirs, OURS, "<")):
            path = Path(file)
            here = path.is_relative_to(Path.cwd())
            return f"{path.relative_to(Path.cwd()) if here else path.name}:{frame.f_lineno}"
    return ""
