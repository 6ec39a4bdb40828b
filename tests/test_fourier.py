"""Fourier, cosine and sine transforms against their matrices: all lengths, axes, norms and types, in both modes."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
import verify
from ad.dispatch import MEANINGS, TABLE
from ad.table.cosines import cosine_transform, sine_transform
from ad.table.fourier import resized
from verify.numbers.ballarray import BallField
from verify.numbers.balls import precision

scipy_fft = pytest.importorskip("scipy.fft")
namesakes = pytest.importorskip("ad.scipy.fft")

Function = Callable[..., Any]
NORMS = (None, "backward", "ortho", "forward")
LENGTHS = (None, 1, 2, 3, 5, 6, 9)
OF_REAL = {"rfft", "ihfft", "rfft2", "rfftn", "ihfft2", "ihfftn"}
HALF = {"irfft", "hfft"}


def drawn(shape: tuple[int, ...], complex_too: bool, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if complex_too else real


# --- the matrices, written out


def dft(n: int, norm: str | None, inverse: bool) -> Any:
    """exp(-2 pi i j k / n), exact angles reduced before they are rounded."""
    angle = 2 * np.pi * (np.outer(np.arange(n), np.arange(n)) % n) / n
    backward, forward = (n, 1) if inverse else (1, n)
    scale = {None: backward, "backward": backward, "ortho": n**0.5, "forward": forward}
    return np.exp((1j if inverse else -1j) * angle) / scale[norm]


def by_matrix(name: str, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """A transform along one axis as the product with its matrix, Hermitian spectra completed by their conjugates."""
    x = np.moveaxis(x, axis, -1)
    if name == "ihfft":
        other = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}[norm]
        return np.moveaxis(np.conj(by_matrix("rfft", x, n, -1, other)), -1, axis)
    if name == "hfft":
        other = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}[norm]
        return np.moveaxis(by_matrix("irfft", np.conj(x), n, -1, other), -1, axis)
    if name == "irfft":
        n = 2 * (x.shape[-1] - 1) if n is None else n
        half = fitted(x, n // 2 + 1)
        whole = np.zeros((*x.shape[:-1], n), complex)
        for k in range(n):
            own = half[..., k] if k <= n // 2 else np.conj(half[..., n - k])
            whole[..., k] = own.real if 2 * k in (0, n) else own
        return np.moveaxis((whole @ dft(n, norm, True)).real, -1, axis)
    n = x.shape[-1] if n is None else n
    y = fitted(x, n) @ dft(n, norm, name == "ifft")
    return np.moveaxis(y[..., : n // 2 + 1] if name == "rfft" else y, -1, axis)


def fitted(x: Any, n: int) -> Any:
    """Cut off or padded with zeros along the last axis."""
    found = np.zeros((*x.shape[:-1], n), x.dtype)
    found[..., : x.shape[-1]] = x[..., :n]
    return found


def cases(name: str) -> Iterator[tuple[Any, int | None, int, str | None]]:
    shapes = [(6,), (5,), (3, 4), (2, 1, 3)]
    for shape, axis, n, norm, seed in itertools.product(shapes, (-1, 0), LENGTHS, NORMS, (0, 1)):
        if (name in OF_REAL and seed) or (name in HALF and n is None and shape[axis] == 1):
            continue
        yield drawn(shape, bool(seed), 3), n, axis, norm


def check_linear(f: Function, plain: Function, x: Any) -> None:
    """Of a linear function: its value and tangent are plain ones, and Re<g, f t> = Re<f^T g, t>."""
    y, pullback = ad.vjp(f, x)
    expected, t, g = plain(x), drawn(x.shape, np.iscomplexobj(x), 4), drawn(y.shape, np.iscomplexobj(y), 5)
    assert y.dtype == expected.dtype
    assert_close(y, expected)
    ahead = plain(t)
    assert_close(ad.jvp(f, (x,), (t,))[1], ahead)
    (back,) = pullback(g)
    assert (back.shape, back.dtype) == (x.shape, x.dtype)
    scale = np.sum(np.abs(g)) * np.max(np.abs(ahead), initial=1e-300)
    assert abs(np.real(np.sum(g * ahead)) - np.real(np.sum(back * t))) <= 1e-13 * scale


def assert_close(found: Any, expected: Any) -> None:
    assert np.shape(found) == np.shape(expected)
    assert np.all(np.abs(found - expected) <= 1e-13 * (np.max(np.abs(expected), initial=0) + 1)), (found, expected)


def check_along_one(name: str) -> int:
    compared = 0
    for x, n, axis, norm in cases(name):
        f = functools.partial(getattr(np.fft, name), n=n, axis=axis, norm=norm)
        check_linear(f, lambda v, n=n, axis=axis, norm=norm: by_matrix(name, v, n, axis, norm), x)
        compared += 1
    return compared


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_every_length_axis_and_norm_is_the_matrix_in_both_modes(name: str) -> None:
    assert check_along_one(name) >= 200


WRONG: list[tuple[Function, Function]] = [
    # not cut off; the inverse; without the norm; conjugated
    (np.fft.fft, lambda g, m, n, axis, norm: np.fft.fft(g, n, axis, norm)),
    (np.fft.fft, lambda g, m, n, axis, norm: resized(np.fft.ifft(g, n, axis, norm), m, axis)),
    (np.fft.fft, lambda g, m, n, axis, norm: resized(np.fft.fft(g, n, axis), m, axis)),
    (np.fft.ifft, lambda g, m, n, axis, norm: resized(np.conj(np.fft.ifft(np.conj(g), n, axis, norm)), m, axis)),
    # the ends count twice; what lies between counts once
    (np.fft.rfft, lambda g, m, n, axis, norm: resized(np.fft.irfft(np.conj(g), n or m, axis, "forward"), m, axis)),
    (np.fft.irfft, lambda g, m, n, axis, norm: resized(np.conj(np.fft.rfft(g, n, axis)), m, axis)),
]


@pytest.mark.parametrize(("function", "transpose"), WRONG)
def test_a_wrong_transpose_is_refused(
    function: Function, transpose: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vjp(i: int, g: Any, y: Any, xs: Any, static: Any) -> Any:
        found = transpose(g, xs[0].shape[static["axis"]], static["n"], static["axis"], static["norm"])
        return found if np.iscomplexobj(xs[0]) else np.real(found)

    monkeypatch.setitem(TABLE, function, dataclasses.replace(TABLE[function], vjp=vjp))
    with pytest.raises((AssertionError, ValueError)):
        check_along_one(function.__name__)


# --- along several axes

SEVERAL = ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]
HERE = [(3, 4), (2, 3, 4)]
AXES = [None, (0, 1), (1, 0), (-1, 0), (-1,)]
SIZES = [None, (2, 5), (3, -1), (4,)]


def check_several(name: str, ours: Function, theirs: Function) -> int:
    compared = 0
    for shape, axes, s, norm in itertools.product(HERE, AXES, SIZES, NORMS[1:]):
        if (axes is None and s is not None) or (s is not None and len(s) != len(axes or ())):
            continue
        given = {"s": s, "norm": norm} | ({} if axes is None else {"axes": axes})
        x = drawn(shape, name not in OF_REAL, 7)
        check_linear(functools.partial(ours, **given), functools.partial(theirs, **given), x)
        compared += 1
    return compared


@pytest.mark.parametrize("name", SEVERAL)
def test_transforms_along_several_axes_are_numpy_s_in_both_modes(name: str) -> None:
    plain = getattr(np.fft, name)
    assert check_several(name, plain, plain) >= 40


def test_a_definition_that_leaves_out_an_axis_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MEANINGS, np.fft.fftn, lambda a, s=None, axes=None, norm=None: np.fft.fft(a, norm=norm))
    with pytest.raises(AssertionError):
        check_several("fftn", np.fft.fftn, np.fft.fftn)


@pytest.mark.parametrize("name", [*SEVERAL, "hfft2", "ihfft2", "hfftn", "ihfftn"])
def test_namesakes_along_several_axes_are_scipy_s_in_both_modes(name: str) -> None:
    assert check_several(name, getattr(namesakes, name), getattr(scipy_fft, name)) >= 40


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_namesakes_along_one_axis_are_scipy_s_in_both_modes(name: str) -> None:
    for x, n, axis, norm in cases(name):
        ours, theirs = (
            functools.partial(getattr(m, name), n=n, axis=axis, norm=norm) for m in (namesakes, scipy_fft)
        )
        check_linear(ours, theirs, x)


@pytest.mark.parametrize("name", namesakes.__all__)
def test_namesakes_have_scipy_s_signature_and_take_lists(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(m, name)) for m in (namesakes, scipy_fft))
    plain = [[(p.name, p.default, p.kind) for p in s.parameters.values()] for s in (ours, theirs)]
    if name == "dctn":  # SciPy's takes orthogonalize= by name alone, where its kin take it by position too
        plain = [[(n, d) for n, d, _ in parameters] for parameters in plain]
    assert plain[0] == plain[1]
    x = [[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]]
    assert_close(getattr(namesakes, name)(x), getattr(scipy_fft, name)(x))


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts_move_entries_and_their_cotangents_back(name: str) -> None:
    for shape, axes in [((5,), None), ((4, 3), None), ((4, 3), 1), ((3, 4, 5), (0, -1))]:
        plain = functools.partial(getattr(np.fft, name), axes=axes)
        check_linear(plain, plain, drawn(shape, False, 1))
        check_linear(functools.partial(getattr(namesakes, name), axes=axes), plain, drawn(shape, True, 1))


# --- cosine and sine transforms


def trigonometric(name: str, type: int, n: int) -> Any:
    """The matrix of a transform without scale, from SciPy's documentation; entry [j, k] takes x[j] to y[k]."""
    j, k = np.arange(n)[:, None], np.arange(n)
    if name == "dct":
        angle = {1: j * k / max(n - 1, 1), 2: k * (2 * j + 1) / (2 * n), 3: (2 * k + 1) * j / (2 * n)}
        last = (2 * k + 1) * (2 * j + 1) / (4 * n)
        found = 2 * np.cos(np.pi * angle.get(type, last))
        halved = {1: (j == 0) | (j == n - 1), 3: j == 0}.get(type, j < 0)
    else:
        angle = {
            1: (k + 1) * (j + 1) / (n + 1), 2: (k + 1) * (2 * j + 1) / (2 * n), 3: (2 * k + 1) * (j + 1) / (2 * n)
        }  # fmt: skip
        last = (2 * k + 1) * (2 * j + 1) / (4 * n)
        found = 2 * np.sin(np.pi * angle.get(type, last))
        halved = {3: j == n - 1}.get(type, j < 0)
    return np.where(halved, found / 2, found)


