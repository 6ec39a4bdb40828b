"""PyTorch as an adapter sees it.

Facts
    A NumPy array and the tensor made of it share memory on the CPU, so that what a function writes is seen.
    torch.autograd answers None where a result does not depend on an input: that is a gradient of 0.
    The gradient of a complex tensor is the conjugate of the one that NumPy's engine and JAX answer with.
"""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify.adapters.framework import Flat, Framework, Pull
from verify.adapters.frameworks import loaded
from verify.adapters.translation import Translation


def _torch() -> Any:
    return loaded("torch")


def owns(x: Any) -> bool:
    torch = _torch()
    return torch is not None and isinstance(x, torch.Tensor)


def owned(x: Any) -> bool:
    """Whether this is a tensor, a module, a Function's ``apply``, or an op of ``torch.library``."""
    custom = getattr(_torch().library, "CustomOpDef", ())
    return owns(x) or is_module(x) or isinstance(x, custom) or function_class(x) is not None


def examples(op: Any, xs: Sequence[Any], wanted: Sequence[int] | None) -> tuple[Any, ...]:
    return tuple(xs)  # torch differentiates by nothing but tensors


def same(tree: Any) -> Any:
    return tree  # torch knows no containers that NumPy's engine does not


def widened(x: Any) -> Any:
    """A tensor of real or complex numbers in 64 bits each; anything else as it is."""
    if not owns(x) or not moves(x):
        return x
    torch = _torch()
    wide = x.detach().to(torch.complex128 if x.is_complex() else torch.float64)
    return wide.requires_grad_(x.requires_grad)


def moves(x: Any) -> bool:
    return bool(x.is_floating_point() or x.is_complex())


def array(x: Any) -> Any:
    """A tensor as an array; bfloat16 becomes the one of ml_dtypes, bit by bit."""
    if not owns(x):
        return x
    torch = _torch()
    x = x.detach().resolve_conj().resolve_neg().cpu()
    if x.dtype == torch.bfloat16:
        return x.view(torch.int16).numpy().view(_bfloat16())
    return x.numpy()


def _bfloat16() -> Any:
    try:
        import ml_dtypes
    except ImportError as missing:
        raise ImportError("NumPy has no bfloat16 of its own: pip install ml_dtypes") from missing
    return ml_dtypes.bfloat16


def tensor(x: Any, like: Any) -> Any:
    """An array as a tensor on the device of another one, in the same memory where that is possible."""
    torch = _torch()
    x = np.asarray(x)
    if any(stride < 0 for stride in x.strides):  # torch has no negative strides
        x = x.copy()
    if x.dtype.name == "bfloat16":
        made = torch.from_numpy(x.view(np.int16)).view(torch.bfloat16)
    else:
        made = torch.from_numpy(x if x.flags.writeable else x.copy())
    return made.to(device=like.device)


def vjp(function: Flat, tensors: Sequence[Any]) -> tuple[Sequence[Any], Pull]:
    torch = _torch()
    leaves = [x.detach().requires_grad_() for x in tensors]
    with torch.enable_grad():
        outputs = list(function(*leaves))

    def pull(gs: Sequence[Any]) -> list[Any]:
        return pulled(outputs, leaves, gs)

    return [y.detach() for y in outputs], pull


def pulled(outputs: Sequence[Any], leaves: Sequence[Any], gs: Sequence[Any], **options: Any) -> list[Any]:
    """The gradients of the leaves; 0 where torch answers None."""
    torch = _torch()
    pairs = [(y, g.conj()) for y, g in zip(outputs, gs, strict=True) if y.requires_grad]
    if not pairs:
        return [torch.zeros_like(x) for x in leaves]
    ys, cotangents = zip(*pairs, strict=True)
    options = {"retain_graph": True, "allow_unused": True, **options}
    found = torch.autograd.grad(ys, leaves, cotangents, **options)
    return [torch.zeros_like(x) if d is None else d.conj() for d, x in zip(found, leaves, strict=True)]


def jvp(function: Flat, tensors: Sequence[Any], tangents: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    torch = _torch()
    forward = torch.autograd.forward_ad
    with warnings.catch_warnings(), forward.dual_level():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch warns of itself when forward mode is first used
        outputs = function(*[forward.make_dual(x.detach(), t) for x, t in zip(tensors, tangents, strict=True)])
        pairs = [forward.unpack_dual(y) for y in outputs]
    return [p.primal for p in pairs], [torch.zeros_like(p.primal) if p.tangent is None else p.tangent for p in pairs]


def second(function: Flat, tensors: Sequence[Any], gs: Sequence[Any], ts: Sequence[Any]) -> Sequence[Any]:
    """The derivative of x -> J(x)'g along ts: the backward of the backward, since second derivatives commute."""
    torch = _torch()
    leaves = [x.detach().requires_grad_() for x in tensors]
    with torch.enable_grad():
        first = pulled(list(function(*leaves)), leaves, gs, create_graph=True)
    return pulled(first, leaves, ts)


def translated(function: Flat, tensors: Sequence[Any]) -> Translation:
    from verify.adapters.aten import translated as translated_aten

    return translated_aten(function, tensors)


def state(op: Any) -> Any:
    torch = _torch()
    buffers = {name: x.detach().clone() for name, x in op.named_buffers()} if is_module(op) else {}
    return torch.get_rng_state(), buffers


@contextlib.contextmanager
def restored(op: Any, kept: Any) -> Iterator[None]:
    before = state(op)
    try:
        _set(op, kept)
        yield
    finally:
        _set(op, before)


def _set(op: Any, kept: Any) -> None:
    torch = _torch()
    random, buffers = kept
    torch.set_rng_state(random)
    with torch.no_grad():
        for name, x in op.named_buffers() if buffers else ():
            x.copy_(buffers[name])


def function_class(op: Any) -> Any:
    """The ``torch.autograd.Function`` whose ``apply`` this is; None for anything else."""
    owner = getattr(op, "__self__", None)
    return owner if isinstance(owner, type) and issubclass(owner, _torch().autograd.Function) else None


def is_module(op: Any) -> bool:
    torch = _torch()
    return torch is not None and isinstance(op, torch.nn.Module)


def parameters(op: Any) -> dict[str, Any]:
    return dict(op.named_parameters()) if is_module(op) else {}


def called(op: Any, arguments: Sequence[Any], parameters: dict[str, Any], kwargs: dict[str, Any]) -> Any:
    if parameters:
        return _torch().func.functional_call(op, parameters, tuple(arguments), kwargs)
    return op(*arguments, **kwargs)


def named(op: Any) -> tuple[str, list[str]]:
    """The name of an op and of its arguments: of a Function's ``apply`` those of its ``forward``."""
    owner = function_class(op)
    if owner is not None:
        own_context = owner.setup_context is not _torch().autograd.Function.setup_context  # then forward takes no ctx
        return f"{owner.__name__}.apply", _positional(owner.forward)[0 if own_context else 1 :]
    if is_module(op):
        return type(op).__name__, _positional(op.forward)
    return getattr(op, "__name__", type(op).__name__), _positional(op)


def _positional(function: Any) -> list[str]:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


TORCH = Framework(
    "torch", owned, owns, examples, same, same, widened, moves, array, tensor, vjp, jvp, second, translated,
    state, restored, parameters, called, named,
)  # fmt: skip
