"""Ops of torch in the precision they run in: right ones in every dtype, wrong ones where the dtype can show it."""

import numpy as np
import pytest
from shapes import check

from ad.scipy import special

torch = pytest.importorskip("torch")
F = torch.nn.functional

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
HALVES = [torch.float16, torch.bfloat16]


def of(*shape):
    count = int(np.prod(shape))
    return torch.tensor(np.random.default_rng([7, count]).normal(size=shape))


def logsumexp(x):
    largest = np.max(x, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(x - largest), axis=-1, keepdims=True)) + largest


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def layer_norm(x, w, b):
    away = x - np.mean(x, axis=-1, keepdims=True)
    return away / np.sqrt(np.mean(away**2, axis=-1, keepdims=True) + 1e-5) * w + b


def rms_norm(x, w):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-5) * w


def cross_entropy(x):
    return -np.mean((x - logsumexp(x))[np.arange(2), np.array([1, 0])])


def conv1d(x, w):
    return sum(np.einsum("oi,bit->bot", w[:, :, k], x[:, :, k : k + 3]) for k in range(2))


# name -> (op, inputs in float64, the same in NumPy)
OPS = {
    "softmax": (lambda x: F.softmax(x, -1), [of(2, 4)], softmax),
    "log_softmax": (lambda x: F.log_softmax(x, -1), [of(2, 4)], lambda x: x - logsumexp(x)),
    "logsumexp": (lambda x: torch.logsumexp(x, -1), [of(2, 4)], lambda x: logsumexp(x)[..., 0]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (4,), w, b), [of(2, 4), of(4), of(4)], layer_norm),
    "rms_norm": (lambda x, w: F.rms_norm(x, (4,), w, 1e-5), [of(2, 4), of(4)], rms_norm),
    "gelu": (F.gelu, [of(6)], lambda x: 0.5 * x * (1 + special.erf(x / np.sqrt(2.0)))),
    "silu": (F.silu, [of(6)], lambda x: x / (1 + np.exp(-x))),
    "softplus": (F.softplus, [of(6)], lambda x: np.logaddexp(0, x)),
    "matmul": (torch.matmul, [of(2, 4), of(4, 2)], np.matmul),
    "attention": (
        F.scaled_dot_product_attention, [of(1, 2, 4), of(1, 3, 4), of(1, 3, 4)],
        lambda q, k, v: softmax(q @ np.swapaxes(k, -1, -2) / 2.0) @ v,
    ),
    "cross_entropy": (lambda x: F.cross_entropy(x, torch.tensor([1, 0])), [of(2, 4)], cross_entropy),
    "cumsum": (lambda x: torch.cumsum(x, -1), [of(2, 4)], lambda x: np.cumsum(x, axis=-1)),
    "vector_norm": (torch.linalg.vector_norm, [of(6)], lambda x: np.sqrt(np.sum(x * x))),
    "mse_loss": (F.mse_loss, [of(6), of(7)[:6]], lambda a, b: np.mean((a - b) ** 2)),
    "conv1d": (F.conv1d, [of(1, 2, 4), of(2, 2, 2)], conv1d),
}  # fmt: skip


