"""``jax.test_util.check_grads`` with certified truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map
from verify.adapters.frameworks import loaded
from verify.checker import check_claim
from verify.claim import Claim, changed
from verify.claimreading import ClaimError
from verify.finding import Finding
from verify.judge import Verdict
from verify.migration.stopping import left_out
from verify.tangents import seeded

MODES = {"fwd": "fwd", "lin": "fwd", "rev": "rev"}  # jax.linearize is forward mode


def jax_check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> bool:
    """Is JAX's derivative of f right up to an order, in each mode? Takes what ``jax.test_util.check_grads`` takes.

    Arguments
        f: a function of JAX. args: its arguments, a tuple. order: 1 or more; derivatives of order 1 and 2 are held
            against f itself, in forward mode and beyond order 2 each against the derivative before it.
        modes: of "fwd", "rev" and "lin", which is forward mode too.
        atol, rtol, eps: no longer matter: nothing is differenced, and what is allowed follows from the dtype.
    Returns
        True.
    Raises
        AssertionError with the explanation where a derivative is not right, or cannot be judged; ValueError for an
        unknown mode or order; and what JAX raises where f has no such mode.
    """
    modes = [mode for mode in MODES if mode in modes] if isinstance(modes, str) else modes  # ("rev") is a string
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not isinstance(order, int) or order < 1:
        asked = f"modes= holds {unknown[0]!r}" if unknown else f"order= is {order!r}"
        raise ValueError(f"{asked}: give modes of {', '.join(MODES)} and an order of 1 or more")
    if loaded("jax") is None:
        raise ClaimError("nobody has imported jax")
    for mode in dict.fromkeys(MODES[mode] for mode in modes):
        for finding in MODE_FINDINGS[mode](f, tuple(args), order):
            if not _right(finding, order):
                raise AssertionError(finding.explain())
    if text := left_out(Claim(f, *args, engine="jax")):
        raise AssertionError(text)
    return True


def _right(finding: Finding, order: int) -> bool:
    """Whether a finding is right; what is wrong with the second derivative alone was not asked for at order 1."""
    if finding.ok or order > 1 or finding.verdict is not Verdict.BROKEN_CONTRACT:
        return finding.ok
    broken = [clause.name for point in finding.points for clause in point.clauses if clause.held is False]
    return broken == ["second order"]


def _forward(f: Callable[..., Any], args: tuple[Any, ...], order: int) -> list[Finding]:
    """Forward mode of f and of its derivatives along one tangent."""
    found = []
    for _ in range(order):
        claim = Claim(f, *args, engine="jax")
        assert claim.foreign is not None
        ts = _tangents(claim)
        claim.foreign.push(ts[0] if len(ts) == 1 else ts, *claim.xs)  # what JAX raises is raised
        found.append(check_claim(changed(claim, judged="jvp", subject=claim.foreign.push)))
        f = _along(f, claim, ts)
    return found


def _tangents(claim: Claim) -> tuple[Any, ...]:
    """One seeded signed tangent for each differentiated argument."""
    assert claim.foreign is not None
    leaves = [claim.xs[i] for i in claim.foreign.chosen]
    sizes = [sum(np.size(x) for x in flatten(leaf)[1]) for leaf in leaves]
    row = iter(seeded([claim.seed, sum(sizes)], sum(sizes))[0])
    return tuple(_filled(leaf, row) for leaf in leaves)


def _filled(tree: Any, numbers: Any) -> Any:
    """A container with the next numbers in place of its own."""

    def filled(x: Any) -> Any:
        return np.array([next(numbers) for _ in range(np.size(x))]).reshape(np.shape(x)).astype(np.asarray(x).dtype)

    return tree_map(filled, tree)


def _along(f: Callable[..., Any], claim: Claim, ts: tuple[Any, ...]) -> Callable[..., Any]:
    """The derivative of f along tangents, as a function of JAX."""
    jax: Any = loaded("jax")
    foreign = claim.foreign
    assert foreign is not None
    closed = [foreign.framework.closed(t) for t in ts]

    def derivative(*xs: Any) -> Any:
        def moving(*chosen: Any) -> Any:
            places = dict(zip(foreign.chosen, chosen, strict=True))
            return f(*(places.get(i, x) for i, x in enumerate(xs)))

        return jax.jvp(moving, tuple(xs[i] for i in foreign.chosen), tuple(closed))[1]

    return derivative


def _reverse(f: Callable[..., Any], args: tuple[Any, ...], order: int) -> list[Finding]:
    """Reverse mode of f, twice; then twice of the cotangent that f pulls its own value to, and so on."""
    found = [check_claim(Claim(f, *args, engine="jax"))]
    for _ in range(order - 1):
        found.append(check_claim(Claim(f, *args, engine="jax", order=2)))
        f = _pulled(f)
    return found


def _pulled(f: Callable[..., Any]) -> Callable[..., Any]:
    def pulled(*xs: Any) -> Any:
        y, pull = loaded("jax").vjp(f, *xs)  # type: ignore[union-attr]
        return pull(y)

    return pulled


MODE_FINDINGS: dict[str, Callable[..., list[Finding]]] = {"fwd": _forward, "rev": _reverse}
