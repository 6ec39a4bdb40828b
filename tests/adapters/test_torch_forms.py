"""PyTorch's ops in every form that people write: which are judged, which are refused, and what is left as it was."""

import numpy as np
import pytest

import verify

torch = pytest.importorskip("torch")

from torch_ops import RIGHT, Swish, reference_of_batch_norm, t  # noqa: E402

X = t(0.5, -1.0, 3.0)


@pytest.mark.parametrize("name", RIGHT)
def test_no_right_op_is_accused_and_none_of_its_inputs_is_changed(name):
    op, reference, xs, claim = RIGHT[name]
    before = [x.clone() for x in xs if isinstance(x, torch.Tensor)]
    found = verify.check(op, *xs, reference=reference, **claim)
    assert found.verdict.name in ("CERTIFIED", "SUBGRADIENT"), found.explain()
    after = [x for x in xs if isinstance(x, torch.Tensor)]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", ["an input is saved", "two results", "integers and None", "in place", "containers"])
def test_the_same_op_is_wrong_where_the_reference_has_another_gradient(name):
    op, reference, xs, claim = RIGHT[name]

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, y):
            return y.clone()

        @staticmethod
        def backward(ctx, g):
            return 1.25 * g

    def scaled(*arguments):
        results = op(*arguments)
        parts = results if isinstance(results, tuple) else (results,)
        moving = [Scaled.apply(y) if isinstance(y, torch.Tensor) and y.is_floating_point() else y for y in parts]
        return tuple(moving) if isinstance(results, tuple) else moving[0]

    claim = {**claim, "mutates": 0} if "mutates" in claim else claim
    assert verify.check(scaled, *xs, reference=reference, **claim).verdict.name == "WRONG"


def test_results_that_are_not_differentiated_are_named():
    op, reference, xs, _ = RIGHT["integers and None"]
    notes = verify.check(op, *xs, reference=reference).worst_point.notes
    assert any("only number 0 is differentiated" in note for note in notes)


