"""PyTorch as an adapter sees it.

Facts
    A NumPy array and the tensor made of it share memory on the CPU, so that what a function writes is seen.
    torch.autograd answers None where a result does not depend on an input: that is a gradient of 0.
    The gradient of a complex tensor is the conjugate of the one that NumPy's engine and JAX answer with.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ad.userop import BrokenRule
from verify.adapters.framework import Flat, Framework, Pull
from verify.adapters.frameworks import loaded
from verify.adapters.saved import replaced
from verify.adapters.torch_saved import nodes, require_same, saved, watched
from verify.adapters.torch_state import restored, state
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
    """A tensor as an array; bfloat16 becomes the one of ml_dtypes, bit by bit.

    Raises ValueError for what NumPy has no array for: a sparse tensor, a float of 8 bits.
    """
    if not owns(x):
        return x
    torch = _torch()
    if x.layout is not torch.strided:
        raise ValueError(f"a tensor has the layout {x.layout}: dense ones are judged, as of x.to_dense()")
    x = x.detach().resolve_conj().resolve_neg().cpu()
    if x.dtype == torch.bfloat16:
        return x.view(torch.int16).numpy(force=True).view(_bfloat16())
    try:
        return x.numpy(force=True)  # of a gradient that torch knows to be 0 it holds no numbers until then
    except TypeError as unknown:
        raise ValueError(f"a tensor has dtype {x.dtype}, which NumPy does not have") from unknown


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
    repeated = [n > 1 and stride == 0 for n, stride in zip(x.shape, x.strides, strict=True)]
    once = x[(*(slice(0, 1) if again else slice(None) for again in repeated), ...)]
    once = once if once.flags.writeable else once.copy()
    if once.dtype.name == "bfloat16":
        made = torch.from_numpy(once.view(np.int16)).view(torch.bfloat16)
    else:
        made = torch.from_numpy(once)
    return (made.expand(x.shape) if any(repeated) else made).to(device=like.device)


class Graph:
    """The pull of a call that was recorded: its results and the tensors that it is differentiated by."""

    def __init__(self, outputs: Sequence[Any], leaves: Sequence[Any]) -> None:
        self.outputs, self.leaves = outputs, leaves

    def __call__(self, gs: Sequence[Any]) -> list[Any]:
        return pulled(self.outputs, self.leaves, gs)


def vjp(function: Flat, tensors: Sequence[Any]) -> tuple[Sequence[Any], Pull]:
    leaves = [x.detach().requires_grad_() for x in tensors]
    outputs = recorded(function, leaves)
    return [y.detach() for y in outputs], Graph(outputs, leaves)


def recorded(function: Flat, leaves: Sequence[Any]) -> list[Any]:
    """The results of a function with their graph. What it changes in place it gets as the result of an operation."""
    before = [x.detach().clone() for x in leaves]
    with _torch().enable_grad():
        try:
            return list(function(*leaves))
        except RuntimeError as problem:
            if "leaf Variable" not in str(problem):  # torch's refusal to change a leaf in place, once that is done
                raise
            for x, numbers in zip(leaves, before, strict=True):
                x.data.copy_(numbers)
            return list(function(*map(_lender().apply, leaves)))


@functools.cache
def _lender() -> Any:
    """An operation whose result is its input in the same memory, which torch does not take for a view of it."""
    torch = _torch()

    class Lent(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            same = torch.empty(0, dtype=x.dtype, device=x.device)
            return same.set_(x.untyped_storage(), x.storage_offset(), x.size(), x.stride())

        @staticmethod
        def backward(ctx: Any, *gs: Any) -> Any:
            return gs[0]

    return Lent


def pulled(outputs: Sequence[Any], leaves: Sequence[Any], gs: Sequence[Any], **options: Any) -> list[Any]:
    """The gradients of the leaves; 0 where torch answers None.

    Raises BrokenRule where torch refuses what a backward returned.
    """
    torch = _torch()
    pairs = [(y, g.conj()) for y, g in zip(outputs, gs, strict=True) if y.requires_grad]
    if not pairs:
        return [torch.zeros_like(x) for x in leaves]
    ys, cotangents = zip(*pairs, strict=True)
    options = {"retain_graph": True, "allow_unused": True, **options}
    try:
        found = torch.autograd.grad(ys, leaves, cotangents, **options)
    except RuntimeError as problem:
        if any(text in str(problem) for text in REFUSED):
            raise BrokenRule(str(problem)) from problem
        raise
    return [torch.zeros_like(x) if d is None else d.conj() for d, x in zip(found, leaves, strict=True)]


REFUSED = ("returned an invalid gradient", "returned an incorrect number of gradients")  # torch's words for it


def differentiable(function: Flat, tensors: Sequence[Any]) -> tuple[int, list[int]]:
    """How many results there are, and which torch differentiates: floating ones that ask for it, where any does."""
    results = recorded(function, [x.detach().requires_grad_() for x in tensors])
    for y in results:
        array(y)  # a sparse result is refused
    moving = [k for k, y in enumerate(results) if owns(y) and moves(y)]
    return len(results), [k for k in moving if results[k].requires_grad] or moving


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
    leaves = [x.detach().requires_grad_() for x in tensors]
    asking = [g.detach().requires_grad_() for g in gs]  # only then does a once_differentiable backward refuse
    first = pulled(recorded(function, leaves), leaves, asking, create_graph=True)
    return pulled_again(first, leaves, ts)


def pulled_again(first: Sequence[Any], leaves: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
    """The gradients of gradients.

    Raises RuntimeError where a backward is marked once_differentiable: torch itself raises on some paths alone.
    """
    if any(node.name() == "torch::autograd::Error" for node in nodes(first)):
        raise RuntimeError(ONCE)
    return pulled(first, leaves, gs)


ONCE = "trying to differentiate twice a function that was marked with @once_differentiable"  # torch's words


def refined(
    function: Flat, tensors: Sequence[Any], wide: Flat, wider: Sequence[Any], roundoff: float
) -> tuple[Sequence[Any], Sequence[Any], Pull]:
    """The pull over what the forward pass saves in float64, rounded, which is handed out where it asks for its own."""
    exact, saved_wide, aside_wide = watched(wide, [x.detach().requires_grad_() for x in wider], lambda k, x: x)
    rounded: list[Any] = []
    leaves = [x.detach().requires_grad_() for x in tensors]
    outputs, saved, aside = watched(function, leaves, lambda k, x: rounded[k] if rounded else x)
    require_same(aside, aside_wide)
    arrays = replaced([array(x) for x in saved], [array(x) for x in saved_wide], roundoff)
    rounded[:] = [tensor(a, x) for a, x in zip(arrays, saved, strict=True)]
    return [y.detach() for y in outputs], [y.detach() for y in exact], lambda gs: pulled(outputs, leaves, gs)


def translated(function: Flat, tensors: Sequence[Any]) -> Translation:
    from verify.adapters.aten import translated as translated_aten

    return translated_aten(function, tensors)


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
    written = getattr(op, "_init_fn", op)  # of an op of torch.library, whose own signature says nothing
    return getattr(written, "__name__", type(op).__name__), _positional(written)


def _positional(function: Any) -> list[str]:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


TORCH = Framework(
    "torch", False, owned, owns, examples, same, same, widened, moves, array, tensor, vjp, jvp, second, refined,
    translated,
    state, restored, parameters, called, named, differentiable, saved,
)  # fmt: skip
