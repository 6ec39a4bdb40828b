"""Which pass an error comes from: told by what the forward pass of a torch function saves."""

import numpy as np
import pytest

import verify

torch = pytest.importorskip("torch")

NARROW = [torch.float32, torch.float16, torch.bfloat16]
SLOPPY = 24.0  # roundoffs that a sloppy pass is off: inside the bar of 16 units, whatever rounds besides


def off(y, units):
    """A tensor some roundoffs too large, where its dtype is narrow: a wide pass is exact."""
    return y if y.dtype == torch.float64 else y * (1 + units * torch.finfo(y.dtype).eps / 2)


def save(ctx, y):
    ctx.save_for_backward(y)


def saved(ctx):
    return ctx.saved_tensors[0]


def root(forward=0.0, backward=0.0, keep=save, kept=saved):
    class Root(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = torch.sqrt(x)
            keep(ctx, off(y, forward))
            return y

        @staticmethod
        def backward(ctx, g):
            return off(g / (2 * kept(ctx)), backward)

    return Root.apply


def judged(op, dtype, **claim):
    x = torch.linspace(1.1, 3.7, 5).to(dtype).requires_grad_()
    return verify.check(op, x, reference=np.sqrt, **claim)


@pytest.mark.parametrize("dtype", NARROW, ids=str)
@pytest.mark.parametrize(("forward", "backward"), [(SLOPPY, 0.0), (0.0, SLOPPY)])
def test_the_sloppy_pass_is_the_one_that_is_named(dtype, forward, backward):
    finding = judged(root(forward, backward), dtype)
    found = finding.points[0].passes
    worse, better = (found.forward, found.backward) if forward else (found.backward, found.forward)
    assert worse > 6 > 2 > better, finding.explain()
    assert "from the forward's rounding" in finding.explain()


def test_nothing_is_said_in_float64():
    assert judged(root(), torch.float64).points[0].passes is None


def as_attribute(ctx, y):
    ctx.y = y


def as_number(ctx, y):
    ctx.y = float(y.sum())


def as_bfloat16(ctx, y):
    ctx.save_for_backward(y.bfloat16())


def more_in_float64(ctx, y):
    ctx.save_for_backward(*([y, y] if y.dtype == torch.float64 else [y]))


def noise(ctx, y):
    ctx.save_for_backward(y * (1 + 1e-6 * torch.rand_like(y)))


ESCAPES = {
    "an attribute": (as_attribute, lambda ctx: ctx.y),
    "a number": (as_number, lambda ctx: ctx.y / 5),
    "a coarser tensor": (as_bfloat16, lambda ctx: ctx.saved_tensors[0].float()),
    "more tensors": (more_in_float64, saved),
    "noise": (noise, saved),
}


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_is_said_where_what_was_saved_cannot_all_be_replaced(name):
    finding = judged(root(0.0, 0.0, *ESCAPES[name]), torch.float32)
    assert finding.points[0].units > 0
    assert finding.points[0].passes is None


def test_a_number_that_is_a_parameter_of_the_op_keeps_nothing_back():
    def keep(ctx, y):
        ctx.half = 0.5
        ctx.save_for_backward(y)

    finding = judged(root(SLOPPY, 0.0, keep, lambda ctx: ctx.saved_tensors[0] * (2 * ctx.half)), torch.float32)
    assert finding.points[0].passes.forward > 6


def test_an_op_that_computes_in_float32_whatever_it_is_given_has_no_wide_pass():
    class Root(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = torch.sqrt(x.float())
            ctx.save_for_backward(off(y, SLOPPY).to(x.dtype))
            return y.to(x.dtype)

        @staticmethod
        def backward(ctx, g):
            return g / (2 * ctx.saved_tensors[0])

    assert judged(Root.apply, torch.float32).points[0].passes is None
    assert judged(Root.apply, torch.bfloat16).points[0].passes is not None  # float32 is wide there


def test_inputs_and_masks_that_are_saved_stay_what_they_are():
    class Positive(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            positive = x > 0
            mask = positive if x.dtype != torch.float64 else ~positive
            ctx.save_for_backward(x, mask)
            return torch.where(positive, x * x, x)

        @staticmethod
        def backward(ctx, g):
            x, mask = ctx.saved_tensors
            return torch.where(mask, off(2 * g * x, SLOPPY), g)

    x = torch.tensor([0.7, -1.3, 2.1], requires_grad=True)
    found = verify.check(Positive.apply, x, reference=lambda x: np.where(x > 0, x * x, x)).points[0].passes
    assert found.forward == 0
    assert found.backward > 6


def test_the_passes_of_a_composition_and_of_a_module_are_told():
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh())
    reference = lambda x, params: np.tanh(x @ params["0.weight"].T + params["0.bias"])  # noqa: E731
    point = verify.check(layer, torch.randn(2, 3), reference=reference).points[0]
    assert point.passes.forward + point.passes.backward >= 0.999 * point.units > 0


def test_a_dropout_that_is_seeded_says_nothing():
    class Dropped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor([0.3, 1.7, 2.9]))

        def forward(self, x):
            return x * self.w * torch.bernoulli(torch.full_like(x, 0.5))

    op = Dropped()
    torch.manual_seed(3)
    state = torch.get_rng_state()
    mask = torch.bernoulli(torch.full((3,), 0.5)).numpy()
    torch.set_rng_state(state)
    found = verify.check(op, torch.tensor([1.1, 0.7, 0.3]), reference=lambda x, params: x * params["w"] * mask)
    assert found.ok, found.explain()
    assert found.points[0].passes is None
