"""Functions that choose among the entries of an exact array: extremes and orders, decided or not answered.

An order is guessed from nearby doubles where the field has them, and then every comparison that it rests on is
decided; where the guess fails, it is found by deciding comparisons one by one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.dispatch import MEANINGS
from ad.table.selection import partition_places, whole
from verify.numbers.building import filled, kept_shape, lanes

RAMPS = 1 << 12  # chords times points up to which an interpolation is recorded chord by chord


def _folded(operation: Any) -> Callable[..., Any]:
    """Reduce along axes with a binary function, halving the array each time."""

    def reduce(self: Any, a: Any, axis: Any = None, keepdims: bool = False, **kwargs: Any) -> Any:
        if any(value is not None for value in kwargs.values()):
            raise TypeError(f"the argument {next(iter(kwargs))} has no exact meaning here")
        shape = np.shape(a)
        a = np.moveaxis(lanes(a, axis), -1, 0)
        if len(a) == 0:
            if operation.identity is None:
                raise ValueError(f"np.{operation.__name__} over an axis of length 0")
            a = filled(self, (1, *np.shape(a)[1:]), operation.identity)
        while len(a) > 1:
            half = len(a) // 2
            pairs = operation(a[:half], a[half : 2 * half])
            a = pairs if len(a) == 2 * half else np.concatenate([pairs, a[2 * half :]])
        return np.reshape(a[0], kept_shape(shape, axis)) if keepdims else a[0]

    return reduce


def _extreme(operation: Any, sign: int) -> Callable[..., Any]:
    """The largest (1) or smallest (-1) entries along axes: one entry that all others are certainly before.

    A field that records folds by pairs instead: each pair's maximum is a step of its program.
    """
    folded = _folded(operation)

    def reduce(self: Any, a: Any, axis: Any = None, keepdims: bool = False, **kwargs: Any) -> Any:
        if kwargs or self.field.records:
            return folded(self, a, axis, keepdims, **kwargs)
        apart = lanes(a, axis)
        if np.shape(apart)[-1] == 0:
            raise ValueError(f"np.{operation.__name__} over an axis of length 0")
        places = np.expand_dims(_along(_place(sign))(self, apart, -1), -1)
        found = np.take_along_axis(apart, places, -1)
        return np.reshape(found, kept_shape(np.shape(a), axis) if keepdims else np.shape(apart)[:-1])

    return reduce


def order(lane: Any) -> np.ndarray:
    """The places of a vector's entries in ascending order, ties in the order in which they stand."""
    guess = lane.field.guess(lane.data)
    if guess is not None:
        found = np.argsort(guess, kind="stable")
        ascending = lane[found]
        strictly = np.less(ascending[:-1], ascending[1:]) if len(lane) > 1 else True
        if np.all(strictly):
            return found

    def compare(i: int, j: int) -> int:
        return -1 if bool(np.less(lane[i], lane[j])) else 1 if bool(np.less(lane[j], lane[i])) else 0

    return np.array(sorted(range(len(lane)), key=functools.cmp_to_key(compare)), dtype=int)


def _place(sign: int) -> Callable[[Any], int]:
    """The first place of the largest (1) or smallest (-1) entry of a vector."""
    before = np.less if sign > 0 else np.greater

    def found(lane: Any) -> int:
        guess = lane.field.guess(lane.data)
        if guess is not None:
            k = int(np.argmax(sign * guess))
            others = np.delete(np.arange(len(lane)), k)
            if len(others) == 0 or np.all(before(lane[others], lane[k])):
                return k
        best = 0
        for k in range(1, len(lane)):
            best = k if bool(before(lane[best], lane[k])) else best
        return best

    return found


