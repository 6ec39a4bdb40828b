"""The namesakes under ``ad`` and the special cases of the coverage table as claims; all other functions are in ``ops``.

A function whose result is complex is judged by the real and imaginary parts of it.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.coverage import function_of, rows
from verify.parts import in_parts
from verify.suites.coverage_calls import ARRAYS, CALLS
from verify.suites.optable import known_as


def claims() -> list[Claim]:
    """One claim for every function of the table that has a namesake, and for every special case of a function."""
    return [claim_of(row.name) for row in rows() if row.name in CALLS and row.ours and _apart(row.name, row.ours)]


def claim_of(name: str) -> Claim:
    """The call of a function of the coverage table as a claim."""
    call, function = CALLS[name], function_of(name)
    letters = tuple(inspect.signature(call).parameters)[1:]
    inputs = tuple(letter for letter in letters if np.asarray(ARRAYS[letter]).dtype.kind == "f")
    held = {letter: ARRAYS[letter] for letter in letters if letter not in inputs}

    def f(*xs: Any) -> Any:
        return in_parts(call(function, **dict(zip(inputs, xs, strict=True)), **held))

    known_as(f, name, inputs)
    return Claim(f, *(ARRAYS[letter] for letter in inputs), id=f"coverage/{name}", title=name)


def _apart(name: str, ours: str) -> bool:
    return ours.startswith("ad.") or name.replace("numpy.", "np.", 1) != ours
