"""JAX as an adapter sees it.

Facts
    JAX differentiates Python floats and NumPy arrays too; they become arrays of JAX before anything is asked.
    Integers, text and what stands at ``nondiff_argnums`` stays as it is.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify.adapters.framework import Flat, Framework, Pull
from verify.adapters.frameworks import loaded
from verify.adapters.saved import replaced
from verify.adapters.translation import Translation


def _jax() -> Any:
    return loaded("jax")


def owns(x: Any) -> bool:
    jax = _jax()
    return jax is not None and isinstance(x, jax.Array)


def owned(op: Any) -> bool:
    """Whether this is a function that JAX made: one with a rule of its own, or a compiled one."""
    jax = _jax()
    return isinstance(op, (jax.custom_vjp, jax.custom_jvp, type(jax.jit(lambda x: x))))


def moves(x: Any) -> bool:
    return bool(_jax().numpy.issubdtype(x.dtype, _jax().numpy.inexact))


def adopted(x: Any) -> Any:
    """A number or array that JAX would differentiate as an array of JAX; anything else as it is."""
    if isinstance(x, float | complex | np.ndarray | np.generic) and not owns(x):
        return _jax().numpy.asarray(x)
    return x


def array(x: Any) -> Any:
    if not owns(x):
        return x
    if _jax().numpy.issubdtype(x.dtype, _jax().dtypes.prng_key):
        return x
    return np.array(x)  # a copy: what JAX hands out is read-only


def tensor(x: Any, like: Any) -> Any:
    return _jax().numpy.asarray(x)


def vjp(function: Flat, tensors: Sequence[Any]) -> tuple[Sequence[Any], Pull]:
    outputs, pull = _jax().vjp(lambda *xs: tuple(function(*xs)), *tensors)
    return outputs, lambda gs: pull(tuple(gs))


def jvp(function: Flat, tensors: Sequence[Any], tangents: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    outputs, pushed = _jax().jvp(lambda *xs: tuple(function(*xs)), tuple(tensors), tuple(tangents))
    return outputs, pushed


def second(function: Flat, tensors: Sequence[Any], gs: Sequence[Any], ts: Sequence[Any]) -> Sequence[Any]:
    """The derivative of x -> J(x)'g along ts: forward over reverse."""

    def first(*xs: Any) -> Any:
        return tuple(vjp(function, xs)[1](gs))

    found: Sequence[Any] = _jax().jvp(first, tuple(tensors), tuple(ts))[1]
    return found


def refined(
    function: Flat, tensors: Sequence[Any], wide: Sequence[np.ndarray], roundoff: float
) -> tuple[Sequence[Any], Sequence[Any], Pull]:
    """The pull over the residuals of a run in float64, rounded: they are the leaves of what ``jax.vjp`` returns."""
    jax = _jax()

    def flat(*xs: Any) -> Any:
        return tuple(function(*xs))

    with jax.enable_x64(True):
        exact, pull = jax.vjp(flat, *map(jax.numpy.asarray, wide))
        exact, left_wide = [array(y) for y in exact], [array(x) for x in jax.tree_util.tree_leaves(pull)]
    outputs, pull = jax.vjp(flat, *tensors)
    left, tree = jax.tree_util.tree_flatten(pull)
    rounded = [jax.numpy.asarray(x) for x in replaced([array(x) for x in left], left_wide, roundoff)]
    again = jax.tree_util.tree_unflatten(tree, rounded)
    return outputs, exact, lambda gs: again(tuple(gs))


def translated(function: Flat, tensors: Sequence[Any]) -> Translation:
    from verify.adapters.jaxprs import translated as translated_jaxpr

    return translated_jaxpr(function, tensors)


def state(op: Any) -> Any:
    return None  # functions of JAX have no state: random numbers come from keys


@contextlib.contextmanager
def restored(op: Any, kept: Any) -> Iterator[None]:
    yield


def parameters(op: Any) -> dict[str, Any]:
    return {}


def called(op: Any, arguments: Sequence[Any], parameters: dict[str, Any], kwargs: dict[str, Any]) -> Any:
    return op(*arguments, **kwargs)


def named(op: Any) -> tuple[str, list[str]]:
    try:
        found = inspect.signature(op).parameters.values()
    except (TypeError, ValueError):
        found = {}.values()
    names = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return getattr(op, "__name__", type(op).__name__), names


JAX = Framework(
    "jax", owned, owns, adopted, moves, array, tensor, vjp, jvp, second, refined, translated,
    state, restored, parameters, called, named,
)  # fmt: skip
