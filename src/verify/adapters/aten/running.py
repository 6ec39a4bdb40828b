"""A record run over any numbers, through NumPy's functions alone.

Facts
    Steps on integers and truths alone are run by torch itself. What they make of Python's numbers is made in float64: a
    0.1 that a bfloat16 op rounds is rounding, not its formula. In a function of float64 tensors a float32 constant is
    its formula, and keeps its number.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import ad
from verify.adapters.aten.memory import Memory, convert, plain
from verify.adapters.aten.places import index_of, moves_only, run_move, within
from verify.adapters.aten.steps import Decision, Layout, Record, Slot, Step, filled, framework, slots_of, written_by
from verify.adapters.aten.table import BLANK, CONVERTS, CREATES, entry_of, truth_of
from verify.adapters.constants import named
from verify.adapters.translation import RUNNING, Untranslatable, moved

# Arguments about memory and precision, which numbers do not have.
UNHEARD = frozenset(("dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "copy", "out"))


def run_record(record: Record, arrays: Sequence[Any]) -> list[Any]:
    """The results of a record on arrays of any numbers, one for each input."""
    memory = Memory(record, constants_like(arrays))
    for slot, array in zip(record.inputs, arrays, strict=True):
        memory.enter(slot, array)
    outside = RUNNING.set(None)
    try:
        for step in record.steps:
            if isinstance(step, Decision):
                follow(step, memory)
            else:
                RUNNING.set(functools.partial(getattr, step, "line"))
                take(step, memory)
    finally:
        RUNNING.reset(outside)
    return [None if slot is None else memory.read(slot) for slot in record.outputs]


def constants_like(arrays: Sequence[Any]) -> Callable[[Any], Any]:
    """How captured tensors become numbers like the arrays': exact where one of them is; NaN and inf stay floats."""
    for array in arrays:
        while isinstance(array, ad.Variable):
            array = array.primal
        lift = getattr(array, "exact_constant", None)
        if lift is not None:
            return lambda value: lift(value) if value.dtype.kind == "f" and np.isfinite(value).all() else value
    return lambda value: value


def follow(decision: Decision, memory: Memory) -> None:
    """Go on only where Python would be told the same."""
    value = np.reshape(memory.read(decision.slot), ())
    found = bool(value) if isinstance(decision.answer, bool) else int(index_of(value, "i"))
    if found != decision.answer:
        raise Untranslatable(
            f"{decision.line}: Python was told {decision.answer} at the example and would be told {found} here: "
            f"the translation follows the example's branch alone"
        )


def take(step: Step, memory: Memory) -> None:
    """Take one step of a run."""
    written = written_by(step.overload, step.args, step.kwargs)
    if not written and _view(step, memory):
        return
    found = computed(step, memory, written)
    results = slots_of(step.results)
    if written and results and results[0] in written:
        memory.write(results[0], listed(found)[0], step.stopped)
        return
    for slot in written:  # running statistics, which are not among the results
        memory.lose(slot)
    for slot, value in zip(results, listed(found), strict=False):
        memory.enter(slot, stopped(value, step, memory.layout(slot)))


def stopped(value: Any, step: Step, layout: Layout) -> Any:
    return ad.stop_gradient(value) if step.stopped and layout.kind in "fc" else value


def computed(step: Step, memory: Memory, written: Sequence[Slot]) -> Any:
    """What a step returns, or writes into its first operand."""
    name = step.name.removesuffix("_") if written else step.name
    slots = slots_of((step.args, step.kwargs))
    if name in BLANK:
        return np.zeros(memory.layout(slots_of(step.results)[0]).shape)
    if name in CREATES:
        return by_torch(step, memory, [np.zeros(memory.layout(slot).shape) for slot in slots])
    values = [memory.read(slot) for slot in slots]
    kinds = [memory.layout(slot).kind for slot in slots]
    if name in CONVERTS:
        layout = memory.layout(slots_of(step.results)[0])
        found = convert(values[-1], kinds[-1], layout.kind)
        return found if np.shape(found) == layout.shape else np.broadcast_to(found, layout.shape)
    if not any(kind in "fc" for kind in kinds) and all(map(plain, values)):
        return by_torch(step, memory, values)
    if moves_only(step, name) and not open_mask(step, values, kinds):
        return run_move(step, values, kinds, memory.record.moves)
    entry = (truth_of(name) if set(kinds) <= {"b"} else None) or entry_of(name, step.overload._overloadname)
    if entry is None:
        raise Untranslatable(f"{name} of conditions that depend on an input has no translation")
    pending = iter(values)
    args, kwargs = filled((step.args, step.kwargs), lambda slot: next(pending))
    given = {key: value for key, value in kwargs.items() if key not in UNHEARD}
    return entry(*map(_meant, args), **{key: _meant(value) for key, value in given.items()})


