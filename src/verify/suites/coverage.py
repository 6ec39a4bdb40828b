"""The namesakes under ``ad`` and the special cases of the coverage table as claims; all other functions are in ``ops``.

A function whose result is complex is judged by the real and imaginary parts of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten
from verify.claim import Claim
from verify.coverage import function_of, rows
from verify.suites.coverage_calls import ARRAYS, CALLS


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
        return in_real_parts(call(function, **dict(zip(inputs, xs, strict=True)), **held))

    _known_as(f, name, inputs)
    return Claim(f, *(ARRAYS[letter] for letter in inputs), id=f"coverage/{name}", title=name)


def in_real_parts(result: Any) -> Any:
    """A result with every complex array as the pair of its real and imaginary parts."""
    structure, leaves = flatten(result)
    return unflatten(structure, [(np.real(y), np.imag(y)) if _is_complex(y) else y for y in leaves])


def _is_complex(y: Any) -> bool:
    return getattr(getattr(y, "dtype", None), "kind", "") == "c"


def _apart(name: str, ours: str) -> bool:
    return ours.startswith("ad.") or name.replace("numpy.", "np.", 1) != ours


def _known_as(f: Callable[..., Any], name: str, parameters: tuple[str, ...]) -> None:
    f.__name__ = name
    kind = inspect.Parameter.POSITIONAL_ONLY
    f.__signature__ = inspect.Signature([inspect.Parameter(p, kind) for p in parameters])  # type: ignore[attr-defined]
