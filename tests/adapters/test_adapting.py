"""A function of PyTorch as a claim over NumPy arrays: held against what, in which precision, with which state."""

import numpy as np
import pytest

import verify
from verify.checker import check_claim
from verify.claim import changed

torch = pytest.importorskip("torch")

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


def scaled_sine(factor):
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, a):
            ctx.save_for_backward(x)
            ctx.a = a
            return torch.sin(x) * a

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return factor * g * torch.cos(x) * ctx.a, None

    return Sine.apply


def sine(x, a):
    return a * np.sin(x)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_right_backward_is_certified_in_the_dtype_it_runs_in_and_a_wrong_one_is_wrong(dtype):
    x = torch.tensor([0.3, -1.2, 2.5], dtype=dtype, requires_grad=True)
    assert verify.check(scaled_sine(1.0), x, 2.0, reference=sine).verdict.name == "CERTIFIED"
    assert verify.check(scaled_sine(1.5), x, 2.0, reference=sine).verdict.name == "WRONG"


def test_a_reference_that_computes_another_value_is_a_different_function():
    found = verify.check(scaled_sine(1.0), torch.randn(3), 2.0, reference=lambda x, a: np.sin(x))
    assert found.verdict.name == "DIFFERENT_FUNCTION"


def test_a_value_that_is_coarser_than_its_dtype_says_which_roundoff_it_is_judged_by():
    x = torch.tensor([0.3, 1.7, -2.2], dtype=torch.float64)
    inside = lambda x, factor: torch.sin(factor * x.float()).double()  # noqa: E731
    found = verify.check(inside, x, 1.1)
    assert found.verdict.name == "DIFFERENT_FUNCTION"
    assert "roundoff=2**-24" in found.points[0].reason
    assert verify.check(inside, x, 1.1, roundoff=2**-24).verdict.name == "CERTIFIED"
    doubled = lambda g, y, x, factor: 2 * factor * g * torch.cos(factor * x)  # noqa: E731
    assert verify.check(inside, x, 1.1, roundoff=2**-24, vjp=doubled).verdict.name == "WRONG"
    another = verify.check(scaled_sine(1.0), x, 1.1, reference=lambda x, a: np.sin(x * a) * (1 + 1e-8))
    assert another.verdict.name == "DIFFERENT_FUNCTION"
    assert "roundoff" not in another.points[0].reason


def test_a_module_is_judged_by_its_parameters_and_by_inputs_that_ask_for_it():
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2)
    reference = lambda x, params: x @ params["weight"].T + params["bias"]  # noqa: E731
    alone = verify.check(layer, torch.randn(4, 3), reference=reference)
    assert alone.verdict.name == "CERTIFIED"
    assert alone.inputs == ("params['weight']", "params['bias']")
    both = verify.check(layer, torch.randn(4, 3, requires_grad=True), reference=reference)
    assert both.inputs == ("x", "params['weight']", "params['bias']") or both.inputs[0].startswith("input")


def test_the_parameters_of_a_module_are_an_argument_that_wrt_names():
    layer, x = torch.nn.Linear(3, 2), torch.ones(4, 3, requires_grad=True)
    weights = ("params['weight']", "params['bias']")
    for wrt, inputs in (("params", weights), (["input", "params"], ("input", *weights)), ("input", ("input",))):
        found = verify.check(layer, x, wrt=wrt)
        assert (found.verdict.name, found.inputs) == ("CERTIFIED", inputs)
    halved = lambda g, y, x, params: {"weight": g.T @ x / 2, "bias": g.sum(0)}  # noqa: E731
    assert verify.check(layer, x, wrt="params", vjp=halved).verdict.name == "WRONG"
    with pytest.raises(verify.ClaimError, match="the arguments are input, params"):
        verify.check(layer, x, wrt="weights")


@pytest.mark.parametrize(("factor", "ok"), [(1.0, True), (1.5, False)])
def test_second_derivatives_are_those_of_the_double_backward(factor, ok):
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx, g):
            return Cosine.apply(ctx.saved_tensors[0]) * g

    class Cosine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.cos(x)

        @staticmethod
        def backward(ctx, g):
            return -factor * torch.sin(ctx.saved_tensors[0]) * g

    x = torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True)
    once = verify.check(Sine.apply, x, reference=np.sin)
    assert once.ok is ok
    assert ok or once.worst_point.reason.startswith("clause double backward")
    assert verify.check(Sine.apply, x, reference=np.sin, order=2).ok is ok


def test_forward_mode_is_judged_along_tangents():
    claim = verify.Claim(torch.tanh, torch.randn(3), reference=np.tanh)
    found = check_claim(changed(claim, judged="jvp", subject=claim.foreign.push))
    assert found.verdict.name == "CERTIFIED", found.explain()
    other = changed(claim, judged="jvp", subject=lambda ts, x: 2 * claim.foreign.push(ts, x))
    assert check_claim(other).verdict.name == "WRONG"
