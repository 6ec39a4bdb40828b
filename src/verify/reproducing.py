"""A failure to take home: the smallest counterexample of a claim as a script, or as a pytest test."""

from __future__ import annotations

from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.exhibiting import counterexample_of
from verify.render.script import pytest_test, script
from verify.shrinking import shrink

FORMS = {"script": script, "pytest": pytest_test}


def reproduction(claim: Claim, form: str = "script", budget: float = 5.0) -> str:
    """A wrong derivative as a Python file that shows it: the claim made small, every number to the last bit.

    Arguments
        claim: one whose derivative is wrong at its point.
        form: "script", which prints your number, the truth and the gap, and exits with 1 while it is wrong; or
            "pytest", a test that fails as long.
        budget: seconds for the search of a smaller claim.
    Returns
        the text of the file. Functions are imported from their modules, or written out where they are self-contained.
    Raises
        ClaimError when the claim is not wrong, or there is no such form.
    Example
        >>> import numpy as np
        >>> text = reproduction(Claim(np.sin, 0.7, gradient=np.sin))
        >>> [line.strip() for line in text.splitlines() if "answer =" in line]
        ['answer = np.sin(x)']
    """
    if form not in FORMS:
        raise ClaimError(f"form= is {form!r:.60}: give one of {', '.join(FORMS)}")
    return FORMS[form](counterexample_of(shrink(claim, budget)))
