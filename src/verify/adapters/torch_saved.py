"""What a torch function saves for its backward pass, and what else its graph keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ad.containers import flatten
from verify.adapters.framework import Flat
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
    return outputs, saved, [_aside(node) for node in _nodes(outputs)]


def _nodes(outputs: Sequence[Any]) -> list[Any]:
    """The nodes of the graph behind tensors, each once."""
    found: dict[Any, None] = {}
    waiting = [y.grad_fn for y in outputs if getattr(y, "grad_fn", None) is not None]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += [parent for parent, _ in node.next_functions if parent is not None]
    return list(found)


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
