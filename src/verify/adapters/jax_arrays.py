"""JAX as an adapter sees it.

Facts
    JAX differentiates Python floats and NumPy arrays too; they become arrays of JAX before anything is asked. A Python
    float is of a weak type, which gives way to the dtype of an array, and stays so.
    Integers, text and what stands at ``nondiff_argnums`` or is static in ``jax.jit`` stays as it is.
    XLA sets subnormal numbers to 0, on a CPU in 64 bits too.
    Arrays of 64 bits can be met while ``jax_enable_x64`` is off: made where it was on. They are judged in 64 bits.
    JAX's cotangents of complex results are those of NumPy's engine.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map
from verify.adapters import stateless
from verify.adapters.framework import Flat, Framework, Pull
from verify.adapters.frameworks import loaded
from verify.adapters.jax_rules import rules_explained
from verify.adapters.nodes import closed, opened
from verify.adapters.saved import replaced
from verify.adapters.translation import Translation


def _jax() -> Any:
    return loaded("jax")


def owns(x: Any) -> bool:
    """Whether this is an array of numbers: keys of random numbers are constants."""
    jax = _jax()
    return jax is not None and isinstance(x, jax.Array) and not jax.numpy.issubdtype(x.dtype, jax.dtypes.prng_key)


def owned(x: Any) -> bool:
    """Whether this is a function that JAX made, one with a rule of its own or a compiled one, or one of its arrays."""
    jax = _jax()
    return owns(x) or (callable(x) and isinstance(x, (jax.custom_vjp, jax.custom_jvp, type(jax.jit(lambda x: x)))))


def moves(x: Any) -> bool:
    return bool(_jax().numpy.issubdtype(x.dtype, _jax().numpy.inexact))


def widened(x: Any) -> Any:
    """An array of real or complex numbers in 64 bits each; anything else as it is."""
    if not owns(x) or not moves(x):
        return x
    jax = _jax()
    with jax.enable_x64(True):
        return x.astype(complex if jax.numpy.issubdtype(x.dtype, jax.numpy.complexfloating) else float)


def examples(op: Any, xs: Sequence[Any], wanted: Sequence[int] | None) -> tuple[Any, ...]:
    """Arguments with arrays of JAX for all that JAX would differentiate; numbers only where they are wanted.

    Raises
        ValueError for what has no numbers, a tracer or an array that was given away, and for a constant that is wanted.
    """
    kept = constants(op)
    found = []
    for i, x in enumerate(map(opened, xs)):
        if i in kept and wanted is not None and i in wanted:
            raise ValueError(f"wrt names argument {i}, a constant: it stands at nondiff_argnums, or is static in jit")
        if i in kept:
            found.append(tree_map(array, x))  # it goes to the function as it is, and is nowhere traced
        else:
            found.append(tree_map(adopted if wanted is None or i in wanted else with_numbers, x))
    return tuple(found)


def constants(op: Any) -> tuple[int, ...]:
    """The positions of arguments that are none of JAX's: those of ``nondiff_argnums``, and the static ones of jit."""
    static = getattr(getattr(op, "_jit_info", None), "static_argnums", ())
    return (*(getattr(op, "nondiff_argnums", None) or ()), *(static or ()))


def adopted(x: Any) -> Any:
    """A number or array that JAX would differentiate as an array of JAX; anything else as it is."""
    numbers = isinstance(x, np.ndarray | np.generic) and (x.dtype.kind in "biufc" or x.dtype.name == "bfloat16")
    if numbers or isinstance(x, float | complex):
        return _jax().numpy.asarray(x)
    return with_numbers(x)


def with_numbers(x: Any) -> Any:
    """An argument as it is, unless it is an array of JAX without numbers."""
    if owns(x):
        if isinstance(x, _jax().core.Tracer):
            raise ValueError("an argument is a tracer: ask outside of jit, grad and vmap")
        if x.is_deleted():
            raise ValueError("an argument is an array that JAX has deleted: it was donated to a function")
    return x


def array(x: Any) -> Any:
    return np.array(x) if owns(x) else x  # a copy: what JAX hands out is read-only


def tensor(x: Any, like: Any) -> Any:
    """A NumPy array as one of JAX, of a weak type where another one is, and on its devices."""
    jax = _jax()
    with precise([x]):
        made = jax.numpy.asarray(x if not _is_weak(like) or np.ndim(x) else np.asarray(x).item())
        return jax.device_put(made, like.sharding) if owns(like) and getattr(like, "committed", False) else made


