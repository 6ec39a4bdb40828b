"""PyTorch's other ways to differentiate, where an op has them: double backward, forward mode, and ``vmap``.

Facts
    A backward that torch cannot differentiate may say so, by ``once_differentiable`` or by raising; then nothing is
    asked. One that is silently detached from its inputs, or from its cotangent, answers 0 or a part of the truth.
    The derivative of <J'g, t> by g is J t: the double backward is asked for both.
    The allowance of a value under ``vmap`` is that of a stated value whose movement is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.adapters.foreign import Foreign
from verify.adapters.frameworks import loaded
from verify.adapters.torch_tensors import ONCE, pulled, pulled_again, recorded
from verify.claim import Claim, changed
from verify.contract.agreement import UNKNOWN, differs
from verify.contract.asking import HOLDS, Asking, NotAsked, Outcome, told_apart
from verify.contract.foreign_calls import FlatCall, raised
from verify.contract.torch_calls import rules_of, torch_call
from verify.finding import UNTOLD, PointFinding
from verify.judge import Verdict
from verify.oracles import TRUTH
from verify.parts import in_parts, whole
from verify.subject import boxed, tangents_as_given
from verify.tangents import seeded, split

MARKED = "mark a backward that is not meant to be with once_differentiable"
WRONG = (Verdict.WRONG, Verdict.NOT_A_SUBGRADIENT, Verdict.BROKEN_CONTRACT)


def double_backward(asking: Asking) -> Outcome:
    """The derivative of a Function's backward, by inputs and cotangent, is the second derivative, and J t."""
    call = _asked_of_right(asking)
    if call is None:
        return None
    twice = changed(asking.claim, order=2, tangent=_tangent(asking), cotangent=_cotangent(asking))
    if text := _told(asking, twice, "differentiated twice"):
        return False, f"{text}; {MARKED}"
    asking.in_time()
    push = _over_parts(double_backward_push(call.foreign))
    text = _told(asking, _forward(asking, push), "differentiated by the cotangent")
    return (False, f"{text}; {MARKED}") if text else HOLDS


def forward_mode(asking: Asking) -> Outcome:
    """Where Functions take part, and all of them define jvp, it gives J t."""
    call = torch_call(asking)
    plain: Any = loaded("torch")
    if call is None or not _all(call, lambda owner: owner.jvp is not plain.autograd.Function.jvp):
        return None
    _need_right_and_smooth(asking)
    question = asking.question
    push = _over_parts(call.foreign.push)
    _, problem = raised(lambda: push(tangents_as_given(question, asking.tangents(1)), *question.place(question.leaves)))
    if problem:
        return False, f"its jvp raises {problem}"
    text = _told(asking, _forward(asking, push), "by forward mode")
    return (False, text) if text else HOLDS


def _all(call: FlatCall, holds: Callable[[Any], bool]) -> bool:
    """Whether Functions take part, and something holds for all of them."""
    rules = rules_of(call)
    return bool(rules) and all(map(holds, rules))


def _asked_of_right(asking: Asking) -> FlatCall | None:
    """The call of a first derivative that is right at a point where f is smooth."""
    call = torch_call(asking)
    if call is None or asking.claim.order == 2 or not rules_of(call):
        return None
    _need_right_and_smooth(asking)
    return call


def _need_right_and_smooth(asking: Asking) -> None:
    if not asking.right:
        raise NotAsked("the derivative is not found right")
    if asking.rough:
        raise NotAsked(asking.rough)


def _tangent(asking: Asking) -> Any:
    """A seeded signed tangent, as a claim gives it."""
    return tuple(map(np.asarray, asking.tangents(1)))


def _cotangent(asking: Asking) -> Any:
    """A seeded signed cotangent of all results, as a claim gives it."""
    returned = asking.question.returned
    total = sum(y.size for y in returned)
    return boxed(asking.question, split(seeded([asking.claim.seed, total], total)[0], returned))


def _forward(asking: Asking, push: Callable[..., Any]) -> Claim:
    return changed(
        asking.claim, judged="jvp", subject=push, tangent=_tangent(asking), cotangent=_cotangent(asking), foreign=None
    )


def _over_parts(push: Callable[..., Any]) -> Callable[..., Any]:
    """A push over the parts of complex arrays; of real ones it is the same."""
    return lambda ts, *xs, **kwargs: in_parts(push(whole(ts), *whole(xs)))


def _told(asking: Asking, claim: Claim, how: str) -> str:
    """What is wrong with a derivative that torch makes of this one; "" where nothing is.

    Raises NotAsked where it has none, or no verdict.
    """
    found = _judged(asking, claim)
    if ONCE in found.reason:
        raise NotAsked("its backward is marked once_differentiable")
    if UNTOLD in found.reason and _may_be_rounding(asking, found):
        raise NotAsked(f"{how}, {found.entry} is {found.yours:.6g}, the truth {found.short_truth}; {UNTOLD}")
    if found.verdict in WRONG:
        return f"{how}, {_compared(found) if found.entry else found.reason}"
    if not found.ok and found.verdict is not Verdict.INACCURATE:  # rounding is noted where the first order is judged
        raise NotAsked(f"{how}: {found.reason.partition(chr(10))[0]}")
    return ""


def _may_be_rounding(asking: Asking, found: PointFinding) -> bool:
    """Whether an error is as small as what rounding may leave of numbers as large as the inputs and the results."""
    question = asking.question
    arrays = [np.asarray(x, float) for x in (*question.leaves, *question.outputs)]
    largest = max(float(np.max(np.abs(x), initial=0.0)) for x in arrays)
    return found.gap is not None and found.gap <= question.roundoff * UNKNOWN * largest


