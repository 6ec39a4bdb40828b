"""torch's own checkers by their own arguments: what passes, what raises, and what the originals do not see."""

import inspect
import subprocess
import sys

import pytest

from verify import torch_gradcheck as gradcheck
from verify import torch_gradgradcheck as gradgradcheck

torch = pytest.importorskip("torch")

from torch.autograd import Function  # noqa: E402
from torch.autograd.function import once_differentiable  # noqa: E402
from torch.autograd.gradcheck import GradcheckError  # noqa: E402
from torch_ops import SineAndCosine, Swish, WithSetup, cube  # noqa: E402

X = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
Y = torch.tensor([1.5, 0.25, -2.0], dtype=torch.float64, requires_grad=True)
SINGLE = X.detach().float().requires_grad_()


class Sine(Function):
    """Off by one part in ten thousand; the original takes a thousandth."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, g):
        return 1.0001 * g * torch.cos(ctx.saved_tensors[0])


class NotTwice(Sine):
    """Right, with a double backward that is silently 0."""

    @staticmethod
    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0].detach())


class Once(Sine):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0])


class NoneFails(SineAndCosine):
    @staticmethod
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        return g * torch.cos(x) - h * torch.sin(x)


class Wide(Sine):
    @staticmethod
    def backward(ctx, g):
        return (g * torch.cos(ctx.saved_tensors[0])).double()


class WrongForward(WithSetup):
    @staticmethod
    def jvp(ctx, t, _):
        return 2 * t


RIGHT = {
    "a function": (torch.sin, X, {}),
    "as people call it": (torch.sin, (X,), {"eps": 1e-6, "atol": 1e-4, "rtol": 1e-3, "fast_mode": True}),
    "several": (lambda x, y: (x * y, x + y), (X, Y), {}),
    "in float32": (Swish.apply, (SINGLE,), {}),
    "a constant beside": (lambda x, a, n: x**n * a, (X, torch.ones(3), 2), {}),
    "a kink": (torch.relu, torch.zeros(3, requires_grad=True), {}),
    "integers": (lambda x: x.max(0), (X,), {}),
    "a library's op": (cube, (X, 0.5), {}),
    "no entries": (torch.sin, (torch.zeros(0, requires_grad=True),), {}),
    "forward mode": (lambda x: WithSetup.apply(x, 2.0), (X,), {"check_forward_ad": True, "check_batched_grad": True}),
    "forward mode alone": (torch.tanh, (X,), {"check_forward_ad": True, "check_backward_ad": False}),
    "once differentiable": (Once.apply, (X,), {}),
    "a detached double backward is not asked": (NotTwice.apply, (X,), {}),
    "undefined cotangents are not asked": (NoneFails.apply, (X,), {"check_undefined_grad": False}),
    "dtypes are not asked": (Wide.apply, (SINGLE,), {}),
    "a wrong forward mode is not asked": (WrongForward.apply, (X, 2.0), {}),
    "complex": (lambda z: z * z.conj(), (torch.complex(X, Y).detach().requires_grad_(),), {}),
}  # fmt: skip

WRONG = {
    "a function": (Sine.apply, (X,), {}, "WRONG"),
    "in float32": (Sine.apply, (SINGLE,), {}, "WRONG"),
    "undefined cotangents": (NoneFails.apply, (X,), {}, "undefined cotangents"),
    "dtypes": (Wide.apply, (SINGLE,), {"check_grad_dtypes": True}, "torch casts it"),
    "forward mode": (WrongForward.apply, (X, 2.0), {"check_forward_ad": True}, "by forward mode"),
    "it raises": (lambda x: x @ torch.ones(4, dtype=torch.float64), (X,), {}, "RuntimeError"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_passes(name):
    func, inputs, options = RIGHT[name]
    assert gradcheck(func, inputs, **options) is True


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_raises_the_error_of_torch_with_the_explanation_or_is_false(name):
    func, inputs, options, text = WRONG[name]
    with pytest.raises(GradcheckError, match=text):
        gradcheck(func, inputs, **options)
    assert gradcheck(func, inputs, raise_exception=False, **options) is False


def test_it_sees_what_the_original_takes():
    assert torch.autograd.gradcheck(Sine.apply, (X,))
    assert gradcheck(Sine.apply, (X,), raise_exception=False) is False


@pytest.mark.parametrize(("name", "original"), [("gradcheck", gradcheck), ("gradgradcheck", gradgradcheck)])
def test_the_arguments_are_those_of_torch(name, original):
    ours, theirs = (inspect.signature(f).parameters for f in (original, getattr(torch.autograd, name)))
    assert list(ours) == list(theirs)
    assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]
    assert [p.kind for p in ours.values()] == [p.kind for p in theirs.values()]


def test_without_an_input_that_requires_a_gradient_there_is_nothing_to_check():
    with pytest.raises(ValueError, match="require a gradient"):
        gradcheck(torch.sin, X.detach())


def test_where_no_witness_decides_the_error_says_so():
    """A sample of a distribution that the input moves has no derivative that anyone could vouch for."""
    drawn = lambda x: x * torch.bernoulli(0.5 * x)  # noqa: E731
    x = torch.ones(100, dtype=torch.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match="nobody vouches"):
        gradcheck(drawn, x)


def test_an_op_that_exact_numbers_cannot_enter_is_held_against_its_own_differences():
    def drawn(factor):
        class Dropout(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mask = torch.bernoulli(torch.full_like(x, 0.5))
                return x * ctx.mask

            @staticmethod
            def backward(ctx, g):
                return factor * g * ctx.mask

        return Dropout.apply

    torch.manual_seed(0)
    x = torch.randn(16, dtype=torch.float64, requires_grad=True)
    assert gradcheck(drawn(1.0), x)
    assert gradcheck(drawn(1.5), x, raise_exception=False) is False


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_second_derivatives_by_inputs_and_by_cotangents(dtype):
    x = X.detach().to(dtype).requires_grad_()
    assert gradgradcheck(torch.tanh, (x,))
    assert gradgradcheck(Swish.apply, (x,), torch.ones(3, dtype=dtype))
    with pytest.raises(GradcheckError, match="WRONG"):
        gradgradcheck(NotTwice.apply, (x,))
    with pytest.raises(GradcheckError, match="once_differentiable"):
        gradgradcheck(Once.apply, (x,))


def test_torch_is_not_imported_by_verify():
    code = "import sys, verify; verify.torch_gradcheck; raise SystemExit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_detach_leaves_out_is_an_error_as_it_is_in_the_original() -> None:
    """verify.check takes detach at its word; a test that fails by the values must not pass with another import."""
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    for f in (lambda x: x * x.detach(), lambda x: x + x.data.exp()):
        assert not torch.autograd.gradcheck(f, (x,), raise_exception=False)
        assert not gradcheck(f, (x,), raise_exception=False)
    with pytest.raises(GradcheckError, match="f stops gradients on its way"):
        gradcheck(lambda x: x * x.detach(), (x,))
    assert gradcheck(lambda x: torch.logsumexp(x - x.max().detach(), 0) + x.max().detach(), (x,))
