"""Functions of torch that have no translation: what differences, a composite reference and the contract still say."""

import numpy as np
import pytest
from shapes import check

torch = pytest.importorskip("torch")

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
HALVES = [torch.float16, torch.bfloat16]
MANY = 100  # inputs: too many for a quotient each


def black(factor=1.0, at=slice(None), only=None, f=np.tanh, slope=lambda x: 1 / np.cosh(x) ** 2):
    """An op whose forward and backward pass are NumPy's, so that torch sees none of it."""

    class Black(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            if only is not None and x.dtype != only:
                raise TypeError(f"this kernel takes {only} alone")
            ctx.save_for_backward(x)
            return torch.from_numpy(f(x.detach().double().numpy())).to(x.dtype)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            found = slope(x.detach().double().numpy())
            found[at] *= factor
            return g * torch.from_numpy(found).to(g.dtype)

    return Black.apply


def of(count, dtype):
    return torch.tensor(np.random.default_rng(3).normal(size=count)).to(dtype).requires_grad_()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("count", [3, MANY])
def test_differences_agree_with_a_right_backward_and_exclude_wrong_ones(count, dtype):
    x = of(count, dtype)
    finding = check(black(), x)
    assert finding.verdict.name == "AGREES", finding.explain()
    assert finding.points[0].judged_by == ("difference" if count == 3 else "differences along tangents")
    assert check(black(1.1), x).verdict.name == "WRONG"
    assert check(black(1.1, at=2), x).verdict.name == "WRONG"


def test_what_rounding_the_inputs_moves_is_allowed_in_a_coarse_dtype_and_no_more():
    x = torch.tensor([20.0, 1.0, 0.5], requires_grad=True)
    rounded = lambda x: np.exp(x * (1 + 2.0**-23))  # noqa: E731 - at 20 the slope is off by 40 units of float32
    assert check(black(f=np.exp, slope=rounded), x).verdict.name == "AGREES"
    assert check(black(1.0002, f=np.exp, slope=rounded), x).verdict.name == "WRONG"
    assert check(black(1.0002, at=1, f=np.exp, slope=rounded), x).verdict.name == "WRONG"
    assert check(black(f=np.exp, slope=rounded), x.detach().double().requires_grad_()).verdict.name == "WRONG"


class RoughInFloat32(torch.autograd.Function):
    """sin, whose backward is 100 units off in float32, and right in float64."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.from_numpy(np.sin(x.detach().double().numpy())).to(x.dtype)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * torch.cos(x) * (1 + 6e-6 * (x.dtype == torch.float32))


def test_an_answer_that_is_right_in_float64_alone_is_not_called_wrong_without_a_tape():
    finding = check(RoughInFloat32.apply, torch.tensor([0.3, 1.1, -0.7], requires_grad=True))
    assert finding.verdict.name == "INCONCLUSIVE", finding.explain()
    assert "in float64 the same backward is within it" in finding.points[0].reason


def test_the_reason_names_what_has_no_translation_once_and_no_python_error():
    finding = check(black(), of(3, torch.float32))
    reason = finding.points[0].reason
    assert reason.count("Tensor.numpy takes numbers that depend on an input out of torch") == 1
    assert "symbolic, series, enclosure" in reason
    assert "Untranslatable" not in reason
    assert any("which exact numbers cannot enter: Tensor.numpy" in note for note in finding.points[0].notes)
    assert sum(clause.held is True for clause in finding.points[0].clauses) > 8


def test_what_torch_composes_an_operation_of_is_no_translation_where_it_computes_something_else():
    targets = torch.tensor([[0, 2, -1, 1], [3, -1, 0, 0]])  # rows that end at -1, as torch's composition overlooks

    def loss(x, factor=1.0):
        found = torch.nn.functional.multilabel_margin_loss(x, targets)
        return factor * found + (1 - factor) * found.detach()

    x = of((2, 4), torch.float64)
    finding = check(loss, x)
    assert finding.verdict.name == "AGREES", finding.explain()
    assert "what torch composes it of differs from it" in finding.points[0].reason
    assert check(loss, x, 1.5).verdict.name == "WRONG"
    whole = torch.arange(4).expand(2, 4)
    assert check(lambda x: torch.nn.functional.multilabel_margin_loss(x, whole), x).verdict.name == "CERTIFIED"


BARS = {torch.float32: 2e-3, torch.float16: 0.1, torch.bfloat16: 0.5}


@pytest.mark.parametrize("dtype", BARS, ids=str)
def test_an_op_of_one_dtype_is_differenced_in_it_with_a_bar_as_wide(dtype):
    x = torch.tensor([0.3, -0.6, 0.45], dtype=dtype)
    finding = check(black(only=dtype), x)
    assert finding.verdict.name == "AGREES", finding.explain()
    assert torch.finfo(dtype).eps < finding.points[0].resolution < BARS[dtype]
    assert check(black(1.8, only=dtype), x).verdict.name == "WRONG"


def test_where_the_bar_holds_everything_nothing_is_said():
    assert check(black(only=torch.bfloat16), of(MANY, torch.bfloat16)).verdict.name == "INCONCLUSIVE"


@pytest.mark.parametrize("count", [3, MANY])
def test_a_kink_is_seen_and_accuses_nobody(count):
    relu = black(f=lambda x: np.maximum(x, 0), slope=lambda x: (x > 0) * 1.0)
    x = of(count, torch.float32).detach()
    assert check(relu, x).verdict.name == "AGREES"
    x[:2] = 0
    finding = check(relu, x)
    assert finding.verdict.name == "INCONCLUSIVE"
    assert "one-sided slopes" in finding.points[0].reason or "kink" in finding.points[0].reason


def test_a_forward_that_raises_is_inconclusive_and_says_what_it_raised():
    finding = check(black(only=torch.float16), of(3, torch.float32))
    assert finding.verdict.name == "INCONCLUSIVE"
    assert "this kernel takes torch.float16 alone" in finding.points[0].reason


# --- a reference in torch that has no translation


def composite(x):
    """tanh as torch differentiates it, with a number that leaves torch on the way."""
    one = float(np.sign(abs(float(x.detach().reshape(-1)[0])) + 1))
    return one * (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("count", [3, MANY])
def test_a_composite_reference_is_differentiated_in_float64_and_never_called_certified(count, dtype):
    x = of(count, dtype)
    finding = check(black(), x, reference=composite)
    assert finding.verdict.name == "AGREES", finding.explain()
    assert finding.points[0].judged_by == "composite"
    witness = next(w for w in finding.evidence if w.witness == "composite")
    assert not witness.certified
    assert witness.trusts == ("framework",)
    assert check(black(1.001, at=1), x, reference=composite).verdict.name == "WRONG"


def test_a_composite_that_runs_the_judged_code_is_no_witness():
    op = black(1.1)
    finding = check(op, of(3, torch.float32), reference=lambda x: op(x))
    assert finding.verdict.name == "WRONG"
    assert finding.points[0].judged_by == "difference"
    refused = next(w.refusal for w in finding.evidence if w.witness == "composite")
    assert "bit for bit" in refused


def test_a_composite_with_another_gradient_is_not_believed_against_differences():
    class Misled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.from_numpy(np.tanh(x.detach().numpy()))

        @staticmethod
        def backward(ctx, g):
            return 2 * g / torch.cosh(ctx.saved_tensors[0]) ** 2

    for count in (3, MANY):
        finding = check(black(), of(count, torch.float32), reference=lambda x: Misled.apply(x))
        assert finding.verdict.name != "WRONG", finding.explain()