def _compared(found: PointFinding) -> str:
    """An answer beside the truth; along a tangent it is no entry of an input."""
    assert found.yours is not None
    yours, truth = told_apart(found.yours, float(found.truth))
    return f"{'<g, J t>' if found.entry.startswith('step') else found.entry} is {yours}, the truth {truth}"


def double_backward_push(foreign: Foreign) -> Callable[..., Any]:
    """J t by the double backward, as a forward rule."""
    return lambda ts, *xs, **kwargs: _pushed_twice(foreign, ts, xs)


def _judged(asking: Asking, claim: Claim) -> PointFinding:
    """The finding by the witness alone that decided the first derivative; by all of them where it cannot decide."""
    by = asking.found.judged_by if asking.found is not None else ""
    witness = tuple(o for o in TRUTH if o.name == by and asking.claim.oracles is None)
    found = asking.judge(changed(claim, oracles=witness or asking.claim.oracles))
    undecided = witness and found.verdict is Verdict.INCONCLUSIVE and "raised" not in found.reason
    return asking.judge(claim) if undecided else found


def _pushed_twice(foreign: Foreign, ts: Any, xs: Sequence[Any]) -> Any:
    """J t as the derivative of <J'g, t> by g, in the container of the result."""
    torch: Any = loaded("torch")
    call = foreign.call(xs)
    function, tensors = call.over(call.tensors)
    array, tensor = foreign.framework.array, foreign.framework.tensor
    pairs = zip(foreign.tangents(ts), tensors, strict=True)
    given = [tensor(np.asarray(t).astype(np.asarray(array(x)).dtype), x) for t, x in pairs]
    leaves = [x.detach().requires_grad_() for x in tensors]
    with foreign.still(), torch.enable_grad():
        outputs = recorded(function, leaves)
        gs = [torch.ones_like(y).requires_grad_() for y in outputs]
        first = pulled(outputs, leaves, gs, create_graph=True)
        found = pulled_again(first, gs, given)
    return foreign.boxed(call, [array(y) for y in found])


# --- vmap


def batched(asking: Asking) -> Outcome:
    """Under torch.vmap an op gives what a loop over it gives, and so does its gradient."""
    call = torch_call(asking)
    if call is None or not _all(call, _batches):
        return None
    beside = torch_call(asking, asking.moved)
    assert beside is not None
    torch: Any = loaded("torch")
    if _draws(call):
        raise NotAsked("it draws random numbers")
    stacked = [torch.stack(pair) for pair in zip(call.tensors, beside.tensors, strict=True)]
    for what, function in (("its value", _value(call)), ("its gradient", _gradient(call))):
        with call.foreign.still():
            together, problem = raised(lambda f=function: torch.func.vmap(f)(*stacked))  # type: ignore[misc]
            apart, alone = raised(lambda f=function: [f(*x.tensors) for x in (call, beside)])  # type: ignore[misc]
        if problem or alone:
            raise NotAsked(f"{what} under vmap raises {problem or alone}")
        for i, wanted in enumerate(apart):
            if text := _unlike(asking, call, [x[i] for x in together], wanted, what):
                return False, f"under vmap {what} at point {i} of 2 is another one: {text}"
    return HOLDS


def _draws(call: FlatCall) -> bool:
    """Whether a call takes from the random numbers of the CPU or of a device."""
    foreign = call.foreign
    with foreign.still():
        before = foreign.framework.state(foreign.op).random
        call.function(*call.tensors)
        after = foreign.framework.state(foreign.op).random
    pairs = zip((before[0], *before[1]), (after[0], *after[1]), strict=True)
    return not all(bool((a == b).all()) for a, b in pairs)


def _batches(owner: Any) -> bool:
    """Whether vmap is defined for a Function, by a rule of its own or a generated one."""
    plain: Any = loaded("torch")
    return bool(owner.generate_vmap_rule) or owner.vmap is not plain.autograd.Function.vmap


def _value(call: FlatCall) -> Callable[..., Any]:
    return lambda *xs: tuple(call.function(*xs))


def _gradient(call: FlatCall) -> Callable[..., Any]:
    torch: Any = loaded("torch")

    def gradient(*xs: Any) -> Any:
        outputs, pull = torch.func.vjp(lambda *xs: tuple(call.function(*xs)), *xs)
        return pull(tuple(torch.ones_like(y) for y in outputs))

    return gradient


def _unlike(asking: Asking, call: FlatCall, found: Sequence[Any], wanted: Sequence[Any], what: str) -> str:
    if what == "its gradient":
        return differs(asking, call.gradient_arrays(found), call.gradient_arrays(wanted))
    question = asking.question
    for k, (a, b) in enumerate(zip(map(call.array, found), map(call.array, wanted), strict=True)):
        largest = float(np.max(np.abs(b), initial=0.0))
        allowed = asking.claim.units * (question.roundoff * UNKNOWN * largest + question.smallest)
        if a.shape != b.shape:
            return f"result {k} has shape {a.shape}, not {b.shape}"
        if not ((np.abs(a - b) <= allowed) | (a == b) | ((a != a) & (b != b))).all():
            return f"result {k} differs by {float(np.max(np.abs(a - b))):.3g}"
    return ""


CLAUSES: dict[str, Callable[[Asking], Outcome]] = {
    "double backward": double_backward,
    "forward AD": forward_mode,
    "torch.vmap": batched,
}
