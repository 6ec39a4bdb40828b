"""Backward passes of PyTorch ops proved for all inputs: constants such as 2/sqrt(pi) are the numbers they stand for."""

from __future__ import annotations

import math

import pytest

import verify

torch = pytest.importorskip("torch")

from torch_ops import saving_input  # noqa: E402

OVER_SQRT_2PI = 1 / math.sqrt(2 * math.pi)


def normal_cdf(x):
    return 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def bell(x):
    return torch.exp(-0.5 * x * x)


# forward, its slope, and the slope with a constant that is off by less than a float32 shows
OPS = {
    "erf": (torch.erf, lambda c: lambda x: c * 2 / math.sqrt(math.pi) * torch.exp(-x * x)),
    "gelu": (lambda x: x * normal_cdf(x), lambda c: lambda x: normal_cdf(x) + x * bell(x) * (c * OVER_SQRT_2PI)),
    "log2": (torch.log2, lambda c: lambda x: 1 / (x * (c * math.log(2)))),
}
X = 0.7


def asked(name, factor, dtype=torch.float64):
    forward, slope = OPS[name]
    backward = slope(factor)
    return saving_input(forward, lambda x, g: g * backward(x)), torch.tensor([X], dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_backward_with_a_constant_of_pi_or_log_2_is_proved(name, dtype):
    assert verify.prove(*asked(name, 1.0, dtype)).verdict.name == "PROVED"


@pytest.mark.parametrize("name", OPS)
def test_a_constant_that_is_off_by_1e_minus_9_is_refuted(name):
    assert verify.prove(*asked(name, 1 + 1e-9)).verdict.name == "WRONG"


@pytest.mark.parametrize("function", [torch.erf, torch.special.erfcx, torch.special.ndtr, torch.special.log_ndtr])
def test_torch_s_own_constants_are_proved(function):
    assert verify.prove(function, torch.tensor([X], dtype=torch.float64, requires_grad=True)).verdict.name == "PROVED"


def test_digits_that_a_rounded_constant_costs_are_no_wrong_formula():
    far = torch.tensor([20.0], dtype=torch.float64, requires_grad=True)
    assert verify.check(torch.special.erfcx, far).verdict.name == "INACCURATE"  # 2 x y - 2/sqrt(pi) cancels
