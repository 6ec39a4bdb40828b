"""What a torch function saves for its backward pass, and what else its graph keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from ad.containers import flatten
from verify.adapters.framework import Flat, Pull
from verify.adapters.frameworks import loaded
from verify.adapters.saved import Escapes


def watched(
    function: Flat, leaves: Sequence[Any], unpacked: Callable[[int, Any], Any]
) -> tuple[list[Any], list[Any], list[list[Any]]]:
    """(results, what was saved in order, what every node keeps aside); unpacked(k, tensor) is handed back for the k-th.

    Raises Escapes when it draws random numbers: it would draw others in another precision.
    """
    torch: Any = loaded("torch")
    saved: list[Any] = []

    def pack(x: Any) -> int:
        saved.append(x.detach())
        return len(saved) - 1

    drawn = torch.get_rng_state()
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda k: unpacked(k, saved[k])):
        outputs = list(function(*leaves))
    if not torch.equal(drawn, torch.get_rng_state()):
        raise Escapes("the forward pass draws random numbers")
    return outputs, saved, [_aside(node) for node in nodes(outputs)]


def nodes(outputs: Sequence[Any]) -> Iterator[Any]:
    """The nodes of the graph behind results, each once, the last ones first."""
    pending, seen = [getattr(y, "grad_fn", None) for y in outputs], set[Any]()
    while pending:
        node = pending.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            pending += [parent for parent, _ in node.next_functions]


def _aside(node: Any) -> list[Any]:
    """What a Function keeps as attributes of its context."""
    return [leaf for value in getattr(node, "__dict__", {}).values() for leaf in flatten(value)[1]]


def require_same(narrow: Sequence[Sequence[Any]], wide: Sequence[Sequence[Any]]) -> None:
    """Raise Escapes when attributes of a context hold floating tensors, or numbers that depend on the precision."""
    torch: Any = loaded("torch")
    if [len(a) for a in narrow] != [len(b) for b in wide]:
        raise Escapes("in float64 the forward pass is another one")
    for a, b in ((x, y) for xs, ys in zip(narrow, wide, strict=True) for x, y in zip(xs, ys, strict=True)):
        if isinstance(a, torch.Tensor) and (a.is_floating_point() or a.is_complex()):
            raise Escapes("the forward pass keeps a tensor in an attribute of ctx")
        if isinstance(a, float) and a != b:
            raise Escapes("the forward pass keeps a number in an attribute of ctx that depends on the precision")


NODES = 256  # of a graph that are looked at: a long one is a network


def saved(pull: Pull) -> dict[str, Any]:
    """The dense tensors that the Functions in a graph keep for their backward: saved ones, and attributes of ctx."""
    torch: Any = loaded("torch")
    found: dict[str, Any] = {}
    for node in islice(nodes(getattr(pull, "outputs", ())), NODES):
        if hasattr(type(node), "_forward_cls"):
            found.update({f"{type(node)._forward_cls.__name__}'s {name}": x for name, x in _kept_by(node)})
    return {name: x for name, x in found.items() if isinstance(x, torch.Tensor) and x.layout is torch.strided}


def _kept_by(node: Any) -> Iterator[tuple[str, Any]]:
    with contextlib.suppress(RuntimeError):  # one was changed in place: the backward pass says so
        yield from ((f"saved_tensors[{k}]", x) for k, x in enumerate(node.saved_tensors))
    yield from ((f"ctx.{name}", x) for name, x in vars(node).items())
