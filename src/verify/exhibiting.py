"""A wrong claim as a counterexample: its point to the last bit, its functions, and where the wrong number is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ad.containers import flatten, paths, unflatten
from verify.adapters.points import tensors_of
from verify.arguments import argument_names
from verify.breaches import shows
from verify.claim import BAR, Claim
from verify.claimreading import ClaimError
from verify.complete import contract_finding
from verify.counterexample import Counterexample, Given, Origin
from verify.expression import Expression
from verify.finding import PointFinding
from verify.origins import called_in_framework, origin_of
from verify.picking import clause_shown, directions, pick
from verify.scalar import ScalarEngine
from verify.shrinking import shrink
from verify.shrinking.search import plain_name
from verify.single import IS_WRONG
from verify.sourcetext import clash
from verify.straightline import constant_text
from verify.verdict import Verdict

WRITTEN = ("torch", "jax")  # frameworks whose arrays and calls a script knows
SMALLEST = 2.0**-1074  # what a unit is at least
OFF_THE_TRUTH = (Verdict.WRONG, Verdict.INACCURATE)  # at a kink there are many right answers: a check judges
# Names that a script uses itself; an input of that name gets an underscore.
TAKEN = (
    "np", "ad", "verify", "torch", "jax", "jnp", "sys", "importlib", "spec", "Decimal", "localcontext", "f",
    "y", "g", "t", "answer", "call", "said", "pullback", "residuals", "yours", "gap", "units", "TRUTH", "UNIT",
)  # fmt: skip


def smallest(claims: Iterable[Claim], budget: float = 5.0) -> Counterexample | None:
    """The counterexample of the first claim that is wrong, made small; None where none is.

    Arguments
        claims: as of one finding. budget: seconds for the search.
    """
    for claim in claims:
        try:
            return counterexample_of(shrink(claim, budget))
        except ClaimError:  # right at this point
            continue
    return None


def counterexample_of(claim: Claim) -> Counterexample:
    """The wrong entry of a claim, with everything that is needed to see it again.

    Arguments
        claim: wrong at its point; ``shrink`` makes a small one.
    Raises
        ClaimError when it is not wrong there.
    Example
        >>> found = counterexample_of(Claim(np.sin, 0.5, gradient=np.sin))
        >>> found.inputs[0].values, found.entry, found.pick
        (('0x1.0000000000000p-1',), 'x', 'answer')
    """
    point = contract_finding(claim)
    if point.verdict not in IS_WRONG:
        raise ClaimError(f"there is no counterexample to show: the claim is {point.verdict.name} at its point")
    foreign = claim.foreign
    if foreign is not None and foreign.framework.name not in WRITTEN:
        raise ClaimError(f"no script is written for functions of {foreign.framework.name}")
    judges = origin_of(claim.f, "f") if foreign is None else called_in_framework(foreign)
    function, *subject = _told_apart([judges, *_subject(claim)])
    names = _Names(argument_names(claim), [origin.name for origin in (function, *subject)])
    inputs, arguments = names.of_point(claim.xs, () if foreign is None else tensors_of(foreign))
    cotangent, tangent = directions(claim, point)
    clause, cotangent = clause_shown(claim, point, cotangent)
    shown = shows(foreign.framework.name, clause) if clause and foreign is not None else None
    if shown is not None and clash((*function.statements, *shown.statements)):
        clause, shown = "", None
    return Counterexample(
        verdict=point.verdict.name,
        reason=point.reason,
        framework="numpy" if foreign is None else foreign.framework.name,
        judged=claim.judged if foreign is None else "engine",
        title=claim.text,
        function=function,
        subject=tuple(subject),
        inputs=tuple(inputs),
        arguments=tuple(arguments),
        keywords=tuple((name, constant_text(value)) for name, value in claim.kwargs.items()),
        **_held("cotangent", "g", cotangent),
        **_held("tangent", "t", tangent),
        options=tuple(_options(claim)),
        pick=pick(claim, point) if point.verdict in OFF_THE_TRUTH and _is_number(point.truth) else "",
        entry=point.entry,
        row=point.row,
        yours_hex="" if point.yours is None else float(point.yours).hex(),
        truth=point.truth,
        unit_hex=_unit(point, claim.units),
        bar=claim.units,
        clause=clause,
        shows=shown,
    )


def _unit(point: PointFinding, bar: float) -> str:
    """What one unit is at the worst entry; where the answer is no number, at the entry that may move most."""
    if point.gap is not None and point.units and 0 < point.gap / point.units < math.inf:
        return float(point.gap / point.units).hex()
    return float((point.allowed or 0.0) / bar or SMALLEST).hex()


def _told_apart(origins: Sequence[Origin]) -> list[Origin]:
    """The origins, those left for a reader whose statements give a name another value than those before."""
    kept: list[Origin] = []
    for origin in origins:
        together = [line for other in (*kept, origin) for line in other.statements]
        kept.append(Origin(origin.name, known=False) if clash(together) else origin)
    return kept


def _is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _subject(claim: Claim) -> tuple[Origin, ...]:
    """The functions under test; of an engine its class, if it is one; of a framework's function its reference."""
    if claim.foreign is not None:
        reference = claim.foreign.reference
        return (origin_of(reference, "reference"),) if callable(reference) else ()
    if claim.judged == "engine":
        return (origin_of(claim.engine.kind, "Value"),) if isinstance(claim.engine, ScalarEngine) else ()
    functions = claim.subject if isinstance(claim.subject, tuple) else (claim.subject,)
    names = ("forward", "backward") if len(functions) == 2 else (claim.judged,)
    return tuple(origin_of(function, name) for function, name in zip(functions, names, strict=True))


