"""Findings to render: made by hand, by the checker, hostile, and anything at all."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

import verify
from verify.counterexample import Counterexample, Given, Origin
from verify.finding import (
    Accuracy,
    Clause,
    Density,
    Error,
    Explanation,
    Finding,
    Kink,
    Passes,
    PointFinding,
    Report,
    RuleFacts,
    Says,
)
from verify.judge import Verdict
from verify.searched import SearchFacts, Side, Variant

HOSTILE = "<img src=x onerror=alert(1)>"
EVIL = HOSTILE + "\"'`|*_[x](javascript:alert(1))</script><script>alert(2)</script>&lt;{{7*7}}\n# x\n```\x1b[31m"
WITHOUT_SHRINKING = [phase for phase in Phase if phase.name not in ("shrink", "explain")]  # minutes for data so large
few = settings(deadline=None, max_examples=30, phases=WITHOUT_SHRINKING, suppress_health_check=list(HealthCheck))
law = settings(deadline=None, suppress_health_check=list(HealthCheck))


def says(witness: str, value: float | None = 2.0, radius: float = 1e-30, **more: object) -> Says:
    trusts = {"symbolic": ("meaning", "trace"), "reverse": ("rules", "sweep", "trace")}.get(witness, ("values",))
    return Says(witness, trusts, value=value, radius=None if value is None else radius, **more)  # type: ignore[arg-type]


WRONG_POINT = PointFinding(
    {"x": [1.0, 2.0]}, Verdict.WRONG, "a wrong formula, not rounding", entry="x[1]", yours=1.0, truth="2." + "0" * 38,
    gap=1.0, allowed=1e-15, units=1.6e13, resolution=3e-15, judged_by="symbolic", failing=("x[1]", "x[0]"),
    failures=11, failing_inputs=("x",), entries=12, notes=("a note",),
    witnesses=(
        says("symbolic", certified=True, digits="2." + "0" * 38), says("reverse", certified=True),
        says("difference", radius=3e-12), says("complex_step", None, refusal="np.abs is not holomorphic"),
    ),
    explanations=(
        Explanation("factor", "yours is 1/2 x the truth", ("entry", "yours"), (("x[0]", "1"), ("x[1]", "1"))),
    ),
    clauses=(Clause("linear in the cotangent", True), Clause("second order", None, "f has a kink"),),
    passes=Passes(1.2e13, 0.4e13),
)  # fmt: skip
RIGHT_POINT = dataclasses.replace(
    WRONG_POINT, verdict=Verdict.CERTIFIED, reason=Verdict.CERTIFIED.value, yours=2.0, gap=0.0, units=0.0,
    failing=(), failures=0, failing_inputs=(), notes=(), explanations=(), passes=None,
)  # fmt: skip


def finding(*points: PointFinding, **more: object) -> Finding:
    given = {
        "id": "mix", "title": "a mix", "function": "mix", "subject": "dmix", "judged": "gradient", "inputs": ("x",),
        "bar": 16.0, "roundoff": 2.0**-53, "seed": 7, "points": points or (WRONG_POINT,), "expect": ("ok",),
        "reason": "", "reproduce": "adverify check mix.py::mix", "formula": r"\text{x[1]}^{2}",
        "gradient": (("x[1]", r"2 \text{x[1]}"),),
    }  # fmt: skip
    return Finding(**(given | more))  # type: ignore[arg-type]


def hostile() -> Finding:
    """A finding with the hostile text in every place that holds text."""
    witness = Says(EVIL, (EVIL,), value=2.0, radius=1e-3, disputes=True)
    point = dataclasses.replace(
        WRONG_POINT, at={EVIL: EVIL}, reason=EVIL, entry=EVIL, judged_by=EVIL, failing=(EVIL,), notes=(EVIL,),
        failing_inputs=(EVIL,), witnesses=(witness, Says(EVIL, (), refusal=EVIL)), truth=EVIL,
        explanations=(Explanation(EVIL, EVIL, (EVIL,), ((EVIL,),)),), clauses=(Clause(EVIL, False, EVIL),),
    )  # fmt: skip
    names = ("id", "title", "function", "subject", "judged", "reason", "reproduce", "source", "suite")
    latex = rf"\text{{{HOSTILE}}} + {HOSTILE}"
    texts: dict[str, object] = dict.fromkeys(names, EVIL) | {"inputs": (EVIL,), "wrong_at": (EVIL,), "expect": (EVIL,)}
    error = Error(1e9, (0.1, -2.0), 1.0, 2.0)
    texts["rule"] = RuleFacts(EVIL, EVIL, (Kink((0.0,), (0.5,), jump=True),), (Accuracy(0, 9, 1, error, error),),
                              Density(EVIL, 11, 1, 6, 60), 4.0, EVIL)  # fmt: skip
    gradient = ((EVIL, latex), (EVIL, rf"\text{{{HOSTILE}}}"))
    given, origin = (Given(EVIL, "constant", EVIL, (), (EVIL,)),), Origin(EVIL, True, (EVIL, f"def f(): {EVIL!r}"))
    texts["counterexample"] = Counterexample(
        "WRONG", EVIL, "numpy", EVIL, EVIL, origin, (origin,), given, (EVIL,), ((EVIL, EVIL),), given, EVIL, given,
        EVIL, ((EVIL, EVIL),), EVIL, EVIL, 0, "0x1.0p+0", EVIL, "0x1.0p-53", 16.0,
    )  # fmt: skip
    return finding(point, point, **texts, proved=(EVIL,), exact=(EVIL,), formula=latex, gradient=gradient)


@functools.cache
def real() -> Report:
    """Findings of the checker itself: right, wrong, refused, several shapes."""
    x = np.array([0.5, 2.0])
    return Report(
        (
            verify.check("1/(1+exp(-(x*w+b)))", at={"x": 3.0, "w": 2.0, "b": 1.0}),
            verify.check(lambda x: np.sum(np.sin(x)), x, gradient=lambda x: 0.5 * np.cos(x), id="half"),
            verify.check(lambda x: np.sin(x), x, jacobian=lambda x: np.diag(np.cos(x)), id="square"),
            verify.check(np.log, -1.0, gradient=lambda x: 1 / x, id="outside"),
            verify.check(np.exp, np.nan, gradient=np.exp, id="nan"),
            verify.check(lambda x: np.sum(x), x, gradient=lambda x: np.array([np.nan, np.inf]), id="not finite"),
            verify.check(np.sin, 1.0, gradient=lambda x: 1 / 0, id="raises"),
        ),
        ("a.jsonl line 3: not JSON",),
    )


# --- anything at all as a finding

text = st.text(max_size=12)
texts = st.lists(text, max_size=3).map(tuple)
number = st.one_of(st.none(), st.floats())
at = st.dictionaries(text, st.recursive(
    st.one_of(st.floats(), st.integers(), st.complex_numbers(), text.filter(lambda t: t not in ("nan", "inf", "-inf"))),
    lambda inner: st.lists(inner, max_size=3), max_leaves=6,
), max_size=3)  # fmt: skip
whole = st.integers(0, 10**6)
digits = st.one_of(text, st.floats().map(repr))
a_witness = st.builds(Says, text, texts, st.booleans(), number, number, digits, text, st.booleans())
an_explanation = st.integers(0, 3).flatmap(lambda n: st.builds(
    Explanation, text, text, st.tuples(*[text] * n), st.lists(st.tuples(*[text] * n), max_size=2).map(tuple),
))  # fmt: skip
a_clause = st.builds(Clause, text, st.none() | st.booleans(), text)
a_point = st.builds(
    PointFinding, at, st.sampled_from(Verdict), text, text, whole, number, digits, number, number, number, number,
    text, texts, whole, texts, whole, st.lists(a_witness, max_size=3).map(tuple), texts,
    st.lists(an_explanation, max_size=2).map(tuple), st.lists(a_clause, max_size=2).map(tuple),
    st.none() | st.builds(Passes, st.floats(), st.floats()),
)  # fmt: skip
some = st.integers(0, 3)
numbers = st.lists(st.floats(), max_size=3).map(tuple)
operands = st.lists(st.floats() | st.booleans(), max_size=3).map(tuple)
an_error = st.none() | st.builds(Error, st.floats(), operands, st.floats(), st.floats())
an_accuracy = st.builds(Accuracy, some, whole, whole, an_error, an_error)
a_rule = st.builds(
    RuleFacts, text, text, st.lists(st.builds(Kink, numbers, numbers, st.booleans()), max_size=2).map(tuple),
    st.lists(an_accuracy, max_size=2).map(tuple), st.none() | st.builds(Density, text, some, some, some, some),
    st.floats(), text,
)  # fmt: skip
pairs = st.lists(st.tuples(text, text), max_size=2).map(tuple)
hexadecimal = st.floats().map(float.hex) | text
a_given = st.lists(st.builds(
    Given, text, st.sampled_from(["array", "scalar", "number", "constant"]), text | st.just("float64"),
    st.lists(some, max_size=2).map(tuple), st.lists(hexadecimal, max_size=3).map(tuple),
), max_size=2).map(tuple)  # fmt: skip
an_origin = st.builds(Origin, text, st.booleans(), texts)
a_counterexample = st.builds(
    Counterexample, st.sampled_from(sorted(Verdict.__members__)), text, st.sampled_from(["numpy", "torch", "jax"]),
    text, text, an_origin, st.lists(an_origin, max_size=2).map(tuple), a_given, texts, pairs, a_given, text, a_given,
    text, pairs, text, text, whole, hexadecimal, digits, hexadecimal, st.floats(),
)  # fmt: skip
a_search = st.builds(
    SearchFacts, *[whole] * 6, texts, st.lists(st.builds(Side, text, whole), max_size=2).map(tuple),
    texts, number, at, st.lists(st.builds(Variant, text, text), max_size=2).map(tuple), whole, text,
)  # fmt: skip
a_finding = st.builds(
    Finding, text, text, text, text, st.sampled_from(["gradient", "vjp", "engine"]), texts, st.floats(), st.floats(),
    whole, st.lists(a_point, min_size=1, max_size=3).map(tuple), texts, text, text, text,
    st.lists(st.tuples(text, text), max_size=2).map(tuple), text, text, texts, texts, texts, st.none() | a_rule,
    st.none() | a_counterexample, st.none() | a_search,
)  # fmt: skip
a_report = st.builds(Report, st.lists(a_finding, max_size=3).map(tuple), texts)
