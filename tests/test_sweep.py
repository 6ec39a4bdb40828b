"""The search for the worst point: each of its parts finds what it is there for, and no right gradient is accused.

Facts
    Sweeps take a second or two; the planted mistakes are all swept in a slow test, a fixed sample of them here.
    Times are not tested: the budget of a test is generous, so that a busy machine finds what an idle one does.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.finding import Finding, Report
from verify.judge import Verdict
from verify.question import fresh, prepare
from verify.render.html import finding_html
from verify.render.json import ReportError, finding_to_json, report_from_json, report_text, report_to_json, schema
from verify.render.known import searched as searched_text
from verify.render.text import explain
from verify.search import scouting
from verify.search.cells import edges_along, from_ordered, ordered, paths_at
from verify.search.constants import numbers_in
from verify.search.coverage import sides_tried
from verify.search.judging import Judging
from verify.search.overflow import within_reach
from verify.search.screening import RIGHT, WRONG, Clock
from verify.search.shapes import variants
from verify.search.sweeping import claim_there, searched, worst_claim
from verify.searched import SearchFacts
from verify.single import IS_WRONG
from verify.subject import answer
from verify.suites.planted import PLANTED, Planted

AMPLE = 30.0  # seconds: a sweep that the budget ends is another one on a busy machine
THRESHOLD = 41.5
SAMPLE = ("tanh", "larger of two", "softplus", "band of an if", "a zero entry", "length 1")
UNDECIDED = {"weights by rank"}  # ties of np.sort, which no witness decides: the sweep says so, and finds nothing
BY_ID = {planted.id: planted for planted in PLANTED}


@pytest.fixture(autouse=True)
def shorter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quick tests screen the first 500 points of a sweep; the slow ones all that a default sweep does."""
    if request.node.get_closest_marker("slow") is None:
        monkeypatch.setattr(scouting, "SCREENED", 500)
        monkeypatch.setattr(scouting, "DRAWN", 60)


def swept(planted: Planted, subject: Any, **options: Any) -> Finding:
    return verify.sweep(planted.f, *planted.xs, budget=AMPLE, **options, **{planted.judged: subject})


def sine(x: Any) -> Any:
    return np.sin(x)


def tanh(x: Any) -> Any:
    return np.tanh(x)


def facts(finding: Finding) -> SearchFacts:
    assert finding.search is not None
    return finding.search


# --- the planted mistakes


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sweep_finds_the_mistake_and_accuses_no_right_gradient(name: str) -> None:
    planted = BY_ID[name]
    assert swept(planted, planted.wrong).verdict in IS_WRONG
    assert swept(planted, planted.right).ok


@pytest.mark.slow
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.id)
def test_a_sweep_finds_every_planted_mistake(planted: Planted) -> None:
    assert (swept(planted, planted.wrong).verdict in IS_WRONG) == (planted.id not in UNDECIDED)
    assert swept(planted, planted.right).verdict not in IS_WRONG


def test_the_planted_mistakes_do_not_show_at_their_examples() -> None:
    assert len(PLANTED) >= 60
    assert len(BY_ID) == len(PLANTED)
    for planted in PLANTED:
        claims = [Claim(planted.f, *planted.xs, **{planted.judged: s}) for s in (planted.right, planted.wrong)]
        right, wrong = (answer(prepare(claim)) for claim in claims)
        assert np.allclose(right, wrong, rtol=1e-12, atol=0), planted.id


# --- where a sweep looks


def test_ranges_bound_the_search() -> None:
    def wrong(x: Any) -> Any:
        return np.cos(x) if x < 5 else 0 * x

    assert verify.sweep(sine, 1.0, gradient=wrong, domain={"x": (-4.0, 4.9)}, budget=AMPLE).ok
    found = verify.sweep(sine, 1.0, gradient=wrong, domain={"x": (-4.0, 5.1)}, budget=AMPLE)
    assert found.verdict is Verdict.WRONG
    assert all(-4.0 <= point.at["x"] <= 5.1 for point in found.points)


