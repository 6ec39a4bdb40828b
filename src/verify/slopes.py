"""The slope of a function of one variable from its values alone, with an error bar that can be believed.

Read `slope` first. It asks for a ladder of steps from rounding level to the size of the input, two tables of
close neighbours whose high differences are the noise, and three tableaus from different base scales. Where
the ladder breaks at a suspiciously small change, it looks for stairs.

Facts
- Rounding of the values spoils small steps as noise/h, curvature spoils large ones. Neither is known
  beforehand, so both are measured; the ladder shows up to which step the quotients still settle.
- A central quotient is blind to a kink at the point (|x| at 0 gives exactly 0 at every step). One-sided
  quotients see it, so they are extrapolated too and have to meet.
- Code in float32 called with float64 steps is a staircase: neighbours are equal, then jump. A table narrower
  than one stair reads noise 0. The ladder shows the stair, and the table is spaced wider than it.
- Steps have few significant bits (1, 3/4 or 5/8 of a power of two) so that x + h is exact as often as can be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from verify.tableau import TABLE, Bar, Noise, Phi, Views, look, loudest, majority, stair_height, values_of

UNIT = 2.0**-53  # the roundoff of float64, in which the values arrive
SUBNORMAL = 5e-324  # no float64 value is finer than this
FINEST = 2.0**-45  # finest step relative to scale: 8 bits above the rounding of x + h
OCTAVES = 3  # the ladder's steps differ by 2**3: the quotients' errors by 64 (central) and 8 (one-sided)
DEPTH = 45  # below a small scale's 1, the ladder goes down this many octaves too, as it would for the scale 1
ASIDE = 10.0  # such a table begins this many spacings from the point
NARROW = 2.0**-19  # flats narrower than this part of the scale are rounding (float32 has 2**-23) ...
LOW = 2.0**-17  # ... and so are jumps lower than this part of the value
SUSPECT = (2.0**-7, 2.0**-10)  # stairs are looked for below this part of the scale and this part of the value
ULPS = 2.0**-44  # stairs lower than this part of the value are float64's own, which every noise includes
SLACK = 4.0  # how far beyond its noise a difference of quotients may be before it counts as curvature
ATTEMPTS = 3  # base scales are lowered this often before giving up


@dataclass(frozen=True)
class Slope:
    """An estimate of phi'(0) and of both one-sided slopes, with bounds on their errors."""

    value: float
    radius: float
    left: float
    right: float
    one_sided_radius: float
    evaluations: int


@dataclass(frozen=True)
class NoSlope:
    """Why no slope can be believed here, in one sentence; kink: because the two sides differ."""

    reason: str
    kink: bool = False


@dataclass(frozen=True)
class Ladder:
    """Values at the steps 0, +h and -h for every rung h, finest first; cut where a value is not finite."""

    steps: np.ndarray
    here: float
    right: np.ndarray
    left: np.ndarray
    evaluations: int

    def upto(self, count: int) -> Ladder:
        """The same ladder without the rungs from `count` on."""
        return Ladder(self.steps[:count], self.here, self.right[:count], self.left[:count], self.evaluations)


def slope(phi: Phi, scale: float, roundoff: float = UNIT) -> Slope | NoSlope:
    """Estimate phi'(0) from about 95 values of phi, with an error bar, or say why there is none.

    Arguments:
        phi: takes a 1-d float64 array of steps, positive, negative or 0, and returns the 1-d array of values
            f(x + h * v); nan or inf where f is undefined. Called 3 to 7 times, with many steps at once.
        scale: magnitude of the input that is moved, > 0 (|x|, or 1 where x is 0). The caller's x + h * v
            rounds, so a step is known to within roundoff * scale.
        roundoff: unit roundoff of the arithmetic that phi uses, 2**-53 for float64. Code that is coarser
            than it claims is noticed from its values.

    Returns a `Slope`, or a `NoSlope` at kinks, jumps, infinite slopes, edges of the domain and where nothing
    settles.

    Raises ValueError when scale or roundoff is not a positive finite number, or phi returns another shape.

    Source: Ridders (1982) for the tableaus, Hamming (1971) for the noise; see `verify.tableau`.

    >>> found = slope(lambda h: np.exp(1.0 + h), scale=1.0)
    >>> abs(found.value - math.e) <= found.radius < 1e-8
    True
    >>> slope(lambda h: np.abs(h), scale=1.0).reason
    'the one-sided slopes differ: -1 (left) and 1 (right): a kink'
    """
    _require(scale, roundoff)
    with np.errstate(all="ignore"):
        ladder = _climb(phi, scale, roundoff)
        if not math.isfinite(ladder.here):
            return NoSlope(f"phi is not finite at the point itself: {ladder.here}")
        defined = _defined(ladder)
        if defined < 3:
            return _at_the_edge(ladder, defined)
        return _measure(phi, ladder.upto(defined), scale, roundoff)


