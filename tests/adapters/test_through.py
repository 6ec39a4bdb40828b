"""Everything that NumPy claims can be asked works for functions of PyTorch and JAX: proofs, sweeps, scripts, reports."""

import numpy as np
import pytest

import verify

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = jax.numpy


def bell_of_jax(factor=1.0, constant=lambda x: 1.0):
    """exp(-x**2) cos(x); the backward multiplies one of its terms by a factor."""

    @jax.custom_vjp
    def bell(x):
        return jnp.exp(-x * x) * jnp.cos(x) * constant(x)

    def forward(x):
        return bell(x), x

    def backward(x, g):
        decay = jnp.exp(-x * x) * constant(x)
        return (g * (-factor * x * decay * jnp.cos(x) - decay * jnp.sin(x)),)

    bell.defvjp(forward, backward)
    return bell


def bell(x):
    return np.exp(-x * x) * np.cos(x)


# --- proofs


@pytest.mark.parametrize("reference", [None, bell, "exp(-x*x)*cos(x)"])
def test_a_right_backward_is_proved_for_all_inputs_whatever_it_is_held_against(reference):
    assert verify.prove(bell_of_jax(2), jnp.float32(0.7), reference=reference).verdict.name == "PROVED"
    wrong = verify.prove(bell_of_jax(3), jnp.float32(0.7), reference=reference)
    assert wrong.verdict.name == "WRONG"
    assert "its derivative by x is off by -x*exp(-x**2)*cos(x)" in wrong.worst_point.notes


def test_a_factor_that_the_dtype_rounds_away_is_refuted_as_a_formula_and_right_as_a_number():
    found = verify.prove(bell_of_jax(2.0000001), jnp.float32(0.7))
    assert found.verdict.name == "CERTIFIED"  # 2.0000001 is 2 in float32
    assert any("-x*exp(-x**2)*cos(x)/10000000 is certainly not 0" in note for note in found.worst_point.notes)
    with jax.enable_x64(True):
        wide = verify.prove(bell_of_jax(2.0000001), jnp.float64(0.7))
    assert wide.verdict.name == "WRONG"
    assert "its derivative by x is off by -x*exp(-x**2)*cos(x)/10000000" in wide.worst_point.notes


def test_a_proof_reads_the_constants_of_the_code_and_not_what_float32_makes_of_them():
    assert verify.prove(bell_of_jax(2, lambda x: 0.1), jnp.float32(0.7), reference="0.1*exp(-x*x)*cos(x)").proved


@pytest.mark.parametrize("reference", [None, bell])
def test_what_depends_on_the_dtype_is_proved_in_the_dtype_of_the_op(reference):
    """In float64 this backward would be right."""
    by_dtype = lambda x: 1.0 if x.dtype == jnp.float64 else 1.5  # noqa: E731
    f = bell_of_jax(2)
    f.defvjp(lambda x: (f(x), x), lambda x, g: (by_dtype(x) * jax.vjp(bell_of_jax(2).fun, x)[1](g)[0],))
    assert verify.prove(f, jnp.float32(0.7), reference=reference).verdict.name == "WRONG"


def test_a_constant_of_the_dtype_is_the_one_of_the_dtype_that_the_op_runs_in():
    eps = lambda x: 1 + 2**10 * jnp.finfo(x.dtype).eps  # noqa: E731
    assert verify.check(bell_of_jax(2, eps), jnp.float32(0.7)).verdict.name == "CERTIFIED"
    assert verify.prove(bell_of_jax(2, eps), jnp.float32(0.7)).verdict.name == "PROVED"
    assert verify.check(bell_of_jax(3, eps), jnp.float32(0.7)).verdict.name == "WRONG"
