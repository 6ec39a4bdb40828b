"""How far the exact numbers of a program move when everything that floating point would round is moved a little.

Every rounded quantity is scaled by 1 +- t with seeded signs, in balls; the change divided by t is the movement. The
t is far below any distance between branches of practical interest, and the precision leaves 100 bits and more below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np

from verify.nudges import PATTERNS, Nudges
from verify.numbers.balls import Undecided, decided, precision
from verify.numbers.gradient import Scale, Slopes, adjoints_of, exactly, nudged, sweep, weighted
from verify.numbers.program import CONSTANT, INPUT, Program, Refused, Term
from verify.numbers.symbols import reachable

# Bits of precision and the exponent of t: the second where the first does not decide the numbers themselves, as in
# cos(x) at 1e300, which moves by all of itself when x moves by one part in 1e300.
LEVELS = ((400, -80), (2500, -1100))

Rows = Sequence[Sequence[tuple[Term, float]]]


def movement(program: Program, rows: Rows, seed: int) -> np.ndarray:
    """How far the exact gradient moves, to first order, per unit of relative change in all that is rounded.

    What is rounded: every input, cotangent, result of a step, adjoint product and sum of such products.
    Where linear algebra or a Fourier transform was done, the size of the whole row besides.
    Returns the root mean square over the patterns, shape (rows, inputs); raises Refused where the gradient is refused.
    """
    zeros: dict[int, list[set[int]]] = {}

    def at(bits: int, scale: Scale) -> list[list[Any]]:
        if scale is exactly:
            return sweep(program, rows, bits, scale)
        if bits not in zeros:
            zeros[bits] = [_cancelling(program, row, bits) for row in rows]
        return sweep(program, rows, bits, scale, zeros[bits])

    values, moved = _moved(program, seed, at)
    if program.normwise and values.size:  # N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, ch. 10
        moved = moved + np.max(np.abs(values), axis=1, keepdims=True)
    return moved


def _cancelling(program: Program, row: Sequence[tuple[Term, float]], bits: int) -> set[int]:
    """The steps other than inputs whose adjoint is a sum that cancels exactly, such as the shift of a softmax.

    In the pass that is nudged all of what is left of it is rounding. Handed on as it is, it would take away the
    rounding of what it is the sum of, where it meets that again; so it gets a sign of its own.
    """
    needed = reachable(program, [term.index for term, _ in row])
    adjoints = adjoints_of(program, needed, row, program.values(bits), Slopes(program, program.values(bits)), exactly)
    found = set()
    for n, adjoint in adjoints.items():
        meaning, _ = program.steps[n]
        if meaning is not INPUT and meaning is not CONSTANT and adjoint.contains(0):
            found.add(n)
    return found


def value_enclosure(program: Program, rows: Rows, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The exact value of each row, and how far it moves per unit of relative change in all that is rounded.

    Returns (values, movements), float64 arrays of shape (rows,); raises Refused where a value is not decided.
    """
    needed = reachable(program, [term.index for row in rows for term, _ in row])

    def at(bits: int, scale: Scale) -> list[list[Any]]:
        values = program.values(bits) if scale is exactly else nudged(program, needed, scale)
        return [[weighted(values, row)] for row in rows]

    values, moved = _moved(program, seed, at)
    return values[:, 0], moved[:, 0]


def _moved(
    program: Program, seed: int, at: Callable[[int, Scale], Sequence[Sequence[Any]]]
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of numbers, and the root mean square of their changes over the patterns, per unit of t."""
    reason = ""
    for bits, exponent in LEVELS:
        with precision(bits):
            try:
                centre = at(bits, exactly)
                if not all(decided(x) for row in centre for x in row):
                    reason = f"not finite, or not decided at {bits} bits"
                    continue
                t = flint.arb(2) ** exponent
                squares = np.zeros((len(centre), len(centre[0]) if centre else 0))
                for pattern in range(PATTERNS):
                    program.check_budget()
                    squares = np.hypot(squares, _changes(at(bits, _scales(seed, pattern, t)), centre, t))
            except Undecided as undecided:
                reason = str(undecided)
                continue
            values = np.array([[float(x.mid()) for x in row] for row in centre])
            return values.reshape(squares.shape), squares / np.sqrt(PATTERNS)
    raise Refused(f"how far it moves is not known: {reason}")


def _changes(moved: Sequence[Sequence[Any]], centre: Sequence[Sequence[Any]], t: Any) -> np.ndarray:
    return np.array(
        [[float(((x - y) / t).mid()) for x, y in zip(*pair, strict=True)] for pair in zip(moved, centre, strict=True)]
    )


def _scales(seed: int, pattern: int, t: Any) -> Scale:
    """The factors 1 +- t of one pattern, in the order of asking."""
    nudges = Nudges(seed, pattern)
    factors = {1.0: 1 + t, -1.0: 1 - t}
    pool: list[float] = []

    def scale() -> Any:
        if not pool:
            pool.extend(nudges.signs(np.empty(256)).tolist())
        return factors[pool.pop()]

    return scale
