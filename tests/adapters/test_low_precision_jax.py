"""Ops of JAX in the precision they run in: right ones in every dtype, wrong ones where the dtype can show it."""

import numpy as np
import pytest
from shapes import check

from ad.scipy import special

jax = pytest.importorskip("jax")
jnp = jax.numpy


def of(*shape):
    return np.random.default_rng([7, int(np.prod(shape))]).normal(size=shape)


def logsumexp(x):
    largest = np.max(x, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(x - largest), axis=-1, keepdims=True)) + largest


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def rms_norm(m):
    return lambda x, w: x / m.sqrt(m.mean(x * x, axis=-1, keepdims=True) + 1e-5) * w


# name -> (op, inputs, the same in NumPy)
OPS = {
    "softmax": (jax.nn.softmax, [of(2, 4)], softmax),
    "log_softmax": (jax.nn.log_softmax, [of(2, 4)], lambda x: x - logsumexp(x)),
    "logsumexp": (lambda x: jax.scipy.special.logsumexp(x, axis=-1), [of(2, 4)], lambda x: logsumexp(x)[..., 0]),
    "rms_norm": (rms_norm(jnp), [of(2, 4), of(4)], rms_norm(np)),
    "gelu": (
        lambda x: jax.nn.gelu(x, approximate=False), [of(6)], lambda x: 0.5 * x * (1 + special.erf(x / np.sqrt(2.0))),
    ),
    "silu": (jax.nn.silu, [of(6)], lambda x: x / (1 + np.exp(-x))),
    "softplus": (jax.nn.softplus, [of(6)], lambda x: np.logaddexp(0, x)),
    "matmul": (jnp.matmul, [of(2, 4), of(4, 2)], np.matmul),
    "cumsum": (lambda x: jnp.cumsum(x, axis=-1), [of(2, 4)], lambda x: np.cumsum(x, axis=-1)),
    "norm": (jnp.linalg.norm, [of(6)], lambda x: np.sqrt(np.sum(x * x))),
}  # fmt: skip


def times(op, factor):
    """An op whose gradient is a multiple of the right one."""

    @jax.custom_vjp
    def called(*xs):
        return op(*xs)

    def backward(xs, g):
        return tuple((factor * d).astype(d.dtype) for d in jax.vjp(op, *xs)[1](g))

    called.defvjp(lambda *xs: (op(*xs), xs), backward)
    return called


# In 16 bits an op is asked in float32 too; JAX compiles every op anew for every shape and dtype.
RIGHT = [*((name, "bfloat16") for name in OPS), ("softmax", "float16"), ("matmul", "float16"), ("gelu", "float32")]


@pytest.mark.parametrize(("name", "dtype"), RIGHT)
def test_a_right_op_is_certified_in_its_dtype(name, dtype):
    op, inputs, reference = OPS[name]
    finding = check(op, *[jnp.asarray(x).astype(dtype) for x in inputs], reference=reference)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert 0 <= finding.points[0].resolution < 0.5
    assert dtype == "float32" or any("in float32: CERTIFIED" in note for note in finding.points[0].notes)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_factor_is_found_in_16_bits_if_need_be_by_asking_in_float32(dtype):
    op, inputs, reference = OPS["silu"]
    xs = [jnp.asarray(x).astype(dtype) for x in inputs]
    assert check(times(op, 1.0), *xs, reference=reference).ok
    assert check(times(op, 1.01), *xs, reference=reference).verdict.name == "WRONG"


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16], ids=lambda dtype: dtype.__name__)
def test_constants_are_those_of_float32_where_it_is_asked_in_float32(dtype):
    def scaled(factor):
        @jax.custom_vjp
        def op(x):
            return jnp.sin(0.3 * x)

        op.defvjp(lambda x: (op(x), x), lambda x, g: (factor * 0.3 * g * jnp.cos(0.3 * x),))
        return op

    x = jnp.array([1.0, -0.5, 2.0, -3.0], dtype=dtype)
    right = check(scaled(1.0), x)
    assert right.verdict.name == "CERTIFIED"
    assert any(note.startswith("at this point in float32: CERTIFIED") for note in right.points[0].notes)
    hidden = check(scaled(1.003), x)
    assert hidden.verdict.name == "WRONG"
    assert "found in float32: 16 bits cannot show it" in hidden.worst_point.notes
