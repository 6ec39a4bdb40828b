"""The power of checks: every mutant is killed by a good check and survives one that cannot see it, which is flagged.

Facts
    A mutant has a right rule in each form in which it can be made, a check that kills it, and one that is blind to it:
    at its point the mutant answers as the right rule does. What is no mistake of a rule is not counted.
"""

from __future__ import annotations

import functools
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ad
import verify
from ad.dispatch import shown_name
from verify.checker import check_claim
from verify.claim import Claim
from verify.cli import OK, UNEXPECTED, USAGE, main
from verify.mutation.entries import EXPLAINED, entries, entry_power
from verify.mutation.judging import Judge
from verify.mutation.mutants import MUTANTS
from verify.mutation.outcome import KILLED, NOT_APPLICABLE, SURVIVED, Outcome, Power
from verify.mutation.rule import Spoilt, unspoilt
from verify.mutation.table import power
from verify.mutation.targets import FORWARD, REVERSE, operations, spoilt_op, targets_of
from verify.render.power import power_markdown

A = np.array([[1.5, -4.0, 0.7], [2.2, 0.3, -5.5]])
B = np.array([0.6, -3.5, 1.2])
C = np.array([2.5, 4.1, -0.8])
Z = np.array([1.0 + 2.0j, -4.0 + 0.5j])


def product(x: Any, w: Any) -> Any:
    return x * w


def product_vjp(g: Any, y: Any, x: Any, w: Any) -> Any:
    return g * w, np.sum(g * x, axis=0) if np.ndim(w) < np.ndim(x) else g * x


def both(x: Any) -> Any:
    return x * np.tanh(x)


def both_vjp(g: Any, y: Any, x: Any) -> Any:
    return g * (np.tanh(x) + x / np.cosh(x) ** 2)


def root_vjp(g: Any, y: Any, x: Any) -> Any:
    return g * 0.5 / np.sqrt(x)


def square_vjp(g: Any, y: Any, z: Any) -> Any:
    return 2 * g * z


def with_strides(subject: Any) -> bool:
    gaps = np.repeat(A, 2, axis=1)[:, ::2]
    return bool(np.allclose(subject(np.ones_like(A), gaps * B, gaps, B)[0], B * np.ones_like(A)))


def at(right: Callable[..., Any], f: Callable[..., Any], g: Any, *xs: Any) -> Callable[[Any], bool]:
    """A user's test of a backward pass at one point: no clause of the contract comes to its help."""
    return lambda subject: bool(np.allclose(subject(g, f(*xs), *xs)[0], right(g, f(*xs), *xs)[0]))


def outcome(found: Power, mutant: str) -> Outcome:
    (one,) = [one for one in found.outcomes if one.mutant == mutant]
    return one


def first_answer_only(subject: Any) -> bool:
    return bool(np.allclose(subject(np.ones_like(A), A * B, A, B)[0], B * np.ones_like(A)))


@functools.cache
def measured(claim: Claim, check: Callable[[Any], Any] | None = None) -> Power:
    return power(claim, check=check)


GOOD = Claim(both, B, vjp=both_vjp, id="good")
BROADCAST = Claim(product, A, B, vjp=product_vjp)
SQUARE = Claim(product, A[:, :2], C[:2], vjp=product_vjp)
PAIR = Claim(product, C, B, vjp=product_vjp)
ROOT = Claim(np.sqrt, 0.0, vjp=root_vjp)
COMPLEX = Claim(np.square, Z, vjp=square_vjp)


def of_both(*x: float, g: float | None = None) -> Claim:
    return Claim(both, np.array(x), vjp=both_vjp, cotangent=None if g is None else np.full(len(x), g))


