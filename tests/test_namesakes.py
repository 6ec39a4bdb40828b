"""Namesakes under ``ad``: the values, shapes and dtypes of NumPy's and SciPy's functions, and their derivatives."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
import verify
from ad.containers import flatten

pytest.importorskip("scipy")

Row = tuple[str, tuple[Any, ...], dict[str, Any]]  # function, what it is called with, and by keyword

RNG = np.random.default_rng(11)
# Away from whole numbers and their halves by 1/20 at least, where interpolations have kinks.
PLACES = np.array([[-2.3, 0.3, 1.4, 1.8, 6.7], [1.2, 2.1, 0.2, 3.4, -1.1]])


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


A, B, C = normal(6), normal(3), normal(2)
D, E, F = normal(3, 4), normal(2, 3), normal(2, 2)
X = np.array([0.0, 0.5, 1.5, 1.75, 2.5, 4.0])

CONVOLUTIONS: list[Row] = [
    (f"signal.{name}", pair, {"mode": mode})
    for name, mode, pair in itertools.product(
        ("convolve", "correlate", "fftconvolve", "oaconvolve"),
        ("full", "same", "valid"),
        ((A, B), (B, A), (A, C), (C, A), (D, E), (normal(2, 3, 3), normal(2, 1, 2))),
    )
]
PLANES: list[Row] = [
    (f"signal.{name}", pair, {"mode": mode, "boundary": boundary, "fillvalue": 0.5})
    for name, mode, boundary, pair in itertools.product(
        ("convolve2d", "correlate2d"), ("full", "same", "valid"), ("fill", "wrap", "symm"), ((D, E), (D, F), (F, E)),
    )
]  # fmt: skip
FILTERS: list[Row] = [
    (f"ndimage.{name}", pair, {"mode": mode, "cval": 1.5, "origin": origin})
    for name, mode, (pair, origin) in itertools.product(
        ("convolve", "correlate"),
        ("reflect", "mirror", "nearest", "wrap", "constant"),
        (((D, E), 0), ((D, F), -1), ((A, C), 0), ((C, A), 0), ((A, B), 1)),
    )
]
INTERPOLATIONS: list[Row] = [
    ("ndimage.map_coordinates", (D, PLACES), {"order": order, "mode": mode, "cval": 0.5})
    for order, mode in itertools.product(
        (0, 1), ("constant", "nearest", "reflect", "mirror", "grid-wrap", "grid-mirror", "grid-constant")
    )
]
OTHERS: list[Row] = [
    ("signal.detrend", (A,), {}),
    ("signal.detrend", (D,), {"axis": 0, "type": "constant"}),
    ("signal.detrend", (A,), {"bp": [3]}),
    ("signal.detrend", (D,), {"type": "l", "axis": 0}),
    ("signal.lfilter", (B, np.array([2.0, 0.5, -0.25]), A), {}),
    ("signal.lfilter", (B, np.array([2.0]), D), {"axis": 0}),
    ("signal.lfilter", (C, np.array([1.0, -0.5]), D), {"axis": 1}),
    ("ndimage.convolve1d", (D, B), {"axis": 0, "mode": "mirror"}),
    ("ndimage.correlate1d", (D, C), {"mode": "wrap", "origin": -1}),
    ("ndimage.gaussian_filter1d", (D, 1.25), {"axis": 1, "mode": "nearest"}),
    ("ndimage.gaussian_filter1d", (A, np.array(0.75)), {"radius": 2}),
    ("integrate.trapezoid", (D,), {"axis": 0, "dx": 0.5}),
    ("integrate.trapezoid", (A, X), {}),
    ("integrate.cumulative_trapezoid", (A, X), {}),
    ("integrate.cumulative_trapezoid", (D,), {"dx": 0.5, "initial": 0}),
    ("integrate.cumulative_trapezoid", (D,), {"axis": 0}),
    *[("integrate.simpson", (A[:n],), {"x": X[:n]}) for n in (2, 3, 4, 5, 6)],
    ("integrate.simpson", (D,), {"dx": 0.5}),
    ("integrate.simpson", (D,), {"axis": 0}),
]
SPECTRA: list[Row] = [
    ("signal.welch", (normal(8),), {"nperseg": 4}),
    ("signal.welch", (normal(2, 9),), {"nperseg": 5, "noverlap": 3, "detrend": "linear", "scaling": "spectrum"}),
    ("signal.welch", (normal(9, 2),), {"nperseg": 4, "nfft": 7, "axis": 0, "fs": 3.0, "detrend": False}),
    ("signal.csd", (normal(8), normal(8)), {"nperseg": 4}),
    ("signal.csd", (normal(8), normal(8)), {"window": "boxcar", "nperseg": 3}),
    *[("signal.stft", (normal(9),), {"nperseg": 4, "boundary": boundary, "padded": padded})
      for boundary in ("zeros", "even", "odd", "constant", None) for padded in (True, False)],
    ("signal.stft", (normal(9, 2),), {"nperseg": 4, "noverlap": 3, "axis": 0, "scaling": "psd", "detrend": "constant"}),
]  # fmt: skip
ROWS = [*CONVOLUTIONS, *PLANES, *FILTERS, *INTERPOLATIONS, *OTHERS]
# SciPy's values are checked for all of these; derivatives where ways part, and quickly for one row of each function.
DERIVED = [*CONVOLUTIONS[::11], *PLANES[::12], *FILTERS[::12], *INTERPOLATIONS[7:], *OTHERS]


def both(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The namesake and SciPy's function."""
    module, _, function = name.partition(".")
    return (
        getattr(importlib.import_module(f"ad.scipy.{module}"), function),
        getattr(importlib.import_module(f"scipy.{module}"), function),
    )


