"""A jaxpr run over any kind of numbers, equation by equation."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify.adapters.constants import constant, named
from verify.adapters.jaxprs.calls import CALLS, IN_PLACE
from verify.adapters.jaxprs.equations import integers, is_plain, kind
from verify.adapters.jaxprs.lines import line_of
from verify.adapters.jaxprs.movement import by_jax
from verify.adapters.jaxprs.systems import without_solver
from verify.adapters.jaxprs.table import REASONS, RULES
from verify.adapters.translation import RUNNING, Untranslatable


def evaluate(closed: Any, xs: Sequence[Any]) -> list[Any]:
    """The results of a jaxpr, closed or without constants, at operands of any kind of numbers."""
    jaxpr = getattr(closed, "jaxpr", closed)
    consts = getattr(closed, "consts", ())
    values: dict[Any, Any] = dict(zip(jaxpr.invars, xs, strict=True))
    values.update((v, constant(c, v.aval.dtype)) for v, c in zip(jaxpr.constvars, consts, strict=True))

    def read(atom: Any) -> Any:
        return constant(atom.val, atom.aval.dtype) if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        RUNNING.set(functools.partial(line_of, equation))
        found = _computed(equation, [read(atom) for atom in equation.invars])
        results = found if equation.primitive.multiple_results else [found]
        values.update((v, _settled(v, y)) for v, y in zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _computed(equation: Any, xs: list[Any]) -> Any:
    name = equation.primitive.name
    if name in CALLS:
        return CALLS[name](evaluate, equation, *xs)
    if name not in REASONS and _of_integers(equation, xs):
        found = by_jax(equation, *xs)
        wide = found if equation.primitive.multiple_results else [found]
        wide = [constant(y, v.aval.dtype) for y, v in zip(wide, equation.outvars, strict=True)]
        return wide if equation.primitive.multiple_results else wide[0]
    found = RULES[name](equation, *xs)
    if type(found) is np.float64 and all(isinstance(x, float) for x in xs):  # of literals alone, as in log 2.0
        return named(float(found), np.dtype(float))
    return found


def _of_integers(equation: Any, xs: list[Any]) -> bool:
    """Whether an equation has plain integers, conditions and keys as operands alone: then JAX computes it."""
    kinds = [kind(atom) for atom in equation.invars]
    return all(k == "V" or (k in "iub" and is_plain(x)) for k, x in zip(kinds, xs, strict=True))


def _settled(variable: Any, y: Any) -> Any:
    """A result; integers as plain ones of the jaxpr's own dtype."""
    if getattr(getattr(variable.aval, "dtype", None), "kind", "") in ("i", "u"):
        return integers(y).astype(variable.aval.dtype)
    return y


def simplified(jaxpr: Any) -> Any:
    """A jaxpr, open or closed, in which systems of equations know nothing of their solvers, at any depth."""
    if hasattr(jaxpr, "consts"):
        return jaxpr.replace(jaxpr=simplified(jaxpr.jaxpr))
    return jaxpr.replace(eqns=[_simplified(equation) for equation in jaxpr.eqns])


def _simplified(equation: Any) -> Any:
    name = equation.primitive.name
    if name == "custom_linear_solve":
        return without_solver(evaluate, equation)
    if name not in CALLS:
        return equation
    inner = {key: _each(value) for key, value in equation.params.items() if _jaxprs(value)}
    return equation.replace(params={**equation.params, **inner})


def _each(value: Any) -> Any:
    return tuple(map(simplified, value)) if isinstance(value, tuple | list) else simplified(value)


def equations_of(closed: Any) -> Iterator[Any]:
    """Every equation of a jaxpr and of those that its equations run, in the order of their first use."""
    for equation in getattr(closed, "jaxpr", closed).eqns:
        yield equation
        if equation.primitive.name == "custom_linear_solve":
            yield from equations_of(equation.params["jaxprs"].matvec)
        elif equation.primitive.name in CALLS:
            for jaxpr in (j for value in equation.params.values() for j in _jaxprs(value)):
                yield from equations_of(jaxpr)


def _jaxprs(value: Any) -> list[Any]:
    found = value if isinstance(value, tuple | list) else (value,)
    return [part for part in found if hasattr(getattr(part, "jaxpr", part), "eqns")]


def operations_of(closed: Any) -> tuple[tuple[str, str], ...]:
    """The name of every primitive that a jaxpr computes with, and the user's line, in the order of their use.

    Raises
        Untranslatable for one that has no entry.
    """
    found = []
    for equation in equations_of(closed):
        name = equation.primitive.name
        if name in IN_PLACE:
            continue  # it is none of a program's operations: what it runs is
        if name in REASONS:
            raise Untranslatable(f"{name} has no translation: {REASONS[name]}")
        integral = all(kind(atom) in "iuV" for atom in equation.invars)
        if name not in CALLS and name not in RULES and not integral:
            raise Untranslatable(f"{name} has no translation")
        found.append((name, line_of(equation)))
    return tuple(found)


def outline_of(closed: Any) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The primitives of a jaxpr in order, each with the numbers in its call; then the constants of the whole.

    Conversions between dtypes, and calls, are left out.
    """
    found = []
    for equation in equations_of(closed):
        if equation.primitive.name not in (*IN_PLACE, "convert_element_type"):
            numbers = (x for atom in equation.invars if hasattr(atom, "val") for x in _floats(atom.val))
            found.append((equation.primitive.name, tuple(numbers)))
    return (*found, *(("constant", tuple(_floats(c))) for c in getattr(closed, "consts", ())))


def _floats(value: Any) -> list[float]:
    """The real numbers of a constant; none of keys and complex arrays."""
    array = np.asarray(value) if getattr(value, "dtype", None) is None or isinstance(value.dtype, np.dtype) else None
    if array is None or array.dtype.kind == "c":
        return []
    return [float(x) for x in array.reshape(-1)]