DERIVATIVES = {
    "gradient": (lambda x: torch.sum(x**3), lambda k: lambda x: k * x**2),
    "value_and_gradient": (lambda x: torch.sum(x**3), lambda k: lambda x: (torch.sum(x**3), k * x**2)),
    "jacobian": (lambda x: x**3, lambda k: lambda x: torch.diag(k * x**2)),
    "vjp": (lambda x: x**3, lambda k: lambda g, y, x: k * g * x**2),
    "pair": (lambda x: x**3, lambda k: (lambda x: (x**3, {"square": x**2}), lambda kept, g: k * g * kept["square"])),
    "jvp": (lambda x: x**3, lambda k: lambda t, x: k * t * x**2),
    "hvp": (lambda x: torch.sum(x**3), lambda k: lambda t, x: 2 * k * t * x),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("form", DERIVATIVES)
def test_a_derivative_written_over_tensors_is_judged_like_one_over_arrays(form, dtype):
    f, derivative = DERIVATIVES[form]
    claim = {"vjp" if form == "pair" else form: derivative(3)}
    assert verify.check(f, X.to(dtype), **claim).verdict.name == "CERTIFIED"
    assert verify.check(f, X.to(dtype), engine="torch", **claim).verdict.name == "CERTIFIED"
    wrong = verify.check(f, X.to(dtype), **{"vjp" if form == "pair" else form: derivative(3.001)})
    assert wrong.verdict.name == "WRONG"


def test_a_written_derivative_gets_the_parameters_of_a_module_by_name():
    layer = torch.nn.Linear(3, 2).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    right = lambda g, y, x, params: {"weight": g.T @ x, "bias": g.sum(0)}  # noqa: E731
    wrong = lambda g, y, x, params: {"weight": g.T @ x, "bias": g.mean(0)}  # noqa: E731
    assert verify.check(layer, x, vjp=right).verdict.name == "CERTIFIED"
    assert verify.check(layer, x, vjp=wrong).verdict.name == "WRONG"


def test_what_a_written_derivative_writes_is_seen():
    found = verify.check(lambda x: x**3, X, vjp=lambda g, y, x: g.mul_(3 * x**2))
    assert "cotangent untouched" in found.worst_point.reason


REFUSED = {
    "a sparse result": (lambda x: x.to_sparse(), (X,), {}, "to_dense"),
    "a sparse input": (lambda x: x.to_dense(), (X.to_sparse(),), {}, "to_dense"),
    "an unknown name": (Swish.apply, (X,), {"wrt": "q"}, "wrt names 'q'"),
    "nothing that floats": (lambda i: i + 1, (torch.tensor([1, 2]),), {}, "no floating tensor"),
    "arrays for tensors": (torch.sin, (np.ones(3),), {"engine": "torch"}, "no floating tensor"),
    "an integer by name": (lambda x, i: x[i], (X, torch.tensor([0, 2])), {"wrt": "i"}, "a constant"),
    "a derivative differentiated": (lambda x: (x**3).sum(), (X,), {"gradient": lambda x: 3 * x**2, "order": 2}, "hvp="),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_one_clear_error(name):
    op, xs, claim, text = REFUSED[name]
    with pytest.raises(verify.ClaimError, match=text):
        verify.check(op, *xs, **claim)


def test_bfloat16_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    with pytest.raises(verify.ClaimError, match="pip install ml_dtypes"):
        verify.check(torch.sin, X.bfloat16(), reference=np.sin)


def test_inputs_that_ask_for_gradients_are_the_ones_differentiated():
    product = lambda x, y: x * y  # noqa: E731
    assert verify.check(product, X, X + 1, reference=product).inputs == ("x", "y")
    assert verify.check(product, X, (X + 1).requires_grad_(), reference=product).inputs == ("y",)


def test_a_module_is_left_as_it_was_also_where_a_function_closes_over_it():
    net = torch.nn.BatchNorm1d(3).double()
    net.weight.grad = t(1.0, 2.0, 3.0)
    net.bias.requires_grad_(False)
    before = {name: x.clone() for name, x in net.state_dict().items()}
    random = torch.get_rng_state()
    x = torch.linspace(-1, 1, 15, dtype=torch.float64).reshape(5, 3)
    inside = lambda x: net(x)  # noqa: E731
    for op, reference in ((net, reference_of_batch_norm), (inside, lambda x: reference_of_batch_norm(x, ONES))):
        assert verify.check(op, x, reference=reference).ok
        assert all(torch.equal(x, before[name]) for name, x in net.state_dict().items())
    assert torch.equal(net.weight.grad, t(1.0, 2.0, 3.0))
    assert net.training
    assert not net.bias.requires_grad
    assert torch.equal(torch.get_rng_state(), random)


ONES = {"weight": 1.0, "bias": 0.0}


def test_entries_that_cancel_in_what_is_not_differentiated_are_not_another_function():
    """x - mean(x) is rounded though x is a constant here."""
    for seed in range(12):
        torch.manual_seed(seed)
        found = verify.check(
            torch.nn.BatchNorm1d(3).double(), torch.randn(5, 3).double(), reference=reference_of_batch_norm
        )
        assert found.verdict.name == "CERTIFIED", found.explain()


class Masked(torch.autograd.Function):
    """A dropout whose mask is drawn in the forward."""

    @staticmethod
    def forward(ctx, x):
        ctx.mask = (torch.rand(x.shape) > 0.5).to(x.dtype)
        return x * ctx.mask

    @staticmethod
    def backward(ctx, g):
        return g * ctx.mask


class DrawnAnew(Masked):
    """The same with a mask of its own in the backward."""

    @staticmethod
    def backward(ctx, g):
        return g * (torch.rand(g.shape) > 0.5).to(g.dtype)


def test_random_numbers_are_those_of_the_forward_so_that_a_mask_drawn_anew_is_wrong():
    torch.manual_seed(1)
    x = torch.randn(6, dtype=torch.float64)
    assert verify.check(Masked.apply, x).verdict.name == "CERTIFIED"
    assert verify.check(DrawnAnew.apply, x).verdict.name == "WRONG"


def test_an_empty_input_is_vacuous():
    found = verify.check(Swish.apply, torch.zeros(0), reference=lambda x: x / (1 + np.exp(-x)))
    assert found.worst_point.reason.startswith("vacuous")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("name", ["an input is saved", "two results", "containers"])
def test_on_a_device_the_same_is_found(name):
    op, reference, xs, claim = RIGHT[name]
    moved = torch.utils._pytree.tree_map(lambda x: x.cuda() if isinstance(x, torch.Tensor) else x, xs)
    assert verify.check(op, *moved, reference=reference, **claim).verdict.name == "CERTIFIED"
