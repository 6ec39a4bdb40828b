"""Sources of claims: what a file, a directory and the built-in suites yield, and that their verdicts hold."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import verify
from ad.dispatch import entries_of, shown_name
from ad.variable import MEANINGS, TABLE
from verify.catalogue import OUTSIDE, Group, claim_files, find, half_digit, load, outside, suite_names
from verify.checker import check_points
from verify.finding import Finding
from verify.judge import Verdict
from verify.oracles import symbolic
from verify.question import prepare
from verify.render.documents import findings_of_ops
from verify.render.rules import rules_markdown
from verify.suite import ReferencePoint, SuiteError, built_in
from verify.suites import coverage, handwritten, mistakes
from verify.suites.case import Case
from verify.testimony import excludes

SIZES = {
    "ops": 103, "special": 26, "teaching": 14, "handwritten": 22, "mistakes": 34, "feynman": 120, "strogatz": 14,
    "fpbench": 115,
}  # fmt: skip
SAMPLE = 8  # groups of each suite that are checked here; `make report` checks all


@functools.cache
def groups_of(suite: str) -> tuple[Group, ...]:
    return tuple(group for group in load("built-in") if group.suite == suite)


@functools.cache
def finding_of(id: str) -> Finding:
    group = find(id)
    assert group is not None, id
    return check_points(group.claims, group.suite, group.reproduce)


def spread(groups: Sequence[Any], count: int) -> list[Any]:
    """So many of them, at equal distances, the first and the last among them."""
    return [groups[round(i)] for i in np.linspace(0, len(groups) - 1, min(count, len(groups)))]


# --- the built-in suites


def test_the_built_in_suites_are_complete_and_every_id_is_there_once() -> None:
    groups = load("built-in")
    sizes = Counter(group.suite for group in groups)
    tables = {"ops": len(TABLE) + len(MEANINGS), "special": len(entries_of("scipy.special"))}
    tables["coverage"] = len(coverage.claims())
    assert sizes == SIZES | tables
    assert list(sizes) == suite_names() == [suite.name for suite in built_in()]
    assert all(n == 1 for n in Counter(group.id for group in groups).values())
    assert all(group.id.startswith(f"{group.suite}/") for group in groups)
    assert all(group.reproduce == f"adverify check {group.id}" for group in groups)


def test_every_row_is_asked_at_five_seeded_points_and_at_its_outside_values() -> None:
    for suite in built_in():
        rows = {row.id: row for row in suite.rows}
        for group in groups_of(suite.name) if rows else ():
            row = rows[group.id]
            known = [claim for claim in group.claims if claim.outside]
            assert len(group.claims) - len(known) == 5, group.id
            assert len(known) == sum(point.converged for point in row.reference)


@pytest.mark.parametrize("suite", SIZES)
def test_a_sample_of_every_suite_ends_as_expected(suite: str) -> None:
    for group in spread(groups_of(suite), SAMPLE):
        finding = finding_of(group.id)
        assert finding.as_expected, finding.explain()
        assert finding.ok == (group.claims[0].expect == {"ok"})


@pytest.mark.parametrize("suite", ["ops", "teaching", "feynman"])
def test_the_same_sample_with_a_wrong_engine_is_noticed(suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: with rules that are off by one part in a thousand no claim with such a rule is accepted."""
    spoilt = (np.add, np.multiply, np.divide)
    for function in spoilt:
        op = TABLE[function]
        monkeypatch.setitem(TABLE, function, replace(op, vjp=lambda *a, rule=op.vjp: 1.001 * rule(*a)))
    names = {"ops": {f"ops/{shown_name(f)}" for f in spoilt}, "teaching": {"teaching/neuron"}}
    chosen = names.get(suite, {group.id for group in spread(groups_of(suite), SAMPLE)})
    for group in groups_of(suite):
        if group.id in chosen:
            finding = check_points(group.claims)
            assert finding.verdict is Verdict.WRONG, finding.explain()


