"""Where claims come from: built-in suites, files of expressions, Python files, directories of both.

A source yields groups of claims. A group is one claim at one or several points; it becomes one finding. Workers
of a run load the same source again and are told the number of the group, because functions cannot be sent
between processes.
"""

from __future__ import annotations

import ast
import functools
import importlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, InvalidOperation
from importlib import resources
from pathlib import Path

import numpy as np

from verify.checker import check_points
from verify.claim import Claim, Estimate
from verify.claimfile import listed_claims, module_at
from verify.entry import entry_finding
from verify.expression import parse
from verify.finding import Finding
from verify.sample import draw
from verify.suite import ReferencePoint, Row, Suite, SuiteError, built_in, read_reference, read_rows
from verify.suites.customops import SUITES
from verify.suites.customops import claims as claims_of_ops

BUILT_IN = "built-in"
POINTS = 5  # seeded points for each row of a file
SUBNORMAL = 5e-324
OUTSIDE = "reference"  # the name under which values from elsewhere testify
DIGITS = 27  # significant digits up to which reference values are good
SHOWN = 8  # names listed in a message
_CONTEXT = Context(prec=1200, Emin=-(10**9), Emax=10**9)  # a double has up to 1075 binary places
Ask = Callable[[Sequence[Claim], str, str], Finding]
_RIGHT = {"ok", "PROVED", "CERTIFIED", "AGREES", "SUBGRADIENT"}


@dataclass(frozen=True, eq=False)
class Group:
    """One claim at one or several points, where it comes from, and how to repeat it.

    names: what else it can be asked for by, such as the variable of a Python file that holds it.
    ask: what makes a finding of the claims: ``check_points``, ``prove_points``, or ``entry_finding``.
    """

    id: str
    suite: str
    claims: tuple[Claim, ...]
    reproduce: str
    names: tuple[str, ...] = ()
    ask: Ask = check_points

    def finding(self) -> Finding:
        """Ask: the claims' finding."""
        return self.ask(self.claims, self.suite, self.reproduce)


def load(source: str) -> tuple[Group, ...]:
    """All groups of a source, in order.

    Arguments
        source: "built-in"; "torch-ops" or "jax-ops", which import their framework; a .jsonl file of expressions;
            a .py file of claims; FILE::NAME or SUITE::ID for one of them; or a directory, for all such files inside.
    Returns
        the groups: at least one, except for a directory without any.
    Raises
        SuiteError, ClaimError, ExpressionError or SampleError: one line naming the file, and the line or name.
    Example
        >>> [group.claims[0].text for group in load("built-in") if group.id == "teaching/neuron"]
        ['1/(1+exp(-(x*w+b)))']
    """
    if source == BUILT_IN:
        return _built_in()
    path, mark, name = source.partition("::")
    if path in SUITES:
        return _named(_of_framework(path), name, path) if mark else _of_framework(path)
    if not mark and Path(path).is_dir():
        return tuple(group for file in sources(path) for group in load(file))
    if not path.endswith((".jsonl", ".py")):
        raise SuiteError(f"{source}: a suite is a .jsonl file of expressions, a .py file of claims, or a directory")
    groups = _of_file(path, _stamps(path))
    if mark:
        return _named(groups, name, path)
    if not groups:
        raise SuiteError(f"{path} holds no claims: {_cure(path)}")
    return groups


def sources(source: str) -> list[str]:
    """The source itself; for a directory the suites in it, none of which is a directory or empty."""
    if not Path(source).is_dir():
        return [source]
    files = [str(file) for file in claim_files(Path(source))]
    return [file for file in files if file.endswith(".jsonl") or _of_file(file, _stamps(file))]


def claim_files(directory: Path) -> list[Path]:
    """The suites in a directory and below it, sorted: .jsonl files, and .py files that import ``verify``
    and speak of ``Claim``.

    Left out are hidden directories, reference files (NAME_ref.jsonl beside NAME.jsonl), and tests, whose files
    begin with ``test_`` or are called conftest.py: pytest runs those.
    """
    files = [file for file in sorted(directory.rglob("*")) if file.is_file() and _is_seen(file, directory)]
    return [file for file in files if (_may_hold_claims if file.suffix == ".py" else _holds_rows)(file)]


