"""Complex numbers: gradients by the definition, the convention and its conversion, and the exact truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
import verify
from ad.dispatch import TABLE
from verify.parts import duals_in_parts, duals_whole, in_parts, whole

Function = Callable[..., Any]
Z = np.array([0.75 + 1.25j, -0.5 + 0.375j, 0.25 - 1.5j])
W = np.array([1.5 - 0.25j, 0.625 + 1.0j, -0.75 + 0.5j])
X = np.array([0.75, 1.25, 2.5])

# Every function with values for complex arguments, at points off its branch cuts.
HOLOMORPHIC: dict[str, Function] = {
    f.__name__: f for f in (
        np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.square, np.reciprocal, np.negative,
        np.positive, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan, np.arcsinh,
        np.arccosh, np.arctanh, np.sinc, np.sum, np.cumsum, np.prod, np.mean, np.diff, np.fft.fft, np.fft.ifft,
    )
} | {
    "cube": lambda z: z**3, "inverse square": lambda z: z**-2, "root": lambda z: z**0.5,
    "power": lambda z: z ** (2 - 1j), "exponential": lambda z: 2.0**z, "complex base": lambda z: (1 + 2j) ** z,
    "product": lambda z: z * z[::-1], "quotient": lambda z: z / z[::-1], "matmul": lambda z: np.outer(z, z) @ z,
    "einsum": lambda z: np.einsum("i,j->ij", z, z), "where": lambda z: np.where([True, False, True], z, z * z),
    "stack": lambda z: np.stack([z, X]), "item": lambda z: z[1:] * 2, "dot": lambda z: np.dot(z, z),
    "tensordot": lambda z: np.tensordot(z, W, 0), "pad": lambda z: np.fft.fft(z, 5),
}  # fmt: skip
OTHERS: dict[str, Function] = {
    f.__name__: f for f in (np.real, np.imag, np.conj, np.absolute, np.angle, np.var, np.std, np.fft.irfft, np.fft.hfft)
} | {
    "vdot": lambda z: np.vdot(z, z * z), "degrees": lambda z: np.angle(z, deg=True), "energy": lambda z: abs(z) ** 2,
    "attributes": lambda z: z.real * z.imag, "method": lambda z: z.conj() * z * z, "unit": lambda z: z / np.abs(z),
    "close": lambda z: np.real_if_close(z), "ravelled": lambda z: np.vdot(np.outer(z, z), np.outer(z, W)),
}  # fmt: skip
FROM_REAL: dict[str, Function] = {
    "times": lambda x: x * Z, "modulus": lambda x: np.abs(x + 1j * x[::-1]), "wave": lambda x: np.exp(1j * x),
    "spectrum": lambda x: np.abs(np.fft.rfft(x)) ** 2, "cast": lambda x: x.astype(complex) ** 2,
    "root": lambda x: np.sqrt(-x + 0.5j), "matmul": lambda x: np.outer(Z, Z) @ x, "vdot": lambda x: np.vdot(Z, x),
    "power": lambda x: x ** (1 + 2j), "fill": lambda x: np.where(x > 1, x, 1j),
}  # fmt: skip
AT_COMPLEX = {**HOLOMORPHIC, **OTHERS}
ALL = [(f, Z) for f in AT_COMPLEX.values()] + [(f, X) for f in FROM_REAL.values()]
NAMES = [*AT_COMPLEX, *(f"{name} of real" for name in FROM_REAL)]


def change(f: Function, z: Any, t: Any) -> Any:
    """dy along t by the definition: a sixth-order central difference in extended precision, with real steps.

    Fornberg, Generation of finite difference formulas on arbitrarily spaced grids, 1988, table 1.
    """
    z, t = (np.asarray(v, np.clongdouble if np.iscomplexobj(v) else np.longdouble) for v in (z, t))
    h = np.longdouble(2.0**-9)
    return sum(c * (f(z + k * h * t) - f(z - k * h * t)) for k, c in ((1, 45), (2, -9), (3, 1))) / (60 * h)


def drawn(like: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    shape = np.shape(like)
    return rng.normal(size=shape) + 1j * rng.normal(size=shape) if np.iscomplexobj(like) else rng.normal(size=shape)


def check_definition(f: Function, z: Any) -> None:
    """Both modes say how y changes: jvp as dy, vjp as Re(sum(g * dy)), for any t and g."""
    y, pullback = ad.vjp(f, z)
    for seed in (1, 2):
        t, g = drawn(z, seed), drawn(y, seed + 10)
        dy = change(f, z, t)
        size = np.max(np.abs(dy))
        ahead = ad.jvp(f, (z,), (t,))[1]
        assert np.asarray(ahead).dtype == np.asarray(y).dtype
        assert np.all(np.abs(ahead - dy) <= 1e-9 * size)
        (back,) = pullback(g)
        assert back.dtype == z.dtype
        assert abs(np.real(np.sum(g * dy)) - np.real(np.sum(back * t))) <= 1e-9 * size * np.sum(np.abs(g))


@pytest.mark.parametrize(("f", "z"), ALL, ids=NAMES)
def test_both_modes_are_the_change_by_definition(f: Function, z: Any) -> None:
    check_definition(f, z)


@pytest.mark.parametrize("f", HOLOMORPHIC.values(), ids=HOLOMORPHIC)
def test_of_a_holomorphic_function_the_jacobian_is_dy_by_dz(f: Function) -> None:
    found = ad.jacobian(f)(Z)
    for k, basis in enumerate(np.eye(3)):
        for t in (basis, 1j * basis):
            slope = change(f, Z, t)
            assert np.all(np.abs(found[..., k] * t[k] - slope) <= 1e-9 * np.max(np.abs(slope), initial=1e-3))


WRONG: dict[Any, list[tuple[str, Function]]] = {
    np.conjugate: [("vjp", lambda i, g, y, xs, static: g), ("jvp", lambda i, t, y, xs, static: t)],
    np.absolute: [
        ("vjp", lambda i, g, y, xs, static: g * xs[0] / y),
        ("vjp", lambda i, g, y, xs, static: g * np.sign(xs[0].real)),
    ],
    np.imag: [("vjp", lambda i, g, y, xs, static: 1j * g), ("vjp", lambda i, g, y, xs, static: 0j * xs[0])],
    np.real: [("vjp", lambda i, g, y, xs, static: 0.5 * g + 0j), ("jvp", lambda i, t, y, xs, static: np.abs(t))],
    np.exp: [("vjp", lambda i, g, y, xs, static: g * np.conj(y)), ("vjp", lambda i, g, y, xs, static: np.conj(g) * y)],
    np.tanh: [("vjp", lambda i, g, y, xs, static: g / np.cosh(np.abs(xs[0])) ** 2)],
    np.fft.fft: [("vjp", lambda i, g, y, xs, static: np.conj(np.fft.fft(np.conj(g))))],
    np.fft.irfft: [("vjp", lambda i, g, y, xs, static: np.conj(np.fft.rfft(g)) * 0.5)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("function", "mode", "rule"), [(f, *wrong) for f, rules in WRONG.items() for wrong in rules],
    ids=lambda x: getattr(x, "__name__", str(x)).strip("<>"),
)
def test_a_rule_that_conjugates_wrongly_is_refused(
    function: Function, mode: str, rule: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_definition(function, Z)
    monkeypatch.setitem(TABLE, function, dataclasses.replace(TABLE[function], **{mode: rule}))
    with pytest.raises(AssertionError):
        check_definition(function, Z)
    assert verify.check(function, Z).verdict.name != "CERTIFIED" or mode == "jvp"  # the engine's claim is its vjp


@pytest.mark.parametrize(("f", "z"), ALL, ids=NAMES)
def test_the_engine_s_answers_are_certified_by_exact_truth(f: Function, z: Any) -> None:
    finding = verify.check(f, z, budget=60)
    assert finding.verdict.name == "CERTIFIED", finding.explain()


finite = st.floats(-4, 4).map(lambda x: round(x, 3))
numbers = st.builds(complex, finite, finite)
arrays = st.lists(numbers, min_size=3, max_size=3).map(np.array)
STEPS: list[Function] = [
    np.conj, np.exp, np.sin, np.fft.fft, lambda z: z * z, lambda z: z * (1 - 2j), lambda z: z * np.real(z)
]  # fmt: skip
chains = st.lists(st.sampled_from(STEPS), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(arrays, arrays, arrays, chains)
def test_pull_back_and_tangent_are_adjoint_under_the_real_pairing(
    z: Any, t: Any, g: Any, chain: list[Function]
) -> None:
    """Re<g, J t> = Re<J^T g, t>, for chains of holomorphic and other steps."""

    def f(z: Any) -> Any:
        for step in chain:
            z = step(z * 0.125)
        return z

    ahead, (back,) = ad.jvp(f, (z,), (t,))[1], ad.vjp(f, z)[1](g)
    scale = np.sum(np.abs(g)) * np.max(np.abs(ahead)) + np.sum(np.abs(back)) * np.max(np.abs(t))
    assert abs(np.real(np.sum(g * ahead)) - np.real(np.sum(back * t))) <= 1e-12 * scale


@settings(max_examples=30, deadline=None)
@given(arrays, arrays, arrays, st.floats(-3, 3))
def test_a_pull_back_is_linear_over_the_real_numbers(z: Any, g: Any, h: Any, a: float) -> None:
    pullback = ad.vjp(lambda z: np.conj(z) * np.exp(z * 0.25), z)[1]
    mixed, parts = pullback(g + a * h)[0], pullback(g)[0] + a * pullback(h)[0]
    size = np.abs(pullback(g)[0]) + abs(a) * np.abs(pullback(h)[0])
    assert np.all(np.abs(mixed - parts) <= 1e-14 * size + 64 * 5e-324)  # a product of subnormals rounds by that much


def test_the_gradient_of_a_real_function_is_dx_minus_i_dy_and_conjugated_gives_the_other() -> None:
    def f(z: Any) -> Any:
        return np.sum(np.abs(z) ** 2 * np.real(z)) + np.imag(z[0])

    found = ad.grad(f)(Z)
    x, y = Z.real, Z.imag
    by_x, by_y = 3 * x**2 + y**2, 2 * x * y + np.array([1, 0, 0])
    assert np.allclose(found, by_x - 1j * by_y, rtol=1e-14)
    assert np.allclose(ad.conjugated(found), by_x + 1j * by_y, rtol=1e-14)
    assert not np.allclose(found, ad.conjugated(found))
    step = 1e-6 * ad.conjugated(found)  # along which f grows fastest
    assert f(Z + step) - f(Z) == pytest.approx(np.sum(np.abs(found) ** 2) * 1e-6, rel=1e-4)


def test_conjugated_twice_is_nothing_and_leaves_real_arrays_alone() -> None:
    tree = {"w": Z, "b": [X, (1 + 2j)]}
    once = ad.conjugated(tree)
    assert once["b"][0] is X
    assert once["b"][1] == 1 - 2j
    assert np.array_equal(ad.conjugated(once)["w"], Z)


def test_real_inputs_get_real_gradients_without_a_warning() -> None:
    gradient = ad.grad(lambda x: np.sum(np.abs(x * Z) ** 2))(X)  # the suite turns warnings into errors
    assert gradient.dtype == np.float64
    assert np.allclose(gradient, 2 * X * np.abs(Z) ** 2)
    single = ad.grad(lambda x: np.sum(np.abs(x * Z.astype(np.complex64)) ** 2))(X.astype(np.float32))
    assert single.dtype == np.float32


def test_complex64_stays_complex64() -> None:
    z = Z.astype(np.complex64)
    for f in AT_COMPLEX.values():
        y, pullback = ad.vjp(f, z)
        assert np.asarray(y).dtype == np.asarray(f(z)).dtype
        assert pullback(y)[0].dtype == np.complex64


REFUSED: list[tuple[Function, str]] = [
    (lambda: ad.grad(lambda z: np.sum(z))(Z), "got a complex one; return np.real"),
    (lambda: ad.jacobian(np.conj)(Z), "np.conjugate is not holomorphic"),
    (lambda: ad.jacobian(lambda z: z * np.abs(z))(Z), "np.absolute is not holomorphic"),
    (lambda: ad.vjp(np.sign, Z)[1](Z), "write z / np.abs"),
    (lambda: ad.vjp(np.abs, Z)[1](1j * np.ones(3)), "cotangent 0 is complex, the result real"),
    (lambda: ad.jvp(np.abs, (X,), (1j * X,)), "tangent 0 is complex, the argument real"),
]


@pytest.mark.parametrize(("ask", "says"), REFUSED)
def test_what_has_no_one_answer_is_refused_with_the_cure(ask: Function, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        ask()


def test_jacobians_between_real_and_complex_arrays() -> None:
    assert np.allclose(ad.jacobian(lambda x: x * Z)(X), np.diag(Z))
    assert np.allclose(ad.jacobian(lambda z: np.abs(z))(Z), np.diag(np.conj(Z) / np.abs(Z)))
    by_x, by_z = ad.jacobian(lambda x, z: np.sum(x) * z, wrt=(0, 1))(X, Z)
    assert np.allclose(by_x, np.outer(Z, np.ones(3)))
    assert np.allclose(by_z, np.sum(X) * np.eye(3))


# Hand-written derivatives of complex functions as claims: what is claimed, and its verdict.
CLAIMS: list[tuple[str, Function, Any, dict[str, Any]]] = [
    ("CERTIFIED", lambda z: np.sum(np.abs(z) ** 2), Z, {"gradient": lambda z: 2 * np.conj(z)}),
    ("WRONG", lambda z: np.sum(np.abs(z) ** 2), Z, {"gradient": lambda z: 2 * z}),
    ("WRONG", lambda z: np.sum(np.abs(z) ** 2), Z, {"gradient": lambda z: 2 * z.real}),
    ("CERTIFIED", np.exp, Z, {"vjp": lambda g, y, z: g * y}),
    ("WRONG", np.exp, Z, {"vjp": lambda g, y, z: g * np.conj(y)}),
    ("CERTIFIED", np.exp, Z, {"vjp": (lambda z: (np.exp(z), np.exp(z)), lambda y, g: g * y)}),
    ("WRONG", np.exp, Z, {"vjp": (lambda z: (np.exp(z), z), lambda z, g: g * z)}),
    ("CERTIFIED", np.conj, Z, {"jvp": lambda t, z: np.conj(t)}),
    ("WRONG", np.conj, Z, {"jvp": lambda t, z: t}),
    ("CERTIFIED", np.fft.rfft, X, {"vjp": lambda g, y, x: np.real(np.fft.fft(np.append(g, 0)))}),
    ("WRONG", np.fft.rfft, X, {"vjp": lambda g, y, x: np.real(np.fft.ifft(np.append(g, 0)))}),
    ("CERTIFIED", lambda z: np.real(z @ z), Z, {"value_and_gradient": lambda z: (np.real(z @ z), 2 * z)}),
    ("DIFFERENT_FUNCTION", lambda z: np.real(z @ z), Z, {"value_and_gradient": lambda z: (np.imag(z @ z), 2 * z)}),
    ("BROKEN_CONTRACT", np.exp, Z, {"vjp": lambda g, y, z: (g * y)[:2]}),
]


@pytest.mark.parametrize(("verdict", "f", "z", "claimed"), CLAIMS)
def test_claims_about_complex_numbers_are_judged_by_parts(
    verdict: str, f: Function, z: Any, claimed: dict[str, Any]
) -> None:
    finding = verify.check(f, z, **claimed)
    assert finding.verdict.name == verdict, finding.explain()


def test_a_jacobian_of_complex_numbers_is_no_claim() -> None:
    with pytest.raises(verify.ClaimError, match="claim gradient=, vjp= or jvp="):
        verify.check(np.exp, Z, jacobian=lambda z: np.diag(np.exp(z)))


def test_findings_name_the_parts() -> None:
    finding = verify.check(lambda z: np.sum(np.abs(z) ** 2), Z, gradient=lambda z: np.conj(z) + z.real)
    assert finding.verdict.name == "WRONG"
    assert ".imag[" in finding.worst_point.entry


def test_parts_and_their_duals_are_put_together_again() -> None:
    tree = {"z": Z, "x": X, "n": [3, (2j,)]}
    assert np.array_equal(whole(in_parts(tree))["z"], Z)
    assert np.array_equal(duals_whole(duals_in_parts(tree))["z"], Z)
    assert np.array_equal(duals_whole(in_parts(tree))["z"], np.conj(Z))
    assert whole(in_parts(tree))["n"] == [3, (2j,)]


def test_lists_of_complex_numbers_stand_for_an_array() -> None:
    z = np.array([1.0 + 2.0j, -0.5j, 3.0])
    energy = lambda *zs: sum(np.sum(np.abs(z) ** 2) for z in zs)  # noqa: E731
    for wrong, named in ((False, "CERTIFIED"), (True, "WRONG")):
        one = lambda z, w=wrong: [2 * (v if w else v.conjugate()) for v in z]  # noqa: E731
        assert verify.check(energy, z, gradient=one).verdict.name == named
        assert verify.check(energy, z[:1], gradient=one).verdict.name == named
        assert verify.check(energy, z, z[1:], gradient=lambda a, b, f=one: (f(a), f(b))).verdict.name == named
        assert verify.check(energy, z, value_and_gradient=lambda z, f=one: [energy(z), f(z)]).verdict.name == named
    short = verify.check(energy, z, gradient=lambda z: [2 * v.conjugate() for v in z[1:]])
    assert short.verdict.name == "BROKEN_CONTRACT"
