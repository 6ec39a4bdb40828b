"""The arguments of a claim, read: each comes back in its one form, or ClaimError says what to give instead."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from verify.verdict import Verdict

JUDGED = ("gradient", "value_and_gradient", "jacobian", "vjp", "jvp", "hvp")
ORDERS = (1, 2)


class ClaimError(ValueError):
    """A claim that cannot be asked: the text names the argument and the cure."""

    __module__ = "verify"  # where a user catches it


def judged_of(given: dict[str, Any]) -> tuple[str, Any]:
    for name in given:
        if name not in JUDGED:
            raise ClaimError(f"unknown argument {name!r}; a claim judges one of {', '.join(JUDGED)}")
    named = {name: subject for name, subject in given.items() if subject is not None}
    if len(named) > 1:
        raise ClaimError(f"a claim judges one derivative, got {' and '.join(sorted(named))}")
    if not named:
        return "engine", None
    ((kind, subject),) = named.items()
    if kind == "value_and_gradient" and subject is True:
        return kind, subject
    pair = kind == "vjp" and isinstance(subject, tuple)
    if pair and (len(subject) != 2 or not all(callable(part) for part in subject)):
        raise ClaimError("vjp= takes backward(g, y, *xs) or a pair (fwd, bwd) of functions")
    if not pair and not callable(subject):
        raise ClaimError(f"{kind}= takes a function, got {type(subject).__name__}")
    return kind, subject


def first_of(fused: Any) -> Any:
    """The value alone of a function that returns (value, gradient), under its name and with its arguments."""
    if not callable(fused):
        raise ClaimError("value_and_gradient=True goes with a function that returns (value, gradient)")

    @functools.wraps(fused)
    def value(*xs: Any, **kwargs: Any) -> Any:
        returned = fused(*xs, **kwargs)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise ClaimError("value_and_gradient=True: f returns a pair, (value, gradient)")
        return returned[0]

    return value


def with_constants(xs: tuple[Any, ...], args: Any, wrt: Any) -> tuple[tuple[Any, ...], Any]:
    """The point with SciPy's ``args`` behind it, and what is differentiated: none of these."""
    extra = args if isinstance(args, tuple) else (args,)
    return (*xs, *extra), tuple(range(len(xs))) if wrt is None and extra else wrt


def order_of(order: Any, kind: str, engine: Any) -> int:
    """The order of the derivative that is asked for: of an hvp 2, else 1 unless stated."""
    if order is None:
        return 2 if kind == "hvp" else 1
    if isinstance(order, bool) or order not in ORDERS:
        raise ClaimError(f"order= is {order!r:.60}: give 1, or 2 for the derivative of the derivative along tangents")
    if kind == "hvp" and order == 1:
        raise ClaimError("hvp= is a second derivative: leave out order=1")
    if order == 2 and kind == "jvp":
        raise ClaimError("jvp= is judged at order 1; for second derivatives claim hvp=, or gradient= with order=2")
    if order == 2 and engine != "ad":
        raise ClaimError("a scalar class is judged at order 1: it has no second derivatives to ask for")
    return int(order)


def parameters_of(f: Any) -> list[str]:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def expected(expect: Any) -> frozenset[str]:
    given = [expect] if isinstance(expect, str | Verdict) or not isinstance(expect, Iterable) else list(expect)
    names = [name.name if isinstance(name, Verdict) else name for name in given]
    for name in names:
        if name != "ok" and name not in Verdict.__members__:
            raise ClaimError(f'expect= holds {name!r}: give "ok" or one of {", ".join(Verdict.__members__)}')
    if not names:
        raise ClaimError('expect= is empty: give "ok", a verdict, or a set of verdicts')
    return frozenset(names)


def positive(argument: str, value: Any, bound: float = math.inf) -> float:
    number = float(value) if isinstance(value, int | float | np.number) else math.nan
    if not 0 < number <= bound:
        upto = "" if bound == math.inf else f" up to {bound}"
        raise ClaimError(f"{argument}= is {value!r:.60}: give a positive number{upto}")
    return number


def seed_of(seed: Any) -> int:
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ClaimError(f"seed= is {seed!r:.60}: give a whole number, 0 or more")
    return int(seed)


def keywords(kwargs: Any) -> dict[str, Any]:
    if kwargs is not None and not (isinstance(kwargs, Mapping) and all(isinstance(key, str) for key in kwargs)):
        raise ClaimError(f"kwargs= is {kwargs!r:.60}: give a mapping from names to values")
    return dict(kwargs or {})


def oracles_of(oracles: Any) -> tuple[Any, ...] | None:
    if oracles is None:
        return None
    given = tuple(oracles) if isinstance(oracles, Iterable) else (oracles,)
    if not given or not all(callable(oracle) and hasattr(oracle, "trusts") for oracle in given):
        raise ClaimError(f"oracles= is {oracles!r:.60}: give oracles, such as verify.CERTIFY")
    return given


def positions_named(what: str, given: Any, arguments: Sequence[str]) -> tuple[int, ...]:
    """The positions of arguments that are given by name or position."""
    wanted = given if isinstance(given, tuple | list | set | frozenset) else (given,)
    positions = []
    for name in wanted:
        if isinstance(name, int) and -len(arguments) <= name < len(arguments):
            positions.append(name % len(arguments))
        elif name in arguments:
            positions.append(list(arguments).index(name))
        else:
            raise ClaimError(f"{what} names {name!r}; the arguments are {', '.join(arguments)}")
    return tuple(positions)
