"""Which functions of NumPy and SciPy can be differentiated, by this engine and by others: the coverage table.

``suites/coverage.json`` says it of other engines, for 486 functions; of this one the op table and the namesakes say it
themselves.
"""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from typing import Any

from ad.dispatch import CONSTANTS, TABLE, definition, entry
from ad.table.shapes import getitem

ENGINES = ("autograd", "jax", "mygrad", "torch", "chainrules")

# Functions of the table that are left out, and why.
LEFT_OUT: Mapping[str, str] = {
    "scipy.special.wofz": "of a complex number, which entries of scipy.special do not take; of a real x it is "
    "exp(-x*x) + 2j*dawsn(x)/sqrt(pi)",
}


@dataclass(frozen=True)
class Row:
    """One function of the coverage table.

    name: as in the table: the function, or a case of it (numpy.linalg.norm.nuclear). category: its area.
    engines: those which differentiate it, by measurement or by name. ours: what it is called by here, "" when it is
    left out. reason: why it is.
    """

    name: str
    category: str
    engines: frozenset[str]
    ours: str
    reason: str


def rows() -> tuple[Row, ...]:
    """The coverage table, in its own order, with this engine's column.

    Example
        >>> {row.name: row.ours for row in rows()}["numpy.tanh"]
        'np.tanh'
    """
    return tuple(
        Row(
            name,
            facts["category"],
            frozenset(engine for engine in ENGINES if facts[engine]),
            ours := called_here(name),
            "" if ours else LEFT_OUT.get(name, "no entry"),
        )
        for name, facts in _facts().items()
    )


@functools.cache
def _facts() -> dict[str, Any]:
    text = resources.files("verify.suites").joinpath("coverage.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["functions"]
    return found


def called_here(name: str) -> str:
    """How a function of the table is written so that it can be differentiated; "" when it cannot."""
    where, _ = _found(name)
    return where


def function_of(name: str) -> Callable[..., Any]:
    """The function that ``called_here`` names.

    Raises
        KeyError for a function that cannot be differentiated here.
    """
    where, found = _found(name)
    if not where:
        raise KeyError(f"{name} is not covered: {LEFT_OUT.get(name, 'it has no entry')}")
    function: Callable[..., Any] = found
    return function


def _found(name: str) -> tuple[str, Any]:
    if name.startswith("numpy.__getitem__"):
        return "x[...]", getitem
    if name.startswith("scipy.") and find_spec("scipy") is None:
        return "", None
    for path in (name, name.rpartition(".")[0]):  # the second for a case of a function, such as norm.nuclear
        theirs = _at(path)
        if theirs is not None and _dispatches(theirs):
            return path.replace("numpy.", "np.", 1), theirs
        namesake = f"ad.{path.removeprefix('numpy.')}"
        ours = _at(namesake)
        if callable(ours) and ours is not theirs:  # ad.scipy.special hands SciPy's own functions on
            return namesake, ours
    return "", None


def _at(path: str) -> Any:
    """What a dotted path names, importing modules on the way; None for nothing."""
    first, *rest = path.split(".")
    found: Any = importlib.import_module(first)
    for i, part in enumerate(rest, 1):
        inner = getattr(found, part, None)
        if inner is None and hasattr(found, "__path__"):
            inner = _module(".".join([first, *rest[:i]]))
        if inner is None:
            return None
        found = inner
    return found


def _module(name: str) -> Any:
    return importlib.import_module(name) if find_spec(name) is not None else None


def _dispatches(function: Any) -> bool:
    """Whether NumPy hands a call of the function to this engine, which knows it."""
    try:
        known = function in TABLE or function in CONSTANTS
    except TypeError:  # no hash
        return False
    return known or entry(function) is not None or definition(function) is not None
