"""Activations and other functions of one entry at a time, right and wrong."""

from __future__ import annotations

import functools
import math

from verify.suites.opcase import FLOATS, Slip
from verify.suites.opforwards import CUBIC, FALL, ROOT_TWO_OVER_PI, SHARP, case
from verify.suites.torchops.making import declared, function


def cases(torch):
    """All of them."""
    return [make(torch) for make in OPS]


def _tanh(torch):
    op = functools.partial(function, torch, torch.tanh)

    def right(g, y, x):
        return g / torch.cosh(x) ** 2

    return case(
        "tanh",
        op(right),
        Slip(
            "zero tail",
            op(lambda g, y, x: torch.where(x.abs() > 5, torch.zeros_like(g), right(g, y, x))),
            "0 for |x| > 5, where the slope is 3e-6",
            dtypes=FLOATS,
        ),
        Slip("derivative of sech", op(lambda g, y, x: -g * y / torch.cosh(x)), "the rule of another function"),
    )


def _sigmoid(torch):
    op = functools.partial(function, torch, torch.sigmoid)
    return case(
        "sigmoid",
        op(lambda g, y, x: g * y * (1 - y)),
        Slip("of the input", op(lambda g, y, x: g * x * (1 - x)), "x (1 - x): the input was saved for the output"),
        Slip("missing factor", op(lambda g, y, x: g * y), "y for y (1 - y)"),
    )


def _softplus(torch):
    op = functools.partial(function, torch, lambda x: torch.nn.functional.softplus(x, beta=SHARP))
    return case(
        "softplus",
        op(lambda g, y, x: g * torch.sigmoid(SHARP * x)),
        Slip("inner derivative twice", op(lambda g, y, x: SHARP * g * torch.sigmoid(SHARP * x)), "beta times too large"),
        Slip("without beta", op(lambda g, y, x: g * torch.sigmoid(x)), "beta is left out of the backward"),
    )


def _gelu_by_tanh(torch):
    op = functools.partial(function, torch, lambda x: torch.nn.functional.gelu(x, approximate="tanh"))
    slope = functools.partial(_slope_by_tanh, torch)
    return case(
        "gelu by tanh",
        op(lambda g, y, x: g * slope(x)),
        Slip("a digit lost", op(lambda g, y, x: g * slope(x, cubic=0.04471)), "0.04471 for 0.044715", dtypes=FLOATS),
        Slip("decimal point", op(lambda g, y, x: g * slope(x, cubic=0.0044715)), "0.0044715 for 0.044715", dtypes=FLOATS),
        Slip("cube not differentiated", op(lambda g, y, x: g * slope(x, times=1)), "x**2 for 3 x**2", dtypes=FLOATS),
    )


def _slope_by_tanh(torch, x, cubic=CUBIC, times=3):
    t = torch.tanh(ROOT_TWO_OVER_PI * (x + cubic * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT_TWO_OVER_PI * (1 + times * cubic * x * x)


def _gelu(torch):
    op = functools.partial(function, torch, torch.nn.functional.gelu)

    def below(x):
        return 0.5 * torch.erfc(-x / math.sqrt(2))

    def density(x):
        return torch.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)

    return case(
        "gelu",
        op(lambda g, y, x: g * (below(x) + x * density(x))),
        Slip("missing term", op(lambda g, y, x: g * below(x)), "the derivative of the second factor is left out"),
        Slip(
            "of the approximation",
            op(lambda g, y, x: g * _slope_by_tanh(torch, x)),
            "the derivative of the approximation by tanh, up to 1e-3 off",
            dtypes=FLOATS,
        ),
    )


def _silu(torch):
    op = functools.partial(function, torch, torch.nn.functional.silu)

    def slope(x):
        s = torch.sigmoid(x)
        return s * (1 + x * (1 - s))

    return case(
        "silu",
        op(lambda g, y, x: g * slope(x)),
        Slip("of the output", op(lambda g, y, x: g * slope(y)), "the output was saved for the input"),
        Slip("missing term", op(lambda g, y, x: g * torch.sigmoid(x)), "the derivative of the sigmoid is left out"),
    )


def _mish(torch):
    op = functools.partial(function, torch, torch.nn.functional.mish)

    def backward(g, x, sech2):
        t = torch.tanh(torch.nn.functional.softplus(x))
        return g * (t + x * sech2(t) * torch.sigmoid(x))

    return case(
        "mish",
        op(lambda g, y, x: backward(g, x, lambda t: 1 - t * t)),
        Slip("square forgotten", op(lambda g, y, x: backward(g, x, lambda t: 1 - t)), "1 - t for 1 - t**2"),
    )


def _elu(torch):
    op = functools.partial(function, torch, torch.nn.functional.elu)
    return case(
        "elu",
        op(lambda g, y, x: g * torch.exp(torch.clamp(x, max=0))),
        Slip(
            "output not shifted",
            op(lambda g, y, x: torch.where(x > 0, g, g * y)),
            "y for y + 1 below 0, as if the output were exp(x)",
        ),
    )


def _huber(torch):
    op = functools.partial(function, torch, lambda x: torch.nn.functional.huber_loss(x, 0 * x, "none", FALL))
    return case(
        "huber",
        op(lambda g, y, x: g * torch.clamp(x, -FALL, FALL)),
        Slip(
            "tail not scaled",
            op(lambda g, y, x: g * torch.where(x.abs() <= FALL, x, torch.sign(x))),
            "sign(x) for delta sign(x) where the loss is linear",
        ),
    )


def _sine_scaled_down(torch):
    op = functools.partial(function, torch, lambda x: 1e-6 * torch.sin(x))
    return case(
        "sine scaled down",
        op(lambda g, y, x: 1e-6 * g * torch.cos(x)),
        Slip("twice", op(lambda g, y, x: 2e-6 * g * torch.cos(x)), "twice too large, on a small function"),
        Slip("zero", op(lambda g, y, x: torch.zeros_like(g)), "no gradient at all, of a small function"),
    )


def _exp(torch):
    op = functools.partial(function, torch, torch.exp)
    return case(
        "exp",
        op(lambda g, y, x: g * y),
        Slip("0.1 % too large", op(lambda g, y, x: 1.001 * g * y), "a factor 1.001", dtypes=FLOATS),
        Slip("of the input", op(lambda g, y, x: g * x), "the input was saved for the output"),
    )


def _sine_of_300(torch):
    op = functools.partial(function, torch, torch.sin)

    def one_wrong(g, y, x):
        found = g * torch.cos(x)
        factor = torch.ones_like(found)
        factor[171] = 1.25
        return found * factor

    return case(
        "sine of 300",
        op(lambda g, y, x: g * torch.cos(x)),
        Slip("one entry", op(one_wrong), "one entry of 300 is 25 % too large"),
    )


def _sine_of_600(torch):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return torch.sin(x)

    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0])

    def forward_rule(ctx, t):
        return t * torch.cos(ctx.saved_tensors[0])

    def stops(ctx, t):
        return forward_rule(ctx, t) * (t.numel() < 500)

    op = functools.partial(declared, torch, forward=forward)
    return case(
        "sine of 600",
        op(backward=backward, jvp=forward_rule),
        Slip(
            "zero once there are 500",
            op(backward=backward, jvp=stops),
            "the forward rule answers 0 once the output has 500 entries",
            shows="forward mode",
        ),
        Slip(
            "zero once there are 500, backward",
            op(backward=lambda ctx, g: backward(ctx, g) * (g.numel() < 500), jvp=forward_rule),
            "the backward answers 0 once the output has 500 entries",
        ),
    )


