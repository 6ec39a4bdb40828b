"""Broken contracts of PyTorch shown by PyTorch alone: each function is run here, and its text put into a script.

Facts
    Each takes torch, the op, ``call``, which calls the op with the tensors that are differentiated, these tensors, and
    a cotangent for each result, or none for ones. It returns what is wrong in words, or "".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def asking(xs: Any) -> Any:
    """Copies that ask for gradients."""
    return [x.detach().clone().requires_grad_() for x in xs]


def results(torch: Any, y: Any) -> Any:
    """The results that are differentiated."""
    return [part for part in ([y] if torch.is_tensor(y) else y) if torch.is_tensor(part) and part.requires_grad]


def pull(torch: Any, ys: Any, leaves: Any, gs: Any, **options: Any) -> Any:
    """The gradients of the leaves, 0 where torch answers None."""
    gs = [g.to(y.dtype) for g, y in zip(gs, ys, strict=True)] if gs else [torch.ones_like(y) for y in ys]
    found = torch.autograd.grad(ys, leaves, gs, allow_unused=True, **options)
    return [torch.zeros_like(x) if d is None else d for d, x in zip(found, leaves, strict=True)]


def apart(torch: Any, found: Any, wanted: Any, part: float | None = None) -> str:
    """Where tensors differ by more than this part of the largest: the root of the roundoff where nothing is said."""
    for a, b in zip(found, wanted, strict=True):
        allowed = (part or torch.finfo(b.dtype).eps ** 0.5) * (b.abs().max().item() if b.numel() else 0.0)
        if not torch.allclose(a.to(b.dtype), b, rtol=0.0, atol=allowed, equal_nan=True):
            return f"{a.tolist()}, not {b.tolist()}"
    return ""


def changed(torch: Any, names: str, now: Any, before: Any) -> str:
    """Which tensors do not hold what they held."""
    pairs = [(x.detach(), old) for x, old in zip(now, before, strict=True)]
    found = [(k, x, old) for k, (x, old) in enumerate(pairs) if not torch.allclose(x, old, 0.0, 0.0, equal_nan=True)]
    return "; ".join(f"{names} {k} was {old.tolist()} and is {x.tolist()}" for k, x, old in found)


def steps(torch: Any, xs: Any) -> Any:
    """A direction, and a step for central differences along it."""
    ts = [torch.linspace(0.5, 1.0, x.numel(), dtype=x.dtype, device=x.device).reshape(x.shape) for x in xs]
    return ts, torch.finfo(xs[0].dtype).eps ** (1 / 3)


def differences(torch: Any, function: Any, xs: Any) -> Any:
    """How the tensors that a function returns move along the direction, by central differences."""
    ts, h = steps(torch, xs)
    above, below = (function([x + s * h * t for x, t in zip(xs, ts, strict=True)]) for s in (1, -1))
    return [(a.detach() - b.detach()) / (2 * h) for a, b in zip(above, below, strict=True)]


def unlike_differences(torch: Any, found: Any, function: Any, xs: Any) -> str:
    """Where derivatives along the direction are not how the tensors that a function returns move."""
    part = max(1e-3, 10 * torch.finfo(xs[0].dtype).eps ** (2 / 3))  # what differences may be off by
    return apart(torch, found, differences(torch, function, xs), part)


def changes_its_inputs(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    before, plain = [x.detach().clone() for x in xs], [x.detach().clone() for x in xs]
    with torch.no_grad():
        call(*plain)
    if said := changed(torch, "input", plain, before):
        return said
    leaves = asking(xs)
    pull(torch, results(torch, call(*leaves)), leaves, gs)
    return changed(torch, "in the backward input", leaves, before)


def changes_its_cotangent(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    leaves = asking(xs)
    ys = results(torch, call(*leaves))
    handed = [g.to(y.dtype).clone() for g, y in zip(gs or [torch.ones_like(y) for y in ys], ys, strict=True)]
    before = [g.clone() for g in handed]
    pull(torch, ys, leaves, handed)
    return changed(torch, "cotangent", handed, before)


def uses_up_what_it_saved(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    leaves = asking(xs)
    ys = results(torch, call(*leaves))
    first = [d.clone() for d in pull(torch, ys, leaves, gs, retain_graph=True)]
    try:
        said = apart(torch, pull(torch, ys, leaves, gs), first)
    except Exception as problem:
        return f"a second backward pass over the same graph raises {problem!r}"
    return said and f"a second backward pass over the same graph gives {said}"


def needs_all_inputs(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    leaves = asking(xs)
    together = pull(torch, results(torch, call(*leaves)), leaves, gs)
    for k, wanted in enumerate(together):
        alone = [x.detach().clone().requires_grad_(i == k) for i, x in enumerate(xs)]
        try:
            said = apart(torch, pull(torch, results(torch, call(*alone)), [alone[k]], gs), [wanted])
        except Exception as problem:
            return f"where only input {k} requires a gradient it raises {problem!r}"
        if said:
            return f"where only input {k} requires a gradient, that is {said}"
    return ""


def needs_all_results(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    leaves = asking(xs)
    ys = results(torch, call(*leaves))
    for k, y in enumerate(ys):
        one = torch.ones_like(y)
        zeros = [one if other is y else torch.zeros_like(other) for other in ys]
        wanted = pull(torch, ys, leaves, zeros, retain_graph=True)
        try:
            said = apart(torch, pull(torch, [y], leaves, [one], retain_graph=True), wanted)
        except Exception as problem:
            return f"where only result {k} is used it raises {problem!r}"
        if said:
            return f"where only result {k} is used, a gradient is {said}"
    return ""


def needs_a_cotangent_with_strides(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    leaves = asking(xs)
    ys = results(torch, call(*leaves))
    wanted = pull(torch, ys, leaves, [], retain_graph=True)
    expanded = [torch.ones((), dtype=y.dtype, device=y.device).expand(y.shape) for y in ys]
    try:
        said = apart(torch, pull(torch, ys, leaves, expanded), wanted)
    except Exception as problem:
        return f"the cotangent of y.sum(), which has strides 0, raises {problem!r}"
    return said and f"for the cotangent of y.sum(), which has strides 0, a gradient is {said}"


def is_refused_by_torch(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    leaves = asking(xs)
    ys = results(torch, call(*leaves))
    try:
        pull(torch, ys, leaves, gs)
    except Exception as problem:
        return str(problem)
    return ""


def differentiates_twice_wrongly(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    def first(leaves: Any, seeds: Any = gs, **options: Any) -> Any:
        return pull(torch, results(torch, call(*leaves)), leaves, seeds, **options)

    leaves, (ts, _) = asking(xs), steps(torch, xs)
    ys = results(torch, call(*asking(xs)))
    handed = [g.to(y.dtype).clone().requires_grad_() for g, y in zip(gs or map(torch.ones_like, ys), ys, strict=True)]
    along = sum((d * t).sum() for d, t in zip(first(leaves, handed, create_graph=True), ts, strict=True))
    both = [*leaves, *handed]
    found = pull(torch, [along], both, []) if along.requires_grad else [torch.zeros_like(x) for x in both]
    if said := unlike_differences(torch, found[: len(xs)], lambda moved: first(asking(moved)), xs):
        return f"along a direction the gradient moves by {said}"
    said = unlike_differences(torch, found[len(xs) :], lambda moved: results(torch, call(*asking(moved))), xs)
    return said and f"differentiated by the cotangent, it is {said}"


def pushes_wrongly(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    ts, _ = steps(torch, xs)
    forward = torch.autograd.forward_ad
    try:
        with forward.dual_level():
            y = call(*[forward.make_dual(x.detach(), t) for x, t in zip(xs, ts, strict=True)])
            pairs = [forward.unpack_dual(part) for part in ([y] if torch.is_tensor(y) else y)]
    except Exception as problem:
        return f"its jvp raises {problem!r}"
    found = [torch.zeros_like(p.primal) if p.tangent is None else p.tangent for p in pairs]
    said = unlike_differences(torch, found, lambda moved: results(torch, call(*asking(moved))), xs)
    return said and f"by forward mode the result moves by {said}"


def is_mapped_wrongly(torch: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    def value(*xs: Any) -> Any:
        y = call(*xs)
        return (y,) if torch.is_tensor(y) else tuple(y)

    def gradient(*xs: Any) -> Any:
        ys, pulled = torch.func.vjp(value, *xs)
        return pulled(tuple(map(torch.ones_like, ys)))

    points = [[x.detach() * s for x in xs] for s in (1.0, 1.0625)]
    stacked = [torch.stack(pair) for pair in zip(*points, strict=True)]
    for name, function in (("value", value), ("gradient", gradient)):
        mapped = torch.func.vmap(function)(*stacked)
        for k, point in enumerate(points):
            if said := apart(torch, [x[k] for x in mapped], function(*point)):
                return f"under vmap its {name} at point {k} of 2 is {said}"
    return ""


SHOWN: dict[str, Callable[[Any, Any, Any, Any, Any], str]] = {
    "one array for each input": is_refused_by_torch,
    "inputs untouched": changes_its_inputs,
    "cotangent untouched": changes_its_cotangent,
    "saved values untouched": uses_up_what_it_saved,
    "saved tensors": uses_up_what_it_saved,
    "needs_input_grad": needs_all_inputs,
    "undefined cotangents": needs_all_results,
    "expanded cotangents": needs_a_cotangent_with_strides,
    "double backward": differentiates_twice_wrongly,
    "forward AD": pushes_wrongly,
    "torch.vmap": is_mapped_wrongly,
}