def test_every_fpbench_row_that_is_not_expected_to_be_right_has_a_reason_and_that_verdict() -> None:
    hard = [group for group in groups_of("fpbench") if group.claims[0].expect != {"ok"}]
    assert len(hard) >= 4
    for group in hard:
        finding = finding_of(group.id)
        assert finding.as_expected, finding.explain()
        assert len(finding.reason) > 40
        assert finding.verdict in (Verdict.INACCURATE, Verdict.INCONCLUSIVE, Verdict.UNDEFINED)


# --- hand-written gradients

BY_ID = {f"handwritten/{case.id}": case for case in handwritten.RIGHT} | {
    f"mistakes/{case.id}": case for case in mistakes.WRONG
}
RIGHT = [id for id in BY_ID if id.startswith("handwritten/")]
WRONG = [id for id in BY_ID if id.startswith("mistakes/")]


def names_the_mistake(finding: Finding, case: Case) -> bool:
    """Whether a finding is WRONG in just the inputs of the case, and in just its entries where it lists them."""
    point = finding.worst_point
    inputs = {case.wrong_input, *case.also_wrong}
    if finding.verdict is not Verdict.WRONG or set(point.failing_inputs) != inputs:
        return False
    if case.wrong_entries is None:
        return point.entry == point.failing[0]
    entries = {f"{case.wrong_input}[{', '.join(map(str, index))}]" for index in case.wrong_entries}
    return point.failures == len(entries) and set(point.failing) == entries


def test_there_are_at_least_ten_right_gradients_and_as_many_wrong_ones() -> None:
    assert len(RIGHT) == SIZES["handwritten"] >= 10
    assert len(WRONG) == SIZES["mistakes"] >= 10


@pytest.mark.parametrize("id", RIGHT)
def test_a_right_gradient_is_accepted(id: str) -> None:
    finding = finding_of(id)
    assert finding.verdict is Verdict.CERTIFIED, finding.explain()
    assert finding.as_expected


@pytest.mark.parametrize("id", WRONG)
def test_a_wrong_gradient_is_refused_with_input_and_entries_named(id: str) -> None:
    finding, case = finding_of(id), BY_ID[id]
    assert names_the_mistake(finding, case), finding.explain()
    assert finding.as_expected
    assert not replace(finding, wrong_at=("another",)).as_expected
    assert not names_the_mistake(finding, replace(case, wrong_input="another", also_wrong=()))
    if case.wrong_entries is not None:
        assert not names_the_mistake(finding, replace(case, wrong_entries=case.wrong_entries[1:]))


def test_a_right_gradient_names_no_mistake() -> None:
    assert not any(names_the_mistake(finding_of(id), BY_ID[id]) for id in RIGHT)


# --- digits from elsewhere


def disputes(group: Group, changed: int = 0) -> list[str]:
    """Points of a row where the exact gradient and the outside digits exclude each other.

    changed: how many units of the 27th digit to add to every outside value first.
    """
    found = []
    for claim in group.claims:
        if not claim.outside:
            continue
        given = claim.outside[OUTSIDE]
        moved = replace(given, low=given.low + changed * 2 * given.radius)
        if excludes(moved, symbolic(prepare(claim))):  # type: ignore[arg-type]
            found.append(str(claim.xs))
    return found


def exact_is_known(group: Group) -> bool:
    return all(isinstance(symbolic(prepare(claim)), verify.Estimate) for claim in group.claims if claim.outside)


@pytest.mark.parametrize("suite", ["feynman", "strogatz"])
def test_every_exact_gradient_agrees_with_outside_values_to_27_digits(suite: str) -> None:
    wrong = {group.id: found for group in groups_of(suite) if (found := disputes(group))}
    assert wrong == {}
    assert all(exact_is_known(group) for group in groups_of(suite))


@pytest.mark.parametrize("changed", [-1, 1])
@pytest.mark.parametrize("suite", ["feynman", "strogatz"])
def test_a_change_of_one_in_the_27th_digit_is_noticed_at_every_point(suite: str, changed: int) -> None:
    for group in groups_of(suite):
        known = [claim.outside[OUTSIDE].value for claim in group.claims if claim.outside]
        assert len(disputes(group, changed)) == sum(bool(np.any(value)) for value in known), group.id


