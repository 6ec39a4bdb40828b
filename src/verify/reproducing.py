"""A failure to take home: the smallest counterexample of a claim as a script, or as a pytest test."""

from __future__ import annotations

import numpy as np

from ad.containers import flatten
from verify.adapters.torch_tensors import is_module
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.exhibiting import WRITTEN, counterexample_of
from verify.origins import why_not_to_be_had
from verify.render.script import pytest_test, script
from verify.shrinking import shrink

FORMS = {"script": script, "pytest": pytest_test}
MOST = 10_000  # numbers of a framework's point in a file: of more nobody reads one, and the file is of megabytes


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
        ClaimError when the claim is not wrong, there is no such form, a module cannot be written out, or the point of a
        framework's function is too large.
    Example
        >>> import numpy as np
        >>> text = reproduction(Claim(np.sin, 0.7, gradient=np.sin))
        >>> [line.strip() for line in text.splitlines() if "answer =" in line]
        ['answer = np.sin(x)']
    """
    if form not in FORMS:
        raise ClaimError(f"form= is {form!r:.60}: give one of {', '.join(FORMS)}")
    small = shrink(claim, budget)
    _need_text_of(small)
    return FORMS[form](counterexample_of(small))


def _need_text_of(claim: Claim) -> None:
    """Raise ClaimError where a module is not to be had again, or the point of a framework's function is too large.

    A function that is not to be had is left for a reader to define; a module with all that it holds is not.
    """
    foreign = claim.foreign
    if foreign is None or foreign.framework.name not in WRITTEN:
        return
    why = why_not_to_be_had(foreign) if is_module(foreign.op) else ""
    if why:
        raise ClaimError(f"no script can be written of {foreign.name}: {why}; put it into a file that can be imported, "
                         "under a name of its own")  # fmt: skip
    numbers = sum(np.size(x) for x in flatten(claim.xs)[1])
    if numbers > MOST:
        raise ClaimError(f"no script is written of {foreign.name}: its point holds {numbers} numbers, "
                         f"more than {MOST}; ask it at smaller shapes")  # fmt: skip
