"""What else a rule in a framework must honour: the other mode, the derivative of the derivative, its constants.

Facts
    A ``custom_vjp`` has no forward mode: JAX refuses it, and the clause about it is not asked. A ``custom_jvp`` has
    both, since JAX transposes the rule.
    Second derivatives are asked where a rule of somebody's own takes part: those of JAX's primitives are JAX's own.
    They are asked at the origin too, where f is smooth there: x / |x| and its like are born as NaN there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map
from verify.adapters.adapting import presented
from verify.adapters.foreign import Foreign
from verify.adapters.frameworks import loaded
from verify.adapters.jax_arrays import by_cotangent, constants, precise
from verify.adapters.jaxprs.interpreter import equations_of
from verify.claim import Claim, changed
from verify.contract.agreement import UNKNOWN, differs, movement
from verify.contract.asking import HOLDS, MOVED, Asking, NotAsked, Outcome, told_apart
from verify.contract.foreign_calls import flat_call, foreign_of, said
from verify.contract.steady import need_steady
from verify.finding import PointFinding
from verify.judge import Verdict
from verify.parts import in_parts, whole
from verify.question import Question, prepare
from verify.single import FORMULA_IS_WRONG
from verify.subject import tangents_as_given
from verify.survey import survey

RULES = ("custom_vjp_call", "custom_jvp_call")  # the primitives of JAX that hold a rule of somebody's own


def _told(found: PointFinding) -> str:
    assert found.yours is not None
    yours, truth = told_apart(found.yours, float(found.truth))
    return f"{found.entry} is {yours}, the truth {truth}"


# --- forward mode


def forward_and_reverse(asking: Asking) -> Outcome:
    """<g, J t> by the framework's forward mode is <J'g, t> by its reverse mode, for every cotangent asked."""
    foreign = foreign_of(asking, "jax", "autograd")
    if foreign is None or asking.claim.order == 2 or asking.answer is None:
        return None
    if asking.rough:
        raise NotAsked(asking.rough)
    need_steady(asking)
    for k in (0, 1):
        apart = _apart(asking, _along(asking, foreign, asking.tangents(k)), asking.tangents(k))
        if apart:
            text = f"<g, J t> is {apart[0]} by forward mode and {apart[1]} by reverse mode"
            return _who(asking, foreign, text)
    return HOLDS


def _along(asking: Asking, foreign: Foreign, tangent: Sequence[Any]) -> list[np.ndarray]:
    """J t by forward mode, as the arrays that f returns."""
    question = asking.question
    ts = tangents_as_given(question, tangent)
    try:
        return [np.asarray(y, float) for y in flatten(_push(foreign)(ts, *question.place(question.leaves)))[1]]
    except Exception as problem:
        why = "a custom_vjp" if "custom_vjp" in str(problem) else said(problem)
        raise NotAsked(f"there is no forward mode: {why}") from problem


def _push(foreign: Foreign) -> Callable[..., Any]:
    return lambda ts, *xs, **kwargs: in_parts(foreign.push(whole(ts), *whole(xs), **kwargs))


def _apart(asking: Asking, pushed: Sequence[np.ndarray], tangent: Sequence[Any]) -> tuple[str, str] | None:
    """<g, J t> for what was pushed and <J'g, t>, where they differ by more than rounding."""
    question, answer = asking.question, asking.answer
    assert answer is not None
    t = np.concatenate([np.reshape(part, -1).astype(float) for part in tangent])
    moved: np.ndarray | None = None
    for r, g in enumerate(question.cotangents):
        pairs = [(np.asarray(part, float), y) for part, y in zip(g, pushed, strict=True)]
        one, other = sum(float(np.sum(part * y)) for part, y in pairs), float(answer[r] @ t)
        size = sum(float(np.sum(np.abs(part * y))) for part, y in pairs) + float(np.abs(answer[r]) @ np.abs(t))
        if one == other or not np.isfinite([one, other]).all():
            continue
        if moved is None:
            found = movement(question)
            moved = np.full(answer.shape, UNKNOWN * float(np.max(np.abs(answer)))) if found is None else found
        size += float(np.abs(moved[r]) @ np.abs(t))
        if abs(one - other) > 2 * asking.claim.units * (question.roundoff * size + question.smallest * t.size):
            return told_apart(one, other)
    return None


