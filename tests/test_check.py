"""``verify.check`` end to end: every form of claim, every verdict, each with the mutant it must refuse."""

from __future__ import annotations

import json
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import verify
from verify import Finding, assert_gradient, check

X = np.array([0.5, -1.25, 2.0])
W = np.array([[1.0, 0.5, -0.25], [2.0, -1.0, 0.75]])


def verdict(*args: Any, **claim: Any) -> str:
    return check(*args, **claim).verdict.name


def reason(finding: Finding) -> str:
    return finding.worst_point.reason


# --- the forms of a claim: (f, inputs, judged form, right, wrong, where wrong)


def layer_blocks(w: Any, x: Any) -> Any:
    y = np.tanh(w @ x)
    slope = (1 - y) * (1 + y)
    return slope[:, None, None] * np.eye(2)[:, :, None] * x, slope[:, None] * w


def layer(w: Any, x: Any) -> Any:
    return np.tanh(w @ x)


def layer_vjp(g: Any, y: Any, w: Any, x: Any) -> Any:
    d = g * (1 - y) * (1 + y)
    return np.outer(d, x), w.T @ d


def layer_vjp_wrong(g: Any, y: Any, w: Any, x: Any) -> Any:
    d = g * (1 - y) * (1 + y)
    return np.outer(d, x), w.T @ g


def layer_fwd(w: Any, x: Any) -> Any:
    y = np.tanh(w @ x)
    return y, (w, x, y)


def layer_bwd(residuals: Any, g: Any) -> Any:
    w, x, y = residuals
    return layer_vjp(g, y, w, x)


def layer_bwd_wrong(residuals: Any, g: Any) -> Any:
    w, x, y = residuals
    dw, dx = layer_vjp(g, y, w, x)
    return dw[::-1], dx


def loss(w: Any, x: Any) -> Any:
    return np.sum((w @ x) ** 2)


def loss_gradient(w: Any, x: Any) -> Any:
    r = w @ x
    return 2 * np.outer(r, x), 2 * w.T @ r


def loss_gradient_wrong(w: Any, x: Any) -> Any:
    dw, dx = loss_gradient(w, x)
    dx[1] *= 1 + 1e-6
    return dw, dx


