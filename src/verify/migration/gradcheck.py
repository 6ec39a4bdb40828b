"""``torch.autograd.gradcheck`` and ``gradgradcheck`` with their own arguments, so that one import upgrades a suite.

Facts
    What was a guess no longer matters: ``eps``, ``atol``, ``rtol`` and ``fast_mode``. Inputs of any precision are
    judged in their own.
    A flag of the original that asks for more asks for a clause of the contract: ``FLAGS``. The double backward is
    left to ``torch_gradgradcheck``.
    True is said of what was found right, a subgradient at a kink too. Where no witness could decide, nobody has
    vouched for the derivative, and the error says so and why; of an input without entries nothing can be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.adapters.adapting import presented
from verify.adapters.frameworks import loaded
from verify.checker import check_claim
from verify.claim import Claim, changed
from verify.contract.torch_modes import double_backward_push
from verify.finding import Finding
from verify.judge import Verdict
from verify.migration.stopping import left_out
from verify.question import prepare
from verify.tangents import seeded, split

# The flags of the original, and the clause of the contract that each of them asks for.
FLAGS = {
    "check_undefined_grad": "undefined cotangents",
    "check_batched_grad": "torch.vmap",
    "check_forward_ad": "forward AD",
}
NEVER_RIGHT = "nothing was found wrong, but nobody vouches for the derivative either: give verify.check a reference="


def torch_gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Is the gradient of a torch function right? The arguments of ``torch.autograd.gradcheck``.

    Arguments
        func: takes the inputs, returns a tensor or several. inputs: a tensor or several; those that require a
            gradient are differentiated, in the precision that they have.
        raise_exception: whether to raise, or to return False.
        nondet_tol: more than 0 allows answers that differ from call to call.
        check_undefined_grad, check_batched_grad, check_forward_ad: ask for the clause in ``FLAGS``; forward mode is
            judged by itself, too. check_backward_ad: whether the backward is judged.
        check_grad_dtypes: whether a gradient that torch has to cast is an error.
        eps, atol, rtol, fast_mode, check_batched_forward_grad, masked: no longer matter.
    Returns
        True, or False without ``raise_exception``.
    Raises
        torch's GradcheckError, with what was found; ValueError where no input requires a gradient.
    Example
        >>> torch_gradcheck(abs, 1.0)
        Traceback (most recent call last):
        ValueError: at least one input must require a gradient, and none does
    """
    claim = _claim(func, inputs)
    asked = {
        "check_undefined_grad": check_undefined_grad,
        "check_batched_grad": check_batched_grad,
        "check_forward_ad": check_forward_ad,
    }
    unasked = {"double backward", *(clause for flag, clause in FLAGS.items() if not asked[flag])}
    claim = changed(claim, unasked=frozenset(unasked | ({"same bits again"} if nondet_tol > 0 else set())))
    claims = [claim] if check_backward_ad else []
    if check_forward_ad:
        assert claim.foreign is not None
        claims.append(changed(claim, judged="jvp", subject=claim.foreign.push))
    if not claims:
        raise ValueError("one of check_forward_ad and check_backward_ad must be True")
    return _answer(claims, raise_exception, {"gradient layout"} if check_grad_dtypes else set())


def torch_gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Is the second derivative of a torch function right? The arguments of ``torch.autograd.gradgradcheck``.

    The derivative of the backward is judged by the inputs, and by the cotangent.

    Arguments
        func, inputs, raise_exception: as of ``torch_gradcheck``. grad_outputs: a cotangent of each result (default:
            all of them). All others no longer matter; the backward of the backward is asked, not forward mode over it.
    Returns
        True, or False without ``raise_exception``.
    Raises
        torch's GradcheckError, with what was found; ValueError where no input requires a gradient.
    Example
        >>> torch_gradgradcheck(abs, 1.0)
        Traceback (most recent call last):
        ValueError: at least one input must require a gradient, and none does
    """
    claim = _claim(func, inputs)
    given = None if grad_outputs is None or any(g is None for g in _several(grad_outputs)) else grad_outputs
    cotangent = None if given is None else tuple(claim.foreign.framework.array(g) for g in _several(given))  # type: ignore[union-attr]
    by_inputs = changed(claim, order=2, cotangent=cotangent)
    by_cotangent = changed(claim, judged="jvp", subject=double_backward_push(claim.foreign), foreign=None)  # type: ignore[arg-type]
    return _answer([by_inputs, by_cotangent], raise_exception, set())


def _claim(func: Callable[..., Any], inputs: Any) -> Claim:
    given = _several(inputs)
    if not any(getattr(x, "requires_grad", False) for x in given):
        raise ValueError("at least one input must require a gradient, and none does")
    return Claim(func, *given, engine="torch")


def _several(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _answer(claims: Sequence[Claim], raises: bool, noted: set[str]) -> bool:
    """Whether every claim is right, and none of these clauses has a note; else what was found, as an error."""
    for claim in claims:
        finding = _finding(claim)
        if text := _problem(finding, noted) or left_out(claim):
            if not raises:
                return False
            found: Any = loaded("torch.autograd.gradcheck")
            raise found.GradcheckError(text)
    return True


def _finding(claim: Claim) -> Finding:
    """The finding of a claim, asked again where it says nothing of the user's op.

    Where a translation computes another value than the op, which it was made of, the op is held against itself. Where
    no witness takes so many entries, a seeded signed cotangent stands for all of them.
    """
    found = check_claim(claim)
    if found.verdict is Verdict.DIFFERENT_FUNCTION and claim.foreign is not None:
        claim = changed(claim, f=presented(claim.foreign.value, claim.foreign))
        found = check_claim(claim)
    if found.verdict is Verdict.INCONCLUSIVE and claim.cotangent is None and claim.order == 1:
        outputs = _outputs(claim)
        total = sum(y.size for y in outputs)
        if total > 1:
            return check_claim(changed(claim, cotangent=split(seeded([claim.seed, total], total)[0], outputs)))
    return found


def _outputs(claim: Claim) -> Sequence[Any]:
    """The results at the point; none where f raises or complex numbers are judged by their parts."""
    try:
        question = prepare(claim)
    except Exception:  # code of users: what it raises is in the finding already
        return ()
    return question.origin.returned if question.claim.subject is claim.subject else ()


def _problem(finding: Finding, noted: set[str]) -> str:
    """What speaks against a finding; "" where nothing does."""
    notes = [c for point in finding.points for c in point.clauses if c.name in noted and c.text]
    if finding.ok:
        return f"{notes[0].name}: {notes[0].text}" if notes else ""
    if finding.verdict is Verdict.INCONCLUSIVE:
        empty = all("no entries" in point.reason for point in finding.points)
        return "" if empty else f"{NEVER_RIGHT}\n{finding.explain()}"
    return finding.explain()
