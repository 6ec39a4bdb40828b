"""Primitives that run other jaxprs: calls are run in place, loops and branches as Python's over the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.adapters.jaxprs.equations import Evaluate, Rule, integers, is_plain, result_shape, truths
from verify.adapters.jaxprs.systems import joined, linear_solve
from verify.adapters.jaxprs.windows import seen
from verify.adapters.translation import moved

# The param that holds the jaxpr which such a call runs.
IN_PLACE = {
    "call": "call_jaxpr",
    "closed_call": "call_jaxpr",
    "composite": "jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vmap_call": "call",
    "jit": "jaxpr",
    "linear_call": "callee",
    "remat2": "jaxpr",
}


def _in_place(param: str) -> Rule:
    return lambda evaluate, equation, *xs: evaluate(equation.params[param], xs)


def _jitted(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    """A call in place. That of ``jnp.signbit``, which reads the bits of a float, means x < 0: no number is -0."""
    closed = equation.params["jaxpr"]
    names = [inner.primitive.name for inner in closed.jaxpr.eqns[:1]]
    if equation.params["name"] == "signbit" and names == ["bitcast_convert_type"]:
        return [np.signbit(xs[0]) if is_plain(xs[0]) else np.less(xs[0], 0)]
    return evaluate(closed, xs)


def _branch(evaluate: Evaluate, equation: Any, which: Any, *xs: Any) -> list[Any]:
    branches = equation.params["branches"]
    return evaluate(branches[min(max(int(integers(which)), 0), len(branches) - 1)], xs)


def _while(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    """The loop; of a stack of loops each stands still once its own condition is false."""
    params = equation.params
    first, second = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    asked, kept, state = xs[:first], xs[first:second], list(xs[second:])
    while (goes := truths(evaluate(params["cond_jaxpr"], [*asked, *state])[0])).any():
        found = evaluate(params["body_jaxpr"], [*kept, *state])
        state = found if goes.all() else [_where(goes, new, old) for new, old in zip(found, state, strict=True)]
    return state


def _where(goes: np.ndarray, new: Any, old: Any) -> Any:
    """The entries of the loops that go on, and the old ones of those that have ended."""
    return np.where(goes.reshape(goes.shape + (1,) * (np.ndim(old) - goes.ndim)), new, old)


def _scan(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    params = equation.params
    constants, carried = params["num_consts"], params["num_carry"]
    fixed, state, rows = xs[:constants], list(xs[constants : constants + carried]), xs[constants + carried :]
    steps = range(params["length"])
    found: list[list[Any]] = []
    for n in reversed(steps) if params["reverse"] else steps:
        results = evaluate(params["jaxpr"], [*fixed, *state, *(row[n] for row in rows)])
        state = results[:carried]
        found.append(results[carried:])
    if params["reverse"]:
        found.reverse()
    empty = [np.zeros(atom.aval.shape) for atom in equation.outvars[carried:]]
    return state + ([np.stack(parts) for parts in zip(*found, strict=True)] if found else empty)


def _folded(evaluate: Evaluate, jaxpr: Any, starts: Any, rows: Any) -> list[Any]:
    """A jaxpr of two operands each over rows of arrays, one after the other, from starting values on."""
    state = [np.broadcast_to(start, np.shape(row)[1:]) for start, row in zip(starts, rows, strict=True)]
    for n in range(np.shape(rows[0])[0]):
        state = evaluate(jaxpr, [*state, *(row[n] for row in rows)])
    return state


def _reduce(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    """A reduction by a function of the user's; it is of single numbers, and so runs over arrays as well."""
    axes, half = tuple(equation.params["dimensions"]), len(xs) // 2
    rows = [np.moveaxis(x, axes, tuple(range(len(axes)))) for x in xs[:half]]
    flat = [np.reshape(x, (-1, *np.shape(x)[len(axes) :])) for x in rows]
    return _folded(evaluate, equation.params["jaxpr"], xs[half:], flat)


def _reduce_window(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    half = len(xs) // 2
    places = seen(equation, np.shape(xs[0]))
    padded = [joined(pair) for pair in zip(xs[:half], xs[half:], strict=True)]
    rows = [np.transpose(moved(x, np.where(places < 0, np.size(x) - 1, places))) for x in padded]
    found = _folded(evaluate, equation.params["jaxpr"], xs[half:], rows)
    return [np.reshape(y, result_shape(equation, n)) for n, y in enumerate(found)]


CALLS: dict[str, Rule] = {
    **{name: _in_place(param) for name, param in IN_PLACE.items()},
    "cond": _branch,
    "jit": _jitted,
    "custom_linear_solve": linear_solve,
    "reduce": _reduce,
    "reduce_window": _reduce_window,
    "scan": _scan,
    "while": _while,
}
