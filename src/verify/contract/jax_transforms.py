"""What JAX's users do with a function: compile it, map it over a batch, hand it numbers of Python's and NumPy's.

Facts
    A function that is itself not made for a transformation, since it asks for values, is none that a gradient could
    fail under: then the clause is not asked. A gradient that raises where the function passes is broken.
    What a transformation is for: the same numbers. XLA may round them in another order, within the units allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.adapters.frameworks import loaded
from verify.adapters.jax_arrays import precise, vjp
from verify.contract.agreement import differs
from verify.contract.asking import HOLDS, Asking, NotAsked, Outcome
from verify.contract.foreign_calls import (
    FlatCall,
    asked_safely,
    flat_call,
    foreign_of,
    said,
    value_differs,
)
from verify.contract.steady import need_steady
from verify.parts import whole

BATCHES = (1, 3)  # an axis of length 1 is easily taken for none, and squeezed


def same_when_compiled(asking: Asking) -> Outcome:
    """The value and the gradient are the same under ``jax.jit``."""
    foreign = foreign_of(asking, "jax")
    if foreign is None:
        return None
    need_steady(asking)
    jit = loaded("jax").jit  # type: ignore[union-attr]
    call = flat_call(asking, foreign)
    with precise(call.tensors):
        value = asked_safely(lambda: jit(_value(call))(*call.tensors), "under jit the function")
        eager = call.value()
        if text := value_differs(asking, call.value_arrays(value), call.value_arrays(eager)):
            return False, f"under jit {text}"
        found = _gradient(lambda: jit(_pulled(call))(call.tensors, call.cotangents(eager)))
    if isinstance(found, Exception):
        return False, f"under jit the gradient raises {said(found)}"
    text = differs(asking, call.gradient_arrays(found), asking.first.answers, asking.size)
    return (False, f"under jit the gradient of {text}") if text else HOLDS


def same_when_mapped(asking: Asking) -> Outcome:
    """The value and the gradient under ``jax.vmap`` are those of a loop, for a batch of one too."""
    foreign = foreign_of(asking, "jax")
    if foreign is None:
        return None
    need_steady(asking)
    calls = [flat_call(asking, foreign)]
    loop = [asking.first.answers]
    if all(np.size(x) for x in asking.question.leaves):
        calls += [flat_call(asking, foreign, asking.moved), calls[0]]
        loop += [asking.elsewhere.answers, asking.first.answers]
    for n in BATCHES:
        if n <= len(calls) and (text := _mapped(asking, calls[:n], loop[:n])):
            return False, f"under vmap over a batch of {n} {text}"
    return HOLDS


def _mapped(asking: Asking, calls: Sequence[FlatCall], loop: Sequence[Any]) -> str:
    """What differs under vmap from the calls one by one; "" where nothing does."""
    jax: Any = loaded("jax")
    call, n = calls[0], len(calls)
    with precise(call.tensors):
        stacked = [jax.numpy.stack(parts) for parts in zip(*(c.tensors for c in calls), strict=True)]
        gs = [jax.numpy.stack([g] * n) for g in call.cotangents(call.value())]
        values = asked_safely(lambda: jax.vmap(_value(call))(*stacked), "under vmap the function")
        for k, one in enumerate(calls):
            eager = call.value_arrays(one.value())
            if text := value_differs(asking, call.value_arrays([y[k] for y in values]), eager):
                return text
        found = _gradient(lambda: jax.vmap(_pulled(call))(tuple(stacked), tuple(gs)))
    if isinstance(found, NotImplementedError):
        raise NotAsked(f"under vmap the gradient raises {said(found)}")
    if isinstance(found, Exception):
        return f"the gradient raises {said(found)}"
    for k, wanted in enumerate(loop):
        if text := differs(asking, call.gradient_arrays([x[k] for x in found]), wanted, asking.size):
            return f"the gradient of {text}"
    return ""


def _value(call: FlatCall) -> Callable[..., Any]:
    return lambda *xs: tuple(call.function(*xs))


def _pulled(call: FlatCall) -> Callable[..., Any]:
    return lambda xs, gs: tuple(vjp(call.function, xs)[1](gs))


def _gradient(transformed: Callable[[], Any]) -> Any:
    """What a transformed gradient returns, or the exception that it raises."""
    try:
        return transformed()
    except Exception as problem:  # of users' code under a transformation
        return problem


def same_for_numbers(asking: Asking) -> Outcome:
    """Python's numbers and NumPy's arrays give what arrays of JAX do, and nothing is written into them."""
    foreign = foreign_of(asking, "jax")
    if foreign is None:
        return None
    need_steady(asking)
    question = asking.question
    plain = replace(foreign, framework=replace(foreign.framework, tensor=_number), translations={})
    call = plain.call(whole(question.place(question.leaves)))
    function, numbers = call.over(call.tensors)
    arrays = [x for x in numbers if isinstance(x, np.ndarray)]
    before = [x.copy() for x in arrays]
    with precise(arrays):
        try:
            values = function(*numbers)
        except Exception as problem:
            return True, f"NumPy arrays and Python numbers are refused: {said(problem)}"
        if any(x.tobytes() != old.tobytes() for x, old in zip(arrays, before, strict=True)):
            return False, "a NumPy array that is handed over is written into"
        eager = flat_call(asking, foreign)
        wanted = eager.value()
        if text := value_differs(asking, eager.value_arrays(values), eager.value_arrays(wanted)):
            return False, f"for NumPy arrays and Python numbers {text}"
        found = _gradient(lambda: vjp(function, numbers)[1](eager.cotangents(wanted)))
    if isinstance(found, Exception):
        return True, f"with NumPy arrays and Python numbers the gradient is refused: {said(found)}"
    text = differs(asking, eager.gradient_arrays(found), asking.first.answers, asking.size)
    return (False, f"for NumPy arrays and Python numbers the gradient of {text}") if text else HOLDS


def _number(x: Any, like: Any) -> Any:
    """An array as it is, or a number of Python's where it has no dimensions."""
    x = np.array(x)
    return x.item() if x.ndim == 0 and x.dtype.kind in "fc" else x


CLAUSES: dict[str, Callable[[Asking], Outcome]] = {
    "jit": same_when_compiled,
    "vmap": same_when_mapped,
    "python numbers": same_for_numbers,
}
