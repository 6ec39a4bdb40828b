"""Rendering as data, text and files: nothing is lost, and a reader finds what decided. Every check has mutants."""

from __future__ import annotations

import ast
import dataclasses
import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from render_samples import EVIL, RIGHT_POINT, WRONG_POINT, a_report, few, finding, hostile, law, real, says

from ad.dispatch import entries_of
from ad.variable import MEANINGS, TABLE
from verify.finding import (
    Accuracy,
    Density,
    Error,
    Finding,
    Kink,
    Passes,
    PointFinding,
    Report,
    RuleFacts,
    Says,
)
from verify.judge import Verdict
from verify.render import files, html, known, rules
from verify.render.evidence import expectation, ratio, shared
from verify.render.figures import digits_needed, figure, visible
from verify.render.json import ReportError, finding_to_json, report_from_json, report_text, report_to_json, schema
from verify.render.text import explain, report_table, summary_line
from verify.searched import SearchFacts, Side, Variant

RULE = RuleFacts(
    "", "x = 0", (Kink((0.0,), (0.5,), jump=True),),
    (
        Accuracy(0, 1789, 3, Error(5.25, (-0.1,), 0.3, 0.2), Error(1.5, (5e-324,), 0.0, 0.0)),
        Accuracy(1, 7, 0, None, None),
    ),
    Density("sample", 11, 1, 6, 60), 4.0, "loses digits beside 0",
)  # fmt: skip


# --- JSON


def no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def survives(write: Callable[[Report], str], read: Callable[[object], Report], report: Report) -> bool:
    """Whether a report comes back equal in every field (by repr, in which NaN equals itself) from strict JSON."""
    try:
        return repr(read(json.loads(write(report), parse_constant=no_constant))) == repr(report)
    except ValueError:
        return False


@given(a_report)
@few
def test_a_report_survives_json(report: Report) -> None:
    assert survives(report_text, report_from_json, report)
    jsonschema.Draft202012Validator(schema()).validate(json.loads(report_text(report)))


def test_a_broken_round_trip_is_caught() -> None:
    report = Report((finding(dataclasses.replace(WRONG_POINT, yours=math.nan, gap=-math.inf)),), ("p",))
    assert survives(report_text, report_from_json, report)

    def without(name: str) -> Callable[[object], Report]:
        def read(data: object) -> Report:
            found = report_from_json(data)
            points = tuple(dataclasses.replace(p, **{name: type(getattr(p, name))()}) for p in found.findings[0].points)
            return Report((dataclasses.replace(found.findings[0], points=points),), found.problems)

        return read

    for name in ("at", "reason", "truth", "failing", "failures", "witnesses", "notes"):
        assert not survives(report_text, without(name), report)
    assert not survives(report_text, lambda data: Report(report_from_json(data).findings), report)
    loose = lambda r: json.dumps(json.loads(report_text(r).replace('"nan"', "NaN")))  # noqa: E731
    assert not survives(loose, report_from_json, report)


def test_the_schema_describes_real_reports_and_rejects_others() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    data = json.loads(report_text(real()))
    validator.validate(data)
    assert data["findings"][1]["verdict"] == "WRONG"
    assert data["unexpected"][0] == data["findings"][1]["id"]
    assert report_to_json(real())["counts"] == real().counts
    mutants: list[Callable[[dict], object]] = [  # type: ignore[type-arg]
        lambda d: d.pop("findings"),
        lambda d: d.update(schema_version=4),
        lambda d: d["findings"][0].update(verdict="FINE"),
        lambda d: d["findings"][0].pop("reproduce"),
        lambda d: d["findings"][0].update(points=[]),
        lambda d: d["findings"][0]["points"][0].update(gap="NaN"),
        lambda d: d["findings"][0]["points"][0]["witnesses"][0].update(value="1"),
        lambda d: d["findings"][0].update(extra=1),
    ]
    for mutate in mutants:
        broken = json.loads(report_text(real()))
        mutate(broken)
        assert not validator.is_valid(broken)