# --- arrays and containers


class _Names:
    """Identifiers for the leaves of the arguments, each once."""

    def __init__(self, arguments: Sequence[str], functions: Sequence[str]) -> None:
        self.arguments = arguments
        self.used = {*TAKEN, *(name.partition(".")[0] for name in functions)}

    def of_point(self, xs: Sequence[Any], tensors: Sequence[Sequence[bool]] = ()) -> tuple[list[Given], list[str]]:
        """Every leaf, and each argument as Python text in the names of its leaves.

        tensors: of a framework's function for each leaf whether it is a tensor; everything else stays NumPy's.
        """
        given, texts = [], []
        for n, (x, argument) in enumerate(zip(xs, self.arguments, strict=True)):
            structure, leaves = flatten(x)
            held = [given_of(self._fresh(path), leaf) for path, leaf in zip(paths(x, argument), leaves, strict=True)]
            if tensors:
                pairs = zip(held, leaves, tensors[n], strict=True)
                held = [one if own else replace(one, kind="constant", dtype="", shape=(), values=(constant_text(leaf),))
                        for one, leaf, own in pairs]  # fmt: skip
            given += held
            texts.append(container_text(structure, [leaf.name for leaf in held]))
        return given, texts

    def _fresh(self, path: str) -> str:
        name = plain_name(path) or "x"
        while name in self.used:
            name += "_"
        self.used.add(name)
        return name


def given_of(name: str, x: Any) -> Given:
    """An array or number to the last bit.

    Example
        >>> given_of("x", np.float32([1.5]))
        Given(name='x', kind='array', dtype='float32', shape=(1,), values=('0x1.8000000000000p+0',))
    """
    if not isinstance(x, np.ndarray | np.generic):
        if isinstance(x, float):
            return Given(name, "number", "float64", (), (x.hex(),))
        return Given(name, "constant", "", (), (constant_text(x),))
    kind = "array" if isinstance(x, np.ndarray) else "scalar"
    flat = np.asarray(x).reshape(-1)
    if flat.dtype.kind in "iub":
        values = [str(v) for v in flat.tolist()]
    elif flat.dtype.kind == "c":
        values = [float(part).hex() for v in flat.tolist() for part in (v.real, v.imag)]
    else:
        values = [float(v).hex() for v in flat]
    return Given(name, kind, flat.dtype.name, np.shape(x), tuple(values))


class _Written:
    """A name that stands for itself in the repr of a container."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def container_text(structure: Any, names: Iterable[str]) -> str:
    """A container as Python text, with names in place of its leaves.

    Example
        >>> container_text(flatten({"w": 1.0, "b": 2.0})[0], ["w", "b"])
        "{'w': w, 'b': b}"
    """
    return repr(unflatten(structure, [_Written(name) for name in names]))


def _held(field: str, name: str, tree: Any) -> dict[str, Any]:
    if tree is None:
        return {field: (), f"{field}_text": ""}
    structure, leaves = flatten(tree)
    names = [name if len(leaves) == 1 else f"{name}{k}" for k in range(len(leaves))]
    given = tuple(given_of(n, leaf) for n, leaf in zip(names, leaves, strict=True))
    return {field: given, f"{field}_text": container_text(structure, names)}


# --- the other arguments


def _options(claim: Claim) -> Iterable[tuple[str, str]]:
    """The arguments of a claim besides its function, point and derivative, as Python text."""
    if isinstance(claim.engine, ScalarEngine):
        kind = origin_of(claim.engine.kind, "Value").name
        names = f"value={claim.engine.value!r}, gradient={claim.engine.gradient_name!r}"
        yield "engine", f"verify.scalar_class({kind}, {names})"
    if claim.order == 2 and claim.judged != "hvp":
        yield "order", "2"
    if claim.foreign is not None:
        yield from _reference(claim.foreign.reference)
    elif claim.wrt is not None:
        yield "wrt", repr(claim.wrt)
    if claim.kwargs:
        yield "kwargs", "{" + ", ".join(f"{name!r}: {constant_text(v)}" for name, v in claim.kwargs.items()) + "}"
    if claim.cotangent is not None:
        yield "cotangent", constant_text_of(claim.cotangent)
    if claim.tangent is not None:
        yield "tangent", constant_text_of(claim.tangent)
    for name, usual in (("units", BAR), ("roundoff", None), ("seed", 0)):
        if getattr(claim, name) != usual:
            yield name, repr(getattr(claim, name))


def _reference(reference: Any) -> Iterable[tuple[str, str]]:
    """What a framework's function was held against, as Python text."""
    if isinstance(reference, Expression | str):
        yield "reference", repr(reference if isinstance(reference, str) else reference.text)
    elif reference is not None:
        yield "reference", origin_of(reference, "reference").name


def constant_text_of(tree: Any) -> str:
    """Nested containers of constants as Python text."""
    structure, leaves = flatten(tree)
    return container_text(structure, [constant_text(leaf) for leaf in leaves])