def suite_names() -> list[str]:
    """The names of the built-in suites, without reading them."""
    text = (resources.files("verify.suites") / "manifest.json").read_text(encoding="utf-8")
    return [entry["name"] for entry in json.loads(text)["suites"]]


def find(id: str) -> Group | None:
    """A built-in group by its id, such as ``teaching/neuron``, or None."""
    return next((group for group in load(BUILT_IN) if group.id == id), None)


# --- files


@functools.lru_cache(maxsize=1)
def _built_in() -> tuple[Group, ...]:
    return tuple(group for suite in built_in() for group in _of_suite(suite))


@functools.lru_cache(maxsize=2)
def _of_framework(suite: str) -> tuple[Group, ...]:
    return tuple(_group(claim, suite, "", ()) for claim in claims_of_ops(suite))


def _stamps(path: str) -> tuple[tuple[int, int], ...]:
    """Times and sizes of a suite and its reference file: what was read once need not be read again."""
    files = [Path(path), _reference_beside(Path(path))]
    return tuple((s.st_mtime_ns, s.st_size) for file in files if file.exists() for s in [file.stat()])


@functools.lru_cache(maxsize=256)
def _of_file(path: str, stamps: tuple[tuple[int, int], ...]) -> tuple[Group, ...]:
    """The groups of one file as it was at the time of its stamps."""
    file = Path(path)
    if path.endswith(".py"):
        listed = listed_claims(module_at(path), file.stem, path)
        return tuple(_group(one.claim, file.stem, path, one.names) for one in listed)
    reference = _reference_beside(file)
    points = read_reference(reference) if reference.is_file() else {}
    rows = read_rows(file)
    unknown = sorted(points.keys() - {row.id for row in rows})
    if unknown:
        raise SuiteError(f"{reference.name}: points for {unknown[0]!r}, which {file.name} does not hold")
    return tuple(_of_row(row, file.stem, POINTS, points.get(row.id, ()), file=path) for row in rows)


def _reference_beside(file: Path) -> Path:
    return file.with_name(f"{file.stem}_ref.jsonl")


def _is_seen(file: Path, directory: Path) -> bool:
    return not any(part.startswith((".", "__")) for part in file.relative_to(directory).parts)


def _holds_rows(file: Path) -> bool:
    return file.suffix == ".jsonl" and not _is_reference(file)


def _is_reference(file: Path) -> bool:
    return file.stem.endswith("_ref") and file.with_name(file.stem.removesuffix("_ref") + ".jsonl").is_file()


def _may_hold_claims(file: Path) -> bool:
    """Whether a Python file imports ``verify`` and speaks of ``Claim``; no other is run for being in a directory."""
    if file.name.startswith(("test_", "conftest.")):
        return False
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (OSError, SyntaxError, ValueError) as problem:
        raise SuiteError(f"{file}: cannot be read: {type(problem).__name__}: {problem}") from problem
    imported = {name.partition(".")[0] for node in nodes for name in _imports(node)}
    return "verify" in imported and any("Claim" in _words(node) for node in nodes)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


def _words(node: ast.AST) -> set[str]:
    """The names that a node itself speaks of: ``Claim``, ``verify.Claim``, ``import Claim as C``."""
    found = {getattr(node, "id", None), getattr(node, "attr", None)}
    if isinstance(node, ast.ImportFrom):
        found |= {alias.name for alias in node.names}
    return {name for name in found if isinstance(name, str)}


def _named(groups: Sequence[Group], name: str, path: str) -> tuple[Group, ...]:
    """The group of that id; else those whose last part of the id, or whose name in the file, it is."""
    exact = tuple(group for group in groups if name == group.id)
    found = exact or tuple(g for g in groups if name in (g.id.rpartition("/")[2], *g.names))
    if not found:
        known = ", ".join(group.id for group in groups[:SHOWN]) + (", ..." if len(groups) > SHOWN else "")
        holds = f"it has {known}" if groups else f"it has none: {_cure(path)}"
        raise SuiteError(f"{path} has no claim named {name!r}; {holds}")
    return found


