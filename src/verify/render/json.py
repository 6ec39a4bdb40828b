"""Findings as strict JSON data, and back: NaN and infinities are the texts "nan", "inf", "-inf"."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from importlib import metadata, resources
from typing import Any

from verify.counterexample import Counterexample, Given, Origin
from verify.finding import (
    READABLE,
    SCHEMA_VERSION,
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

SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
# Fields that hold a number, a tuple of texts, or the point; all others are text, whole numbers or truth values.
NUMBERS = (
    "value", "radius", "yours", "gap", "allowed", "units", "resolution", "bar", "roundoff", "answer", "slope",
    "forward", "backward",
)  # fmt: skip
TUPLES = (
    "trusts", "failing", "failing_inputs", "notes", "inputs", "expect", "wrong_at", "proved", "exact", "header",
    "unknown", "boundaries", "values", "arguments", "statements",
)  # fmt: skip
WHOLE = (
    "row", "failures", "entries", "seed", "operand", "compared", "open", "stride", "mantissas", "steps", "pairs",
    "tried", "verdicts", "outside", "beyond", "small", "undecided",
)  # fmt: skip
TRUTH = ("certified", "disputes", "jump", "known")


class ReportError(ValueError):
    """Data that is not a report of ours: where, and what was found there."""


def report_to_json(report: Report) -> dict[str, Any]:
    """The report as plain data that ``json.dumps(..., allow_nan=False)`` accepts; schema.json describes it.

    Example
        >>> report_to_json(Report(()))["counts"]
        {}
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "adverify", "version": _version()},
        "ok": report.ok,
        "counts": report.counts,
        "unexpected": [f.id for f in report.findings if not f.as_expected],
        "problems": list(report.problems),
        "findings": [finding_to_json(f) for f in report.findings],
    }


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """One finding as plain data: what follows from the points first (verdict, ok, counts), then every field."""
    derived = {
        "id": finding.id,
        "verdict": finding.verdict.name,
        "says": finding.verdict.value,
        "ok": finding.ok,
        "as_expected": finding.as_expected,
        "counts": finding.counts,
    }
    return derived | {f.name: _plain(getattr(finding, f.name)) for f in fields(finding)}


def report_text(report: Report) -> str:
    """The report as JSON text, one finding a line, so that two reports can be compared by line."""
    data = report_to_json(report)
    findings = data.pop("findings")
    head = json.dumps(data, allow_nan=False, indent=1)[:-2]
    rows = ",\n".join(json.dumps(finding, allow_nan=False) for finding in findings)
    return f'{head},\n "findings": [\n{rows}\n]}}\n'


