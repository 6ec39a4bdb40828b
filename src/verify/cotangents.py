"""The cotangents along which a claim is asked: all unit ones, seeded signed ones, or the one that it gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.containers import flatten
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.tangents import BASIS_ROWS, seeded

JACOBIAN_ROWS = 256  # rows of a Jacobian up to which each is asked for; of more, seeded sums of all


def cotangents_of(claim: Claim, outputs: tuple[np.ndarray, ...]) -> tuple[tuple[np.ndarray, ...], ...]:
    """For each row one array per output: unit ones while they are few, else seeded signed ones."""
    sizes = [y.size for y in outputs]
    total = sum(sizes)
    single = claim.judged in ("gradient", "value_and_gradient", "hvp") or claim.engine != "ad"
    if single and total != 1:
        asked = f"{claim.judged}=" if claim.judged != "engine" else "a scalar class"
        raise ClaimError(
            f"{asked} needs a function with one number as output, f returns {total}; "
            f"claim jacobian= or vjp=, or give f a sum"
        )
    if claim.cotangent is not None:
        if single:
            raise ClaimError("cotangent= goes with jacobian=, vjp= or the engine: a gradient has the cotangent 1")
        return (_given_cotangent(claim.cotangent, outputs),)
    if total <= (JACOBIAN_ROWS if claim.judged == "jacobian" else BASIS_ROWS):
        rows = np.eye(total)
        if claim.judged == "vjp":  # whether the backward pass is linear in g shows in a signed g alone
            rows = np.concatenate([rows, seeded(claim.seed, total)[-1:]])
    else:
        rows = seeded(claim.seed, total)
    cuts = np.cumsum(sizes)[:-1]
    return tuple(
        tuple(part.reshape(y.shape).astype(y.dtype) for part, y in zip(np.split(row, cuts), outputs, strict=True))
        for row in rows
    )


def _given_cotangent(cotangent: Any, outputs: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    parts = flatten(cotangent)[1]
    try:
        given = tuple(np.array(g, dtype=float) for g in parts)
    except (TypeError, ValueError):
        raise ClaimError(f"cotangent= holds {parts!r:.60}: give one array of numbers for each output") from None
    if len(given) != len(outputs):
        raise ClaimError(f"cotangent= has {len(given)} arrays, f returns {len(outputs)}")
    for g, y in zip(given, outputs, strict=True):
        if g.shape != y.shape:
            raise ClaimError(f"cotangent= has shape {g.shape}, the output of f {y.shape}")
        if not np.isfinite(g).all():
            raise ClaimError("cotangent= is not finite")
    return given
