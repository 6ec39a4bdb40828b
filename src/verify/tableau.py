"""Extrapolation tableaus and the noise of a table of values: the arithmetic under `slopes`.

An estimate is a `Bar`: a value and a bound on its error. A difference quotient at the steps H, H/2, H/4, ...
has an error that is a series in h (one-sided) or h**2 (central); `extrapolate` removes its terms one by one
(Richardson, Romberg) and keeps the entry with the smallest bar. `noise` reads the size of the rounding from
high differences of equally spaced values, where everything smooth has cancelled (Hamming).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

# Two neighbouring entries of a tableau measure the error of the worse one; that is believed twice over. Where
# the quotients settle more slowly than the series says (|x|**1.5, steps too wide) the better one is hardly
# better, so the doubt grows up to the second number. With two quotients nothing is known about their pace.
DOUBT = 2.0
STRONGEST_DOUBT = 32.0

# A sample of a few differences can come out small by chance, and rounding is not normally distributed: the
# largest error of a value is taken to be this many times the measured standard deviation.
PEAK = 6.0

SUPPORT = 3.0  # by so many times its own radius a bar grows towards the one that supports it, at most

# Differences of these orders are read. Below 3 the smooth part may still show.
ORDERS = (4, 5, 6)


TABLE = 7  # values in a table of neighbours, the least that has differences of order 6
ROWS = 5  # rows of a tableau: H, H/2, ..., H/16
BASES = (1.0, 0.75 / 8, 0.625 / 64)  # base scales; unlike mantissas, so no point is shared

PROBE = 32  # values per step when stairs are looked for: a wiggle that broke the ladder here has 4 per radian
ABOVE = 8.0  # stairs lower than this many errors of a value are those errors
BENT = 0.02  # a slope that changes by more than this part from h to 3 * h explains why the ladder broke

Phi = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Bar:
    """A value known to lie within `radius` of the truth."""

    value: float
    radius: float

    def meets(self, other: Bar) -> bool:
        """Whether the two bars have a point in common."""
        return abs(self.value - other.value) <= self.radius + other.radius


def extrapolate(quotients: Sequence[float], errors: Sequence[float], growth: float) -> Bar:
    """The best entry of a Richardson tableau, with a bar from its neighbours and from the noise.

    Arguments:
        quotients: difference quotients at the steps H, H/2, H/4, ..., coarsest first.
        errors: a bound on the rounding of each quotient, same length.
        growth: 4 for central quotients (errors in h**2), 2 for one-sided ones (errors in h).

    Returns the entry with the smallest bar: at least twice the larger distance to the two
    entries it was made of, more where the quotients settle slowly, plus the rounding carried through the same
    combination. The bar is infinite when no entry is finite.

    Source: Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Adv. Eng. Software 4 (1982).

    >>> import math
    >>> steps = [0.5, 0.25, 0.125, 0.0625]
    >>> column = [(math.exp(h) - math.exp(-h)) / (2 * h) for h in steps]
    >>> bar = extrapolate(column, [1e-16 / h for h in steps], growth=4.0)
    >>> abs(bar.value - 1.0) <= bar.radius < 1e-6
    True
    """
    best = Bar(math.nan, math.inf)
    previous: list[tuple[float, float]] = []
    doubts = _doubts(quotients, errors, growth)
    for quotient, error, doubt in zip(quotients, errors, doubts, strict=True):
        row = [(float(quotient), float(error))]
        for k, (older, older_error) in enumerate(previous, start=1):
            power = growth**k
            newer, newer_error = row[-1]
            value = newer + (newer - older) / (power - 1.0)
            rounding = (power * newer_error + older_error) / (power - 1.0)
            radius = doubt * max(abs(value - newer), abs(value - older)) + rounding
            if radius < best.radius and math.isfinite(value):
                best = Bar(float(value), float(radius))
            row.append((value, rounding))
        previous = row
    return best


def _doubts(quotients: Sequence[float], errors: Sequence[float], growth: float) -> list[float]:
    """For each row, by how much the distance to its neighbours is to be multiplied."""
    doubts = [STRONGEST_DOUBT] * min(2, len(quotients))
    for i in range(2, len(quotients)):
        before, after = abs(quotients[i - 1] - quotients[i - 2]), abs(quotients[i] - quotients[i - 1])
        if after <= errors[i] + errors[i - 1]:
            doubts.append(DOUBT)
            continue
        pace = before / after - 1.0
        slowness = (growth - 1.0) / pace if pace > 0.0 else math.inf
        doubts.append(min(STRONGEST_DOUBT, DOUBT * max(1.0, slowness)))
    return doubts


def noise(table: np.ndarray) -> float:
    """The largest error to expect in one value of an equally spaced table, read from its high differences.

    Arguments:
        table: at least 7 finite values at equally spaced points, close enough together that a polynomial of
            degree 3 describes the smooth part within its rounding.

    Returns a bound in the units of the values; 0 when the differences vanish (the caller adds the rounding of
    the values themselves).

    Source: Hamming, "Introduction to Applied Numerical Analysis" (1971), chapter 6: independent errors of
    variance s**2 give k-th differences of variance C(2k, k) * s**2.

    >>> rough = np.array([0.0, 1e-8, 0.0, -1e-8, 1e-8, 1e-8, 0.0, -1e-8, 0.0])
    >>> 1e-8 < noise(1.0 + rough) < 1e-7
    True
    """
    deviations = []
    for order in ORDERS:
        differences = np.diff(table, order)
        largest = float(np.max(np.abs(differences)))
        if largest > 0.0 and math.isfinite(largest):
            mean_square = float(np.mean((differences / largest) ** 2))
            deviations.append(largest * math.sqrt(mean_square / math.comb(2 * order, order)))
    return PEAK * max(deviations, default=0.0)


def majority(bars: Sequence[Bar]) -> Bar | None:
    """The bar that most others meet, the sharpest of these, or None when no two meet.

    Arguments:
        bars: estimates of one number, made as independently as can be.

    Two entries of one tableau can be close to each other by chance. So where two sharp bars contradict each
    other, a wide one that meets both is the answer, and every answer grows by the distance to the sharpest
    bar that supports it. A much wider bar says little about a sharp one: it adds `SUPPORT` times at most.

    >>> majority([Bar(1.0, 1e-9), Bar(1.0, 1e-6), Bar(7.0, 1e-12)])
    Bar(value=1.0, radius=1e-09)
    >>> majority([Bar(1.0, 0.25), Bar(2.0, 0.25), Bar(1.5, 1.0)]).value
    1.5
    >>> majority([Bar(1.0, 0.1), Bar(2.0, 0.1), Bar(3.0, 0.1)]) is None
    True
    """
    ranked = sorted((bar for bar in bars if math.isfinite(bar.radius)), key=lambda bar: bar.radius)
    supporters = [[other for other in ranked if other is not bar and bar.meets(other)] for bar in ranked]
    most = max((len(others) for others in supporters), default=0)
    if most == 0:
        return None
    bar, others = next(pair for pair in zip(ranked, supporters, strict=True) if len(pair[1]) == most)
    distance = min(abs(bar.value - others[0].value), SUPPORT * bar.radius)
    return Bar(bar.value, bar.radius + distance)


@dataclass(frozen=True)
class Noise:
    """Error of a value at step h: `here + rise * |h| + relative * |value|`; of a step: `shift`."""

    here: float
    rise: float
    relative: float
    shift: float

    def of(self, values: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Bound on the error of each value at each step."""
        return np.asarray(self.here + self.rise * np.abs(steps) + self.relative * np.abs(values))


