"""ad.custom: an op of a user's own, in every mode, over exact numbers, and with rules that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
import verify

X = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.375]])
V = X[0]


def softmax_code(x: Any, axis: int = -1) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def softmax_back(g: Any, y: Any, x: Any, axis: int = -1) -> Any:
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


def affine_code(w: Any, x: Any, b: Any) -> Any:
    return w @ x + b


def affine_back(g: Any, y: Any, w: Any, x: Any, b: Any) -> Any:
    return np.outer(g, x), w.T @ g, g


def affine_ahead(ts: Any, y: Any, w: Any, x: Any, b: Any) -> Any:
    return ts[0] @ x + w @ ts[1] + ts[2]


def gelu_code(x: Any) -> Any:
    return x / (1 + np.exp(-1.702 * x))


def gelu_slope(y: Any, x: Any) -> Any:
    s = 1 / (1 + np.exp(-1.702 * x))
    return s + 1.702 * x * s * (1 - s)


def total(*xs: Any) -> Any:
    return sum(xs) ** 2


# name -> (the function, its rules, where to look)
OPS: dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[Any, ...]]] = {
    "vjp": (softmax_code, {"vjp": softmax_back}, (X,)),
    "jvp": (lambda x: x**3, {"jvp": lambda t, y, x: 3 * t * x**2}, (V,)),
    "vjp of three": (affine_code, {"vjp": affine_back}, (X, V, X[:, 0])),
    "jvp of three": (affine_code, {"jvp": affine_ahead}, (X, V, X[:, 0])),
    "both": (affine_code, {"vjp": affine_back, "jvp": affine_ahead}, (X, V, X[:, 0])),
    "slope": (gelu_code, {"slope": gelu_slope}, (X,)),
    "slopes": (lambda a, b: a * np.exp(b), {"slope": (lambda y, a, b: np.exp(b), lambda y, a, b: y)}, (X, V)),
    "slope, exact": (
        lambda x: np.logaddexp(0.0, x),
        {"slope": lambda y, x: 1 / (1 + np.exp(-x)), "exact": lambda m, x: m.log(1 + m.exp(x))},
        (X,),
    ),
    "any number": (total, {"vjp": lambda g, y, *xs: [2 * g * sum(xs)] * len(xs)}, (V, V + 1, V * 2)),
    "a number": (lambda x: np.exp(2 * x), {"vjp": lambda g, y, x: 2 * g * y}, (0.5,)),
}
MODES: dict[str, Callable[[Callable[..., Any], tuple[Any, ...]], Any]] = {
    "vjp": lambda f, xs: ad.vjp(f, *xs)[1](np.cos(f(*xs))),
    "jvp": lambda f, xs: ad.jvp(f, xs, tuple(np.sin(x) for x in xs))[1],
    "hvp": lambda f, xs: ad.hvp(lambda *v: np.sum(f(*v) ** 2), xs, tuple(np.cos(x) for x in xs)),
    "reverse over reverse": lambda f, xs: ad.jacobian(ad.grad(lambda *v: np.sum(f(*v) ** 2)))(*xs),
    "forward over forward": lambda f, xs: ad.jvp(lambda x: ad.jvp(f, (x, *xs[1:]), (x, *xs[1:]))[1], xs[:1], xs[:1])[1],
    "reverse over forward": lambda f, xs: ad.vjp(lambda x: ad.jvp(f, (x, *xs[1:]), xs)[1], xs[0])[1](f(*xs)),
}


def same(f: Callable[..., Any], g: Callable[..., Any], xs: tuple[Any, ...]) -> list[str]:
    """The modes in which two functions of the same values have the same derivatives, to 1e-12 of the largest entry."""
    from ad.containers import flatten

    found = []
    for name, mode in MODES.items():
        pairs = zip(flatten(mode(f, xs))[1], flatten(mode(g, xs))[1], strict=True)
        if all(np.max(np.abs(a - b)) <= 1e-12 * np.max(np.abs(b)) and np.shape(a) == np.shape(b) for a, b in pairs):
            found.append(name)
    return found


@pytest.mark.parametrize("name", OPS)
def test_every_mode_is_that_of_the_code_itself(name: str) -> None:
    code, rules, xs = OPS[name]
    op = ad.custom(**rules)(code)
    assert np.array_equal(op(*xs), code(*xs))
    assert same(op, code, xs) == list(MODES)


def scaled(rule: Any, factor: float) -> Any:
    if isinstance(rule, tuple):
        return (scaled(rule[0], factor), *rule[1:])

    def wrong(*args: Any, **static: Any) -> Any:
        found = rule(*args, **static)
        return type(found)(part * factor for part in found) if isinstance(found, tuple | list) else found * factor

    return wrong


@pytest.mark.parametrize("name", OPS)
def test_the_rule_is_what_answers_in_every_mode(name: str) -> None:
    """A rule off by a millionth shows in each mode that uses it: none falls back on the code."""
    code, rules, xs = OPS[name]
    wrong = {key: scaled(rule, 1 + 1e-6) if key in ("vjp", "jvp", "slope") else rule for key, rule in rules.items()}
    assert same(ad.custom(**wrong)(code), code, xs) == []


def test_one_wrong_rule_of_two_shows_in_its_own_mode_alone() -> None:
    code, rules, xs = OPS["both"]
    wrong = ad.custom(**{**rules, "jvp": scaled(affine_ahead, 1 + 1e-6)})(code)
    assert same(wrong, code, xs) == ["vjp", "reverse over reverse"]


def test_one_backward_pass_serves_all_operands() -> None:
    calls = []

    def back(*args: Any) -> Any:
        calls.append(args[0])
        return affine_back(*args)

    affine = ad.custom(vjp=back)(affine_code)
    y, pullback = ad.vjp(affine, X, V, X[:, 0])
    for k in (1.0, 2.0):  # each cotangent is asked for anew
        assert np.array_equal(pullback(k * y)[2], k * y)
    assert len(calls) == 2


def test_static_arguments_reach_the_rules_and_operands_may_be_keywords() -> None:
    softmax = ad.custom(vjp=softmax_back)(softmax_code)
    for axis in (0, 1):
        assert same(lambda x, axis=axis: softmax(x, axis=axis), lambda x, axis=axis: softmax_code(x, axis), (X,))
        assert np.array_equal(softmax(x=X, axis=axis), softmax_code(X, axis))
        assert np.array_equal(
            ad.grad(lambda x, axis=axis: np.sum(softmax(x=x, axis=axis) ** 2))(X),
            ad.grad(lambda x, axis=axis: np.sum(softmax(x, axis) ** 2))(X),
        )


def test_float32_stays_float32_and_what_a_rule_returns_is_not_shared() -> None:
    double = ad.custom(vjp=lambda g, y, x: x)(lambda x: x * x / 2)  # returns its own operand
    x = V.astype(np.float32)
    y, pullback = ad.vjp(double, x)
    (back,) = pullback(np.ones(3, np.float32))
    assert (y.dtype, back.dtype) == (np.float32, np.float32)
    back[:] = 99
    assert np.array_equal(pullback(np.ones(3, np.float32))[0], x)
    wide = ad.custom(vjp=lambda g, y, x: np.asarray(2.0 * g, np.float64))(lambda x: 2 * x)
    assert ad.vjp(wide, x)[1](x)[0].dtype == np.float32


def test_integers_are_constants_and_need_no_cotangent() -> None:
    picked = ad.custom(vjp=lambda g, y, x, k: (g * (np.arange(3) == k), None))(lambda x, k: np.sum(x[k]))
    assert np.array_equal(ad.grad(picked)(V, np.int64(1)), [0, 1, 0])


# --- errors

BAD: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "no rule": (lambda: ad.custom()(gelu_code), TypeError, ("gelu_code", "vjp=", "slope=")),
    "slope and vjp": (
        lambda: ad.custom(slope=gelu_slope, vjp=softmax_back)(gelu_code), TypeError, ("gelu_code", "alone"),
    ),
    "exact without slope": (
        lambda: ad.custom(vjp=softmax_back, exact=lambda m, x: x)(softmax_code), TypeError, ("exact=", "meaning="),
    ),
    "too few slopes": (lambda: ad.custom(slope=gelu_slope)(lambda a, b: a), TypeError, ("one slope", "got 1")),
    "static beside slope": (lambda: ad.custom(slope=gelu_slope)(softmax_code), TypeError, ("vjp=",)),
    "no operand": (lambda: ad.custom(vjp=softmax_back)(lambda axis=1: axis), TypeError, ("no operand",)),
    "**kwargs": (lambda: ad.custom(vjp=softmax_back)(lambda x, **rest: x), TypeError, ("**rest",)),
    "traced static": (
        lambda: ad.grad(lambda a: ad.custom(vjp=softmax_back)(softmax_code)(V, axis=a))(1.0),
        TypeError, ("'axis'", "static", "lost"),
    ),
    "two results": (
        lambda: ad.custom(vjp=softmax_back)(lambda x: (x, x))(V), TypeError, ("one array", "np.stack"),
    ),
    "too few cotangents": (
        lambda: ad.grad(lambda x: np.sum(ad.custom(vjp=lambda g, y, a, b: g)(lambda a, b: a + b)(x, x)))(V),
        ValueError, ("1 cotangents", "2 operands"),
    ),
    "no cotangent": (
        lambda: ad.grad(ad.custom(vjp=lambda g, y, a: None)(lambda a: np.sum(a)))(V),
        TypeError, ("None", "'a'", "constant"),
    ),
    "another shape": (
        lambda: ad.grad(ad.custom(vjp=lambda g, y, x: g)(lambda x: np.sum(x)))(V), ValueError, ("()", "x", "(3,)"),
    ),
    "a tangent of another shape": (
        lambda: ad.jvp(ad.custom(jvp=lambda t, y, x: np.sum(t))(lambda x: x), (V,), (V,)), ValueError, ("()", "(3,)"),
    ),
    "a vjp that cannot be transposed": (
        lambda: ad.jvp(ad.custom(vjp=lambda g, y, x: np.asarray(g))(lambda x: x), (V,), (V,)),
        TypeError, ("no jvp", "give jvp="),
    ),
    "a jvp that cannot be transposed": (
        lambda: ad.grad(ad.custom(jvp=lambda t, y, x: float(t))(lambda x: x))(1.0), TypeError, ("no vjp", "give vjp="),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_errors_name_the_op_and_the_cure(name: str) -> None:
    call, kind, words = BAD[name]
    with pytest.raises(kind) as caught:
        call()
    assert [word for word in words if word not in str(caught.value)] == []


# --- the verifier


@pytest.mark.parametrize("name", OPS)
def test_the_verifier_certifies_an_op_and_functions_that_use_it(name: str) -> None:
    code, rules, xs = OPS[name]
    op = ad.custom(**rules, examples=[xs])(code)
    assert verify.check(op, *xs).verdict.name == "CERTIFIED"
    assert verify.check(lambda *v: np.sum(op(*v) ** 2), *xs).verdict.name == "CERTIFIED"


@pytest.mark.parametrize("name", ["vjp of three", "jvp of three", "slope, exact", "any number"])
def test_rules_are_proved_at_their_examples(name: str) -> None:
    code, rules, xs = OPS[name]
    assert verify.prove(ad.custom(**rules, examples=[xs])(code)).verdict.name == "PROVED"


def test_an_elementwise_op_with_its_mathematics_needs_no_examples() -> None:
    code, rules, _ = OPS["slope, exact"]
    assert verify.prove(ad.custom(**rules)(code)).verdict.name == "PROVED"
    with pytest.raises(verify.ClaimError, match="has no examples="):
        verify.prove(ad.custom(vjp=softmax_back)(softmax_code))


@pytest.mark.parametrize("name", OPS)
def test_a_wrong_rule_is_wrong_and_the_op_is_named(name: str) -> None:
    code, rules, xs = OPS[name]
    wrong = {key: scaled(rule, 1.001) if key in ("vjp", "jvp", "slope") else rule for key, rule in rules.items()}
    op = ad.custom(**wrong, examples=[xs])(code)
    assert verify.check(op, *xs).verdict.name == "WRONG"
    assert not verify.prove(op).ok
    finding = verify.check(lambda *v: np.sum(op(*v) ** 2) + np.sum(v[0]), *xs)
    assert finding.verdict.name == "WRONG"
    assert f"the rule of {op.op.name} by itself is WRONG" in " ".join(finding.explain().split())


def test_of_two_ops_the_wrong_one_is_named() -> None:
    right = ad.custom(vjp=softmax_back)(softmax_code)
    wrong = ad.custom(slope=scaled(gelu_slope, 1.01))(gelu_code)
    text = verify.check(lambda x: np.sum(wrong(right(x))), V).explain()
    assert f"the rule of {wrong.op.name}" in text
    assert f"the rule of {right.op.name}" not in text


def test_a_rule_of_the_wrong_shape_breaks_its_contract() -> None:
    op = ad.custom(vjp=lambda g, y, x: np.sum(g * y))(lambda x: np.exp(x))
    finding = verify.check(op, V)
    assert finding.verdict.name == "BROKEN_CONTRACT"
    assert op.op.name in finding.explain()


def test_a_kink_and_an_edge_that_are_declared_are_known_to_the_verifier() -> None:
    relu = ad.custom(
        slope=lambda y, x: np.where(x > 0, 1.0, 0.0), exact=lambda m, x: m.maximum(x, 0), kinks=lambda x: x
    )(lambda x: np.maximum(x, 0.0))
    assert verify.check(relu, 0.0).verdict.name == "SUBGRADIENT"
    root = ad.custom(
        slope=lambda y, x: 0.5 / y, exact=lambda m, x: m.sqrt(x), domain=lambda x: x, needs="x > 0"
    )(lambda x: np.sqrt(np.abs(x)))
    finding = verify.check(root, -1.0)
    assert finding.verdict.name == "UNDEFINED"
    assert "x > 0" in finding.explain()
    assert verify.check(root, 4.0).verdict.name == "CERTIFIED"


def test_code_that_exact_numbers_cannot_enter_is_certified_by_its_meaning() -> None:
    def code(x: Any) -> Any:
        return np.frompyfunc(lambda v: v * v, 1, 1)(np.asarray(x)).astype(float)

    def back(g: Any, y: Any, x: Any) -> Any:
        return 2 * g * x

    blind, seeing = ad.custom(vjp=back)(code), ad.custom(vjp=back, meaning=lambda x: x * x)(code)
    assert verify.check(blind, V).verdict.name == "AGREES"
    assert verify.check(seeing, V).verdict.name == "CERTIFIED"
    assert verify.check(ad.custom(vjp=back, meaning=lambda x: x * x * 1.5)(code), V).verdict.name != "CERTIFIED"


def test_verify_custom_checks_where_the_op_is_declared() -> None:
    for name in ("vjp of three", "slopes", "a number"):
        code, rules, xs = OPS[name]
        op = verify.custom(**rules, examples=[xs])(code)
        assert np.array_equal(op(*xs), code(*xs)), name
    code, rules, _ = OPS["slope, exact"]
    assert verify.custom(**rules)(code)(0.0) == np.log(2)


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
def test_verify_custom_refuses_a_wrong_rule_of_either_mode(mode: str) -> None:
    code, rules, xs = OPS["both"]
    with pytest.raises(AssertionError, match="WRONG"):
        verify.custom(**{**rules, mode: scaled(rules[mode], 1.001)}, examples=[xs])(code)
    with pytest.raises(verify.ClaimError, match="examples="):
        verify.custom(**rules)(code)


def test_a_user_s_op_enters_no_table_and_may_have_the_name_of_an_entry() -> None:
    from ad.variable import MEANINGS, TABLE

    before = len(TABLE), len(MEANINGS)

    @ad.custom(vjp=lambda g, y, a, b: (g, -g))
    def add(a: Any, b: Any) -> Any:
        return a - b

    assert (len(TABLE), len(MEANINGS)) == before
    assert verify.check(lambda a, b: add(a * 0.0, b) * 3, 2.0, 5.0).verdict.name == "CERTIFIED"
    assert (add.__name__, add.op.name.rpartition(".")[2]) == ("add", "add")


def test_an_exact_meaning_that_raises_is_a_refusal_and_not_the_end_of_the_check() -> None:
    def exact(m: Any, x: Any) -> Any:
        raise KeyError("no such table")

    @ad.custom(slope=lambda y, x: np.cos(x), exact=exact)
    def wave(x: Any) -> Any:
        return np.sin(x)

    point = verify.check(wave, 0.5).worst_point
    assert point.verdict.name == "AGREES"
    assert "wave raised KeyError: 'no such table'" in point.reason
    assert verify.check(wave, 0.5, gradient=lambda x: 1.001 * np.cos(x)).verdict.name == "WRONG"
