"""Numbers as words of a command line: whole ones, and positive ones."""

from __future__ import annotations

import argparse
import math


def whole(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text.strip()!r} is not a whole number from 0 on")
    return int(text)


def positive(text: str) -> float:
    """A positive number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not (seconds > 0 and math.isfinite(seconds)):
        raise argparse.ArgumentTypeError(f"{text.strip()!r} is not a positive number of seconds")
    return seconds
