"""Floating-point formats: what one rounding, one underflow and one overflow are in the numbers of a subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Format:
    """A binary floating-point format.

    roundoff     the unit roundoff u: half the distance from 1 to the next number
    smallest     the smallest subnormal; tiny: the smallest normal number; largest: the largest finite one
    accumulator  the unit roundoff in which sums and products of matrices are accumulated
    """

    name: str
    roundoff: float
    smallest: float
    tiny: float
    largest: float
    accumulator: float

    @property
    def half(self) -> bool:
        """Whether it has 16 bits: too few to add in, so that no reference is run in it."""
        return self.accumulator < self.roundoff

    @property
    def flushed(self) -> float:
        """The smallest number that is left where subnormals become 0: float16's are normal numbers of float32."""
        return self.smallest if self.name == "float16" else self.tiny


def _binary(name: str, bits: int, lowest: int, highest: int, accumulator: int | None = None) -> Format:
    """bits: of the significand, the hidden one included; lowest, highest: exponents of normal numbers."""
    u = 2.0**-bits
    tiny = 2.0**lowest
    return Format(name, u, tiny * 2 * u, tiny, (2 - 2 * u) * 2.0**highest, 2.0 ** -(accumulator or bits))


# IEEE 754-2019, table 3.5; bfloat16 is float32 without its last 16 bits. The kernels of both halves add in float32.
FORMATS = {
    format.name: format
    for format in (
        _binary("float64", 53, -1022, 1023),
        _binary("float32", 24, -126, 127),
        _binary("float16", 11, -14, 15, accumulator=24),
        _binary("bfloat16", 8, -126, 127, accumulator=24),
    )
}


def format_of(x: Any) -> Format | None:
    """The format of an array, number or dtype; None for one that is not judged.

    Example
        >>> format_of(np.float32(1.5)).roundoff == 2.0**-24, format_of(np.dtype(int))
        (True, None)
    """
    return FORMATS.get(np.dtype(getattr(x, "dtype", x)).name)


def coarsest(arrays: Any) -> Format:
    """The format with the largest roundoff among arrays; float64 when there are none."""
    found = [f for f in map(format_of, arrays) if f is not None]
    return max(found, key=lambda f: f.roundoff, default=FORMATS["float64"])


def widened(x: Any) -> Any:
    """The same numbers in float64 where the format has 16 bits; anything else as it is."""
    found = format_of(x)
    return x.astype(float) if found is not None and found.half else x
