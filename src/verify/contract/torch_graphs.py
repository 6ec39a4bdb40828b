"""What PyTorch asks of a backward pass: for one input, for one result, for the cotangent of a sum, and once more.

Facts
    torch.autograd runs a backward for whichever inputs ask for it, and hands it None, or zeros, for results that
    nobody uses. The cotangent of y.sum() is one number with strides 0.
    Torch casts a gradient to the dtype of its input and adds one that was broadcast up to its shape, so that neither
    shows in what it returns; of a Function they are seen in what its backward returns. Both are noted: the
    gradients that arrive are right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.containers import flatten
from verify.adapters.frameworks import loaded
from verify.adapters.torch_tensors import function_class, owns, recorded
from verify.contract.agreement import differs
from verify.contract.asking import HOLDS, Asking, Outcome
from verify.contract.foreign_calls import FlatCall, raised
from verify.contract.linearity import LAYOUTS
from verify.contract.one_alone import each_input, each_result
from verify.contract.torch_calls import graph_of, torch_call
from verify.parts import whole

OF_INPUTS = ("columns first", "channels last", "gaps between")  # what transposed and cut out tensors have


def one_input_alone(asking: Asking) -> Outcome:
    """The gradient of one input is the same whether or not others ask for theirs."""
    call = torch_call(asking)
    if call is None or len(call.tensors) < 2:
        return None
    whole = graph_of(call)

    def alone(k: int) -> Any:
        graph = graph_of(call, k)
        return graph.pull(call.cotangents(graph.outputs))[0]

    return each_input(asking, call, whole.pull(call.cotangents(whole.outputs)), alone, "requires a gradient")


def one_result_alone(asking: Asking) -> Outcome:
    """A result that nobody uses is one with a cotangent of zeros."""
    call = torch_call(asking)
    if call is None or len(call.seed) < 2:
        return None
    graph = graph_of(call)
    gs = call.cotangents(graph.outputs)
    used = [k for k, y in enumerate(graph.outputs) if y.requires_grad]
    return each_result(asking, call, used, gs, lambda k: graph.pull([gs[k]], k), graph.pull)


def cotangent_of_a_sum(asking: Asking) -> Outcome:
    """The cotangent of y.sum(), one number with strides 0, gives what ones in memory of their own give."""
    call = torch_call(asking)
    if call is None or all(g.size < 2 for g in call.seed):
        return None
    torch: Any = loaded("torch")
    graph = graph_of(call)
    ones = [torch.ones_like(y, memory_format=torch.contiguous_format) for y in graph.outputs]
    expanded = [torch.ones((), dtype=y.dtype, device=y.device).expand(y.shape) for y in graph.outputs]
    wanted, refused = raised(lambda: graph.pull(ones))
    found, problem = raised(lambda: graph_of(call).pull(expanded))
    if refused:
        return False, f"a cotangent of ones raises {refused}"
    if problem:
        return False, f"the cotangent of y.sum(), which has strides 0, raises {problem}"
    text = differs(asking, call.gradient_arrays(found), call.gradient_arrays(wanted))
    return (False, f"for the cotangent of y.sum(), which has strides 0, {text}") if text else HOLDS


def second_pass(asking: Asking) -> Outcome:
    """Two backward passes over one graph give the same: nothing that was saved is used up or changed."""
    call = torch_call(asking)
    if call is None:
        return None
    graph = graph_of(call)
    kept = [a.copy() for a in call.gradient_arrays(graph.pull(call.cotangents(graph.outputs)))]
    again, problem = raised(lambda: graph.pull(call.cotangents(graph.outputs)))
    if problem:
        return False, f"a second backward pass over the same graph raises {problem}"
    text = differs(asking, call.gradient_arrays(again), kept, asking.size)
    return (False, f"in a second backward pass over the same graph, {text}") if text else HOLDS


def inputs_laid_out(asking: Asking) -> Outcome:
    """Inputs in another layout give the same gradient; a layout that is refused, or changes the value, is noted."""
    call = torch_call(asking)
    if call is None or asking.in_parts:
        return None
    question, noted = asking.question, ""
    plain = [np.array(x) for x in question.leaves]
    for name in OF_INPUTS:
        leaves = [LAYOUTS[name](x) for x in plain]
        if all(a.strides == x.strides for a, x in zip(leaves, plain, strict=True)):
            continue
        found, problem = raised(lambda leaves=leaves: asking.call(leaves).answers)  # type: ignore[misc]
        if problem:
            noted = noted or f"inputs with {name} are refused: {problem}"
        elif text := differs(asking, found, asking.first.answers, asking.size):
            if not _same_value(call, question.place(leaves), question.place(plain)):
                noted = noted or f"the value is another one for inputs with {name}"
                continue
            return False, f"for the same inputs with {name}, {text}"
    return True, noted


def _same_value(call: FlatCall, xs: Any, plain: Any) -> bool:
    """Whether the op itself gives the same value for both, as nearly as its dtype tells."""
    pairs = zip(*(flatten(call.foreign.value(*whole(x)))[1] for x in (xs, plain)), strict=True)
    return all(np.allclose(a, b, rtol=1e-2, atol=0.0, equal_nan=True) for a, b in pairs)


def gradient_layout(asking: Asking) -> Outcome:
    """What a Function's backward returns has the dtype, shape and device of the input; torch mends the rest."""
    call = torch_call(asking)
    if call is None or function_class(call.foreign.op) is None:
        return None
    text = _misfit(call)
    return True, text


def _misfit(call: FlatCall) -> str:
    """The first gradient that torch has to cast, to sum or to move; "" where there is none."""
    torch: Any = loaded("torch")
    foreign = call.foreign
    whole = foreign.call(foreign.example, None, lambda result: result)
    function, tensors = whole.over(whole.tensors)
    with foreign.still():
        results = recorded(function, [x.detach().requires_grad_() for x in tensors])
    node = next((y.grad_fn for y in results if owns(y) and y.grad_fn is not None), None)
    if node is None or not hasattr(type(node), "_forward_cls"):
        return ""
    with torch.no_grad():
        found = node.apply(*(torch.ones_like(y) if owns(y) else None for y in results))
    found = found if isinstance(found, tuple) else (found,)
    chosen = [i for i in foreign.chosen if i < len(found) and owns(found[i]) and owns(foreign.xs[i])]
    texts = [(foreign.arguments[i], _other(found[i], foreign.xs[i])) for i in chosen]
    return next((f"the gradient of {name} has {text}" for name, text in texts if text), "")


def _other(d: Any, x: Any) -> str:
    if d.dtype != x.dtype:
        return f"dtype {_short(d.dtype)} where the input has {_short(x.dtype)}: torch casts it"
    if d.shape != x.shape:
        return f"shape {list(d.shape)} where the input has {list(x.shape)}: torch adds it up"
    return "" if d.device == x.device else f"device {d.device} where the input is on {x.device}"


def _short(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


CLAUSES: dict[str, Callable[[Asking], Outcome]] = {
    "needs_input_grad": one_input_alone,
    "undefined cotangents": one_result_alone,
    "expanded cotangents": cotangent_of_a_sum,
    "saved tensors": second_pass,
    "input layouts": inputs_laid_out,
    "gradient layout": gradient_layout,
}
