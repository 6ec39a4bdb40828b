"""``ad.compile`` and ``ad.source``: a function's value and gradient as a program that was recorded once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.compiler.arrays import Compiled, Run, array_code
from ad.compiler.registers import scalar_code
from ad.compiler.program import Input, Program, without_dead_steps
from ad.compiler.tracing import Recording
from ad.containers import flatten, paths, unflatten
from ad.modes import Wrt, value_and_grad

KEPT = 16  # programs of one function: branches and shapes that take turns; the one that was not used longest goes


def compile(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that computes f and its gradient together, as a program that is recorded once.
    """
    programs: list[Run] = [_never]

    @functools.wraps(f)
    def both(*xs: Any, **kwargs: Any) -> tuple[Any, Any]:
        found = programs[0](xs, kwargs)
        return other(xs, kwargs) if found is None else found

    def other(xs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the latest program is not for: another one's, which becomes the latest, or a new one's."""
        for run in programs[1:]:
            found = run(xs, kwargs)
            if found is not None:
                programs[:] = [run, *(kept for kept in programs if kept is not run)]
                return found
        run = code(recorded(f, wrt, xs, kwargs)).run
        programs[:] = [run, *programs[: KEPT - 1]]
        found = run(xs, kwargs)
        if found is None:
            raise RuntimeError("a program does not hold for the arguments that it was recorded for: f is not repeatable")
        return found

    return both


def _never(xs: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """The program before the first one: for no arguments."""


def source(f: Callable[..., Any], *xs: Any, wrt: Wrt = 0, **kwargs: Any) -> str:
    """The text of the program that ``ad.compile(f, wrt)`` runs for these arguments."""
    return code(recorded(f, wrt, xs, kwargs)).text


def code(program: Program) -> Compiled:
    """The fastest code for a program."""
    return scalar_code(program) or array_code(program)


def recorded(f: Callable[..., Any], wrt: Wrt, xs: tuple[Any, ...], kwargs: dict[str, Any]) -> Program:
    """The program of f's value and gradient for these arguments."""
    recording = Recording()
    differentiated = {p % len(xs) for p in ((wrt,) if isinstance(wrt, int) else wrt)} if xs else set()
    trees, inputs, lifted = [], [], []
    for position, part in enumerate((*xs, kwargs)):
        tree, leaves = flatten(part)
        trees.append(tree)
        names = paths(part, f"argument {position}" if position < len(xs) else "kwargs")
        for leaf, name in zip(leaves, names, strict=True):
            convert = conversion(leaf) if position in differentiated else None
            traced = recording.lift(convert(leaf) if convert else leaf) if convert or varies(leaf, name) else None
            lifted.append(leaf if traced is None else traced)
            inputs.append(Input(leaf, None if traced is None else traced.value, convert))
    arguments = (tuple(trees[:-1]), trees[-1])
    new_xs, new_kwargs = unflatten(arguments, lifted)
    result = value_and_grad(f, wrt)(*new_xs, **new_kwargs)
    return without_dead_steps(Program(arguments, tuple(inputs), tuple(recording.body), recording.described(result)))


def conversion(leaf: Any) -> Callable[[Any], Any] | None:
    """What the engine makes of a Python number that it differentiates by; None where it leaves it as it is."""
    if isinstance(leaf, np.generic | bool):
        return None
    if isinstance(leaf, int | float):
        return np.float64
    return np.asarray if isinstance(leaf, complex) else None


def varies(leaf: Any, name: str) -> bool:
    """Whether a leaf of the arguments is data of the program; if not, it must be the same again.

    Raises TypeError for what is neither: it may change without a trace.
    """
    if type(leaf) is np.ndarray and leaf.dtype.kind in "fciubV":
        return True
    if type(leaf) in (float, complex) or isinstance(leaf, np.inexact):
        return True
    if hasattr(type(leaf), "__array_ufunc__") and not isinstance(leaf, np.generic):
        raise TypeError(
            f"{name} is a {type(leaf).__name__}: a compiled function takes numbers and arrays of them; "
            f"call ad.value_and_grad(f), which takes every kind of number"
        )
    try:
        hash(leaf)
    except TypeError:
        raise TypeError(
            f"{name} is a {type(leaf).__name__}, which may change unseen: a compiled function takes arrays, numbers, "
            f"containers of them, and arguments that can be hashed"
        ) from None
    return False
