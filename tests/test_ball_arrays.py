"""Arrays of balls: NumPy code gives its exact values and exact directional derivatives, or says that it cannot."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ad
from ad.variable import TABLE
from verify.claim import Claim
from verify.numbers.ballarray import BallField
from verify.numbers.balls import Undecided, precision
from verify.numbers.deciding import Deadline, Kink
from verify.numbers.exact import ExactArray
from verify.numbers.program import Refused
from verify.question import prepare
from verify.suites.optable import claims

BITS = 128
CLOSE = 1e-12  # float64 evaluates the programs below to within some thousand roundoffs
X = np.array([0.5, -1.25, 2.0, 0.75])
V = np.array([1.0, 0.5, -0.75, 2.0])
M = np.array([[1.0, 2.5, -0.5], [0.25, -1.5, 3.0]])


def along(f: Callable[[Any], Any], x: Any, v: Any, order: int = 1) -> list[np.ndarray]:
    """The coefficients of f(x + t v) as doubles, one array for each power of t."""
    with precision(BITS):
        found = f(BallField(order).inputs([x], [v])[0])
        return [np.zeros(found.shape) if p is None else doubles(p) for p in found.planes]


def doubles(plane: np.ndarray) -> np.ndarray:
    return np.array([float(b.mid()) for b in plane.reshape(-1)]).reshape(plane.shape)


def encloses(ball: Any, value: Fraction) -> bool:
    rest = ball * value.denominator - value.numerator  # rounded outwards
    return bool(rest.contains(0))


def close(a: Any, b: Any) -> bool:
    return bool(np.all(np.abs(np.asarray(a) - np.asarray(b)) <= CLOSE * np.maximum(1.0, np.abs(b))))


def written(x: Any) -> Any:
    y = np.zeros_like(x)
    view = y[1:]
    view[0] = x[0] * x[1]
    y[-1] += x[2]
    return y


PROGRAMS: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "sum, mean, var": (lambda x: np.sum(x * x) * np.mean(x) + np.var(x), X),
    "cumsum": (lambda x: np.cumsum(x * x), X),
    "prod": (lambda x: np.prod(x), X),
    "prod of nothing": (lambda x: x * np.prod(x[:0]) + x * np.nanprod(np.reshape(x, (2, 2))[:0], axis=0)[0], X),
    "any and all along an axis": (
        lambda m: m * np.any(m > 1.2, axis=0) - m * m * np.all(m > -1, axis=1, keepdims=True), M,
    ),
    "matmul": (lambda m: m @ m.T @ m, M),
    "matmul with a vector": (lambda m: m @ np.array([1.0, -2.0, 0.5]) + m.T[:, 1] @ m.T, M),
    "stacked matmul": (lambda m: np.matmul(np.stack([m, 2 * m]), np.stack([m.T, m.T * m.T])), M),
    "large matmul": (lambda x: np.outer(x, x) @ np.tile(x, (4, 40)), X),
    "dot, inner, outer": (lambda x: np.dot(x, x) + np.inner(x, x) + np.sum(np.outer(x, x)), X),
    "einsum of three": (lambda m: np.einsum("ij,kj,kl->il", m, m, m), M),
    "tensordot, kron, trace": (lambda m: np.tensordot(m, m, 2) + np.trace(np.kron(m, m)), M),
    "reshape, transpose, roll": (lambda m: np.roll(np.reshape(m * m, (3, 2)).T, 1, axis=1), M),
    "concatenate with constants": (lambda x: np.concatenate([x, [1, 2], x[::-1]]) ** 2, X),
    "append integers": (lambda x: np.append(x * x, np.array([3, 4])) * 2, X),
    "diag": (lambda x: np.diag(x) @ x, X),
    "repeat, take": (lambda x: np.take(np.repeat(x, 2), [0, 3, 3]) ** 3, X),
    "where": (lambda x: np.where(x > 0, np.sqrt(x), x * x), X),
    "where of nan": (lambda x: np.where(x < 3, x * x, np.nan), X),
    "where of undefined lanes": (lambda x: np.where(x > 0, np.log(x) / (x - 1), 0.0), X),
    "mask": (lambda x: np.sum(x[x > 0.6] ** 3) * np.sum(x > 0), X),
    "joined masks": (lambda x: np.where((x > 0) & ~(x > 1), x, 3 * x), X),
    "max, min, clip": (lambda m: np.max(m * m, axis=0) - np.min(m) + np.clip(m, -1.1, 1.1)[0], M),
    "sort": (lambda m: np.sort(m * m, axis=1)[:, ::-1], M),
    "argsort": (lambda x: (x * x)[np.argsort(x)], X),
    "argmax": (lambda m: m[np.argmax(m, axis=0), np.arange(3)] * np.argmin(m), M),
    "softmax": (lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))), X),
    "quotients": (lambda x: 1 / x + (x + 1) / (x * x + 2), X),
    "powers": (lambda x: x**3 + x**-2 + np.abs(x) ** 2.5 + 2.0**x + np.abs(x) ** x, X),
    "functions without a series": (lambda x: np.tanh(x) + np.sinh(x) * np.cosh(x) + np.arcsinh(x) + np.cbrt(x), X),
    "angles": (lambda x: np.arctan2(x, 2 - x) + np.arctan2(x, 1.0) + np.arctan2(1.0, x) + np.hypot(x, 1), X),
    "staircases": (lambda x: x * np.floor(2 * x + 0.1) + np.sign(x) * x, X),
    "Python if": (lambda x: x * x if x[0] > x[1] else x, X),
    "written into a view": (written, X),
    "solve": (lambda m: np.linalg.solve(m @ m.T, m) + np.linalg.solve(m @ m.T, m[:, 0])[:, None], M),
    "inv": (lambda m: np.linalg.inv(m.T @ m + np.array([[0, 1, 0], [0, 0, 2], [3, 0, 0]])), M),
    "det with exchanged rows": (lambda m: np.linalg.det(np.stack([0 * m[0], m[0], m[1]]) + np.eye(3)[::-1]), M),
    "det of a singular matrix": (lambda x: np.linalg.det(np.stack([x[:2], np.array([1.0, -2.5]) * x[2]])), X),
    "slogdet": (lambda m: np.linalg.slogdet(m @ -m.T)[1] * np.linalg.slogdet(m @ -m.T)[0], M),
    "cholesky": (lambda m: np.linalg.cholesky(m @ m.T + np.array([[0.0, 5.0], [0.0, 0.0]])), M),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_numpys_value_and_the_engines_tangent(name: str) -> None:
    f, x = PROGRAMS[name]
    v = np.resize(V, x.shape)
    value, slope = along(f, x, v)
    assert close(value, f(x))
    if name not in NO_ENGINE:
        assert close(slope, ad.jvp(f, (x,), (v,))[1])
    h = 1e-5
    assert np.allclose(slope, (f(x + h * v) - f(x - h * v)) / (2 * h), atol=1e-6)
    assert not np.allclose(slope, (f(x + h * v) - f(x - h * v)) / (1.99 * h), atol=1e-6)


# What the engine cannot do: it has no rule, refuses item assignment, or gets nan from a lane that is not selected.
NO_ENGINE = {
    "diag", "sort", "append integers", "joined masks", "mask", "argsort", "argmax", "written into a view", "where",
    "where of undefined lanes", "solve", "inv", "det with exchanged rows", "slogdet", "cholesky",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_second_coefficient_is_half_the_second_derivative(name: str) -> None:
    f, x = PROGRAMS[name]
    v = np.resize(V, x.shape)
    _, slope, curve = along(f, x, v, order=2)
    h = 2.0**-10
    assert np.allclose(2 * curve, (f(x + h * v) - 2 * f(x) + f(x - h * v)) / h**2, rtol=1e-4, atol=1e-4)
    assert close(slope, along(f, x, v)[1])


def test_every_elementwise_entry_runs_over_balls_and_over_series() -> None:
    entries = {f"ops/{op.name}" for op in TABLE.values() if op.family == "elementwise"}
    asked = [claim for claim in claims() if claim.id in entries]
    assert len(asked) >= len(entries)
    for claim in asked:
        question = prepare(claim)
        for order in (0, 1, 2):
            with precision(BITS):
                directions = [[np.full(x.shape, 0.75) for x in question.leaves]] if order else []
                y = question.run(BallField(order).inputs(question.leaves, *directions))[0]
                values = doubles(y.data)
            assert np.allclose(values, question.outputs[0], rtol=1e-12), claim.id


@given(st.lists(st.fractions(-100, 100, max_denominator=2**20), min_size=1, max_size=6))
def test_ring_operations_enclose_the_rational_result(numbers: list[Fraction]) -> None:
    xs = [Fraction(float(x)) for x in numbers]
    with precision(64):
        field = BallField()
        x = field.inputs([np.array([float(v) for v in xs])])[0]
        found = np.sum(x * x - 3 * x) + np.cumsum(x)[-1] * np.dot(x, x) / 7
        exact = sum(v * v - 3 * v for v in xs) + sum(xs) * sum(v * v for v in xs) / 7
        assert encloses(found.data[()], exact)
        assert not encloses(found.data[()], exact + Fraction(1, 2**20))


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=5))
def test_float32_enters_exactly(values: list[float]) -> None:
    x = np.array(values, dtype=np.float32)
    with precision(BITS):
        found = BallField().inputs([x])[0]
        assert all(
            b.is_exact() and Fraction(float(b)) == Fraction(float(v)) for b, v in zip(found.data, x, strict=True)
        )


KINKS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "relu at 0": (lambda x: np.sum(np.maximum(x, 0)), [0.0, 1.0]),
    "absolute value at 0": (lambda x: np.sum(np.abs(x)), [0.0, 1.0]),
    "a tie of a maximum": (lambda x: np.max(x), [1.0, 1.0]),
    "a where() on its edge": (lambda x: np.sum(np.where(x > 0, x, 2 * x)), [0.0, 1.0]),
    "a Python if on its edge": (lambda x: x[0] if x[0] > 0 else -x[0], [0.0, 1.0]),
    "a mask on its edge": (lambda x: np.sum(x[x >= 1]), [0.0, 1.0]),
    "a sort with a tie": (lambda x: np.sort(x)[0], [1.0, 1.0]),
    "a staircase at a step": (lambda x: np.sum(np.floor(x)), [0.5, 1.0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_not_passed_over(name: str) -> None:
    f, x = KINKS[name]
    with precision(BITS):
        field = BallField(1)
        try:
            y = f(field.inputs([np.array(x)], [np.array([1.0, -2.0])])[0])
        except Kink:
            return
        assert not all(b.is_finite() for b in y.data.reshape(-1))
        assert isinstance(field.why_unknown(), Kink)


@pytest.mark.parametrize("name", KINKS)
def test_beside_a_kink_there_is_a_derivative(name: str) -> None:
    f, x = KINKS[name]
    assert np.isfinite(along(f, np.add(x, [0.25, 0.125]), np.array([1.0, -2.0]))[1]).all()


def test_a_tie_of_constants_or_of_a_number_with_itself_is_no_kink() -> None:
    padded = lambda x: np.sum(np.maximum(np.concatenate([x, np.zeros(3)]), 0))  # noqa: E731
    dropped = lambda x: np.sum(np.maximum(np.where(np.arange(4) > 1, x, 0.0), 0))  # noqa: E731
    itself = lambda x: np.sum(np.where(x >= np.max(x), x, 0.0))  # noqa: E731
    for f, slope in ((padded, 1.0 - 0.75 + 2.0), (dropped, -0.75 + 2.0), (itself, -0.75)):
        assert along(f, X, V)[1] == slope


def test_an_undecided_comparison_is_raised_and_more_precision_decides_it() -> None:
    tiny = 2.0**-200
    below_one = lambda x: (x + tiny) * 1.0 > x  # noqa: E731  certain only with more than 200 bits
    for bits, certain in ((128, False), (256, True)):
        with precision(bits):
            x = BallField().inputs([np.array(1.0)])[0] / 3
            if certain:
                assert bool(below_one(x))
            else:
                with pytest.raises(Undecided, match="undecided at 128 bits"):
                    bool(below_one(x))


def test_an_undecided_lane_that_is_not_selected_does_not_matter() -> None:
    with precision(BITS):
        x = BallField().inputs([np.array([1.0, 2.0])])[0]
        third = x / 3
        open_lane = np.where(third * 3 > x, 1.0, 2.0)
        assert not any(b.is_finite() for b in open_lane.data)
        chosen = np.where(np.array([True, False]), x, open_lane)
        assert [b.is_finite() for b in chosen.data] == [True, False]


def test_an_exact_zero_absorbs_only_where_asked_and_says_so() -> None:
    for absorbing in (False, True):
        with precision(BITS):
            field = BallField(0, absorbing=absorbing)
            x = field.inputs([np.array([0.0, 1.0])])[0]
            product = x * (1 / x)
            assert [b.is_finite() for b in product.data] == [absorbing, True]
            assert field.absorbed == absorbing


def test_unknown_coefficients_are_not_taken_for_zero() -> None:
    class Short:
        """An entry whose series knows one coefficient less than asked for."""

        name = "short"
        exact = staticmethod(lambda m, x: x.derivative() if isinstance(x, flint.arb_series) else x)

    with precision(BITS):
        field = BallField(1)
        found = field._polynomials(Short(), [field.inputs([np.array([1.0])], [np.array([2.0])])[0].planes])  # type: ignore[arg-type]
        assert not found[1][0].is_finite()


REFUSED: dict[str, tuple[Callable[[ExactArray], Any], str]] = {
    "a plain float": (lambda x: float(x[0]), "plain float"),
    "NumPy's own array": (lambda x: np.asarray(x), "np.asarray"),
    "a complex function without meaning": (lambda x: np.sign(x * 1j), "np.sign of complex numbers"),
    "a complex number made real": (lambda x: (x * 1j).astype(float), "write np.real"),
    "a function without meaning": (lambda x: np.packbits(x), "np.packbits"),
    "a matrix that is not square": (lambda x: np.linalg.inv(x.reshape(1, 1, 4)), "square matrices"),
    "a vector": (lambda x: np.linalg.qr(x), "needs matrices"),
    "writing into a constant": (lambda x: np.where(x > 0, 1.0, 2.0).__setitem__(0, x[0]), "item assignment"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_exact_is_refused_with_the_reason(name: str) -> None:
    f, reason = REFUSED[name]
    with precision(BITS), pytest.raises(Refused, match=reason):
        f(BallField(1).inputs([X], [V])[0])


def test_time_is_looked_at_inside_long_operations() -> None:
    with precision(BITS):
        field = BallField(1, Deadline(0.0))
        x = field.inputs([np.ones((400, 400))], [np.ones((400, 400))])[0]
        with pytest.raises(Refused, match="budget"):
            np.tanh(x)
        with pytest.raises(Refused, match="matrix product"):
            x @ x


def test_a_claim_is_left_as_it_was() -> None:
    before = X.copy()
    question = prepare(Claim(written, X))
    along(written, X, V)
    assert np.array_equal(X, before)
    assert np.array_equal(question.leaves[0], before)
