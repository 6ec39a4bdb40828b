"""A counterexample as a script that stands alone, and as a pytest test: every number in hexadecimal.

A script needs NumPy and the functions under test; adverify only where the engine itself is judged, or where nothing
but a check shows the number. Writers are by framework: the arrays and the calls differ, all else is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from verify.counterexample import Counterexample, Given, Origin

HEX = "float.fromhex({!r})"
MANY = 4  # numbers that are written one by one, with decimal digits beside them; more are a list of texts
SHOWN = 8  # numbers of an array that a line shows
DIGITS = 120  # decimal digits in which the gap is computed: a double and 40 digits of the truth


@dataclass(frozen=True)
class Writer:
    """How a framework's arrays and calls are written.

    imports  statements. array: an array or number as Python text. answer: the statements that compute ``answer``
    """

    imports: tuple[str, ...]
    array: Callable[[Given], str]
    answer: Callable[[Counterexample], list[str]]


def script(example: Counterexample) -> str:
    """A Python script that prints your number, the truth and the gap; it exits with 1 while the number is wrong.

    Arguments
        example: what ``verify.exhibiting.counterexample_of`` made of a claim.
    """
    writer = WRITERS[example.framework]
    direct = bool(example.pick)
    body = [*_arrays(example, writer), "", *(_direct(example, writer) if direct else _by_check(example))]
    head = [f'"""{_headline(example)}"""', "", *_statements(example, writer, direct), "", ""]
    lines = ["def main():", *(f"    {line}".rstrip() for line in body), "", ""]  # its names are not those of a closure
    return "\n".join([*head, *lines, 'if __name__ == "__main__":', "    main()", ""])


def shown_script(example: Counterexample) -> str:
    """The script for a reader; empty for data that is no counterexample of ours."""
    try:
        return script(example)
    except (ValueError, LookupError):
        return ""


def summary(example: Counterexample) -> str:
    """The counterexample in one line: the point, what goes with it, and both numbers.

    Example
        >>> given = Given("x", "array", "float64", (1,), ("0x1.4p+4",))
        >>> numbers_text(given)
        'x = [20.0]'
    """
    place = ", ".join(map(numbers_text, (*example.inputs, *example.cotangent, *example.tangent)))
    if not example.yours_hex:
        return place
    yours = decimal_text(example.yours_hex)
    return f"{place}: yours {yours} ({_short(example.yours_hex)}), the truth {example.truth}"


def numbers_text(given: Given) -> str:
    """An array by its name and numbers, in decimal digits."""
    listed = [decimal_text(v) if "0x" in v else v for v in given.values[:SHOWN]]
    more = ", ..." if len(given.values) > SHOWN else ""
    text = f"[{', '.join(listed)}{more}]" if given.shape else "".join(listed)
    shape = f" of shape {given.shape}" if len(given.shape) > 1 else ""
    dtype = f" ({given.dtype})" if given.dtype not in ("float64", "") else ""
    return f"{given.name} = {text}{shape}{dtype}"


def decimal_text(text: str) -> str:
    """A hexadecimal number in decimal digits that stand for no other float64."""
    try:
        return repr(float.fromhex(text))
    except (ValueError, OverflowError):
        return text


def pytest_test(example: Counterexample) -> str:
    """A module with one test, which fails while the derivative is wrong."""
    writer = WRITERS[example.framework]
    name = re.sub(r"\W+", "_", example.title, flags=re.ASCII).strip("_")[:40].lower() or "f"
    lines = [f"def test_gradient_of_{name}():", f'    """{_headline(example)}"""']
    lines += [f"    {line}" for line in (*_point(example, writer), _call(example, "verify.assert_gradient"))]
    return "\n".join([f'"""{_headline(example)}"""', "", *_statements(example, writer, False), "", "", *lines, ""])


def _headline(example: Counterexample) -> str:
    what = f"The derivative of {example.title}" + (f" at {example.entry}" if example.entry else "")
    return f"{what} is {example.verdict}.".replace("\\", "\\\\").replace('"', "'").replace("\n", " ")


def _statements(example: Counterexample, writer: Writer, direct: bool) -> list[str]:
    """Imports and definitions, each once, imports first."""
    calls_function = not direct or example.judged == "engine" or (example.judged == "vjp" and len(example.subject) == 1)
    used = [*([example.function] if calls_function else []), *example.subject]
    found = [*writer.imports] + ([] if direct else ["import verify"])
    if direct:
        found += ["from decimal import Decimal, localcontext"] + (["import ad"] if example.judged == "engine" else [])
    if any(given.dtype == "bfloat16" for given in (*example.inputs, *example.cotangent, *example.tangent)):
        found.append("import ml_dtypes")
    found += [line for origin in used for line in (*_unknown(origin), *origin.statements)]
    found = list(dict.fromkeys(found))
    plain = [line for line in found if line.startswith(("import ", "from ")) and "\n" not in line]
    paths = [line for line in found if line.startswith("sys.path.")]
    local = [line for line in plain if found.index(line) > min(map(found.index, paths), default=len(found))]
    rest = [line for line in found if line not in plain and line not in paths]
    return [*sorted(line for line in plain if line not in local), *paths, *local, *_spaced(rest)]


def _unknown(origin: Origin) -> Iterator[str]:
    if not origin.known:
        yield f"# {origin.name} could not be imported, and is not self-contained: define it here\n{origin.name} = ..."


def _spaced(blocks: list[str]) -> Iterator[str]:
    for block in blocks:
        yield from ("", block) if "\n" in block else (block,)


# --- arrays


def _arrays(example: Counterexample, writer: Writer) -> list[str]:
    given = _point(example, writer)
    held = (example.cotangent, example.cotangent_text, "g"), (example.tangent, example.tangent_text, "t")
    for arrays, text, name in held:
        given += [_assigned(array, writer) for array in arrays]
        given += [f"{name} = {text}"] if text not in ("", name) else []
    return given


def _point(example: Counterexample, writer: Writer) -> list[str]:
    return [_assigned(array, writer) for array in example.inputs]


def _assigned(given: Given, writer: Writer) -> str:
    """An array under its name, and for a reader its numbers in decimal digits."""
    decimal = [decimal_text(v) for v in given.values if "0x" in v]
    shown = f"  # {', '.join(decimal)}" if 0 < len(decimal) <= MANY else ""
    return f"{given.name} = {writer.array(given)}{shown}"


def numpy_array(given: Given) -> str:
    """An array or number as NumPy text.

    Example
        >>> numpy_array(Given("x", "array", "float32", (1,), ("0x1.8000000000000p+0",)))
        "np.array([float.fromhex('0x1.8p+0')], dtype=np.float32)"
    """
    if given.kind == "constant":
        return given.values[0]
    if given.kind == "number":
        return _number(given.values[0])
    dtype = "ml_dtypes.bfloat16" if given.dtype == "bfloat16" else f"np.{given.dtype}"
    if given.kind == "scalar" and not given.dtype.startswith("complex"):
        return f"{dtype}({_number(given.values[0])})"
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
        texts = [f"complex({_number(real)}, {_number(imag)})" for real, imag in pairs]
    elif given.dtype.startswith("float") or given.dtype == "bfloat16":
        if len(values) > MANY:
            return f"[float.fromhex(v) for v in {' '.join(map(_short, values))!r}.split()]"
        texts = list(map(_number, values))
    else:
        texts = values
    return f"[{', '.join(texts)}]" if given.shape else texts[0]


def _number(text: str) -> str:
    return HEX.format(_short(text))


def _short(text: str) -> str:
    """A hexadecimal number without the zeros at the end of its mantissa."""
    return re.sub(r"(\.\w*?)0+p", r"\1p", text).replace(".p", ".0p")


def _reshaped(given: Given) -> str:
    return f".reshape({', '.join(map(str, given.shape))})" if len(given.shape) > 1 else ""


# --- calls


def _direct(example: Counterexample, writer: Writer) -> list[str]:
    """The subject called by itself, and its number beside the truth."""
    return [
        *writer.answer(example),
        f"yours = float({example.pick})",
        "",
        f"TRUTH = {example.truth!r}",
        f"UNIT = {_number(example.unit_hex)}  # what one rounding may cost here; {example.bar:g} units are allowed",
        "with localcontext() as context:",
        f"    context.prec = {DIGITS}",
        "    gap = 0.0 if yours == float(TRUTH) else float(abs(Decimal(yours) - Decimal(TRUTH)))",
        "print('yours', repr(yours), yours.hex())",
        "print('truth', TRUTH)",
        "print('gap  ', gap, '=', gap / UNIT, 'units')",
        f"raise SystemExit(0 if gap <= {example.bar!r} * UNIT else 1)",
    ]


def _by_check(example: Counterexample) -> list[str]:
    """The number as a check finds it."""
    return [
        f"finding = {_call(example, 'verify.check')}",
        "print('yours', repr(finding.worst_point.yours))",
        "print('truth', finding.worst_point.truth)",
        "print(finding.explain())",
        "raise SystemExit(0 if finding.ok else 1)",
    ]


def _call(example: Counterexample, function: str) -> str:
    words = [example.function.name, *example.arguments]
    if example.judged != "engine":
        names = [origin.name for origin in example.subject]
        words.append(f"{example.judged}={names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'}")
    words += [f"{name}={text}" for name, text in example.options]
    return f"{function}({', '.join(words)})"


def _arguments(example: Counterexample, *before: str) -> str:
    return ", ".join([*before, *example.arguments, *(f"{name}={text}" for name, text in example.keywords)])


def numpy_answer(example: Counterexample) -> list[str]:
    """The statements that compute ``answer``, what a NumPy subject returns."""
    names = [origin.name for origin in example.subject]
    plain = _arguments(example)
    if example.judged == "engine":
        return [f"y, pullback = ad.vjp({_arguments(example, example.function.name)})", "answer = pullback(g)"]
    if example.judged == "vjp" and len(names) == 2:
        return [f"y, residuals = {names[0]}({plain})", f"answer = {names[1]}(residuals, g)"]
    if example.judged == "vjp":
        return [f"y = {example.function.name}({plain})", f"answer = {names[0]}({_arguments(example, 'g', 'y')})"]
    if example.judged in ("jvp", "hvp"):
        return [f"answer = {names[0]}({_arguments(example, 't')})"]
    pair = "value, " if example.judged == "value_and_gradient" else ""
    return [f"{pair}answer = {names[0]}({plain})"]


def torch_answer(example: Counterexample) -> list[str]:
    """The gradient by torch's own reverse mode."""
    floating = ("float", "bfloat", "complex")
    leaves = [g.name for g in example.inputs if g.dtype.startswith(floating) and g.kind != "number"]
    return [
        *(f"{name}.requires_grad_()" for name in leaves),
        f"y = {example.function.name}({_arguments(example)})",
        f"answer = torch.autograd.grad(y, [{', '.join(leaves)}], {'g' if example.cotangent else 'None'})",
    ]


def jax_answer(example: Counterexample) -> list[str]:
    """The gradient by JAX's own reverse mode."""
    call = f"lambda *xs: {example.function.name}(*xs{''.join(f', {n}={t}' for n, t in example.keywords)})"
    return [
        f"y, pullback = jax.vjp({call}, {', '.join(example.arguments)})",
        f"answer = pullback({'g' if example.cotangent else 'jnp.ones_like(y)'})",
    ]


WRITERS = {
    "numpy": Writer(("import numpy as np",), numpy_array, numpy_answer),
    "torch": Writer(("import torch",), torch_array, torch_answer),
    "jax": Writer(("import jax", "import jax.numpy as jnp"), jax_array, jax_answer),
}
