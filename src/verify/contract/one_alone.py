"""One input, or one result, of a framework's function asked for alone, held against what it is among the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from verify.contract.agreement import differs
from verify.contract.asking import HOLDS, Asking, Outcome
from verify.contract.foreign_calls import FlatCall, raised

SEVERAL = 4  # inputs, and results, that are asked for one by one


def each_input(
    asking: Asking, call: FlatCall, together: Sequence[Any], alone: Callable[[int], Any], does: str
) -> Outcome:
    """The gradient of one input is the one that comes with all others.

    Arguments
        together: the gradients of all inputs. alone: that of input k asked alone. does: what only this input does then.
    """
    wanted = call.gradient_arrays(together)
    for k, name in enumerate(call.foreign.names[:SEVERAL]):
        found, problem = raised(lambda k=k: alone(k))  # type: ignore[misc]
        if problem:
            return False, f"where only {name} {does} it raises {problem}"
        mixed = [found if i == k else x for i, x in enumerate(together)]
        if text := differs(asking, call.gradient_arrays(mixed), wanted, asking.size):
            return False, f"where only {name} {does}, {text}"
    return HOLDS


def each_result(
    asking: Asking,
    call: FlatCall,
    results: Iterable[int],
    gs: Sequence[Any],
    alone: Callable[[int], Sequence[Any]],
    among: Callable[[Sequence[Any]], Sequence[Any]],
) -> Outcome:
    """A result that nobody uses is one with a cotangent of zeros.

    Arguments
        results: their numbers. gs: the cotangents of all. alone: the gradients where only result k is used.
        among: the gradients for cotangents of all results.
    """
    for k in list(results)[:SEVERAL]:
        found, problem = raised(lambda k=k: alone(k))  # type: ignore[misc]
        if problem:
            return False, f"where only result {k} is used it raises {problem}"
        wanted = call.gradient_arrays(among([g if i == k else g * 0 for i, g in enumerate(gs)]))
        if text := differs(asking, call.gradient_arrays(found), wanted, asking.size):
            return False, f"where only result {k} is used, {text}"
    return HOLDS
