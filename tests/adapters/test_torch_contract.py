"""What PyTorch asks of an op besides its gradient: each clause accuses the ops that break it, and no others."""

import numpy as np
import pytest

import verify

torch = pytest.importorskip("torch")

from torch.autograd import Function  # noqa: E402
from torch.autograd.function import once_differentiable  # noqa: E402
from torch_ops import RIGHT, Product, SineAndCosine, WithSetup, t  # noqa: E402

X = t(0.5, -1.0, 3.0)


def clause(name, op, *xs, **claim):
    """What became of a clause: (held, text), or None where it was not there."""
    found = verify.check(op, *xs, **claim)
    return next(((c.held, c.text) for c in found.worst_point.clauses if c.name == name), None)


def exponential(backward, forward=None):
    """x exp(x) with a backward of its own."""

    class Exponential(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * torch.exp(x)

    if forward is not None:
        Exponential.forward = staticmethod(forward)
    Exponential.backward = staticmethod(backward)
    return Exponential.apply


def right(ctx, g):
    (x,) = ctx.saved_tensors
    return g * torch.exp(x) * (1 + x)


def reference(x):
    return x * np.exp(x)


def detached(ctx, g):
    x = ctx.saved_tensors[0].detach()
    return g * torch.exp(x) * (1 + x)


def without_graph(ctx, g):
    with torch.no_grad():
        return right(ctx, g)


def from_the_cotangent_alone(ctx, g):
    (x,) = ctx.saved_tensors
    return g.detach() * torch.exp(x) * (1 + x)


def slope_saved(ctx, x):
    ctx.save_for_backward(torch.exp(x) * (1 + x))
    return x * torch.exp(x)


def slope_on_ctx(ctx, x):
    ctx.slope = torch.exp(x) * (1 + x)
    return x * torch.exp(x)


# --- double backward

DETACHED = {
    "detached from the input": (exponential(detached), "differentiated twice"),
    "under no_grad": (exponential(without_graph), "differentiated twice"),
    "of an intermediate": (exponential(lambda ctx, g: g * ctx.saved_tensors[0], slope_saved), "differentiated twice"),
    "detached from the cotangent": (exponential(from_the_cotangent_alone), "differentiated by the cotangent"),
}


@pytest.mark.parametrize("name", DETACHED)
def test_a_double_backward_that_is_silently_detached_is_broken(name):
    op, text = DETACHED[name]
    found = verify.check(op, X, reference=reference)
    assert found.verdict.name == "BROKEN_CONTRACT"
    held, said = next((c.held, c.text) for c in found.worst_point.clauses if c.name == "double backward")
    assert held is False
    assert said.startswith(text)
    assert "once_differentiable" in said


def test_a_double_backward_that_is_right_holds_and_one_that_refuses_is_not_asked():
    assert clause("double backward", exponential(right), X, reference=reference) == (True, "")
    held, text = clause("double backward", exponential(once_differentiable(detached)), X, reference=reference)
    assert held is None
    assert "once_differentiable" in text

    def refuses(ctx, g):
        assert not torch.is_grad_enabled(), "not twice"
        return right(ctx, g)

    assert clause("double backward", exponential(refuses), X, reference=reference)[0] is None


# --- one input, one result, the cotangent of a sum


class SavesTheOther(Product):
    """Saves an operand where its own gradient is needed, not where the other's is."""

    @staticmethod
    def forward(ctx, x, y):
        of_x, of_y = ctx.needs_input_grad
        ctx.save_for_backward(y if of_y else None, x if of_x else None)
        return x * y

    @staticmethod
    def backward(ctx, g):
        y, x = ctx.saved_tensors
        return g * y, g * x


class ForgetsTheOther(Product):
    """Answers half where only the first input asks."""

    @staticmethod
    def backward(ctx, g):
        y, x = ctx.saved_tensors
        return None if y is None else (g if x is not None else g / 2) * y, None if x is None else g * x


def test_gradients_of_one_input_alone_are_those_of_all_together():
    product = lambda x, y: x * y  # noqa: E731
    assert clause("needs_input_grad", Product.apply, X, X + 1, reference=product) == (True, "")
    held, text = clause("needs_input_grad", SavesTheOther.apply, X, X + 1, reference=product)
    assert held is False
    assert "where only x requires a gradient it raises TypeError" in text
    held, text = clause("needs_input_grad", ForgetsTheOther.apply, X, X + 1, reference=product)
    assert held is False
    assert "where only x requires a gradient, x[" in text


class NoneIsANumber(SineAndCosine):
    @staticmethod
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        return g * torch.cos(x) - h * torch.sin(x)


class NoneIsOne(SineAndCosine):
    @staticmethod
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        ones = torch.ones_like(x)
        return (ones if g is None else g) * torch.cos(x) - (ones if h is None else h) * torch.sin(x)


def test_a_result_that_nobody_uses_has_a_cotangent_of_zeros():
    both = lambda x: (np.sin(x), np.cos(x))  # noqa: E731
    assert clause("undefined cotangents", SineAndCosine.apply, X, reference=both) == (True, "")
    held, text = clause("undefined cotangents", NoneIsANumber.apply, X, reference=both)
    assert held is False
    assert "raises TypeError" in text
    held, text = clause("undefined cotangents", NoneIsOne.apply, X, reference=both)
    assert held is False
    assert text.startswith("where only result 0 is used, x[")


def memory_as_it_lies(ctx, g):
    """Reads the cotangent as if it were contiguous: past the end of one number, so only where that is safe."""
    own = g if g.is_contiguous() else torch.cat([g.reshape(-1)[:1], torch.zeros(g.numel() - 1, dtype=g.dtype)])
    return right(ctx, own.reshape(g.shape))


def refuses_strides(ctx, g):
    if not g.is_contiguous():
        raise RuntimeError("expected a contiguous tensor")
    return right(ctx, g)


def test_the_cotangent_of_a_sum_gives_what_ones_give():
    assert clause("expanded cotangents", exponential(right), X, reference=reference) == (True, "")
    held, text = clause("expanded cotangents", exponential(memory_as_it_lies), X, reference=reference)
    assert held is False
    assert "has strides 0, x[" in text
    held, text = clause("expanded cotangents", exponential(refuses_strides), X, reference=reference)
    assert held is False
    assert "raises RuntimeError: expected a contiguous tensor" in text


# --- what is saved


def writes_what_was_saved(ctx, g):
    (slope,) = ctx.saved_tensors
    return slope.mul_(g)


def writes_on_ctx(ctx, g):
    ctx.slope.mul_(g)
    return ctx.slope.clone()


def uses_it_up(ctx, g):
    return g * ctx.__dict__.pop("slope")


USED_UP = {
    "a saved tensor is written": (exponential(writes_what_was_saved, slope_saved), "saved values untouched"),
    "a tensor on ctx is written": (exponential(writes_on_ctx, slope_on_ctx), "saved values untouched"),
    "what was saved is used up": (exponential(uses_it_up, slope_on_ctx), "saved tensors"),
}


@pytest.mark.parametrize("name", USED_UP)
def test_what_was_saved_is_there_for_a_second_backward_pass(name):
    op, broken = USED_UP[name]
    found = verify.check(op, X, reference=reference)
    assert found.verdict.name == "BROKEN_CONTRACT"
    assert found.worst_point.reason.startswith(f"clause {broken}")
    assert clause("saved tensors", exponential(right), X, reference=reference) == (True, "")
    assert clause("saved values untouched", exponential(right), X, reference=reference) == (True, "")


def writes_its_input(ctx, g):
    (x,) = ctx.saved_tensors
    found = right(ctx, g)
    x.data.add_(1)
    return found


def test_an_input_that_is_saved_by_reference_is_not_written():
    found = verify.check(exponential(writes_its_input), X, reference=reference)
    assert found.verdict.name == "BROKEN_CONTRACT"
    assert "inputs untouched" in found.worst_point.reason


def test_a_cotangent_is_not_written():
    def writes(ctx, g):
        return g.mul_(torch.exp(ctx.saved_tensors[0]) * (1 + ctx.saved_tensors[0]))

    found = verify.check(exponential(writes), X, reference=reference)
    assert "cotangent untouched" in found.worst_point.reason


# --- the shape and dtype of what a backward returns


def test_a_gradient_that_torch_refuses_is_a_broken_contract_and_one_that_it_mends_is_noted():
    short = verify.check(exponential(lambda ctx, g: right(ctx, g)[:1]), X, reference=reference)
    assert short.verdict.name == "BROKEN_CONTRACT"
    assert "invalid gradient" in short.worst_point.reason
    many = verify.check(exponential(lambda ctx, g: (right(ctx, g), g)), X, reference=reference)
    assert many.verdict.name == "BROKEN_CONTRACT"
    wide = exponential(lambda ctx, g: right(ctx, g).double())
    assert clause("gradient layout", wide, X.float(), reference=reference)[1].endswith("torch casts it")
    assert clause("gradient layout", exponential(right), X.float(), reference=reference) == (True, "")

    class Broadcast(Function):
        @staticmethod
        def forward(ctx, x):
            return x.expand(2, 3).clone()

        @staticmethod
        def backward(ctx, g):
            return g

    copies = lambda x: x * np.ones((2, 3))  # noqa: E731
    assert clause("gradient layout", Broadcast.apply, X, reference=copies)[1].endswith("torch adds it up")


# --- forward mode and vmap


class TwiceForward(WithSetup):
    @staticmethod
    def jvp(ctx, t, _):
        return 2 * WithSetup.jvp(ctx, t, _)


class RaisesForward(WithSetup):
    @staticmethod
    def jvp(ctx, t):
        return t


def test_forward_mode_is_judged_where_it_is_defined():
    sine = lambda x, a: a * np.sin(x)  # noqa: E731
    assert clause("forward AD", WithSetup.apply, X, 2.0, reference=sine) == (True, "")
    held, text = clause("forward AD", TwiceForward.apply, X, 2.0, reference=sine)
    assert held is False
    assert "by forward mode" in text
    assert clause("forward AD", RaisesForward.apply, X, 2.0, reference=sine)[0] is False
    assert clause("forward AD", exponential(right), X, reference=reference) is None


class BatchedWrongly(WithSetup):
    generate_vmap_rule = False

    @staticmethod
    def vmap(info, dims, x, a):
        return torch.sin(x + info.batch_size) * a, dims[0]


class GradientBatchedWrongly(WithSetup):
    """Its backward calls a Function whose rule for vmap is wrong."""

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return Cosine.apply(x) * g * ctx.a, None


class Cosine(Function):
    @staticmethod
    def forward(x):
        return torch.cos(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return -g * torch.sin(ctx.saved_tensors[0])

    @staticmethod
    def vmap(info, dims, x):
        return torch.cos(x) + 1, dims[0]


def test_under_vmap_a_value_and_a_gradient_are_those_of_a_loop():
    sine = lambda x, a: a * np.sin(x)  # noqa: E731
    assert clause("torch.vmap", WithSetup.apply, X, 2.0, reference=sine) == (True, "")
    held, text = clause("torch.vmap", BatchedWrongly.apply, X, 2.0, reference=sine)
    assert held is False
    assert "its value" in text
    held, text = clause("torch.vmap", GradientBatchedWrongly.apply, X, 2.0, reference=sine)
    assert held is False
    assert "its gradient" in text
    assert clause("torch.vmap", exponential(right), X, reference=reference) is None


# --- the same answer


class Counts(Function):
    calls = 0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.exp(x)

    @staticmethod
    def backward(ctx, g):
        Counts.calls += 1
        return right(ctx, g) * (1 + 0.5 * (Counts.calls % 2))


class FromNumPysNoise(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.exp(x)

    @staticmethod
    def backward(ctx, g):
        return right(ctx, g) * (1 + 1e-3 * np.random.default_rng().standard_normal())


def test_answers_that_differ_from_call_to_call_are_not_right():
    assert not verify.check(Counts.apply, X, reference=reference).ok
    assert not verify.check(FromNumPysNoise.apply, X, reference=reference).ok


@pytest.mark.parametrize("name", RIGHT)
def test_no_clause_accuses_a_right_op(name):
    op, of_arrays, xs, claim = RIGHT[name]
    found = verify.check(op, *xs, reference=of_arrays, **claim)
    assert [c for c in found.worst_point.clauses if c.held is False] == []