def test_a_domain_that_is_drawn_keeps_what_the_points_must_be() -> None:
    def draw(rng: np.random.Generator) -> tuple[Any, ...]:
        a = rng.normal(size=(2, 2))
        return (a @ a.T + 0.1 * np.eye(2),)

    def inverse(a: Any) -> Any:
        return np.array([[a[1, 1], -a[0, 1]], [-a[1, 0], a[0, 0]]]) / (a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0])

    def log_determinant(a: Any) -> Any:
        return np.log(a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0])

    example = np.array([[2.0, 0.3], [0.3, 1.0]])

    def wrong(a: Any) -> Any:
        return inverse(a) if a[0, 1] > 0 else 0.999 * inverse(a)

    for subject, right in ((inverse, True), (wrong, False)):
        finding = verify.sweep(log_determinant, example, gradient=subject, domain=draw, budget=AMPLE)
        assert finding.ok == right
        assert facts(finding).outside == 0
    with pytest.raises(ClaimError, match="domain= draws a point"):
        verify.sweep(log_determinant, example, gradient=inverse, domain=lambda rng: (np.zeros(3),))
    with pytest.raises(ClaimError, match=r"domain= raised TypeError: .*: it is called as draw\(rng\)"):
        verify.sweep(log_determinant, example, gradient=inverse, domain=lambda: (example,))


def test_given_points_are_judged_and_no_others() -> None:
    finding = verify.sweep(sine, 1.0, gradient=lambda x: 1.0 if x == 3.0 else np.cos(x), points=[(2.0,), (3.0,)])
    assert [point.at["x"] for point in finding.points] == [3.0, 2.0]
    assert finding.verdict is Verdict.WRONG
    assert verify.sweep(sine, 1.0, gradient=np.cos, points=[2.0, 3.0]).ok


def test_points_outside_the_domain_count_only_when_there_are_no_others() -> None:
    finding = verify.sweep(np.log, 1.0, gradient=lambda x: 1 / x, budget=AMPLE)
    assert finding.ok
    assert facts(finding).outside > 100
    assert verify.sweep(np.log, -1.0, points=[(-1.0,), (-2.0,)]).verdict is Verdict.UNDEFINED


