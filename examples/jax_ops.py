"""Custom ops of JAX as claims: ``adverify run examples/jax_ops.py``. The wrong ones say why they are wrong."""

import jax
import jax.numpy as jnp
import numpy as np

from verify import Claim


@jax.custom_vjp
def log1pexp(x):
    return jnp.logaddexp(0.0, x)


log1pexp.defvjp(lambda x: (log1pexp(x), x), lambda x, g: (g * jax.nn.sigmoid(x),))


@jax.custom_vjp
def unit(x):
    """x divided by its length."""
    return x / jnp.sqrt(jnp.sum(x * x))


def unit_forward(x):
    length = jnp.sqrt(jnp.sum(x * x))
    return x / length, (x / length, length)


def unit_backward(kept, g):
    y, length = kept
    return ((g - y * jnp.sum(g * y)) / length,)


unit.defvjp(unit_forward, unit_backward)


@jax.custom_vjp
def unit_with_constant_length(x):
    return x / jnp.sqrt(jnp.sum(x * x))


unit_with_constant_length.defvjp(unit_forward, lambda kept, g: (g / kept[1],))


@jax.custom_jvp
def smooth(x):
    return x * jax.nn.sigmoid(1.702 * x)


@smooth.defjvp
def smooth_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    s = jax.nn.sigmoid(1.702 * x)
    return smooth(x), t * (s + x * s * (1 - s))


x = jnp.array([0.5, -1.0, 2.0])

softplus = Claim(log1pexp, x, reference=lambda x: np.logaddexp(0.0, x))
normalised = Claim(unit, x, reference=lambda x: x / np.sqrt(np.sum(x * x)))
constant_length = Claim(
    unit_with_constant_length, x,
    expect="WRONG", reason="the length depends on x: the term -y (g . y) / length is missing",
)  # fmt: skip
inner_derivative = Claim(
    smooth, x, reference=lambda x: x / (1 + np.exp(-1.702 * x)),
    expect="WRONG", reason="the inner derivative 1.702 is forgotten",
)  # fmt: skip