def names(row: Any) -> str:
    return row if isinstance(row, str) else ""


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "args", "kwargs"), ROWS, ids=names)
def test_values_shapes_and_dtypes_are_scipy_s(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], dtype: type[np.floating[Any]]
) -> None:
    ours, theirs = both(name)
    given = [x.astype(dtype) if isinstance(x, np.ndarray) else x for x in args]
    if not name.startswith("signal"):  # weights, places and coordinates stay doubles
        given[1:] = args[1:]
    found, expected = ours(*given, **kwargs), theirs(*given, **kwargs)
    assert np.shape(found) == np.shape(expected)
    assert found.dtype == expected.dtype
    units = 64 * np.finfo(expected.dtype).eps
    assert np.all(np.abs(found - expected) <= units * (1 + np.max(np.abs(expected), initial=0.0)))


FIRST = {name: n for n, (name, *_) in reversed(list(enumerate(DERIVED)))}


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [pytest.param(*row, marks=[] if FIRST[row[0]] == n else pytest.mark.slow) for n, row in enumerate(DERIVED)],
    ids=names,
)
def test_the_gradient_is_certified_and_a_wrong_one_noticed(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    ours, _ = both(name)
    floats = [i for i, x in enumerate(args) if isinstance(x, np.ndarray)]

    def f(*xs: Any) -> Any:
        given = list(args)
        for i, x in zip(floats, xs, strict=True):
            given[i] = x
        y = ours(*given, **kwargs)
        return np.sum(y * np.cos(np.reshape(np.arange(np.size(y)), np.shape(y))))

    xs = [args[i] for i in floats]
    assert verify.check(f, *xs).verdict.name == "CERTIFIED"
    gradient = ad.grad(f, tuple(range(len(xs))))

    def wrong(*given: Any) -> Any:
        found = [np.array(g) for g in gradient(*given)]
        found[0].reshape(-1)[-1] += 1e-6 * (1 + abs(found[0].reshape(-1)[-1]))
        return tuple(found)

    assert verify.check(f, *xs, gradient=wrong).verdict.name == "WRONG"


REFUSALS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("signal.convolve", (A, B), {"mode": "half"}, "mode is 'half'"),
    ("signal.convolve", (A, B), {"method": "slow"}, "method is 'slow'"),
    ("signal.convolve", (A, D), {}, "in1 has 1 axes, in2 2"),
    ("signal.convolve", (D, normal(4, 2)), {"mode": "valid"}, "fit in the other"),
    ("signal.fftconvolve", (D, E), {"axes": 0}, "along all axes"),
    ("signal.convolve2d", (A, B), {}, "matrices"),
    ("signal.convolve2d", (D, E), {"boundary": "round"}, "boundary is 'round'"),
    ("signal.detrend", (A,), {"type": "cubic"}, "type is 'cubic'"),
    ("signal.detrend", (A,), {"bp": 9}, "between 0 and 6"),
    ("signal.lfilter", (B, C, A), {"zi": C}, "does not take zi"),
    ("signal.welch", (A,), {"average": "median"}, "the mean over segments"),
    ("signal.welch", (A,), {"return_onesided": False}, "one-sided"),
    ("signal.csd", (A, B), {}, r"x has shape \(6,\), y \(3,\)"),
    ("signal.welch", (A,), {"nperseg": 4, "nfft": 3}, "nfft is 3"),
    ("signal.welch", (A,), {"nperseg": 4, "noverlap": 4}, "noverlap is 4"),
    ("signal.welch", (A,), {"window": np.ones(9)}, "the window has 9 entries"),
    ("signal.welch", (A,), {"scaling": "power"}, "scaling is 'power'"),
    ("signal.stft", (A,), {"boundary": "wrap"}, "boundary is 'wrap'"),
    ("ndimage.convolve", (D, E), {"output": D}, "does not take output"),
    ("ndimage.convolve", (D, E), {"axes": (0, 1)}, "does not take axes"),
    ("ndimage.correlate", (D, B), {}, "weights has 1 axes"),
    ("ndimage.correlate", (D, E), {"mode": "fold"}, "mode is 'fold'"),
    ("ndimage.correlate", (D, E), {"origin": 2}, "origin is 2"),
    ("ndimage.gaussian_filter1d", (A, 1.0), {"order": 1}, "does not take order"),
    ("ndimage.map_coordinates", (D, PLACES), {}, "order is 3"),
    ("ndimage.map_coordinates", (D, PLACES), {"order": 1, "mode": "wrap"}, "mode is 'wrap'"),
    ("integrate.cumulative_trapezoid", (A, B), {}, "x has 3 entries"),
    ("integrate.cumulative_trapezoid", (A,), {"initial": 1.0}, "None or 0"),
    ("integrate.simpson", (D,), {"x": E}, r"x has shape \(2, 3\)"),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "args", "kwargs"), SPECTRA, ids=names)
