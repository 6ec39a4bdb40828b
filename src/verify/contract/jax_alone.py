"""A rule in JAX asked for one argument, and for one result: where it is told which of them matter.

Facts
    With ``symbolic_zeros`` a rule sees which arguments are perturbed, and which cotangents and tangents are zero by
    structure. JAX differentiates all arguments at once only where a test does: a training step holds some fixed.
    The gradient of one is then the one that comes with all others, and an unused result has a cotangent of zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.adapters.jax_arrays import precise, vjp
from verify.contract.agreement import differs
from verify.contract.asking import HOLDS, Asking, Outcome
from verify.contract.foreign_calls import FlatCall, flat_call, foreign_of, raised
from verify.contract.foreign_rules import has_rules
from verify.contract.steady import need_steady

SEVERAL = 4  # arguments, and results, that are asked for one by one


def one_argument_alone(asking: Asking) -> Outcome:
    """The gradient of one argument is the same whether or not the others are differentiated."""
    call = _asked(asking)
    if call is None or len(call.tensors) < 2:
        return None
    gs = _cotangents(call)
    together = list(_pulled(call.function, call.tensors, gs))
    wanted = call.gradient_arrays(together)
    for k, name in enumerate(call.foreign.names[:SEVERAL]):
        before, after = call.tensors[:k], call.tensors[k + 1 :]

        def alone(x: Any, before: Any = before, after: Any = after) -> Sequence[Any]:
            return call.function(*before, x, *after)

        found, problem = raised(lambda f=alone, k=k: _pulled(f, call.tensors[k : k + 1], gs))  # type: ignore[misc]
        if problem:
            return False, f"where only {name} is differentiated it raises {problem}"
        mixed = [found[0] if i == k else x for i, x in enumerate(together)]
        if text := differs(asking, call.gradient_arrays(mixed), wanted, asking.size):
            return False, f"where only {name} is differentiated, {text}"
    return HOLDS


def one_result_alone(asking: Asking) -> Outcome:
    """A result that nobody uses is one with a cotangent of zeros."""
    call = _asked(asking)
    if call is None or len(call.seed) < 2:
        return None
    gs = _cotangents(call)
    for k in range(len(gs))[:SEVERAL]:
        zeros = [g if i == k else g * 0 for i, g in enumerate(gs)]

        def alone(*xs: Any, k: int = k) -> Sequence[Any]:
            return [call.function(*xs)[k]]

        found, problem = raised(lambda f=alone, k=k: _pulled(f, call.tensors, [gs[k]]))  # type: ignore[misc]
        if problem:
            return False, f"where only result {k} is used it raises {problem}"
        wanted = call.gradient_arrays(_pulled(call.function, call.tensors, zeros))
        if text := differs(asking, call.gradient_arrays(found), wanted, asking.size):
            return False, f"where only result {k} is used, {text}"
    return HOLDS


def _asked(asking: Asking) -> FlatCall | None:
    """The call at the point of JAX's function, where a rule of somebody's own takes part."""
    foreign = foreign_of(asking, "jax")
    if foreign is None or not has_rules(foreign):
        return None
    need_steady(asking)
    return flat_call(asking, foreign)


def _cotangents(call: FlatCall) -> tuple[Any, ...]:
    with precise(call.tensors):
        return call.cotangents(call.value())


def _pulled(function: Callable[..., Any], tensors: Sequence[Any], gs: Sequence[Any]) -> Sequence[Any]:
    with precise(tensors):
        return vjp(function, tensors)[1](gs)


CLAUSES: dict[str, Callable[[Asking], Outcome]] = {
    "one argument alone": one_argument_alone,
    "one result alone": one_result_alone,
}