def backwards_times(op, factor):
    """An op whose gradient by its first input is a multiple of the right one."""

    class Times(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            ctx.save_for_backward(*xs)
            return op(*xs)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            with torch.enable_grad():
                leaves = [x.detach().requires_grad_() for x in ctx.saved_tensors]
                first, *others = torch.autograd.grad(op(*leaves), leaves, g)
            return factor * first, *others

    return Times.apply


def judged(op, inputs, reference, dtype, **claim):
    return check(op, *[x.to(dtype).requires_grad_() for x in inputs], reference=reference, **claim)


@pytest.mark.parametrize("dtype", [torch.float64, *HALVES], ids=str)  # in 16 bits float32 is asked besides
@pytest.mark.parametrize("name", OPS)
def test_a_right_op_is_certified_in_every_dtype(name, dtype):
    op, inputs, reference = OPS[name]
    finding = judged(op, inputs, reference, dtype)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert 0 <= finding.points[0].resolution < 0.5
    if dtype in HALVES:
        assert any("in float32: CERTIFIED" in note for note in finding.points[0].notes)


@pytest.mark.parametrize("name", ["silu", "matmul"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_factor_is_found_in_every_dtype_if_need_be_by_asking_in_float32(name, dtype):
    op, inputs, reference = OPS[name]
    finding = judged(backwards_times(op, 1.01), inputs, reference, dtype)
    assert finding.verdict.name == "WRONG", finding.explain()
    if dtype is torch.bfloat16:
        assert finding.points[0].verdict.name != "WRONG"
        assert "found in float32: 16 bits cannot show it" in finding.points[1].notes


class Tanh(torch.autograd.Function):
    """tanh as a kernel that knows one dtype alone; ``factor`` in the subclasses is what its gradient is off by."""

    dtype = None
    factor = 1.0

    @classmethod
    def forward(cls, ctx, x):
        if cls.dtype is not None and x.dtype != cls.dtype:
            raise TypeError(f"this kernel takes {cls.dtype} alone")
        ctx.save_for_backward(x)
        ctx.factor = cls.factor
        return torch.tanh(x)

    @staticmethod
    def backward(ctx, g):
        return ctx.factor * g / torch.cosh(ctx.saved_tensors[0]) ** 2


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "CERTIFIED"), (1.5, "WRONG")])
def test_an_op_that_takes_16_bits_alone_is_judged_in_them_and_a_note_says_so(dtype, factor, verdict):
    only = type("Only", (Tanh,), {"dtype": dtype, "factor": factor})
    finding = judged(only.apply, [of(4)], np.tanh, dtype)
    assert finding.verdict.name == verdict, finding.explain()
    assert len(finding.points) == 1
    assert any("in float32: INCONCLUSIVE" in note and "alone" in note for note in finding.points[0].notes)


@pytest.mark.parametrize("inside", HALVES, ids=str)
def test_a_kernel_that_rounds_to_16_bits_inside_is_not_accused_of_what_float32_shows(inside):
    class Rounded(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tanh(x)

        @staticmethod
        def backward(ctx, g):
            return g * (1 / torch.cosh(ctx.saved_tensors[0].to(inside)) ** 2).to(g.dtype)

    assert judged(Rounded.apply, [of(4)], np.tanh, inside).verdict.name == "CERTIFIED"
    assert judged(Rounded.apply, [of(4)], np.tanh, torch.float32).verdict.name == "INACCURATE"


@pytest.mark.parametrize("spoilt", [torch.float32, torch.float16], ids=str)
def test_an_op_that_is_wrong_in_one_dtype_is_wrong_there_alone(spoilt):
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * torch.cos(x) * (1.5 if x.dtype == spoilt else 1.0)

    for dtype in (torch.float64, torch.float32, torch.float16):
        assert judged(Sine.apply, [of(4)], np.sin, dtype).ok is (dtype != spoilt), dtype


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_parameters_of_a_module_are_judged_in_16_bits(dtype):
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2).to(dtype)
    right = lambda x, params: x @ params["weight"].T + params["bias"]  # noqa: E731
    assert check(layer, of(2, 3).to(dtype), reference=right).verdict.name == "CERTIFIED"
    detached = {"forward": lambda self, x: x @ self.weight.detach().T + self.bias}
    forgotten = type("Forgotten", (torch.nn.Linear,), detached)
    wrong = forgotten(3, 2).to(dtype)
    assert check(wrong, of(2, 3).to(dtype), reference=right).verdict.name == "WRONG"


# --- TF32


def truncated(x):
    """The ten bits after the point that TF32 keeps."""
    return (x.contiguous().view(torch.int32) & ~0x1FFF).view(torch.float32)


def tf32_matmul(factor=1.0):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return truncated(a) @ truncated(b)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            a, b = map(truncated, ctx.saved_tensors)
            return factor * (truncated(g) @ b.T), a.T @ truncated(g)

    return Product.apply


def test_roundoff_covers_a_product_in_tf32():
    inputs = [of(2, 8), of(8, 3)]

    def verdict(op, **claim):
        return judged(op, inputs, np.matmul, torch.float32, **claim).verdict.name

    finding = judged(tf32_matmul(), inputs, np.matmul, torch.float32, roundoff=2**-11)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert finding.roundoff == 2**-11
    assert finding.points[0].units > 0.1
    assert verdict(tf32_matmul()) == "DIFFERENT_FUNCTION"
    assert verdict(tf32_matmul(1.1), roundoff=2**-11) == "WRONG"
    assert verdict(lambda a, b: 1.2 * a @ b, roundoff=2**-11) == "DIFFERENT_FUNCTION"