def test_every_field_is_in_the_schema() -> None:
    defined = schema()["$defs"]
    kinds = {
        Says: defined["says"], PointFinding: defined["point"], Passes: defined["passes"], Finding: defined["finding"],
        RuleFacts: defined["rule"],
        Kink: defined["rule"]["properties"]["kinks"]["items"], Accuracy: defined["accuracy"],
        Error: defined["error"]["anyOf"][1], Density: defined["density"], SearchFacts: defined["search"],
        Side: defined["search"]["properties"]["sides"]["items"],
        Variant: defined["search"]["properties"]["variants"]["items"],
    }  # fmt: skip
    for kind, described in kinds.items():
        names = {f.name for f in dataclasses.fields(kind)}
        assert names <= set(described["properties"]) == set(described["required"])
    assert set(defined["verdict"]["enum"]) == set(Verdict.__members__)
    assert finding_to_json(finding())["says"] == Verdict.WRONG.value


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d.update(schema_version=99), "schema_version is 99"),
        (lambda d: d.update(findings=3), "the report.findings"),
        (lambda d: d["findings"][0].pop("subject"), "findings[0].subject"),
        (lambda d: d["findings"][0].update(bar="wide"), "findings[0].bar"),
        (lambda d: d["findings"][0].update(points=[]), "at least one point"),
        (lambda d: d["findings"][0].update(points=[3]), "findings[0].points[0]"),
        (lambda d: d["findings"][0].update(gradient=[["x"]]), "findings[0].gradient"),
        (lambda d: d["findings"][0]["points"][0].update(verdict="FINE"), "'FINE'"),
        (lambda d: d["findings"][0]["points"][0].update(at=[]), "points[0].at"),
        (lambda d: d["findings"][0].update(rule=[]), "findings[0].rule"),
        (lambda d: d["findings"][0]["rule"]["kinks"][0].update(at=["x"]), "rule.kinks[0].at, a list of numbers"),
        (lambda d: d["findings"][0]["rule"]["accuracy"][0].pop("open"), "rule.accuracy[0].open"),
        (lambda d: d["findings"][0]["rule"]["accuracy"][0]["worst"].update(units="many"), "accuracy[0].worst.units"),
        (lambda d: d["findings"][0]["rule"]["density"].pop("stride"), "rule.density.stride"),
        (lambda d: d["findings"][0]["points"][0]["witnesses"][0].update(trusts="all"), "witnesses[0].trusts"),
    ],
)
def test_data_that_is_no_report_is_refused_with_its_place(change: Callable[[object], object], named: str) -> None:
    data = report_to_json(Report((finding(rule=RULE),)))
    change(data)
    with pytest.raises(ReportError, match=re.escape(named)):
        report_from_json(data)


def test_a_report_of_the_version_before_is_read() -> None:
    data = json.loads(report_text(Report((finding(),))))
    data["schema_version"] = 1
    for name in ("proved", "exact", "rule", "search"):
        del data["findings"][0][name]
    for name in ("explanations", "clauses", "passes"):
        del data["findings"][0]["points"][0][name]
    point = dataclasses.replace(WRONG_POINT, explanations=(), clauses=(), passes=None)
    assert report_from_json(data) == Report((finding(point),))


# --- text


def missing(explanation: str) -> list[str]:
    """What a reader of a wrong finding would look for and not find."""
    wanted = (
        "gradient of 'mix' at x[1]: WRONG", "dmix", "x = [1.0, 2.0]", "a wrong formula, not rounding",
        "yours is 1/2 x the truth", "entry  yours", "x[0]   1", "x[1]   1",
        "1 clause holds; not asked: second order (f has a kink)",
        "yours        1 ",
        "symbolic     2  +- 1e-30  certified  trusts meaning trace", "+- 3e-12", "reverse      2  +-",
        "refused: np.abs is not holomorphic",
        "gap          1 = 1.6e13 units, bar 16; allowed 1e-15", "3e-15: allowed / largest",
        "1.2e13 come from the forward's rounding (what it saved), 4e12 from the", "backward's",
        "11 entries outside: x[1], x[0] and 9 more", "dmix is alone: symbolic, reverse and difference exclude",
        "they share nothing", "could mislead them all", "a note", "seed         7",
        "expected ok, found WRONG", "reproduce: adverify check mix.py::mix",
    )  # fmt: skip
    return [part for part in wanted if part not in explanation]


def test_a_wrong_finding_is_explained_completely() -> None:
    explanation = explain(finding())
    assert missing(explanation) == []
    for line in explanation.splitlines():  # no line can go unnoticed, but for the claim's own name
        if "claim" not in line:
            assert missing(explanation.replace(line, "")), line


def test_the_ratio_at_the_worst_entry_is_shown_where_no_mistake_is_recognised() -> None:
    bare = dataclasses.replace(WRONG_POINT, explanations=())
    assert "yours = 0.5 x the truth" in explain(finding(bare))
    assert "yours = 0.5 x the truth" not in explain(finding())


