"""Arrays that a derivative needs are read-only while the function that uses them runs.

Facts
    A graph keeps its constants and inputs by reference. Were one overwritten before the graph is pulled back, the
    derivative would be that of another function. So while f is traced, NumPy itself refuses the write, at its line.
    Only arrays are locked: numbers cannot be written into. All are given back when the outermost trace of the
    thread ends, however it ends. An older view of a locked array keeps its own flag: a write through it is not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from ad.core import EAGER, Tape

WRITABLE = (np.ndarray, tuple, list)  # kinds of static arguments that may be written into, or hold what may be
SHOWN = 3  # locked arrays that a message lists


Held = dict[int, tuple[np.ndarray, str]]  # arrays with what they are to a derivative, by id

# What the traces of this thread have locked; None outside of any trace.
_held: ContextVar[Held | None] = ContextVar("held", default=None)


def locking(run: Callable[[], Any]) -> Any:
    """What ``run()`` returns, which makes a trace: what that holds is read-only meanwhile; a refused write is named."""
    outermost = _held.get() is None
    if outermost:
        arrays: Held = {}
        _held.set(arrays)
    try:
        return run()
    except ValueError as problem:
        said = named(problem)
        if said is None:
            raise
        raise said from problem
    finally:
        if outermost:
            _held.set(None)
            if arrays:
                _give_back(arrays)


def _give_back(arrays: Held) -> None:
    views = []
    for x, _ in arrays.values():
        if x.base is None:
            x.flags.writeable = True
        else:
            views.append(x)
    for x in sorted(views, key=lambda x: len(_bases(x))):  # a view can be given back after its base only
        x.flags.writeable = True


def hold(x: np.ndarray, role: str) -> np.ndarray:
    """The array, locked with what it is a view of until the outermost trace ends.

    role: what it is to the derivative, for the message: "an input", "multiply".
    """
    arrays = _held.get()
    flags = x.flags
    if arrays is None or not (flags.writeable or x.base is not None):
        return x
    if x.base is not None:
        bases = _bases(x)
        # Nothing can be given back whose base another hand has locked, or whose memory is no array's.
        if not all(isinstance(v, np.ndarray) and (v.flags.writeable or id(v) in arrays) for v in bases):
            return x
        for v in bases:
            if v.flags.writeable:
                v.flags.writeable = False
                arrays[id(v)] = v, role
    if flags.writeable:
        flags.writeable = False
        arrays[id(x)] = x, role
    return x


def constant(x: np.ndarray, role: str, tape: Tape) -> np.ndarray:
    """An array as a constant operand of a node on the tape."""
    return kept(x) if tape is EAGER else hold(x, role)  # an eager graph has no end at which it could be given back


def held(static: Any, role: str, tape: Tape) -> Any:
    """A static argument, such as an index: its arrays as constants, its lists as copies."""
    if type(static) is np.ndarray:
        return constant(static, role, tape)
    if type(static) in WRITABLE:
        return type(static)([held(part, role, tape) for part in static])
    return static


def kept(x: Any) -> Any:
    """An array that nobody else can write into: a copy of it; anything else as it is."""
    return x.copy(order="K") if type(x) is np.ndarray else x


def read_only(x: Any) -> Any:
    """A view of an array that cannot be written into; anything else as it is."""
    if type(x) is np.ndarray:
        x = x.view()
        x.flags.writeable = False
    return x


def _bases(x: Any) -> list[Any]:
    """What an array is a view of, the nearest first."""
    found = []
    while (x := getattr(x, "base", None)) is not None:
        found.append(x)
    return found


def named(problem: ValueError) -> ValueError | None:
    """What a refused write means, if a locked array may be what it was refused for."""
    arrays = _held.get()
    if not arrays or "read-only" not in str(problem):
        return None
    listed = list(dict.fromkeys(f"{role} (shape {x.shape}, {x.dtype})" for x, role in arrays.values()))
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return ValueError(
        f"a write into an array that the derivative needs ({problem}); read-only until the function returns, "
        f"as `.value` always is: {', '.join(listed[:SHOWN])}{more}; write into a copy, or compute a new array"
    )