FORMS: list[tuple[str, Any, tuple[Any, ...], str, Any, Any, set[str]]] = [
    ("gradient of one input", lambda x: np.sum(x**3), (X,), "gradient", lambda x: 3 * x**2, lambda x: 3 * x, {"x"}),
    ("gradient of a number", lambda x: x * np.exp(x), (0.3,), "gradient", lambda x: (1 + x) * np.exp(x), np.exp, {"x"}),
    ("gradient of two inputs", loss, (W, X), "gradient", loss_gradient, loss_gradient_wrong, {"x"}),
    ("gradient as a list", loss, (W, X), "gradient", lambda w, x: list(loss_gradient(w, x)),
     lambda w, x: [loss_gradient(w, x)[0] * 2, loss_gradient(w, x)[1]], {"w"}),
    ("gradient of one entry as an array", lambda x: np.sum(x * x, keepdims=True), (X,), "gradient",
     lambda x: 2 * x, lambda x: x, {"x"}),
    ("value_and_gradient", loss, (W, X), "value_and_gradient", lambda w, x: (loss(w, x), loss_gradient(w, x)),
     lambda w, x: (loss(w, x), loss_gradient_wrong(w, x)), {"x"}),
    ("jacobian as one matrix", lambda x: x * x[0], (X,), "jacobian",
     lambda x: np.eye(3) * x[0] + np.outer(x, [1.0, 0, 0]),
     lambda x: np.eye(3) * x[0] + np.outer([1.0, 0, 0], x), {"x"}),
    ("jacobian in blocks", layer, (W, X), "jacobian",
     layer_blocks, lambda w, x: (layer_blocks(w, x)[0], w), {"x"}),
    ("jacobian of a number", lambda x: x * x, (1.5,), "jacobian", lambda x: np.array([[2 * x]]),
     lambda x: np.array([[-2 * x]]), {"x"}),
    ("vjp", layer, (W, X), "vjp", layer_vjp, layer_vjp_wrong, {"x"}),
    ("vjp as a pair", layer, (W, X), "vjp", (layer_fwd, layer_bwd), (layer_fwd, layer_bwd_wrong), {"w"}),
    ("vjp with many outputs", lambda x: np.outer(x, np.arange(30.0)), (X,), "vjp",
     lambda g, y, x: g @ np.arange(30.0), lambda g, y, x: g @ np.arange(30.0)[::-1], {"x"}),
    ("vjp of numbers", lambda a, b: a * b, (2.0, 3.0), "vjp", lambda g, y, a, b: (g * b, g * a),
     lambda g, y, a, b: (g * b, g), {"b"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "xs", "form", "right", "wrong", "where"), FORMS, ids=[row[0] for row in FORMS])
def test_every_form_of_claim_is_judged(
    name: str, f: Any, xs: tuple[Any, ...], form: str, right: Any, wrong: Any, where: set[str]
) -> None:
    finding = check(f, *xs, **{form: right})
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert finding.judged == form
    refused = check(f, *xs, **{form: wrong})
    assert refused.verdict.name == "WRONG", refused.explain()
    assert set(refused.worst_point.failing_inputs) == where
    assert refused.worst_point.entry.partition("[")[0] in where


def test_the_engine_itself_is_judged_when_nothing_else_is() -> None:
    for f, *xs in ((loss, W, X), (layer, W, X), (lambda x: {"a": x, "b": [x * x]}, X), ("x*w + sin(x)", 0.5, 2.0)):
        finding = check(f, *xs)
        assert finding.verdict.name == "CERTIFIED", finding.explain()
        assert finding.judged == "engine"


# --- inputs and outputs

Params = namedtuple("Params", "w b")


def affine(params: Any, x: Any) -> Any:
    return np.sum(params["w"] * x) + 3 * params["b"][0] + params["b"][1] ** 2


def affine_gradient(params: Any, x: Any) -> Any:
    return {"b": [3.0, 2 * params["b"][1]], "w": x * 1.0}, params["w"]  # keys in another order


def test_nested_containers_are_matched_by_name() -> None:
    params = {"w": X, "b": [0.25, -0.5]}
    assert verdict(affine, params, X, gradient=affine_gradient) == "CERTIFIED"

    def swapped(params: Any, x: Any) -> Any:
        d, dx = affine_gradient(params, x)
        return {"w": d["w"], "b": d["b"][::-1]}, dx

    wrong = check(affine, params, X, gradient=swapped)
    assert wrong.verdict.name == "WRONG"
    assert set(wrong.worst_point.failing_inputs) == {"params['b'][0]", "params['b'][1]"}

    stranger = check(affine, params, X, gradient=lambda p, x: ({"w": x, "c": [3.0, 1.0]}, p["w"]))
    assert stranger.verdict.name == "BROKEN_CONTRACT"
    assert reason(stranger) == "the key 'c' was returned; the input has 'w', 'b'"


def test_named_tuples_and_lists() -> None:
    def f(p: Any, xs: Any) -> Any:
        return np.sum(p.w * xs[0]) + p.b * xs[1]

    p, xs = Params(X, 2.0), [X + 1, 3.0]
    right = lambda p, xs: (Params(xs[0], xs[1]), [p.w, p.b])  # noqa: E731
    assert verdict(f, p, xs, gradient=right) == "CERTIFIED"
    wrong = check(f, p, xs, gradient=lambda p, xs: (Params(xs[0], xs[1] + 1e-9), [p.w, p.b]))
    assert wrong.worst_point.failing_inputs == ("p.b",)


def test_wrt_chooses_by_name_and_position_and_orders_what_is_returned() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        return a * b**2 * c**3

    partial = {"a": lambda a, b, c: b**2 * c**3, "b": lambda a, b, c: 2 * a * b * c**3}
    partial["c"] = lambda a, b, c: 3 * a * b**2 * c**2
    for wrt, names in (("a", "a"), (1, "b"), (-1, "c"), (("c", "a"), "ca"), ([0, "b", 2], "abc"), (None, "abc")):

        def right(a: Any, b: Any, c: Any, names: str = names) -> Any:
            return tuple(partial[n](a, b, c) for n in names)

        def wrong(a: Any, b: Any, c: Any, names: str = names) -> Any:
            return tuple(partial[n](a, b, c) for n in names[::-1]) if len(names) > 1 else partial["c"](a, b, 2 * c)

        assert verdict(f, 2.0, 3.0, 5.0, wrt=wrt, gradient=right) == "CERTIFIED"
        assert verdict(f, 2.0, 3.0, 5.0, wrt=wrt, gradient=wrong) == "WRONG"


def test_kwargs_reach_both_functions() -> None:
    def f(x: Any, scale: float = 1.0, squared: bool = False) -> Any:
        return np.sum(scale * (x * x if squared else x))

    def df(x: Any, scale: float = 1.0, squared: bool = False) -> Any:
        return scale * (2 * x if squared else np.ones_like(x))

    given = {"scale": 3.0, "squared": True}
    assert verdict(f, X, gradient=df, kwargs=given) == "CERTIFIED"
    assert verdict(f, X, gradient=lambda x, **rest: df(x), kwargs=given) == "WRONG"


def test_a_cotangent_asks_for_one_row() -> None:
    g = np.array([0.0, -2.0, 0.0])
    jacobian = lambda x: np.diag(2 * x)  # noqa: E731
    for claim in ({"jacobian": jacobian}, {"vjp": lambda g, y, x: 2 * g * x}, {}):
        finding = check(lambda x: x * x, X, cotangent=g, **claim)
        assert finding.verdict.name == "CERTIFIED", finding.explain()
        assert finding.worst_point.entries == 3
    dense = np.array([1.0, -2.0, 3.0])
    assert verdict(lambda x: x * x, X, cotangent=dense, jacobian=jacobian) == "CERTIFIED"
    assert verdict(lambda x: x * x, X, cotangent=g, vjp=lambda g, y, x: 2 * abs(g) * x) == "WRONG"
    assert verdict(lambda x: x * x, X, cotangent=g, jacobian=lambda x: np.diag(2 * x) * 2) == "WRONG"
    both = {"y": np.ones(3), "z": 2.0}
    f = lambda x: {"y": x * x, "z": x[0]}  # noqa: E731
    right = lambda g, y, x: 2 * x * g["y"] + np.array([1.0, 0, 0]) * g["z"]  # noqa: E731
    assert verdict(f, X, cotangent=both, vjp=right) == "CERTIFIED"
    assert verdict(f, X, vjp=right) == "CERTIFIED"  # cotangents come in the container that f returns
    assert verdict(f, X, vjp=lambda g, y, x: 2 * x * g["y"]) == "WRONG"


def test_the_same_seed_gives_the_same_finding_and_another_one_another() -> None:
    def f(x: Any) -> Any:
        return np.outer(np.sin(x), np.arange(40.0))

    def nearly(g: Any, y: Any, x: Any) -> Any:
        return (g @ np.arange(40.0)) * np.cos(x) * (1 + 1e-9)

    first, again, other = (check(f, X, vjp=nearly, seed=seed) for seed in (5, 5, 6))
    assert first.to_json() == again.to_json()
    assert first.worst_point.yours != other.worst_point.yours
    assert {first.verdict.name, other.verdict.name} == {"WRONG"}


def test_scalars_integers_and_empty_and_zero_dimensional_arrays() -> None:
    for x in (3, 3.0, np.float64(3), np.array(3.0), np.float32(3)):
        assert verdict(lambda x: x**3, x, gradient=lambda x: 3 * x**2) == "CERTIFIED"
        assert verdict(lambda x: x**3, x, gradient=lambda x: 3 * x) == "WRONG"
    pick = np.array([2, 0])
    f = lambda x, i: np.sum(x[i] ** 2)  # noqa: E731

    def df(x: Any, i: Any) -> Any:
        g = np.zeros(3)
        g[i] = 2 * x[i]
        return g

    assert verdict(f, X, pick, gradient=df) == "CERTIFIED"
    assert verdict(f, X, pick, gradient=lambda x, i: (df(x, i), None)) == "CERTIFIED"
    assert verdict(f, X, pick, gradient=lambda x, i: 2 * x) == "WRONG"
    assert verdict(lambda x, n: x**n, 2.0, 3, wrt="x", gradient=lambda x, n: n * x ** (n - 1)) == "CERTIFIED"
    bias = lambda x, b: np.sum(x) + np.sum(b)  # noqa: E731
    assert verdict(bias, np.zeros((0, 2)), X, gradient=lambda x, b: (0 * x, np.ones(3))) == "CERTIFIED"
    assert verdict(bias, np.zeros((0, 2)), X, gradient=lambda x, b: (0 * x, np.zeros(3))) == "WRONG"
    empty = check(np.sum, np.zeros(0), gradient=lambda x: np.zeros(0))
    assert (empty.verdict.name, reason(empty)) == (
        "INCONCLUSIVE",
        "vacuous: the derivative has no entries, shape (1, 0)",
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_each_dtype_is_judged_by_its_own_roundoff(dtype: Any) -> None:
    u = float(np.finfo(dtype).eps) / 2
    x = np.linspace(0.25, 2, 7).astype(dtype)
    f = lambda x: np.sum(np.exp(x) * x)  # noqa: E731
    right = lambda x: np.exp(x) * (1 + x)  # noqa: E731
    finding = check(f, x, gradient=right)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert finding.roundoff == u
    assert finding.worst_point.units is not None
    assert finding.worst_point.units < 16
    wrong = check(f, x, gradient=lambda x: right(x).astype(float) * (1 + 200 * u))
    assert wrong.verdict.name in ("WRONG", "INACCURATE")
    assert check(f, x, gradient=lambda x: right(x) * dtype(2)).verdict.name == "WRONG"


def test_lists_of_numbers_stand_for_an_array() -> None:
    assert verdict(lambda x: np.sum(x * x), X, gradient=lambda x: [2 * v for v in x]) == "CERTIFIED"
    assert verdict(lambda x: np.sum(x * x), X[:1], gradient=lambda x: [2 * x[0]]) == "CERTIFIED"
    assert verdict(lambda x: np.sum(x * x), W, gradient=lambda x: (2 * x).tolist()) == "CERTIFIED"
    assert verdict(lambda x: np.sum(x * x), W, gradient=lambda x: (2 * x).T.tolist()) == "BROKEN_CONTRACT"
    assert verdict(lambda x: np.sum(x * x), X, gradient=lambda x: [2 * v for v in x[::-1]]) == "WRONG"
    assert verdict(lambda x: np.sum(3 * x), X, gradient=lambda x: [3, 3, 3]) == "CERTIFIED"
    assert verdict(lambda x: np.sum(3 * x), X, gradient=lambda x: np.array([3, 3, 3])) == "BROKEN_CONTRACT"
    assert verdict(lambda x: np.sum(3 * x), X, gradient=lambda x: [3, 3, 4]) == "WRONG"


def test_lists_of_numbers_stand_for_arrays_in_every_form() -> None:
    one, two, pair = (lambda x: x * x), (lambda a, b: a @ b), (lambda x: [x * x, x])
    table: list[tuple[Any, tuple[Any, ...], Any, Any]] = [
        (one, (X,), {"jacobian": lambda x: np.diag(2 * x).tolist()}, {"jacobian": lambda x: np.diag(x).tolist()}),
        (two, (X, X + 1), {"jacobian": lambda a, b: ([[*b]], [[*a]])}, {"jacobian": lambda a, b: ([[*a]], [[*b]])}),
        (one, (X,), {"jvp": lambda t, x: (2 * t * x).tolist()}, {"jvp": lambda t, x: (t * x).tolist()}),
        (two, (X, X + 1), {"gradient": lambda a, b: ([*b], [*a])}, {"gradient": lambda a, b: ([*a], [*b])}),
        (one, (X,), {"vjp": (pair, lambda r, g: 2 * r * g)}, {"vjp": (pair, lambda r, g: r * g)}),
    ]
    for f, xs, right, wrong in table:
        assert verdict(f, *xs, **right) == "CERTIFIED", right
        assert verdict(f, *xs, **wrong) == "WRONG", wrong


def test_several_gradients_are_taken_as_python_unpacks_them() -> None:
    a, b = X, X + 1
    for gather in (iter, np.stack, lambda pair: (part for part in pair), list):
        assert verdict(np.multiply, a, b, vjp=lambda g, y, a, b, h=gather: h([g * b, g * a])) == "CERTIFIED"
        assert verdict(np.multiply, a, b, vjp=lambda g, y, a, b, h=gather: h([g * a, g * b])) == "WRONG"
    assert verdict(np.multiply, 2.0, 3.0, gradient=lambda a, b: np.array([b, a])) == "CERTIFIED"
    assert verdict(np.multiply, 2.0, 3.0, gradient=lambda a, b: np.array([b, b])) == "WRONG"
    assert verdict(np.multiply, a, b, vjp=lambda g, y, a, b: g * b) == "BROKEN_CONTRACT"
    assert verdict(np.multiply, a, b, vjp=lambda g, y, a, b: np.stack([g * b] * 3)) == "BROKEN_CONTRACT"


def test_what_is_returned_for_integers_is_left_over() -> None:
    power, k = (lambda x, k: np.sum(x * k)), np.arange(1, 4)
    for rest in (None, np.zeros(3), [0, 0, 0]):
        assert verdict(power, X, k, gradient=lambda x, k, rest=rest: (k * 1.0, rest)) == "CERTIFIED"
        assert verdict(power, X, k, gradient=lambda x, k, rest=rest: (k * 2.0, rest)) == "WRONG"
    assert verdict(np.dot, X, X, wrt=0, gradient=lambda a, b: (b, a)) == "BROKEN_CONTRACT"


# --- verdicts


BROKEN: dict[str, tuple[Any, str]] = {
    "another shape": (lambda x: 2 * x[:2], "the gradient of x has shape (2,), the input has (3,)"),
    "a row too many": (lambda x: (2 * x)[None], "the gradient of x has shape (1, 3), the input has (3,)"),
    "a number for an array": (lambda x: 2.0, "the gradient of x has shape (), the input has (3,)"),
    "None": (lambda x: None, "the gradient of x is None"),
    "two for one": (lambda x: (2 * x, 2 * x), "2 arrays were returned for 1 inputs (x); return one array for each"),
    "text": (lambda x: np.array(["a", "b", "c"]), "the gradient of x has dtype <U1"),
    "objects": (lambda x: np.array([2 * x[0], None, 1], dtype=object), "the gradient of x has dtype object"),
    "complex": (lambda x: 2 * x + 0j, "the gradient of x has dtype complex128"),
    "booleans": (lambda x: x > 0, "the gradient of x has dtype bool"),
    "a dictionary": (lambda x: {"x": x, "y": x}, "2 arrays were returned for 1 inputs (x)"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_contract_is_named(name: str) -> None:
    wrong, words = BROKEN[name]
    finding = check(lambda x: np.sum(x * x), X, gradient=wrong)
    assert finding.verdict.name == "BROKEN_CONTRACT"
    assert words in reason(finding)
    assert verdict(lambda x: np.sum(x * x), X, gradient=lambda x: 2 * x) == "CERTIFIED"


def test_a_broken_contract_of_the_other_forms_is_named() -> None:
    table: list[tuple[dict[str, Any], str]] = [
        ({"jacobian": lambda x: np.ones((2, 2))}, "the Jacobian has shape (2, 2), expected (3, 3)"),
        ({"jacobian": lambda x: (np.eye(3), np.eye(3))}, "2 Jacobian blocks were returned for 1 inputs"),
        ({"vjp": lambda g, y, x: g[:2]}, "the gradient of x has shape (2,), the input has (3,)"),
        ({"vjp": (lambda x: x * x, lambda r, g: g)}, "a pair was expected, got ndarray"),
        ({"vjp": (lambda x: (None, x), lambda r, g: 2 * r * g)}, "the stated value is None"),
        ({"vjp": (lambda x: ((x * x)[:2], x), lambda r, g: 2 * r * g)}, "f returns numbers of shape [(3,)]"),
    ]
    for claim, words in table:
        finding = check(lambda x: x * x, X, **claim)
        assert finding.verdict.name == "BROKEN_CONTRACT", finding.explain()
        assert words in reason(finding)
    for value in (None, "12", np.ones(2), 1j):
        finding = check(lambda x: np.sum(x), X, value_and_gradient=lambda x, value=value: (value, np.ones(3)))
        assert finding.verdict.name == "BROKEN_CONTRACT"
    lone = check(lambda x: np.sum(x), X, value_and_gradient=lambda x: np.ones(3))
    assert reason(lone) == "a pair was expected, got ndarray"


def test_undefined_points_say_why() -> None:
    for f, x, words in (
        (lambda x: np.sum(np.log(x)), np.array([1.0, -2.0]), "log needs x > 0; x[1] = -2"),
        (lambda x: np.sum(x), np.array([1.0, np.nan]), "the input x[1] is nan"),
        (lambda x: np.sum(x), np.array([1.0, np.inf]), "the input x[1] is inf"),
    ):
        finding = check(f, x, gradient=np.ones_like)
        assert finding.verdict.name == "UNDEFINED"
        assert words in reason(finding)
        assert not finding.ok


def failing(x: Any) -> Any:
    raise OSError("disk full")


def test_what_cannot_be_decided_is_inconclusive_with_the_reason() -> None:
    for f, claim, words in (
        (failing, {"gradient": np.cos}, "f raised OSError: disk full"),
        (lambda x: None, {}, "f raised TypeError: the output of f is None"),
        (lambda x: "text", {}, "f raised TypeError: the output of f is 'text'"),
        (np.sin, {"gradient": failing}, "the judged derivative raised OSError: disk full"),
        (np.sin, {"value_and_gradient": failing}, "the judged derivative raised OSError: disk full"),
        (np.sin, {"vjp": (failing, np.cos)}, "the judged derivative raised OSError: disk full"),
        (np.sin, {"gradient": lambda: 0.0}, "the judged derivative raised TypeError"),
        (lambda x: float(x) * 2, {}, "the judged derivative raised TypeError: float(x)"),
        (lambda x: np.random.default_rng().normal() * x, {"gradient": lambda x: x}, "f depends on state or chance"),
        (lambda x: np.cos(x / 1e-300), {"gradient": lambda x: 0.0 * x}, "vacuous"),
    ):
        finding = check(f, 0.7, **claim)
        assert finding.verdict.name == "INCONCLUSIVE", finding.explain()
        assert words in reason(finding), reason(finding)
        assert not finding.ok


KINKS: list[tuple[Any, Any]] = [
    (lambda x: np.abs(x), 0.0),
    (lambda x: np.where(x > 0, x, 0.0), 0.0),
    (lambda x: x if x > 0 else 0.0 * x, 0.0),
    (lambda x: x * (x > 0), 0.0),
    (lambda x: np.sum(x[x >= 1]), np.array([1.0, 2.0])),
]


@pytest.mark.parametrize(("f", "x"), KINKS)
@pytest.mark.parametrize("answer", [0.0, 0.5, 1.0])
def test_no_answer_at_a_kink_is_certified_or_called_wrong_without_a_proof(f: Any, x: Any, answer: float) -> None:
    finding = check(f, x, gradient=lambda x: np.full(np.shape(x), answer))
    assert finding.verdict.name in ("INCONCLUSIVE", "SUBGRADIENT", "NOT_A_SUBGRADIENT"), finding.explain()


def test_another_function_value_is_told_apart_from_another_gradient() -> None:
    value = check(np.exp, 0.7, value_and_gradient=lambda x: (np.exp(x) * (1 + 1e-9), np.exp(x)))
    assert value.verdict.name == "DIFFERENT_FUNCTION"
    assert "the subject says the value 2.0137527094" in reason(value)
    gradient = check(np.exp, 0.7, value_and_gradient=lambda x: (np.exp(x), np.exp(x) * (1 + 1e-9)))
    assert gradient.verdict.name == "WRONG"
    nan = check(np.exp, 0.7, value_and_gradient=lambda x: (np.nan, np.exp(x)))
    assert nan.verdict.name == "DIFFERENT_FUNCTION"
    pair = check(lambda x: x * x, X, vjp=(lambda x: (x * x + np.array([0, 0, 1e-9]), x), lambda r, g: 2 * r * g))
    assert pair.verdict.name == "DIFFERENT_FUNCTION"
    other = check(np.exp, 0.7, value_and_gradient=lambda x: (np.exp(x) * (1 + 1e-16), np.exp(x)))
    assert other.verdict.name == "CERTIFIED"
    overflow = check(np.exp, 800.0, value_and_gradient=lambda x: (np.exp(x), np.exp(x)))
    assert overflow.verdict.name == "CERTIFIED"


def test_a_nan_that_is_not_selected_does_not_matter() -> None:
    f = lambda x: np.where(x > 5, np.nan, x * x)  # noqa: E731
    assert check(f, X, vjp=lambda g, y, x: 2 * x * g).verdict.name == "CERTIFIED"
    assert check(f, X, vjp=lambda g, y, x: 2.001 * x * g).verdict.name == "WRONG"
    assert not check(f, X + 10, vjp=lambda g, y, x: 2 * x * g).ok
    assert "no proof: the constant nan has no formula" in verify.prove(f, X).worst_point.notes


def chosen(index: Any, more: float = 0.0) -> Any:
    """A value and a gradient of x[i] * (i + 1), where i is what ``index`` says is the largest."""

    def value_and_gradient(x: Any) -> Any:
        i = index(x)
        return x[i] * (1.0 + i) + more, (np.arange(len(x)) == i) * (1.0 + i)

    return value_and_gradient


def first(x: Any) -> int:
    return int(np.argmax(x))


def last(x: Any) -> int:
    return len(x) - 1 - int(np.argmax(x[::-1]))


def test_another_choice_at_a_tie_is_no_other_function() -> None:
    f = lambda x: chosen(first)(x)[0]  # noqa: E731
    tie = np.array([2.0, 2.0])
    other = check(f, tie, value_and_gradient=chosen(last))
    assert other.verdict.name == "UNDEFINED"
    assert "f may jump here, and beside the point both have one value" in other.worst_point.reason
    assert check(f, tie, value_and_gradient=chosen(last, more=1.0)).verdict.name == "DIFFERENT_FUNCTION"
    assert check(f, np.array([2.0, 1.0]), value_and_gradient=chosen(last)).verdict.name == "CERTIFIED"


INACCURATE: dict[str, tuple[Any, Any, Any, Any]] = {  # f, x, a poor formula, a good one
    "1 - tanh**2 in the tail": (lambda x: np.tanh(x), 15.0, lambda x: 1 - np.tanh(x) ** 2, lambda x: np.cosh(x) ** -2),
    "it dies entirely": (lambda x: np.tanh(x), 30.0, lambda x: 1 - np.tanh(x) ** 2, lambda x: np.cosh(x) ** -2),
    "cancellation": (
        lambda x: np.log1p(x * x),
        1e-3,
        lambda x: ((1e8 + 2 * x) - 1e8) / (1 + x * x),
        lambda x: 2 * x / (1 + x * x),
    ),
    "overflow in the middle": (
        lambda x: np.log(1 + np.exp(-x)),
        -800.0,
        lambda x: -np.exp(-x) / (1 + np.exp(-x)),
        lambda x: -1 / (1 + np.exp(x)),
    ),
}


def tail_by_polynomial(x):
    """tanh(x) for large x, by three terms of a series in q: at 5 off by 8e-18, a tenth of what a double shows."""
    q = np.exp(-2 * x)
    return 1 - 2 * q * (1 - q * (1 - q))


# what the forward pass computes, what is made of its result, and the verdict at 5, where 1 - y*y loses four digits
APPROXIMATED = {
    "a polynomial and a rule that cancels": (tail_by_polynomial, lambda x, y, g: g * (1 - y * y), "INACCURATE"),
    "the function and a rule that cancels": (np.tanh, lambda x, y, g: g * (1 - y * y), "INACCURATE"),
    "a polynomial and a good rule": (tail_by_polynomial, lambda x, y, g: g / np.cosh(x) ** 2, "CERTIFIED"),
    "a polynomial and a factor": (tail_by_polynomial, lambda x, y, g: g * (1 - y * y) * (1 + 1e-9), "WRONG"),
    "a polynomial and a constant": (tail_by_polynomial, lambda x, y, g: g * (1 + 1e-13 - y * y), "WRONG"),
    "a polynomial and a forgotten square": (tail_by_polynomial, lambda x, y, g: g * (1 - y), "WRONG"),
    "the function and a constant 4 ulp off": (np.tanh, lambda x, y, g: g * (1 + 2.0**-50 - y * y), "WRONG"),
}


@pytest.mark.parametrize("name", APPROXIMATED)
def test_an_approximation_that_a_rule_amplifies_is_lost_digits_and_a_wrong_rule_is_wrong(name: str) -> None:
    forward, rule, expected = APPROXIMATED[name]
    finding = check(np.tanh, 5.0, vjp=(lambda x: (forward(x), x), lambda x, g: rule(x, forward(x), g)), cotangent=1.0)
    assert finding.verdict.name == expected, finding.explain()
    approximated = forward is tail_by_polynomial and expected == "INACCURATE"
    assert ("its code approximates f" in reason(finding)) == approximated


@pytest.mark.parametrize("name", INACCURATE)
def test_a_right_formula_that_loses_digits_is_inaccurate_not_wrong(name: str) -> None:
    f, x, poor, good = INACCURATE[name]
    finding = check(f, x, gradient=poor)
    assert finding.verdict.name == "INACCURATE", finding.explain()
    assert "evaluated exactly its formula is right" in reason(finding)
    assert verdict(f, x, gradient=good) == "CERTIFIED"
    assert verdict(f, x, gradient=lambda x: poor(x) * 1.01) == "WRONG"


def test_a_constant_that_is_rounded_in_a_right_formula_is_not_called_a_wrong_one() -> None:
    """np.sinc holds pi itself, np.cos(np.pi * x) a rounded one: exactly evaluated they are 1.2 units from the truth."""
    poor = lambda x: (np.cos(np.pi * x) - np.sinc(x)) / x  # noqa: E731
    for x in (1e-2, 1e-6, 1e-9):
        finding = check(np.sinc, x, gradient=poor)
        assert finding.verdict.name == "INACCURATE"
        assert [found.kind for found in finding.worst_point.explanations] == ["lost digits"]
        assert verdict(np.sinc, x, gradient=lambda x: poor(x) - 1e-3 * x) == "WRONG"
    assert verdict(np.sinc, 0.3, gradient=poor) == "CERTIFIED"
    assert verdict(np.sinc, 0.3, gradient=lambda x: (np.cos(3.14159265 * x) - np.sinc(x)) / x) == "WRONG"


def test_an_answer_is_not_accepted_where_the_truth_overflows() -> None:
    assert verdict(np.exp, 1000.0, gradient=np.exp) == "CERTIFIED"
    assert verdict(np.exp, np.float32(100), gradient=np.exp) == "CERTIFIED"
    assert verdict(np.exp, 1000.0, gradient=lambda x: 5.0) == "WRONG"
    assert verdict(np.exp, np.float32(100), gradient=lambda x: np.float32(5)) == "WRONG"
    assert verdict(np.exp, 700.0, gradient=lambda x: np.inf) == "WRONG"


def test_an_allowance_as_large_as_the_truth_decides_nothing() -> None:
    f = lambda x: 1e30 * (x - 3) ** 2  # noqa: E731
    loose = check(f, 3.0, gradient=lambda x: 1e10)
    assert loose.verdict.name == "INCONCLUSIVE"
    assert reason(loose).startswith("vacuous: the allowance is not 0 where the truth is")
    assert verdict(f, 3.0, gradient=lambda x: 2e30 * (x - 3)) == "CERTIFIED"
    assert verdict(f, 3.0, gradient=lambda x: 1e20) == "WRONG"


# --- state, mutation, identity


def test_writing_into_inputs_spoils_nothing() -> None:
    def f(x: Any, w: Any, consts: Any) -> Any:
        x *= 2.0
        consts += 1
        return np.sum(x * w) * 1.0

    def df(x: Any, w: Any, consts: Any) -> Any:
        x *= 2.0
        w *= 2.0
        consts -= 5
        return w, x

    x, w, consts = X.copy(), X + 3, np.arange(3)
    kept = x.copy(), w.copy(), consts.copy()
    finding = check(f, x, w, consts, gradient=df)
    assert finding.verdict.name == "BROKEN_CONTRACT", finding.explain()
    assert reason(finding).startswith("clause inputs untouched: x[0] was 0.5 and is 1")
    assert finding.worst_point.gap == 0  # the value is the truth: each call begins with fresh arrays
    assert all(np.array_equal(a, b) for a, b in zip((x, w, consts), kept, strict=True))
    assert verdict(f, x, w, consts, gradient=lambda x, w, consts: (w * 2, x * 2)) == "CERTIFIED"
    assert verdict(f, x, w, consts, gradient=lambda x, w, consts: (w, x)) == "WRONG"

    def backward(g: Any, y: Any, x: Any) -> Any:
        g *= 2
        y *= 0
        x *= g
        return x

    finding = check(lambda x: x * x, X, vjp=backward)
    assert (finding.verdict.name, finding.worst_point.gap) == ("BROKEN_CONTRACT", 0)


def test_a_function_that_is_not_what_was_traced_is_not_judged_by_its_trace() -> None:
    def aliases(x: Any) -> Any:
        y = x
        y += 1
        return np.sum(x * y)

    right = check(aliases, X, gradient=lambda x: 2 * (x + 1))
    assert right.verdict.name == "AGREES", right.explain()
    assert right.worst_point.judged_by == "difference"
    wrong = check(aliases, X, gradient=lambda x: 2 * x + 1)
    assert wrong.verdict.name == "WRONG", wrong.explain()


def test_constants_of_any_kind_are_handed_on() -> None:
    import threading

    lock, numbers = threading.Lock(), (i for i in range(3))
    f = lambda x, held, numbers, text: x * (2.0 if text == "double" and held is lock else 1.0)  # noqa: E731
    right = lambda x, held, numbers, text: 2.0  # noqa: E731
    assert verdict(f, 1.0, lock, numbers, "double", gradient=right) == "CERTIFIED"
    assert verdict(f, 1.0, lock, numbers, "single", gradient=right) == "WRONG"


def test_the_budget_ends_the_movement_too() -> None:
    x = np.random.default_rng(0).normal(size=(8, 8))
    f = lambda a: np.sum((a @ a) @ a)  # noqa: E731

    def df(a: Any) -> Any:
        ones = np.ones((8, 8))
        return ones @ (a @ a).T + a.T @ ones @ a.T + (a @ a).T @ ones

    assert verdict(f, x, gradient=df) == "CERTIFIED"
    assert verdict(f, x, gradient=lambda a: df(a) * 1.001) == "WRONG"
    hurried = check(f, x, gradient=df, budget=1e-3)
    assert hurried.verdict.name == "INCONCLUSIVE"
    assert "the budget of 0.001 s was used up" in hurried.explain()


# --- the finding


def wrong_finding() -> Finding:
    return check(
        loss, W, X, gradient=loss_gradient_wrong, id="my-loss", title="a loss", seed=3, expect="ok", reason="it is mine"
    )


def test_a_finding_has_no_truth_value() -> None:
    for finding in (wrong_finding(), check(np.sin, 1.0)):
        with pytest.raises(TypeError, match=r"use finding\.ok"):
            bool(finding)


def test_an_explanation_holds_every_promised_part() -> None:
    finding = wrong_finding()
    text = " ".join(finding.explain().split())
    point = finding.worst_point
    for words in (
        "WRONG", "my-loss", "x[1]",
        "asked is loss_gradient_wrong the gradient of loss at",
        "evaluated exactly its formula is still outside the truth",
        f"yours {point.yours:.8g}", f"symbolic {float(point.truth):.4g}",
        "symbolic", "reverse", "forward", "difference", "complex_step", "+-", "trusts meaning trace", "trusts values",
        "certified", "bar 16", "allowed", "9 values judged",
        "1 entry outside: x[1]",
        "loss_gradient_wrong is alone", "they share nothing that could mislead them all",
        "expected ok, found WRONG (it is mine)",
        "seed 3",
    ):  # fmt: skip
        assert words in text, words
    assert "WRONG" not in check(np.sin, 1.0, gradient=np.cos).explain()


def test_a_finding_names_the_worst_entry_its_gap_and_what_was_allowed() -> None:
    finding = wrong_finding()
    point = finding.worst_point
    assert (finding.ok, point.entry, point.row, point.failures, point.failing) == (False, "x[1]", 0, 1, ("x[1]",))
    truth = float(loss_gradient(W, X)[1][1])
    assert point.yours == pytest.approx(truth * (1 + 1e-6), rel=1e-14)
    assert float(point.truth) == pytest.approx(truth, rel=1e-14)
    assert point.gap == pytest.approx(abs(truth) * 1e-6, rel=1e-6)
    assert point.gap > point.allowed > 0
    assert point.units == pytest.approx(16 * point.gap / point.allowed, rel=1e-6)
    assert point.resolution == pytest.approx(1e-14, rel=10)
    assert point.judged_by == "symbolic"
    assert {s.witness for s in finding.evidence} == {o.name for o in verify.CERTIFY}
    assert not any(s.disputes for s in finding.evidence)


def test_to_json_is_strict_json() -> None:
    findings = [
        wrong_finding(),
        check(np.exp, 1000.0, gradient=lambda x: 5.0),
        check(np.sin, np.nan),
        check(lambda x: np.sum(x), X, gradient=lambda x: x * np.nan),
        check(failing, {"w": X, "n": np.arange(2)}),
        check(np.sum, np.zeros(0)),
        check("x*w", at={"x": np.float32(3), "w": 2}),
    ]
    for finding in findings:
        text = json.dumps(finding.to_json(), allow_nan=False)
        again = json.loads(text)
        assert again["verdict"] == finding.verdict.name
        assert again["id"] == finding.id
    with pytest.raises(ValueError, match="not JSON compliant"):
        json.dumps({"yours": findings[3].worst_point.yours}, allow_nan=False)  # the mutant: the numbers as they are


def test_expectations() -> None:
    wrong = {"gradient": lambda x: np.sin(x)}
    right = {"gradient": np.cos}
    table: list[tuple[dict[str, Any], Any, bool]] = [
        (right, "ok", True), (right, "CERTIFIED", True), (right, {"ok", "WRONG"}, True), (right, "WRONG", False),
        (wrong, "ok", False), (wrong, "WRONG", True), (wrong, verify.Verdict.WRONG, True),
        (wrong, {"INACCURATE", "WRONG"}, True), (wrong, "INACCURATE", False), (right, "PROVED", False),
    ]  # fmt: skip
    for claim, expect, wanted in table:
        finding = check(np.sin, 1.0, expect=expect, **claim)
        assert finding.as_expected is wanted
        if wanted:
            assert_gradient(np.sin, 1.0, expect=expect, **claim)
        else:
            with pytest.raises(AssertionError) as error:
                assert_gradient(np.sin, 1.0, expect=expect, reason="so it is", **claim)
            assert "so it is" in str(error.value)
            assert finding.verdict.name in str(error.value)


def test_wrong_at_names_the_inputs_that_are_expected_to_be_wrong() -> None:
    def ask(**claim: Any) -> bool:
        return check(loss, W, X, gradient=loss_gradient_wrong, **claim).as_expected

    assert ask(expect="WRONG")
    assert ask(expect="WRONG", wrong_at="x")
    assert not ask(expect="WRONG", wrong_at="w")
    assert not ask(expect="WRONG", wrong_at=("w", "x"))


def test_fewer_witnesses_may_be_asked() -> None:
    finding = check(loss, W, X, gradient=loss_gradient, oracles=verify.SCREEN)
    assert finding.ok
    assert [s.witness for s in finding.evidence] == [o.name for o in verify.SCREEN]
    assert verdict(loss, W, X, gradient=loss_gradient_wrong, oracles=verify.SCREEN) == "WRONG"


def test_more_units_excuse_more() -> None:
    poor = lambda x: np.exp(x) * (1 + 1e-13)  # noqa: E731
    assert verdict(np.exp, 0.7, gradient=poor) == "WRONG"
    assert verdict(np.exp, 0.7, gradient=poor, units=1e4) == "CERTIFIED"
    assert verdict(np.exp, 0.7, gradient=poor, roundoff=2.0**-24) == "CERTIFIED"
    assert verdict(np.exp, 0.7, gradient=lambda x: np.exp(x) * (1 + 1e-4), roundoff=2.0**-24) == "WRONG"


def test_values_from_elsewhere_that_exclude_the_truth_stop_the_verdict() -> None:
    from verify.claim import approximate

    right, other = approximate([np.cos(1.0)], 1e-15), approximate([np.cos(1.0) + 1e-9], 1e-12)
    assert verdict(np.sin, 1.0, gradient=np.cos, outside={"paper": right}) == "CERTIFIED"
    finding = check(np.sin, 1.0, gradient=np.cos, outside={"paper": other})
    assert finding.verdict.name == "INCONCLUSIVE"
    assert "paper and symbolic exclude each other" in reason(finding)


def test_a_stated_value_may_overflow_and_may_be_rounded_where_the_slope_is_infinite():
    def stated(value, f, x):
        return verify.check(f, np.float32(x), value_and_gradient=lambda x: (value(x), slope(f, x))).verdict.name

    def slope(f, x):
        return 2 * x if f is np.square else 1 / np.sqrt((1 - x) * (1 + x))

    assert stated(np.arcsin, np.arcsin, 1.0) == "CERTIFIED"
    assert stated(lambda x: np.arcsin(x) * np.float32(1.01), np.arcsin, 1.0) == "DIFFERENT_FUNCTION"
    assert stated(np.square, np.square, 1e30) == "CERTIFIED"
    assert stated(lambda x: -x * x, np.square, 1e30) == "DIFFERENT_FUNCTION"