def test_a_finding_whose_outside_value_is_off_says_so() -> None:
    claim = next(claim for claim in groups_of("strogatz")[0].claims if claim.outside)
    given = claim.outside[OUTSIDE]
    lying = verify.Claim(claim.f, *claim.xs, outside={OUTSIDE: replace(given, low=given.low + 2 * given.radius)})
    finding = check_points([lying])
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "reference and symbolic exclude each other" in finding.worst_point.reason


@pytest.mark.parametrize(
    ("digits", "unit"),
    [("1", 5e-27), ("9.9", 5e-27), ("0.1", 5e-28), ("-123.4", 5e-25), ("0", 0.0), ("1e-320", 5e-324), ("1e300", 5e273)],
)
def test_half_a_unit_of_the_27th_digit(digits: str, unit: float) -> None:
    assert half_digit(Decimal(digits)) == unit


def test_outside_digits_are_kept_beyond_float64() -> None:
    digits = "0.123456789012345678901234567"
    found = outside(ReferencePoint({"x": 1.0}, "0", {"x": digits}, True, False), ["x"])
    high, low = (Decimal(float(part[0, 0])) for part in (found.value, found.low))
    assert abs(high + low - Decimal(digits)) < Decimal("1e-33") < abs(high - Decimal(digits))
    assert found.digits == ((digits,),)


# --- files

ROW = {"id": "a", "variables": [{"name": "x", "low": 0.5, "high": 2}], "expr": "x*x"}


def reference(**changes: Any) -> str:
    point = {"x": {"x": 1.5}, "f": "2.25", "grad": {"x": "3"}, "converged": True, "wide": False, **changes}
    return json.dumps({"id": "a", "points": [point]})


def test_a_reference_file_beside_a_suite_testifies(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW))
    (tmp_path / "rows_ref.jsonl").write_text(reference())
    [group] = load(str(file))
    assert len(group.claims) == 6
    assert group.claims[-1].xs == (1.5,)
    assert check_points(group.claims).verdict is Verdict.CERTIFIED
    (tmp_path / "rows_ref.jsonl").write_text(reference(grad={"x": "3.00000000000000000000000002"}))
    assert check_points(load(str(file))[0].claims).verdict is Verdict.INCONCLUSIVE
    (tmp_path / "rows_ref.jsonl").write_text(reference(converged=False))
    assert len(load(str(file))[0].claims) == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (reference(x={"y": 1.0}), "a: reference point 1: field 'x' names y; the variables are x"),
        (reference(grad={}), "field 'grad' names nothing; the variables are x"),
        (reference(grad={"x": "three"}), "grad of 'x' is 'three', not a number"),
        (reference(grad={"x": "nan"}), "grad of 'x' is 'nan', not a number"),
        (reference().replace('"a"', '"b"'), "rows_ref.jsonl: points for 'b', which rows.jsonl does not hold"),
    ],
)
def test_a_reference_that_does_not_fit_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW))
    (tmp_path / "rows_ref.jsonl").write_text(text)
    with pytest.raises(SuiteError, match=message):
        load(str(tmp_path / "rows.jsonl"))


def test_a_file_is_read_again_once_it_has_changed(tmp_path: Path) -> None:
    claim = "import verify\nX = verify.Claim('x', at={'x': 1.0})"
    for name, text in {"a.jsonl": json.dumps(ROW), "a.py": claim}.items():
        file = tmp_path / name
        file.write_text(text)
        first = load(str(file))
        assert load(str(file)) is first
        file.write_text(text.replace("'x', at", "'2*x', at").replace("x*x", "x*x*x"))
        os.utime(file, ns=(1, 1))  # whatever the clock's resolution
        assert load(str(file))[0].claims[0].text in ("2*x", "x*x*x")


NAMES = '''
import numpy as np
import verify
def f(x): return np.sin(x)
alone = verify.Claim(f, 1.0)
stated = verify.Claim(f, 1.0, id="my own")
again = alone
LIST = [verify.Claim(f, 2.0), verify.Claim(f, 3.0), verify.Claim("x*x", at={"x": 1.0}), verify.Claim(lambda x: x, 1.0)]
_private = verify.Claim(f, 4.0)
def claims(): return [verify.Claim(f, 5.0, id="made")]
EXPRESSIONS = [("half", "x/2", {"x": 1})]
'''


