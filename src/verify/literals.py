"""The constants of a framework's function as its code writes them, not as its dtype rounds them.

Facts
    JAX rounds Python's numbers to the dtype of the arrays they meet: in float32 a factor of 0.1 is 0.100000001490116.
    A check judges the numbers that the function computes, so it reads what was rounded. A proof is about formulas:
    there the constants are those of the code, as the function has them in 64 bits.
    In 64 bits a function may be another one: code that asks for its dtype, a constant such as ``finfo(dtype).eps``,
    an operation that is only there for float32. Only the same operations with the same constants stand for it.
"""

from __future__ import annotations

from ad.containers import tree_map
from verify.adapters.adapting import in_doubles
from verify.adapters.foreign import Foreign
from verify.adapters.saved import widest
from verify.adapters.translation import alike
from verify.claim import Claim, changed
from verify.question import Question, prepare


def as_written(claim: Claim) -> Question:
    """The question that a proof is about: a claim's, with the constants of its code where those are known."""
    own = prepare(claim)
    if claim.foreign is None or all(x.dtype.itemsize >= 8 for x in own.leaves):
        return own
    try:
        wide = in_doubles(claim.foreign)
        if wide.foreign is None or not _same_program(claim.foreign, wide.foreign, own.roundoff):
            return own
        xs = tree_map(widest, claim.xs)
        return prepare(changed(claim, f=wide.f, xs=xs, kwargs=wide.kwargs, subject=wide.subject, foreign=wide.foreign))
    except Exception:  # code of users, in a dtype that it may not take: then its own dtype is what is known
        return own


def _same_program(one: Foreign, other: Foreign, roundoff: float) -> bool:
    """Whether both run the same at their examples, up to the rounding of numbers."""
    pairs = (tuple(f.translation_at(f.example, which)[1] for f in (one, other)) for which in ("forward", "backward"))
    return all(alike(narrow, wide, roundoff) for narrow, wide in pairs)
