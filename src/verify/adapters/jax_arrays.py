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
from verify.adapters.translation import Translation

WIDE = (np.dtype(np.float64), np.dtype(np.complex128))


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


def widened(x: Any) -> Any:
    """An array of real or complex numbers in 64 bits each; anything else as it is."""
    if not owns(x) or not moves(x):
        return x
    jax = _jax()
    with jax.enable_x64(True):
        return x.astype(complex if jax.numpy.issubdtype(x.dtype, jax.numpy.complexfloating) else float)


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
    with _as_wide_as(like):
        return _jax().numpy.asarray(x)


def _as_wide_as(*tensors: Any) -> Any:
    """A context in which 64 bits stay 64, where one of these has them."""
    jax = _jax()
    return jax.enable_x64(jax.config.jax_enable_x64 or any(x.dtype in WIDE for x in tensors))


def vjp(function: Flat, tensors: Sequence[Any]) -> tuple[Sequence[Any], Pull]:
    with _as_wide_as(*tensors):
        outputs, pull = _jax().vjp(lambda *xs: tuple(function(*xs)), *tensors)

    def pulled(gs: Sequence[Any]) -> Sequence[Any]:
        with _as_wide_as(*tensors):
            found: Sequence[Any] = pull(tuple(gs))
            return found

    return outputs, pulled


def jvp(function: Flat, tensors: Sequence[Any], tangents: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    outputs, pushed = _jax().jvp(lambda *xs: tuple(function(*xs)), tuple(tensors), tuple(tangents))
    return outputs, pushed


def second(function: Flat, tensors: Sequence[Any], gs: Sequence[Any], ts: Sequence[Any]) -> Sequence[Any]:
    """The derivative of x -> J(x)'g along ts: forward over reverse."""

    def first(*xs: Any) -> Any:
        return tuple(vjp(function, xs)[1](gs))

    found: Sequence[Any] = _jax().jvp(first, tuple(tensors), tuple(ts))[1]
    return found


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
    "jax", owned, owns, adopted, widened, moves, array, tensor, vjp, jvp, second, translated,
    state, restored, parameters, called, named,
)  # fmt: skip