def look(phi: Phi, here: float, rounding: Noise, base: float, finest: float) -> tuple[Views, int]:
    """Three tableaus for each slope from one call of phi, and the number of values asked for.

    Arguments:
        phi: values at an array of steps.
        here: phi(0).
        rounding: the noise of the values near 0; how it rises further out is measured here.
        base: the largest step, a power of two.
        finest: the closest that two steps may be.
    """
    columns = base * np.array(BASES)[:, None] * 0.5 ** np.arange(ROWS)
    flat, away = columns.ravel(), columns[0, 1]
    beside = away + max(finest, base * 2.0**-40) * np.arange(TABLE)
    values = values_of(phi, np.concatenate([flat, -flat, beside, -beside]))
    right, left = values[: 2 * flat.size].reshape(2, *columns.shape)
    rise = loudest(values[2 * flat.size :].reshape(2, TABLE)) / away
    louder = Noise(rounding.here, rise, rounding.relative, rounding.shift)
    bars = [_three(*side, here, louder) for side in zip(columns, right, left, strict=True)]
    central, lefts, rights = zip(*bars, strict=True)
    return Views(central, lefts, rights), values.size


def _three(
    steps: np.ndarray, right: np.ndarray, left: np.ndarray, here: float, rounding: Noise
) -> tuple[Bar, Bar, Bar]:
    """Central, left and right slope from one base scale."""
    error_here = rounding.here + rounding.relative * abs(here)
    noise_right, noise_left = rounding.of(right, steps), rounding.of(left, steps)
    rightward, leftward = (right - here) / steps, (here - left) / steps
    shifted = (np.abs(rightward) + np.abs(leftward)) * rounding.shift
    columns = (
        ((right / 2 - left / 2) / steps, (noise_right + noise_left) / 2, 4.0),
        (leftward, noise_left + error_here, 2.0),
        (rightward, noise_right + error_here, 2.0),
    )
    bars = [extrapolate(q, (e + shifted) / steps, growth) for q, e, growth in columns]
    return bars[0], bars[1], bars[2]