def _meant(argument: Any) -> Any:
    """A Python float as the real number that it stands for: torch writes 2/sqrt(pi) as a double."""
    return named(argument, np.dtype(float)) if type(argument) is float else argument


def open_mask(step: Step, values: Sequence[Any], kinds: Sequence[str]) -> bool:
    """Whether one number is put where a condition on exact numbers holds: that is a choice for each entry."""
    if "index_put" not in step.name or kinds[1:2] != ["b"] or len(values) != 3:
        return False
    whole, mask, value = values
    return not plain(mask) and np.shape(mask) == np.shape(whole) and np.size(value) == 1


def _view(step: Step, memory: Memory) -> bool:
    """Whether a step only looks at its operand's storage; then its results are entered."""
    read = {memory.layout(slot).storage: slot for slot in reversed(slots_of((step.args, step.kwargs)))}
    results = slots_of(step.results)
    if not results or any(memory.layout(slot).storage not in read for slot in results):
        return False
    for slot in results:
        whole = read[memory.layout(slot).storage]
        if slot.number not in memory.values and not memory.shared(slot):
            value = moved(memory.read(whole), seen(memory, whole, slot))
            memory.enter(slot, stopped(value, step, memory.layout(slot)))
    return True


def seen(memory: Memory, whole: Slot, part: Slot) -> np.ndarray:
    """The positions in a tensor of what a view of it shows."""
    known, layout = memory.record.views, memory.layout(part)
    if part.number not in known:
        known[part.number] = within(memory.layout(whole), layout, memory.record.sizes[layout.storage])
    found: np.ndarray = known[part.number]  # never None: then the storage would be shared
    return found


def by_torch(step: Step, memory: Memory, values: Sequence[Any]) -> Any:
    """A step without floating-point operands, by torch itself."""
    slots = slots_of((step.args, step.kwargs))
    pending = iter([as_tensor(value, memory.layout(slot)) for value, slot in zip(values, slots, strict=True)])
    args, kwargs = filled((step.args, step.kwargs), lambda slot: next(pending))
    made = [memory.layout(slot) for slot in slots_of(step.results) if memory.layout(slot).kind == "f"]
    dtype = made_in(made[0].dtype, memory.record.width) if made else framework().float64
    if made and any(argument.name == "dtype" for argument in step.overload._schema.arguments):
        kwargs = {**kwargs, "dtype": dtype}
    kwargs.pop("device", None)
    with by_default(dtype):
        found = step.overload(*args, **kwargs)
    wide = [f.double() if f.is_floating_point() else f for f in listed(found)]
    return [f.numpy(force=True) for f in wide]


def listed(found: Any) -> Sequence[Any]:
    return found if isinstance(found, tuple | list) else [found]


def made_in(dtype: Any, width: int) -> Any:
    """The dtype in which numbers are made: float64, unless the function is wider than they are, which is its doing."""
    return dtype if dtype.itemsize < width else framework().float64


@contextmanager
def by_default(dtype: Any) -> Iterator[None]:
    """Quotients of integers, and chosen Python numbers, become tensors of the default dtype."""
    torch = framework()
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def as_tensor(value: Any, layout: Layout) -> Any:
    """A plain value as a tensor; integers have their own dtype again."""
    tensor = framework().tensor(np.asarray(value))
    return tensor.to(layout.dtype) if layout.kind in "ib" else tensor
