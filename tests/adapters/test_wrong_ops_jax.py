"""Wrong rules of JAX that are right where and how most tests ask: one argument or result alone, another call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify import check

jax: Any = pytest.importorskip("jax")
jnp: Any = jax.numpy

X, Y = np.array([0.5, 2.0]), np.array([1.0, 3.0])


def with_vjp(f: Any, fwd: Any, bwd: Any, **options: Any) -> Any:
    op = jax.custom_vjp(f)
    op.defvjp(fwd, bwd, **options)
    return op


def with_jvp(f: Any, rule: Any, **options: Any) -> Any:
    op = jax.custom_jvp(f)
    op.defjvp(rule, **options)
    return op


def is_zero(t: Any) -> bool:
    return isinstance(t, jax.custom_derivatives.SymbolicZero)


def product_of(alone: Any) -> Any:
    """x * y by a forward rule, where y alone moves by another one: alone(x, y, ty)."""

    def rule(primals: Any, tangents: Any) -> Any:
        (x, y), (tx, ty) = primals, tangents
        moved = alone(x, y, ty) if is_zero(tx) else tx * y if is_zero(ty) else tx * y + x * ty
        return x * y, moved

    return with_jvp(lambda x, y: x * y, rule, symbolic_zeros=True)


def pair_of(without_first: Any) -> Any:
    """(sin x, cos x), where the first result is not used by another rule: without_first(x, g)."""

    def backward(x: Any, gs: Any) -> Any:
        a, b = gs
        if is_zero(a):
            return (without_first(x, b),)
        return (a * jnp.cos(x) - (0.0 if is_zero(b) else b * jnp.sin(x)),)

    def forward(x: Any) -> Any:
        return (jnp.sin(x.value), jnp.cos(x.value)), x.value

    return with_vjp(lambda x: (jnp.sin(x), jnp.cos(x)), forward, backward, symbolic_zeros=True)


def exponential(backward: Any) -> Any:
    return with_vjp(jnp.exp, lambda x: (jnp.exp(x), x), backward)


KEPT: dict[Any, Any] = {}


def kept_by_shape(x: Any, g: Any) -> Any:
    return (g * KEPT.setdefault(x.shape, np.exp(np.asarray(x))),)


# what is wrong: (the op, its right twin, the arguments, the clause, what it is told by)
MISTAKES = {
    "one argument alone": (
        product_of(lambda x, y, ty: x * y * ty), product_of(lambda x, y, ty: x * ty), (X, Y), "one argument alone",
        "where only y is differentiated, y[1] is",
    ),
    "one result alone": (
        pair_of(lambda x, g: jnp.zeros_like(x)), pair_of(lambda x, g: -g * jnp.sin(x)), (X,), "one result alone",
        "where only result 1 is used, x[",
    ),
    "the cotangent is held constant": (
        exponential(lambda x, g: (jax.lax.stop_gradient(g) * jnp.exp(x),)), exponential(lambda x, g: (g * jnp.exp(x),)),
        (X,), "second order", "differentiated by the cotangent, <g, J t> is 0, not",
    ),
    "a factor is kept by the shape of the input": (
        exponential(kept_by_shape), exponential(lambda x, g: (g * jnp.exp(x),)), (X,), "never stale",
        "asked at another point, the answer is still the one of the first",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_that_shows_in_another_use_alone_is_refused(name: str) -> None:
    wrong, right, xs, clause, text = MISTAKES[name]
    finding = check(wrong, *xs)
    assert finding.verdict.name == "BROKEN_CONTRACT", finding.explain()
    broken = {c.name: c.text for c in finding.worst_point.clauses if c.held is False}
    assert text in broken[clause]
    assert check(right, *xs).verdict.name == "CERTIFIED"


def test_a_rule_that_is_not_linear_in_its_tangents_is_broken_in_one_sentence() -> None:
    def rule(change: Any) -> Any:
        return with_jvp(lambda x: jnp.sin(x), lambda p, t: (jnp.sin(p[0]), change(t[0]) * jnp.cos(p[0])))

    for change, what in ((jnp.abs, "abs of them"), (lambda t: t * t, "what it computes of them")):
        finding = check(rule(change), X)
        assert finding.verdict.name == "BROKEN_CONTRACT"
        assert finding.worst_point.reason.endswith(
            f"the jvp rule is not linear in its tangents: JAX cannot transpose {what}"
        )
    assert check(rule(lambda t: t), X).verdict.name == "CERTIFIED"


def test_an_assertion_of_a_rule_of_somebodys_own_is_not_taken_for_one_of_jax() -> None:
    def refusing(x: Any, g: Any) -> Any:
        raise AssertionError("not today")

    finding = check(exponential(refusing), X)
    assert finding.verdict.name == "INCONCLUSIVE"
    assert "not today" in finding.worst_point.reason


def test_a_constant_that_is_not_chosen_is_no_obstacle_to_exact_numbers() -> None:
    def normalised(x: Any) -> Any:
        return (x - x.mean()) / jnp.sqrt(x.var() + 1e-5)  # var holds NaN, for no entries at all

    def masked(x: Any) -> Any:
        return jnp.where(np.array([True, False, True]), x * x, np.array([np.nan, 1.0, np.nan]))

    x = np.array([0.5, 2.0, 3.5])
    for f in (normalised, masked):
        assert check(jax.jit(f), x).verdict.name == "CERTIFIED"
    wrong = with_vjp(normalised, lambda x: (normalised(x), x), lambda x, g: ((g - g.mean()) / jnp.std(x),))
    assert "evaluated exactly" in check(wrong, x).explain()


def test_a_function_of_scipys_is_named_by_its_module() -> None:
    erf = jax.scipy.special.erf
    text = check(with_vjp(erf, lambda x: (erf(x), x), lambda x, g: (g * jnp.exp(-x * x),)), X).explain()
    assert "scipy.special.erf is not holomorphic here" in text
    assert "np.erf" not in text
