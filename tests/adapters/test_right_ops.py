"""Right functions of PyTorch that were accused once, or that broke something, each with a twin that is wrong."""

import time

import numpy as np
import pytest

import verify
from verify.finding import PointFinding
from verify.oracles.numeric import difference
from verify.question import prepare
from verify.verdict import Verdict

torch = pytest.importorskip("torch")
F = torch.nn.functional


def t(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


def verdict(*args, **kwargs):
    return verify.check(*args, **kwargs).verdict.name


class Gelu(torch.autograd.Function):
    factor = 1.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.gelu(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        density = torch.exp(-0.5 * x * x) * 0.3989422804014327
        return Gelu.factor * g * (0.5 * (1 + torch.erf(x / 2**0.5)) + x * density)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_value_of_gelu_in_its_lower_tail_is_no_other_function(dtype, monkeypatch):
    x = t(-5.0, 0.3, dtype=dtype)
    assert verdict(F.gelu, x) == "CERTIFIED"
    monkeypatch.setattr(Gelu, "factor", 1.01)
    assert verdict(Gelu.apply, x) == "WRONG"


def test_the_row_for_padding_of_an_embedding_is_constant_by_declaration():
    layer, words = torch.nn.Embedding(4, 2, padding_idx=0).double(), torch.tensor([[0, 1], [3, 1]])
    assert verdict(layer, words) == "CERTIFIED"
    assert verdict(lambda w, i: F.embedding(i, w), layer.weight, words) == "CERTIFIED"
    moving = verify.check(layer, words, reference=lambda i, params: params["weight"][i])
    assert moving.verdict.name == "WRONG"
    assert moving.worst_point.entry.startswith("params['weight'][0,")


def test_the_parameters_of_a_module_keep_their_shapes():
    """A kernel of torch's reads beyond the end of a tensor where the shapes of a weight and its norm do not fit."""
    layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2)).double()
    assert verdict(layer, t([0.5, -1.0])) == "CERTIFIED"
    assert verdict(layer, t([0.5, -1.0]), reference=lambda x, params: 2 * x) in ("WRONG", "DIFFERENT_FUNCTION")


def test_a_mask_of_whole_numbers_has_no_edge_but_where_they_jump():
    def stairs(x):
        return np.where(np.floor(x) >= 1.0, x**2, x) if np.floor(x[0]) == 1.0 else x

    assert verdict(stairs, np.array([1.25, 0.75])) == "CERTIFIED"
    assert not verify.check(stairs, np.array([1.25, 0.75]), vjp=lambda g, y, x: 3 * x * g).ok
    assert verdict(stairs, np.array([1.0, 0.5])) != "CERTIFIED"
    image, grid = t([[[0.5, -1.0], [2.0, 0.3]]]), t([[[0.3, -0.2], [0.1, 0.4]]])
    assert verdict(F.grid_sample, image, grid, kwargs={"align_corners": False}) == "CERTIFIED"


def test_differences_are_given_up_where_one_entry_shows_that_all_would_take_too_long():
    def slow(x):
        time.sleep(1e-3)
        return np.sum(np.sin(x))

    found = difference(prepare(verify.Claim(slow, np.ones(20), budget=2.0)))
    assert isinstance(found, verify.Refusal)
    assert "those of the others would take" in found.reason
    assert isinstance(difference(prepare(verify.Claim(slow, np.ones(1), budget=20.0))), verify.Estimate)


def test_a_truth_that_is_cut_keeps_its_exponent():
    point = PointFinding({}, Verdict.WRONG, "", truth="8.6395151676123e-11")
    assert point.short_truth == "8.6395151676e-11"
    assert PointFinding({}, Verdict.WRONG, "", truth="-0.043720048123").short_truth == "-0.043720048"


class ScaledTanh(torch.autograd.Function):
    """Its double backward loses all digits in the tail: 1 - tanh**2 is 0 there."""

    factor = 1.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 0.5 * x * (1 + torch.tanh(x))

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        y = torch.tanh(x if ScaledTanh.factor == 1.0 else x.detach())
        return g * (0.5 * (1 + y) + 0.5 * x * (1 - y * y))


def test_a_double_backward_that_loses_its_digits_is_not_broken(monkeypatch):
    x = t(0.5, -10.0)
    assert verdict(ScaledTanh.apply, x) == "CERTIFIED"
    monkeypatch.setattr(ScaledTanh, "factor", 2.0)
    assert verdict(ScaledTanh.apply, x) == "BROKEN_CONTRACT"
