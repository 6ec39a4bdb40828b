"""What a framework without state answers: functions of values alone, which hold no arrays and draw nothing unseen."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from verify.adapters.framework import Pull


def state(op: Any) -> Any:
    return None


@contextlib.contextmanager
def restored(op: Any, kept: Any) -> Iterator[None]:
    yield


def parameters(op: Any) -> dict[str, Any]:
    return {}


def saved(pull: Pull) -> dict[str, Any]:
    return {}  # residuals are values: nothing can be written into them


def named(op: Any) -> tuple[str, list[str]]:
    """The name of a function and of its positional arguments."""
    try:
        found = inspect.signature(op).parameters.values()
    except (TypeError, ValueError):
        found = {}.values()
    names = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return getattr(op, "__name__", type(op).__name__), names