def _who(asking: Asking, foreign: Foreign, text: str) -> Outcome:
    """Two modes that differ: the truth says whether it is forward mode that is wrong."""
    found = asking.judge(changed(asking.claim, judged="jvp", subject=_push(foreign), cotangent=None, tangent=None))
    if found.verdict in FORMULA_IS_WRONG:
        return False, f"{text}; by forward mode the derivative by {_told(found)}"
    return (True, text) if found.ok and asking.right else (False, text)


# --- second derivatives


def twice_differentiable(asking: Asking) -> Outcome:
    """The gradient of the gradient, through the rule, is the second derivative; at the origin too."""
    foreign = foreign_of(asking, "jax", "autograd")
    if foreign is None or asking.claim.order == 2 or not has_rules(foreign):
        return None
    if not asking.right:
        raise NotAsked("the first derivative is not found right")
    if asking.rough:
        raise NotAsked(asking.rough)
    if foreign.framework.name == "jax" and (text := _lost_by_cotangent(asking, foreign)):
        return False, text
    twice = changed(asking.claim, order=2)
    found = asking.judge(twice)
    if found.verdict in FORMULA_IS_WRONG:
        return False, f"differentiated twice, {_told(found)}"
    if found.verdict is Verdict.INCONCLUSIVE:
        raise NotAsked(found.reason)
    origin = [np.zeros_like(x) for x in asking.question.leaves]
    if _smooth_at(asking, origin):
        asking.in_time()
        found = asking.judge(twice.at(*asking.question.place(origin)))
        if found.verdict in FORMULA_IS_WRONG:
            return False, f"differentiated twice, at the origin {_told(found)}"
    return HOLDS


def _lost_by_cotangent(asking: Asking, foreign: Foreign) -> str:
    """What is wrong with the derivative of <J'g, t> by g, which is J t; "" where nothing is."""
    if asking.answer is None:
        return ""
    tangent, call = asking.tangents(1), flat_call(asking, foreign)
    ts = foreign.tangents(whole(tangents_as_given(asking.question, tangent)))
    pairs = zip(ts, call.tensors, strict=True)
    given = [foreign.framework.tensor(np.asarray(t).astype(x.dtype, copy=False), x) for t, x in pairs]
    try:
        found = by_cotangent(call.function, call.tensors, call.cotangents(call.value()), given)
    except Exception as problem:
        raise NotAsked(f"the backward cannot be differentiated by the cotangent: {said(problem)}") from problem
    apart = _apart(asking, [np.asarray(y, float) for y in call.value_arrays(found)], tangent)
    return f"differentiated by the cotangent, <g, J t> is {apart[0]}, not {apart[1]}" if apart else ""


def has_rules(foreign: Foreign) -> bool:
    """Whether a rule of somebody's own takes part."""
    if foreign.framework.name != "jax":
        return True
    function, tensors = _example(foreign)
    try:
        with precise(tensors):
            jaxpr = loaded("jax").make_jaxpr(lambda *xs: tuple(function(*xs)))(*tensors)  # type: ignore[union-attr]
        return any(equation.primitive.name in RULES for equation in equations_of(jaxpr))
    except Exception:  # it asks for values
        return isinstance(foreign.op, loaded("jax").custom_vjp | loaded("jax").custom_jvp)  # type: ignore[union-attr]


def _smooth_at(asking: Asking, leaves: Sequence[Any]) -> bool:
    """Whether f is finite and smooth at these leaves, and they are not the point itself."""
    question = asking.question
    if not any(np.any(x) for x in question.leaves):
        return False
    try:
        there = prepare(asking.claim.at(*question.place(leaves)))
    except Exception:
        return False
    return all(np.isfinite(np.asarray(y, float)).all() for y in there.outputs) and not survey(there)


