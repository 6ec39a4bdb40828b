"""Claims that a Python module lists: as variables, in lists, from a function ``claims()``, or as expressions.

A claim is called by the ``id=`` it states; without one by the variable that holds it; in a list by the name of
its function, and by its place where two would be called alike.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from verify.claim import Claim, changed
from verify.claimreading import ClaimError
from verify.expression import ExpressionError
from verify.suite import SuiteError
from verify.suites.case import Case


@dataclass(frozen=True, eq=False)
class Listed:
    """A claim of a module, and the other names by which it can be asked for: ``sigmoid``, ``CLAIMS``."""

    claim: Claim
    names: tuple[str, ...]


def module_at(path: str) -> ModuleType:
    """Import a Python file by its path; its own directory counts as a place to import from.

    Raises SuiteError in one line for a file that is not there, cannot be read, or raises.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise SuiteError(f"{path}: {'is a directory' if file.is_dir() else 'no such file'}")
    digest = hashlib.blake2b(str(file).encode(errors="surrogateescape"), digest_size=4).hexdigest()
    name = f"adverify_claims_{file.stem}_{digest}"  # two files of one name are two modules
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise SuiteError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))  # as `python FILE` does; it stays, for imports inside functions
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as problem:
        del sys.modules[name]
        raise SuiteError(f"{path} cannot be imported: {type(problem).__name__}: {problem}") from problem
    return module


def listed_claims(module: ModuleType, suite: str, where: str) -> list[Listed]:
    """All claims of a module, in order, each under an id of its own.

    Arguments
        module: what was imported. suite: begins the ids of cases and expressions. where: the file or module,
            for messages.
    Raises
        SuiteError when two claims state the same id, or something listed is not a claim.
    """
    found: dict[int, Listed] = {}  # by the identity of what the module holds: one claim may have several names
    ids: set[str] = set()
    for held, place, names in _places(module, suite, where):
        if id(held) in found:
            known = found[id(held)]
            found[id(held)] = Listed(known.claim, known.names + names)
            continue
        claim = _of_case(held, suite) if isinstance(held, Case) else held
        called = _id(claim, place, names)
        if called in ids and _states_no_id(claim):
            called = names[-1]
        if called in ids:
            raise SuiteError(f"{where}: two claims have the id {called!r}; give each its own id=")
        ids.add(called)
        found[id(held)] = Listed(_called(claim, called), names)
    return list(found.values())


def _places(module: ModuleType, suite: str, where: str) -> Iterator[tuple[Claim | Case, str, tuple[str, ...]]]:
    """Each claim or case, the variable that holds it alone or "", and its names, the most exact one last."""
    if callable(getattr(module, "claims", None)):
        for i, claim in enumerate(_returned(module, where)):
            yield claim, "", (f"claims()[{i}]",)
    public = [name for name in vars(module) if not name.startswith("_")]
    for name in getattr(module, "__all__", public):
        value = getattr(module, name, None)
        if name == "EXPRESSIONS":
            yield from _expressions(value, suite, where)
        elif isinstance(value, Claim | Case):
            yield value, name, (name,)
        elif isinstance(value, list | tuple):
            for i, item in enumerate(value):
                if isinstance(item, Claim | Case):
                    yield item, "", (name, f"{name}[{i}]")


def _returned(module: ModuleType, where: str) -> Sequence[Claim]:
    try:
        claims = list(module.claims())
    except (Exception, SystemExit) as problem:
        raise SuiteError(f"{where}: claims() raised {type(problem).__name__}: {problem}") from problem
    for i, claim in enumerate(claims):
        if not isinstance(claim, Claim):
            raise SuiteError(f"{where}: claims()[{i}] is of type {type(claim).__name__}, not verify.Claim")
    return claims


def _expressions(value: Any, suite: str, where: str) -> Iterator[tuple[Claim, str, tuple[str, ...]]]:
    """EXPRESSIONS = [(id, expression, point), ...]."""
    for i, item in enumerate(value if isinstance(value, list | tuple) else [value]):
        place = f"EXPRESSIONS[{i}]"
        try:
            id, text, at = item
            claim = Claim(str(text), at=dict(at), id=f"{suite}/{id}", title=str(text))
        except (ClaimError, ExpressionError) as problem:
            raise SuiteError(f"{where}: {place}: {problem}") from problem
        except (TypeError, ValueError) as problem:
            raise SuiteError(f"{where}: {place} is not (id, expression, point), but {item!r:.60}") from problem
        yield claim, "", ("EXPRESSIONS", place)


def _of_case(case: Case, suite: str) -> Claim:
    wrong = () if case.wrong_input is None else (case.wrong_input, *case.also_wrong)
    judged: dict[str, Any] = {case.judged: case.subject}
    return Claim(
        case.f,
        *case.xs,
        kwargs=case.kwargs,
        id=f"{suite}/{case.id}",
        title=case.title,
        expect="WRONG" if wrong else "ok",
        wrong_at=wrong,
        reason=case.note,
        **judged,
    )


def _id(claim: Claim, variable: str, names: tuple[str, ...]) -> str:
    if not _states_no_id(claim):
        return claim.id
    name = getattr(claim.f, "__name__", "")
    return variable or (name if name.isidentifier() else names[-1])


def _states_no_id(claim: Claim) -> bool:
    return claim.id == getattr(claim.f, "__name__", "claim")


def _called(claim: Claim, id: str) -> Claim:
    """The claim under another id."""
    return claim if claim.id == id else changed(claim, id=id)
