"""Suites are read whole or refused in one line that names file, line and field."""

from __future__ import annotations

import importlib.util
import json
import math
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.suite import (
    EXPECTED,
    ReferencePoint,
    Row,
    SuiteError,
    Variable,
    built_in,
    read_manifest,
    read_reference,
    read_rows,
)

PLAIN = {"id": "a", "variables": [{"name": "x", "low": 0.5, "high": 2}], "expr": "sqrt(x)"}
LENGTHS = {"feynman": 120, "strogatz": 14, "fpbench": 115}


def line(**changes: Any) -> str:
    """PLAIN with other fields; a field of ... is left out."""
    return json.dumps({k: v for k, v in {**PLAIN, **changes}.items() if v is not ...})


def variable(**changes: Any) -> str:
    return line(variables=[{"name": "x", "low": 0.5, "high": 2, **changes}])


def written(folder: Path, *rows: str) -> Path:
    file = folder / "suite.jsonl"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def test_a_plain_row_is_read_with_its_defaults(tmp_path: Path) -> None:
    [row] = read_rows(written(tmp_path, "", line(), "  "))
    assert row == Row("a", "a", "sqrt(x)", (Variable("x", 0.5, 2.0),))
    assert row.expect == EXPECTED == ("PROVED", "CERTIFIED", "AGREES")
    assert type(row.variables[0].high) is float
    assert read_rows(str(tmp_path / "suite.jsonl")) == [row]


def test_every_field_is_kept(tmp_path: Path) -> None:
    text = line(
        name="root",
        pre="x > 1",
        source="here",
        licence="MIT",
        expect=["UNDEFINED", "WRONG"],
        reason="an edge",
    )
    [row] = read_rows(written(tmp_path, text))
    assert (row.name, row.pre, row.source, row.licence) == ("root", "x > 1", "here", "MIT")
    assert (row.expect, row.reason) == (("UNDEFINED", "WRONG"), "an edge")
    open_ends = variable(low=None, low_open=False, high_open=True)
    assert read_rows(written(tmp_path, open_ends))[0].variables == (Variable("x", None, 2.0, False, True),)
    one = read_rows(written(tmp_path, line(expect="WRONG", reason="a known mistake")))[0]
    assert one.expect == ("WRONG",)


BROKEN: dict[str, tuple[str, ...]] = {
    "suite.jsonl line 2: not JSON: Expecting": (line(), "{"),
    "suite.jsonl line 1: not JSON: NaN is not": (variable(low=math.nan),),
    "line 1: not JSON: Extra data": (line() + line(id="b"),),
    "line 1: not JSON: maximum recursion": ("[" * 100_000,),
    "line 1: not JSON: Exceeds the limit": ("1" * 5_000,),
    "line 1: not an object but list": ("[]",),
    "line 3: field 'expr' is missing": (line(), "", line(id="b", expr=...)),
    "line 1: field 'id' is missing": (line(id=...),),
    "line 1: field 'variables' is missing": (line(variables=...),),
    "line 1: field 'variables' must be a list, found 'x'": (line(variables="x"),),
    "line 1: field 'expr' must be text, found 3": (line(expr=3),),
    "line 1: field 'expr' must be text, found None": (line(expr=None),),
    "line 1: field 'pre' must be text, found True": (line(pre=True),),
    "line 1: field 'source' must be text": (line(source=[]),),
    "line 1: field 'id' is '': it must": (line(id=""),),
    "line 1: field 'id' is 'a\\nb': it must": (line(id="a\nb"),),
    "line 3: id 'a' is already that of line 1": (line(), line(id="b"), line()),
    "line 1: field 'expr': column 5: unknown name 'foo'; known variables: x": (line(expr="x + foo"),),
    "line 1: field 'expr': column 1: '__import__'": (line(expr="__import__('os')"),),
    "line 1: field 'expr': column 2: '\\n' has no meaning": (line(expr="x\nimport os"),),
    "line 1: field 'expr' is a condition, not a number": (line(expr="x < 1"),),
    "line 1: field 'pre' is a number, not a condition": (line(pre="x"),),
    "line 1: field 'pre': column 5: unknown name 'y'": (line(pre="x < y"),),
    "line 1: variable 1: not an object": (line(variables=["x"]),),
    "line 1: variable 1: field 'name' is missing": (line(variables=[{}]),),
    "variable 1: field 'low' must be a number or null, found '0'": (variable(low="0"),),
    "variable 1: field 'high' must be a number or null, found True": (variable(high=True),),
    "variable 1: field 'high' is beyond float64": (variable(high=10**400),),
    "variable 1: field 'low' is beyond float64": (
        '{"id":"a","expr":"1","variables":[{"name":"x","low":-1e999}]}',
    ),
    "variable 1: the range of 'x' from 3.0 to 2.0 is empty": (variable(low=3),),
    "variable 1: the range of 'x' from 2.0 to 2.0 is empty": (variable(low=2, high_open=True),),
    "variable 1: field 'low_open' must be true or false, found 1": (variable(low_open=1),),
    "variable 1: 'sin' already has a meaning": (line(variables=[{"name": "sin"}], expr="1"),),
    "variable 2: 'x' is listed twice": (line(variables=[{"name": "x"}, {"name": "x"}]),),
    "field 'expect': 'RIGHT' is no verdict; they are PROVED": (line(expect="RIGHT", reason="so"),),
    "line 1: field 'expect' must be a list, found 3": (line(expect=3),),
    "line 1: an 'expect' of its own needs at least one verdict, and a 'reason'": (line(expect="WRONG"),),
    "suite.jsonl holds no rows": ("", "  "),
}


