"""Functions of one entry at a time by ``custom_vjp`` and ``custom_jvp``, right and wrong."""

from __future__ import annotations

import functools

from verify.suites.jaxops.making import by_jvp, by_vjp
from verify.suites.opcase import FLOATS, Slip
from verify.suites.opforwards import FALL, LEVELS, REVERSAL, SHARP, TRUNCATED, case


def cases(jax):
    """All of them."""
    return [make(jax) for make in OPS]


def _tanh(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, np.tanh)

    def right(g, y, x):
        return g / np.cosh(x) ** 2

    return case(
        "tanh",
        op(right),
        Slip(
            "zero tail",
            op(lambda g, y, x: np.where(np.abs(x) > 5, 0, right(g, y, x))),
            "0 for |x| > 5, where the slope is 3e-6",
            dtypes=FLOATS,
        ),
        Slip("derivative of sech", op(lambda g, y, x: -g * y / np.cosh(x)), "the rule of another function"),
    )


def _sigmoid(jax):
    op = functools.partial(by_jvp, jax, jax.nn.sigmoid)
    return case(
        "sigmoid",
        op(lambda t, y, x: t * y * (1 - y)),
        Slip("of the input", op(lambda t, y, x: t * x * (1 - x)), "x (1 - x) for y (1 - y)"),
        Slip("missing factor", op(lambda t, y, x: t * y), "y for y (1 - y)"),
    )


def _softplus(jax):
    np = jax.numpy
    op = functools.partial(by_jvp, jax, lambda x: np.logaddexp(SHARP * x, 0) / SHARP)
    return case(
        "softplus",
        op(lambda t, y, x: t * jax.nn.sigmoid(SHARP * x)),
        Slip("inner derivative twice", op(lambda t, y, x: SHARP * t * jax.nn.sigmoid(SHARP * x)), "beta times too large"),
        Slip("without beta", op(lambda t, y, x: t * jax.nn.sigmoid(x)), "beta is left out of the rule"),
    )


def _gelu(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x: jax.nn.gelu(x, approximate=False))

    def below(x):
        return 0.5 * jax.lax.erfc(-x / np.sqrt(2).astype(x.dtype))

    def density(x):
        return np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi).astype(x.dtype)

    return case(
        "gelu",
        op(lambda g, y, x: g * (below(x) + x * density(x))),
        Slip("missing term", op(lambda g, y, x: g * below(x)), "the derivative of the second factor is left out"),
        Slip(
            "of the approximation",
            op(lambda g, y, x: g * jax.vjp(lambda x: jax.nn.gelu(x, approximate=True), x)[1](np.ones_like(x))[0]),
            "the derivative of the approximation by tanh, up to 1e-3 off",
            dtypes=FLOATS,
        ),
    )


def _silu(jax):
    op = functools.partial(by_vjp, jax, jax.nn.silu)

    def slope(x):
        s = jax.nn.sigmoid(x)
        return s * (1 + x * (1 - s))

    return case(
        "silu",
        op(lambda g, y, x: g * slope(x)),
        Slip("of the output", op(lambda g, y, x: g * slope(y)), "the output was saved for the input"),
        Slip("missing term", op(lambda g, y, x: g * jax.nn.sigmoid(x)), "the derivative of the sigmoid is left out"),
    )


def _huber(jax):
    np = jax.numpy
    op = functools.partial(
        by_vjp, jax, lambda x: np.where(np.abs(x) <= FALL, 0.5 * x * x, FALL * (np.abs(x) - 0.5 * FALL))
    )
    return case(
        "huber",
        op(lambda g, y, x: g * np.clip(x, -FALL, FALL)),
        Slip(
            "tail not scaled",
            op(lambda g, y, x: g * np.where(np.abs(x) <= FALL, x, np.sign(x))),
            "sign(x) for delta sign(x) where the loss is linear",
        ),
    )


def _sine_scaled_down(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x: 1e-6 * np.sin(x))
    return case(
        "sine scaled down",
        op(lambda g, y, x: 1e-6 * g * np.cos(x)),
        Slip("twice", op(lambda g, y, x: 2e-6 * g * np.cos(x)), "twice too large, on a small function"),
        Slip("zero", op(lambda g, y, x: 0 * g), "no gradient at all, of a small function"),
    )


def _exp(jax):
    np = jax.numpy
    op = functools.partial(by_jvp, jax, np.exp)
    return case(
        "exp",
        op(lambda t, y, x: t * y),
        Slip("0.1 % too large", op(lambda t, y, x: 1.001 * t * y), "a factor 1.001", dtypes=FLOATS),
        Slip("of the input", op(lambda t, y, x: t * x), "the input for the output"),
    )