def test_subnormals_are_tried_when_asked_for() -> None:
    def wrong(x: Any) -> Any:
        return np.where((x != 0) & (np.abs(x) < 1e-308), 0.0, np.exp(x))

    assert verify.sweep(np.exp, 1.0, gradient=wrong, budget=AMPLE).ok
    assert verify.sweep(np.exp, 1.0, gradient=wrong, least=0.0, budget=AMPLE).verdict in IS_WRONG


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"domain": {"y": (0, 1)}}, "domain= names 'y'; the inputs are x"),
        ({"domain": {"x": (1, 0)}}, "domain= leaves nothing for x"),
        ({"domain": {"x": (0, float("nan"))}}, "domain= has the bound nan for x"),
        ({"domain": {"x": 3}}, "domain= is"),
        ({"points": 0}, "points= is 0"),
        ({"points": []}, "points= is empty"),
        ({"budget": 0}, "budget= is 0"),
        ({"least": -1}, "least= is -1"),
    ],
)
def test_a_sweep_that_cannot_be_asked_says_what_to_write(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        verify.sweep(sine, 1.0, gradient=np.cos, **options)


def test_a_sweep_of_the_engine_over_an_expression() -> None:
    finding = verify.sweep("x*exp(-x)", at={"x": 1.0}, domain={"x": (-5, 5)}, budget=AMPLE)
    assert finding.verdict is Verdict.CERTIFIED
    assert finding.formula


def test_a_point_is_judged_once() -> None:
    def cut(x: Any) -> Any:
        return np.where(np.abs(x) > 19, 0.0, 1 / np.cosh(x) ** 2)

    for derivative in (cut, lambda x: np.cosh(x) ** -2.0):
        judged = [point.at["x"].hex() for point in verify.sweep(tanh, 0.3, gradient=derivative, budget=AMPLE).points]
        assert len(set(judged)) == len(judged) > 3


def test_the_same_seed_gives_the_same_sweep() -> None:
    one, other = (verify.sweep(tanh, 0.3, budget=AMPLE, seed=4) for _ in range(2))
    assert facts(one).ended == ""
    assert one == other


def test_a_budget_that_is_over_is_told() -> None:
    finding = verify.sweep(tanh, 0.3, gradient=lambda x: np.cosh(x) ** -2.0, budget=0.03)
    assert "were tried" in facts(finding).ended
    assert "cut short" in explain(finding)


def test_one_undecided_point_is_no_points() -> None:
    told = dict(searched_text(SearchFacts(9, 2, 0, 0, 0, 1, ("x = 1.0: why",), (), (), None, {}, (), 0)))
    assert told["undecided"] == "1 point, such as x = 1.0: why"


def test_an_answer_that_raises_at_a_point_is_not_right() -> None:
    def raising(x: Any) -> Any:
        if x == 0:
            raise ZeroDivisionError("no")
        return np.cos(x)

    finding = verify.sweep(sine, 1.0, gradient=raising, budget=AMPLE)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "raised ZeroDivisionError" in finding.worst_point.reason


def test_what_overflows_on_the_way_accuses_nobody() -> None:
    def product(x: Any) -> Any:
        return x * x * x / (1 + x * x)

    def question(x: float) -> Any:
        return prepare(Claim(product, x))

    assert within_reach(question(1e100))
    assert within_reach(question(0.0))
    assert not within_reach(question(1e160))
    assert within_reach(prepare(Claim(lambda x: np.hypot(1.0, x), 1e300)))


# --- parts


def test_numbers_are_read_from_code_closures_modules_and_what_is_called() -> None:
    inner = 17.25

    def called(x: Any) -> Any:
        return x > 19.5

    def f(x: Any) -> Any:
        return x.T if x > THRESHOLD or x < inner or called(x) else 2.75

    assert {2.75, 17.25, 19.5, 41.5} <= set(numbers_in(f))
    assert 1e9 not in numbers_in(f, abs, np.sin)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_ordered_floats_are_in_the_order_of_the_floats(a: float, b: float) -> None:
    assert (ordered(a) < ordered(b)) == (a < b)
    assert from_ordered(ordered(a)) == a
    assert ordered(np.nextafter(a, np.inf)) - ordered(a) == 1 or a == np.finfo(float).max


def test_edges_are_found_to_neighbouring_floats() -> None:
    def f(x: Any, y: Any) -> Any:
        return np.where(x * y > 7.3, x, y) + np.sqrt(x)

    question = prepare(Claim(f, 2.0, 3.0))
    (path,) = paths_at(question)
    edges = edges_along(path, np.array([2.0, 3.0]), 0, np.array([-4.0, 0.5, 1.0, 2.0, 4.0]))
    texts = {edge.margin.text: (edge.below[0], edge.above[0]) for edge in edges if edge.margin.kind != "zero"}
    below, above = next(pair for text, pair in texts.items() if text.startswith("x*y : "))
    assert above == np.nextafter(below, 9)
    assert below * 3.0 <= 7.3 < above * 3.0
    assert any(-1e-300 < low <= 0 for text, (low, _) in texts.items() if "sqrt" in text)


def test_sides_that_no_point_reached_are_missed() -> None:
    question = prepare(Claim(lambda x: np.where(x > 1000, 0.0, np.abs(x)), 2.0))
    sides = sides_tried(paths_at(question), np.array([[1.0], [-3.0], [5.0]]))
    counted = {side.condition: side.tried for side in sides}
    assert counted["x > 0"] == 2
    assert counted["x < 0"] == 1
    assert counted["x > 1000"] == 0
    missed = dataclasses.replace(facts(verify.sweep(sine, 1.0, points=[(1.0,)])), sides=sides).missed
    assert missed == ("x > 1000",)


def test_a_copy_keeps_the_layout() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    for view in (x, np.asfortranarray(x), x[::-1, :, ::2], x.T[1:], np.broadcast_to(x[0], (2, 3, 4)), x[:, :0]):
        copy = fresh(view)
        assert np.array_equal(copy, view)
        assert copy.strides == view.strides or view.flags.c_contiguous
        assert not np.shares_memory(copy, view)


def test_variants_are_those_of_the_example() -> None:
    claim = Claim(lambda a, x: a @ x, np.ones((2, 3)), np.ones(3))
    texts = [text for text, _, _ in variants(claim, [20.0])]
    assert {"Fortran order", "negative strides", "not contiguous"} <= set(texts)
    assert {"shapes (2, 513), (513,)", "shapes (21, 3), (3,)", "shapes (2, 3), ()"} <= set(texts)
    assert not list(variants(Claim(lambda x: x * 2, np.ones(3), cotangent=np.ones(3)), []))
    reversed_ = next(other for text, other, _ in variants(claim, []) if text == "negative strides")
    assert reversed_.xs[1].strides == (-8,)
    assert prepare(reversed_).place(prepare(reversed_).leaves)[1].strides == (-8,)


def test_a_shape_that_the_judged_code_does_not_take_is_no_mistake() -> None:
    def three(x: Any) -> Any:
        return np.array([2 * x[0], 2 * x[1], 2 * x[2]])

    finding = verify.sweep(lambda x: np.sum(x * x), np.array([1.0, 2.0, 3.0]), gradient=three, budget=AMPLE)
    assert finding.ok
    outcomes = {variant.text: variant.outcome for variant in facts(finding).variants}
    assert outcomes["shapes (65,)"].startswith("not taken: the gradient of x has shape (3,)")


def test_the_worst_wrong_point_comes_with_its_claim() -> None:
    claim = Claim(np.tanh, 0.3, gradient=lambda x: 1.0 / np.cosh(x) ** 2 if x < 3 else 0.0)
    found = worst_claim(searched(claim, budget=AMPLE))
    assert found is not None
    point, there = found
    assert point.verdict is Verdict.WRONG
    assert there.xs[0] >= 3
    assert verify.check(there.f, *there.xs, gradient=there.subject).verdict is Verdict.WRONG
    assert claim_there(claim, point).xs == there.xs
    assert worst_claim(searched(Claim(np.tanh, 0.3), budget=AMPLE)) is None


# --- what is told


@pytest.fixture(scope="module")
def relu() -> Finding:
    return verify.sweep(
        lambda x: np.sum(np.maximum(x, 0)), np.array([1.0, -2.0]), gradient=lambda x: 1.0 * (x > 0), budget=AMPLE
    )


def test_a_sweep_tells_what_it_looked_at(relu: Finding) -> None:
    assert relu.verdict is Verdict.SUBGRADIENT
    text = explain(relu)
    for word in ("searched", "branches", "x[0] > 0", "edges", "shapes"):
        assert word in text
    assert facts(relu).boundaries[0] == "x[0] = 0"
    assert not facts(relu).missed
    page = finding_html(relu)
    assert "<dt>Searched</dt>" in page
    assert "x[0] &gt; 0" in page


def test_the_facts_of_a_search_survive_json(relu: Finding) -> None:
    data = report_to_json(Report((relu,)))
    jsonschema.Draft202012Validator(schema()).validate(json.loads(report_text(Report((relu,)))))
    assert report_from_json(json.loads(json.dumps(data))) == Report((relu,))
    assert finding_to_json(relu)["search"]["tried"] == facts(relu).tried
    data["findings"][0]["search"].pop("tried")
    with pytest.raises(ReportError, match=r"findings\[0\].search.tried"):
        report_from_json(data)


def test_what_looks_wrong_is_judged_although_the_budget_is_over() -> None:
    class Over(Clock):
        spent = 1e9  # type: ignore[assignment]

    judging = Judging(10, Over(1.0))
    assert judging.ask(Claim(sine, 1.0, gradient=np.cos), RIGHT) is None
    assert judging.ended == "1 chosen points were not judged"
    assert judging.ask(Claim(sine, 1.0, gradient=np.sin), WRONG) is Verdict.WRONG
    assert judging.ask(Claim(sine, 2.0, gradient=np.sin), WRONG) is None
