"""Why a check could not have failed: what its point and its weights hide, whatever the rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ad.containers import flatten
from verify.claim import Claim
from verify.mutation.outcome import Vacuous
from verify.mutation.targets import Leaves

MOVES = ("rolled", "reversed", "transposed", "swapped")
FIXED = {"x*x for x": (0.0, 1.0), "x*x for 2x": (0.0, 2.0)}  # the inputs at which a mistake is none


def vacuous(claim: Claim, right: np.ndarray | None, blind: Sequence[str], seen: bool) -> Vacuous | None:
    """What keeps a check from failing, or None where nothing does.

    Arguments
        claim: the check. right: the rows of the rule as it is, or None where it has none. blind: the mutants that apply
        to the rule and give the same bits here. seen: whether the check kills any mutant.
    """
    reasons = [_weights(claim), _zero(right), _ties(claim, blind), _fixed(claim, blind)]
    if right is not None and right.shape[-1] == 1 and any(name in blind for name in MOVES):
        reasons.append("there is a single entry, which cannot be out of place")
    if "transposed" in blind and _symmetric(claim):
        reasons.append("a matrix is symmetric, which hides a transposition")
    if not any(reasons) and not seen:
        reasons.append("it kills none of the mutants")
    return Vacuous(claim.id, "; ".join(filter(None, reasons)), tuple(blind)) if any(reasons) else None


def _weights(claim: Claim) -> str:
    given = [] if claim.cotangent is None else flatten(claim.cotangent)[1]
    return "the cotangent is 0: so is every answer that is linear in it" if given and not _any(given) else ""


def _any(arrays: Sequence[object]) -> bool:
    return any(np.any(np.asarray(x) != 0) for x in arrays)


def _zero(right: np.ndarray | None) -> str:
    zero = right is not None and not right.any()
    return "the derivative is 0 at every entry: a sign, a factor or a missing gradient cannot show" if zero else ""


def _ties(claim: Claim, blind: Sequence[str]) -> str:
    """Equal inputs hide what is out of place; named only where they do."""
    tied = [x for x in _arrays(claim) if x.size > 1 and (x == x.reshape(-1)[0]).all()]
    hidden = [name for name in MOVES if name in blind]
    return f"all entries of an input are equal, which hides {', '.join(hidden)}" if tied and hidden else ""


def _symmetric(claim: Claim) -> bool:
    square = [x for x in _arrays(claim) if x.ndim > 1 and x.shape[-1] == x.shape[-2] > 1]
    return any((x == np.swapaxes(x, -1, -2)).all() for x in square)


def _fixed(claim: Claim, blind: Sequence[str]) -> str:
    """Inputs at which a power, a product and the number itself are one."""
    values = {v for x in _arrays(claim) for v in x.reshape(-1).tolist()}
    hidden = [name for name, fixed in FIXED.items() if name in blind and values <= set(fixed)]
    listed = " and ".join(f"{v:g}" for v in sorted(values)) if hidden else ""
    return f"every input is {listed}, which hides {', '.join(hidden)}" if hidden else ""


def _arrays(claim: Claim) -> list[np.ndarray]:
    found = [np.asarray(x) for x in Leaves(claim).of(claim.xs)]
    return [x if x.dtype.kind in "fci" else x.astype(float) for x in found]