# Of every mutant: a good check of a right rule, and a check of the same rule that is blind to it.
CHECKS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    **{
        name: ((GOOD,), (of_both(0.6, -3.5, g=0.0),))
        for name in ("sign", "factor 2", "factor 1.0001", "factor 0.9999", "detached", "float32 inside")
    },
    **{
        name: ((GOOD,), (GOOD, at(both_vjp, both, np.ones(2), np.array([0.6, -3.5]))))
        for name in ("ignores g", "g squared", "abs g")
    },
    **{
        name: ((GOOD,), (GOOD, at(both_vjp, both, np.ones(2), np.array([0.7, 0.7])))) for name in ("rolled", "reversed")
    },
    **{name: ((GOOD,), (of_both(0.0, 0.0),)) for name in ("dropped term", "overwritten")},
    "stale": ((GOOD,), (GOOD, at(both_vjp, both, np.ones(2), np.zeros(2)))),
    "unsummed": ((BROADCAST,), (Claim(product, 0 * A, B, vjp=product_vjp),)),
    "broadcast shape": ((BROADCAST,), (BROADCAST, first_answer_only)),
    "transposed": ((SQUARE,), (SQUARE, at(product_vjp, product, np.eye(2), np.ones((2, 2)), np.ones((2, 2))))),
    "swapped": ((PAIR,), (Claim(product, B, B, vjp=product_vjp),)),
    "one wrong entry": ((GOOD,), (of_both(1.5, 0.0),)),
    "x*x for x": ((GOOD,), (of_both(1.0, 0.0),)),
    "x*x for 2x": ((GOOD,), (of_both(2.0, 0.0),)),
    "zero in the tail": ((GOOD,), (of_both(0.5, -1.5),)),
    "zero for negative x": ((GOOD,), (of_both(0.5, 1.5),)),
    "NaN hidden": ((ROOT,), (ROOT, lambda subject: subject(1.0, 2.0, 4.0) == 0.25)),
    "wrong for n > 1": ((GOOD,), (Claim(both, 1.5, vjp=both_vjp),)),
    "wrong with strides": ((BROADCAST, with_strides), (BROADCAST, first_answer_only)),
    "conjugated": ((COMPLEX,), (Claim(np.square, Z, vjp=square_vjp, cotangent=np.zeros(2) + 0j),)),
}  # fmt: skip


def test_every_mutant_has_its_checks() -> None:
    assert CHECKS.keys() == MUTANTS.keys()
    assert all(mutant.name == name and mutant.says for name, mutant in MUTANTS.items())


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_killed_by_a_good_check_and_survives_a_blind_one(mutant: str) -> None:
    good, blind = CHECKS[mutant]
    seen, unseen = outcome(measured(*good), mutant), outcome(measured(*blind), mutant)
    assert (seen.became, unseen.became) == (KILLED, SURVIVED)
    assert seen.by
    assert seen.reason
    assert unseen.reason


# --- what is no mistake


NONE_HERE = {
    "transposed": (GOOD, "there is no matrix to transpose"),
    "swapped": (BROADCAST, "no two inputs have one shape"),
    "unsummed": (GOOD, "no input is broadcast"),
    "overwritten": (PAIR, "every input is used once"),
    "conjugated": (GOOD, "the derivative is real"),
    "ignores g": (Claim(np.sin, 1.0, gradient=np.cos), "the gradient of one number is given no cotangent"),
    "float32 inside": (Claim(both, B.astype(np.float32), vjp=both_vjp), "its inputs are no float64"),
    "stale": (Claim(np.negative, B, vjp=lambda g, y, x: -g), "the same answer at 12 generic points"),
    "NaN hidden": (GOOD, "the same answer at 12 generic points"),
    "wrong with strides": (Claim(np.sin, 1.0, gradient=np.cos), "every input lies in memory without gaps"),
}


@pytest.mark.parametrize("mutant", NONE_HERE)
def test_what_is_no_mistake_of_a_rule_is_not_counted(mutant: str) -> None:
    claim, why = NONE_HERE[mutant]
    found = outcome(measured(claim), mutant)
    assert (found.became, found.reason) == (NOT_APPLICABLE, why)


def test_a_domain_keeps_a_mistake_out_of_sight() -> None:
    found = power(np.log, np.array([0.5, 4.0]), vjp=lambda g, y, x: g / x)
    assert outcome(found, "zero for negative x").became == NOT_APPLICABLE
    assert outcome(found, "zero in the tail").became == KILLED


# --- forms


def both_gradient(x: Any) -> Any:
    return np.tanh(x) + x / np.cosh(x) ** 2


def total(x: Any) -> Any:
    return np.sum(both(x))


class Number:
    """A scalar class that multiplies."""

    def __init__(self, value: float, parents: tuple[tuple[Any, float], ...] = ()) -> None:
        self.value, self.parents, self.gradient = value, parents, 0.0

    def __mul__(self, other: Any) -> Any:
        return Number(self.value * other.value, ((self, other.value), (other, self.value)))

    def backward(self, g: float = 1.0) -> None:
        self.gradient += g
        for parent, slope in self.parents:
            parent.backward(g * slope)


@ad.custom(vjp=both_vjp)
def own(x: Any) -> Any:
    return x * np.tanh(x)


def second(t: Any, x: Any) -> Any:
    return t * (2 / np.cosh(x) ** 2 - 2 * x * np.tanh(x) / np.cosh(x) ** 2)


