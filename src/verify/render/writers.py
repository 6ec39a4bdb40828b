"""How the arrays and calls of a counterexample are written, by the framework whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from verify.counterexample import Counterexample, Given

HEX = "float.fromhex({!r})"
MANY = 4  # numbers that are written one by one, with decimal digits beside them; more are a list of texts


@dataclass(frozen=True)
class Writer:
    """How a framework's arrays and calls are written.

    imports  statements. array: an array or number as Python text. answer: the statements that compute ``answer``
    begin    the statements before any array is made
    """

    imports: tuple[str, ...]
    array: Callable[[Given], str]
    answer: Callable[[Counterexample], list[str]]
    begin: Callable[[Counterexample], list[str]] = lambda example: []


def decimal_text(text: str) -> str:
    """A hexadecimal number in decimal digits that stand for no other float64."""
    try:
        return repr(float.fromhex(text))
    except (ValueError, OverflowError):
        return text


# --- arrays


def numpy_array(given: Given) -> str:
    """An array or number as NumPy text.

    Example
        >>> numpy_array(Given("x", "array", "float32", (1,), ("0x1.8000000000000p+0",)))
        "np.array([float.fromhex('0x1.8p+0')], dtype=np.float32)"
    """
    if given.kind == "constant":
        return given.values[0]
    if given.kind == "number":
        return number_text(given.values[0])
    dtype = "ml_dtypes.bfloat16" if given.dtype == "bfloat16" else f"np.{given.dtype}"
    if given.kind == "scalar" and not given.dtype.startswith("complex"):
        return f"{dtype}({number_text(given.values[0])})"
    text = f"np.array({_numbers(given)}, dtype={dtype})" + _reshaped(given)
    return text if given.shape or given.kind == "array" else f"{text}[()]"


def torch_array(given: Given) -> str:
    """An array or number as a torch tensor."""
    if given.kind in ("constant", "number"):
        return numpy_array(given)
    return f"torch.tensor({_numbers(given)}, dtype=torch.{given.dtype})" + _reshaped(given)


def jax_array(given: Given) -> str:
    """An array or number as a JAX array."""
    if given.kind in ("constant", "number"):
        return numpy_array(given)
    return f"jnp.array({_numbers(given)}, dtype=jnp.{given.dtype})" + _reshaped(given)


def _numbers(given: Given) -> str:
    """The numbers of an array as a list, or one number for one without axes."""
    values = list(given.values)
    if given.dtype.startswith("complex"):
        pairs = zip(values[::2], values[1::2], strict=True)
        texts = [f"complex({number_text(real)}, {number_text(imag)})" for real, imag in pairs]
    elif given.dtype.startswith("float") or given.dtype == "bfloat16":
        if len(values) > MANY:
            return f"[float.fromhex(v) for v in {' '.join(map(short, values))!r}.split()]"
        texts = list(map(number_text, values))
    else:
        texts = values
    return f"[{', '.join(texts)}]" if given.shape else texts[0]


def number_text(text: str) -> str:
    return HEX.format(short(text))


def short(text: str) -> str:
    """A hexadecimal number without the zeros at the end of its mantissa."""
    return re.sub(r"(\.\w*?)0+p", r"\1p", text).replace(".p", ".0p")


def _reshaped(given: Given) -> str:
    return f".reshape({', '.join(map(str, given.shape))})" if len(given.shape) > 1 else ""


# --- calls


def arguments_of(example: Counterexample, *before: str) -> str:
    return ", ".join([*before, *example.arguments, *(f"{name}={text}" for name, text in example.keywords)])


def numpy_answer(example: Counterexample) -> list[str]:
    """The statements that compute ``answer``, what a NumPy subject returns."""
    names = [origin.name for origin in example.subject]
    plain = arguments_of(example)
    if example.judged == "engine":
        return [f"y, pullback = ad.vjp({arguments_of(example, example.function.name)})", "answer = pullback(g)"]
    if example.judged == "vjp" and len(names) == 2:
        return [f"y, residuals = {names[0]}({plain})", f"answer = {names[1]}(residuals, g)"]
    if example.judged == "vjp":
        return [f"y = {example.function.name}({plain})", f"answer = {names[0]}({arguments_of(example, 'g', 'y')})"]
    if example.judged in ("jvp", "hvp"):
        return [f"answer = {names[0]}({arguments_of(example, 't')})"]
    pair = "value, " if example.judged == "value_and_gradient" else ""
    return [f"{pair}answer = {names[0]}({plain})"]


def torch_answer(example: Counterexample) -> list[str]:
    """The gradients of all floating tensors by torch's own reverse mode."""
    leaves = moving(example)
    return [
        *(f"{name}.requires_grad_()" for name in leaves),
        f"y = {example.function.name}({arguments_of(example)})",
        f"answer = torch.autograd.grad(y, [{', '.join(leaves)}], {_cotangent(example)}, materialize_grads=True)",
    ]


def jax_answer(example: Counterexample) -> list[str]:
    """The gradients of all floating arrays by JAX's own reverse mode."""
    leaves = ", ".join(moving(example))
    return [
        f"y, pullback = jax.vjp(lambda {leaves}: {example.function.name}({arguments_of(example)}), {leaves})",
        f"answer = pullback({'jnp.ones_like(y)' if not example.cotangent else example.cotangent_text})",
    ]


def _cotangent(example: Counterexample) -> str:
    return example.cotangent_text if example.cotangent else "None"


def moving(example: Counterexample) -> list[str]:
    """The names of the arrays that a framework differentiates."""
    floating = ("float", "bfloat", "complex")
    return [g.name for g in example.inputs if g.dtype.startswith(floating) and g.kind != "number"]


def jax_begin(example: Counterexample) -> list[str]:
    """JAX keeps 64 bits where it is told so."""
    wide = any(g.dtype.endswith(("64", "128")) and g.kind != "number" for g in (*example.inputs, *example.cotangent))
    return ['jax.config.update("jax_enable_x64", True)'] if wide else []


WRITERS = {
    "numpy": Writer(("import numpy as np",), numpy_array, numpy_answer),
    "torch": Writer(("import numpy as np", "import torch"), torch_array, torch_answer),
    "jax": Writer(("import numpy as np", "import jax", "import jax.numpy as jnp"), jax_array, jax_answer, jax_begin),
}
