"""``ad.compile`` and ``ad.source``: a function's value and gradient as a program that was recorded once."""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ad.arguments import Wrt
from ad.containers import flatten, paths, unflatten
from ad.modes import value_and_grad

if TYPE_CHECKING:  # the rest of the compiler is loaded when something is compiled, so that `import ad` stays light
    from ad.compiler.arrays import Compiled, Run
    from ad.compiler.program import Program

KEPT = 16  # programs of one function: branches and shapes that take turns; the one that was not used longest goes


def compile(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that computes f and its gradient together, as a program that is recorded once and then run.

    Arguments
        f, wrt: as for ``ad.value_and_grad``. f is run once for every new structure, shape, dtype and memory order of
            the arguments, and once for every new way it takes: a Python ``if`` on a value, an ``int(x)``, a
            ``range(n)``, ``np.asarray(x)``. What f reads besides its arguments (globals, closures) is taken as it
            was then; integers, strings and functions among the arguments must be the same again.
    Returns
        a function of the same arguments: (value, gradient), as from ``ad.value_and_grad`` and with the same bits
        where arrays are involved. In programs of numbers alone (float64) every step is within 4 units in the last
        place of NumPy's, + - * / and sqrt the same. The arrays are new in every call. Calls may overlap, in threads
        too. No warnings are given. It keeps the 16 programs that were used last, with their buffers.
    Raises
        TypeError for Variables, exact arrays and other kinds of number (``ad.value_and_grad`` takes them), for
        arguments that may change unseen, and where f writes into an array of its arguments.
    Example
        >>> import numpy as np
        >>> import ad
        >>> both = ad.compile(lambda x: np.sum(x**2))
        >>> both(np.array([1.0, 2.0]))
        (np.float64(5.0), array([2., 4.]))
    """
    programs: list[Run] = [_never]

    @functools.wraps(f)
    def both(*xs: Any, **kwargs: Any) -> tuple[Any, Any]:
        found: tuple[Any, Any] | None = programs[0](xs, kwargs)
        return other(xs, kwargs) if found is None else found

    def other(xs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """What the latest program is not for: another one's, which becomes the latest, or a new one's."""
        for run in programs[1:]:
            found: tuple[Any, Any] | None = run(xs, kwargs)
            if found is not None:
                programs[:] = [run, *(kept for kept in programs if kept is not run)]
                return found
        with collector_paused():
            run = code(recorded(f, wrt, xs, kwargs)).run
        programs[:] = [run, *programs[: KEPT - 1]]
        found = run(xs, kwargs)
        if found is None:
            raise RuntimeError("a program does not hold for the arguments it was recorded for: f is not repeatable")
        return found

    both.__name__ = both.__qualname__ = f"compile({getattr(f, '__name__', 'f')})"  # a finding says what it judged
    return both


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Without Python's collector of cycles: a recording is new objects that stay, which it would walk over and over.

    It takes two thirds of the time of a long recording, growing faster than its length.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def _never(xs: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """The program before the first one: for no arguments."""


def source(f: Callable[..., Any], *xs: Any, wrt: Wrt = 0, **kwargs: Any) -> str:
    """The text of the program that ``ad.compile(f, wrt)`` runs for these arguments.

    Arguments
        f, wrt: as for ``ad.compile``. xs, kwargs: the arguments; f is run on them.
    Returns
        Python source of one function: guards that return None, steps, result. Where numba's registers run a program
        of numbers, the same steps as plain Python.
    Raises
        what ``ad.compile`` raises.
    Example
        >>> import ad
        >>> "t3 = t0 * t1" in ad.source(lambda x, w, b: x * w + b, 3.0, 2.0, 1.0)
        True
    """
    return code(recorded(f, wrt, xs, kwargs)).text()


def code(program: Program) -> Compiled:
    """The fastest code for a program."""
    from ad.compiler.arrays import array_code
    from ad.compiler.registers import scalar_code

    return scalar_code(program) or array_code(program)


def recorded(f: Callable[..., Any], wrt: Wrt, xs: tuple[Any, ...], kwargs: dict[str, Any]) -> Program:
    """The program of f's value and gradient for these arguments."""
    from ad.compiler.program import Input, Program, without_dead_steps
    from ad.compiler.recording import Recording

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
