"""Right ops of PyTorch in many forms: whoever accuses one of them is wrong. Each has its reference in NumPy."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class Op(NamedTuple):
    """op of tensors, its reference of arrays, its arguments, and further arguments of the claim."""

    op: Callable[..., Any]
    reference: Callable[..., Any]
    xs: tuple[Any, ...]
    claim: dict[str, Any] = {}  # noqa: RUF012 - never written to


def t(*values: Any, dtype: Any = torch.float64) -> Any:
    return torch.tensor(values, dtype=dtype)


def saving_input(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """An op of one tensor that saves its input; backward: of that and the cotangent."""

    class Op(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            return backward(ctx.saved_tensors[0], g)

    return Op.apply


class Swish(Function):
    """Saves its input."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * (s + x * s * (1 - s))


class Exponential(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx, x):
        y = torch.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class WithSetup(Function):
    """Has setup_context, a jvp and a generated rule for vmap."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x, a):
        return torch.sin(x) * a

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])
        ctx.save_for_forward(inputs[0])
        ctx.a = inputs[1]

    @staticmethod
    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0]) * ctx.a, None

    @staticmethod
    def jvp(ctx, t, _):
        return t * torch.cos(ctx.saved_tensors[0]) * ctx.a


class Product(Function):
    """Saves what is needed alone."""

    @staticmethod
    def forward(ctx, x, y):
        of_x, of_y = ctx.needs_input_grad
        ctx.save_for_backward(y if of_x else None, x if of_y else None)
        return x * y

    @staticmethod
    def backward(ctx, g):
        y, x = ctx.saved_tensors
        return None if y is None else g * y, None if x is None else g * x


class SineAndCosine(Function):
    """Two results, of which one may have no cotangent."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        return torch.sin(x), torch.cos(x)

    @staticmethod
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        parts = [] if g is None else [g * torch.cos(x)]
        parts += [] if h is None else [-h * torch.sin(x)]
        return sum(parts) if parts else None


class Largest(Function):
    """A result of integers, and one that is None."""

    @staticmethod
    def forward(ctx, x):
        value, index = x.max(0)
        ctx.save_for_backward(index)
        ctx.shape = x.shape
        ctx.mark_non_differentiable(index)
        return value, index, None

    @staticmethod
    def backward(ctx, g, *_):
        found = torch.zeros(ctx.shape, dtype=g.dtype)
        return found.index_put((ctx.saved_tensors[0],), g)


class Doubled(Function):
    """Changes its input in place."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx, g):
        return 2 * g


class Same(Function):
    """Returns its input, and its cotangent."""

    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, g):
        return g


class Flat(Function):
    """Returns a view of its input."""

    @staticmethod
    def forward(ctx, x):
        ctx.shape = x.shape
        return x.view(-1)

    @staticmethod
    def backward(ctx, g):
        return g.reshape(ctx.shape)


class Once(Function):
    """Computes its gradient in NumPy, and says that it cannot be differentiated twice."""

    @staticmethod
    def forward(ctx, x):
        ctx.slope = torch.from_numpy(3 * x.detach().numpy() ** 2)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        return g * ctx.slope


class Squared(Function):
    """A complex result of a complex input."""

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z * z

    @staticmethod
    def backward(ctx, g):
        return g * 2 * ctx.saved_tensors[0].conj()


def reference_of_batch_norm(x: Any, params: Any) -> Any:
    centred = x - np.mean(x, 0)
    return centred / np.sqrt(np.mean(centred**2, 0) + 1e-5) * params["weight"] + params["bias"]


def linear(x: Any, params: Any) -> Any:
    return x @ params["weight"].T + params["bias"]


class Tied(torch.nn.Module):
    """One parameter under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.one = torch.nn.Parameter(t(0.5, -1.5))
        self.other = self.one

    def forward(self, x):
        return torch.sin(self.one * x) + self.other


@torch.library.custom_op("adverify_tests::cube", mutates_args=())
def cube(x: torch.Tensor, scale: float) -> torch.Tensor:
    return scale * x**3


def _setup(ctx, inputs, output):
    ctx.x, ctx.scale = inputs


cube.register_autograd(lambda ctx, g: (3 * ctx.scale * g * ctx.x**2, None), setup_context=_setup)

X = t(0.5, -1.0, 3.0)
torch.manual_seed(0)
RIGHT = {
    "an input is saved": Op(Swish.apply, lambda x: x / (1 + np.exp(-x)), (X,)),
    "a result is saved": Op(Exponential.apply, np.exp, (X,)),
    "setup_context, jvp, vmap": Op(WithSetup.apply, lambda x, a: a * np.sin(x), (X, 2.0)),
    "by one input of two": Op(Product.apply, lambda x, y: x * y, (X, X + 1)),
    "wrt a name": Op(Product.apply, lambda x, y: x * y, (X, X + 1), {"wrt": "y"}),
    "two results": Op(SineAndCosine.apply, lambda x: (np.sin(x), np.cos(x)), (X,)),
    "integers and None": Op(Largest.apply, lambda x: (np.max(x), np.argmax(x), None), (X,)),
    "in place": Op(Doubled.apply, lambda x: 2 * x, (X,), {"mutates": "x"}),
    "its input": Op(Same.apply, lambda x: 1 * x, (X,)),
    "a view": Op(Flat.apply, lambda x: np.reshape(x, (-1,)), (X.reshape(1, 3),)),
    "once differentiable": Op(Once.apply, lambda x: x**3, (X,)),
    "complex": Op(Squared.apply, lambda z: z * z, (torch.complex(X, X.flip(0)),)),
    "complex to real": Op(torch.abs, np.abs, (torch.complex(X, X.flip(0)),)),
    "transposed input": Op(Swish.apply, lambda x: x / (1 + np.exp(-x)), (torch.stack([X, X + 1]).T,)),
    "expanded input": Op(Swish.apply, lambda x: x / (1 + np.exp(-x)), (X.expand(2, 3),)),
    "a number": Op(Swish.apply, lambda x: x / (1 + np.exp(-x)), (torch.tensor(0.3, dtype=torch.float64),)),
    "a library's op": Op(cube, lambda x, scale: scale * x**3, (X, 0.5)),
    "containers": Op(
        lambda d, n: d["a"] * d["b"][0] ** n + d["b"][1],
        lambda d, n: d["a"] * d["b"][0] ** n + d["b"][1],
        ({"a": X, "b": [X + 2, 3]}, 2),
    ),
    "keyword tensors": Op(lambda x, *, w: x * w, lambda x, *, w: x * w, (X,), {"kwargs": {"w": X + 1}}),
    "a linear layer": Op(torch.nn.Linear(3, 2).double(), linear, (torch.stack([X, X + 1]),)),
    "batch norm": Op(torch.nn.BatchNorm1d(3).double(), reference_of_batch_norm, (torch.randn(5, 3).double(),)),
    "tied parameters": Op(Tied(), lambda x, params: np.sin(params["one"] * x) + params["one"], (X[:2],)),
    "float32": Op(Swish.apply, lambda x: x / (1 + np.exp(-x)), (X.float(),)),
    "bfloat16": Op(Swish.apply, lambda x: x / (1 + np.exp(-x)), (X.bfloat16(),)),
}  # fmt: skip
