"""Error bars: how far each answer is from the truth, on a logarithmic scale, against what is allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from verify.finding import PointFinding, Says

WIDTH = 180.0  # of a bar, in CSS pixels
BELOW = 3.0  # decades shown below the allowance; anything nearer to the truth is drawn at the left edge


@dataclass(frozen=True)
class Scale:
    """Decades from ``low`` (left edge) to ``high`` (right edge)."""

    low: float
    high: float

    def place(self, distance: float) -> float:
        """Where a distance is drawn, in pixels from the left edge, which also stands for zero.

        Example
            >>> Scale(-2.0, 2.0).place(1.0), Scale(-2.0, 2.0).place(0.0)
            (90.0, 0.0)
        """
        if not distance > 0:
            return WIDTH if math.isnan(distance) else 0.0
        if math.isinf(distance):
            return WIDTH
        share = (math.log10(distance) - self.low) / (self.high - self.low)
        return round(WIDTH * min(max(share, 0.0), 1.0), 1)


@dataclass(frozen=True)
class Bar:
    """A dot at the distance, a line over the error bar, and the edge of what is allowed, in pixels."""

    dot: float
    start: float
    end: float
    allowed: float


def scale(point: PointFinding) -> Scale | None:
    """The scale for all bars of a point; None where nothing was measured or no allowance is known."""
    if point.allowed is None or not math.isfinite(point.allowed) or point.allowed <= 0:
        return None
    edge = math.log10(point.allowed)
    reach = [point.gap or 0.0]
    reach += [distance(s, point.truth) + (s.radius or 0.0) for s in point.witnesses if s.value is not None]
    return Scale(edge - BELOW, max([edge + 1, *(math.log10(r) for r in reach if 0 < r < math.inf)]) + 0.3)


def bar(measured: Scale, point: PointFinding, away: float, radius: float) -> Bar:
    """The bar of an answer so far away from the truth, with an error bar of that radius."""
    return Bar(
        dot=measured.place(away),
        start=measured.place(max(away - radius, 0.0)),
        end=measured.place(away + radius),
        allowed=measured.place(point.allowed or 0.0),
    )


def distance(says: Says, truth: str) -> float:
    """How far a witness is from the truth; digits are subtracted as decimals, beyond float64.

    Example
        >>> distance(Says("w", (), digits="1.00000000000000000001", value=1.0), "1.0")
        1e-20
    """
    if says.value is None:
        return math.nan
    try:
        return float(abs(Decimal(says.digits or says.value) - Decimal(truth)))
    except (InvalidOperation, OverflowError):
        return math.nan
