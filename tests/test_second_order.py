"""order=2 and hvp=: second derivatives are certified, and every way of getting them wrong is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
import verify
from verify.claim import Claim, Estimate, Refusal
from verify.claimreading import ClaimError
from verify.oracles import complex_step, difference, enclosure, forward, reverse, series, symbolic
from verify.oracles.witness import facing
from verify.question import prepare
from verify.suites.handwritten import RIGHT

POINT = np.array([0.5, -1.2, 2.0])
LARGE = np.random.default_rng(0).uniform(-2, 2, 40)
THOUSAND = np.random.default_rng(1).uniform(-2, 2, 1000)
EXACT = (symbolic, series, enclosure, reverse, forward)


def f(x: Any) -> Any:
    return np.sum(np.sin(x) * x[::-1])


def df(x: Any) -> Any:
    return np.cos(x) * x[::-1] + np.sin(x)[::-1]


def hvp(v: Any, x: Any) -> Any:
    return -np.sin(x) * x[::-1] * v + np.cos(x) * v[::-1] + (np.cos(x) * v)[::-1]


def named(finding: verify.Finding) -> str:
    return finding.verdict.name


# --- closed forms


FORMS: dict[str, tuple[Callable[[Any, Any, Any], Any], tuple[float, float]]] = {
    "polynomial": (lambda m, x, y: x**3 * y + y**2 * x, (0.7, -1.3)),
    "exponential": (lambda m, x, y: m.exp(x * y) / (1 + x * x), (0.4, 1.1)),
    "logarithm": (lambda m, x, y: m.log(1 + x * x + y * y) * m.sin(y), (2.0, 0.3)),
    "root": (lambda m, x, y: m.sqrt(x * x + 3 * y * y), (1.5, -0.5)),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("witness", EXACT, ids=lambda o: o.name)
def test_mixed_derivatives_are_sympys(name: str, witness: Any) -> None:
    form, (a, b) = FORMS[name]
    x, y = sp.symbols("x y", real=True)
    point = {x: sp.Rational(a), y: sp.Rational(b)}
    exact = [[float(sp.diff(form(sp, x, y), p, q).subs(point)) for p in (x, y)] for q in (x, y)]
    found = witness(prepare(Claim(lambda x, y: form(np, x, y), a, b, order=2)))
    assert isinstance(found, Estimate), found
    assert np.allclose(found.value, exact, rtol=1e-14)
    assert not np.allclose(found.value, np.diag(np.diag(exact)), rtol=1e-2)  # the mixed one is seen
    assert abs(found.value[0, 1] - found.value[1, 0]) <= 1e-30 + 2 * found.radius[0, 1]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_certified_hessian_is_symmetric_and_linear_in_the_tangent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, u, v = (np.ldexp(np.rint(np.ldexp(rng.uniform(-2, 2, 3), 8)), -8) for _ in range(3))
    along = {}
    for name, w in (("u", u), ("v", v), ("sum", u + v)):
        found = enclosure(prepare(Claim(f, x, order=2, tangent=w)))
        assert isinstance(found, Estimate), found
        along[name] = found.value[0]
    size = 1e-14 * (1 + np.abs(along["u"]).max() + np.abs(along["v"]).max())
    assert abs(v @ along["u"] - u @ along["v"]) < 10 * size
    assert np.all(np.abs(along["u"] + along["v"] - along["sum"]) < size)


def test_the_witnesses_of_second_derivatives_meet() -> None:
    question = prepare(Claim(f, POINT, order=2))
    truth = series(question)
    assert isinstance(truth, Estimate)
    for witness in (*EXACT, difference, complex_step):
        found = witness(question)
        assert isinstance(found, Estimate), (witness, found)
        gap = np.abs((found.value - truth.value) + (found.low - truth.low))
        assert np.all(gap <= found.radius + truth.radius + 2.0**-104 * np.abs(truth.value)), witness
        assert not np.all(np.abs(found.value - 1.001 * truth.value) <= found.radius)


def test_what_rests_on_the_engines_first_derivative_says_so() -> None:
    question = prepare(Claim(f, POINT, order=2))
    assert {o.name: facing(o, question).trusts for o in (series, enclosure, symbolic, difference)} == {
        "series": {"meaning"},
        "enclosure": {"meaning"},
        "symbolic": {"trace", "meaning"},
        "difference": {"values", "trace", "rules"},
    }
    assert facing(difference, prepare(Claim(f, POINT))).trusts == {"values"}


# --- right and wrong subjects


POINTS = {"3": POINT, "float32": POINT.astype(np.float32), "40": LARGE, "two scales": np.array([1e-3, 40.0])}


@pytest.mark.parametrize("x", POINTS.values(), ids=POINTS)
def test_right_subjects_are_certified(x: np.ndarray) -> None:
    for judged in ({}, {"hvp": hvp}, {"gradient": df}, {"value_and_gradient": lambda x: (f(x), df(x))}):
        finding = verify.check(f, x, order=2, **judged)
        assert named(finding) == "CERTIFIED", finding.explain()
    backward = {"vjp": lambda g, y, x: g * df(x)}
    assert named(verify.check(f, x, order=2, **backward)) == "CERTIFIED"


def corner(x: Any) -> Any:
    """A function whose derivatives couple neighbours on one side only."""
    return np.sum(x[:-1] ** 2 * x[1:])


def corner_hvp(v: Any, x: Any) -> Any:
    zero = np.zeros(1)
    along = 2 * (v[:-1] * x[1:] + x[:-1] * v[1:])
    return np.concatenate([along, zero]) + np.concatenate([zero, 2 * x[:-1] * v[:-1]])


def without_mixed(v: Any, x: Any) -> Any:
    return np.concatenate([2 * v[:-1] * x[1:], np.zeros(1)])


def upper(v: Any, x: Any) -> Any:
    """Each mixed derivative counted once, above the diagonal."""
    return np.concatenate([2 * v[:-1] * x[1:] + 4 * x[:-1] * v[1:], np.zeros(1)])


WRONG_PRODUCTS: dict[str, Callable[[Any, Any], Any]] = {
    "the mixed term is missing": without_mixed,
    "the mixed terms stand above the diagonal": upper,
    "they stand below it": lambda v, x: corner_hvp(v, x) * 2 - upper(v, x),
    "a factor 2": lambda v, x: 2 * corner_hvp(v, x),
    "0.05 % off": lambda v, x: 1.0005 * corner_hvp(v, x),
    "one entry 0.1 % off": lambda v, x: corner_hvp(v, x) * (1 + 1e-3 * (np.arange(x.size) == x.size // 2)),
    "the tangent is ignored": lambda v, x: corner_hvp(np.ones_like(x), x),
    "the gradient": lambda v, x: ad.grad(corner)(x),
    "zero": lambda v, x: 0 * x,
    "the absolute tangent": lambda v, x: corner_hvp(np.abs(v), x),
}


@pytest.mark.slow
def test_a_thousand_entries_are_certified_at_once_and_one_wrong_among_them_is_found() -> None:
    alone = {"oracles": (enclosure,)}
    right = verify.check(f, THOUSAND, hvp=hvp, **alone)
    assert named(right) == "CERTIFIED"
    wrong = verify.check(f, THOUSAND, hvp=lambda v, x: hvp(v, x) * (1 + 1e-6 * (np.arange(1000) == 77)), **alone)
    assert (named(wrong), wrong.worst_point.entry) == ("WRONG", "x[77]")


@pytest.mark.parametrize("x", [POINT, LARGE], ids=["3", "40"])
def test_wrong_products_are_wrong_and_the_right_one_is_right(x: np.ndarray) -> None:
    assert named(verify.check(corner, x, hvp=corner_hvp)) == "CERTIFIED"
    for name, product in WRONG_PRODUCTS.items():
        if name == "the absolute tangent" and x.size <= 16:
            continue  # right along every unit tangent; a tangent of both signs tells
        finding = verify.check(corner, x, hvp=product)
        assert named(finding) == "WRONG", (name, finding.explain())
    given = verify.check(corner, POINT, hvp=WRONG_PRODUCTS["the absolute tangent"], tangent=np.array([1.0, -1.0, 1.0]))
    assert named(given) == "WRONG"


WRONG_GRADIENTS: dict[str, Callable[[Any], Any]] = {
    "right at the point, wrong beside it": lambda x: df(x) + (x - LARGE) / 1024,
    "its second derivatives are not symmetric": lambda x: df(x) + (x - LARGE)[::-1] * np.sign(LARGE),
    "constant": lambda x: df(LARGE),
}


@pytest.mark.parametrize("name", WRONG_GRADIENTS)
def test_a_gradient_that_is_right_at_the_point_alone_is_found_by_its_derivative(name: str) -> None:
    wrong = WRONG_GRADIENTS[name]
    assert verify.check(f, LARGE, gradient=wrong).ok
    for judged in (
        {"gradient": wrong},
        {"value_and_gradient": lambda x: (f(x), wrong(x))},
        {"vjp": lambda g, y, x: g * wrong(x)},
        {"vjp": (lambda x: (f(x), x), lambda x, g: g * wrong(x))},
    ):
        finding = verify.check(f, LARGE, order=2, **judged)
        assert named(finding) == "WRONG", finding.explain()
    assert finding.subject.startswith("the derivative of ")


def test_a_product_that_loses_digits_is_inaccurate_not_wrong() -> None:
    lossy = lambda v, x: (v + 1e8 - 1e8) / np.sqrt(2.0) * np.sqrt(2.0)  # noqa: E731
    finding = verify.check(lambda x: np.sum(x * x) / 2, POINT, hvp=lossy, tangent=np.array([0.3, 0.7, -0.1]))
    assert named(finding) == "INACCURATE", finding.explain()


def test_the_engines_second_derivatives_are_judged_with_its_second_rules() -> None:
    from ad.declare import elementwise
    from ad.variable import TABLE, dispatching

    @dispatching
    def sine(x: Any) -> Any:
        return np.sin(x)

    elementwise(sine, exact=lambda m, x: m.sin(x), slope=lambda y, x: np.cos(x) + (x - POINT) / 64)
    try:
        g = lambda x: np.sum(sine(x))  # noqa: E731
        assert verify.check(g, POINT).ok
        finding = verify.check(g, POINT, order=2)
    finally:
        del TABLE[sine]
    assert named(finding) == "WRONG"
    assert finding.worst_point.judged_by == "symbolic"


# --- several inputs, containers, outputs


WEIGHTS = {"w": np.array([1.0, 2.0]), "n": np.array(3), "b": 0.5}
Y = np.array([0.3, -0.7])


def layered(p: Any, y: Any) -> Any:
    return np.sum(p["w"] * y**3) * p["b"]


def layered_hvp(ts: Any, p: Any, y: Any) -> Any:
    t, s = ts
    assert t["n"].dtype.kind == "i"
    assert not t["n"].any()
    w = np.sum(t["w"] * y**3 + 3 * p["w"] * y**2 * s)
    dw = t["b"] * y**3 + 3 * p["b"] * y**2 * s
    dy = 3 * y**2 * (t["b"] * p["w"] + p["b"] * t["w"]) + 6 * p["b"] * p["w"] * y * s
    return {"w": dw, "n": None, "b": w}, dy


def test_containers_and_several_inputs() -> None:
    assert named(verify.check(layered, WEIGHTS, Y, hvp=layered_hvp)) == "CERTIFIED"
    swapped = verify.check(layered, WEIGHTS, Y, hvp=lambda ts, p, y: layered_hvp(({**ts[0], "b": 0.0}, ts[1]), p, y))
    assert named(swapped) == "WRONG"
    assert "the unit tangent of p['b']" in " ".join(swapped.worst_point.notes)
    alone = {"wrt": "y", "tangent": np.array([1.0, 2.0])}
    right = lambda s, p, y: 6 * p["b"] * p["w"] * y * s  # noqa: E731
    assert named(verify.check(layered, WEIGHTS, Y, hvp=right, **alone)) == "CERTIFIED"
    assert named(verify.check(layered, WEIGHTS, Y, hvp=lambda s, p, y: right(Y, p, y), **alone)) == "WRONG"


def test_functions_with_several_outputs_have_a_row_for_each_tangent_and_cotangent() -> None:
    both = lambda x: np.stack([f(x), corner(x)])  # noqa: E731
    pulled = lambda g, y, x: g[0] * df(x) + g[1] * ad.grad(corner)(x)  # noqa: E731
    assert prepare(Claim(both, POINT, order=2)).shape == (6, 3)
    for judged in ({}, {"vjp": pulled}):
        assert named(verify.check(both, POINT, order=2, **judged)) == "CERTIFIED"
    wrong = verify.check(both, POINT, order=2, vjp=lambda g, y, x: pulled(g, y, x) + g[1] * (x - POINT))
    assert named(wrong) == "WRONG"
    assert "with cotangent 1 times the unit tangent" in wrong.worst_point.notes[0]
    assert verify.check(both, POINT, order=2, cotangent=np.array([2.0, -1.0])).ok


@pytest.mark.parametrize("case", RIGHT[:4], ids=[case.id for case in RIGHT[:4]])
def test_the_derivatives_of_right_gradients_are_right(case: Any) -> None:
    finding = verify.check(case.f, *case.xs, kwargs=case.kwargs, order=2, **{case.judged: case.subject})
    assert named(finding) == "CERTIFIED", finding.explain()


# --- kinks, edges, linear functions


KINKS: dict[str, tuple[Callable[[Any], Any], Any, set[str]]] = {
    "|x|": (np.abs, 0.0, {"UNDEFINED"}),
    "|x| x": (lambda x: np.abs(x) * x, 0.0, {"UNDEFINED"}),
    "x**2 sign(x)": (lambda x: x**2 * np.sign(x), 0.0, {"UNDEFINED"}),
    "relu(x)**2": (lambda x: np.maximum(x, 0) ** 2, 0.0, {"UNDEFINED"}),
    "|x| y": (lambda x: np.abs(x[0]) * x[1], np.array([0.0, 2.0]), {"UNDEFINED"}),
    "where": (lambda x: np.where(x > 0, x * x, 0.0), 0.0, {"UNDEFINED"}),
    "|x|**3": (lambda x: np.abs(x) ** 3, 0.0, {"INCONCLUSIVE"}),
    "relu(x) - relu(-x)": (lambda x: np.maximum(x, 0) - np.maximum(-x, 0), 0.0, {"INCONCLUSIVE"}),
    "a Python if": (lambda x: x * x if x > 0 else -x * x, 0.0, {"INCONCLUSIVE"}),
    "x**1.5": (lambda x: x**1.5, 0.0, {"INCONCLUSIVE"}),
    "sqrt": (np.sqrt, 0.0, {"INCONCLUSIVE"}),
    "floor": (np.floor, 1.0, {"INCONCLUSIVE", "UNDEFINED"}),
    "log": (np.log, -1.0, {"UNDEFINED"}),
    "nan": (np.sin, np.nan, {"UNDEFINED"}),
}


@pytest.mark.parametrize("name", KINKS)
def test_no_second_derivative_is_certified_where_there_may_be_none(name: str) -> None:
    function, x, expected = KINKS[name]
    finding = verify.check(function, x, order=2)
    assert named(finding) in expected, finding.explain()
    assert finding.worst_point.reason
    if name not in ("log", "floor", "nan"):
        beside = verify.check(function, x + 0.7, order=2)
        assert named(beside) == "CERTIFIED", beside.explain()  # off the kink it is


def test_functions_that_are_linear_off_their_kinks_have_second_derivatives_zero() -> None:
    for function in (lambda x: np.sum(3 * x), lambda x: np.sum(np.maximum(x, 0)), lambda x: np.sum(np.abs(x))):
        for x in (POINT, LARGE):
            assert named(verify.check(function, x, order=2)) == "CERTIFIED"
        assert named(verify.check(function, POINT, hvp=lambda v, x: 0 * v)) == "CERTIFIED"
        assert named(verify.check(function, POINT, hvp=lambda v, x: 1e-9 * v)) == "WRONG"


def test_a_removable_point_has_its_second_derivative() -> None:
    right = verify.check(np.sinc, 0.0, hvp=lambda v, x: -np.pi**2 / 3 * v)
    assert named(right) == "CERTIFIED"
    assert named(verify.check(np.sinc, 0.0, hvp=lambda v, x: 0.0 * v)) == "WRONG"


# --- claims that cannot be asked, subjects that break their contract


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "order 3": ({"order": 3}, "order= is 3: give 1, or 2"),
    "order True": ({"order": True}, "order= is True"),
    "hvp of order 1": ({"hvp": hvp, "order": 1}, "leave out order=1"),
    "jvp of order 2": ({"jvp": lambda t, x: t, "order": 2}, "claim hvp=, or gradient= with order=2"),
    "tangent of order 1": ({"tangent": POINT}, "tangent= goes with order=2, hvp= or jvp="),
    "shape": ({"order": 2, "tangent": np.ones(4)}, r"tangent= has shape \(4,\) at array 0, the input \(3,\)"),
    "number of arrays": ({"order": 2, "tangent": (POINT, POINT)}, "tangent= has 2 arrays, the differentiated inputs 1"),
    "text": ({"order": 2, "tangent": np.array(["a", "b", "c"])}, "give arrays of numbers"),
    "not finite": ({"order": 2, "tangent": np.array([1.0, np.inf, 0.0])}, "not finite"),
    "zero": ({"order": 2, "tangent": np.zeros(3)}, "tangent= is 0 everywhere"),
    "cotangent": ({"hvp": hvp, "cotangent": 1.0}, "cotangent= goes with"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_asked_is_refused_with_the_cure(name: str) -> None:
    claim, text = REFUSED[name]
    with pytest.raises(ClaimError, match=text):
        verify.check(f, POINT, **claim)


def test_products_of_several_outputs_and_proofs_are_refused() -> None:
    with pytest.raises(ClaimError, match="hvp= needs a function with one number as output"):
        verify.check(np.sin, POINT, hvp=hvp)
    with pytest.raises(ClaimError, match="are answered at points"):
        verify.prove(f, POINT, order=2)


def test_a_product_of_the_wrong_shape_breaks_its_contract_and_code_that_cannot_be_traced_is_told_so() -> None:
    finding = verify.check(f, POINT, hvp=lambda v, x: v[:2])
    assert named(finding) == "BROKEN_CONTRACT"
    assert finding.worst_point.reason == "the Hessian-vector product of x has shape (2,), the input has (3,)"
    assert named(verify.check(f, POINT, gradient=lambda x: df(x)[:2], order=2)) == "BROKEN_CONTRACT"
    opaque = verify.check(f, POINT, gradient=lambda x: np.array([float(y) for y in df(x)]), order=2)
    assert named(opaque) == "INCONCLUSIVE"
    assert "float(x) and math functions" in opaque.worst_point.reason


def test_a_product_that_writes_into_its_arguments_spoils_nobody() -> None:
    def careless(v: Any, x: Any) -> Any:
        found = hvp(v, x)
        v *= 0
        x *= 0
        return found

    finding = verify.check(f, POINT, hvp=careless)
    assert named(finding) == "BROKEN_CONTRACT"
    assert finding.worst_point.gap <= finding.worst_point.allowed  # the value is right
    assert POINT[0] == 0.5


def test_large_inputs_are_asked_along_seeded_tangents_and_refused_by_witnesses_of_single_entries() -> None:
    question = prepare(Claim(f, LARGE, order=2, seed=7))
    assert question.shape == (2, 40)
    again = prepare(Claim(f, LARGE, order=2, seed=7))
    other = prepare(Claim(f, LARGE, order=2, seed=8))
    parts = [q.tangents.parts[0][0] for q in (question, again, other) if q.tangents is not None]
    assert np.array_equal(parts[0], parts[1])
    assert not np.array_equal(parts[0], parts[2])
    assert np.all((np.abs(parts[0]) >= 0.5) & (np.abs(parts[0]) <= 1.5))
    for witness in (series, difference, complex_step):
        assert isinstance(witness(question), Refusal), witness


def test_the_headline_and_the_json_say_what_was_judged() -> None:
    finding = verify.check(f, POINT, hvp=lambda v, x: 2 * hvp(v, x), tangent=POINT)
    assert finding.explain().splitlines()[0].startswith("Hessian-vector product of 'f' at x[")
    assert "times the tangent given" in finding.explain()
    assert finding.to_json()["judged"] == "Hessian-vector product"


@pytest.mark.parametrize("name", ["gammaln", "psi", "gamma", "erf", "j1"])
def test_a_special_function_of_one_input_is_certified_beside_another_input(name: str) -> None:
    special = pytest.importorskip("scipy.special")

    def mixed(x: Any, y: Any) -> Any:
        return x * x + getattr(special, name)(y / 2)

    def gradient(x: Any, y: Any) -> Any:
        return 2 * x, ad.grad(mixed, wrt=1)(x, y)

    assert named(verify.check(mixed, 0.3, 4.0, order=2)) == "CERTIFIED"
    assert named(verify.check(mixed, 0.3, 4.0, gradient=gradient, order=2)) == "CERTIFIED"
    wrong = verify.check(mixed, 0.3, 4.0, gradient=lambda x, y: (2 * x, 1.001 * gradient(x, y)[1]), order=2)
    assert named(wrong) == "WRONG"


@pytest.mark.parametrize("name", ["erf", "erfc", "ndtr", "log_ndtr", "erfi"])
def test_the_steps_of_a_correction_are_no_excuse_for_a_wrong_second_derivative(name: str) -> None:
    special = pytest.importorskip("scipy.special")
    f = getattr(special, name)
    assert named(verify.check(f, 1.25, order=2)) == "CERTIFIED"
    assert named(verify.check(f, 1.25, gradient=lambda x: 1.001 * ad.grad(f)(x), order=2)) == "WRONG"


def test_a_wrong_second_derivative_of_owens_function_is_refuted() -> None:
    special = pytest.importorskip("scipy.special")

    def f(a: Any) -> Any:
        return special.owens_t(0.75, a)

    assert named(verify.check(f, 1.25, order=2)) == "CERTIFIED"
    assert named(verify.check(f, 1.25, gradient=lambda a: 1.001 * ad.grad(f)(a), order=2)) == "WRONG"