def _cure(path: str) -> str:
    if path.endswith(".jsonl"):
        return "write one JSON object a line"
    return "list verify.Claim(...) objects as variables, in a list, or return them from claims()"


def _of_suite(suite: Suite) -> list[Group]:
    if suite.module is None:
        return [_of_row(row, suite.name, suite.points, row.reference) for row in suite.rows]
    module = importlib.import_module(suite.module)
    listed = listed_claims(module, suite.name, suite.module)
    groups = [_group(one.claim, suite.name, "", ()) for one in listed]
    if suite.ask == "check":
        return groups
    return [replace(group, claims=module.with_proof(group.claims[0]), ask=entry_finding) for group in groups]


def _group(claim: Claim, suite: str, path: str, names: tuple[str, ...]) -> Group:
    return Group(claim.id, suite, (claim,), _reproduce(path, claim.id), names)


def _reproduce(path: str, id: str) -> str:
    return f"adverify check {shlex.quote(f'{path}::{id}' if path else id)}"


# --- expressions


def _of_row(row: Row, suite: str, points: int, reference: Sequence[ReferencePoint], file: str = "") -> Group:
    """Seeded points inside the ranges, and the points with values known from elsewhere."""
    names = [v.name for v in row.variables]
    places: list[tuple[Mapping[str, float], ReferencePoint | None]] = [(at, None) for at in draw(row, count=points)]
    for i, point in enumerate(reference):
        _complete(row.id, i, point, names)
        places += [(point.at, point)] if point.converged else []
    expression = parse(row.expression, names)
    claims = tuple(
        Claim(
            expression,
            at=at,
            id=row.id,
            title=row.name,
            expect=("ok",) if set(row.expect) <= _RIGHT else row.expect,
            reason=row.reason,
            source=f"{row.source} ({row.licence})" if row.licence else row.source,
            outside={} if point is None else {OUTSIDE: outside(point, names)},
        )
        for at, point in places
    )
    return Group(row.id, suite, claims, _reproduce(file, row.id))


def _complete(id: str, number: int, point: ReferencePoint, names: Sequence[str]) -> None:
    for given, field in ((point.at, "x"), (point.gradient, "grad")):
        if set(given) != set(names):
            raise SuiteError(
                f"{id}: reference point {number + 1}: field {field!r} names {', '.join(given) or 'nothing'}; "
                f"the variables are {', '.join(names)}"
            )
    for name, digits in point.gradient.items():
        if point.converged and not _is_number(digits):
            raise SuiteError(f"{id}: reference point {number + 1}: grad of {name!r} is {digits!r:.40}, not a number")


def _is_number(digits: str) -> bool:
    try:
        return Decimal(digits).is_finite()
    except InvalidOperation:
        return False


def outside(point: ReferencePoint, names: Sequence[str]) -> Estimate:
    """Decimal digits from elsewhere as an estimate: right to 27 digits, so off by half a unit of the 27th at most."""
    values, lows, radii = [], [], []
    for name in names:
        exact = Decimal(point.gradient[name])
        high = float(exact)
        values.append(high)
        lows.append(float(_CONTEXT.subtract(exact, Decimal(high))))
        radii.append(half_digit(exact))
    row = [tuple(point.gradient[name] for name in names)]
    return Estimate(np.array([values]), np.array([radii]), np.array([lows]), False, tuple(row))


def half_digit(value: Decimal) -> float:
    """Half a unit of the 27th significant digit, to which the reference values are rounded or better.

    >>> half_digit(Decimal("1.5"))
    5e-27
    """
    if value == 0:
        return 0.0
    return max(float(Decimal(5).scaleb(value.adjusted() - DIGITS, _CONTEXT)), SUBNORMAL)
