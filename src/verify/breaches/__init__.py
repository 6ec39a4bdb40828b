"""Broken clauses of a contract that a framework shows by itself: one clause, one function, whose text is a script's.

Facts
    What a script will run is run before it is written: where it shows nothing, a check has to.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from verify.breaches import jax_alone, torch_alone
from verify.counterexample import Origin

Shown = Callable[[Any, Any, Any, Any, Any], str]

SHOWN: dict[tuple[str, str], Shown] = {
    (framework, clause): function
    for framework, module in (("torch", torch_alone), ("jax", jax_alone))
    for clause, function in module.SHOWN.items()
}
UNTYPED = re.compile(r": (?:Any|str|int)\b|: float \| None(?= = )| -> (?:Any|str)(?=:)")  # of no use in a script


def shows(framework: str, clause: str) -> Origin:
    """The function that shows a broken clause, as text after those that it calls.

    Example
        >>> shows("torch", "saved tensors").statements[-1].splitlines()[0]
        'def uses_up_what_it_saved(torch, op, call, xs, gs):'
    """
    function = SHOWN[framework, clause]
    found = dict.fromkeys((*_called_by(function), function))
    return Origin(function.__name__, True, tuple(UNTYPED.sub("", inspect.getsource(f)).rstrip() for f in found))


def _called_by(function: Any) -> Iterator[Any]:
    """The functions of its module that a function names, each after those that it names itself."""
    module = sys.modules[function.__module__]
    for name in _names_in(function.__code__):
        inner = vars(module).get(name)
        if inspect.isfunction(inner) and inner is not function:
            yield from (*_called_by(inner), inner)


def _names_in(code: Any) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from _names_in(constant)
