"""The document of the custom ops: ``python -m verify.suites.opsdocument FILE [FRAMEWORK ...]`` asks all and writes it.

It imports the frameworks, each of which takes some minutes; what is done goes to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from verify.complete import contract_finding
from verify.judge import Verdict
from verify.render.adapters import ACCEPTED, OPEN, OURS, REFUSED, OpRow, adapters_markdown
from verify.render.files import write_whole
from verify.suites import frameworkcheckers
from verify.suites.customops import REFUSED as REFUSING
from verify.suites.customops import RIGHT, Planted, claim_of, imported, planted
from verify.suites.opcase import FLOATS

FRAMEWORKS = ("torch", "jax")
CHECKERS = {"torch": frameworkcheckers.torch_says, "jax": frameworkcheckers.jax_says}
BECAME = {
    frameworkcheckers.ACCEPTS: ACCEPTED,
    frameworkcheckers.REFUSES: REFUSED,
    frameworkcheckers.RAISES: REFUSED,  # whoever runs it sees it fail
}


def rows_of(module: Any, framework: str) -> list[OpRow]:
    """One row for each op, right or wrong, of what is said of it here and by its framework."""
    said: dict[tuple[str, str, str], dict[tuple[str, str], tuple[str, str]]] = {}
    for one in planted(module, framework):
        key = one.case.id, _variant(one), "" if one.slip is None else one.slip.says
        said.setdefault(key, {}).update(_said(module, one))
        print(one.id, file=sys.stderr)
    return [OpRow(*key, found) for key, found in said.items()]


def _variant(one: Planted) -> str:
    name = RIGHT if one.slip is None else one.slip.name
    return name if one.shows in ("value", "contract") else f"{name} ({one.shows})"


def _said(module: Any, one: Planted) -> Iterable[tuple[tuple[str, str], tuple[str, str]]]:
    verdict = contract_finding(claim_of(module, one)).verdict
    yield (OURS, one.dtype), (_became(verdict), verdict.name)
    if one.dtype in FLOATS:  # nobody asks them for less
        for name, answer in CHECKERS[one.framework](module, one).items():
            yield (name, one.dtype), (BECAME[answer.answer], answer.answer)


def _became(verdict: Verdict) -> str:
    if verdict.name in REFUSING:
        return REFUSED
    return ACCEPTED if verdict.ok else OPEN


def main(path: str, frameworks: Iterable[str] = FRAMEWORKS) -> None:
    """Ask everything and write the document."""
    tables = {framework: rows_of(imported(framework), framework) for framework in frameworks}
    write_whole(Path(path), adapters_markdown(tables))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or FRAMEWORKS)
