"""Which pass an error comes from: told by what the forward pass saves, in NumPy; never where that cannot be told."""

import numpy as np
import pytest

import verify
from verify.finding import Passes
from verify.render.html import finding_html

ml_dtypes = pytest.importorskip("ml_dtypes")
FORMATS = [np.float32, np.float16, ml_dtypes.bfloat16]
SLOPPY = 24.0  # roundoffs that a sloppy pass is off: inside the bar of 16 units, whatever rounds besides


def off(y, units):
    """An array some roundoffs too large, where its format is narrow: a wide pass is exact."""
    return y if y.dtype == float else (y * (1 + units * ml_dtypes.finfo(y.dtype).eps / 2)).astype(y.dtype)


def root(forward=0.0, backward=0.0):
    def fwd(x):
        return np.sqrt(x), off(np.sqrt(x), forward)

    def bwd(y, g):
        return off((g / (2 * y)).astype(y.dtype), backward)

    return fwd, bwd


def passes(pair, x, f=np.sqrt):
    finding = verify.check(f, x, vjp=pair)
    return finding, finding.points[0].passes


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(("forward", "backward"), [(SLOPPY, 0.0), (0.0, SLOPPY)])
def test_the_sloppy_pass_is_the_one_that_is_named(dtype, forward, backward):
    x = np.linspace(1.1, 3.7, 5).astype(dtype)
    finding, found = passes(root(forward, backward), x)
    worse, better = (found.forward, found.backward) if forward else (found.backward, found.forward)
    assert worse > 6 > 2 > better, finding.explain()
    assert worse + better == pytest.approx(finding.points[0].units, rel=0.25)
    assert f"of {finding.points[0].units:.3g} units" in finding.explain()
    assert "from the backward" in finding_html(finding)
    assert "backward" in finding.to_json()["points"][0]["passes"]


def test_units_of_a_pass_are_those_of_the_answer_over_the_rounded_residuals():
    x = np.array([2.0], np.float32)
    finding, found = passes(root(SLOPPY), x)
    exact = 1 / (2 * np.sqrt(2.0))
    again = 1 / (2 * np.float32(np.sqrt(2.0)))
    unit = finding.points[0].gap / finding.points[0].units
    assert found.backward == pytest.approx(abs(again - exact) / unit, rel=1e-6)
    assert found.forward == pytest.approx(abs(finding.points[0].yours - again) / unit, rel=1e-6)


def test_nothing_is_said_in_float64_and_of_a_derivative_that_has_no_forward_pass():
    x = np.linspace(1.1, 3.7, 5)
    assert passes(root(), x)[1] is None
    single = x.astype(np.float32)
    finding = verify.check(np.sqrt, single, vjp=lambda g, y, x: off(g / (2 * y), SLOPPY))
    assert finding.points[0].units > 6
    assert finding.points[0].passes is None


def kept_in_a_closure(x):
    y = off(np.sqrt(x), SLOPPY)
    return np.sqrt(x), lambda: y


def saved_coarsely(x):
    return np.sqrt(x), np.sqrt(x).astype(np.float16)


def float32_only(x):
    y = np.sqrt(x.astype(np.float32))
    return y.astype(x.dtype), off(y, SLOPPY).astype(x.dtype)


def other_in_float64(x):
    return (np.sqrt(x), np.sqrt(x)) if x.dtype != float else (np.sqrt(x), (np.sqrt(x), x))


@pytest.mark.parametrize("forward", [kept_in_a_closure, saved_coarsely, float32_only, other_in_float64])
def test_nothing_is_said_where_not_all_of_what_was_saved_can_be_replaced(forward):
    def bwd(y, g):
        y = y() if callable(y) else y
        return g / (2 * y.astype(g.dtype))

    finding, found = passes((forward, bwd), np.linspace(1.1, 3.7, 5).astype(np.float32))
    assert finding.points[0].units > 0
    assert found is None, finding.explain()


def test_masks_stay_as_the_narrow_pass_took_them():
    def fwd(x):
        kept = x > np.float32(0.1)  # 0.1 in float32 is larger than in float64: a wide pass decides alike, or not
        return np.where(kept, np.sqrt(x), x), (kept if x.dtype != float else ~kept, off(np.sqrt(x), SLOPPY))

    def bwd(residuals, g):
        kept, y = residuals
        return np.where(kept, g / (2 * y), g).astype(y.dtype)

    f = lambda x: np.where(x > 0.1, np.sqrt(x), x)  # noqa: E731
    found = passes((fwd, bwd), np.array([0.05, 1.5, 2.0], np.float32), f)[1]
    assert found.forward > 6 > 2 > found.backward


def test_errors_of_both_passes_that_cancel_are_said_to():
    finding, found = passes(root(SLOPPY, SLOPPY), np.linspace(1.1, 3.7, 5).astype(np.float32))
    assert isinstance(found, Passes)
    assert found.forward + found.backward > 2 * finding.points[0].units
    assert "cancel in part" in finding.explain()
