"""Everything that is known of one entry of the op table, as one finding: what the suite of ops asks.

The verdict at points and the proof; the family of shapes, over integers; how accurate the slope is over the float
range; the domain, the kinks and what the rule answers on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ad.core import Op
from ad.dispatch import entry
from verify.accuracy import BAR, SAMPLE, by_operand
from verify.claim import Claim
from verify.convention import kink_set, kinks
from verify.exactness import exact_over_integers
from verify.finding import Density, Finding, RuleFacts
from verify.proof import prove_points
from verify.suites.optable import HELD, function_of


def entry_finding(claims: Sequence[Claim], suite: str = "", reproduce: str = "") -> Finding:
    """The finding of an op's claims, with all that is known of its rule.

    Arguments
        claims: as ``verify.suites.optable.claims_of`` gives them. suite, reproduce: as for ``check_points``.
    Returns
        what ``prove_points`` finds; WRONG also where the family of shapes is not exact over integers.
    Example
        >>> import numpy as np
        >>> from verify.suites.optable import claims_of
        >>> entry_finding(claims_of(np.absolute)).rule.kinks[0].slopes
        (0.0,)
    """
    function = function_of(claims[0])
    op, finding = entry(function), exact_over_integers(function, prove_points(claims, suite, reproduce))
    return finding if op is None else replace(finding, rule=rule_facts(op, SAMPLE))


def rule_facts(op: Op, density: Density) -> RuleFacts:
    """What is known of a rule besides its verdict; the accuracy, for elementwise ops, at points of that density."""
    swept = op.family == "elementwise"
    return RuleFacts(
        domain=op.needs,
        kink_set=kink_set(op),
        kinks=kinks(op),
        accuracy=by_operand(op, density, held=HELD.get(op.name, ())) if swept else (),
        density=density if swept else None,
        bar=BAR,
        note=op.note,
    )
