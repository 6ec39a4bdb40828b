"""A translation that does not give what the op answers is no witness against the op's formula."""

from __future__ import annotations

import numpy as np
import pytest

import verify
from verify.adapters.aten import table

torch = pytest.importorskip("torch")

FAR = 1e5  # (x + FAR) - FAR keeps two digits of x in float32


class Square(torch.autograd.Function):
    """x**2, whose backward loses digits; cosh(0) is 1."""

    factor = 2

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @classmethod
    def slope(cls, x):
        return cls.factor * ((x + FAR) - FAR) * torch.cosh(0 * x)

    @staticmethod
    def backward(ctx, g):
        return g * Square.slope(ctx.saved_tensors[0])


class Cubed(Square):
    @staticmethod
    def backward(ctx, g):
        return g * 1.5 * Square.slope(ctx.saved_tensors[0])


def asked(op):
    return verify.check(op.apply, torch.tensor([0.7384, 1.3], requires_grad=True))


@pytest.fixture
def mistranslated(monkeypatch):
    monkeypatch.setitem(table.TABLE, "aten.cosh", lambda x: 3 * np.cosh(x))


def test_a_faithful_translation_says_that_digits_are_lost_or_the_formula_is_wrong():
    assert asked(Square).verdict.name == "INACCURATE"
    assert asked(Cubed).verdict.name == "WRONG"


@pytest.mark.usefixtures("mistranslated")
def test_a_translation_that_answers_otherwise_does_not_make_lost_digits_a_wrong_formula():
    found = asked(Square)
    assert found.verdict.name == "INACCURATE"
    assert "its translation is further from its answer than the truth is" in found.worst_point.reason


@pytest.mark.usefixtures("mistranslated")
def test_a_wrong_op_is_still_wrong_beside_a_translation_that_answers_otherwise():
    assert asked(Cubed).verdict.name == "WRONG"
