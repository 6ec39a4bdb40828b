"""The arguments of a claim: their names, those that are differentiated, and a name for every entry of theirs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.claimreading import ClaimError, parameters_of, positions_named
from verify.expression import Expression
from verify.formats import FORMATS, format_of


def judged_dtype(x: np.ndarray, name: str) -> np.ndarray:
    """An array as it is; ClaimError where its dtype is not one that is judged."""
    if format_of(x) is None:
        raise ClaimError(f"{name} has dtype {x.dtype}: {', '.join(FORMATS)} are judged; use .astype(float)")
    return x


def kind_of(x: Any) -> str:
    """What kind of constant an argument is, in words."""
    return f"of dtype {x.dtype}" if isinstance(x, np.ndarray | np.generic) else repr(x)


def argument_names(claim: Claim) -> list[str]:
    """A name for every argument: the function's own, then x3, x4, ..."""
    if isinstance(claim.f, Expression):
        return list(claim.f.names)
    names = parameters_of(claim.f)[: len(claim.xs)]
    rest = (name for i in itertools.count(len(names)) if (name := f"x{i}") not in names)
    return names + [next(rest) for _ in claim.xs[len(names) :]]


def positions_of(claim: Claim, arguments: list[str]) -> tuple[int, ...]:
    """The positions of the arguments that ``wrt`` names, in its order; all of them without it."""
    if claim.wrt is None:
        return tuple(range(len(claim.xs)))
    positions = positions_named("wrt", claim.wrt, arguments)
    if len(set(positions)) < len(positions):
        raise ClaimError(f"wrt names an argument twice: {claim.wrt!r}")
    return positions


def mutated_by(claim: Claim, arguments: list[str]) -> frozenset[str]:
    """The names of the arguments that ``mutates`` declares."""
    return frozenset(arguments[i] for i in positions_named("mutates", claim.mutates, arguments))


def entries_of(names: list[str], leaves: list[np.ndarray]) -> list[str]:
    """A name for every entry of the leaves: x[1, 0]."""
    entries = []
    for name, leaf in zip(names, leaves, strict=True):
        indices = itertools.product(*map(range, leaf.shape))
        entries += [entry_name(name, index) for index in indices]
    return entries


def entry_name(name: str, index: Sequence[Any]) -> str:
    """The name of one entry of an array or number.

    Example
        >>> entry_name("x", (1, 0)), entry_name("x", ())
        ('x[1, 0]', 'x')
    """
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def place_of(leaves: Sequence[Any], entry: int) -> tuple[int, tuple[int, ...]]:
    """Which leaf an entry of a row belongs to, and its index there.

    Example
        >>> place_of([np.zeros(2), np.zeros((2, 2))], 4)
        (1, (1, 0))
    """
    for k, leaf in enumerate(leaves):
        if entry < np.size(leaf):
            return k, tuple(int(i) for i in np.unravel_index(entry, np.shape(leaf)))
        entry -= np.size(leaf)
    raise IndexError(entry)
