"""Running a torch function under modes that record it.

Facts
    Steps are recorded while the function runs on real tensors, below autograd: composites of torch have come apart into
    aten operations by then, and the backward of an ``autograd.Function`` comes as the operations that it calls.
    ``x.detach()`` is a step; ``torch.no_grad()`` is none, so every step says whether gradients were off. They are off
    in an ``autograd.Function``'s forward as well, where that means nothing: its backward is its author's. Where a
    backward or forward mode runs in the function, the derivative is what it computes: nothing is stopped in it.
    What ``if x > 0`` asks for is a truth: the record follows the example's branch, and a run that would leave it is
    refused. Other numbers that leave torch are lost to the record: those of ``.item()``, which is a step, and of
    ``.numpy()``, ``.tolist()`` and raw pointers (for Triton and other foreign kernels), which are calls of methods. All
    are refused where the tensor depends on a floating-point input. What Python takes out of integer inputs, shapes, and
    Python's own numbers are baked in: they are the example's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from verify.adapters.aten.chances import by_chance, draw
from verify.adapters.aten.frames import in_forward
from verify.adapters.aten.places import MOVES
from verify.adapters.aten.recorder import Recorder, address, kind_of, mapped
from verify.adapters.aten.steps import Record, framework
from verify.adapters.aten.symmetry import read_from, reads_half
from verify.adapters.aten.table import CONVERTS, CREATES, entry_of
from verify.adapters.translation import Untranslatable

# Methods by which numbers leave torch unseen.
LEAVING = ("numpy", "__array__", "tolist", "data_ptr", "__dlpack__")
# What asks for a Python number.
ASKING = frozenset(("aten._local_scalar_dense", "aten.equal", "aten.is_nonzero"))
# What lays its operand out anew.
LAYING = frozenset(f"aten.{name}_" for name in "squeeze unsqueeze transpose t swapaxes swapdims as_strided".split())


def record(function: Callable[..., Any], tensors: Sequence[Any]) -> Record:
    """Run a function on copies of tensors and record what it does.

    Raises
        Untranslatable when numbers leave torch on the way.
    """
    recorder = Recorder()
    copies = [t.detach().clone().requires_grad_(t.requires_grad) for t in tensors]
    for copy in copies:
        slot = recorder.entered(copy)
        recorder.record.inputs.append(slot)
        if kind_of(copy) in "fc":
            recorder.moving.add(address(copy))
    with recording(recorder):
        found = function(*copies)
    return recorder.finished(list(found) if isinstance(found, tuple | list) else [found])


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """The modes under which every operation of torch is recorded, and numbers that leave torch are refused."""
    torch = framework()

    def stepped(self: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return dispatched(recorder, self, func, args, kwargs or {})

    def leaving(self: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in LEAVING and recorder.moves(args[0]):
            raise Untranslatable(f"Tensor.{name} takes numbers that depend on an input out of torch")
        if name == "detach_" and not in_forward():
            recorder.unseen = name
        if func == torch.Tensor.data.__set__:
            raise Untranslatable("Tensor.data is set, which torch's dispatcher does not see")
        return func(*args, **(kwargs or {}))

    # A mode that hides from Dynamo imports it at its first step, which takes seconds.
    mine = {"__torch_dispatch__": stepped, "_should_skip_dynamo": classmethod(lambda cls: False)}
    steps = type("Steps", (torch.utils._python_dispatch.TorchDispatchMode,), mine)
    exits = type("Exits", (torch.overrides.TorchFunctionMode,), {"__torch_function__": leaving})
    with exits(), steps():
        yield


def dispatched(recorder: Recorder, mode: Any, overload: Any, args: Any, kwargs: Any) -> Any:
    """Run one operation and keep it, or run and keep what it is made of."""
    torch = framework()
    name = str(overload.overloadpacket)
    tensors: list[Any] = []
    mapped((args, kwargs), tensors.append)
    if name in ASKING:
        found = overload(*args, **kwargs)
        if any(map(recorder.moves, tensors)):
            recorder.asked(name, tensors, found)
        return found
    if not any("Tensor" in str(r.type) for r in overload._schema.returns):
        return overload(*args, **kwargs)  # a question about shapes or memory, or a check of errors
    if by_chance(overload, args, kwargs):
        return draw(recorder, overload, args, kwargs, tensors)
    recorder.derives |= torch._C._current_autograd_node() is not None or torch.autograd.forward_ad._current_level >= 0
    parts = parts_of(overload, tensors)
    if parts is not None:
        composed = run_parts(recorder, mode, overload, lambda: parts(*args, **kwargs))
        if parts is torch._decomp.decomposition_table.get(overload) and not overload._schema.is_mutable:
            require_same(overload, composed, overload(*args, **kwargs))
        return composed
    if reads_half(overload, args, kwargs):
        args = (read_from(recorder, mode, overload, args, kwargs), *args[1:])
    given = mapped((args, kwargs), recorder.known)  # what is written into is a constant as it was before
    found = overload(*args, **kwargs)
    off = not torch.is_grad_enabled() or name == "aten.detach"
    recorder.step(overload, given, found, off and not recorder.open and not in_forward())
    return found


def run_parts(recorder: Recorder, mode: Any, overload: Any, parts: Callable[[], Any]) -> Any:
    """Run what an operation is made of, and keep that."""
    if overload in recorder.open:  # torch composes it of itself
        raise Untranslatable(f"{overload.overloadpacket} has no translation")
    recorder.open.append(overload)
    try:
        with mode:
            return parts()
    finally:
        recorder.open.pop()


def require_same(overload: Any, composed: Any, own: Any) -> None:
    """What torch composes an operation of has computed what the operation itself computes, to half of the digits.

    Raises
        Untranslatable where it has not: some of torch's compositions are other functions.
    """
    found: list[Any] = []
    wanted: list[Any] = []
    mapped(composed, found.append)
    mapped(own, wanted.append)
    if not all(near(x, y) for x, y in zip(found, wanted, strict=False) if x.shape == y.shape):
        raise Untranslatable(f"{overload.overloadpacket} has no translation: what torch composes it of differs from it")


def near(x: Any, y: Any) -> bool:
    """Whether two floating-point tensors agree to half of their digits, as a part of the largest entry."""
    torch = framework()
    if kind_of(y) not in "fc" or not y.numel():
        return True
    largest = float(y.abs().nan_to_num(0.0, 0.0, 0.0).max())
    return bool(torch.allclose(x.to(y.dtype), y, 0.0, torch.finfo(y.dtype).eps ** 0.5 * largest, equal_nan=True))


def parts_of(overload: Any, tensors: Sequence[Any]) -> Callable[..., Any] | None:
    """What to run in place of an operation that has no entry: a custom operation's own code, or what torch composes.

    Raises
        Untranslatable for an operation without any of these, and for the backward of a native kernel.
    """
    torch = framework()
    custom = torch._library.custom_ops.OPDEFS.get(f"{overload.namespace}::{overload._opname}")
    if custom is not None:
        return custom._init_fn  # type: ignore[no-any-return]
    if known(overload):
        return None
    if torch._C._dispatch_has_kernel_for_dispatch_key(overload.name(), "CompositeImplicitAutograd"):
        return lambda *args, **kwargs: overload.decompose(*args, **kwargs)
    name = str(overload.overloadpacket)
    if overload.is_view or name in LAYING or not any(kind_of(tensor) in "fc" for tensor in tensors):
        return None  # a view; or integers and truths, on which torch is run itself
    if "backward" in name:
        raise Untranslatable(f"{name} is the backward of a native kernel, of unknown code: it has no translation")
    parts: Callable[..., Any] | None = torch._decomp.decomposition_table.get(overload)
    if parts is None:
        raise Untranslatable(f"{name} has no translation")
    return parts


def known(overload: Any) -> bool:
    """Whether an operation has an entry, moves entries, creates numbers or converts them."""
    name = str(overload.overloadpacket)
    writing = any(a.alias_info is not None and a.alias_info.is_write for a in overload._schema.arguments)
    name = name.removesuffix("_") if writing else name
    return name in MOVES or name in CREATES or name in CONVERTS or entry_of(name, overload._overloadname) is not None
