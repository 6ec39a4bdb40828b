"""jvp=: a forward rule is judged along tangents, and every way of getting it wrong is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
import verify
from verify.claim import Claim
from verify.oracles import CERTIFY, enclosure
from verify.question import prepare

POINT = np.array([0.5, -1.2, 2.0])
WIDE = np.random.default_rng(0).normal(size=500)


def named(finding: verify.Finding) -> str:
    return finding.verdict.name


def product(x: Any) -> Any:
    return np.tanh(x) * x[::-1]


def push(t: Any, x: Any) -> Any:
    return t / np.cosh(x) ** 2 * x[::-1] + np.tanh(x) * t[::-1]


WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "zero": lambda t, x: np.zeros_like(x),
    "the tangent is ignored": lambda t, x: push(np.ones_like(x), x),
    "one term is missing": lambda t, x: t / np.cosh(x) ** 2 * x[::-1],
    "the tangent is handed on": lambda t, x: t,
    "a factor 2": lambda t, x: 2 * push(t, x),
    "0.05 % off": lambda t, x: 1.0005 * push(t, x),
    "transposed": lambda t, x: t / np.cosh(x) ** 2 * x[::-1] + (np.tanh(x) * t)[::-1],
    "one entry is wrong": lambda t, x: push(t, x) * (1 + (np.arange(x.size) == x.size // 2)),
}


@pytest.mark.parametrize("x", [POINT, POINT.astype(np.float32), WIDE.astype(np.float32)], ids=["3", "f32", "500"])
def test_the_right_rule_is_certified_and_wrong_ones_are_wrong(x: np.ndarray) -> None:
    witnesses = {"oracles": (enclosure,) if x.size > 16 else CERTIFY}
    right = verify.check(product, x, jvp=push, **witnesses)
    assert named(right) == "CERTIFIED", right.explain()
    for name, rule in WRONG.items():
        finding = verify.check(product, x, jvp=rule, **witnesses)
        assert named(finding) == "WRONG", (name, finding.explain())


def test_a_rule_for_a_number_as_output() -> None:
    f = lambda x: np.sum(np.sin(x))  # noqa: E731
    for x in (POINT, WIDE):
        assert named(verify.check(f, x, jvp=lambda t, x: np.sum(np.cos(x) * t))) == "CERTIFIED"
        assert named(verify.check(f, x, jvp=lambda t, x: np.sum(np.cos(x)))) == "WRONG"


def test_a_wrong_rule_is_told_from_rounding_by_running_it_exactly() -> None:
    wrong = verify.check(product, POINT, jvp=WRONG["one term is missing"])
    assert "evaluated exactly its formula is still outside the truth" in wrong.worst_point.reason
    lossy = verify.check(np.sin, 0.7, jvp=lambda t, x: (np.cos(x) + 1e8 - 1e8) * t)
    assert named(lossy) == "INACCURATE"


def test_along_unit_tangents_it_is_the_jacobian_and_along_others_the_step() -> None:
    assert prepare(Claim(product, POINT, jvp=push)).entries == ("x[0]", "x[1]", "x[2]")
    assert prepare(Claim(product, WIDE, jvp=push)).entries == ("step[0]", "step[1]")
    given = {"tangent": np.array([1.0, 0.0, -2.0])}
    assert prepare(Claim(product, POINT, jvp=push, **given)).entries == ("step[0]",)
    right, wrong = (verify.check(product, POINT, jvp=rule, **given) for rule in (push, WRONG["transposed"]))
    assert (named(right), named(wrong)) == ("CERTIFIED", "WRONG")
    assert right.worst_point.at == {"x": POINT.tolist()}
    assert right.worst_point.notes == ("asked along 1 tangent: the tangent given",)


def several(p: Any, y: Any, n: Any) -> Any:
    return {"a": p["w"] * y**n, "b": (np.sum(y) * p["b"],)}


def several_push(ts: Any, p: Any, y: Any, n: Any) -> Any:
    t, s = ts
    a = t["w"] * y**n + n * p["w"] * y ** (n - 1) * s
    return {"a": a, "b": (np.sum(s) * p["b"] + np.sum(y) * t["b"],)}


def test_containers_several_inputs_and_outputs() -> None:
    xs = ({"w": np.array([1.0, 2.0]), "b": 0.5}, np.array([0.3, -0.7]), np.array(3))
    assert named(verify.check(several, *xs, jvp=several_push)) == "CERTIFIED"
    wrong = {
        "b's tangent is lost": lambda ts, p, y, n: several_push(({**ts[0], "b": 0.0}, ts[1]), p, y, n),
        "y's tangent is lost": lambda ts, p, y, n: several_push((ts[0], 0 * y), p, y, n),
        "an output's is": lambda ts, p, y, n: {**several_push(ts, p, y, n), "b": (0.0,)},
    }
    for name, rule in wrong.items():
        assert named(verify.check(several, *xs, jvp=rule)) == "WRONG", name
    engine = lambda t, p, y, n: ad.jvp(lambda y: several(p, y, n), (y,), (t,))[1]  # noqa: E731
    assert named(verify.check(several, *xs, jvp=engine, wrt="y")) == "CERTIFIED"


BROKEN: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "shape": (lambda t, x: np.sum(x), r"the tangent of output 0 has shape (), the output has (3,)"),
    "a pair": (lambda t, x: (x, t), "2 arrays were returned as the tangent, f returns 1"),
    "complex": (lambda t, x: t + 0j, "return an array of real numbers"),
    "nothing": (lambda t, x: None, "the tangent of output 0 has shape ()"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_a_tangent_breaks_the_contract(name: str) -> None:
    rule, text = BROKEN[name]
    finding = verify.check(product, POINT, jvp=rule)
    assert named(finding) == "BROKEN_CONTRACT"
    assert text in finding.worst_point.reason


def test_kinks_and_domains() -> None:
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    for slope in (0.0, 0.5, 1.0):
        assert named(verify.check(relu, 0.0, jvp=lambda t, x, c=slope: c * t)) == "SUBGRADIENT"
    assert named(verify.check(relu, 0.0, jvp=lambda t, x: 2 * t)) == "NOT_A_SUBGRADIENT"
    total, zeros = (lambda x: np.sum(relu(x))), np.zeros(20)
    for slope, verdict in ((3.0, "SUBGRADIENT"), (30.0, "NOT_A_SUBGRADIENT")):
        finding = verify.check(total, zeros, jvp=lambda t, x, c=slope: c * np.sum(t) / 20, tangent=np.ones(20))
        assert named(finding) == verdict
    assert named(verify.check(np.log, np.array([1.0, -1.0]), jvp=lambda t, x: t / x)) == "UNDEFINED"


def test_a_rule_that_writes_into_its_arguments_spoils_nobody() -> None:
    def careless(t: Any, x: Any) -> Any:
        found = push(t, x)
        t *= 0
        x *= 0
        return found

    finding = verify.check(product, POINT, jvp=careless)
    assert named(finding) == "BROKEN_CONTRACT"
    assert finding.worst_point.gap <= finding.worst_point.allowed  # the value is right
    assert POINT[0] == 0.5