def test_a_right_finding_is_short_and_names_who_met_it() -> None:
    explanation = explain(finding(RIGHT_POINT))
    assert len(explanation.splitlines()) <= 11 < len(explain(finding()).splitlines())
    assert "met by" in explanation
    assert "reverse" in explanation
    assert "not as expected" not in explanation


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(1e-15, 1e3), st.booleans())
@law
def test_digits_show_the_difference(truth: float, apart: float, below: bool) -> None:
    yours = truth * (1 - apart if below else 1 + apart)
    assume(yours != truth and math.isfinite(yours) and abs(truth) > 1e-290)
    point = PointFinding({}, Verdict.WRONG, "", yours=yours, truth=repr(truth), gap=abs(yours - truth))
    shown = digits_needed(point)
    assert figure(yours, shown) != figure(repr(truth), shown)
    agreeing = 1.0 + 2.0**-50
    assert figure(agreeing, 12) == figure("1.0", 12)  # a fixed number of digits fails this law


def test_a_ratio_is_told_only_when_it_is_telling() -> None:
    for yours, told in ((1.0, "0.5"), (-2.0, "-1"), (2.002, "1.001"), (-6e18, ""), (0.0, "0"),
                        (2 / 3, "1/3"), (2.0, ""), (2.0000000001, ""),
                        (1.2345678, ""), (math.nan, ""), (math.inf, "")):  # fmt: skip
        assert ratio(dataclasses.replace(WRONG_POINT, yours=yours, explanations=())) == told
    assert ratio(dataclasses.replace(WRONG_POINT, yours=1.0)) == ""  # an explanation says more


def test_a_dispute_accuses_what_the_two_do_not_share() -> None:
    disputes = says("complex_step", 2.5, disputes=True)
    point = dataclasses.replace(RIGHT_POINT, witnesses=(*RIGHT_POINT.witnesses[:3], disputes))
    (sentence,) = shared(finding(point), point)
    assert "they share nothing, so the fault lies in values or meaning and trace" in sentence
    assert "meaning is cleared by reverse" in sentence
    assert sentence.endswith("trace is cleared by difference; what is left is values")
    assert shared(finding(RIGHT_POINT), RIGHT_POINT) == ()


def test_an_unmet_expectation_is_told() -> None:
    assert expectation(finding(expect=("WRONG",))) == ""
    assert "expected it wrong in w, found it wrong in x" in expectation(finding(expect=("WRONG",), wrong_at=("w",)))
    assert "expected WRONG, found CERTIFIED" in expectation(finding(RIGHT_POINT, expect=("WRONG",)))


def test_terminal_output_holds_no_control_characters() -> None:
    from rich.console import Console

    console = Console(width=100, record=True, file=io.StringIO())
    console.print(report_table(Report((hostile(), finding(id="[red]x[/red]")))))
    assert "[red]x[/red]" in console.export_text()
    for shown in (explain(hostile()).replace("\n", ""), summary_line(hostile()), visible(EVIL)):
        assert shown.isprintable()
    assert not EVIL.isprintable()


# --- the op table


def strangers(markdown: str) -> set[str]:
    """Functions of the table without a row of their own, and rows without a function."""
    rows = re.findall(r"^\| ([\w.]+) \|", markdown, re.MULTILINE)
    names = [rules.shown_name(f) for f in (*TABLE, *MEANINGS)]
    return set(names) ^ (set(rows) - {"op", "function"}) | {n for n in names if rows.count(n) != 1}


def test_every_op_has_one_row() -> None:
    point = dataclasses.replace(RIGHT_POINT, verdict=Verdict.PROVED)
    proved = finding(point, proved=("x > 0", "x < 0"), exact=("f[2]",))
    table = rules.rules_markdown({"exp": finding(RIGHT_POINT), "mean": proved, "absolute": finding(rule=RULE)})
    assert strangers(table) == set()
    assert "| exp | CERTIFIED |" in table
    assert "| mean | PROVED | x &gt; 0; x &lt; 0 | by definition | f\\[2\\] |" in table
    assert "| everywhere | x = 0; slope 1/2 at 0, a jump |" in table
    assert strangers(re.sub(r"^\| exp .*\n", "", table, flags=re.MULTILINE)) == {"exp"}
    assert MarkdownIt("commonmark").enable("table").render(table).count("<table>") == 5
    assert not re.search(r"\d\.\d|e-\d", table.replace("numpy", ""))  # no measured number
    with pytest.raises(ValueError, match="'exq'"):
        rules.rules_markdown({"exq": finding()})


