"""Translations of JAX functions: every primitive against JAX itself, over floats, recorded values and exact numbers.

Facts
    JAX runs in float64. Its gradients are those of `jax.grad`, for which each result is weighted.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import ad
from verify.adapters.translation import Translation

jax = pytest.importorskip("jax")
jnp = jax.numpy
lax = jax.lax

from jaxpr_calls import CALLS  # noqa: E402  it imports JAX

from verify.adapters.jaxprs import translated  # noqa: E402
from verify.adapters.jaxprs.calls import CALLS as RUNNING  # noqa: E402
from verify.adapters.jaxprs.interpreter import equations_of  # noqa: E402
from verify.adapters.jaxprs.table import INTEGRAL, REASONS, RULES  # noqa: E402

# Primitives whose examples JAX cannot differentiate in reverse mode; they are compared by value.
FORWARD_ONLY = {
    "composite", "householder_product", "igamma_grad_a", "nextafter", "reduce_window", "scatter-mul", "while", "zeta",
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def wide() -> Iterator[None]:
    """JAX in 64 bits, and compiled in a hurry."""
    jax.config.update("jax_disable_most_optimizations", True)
    with jax.enable_x64(True):
        yield
    jax.config.update("jax_disable_most_optimizations", False)


def floating(xs: Sequence[np.ndarray]) -> tuple[int, ...]:
    return tuple(i for i, x in enumerate(xs) if x.dtype.kind == "f")


def weighted(run: Callable[..., Any], xs: Sequence[Any]) -> Callable[..., Any]:
    """The results of a function times fixed weights, added up, as a function of its floating operands."""

    def loss(*floats: Any) -> Any:
        given = iter(floats)
        results = run([next(given) if i in floating(xs) else x for i, x in enumerate(xs)])
        return sum(np.sum(y * np.cos(np.arange(np.size(y))).reshape(np.shape(y))) for y in results)

    return loss


def both(f: Callable[..., Any], xs: Sequence[np.ndarray], differentiable: bool) -> Any:
    """What JAX says: its results, and the gradient of what they add up to."""

    def run(values: Sequence[Any]) -> Any:
        return jax.tree.leaves(f(*values))

    def loss(*floats: Any) -> Any:
        given = iter(floats)
        results = run([next(given) if i in floating(xs) else x for i, x in enumerate(xs)])
        return sum(jnp.sum(y * np.cos(np.arange(np.size(y))).reshape(np.shape(y))) for y in results), results

    floats = [xs[i] for i in floating(xs)]
    if not differentiable:
        return jax.jit(loss)(*floats)[1], None
    gradient, results = jax.jit(jax.grad(loss, tuple(range(len(floats))), has_aux=True))(*floats)
    return results, gradient


def agree(found: Sequence[Any], wanted: Sequence[Any], relative: float) -> bool:
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(found, wanted, strict=True)]
    scale = max([1e-300, *(float(np.max(np.abs(b), initial=0)) for _, b in pairs)])
    return all(a.shape == b.shape and np.allclose(a, b, rtol=relative, atol=relative * scale) for a, b in pairs)


def says_what_jax_says(name: str, n: int, translation: Translation | None = None) -> bool:
    """Whether a call's translation has JAX's results and gradients."""
    f, xs = CALLS[name][n]
    run = (translation or translated(f, xs)).run
    differentiable = name not in FORWARD_ONLY and (name, n) != ("reduce_window_max", 1)
    results, gradient = both(f, xs, differentiable)
    if not agree(run(list(xs)), results, 1e-12):
        return False
    floats = [xs[i] for i in floating(xs)]
    found = ad.grad(weighted(run, xs), wrt=tuple(range(len(floats))))(*floats)
    return gradient is None or agree(found, gradient, 1e-11)


# --- the table


def test_every_primitive_has_a_translation_or_a_reason() -> None:
    names = {x.name for x in gc.get_objects() if isinstance(x, jax.extend.core.Primitive)}
    assert len(names) > 250
    assert names - {*RULES, *RUNNING, *REASONS, *INTEGRAL} == set()
    assert not {*RULES, *RUNNING, *INTEGRAL} & {*REASONS}


def test_every_translation_has_an_example_that_contains_it() -> None:
    silent = {"bitcast_convert_type", "dce_sink", "debug_callback", "debug_print"}
    placed = {"closed_call", "call", "custom_vmap_call", "device_put", "eq_to", "layout_constraint", "le_to", "linear_call",
              "lt_to", "pvary", "reduce_xor", "reshard", "sharding_constraint", "stack", "symmetric_product", "tie",
              "unstack", "zeros_like"}  # fmt: skip
    assert {*RULES, *RUNNING} - {*CALLS} == silent | placed


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_translation_has_the_values_and_gradients_of_jax(name: str) -> None:
    for n, (f, xs) in enumerate(CALLS[name]):
        contained = {equation.primitive.name for equation in equations_of(jax.make_jaxpr(f)(*xs))}
        assert name in contained
        assert says_what_jax_says(name, n)


if __name__ == "__main__":
    pass
