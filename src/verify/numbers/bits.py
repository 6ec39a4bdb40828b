"""The working precision of balls: ``flint.ctx.prec`` is global to the process, and ``precision`` is its only owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import flint


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run a block at a working precision in bits; the former one returns whatever happens."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before
