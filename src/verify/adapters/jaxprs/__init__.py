"""JAX functions as programs over NumPy: their jaxpr, run by a table with one entry a primitive."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.adapters.frameworks import loaded
from verify.adapters.jaxprs.interpreter import evaluate, operations_of, outline_of, simplified
from verify.adapters.jaxprs.lines import lines_of_rules
from verify.adapters.translation import RUNNING, Translation, Untranslatable

WIDE = (np.dtype(np.float64), np.dtype(np.complex128))


def translated(function: Callable[..., Any], arrays: Sequence[Any]) -> Translation:
    """A function of JAX as one over NumPy.

    Arguments
        function: takes arrays by position and returns one, or a tuple or list of them; it may be made by ``jax.vjp``,
            then what a ``custom_vjp`` does backward is part of it.
        arrays: examples: their number, shapes and dtypes are those that the translation is for. Where one is float64
            the function is traced in 64 bits, so that its constants have 53.
    Returns
        a Translation; what it returns is a list, also for a single array.
    Raises
        Untranslatable, naming the primitive; or saying that the function asks for the value of a traced array.
    """
    examples = [np.asarray(x) for x in arrays]
    jaxpr = _traced(function, examples)
    lines = operations_of(jaxpr)

    def run(xs: Sequence[Any]) -> list[Any]:
        outside = RUNNING.set(None)
        try:
            return evaluate(jaxpr, xs)
        finally:
            RUNNING.reset(outside)

    with np.errstate(all="ignore"), contextlib.suppress(np.linalg.LinAlgError):  # a singular example says nothing
        run([_wide(x) for x in examples])  # an entry may refuse what an equation asks of it
    return Translation(run, tuple(dict.fromkeys(name for name, _ in lines)), lines, outline_of(jaxpr))


def _wide(x: np.ndarray) -> np.ndarray:
    """An example in the widest dtype of its kind."""
    return x if x.dtype.kind in "iubc" else x.astype(np.float64)


def _traced(function: Callable[..., Any], arrays: list[np.ndarray]) -> Any:
    """The jaxpr without the equations that no result needs."""
    jax: Any = loaded("jax")
    try:
        wide = any(x.dtype in WIDE for x in arrays) or jax.config.jax_enable_x64
        with jax.enable_x64(wide), lines_of_rules():
            closed = jax.make_jaxpr(function)(*arrays)
    except (jax.errors.JAXTypeError, jax.errors.JAXIndexError) as problem:
        reason = str(problem).partition("\n")[0]
        raise Untranslatable(
            f"the function asks for the value of a traced array, as a Python if or a shape that depends on values do: "
            f"{reason}"
        ) from problem
    closed = simplified(closed)
    needed = loaded("jax.interpreters.partial_eval").dce_jaxpr  # type: ignore[union-attr]
    return closed.replace(jaxpr=needed(closed.jaxpr, [True] * len(closed.jaxpr.outvars), instantiate=True)[0])
