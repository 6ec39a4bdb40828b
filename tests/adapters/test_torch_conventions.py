"""What PyTorch means: draws are constants, symmetric matrices count with both halves, values have their own format."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import verify  # noqa: E402
from verify.adapters.aten import translated  # noqa: E402
from verify.adapters.translation import Sampled, Untranslatable  # noqa: E402

X = torch.tensor([[0.7, -1.2, 0.4], [0.1, 0.9, -0.3], [-0.8, 0.2, 1.1]], dtype=torch.float64)
SYMMETRIC = X @ X.mT + torch.eye(3)
SYMMETRIC = (SYMMETRIC + SYMMETRIC.mT) / 2
# What reads one triangle, which one is told.
OF_HALVES = {
    "cholesky": torch.linalg.cholesky,
    "cholesky, upper": lambda a: torch.linalg.cholesky(a, upper=True),
    "eigvalsh": torch.linalg.eigvalsh,
    "eigh, upper": lambda a: torch.linalg.eigh(a, UPLO="U")[0],
    "pinv": lambda a: torch.linalg.pinv(a, hermitian=True),
}


def verdict(function, *xs, **claim):
    return verify.check(function, *xs, **claim).verdict.name


def asking(x):
    return x.clone().requires_grad_()


@pytest.mark.parametrize("name", OF_HALVES)
def test_the_symmetric_gradient_is_right_at_a_symmetric_matrix_alone(name):
    beside = SYMMETRIC + torch.tensor(np.triu(np.ones((3, 3)), 1) * 2.0**-7)
    assert verdict(OF_HALVES[name], asking(SYMMETRIC)) == "CERTIFIED"
    assert verdict(OF_HALVES[name], asking(beside)) == "WRONG"


class LogDet(torch.autograd.Function):
    """The logarithm of the determinant by its Cholesky factor."""

    factor = 1.0

    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(torch.linalg.inv(a))
        return 2 * torch.linalg.cholesky(a).diagonal().log().sum()

    @classmethod
    def backward(cls, ctx, g):
        return cls.factor * g * ctx.saved_tensors[0]


class HalfLogDet(LogDet):
    factor = 0.5


def test_a_symmetric_gradient_that_is_written_is_right_and_half_of_it_wrong():
    right, wrong = (verify.check(op.apply, asking(SYMMETRIC)) for op in (LogDet, HalfLogDet))
    assert right.points[0].verdict.name != "WRONG"
    assert wrong.verdict.name == "WRONG"


# Functions of random numbers that depend on no input.
DRAWN = {
    "noise": lambda x: x * torch.rand(3, 3, dtype=x.dtype),
    "noise like an input": lambda x: x * torch.randn_like(x),
    "a mask that is filled": lambda x: x * torch.empty_like(x).bernoulli_(0.5),
    "dropout": lambda x: torch.nn.functional.dropout(x, 0.5, training=True),
}


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_is_a_constant(name):
    torch.manual_seed(3)
    state = torch.get_rng_state()
    wanted = DRAWN[name](X)
    torch.set_rng_state(state)
    run = translated(DRAWN[name], [X]).run
    assert np.allclose(run([X.numpy()])[0], wanted.numpy(), rtol=1e-15)
    assert np.allclose(run([2 * X.numpy()])[0], 2 * wanted.numpy(), rtol=1e-15)
    assert verdict(DRAWN[name], asking(X)) == "CERTIFIED"


def test_a_sample_of_what_an_input_moves_is_not_judged():
    for function in (lambda x: torch.normal(x, 1.0), lambda x: torch.bernoulli(x.sigmoid())):
        with pytest.raises(Sampled, match="a sample has no derivative"):
            translated(function, [X])
        assert verdict(function, asking(X)) == "INCONCLUSIVE"


def test_a_generator_of_the_function_s_own_is_refused():
    own = torch.Generator()
    with pytest.raises(Untranslatable, match="a generator of its own"):
        translated(lambda x: x * torch.rand(3, 3, generator=own), [X])


# Conversions, and the same with a wrong value.
CONVERTED = {
    "float32": lambda x: x.float(),
    "float16": lambda x: x.half(),
    "bfloat16": lambda x: x.bfloat16(),
    "complex": lambda x: x.cdouble(),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_a_value_is_judged_in_the_format_that_it_is_stated_in(name):
    assert verdict(CONVERTED[name], asking(X)) == "CERTIFIED"


def test_a_value_that_is_off_by_more_than_its_format_is_another_function():
    def reference(x):
        return x * (1 + 2.0**-6)

    assert verdict(lambda x: x.float(), asking(X), reference=reference) == "DIFFERENT_FUNCTION"
    assert verdict(lambda x: x * (1 + 2.0**-40), asking(X), reference=lambda x: x) == "DIFFERENT_FUNCTION"


def test_a_gradient_that_torch_knows_to_be_zero_is_read():
    assert verdict(torch.sgn, asking(X)) == "CERTIFIED"


def test_a_decision_on_a_stair_between_its_jumps_is_on_no_edge():
    def wide(x):
        return x * x if torch.floor(x.sum()) == 1 else -x

    assert verdict(wide, asking(torch.tensor([1.25], dtype=torch.float64))) == "CERTIFIED"
    assert verdict(wide, asking(torch.tensor([1.0], dtype=torch.float64))) != "CERTIFIED"


def test_places_are_not_moved_out_of_an_array():
    """A kernel that reads them unchecked would end the process."""
    form, pivots = torch.linalg.lu_factor(SYMMETRIC)
    found = verify.check(torch.linalg.lu_solve, asking(form), pivots, asking(X))
    assert found.verdict.name == "CERTIFIED", found.explain()
