"""Tangents: the directions along which a claim about derivatives of derivatives, or about forward mode, is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import ad
from ad.containers import flatten
from verify.claimreading import ClaimError
from verify.formats import coarsest

BASIS_ROWS = 16  # up to so many entries are asked for by unit vectors; beyond, seeded ones stand for all of them
SEEDED_ROWS = 2  # a wrong row escapes one random continuous vector with probability 0, up to rounding
SPREAD = 6  # binary orders of magnitude, up and down: what clips or ignores small parts of a vector shows
PAIRS = 64  # unit tangents times cotangents that are asked for at most: each pair is a row

Parts = tuple[np.ndarray, ...]
Run = Callable[[Sequence[Any]], list[Any]]


@dataclass(frozen=True, eq=False)
class Tangents:
    """Directions, each as one array for each leaf, and what they are: "unit", "seeded" or "given"."""

    kind: str
    parts: tuple[Parts, ...]

    def names(self, entries: Sequence[str], seed: int) -> list[str]:
        """What each direction is, for a reader."""
        if self.kind == "unit":
            names = [f"the unit tangent of {entry}" for entry in entries]
            return names + [f"a seeded signed tangent (seed {seed})"] * (len(self.parts) - len(names))
        if self.kind == "given":
            return ["the tangent given"]
        return [f"seeded signed tangent {s} (seed {seed})" for s in range(len(self.parts))]


def choose(given: Any, leaves: Sequence[np.ndarray], rows: int, seed: int) -> Tangents:
    """The tangent that a claim gives; else every unit one, or for large inputs seeded signed ones.

    Raises
        ClaimError when the given one does not fit the leaves.
    """
    if given is not None:
        return Tangents("given", (_given(given, leaves),))
    total = sum(np.size(x) for x in leaves)
    if total <= BASIS_ROWS and total * rows <= PAIRS:
        return Tangents("unit", tuple(split(row, leaves) for row in np.eye(total)))
    return Tangents("seeded", tuple(split(row, leaves) for row in seeded([seed, total], total)))


def seeded(seed: int | list[int], total: int) -> np.ndarray:
    """Signed rows with entries +-[0.5, 1.5] and 8 significant bits: exact in every format, bfloat16 too.

    The last row's are spread over binary orders of magnitude besides, which what clips its argument does not survive.
    """
    rng = np.random.default_rng(seed)
    rows = rng.choice([-1.0, 1.0], (SEEDED_ROWS, total)) * rng.uniform(0.5, 1.5, (SEEDED_ROWS, total))
    rows = np.ldexp(np.rint(np.ldexp(rows, 7)), -7)
    rows[-1] = np.ldexp(rows[-1], rng.integers(-SPREAD, SPREAD + 1, total))
    return rows


def beside_unit(tangents: Tangents, leaves: Sequence[np.ndarray], seed: int) -> Tangents:
    """Unit tangents and one seeded signed one, by which it shows whether an answer is linear in its tangent."""
    if tangents.kind != "unit":
        return tangents
    total = sum(np.size(x) for x in leaves)
    return Tangents("unit", (*tangents.parts, split(seeded([seed, total], total)[-1], leaves)))


def split(row: np.ndarray, leaves: Sequence[np.ndarray]) -> Parts:
    """A vector over all entries as one array for each leaf, in its shape and dtype."""
    cuts = np.cumsum([np.size(x) for x in leaves])[:-1]
    parts = zip(np.split(row, cuts), leaves, strict=True)
    return tuple(part.reshape(np.shape(x)).astype(np.asarray(x).dtype) for part, x in parts)


def lifted(parts: Sequence[np.ndarray], like: Any) -> tuple[Any, ...]:
    """Fresh copies of constants in the numbers of an array: exact ones where it is, so that g * PI is exact."""
    lift = getattr(like, "exact_constant", None)
    copies = [g[()] if g.ndim == 0 else g.copy() for g in parts]
    return tuple(copies if lift is None else map(lift, copies))


def derivatives(run: Run, tangents: Tangents) -> Run:
    """x -> D_v f(x) for every tangent v, by the engine's forward mode: its gradient is the Hessian of f times v."""

    def pushed(leaves: Sequence[Any]) -> list[Any]:
        graph = ad.trace(lambda *values: run(values), *leaves)
        return [y for v in tangents.parts for y in graph.push(lifted(v, leaves[0]))]

    return pushed


def steps(leaves: Sequence[np.ndarray], tangents: Tangents) -> np.ndarray:
    """The step lengths along every tangent, all 0, in the coarsest dtype of the leaves."""
    coarse = max(leaves, key=lambda x: coarsest([x]).roundoff)
    return np.zeros(len(tangents.parts), np.asarray(coarse).dtype)


def stepped(leaves: Sequence[np.ndarray], tangents: Tangents, lengths: Any) -> list[Any]:
    """The leaves moved by so many steps along every tangent."""
    moved = list(leaves)
    for s, v in enumerate(tangents.parts):
        moved = [x + lengths[s] * part for x, part in zip(moved, v, strict=True)]
    return moved


def _given(tangent: Any, leaves: Sequence[np.ndarray]) -> Parts:
    parts = flatten(tangent)[1]
    if len(parts) != len(leaves):
        raise ClaimError(f"tangent= has {len(parts)} arrays, the differentiated inputs {len(leaves)}")
    found = []
    for i, (part, x) in enumerate(zip(parts, leaves, strict=True)):
        try:
            v = np.array(part, dtype=np.asarray(x).dtype)
        except (TypeError, ValueError):
            raise ClaimError(f"tangent= holds {part!r:.60}: give arrays of numbers, as the inputs") from None
        if v.shape != np.shape(x):
            raise ClaimError(f"tangent= has shape {v.shape} at array {i}, the input {np.shape(x)}")
        if not np.isfinite(v).all():
            raise ClaimError(f"tangent= is not finite at array {i}")
        found.append(v)
    if not any(v.any() for v in found):
        raise ClaimError("tangent= is 0 everywhere: every derivative along it is 0")
    return tuple(found)