def test_claims_of_a_module_are_called_by_id_then_variable_then_function(tmp_path: Path) -> None:
    file = tmp_path / "named.py"
    file.write_text(NAMES)
    ids = [group.id for group in load(str(file))]
    assert ids == ["made", "alone", "my own", "f", "LIST[1]", "LIST[2]", "LIST[3]", "named/half"]
    asked = {
        "alone": ["alone"], "again": ["alone"], "my own": ["my own"], "stated": ["my own"], "f": ["f"],
        "LIST[0]": ["f"], "LIST": ["f", "LIST[1]", "LIST[2]", "LIST[3]"], "half": ["named/half"], "made": ["made"],
    }  # fmt: skip
    for name, expected in asked.items():
        assert [group.id for group in load(f"{file}::{name}")] == expected
    for name in ("_private", "nothing", ""):
        with pytest.raises(SuiteError, match=f"has no claim named {name!r}"):
            load(f"{file}::{name}")


def test_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    for name, text in {"a": "'x*x'", "b": "'x*x*x'"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.py").write_text(f"import verify\nc = verify.Claim({text}, at={{'x': 2.0}})")
    texts = [group.claims[0].text for group in load(str(tmp_path))]
    assert texts == ["x*x", "x*x*x"]


def test_a_directory_yields_suites_and_leaves_other_files_alone(tmp_path: Path) -> None:
    claim = "import verify\nc = verify.Claim('x', at={'x': 1.0})"
    bomb = "raise RuntimeError('imported')"
    files = {
        "claims.py": claim, "deep/er/rows.jsonl": json.dumps(ROW), "deep/er/rows_ref.jsonl": reference(),
        "late.py": "def claims():\n    from verify import Claim as C\n    return [C('x', at={'x': 1.0})]",
        "none.py": "from verify import Claim", "script.py": bomb, "uses.py": f"import verify\n{bomb}",
        "test_it.py": claim + "\n" + bomb, "conftest.py": claim + "\n" + bomb, ".hidden/claims.py": bomb,
        "__pycache__/claims.py": bomb, "notes.txt": "Claim", "own.py": f"class Claim: pass\n{bomb}",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    seen = [file.relative_to(tmp_path).as_posix() for file in claim_files(tmp_path)]
    assert seen == ["claims.py", "deep/er/rows.jsonl", "late.py", "none.py"]
    assert [group.id for group in load(str(tmp_path))] == ["c", "a", "claims()[0]"]
    (tmp_path / "broken.py").write_text("def f(:")
    with pytest.raises(SuiteError, match=r"broken.py: cannot be read: SyntaxError"):
        load(str(tmp_path))


# --- the op table as a document


ROOT = Path(__file__).parent.parent
RULES = """
import sys
from verify.catalogue import load
from verify.render.documents import findings_of_ops
from verify.finding import Report
from verify.render.rules import rules_markdown
findings = [g.finding() for g in load("built-in") if g.suite == "ops"]
sys.stdout.write(rules_markdown(findings_of_ops(Report(tuple(findings)))))
"""


def rules_in_another_process(seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}  # the order of sets and the hashes of text change with it
    done = subprocess.run(
        [sys.executable, "-c", RULES], capture_output=True, text=True, timeout=100, env=environment, check=True
    )
    return done.stdout


@pytest.mark.slow  # CI's report makes the same table and compares it too
def test_rules_are_written_complete_and_as_committed_whatever_the_order_of_sets() -> None:
    text = rules_in_another_process("1")
    assert text == (ROOT / "reports" / "rules.md").read_text(encoding="utf-8")
    assert "not checked" not in text
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ")]
    names = {row.removeprefix("| ").replace("\\", "") for row in rows}
    assert {shown_name(f) for f in (*TABLE, *MEANINGS)} <= names


def test_an_op_that_was_not_checked_is_marked() -> None:
    findings = [check_points(group.claims, group.suite) for group in groups_of("ops")[:3]]
    text = rules_markdown(findings_of_ops(verify.Report(tuple(findings))))
    assert text.count("| not checked |") == len(TABLE) + len(MEANINGS) - 3