@dataclass(frozen=True)
class Views:
    """Three estimates of each slope, from three base scales."""

    central: tuple[Bar, ...]
    left: tuple[Bar, ...]
    right: tuple[Bar, ...]


def values_of(phi: Phi, steps: np.ndarray) -> np.ndarray:
    """The values at the steps, as float64; raises ValueError when their number is not that of the steps."""
    values = np.array(phi(steps), dtype=np.float64)
    if values.shape != steps.shape:
        raise ValueError(f"phi returned shape {values.shape} for steps of shape {steps.shape}: return one value a step")
    return values


def loudest(tables: np.ndarray) -> float:
    """The noise of the loudest table, a row each; rows with a value that is not finite tell nothing."""
    return max((noise(table) for table in tables if np.isfinite(table).all()), default=0.0)


def stair_height(phi: Phi, steps: np.ndarray, known: float) -> tuple[float, int]:
    """The height of the stairs that phi climbs at these steps (0 where smooth), and how many values it took.

    Arguments:
        phi: values at an array of steps.
        steps: where to look, finest first: between h and 3 * h for each h, as long as phi is straight there.
        known: the error of a value; what is not well above it is no stair.

    Differences of a smooth function shrink with their order when the points are close, those of stairs stay.
    """
    spent = 0
    for step in steps:
        values = values_of(phi, step * (1.0 + np.arange(2 * PROBE) / PROBE))
        spent += values.size
        if not np.isfinite(values).all():
            break
        changes = np.diff(values)
        third, sixth = (_deviation(values, order) for order in (3, 6))
        odd = float(np.max(np.abs(changes - np.median(changes))))
        if sixth > third / PROBE and odd > ABOVE * known:
            return max(noise(values), noise(values[::8]), odd), spent
        if abs(np.mean(changes[:PROBE]) - np.mean(changes[PROBE:])) > BENT * np.max(np.abs(changes)):
            break
    return 0.0, spent


def _deviation(table: np.ndarray, order: int) -> float:
    """The largest difference of this order, in standard deviations of independent errors."""
    return float(np.max(np.abs(np.diff(table, order)))) / math.sqrt(math.comb(2 * order, order))
