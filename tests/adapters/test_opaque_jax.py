"""Functions of JAX that have no translation: differences along tangents, in the precision that JAX runs them in."""

import numpy as np
import pytest
from shapes import check

jax = pytest.importorskip("jax")
jnp = jax.numpy


def host(x):
    return np.tanh(np.asarray(x)).astype(x.dtype)


def black(factor=1.0, at=slice(None)):
    def call(x):
        return jax.pure_callback(host, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    @jax.custom_vjp
    def op(x):
        return call(x)

    op.defvjp(lambda x: (call(x), x), lambda x, g: ((g / jnp.cosh(x) ** 2 * jnp.ones_like(x).at[at].set(factor)),))
    return op


@pytest.mark.parametrize("count", [2, 100])
def test_differences_agree_with_a_right_backward_and_exclude_wrong_ones(count):
    x = jnp.asarray(np.random.default_rng(3).normal(size=count) * 0.7, dtype=jnp.float32)
    finding = check(black(), x)
    assert finding.verdict.name == "AGREES", finding.explain()
    assert "pure_callback has no translation" in finding.points[0].reason
    assert check(black(1.2), x).verdict.name == "WRONG"
    assert check(black(1.2, at=1), x).verdict.name == "WRONG"