def _sine_of_300(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, np.sin)
    return case(
        "sine of 300",
        op(lambda g, y, x: g * np.cos(x)),
        Slip("one entry", op(lambda g, y, x: (g * np.cos(x)).at[171].multiply(1.25)), "one entry of 300 is 25 % too large"),
    )


def _sine_of_600(jax):
    np = jax.numpy
    op = functools.partial(by_jvp, jax, np.sin)
    return case(
        "sine of 600",
        op(lambda t, y, x: t * np.cos(x)),
        Slip(
            "zero once there are 500",
            op(lambda t, y, x: t * np.cos(x) * (x.size < 500)),
            "the rule answers 0 once the output has 500 entries",
        ),
    )


def _log_near_0(jax):
    op = functools.partial(by_jvp, jax, jax.numpy.log)
    return case(
        "log near 0",
        op(lambda t, y, x: t / x),
        Slip("guarded", op(lambda t, y, x: t / (x + 1e-4)), "1/(x + 1e-4), to be safe: a tenth at 1e-5"),
    )


def _square_far_out(jax):
    op = functools.partial(by_vjp, jax, lambda x: x * x)
    return case(
        "square far out",
        op(lambda g, y, x: 2 * g * x),
        Slip("missing factor", op(lambda g, y, x: g * x), "x for 2 x"),
        Slip("root of the output", op(lambda g, y, x: 2 * g * jax.numpy.sqrt(y)), "2 sqrt(y) for 2 x: the sign is lost"),
    )


def _relu(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x: np.maximum(x, 0))
    return case(
        "relu",
        op(lambda g, y, x: g * (x > 0)),
        Slip("NaN at 0", op(lambda g, y, x: g * y / x), "y/x is 0/0 at 0"),
        Slip("2 at 0", op(lambda g, y, x: g * (x > 0) + 2 * g * (x == 0)), "2 at 0, where the slopes are 0 and 1"),
        Slip("leaks", op(lambda g, y, x: np.where(x > 0, g, g / 8)), "passes an eighth below 0"),
    )


def _power(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, lambda x: x * np.sqrt(x))
    return case(
        "power 3/2 at 0",
        op(lambda g, y, x: 1.5 * g * np.sqrt(x)),
        Slip("NaN at 0", op(lambda g, y, x: 1.5 * g * y / x), "1.5 y/x is 0/0 at 0, where the slope is 0"),
    )


def _truncated_exp(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, np.exp)
    return case(
        "truncated exp",
        op(lambda g, y, x: g * np.exp(np.minimum(x, TRUNCATED))),
        Slip("not truncated", op(lambda g, y, x: g * y), "the derivative of exp, which the op is declared not to have"),
        Slip("from below", op(lambda g, y, x: g * np.exp(np.maximum(x, TRUNCATED))), "clamped on the wrong side"),
    )


def _straight_through(jax):
    np = jax.numpy
    op = functools.partial(by_vjp, jax, np.round)
    return case(
        "straight-through rounding",
        op(lambda g, y, x: g),
        Slip("stands still", op(lambda g, y, x: 0 * g), "0, the derivative of rounding"),
        Slip("times the output", op(lambda g, y, x: g * y), "y for 1"),
    )


def _gradient_reversal(jax):
    op = functools.partial(by_vjp, jax, lambda x: x)
    return case(
        "gradient reversal",
        op(lambda g, y, x: -REVERSAL * g),
        Slip("not reversed", op(lambda g, y, x: REVERSAL * g), "the minus is lost"),
        Slip("identity", op(lambda g, y, x: g), "the derivative of the forward"),
    )


def _learnt_quantisation(jax):
    np = jax.numpy

    def forward(x, step):
        return np.round(np.clip(x / step, -LEVELS, LEVELS)) * step

    def backward(g, y, x, step, inside=1):
        v = x / step
        within = np.abs(v) < LEVELS
        slope = np.round(np.clip(v, -LEVELS, LEVELS)) - inside * np.where(within, v, 0)
        return g * within, np.sum(g * slope)

    op = functools.partial(by_vjp, jax, forward)
    return case(
        "learnt quantisation",
        op(backward),
        Slip("step through the product alone", op(functools.partial(backward, inside=0)), "the step inside the rounding"),
        Slip(
            "passes outside",
            op(lambda g, y, x, step: (g, backward(g, y, x, step)[1])),
            "the input's gradient beyond the last level",
        ),
    )


OPS = (
    _tanh, _sigmoid, _softplus, _gelu, _silu, _huber, _sine_scaled_down, _exp, _sine_of_300, _sine_of_600, _log_near_0,
    _square_far_out, _relu, _power, _truncated_exp, _straight_through, _gradient_reversal, _learnt_quantisation,
)  # fmt: skip