def _log_near_0(torch):
    op = functools.partial(function, torch, torch.log)
    return case(
        "log near 0",
        op(lambda g, y, x: g / x),
        Slip("guarded", op(lambda g, y, x: g / (x + 1e-4)), "1/(x + 1e-4), to be safe: a tenth at 1e-5"),
    )


def _square_far_out(torch):
    op = functools.partial(function, torch, lambda x: x * x)
    return case(
        "square far out",
        op(lambda g, y, x: 2 * g * x),
        Slip("missing factor", op(lambda g, y, x: g * x), "x for 2 x"),
        Slip(
            "root of the output",
            op(lambda g, y, x: 2 * g * torch.sqrt(y)),
            "2 sqrt(y) for 2 x: the sign is lost",
        ),
    )


def _relu(torch):
    op = functools.partial(function, torch, torch.relu)
    return case(
        "relu",
        op(lambda g, y, x: g * (x > 0)),
        Slip("NaN at 0", op(lambda g, y, x: g * y / x), "y/x is 0/0 at 0"),
        Slip("2 at 0", op(lambda g, y, x: g * (x > 0) + 2 * g * (x == 0)), "2 at 0, where the slopes are 0 and 1"),
        Slip("leaks", op(lambda g, y, x: g * torch.where(x > 0, 1.0, 0.125)), "passes an eighth below 0"),
    )


def _clamp(torch):
    op = functools.partial(function, torch, lambda x: torch.clamp(x, -1, 1))
    return case(
        "clamp",
        op(lambda g, y, x: g * (x.abs() < 1)),
        Slip("passes outside", op(lambda g, y, x: g), "1 where the output stands still"),
    )


def _power(torch):
    op = functools.partial(function, torch, lambda x: x * torch.sqrt(x))
    return case(
        "power 3/2 at 0",
        op(lambda g, y, x: 1.5 * g * torch.sqrt(x)),
        Slip("NaN at 0", op(lambda g, y, x: 1.5 * g * y / x), "1.5 y/x is 0/0 at 0, where the slope is 0"),
    )


def _bounded_square(torch):
    op = functools.partial(function, torch, lambda x: x * x / (1 + x * x))

    def right(g, y, x):
        return 2 * g * x / (1 + x * x) ** 2

    return case(
        "bounded square",
        op(right),
        Slip(
            "wrong far out",
            op(lambda g, y, x: torch.where(x.abs() > 10, 0 * g, right(g, y, x))),
            "0 for |x| > 10, where the slope is 7e-5",
        ),
        Slip("quotient rule", op(lambda g, y, x: 2 * g * x / (1 + x * x)), "the denominator is not squared"),
    )


OPS = (
    _tanh, _sigmoid, _softplus, _gelu_by_tanh, _gelu, _silu, _mish, _elu, _huber, _sine_scaled_down, _exp,
    _sine_of_300, _sine_of_600, _log_near_0, _square_far_out, _relu, _clamp, _power, _bounded_square,
)  # fmt: skip
