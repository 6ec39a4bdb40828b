"""What a user wrote of a framework's op: the functions inside a class or an object, in which its numbers stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.adapters.frameworks import loaded

RULES = ("forward", "setup_context", "backward", "vjp", "jvp", "vmap")  # of a torch.autograd.Function
HOOKS = ("_init_fn", "_setup_context_fn", "_backward_fn")  # of an op of torch.library


def parts_of(op: Any) -> list[Any]:
    """The functions and numbers that an op of a framework is made of; none of anything else.

    Arguments
        op: a ``torch.autograd.Function`` or its ``apply``, a module, an op of ``torch.library``; a ``custom_vjp``, a
            ``custom_jvp``, a compiled function of JAX.
    Example
        >>> parts_of(len)
        []
    """
    return [part for name, parts in PARTS.items() if (framework := loaded(name)) for part in parts(framework, op)]


def _of_torch(torch: Any, op: Any) -> list[Any]:
    owner = getattr(op, "__self__", op)
    if isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
        return [vars(kind)[rule] for kind in _own(torch, owner) for rule in RULES if rule in vars(kind)]
    if isinstance(op, torch.nn.Module):
        forwards = [vars(kind)["forward"] for kind in _own(torch, type(op)) if "forward" in vars(kind)]
        numbers = [value for name, value in vars(op).items() if not name.startswith("_") and name != "training"]
        return [*forwards, *numbers, *op.children()]
    if isinstance(op, getattr(torch.library, "CustomOpDef", ())):
        return [hook for name in HOOKS if (hook := getattr(op, name, None)) is not None]
    return []


def _own(torch: Any, kind: type) -> list[type]:
    """A class and what it inherits from, without the classes of torch."""
    theirs = f"{torch.__name__}."
    return [base for base in kind.__mro__ if not base.__module__.startswith(theirs) and base is not object]


def _of_jax(jax: Any, op: Any) -> list[Any]:
    if isinstance(op, jax.custom_vjp):
        return [part for part in (op.fun, getattr(op, "fwd", None), getattr(op, "bwd", None)) if part is not None]
    if isinstance(op, jax.custom_jvp):
        return [part for part in (op.fun, getattr(op, "jvp", None)) if part is not None]
    if isinstance(op, type(jax.jit(len))):
        return [op.__wrapped__]
    return []


PARTS: dict[str, Callable[[Any, Any], list[Any]]] = {"torch": _of_torch, "jax": _of_jax}
