"""Simpler numbers: entries of the point, of a cotangent or a tangent, towards 0, 1, small integers, few digits.

Facts
    A number is as simple as it is short to write, in decimal or hexadecimal digits; of two that are equally short the
    smaller one is simpler.
    All entries are tried at once, then halves of them, down to single ones, which are searched further.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten
from verify.formats import format_of
from verify.shrinking.search import Search

# Tried on single entries besides the roundings: magnitudes that a reader takes in, and where tails and overflows begin.
LADDER = (2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 1e4, 1e6, 1e9, 1e16, 1e32, 1e100, 1e200)
FRACTIONS = (0.5, 0.1, 0.01, 1e-3, 1e-4, 1e-6, 1e-8, 1e-16, 1e-32, 1e-100, 1e-200)
HALVINGS = 6  # between the largest whole number that fails otherwise and the smallest that fails alike
FEW_BITS = 4  # of the mantissa, where decimal digits do not keep the failure


Numbers = np.ndarray
Put = Callable[[Numbers], Any]  # the claim with other numbers, or None


def simplify(search: Search, numbers: Numbers, put: Put) -> Numbers:
    """Make numbers simpler, as far as the failure stays.

    Arguments
        search: holds the claim. numbers: float64, one dimension. put: the claim with other numbers in their place;
            None where they would make no claim.
    Returns
        the numbers of the claim that the search then holds.
    """
    pending = [np.arange(numbers.size)]
    while pending:
        chosen = pending.pop(0)
        numbers = _first(search, numbers, chosen, put)
        if chosen.size == 1:
            numbers = _single(search, numbers, int(chosen[0]), put)
        elif cost(numbers[chosen]) > cost(np.zeros(chosen.size)):
            pending += [half for half in np.array_split(chosen, 2) if half.size]
    return numbers


def cost(numbers: Numbers) -> tuple[int, float]:
    """How long numbers are to write, and how large they are: what simplifying makes smaller.

    Example
        >>> cost(np.array([20.0])) < cost(np.array([38.0])) < cost(np.array([37.41]))
        True
    """
    magnitudes = np.abs(numbers[np.isfinite(numbers)])
    return sum(map(_length, numbers.tolist())), float(np.sum(magnitudes)) if magnitudes.size else 0.0


def _length(x: float) -> int:
    decimal = len(repr(x).removesuffix(".0"))
    mantissa, _, exponent = x.hex().partition("p")
    return min(decimal, len(mantissa.rstrip("0")) + len(exponent) + 1) if "." in mantissa else decimal


def _rounded(places: int) -> Callable[[Numbers], Numbers]:
    def rounded(x: Numbers) -> Numbers:
        return np.array([float(f"{v:.{places}g}") for v in x.tolist()])

    return rounded


def _few_bits(x: Numbers) -> Numbers:
    mantissa, exponent = np.frexp(x)
    return np.asarray(np.ldexp(np.rint(np.ldexp(mantissa, FEW_BITS)), exponent - FEW_BITS))


# From the simplest on: the first that keeps the failure is taken.
FORMS: tuple[Callable[[Numbers], Numbers], ...] = (
    np.zeros_like,
    np.ones_like,
    lambda x: np.arange(1.0, x.size + 1),
    np.sign,
    np.rint,
    np.abs,
    _rounded(1),
    _rounded(2),
    _few_bits,
    _rounded(3),
    _rounded(5),
)


def _first(search: Search, numbers: Numbers, chosen: Numbers, put: Put) -> Numbers:
    """The numbers with the chosen ones in the first form that keeps the failure and is simpler; else as they are."""
    for form in FORMS:
        with np.errstate(all="ignore"):
            other = numbers.copy()
            other[chosen] = form(numbers[chosen])
        if np.isfinite(other[chosen]).all() and cost(other) < cost(numbers) and search.accepts(put(other)):
            return other
    return numbers


def _single(search: Search, numbers: Numbers, place: int, put: Put) -> Numbers:
    """One number as simple as the failure allows: from a ladder of magnitudes, then among whole numbers below it."""

    def tried(value: float) -> bool:
        nonlocal numbers
        other = numbers.copy()
        other[place] = value
        if cost(other) < cost(numbers) and search.accepts(put(other)):
            numbers = other
            return True
        return False

    for value in _ladder(float(numbers[place])):
        if tried(value):
            break
    low, high = 0.0, float(numbers[place])
    for _ in range(HALVINGS if high == int(high) else 0):
        middle = float(int((low + high) / 2))
        if middle in (low, high):
            break
        low, high = (low, middle) if tried(middle) else (middle, high)
    return numbers


def _ladder(x: float) -> Iterator[float]:
    """Simple numbers for one number, the simplest first, of its own sign first."""
    if not math.isfinite(x):
        return
    steps = [v for v in LADDER if v < abs(x)] if abs(x) > 1 else [2.0, 3.0, *(v for v in FRACTIONS if v > abs(x))]
    decade = float("1e" + f"{abs(x):e}".partition("e")[2])
    # farther into the tail, or nearer to 0, where x lies beside the threshold itself
    if abs(x) > 1:
        beyond = [float(math.ceil(abs(x))), *[v for v in LADDER if v > abs(x)][:1]]
    else:
        beyond = [v for v in FRACTIONS if v < abs(x)][:1]
    beyond = [v for v in beyond if _length(v) < _length(abs(x))]
    for value in (*steps, decade, abs(x), *beyond):  # those that are not simpler are passed over
        yield math.copysign(value, x)
        if x < 0:
            yield value


# --- where numbers are kept


class Slots:
    """The floating entries of nested containers as one row of numbers; whole numbers and all else stay.

    tree: arrays, numbers and containers of them.
    """

    def __init__(self, tree: Any) -> None:
        self.structure, self.leaves = flatten(tree)
        self.places = [k for k, leaf in enumerate(self.leaves) if _is_floating(leaf)]

    @property
    def numbers(self) -> Numbers:
        """All floating entries, real and imaginary parts of complex ones."""
        parts = [_parts(self.leaves[k]) for k in self.places]
        return np.concatenate([np.zeros(0), *parts])

    def filled(self, numbers: Numbers) -> Any:
        """The containers with other numbers in the same places, in the dtypes that they had."""
        leaves, start = list(self.leaves), 0
        for k in self.places:
            size = _parts(leaves[k]).size
            leaves[k] = _like(leaves[k], numbers[start : start + size])
            start += size
        return unflatten(self.structure, leaves)


def _is_floating(leaf: Any) -> bool:
    if isinstance(leaf, float | complex) and not isinstance(leaf, np.generic):
        return True
    if not isinstance(leaf, np.ndarray | np.generic):
        return False
    return format_of(leaf) is not None or leaf.dtype.kind == "c"


def _parts(leaf: Any) -> Numbers:
    x = np.asarray(leaf)
    if x.dtype.kind == "c":
        return np.stack([x.real.reshape(-1), x.imag.reshape(-1)], axis=1).reshape(-1).astype(float)
    return x.reshape(-1).astype(float)


def _like(leaf: Any, numbers: Numbers) -> Any:
    """Numbers as a leaf of that type, dtype and shape."""
    x = np.asarray(leaf)
    if x.dtype.kind == "c":
        numbers = numbers[0::2] + 1j * numbers[1::2]
    with np.errstate(over="ignore"):
        found = numbers.astype(x.dtype).reshape(x.shape)
    if isinstance(leaf, np.ndarray):
        return found
    return found[()] if isinstance(leaf, np.generic) else found.item()