def _require(scale: float, roundoff: float) -> None:
    for name, number, bound in (("scale", scale, math.inf), ("roundoff", roundoff, 0.125)):
        if not 0.0 < number < bound:
            raise ValueError(f"{name} is {number!r}: pass a positive finite number below {bound}")


# The ladder


def _climb(phi: Phi, scale: float, roundoff: float) -> Ladder:
    steps = _rungs(scale, roundoff)
    values = values_of(phi, np.concatenate([[0.0], steps, -steps]))
    right, left = values[1 : 1 + steps.size], values[1 + steps.size :]
    return Ladder(steps, float(values[0]), right, left, values.size)


def _rungs(scale: float, roundoff: float) -> np.ndarray:
    """Powers of two from the finest step that means something up to the scale, and on to 1 below 1."""
    top = math.frexp(scale)[1] - 1
    depth = -math.frexp(max(FINEST, 8.0 * roundoff))[1] + 1
    stride = max(1, min(OCTAVES, depth // 8))
    exponents = list(range(top, top - depth - 1, -stride))[::-1]
    exponents += [e for e in range(-DEPTH, 1, OCTAVES) if e > top]
    return np.array([math.ldexp(1.0, e) for e in exponents if -1060 <= e <= 1000])


def _defined(ladder: Ladder) -> int:
    """How many rungs, from the finest on, have finite values on both sides."""
    finite = np.isfinite(ladder.right) & np.isfinite(ladder.left)
    return int(finite.size if finite.all() else np.argmin(finite))


def _at_the_edge(ladder: Ladder, defined: int) -> NoSlope:
    step = ladder.steps[defined]
    right_stops = not np.isfinite(ladder.right[defined])
    at, value = (step, ladder.right[defined]) if right_stops else (-step, ladder.left[defined])
    return NoSlope(f"phi is not finite at a step of {at:.3g} ({value}): too close to an edge of the domain")


# Noise


def _listen(phi: Phi, ladder: Ladder, scale: float, roundoff: float) -> Noise:
    """Noise beside the point, from seven neighbours on each side, further apart than a stair of the code.

    The tables keep away from the point: a kink or a jump there is no noise.
    """
    spacing, stair = _spacing(ladder, scale, roundoff)
    steps = spacing * (ASIDE + np.arange(TABLE))
    measured = loudest(values_of(phi, np.concatenate([steps, -steps])).reshape(2, TABLE))
    return Noise(measured + stair + 2.0 * SUBNORMAL, 0.0, 2.0 * max(roundoff, UNIT), roundoff * scale)


def _spacing(ladder: Ladder, scale: float, roundoff: float) -> tuple[float, float]:
    """A spacing wider than one stair, and the height of a stair; the finest rung and 0 on smooth values."""
    steps, flats = ladder.steps, (_flat(ladder.right), _flat(ladder.left))
    rung = min(flats)
    if rung == 0 or rung == steps.size - 1:
        return steps[0], 0.0
    sides = zip((ladder.right, ladder.left), flats, strict=True)
    heights = [abs(side[flat + 1] - side[flat]) for side, flat in sides if flat + 1 < steps.size]
    height = float(min(heights))
    value = max(abs(ladder.here), abs(ladder.right[rung]), abs(ladder.left[rung]))
    narrow = len(heights) == 2 and steps[rung] <= max(NARROW, 16.0 * roundoff) * scale
    if not (narrow or height <= max(LOW, 16.0 * roundoff) * value):
        return steps[0], 0.0
    seen = height if height > ULPS * abs(ladder.here) else 0.0
    return min(2.0 * steps[rung + 1], steps[-1] / (2.0 * ASIDE)), seen


def _flat(side: np.ndarray) -> int:
    """The last rung up to which the values equal the one at the finest step."""
    changed = side != side[0]
    return int(np.argmax(changed)) - 1 if changed.any() else side.size - 1


def _jump(ladder: Ladder, rounding: Noise) -> NoSlope | None:
    """A change that does not shrink with the step."""
    noise_here = rounding.here + rounding.relative * abs(ladder.here)
    for side, values in (("right", ladder.right), ("left", ladder.left)):
        change = values[:3] - ladder.here
        sizes = np.abs(change)
        if sizes[0] > 16.0 * noise_here and sizes[0] >= 0.5 * sizes[2]:
            return NoSlope(f"phi jumps by {change[0]:.3g} to the {side} of the point, within {ladder.steps[0]:.3g}")
    return None


def _suspicious(ladder: Ladder, stop: int, scale: float) -> bool:
    """Whether the quotients stop settling at a change so small that it may be lost digits."""
    if stop + 1 >= ladder.steps.size or ladder.steps[stop + 1] > SUSPECT[0] * scale:
        return False
    strays = []
    for values in (ladder.right, ladder.left):
        straight = (values[stop] - ladder.here) * (ladder.steps[stop + 1] / ladder.steps[stop])
        strays.append(abs(values[stop + 1] - ladder.here - straight))
    size = max(abs(ladder.here), abs(ladder.right[stop + 1]), abs(ladder.left[stop + 1]))
    return bool(max(strays) <= SUSPECT[1] * size)


# Which steps still settle


def _settled(ladder: Ladder, rounding: Noise) -> int:
    """The coarsest rung from which every finer quotient moves as it does for a smooth function."""
    steps, here = ladder.steps, ladder.here
    right, left = (ladder.right - here) / steps, (here - ladder.left) / steps
    central = (ladder.right / 2 - ladder.left / 2) / steps
    spread = rounding.of(ladder.right, steps) + rounding.of(ladder.left, -steps)
    errors = (spread + (np.abs(right) + np.abs(left)) * rounding.shift) / steps
    counts = [_run(steps, quotients, errors, power) for quotients, power in ((central, 2), (right, 1), (left, 1))]
    return min(counts)


def _run(steps: np.ndarray, quotients: np.ndarray, errors: np.ndarray, power: int) -> int:
    """The last rung of the run in which changes between rungs grow as `step**power`, or hide in the noise."""
    moved = np.abs(np.diff(quotients))
    hidden = SLACK * (errors[1:] + errors[:-1])
    for i in range(moved.size):
        ratio = steps[i + 1] / steps[i]
        before = max(moved[i - 1], hidden[i - 1]) if i else math.inf
        emerged = bool(i) and moved[i - 1] > hidden[i - 1]
        grows = not emerged or moved[i] >= math.sqrt(ratio) * moved[i - 1]
        if moved[i] <= hidden[i]:
            continue
        if not (grows and moved[i] <= 8.0 * ratio ** (power + 2) * before):
            return i
    return int(moved.size)


# The decision


def _measure(phi: Phi, ladder: Ladder, scale: float, roundoff: float) -> Slope | NoSlope:
    rounding = _listen(phi, ladder, scale, roundoff)
    spent = ladder.evaluations + 2 * TABLE
    jump, rung = _jump(ladder, rounding), _settled(ladder, rounding)
    stop = 0 if jump else rung
    if _suspicious(ladder, stop, scale):
        known = rounding.here + rounding.relative * abs(ladder.here)
        stairs, used = stair_height(phi, ladder.steps[stop + 1 : stop + 3], known)
        spent += used
        if stairs > max(LOW, 16.0 * roundoff) * abs(ladder.here):
            return NoSlope(f"phi climbs in stairs {stairs:.2g} high: steps of the function or lost digits")
        if stairs > 0.0:
            rounding = Noise(rounding.here + stairs, 0.0, rounding.relative, rounding.shift)
            jump, rung = _jump(ladder, rounding), _settled(ladder, rounding)
    return jump or _decide(phi, ladder, rounding, rung, spent)


def _decide(phi: Phi, ladder: Ladder, rounding: Noise, rung: int, spent: int) -> Slope | NoSlope:
    verdict: Slope | NoSlope = _unsettled(ladder)
    for lower in range(rung, 1, -2)[:ATTEMPTS]:
        views, used = look(phi, ladder.here, rounding, float(ladder.steps[lower]), float(ladder.steps[1]))
        spent += used
        verdict = _judge(views, spent)
        if isinstance(verdict, Slope) or "kink" in verdict.reason:
            break
    return verdict


def _unsettled(ladder: Ladder) -> NoSlope:
    right, left = (ladder.right - ladder.here) / ladder.steps, (ladder.here - ladder.left) / ladder.steps
    fine, _, coarse = max(right[:3], left[:3], key=lambda quotients: abs(float(quotients[0])))
    sizes = f"{coarse:.3g} at step {ladder.steps[2]:.3g}, {fine:.3g} at step {ladder.steps[0]:.3g}"
    if abs(fine) > abs(coarse):
        return NoSlope(f"the slopes grow as the step shrinks ({sizes}): infinite slope or a jump")
    return NoSlope(f"the slopes do not settle as the step shrinks ({sizes})")


def _judge(views: Views, spent: int) -> Slope | NoSlope:
    left, right = majority(views.left), majority(views.right)
    if left is None or right is None:
        side, bars = ("left", views.left) if left is None else ("right", views.right)
        return NoSlope(f"no two tableaus agree on the {side} slope: {_listed(bars)}")
    if not left.meets(right):
        return NoSlope(
            f"the one-sided slopes differ: {left.value:.6g} (left) and {right.value:.6g} (right): a kink", kink=True
        )
    best = majority(views.central)
    if best is None:
        return NoSlope(f"no two tableaus agree: {_listed(views.central)}")
    radius = best.radius + 4.0 * UNIT * abs(best.value) + SUBNORMAL
    if not math.isfinite(radius):
        return NoSlope(f"the slope {best.value:.3g} is beyond what float64 can bound")
    return Slope(best.value, radius, left.value, right.value, max(left.radius, right.radius), spent)


def _listed(bars: tuple[Bar, ...]) -> str:
    return ", ".join(f"{bar.value:.6g} +- {bar.radius:.2g}" for bar in bars)