def _is_weak(like: Any) -> bool:
    return bool(getattr(like, "weak_type", False))


@contextlib.contextmanager
def precise(tensors: Sequence[Any]) -> Iterator[None]:
    """A context in which JAX keeps 64 bits, where one of these has them."""
    wide = any(getattr(x, "dtype", None) in (np.float64, np.complex128, np.int64, np.uint64) for x in tensors)
    with _jax().enable_x64(wide or _jax().config.jax_enable_x64):
        yield


def vjp(function: Flat, tensors: Sequence[Any]) -> tuple[Sequence[Any], Pull]:
    with precise(tensors), rules_explained():
        outputs, pull = _jax().vjp(lambda *xs: tuple(function(*xs)), *tensors)

    def pulled(gs: Sequence[Any]) -> Sequence[Any]:
        with precise(tensors), rules_explained():
            found: Sequence[Any] = pull(tuple(gs))
            return found

    return outputs, pulled


def jvp(function: Flat, tensors: Sequence[Any], tangents: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    with precise(tensors), rules_explained():
        outputs, pushed = _jax().jvp(lambda *xs: tuple(function(*xs)), tuple(tensors), tuple(tangents))
    return outputs, pushed


def second(function: Flat, tensors: Sequence[Any], gs: Sequence[Any], ts: Sequence[Any]) -> Sequence[Any]:
    """The derivative of x -> J(x)'g along ts: reverse over reverse, since second derivatives commute."""

    def first(*xs: Any) -> Any:
        return tuple(vjp(function, xs)[1](gs))

    return vjp(first, tensors)[1](ts)


def by_cotangent(
    function: Flat, tensors: Sequence[Any], gs: Sequence[Any], ts: Sequence[Any]
) -> Sequence[Any]:
    """The derivative of <J'g, t> by g, through the rules of the pull: J t, where they are right."""
    pull = vjp(function, tensors)[1]
    return vjp(lambda *given: tuple(pull(given)), gs)[1](ts)


def refined(
    function: Flat, tensors: Sequence[Any], wide: Flat, wider: Sequence[Any], roundoff: float
) -> tuple[Sequence[Any], Sequence[Any], Pull]:
    """The pull over the residuals of a run in float64, rounded: they are the leaves of what ``jax.vjp`` returns."""
    tree = _jax().tree_util
    with precise(wider):
        exact, pull = _jax().vjp(lambda *xs: tuple(wide(*xs)), *wider)
        exact, left_wide = [array(y) for y in exact], [array(x) for x in tree.tree_leaves(pull)]
    with precise(tensors):
        outputs, pull = _jax().vjp(lambda *xs: tuple(function(*xs)), *tensors)
        left, structure = tree.tree_flatten(pull)
        rounded = [tensor(x, x) for x in replaced([array(x) for x in left], left_wide, roundoff)]
        again = tree.tree_unflatten(structure, rounded)
    return outputs, exact, lambda gs: again(tuple(gs))


def translated(function: Flat, tensors: Sequence[Any]) -> Translation:
    from verify.adapters.jaxprs import translated as translated_jaxpr

    return translated_jaxpr(function, tensors)


def differentiable(function: Flat, tensors: Sequence[Any]) -> tuple[int, list[int]]:
    """How many results there are, and which are differentiated: floating and complex ones."""
    results = function(*tensors)
    found = [k for k, y in enumerate(results) if owns(y) and moves(y)]
    if tensors and not found:
        kinds = ", ".join(str(getattr(y, "dtype", type(y).__name__)) for y in results)
        raise ValueError(f"there is no result to differentiate: f returns {kinds or 'nothing'}")
    return len(results), found


def called(op: Any, arguments: Sequence[Any], parameters: dict[str, Any], kwargs: dict[str, Any]) -> Any:
    with precise([leaf for x in arguments for leaf in flatten(x)[1]]):
        return tree_map(result, opened(op(*map(closed, arguments), **kwargs)))


def result(y: Any) -> Any:
    """A part of a result as an array of JAX, numbers too."""
    return _jax().numpy.asarray(y) if isinstance(y, float | complex | np.ndarray | np.generic) else y


JAX = Framework(
    "jax", True, owned, owns, examples, closed, opened, widened, moves, array, tensor, vjp, jvp, second, refined,
    translated,
    stateless.state, stateless.restored, stateless.parameters, called, stateless.named, differentiable,
    stateless.saved,
)  # fmt: skip
