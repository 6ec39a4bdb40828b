"""jax_check_grads takes what jax.test_util.check_grads takes, and sees what that does not."""

import pytest

import verify

jax = pytest.importorskip("jax")
jnp = jax.numpy
check_grads = pytest.importorskip("jax.test_util").check_grads

X = jnp.array([0.5, -1.5, 2.25])


def ruled(forward, backward):
    op = jax.custom_vjp(forward)
    op.defvjp(lambda *xs: (forward(*xs), xs), backward)
    return op


def pushed(forward, push):
    op = jax.custom_jvp(forward)
    op.defjvp(lambda xs, ts: (forward(*xs), push(xs, ts)))
    return op


RIGHT = {
    "a function": (lambda x, y: jnp.sin(x) * y["a"], (X, {"a": X + 1}), 2, ("fwd", "rev")),
    "a custom_jvp": (pushed(lambda x: x**3, lambda xs, ts: 3 * xs[0] ** 2 * ts[0]), (X,), 2, ("fwd", "rev")),
    "a custom_vjp": (ruled(lambda x: x**3, lambda xs, g: (3 * xs[0] ** 2 * g,)), (X,), 2, ["rev"]),
    "the third order": (lambda x: jnp.exp(0.1 * x), (X,), 3, ("fwd", "rev")),
    "linearize": (lambda x: x * x, (X,), 1, ("lin",)),
    "a Python float": (lambda x: x * x, (1.5,), 1, ("fwd", "rev")),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivatives_pass_as_they_do_in_jax(name):
    f, args, order, modes = RIGHT[name]
    check_grads(f, args, order, modes, atol=0.1, rtol=0.1)
    assert verify.jax_check_grads(f, args, order, modes, atol=1e-2, rtol=1e-2, eps=1e-3) is True


def third_lost(x):
    return pushed(lambda x: x * x * x, lambda xs, ts: 3 * jax.lax.stop_gradient(xs[0]) * xs[0] * ts[0])(x)


WRONG = {
    "a factor": (ruled(lambda x: x * x, lambda xs, g: (3 * xs[0] * g,)), 1, ["rev"], False),
    "a small function": (ruled(lambda x: 1e-9 * x * x, lambda xs, g: (4e-9 * xs[0] * g,)), 1, ["rev"], True),
    "one part in a thousand": (ruled(lambda x: x * x, lambda xs, g: (2.002 * xs[0] * g,)), 1, ["rev"], True),
    "the second order": (third_lost, 2, ("fwd", "rev"), False),
    "forward mode": (pushed(lambda x: x * x, lambda xs, ts: 3 * xs[0] * ts[0]), 1, ["fwd"], False),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_derivatives_raise_the_assertion_with_the_explanation(name):
    f, order, modes, passes = WRONG[name]
    if passes:  # its tolerance does not see it
        check_grads(f, (X,), order, modes, atol=2e-2, rtol=2e-2)
    with pytest.raises(AssertionError, match=r"WRONG|BROKEN_CONTRACT"):
        verify.jax_check_grads(f, (X,), order, modes)


def test_what_is_wrong_with_the_second_derivative_alone_is_no_matter_of_order_1():
    assert verify.jax_check_grads(third_lost, (X,), 1) is True


def test_the_errors_of_jax_are_raised_and_wrong_arguments_are_named():
    op = ruled(lambda x: x * x, lambda xs, g: (2 * xs[0] * g,))
    for call in (check_grads, verify.jax_check_grads):
        with pytest.raises(TypeError, match="custom_vjp"):
            call(op, (X,), 1)
    with pytest.raises(ValueError, match="'forward'"):
        verify.jax_check_grads(op, (X,), 1, modes=["forward"])
    with pytest.raises(ValueError, match="order"):
        verify.jax_check_grads(op, (X,), 0)


def test_what_stop_gradient_leaves_out_is_an_error_and_modes_may_be_one_text() -> None:
    x = jnp.array([0.5, 2.0])
    with pytest.raises(AssertionError, match="f stops gradients on its way"):
        verify.jax_check_grads(lambda x: x * jax.lax.stop_gradient(x), (x,), 1, ("rev"))
    assert verify.jax_check_grads(jax.nn.logsumexp, (x,), 1, "rev")  # its maximum is held constant, rightly