def _example(foreign: Foreign) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The flat function beside the tensors of the example."""
    call = foreign.call([tree_map(foreign.framework.array, x) for x in foreign.xs])
    return call.over(call.tensors)


# --- constants of a rule


def constants_respected(asking: Asking) -> Outcome:
    """The rule is right for other numbers at ``nondiff_argnums`` too, and keeps none of them."""
    foreign = foreign_of(asking, "jax")
    if foreign is None:
        return None
    floats = [i for i in constants(foreign.op) if i < len(foreign.xs) and isinstance(foreign.xs[i], float)]
    if not floats:
        return None
    if not asking.right or asking.in_parts:
        raise NotAsked("complex arrays are made of parts" if asking.in_parts else "the value is not found right")
    need_steady(asking)
    for i in floats:
        asking.in_time()
        other = _with_constant(asking.question, foreign, i, foreign.xs[i] * MOVED if foreign.xs[i] else MOVED - 1)
        found = asking.judge(other)
        if found.verdict in FORMULA_IS_WRONG:
            return False, f"with {foreign.arguments[i]} = {other.xs[i]:g} {_told(found)}"
        if text := differs(asking, asking.call().answers, asking.first.answers, asking.size):
            return False, f"after a call with another {foreign.arguments[i]}, {text}"
    return HOLDS


def _with_constant(question: Question, foreign: Foreign, i: int, value: float) -> Claim:
    """The claim with another number at one position."""
    claim = question.claim

    def replaced(xs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*xs[:i], value, *xs[i + 1 :])

    other = replace(foreign, xs=replaced(foreign.xs), translations={})
    itself = claim.against.startswith("itself")
    return changed(
        claim, f=presented(other.translated_value, other) if itself else claim.f, xs=replaced(claim.xs), foreign=other,
        subject=(other.forward, other.backward),
    )  # fmt: skip


def one_cotangent_for_each_primal(asking: Asking) -> Outcome:
    """The bwd of a ``custom_vjp`` returns a cotangent of each primal's shape and dtype, or None; fwd the value."""
    foreign = foreign_of(asking, "jax")
    if foreign is None or not isinstance(foreign.op, loaded("jax").custom_vjp):  # type: ignore[union-attr]
        return None
    op, fixed = foreign.op, constants(foreign.op)
    if op.symbolic_zeros or foreign.kwargs:
        raise NotAsked("its rules are called with symbolic zeros" if op.symbolic_zeros else "it is called by keywords")
    arguments = [foreign.framework.closed(x) for x in foreign.xs]
    tensors = [leaf for x in foreign.xs for leaf in flatten(x)[1]]
    with precise(tensors):
        y, residuals = op.fwd(*arguments)
        g = loaded("jax").tree_util.tree_map(loaded("jax").numpy.ones_like, y)  # type: ignore[union-attr]
        returned = op.bwd(*(arguments[i] for i in fixed), residuals, g)
        primals = [(foreign.arguments[i], x) for i, x in enumerate(arguments) if i not in fixed]
        for (name, x), ct in zip(primals, returned, strict=True):
            if text := _misfit(ct, x):
                return False, f"the bwd rule returned {text} of {name}"
    return HOLDS


def _misfit(cotangent: Any, primal: Any) -> str:
    """What is wrong with the dtype of a cotangent: JAX itself looks at shapes alone."""
    jax: Any = loaded("jax")
    leaves = jax.tree_util.tree_leaves(cotangent, is_leaf=lambda x: x is None)
    for ct, x in zip(leaves, jax.tree_util.tree_leaves(primal), strict=False):
        wanted = jax.numpy.result_type(x)
        weak = getattr(x, "weak_type", isinstance(x, float | complex))  # a number takes the dtype of arrays beside it
        if ct is None or weak or not jax.numpy.issubdtype(wanted, jax.numpy.inexact):
            continue
        found = jax.numpy.result_type(ct)
        if found != wanted and not getattr(ct, "weak_type", isinstance(ct, float)):
            return f"{found} for the {wanted}"
    return ""


CLAUSES: dict[str, Callable[[Asking], Outcome]] = {
    "forward and reverse": forward_and_reverse,
    "second order": twice_differentiable,
    "residuals": one_cotangent_for_each_primal,
    "nondiff arguments": constants_respected,
}