FORMS = {
    "gradient": Claim(total, B, gradient=both_gradient),
    "value_and_gradient": Claim(total, B, value_and_gradient=lambda x: (total(x), both_gradient(x))),
    "jacobian": Claim(both, B, jacobian=lambda x: np.diag(both_gradient(x))),
    "vjp": GOOD,
    "vjp pair": Claim(both, B, vjp=(lambda x: (both(x), x), lambda x, g: g * both_gradient(x))),
    "jvp": Claim(both, B, jvp=lambda t, x: t * both_gradient(x)),
    "hvp": Claim(total, B, hvp=second),
    "gradient of a container": Claim(
        lambda p: np.sum(p["w"] * np.tanh(p["b"])), {"w": B, "b": C},
        gradient=lambda p: {"w": np.tanh(p["b"]), "b": p["w"] / np.cosh(p["b"]) ** 2},
    ),
    "second order": Claim(total, B, gradient=both_gradient, order=2),
    "engine": Claim(both, B),
    "custom": Claim(own, B),
    "scalar class": Claim(
        lambda x, w: x * w, 3.5, -4.0,
        engine=verify.scalar_class(Number, value="value", gradient="gradient"),
    ),
}  # fmt: skip
EVERYWHERE = ("sign", "factor 2", "factor 1.0001", "detached")  # of every form; what else applies differs


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_rule_can_be_made_wrong(form: str) -> None:
    found = measured(FORMS[form])
    became = {(one.rule, one.mutant): one.became for one in found.outcomes}
    assert {became[rule, name] for rule in {rule for rule, _ in became} for name in EVERYWHERE} == {KILLED}
    assert len(found.killed) >= 6
    assert not found.unasked


@pytest.mark.parametrize("form", FORMS)
def test_the_rule_as_it_is_stays_right(form: str) -> None:
    for target in targets_of(FORMS[form]):
        assert check_claim(target.spoilt(unspoilt)).ok


@pytest.mark.parametrize("mode", [REVERSE, FORWARD])
def test_an_operation_is_replaced_by_one_with_a_mistake(mode: str) -> None:
    (op,) = operations(Claim(np.exp, 1.0))
    wrong = spoilt_op(op, Spoilt(MUTANTS["factor 2"]), mode)
    rule = (wrong.vjp if mode == REVERSE else wrong.jvp)(0, 1.0, np.exp(1.0), (1.0,), {})
    other = (wrong.jvp if mode == REVERSE else wrong.vjp)(0, 1.0, np.exp(1.0), (1.0,), {})
    assert (rule, other) == (2 * np.exp(1.0), np.exp(1.0))
    assert (wrong.step is None) == (mode == REVERSE)  # the step is another way to say the vjp


# --- the judgement


def test_the_quick_judgement_is_that_of_the_whole_check() -> None:
    rng = random.Random(5)
    for form in rng.sample(list(FORMS), 5):
        claim = FORMS[form]
        if claim.judged == "engine":
            continue
        (target,) = targets_of(claim)
        judge = Judge(target)
        for mutant in rng.sample(list(MUTANTS.values()), 6):
            seen = judge.sees(target.spoilt(Spoilt(mutant)))
            assert bool(seen) <= (not check_claim(target.spoilt(Spoilt(mutant))).ok), (form, mutant.name)
            assert bool(seen) or check_claim(target.spoilt(Spoilt(mutant))).ok or claim.judged in ("jvp", "vjp")


def test_checks_at_several_points_count_together() -> None:
    positive, negative = of_both(0.5, 4.5), of_both(-0.5, -1.5)
    assert outcome(measured(positive), "zero for negative x").became == SURVIVED
    assert outcome(power([positive, negative]), "zero for negative x").became == KILLED


def test_a_check_that_fails_or_expects_a_mistake_measures_nothing() -> None:
    wrong = Claim(np.sin, 1.0, gradient=np.sin)
    known = Claim(np.sin, 1.0, gradient=np.sin, expect="WRONG", reason="sin is not cos")
    assert [power(claim).applicable for claim in (wrong, known)] == [0, 0]
    assert "fails as it is: WRONG" in power(wrong).unasked[0]
    assert "expects WRONG" in power(known).unasked[0]
    assert not power(wrong).ok


def test_a_function_that_raises_is_not_asked() -> None:
    def broken(x: Any) -> Any:
        raise RuntimeError("no")

    found = power([Claim(broken, 1.0), Claim(np.exp, 1.0)])
    assert found.unasked == ("broken raised RuntimeError: no",)
    assert found.killed


def test_a_test_of_ones_own_is_measured() -> None:
    def loose(df: Any) -> None:
        assert abs(df(2.5) - np.cos(2.5)) < 1e-2, "too far"

    found = power(np.sin, 2.5, gradient=np.cos, check=loose)
    assert outcome(found, "factor 2").became == KILLED
    assert outcome(found, "factor 1.0001").became == SURVIVED
    assert outcome(found, "factor 2").reason == "AssertionError: too far"
    idle = power(np.sin, 2.5, gradient=np.cos, check=lambda df: None)
    assert not idle.killed
    assert idle.vacuous[0].reason == "it kills none of the mutants"


# --- checks that could not have failed


