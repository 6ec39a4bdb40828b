"""Arrays that a derivative needs are read-only while the function that uses them runs.

Facts
    A graph keeps its constants and inputs by reference. Were one overwritten before the graph is pulled back, the
    derivative would be that of another function. So while f is traced, NumPy itself refuses the write, at its line.
    Only arrays are locked: numbers cannot be written into. All are given back when the outermost trace of the
    thread ends, however it ends. An older view of a locked array keeps its own flag: a write through it is not seen.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

SHOWN = 3  # locked arrays that a message lists


class _Held(threading.local):
    """What the traces of this thread have locked, with what it is to them; None outside of any trace."""

    arrays: list[tuple[np.ndarray, str]] | None = None


_held = _Held()


def begin() -> bool:
    """Begin to lock; whether this trace is the outermost, which is to end it."""
    if _held.arrays is not None:
        return False
    _held.arrays = []
    return True


def end() -> None:
    """Give back every array that was locked."""
    arrays, _held.arrays = _held.arrays, None
    for x, _ in reversed(arrays or ()):  # a view can be given back after its base only
        x.flags.writeable = True


def hold(x: np.ndarray, role: str) -> np.ndarray:
    """The array, locked with what it is a view of until the outermost trace ends.

    role: what it is to the derivative, for the message: "an input", "multiply".
    """
    arrays = _held.arrays
    view: Any = x
    while arrays is not None and isinstance(view, np.ndarray) and view.flags.writeable:
        if view.base is not None and not isinstance(view.base, np.ndarray):
            break  # memory of others: NumPy might not give the right to write back
        view.flags.writeable = False
        arrays.append((view, role))
        view = view.base
    return x


def named(problem: ValueError) -> ValueError | None:
    """What a refused write means, if a locked array may be what it was refused for."""
    if not _held.arrays or "read-only" not in str(problem):
        return None
    listed = list(dict.fromkeys(f"{role} (shape {x.shape}, {x.dtype})" for x, role in _held.arrays))
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return ValueError(
        f"a write into an array that the derivative needs ({problem}); read-only until the function returns, "
        f"as `.value` always is: {', '.join(listed[:SHOWN])}{more}; write into a copy, or compute a new array"
    )
