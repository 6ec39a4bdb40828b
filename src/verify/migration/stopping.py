"""A function that stops gradients on its way, held against its values alone, as a difference quotient sees it.

Facts
    ``detach`` and ``stop_gradient`` declare that a derivative leaves something out, and ``verify.check`` takes them at
    their word. The checkers of the frameworks know values alone: to them x * x.detach() has the derivative 2 x.
    A test that fails with them must not pass because its import has changed.
"""

from __future__ import annotations

from typing import Any

from verify.adapters.adapting import presented
from verify.adapters.calls import plain
from verify.adapters.opaque import Opaque
from verify.adapters.translation import Untranslatable
from verify.checker import check_claim
from verify.claim import Claim, changed
from verify.contract import CLAUSES
from verify.judge import Verdict
from verify.oracles.numeric import values_mislead
from verify.question import prepare

TOLD = "f stops gradients on its way: what it detaches moves its values and not its derivative"


def left_out(claim: Claim) -> str:
    """What a derivative that is right by declaration leaves out of what the values do; "" where nothing."""
    foreign = claim.foreign
    if foreign is None or claim.opaque is not None or not _stops(claim):
        return ""
    opaque = Opaque(foreign, TOLD)

    def value(*xs: Any, **kwargs: Any) -> Any:
        if not plain(xs):
            raise Untranslatable(TOLD)
        return opaque.value(*xs, **kwargs)

    by_values = changed(claim, f=presented(value, foreign), opaque=opaque, unasked=frozenset(CLAUSES))
    found = check_claim(by_values)
    return f"{TOLD}\n{found.explain()}" if found.verdict is Verdict.WRONG else ""


def _stops(claim: Claim) -> bool:
    """Whether the function stops gradients."""
    try:
        return values_mislead(prepare(claim).origin)
    except Exception:  # code of users: whoever judged it has said so
        return False