def fault(read: Callable[[Path], object], file: Path, start: str) -> str | None:
    """What is wrong with how a file is refused, or None."""
    try:
        read(file)
    except SuiteError as error:
        message = str(error)
        if "\n" in message or not message.isprintable():
            return "not one line"
        return None if start in message and message.startswith(file.name) else message
    except Exception as error:
        return type(error).__name__
    return "read"


def test_a_broken_file_is_refused_in_one_line(tmp_path: Path) -> None:
    for message, rows in BROKEN.items():
        assert fault(read_rows, written(tmp_path, *rows), message) is None, message


def test_a_reader_without_checks_is_noticed(tmp_path: Path) -> None:
    def trusting(path: Path) -> object:
        return [json.loads(text) for text in path.read_text(encoding="utf-8").split("\n")]

    found = {fault(trusting, written(tmp_path, *rows), message) for message, rows in BROKEN.items()}
    assert None not in found
    assert "read" in found


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"missing\.jsonl: cannot be read: No such file"):
        read_rows(tmp_path / "missing.jsonl")
    with pytest.raises(SuiteError, match="cannot be read"):
        read_rows(tmp_path)
    (tmp_path / "binary.jsonl").write_bytes(b'{"id": "\xff"}')
    with pytest.raises(SuiteError, match="not UTF-8 at byte 8"):
        read_rows(tmp_path / "binary.jsonl")


def test_other_line_separators_and_a_byte_order_mark_belong_to_the_text(tmp_path: Path) -> None:
    file = tmp_path / "windows.jsonl"
    text = json.dumps({**PLAIN, "name": "a\u2028b"}, ensure_ascii=False)
    file.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n")
    assert [row.name for row in read_rows(file)] == ["a\u2028b"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from([*PLAIN, "pre", "expect", "reason", "name"]), json_values))
def test_any_other_value_in_a_field_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    file = written(tmp_path_factory.mktemp("rows"), line(**changes))
    assert fault(read_rows, file, "") in (None, "read")


POINT = {"x": {"x": 4}, "f": "2.0", "grad": {"x": "0.25"}, "converged": True, "wide": True}


def reference(**changes: Any) -> str:
    point = {k: v for k, v in {**POINT, **changes}.items() if v is not ...}
    return json.dumps({"id": "a", "points": [POINT, point]})


def test_reference_points_are_read(tmp_path: Path) -> None:
    [points] = read_reference(written(tmp_path, reference(converged=False))).values()
    assert points[0] == ReferencePoint({"x": 4.0}, "2.0", {"x": "0.25"}, converged=True, wide=True)
    assert not points[1].converged


BROKEN_REFERENCE: dict[str, tuple[str, ...]] = {
    "line 1: point 2: field 'f' is missing": (reference(f=...),),
    "line 1: point 2: field 'f' must be text, found 2.0": (reference(f=2.0),),
    "line 1: point 2: field 'x' must be an object": (reference(x=[4]),),
    "line 1: point 2: field 'x' must be a number": (reference(x={"x": "4"}),),
    "line 1: point 2: field 'grad' is missing": (reference(grad=...),),
    "line 1: point 2: field 'x' must be text, found 0.25": (reference(grad={"x": 0.25}),),
    "line 1: point 2: field 'converged' is missing": (reference(converged=...),),
    "line 1: point 1: not an object": ('{"id": "a", "points": [3]}',),
    "line 2: a second line of points for id 'a'": (reference(), reference()),
}


