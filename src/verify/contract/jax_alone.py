"""A rule in JAX asked for one argument, and for one result: where it is told which of them matter.

Facts
    With ``symbolic_zeros`` a rule sees which arguments are perturbed, and which cotangents and tangents are zero by
    structure. JAX differentiates all arguments at once only where a test does: a training step holds some fixed.
    The gradient of one is then the one that comes with all others, and an unused result has a cotangent of zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.adapters.foreign import Foreign
from verify.adapters.jax_arrays import precise, vjp
from verify.contract.agreement import differs
from verify.contract.asking import HOLDS, Asking, Outcome
from verify.contract.foreign_calls import FlatCall, flat_call, foreign_of, gradient_arrays, said
from verify.contract.foreign_rules import has_rules
from verify.contract.steady import need_steady

SEVERAL = 4  # arguments, and results, that are asked for one by one


def one_argument_alone(asking: Asking) -> Outcome:
    """The gradient of one argument is the same whether or not the others are differentiated."""
    asked = _asked(asking)
    if asked is None or len(asked[1].tensors) < 2:
        return None
    foreign, call = asked
    together = list(_pulled(call.function, call.tensors, call.cotangents))
    for k, name in enumerate(foreign.names[:SEVERAL]):
        before, after = call.tensors[:k], call.tensors[k + 1 :]

        def alone(x: Any, before: Any = before, after: Any = after) -> Sequence[Any]:
            return call.function(*before, x, *after)

        try:
            (found,) = _pulled(alone, call.tensors[k : k + 1], call.cotangents)
        except Exception as problem:  # of a rule that asks for what is not there
            return False, f"where only {name} is differentiated it raises {said(problem)}"
        mixed = [found if i == k else x for i, x in enumerate(together)]
        wanted = gradient_arrays(foreign, together)
        if text := differs(asking, gradient_arrays(foreign, mixed), wanted, asking.size):
            return False, f"where only {name} is differentiated, {text}"
    return HOLDS


def one_result_alone(asking: Asking) -> Outcome:
    """A result that nobody uses is one with a cotangent of zeros."""
    asked = _asked(asking)
    if asked is None or len(asked[1].cotangents) < 2:
        return None
    foreign, call = asked
    for k in range(len(call.cotangents))[:SEVERAL]:
        zeros = [g if i == k else g * 0 for i, g in enumerate(call.cotangents)]

        def alone(*xs: Any, k: int = k) -> Sequence[Any]:
            return [call.function(*xs)[k]]

        try:
            found = _pulled(alone, call.tensors, [call.cotangents[k]])
        except Exception as problem:
            return False, f"where only result {k} is used it raises {said(problem)}"
        wanted = gradient_arrays(foreign, _pulled(call.function, call.tensors, zeros))
        if text := differs(asking, gradient_arrays(foreign, found), wanted, asking.size):
            return False, f"where only result {k} is used, {text}"
    return HOLDS


def _asked(asking: Asking) -> tuple[Foreign, FlatCall] | None:
    """JAX's function with a rule of somebody's own, and its call at the point."""
    foreign = foreign_of(asking, "jax")
    if foreign is None or not has_rules(foreign):
        return None
    need_steady(asking)
    return foreign, flat_call(asking, foreign)


def _pulled(function: Callable[..., Any], tensors: Sequence[Any], gs: Sequence[Any]) -> Sequence[Any]:
    with precise(tensors):
        return vjp(function, tensors)[1](gs)


CLAUSES: dict[str, Callable[[Asking], Outcome]] = {
    "one argument alone": one_argument_alone,
    "one result alone": one_result_alone,
}
