"""Torch functions as programs over NumPy, through the aten operations that they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.adapters.aten.outline import outline_of
from verify.adapters.aten.recording import record
from verify.adapters.aten.running import run_record
from verify.adapters.aten.steps import Step
from verify.adapters.translation import Translation


def translated(function: Callable[..., Any], tensors: Sequence[Any]) -> Translation:
    """A torch function as a program over NumPy, at the shapes and dtypes of example tensors.

    Arguments
        function: takes the tensors and returns one or a tuple or list of them; it may call ``torch.autograd.grad``.
        tensors: the examples.
    Returns
        a Translation; where the function returns None among its results, so does ``run``.
    Raises
        Untranslatable, naming the operation that has no translation; and whatever the function raises.
    """
    found = record(function, tensors)
    lines = tuple((step.name, step.line) for step in found.steps if isinstance(step, Step))
    names = tuple(dict.fromkeys(name for name, _ in lines))
    return Translation(lambda arrays: run_record(found, arrays), names, lines, outline_of(found))