def report_from_json(data: Any) -> Report:
    """The report that ``report_to_json`` was given.

    Arguments
        data: what ``json.loads`` made of an index.json.
    Raises
        ReportError naming the place, when data is not such a report or is of another schema version.
    """
    _expect(isinstance(data, dict), "a report", data)
    version = data.get("schema_version")
    if version not in READABLE:
        known = " and ".join(map(str, READABLE))
        raise ReportError(f"schema_version is {version!r}; this adverify reads {known}: verify again")
    findings = _listed(data, "findings", "the report")
    problems = _texts(data.get("problems", []), "problems")
    return Report(tuple(_finding(f"findings[{i}]", f) for i, f in enumerate(findings)), problems)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what ``report_to_json`` returns.

    Example
        >>> schema()["properties"]["schema_version"]
        {'const': 3}
    """
    text = (resources.files("verify.render") / "schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _finding(where: str, data: Any) -> Finding:
    points = tuple(_point(f"{where}.points[{i}]", p) for i, p in enumerate(_listed(data, "points", where)))
    _expect(len(points) > 0, f"{where}.points with at least one point", [])
    gradient = tuple((name, latex) for name, latex in _pairs(data.get("gradient", []), f"{where}.gradient"))
    rule = _optional(_rule, f"{where}.rule", data.get("rule"))
    example = _optional(_counterexample, f"{where}.counterexample", data.get("counterexample"))
    search = _optional(_search, f"{where}.search", data.get("search"))
    given = {"points": points, "gradient": gradient, "rule": rule, "counterexample": example, "search": search}
    return Finding(**_values(where, data, Finding, **given))


def _counterexample(where: str, data: Any) -> Counterexample:
    _expect(isinstance(data, dict), f"{where}, an object", data)
    arrays = {
        name: tuple(_given(f"{where}.{name}[{i}]", x) for i, x in enumerate(_listed(data, name, where)))
        for name in ("inputs", "cotangent", "tangent")
    }
    subject = tuple(_origin(f"{where}.subject", x) for x in _listed(data, "subject", where))
    pairs = {name: tuple(_pairs(data.get(name), f"{where}.{name}")) for name in ("keywords", "options")}
    function = _origin(f"{where}.function", data.get("function"))
    shows = _optional(_origin, f"{where}.shows", data.get("shows"))
    given = {"function": function, "subject": subject, "shows": shows, **arrays, **pairs}
    return Counterexample(**_values(where, data, Counterexample, **given))


def _given(where: str, data: Any) -> Given:
    return Given(**_values(where, data, Given, shape=_coordinates(data, "shape", where)))


def _origin(where: str, data: Any) -> Origin:
    return Origin(**_values(where, data, Origin))


def _search(where: str, data: Any) -> SearchFacts:
    sides = tuple(Side(**_values(f"{where}.sides[{i}]", s, Side)) for i, s in enumerate(_listed(data, "sides", where)))
    listed = enumerate(_listed(data, "variants", where))
    variants = tuple(Variant(**_values(f"{where}.variants[{i}]", v, Variant)) for i, v in listed)
    at = _place(where, data)
    return SearchFacts(**_values(where, data, SearchFacts, sides=sides, variants=variants, at=at))


def _rule(where: str, data: Any) -> RuleFacts:
    kinks = tuple(_kink(f"{where}.kinks[{i}]", kink) for i, kink in enumerate(_listed(data, "kinks", where)))
    swept = enumerate(_listed(data, "accuracy", where))
    accuracy = tuple(_accuracy(f"{where}.accuracy[{i}]", operand) for i, operand in swept)
    density = _optional(lambda at, d: Density(**_values(at, d, Density)), f"{where}.density", data.get("density"))
    return RuleFacts(**_values(where, data, RuleFacts, kinks=kinks, accuracy=accuracy, density=density))


def _kink(where: str, data: Any) -> Kink:
    at, slopes = (_coordinates(data, name, where) for name in ("at", "slopes"))
    return Kink(**_values(where, data, Kink, at=at, slopes=slopes))


def _accuracy(where: str, data: Any) -> Accuracy:
    _expect(isinstance(data, dict), f"{where}, an object", data)
    worst, beyond = (_optional(_error, f"{where}.{name}", data.get(name)) for name in ("worst", "beyond"))
    return Accuracy(**_values(where, data, Accuracy, worst=worst, beyond=beyond))


def _error(where: str, data: Any) -> Error:
    return Error(**_values(where, data, Error, at=_coordinates(data, "at", where)))


def _optional(read: Callable[[str, Any], Any], where: str, data: Any) -> Any:
    return None if data is None else read(where, data)


def _coordinates(data: Any, name: str, where: str) -> tuple[Any, ...]:
    found = tuple(map(_restored, _listed(data, name, where)))
    _expect(all(isinstance(x, int | float) for x in found), f"{where}.{name}, a list of numbers", found)
    return found


def _point(where: str, data: Any) -> PointFinding:
    says = tuple(
        Says(**_values(f"{where}.witnesses[{i}]", s, Says)) for i, s in enumerate(_listed(data, "witnesses", where))
    )
    name = data.get("verdict")
    _expect(name in Verdict.__members__, f"{where}.verdict, the name of a verdict", name)
    point = _place(where, data)
    explanations = tuple(_explanation(f"{where}.explanations[{i}]", e) for i, e in _some(data, "explanations", where))
    clauses = tuple(_clause(f"{where}.clauses[{i}]", c) for i, c in _some(data, "clauses", where))
    passes = _optional(lambda at, d: Passes(**_values(at, d, Passes)), f"{where}.passes", data.get("passes"))
    given = {"at": point, "witnesses": says, "explanations": explanations, "clauses": clauses, "passes": passes}
    return PointFinding(**_values(where, data, PointFinding, verdict=Verdict[name], **given))


def _place(where: str, data: Any) -> dict[str, Any]:
    at = data.get("at")
    _expect(isinstance(at, dict), f"{where}.at, an object", at)
    return {key: _restored(value) for key, value in at.items()}


def _explanation(where: str, data: Any) -> Explanation:
    rows = tuple(_texts(row, f"{where}.rows") for row in _listed(data, "rows", where))
    return Explanation(**_values(where, data, Explanation, rows=rows))


def _clause(where: str, data: Any) -> Clause:
    _expect(isinstance(data, dict) and data.get("held") in (True, False, None), f"{where}.held", data)
    return Clause(**_values(where, data, Clause, held=data["held"]))


def _values(where: str, data: Any, kind: type, **given: Any) -> dict[str, Any]:
    """The arguments of a dataclass from a JSON object; a field without default must be there."""
    _expect(isinstance(data, dict), f"{where}, an object", data)
    values = dict(given)
    for field in fields(kind):
        if field.name in given:
            continue
        if field.name not in data:
            _expect(field.default is not MISSING, f"{where}.{field.name}", None)
            continue
        values[field.name] = _value(f"{where}.{field.name}", field.name, data[field.name])
    return values


def _value(where: str, name: str, value: Any) -> Any:
    if name in TUPLES:
        return _texts(value, where)
    if name in NUMBERS:
        number = SPECIAL.get(value, value) if isinstance(value, str) else value
        optional = number is None and name not in ("bar", "roundoff")
        _expect(optional or (isinstance(number, int | float) and number is not True), f"{where}, a number", value)
        return number
    kind: Any = int if name in WHOLE else bool if name in TRUTH else str
    _expect(isinstance(value, kind), f"{where}, of type {kind.__name__}", value)
    return value


def _plain(value: Any) -> Any:
    """Plain JSON data for a field: tuples become lists, verdicts their names, NaN and infinities text."""
    if isinstance(value, Verdict):
        return value.name
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):  # a NumPy number
        return _plain(value.item())
    if isinstance(value, complex):
        return {"real": _plain(value.real), "imag": _plain(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _restored(value: Any) -> Any:
    """A coordinate of a point: numbers, nested lists of them, or text."""
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if isinstance(value, dict) and value.keys() == {"real", "imag"}:
        return complex(_restored(value["real"]), _restored(value["imag"]))
    return SPECIAL.get(value, value) if isinstance(value, str) else value


def _listed(data: Any, name: str, where: str) -> list[Any]:
    _expect(isinstance(data, dict), f"{where}, an object", data)
    found = data.get(name)
    _expect(isinstance(found, list), f"{where}.{name}, a list", found)
    return list(found or ())


def _some(data: Any, name: str, where: str) -> Iterable[tuple[int, Any]]:
    """The items of a list that older versions lack, with their numbers."""
    return enumerate(_listed(data, name, where) if name in data else ())


def _texts(value: Any, where: str) -> tuple[str, ...]:
    _expect(isinstance(value, list) and all(isinstance(x, str) for x in value), f"{where}, a list of texts", value)
    return tuple(value)


def _pairs(value: Any, where: str) -> list[tuple[str, str]]:
    _expect(isinstance(value, list), f"{where}, a list of pairs", value)
    for pair in value:
        _expect(isinstance(pair, list) and len(_texts(pair, where)) == 2, f"{where}, a list of pairs", pair)
    return [(pair[0], pair[1]) for pair in value]


def _expect(holds: bool, what: str, found: Any) -> None:
    if not holds:
        raise ReportError(f"not a report of adverify: expected {what}, found {found!r:.60}")


def _version() -> str:
    try:
        return metadata.version("adverify")
    except metadata.PackageNotFoundError:  # run from a source tree that was not installed
        return "unknown"
