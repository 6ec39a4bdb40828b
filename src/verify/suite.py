"""Suites: many expressions as data, with where they come from and what is known about their gradients.

A suite file holds one JSON object a line: `id`, `variables` (name, low, high, low_open, high_open), `expr`,
and optionally `pre`, `name`, `source`, `licence`, `expect`, `reason`. `built_in` reads the ones that come
with the project, as `suites/manifest.json` lists them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from verify.expression import ExpressionError, parse
from verify.judge import Verdict

EXPECTED = (
    "PROVED",
    "CERTIFIED",
    "AGREES",
)  # of a row that says nothing else: its formula is smooth and right
_TYPES = {str: "text", list: "a list", dict: "an object", bool: "true or false", float: "a number"}


class SuiteError(ValueError):
    """A suite that cannot be read: file, line, field and what is wrong, in one line."""


@dataclass(frozen=True)
class Variable:
    """A variable and its range; None is unbounded, an open end is not part of the range."""

    name: str
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True)
class ReferencePoint:
    """A value and gradient known beforehand, as decimal digits.

    at: input by variable. converged: False where the reference proves nothing. wide: drawn log-uniformly over
    the whole domain.
    """

    at: Mapping[str, float]
    value: str
    gradient: Mapping[str, str]
    converged: bool
    wide: bool


@dataclass(frozen=True)
class Row:
    """One expression of a suite.

    pre: a condition on the inputs, or None. expect: the names of the verdicts that are as expected; reason:
    why, where they are not the usual ones. reference: points with known gradients, possibly none.
    """

    id: str
    name: str
    expression: str
    variables: tuple[Variable, ...]
    pre: str | None = None
    source: str = ""
    licence: str = ""
    expect: tuple[str, ...] = EXPECTED
    reason: str = ""
    reference: tuple[ReferencePoint, ...] = ()


@dataclass(frozen=True)
class Suite:
    """A named collection. Its rows, or the dotted name of the module that holds its claims.

    points: how many points to try in each row. ask: "check" at points, or "prove" for all inputs.
    """

    name: str
    rows: tuple[Row, ...]
    title: str
    source: str
    licence: str
    points: int = 5
    module: str | None = None
    ask: str = "check"


def read_rows(path: str | Path | Traversable) -> list[Row]:
    """Read a file of expressions.

    Arguments: path of a file with one JSON object a line, as the module says. Returns the rows in order.
    Raises `SuiteError`, naming file, line and field, for the first row that cannot be used.

    >>> row = '{"id": "a", "variables": [{"name": "x", "low": 0}], "expr": "sqrt(x)"}'
    >>> import tempfile; file = Path(tempfile.mkdtemp()) / "one.jsonl"
    >>> _ = file.write_text(row); read_rows(file)[0].variables
    (Variable(name='x', low=0.0, high=None, low_open=False, high_open=False),)
    """
    rows: list[Row] = []
    lines: dict[str, int] = {}
    for where, number, found in _objects(path):
        row = _row(where, found)
        if row.id in lines:
            raise SuiteError(f"{where}: id {row.id!r} is already that of line {lines[row.id]}")
        lines[row.id] = number
        rows.append(row)
    if not rows:
        raise SuiteError(f"{_file(path).name} holds no rows")
    return rows


def read_reference(path: str | Path | Traversable) -> dict[str, tuple[ReferencePoint, ...]]:
    """Read a file of reference points, by the id of the row that they belong to; raises `SuiteError`.

    A line holds `id` and `points`: each with `x` (input by name), `f` and `grad` (decimal digits),
    `converged` and `wide`.
    """
    references: dict[str, tuple[ReferencePoint, ...]] = {}
    for where, _, found in _objects(path):
        id = _field(where, found, "id", str)
        if id in references:
            raise SuiteError(f"{where}: a second line of points for id {id!r}")
        points = _field(where, found, "points", list)
        references[id] = tuple(_point(f"{where}: point {i + 1}", point) for i, point in enumerate(points))
    return references


def built_in() -> list[Suite]:
    """The suites that come with the project, in the order of the manifest; raises `SuiteError`.

    >>> [suite.name for suite in built_in() if suite.rows]
    ['feynman', 'strogatz', 'fpbench']
    """
    return read_manifest(resources.files("verify.suites"))


def read_manifest(folder: Traversable) -> list[Suite]:
    """The suites that `manifest.json` of a folder lists; raises `SuiteError`.

    An entry of kind "expressions" names its `file` and `reference`, how many `points` to try, and under
    `expectations` the rows whose verdict is another, each with `expect` and `reason`; one of kind "module"
    names the `module`. All have `name`, `title`, `source`, `licence`.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return [_suite(folder, entry) for entry in manifest["suites"]]