def untold(finding_: Finding) -> list[str]:
    """What a reader would look for of a rule, and neither the page nor the explanation tells."""
    wanted = ("x = 0; slope 1/2 at 0, a jump", "5.25", "-0.1", "5e-324", "1789", "loses digits beside 0")
    shown = (html.report_html(Report((finding_,))), explain(finding_), html.finding_html(finding_))
    flat = [re.sub(r"\s+", " ", text) for text in shown]
    return [part for part in wanted if not all(part in text for text in flat)]


def test_what_is_known_of_a_rule_is_shown_everywhere_but_the_accuracy_not_in_the_rules() -> None:
    told = finding(RIGHT_POINT, rule=RULE)
    assert untold(told) == []
    assert untold(report_from_json(json.loads(report_text(Report((told,))))).findings[0]) == []  # rendered again
    for name in ("kink_set", "kinks", "accuracy", "note"):
        less = dataclasses.replace(RULE, **{name: type(getattr(RULE, name))()})
        assert untold(dataclasses.replace(told, rule=less))
    table = rules.rules_markdown({"absolute": told})
    assert "5.25" not in table
    assert "1789" not in table


def test_the_accuracy_is_listed_worst_first_and_the_reason_where_it_exceeds_its_bar() -> None:
    better = dataclasses.replace(RULE, accuracy=(Accuracy(0, 5, 0, Error(0.5, (1.0,), 1.0, 1.0), None),))
    lost = dataclasses.replace(RULE, accuracy=(Accuracy(0, 5, 0, Error(math.nan, (2.0,), 1.0, 1.0), None),), note="")
    swept = [finding(rule=rule, title=title) for rule, title in ((better, "b"), (RULE, "a"), (lost, "c"))]
    rows = known.accuracy_rows(swept)
    assert [(row.op, row.operand) for row in rows] == [("c", 1), ("a", 1), ("b", 1), ("a", 2)]
    assert [row.note for row in rows][1:] == ["loses digits beside 0", "", ""]
    assert "does not say why" in rows[0].note
    page = html.report_html(Report((finding(rule=RULE),)))
    assert "why more than it may be" in page
    assert "every 11th binade" in page
    assert "why more than it may be" not in html.report_html(Report((finding(),)))


def test_the_entries_of_a_package_have_a_table_of_their_own() -> None:
    pytest.importorskip("scipy", reason="SciPy is not installed")
    proved = finding(dataclasses.replace(RIGHT_POINT, verdict=Verdict.PROVED))
    table = rules.package_markdown("scipy.special", {"erf": proved})
    rows = re.findall(r"^\| ([\w.]+) \| (\w[\w ]+) \|", table, re.MULTILINE)
    names = {op.name for op in entries_of("scipy.special").values()}
    assert {name for name, _ in rows} - {"op"} == names
    assert [name for name, verdict in rows if verdict == "PROVED"] == ["erf"]
    assert sum(verdict == "not checked" for _, verdict in rows) == len(names) - 1


# --- files and layers


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new" / "reports"
    page = files.write_report(real(), folder)
    assert page == folder / "index.html"
    assert sorted(p.name for p in folder.iterdir()) == ["index.html", "index.json", "index.md"]
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert report_from_json(json.loads(before["index.json"])).counts == real().counts
    assert real().write(folder) == page
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    with monkeypatch.context() as broken:
        broken.setattr(files, "FILES", {"index.html": lambda r: "half", "index.md": lambda r: 1 / 0})
        with pytest.raises(ZeroDivisionError):
            files.write_report(real(), folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    files.write_report(Report((finding(id="lone \ud800 surrogate"),)), folder)


ALLOWED = (  # all of these are plain data
    "ad", "verify.counterexample", "verify.finding", "verify.judge", "verify.mutation.outcome", "verify.render",
    "verify.searched",
)  # fmt: skip


def outsiders(source: str) -> list[str]:
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    named = [n.module or "" for n in imports if isinstance(n, ast.ImportFrom)]
    named += [alias.name for n in imports if isinstance(n, ast.Import) for alias in n.names]
    ours = [name for name in named if name.split(".")[0] in ("ad", "verify")]
    return [n for n in ours if not any(n == a or n.startswith(a + ".") for a in ALLOWED)]


def test_rendering_knows_findings_and_nothing_below_them() -> None:
    for path in Path(html.__file__).parent.glob("*.py"):
        listing = path.name in ("coverage.py", "documents.py")
        tables = {"verify.coverage"} if listing else set()  # a table of names, as ad's own are
        assert set(outsiders(path.read_text(encoding="utf-8"))) == tables, path.name
    assert outsiders("from verify.checker import check") == ["verify.checker"]