def _along(choose: Callable[[Any], Any]) -> Callable[..., Any]:
    """A choice in every vector along an axis; the result is a plain array of places."""

    def choice(self: Any, a: Any, axis: Any = None, **kwargs: Any) -> Any:
        if kwargs.keys() - {"kind", "stable"}:
            raise TypeError(f"the argument {next(iter(kwargs))} has no exact meaning here")
        if axis is None:
            return choose(np.ravel(a))
        moved = np.moveaxis(a, axis, -1)
        lead = np.shape(moved)[:-1]
        found = np.array([choose(moved[index]) for index in np.ndindex(lead)])
        found = found.reshape(lead if found.ndim == 1 else (*lead, -1))
        return found if found.ndim < np.ndim(a) else np.moveaxis(found, -1, axis)

    return choice


_argsort = _along(order)


def _argsorted(self: Any, a: Any, axis: Any = -1, **kwargs: Any) -> Any:
    return _argsort(self, a, axis, **kwargs)


def _sorted(self: Any, a: Any, axis: Any = -1, **kwargs: Any) -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, _argsort(self, a, axis, **kwargs), axis)


def _partition_places(self: Any, a: Any, kth: Any, axis: Any) -> Any:
    """The order is decided; which place np.partition gives to which rank is its own affair, asked of nearby doubles."""

    def choose(lane: Any) -> np.ndarray:
        guess, found = lane.field.guess(lane.data), order(lane)
        return found if guess is None else found[_ranks(partition_places(guess, kth, 0), found)]

    return _along(choose)(self, a, axis)


def _ranks(places: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Where the places stand in an order."""
    found: np.ndarray = np.argsort(order)[places]
    return found


def _searchsorted(self: Any, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """The number of entries of a sorted vector that are certainly before each of v; its neighbours are decided."""
    if sorter is not None:
        raise TypeError("the argument sorter has no exact meaning here")
    before = np.less if side == "left" else np.less_equal
    a, v = (x if type(x) is type(self) else np.asarray(x) for x in (a, v))
    guesses: list[Any] = [self.field.guess(x.data) if type(x) is type(self) else x for x in (a, v)]
    found = np.zeros(np.shape(v), int)
    for index in np.ndindex(np.shape(v)):
        near: Any = None
        if all(guess is not None for guess in guesses):
            near = np.searchsorted(guesses[0], guesses[1][index], "left" if side == "left" else "right")
        found[index] = _place_in(a, v[index], before, near)
    return found[()]


def _whole(self: Any, x: Any) -> Any:
    """The whole numbers at or below: the nearest ones are guessed, and on which side of them x lies is decided."""
    guess = self.field.guess(x.data)
    if guess is None:
        raise TypeError("the whole number below an exact value is not known where no double near it is")
    found = np.rint(guess).astype(int)  # a guess just below a whole number may stand for it
    above = [bool(np.less(x[index], found[index])) for index in np.ndindex(x.shape)]
    return (found - np.reshape(above, x.shape))[()]


def _interp(self: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """A sum of ramps, one for each chord: what a field that records knows on both sides of a node."""
    given = left is not None or right is not None or period is not None
    if given or not self.field.records or type(x) is not type(self) or np.size(x) * np.size(xp) > RAMPS:
        return MEANINGS[np.interp](x, xp, fp, left, right, period)
    y = fp[0] + 0 * x
    for k in range(np.size(xp) - 1):
        ramp = np.minimum(np.maximum(x, xp[k]), xp[k + 1]) - xp[k]
        y = y + ramp * ((fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k]))
    return y


def _place_in(a: Any, value: Any, before: Any, near: Any) -> int:
    """How many entries of a come before a value: the guess where its neighbours confirm it, else by counting."""
    if near is not None:
        below = near == 0 or bool(before(a[near - 1], value))
        if below and (near == len(a) or not bool(before(a[near], value))):
            return int(near)
    return sum(bool(before(entry, value)) for entry in a)


CHOICES: dict[Any, Callable[..., Any]] = {
    np.max: _extreme(np.maximum, 1),
    np.min: _extreme(np.minimum, -1),
    np.prod: _folded(np.multiply),
    np.argmax: _along(_place(1)),
    np.argmin: _along(_place(-1)),
    np.argsort: _argsorted,
    np.sort: _sorted,
    np.searchsorted: _searchsorted,
    np.interp: _interp,
    whole: _whole,
    partition_places: _partition_places,
}
