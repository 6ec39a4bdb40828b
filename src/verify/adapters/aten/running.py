"""A record run over any numbers, through NumPy's functions alone.

Facts
    Steps on integers and truths alone are run by torch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ad
from verify.adapters.aten.memory import Memory, convert, plain
from verify.adapters.aten.places import moves_only, run_move, within
from verify.adapters.aten.steps import Layout, Record, Slot, Step, filled, framework, slots_of, written_by
from verify.adapters.aten.table import CONVERTS, CREATES, entry_of, truth_of
from verify.adapters.translation import Untranslatable, moved

Entry = Callable[..., Any]
# Arguments about memory and precision, which numbers do not have.
UNHEARD = frozenset(("dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "copy", "out"))


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
        memory.write(results[0], found[0] if isinstance(found, tuple | list) else found, step.stopped)
        return
    for slot in written:  # running statistics, which are not among the results
        memory.lose(slot)
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
    slots = slots_of((step.args, step.kwargs))
    pending = iter([as_tensor(value, memory.layout(slot)) for value, slot in zip(values, slots, strict=True)])
    args, kwargs = filled((step.args, step.kwargs), lambda slot: next(pending))
    floating = any(memory.layout(slot).kind == "f" for slot in slots_of(step.results))
    if floating and any(argument.name == "dtype" for argument in step.overload._schema.arguments):
        kwargs = {**kwargs, "dtype": torch.float64}
    kwargs.pop("device", None)
    found = step.overload(*args, **kwargs)
    return [memory.constant(f.numpy(force=True)) for f in (found if isinstance(found, tuple | list) else [found])]


def as_tensor(value: Any, layout: Layout) -> Any:
    """A plain value as a tensor; integers have their own dtype again."""
    tensor = framework().as_tensor(np.asarray(value))
    return tensor.to(layout.dtype) if layout.kind in "ib" else tensor
