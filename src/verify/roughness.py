"""Whether numbers along a line are a curve or noise, and whether noise is still there between neighbouring numbers."""

from __future__ import annotations

import numpy as np

from verify.neighbours import Entry, Line, Neighbours

JUMP = 0.25  # a miss of this part of the error is a jump: noise misses by about 1, a step of the error by 0.2 to 0.7
ENOUGH = 2  # jumps on a line: one alone may be the seam of a piecewise formula
LOOKS = 3  # windows that have nothing in common
THIRDS = 3  # parts of each gap in a closer look: even ones, for a parabola through close pairs misses no jump
CLOSEST = 16  # units in the last place: no closer look than that
LEVELS = 40  # of closer looks; each is three times closer


def misses(t: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far every fourth point is from the parabola through the three before it, scaled so that noise keeps its size.

    Arguments
        t: float64 (N,), ascending, N >= 4. values: float64 (N,).
    Returns
        float64 (N - 3,): one number for each window of four.
    """
    found = []
    for k in range(len(t) - 3):
        x = (t[k : k + 4] - t[k]) / (t[k + 3] - t[k])
        weights = 1 / np.prod(x[:, None] - x[None, :] + np.eye(4), axis=1)
        found.append(abs(float(weights @ values[k : k + 4])) / float(np.sqrt(np.sum(weights**2))))
    return np.array(found)


def roughness(t: np.ndarray, values: np.ndarray) -> float:
    """The root mean square miss divided by that of the values: about 1 for noise, 0 for a polynomial of degree 2.

    Of 20 samples of white noise one in a hundred has less than 0.5; a single jump from 0 in 20 has 0.2.

    Arguments
        t, values: as for ``misses``.
    Returns
        the ratio; 0 where all values are 0.
    Example
        >>> t = np.arange(12.0)
        >>> roughness(t, 3 + t**2) < 1e-12, roughness(t, (-1) ** t) > 0.9
        (True, True)
    """
    size = float(np.max(np.abs(values), initial=0.0))
    if size == 0:
        return 0.0
    return float(np.sqrt(np.mean(misses(t, values / size) ** 2) / np.mean((values / size) ** 2)))


def jumps(near: Neighbours, line: Line, entry: Entry) -> int:
    """How many of the LOOKS worst misses of the error are jumps between neighbouring numbers; no more than ENOUGH.

    The window with the worst miss is looked at more closely, again and again. Rounding still misses at the closest;
    of a wave that was too fast for the line a parabola misses 27 times less with every look.
    """
    error = line.error[:, *entry]
    size, missed = float(np.median(np.abs(error))), misses(line.t, error)
    count, looked = 0, list[int]()
    for k in map(int, np.argsort(-missed)):
        if count == ENOUGH or len(looked) == LOOKS:
            break
        if all(abs(k - other) >= 3 for other in looked):  # windows that share a gap may show the same jump
            looked.append(k)
            count += _is_jump(near, line, entry, k, JUMP * size)
    return count


def _is_jump(near: Neighbours, line: Line, entry: Entry, k: int, least: float) -> bool:
    """Whether the miss of window k stays above ``least`` however closely the window is looked at."""
    closest = CLOSEST * 2 * near.question.roundoff
    for _ in range(LEVELS):
        if misses(line.t, line.error[:, *entry])[k] < least:
            return False
        left, right = line.t[k], line.t[k + 3]
        if right - left <= closest:
            return True
        window = line.part(k, k + 4)
        gaps = np.diff(window.t)[:, None]
        between = (window.t[:-1, None] + gaps * np.arange(1, THIRDS) / THIRDS).reshape(-1)
        more = near.along(line.direction, between)
        line = window if more is None else window.merged(more)  # the four stay: the miss may be that of one number
        if len(line.t) <= 4:
            return True  # no number lies between them
        k = int(np.argmax(misses(line.t, line.error[:, *entry])))
    return False
