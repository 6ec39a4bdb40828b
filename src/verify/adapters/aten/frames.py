"""Who called an operation: the user's line, and whether an ``autograd.Function``'s forward is running."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from verify.adapters.aten.steps import framework

OURS = str(Path(__file__).parents[2])
RECORDING = str(Path(__file__).with_name("recording.py"))


def callers() -> Iterator[FrameType]:
    """The frames that are open, the innermost first, up to the call of ``record``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not (frame.f_code.co_name == "record" and frame.f_code.co_filename == RECORDING):
        yield frame
        frame = frame.f_back


def in_forward() -> bool:
    """Whether an ``autograd.Function``'s forward is running: ``Function.apply`` is then among the callers."""
    apply = framework().autograd.Function.apply.__func__.__code__
    return any(frame.f_code is apply for frame in callers())


def calling_line() -> str:
    """The line of the user's that called an operation, as "/home/me/op.py:14"; "" where there is none."""
    theirs = str(Path(framework().__file__).parent)
    for frame in callers():
        file = frame.f_code.co_filename
        if not file.startswith((theirs, OURS, "<")):
            return f"{file}:{frame.f_lineno}"
    return ""
