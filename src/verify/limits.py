"""A time limit on work that nobody can predict, such as polynomial arithmetic on a user's formula."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


class TooLong(Exception):
    """The work was stopped by its time limit."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do the work and return its result, or raise TooLong after so many seconds.

    It uses the interval timer of Unix, which only the main thread may set; elsewhere the work runs without a
    limit. A timer that was already running (pytest-timeout's) goes on afterwards.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        return work()

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong(f"stopped after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    remaining, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, remaining)
        signal.signal(signal.SIGALRM, before)
