"""Whether numbers along a line are a curve or noise, and whether noise is still there between neighbouring numbers."""

from __future__ import annotations

import numpy as np

from verify.neighbours import Entry, Line, Neighbours

JUMP = 0.5  # a miss of this part of the error is a jump: that of a jump by the whole error is 0.9 or more
ENOUGH = 2  # jumps on a line: one alone may be the seam of a piecewise formula
LOOKS = 3  # windows that have nothing in common
SIEVE = 10  # points of a closer look
CLOSEST = 16  # units in the last place: no closer look than that
LEVELS = 40  # of closer looks; each takes a third of the line before


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
    """The median miss divided by the median size: about 1 for noise, 0 for a polynomial of degree 2.

    For the medians' sake neither a single jump nor a curve that bends several times is taken for noise.

    Arguments
        t, values: as for ``misses``.
    Returns
        the ratio; 0 where all values are 0.
    Example
        >>> t = np.arange(12.0)
        >>> roughness(t, 3 + t**2) < 1e-12, roughness(t, (-1) ** t) > 0.9
        (True, True)
    """
    size, miss = float(np.median(np.abs(values))), float(np.median(misses(t, values)))
    return miss / size if size > 0 else 0.0 if miss == 0 else np.inf


def jumps(near: Neighbours, line: Line, entry: Entry, rng: np.random.Generator) -> int:
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
            count += _is_jump(near, line, entry, k, JUMP * size, rng)
    return count


def _is_jump(near: Neighbours, line: Line, entry: Entry, k: int, least: float, rng: np.random.Generator) -> bool:
    closest = CLOSEST * 2 * near.question.roundoff
    for _ in range(LEVELS):
        if misses(line.t, line.error[:, *entry])[k] < least:
            return False
        left, right = line.t[k], line.t[k + 3]
        if right - left <= closest:
            return True
        inner = (np.arange(SIEVE) + rng.uniform(0.25, 0.75, SIEVE)) / SIEVE
        closer = near.along(line.direction, left + (right - left) * np.concatenate([[0.0], inner, [1.0]]))
        if closer is None:
            return False
        line, k = closer, int(np.argmax(misses(closer.t, closer.error[:, *entry])))
    return False