def test_frequencies_times_and_spectra_are_scipy_s(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], dtype: type[np.floating[Any]]
) -> None:
    ours, theirs = both(name)
    given = [x.astype(dtype) for x in args]
    for found, expected in zip(ours(*given, **kwargs), theirs(*given, **kwargs), strict=True):
        assert np.shape(found) == np.shape(expected)
        assert found.dtype == expected.dtype
        allowed = 64 * np.finfo(expected.dtype).eps * (1 + np.max(np.abs(expected)))
        assert np.all(np.abs(found - expected) <= allowed)


@pytest.mark.parametrize(("name", "args", "kwargs"), [SPECTRA[0], SPECTRA[3], SPECTRA[7], SPECTRA[-1]], ids=names)
def test_spectra_agree_with_differences_and_a_wrong_gradient_is_noticed(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Exact arrays hold real numbers, a transform complex ones: no certificate, the witness is a difference."""
    ours, _ = both(name)

    def f(*xs: Any) -> Any:
        z = ours(*xs, **kwargs)[-1]
        phases = np.reshape(np.arange(np.size(z)), np.shape(z))
        return np.sum(np.real(z) * np.cos(phases) + np.imag(z) * np.sin(phases))

    assert verify.check(f, *args).ok
    gradient = ad.grad(f, tuple(range(len(args))))
    spoilt = lambda *xs: tuple(g + 1e-4 * (i == 0) for i, g in enumerate(gradient(*xs)))  # noqa: E731
    assert verify.check(f, *args, gradient=spoilt).verdict.name == "WRONG"


@pytest.mark.parametrize(("name", "args", "kwargs", "message"), REFUSALS)
def test_what_is_not_taken_is_refused_by_name(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError, RuntimeError), match=message):
        both(name)[0](*args, **kwargs)


def test_a_traced_width_of_a_kernel_does_not_tell_its_radius() -> None:
    ours, _ = both("ndimage.gaussian_filter1d")
    with pytest.raises(TypeError, match="give the radius"):
        ad.grad(lambda s: np.sum(ours(A, s)))(1.0)


# --- arrays of traced numbers

CREATIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "numbers": lambda np_, x, v: np_.array([x, 2 * x, x * x]),
    "nested lists": lambda np_, x, v: np_.array([[x, 1.0], [0.0, x * x]]),
    "arrays in a list": lambda np_, x, v: np_.array([v, v * x, np.ones(3)]),
    "a tuple": lambda np_, x, v: np_.array((x, x)),
    "more axes": lambda np_, x, v: np_.array([x, x], ndmin=3),
    "another dtype": lambda np_, x, v: np_.array([x, x], dtype=np.longdouble),
    "an array": lambda np_, x, v: np_.array(v),
    "asarray of an array": lambda np_, x, v: np_.asarray(v * v),
    "asarray of a list": lambda np_, x, v: np_.asarray([x, x * x]),
    "full of a number": lambda np_, x, v: np_.full((2, 3), x * x),
    "full of a row": lambda np_, x, v: np_.full((2, 3), v),
    "full in another dtype": lambda np_, x, v: np_.full(2, x, np.longdouble),
}


@pytest.mark.parametrize("make", CREATIONS.values(), ids=CREATIONS.keys())
def test_arrays_of_traced_numbers_are_numpy_s_and_hand_their_derivatives_on(make: Callable[..., Any]) -> None:
    x, v = np.float64(1.5), np.array([0.5, -1.0, 2.0])
    expected = make(np, x, v)
    for found in (make(ad, x, v), ad.vjp(lambda x, v: make(ad, x, v), x, v)[0]):
        assert np.array_equal(found, expected)
        assert found.dtype == expected.dtype

    def f(x: Any, v: Any) -> Any:
        return np.sum(np.sin(make(ad, x, v)).astype(float)) + 0 * x + 0 * np.sum(v)

    if expected.dtype == np.float64:
        assert verify.check(f, x, v).verdict.name == "CERTIFIED"
    gradient = ad.grad(f, (0, 1))
    step = 1e-6
    for k, t in enumerate((1.0, np.array([1.0, -2.0, 0.5]))):
        ahead = [f(*(z + s * step * t if i == k else z for i, z in enumerate((x, v)))) for s in (1, -1)]
        slope = float(np.sum(gradient(x, v)[k] * t))
        assert abs(slope - (ahead[0] - ahead[1]) / (2 * step)) < 1e-8
        assert abs(slope * 1.001 - (ahead[0] - ahead[1]) / (2 * step)) > 1e-8 or slope == 0  # the mutant


def test_arrays_of_plain_numbers_are_numpy_s_own() -> None:
    assert type(ad.array([1, 2])) is type(ad.asarray([1, 2])) is type(ad.full(2, 1)) is np.ndarray
    v = np.ones(3)
    assert ad.asarray(v) is v
    assert ad.array(v) is not v


def test_lists_of_several_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"the shapes \[\(\), \(2,\)\]"):
        ad.grad(lambda x: np.sum(ad.array([x, np.ones(2)])))(1.0)


def test_exact_numbers_make_arrays_too() -> None:
    finding = verify.check(lambda x: np.prod(ad.array([[x[0], 2.0], [x[1], x[0] * x[1]]])), np.array([0.5, 1.5]))
    assert finding.verdict.name == "CERTIFIED"
    assert flatten(finding.worst_point.entry)[1]
