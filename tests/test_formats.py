"""Sixteen bits: what is judged in them, what they hide, and that no reference is run in them."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import ad
from verify import check
from verify.claim import Claim
from verify.formats import FORMATS, format_of, widened
from verify.question import prepare

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
HALVES = [np.dtype(np.float16), BFLOAT16]
X = np.array([0.5, -1.25, 2.0, 0.75])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, BFLOAT16])
def test_a_format_says_what_numpy_says(dtype: Any) -> None:
    facts, found = ml_dtypes.finfo(dtype), format_of(np.zeros(2, dtype))
    assert found is not None
    assert found.roundoff == float(facts.eps) / 2
    assert (found.smallest, found.tiny) == (float(facts.smallest_subnormal), float(facts.tiny))
    assert found.largest == float(facts.max)
    assert found.roundoff != float(facts.eps)  # the mutant: the distance from 1, not half of it


def test_other_dtypes_have_no_format() -> None:
    for dtype in (int, bool, np.longdouble, complex, ml_dtypes.float8_e4m3):
        assert format_of(np.zeros(1, dtype)) is None


@pytest.mark.parametrize("dtype", HALVES)
def test_a_reference_is_run_in_float64_on_the_same_numbers(dtype: Any) -> None:
    """A sum of 4096 ones ends at 256 in bfloat16 and at 2048 along an axis in float16."""
    seen = []

    def f(x: Any) -> Any:
        seen.append(x.dtype)
        return np.sum(x) ** 2

    x = np.ones(4096, dtype)
    question = prepare(Claim(f, x, gradient=lambda x: x))
    assert seen == [np.float64]
    assert question.outputs[0] == 4096.0**2
    assert question.returned[0].dtype == dtype
    assert widened(x).dtype == np.float64


def rounded(function: Any) -> Any:
    """A kernel that computes in float32 and rounds what it hands on."""
    return lambda *args: function(*[a.astype(np.float32) for a in args]).astype(args[0].dtype)


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def softmax_backward(g: Any, y: Any, x: Any) -> Any:
    s = softmax(x)
    return s * (g - np.sum(g * s))


KERNELS: list[tuple[str, Any, Any, Any]] = [
    ("tanh", np.tanh, lambda g, y, x: g / np.cosh(x) ** 2, X),
    ("a sum of squares", lambda x: np.sum(x * x), lambda g, y, x: 2 * g * x, np.linspace(-1, 1, 300)),
    ("softmax", softmax, softmax_backward, np.linspace(-3, 3, 40)),
    ("log of a sum", lambda x: np.log(np.sum(np.exp(x))), lambda g, y, x: g * softmax(x), np.linspace(-2, 2, 30)),
]
MISTAKES: list[tuple[str, Any]] = [
    ("sign", lambda d: -d), ("twice", lambda d: d * 2), ("zero", lambda d: d * 0), ("reversed", lambda d: d[::-1] + 0),
]  # fmt: skip


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize(("name", "f", "backward", "x"), KERNELS, ids=[k[0] for k in KERNELS])
def test_right_kernels_pass_and_wrong_ones_do_not(dtype: Any, name: str, f: Any, backward: Any, x: Any) -> None:
    x = x.astype(dtype)
    finding = check(f, x, vjp=rounded(backward))
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert finding.roundoff == FORMATS[dtype.name].roundoff
    for mistake, change in MISTAKES:
        wrong = check(f, x, vjp=lambda g, y, x, change=change: change(rounded(backward)(g, y, x)))
        assert wrong.verdict.name == "WRONG", (mistake, wrong.explain())


def test_the_finding_says_how_coarse_16_bits_are_and_what_float32_says() -> None:
    point = check(np.tanh, X.astype(BFLOAT16), vjp=rounded(KERNELS[0][2])).worst_point
    assert point.resolution is not None
    assert 0.06 < point.resolution < 0.07
    assert any("at this point in float32: CERTIFIED" in note for note in point.notes)


def test_a_mistake_that_16_bits_hide_is_found_in_float32() -> None:
    x = X.astype(BFLOAT16)
    backward = lambda g, y, x: g * np.float32(1.01) / np.cosh(x) ** 2  # noqa: E731
    finding = check(np.tanh, x, vjp=backward)
    assert finding.counts == {"CERTIFIED": 1, "WRONG": 1}
    assert finding.verdict.name == "WRONG"
    assert "found in float32" in finding.worst_point.notes[-1]
    in_bfloat16_alone = check(np.tanh, x, vjp=rounded(backward))
    assert in_bfloat16_alone.worst_point.verdict.name == "WRONG"  # its own float32 run shows it just as well


def test_a_kernel_that_rounds_to_16_bits_inside_is_not_accused_for_it() -> None:
    def backward(g: Any, y: Any, x: Any) -> Any:
        return (g / np.cosh(x.astype(np.float32)).astype(BFLOAT16).astype(np.float32) ** 2).astype(x.dtype)

    finding = check(np.tanh, X.astype(BFLOAT16), vjp=backward)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert any("in float32: INACCURATE" in note for note in finding.worst_point.notes)


def test_sums_in_bfloat16_itself_are_inaccurate() -> None:
    """A reverse pass whose sum is accumulated in bfloat16 stops at 256."""
    x = np.ones(1000, BFLOAT16)
    finding = check(lambda x: np.sum(x) ** 2 / 1000, x, gradient=lambda x: 2 * np.sum(x) / 1000 + 0 * x)
    assert finding.verdict.name == "INACCURATE", finding.explain()
    kernel = rounded(lambda x: 2 * np.sum(x) / 1000 + 0 * x)
    assert check(lambda x: np.sum(x) ** 2 / 1000, x, gradient=kernel).verdict.name == "CERTIFIED"


def test_float16_underflow_is_allowed_for_and_a_lost_factor_is_not() -> None:
    x = np.array([0.5, 0.1, 1e-2, 1e-3], np.float16)
    f = lambda x: x * x * x * 1e-3  # noqa: E731
    assert check(f, x, vjp=rounded(lambda g, y, x: g * np.float32(3e-3) * x * x)).ok
    assert not check(f, x, vjp=rounded(lambda g, y, x: g * np.float32(1.5e-3) * x * x)).ok


def test_the_engine_differentiates_through_a_cast_to_bfloat16() -> None:
    assert float(ad.grad(lambda x: (x * x).astype(BFLOAT16).astype(np.float64))(3.0)) == 6.0
