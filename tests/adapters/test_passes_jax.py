"""Which pass an error comes from: told by the residuals that a JAX function leaves."""

import numpy as np
import pytest
from shapes import check

jax = pytest.importorskip("jax")
jnp = jax.numpy

NARROW = ["float32", "float16", "bfloat16"]
SLOPPY = 24.0  # roundoffs that a sloppy pass is off: inside the bar of 16 units, whatever rounds besides


def off(y, units):
    return y if y.dtype == jnp.float64 else (y * (1 + units * float(jnp.finfo(y.dtype).eps) / 2)).astype(y.dtype)


def root(forward=0.0, backward=0.0):
    @jax.custom_vjp
    def op(x):
        return jnp.sqrt(x)

    op.defvjp(
        lambda x: (jnp.sqrt(x), {"y": off(jnp.sqrt(x), forward), "two": 2.0}),
        lambda kept, g: (off(g / (kept["two"] * kept["y"]), backward),),
    )
    return op


@pytest.mark.parametrize("wrapped", [lambda op: op, jax.jit], ids=["bare", "jit"])
@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize(("forward", "backward"), [(SLOPPY, 0.0), (0.0, SLOPPY)])
def test_the_sloppy_pass_is_the_one_that_is_named(dtype, forward, backward, wrapped):
    x = jnp.linspace(1.1, 3.7, 5).astype(dtype)
    finding = check(wrapped(root(forward, backward)), x, reference=np.sqrt)
    found = finding.points[0].passes
    worse, better = (found.forward, found.backward) if forward else (found.backward, found.forward)
    assert worse > 6 > 2 > better, finding.explain()


def test_nothing_is_said_in_float64():
    with jax.enable_x64(True):
        x = jnp.linspace(1.1, 3.7, 5)
        assert x.dtype == jnp.float64
        assert check(root(), x, reference=np.sqrt).points[0].passes is None


def test_an_op_that_computes_in_float32_whatever_it_is_given_has_no_wide_pass():
    @jax.custom_vjp
    def op(x):
        return jnp.sqrt(x.astype("float32")).astype(x.dtype)

    op.defvjp(
        lambda x: (op(x), off(jnp.sqrt(x.astype("float32")), SLOPPY)), lambda y, g: ((g / (2 * y)).astype(g.dtype),)
    )
    assert check(op, jnp.linspace(1.1, 3.7, 5), reference=np.sqrt).points[0].passes is None
