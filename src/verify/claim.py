"""The nouns of verification: what is claimed, and what a witness may answer.

Claim      the question: a function, a point, and the derivative that is judged
Estimate   an answer: a value with a bound on its error
Refusal    an answer too: why this witness cannot say
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ad.containers import tree_map
from verify.adapters.adapting import FRAMEWORKS, Adapted, adapted, framework_of
from verify.adapters.foreign import Foreign
from verify.adapters.opaque import Opaque
from verify.adapters.points import in_arrays, placed, point_of
from verify.claimreading import (
    ClaimError,
    expected,
    first_of,
    judged_of,
    keywords,
    oracles_of,
    order_of,
    parameters_of,
    positive,
    seed_of,
    with_constants,
)
from verify.expression import Expression, parse

BAR = 16.0  # units; DESIGN section 5: the worst right vjp measured sits at 8.7, wrong ones above 26


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a witness says: rows of derivatives, one row for each cotangent, with a bound on the error.

    value    float64, shape (rows, entries); value + low is the answer (low is 0 unless certified)
    radius   float64, same shape: no error is larger. Rigorous when ``certified``
    digits   decimal digits of certified values, rows of entries, or ()
    note     what its certainty rests on, where that is more than its own arithmetic
    """

    value: np.ndarray
    radius: np.ndarray
    low: np.ndarray
    certified: bool = False
    digits: tuple[tuple[str, ...], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a witness cannot answer, as one sentence."""

    reason: str
    undefined: bool = False  # the derivative does not exist here, as opposed to: this witness cannot tell


Answer = Estimate | Refusal


def approximate(value: Any, radius: Any, note: str = "") -> Estimate:
    """An estimate without rigour: float64 rows and their believed error."""
    value = np.atleast_2d(np.asarray(value, dtype=float))
    radius = np.broadcast_to(np.asarray(radius, dtype=float), value.shape)
    return Estimate(value, radius, np.zeros_like(value), note=note)


@dataclass(frozen=True, eq=False, init=False)
class Claim:
    """The question: is this derivative of this function, at this point, right?

    Arguments
        f: a NumPy function, an expression as text (then ``at`` gives the point), or a function of a framework:
            PyTorch's or JAX's, whose own derivative is judged then.
        xs: the point: arrays, numbers or nested containers; they fix structure, shapes and dtypes.
        gradient, value_and_gradient, jacobian, vjp, jvp, hvp: the derivative that is judged, at most one of them:
            ``gradient(*xs)`` one array for each input (or the bare array for one input);
            ``value_and_gradient(*xs)`` (value, gradient); or True, where f itself returns both;
            ``jacobian(*xs)`` a matrix, outputs by inputs: dense, sparse, or a linear operator;
            ``vjp(g, y, *xs)`` one cotangent for each input, or a pair ``(fwd, bwd)`` with
            ``y, residuals = fwd(*xs)`` and ``bwd(residuals, g)``;
            ``jvp(ts, *xs)`` the tangent of f's output, ts one tangent for each input (bare for one input);
            ``hvp(ts, *xs)`` the Hessian times ts, one array for each input.
            With none of them, what the engine itself computes is judged.
        engine: "ad", "torch", "jax" (default: the one that f and xs belong to), or a teacher's
            ``verify.scalar_class(...)``.
        reference: what a framework's function computes, as a NumPy function, an expression, or a function of the
            same framework (default: the function itself, translated).
        at: the point of an expression, by variable name. args: constants behind xs, as SciPy hands them to both.
        order: 2 asks for the derivative of the judged derivative along tangents (default: 1; 2 for ``hvp``).
        tangent: one tangent for ``order=2``, ``hvp`` or ``jvp``, as ts (default: every unit tangent; for large
            inputs seeded signed ones).
        wrt: names or positions of the inputs to differentiate (default: all floating inputs).
        mutates: names or positions of the inputs that the forward declares to change in place.
        kwargs: keyword arguments handed to f and to the judged function.
        cotangent: one cotangent (default: every basis cotangent; for large outputs seeded signed ones).
        units: the bar where INACCURATE begins. roundoff: unit roundoff (default: the dtype's).
        oracles: the witnesses to ask (default: ``verify.CERTIFY``). budget: seconds for each witness.
        seed: of everything random. id: a name for reports. expect: "ok", a verdict, or a set of verdicts.
        reason: why something else than "ok" is expected. wrong_at: the inputs expected to be wrong.
        outside: estimates from elsewhere, by name.
    Raises
        ClaimError when the arguments do not form a question.
    Example
        >>> import numpy as np
        >>> Claim(lambda x: np.sum(x**2), np.array([1.0, 2.0]), gradient=lambda x: 2 * x).judged
        'gradient'
    """

    f: Callable[..., Any]
    xs: tuple[Any, ...]
    judged: str
    subject: Any
    engine: Any
    order: int
    tangent: Any
    wrt: Any
    mutates: Any
    kwargs: Mapping[str, Any]
    cotangent: Any
    units: float
    roundoff: float | None
    oracles: tuple[Callable[..., Any], ...] | None
    budget: float
    seed: int
    id: str
    title: str
    expect: frozenset[str]
    reason: str
    outside: Mapping[str, Estimate] = field(default_factory=dict)
    source: str = ""
    wrong_at: tuple[str, ...] = ()
    foreign: Foreign | None = None
    against: str = ""
    opaque: Opaque | None = None
    unasked: frozenset[str] = frozenset()  # clauses of the contract that are left out

    def __init__(
        self,
        f: Callable[..., Any] | str,
        *xs: Any,
        at: Mapping[str, Any] | None = None,
        args: Any = (),
        engine: Any = None,
        reference: Any = None,
        order: int | None = None,
        tangent: Any = None,
        wrt: Any = None,
        mutates: Any = (),
        kwargs: Mapping[str, Any] | None = None,
        cotangent: Any = None,
        units: float = BAR,
        roundoff: float | None = None,
        oracles: Any = None,
        budget: float = 10.0,
        seed: int = 0,
        id: str = "",
        title: str = "",
        expect: Any = "ok",
        reason: str = "",
        outside: Mapping[str, Estimate] | None = None,
        source: str = "",
        wrong_at: str | tuple[str, ...] = (),
        **judged: Any,
    ) -> None:
        kind, subject = judged_of(judged)
        if subject is True:
            f, subject = first_of(f), f
        xs, wrt = with_constants(xs, args, wrt)
        if kind != "engine" and engine not in (None, "ad", *FRAMEWORKS):
            raise ClaimError(f"a claim judges one derivative, got {kind}= and engine=")
        asked = Adapted(f, xs, wrt, keywords(kwargs), kind, subject)
        point = tuple(at.values()) if isinstance(at, Mapping) and not xs else xs
        if (framework := framework_of(f, point, engine)) is not None:
            asked, at = _of_framework(framework, asked, at, reference, order), None
            engine, cotangent, tangent = "ad", *(tree_map(framework.array, x) for x in (cotangent, tangent))
        f, xs = _function(asked.f, asked.xs, at)
        kind, engine = asked.judged, "ad" if engine is None else engine
        values = {
            "f": f, "xs": xs, "judged": kind, "subject": asked.subject, "engine": _engine(engine), "wrt": asked.wrt,
            "mutates": mutates, "order": order_of(order, kind, engine), "tangent": tangent,
            "kwargs": asked.kwargs, "cotangent": cotangent, "units": positive("units", units),
            "roundoff": None if roundoff is None else positive("roundoff", roundoff, 0.125),
            "oracles": oracles_of(oracles), "budget": positive("budget", budget), "seed": seed_of(seed),
            "id": id or getattr(f, "__name__", "claim"), "title": title, "expect": expected(expect),
            "reason": reason, "outside": _outside(outside), "source": source,
            "wrong_at": (wrong_at,) if isinstance(wrong_at, str) else tuple(wrong_at),
            "foreign": asked.foreign, "against": asked.source, "opaque": asked.opaque,
        }  # fmt: skip
        if tangent is not None and values["order"] == 1 and kind != "jvp":
            raise ClaimError("tangent= goes with order=2, hvp= or jvp=: a first derivative is asked by cotangents")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def at(self, *xs: Any) -> Claim:
        """The same claim at another point; of a framework's function in its tensors or in arrays."""
        return changed(self, xs=xs if self.foreign is None else point_of(self.foreign, xs))

    def along(self, tangent: Any) -> Claim:
        """The same claim along one tangent."""
        return changed(self, tangent=tangent if self.foreign is None else in_arrays(self.foreign, tangent))

    @property
    def text(self) -> str:
        """The function as the user would recognise it."""
        if isinstance(self.f, Expression):
            return self.f.text
        return getattr(self.f, "__name__", repr(self.f))


def changed(claim: Claim, **fields: Any) -> Claim:
    """The same claim with other fields: it is frozen, and rebuilding it would read its arguments again."""
    other = copy.copy(claim)
    for name, value in fields.items():
        object.__setattr__(other, name, value)
    return other


def _of_framework(framework: Any, asked: Adapted, at: Any, reference: Any, order: Any) -> Adapted:
    """What is asked of a framework's function, over NumPy arrays; the point may be given by name, in numbers."""
    kind, xs = asked.judged, asked.xs
    if order == 2 and kind not in ("engine", "hvp"):
        raise ClaimError(f"{kind}= with order=2 would be differentiated by {framework.name} again: claim hvp=")
    if at is not None:
        xs = placed(framework, _named_point(asked.f, xs, at, framework.named(asked.f)[1]))
    try:
        return adapted(framework, asked.f, xs, reference, asked.wrt, asked.kwargs, (kind, asked.subject))
    except (ValueError, ImportError) as problem:
        raise ClaimError(str(problem)) from problem


def _function(f: Any, xs: tuple[Any, ...], at: Mapping[str, Any] | None) -> tuple[Any, tuple[Any, ...]]:
    if isinstance(f, str):
        f = parse(f)
    if not callable(f):
        raise ClaimError(f"f is {type(f).__name__}: give a function or an expression as text")
    expression = isinstance(f, Expression)
    if at is not None:
        xs = _named_point(f, xs, at, list(f.names) if isinstance(f, Expression) else parameters_of(f))
    elif expression and len(xs) != len(f.names):
        raise ClaimError(f"the expression has the variables {', '.join(f.names) or '(none)'}: give at={{...}}")
    return f, tuple(float(x) if expression and isinstance(x, int) else x for x in xs)


def _named_point(f: Any, xs: tuple[Any, ...], at: Any, names: list[str]) -> tuple[Any, ...]:
    """The values of a point in the order of the names; raises ClaimError where they do not fit."""
    if not isinstance(at, Mapping):
        raise ClaimError(f"at= is {at!r:.60}: give a mapping from names to values")
    if xs:
        raise ClaimError("the point is given twice, by position and by at=")
    what = "the expression" if isinstance(f, Expression) else getattr(f, "__name__", "f")
    unknown = [name for name in at if name not in names]
    missing = [name for name in names if name not in at]
    if unknown or missing:
        wrong = f"at= names {unknown[0]!r}, which" if unknown else f"at= leaves out {missing[0]!r}, which"
        found = "is not in" if unknown else "is in"
        raise ClaimError(f"{wrong} {found} {what}; its variables are {', '.join(names)}")
    return tuple(at[name] for name in names)


def _engine(engine: Any) -> Any:
    if engine != "ad" and not callable(getattr(engine, "gradient", None)):
        raise ClaimError(f'engine= is {engine!r:.60}: give "ad" or verify.scalar_class(...)')
    return engine


def _outside(outside: Any) -> dict[str, Estimate]:
    given = {} if outside is None else outside
    if not isinstance(given, Mapping) or not all(isinstance(estimate, Estimate) for estimate in given.values()):
        raise ClaimError(f"outside= is {outside!r:.60}: give a mapping from names to Estimates")
    return dict(given)
