"""Generic points of a rule, at which whatever is a mistake at all shows: the claim's own point shaken, and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten
from verify.claim import Claim
from verify.mutation.rule import Mutant, Spoilt, equal, unspoilt
from verify.mutation.targets import Leaves, Target, asked

Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]


ROUNDING = 2.0**-40  # of the largest entry: far above what float64 loses at such points, far below any mutant


@dataclass(frozen=True, eq=False)
class Generic:
    """Arguments, weights as the form of the rule takes them, and what the right rule answers there."""

    xs: tuple[Any, ...]
    weights: Any
    answer: list[Any]


def _normal(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    found = rng.normal(size=x.shape)
    return found + 1j * rng.normal(size=x.shape) if np.iscomplexobj(x) else found


def _with_zeros(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    found = np.array(np.abs(x) + 0.5)
    found.reshape(-1)[: max(1, x.size // 2)] = 0.0
    return found


def _with_gaps(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    shaken = x * (1 + 0.01 * rng.normal(size=x.shape))
    return np.repeat(shaken, 2, axis=-1)[..., ::2] if x.ndim else shaken


def _doubled(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return x * (1 + 0.01 * rng.normal(size=(2,))) if x.ndim == 0 else x


# Near the point, where alone a matrix may stay positive definite; both signs; positive numbers; below 1 and above 1,
# as inverse functions ask; both tails; several decades; zeros, where slopes may be infinite; other layouts and shapes.
DRAWS: tuple[Draw, ...] = (
    lambda rng, x: x * (1 + 0.01 * rng.normal(size=x.shape)),
    lambda rng, x: x * (1 + 0.3 * rng.normal(size=x.shape)),
    lambda rng, x: 2.0 * _normal(rng, x),
    lambda rng, x: 0.1 + 3.0 * np.abs(_normal(rng, x)),
    lambda rng, x: 0.9 * rng.uniform(-1, 1, size=x.shape) + 0.0 * x,
    lambda rng, x: 1.0 + 4.0 * np.abs(_normal(rng, x)),
    lambda rng, x: 4.0 + np.abs(_normal(rng, x)),
    lambda rng, x: -4.0 - np.abs(_normal(rng, x)),
    lambda rng, x: _normal(rng, x) * 10 ** rng.uniform(-1, 1.3, size=x.shape),
    _with_zeros,
    _with_gaps,
    _doubled,
)


def generic_points(target: Target, seed: int) -> list[Generic]:
    """The points of ``DRAWS`` at which the function and its right rule answer with finite numbers, or f does at 0."""
    claim = target.spoilt(unspoilt)
    leaves, found = Leaves(claim), []
    for k, draw in enumerate(DRAWS):
        rng = np.random.default_rng([seed, k])
        own = [np.asarray(x) for x in leaves.of(claim.xs)]
        drawn = [_as(draw(rng, x if x.dtype.kind in "fc" else x.astype(float)), x) for x in own]
        xs = leaves.into(claim.xs, [x[()] if x.ndim == 0 else x for x in drawn])
        try:
            with np.errstate(all="ignore"):
                found.append(_generic(claim, xs, leaves, rng, draw is _with_gaps))
        except Exception:  # the rule does not take such arguments: this is no point of it
            continue
    return [point for point in found if point is not None]


def _as(drawn: np.ndarray, like: np.ndarray) -> np.ndarray:
    """In the dtype of an input; a layout with gaps stays one."""
    return drawn.astype(like.dtype if like.dtype.kind in "fcV" else float, copy=False)


def _generic(claim: Claim, xs: tuple[Any, ...], leaves: Leaves, rng: np.random.Generator, gaps: bool) -> Generic | None:
    tree, outputs = flatten(claim.f(*xs, **claim.kwargs))
    if not all(np.isfinite(y).all() for y in outputs):
        return None
    weights: Any = None
    if claim.judged == "vjp":
        weights = unflatten(tree, [_weight(rng, y, gaps) for y in outputs])
    elif claim.judged in ("jvp", "hvp"):
        ts = leaves.into(xs, [_weight(rng, x, gaps) for x in leaves.of(xs)])
        moving = sorted({p for p, _ in leaves.slots})
        weights = ts[moving[0]] if len(moving) == 1 else tuple(ts[p] for p in moving)
    answer = asked(claim, xs, weights)
    shapes = sorted(map(np.shape, outputs if claim.judged == "jvp" else leaves.of(xs)))
    fits = claim.judged == "jacobian" or sorted(a.shape for a in answer) == shapes
    nan = any(np.isnan(a).any() for a in answer)
    return Generic(xs, weights, answer) if fits and not nan else None


def _weight(rng: np.random.Generator, like: Any, gaps: bool) -> Any:
    x = np.asarray(like)
    found = _as(_normal(rng, x) * 2.0 ** rng.integers(-2, 3, x.shape), x)
    found = _as(_with_gaps(rng, found), x) if gaps else found
    return found[()] if found.ndim == 0 else found


def no_mistake(target: Target, mutant: Mutant, points: Sequence[Generic]) -> str:
    """Why a mutant is no mistake of a rule; "" where it answers otherwise than the right rule at some generic point."""
    spoilt = Spoilt(mutant)
    claim = target.spoilt(spoilt)
    for point in points:
        try:
            with np.errstate(all="ignore"):
                answer = asked(claim, point.xs, point.weights)
        except Exception:  # the right rule did not raise here
            return ""
        if not _alike(answer, point.answer):
            return ""
    if points and not spoilt.memory.get("made"):
        return str(spoilt.memory.get("same", ""))
    return f"the same answer at {len(points)} generic points" if points else ""


def _alike(found: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> bool:
    """The same answer, but for the rounding of one that is computed in another way."""
    if equal(found, right):
        return True
    if [x.shape for x in found] != [x.shape for x in right] or not all(np.isfinite(x).all() for x in (*found, *right)):
        return False
    return all(
        (np.abs(a - b) <= ROUNDING * np.max(np.abs(b), initial=0.0)).all() for a, b in zip(found, right, strict=True)
    )
