"""What a command line asks: an expression with its point, FILE.py::NAME, FILE.jsonl::ID, or a built-in id."""

from __future__ import annotations

import difflib
import inspect
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from verify.adapters.sources import parts_of
from verify.catalogue import BUILT_IN, Group, load, suite_names
from verify.claim import Claim
from verify.claimfile import module_at
from verify.claimreading import ClaimError
from verify.expression import Expression, ExpressionError, parse
from verify.suite import SuiteError
from verify.suites.customops import SUITES

CLOSE = 3  # built-in ids that are offered for one that does not exist


class TargetError(ValueError):
    """A target that names nothing that can be checked: one line with the cure."""


@dataclass(frozen=True)
class Target:
    """The words of a command.

    text: the target itself. at, wrt: as written, or None. judged: the name of a function by what it claims
    to be, such as {"gradient": "df"}. seed: of everything random. order: of the derivative, or None.
    """

    text: str
    at: str | None = None
    wrt: str | None = None
    judged: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    order: int | None = None

    @property
    def options(self) -> dict[str, str | None]:
        """What stands beside the target, by the name of its option; None where it was left out."""
        numbers = {"order": self.order, "seed": self.seed or None}
        shown = {name: None if value is None else str(value) for name, value in numbers.items()}
        return {"at": self.at, "wrt": self.wrt, **self.judged, **shown}

    @property
    def command(self) -> str:
        """The command that repeats this check."""
        words = ["adverify", "check", self.text]
        for name, value in self.options.items():
            words += [] if value is None else ["--" + name.replace("_", "-"), value]
        return shlex.join(words)


def asked(target: Target) -> Group:
    """The claim that a target names.

    Raises
        TargetError, SuiteError, ClaimError or ExpressionError: one line saying what to write instead.
    Example
        >>> asked(Target("x*w", at="x=3,w=2")).claims[0].xs
        (3.0, 2.0)
    """
    path, mark, name = target.text.partition("::")
    if mark and path.endswith((".py", ".jsonl")):
        return _in_file(target, path, name)
    if mark:
        raise TargetError(f"{target.text}: a target with :: is FILE.py::NAME or FILE.jsonl::ID")
    if (suite := target.text.partition("/")[0]) in SUITES:
        _nothing_beside(target)
        return load(f"{suite}::{target.text}")[0]
    if suite in suite_names() and (group := _built_in(target)) is not None:
        _nothing_beside(target)
        return group
    _not_a_path(target.text)
    if target.judged:
        option = _option(next(iter(target.judged)))
        raise TargetError(f"{option} names a function of a file: the target is then FILE.py::NAME")
    return _of_expression(target)


# --- claims and functions of files


def _in_file(target: Target, path: str, name: str) -> Group:
    if path.endswith(".py") and (target.at is not None or target.judged):
        return _of_function(target, path, name)
    try:
        groups = load(target.text)
    except SuiteError as problem:
        if path.endswith(".py") and callable(getattr(module_at(path), name, None)):
            raise TargetError(f"{target.text} is a function: give the point, as in --at x=3") from problem
        raise
    _nothing_beside(target)
    if len(groups) > 1:
        listed = ", ".join(group.id for group in groups)
        raise TargetError(f"{target.text} names {len(groups)} claims: {listed}; name one; adverify run asks all")
    return groups[0]


def _of_function(target: Target, path: str, name: str) -> Group:
    module = module_at(path)
    f = _member(module, path, name)
    functions = {kind: _member(module, path, other) for kind, other in target.judged.items()}
    if target.at is None:
        raise TargetError(f"{target.text} is a function: give the point, as in --at x=3")
    given = read_point(target.at)
    point = _defaults(f) | given
    wrt = _names(target.wrt) or (tuple(given) if point.keys() != given.keys() else None)  # a default stays as it is
    try:
        claim = Claim(f, at=point, wrt=wrt, order=target.order, seed=target.seed, id=target.text, **functions)
    except ClaimError as problem:
        raise TargetError(str(problem).replace("at= ", "--at ", 1)) from problem
    return Group(claim.id, "", (claim,), target.command)