def test_a_broken_reference_is_refused_in_one_line(tmp_path: Path) -> None:
    for message, rows in BROKEN_REFERENCE.items():
        assert fault(read_reference, written(tmp_path, *rows), message) is None, message
    assert fault(read_reference, written(tmp_path, reference()), "") == "read"


def test_the_built_in_suites_are_complete() -> None:
    suites = {suite.name: suite for suite in built_in()}
    assert {name: len(suite.rows) for name, suite in suites.items() if suite.module is None} == LENGTHS
    for name in LENGTHS:
        suite = suites[name]
        assert suite.title
        assert suite.source
        assert suite.licence
        assert suite.points == 5
        for row in suite.rows:
            assert row.id.startswith(f"{name}/")
            assert row.source
            assert row.licence
            names = {v.name for v in row.variables}
            assert 3 <= len(row.reference) <= 5
            assert all(set(p.at) == set(p.gradient) == names for p in row.reference), row.id
            assert all(math.isfinite(float(p.value)) for p in row.reference)
    assert sum(len(row.reference) for row in suites["fpbench"].rows) == 573


def test_the_modules_of_the_manifest_exist() -> None:
    modules = [suite for suite in built_in() if suite.module is not None]
    assert {"teaching", "handwritten"} <= {suite.name for suite in modules}
    for suite in modules:
        assert suite.rows == ()
        assert importlib.util.find_spec(str(suite.module)) is not None
    assert importlib.util.find_spec("verify.suites.absent") is None


def test_sources_names_every_suite_and_the_row_without_a_licence() -> None:
    sources = (resources.files("verify.suites") / "SOURCES.md").read_text(encoding="utf-8")
    rows = [row for suite in built_in() for row in suite.rows]
    unlicensed = [row.id for row in rows if "none stated" in row.licence]
    assert unlicensed == ["feynman/II_11_17"]
    for expected in (*unlicensed, *(suite.name for suite in built_in())):
        assert expected in sources
    origins = Counter("/".join(row.source.split("@")[0].split("/")[1:]) for row in rows)
    assert origins["EpistasisLab/pmlb"] == 133
    assert all(origin in sources for origin in origins)


def manifest(folder: Path, **changes: Any) -> Path:
    (folder / "a.jsonl").write_text(line(), encoding="utf-8")
    (folder / "a_ref.jsonl").write_text(reference(), encoding="utf-8")
    about = {"name": "own", "title": "own", "source": "here", "licence": "MIT"}
    entry = {"kind": "expressions", "file": "a.jsonl", "reference": "a_ref.jsonl", "points": 2, **about}
    entry = {**entry, "expectations": {}, **changes}
    (folder / "manifest.json").write_text(json.dumps({"suites": [entry]}), encoding="utf-8")
    return folder


def test_expectations_of_the_manifest_reach_their_rows(tmp_path: Path) -> None:
    other = {"a": {"expect": ["UNDEFINED"], "reason": "the edge of the domain"}}
    [suite] = read_manifest(manifest(tmp_path, expectations=other))
    assert suite.rows[0].expect == ("UNDEFINED",)
    assert suite.rows[0].reason == "the edge of the domain"
    assert suite.points == 2
    [usual] = read_manifest(manifest(tmp_path))
    assert usual.rows[0].expect == EXPECTED
    assert len(usual.rows[0].reference) == 2


def test_a_manifest_that_does_not_fit_its_files_is_refused(tmp_path: Path) -> None:
    absent = {"b": {"expect": "WRONG", "reason": "so"}}
    with pytest.raises(SuiteError, match="an expectation for 'b'"):
        read_manifest(manifest(tmp_path, expectations=absent))
    with pytest.raises(SuiteError, match="'MAYBE' is no verdict"):
        read_manifest(manifest(tmp_path, expectations={"a": {"expect": "MAYBE", "reason": "so"}}))
    with pytest.raises(SuiteError, match="unknown kind 'table'"):
        read_manifest(manifest(tmp_path, kind="table"))
    (manifest(tmp_path) / "a_ref.jsonl").write_text(reference().replace('"a"', '"b"'), encoding="utf-8")
    with pytest.raises(SuiteError, match="points for 'b'"):
        read_manifest(tmp_path)
