"""Primitives that run other jaxprs: calls are run in place, loops and branches as Python's over the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.adapters.jaxprs.equations import Evaluate, Rule, integers, truths

# The param that holds the jaxpr which such a call runs.
IN_PLACE = {
    "call": "call_jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vmap_call": "call",
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "remat2": "jaxpr",
}


def _in_place(param: str) -> Rule:
    return lambda evaluate, equation, *xs: evaluate(equation.params[param], xs)


def _branch(evaluate: Evaluate, equation: Any, which: Any, *xs: Any) -> list[Any]:
    branches = equation.params["branches"]
    return evaluate(branches[min(max(int(integers(which)), 0), len(branches) - 1)], xs)


def _while(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    params = equation.params
    first, second = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    asked, kept, state = xs[:first], xs[first:second], list(xs[second:])
    while bool(truths(evaluate(params["cond_jaxpr"], [*asked, *state])[0])):
        state = evaluate(params["body_jaxpr"], [*kept, *state])
    return state


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


def _linear_solve(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    """The solution as the function's own solver computes it."""
    lengths, jaxprs = equation.params["const_lengths"], equation.params["jaxprs"]
    before, own = lengths.matvec + lengths.vecmat, lengths.solve
    return evaluate(jaxprs.solve, [*xs[before : before + own], *xs[sum(lengths) :]])


CALLS: dict[str, Rule] = {
    **{name: _in_place(param) for name, param in IN_PLACE.items()},
    "cond": _branch,
    "custom_linear_solve": _linear_solve,
    "scan": _scan,
    "while": _while,
}