def _defaults(f: Any) -> dict[str, Any]:
    """The parameters of a function that need not be given."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # of NumPy's own functions
        return {}
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {p.name: p.default for p in parameters if p.kind in positional and p.default is not p.empty}


def _member(module: ModuleType, path: str, name: str) -> Any:
    found = getattr(module, name, None)
    if isinstance(found, type) and parts_of(found):  # a torch.autograd.Function is called by its apply
        found = found.apply  # type: ignore[attr-defined]
    if isinstance(found, Claim):
        raise TargetError(f"{path}::{name} is a claim with its own point: leave out the options")
    if not callable(found):
        known = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module.__name__]
        raise TargetError(f"{path} has no function {name!r}; it has {', '.join(known) or 'none'}")
    return found


def _nothing_beside(target: Target) -> None:
    """A claim states its own point and variables: options beside it would be ignored."""
    for name, value in target.options.items():
        if value is not None:
            raise TargetError(f"{target.text} is a claim that states its own point: leave out {_option(name)}")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


# --- built-in claims


def _built_in(target: Target) -> Group | None:
    """The built-in group of that id; with a point the text may be a quotient all the same, and it is None."""
    groups = {group.id: group for group in load(BUILT_IN)}
    if target.text in groups or target.at is not None:
        return groups.get(target.text)
    near = difflib.get_close_matches(target.text, groups, n=CLOSE)
    hint = f"did you mean {', '.join(near)}?" if near else "index.md of adverify run -o DIR lists all"
    raise TargetError(f"there is no built-in claim {target.text!r:.80}; {hint}")


# --- expressions


def _of_expression(target: Target) -> Group:
    text = target.text.strip()
    try:
        expression = parse(text)
    except ExpressionError as problem:
        raise TargetError(f"{text!r:.60}: {problem}") from problem
    if not expression.names:
        raise TargetError(f"{text!r:.60} has no variable: there is nothing to differentiate")
    point = _complete_point(expression, {} if target.at is None else read_point(target.at))
    wrt = _names(target.wrt)
    for name in wrt or ():
        if name not in expression.names:
            raise TargetError(f"--wrt names {name!r}; the variables are {', '.join(expression.names)}")
    claim = Claim(expression, at=point, wrt=wrt, order=target.order, seed=target.seed, id=text, title=text)
    return Group(claim.id, "", (claim,), target.command)


def _complete_point(expression: Expression, point: dict[str, Any]) -> dict[str, Any]:
    for name in point:
        if name not in expression.names:
            raise TargetError(f"--at names {name!r}; the variables of the expression are {', '.join(expression.names)}")
    missing = [name for name in expression.names if name not in point]
    if not missing:
        return point
    cure = "--at " + ",".join(f"{name}=..." for name in missing)
    if expression.text.isidentifier():
        raise TargetError(
            f"{expression.text!r} is an expression of one variable: give its value, {cure}; "
            f"or name a claim, FILE.py::NAME, FILE.jsonl::ID or SUITE/ID"
        )
    raise TargetError(f"no value for {', '.join(missing)}: give {cure}" + (" as well" if point else ""))


def _not_a_path(text: str) -> None:
    if not text.strip():
        raise TargetError("the target is empty: give an expression, FILE.py::NAME or SUITE/ID")
    if text.endswith((".py", ".jsonl")) or (("/" in text or "\\" in text) and Path(text).exists()):
        raise TargetError(f"{text}: name one claim, as in {text}::NAME; adverify run {text} checks all")


# --- points


def read_point(text: str) -> dict[str, Any]:
    """``x=3,w=[1, 2]`` as floats and float64 arrays by name; raises TargetError.

    >>> read_point("x=3, w=[1, 2]")
    {'x': 3.0, 'w': array([1., 2.])}
    """
    point: dict[str, Any] = {}
    for part in _split(text):
        name, mark, value = part.partition("=")
        name = name.strip()
        if not mark or not name.isidentifier():
            raise TargetError(f"--at: {part.strip()!r:.60} is not NAME=NUMBER, as in --at x=3,w=2")
        if name in point:
            raise TargetError(f"--at names {name} twice")
        point[name] = _number(name, value.strip())
    return point


def _split(text: str) -> Sequence[str]:
    """Split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "[") - (c == "]")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def _number(name: str, text: str) -> Any:
    """A number, or an array in brackets."""
    try:
        if not text.startswith("["):
            return number_of(text)
        # Every word becomes JSON's form of a number, or is refused: null and "1" are none.
        return np.array(json.loads(_WORD.sub(lambda word: json.dumps(number_of(word[0])), text)), dtype=float)
    except (ValueError, TypeError, OverflowError, RecursionError) as problem:
        raise TargetError(
            f"--at: {name}={text!r:.60} is not a number, such as 3, -1e-8, 0x1.8p+1 or nan, "
            f"and not an array, such as [1, 2] or [[1, 2], [3, 4]]"
        ) from problem


_WORD = re.compile(r"[^\[\],\s]+")


def number_of(text: str) -> float:
    """Decimal or hexadecimal: 0.1, -1e-8, inf, nan, 0x1.8p+1."""
    return float.fromhex(text) if text.lower().lstrip("+-").startswith("0x") else float(text)


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))
