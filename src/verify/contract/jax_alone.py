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
from verify.contract.asking import Asking, Outcome
from verify.contract.foreign_calls import FlatCall, flat_call, foreign_of
from verify.contract.foreign_rules import has_rules
from verify.contract.one_alone import each_input, each_result
from verify.contract.steady import need_steady


def one_argument_alone(asking: Asking) -> Outcome:
    """The gradient of one argument is the same whether or not the others are differentiated."""
    call = _asked(asking)
    if call is None or len(call.tensors) < 2:
        return None
    gs = _cotangents(call)
    tensors = call.tensors

    def alone(k: int) -> Any:
        return _pulled(lambda x: call.function(*tensors[:k], x, *tensors[k + 1 :]), tensors[k : k + 1], gs)[0]

    return each_input(asking, call, list(_pulled(call.function, tensors, gs)), alone, "is differentiated")


def one_result_alone(asking: Asking) -> Outcome:
    """A result that nobody uses is one with a cotangent of zeros."""
    call = _asked(asking)
    if call is None or len(call.seed) < 2:
        return None
    gs = _cotangents(call)
    return each_result(
        asking, call, range(len(gs)), gs,
        alone=lambda k: _pulled(lambda *xs: [call.function(*xs)[k]], call.tensors, [gs[k]]),
        among=lambda zeros: _pulled(call.function, call.tensors, zeros),
    )  # fmt: skip


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