def check_trigonometric(name: str) -> int:
    ours, theirs, compared = getattr(namesakes, name), getattr(scipy_fft, name), 0
    shapes = [((5,), -1), ((4, 3), 0), ((4, 3), -1)]
    for (shape, axis), type, n, norm, even, wide in itertools.product(
        shapes, (1, 2, 3, 4), (None, 2, 6), NORMS[1:], (None, True, False), (0, 1)
    ):
        x = drawn(shape, bool(wide), 2)
        given = {"type": type, "n": n, "axis": axis, "norm": norm, "orthogonalize": even}

        def plain(v: Any, given: Any = given) -> Any:  # SciPy 1.17 ignores orthogonalize= for complex numbers
            return theirs(v.real, **given) + 1j * theirs(v.imag, **given) if np.iscomplexobj(v) else theirs(v, **given)

        check_linear(functools.partial(ours, **given), plain, x)
        compared += 1
    return compared


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
def test_all_types_lengths_norms_and_weights_are_scipy_s_in_both_modes(name: str) -> None:
    assert check_trigonometric(name) >= 200


@pytest.mark.parametrize("entry", [cosine_transform, sine_transform])
def test_a_transpose_that_forgets_the_weights_of_the_ends_is_refused(
    entry: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vjp(i: int, g: Any, y: Any, xs: Any, static: dict[str, Any]) -> Any:
        other = {**static, "type": {1: 1, 2: 3, 3: 2, 4: 4}[static["type"]]}
        return resized(entry(g, **other), xs[0].shape[static["axis"]], static["axis"])

    monkeypatch.setitem(TABLE, entry, dataclasses.replace(TABLE[entry], vjp=vjp))
    with pytest.raises(AssertionError):
        check_trigonometric("dct" if entry is cosine_transform else "dst")


@pytest.mark.parametrize("name", ["dct", "dst"])
def test_values_are_the_documented_sums(name: str) -> None:
    for type, n in itertools.product((1, 2, 3, 4), (2, 3, 5, 8)):
        x = drawn((n,), False, n)
        assert_close(getattr(namesakes, name)(x, type), x @ trigonometric(name, type, n))


@pytest.mark.parametrize("name", ["dctn", "idctn", "dstn", "idstn"])
def test_trigonometric_transforms_along_several_axes_are_scipy_s(name: str) -> None:
    assert check_several("rfftn", getattr(namesakes, name), getattr(scipy_fft, name)) >= 40  # of real arrays


# --- what they mean exactly


def over_balls(f: Function, x: Any) -> tuple[Any, Any]:
    """The parts of f(x) over balls of 200 bits, their midpoints as doubles, and the largest radius."""
    with precision(200):
        (exact,) = BallField().inputs([np.real(x)])
        y = f(exact if not np.iscomplexobj(x) else exact + 1j * BallField().inputs([np.imag(x)])[0])
        parts = [np.real(y), np.imag(y)] if np.iscomplexobj(y) else [y]
        middle = [np.array([float(b.mid()) for b in p.data.reshape(-1)]).reshape(p.shape) for p in parts]
        radius = max(float(b.rad()) for p in parts for b in p.data.reshape(-1))
    return middle[0] + 1j * middle[1] if len(middle) > 1 else middle[0], radius


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_the_meaning_over_balls_is_the_matrix(name: str) -> None:
    for x, n, axis, norm in itertools.islice(cases(name), 0, None, 9):
        found, radius = over_balls(functools.partial(getattr(np.fft, name), n=n, axis=axis, norm=norm), x)
        assert_close(found, by_matrix(name, x, n, axis, norm))
        assert radius < 1e-50


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
def test_the_meaning_of_cosine_and_sine_transforms_over_balls_is_theirs(name: str) -> None:
    for type, n, norm, even in itertools.product((1, 2, 3, 4), (None, 3, 6), NORMS[1:], (None, True)):
        given = {"type": type, "n": n, "norm": norm, "orthogonalize": even}
        x = drawn((2, 4), False, 1)
        found, radius = over_balls(functools.partial(getattr(namesakes, name), **given), x)
        assert_close(found, getattr(scipy_fft, name)(x, **given))
        assert radius < 1e-50


def test_quarter_turns_are_exact() -> None:
    with precision(64):
        (x,) = BallField().inputs([np.array([1.0, 2.0, 3.0, 4.0])])
        y = np.fft.fft(x)
    assert [b == flint.arb(v) for b, v in zip(y.real.data, (10, -2, -2, -2), strict=True)] == [True] * 4
    assert [b == flint.arb(v) for b, v in zip(y.imag.data, (0, 2, 0, -2), strict=True)] == [True] * 4


# --- laws

vectors = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.builds(complex, *[st.floats(-8, 8).map(lambda x: round(x, 3))] * 2), min_size=n, max_size=n)
).map(np.array)