VACUOUS = {
    "the cotangent is 0": of_both(0.6, -3.5, g=0.0),
    "the derivative is 0 at every entry": of_both(0.0, 0.0),
    "every input is 2, which hides x*x for 2x": Claim(np.sin, 2.0, vjp=lambda g, y, x: g * np.cos(x)),
    "every input is 0 and 1, which hides x*x for x": of_both(0.0, 1.0),
    "all entries of an input are equal, which hides rolled": Claim(
        lambda x: np.sum(np.sin(x)), np.array([0.7, 0.7]), gradient=np.cos,
    ),
    "a matrix is symmetric": Claim(
        lambda x: np.sum(np.sin(x)), np.array([[1.5, 4.0], [4.0, -2.5]]), gradient=np.cos,
    ),
    "there is a single entry": Claim(both, 4.5, vjp=both_vjp),
}  # fmt: skip


@pytest.mark.parametrize("reason", VACUOUS)
def test_a_check_that_could_not_have_failed_is_flagged(reason: str) -> None:
    (flagged,) = measured(VACUOUS[reason]).vacuous
    assert reason in flagged.reason
    assert flagged.blind


def test_a_good_check_is_not_flagged() -> None:
    assert measured(GOOD).vacuous == measured(BROADCAST).vacuous == ()


# --- what is shown


def test_the_table_names_survivors_and_reads_back_as_json() -> None:
    found = measured(of_both(0.5, -1.5))
    text, data = found.explain(), json.loads(json.dumps(found.to_json()))
    assert "zero in the tail     SURVIVED  the answer is the same, bit for bit" in text
    assert data["counts"] == {name: len(found.which(name)) for name in (KILLED, SURVIVED, NOT_APPLICABLE)}
    assert data["outcomes"][0]["mutant"] == "sign"
    assert data["ok"] is False
    with pytest.raises(TypeError, match=r"power\.ok"):
        bool(found)


def test_the_document_counts_mutants_and_names_survivors() -> None:
    one = Power("ops/f", (Outcome("f", "sign", KILLED, "ops/f"), Outcome("f", "stale", SURVIVED, reason="same")))
    page = power_markdown([one], {"sign": "wrong sign", "stale": "before"}, {("f", "stale"): "it is linear"})
    assert "2 mutants of 1 functions: 1 killed, 1 survived (50.00 % killed)" in page
    assert "| f | stale | same | it is linear |" in page
    assert "| a claim | 1 |" in page
    assert "NOT EXPLAINED" in power_markdown([one], {}, {})


CLAIMS = """
import numpy as np
import verify

def f(x): return np.sum(np.sin(x))
def df(x): return np.cos(x)
near = verify.Claim(f, np.array([0.5, -1.5]), gradient=df)
far = verify.Claim(f, np.array([4.5, -2.0]), gradient=df)
"""


@pytest.fixture
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("claims.py").write_text(CLAIMS)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["power", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.usefixtures("claims")
def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    near = said(capsys, "claims.py::near")
    assert near[0] == UNEXPECTED
    assert "zero in the tail     SURVIVED" in near[1]
    together = said(capsys, "claims.py")
    assert "zero in the tail     killed    by far" in together[1]
    status, out, _ = said(capsys, "ops/tanh", "--json")
    assert status == OK
    assert json.loads(out)["counts"]["survived"] == 0
    assert said(capsys, "x*w", "--at", "x=[1.5,-4],w=[2,5]")[1].startswith("power of x*w: ")
    assert said(capsys, "claims.py", "--at", "x=3")[0] == USAGE
    assert said(capsys, "no such thing")[0] == USAGE


# --- the op table


SAMPLE = random.Random(3).sample(entries(), 8)  # with some 300 mutants
LEAST = 0.99  # of the mutants of the table that are killed


def unexplained(powers: Sequence[Power]) -> list[tuple[str, str]]:
    return [(o.rule, o.mutant) for found in powers for o in found.survived if (o.rule, o.mutant) not in EXPLAINED]


@pytest.mark.parametrize("function", SAMPLE, ids=shown_name)
def test_a_sample_of_the_table_kills_its_mutants(function: Any) -> None:
    found = entry_power(function)
    assert found.applicable > 15
    assert unexplained([found]) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_table_kills_its_mutants() -> None:
    powers = {shown_name(function): entry_power(function) for function in entries()}
    counts = Counter(o.became for found in powers.values() for o in found.outcomes)
    assert counts[KILLED] + counts[SURVIVED] >= 2000
    assert counts[KILLED] >= LEAST * (counts[KILLED] + counts[SURVIVED])
    assert unexplained(list(powers.values())) == []
    survived = {(o.rule, o.mutant) for found in powers.values() for o in found.survived}
    assert EXPLAINED.keys() <= survived
    assert all(len(why) > 20 for why in EXPLAINED.values())