def _suite(folder: Traversable, entry: dict[str, Any]) -> Suite:
    about = {key: entry[key] for key in ("name", "title", "source", "licence")}
    if entry["kind"] == "module":
        return Suite(rows=(), module=entry["module"], ask=entry.get("ask", "check"), **about)
    if entry["kind"] != "expressions":
        raise SuiteError(f"manifest.json: suite {entry['name']!r}: unknown kind {entry['kind']!r}")
    reference = read_reference(folder / entry["reference"])
    rows = {row.id: row for row in read_rows(folder / entry["file"])}
    for id, points in reference.items():
        if id not in rows:
            raise SuiteError(f"{entry['reference']}: points for {id!r}, which {entry['file']} does not hold")
        rows[id] = replace(rows[id], reference=points)
    for id, other in entry["expectations"].items():
        if id not in rows:
            raise SuiteError(f"manifest.json: an expectation for {id!r}, which {entry['file']} does not hold")
        expect, reason = _expectation(f"manifest.json: {id}", other)
        rows[id] = replace(rows[id], expect=expect, reason=reason)
    return Suite(rows=tuple(rows.values()), points=entry["points"], **about)


def _file(path: str | Path | Traversable) -> Path | Traversable:
    return Path(path) if isinstance(path, str) else path


def _objects(path: str | Path | Traversable) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(where, line number, object) for each line that is not blank."""
    file = _file(path)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SuiteError(f"{file.name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SuiteError(f"{file.name}: not UTF-8 at byte {error.start}") from error
    for number, line in enumerate(text.split("\n"), start=1):  # JSON text may hold the other line separators
        if not line.strip():
            continue
        where = f"{file.name} line {number}"
        try:
            found = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise SuiteError(f"{where}: not JSON: {error}") from error
        if not isinstance(found, dict):
            raise SuiteError(f"{where}: not an object but {type(found).__name__}")
        yield where, number, found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _row(where: str, found: dict[str, Any]) -> Row:
    id = _field(where, found, "id", str)
    if not id or not id.isprintable():
        raise SuiteError(f"{where}: field 'id' is {id!r}: it must be printable and not empty")
    listed = _field(where, found, "variables", list)
    variables = tuple(_variable(f"{where}: variable {i + 1}", v) for i, v in enumerate(listed))
    expect, reason = _expectation(where, found)
    row = Row(
        id=id,
        name=_field(where, found, "name", str, id),
        expression=_field(where, found, "expr", str),
        variables=variables,
        pre=None if found.get("pre") is None else _field(where, found, "pre", str),
        source=_field(where, found, "source", str, ""),
        licence=_field(where, found, "licence", str, ""),
        expect=expect,
        reason=reason,
    )
    _readable(where, "expr", row.expression, "number", variables)
    if row.pre is not None:
        _readable(where, "pre", row.pre, "condition", variables)
    return row


def _readable(where: str, field: str, text: str, kind: str, variables: tuple[Variable, ...]) -> None:
    try:
        expression = parse(text, [v.name for v in variables])
    except ExpressionError as error:
        raise SuiteError(f"{where}: field {field!r}: {error}") from error
    if expression.kind != kind:
        raise SuiteError(f"{where}: field {field!r} is a {expression.kind}, not a {kind}")


def _variable(where: str, found: Any) -> Variable:
    if not isinstance(found, dict):
        raise SuiteError(f"{where}: not an object with a name but {found!r:.40}")
    name = _field(where, found, "name", str)
    low, high = (None if found.get(end) is None else _finite(where, found, end) for end in ("low", "high"))
    opens = [_field(where, found, end, bool, False) for end in ("low_open", "high_open")]
    if low is not None and high is not None and not (low < high or (low == high and not any(opens))):
        raise SuiteError(f"{where}: the range of {name!r} from {low!r} to {high!r} is empty")
    return Variable(name, low, high, *opens)


def _point(where: str, found: Any) -> ReferencePoint:
    if not isinstance(found, dict):
        raise SuiteError(f"{where}: not an object but {found!r:.40}")
    at = _field(where, found, "x", dict)
    gradient = _field(where, found, "grad", dict)
    return ReferencePoint(
        at={name: _finite(where, at, name) for name in at},
        value=_field(where, found, "f", str),
        gradient={name: _field(where, gradient, name, str) for name in gradient},
        converged=_field(where, found, "converged", bool),
        wide=_field(where, found, "wide", bool, False),
    )


def _expectation(where: str, found: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    expect, reason = found.get("expect", "ok"), _field(where, found, "reason", str, "")
    if expect == "ok":
        return EXPECTED, reason
    names = [expect] if isinstance(expect, str) else _field(where, found, "expect", list)
    known = list(Verdict.__members__)
    for name in names:
        if name not in known:
            raise SuiteError(f"{where}: field 'expect': {name!r} is no verdict; they are {', '.join(known)}")
    if not names or not reason:
        raise SuiteError(f"{where}: an 'expect' of its own needs at least one verdict, and a 'reason'")
    return tuple(names), reason


def _finite(where: str, found: Mapping[str, Any], name: str) -> float:
    value = found[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SuiteError(f"{where}: field {name!r} must be a number or null, found {value!r:.40}")
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise SuiteError(f"{where}: field {name!r} is beyond float64")
    return value


_REQUIRED: Any = object()


def _field(where: str, found: Mapping[str, Any], name: str, kind: type, default: Any = _REQUIRED) -> Any:
    """A field of a JSON object; a default makes it optional, and null counts as left out then."""
    value = found.get(name)
    if value is None and (name not in found or default is not _REQUIRED):
        if default is _REQUIRED:
            raise SuiteError(f"{where}: field {name!r} is missing")
        return default
    if not isinstance(value, kind):
        raise SuiteError(f"{where}: field {name!r} must be {_TYPES[kind]}, found {value!r:.40}")
    return value