@settings(max_examples=60, deadline=None)
@given(vectors)
def test_parseval_and_its_gradient(z: Any) -> None:
    """sum |fft(z)|^2 = n sum |z|^2, whose gradient is 2 n conj(z)."""

    def energy(z: Any) -> Any:
        return np.sum(np.abs(np.fft.fft(z)) ** 2)

    size = np.sum(np.abs(z) ** 2)
    assert abs(energy(z) - z.size * size) <= 1e-12 * z.size * size
    found = ad.grad(energy)(z)
    assert np.all(np.abs(found - 2 * z.size * np.conj(z)) <= 1e-13 * z.size * (np.sqrt(size) * 4 + 1e-300))


@settings(max_examples=40, deadline=None)
@given(vectors, st.sampled_from(NORMS))
def test_the_inverse_undoes_the_transform_in_both_modes(z: Any, norm: str | None) -> None:
    def back_and_forth(z: Any) -> Any:
        return np.fft.ifft(np.fft.fft(z, norm=norm), norm=norm)

    g = z[::-1] + 1
    assert_close(ad.vjp(back_and_forth, z)[1](g)[0], g)
    assert_close(ad.jvp(back_and_forth, (z,), (g,))[1], g)


def test_a_convolution_by_fft_is_certified_and_a_wrong_one_is_not() -> None:
    x, kernel = drawn((8,), False, 1), drawn((8,), False, 2)

    def filtered(x: Any) -> Any:
        return np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(kernel), 8)

    def backward(g: Any, y: Any, x: Any) -> Any:
        return np.fft.irfft(np.fft.rfft(g) * np.conj(np.fft.rfft(kernel)), 8)

    assert verify.check(filtered, x, vjp=backward).verdict.name == "CERTIFIED"
    without = verify.check(filtered, x, vjp=lambda g, y, x: np.fft.irfft(np.fft.rfft(g) * np.fft.rfft(kernel), 8))
    assert without.verdict.name == "WRONG"


def test_an_fft_is_judged_by_its_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the transform of a unit vector is 0, an FFT of length 10 leaves 6e-17: much to 0, little to its norm."""
    unit = np.eye(10)[2]

    def judged() -> str:
        return verify.check(lambda x: np.imag(np.sum(np.fft.fft(x) * unit)), np.ones(10)).verdict.name

    assert judged() == "CERTIFIED"
    monkeypatch.setitem(TABLE, np.fft.fft, dataclasses.replace(TABLE[np.fft.fft], stability="entrywise"))
    assert judged() != "CERTIFIED"


SLOW = pytest.mark.slow


@pytest.mark.parametrize("n", [48, pytest.param(256, marks=SLOW), pytest.param(1000, marks=SLOW)])
def test_long_transforms_are_certified_in_both_precisions(n: int) -> None:
    weights = np.arange(n // 2 + 1.0)
    for dtype in (np.float32, np.float64):
        x = drawn((n,), False, 1).astype(dtype)
        finding = verify.check(lambda x: np.sum(np.abs(np.fft.rfft(x)) ** 2 * weights), x, oracles=verify.CERTIFY)
        assert finding.verdict.name == "CERTIFIED", finding.explain()
