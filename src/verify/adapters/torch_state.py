"""What calls of a torch function have in common and must not change: random numbers, and the modules that it holds.

Facts
    A function holds modules as itself, as the object that it is a method of, in its closure, in a partial, or among
    the globals that it names.
    A buffer is set through ``data``: torch counts changes of a tensor that a backward pass needs, but not these.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verify.adapters.frameworks import loaded

DEPTH = 3  # functions inside functions that are looked into


@dataclass(frozen=True, eq=False)
class State:
    """random: of the CPU's generator and of each device's. buffers: (module, name, tensor, its numbers);
    parameters: (tensor, grad, a copy of it, requires_grad); training: (module, whether it trains)."""

    random: tuple[Any, Any]
    buffers: tuple[tuple[Any, str, Any, Any], ...]
    parameters: tuple[tuple[Any, Any, Any, bool], ...]
    training: tuple[tuple[Any, bool], ...]


def state(op: Any) -> State:
    """What of an op must be the same in every call."""
    modules = list(dict.fromkeys(inner for outer in modules_of(op) for inner in outer.modules()))
    buffers = [(m, name, x, x.detach().clone()) for m in modules for name, x in m._buffers.items() if x is not None]
    parameters = {id(p): p for m in modules for p in m._parameters.values() if p is not None}.values()
    return State(
        _random(), tuple(buffers),
        tuple((p, p.grad, None if p.grad is None else p.grad.detach().clone(), p.requires_grad) for p in parameters),
        tuple((m, m.training) for m in modules),
    )  # fmt: skip


@contextlib.contextmanager
def restored(op: Any, kept: State) -> Iterator[None]:
    """A context in which a state stands, and after which the one before stands again."""
    before = state(op)
    try:
        _set(kept)
        yield
    finally:
        _set(before)


def _set(kept: State) -> None:
    torch = loaded("torch")
    assert torch is not None
    cpu, devices = kept.random
    torch.set_rng_state(cpu)
    if devices:
        torch.cuda.set_rng_state_all(devices)
    for module, name, x, numbers in kept.buffers:
        module._buffers[name] = x
        x.data.copy_(numbers)
    for p, grad, numbers, asks in kept.parameters:
        p.grad = grad
        if grad is not None:
            grad.data.copy_(numbers)
        if p.requires_grad != asks:
            p.requires_grad_(asks)
    for module, training in kept.training:
        module.training = training


def _random() -> tuple[Any, Any]:
    torch = loaded("torch")
    assert torch is not None
    return torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else ()


def modules_of(op: Any, depth: int = DEPTH) -> list[Any]:
    """The modules that a function is, belongs to, closes over or names."""
    torch = loaded("torch")
    assert torch is not None
    if isinstance(op, torch.nn.Module):
        return [op]
    if not depth:
        return []
    inner: list[Any] = [getattr(op, "__self__", None)]
    if isinstance(op, functools.partial):
        inner += [op.func, *op.args, *op.keywords.values()]
    code, names = getattr(op, "__code__", None), getattr(op, "__globals__", {})
    inner += [names[name] for name in getattr(code, "co_names", ()) if name in names]
    for cell in getattr(op, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # a cell that is still empty
            inner.append(cell.cell_contents)
    functions = [x for x in inner if isinstance(x, torch.nn.Module) or (callable(x) and not isinstance(x, type))]
    return [module for x in functions for module in modules_of(x, depth - 1)]
