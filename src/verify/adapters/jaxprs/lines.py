"""The user's line of an equation, also of one that a backward rule ran.

Facts
    JAX notes for every equation the frames that were open. For those of a rule of ``custom_vjp`` it notes the call that
    the rule belongs to instead; while a function is traced here, they keep the frames of the rule.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from verify.adapters.frameworks import loaded

OURS = str(Path(__file__).parents[2])


def line_of(equation: Any) -> str:
    """The user's line that called an equation, as "/home/me/op.py:14"; "" where there is none."""
    return _line(equation.source_info.traceback)


def _line(traceback: Any) -> str:
    theirs = str(Path(str(loaded("jax").__file__)).parent)  # type: ignore[union-attr]
    for frame in getattr(traceback, "frames", ()):  # the innermost first
        if frame.file_name == __file__:  # of ``current`` below
            continue
        if frame.file_name.startswith(OURS):
            break
        if not frame.file_name.startswith((theirs, "<")):
            return f"{frame.file_name}:{frame.line_num}"
    return ""


@contextlib.contextmanager
def lines_of_rules() -> Iterator[None]:
    """A context in which the equations of a backward rule keep its lines; none in a JAX laid out otherwise."""
    notes = loaded("jax._src.source_info_util")
    noted = getattr(notes, "current", None)
    if noted is None:
        yield
        return

    def current() -> Any:
        found = noted()
        here = type(found.traceback).get_traceback() if found.traceback is not None else None
        return found.replace(traceback=here) if _line(here) else found

    try:
        notes.current = current  # type: ignore[union-attr]
        yield
    finally:
        notes.current = noted  # type: ignore[union-attr]
