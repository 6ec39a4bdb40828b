"""The outline of a record: what a function does, step by step, whatever the precision it runs in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from verify.adapters.aten.steps import Record, Slot, Step, slots_of

CONVERSIONS = ("aten._to_copy", "aten.detach", "aten.alias")  # nothing of these is left where dtypes agree


def outline_of(record: Record) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The steps of a record, each with the numbers in its call and of the tensors that it takes from outside."""
    return tuple(
        (step.name, tuple(_numbers((step.args, step.kwargs), record)))
        for step in record.steps
        if isinstance(step, Step) and step.name not in CONVERSIONS
    )


def _numbers(given: Any, record: Record) -> Iterator[float]:
    for slot in slots_of(given):
        constant = record.constants.get(slot.number)
        if constant is not None and constant.dtype.kind in "fib":
            yield from (float(x) for x in np.reshape(constant, (-1,)))
    yield from _written(given)


def _written(value: Any) -> Iterator[float]:
    """The numbers in nested arguments."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        for part in value:
            yield from _written(part)
    elif isinstance(value, int | float) and not isinstance(value, Slot):
        yield float(value)
